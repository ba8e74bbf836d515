// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"
#include "vfio_user_peer.h"

int peer_count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir && readdir(dir))
		count++;
	closedir(dir);
	return count;
}

void peer_open(struct peer *p)
{
	int pair[2];

	memset(p, 0, sizeof(*p));
	setenv("MIGCHECK_DEADLINE", "1", 1);
	p->fds_before = peer_count_fds();
	ck_assert_int_eq(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pthread_mutex_init(&p->space.lock, NULL);
	p->space.ends = &p->end;
	p->end.space = &p->space;
	p->end.open = true;
	p->end.used = -1;
	p->space.serve = vfio_user_serve;
	vfio_user_wire_init(&p->end.main, pair[0]);
	vfio_user_wire_init(&p->end.twin, -1);
	vfio_user_caps_default(&p->end.peer);
	vfio_user_feature_forget(&p->end, true);
	p->fd = pair[1];
}

void peer_close(struct peer *p)
{
	vfio_user_disconnect(&p->end);
	if (p->fd >= 0)
		close(p->fd);
	pthread_mutex_destroy(&p->space.lock);
	ck_assert_int_eq(p->fds_before, peer_count_fds());
}

void peer_bytes(struct peer *p, const void *bytes, size_t len)
{
	ck_assert_int_eq((ssize_t)len, send(p->fd, bytes, len, MSG_NOSIGNAL));
}

void peer_say(struct peer *p, const struct vfio_user_header *head,
	      const void *body, size_t len, int fd)
{
	struct vfio_user_out out = { .head = *head, .fds = &fd,
				     .nr_fds = fd >= 0 };
	struct vfio_user_wire wire = { .fd = p->fd };

	if (len)
		vfio_user_wire_add(&out, body, len);
	ck_assert_int_eq(0, vfio_user_wire_send(&wire, &out,
						vfio_user_wire_deadline()));
}

void peer_reply(struct peer *p, u16 id, u16 command, const void *body, size_t len)
{
	const struct vfio_user_header head = { .id = id, .command = command,
					       .flags = VFIO_USER_IS_REPLY };

	peer_say(p, &head, body, len, -1);
}

void peer_refuse(struct peer *p, u16 id, u16 command, u32 error,
		 const void *body, size_t len)
{
	const struct vfio_user_header head = {
		.id = id,
		.command = command,
		.flags = VFIO_USER_IS_REPLY | VFIO_USER_IS_ERROR,
		.error = error,
	};

	peer_say(p, &head, body, len, -1);
}

struct vfio_user_header peer_hear(struct peer *p, void *body, size_t size)
{
	struct vfio_user_wire wire = { .fd = p->fd };
	struct vfio_user_header head;
	struct vfio_user_in in;

	ck_assert_int_eq(0, vfio_user_wire_receive(
				    &wire, vfio_user_wire_deadline(), &in));
	ck_assert_uint_ge(size, in.len);
	if (in.len)
		memcpy(body, in.body, in.len);
	head = in.head;
	vfio_user_wire_drop(&in);
	free(wire.body);
	return head;
}
