#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest of scripts/vm-unload.sh, with the reference driver inserted: unloads it with and without users, and
# makes it one whose data descriptors do not keep it, which migcheck has to notice. TAP, without a plan.
#
# shellcheck disable=SC2317,SC2120 # the functions are called by check

readonly DRIVER=migcheck_refdev
module=$(echo /modules/*-given-$DRIVER.ko)

uuid_of() { printf '6d696763-6865-636b-0000-%012d' "$1"; }

check() { # NAME COMMAND...
	name=$1
	shift
	dmesg -c >/dev/null
	if "$@" >/tmp/out 2>&1 && ! dmesg | grep -E 'BUG|WARNING|Oops' >>/tmp/out; then
		echo "ok $name"
	else
		echo "# exit $?: $*"
		sed 's/^/#   /' /tmp/out
		echo "not ok $name"
	fi
}

devices() { # TYPE...: made anew, numbered from 1
	number=0
	for type in "$@"; do
		number=$((number + 1))
		uuid_of $number >"/sys/class/mdev_bus/$DRIVER/mdev_supported_types/$DRIVER-$type/create" || return
	done
}

insert() { insmod "$module" "$@" && devices v1 v2-full; }

gone() { rmmod $DRIVER && [ ! -e /sys/module/$DRIVER ] && [ -z "$(ls /sys/bus/mdev/devices)" ]; }

judge() { /migcheck/migcheck run "vfio:$(uuid_of 2)" -t 'v2_unload*' "$@"; }

exits() { # STATUS PATTERN COMMAND...
	wanted=$1 pattern=$2
	shift 2
	"$@" >/tmp/said 2>&1
	got=$?
	cat /tmp/said
	[ "$got" = "$wanted" ] && grep -q -- "$pattern" /tmp/said
}

# Tests open a device again and again, and whenever one has it open the driver is told to go; by then it may be free.
besieged() {
	rm -f /tmp/over /tmp/refused
	while [ ! -e /tmp/over ]; do
		[ "$(cat /sys/module/$DRIVER/refcnt)" = 0 ] && continue
		if rmmod $DRIVER 2>/tmp/why; then insert; else cat /tmp/why >>/tmp/refused; fi
	done &
	for _ in 1 2 3 4 5; do
		/migcheck/migcheck run "vfio:$(uuid_of "$1")" -t "$2" -o "/tmp/siege"
		[ ! -s /tmp/refused ] || break
	done
	touch /tmp/over
	wait
	sort /tmp/refused | uniq -c
	[ -s /tmp/refused ]
}

check goes_with_its_devices gone
check comes_again insert
check stays_for_descriptors exits 0 ' 0 violated' judge --profile hostile
check goes_after_its_users gone
check comes_once_more insert
check survives_attempts_with_v1_in_use besieged 1 'v1_state*'
check survives_attempts_with_v2_in_use besieged 2 'v2_fsm*'
check goes_after_the_attempts gone
check comes_without_an_owner insert unowned=1
check that_is_noticed exits 1 V2-FD-020 judge --profile strict
check the_unowned_goes gone
check comes_for_the_verdict insert
echo '# the script is through'
