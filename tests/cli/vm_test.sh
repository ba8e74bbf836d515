#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What vm.sh says of guests that end badly, whatever these had printed before:
# 99 where one dies or hangs, 1 where its driver stays.
set -u
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
mkdir -p "$tmp/root/tests"

# guest NAME STATUS PATTERN OPTION...: in the place of migcheck runs the script on
# stdin; the status, and a line that matches.
guest() {
	local name=$1 status=$2 pattern=$3 got ok=1
	shift 3
	{ echo '#!/bin/busybox sh' && cat; } >"$tmp/root/migcheck"
	chmod +x "$tmp/root/migcheck"
	timeout 120 scripts/vm.sh --root "$tmp/root" -o "$tmp/results" "$@" -- run @1 >"$tmp/out" 2>&1
	got=$?
	[ "$got" = "$status" ] && grep -qE -- "$pattern" "$tmp/out" || ok=0
	verdict "$ok" "$name" "exit $got instead of $status, or nothing says '$pattern'"
}

guest dies 99 'the guest died: Kernel panic .*kernel.log' <<'END'
echo "ok 1 before"
echo c >/proc/sysrq-trigger
END

hangs='echo "<1>BUG: scheduling while atomic: x" >/dev/kmsg; echo "<1>BUG: another" >/dev/kmsg; sleep 1000'
guest hangs 99 'no verdict within 20 s; its kernel says: BUG: scheduling while atomic: x; --journal would' --timeout 20 <<<"$hangs"
guest hangs_with_journal 99 'no verdict within 20 s; kernel log' --timeout 20 --journal <<<'sleep 1000'

# What is gone already cannot be unloaded, either. The kernel counts lines, so to speak.
guest driver_stays 1 'vm: the driver mtty cannot be unloaded' --watch <<'END'
rmmod mtty
umount /sys/kernel/debug
mount -t tmpfs tmpfs /sys/kernel/debug
mkdir -p /sys/kernel/debug/gcov/a && echo 1 >/sys/kernel/debug/gcov/a/b.gcda
END
[ -s "$tmp/results/gcov/a/b.gcda" ]
verdict $((!$?)) counts_come_all_the_same "no counts of gcov"

# A device that a guest gives up, after a violation or not, is for the next guest.
cat >"$tmp/root/migcheck" <<'END'
#!/bin/busybox sh
start='{"event":"start","test"' end='{"event":"end","state":"x","problem":""'
case "$*" in
conclude*) exit 1 ;;
*'-x t1'*) printf '%s:"t2"}\n%s}\n' "$start" "$end" >"$MIGCHECK_JOURNAL" ;;
*) printf '%s:"t1"}\n%s,"abandoned":"stuck"}\n' "$start" "$end" >"$MIGCHECK_JOURNAL" ;;
esac
exit 1
END
timeout 120 scripts/vm-hostile.sh --root "$tmp/root" -o "$tmp/hostile" -- run @1 >"$tmp/out" 2>&1
grep -q ': 2 guests; verdicts:' "$tmp/out" && grep -q '"t2"' "$tmp/hostile/vm-2/events"
verdict $((!$?)) given_up_is_gone_on_with "not two guests"
finish
