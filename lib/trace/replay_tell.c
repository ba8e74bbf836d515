// SPDX-License-Identifier: GPL-2.0-only
/* What a replay tells: where this device differs from the recorded one. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "replay_internal.h"

void replay_differs(struct replay *r, const struct trace_step *step,
		    const char *fmt, ...)
{
	char text[160];
	va_list ap;

	if (r->told)
		return;
	r->told = true;
	r->result->differing++;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->options->teller->differs(r->options->teller, step, text);
}

void replay_left_out(struct replay *r, const struct trace_step *step,
		     const char *why)
{
	r->told = true;
	r->result->left_out++;
	r->result->repeated--;
	r->options->teller->differs(r->options->teller, step, why);
}

static const char *result_text(s64 ret, char text[32])
{
	snprintf(text, 32, "%lld", (long long)ret);
	return ret < 0 && ret > -4096 ? strerror((int)-ret) : text;
}

void replay_compare(struct replay *r, const struct trace_step *step, s64 ret)
{
	char now[32], then[32];

	if (ret != step->ret)
		replay_differs(r, step, "gives %s, gave %s",
			       result_text(ret, now),
			       result_text(step->ret, then));
}
