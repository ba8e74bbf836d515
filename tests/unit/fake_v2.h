/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls of protocol v2, as a fake device answered them. */
#ifndef UNIT_FAKE_V2_H
#define UNIT_FAKE_V2_H

#include "fake.h"

/* Values of data_fd; the first is what every call passes in. */
enum { FAKE_FD_UNTOUCHED = -2, FAKE_FD_NONE = -1, FAKE_FD = 7 };

/* A request for @to that gives @ret and @fd, and leaves @left. */
void fake_set(struct fake *f, u32 to, s64 ret, s32 fd, u32 left);
/* A successful one that opens a session, which the user then wraps. */
void fake_enter(struct fake *f, u32 to);
/* A successful one that opens none. */
void fake_go(struct fake *f, u32 to);
void fake_get(struct fake *f, s64 ret, u32 state, s32 fd);
/* Successful answers. */
void fake_tell_caps(struct fake *f, u64 caps);
void fake_tell_size(struct fake *f, u64 size);
void fake_opt_in(struct fake *f);
/* The pre-copy query on a session. */
void fake_info_with(struct fake *f, u32 session, u32 argsz, u32 flags_in,
		    struct mig2_precopy_info out, s64 ret);
void fake_info(struct fake *f, u32 session, u64 initial, u64 dirty);
void fake_info_fails(struct fake *f, u32 session, s64 ret);

/* The stories of the sessions, for the count of rules that have one. */
extern const struct fake_story fake_sessions[];
extern const struct fake_story fake_sessions_advised[];

#endif
