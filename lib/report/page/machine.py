# SPDX-License-Identifier: GPL-2.0-only
"""The state machine as a picture.

Nodes have places by hand, arcs are straight: the two directions between a pair
of states run side by side, keeping to the right, each with its time beside it.
Where a device lacks the P2P states, the arcs through them are drawn as the one
step that they are for it.
"""
from __future__ import annotations

import math
from typing import NamedTuple

from report import arcs, units
from report.page.frame import Subject, colour
from report.page.markup import Html, join, raw, tag
from report.results import Device

NODE_W, NODE_H = 112, 42


class Arc(NamedTuple):
    """From a state to another. A drawn arc is one that the protocol promises,
    the others are allowed; @bow lifts the line in its middle."""
    start: str
    end: str
    drawn: bool = True
    bow: int = 0


class Drawing(NamedTuple):
    """A machine: where the middle of each state is."""
    width: int
    height: int
    places: dict[str, tuple[int, int]]
    gap: int  # between the two directions
    spare: int = 0  # above and below, for arcs around a state


V2 = Drawing(660, 180, {
    "RUNNING": (60, 25), "RUNNING_P2P": (240, 25), "STOP": (420, 25),
    "RESUMING": (600, 25), "PRE_COPY": (60, 155), "PRE_COPY_P2P": (240, 155),
    "STOP_COPY": (420, 155), "ERROR": (600, 155),
}, 16, 66)

# How far an arc around a state that is not offered is bent.
BOWS = {("RUNNING", "STOP"): -44, ("STOP", "RUNNING"): -72,
        ("PRE_COPY", "STOP_COPY"): 44}
V1 = Drawing(660, 440, {
    "001": (330, 25), "100": (60, 180), "011": (600, 180),
    "000": (150, 415), "010": (510, 415),
}, 14)


class Line(NamedTuple):
    """An arc on paper: its ends, its direction and the right of that."""
    x1: float
    y1: float
    x2: float
    y2: float
    along: tuple[float, float]
    right: tuple[float, float]

    def at(self, part: float, aside: float) -> tuple[float, float]:
        """A point on the way, so far to the right of the line."""
        return (self.x1 + (self.x2 - self.x1) * part + self.right[0] * aside,
                self.y1 + (self.y2 - self.y1) * part + self.right[1] * aside)


def border(x: float, y: float, offset, along) -> tuple[float, float]:
    """Where a ray that begins beside the middle of a node leaves the node."""
    reach = []
    for half, beside, step in ((NODE_W / 2 + 2, offset[0], along[0]),
                               (NODE_H / 2 + 2, offset[1], along[1])):
        if abs(step) > 1e-6:
            reach.append((math.copysign(half, step) - beside) / step)
    far = min(reach)
    return x + offset[0] + along[0] * far, y + offset[1] + along[1] * far


def line_of(drawing: Drawing, arc: Arc) -> Line:
    """The way of @arc."""
    (ax, ay), (bx, by) = drawing.places[arc.start], drawing.places[arc.end]
    length = math.hypot(bx - ax, by - ay)
    along = ((bx - ax) / length, (by - ay) / length)
    right = (-along[1], along[0])
    offset = (right[0] * drawing.gap / 2, right[1] * drawing.gap / 2)
    x1, y1 = border(ax, ay, offset, along)
    x2, y2 = border(bx, by, offset, (-along[0], -along[1]))
    return Line(x1, y1, x2, y2, along, right)


def bowed(drawing: Drawing, arc: Arc) -> tuple[str, tuple[float, float]]:
    """The way of an arc around another state, and where its label goes."""
    (ax, ay), (bx, _) = drawing.places[arc.start], drawing.places[arc.end]
    side = math.copysign(NODE_H / 2 + 1, arc.bow)
    shift = 14 if abs(arc.bow) > 50 else 34
    ax, bx = ax + math.copysign(shift, bx - ax), bx - math.copysign(shift, bx - ax)
    y = ay + side
    path = f"M{ax:.0f} {y:.0f}C{ax:.0f} {y + arc.bow:.0f} {bx:.0f} {y + arc.bow:.0f} {bx:.0f} {y:.0f}"
    return path, ((ax + bx) / 2, y + arc.bow * 0.75 - 5 if arc.bow < 0 else y + arc.bow * 0.75 + 13)


def label_place(drawing: Drawing, arc: Arc):
    """Where the time of @arc stands, and what of it is there."""
    line = line_of(drawing, arc)
    if abs(line.along[1]) < 0.1:
        x, y = line.at(0.5, 10 if line.right[1] > 0 else 5)
        return x, y + (4 if line.right[1] > 0 else -1), "middle"
    if abs(line.along[0]) < 0.1:
        x, y = line.at(0.5, 6)
        return x, y + 4, "start" if line.right[0] > 0 else "end"
    x, y = line.at(0.3 if arc.drawn else 0.2, 4)
    return x, y, "middle"


def turn(drawing: Drawing, arc: Arc, x: float, y: float) -> str | None:
    """How the label of a slanting arc is turned to run beside it."""
    (dx, dy) = line_of(drawing, arc).along
    if min(abs(dx), abs(dy)) < 0.1 or arc.bow:
        return None
    angle = math.degrees(math.atan2(dy, dx))
    below = -90 <= angle <= 90  # the right of the way is below the text
    angle = angle if below else angle - math.copysign(180, angle)
    return f"rotate({angle:.1f} {x:.1f} {y:.1f}) translate(0 {9 if below else -2})"


def arc_markup(drawing: Drawing, arc: Arc, verdict: str | None,
               time: str) -> tuple[Html, Html]:
    """An arc, and its time."""
    name = colour(verdict)
    kind = "arc " + name + ("" if arc.drawn else " allowed")
    if arc.bow:
        path, (x, y) = bowed(drawing, arc)
        anchor = "middle"
    else:
        line = line_of(drawing, arc)
        path = f"M{line.x1:.1f} {line.y1:.1f}L{line.x2:.1f} {line.y2:.1f}"
        x, y, anchor = label_place(drawing, arc)
    told = f"{arc.start} to {arc.end}: {verdict or 'not judged'}"
    way = tag("g", join([tag("title", f"{told}, {time}" if time else told),
                         tag("path", d=path, marker_end=f"url(#head-{name[2:]})")]),
              class_=kind)
    text = tag("text", time, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor,
               transform=turn(drawing, arc, x, y), class_=f"time {name}")
    return way, text if time else raw("")


def node_markup(state: str, place, present: bool) -> Html:
    """A state."""
    x, y = place
    name = arcs.NAMES_V1.get(state, state)
    text = [tag("text", name, x=x, y=y + (0 if state != name else 4), class_="name")]
    if state != name:
        text.append(tag("text", state, x=x, y=y + 14, class_="bits"))
    if state == "ERROR":
        text = [tag("text", name, x=x, y=y, class_="name"),
                tag("text", "left by reset", x=x, y=y + 14, class_="bits")]
    return tag("g", join([tag("rect", x=x - NODE_W // 2, y=y - NODE_H // 2,
                              width=NODE_W, height=NODE_H, rx=9), *text]),
               class_="node" + ("" if present else " absent"))


def arcs_of(device: Device) -> list[Arc]:
    """The arcs that the device has, those that are promised last: on top."""
    return [Arc(*pair, drawn=pair not in arcs.ALLOWED_V1, bow=BOWS.get(pair, 0))
            for pair in reversed(arcs.steps(device))]


def picture(subject: Subject) -> Html:
    """The machine of a device: lines, then labels that no line may cross, then
    the states."""
    device = subject.device
    drawing = V1 if device.generation == 1 else V2
    present = arcs.offered(device)
    verdicts, times = arcs.verdicts(device), arcs.latencies(device)
    drawn = arcs_of(device)
    above = drawing.spare if any(arc.bow < 0 for arc in drawn) else 2
    below = drawing.spare if any(arc.bow > 0 for arc in drawn) else 2
    ways, labels = [], []
    for arc in drawn:
        time = times.get((arc.start, arc.end))
        way, label = arc_markup(drawing, arc, verdicts.get((arc.start, arc.end)),
                                units.time_text(time.median) if time else "")
        ways.append(way)
        labels.append(label)
    nodes = [node_markup(state, place, state in present)
             for state, place in drawing.places.items()]
    return tag("svg", join(ways + labels + nodes), class_="machine", role="img",
               viewBox=f"0 {-above} {drawing.width} {drawing.height + above + below}",
               aria_label=f"state machine of {subject.label}")


def grid(subject: Subject) -> Html:
    """Every transition, the illegal ones too: from a row to a column."""
    known = arcs.states(subject.device.generation)
    verdicts = arcs.verdicts(subject.device)
    head = [tag("th", tag("span", state), scope="col") for state in known]
    rows = []
    for start in known:
        cells = []
        for end in known:
            verdict = verdicts.get((start, end))
            cells.append(tag("td", class_=colour(verdict) if verdict else "v-void",
                             title=f"{start} to {end}: {verdict or 'not judged'}"))
        rows.append(tag("tr", join([tag("th", start, scope="row"), *cells])))
    return tag("table", join([
        tag("thead", tag("tr", join([tag("td"), *head]))),
        tag("tbody", join(rows))]), class_="grid")
