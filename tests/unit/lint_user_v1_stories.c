// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "../../lib/types.h"
#include "lint_world.h"

enum { PLACE = 0x1000, BAR = 0x100, CHUNK = 8 };

/* ---- what a user does ---------------------------------------------------------- */

static void write_state(struct fake *f, u32 state)
{
	fake_pwrite(f, MIG1_OFF_STATE, 4, state, 4);
	f->state = state;
}

static void set(struct fake *f, u32 state)
{
	fake_pread(f, MIG1_OFF_STATE, 4, f->state, 4);
	write_state(f, state);
}

static void pending(struct fake *f, u64 value)
{
	fake_pread(f, MIG1_OFF_PENDING, 8, value, 8);
}

static void chunk(struct fake *f, u64 data)
{
	fake_pread(f, MIG1_OFF_OFFSET, 8, PLACE, 8);
	fake_pread(f, MIG1_OFF_SIZE, 8, CHUNK, 8);
	fake_pread(f, PLACE, CHUNK, data, CHUNK);
}

static void collect(struct fake *f)
{
	pending(f, 16);
	chunk(f, 11);
	pending(f, 8);
	chunk(f, 22);
	pending(f, 0);
}

static void save(struct fake *f)
{
	set(f, MIG1_PRE_COPY);
	set(f, MIG1_STOP_COPY);
	collect(f);
	set(f, MIG1_STOP);
}

static void load(struct fake *f, u64 data)
{
	fake_pread(f, MIG1_OFF_OFFSET, 8, PLACE, 8);
	fake_pwrite(f, PLACE, CHUNK, data, CHUNK);
	fake_pwrite(f, MIG1_OFF_SIZE, 8, CHUNK, 8);
}

static void load_both(struct fake *f)
{
	set(f, MIG1_RESUMING);
	load(f, 11);
	load(f, 22);
}

/* ---- stories ----------------------------------------------------------------------- */

static void saves(struct world *w)
{
	save(&w->f[0]);
}

static void writes_unread(struct world *w)
{
	set(&w->f[0], MIG1_STOP_COPY);
	write_state(&w->f[0], MIG1_STOP);
}

static void fetches_behind_zero(struct world *w)
{
	set(&w->f[0], MIG1_STOP_COPY);
	collect(&w->f[0]);
	chunk(&w->f[0], 33);
}

static void saves_and_restores(struct world *w)
{
	save(&w->f[0]);
	load_both(&w->f[1]);
	set(&w->f[1], MIG1_RUNNING);
}

static void loads_in_reverse(struct world *w)
{
	save(&w->f[0]);
	set(&w->f[1], MIG1_RESUMING);
	load(&w->f[1], 22);
	load(&w->f[1], 11);
	set(&w->f[1], MIG1_RUNNING);
}

static void gives_up_on_error(struct world *w)
{
	set(&w->f[0], MIG1_STOP_COPY);
	fake_pread(&w->f[0], MIG1_OFF_PENDING, 8, 0, -EIO);
	set(&w->f[0], MIG1_RUNNING);
}

static void goes_on_after_error(struct world *w)
{
	set(&w->f[0], MIG1_STOP_COPY);
	fake_pread(&w->f[0], MIG1_OFF_PENDING, 8, 0, -EIO);
	collect(&w->f[0]);
}

static void looks_after_refusal(struct world *w)
{
	fake_pread(&w->f[0], MIG1_OFF_STATE, 4, MIG1_RUNNING, 4);
	fake_pwrite(&w->f[0], MIG1_OFF_STATE, 4, MIG1_STOP_COPY, -EIO);
	fake_pread(&w->f[0], MIG1_OFF_STATE, 4, MIG1_ERROR, 4);
	fake_reset(&w->f[0], 0, MIG1_RUNNING);
}

static void writes_out_of_error(struct world *w)
{
	fake_pread(&w->f[0], MIG1_OFF_STATE, 4, MIG1_RUNNING, 4);
	fake_pwrite(&w->f[0], MIG1_OFF_STATE, 4, MIG1_STOP_COPY, -EIO);
	fake_pread(&w->f[0], MIG1_OFF_STATE, 4, MIG1_ERROR, 4);
	write_state(&w->f[0], MIG1_RUNNING);
}

static void stops_both_first(struct world *w)
{
	set(&w->f[0], MIG1_STOP_COPY);
	set(&w->f[1], MIG1_STOP_COPY);
	collect(&w->f[0]);
	collect(&w->f[1]);
}

static void saves_one_by_one(struct world *w)
{
	fake_pread(&w->f[1], MIG1_OFF_STATE, 4, MIG1_RUNNING, 4);
	save(&w->f[0]);
	save(&w->f[1]);
}

static void touches_meanwhile(struct world *w)
{
	set(&w->f[0], MIG1_STOP_COPY);
	pending(&w->f[0], 8);
	fake_pwrite(&w->f[0], BAR - FAKE_REGION_OFFSET, 4, 1, 4);
}

static void loads_both_first(struct world *w)
{
	save(&w->f[0]);
	load_both(&w->f[0]);
	load_both(&w->f[1]);
	set(&w->f[0], MIG1_RUNNING);
	set(&w->f[1], MIG1_RUNNING);
}

static void runs_one_early(struct world *w)
{
	set(&w->f[0], MIG1_RESUMING);
	set(&w->f[1], MIG1_RESUMING);
	load(&w->f[0], 11);
	set(&w->f[0], MIG1_RUNNING);
	load(&w->f[1], 11);
}

const struct lint_story lint_v1_stories[] = {
	{ V1_USER_READS_MODIFIES_WRITES, saves, writes_unread },
	{ V1_USER_ITERATES_UNTIL_ZERO, saves, fetches_behind_zero },
	{ V1_USER_REPLAYS_SAME_TRANSACTIONS, saves_and_restores,
	  loads_in_reverse },
	{ V1_USER_ABORTS_ON_ACCESS_ERROR, gives_up_on_error,
	  goes_on_after_error },
	{ V1_USER_REREADS_AFTER_FAILED_WRITE, looks_after_refusal,
	  writes_out_of_error },
	{ V1_USER_STOPS_ALL_BEFORE_COLLECTING, stops_both_first,
	  saves_one_by_one },
	{ V1_USER_QUIESCES_ACCESS, saves, touches_meanwhile },
	{ V1_USER_RESUMES_ALL_THEN_RUNS, loads_both_first, runs_one_early },
};

const u32 lint_v1_story_count = ARRAY_SIZE(lint_v1_stories);
