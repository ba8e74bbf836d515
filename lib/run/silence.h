/* SPDX-License-Identifier: GPL-2.0-only */
/* Why nothing was heard about a rule: the second half of verdict.c. */
#ifndef MIGCHECK_RUN_SILENCE_H
#define MIGCHECK_RUN_SILENCE_H

#include "verdict.h"

/* Sets verdict and reason of a rule for which there is no fact. */
void silence_explain(const struct verdict_input *in, enum req req,
		     struct verdict_rule *rule);

#endif
