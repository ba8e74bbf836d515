# SPDX-License-Identifier: GPL-2.0-only
"""Rules, and tests, against devices."""
from __future__ import annotations

from collections import Counter

from report import words
from report.page.frame import Subject, colour, failure_id
from report.page.markup import Html, join, raw, tag


def cell(subject: Subject, rule) -> Html:
    """What became of a rule on a device, with the way to more."""
    if rule is None:
        return tag("td", class_="v-void")
    text = rule.verdict
    if rule.verdict in words.TOLD:
        text = tag("a", text, href="#" + failure_id(subject, rule.number))
    return tag("td", text, class_=colour(rule.verdict),
               title=words.one_line(rule.story) or None)


def differs(rules: list) -> bool:
    """Do devices that the rule concerns disagree?"""
    return len({rule.verdict for rule in rules if rule}) > 1


def row(number: str, found: list[Subject], tables: list[dict]) -> Html:
    """A rule on all devices."""
    rules = [table.get(number) for table in tables]
    rule = next(r for r in rules if r)
    generations = {s.device.generation for s, r in zip(found, rules) if r}
    return tag("tr", join([
        tag("th", join([tag("code", number), tag("span", rule.sentence or rule.name)]),
            scope="row", title=rule.name or None),
        *(cell(subject, r) for subject, r in zip(found, rules))]),
        data_v=" ".join(sorted({r.verdict for r in rules if r})),
        data_g=" ".join(str(g) for g in sorted(generations)),
        data_d="1" if differs(rules) else None)


def area_head(area: str, found: list[Subject]) -> Html:
    """An area with how much of it held."""
    cells = []
    for subject in found:
        counts = Counter(r.verdict for r in subject.device.rules if r.area == area)
        total = sum(counts.values())
        cells.append(tag("td", f"{counts['pass']} of {total}" if total else ""))
    return tag("tr", join([tag("th", area, scope="rowgroup"), *cells]), class_="area")


def head(found: list[Subject], first: str) -> Html:
    """The devices as columns."""
    return tag("thead", tag("tr", join([
        tag("th", first, scope="col"),
        *(tag("th", tag("a", s.label, href="#" + s.key), scope="col") for s in found)])))


def section(found: list[Subject]) -> Html:
    """Every rule that concerns any of the devices, by area."""
    tables = [{rule.number: rule for rule in s.device.rules} for s in found]
    areas: dict[str, dict[str, None]] = {}
    for subject in found:
        for rule in subject.device.rules:
            areas.setdefault(rule.area, {})[rule.number] = None
    bodies = [tag("tbody", join([area_head(area, found),
                                 *(row(number, found, tables) for number in sorted(numbers))]))
              for area, numbers in areas.items()]
    return tag("section", join([
        tag("h2", "All rules"),
        tag("div", tag("table", join([head(found, "rule"), *bodies]), class_="matrix"),
            class_="scroll")]), id="rules")


def tests_section(found: list[Subject]) -> Html:
    """Every test with its time; closed at first, for it is long."""
    rows = []
    for subject in found:
        for test in subject.device.tests:
            told = tag("span", words.one_line(test.message)) if test.message else raw("")
            rows.append(tag("tr", join([
                tag("th", join([tag("code", test.name), told]), scope="row"),
                tag("td", test.verdict, class_=colour(test.verdict)),
                tag("td", f"{test.duration * 1000:.1f} ms", class_="time")]
                + ([tag("td", subject.label)] if len(found) > 1 else [])),
                data_v=test.verdict, data_g=str(subject.device.generation)))
    if not rows:
        return raw("")
    return tag("section", tag("details", join([
        tag("summary", tag("h2", f"All {len(rows)} tests")),
        tag("div", tag("table", tag("tbody", join(rows)), class_="matrix tests"),
            class_="scroll")])), id="tests")
