# SPDX-License-Identifier: GPL-2.0-only
"""html: all runs as one page that needs nothing else.

The page is complete without its script, which only adds filters and the switch
between light and dark. It loads nothing: style and script are part of it, and
its content policy allows no other source, so that even a hostile string that
got past the escaping could neither run nor call home.
"""
from __future__ import annotations

import base64
import hashlib
import pathlib

from report import words
from report.page import devices, failures, frame, matrix
from report.page.markup import Html, join, raw, tag
from report.results import Run

HERE = pathlib.Path(__file__).parent


def asset(name: str) -> str:
    """A file of the package."""
    return (HERE / name).read_text(encoding="utf-8")


def policy(script: str) -> str:
    """Content policy: our style, our script by its digest, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (f"default-src 'none'; style-src 'unsafe-inline'; "
            f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")


def head(title: str, script: str) -> Html:
    """The head of the page."""
    return tag("head", join([
        raw('<meta charset="utf-8">'),
        tag("meta", None, http_equiv="Content-Security-Policy",
            content=policy(script)),
        raw('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        raw('<meta name="color-scheme" content="light dark">'),
        tag("title", title), tag("style", raw(asset("style.css"))),
    ]))


def render(runs: list[Run]) -> str:
    """The page."""
    script = asset("script.js")
    subjects = frame.subjects(runs)
    names = ", ".join(words.one_line(s.device.uri) for s in subjects)
    body = tag("body", join([
        frame.markers(), frame.banner(runs, subjects),
        tag("main", join([
            devices.section(subjects), frame.toolbar(subjects),
            failures.section(subjects), frame.unused_waivers(runs), matrix.section(subjects),
            matrix.tests_section(subjects), frame.kernel_log(runs),
        ])),
        frame.footer(runs), tag("script", raw(script)),
    ]))
    page = tag("html", join([head(f"migcheck: {names}"[:200], script), body]),
               lang="en")
    return "<!DOCTYPE html>\n" + page + "\n"
