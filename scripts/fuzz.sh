#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fuzz.sh FUZZER SECONDS: what a hostile vfio-user server may say, for so long.
#
# The corpus is beside the fuzzer and grows; where there is none it begins with
# replies that a good server would give. A finding is a file crash-*, timeout-*
# or oom-* beside it, and status 1.
set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# = 2 ] || usage_error "which fuzzer, and how many seconds?"
dir=$(dirname "$1")
mkdir -p "$dir/corpus"

# A reply: command, errno, length, and so many bytes.
python3 - "$dir/corpus" <<'END' || environment_error "no seeds"
import struct, sys

def reply(command, body=b"", error=0):
    return bytes([command | (0x80 if error else 0), error]) + struct.pack("<H", len(body)) + body

info = reply(4, struct.pack("<4I", 16, 3, 10, 5))
region = reply(5, struct.pack("<4I2Q2HI4I2Q", 80, 0xf, 9, 32, 0x2000, 0, 1, 1, 0, 1, 0, 0, 0, 0x1000, 0x1000)[:80])
state = reply(16, struct.pack("<4I", 16, 0x20002, 3, 1000))
data = reply(17, struct.pack("<2I", 308, 300) + bytes(300))
read = reply(9, struct.pack("<Q2I", 0, 9, 300) + bytes(300))
dirty = reply(14, struct.pack("<2I4Q", 48, 4, 1 << 20, 7 << 12, 4096, 8) + bytes(8))
dma = bytes([0x40 | 11, 0]) + struct.pack("<H", 16) + struct.pack("<2Q", 1 << 20, 64)
refused = reply(16, struct.pack("<4I", 16, 0x20002, 3, 0), 22)
version = struct.pack("<2H", 0, 2) + b'{"capabilities":{"max_msg_fds":8,"twin_socket":{"supported":true,"fd_index":0},"migration":{"pgsize":4096}}}\0'
stories = [info + region * 3, state * 6, state + data * 5, read * 4, reply(2) + info + region * 20 + dirty * 3,
           refused * 4, dma + info + dma + region, version, reply(2) + reply(13) + state * 3 + data + dirty]
n = 0
for story in stories:
    for options in (1, 3, 5, 7, 0):
        for first in range(6):
            with open("%s/seed-%03d" % (sys.argv[1], n), "wb") as f:
                f.write(bytes([options | first << 3, len(story) // 4 & 255, 0]) + story)
            n += 1
END
cd "$dir" || exit 99
ASAN_OPTIONS=detect_leaks=1 "./$(basename "$1")" -max_total_time="$2" -timeout=10 -rss_limit_mb=512 \
	-max_len=8192 -print_final_stats=1 corpus >fuzz.log 2>&1
status=$?
grep -E '^stat::|SUMMARY|^#[0-9]+.*DONE' fuzz.log
[ "$status" = 0 ] || { tail -n 30 fuzz.log; exit 1; }
