# SPDX-License-Identifier: GPL-2.0-only
"""Markup that cannot be injected into.

Html is text that is markup already; everything else is escaped on its way into
an element or attribute. So what comes out of results.json is harmless wherever
it is put, and only constants of this package are ever wrapped by raw().
"""
from __future__ import annotations

import html
from typing import Iterable

VOID = frozenset(("meta", "br", "input", "line", "rect", "circle", "path"))


class Html(str):
    """Text that is markup."""


def raw(text: str) -> Html:
    """A constant of ours as markup."""
    return Html(text)


def escape(text) -> Html:
    """Anything as markup; None is nothing."""
    if isinstance(text, Html):
        return text
    return Html("" if text is None else html.escape(str(text), quote=True))


def join(parts: Iterable, between: str = "") -> Html:
    """Parts in a row."""
    return Html(between.join(escape(part) for part in parts))


def tag(name: str, content=None, /, **attributes) -> Html:
    """An element. Attributes that are None are left out, True stands alone; a
    trailing _ is dropped and other _ are dashes (class_, data_v, http_equiv)."""
    out = [name]
    for key, value in attributes.items():
        key = key.rstrip("_").replace("_", "-")
        if value is True:
            out.append(key)
        elif value is not None and value is not False:
            out.append(f'{key}="{escape(value)}"')
    start = f"<{' '.join(out)}"
    if name in VOID:
        return Html(start + ("/>" if name in ("line", "rect", "circle", "path") else ">"))
    return Html(f"{start}>{escape(content)}</{name}>")
