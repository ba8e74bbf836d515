// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/cells_v1.h"
#include "../model/judge.h"
#include "../model/lint_user.h"
#include "../run/mem.h"
#include "../run/say.h"
#include "replay.h"

static enum spec_severity severity_of(const struct report_fact *fact,
				      enum spec_profile profile)
{
	const struct cell_v1 *cell = fact->cell ? cell_v1_find(fact->cell) : NULL;

	if (cell)
		return cell->severity[profile];
	return spec_severity(fact->req, fact->outcome == REPORT_BREACH ?
			     GRADE_BREACH : GRADE_LAPSE, profile);
}

static void take_fact(struct report_sink *sink, const struct report_fact *fact)
{
	struct replay_facts *facts = (struct replay_facts *)sink;
	struct replay_fact *kept;

	if (fact->outcome == REPORT_HELD) {
		facts->held[fact->req] = true;
		return;
	}
	facts->broken[fact->req] |= fact->outcome == REPORT_BREACH;
	facts->fails |= severity_of(fact, facts->profile) == SEV_FAIL;
	if (facts->count == REPLAY_FACTS)
		return;
	kept = &facts->list[facts->count++];
	kept->req = fact->req;
	kept->severity = severity_of(fact, facts->profile);
	kept->line = facts->reader->number;
	kept->expected = mem_line(fact->expected);
	kept->seen = mem_line(fact->seen ? fact->seen : "a breach");
}

void replay_facts_init(struct replay_facts *facts,
		       const struct trace_reader *reader)
{
	int profile = spec_profile_find(reader->profile);

	memset(facts, 0, sizeof(*facts));
	facts->sink.fact = take_fact;
	facts->reader = reader;
	facts->profile = profile < 0 ? PROFILE_DEFAULT :
				       (enum spec_profile)profile;
}

void replay_facts_free(struct replay_facts *facts)
{
	while (facts->count) {
		facts->count--;
		free(facts->list[facts->count].expected);
		free(facts->list[facts->count].seen);
	}
}

static void say_fact(const struct replay_fact *fact)
{
	static const struct {
		const char *word;
		int alarm;
	} words[] = { [SEV_INFO] = { "info", 0 }, [SEV_WARN] = { "warn", 1 },
		      [SEV_FAIL] = { "FAIL", 2 } };
	const struct spec_row *row = &spec_rows[fact->req];

	say("%s %s %s\n", say_painted(words[fact->severity].word,
				      words[fact->severity].alarm),
	    row->number, row->symbol);
	say_folded("  rule:     ", row->sentence);
	if (row->who == USER)
		say("  binds:    the user, not the device\n");
	if (fact->expected)
		say_folded("  expected: ", fact->expected);
	say_folded("  seen:     ", fact->seen);
	say("  line:     %llu of the trace\n", (unsigned long long)fact->line);
}

void replay_facts_say(const struct replay_facts *facts)
{
	u32 i, held = 0, broken = 0;

	for (i = 0; i < facts->count; i++)
		say_fact(&facts->list[i]);
	for (i = 0; i < REQ_COUNT; i++) {
		held += facts->held[i] && !facts->broken[i];
		broken += facts->broken[i];
	}
	say("%u rules held, %u broken\n", held, broken);
}

static bool judged(enum req req)
{
	static const enum req *const lists[] = {
		judge_v1_rules, judge_v2_rules, lint_user_v1_rules,
		lint_user_v2_rules,
	};
	const enum req *rule;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lists); i++)
		for (rule = lists[i]; *rule != REQ_COUNT; rule++)
			if (*rule == req)
				return true;
	return false;
}

static void say_kept(const struct replay_facts *facts, const char *number,
		     const char *uri, const char *how)
{
	const struct spec_row *row = spec_find(number);
	const char *test = facts->reader->test;

	if (!row) {
		say("%s: no rule of this migcheck\n", number);
	} else if (facts->broken[spec_req(row)]) {
		say("%s, for which the trace was kept: broken again\n",
		    row->number);
	} else {
		say("%s, for which the trace was kept: %s.\n", row->number,
		    judged(spec_req(row)) ?
			    "no judge saw it this time; the test may have found it itself" :
			    "found by the test itself, not by a judge");
		say("  The calls were %s; what the test %s made of them only it can say:\n"
		    "  migcheck run %s -t %s --seed %llu\n", how,
		    test[0] ? test : "of the trace", uri, row->number,
		    (unsigned long long)facts->reader->seed);
	}
}

void replay_facts_say_kept(const struct replay_facts *facts, const char *uri,
			   const char *how)
{
	char *numbers = mem_dup(facts->reader->broken), *rest, *number;

	for (number = strtok_r(numbers, " ", &rest); number;
	     number = strtok_r(NULL, " ", &rest))
		say_kept(facts, number, uri, how);
	free(numbers);
}
