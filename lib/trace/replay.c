// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <xxhash.h>

#include "replay_internal.h"

enum { PAUSE_MAX_MS = 1000 };

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

/* ---- moving data ---------------------------------------------------------------- */

static size_t bounded(u64 len)
{
	return len < REPLAY_MOVE_MAX ? len : REPLAY_MOVE_MAX;
}

/* A buffer that the recorded user had no right to. */
static bool bad_pointer(struct replay *r, const struct trace_step *step,
			struct mig_file *file)
{
	if (step->ret != -EFAULT)
		return false;
	if (file->dev->caps & MIG_CAP_BAD_POINTERS)
		return true;
	replay_left_out(r, step, "left out: it was made with a bad pointer");
	return false;
}

static void compare_read(struct replay *r, const struct trace_step *step,
			 const u8 *bytes, s64 ret)
{
	const struct trace_bytes *out = &step->out;
	bool same;

	replay_compare(r, step, ret);
	if (ret <= 0 || r->told)
		return;
	same = out->bytes ? !memcmp(out->bytes, bytes, out->len) :
			    XXH3_64bits(bytes, out->len) == out->digest;
	if (out->len <= (u64)ret && !same)
		replay_differs(r, step, "gives other data");
}

static void repeat_read(struct replay *r, const struct trace_step *step,
			struct mig_file *file)
{
	size_t len = bounded(step->len);
	bool bad = bad_pointer(r, step, file);
	void *buf = bad ? r->hole : r->buffer;
	s64 ret;

	if (r->told)
		return;
	ret = step->op == MIG_PREAD ?
		      mig_pread(file, buf, len, replay_offset(r, step)) :
		      mig_read(file, buf, len);
	if (ret > (s64)len)
		ret = (s64)len;
	if (ret > 0 && !bad &&
	    trace_reader_is_source(r->reader, step->device, step->session))
		trace_streams_add(&r->streams, step->device, step->session,
				  buf, (size_t)ret);
	if (bad)
		replay_compare(r, step, ret);
	else
		compare_read(r, step, buf, ret);
}

/* What is to be written: from the trace, or as this device has given it. */
static const void *find_data(struct replay *r, const struct trace_step *step,
			     size_t len)
{
	const struct trace_bytes *in = &step->in;
	const u8 *bytes = in->bytes;
	size_t known = in->len < len ? in->len : len;

	if (!bytes && in->placed)
		bytes = trace_streams_at(&r->streams, &in->from, in->len);
	if (!bytes && step->len)
		return NULL;
	if (known == len && bytes)
		return bytes;
	/* Nobody knows what the recorded device did not take. */
	if (known)
		memcpy(r->buffer, bytes, known);
	memset(r->buffer + known, 0, len - known);
	return r->buffer;
}

static void repeat_write(struct replay *r, const struct trace_step *step,
			 struct mig_file *file)
{
	bool bad = bad_pointer(r, step, file);
	size_t len = bounded(step->len);
	const void *data = bad ? r->hole : find_data(r, step, len);

	if (r->told)
		return;
	if (!data) {
		replay_left_out(r, step, "left out: its data is not known");
		return;
	}
	replay_compare(r, step, step->op == MIG_PWRITE ?
		       mig_pwrite(file, data, len, replay_offset(r, step)) :
		       mig_write(file, data, len));
}

/* ---- devices ---------------------------------------------------------------------- */

static int open_device(struct replay *r, const struct trace_step *step)
{
	struct mig_dev **dev = &r->devices[step->device];
	const char *uri = r->options->uri;

	if (*dev)
		mig_close(*dev); /* a second open of one that we have */
	*dev = NULL;
	if (!uri || !step->device)
		return mig_open(r->ctx, uri ? uri : step->uri, dev);
	/* The others of the trace: siblings of the one that was named. */
	return r->devices[0] ? mig_clone(r->devices[0], dev) : -ENODEV;
}

static int repeat_open(struct replay *r, const struct trace_step *step)
{
	int ret = open_device(r, step);

	if (ret && !r->result->devices)
		return ret;
	if (ret)
		replay_differs(r, step, "cannot be opened: %s", strerror(-ret));
	r->result->devices += !ret;
	return 0;
}

static void repeat_close(struct replay *r, const struct trace_step *step)
{
	mig_close(r->devices[step->device]);
	r->devices[step->device] = NULL;
}

/* ---- steps ------------------------------------------------------------------------ */

static void repeat_poll(struct replay *r, const struct trace_step *step,
			struct mig_file *file)
{
	u64 ms = step->len < PAUSE_MAX_MS ? step->len : PAUSE_MAX_MS;

	replay_compare(r, step, mig_poll(file, (short)step->request, (int)ms));
}

static void repeat_idle(struct replay *r, const struct trace_step *step,
			struct mig_file *file)
{
	(void)r;
	mig_idle(file->dev,
		 step->len < PAUSE_MAX_MS ? (u32)step->len : PAUSE_MAX_MS);
}

static void (*const repeats[MIG_OPS])(struct replay *r,
				      const struct trace_step *step,
				      struct mig_file *file) = {
	[MIG_IOCTL] = replay_ioctl,   [MIG_PREAD] = repeat_read,
	[MIG_PWRITE] = repeat_write,  [MIG_READ] = repeat_read,
	[MIG_WRITE] = repeat_write,   [MIG_MMAP] = replay_mmap,
	[MIG_MUNMAP] = replay_munmap, [MIG_POLL] = repeat_poll,
	[MIG_IDLE] = repeat_idle,
};

static int repeat(struct replay *r, const struct trace_step *step)
{
	struct mig_file *file;

	r->told = false;
	r->result->repeated++;
	if (step->op == MIG_OPEN)
		return repeat_open(r, step);
	if (step->op >= MIG_OPS)
		replay_dma(r, step);
	else if (step->op == MIG_CLOSE)
		repeat_close(r, step);
	else if (step->op == MIG_SESSION)
		replay_name_session(r, step);
	else if (step->op == MIG_SESSION_CLOSE)
		replay_close_session(r, step);
	else if (!(file = replay_file(r, step)))
		replay_left_out(r, step, step->session ?
				"left out: there is no such session here" :
				"left out: the device is not open");
	else
		repeats[step->op](r, step, file);
	return 0;
}

static int repeat_all(struct replay *r)
{
	u64 end = now_ms() + r->options->deadline_ms;
	struct trace_step step;
	int ret;

	while ((ret = trace_reader_next(r->reader, &step)) > 0) {
		if (now_ms() >= end) {
			r->result->late = true;
			return 0;
		}
		ret = repeat(r, &step);
		if (ret)
			return ret;
	}
	return ret;
}

static void *reserve(size_t len, int prot)
{
	void *at = mmap(NULL, len, prot,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

int replay_run(struct trace_reader *reader, struct mig_context *ctx,
	       const struct replay_options *options,
	       struct replay_result *ret_result)
{
	struct replay *r = calloc(1, sizeof(*r));
	int i, ret = -ENOMEM;

	memset(ret_result, 0, sizeof(*ret_result));
	if (!r)
		return -ENOMEM;
	r->reader = reader;
	r->ctx = ctx;
	r->options = options;
	r->result = ret_result;
	trace_streams_init(&r->streams, REPLAY_HELD_MAX);
	r->buffer = reserve(REPLAY_MOVE_MAX, PROT_READ | PROT_WRITE);
	r->hole = reserve(4096, PROT_NONE);
	if (r->buffer && r->hole)
		ret = repeat_all(r);
	replay_close_all(r);
	replay_unmap_all(r);
	for (i = 0; i < TRACE_DEVICES; i++)
		mig_close(r->devices[i]);
	trace_streams_free(&r->streams);
	if (r->buffer)
		munmap(r->buffer, REPLAY_MOVE_MAX);
	if (r->hole)
		munmap(r->hole, 4096);
	free(r);
	return ret;
}
