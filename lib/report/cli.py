# SPDX-License-Identifier: GPL-2.0-only
"""The command: formats by name, exit statuses, one line for what is wrong.

0 the format is on standard output; 64 wrong usage; 99 the results cannot be
read, or the output went nowhere.
"""
from __future__ import annotations

import importlib
import os
import sys

from report.fields import Damage
from report.results import read_run

GOOD, USAGE, ENVIRONMENT = 0, 64, 99

# Format -> module that renders it; loaded when asked for.
FORMATS = {
    "text": "as_text",
    "md": "as_markdown",
    "junit": "as_junit",
    "html": "page",
    "tap": "as_tap",
    "ktap": "as_ktap",
    "ktap-nested": "as_ktap_nested",
    "lava": "as_lava",
    "lava-signals": "as_lava_signals",
    "tmt": "as_tmt",
    "kcidb": "as_kcidb",
}


def complain(status: int, text: str) -> int:
    """One line on standard error; @status."""
    print(f"migcheck: report: {text}", file=sys.stderr)
    return status


def render(name: str, directories: list[str]) -> str:
    """The text of format @name for the runs in @directories."""
    runs = [read_run(directory) for directory in directories]
    return importlib.import_module("report." + FORMATS[name]).render(runs)


def write(text: str) -> int:
    """Everything or an error: a half report must not look like one."""
    try:
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return complain(ENVIRONMENT, f"cannot write: {error.strerror}")
    return GOOD


def main(arguments: list[str]) -> int:
    """@arguments are FORMAT DIR...; the exit status."""
    if len(arguments) < 2:
        return complain(USAGE, "needs a format and a directory "
                        "(migcheck report --help)")
    if arguments[0] not in FORMATS:
        return complain(USAGE, f"no format '{arguments[0]}': "
                        + ", ".join(FORMATS))
    try:
        return write(render(arguments[0], arguments[1:]))
    except Damage as damage:
        return complain(ENVIRONMENT, " ".join(str(damage).split()))
    except (Exception, KeyboardInterrupt) as error:  # a line, whatever it is
        return complain(ENVIRONMENT, f"{arguments[0]} cannot be made: "
                        f"{type(error).__name__} {error}".replace("\n", " "))
