// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "../../lib/types.h"
#include "lint_world.h"

enum { BAR = 0x100, FD = 7 };

/* ---- what a user does ---------------------------------------------------------- */

static void set_with(struct fake *f, u32 state, s32 fd, s64 ret)
{
	u64 in = state | 0xfffffffeull << 32;

	fake_feature(f, MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_SET, in,
		     state | (u64)(u32)fd << 32, ret);
}

static void set(struct fake *f, u32 state)
{
	set_with(f, state, -1, 0);
}

static void get(struct fake *f, u32 state)
{
	fake_feature(f, MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET, 0,
		     state | 0xffffffffull << 32, 0);
}

static void feed(struct fake *f, struct mig_call call)
{
	call.dev = &f->dev;
	call.seq = ++f->seq;
	lint_user_feed(f->lint, &call);
}

/* Into a state that opens a session, which gets its number. */
static void enter(struct fake *f, u32 state)
{
	set_with(f, state, FD, 0);
	feed(f, (struct mig_call){ .op = MIG_SESSION, .len = FD,
				   .session = ++f->dev.sessions });
}

static void leave(struct fake *f)
{
	fake_session_close(f, f->dev.sessions);
}

static void move(struct fake *f, enum mig_op op, const char *bytes)
{
	size_t len = strlen(bytes);

	feed(f, (struct mig_call){
		.op = op, .session = f->dev.sessions, .len = len,
		.ret = (s64)len, .in = bytes, .in_len = len, .out = bytes,
		.out_len = len });
}

static void save(struct fake *f)
{
	enter(f, MIG2_STOP_COPY);
	move(f, MIG_READ, "abc");
	move(f, MIG_READ, "def");
	set(f, MIG2_STOP);
	leave(f);
}

static void load(struct fake *f, const char *bytes)
{
	enter(f, MIG2_RESUMING);
	move(f, MIG_WRITE, bytes);
	leave(f);
}

static void log_call(struct fake *f, u32 feature, s64 ret)
{
	struct {
		struct uapi_feature head;
		u8 payload[32];
	} arg = { { sizeof(arg), feature }, { 0 } };

	fake_ioctl(f, 0, UAPI_DEVICE_FEATURE, &arg, &arg, sizeof(arg), ret);
}

static void log_start(struct fake *f)
{
	log_call(f, MIG2_FEATURE_LOG_START | UAPI_FEATURE_SET, 0);
}

static void log_report(struct fake *f, s64 ret)
{
	log_call(f, MIG2_FEATURE_LOG_REPORT | UAPI_FEATURE_GET, ret);
}

static void log_stop(struct fake *f)
{
	log_call(f, MIG2_FEATURE_LOG_STOP | UAPI_FEATURE_SET, 0);
}

static void both(struct world *w, void (*set_one)(struct fake *f, u32 state),
		 u32 state)
{
	set_one(&w->f[0], state);
	set_one(&w->f[1], state);
}

/* Both are being saved, and quiet. */
static void quiesce(struct world *w)
{
	both(w, enter, MIG2_PRE_COPY);
	both(w, set, MIG2_PRE_COPY_P2P);
}

/* ---- one device --------------------------------------------------------------------- */

static void saves(struct world *w)
{
	save(&w->f[0]);
}

static void leaves_fd_open(struct world *w)
{
	enter(&w->f[0], MIG2_STOP_COPY);
	set(&w->f[0], MIG2_STOP);
}

static void looks_after_refusal(struct world *w)
{
	set_with(&w->f[0], MIG2_STOP_COPY, -1, -EIO);
	get(&w->f[0], MIG2_STOP);
	set(&w->f[0], MIG2_RUNNING);
}

static void tries_again_blindly(struct world *w)
{
	set_with(&w->f[0], MIG2_STOP_COPY, -1, -EIO);
	set(&w->f[0], MIG2_RUNNING);
}

static void saves_and_restores(struct world *w)
{
	save(&w->f[0]);
	load(&w->f[1], "abcdef");
	set(&w->f[1], MIG2_RUNNING);
}

static void loads_in_reverse(struct world *w)
{
	save(&w->f[0]);
	load(&w->f[1], "defabc");
	set(&w->f[1], MIG2_RUNNING);
}

static void keeps_hands_off(struct world *w)
{
	set(&w->f[0], MIG2_RUNNING_P2P);
	fake_pwrite(&w->f[0], FAKE_CONFIG_OFFSET - FAKE_REGION_OFFSET, 4, 1, 4);
	set(&w->f[0], MIG2_RUNNING);
}

static void touches_in_p2p(struct world *w)
{
	set(&w->f[0], MIG2_RUNNING_P2P);
	fake_pwrite(&w->f[0], BAR - FAKE_REGION_OFFSET, 4, 1, 4);
}

static void restarts_the_log(struct world *w)
{
	log_start(&w->f[0]);
	log_report(&w->f[0], -EIO);
	log_stop(&w->f[0]);
	log_start(&w->f[0]);
}

static void reports_on(struct world *w)
{
	log_start(&w->f[0]);
	log_report(&w->f[0], -EIO);
	log_report(&w->f[0], 0);
}

static void switch_with(struct world *w, u64 initial)
{
	struct mig2_precopy_info in = { .argsz = sizeof(in) }, out = in;

	out.initial_bytes = initial;
	fake_feature(&w->f[0], MIG2_FEATURE_PRECOPY_INFO2 | UAPI_FEATURE_SET, 0,
		     0, 0);
	enter(&w->f[0], MIG2_PRE_COPY);
	fake_ioctl(&w->f[0], 1, UAPI_MIG_GET_PRECOPY_INFO, &in, &out, sizeof(in),
		   0);
	set(&w->f[0], MIG2_STOP_COPY);
	leave(&w->f[0]);
}

static void waits_for_initial(struct world *w)
{
	switch_with(w, 0);
}

static void does_not_wait(struct world *w)
{
	switch_with(w, 4096);
}

static void brackets_the_copy(struct world *w)
{
	log_start(&w->f[0]);
	log_report(&w->f[0], 0);
	enter(&w->f[0], MIG2_STOP_COPY);
	log_report(&w->f[0], 0);
	log_stop(&w->f[0]);
	leave(&w->f[0]);
}

static void reports_too_early(struct world *w)
{
	log_start(&w->f[0]);
	log_report(&w->f[0], 0);
	enter(&w->f[0], MIG2_STOP_COPY);
	log_stop(&w->f[0]);
	leave(&w->f[0]);
}

/* ---- two devices -------------------------------------------------------------------- */

static void saves_both(struct world *w)
{
	quiesce(w);
	both(w, set, MIG2_STOP_COPY);
	both(w, set, MIG2_STOP);
	leave(&w->f[0]);
	leave(&w->f[1]);
}

static void stops_one_early(struct world *w)
{
	both(w, enter, MIG2_PRE_COPY);
	set(&w->f[0], MIG2_STOP_COPY);
}

static void saves_one_by_one(struct world *w)
{
	save(&w->f[0]);
	save(&w->f[1]);
}

static void saves_without_p2p(struct world *w)
{
	int i;

	for (i = 0; i < 2; i++) {
		fake_op(&w->f[i], MIG_CLOSE);
		w->f[i].caps = MIG2_CAP_STOP_COPY;
		fake_op(&w->f[i], MIG_OPEN);
	}
	both(w, enter, MIG2_STOP_COPY);
}

static void load_both(struct world *w)
{
	load(&w->f[0], "abcdef");
	load(&w->f[1], "abcdef");
}

static void starts_both(struct world *w)
{
	load_both(w);
	both(w, set, MIG2_RUNNING_P2P);
	both(w, set, MIG2_RUNNING);
}

static void starts_one_by_one(struct world *w)
{
	load_both(w);
	both(w, set, MIG2_STOP);
	both(w, set, MIG2_RUNNING);
}

static void starts_one_early(struct world *w)
{
	load_both(w);
	set(&w->f[0], MIG2_RUNNING);
}

static void rolls_back(struct world *w)
{
	quiesce(w);
	both(w, set, MIG2_STOP_COPY);
	both(w, set, MIG2_STOP);
	both(w, set, MIG2_RUNNING_P2P);
	both(w, set, MIG2_RUNNING);
	leave(&w->f[0]);
	leave(&w->f[1]);
}

static void rolls_back_at_once(struct world *w)
{
	quiesce(w);
	both(w, set, MIG2_STOP_COPY);
	both(w, set, MIG2_RUNNING);
}

const struct lint_story lint_v2_stories[] = {
	{ V2_USER_FILLS_THE_IOCTL, saves, leaves_fd_open },
	{ V2_USER_TOLERATES_UNKNOWN_STATES, looks_after_refusal,
	  tries_again_blindly },
	{ V2_USER_KEEPS_STREAM_ORDER, saves_and_restores, loads_in_reverse },
	{ V2_USER_KEEPS_HANDS_OFF_IN_P2P, keeps_hands_off, touches_in_p2p },
	{ V2_USER_TREATS_ERROR_AS_ALL_DIRTY, restarts_the_log, reports_on },
	{ V2_USER_WAITS_FOR_NEW_INITIAL_DATA, waits_for_initial, does_not_wait },
	{ V2_USER_QUIESCES_ALL_BEFORE_STOPPING, saves_both, stops_one_early },
	{ V2_USER_QUIESCES_ALL_BEFORE_STOPPING, saves_both, saves_one_by_one },
	{ V2_USER_SERIALISES_WHEN_QUIET, saves_both, stops_one_early },
	{ V2_USER_NEEDS_P2P_FOR_SETS, saves_both, saves_without_p2p },
	{ V2_USER_BRACKETS_COPY_WITH_LOG, brackets_the_copy, reports_too_early },
	{ V2_USER_STARTS_IN_REVERSE, starts_both, starts_one_by_one },
	{ V2_USER_LOADS_ALL_BEFORE_START, starts_both, starts_one_early },
	{ V2_USER_ROLLS_BACK_IN_ORDER, rolls_back, rolls_back_at_once },
};

const u32 lint_v2_story_count = ARRAY_SIZE(lint_v2_stories);
