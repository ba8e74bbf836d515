#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A guest that dies is 99 and says so, whatever it had printed before.
set -u
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/root/tests"
cat >"$tmp/root/migcheck" <<'GUEST'
#!/bin/busybox sh
echo "ok 1 before"
echo c >/proc/sysrq-trigger
GUEST
chmod +x "$tmp/root/migcheck"
timeout 120 scripts/vm.sh --root "$tmp/root" -o "$tmp/out" -- run @1 >"$tmp/log" 2>&1
status=$?
cat "$tmp/log"
[ "$status" = 99 ] || { echo "exit $status instead of 99"; exit 1; }
grep -q "kernel.log" "$tmp/log" || { echo "nothing points to the kernel log"; exit 1; }
