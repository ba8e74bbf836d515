// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "spec.h"

const struct spec_row spec_rows[REQ_COUNT] = {
#define REQ(symbol_, number_, level_, who_, class_, needs_, since_, until_, \
	    source_, sentence_, check_, tolerates_)                         \
	[symbol_] = { .number = number_, .symbol = #symbol_,                \
		      .level = level_, .who = who_, .class = class_,        \
		      .needs = needs_, .since = since_, .until = until_,    \
		      .source = source_, .sentence = sentence_,             \
		      .check = check_, .tolerates = tolerates_ },
#include "v1.def"
#include "v2.def"
#undef REQ
};

enum { I = SEV_INFO, W = SEV_WARN, F = SEV_FAIL };

/* Columns: default, strict, header-only, vmm, hostile. */
static const u8 breach_severity[CLASS_COUNT][PROFILE_COUNT] = {
	[CLASS_MUST] = { F, F, F, F, F },
	[CLASS_MUST_PROPOSED] = { F, F, W, F, F },
	[CLASS_MUST_BEYOND_VMM] = { F, F, F, W, F },
	[CLASS_SHOULD] = { W, F, W, W, W },
	[CLASS_SHOULD_PROPOSED] = { W, F, I, W, W },
	[CLASS_SHOULD_VMM] = { W, F, W, F, W },
	[CLASS_SHOULD_DATA] = { F, F, I, F, F },
	[CLASS_FREE] = { I, I, I, I, I },
};

static const u8 lapse_severity[PROFILE_COUNT] = { W, W, I, W, W };

static const char *const profile_names[PROFILE_COUNT] = {
	"default", "strict", "header-only", "vmm", "hostile",
};

static const char *const level_names[] = { "MUST", "SHOULD", "MAY", "INFO" };
static const char *const who_names[] = { "driver", "core", "user",
					 "driver+core" };
static const char *const severity_names[] = { "info", "warn", "fail" };

#define UNPROVEN(symbol, reason)
#define UNCHECKED(symbol, reason) [symbol] = reason,
static const char *const unchecked[REQ_COUNT + 1] = {
	[REQ_COUNT] = NULL,
#include "excuses.def"
};
#undef UNPROVEN
#undef UNCHECKED

#define UNPROVEN(symbol, reason) [symbol] = reason,
#define UNCHECKED(symbol, reason)
static const char *const unproven[REQ_COUNT + 1] = {
	[REQ_COUNT] = NULL,
#include "excuses.def"
};
#undef UNPROVEN
#undef UNCHECKED

const struct spec_row *spec_find(const char *number_or_symbol)
{
	const struct spec_row *row;

	for (row = spec_rows; row < spec_rows + REQ_COUNT; row++)
		if (!strcasecmp(row->number, number_or_symbol) ||
		    !strcasecmp(row->symbol, number_or_symbol))
			return row;
	return NULL;
}

enum spec_severity spec_severity(enum req req, enum spec_grade grade,
				 enum spec_profile profile)
{
	enum spec_class class = spec_rows[req].class;

	if (grade == GRADE_BREACH)
		return breach_severity[class][profile];
	return class == CLASS_FREE ? SEV_INFO : lapse_severity[profile];
}

const char *spec_profile_name(enum spec_profile profile)
{
	return profile_names[profile];
}

int spec_profile_find(const char *name)
{
	int i;

	for (i = 0; i < PROFILE_COUNT; i++)
		if (!strcmp(profile_names[i], name))
			return i;
	return -EINVAL;
}

const char *spec_level_name(enum spec_level level)
{
	return level_names[level];
}

const char *spec_who_name(enum spec_who who)
{
	return who_names[who];
}

const char *spec_severity_name(enum spec_severity severity)
{
	return severity_names[severity];
}

const char *spec_unchecked_reason(enum req req)
{
	return unchecked[req];
}

const char *spec_unproven_reason(enum req req)
{
	if (!unproven[req] && spec_rows[req].who == USER)
		return "binds the user, so no device can break it";
	return unproven[req];
}

/* The NUL goes in too, so that text cannot move from one field to the next. */
static void hash_string(XXH3_state_t *state, const char *s)
{
	XXH3_64bits_update(state, s, strlen(s) + 1);
}

static void hash_row(XXH3_state_t *state, const struct spec_row *row)
{
	const u32 numbers[] = { row->level, row->who, row->class, row->needs };
	const char *const strings[] = {
		row->number, row->symbol,   row->since, row->until,
		row->source, row->sentence, row->check, row->tolerates,
	};
	size_t i;

	XXH3_64bits_update(state, numbers, sizeof(numbers));
	for (i = 0; i < ARRAY_SIZE(strings); i++)
		hash_string(state, strings[i]);
}

void spec_hash(char ret_hex[17])
{
	XXH3_state_t *state = XXH3_createState();
	size_t i;

	strcpy(ret_hex, "0000000000000000");
	if (!state)
		return;
	XXH3_64bits_reset(state);
	for (i = 0; i < REQ_COUNT; i++)
		hash_row(state, &spec_rows[i]);
	snprintf(ret_hex, 17, "%016llx",
		 (unsigned long long)XXH3_64bits_digest(state));
	XXH3_freeState(state);
}
