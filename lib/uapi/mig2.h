/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Migration protocol v2: device features and data_fd (Linux 5.18 and later).
 */
#ifndef MIGCHECK_UAPI_MIG2_H
#define MIGCHECK_UAPI_MIG2_H

#include "base.h"

enum {
	MIG2_FEATURE_MIGRATION = 1,
	MIG2_FEATURE_DEVICE_STATE = 2,
	MIG2_FEATURE_LOG_START = 6,
	MIG2_FEATURE_LOG_STOP = 7,
	MIG2_FEATURE_LOG_REPORT = 8,
	MIG2_FEATURE_DATA_SIZE = 9,
	MIG2_FEATURE_PRECOPY_INFO2 = 12,
};

/* Capability flags of MIG2_FEATURE_MIGRATION. */
enum {
	MIG2_CAP_STOP_COPY = 1 << 0,
	MIG2_CAP_P2P = 1 << 1,
	MIG2_CAP_PRE_COPY = 1 << 2,
	MIG2_CAP_KNOWN = 7,
};

enum mig2_state {
	MIG2_ERROR = 0,
	MIG2_STOP = 1,
	MIG2_RUNNING = 2,
	MIG2_STOP_COPY = 3,
	MIG2_RESUMING = 4,
	MIG2_RUNNING_P2P = 5,
	MIG2_PRE_COPY = 6,
	MIG2_PRE_COPY_P2P = 7,
	MIG2_STATES = 8,
};

struct mig2_migration {
	u64 flags;
};

struct mig2_device_state {
	u32 device_state;
	s32 data_fd;
};

struct mig2_data_size {
	u64 stop_copy_length;
};

struct mig2_log_range {
	u64 iova;
	u64 length;
};

struct mig2_log_start {
	u64 page_size; /* asked for, then the one in use */
	u32 num_ranges;
	u32 reserved;
	u64 ranges; /* user pointer to struct mig2_log_range[] */
};

struct mig2_log_report {
	u64 iova;
	u64 length;
	u64 page_size;
	u64 bitmap; /* user pointer to u64[] */
};

enum { MIG2_PRECOPY_REINIT = 1 << 0 };

struct mig2_precopy_info {
	u32 argsz;
	u32 flags;
	u64 initial_bytes;
	u64 dirty_bytes;
};

#endif
