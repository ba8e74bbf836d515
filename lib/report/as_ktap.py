# SPDX-License-Identifier: GPL-2.0-only
"""ktap: all tests as one flat KTAP stream, as a run writes it to its file."""
from __future__ import annotations

from report.as_tap import stream


def render(runs) -> str:
    """KTAP 1, flat."""
    return stream(runs, "KTAP version 1")
