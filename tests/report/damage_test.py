# SPDX-License-Identifier: GPL-2.0-only
"""Results that are missing, cut or wrong: one line that says so, and exit 99."""
import json
import unittest

import samples

from report import cli, words


def bent(path, value):
    """The small results with the value at @path, keys and indexes, replaced;
    no @value takes it out."""
    results = samples.small()
    place = results
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return results


TEXTS = {
    "empty file": ("", "JSON"),
    "cut": (json.dumps(samples.small())[:300], "JSON"),
    "an array": ("[]", "no object"),
    "a number": ("7", "no object"),
    "NaN": ('{"devices": NaN}', "NaN"),
    "deep": ("[" * 100000, "JSON"),
    "a number of 9999 digits": ('{"seed": ' + "9" * 9999 + "}", "JSON"),
    "binary": (b"\xff\xfe\x00", "UTF-8"),
}
VALUES = {
    "no devices": (("devices",), None, "devices"),
    "devices are a text": (("devices",), "emu", "devices"),
    "a device is a number": (("devices", 0), 7, "devices[0]"),
    "a device without URI": (("devices", 0, "uri"), None, "uri"),
    "no rules": (("rules",), None, "rules"),
    "a rule is null": (("rules", 1), [], "rules[1]"),
    "a rule without number": (("rules", 0, "number"), None, "number"),
    "a rule without verdict": (("rules", 0, "verdict"), None, "verdict"),
    "an unknown verdict": (("rules", 0, "verdict"), "perhaps", "perhaps"),
    "a verdict that is a list": (("tests", 0, "verdict"), [], "verdict"),
    "a rule of another device": (("rules", 0, "device"), "emu:v9", "emu:v9"),
    "calls that are numbers": (("rules", 0, "calls"), [1], "calls"),
    "checks that are a text": (("rules", 0, "checks"), "x", "checks"),
    "a negative duration": (("tests", 0, "duration_s"), -1, "duration_s"),
    "a huge duration": (("tests", 0, "duration_s"), 1e300, "duration_s"),
    "an infinite duration": (("duration_s",), float("inf"), "Infinity"),
    "a seed that is true": (("seed",), True, "seed"),
    "a huge generation": (("devices", 0, "generation"), 10 ** 400, "generation"),
    "tool is a text": (("tool",), "migcheck", "tool"),
    "log lines that are objects": (("kernel_log",), [{}], "kernel_log"),
    "figures that are a list": (("devices", 0, "figures"), [], "figures"),
    "an arc without end": (("devices", 0, "figures"), {"arcs": [{"from": "STOP"}]}, "arcs[0]"),
    "a time that is a text": (("devices", 0, "figures"),
                              {"arcs": [{"from": "A", "to": "B", "median_ns": "1"}]}, "median_ns"),
}


class Damaged(unittest.TestCase):
    """What cannot be read."""

    def complaint(self, results, word):
        """The one line names the file and the place."""
        path = samples.save("damaged", results)
        told = samples.report("text", path, status=99)
        self.assertEqual(told.count("\n"), 1, told)
        self.assertIn("results.json", told)
        self.assertIn(word, told)
        self.assertLess(len(told), 400)

    def test_no_directory(self):
        self.assertIn("nowhere", samples.report("md", samples.scratch() / "nowhere", status=99))

    def test_one_of_two_is_missing(self):
        good = samples.save("small", samples.small())
        samples.report("md", good, samples.scratch() / "nowhere", status=99)

    def test_results_are_a_directory(self):
        path = samples.scratch() / "odd"
        (path / "results.json").mkdir(parents=True, exist_ok=True)
        self.assertIn("results.json", samples.report("md", path, status=99))


class Usage(unittest.TestCase):
    """What is typed wrong."""

    def test_unknown_format(self):
        told = samples.report("yaml", samples.scratch(), status=64)
        self.assertIn("ktap-nested", told)
        self.assertEqual(told.count("\n"), 1)

    def test_no_directory_named(self):
        samples.report("text", status=64)


class Sparse(unittest.TestCase):
    """What may be absent is absent without fuss, in every format."""

    def test_only_the_needed_fields(self):
        path = samples.save("sparse", {
            "devices": [{"uri": "x", "generation": 2}],
            "rules": [{"number": "R", "verdict": "fail"}],
            "tests": [{"name": "t", "verdict": "pass"}]})
        for name in cli.FORMATS:
            with self.subTest(name):
                self.assertTrue(cli.render(name, [str(path)]).strip())

    def test_every_verdict(self):
        results = samples.small()
        for kind, key in (("rules", "number"), ("tests", "name")):
            results[kind] = [{key: f"X-{verdict}", "verdict": verdict, "device": "emu:v2"}
                             for verdict in words.VERDICTS]
        path = samples.save("verdicts", results)
        for name in cli.FORMATS:
            with self.subTest(name):
                self.assertTrue(cli.render(name, [str(path)]).strip())


def add(name, results, word):
    """A test for a row of the tables."""
    setattr(Damaged, "test_" + name.replace(" ", "_"),
            lambda self: self.complaint(results, word))


for title, (text, expected) in TEXTS.items():
    add(title, text, expected)
for title, (where, replacement, expected) in VALUES.items():
    add(title, bent(where, replacement), expected)
