// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../environment.h"
#include "../mig.h"
#include "../settle.h"
#include "../transport/transport.h"
#include "../v1.h"
#include "../v2.h"
#include "child.h"
#include "device.h"

enum { DEADLINE_MS = 30000, SETTLE_MS = 15000, EMULATED_S = 5 };

/* Shared with the child. */
struct request {
	struct device device;
	bool restore, answered;
	char settle[1024]; /* command, or "" */
};

static const struct {
	int generation;
	u64 bit;
	const char *name;
} features[] = {
	{ 1, 1, "mmap" },
	{ 2, MIG2_CAP_STOP_COPY, "stop-copy" },
	{ 2, MIG2_CAP_P2P, "p2p" },
	{ 2, MIG2_CAP_PRE_COPY, "pre-copy" },
	{ 1, DEVICE_LOGS, "dirty-logging" },
	{ 2, DEVICE_LOGS, "dirty-logging" },
};

static const struct {
	int error;
	const char *advice;
} advices[] = {
	{ -EACCES, "run as root, or give yourself the device's file in /dev/vfio" },
	{ -EPERM, "run as root, or raise the limit of locked memory (ulimit -l)" },
	{ -EBUSY, "another process has it open: stop it, or choose another device" },
	{ -ENODEV, "bind it to its VFIO driver; migcheck list shows what is there" },
	{ -ENOENT, "bind it to its VFIO driver; migcheck list shows what is there" },
	{ -ETIMEDOUT, "the driver does not answer; the kernel log may say why" },
};

static void name_driver(void *ctx, const struct mig_found *found)
{
	struct device *device = ctx;
	size_t len = strcspn(device->uri, "?"); /* behind it: the way to it */

	if (strlen(found->uri) == len && !strncmp(found->uri, device->uri, len))
		snprintf(device->driver, sizeof(device->driver), "%s",
			 found->driver);
}

static void find_version(struct device *device)
{
	char path[128], *p;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%s/version", device->driver);
	for (p = path; *p; p++)
		*p = *p == '-' ? '_' : *p; /* modules have no dashes */
	file = device->driver[0] ? fopen(path, "re") : NULL;
	if (!file)
		return;
	if (fgets(device->driver_version, sizeof(device->driver_version), file))
		device->driver_version[strcspn(device->driver_version, "\n")] =
			'\0';
	fclose(file);
}

static void find_driver(struct device *device)
{
	snprintf(device->driver, sizeof(device->driver), "%s",
		 strncmp(device->uri, "emu:", 4) ? "" : "refdev");
	device_list(name_driver, device);
	find_version(device);
}

/* ---- in the child --------------------------------------------------------- */

static int use_v1(struct mig_dev *dev, struct request *r)
{
	struct device *device = &r->device;
	u32 state = MIG1_ERROR;
	struct v1 v1;
	int err = v1_open(dev, &v1);

	if (err)
		return err;
	device->generation = 1;
	device->features = v1.region.nr_areas > 0;
	if (dev->caps & MIG_CAP_CONTAINER_LOG)
		device->features |= DEVICE_LOGS;
	if (r->restore)
		device->error = v1_recover(&v1);
	v1_state(&v1, &state);
	snprintf(device->state, sizeof(device->state), "%s",
		 v1_state_name(state));
	v1_close(&v1);
	return 0;
}

static int use_v2(struct mig_dev *dev, struct request *r)
{
	struct device *device = &r->device;
	u32 state = MIG2_ERROR;
	struct v2 v2;
	int err = v2_open(dev, &v2);

	if (err)
		return err;
	device->generation = 2;
	device->features = (u32)v2.caps;
	if (!mig_feature(dev, MIG2_FEATURE_LOG_START | UAPI_FEATURE_PROBE, NULL,
			 0))
		device->features |= DEVICE_LOGS;
	if (r->restore)
		device->error = v2_recover(&v2);
	v2_state(&v2, &state);
	snprintf(device->state, sizeof(device->state), "%s",
		 v2_state_name(state));
	return 0;
}

static int settle(struct mig_dev *dev, struct request *r)
{
	char words[200];
	int err;

	if (!r->settle[0])
		return 0;
	mig_reset(dev);
	err = settle_run(r->settle, r->device.uri, SETTLE_MS, words,
			 sizeof(words));
	if (err)
		snprintf(r->device.message, sizeof(r->device.message),
			 "the command to settle the device %s", words);
	return err;
}

static void use_device(struct mig_context *ctx, struct request *r)
{
	struct device *device = &r->device;
	struct mig_dev *dev;

	device->error = mig_open(ctx, device->uri, &dev);
	if (device->error) {
		snprintf(device->message, sizeof(device->message), "%s",
			 mig_open_error(ctx));
		return;
	}
	device->caps = dev->caps;
	find_driver(device);
	device->error = settle(dev, r);
	if (!device->error && use_v2(dev, r))
		use_v1(dev, r);
	if (mig_lost(ctx)) {
		device->error = mig_lost(ctx);
		snprintf(device->message, sizeof(device->message),
			 "its server went away while it was asked what it offers: %s",
			 strerror(-device->error));
	}
	mig_close(dev);
}

static int work(void *arg, int out)
{
	struct request *r = arg;
	struct mig_context *ctx;
	int err = mig_context_create(&ctx);

	(void)out;
	if (err) {
		r->device.error = err;
	} else {
		use_device(ctx, r);
		mig_context_destroy(ctx);
	}
	r->answered = true;
	return 0;
}

/* ---- in the tool ---------------------------------------------------------- */

static void explain_end(struct device *device, const struct child_result *result)
{
	bool late = result->end == CHILD_TIMEOUT ||
		    result->end == CHILD_ABANDONED;

	device->error = late ? -ETIMEDOUT :
			result->end == CHILD_INTERRUPTED ? -EINTR : -EIO;
	device->generation = 0;
	snprintf(device->message, sizeof(device->message), "%s%s",
		 late ? "no answer within 30 seconds" :
			"the process that opened it died",
		 result->end == CHILD_ABANDONED ?
			 "; its process is stuck in the kernel" : "");
}

/* The child shares @r with us. */
static void ask(struct request *r)
{
	struct child_result result;
	struct child child;
	int err = child_start_function(work, r, &child);

	if (err) {
		r->device.error = err;
		return;
	}
	child_wait(&child, DEADLINE_MS, NULL, &result);
	if (!r->answered)
		explain_end(&r->device, &result);
}

static void device_ask(const char *uri, bool restore, const char *settle,
		       struct device *ret_device)
{
	struct request *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	memset(ret_device, 0, sizeof(*ret_device));
	if (r == MAP_FAILED) {
		ret_device->error = -errno;
		return;
	}
	snprintf(r->device.uri, sizeof(r->device.uri), "%s", uri);
	snprintf(r->settle, sizeof(r->settle), "%s", settle);
	r->restore = restore;
	ask(r);
	*ret_device = r->device;
	munmap(r, sizeof(*r));
}

void device_probe(const char *uri, struct device *ret_device)
{
	device_ask(uri, false, "", ret_device);
}

void device_restore(const char *uri, struct device *ret_device)
{
	device_ask(uri, true, "", ret_device);
}

void device_settle(const char *uri, const char *command,
		   struct device *ret_device)
{
	device_ask(uri, false, command, ret_device);
}

const char *device_advice(const struct device *device)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(advices); i++)
		if (advices[i].error == device->error)
			return advices[i].advice;
	return "";
}

u32 device_deadline(const char *uri)
{
	return environment_deadline(strncmp(uri, "emu:", 4) ?
				    ENVIRONMENT_DEADLINE_S : EMULATED_S);
}

void device_features(const struct device *device,
		     void (*visit)(void *ctx, const char *name), void *ctx)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i].generation == device->generation &&
		    features[i].bit & device->features)
			visit(ctx, features[i].name);
}

void device_list(void (*visit)(void *ctx, const struct mig_found *found),
		 void *ctx)
{
	const struct mig_transport *const *transport;

	for (transport = mig_transports; *transport; transport++)
		if ((*transport)->list)
			(*transport)->list(visit, ctx);
}
