# SPDX-License-Identifier: GPL-2.0-only
"""python3 -IB DIR/report FORMAT DIR...: what `migcheck report` starts.

Isolated mode keeps the caller's directory and environment out of the search
path, so the package adds the directory it lies in itself: last, for its
neighbours must not stand in for modules of the standard library.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path = [place for place in sys.path if os.path.abspath(place) != HERE]
sys.path.append(os.path.dirname(HERE))

from report.cli import main  # noqa: E402 (the path has to come first)

sys.exit(main(sys.argv[1:]))
