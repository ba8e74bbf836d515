#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm.sh: boots a kernel in QEMU with the harness inside, judges mediated devices there, brings the results out.
# `vm.sh --help` says how to call it. The exit status is that of migcheck, and 99 where the guest died.
#
# The guest is one initramfs: busybox, VFIO's modules, the harness, and scripts/vm-init.sh as its first process.
# Software emulation with one processor runs everywhere and is quick enough. The verdict comes twice, as QEMU's exit
# status and as a line on the guest's second serial port, and both must agree: a kernel that panics ends QEMU just
# as a clean power-off does.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

help() {
	cat <<-'END'
	usage: vm.sh [OPTION]... -- ARGS-OF-MIGCHECK
	  --kernel BZIMAGE  boot this kernel (default: Debian's newest 6.12; that of $KSRC where one was built there)
	  --module FILE.ko  insert it behind VFIO's own modules; may be repeated (default: mtty)
	  --mdev TYPE       create a mediated device of that type; may be repeated (default: mtty-2). Of TYPE+TEXT
	                    the part from the plus on is written to the device's own attribute config
	  --load NAME       insert a module of the kernel's own and what it needs; may be repeated
	  --setup FILE      run this script (of busybox's shell) in the guest before migcheck; with it no mediated
	                    device is made unless --mdev asks for one
	  --carry DIR       the guest has what is in DIR, as /carry
	  --qemu ARGS       add to QEMU's command line, words separated by blanks
	  --append ARGS     add to the kernel's command line
	  --timeout S       end the guest after that many seconds (default: 300)
	  --journal         keep what migcheck tells in -o as it tells it, and put the calls into the kernel's log
	  --watch           end with what a kernel for tests knows: drivers that cannot be unloaded and leaks that kmemleak
	                    has found make the exit status 1; these lie in -o as kmemleak, counts of gcov below gcov
	  --root DIR        the static harness: migcheck and what it needs (default: $MIGCHECK_ROOT, else build/static)
	  -o DIR            where results.json, ktap, kernel.log and guest.log go (default: build/vm)
	In the arguments @1 @2... stand for the devices, @1?cdev for one by its own device file, and a file of this
	machine is carried into the guest.
	END
}

# options_parse ARGUMENT...: sets the variables below and the array arguments
options_parse() {
	kernel='' append='' journal='' watch='' timeout=300 root=${MIGCHECK_ROOT:-$repo/build/static} out=$repo/build/vm
	setup='' carry='' qemu_more=() loads=() modules=() mdevs=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		case $1 in
		-h | --help) help && exit 0 ;;
		--journal) journal=1 && shift && continue ;;
		--watch) watch=1 && shift && continue ;;
		--kernel | --module | --mdev | --load | --setup | --carry | --qemu | --append | --timeout | --root | -o)
			if [ $# -lt 2 ] || [ "$2" = -- ]; then usage_error "$1 needs a value"; fi
			;;
		*) usage_error "unknown option $1; see --help" ;;
		esac
		case $1 in
		--kernel) kernel=$2 ;;
		--module) modules+=("$2") ;;
		--mdev) mdevs+=("$2") ;;
		--load) loads+=("$2") ;;
		--setup) setup=$2 ;;
		--carry) carry=$2 ;;
		--qemu) read -ra qemu_more <<<"$2" ;;
		--append) append+=" $2" ;;
		--timeout) timeout=$2 ;;
		--root) root=$2 ;;
		-o) out=$2 ;;
		esac
		shift 2
	done
	[ $# -gt 1 ] || usage_error "what shall migcheck do: -- run @1; see --help"
	shift
	arguments=("$@")
	[ ${#mdevs[@]} -gt 0 ] || [ -n "$setup" ] || mdevs=(mtty-2)
	[[ $timeout =~ ^[1-9][0-9]{0,5}$ ]] || usage_error "--timeout $timeout is no number of seconds"
	for mdev in "${mdevs[@]}"; do
		[[ $mdev =~ ^[A-Za-z0-9_.-]+(\+[A-Za-z0-9_+]*)?$ ]] || usage_error "--mdev $mdev is no type of a mediated device"
	done
	for file in ${kernel:+"$kernel"} ${setup:+"$setup"} "${modules[@]}"; do
		if [ ! -f "$file" ] || [ ! -r "$file" ]; then usage_error "cannot read $file"; fi
	done
}

# static_require FILE: it runs where there are no libraries
static_require() {
	! head -c 4096 "$1" | LC_ALL=C grep -aq '/ld-linux' || environment_error "$1 is not linked statically"
}

uuid_of() { printf '6d696763-6865-636b-0000-%012d' "$1"; }

quoted() { printf " '%s'" "${1//\'/\'\\\'\'}"; }

# guest_config: what vm-init.sh is told
guest_config() {
	local index

	printf "mdevs='"
	for index in "${!mdevs[@]}"; do
		printf '%s=%s ' "${mdevs[index]}" "$(uuid_of $((index + 1)))"
	done
	printf "'\n"
	[ -z "$journal" ] || echo 'export MIGCHECK_JOURNAL=/dev/ttyS2 MIGCHECK_MARKS=/dev/kmsg'
	[ -z "$watch" ] || echo 'watch=1'
	printf 'set --'
	for argument in "${arguments[@]}"; do
		if [[ $argument =~ ^@([0-9]+)(\?[a-z]+)?$ ]]; then
			index=${BASH_REMATCH[1]}
			((index >= 1 && index <= ${#mdevs[@]})) ||
				usage_error "there is no $argument: ${#mdevs[@]} devices"
			quoted "vfio:$(uuid_of "$index")${BASH_REMATCH[2]}"
		elif [ -f "$argument" ]; then
			index=$(find "$stage/files" -type l | wc -l)-${argument##*/}
			ln -s "$(realpath "$argument")" "$stage/files/$index"
			quoted "/files/$index"
		else
			quoted "$argument"
		fi
	done
	[ "${arguments[0]}" != run ] || printf ' -o /results'
	echo
}

# module_name FILE: as the kernel has it
module_name() {
	local name=${1##*/}

	name=${name%%.ko*}
	echo "${name//-/_}"
}

# module_stage ORDER FILE
module_stage() {
	local ko

	ko=$stage/modules/$1-$(module_name "$2").ko
	case $2 in
	*.xz) xz -dc "$2" >"$ko" ;;
	*) ln -s "$(realpath "$2")" "$ko" ;;
	esac
}

# guest_modules: those of the kernel, which yield to a given one of the same name, then the given ones
guest_modules() {
	local number=200 file given=' '

	for file in "${modules[@]}"; do
		given+="$(module_name "$file") "
	done
	# shellcheck disable=SC2046 # a list of names
	[ "$k_modules" = - ] || modprobe -d "$k_modules" -S "$k_version" -a --show-depends \
		vfio vfio_iommu_type1 vfio_pci mdev "${loads[@]}" $(modinfo -F depends "${modules[@]}" 2>/dev/null | tr , ' ') 2>/dev/null |
		awk '$1 == "insmod" && !seen[$2]++ { print 100 + n++, $2 }' |
		while read -r order file; do
			[[ $given == *" $(module_name "$file") "* ]] || module_stage "$order-base" "$file"
		done
	for file in "${modules[@]}"; do
		module_stage "$number-given" "$file"
		number=$((number + 1))
	done
}

# aliases_stage: which of the modules VFIO drivers are for which devices
aliases_stage() {
	local dir=lib/modules/$k_version

	[ "$k_modules" = - ] && return
	mkdir -p "$stage/$dir"
	grep -h '^alias vfio_pci:' "$k_modules/$dir/modules.alias" >"$stage/$dir/modules.alias" 2>/dev/null
	for file in "${modules[@]}"; do
		modinfo -F alias "$file" | sed -n "s/^vfio_pci:.*/alias & $(module_name "$file")/p"
	done >>"$stage/$dir/modules.alias"
}

# kernel_choose: which kernel, and mtty for it where no module is given and the kernel has none of its own
kernel_choose() {
	local all

	all=$("$repo/scripts/vm-kernel.sh" all "$kernel") || exit
	{ read -r k_version && read -r k_image && read -r k_modules && read -r k_headers; } <<<"$all"
	[ ${#modules[@]} -gt 0 ] || [ ${#mdevs[@]} = 0 ] && return
	if [ "$k_modules" != - ]; then
		all=$(modprobe -d "$k_modules" -S "$k_version" --show-depends mtty 2>/dev/null | tail -n 1)
		case $all in
		builtin*) return ;;
		insmod*.ko*) all=${all#insmod } && modules=("${all% }") && return ;;
		esac
	fi
	if [ "$k_headers" != - ]; then
		all=$("$repo/scripts/vm-mtty.sh" "$k_headers") || exit
		modules=("$all")
	fi
}

guest_build() {
	stage=$tmp/stage
	mkdir -p "$stage/bin" "$stage/modules" "$stage/files"
	ln -s "$(command -v busybox)" "$stage/bin/busybox"
	ln -s "$repo/scripts/vm-init.sh" "$stage/init"
	ln -s "$(realpath "$root")" "$stage/migcheck"
	[ -z "$setup" ] || ln -s "$(realpath "$setup")" "$stage/setup.sh"
	[ -z "$carry" ] || ln -s "$(realpath "$carry")" "$stage/carry"
	aliases_stage
	guest_modules
	guest_config >"$stage/vm.conf" || exit
	(cd "$stage" && find -L . | cpio --quiet -oLH newc -R 0:0) >"$tmp/initrd" ||
		environment_error "cannot pack the guest"
}

# guest_run: sets $status to what QEMU exits with; migcheck's text goes to stdout as it comes
guest_run() {
	: >"$tmp/stream"
	[ -z "$journal" ] || append+=' printk.devkmsg=on'
	# A busy machine emulates too slowly for the kernel's check of the timer.
	timeout -k 5 "$timeout" qemu-system-x86_64 -accel tcg -smp 1 -m 1G -nodefaults -nic none -display none -no-reboot \
		-kernel "$k_image" -initrd "$tmp/initrd" -append "console=ttyS0 loglevel=5 panic=-1 no_timer_check $append" \
		-serial "file:${out//,/,,}/kernel.log" -serial "file:${tmp//,/,,}/stream" \
		${journal:+-serial "file:${out//,/,,}/events"} \
		-device isa-debug-exit,iobase=0xf4,iosize=4 "${qemu_more[@]}" </dev/null &
	qemu=$!
	tail -n +1 -s 0.1 -f --pid=$qemu "$tmp/stream" | sed -un '/^\x1e/!{s/\x1e.*//;p}' | tee "$out/guest.log" &
	text=$!
	wait $qemu
	status=$?
	qemu=
	sed -i 's/\r$//' "$out/kernel.log"
	wait $text
}

# stream_lines NAME: what vm-init.sh sent under that name
stream_lines() { sed -n "s/^.*\x1e$1 //p" "$tmp/stream"; }

# results_fetch: unpacks the results; of a guest that died, what it had told so far
results_fetch() {
	if [ -n "$(stream_lines end)" ]; then
		stream_lines tar | base64 -d | tar -xz --no-same-owner -C "$out" ||
			environment_error "the results came out damaged"
		return
	fi
	mkdir -p "$out/partial"
	for name in ktap events; do
		stream_lines $name >"$out/partial/$name"
		[ -s "$out/partial/$name" ] || rm "$out/partial/$name"
	done
	rmdir "$out/partial" 2>/dev/null
}

# reason_late: why there was no verdict in time, as far as the kernel's log and the options know
reason_late() {
	local said

	said=$(grep -aE -m 1 'BUG: |soft lockup|scheduling while atomic|blocked for more than' "$out/kernel.log" |
		sed 's/^\[[ 0-9.]*\] *//')
	printf 'no verdict within %s s' "$timeout"
	[ -z "$said" ] || printf '; its kernel says: %s' "$said"
	[ -n "$journal" ] || printf '; --journal would tell the test and its last calls'
}

# verdict_exit: migcheck's exit status where both ways agree on it
verdict_exit() {
	local told reason

	told=$(stream_lines end | tail -n 1)
	[ "$status" = $((2 * (16 + ${told:-0}) + 1)) ] && exit "$told"
	reason=$(grep -ao 'Kernel panic - .*' "$out/kernel.log" | head -n 1)
	case $status in
	124 | 137) reason=$(reason_late) ;;
	0) ;;
	*) reason="QEMU ended with $status" ;;
	esac
	environment_error "the guest died: ${reason:-it went down without a verdict}; kernel log: $out/kernel.log"
}

export LC_ALL=C # what the guest sends need not be text
options_parse "$@"
for tool in qemu-system-x86_64 busybox cpio modprobe xz; do
	command -v $tool >/dev/null || { "$repo/scripts/deps.sh" vm || exit; }
done
[ -x "$root/migcheck" ] || environment_error "no harness $root/migcheck: make it with STATIC=1, or give --root"
static_require "$root/migcheck"
static_require "$(command -v busybox)"
mkdir -p "$out" 2>/dev/null
[ -w "$out" ] || environment_error "cannot write to $out"
out=$(cd "$out" && pwd)
rm -rf "$out/results.json" "$out/events" "$out/ktap" "$out/kernel.log" "$out/guest.log" "$out/partial" "$out/kmemleak" "$out/gcov"

qemu=
tmp=$(mktemp -d) || exit $EX_ENVIRONMENT
trap '[ -z "$qemu" ] || kill "$qemu" 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'environment_error "interrupted"' INT TERM HUP
kernel_choose
guest_build
echo "${0##*/}: Linux $k_version with ${mdevs[*]:-${setup##*/}}" >&2
guest_run
results_fetch
verdict_exit
