// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "v2.h"

enum {
	V2_SET_TRIES = 16,  /* signals that a SET may be interrupted by */
	V2_RESET_TRIES = 3, /* of a device that is busy */
	V2_RESET_PAUSE_MS = 10,
};

int v2_open(struct mig_dev *dev, struct v2 *ret_v2)
{
	struct mig2_migration payload = { 0 };
	int ret;

	ret = mig_feature(dev, MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET,
			  &payload, sizeof(payload));
	if (ret)
		return ret;
	*ret_v2 = (struct v2){ .dev = dev, .caps = payload.flags };
	return 0;
}

bool v2_has_state(const struct v2 *v2, u32 state)
{
	static const u64 needs[MIG2_STATES] = {
		[MIG2_STOP] = MIG2_CAP_STOP_COPY,
		[MIG2_RUNNING] = MIG2_CAP_STOP_COPY,
		[MIG2_STOP_COPY] = MIG2_CAP_STOP_COPY,
		[MIG2_RESUMING] = MIG2_CAP_STOP_COPY,
		[MIG2_RUNNING_P2P] = MIG2_CAP_STOP_COPY | MIG2_CAP_P2P,
		[MIG2_PRE_COPY] = MIG2_CAP_STOP_COPY | MIG2_CAP_PRE_COPY,
		[MIG2_PRE_COPY_P2P] = MIG2_CAP_STOP_COPY | MIG2_CAP_P2P |
				      MIG2_CAP_PRE_COPY,
	};

	return state < MIG2_STATES && needs[state] &&
	       (v2->caps & needs[state]) == needs[state];
}

int v2_state(struct v2 *v2, u32 *ret_state)
{
	struct mig2_device_state payload = { 0 };
	int ret;

	ret = mig_feature(v2->dev, MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET,
			  &payload, sizeof(payload));
	if (!ret)
		*ret_state = payload.device_state;
	return ret;
}

int v2_set_raw(struct v2 *v2, u32 state, s32 *ret_fd)
{
	struct mig2_device_state payload = {
		.device_state = state,
		.data_fd = V2_FD_UNTOUCHED,
	};
	int ret;

	ret = mig_feature(v2->dev, MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_SET,
			  &payload, sizeof(payload));
	*ret_fd = payload.data_fd;
	return ret;
}

int v2_set(struct v2 *v2, u32 state, struct mig_file **ret_data)
{
	struct mig_file *data = NULL;
	int i, ret;
	s32 fd;

	for (i = 0; i < V2_SET_TRIES; i++) {
		ret = v2_set_raw(v2, state, &fd);
		if (ret != -EINTR)
			break;
	}
	if (!ret && fd >= 0)
		ret = mig_session(v2->dev, fd, &data);
	if (ret)
		return ret;
	if (ret_data)
		*ret_data = data;
	else
		mig_file_close(data);
	return 0;
}

int v2_data_size(struct v2 *v2, u64 *ret_length)
{
	struct mig2_data_size payload = { 0 };
	int ret;

	ret = mig_feature(v2->dev, MIG2_FEATURE_DATA_SIZE | UAPI_FEATURE_GET,
			  &payload, sizeof(payload));
	if (!ret)
		*ret_length = payload.stop_copy_length;
	return ret;
}

int v2_precopy_info(struct mig_file *data, struct mig2_precopy_info *ret_info)
{
	struct mig2_precopy_info info = { .argsz = sizeof(info) };
	int ret;

	ret = mig_ioctl(data, UAPI_MIG_GET_PRECOPY_INFO, &info);
	if (!ret)
		*ret_info = info;
	return ret;
}

static int v2_require(struct v2 *v2, u32 state)
{
	u32 now;
	int ret;

	ret = v2_state(v2, &now);
	if (ret)
		return ret;
	return now == state ? 0 : -EPROTO;
}

int v2_reset(struct v2 *v2)
{
	return mig_reset(v2->dev);
}

/* To RUNNING by reset, which may be refused for the moment. */
static int v2_restart(struct v2 *v2)
{
	int i, ret;

	for (i = 0; i < V2_RESET_TRIES; i++) {
		ret = v2_reset(v2);
		if (ret != -EAGAIN && ret != -EBUSY && ret != -EINTR)
			break;
		mig_idle(v2->dev, V2_RESET_PAUSE_MS);
	}
	return ret ? ret : v2_require(v2, MIG2_RUNNING);
}

/*
 * A device that refuses may have kept its state, gone back, or failed: what it
 * says now decides what can still be tried.
 */
static int v2_detour(struct v2 *v2, int refusal, u32 state,
		     struct mig_file **ret_data)
{
	static const u32 waypoints[] = { MIG2_RUNNING, MIG2_STOP };
	u32 now;
	size_t i;
	int ret;

	ret = v2_state(v2, &now);
	if (ret)
		return ret;
	if (now == MIG2_ERROR || now == MIG2_RESUMING) {
		ret = v2_restart(v2);
		return ret ? ret : v2_set(v2, state, ret_data);
	}
	for (i = 0; i < ARRAY_SIZE(waypoints); i++) {
		if (waypoints[i] != state && !v2_set(v2, waypoints[i], NULL) &&
		    !v2_set(v2, state, ret_data))
			return 0;
		/* A failed SET may have left any state of its path. */
		ret = v2_state(v2, &now);
		if (ret)
			return ret;
	}
	return refusal;
}

int v2_go(struct v2 *v2, u32 state, struct mig_file **ret_data)
{
	struct mig_file *data = NULL;
	u32 now;
	int ret;

	if (!v2_has_state(v2, state))
		return -EINVAL;
	ret = v2_state(v2, &now);
	if (ret)
		return ret;
	/* SET is never tried from ERROR: kernels warn about the user. */
	if (now != MIG2_ERROR)
		ret = v2_set(v2, state, &data);
	if (now == MIG2_ERROR || ret)
		ret = v2_detour(v2, ret, state, &data);
	if (ret)
		return ret;
	if (ret_data)
		*ret_data = data;
	else
		mig_file_close(data);
	return 0;
}

int v2_recover(struct v2 *v2)
{
	if (!v2_go(v2, MIG2_RUNNING, NULL) && !v2_require(v2, MIG2_RUNNING))
		return 0;
	return v2_restart(v2);
}

const char *v2_state_name(u32 state)
{
	static const char *const names[MIG2_STATES] = {
		[MIG2_ERROR] = "ERROR",
		[MIG2_STOP] = "STOP",
		[MIG2_RUNNING] = "RUNNING",
		[MIG2_STOP_COPY] = "STOP_COPY",
		[MIG2_RESUMING] = "RESUMING",
		[MIG2_RUNNING_P2P] = "RUNNING_P2P",
		[MIG2_PRE_COPY] = "PRE_COPY",
		[MIG2_PRE_COPY_P2P] = "PRE_COPY_P2P",
	};

	return state < MIG2_STATES ? names[state] : "?";
}
