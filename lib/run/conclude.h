/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verdicts on a run whose machine died, from the journals of its parts.
 *
 * A device that may bring its kernel down is judged in a machine that may be
 * lost. A part is what one such machine left behind, a directory with
 *   events      its journal (report.h)
 *   kernel.log  what its kernel said on the console, with marks (events.h)
 * The tests that a part has no end of are left to the next one, save the last
 * that began: the machine died of it, and by that it has broken the rules that
 * it holds the device to.
 */
#ifndef MIGCHECK_RUN_CONCLUDE_H
#define MIGCHECK_RUN_CONCLUDE_H

#include "campaign.h"

/*
 * Adds what the part in @dir tells to @all, a judgement for each device;
 * profile, seed, kernel and start are those of the first. -errno of reading
 * the journal; a missing kernel log only leaves less to say.
 */
int conclude_part(struct judgements *all, const struct suite *suite,
		  const char *dir);

/* Gives the selected tests of @suite that no part has begun an entry. */
void conclude_missing(struct judgement *j, const struct suite *suite);

/*
 * Tells and writes the results of @parts (directories, NULL at the end); the
 * exit status of the tool. Of @options uris, seed, deadline and profile are
 * not looked at: the journals know.
 */
int conclude_run(struct campaign_options *options, const char *const *parts);

#endif
