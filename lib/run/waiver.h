/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known deviations. A waivers file is a JSON array; each object takes one
 * failure of one rule out of the verdict:
 *
 *   [
 *     {
 *       "rule": "V1-PEND-002",          number or symbol
 *       "device": "vfio:0000:3b:*",     glob over the URI, or
 *       "driver": "mlx5*",              glob over the driver's name, or both
 *       "kernel": "6.7..6.11",          optional; a range (version.h)
 *       "driver-version": "1.2..",      optional; a range, as modinfo has it
 *       "reason": "fixed by ...",       why it is accepted
 *       "link": "https://...",          optional
 *       "expires": "2027-01-31"         optional; ignored after that day
 *     }
 *   ]
 *
 * Nothing else may stand in it: a misspelt field must not waive in silence.
 * A waiver whose rule was judged in all its tests and did not fail is an
 * unexpected pass, which fails the run: the waiver has to go. So does one that was not used (unused.h).
 */
#ifndef MIGCHECK_RUN_WAIVER_H
#define MIGCHECK_RUN_WAIVER_H

#include "../spec/spec.h"

struct waiver {
	enum req req;
	char *device, *driver, *kernel, *driver_version; /* or NULL */
	char *reason, *link, *expires;
	bool expired;
	bool shared; /* from a file about other devices too; set by the caller */
};

/* What a device is to a waiver. Strings may be "". */
struct waiver_scope {
	const char *uri, *driver, *driver_version, *kernel;
};

struct waivers {
	struct waiver *list;
	u32 count;
};

/*
 * Reads @path. -EINVAL where it is malformed, -errno where it cannot be read;
 * @ret_error (free()) then has one line that names file, line or waiver and
 * field. @today is "YYYY-MM-DD".
 */
int waivers_load(const char *path, const char *today,
		 struct waivers *ret_waivers, char **ret_error);
/* The same from memory; @name stands for the path in messages. */
int waivers_parse(const char *text, const char *name, const char *today,
		  struct waivers *ret_waivers, char **ret_error);
void waivers_free(struct waivers *waivers);

/* Is it about such a device? */
bool waiver_means(const struct waiver *waiver, const struct waiver_scope *scope);
/* Is it for this kernel and this version of the driver? */
bool waiver_in_range(const struct waiver *waiver,
		     const struct waiver_scope *scope);

/* The first waiver in force for @req there; NULL if none. @waivers may be NULL. */
const struct waiver *waivers_find(const struct waivers *waivers, enum req req,
				  const struct waiver_scope *scope);

#endif
