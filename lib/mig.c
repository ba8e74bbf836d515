// SPDX-License-Identifier: GPL-2.0-only
/* Contexts, devices and calls: every call goes through mig_called(). */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mig.h"
#include "transport/transport.h"

enum { SPACES = 4, DEVICES = 64 };

struct mig_context {
	pthread_mutex_t lock; /* sequence and observers */
	u64 seq;
	bool concurrent;
	struct mig_observer *observers;
	struct {
		const struct mig_transport *transport;
		void *space;
	} spaces[SPACES];
	struct mig_dev *open[DEVICES];
	char *known[DEVICES]; /* URIs in the order of first opening */
	struct mig_file *sessions; /* open ones */
	struct ghost *ghosts;
	char error[256];
};

/* What sessions belong to that have outlived their open of the device. */
struct ghost {
	struct mig_dev dev;
	struct ghost *next;
};

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000ull + (u64)ts.tv_nsec;
}

/* ---- calls ---------------------------------------------------------------- */

struct pending_call {
	struct mig_call call;
	u8 in[MIG_ARG_SEEN];
	u8 out[MIG_ARG_SEEN];
};

static void call_begin(struct pending_call *pc, enum mig_op op,
		       struct mig_file *file)
{
	memset(&pc->call, 0, sizeof(pc->call));
	pc->call.op = op;
	pc->call.dev = file->dev;
	pc->call.session = file->session;
	pc->call.start_ns = now_ns();
}

static s64 call_end(struct pending_call *pc, s64 ret)
{
	struct mig_context *ctx = pc->call.dev->ctx;
	struct mig_observer *o, *next;

	pc->call.duration_ns = now_ns() - pc->call.start_ns;
	pc->call.ret = ret;
	pthread_mutex_lock(&ctx->lock);
	pc->call.seq = ++ctx->seq;
	pc->call.concurrent = ctx->concurrent;
	for (o = ctx->observers; o; o = next) {
		next = o->next;
		o->called(o, &pc->call);
	}
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

/* How much of an ioctl's argument may be looked at: what its argsz claims. */
static size_t arg_seen(u32 request, const void *arg)
{
	u32 argsz;

	if (!arg || request == UAPI_DEVICE_RESET)
		return 0;
	memcpy(&argsz, arg, sizeof(argsz));
	if (argsz < sizeof(argsz))
		return sizeof(argsz);
	return argsz < MIG_ARG_SEEN ? argsz : MIG_ARG_SEEN;
}

int mig_ioctl(struct mig_file *file, u32 request, void *arg)
{
	size_t seen = arg_seen(request, arg);
	struct pending_call pc;
	int ret;

	call_begin(&pc, MIG_IOCTL, file);
	pc.call.request = request;
	memcpy(pc.in, arg ? arg : pc.in, seen);
	ret = file->ops->ioctl(file, request, arg);
	memcpy(pc.out, arg ? arg : pc.out, seen);
	pc.call.in = pc.in;
	pc.call.out = pc.out;
	pc.call.in_len = pc.call.out_len = seen;
	return (int)call_end(&pc, ret);
}

int mig_ioctl_blind(struct mig_file *file, u32 request, void *arg)
{
	struct pending_call pc;

	call_begin(&pc, MIG_IOCTL, file);
	pc.call.request = request;
	pc.call.blind = true;
	return (int)call_end(&pc, file->ops->ioctl(file, request, arg));
}

static ssize_t call_out(struct pending_call *pc, const void *buf, size_t len,
			ssize_t ret)
{
	pc->call.len = len;
	if (ret > 0) {
		pc->call.out = buf;
		pc->call.out_len = (size_t)ret < len ? (size_t)ret : len;
	}
	return (ssize_t)call_end(pc, ret);
}

static ssize_t call_in(struct pending_call *pc, const void *buf, size_t len,
		       ssize_t ret)
{
	pc->call.len = len;
	pc->call.in = buf;
	/* What was not taken may lie in memory that nobody can read. */
	if (ret >= 0)
		len = (size_t)ret < len ? (size_t)ret : len;
	pc->call.in_len = ret == -EFAULT ? 0 : len;
	return (ssize_t)call_end(pc, ret);
}

ssize_t mig_pread(struct mig_file *file, void *buf, size_t len, u64 offset)
{
	struct pending_call pc;

	call_begin(&pc, MIG_PREAD, file);
	pc.call.offset = offset;
	return call_out(&pc, buf, len, file->ops->pread(file, buf, len, offset));
}

ssize_t mig_pwrite(struct mig_file *file, const void *buf, size_t len, u64 offset)
{
	struct pending_call pc;

	call_begin(&pc, MIG_PWRITE, file);
	pc.call.offset = offset;
	return call_in(&pc, buf, len, file->ops->pwrite(file, buf, len, offset));
}

ssize_t mig_read(struct mig_file *file, void *buf, size_t len)
{
	struct pending_call pc;

	call_begin(&pc, MIG_READ, file);
	return call_out(&pc, buf, len, file->ops->read(file, buf, len));
}

ssize_t mig_write(struct mig_file *file, const void *buf, size_t len)
{
	struct pending_call pc;

	call_begin(&pc, MIG_WRITE, file);
	return call_in(&pc, buf, len, file->ops->write(file, buf, len));
}

int mig_mmap(struct mig_file *file, size_t len, int prot, u64 offset,
	     void **ret_addr)
{
	struct pending_call pc;

	call_begin(&pc, MIG_MMAP, file);
	pc.call.request = (u32)prot;
	pc.call.offset = offset;
	pc.call.len = len;
	return (int)call_end(&pc, file->ops->mmap(file, len, prot, offset,
						  ret_addr));
}

int mig_munmap(struct mig_file *file, void *addr, size_t len)
{
	struct pending_call pc;

	call_begin(&pc, MIG_MUNMAP, file);
	pc.call.len = len;
	return (int)call_end(&pc, file->ops->munmap(file, addr, len));
}

int mig_poll(struct mig_file *file, short events, int timeout_ms)
{
	struct pending_call pc;

	call_begin(&pc, MIG_POLL, file);
	pc.call.request = (u16)events;
	pc.call.len = timeout_ms < 0 ? 0 : (size_t)timeout_ms;
	return (int)call_end(&pc, file->ops->poll(file, events, timeout_ms));
}

static void session_enter(struct mig_context *ctx, struct mig_file *file)
{
	pthread_mutex_lock(&ctx->lock);
	file->next = ctx->sessions;
	ctx->sessions = file;
	pthread_mutex_unlock(&ctx->lock);
}

static void session_leave(struct mig_context *ctx, struct mig_file *file)
{
	struct mig_file **link = &ctx->sessions;

	pthread_mutex_lock(&ctx->lock);
	while (*link && *link != file)
		link = &(*link)->next;
	if (*link)
		*link = file->next;
	pthread_mutex_unlock(&ctx->lock);
}

void mig_file_close(struct mig_file *file)
{
	struct pending_call pc;

	if (!file)
		return;
	session_leave(file->dev->ctx, file);
	call_begin(&pc, MIG_SESSION_CLOSE, file);
	file->ops->close(file);
	call_end(&pc, 0);
}

int mig_session(struct mig_dev *dev, int data_fd, struct mig_file **ret_file)
{
	struct pending_call pc;
	struct mig_file *file;
	int ret;

	if (data_fd < 0)
		return -EBADF;
	ret = dev->transport->session(dev, data_fd, &file);
	if (ret)
		return ret;
	file->dev = dev;
	file->fd = data_fd;
	file->session = ++dev->sessions;
	call_begin(&pc, MIG_SESSION, file);
	pc.call.len = (size_t)data_fd;
	call_end(&pc, 0);
	session_enter(dev->ctx, file);
	*ret_file = file;
	return 0;
}

void mig_idle(struct mig_dev *dev, u32 ms)
{
	struct pending_call pc;

	call_begin(&pc, MIG_IDLE, &dev->file);
	pc.call.len = ms;
	dev->transport->idle(dev, ms);
	call_end(&pc, 0);
}

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

void *mig_space(struct mig_context *ctx, const struct mig_transport *transport)
{
	size_t i;

	for (i = 0; i < SPACES; i++)
		if (ctx->spaces[i].transport == transport)
			return ctx->spaces[i].space;
	return NULL;
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
	ret = transport->open(ctx, address, &dev);
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
	call_begin(&pc, MIG_OPEN, &dev->file);
	call_end(&pc, 0);
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
	call_begin(&pc, MIG_CLOSE, &dev->file);
	call_end(&pc, 0);
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
		ret = ctx->spaces[i].transport->dma_map(ctx->spaces[i].space,
							iova, addr, len);
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

	for (i = 0; i < SPACES; i++)
		if (ctx->spaces[i].space && ctx->spaces[i].transport->dma_unmap)
			ret = ctx->spaces[i].transport->dma_unmap(
				ctx->spaces[i].space, iova, len);
	if (!ret)
		tell_mapped(ctx, iova, len, false);
	return ret;
}

int mig_container_ioctl(struct mig_context *ctx, u32 request, void *arg)
{
	size_t i;

	for (i = 0; i < SPACES; i++)
		if (ctx->spaces[i].space &&
		    ctx->spaces[i].transport->container_ioctl)
			return ctx->spaces[i].transport->container_ioctl(
				ctx->spaces[i].space, request, arg);
	return -ENOTTY;
}

/* ---- observers --------------------------------------------------------------- */

void mig_observe(struct mig_context *ctx, struct mig_observer *observer)
{
	struct mig_observer **link = &ctx->observers;

	pthread_mutex_lock(&ctx->lock);
	while (*link)
		link = &(*link)->next;
	observer->next = NULL;
	*link = observer;
	pthread_mutex_unlock(&ctx->lock);
}

void mig_unobserve(struct mig_context *ctx, struct mig_observer *observer)
{
	struct mig_observer **link;

	pthread_mutex_lock(&ctx->lock);
	for (link = &ctx->observers; *link; link = &(*link)->next) {
		if (*link == observer) {
			*link = observer->next;
			break;
		}
	}
	pthread_mutex_unlock(&ctx->lock);
}

void mig_concurrent(struct mig_context *ctx, bool on)
{
	pthread_mutex_lock(&ctx->lock);
	ctx->concurrent = on;
	pthread_mutex_unlock(&ctx->lock);
}

u64 mig_calls(struct mig_context *ctx)
{
	return ctx->seq;
}
