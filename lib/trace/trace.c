// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "line.h"
#include "trace.h"

/* What is seen of the data moves along; the caller's buffer may go. */
static void keep(const void **data, size_t len, u8 kept[TRACE_SHOWN])
{
	if (!*data)
		return;
	memcpy(kept, *data, len < TRACE_SHOWN ? len : TRACE_SHOWN);
	*data = kept;
}

/*
 * Only copies: a test makes thousands of calls and shows a dozen. Behind the
 * call that lost the device there is nothing to tell.
 */
static void trace_called(struct mig_observer *self, const struct mig_call *call)
{
	struct trace *trace = (struct trace *)self;
	struct trace_entry *entry = &trace->entries[trace->count % TRACE_CALLS];

	if (trace->over)
		return;
	trace->over = call->ret < 0 && mig_lost(call->dev->ctx);
	entry->call = *call;
	keep(&entry->call.in, call->in_len, entry->in);
	keep(&entry->call.out, call->out_len, entry->out);
	entry->device = call->dev->index;
	if (call->op == MIG_OPEN)
		snprintf(entry->uri, sizeof(entry->uri), "%.63s", call->dev->uri);
	entry->call.dev = NULL;
	trace->count++;
}

void trace_init(struct trace *trace)
{
	trace->observer.called = trace_called;
	trace->count = 0;
	trace->over = false;
	trace->v1_base = trace->v1_size = 0;
}

bool trace_line(const struct trace *trace, u64 back, char *ret_line, size_t size)
{
	struct trace_words words = { .v1_base = trace->v1_base,
				     .v1_size = trace->v1_size,
				     .shown = TRACE_SHOWN };
	const struct trace_entry *entry;

	if (back >= trace->count || back >= TRACE_CALLS)
		return false;
	entry = &trace->entries[(trace->count - 1 - back) % TRACE_CALLS];
	words.device = entry->device;
	words.uri = entry->uri;
	trace_line_format(&entry->call, &words, ret_line, size);
	return true;
}
