// SPDX-License-Identifier: GPL-2.0-only
/* What moves through v2 data sessions, and what pre-copy tells of them. */
#include <errno.h>
#include <string.h>

#include "../v2.h"
#include "judge_v2_internal.h"

/* What a call on a data session is made on. */
struct use {
	struct judge *judge;
	struct judge_v2_model *m;
	const struct mig_call *call;
	bool dead;    /* surely over, and then: */
	enum req rule; /* what data that moves would break */
	bool live;    /* surely the one session there is */
};

static bool use_of(struct judge *judge, struct judge_v2_model *m,
		   const struct mig_call *call, struct use *ret_use)
{
	struct judge_v2_open *open;
	struct use use = { .judge = judge, .m = m, .call = call,
			   .rule = V2_DATA_FD_DIES_WITH_SESSION };

	if (!m->speaks || !call->session)
		return false;
	open = judge_v2_open_of(m, call->dev);
	if (!open)
		return false;
	if (call->session <= open->dead) {
		use.dead = true;
		if (call->session > open->dead_before)
			use.rule = open->rule;
	} else if (m->session_known && m->session == FSM_NO_SESSION) {
		use.dead = true;
	} else {
		/* Another number could be of an fd kept from before. */
		use.live = m->session_known &&
			   call->session == open->dead + 1 &&
			   call->session == call->dev->sessions;
		m->handled = true;
	}
	*ret_use = use;
	return true;
}

static void hold_dead(const struct use *use, const char *verb)
{
	judge_hold(use->judge, use->rule, use->call->ret <= 0,
		   "end of stream, or an error",
		   "%s %lld bytes on a session that is over", verb,
		   (long long)use->call->ret);
}

/* A read in STOP_COPY on a session not known to be over. */
static void read_stopped(const struct use *use)
{
	s64 ret = use->call->ret;

	if (judge_v2_has_ended(use->m, use->call->dev, use->call->session)) {
		if (ret >= 0)
			judge_hold(use->judge, V2_END_OF_STREAM_IS_PERMANENT,
				   ret == 0, "0",
				   "%lld bytes after a read had returned 0",
				   (long long)ret);
	} else if (ret == 0 && use->call->len) {
		judge_v2_note_end(use->m, use->call->dev, use->call->session);
	}
	if (use->live && (ret >= 0 || ret == -ENOMSG))
		judge_hold(use->judge, V2_NO_ENOMSG_IN_STOP_COPY,
			   ret != -ENOMSG, "data or 0", "ENOMSG in STOP_COPY");
}

void judge_v2_read(struct judge *judge, struct judge_model *base,
		   const struct mig_call *call)
{
	struct use use;

	if (!use_of(judge, judge_v2_model(base), call, &use))
		return;
	if (use.dead)
		hold_dead(&use, "read");
	else if (use.m->state == MIG2_STOP_COPY)
		read_stopped(&use);
}

/* Errors that say nothing about the data. */
static bool is_passing(s64 ret)
{
	static const int passing[] = {
		EAGAIN, EINTR, EFAULT, ENODEV, EBADF, EIO, EBUSY, ETIMEDOUT,
		ENOMEM, ENOSPC, EFBIG,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(passing); i++)
		if (ret == -passing[i])
			return true;
	return false;
}

void judge_v2_write(struct judge *judge, struct judge_model *base,
		    const struct mig_call *call)
{
	struct use use;

	if (!use_of(judge, judge_v2_model(base), call, &use))
		return;
	if (use.dead) {
		hold_dead(&use, "wrote");
		judge_hold(judge, V2_RESUMING_FD_DIES_WITH_SESSION,
			   call->ret <= 0, "an error",
			   "wrote %lld bytes on a session that is over",
			   (long long)call->ret);
		return;
	}
	/* A write that failed may have left something all the same. */
	if (call->ret)
		use.m->written = true;
	if (call->ret < 0 && use.live && !is_passing(call->ret) &&
		 use.m->state == MIG2_RESUMING)
		use.m->poisoned = true;
}

void judge_v2_session_close(struct judge *judge, struct judge_model *base,
			    const struct mig_call *call)
{
	struct judge_v2_model *m = judge_v2_model(base);
	struct use use;

	if (!use_of(judge, m, call, &use))
		return;
	judge_v2_forget_ends(m, call->dev, call->session);
	judge_v2_blame(judge, m, V2_DATA_FD_MAY_BE_CLOSED_EARLY,
		       "its data_fd was closed");
	judge_v2_look(judge, m, call->dev);
}

static bool is_precopy(u32 state)
{
	return state == MIG2_PRE_COPY || state == MIG2_PRE_COPY_P2P;
}

static void hold_flags(const struct use *use, u32 in, u32 out)
{
	u32 other = out & ~(u32)MIG2_PRECOPY_REINIT;

	if (!use->m->opt_known)
		return;
	if (!use->m->opted_in) {
		/* What goes in not zero may come back. */
		if (!in)
			judge_hold(use->judge, V2_NO_REINIT_WITHOUT_OPT_IN, !out,
				   "0", "flags 0x%x without opt-in", out);
		return;
	}
	if (in & ~(u32)MIG2_PRECOPY_REINIT)
		judge_hold(use->judge, V2_INFO2_FLAGS_ARE_OUTPUT, !(other & in),
			   "no bit but REINIT", "flags 0x%x for an input of 0x%x",
			   out, in);
	/* A newer kernel may define more bits. */
	if (other & ~in)
		judge_tell(use->judge, V2_INFO2_RESERVED_BITS_ARE_ZERO,
			   REPORT_LAPSE, "no bit but REINIT", "flags 0x%x", out);
	else if (!other)
		judge_held(use->judge, V2_INFO2_RESERVED_BITS_ARE_ZERO);
}

static void hold_counters(const struct use *use,
			  const struct mig2_precopy_info *info)
{
	struct judge_v2_model *m = use->m;
	bool restarts = m->opted_in && (info->flags & MIG2_PRECOPY_REINIT);

	if (restarts)
		judge_hold(use->judge, V2_REINIT_RESTARTS_COUNTERS,
			   info->dirty_bytes == 0, "dirty_bytes 0",
			   "dirty_bytes %llu together with REINIT",
			   (unsigned long long)info->dirty_bytes);
	/* The first image of a session begun in PRE_COPY_P2P may come late. */
	else if (use->live && m->info_known && m->opt_known && !m->began_p2p)
		judge_hold(use->judge, V2_INITIAL_BYTES_FALL_BY_READING,
			   info->initial_bytes <= m->initial_bytes,
			   "a value that does not rise",
			   "initial_bytes %llu, was %llu, without REINIT",
			   (unsigned long long)info->initial_bytes,
			   (unsigned long long)m->initial_bytes);
	m->info_known = use->live;
	m->initial_bytes = info->initial_bytes;
}

static void info_given(const struct use *use, u32 argsz,
		       u32 flags)
{
	struct mig2_precopy_info info;

	judge_hold(use->judge, V2_PRECOPY_INFO_ARGSZ, argsz >= sizeof(info),
		   "EINVAL", "success with an argsz of %u", argsz);
	if (use->dead || use->m->state != JUDGE_V2_UNKNOWN)
		judge_hold(use->judge, V2_PRECOPY_INFO_ONLY_IN_PRE_COPY,
			   !use->dead && is_precopy(use->m->state),
			   "EINVAL, or ENODEV from a session that is over",
			   "success in %s%s",
			   use->m->state == JUDGE_V2_UNKNOWN ? "?" :
			   v2_state_name(use->m->state),
			   use->dead ? ", on a session that is over" : "");
	if (use->dead || argsz < sizeof(info) || use->call->out_len < sizeof(info))
		return;
	memcpy(&info, use->call->out, sizeof(info));
	hold_flags(use, flags, info.flags);
	hold_counters(use, &info);
}

static void info_refused(const struct use *use, u32 argsz, u32 flags)
{
	bool due = use->live && is_precopy(use->m->state) &&
		   use->m->session == FSM_SAVING;

	if (use->dead || (use->m->state != JUDGE_V2_UNKNOWN &&
			  !is_precopy(use->m->state))) {
		judge_held(use->judge, V2_PRECOPY_INFO_ONLY_IN_PRE_COPY);
		return;
	}
	if (!due || argsz < sizeof(struct mig2_precopy_info))
		return;
	if (use->call->ret == -ENOTTY)
		judge_hold(use->judge, V2_PRECOPY_INFO_IS_MANDATORY, false,
			   "success", "ENOTTY in %s",
			   v2_state_name(use->m->state));
	else if (use->call->ret == -EINVAL && !flags)
		judge_hold(use->judge, V2_PRECOPY_INFO_ONLY_IN_PRE_COPY, false,
			   "success", "EINVAL in %s",
			   v2_state_name(use->m->state));
}

void judge_v2_precopy_info(struct judge *judge, struct judge_v2_model *m,
			   const struct mig_call *call)
{
	struct use use;
	u32 head[2] = { 0, 0 }; /* argsz, flags */

	if (call->blind || call->in_len < sizeof(head[0]) ||
	    !use_of(judge, m, call, &use))
		return;
	memcpy(head, call->in, call->in_len < sizeof(head) ? call->in_len :
	       sizeof(head));
	if (call->ret >= 0)
		info_given(&use, head[0], head[1]);
	else
		info_refused(&use, head[0], head[1]);
}
