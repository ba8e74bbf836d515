// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "meter.h"
#include "uapi/mig1.h"
#include "uapi/mig2.h"

enum { UNKNOWN = METER_STATES, MIB = 1 << 20 };

/* The phase that a state belongs to; one more than it, 0 for none. */
static const u8 phases_v1[METER_STATES] = {
	[MIG1_PRE_COPY] = METER_PRECOPY + 1,
	[MIG1_STOP_COPY] = METER_STOP_COPY + 1,
	[MIG1_RESUMING] = METER_RESUME + 1,
};

static const u8 phases_v2[METER_STATES] = {
	[MIG2_PRE_COPY] = METER_PRECOPY + 1,
	[MIG2_PRE_COPY_P2P] = METER_PRECOPY + 1,
	[MIG2_STOP_COPY] = METER_STOP_COPY + 1,
	[MIG2_RESUMING] = METER_RESUME + 1,
};

static enum meter_phase phase_in(const struct meter *m, u32 state)
{
	u8 phase = m->generation == 1 ? phases_v1[state] : phases_v2[state];

	return phase ? (enum meter_phase)(phase - 1) : METER_PHASES;
}

static u32 running(const struct meter *m)
{
	return m->generation == 1 ? (u32)MIG1_RUNNING : (u32)MIG2_RUNNING;
}

/* Does the guest still have its device? */
static bool moving(const struct meter *m, u32 state)
{
	return state == running(m) || phase_in(m, state) == METER_PRECOPY;
}

static u64 begin_of(const struct mig_call *call)
{
	return call->start_ns - call->watched_ns;
}

static u64 end_of(const struct mig_call *call)
{
	return begin_of(call) + call->duration_ns;
}

/* ---- migrations ------------------------------------------------------------ */

static void trip_over(struct meter *m)
{
	m->trip = (struct meter_trip){ .phase = METER_PHASES };
}

static void trip_leaves_phase(struct meter_trip *t, u64 now)
{
	if (t->phase == METER_PHASES)
		return;
	t->phases[t->phase].ns += now - t->phase_since;
	t->phases[t->phase].seen = true;
	if (t->phase == METER_PRECOPY)
		t->before_stop = t->out;
	if (t->phase == METER_STOP_COPY)
		t->blackout += now - t->part_since;
	t->phase = METER_PHASES;
}

static enum meter_way way_of(const struct meter_trip *t)
{
	return t->precopied ? METER_BY_PRECOPY : METER_BY_STOP_COPY;
}

static void add_rate(struct histogram *rate, u64 bytes, u64 ns)
{
	if (bytes)
		histogram_add(rate, (u64)((double)ns * MIB / (double)bytes));
}

static void add_phases(struct meter *m)
{
	const struct meter_trip *t = &m->trip;
	struct meter_phases *phases = m->phases[way_of(t)];
	int i;

	for (i = 0; i < METER_PHASES; i++) {
		if (!t->phases[i].seen)
			continue;
		phases[i].bytes += t->phases[i].bytes;
		histogram_add(&phases[i].ns, t->phases[i].ns);
	}
	add_rate(&m->rates[METER_SAVING], t->out,
		 t->phases[METER_PRECOPY].ns + t->phases[METER_STOP_COPY].ns);
	add_rate(&m->rates[METER_RESTORING], t->in, t->phases[METER_RESUME].ns);
}

/* All came that left, and the destination runs. */
static void trip_arrives(struct meter *m, u64 now)
{
	struct meter_trip *t = &m->trip;

	if (!t->stopped || !t->loading || t->in != t->out)
		return;
	t->blackout += now - t->part_since;
	histogram_add(&m->blackout[way_of(t)], t->blackout);
	add_phases(m);
}

/* The destination is behind what pre-copy has brought: its blackout begins. */
static void trip_loads(struct meter *m, const struct mig_call *call)
{
	struct meter_trip *t = &m->trip;

	if (t->phase != METER_RESUME || t->loading || t->in < t->before_stop)
		return;
	t->loading = true;
	t->part_since = begin_of(call);
}

static void trip_moves(struct meter *m, const struct mig_call *call, u32 to)
{
	struct meter_trip *t = &m->trip;

	if (m->state == running(m))
		trip_over(m);
	trip_leaves_phase(t, begin_of(call));
	if (moving(m, m->state) && !moving(m, to)) {
		t->stopped = true;
		t->part_since = begin_of(call);
	}
	if (to == running(m))
		trip_arrives(m, end_of(call));
	t->phase = phase_in(m, to);
	t->phase_since = end_of(call);
	t->precopied |= t->phase == METER_PRECOPY;
}

static void take_bytes(struct meter *m, bool out, u64 bytes)
{
	struct meter_trip *t = &m->trip;

	if (t->phase == METER_PHASES)
		return;
	t->phases[t->phase].bytes += bytes;
	*(out ? &t->out : &t->in) += bytes;
}

/* ---- states ---------------------------------------------------------------- */

static void add_arc(struct meter *m, u32 to, u64 ns)
{
	struct histogram **arc = &m->arcs[m->state][to];

	if (!*arc)
		*arc = calloc(1, sizeof(**arc));
	if (*arc)
		histogram_add(*arc, ns);
}

/* A state request has ended; a migration may be tried again, an arc may not. */
static void take_request(struct meter *m, const struct mig_call *call, u32 to,
			 bool done)
{
	if (!done || to >= METER_STATES) {
		m->spoilt |= !m->migrates;
		m->state = UNKNOWN;
		trip_over(m);
		return;
	}
	if (m->state < METER_STATES && m->state != to) {
		add_arc(m, to, call->duration_ns);
		if (m->migrates)
			trip_moves(m, call, to);
	}
	m->state = to;
}

/* The device said, or a reset implies, where it is. */
static void take_state(struct meter *m, u32 state)
{
	if (state != m->state)
		trip_over(m);
	m->state = state < METER_STATES ? state : (u32)UNKNOWN;
}

static u64 number(const void *bytes, size_t have, size_t at, size_t len)
{
	u64 value = 0;

	if (bytes && have >= at + len)
		memcpy(&value, (const u8 *)bytes + at, len);
	return value;
}

static void take_v1(struct meter *m, const struct mig_call *call)
{
	bool read = call->op == MIG_PREAD, whole = call->ret == (s64)call->len;
	const void *data = read ? call->out : call->in;
	size_t len = read ? call->out_len : call->in_len;
	u64 at = call->offset - m->v1_base, size;

	if (!m->v1_size || call->offset < m->v1_base || at >= m->v1_size)
		return;
	if (at == MIG1_OFF_STATE && call->len == 4) {
		u32 state = number(data, len, 0, 4) & MIG1_STATE_MASK;

		if (!read)
			take_request(m, call, state, whole);
		else
			take_state(m, whole ? state : (u32)UNKNOWN);
	} else if (at == MIG1_OFF_SIZE && call->len == 8 && whole) {
		/* Data itself may go through a mapping, where nobody sees it. */
		size = number(data, len, 0, 8);
		take_bytes(m, read, size < m->v1_size ? size : m->v1_size);
	}
}

static void take_ioctl(struct meter *m, const struct mig_call *call)
{
	u32 flags = (u32)number(call->in, call->in_len, 4, 4);

	if (call->request == UAPI_DEVICE_RESET) {
		take_state(m, call->ret ? (u32)UNKNOWN : running(m));
		return;
	}
	if (call->request != UAPI_DEVICE_FEATURE ||
	    (flags & UAPI_FEATURE_INDEX) != MIG2_FEATURE_DEVICE_STATE ||
	    flags & UAPI_FEATURE_PROBE)
		return;
	if (flags & UAPI_FEATURE_SET)
		take_request(m, call, (u32)number(call->in, call->in_len, 8, 4),
			     !call->ret);
	else if (flags & UAPI_FEATURE_GET && !call->ret)
		take_state(m, (u32)number(call->out, call->out_len, 8, 4));
}

static void meter_called(struct mig_observer *self, const struct mig_call *call)
{
	struct meter *m = (struct meter *)self;

	if (call->dev->index)
		return;
	m->spoilt |= call->concurrent;
	trip_loads(m, call);
	switch (call->op) {
	case MIG_OPEN:
	case MIG_CLOSE:
		take_state(m, UNKNOWN);
		break;
	case MIG_IOCTL:
		if (!call->session)
			take_ioctl(m, call);
		break;
	case MIG_PREAD:
	case MIG_PWRITE:
		if (m->generation == 1)
			take_v1(m, call);
		break;
	case MIG_READ:
	case MIG_WRITE:
		if (call->ret > 0)
			take_bytes(m, call->op == MIG_READ, (u64)call->ret);
		break;
	default:
		break;
	}
}

void meter_init(struct meter *meter, int generation)
{
	memset(meter, 0, sizeof(*meter));
	meter->observer.called = meter_called;
	meter->generation = generation;
	meter->state = UNKNOWN;
	trip_over(meter);
}

void meter_free(struct meter *meter)
{
	int from, to;

	for (from = 0; from < METER_STATES; from++) {
		for (to = 0; to < METER_STATES; to++) {
			free(meter->arcs[from][to]);
			meter->arcs[from][to] = NULL;
		}
	}
}
