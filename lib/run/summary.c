// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocked.h"
#include "mem.h"
#include "say.h"
#include "set.h"
#include "summary.h"
#include "unused.h"

/* How verdicts are counted, in this order. */
static const struct {
	enum verdict verdict;
	const char *word;
	int alarm;
} words[] = {
	{ VERDICT_PASS, "held", 0 },
	{ VERDICT_FAIL, "FAIL", 2 },
	{ VERDICT_UNEXPECTED_PASS, "UNEXPECTED PASS", 2 },
	{ VERDICT_TIMEOUT, "TIMEOUT", 2 },
	{ VERDICT_ERROR, "ERROR", 2 },
	{ VERDICT_WARN, "warn", 1 },
	{ VERDICT_WAIVED, "waived", 1 },
	{ VERDICT_INFO, "info", 0 },
	{ VERDICT_NOT_OFFERED, "not offered", 0 },
	{ VERDICT_SKIP, "skip", 0 },
	{ VERDICT_UNCHECKED, "unchecked", 0 },
};

static const char *word_of(enum verdict verdict)
{
	size_t i;

	for (i = 0; words[i].verdict != verdict; i++)
		;
	return say_painted(words[i].word, words[i].alarm);
}

void summary_begin(const struct judgements *all, const struct device *device)
{
	char hash[17];

	spec_hash(hash);
	say("migcheck %s  rules %s  Linux %s\n", MIGCHECK_VERSION, hash,
	    all->kernel);
	say("%s  driver %s  migration v%d  profile %s  seed %llu\n\n",
	    device->uri, device->driver[0] ? device->driver : "unknown",
	    device->generation, spec_profile_name(all->profile),
	    (unsigned long long)all->seed);
}

/* "V1-PEND" of "V1-PEND-002". */
static size_t area_length(const char *number)
{
	return (size_t)(strrchr(number, '-') - number);
}

static bool same_area(int a, int b)
{
	const char *na = spec_rows[a].number, *nb = spec_rows[b].number;
	size_t len = area_length(na);

	return len == area_length(nb) && !strncmp(na, nb, len);
}

static void say_counts(const u32 *counts)
{
	const char *comma = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!counts[words[i].verdict])
			continue;
		say("%s%u %s", comma, counts[words[i].verdict],
		    say_painted(words[i].word, words[i].alarm));
		comma = ", ";
	}
	say("\n");
}

static void say_replay(const struct judgements *all, const char *trace)
{
	say("       replay:   migcheck replay %s/%s\n", all->dir, trace);
}

static void say_again(const struct judgements *all, const struct judgement *j,
		      const struct record_fact *fact)
{
	if (all->dir && fact->trace)
		say_replay(all, fact->trace);
	else
		say("       again:    migcheck run %s -t %s --seed %llu -o DIR\n",
		    j->device.uri, spec_rows[fact->req].number,
		    (unsigned long long)all->seed);
}

static void say_calls(const char *calls)
{
	const char *head = "       calls:    ";
	size_t len;

	for (; calls && *calls; calls += len + (calls[len] == '\n')) {
		len = strcspn(calls, "\n");
		say("%s%.*s\n", head, (int)len, calls);
		head = "                 ";
	}
}

static void say_failure(const struct judgements *all, const struct judgement *j,
			const struct record_fact *fact)
{
	const struct spec_row *row = &spec_rows[fact->req];

	say_folded("       rule:     ", row->sentence);
	say_folded("       source:   ", row->source);
	if (fact->expected && strcmp(fact->expected, row->sentence))
		say_folded("       expected: ", fact->expected);
	else
		say("       expected: as the rule says\n");
	say_folded("       seen:     ", fact->seen ? fact->seen : "a breach");
	say("       test:     %s\n", fact->test ? fact->test : "unknown");
	say_calls(fact->calls);
	say_again(all, j, fact);
}

static void say_waived(const struct verdict_rule *rule,
		       const struct spec_row *row)
{
	char *head = mem_printf("  %s %s %s: ", word_of(rule->verdict),
				row->number, row->symbol);

	say_folded(head, rule->waiver->reason);
	if (rule->waiver->link)
		say("         link      %s\n", rule->waiver->link);
	if (rule->waiver->expires)
		say("         expires   %s\n", rule->waiver->expires);
	free(head);
}

static void say_rule(const struct judgements *all, const struct judgement *j,
		     int req)
{
	const struct verdict_rule *rule = &j->rules[req];
	const struct spec_row *row = &spec_rows[req];
	char *head;

	switch (rule->verdict) {
	case VERDICT_FAIL:
		say("  %s %s %s\n", word_of(rule->verdict), row->number,
		    row->symbol);
		say_failure(all, j, rule->fact);
		return;
	case VERDICT_WARN:
		head = mem_printf("  %s %s %s: ", word_of(rule->verdict),
				  row->number, row->symbol);
		say_folded(head, rule->fact->seen ? rule->fact->seen : "");
		free(head);
		return;
	case VERDICT_WAIVED:
		say_waived(rule, row);
		return;
	case VERDICT_UNEXPECTED_PASS:
	case VERDICT_TIMEOUT:
	case VERDICT_ERROR:
		say("  %s %s %s: %s\n", word_of(rule->verdict), row->number,
		    row->symbol, rule->reason);
		return;
	default:
		return;
	}
}

static void say_area(const struct judgements *all, const struct judgement *j,
		     int first)
{
	u32 counts[VERDICT_COUNT] = { 0 };
	bool concerned = false;
	int req;

	for (req = first; req < REQ_COUNT; req++) {
		if (!same_area(first, req) || !j->rules[req].concerned)
			continue;
		counts[j->rules[req].verdict]++;
		concerned = true;
	}
	if (!concerned)
		return;
	say("%-10.*s ", (int)area_length(spec_rows[first].number),
	    spec_rows[first].number);
	say_counts(counts);
	for (req = first; req < REQ_COUNT; req++)
		if (same_area(first, req) && j->rules[req].concerned)
			say_rule(all, j, req);
}

static bool area_begins(int req)
{
	int i;

	for (i = 0; i < req; i++)
		if (same_area(i, req))
			return false;
	return true;
}

/* Does a rule's failure tell this test's story already? */
static bool told(const struct judgement *j, const struct record_test *test)
{
	const struct record_fact *fact;
	u32 i;

	for (i = 0; i < j->record.fact_count; i++) {
		fact = &j->record.facts[i];
		if (fact->test && !strcmp(fact->test, test->name) &&
		    record_severity(fact, j->in.profile) == SEV_FAIL)
			return true;
	}
	return false;
}

static void say_tests(const struct judgements *all, const struct judgement *j)
{
	const struct record_test *test;
	enum verdict v;
	u32 i;

	for (i = 0; i < j->record.test_count; i++) {
		test = &j->record.tests[i];
		v = verdict_test(&j->in, j->rules, test);
		if (!verdict_is_bad(v) && v != VERDICT_ERROR)
			continue;
		if (v == VERDICT_FAIL && !test->kernel && !test->lost &&
		    told(j, test))
			continue;
		say("test %s %s: %s\n", word_of(v), test->name,
		    test->kernel ? test->kernel : test->message);
		if (told(j, test))
			continue;
		say_calls(test->calls);
		if (all->dir && test->trace)
			say_replay(all, test->trace);
	}
	for (i = 0; i < j->record.kernel_count; i++)
		say("kernel  %s\n", j->record.kernel_log[i]);
}

static void say_blocked(const struct judgement *j)
{
	char *sentence = blocked_sentence(&j->record);

	if (sentence)
		say_folded("not reached  ", sentence);
	free(sentence);
}

void summary_device(const struct judgements *all, const struct judgement *j)
{
	int req;

	for (req = 0; req < REQ_COUNT; req++)
		if (area_begins(req))
			say_area(all, j, req);
	say_tests(all, j);
	say_blocked(j);
	summary_figures(all, j);
	if (j->record.abandoned)
		say("given up: %s\n", j->record.abandoned);
	if (j->end_problem[0])
		say("not RUNNING: %s\n", j->end_problem);
	say("\n");
}

static void say_ends(const struct judgements *all)
{
	u32 i;

	for (i = 0; i < all->count; i++)
		say("%s %s left %s", i ? "," : ";", all->list[i].device.uri,
		    all->list[i].end_state);
	say(".\n");
}

/* Several devices may be those of one machine. */
static void say_set(const struct judgements *all)
{
	struct set set;

	set_make(all, &set);
	if (set.count > 1)
		say_folded("", set.sentence);
	set_free(&set);
}

/* Tests that failed though no rule is named for it, by the kernel's word or not. */
static void say_untold(const struct judgements *all)
{
	const struct record_test *test;
	const struct judgement *j;
	u32 i, failed = 0, complaints = 0;

	for (j = all->list; j < all->list + all->count; j++) {
		for (i = 0; i < j->record.test_count; i++) {
			test = &j->record.tests[i];
			complaints += test->kernel != NULL;
			failed += !test->kernel && !told(j, test) &&
				  verdict_is_bad(verdict_test(&j->in, j->rules, test));
		}
	}
	if (failed)
		say("%u %s besides, ", failed,
		    failed == 1 ? "test failed" : "tests failed");
	if (complaints)
		say("%u kernel complaints, ", complaints);
}

void summary_end(const struct judgements *all)
{
	struct judgement_totals t = { 0 };
	u32 bad, i;

	unused_say(all);
	for (i = 0; i < all->count; i++)
		judgement_count(&all->list[i], &t);
	bad = t.rules[VERDICT_FAIL] + t.rules[VERDICT_TIMEOUT] +
	      t.rules[VERDICT_UNEXPECTED_PASS];
	say("%u rules, %u tests: %u held, %u violated, ", t.rule_count,
	    t.test_count, t.rules[VERDICT_PASS], bad);
	say_untold(all);
	say("%u warned, ", t.rules[VERDICT_WARN]);
	if (t.rules[VERDICT_WAIVED])
		say("%u waived, ", t.rules[VERDICT_WAIVED]);
	if (t.rules[VERDICT_ERROR] + t.tests[VERDICT_ERROR])
		say("%u errors, ", t.rules[VERDICT_ERROR] +
		    t.tests[VERDICT_ERROR]);
	say("%u not offered or skipped, %u unchecked",
	    t.rules[VERDICT_NOT_OFFERED] + t.rules[VERDICT_SKIP],
	    t.rules[VERDICT_UNCHECKED]);
	say_ends(all);
	say_set(all);
}
