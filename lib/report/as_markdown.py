# SPDX-License-Identifier: GPL-2.0-only
"""md: 12 to 20 plain lines a device, for a cover letter.

It reads as text in a mail and as a list where Markdown is rendered; lines that
could grow without end (violations, waivers, latencies) have a bound each and
say how much they leave out.
"""
from __future__ import annotations

import textwrap

from report import arcs, units, words
from report.results import Device, Run

WIDTH = 78
LINES_MAX = 20
GLUE = "\ue000"  # stands for a blank where no line may end
NAMED_MAX = 3  # rules that are named, of the violated and of the waived


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
    lines += [f"  {words.one_line(f'{rule.number} {rule.name}')}"[:WIDTH] for rule in rules]
    if len(lines) > NAMED_MAX + 1:
        left = len(lines) - NAMED_MAX
        lines = lines[:NAMED_MAX] + [f"  and {left} more"]
    return lines


def latency(device: Device, limit: int) -> list[str]:
    """The median of each step, as many as fit into @limit lines."""
    told = [f"{arc.start}>{arc.end} {units.time_text(arc.median)}".replace(" ", GLUE)
            for arc in arcs.step_latencies(device) if arc.median is not None]
    if not told:
        return ["- latency: not measured"]
    lines = entry("latency", ", ".join(told), max(limit, 1))
    return [line.replace(GLUE, " ") for line in lines]


def downtime(device: Device) -> list[str]:
    """The blackouts, and what the user allowed."""
    figures, told = device.figures, []
    for name, ns in (("stop-copy", figures.stop_copy_ns),
                     ("pre-copy", figures.precopy_ns)):
        if ns is not None:
            told.append(f"{name} {units.time_text(ns)}")
    told += [f"budget {b.name} {b.limit}: {b.verdict}" for b in figures.budgets]
    return entry("downtime", ", ".join(told) or "not measured")


def block(run: Run, device: Device) -> list[str]:
    """All lines of a device."""
    calls = f", {device.calls:.0f} calls" if device.calls else ""
    offers = f" ({', '.join(device.capabilities)})" if device.capabilities else ""
    waived = [r for r in device.rules if r.verdict == "waived"]
    above = [
        words.one_line(words.sentence(device))[:WIDTH], "",
        *entry("tool", f"{run.tool} {run.version}, rule set {run.catalogue}, "
               f"profile {run.profile}, seed {run.seed}"),
        *entry("kernel", f"Linux {run.kernel} {run.arch}, driver {device.driver or 'unknown'}"),
        *entry("device", f"{device.uri}, migration v{device.generation}{offers}"),
        *entry("run", f"{run.started}, {run.duration:.1f} s, "
               f"{len(device.tests)} tests{calls}"),
        *entry("rules", words.counts_text(device.rules)),
        *entry("tests", words.counts_text(device.tests)),
        *named("violated", words.bad(device.rules)), *named("waived", waived)]
    below = [*downtime(device),
             *entry("left", device.end_state or run.end_state or "unknown")]
    if run.unused_waivers:
        below += entry("waivers that waive nothing", ", ".join(run.unused_waivers))
    return above + latency(device, LINES_MAX - len(above) - len(below)) + below


def render(runs: list[Run]) -> str:
    """The blocks of all devices, parted by blank lines."""
    blocks = ["\n".join(block(run, device))
              for run in runs for device in run.devices]
    blocks += ["\n".join(textwrap.wrap(words.one_line(run.together), WIDTH))
               for run in runs if run.together]
    return "\n\n".join(blocks) + "\n"
