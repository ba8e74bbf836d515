# SPDX-License-Identifier: GPL-2.0-only
"""What is around the sections: banner, toolbar, kernel log, footer."""
from __future__ import annotations

from typing import NamedTuple

from report import words
from report.page.markup import Html, join, raw, tag
from report.results import Device, Run


class Subject(NamedTuple):
    """A device of a run: a column of the matrix. @key is part of ids."""
    key: str
    run: Run
    device: Device
    label: str


# Verdict -> the class that colours it.
COLOURS = {"fail": "fail", "unexpected-pass": "fail", "timeout": "fail",
           "error": "fail", "warn": "warn", "waived": "waived", "info": "info",
           "pass": "pass", "not-offered": "none", "skip": "none",
           "unchecked": "none", None: "none"}


def colour(verdict: str | None) -> str:
    """The class of @verdict."""
    return "v-" + COLOURS[verdict]


def subjects(runs: list[Run]) -> list[Subject]:
    """All columns, in order. The same device in several runs is told apart by
    the run's directory."""
    uris = [device.uri for run in runs for device in run.devices]
    found = []
    for run in runs:
        for device in run.devices:
            label = words.one_line(device.uri)
            if uris.count(device.uri) > 1:
                label += f" ({words.one_line(run.dir)})"
            found.append(Subject(f"d{len(found)}", run, device, label))
    return found


def failure_id(subject: Subject, number: str) -> str:
    """The id of the card that tells of rule @number."""
    return f"{subject.key}-{words.safe_name(number)}"


def badge(verdict: str, text: str | None = None) -> Html:
    """A verdict as a coloured word."""
    return tag("span", text or verdict, class_=f"badge {colour(verdict)}")


def markers() -> Html:
    """Arrow heads, one for each colour, shared by all pictures."""
    heads = [tag("marker", tag("path", d="M0 0L8 4L0 8z"), id=f"head-{name}",
                 class_=f"v-{name}", viewBox="0 0 8 8", refX="7", refY="4",
                 markerWidth="7", markerHeight="7", orient="auto-start-reverse",
                 markerUnits="userSpaceOnUse")
             for name in ("pass", "fail", "warn", "waived", "info", "none")]
    return tag("svg", tag("defs", join(heads)), width="0", height="0",
               class_="markers", aria_hidden="true")


def verdict_words(subject: Subject) -> tuple[str, str]:
    """The verdict on a device, and the word for it."""
    verdict = words.device_verdict(subject.device)
    return verdict, {"fail": "does not conform", "warn": "conforms, with warnings",
                     "pass": "conforms", "skip": "not judged"}[verdict]


def banner(runs: list[Run], found: list[Subject]) -> Html:
    """Title, the question and its answer."""
    broken = sum(verdict_words(s)[0] == "fail" for s in found)
    idle = sum(verdict_words(s)[0] == "skip" for s in found)
    if broken:
        answer = "It does not" if len(found) == 1 else f"{broken} of {len(found)} do not"
    elif idle == len(found):
        answer = "Nothing could be tested"
    else:
        answer = "It does" if len(found) == 1 else f"{len(found) - idle} of {len(found)} do"
    what = "the device keep" if len(found) == 1 else "the devices keep"
    verb = "Does" if len(found) == 1 else "Do"
    tone = "v-fail" if broken else "v-none" if idle else "v-pass"
    return tag("header", join([
        tag("div", join([
            tag("p", "migcheck", class_="brand"),
            tag("h1", join([f"{verb} {what} the promises of VFIO migration? ",
                            tag("em", answer + ".", class_=tone)])),
            *(tag("p", run.together, class_="together") for run in runs if run.together),
        ])),
        raw('<button type="button" id="theme" class="quiet" hidden '
            'aria-label="switch between light and dark">Dark</button>'),
    ]), class_="banner")


def differences(found: list[Subject]) -> Html:
    """The switch to rules that devices disagree on, where two can."""
    generations = [s.device.generation for s in found]
    if len(set(generations)) == len(generations):
        return raw("")
    return tag("label", join([raw('<input type="checkbox" id="differ">'),
                              " differences only"]))


def toolbar(found: list[Subject]) -> Html:
    """Filters; the script shows them."""
    entries = [e for s in found for e in s.device.rules]
    counts = words.counts(entries)
    chips = [tag("button", join([verdict, " ", tag("b", counts[verdict])]),
                 type="button", class_=f"chip {colour(verdict)}",
                 data_verdict=verdict, aria_pressed="false")
             for verdict in words.VERDICTS if counts[verdict]]
    generations = sorted({s.device.generation for s in found})
    options = [tag("option", "v1 and v2", value="")] + [
        tag("option", f"v{g} only", value=str(g)) for g in generations]
    return tag("form", join([
        tag("input", type="search", id="find", placeholder="Filter by text",
            aria_label="filter by text", autocomplete="off"),
        tag("select", join(options), id="generation", aria_label="generation",
            hidden=len(generations) < 2),
        tag("div", join(chips), class_="chips", role="group",
            aria_label="filter by verdict"),
        differences(found),
        tag("output", "", id="shown"),
        tag("button", "Clear", type="reset", class_="quiet"),
    ]), id="filters", class_="toolbar", hidden=True)


def unused_waivers(runs: list[Run]) -> Html:
    """Waivers that have to go."""
    told = [tag("li", text) for run in runs for text in run.unused_waivers]
    if not told:
        return raw("")
    return tag("section", join([tag("h2", "Waivers that waive nothing"),
                                tag("ul", join(told))]))


def kernel_log(runs: list[Run]) -> Html:
    """Lines of the kernel that were held against devices."""
    log = [line for run in runs for line in run.kernel_log]
    if not log:
        return raw("")
    return tag("section", join([tag("h2", "Kernel log"),
                                tag("pre", "\n".join(log))]), id="kernel-log")


def footer(runs: list[Run]) -> Html:
    """Where it all comes from, a line for each run."""
    lines = [tag("li", f"{run.dir}: {run.tool} {run.version}, rule set "
                 f"{run.catalogue}, profile {run.profile}, seed {run.seed}, "
                 f"Linux {run.kernel} {run.arch}, {run.started}, "
                 f"{run.duration:.1f} s") for run in runs]
    return tag("footer", tag("ul", join(lines)))
