#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Servers of other people: what the protocol allows them is no violation, and
# what kills, hangs or confuses is a verdict on one test, with the last calls.
#
#   tests/server/manner_test.sh BUILD
set -u
build=${1:-build}
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

# judge NAME STATUS PATTERN DEVICE MANNER ARGS...: a server with that manner for
# each test; the status of the run, and a line that matches.
judge() {
	local name=$1 status=$2 pattern=$3 device=$4 manner=$5 got ok=1 why=
	shift 5
	timeout 300 "$build/migcheck" run "vfio-user:$tmp/s" -d "${patience:-30}" "$@" \
		--restart "exec $build/refdev-server --device $device --manner $manner \"\$1\"" >"$tmp/out" 2>&1
	got=$?
	[ "$got" = "$status" ] || { ok=0 why="exit $got instead of $status"; }
	grep -qE -- "$pattern" "$tmp/out" || { ok=0 why="$why; nothing says '$pattern'"; }
	verdict "$ok" "$name" "$why"
}

# What is legal: nothing is violated.
clean='[1-9][0-9]* held, 0 violated'
v2='-t v2_stream-reads_of_7* -t v2_precopy-i* -t v2_close-* -t v2_refusal-*'
v1='-t v1_pending-z* -t v1_reset-r* -t v1_data-s* -t v1_close-r* -t v1_close-*close'
for manner in one-client exit-on-leave keep-state error-payload short-data pad picky-access; do
	# shellcheck disable=SC2086 # lists of options
	judge "v1_$manner" 0 "$clean" v1 "$manner" $v1
	# shellcheck disable=SC2086
	judge "v2_$manner" 0 "$clean" v2 "$manner" $v2
done

# What a VFIO core would see to is not asked of who has none.
judge v2_no-core 0 "$clean" v2-full no-core -t 'v2_feature-*' -t 'v2_size-*' -t 'v2_log-*' -t 'v2_report-r*' -t 'v2_info2-*' \
	-t 'v2_header-*'

# What is not.
judge v1_short_region 1 'FAIL V1-ACC-008' v1 short-region -t V1-ACC-008
t='-t v2_stream-reads_of_7*'
# shellcheck disable=SC2086
{
	judge dies 1 'test FAIL v2_stream-reads_of_7_give_it_all: the server died of signal 6' v2 die-on=17:5 $t
	judge dies_with_calls 1 'read 7 .*Connection reset' v2 die-on=17:5 $t
	judge exits 1 'test FAIL .*: the server ended with status 3' v2 exit-on=17:5 $t
	judge hangs_up 1 'test FAIL .*: the server hung up on its client' v2 hang-up-on=17:5 $t
	judge babbles 1 'test FAIL .*: the server says what is no proper message' v2 babble-on=17:5 $t
	patience=4
	judge hangs 1 'test TIMEOUT .*: the server does not answer any more' v2 hang-on=17:5 $t
	judge mute 1 'test TIMEOUT .*: the server does not answer any more' v2 mute-on=17:5 $t
	patience=
}
t='-t v1_access-any_state*'
# shellcheck disable=SC2086
{
	judge death_is_on_its_rule 1 '^ +FAIL V1-SEC-001 ' v1 die-on=10:14 $t
	judge death_is_counted 1 ': [0-9]+ held, 1 violated, ' v1 die-on=10:14 $t
}
# The 14th write is that of a value to device_state.
judge death_is_the_last_call 1 'FAIL V1-SEC-001' v1 die-on=10:14 -t 'v1_access-any_state*' -o "$tmp/died"
ok=1
grep -A1 'pwrite @0x90000000000 4 .* = -104 ' "$tmp/out" | grep -q 'replay: .*trace-v1_access-any_state' || ok=0
[ "$(grep -c ' = -104 ' "$tmp"/died/trace-v1_access-any_state*.txt)" = 1 ] || ok=0
verdict "$ok" death_leaves_its_trace "no trace, or it does not end with the call"
judge dies_at_reset_v1 1 'test FAIL .*signal 6' v1 die-on=13 -t 'v1_pending-zero_ends*'
judge dies_when_opened 99 'its server died of signal 6' v2 die-on=4 -t 'v2_session-*'

# Slow is not stuck: what does not end within its 3 seconds gets more, once, unless -d says how long it may take.
for limit in '' '-d 3'; do
	# shellcheck disable=SC2086 # an option, or none
	MIGCHECK_DEADLINE=3 "$build/migcheck" run "vfio-user:$tmp/s" $limit -t 'v2_repeat-cycles_repeat' \
		--restart "exec $build/refdev-server --device v2 --manner slow \"\$1\"" >"$tmp/out" 2>&1
	status=$?
	ok=0
	if [ -z "$limit" ]; then
		[ $status = 0 ] && grep -qE "$clean" "$tmp/out" && ok=1
	else
		[ $status = 1 ] && grep -q TIMEOUT "$tmp/out" && ok=1
	fi
	verdict $ok "slow_is_not_stuck${limit:+_but_late}" "exit $status"
done

# The words of a server are kept, and quoted.
"$build/migcheck" run "vfio-user:$tmp/s" -d 4 -t 'v2_stream-reads_of_7*' -o "$tmp/dir" --restart \
	"echo hello from the server >&2; exec $build/refdev-server --device v2 --manner die-on=17 \"\$MIGCHECK_SOCKET\"" >"$tmp/out" 2>&1
ok=1
grep -q 'it said: hello from the server' "$tmp/out" || ok=0
grep -q '^== v2_stream-reads_of_7_give_it_all' "$tmp/dir/server.log" || ok=0
grep -q '"calls"' "$tmp/dir/results.json" || ok=0
verdict "$ok" words_are_kept "no last words, no server.log, or no calls in results.json"

# Without --restart a server that ends is given up, soon and with advice.
"$build/refdev-server" --device v2 --manner exit-on-leave "$tmp/s" &
server=$!
until [ -S "$tmp/s" ]; do kill -0 "$server" || break; done
"$build/migcheck" run "vfio-user:$tmp/s" -d 4 >"$tmp/out" 2>&1
status=$?
ok=1
[ "$status" = 99 ] && grep -q -e '--restart' "$tmp/out" || ok=0
verdict "$ok" ended_server_is_given_up "exit $status; or no advice"
kill "$server" 2>/dev/null
wait "$server" 2>/dev/null

# A device that cannot run before its user has settled it.
settled() { # NAME STATUS PATTERN COMMAND
	local ok=1
	timeout 60 "$build/migcheck" run emu:v2 -t 'v2_stream-reads_of_7*' --settle "$4" >"$tmp/out" 2>&1
	status=$?
	[ "$status" = "$2" ] && grep -qE -- "$3" "$tmp/out" || ok=0
	verdict "$ok" "$1" "exit $status instead of $2, or nothing says '$3'"
}
settled settle_is_run 0 "$clean" "echo x >>$tmp/settled"
[ "$(wc -l <"$tmp/settled")" -ge 2 ]
verdict $((!$?)) settle_is_run_for_each "not run for probe and test"
settled settle_fails_later 99 'status 9: once only' "[ ! -e $tmp/once ] || { echo once only; exit 9; }; : >$tmp/once"
settled settle_hangs 99 'did not end in time' "[ ! -e $tmp/twice ] && : >$tmp/twice || sleep 60"

# What a server prints and leaves behind does not outlive the run.
verdict $((!$(pgrep -cf "$tmp/s"))) nothing_is_left "a server is still there"
finish
