#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-hostile.sh: judges devices with profile hostile, which may bring their kernel down, in virtual machines that
# may be lost. `vm-hostile.sh --help` says how to call it. The exit status is that of migcheck.
#
# A guest that dies is a verdict on the test that ran (`migcheck conclude --help`); the next guest goes on with the
# tests that none has begun. An oops ends the guest, so that nothing is judged on a damaged kernel, and the kernel's
# own checks of its heap are on. With --debug what KASAN, UBSAN or lockdep has to say ends it, too.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly GUESTS=12 # at most
readonly CHECKS='oops=panic slub_debug=FZPU,kmalloc-*'

help() {
	cat <<-'END'
	usage: vm-hostile.sh [--debug] [--refdev] [-o DIR] [OPTION OF vm.sh]... -- run @1... [OPTION OF migcheck run]...
	  --debug   on the kernel of lab-kernel.sh --debug, where KASAN and lockdep look on
	  --refdev  with the reference device as a driver (fixtures/kmod), of which --mdev names devices
	  -o DIR    where results.json and ktap go, and vm-N with what the N-th guest left (default: build/vm-hostile)
	END
}

# options_parse ARGUMENT...: sets the variables below and the arrays options, for vm.sh, and arguments, for migcheck
options_parse() {
	out=$repo/build/vm-hostile root=${MIGCHECK_ROOT:-$repo/build/static}
	options=(--journal --append "$CHECKS") arguments=() limits=(--deadline 120) debug='' refdev=''
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		case $1 in
		-h | --help) help && exit 0 ;;
		--debug) debug=1 && shift && continue ;;
		--refdev) refdev=1 && shift && continue ;;
		--journal) shift && continue ;;
		esac
		[ $# -gt 1 ] || usage_error "$1 needs a value"
		case $1 in
		-o) out=$2 ;;
		--root) root=$2 ;;
		*) options+=("$1" "$2") ;;
		esac
		shift 2
	done
	if [ $# -lt 3 ] || [ "$2" != run ]; then usage_error "only run: -- run @1; see --help"; fi
	shift 2
	arguments=("$@")
	kernel_choose
	options+=(--root "$root")
}

# kernel_choose: what --debug and --refdev mean to vm.sh
kernel_choose() {
	local image headers='' module

	if [ -n "$debug" ]; then
		image=$("$repo/scripts/lab-kernel.sh" --debug) || exit
		headers=$("$repo/scripts/lab-kernel.sh" --debug tree) || exit
		options=(--kernel "$image" --timeout 1800 --append "$LAB_APPEND panic_on_warn=1" "${options[@]}")
		limits=(--deadline 300)
	fi
	if [ -n "$refdev" ]; then
		module=$("$repo/scripts/vm-kmod.sh" ${headers:+"$headers"}) || exit
		options+=(--module "$module")
	fi
}

# begun: the tests that a guest has begun so far
begun() { sed -n 's/^{"event":"start","test":"\([A-Za-z0-9_-]*\)".*/\1/p' "$out"/vm-*/events | sort -u; }

# gives_up N: did that guest leave a device? What it had not tried of that yet is for the next one.
gives_up() { grep -q '^{"event":"end",.*"abandoned":"' "$out/vm-$1/events" 2>/dev/null; }

# guest N: 0 where it came to its end, 1 where another has to go on
guest() {
	local before after excluded=() test

	mapfile -t before < <(begun 2>/dev/null)
	for test in "${before[@]}"; do
		excluded+=(-x "$test")
	done
	"$repo/scripts/vm.sh" "${options[@]}" -o "$out/vm-$1" -- run "${arguments[@]}" "${limits[@]}" --profile hostile "${excluded[@]}" \
		>/dev/null # a part of the truth
	status=$?
	[ "$status" != $EX_USAGE ] || exit $EX_USAGE
	[ "$status" = $EX_ENVIRONMENT ] || gives_up "$1" || return 0
	mapfile -t after < <(begun 2>/dev/null)
	[ ${#after[@]} -gt ${#before[@]} ] || environment_error "guest $1 has not begun a test: see $out/vm-$1"
	return 1
}

options_parse "$@"
mkdir -p "$out" 2>/dev/null
[ -w "$out" ] || environment_error "cannot write to $out"
rm -rf "$out"/vm-*
number=1
until guest $number || [ $number = $GUESTS ]; do
	number=$((number + 1))
done

parts=("$out"/vm-*)
given=()
for argument in "${arguments[@]}"; do
	[[ $argument =~ ^@[0-9]+(\?[a-z]+)?$ ]] || given+=("$argument")
done
printf '\n%s: %d guests; verdicts:\n' "${0##*/}" "$number"
"$root/migcheck" conclude "${parts[@]}" "${given[@]}" -o "$out"
