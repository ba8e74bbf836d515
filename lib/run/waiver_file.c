// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "mem.h"
#include "waiver.h"
#include "waiver_file.h"

enum { FORM = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
	      JSON_C_TO_STRING_NOSLASHESCAPE };

static char *failed(const char *path, int err)
{
	return mem_printf("%s: %s", path, strerror(-err));
}

/* Somebody who comes meanwhile waits; the file itself is replaced. */
static int lock_beside(const char *path)
{
	char *copy = mem_dup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || flock(fd, LOCK_EX) ? -errno : 0;

	free(copy);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

/* The waivers at @path; an empty array where there is no file. */
static int read_array(const char *path, struct json_object **ret_array,
		      char **ret_error)
{
	struct waivers waivers;
	int err;

	if (access(path, F_OK)) {
		*ret_array = json_object_new_array();
		return 0;
	}
	err = waivers_load(path, "0000-00-00", &waivers, ret_error);
	if (err)
		return err;
	waivers_free(&waivers);
	*ret_array = json_object_from_file(path);
	return *ret_array ? 0 : -EINVAL;
}

static bool same_at(struct json_object *a, struct json_object *b,
		    const char *key)
{
	struct json_object *x = NULL, *y = NULL;

	json_object_object_get_ex(a, key, &x);
	json_object_object_get_ex(b, key, &y);
	return json_object_equal(x, y);
}

static bool same_waiver(struct json_object *a, struct json_object *b)
{
	static const char *const keys[] = { "rule", "device", "driver", "kernel",
					    "driver-version" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!same_at(a, b, keys[i]))
			return false;
	return true;
}

/* Moves those of @more over; -EEXIST where one is there. */
static int join(const char *path, struct json_object *array,
		struct json_object *more, char **ret_error)
{
	struct json_object *waiver, *rule;
	size_t i, k;

	for (i = 0; i < json_object_array_length(more); i++) {
		waiver = json_object_array_get_idx(more, i);
		for (k = 0; k < json_object_array_length(array); k++) {
			if (!same_waiver(json_object_array_get_idx(array, k),
					 waiver))
				continue;
			json_object_object_get_ex(waiver, "rule", &rule);
			*ret_error = mem_printf("%s has such a waiver of %s "
						"already", path,
						json_object_get_string(rule));
			return -EEXIST;
		}
		json_object_array_add(array, json_object_get(waiver));
	}
	return 0;
}

static int write_all(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	for (; len; text += n, len -= (size_t)n) {
		n = write(fd, text, len);
		if (n < 0)
			return -errno;
	}
	return fsync(fd) ? -errno : 0;
}

/* By way of a file beside it, which keeps the old one's permissions. */
static int replace(const char *path, const char *text)
{
	char *temporary = mem_printf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC);
	struct stat old;
	mode_t mask;
	int err;

	if (fd < 0) {
		err = -errno;
		goto out;
	}
	mask = umask(0);
	umask(mask);
	fchmod(fd, stat(path, &old) ? 0666 & ~mask : old.st_mode & 07777);
	err = write_all(fd, text);
	close(fd);
	if (!err && rename(temporary, path))
		err = -errno;
	if (err)
		unlink(temporary);
out:
	free(temporary);
	return err;
}

static int write_array(const char *path, struct json_object *array,
		       char **ret_error)
{
	char *text = mem_printf("%s\n", json_object_to_json_string_ext(array,
								       FORM));
	struct waivers waivers;
	int err = waivers_parse(text, path, "0000-00-00", &waivers, ret_error);

	if (!err) {
		waivers_free(&waivers);
		err = replace(path, text);
		if (err)
			*ret_error = failed(path, err);
	}
	free(text);
	return err;
}

int waiver_file_append(const char *path, struct json_object *more,
		       char **ret_error)
{
	char *target = realpath(path, NULL); /* a link stays one */
	struct json_object *array = NULL;
	int lock, err;

	if (!target)
		target = mem_dup(path);
	lock = lock_beside(target);
	err = lock < 0 ? lock : 0;
	if (err)
		*ret_error = failed(path, err);
	if (!err)
		err = read_array(target, &array, ret_error);
	if (!err)
		err = join(path, array, more, ret_error);
	if (!err)
		err = write_array(target, array, ret_error);
	json_object_put(array);
	if (lock >= 0)
		close(lock);
	free(target);
	return err;
}
