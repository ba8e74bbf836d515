/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of vfio-user over a stream socket, for clients and for servers.
 *
 * A wire is one end of a socket. Nothing waits beyond the deadline that is
 * passed in, a monotonic time in milliseconds, and nothing that the peer says
 * about sizes is believed before it was bounded. Whatever breaks the framing
 * breaks the wire for good: -ECONNRESET the peer has gone, -EPROTO it talks
 * nonsense, -ETIMEDOUT it stopped in the middle or never answered. Every later
 * use of a broken wire gives that errno again, at once.
 */
#ifndef MIGCHECK_TRANSPORT_VFIO_USER_WIRE_H
#define MIGCHECK_TRANSPORT_VFIO_USER_WIRE_H

#include <sched.h>
#include <sys/uio.h>

#include "../uapi/vfio_user.h"

enum {
	VFIO_USER_WIRE_FDS = 16,	 /* descriptors of one message */
	VFIO_USER_WIRE_DATA = 1 << 20,	 /* data of one message */
	VFIO_USER_WIRE_HEADS = 4096,	 /* what may come around the data */
	VFIO_USER_WIRE_PIECE = 64 << 10, /* peers that read carelessly take it */
	VFIO_USER_WIRE_PARTS = 4,
};

#define VFIO_USER_WIRE_FOREVER UINT64_MAX

struct vfio_user_wire {
	int fd;	    /* -1: there is no such wire */
	int broken; /* -errno once it is */
	char why[64]; /* and what broke it */
	u16 next_id;
	u8 *body; /* of the message that was received last */
	size_t room;
};

/* A message to send: command and body; the wire counts sizes. */
struct vfio_user_out {
	struct vfio_user_header head; /* but size */
	struct iovec parts[VFIO_USER_WIRE_PARTS];
	u32 nr_parts;
	const int *fds; /* stay the caller's */
	u32 nr_fds;
};

/* A message that was received. */
struct vfio_user_in {
	struct vfio_user_header head;
	u8 *body; /* the wire's: good until it receives again */
	size_t len;
	int fds[VFIO_USER_WIRE_FDS]; /* the receiver's; -1 once taken */
	u32 nr_fds;
};

/*
 * Now, and the time at which patience ends: three quarters of what a test may
 * take, 30 s or MIGCHECK_DEADLINE (s), so that it can still tell.
 */
u64 vfio_user_wire_now(void);
u64 vfio_user_wire_deadline(void);

/* Takes over @fd, which may be -1. */
void vfio_user_wire_init(struct vfio_user_wire *wire, int fd);
/* Any number of times. */
void vfio_user_wire_close(struct vfio_user_wire *wire);

/* Breaks the wire, unless it is broken already; gives the errno that it has. */
int vfio_user_wire_break(struct vfio_user_wire *wire, int error, const char *fmt,
			 ...) __attribute__((format(printf, 3, 4)));

/* Appends to the body. */
void vfio_user_wire_add(struct vfio_user_out *out, const void *data, size_t len);

/*
 * 0 or -errno. -EBADF, for a descriptor that is none, and -EMSGSIZE leave the
 * wire as it was.
 */
int vfio_user_wire_send(struct vfio_user_wire *wire, struct vfio_user_out *out,
			u64 deadline);

/* One whole message; its descriptors are to be dropped by the receiver. */
int vfio_user_wire_receive(struct vfio_user_wire *wire, u64 deadline,
			   struct vfio_user_in *ret_in);

/* Closes what descriptors are left. */
void vfio_user_wire_drop(struct vfio_user_in *in);

/* An answer to @in: success with the body of @out, or the error alone. */
int vfio_user_wire_reply(struct vfio_user_wire *wire,
			 const struct vfio_user_in *in, int error,
			 struct vfio_user_out *out, u64 deadline);

/* ---- vfio_user_near.c --------------------------------------------------- */

/* A bond to one processor, for both sides of a conversation in turns. */
struct vfio_user_near {
	u32 users;
	bool bound;
	cpu_set_t before; /* where the caller might run otherwise */
};

/*
 * From the first of these calls to the last leave() the caller stays on the
 * processor that it is on, or on that of the peer behind @fd if that one stays
 * on one. Where it cannot be had the conversation is merely slower.
 */
void vfio_user_near_stay(struct vfio_user_near *near);
void vfio_user_near_follow(struct vfio_user_near *near, int fd);
/* Without a call before it does nothing. */
void vfio_user_near_leave(struct vfio_user_near *near);

/* ---- vfio_user_version.c ------------------------------------------------ */

/* What one side says of itself in VERSION. */
struct vfio_user_caps {
	u32 max_msg_fds;
	u64 max_data;	/* bytes in one message */
	u64 pgsize;	/* of migration, 0: none */
	bool twin;	/* has or wants a second socket for server commands */
	u32 twin_index; /* the server's: which descriptor it is */
	bool sessions;	/* see enum vfio_user_command */
};

/* What holds for a side that says nothing. */
void vfio_user_caps_default(struct vfio_user_caps *ret_caps);

/*
 * The body of VERSION of either side; @server adds what only its answer has.
 * *@ret_body is to be freed. -ENOMEM.
 */
int vfio_user_caps_print(const struct vfio_user_caps *caps, bool server,
			 void **ret_body, size_t *ret_len);

/*
 * What the peer says. -EPROTO: too short, another major version, no proper
 * JSON text, or a value out of its type or range.
 */
int vfio_user_caps_parse(const void *body, size_t len,
			 struct vfio_user_caps *ret_caps);

#endif
