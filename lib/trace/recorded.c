// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorded.h"
#include "streams.h"

enum { STAND_IN_MAX = 64 << 20, HELD_MAX = 256 << 20 };

struct recorded;

struct recorded_device {
	struct mig_dev dev; /* first */
	struct recorded *recorded;
	u32 number; /* in the trace */
};

struct recorded {
	struct trace_reader *reader;
	struct trace_streams streams;
	u8 *buffer; /* for bytes that stand in */
	size_t room;
	struct recorded_device devices[TRACE_DEVICES];
};

/* ---- the device that is none ---------------------------------------------------- */

static u32 key_of(u32 request, const void *arg)
{
	struct uapi_region_info region;
	u32 flags;

	if (request == UAPI_DEVICE_GET_REGION_INFO) {
		memcpy(&region, arg, sizeof(region));
		return region.index;
	}
	memcpy(&flags, (const u8 *)arg + sizeof(flags), sizeof(flags));
	return request == UAPI_DEVICE_FEATURE ? flags : 0;
}

/* A user who found his region by other means has told no number of regions. */
static int answer_info(void *arg)
{
	struct uapi_device_info info = { .argsz = sizeof(info),
					 .num_regions = TRACE_DEVICES };

	memcpy(arg, &info, sizeof(info));
	return 0;
}

static int answer_ioctl(struct mig_file *file, u32 request, void *arg)
{
	struct recorded_device *device = (struct recorded_device *)file;
	const struct trace_answer *answer;
	u32 argsz;

	if (!arg || (request != UAPI_DEVICE_GET_INFO &&
		     request != UAPI_DEVICE_GET_REGION_INFO &&
		     request != UAPI_DEVICE_FEATURE))
		return -EINTR;
	answer = trace_reader_answer(device->recorded->reader, device->number,
				     request, key_of(request, arg));
	if (!answer)
		return request == UAPI_DEVICE_GET_INFO ? answer_info(arg) :
							 -EINTR;
	memcpy(&argsz, arg, sizeof(argsz));
	memcpy(arg, answer->bytes, argsz < answer->len ? argsz : answer->len);
	return 0;
}

static ssize_t answer_pread(struct mig_file *file, void *buf, size_t len,
			    u64 offset)
{
	(void)file, (void)buf, (void)len, (void)offset;
	return -EINTR;
}

static const struct mig_file_ops ops = {
	.ioctl = answer_ioctl,
	.pread = answer_pread,
};

static void init_device(struct recorded *r, struct mig_context *ctx, u32 number)
{
	struct recorded_device *device = &r->devices[number];
	const char *uri = r->reader->device_uris[number];

	device->recorded = r;
	device->number = number;
	device->dev.ctx = ctx;
	device->dev.index = number;
	device->dev.file.ops = &ops;
	device->dev.file.dev = &device->dev;
	device->dev.file.fd = -1;
	snprintf(device->dev.uri, sizeof(device->dev.uri), "%s", uri ? uri : "");
}

/* ---- data that is not there ------------------------------------------------------- */

static const u8 *stand_in(struct recorded *r, const struct trace_bytes *data)
{
	u64 z = data->digest;
	size_t i;

	if (data->len > STAND_IN_MAX)
		return NULL;
	if (r->room < data->len) {
		free(r->buffer);
		r->room = 0;
		r->buffer = malloc(data->len);
		if (!r->buffer)
			return NULL;
		r->room = data->len;
	}
	for (i = 0; i < data->len; i++) {
		z = z * 6364136223846793005ull + 1442695040888963407ull;
		r->buffer[i] = (u8)(z >> 56);
	}
	return r->buffer;
}

static const void *bytes_of(struct recorded *r, const struct trace_bytes *data)
{
	const void *bytes;

	if (data->bytes || !data->len)
		return data->bytes;
	bytes = data->placed ? trace_streams_at(&r->streams, &data->from,
						data->len) : NULL;
	return bytes ? bytes : stand_in(r, data);
}

/* ---- calls ------------------------------------------------------------------------ */

static void note_session(struct mig_dev *dev, const struct trace_step *step)
{
	if (step->op == MIG_OPEN)
		dev->sessions = 0;
	else if (step->session > dev->sessions)
		dev->sessions = step->session;
}

static void tell(struct recorded *r, const struct trace_step *step,
		 struct recorded_listener *listener)
{
	struct mig_dev *dev = &r->devices[step->device].dev;
	bool moves = step->op != MIG_IOCTL;
	static const u8 nothing[1];
	struct mig_call call = {
		.seq = step->seq, .op = (enum mig_op)step->op, .dev = dev,
		.session = step->session, .request = step->request,
		.offset = step->offset, .len = step->len, .ret = step->ret,
		.blind = step->blind, .concurrent = step->concurrent,
		.in = bytes_of(r, &step->in), .out = bytes_of(r, &step->out),
	};

	note_session(dev, step);
	call.in_len = call.in ? step->in.len : 0;
	call.out_len = call.out ? step->out.len : 0;
	if (!moves && !call.in && !step->blind)
		call.in = call.out = nothing;
	listener->called(listener, &call);
	if (moves && call.out &&
	    trace_reader_is_source(r->reader, step->device, step->session))
		trace_streams_add(&r->streams, step->device, step->session,
				  call.out, call.out_len);
}

int recorded_tell(struct trace_reader *reader, struct mig_context *ctx,
		  struct recorded_listener *listener)
{
	struct recorded *r = calloc(1, sizeof(*r));
	struct trace_step step;
	u32 i;
	int ret;

	if (!r)
		return -ENOMEM;
	r->reader = reader;
	trace_streams_init(&r->streams, HELD_MAX);
	for (i = 0; i < TRACE_DEVICES; i++)
		init_device(r, ctx, i);
	while ((ret = trace_reader_next(reader, &step)) > 0)
		if (step.op < MIG_OPS)
			tell(r, &step, listener);
	trace_streams_free(&r->streams);
	free(r->buffer);
	free(r);
	return ret;
}
