/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other forms of results.json. A form prints all runs at once, in the order of
 * the command line; it looks at nothing but the saved results.
 *
 * Consumers have fewer words than we have verdicts: report_word() is the one
 * place that says which of theirs each verdict is.
 */
#ifndef MIGCHECK_CMD_REPORT_H
#define MIGCHECK_CMD_REPORT_H

#include "../types.h"

struct json_object;

struct report_runs {
	struct json_object **list; /* roots of results.json */
	const char **dirs;
	u32 count;
};

enum report_consumer { REPORT_TAP, REPORT_JUNIT, REPORT_LAVA, REPORT_TMT,
		       REPORT_KCIDB, REPORT_CONSUMERS };

/*
 * TAP: "ok", "not ok", "skip", "xfail"; JUnit: "pass", "failure", "error",
 * "skipped"; the others their own words. An unknown verdict is an error.
 */
const char *report_word(enum report_consumer consumer, const char *verdict)
	__attribute__((returns_nonnull));

/* The string at @key, "" where there is none. */
const char *report_string(struct json_object *object, const char *key);
double report_number(struct json_object *object, const char *key);
/* Elements of the array at @key, 0 where there is none. */
size_t report_length(struct json_object *object, const char *key);
struct json_object *report_item(struct json_object *object, const char *key,
				size_t index);

/* @text with what XML and HTML give a meaning replaced; control characters go. */
void report_say_escaped(const char *text);

/* "V1-PEND" of "V1-PEND-002"; free(). */
char *report_area(const char *number);

/* What a rule or test has to tell beside its verdict, one line; free(). */
char *report_story(struct json_object *entry);

/* A form for people: how it prints. The walk over the results is the same. */
struct report_form {
	void (*run)(struct json_object *run, const char *dir);
	void (*rule)(struct json_object *rule);
	void (*area)(const char *area, const char *counts);
	void (*areas_end)(void);
	void (*test)(struct json_object *test);
	void (*run_end)(struct json_object *run);
};

void report_say_runs(const struct report_runs *runs,
		     const struct report_form *form);
/* "emu:v1 (refdev, v1), ..." and the closing sentence of a run; free(). */
char *report_devices(struct json_object *run);
char *report_total(struct json_object *run);

void report_as_text(const struct report_runs *runs);
void report_as_md(const struct report_runs *runs);
void report_as_html(const struct report_runs *runs);
void report_as_tap(const struct report_runs *runs);
void report_as_ktap(const struct report_runs *runs);
void report_as_lava(const struct report_runs *runs);
void report_as_junit(const struct report_runs *runs);
void report_as_tmt(const struct report_runs *runs);
void report_as_kcidb(const struct report_runs *runs);

#endif
