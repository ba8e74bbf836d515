# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# In the guest of scripts/vm-qemu.sh: QEMU 7.2, the last that speaks protocol v1, migrates the v1 reference device.
# A machine with the first mediated device is saved to a file while it runs, a second one with the second device is
# made from that file. The machines have no firmware but a HLT: what a driver would do, this script does through
# qtest. Prints TAP; busybox sh.

set -u
cd /carry || exit
BAR=0xfe000000 HEART=0x100000 # where the device's registers lie, and where it writes its heart beats
ID=0x56454452
test=0 failed=0

# ok STATUS NAME [SEEN]
ok() {
	test=$((test + 1))
	if [ "$1" = 0 ]; then
		echo "ok $test $2"
	else
		failed=$((failed + 1))
		echo "not ok $test $2${3:+ # $3}"
	fi
}

# is NAME SEEN WANTED
is() { [ $(($2)) = $(($3)) ]; ok $? "$1" "seen $2, wanted $3"; }

# machine_start NAME DEVICE ARGUMENT...
machine_start() {
	name=$1 device=$2
	shift 2
	mkfifo "$name.in" "$name.out" "$name.say"
	exec 3<>"$name.say" 4<>"$name.in" 5<>"$name.out" # none of these waits for a reader
	QEMU_MODULE_DIR=$PWD/modules ./ld.so --library-path lib ./qemu -L firmware -bios firmware/halt.bin -M pc -accel tcg -m 16 \
		-nodefaults -display none -device "vfio-pci,sysfsdev=/sys/bus/mdev/devices/$device,x-enable-migration=on,addr=4" \
		-qtest "pipe:$PWD/$name" -qtest-log /dev/null -monitor stdio -trace 'vfio_migration_*' -trace 'vfio_save_*' \
		-trace 'vfio_load_*' -trace 'vfio_update_pending' -D "$name.trace" "$@" \
		<"$name.say" >"$name.heard" 2>"$name.errors" &
	machine=$!
}

machine_end() {
	echo quit >&3
	(sleep 30 && kill -9 $machine) 2>/dev/null &
	wait $machine
	ok $? "$name ends in peace"
	exec 3>&- 4>&- 5>&-
}

# told TEXT QUESTION: waits until the monitor has said it, asking again and again; not for ever
told() {
	tries=0
	until grep -q "$1" "$name.heard"; do
		kill -0 $machine 2>/dev/null || return 1
		tries=$((tries + 1))
		[ $tries -le 120 ] || return 1
		echo "$2" >&3
		sleep 0.5
	done
}

# bus WORD...: a qtest command; its answer is in $answer
bus() {
	echo "$*" >&4
	# shellcheck disable=SC3045 # busybox has read -t
	while read -r -t 20 word answer <&5; do
		[ "$word" = OK ] && return
		[ "$word" != IRQ ] && return 1
	done
	return 1
}

reg_write() { bus writel $((BAR + $1)) "$2"; }
memory_read() { bus readl "$1" && echo "$answer" || echo -1; }
reg_read() { bus readl $((BAR + $1)) && echo "$answer" || echo -1; }

# pci_write OFFSET VALUE: of the device in slot 4
pci_write() { bus outl 0xcf8 $((0x80002000 + $1)) && bus outl 0xcfc "$2"; }

# machine_tell: what may explain a failure
machine_tell() {
	[ $failed != 0 ] || return 0
	sed "s/^/# $name: /" "$name.errors" "$name.trace"
	dmesg | grep -E 'WARNING|BUG|Oops|migcheck_refdev' | tail -n 5 | sed 's/^/# /'
}

# shellcheck disable=SC2046 # a list of names
set -- $(ls /sys/bus/mdev/devices)

machine_start source "$1"
told running 'info status' || true
pci_write 0x10 $BAR && pci_write 0x4 0x6
is "source has the device" "$(reg_read 0x0)" $ID
reg_write 0x40 0x6d696763
reg_write 0x44 0x0badcafe
reg_write 0x38 11 && reg_write 0x38 22 && reg_write 0x38 33
reg_write 0x10 $HEART && reg_write 0x8 3 # HEART and HEART_DMA
echo "migrate \"exec:cat >$PWD/stream\"" >&3
told 'Migration status: completed' 'info migrate'
ok $? "source is saved while it runs" "$(tail -n 3 source.heard | tr '\r\n' '  ')"
beats=$(reg_read 0xc)
[ $((beats)) -gt 0 ]
ok $? "source worked before it was stopped" "$beats beats"
is "its last heart beat is in memory" "$(memory_read $HEART)" "$beats"
is "source is silent after it was stopped" "$(reg_read 0xc)" "$beats"
grep -q 'vfio_migration_set_state.*state 2' source.trace
ok $? "source went through stop-and-copy"
machine_tell
machine_end

machine_start target "$2" -incoming "exec:cat $PWD/stream"
told 'VM status: running' 'info status'
ok $? "target runs" "$(tail -n 3 target.heard | tr '\r\n' '  ')"
is "target has the device" "$(reg_read 0x0)" $ID
is "first register survives" "$(reg_read 0x40)" 0x6d696763
is "second register survives" "$(reg_read 0x44)" 0x0badcafe
is "fifo survives" "$(reg_read 0x38) * 10000 + $(reg_read 0x38) * 100 + $(reg_read 0x38)" 112233
[ $(($(reg_read 0xc))) -ge $((beats)) ]
ok $? "heart goes on where it was stopped" "before: $beats"
seen=$(memory_read $HEART)
[ $((seen)) -ge $((beats)) ]
ok $? "heart beats arrive in the target's memory" "before: $beats, memory: $seen"
machine_tell
machine_end

echo "1..$test"
