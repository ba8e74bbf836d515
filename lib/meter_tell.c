// SPDX-License-Identifier: GPL-2.0-only
#include <json-c/json.h>

#include "events.h"
#include "meter.h"
#include "v2.h"

const char *meter_state_name(int generation, u32 state)
{
	static const char *const bits[METER_STATES] = {
		"000", "001", "010", "011", "100", "101", "110", "111",
	};

	if (state >= METER_STATES)
		return "?";
	return generation == 1 ? bits[state] : v2_state_name(state);
}

const char *meter_phase_name(enum meter_phase phase)
{
	static const char *const names[METER_PHASES] = {
		[METER_PRECOPY] = "precopy",
		[METER_STOP_COPY] = "stop_copy",
		[METER_RESUME] = "resume",
	};

	return names[phase];
}

const char *meter_way_name(enum meter_way way)
{
	return way == METER_BY_PRECOPY ? "precopy" : "stop_copy";
}

static void add_arc(const struct meter *m, u32 from, u32 to,
		    struct json_object *arcs)
{
	struct json_object *arc;

	if (!m->arcs[from][to])
		return;
	arc = histogram_to_json(m->arcs[from][to]);
	events_add_number(arc, "from", from);
	events_add_number(arc, "to", to);
	json_object_array_add(arcs, arc);
}

static struct json_object *make_arcs(const struct meter *m)
{
	struct json_object *arcs = json_object_new_array();
	u32 from, to;

	for (from = 0; from < METER_STATES; from++)
		for (to = 0; to < METER_STATES; to++)
			add_arc(m, from, to, arcs);
	return arcs;
}

static struct json_object *make_phases(const struct meter *m)
{
	struct json_object *phases = json_object_new_array(), *phase;
	const struct meter_phases *p = m->phases[0];

	for (; p < m->phases[0] + METER_WAYS * METER_PHASES; p++) {
		phase = histogram_to_json(&p->ns);
		events_add_number(phase, "bytes", (s64)p->bytes);
		json_object_array_add(phases, phase);
	}
	return phases;
}

static struct json_object *make_array(const struct histogram *list, int count)
{
	struct json_object *array = json_object_new_array();
	int i;

	for (i = 0; i < count; i++)
		json_object_array_add(array, histogram_to_json(&list[i]));
	return array;
}

void meter_tell(const struct meter *meter, const char *test)
{
	struct json_object *event, *arcs;

	if (meter->spoilt)
		return;
	arcs = make_arcs(meter);
	if (!json_object_array_length(arcs)) {
		json_object_put(arcs);
		return;
	}
	event = events_new("figures");
	events_add(event, "test", test);
	json_object_object_add(event, "arcs", arcs);
	if (meter->migrates) {
		json_object_object_add(event, "phases", make_phases(meter));
		json_object_object_add(event, "rates",
				       make_array(meter->rates, METER_RATES));
		json_object_object_add(event, "blackout",
				       make_array(meter->blackout, METER_WAYS));
	}
	events_emit(event);
}
