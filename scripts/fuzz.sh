#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fuzz.sh FUZZER SECONDS: what a hostile vfio-user server may say, for so long.
#
# The corpus is beside the fuzzer and grows; where there is none it begins with
# replies that a good server would give. A finding is a file crash-*, timeout-*
# or oom-* beside it, and status 1. A fuzzer that was built for coverage tells
# which lines of the client all of that has reached.
set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# = 2 ] || usage_error "which fuzzer, and how many seconds?"
dir=$(dirname "$1")
mkdir -p "$dir/corpus"

# A reply: command, errno (128: with memory), length, and so many bytes. The commands do not matter: each request gets
# the next reply. For those of the server they do, and 64 says that it is one.
python3 - "$dir/corpus" <<'END' || environment_error "no seeds"
import struct, sys

def reply(body=b"", error=0, memory=False):
    return bytes([0x80 if error else 0, 0x80 if memory else error]) + struct.pack("<H", len(body)) + body

info = reply(struct.pack("<4I", 16, 3, 1, 5))
head = struct.pack("<4I2Q", 80, 0xf, 0, 32, 0x2000, 0)
caps = struct.pack("<2H3I", 2, 1, 48, 3, 1) + struct.pack("<2H3I2Q", 1, 1, 0, 1, 0, 0x1000, 0x1000)
region, whole = reply(head), reply(head + caps, memory=True)
irq = reply(struct.pack("<4I", 16, 1, 0, 4))
state = reply(struct.pack("<4I", 16, 0x20002, 3, 1000))
data = reply(struct.pack("<2I", 308, 300) + bytes(300))
read = reply(struct.pack("<Q2I", 0, 9, 300) + bytes(300))
dirty = reply(struct.pack("<2I4Q", 48, 4, 1 << 20, 7 << 12, 4096, 8) + bytes(8))
dma = bytes([0x40 | 11, 0]) + struct.pack("<H", 16) + struct.pack("<2Q", 1 << 20, 64)
refused = reply(struct.pack("<4I", 16, 0x20002, 3, 0), 22)
version = struct.pack("<2H", 0, 2) + b'{"capabilities":{"max_msg_fds":8,"twin_socket":{"supported":true,"fd_index":0},"migration":{"pgsize":4096}}}\0'
done = reply()
probe = info + region + whole + done * 2
# What each deed of the client wants to hear, in their order.
deeds = [info + whole + region + whole * 2 + irq, state * 6, state + data * 5, read * 4,
         done + probe + done + dirty + done, state + dirty, dirty + done * 2, irq + done * 6]
good = [probe + b"".join(deeds[first:] + deeds[:first]) for first in range(len(deeds))]
stories = [info + region * 3, state * 6, probe + refused * 6, dma + info + dma + whole, version, reply(version), done * 30]
n = 0
for options in (1, 3, 5, 7, 17, 21, 0, 9):
    for first in range(len(deeds)):
        for story in stories + [good[first], good[first].replace(state, dma + state)]:
            with open("%s/seed-%03d" % (sys.argv[1], n), "wb") as f:
                f.write(bytes([options | first << 5, 40 if options & 4 else 0, 0]) + (dma * 2 if options & 4 else b"") + story)
            n += 1
END
cd "$dir" || exit 99
export LLVM_PROFILE_FILE=fuzz.profraw
ASAN_OPTIONS=detect_leaks=1 "./$(basename "$1")" -max_total_time="$2" -timeout=10 -rss_limit_mb=512 \
	-max_len=8192 -print_final_stats=1 corpus >fuzz.log 2>&1
status=$?
grep -E '^stat::|SUMMARY|^#[0-9]+.*DONE' fuzz.log
[ "$status" = 0 ] || { tail -n 30 fuzz.log; exit 1; }

[ -s fuzz.profraw ] || exit 0
llvm-profdata merge -o fuzz.profdata fuzz.profraw
llvm-cov report "./$(basename "$1")" -instr-profile=fuzz.profdata "$repo"/lib/transport/vfio_user*.c >coverage.txt
# File, lines, and how many of them were reached.
awk '$1 ~ /[.]c$|^TOTAL$/ { printf "%-28s %5s lines, %s reached\n", $1, $8, $10 }' coverage.txt
