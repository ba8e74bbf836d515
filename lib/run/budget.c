// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "budget.h"
#include "mem.h"

struct budget_kind {
	const char *name;
	bool rate; /* a lower bound in bytes a second; else an upper one in ns */
	u64 (*seen)(const struct figures *figures);
};

/* Every migration has to fit: the longest one counts. */
static u64 see_downtime(const struct figures *figures)
{
	const struct histogram *h;
	enum meter_way way;

	h = figures_downtime(figures, &way);
	return h ? h->max : 0;
}

static u64 see_stop_copy(const struct figures *figures)
{
	return figures->blackout[METER_BY_STOP_COPY].max;
}

static void keep_slowest(void *ctx, u32 from, u32 to, const struct histogram *h)
{
	u64 *slowest = ctx, p99 = histogram_quantile(h, 990);

	(void)from;
	(void)to;
	if (p99 > *slowest)
		*slowest = p99;
}

/* One stray sample among hundreds does not make an arc slow. */
static u64 see_arc(const struct figures *figures)
{
	u64 slowest = 0;

	figures_arcs(figures, keep_slowest, &slowest);
	return slowest;
}

static u64 see_saving(const struct figures *figures)
{
	return figures_rate(figures, METER_SAVING);
}

static u64 see_restoring(const struct figures *figures)
{
	return figures_rate(figures, METER_RESTORING);
}

static const struct budget_kind kinds[] = {
	{ "downtime", false, see_downtime },
	{ "downtime-stop-copy", false, see_stop_copy },
	{ "arc", false, see_arc },
	{ "save-rate", true, see_saving },
	{ "restore-rate", true, see_restoring },
};

/* ---- reading --------------------------------------------------------------- */

struct unit {
	const char *name;
	double factor;
};

static const struct unit times[] = {
	{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { NULL },
};

static const struct unit rates[] = {
	{ "B", 1 }, { "kB", 1e3 }, { "MB", 1e6 }, { "GB", 1e9 },
	{ "k", 1e3 }, { "M", 1e6 }, { "G", 1e9 },
	{ "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { NULL },
};

/* The factor of the unit in @text, "/s" or not; 0 for none. */
static double factor_of(const struct unit *units, const char *text)
{
	size_t len = strlen(text);

	if (units == rates && len > 2 && !strcmp(text + len - 2, "/s"))
		len -= 2;
	for (; units->name; units++)
		if (strlen(units->name) == len && !strncmp(units->name, text, len))
			return units->factor;
	return 0;
}

/* "300ms" and, with @rate, "100MB/s". False where it is neither. */
static bool parse_limit(const char *text, bool rate, u64 *ret_limit)
{
	double factor, value;
	char *unit;

	if (strspn(text, "0123456789.") == 0)
		return false; /* strtod() would take "inf" and "-1" */
	value = strtod(text, &unit);
	while (*unit == ' ')
		unit++;
	factor = factor_of(rate ? rates : times, unit);
	if (!(value > 0) || !factor || value * factor < 1 ||
	    value * factor > 1e18)
		return false;
	*ret_limit = (u64)(value * factor);
	return true;
}

static const struct budget_kind *find_kind(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].name) == len &&
		    !strncmp(kinds[i].name, name, len))
			return &kinds[i];
	return NULL;
}

/* Cuts "=LIMIT[:warn]" (or "<=", ">=") into its pieces; false: malformed. */
static bool parse_bound(const char *bound, struct budget *budget)
{
	char *limit, *colon;
	bool good;

	if (*bound == (budget->kind->rate ? '>' : '<'))
		bound++;
	if (*bound != '=')
		return false;
	limit = mem_dup(bound + 1);
	colon = strchr(limit, ':');
	budget->warns = colon && !strcmp(colon, ":warn");
	good = !colon || budget->warns || !strcmp(colon, ":fail");
	if (colon)
		*colon = '\0';
	good = good && parse_limit(limit, budget->kind->rate, &budget->limit);
	free(limit);
	return good;
}

int budget_parse(const char *text, struct budget *ret_budget, char **ret_error)
{
	size_t len = strcspn(text, "<>=");
	struct budget budget = { .kind = find_kind(text, len) };

	if (!budget.kind) {
		*ret_error = mem_printf(
			"no figure '%.*s': downtime, downtime-stop-copy, arc, "
			"save-rate or restore-rate", (int)len, text);
		return -EINVAL;
	}
	if (!parse_bound(text + len, &budget)) {
		*ret_error = mem_printf(
			"'%s' is no bound like %s", text, budget.kind->rate ?
			"save-rate=100MB/s" : "downtime=300ms or arc=5ms:warn");
		return -EINVAL;
	}
	*ret_budget = budget;
	return 0;
}

/* ---- judging --------------------------------------------------------------- */

const char *budget_name(const struct budget *budget)
{
	return budget->kind->name;
}

bool budget_is_rate(const struct budget *budget)
{
	return budget->kind->rate;
}

u64 budget_seen(const struct budget *budget, const struct figures *figures)
{
	return budget->kind->seen(figures);
}

enum verdict budget_verdict(const struct budget *budget,
			    const struct figures *figures)
{
	u64 seen = budget_seen(budget, figures);
	bool kept = budget->kind->rate ? seen >= budget->limit :
					 seen <= budget->limit;

	if (seen && kept)
		return VERDICT_PASS;
	return budget->warns ? VERDICT_WARN : VERDICT_FAIL;
}

char *budget_text(const struct budget *budget, const struct figures *figures)
{
	const char *(*text)(u64 value, char *ret_text) =
		budget->kind->rate ? figures_rate_text : figures_time_text;
	u64 seen = budget_seen(budget, figures);
	char limit[FIGURES_TEXT], figure[FIGURES_TEXT];

	return mem_printf("%s, at %s %s",
			  seen ? text(seen, figure) : "not measured",
			  budget->kind->rate ? "least" : "most",
			  text(budget->limit, limit));
}

static void add_figure(struct json_object *object, const char *what, bool rate,
		       u64 value)
{
	char *key = mem_printf("%s_%s", what, rate ? "bytes_per_s" : "ns");

	json_object_object_add(object, key,
			       value ? json_object_new_int64((s64)value) : NULL);
	free(key);
}

struct json_object *budgets_to_json(const struct budget *budgets, u32 count,
				    const struct figures *figures)
{
	struct json_object *array = json_object_new_array(), *object;
	const struct budget *b;

	for (b = budgets; b < budgets + count; b++) {
		object = json_object_new_object();
		json_object_object_add(object, "name",
				       json_object_new_string(b->kind->name));
		add_figure(object, "limit", b->kind->rate, b->limit);
		add_figure(object, "seen", b->kind->rate,
			   budget_seen(b, figures));
		json_object_object_add(object, "verdict", json_object_new_string(
			verdict_name(budget_verdict(b, figures))));
		json_object_array_add(array, object);
	}
	return array;
}
