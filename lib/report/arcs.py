# SPDX-License-Identifier: GPL-2.0-only
"""The state machines, and what a run says of each transition.

The tests that make one transition carry it in their names: pair_FROM_TO in v2,
cell_FROM_TO in v1 with states as three bits (resuming, saving, running). A
transition is as bad as the worst of its tests, and of the rules that failed in
them; where no test ran, it is not judged.
"""
from __future__ import annotations

import re

from report import words
from report.results import Device, Latency

STATES_V2 = ("RUNNING", "RUNNING_P2P", "PRE_COPY", "PRE_COPY_P2P", "STOP",
             "STOP_COPY", "RESUMING", "ERROR")
STATES_V1 = ("001", "011", "010", "000", "100", "101", "110", "111")
NAMES_V1 = {"000": "STOP", "001": "RUNNING", "010": "STOP_COPY",
            "011": "PRE_COPY", "100": "RESUMING", "110": "ERROR"}

# Promised by the protocol: the fifteen of v2, the drawn ones of v1.
PROMISED_V2 = (
    ("RUNNING", "RUNNING_P2P"), ("RUNNING_P2P", "RUNNING"), ("RUNNING_P2P", "STOP"),
    ("STOP", "RUNNING_P2P"), ("RUNNING", "PRE_COPY"), ("PRE_COPY", "RUNNING"),
    ("PRE_COPY", "PRE_COPY_P2P"), ("PRE_COPY_P2P", "PRE_COPY"),
    ("RUNNING_P2P", "PRE_COPY_P2P"), ("PRE_COPY_P2P", "RUNNING_P2P"),
    ("PRE_COPY_P2P", "STOP_COPY"), ("STOP", "STOP_COPY"), ("STOP_COPY", "STOP"),
    ("STOP", "RESUMING"), ("RESUMING", "STOP"))
# What takes the place of two arcs through a state that is not offered.
WITHOUT_P2P = (("RUNNING", "STOP"), ("STOP", "RUNNING"), ("PRE_COPY", "STOP_COPY"))
PROMISED_V1 = (
    ("001", "011"), ("001", "010"), ("001", "000"), ("001", "100"), ("011", "010"),
    ("011", "001"), ("010", "000"), ("010", "001"), ("100", "001"))
ALLOWED_V1 = (
    ("000", "001"), ("000", "010"), ("000", "011"), ("000", "100"), ("010", "011"),
    ("010", "100"), ("011", "000"), ("011", "100"), ("100", "000"), ("100", "010"),
    ("100", "011"))
RANK = {verdict: rank for rank, verdict in enumerate(words.VERDICTS)}
PAIR = re.compile(r"(?:^|-)(?:pair|cell)_(.+)$")


def states(generation: int) -> tuple[str, ...]:
    """The states of a generation."""
    return STATES_V1 if generation == 1 else STATES_V2


def pair_of(test: str, known: tuple[str, ...]) -> tuple[str, str] | None:
    """The transition that @test is named for."""
    match = PAIR.search(test)
    for start in known if match else ():
        end = match[1][len(start) + 1:]
        if match[1].startswith(start + "_") and end in known:
            return start, end
    return None


def verdicts(device: Device) -> dict[tuple[str, str], str]:
    """The verdict on each transition that was judged."""
    known, found = states(device.generation), {}
    named = [(test.name, test.verdict) for test in device.tests]
    named += [(rule.test, rule.verdict) for rule in device.rules
              if rule.verdict in words.TOLD and rule.verdict != "info"]
    for name, verdict in named:
        pair = pair_of(name, known)
        if pair and RANK[verdict] < RANK.get(found.get(pair), len(RANK)):
            found[pair] = verdict
    return found


def latencies(device: Device) -> dict[tuple[str, str], Latency]:
    """The time of each transition that was measured."""
    return {(arc.start, arc.end): arc for arc in device.figures.arcs}


def offered(device: Device) -> set[str]:
    """The states that the device has."""
    if device.generation == 1:
        return set(STATES_V1)
    missing = set()
    if not device.capabilities:
        return set(STATES_V2)
    if "p2p" not in device.capabilities:
        missing |= {"RUNNING_P2P", "PRE_COPY_P2P"}
    if "pre-copy" not in device.capabilities:
        missing |= {"PRE_COPY", "PRE_COPY_P2P"}
    return set(STATES_V2) - missing


def steps(device: Device) -> list[tuple[str, str]]:
    """The transitions that are one step for the device, promised ones first."""
    if device.generation == 1:
        return [*PROMISED_V1, *ALLOWED_V1]
    present = offered(device)
    found = [*PROMISED_V2, *(WITHOUT_P2P if "RUNNING_P2P" not in present else ())]
    return [arc for arc in found if set(arc) <= present]


def step_latencies(device: Device) -> list[Latency]:
    """Those of the steps that were measured, in the order of steps()."""
    known = latencies(device)
    return [known[arc] for arc in steps(device) if arc in known]
