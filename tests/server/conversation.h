/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a good server says to a client, recorded, and said again by a hostile
 * one, which changes one thing.
 *
 * A turn is a request of the client and all that the server says until it has
 * answered. A replay answers with the next turn that began with the same
 * command, or with the last one of it, under the id that the client gave.
 */
#ifndef SERVER_CONVERSATION_H
#define SERVER_CONVERSATION_H

#include "../../lib/transport/vfio_user_wire.h"

enum {
	CONVERSATION_TURNS = 512,
	CONVERSATION_ROOM = 80 << 10, /* for a message and what makes it longer */
};

/* One message of the server, header included. */
struct message {
	u8 *bytes;
	u32 len;
	u32 fds; /* how many descriptors came along */
};

struct turn {
	u16 command;
	struct message answer;
	struct message asks; /* what the server wanted before; no bytes: nothing */
};

struct conversation {
	struct turn turns[CONVERSATION_TURNS];
	u32 count;
};

/* What becomes of an answer. */
struct spoilt {
	u8 bytes[CONVERSATION_ROOM];
	u32 len;
	u32 fds;
	enum {
		SPOILT_SAY,   /* all of it */
		SPOILT_KEEP,  /* nothing is said, ever again */
		SPOILT_END,   /* it is said, and the server hangs up */
		SPOILT_FLOOD, /* it is said again and again */
	} how;
};

/* Changes answer @turn of the conversation; false: leaves it as it is. */
typedef bool spoil_fn(struct spoilt *answer, u32 turn, u16 command, void *arg);

/*
 * Stands between the client that connects to @front and the server at @back
 * and writes down what that says; until the client leaves. Nothing is bounded:
 * both are ours.
 */
int conversation_record(const char *front, const char *back,
			struct conversation *ret_conversation);
void conversation_free(struct conversation *c);

/* A socket at @path that listens, or -errno. */
int conversation_listen(const char *path);

/* Serves one client of the socket @fd, until it leaves or the server does. */
void conversation_replay(const struct conversation *c, int fd, spoil_fn *spoil,
			 void *arg);

#endif
