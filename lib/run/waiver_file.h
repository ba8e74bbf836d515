/* SPDX-License-Identifier: GPL-2.0-only */
/* Adding to a waivers file (waiver.h has the form). */
#ifndef MIGCHECK_RUN_WAIVER_FILE_H
#define MIGCHECK_RUN_WAIVER_FILE_H

struct json_object;

/*
 * Adds the waivers of the array @more to the file at @path, which is made if it
 * is not there. The file has its old or its new contents, whole, whatever
 * happens; of several that add at once none is lost. -errno, or -EEXIST where
 * one of @more, but for reason, link and expiry, is there already; then, and
 * where the file or @more is malformed (-EINVAL), *@ret_error (free()) has a
 * line that says so, and nothing was changed.
 */
int waiver_file_append(const char *path, struct json_object *more,
		       char **ret_error);

#endif
