#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The first process of the guest that scripts/vm.sh boots: inserts the modules, creates the mediated devices, runs
# migcheck, hands over its results, ends the machine. Written for busybox. Of the kernel it needs scripts as
# executables, devtmpfs, tmpfs, the 8250 console and /dev/port; modules only where there are some to insert.
#
# The kernel's console is ttyS0. On ttyS1 the host reads lines: those that start with the byte 0x1e are for vm.sh
# (NAME LINE), all others are what migcheck printed.
#	ktap, events	a line that was added to that file of the results
#	tar		base64 of a tar.gz of the results
#	end		the exit status

/bin/busybox mkdir -p /bin /proc /sys /dev /tmp /results
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp TERM=dumb NO_COLOR=1

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tmpfs tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /results
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr

stty -F /dev/ttyS1 115200 raw -echo
stty -F /dev/ttyS2 115200 raw -echo 2>/dev/null # there with vm.sh --journal
exec </dev/null >/dev/ttyS1 2>&1
debug=/sys/kernel/debug
mark=$(printf '\036')

# end STATUS: hands over what there is and ends the machine; qemu exits with twice the byte written, plus 1
end() {
	tar -C /results -cz . 2>/dev/null | base64 | sed "s/^/${mark}tar /"
	echo "${mark}end $1"
	stty -F /dev/ttyS1 raw # returns when all is out
	echo $((16 + $1)) | awk '{ printf "%c", $1 }' | dd of=/dev/port bs=1 seek=244 conv=notrunc 2>/dev/null
	poweroff -f
}

fail() {
	echo "vm: $*"
	end 99
}

# mdev_create TYPE UUID: at the first parent that has room
mdev_create() {
	for create in /sys/class/mdev_bus/*/mdev_supported_types/"$1"/create \
		/sys/class/mdev_bus/*/mdev_supported_types/*-"$1"/create; do
		[ -e "$create" ] && echo "$2" 2>/dev/null >"$create" && return
	done
	fail "no mediated device of type $1 can be made; there is" \
		"$(find /sys/class/mdev_bus/*/mdev_supported_types/ -mindepth 1 -maxdepth 1 2>/dev/null | sed 's,.*/,,' | xargs)"
}

# mdev_configure TEXT UUID
mdev_configure() {
	echo "$1" >"/sys/bus/mdev/devices/$2/config" || fail "device $2 cannot be configured as $1"
}

# unload: the given modules go, and their devices with them
unload() {
	find /modules -name '*-given-*' | sort -r | sed -n 's/.*-given-\(.*\)\.ko$/\1/p' | while read -r module; do
		rmmod "$module" && continue
		echo "vm: the driver $module cannot be unloaded"
		return 1
	done
}

# watch_begin, watch_end: what a kernel for tests knows of the time between them, the end of the given drivers
# included. Leaks younger than some seconds are not yet leaks to kmemleak. A driver that stays fails like one that
# leaks, and what else there is to know is told all the same.
watch_begin() {
	echo clear 2>/dev/null >$debug/kmemleak
	echo 1 2>/dev/null >$debug/gcov/reset
}

watch_end() {
	local bad=0

	unload || bad=1
	if [ -e $debug/gcov ]; then
		find $debug/gcov -name '*.gcda' | while read -r counts; do
			mkdir -p "/results/gcov/$(dirname "${counts#"$debug/gcov"}")"
			cat "$counts" >"/results/gcov/${counts#"$debug/gcov"}"
		done
	fi
	[ -e $debug/kmemleak ] || return $bad
	echo scan >$debug/kmemleak
	sleep 6
	echo scan >$debug/kmemleak
	cat $debug/kmemleak >/results/kmemleak
	[ -s /results/kmemleak ] || return $bad
	echo "vm: memory was lost, see kmemleak: $(grep -c '^unreferenced' /results/kmemleak) objects"
	return 1
}

# follow NAME: what a file of the results holds survives a kernel that does not
follow() {
	tail -n +1 -F "/results/$1" 2>/dev/null | while IFS= read -r line; do
		printf '%s%s %s\n' "$mark" "$1" "$line"
	done &
}

for module in /modules/*-base-*.ko; do
	[ -e "$module" ] && ! insmod "$module" && echo "vm: cannot insert ${module##*-}"
done
for module in /modules/*-given-*.ko; do
	[ -e "$module" ] && ! insmod "$module" && fail "cannot insert ${module##*-}"
done

mdevs='' watch=''
# shellcheck source=/dev/null
. /vm.conf # sets them, and the arguments of migcheck
for mdev in $mdevs; do
	type=${mdev%%=*} uuid=${mdev#*=}
	mdev_create "${type%%+*}" "$uuid"
	[ "${type#*+}" = "$type" ] || mdev_configure "+${type#*+}" "$uuid"
done
cd /
if [ -e /setup.sh ]; then
	sh /setup.sh || fail "the script of --setup ended with $?"
fi

follow ktap
follow events
[ -z "$watch" ] || watch_begin
/migcheck/migcheck "$@"
status=$?
if [ -n "$watch" ] && ! watch_end; then
	case $status in
	0 | 4 | 99) status=1 ;; # what was seen counts before what could not be
	esac
fi
case $status in
0 | 1 | 4 | 64 | 99) end $status ;;
*) fail "migcheck ended with $status" ;;
esac
