// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "../meter.h"
#include "../run/figures.h"
#include "../run/say.h"
#include "diff_figures.h"
#include "report.h"

enum { FELT_NS = 10000 };

/* One figure of one run. */
struct spread {
	u64 count, min, median, top;
};

static u64 number(struct json_object *object, const char *key)
{
	struct json_object *value;
	s64 n = 0;

	if (json_object_object_get_ex(object, key, &value))
		n = json_object_get_int64(value);
	return n > 0 ? (u64)n : 0;
}

static struct spread arc_spread(struct json_object *arc)
{
	return (struct spread){
		.count = number(arc, "count"),
		.min = number(arc, "min_ns"),
		.median = number(arc, "median_ns"),
		.top = number(arc, "p99_ns"),
	};
}

static struct spread blackout_spread(struct json_object *blackout,
				     const char *way)
{
	struct spread spread;
	char key[48];

	snprintf(key, sizeof(key), "%s_count", way);
	spread.count = number(blackout, key);
	snprintf(key, sizeof(key), "%s_min_ns", way);
	spread.min = number(blackout, key);
	snprintf(key, sizeof(key), "%s_ns", way);
	spread.median = number(blackout, key);
	snprintf(key, sizeof(key), "%s_max_ns", way);
	spread.top = number(blackout, key);
	return spread;
}

static bool rose(const struct spread *low, const struct spread *high)
{
	return low->count >= DIFF_SAMPLES && high->count >= DIFF_SAMPLES &&
	       high->median > low->median + low->median / 5 &&
	       high->median - low->median > FELT_NS &&
	       high->median > low->top && low->median < high->min;
}

struct comparison {
	enum diff_move move;
	const char *title, *uri;
	u32 *count;
};

static void compare(const struct comparison *c, const char *what,
		    const struct spread *before, const struct spread *after)
{
	bool moved = c->move == DIFF_SLOWER ? rose(before, after) :
					      rose(after, before);
	char now[FIGURES_TEXT], then[FIGURES_TEXT];

	if (!moved)
		return;
	if (!*c->count)
		say("%s:\n", c->title);
	++*c->count;
	say("  %s  %s: median %s, was %s\n", what, c->uri,
	    figures_time_text(after->median, now),
	    figures_time_text(before->median, then));
}

static struct json_object *find_arc(struct json_object *figures,
				    const char *from, const char *to)
{
	struct json_object *arc;
	size_t i;

	for (i = 0; i < report_length(figures, "arcs"); i++) {
		arc = report_item(figures, "arcs", i);
		if (!strcmp(report_string(arc, "from"), from) &&
		    !strcmp(report_string(arc, "to"), to))
			return arc;
	}
	return NULL;
}

static void compare_arcs(const struct comparison *c, struct json_object *before,
			 struct json_object *after)
{
	struct json_object *arc, *old;
	struct spread then, now;
	char what[64];
	size_t i;

	for (i = 0; i < report_length(after, "arcs"); i++) {
		arc = report_item(after, "arcs", i);
		old = find_arc(before, report_string(arc, "from"),
			       report_string(arc, "to"));
		if (!old)
			continue;
		then = arc_spread(old);
		now = arc_spread(arc);
		snprintf(what, sizeof(what), "%.24s>%.24s",
			 report_string(arc, "from"), report_string(arc, "to"));
		compare(c, what, &then, &now);
	}
}

static void compare_blackouts(const struct comparison *c,
			      struct json_object *before,
			      struct json_object *after)
{
	static const char *const names[METER_WAYS] = {
		[METER_BY_STOP_COPY] = "blackout of a stop-copy",
		[METER_BY_PRECOPY] = "blackout with pre-copy",
	};
	struct json_object *old, *new;
	struct spread then, now;
	int i;

	if (!json_object_object_get_ex(before, "blackout", &old) ||
	    !json_object_object_get_ex(after, "blackout", &new))
		return;
	for (i = 0; i < METER_WAYS; i++) {
		then = blackout_spread(old, meter_way_name((enum meter_way)i));
		now = blackout_spread(new, meter_way_name((enum meter_way)i));
		compare(c, names[i], &then, &now);
	}
}

void diff_figures(struct json_object *before, struct json_object *after,
		  enum diff_move move, const char *title, u32 *count)
{
	struct comparison c = { move, title, report_string(after, "uri"), count };
	struct json_object *old, *new;

	if (!json_object_object_get_ex(before, "figures", &old) ||
	    !json_object_object_get_ex(after, "figures", &new))
		return;
	compare_blackouts(&c, old, new);
	compare_arcs(&c, old, new);
}
