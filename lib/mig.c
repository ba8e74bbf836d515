// SPDX-License-Identifier: GPL-2.0-only
/* The calls: each begins and ends at one place, where observers see it. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mig_internal.h"

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000ull + (u64)ts.tv_nsec;
}

/* ---- calls ---------------------------------------------------------------- */

void *mig_space(struct mig_context *ctx, const struct mig_transport *transport)
{
	size_t i;

	for (i = 0; i < SPACES; i++)
		if (ctx->spaces[i].transport == transport)
			return ctx->spaces[i].space;
	return NULL;
}

void mig_fault_next(struct mig_context *ctx, u32 nth)
{
	ctx->fault = nth;
	ctx->struck = false;
}

bool mig_fault_struck(struct mig_context *ctx)
{
	return ctx->struck;
}

void mig_fault_arm(struct mig_context *ctx,
		   const struct mig_transport *transport)
{
	u32 nth = ctx->fault;

	if (!nth || !transport->fault_arm)
		return;
	ctx->fault = 0;
	ctx->faulty = transport;
	transport->fault_arm(mig_space(ctx, transport), nth);
}

void mig_fault_disarm(struct mig_context *ctx)
{
	const struct mig_transport *transport = ctx->faulty;

	if (!transport)
		return;
	ctx->faulty = NULL;
	ctx->struck = transport->fault_disarm(mig_space(ctx, transport));
}

void mig_call_begin(struct pending_call *pc, enum mig_op op,
		       struct mig_file *file)
{
	memset(&pc->call, 0, sizeof(pc->call));
	pc->call.op = op;
	pc->call.dev = file->dev;
	pc->call.session = file->session;
	pc->call.start_ns = now_ns();
	if (op != MIG_OPEN && op != MIG_CLOSE && op != MIG_SESSION_CLOSE &&
	    op != MIG_SESSION)
		mig_fault_arm(file->dev->ctx, file->dev->transport);
}

s64 mig_call_end(struct pending_call *pc, s64 ret)
{
	struct mig_context *ctx = pc->call.dev->ctx;
	struct mig_observer *o, *next;

	mig_fault_disarm(ctx);
	u64 end = now_ns();

	pc->call.duration_ns = end - pc->call.start_ns;
	pc->call.ret = ret;
	pthread_mutex_lock(&ctx->lock);
	pc->call.seq = ++ctx->seq;
	pc->call.watched_ns = ctx->watched_ns;
	pc->call.concurrent = ctx->concurrent;
	for (o = ctx->observers; o; o = next) {
		next = o->next;
		o->called(o, &pc->call);
	}
	ctx->watched_ns += now_ns() - end;
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

	mig_call_begin(&pc, MIG_IOCTL, file);
	pc.call.request = request;
	memcpy(pc.in, arg ? arg : pc.in, seen);
	ret = file->ops->ioctl(file, request, arg);
	memcpy(pc.out, arg ? arg : pc.out, seen);
	pc.call.in = pc.in;
	pc.call.out = pc.out;
	pc.call.in_len = pc.call.out_len = seen;
	return (int)mig_call_end(&pc, ret);
}

int mig_ioctl_blind(struct mig_file *file, u32 request, void *arg)
{
	struct pending_call pc;

	mig_call_begin(&pc, MIG_IOCTL, file);
	pc.call.request = request;
	pc.call.blind = true;
	return (int)mig_call_end(&pc, file->ops->ioctl(file, request, arg));
}

static ssize_t call_out(struct pending_call *pc, const void *buf, size_t len,
			ssize_t ret)
{
	pc->call.len = len;
	if (ret > 0) {
		pc->call.out = buf;
		pc->call.out_len = (size_t)ret < len ? (size_t)ret : len;
	}
	return (ssize_t)mig_call_end(pc, ret);
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
	return (ssize_t)mig_call_end(pc, ret);
}

ssize_t mig_pread(struct mig_file *file, void *buf, size_t len, u64 offset)
{
	struct pending_call pc;

	mig_call_begin(&pc, MIG_PREAD, file);
	pc.call.offset = offset;
	return call_out(&pc, buf, len, file->ops->pread(file, buf, len, offset));
}

ssize_t mig_pwrite(struct mig_file *file, const void *buf, size_t len, u64 offset)
{
	struct pending_call pc;

	mig_call_begin(&pc, MIG_PWRITE, file);
	pc.call.offset = offset;
	return call_in(&pc, buf, len, file->ops->pwrite(file, buf, len, offset));
}

ssize_t mig_read(struct mig_file *file, void *buf, size_t len)
{
	struct pending_call pc;

	mig_call_begin(&pc, MIG_READ, file);
	return call_out(&pc, buf, len, file->ops->read(file, buf, len));
}

ssize_t mig_write(struct mig_file *file, const void *buf, size_t len)
{
	struct pending_call pc;

	mig_call_begin(&pc, MIG_WRITE, file);
	return call_in(&pc, buf, len, file->ops->write(file, buf, len));
}

int mig_mmap(struct mig_file *file, size_t len, int prot, u64 offset,
	     void **ret_addr)
{
	struct pending_call pc;

	mig_call_begin(&pc, MIG_MMAP, file);
	pc.call.request = (u32)prot;
	pc.call.offset = offset;
	pc.call.len = len;
	return (int)mig_call_end(&pc, file->ops->mmap(file, len, prot, offset,
						  ret_addr));
}

int mig_munmap(struct mig_file *file, void *addr, size_t len)
{
	struct pending_call pc;

	mig_call_begin(&pc, MIG_MUNMAP, file);
	pc.call.len = len;
	return (int)mig_call_end(&pc, file->ops->munmap(file, addr, len));
}

int mig_poll(struct mig_file *file, short events, int timeout_ms)
{
	struct pending_call pc;

	mig_call_begin(&pc, MIG_POLL, file);
	pc.call.request = (u16)events;
	pc.call.len = timeout_ms < 0 ? 0 : (size_t)timeout_ms;
	return (int)mig_call_end(&pc, file->ops->poll(file, events, timeout_ms));
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
	mig_call_begin(&pc, MIG_SESSION_CLOSE, file);
	file->ops->close(file);
	mig_call_end(&pc, 0);
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
	mig_call_begin(&pc, MIG_SESSION, file);
	pc.call.len = (size_t)data_fd;
	mig_call_end(&pc, 0);
	session_enter(dev->ctx, file);
	*ret_file = file;
	return 0;
}

void mig_idle(struct mig_dev *dev, u32 ms)
{
	struct pending_call pc;

	mig_call_begin(&pc, MIG_IDLE, &dev->file);
	pc.call.len = ms;
	dev->transport->idle(dev, ms);
	mig_call_end(&pc, 0);
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
