/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * results.json, the form that all others are made from. One object:
 *
 *   tool {name, version}  catalogue (hash of the rules)  host {kernel, arch}
 *   devices [{uri, generation, driver, capabilities [], end_state, calls,
 *             figures}]
 *   profile  seed  started  duration_s
 *   rules [{number, name, level, verdict, expected, seen, checks [], trace,
 *           device, test, reason, calls [], source, sentence, waiver}]
 *   tests [{name, verdict, duration_s, device, message}]
 *   kernel_log []  end_state
 *   unused_waivers [{rule, device, driver, reason, why}]
 *
 * waiver is {reason, link, expires} where one was applied, else null.
 *
 * figures of a device (figures.h; what was not measured is null or missing):
 *   arcs [{from, to, count, min_ns, median_ns, p99_ns, max_ns}]
 *   phases [{name, bytes, ns, max_ns, count}]  precopy, stop_copy, resume: of
 *           count migrations the mean of the bytes, the median of the times;
 *           migrations with pre-copy where the device offers that
 *   rates {save_bytes_per_s, restore_bytes_per_s}  medians
 *   blackout {stop_copy_ns, stop_copy_min_ns, stop_copy_max_ns,
 *           stop_copy_count, precopy_ns, ...}  _ns is the median
 *   budgets [{name, limit_ns, seen_ns, verdict}]; limit_bytes_per_s and
 *           seen_bytes_per_s for a rate; seen is null where not measured
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
