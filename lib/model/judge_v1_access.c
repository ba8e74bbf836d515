// SPDX-License-Identifier: GPL-2.0-only
/* The manners of region accesses, and which of them means what. */
#include <errno.h>
#include <string.h>

#include "judge_v1_internal.h"

/* Native accesses; a write that is not listed is nobody's business. */
static const struct field {
	u32 offset, width;
	void (*read)(const struct judge_v1_access *a);
	bool whole; /* a short read is no way of saying 0 */
	enum req failed; /* rule for device_state behind a failed access */
} fields[] = {
	{ MIG1_OFF_STATE, 4, NULL, true, V1_STATE_CHANGES_ONLY_BY_USER },
	{ MIG1_OFF_RESERVED, 4, judge_v1_reserved_read, false,
	  V1_ACCESS_ERROR_KEEPS_STATE },
	{ MIG1_OFF_PENDING, 8, judge_v1_pending_read, true,
	  V1_PENDING_ERROR_KEEPS_STATE },
	{ MIG1_OFF_OFFSET, 8, judge_v1_offset_read, true,
	  V1_ACCESS_ERROR_KEEPS_STATE },
	{ MIG1_OFF_SIZE, 8, judge_v1_size_read, true,
	  V1_ACCESS_ERROR_KEEPS_STATE },
};

static const struct field *field_of(const struct judge_v1_access *a)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].offset == a->offset &&
		    fields[i].width == a->call->len)
			return &fields[i];
	return NULL;
}

bool judge_v1_access_of(struct judge *judge, struct judge_v1_model *m,
			const struct mig_call *call,
			struct judge_v1_access *ret_a)
{
	if (!m->speaks || call->offset < m->region.offset ||
	    call->offset - m->region.offset >= m->region.size)
		return false;
	*ret_a = (struct judge_v1_access){
		judge, m, call, call->offset - m->region.offset,
	};
	return true;
}

/* Rules for any access, whatever other threads do. */
static void hold_manners(const struct judge_v1_access *a,
			 const struct field *field)
{
	const struct mig_call *call = a->call;
	bool matters = call->op == MIG_PREAD || a->offset == MIG1_OFF_STATE;
	u64 left = a->model->region.size - a->offset;

	if (call->ret >= 0)
		judge_hold(a->judge, V1_ACCESS_STAYS_IN_REQUEST,
			   (u64)call->ret <= call->len, NULL,
			   "%lld bytes for a request of %zu",
			   (long long)call->ret, call->len);
	if (call->len > left)
		judge_hold(a->judge, V1_REGION_BOUNDS_HOLD,
			   call->ret < 0 || (u64)call->ret <= left,
			   "an error or a short transfer",
			   "%lld bytes at 0x%llx in a region of 0x%llx bytes",
			   (long long)call->ret, (unsigned long long)a->offset,
			   (unsigned long long)a->model->region.size);
	/* A reserved word that moves nothing is V1_RESERVED_IS_ZERO's. */
	if (field && field->offset == MIG1_OFF_RESERVED && !call->ret)
		return;
	if (field && field->whole && matters && call->ret >= 0)
		judge_hold(a->judge, V1_ACCESS_MOVES_WHOLE_FIELD,
			   (u64)call->ret >= call->len,
			   "an error, or the whole field",
			   "%lld bytes of the %u-byte field at offset %u",
			   (long long)call->ret, field->width, field->offset);
}

/* Neither a field of the header nor data. */
static bool is_odd(const struct judge_v1_access *a, const struct field *field)
{
	return !field && a->offset < MIG1_HEADER_SIZE && a->call->len;
}

static void hold_odd(const struct judge_v1_access *a)
{
	if (a->call->ret > 0)
		judge_tell(a->judge, V1_ODD_ACCESS_IS_REFUSED, REPORT_LAPSE,
			   "an error", "an access of %zu bytes at offset %llu moves %lld",
			   a->call->len, (unsigned long long)a->offset,
			   (long long)a->call->ret);
	else
		judge_held(a->judge, V1_ODD_ACCESS_IS_REFUSED);
}

/* What must not change device_state: the rule that it then breaks. */
static void blame(const struct judge_v1_access *a, const struct field *field)
{
	struct judge_v1_model *m = a->model;

	if (m->may == JUDGE_V1_ANY)
		return;
	/* Nobody has looked since: what was to be seen is still to be seen. */
	if (a->judge->passive && m->rule != V1_STATE_CHANGES_ONLY_BY_USER)
		return;
	if (a->call->ret < 0)
		judge_v1_expect(m, m->may, field ? field->failed :
				V1_ACCESS_ERROR_KEEPS_STATE, "a failed access");
	else if (is_odd(a, field))
		judge_v1_expect(m, m->may, V1_ODD_ACCESS_IS_REFUSED,
				"an odd access");
	else
		judge_v1_expect(m, m->may, V1_STATE_CHANGES_ONLY_BY_USER,
				"an access");
}

/* A read of device_state: what the user saw, or that he could not. */
static bool user_saw_state(const struct judge_v1_access *a)
{
	u32 value;

	if (a->offset != MIG1_OFF_STATE || a->call->op != MIG_PREAD ||
	    a->call->len != sizeof(value))
		return false;
	if (a->call->ret != sizeof(value)) {
		/* A buffer at fault, or a signal, is the user's affair. */
		if (a->call->ret != -EFAULT && a->call->ret != -EINTR)
			judge_hold(a->judge, V1_STATE_IS_ALWAYS_READABLE, false,
				   "4 bytes", "reading device_state gives %lld",
				   (long long)a->call->ret);
		return false;
	}
	memcpy(&value, a->call->out, sizeof(value));
	judge_v1_saw_state(a->judge, a->model, value);
	return true;
}

/* Other regions: an agent that the device may legally answer to. */
static void outside(struct judge *judge, struct judge_v1_model *m,
		    const struct mig_call *call)
{
	m->disturbed = true;
	if (call->op != MIG_PWRITE || judge_place_of(&m->base, call) != JUDGE_CONFIG)
		return;
	if (m->may != JUDGE_V1_ANY)
		m->may |= 1u << MIG1_RUNNING;
	judge_v1_look(judge, m, call->dev);
}

void judge_v1_access(struct judge *judge, struct judge_model *base,
		     const struct mig_call *call)
{
	struct judge_v1_model *m = judge_v1_model(base);
	const struct field *field;
	struct judge_v1_access a;

	if (!m->speaks)
		return;
	if (!judge_v1_access_of(judge, m, call, &a)) {
		outside(judge, m, call);
		return;
	}
	field = field_of(&a);
	hold_manners(&a, field);
	blame(&a, field);
	if (is_odd(&a, field))
		hold_odd(&a);
	if (user_saw_state(&a))
		return;
	if (call->op == MIG_PWRITE) {
		if (field && a.offset == MIG1_OFF_STATE)
			judge_v1_wrote_state(&a);
		else
			judge_v1_wrote(&a);
	} else if (field && field->read && call->ret == (s64)field->width) {
		field->read(&a);
	} else if (a.offset == MIG1_OFF_PENDING) {
		judge_v1_wrote(&a); /* an iteration that did not begin */
	}
	judge_v1_look(judge, m, call->dev);
}

void judge_v1_access_unordered(struct judge *judge, struct judge_model *base,
			       const struct mig_call *call)
{
	struct judge_v1_access a;
	u32 value;

	if ((call->op != MIG_PREAD && call->op != MIG_PWRITE) ||
	    !judge_v1_access_of(judge, judge_v1_model(base), call, &a))
		return;
	hold_manners(&a, field_of(&a));
	if (a.offset != MIG1_OFF_STATE || call->op != MIG_PREAD ||
	    call->len != sizeof(value) || call->ret != sizeof(value))
		return;
	memcpy(&value, call->out, sizeof(value));
	value &= MIG1_STATE_MASK;
	judge_hold(judge, V1_INVALID_STATES_ARE_NEVER_SEEN,
		   value != MIG1_INVALID_5 && value != MIG1_INVALID_7, NULL,
		   "device_state shows 0x%x to another thread", value);
}
