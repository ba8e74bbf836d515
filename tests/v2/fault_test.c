// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request may fail for want of memory at any point within, and a driver
 * promises what it promises for each failure: a legal state that GET tells,
 * no descriptor left behind, and a way on by the same request or by a reset.
 */
#include "fault.h"

V2_FIXTURE(v2_fault, NEED_FAULTS)

/* ---- requests for a state --------------------------------------------------- */

static void set_failed(struct __test_metadata *_metadata, struct fault *f,
		       u32 from, u32 to)
{
	struct bench *b = f->b;
	u32 seen = common_state(b);
	int reset;

	EXPECT_REQ(V2_GET_WORKS_IN_ERROR, seen != MIG2_STATES,
		   "%s to %s fails at point %u with %s, and GET with it",
		   v2_state_name(from), v2_state_name(to), f->nth,
		   common_errno((int)f->ret));
	/* The target where nothing but the answer was lost. */
	EXPECT_REQ(V2_FAILED_SET_LEAVES_LEGAL_STATE,
		   seen == to || seen >= MIG2_STATES ||
			   fsm_visible_after_failure(b->v2.caps, from, to, seen),
		   "%s to %s fails at point %u with %s, then %s",
		   v2_state_name(from), v2_state_name(to), f->nth,
		   common_errno((int)f->ret), v2_state_name(seen));
	EXPECT_REQ(V2_FAILED_SET_RETURNS_NO_FD, !f->leaks,
		   "%s to %s fails at point %u with %s and leaves a descriptor open",
		   v2_state_name(from), v2_state_name(to), f->nth,
		   common_errno((int)f->ret));
	if (seen != MIG2_ERROR)
		v2_set(&b->v2, to, NULL);
	reset = common_reset(b);
	EXPECT_REQ(V2_FAILED_SET_CAN_BE_RETRIED,
		   !reset && common_state(b) == MIG2_RUNNING,
		   "%s to %s fails at point %u with %s, then reset: %s, %s",
		   v2_state_name(from), v2_state_name(to), f->nth,
		   common_errno((int)f->ret), common_errno(reset),
		   v2_state_name(common_state(b)));
}

static void set_swept(struct __test_metadata *_metadata, struct bench *b,
		      u32 from, u32 to, const struct stream *stream)
{
	struct mig_file *data, *opened = NULL;
	struct fault f;
	s32 fd = -1;

	fault_begin(&f, b, COMMON_TRIES);
	while (fault_next(&f)) {
		ROAD(fault_reach(b, from, stream, &data));
		fault_call(&f, v2_set_raw(&b->v2, to, &fd));
		if (f.ret < 0 && f.struck)
			set_failed(_metadata, &f, from, to);
		else if (!f.ret && fd >= 0 && !mig_session(b->dev, fd, &opened))
			mig_file_close(opened);
		mig_file_close(data);
	}
	EXPECT_REQ(V2_FAILED_SET_CAN_BE_RETRIED, fault_done(&f),
		   "%s to %s: left alone after %u failures it gives %s",
		   v2_state_name(from), v2_state_name(to), f.nth - 1,
		   common_errno((int)f.ret));
	TH_LOG("%s to %s: %u points", v2_state_name(from), v2_state_name(to),
	       f.nth - 1);
}

static void sets_swept(struct __test_metadata *_metadata, struct bench *b,
		       u32 from)
{
	struct stream stream;
	struct fsm_path path;
	int trip;

	if (!v2_has_state(&b->v2, from))
		NOT_OFFERED("this state");
	ROAD(common_round_trip(b));
	ROAD(fault_stream(b, &stream));
	COMMON_EACH_STATE(b, to)
		if (!fsm_path(b->v2.caps, from, to, &path))
			set_swept(_metadata, b, from, to, &stream);
	ROAD(common_reset(b));
	trip = common_round_trip(b);
	EXPECT_REQ(V2_MIGRATION_WORKS_AFTER_RESET, !trip,
		   "after failures in %s and a reset a round trip gives %s",
		   v2_state_name(from), common_errno(trip));
	stream_free(&stream);
}

TEST_F(v2_fault, requests_in_running) { sets_swept(_metadata, self->b, MIG2_RUNNING); }
TEST_F(v2_fault, requests_in_stop) { sets_swept(_metadata, self->b, MIG2_STOP); }
TEST_F(v2_fault, requests_in_stop_copy) { sets_swept(_metadata, self->b, MIG2_STOP_COPY); }
TEST_F(v2_fault, requests_in_resuming) { sets_swept(_metadata, self->b, MIG2_RESUMING); }
TEST_F(v2_fault, requests_in_running_p2p) { sets_swept(_metadata, self->b, MIG2_RUNNING_P2P); }
TEST_F(v2_fault, requests_in_pre_copy) { sets_swept(_metadata, self->b, MIG2_PRE_COPY); }
TEST_F(v2_fault, requests_in_pre_copy_p2p) { sets_swept(_metadata, self->b, MIG2_PRE_COPY_P2P); }

/* ---- questions ------------------------------------------------------------------ */

static const u32 questions[] = {
	MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET,
	MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET,
	MIG2_FEATURE_DATA_SIZE | UAPI_FEATURE_GET,
	MIG2_FEATURE_MIGRATION | UAPI_FEATURE_PROBE | UAPI_FEATURE_GET,
	MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_PROBE | UAPI_FEATURE_SET,
	MIG2_FEATURE_LOG_START | UAPI_FEATURE_PROBE | UAPI_FEATURE_SET,
};

/* What only asks changes nothing by failing. */
TEST_F(v2_fault, questions_change_nothing)
{
	u64 payload[4] = { 0 };
	struct stream stream;
	struct mig_file *data;
	struct fault f;
	size_t i;

	ROAD(fault_stream(self->b, &stream));
	COMMON_EACH_STATE(self->b, state) {
		ROAD(fault_reach(self->b, state, &stream, &data));
		for (i = 0; i < ARRAY_SIZE(questions); i++) {
			fault_begin(&f, self->b, COMMON_TRIES);
			while (fault_next(&f))
				fault_call(&f, mig_feature(self->dev, questions[i],
							   payload, sizeof(payload)));
			EXPECT_REQ(V2_GET_IS_PURE, common_state(self->b) == state,
				   "feature request %#x in %s, failed %u times: then %s",
				   questions[i], v2_state_name(state), f.nth - 1,
				   v2_state_name(common_state(self->b)));
		}
		mig_file_close(data);
	}
}

/* ---- data -------------------------------------------------------------------------- */

enum data_call { DATA_MOVE, DATA_INFO, DATA_CALLS };

static long data_call(struct mig_file *data, u32 state, enum data_call call,
		      const struct stream *stream)
{
	static u8 bytes[FAULT_PIECE];
	struct mig2_precopy_info info;

	if (call == DATA_INFO)
		return v2_precopy_info(data, &info);
	if (state != MIG2_RESUMING)
		return mig_read(data, bytes, sizeof(bytes));
	return mig_write(data, stream->bytes,
			 stream->len < FAULT_PIECE ? stream->len : FAULT_PIECE);
}

/* @call fails at each of its points, in a session that has moved nothing. */
static void data_swept(struct __test_metadata *_metadata, struct bench *b,
		       u32 state, enum data_call call,
		       const struct stream *stream)
{
	struct mig_file *data;
	struct fault f;
	int reset;
	u32 seen;

	fault_begin(&f, b, COMMON_TRIES);
	while (fault_next(&f)) {
		ROAD(bench_fresh());
		ROAD(v2_set(&b->v2, state, &data));
		ROAD(data ? 0 : -EPROTO);
		fault_call(&f, data_call(data, state, call, stream));
		seen = common_state(b);
		mig_file_close(data);
		reset = common_reset(b);
		EXPECT_REQ(V2_BAD_BUFFERS_ARE_HARMLESS,
			   (seen == state || seen == MIG2_ERROR) && !reset,
			   "a data session in %s fails at point %u with %s: then %s, reset: %s",
			   v2_state_name(state), f.nth, common_errno((int)f.ret),
			   v2_state_name(seen), common_errno(reset));
	}
	TH_LOG("data call %d in %s: %u points", call, v2_state_name(state),
	       f.nth - 1);
}

/* A session that cannot move data for once harms nothing but itself. */
TEST_F(v2_fault, data_is_moved_or_not)
{
	struct stream stream;
	int trip;

	ROAD(common_round_trip(self->b));
	ROAD(fault_stream(self->b, &stream));
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		for (int call = 0; call < DATA_CALLS; call++)
			data_swept(_metadata, self->b, state, call, &stream);
	}
	stream_free(&stream);
	trip = common_round_trip(self->b);
	EXPECT_REQ(V2_BAD_BUFFERS_ARE_HARMLESS, !trip,
		   "after failures of data sessions a round trip gives %s",
		   common_errno(trip));
}

/* ---- logging ------------------------------------------------------------------------ */

/* A START that fails starts nothing, and the next one does. */
TEST_F(v2_fault, log_starts_or_not)
{
	struct mig2_log_range range = { LOG_IOVA, LOG_SIZE };
	u64 bitmap[LOG_WORDS], page;
	struct fault f;
	int report;

	NEEDS(NEED_LOGGING);
	ROAD(log_start(self->b));
	ROAD(log_answers(self->b));
	ROAD(log_stop(self->b));
	fault_begin(&f, self->b, COMMON_TRIES);
	while (fault_next(&f)) {
		page = LOG_PAGE;
		fault_call(&f, log_start_raw(self->b, &page, &range, 1));
		report = log_report_all(self->b, bitmap);
		EXPECT_REQ(V2_LOG_REPORT_NEEDS_A_LOG, f.ret >= 0 || report < 0,
			   "START fails at point %u with %s, and REPORT works",
			   f.nth, common_errno((int)f.ret));
		log_stop(self->b);
	}
	EXPECT_REQ(V2_LOG_RESTARTS, fault_done(&f),
		   "left alone after %u failures START gives %s", f.nth - 1,
		   common_errno((int)f.ret));
	TH_LOG("START: %u points", f.nth - 1);
}

/* REPORT and STOP can be made again after they failed. */
TEST_F(v2_fault, log_answers_and_stops_or_not)
{
	u64 bitmap[LOG_WORDS];
	struct fault report, stop;

	NEEDS(NEED_LOGGING);
	ROAD(log_start(self->b));
	ROAD(log_answers(self->b));
	fault_begin(&report, self->b, COMMON_TRIES);
	while (fault_next(&report))
		fault_call(&report, log_report_all(self->b, bitmap));
	fault_begin(&stop, self->b, COMMON_TRIES);
	while (fault_next(&stop)) {
		fault_call(&stop, log_stop(self->b));
		if (stop.struck && stop.ret >= 0)
			ROAD(log_start(self->b));
	}
	EXPECT_REQ(V2_LOG_RESTARTS,
		   fault_done(&report) && fault_done(&stop) &&
			   !log_start(self->b) && !log_stop(self->b),
		   "after %u failures REPORT gives %s, after %u STOP %s",
		   report.nth - 1, common_errno((int)report.ret), stop.nth - 1,
		   common_errno((int)stop.ret));
	TH_LOG("REPORT: %u points, STOP: %u", report.nth - 1, stop.nth - 1);
}

/* ---- all the rest ----------------------------------------------------------------------- */

/* A reset that fails can be made again, from each state. */
TEST_F(v2_fault, resets_come_through)
{
	struct stream stream;
	struct mig_file *data;
	struct fault f;

	ROAD(fault_stream(self->b, &stream));
	COMMON_EACH_STATE(self->b, state) {
		fault_begin(&f, self->b, COMMON_TRIES);
		while (fault_next(&f)) {
			ROAD(fault_reach(self->b, state, &stream, &data));
			fault_call(&f, v2_reset(self->v2));
			mig_file_close(data);
		}
		EXPECT_REQ(V2_RESET_GIVES_RUNNING,
			   fault_done(&f) && common_state(self->b) == MIG2_RUNNING,
			   "after %u failures in %s reset: %s, then %s", f.nth - 1,
			   v2_state_name(state), common_errno((int)f.ret),
			   v2_state_name(common_state(self->b)));
	}
}

/* So can an open, and a device that was opened in the end works. */
TEST_F(v2_fault, opens_come_through)
{
	int ret = -EIO, trip, before, after;
	bool struck = true;
	u32 nth;

	ROAD(common_round_trip(self->b));
	before = fault_descriptors(self->b);
	for (nth = 1; struck && nth < FAULT_POINTS; nth++) {
		mig_fault_next(self->b->ctx, nth);
		ret = bench_reopen();
		struck = mig_fault_struck(self->b->ctx);
	}
	ROAD(ret);
	after = fault_descriptors(self->b);
	trip = common_round_trip(self->b);
	EXPECT_REQ(V2_CLOSE_IS_A_FULL_STOP, !trip && after <= before,
		   "opened after %u failures: %d descriptors, %d before; a round trip gives %s",
		   nth - 2, after, before, common_errno(trip));
	TH_LOG("open: %u points", nth - 2);
}

/*
 * Memory is mapped for a device or not, and that works the next time. What was
 * done although it met its point is undone: some points harm nobody.
 */
TEST_F(v2_fault, mappings_come_through)
{
	static u8 memory[4 * LOG_PAGE] __attribute__((aligned(LOG_PAGE)));
	struct fault map, unmap;

	if (!(self->dev->caps & MIG_CAP_DMA))
		NOT_OFFERED("memory that is mapped");
	fault_begin(&map, self->b, COMMON_TRIES);
	while (fault_next(&map)) {
		fault_call(&map, mig_dma_map(self->b->ctx, LOG_IOVA, memory,
					     sizeof(memory)));
		if (map.struck && !map.ret)
			ROAD(mig_dma_unmap(self->b->ctx, LOG_IOVA, sizeof(memory)));
	}
	fault_begin(&unmap, self->b, COMMON_TRIES);
	while (fault_next(&unmap)) {
		fault_call(&unmap, mig_dma_unmap(self->b->ctx, LOG_IOVA,
						 sizeof(memory)));
		if (unmap.struck && !unmap.ret)
			ROAD(mig_dma_map(self->b->ctx, LOG_IOVA, memory,
					 sizeof(memory)));
	}
	EXPECT_REQ(V2_MIGRATION_WORKS_AFTER_RESET,
		   fault_done(&map) && fault_done(&unmap),
		   "after %u failures a mapping gives %s, after %u its end %s",
		   map.nth - 1, common_errno((int)map.ret), unmap.nth - 1,
		   common_errno((int)unmap.ret));
	TH_LOG("map: %u points, unmap: %u", map.nth - 1, unmap.nth - 1);
}

EXPECT_MAIN
