#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-coverage.sh [-o DIR] [OPTION OF vm-lab.sh]... [-- OPTION OF migcheck run]...: which lines of the VFIO core, of
# iommufd, and of the driver the suite reaches, by group and by cdev, on the lab kernel that counts them.
#
# In DIR (default: build/vm-coverage): what vm-lab.sh leaves, coverage.info, summary.tsv, and html.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

out=$repo/build/vm-coverage
if [ "${1:-}" = -o ]; then
	[ $# -gt 1 ] || usage_error "-o needs a value"
	out=$2
	shift 2
fi
"$repo/scripts/deps.sh" test vm || exit
rm -rf "$out"
mkdir -p "$out" || environment_error "cannot write to $out"

# A violation is a result too; without results there is nothing to count.
"$repo/scripts/vm-lab.sh" --debug -o "$out" "$@"
status=$?
[ $status != $EX_USAGE ] || exit $EX_USAGE
tree=$("$repo/scripts/lab-kernel.sh" --debug tree) || exit
runs=()
for run in "$out"/*/; do
	[ ! -d "$run/gcov" ] || runs+=("$run")
done
[ ${#runs[@]} -gt 0 ] || environment_error "no run has brought counts out: see $out"
python3 "$repo/scripts/vm_coverage.py" --notes "$tree" --notes "$cache" -o "$out" "${runs[@]}" ||
	environment_error "the counts of $out cannot be read"
genhtml --quiet --ignore-errors source --output-directory "$out/html" "$out/coverage.info" >"$out/genhtml.log" 2>&1 ||
	environment_error "no HTML: see $out/genhtml.log"
awk -F'\t' 'NR > 1 { printf "%-48s lines %4d of %4d   functions %3d of %3d\n", $1, $2, $3, $4, $5 }' "$out/summary.tsv"
exit $status
