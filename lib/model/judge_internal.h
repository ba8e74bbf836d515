/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the judges of both generations share: one model for each device, the
 * way from a call to a handler, and the way from a finding to the sink.
 *
 * A model belongs to the device, not to an open: devices are told apart by
 * mig_dev.index. Handlers run one at a time, in the order of the calls.
 */
#ifndef MIGCHECK_MODEL_JUDGE_INTERNAL_H
#define MIGCHECK_MODEL_JUDGE_INTERNAL_H

#include "judge.h"

struct judge_model {
	struct judge_model *next;
	u32 index;
	u32 opens;
	bool opened;   /* a first opening was seen, so all of its life is known */
	bool reopened; /* not the first time */
	/*
	 * Calls were made that have no order or could not be looked at: what
	 * is believed of the device has to be learned anew.
	 */
	bool stale;
	bool placed; /* where config space is was asked since it was opened */
	u64 config, config_size;
};

typedef void judge_handler(struct judge *judge, struct judge_model *model,
			   const struct mig_call *call);

struct judge_kind {
	size_t model_size; /* of a struct with struct judge_model first */
	/* The device is seen for the first time since nobody had it open. */
	judge_handler *met;
	/* Nothing is known any more, not even of the state before the call. */
	void (*forget)(struct judge_model *model);
	/* Rules that hold whatever other threads do. */
	judge_handler *unordered;
	judge_handler *handlers[MIG_OPS]; /* NULL: says nothing */
	/* Frees what hangs below the model. */
	void (*release)(struct judge_model *model);
};

enum { JUDGE_BREACHES_MAX = 4 };

struct judge {
	struct mig_observer observer; /* first */
	struct mig_context *ctx;
	struct report_sink *sink;
	const struct judge_kind *kind;
	struct judge_model *models;
	bool asking; /* calls now are the judge's own */
	bool passive;
	u64 seq; /* of the call at hand */
	u8 told[REQ_COUNT][REPORT_BREACH + 1];
};

int judge_create(struct mig_context *ctx, struct report_sink *sink,
		 const struct judge_kind *kind, struct judge **ret_judge);

/*
 * Reports that @req lapsed or was broken. @expected may be NULL: the
 * sentence. The rest says what was seen. Beyond JUDGE_BREACHES_MAX times a
 * rule nothing is reported: the first ones tell the story.
 */
void judge_tell(struct judge *judge, enum req req, enum report_outcome outcome,
		const char *expected, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/*
 * Reports that @req held (once) or was broken. Gives @ok back.
 */
bool judge_hold(struct judge *judge, enum req req, bool ok,
		const char *expected, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Reports that @req held, where nothing could have been said otherwise. */
void judge_held(struct judge *judge, enum req req);

/*
 * Names of the states whose bits are set in @may, "STOP or ERROR", for
 * messages; cut to @size.
 */
void judge_list_states(u32 may, const char *(*name)(u32 state), char *ret_list,
		       size_t size);

/*
 * The judge's own calls go to the carrier directly, so that no observer sees
 * them. Results as of mig_pread() and mig_ioctl().
 */
ssize_t judge_pread(struct mig_dev *dev, void *buf, size_t len, u64 offset);
int judge_ioctl(struct mig_dev *dev, u32 request, void *arg);

/* The only state of which the bit is set in @may, or @unknown. */
u32 judge_only_state(u32 may, u32 unknown);

/* Where an access to the device file goes; from config space it can be reset. */
enum judge_place {
	JUDGE_CONFIG,
	JUDGE_REGION,  /* any other */
	JUDGE_NOWHERE, /* config space could not be found */
};

enum judge_place judge_place_of(struct judge_model *model,
				const struct mig_call *call);

/* An ioctl that resets a device among others; not described by the uAPI copy. */
enum { JUDGE_PCI_HOT_RESET = UAPI_IO(13) };

#endif
