// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "session.h"

struct member {
	int pid, session;
	char state;
};

static bool read_first_line(const char *path, char *ret_line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool good = file && fgets(ret_line, (int)size, file);

	if (file)
		fclose(file);
	return good;
}

/* The command in /proc/PID/stat may contain anything: go on behind its ")". */
static bool read_member(const char *pid, struct member *ret_member)
{
	char path[64], line[512], *tail;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	if (!read_first_line(path, line, sizeof(line)))
		return false;
	tail = strrchr(line, ')');
	ret_member->pid = atoi(pid);
	return tail && sscanf(tail + 1, " %c %*d %*d %d", &ret_member->state,
			      &ret_member->session) == 2;
}

/* Calls @visit for each member of @sid; how many of them are alive. */
static int session_walk(int sid, void (*visit)(const struct member *m, void *arg),
			void *arg)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	struct member m;
	int alive = 0;

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((u8)entry->d_name[0]) ||
		    !read_member(entry->d_name, &m) || m.session != sid)
			continue;
		visit(&m, arg);
		alive += m.state != 'Z' && m.state != 'X';
	}
	if (proc)
		closedir(proc);
	return alive;
}

static void signal_member(const struct member *m, void *arg)
{
	if (m->state != 'Z')
		kill(m->pid, *(int *)arg);
}

int session_signal(int sid, int sig)
{
	return session_walk(sid, signal_member, &sig);
}

static void reap_member(const struct member *m, void *arg)
{
	(void)arg;
	if (m->state == 'Z')
		waitpid(m->pid, NULL, WNOHANG);
}

void session_reap(int sid)
{
	session_walk(sid, reap_member, NULL);
}

static void keep_stuck(const struct member *m, void *arg)
{
	struct member *stuck = arg;

	if (m->state != 'Z' && (!stuck->pid || m->state == 'D'))
		*stuck = *m;
}

int session_stuck(int sid, char *ret_where, size_t size)
{
	struct member stuck = { 0 };
	char path[64];

	session_walk(sid, keep_stuck, &stuck);
	snprintf(path, sizeof(path), "/proc/%d/wchan", stuck.pid);
	if (!stuck.pid || !read_first_line(path, ret_where, size))
		ret_where[0] = '\0';
	return stuck.pid;
}
