#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# bind.sh [--dry-run] BDF: binds a PCI function to the driver that can migrate it.
# bind.sh --restore: brings back all that was bound so (migcheck restore).
#
# The driver is the one among the kernel's vfio_pci aliases that names the device most closely: a variant driver
# where there is one, vfio-pci otherwise. A function that somebody uses is refused: its network interface is up,
# its disks are mounted, swapped to or part of another device, a process has one of its files open, it has virtual
# functions, or others of its IOMMU group have drivers of their own.
#
# Before anything is changed, a record of how it was goes to the disk, to MIGCHECK_STATE (/var/lib/migcheck)
# /bindings/BDF, lines of "NAME VALUE", "-" for what there was none of:
#	device ID	0xVENDOR:0xDEVICE
#	driver NAME	that it was bound to
#	override NAME	its driver_override
# So a machine can be brought back after a crash or a loss of power too. A record that is there already is of
# the time before an earlier binding and stays. Modules that were loaded stay loaded.
#
# Exit status: 0 bound, 64 usage, 99 refused or failed. For any POSIX shell: guests and initramfs have no other.
# MIGCHECK_ROOT_DIR stands before /sys, /proc and /lib, for tests.

set -u
PATH=$PATH:/usr/sbin:/sbin
top=${MIGCHECK_ROOT_DIR:-}
pci=$top/sys/bus/pci
state=${MIGCHECK_STATE:-$top/var/lib/migcheck}/bindings

die() {
	printf '%s: %s\n' "${0##*/}" "$2" >&2
	exit "$1"
}

refuse() { die 99 "$bdf is in use: $1"; }

usage() {
	cat <<-END
	usage: ${0##*/} [--dry-run] BDF
	       ${0##*/} --restore
	Binds a PCI function to the VFIO driver that fits it best, or says who uses it.
	--restore (migcheck restore) brings back all functions that were bound so.

	  ${0##*/} 0000:3b:00.2
	  ${0##*/} --dry-run 3b:00.2
	END
}

# link_name LINK: last part of what it points at, "-" where there is none
link_name() {
	if [ -e "$1" ]; then
		set -- "$(readlink "$1")"
		echo "${1##*/}"
	else
		echo -
	fi
}

read_or() { # DEFAULT FILE
	if ! cat "$2" 2>/dev/null; then echo "$1"; fi
}

# ---- which driver

# aliases: "PATTERN MODULE" of all vfio_pci drivers of the running kernel, built in ones too
aliases() {
	modules=$top/lib/modules/$(uname -r)
	sed -n 's/^alias \(vfio_pci:[^ ]*\) \(.*\)/\1 \2/p' "$modules/modules.alias" 2>/dev/null
	tr '\0' '\n' 2>/dev/null <"$modules/modules.builtin.modinfo" |
		sed -n 's/^\([^.]*\)\.alias=\(vfio_pci:.*\)/\2 \1/p'
}

# module_choose MODALIAS: the module whose alias matches with the fewest wildcards
module_choose() {
	best=0 chosen=vfio_pci
	while read -r pattern module; do
		# shellcheck disable=SC2254 # a pattern it is
		case vfio_$1 in
		$pattern) ;;
		*) continue ;;
		esac
		length=$(printf %s "$pattern" | tr -d '*' | wc -c)
		[ "$length" -gt "$best" ] && best=$length chosen=$module
	done <<-END
	$(aliases)
	END
	echo "$chosen"
}

# driver_of MODULE: as the PCI bus calls it, "" where it is not there
driver_of() {
	for found in "$top/sys/module/$1/drivers"/pci:*; do
		[ -e "$found" ] && echo "${found##*/pci:}" && return
	done
	for found in "$1" "$(echo "$1" | tr _ -)"; do
		[ -d "$pci/drivers/$found" ] && echo "$found" && return
	done
}

# ---- who uses it

# disks: names of its block devices and their partitions, as /sys/class/block has them
disks() {
	find "$dev/" -path '*/block/*' -o -path '*/nvme/nvme*/nvme*' 2>/dev/null | while read -r disk; do
		[ -e "$disk/size" ] || continue
		echo "${disk##*/}"
		# a path of a disk that several controllers share: the disk itself is elsewhere
		echo "${disk##*/}" | sed -n 's/^\(nvme[0-9]*\)c[0-9]*\(n[0-9]*\)$/\1\2/p'
	done | sort -u | while read -r disk; do
		echo "$disk"
		for part in "$top/sys/class/block/$disk/$disk"*; do
			[ -e "$part/partition" ] && echo "${part##*/}"
		done
	done
}

disks_are_free() {
	for disk in $(disks); do
		number=$(read_or - "$top/sys/class/block/$disk/dev")
		where=$(awk -v number="$number" '$3 == number { print $5; exit }' "$top/proc/self/mountinfo" 2>/dev/null)
		[ -z "$where" ] || refuse "$disk is mounted on $where"
		grep -qs "^/dev/${disk}[[:space:]]" "$top/proc/swaps" && refuse "$disk is swapped to"
		for holder in "$top/sys/class/block/$disk/holders"/*; do
			[ ! -e "$holder" ] || refuse "$disk is part of ${holder##*/}"
		done
	done
}

network_is_down() {
	for net in "$dev"/net/*; do
		[ -r "$net/flags" ] || continue
		[ $(($(cat "$net/flags") & 1)) = 0 ] || refuse "network interface ${net##*/} is up"
	done
}

# files: paths below /dev of all that belongs to it
files() {
	find "$dev/" -name dev 2>/dev/null | while read -r found; do
		sed -n 's/^DEVNAME=/\/dev\//p' "${found%/dev}/uevent" 2>/dev/null
	done
	disks | sed 's/^/\/dev\//'
	[ "$group" = - ] || echo "/dev/vfio/$group"
}

files_are_closed() {
	files | sort -u >"$tmp/files"
	# shellcheck disable=SC2012 # busybox has no find -printf
	ls -l "$top"/proc/[0-9]*/fd 2>/dev/null | sed -n 's/.* -> //p' | sort -u >"$tmp/open"
	found=$(grep -Fxf "$tmp/files" "$tmp/open" | head -n 1)
	[ -z "$found" ] || refuse "a process has $found open"
}

group_is_free() {
	if [ "$group" = - ]; then
		case $(read_or N "$top/sys/module/vfio/parameters/enable_unsafe_noiommu_mode") in
		Y) echo "${0##*/}: no IOMMU: the device can reach all memory" >&2 ;;
		*) die 99 "$bdf has no IOMMU group: boot with the IOMMU on (intel_iommu=on), or allow vfio's no-IOMMU mode" ;;
		esac
		return
	fi
	for other in "$dev/iommu_group/devices"/*; do
		theirs=$(link_name "$other/driver")
		[ "${other##*/}" = "$bdf" ] && continue
		case $theirs in
		- | pcieport | *vfio*) ;;
		*) refuse "${other##*/} of the same IOMMU group is bound to $theirs" ;;
		esac
	done
}

device_is_free() {
	case $(read_or 0x000000 "$dev/class") in
	0x06*) die 99 "$bdf is a bridge" ;;
	esac
	[ "$(read_or 0 "$dev/boot_vga")" = 0 ] || refuse "it is the console's display"
	[ "$(read_or 0 "$dev/sriov_numvfs")" = 0 ] || refuse "it has virtual functions (sriov_numvfs)"
	network_is_down
	disks_are_free
	files_are_closed
	group_is_free
}

# ---- the change

# record_write: on the disk when it returns, whole or not at all
record_write() {
	id=$(cat "$dev/vendor"):$(cat "$dev/device")
	grep -qsx "device $id" "$state/$bdf" && return
	mkdir -p "$state" && {
		echo "device $id"
		echo "driver $was"
		echo "override $(read_or - "$dev/driver_override" | sed 's/^(null)$/-/; s/^$/-/')"
	} | dd of="$state/.$bdf" conv=fsync 2>/dev/null && mv "$state/.$bdf" "$state/$bdf" && sync
}

device_bind() {
	echo "$driver" >"$dev/driver_override" || return
	[ "$was" = - ] || echo "$bdf" >"$dev/driver/unbind" || return
	echo "$bdf" >"$pci/drivers_probe" || return
	[ "$(link_name "$dev/driver")" = "$driver" ]
}

restore() {
	here=$(cd "$(dirname "$0")" && pwd)
	for tool in "$here/../build/migcheck" "$here/migcheck" migcheck; do
		command -v "$tool" >/dev/null && exec "$tool" restore
	done
	die 99 "migcheck is not here to restore with; the records are in $state"
}

dry=
case ${1:-} in
--help | -h) usage && exit ;;
--restore) [ $# = 1 ] || die 64 "--restore takes no device" && restore ;;
--dry-run | -n) dry=1 && shift ;;
esac
[ $# = 1 ] || die 64 "which device: ${0##*/} 0000:3b:00.2; see --help"
bdf=$(echo "$1" | tr A-F a-f)
case $bdf in
*:*:*.*) ;;
*:*.*) bdf=0000:$bdf ;;
esac
echo "$bdf" | grep -qE '^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$' || die 64 "$1 is no address of a PCI function"
dev=$pci/devices/$bdf
[ -d "$dev" ] || die 99 "there is no PCI function $bdf"

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' INT TERM HUP
module=$(module_choose "$(cat "$dev/modalias")")
was=$(link_name "$dev/driver")
group=$(link_name "$dev/iommu_group")
driver=$(driver_of "$module")
if [ -n "$driver" ] && [ "$was" = "$driver" ]; then
	echo "$bdf is bound to $driver"
	exit
fi
device_is_free
if [ -n "$dry" ]; then
	echo "$bdf: $was -> ${driver:-$module}"
	exit
fi
[ -w "$dev/driver_override" ] || die 99 "cannot write to $dev/driver_override: run as root"
[ -n "$driver" ] || modprobe "$module" || die 99 "cannot load $module"
driver=$(driver_of "$module")
[ -n "$driver" ] || die 99 "$module is no driver of PCI functions"
record_write || die 99 "cannot write to $state: nothing was changed"
device_bind || die 99 "the kernel does not bind $bdf to $driver; \`migcheck restore\` brings it back, the kernel log may say why"
echo "$bdf: $was -> $driver"
echo "migcheck run vfio:$bdf judges it, migcheck restore brings it back"
