# SPDX-License-Identifier: GPL-2.0-only
"""A card for each rule that did not simply hold, worst first."""
from __future__ import annotations

import os
import shlex

from report import words
from report.page import sequence
from report.page.frame import Subject, badge, colour, failure_id
from report.page.markup import Html, join, raw, tag
from report.results import Rule

GROUPS = (("Violated", words.BAD), ("Warned", ("warn",)),
          ("Waived", ("waived",)), ("Noted", ("info",)))
OPEN_MAX = 20  # rows of a table that is open from the start


def replay(subject: Subject, rule: Rule) -> str:
    """The command that repeats the calls, "" where they were not kept."""
    if not rule.trace:
        return ""
    path = os.path.join(subject.run.dir, rule.trace)
    return f"migcheck replay {shlex.quote(path)} {shlex.quote(subject.device.uri)}"


def contrast(rule: Rule) -> Html:
    """Expected beside seen; or the reason, where nothing was seen."""
    if not rule.seen:
        return tag("p", rule.reason, class_="note") if rule.reason else raw("")
    sides = [tag("div", join([tag("dt", "expected"), tag("dd", rule.expected or rule.sentence)])),
             tag("div", join([tag("dt", "seen"), tag("dd", rule.seen)]),
                 class_=colour(rule.verdict))]
    return tag("dl", join(sides), class_="contrast")


def calls(rule: Rule) -> Html:
    """The diagram, and the lines that it is made of."""
    if not rule.calls:
        return raw("")
    return join([
        tag("div", sequence.picture(rule.calls), class_="scroll"),
        tag("details", join([tag("summary", "The calls as recorded"),
                             tag("pre", "\n".join(rule.calls))]))])


def card(subject: Subject, rule: Rule, alone: bool) -> Html:
    """All that is known of a breach."""
    command = replay(subject, rule)
    rows = [("source", rule.source), ("test", rule.test)]
    if rule.waiver:
        rows.append(("waived", rule.waiver))
    if rule.seen and rule.reason:
        rows.append(("why", rule.reason))
    told = [tag("div", join([tag("dt", term), tag("dd", value)]))
            for term, value in rows if value]
    if command:
        told.append(tag("div", join([tag("dt", "replay"),
                                     tag("dd", tag("code", command))])))
    head = [badge(rule.verdict), tag("h3", join([tag("code", rule.number), " ", tag("span", rule.name)]))]
    if not alone:
        head.append(tag("a", subject.label, href="#" + subject.key, class_="of"))
    return tag("article", join([
        tag("header", join(head)), tag("p", rule.sentence, class_="sentence"),
        contrast(rule), tag("dl", join(told), class_="facts"), calls(rule),
    ]), class_=f"card breach {colour(rule.verdict)}", id=failure_id(subject, rule.number),
        data_v=rule.verdict, data_g=str(subject.device.generation))


def bad_tests(found: list[Subject]) -> Html:
    """The tests that failed or ended badly, whatever rule they saw broken."""
    rows = [tag("tr", join([
        tag("th", join([tag("code", test.name), tag("span", words.one_line(test.message))]),
            scope="row"),
        tag("td", test.verdict, class_=colour(test.verdict)),
        *([tag("td", subject.label)] if len(found) > 1 else [])]),
        data_v=test.verdict, data_g=str(subject.device.generation))
        for subject in found for test in words.bad(subject.device.tests)]
    if not rows:
        return raw("")
    return tag("details", join([
        tag("summary", tag("h2", f"Tests that failed: {len(rows)}")),
        tag("div", tag("table", tag("tbody", join(rows)), class_="matrix tests"),
            class_="scroll")]), open=len(rows) <= OPEN_MAX, class_="badtests")


def group(title: str, verdicts, found: list[Subject]) -> Html:
    """The cards of a few verdicts under a title."""
    cards = [card(subject, rule, len(found) == 1)
             for verdict in verdicts for subject in found
             for rule in subject.device.rules if rule.verdict == verdict]
    tests = bad_tests(found) if verdicts == words.BAD else raw("")
    if not cards and not tests:
        return raw("")
    heading = tag("h2", title) if cards else raw("")
    return tag("section", join([heading, *cards, tests]), class_="breaches")


def section(found: list[Subject]) -> Html:
    """All cards, the worst verdict first."""
    return join(group(title, verdicts, found) for title, verdicts in GROUPS)
