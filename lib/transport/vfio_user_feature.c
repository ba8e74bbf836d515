// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE. Headers go as they are, so that the server judges argsz
 * and flags. Payloads go by the table below; where the kernel's has a user
 * pointer, see vfio_user_feature_log.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../uapi/mig2.h"
#include "emu_copy.h"
#include "vfio_user_feature.h"

enum {
	METHODS = UAPI_FEATURE_GET | UAPI_FEATURE_SET,
	UNKNOWN_MAX = 120,   /* of the payload of a feature not listed here */
	SESSION_BASE = 1000, /* no descriptor that anybody has */
	SAVING = 1 << MIG2_STOP_COPY | 1 << MIG2_PRE_COPY | 1 << MIG2_PRE_COPY_P2P,
	STATE_UNKNOWN = -1,
};

struct row {
	u32 index;
	u32 size; /* of the payload */
	int (*pack)(struct vfio_user_ask *ask);
	/* @ret: what the server said; gives what the user is told. */
	int (*unpack)(struct vfio_user_ask *ask, const u8 *payload, size_t len,
		      int ret);
};

static size_t at_most(size_t len, size_t max)
{
	return len < max ? len : max;
}

void vfio_user_ask_put(struct vfio_user_ask *ask, const void *data, size_t len)
{
	if (len)
		memcpy(ask->body + ask->len, data, len);
	ask->len += len;
}

static bool asks(const struct vfio_user_ask *ask, u32 method)
{
	return (ask->head.flags & (METHODS | UAPI_FEATURE_PROBE)) == method;
}

/* ---- payloads without pointers ------------------------------------------ */

/*
 * A driver may read the payload whatever argsz says; a server that speaks for
 * one gets it for that reason. Others want nothing with a GET.
 */
static int pack_plain(struct vfio_user_ask *ask, size_t size)
{
	bool set = ask->head.flags & UAPI_FEATURE_SET;

	if (set && ask->end->named &&
	    !emu_copy(ask->body + ask->len, ask->payload, size))
		ask->len += size;
	else if (set || ask->end->named)
		vfio_user_ask_put(ask, ask->payload, at_most(ask->covered, size));
	return 0;
}

/* Of a feature that is not listed here nobody knows more than argsz says. */
static int pack_unknown(struct vfio_user_ask *ask)
{
	vfio_user_ask_put(ask, ask->payload, ask->covered);
	return 0;
}

static int unpack_plain(struct vfio_user_ask *ask, size_t size, const u8 *payload,
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

/* ---- device state ------------------------------------------------------- */

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
	vfio_user_wire_add(&call.out, &body, VFIO_USER_ASK_HEAD);
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

static int state_pack(struct vfio_user_ask *ask)
{
	if (!ask->end->named && asks(ask, UAPI_FEATURE_SET) &&
	    ask->end->state == STATE_UNKNOWN)
		state_refresh(ask->end);
	return pack_plain(ask, sizeof(struct mig2_device_state));
}

static void state_fd(struct vfio_user_ask *ask, s32 fd)
{
	const size_t at = offsetof(struct mig2_device_state, data_fd);

	if (ask->covered >= at + sizeof(fd))
		memcpy(ask->payload + at, &fd, sizeof(fd));
}

/* The protocol has no descriptors: those of GET and SET are made up. */
static int state_unpack(struct vfio_user_ask *ask, const u8 *payload,
			size_t len, int ret)
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

/* ---- all of them -------------------------------------------------------- */

static const struct row rows[] = {
	{ MIG2_FEATURE_MIGRATION, sizeof(struct mig2_migration), NULL, NULL },
	{ MIG2_FEATURE_DEVICE_STATE, sizeof(struct mig2_device_state),
	  state_pack, state_unpack },
	{ MIG2_FEATURE_LOG_START, sizeof(struct mig2_log_start),
	  vfio_user_feature_start_pack, vfio_user_feature_start_unpack },
	{ MIG2_FEATURE_LOG_STOP, 0, NULL, NULL },
	{ MIG2_FEATURE_LOG_REPORT, sizeof(struct mig2_log_report),
	  vfio_user_feature_report_pack, vfio_user_feature_report_unpack },
	{ MIG2_FEATURE_DATA_SIZE, sizeof(struct mig2_data_size), NULL, NULL },
	{ MIG2_FEATURE_PRECOPY_INFO2, 0, NULL, NULL },
};

static const struct row *row_find(u32 index)
{
	static const struct row unknown = { .size = UNKNOWN_MAX,
					    .pack = pack_unknown };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].index == index)
			return &rows[i];
	return &unknown;
}

/* The reply is gone when another one is received: it is put by. */
static int feature_unpack(struct vfio_user_ask *ask, const struct row *row,
			  const struct vfio_user_in *in, int ret)
{
	size_t len = 0;

	if (in->len > VFIO_USER_ASK_HEAD) {
		len = at_most(in->len - VFIO_USER_ASK_HEAD, VFIO_USER_WIRE_DATA);
		memcpy(ask->body, in->body + VFIO_USER_ASK_HEAD, len);
	}
	if (row->unpack)
		return row->unpack(ask, ask->body, len, ret);
	return unpack_plain(ask, row->size, ask->body, len, ret);
}

static int feature_do(struct vfio_user_ask *ask, const struct row *row)
{
	bool probe = ask->head.flags & UAPI_FEATURE_PROBE;
	struct vfio_user_call call;
	int ret = 0;

	vfio_user_ask_put(ask, &ask->head, VFIO_USER_ASK_HEAD);
	if (!probe)
		ret = row->pack ? row->pack(ask) : pack_plain(ask, row->size);
	if (ret)
		return ret;
	vfio_user_call_begin(&call, VFIO_USER_FEATURE);
	vfio_user_wire_add(&call.out, ask->body, ask->len);
	ret = vfio_user_call(ask->end, &call);
	if (!ret && call.in.len < VFIO_USER_ASK_HEAD)
		ret = -EPROTO;
	if (!probe)
		ret = feature_unpack(ask, row, &call.in, ret);
	vfio_user_wire_drop(&call.in);
	return ret;
}

int vfio_user_feature(struct vfio_user_end *end, void *arg)
{
	struct vfio_user_ask ask = { .end = end,
				     .payload = (u8 *)arg + VFIO_USER_ASK_HEAD };
	const struct row *row;

	memcpy(&ask.head, arg, VFIO_USER_ASK_HEAD);
	row = row_find(ask.head.flags & UAPI_FEATURE_INDEX);
	if (ask.head.argsz > VFIO_USER_ASK_HEAD)
		ask.covered = at_most(ask.head.argsz - VFIO_USER_ASK_HEAD,
				      row->size);
	if (!end->scratch)
		end->scratch = malloc(VFIO_USER_WIRE_DATA);
	ask.body = end->scratch;
	return ask.body ? feature_do(&ask, row) : -ENOMEM;
}
