# SPDX-License-Identifier: GPL-2.0-only
"""kcidb: tests of KCIDB schema 5.3, for KernelCI's database.

Ids begin with the origin, paths are parted by dots. A latency is a test that
is DONE and carries a number. The build is named by the kernel release; whoever
submits puts in the id of the build that he knows.
"""
from __future__ import annotations

import json
import re

from report import lines, words
from report.results import Device, Run

ORIGIN = "migcheck"
EXCERPT_MAX = 16384
VERSION = {"major": 5, "minor": 3}
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def identity(run: Run, index: int, name: str) -> dict:
    """What every test says of where it comes from."""
    stamp = words.safe_name(run.started)
    test = {
        "id": f"{ORIGIN}:{stamp}-{index}-{name}",
        "origin": ORIGIN,
        "build_id": f"{ORIGIN}:{words.safe_name(run.kernel)}",
        "path": f"vfio_migration.{name}",
    }
    if DATE_TIME.fullmatch(run.started):
        test["start_time"] = run.started
    return test


def environment(device: Device) -> dict:
    """The device that was judged."""
    return {"comment": words.one_line(f"{device.uri}, driver {device.driver}"),
            "misc": {"uri": device.uri, "driver": device.driver,
                     "generation": device.generation}}


def judged(runs, kind: str) -> list[dict]:
    """All rules, or all tests."""
    names, found = words.Names(), []
    for r, d, device, entry in lines.walk(runs, kind):
        name = names.take(entry.number if kind == "rules" else entry.name, r, d)
        test = identity(runs[r], r, f"{kind}.{name}")
        test["status"] = words.VERDICTS[entry.verdict].kcidb
        if getattr(entry, "duration", None) is not None:
            test["duration"] = entry.duration
        if entry.story:
            test["log_excerpt"] = entry.story[:EXCERPT_MAX]
        test["environment"] = environment(device)
        test["misc"] = {"verdict": entry.verdict}
        found.append(test)
    return found


def measured(runs) -> list[dict]:
    """The median of each arc."""
    names, found = words.Names(), []
    for r, run in enumerate(runs):
        for d, device in enumerate(run.devices):
            for arc in device.figures.arcs:
                if arc.median is None:
                    continue
                name = names.take(f"{arc.start}-{arc.end}", r, d)
                test = identity(run, r, f"latency.{name}")
                test.update(status="DONE", environment=environment(device), number={
                    "value": arc.median / 1e9, "unit": "s", "prefix": "metric"})
                found.append(test)
    return found


def render(runs) -> str:
    """A submission of tests alone."""
    tests = judged(runs, "rules") + judged(runs, "tests") + measured(runs)
    return json.dumps({"version": VERSION, "tests": tests}, indent=1) + "\n"
