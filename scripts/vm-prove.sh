#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-prove.sh: proves defects and legal variants of the reference device in a real kernel. `vm-prove.sh --help` says
# how to call it.
#
# One guest with the reference driver and two devices of the profiles that most defects are made for; `migcheck prove
# --on` makes one defect after the other of them. Besides what the proof says, the kernel's log has to stay clean.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly DEVICES=(v1 v1 v2-full v2-full v2-stop v2-p2p v2-precopy)
readonly ALARM='BUG:|WARNING:|Oops|KASAN|UBSAN|possible circular|possible recursive|INFO: task .* blocked'
# Of every topic that a driver has a part in, for those who have no time for all.
readonly SAMPLE=(LAYOUT_SWAPPED READBACK_LAGS STOP_IS_QUEUED ZERO_IS_NOT_FINAL SPLIT_READ_REPEATS_START
	MAP_SHOWS_OTHER_PAGES CAPTURE_BEFORE_STOP INCOMPLETE_STREAM_LOADS WORK_ENDS_AFTER_STOP NARROW_READ_OVERRUNS
	CLOSE_KEEPS_DEVICE_STATE ARC_FORGOTTEN STATE_LAGS DMA_AFTER_STOP IRQ_AFTER_STOP GROUP_MOVE_REOPENS END_IS_ENOMSG
	SESSION_OUTLIVES_CLOSE INFO_IGNORES_ARGSZ INCREMENT_IS_LOST TRUNCATED_LOAD_SUCCEEDS RESET_KEEPS_STATE)

readonly FATAL=(BLOCKED_ARC_NEVER_RETURNS STALE_WRITE_CRASHES) # to the kernel that they are in

help() {
	cat <<-'END'
	usage: vm-prove.sh [--lab | --debug] [--root DIR] [-o DIR] [--sample | ARGS-OF-MIGCHECK-PROVE]
	  --lab       in the kernel of lab-kernel.sh, which logs dirty pages, instead of Debian's
	  --debug     in that of lab-kernel.sh --debug, where requests fail on demand
	  --root DIR  the static harness (default: as vm.sh)
	  -o DIR      where guest.log and kernel.log go (default: build/vm-prove)
	  --sample    about ten defects of each generation; default: all defects and all variants
	END
}

options=() kernel='' out=$repo/build/vm-prove
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) help && exit 0 ;;
	--lab | --debug) kernel=$1 && shift ;;
	--root) options+=(--root "${2:?}") && shift 2 ;;
	-o) out=${2:?} && shift 2 ;;
	--sample) shift && set -- "${SAMPLE[@]}" "$@" && break ;;
	*) break ;;
	esac
done

if [ -n "$kernel" ]; then
	lab=("$repo/scripts/lab-kernel.sh")
	[ "$kernel" = --lab ] || lab+=("$kernel")
	image=$("${lab[@]}") || exit
	headers=$("${lab[@]}" tree) || exit
	options+=(--kernel "$image" --append "$LAB_APPEND")
else
	headers=$("$repo/scripts/vm-kernel.sh" headers) || exit
fi
module=$("$repo/scripts/vm-kmod.sh" "$headers") || exit

# inert_without CONFIG NAME: what a kernel without CONFIG hides besides
inert=(--inert "$repo/fixtures/kmod/inert.txt")
inert_without() {
	grep -qs "^CONFIG_$1=y" "$headers/include/config/auto.conf" ||
		inert+=(--inert "$repo/fixtures/kmod/inert-$2.txt")
}
inert_without IOMMUFD_DRIVER nolog
inert_without FAILSLAB nofault

on=()
for i in "${!DEVICES[@]}"; do
	options+=(--mdev "${DEVICES[i]}")
	on+=(--on "@$((i + 1))")
done

# guest DIR TIMEOUT OPTION-OF-VM... -- ARGS-OF-MIGCHECK-PROVE
guest() {
	local dir=$1 timeout=$2 more=()
	shift 2
	while [ "$1" != -- ]; do
		more+=("$1") && shift
	done
	shift
	"$repo/scripts/vm.sh" "${options[@]}" "${more[@]}" --module "$module" --timeout "$timeout" -o "$dir" -- \
		prove --kind defect "${on[@]}" "${inert[@]}" "$@"
}

# All but those that end a guest, which get one each: preemptible, so that a driver in a loop does not stop the rest.
if [ $# -gt 0 ]; then
	guest "$out" 3600 -- "$@"
	status=$?
else
	guest "$out" 3600 -- "${FATAL[@]/#/-x}"
	status=$?
	guest "$out/variants" 3600 -- --kind variant || status=1
	for defect in "${FATAL[@]}"; do
		guest "$out/$defect" 300 --append preempt=full -- "$defect" || status=1
	done
fi
if grep -hE "$ALARM" "$out/kernel.log" "$out/variants/kernel.log" 2>/dev/null; then
	echo "${0##*/}: the kernel complains, see $out/kernel.log" >&2
	[ $status != 0 ] || status=1
fi
exit $status
