# SPDX-License-Identifier: GPL-2.0-only
"""Results to make reports of.

Real ones come from judging emulated devices: one that conforms in each
generation, one without P2P and PRE_COPY, one that breaks rules. The invented
ones bend a small results.json in every way that a file can be bent.
"""
import atexit
import copy
import functools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MIGCHECK = os.environ.get("MIGCHECK", str(ROOT / "build" / "migcheck"))
URIS = {"good-v1": "emu:v1", "good-v2": "emu:v2-full", "stop": "emu:v2-stop",
        "bad": "emu:v2-full+ARC_FORGOTTEN"}
HOSTILE = '</script><script>alert(1)</script>"\'&<b>\x1b[31m\x00\u202e]]>#{}\n- x: y'


@functools.lru_cache(maxsize=None)
def scratch():
    """A directory for this run of the tests."""
    path = tempfile.mkdtemp(prefix="report-test.")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return pathlib.Path(path)


@functools.lru_cache(maxsize=None)
def judged(name):
    """The directory of a real run."""
    path = scratch() / name
    run = subprocess.run([MIGCHECK, "run", URIS[name], "-o", str(path)],
                         stdout=subprocess.DEVNULL, timeout=300, check=False)
    assert run.returncode == (1 if name == "bad" else 0), run
    return path


def load(name):
    """The results of a real run."""
    return json.loads((judged(name) / "results.json").read_text(encoding="utf-8"))


def save(name, results):
    """A directory whose results.json is @results, an object or its text."""
    path = scratch() / name
    path.mkdir(exist_ok=True)
    if not isinstance(results, (str, bytes)):
        results = json.dumps(results)
    if isinstance(results, str):
        results = results.encode("utf-8", "surrogatepass")
    (path / "results.json").write_bytes(results)
    return path


def figures():
    """What a device measures, in short."""
    return {"arcs": [{"from": "STOP", "to": "STOP_COPY", "count": 12, "min_ns": 900,
                      "median_ns": 1230000, "p99_ns": 2e6, "max_ns": 3000000}],
            "phases": [{"name": "save", "generation": 2, "bytes": 42991616,
                        "ns": 96000000, "count": 3}],
            "blackout": {"stop_copy_ns": 231000000, "precopy_ns": None},
            "budgets": [{"name": "downtime", "limit_ns": 300000000,
                         "seen_ns": 231000000, "verdict": "pass"}]}


@functools.lru_cache(maxsize=None)
def measured(name):
    """A real run whose device has figures."""
    results = load(name)
    results["devices"][0]["figures"] = figures()
    return save(name + "-measured", results)


SMALL = {
    "tool": {"name": "migcheck", "version": "1.0"}, "catalogue": "0123456789abcdef",
    "host": {"kernel": "6.12.1", "arch": "x86_64"},
    "devices": [{"uri": "emu:v2", "generation": 2, "driver": "refdev",
                 "capabilities": ["stop-copy"], "end_state": "RUNNING", "calls": 9}],
    "profile": "default", "seed": 1, "started": "2026-01-31T12:00:00Z",
    "duration_s": 1.5,
    "rules": [
        {"number": "V2-FSM-001", "name": "V2_A", "level": "MUST", "verdict": "fail",
         "expected": "this", "seen": "that", "checks": ["x"], "trace": "trace-t.txt",
         "device": "emu:v2", "test": "v2_fsm-pair_STOP_STOP_COPY", "reason": "",
         "calls": ["1 0.0 ioctl 0x3b75 = -22 (Invalid argument) # FEATURE 2 SET STOP fd -1"],
         "source": "uapi vfio.h", "sentence": "A sentence."},
        {"number": "V2-FSM-002", "name": "V2_B", "level": "MUST", "verdict": "pass",
         "expected": None, "seen": None, "checks": [], "trace": None,
         "device": "emu:v2", "test": None, "reason": "", "calls": [],
         "source": "uapi vfio.h", "sentence": "Another."}],
    "tests": [
        {"name": "v2_fsm-pair_STOP_STOP_COPY", "verdict": "fail", "duration_s": 0.1,
         "device": "emu:v2", "message": "failed"},
        {"name": "v2_fsm-pair_STOP_RESUMING", "verdict": "pass", "duration_s": 0.1,
         "device": "emu:v2", "message": ""}],
    "kernel_log": [], "end_state": "RUNNING",
}


def small():
    """A results.json of two rules and two tests, to be bent."""
    return copy.deepcopy(SMALL)


@functools.lru_cache(maxsize=None)
def hostile():
    """Every string of it wants to break out."""
    results = small()
    device, rule, test = results["devices"][0], results["rules"][0], results["tests"][0]
    for key in ("driver", "end_state"):
        device[key] = HOSTILE
    device["capabilities"] = [HOSTILE]
    device["figures"] = figures()
    device["figures"]["arcs"][0]["from"] = HOSTILE
    device["uri"] = "emu:" + HOSTILE
    for entry in results["rules"] + results["tests"]:
        entry["device"] = device["uri"]
    for key in ("number", "name", "level", "expected", "seen", "trace", "test",
                "reason", "source", "sentence"):
        rule[key] = HOSTILE
    rule["calls"] = [HOSTILE, "1 0.0 " + HOSTILE + " = -5 (" + HOSTILE + ") # " + HOSTILE]
    test["name"] = test["message"] = HOSTILE
    results["kernel_log"] = [HOSTILE]
    for key in ("catalogue", "profile", "started", "end_state"):
        results[key] = HOSTILE
    results["tool"] = results["host"] = {"name": HOSTILE, "version": HOSTILE,
                                         "kernel": HOSTILE, "arch": HOSTILE}
    return save("hostile", results)


def report(*arguments, status=0):
    """What `migcheck report` prints; on standard error where @status is not 0.
    What succeeded is remembered, for results do not change."""
    return run_report(arguments, status) if status else made(arguments)


@functools.lru_cache(maxsize=None)
def made(arguments):
    """The output of a format."""
    return run_report(arguments, 0)


def run_report(arguments, status):
    """Runs the tool."""
    run = subprocess.run([MIGCHECK, "report", *map(str, arguments)], timeout=60,
                         capture_output=True, check=False)
    told = run.stderr.decode("utf-8")
    assert run.returncode == status, (run.returncode, told)
    if status:
        assert not run.stdout, run.stdout[:200]
        return told
    assert not told, told
    return run.stdout.decode("utf-8")


@functools.lru_cache(maxsize=None)
def all_kinds():
    """Lists of directories that every format has to cope with."""
    return {"good-v1": [judged("good-v1")], "good-v2": [measured("good-v2")],
            "bad": [judged("bad")], "two": [judged("good-v1"), judged("bad")],
            "same twice": [judged("bad"), judged("bad")], "hostile": [hostile()],
            "empty": [save("empty", dict(small(), rules=[], tests=[], devices=[]))]}
