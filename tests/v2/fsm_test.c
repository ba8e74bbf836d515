// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine promises: each request is judged by the two states alone.
 * What is legal succeeds and leads there by the shortest path; what is not is
 * refused and leaves everything as it was.
 */
#include "common.h"

V2_FIXTURE(v2_fsm, NEED_NOTHING)

/* ---- every ordered pair of states ------------------------------------------ */

/* One request, made in @from as fresh as it can be reached. */
struct pair {
	u32 from, to;
	struct mig_file *before; /* session of @from, or NULL */
	int ret;
	s32 fd;
	u32 seen, later; /* by GET, right after and once more */
};

static int pair_ask(struct bench *b, struct pair *p)
{
	int ret;

	ret = common_reach_ready(b, p->from, &p->before);
	if (ret)
		return ret;
	p->ret = v2_set_raw(&b->v2, p->to, &p->fd);
	ret = v2_state(&b->v2, &p->seen);
	return ret ? ret : v2_state(&b->v2, &p->later);
}

/* What it shows after a failure has to lie on the way. */
static void pair_failed_on_its_path(struct __test_metadata *_metadata,
				    struct bench *b, const struct pair *p)
{
	EXPECT_REQ(V2_PATH_IS_SHORTEST,
		   p->seen >= MIG2_STATES ||
			   fsm_visible_after_failure(b->v2.caps, p->from, p->to,
						     p->seen),
		   "%s to %s failed with %s and left %s",
		   v2_state_name(p->from), v2_state_name(p->to),
		   common_errno(p->ret), v2_state_name(p->seen));
}

/* The fd that a successful request has returned, and the session it ended. */
static void pair_changes_sessions(struct __test_metadata *_metadata,
				  struct bench *b, const struct pair *p)
{
	enum fsm_session opens = fsm_opens(b->v2.caps, p->from, p->to);
	ssize_t moved;

	if (opens != FSM_NO_SESSION)
		EXPECT_REQ(V2_SESSION_ARC_OPENS_DATA_FD, p->fd >= 0,
			   "%s to %s returned data_fd %d",
			   v2_state_name(p->from), v2_state_name(p->to), p->fd);
	else
		EXPECT_REQ(V2_OTHER_ARCS_OPEN_NONE, p->fd == -1,
			   "%s to %s returned data_fd %d",
			   v2_state_name(p->from), v2_state_name(p->to), p->fd);
	if (!fsm_closes(b->v2.caps, p->from, p->to))
		return;
	moved = common_moves(p->before, fsm_session_in(p->from));
	EXPECT_REQ(V2_DATA_FD_DIES_WITH_SESSION, moved <= 0,
		   "after %s to %s the old data_fd moved %zd bytes",
		   v2_state_name(p->from), v2_state_name(p->to), moved);
}

static void pair_is_followed(struct __test_metadata *_metadata,
			     struct bench *b, struct pair *p)
{
	int i;

	for (i = 0; i < COMMON_TRIES; i++) {
		ROAD(pair_ask(b, p));
		if (!p->ret)
			break;
		pair_failed_on_its_path(_metadata, b, p);
	}
	EXPECT_REQ(V2_LEGAL_ARCS_ARE_ACCEPTED, !p->ret && p->later == p->to,
		   "%s to %s: %s, then %s", v2_state_name(p->from),
		   v2_state_name(p->to), common_errno(p->ret),
		   v2_state_name(p->later));
	if (p->ret)
		return;
	EXPECT_REQ(V2_TRANSITION_IS_SYNCHRONOUS, p->seen == p->to,
		   "%s to %s succeeded, then GET said %s",
		   v2_state_name(p->from), v2_state_name(p->to),
		   v2_state_name(p->seen));
	EXPECT_REQ(V2_ABSENT_STATES_ARE_SKIPPED,
		   p->seen >= MIG2_STATES || fsm_has(b->v2.caps, p->seen),
		   "%s to %s led to %s, which is not offered",
		   v2_state_name(p->from), v2_state_name(p->to),
		   v2_state_name(p->seen));
	pair_changes_sessions(_metadata, b, p);
}

static void pair_is_no_op(struct __test_metadata *_metadata, struct bench *b,
			  struct pair *p)
{
	int i;

	for (i = 0; i < COMMON_TRIES; i++) {
		ROAD(pair_ask(b, p));
		if (!p->ret)
			break;
	}
	EXPECT_REQ(V2_SAME_STATE_IS_A_NO_OP,
		   !p->ret && p->fd == -1 && p->later == p->to,
		   "%s in %s: %s, data_fd %d, then %s", v2_state_name(p->to),
		   v2_state_name(p->from), common_errno(p->ret), p->fd,
		   v2_state_name(p->later));
}

static void pair_is_refused(struct __test_metadata *_metadata, struct bench *b,
			    struct pair *p)
{
	ROAD(pair_ask(b, p));
	EXPECT_REQ(V2_ILLEGAL_TARGETS_ARE_REFUSED,
		   p->ret < 0 && p->later == p->from,
		   "%u (%s) in %s: %s, then %s", p->to, v2_state_name(p->to),
		   v2_state_name(p->from), common_errno(p->ret),
		   v2_state_name(p->later));
	PREFER_REQ(V2_ILLEGAL_TARGETS_ARE_REFUSED,
		   p->ret >= 0 || p->ret == -EINVAL, "%u (%s) in %s: %s", p->to,
		   v2_state_name(p->to), v2_state_name(p->from),
		   common_errno(p->ret));
	if (p->to < MIG2_STATES && !fsm_has(b->v2.caps, p->to))
		EXPECT_REQ(V2_ABSENT_STATES_ARE_SKIPPED,
			   p->ret < 0 && p->later != p->to,
			   "%s, which is not offered: %s, then %s",
			   v2_state_name(p->to), common_errno(p->ret),
			   v2_state_name(p->later));
	EXPECT_REQ(V2_FAILED_SET_RETURNS_NO_FD, p->ret >= 0 || p->fd == -1,
		   "%u (%s) in %s: %s and data_fd %d", p->to,
		   v2_state_name(p->to), v2_state_name(p->from),
		   common_errno(p->ret), p->fd);
}

/* A capability flag from the future may make this legal. */
static bool pair_may_be_new(struct bench *b, const struct pair *p)
{
	return (b->v2.caps & ~(u64)MIG2_CAP_KNOWN) && p->to != MIG2_ERROR &&
	       (p->from == MIG2_STOP_COPY || p->to == MIG2_STATES);
}

static void pair_check(struct __test_metadata *_metadata, struct bench *b,
		       u32 from, u32 to)
{
	struct pair p = { .from = from, .to = to };
	struct fsm_path path;

	if (!v2_has_state(&b->v2, from))
		NOT_OFFERED("the state %s", v2_state_name(from));
	if (from == to)
		pair_is_no_op(_metadata, b, &p);
	else if (!fsm_path(b->v2.caps, from, to, &path))
		pair_is_followed(_metadata, b, &p);
	else if (pair_may_be_new(b, &p))
		NOT_OFFERED("capability flags that are all known here");
	else
		pair_is_refused(_metadata, b, &p);
}

#define PAIR(from, name, to)                                       \
	TEST_F(v2_fsm, pair_##from##_##name)                       \
	{                                                          \
		pair_check(_metadata, self->b, MIG2_##from, to);   \
	}

#define PAIRS(from)                                                \
	PAIR(from, ERROR, MIG2_ERROR)                              \
	PAIR(from, STOP, MIG2_STOP)                                \
	PAIR(from, RUNNING, MIG2_RUNNING)                          \
	PAIR(from, STOP_COPY, MIG2_STOP_COPY)                      \
	PAIR(from, RESUMING, MIG2_RESUMING)                        \
	PAIR(from, RUNNING_P2P, MIG2_RUNNING_P2P)                  \
	PAIR(from, PRE_COPY, MIG2_PRE_COPY)                        \
	PAIR(from, PRE_COPY_P2P, MIG2_PRE_COPY_P2P)                \
	PAIR(from, 8, MIG2_STATES)                                 \
	PAIR(from, 99, 99)                                         \
	PAIR(from, MAX, 0xffffffff)

/* Each state of a device leads to each other, or refuses to. */
PAIRS(STOP)
PAIRS(RUNNING)
PAIRS(STOP_COPY)
PAIRS(RESUMING)
PAIRS(RUNNING_P2P)
PAIRS(PRE_COPY)
PAIRS(PRE_COPY_P2P)

/* ---- the same state again ---------------------------------------------------- */

/* A request for the present state does not begin the stream anew. */
TEST_F(v2_fsm, repeated_stop_copy_keeps_the_stream)
{
	struct mig_file *data;
	struct stream stream;
	int whole;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	ROAD(v2_collect_some(data, 100, &stream));
	ROAD(v2_set(self->v2, MIG2_STOP_COPY, NULL));
	ROAD(v2_collect(data, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_SAME_STATE_IS_A_NO_OP, whole,
		   "STOP_COPY asked for again within a stream spoilt it");
}

/* Nor in pre-copy. */
TEST_F(v2_fsm, repeated_pre_copy_keeps_the_stream)
{
	struct mig_file *data;
	struct stream stream;
	int whole;

	NEEDS(NEED_PRE_COPY);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(v2_collect_some(data, 100, &stream));
	ROAD(v2_set(self->v2, MIG2_PRE_COPY, NULL));
	ROAD(v2_collect(data, NULL, &stream));
	ROAD(v2_set(self->v2, MIG2_STOP_COPY, NULL));
	ROAD(v2_collect(data, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_SAME_STATE_IS_A_NO_OP, whole,
		   "PRE_COPY asked for again within a stream spoilt it");
}

/* Loads @stream in two halves, with a request between them. */
static int load_around(struct bench *b, const struct stream *stream, u32 state)
{
	struct mig_file *data = NULL;
	int ret;

	ret = common_fresh(b, COMMON_NOISE);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_RESUMING, &data);
	if (!ret && !data)
		ret = -EPROTO;
	if (!ret)
		ret = v2_load(data, NULL, stream, 0, stream->len / 2);
	if (ret)
		return ret;
	v2_set(&b->v2, state, NULL);
	ret = v2_load(data, NULL, stream, stream->len / 2, stream->len);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_RUNNING, NULL);
	return ret ? ret : common_verify(b, COMMON_SEED);
}

/* As load_around(), as often as a device may fail. */
static int load_around_patiently(struct bench *b, const struct stream *stream,
				 u32 state)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = load_around(b, stream, state);
		if (!ret)
			break;
	}
	return ret;
}

/* Nor does it lose what was written. */
TEST_F(v2_fsm, repeated_resuming_keeps_what_was_written)
{
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(common_load(self->b, &stream));
	ret = load_around_patiently(self->b, &stream, MIG2_RESUMING);
	EXPECT_REQ(V2_SAME_STATE_IS_A_NO_OP, !ret,
		   "RESUMING asked for again within a load: the load gives %s",
		   common_errno(ret));
}

/* ---- refusals ------------------------------------------------------------------ */

/* Requests for states that nobody may ask for: -EPROTO where one is granted. */
static int be_refused(struct bench *b)
{
	static const u32 targets[] = { MIG2_ERROR, 99, 0xffffffff };
	size_t i;
	s32 fd;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		if (!v2_set_raw(&b->v2, targets[i], &fd))
			return -EPROTO;
	return 0;
}

/* A refused request leaves a working device working. */
TEST_F(v2_fsm, refusals_leave_a_running_device)
{
	int contents, works;

	NEEDS(NEED_STIMULUS);
	ROAD(stimulus_work(self->stim));
	ROAD(common_fresh(self->b, COMMON_SEED));
	ROAD(be_refused(self->b));
	contents = common_verify(self->b, COMMON_SEED);
	works = stimulus_work(self->stim);
	EXPECT_REQ(V2_REFUSED_SET_HAS_NO_EFFECT, !contents && !works,
		   "after refused requests: contents %s, work %s",
		   contents ? "differ" : "are the same", common_errno(works));
}

/* And a stream whole. */
TEST_F(v2_fsm, refusals_leave_a_saving_session)
{
	struct mig_file *data;
	struct stream stream;
	int rest, whole;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	ROAD(v2_collect_some(data, 100, &stream));
	ROAD(be_refused(self->b));
	if (self->v2->caps == MIG2_CAP_KNOWN)
		v2_set(self->v2, MIG2_PRE_COPY, NULL);
	rest = v2_collect(data, NULL, &stream);
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_REFUSED_SET_HAS_NO_EFFECT, !rest && whole,
		   "after refused requests: reading on %s, the stream %s",
		   common_errno(rest), whole ? "restores" : "does not restore");
}

/* And what was loaded in place. */
TEST_F(v2_fsm, refusals_leave_a_resuming_session)
{
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(common_load(self->b, &stream));
	ret = load_around_patiently(self->b, &stream, 0xffffffff);
	EXPECT_REQ(V2_REFUSED_SET_HAS_NO_EFFECT, !ret,
		   "a refused request within a load: the load gives %s",
		   common_errno(ret));
}

/* ---- paths --------------------------------------------------------------------- */

/* A load that fails on the way elsewhere stops at a state of that way. */
TEST_F(v2_fsm, failed_loads_stop_on_the_path)
{
	struct stream stream;
	struct pair p = { .from = MIG2_RESUMING };

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	COMMON_EACH_STATE(self->b, to) {
		if (to == MIG2_RESUMING)
			continue;
		p.to = to;
		ROAD(common_reach(self->b, MIG2_RESUMING, &p.before));
		ROAD(v2_load(p.before, NULL, &stream, 0, stream.len / 2));
		p.ret = v2_set_raw(self->v2, to, &p.fd);
		ROAD(v2_state(self->v2, &p.seen));
		if (p.ret)
			pair_failed_on_its_path(_metadata, self->b, &p);
	}
}

EXPECT_MAIN
