/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests that lost their device on the way: its server died, hung up, fell
 * silent or talked nonsense. The test has failed, whatever else it said, and
 * its message says why: a timeout where the server only fell silent, otherwise a
 * breach of each rule that the test checks itself, or of those of its helpers
 * that it had come to.
 */
#ifndef MIGCHECK_RUN_LOST_H
#define MIGCHECK_RUN_LOST_H

#include "record.h"
#include "restart.h"

/*
 * Settles @test of @record; @restart, NULL where somebody else keeps the server, knows
 * what became of it and has ended it already. A server that died of a signal
 * fails its test even if that had come to its end.
 */
void lost_settle(struct record *record, struct record_test *test,
		 const struct restart *restart);

#endif
