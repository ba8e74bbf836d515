// SPDX-License-Identifier: GPL-2.0-only
/* A line becomes a call. The file may come from anywhere: all is checked. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"

enum {
	DEVICES = 64,
	SESSIONS = 1 << 20,
	LONG_MAX_BYTES = 1 << 30, /* of data that is not in the line */
};

struct parser {
	struct trace_step *step;
	char *rest; /* of strtok */
	bool has_offset, has_word; /* length, request or URI */
	char *error;
};

static int bad(struct parser *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int bad(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->error, TRACE_ERROR, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* All of @text is a number in @base. */
static bool is_number(const char *text, int base, u64 *ret_value)
{
	char *end;
	u64 value;

	if (!*text || strspn(text, "0123456789abcdefABCDEFx") != strlen(text))
		return false;
	errno = 0;
	value = strtoull(text, &end, base);
	if (errno || *end)
		return false;
	*ret_value = value;
	return true;
}

static bool is_small(const char *text, u64 max, u32 *ret_value)
{
	u64 value;

	if (!is_number(text, 10, &value) || value > max)
		return false;
	*ret_value = (u32)value;
	return true;
}

/* "D.S"; cuts @text. */
static bool is_file(char *text, u32 *ret_device, u32 *ret_session)
{
	char *dot = strchr(text, '.');

	if (!dot)
		return false;
	*dot = '\0';
	return is_small(text, DEVICES - 1, ret_device) &&
	       is_small(dot + 1, SESSIONS, ret_session);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits make a byte, in the place where they stood. */
static int take_hex(struct parser *p, char *text, struct trace_bytes *data)
{
	size_t i, len = strlen(text);
	u8 *bytes = (u8 *)text;

	if (len % 2 || len > 2 * TRACE_WHOLE)
		return bad(p, "data is cut or too long");
	for (i = 0; i < len; i += 2) {
		int high = digit(text[i]), low = digit(text[i + 1]);

		if (high < 0 || low < 0)
			return bad(p, "data with something else than hexadecimal digits");
		bytes[i / 2] = (u8)(high << 4 | low);
	}
	data->bytes = len ? bytes : NULL;
	data->len = len / 2;
	return 0;
}

/* "DIGEST:LENGTH" behind "xxh:". */
static int take_long(struct parser *p, char *text, struct trace_bytes *data)
{
	char *colon = strchr(text, ':');
	u64 len;

	if (!colon)
		return bad(p, "a digest without a length");
	*colon = '\0';
	if (!is_number(text, 16, &data->digest) ||
	    !is_number(colon + 1, 10, &len) || len <= TRACE_WHOLE ||
	    len > LONG_MAX_BYTES)
		return bad(p, "a digest or its length is malformed");
	data->len = len;
	return 0;
}

static int take_data(struct parser *p, char *text, struct trace_bytes *data)
{
	if (data->bytes || data->len)
		return bad(p, "data twice");
	if (!strncmp(text, "xxh:", 4))
		return take_long(p, text + 4, data);
	return take_hex(p, text, data);
}

static int take_from(struct parser *p, char *text)
{
	struct trace_bytes *in = &p->step->in;
	char *plus = strchr(text, '+');

	if (!plus || !in->len || in->bytes)
		return bad(p, "a place of data that is not written");
	*plus = '\0';
	if (!is_file(text, &in->from.device, &in->from.session) ||
	    !is_number(plus + 1, 10, &in->from.offset))
		return bad(p, "the place of data is malformed");
	in->placed = true;
	return 0;
}

/* The first word without a name: what it is depends on the call. */
static int take_word(struct parser *p, char *text)
{
	struct trace_step *s = p->step;
	u64 request;

	p->has_word = true;
	if (s->op == MIG_OPEN) {
		s->uri = text;
		return 0;
	}
	if (s->op == MIG_IOCTL) {
		if (!is_number(text, 16, &request) || request > UINT32_MAX)
			return bad(p, "'%.20s' is no request", text);
		s->request = (u32)request;
		return 0;
	}
	return is_number(text, 10, &s->len) ? 0 :
	       bad(p, "'%.20s' is no length", text);
}

static bool reads(const struct trace_step *s)
{
	return s->op == MIG_PREAD || s->op == MIG_READ;
}

static bool writes(const struct trace_step *s)
{
	return s->op == MIG_PWRITE || s->op == MIG_WRITE;
}

static int take_flag(struct parser *p, char *text, bool *ret_known)
{
	struct trace_step *s = p->step;

	*ret_known = true;
	if (!strcmp(text, "blind"))
		s->blind = true;
	else if (!strcmp(text, "concurrent"))
		s->concurrent = true;
	else if (!strncmp(text, "prot:", 5))
		return is_small(text + 5, 7, &s->request) ? 0 : bad(p, "prot");
	else if (!strncmp(text, "events:", 7))
		return is_small(text + 7, 65535, &s->request) ? 0 :
		       bad(p, "events");
	else
		*ret_known = false;
	return 0;
}

static int take(struct parser *p, char *text)
{
	struct trace_step *s = p->step;
	bool known;
	int ret;

	ret = take_flag(p, text, &known);
	if (ret || known)
		return ret;
	if (text[0] == '@') {
		p->has_offset = true;
		return is_number(text + 1, 16, &s->offset) ? 0 :
		       bad(p, "'%.20s' is no offset", text);
	}
	if (!strncmp(text, "in:", 3))
		return take_data(p, text + 3, &s->in);
	if (!strncmp(text, "out:", 4))
		return take_data(p, text + 4, &s->out);
	if (!strncmp(text, "ptr:", 4))
		return take_data(p, text + 4, &s->pointed);
	if (!strncmp(text, "from:", 5))
		return take_from(p, text + 5);
	if (!p->has_word)
		return take_word(p, text);
	if (reads(s) || writes(s))
		return take_data(p, text, reads(s) ? &s->out : &s->in);
	return bad(p, "'%.20s' is out of place", text);
}

static int take_result(struct parser *p)
{
	char *text = strtok_r(NULL, " ", &p->rest), *end;

	if (!text)
		return bad(p, "no result");
	errno = 0;
	p->step->ret = strtoll(text, &end, 10);
	return errno || *end || end == text ? bad(p, "no result") : 0;
}

/* What a call without which nothing could be made of its line. */
static int check(struct parser *p)
{
	const struct trace_step *s = p->step;
	bool moves = reads(s) || writes(s);
	u64 got = s->ret > 0 ? (u64)s->ret : 0;

	if ((s->op == MIG_OPEN || s->op == MIG_IOCTL) && !p->has_word)
		return bad(p, "an argument is missing");
	if ((s->op == MIG_PREAD || s->op == MIG_PWRITE || s->op == MIG_MMAP ||
	     s->op >= MIG_OPS) && !p->has_offset)
		return bad(p, "the offset is missing");
	if (reads(s) && s->out.len != (got < s->len ? got : s->len))
		return bad(p, "the data is not as long as the result");
	/* What a device did not take may not have been there. */
	if (writes(s) && s->in.len > s->len)
		return bad(p, "the data is longer than the call");
	if (!moves && ((s->in.len && !s->in.bytes) ||
		       (s->out.len && !s->out.bytes)))
		return bad(p, "the argument of a call has to be there");
	if (s->op == MIG_IOCTL && (s->in.len != s->out.len ||
				   s->in.len > MIG_ARG_SEEN))
		return bad(p, "the argument differs in length, or is too long");
	return 0;
}

static int find_op(const char *name)
{
	int op;

	for (op = 0; op < TRACE_OPS; op++)
		if (!strcmp(name, trace_op_name(op)))
			return op;
	return -1;
}

/* SEQ FILE OP */
static int take_head(struct parser *p, char *line)
{
	struct trace_step *s = p->step;
	char *seq = strtok_r(line, " ", &p->rest);
	char *file = strtok_r(NULL, " ", &p->rest);
	char *op = strtok_r(NULL, " ", &p->rest);

	if (!op || !is_number(seq, 10, &s->seq))
		return bad(p, "no call");
	s->op = find_op(op);
	if (s->op < 0)
		return bad(p, "'%.20s' is no call", op);
	if (s->op >= MIG_OPS ? strcmp(file, "-") :
	    !is_file(file, &s->device, &s->session))
		return bad(p, "'%.20s' is no file of a device", file);
	return 0;
}

static bool is_text(const char *line)
{
	while (*line >= ' ' && *line <= '~')
		line++;
	return !*line;
}

int trace_line_parse(char *line, struct trace_step *ret_step,
		     char ret_error[TRACE_ERROR])
{
	struct trace_step step = { 0 };
	struct parser p = { .step = &step, .error = ret_error };
	char *text;
	int ret = is_text(line) ? take_head(&p, line) : bad(&p, "not text");

	while (!ret) {
		text = strtok_r(NULL, " ", &p.rest);
		if (!text)
			return bad(&p, "no result");
		if (!strcmp(text, "="))
			break;
		ret = take(&p, text);
	}
	if (!ret)
		ret = take_result(&p);
	if (!ret)
		ret = check(&p);
	if (!ret)
		*ret_step = step;
	return ret;
}
