# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests in shell share. Sourced, never run.
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
number=0 bad=0

echo "TAP version 13"

verdict() { # OK NAME WHY
	number=$((number + 1))
	if [ "$1" = 1 ]; then
		echo "ok $number $2"
	else
		bad=1
		echo "# $3"
		tail -n 25 "$tmp/out" | sed 's/^/#   /'
		echo "not ok $number $2"
	fi
}

# expect NAME STATUS PATTERN LINES COMMAND...: the status, a line on stderr that
# matches PATTERN, and not more than LINES lines on stderr; 0: it is silent.
expect() {
	local name=$1 status=$2 pattern=$3 lines=$4 got ok=1 why=
	shift 4
	timeout 60 "$@" >"$tmp/stdout" 2>"$tmp/out" </dev/null
	got=$?
	[ "$got" = "$status" ] || { ok=0 why="exit $got instead of $status"; }
	[ "$lines" = 0 ] || grep -qE -- "$pattern" "$tmp/out" || { ok=0 why="$why; stderr does not say '$pattern'"; }
	[ "$(wc -l <"$tmp/out")" -le "$lines" ] || { ok=0 why="$why; more than $lines lines"; }
	verdict "$ok" "$name" "$why"
}

# says NAME STATUS PATTERN COMMAND...: the status, and a line on stdout that
# matches PATTERN.
says() {
	local name=$1 status=$2 pattern=$3 got ok=1 why=
	shift 3
	timeout 60 "$@" >"$tmp/out" 2>"$tmp/stderr" </dev/null
	got=$?
	[ "$got" = "$status" ] || { ok=0 why="exit $got instead of $status"; }
	grep -qE -- "$pattern" "$tmp/out" || { ok=0 why="$why; stdout does not say '$pattern'"; }
	verdict "$ok" "$name" "$why"
}

finish() {
	echo "1..$number"
	exit "$bad"
}
