/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A watch on the calls of a test: how long each arc takes, and, where the test
 * makes whole migrations, what each phase of one takes.
 *
 * An arc is the one call that changes the state, whatever path lies behind it.
 * Its duration is that of the call. A test in which a state request fails, or
 * in which several threads make calls, is about something else: nothing of it
 * is told.
 *
 * The time of a phase is that of a VMM with nothing else to do: from the return
 * of the call that enters the state to the next state request, less what the
 * observers of the calls have taken.
 *
 * The blackout of a migration is the time in which nobody has a running device.
 * Source and destination are the same device here, so it comes in two parts:
 *   from the call that stops the source to the next state request, when all its
 *   data has been read; and
 *   from the first byte that was read after the stop going into the
 *   destination to the return of the call that sets RUNNING there.
 * What lies between (leaving STOP_COPY, entering RESUMING, loading what pre-copy
 * has brought) does a VMM with two devices before or after.
 *
 * A rate is taken as the time of a MiB, in each migration, all phases of saving
 * together: so it has a median, which one interrupted migration does not move.
 */
#ifndef MIGCHECK_METER_H
#define MIGCHECK_METER_H

#include "histogram.h"
#include "mig.h"

enum { METER_STATES = 8 };

enum meter_phase { METER_PRECOPY, METER_STOP_COPY, METER_RESUME, METER_PHASES };

/* By whether the source was saved while it still ran. */
enum meter_way { METER_BY_STOP_COPY, METER_BY_PRECOPY, METER_WAYS };

/* One phase of all migrations that had it. */
struct meter_phases {
	u64 bytes; /* together */
	struct histogram ns; /* of each */
};

enum meter_rate { METER_SAVING, METER_RESTORING, METER_RATES };

/* A migration that is under way. Instants are ns without the observers. */
struct meter_trip {
	bool precopied, stopped, loading;
	enum meter_phase phase; /* METER_PHASES: none */
	u64 phase_since;
	u64 blackout, part_since;
	u64 before_stop, out, in; /* bytes */
	struct {
		bool seen;
		u64 bytes, ns;
	} phases[METER_PHASES];
};

struct meter {
	struct mig_observer observer; /* first: it is one */
	int generation;
	u64 v1_base, v1_size; /* the migration region, 0 = not known yet */
	bool migrates; /* the test makes whole migrations */
	bool spoilt;   /* it is no witness */
	u32 state;     /* METER_STATES: not known */
	struct histogram *arcs[METER_STATES][METER_STATES]; /* or NULL */
	struct meter_phases phases[METER_WAYS][METER_PHASES];
	struct histogram rates[METER_RATES]; /* ns a MiB */
	struct histogram blackout[METER_WAYS];
	struct meter_trip trip;
};

/* Zeroed memory is no meter. Generation 1 or 2. */
void meter_init(struct meter *meter, int generation);
void meter_free(struct meter *meter);

/* The name of a state as results have it: "001" (v1), "STOP_COPY" (v2). */
const char *meter_state_name(int generation, u32 state);
const char *meter_phase_name(enum meter_phase phase); /* "stop_copy" */
const char *meter_way_name(enum meter_way way); /* "precopy" */

/* Tells what was measured in @test, if anything, by an event (report.h). */
void meter_tell(const struct meter *meter, const char *test);

#endif
