#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-lab.sh: judges devices on the kernel of scripts/lab-kernel.sh, once for each way to it. `vm-lab.sh --help` says
# how to call it. The exit status is the worst of the runs: 99, 1, 4, 0.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

help() {
	cat <<-'END'
	usage: vm-lab.sh [--debug] [--refdev] [--by WAY]... [-o DIR] [OPTION OF vm.sh]... -- [OPTION OF migcheck run]...
	  --debug   on the kernel that sees a driver's mistakes, makes its requests fail and counts its lines; that
	            is slow, so the limits of time are higher, and --watch of vm.sh is on
	  --refdev  the reference device as a driver (fixtures/kmod) instead of mtty; --mdev says which, else v2-full
	  --by WAY  group, compat (group, on an iommufd) or cdev; may be repeated (default: group and cdev)
	  -o DIR    DIR/WAY is where the results go (default: build/vm-lab)
	  --module and --mdev, as of vm.sh, name another driver and its type than mtty; all devices are judged
	END
}

# options_parse ARGUMENT...: sets debug, refdev, out and the arrays ways, mdevs, options (for vm.sh), arguments (for
# migcheck)
options_parse() {
	debug='' refdev='' out=$repo/build/vm-lab
	ways=() mdevs=() options=(--append "$LAB_APPEND") arguments=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		case $1 in
		-h | --help) help && exit 0 ;;
		--debug) debug=--debug && shift && continue ;;
		--refdev) refdev=1 && shift && continue ;;
		--journal | --watch) options+=("$1") && shift && continue ;;
		esac
		[ $# -gt 1 ] || usage_error "$1 needs a value"
		case $1 in
		--by) ways+=("$2") ;;
		-o) out=$2 ;;
		--mdev) mdevs+=("$2") ;;
		*) options+=("$1" "$2") ;;
		esac
		shift 2
	done
	[ $# -eq 0 ] || shift
	arguments=("$@")
	[ ${#ways[@]} -gt 0 ] || ways=(group cdev)
	[ ${#mdevs[@]} -gt 0 ] || [ -z "$refdev" ] || mdevs=(v2-full)
	for mdev in "${mdevs[@]}"; do
		options+=(--mdev "$mdev")
	done
	if [ -n "$debug" ]; then
		options=(--watch --timeout 1800 "${options[@]}")
		arguments=(--deadline 300 "${arguments[@]}")
	fi
}

# devices_of WAY: what stands for the devices in the arguments
devices_of() {
	local i

	case $1 in
	group | compat | cdev) ;;
	*) usage_error "--by $1: group, compat or cdev" ;;
	esac
	for ((i = 1; i <= (${#mdevs[@]} > 0 ? ${#mdevs[@]} : 1); i++)); do
		[ "$1" = group ] && echo "@$i" || echo "@$i?$1"
	done
}

# worse A B: the worse of two exit statuses
worse() {
	local status

	for status in $EX_USAGE $EX_ENVIRONMENT 1 4 0; do
		if [ "$1" = "$status" ] || [ "$2" = "$status" ]; then
			echo "$status"
			return
		fi
	done
	echo $EX_ENVIRONMENT
}

options_parse "$@"
"$repo/scripts/deps.sh" vm || exit
image=$("$repo/scripts/lab-kernel.sh" ${debug:+"$debug"}) || exit
if [ -n "$refdev" ]; then
	tree=$("$repo/scripts/lab-kernel.sh" ${debug:+"$debug"} tree) || exit
	module=$("$repo/scripts/vm-kmod.sh" "$tree") || exit
	options+=(--module "$module")
fi
worst=0
for way in "${ways[@]}"; do
	devices=$(devices_of "$way") || exit
	started=$SECONDS
	# shellcheck disable=SC2086 # a list of words
	"$repo/scripts/vm.sh" --kernel "$image" -o "$out/$way" "${options[@]}" -- run $devices "${arguments[@]}"
	status=$?
	echo "${0##*/}: by $way: exit $status after $((SECONDS - started)) s" >&2
	worst=$(worse "$worst" "$status")
done
exit "$worst"
