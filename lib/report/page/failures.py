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


def section(found: list[Subject]) -> Html:
    """All cards, the worst verdict first."""
    cards = [card(subject, rule, len(found) == 1)
             for verdict in words.TOLD for subject in found
             for rule in subject.device.rules if rule.verdict == verdict]
    if not cards:
        return raw("")
    return tag("section", join([tag("h2", "What did not hold"), *cards]),
               class_="filtered", id="breaches")
