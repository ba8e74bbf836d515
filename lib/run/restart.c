// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "restart.h"

enum { SHELL_SIGNAL = 128, TICK_MS = 100, NAP_MS = 5 };

static int failed(struct restart *restart, int error, const char *path,
		  const char *why)
{
	snprintf(restart->error, sizeof(restart->error), "%.110s: %.250s", path,
		 why);
	return error;
}

bool restart_path(const char *uri, char *ret_path, size_t size)
{
	static const char scheme[] = "vfio-user:";
	size_t len;

	if (strncmp(uri, scheme, strlen(scheme)))
		return false;
	uri += strlen(scheme);
	len = strcspn(uri, "? ");
	if (!len || len >= size)
		return false;
	memcpy(ret_path, uri, len);
	ret_path[len] = '\0';
	return true;
}

/* ---- the socket --------------------------------------------------------- */

static bool is_socket(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISSOCK(st.st_mode);
}

static bool somebody_listens(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answered;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	answered = fd >= 0 && (!connect(fd, (const struct sockaddr *)&sun,
					sizeof(sun)) || errno == EAGAIN);
	if (fd >= 0)
		close(fd);
	return answered;
}

int restart_check(struct restart *restart, const char *uri)
{
	char path[sizeof(((struct restart_server *)0)->path)];
	struct stat st;

	if (!restart_path(uri, path, sizeof(path)))
		return failed(restart, -EINVAL, uri, "it has no socket");
	if (lstat(path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return failed(restart, -EEXIST, path,
			      "something that is no socket is in the way");
	if (somebody_listens(path))
		return failed(restart, -EBUSY, path, "a server listens there "
			      "already: end it, or leave --restart out");
	return 0;
}

/* ---- one server --------------------------------------------------------- */

/* In the child. */
static void become_server(const struct restart *restart, const char *path)
{
	char *argv[] = { "sh", "-c", (char *)restart->command, "sh",
			 (char *)path, NULL };
	int null = open("/dev/null", O_RDWR), out;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	out = restart->log >= 0 ? restart->log : null;
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	setenv("MIGCHECK_SOCKET", path, 1);
	execv("/bin/sh", argv);
	_exit(127);
}

static int launch(struct restart *restart, struct restart_server *server)
{
	int pid;

	if (is_socket(server->path))
		unlink(server->path);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		become_server(restart, server->path);
	setpgid(pid, pid); /* whichever of us comes first */
	server->pid = pid;
	server->pidfd = pidfd_open(pid, 0);
	server->ended = false;
	restart->starts++;
	return 0;
}

/* Whether it is over with the server; then its status is kept. */
static bool has_ended(struct restart_server *server)
{
	if (!server->ended &&
	    waitpid(server->pid, &server->status, WNOHANG) == server->pid)
		server->ended = true;
	return server->ended;
}

static void drain(int inotify)
{
	char events[4096];

	while (read(inotify, events, sizeof(events)) > 0)
		;
}

/* 0 once the socket is there; -ECHILD, -ETIMEDOUT, -EINTR. */
static int await_socket(struct restart *restart, struct restart_server *server,
			int inotify)
{
	struct pollfd pfds[2] = { { .fd = inotify, .events = POLLIN },
				  { .fd = server->pidfd, .events = POLLIN } };
	u64 end = child_clock_ms() + restart->deadline_ms;

	while (!is_socket(server->path)) {
		if (has_ended(server))
			return -ECHILD;
		if (child_interrupted())
			return -EINTR;
		if (child_clock_ms() >= end)
			return -ETIMEDOUT;
		poll(pfds, 2, TICK_MS);
		drain(inotify);
	}
	return 0;
}

static int watch_directory(const char *path)
{
	char copy[sizeof(((struct restart_server *)0)->path)];
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), err;

	if (fd < 0)
		return -errno;
	snprintf(copy, sizeof(copy), "%s", path);
	if (inotify_add_watch(fd, dirname(copy), IN_CREATE | IN_MOVED_TO) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int explain_start(struct restart *restart,
			 const struct restart_server *server, int error)
{
	char how[100], words[120], why[240];

	if (error == -ETIMEDOUT)
		snprintf(how, sizeof(how), "made no socket within %u seconds",
			 restart->deadline_ms / 1000);
	else if (error == -ECHILD)
		restart_describe(server, how, sizeof(how));
	else
		snprintf(how, sizeof(how), "%s", strerror(-error));
	restart_last_words(restart, words, sizeof(words));
	snprintf(why, sizeof(why), "the command of --restart %.60s%s%s%.100s", how,
		 error == -ECHILD ? " before it made the socket" : "",
		 words[0] ? "; it said: " : "", words);
	return failed(restart, error, server->path, why);
}

static int start(struct restart *restart, struct restart_server *server)
{
	int inotify = watch_directory(server->path);
	int err;

	if (inotify < 0)
		return failed(restart, inotify, server->path,
			      "its directory cannot be watched");
	err = launch(restart, server);
	if (!err)
		err = await_socket(restart, server, inotify);
	close(inotify);
	return err ? explain_start(restart, server, err) : 0;
}

/* ---- ending ------------------------------------------------------------- */

/* Reaps what has died of the group; whether something is left of it. */
static bool group_lives(struct restart_server *server)
{
	int status, pid;

	while ((pid = waitpid(-server->pid, &status, WNOHANG)) > 0)
		;
	return !kill(-server->pid, 0);
}

static bool end_group(struct restart_server *server, int sig)
{
	struct pollfd pfd = { .fd = server->pidfd, .events = POLLIN };
	u64 end = child_clock_ms() + RESTART_GRACE_MS;

	kill(-server->pid, sig);
	poll(&pfd, 1, RESTART_GRACE_MS);
	while (group_lives(server)) {
		if (child_clock_ms() >= end)
			return false;
		poll(NULL, 0, NAP_MS);
	}
	return true;
}

static void stop(struct restart_server *server)
{
	if (!server->pid)
		return;
	has_ended(server);
	if (!end_group(server, SIGTERM))
		end_group(server, SIGKILL);
	if (server->pidfd >= 0)
		close(server->pidfd);
	server->pidfd = -1;
	server->pid = 0;
	if (is_socket(server->path))
		unlink(server->path);
}

/* A server that never stops talking must not fill the disk. */
static void bound_log(const struct restart *restart)
{
	static const char cut[] = "\n[more was said; cut]\n";
	struct stat st;
	ssize_t n;

	if (restart->log < 0 || fstat(restart->log, &st) ||
	    st.st_size - restart->log_start <= RESTART_LOG_MAX)
		return;
	if (!ftruncate(restart->log, restart->log_start + RESTART_LOG_MAX)) {
		n = write(restart->log, cut, strlen(cut));
		(void)n;
	}
}

void restart_end(struct restart *restart)
{
	u32 i;

	for (i = 0; i < restart->count; i++)
		stop(&restart->servers[i]);
	bound_log(restart);
}

/* ---- all of them -------------------------------------------------------- */

static void note_start(struct restart *restart, const char *why)
{
	struct stat st;

	if (restart->log < 0)
		return;
	dprintf(restart->log, "== %s\n", why);
	if (!fstat(restart->log, &st))
		restart->log_start = st.st_size;
}

int restart_begin(struct restart *restart, const char *uris, const char *why)
{
	struct restart_server *server;
	int err = 0;

	note_start(restart, why);
	restart->count = 0;
	for (; *uris && !err; uris += strspn(uris, " ")) {
		server = &restart->servers[restart->count];
		memset(server, 0, sizeof(*server));
		if (restart->count == RESTART_SERVERS ||
		    !restart_path(uris, server->path, sizeof(server->path)))
			err = failed(restart, -EINVAL, uris,
				     "no socket, or too many of them");
		else
			restart->count++;
		err = err ? err : start(restart, server);
		uris += strcspn(uris, " ");
	}
	if (err)
		restart_end(restart);
	return err;
}

const struct restart_server *restart_casualty(const struct restart *restart)
{
	u32 i;

	for (i = 0; i < restart->count; i++)
		if (restart->servers[i].ended)
			return &restart->servers[i];
	return NULL;
}

static int signal_of(const struct restart_server *server)
{
	int status = server->status;

	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	/* A shell's way to say it of what it ran. */
	return WEXITSTATUS(status) > SHELL_SIGNAL &&
	       WEXITSTATUS(status) < SHELL_SIGNAL + SIGRTMIN ?
		       WEXITSTATUS(status) - SHELL_SIGNAL : 0;
}

bool restart_killed(const struct restart_server *server)
{
	return signal_of(server) != 0;
}

void restart_describe(const struct restart_server *server, char *ret_text,
		      size_t size)
{
	int sig = signal_of(server);

	if (sig)
		snprintf(ret_text, size, "died of signal %d (%s)", sig,
			 strsignal(sig));
	else
		snprintf(ret_text, size, "ended with status %d",
			 WEXITSTATUS(server->status));
}

void restart_last_words(const struct restart *restart, char *ret_text,
			size_t size)
{
	char tail[4096], *line = tail, *next;
	struct stat st;
	off_t at;
	ssize_t n;

	ret_text[0] = '\0';
	if (restart->log < 0 || fstat(restart->log, &st))
		return;
	at = st.st_size - (off_t)(sizeof(tail) - 1);
	n = pread(restart->log, tail, sizeof(tail) - 1,
		  at > restart->log_start ? at : restart->log_start);
	tail[n > 0 ? n : 0] = '\0';
	while ((next = strchr(line, '\n')) && next[1])
		line = next + 1;
	snprintf(ret_text, size, "%.*s", (int)strcspn(line, "\n"), line);
}
