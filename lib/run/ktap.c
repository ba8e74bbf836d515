// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "ktap.h"

enum style { OK, SKIPPED, NOT_OK };

static const struct {
	enum style style;
	const char *directive;
} styles[VERDICT_COUNT] = {
	[VERDICT_PASS] = { OK, "" },
	[VERDICT_FAIL] = { NOT_OK, "" },
	[VERDICT_WARN] = { OK, "" },
	[VERDICT_INFO] = { OK, "" },
	[VERDICT_NOT_OFFERED] = { SKIPPED, " # SKIP" },
	[VERDICT_SKIP] = { SKIPPED, " # SKIP" },
	[VERDICT_WAIVED] = { OK, " # XFAIL" },
	[VERDICT_UNEXPECTED_PASS] = { NOT_OK, "" },
	[VERDICT_TIMEOUT] = { NOT_OK, " # TIMEOUT" },
	[VERDICT_ERROR] = { NOT_OK, " # ERROR" },
	[VERDICT_UNCHECKED] = { SKIPPED, " # SKIP" },
};

/* A breach that failed @test, the first of @skip after it; NULL if no more. */
static const struct record_fact *next_breach(const struct judgement *j,
					     const struct record_test *test,
					     u32 *pos)
{
	const struct record_fact *fact;

	for (; *pos < j->record.fact_count; ++*pos) {
		fact = &j->record.facts[*pos];
		if (fact->test && !strcmp(fact->test, test->name) &&
		    record_severity(fact, j->in.profile) == SEV_FAIL) {
			++*pos;
			return fact;
		}
	}
	return NULL;
}

static void print_fact(FILE *file, const struct record_fact *fact)
{
	const struct spec_row *row = &spec_rows[fact->req];

	fprintf(file, "%s: expected: %s; seen: %s", row->number,
		fact->expected ? fact->expected : row->sentence,
		fact->seen ? fact->seen : "nothing more");
}

static void print_failure(FILE *file, const struct judgement *j,
			  const struct record_test *test, const char *directive)
{
	const struct record_fact *fact;
	u32 pos = 0;

	fact = next_breach(j, test, &pos);
	if (directive[0])
		fprintf(file, "%s %s", directive, test->message);
	else if (test->kernel)
		fprintf(file, " # kernel: %s", test->kernel);
	else if (fact)
		fprintf(file, " # ");
	else if (test->message[0])
		fprintf(file, " # %s", test->message);
	if (fact && !directive[0] && !test->kernel) {
		print_fact(file, fact);
		fact = next_breach(j, test, &pos);
	}
	fprintf(file, "\n");
	for (; fact; fact = next_breach(j, test, &pos)) {
		fprintf(file, "# ");
		print_fact(file, fact);
		fprintf(file, "\n");
	}
}

static void print_test(FILE *file, const struct judgement *j, u32 number,
		       u32 device, const struct record_test *test)
{
	enum verdict v = verdict_test(&j->in, j->rules, test);
	char suffix[16] = "";

	if (device)
		snprintf(suffix, sizeof(suffix), "-%u", device + 1);
	if (styles[v].style == SKIPPED && test->message[0])
		fprintf(file, "# %s: %s\n", test->name, test->message);
	fprintf(file, "%s %u %s%s", styles[v].style == NOT_OK ? "not ok" : "ok",
		number, test->name, suffix);
	if (styles[v].style == NOT_OK)
		print_failure(file, j, test, styles[v].directive);
	else
		fprintf(file, "%s\n", styles[v].directive);
}

/* "budget-downtime", with the number of the second device and so on behind it. */
static void print_budget(FILE *file, const struct judgement *j, u32 number,
			 u32 device, const struct budget *budget)
{
	bool kept = budget_verdict(budget, &j->record.figures) != VERDICT_FAIL;
	char *text = budget_text(budget, &j->record.figures);
	char suffix[16] = "";

	if (device)
		snprintf(suffix, sizeof(suffix), "-%u", device + 1);
	fprintf(file, "%s %u budget-%s%s%s%s%s\n", kept ? "ok" : "not ok", number,
		budget_name(budget), budget->warns ? "-warn" : "", suffix,
		kept ? "" : " # ", kept ? "" : text);
	free(text);
}

/* What fails a run beside its tests. */
static void print_rest(FILE *file, const struct judgements *all, u32 number)
{
	u32 i, k;

	for (i = 0; i < all->count; i++)
		for (k = 0; k < all->budget_count; k++)
			print_budget(file, &all->list[i], ++number, i,
				     &all->budgets[k]);
	for (i = 0; i < all->unused_count; i++)
		fprintf(file, "not ok %u unused-waiver-%u # %s: %s\n", ++number,
			i + 1, spec_rows[all->unused[i].waiver->req].number,
			all->unused[i].why);
}

void ktap_write(const struct judgements *all, FILE *file)
{
	struct judgement_totals totals = { 0 };
	u32 i, k, number = 0;

	for (i = 0; i < all->count; i++)
		judgement_count(&all->list[i], &totals);
	fprintf(file, "KTAP version 1\n1..%u\n", totals.test_count +
		all->count * all->budget_count + all->unused_count);
	for (i = 0; i < all->count; i++)
		for (k = 0; k < all->list[i].record.test_count; k++)
			print_test(file, &all->list[i], ++number, i,
				   &all->list[i].record.tests[k]);
	print_rest(file, all, number);
}
