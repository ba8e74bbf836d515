// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <refdev/refdev.h>

#include "../run/mem.h"
#include "proof.h"

bool proof_names(const struct refdev_row *row, const char *kind, enum req req)
{
	const char *number = spec_rows[req].number, *at = row->rules;
	size_t len = strlen(number), part;

	if (strcmp(row->kind, kind))
		return false;
	while (at && *at) {
		at += strspn(at, ", ");
		part = strcspn(at, ", ");
		if (part == len && !strncasecmp(at, number, len))
			return true;
		at += part;
	}
	return false;
}

char *proof_list(const char *kind, enum req req)
{
	char *all = mem_dup(""), *longer;
	const struct refdev_row *row;
	u32 i;

	for (i = 0; (row = refdev_row(i)); i++) {
		if (!proof_names(row, kind, req))
			continue;
		longer = mem_printf("%s%s%s", all, all[0] ? "," : "", row->name);
		free(all);
		all = longer;
	}
	return all;
}

char *proof_text(enum req req)
{
	const char *reason = spec_unproven_reason(req);
	char *defects = proof_list("defect", req);

	if (defects[0])
		return defects;
	free(defects);
	if (!reason)
		reason = spec_unchecked_reason(req);
	return mem_printf("unproven: %s", reason ? reason : "no defect shows it");
}
