// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last close promises that nothing outlasts it: the next user finds a
 * device that runs, without sessions and without a log. A reset does not reach
 * that far, but does no harm to logging.
 */
#include "log.h"

V2_FIXTURE(v2_close, NEED_NOTHING)

/* Whether a log survives a reset is open; that it can be started anew is not. */
TEST_F(v2_close, logging_survives_reset_or_not)
{
	int report, again;

	NEEDS(NEED_LOGGING);
	ROAD(log_start(self->b));
	ROAD(log_answers(self->b));
	ROAD(common_reset(self->b));
	report = log_answers(self->b);
	PREFER_REQ(V2_RESET_AND_LOGGING, !report, "REPORT after a reset: %s",
		   common_errno(report));
	log_stop(self->b);
	again = log_start(self->b);
	EXPECT_REQ(V2_LOG_RESTARTS, !again,
		   "START after a reset and a STOP: %s", common_errno(again));
	log_stop(self->b);
}

/* Sessions end where nobody has the device open any more: it is RUNNING. */
TEST_F(v2_close, close_ends_sessions)
{
	struct mig_file *data;
	u32 seen;
	int ret;

	ROAD(common_round_trip(self->b));
	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		ROAD(bench_reopen());
		ROAD(v2_state(self->v2, &seen));
		ret = common_round_trip(self->b);
		EXPECT_REQ(V2_CLOSE_IS_A_FULL_STOP,
			   seen == MIG2_RUNNING && !ret,
			   "closed in %s, opened in %s, a round trip gives %s",
			   v2_state_name(state), v2_state_name(seen),
			   common_errno(ret));
	}
}

/* Moving on inside the saving group opens nothing, whatever close has left. */
TEST_F(v2_close, sessions_are_not_handed_out_again)
{
	struct mig_file *data;
	s32 fd = -1;
	u32 seen;
	int ret;

	NEEDS(NEED_PRE_COPY);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(bench_reopen());
	ROAD(v2_state(self->v2, &seen));
	if (seen != MIG2_PRE_COPY)
		NOT_OFFERED("a state that outlives close");
	ret = v2_set_raw(self->v2, MIG2_STOP_COPY, &fd);
	EXPECT_REQ(V2_OTHER_ARCS_OPEN_NONE, ret || fd < 0,
		   "PRE_COPY to STOP_COPY after close and open gives data_fd %d",
		   fd);
}

/* Logging ends, and can begin again. */
TEST_F(v2_close, close_ends_logging)
{
	int report, start;

	NEEDS(NEED_LOGGING);
	if (!log_answers(self->b))
		NOT_OFFERED("a REPORT that needs a log");
	ROAD(log_start(self->b));
	ROAD(log_answers(self->b));
	ROAD(bench_reopen());
	report = log_answers(self->b);
	start = log_start(self->b);
	EXPECT_REQ(V2_CLOSE_IS_A_FULL_STOP, report < 0 && !start,
		   "logging when it was closed; after the open REPORT: %s, START: %s",
		   common_errno(report), common_errno(start));
	log_stop(self->b);
}

EXPECT_MAIN
