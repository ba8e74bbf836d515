# SPDX-License-Identifier: GPL-2.0-only
"""Our verdicts in the words of others, and what is said of a whole device.

Consumers have fewer words than there are verdicts. This is the one place that
says which of theirs each verdict is. A waived failure is known and accepted;
an unexpected pass is a waiver that has to go, and fails like a failure.
"""
from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple


class Words(NamedTuple):
    """A verdict, for each consumer."""
    tap: str
    junit: str
    lava: str
    tmt: str
    kcidb: str
    directive: str = ""  # of KTAP


# Worst first: the order in which people are told.
VERDICTS = {
    "fail": Words("not ok", "failure", "fail", "fail", "FAIL"),
    "unexpected-pass": Words("not ok", "failure", "fail", "fail", "FAIL"),
    "timeout": Words("not ok", "failure", "fail", "fail", "FAIL", "TIMEOUT"),
    "error": Words("not ok", "error", "unknown", "error", "ERROR", "ERROR"),
    "warn": Words("ok", "pass", "pass", "info", "PASS"),
    "waived": Words("ok", "skipped", "skip", "info", "SKIP", "XFAIL"),
    "info": Words("ok", "pass", "pass", "info", "PASS"),
    "pass": Words("ok", "pass", "pass", "pass", "PASS"),
    "not-offered": Words("ok", "skipped", "skip", "skip", "SKIP", "SKIP"),
    "skip": Words("ok", "skipped", "skip", "skip", "SKIP", "SKIP"),
    "unchecked": Words("ok", "skipped", "skip", "skip", "SKIP", "SKIP"),
}
BAD = ("fail", "unexpected-pass", "timeout", "error")
TOLD = BAD + ("warn", "waived", "info")


def counts(entries) -> Counter:
    """How many rules or tests have each verdict."""
    return Counter(entry.verdict for entry in entries)


def counts_text(entries) -> str:
    """"41 pass, 1 fail": worst first, what is nought left out."""
    found = counts(entries)
    return ", ".join(f"{found[verdict]} {verdict}"
                     for verdict in VERDICTS if found[verdict]) or "none"


def bad(entries) -> list:
    """Those that fail a run, worst first."""
    return [entry for verdict in BAD for entry in entries
            if entry.verdict == verdict]


def device_verdict(device) -> str:
    """"fail", "warn", "pass", or "skip" where nothing was judged."""
    found = counts(device.rules) + counts(device.tests)
    if any(found[verdict] for verdict in BAD):
        return "fail"
    if found["warn"]:
        return "warn"
    judged = counts(device.rules)
    return "pass" if judged["pass"] or judged["waived"] else "skip"


def sentence(device) -> str:
    """The verdict on a device as one sentence."""
    broken, tests = bad(device.rules), bad(device.tests)
    if broken:
        return (f"{device.uri} does not conform: {len(broken)} of "
                f"{len(device.rules)} rules violated")
    if tests:
        more = " and others" if len(tests) > 2 else ""
        return f"{device.uri} fails: {', '.join(t.name for t in tests[:2])}{more}"
    if device_verdict(device) == "skip":
        return f"{device.uri}: nothing could be tested"
    held = counts(device.rules)["pass"]
    return f"{device.uri} conforms: {held} of {len(device.rules)} rules held"


def one_line(text: str) -> str:
    """@text with its line breaks and tabs folded to blanks."""
    return " ".join(text.split())


def safe_name(name: str) -> str:
    """@name made of [A-Za-z0-9_-], not empty and without a leading dash."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).lstrip("-") or "unnamed"


class Names:
    """Unique names of a stream: those of the second device of a run end in -2,
    those of the second run in -run2, and what still clashes is numbered."""

    def __init__(self):
        self.taken = set()

    def take(self, name: str, run: int = 0, device: int = 0) -> str:
        """@run and @device count from 0."""
        name = safe_name(name)
        name += f"-{device + 1}" if device else ""
        name += f"-run{run + 1}" if run else ""
        unique, n = name, 1
        while unique in self.taken:
            n += 1
            unique = f"{name}_{n}"
        self.taken.add(unique)
        return unique
