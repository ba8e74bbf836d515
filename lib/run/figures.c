// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "figures.h"
#include "mem.h"

enum { PHASES = METER_WAYS * METER_PHASES };

static s64 number_at(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		return -1;
	return json_object_get_int64(value);
}

/* NULL where @key is no array of at least @count elements. */
static struct json_object *array_at(struct json_object *object, const char *key,
				    size_t count)
{
	struct json_object *array;

	if (!json_object_object_get_ex(object, key, &array) ||
	    !json_object_is_type(array, json_type_array) ||
	    json_object_array_length(array) < count)
		return NULL;
	return array;
}

static void take_arc(struct figures *f, struct json_object *json)
{
	s64 from = number_at(json, "from"), to = number_at(json, "to");
	struct histogram **arc;

	if (from < 0 || from >= METER_STATES || to < 0 || to >= METER_STATES)
		return;
	arc = &f->arcs[from][to];
	if (!*arc)
		*arc = mem_room(NULL, 0, sizeof(**arc));
	histogram_from_json(*arc, json);
}

static void take_phase(struct meter_phases *phases, struct json_object *json)
{
	s64 bytes = number_at(json, "bytes");

	if (bytes >= 0 && !histogram_from_json(&phases->ns, json))
		phases->bytes += (u64)bytes;
}

static void take_list(struct histogram *list, size_t count,
		      struct json_object *array)
{
	size_t i;

	for (i = 0; array && i < count; i++)
		histogram_from_json(&list[i],
				    json_object_array_get_idx(array, i));
}

static void take(struct figures *f, struct json_object *event)
{
	struct json_object *arcs = array_at(event, "arcs", 0);
	struct json_object *phases = array_at(event, "phases", PHASES);
	size_t i;

	for (i = 0; arcs && i < json_object_array_length(arcs); i++)
		take_arc(f, json_object_array_get_idx(arcs, i));
	for (i = 0; phases && i < PHASES; i++)
		take_phase(&f->phases[i / METER_PHASES][i % METER_PHASES],
			   json_object_array_get_idx(phases, i));
	take_list(f->rates, METER_RATES, array_at(event, "rates", METER_RATES));
	take_list(f->blackout, METER_WAYS,
		  array_at(event, "blackout", METER_WAYS));
}

void figures_wait(struct figures *figures, struct json_object *event)
{
	json_object_put(figures->waiting);
	figures->waiting = json_object_get(event);
}

void figures_test_ended(struct figures *figures, const char *name, bool passed)
{
	struct json_object *test;

	if (passed && figures->waiting &&
	    json_object_object_get_ex(figures->waiting, "test", &test) &&
	    !strcmp(json_object_get_string(test), name))
		take(figures, figures->waiting);
	json_object_put(figures->waiting);
	figures->waiting = NULL;
}

void figures_free(struct figures *figures)
{
	int from, to;

	for (from = 0; from < METER_STATES; from++)
		for (to = 0; to < METER_STATES; to++)
			free(figures->arcs[from][to]);
	json_object_put(figures->waiting);
	memset(figures, 0, sizeof(*figures));
}

void figures_arcs(const struct figures *figures,
		  void (*visit)(void *ctx, u32 from, u32 to,
				const struct histogram *h),
		  void *ctx)
{
	u32 from, to;

	for (from = 0; from < METER_STATES; from++)
		for (to = 0; to < METER_STATES; to++)
			if (figures->arcs[from][to])
				visit(ctx, from, to, figures->arcs[from][to]);
}

const struct histogram *figures_downtime(const struct figures *figures,
					 enum meter_way *ret_way)
{
	enum meter_way way = figures->blackout[METER_BY_PRECOPY].count ?
				     METER_BY_PRECOPY : METER_BY_STOP_COPY;

	if (!figures->blackout[way].count)
		return NULL;
	*ret_way = way;
	return &figures->blackout[way];
}

u64 figures_rate(const struct figures *figures, enum meter_rate rate)
{
	u64 mib_ns = histogram_quantile(&figures->rates[rate], 500);

	return mib_ns ? (u64)(1048576e9 / (double)mib_ns) : 0;
}

static const char *scaled(double value, const char *const *units, size_t count,
			  char *ret_text)
{
	size_t i;

	for (i = 0; value >= 999.5 && i + 1 < count; i++)
		value /= 1000;
	snprintf(ret_text, FIGURES_TEXT, "%.*f %s",
		 !i || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2, value,
		 units[i]);
	return ret_text;
}

const char *figures_time_text(u64 ns, char ret_text[FIGURES_TEXT])
{
	static const char *const units[] = { "ns", "us", "ms", "s" };

	return scaled((double)ns, units, ARRAY_SIZE(units), ret_text);
}

const char *figures_rate_text(u64 rate, char ret_text[FIGURES_TEXT])
{
	static const char *const units[] = { "B/s", "kB/s", "MB/s", "GB/s" };

	return scaled((double)rate, units, ARRAY_SIZE(units), ret_text);
}
