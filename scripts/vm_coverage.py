#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of a kernel runs in a VM have reached.

usage: vm_coverage.py --notes DIR... [-o OUT] RUN...

RUN    what `vm.sh --watch -o RUN` brought out: RUN/gcov holds the counts
NOTES  a tree that has the notes of the compiler (.gcno), the newest first
OUT    coverage.info for lcov and genhtml, and summary.tsv, with the columns
       file, lines hit, lines, functions hit, functions (default: .); a row
       "file: topic" is about the functions of the file that belong to it

Where the objects were built is not where they lie now, so that notes are
found by the end of their path and by the stamp that the counts carry, too.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

REPO = pathlib.Path(__file__).resolve().parent.parent
# What belongs to migration, and the name to show for it.
FILES = re.compile(r"(?:^|/)((?:drivers/vfio|drivers/iommu/iommufd|"
                   r"samples/vfio-mdev|fixtures/(?:kmod|refdev))/"
                   r"(?!selftest\.c)[^/]+\.c)$")
# Of files that do much else, too: what belongs to a topic.
TOPICS = {
    "drivers/vfio/vfio_main.c":
        ("migration and logging",
         re.compile(r"_mig_|_migration|logging|log_read|combine_iova|"
                    r"^vfio_ioctl_device_feature$")),
    "drivers/vfio/vfio_iommu_type1.c":
        ("dirty pages and DMA",
         re.compile(r"dirty|bitmap|vfio_iommu_type1_(un)?map|dma_do_|dma_rw")),
}
STAMP = slice(8, 12)  # in counts and in notes


class Source:
    """The counts of one file: all runs together."""

    def __init__(self, path):
        self.path = path
        self.lines = collections.Counter()
        self.functions = collections.Counter()
        self.ends = {}

    def add(self, entry):
        for line in entry["lines"]:
            self.lines[line["line_number"]] += line["count"]
        for function in entry["functions"]:
            self.functions[function["start_line"], function["name"]] += \
                function["execution_count"]
            self.ends[function["start_line"], function["name"]] = \
                function["end_line"]

    def figures(self, topic=re.compile("")):
        mine = {key: n for key, n in self.functions.items()
                if topic.search(key[1])}
        spans = [range(key[0], self.ends[key] + 1) for key in mine]
        lines = [n for line, n in self.lines.items()
                 if not topic.pattern or any(line in span for span in spans)]
        return (sum(n > 0 for n in lines), len(lines),
                sum(n > 0 for n in mine.values()), len(mine))

    def info(self):
        yield "SF:" + self.path
        for (line, name), _count in sorted(self.functions.items()):
            yield "FN:%d,%s" % (line, name)
        for (_line, name), count in sorted(self.functions.items()):
            yield "FNDA:%d,%s" % (count, name)
        for line, count in sorted(self.lines.items()):
            yield "DA:%d,%d" % (line, count)
        yield "end_of_record"


def notes_index(directories):
    """File name -> the notes of that name."""
    index = collections.defaultdict(list)
    for directory in directories:
        for path in pathlib.Path(directory).rglob("*.gcno"):
            index[path.name].append(path)
    return index


def notes_of(counts, index):
    stamp = counts.read_bytes()[STAMP]
    return next((path for path in index[counts.stem + ".gcno"]
                 if path.read_bytes()[STAMP] == stamp), None)


def report_of(counts, notes):
    """What gcov makes of one object."""
    with tempfile.TemporaryDirectory() as directory:
        (pathlib.Path(directory) / "o.gcda").write_bytes(counts.read_bytes())
        (pathlib.Path(directory) / "o.gcno").write_bytes(notes.read_bytes())
        done = subprocess.run(["gcov", "--json-format", "--stdout", "o.gcda"],
                              cwd=directory, check=True, capture_output=True)
    for line in done.stdout.splitlines():
        report = json.loads(line)
        for entry in report["files"]:
            path = os.path.join(report["current_working_directory"],
                                entry["file"])
            yield os.path.normpath(path), entry


def collect(runs, index):
    sources = {}
    for run in runs:
        for counts in sorted(pathlib.Path(run, "gcov").rglob("*.gcda")):
            notes = notes_of(counts, index)
            if not notes:
                print("no notes for " + str(counts), file=sys.stderr)
                continue
            for path, entry in report_of(counts, notes):
                match = FILES.search(path)
                if match:
                    name = match.group(1)
                    here = REPO / name
                    sources.setdefault(name, Source(
                        str(here) if here.exists() else path)).add(entry)
    return sources


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--notes", action="append", required=True)
    parser.add_argument("-o", dest="out", default=".")
    parser.add_argument("runs", nargs="+")
    args = parser.parse_args()
    sources = collect(args.runs, notes_index(args.notes))
    if not sources:
        print("vm_coverage.py: nothing was counted", file=sys.stderr)
        return 1
    out = pathlib.Path(args.out)
    with open(out / "coverage.info", "w", encoding="utf-8") as info, \
            open(out / "summary.tsv", "w", encoding="utf-8") as summary:
        print("file", "lines_hit", "lines", "functions_hit", "functions",
              sep="\t", file=summary)
        for name, source in sorted(sources.items()):
            info.writelines(line + "\n" for line in source.info())
            print(name, *source.figures(), sep="\t", file=summary)
            if name in TOPICS:
                topic, pattern = TOPICS[name]
                print(name + ": " + topic, *source.figures(pattern),
                      sep="\t", file=summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
