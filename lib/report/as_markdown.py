# SPDX-License-Identifier: GPL-2.0-only
"""md: 12 to 20 plain lines a device, for a cover letter.

It reads as text in a mail and as a list where Markdown is rendered; lines that
could grow without end (violations, waivers, latencies) have a bound each and
say how much they leave out.
"""
from __future__ import annotations

import textwrap

from report import units, words
from report.results import Device, Run

WIDTH = 78
LINES_EACH = 3  # of what may grow


def entry(head: str, text: str, limit: int = 1) -> list[str]:
    """A list item of at most @limit lines."""
    return textwrap.wrap(words.one_line(text), WIDTH, initial_indent=f"- {head}: ",
                         subsequent_indent="  ", max_lines=limit,
                         placeholder=" ...", break_on_hyphens=False)


def named(head: str, rules: list) -> list[str]:
    """Rules by number and name; the last line counts those left out."""
    if not rules:
        return [f"- {head}: none"]
    lines = [f"- {head}: {len(rules)}"]
    lines += [f"  {rule.number} {rule.name}"[:WIDTH] for rule in rules]
    if len(lines) > LINES_EACH + 1:
        left = len(lines) - LINES_EACH
        lines = lines[:LINES_EACH] + [f"  and {left} more"]
    return lines


def latency(device: Device) -> list[str]:
    """The median of each arc, as many as fit."""
    arcs = [f"{arc.start}>{arc.end} {units.time_text(arc.median)}".replace(" ", "\xa0")
            for arc in device.figures.arcs if arc.median is not None]
    if not arcs:
        return ["- latency: not measured"]
    lines = entry("latency", ", ".join(arcs), LINES_EACH)
    return [line.replace("\xa0", " ") for line in lines]


def downtime(device: Device) -> list[str]:
    """The blackouts, and what the user allowed."""
    figures, told = device.figures, []
    for name, ns in (("stop-copy", figures.stop_copy_ns),
                     ("pre-copy", figures.precopy_ns)):
        if ns is not None:
            told.append(f"{name} {units.time_text(ns)}")
    told += [f"budget {b.name} {units.time_text(b.limit_ns)}: {b.verdict}"
             for b in figures.budgets]
    return entry("downtime", ", ".join(told) or "not measured")


def block(run: Run, device: Device) -> list[str]:
    """All lines of a device."""
    calls = f", {device.calls:.0f} calls" if device.calls else ""
    offers = f" ({', '.join(device.capabilities)})" if device.capabilities else ""
    waived = [r for r in device.rules if r.verdict == "waived"]
    return [words.one_line(words.sentence(device)), "",
            *entry("tool", f"{run.tool} {run.version}, rule set {run.catalogue}, "
                   f"profile {run.profile}, seed {run.seed}"),
            *entry("kernel", f"Linux {run.kernel} {run.arch}"),
            *entry("driver", device.driver or "unknown"),
            *entry("device", f"{device.uri}, migration v{device.generation}{offers}"),
            *entry("run", f"{run.started}, {run.duration:.1f} s, "
                   f"{len(device.tests)} tests{calls}"),
            *entry("rules", words.counts_text(device.rules)),
            *entry("tests", words.counts_text(device.tests)),
            *named("violated", words.bad(device.rules)),
            *named("waived", waived),
            *latency(device), *downtime(device),
            *entry("left", device.end_state or run.end_state or "unknown")]


def render(runs: list[Run]) -> str:
    """The blocks of all devices, parted by blank lines."""
    blocks = ["\n".join(block(run, device))
              for run in runs for device in run.devices]
    return "\n\n".join(blocks) + "\n"
