/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Proofs on other hosts than the emulation: mediated devices of the reference
 * driver (fixtures/kmod). Such a device has a profile, its mdev type, and an
 * attribute config in sysfs, which makes a variant or a defect of it from the
 * next open on. What a kernel in between makes of a defect is seen here: some
 * do not survive it. They are named in a list, a line each: NAME REASON.
 */
#ifndef MIGCHECK_CMD_PROVE_ON_H
#define MIGCHECK_CMD_PROVE_ON_H

#include "../types.h"

struct refdev_row;

enum { PROVE_ON_MAX = 16 };

struct prove_on {
	struct {
		const char *uri;
		char profile[16];
	} devices[PROVE_ON_MAX];
	u32 count; /* 0: rows are emulated */
	bool over; /* or behind a socket, see prove_over.h */
	char *inert; /* the list's text, NULL for none */
};

/* A status of enum cmd_status, after a line that says what is wrong. */
int prove_on_add(struct prove_on *on, const char *uri);
int prove_on_load_inert(struct prove_on *on, const char *path);
void prove_on_free(struct prove_on *on);

/* Is there a device of the row's profile? */
bool prove_on_fits(const struct prove_on *on, const struct refdev_row *row);
/* Is the row a defect that does not survive here? */
bool prove_on_inert(const struct prove_on *on, const struct refdev_row *row);
/* Why, as the list says it; "" where it is not listed. */
void prove_on_reason(const struct prove_on *on, const struct refdev_row *row,
		     char *ret_reason, size_t size);

/*
 * Makes the row's device of one that fits, and of a second, if there is one,
 * the same or, with @foreign, one of another model. Puts the URI of the first
 * and that of the second ("" for none) there; 0, or -errno after a line
 * (without one where the list says that the row is none here).
 */
int prove_on_configure(const struct prove_on *on, const struct refdev_row *row,
		       bool foreign, const char **ret_uri,
		       const char **ret_other);

#endif
