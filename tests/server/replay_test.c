// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay_test SERVER DIR: hostile servers, by table. A conversation of each
 * generation with SERVER (refdev-server) is recorded in DIR and replayed with
 * one lie in each case. The client must not crash, must end in time, keep no
 * descriptor, stay small, and say what was wrong. TAP, a row a test.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/stream.h"
#include "spoil.h"
#include "walk.h"

enum {
	CASE_MS = 8000,	  /* one case; a call waits for 750 ms */
	ROW_S = 150,
	ROW_MB = 512,	  /* with what sanitizers keep */
	WORKERS = 4,	  /* rows at a time: most of them wait */
	CUTS_MAX = 128,	  /* places in one answer: data are alike after that */
};

/* What a row's process leaves behind for the one that reports. */
struct outcome {
	u32 cases;
	u64 slowest_ms;
	char sample[300]; /* what the user was told first */
	char wrong[500];  /* what must not be, "" */
	long peak_mb;
};

struct run {
	const struct conversation *talk;
	const struct mutation *row;
	int generation, listener;
	char uri[140];
	struct lie lie;
	struct outcome *outcome;
};

static struct conversation talks[2];

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* ---- recording ---------------------------------------------------------- */

struct recording {
	const char *front, *back;
	struct conversation *talk;
};

static void *record(void *arg)
{
	struct recording *r = arg;

	conversation_record(r->front, r->back, r->talk);
	return NULL;
}

static void await_socket(const char *path)
{
	struct stat st;
	int i;

	for (i = 0; i < 1000 && lstat(path, &st); i++)
		usleep(10000);
}

static bool record_good(const char *server, const char *dir, int generation)
{
	char front[108], back[108], uri[140];
	struct recording r = { front, back, &talks[generation - 1] };
	struct walk w;
	pthread_t thread;
	pid_t pid;

	snprintf(front, sizeof(front), "%.80s/front", dir);
	snprintf(back, sizeof(back), "%.80s/back", dir);
	snprintf(uri, sizeof(uri), "vfio-user:%s?plain,main", front);
	pid = fork();
	if (!pid) {
		execl(server, server, "--device",
		      generation == 1 ? "v1" : "v2-full", back, NULL);
		_exit(127);
	}
	await_socket(back);
	pthread_create(&thread, NULL, record, &r);
	await_socket(front);
	walk(uri, generation, &w);
	pthread_join(thread, NULL);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	if (w.error)
		printf("# %s\n", w.line);
	return !w.error && r.talk->count > 20;
}

/* ---- one case ----------------------------------------------------------- */

static void *serve(void *arg)
{
	struct run *run = arg;

	conversation_replay(run->talk, run->listener, spoil, &run->lie);
	return NULL;
}

static void blame(struct run *run, const char *what, const char *detail)
{
	struct outcome *o = run->outcome;

	if (!o->wrong[0])
		snprintf(o->wrong, sizeof(o->wrong), "answer %d, place %u: %s: %s",
			 run->lie.turn, run->lie.place, what, detail);
}

static void hold(struct run *run, const struct walk *w)
{
	const struct mutation *row = run->row;

	if (row->verdict == ANY)
		return;
	if (-w->error != row->verdict)
		blame(run, "not lost as it should be", w->line);
	else if (!strstr(w->line, row->words))
		blame(run, "not named", w->line);
}

static void run_case(struct run *run)
{
	struct outcome *o = run->outcome;
	u64 start = now_ms(), took;
	struct walk w = { .error = 0 };
	pthread_t thread;

	o->cases++;
	pthread_create(&thread, NULL, serve, run);
	walk(run->uri, run->generation, &w);
	pthread_join(thread, NULL);
	took = now_ms() - start;
	if (took > o->slowest_ms)
		o->slowest_ms = took;
	if (took > CASE_MS)
		blame(run, "took too long", w.line);
	hold(run, &w);
	if (!o->sample[0])
		snprintf(o->sample, sizeof(o->sample), "%s",
			 w.error ? w.line : "the client lives with it");
}

/* ---- the cases of a row ------------------------------------------------- */

/* Has an earlier answer to the command the same size (or, @any, any)? */
static bool is_repeated(const struct conversation *c, u32 turn, bool any)
{
	u32 i;

	for (i = 0; i < turn; i++)
		if (c->turns[i].command == c->turns[turn].command &&
		    (any || c->turns[i].answer.len == c->turns[turn].answer.len))
			return true;
	return false;
}

static void run_places(struct run *run, u32 turn)
{
	u32 step = run->row->cases == A_WORD ? sizeof(u32) : 1;
	u32 len = run->talk->turns[turn].answer.len, at;

	run->lie.turn = (int)turn;
	for (at = run->row->cases == A_WORD ? 16 : 0;
	     at < (len < CUTS_MAX ? len : CUTS_MAX); at += step) {
		run->lie.place = at;
		run_case(run);
	}
}

static void run_turns(struct run *run)
{
	enum mutation_cases cases = run->row->cases;
	u32 i, count = run->talk->count - (cases == BUT_LAST);

	for (i = 0; i < count; i++) {
		if (is_repeated(run->talk, i, cases == A_COMMAND) ||
		    (run->row->command &&
		     run->row->command != run->talk->turns[i].command))
			continue;
		run->lie.turn = (int)i;
		if (cases == A_BYTE || cases == A_WORD)
			run_places(run, i);
		else
			run_case(run);
	}
}

/* In a process of its own. */
static void run_row(struct run *run)
{
	struct rlimit files = { 256, 256 };
	int fds;

	alarm(ROW_S);
	setrlimit(RLIMIT_NOFILE, &files);
	stream_limits = (struct stream_limits){ 4 << 20, 20000, 2000 };
	run->lie.row = run->row;
	run->lie.turn = -1;
	fds = count_fds();
	if (run->row->cases == ALL)
		run_case(run);
	else
		run_turns(run);
	if (count_fds() != fds)
		blame(run, "descriptors", "some were left open");
}

/* ---- rows in parallel --------------------------------------------------- */

struct task {
	struct run run;
	struct outcome outcome;
	pid_t pid;
	int status;
	bool started, done;
};

static void start(struct task *task, const char *dir, u32 number)
{
	struct run *run = &task->run;
	char path[108];
	pid_t pid;

	snprintf(path, sizeof(path), "%.80s/%u", dir, number);
	snprintf(run->uri, sizeof(run->uri), "vfio-user:%s?plain,main", path);
	fflush(stdout);
	task->started = true;
	/* The task is shared: only the parent writes what it is to it. */
	pid = fork();
	if (pid) {
		task->pid = pid;
		return;
	}
	run->outcome = &task->outcome;
	run->listener = conversation_listen(path);
	run_row(run);
	close(run->listener);
	unlink(path);
	exit(0);
}

static void reap(struct task *tasks, u32 count)
{
	struct rusage usage;
	int status;
	pid_t pid = wait4(-1, &status, 0, &usage);
	u32 i;

	for (i = 0; i < count; i++)
		if (tasks[i].started && !tasks[i].done && tasks[i].pid == pid) {
			tasks[i].done = true;
			tasks[i].status = status;
			tasks[i].outcome.peak_mb = usage.ru_maxrss / 1024;
		}
}

static bool report(const struct task *task, u32 number)
{
	const struct outcome *o = &task->outcome;
	bool ok = !task->status && !o->wrong[0] && o->cases &&
		  o->peak_mb < ROW_MB;

	if (!ok)
		printf("# status 0x%x, %s\n", task->status, o->wrong);
	printf("%sok %u v%d_%s\n", ok ? "" : "not ", number,
	       task->run.generation, task->run.row->name);
	printf("#   %u servers, slowest %llu ms, %ld MB; %s\n", o->cases,
	       (unsigned long long)o->slowest_ms, o->peak_mb, o->sample);
	return ok;
}

static u32 make_tasks(struct task *tasks)
{
	u32 count = 0, i;
	int g;

	for (g = 1; g <= 2; g++)
		for (i = 0; i < mutation_count; i++) {
			if (!(mutations[i].generations & g))
				continue;
			tasks[count].run.talk = &talks[g - 1];
			tasks[count].run.row = &mutations[i];
			tasks[count++].run.generation = g;
		}
	return count;
}

static bool run_all(struct task *tasks, u32 count, const char *dir)
{
	u32 started = 0, told = 0, servers = 0, busy = 0, done = 0;
	bool ok = true;

	while (told < count) {
		for (; started < count && busy < WORKERS; started++, busy++)
			start(&tasks[started], dir, started);
		reap(tasks, started);
		busy--;
		for (; told < started && tasks[told].done; told++, done++) {
			ok = report(&tasks[told], told + 1) && ok;
			servers += tasks[told].outcome.cases;
		}
	}
	printf("# %u hostile servers\n1..%u\n", servers, count);
	return ok;
}

int main(int argc, char **argv)
{
	struct task *tasks;
	u32 count;
	bool ok;

	if (argc != 3)
		return 64;
	setvbuf(stdout, NULL, _IOLBF, 0);
	setenv("MIGCHECK_DEADLINE", "1", 1);
	tasks = mmap(NULL, 2 * mutation_count * sizeof(*tasks),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tasks == MAP_FAILED || !record_good(argv[1], argv[2], 1) ||
	    !record_good(argv[1], argv[2], 2)) {
		printf("Bail out! no good conversation could be recorded\n");
		return 99;
	}
	printf("# recorded: %u answers of v1, %u of v2\n", talks[0].count,
	       talks[1].count);
	count = make_tasks(tasks);
	ok = run_all(tasks, count, argv[2]);
	conversation_free(&talks[0]);
	conversation_free(&talks[1]);
	return !ok;
}
