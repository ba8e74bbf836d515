/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the v1 tests that make trouble: what became of the device, and which
 * access it was that failed.
 */
#ifndef MIGCHECK_TESTS_V1_TROUBLE_H
#define MIGCHECK_TESTS_V1_TROUBLE_H

#include "common.h"

/* How a device that was just reset gets into each state. */
static const char *const trouble_way[] = { "0", "", "2", "3", "4" };

/* Does the running device do its work, as far as anyone can tell? */
static inline bool trouble_works(struct bench *b)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = stimulus_work(b->stim);
		if (!ret || ret == -EOPNOTSUPP)
			break;
	}
	return !ret || ret == -EOPNOTSUPP;
}

/* 1 where memory or interrupts show that the device acts, 0 not, -errno. */
static inline int trouble_acts(struct bench *b)
{
	u64 dma, irq, dma_after, irq_after;
	int ret = stimulus_activity_seen(b->stim, &dma, &irq);

	mig_idle(b->dev, COMMON_IDLE_MS);
	if (!ret)
		ret = stimulus_activity_seen(b->stim, &dma_after, &irq_after);
	return ret ? ret : dma_after != dma || irq_after != irq;
}

static inline bool trouble_has_reset(struct bench *b)
{
	struct uapi_device_info info;

	return !mig_device_info(b->dev, &info) &&
	       (info.flags & UAPI_DEVICE_FLAGS_RESET);
}

/* A reset with tries. Where none is offered the device is asked nicely. */
static inline int trouble_reset(struct bench *b)
{
	int i, ret = 0;

	if (!trouble_has_reset(b))
		return bench_fresh();
	for (i = 0; i < COMMON_TRIES; i++) {
		ret = mig_reset(b->dev);
		if (!ret)
			break;
	}
	return ret;
}

/* Does a plain migration work? 0, -errno, or -EILSEQ where it loses contents. */
static inline int trouble_baseline(struct bench *b)
{
	int ret = common_trip_once(b, NULL, NULL, 0);

	return ret < 0 ? ret : ret ? 0 : -EILSEQ;
}

/*
 * As common_trip(), but blames the special manner only where a newly opened
 * device does a plain trip and fails the special one again: 1, 0, or -errno
 * where the road is blocked for all.
 */
static inline int trouble_trip(struct bench *b, common_save_fn *save,
			       common_load_fn *load, int arg)
{
	int ret = common_trip_once(b, save, load, arg), plain;

	if (ret == 1)
		return 1;
	plain = bench_reopen();
	if (!plain)
		plain = trouble_baseline(b);
	if (plain)
		return plain;
	if (b->stim)
		snprintf(b->stim->differs, sizeof(b->stim->differs),
			 "refused each time, a plain one is not");
	return common_trip_once(b, save, load, arg) == 1;
}

/*
 * What is wrong with the device even after a reset; NULL where it is as good
 * as new. @was_good: trouble_baseline() gave 0 before; else a device that
 * cannot be migrated is in no trouble.
 */
static inline const char *trouble_left(struct bench *b, bool was_good)
{
	int ret;

	if (trouble_reset(b))
		return "reset fails";
	if (common_state(&b->v1) != MIG1_RUNNING)
		return "device_state does not show RUNNING after a reset";
	if (!trouble_works(b))
		return "the device does not work after a reset";
	ret = was_good ? trouble_baseline(b) : 0;
	if (!ret)
		return NULL;
	return ret == -EILSEQ ? "a plain migration loses contents after a reset" :
				"a plain migration is refused after a reset";
}

/* ---- migrations that are cut off ------------------------------------------- */

/* How many of enum common_hand make a difference in @state. */
static inline enum common_hand trouble_hands(int state)
{
	return state < MIG1_STOP_COPY ? 1 : COMMON_HANDS;
}

#define TROUBLE_EACH_SITUATION(state, hand)                                  \
	for (state = MIG1_STOP; state <= MIG1_RESUMING; state++)             \
		for (hand = 0; hand < trouble_hands(state); hand++)

/* Into @state and that far into its session, of @saved: 0 or -errno. */
static inline int trouble_reach(struct bench *b, int state,
				enum common_hand hand,
				const struct stream *saved)
{
	int i, ret = -EIO;

	for (i = 0; i < COMMON_TRIES && ret; i++) {
		ret = common_reach(b, trouble_way[state]);
		if (!ret)
			ret = common_take(&b->v1, hand, saved);
	}
	return ret;
}

/* What ends a migration from outside: 0 or -errno. */
typedef int trouble_cut_fn(struct bench *b);

/* Begins a save, goes as far as @hand, cuts it off, and saves from the start. */
static inline int trouble_save_behind(struct bench *b, trouble_cut_fn *cut,
				      int hand, struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	if (!ret)
		ret = common_take(&b->v1, hand, NULL);
	if (!ret)
		ret = cut(b);
	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	return ret ? ret : common_plain_save(b, 0, stream);
}

/* Begins a restore of @stream, cuts it off, and restores all of it. */
static inline int trouble_load_behind(struct bench *b, trouble_cut_fn *cut,
				      int hand, const struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);

	if (!ret)
		ret = common_take(&b->v1, hand, stream);
	if (!ret)
		ret = cut(b);
	return ret ? ret : common_plain_load(b, 0, stream);
}

/* ---- which access failed ---------------------------------------------------- */

/* Follows the accesses to one region from trouble_watch() to _unwatch(). */
struct trouble_watch {
	struct mig_observer observer; /* first */
	struct v1 *v1;
	int state;   /* written last with success, or RUNNING by reset */
	bool failed; /* an access to anything but device_state has failed: */
	u64 offset;  /* where */
	int err;     /* -errno */
	int before;  /* device_state at that time */
	u32 carried_on; /* accesses between it and the next state write */
	bool abandoned; /* that state write or a reset has come */
	bool outside; /* somewhere outside the region was accessed */
	u32 accesses; /* to the region */
	bool looked;  /* the first of them was to read device_state */
};

static inline void trouble_saw_state_write(struct trouble_watch *w,
					   const struct mig_call *call)
{
	u32 value;

	w->abandoned = w->failed;
	if (call->ret != sizeof(value) || call->in_len != sizeof(value))
		return;
	memcpy(&value, call->in, sizeof(value));
	w->state = value & MIG1_STATE_MASK;
}

static inline void trouble_saw(struct trouble_watch *w,
			       const struct mig_call *call, u64 offset)
{
	if (!w->accesses++)
		w->looked = call->op == MIG_PREAD && offset == MIG1_OFF_STATE;
	if (offset == MIG1_OFF_STATE) {
		if (call->op == MIG_PWRITE)
			trouble_saw_state_write(w, call);
		return;
	}
	w->carried_on += w->failed && !w->abandoned;
	if (call->ret >= 0 || w->failed)
		return;
	w->failed = true;
	w->offset = offset;
	w->err = (int)call->ret;
	w->before = w->state;
}

static inline void trouble_called(struct mig_observer *self,
				  const struct mig_call *call)
{
	struct trouble_watch *w = (struct trouble_watch *)self;
	const struct mig_region *region = &w->v1->region;

	if (call->dev != w->v1->dev)
		return;
	if (call->op == MIG_IOCTL && call->request == UAPI_DEVICE_RESET) {
		w->abandoned = w->failed;
		w->state = MIG1_RUNNING;
	}
	if (call->op != MIG_PREAD && call->op != MIG_PWRITE)
		return;
	if (call->offset >= region->offset &&
	    call->offset - region->offset < region->size)
		trouble_saw(w, call, call->offset - region->offset);
	else
		w->outside = true;
}

static inline void trouble_watch(struct bench *b, struct trouble_watch *ret_w)
{
	*ret_w = (struct trouble_watch){ .v1 = &b->v1 };
	ret_w->observer.called = trouble_called;
	ret_w->state = common_state(&b->v1);
	mig_observe(b->ctx, &ret_w->observer);
}

static inline void trouble_unwatch(struct bench *b, struct trouble_watch *w)
{
	mig_unobserve(b->ctx, &w->observer);
}

static inline const char *trouble_where(const struct trouble_watch *w)
{
	switch (w->offset) {
	case MIG1_OFF_PENDING:
		return "pending_bytes";
	case MIG1_OFF_OFFSET:
		return "data_offset";
	case MIG1_OFF_SIZE:
		return "data_size";
	}
	return w->offset < MIG1_HEADER_SIZE ? "the header" : "the data";
}

/* ---- spoilt streams ----------------------------------------------------------- */

static inline void trouble_fill(void *bytes, size_t len)
{
	u8 *at = bytes;
	u64 word;
	size_t n;

	for (; len; at += n, len -= n) {
		word = bench_random();
		n = len < sizeof(word) ? len : sizeof(word);
		memcpy(at, &word, n);
	}
}

static inline void trouble_flip(struct stream *stream, size_t below)
{
	u64 bit = bench_random() % (below * 8);

	stream->bytes[bit / 8] ^= (u8)(1 << bit % 8);
}

/* @to gets chunk @k of @from behind what it holds. */
static inline int trouble_append_chunk(struct stream *to,
				       const struct stream *from, size_t k)
{
	int ret = stream_append(to, from->bytes + stream_chunk_start(from, k),
				stream_chunk_len(from, k));

	return ret ? ret : stream_end_chunk(to);
}

#endif
