// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "session.h"

enum { TICK_MS = 100, TERM_MS = 2000, KILL_MS = 5000, READS_A_TURN = 64 };

static volatile sig_atomic_t interrupted;

static void note_signal(int sig)
{
	interrupted = sig;
}

void child_prepare(void)
{
	const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = note_signal };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

int child_interrupted(void)
{
	return interrupted;
}

void child_forget_interrupt(void)
{
	interrupted = 0;
}

u64 child_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

/* In the child: a session and descriptors of its own, signals as usual. */
static void become_child(int out)
{
	int null = open("/dev/null", O_RDONLY);

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
}

/* 0 in the child, whose output is @ret_out; its pid in the parent. */
static int child_fork(struct child *child, int *ret_out)
{
	int pipefd[2], pid, err;

	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		err = -errno;
		close(pipefd[0]);
		close(pipefd[1]);
		return err;
	}
	if (!pid) {
		become_child(pipefd[1]);
		*ret_out = pipefd[1];
		return 0;
	}
	close(pipefd[1]);
	fcntl(pipefd[0], F_SETFL, O_NONBLOCK);
	child->pid = pid;
	child->out = pipefd[0];
	child->pidfd = pidfd_open(pid, 0);
	child->len = 0;
	return pid;
}

int child_start(const char *const *argv, const char *const *env,
		struct child *ret_child)
{
	int out, pid = child_fork(ret_child, &out);

	if (pid)
		return pid < 0 ? pid : 0;
	for (; env && *env; env++)
		putenv((char *)*env);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

int child_start_function(int (*fn)(void *arg, int out), void *arg,
			 struct child *ret_child)
{
	int out, pid = child_fork(ret_child, &out);

	if (pid)
		return pid < 0 ? pid : 0;
	_exit(fn(arg, out));
}

static void take_bytes(struct child *child, const struct child_watch *watch,
		       const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (bytes[i] != '\n' && child->len < sizeof(child->line) - 1) {
			child->line[child->len++] = bytes[i];
			continue;
		}
		child->line[child->len] = '\0';
		child->len = 0;
		if (watch->line)
			watch->line(watch->ctx, child->line);
	}
}

/* What output there is, in portions: it may never end. False at its end. */
static bool take_output(struct child *child, const struct child_watch *watch)
{
	char bytes[4096];
	int reads = 0;
	ssize_t n;

	do {
		n = read(child->out, bytes, sizeof(bytes));
		if (n > 0)
			take_bytes(child, watch, bytes, (size_t)n);
	} while (n > 0 && ++reads < READS_A_TURN);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* One turn of waiting. True when the child is no longer running. */
static bool wait_turn(struct child *child, const struct child_watch *watch)
{
	struct pollfd fds[3] = {
		{ .fd = child->pidfd, .events = POLLIN },
		{ .fd = child->out, .events = POLLIN },
		{ .fd = watch->fd, .events = POLLIN },
	};

	if (poll(fds, 3, TICK_MS) < 0)
		return false;
	if (fds[1].revents && !take_output(child, watch)) {
		close(child->out);
		child->out = -1;
	}
	if (fds[2].revents && watch->ready)
		watch->ready(watch->ctx);
	return fds[0].revents;
}

static bool expired(const struct child_watch *watch, u64 end)
{
	return child_clock_ms() >= end ||
	       (watch->expired && watch->expired(watch->ctx));
}

/* Kills the session with @sig; true once nothing of it lives. */
static bool kill_session(int sid, int sig, u32 grace_ms)
{
	const struct timespec nap = { .tv_nsec = 10 * 1000000 };
	u64 end = child_clock_ms() + grace_ms;

	while (session_signal(sid, sig)) {
		session_reap(sid);
		if (child_clock_ms() >= end)
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

static void decode_status(int status, struct child_result *ret_result)
{
	if (WIFSIGNALED(status)) {
		ret_result->end = CHILD_KILLED;
		ret_result->status = WTERMSIG(status);
	} else {
		ret_result->end = CHILD_EXITED;
		ret_result->status = WEXITSTATUS(status);
	}
}

/*
 * Whatever a child leaves behind becomes ours, who adopt orphans: where we have
 * no child at all, nothing was left, and no search is needed to know it.
 */
static bool childless(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       errno == ECHILD;
}

/* Ends what is left of the session, then of the bookkeeping. */
static void clear_session(struct child *child, struct child_result *result)
{
	int sid = child->pid;

	if (childless())
		return;
	if (kill_session(sid, SIGTERM, TERM_MS) ||
	    kill_session(sid, SIGKILL, KILL_MS))
		return;
	result->end = CHILD_ABANDONED;
	result->status = session_stuck(sid, result->stuck_in,
				       sizeof(result->stuck_in));
}

void child_wait(struct child *child, u32 deadline_ms,
		const struct child_watch *watch,
		struct child_result *ret_result)
{
	static const struct child_watch nobody = { .fd = -1 };
	u64 end = child_clock_ms() + deadline_ms;
	bool gone = false;
	int status;

	watch = watch ? watch : &nobody;
	memset(ret_result, 0, sizeof(*ret_result));
	while (!gone && !interrupted && !expired(watch, end))
		gone = wait_turn(child, watch);
	if (gone && waitpid(child->pid, &status, 0) == child->pid)
		decode_status(status, ret_result);
	else
		ret_result->end = interrupted ? CHILD_INTERRUPTED : CHILD_TIMEOUT;

	clear_session(child, ret_result);
	if (!childless())
		session_reap(child->pid);
	if (child->out >= 0) {
		take_output(child, watch);
		close(child->out);
	}
	if (child->len)
		take_bytes(child, watch, "\n", 1);
	close(child->pidfd);
}
