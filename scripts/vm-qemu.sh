#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-qemu.sh [OPTION OF vm.sh]...: does a real client accept the reference device as a driver? Boots a guest in which
# QEMU saves and restores a machine with it, see vm-qemu-guest.sh. Prints TAP; the exit status is 1 where a test
# failed.
#
# QEMU 7.2 of Debian 12 is the last that speaks protocol v1; it comes into the guest with its libraries.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# qemu_stage DIR: QEMU, what it loads, and a firmware that halts
qemu_stage() {
	local qemu library module

	qemu=$(command -v qemu-system-x86_64) || environment_error "no qemu-system-x86_64: scripts/deps.sh vm installs it"
	mkdir -p "$1/lib" "$1/modules" "$1/firmware"
	ln -s "$qemu" "$1/qemu"
	while read -r library; do
		case $library in
		*/ld-linux*) ln -s "$library" "$1/ld.so" ;;
		*) ln -s "$library" "$1/lib/" ;;
		esac
	done < <(ldd "$qemu" | grep -o '/[^ ]*')
	for module in /usr/lib/*/qemu/accel-tcg-x86_64.so /usr/lib/qemu/accel-tcg-x86_64.so; do
		[ ! -e "$module" ] || ln -s "$module" "$1/modules/"
	done
	head -c 65536 /dev/zero | tr '\0' '\364' >"$1/firmware/halt.bin"
	find -L /usr/share/seabios /usr/share/qemu \( -name kvmvapic.bin -o -name linuxboot_dma.bin \) \
		-exec ln -sf -t "$1/firmware" {} + 2>/dev/null
}

qemu-system-x86_64 --version | grep -Eq 'version (5\.[2-9]|6|7)\.' ||
	environment_error "protocol v1 needs a QEMU from 5.2 to 7.2; here is $(qemu-system-x86_64 --version | head -n 1)"
dir=$(mktemp -d) || exit $EX_ENVIRONMENT
trap 'rm -rf "$dir"' EXIT
qemu_stage "$dir"
module=$("$repo/scripts/vm-kmod.sh") || exit
"$repo/scripts/vm.sh" --module "$module" --mdev v1 --mdev v1 --setup "$repo/scripts/vm-qemu-guest.sh" --carry "$dir" \
	"$@" -- explain V1-PEND-001 >"$dir/told" || exit
sed '/^1\.\./q' "$dir/told"
grep -q '^1\.\.' "$dir/told" || environment_error "the guest broke off its story"
! grep -q '^not ok' "$dir/told"
