// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include <json-c/json.h>

#include "figures.h"

static void add(struct json_object *object, const char *key, u64 number)
{
	json_object_object_add(object, key, json_object_new_int64((s64)number));
}

/* null where there is nothing to say. */
static void add_if(struct json_object *object, const char *key, bool known,
		   u64 number)
{
	json_object_object_add(object, key,
			       known ? json_object_new_int64((s64)number) : NULL);
}

struct arcs {
	int generation;
	struct json_object *array;
};

static void add_arc(void *ctx, u32 from, u32 to, const struct histogram *h)
{
	struct json_object *arc = json_object_new_object();
	struct arcs *arcs = ctx;

	json_object_object_add(arc, "from", json_object_new_string(
		meter_state_name(arcs->generation, from)));
	json_object_object_add(arc, "to", json_object_new_string(
		meter_state_name(arcs->generation, to)));
	add(arc, "count", h->count);
	add(arc, "min_ns", h->min);
	add(arc, "median_ns", histogram_quantile(h, 500));
	add(arc, "p99_ns", histogram_quantile(h, 990));
	add(arc, "max_ns", h->max);
	json_object_array_add(arcs->array, arc);
}

static struct json_object *make_phases(const struct figures *figures)
{
	struct json_object *phases = json_object_new_array(), *phase;
	const struct meter_phases *p;
	enum meter_way way = METER_BY_STOP_COPY;
	int i;

	figures_downtime(figures, &way);
	for (i = 0; i < METER_PHASES; i++) {
		p = &figures->phases[way][i];
		if (!p->ns.count)
			continue;
		phase = json_object_new_object();
		json_object_object_add(phase, "name", json_object_new_string(
			meter_phase_name((enum meter_phase)i)));
		add(phase, "bytes", p->bytes / p->ns.count);
		add(phase, "ns", histogram_quantile(&p->ns, 500));
		add(phase, "max_ns", p->ns.max);
		add(phase, "count", p->ns.count);
		json_object_array_add(phases, phase);
	}
	return phases;
}

static struct json_object *make_blackout(const struct figures *figures)
{
	struct json_object *blackout = json_object_new_object();
	const struct histogram *h;
	char key[48];
	int i;

	for (i = 0; i < METER_WAYS; i++) {
		const char *way = meter_way_name((enum meter_way)i);

		h = &figures->blackout[i];
		snprintf(key, sizeof(key), "%s_ns", way);
		add_if(blackout, key, h->count, histogram_quantile(h, 500));
		snprintf(key, sizeof(key), "%s_min_ns", way);
		add_if(blackout, key, h->count, h->min);
		snprintf(key, sizeof(key), "%s_max_ns", way);
		add_if(blackout, key, h->count, h->max);
		snprintf(key, sizeof(key), "%s_count", way);
		add(blackout, key, h->count);
	}
	return blackout;
}

static struct json_object *make_rates(const struct figures *figures)
{
	u64 save = figures_rate(figures, METER_SAVING);
	u64 restore = figures_rate(figures, METER_RESTORING);
	struct json_object *rates = json_object_new_object();

	add_if(rates, "save_bytes_per_s", save, save);
	add_if(rates, "restore_bytes_per_s", restore, restore);
	return rates;
}

struct json_object *figures_to_json(const struct figures *figures,
				    int generation)
{
	struct json_object *json = json_object_new_object();
	struct arcs arcs = { generation, json_object_new_array() };

	figures_arcs(figures, add_arc, &arcs);
	json_object_object_add(json, "arcs", arcs.array);
	json_object_object_add(json, "phases", make_phases(figures));
	json_object_object_add(json, "rates", make_rates(figures));
	json_object_object_add(json, "blackout", make_blackout(figures));
	return json;
}
