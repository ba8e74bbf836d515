# SPDX-License-Identifier: GPL-2.0-only
"""results.json as objects, checked.

A Run is one file. It has devices; what was judged hangs on the device that it
is of, so that a format asks device.rules and device.tests and never has to
match names. lib/run/results.h describes the file.
"""
from __future__ import annotations

import dataclasses
import os
from collections import Counter, defaultdict

from report import fields, units
from report.fields import Damage, Place
from report.words import VERDICTS

FILE = "results.json"
DEVICES_MAX = 1024


@dataclasses.dataclass
class Rule:
    """What came out for one rule on one device."""
    number: str
    name: str
    level: str
    verdict: str
    expected: str
    seen: str
    reason: str
    sentence: str
    source: str
    test: str
    trace: str
    checks: list[str]
    calls: list[str]
    waiver: str = ""

    @property
    def area(self) -> str:
        """V1-PEND of V1-PEND-002."""
        return self.number.rpartition("-")[0] or self.number

    @property
    def story(self) -> str:
        """What there is to tell beside the verdict, one line."""
        if self.seen:
            return f"expected: {self.expected or self.sentence}; seen: {self.seen}"
        return self.reason


@dataclasses.dataclass
class Test:
    """One run of one test on one device."""
    name: str
    verdict: str
    duration: float
    message: str

    @property
    def story(self) -> str:
        """What there is to tell beside the verdict."""
        return self.message


@dataclasses.dataclass
class Latency:
    """Times of an arc between two states, in ns; None where unknown."""
    start: str
    end: str
    count: float | None
    min: float | None
    median: float | None
    p99: float | None
    max: float | None


@dataclasses.dataclass
class Phase:
    """Bytes and time of saving or restoring."""
    name: str
    bytes: float | None
    ns: float | None
    count: float | None


@dataclasses.dataclass
class Budget:
    """A limit that the user set, and how it went."""
    name: str
    limit: str
    seen: str
    verdict: str


@dataclasses.dataclass
class Figures:
    """What was measured. All of it may be absent."""
    arcs: list[Latency] = dataclasses.field(default_factory=list)
    phases: list[Phase] = dataclasses.field(default_factory=list)
    budgets: list[Budget] = dataclasses.field(default_factory=list)
    stop_copy_ns: float | None = None
    precopy_ns: float | None = None
    save_rate: float | None = None
    restore_rate: float | None = None


@dataclasses.dataclass
class Device:
    """A device of a run, with everything that was found out about it."""
    uri: str
    generation: int
    driver: str
    end_state: str
    calls: float | None
    capabilities: list[str]
    figures: Figures
    rules: list[Rule] = dataclasses.field(default_factory=list)
    tests: list[Test] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Run:
    """One results.json."""
    dir: str
    tool: str
    version: str
    catalogue: str
    kernel: str
    arch: str
    profile: str
    seed: int
    started: str
    duration: float
    end_state: str
    devices: list[Device]
    kernel_log: list[str]
    unused_waivers: list[str]
    together: str  # can the devices be migrated as one machine's?


def _verdict(place: Place) -> str:
    verdict = place.text("verdict", needed=True)
    if verdict not in VERDICTS:
        raise Damage(f"{place.where}: no verdict '{verdict[:40]}'")
    return verdict


def _waiver(place: Place | None) -> str:
    """Why a failure is accepted."""
    if place is None:
        return ""
    until = place.text("expires")
    return ", ".join(filter(None, [place.text("reason"), place.text("link"),
                                   until and f"until {until}"]))


def _rule(place: Place) -> Rule:
    return Rule(number=place.text("number", needed=True),
                name=place.text("name"), level=place.text("level"),
                verdict=_verdict(place), expected=place.text("expected"),
                seen=place.text("seen"), reason=place.text("reason"),
                sentence=place.text("sentence"), source=place.text("source"),
                test=place.text("test"), trace=place.text("trace"),
                waiver=_waiver(place.place("waiver")),
                checks=place.texts("checks"), calls=place.texts("calls"))


def _test(place: Place) -> Test:
    return Test(name=place.text("name", needed=True), verdict=_verdict(place),
                duration=place.number("duration_s") or 0.0,
                message=place.text("message"))


def _latency(place: Place) -> Latency:
    return Latency(place.text("from", needed=True), place.text("to", needed=True),
                   place.number("count"), place.number("min_ns"),
                   place.number("median_ns"), place.number("p99_ns"),
                   place.number("max_ns"))


def _bound(place: Place, which: str) -> str:
    """The limit of a budget or what was seen, "" where it was not measured."""
    rate = place.number(which + "_bytes_per_s")
    if rate is not None:
        return units.rate_text(rate)
    return units.time_text(place.number(which + "_ns"))


def _figures(place: Place | None) -> Figures:
    if place is None:
        return Figures()
    blackout = place.place("blackout") or Place({}, place.where)
    rates = place.place("rates") or Place({}, place.where)
    return Figures(
        arcs=[_latency(arc) for arc in place.places("arcs")],
        phases=[Phase(p.text("name"), p.number("bytes"), p.number("ns"),
                      p.number("count")) for p in place.places("phases")],
        budgets=[Budget(b.text("name"), _bound(b, "limit"), _bound(b, "seen"),
                        _verdict(b)) for b in place.places("budgets")],
        save_rate=rates.number("save_bytes_per_s"),
        restore_rate=rates.number("restore_bytes_per_s"),
        stop_copy_ns=blackout.number("stop_copy_ns"),
        precopy_ns=blackout.number("precopy_ns"))


def _device(place: Place) -> Device:
    return Device(uri=place.text("uri", needed=True),
                  generation=int(place.number("generation") or 0),
                  driver=place.text("driver"), end_state=place.text("end_state"),
                  calls=place.number("calls"),
                  capabilities=place.texts("capabilities"),
                  figures=_figures(place.place("figures")))


class _Owners:
    """Which device an entry is of: by URI, and where two devices of a run have
    the same, the n-th entry of a name is of the n-th of them."""

    def __init__(self, devices: list[Device]):
        self.by_uri = defaultdict(list)
        for device in devices:
            self.by_uri[device.uri].append(device)
        self.first = devices[0] if devices else None
        self.seen = Counter()

    def find(self, place: Place, name: str) -> Device:
        """The device of the entry at @place that is called @name."""
        uri = place.text("device")
        owners = self.by_uri.get(uri) or ([self.first] if not uri else [])
        if not owners or owners[0] is None:
            raise Damage(f"{place.where}: no device '{uri[:80]}'")
        self.seen[uri, name] += 1
        return owners[min(self.seen[uri, name], len(owners)) - 1]


def _devices(root: Place) -> list[Device]:
    places = root.places("devices", needed=True)
    if len(places) > DEVICES_MAX:
        raise Damage(f"{root.where}: more than {DEVICES_MAX} devices")
    devices = [_device(place) for place in places]
    owners = _Owners(devices)
    for place in root.places("rules", needed=True):
        rule = _rule(place)
        owners.find(place, rule.number).rules.append(rule)
    owners = _Owners(devices)
    for place in root.places("tests", needed=True):
        test = _test(place)
        owners.find(place, test.name).tests.append(test)
    for device in devices:
        device.tests += [_budget_test(b) for b in device.figures.budgets]
    return devices


def _budget_test(budget: Budget) -> Test:
    """A budget fails a run as a test does, so that it is one to every format."""
    return Test(f"budget-{budget.name}", budget.verdict, 0.0,
                f"allowed {budget.limit}, seen {budget.seen or 'nothing'}")


def _unused_waivers(root: Place, devices: list[Device]) -> list[str]:
    """Waivers that waived nothing fail a run, too."""
    told = []
    for place in root.places("unused_waivers"):
        rule, why = place.text("rule"), place.text("why")
        told.append(f"{rule}: {why}")
        if devices:
            devices[0].tests.append(Test(f"waiver-{rule}", "unexpected-pass", 0.0, why))
    return told


def read_run(directory: str) -> Run:
    """The run whose -o was @directory (or its results.json itself). Damage
    where the file is missing or not what migcheck writes."""
    path = directory if os.path.isfile(directory) else os.path.join(directory, FILE)
    root = fields.load(path)
    tool = root.place("tool") or Place({}, path)
    host = root.place("host") or Place({}, path)
    together = root.place("set") or Place({}, path)
    devices = _devices(root)
    return Run(dir=fields.clean(os.path.dirname(path) or "."),
               tool=tool.text("name") or "migcheck",
               version=tool.text("version"), catalogue=root.text("catalogue"),
               kernel=host.text("kernel"), arch=host.text("arch"),
               profile=root.text("profile"), seed=int(root.number("seed") or 0),
               started=root.text("started"),
               duration=root.number("duration_s") or 0.0,
               end_state=root.text("end_state"), devices=devices,
               kernel_log=root.texts("kernel_log"),
               unused_waivers=_unused_waivers(root, devices),
               together=together.text("sentence"))
