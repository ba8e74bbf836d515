# SPDX-License-Identifier: GPL-2.0-only
"""The page without a browser: well formed, whole, and closed to injection."""
import collections
import html.parser
import re
import unittest

import samples

from report import arcs, results
from report.page import markup, sequence
from report.page.markup import VOID


class Reader(html.parser.HTMLParser):
    """Counts what is in a page, and notes what is not nested."""

    def __init__(self, text):
        super().__init__()
        self.open, self.faults = [], []
        self.ids, self.links = collections.Counter(), set()
        self.tags, self.attributes = collections.Counter(), []
        self.feed(text)
        self.close()
        self.faults += [f"{name} is not closed" for name in self.open]

    def handle_startendtag(self, tag, attrs):
        self.note(tag, dict(attrs))

    def handle_starttag(self, tag, attrs):
        self.note(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def note(self, tag, attributes):
        """An element."""
        self.tags[tag] += 1
        self.attributes += [(tag, key, value) for key, value in attributes.items()]
        if attributes.get("id"):
            self.ids[attributes["id"]] += 1
        if (attributes.get("href") or "").startswith("#"):
            self.links.add(attributes["href"][1:])

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")


class Page(unittest.TestCase):
    """Every kind of results."""

    def each(self):
        """(kind, text, what a parser saw)"""
        for kind, directories in samples.all_kinds().items():
            text = samples.report("html", *directories)
            yield kind, text, Reader(text)

    def test_is_well_formed(self):
        for kind, _, page in self.each():
            self.assertEqual(page.faults, [], kind)
            self.assertEqual([i for i, n in page.ids.items() if n > 1], [], kind)
            self.assertEqual(page.links - set(page.ids), set(), kind)

    def test_needs_no_network(self):
        for kind, text, page in self.each():
            self.assertNotRegex(text, r"@import|url\((?!#)", kind)
            for _, key, value in page.attributes:
                self.assertNotIn(key, ("src", "srcset", "action", "data", "background"))
                self.assertTrue(key != "href" or value.startswith("#"), value)
            self.assertNotIn("link", page.tags)

    def test_hostile_text_is_text(self):
        _, text, page = next(p for p in self.each() if p[0] == "hostile")
        self.assertEqual(page.tags["script"], 1)
        self.assertNotIn("<script>alert", text)
        self.assertIn("&lt;/script&gt;", text)
        self.assertFalse([a for a in page.attributes if a[1].startswith("on")])
        self.assertFalse(set("\x00\x1b\u202e") & set(text))

    def test_failure_has_everything(self):
        text = samples.report("html", samples.judged("bad"))
        for part in ("V2-FSM-001", "V2_LEGAL_ARCS_ARE_ACCEPTED", "advertised capabilities",
                     "enum vfio_device_mig_state", "STOP to PRE_COPY_P2P: Invalid argument",
                     "migcheck replay ", "trace-v2_fsm-pair_STOP_PRE_COPY_P2P.txt",
                     'class="sequence"', ">Invalid argument</text>"):
            self.assertIn(part, text)

    def test_two_devices_are_two_columns(self):
        text = samples.report("html", samples.judged("good-v1"), samples.judged("bad"))
        head = re.search(r'<table class="matrix"><thead>(.*?)</thead>', text)[1]
        self.assertEqual(head.count("<th"), 3)
        self.assertEqual(text.count('class="machine"'), 2)

    def test_size_is_bounded(self):
        text = samples.report("html", samples.judged("good-v1"), samples.judged("bad"))
        self.assertLess(len(text.encode()), 400_000)


def arc_class(text, start, end):
    """The colour of an arc."""
    return re.search(rf'class="arc v-(\w+)[^>]*><title>{start} to {end}:', text)[1]


class Machine(unittest.TestCase):
    """The picture says what the tests said."""

    def test_v2_has_eight_states_and_fifteen_arcs(self):
        text = samples.report("html", samples.judged("good-v2"))
        self.assertEqual(text.count('class="arc '), 15)
        self.assertEqual(text.count('class="node'), 8)
        self.assertEqual(text.count('class="arc v-pass'), 15)

    def test_v1_has_five_states_and_twenty_arcs(self):
        text = samples.report("html", samples.judged("good-v1"))
        self.assertEqual(text.count('class="arc '), 20)
        self.assertEqual(text.count('class="node'), 5)

    def test_broken_arc_is_red(self):
        text = samples.report("html", samples.judged("bad"))
        self.assertEqual(arc_class(text, "RUNNING_P2P", "PRE_COPY_P2P"), "fail")
        self.assertEqual(arc_class(text, "STOP", "STOP_COPY"), "pass")
        self.assertEqual(arc_class(text, "PRE_COPY_P2P", "STOP_COPY"), "none")

    def test_states_that_are_not_offered_are_passed_by(self):
        text = samples.report("html", samples.judged("stop"))
        self.assertEqual(text.count('class="node absent"'), 3)
        self.assertEqual(arc_class(text, "RUNNING", "STOP"), "pass")

    def test_arc_is_labelled_with_its_time(self):
        text = samples.report("html", samples.measured("good-v2"))
        self.assertRegex(text, r'<text [^>]*class="time v-pass"[^>]*>1\.23 ms</text>')

    def test_names_of_states_overlap(self):
        self.assertEqual(arcs.pair_of("v2_fsm-pair_STOP_COPY_STOP", arcs.STATES_V2),
                         ("STOP_COPY", "STOP"))
        self.assertEqual(arcs.pair_of("v2_fsm-pair_STOP_PRE_COPY_P2P", arcs.STATES_V2),
                         ("STOP", "PRE_COPY_P2P"))
        self.assertIsNone(arcs.pair_of("v2_fsm-pair_STOP_99", arcs.STATES_V2))
        self.assertIsNone(arcs.pair_of("v2_user-cell", arcs.STATES_V2))

    def test_every_tested_pair_is_known(self):
        for name, pairs in (("good-v1", 64), ("good-v2", 56)):
            device = results.read_run(str(samples.judged(name))).devices[0]
            self.assertEqual(len(arcs.verdicts(device)), pairs)


class Sequence(unittest.TestCase):
    """Lines of a trace."""

    def test_every_recorded_line_is_understood(self):
        for name in ("bad", "good-v1"):
            for rule in samples.load(name)["rules"]:
                for line in rule["calls"]:
                    self.assertTrue(sequence.parse(line), line)

    def test_parts_of_a_call(self):
        call = sequence.parse("59 0.0 ioctl 0x3b75 in:10 out:10 = -22 (Invalid argument)"
                              " # FEATURE 2 SET STOP fd -1")
        self.assertEqual((call.first, call.file, call.failed, call.result, call.state),
                         ("59", "0.0", True, "Invalid argument", ""))
        self.assertEqual(sequence.parse("1 0.0 ioctl 0x3b75 = 0 # FEATURE 2 SET STOP fd -1").state,
                         "STOP")

    def test_repeated_accesses_are_one(self):
        lines = [f"{i} 0.0 pwrite @0x38 4 00 = 4" for i in range(5)]
        calls = sequence.folded(lines + ["9 0.1 read 8 00 = 8"])
        self.assertEqual([(c.label, c.count) for c in calls],
                         [("5 times pwrite", 5), ("read 8", 1)])

    def test_other_lines_are_shown(self):
        self.assertIn("no &lt;call&gt;", sequence.picture(["no <call>"]))


class Markup(unittest.TestCase):
    """Nothing gets in unescaped."""

    def test_content_and_attributes(self):
        self.assertEqual(markup.tag("p", '<"&', title='"><x'),
                         '<p title="&quot;&gt;&lt;x">&lt;&quot;&amp;</p>')

    def test_markup_is_not_escaped_twice(self):
        self.assertEqual(markup.tag("p", markup.tag("b", "&")), "<p><b>&amp;</b></p>")
