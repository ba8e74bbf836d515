/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of generation 2 share: ways into a state, round trips, and
 * patience with a device that fails once.
 *
 * A legal device may fail any transition or access now and then. So whatever
 * leads somewhere is tried COMMON_TRIES times here, each time from a reset
 * device, and whoever is about to say "it does not work" has done so too.
 *
 * Functions give 0 or a count, or -errno as the device answered: ROAD() takes
 * them. None of them judges.
 */
#ifndef TESTS_V2_COMMON_H
#define TESTS_V2_COMMON_H

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "expect.h"
#include "model/fsm.h"

enum {
	COMMON_TRIES = 3,
	COMMON_WINDOW = 40,    /* ms that a device is watched */
	COMMON_PATIENCE = 200, /* windows that slow work may take */
	COMMON_SEED = 11,      /* contents that are saved */
	COMMON_NOISE = 10,     /* and before a load: other ones everywhere */
};

/* For each state that a request can lead to and this device has. */
#define COMMON_EACH_STATE(b, state)                                    \
	for (u32 state = MIG2_STOP; state < MIG2_STATES; state++)      \
		if (!v2_has_state(&(b)->v2, state))                    \
			continue;                                      \
		else

static inline const char *common_errno(int ret)
{
	return ret < 0 ? strerror(-ret) : "success";
}

/*
 * Whether the test alone asks the device things. A judge asks too, after each
 * call, and by that gives a device time, and an occasion, to get things right.
 */
static inline void common_alone(struct bench *b, bool on)
{
	mig_concurrent(b->ctx, on);
}

/* The state that GET shows, MIG2_STATES where GET fails. */
static inline u32 common_state(struct bench *b)
{
	u32 state;

	return v2_state(&b->v2, &state) ? MIG2_STATES : state;
}

/* ---- contents and streams ------------------------------------------------ */

/* Contents of @seed, where something can bring the device there. */
static int common_mark(struct bench *b, u64 seed)
{
	return stimulus_can_mark(b->stim) ? stimulus_mark(b->stim, seed) : 0;
}

/* 0 where the contents may be those of @seed, -EILSEQ where they are not. */
static int common_verify(struct bench *b, u64 seed)
{
	return stimulus_can_mark(b->stim) ? stimulus_verify(b->stim, seed) : 0;
}

/* Reset, and contents of @seed: RUNNING. */
static int common_fresh(struct bench *b, u64 seed)
{
	int ret = bench_fresh();

	return ret ? ret : common_mark(b, seed);
}

/* A plain stream of a device with contents of COMMON_SEED: STOP. */
static int common_save(struct bench *b, struct stream *stream)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_fresh(b, COMMON_SEED);
		if (!ret)
			ret = v2_save(&b->v2, NULL, 0, stream);
		if (!ret || ret == -ELOOP)
			break;
	}
	return ret;
}

/*
 * Loads @stream into a device full of noise and looks at it RUNNING: 0,
 * -EILSEQ for other contents than those of COMMON_SEED, -errno of a refusal.
 */
static int common_load(struct bench *b, const struct stream *stream)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_fresh(b, COMMON_NOISE);
		if (!ret)
			ret = v2_restore(&b->v2, NULL, stream);
		if (!ret)
			ret = common_verify(b, COMMON_SEED);
		if (!ret || ret == -EILSEQ)
			break;
	}
	return ret;
}

/* The simplest save and load there is, which more special ones stand on. */
static int common_round_trip(struct bench *b)
{
	struct stream stream;
	int ret;

	stream_init(&stream);
	ret = common_save(b, &stream);
	if (!ret)
		ret = common_load(b, &stream);
	stream_free(&stream);
	return ret;
}

/*
 * Does @stream restore the contents of COMMON_SEED? 1 or 0, or -errno where
 * plain streams do not either, so that nothing can be said about this one.
 */
static int common_restores(struct bench *b, const struct stream *stream)
{
	int ret = common_load(b, stream);

	if (!ret)
		return 1;
	ret = common_round_trip(b);
	return ret < 0 ? ret : 0;
}

/* ---- states and sessions --------------------------------------------------- */

static int common_enter(struct bench *b, u32 state, struct mig_file **ret_data)
{
	int ret;

	*ret_data = NULL;
	ret = common_fresh(b, COMMON_SEED);
	if (ret || state == MIG2_RUNNING)
		return ret;
	ret = v2_set(&b->v2, state, ret_data);
	if (ret || fsm_session_in(state) == FSM_NO_SESSION)
		return ret;
	return *ret_data ? 0 : -EPROTO;
}

/*
 * From a reset device with contents of COMMON_SEED into @state, by one
 * request. *@ret_data is its session or NULL; nothing was moved through it.
 */
static int common_reach(struct bench *b, u32 state, struct mig_file **ret_data)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_enter(b, state, ret_data);
		if (!ret)
			break;
	}
	return ret;
}

/* As common_reach(RESUMING), with the device's own @stream written to its end. */
static int common_reach_loaded(struct bench *b, struct stream *stream,
			       struct mig_file **ret_data)
{
	int i, ret;

	*ret_data = NULL;
	ret = common_save(b, stream);
	if (ret)
		return ret;
	if (!stream->len)
		return -ENODATA;
	for (i = 0; i < COMMON_TRIES; i++) {
		mig_file_close(*ret_data);
		*ret_data = NULL;
		ret = common_enter(b, MIG2_RESUMING, ret_data);
		if (!ret)
			ret = v2_load(*ret_data, NULL, stream, 0, stream->len);
		if (!ret)
			break;
	}
	return ret;
}

/* Into @state, so that every legal request has to succeed from there. */
static int common_reach_ready(struct bench *b, u32 state,
			      struct mig_file **ret_data)
{
	struct stream stream;
	int ret;

	if (state != MIG2_RESUMING)
		return common_reach(b, state, ret_data);
	stream_init(&stream);
	ret = common_reach_loaded(b, &stream, ret_data);
	stream_free(&stream);
	return ret;
}

/* Bytes that a session of @kind moves, for one that should be over: at most 0. */
static ssize_t common_moves(struct mig_file *data, enum fsm_session kind)
{
	u8 bytes[64] = { 0 };

	return kind == FSM_SAVING ? mig_read(data, bytes, sizeof(bytes)) :
				    mig_write(data, bytes, sizeof(bytes));
}

/* ---- memory that faults ------------------------------------------------------ */

/* The last @len bytes before a page that allows no more than @prot, or NULL. */
static u8 *common_edge(size_t len, int prot)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	u8 *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + page, page, prot))
		return NULL;
	return pages + page - len;
}

/* GET or SET (@method) of @state, its payload on a page that allows @prot. */
static int common_faulty(struct bench *b, u32 method, u32 state, int prot)
{
	struct mig2_device_state payload = { state, V2_FD_UNTOUCHED };
	struct uapi_feature head = {
		.argsz = sizeof(head) + sizeof(payload),
		.flags = MIG2_FEATURE_DEVICE_STATE | method,
	};
	u8 *at = common_edge(sizeof(head), PROT_READ | PROT_WRITE);

	if (!at)
		return -ENOMEM;
	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), &payload, sizeof(payload));
	if (mprotect(at + sizeof(head), (size_t)sysconf(_SC_PAGESIZE), prot))
		return -errno;
	return mig_ioctl_blind(&b->dev->file, UAPI_DEVICE_FEATURE, at);
}

/* VFIO_DEVICE_RESET, again where the device is busy for the moment. */
static int common_reset(struct bench *b)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = v2_reset(&b->v2);
		if (ret != -EAGAIN && ret != -EBUSY && ret != -EINTR)
			break;
		mig_idle(b->dev, COMMON_WINDOW);
	}
	return ret;
}

/* ---- activity ------------------------------------------------------------------ */

/* DMA writes and interrupts so far. */
static int common_seen(struct bench *b, u64 *ret_seen)
{
	u64 dma = 0, irq = 0;
	int ret = stimulus_activity_seen(b->stim, &dma, &irq);

	*ret_seen = dma + irq;
	return ret;
}

/* How much more there is after a window: above 0, 0 = silent, or -errno. */
static long common_activity(struct bench *b)
{
	u64 before, after;
	int ret;

	ret = common_seen(b, &before);
	if (ret)
		return ret;
	mig_idle(b->dev, COMMON_WINDOW);
	ret = common_seen(b, &after);
	return ret ? ret : (long)(after - before);
}

/* Starts it on a reset device; -ENODATA where none can be seen in RUNNING. */
static int common_activity_start(struct bench *b)
{
	long count;
	int ret;

	ret = bench_fresh();
	if (!ret)
		ret = stimulus_activity_start(b->stim);
	if (ret)
		return ret;
	count = common_activity(b);
	return count > 0 ? 0 : count < 0 ? (int)count : -ENODATA;
}

/* A device at work, by one request into @state. */
static int common_busy(struct bench *b, u32 state, struct mig_file **ret_data)
{
	int i, ret = 0;

	*ret_data = NULL;
	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_activity_start(b);
		if (!ret && state != MIG2_RUNNING)
			ret = v2_set(&b->v2, state, ret_data);
		if (!ret)
			break;
	}
	return ret;
}

/* Waits for activity to come back: 0, -ETIMEDOUT, or -errno. */
static int common_wakes(struct bench *b)
{
	long count = 0;
	int i;

	for (i = 0; i < COMMON_PATIENCE / 8 && !count; i++)
		count = common_activity(b);
	return count > 0 ? 0 : count < 0 ? (int)count : -ETIMEDOUT;
}

/* Waits for work of stimulus_submit(): 0, -EIO, or -ETIMEDOUT. */
static int common_finished(struct bench *b, u64 seed)
{
	int i, ret = -EAGAIN;

	for (i = 0; i < COMMON_PATIENCE && ret == -EAGAIN; i++) {
		ret = stimulus_finished(b->stim, seed);
		if (ret == -EAGAIN)
			mig_idle(b->dev, COMMON_WINDOW);
	}
	return ret == -EAGAIN ? -ETIMEDOUT : ret;
}

#endif
