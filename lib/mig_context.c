// SPDX-License-Identifier: GPL-2.0-only
/* Contexts, the devices opened in them, and their memory. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig_internal.h"

/* ---- contexts --------------------------------------------------------------- */

int mig_context_create(struct mig_context **ret_ctx)
{
	pthread_mutexattr_t attr;
	struct mig_context *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return -ENOMEM;
	/* Recursive: a judge makes calls of its own from within a call. */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&ctx->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	*ret_ctx = ctx;
	return 0;
}

void mig_context_destroy(struct mig_context *ctx)
{
	struct ghost *ghost;
	size_t i;

	if (!ctx)
		return;
	ctx->observers = NULL;
	for (i = 0; i < DEVICES; i++)
		mig_close(ctx->open[i]);
	while ((ghost = ctx->ghosts)) {
		ctx->ghosts = ghost->next;
		free(ghost);
	}
	for (i = 0; i < SPACES; i++)
		if (ctx->spaces[i].space)
			ctx->spaces[i].transport->space_destroy(ctx->spaces[i].space);
	for (i = 0; i < DEVICES; i++)
		free(ctx->known[i]);
	pthread_mutex_destroy(&ctx->lock);
	free(ctx);
}

static int find_lost(struct mig_context *ctx, char *ret_why, size_t size)
{
	int lost = 0;
	size_t i;

	for (i = 0; ctx && i < SPACES && !lost; i++)
		if (ctx->spaces[i].space && ctx->spaces[i].transport->lost)
			lost = ctx->spaces[i].transport->lost(
				ctx->spaces[i].space, ret_why, size);
	return lost;
}

int mig_lost(struct mig_context *ctx)
{
	char why[1];

	return find_lost(ctx, why, sizeof(why));
}

void mig_lost_why(struct mig_context *ctx, char *ret_why, size_t size)
{
	if (!find_lost(ctx, ret_why, size))
		ret_why[0] = '\0';
}

static int space_ensure(struct mig_context *ctx,
			const struct mig_transport *transport)
{
	size_t i;

	if (mig_space(ctx, transport))
		return 0;
	for (i = 0; i < SPACES; i++) {
		if (ctx->spaces[i].transport)
			continue;
		if (transport->space_create(ctx, &ctx->spaces[i].space))
			return -ENOMEM;
		ctx->spaces[i].transport = transport;
		return 0;
	}
	return -ENOSPC;
}

void mig_open_errorf(struct mig_context *ctx, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ctx->error, sizeof(ctx->error), fmt, ap);
	va_end(ap);
}

const char *mig_open_error(struct mig_context *ctx)
{
	return ctx->error;
}

static const struct mig_transport *transport_of(const char *uri,
						const char **ret_address)
{
	const struct mig_transport *const *t;
	size_t n;

	for (t = mig_transports; *t; t++) {
		n = strlen((*t)->scheme);
		if (!strncmp(uri, (*t)->scheme, n) && uri[n] == ':') {
			*ret_address = uri + n + 1;
			return *t;
		}
	}
	return NULL;
}

static int device_number(struct mig_context *ctx, const char *uri)
{
	int i;

	for (i = 0; i < DEVICES && ctx->known[i]; i++)
		if (!strcmp(ctx->known[i], uri))
			return i;
	if (i == DEVICES)
		return -ENOSPC;
	ctx->known[i] = strdup(uri);
	return ctx->known[i] ? i : -ENOMEM;
}

static int device_enter(struct mig_context *ctx, struct mig_dev *dev)
{
	size_t i;

	for (i = 0; i < DEVICES; i++) {
		if (!ctx->open[i]) {
			ctx->open[i] = dev;
			return 0;
		}
	}
	return -ENOSPC;
}

int mig_open(struct mig_context *ctx, const char *uri, struct mig_dev **ret_dev)
{
	const struct mig_transport *transport;
	struct pending_call pc;
	struct mig_dev *dev;
	const char *address;
	int ret, number;

	ctx->error[0] = '\0';
	transport = transport_of(uri, &address);
	if (!transport || strlen(uri) >= sizeof(dev->uri)) {
		mig_open_errorf(ctx, "'%s' is no device: a URI such as vfio:0000:3b:00.2, vfio:UUID or emu:v2 is needed", uri);
		return -EINVAL;
	}
	ret = space_ensure(ctx, transport);
	if (ret)
		return ret;
	number = device_number(ctx, uri);
	if (number < 0)
		return number;
	mig_fault_arm(ctx, transport);
	ret = transport->open(ctx, address, &dev);
	mig_fault_disarm(ctx);
	if (ret)
		return ret;
	dev->ctx = ctx;
	dev->transport = transport;
	dev->index = (u32)number;
	dev->file.dev = dev;
	dev->file.session = 0;
	snprintf(dev->uri, sizeof(dev->uri), "%s", uri);
	ret = device_enter(ctx, dev);
	if (ret) {
		dev->file.ops->close(&dev->file);
		return ret;
	}
	mig_call_begin(&pc, MIG_OPEN, &dev->file);
	mig_call_end(&pc, 0);
	*ret_dev = dev;
	return 0;
}

static int ghost_ioctl(struct mig_file *file, u32 request, void *arg)
{
	(void)file, (void)request, (void)arg;
	return -ENODEV;
}

static ssize_t ghost_pread(struct mig_file *file, void *buf, size_t len, u64 offset)
{
	(void)file, (void)buf, (void)len, (void)offset;
	return -ENODEV;
}

/* Only observers look at it: users have no device any more. */
static const struct mig_file_ops ghost_ops = {
	.ioctl = ghost_ioctl,
	.pread = ghost_pread,
};

/* The sessions of @dev get something to belong to; without memory they do not. */
static void leave_ghost(struct mig_dev *dev)
{
	struct mig_context *ctx = dev->ctx;
	struct ghost *ghost = NULL;
	struct mig_file *file;

	pthread_mutex_lock(&ctx->lock);
	for (file = ctx->sessions; file; file = file->next) {
		if (file->dev != dev)
			continue;
		if (!ghost) {
			ghost = calloc(1, sizeof(*ghost));
			if (!ghost)
				break;
			ghost->dev = *dev;
			ghost->dev.file.ops = &ghost_ops;
			ghost->dev.file.dev = &ghost->dev;
			ghost->dev.file.fd = -1;
			ghost->next = ctx->ghosts;
			ctx->ghosts = ghost;
		}
		file->dev = &ghost->dev;
	}
	pthread_mutex_unlock(&ctx->lock);
}

void mig_close(struct mig_dev *dev)
{
	struct mig_context *ctx;
	struct pending_call pc;
	size_t i;

	if (!dev)
		return;
	ctx = dev->ctx;
	/* Observers see the device while it still can be named. */
	mig_call_begin(&pc, MIG_CLOSE, &dev->file);
	mig_call_end(&pc, 0);
	for (i = 0; i < DEVICES; i++)
		if (ctx->open[i] == dev)
			ctx->open[i] = NULL;
	leave_ghost(dev);
	dev->file.ops->close(&dev->file);
}

int mig_clone(struct mig_dev *dev, struct mig_dev **ret_other)
{
	char uri[sizeof(dev->uri)];
	int ret;

	if (!dev->transport->clone)
		return -ENODEV;
	ret = dev->transport->clone(dev, uri, sizeof(uri));
	if (ret)
		return ret;
	return mig_open(dev->ctx, uri, ret_other);
}

int mig_peer_iova(struct mig_dev *dev, u32 region, u64 *ret_iova)
{
	if (!dev->transport->peer_iova)
		return -EOPNOTSUPP;
	return dev->transport->peer_iova(dev, region, ret_iova);
}

/* ---- memory -------------------------------------------------------------------- */

static void tell_mapped(struct mig_context *ctx, u64 iova, size_t len, bool on)
{
	struct mig_observer *o;

	pthread_mutex_lock(&ctx->lock);
	for (o = ctx->observers; o; o = o->next)
		if (o->mapped)
			o->mapped(o, iova, len, on);
	pthread_mutex_unlock(&ctx->lock);
}

int mig_dma_map(struct mig_context *ctx, u64 iova, void *addr, size_t len)
{
	size_t i;
	int ret = -ENOTTY;

	for (i = 0; i < SPACES; i++) {
		if (!ctx->spaces[i].space || !ctx->spaces[i].transport->dma_map)
			continue;
		mig_fault_arm(ctx, ctx->spaces[i].transport);
		ret = ctx->spaces[i].transport->dma_map(ctx->spaces[i].space,
							iova, addr, len);
		mig_fault_disarm(ctx);
		if (ret)
			break;
	}
	if (!ret)
		tell_mapped(ctx, iova, len, true);
	return ret;
}

int mig_dma_unmap(struct mig_context *ctx, u64 iova, size_t len)
{
	int ret = -ENOTTY;
	size_t i;

	for (i = 0; i < SPACES; i++) {
		if (!ctx->spaces[i].space || !ctx->spaces[i].transport->dma_unmap)
			continue;
		mig_fault_arm(ctx, ctx->spaces[i].transport);
		ret = ctx->spaces[i].transport->dma_unmap(ctx->spaces[i].space,
							  iova, len);
		mig_fault_disarm(ctx);
	}
	if (!ret)
		tell_mapped(ctx, iova, len, false);
	return ret;
}

int mig_container_ioctl(struct mig_context *ctx, u32 request, void *arg)
{
	const struct mig_transport *transport;
	size_t i;
	int ret;

	for (i = 0; i < SPACES; i++) {
		transport = ctx->spaces[i].transport;
		if (!ctx->spaces[i].space || !transport->container_ioctl)
			continue;
		mig_fault_arm(ctx, transport);
		ret = transport->container_ioctl(ctx->spaces[i].space, request,
						 arg);
		mig_fault_disarm(ctx);
		return ret;
	}
	return -ENOTTY;
}
