// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "mem.h"
#include "say.h"
#include "unused.h"

enum use {
	USE_NO_DEVICE, /* no device of the run is meant */
	USE_UNHEARD,   /* one is, but nothing was heard of the rule */
	USE_NOT_ASKED, /* one is, but the run does not ask */
	USE_USED,
};

static enum use use_on(const struct judgement *j, const struct waiver *w)
{
	const struct verdict_rule *rule = &j->rules[w->req];
	const struct waiver_scope scope = verdict_scope(&j->in);
	bool excluded = j->in.excluded && j->in.excluded[w->req];

	if (!waiver_means(w, &scope) ||
	    suite_generation(w->req) != j->in.generation)
		return USE_NO_DEVICE;
	if (!waiver_in_range(w, &scope) || !rule->concerned || excluded)
		return USE_NOT_ASKED;
	/* One that passed has been told of as an unexpected pass. */
	if (rule->fact || rule->verdict == VERDICT_UNEXPECTED_PASS)
		return USE_USED;
	return rule->partial ? USE_NOT_ASKED : USE_UNHEARD;
}

/* NULL: used, or not asked; else why not, free(). */
static char *why_unused(const struct judgements *all, const struct waiver *w)
{
	const struct judgement *unheard = NULL;
	enum use use, best = USE_NO_DEVICE;
	u32 i;

	for (i = 0; i < all->count; i++) {
		use = use_on(&all->list[i], w);
		if (use == USE_UNHEARD)
			unheard = &all->list[i];
		if (use > best)
			best = use;
	}
	if (best == USE_NO_DEVICE)
		return w->shared ? NULL :
			mem_printf("it is about no device of this run");
	if (best != USE_UNHEARD)
		return NULL;
	return mem_printf("%s: %s%s%s", unheard->device.uri,
			  verdict_name(unheard->rules[w->req].verdict),
			  unheard->rules[w->req].reason[0] ? ": " : "",
			  unheard->rules[w->req].reason);
}

void unused_find(struct judgements *all, const struct waivers *waivers)
{
	struct judgement_unused *unused;
	char *why;
	u32 i;

	for (i = 0; i < waivers->count; i++) {
		why = waivers->list[i].expired ?
			      NULL : why_unused(all, &waivers->list[i]);
		if (!why)
			continue;
		all->unused = mem_room(all->unused, all->unused_count,
				       sizeof(*all->unused));
		unused = &all->unused[all->unused_count++];
		unused->waiver = &waivers->list[i];
		unused->why = why;
	}
}

static const char *or_any(const char *glob)
{
	return glob ? glob : "*";
}

void unused_say(const struct judgements *all)
{
	const struct judgement_unused *u;
	char *head;

	for (u = all->unused; u < all->unused + all->unused_count; u++) {
		head = mem_printf("%s waiver of %s (device %s, driver %s): ",
				  say_painted("UNUSED", 2),
				  spec_rows[u->waiver->req].number,
				  or_any(u->waiver->device),
				  or_any(u->waiver->driver));
		say("%s%s\n", head, u->why);
		free(head);
	}
	if (all->unused_count)
		say("Take them out, or name the file with --shared-waivers if it "
		    "is about other devices too.\n\n");
}

static void add(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key,
			       text ? json_object_new_string(text) : NULL);
}

struct json_object *unused_to_json(const struct judgements *all)
{
	struct json_object *array = json_object_new_array(), *object;
	const struct judgement_unused *u;

	for (u = all->unused; u < all->unused + all->unused_count; u++) {
		object = json_object_new_object();
		add(object, "rule", spec_rows[u->waiver->req].number);
		add(object, "device", u->waiver->device);
		add(object, "driver", u->waiver->driver);
		add(object, "reason", u->waiver->reason);
		add(object, "why", u->why);
		json_object_array_add(array, object);
	}
	return array;
}
