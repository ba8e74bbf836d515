# SPDX-License-Identifier: GPL-2.0-only
"""tmt: results.yaml of a test with `result: custom`.

Every scalar is written as a JSON string, which YAML reads as it stands: no
name or note can be taken for anything else. tmt counts warn as failed, so that
a broken "should" is info.
"""
from __future__ import annotations

import json

from report import lines, units, words


def quoted(text: str) -> str:
    """A YAML scalar."""
    return json.dumps(text)


def item(name: str, entry) -> list[str]:
    """One result."""
    out = [f"- name: {quoted('/' + name)}",
           f"  result: {quoted(words.VERDICTS[entry.verdict].tmt)}"]
    if entry.story:
        out.append(f"  note: [{quoted(words.one_line(entry.story))}]")
    duration = getattr(entry, "duration", None)
    if duration is not None:
        out.append(f"  duration: {quoted(units.clock_text(duration))}")
    return out


def render(runs) -> str:
    """Rules, then tests."""
    out, names = [], words.Names()
    for kind in ("rules", "tests"):
        for r, d, _, entry in lines.walk(runs, kind):
            name = names.take(entry.number if kind == "rules" else entry.name, r, d)
            out += item(f"{kind}/{name}", entry)
    return "\n".join(out or ["[]"]) + "\n"
