# SPDX-License-Identifier: GPL-2.0-only
"""What the formats with a line for each test have in common.

Readers in use want: names of [A-Za-z0-9_-] that stay the same from run to run,
a bare SKIP whose reason stands on a line above (some take the reason for a part
of the name), and the decisive text of a failure on its result line.
"""
from __future__ import annotations

from report import words
from report.results import Device, Test


def walk(runs, kind: str):
    """(run number, device number, device, entry) of all "rules" or "tests"."""
    for r, run in enumerate(runs):
        for d, device in enumerate(run.devices):
            for entry in getattr(device, kind):
                yield r, d, device, entry


def text(line: str) -> str:
    """@line for behind a # of TAP: one line, and no # that ends it early."""
    return words.one_line(line).replace("#", "")


def breaches(device: Device, test: Test) -> list[str]:
    """What failed in @test: a text for each rule, or the test's own."""
    found = [f"{rule.number}: {rule.story}" for rule in device.rules
             if rule.test == test.name and rule.verdict in words.BAD]
    return found or [test.message]


def result_lines(device: Device, test: Test, number: int, name: str) -> list[str]:
    """The result line of @test with what belongs above and below it."""
    verdict = words.VERDICTS[test.verdict]
    line = f"{verdict.tap} {number} {name}"
    if verdict.tap == "not ok":
        told = [text(breach) for breach in breaches(device, test)]
        first = " ".join(filter(None, [verdict.directive, told[0]]))
        return [f"{line} # {first}".rstrip(" #")] + [f"# {more}" for more in told[1:]]
    above = [f"# {name}: {text(test.message)}"] if verdict.directive and test.message else []
    return above + [f"{line} # {verdict.directive}" if verdict.directive else line]
