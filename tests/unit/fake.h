/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device that exists as answers only: the judge under test looks at it, and
 * a test feeds it calls that were never made.
 */
#ifndef UNIT_FAKE_H
#define UNIT_FAKE_H

#include "../../lib/mig.h"
#include "../../lib/model/judge.h"
#include "../../lib/model/lint_user.h"
#include "../../lib/uapi/mig1.h"
#include "../../lib/uapi/mig2.h"

enum {
	FAKE_REGION_OFFSET = 0x9000,
	FAKE_REGION_SIZE = 0x2000,
	FAKE_CONFIG_OFFSET = 0x7000,
};

struct fake {
	struct mig_context *ctx;
	struct mig_dev dev;
	struct report_sink sink;
	struct judge *judge;
	struct lint_user *lint; /* not NULL: it gets the calls, not the judge */
	u64 seq;

	/* What the judge finds when it looks. */
	u32 state;	   /* device_state, of either generation */
	ssize_t state_ret; /* 0: the read works */
	u64 caps;
	u64 region_size;   /* 0: no migration region */

	bool concurrent;
	int facts[REQ_COUNT][REPORT_BREACH + 1];
};

/* Opens the fake in RUNNING under a judge of @generation. */
void fake_open(struct fake *f, int generation);
void fake_close(struct fake *f);

/* Breaches and lapses so far, of all rules. */
int fake_complaints(const struct fake *f);
bool fake_breached(const struct fake *f, enum req req);
bool fake_lapsed(const struct fake *f, enum req req);

/* What a device did, and the rule that the judge has to name. */
struct fake_story {
	enum req rule; /* REQ_COUNT: end of a list */
	void (*tell)(struct fake *f);
};

/* Each tells one story to a judge of @generation and fails the test if... */
void fake_expect_silence(int generation, void (*tell)(struct fake *f));
/* ...the judge complains; ...does not name the rule as broken; */
void fake_expect_breach(int generation, const struct fake_story *story);
/* ...says anything but that the rule lapsed. */
void fake_expect_lapse(int generation, const struct fake_story *story);
bool fake_has_story(const struct fake_story *stories, enum req rule);

/* Calls without an argument: MIG_OPEN, MIG_CLOSE, MIG_IDLE, MIG_MMAP. */
void fake_op(struct fake *f, enum mig_op op);
/* Accesses to the device file; @offset in the migration region. */
void fake_pread(struct fake *f, u64 offset, size_t len, u64 value, s64 ret);
void fake_pwrite(struct fake *f, u64 offset, size_t len, u64 value, s64 ret);
void fake_ioctl(struct fake *f, u32 session, u32 request, const void *in,
		const void *out, size_t len, s64 ret);
void fake_reset(struct fake *f, s64 ret, u32 state);
/* Calls on data session @session. */
void fake_read(struct fake *f, u32 session, size_t len, s64 ret);
void fake_write(struct fake *f, u32 session, size_t len, s64 ret);
void fake_session_close(struct fake *f, u32 session);
/* VFIO_DEVICE_FEATURE with 8 bytes of payload. */
void fake_feature(struct fake *f, u32 flags, u64 in, u64 out, s64 ret);

#endif
