// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE. Headers go as they are, so that the server judges argsz
 * and flags. Payloads go by the table below; where the kernel's has a user
 * pointer, what it points to travels in its place, and argsz counts that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../uapi/mig2.h"
#include "vfio_user.h"

enum {
	HEAD = sizeof(struct uapi_feature),
	METHODS = UAPI_FEATURE_GET | UAPI_FEATURE_SET,
	UNKNOWN_MAX = 120,   /* of the payload of a feature not listed here */
	BODY_MAX = VFIO_USER_WIRE_DATA,
	RANGES_MAX = 4096,   /* more are refused without a look */
	BITMAP_MAX = BODY_MAX / 2, /* and so are larger ones */
	SESSION_BASE = 1000, /* no descriptor that anybody has */
	SAVING = 1 << MIG2_STOP_COPY | 1 << MIG2_PRE_COPY | 1 << MIG2_PRE_COPY_P2P,
	STATE_UNKNOWN = -1,
};

/* One request on its way. */
struct ask {
	struct vfio_user_end *end;
	struct uapi_feature head; /* as the user passed it */
	u8 *payload;		  /* the user's */
	size_t covered;		  /* bytes of it that argsz covers */
	u8 *body;		  /* of the message */
	size_t len;
};

struct row {
	u32 index;
	u32 size; /* of the payload */
	int (*pack)(struct ask *ask);
	/* @ret: what the server said; gives what the user is told. */
	int (*unpack)(struct ask *ask, const u8 *payload, size_t len, int ret);
};

static size_t at_most(size_t len, size_t max)
{
	return len < max ? len : max;
}

static bool asks(const struct ask *ask, u32 method)
{
	return (ask->head.flags & (METHODS | UAPI_FEATURE_PROBE)) == method;
}

static void put(struct ask *ask, const void *data, size_t len)
{
	memcpy(ask->body + ask->len, data, len);
	ask->len += len;
}

/* ---- payloads without pointers ---------------------------------------------- */

static int pack_plain(struct ask *ask, size_t size)
{
	/* Servers of the protocol proper want nothing with a GET. */
	if (ask->head.flags & UAPI_FEATURE_SET || ask->end->named)
		put(ask, ask->payload, at_most(ask->covered, size));
	return 0;
}

static int unpack_plain(struct ask *ask, size_t size, const u8 *payload,
			size_t len, int ret)
{
	bool get = ask->head.flags & UAPI_FEATURE_GET;

	if (!ret && get && len < at_most(ask->covered, size))
		return -EPROTO;
	if ((!ret && get) || ask->end->named)
		memcpy(ask->payload, payload,
		       at_most(at_most(ask->covered, size), len));
	return ret;
}

/* ---- device state -------------------------------------------------------------- */

bool vfio_user_feature_saves(s32 data_fd)
{
	return !(data_fd & 1);
}

void vfio_user_feature_forget(struct vfio_user_end *end, bool reset)
{
	end->state = reset ? (s32)MIG2_RUNNING : STATE_UNKNOWN;
	end->live = -1;
}

static u32 group(s32 state)
{
	if (state < 0 || state >= MIG2_STATES)
		return 0;
	return 1 << state & SAVING ? 1 : state == MIG2_RESUMING ? 2 : 0;
}

/* What the server says the state is; unknown if it does not say. */
static void state_refresh(struct vfio_user_end *end)
{
	struct {
		struct uapi_feature head;
		struct mig2_device_state state;
	} body = { .head = { .argsz = sizeof(body),
			     .flags = MIG2_FEATURE_DEVICE_STATE |
				      UAPI_FEATURE_GET } };
	struct vfio_user_call call;

	vfio_user_call_begin(&call, VFIO_USER_FEATURE);
	vfio_user_wire_add(&call.out, &body, HEAD);
	end->state = STATE_UNKNOWN;
	if (!vfio_user_call(end, &call) && call.in.len >= sizeof(body)) {
		memcpy(&body, call.in.body, sizeof(body));
		if (body.state.device_state < MIG2_STATES)
			end->state = (s32)body.state.device_state;
	}
	vfio_user_wire_drop(&call.in);
}

/* A SET to @state has succeeded: the session that it opened, or -1. */
static s32 state_entered(struct vfio_user_end *end, u32 state)
{
	u32 before = group(end->state), after = group((s32)state);
	s32 opened = -1;

	if (after && after != before)
		opened = SESSION_BASE + 2 * (s32)(end->sessions++ % 1000000) +
			 (after == 2);
	if (after != before)
		end->live = opened;
	end->state = (s32)state;
	return opened;
}

static int state_pack(struct ask *ask)
{
	if (!ask->end->named && asks(ask, UAPI_FEATURE_SET) &&
	    ask->end->state == STATE_UNKNOWN)
		state_refresh(ask->end);
	return pack_plain(ask, sizeof(struct mig2_device_state));
}

static void state_fd(struct ask *ask, s32 fd)
{
	const size_t at = offsetof(struct mig2_device_state, data_fd);

	if (ask->covered >= at + sizeof(fd))
		memcpy(ask->payload + at, &fd, sizeof(fd));
}

/* The protocol has no descriptors: those of GET and SET are made up. */
static int state_unpack(struct ask *ask, const u8 *payload, size_t len, int ret)
{
	struct vfio_user_end *end = ask->end;
	struct mig2_device_state state;

	ret = unpack_plain(ask, sizeof(state), payload, len, ret);
	if (end->named)
		return ret;
	if (ask->covered < sizeof(state))
		return ret;
	if (asks(ask, UAPI_FEATURE_GET) && !ret)
		state_fd(ask, -1);
	if (!asks(ask, UAPI_FEATURE_SET))
		return ret;
	memcpy(&state, ask->payload, sizeof(state));
	if (!ret) {
		state_fd(ask, state_entered(end, state.device_state));
		return 0;
	}
	/* It may have stopped midway, and the session with it. */
	state_fd(ask, -1);
	state_refresh(end);
	if (!group(end->state))
		end->live = -1;
	return ret;
}

/* ---- dirty log --------------------------------------------------------------------- */

/*
 * argsz for a payload that takes @ours bytes in the message and @theirs in the
 * kernel's structure: as much too long or as surely too short.
 */
static u32 translate(const struct ask *ask, size_t ours, size_t theirs)
{
	u64 argsz = ask->head.argsz;

	if (argsz < HEAD + theirs)
		return (u32)at_most(argsz, HEAD + ours - 1);
	argsz += ours - theirs;
	return argsz > UINT32_MAX ? UINT32_MAX : (u32)argsz;
}

static void put_argsz(struct ask *ask, u32 argsz)
{
	memcpy(ask->body, &argsz, sizeof(argsz));
}

static int start_pack(struct ask *ask)
{
	struct mig2_log_start start = { 0 };
	struct vfio_user_log_start wire;
	size_t ranges;

	memcpy(&start, ask->payload, at_most(ask->covered, sizeof(start)));
	wire = (struct vfio_user_log_start){ start.page_size, start.num_ranges,
					     start.reserved };
	ranges = start.num_ranges > RANGES_MAX ?
			 0 : start.num_ranges * sizeof(struct mig2_log_range);
	if (ranges && ask->covered >= sizeof(start) && !start.ranges)
		return -EFAULT;
	put_argsz(ask, translate(ask, sizeof(wire) + ranges, sizeof(start)));
	put(ask, &wire, at_most(ask->covered, sizeof(wire)));
	if (ask->covered >= sizeof(start))
		put(ask, (void *)(uintptr_t)start.ranges, ranges);
	return 0;
}

/* What is in use comes back in the place of what was asked for. */
static int start_unpack(struct ask *ask, const u8 *payload, size_t len, int ret)
{
	if (!ret)
		memcpy(ask->payload, payload,
		       at_most(at_most(len, sizeof(u64)), ask->covered));
	return ret;
}

/* Bytes of bitmap, 0 where the request makes no sense or is too large. */
static size_t report_bits(const struct mig2_log_report *report)
{
	u64 pages;

	if (!report->page_size || !report->length)
		return 0;
	pages = (report->length - 1) / report->page_size + 1;
	return pages > BITMAP_MAX * 8ull ? 0 : (pages + 63) / 64 * 8;
}

static int report_pack(struct ask *ask)
{
	struct mig2_log_report report = { 0 };
	size_t bits;

	memcpy(&report, ask->payload, at_most(ask->covered, sizeof(report)));
	bits = report_bits(&report);
	if (ask->covered >= sizeof(report) && bits && !report.bitmap)
		return -EFAULT;
	put_argsz(ask, translate(ask, sizeof(struct vfio_user_log_report) + bits,
				 sizeof(report)));
	put(ask, &report, at_most(ask->covered,
				  sizeof(struct vfio_user_log_report)));
	if (ask->end->named && ask->covered >= sizeof(report))
		put(ask, (void *)(uintptr_t)report.bitmap, bits);
	return 0;
}

/* A kernel only sets bits; a server that was sent the bitmap has done so. */
static int report_unpack(struct ask *ask, const u8 *payload, size_t len, int ret)
{
	const size_t head = sizeof(struct vfio_user_log_report);
	struct mig2_log_report report;
	size_t bits, i;
	u8 *bitmap;

	if (ret || ask->covered < sizeof(report))
		return ret;
	memcpy(&report, ask->payload, sizeof(report));
	bits = report_bits(&report);
	if (len < head + bits)
		return -EPROTO;
	bitmap = (u8 *)(uintptr_t)report.bitmap;
	for (i = 0; i < bits; i++)
		bitmap[i] = payload[head + i] | (ask->end->named ? 0 : bitmap[i]);
	return 0;
}

/* ---- all of them ------------------------------------------------------------------- */

static const struct row rows[] = {
	{ MIG2_FEATURE_MIGRATION, sizeof(struct mig2_migration), NULL, NULL },
	{ MIG2_FEATURE_DEVICE_STATE, sizeof(struct mig2_device_state),
	  state_pack, state_unpack },
	{ MIG2_FEATURE_LOG_START, sizeof(struct mig2_log_start), start_pack,
	  start_unpack },
	{ MIG2_FEATURE_LOG_STOP, 0, NULL, NULL },
	{ MIG2_FEATURE_LOG_REPORT, sizeof(struct mig2_log_report), report_pack,
	  report_unpack },
	{ MIG2_FEATURE_DATA_SIZE, sizeof(struct mig2_data_size), NULL, NULL },
	{ MIG2_FEATURE_PRECOPY_INFO2, 0, NULL, NULL },
};

static const struct row *row_find(u32 index)
{
	static const struct row unknown = { .size = UNKNOWN_MAX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].index == index)
			return &rows[i];
	return &unknown;
}

static int feature_do(struct ask *ask, const struct row *row)
{
	struct vfio_user_call call;
	size_t len;
	int ret = 0;

	put(ask, &ask->head, HEAD);
	if (!(ask->head.flags & UAPI_FEATURE_PROBE))
		ret = row->pack ? row->pack(ask) : pack_plain(ask, row->size);
	if (ret)
		return ret;
	vfio_user_call_begin(&call, VFIO_USER_FEATURE);
	vfio_user_wire_add(&call.out, ask->body, ask->len);
	ret = vfio_user_call(ask->end, &call);
	if (!ret && call.in.len < HEAD)
		ret = -EPROTO;
	if (!(ask->head.flags & UAPI_FEATURE_PROBE)) {
		len = call.in.len > HEAD ? call.in.len - HEAD : 0;
		/* The reply is gone when another one is received. */
		if (len)
			memcpy(ask->body, call.in.body + HEAD,
			       at_most(len, BODY_MAX));
		len = at_most(len, BODY_MAX);
		ret = row->unpack ? row->unpack(ask, ask->body, len, ret) :
				    unpack_plain(ask, row->size, ask->body, len,
						 ret);
	}
	vfio_user_wire_drop(&call.in);
	return ret;
}

int vfio_user_feature(struct vfio_user_end *end, void *arg)
{
	struct ask ask = { .end = end, .payload = (u8 *)arg + HEAD };
	const struct row *row;

	memcpy(&ask.head, arg, HEAD);
	row = row_find(ask.head.flags & UAPI_FEATURE_INDEX);
	if (ask.head.argsz > HEAD)
		ask.covered = at_most(ask.head.argsz - HEAD, row->size);
	if (!end->scratch)
		end->scratch = malloc(BODY_MAX);
	ask.body = end->scratch;
	return ask.body ? feature_do(&ask, row) : -ENOMEM;
}
