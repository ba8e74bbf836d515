/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line on the terminal about what is at work, redrawn in place:
 *   emu:v2  173/341  4 s  V2-FD-006 v2_session-old_fd_is_dead
 *
 * Only where standard error is a terminal that can move its cursor; elsewhere
 * all of this does nothing, so that logs stay quiet. Whoever prints clears it
 * first (say.h does), and it is drawn again with the next news. There is one.
 */
#ifndef MIGCHECK_RUN_PROGRESS_H
#define MIGCHECK_RUN_PROGRESS_H

#include "../types.h"

/* From here on there is a line, about @total steps of @title. */
void progress_begin(const char *title, u32 total);
/* True between begin and end, where a person is looking. */
bool progress_active(void);
/* What is at work now. */
void progress_at(const char *what);
/* One more step is done. */
void progress_step(void);
/* Time has passed; call it as often as you like. */
void progress_tick(void);
/* Takes the line away for now. */
void progress_clear(void);
/* Takes it away for good. */
void progress_end(void);

#endif
