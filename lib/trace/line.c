// SPDX-License-Identifier: GPL-2.0-only
/* A call becomes a line, with a comment on what it means. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../uapi/mig1.h"
#include "../uapi/mig2.h"
#include "../v1.h"
#include "../v2.h"
#include "line.h"

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

static void put_hex(struct text *t, const u8 *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len && t->room > 2; i++, t->room -= 2) {
		*t->at++ = digits[bytes[i] >> 4];
		*t->at++ = digits[bytes[i] & 15];
	}
	if (t->room)
		*t->at = '\0';
}

static void put_bytes(struct text *t, const struct trace_words *words,
		      const char *label, const void *bytes, size_t len)
{
	if (!bytes || !len)
		return;
	put(t, " %s", label);
	if (len > words->shown && words->instead) {
		put(t, "%s", words->instead);
		return;
	}
	put_hex(t, bytes, len < words->shown ? len : words->shown);
	if (len > words->shown)
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
static void explain_v1(const struct trace_words *words, struct text *t,
		       const struct mig_call *call)
{
	const void *data = call->op == MIG_PREAD ? call->out : call->in;
	size_t len = call->op == MIG_PREAD ? call->out_len : call->in_len;
	const char *sign = call->op == MIG_PREAD ? "is" : ":=";
	u64 at = call->offset - words->v1_base;

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

static const char *const op_names[TRACE_OPS] = {
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
	[MIG_SESSION] = "session",
	[TRACE_DMA_MAP] = "dma-map",
	[TRACE_DMA_UNMAP] = "dma-unmap",
};

const char *trace_op_name(int op)
{
	return op >= 0 && op < TRACE_OPS ? op_names[op] : "?";
}

static void put_result(struct text *t, s64 ret)
{
	if (ret < 0)
		put(t, " = %lld (%s)", (long long)ret, strerror((int)-ret));
	else
		put(t, " = %lld", (long long)ret);
}

static void put_arguments(struct text *t, const struct mig_call *call,
			  const struct trace_words *words)
{
	bool ioctl = call->op == MIG_IOCTL;

	if (call->op == MIG_PREAD || call->op == MIG_PWRITE ||
	    call->op == MIG_MMAP)
		put(t, " @0x%llx", (unsigned long long)call->offset);
	if (ioctl)
		put(t, " 0x%x", call->request);
	else if (call->len)
		put(t, " %zu", call->len);
	if (call->op == MIG_MMAP)
		put(t, " prot:%u", call->request);
	if (call->op == MIG_POLL)
		put(t, " events:%u", call->request);
	if (call->op == MIG_OPEN)
		put(t, " %s", words->uri ? words->uri : "?");
	put(t, "%s%s", call->blind ? " blind" : "",
	    call->concurrent ? " concurrent" : "");
	put_bytes(t, words, ioctl ? "in:" : "", call->in, call->in_len);
	put_bytes(t, words, ioctl ? "out:" : "", call->out, call->out_len);
	put_bytes(t, words, "ptr:", words->pointed, words->pointed_len);
}

size_t trace_line_format(const struct mig_call *call,
			 const struct trace_words *words, char *ret_line,
			 size_t size)
{
	struct text t = { ret_line, size };
	bool in_region = words->v1_size && call->offset >= words->v1_base &&
			 call->offset - words->v1_base < words->v1_size;

	if (size)
		ret_line[0] = '\0';
	put(&t, "%llu %u.%u %s", (unsigned long long)call->seq, words->device,
	    call->session, trace_op_name((int)call->op));
	put_arguments(&t, call, words);
	put_result(&t, call->ret);
	if (call->op == MIG_IOCTL)
		explain_ioctl(&t, call);
	else if ((call->op == MIG_PREAD || call->op == MIG_PWRITE) && in_region)
		explain_v1(words, &t, call);
	return (size_t)(t.at - ret_line);
}
