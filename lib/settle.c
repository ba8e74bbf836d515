// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "settle.h"

struct settle {
	pid_t pid;
	int pidfd, out;
	char line[120]; /* the last that it said */
	size_t len;
};

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

static int spawn(struct settle *s, const char *command, const char *address,
		 int out)
{
	char *argv[] = { "sh", "-c", (char *)command, "sh", (char *)address,
			 NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	err = posix_spawn(&s->pid, "/bin/sh", &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static int begin(struct settle *s, const char *command, const char *uri)
{
	const char *colon = strchr(uri, ':');
	int pair[2], err;

	if (pipe2(pair, O_CLOEXEC))
		return -errno;
	setenv("MIGCHECK_URI", uri, 1);
	err = spawn(s, command, colon ? colon + 1 : uri, pair[1]);
	close(pair[1]);
	if (err) {
		close(pair[0]);
		return err;
	}
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	s->out = pair[0];
	s->pidfd = pidfd_open(s->pid, 0);
	return 0;
}

/* Keeps the last line that is not empty. */
static void listen(struct settle *s)
{
	char bytes[1024];
	ssize_t n = read(s->out, bytes, sizeof(bytes)), i;

	for (i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			s->len = 0;
			continue;
		}
		if (s->len + 1 >= sizeof(s->line))
			continue;
		s->line[s->len++] = bytes[i];
		s->line[s->len] = '\0';
	}
	if (!n) {
		close(s->out);
		s->out = -1;
	}
}

/* 1 once it has ended, 0 where the deadline came first. */
static int wait_end(struct settle *s, u64 deadline)
{
	struct pollfd pfds[2] = { { .fd = s->pidfd, .events = POLLIN } };
	u64 now;

	for (;;) {
		now = now_ms();
		if (now >= deadline)
			return 0;
		pfds[1] = (struct pollfd){ .fd = s->out, .events = POLLIN };
		if (poll(pfds, 2, (int)(deadline - now)) < 0)
			continue;
		if (pfds[1].revents)
			listen(s);
		else if (pfds[0].revents)
			return 1;
	}
}

static int explain(const struct settle *s, bool ended, int status,
		   char *ret_words, size_t size)
{
	char how[80];

	if (ended && WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (!ended)
		snprintf(how, sizeof(how), "did not end in time");
	else if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "died of signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "ended with status %d",
			 WEXITSTATUS(status));
	snprintf(ret_words, size, "%s%s%s", how, s->line[0] ? ": " : "", s->line);
	return ended ? -ECANCELED : -ETIMEDOUT;
}

int settle_run(const char *command, const char *uri, u32 deadline_ms,
	       char *ret_words, size_t size)
{
	struct settle s = { .pidfd = -1, .out = -1 };
	int status = 0, err = begin(&s, command, uri);
	bool ended;

	if (err) {
		snprintf(ret_words, size, "cannot be run: %s", strerror(-err));
		return err;
	}
	ended = wait_end(&s, now_ms() + deadline_ms);
	if (!ended)
		kill(-s.pid, SIGKILL);
	waitpid(s.pid, &status, 0);
	err = explain(&s, ended, status, ret_words, size);
	if (s.out >= 0)
		close(s.out);
	if (s.pidfd >= 0)
		close(s.pidfd);
	return err;
}
