// SPDX-License-Identifier: GPL-2.0-only
/* Histograms, the meter on calls made up here, and budgets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "../../lib/meter.h"
#include "../../lib/run/budget.h"
#include "../../lib/uapi/mig2.h"
#include "unit.h"

START_TEST(quantiles_are_close_and_ends_exact)
{
	static struct histogram h;
	u64 ns;

	memset(&h, 0, sizeof(h));
	for (ns = 1; ns <= 100000; ns++)
		histogram_add(&h, ns * 10);
	ck_assert_uint_eq(h.min, 10);
	ck_assert_uint_eq(h.max, 1000000);
	ck_assert_double_eq_tol((double)histogram_quantile(&h, 500), 500000,
				500000 * 0.016);
	ck_assert_double_eq_tol((double)histogram_quantile(&h, 990), 990000,
				990000 * 0.016);
	histogram_add(&h, UINT64_MAX); /* no bucket is that far */
	ck_assert_uint_eq(h.max, UINT64_MAX);
}
END_TEST

START_TEST(histogram_survives_json)
{
	static struct histogram a, b;
	struct json_object *json;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	histogram_add(&a, 7);
	histogram_add(&a, 123456);
	json = histogram_to_json(&a);
	ck_assert_int_eq(histogram_from_json(&b, json), 0);
	ck_assert_int_eq(histogram_from_json(&b, json), 0);
	ck_assert_uint_eq(b.count, 4);
	ck_assert_uint_eq(b.max, 123456);
	ck_assert_uint_eq(histogram_quantile(&b, 500), 7);
	json_object_put(json);
	json = json_tokener_parse("{\"min\":1,\"max\":2,\"buckets\":[[5000,1]]}");
	ck_assert_int_eq(histogram_from_json(&b, json), -EINVAL);
	json_object_put(json);
}
END_TEST

/* ---- the meter ------------------------------------------------------------- */

static struct mig_dev device;
static struct meter meter;
static u64 now;

/* A call that takes @ns; observers take as long again. */
static void call(struct mig_call *c, u64 ns)
{
	c->dev = &device;
	c->start_ns = 2 * now;
	c->watched_ns = now;
	c->duration_ns = ns;
	meter.observer.called(&meter.observer, c);
	now += ns;
}

static void set(u32 state, u64 ns, s64 ret)
{
	u32 arg[4] = { 16, MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_SET, state };
	struct mig_call c = { .op = MIG_IOCTL, .request = UAPI_DEVICE_FEATURE,
			      .in = arg, .in_len = sizeof(arg), .ret = ret };

	call(&c, ns);
}

static void move(enum mig_op op, s64 bytes, u64 ns)
{
	struct mig_call c = { .op = op, .session = 1, .ret = bytes };

	call(&c, ns);
}

static void begin(void)
{
	struct mig_call reset = { .op = MIG_IOCTL, .request = UAPI_DEVICE_RESET };

	meter_free(&meter);
	meter_init(&meter, 2);
	call(&reset, 1);
}

START_TEST(arc_takes_as_long_as_its_call)
{
	begin();
	set(MIG2_STOP, 40, 0);
	set(MIG2_RUNNING, 50, 0);
	set(MIG2_STOP, 60, 0);
	ck_assert_uint_eq(meter.arcs[MIG2_RUNNING][MIG2_STOP]->count, 2);
	ck_assert_uint_eq(meter.arcs[MIG2_RUNNING][MIG2_STOP]->max, 60);
	ck_assert(!meter.spoilt);
	set(MIG2_RUNNING, 10, -EIO);
	ck_assert(meter.spoilt);
}
END_TEST

/* Pre-copy: 100 ns of reading, stop 20, 30 of reading, then loading. */
static void migrate(s64 lost)
{
	begin();
	meter.migrates = true;
	set(MIG2_PRE_COPY, 5, 0);
	move(MIG_READ, 1000, 100);
	set(MIG2_STOP_COPY, 20, 0);
	move(MIG_READ, 200, 30);
	set(MIG2_STOP, 7000, 0);
	set(MIG2_RESUMING, 9000, 0);
	move(MIG_WRITE, 1000, 50);
	move(MIG_WRITE, 200 - lost, 60);
	set(MIG2_RUNNING, 70, 0);
}

START_TEST(blackout_is_what_two_devices_would_need)
{
	migrate(0);
	ck_assert_uint_eq(meter.blackout[METER_BY_STOP_COPY].count, 0);
	ck_assert_uint_eq(meter.blackout[METER_BY_PRECOPY].count, 1);
	ck_assert_uint_eq(meter.blackout[METER_BY_PRECOPY].max,
			  20 + 30 + 60 + 70);
	ck_assert_uint_eq(meter.phases[METER_BY_PRECOPY][METER_PRECOPY].bytes, 1000);
	ck_assert_uint_eq(meter.phases[METER_BY_PRECOPY][METER_PRECOPY].ns.max, 100);
	ck_assert_uint_eq(meter.phases[METER_BY_PRECOPY][METER_STOP_COPY].ns.max, 30);
	ck_assert_uint_eq(meter.phases[METER_BY_PRECOPY][METER_RESUME].bytes, 1200);
	ck_assert_uint_eq(meter.phases[METER_BY_PRECOPY][METER_RESUME].ns.max, 110);
	ck_assert_uint_eq(meter.rates[METER_SAVING].max, 130 * 1048576ull / 1200);
}
END_TEST

START_TEST(migration_that_lost_bytes_is_none)
{
	migrate(1);
	ck_assert_uint_eq(meter.blackout[METER_BY_PRECOPY].count, 0);
	ck_assert_uint_eq(meter.phases[METER_BY_PRECOPY][METER_RESUME].ns.count, 0);
}
END_TEST

/* ---- budgets --------------------------------------------------------------- */

static const struct {
	const char *text;
	u64 limit; /* 0: malformed */
	bool warns;
} budgets[] = {
	{ "downtime=300ms", 300000000, false },
	{ "downtime<=0.3s", 300000000, false },
	{ "arc=5us:warn", 5000, true },
	{ "arc=5us:fail", 5000, false },
	{ "save-rate=100MB/s", 100000000, false },
	{ "save-rate>=1GiB", 1 << 30, false },
	{ "downtime>=300ms", 0, false },
	{ "save-rate<=1GB", 0, false },
	{ "downtime=300", 0, false },
	{ "downtime=ms", 0, false },
	{ "downtime=-3ms", 0, false },
	{ "downtime=infs", 0, false },
	{ "downtime=nans", 0, false },
	{ "downtime=1e99s", 0, false },
	{ "downtime=0s", 0, false },
	{ "downtime=1s:warm", 0, false },
	{ "downtime", 0, false },
	{ "uptime=1s", 0, false },
	{ "", 0, false },
};

START_TEST(budgets_are_read)
{
	struct budget budget;
	char *error = NULL;

	ck_assert_int_eq(budget_parse(budgets[_i].text, &budget, &error),
			 budgets[_i].limit ? 0 : -EINVAL);
	ck_assert_int_eq(error != NULL, !budgets[_i].limit);
	if (budgets[_i].limit) {
		ck_assert_uint_eq(budget.limit, budgets[_i].limit);
		ck_assert_int_eq(budget.warns, budgets[_i].warns);
	}
	free(error);
}
END_TEST

START_TEST(budget_judges_the_longest_blackout)
{
	static struct figures figures;
	struct budget budget;
	char *error = NULL;

	ck_assert_int_eq(budget_parse("downtime=1us", &budget, &error), 0);
	ck_assert_int_eq(budget_verdict(&budget, &figures), VERDICT_FAIL);
	histogram_add(&figures.blackout[METER_BY_STOP_COPY], 900);
	ck_assert_int_eq(budget_verdict(&budget, &figures), VERDICT_PASS);
	histogram_add(&figures.blackout[METER_BY_STOP_COPY], 1001);
	ck_assert_int_eq(budget_verdict(&budget, &figures), VERDICT_FAIL);
	budget.warns = true;
	ck_assert_int_eq(budget_verdict(&budget, &figures), VERDICT_WARN);
}
END_TEST

START_TEST(figures_of_a_failed_test_are_dropped)
{
	static struct figures figures;
	struct json_object *event = json_tokener_parse(
		"{\"test\":\"t\",\"arcs\":[{\"from\":1,\"to\":2,\"min\":3,"
		"\"max\":3,\"buckets\":[[3,1]]},{\"from\":9,\"to\":-1}]}");

	figures_wait(&figures, event);
	figures_test_ended(&figures, "t", false);
	ck_assert_ptr_null(figures.arcs[1][2]);
	figures_wait(&figures, event);
	figures_test_ended(&figures, "other", true);
	ck_assert_ptr_null(figures.arcs[1][2]);
	figures_wait(&figures, event);
	figures_test_ended(&figures, "t", true);
	ck_assert_uint_eq(figures.arcs[1][2]->max, 3);
	json_object_put(event);
	figures_free(&figures);
}
END_TEST

UNIT_SUITE(figures)
{
	TCase *tc = unit_case(suite, "histogram");

	tcase_add_test(tc, quantiles_are_close_and_ends_exact);
	tcase_add_test(tc, histogram_survives_json);
	tc = unit_case(suite, "meter");
	tcase_add_test(tc, arc_takes_as_long_as_its_call);
	tcase_add_test(tc, blackout_is_what_two_devices_would_need);
	tcase_add_test(tc, migration_that_lost_bytes_is_none);
	tc = unit_case(suite, "budgets");
	tcase_add_loop_test(tc, budgets_are_read, 0,
			    sizeof(budgets) / sizeof(budgets[0]));
	tcase_add_test(tc, budget_judges_the_longest_blackout);
	tcase_add_test(tc, figures_of_a_failed_test_are_dropped);
}
