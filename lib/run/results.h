/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * results.json, the form that all others are made from. One object:
 *
 *   tool {name, version}  catalogue (hash of the rules)  host {kernel, arch}
 *   devices [{uri, generation, driver, capabilities [], end_state, calls}]
 *   profile  seed  started  duration_s
 *   rules [{number, name, level, verdict, expected, seen, checks [], trace,
 *           device, test, reason, calls [], source, sentence}]
 *   tests [{name, verdict, duration_s, device, message}]
 *   kernel_log []  end_state
 *
 * A rule stands in it once for each device. expected, seen, test and trace are
 * null where there is nothing to say. end_state is the state of the device, or
 * "URI: state, ..." where several differ.
 */
#ifndef MIGCHECK_RUN_RESULTS_H
#define MIGCHECK_RUN_RESULTS_H

#include "judgement.h"

/* Writes @path by way of a temporary file beside it. 0 or -errno. */
int results_write(const struct judgements *all, const char *path);

#endif
