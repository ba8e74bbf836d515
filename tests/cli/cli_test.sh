#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What people type wrong: one clear line, the right exit status, nothing lost.
#
#   tests/cli/cli_test.sh BUILD/migcheck
set -u
migcheck=${1:-build/migcheck}
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

expect unknown_scheme 64 "nosuch:x" 2 "$migcheck" run nosuch:x
expect no_device_named 64 "device" 3 "$migcheck" run
expect unknown_verb 64 "nosuchverb" 3 "$migcheck" nosuchverb
expect unknown_option 64 "nosuchoption" 3 "$migcheck" run --nosuchoption emu:v1
expect unknown_profile 64 "nosuch" 2 "$migcheck" run emu:v1 --profile nosuch
expect unknown_variant 64 "NO_SUCH_VARIANT" 2 "$migcheck" run emu:v1+NO_SUCH_VARIANT
expect unknown_budget 64 "uptime" 2 "$migcheck" run emu:v1 --budget uptime=1s
expect budget_without_unit 64 "downtime=300" 2 "$migcheck" run emu:v1 --budget downtime=300
expect filter_matches_nothing 64 "nosuchtest" 3 "$migcheck" run emu:v1 -t nosuchtest
expect unknown_rule 64 "V9-NONE-001" 3 "$migcheck" explain V9-NONE-001
expect rules_glob_matches_nothing 64 "NOSUCH" 3 "$migcheck" rules 'NOSUCH*'
expect unknown_format 64 "yaml" 3 "$migcheck" rules --format yaml
expect no_such_device 99 "ffff:ff:1f.7" 2 "$migcheck" run vfio:ffff:ff:1f.7
expect no_such_report 64 "nosuchformat" 3 "$migcheck" report nosuchformat "$tmp"
expect report_of_nothing 64 "directory" 3 "$migcheck" report text
expect report_without_python 99 "python3" 1 env PATH="$tmp" "$migcheck" report text "$tmp"
expect odd_deadline 64 "MIGCHECK_DEADLINE is 'soon'" 1 env MIGCHECK_DEADLINE=soon "$migcheck" list
expect huge_deadline 64 "MIGCHECK_DEADLINE" 1 env MIGCHECK_DEADLINE=3601 "$migcheck" run emu:v2
expect odd_stream_max 64 "MIGCHECK_STREAM_MAX is '-1'" 1 env MIGCHECK_STREAM_MAX=-1 "$migcheck" rules
expect odd_orders 64 "MIGCHECK_ORDERS is 'many'" 1 env MIGCHECK_ORDERS=many "$migcheck" list
expect report_without_results 99 "results.json" 2 "$migcheck" report text "$tmp"
echo '{"devices": [' >"$tmp/results.json"
expect report_of_half_results 99 "results.json" 1 "$migcheck" report html "$tmp"

echo '[{"rule": "V1-PEND-002"' >"$tmp/broken.json"
expect broken_waivers 64 "broken.json" 2 "$migcheck" run emu:v1 --waivers "$tmp/broken.json"
expect missing_waivers 64 "missing.json" 2 "$migcheck" run emu:v1 --waivers "$tmp/missing.json"

# A budget fails a run, or warns; one that was not measured is not kept.
expect budget_fails 1 - 0 "$migcheck" run emu:v2 -t 'v2_figures*' --budget arc=1ns
expect budget_warns 0 - 0 "$migcheck" run emu:v2 -t 'v2_figures*' --budget arc=1ns:warn
expect budget_kept 0 - 0 "$migcheck" run emu:v2 -t 'v2_figures*' --budget downtime=9s --budget 'save-rate>=1kB'
says budget_is_a_line_of_ktap 0 '^not ok 3 budget-arc # .*at most 1 ns$' sh -c "
	$migcheck run emu:v2 -t 'v2_figures*' -b arc=1ns -b downtime=9s -o $tmp/budget >&2
	sed -n '2p; \$p; /^not ok/p' $tmp/budget/ktap"
expect budget_not_measured 1 - 0 "$migcheck" run emu:v2 -t V2-FD-006 --budget downtime=9s

: >"$tmp/file"
expect output_is_a_file 99 "$tmp/file" 2 "$migcheck" run emu:v1 -o "$tmp/file"

# of_a_set NAME PATTERN URI...: what a run says of these devices as a set, in
# results.json too, with exit status 0.
of_a_set() {
	local name=$1 pattern=$2 got ok=1
	shift 2
	timeout 60 "$migcheck" run "$@" -t '*STARTS_RUNNING' -t V2-FEAT-001 \
		-o "$tmp/set" >"$tmp/stdout" 2>"$tmp/err"
	got=$?
	tail -n 4 "$tmp/stdout" | tr '\n' ' ' >"$tmp/out"
	grep -qE "$pattern" "$tmp/out" && grep -qE "$pattern" "$tmp/set/results.json" || ok=0
	verdict "$ok" "$name" "exit $got, or not said: $pattern"
}

of_a_set set_is_good 'can be migrated together: no rule' emu:v2 emu:v2#1
of_a_set set_lacks_p2p 'cannot be .*emu:v2-precopy has no P2P' emu:v2 emu:v2-precopy
of_a_set set_lacks_log 'can be .* but emu:v2[+]NO_LOGGING has no dirty logging' emu:v2 emu:v2+NO_LOGGING
of_a_set set_lacks_migration 'cannot be .*NO_MIGRATION offers no migration' emu:v2 emu:v2+NO_MIGRATION
of_a_set set_mixes_generations 'cannot be .*emu:v2 speaks v2 beside v1' emu:v1 emu:v2
of_a_set set_has_a_violation 'cannot be .*breaks .*V2-FEAT-001' emu:v2 emu:v2+CAPABILITIES_LACK_STOP_COPY

# Servers that are started for each test, and commands that settle a device.
sock=$tmp/s
expect restart_of_no_server 64 "vfio-user:PATH, not for emu:v1" 1 "$migcheck" run emu:v1 --restart true
expect restart_without_command 64 "which command" 1 "$migcheck" run "vfio-user:$sock" --restart ''
expect restart_never_opens 99 "$sock: .* made no socket within 1 seconds" 1 "$migcheck" run -d 1 "vfio-user:$sock" --restart 'sleep 60'
expect restart_ends_at_once 99 "status 3 before it made the socket; it said: no luck" 1 "$migcheck" run "vfio-user:$sock" --restart 'echo no luck >&2; exit 3'
expect restart_dies_at_once 99 "signal 11" 1 "$migcheck" run "vfio-user:$sock" --restart 'kill -SEGV $$'
expect restart_in_no_directory 99 "$tmp/none/s: its directory" 1 "$migcheck" run "vfio-user:$tmp/none/s" --restart true
expect restart_over_a_file 99 "no socket is in the way" 1 "$migcheck" run "vfio-user:$tmp/file" --restart true
expect settle_without_command 64 "settle" 1 "$migcheck" run emu:v1 --settle ''
expect settle_fails 99 "emu:v1: .* status 5: broken" 1 "$migcheck" run emu:v1 --settle 'echo broken; exit 5'

# concluded NAME STATUS PATTERN EVENT...: what is said of the journal of a device that ran one TEST with these events.
concluded() {
	local name=$1 status=$2 pattern=$3 event
	shift 3
	mkdir -p "$tmp/part"
	{
		echo '{"event":"device","uri":"vfio:x","generation":2,"driver":"d","kernel":"6.12"}'
		for event in '"event":"start",TEST' "$@"; do echo "{$event}"; done
		echo '{"event":"end","state":"RUNNING","problem":""}'
	} | sed 's/TEST/"test":"v2_stream-reads_of_7_give_it_all"/' >"$tmp/part/events"
	says "$name" "$status" "$pattern" "$migcheck" conclude "$tmp/part" -t 'v2_stream-reads_of_7*'
}
passed='"event":"test",TEST,"outcome":"pass"'
oops='"event":"kernel",TEST,"line":"BUG: kernel NULL pointer dereference"'
place='"event":"kernel",TEST,"line":"RIP: 0010:x_set+0x5/0x9 [x]"'
concluded complaints_are_counted 1 ' 0 violated, 1 kernel complaints, 0 warned' "$oops" "$place" "$passed"
concluded complaints_have_their_place 1 '^test FAIL .*: BUG: .*, in x_set' "$oops" "$place" "$passed"
concluded no_complaints_are_not_counted 4 ' 0 violated, 0 warned' "$passed"
concluded blocked_tests_are_summed_up 4 '^not reached  1 test; most often \(1\): common_save\(\.\.\.\): No data, v2_stream-reads' \
	'"event":"test",TEST,"outcome":"blocked","message":"road blocked: common_save(b, &s): No data"'
concluded failures_without_rules_are_counted 1 ' 0 violated, 1 test failed besides, ' "${passed/pass/fail}"

# A run that is stopped leaves no results file and a device that runs.
"$migcheck" run emu:v1 emu:v2 -o "$tmp/interrupted" >"$tmp/out" 2>&1 &
pid=$!
for _ in $(seq 200); do
	[ -s "$tmp/interrupted/ktap" ] || [ -s "$tmp/out" ] && break
	sleep 0.01
done
kill -INT "$pid"
wait "$pid"
status=$?
ok=1
[ "$status" = 99 ] || ok=0
[ ! -e "$tmp/interrupted/results.json" ] || ok=0
grep -qi running "$tmp/out" || ok=0
verdict "$ok" interrupted_run "exit $status; or a partial results.json; or the end state is not said"

finish
