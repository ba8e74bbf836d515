# SPDX-License-Identifier: GPL-2.0-only
"""junit: XML that the strict schema (Ant's) and the lenient readers all take.

Readers key a case on classname and name, so that a rule's class is its area and
a test's its topic; suites and properties may be dropped by them, so that what
matters stands in the failure. A failure is a violation, an error the harness's.
"""
from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from report import units, words
from report.results import Device, Run

NO_TIME = "1970-01-01T00:00:00"
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def properties(suite, run: Run, device: Device) -> None:
    """Where the results come from."""
    parent = ET.SubElement(suite, "properties")
    values = [("tool", f"{run.tool} {run.version}"), ("rules", run.catalogue),
              ("kernel", f"{run.kernel} {run.arch}"), ("profile", run.profile),
              ("seed", str(run.seed)), ("device", device.uri),
              ("driver", device.driver), ("generation", str(device.generation)),
              ("end_state", device.end_state or run.end_state)]
    values += [(f"latency.{arc.start}-{arc.end}", units.time_text(arc.median))
               for arc in device.figures.arcs]
    for name, value in values:
        ET.SubElement(parent, "property", name=name, value=value)


def case(suite, entry, name: str, classname: str) -> str:
    """Adds @entry; the word of its outcome."""
    word = words.VERDICTS[entry.verdict].junit
    node = ET.SubElement(suite, "testcase", name=name, classname=classname,
                         time=f"{getattr(entry, 'duration', 0.0):.6f}")
    story = words.one_line(entry.story)
    if word == "skipped":
        ET.SubElement(node, word, message=f"{entry.verdict}: {story}")
    elif word != "pass":
        child = ET.SubElement(node, word, message=story, type=entry.verdict)
        child.text = "\n".join([getattr(entry, "sentence", ""), entry.story,
                                *getattr(entry, "calls", [])]).strip()
    return word


def suite_of(root, run: Run, device: Device, kind: str, names: words.Names) -> None:
    """One suite: the rules or the tests of a device."""
    stamp = DATE_TIME.match(run.started)
    node = ET.SubElement(root, "testsuite", name=f"{device.uri} {kind}",
                         package="migcheck", id=str(len(root)),
                         timestamp=stamp.group() if stamp else NO_TIME,
                         hostname="localhost")
    properties(node, run, device)
    place = words.safe_name(device.uri)
    found = []
    for entry in getattr(device, kind):
        name = entry.number if kind == "rules" else entry.name
        group = entry.area if kind == "rules" else name.partition("-")[0]
        classname = f"migcheck.{place}.{words.safe_name(group)}"
        found.append(case(node, entry, names.take(name), classname))
    node.set("tests", str(len(found)))
    for attribute, word in (("failures", "failure"), ("errors", "error"),
                            ("skipped", "skipped")):
        node.set(attribute, str(found.count(word)))
    node.set("time", f"{sum(getattr(e, 'duration', 0) for e in getattr(device, kind)):.6f}")
    ET.SubElement(node, "system-out").text = words.sentence(device)
    ET.SubElement(node, "system-err")


def render(runs: list[Run]) -> str:
    """All suites of all runs."""
    root = ET.Element("testsuites")
    for run in runs:
        for device in run.devices:
            for kind in ("rules", "tests"):
                suite_of(root, run, device, kind, words.Names())
    ET.indent(root, " ")
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + ET.tostring(
        root, encoding="unicode") + "\n"
