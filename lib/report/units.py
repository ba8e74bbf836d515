# SPDX-License-Identifier: GPL-2.0-only
"""Times, sizes and rates for people: three digits and a unit."""
from __future__ import annotations

TIMES = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"))
RATES = ((1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1, "B/s"))
SIZES = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B"))


def _scaled(value: float, units) -> str:
    for factor, unit in units:
        if value >= factor:
            break
    scaled = value / factor
    digits = 0 if scaled >= 100 or factor == 1 else 1 if scaled >= 10 else 2
    return f"{scaled:.{digits}f} {unit}"


def time_text(ns: float | None) -> str:
    """"1.23 ms", "" where it is not known."""
    return "" if ns is None else _scaled(ns, TIMES)


def size_text(size: float | None) -> str:
    """"41.0 MiB", "" where it is not known."""
    return "" if size is None else _scaled(size, SIZES)


def rate_text(rate: float | None) -> str:
    """Bytes a second, "" where it is not known."""
    return "" if rate is None else _scaled(rate, RATES)


def clock_text(seconds: float) -> str:
    """hh:mm:ss, rounded."""
    whole = int(seconds + 0.5)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
