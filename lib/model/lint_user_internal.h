/* SPDX-License-Identifier: GPL-2.0-only */
/* What the judges of users of both generations share. */
#ifndef MIGCHECK_MODEL_LINT_USER_INTERNAL_H
#define MIGCHECK_MODEL_LINT_USER_INTERNAL_H

#include "judge_internal.h"
#include "lint_user.h"

extern const struct judge_kind lint_user_v1_kind;
extern const struct judge_kind lint_user_v2_kind;

/* Says what never came, of all devices. */
void lint_user_v2_end(struct judge *judge);

/* Where an access to a device file goes. */
enum lint_place {
	LINT_CONFIG,
	LINT_REGION,  /* any other */
	LINT_NOWHERE, /* config space could not be found */
};

enum lint_place lint_user_place(const struct mig_call *call);

#endif
