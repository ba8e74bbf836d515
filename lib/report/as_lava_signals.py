# SPDX-License-Identifier: GPL-2.0-only
"""lava-signals: what the LAVA dispatcher itself looks for on a console.

For targets without Linaro's scripts; elsewhere the result file is the better
way, for kernel messages on the same console can split a signal.
"""
from __future__ import annotations

from report.as_lava import sets


def signal(case) -> str:
    """One test case."""
    name, result, measurement, units = case
    line = f"<LAVA_SIGNAL_TESTCASE TEST_CASE_ID={name} RESULT={result}"
    if measurement:
        line += f" MEASUREMENT={measurement} UNITS={units}"
    return line + ">"


def render(runs) -> str:
    """Signals, parted by test sets."""
    out = []
    for kind, found in sets(runs):
        out.append(f"<LAVA_SIGNAL_TESTSET START {kind}>")
        out += [signal(case) for case in found]
        out.append("<LAVA_SIGNAL_TESTSET STOP>")
    return "\n".join(out) + "\n"
