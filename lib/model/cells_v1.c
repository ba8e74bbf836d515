// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "cells_v1.h"

#define STRICT(severity) ((severity) == SEV_WARN ? SEV_FAIL : (severity))

const struct cell_v1 cells_v1[MIG1_STATES * MIG1_STATES] = {
#define CELL(from_, to_, verdict_, default_, header_only, vmm, req_, why_) \
	[0b##from_ * MIG1_STATES + 0b##to_] = {                            \
		.name = #from_ "-" #to_, .from = 0b##from_, .to = 0b##to_, \
		.verdict = CELL_##verdict_,                                \
		.severity = {                                              \
			[PROFILE_DEFAULT] = SEV_##default_,                \
			[PROFILE_STRICT] = STRICT(SEV_##default_),         \
			[PROFILE_HEADER_ONLY] = SEV_##header_only,         \
			[PROFILE_VMM] = SEV_##vmm,                         \
			[PROFILE_HOSTILE] = SEV_##default_,                \
		},                                                         \
		.req = req_, .why = why_,                                  \
	},
#include "cells_v1.def"
#undef CELL
};

const struct cell_v1 *cell_v1(u32 from, u32 to)
{
	return &cells_v1[(from & MIG1_STATE_MASK) * MIG1_STATES +
			 (to & MIG1_STATE_MASK)];
}

const struct cell_v1 *cell_v1_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cells_v1); i++)
		if (!strcmp(cells_v1[i].name, name))
			return &cells_v1[i];
	return NULL;
}
