// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../environment.h"
#include "vfio_user_wire.h"

enum {
	ERRNO_MAX = 4095, /* larger ones would be no errors to a caller */
	SIZE_MAX_MESSAGE = VFIO_USER_WIRE_DATA + VFIO_USER_WIRE_HEADS,
};

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(VFIO_USER_WIRE_FDS * sizeof(int))];
};

u64 vfio_user_wire_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

u64 vfio_user_wire_deadline(void)
{
	return vfio_user_wire_now() +
	       750ull * environment_deadline(ENVIRONMENT_DEADLINE_S);
}

void vfio_user_wire_init(struct vfio_user_wire *wire, int fd)
{
	memset(wire, 0, sizeof(*wire));
	wire->fd = fd;
	wire->broken = fd < 0 ? -ECONNRESET : 0;
}

void vfio_user_wire_close(struct vfio_user_wire *wire)
{
	if (wire->fd >= 0)
		close(wire->fd);
	free(wire->body);
	vfio_user_wire_init(wire, -1);
}

int vfio_user_wire_break(struct vfio_user_wire *wire, int error, const char *fmt,
			 ...)
{
	va_list ap;

	if (wire->broken)
		return wire->broken;
	wire->broken = error;
	va_start(ap, fmt);
	vsnprintf(wire->why, sizeof(wire->why), fmt, ap);
	va_end(ap);
	return error;
}

/* However the system says that the peer is gone or was never one. */
static int break_errno(struct vfio_user_wire *wire, int error)
{
	if (error == EPIPE || error == ECONNRESET || error == ENOTCONN)
		return vfio_user_wire_break(wire, -ECONNRESET,
					    "the connection is gone");
	return vfio_user_wire_break(wire, -EPROTO, "%s", strerror(error));
}

static int wait_for(struct vfio_user_wire *wire, short events, u64 deadline)
{
	struct pollfd pfd = { .fd = wire->fd, .events = events };
	u64 now = vfio_user_wire_now();
	int left, ret;

	if (now >= deadline)
		return vfio_user_wire_break(wire, -ETIMEDOUT,
					    "a message was not taken or given whole");
	left = deadline - now > INT32_MAX ? -1 : (int)(deadline - now);
	ret = poll(&pfd, 1, left);
	if (ret < 0 && errno != EINTR)
		return break_errno(wire, errno);
	return 0;
}

/* ---- sending ------------------------------------------------------------ */

void vfio_user_wire_add(struct vfio_user_out *out, const void *data, size_t len)
{
	out->parts[out->nr_parts].iov_base = (void *)(uintptr_t)data;
	out->parts[out->nr_parts++].iov_len = len;
}

static void attach_fds(struct msghdr *msg, union control *control,
		       const int *fds, u32 count)
{
	struct cmsghdr *cmsg;

	if (!count)
		return;
	memset(control, 0, sizeof(*control));
	msg->msg_control = control->bytes;
	msg->msg_controllen = CMSG_SPACE(count * sizeof(int));
	cmsg = CMSG_FIRSTHDR(msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, count * sizeof(int));
}

/* Takes @done bytes off the front of what is left to send. */
static void advance(struct msghdr *msg, size_t done)
{
	struct iovec *iov;

	msg->msg_control = NULL;
	msg->msg_controllen = 0;
	while (msg->msg_iovlen) {
		iov = msg->msg_iov;
		if (done < iov->iov_len) {
			iov->iov_base = (u8 *)iov->iov_base + done;
			iov->iov_len -= done;
			return;
		}
		done -= iov->iov_len;
		msg->msg_iov++;
		msg->msg_iovlen--;
	}
}

static int send_all(struct vfio_user_wire *wire, struct msghdr *msg, u64 deadline)
{
	bool begun = false;
	ssize_t n;
	int ret;

	while (msg->msg_iovlen) {
		n = sendmsg(wire->fd, msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && !begun && errno == EBADF)
			return -EBADF;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return break_errno(wire, errno);
		if (n < 0) {
			ret = wait_for(wire, POLLOUT, deadline);
			if (ret)
				return ret;
			continue;
		}
		begun = true;
		advance(msg, (size_t)n);
	}
	return 0;
}

int vfio_user_wire_send(struct vfio_user_wire *wire, struct vfio_user_out *out,
			u64 deadline)
{
	struct iovec iov[VFIO_USER_WIRE_PARTS + 1];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = out->nr_parts + 1 };
	size_t size = sizeof(out->head);
	union control control;
	u32 i;

	if (wire->broken)
		return wire->broken;
	for (i = 0; i < out->nr_parts; i++) {
		iov[i + 1] = out->parts[i];
		size += out->parts[i].iov_len;
	}
	if (size > SIZE_MAX_MESSAGE || out->nr_fds > VFIO_USER_WIRE_FDS)
		return -EMSGSIZE;
	out->head.size = (u32)size;
	iov[0] = (struct iovec){ &out->head, sizeof(out->head) };
	attach_fds(&msg, &control, out->fds, out->nr_fds);
	return send_all(wire, &msg, deadline);
}

/* ---- receiving ---------------------------------------------------------- */

/* Keeps what fits; no descriptor is ever left open. */
static void take_fds(struct msghdr *msg, struct vfio_user_in *in)
{
	struct cmsghdr *cmsg;
	size_t i, count;
	int fd;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
			if (in->nr_fds < VFIO_USER_WIRE_FDS)
				in->fds[in->nr_fds++] = fd;
			else
				close(fd);
		}
	}
}

/* Exactly @len bytes. */
static int receive_all(struct vfio_user_wire *wire, void *buf, size_t len,
		       u64 deadline, struct vfio_user_in *in)
{
	size_t done = 0;
	ssize_t n;
	int ret;

	while (done < len) {
		union control control;
		struct iovec iov = { (u8 *)buf + done, len - done };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
				      .msg_control = control.bytes,
				      .msg_controllen = sizeof(control) };

		n = recvmsg(wire->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (!n)
			return vfio_user_wire_break(
				wire, -ECONNRESET, "%s",
				done ? "in the middle of a message" :
				       "between messages");
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return break_errno(wire, errno);
		if (n < 0) {
			ret = wait_for(wire, POLLIN, deadline);
			if (ret)
				return ret;
			continue;
		}
		take_fds(&msg, in);
		done += (size_t)n;
	}
	return 0;
}

/* Can the message be what its head says? */
static int judge_head(struct vfio_user_wire *wire,
		      const struct vfio_user_header *head)
{
	u32 type = head->flags & VFIO_USER_TYPE;

	if (type != VFIO_USER_IS_COMMAND && type != VFIO_USER_IS_REPLY)
		return vfio_user_wire_break(wire, -EPROTO,
					    "a message of type %u", type);
	if (head->size < sizeof(*head) || head->size > SIZE_MAX_MESSAGE)
		return vfio_user_wire_break(wire, -EPROTO,
					    "a message of %u bytes", head->size);
	if (head->flags & VFIO_USER_IS_ERROR && head->error > ERRNO_MAX)
		return vfio_user_wire_break(wire, -EPROTO, "an errno of %u",
					    head->error);
	return 0;
}

static int receive_body(struct vfio_user_wire *wire, u64 deadline,
			struct vfio_user_in *in)
{
	u8 *body;

	in->len = in->head.size - sizeof(in->head);
	if (in->len > wire->room) {
		body = realloc(wire->body, in->len);
		if (!body)
			return vfio_user_wire_break(wire, -ENOMEM,
						    "no memory for a message");
		wire->body = body;
		wire->room = in->len;
	}
	in->body = wire->body;
	return receive_all(wire, in->body, in->len, deadline, in);
}

int vfio_user_wire_receive(struct vfio_user_wire *wire, u64 deadline,
			   struct vfio_user_in *ret_in)
{
	struct vfio_user_in in = { .nr_fds = 0 };
	int ret;

	if (wire->broken)
		return wire->broken;
	ret = receive_all(wire, &in.head, sizeof(in.head), deadline, &in);
	if (!ret)
		ret = judge_head(wire, &in.head);
	if (!ret)
		ret = receive_body(wire, deadline, &in);
	if (ret) {
		vfio_user_wire_drop(&in);
		return ret;
	}
	*ret_in = in;
	return 0;
}

void vfio_user_wire_drop(struct vfio_user_in *in)
{
	u32 i;

	for (i = 0; i < in->nr_fds; i++)
		if (in->fds[i] >= 0)
			close(in->fds[i]);
	in->nr_fds = 0;
}

int vfio_user_wire_reply(struct vfio_user_wire *wire,
			 const struct vfio_user_in *in, int error,
			 struct vfio_user_out *out, u64 deadline)
{
	struct vfio_user_out none = { .nr_parts = 0 };

	if (in->head.flags & VFIO_USER_NO_REPLY)
		return 0;
	if (!out)
		out = &none;
	out->head = (struct vfio_user_header){
		.id = in->head.id,
		.command = in->head.command,
		.flags = VFIO_USER_IS_REPLY | (error ? VFIO_USER_IS_ERROR : 0),
		.error = (u32)-error,
	};
	return vfio_user_wire_send(wire, out, deadline);
}
