# SPDX-License-Identifier: GPL-2.0-only
"""Values out of JSON that somebody else wrote.

The file may be cut, edited or hostile. Each value is asked for by its type and
comes back as that type, within bounds, or as Damage: one line that names the
place. Text is made harmless for every format here: no control characters, no
lone surrogates, no more than TEXT_MAX characters.
"""
from __future__ import annotations

import json
import math
import os
import re

FILE_MAX = 256 << 20
TEXT_MAX = 64 << 10
LIST_MAX = 1 << 20
NUMBER_MAX = 2.0 ** 63

# What XML cannot carry or what steers a terminal; tab and newline are fine.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e"
                         "\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
REPLACEMENT = "\ufffd"


class Damage(Exception):
    """The results cannot be used; the text says where and why."""


class Place:
    """An object of the file, and how to say where it is."""

    def __init__(self, value, where: str):
        if not isinstance(value, dict):
            raise Damage(f"{where}: no object")
        self.value, self.where = value, where

    def _get(self, key: str, kind, what: str, needed: bool):
        value = self.value.get(key)
        if value is None:
            if needed:
                raise Damage(f"{self.where}: no '{key}'")
            return None
        if not isinstance(value, kind) or isinstance(value, bool):
            raise Damage(f"{self.where}: '{key}' is no {what}")
        return value

    def text(self, key: str, needed: bool = False) -> str:
        """A string, "" where it is absent or null."""
        return clean(self._get(key, str, "text", needed) or "")

    def number(self, key: str, needed: bool = False) -> float | None:
        """A finite number that is not negative; None where it is absent."""
        value = self._get(key, (int, float), "number", needed)
        if value is None:
            return None
        if not 0 <= value < NUMBER_MAX or not math.isfinite(value):
            raise Damage(f"{self.where}: '{key}' is out of range")
        return value

    def items(self, key: str, needed: bool = False) -> list:
        """An array, empty where it is absent or null."""
        value = self._get(key, list, "array", needed) or []
        if len(value) > LIST_MAX:
            raise Damage(f"{self.where}: '{key}' is too long")
        return value

    def texts(self, key: str) -> list[str]:
        """An array of strings."""
        items = self.items(key)
        if not all(isinstance(item, str) for item in items):
            raise Damage(f"{self.where}: '{key}' is not all text")
        return [clean(item) for item in items]

    def places(self, key: str, needed: bool = False) -> list[Place]:
        """An array of objects."""
        return [Place(item, f"{self.where}: {key}[{i}]")
                for i, item in enumerate(self.items(key, needed))]

    def place(self, key: str) -> Place | None:
        """An object, None where it is absent."""
        value = self._get(key, dict, "object", False)
        return None if value is None else Place(value, f"{self.where}: {key}")


def clean(text: str) -> str:
    """Text that any format can carry."""
    if len(text) > TEXT_MAX:
        text = text[:TEXT_MAX] + ".."
    return UNPRINTABLE.sub(REPLACEMENT, text)


def _refuse(word: str):
    raise ValueError(f"{word} is no number")


def load(path: str) -> Place:
    """The object in the file at @path."""
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size > FILE_MAX:
                raise Damage(f"{path}: larger than any results")
            value = json.loads(file.read(FILE_MAX).decode("utf-8"),
                               parse_constant=_refuse)
    except OSError as error:
        raise Damage(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Damage(f"{path}: no UTF-8") from None
    except json.JSONDecodeError as error:
        raise Damage(f"{path}:{error.lineno}: no JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise Damage(f"{path}: no JSON: {reason}") from None
    return Place(value, path)
