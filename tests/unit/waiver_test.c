// SPDX-License-Identifier: GPL-2.0-only
/* Waivers files, good and malformed, and ranges of versions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/run/nearest.h"
#include "../../lib/run/version.h"
#include "../../lib/run/waiver.h"
#include "unit.h"

#define TODAY "2027-06-15"

static const struct {
	const char *text, *says;
} malformed[] = {
	{ "", "line 1" },
	{ "[\n {\n  \"rule\": }\n]", "line 3" },
	{ "[{}", "line 1" },
	{ "[] x", "line 1" },
	{ "{}", "not an array" },
	{ "[7]", "waiver 1: is not an object" },
	{ "[{}]", "'rule' is missing" },
	{ "[{\"rule\":\"V1-PEND-002\",\"reason\":\"r\"}]", "'device' or 'driver'" },
	{ "[{\"rule\":\"V1-PEND-002\",\"device\":\"*\"}]", "'reason' is missing" },
	{ "[{\"rule\":\"V1-PEND-020\"}]", "nearest: V1-PEND-0" },
	{ "[{\"rule\":7}]", "'rule': is not a string" },
	{ "[{\"rule\":\"V1-PEND-002\",\"devise\":\"*\"}]", "'devise': no such" },
	{ "[{\"rule\":\"V1-PEND-002\",\"device\":\"*\",\"reason\":\"r\","
	  "\"kernel\":\"new\"}]", "'kernel'" },
	{ "[{\"rule\":\"V1-PEND-002\",\"device\":\"*\",\"reason\":\"r\","
	  "\"expires\":\"2027-13-01\"}]", "'expires'" },
	{ "[{\"rule\":\"V1-PEND-002\",\"driver\":\"d\",\"reason\":\"r\","
	  "\"driver-version\":\"old\"}]", "'driver-version'" },
};

START_TEST(malformed_file_names_its_fault)
{
	struct waivers waivers;
	char *error = NULL;

	ck_assert_int_eq(waivers_parse(malformed[_i].text, "w.json", TODAY,
				       &waivers, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "w.json: "));
	ck_assert_msg(strstr(error, malformed[_i].says), "%s", error);
	free(error);
}
END_TEST

static void parse(const char *fields, struct waivers *ret_waivers)
{
	char text[400], *error = NULL;

	snprintf(text, sizeof(text), "[{\"rule\":\"V1_PENDING_ZERO_IS_FINAL\","
		 "\"reason\":\"r\",%s}]", fields);
	ck_assert_int_eq(waivers_parse(text, "w", TODAY, ret_waivers, &error), 0);
}

static const struct {
	const char *fields, *uri, *driver, *kernel;
	bool found;
	const char *version; /* of the driver */
} cases[] = {
	{ "\"device\":\"emu:*\"", "emu:v1", "refdev", "6.1", true },
	{ "\"device\":\"emu:v2*\"", "emu:v1", "refdev", "6.1", false },
	{ "\"driver\":\"ref*\"", "emu:v1", "refdev", "6.1", true },
	{ "\"device\":\"*\",\"driver\":\"mlx5\"", "x", "refdev", "6.1", false },
	{ "\"driver\":\"*\",\"kernel\":\"6.7..\"", "x", "d", "6.12.9-a", true },
	{ "\"driver\":\"*\",\"kernel\":\"6.7..\"", "x", "d", "6.6.1", false },
	{ "\"driver\":\"*\",\"expires\":\"2027-06-15\"", "x", "d", "6.1", true },
	{ "\"driver\":\"*\",\"expires\":\"2027-06-14\"", "x", "d", "6.1", false },
	{ "\"driver\":\"d\",\"driver-version\":\"1.2..\"", "x", "d", "6.1", false },
	{ "\"driver\":\"d\",\"driver-version\":\"1.2..\"", "x", "d", "6.1", true,
	  "1.2-rc3" },
	{ "\"driver\":\"d\",\"driver-version\":\"..1.1\"", "x", "d", "6.1", false,
	  "1.2-rc3" },
};

START_TEST(waiver_matches_device_driver_kernel_and_date)
{
	const struct waiver_scope scope = {
		.uri = cases[_i].uri, .driver = cases[_i].driver,
		.driver_version = cases[_i].version ? cases[_i].version : "",
		.kernel = cases[_i].kernel,
	};
	struct waivers waivers;
	const struct waiver *found;

	parse(cases[_i].fields, &waivers);
	found = waivers_find(&waivers, V1_PENDING_ZERO_IS_FINAL, &scope);
	ck_assert_int_eq(found != NULL, cases[_i].found);
	ck_assert_ptr_null(waivers_find(&waivers, V1_STREAM_IS_FINITE, &scope));
	waivers_free(&waivers);
}
END_TEST

START_TEST(empty_list_is_fine)
{
	struct waivers waivers;
	char *error = NULL;

	ck_assert_int_eq(waivers_parse("[]\n", "w", TODAY, &waivers, &error), 0);
	ck_assert_uint_eq(waivers.count, 0);
	ck_assert_ptr_null(waivers_find(NULL, V1_STREAM_IS_FINITE, NULL));
}
END_TEST

START_TEST(missing_file_is_an_error)
{
	struct waivers waivers;
	char *error = NULL;

	ck_assert_int_eq(waivers_load("/nonexistent/w.json", TODAY, &waivers,
				      &error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error, "/nonexistent/w.json"));
	free(error);
}
END_TEST

static const struct {
	const char *version, *range;
	bool in;
} ranges[] = {
	{ "6.7.0", "6.7", true },
	{ "6.8", "6.7", false },
	{ "6.12.3-amd64", "6.7..6.12", true },
	{ "6.13", "6.7..6.12", false },
	{ "5.10", "..6.1", true },
	{ "6.12.40", "6.12.38..", true },
	{ "6.12.4", "6.12.38..", false },
	{ "6.7", "6.7.1..", false },
	{ "24.10-0.7.0", "24.10", true },
	{ "2", "1.9..2.0", true },
	{ "", "1..", false },
	{ "unknown", "..9", false },
};

START_TEST(ranges_include_their_ends)
{
	ck_assert_int_eq(version_in_range(ranges[_i].version, ranges[_i].range),
			 ranges[_i].in);
}
END_TEST

START_TEST(malformed_ranges_are_none)
{
	static const char *const bad[] = { "6.9..6.1", "", "..", "..new", "new..",
					   "6.", "6.7...6.8", "6.7..6.8 ", "-1" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!version_range_valid(bad[i]), "%s", bad[i]);
	ck_assert(version_range_valid("1..2"));
}
END_TEST

START_TEST(nearest_name_comes_first)
{
	struct nearest nearest = { .wanted = "pendign" };
	char *text;

	nearest_offer(&nearest, "data");
	nearest_offer(&nearest, "PENDING");
	nearest_offer(&nearest, "state");
	nearest_offer(&nearest, "region_of_the_device");
	text = nearest_text(&nearest);
	ck_assert_int_eq(strncmp(text, "PENDING, ", 9), 0);
	free(text);
}
END_TEST

UNIT_SUITE(waiver)
{
	TCase *tc = unit_case(suite, "file");

	tcase_add_loop_test(tc, malformed_file_names_its_fault, 0,
			    sizeof(malformed) / sizeof(malformed[0]));
	tcase_add_loop_test(tc, waiver_matches_device_driver_kernel_and_date, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, empty_list_is_fine);
	tcase_add_test(tc, missing_file_is_an_error);
	tc = unit_case(suite, "names");
	tcase_add_loop_test(tc, ranges_include_their_ends, 0,
			    sizeof(ranges) / sizeof(ranges[0]));
	tcase_add_test(tc, malformed_ranges_are_none);
	tcase_add_test(tc, nearest_name_comes_first);
}
