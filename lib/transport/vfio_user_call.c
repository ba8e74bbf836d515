// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "vfio_user.h"

enum {
	ENDS = 32,
	SERVED_AT_ONCE = 64, /* requests of a server before others get a turn */
};

void vfio_user_call_begin(struct vfio_user_call *call, u16 command)
{
	memset(call, 0, sizeof(*call));
	call->out.head.command = command;
}

static bool usable(const struct vfio_user_wire *wire)
{
	return wire->fd >= 0 && !wire->broken;
}

static bool readable(const struct vfio_user_wire *wire)
{
	struct pollfd pfd = { .fd = wire->fd, .events = POLLIN };

	return usable(wire) && poll(&pfd, 1, 0) > 0;
}

/* A message that nobody asked for: a command, or the wire is out of step. */
static int serve_one(struct vfio_user_end *end, struct vfio_user_wire *wire,
		     u64 deadline)
{
	struct vfio_user_in in;
	int ret = vfio_user_wire_receive(wire, deadline, &in);

	if (ret)
		return ret;
	if ((in.head.flags & VFIO_USER_TYPE) == VFIO_USER_IS_COMMAND)
		ret = end->space->serve(end, wire, &in, deadline);
	else
		ret = vfio_user_wire_break(wire, -EPROTO,
					   "a reply that nobody waits for");
	vfio_user_wire_drop(&in);
	return ret;
}

/* What has come on the second socket. */
static void serve_twin(struct vfio_user_end *end, u64 deadline)
{
	u32 i;

	for (i = 0; i < SERVED_AT_ONCE && readable(&end->twin); i++)
		if (serve_one(end, &end->twin, deadline))
			return;
}

/* Until something comes on one of the sockets: 1 for the main one, 0, -errno. */
static int wait_either(struct vfio_user_end *end, u64 deadline)
{
	struct pollfd pfds[2] = {
		{ .fd = end->main.fd, .events = POLLIN },
		{ .fd = usable(&end->twin) ? end->twin.fd : -1,
		  .events = POLLIN },
	};
	u64 now = vfio_user_wire_now();

	if (now >= deadline)
		return vfio_user_wire_break(&end->main, -ETIMEDOUT, "no reply");
	if (poll(pfds, 2, (int)(deadline - now)) < 0)
		return errno == EINTR ? 0 :
				vfio_user_wire_break(&end->main, -EPROTO, "%s",
						     strerror(errno));
	if (pfds[1].revents)
		serve_twin(end, deadline);
	return pfds[0].revents != 0;
}

/* The next reply on the main socket. */
static int await_reply(struct vfio_user_end *end, u64 deadline,
		       struct vfio_user_in *ret_in)
{
	struct vfio_user_in in;
	int ret;

	for (;;) {
		do {
			ret = wait_either(end, deadline);
		} while (!ret);
		if (ret < 0)
			return ret;
		ret = vfio_user_wire_receive(&end->main, deadline, &in);
		if (ret)
			return ret;
		if ((in.head.flags & VFIO_USER_TYPE) == VFIO_USER_IS_REPLY) {
			*ret_in = in;
			return 0;
		}
		ret = end->space->serve(end, &end->main, &in, deadline);
		vfio_user_wire_drop(&in);
		if (ret)
			return ret;
	}
}

static int reply_errno(const struct vfio_user_header *head)
{
	if (!(head->flags & VFIO_USER_IS_ERROR))
		return 0;
	return head->error ? -(int)head->error : -EINVAL;
}

static int exchange(struct vfio_user_end *end, struct vfio_user_call *call,
		    u64 deadline)
{
	int ret;

	call->out.head.id = ++end->main.next_id;
	ret = vfio_user_wire_send(&end->main, &call->out, deadline);
	return ret ? ret : await_reply(end, deadline, &call->in);
}

int vfio_user_call(struct vfio_user_end *end, struct vfio_user_call *call)
{
	u64 deadline = vfio_user_wire_deadline();
	int ret;

	/* A peer's DMA must not get between a request and its reply. */
	if (end->busy)
		return -EBUSY;
	end->busy = true;
	ret = exchange(end, call, deadline);
	end->busy = false;
	if (ret)
		return ret;
	if (call->in.head.id != call->out.head.id ||
	    call->in.head.command != call->out.head.command) {
		call->in.len = 0;
		return vfio_user_wire_break(
			&end->main, -EPROTO,
			"reply %u to command %u for number %u to command %u",
			call->in.head.id, call->in.head.command,
			call->out.head.id, call->out.head.command);
	}
	/* What the device wrote before it answered is in memory on return. */
	serve_twin(end, deadline);
	return reply_errno(&call->in.head);
}

int vfio_user_call_simple(struct vfio_user_end *end, u16 command, void *body,
			  size_t len)
{
	struct vfio_user_call call;
	int ret;

	vfio_user_call_begin(&call, command);
	vfio_user_wire_add(&call.out, body, len);
	ret = vfio_user_call(end, &call);
	if (!ret && call.in.len < len)
		ret = -EPROTO;
	if (!ret)
		memcpy(body, call.in.body, len);
	vfio_user_wire_drop(&call.in);
	return ret;
}

u32 vfio_user_piece(const struct vfio_user_end *end, size_t len)
{
	size_t max = end->peer.max_data < VFIO_USER_WIRE_PIECE ?
			     end->peer.max_data : VFIO_USER_WIRE_PIECE;

	return (u32)(len < max ? len : max);
}

/* ---- while nobody calls ------------------------------------------------- */

/* Where the server of @end speaks up. */
static struct vfio_user_wire *server_wire(struct vfio_user_end *end)
{
	return end->twin.fd >= 0 ? &end->twin : &end->main;
}

static int collect(struct vfio_user_space *space, struct pollfd pfds[ENDS])
{
	struct vfio_user_end *end;
	int count = 0;

	pthread_mutex_lock(&space->lock);
	for (end = space->ends; end && count < ENDS; end = end->next)
		if (end->open && usable(server_wire(end)))
			pfds[count++] = (struct pollfd){
				.fd = server_wire(end)->fd, .events = POLLIN };
	pthread_mutex_unlock(&space->lock);
	return count;
}

static void serve_all(struct vfio_user_space *space)
{
	struct vfio_user_end *end;

	pthread_mutex_lock(&space->lock);
	for (end = space->ends; end; end = end->next)
		if (end->open && readable(server_wire(end)))
			serve_one(end, server_wire(end),
				  vfio_user_wire_deadline());
	pthread_mutex_unlock(&space->lock);
}

static void wait_out(struct vfio_user_space *space, u32 ms)
{
	u64 now = vfio_user_wire_now(), until = now + ms;
	struct pollfd pfds[ENDS];
	int count;

	for (; now < until; now = vfio_user_wire_now()) {
		count = collect(space, pfds);
		if (poll(pfds, (nfds_t)count,
			 until - now > 1000 ? 1000 : (int)(until - now)) > 0)
			serve_all(space);
	}
}

static u32 count_open(const struct vfio_user_space *space, bool named)
{
	const struct vfio_user_end *end;
	u32 count = 0;

	for (end = space->ends; end; end = end->next)
		count += end->open && (end->named || !named);
	return count;
}

/* Devices that may work for one another take turns of a millisecond. */
static int let_pass(struct vfio_user_space *space, u32 ms)
{
	u32 turn = count_open(space, false) > 1 ? 1 : ms;
	struct vfio_user_end *end;
	int ret = 0;

	for (; !ret && ms; ms -= turn)
		for (end = space->ends; !ret && end; end = end->next) {
			struct vfio_user_pass pass = { turn };

			if (end->open)
				ret = vfio_user_call_simple(end, VFIO_USER_PASS,
							    &pass, sizeof(pass));
		}
	return ret;
}

void vfio_user_attend(struct vfio_user_space *space, u32 ms)
{
	bool named;
	int ret = 0;

	pthread_mutex_lock(&space->lock);
	named = count_open(space, true) == count_open(space, false);
	if (named)
		ret = let_pass(space, ms);
	pthread_mutex_unlock(&space->lock);
	if (!named || ret)
		wait_out(space, ms);
}
