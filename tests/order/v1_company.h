/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may happen to device B while device A takes its steps: each of the
 * deeds, behind each of four steps.
 *
 *   for (company_begin(); company_goes_on(); company_next())
 *           set_trip(b, save_beside, "");
 */
#ifndef TESTS_ORDER_V1_COMPANY_H
#define TESTS_ORDER_V1_COMPANY_H

#include "v1_set.h"

static int deed_migrate(struct v1 *v1)
{
	struct stream stream;
	int ret;

	stream_init(&stream);
	ret = v1_reset(v1);
	if (!ret)
		ret = v1_save(v1, NULL, V1_NO_PRE_COPY, &stream);
	if (!ret)
		ret = v1_restore(v1, NULL, &stream);
	stream_free(&stream);
	return ret;
}

static int deed_reset(struct v1 *v1)
{
	return v1_reset(v1);
}

static int deed_abort(struct v1 *v1)
{
	return v1_set_state(v1, MIG1_RUNNING);
}

/* Refused, or the way into the error state; then it is reset. */
static int deed_error(struct v1 *v1)
{
	v1_set_state(v1, MIG1_INVALID_5);
	v1_set_state(v1, MIG1_ERROR);
	return v1_reset(v1);
}

static int deed_garbage(struct v1 *v1)
{
	static const u8 garbage[64] = { 0xde, 0xad, 0xbe, 0xef };
	u64 offset;

	v1_reset(v1);
	if (!v1_set_state(v1, MIG1_RESUMING) && !v1_offset(v1, &offset) &&
	    common_inside(v1, offset, sizeof(garbage))) {
		v1_pwrite(v1, garbage, sizeof(garbage), offset);
		v1_write_size(v1, sizeof(garbage));
		v1_set_state(v1, MIG1_RUNNING);
	}
	return v1_reset(v1);
}

static const struct {
	const char *what;
	int (*deed)(struct v1 *v1);
} company_deeds[] = {
	{ "migrated", deed_migrate },
	{ "reset", deed_reset },
	{ "set RUNNING again", deed_abort },
	{ "given states that are none, and reset", deed_error },
	{ "fed garbage, and reset", deed_garbage },
};

static size_t company_deed;
static u32 company_when; /* behind that step of A, counted from 0 */

static void company_begin(void)
{
	company_deed = 0;
	company_when = 0;
}

static bool company_goes_on(void)
{
	return company_deed < ARRAY_SIZE(company_deeds);
}

static void company_next(void)
{
	if (++company_when < SET_STEPS)
		return;
	company_when = 0;
	company_deed++;
}

static const char *company_what(void)
{
	return company_deeds[company_deed].what;
}

static void company_act(void)
{
	company_deeds[company_deed].deed(set[1].v1);
}

/* B is saved too, up to a chunk in hand, when it happens. */
static int save_beside(const char *order)
{
	u32 step;

	save_in_order("BB");
	for (step = 0; step < SET_STEPS; step++) {
		set_step(&set[0]);
		if (step == company_when)
			company_act();
	}
	return set[0].ret;
}

#endif
