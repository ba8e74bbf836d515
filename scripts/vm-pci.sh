#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-pci.sh ROOT OUT: PCI functions of QEMU behind an emulated IOMMU, bound to VFIO by bind.sh and given back by
# `migcheck restore`, across a cut of the power. TAP; ROOT is the static harness, OUT gets the logs.
#
# The functions are an NVMe controller with SR-IOV, for which there is a variant driver, and a network card, for
# which there is none. None can migrate, so the verdict on them is "nothing could be tested".

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin

readonly QEMU='-machine q35 -device intel-iommu
	-device pcie-root-port,id=port1,chassis=1,slot=1 -device pcie-root-port,id=port2,chassis=2,slot=2
	-device nvme-subsys,id=subsys
	-device nvme,serial=migcheck,subsys=subsys,bus=port1,max_ioqpairs=6,msix_qsize=6,sriov_max_vfs=2,sriov_vq_flexible=4,sriov_vi_flexible=4
	-device e1000e,bus=port2'
readonly LOADS='nvme e1000e virtio_blk ext4'

# variant_build: our variant driver for the guest's kernel; its path
variant_build() {
	local headers
	local -r dir=$out/variant

	headers=$("$repo/scripts/vm-kernel.sh" headers) || exit
	cp -r "$repo/fixtures/kmod/variant" "$out/" || exit $EX_ENVIRONMENT
	# The headers come without what BTF of a module is made from.
	make -C "$headers" M="$dir" CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$out/variant.txt" 2>&1 ||
		environment_error "the variant driver does not build; see $out/variant.txt"
	echo "$dir/migcheck_variant.ko"
}

# boot NAME: the guest once; its exit status
boot() {
	local load loads=()

	for load in $LOADS; do
		loads+=(--load "$load")
	done
	"$repo/scripts/vm.sh" --root "$root" -o "$out/$1" --timeout 180 --append intel_iommu=on "${loads[@]}" --module "$variant" \
		--setup "$repo/tests/vm/pci_guest.sh" \
		--qemu "${QEMU//$'\n'/ } -drive if=none,id=disk,format=raw,file=$out/disk -device virtio-blk-pci,drive=disk" \
		-- run "vfio:$VF" >"$out/$1.txt" 2>&1
}

say_result() { # NAME OK
	if [ "$2" = 1 ]; then echo "ok $1"; else echo "not ok $1"; fi
}

# through NAME NUMBER: 1 where the guest's script came to its end
through() { grep -c "^# boot $2 is through" "$out/$1.txt"; }

[ $# = 2 ] || usage_error "which harness and where to: ROOT OUT"
root=$1 out=$2
readonly VF=0000:01:00.1 # of the first root port
rm -rf "$out" && mkdir -p "$out" && out=$(cd "$out" && pwd) || exit $EX_ENVIRONMENT
truncate -s 16M "$out/disk"
mkfs.ext4 -q "$out/disk" || environment_error "cannot make a disk"

variant=$(variant_build) || exit
boot power-cut
first=$?
boot bindings
second=$?
{
	grep -hE '^(ok|not ok|#)' "$out/power-cut.txt"
	say_result the_power_is_cut $((first == 99 && $(through power-cut 1)))
	grep -hE '^(ok|not ok|#)' "$out/bindings.txt"
	say_result verdict_nothing_could_be_tested $((second == 4 && $(through bindings 2)))
} | awk '$1 == "ok" { print "ok", ++n, $2; next }
	$1 == "not" { print "not ok", ++n, $3; bad = 1; next }
	{ print }
	END { print "1.." n; exit bad }'
