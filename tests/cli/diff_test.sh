#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two runs side by side: what is new, what is fixed, and which times have moved.
#
#   tests/cli/diff_test.sh BUILD/migcheck
set -u
migcheck=${1:-build/migcheck}
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

defect=$("$migcheck" prove --format tsv V2-FD-006 2>/dev/null | awk -F'\t' '$1 == "defect" { print $2; exit }')
"$migcheck" run emu:v2 -t 'V2-FD-*' -t 'v2_figures*' -o "$tmp/good" >/dev/null
"$migcheck" run "$defect" -t 'V2-FD-*' -t 'v2_figures*' -o "$tmp/broken" >/dev/null
"$migcheck" run emu:v2 -t 'V2-FD-*' -x V2-FD-006 -o "$tmp/fewer" >/dev/null

# edit NAME EXPRESSION: a copy of good/ whose results `r` EXPRESSION has changed
edit() {
	mkdir -p "$tmp/$1"
	python3 -c "
import json, sys
r = json.load(open(sys.argv[1]))
f = r['devices'][0]['figures']
$2
json.dump(r, open(sys.argv[2], 'w'))" "$tmp/good/results.json" "$tmp/$1/results.json"
}

arc="f['arcs'] = [{'from': 'STOP', 'to': 'RUNNING', 'count': %d, 'min_ns': %d, 'median_ns': %d, 'p99_ns': %d, 'max_ns': %d}]; f['blackout'] = {}"
# shellcheck disable=SC2059 # the format is above
spread() { printf "$arc" "$@"; }
edit base "$(spread 100 90000 100000 120000 500000)"
edit slower "$(spread 100 130000 200000 250000 300000)"
edit wider "$(spread 100 95000 125000 250000 300000)"
edit few "$(spread 4 130000 200000 250000 300000)"
edit crashed "$(spread 100 90000 100000 120000 500000)
r['tests'][0]['verdict'] = 'timeout'"
edit longer "f['blackout'].update(precopy_count=5, precopy_min_ns=10**9, precopy_ns=10**9, precopy_max_ns=10**9)"

says same_is_nothing 0 '^0 new failures, 0 fixed, 0 no longer looked at, 0 gone, 0 slower, 0 faster$' \
	"$migcheck" diff "$tmp/base" "$tmp/base"
says new_failure_closes_the_gate 1 '^  V2-FD-006 .*: fail, was pass; ' "$migcheck" diff "$tmp/good" "$tmp/broken"
says fixed_is_told 0 '^[0-9]+ new failures, [1-9][0-9]* fixed' "$migcheck" diff "$tmp/broken" "$tmp/good"
says test_without_a_rule_is_told 1 '^  test .*: timeout, was [a-z-]+' "$migcheck" diff "$tmp/base" "$tmp/crashed"
says new_skip_is_told 0 '^  V2-FD-006 .*: skip, was pass' "$migcheck" diff "$tmp/good" "$tmp/fewer"
says new_skip_can_be_the_gate 1 'no longer looked at' "$migcheck" diff "$tmp/good" "$tmp/fewer" --gate skips
says slower_is_told 0 '^  STOP>RUNNING  emu:v2: median 200 us, was 100 us$' "$migcheck" diff "$tmp/base" "$tmp/slower"
says slower_can_be_the_gate 1 '1 slower' "$migcheck" diff "$tmp/base" "$tmp/slower" -g latency
says faster_is_told 0 '0 slower, 1 faster$' "$migcheck" diff "$tmp/slower" "$tmp/base" -g latency
says noise_is_not 0 '0 slower, 0 faster$' "$migcheck" diff "$tmp/base" "$tmp/wider" -g latency
says few_samples_are_not 0 '0 slower, 0 faster$' "$migcheck" diff "$tmp/base" "$tmp/few" -g latency
says blackout_counts 1 '^  blackout with pre-copy ' "$migcheck" diff "$tmp/good" "$tmp/longer" -g latency
expect unknown_gate 64 "weather" 2 "$migcheck" diff --gate weather "$tmp/base" "$tmp/base"
expect one_directory 64 "two directories" 2 "$migcheck" diff "$tmp/base"
expect no_results 99 "results.json" 2 "$migcheck" diff "$tmp/base" "$tmp"

finish
