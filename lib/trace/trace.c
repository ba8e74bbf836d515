// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../uapi/mig1.h"
#include "../uapi/mig2.h"
#include "../v1.h"
#include "../v2.h"
#include "trace.h"

enum { SHOWN = 32 };

struct text {
	char *at;
	size_t room;
};

static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at, t->room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->room)
		n = t->room ? (int)t->room - 1 : 0;
	t->at += n;
	t->room -= (size_t)n;
}

static void put_bytes(struct text *t, const char *label, const u8 *bytes,
		      size_t len)
{
	size_t i;

	if (!bytes || !len)
		return;
	put(t, " %s", label);
	for (i = 0; i < len && i < SHOWN; i++)
		put(t, "%02x", bytes[i]);
	if (len > SHOWN)
		put(t, "..");
}

static u32 word(const void *bytes, size_t len, size_t at)
{
	u32 v = 0;

	if (bytes && len >= at + sizeof(v))
		memcpy(&v, (const u8 *)bytes + at, sizeof(v));
	return v;
}

static u64 quad(const void *bytes, size_t len)
{
	u64 v = 0;

	memcpy(&v, bytes ? bytes : &v, bytes && len < sizeof(v) ? len : sizeof(v));
	return v;
}

static const char *const field_names[] = {
	"device_state", "pending_bytes", "data_offset", "data_size",
};

/* What an access to the migration region means. */
static void explain_v1(const struct trace *trace, struct text *t,
		       const struct mig_call *call)
{
	const void *data = call->op == MIG_PREAD ? call->out : call->in;
	size_t len = call->op == MIG_PREAD ? call->out_len : call->in_len;
	const char *sign = call->op == MIG_PREAD ? "is" : ":=";
	u64 at = call->offset - trace->v1_base;

	if (at >= MIG1_HEADER_SIZE)
		put(t, " # data section +0x%llx", (unsigned long long)at);
	else if (at == MIG1_OFF_RESERVED)
		put(t, " # reserved");
	else if (at % 8)
		put(t, " # inside the header");
	else if (!data)
		put(t, " # %s", field_names[at / 8]);
	else if (at == MIG1_OFF_STATE)
		put(t, " # device_state %s %s", sign,
		    v1_state_name((u32)quad(data, len)));
	else
		put(t, " # %s %s %llu", field_names[at / 8], sign,
		    (unsigned long long)quad(data, len));
}

static const struct {
	u32 request;
	const char *name;
} request_names[] = {
	{ UAPI_DEVICE_GET_INFO, "GET_INFO" },
	{ UAPI_DEVICE_GET_REGION_INFO, "GET_REGION_INFO" },
	{ UAPI_DEVICE_GET_IRQ_INFO, "GET_IRQ_INFO" },
	{ UAPI_DEVICE_SET_IRQS, "SET_IRQS" },
	{ UAPI_DEVICE_RESET, "RESET" },
	{ UAPI_DEVICE_BIND_IOMMUFD, "BIND_IOMMUFD" },
	{ UAPI_MIG_GET_PRECOPY_INFO, "GET_PRECOPY_INFO" },
};

static void explain_feature(struct text *t, const struct mig_call *call)
{
	u32 flags = word(call->in, call->in_len, 4);

	put(t, " # FEATURE %u%s%s%s", flags & UAPI_FEATURE_INDEX,
	    flags & UAPI_FEATURE_PROBE ? " PROBE" : "",
	    flags & UAPI_FEATURE_GET ? " GET" : "",
	    flags & UAPI_FEATURE_SET ? " SET" : "");
	if ((flags & UAPI_FEATURE_INDEX) != MIG2_FEATURE_DEVICE_STATE ||
	    flags & UAPI_FEATURE_PROBE)
		return;
	put(t, " %s fd %d",
	    v2_state_name(word(call->out, call->out_len, 8)),
	    (int)word(call->out, call->out_len, 12));
}

static void explain_ioctl(struct text *t, const struct mig_call *call)
{
	size_t i;

	if (call->request == UAPI_DEVICE_FEATURE) {
		explain_feature(t, call);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(request_names); i++)
		if (request_names[i].request == call->request)
			put(t, " # %s", request_names[i].name);
}

static const char *const op_names[MIG_OPS] = {
	[MIG_OPEN] = "open",
	[MIG_CLOSE] = "close",
	[MIG_IOCTL] = "ioctl",
	[MIG_PREAD] = "pread",
	[MIG_PWRITE] = "pwrite",
	[MIG_READ] = "read",
	[MIG_WRITE] = "write",
	[MIG_MMAP] = "mmap",
	[MIG_MUNMAP] = "munmap",
	[MIG_POLL] = "poll",
	[MIG_SESSION_CLOSE] = "close-session",
	[MIG_IDLE] = "idle",
};

static void put_result(struct text *t, s64 ret)
{
	if (ret < 0)
		put(t, " = %lld (%s)", (long long)ret, strerror((int)-ret));
	else
		put(t, " = %lld", (long long)ret);
}

static void format(const struct trace *trace, const struct trace_entry *entry,
		   char *ret_line, size_t size)
{
	const struct mig_call *call = &entry->call;
	struct text t = { ret_line, size };
	bool in_region = trace->v1_size && call->offset >= trace->v1_base &&
			 call->offset - trace->v1_base < trace->v1_size;

	put(&t, "%llu %u.%u %s", (unsigned long long)call->seq, entry->device,
	    call->session, op_names[call->op]);
	if (call->op == MIG_PREAD || call->op == MIG_PWRITE ||
	    call->op == MIG_MMAP)
		put(&t, " @0x%llx", (unsigned long long)call->offset);
	if (call->op == MIG_IOCTL)
		put(&t, " 0x%x%s", call->request, call->blind ? " blind" : "");
	else if (call->len)
		put(&t, " %zu", call->len);
	if (call->op == MIG_OPEN)
		put(&t, " %s", entry->uri);
	put_bytes(&t, call->op == MIG_IOCTL ? "in:" : "", call->in, call->in_len);
	put_bytes(&t, call->op == MIG_IOCTL ? "out:" : "", call->out,
		  call->out_len);
	put_result(&t, call->ret);
	if (call->op == MIG_IOCTL)
		explain_ioctl(&t, call);
	else if ((call->op == MIG_PREAD || call->op == MIG_PWRITE) && in_region)
		explain_v1(trace, &t, call);
}

/* What is seen of the data moves along; the caller's buffer may go. */
static void keep(const void **data, size_t len, u8 kept[MIG_ARG_SEEN])
{
	if (!*data)
		return;
	memcpy(kept, *data, len < MIG_ARG_SEEN ? len : MIG_ARG_SEEN);
	*data = kept;
}

/* Only copies: a test makes thousands of calls and shows a dozen. */
static void trace_called(struct mig_observer *self, const struct mig_call *call)
{
	struct trace *trace = (struct trace *)self;
	struct trace_entry *entry = &trace->entries[trace->count % TRACE_CALLS];

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
	trace->v1_base = trace->v1_size = 0;
}

bool trace_line(const struct trace *trace, u64 back, char *ret_line, size_t size)
{
	if (back >= trace->count || back >= TRACE_CALLS)
		return false;
	format(trace, &trace->entries[(trace->count - 1 - back) % TRACE_CALLS],
	       ret_line, size);
	return true;
}

int trace_save(const struct trace *trace, const char *path)
{
	FILE *f = fopen(path, "we");
	char line[TRACE_LINE];
	u64 back;
	int bad;

	if (!f)
		return -errno;
	for (back = TRACE_CALLS; back-- > 0;)
		if (trace_line(trace, back, line, sizeof(line)))
			fprintf(f, "%s\n", line);
	bad = ferror(f);
	return fclose(f) || bad ? -EIO : 0;
}
