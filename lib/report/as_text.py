# SPDX-License-Identifier: GPL-2.0-only
"""text: a run for a terminal, as `migcheck run` tells it."""
from __future__ import annotations

import itertools
import textwrap

from report import arcs, units, words
from report.results import Device, Rule, Run

WIDTH = 96


def folded(head: str, text: str) -> list[str]:
    """@text behind @head, in lines of WIDTH columns."""
    return textwrap.wrap(words.one_line(text), WIDTH, initial_indent=head,
                         subsequent_indent=" " * len(head),
                         break_on_hyphens=False) or [head.rstrip()]


def heading(run: Run, device: Device) -> list[str]:
    """Where the verdict comes from."""
    return [f"{run.tool} {run.version}  rules {run.catalogue}  "
            f"Linux {run.kernel} {run.arch}  {run.started}",
            f"{words.one_line(device.uri)}  driver {device.driver}  "
            f"migration v{device.generation}  profile {run.profile}  "
            f"seed {run.seed}", ""]


def areas(device: Device) -> list[str]:
    """A line for each area of rules."""
    grouped = itertools.groupby(device.rules, key=lambda rule: rule.area)
    return [f"{area:<11}{words.counts_text(list(rules))}"
            for area, rules in grouped] + [""]


def told_rule(rule: Rule) -> list[str]:
    """A rule that did not simply hold."""
    lines = [f"{rule.verdict} {rule.number} {rule.name}"]
    for head, text in (("rule", rule.sentence), ("source", rule.source),
                       ("expected", rule.expected if rule.seen else ""),
                       ("seen", rule.seen), ("why", rule.reason),
                       ("waived", rule.waiver), ("test", rule.test),
                       ("trace", rule.trace)):
        if text:
            lines += folded(f"     {head + ':':<10}", text)
    return lines


def told(device: Device) -> list[str]:
    """What a person wants to see by name, worst first."""
    lines = []
    for verdict in words.TOLD:
        for rule in device.rules:
            if rule.verdict == verdict:
                lines += told_rule(rule)
    for test in words.bad(device.tests):
        lines += folded(f"{test.verdict} test ", f"{test.name}  {test.message}")
    return lines + [""] if lines else []


def measured(device: Device) -> list[str]:
    """The figures, where there are any."""
    steps = arcs.step_latencies(device)
    lines = [f"{arc.start + ' > ' + arc.end:<32}median "
             f"{units.time_text(arc.median):>8}  p99 "
             f"{units.time_text(arc.p99):>8}  max {units.time_text(arc.max):>8}"
             for arc in steps]
    others = len(device.figures.arcs) - len(steps)
    lines += [f"and {others} transitions of several steps"] if others > 0 else []
    lines += [f"{phase.name:<32}{units.size_text(phase.bytes)} in "
              f"{units.time_text(phase.ns)}" for phase in device.figures.phases]
    return lines + [""] if lines else []


def render(runs: list[Run]) -> str:
    """A block for each device."""
    lines = []
    for run in runs:
        for device in run.devices:
            lines += heading(run, device) + areas(device) + told(device)
            lines += measured(device)
            lines += folded("", f"{words.sentence(device)}; "
                            f"{words.counts_text(device.rules)}; "
                            f"left {device.end_state or run.end_state}.") + [""]
        lines += folded("", run.together) + [""] if run.together else []
    return "\n".join(lines)
