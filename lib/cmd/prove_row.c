// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <refdev/refdev.h>

#include "../run/campaign.h"
#include "../run/supervise.h"
#include "../run/workdir.h"
#include "proof.h"
#include "prove_on.h"
#include "prove_over.h"
#include "prove_row.h"

/* Slow machines shall see what a device does wrong, not that it takes long. */
enum { ON_DEADLINE_S = 180 };

/* A proof while it runs. */
struct proof {
	const struct refdev_row *row;
	const struct prove_on *on;
	bool defect, inert;
	bool foreign; /* the second device is of another model */
	bool afresh;  /* each test gets devices that were just powered on */
	struct suite *suite;
	struct record record;
	struct supervise_plan plan;
	struct prove_over over;
};

const char *prove_kind(const struct refdev_row *row)
{
	return strcmp(row->kind, "profile") ? row->kind : "reference";
}

void prove_uri(const struct refdev_row *row, char *ret_uri, size_t size)
{
	if (strcmp(row->kind, "profile"))
		snprintf(ret_uri, size, "emu:%s+%s", row->base, row->name);
	else
		snprintf(ret_uri, size, "emu:%s", row->name);
}

/* The profiles in which a failure is never a matter of taste. */
static const enum spec_profile firm_profiles[] = {
	PROFILE_DEFAULT, PROFILE_HEADER_ONLY, PROFILE_HOSTILE,
};

/*
 * A defect is held to the strictest profile. A legal device must not fail in
 * any firm one, nor be warned but for a rule that its row names: that is the
 * "should" which strict and vmm fail by choice.
 */
static bool counts(const struct proof *p, const struct record_fact *fact)
{
	enum spec_severity severity, limit = SEV_INFO;
	size_t i;

	if (fact->outcome != REPORT_BREACH)
		return false;
	if (p->defect)
		return record_severity(fact, PROFILE_STRICT) > SEV_INFO;
	if (proof_names(p->row, "variant", fact->req))
		limit = SEV_WARN;
	for (i = 0; i < ARRAY_SIZE(firm_profiles); i++) {
		severity = record_severity(fact, firm_profiles[i]);
		if (severity > limit)
			return true;
	}
	return false;
}

/* Was @req found broken, by a breach or by a bad end of its tests? */
static bool broken(const struct proof *p, enum req req)
{
	const struct record_test *test;
	u32 i;

	for (i = 0; i < p->record.fact_count; i++)
		if (p->record.facts[i].req == req &&
		    counts(p, &p->record.facts[i]))
			return true;
	for (i = 0; i < p->record.test_count; i++) {
		test = &p->record.tests[i];
		if (p->defect && record_ended_badly(test) &&
		    proof_names(p->row, "defect", req) &&
		    suite_checks(test->binary, test->name, req))
			return true;
	}
	return false;
}

static bool caught(const struct proof *p)
{
	int req;

	for (req = 0; req < REQ_COUNT; req++)
		if (proof_names(p->row, "defect", (enum req)req) &&
		    broken(p, (enum req)req))
			return true;
	return false;
}

static bool names_rule_of(const struct proof *p,
			  const struct suite_binary *binary,
			  const struct suite_test *test)
{
	int req;

	for (req = 0; req < REQ_COUNT; req++)
		if (proof_names(p->row, p->row->kind, (enum req)req) &&
		    suite_checks(binary, test->name, (enum req)req))
			return true;
	return false;
}

/*
 * Is a row held to its rules only? Out of the emulation a variant is, since what
 * it means for all the others does not depend on the carrier.
 */
static bool is_narrow(const struct proof *p)
{
	return p->defect || ((p->on->over || p->on->count) &&
			     p->row->rules && p->row->rules[0] &&
			     !strcmp(p->row->kind, "variant"));
}

/* Selects the tests that check the rules of such a row; all for other rows. */
static void select_likely(struct proof *p)
{
	struct suite_binary *binary;
	u32 i, k;

	for (i = 0; i < p->suite->count; i++) {
		binary = &p->suite->binaries[i];
		for (k = 0; k < binary->test_count; k++)
			binary->tests[k].selected =
				!is_narrow(p) ||
				names_rule_of(p, binary, &binary->tests[k]);
	}
}

static void select_others(struct proof *p)
{
	struct suite_binary *binary;
	u32 i, k;

	for (i = 0; i < p->suite->count; i++) {
		binary = &p->suite->binaries[i];
		for (k = 0; k < binary->test_count; k++)
			binary->tests[k].selected = !binary->tests[k].selected;
	}
}

static void foreign_uri(const struct proof *p, char *ret_uri, size_t size)
{
	snprintf(ret_uri, size, "emu:%s+OTHER_MODEL", p->row->base);
}

/* The row's device and a second one behind sockets: the same, or a foreign one. */
static int serve(struct proof *p)
{
	char device[256], other[256];

	prove_uri(p->row, device, sizeof(device));
	foreign_uri(p, other, sizeof(other));
	return prove_over_begin(&p->over, device, p->foreign ? other : device,
				p->plan.work);
}

/* New servers take the place of those that run. */
static int serve_afresh(struct proof *p)
{
	prove_over_end(&p->over);
	return serve(p);
}

/* One test on devices that were powered on for it, as emulated ones are. */
static bool run_afresh(struct proof *p, struct suite_binary *binary, u32 test)
{
	u32 i;

	for (i = 0; i < binary->test_count; i++)
		binary->tests[i].selected = i == test;
	if (p->on->over ? serve_afresh(p) :
			  prove_on_configure(p->on, p->row, p->foreign,
					     &p->plan.uri, &p->plan.others))
		return false;
	return supervise_binary(&p->plan, binary, &p->record);
}

static bool run_each(struct proof *p, struct suite_binary *binary)
{
	bool *wanted = calloc(binary->test_count + 1, sizeof(*wanted));
	bool goes_on = wanted;
	u32 i;

	if (binary->generation != p->plan.generation) {
		free(wanted);
		return true;
	}
	for (i = 0; goes_on && i < binary->test_count; i++)
		wanted[i] = binary->tests[i].selected;
	for (i = 0; goes_on && i < binary->test_count; i++)
		if (wanted[i] && !(p->defect && caught(p)))
			goes_on = run_afresh(p, binary, i);
	for (i = 0; wanted && i < binary->test_count; i++)
		binary->tests[i].selected = wanted[i];
	free(wanted);
	return goes_on;
}

/* Runs what is selected; a caught defect needs no more. */
static void run_selected(struct proof *p)
{
	struct suite_binary *binary;
	bool goes_on = true;
	u32 i;

	for (i = 0; goes_on && i < p->suite->count; i++) {
		if (p->defect && caught(p))
			return;
		binary = &p->suite->binaries[i];
		goes_on = p->afresh ?
				  run_each(p, binary) :
				  supervise_binary(&p->plan, binary, &p->record);
	}
}

/* Some defects show only beside a device of another model. */
static void run_beside_foreign(struct proof *p)
{
	const char *alone = p->plan.others;
	char foreign[256];

	if (caught(p) || p->record.interrupted)
		return;
	p->foreign = true;
	if (p->on->over) {
		if (!serve_afresh(p))
			run_selected(p);
		p->foreign = false;
		return;
	}
	foreign_uri(p, foreign, sizeof(foreign));
	p->plan.others = foreign;
	run_selected(p);
	p->foreign = false;
	p->plan.others = alone;
}

static void add_failed(struct prove_result *result, const char *prefix,
		       const char *name)
{
	size_t len = strlen(result->failed);

	snprintf(result->failed + len, sizeof(result->failed) - len, "%s%s%s",
		 len ? "," : "", prefix, name);
}

static void list_failed(const struct proof *p, struct prove_result *result)
{
	const struct record_test *test;
	int req;
	u32 i;

	for (req = 0; req < REQ_COUNT; req++)
		if (broken(p, (enum req)req))
			add_failed(result, "", spec_rows[req].number);
	for (i = 0; i < p->record.test_count; i++) {
		test = &p->record.tests[i];
		if (test->outcome == RECORD_TIMEOUT)
			add_failed(result, "timeout:", test->name);
		else if (test->outcome == RECORD_CRASH)
			add_failed(result, "crash:", test->name);
		else if (test->outcome == RECORD_NOT_RUN)
			add_failed(result, "not-run:", test->name);
		else if (test->outcome == RECORD_FAIL && !result->failed[0])
			add_failed(result, "fail:", test->name);
	}
}

static bool crashed(const struct proof *p)
{
	u32 i;

	for (i = 0; i < p->record.test_count; i++)
		if (p->record.tests[i].outcome == RECORD_CRASH ||
		    p->record.tests[i].outcome == RECORD_NOT_RUN)
			return true;
	return !p->record.test_count;
}

static enum prove_verdict verdict_of(const struct proof *p,
				     const struct prove_result *result)
{
	if (p->defect && caught(p))
		return PROVE_OK;
	if (p->inert && !p->record.abandoned)
		return PROVE_INERT;
	if (crashed(p))
		return PROVE_CRASH;
	if (p->defect)
		return PROVE_MISSED;
	return result->failed[0] ? PROVE_FALSE_ALARM : PROVE_OK;
}

static void plan_proof(struct proof *p, const char *uri, const char *work)
{
	p->plan = (struct supervise_plan){
		.suite = p->suite,
		.uri = uri,
		.others = "",
		.generation = p->row->kind[0] == 'p' ? p->row->name[1] - '0' :
						       p->row->base[1] - '0',
		/* Nothing here can crash a kernel, so nothing is left out. */
		.profile = PROFILE_HOSTILE,
		.seed = 1,
		.deadline_s = device_deadline(uri),
		.work = work,
		.traces = "",
	};
}

/* What is not caught by its own tests, and is not expected to be, is left. */
static void run_proof(struct proof *p)
{
	p->afresh = p->on->count;
	select_likely(p);
	run_selected(p);
	if (p->defect)
		run_beside_foreign(p);
	if (!p->defect || p->inert || caught(p))
		return;
	/* What has failed its one time would not do so again. */
	p->afresh |= p->on->over;
	if (p->on->over && !p->record.interrupted)
		run_selected(p);
	select_others(p);
	if (!p->record.interrupted)
		run_selected(p);
}

bool prove_row(struct suite *suite, const struct refdev_row *row,
	       const struct prove_on *on, struct prove_result *ret_result)
{
	struct proof p = {
		.row = row,
		.on = on,
		.suite = suite,
		.defect = !strcmp(row->kind, "defect"),
		.inert = prove_on_inert(on, row),
	};
	bool interrupted;
	struct workdir work;
	char uri[256];

	memset(ret_result, 0, sizeof(*ret_result));
	ret_result->verdict = PROVE_CRASH;
	if (workdir_create(NULL, &work))
		return true;
	prove_uri(row, uri, sizeof(uri));
	plan_proof(&p, uri, work.path);
	if (on->count)
		p.plan.deadline_s = ON_DEADLINE_S;
	if (on->over) {
		p.plan.uri = p.over.uri;
		p.plan.others = p.over.other_uri;
		p.plan.deadline_s = device_deadline("");
	}
	if (!on->over || !serve(&p))
		run_proof(&p);
	if (on->over)
		prove_over_end(&p.over);
	list_failed(&p, ret_result);
	ret_result->stale = p.inert && (p.defect ? caught(&p) :
					!crashed(&p) && !ret_result->failed[0]);
	ret_result->verdict = verdict_of(&p, ret_result);
	if (ret_result->verdict == PROVE_INERT)
		prove_on_reason(on, row, ret_result->failed,
				sizeof(ret_result->failed));
	interrupted = p.record.interrupted;
	record_free(&p.record);
	workdir_remove(&work);
	return !interrupted;
}
