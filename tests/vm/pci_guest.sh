#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest of scripts/vm-pci.sh, with an NVMe controller that has virtual functions, a network card and a disk:
# binds them with bind.sh, breaks things, and brings them back with `migcheck restore`. TAP, without a plan.
#
# The disk outlives the guest and holds the records of bind.sh. In the first boot the guest ends with the power
# cut, after it has bound the card; the second boot finds the record.
#
# shellcheck disable=SC2317 # the functions are called by check

export MIGCHECK_STATE=/mnt/state

# function_of CLASS: address of the first function of that class
function_of() {
	for dev in /sys/bus/pci/devices/*; do
		case $(cat "$dev/class") in
		"$1"*) echo "${dev##*/}" && return ;;
		esac
	done
}

driver_of() {
	if [ -e "/sys/bus/pci/devices/$1/driver" ]; then
		basename "$(readlink "/sys/bus/pci/devices/$1/driver")"
	else
		echo none
	fi
}

check() { # NAME COMMAND...
	name=$1
	shift
	if "$@" >/tmp/out 2>&1; then
		echo "ok $name"
	else
		echo "# exit $?: $*"
		sed 's/^/#   /' /tmp/out
		echo "not ok $name"
	fi
}

exits() { # STATUS PATTERN COMMAND...
	wanted=$1 pattern=$2
	shift 2
	"$@" >/tmp/said 2>&1
	got=$?
	cat /tmp/said
	[ "$got" = "$wanted" ] && grep -q -- "$pattern" /tmp/said
}

has_driver() { [ "$(driver_of "$1")" = "$2" ]; }
no_records() { [ -z "$(ls /mnt/state/bindings 2>/dev/null)" ]; }

killed_run() { # the harness goes with a device in its hands
	/migcheck/migcheck run "vfio:$1" >/dev/null 2>&1 &
	sleep 0.2
	kill -9 $!
	wait $!
	[ $? = 137 ] && nobody_stays
}

nobody_stays() { # what it has started dies with it, soon
	for _ in $(seq 50); do
		grep -qx migcheck /proc/[0-9]*/comm 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

held() { # restore, while another process has the group open
	sleep 1000 <>"/dev/vfio/$(basename "$(readlink "/sys/bus/pci/devices/$1/iommu_group")")" &
	sleep 0.2
	exits 99 'open by process' /migcheck/migcheck restore
	status=$?
	kill $!
	wait $! 2>/dev/null
	return "$status"
}

mkdir -p /mnt && mount -t ext4 /dev/vda /mnt || exit
nvme=$(function_of 0x010802) net=$(function_of 0x020000) blk=$(function_of 0x010000)

if [ ! -e /mnt/booted ]; then
	touch /mnt/booted && sync
	check refuses_an_interface_that_is_up sh -c "ip link set eth0 up"
	check and_says_so exits 99 'eth0 is up' /migcheck/bind.sh "$net"
	ip link set eth0 down
	check binds_the_card exits 0 'e1000e -> vfio-pci' /migcheck/bind.sh "$net"
	check the_card_is_bound has_driver "$net" vfio-pci
	echo '# boot 1 is through'
	stty -F /dev/ttyS1 raw # returns when all is out
	echo b >/proc/sysrq-trigger
fi

check the_record_outlived_the_power grep -qx 'driver e1000e' "/mnt/state/bindings/$net"
check the_reboot_brought_the_card_back has_driver "$net" e1000e
check restore_sees_that exits 0 "$net is back with e1000e" /migcheck/migcheck restore
check and_forgets_the_record no_records

check refuses_a_mounted_disk exits 99 'mounted on /mnt' /migcheck/bind.sh "$blk"
check the_mounted_disk_works touch /mnt/state/touched

vf=$(echo "$nvme" | sed 's/0$/1/')
echo 0 >"/sys/bus/pci/devices/$nvme/sriov_drivers_autoprobe"
check virtual_functions_appear sh -c "echo 2 >/sys/bus/pci/devices/$nvme/sriov_numvfs"
check refuses_their_parent exits 99 'virtual functions' /migcheck/bind.sh "$nvme"
check binds_a_virtual_function exits 0 "$vf: - -> migcheck-variant" /migcheck/bind.sh "$vf"
check a_second_time_is_no_harm exits 0 'is bound to migcheck-variant' /migcheck/bind.sh "$vf"
check nothing_can_be_tested exits 4 'no migration' /migcheck/migcheck run "vfio:$vf"
check binds_the_card_again exits 0 'e1000e -> vfio-pci' /migcheck/bind.sh "$net"
check restore_waits_for_nobody held "$net"
check it_took_the_free_one has_driver "$vf" none
check binds_the_function_again exits 0 "$vf: - -> migcheck-variant" /migcheck/bind.sh "$vf"
check the_harness_is_killed killed_run "$vf"
check both_are_bound_still sh -c "[ $(driver_of "$vf") = migcheck-variant ] && [ $(driver_of "$net") = vfio-pci ]"
check restore_brings_both_back exits 0 "$net is back with e1000e" /migcheck/migcheck restore
check the_card_is_back has_driver "$net" e1000e
check the_function_has_no_driver has_driver "$vf" none
check no_override_stays grep -qx '(null)' "/sys/bus/pci/devices/$net/driver_override"
check no_record_stays no_records
check restore_again_is_no_harm exits 0 'nothing' /migcheck/migcheck restore
check the_interface_is_there ip link show eth0
check bind_restores_too exits 0 'migcheck-variant' /migcheck/bind.sh "$vf"
check as_migcheck_does exits 0 "$vf is back with no driver" /migcheck/bind.sh --restore

check binds_it_for_the_verdict exits 0 migcheck-variant /migcheck/bind.sh "$vf"
umount /mnt
echo '# boot 2 is through'
exit 0
