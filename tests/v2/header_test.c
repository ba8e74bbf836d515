// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE promises: header and size of a call are checked before
 * anything happens, and a probe only tells.
 */
#include "log.h"

V2_FIXTURE(v2_header, NEED_NOTHING)

enum {
	HEADER_GET_SET = UAPI_FEATURE_GET | UAPI_FEATURE_SET,
	HEADER_STATE_SIZE = sizeof(struct uapi_feature) +
			     sizeof(struct mig2_device_state),
	HEADER_LONGER = 64,
};

/* What Linux defines, but for PRECOPY_INFOv2. */
static const struct feature {
	u32 index;
	u32 methods;
	u32 size; /* of the payload */
} features[] = {
	{ MIG2_FEATURE_MIGRATION, UAPI_FEATURE_GET,
	  sizeof(struct mig2_migration) },
	{ MIG2_FEATURE_DEVICE_STATE, HEADER_GET_SET,
	  sizeof(struct mig2_device_state) },
	{ MIG2_FEATURE_LOG_START, UAPI_FEATURE_SET,
	  sizeof(struct mig2_log_start) },
	{ MIG2_FEATURE_LOG_STOP, UAPI_FEATURE_SET, 0 },
	{ MIG2_FEATURE_LOG_REPORT, UAPI_FEATURE_GET,
	  sizeof(struct mig2_log_report) },
	{ MIG2_FEATURE_DATA_SIZE, UAPI_FEATURE_GET,
	  sizeof(struct mig2_data_size) },
};

/* A header as one likes, before more room than any honest argsz claims. */
union header_call {
	struct {
		struct uapi_feature head;
		union {
			struct mig2_device_state state;
			struct mig2_log_start start;
			struct mig2_log_report report;
		};
	};
	u8 room[256];
};

static int header_call(struct bench *b, u32 argsz, u32 flags,
			union header_call *call)
{
	int ret;

	call->head = (struct uapi_feature){ .argsz = argsz, .flags = flags };
	ret = mig_ioctl(&b->dev->file, UAPI_DEVICE_FEATURE, call);
	return ret < 0 ? ret : 0;
}

/* A call about DEVICE_STATE that names @state. */
static int header_ask(struct bench *b, u32 argsz, u32 methods, u32 state)
{
	union header_call call = { .room = { 0 } };

	call.state.device_state = state;
	return header_call(b, argsz, MIG2_FEATURE_DEVICE_STATE | methods, &call);
}

/* Tried again on a reset device where it fails. */
static int header_patient(struct bench *b, u32 argsz, u32 flags, u32 state)
{
	union header_call call = { .room = { 0 } };
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		call.state.device_state = state;
		if (!ret)
			ret = header_call(b, argsz, flags, &call);
		if (!ret)
			break;
	}
	return ret;
}

static bool header_offered(struct bench *b, const struct feature *f)
{
	return !mig_feature(b->dev, f->index | UAPI_FEATURE_PROBE, NULL, 0);
}

/* ---- headers ------------------------------------------------------------------ */

/* An argsz that does not even cover the header names nothing. */
TEST_F(v2_header, short_headers_are_refused)
{
	u32 argsz;
	int ret;

	for (argsz = 0; argsz < sizeof(struct uapi_feature); argsz++) {
		ret = header_ask(self->b, argsz, UAPI_FEATURE_SET, MIG2_STOP);
		EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED,
			   ret == -EINVAL &&
				   common_state(self->b) == MIG2_RUNNING,
			   "SET with argsz %u: %s, then %s", argsz,
			   common_errno(ret),
			   v2_state_name(common_state(self->b)));
	}
}

/* Bits that mean nothing yet are refused, not ignored. */
TEST_F(v2_header, undefined_flags_are_refused)
{
	u32 bit;
	int ret;

	for (bit = UAPI_FEATURE_PROBE << 1; bit; bit <<= 1) {
		ret = header_ask(self->b, HEADER_STATE_SIZE,
				  UAPI_FEATURE_SET | bit, MIG2_STOP);
		EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED,
			   ret == -EINVAL &&
				   common_state(self->b) == MIG2_RUNNING,
			   "SET with flag 0x%x: %s, then %s", bit,
			   common_errno(ret),
			   v2_state_name(common_state(self->b)));
	}
}

/* One call cannot both get and set. */
TEST_F(v2_header, get_with_set_is_refused)
{
	int ret = header_ask(self->b, HEADER_STATE_SIZE, HEADER_GET_SET,
			      MIG2_STOP);

	EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED,
		   ret == -EINVAL && common_state(self->b) == MIG2_RUNNING,
		   "GET with SET: %s, then %s", common_errno(ret),
		   v2_state_name(common_state(self->b)));
}

/* A call has to say what it wants. */
TEST_F(v2_header, no_method_is_refused)
{
	int ret = header_ask(self->b, HEADER_STATE_SIZE, 0, MIG2_STOP);

	EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED,
		   ret == -EINVAL && common_state(self->b) == MIG2_RUNNING,
		   "no method: %s, then %s", common_errno(ret),
		   v2_state_name(common_state(self->b)));
}

/* A feature refuses the method that it lacks. */
TEST_F(v2_header, missing_methods_are_refused)
{
	static const u32 methods[] = { UAPI_FEATURE_GET, UAPI_FEATURE_SET };
	union header_call call = { .room = { 0 } };
	size_t i, m;
	int ret;

	for (i = 0; i < ARRAY_SIZE(features) * ARRAY_SIZE(methods); i++) {
		const struct feature *f = &features[i / ARRAY_SIZE(methods)];

		m = methods[i % ARRAY_SIZE(methods)];
		if ((f->methods & m) || !header_offered(self->b, f))
			continue;
		ret = header_call(self->b, sizeof(call), f->index | m, &call);
		EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED, ret == -EINVAL,
			   "%s of feature %u: %s",
			   m == UAPI_FEATURE_GET ? "GET" : "SET", f->index,
			   common_errno(ret));
	}
}

/* What cannot be read cannot be obeyed. */
TEST_F(v2_header, unreadable_headers_are_efault)
{
	u8 *at = common_edge(0, PROT_NONE);
	int ret;

	NEEDS(NEED_BAD_POINTERS);
	ASSERT_NE(NULL, at);
	ret = mig_ioctl_blind(&self->dev->file, UAPI_DEVICE_FEATURE, at);
	EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED, ret == -EFAULT,
		   "a header that cannot be read: %s", common_errno(ret));
}

/* ---- sizes -------------------------------------------------------------------- */

/* The payload has to be there as a whole, whatever is missing of it. */
TEST_F(v2_header, short_payloads_are_refused)
{
	union header_call call = { .room = { 0 } };
	u32 argsz, method;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *f = &features[i];

		if (!header_offered(self->b, f))
			continue;
		method = f->methods & UAPI_FEATURE_SET ? UAPI_FEATURE_SET :
							 UAPI_FEATURE_GET;
		for (argsz = sizeof(call.head);
		     argsz < sizeof(call.head) + f->size; argsz++) {
			call.state.device_state = MIG2_RUNNING;
			ret = header_call(self->b, argsz, f->index | method,
					   &call);
			/* Where no core looks first, a driver may see something else. */
			EXPECT_REQ(V2_FEATURE_ARGSZ_IS_CHECKED,
				   ret == -EINVAL ||
					   (ret < 0 && !(self->dev->caps & MIG_CAP_CORE)),
				   "feature %u with argsz %u: %s", f->index,
				   argsz, common_errno(ret));
		}
	}
}

/* Nor may GET of the state write to a payload that is not all there. */
TEST_F(v2_header, short_get_of_state_is_refused)
{
	u32 argsz;
	int ret;

	for (argsz = sizeof(struct uapi_feature); argsz < HEADER_STATE_SIZE;
	     argsz++) {
		ret = header_ask(self->b, argsz, UAPI_FEATURE_GET, 0);
		EXPECT_REQ(V2_FEATURE_ARGSZ_IS_CHECKED, ret == -EINVAL,
			   "GET with argsz %u: %s", argsz, common_errno(ret));
	}
}

/* What is larger than needed today may be needed one day. */
TEST_F(v2_header, long_payloads_are_accepted)
{
	static const struct {
		u32 flags, state;
	} calls[] = {
		{ MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET, 0 },
		{ MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET, 0 },
		{ MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_SET, MIG2_STOP },
		{ MIG2_FEATURE_DATA_SIZE | UAPI_FEATURE_GET, 0 },
	};
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		ret = header_patient(self->b, HEADER_STATE_SIZE,
				      calls[i].flags, calls[i].state);
		if (ret)
			continue;
		ret = header_patient(self->b,
				      HEADER_STATE_SIZE + HEADER_LONGER,
				      calls[i].flags, calls[i].state);
		EXPECT_REQ(V2_FEATURE_ARGSZ_IS_CHECKED, !ret,
			   "flags 0x%x work with argsz %u, but with %u: %s",
			   calls[i].flags, HEADER_STATE_SIZE,
			   HEADER_STATE_SIZE + HEADER_LONGER,
			   common_errno(ret));
	}
}

/* A log of one range, by a call that is @longer than it has to be. */
static int header_log_start(struct bench *b, u32 longer, u64 *ret_page)
{
	struct mig2_log_range range = {
		.iova = LOG_IOVA, .length = LOG_SIZE,
	};
	union header_call call = { .room = { 0 } };
	int ret;

	log_map(b);
	call.start = (struct mig2_log_start){ .page_size = 4096,
					      .num_ranges = 1,
					      .ranges = (uintptr_t)&range };
	ret = header_call(b, sizeof(call.head) + sizeof(call.start) + longer,
			   MIG2_FEATURE_LOG_START | UAPI_FEATURE_SET, &call);
	*ret_page = call.start.page_size;
	return ret;
}

static int header_log_report(struct bench *b, u32 longer, u64 page)
{
	u64 bitmap[LOG_WORDS] = { 0 };
	union header_call call = { .room = { 0 } };

	call.report = (struct mig2_log_report){
		.iova = LOG_IOVA,
		.length = LOG_SIZE,
		.page_size = page,
		.bitmap = (uintptr_t)bitmap,
	};
	return header_call(b, sizeof(call.head) + sizeof(call.report) + longer,
			    MIG2_FEATURE_LOG_REPORT | UAPI_FEATURE_GET, &call);
}

static int header_log_stop(struct bench *b, u32 longer)
{
	union header_call call = { .room = { 0 } };

	return header_call(b, sizeof(call.head) + longer,
			    MIG2_FEATURE_LOG_STOP | UAPI_FEATURE_SET, &call);
}

/* That holds for the calls of logging too. */
TEST_F(v2_header, long_log_payloads_are_accepted)
{
	int start, report, stop;
	u64 page;

	NEEDS(NEED_LOGGING);
	ROAD(header_log_start(self->b, 0, &page));
	ROAD(header_log_report(self->b, 0, page));
	report = header_log_report(self->b, HEADER_LONGER, page);
	ROAD(header_log_stop(self->b, 0));
	start = header_log_start(self->b, HEADER_LONGER, &page);
	stop = start ? 0 : header_log_stop(self->b, HEADER_LONGER);
	EXPECT_REQ(V2_FEATURE_ARGSZ_IS_CHECKED, !start && !report && !stop,
		   "longer by %u: START %s, REPORT %s, STOP %s", HEADER_LONGER,
		   common_errno(start), common_errno(report),
		   common_errno(stop));
}

/* ---- probing -------------------------------------------------------------------- */

/* A probe succeeds where the feature has every method that it names. */
TEST_F(v2_header, probe_knows_the_methods)
{
	u32 named, methods;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(features) * 4; i++) {
		const struct feature *f = &features[i / 4];

		named = i % 4 * UAPI_FEATURE_GET;
		methods = named & HEADER_GET_SET;
		if (!header_offered(self->b, f))
			continue;
		ret = mig_feature(self->dev,
				  f->index | UAPI_FEATURE_PROBE | methods, NULL,
				  0);
		EXPECT_REQ(V2_PROBE_HAS_NO_EFFECT,
			   ret == (methods & ~f->methods ? -EINVAL : 0),
			   "probe of feature %u with methods 0x%x: %s", f->index,
			   methods, common_errno(ret));
	}
}

/* A probe of a request is no request, not even with all that it would need. */
TEST_F(v2_header, probe_changes_no_state)
{
	u32 state;
	int ret;

	ret = header_ask(self->b, HEADER_STATE_SIZE,
			  UAPI_FEATURE_PROBE | UAPI_FEATURE_SET, MIG2_STOP);
	ROAD(v2_state(self->v2, &state));
	EXPECT_REQ(V2_PROBE_HAS_NO_EFFECT, !ret && state == MIG2_RUNNING,
		   "probe of SET STOP: %s, then %s", common_errno(ret),
		   v2_state_name(state));
}

/* Nor does it start, read or stop a log. */
TEST_F(v2_header, probe_leaves_the_log_alone)
{
	u32 index;
	u64 page;
	int ret;

	NEEDS(NEED_LOGGING);
	ROAD(header_log_start(self->b, 0, &page));
	ROAD(header_log_report(self->b, 0, page));
	for (index = MIG2_FEATURE_LOG_START; index <= MIG2_FEATURE_LOG_REPORT;
	     index++)
		mig_feature(self->dev, index | UAPI_FEATURE_PROBE, NULL, 0);
	ret = header_log_report(self->b, 0, page);
	EXPECT_REQ(V2_PROBE_HAS_NO_EFFECT, !ret,
		   "REPORT works, but after probes of logging: %s",
		   common_errno(ret));
}

/* Nobody knows these numbers. */
TEST_F(v2_header, unknown_features_are_enotty)
{
	static const u32 indices[] = { 0x7ff0, 0xfff0, 0xffff };
	static const u32 methods[] = { UAPI_FEATURE_PROBE, UAPI_FEATURE_GET,
				       UAPI_FEATURE_SET };
	union header_call call = { .room = { 0 } };
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(indices) * ARRAY_SIZE(methods); i++) {
		u32 flags = indices[i / ARRAY_SIZE(methods)] |
			    methods[i % ARRAY_SIZE(methods)];

		ret = header_call(self->b, sizeof(call), flags, &call);
		EXPECT_REQ(V2_UNKNOWN_FEATURE_IS_ENOTTY, ret < 0,
			   "flags 0x%x: %s", flags, common_errno(ret));
		PREFER_REQ(V2_UNKNOWN_FEATURE_IS_ENOTTY,
			   ret == -ENOTTY || !(self->dev->caps & MIG_CAP_CORE),
			   "flags 0x%x: %s", flags, common_errno(ret));
	}
}

EXPECT_MAIN
