/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device before and after the suite: what it offers, and bringing it back to
 * RUNNING. Both open it, in a child with a deadline, since a broken device may
 * hold its caller.
 */
#ifndef MIGCHECK_RUN_DEVICE_H
#define MIGCHECK_RUN_DEVICE_H

#include "../types.h"

/* In device.features beside the bits of its generation: it logs what it writes. */
#define DEVICE_LOGS (1ull << 32)

struct device {
	char uri[256];
	int error;	  /* of opening it, -errno, or 0 */
	int generation;	  /* 0: opened, but offers no migration */
	u32 caps;	  /* enum mig_cap of its carrier */
	u64 features;	  /* v2: MIG2_CAP_*; v1: 1 where data can be mapped;
			   * DEVICE_LOGS */
	char driver[64];
	char driver_version[64]; /* of its module, "" where that has none */
	char state[24];	  /* after restoring: "RUNNING", or what it is in */
	char message[256]; /* one line on what is wrong, or "" */
};

/*
 * Opens the device and asks what it offers. Answers in *@ret_device, always;
 * @ret_device->error tells, -ETIMEDOUT where it did not answer.
 */
void device_probe(const char *uri, struct device *ret_device);

/* The same, after a reset and the command of settle.h: that must end well. */
void device_settle(const char *uri, const char *command,
		   struct device *ret_device);

/* The same as the first, and brings the device to RUNNING. error: why that failed. */
void device_restore(const char *uri, struct device *ret_device);

/* What a person can do about @device->error; "" where nothing is known. */
const char *device_advice(const struct device *device);

/* How long a call may take, in seconds: 30, 5 where it is emulated; $MIGCHECK_DEADLINE wins. */
u32 device_deadline(const char *uri);

/* Calls @visit for each name of a capability that @device offers. */
void device_features(const struct device *device,
		     void (*visit)(void *ctx, const char *name), void *ctx);

/* Calls @visit for each VFIO device of this machine. */
struct mig_found;
void device_list(void (*visit)(void *ctx, const struct mig_found *found),
		 void *ctx);

#endif
