# SPDX-License-Identifier: GPL-2.0-only
"""lava: a result file for send-to-lava.sh of Linaro's test-definitions.

A line is NAME RESULT [MEASUREMENT UNITS]; lines that begin with lava-test-set
part rules from tests. Names do not change from run to run.
"""
from __future__ import annotations

from report import lines, words


def cases(runs, kind: str):
    """(name, result, measurement, units) of all rules, tests or latencies."""
    names = words.Names()
    if kind == "latency":
        for r, run in enumerate(runs):
            for d, device in enumerate(run.devices):
                for arc in device.figures.arcs:
                    if arc.median is not None:
                        name = f"{arc.start}-{arc.end}"
                        yield names.take(name, r, d), "pass", f"{arc.median / 1e6:.6f}", "ms"
        return
    for r, d, _, entry in lines.walk(runs, kind):
        name = entry.number if kind == "rules" else entry.name
        yield names.take(name, r, d), words.VERDICTS[entry.verdict].lava, "", ""


def sets(runs):
    """The test sets that are not empty."""
    for kind in ("rules", "tests", "latency"):
        found = list(cases(runs, kind))
        if found:
            yield kind, found


def render(runs) -> str:
    """Result lines."""
    out = []
    for kind, found in sets(runs):
        out.append(f"lava-test-set start {kind}")
        out += [" ".join(case).rstrip() for case in found]
        out.append(f"lava-test-set stop {kind}")
    return "\n".join(out) + "\n"
