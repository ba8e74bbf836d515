/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other end of a vfio-user socket, for tests: what a server would say is
 * said before the client asks, because the ids of requests are known.
 */
#ifndef UNIT_VFIO_USER_PEER_H
#define UNIT_VFIO_USER_PEER_H

#include "../../lib/transport/vfio_user.h"

struct peer {
	struct vfio_user_space space;
	struct vfio_user_end end; /* an open device without names for sessions */
	int fd;			  /* the server's socket */
	int fds_before;
};

/* A connected pair, with a second to wait for answers. */
void peer_open(struct peer *p);
/* Also checks that no descriptor was left open. */
void peer_close(struct peer *p);

/* Raw bytes, and a message with a body and maybe a descriptor (or -1). */
void peer_bytes(struct peer *p, const void *bytes, size_t len);
void peer_say(struct peer *p, const struct vfio_user_header *head,
	      const void *body, size_t len, int fd);
/* The reply to the @id-th request, counted from 1. */
void peer_reply(struct peer *p, u16 id, u16 command, const void *body, size_t len);
void peer_refuse(struct peer *p, u16 id, u16 command, u32 error,
		 const void *body, size_t len);

/* What the client has said last: its header, and body into @body of @size. */
struct vfio_user_header peer_hear(struct peer *p, void *body, size_t size);

int peer_count_fds(void);

#endif
