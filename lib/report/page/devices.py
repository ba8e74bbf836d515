# SPDX-License-Identifier: GPL-2.0-only
"""A card for each device: verdict, facts, state machine, figures."""
from __future__ import annotations

from report import units, words
from report.page import machine
from report.page.frame import Subject, badge, colour, verdict_words
from report.page.markup import Html, join, raw, tag


def facts(subject: Subject) -> Html:
    """The device and the run, as terms and values."""
    device, run = subject.device, subject.run
    pairs = [("migration", f"v{device.generation}"),
             ("offers", ", ".join(device.capabilities)),
             ("driver", device.driver), ("kernel", f"Linux {run.kernel}"),
             ("profile", run.profile), ("left", device.end_state or run.end_state),
             ("calls", f"{device.calls:,.0f}" if device.calls else ""),
             ("run", f"{run.started}, {run.duration:.1f} s")]
    return tag("dl", join(tag("div", join([tag("dt", term), tag("dd", value)]))
                          for term, value in pairs if value), class_="facts")


def bar(subject: Subject) -> Html:
    """The share of each verdict, and its number."""
    counts = words.counts(subject.device.rules)
    parts = [tag("span", class_=colour(verdict), style=f"flex:{counts[verdict]}",
                 title=f"{counts[verdict]} {verdict}")
             for verdict in words.VERDICTS if counts[verdict]]
    told = [tag("span", join([tag("b", counts[verdict]), " ", verdict]),
                class_=colour(verdict))
            for verdict in words.VERDICTS if counts[verdict]]
    return join([tag("div", join(parts), class_="bar", aria_hidden="true"),
                 tag("p", join(told), class_="tally")])


def times_table(subject: Subject) -> Html:
    """Times of all arcs that were measured."""
    rows = [tag("tr", join([
        tag("th", f"{arc.start} to {arc.end}", scope="row"),
        tag("td", "" if arc.count is None else f"{arc.count:.0f}"),
        *(tag("td", units.time_text(ns)) for ns in (arc.min, arc.median, arc.p99, arc.max))]))
        for arc in subject.device.figures.arcs]
    if not rows:
        return raw("")
    head = tag("tr", join(tag("th", text, scope="col") for text in
                          ("arc", "count", "min", "median", "p99", "max")))
    return tag("details", join([
        tag("summary", f"Times of {len(rows)} arcs"),
        tag("table", join([tag("thead", head), tag("tbody", join(rows))]),
            class_="figures")]))


def phases_table(subject: Subject) -> Html:
    """Bytes and times of saving and restoring."""
    rows = [tag("tr", join([
        tag("th", phase.name, scope="row"),
        tag("td", "" if phase.count is None else f"{phase.count:.0f}"),
        tag("td", units.size_text(phase.bytes)), tag("td", units.time_text(phase.ns)),
        tag("td", units.rate_text(phase.bytes * 1e9 / phase.ns
                                  if phase.bytes and phase.ns else None))]))
        for phase in subject.device.figures.phases]
    if not rows:
        return raw("")
    head = tag("tr", join(tag("th", text, scope="col") for text in
                          ("phase", "count", "bytes", "time", "rate")))
    return tag("table", join([tag("thead", head), tag("tbody", join(rows))]),
               class_="figures")


def downtime(subject: Subject) -> Html:
    """Blackouts and budgets as large figures."""
    figures, tiles = subject.device.figures, []
    for name, ns in (("stop-copy blackout", figures.stop_copy_ns),
                     ("pre-copy blackout", figures.precopy_ns)):
        if ns is not None:
            tiles.append(tag("li", join([tag("b", units.time_text(ns)), name])))
    for name, rate in (("saved", figures.save_rate), ("restored", figures.restore_rate)):
        if rate:
            tiles.append(tag("li", join([tag("b", units.rate_text(rate)), name])))
    for budget in figures.budgets:
        told = [tag("b", budget.seen or "not measured"),
                f"{budget.name}, allowed {budget.limit} ",
                badge(budget.verdict)]
        tiles.append(tag("li", join(told), class_=colour(budget.verdict)))
    return tag("ul", join(tiles), class_="tiles") if tiles else raw("")


def legend(generation: int) -> Html:
    """The colours of the machine, and what a dashed line is."""
    told = (("pass", "held"), ("fail", "violated"), ("warn", "warned"),
            ("waived", "waived"), (None, "not judged"))
    lines = [tag("span", text, class_=colour(verdict)) for verdict, text in told]
    if generation == 1:
        lines.append(tag("span", "allowed, not promised", class_="v-none dashed"))
    return tag("p", join(lines), class_="legend")


def card(subject: Subject) -> Html:
    """Everything of one device."""
    verdict, word = verdict_words(subject)
    return tag("article", join([
        tag("header", join([tag("h2", subject.label), badge(verdict, word)])),
        bar(subject), facts(subject),
        tag("figure", join([machine.picture(subject),
                            tag("figcaption", legend(subject.device.generation))])),
        downtime(subject), phases_table(subject), times_table(subject),
        tag("details", join([
            tag("summary", "Every transition, the refused ones too"),
            tag("p", "From the state of a row to the state of a column.",
                class_="note"),
            tag("div", machine.grid(subject), class_="scroll")])),
    ]), class_="card device", id=subject.key)


def section(found: list[Subject]) -> Html:
    """The cards side by side where there is room."""
    return tag("section", join(card(subject) for subject in found),
               class_="devices" + (" many" if len(found) > 1 else ""))
