// SPDX-License-Identifier: GPL-2.0-only
/* What the devices of a trace have said of themselves. */
#include <string.h>

#include "../uapi/mig2.h"
#include "reader.h"

/* What identifies a question, or false where the answer is not kept. */
static bool key_of(const struct trace_step *s, u32 *ret_key)
{
	struct uapi_feature feature;
	struct uapi_region_info region;

	if (s->op != MIG_IOCTL || s->session || s->blind || s->ret < 0 ||
	    s->out.len < sizeof(feature))
		return false;
	*ret_key = 0;
	if (s->request == UAPI_DEVICE_GET_INFO)
		return true;
	memcpy(&feature, s->out.bytes, sizeof(feature));
	*ret_key = feature.flags;
	if (s->request == UAPI_DEVICE_FEATURE)
		return feature.flags ==
		       (MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET);
	if (s->request != UAPI_DEVICE_GET_REGION_INFO ||
	    s->out.len < sizeof(region))
		return false;
	memcpy(&region, s->out.bytes, sizeof(region));
	*ret_key = region.index;
	return true;
}

void trace_reader_note(struct trace_reader *r, const struct trace_step *s)
{
	struct trace_answer *answer;
	u32 key;

	if (!key_of(s, &key))
		return;
	answer = (struct trace_answer *)trace_reader_answer(r, s->device,
							    s->request, key);
	if (!answer && r->answer_count < TRACE_ANSWERS)
		answer = &r->answers[r->answer_count++];
	else if (!answer || answer->len >= s->out.len)
		return;
	*answer = (struct trace_answer){ s->device, s->request, key,
					 (u32)s->out.len };
	memcpy(answer->bytes, s->out.bytes, s->out.len);
}

const struct trace_answer *trace_reader_answer(const struct trace_reader *r,
					       u32 device, u32 request, u32 key)
{
	u32 i;

	for (i = 0; i < r->answer_count; i++)
		if (r->answers[i].device == device &&
		    r->answers[i].request == request && r->answers[i].key == key)
			return &r->answers[i];
	return NULL;
}
