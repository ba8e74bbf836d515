/* SPDX-License-Identifier: GPL-2.0-only */
/* What a conformance binary says about itself; suite.c is the only user. */
#ifndef MIGCHECK_RUN_SUITE_LOAD_H
#define MIGCHECK_RUN_SUITE_LOAD_H

#include "suite.h"

/* Fills tests and sites of a binary whose path is set. */
void suite_load_binary(struct suite_binary *binary);

/* The parser: tests come before sites. @text is taken apart. */
void suite_parse(struct suite_binary *binary, char *text);

#endif
