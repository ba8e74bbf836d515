// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "mem.h"
#include "nearest.h"
#include "version.h"
#include "waiver.h"

enum { FILE_MAX = 1 << 20 };

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{ "device", offsetof(struct waiver, device) },
	{ "driver", offsetof(struct waiver, driver) },
	{ "kernel", offsetof(struct waiver, kernel) },
	{ "driver-version", offsetof(struct waiver, driver_version) },
	{ "reason", offsetof(struct waiver, reason) },
	{ "link", offsetof(struct waiver, link) },
	{ "expires", offsetof(struct waiver, expires) },
};

static bool is_date(const char *s)
{
	unsigned int year, month, day;
	int len = 0;

	return sscanf(s, "%4u-%2u-%2u%n", &year, &month, &day, &len) == 3 &&
	       len == 10 && !s[len] && month - 1 < 12 && day - 1 < 31;
}

/* The functions below return NULL, or what is wrong (free()). */

static char *set_rule(struct waiver *w, const char *value)
{
	struct nearest nearest = { .wanted = value };
	const struct spec_row *row = spec_find(value);
	char *names, *error;

	if (row) {
		w->req = spec_req(row);
		return NULL;
	}
	nearest_offer_rules(&nearest);
	names = nearest_text(&nearest);
	error = mem_printf("field 'rule': no rule '%s'; nearest: %s", value,
			   names);
	free(names);
	return error;
}

static char *set_field(struct waiver *w, const char *key, const char *value)
{
	size_t i;

	if (!strcmp(key, "rule"))
		return set_rule(w, value);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (!strcmp(fields[i].name, key)) {
			*(char **)((char *)w + fields[i].offset) =
				mem_dup(value);
			return NULL;
		}
	return mem_printf("field '%s': no such field", key);
}

static char *check_waiver(const struct waiver *w)
{
	if (w->req == REQ_COUNT)
		return mem_printf("field 'rule' is missing");
	if (!w->device && !w->driver)
		return mem_printf("field 'device' or 'driver' is missing");
	if (!w->reason || !w->reason[0])
		return mem_printf("field 'reason' is missing");
	if (w->kernel && !version_range_valid(w->kernel))
		return mem_printf("field 'kernel': '%s' is no range like "
				  "\"6.7..6.11\"", w->kernel);
	if (w->driver_version && !version_range_valid(w->driver_version))
		return mem_printf("field 'driver-version': '%s' is no range like "
				  "\"1.2..1.4\"", w->driver_version);
	if (w->expires && !is_date(w->expires))
		return mem_printf("field 'expires': '%s' is no date YYYY-MM-DD",
				  w->expires);
	return NULL;
}

static char *parse_waiver(struct json_object *object, struct waiver *w)
{
	char *error;

	w->req = REQ_COUNT;
	if (!json_object_is_type(object, json_type_object))
		return mem_printf("is not an object");
	json_object_object_foreach(object, key, value) {
		if (!json_object_is_type(value, json_type_string))
			return mem_printf("field '%s': is not a string", key);
		error = set_field(w, key, json_object_get_string(value));
		if (error)
			return error;
	}
	return check_waiver(w);
}

static char *parse_array(struct json_object *array, const char *today,
			 struct waivers *waivers)
{
	struct waiver *w;
	char *wrong, *error;
	size_t i;

	if (!json_object_is_type(array, json_type_array))
		return mem_printf("is not an array of waivers");
	for (i = 0; i < json_object_array_length(array); i++) {
		waivers->list = mem_room(waivers->list, waivers->count,
					 sizeof(*w));
		w = &waivers->list[waivers->count++];
		wrong = parse_waiver(json_object_array_get_idx(array, i), w);
		if (wrong) {
			error = mem_printf("waiver %zu: %s", i + 1, wrong);
			free(wrong);
			return error;
		}
		w->expired = w->expires && strcmp(w->expires, today) < 0;
	}
	return NULL;
}

static unsigned int line_at(const char *text, size_t offset)
{
	unsigned int line = 1;

	while (offset-- && *text)
		line += *text++ == '\n';
	return line;
}

/* The whole text as JSON, or an error with its line. */
static char *tokenise(const char *text, struct json_object **ret_root)
{
	struct json_tokener *tok = json_tokener_new();
	char *error = NULL;
	size_t end;

	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	*ret_root = json_tokener_parse_ex(tok, text, (int)strlen(text) + 1);
	end = json_tokener_get_parse_end(tok);
	if (json_tokener_get_error(tok) != json_tokener_success || !*ret_root)
		error = mem_printf("line %u: %s", line_at(text, end),
				   json_tokener_error_desc(
					   json_tokener_get_error(tok)));
	json_tokener_free(tok);
	return error;
}

int waivers_parse(const char *text, const char *name, const char *today,
		  struct waivers *ret_waivers, char **ret_error)
{
	struct waivers waivers = { 0 };
	struct json_object *root = NULL;
	char *wrong = tokenise(text, &root);

	if (!wrong)
		wrong = parse_array(root, today, &waivers);
	json_object_put(root);
	if (wrong) {
		*ret_error = mem_printf("%s: %s", name, wrong);
		free(wrong);
		waivers_free(&waivers);
		return -EINVAL;
	}
	*ret_waivers = waivers;
	return 0;
}

static int read_text(const char *path, char **ret_text)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t len;
	int err;

	if (!file)
		return -errno;
	text = malloc(FILE_MAX);
	errno = 0;
	len = text ? fread(text, 1, FILE_MAX - 1, file) : 0;
	err = text ? (ferror(file) ? -errno : 0) : -ENOMEM;
	fclose(file);
	if (err) {
		free(text);
		return err;
	}
	text[len] = '\0';
	*ret_text = text;
	return 0;
}

int waivers_load(const char *path, const char *today,
		 struct waivers *ret_waivers, char **ret_error)
{
	char *text = NULL;
	int err = read_text(path, &text);

	if (err) {
		*ret_error = mem_printf("%s: %s", path, strerror(-err));
		return err;
	}
	err = waivers_parse(text, path, today, ret_waivers, ret_error);
	free(text);
	return err;
}

void waivers_free(struct waivers *waivers)
{
	size_t i, k;

	for (i = 0; i < waivers->count; i++)
		for (k = 0; k < ARRAY_SIZE(fields); k++)
			free(*(char **)((char *)&waivers->list[i] +
					fields[k].offset));
	free(waivers->list);
	memset(waivers, 0, sizeof(*waivers));
}

static bool matches(const char *glob, const char *value)
{
	return !glob || !fnmatch(glob, value, 0);
}

bool waiver_means(const struct waiver *waiver, const struct waiver_scope *scope)
{
	return matches(waiver->device, scope->uri) &&
	       matches(waiver->driver, scope->driver);
}

bool waiver_in_range(const struct waiver *waiver,
		     const struct waiver_scope *scope)
{
	return (!waiver->kernel ||
		version_in_range(scope->kernel, waiver->kernel)) &&
	       (!waiver->driver_version ||
		version_in_range(scope->driver_version, waiver->driver_version));
}

const struct waiver *waivers_find(const struct waivers *waivers, enum req req,
				  const struct waiver_scope *scope)
{
	const struct waiver *w;
	u32 i;

	for (i = 0; waivers && i < waivers->count; i++) {
		w = &waivers->list[i];
		if (w->req == req && !w->expired && waiver_means(w, scope) &&
		    waiver_in_range(w, scope))
			return w;
	}
	return NULL;
}
