// SPDX-License-Identifier: GPL-2.0-only
/* From what a run has told to verdicts and the exit status. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../lib/run/blocked.h"
#include "../../lib/run/intake.h"
#include "../../lib/run/judgement.h"
#include "../../lib/run/kmsg.h"
#include "../../lib/run/lost.h"
#include "../../lib/run/suite_load.h"
#include "unit.h"

/* One binary with three tests; "helper" is none of them. */
static const char list_text[] =
	"# FIXTURE            VARIANT                   TEST\n"
	"global                                         \n"
	"--------------------------------------------------------------\n"
	"v1_x                                           one\n"
	"                                               two\n"
	"--------------------------------------------------------------\n"
	"v1_y                 fast                      three\n"
	"                     slow                      \n";

static const char sites_text[] = "V1_PENDING_ZERO_IS_FINAL\tv1_x_one\n"
				 "V1_STREAM_IS_FINITE\tv1_x_two\n"
				 "V1_REGION_IS_SINGLE\tv1_x_two\n"
				 "V1_STARTS_RUNNING\thelper\n"
				 "V1_ANY_STATE_VALUE_IS_SAFE\thelper\n"
				 "nonsense\n";

static struct suite_binary binary;
static struct suite suite_of_one;
static struct judgement j;

static void setup(void)
{
	char *list = strdup(list_text), *sites = strdup(sites_text);

	memset(&binary, 0, sizeof(binary));
	memset(&j, 0, sizeof(j));
	binary.name = "x_test";
	binary.generation = 1;
	suite_parse(&binary, list);
	suite_parse(&binary, sites);
	free(list);
	free(sites);
	suite_of_one = (struct suite){ .binaries = &binary, .count = 1 };
	j.in = (struct verdict_input){
		.uri = "emu:v1", .driver = "refdev", .generation = 1,
		.suite = &suite_of_one, .record = &j.record, .kernel = "6.1",
	};
}

static void teardown(void)
{
	record_free(&j.record);
}

static void tell(const char *line)
{
	intake_line(&j.record, &binary, line);
}

#define FACT(rule, outcome, rest)                                          \
	tell("{\"event\":\"fact\",\"test\":\"v1_x-one\",\"rule\":\"" rule \
	     "\",\"outcome\":\"" outcome "\"" rest "}")
#define TEST_ENDED(name, outcome, message)                           \
	tell("{\"event\":\"test\",\"test\":\"" name "\",\"outcome\":\"" \
	     outcome "\",\"message\":\"" message "\",\"duration_s\":0.5}")

static void expect(const char *rule, enum verdict verdict)
{
	judgement_make(&j);
	ck_assert_str_eq(verdict_name(j.rules[spec_req(spec_find(rule))].verdict),
			 verdict_name(verdict));
}

static int status(void)
{
	struct judgements all = { .list = &j, .count = 1 };

	judgement_make(&j);
	return judgement_status(&all);
}

START_TEST(list_gives_tests_and_variants)
{
	ck_assert_uint_eq(binary.test_count, 4);
	ck_assert_str_eq(binary.tests[0].name, "v1_x-one");
	ck_assert_str_eq(binary.tests[1].run, "v1_x.two");
	ck_assert_str_eq(binary.tests[2].name, "v1_y-fast-three");
	ck_assert_str_eq(binary.tests[3].run, "v1_y.slow.three");
	ck_assert_str_eq(binary.tests[3].function, "v1_y_three");
}
END_TEST

START_TEST(helper_sites_belong_to_all_tests)
{
	ck_assert_uint_eq(binary.site_count, 5);
	ck_assert(suite_checks(&binary, "v1_x-one", V1_PENDING_ZERO_IS_FINAL));
	ck_assert(!suite_checks(&binary, "v1_x-two", V1_PENDING_ZERO_IS_FINAL));
	ck_assert(suite_checks(&binary, "v1_y-fast-three", V1_STARTS_RUNNING));
}
END_TEST

START_TEST(held_rule_passes)
{
	FACT("V1-PEND-002", "held", "");
	TEST_ENDED("v1_x-one", "pass", "");
	expect("V1-PEND-002", VERDICT_PASS);
	ck_assert_int_eq(status(), 0);
}
END_TEST

#define LOST(how)                                                      \
	tell("{\"event\":\"lost\",\"test\":\"v1_x-one\",\"how\":\"" how \
	     "\",\"calls\":[\"7 0.0 pwrite = -104\"]}")

static void settle(void)
{
	u32 i;

	for (i = 0; i < j.record.test_count; i++)
		lost_settle(&j.record, &j.record.tests[i], NULL);
}

/* Whatever ended the test: not a pass, and the test that tells most says why. */
static const struct {
	const char *outcome;
	enum verdict verdict;
} ends[] = {
	{ "timeout", VERDICT_TIMEOUT }, { "crash", VERDICT_ERROR },
};

START_TEST(what_held_before_a_bad_end_is_no_pass)
{
	char line[200];

	snprintf(line, sizeof(line), "{\"event\":\"test\",\"test\":\"v1_x-one\","
		 "\"outcome\":\"%s\",\"message\":\"m\"}", ends[_i].outcome);
	FACT("V1-PEND-002", "held", "");
	FACT("V1-PEND-003", "held", ""); /* that is for v1_x-two to check */
	tell(line);
	expect("V1-PEND-002", ends[_i].verdict);
	expect("V1-PEND-003", VERDICT_SKIP);
	ck_assert_str_eq(j.rules[spec_req(spec_find("V1-PEND-003"))].reason,
			 "seen only in v1_x-one, which did not come to its end: m");
	tell("{\"event\":\"fact\",\"test\":\"v1_x-two\","
	     "\"rule\":\"V1-PEND-003\",\"outcome\":\"held\"}");
	TEST_ENDED("v1_x-two", "pass", "");
	expect("V1-PEND-003", VERDICT_PASS);
}
END_TEST

START_TEST(lost_device_breaks_what_its_test_checks)
{
	const struct verdict_rule *rule = &j.rules[V1_PENDING_ZERO_IS_FINAL];

	FACT("V1-PEND-002", "held", "");
	FACT("V1-PEND-003", "held", "");
	LOST("hung up");
	TEST_ENDED("v1_x-one", "fail", "");
	settle();
	settle(); /* once is enough */
	ck_assert_uint_eq(j.record.fact_count, 1);
	expect("V1-PEND-002", VERDICT_FAIL);
	ck_assert_str_eq(rule->fact->seen, "the server hung up on its client");
	ck_assert_str_eq(rule->fact->calls, "7 0.0 pwrite = -104");
	expect("V1-PEND-003", VERDICT_SKIP);
	ck_assert_int_eq(status(), 1);
}
END_TEST

START_TEST(lost_device_breaks_what_its_helpers_had_come_to)
{
	const char *three = "{\"event\":\"%s\",\"test\":\"v1_y-fast-three\","
			    "\"rule\":\"%s\",\"outcome\":\"%s\",\"how\":\"hung up\"}";
	static const char *const said[][3] = {
		{ "fact", "V1-SEC-001", "held" }, { "lost", "", "" },
		{ "test", "", "fail" },
	};
	char line[200];
	size_t i;

	for (i = _i; i < ARRAY_SIZE(said); i++) {
		snprintf(line, sizeof(line), three, said[i][0], said[i][1],
			 said[i][2]);
		tell(line);
	}
	settle();
	expect("V1-SEC-001", _i ? VERDICT_ERROR : VERDICT_FAIL);
	/* Of this the judge speaks in any test. */
	expect(spec_rows[V1_STARTS_RUNNING].number, VERDICT_ERROR);
	ck_assert_int_eq(status(), 1);
}
END_TEST

START_TEST(silent_device_breaks_nothing)
{
	FACT("V1-PEND-002", "held", "");
	LOST("silent");
	TEST_ENDED("v1_x-one", "fail", "");
	settle();
	ck_assert_uint_eq(j.record.fact_count, 0);
	expect("V1-PEND-002", VERDICT_TIMEOUT);
	ck_assert_int_eq(status(), 1);
}
END_TEST

START_TEST(lost_device_may_be_waived)
{
	struct waiver w = { .req = V1_PENDING_ZERO_IS_FINAL, .device = "emu:*",
			    .reason = "known" };
	struct waivers waivers = { .list = &w, .count = 1 };

	j.in.waivers = &waivers;
	LOST("hung up");
	TEST_ENDED("v1_x-one", "fail", "");
	settle();
	expect("V1-PEND-002", VERDICT_WAIVED);
	ck_assert_int_eq(verdict_test(&j.in, j.rules, &j.record.tests[0]),
			 VERDICT_WAIVED);
}
END_TEST

START_TEST(breach_fails_whatever_held)
{
	FACT("V1-PEND-002", "held", "");
	FACT("V1-PEND-002", "breach", ",\"seen\":\"5\\nx\",\"trace\":\"/a/b\"");
	TEST_ENDED("v1_x-one", "fail", "");
	expect("V1-PEND-002", VERDICT_FAIL);
	ck_assert_str_eq(j.rules[V1_PENDING_ZERO_IS_FINAL].fact->seen, "5 x");
	ck_assert_str_eq(j.rules[V1_PENDING_ZERO_IS_FINAL].fact->trace, "b");
	ck_assert_int_eq(status(), 1);
}
END_TEST

START_TEST(should_warns_by_default_and_fails_strictly)
{
	FACT("V1-REGION-002", "breach", "");
	expect("V1-REGION-002", VERDICT_WARN);
	ck_assert_int_eq(status(), 0);
	j.in.profile = PROFILE_STRICT;
	expect("V1-REGION-002", VERDICT_FAIL);
	j.in.profile = PROFILE_HEADER_ONLY;
	expect("V1-REGION-002", VERDICT_INFO);
}
END_TEST

START_TEST(lapse_warns_only)
{
	FACT("V1-PEND-002", "lapse", "");
	expect("V1-PEND-002", VERDICT_WARN);
}
END_TEST

START_TEST(worst_fact_counts)
{
	FACT("V1-PEND-002", "lapse", ",\"seen\":\"a\"");
	FACT("V1-PEND-002", "breach", ",\"seen\":\"b\"");
	FACT("V1-PEND-002", "lapse", ",\"seen\":\"c\"");
	expect("V1-PEND-002", VERDICT_FAIL);
	ck_assert_str_eq(j.rules[V1_PENDING_ZERO_IS_FINAL].fact->seen, "b");
}
END_TEST

static const struct {
	const char *outcome;
	enum verdict verdict;
	int status;
} silences[] = {
	{ "timeout", VERDICT_TIMEOUT, 1 },
	{ "crash", VERDICT_ERROR, 99 },
	{ "blocked", VERDICT_SKIP, 4 },
	{ "skip", VERDICT_SKIP, 4 },
	{ "not-offered", VERDICT_NOT_OFFERED, 4 },
	{ "pass", VERDICT_SKIP, 4 },
};

START_TEST(silence_is_explained)
{
	char line[200];

	snprintf(line, sizeof(line), "{\"event\":\"test\",\"test\":\"v1_x-one\","
		 "\"outcome\":\"%s\",\"message\":\"m\"}", silences[_i].outcome);
	tell(line);
	expect("V1-PEND-002", silences[_i].verdict);
	ck_assert_int_eq(status(), silences[_i].status);
}
END_TEST

START_TEST(rule_without_checks_is_unchecked)
{
	expect("V1-PEND-009", VERDICT_UNCHECKED);
	ck_assert(j.rules[V1_USER_ITERATES_UNTIL_ZERO].reason[0]);
}
END_TEST

START_TEST(other_generation_is_no_concern)
{
	judgement_make(&j);
	ck_assert(!j.rules[V2_MIGRATION_IMPLIES_STOP_COPY].concerned);
	ck_assert(j.rules[V1_PENDING_ZERO_IS_FINAL].concerned);
}
END_TEST

START_TEST(waived_failure_is_no_violation)
{
	struct waiver w = { .req = V1_PENDING_ZERO_IS_FINAL, .device = "emu:*",
			    .reason = "known" };
	struct waivers waivers = { .list = &w, .count = 1 };

	j.in.waivers = &waivers;
	FACT("V1-PEND-002", "breach", "");
	FACT("V1-PEND-003", "held", "");
	TEST_ENDED("v1_x-one", "fail", "");
	expect("V1-PEND-002", VERDICT_WAIVED);
	ck_assert_int_eq(verdict_test(&j.in, j.rules, &j.record.tests[0]),
			 VERDICT_WAIVED);
	ck_assert_int_eq(status(), 0);
}
END_TEST

START_TEST(waiver_that_has_nothing_to_waive_fails)
{
	struct waiver w = { .req = V1_PENDING_ZERO_IS_FINAL, .device = "emu:*",
			    .reason = "known" };
	struct waivers waivers = { .list = &w, .count = 1 };

	j.in.waivers = &waivers;
	expect("V1-PEND-002", VERDICT_SKIP);
	FACT("V1-PEND-002", "held", "");
	expect("V1-PEND-002", VERDICT_UNEXPECTED_PASS);
	ck_assert_int_eq(status(), 1);
}
END_TEST

START_TEST(kernel_complaint_fails_the_test)
{
	FACT("V1-PEND-002", "held", "");
	TEST_ENDED("v1_x-one", "pass", "");
	record_add_kernel(&j.record, &binary, "v1_x-one", "WARNING: at x");
	ck_assert_str_eq(j.record.kernel_log[0], "v1_x-one: WARNING: at x");
	ck_assert_int_eq(status(), 1);
}
END_TEST

START_TEST(kernel_complaint_has_its_place)
{
	static const struct {
		const char *line, *kernel; /* of the test, up to there */
	} said[] = {
		{ "RIP: 0010:early+0x1/0x2", NULL },
		{ "BUG: kernel NULL pointer", "BUG: kernel NULL pointer" },
		{ "RIP: 0033:0x7f00", "BUG: kernel NULL pointer" },
		{ "RIP: 0010:x_set+0x5/0x9 [x]",
		  "BUG: kernel NULL pointer, in x_set+0x5/0x9 [x]" },
		{ "RIP: 0010:other+0x5/0x9",
		  "BUG: kernel NULL pointer, in x_set+0x5/0x9 [x]" },
	};
	const struct record_test *test;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(said); i++) {
		record_add_kernel(&j.record, &binary, "v1_x-one", said[i].line);
		test = record_test(&j.record, &binary, "v1_x-one");
		if (said[i].kernel)
			ck_assert_str_eq(test->kernel, said[i].kernel);
		else
			ck_assert_ptr_null(test->kernel);
	}
	record_add_kernel(&j.record, &binary, "v1_x-two", "WARNING: at a+0x1/0x2");
	record_add_kernel(&j.record, &binary, "v1_x-two", "RIP: 0010:a+0x1/0x2");
	test = record_test(&j.record, &binary, "v1_x-two");
	ck_assert_str_eq(test->kernel, "WARNING: at a+0x1/0x2");
}
END_TEST

START_TEST(kernel_log_gives_alarms_and_their_places)
{
	static const char *const records[] = {
		"6,1,1,-;RIP: 0010:quiet+0x1/0x2\n",
		"1,2,2,-;BUG: kernel NULL pointer\n SUBSYSTEM=x\n",
		"4,3,3,-;Code: 00\n", "4,4,4,-;RIP: 0010:x_set+0x5/0x9 [x]\n",
		"4,5,5,-;RIP: 0010:x_set+0x5/0x9 [x]\n",
	};
	int ends[2];
	struct kmsg kmsg;
	char line[80];
	size_t i;

	kmsg_open(&kmsg); /* the taint */
	kmsg_close(&kmsg);
	ck_assert(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends));
	for (i = 0; i < ARRAY_SIZE(records); i++)
		ck_assert_int_gt(write(ends[1], records[i], strlen(records[i])), 0);
	kmsg.fd = ends[0];
	ck_assert(kmsg_next(&kmsg, line, sizeof(line)));
	ck_assert_str_eq(line, "BUG: kernel NULL pointer");
	ck_assert(kmsg_next(&kmsg, line, sizeof(line)));
	ck_assert_str_eq(line, "RIP: 0010:x_set+0x5/0x9 [x]");
	ck_assert(!kmsg_next(&kmsg, line, sizeof(line)));
	kmsg_close(&kmsg);
	close(ends[1]);
}
END_TEST

START_TEST(blocked_tests_are_summed_up)
{
	char *sentence;

	TEST_ENDED("v1_x-one", "pass", "");
	TEST_ENDED("v1_x-skipped", "skip", "road blocked: no, skipped");
	ck_assert_ptr_null(blocked_sentence(&j.record));
	TEST_ENDED("v1_x-two", "blocked", "road blocked: nor does it move");
	sentence = blocked_sentence(&j.record);
	ck_assert_str_eq(sentence, "1 test; most often (1): nor does it move, v1_x-two");
	free(sentence);
	TEST_ENDED("v1_x-three", "blocked",
		   "road blocked: save(b, at(1): 2), &s): Input/output error");
	TEST_ENDED("v1_x-four", "blocked", "road blocked: save(b): No data");
	TEST_ENDED("v1_x-five", "blocked",
		   "road blocked: save(self->b, NULL): Input/output error");
	sentence = blocked_sentence(&j.record);
	ck_assert_str_eq(sentence, "4 tests; most often (2): "
			 "save(...): Input/output error, v1_x-three");
	free(sentence);
}
END_TEST

START_TEST(rule_of_a_later_kernel_does_not_bind)
{
	j.in.kernel_device = true;
	j.in.kernel = "5.7.1";
	FACT("V1-PEND-002", "breach", "");
	expect("V1-PEND-002", VERDICT_NOT_OFFERED);
}
END_TEST

START_TEST(excluded_rule_is_skipped)
{
	bool excluded[REQ_COUNT] = { [V1_PENDING_ZERO_IS_FINAL] = true };

	j.in.excluded = excluded;
	FACT("V1-PEND-002", "breach", "");
	expect("V1-PEND-002", VERDICT_SKIP);
}
END_TEST

START_TEST(device_that_was_given_up_is_an_error)
{
	FACT("V1-PEND-002", "held", "");
	TEST_ENDED("v1_x-one", "pass", "");
	j.record.abandoned = strdup("stuck");
	ck_assert_int_eq(status(), 99);
}
END_TEST

START_TEST(violation_counts_before_a_device_that_was_given_up)
{
	FACT("V1-PEND-002", "breach", "");
	j.record.abandoned = strdup("stuck");
	ck_assert_int_eq(status(), 1);
}
END_TEST

START_TEST(failed_test_counts_before_a_device_that_does_not_run)
{
	TEST_ENDED("v1_x-one", "timeout", "");
	strcpy(j.end_problem, "it was given up");
	ck_assert_int_eq(status(), 1);
}
END_TEST

START_TEST(nonsense_is_passed_over)
{
	tell("");
	tell("{\"event\":");
	tell("[1]");
	tell("{\"event\":\"fact\",\"rule\":\"V9-X\",\"outcome\":\"held\"}");
	tell("{\"event\":\"test\",\"test\":\"a\",\"outcome\":\"odd\"}");
	tell("{\"event\":\"device\",\"driver\":7,\"capabilities\":3}");
	ck_assert_uint_eq(j.record.fact_count, 0);
	ck_assert_uint_eq(j.record.test_count, 0);
}
END_TEST

UNIT_SUITE(verdict)
{
	TCase *tc = unit_case(suite, "verdicts");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, list_gives_tests_and_variants);
	tcase_add_test(tc, helper_sites_belong_to_all_tests);
	tcase_add_test(tc, held_rule_passes);
	tcase_add_loop_test(tc, what_held_before_a_bad_end_is_no_pass, 0, ARRAY_SIZE(ends));
	tcase_add_test(tc, lost_device_breaks_what_its_test_checks);
	tcase_add_loop_test(tc, lost_device_breaks_what_its_helpers_had_come_to, 0, 2);
	tcase_add_test(tc, silent_device_breaks_nothing);
	tcase_add_test(tc, lost_device_may_be_waived);
	tcase_add_test(tc, breach_fails_whatever_held);
	tcase_add_test(tc, should_warns_by_default_and_fails_strictly);
	tcase_add_test(tc, lapse_warns_only);
	tcase_add_test(tc, worst_fact_counts);
	tcase_add_loop_test(tc, silence_is_explained, 0, ARRAY_SIZE(silences));
	tcase_add_test(tc, rule_without_checks_is_unchecked);
	tcase_add_test(tc, other_generation_is_no_concern);
	tcase_add_test(tc, waived_failure_is_no_violation);
	tcase_add_test(tc, waiver_that_has_nothing_to_waive_fails);
	tcase_add_test(tc, kernel_complaint_fails_the_test);
	tcase_add_test(tc, kernel_complaint_has_its_place);
	tcase_add_test(tc, kernel_log_gives_alarms_and_their_places);
	tcase_add_test(tc, blocked_tests_are_summed_up);
	tcase_add_test(tc, rule_of_a_later_kernel_does_not_bind);
	tcase_add_test(tc, excluded_rule_is_skipped);
	tcase_add_test(tc, device_that_was_given_up_is_an_error);
	tcase_add_test(tc, violation_counts_before_a_device_that_was_given_up);
	tcase_add_test(tc, failed_test_counts_before_a_device_that_does_not_run);
	tcase_add_test(tc, nonsense_is_passed_over);
}
