# SPDX-License-Identifier: GPL-2.0-only
"""The calls that led to a failure, as a sequence diagram.

A line of a trace is "SEQ DEVICE.SESSION OP ARGUMENTS = RESULT # comment"
(lib/trace/trace.h). The user is on the left, each file that he called has a
line of its own; repeated plain accesses are one arrow. A line that is none of
ours is shown as it stands.
"""
from __future__ import annotations

import re
from typing import NamedTuple

from report.page.markup import Html, join, tag

CALL = re.compile(r"(\d+) (\d+\.\d+|-) (\S+) ?(.*?)(?: = (-?\d+)(?: \(([^)]*)\))?)?(?: # (.*))?$")
STATE = re.compile(r"(?:SET (\w+) fd|device_state := (\w+))")
PLAIN = ("pread", "pwrite", "read", "write", "idle")
ROW, TOP, LEFT, COLUMN, LABEL_MAX = 30, 46, 86, 330, 48


class Call(NamedTuple):
    """A call, or several of a kind."""
    first: str
    file: str
    label: str
    result: str
    failed: bool
    state: str
    plain: str  # what may be repeated, or ""
    count: int = 1


def parse(line: str) -> Call | None:
    """The call of @line."""
    match = CALL.match(line)
    if not match:
        return None
    seq, file, op, arguments, value, error, comment = match.groups()
    failed = bool(value and value.startswith("-") and op != "idle")
    state = STATE.search(comment or "")
    words = arguments.split()
    short = " ".join(words[:2] if op in ("pread", "pwrite") else words[:1])
    label = (comment or f"{op} {short}").removesuffix(" fd -1")
    if op in PLAIN and comment:
        label = f"{op}: {comment}"
    if value in words[:2]:
        value = ""  # as many bytes as were asked for
    return Call(seq, file, label, error or (value or ""), failed,
                (state[1] or state[2]) if state and not failed else "",
                f"{op} {file}" if op in PLAIN and not comment and not failed else "")


def folded(lines: list[str]) -> list[Call]:
    """The calls, those of a kind in a row as one."""
    calls: list[Call] = []
    for line in lines:
        call = parse(line) or Call("", "0.0", line, "", False, "", "")
        last = calls[-1] if calls else None
        if last and call.plain and call.plain == last.plain:
            op = call.plain.split()[0]
            calls[-1] = last._replace(count=last.count + 1, result="",
                                      label=f"{last.count + 1} times {op}")
        else:
            calls.append(call)
    return calls


def file_name(file: str, several: bool) -> str:
    """What a line of the picture is called."""
    device, _, session = file.partition(".")
    which = f" {int(device) + 1}" if several and device.isdigit() else ""
    return f"device{which}" if session in ("0", "") else f"data file {session}{which}"


def cut(text: str, limit: int = LABEL_MAX) -> str:
    """@text, not longer than @limit."""
    return text if len(text) <= limit else text[:limit - 2] + ".."


def arrow(call: Call, x: int, y: int) -> Html:
    """A call with what it is and what came back."""
    kind = "v-fail" if call.failed else "v-none"
    parts = [tag("text", call.first, x=LEFT - 12, y=y + 4, class_="seq"),
             tag("path", d=f"M{LEFT} {y}H{x - 3}", marker_end=f"url(#head-{kind[2:]})"),
             tag("text", cut(call.label), x=LEFT + 10, y=y - 6, class_="label")]
    if call.state:
        width = 9 * len(call.state) + 14
        parts += [tag("rect", x=x - width // 2, y=y - 10, width=width, height=20, rx=10),
                  tag("text", call.state, x=x, y=y + 4, class_="state")]
    elif call.result not in ("", "0") or call.failed:
        parts.append(tag("text", ("" if call.failed else "= ") + cut(call.result, 34),
                         x=x + 12, y=y + 4, class_="result"))
    return tag("g", join(parts), class_=f"call {kind}")


def picture(lines: list[str]) -> Html:
    """The diagram of a trace."""
    calls = folded(lines)
    files = list(dict.fromkeys(call.file for call in calls))
    files.sort(key=lambda file: [int(n) for n in re.findall(r"\d+", file)])
    several = len({file.partition(".")[0] for file in files}) > 1
    at = {file: LEFT + COLUMN + i * (COLUMN // 2) for i, file in enumerate(files)}
    height = TOP + ROW * len(calls) + 14
    parts = []
    for x, name in [(LEFT, "user")] + [(at[f], file_name(f, several)) for f in files]:
        parts += [tag("text", name, x=x, y=18, class_="file"),
                  tag("line", x1=x, y1=26, x2=x, y2=height - 6, class_="life")]
    parts += [arrow(call, at[call.file], TOP + 14 + ROW * i)
              for i, call in enumerate(calls)]
    width = LEFT + COLUMN + (len(files) - 1) * (COLUMN // 2) + 250
    return tag("svg", join(parts), class_="sequence", role="img",
               viewBox=f"0 0 {width} {height}", style=f"max-width:{width}px",
               aria_label="the last calls, oldest first")
