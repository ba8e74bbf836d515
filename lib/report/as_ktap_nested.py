# SPDX-License-Identifier: GPL-2.0-only
"""ktap-nested: device, topic, test as three levels of KTAP, for kunit.py."""
from __future__ import annotations

import dataclasses

from report import lines, words

INDENT = "  "


@dataclasses.dataclass
class Group:
    """A finished subtest: its lines and how it ended."""
    name: str
    lines: list[str]
    outcome: str  # "ok", "not ok" or "skip"


def topic(name: str) -> tuple[str, str]:
    """v2_fsm-pair_STOP_STOP is test pair_STOP_STOP of topic v2_fsm."""
    head, dash, tail = name.partition("-")
    return (head, tail) if dash and tail else ("tests", name)


def outcome(parts: list[str]) -> str:
    """What a group is whose parts ended so."""
    if "not ok" in parts:
        return "not ok"
    return "ok" if "ok" in parts or not parts else "skip"


def test_outcome(test) -> str:
    """Of a single test."""
    verdict = words.VERDICTS[test.verdict]
    return "skip" if verdict.directive == "SKIP" else verdict.tap


def gathered(name: str, groups: list[Group]) -> Group:
    """Groups inside a group."""
    out = []
    for number, group in enumerate(groups, 1):
        plain = "ok" if group.outcome == "skip" else group.outcome
        out += [INDENT + line for line in group.lines]
        out.append(f"{plain} {number} {group.name}"
                   + (" # SKIP" if group.outcome == "skip" else ""))
    head = ["KTAP version 1"] + ([f"# Subtest: {name}"] if name else [])
    return Group(name, head + [f"1..{len(groups)}"] + out,
                 outcome([group.outcome for group in groups]))


def topic_group(name: str, device, tests) -> Group:
    """The tests of one topic."""
    names, out = words.Names(), []
    for number, (tail, test) in enumerate(tests, 1):
        out += lines.result_lines(device, test, number, names.take(tail))
    return Group(name, ["KTAP version 1", f"# Subtest: {name}", f"1..{len(tests)}"] + out,
                 outcome([test_outcome(test) for _, test in tests]))


def device_group(name: str, device) -> Group:
    """All topics of a device."""
    topics: dict[str, list] = {}
    for test in device.tests:
        head, tail = topic(test.name)
        topics.setdefault(words.safe_name(head), []).append((tail, test))
    return gathered(name, [topic_group(head, device, tests)
                           for head, tests in topics.items()])


def render(runs) -> str:
    """KTAP 1, nested."""
    names = words.Names()
    groups = [device_group(names.take(device.uri, r), device)
              for r, run in enumerate(runs) for device in run.devices]
    return "\n".join(gathered("", groups).lines) + "\n"
