// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "conversation.h"

enum { FLOOD = 10000, SHARED = 8 << 20 };

/* ---- sockets ------------------------------------------------------------ */

static void name(struct sockaddr_un *sun, const char *path)
{
	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strncpy(sun->sun_path, path, sizeof(sun->sun_path) - 1);
}

int conversation_listen(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un sun;

	name(&sun, path);
	unlink(path);
	if (bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) || listen(fd, 8))
		return -errno;
	return fd;
}

static int call(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un sun;

	name(&sun, path);
	return connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) ? -errno :
									 fd;
}

/* Raw: what is wrong with a message is for the client to find. */
static bool say(int fd, const void *bytes, u32 len, const int *fds, u32 count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(VFIO_USER_WIRE_FDS * sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (count) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, count * sizeof(int));
	}
	while (iov.iov_len) {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		iov.iov_base = (u8 *)iov.iov_base + n;
		iov.iov_len -= (size_t)n;
		msg.msg_controllen = 0;
	}
	return true;
}

/* ---- recording ---------------------------------------------------------- */

static struct message keep(const struct vfio_user_in *in)
{
	struct message m = { .len = in->head.size, .fds = in->nr_fds };

	m.bytes = malloc(m.len);
	memcpy(m.bytes, &in->head, sizeof(in->head));
	if (in->len)
		memcpy(m.bytes + sizeof(in->head), in->body, in->len);
	return m;
}

static bool pass_on(struct vfio_user_wire *wire, const struct vfio_user_in *in)
{
	struct message m = keep(in);
	bool ok = say(wire->fd, m.bytes, m.len, in->fds, in->nr_fds);

	free(m.bytes);
	return ok;
}

/* One message from @from to @to: 0 and its copy, or -errno. */
static int relay(struct vfio_user_wire *from, struct vfio_user_wire *to,
		 struct message *ret_message, struct vfio_user_header *ret_head)
{
	struct vfio_user_in in;
	int ret = vfio_user_wire_receive(from, VFIO_USER_WIRE_FOREVER, &in);

	if (ret)
		return ret;
	*ret_head = in.head;
	*ret_message = keep(&in);
	ret = pass_on(to, &in) ? 0 : -ECONNRESET;
	vfio_user_wire_drop(&in);
	return ret;
}

static int record_turn(struct turn *turn, struct vfio_user_wire *client,
		       struct vfio_user_wire *server)
{
	struct vfio_user_header head;
	struct message m;
	int ret = relay(client, server, &m, &head);

	if (ret)
		return ret;
	free(m.bytes);
	*turn = (struct turn){ .command = head.command };
	for (;;) {
		ret = relay(server, client, &m, &head);
		if (ret)
			return ret;
		if ((head.flags & VFIO_USER_TYPE) == VFIO_USER_IS_REPLY) {
			turn->answer = m;
			return 0;
		}
		free(turn->asks.bytes);
		turn->asks = m;
		ret = relay(client, server, &m, &head);
		if (ret)
			return ret;
		free(m.bytes);
	}
}

int conversation_record(const char *front, const char *back,
			struct conversation *ret_conversation)
{
	struct vfio_user_wire client, server;
	int listener = conversation_listen(front), fd;

	if (listener < 0)
		return listener;
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	vfio_user_wire_init(&client, fd);
	vfio_user_wire_init(&server, call(back));
	ret_conversation->count = 0;
	while (ret_conversation->count < CONVERSATION_TURNS &&
	       !record_turn(&ret_conversation->turns[ret_conversation->count],
			    &client, &server))
		ret_conversation->count++;
	vfio_user_wire_close(&client);
	vfio_user_wire_close(&server);
	return 0;
}

void conversation_free(struct conversation *c)
{
	u32 i;

	for (i = 0; i < c->count; i++) {
		free(c->turns[i].answer.bytes);
		free(c->turns[i].asks.bytes);
	}
	c->count = 0;
}

/* ---- replaying ---------------------------------------------------------- */

/* The next turn with @command from @at on, or the last one before; -1 none. */
static int find(const struct conversation *c, u16 command, u32 at)
{
	u32 i;

	for (i = at; i < c->count; i++)
		if (c->turns[i].command == command)
			return (int)i;
	for (i = at < c->count ? at : c->count; i-- > 0;)
		if (c->turns[i].command == command)
			return (int)i;
	return -1;
}

static bool utter(int fd, const struct spoilt *answer)
{
	int fds[VFIO_USER_WIRE_FDS];
	u32 i, times = answer->how == SPOILT_FLOOD ? FLOOD : 1;
	bool ok = true;

	if (answer->how == SPOILT_KEEP)
		return true;
	for (i = 0; i < answer->fds; i++) {
		fds[i] = memfd_create("replay", MFD_CLOEXEC);
		ok = ok && !ftruncate(fds[i], SHARED);
	}
	while (ok && times--)
		ok = say(fd, answer->bytes, answer->len, fds, answer->fds);
	for (i = 0; i < answer->fds; i++)
		close(fds[i]);
	return ok && answer->how != SPOILT_END;
}

/* What the server wanted before it answered; the client's answer is taken. */
static bool ask(struct vfio_user_wire *wire, const struct message *m)
{
	struct vfio_user_in in;

	if (!m->bytes)
		return true;
	if (!say(wire->fd, m->bytes, m->len, NULL, 0) ||
	    vfio_user_wire_receive(wire, VFIO_USER_WIRE_FOREVER, &in))
		return false;
	vfio_user_wire_drop(&in);
	return true;
}

static bool answer(const struct conversation *c, struct vfio_user_wire *wire,
		   const struct vfio_user_in *in, u32 *at, spoil_fn *spoil,
		   void *arg)
{
	static struct spoilt out;
	int found = find(c, in->head.command, *at);
	const struct turn *turn;

	if (found < 0)
		return !vfio_user_wire_reply(wire, in, -EINVAL, NULL,
					     VFIO_USER_WIRE_FOREVER);
	turn = &c->turns[found];
	*at = (u32)found + 1;
	out.len = turn->answer.len;
	out.fds = turn->answer.fds;
	out.how = SPOILT_SAY;
	memcpy(out.bytes, turn->answer.bytes, out.len);
	memcpy(out.bytes, &in->head.id, sizeof(in->head.id));
	if (spoil)
		spoil(&out, (u32)found, turn->command, arg);
	return ask(wire, &turn->asks) && utter(wire->fd, &out);
}

void conversation_replay(const struct conversation *c, int fd, spoil_fn *spoil,
			 void *arg)
{
	struct vfio_user_wire wire;
	struct vfio_user_in in;
	bool goes_on = true;
	u32 at = 0;

	vfio_user_wire_init(&wire, accept4(fd, NULL, NULL, SOCK_CLOEXEC));
	while (goes_on &&
	       !vfio_user_wire_receive(&wire, VFIO_USER_WIRE_FOREVER, &in)) {
		/* A reply refuses what we said; it is no request. */
		if ((in.head.flags & VFIO_USER_TYPE) == VFIO_USER_IS_COMMAND)
			goes_on = answer(c, &wire, &in, &at, spoil, arg);
		vfio_user_wire_drop(&in);
	}
	vfio_user_wire_close(&wire);
}
