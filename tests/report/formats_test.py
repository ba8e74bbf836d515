# SPDX-License-Identifier: GPL-2.0-only
"""Each format, read by a consumer of that format or held to its schema."""
import collections
import contextlib
import importlib
import inspect
import io
import json
import pathlib
import re
import subprocess
import sys
import unittest

import jsonschema
import junitparser
import samples
import yaml
from tap.parser import Parser as TapParser

from report import results, words

HERE = pathlib.Path(__file__).resolve().parent
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


def verdicts(directories, kind):
    """How many entries have each verdict."""
    return collections.Counter(entry.verdict for directory in directories
                               for device in results.read_run(str(directory)).devices
                               for entry in getattr(device, kind))


def expected(directories, kind, consumer):
    """How many entries have each of the consumer's words."""
    found = collections.Counter()
    for verdict, count in verdicts(directories, kind).items():
        found[getattr(words.VERDICTS[verdict], consumer)] += count
    return found


class Format(unittest.TestCase):
    """Calls check() for all kinds of results."""
    format = ""

    def each(self):
        """(kind, directories, output)"""
        for kind, directories in samples.all_kinds().items():
            yield kind, directories, samples.report(self.format, *directories)


class Junit(Format):
    """Ant's schema by xmllint, counts by junitparser."""
    format = "junit"

    def test_schema(self):
        for _, _, text in self.each():
            check = subprocess.run(["xmllint", "--noout", "--schema", HERE / "junit.xsd", "-"],
                                   input=text.encode(), capture_output=True, check=False)
            self.assertEqual(check.returncode, 0, check.stderr.decode()[:2000])

    def test_schema_refuses(self):
        for bad in ("<testsuites><testcase/></testsuites>",
                    '<testsuites><testsuite name="x"/></testsuites>'):
            check = subprocess.run(["xmllint", "--noout", "--schema", HERE / "junit.xsd", "-"],
                                   input=bad.encode(), capture_output=True, check=False)
            self.assertNotEqual(check.returncode, 0)

    def test_counts(self):
        for _, directories, text in self.each():
            xml = junitparser.JUnitXml.fromstring(text.encode())
            seen = collections.Counter()
            for suite in xml:
                cases = list(suite)
                self.assertEqual(suite.tests, len(cases))
                kinds = [type(case.result[0]).__name__.lower() if case.result else "pass"
                         for case in cases]
                self.assertEqual((suite.failures, suite.errors, suite.skipped),
                                 tuple(kinds.count(k) for k in ("failure", "error", "skipped")))
                seen.update(kinds)
            self.assertEqual(+seen, expected(directories, "rules", "junit")
                             + expected(directories, "tests", "junit"))

    def test_names_are_unique(self):
        for kind, _, text in self.each():
            if kind == "same twice":
                continue
            cases = [(s.name, c.classname, c.name)
                     for s in junitparser.JUnitXml.fromstring(text.encode()) for c in s]
            self.assertEqual(len(cases), len(set(cases)))


class Tap(Format):
    """Perl's TAP::Parser by prove, and python3-tap."""
    format = "tap"

    def test_prove(self):
        for _, directories, text in self.each():
            if not sum(verdicts(directories, "tests").values()):
                continue
            path = samples.scratch() / "stream.tap"
            path.write_text(text, encoding="utf-8")
            proved = subprocess.run(["prove", "--exec", "cat", str(path)],
                                    capture_output=True, text=True, check=False)
            self.assertNotIn("Parse errors", proved.stdout)
            bad = expected(directories, "tests", "tap")["not ok"]
            self.assertEqual(proved.returncode != 0, bad > 0, proved.stdout[-500:])

    def test_lines(self):
        for _, directories, text in self.each():
            names, seen = [], collections.Counter()
            for line in TapParser().parse(io.StringIO(text)):
                self.assertNotEqual(line.category, "unknown", line)
                if line.category == "test":
                    seen["ok" if line.ok else "not ok"] += 1
                    names.append(line.description.split(" # ")[0].strip("- "))
            self.assertEqual(len(names), len(set(names)))
            for name in names:
                self.assertRegex(name, f"^{NAME.pattern}$")
            self.assertEqual(+seen, expected(directories, "tests", "tap"))

    def test_failure_says_why_on_its_line(self):
        text = samples.report("tap", samples.judged("bad"))
        line = next(l for l in text.splitlines() if "pair_STOP_PRE_COPY_P2P" in l)
        self.assertRegex(line, r"^not ok .* # V2-FSM-001: expected: .*; seen: ")

    def test_skip_is_bare(self):
        text = samples.report("tap", samples.judged("stop"))
        self.assertIn("# SKIP\n", text)
        self.assertNotRegex(text, "# SKIP[^\n]")


class Kunit(Format):
    """Flat and nested KTAP by the parser of the kernel's kunit.py."""

    @classmethod
    def setUpClass(cls):
        tree = subprocess.run([samples.ROOT / "scripts" / "kernel-tree.sh"],
                              capture_output=True, text=True, check=True).stdout.strip()
        sys.path.append(tree + "/tools/testing/kunit")
        with contextlib.redirect_stdout(io.StringIO()):  # it prints as it parses
            cls.parser = importlib.import_module("kunit_parser")

    def parse(self, text):
        """The root of what kunit.py makes of @text."""
        parse = self.parser.parse_run_tests
        # Later kernels want to be told where to print.
        printer = [importlib.import_module("kunit_printer").Printer(io.StringIO())]
        wanted = len(inspect.signature(parse).parameters)
        return parse(text.splitlines(), *printer[:wanted - 1])

    def counts(self, directories):
        """What the parser has to find: passed, failed, skipped."""
        found = collections.Counter()
        for verdict, count in verdicts(directories, "tests").items():
            found[self.outcome(verdict)] += count
        return found["passed"], found["failed"], found["skipped"]

    @staticmethod
    def outcome(verdict):
        """What kunit.py calls it."""
        verdict_words = words.VERDICTS[verdict]
        if verdict_words.directive == "SKIP":
            return "skipped"
        return "passed" if verdict_words.tap == "ok" else "failed"

    def hold(self):
        """Counts agree and the parser has nothing to complain of."""
        for kind, directories, text in self.each():
            if kind == "empty":
                continue
            counts = self.parse(text).counts
            self.assertEqual((counts.passed, counts.failed, counts.skipped),
                             self.counts(directories))
            self.assertEqual(counts.errors, 0)
            self.assertEqual(counts.crashed, 0)

    def test_flat(self):
        self.format = "ktap"
        self.hold()

    def test_nested(self):
        self.format = "ktap-nested"
        self.hold()

    def test_nested_depth(self):
        root = self.parse(samples.report("ktap-nested", samples.judged("bad")))
        device = root.subtests[0]
        self.assertEqual(device.name, "emu_v2-full_ARC_FORGOTTEN")
        topic = next(t for t in device.subtests if t.name == "v2_fsm")
        self.assertIn("pair_STOP_STOP", [t.name for t in topic.subtests])

    def test_same_as_the_run_wrote(self):
        """The live stream and the report agree, line by line."""
        live = (samples.judged("good-v2") / "ktap").read_text(encoding="utf-8")
        made = samples.report("ktap", samples.judged("good-v2"))
        self.assertEqual([l for l in live.splitlines() if l[0] != "#"],
                         [l for l in made.splitlines() if l[0] != "#"])


class Lava(Format):
    """The words and shapes that LAVA's documentation names."""
    SIGNAL = re.compile(r"<LAVA_SIGNAL_(\S+) ([^>]+)>")  # as its dispatcher looks
    CASE = re.compile(r"TEST_CASE_ID=(\S+) RESULT=(pass|fail|skip|unknown)"
                      r"( MEASUREMENT=[0-9.]+ UNITS=[a-z]+)?")

    def test_result_file(self):
        self.format = "lava"
        for _, directories, text in self.each():
            seen = collections.Counter()
            for line in filter(None, text.splitlines()):
                if line.startswith("lava-test-set "):
                    self.assertRegex(line, "^lava-test-set (start|stop) [a-z]+$")
                    continue
                fields = line.split(" ")
                self.assertRegex(fields[0], f"^{NAME.pattern}$")
                self.assertIn(len(fields), (2, 4))
                seen[fields[1]] += len(fields) == 2
            self.assertEqual(+seen, expected(directories, "rules", "lava")
                             + expected(directories, "tests", "lava"))

    def test_signals(self):
        self.format = "lava-signals"
        for _, directories, text in self.each():
            seen = collections.Counter()
            for line in filter(None, text.splitlines()):
                kind, value = self.SIGNAL.fullmatch(line).groups()
                if kind == "TESTCASE":
                    case = self.CASE.fullmatch(value)
                    self.assertTrue(case, line)
                    seen[case[2]] += not case[3]
            self.assertEqual(+seen, expected(directories, "rules", "lava")
                             + expected(directories, "tests", "lava"))

    def test_latency_is_a_measurement(self):
        text = samples.report("lava", samples.measured("good-v2"))
        self.assertIn("\nSTOP-STOP_COPY pass 1.230000 ms\n", text)


class Tmt(Format):
    """PyYAML reads it; keys and words are those of tmt's results schema."""
    format = "tmt"

    def test_schema(self):
        schema = json.loads((HERE / "tmt.schema.json").read_text(encoding="utf-8"))
        for _, directories, text in self.each():
            found = yaml.safe_load(text)
            jsonschema.validate(found, schema)
            names = [result["name"] for result in found]
            self.assertEqual(len(names), len(set(names)))
            self.assertEqual(collections.Counter(r["result"] for r in found),
                             expected(directories, "rules", "tmt")
                             + expected(directories, "tests", "tmt"))


class Kcidb(Format):
    """A JSON schema with the shape of KCIDB's 5.3."""
    format = "kcidb"

    def test_schema(self):
        schema = json.loads((HERE / "kcidb.schema.json").read_text(encoding="utf-8"))
        checker = jsonschema.FormatChecker()
        for kind, directories, text in self.each():
            report = json.loads(text)
            jsonschema.validate(report, schema, format_checker=checker)
            ids = [test["id"] for test in report["tests"]]
            self.assertEqual(len(ids), len(set(ids)))
            seen = collections.Counter(t["status"] for t in report["tests"]
                                       if "number" not in t)
            self.assertEqual(seen, expected(directories, "rules", "kcidb")
                             + expected(directories, "tests", "kcidb"), kind)

    def test_latency_is_a_number(self):
        report = json.loads(samples.report("kcidb", samples.measured("good-v2")))
        number = next(t["number"] for t in report["tests"] if t["status"] == "DONE")
        self.assertEqual(number, {"value": 0.00123, "unit": "s", "prefix": "metric"})


class CoverLetter(Format):
    """12 to 20 plain lines a device, whatever the device."""
    format = "md"

    def test_length(self):
        for kind, directories, text in self.each():
            if kind in ("empty", "hostile"):
                continue
            blocks = re.split(r"\n\n(?=emu:)", text.strip())
            self.assertEqual(len(blocks), len(directories))
            for block in blocks:
                lines = block.splitlines()
                self.assertTrue(12 <= len(lines) <= 20, block)
                self.assertLessEqual(max(map(len, lines)), 80)

    def test_contents(self):
        text = samples.report("md", samples.measured("good-v2"))
        for line in ("emu:v2-full conforms: ", "- tool: migcheck ", "rule set ",
                     "- kernel: Linux ", ", driver refdev", "- violated: none",
                     "- waived: none", "- latency: STOP>STOP_COPY 1.23 ms",
                     "- downtime: stop-copy 231 ms", "- left: RUNNING"):
            self.assertIn(line, text)

    def test_many_violations_are_cut(self):
        many = samples.small()
        many["rules"] = [dict(many["rules"][0], number=f"V2-FSM-{i:03}",
                              verdict=("fail", "waived")[i % 2]) for i in range(90)]
        many["devices"][0]["figures"] = samples.load("good-v2")["devices"][0]["figures"]
        many["unused_waivers"] = [{"rule": "V2-FD-001", "why": "it holds"}]
        text = samples.report("md", samples.save("many", many))
        self.assertLessEqual(len(text.splitlines()), 20)
        self.assertIn("and 43 more", text)
        self.assertIn("- waivers that waive nothing: V2-FD-001: it holds", text)


class Status(unittest.TestCase):
    """What fails a run beside rules and tests fails in every format."""

    def test_budget_and_unused_waiver(self):
        bad = samples.small()
        bad["rules"][0]["verdict"] = bad["tests"][0]["verdict"] = "pass"
        bad["unused_waivers"] = [{"rule": "V2-FD-001", "why": "it holds"}]
        bad["devices"][0]["figures"] = {"budgets": [
            {"name": "save-rate", "limit_bytes_per_s": 1e9, "seen_bytes_per_s": 5e8,
             "verdict": "fail"}]}
        path = samples.save("over", bad)
        tap = samples.report("tap", path)
        self.assertIn("not ok 3 budget-save-rate # allowed 1.00 GB/s, seen 500 MB/s", tap)
        self.assertIn("not ok 4 waiver-V2-FD-001 # it holds", tap)
        self.assertIn("failures=\"2\"", samples.report("junit", path))
        self.assertIn("does not conform", samples.report("html", path))


class Text(Format):
    """For a terminal: no control characters, every breach told."""
    format = "text"

    def test_is_printable(self):
        for _, _, text in self.each():
            self.assertFalse([c for c in text if not c.isprintable() and c != "\n"])

    def test_tells_breaches(self):
        text = samples.report("text", samples.judged("bad"))
        for word in ("fail V2-FSM-001 V2_LEGAL_ARCS_ARE_ACCEPTED", "source: ", "expected: ",
                     "seen: ", "fail test v2_fsm-pair_STOP_PRE_COPY_P2P"):
            self.assertIn(word, text)


del Format
