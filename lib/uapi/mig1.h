/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Migration protocol v1: the migration region (Linux 5.8 to 5.17, vfio-user
 * 0.9.1). Later headers give the same names other numbers, hence the prefix.
 */
#ifndef MIGCHECK_UAPI_MIG1_H
#define MIGCHECK_UAPI_MIG1_H

#include "base.h"

enum {
	MIG1_REGION_TYPE = 3,
	MIG1_REGION_SUBTYPE = 1,
	MIG1_REGION_CAP_NDMA = 6, /* discussed, never released */
};

/* Bits of device_state, and the states they make. */
enum {
	MIG1_BIT_RUNNING = 1 << 0,
	MIG1_BIT_SAVING = 1 << 1,
	MIG1_BIT_RESUMING = 1 << 2,
	MIG1_STATE_MASK = 7,

	MIG1_STOP = 0,
	MIG1_RUNNING = MIG1_BIT_RUNNING,
	MIG1_STOP_COPY = MIG1_BIT_SAVING,
	MIG1_PRE_COPY = MIG1_BIT_SAVING | MIG1_BIT_RUNNING,
	MIG1_RESUMING = MIG1_BIT_RESUMING,
	MIG1_INVALID_5 = 5,
	MIG1_ERROR = MIG1_BIT_RESUMING | MIG1_BIT_SAVING,
	MIG1_INVALID_7 = 7,
	MIG1_STATES = 8,
};

/* The trapped head of the region; the data section follows somewhere behind. */
struct mig1_header {
	u32 device_state;
	u32 reserved;
	u64 pending_bytes;
	u64 data_offset;
	u64 data_size;
};

enum {
	MIG1_OFF_STATE = 0,
	MIG1_OFF_RESERVED = 4,
	MIG1_OFF_PENDING = 8,
	MIG1_OFF_OFFSET = 16,
	MIG1_OFF_SIZE = 24,
	MIG1_HEADER_SIZE = 32,
};

#endif
