#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bind.sh on a machine made of files: which driver it takes, and whom it leaves alone. Real devices are bound in
# the guest of `make vm-pci`.
#
#   tests/cli/bind_test.sh
set -u
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
number=0 bad=0
bdf=0000:3b:00.2

# machine: a fresh one, with an unused function at $dev that is bound to mlx5_core
machine() {
	top=$tmp/top pci=$tmp/top/sys/bus/pci dev=$tmp/top/sys/bus/pci/devices/$bdf
	rm -rf "$top"
	mkdir -p "$pci/drivers/mlx5_core" "$pci/drivers/vfio-pci" "$dev" "$top/sys/kernel/iommu_groups/7/devices" \
		"$top/sys/class/block" "$top/proc/self" "$top/proc/4711/fd" "$top/lib/modules/$(uname -r)"
	echo pci:v000015B3d0000101Esv000015B3sd00000001bc02sc00i00 >"$dev/modalias"
	echo 0x020000 >"$dev/class"
	echo 0x15b3 >"$dev/vendor" && echo 0x101e >"$dev/device" && echo '(null)' >"$dev/driver_override"
	ln -s ../../drivers/mlx5_core "$dev/driver"
	ln -s ../../../../kernel/iommu_groups/7 "$dev/iommu_group"
	ln -s "$dev" "$top/sys/kernel/iommu_groups/7/devices/$bdf"
	cat >"$top/lib/modules/$(uname -r)/modules.alias" <<-END
		alias pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_core
		alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci
		alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci
		alias vfio_pci:v000015B3d0000101Esv*sd*bc02sc*i* nearer_vfio_pci
		alias vfio_pci:v00008086d0000101Esv*sd*bc*sc*i* other_vfio_pci
	END
}

# neighbour DRIVER: another function of the same group
neighbour() {
	mkdir -p "$pci/devices/0000:3b:00.3" "$pci/drivers/$1"
	ln -s "../../drivers/$1" "$pci/devices/0000:3b:00.3/driver"
	ln -s "$pci/devices/0000:3b:00.3" "$top/sys/kernel/iommu_groups/7/devices/"
}

# disk: an NVMe disk with a partition, the disk being that of several controllers
disk() {
	mkdir -p "$dev/nvme/nvme0/nvme0c1n1" "$top/sys/class/block/nvme0n1/nvme0n1p2/holders" \
		"$top/sys/class/block/nvme0n1p2"
	touch "$dev/nvme/nvme0/nvme0c1n1/size" "$top/sys/class/block/nvme0n1/nvme0n1p2/partition"
	echo 259:2 >"$top/sys/class/block/nvme0n1p2/dev"
}

# expect NAME STATUS PATTERN ARGUMENT...: of bind.sh, whose last word is on either stream
expect() {
	local name=$1 status=$2 pattern=$3 got
	shift 3
	number=$((number + 1))
	MIGCHECK_ROOT_DIR=$top scripts/bind.sh "$@" >"$tmp/out" 2>&1
	got=$?
	if [ "$got" = "$status" ] && grep -qE -- "$pattern" "$tmp/out"; then
		echo "ok $number $name"
	else
		bad=1
		echo "# exit $got, wanted $status and '$pattern'"
		sed 's/^/#   /' "$tmp/out"
		echo "not ok $number $name"
	fi
}

dry() { expect "$1" "$2" "$3" --dry-run "$bdf"; }

echo "TAP version 13"

machine
dry closest_alias_wins 0 'mlx5_core -> nearer_vfio_pci$'
sed -i /nearer/d "$top"/lib/modules/*/modules.alias
dry variant_driver_beats_vfio_pci 0 'mlx5_core -> mlx5_vfio_pci$'
sed -i /mlx5_vfio/d "$top"/lib/modules/*/modules.alias
dry other_devices_take_vfio_pci 0 'mlx5_core -> vfio-pci$'
printf 'ext4.license=GPL\0mlx5_vfio_pci.alias=vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*\0' \
	>"$top/lib/modules/$(uname -r)/modules.builtin.modinfo"
dry built_in_drivers_count 0 'mlx5_core -> mlx5_vfio_pci$'
expect short_address 0 '^0000:3b:00.2: ' --dry-run 3B:00.2
expect no_address 64 'no address' 3b:00
expect no_argument 64 'which device'
expect no_such_function 99 'no PCI function' 0000:ff:00.0
mkdir -p "$top/sys/module/mlx5_vfio_pci/drivers/pci:mlx5-vfio"
ln -sfn ../../drivers/mlx5-vfio "$dev/driver" && mkdir -p "$pci/drivers/mlx5-vfio"
expect bound_already 0 'is bound to mlx5-vfio' "$bdf"

machine && mkdir -p "$dev/net/eth0" && echo 0x1002 >"$dev/net/eth0/flags"
dry interface_that_is_down 0 vfio
echo 0x1003 >"$dev/net/eth0/flags"
dry interface_that_is_up 99 'eth0 is up'

machine && disk
dry disk_without_users 0 vfio
echo '30 1 259:2 / /srv rw - ext4 /dev/nvme0n1p2 rw' >"$top/proc/self/mountinfo"
dry disk_that_is_mounted 99 'nvme0n1p2 is mounted on /srv'
machine && disk && echo '/dev/nvme0n1p2 partition 1 0 -2' >"$top/proc/swaps"
dry disk_that_is_swapped_to 99 'nvme0n1p2 is swapped to'
machine && disk && mkdir -p "$top/sys/class/block/nvme0n1p2/holders/dm-0"
dry disk_of_another_device 99 'nvme0n1p2 is part of dm-0'
machine && disk && ln -s /dev/nvme0n1 "$top/proc/4711/fd/3"
dry disk_that_is_open 99 '/dev/nvme0n1 open'
machine && ln -s /dev/vfio/7 "$top/proc/4711/fd/3"
dry group_that_is_open 99 '/dev/vfio/7 open'

machine && neighbour pcieport
dry bridge_in_its_group 0 vfio
machine && neighbour nvme
dry neighbour_with_a_driver 99 '0000:3b:00.3 .*nvme'
machine && rm "$dev/iommu_group"
dry no_iommu 99 'no IOMMU group'
mkdir -p "$top/sys/module/vfio/parameters" && echo Y >"$top/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
dry no_iommu_allowed 0 vfio
machine && echo 2 >"$dev/sriov_numvfs"
dry virtual_functions 99 'virtual functions'
machine && echo 0x060400 >"$dev/class"
dry bridge 99 'is a bridge'
machine && echo 1 >"$dev/boot_vga"
dry display 99 display

echo "1..$number"
exit $bad
