/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tests of a run as one flat KTAP stream. Names are made of [A-Za-z0-9_-]
 * and are unique: those of the second device end in "-2", and so on. SKIP is
 * bare, its reason stands on a line above; the decisive text of a failure
 * stands on its result line, the rest below: parsers in use want it so.
 *
 * Behind the tests comes what else fails a run: "budget-NAME" (one that only
 * warns is "budget-NAME-warn", and ok) and "unused-waiver-N".
 */
#ifndef MIGCHECK_RUN_KTAP_H
#define MIGCHECK_RUN_KTAP_H

#include <stdio.h>

#include "judgement.h"

void ktap_write(const struct judgements *all, FILE *file);

#endif
