// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "silence.h"
#include "verdict.h"

static const char *const names[VERDICT_COUNT] = {
	[VERDICT_PASS] = "pass",
	[VERDICT_FAIL] = "fail",
	[VERDICT_WARN] = "warn",
	[VERDICT_INFO] = "info",
	[VERDICT_NOT_OFFERED] = "not-offered",
	[VERDICT_SKIP] = "skip",
	[VERDICT_WAIVED] = "waived",
	[VERDICT_UNEXPECTED_PASS] = "unexpected-pass",
	[VERDICT_TIMEOUT] = "timeout",
	[VERDICT_ERROR] = "error",
	[VERDICT_UNCHECKED] = "unchecked",
};

static const enum verdict of_severity[] = {
	[SEV_INFO] = VERDICT_INFO,
	[SEV_WARN] = VERDICT_WARN,
	[SEV_FAIL] = VERDICT_FAIL,
};

const char *verdict_name(enum verdict verdict)
{
	return names[verdict];
}

bool verdict_is_bad(enum verdict verdict)
{
	return verdict == VERDICT_FAIL || verdict == VERDICT_TIMEOUT ||
	       verdict == VERDICT_UNEXPECTED_PASS;
}

/* A rule is the worst of its facts. */
static void weigh_facts(const struct verdict_input *in,
			struct verdict_rule *rules)
{
	const struct record_fact *fact;
	struct verdict_rule *rule;
	u32 i;

	for (i = 0; i < in->record->fact_count; i++) {
		fact = &in->record->facts[i];
		rule = &rules[fact->req];
		if (!rule->fact || record_severity(fact, in->profile) >
				   record_severity(rule->fact, in->profile))
			rule->fact = fact;
	}
}

struct waiver_scope verdict_scope(const struct verdict_input *in)
{
	return (struct waiver_scope){
		.uri = in->uri,
		.driver = in->driver,
		.driver_version = in->driver_version ? in->driver_version : "",
		.kernel = in->kernel,
	};
}

static bool binary_asks(const struct suite_binary *binary, enum req req,
			bool any_test)
{
	u32 i;

	for (i = 0; i < binary->test_count; i++)
		if (!binary->tests[i].selected &&
		    (any_test || suite_checks(binary, binary->tests[i].name, req)))
			return false;
	return true;
}

/* The rule failed in some test, perhaps in one that a filter has left out. */
static bool asked_in_full(const struct verdict_input *in, enum req req)
{
	const struct suite *suite = in->suite;
	bool has_test = false;
	u32 i;

	for (i = 0; i < suite->count && !has_test; i++)
		has_test = suite_binary_checks(&suite->binaries[i], req);
	for (i = 0; i < suite->count; i++)
		if (suite->binaries[i].generation == in->generation &&
		    !binary_asks(&suite->binaries[i], req, !has_test))
			return false;
	return true;
}

/* A waiver is for what fails; what fails elsewhere may only be warned of here. */
static void apply_waiver(const struct verdict_input *in, enum req req,
			 struct verdict_rule *rule)
{
	bool broken = rule->verdict == VERDICT_FAIL ||
		      rule->verdict == VERDICT_WARN;
	const struct waiver_scope scope = verdict_scope(in);

	rule->waiver = waivers_find(in->waivers, req, &scope);
	if (!rule->waiver)
		return;
	rule->partial = !asked_in_full(in, req);
	if (!broken && (rule->verdict != VERDICT_PASS || rule->partial))
		return;
	rule->verdict = broken ? VERDICT_WAIVED : VERDICT_UNEXPECTED_PASS;
	snprintf(rule->reason, sizeof(rule->reason), "%s", broken ?
		 rule->waiver->reason :
		 "a waiver expects this rule to fail; take the waiver out");
}

/* Rules of later kernels do not bind a driver of this one. */
static bool too_young(const struct verdict_input *in, enum req req,
		      struct verdict_rule *rule)
{
	const char *since = spec_rows[req].since;

	if (!in->kernel_device || !kernel_number(since) ||
	    kernel_number(in->kernel) >= kernel_number(since))
		return false;
	rule->verdict = VERDICT_NOT_OFFERED;
	snprintf(rule->reason, sizeof(rule->reason),
		 "holds since %s, this kernel is %s", since, in->kernel);
	return true;
}

static bool excluded(const struct verdict_input *in, enum req req,
		     struct verdict_rule *rule)
{
	if (!in->excluded || !in->excluded[req])
		return false;
	rule->verdict = VERDICT_SKIP;
	snprintf(rule->reason, sizeof(rule->reason), "excluded");
	return true;
}

static bool beyond(const struct verdict_input *in, enum req req,
		   struct verdict_rule *rule)
{
	if (!in->record->beyond[req])
		return false;
	rule->verdict = VERDICT_SKIP;
	snprintf(rule->reason, sizeof(rule->reason), "%s",
		 in->record->beyond[req]);
	return true;
}

static void judge_rule(const struct verdict_input *in, enum req req,
		       struct verdict_rule *rule)
{
	bool heard = rule->fact || in->record->held[req];

	rule->concerned = suite_generation(req) == in->generation &&
			  (heard || !in->chosen || in->chosen[req]);
	if (!rule->concerned || excluded(in, req, rule) ||
	    too_young(in, req, rule)) {
		rule->fact = NULL;
		return;
	}
	if (rule->fact)
		rule->verdict = of_severity[record_severity(rule->fact,
							    in->profile)];
	else if (record_holds(in->record, req))
		rule->verdict = VERDICT_PASS;
	else if (!beyond(in, req, rule))
		silence_explain(in, req, rule);
	apply_waiver(in, req, rule);
}

void verdict_rules(const struct verdict_input *in,
		   struct verdict_rule *ret_rules)
{
	int req;

	memset(ret_rules, 0, REQ_COUNT * sizeof(*ret_rules));
	weigh_facts(in, ret_rules);
	for (req = 0; req < REQ_COUNT; req++)
		judge_rule(in, (enum req)req, &ret_rules[req]);
}

static const enum verdict of_outcome[] = {
	[RECORD_PASS] = VERDICT_PASS,
	[RECORD_FAIL] = VERDICT_FAIL,
	[RECORD_SKIP] = VERDICT_SKIP,
	[RECORD_NOT_OFFERED] = VERDICT_NOT_OFFERED,
	[RECORD_BLOCKED] = VERDICT_SKIP,
	[RECORD_TIMEOUT] = VERDICT_TIMEOUT,
	[RECORD_CRASH] = VERDICT_ERROR,
	[RECORD_NOT_RUN] = VERDICT_ERROR,
};

/* What a failed test's breaches have become: the worst of them, or an error. */
static enum verdict explain_failure(const struct verdict_input *in,
				    const struct verdict_rule *rules,
				    const struct record_test *test)
{
	const struct record_fact *fact;
	enum verdict verdict = VERDICT_FAIL;
	u32 i;

	for (i = 0; i < in->record->fact_count; i++) {
		fact = &in->record->facts[i];
		if (!fact->test || strcmp(fact->test, test->name) ||
		    record_severity(fact, in->profile) != SEV_FAIL)
			continue;
		if (rules[fact->req].verdict == VERDICT_FAIL)
			return VERDICT_FAIL;
		verdict = VERDICT_WAIVED;
	}
	return verdict;
}

enum verdict verdict_test(const struct verdict_input *in,
			  const struct verdict_rule *rules,
			  const struct record_test *test)
{
	/* What was fatal is in its facts, and they may be waived. */
	bool fatal = record_was_fatal(in->record, test);

	if (test->kernel && !fatal)
		return VERDICT_FAIL;
	if (test->outcome == RECORD_FAIL || fatal)
		return explain_failure(in, rules, test);
	return of_outcome[test->outcome];
}
