// SPDX-License-Identifier: GPL-2.0-only
/* Which data sessions exist, of which open, and which of them are over. */
#include <stdlib.h>

#include "judge_v2_internal.h"

struct judge_v2_open *judge_v2_open_of(struct judge_v2_model *m,
				       struct mig_dev *dev)
{
	struct judge_v2_open *open;

	for (open = m->opens; open; open = open->next)
		if (open->dev == dev)
			return open;
	open = calloc(1, sizeof(*open));
	if (!open)
		return NULL;
	open->dev = dev;
	open->next = m->opens;
	m->opens = open;
	return open;
}

void judge_v2_forget_ends(struct judge_v2_model *m, struct mig_dev *dev,
			  u32 number)
{
	struct judge_v2_ended **link = &m->ended, *ended;

	while ((ended = *link)) {
		if (ended->dev == dev && (!number || ended->number == number)) {
			*link = ended->next;
			free(ended);
		} else {
			link = &ended->next;
		}
	}
}

void judge_v2_forget_open(struct judge_v2_model *m, struct mig_dev *dev)
{
	struct judge_v2_open **link, *open;

	judge_v2_forget_ends(m, dev, 0);
	for (link = &m->opens; (open = *link); link = &open->next) {
		if (open->dev == dev) {
			*link = open->next;
			free(open);
			return;
		}
	}
}

void judge_v2_end_session(struct judge_v2_model *m, enum req rule)
{
	struct judge_v2_open *open;

	for (open = m->opens; open; open = open->next) {
		if (open->dev->sessions <= open->dead)
			continue;
		open->dead_before = open->dead;
		open->dead = open->dev->sessions;
		open->rule = rule;
	}
	m->session = FSM_NO_SESSION;
	m->session_known = true;
}

void judge_v2_begin_session(struct judge_v2_model *m, u32 state)
{
	m->session = fsm_session_in(state);
	m->session_known = true;
	m->began_p2p = state == MIG2_PRE_COPY_P2P;
	m->handled = m->written = m->poisoned = m->info_known = false;
}

bool judge_v2_has_ended(const struct judge_v2_model *m,
			const struct mig_dev *dev, u32 number)
{
	const struct judge_v2_ended *ended;

	for (ended = m->ended; ended; ended = ended->next)
		if (ended->dev == dev && ended->number == number)
			return true;
	return false;
}

void judge_v2_note_end(struct judge_v2_model *m, struct mig_dev *dev, u32 number)
{
	struct judge_v2_ended *ended = calloc(1, sizeof(*ended));

	if (!ended)
		return;
	ended->dev = dev;
	ended->number = number;
	ended->next = m->ended;
	m->ended = ended;
}
