# SPDX-License-Identifier: GPL-2.0-only
"""tap: all tests as one flat TAP 13 stream."""
from __future__ import annotations

from report import lines, words

TOTALS = ("pass", "fail", "xfail", "xpass", "skip", "error")


def kselftest_word(verdict: str) -> str:
    """The word of kselftest's totals line."""
    if verdict == "unexpected-pass":
        return "xpass"
    verdict_words = words.VERDICTS[verdict]
    if verdict_words.directive in ("XFAIL", "SKIP", "ERROR"):
        return verdict_words.directive.lower()
    return "fail" if verdict_words.tap == "not ok" else "pass"


def totals(entries) -> str:
    """The line that kselftests end with."""
    found = [kselftest_word(entry.verdict) for entry in entries]
    return "# Totals: " + " ".join(f"{word}:{found.count(word)}" for word in TOTALS)


def stream(runs, version: str) -> str:
    """The flat stream, whatever its first line is."""
    names, out, entries = words.Names(), [], []
    for r, d, device, test in lines.walk(runs, "tests"):
        entries.append(test)
        out += lines.result_lines(device, test, len(entries),
                                  names.take(test.name, r, d))
    return "\n".join([version, f"1..{len(entries)}", *out, totals(entries), ""])


def render(runs) -> str:
    """TAP 13."""
    return stream(runs, "TAP version 13")
