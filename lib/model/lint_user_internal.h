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

#endif
