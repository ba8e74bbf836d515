# SPDX-License-Identifier: GPL-2.0-only
"""Other forms of results.json.

A run of migcheck leaves one file, results.json; everything else that people
and services read is made from that file alone, by this package. results.py
reads and checks it, each format is a module with one function

    render(runs: list[Run]) -> str

and cli.py is the list of formats. Nothing here opens a device, and nothing
beyond the standard library of Python is used.
"""
