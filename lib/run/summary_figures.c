// SPDX-License-Identifier: GPL-2.0-only
/* summary_figures(): what a device needs for a migration, in a few lines. */
#include <stdlib.h>

#include "say.h"
#include "summary.h"

enum { SLOWEST = 3 };

/* The clocks of some kernels stand still between two ticks. */
static const char *time_told(u64 ns, char ret_text[FIGURES_TEXT])
{
	return ns ? figures_time_text(ns, ret_text) : "less than a tick";
}

static void say_blackout(const struct figures *f, enum meter_way way)
{
	const struct histogram *h = &f->blackout[way];
	char median[FIGURES_TEXT], worst[FIGURES_TEXT];

	say("%s %s (longest of %llu: %s)",
	    way == METER_BY_PRECOPY ? "with pre-copy" : "stop-copy",
	    time_told(histogram_quantile(h, 500), median),
	    (unsigned long long)h->count, time_told(h->max, worst));
}

static const char *say_downtime(const struct figures *f, const char *head)
{
	const char *comma = "";
	int way;

	if (!f->blackout[0].count && !f->blackout[1].count)
		return head;
	say("%sdowntime ", head);
	for (way = METER_WAYS; way--;) {
		if (!f->blackout[way].count)
			continue;
		say("%s", comma);
		say_blackout(f, (enum meter_way)way);
		comma = ", ";
	}
	say("\n");
	return "           ";
}

static const char *say_rates(const struct figures *f, const char *head)
{
	u64 save = figures_rate(f, METER_SAVING);
	u64 restore = figures_rate(f, METER_RESTORING);
	char saves[FIGURES_TEXT], restores[FIGURES_TEXT];

	if (!save || !restore)
		return head;
	say("%ssaves %s, restores %s\n", head, figures_rate_text(save, saves),
	    figures_rate_text(restore, restores));
	return "           ";
}

struct slow_arc {
	u32 from, to;
	u64 median;
};

/* The slowest come first. */
static void keep_slowest(void *ctx, u32 from, u32 to, const struct histogram *h)
{
	struct slow_arc *slow = ctx;
	struct slow_arc arc = { from, to, histogram_quantile(h, 500) }, other;
	int i;

	for (i = 0; i < SLOWEST; i++) {
		if (arc.median <= slow[i].median)
			continue;
		other = slow[i];
		slow[i] = arc;
		arc = other;
	}
}

static void say_arcs(const struct judgement *j, const char *head)
{
	struct slow_arc slow[SLOWEST] = { 0 };
	int generation = j->device.generation, i;
	char text[FIGURES_TEXT];

	figures_arcs(&j->record.figures, keep_slowest, slow);
	if (!slow[0].median)
		return;
	say("%sslowest arcs ", head);
	for (i = 0; i < SLOWEST && slow[i].median; i++)
		say("%s%s>%s %s", i ? ", " : "",
		    meter_state_name(generation, slow[i].from),
		    meter_state_name(generation, slow[i].to),
		    figures_time_text(slow[i].median, text));
	say("\n");
}

static void say_budgets(const struct judgements *all,
			const struct figures *figures)
{
	const struct budget *b;
	enum verdict verdict;
	char *text;

	for (b = all->budgets; b < all->budgets + all->budget_count; b++) {
		verdict = budget_verdict(b, figures);
		text = budget_text(b, figures);
		say("  %s budget %s: %s\n",
		    verdict == VERDICT_PASS ? "kept" :
		    verdict == VERDICT_WARN ? say_painted("warn", 1) :
					      say_painted("FAIL", 2),
		    budget_name(b), text);
		free(text);
	}
}

void summary_figures(const struct judgements *all, const struct judgement *j)
{
	const char *head = "figures    ";

	head = say_downtime(&j->record.figures, head);
	head = say_rates(&j->record.figures, head);
	say_arcs(j, head);
	say_budgets(all, &j->record.figures);
}
