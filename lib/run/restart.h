/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Servers of vfio-user devices that are started for each test and ended after
 * it, so that one that dies takes one test with it and not the run.
 *
 * The command is run by `sh -c`, with the path of the socket as $1 and in
 * MIGCHECK_SOCKET, in a process group of its own that is not to be left: no
 * daemons. It must make the socket within the deadline. Nobody connects to see
 * whether it does, since a server may want one client only. Its output goes to
 * the log, where each start has a line of its own.
 *
 * A server is ended by SIGTERM, and after RESTART_GRACE_MS by SIGKILL, both
 * for the whole group; then its socket is removed.
 */
#ifndef MIGCHECK_RUN_RESTART_H
#define MIGCHECK_RUN_RESTART_H

#include "../types.h"

enum { RESTART_SERVERS = 8, RESTART_GRACE_MS = 2000, RESTART_LOG_MAX = 1 << 20 };

struct restart_server {
	char path[108]; /* of its socket */
	int pid;	/* and process group; 0: none */
	int pidfd;
	int status;	/* of waitpid(), once it has ended */
	bool ended;	/* before it was asked to */
};

struct restart {
	const char *command;
	int log;	  /* descriptor, appended to; -1: nobody keeps it */
	u32 deadline_ms;  /* for the socket to appear */
	s64 log_start;	  /* where the words of the servers at hand begin */
	u32 starts;	  /* so far */
	char error[400];  /* one line on what went wrong */
	struct restart_server servers[RESTART_SERVERS];
	u32 count;
};

/* Path of the socket of @uri in @ret_path; false where it has none. */
bool restart_path(const char *uri, char *ret_path, size_t size);

/*
 * 0, or -errno and restart->error where the place of the socket of @uri cannot
 * be had: somebody listens there, or it is no socket.
 */
int restart_check(struct restart *restart, const char *uri);

/*
 * Starts a server for each of @uris (separated by blanks) and waits for their
 * sockets. @why is for the log. -errno and restart->error where one does not
 * come up; then none runs.
 */
int restart_begin(struct restart *restart, const char *uris, const char *why);

/* Ends them. What is known of those that had ended themselves stays. */
void restart_end(struct restart *restart);

/*
 * One that ended itself since restart_begin(), NULL where all did as they were
 * told; for after restart_end().
 */
const struct restart_server *restart_casualty(const struct restart *restart);
/* Did it die of a signal? An exit may be what it does when its client leaves. */
bool restart_killed(const struct restart_server *server);
/* "died of signal 11 (Segmentation fault)", "ended with status 1". */
void restart_describe(const struct restart_server *server, char *ret_text,
		      size_t size);
/* The last line of what servers have said since restart_begin(). */
void restart_last_words(const struct restart *restart, char *ret_text,
			size_t size);

#endif
