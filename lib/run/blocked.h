/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests that did not get to what they judge: the way there was blocked, which
 * is a verdict for other tests. One call that fails may block many.
 */
#ifndef MIGCHECK_RUN_BLOCKED_H
#define MIGCHECK_RUN_BLOCKED_H

#include "record.h"

/*
 * "122 tests; most often (87): common_save(...): No data available, TEST": how
 * many, and the reason that most of them have, with the first such test. NULL
 * where there are none; free().
 */
char *blocked_sentence(const struct record *record);

#endif
