// SPDX-License-Identifier: GPL-2.0-only
/* Users of v1: how they write device_state, and what they do when it fails. */
#include <errno.h>
#include <string.h>

#include "lint_v1.h"

void lint_v1_after_failure(struct judge *judge, struct lint_v1_model *m,
			   const char *what)
{
	if (m->failed_write || m->saw_error)
		judge_tell(judge, V1_USER_REREADS_AFTER_FAILED_WRITE,
			   REPORT_BREACH, m->saw_error ? "a reset" :
			   "a read of device_state", "%s after %s", what,
			   m->saw_error ? "the error state was seen" :
					  "a failed state write");
	m->failed_write = m->saw_error = false;
}

void lint_v1_new_stay(struct lint_v1_model *m)
{
	m->pending_known = m->complete = m->collecting = false;
	m->fetched = 0;
}

void lint_v1_read_state(const struct lint_v1_access *a)
{
	struct lint_v1_model *m = a->model;

	if (a->call->ret != sizeof(m->value) || a->call->len != sizeof(m->value))
		return;
	memcpy(&m->value, a->call->out, sizeof(m->value));
	m->read = true;
	m->state = m->value & MIG1_STATE_MASK;
	if (!m->failed_write)
		return;
	m->failed_write = false;
	m->saw_error = m->state == MIG1_ERROR;
	if (!m->saw_error)
		judge_held(a->judge, V1_USER_REREADS_AFTER_FAILED_WRITE);
}

static void hold_modified(const struct lint_v1_access *a, u32 value)
{
	struct lint_v1_model *m = a->model;
	u32 reserved = value & ~(u32)MIG1_STATE_MASK;
	u32 was = m->value & ~(u32)MIG1_STATE_MASK;
	/* QEMU clears them when it sets a save up. */
	bool cleared = !reserved && (value & MIG1_BIT_SAVING);

	judge_hold(a->judge, V1_USER_READS_MODIFIES_WRITES,
		   m->read && (reserved == was || cleared),
		   "device_state as read, with other bits in the lowest three",
		   m->read ? "0x%x was written where 0x%x had been read" :
			     "0x%x was written without a read before it",
		   value, m->value);
}

static void hold_completed(const struct lint_v1_access *a, u32 to)
{
	struct lint_v1_model *m = a->model;

	if (m->state != MIG1_STOP_COPY || to != MIG1_STOP || !m->fetched)
		return;
	judge_hold(a->judge, V1_USER_ITERATES_UNTIL_ZERO, m->complete,
		   "chunks until pending_bytes reads 0",
		   "the save was ended after %llu chunks, with pending_bytes %llu",
		   (unsigned long long)m->fetched,
		   (unsigned long long)m->pending);
}

static void state_set(const struct lint_v1_access *a, u32 to)
{
	struct lint_v1_model *m = a->model;
	u32 from = m->state;

	hold_completed(a, to);
	if (from == MIG1_RESUMING && (to == MIG1_RUNNING || to == MIG1_STOP))
		lint_v1_hold_load(a->judge, m);
	if ((to & MIG1_BIT_SAVING) && !lint_v1_saving(m))
		lint_v1_stream_begin(&m->saving);
	if (to == MIG1_RESUMING && from != MIG1_RESUMING)
		lint_v1_stream_begin(&m->loading);
	if (to != from)
		lint_v1_new_stay(m);
	m->state = to;
	lint_v1_order_state(a->judge, m, from, to);
}

void lint_v1_write_state(const struct lint_v1_access *a)
{
	struct lint_v1_model *m = a->model;
	u32 value = 0;

	lint_v1_after_failure(a->judge, m, "another state was written");
	if (m->failed_access)
		judge_held(a->judge, V1_USER_ABORTS_ON_ACCESS_ERROR);
	m->failed_access = false;
	if (a->call->in_len >= sizeof(value)) {
		memcpy(&value, a->call->in, sizeof(value));
		hold_modified(a, value);
	}
	m->read = false;
	if (a->call->ret == sizeof(value) && a->call->in_len >= sizeof(value)) {
		state_set(a, value & MIG1_STATE_MASK);
		return;
	}
	m->failed_write = a->call->ret < 0 && a->call->ret != -EINTR;
	m->state = LINT_V1_UNKNOWN;
}
