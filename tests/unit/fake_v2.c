// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "fake_v2.h"

static u64 pack(u32 state, s32 fd)
{
	struct mig2_device_state s = { state, fd };
	u64 value;

	memcpy(&value, &s, sizeof(value));
	return value;
}

void fake_set(struct fake *f, u32 to, s64 ret, s32 fd, u32 left)
{
	f->state = left;
	fake_feature(f, MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_SET,
		     pack(to, FAKE_FD_UNTOUCHED), pack(to, fd), ret);
}

void fake_enter(struct fake *f, u32 to)
{
	fake_set(f, to, 0, FAKE_FD, to);
	f->dev.sessions++;
}

void fake_go(struct fake *f, u32 to)
{
	fake_set(f, to, 0, FAKE_FD_NONE, to);
}

void fake_get(struct fake *f, s64 ret, u32 state, s32 fd)
{
	fake_feature(f, MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET,
		     pack(0, FAKE_FD_UNTOUCHED), pack(state, fd), ret);
}

void fake_tell_caps(struct fake *f, u64 caps)
{
	fake_feature(f, MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET, 0, caps, 0);
}

void fake_tell_size(struct fake *f, u64 size)
{
	fake_feature(f, MIG2_FEATURE_DATA_SIZE | UAPI_FEATURE_GET, 0, size, 0);
}

void fake_opt_in(struct fake *f)
{
	fake_feature(f, MIG2_FEATURE_PRECOPY_INFO2 | UAPI_FEATURE_SET, 0, 0, 0);
}

void fake_info_with(struct fake *f, u32 session, u32 argsz, u32 flags_in,
		    struct mig2_precopy_info out, s64 ret)
{
	struct mig2_precopy_info in = { .argsz = argsz, .flags = flags_in };

	out.argsz = argsz;
	fake_ioctl(f, session, UAPI_MIG_GET_PRECOPY_INFO, &in, &out,
		   sizeof(in), ret);
}

void fake_info(struct fake *f, u32 session, u64 initial, u64 dirty)
{
	struct mig2_precopy_info out = { .initial_bytes = initial,
					 .dirty_bytes = dirty };

	fake_info_with(f, session, sizeof(out), 0, out, 0);
}

void fake_info_fails(struct fake *f, u32 session, s64 ret)
{
	struct mig2_precopy_info out = { 0 };

	fake_info_with(f, session, sizeof(out), 0, out, ret);
}
