#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The tests of the reports as one TAP stream.

usage: run.py [BUILD/migcheck [PATTERN]]

Results are made on the fly by judging emulated devices, once for all tests.
"""
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Tap(unittest.TestResult):
    """Prints each result when it is there."""

    def __init__(self):
        super().__init__()
        self.number = 0

    def tell(self, word, test, more="", told=""):
        """A result line, and what is behind it."""
        self.number += 1
        name = test.id().replace(".", "-")
        print(f"{word} {self.number} {name}{more}")
        for line in told.rstrip().splitlines():
            print(f"#   {line}")
        sys.stdout.flush()

    def addSuccess(self, test):
        self.tell("ok", test)

    def addSkip(self, test, reason):
        self.tell("ok", test, " # SKIP", reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell("not ok", test, told=self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.tell("not ok", test, told=self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.tell("not ok", subtest, told=str(err[1]))


def main():
    """0 where all passed."""
    if len(sys.argv) > 1:
        os.environ["MIGCHECK"] = os.path.abspath(sys.argv[1])
    sys.path[:0] = [str(HERE), str(HERE.parent.parent / "lib")]
    sys.dont_write_bytecode = True
    pattern = sys.argv[2] if len(sys.argv) > 2 else "*_test.py"
    suite = unittest.defaultTestLoader.discover(str(HERE), pattern=pattern)
    print("TAP version 13")
    result = Tap()
    suite.run(result)
    print(f"1..{result.number}")
    return 0 if result.number and result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
