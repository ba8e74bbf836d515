#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-debug.sh [-o DIR] [OPTION OF vm-lab.sh]... [-- OPTION OF migcheck run]...: judges two drivers, by group and by
# cdev, on the lab kernel that sees mistakes and counts lines, and tells which lines of the VFIO core, of iommufd, and
# of the drivers the suite has reached. The drivers are mtty and the reference driver with a device of each
# generation; given options go to the runs of both. The exit status is that of the worst run.
#
# In DIR (default: build/vm-debug): mtty and refdev, which vm-lab.sh leaves, coverage.info, summary.tsv, and html.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly LONG=5400 # seconds that a guest may take; counting and checking is slow

# lab NAME OPTION...: one driver; a violation is a result too, and without results there is nothing to count
lab() {
	local status

	"$repo/scripts/vm-lab.sh" --debug -o "$out/$1" --timeout $LONG "${@:2}"
	status=$?
	[ $status != $EX_USAGE ] || exit $EX_USAGE
	[ $status = 0 ] || worst=$status
}

out=$repo/build/vm-debug
if [ "${1:-}" = -o ]; then
	[ $# -gt 1 ] || usage_error "-o needs a value"
	out=$2
	shift 2
fi
options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	options+=("$1") && shift
done
[ $# -eq 0 ] || shift
"$repo/scripts/deps.sh" test vm || exit
rm -rf "$out"
mkdir -p "$out" || environment_error "cannot write to $out"

worst=0
lab mtty "${options[@]}" -- --waivers "$repo/fixtures/waivers/mtty.json" --waivers "$repo/fixtures/waivers/mtty-log.json" "$@"
lab refdev --refdev --mdev v1+MAPPED --mdev v2-full "${options[@]}" -- "$@"
tree=$("$repo/scripts/lab-kernel.sh" --debug tree) || exit
runs=()
for run in "$out"/*/*/; do
	[ ! -d "$run/gcov" ] || runs+=("$run")
done
[ ${#runs[@]} -gt 0 ] || environment_error "no run has brought counts out: see $out"
python3 "$repo/scripts/vm_coverage.py" --notes "$tree" --notes "$cache" -o "$out" "${runs[@]}" ||
	environment_error "the counts of $out cannot be read"
genhtml --quiet --ignore-errors source --output-directory "$out/html" "$out/coverage.info" >"$out/genhtml.log" 2>&1 ||
	environment_error "no HTML: see $out/genhtml.log"
awk -F'\t' 'NR > 1 { printf "%-60s lines %4d of %4d   functions %3d of %3d\n", $1, $2, $3, $4, $5 }' "$out/summary.tsv"
exit $worst
