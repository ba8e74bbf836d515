// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "../uapi/mig2.h"
#include "mem.h"
#include "set.h"

static bool offers_nothing(const struct set *set, const struct set_member *m)
{
	(void)set;
	return !m->judgement;
}

static bool is_given_up(const struct set *set, const struct set_member *m)
{
	(void)set;
	return m->judgement && (m->judgement->record.abandoned ||
				m->judgement->end_problem[0]);
}

static bool violates(const struct set *set, const struct set_member *m)
{
	(void)set;
	return m->violated > 0;
}

static bool lacks_p2p(const struct set *set, const struct set_member *m)
{
	return set->count > 1 && m->judgement &&
	       m->judgement->device.generation == 2 &&
	       !(m->judgement->device.features & MIG2_CAP_P2P);
}

static bool has_older_kin(const struct set *set, const struct set_member *m)
{
	u32 i;

	if (!m->judgement || m->judgement->device.generation != 2)
		return false;
	for (i = 0; i < set->count; i++)
		if (set->members[i].judgement &&
		    set->members[i].judgement->device.generation == 1)
			return true;
	return false;
}

static bool lacks_log(const struct set *set, const struct set_member *m)
{
	(void)set;
	return m->judgement && !(m->judgement->device.features & DEVICE_LOGS);
}

/* Where a set is both, the findings that block it are told alone. */
static const struct set_finding {
	const char *key;
	bool blocks;
	bool (*found)(const struct set *set, const struct set_member *m);
	const char *one, *many; /* behind one URI, behind several */
	const char *why;
} set_findings[] = {
	{ "no-migration", true, offers_nothing, "offers no migration",
	  "offer no migration", "" },
	{ "not-running", true, is_given_up, "could not be brought to RUNNING",
	  "could not be brought to RUNNING", "" },
	{ "violation", true, violates, "breaks", "break", "" },
	{ "mixed-generations", true, has_older_kin, "speaks v2", "speak v2",
	  " beside v1 devices, and no VMM drives both" },
	{ "no-p2p", true, lacks_p2p, "has no P2P states",
	  "have no P2P states",
	  " and cannot be quiesced while other devices may write to it" },
	{ "no-dirty-logging", false, lacks_log, "has no dirty logging",
	  "have no dirty logging",
	  ", so that pre-copy of memory needs an IOMMU that tracks writes" },
};

static void set_look(const struct judgement *j, struct set_member *m)
{
	int req;

	for (req = 0; req < REQ_COUNT; req++) {
		if (!j->rules[req].concerned ||
		    (j->rules[req].verdict != VERDICT_FAIL &&
		     j->rules[req].verdict != VERDICT_TIMEOUT))
			continue;
		if (!m->violated++)
			m->first = (enum req)req;
	}
}

static struct set_member *set_new(struct set *set, const char *uri)
{
	struct set_member *m;

	set->members = mem_room(set->members, set->count, sizeof(*m));
	m = &set->members[set->count++];
	m->uri = uri;
	return m;
}

static void set_collect(const struct judgements *all, struct set *set)
{
	struct set_member *m;
	u32 i;

	for (i = 0; i < all->count; i++) {
		m = set_new(set, all->list[i].device.uri);
		m->judgement = &all->list[i];
		set_look(m->judgement, m);
	}
	for (i = 0; i < all->bare_count; i++)
		set_new(set, all->bare[i]);
}

static void set_find(struct set *set)
{
	struct set_member *m;
	size_t k;

	for (m = set->members; m < set->members + set->count; m++)
		for (k = 0; k < ARRAY_SIZE(set_findings); k++)
			if (set_findings[k].found(set, m))
				m->findings |= 1u << k;
}

bool set_member_fits(const struct set_member *member)
{
	size_t k;

	for (k = 0; k < ARRAY_SIZE(set_findings); k++)
		if (set_findings[k].blocks && member->findings & 1u << k)
			return false;
	return true;
}

void set_keys(const struct set_member *member,
	      void (*visit)(void *ctx, const char *key), void *ctx)
{
	size_t k;

	for (k = 0; k < ARRAY_SIZE(set_findings); k++)
		if (member->findings & 1u << k)
			visit(ctx, set_findings[k].key);
}

/* ---- the sentence ------------------------------------------------------------- */

static void add_text(char **text, const char *a, const char *b)
{
	char *longer = mem_printf("%s%s%s", *text, a, b);

	free(*text);
	*text = longer;
}

/* What each member breaks, since that differs. */
static void add_violations(char **text, const struct set *set)
{
	const struct set_member *m;
	const char *link = "";
	char *breach;

	for (m = set->members; m < set->members + set->count; m++) {
		if (!m->violated)
			continue;
		breach = m->violated == 1 ?
				 mem_printf("%s breaks %s", m->uri,
					    spec_rows[m->first].number) :
				 mem_printf("%s breaks %u rules, first %s",
					    m->uri, m->violated,
					    spec_rows[m->first].number);
		add_text(text, link, breach);
		free(breach);
		link = "; ";
	}
}

/* Those that finding @k is about, and what it means. */
static void add_finding(char **text, const struct set *set, size_t k)
{
	const struct set_finding *f = &set_findings[k];
	u32 i, count = 0, left;

	for (i = 0; i < set->count; i++)
		count += set->members[i].findings >> k & 1;
	for (i = 0, left = count; i < set->count; i++) {
		if (!(set->members[i].findings >> k & 1))
			continue;
		left--;
		add_text(text, set->members[i].uri,
			 left > 1 ? ", " : left ? " and " : " ");
	}
	add_text(text, count > 1 ? f->many : f->one, f->why);
}

static char *set_say(const struct set *set)
{
	char *text = mem_printf("These %u devices %s be migrated together",
				set->count, set->migratable ? "can" : "cannot");
	const char *link = set->migratable ? ", but " : ": ";
	u32 found = 0, i;
	size_t k;

	for (i = 0; i < set->count; i++)
		found |= set->members[i].findings;
	for (k = 0; k < ARRAY_SIZE(set_findings); k++) {
		if (!(found >> k & 1) ||
		    set_findings[k].blocks == set->migratable)
			continue;
		add_text(&text, link, "");
		if (set_findings[k].found == violates)
			add_violations(&text, set);
		else
			add_finding(&text, set, k);
		link = "; ";
	}
	add_text(&text, found ? "" : ": no rule is broken, and nothing is missing",
		 ".");
	return text;
}

void set_make(const struct judgements *all, struct set *ret_set)
{
	u32 i;

	memset(ret_set, 0, sizeof(*ret_set));
	set_collect(all, ret_set);
	set_find(ret_set);
	ret_set->migratable = true;
	for (i = 0; i < ret_set->count; i++)
		ret_set->migratable &= set_member_fits(&ret_set->members[i]);
	ret_set->sentence = set_say(ret_set);
}

void set_free(struct set *set)
{
	free(set->members);
	free(set->sentence);
}
