// SPDX-License-Identifier: GPL-2.0-only
/* From an address to a connection on which both sides know each other. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "vfio_user.h"

enum {
	APPEAR_MS = 1000, /* a server that is just starting */
	RETRY_MS = 10,
	MSG_FDS = 8,
	PGSIZE = 4096,
};

static const struct {
	const char *name;
	u32 options;
} options[] = {
	{ "messages", VFIO_USER_MESSAGES },
	{ "main", VFIO_USER_MESSAGES | VFIO_USER_MAIN },
	{ "plain", VFIO_USER_PLAIN },
};

static int parse_option(struct mig_context *ctx, const char *name,
			u32 *ret_options)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(options[i].name, name))
			continue;
		*ret_options |= options[i].options;
		return 0;
	}
	mig_open_errorf(ctx, "vfio-user has no ?%s, only ?messages, ?main and ?plain",
			name);
	return -EINVAL;
}

/* PATH or PATH?OPTION[,OPTION]... */
static int parse_address(struct mig_context *ctx, struct vfio_user_end *end,
			 struct sockaddr_un *ret_sun)
{
	char address[sizeof(end->address)];
	char *rest, *name;
	int ret = 0;

	memcpy(address, end->address, sizeof(address));
	rest = strchr(address, '?');
	if (rest)
		*rest++ = '\0';
	if (!address[0] || strlen(address) >= sizeof(ret_sun->sun_path)) {
		mig_open_errorf(ctx, "'%s' is no path of a socket: 1 to %zu bytes are needed",
				address, sizeof(ret_sun->sun_path) - 1);
		return -EINVAL;
	}
	*ret_sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret_sun->sun_path, address, strlen(address));
	end->options = 0;
	while (!ret && (name = strsep(&rest, ",")))
		ret = parse_option(ctx, name, &end->options);
	return ret;
}

/* ---- connecting --------------------------------------------------------- */

static void connect_explain(struct mig_context *ctx, const char *path, int error)
{
	if (error == -ENOENT)
		mig_open_errorf(ctx, "there is no socket %s: start the vfio-user server first, or let run --restart start one for each test",
				path);
	else if (error == -ECONNREFUSED)
		mig_open_errorf(ctx, "nobody listens at %s: the server has ended, or this is no socket of one; run --restart starts one for each test",
				path);
	else if (error == -EACCES)
		mig_open_errorf(ctx, "%s may not be opened: run as the server's user, or give this one write access to it",
				path);
	else if (error == -EAGAIN)
		mig_open_errorf(ctx, "the server at %s accepts no connection: other clients are waiting for it",
				path);
	else
		mig_open_errorf(ctx, "%s cannot be connected to: %s", path,
				strerror(-error));
}

/* The path exists a moment before somebody listens there. */
static bool connect_later(int error, u64 start)
{
	const struct timespec pause = { 0, RETRY_MS * 1000000L };
	u64 limit = start + APPEAR_MS;

	if (error == EAGAIN)
		limit = start + vfio_user_wire_deadline() - vfio_user_wire_now();
	else if (error != ENOENT && error != ECONNREFUSED && error != EINTR)
		return false;
	if (vfio_user_wire_now() >= limit)
		return false;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	return true;
}

static int connect_to(struct mig_context *ctx, const struct sockaddr_un *sun,
		      int *ret_fd)
{
	u64 start = vfio_user_wire_now();
	int ret, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			     0);

	if (fd < 0)
		return -errno;
	while (connect(fd, (const struct sockaddr *)sun, sizeof(*sun))) {
		if (connect_later(errno, start))
			continue;
		ret = -errno;
		close(fd);
		connect_explain(ctx, sun->sun_path, ret);
		return ret == -ENOENT || ret == -ECONNREFUSED ? -ENODEV : ret;
	}
	*ret_fd = fd;
	return 0;
}

/* ---- negotiation -------------------------------------------------------- */

/* Takes the second socket out of the reply. */
static int take_twin(struct vfio_user_end *end, struct vfio_user_in *in)
{
	if (!end->peer.twin || end->options & VFIO_USER_MAIN)
		return 0;
	if (end->peer.twin_index >= in->nr_fds)
		return -EPROTO;
	vfio_user_wire_init(&end->twin, in->fds[end->peer.twin_index]);
	in->fds[end->peer.twin_index] = -1;
	return 0;
}

static int negotiate(struct vfio_user_end *end)
{
	const struct vfio_user_caps ours = {
		.max_msg_fds = MSG_FDS,
		.max_data = VFIO_USER_WIRE_DATA,
		.pgsize = PGSIZE,
		.twin = !(end->options & VFIO_USER_MAIN),
		.sessions = !(end->options & VFIO_USER_PLAIN),
	};
	struct vfio_user_call call;
	size_t len;
	void *body;
	int ret = vfio_user_caps_print(&ours, false, &body, &len);

	if (ret)
		return ret;
	vfio_user_call_begin(&call, VFIO_USER_VERSION);
	vfio_user_wire_add(&call.out, body, len);
	ret = vfio_user_call(end, &call);
	if (!ret)
		ret = vfio_user_caps_parse(call.in.body, call.in.len, &end->peer);
	if (!ret)
		ret = take_twin(end, &call.in);
	end->named = !ret && ours.sessions && end->peer.sessions;
	vfio_user_wire_drop(&call.in);
	free(body);
	return ret;
}

static void negotiate_explain(struct mig_context *ctx,
			      const struct vfio_user_end *end, const char *path,
			      int error)
{
	const char *why = end->main.why[0] ? end->main.why :
					     "what it says of itself";

	if (error == -ETIMEDOUT)
		mig_open_errorf(ctx, "the server at %s does not answer: it hangs, or it has another client",
				path);
	else if (error == -ECONNRESET)
		mig_open_errorf(ctx, "the server at %s hung up: see what it says",
				path);
	else if (error == -EPROTO)
		mig_open_errorf(ctx, "what listens at %s does not speak vfio-user 0.x as it should: %s",
				path, why);
	else
		mig_open_errorf(ctx, "the server at %s refuses this client: %s",
				path, strerror(-error));
}

static int settle(struct mig_context *ctx, struct vfio_user_end *end)
{
	int ret;

	if (end->named)
		vfio_user_near_stay(&end->space->near);
	vfio_user_log_probe(end);
	vfio_user_feature_forget(end, false);
	ret = vfio_user_peer_enter(end);
	if (ret)
		mig_open_errorf(ctx, "the server at %.*s does not take the memory that is mapped for DMA: %s",
				(int)strcspn(end->address, "?"), end->address,
				strerror(-ret));
	return ret;
}

int vfio_user_connect(struct mig_context *ctx, struct vfio_user_end *end)
{
	struct sockaddr_un sun;
	int ret, lost, fd = -1;

	ret = parse_address(ctx, end, &sun);
	if (!ret)
		ret = connect_to(ctx, &sun, &fd);
	if (ret)
		return ret;
	vfio_user_wire_init(&end->main, fd);
	vfio_user_wire_init(&end->twin, -1);
	end->open = true;
	end->busy = false;
	end->used = -1;
	ret = negotiate(end);
	if (ret)
		negotiate_explain(ctx, end, sun.sun_path, ret);
	else
		ret = settle(ctx, end);
	if (!ret && end->main.broken) {
		ret = end->main.broken;
		negotiate_explain(ctx, end, sun.sun_path, ret);
	}
	if (ret) {
		/* Who was never met cannot be lost. */
		lost = end->lost;
		vfio_user_disconnect(end);
		end->lost = lost;
	}
	return ret;
}

void vfio_user_disconnect(struct vfio_user_end *end)
{
	if (!end->open)
		return;
	vfio_user_peer_leave(end);
	vfio_user_log_leave(end);
	if (!end->lost) {
		end->lost = end->main.broken;
		memcpy(end->lost_why, end->main.why, sizeof(end->lost_why));
	}
	vfio_user_wire_close(&end->main);
	vfio_user_wire_close(&end->twin);
	free(end->scratch);
	end->scratch = NULL;
	end->open = false;
	if (end->named)
		vfio_user_near_leave(&end->space->near);
}
