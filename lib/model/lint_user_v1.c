// SPDX-License-Identifier: GPL-2.0-only
/* Users of v1: how they walk the data loops, and what they do meanwhile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "judge_v1_internal.h"
#include "lint_v1.h"

const enum req lint_user_v1_rules[] = {
	V1_USER_READS_MODIFIES_WRITES, V1_USER_ITERATES_UNTIL_ZERO,
	V1_USER_REPLAYS_SAME_TRANSACTIONS, V1_USER_ABORTS_ON_ACCESS_ERROR,
	V1_USER_REREADS_AFTER_FAILED_WRITE,
	V1_USER_STOPS_ALL_BEFORE_COLLECTING, V1_USER_QUIESCES_ACCESS,
	V1_USER_RESUMES_ALL_THEN_RUNS, REQ_COUNT,
};

static bool in_loop(const struct lint_v1_model *m)
{
	return lint_v1_saving(m) || m->state == MIG1_RESUMING;
}

/* ---- the loops --------------------------------------------------------------------- */

static u64 value_of(const void *bytes, size_t len)
{
	u64 value = 0;

	memcpy(&value, bytes, len < sizeof(value) ? len : sizeof(value));
	return value;
}

static void read_pending(const struct lint_v1_access *a, u64 pending)
{
	struct lint_v1_model *m = a->model;

	if (!lint_v1_saving(m))
		return;
	lint_v1_chunk_end(&m->saving, m->region.size);
	m->pending_known = true;
	m->pending = pending;
	if (m->state != MIG1_STOP_COPY)
		return;
	lint_v1_order_collect(a->judge, m);
	if (!pending && m->fetched)
		judge_held(a->judge, V1_USER_ITERATES_UNTIL_ZERO);
	if (!pending && m->collecting)
		judge_held(a->judge, V1_USER_QUIESCES_ACCESS);
	if (!pending && !m->complete)
		lint_v1_save_end(m);
	m->complete |= !pending;
	m->collecting = pending != 0;
}

static void read_offset(const struct lint_v1_access *a, u64 offset)
{
	struct lint_v1_model *m = a->model;

	if (m->state == MIG1_RESUMING)
		lint_v1_chunk_offset(&m->loading, offset);
	if (!lint_v1_saving(m))
		return;
	lint_v1_chunk_offset(&m->saving, offset);
	if (m->state != MIG1_STOP_COPY)
		return;
	if (m->pending_known && !m->pending)
		judge_hold(a->judge, V1_USER_ITERATES_UNTIL_ZERO, false,
			   "no chunk behind a pending_bytes of 0",
			   "data_offset was read after pending_bytes had read 0");
	m->fetched++;
}

static void read_size(const struct lint_v1_access *a, u64 size)
{
	if (lint_v1_saving(a->model))
		lint_v1_chunk_size(&a->model->saving, size);
}

static void write_size(const struct lint_v1_access *a, u64 size)
{
	struct lint_v1_model *m = a->model;

	if (m->state != MIG1_RESUMING)
		return;
	lint_v1_chunk_size(&m->loading, size);
	lint_v1_chunk_end(&m->loading, m->region.size);
	lint_v1_order_load(a->judge, m);
}

static const struct {
	u32 offset;
	enum mig_op op;
	void (*seen)(const struct lint_v1_access *a, u64 value);
} fields[] = {
	{ MIG1_OFF_PENDING, MIG_PREAD, read_pending },
	{ MIG1_OFF_OFFSET, MIG_PREAD, read_offset },
	{ MIG1_OFF_SIZE, MIG_PREAD, read_size },
	{ MIG1_OFF_SIZE, MIG_PWRITE, write_size },
};

static void move_data(const struct lint_v1_access *a)
{
	const struct mig_call *call = a->call;
	size_t len = (u64)call->ret < call->len ? (size_t)call->ret : call->len;

	if (call->op == MIG_PREAD && lint_v1_saving(a->model))
		lint_v1_chunk_moved(&a->model->saving, a->offset, call->out, len);
	if (call->op == MIG_PWRITE && a->model->state == MIG1_RESUMING)
		lint_v1_chunk_moved(&a->model->loading, a->offset,
				    call->in_len >= len ? call->in : NULL, len);
}

static void loop_access(const struct lint_v1_access *a)
{
	const struct mig_call *call = a->call;
	struct lint_v1_model *m = a->model;
	const void *data = call->op == MIG_PREAD ? call->out : call->in;
	size_t i;

	lint_v1_after_failure(a->judge, m, "the data loop went on");
	if (m->failed_access)
		judge_tell(a->judge, V1_USER_ABORTS_ON_ACCESS_ERROR,
			   REPORT_BREACH, "a state write or a reset",
			   "the data loop went on after a failed access");
	m->failed_access = call->ret < 0 && call->ret != -EINTR && in_loop(m);
	m->saving.spoilt |= m->failed_access;
	m->loading.spoilt |= m->failed_access;
	if (a->offset >= MIG1_HEADER_SIZE && call->ret > 0)
		move_data(a);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].offset == a->offset && fields[i].op == call->op &&
		    call->len == sizeof(u64) && call->ret == sizeof(u64) && data)
			fields[i].seen(a, value_of(data, sizeof(u64)));
}

/* ---- calls ------------------------------------------------------------------------- */

/* Something but the migration region, while the image is taken. */
static void outside(struct judge *judge, struct lint_v1_model *m,
		    const struct mig_call *call, const char *what)
{
	enum judge_place place;

	if (!m->collecting)
		return;
	place = call->op == MIG_IOCTL ? JUDGE_REGION : judge_place_of(&m->base, call);
	if (call->op == MIG_PREAD && place != JUDGE_REGION)
		return;
	judge_hold(judge, V1_USER_QUIESCES_ACCESS, false,
		   "the migration region, queries, and reads of config space only",
		   "%s at 0x%llx while the image was taken", what,
		   (unsigned long long)call->offset);
}

static void on_access(struct judge *judge, struct judge_model *base,
		      const struct mig_call *call)
{
	struct lint_v1_model *m = lint_v1_model(base);
	struct lint_v1_access a = { judge, m, call,
				    call->offset - m->region.offset };

	if (!m->speaks)
		return;
	if (call->offset < m->region.offset || a.offset >= m->region.size)
		outside(judge, m, call, call->op == MIG_PREAD ? "a read" :
			call->op == MIG_PWRITE ? "a write" : "a mapping");
	else if (call->op == MIG_MMAP)
		m->saving.unread = m->loading.unread = true;
	else if (a.offset != MIG1_OFF_STATE)
		loop_access(&a);
	else if (call->op == MIG_PREAD)
		lint_v1_read_state(&a);
	else if (call->len == sizeof(u32))
		lint_v1_write_state(&a);
}

static void on_ioctl(struct judge *judge, struct judge_model *base,
		     const struct mig_call *call)
{
	struct lint_v1_model *m = lint_v1_model(base);

	if (!m->speaks)
		return;
	if (call->request == UAPI_DEVICE_SET_IRQS)
		outside(judge, m, call, "interrupts were set up");
	if (call->request != UAPI_DEVICE_RESET || call->ret < 0)
		return;
	if (m->saw_error)
		judge_held(judge, V1_USER_REREADS_AFTER_FAILED_WRITE);
	if (m->failed_access)
		judge_held(judge, V1_USER_ABORTS_ON_ACCESS_ERROR);
	m->failed_write = m->saw_error = m->failed_access = m->read = false;
	m->state = MIG1_RUNNING;
	lint_v1_new_stay(m);
	lint_v1_order_reset(judge, m);
}

static void forget(struct judge_model *base)
{
	struct lint_v1_model *m = lint_v1_model(base);

	m->state = LINT_V1_UNKNOWN;
	m->read = m->failed_write = m->saw_error = m->failed_access = false;
	m->overtaker = NULL;
	m->others_ran = false;
	m->saving.spoilt = m->loading.spoilt = true;
	lint_v1_new_stay(m);
}

static void met(struct judge *judge, struct judge_model *base,
		const struct mig_call *call)
{
	struct lint_v1_model *m = lint_v1_model(base);
	struct judge_v1_model found = { .speaks = false };

	(void)judge;
	forget(base);
	m->speaks = judge_v1_find_region(&found, call->dev);
	m->region = found.region;
}

static void on_close(struct judge *judge, struct judge_model *base,
		     const struct mig_call *call)
{
	(void)call;
	lint_v1_order_reset(judge, lint_v1_model(base));
	forget(base);
}

static void unordered(struct judge *judge, struct judge_model *base,
		      const struct mig_call *call)
{
	(void)judge, (void)base, (void)call;
}

static void release(struct judge_model *base)
{
	struct lint_v1_model *m = lint_v1_model(base);
	struct lint_v1_stream *save;

	lint_v1_stream_free(&m->saving);
	lint_v1_stream_free(&m->loading);
	while ((save = m->saves)) {
		m->saves = save->next;
		lint_v1_stream_free(save);
		free(save);
	}
}

const struct judge_kind lint_user_v1_kind = {
	.model_size = sizeof(struct lint_v1_model),
	.met = met,
	.forget = forget,
	.unordered = unordered,
	.handlers = {
		[MIG_CLOSE] = on_close,
		[MIG_IOCTL] = on_ioctl,
		[MIG_PREAD] = on_access,
		[MIG_PWRITE] = on_access,
		[MIG_MMAP] = on_access,
	},
	.release = release,
};
