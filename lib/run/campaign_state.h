/* SPDX-License-Identifier: GPL-2.0-only */
/* The inside of a campaign, shared by campaign*.c and conclude*.c only. */
#ifndef MIGCHECK_RUN_CAMPAIGN_STATE_H
#define MIGCHECK_RUN_CAMPAIGN_STATE_H

#include <stdio.h>

#include "campaign.h"
#include "kmsg.h"
#include "restart.h"
#include "workdir.h"

struct campaign {
	const struct campaign_options *options;
	struct judgements all;
	struct suite suite;
	struct waivers waivers;
	struct workdir work;
	struct kmsg kmsg;
	struct restart restart; /* command NULL: servers are the user's */
	FILE *log;
};

/* Each says what is wrong and gives the exit status, or 0. */
int campaign_load_waivers(struct campaign *c);
int campaign_select(struct campaign *c, struct select *select);

/* Verdicts of @j, whose record is complete. */
void campaign_judge(struct campaign *c, struct judgement *j);

void campaign_free(struct campaign *c);

/* Judges and restores one device after the other. 99 where interrupted. */
int campaign_judge_devices(struct campaign *c);

/* The files of -o: opened before, published after. 0 or 99. */
int campaign_open_files(struct campaign *c);
int campaign_publish(struct campaign *c);
/* Makes ready to start servers, with a log of theirs beside the others. */
int campaign_open_restart(struct campaign *c);

#endif
