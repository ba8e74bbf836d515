// SPDX-License-Identifier: GPL-2.0-only
/* From the journal of a machine that died to verdicts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/run/conclude.h"
#include "../../lib/run/suite_load.h"
#include "unit.h"

static const char list_text[] =
	"# FIXTURE            VARIANT                   TEST\n"
	"v2_x                                           one\n"
	"                                               two\n"
	"                                               three\n";

static const char sites_text[] = "V2_STARTS_RUNNING\tv2_x_one\n"
				 "V2_HOSTILE_STREAM_IS_CONTAINED\tv2_x_two\n"
				 "V2_CLOSE_IS_A_FULL_STOP\tv2_x_two\n"
				 "V2_DATA_FD_OUTLIVES_DEVICE_SAFELY\thelper\n";

#define DEVICE                                                           \
	"{\"event\":\"device\",\"uri\":\"vfio:x\",\"generation\":2,"      \
	"\"driver\":\"d\",\"caps\":0,\"profile\":\"hostile\",\"seed\":7," \
	"\"kernel\":\"6.12\"}\n"
#define START(test) "{\"event\":\"start\",\"test\":\"" test "\"}\n"
#define PASSED(test) \
	"{\"event\":\"test\",\"test\":\"" test "\",\"outcome\":\"pass\"}\n"
#define HELD                                              \
	"{\"event\":\"fact\",\"test\":\"v2_x-one\","      \
	"\"rule\":\"V2-FEAT-011\",\"outcome\":\"held\"}\n"
#define END "{\"event\":\"end\",\"state\":\"RUNNING\",\"problem\":\"\"}\n"

static const char oops[] =
	"[    1.000000] migcheck: test v2_x-one\n"
	"[    1.100000] WARNING: an earlier one\n"
	"[    2.000000] migcheck: test v2_x-two\n"
	"[    2.100000] migcheck: call 1 0.0 open vfio:x = 0\n"
	"[    2.200000] harmless\n"
	"[    2.300000] BUG: kernel NULL pointer dereference, address: 08\n"
	"[    2.310000] RIP: 0010:mutex_lock+0x1c/0x30\n"
	"[    2.320000] RAX: 0000000000000000\n"
	"[    2.330000]  mtty_set_state+0x305/0x760 [mtty]\n"
	"[    2.340000] ---[ end trace 0 ]---\n"
	"[    2.350000] RIP: 0010:mutex_lock+0x1c/0x30\n";

static struct suite_binary binary;
static struct suite suite_of_one;
static struct judgements all;
static char dir[64];

static void setup(void)
{
	char *list = strdup(list_text), *sites = strdup(sites_text);

	memset(&binary, 0, sizeof(binary));
	memset(&all, 0, sizeof(all));
	binary.name = "x_test";
	binary.generation = 2;
	suite_parse(&binary, list);
	suite_parse(&binary, sites);
	free(list);
	free(sites);
	suite_of_one = (struct suite){ .binaries = &binary, .count = 1 };
	strcpy(dir, "/tmp/conclude.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
}

static void take_away(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void teardown(void)
{
	take_away("events");
	take_away("kernel.log");
	rmdir(dir);
	judgements_free(&all);
}

static int part(const char *events, const char *kernel_log)
{
	put("events", events);
	take_away("kernel.log");
	if (kernel_log)
		put("kernel.log", kernel_log);
	return conclude_part(&all, &suite_of_one, dir);
}

static struct judgement *judged(void)
{
	struct judgement *j = &all.list[0];

	j->in = (struct verdict_input){
		.uri = j->device.uri, .driver = j->device.driver,
		.generation = 2, .profile = all.profile,
		.suite = &suite_of_one, .record = &j->record, .kernel = "6.12",
	};
	judgement_make(j);
	return j;
}

static const struct verdict_rule *rule(enum req req)
{
	return &judged()->rules[req];
}

START_TEST(a_whole_journal_is_a_run)
{
	ck_assert_int_eq(part(DEVICE START("v2_x-one") HELD PASSED("v2_x-one")
			      END, NULL), 0);
	ck_assert_uint_eq(all.seed, 7);
	ck_assert_int_eq(all.profile, PROFILE_HOSTILE);
	ck_assert_int_eq(rule(V2_STARTS_RUNNING)->verdict, VERDICT_PASS);
	ck_assert_str_eq(all.list[0].end_state, "RUNNING");
	ck_assert_int_eq(judgement_status(&all), 0);
}
END_TEST

START_TEST(a_death_breaks_what_its_test_checks)
{
	const struct verdict_rule *r;

	part(DEVICE START("v2_x-one") HELD PASSED("v2_x-one") START("v2_x-two"),
	     oops);
	r = rule(V2_HOSTILE_STREAM_IS_CONTAINED);
	ck_assert_int_eq(r->verdict, VERDICT_FAIL);
	ck_assert_str_eq(r->fact->seen,
			 "the kernel died: BUG: kernel NULL pointer dereference, "
			 "address: 08, in mutex_lock+0x1c/0x30, under "
			 "mtty_set_state+0x305/0x760 [mtty]");
	ck_assert_str_eq(r->fact->calls, "1 0.0 open vfio:x = 0");
	ck_assert_int_eq(rule(V2_CLOSE_IS_A_FULL_STOP)->verdict, VERDICT_FAIL);
	ck_assert_int_eq(rule(V2_STARTS_RUNNING)->verdict, VERDICT_PASS);
	ck_assert_uint_eq(all.list[0].record.kernel_count, 3);
	ck_assert_int_eq(judgement_status(&all), 1);
}
END_TEST

START_TEST(a_test_without_sites_answers_for_its_helpers)
{
	part(DEVICE START("v2_x-three"), oops);
	ck_assert_int_eq(rule(V2_DATA_FD_OUTLIVES_DEVICE_SAFELY)->verdict,
			 VERDICT_FAIL);
	ck_assert_int_ne(rule(V2_STARTS_RUNNING)->verdict, VERDICT_FAIL);
}
END_TEST

START_TEST(a_silent_kernel_is_a_timeout)
{
	part(DEVICE START("v2_x-two"), "[    2.000000] migcheck: test v2_x-two\n");
	ck_assert_int_eq(rule(V2_HOSTILE_STREAM_IS_CONTAINED)->verdict,
			 VERDICT_TIMEOUT);
	ck_assert_uint_eq(all.list[0].record.fact_count, 0);
}
END_TEST

START_TEST(the_next_part_goes_on)
{
	part(DEVICE START("v2_x-two"), oops);
	ck_assert_str_ne(all.list[0].end_state, "RUNNING");
	part(DEVICE START("v2_x-one") HELD PASSED("v2_x-one") END, NULL);
	ck_assert_uint_eq(all.count, 1);
	ck_assert_str_eq(all.list[0].end_state, "RUNNING");
	ck_assert_int_eq(rule(V2_HOSTILE_STREAM_IS_CONTAINED)->verdict,
			 VERDICT_FAIL);
	ck_assert_int_eq(rule(V2_STARTS_RUNNING)->verdict, VERDICT_PASS);
	conclude_missing(&all.list[0], &suite_of_one);
	ck_assert_uint_eq(all.list[0].record.test_count, 3);
	ck_assert_int_eq(all.list[0].record.tests[2].outcome, RECORD_NOT_RUN);
}
END_TEST

START_TEST(a_machine_that_never_began_is_no_verdict)
{
	part(DEVICE, oops);
	judged();
	ck_assert_int_eq(judgement_status(&all), 99);
	ck_assert_int_lt(part("half a li", NULL), 0);
}
END_TEST

UNIT_SUITE(conclude)
{
	TCase *tc = unit_case(suite, "parts");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_whole_journal_is_a_run);
	tcase_add_test(tc, a_death_breaks_what_its_test_checks);
	tcase_add_test(tc, a_test_without_sites_answers_for_its_helpers);
	tcase_add_test(tc, a_silent_kernel_is_a_timeout);
	tcase_add_test(tc, the_next_part_goes_on);
	tcase_add_test(tc, a_machine_that_never_began_is_no_verdict);
}
