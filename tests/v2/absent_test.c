// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that cannot migrate promises to say so, and is a device all the
 * same: it can be reset.
 */
#include "common.h"

BENCH_FIXTURE(v2_absent, 0, NEED_NOTHING)

static const u32 features[] = { MIG2_FEATURE_MIGRATION,
				MIG2_FEATURE_DEVICE_STATE,
				MIG2_FEATURE_DATA_SIZE };

static const struct {
	u32 method;
	const char *name;
} methods[] = {
	{ UAPI_FEATURE_PROBE, "a probe" },
	{ UAPI_FEATURE_GET, "GET" },
	{ UAPI_FEATURE_SET, "SET" },
};

/* All of migration is unknown, however it is asked for. */
TEST_F(v2_absent, all_of_migration_is_enotty)
{
	u64 payload;
	size_t i, k;
	int ret;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		for (k = 0; k < ARRAY_SIZE(methods); k++) {
			payload = MIG2_RUNNING;
			ret = mig_feature(self->dev, features[i] | methods[k].method,
					  &payload, sizeof(payload));
			EXPECT_REQ(V2_NO_MIGRATION_IS_ENOTTY, ret == -ENOTTY,
				   "%s of feature %u: %s", methods[k].name,
				   features[i], common_errno(ret));
		}
	}
}

/* Reset does not depend on what only migration needs. */
TEST_F(v2_absent, reset_works)
{
	struct uapi_device_info info = { .argsz = sizeof(info) };
	int i, ret = -EIO;

	ROAD(mig_device_info(self->dev, &info));
	if (!(info.flags & UAPI_DEVICE_FLAGS_RESET))
		NOT_OFFERED("reset");
	for (i = 0; ret && i < COMMON_TRIES; i++)
		ret = mig_reset(self->dev);
	EXPECT_REQ(V2_RESET_IS_OFFERED, !ret,
		   "reset of a device that cannot migrate: %s",
		   common_errno(ret));
}

EXPECT_MAIN
