#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-unload.sh ROOT OUT: the reference driver (fixtures/kmod) is unloaded, with and without users, in a virtual
# machine. TAP; ROOT is the static harness, OUT gets the logs.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# = 2 ] || usage_error "which harness and where to: ROOT OUT"
root=$1 out=$2
module=$("$repo/scripts/vm-kmod.sh") || exit
rm -rf "$out" && mkdir -p "$out" || exit $EX_ENVIRONMENT
"$repo/scripts/vm.sh" --root "$root" -o "$out" --timeout 180 --module "$module" --setup "$repo/tests/vm/unload_guest.sh" \
	-- run vfio:6d696763-6865-636b-0000-000000000002 -t 'v2_unload*' >"$out/unload.txt" 2>&1
status=$?
{
	grep -E '^(ok|not ok|#)' "$out/unload.txt"
	if [ $status = 0 ] && grep -q '^# the script is through' "$out/unload.txt"; then echo ok the_verdict; else echo not ok the_verdict; fi
} | awk '$1 == "ok" { print "ok", ++n, $2; next }
	$1 == "not" { print "not ok", ++n, $3; bad = 1; next }
	{ print }
	END { print "1.." n; exit bad }'
