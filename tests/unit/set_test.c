// SPDX-License-Identifier: GPL-2.0-only
/* Whether devices can be migrated together, and the sentence about it. */
#include <stdio.h>
#include <string.h>

#include "../../lib/run/set.h"
#include "../../lib/uapi/mig2.h"
#include "unit.h"

enum { ALL2 = MIG2_CAP_STOP_COPY | MIG2_CAP_P2P | MIG2_CAP_PRE_COPY };

static struct judgement devices[3];
static char *bare[] = { "vfio:bare" };
static struct judgements all;
static struct set set;

static void setup(void)
{
	memset(devices, 0, sizeof(devices));
	all = (struct judgements){ .list = devices };
}

static void teardown(void)
{
	set_free(&set);
}

static struct judgement *have(const char *uri, int generation, u64 features)
{
	struct judgement *j = &devices[all.count++];

	snprintf(j->device.uri, sizeof(j->device.uri), "%s", uri);
	j->device.generation = generation;
	j->device.features = features;
	return j;
}

static void breaks(struct judgement *j, enum req req)
{
	j->rules[req].concerned = true;
	j->rules[req].verdict = VERDICT_FAIL;
}

static void says(bool migratable, const char *sentence)
{
	set_make(&all, &set);
	ck_assert_int_eq(set.migratable, migratable);
	ck_assert_str_eq(set.sentence, sentence);
}

START_TEST(all_good)
{
	have("a", 2, ALL2 | DEVICE_LOGS);
	have("b", 2, ALL2 | DEVICE_LOGS);
	says(true, "These 2 devices can be migrated together: no rule is "
		   "broken, and nothing is missing.");
	ck_assert_uint_eq(set.members[1].findings, 0);
}
END_TEST

START_TEST(one_without_p2p)
{
	have("a", 2, ALL2 | DEVICE_LOGS);
	have("b", 2, MIG2_CAP_STOP_COPY | DEVICE_LOGS);
	says(false, "These 2 devices cannot be migrated together: b has no P2P "
		    "states and cannot be quiesced while other devices may "
		    "write to it.");
	ck_assert(set_member_fits(&set.members[0]));
	ck_assert(!set_member_fits(&set.members[1]));
}
END_TEST

START_TEST(some_without_log)
{
	have("a", 2, ALL2);
	have("b", 2, ALL2 | DEVICE_LOGS);
	have("c", 2, ALL2);
	says(true, "These 3 devices can be migrated together, but a and c have "
		   "no dirty logging, so that pre-copy of memory needs an IOMMU "
		   "that tracks writes.");
	ck_assert(set_member_fits(&set.members[0]));
}
END_TEST

START_TEST(one_without_migration)
{
	have("a", 2, ALL2 | DEVICE_LOGS);
	all.bare = bare;
	all.bare_count = 1;
	says(false, "These 2 devices cannot be migrated together: vfio:bare "
		    "offers no migration.");
}
END_TEST

START_TEST(two_generations)
{
	have("a", 1, DEVICE_LOGS);
	have("b", 2, ALL2 | DEVICE_LOGS);
	says(false, "These 2 devices cannot be migrated together: b speaks v2 "
		    "beside v1 devices, and no VMM drives both.");
}
END_TEST

START_TEST(v1_needs_no_p2p)
{
	have("a", 1, DEVICE_LOGS);
	have("b", 1, DEVICE_LOGS);
	says(true, "These 2 devices can be migrated together: no rule is "
		   "broken, and nothing is missing.");
}
END_TEST

START_TEST(violations)
{
	struct judgement *a = have("a", 2, ALL2), *b;

	b = have("b", 2, ALL2 | DEVICE_LOGS);
	breaks(a, V2_STARTS_RUNNING);
	breaks(b, V2_STARTS_RUNNING);
	breaks(b, V2_P2P_STOPS_OUTGOING);
	says(false, "These 2 devices cannot be migrated together: a breaks "
		    "V2-FEAT-011; b breaks 2 rules, first V2-FEAT-011.");
	ck_assert_uint_eq(set.members[1].violated, 2);
}
END_TEST

static void collect(void *ctx, const char *key)
{
	strcat(ctx, key);
	strcat(ctx, " ");
}

START_TEST(keys)
{
	char keys[100] = "";

	have("a", 1, DEVICE_LOGS);
	have("b", 2, MIG2_CAP_STOP_COPY);
	set_make(&all, &set);
	set_keys(&set.members[1], collect, keys);
	ck_assert_str_eq(keys, "mixed-generations no-p2p no-dirty-logging ");
}
END_TEST

UNIT_SUITE(set)
{
	TCase *tc = unit_case(suite, "together");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, all_good);
	tcase_add_test(tc, one_without_p2p);
	tcase_add_test(tc, some_without_log);
	tcase_add_test(tc, one_without_migration);
	tcase_add_test(tc, two_generations);
	tcase_add_test(tc, v1_needs_no_p2p);
	tcase_add_test(tc, violations);
	tcase_add_test(tc, keys);
}
