// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "judge_internal.h"

static void report(struct judge *judge, enum req req,
		   enum report_outcome outcome, const char *expected,
		   const char *fmt, va_list ap)
{
	u8 max = outcome == REPORT_HELD ? 1 : JUDGE_BREACHES_MAX;
	struct report_fact fact = {
		.req = req, .outcome = outcome, .expected = expected,
	};
	char seen[256];

	if (judge->told[req][outcome] >= max)
		return;
	judge->told[req][outcome]++;
	if (outcome != REPORT_HELD) {
		vsnprintf(seen, sizeof(seen), fmt, ap);
		fact.seen = seen;
	}
	judge->sink->fact(judge->sink, &fact);
}

void judge_tell(struct judge *judge, enum req req, enum report_outcome outcome,
		const char *expected, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(judge, req, outcome, expected, fmt, ap);
	va_end(ap);
}

bool judge_hold(struct judge *judge, enum req req, bool ok,
		const char *expected, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(judge, req, ok ? REPORT_HELD : REPORT_BREACH, expected, fmt, ap);
	va_end(ap);
	return ok;
}

void judge_held(struct judge *judge, enum req req)
{
	judge_hold(judge, req, true, NULL, "-");
}

void judge_list_states(u32 may, const char *(*name)(u32 state), char *ret_list,
		       size_t size)
{
	size_t at = 0;
	u32 state;

	ret_list[0] = '\0';
	for (state = 0; state < 32 && at < size; state++)
		if (may & (1u << state))
			at += (size_t)snprintf(ret_list + at, size - at, "%s%s",
					       at ? " or " : "", name(state));
}

u32 judge_only_state(u32 may, u32 unknown)
{
	return may && !(may & (may - 1)) ? (u32)__builtin_ctz(may) : unknown;
}

ssize_t judge_pread(struct mig_dev *dev, void *buf, size_t len, u64 offset)
{
	return dev->file.ops->pread(&dev->file, buf, len, offset);
}

int judge_ioctl(struct mig_dev *dev, u32 request, void *arg)
{
	return dev->file.ops->ioctl(&dev->file, request, arg);
}

enum judge_place judge_place_of(struct judge_model *model,
				const struct mig_call *call)
{
	struct uapi_region_info info = {
		.argsz = sizeof(info), .index = UAPI_PCI_CONFIG,
	};

	if (!model->placed) {
		if (judge_ioctl(call->dev, UAPI_DEVICE_GET_REGION_INFO, &info) < 0)
			return JUDGE_NOWHERE;
		model->placed = true;
		model->config = info.offset;
		model->config_size = info.size;
	}
	return call->offset >= model->config &&
	       call->offset - model->config < model->config_size ?
		       JUDGE_CONFIG : JUDGE_REGION;
}

static struct judge_model *model_find(struct judge *judge, u32 index)
{
	struct judge_model *model;

	for (model = judge->models; model; model = model->next)
		if (model->index == index)
			return model;
	return NULL;
}

static struct judge_model *model_create(struct judge *judge, u32 index)
{
	struct judge_model *model = calloc(1, judge->kind->model_size);

	if (!model)
		return NULL;
	model->index = index;
	model->next = judge->models;
	judge->models = model;
	return model;
}

static void handle_open(struct judge *judge, struct judge_model *model,
			const struct mig_call *call)
{
	judge_handler *open = judge->kind->handlers[MIG_OPEN];

	if (!model->opens++) {
		model->reopened = model->opened;
		model->opened = true;
		model->stale = false;
		model->placed = false;
		judge->kind->met(judge, model, call);
	}
	if (open)
		open(judge, model, call);
}

static void handle_close(struct judge *judge, struct judge_model *model,
			 const struct mig_call *call)
{
	judge_handler *close = judge->kind->handlers[MIG_CLOSE];

	if (close)
		close(judge, model, call);
	if (model->opens)
		model->opens--;
}

static void handle(struct judge *judge, struct judge_model *model,
		   const struct mig_call *call)
{
	judge_handler *handler = judge->kind->handlers[call->op];

	if (call->concurrent) {
		model->stale = true;
		judge->kind->unordered(judge, model, call);
		return;
	}
	if (model->stale) {
		model->stale = false;
		judge->kind->forget(model);
	}
	if (handler)
		handler(judge, model, call);
}

/* The model of the device, made when it is met. */
static struct judge_model *meet(struct judge *judge, const struct mig_call *call)
{
	struct judge_model *model = model_find(judge, call->dev->index);

	if (model)
		return model;
	model = model_create(judge, call->dev->index);
	/* Open before the judge came: its past is not known. */
	if (model && call->op != MIG_OPEN) {
		model->opens = 1;
		judge->kind->met(judge, model, call);
		model->stale = true;
	}
	return model;
}

static void called(struct mig_observer *self, const struct mig_call *call)
{
	struct judge *judge = (struct judge *)self;
	struct judge_model *model;

	if (judge->asking)
		return;
	judge->asking = true;
	judge->seq = call->seq;
	model = meet(judge, call);
	if (model && call->op == MIG_OPEN)
		handle_open(judge, model, call);
	else if (model && call->op == MIG_CLOSE)
		handle_close(judge, model, call);
	else if (model)
		handle(judge, model, call);
	judge->asking = false;
}

void judge_passive(struct judge *judge)
{
	judge->passive = true;
}

void judge_feed(struct judge *judge, const struct mig_call *call)
{
	called(&judge->observer, call);
}

int judge_create(struct mig_context *ctx, struct report_sink *sink,
		 const struct judge_kind *kind, struct judge **ret_judge)
{
	struct judge *judge = calloc(1, sizeof(*judge));

	if (!judge)
		return -ENOMEM;
	judge->observer.called = called;
	judge->ctx = ctx;
	judge->sink = sink;
	judge->kind = kind;
	mig_observe(ctx, &judge->observer);
	*ret_judge = judge;
	return 0;
}

void judge_destroy(struct judge *judge)
{
	struct judge_model *model;

	if (!judge)
		return;
	mig_unobserve(judge->ctx, &judge->observer);
	while ((model = judge->models)) {
		judge->models = model->next;
		if (judge->kind->release)
			judge->kind->release(model);
		free(model);
	}
	free(judge);
}
