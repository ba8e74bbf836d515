# SPDX-License-Identifier: GPL-2.0-only
"""The page in headless Chromium: its console is silent, its filters work, it
reads without its script, and it has both a light and a dark face.

The browser writes down the page as it stands when all is loaded (--dump-dom)
and its console (--enable-logging=stderr). Clicks are made by a script of the
test's own, put into a copy of the page whose content policy admits it.
"""
import json
import re
import shutil
import subprocess
import unittest

import samples

CHROMIUM = shutil.which("chromium")
CONSOLE = re.compile(r":(?:INFO|WARNING|ERROR):CONSOLE[^\n]*")
# What the test's script finds out, at the end of the page it has changed.
RESULT = re.compile(r'<pre id="result">(.*?)</pre>', re.S)
PROBE = """
window.addEventListener("load", () => setTimeout(() => {
  const shown = (list) => Array.from(document.querySelectorAll(list))
    .filter((node) => node.getClientRects().length).length;
  const chip = (verdict) => document.querySelector(`.chip[data-verdict="${verdict}"]`);
  const find = document.getElementById("find");
  const type = (text) => { find.value = text; find.dispatchEvent(new Event("input")); };
  const rows = () => shown("#rules [data-v]");
  const out = { rows: rows(), breaches: shown(".breach") };
  STEPS
  const pre = document.createElement("pre");
  pre.id = "result";
  pre.textContent = JSON.stringify(out);
  document.body.append(pre);
}, 0));
"""


def chromium(path, *options):
    """(the page when it is loaded, what was said on the console)"""
    run = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-dev-shm-usage", "--disable-background-networking",
         f"--user-data-dir={samples.scratch() / 'profile'}", "--enable-logging=stderr",
         "--window-size=1300,1600", *options, "--dump-dom", path.as_uri()],
        capture_output=True, timeout=180, check=True)
    return run.stdout.decode(), CONSOLE.findall(run.stderr.decode("utf-8", "replace"))


def save(name, text):
    """A page on disk."""
    path = samples.scratch() / f"{name}.html"
    path.write_text(text, encoding="utf-8")
    return path


def admit(text, script):
    """@text with @script at its end, and a policy that lets it run."""
    text = re.sub(r"script-src &#x27;[^;]*;", "script-src 'unsafe-inline';", text, count=1)
    return text.replace("</body>", f"<script>{script}</script></body>")


def probe(text, steps, *options):
    """What @steps find out in the page @text."""
    page = save("probe", admit(text, PROBE.replace("STEPS", steps)))
    dom, console = chromium(page, *options)
    found = RESULT.search(dom)
    assert found, console or dom[-500:]
    return json.loads(found[1])


@unittest.skipUnless(CHROMIUM, "no chromium: scripts/deps.sh report")
class Browser(unittest.TestCase):
    """One page of three devices, and one of a device that fails."""

    @classmethod
    def setUpClass(cls):
        cls.text = samples.report("html", samples.measured("good-v2"), samples.judged("bad"),
                                  samples.judged("good-v1"))
        cls.bad = samples.report("html", samples.judged("bad"))

    def test_console_is_silent(self):
        for kind in ("two", "hostile", "empty"):
            page = samples.report("html", *samples.all_kinds()[kind])
            dom, console = chromium(save("plain", page))
            self.assertEqual(console, [], kind)
            self.assertRegex(dom, r'<output id="shown">\d+ rules</output>')

    def test_injected_script_does_not_run(self):
        evil = '<script>document.body.append("taken" + 1)</script></body>'
        dom, console = chromium(save("evil", self.bad.replace("</body>", evil)))
        self.assertNotIn("taken1", dom)
        self.assertIn("Content Security Policy", " ".join(console))

    def test_verdict_filter(self):
        found = probe(self.bad, """
            chip("fail").click(); out.fail = rows(); out.cards = shown(".breach");
            chip("fail").click(); out.again = rows();
            chip("pass").click(); out.pass = rows(); out.none = shown(".breach");""")
        self.assertEqual(found["fail"], found["cards"])
        self.assertTrue(0 < found["cards"] <= found["breaches"])
        self.assertEqual(found["again"], found["rows"])
        self.assertTrue(0 < found["pass"] < found["rows"])
        self.assertEqual(found["none"], 0)

    def test_text_filter(self):
        found = probe(self.bad, """
            type("V2-FSM-001"); out.one = rows();
            out.label = document.getElementById("shown").value;
            type("no such words"); out.no = rows(); out.areas = shown("#rules tr.area");
            type(""); out.all = rows();""")
        self.assertEqual((found["one"], found["no"], found["areas"]), (1, 0, 0))
        self.assertEqual(found["all"], found["rows"])
        self.assertRegex(found["label"], r"^1 of \d+ rules$")

    def test_generation_filter_and_differences(self):
        found = probe(self.text, """
            const generation = document.getElementById("generation");
            const change = (value) => { generation.value = value;
              generation.dispatchEvent(new Event("change")); return rows(); };
            out.v1 = change("1"); out.v2 = change("2"); out.all = change("");
            document.getElementById("differ").click(); out.differ = rows();""")
        self.assertEqual(found["v1"] + found["v2"], found["all"])
        self.assertEqual(found["all"], found["rows"])
        self.assertTrue(0 < found["differ"] < 20, found)

    def test_theme(self):
        found = probe(self.bad, """
            const ground = () => getComputedStyle(document.body).backgroundColor;
            const button = document.getElementById("theme");
            out.first = ground(); button.click(); out.second = ground();
            button.click(); out.third = ground();""")
        self.assertNotEqual(found["first"], found["second"])
        self.assertEqual(found["first"], found["third"])

    def test_dark_where_the_system_is(self):
        steps = "out.ground = getComputedStyle(document.body).backgroundColor;"
        faces = [probe(self.bad, steps, f"--blink-settings=preferredColorScheme={face}")["ground"]
                 for face in (0, 1)]
        self.assertEqual(len(set(faces)), 2)

    def test_reads_without_script(self):
        text = re.sub(r"<script>.*?</script>", "", self.bad, flags=re.S)
        found = probe(text, """
            out.toolbar = shown("#filters, #theme"); out.arcs = shown(".arc path");
            out.machines = shown(".machine"); out.sequences = shown(".sequence");""")
        self.assertEqual(found["toolbar"], 0)
        self.assertEqual((found["machines"], found["arcs"]), (1, 15))
        self.assertTrue(found["rows"] > 100 and found["sequences"])

    def test_nothing_is_wider_than_the_window(self):
        steps = """out.wide = document.documentElement.scrollWidth
                     - document.documentElement.clientWidth;"""
        for size in ("1300,1600", "500,900"):
            found = probe(self.text, steps, f"--window-size={size}")
            self.assertEqual(found["wide"], 0, size)
