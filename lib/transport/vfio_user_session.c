// SPDX-License-Identifier: GPL-2.0-only
/* Data sessions: MIG_DATA_READ and MIG_DATA_WRITE as files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../uapi/mig2.h"
#include "answers.h"
#include "vfio_user.h"

enum { IOCTL_ARG = 128 }; /* as much of an argument as anybody looks at */

struct session {
	struct mig_file file; /* first: see struct mig_file_ops */
	struct vfio_user_end *end;
	s32 number;
};

static s64 leave(struct vfio_user_end *end, s64 ret)
{
	pthread_mutex_unlock(&end->space->lock);
	return ret;
}

static struct session *enter_session(struct mig_file *file)
{
	struct session *s = (struct session *)file;

	pthread_mutex_lock(&s->end->space->lock);
	return s;
}

static int session_tell(struct session *s, u32 action)
{
	struct vfio_user_session tell = { s->number, action };

	return vfio_user_call_simple(s->end, VFIO_USER_SESSION, &tell,
				     sizeof(tell));
}

/*
 * Makes MIG_DATA mean @s. The protocol's only stream is that of the session
 * alive, so that an ended one is asked about unless another would answer.
 */
static int session_use(struct session *s)
{
	struct vfio_user_end *end = s->end;
	int ret;

	if (!end->open)
		return -ENODEV;
	if (!end->named)
		return end->live < 0 || end->live == s->number ||
				       vfio_user_feature_saves(end->live) !=
					       vfio_user_feature_saves(s->number) ?
			       0 : -ENODEV;
	if (end->used == s->number)
		return 0;
	ret = session_tell(s, VFIO_USER_SESSION_USE);
	if (!ret)
		end->used = s->number;
	return ret;
}

/* What comes may be shorter than what was asked for, and longer than it says. */
static ssize_t data_take(struct session *s, const struct vfio_user_in *in,
			 void *buf, size_t len)
{
	struct vfio_user_end *end = s->end;
	struct vfio_user_mig_data data;

	if (in->len < sizeof(data))
		return -EPROTO;
	memcpy(&data, in->body, sizeof(data));
	if (data.size > len || data.size > in->len - sizeof(data))
		return -EPROTO;
	if (!data.size && len && !end->named && s->number == end->live &&
	    (end->state == MIG2_PRE_COPY || end->state == MIG2_PRE_COPY_P2P))
		return -ENOMSG;
	memcpy(buf, in->body + sizeof(data), data.size);
	return data.size;
}

static ssize_t session_read(struct mig_file *file, void *buf, size_t len)
{
	struct session *s = enter_session(file);
	struct vfio_user_call call;
	struct vfio_user_mig_data data;
	ssize_t ret = session_use(s);

	if (ret)
		return (ssize_t)leave(s->end, ret);
	data.size = vfio_user_piece(s->end, len);
	data.argsz = sizeof(data) + data.size;
	vfio_user_call_begin(&call, VFIO_USER_MIG_DATA_READ);
	vfio_user_wire_add(&call.out, &data, sizeof(data));
	ret = vfio_user_call(s->end, &call);
	if (!ret)
		ret = data_take(s, &call.in, buf, data.size);
	vfio_user_wire_drop(&call.in);
	return (ssize_t)leave(s->end, ret);
}

/* The reply has no body; where sessions are named, it says how much was taken. */
static ssize_t data_taken(struct session *s, const struct vfio_user_in *in,
			  u32 size)
{
	struct vfio_user_mig_data data;

	if (!s->end->named || in->len < sizeof(data))
		return size;
	memcpy(&data, in->body, sizeof(data));
	return data.size > size ? -EPROTO : (ssize_t)data.size;
}

static ssize_t session_write(struct mig_file *file, const void *buf, size_t len)
{
	struct session *s = enter_session(file);
	struct vfio_user_call call;
	struct vfio_user_mig_data data;
	ssize_t ret = session_use(s);

	if (ret)
		return (ssize_t)leave(s->end, ret);
	data.size = vfio_user_piece(s->end, len);
	data.argsz = sizeof(data) + data.size;
	vfio_user_call_begin(&call, VFIO_USER_MIG_DATA_WRITE);
	vfio_user_wire_add(&call.out, &data, sizeof(data));
	vfio_user_wire_add(&call.out, buf, data.size);
	ret = vfio_user_call(s->end, &call);
	if (!ret)
		ret = data_taken(s, &call.in, data.size);
	vfio_user_wire_drop(&call.in);
	return (ssize_t)leave(s->end, ret);
}

static int ioctl_forward(struct session *s, u32 request, void *arg)
{
	const struct vfio_user_session_ioctl head = { s->number, request };
	struct vfio_user_call call;
	u32 argsz;
	size_t len;
	int ret;

	memcpy(&argsz, arg, sizeof(argsz));
	len = argsz < sizeof(argsz) ? sizeof(argsz) :
	      argsz < IOCTL_ARG ? argsz : IOCTL_ARG;
	vfio_user_call_begin(&call, VFIO_USER_SESSION_IOCTL);
	vfio_user_wire_add(&call.out, &head, sizeof(head));
	vfio_user_wire_add(&call.out, arg, len);
	ret = vfio_user_call(s->end, &call);
	if (!ret && call.in.len < sizeof(head) + len)
		ret = -EPROTO;
	if (!ret)
		memcpy(arg, call.in.body + sizeof(head), len);
	vfio_user_wire_drop(&call.in);
	return ret;
}

static int session_ioctl(struct mig_file *file, u32 request, void *arg)
{
	struct session *s = enter_session(file);
	int ret = -ENOTTY;

	if (s->end->open && s->end->named)
		ret = ioctl_forward(s, request, arg);
	return (int)leave(s->end, ret);
}

static void session_close(struct mig_file *file)
{
	struct session *s = enter_session(file);

	if (s->end->open && s->end->named)
		session_tell(s, VFIO_USER_SESSION_CLOSE);
	if (s->end->used == s->number)
		s->end->used = -1;
	leave(s->end, 0);
	free(s);
}

static const struct mig_file_ops session_ops = {
	.ioctl = session_ioctl,
	.pread = answers_no_pread,
	.pwrite = answers_no_pwrite,
	.read = session_read,
	.write = session_write,
	.mmap = answers_no_mmap,
	.munmap = vfio_user_munmap,
	.poll = vfio_user_no_poll,
	.close = session_close,
};

int vfio_user_session(struct mig_dev *dev, int data_fd,
			     struct mig_file **ret_file)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->file.ops = &session_ops;
	s->end = ((struct vfio_user_dev *)dev)->end;
	s->number = data_fd;
	*ret_file = &s->file;
	return 0;
}
