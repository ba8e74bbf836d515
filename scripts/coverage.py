#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes COVERAGE.md from what migcheck printed.

usage: coverage.py --rules RULES.json --proof PROVE.tsv
                   [--run NAME=DIR]... [--lcov SUMMARY] [--kernel TSV]
                   [--check COVERAGE.md]

RULES.json  migcheck rules --format json
PROVE.tsv   migcheck prove --format tsv
DIR         an output directory of migcheck run; NAME heads its column
SUMMARY     output of lcov --summary, for lib/ and for fixtures/
TSV         summary.tsv of vm_coverage.py: files of the kernel
--check     compares with an existing file what the tree alone decides, which
            is all but verdicts of runs and code coverage: exit 1 and a diff
            where it is stale
"""
import argparse
import collections
import difflib
import json
import re
import sys

CODE_HEADING = "## Code"
RULE_COLUMNS = 6  # of a rule's row, in front of the verdicts


# Of several runs in one column, the one that says most.
VERDICTS = ["fail", "timeout", "error", "unexpected-pass", "waived", "warn",
            "info", "pass", "skip", "not-offered", "unchecked"]


def load_proofs(path):
    """rule -> defects caught, variants tolerated; and the totals."""
    caught = collections.defaultdict(list)
    tolerated = collections.defaultdict(list)
    totals = collections.Counter()
    with open(path, encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            kind, uri, rule, _failed, verdict = line.rstrip("\n").split("\t")
            totals[kind, verdict == "ok"] += 1
            name = uri.rsplit("+", 1)[-1]
            if verdict != "ok":
                continue
            if kind == "defect":
                caught[rule].append(name)
            elif kind == "variant":
                for tolerant in filter(None, rule.split(",")):
                    tolerated[tolerant].append(name)
    return caught, tolerated, totals


def load_runs(specs):
    """column -> {rule number: verdict}"""
    runs = {}
    for spec in specs:
        name, _, directory = spec.partition("=")
        with open(directory + "/results.json", encoding="utf-8") as text:
            results = json.load(text)
        column = runs.setdefault(name, {})
        for rule in results["rules"]:
            column[rule["number"]] = min(
                column.get(rule["number"], rule["verdict"]), rule["verdict"],
                key=VERDICTS.index)
    return runs


def bound(rule):
    """Does the rule bind a driver, by MUST or SHOULD?"""
    return rule["level"] in ("MUST", "SHOULD") and "driver" in rule["who"]


def totals_table(rules, caught):
    lines = ["| rules | all | checked | driver MUST/SHOULD | checked | proven |",
             "|---|---|---|---|---|---|"]
    for generation in ("V1", "V2"):
        mine = [r for r in rules if r["number"].startswith(generation)]
        firm = [r for r in mine if bound(r)]
        lines.append("| %s | %d | %d | %d | %d | %d |" % (
            generation.lower(), len(mine),
            sum(int(r["checks"]) > 0 for r in mine), len(firm),
            sum(int(r["checks"]) > 0 for r in firm),
            sum(bool(caught[r["number"]]) for r in firm)))
    return lines


def proof_text(rule, caught):
    if caught[rule["number"]]:
        return ", ".join(caught[rule["number"]])
    if rule["proof"].startswith("unproven"):
        return rule["proof"]
    return "unproven: " + rule["proof"] + " is not caught"


def rule_rows(rules, caught, tolerated, runs):
    lines = []
    area = None
    for rule in rules:
        mine = rule["number"].rsplit("-", 1)[0]
        if mine != area:
            area = mine
            lines += ["", "### " + area, "",
                      "| rule | level | who | checks | proven by | tolerates | "
                      + " | ".join(runs) + " |",
                      "|---" * (RULE_COLUMNS + len(runs)) + "|"]
        lines.append("| %s %s | %s | %s | %s | %s | %s | %s |" % (
            rule["number"], rule["name"], rule["level"], rule["who"],
            rule["checks"], proof_text(rule, caught),
            ", ".join(tolerated[rule["number"]]),
            " | ".join(run.get(rule["number"], "") for run in runs.values())))
    return lines


def code_section(summary):
    lines = [CODE_HEADING, ""]
    if not summary:
        return lines + ["Not measured."]
    lines += ["| part | lines | functions |", "|---|---|---|"]
    with open(summary, encoding="utf-8") as text:
        parts = re.split(r"^== (.*)$", text.read(), flags=re.M)
    for name, body in zip(parts[1::2], parts[2::2]):
        figures = dict(re.findall(r"(lines|functions)\.*: *([^\n]*)", body))
        lines.append("| %s | %s | %s |" % (
            name, figures.get("lines", "?"), figures.get("functions", "?")))
    return lines


def kernel_section(summary):
    lines = ["", "Reached in the kernel by the suite (`make vm-debug`):", "",
             "| file | lines | functions |", "|---|---|---|"]
    with open(summary, encoding="utf-8") as text:
        next(text)
        for line in text:
            name, *figures = line.rstrip("\n").split("\t")
            hit, lines_all, called, functions = map(int, figures)
            lines.append("| %s | %d of %d (%.0f%%) | %d of %d |" % (
                name, hit, lines_all, 100 * hit / max(lines_all, 1), called,
                functions))
    return lines


def document(args):
    with open(args.rules, encoding="utf-8") as text:
        rules = json.load(text)
    caught, tolerated, totals = load_proofs(args.proof)
    runs = load_runs(args.run)
    lines = ["# Coverage", "",
             "Made by `make coverage`; not edited by hand. A rule counts as "
             "proven when a device that", "breaks it was caught by it; legal "
             "variants have passed every rule.", ""]
    lines += totals_table(rules, caught)
    lines += ["", "| proof | ok | not ok |", "|---|---|---|"]
    for kind in ("reference", "variant", "defect"):
        lines.append("| %s | %d | %d |" % (kind, totals[kind, True],
                                           totals[kind, False]))
    lines += ["", "## Unproven rules that bind a driver (MUST, SHOULD)", ""]
    lines += ["* %s %s: %s" % (r["number"], r["name"],
                               proof_text(r, caught).replace("unproven: ", ""))
              for r in rules if bound(r) and not caught[r["number"]]]
    lines += ["", "## Rules", "",
              "Verdict columns: " + ", ".join(runs) + "."]
    lines += rule_rows(rules, caught, tolerated, runs)
    lines += [""] + code_section(args.lcov)
    if args.kernel:
        lines += kernel_section(args.kernel)
    return "\n".join(lines) + "\n"


def decided_by_tree(text):
    """The lines of a COVERAGE.md without what runs and machines have to say."""
    lines = []
    for line in text.split("\n" + CODE_HEADING)[0].splitlines():
        if line.startswith("Verdict columns:"):
            continue
        if re.match(r"\| (rule|V\d-)|(\|---){7}", line):
            line = "|".join(line.split("|")[:RULE_COLUMNS + 1])
        lines.append(line.rstrip(" |"))
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rules", required=True)
    parser.add_argument("--proof", required=True)
    parser.add_argument("--run", action="append", default=[])
    parser.add_argument("--lcov")
    parser.add_argument("--kernel")
    parser.add_argument("--check")
    args = parser.parse_args()
    text = document(args)
    if not args.check:
        sys.stdout.write(text)
        return 0
    with open(args.check, encoding="utf-8") as old:
        diff = list(difflib.unified_diff(decided_by_tree(old.read()),
                                         decided_by_tree(text), args.check,
                                         "now", lineterm="", n=0))
    print("\n".join(diff[:60]))
    return 1 if diff else 0


if __name__ == "__main__":
    sys.exit(main())
