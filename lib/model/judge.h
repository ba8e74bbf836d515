/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judges: observers that hold every call of a device against a model of its
 * protocol, and tell a sink which requirement held or was broken.
 *
 * A judge knows nothing of tests. It runs in every test, in replays and in
 * explorations, so that a test which checks nothing is still judged. While
 * calls are concurrent (mig_call.concurrent) only rules that do not depend on
 * their order are judged, and the model is read afresh afterwards.
 *
 * To re-read state (v1: device_state after each call) a judge makes calls of
 * its own; those are not judged again.
 */
#ifndef MIGCHECK_MODEL_JUDGE_H
#define MIGCHECK_MODEL_JUDGE_H

#include "../mig.h"
#include "../report.h"

struct judge;

/*
 * Watches all devices of @ctx that speak the generation. v1: the
 * invariants over the region of each device (state, invalid states, transfer
 * width, chunk bounds, stability, zero is final, limits, region info).
 * v2: states, refusals, sessions and their data_fd, pre-copy counters, ends of
 * streams, sizes. Facts go to @sink, which outlives the judge.
 */
int judge_v1_create(struct mig_context *ctx, struct report_sink *sink,
		    struct judge **ret_judge);
int judge_v2_create(struct mig_context *ctx, struct report_sink *sink,
		    struct judge **ret_judge);
/* NULL is fine. */
void judge_destroy(struct judge *judge);

/*
 * The calls are recorded ones, so there is no device to be asked: from now on
 * the judge believes what the calls make of the state until the user has seen
 * otherwise. Descriptions (regions, capabilities) are still asked for; what
 * stands for the device answers those or fails.
 */
void judge_passive(struct judge *judge);
/* Shows it a call that nobody makes in its context. */
void judge_feed(struct judge *judge, const struct mig_call *call);

/* The requirements that a judge can speak of, ending with REQ_COUNT. */
extern const enum req judge_v1_rules[];
extern const enum req judge_v2_rules[];

#endif
