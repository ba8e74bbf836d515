#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lab-kernel.sh [--debug] [image|tree]: prints the path of a small kernel for virtual machines, built at the
# first call: VFIO by group and by cdev, type1 and iommufd, mediated devices, mtty as a module, loadable modules.
#
#	image	the bzImage (default)
#	tree	the tree it was built in: what modules are built against, and where its notes for gcov are
#
# With --debug it also has KASAN, lockdep, UBSAN, kmemleak, faults on demand (/proc/*/fail-nth), and gcov for VFIO.
#
# The source is $KSRC, else Debian's linux-source-6.12. The built trees lie in the cache, one for each source,
# configuration and compiler.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly CONFIG=$repo/fixtures/lab
readonly TARBALL=/usr/src/linux-source-6.12.tar.xz
# shellcheck disable=SC2016 # for make to expand
readonly GCOV='GCOV_PROFILE=$(if $(filter drivers/vfio drivers/vfio/% drivers/iommu/iommufd samples/vfio-mdev,$(obj)),y)'
# What the kernel is judged by: of a tree of the user's, which may change, these decide whether to build again.
readonly WATCHED='Makefile drivers/vfio drivers/iommu/iommufd samples/vfio-mdev include/linux/vfio.h include/uapi/linux'
# What no small x86 kernel is made from, two thirds of the source.
readonly UNUSED=('arch/[!x]*/*.[chS]' '*.dts' '*.dtsi' 'Documentation/*.rst' 'Documentation/*.yaml' 'Documentation/*.txt'
	'drivers/gpu/*.[ch]' 'drivers/net/*.[ch]' 'drivers/media/*.[ch]' 'drivers/staging/*.[ch]' 'drivers/scsi/*.[ch]'
	'drivers/infiniband/*.[ch]' 'drivers/usb/*.[ch]' 'sound/*.[ch]' 'tools/perf/*' 'tools/testing/selftests/*/*')

# source_debian: prints the directory of Debian's source, unpacked at the first call
source_debian() {
	local tree

	[ -r "$TARBALL" ] || environment_error "no $TARBALL: install linux-source-6.12, or set KSRC to a kernel tree"
	tree=$cache/lab-source-$(stat -c %Y "$TARBALL")
	if [ ! -d "$tree" ]; then
		echo "${0##*/}: unpacking $TARBALL, once" >&2
		cache_begin
		(set -o pipefail && xz -dc -T0 "$TARBALL" |
			tar -x -C "$half" --strip-components=1 --no-same-owner "${UNUSED[@]/#/--exclude=linux-source-6.12/}") >&2 ||
			environment_error "cannot unpack $TARBALL"
		cache_end "$tree"
	fi
	echo "$tree"
}

# source_clean TREE KEY: prints a directory with the source of TREE that nothing was built in, which O= needs
source_clean() {
	local tree=$cache/lab-source-$2

	if [ ! -f "$1/.config" ] && [ ! -d "$1/include/config" ]; then
		echo "$1"
		return
	fi
	if [ ! -d "$tree" ]; then
		echo "${0##*/}: $1 is in use; copying its source, once" >&2
		cache_begin
		tar -c -C "$1" --exclude-vcs --exclude='*.o' --exclude='*.ko' --exclude='*.a' --exclude=./vmlinux . |
			tar -x -C "$half" --no-same-owner
		make -s -C "$half" mrproper >&2 || environment_error "cannot copy $1"
		cache_end "$tree"
	fi
	echo "$tree"
}

# source_choose: sets source, and identity: what changes with it
source_choose() {
	if [ -z "${KSRC:-}" ]; then
		source=$(source_debian) || exit
		identity=$source
		return
	fi
	[ -f "$KSRC/Kbuild" ] || environment_error "KSRC=$KSRC is no kernel tree"
	source=$(cd "$KSRC" && pwd)
	# shellcheck disable=SC2086 # a list of paths
	identity=$(echo "$source" && cd "$source" && find $WATCHED -name '*.[ch]' -o -name Makefile -o -name Kconfig |
		LC_ALL=C sort | xargs cat | cksum)
	source=$(source_clean "$source" "$(key "$identity")") || exit
}

key() { cksum <<<"$1" | tr ' ' -; }

# configuration: the fragments in their order, of a name the last line
configuration() {
	cat "$CONFIG/plain.config" ${debug:+"$CONFIG/debug.config"} |
		awk -F= '/^CONFIG/ { line[$1] = $0 } END { for (name in line) print line[name] }' | LC_ALL=C sort
}

# config_check FRAGMENTS FILE: the kernel took the fragments at their word; older ones have no VFIO_DEBUGFS
config_check() {
	local missing

	missing=$(grep -vxFf "$2" "$1" | grep -v -e '^CONFIG_VFIO_DEBUGFS=' -e '=n$')
	[ -z "$missing" ] || environment_error "$source cannot be configured with ${missing//$'\n'/ }"
}

build_failed() {
	tail -n 20 "$1/build.log" >&2
	environment_error "$source does not build"
}

# kernel_build TREE
kernel_build() {
	local tree=$1 make

	make=(nice make -s -C "$source" "O=$tree" "-j$(nproc)" "${debug:+$GCOV}")
	[ -n "$debug" ] || unset 'make[-1]'
	configuration >"$tree/fragments"
	"${make[@]}" KCONFIG_ALLCONFIG="$tree/fragments" allnoconfig >"$tree/build.log" 2>&1 || build_failed "$tree"
	config_check "$tree/fragments" "$tree/.config"
	"${make[@]}" bzImage modules >>"$tree/build.log" 2>&1 || build_failed "$tree"
	# Modules are built without these, and they are most of the tree.
	find "$tree" \( -name '*.o' -o -name '*.a' \) -not -path '*/scripts/*' -delete
}

debug='' field=image
for argument in "$@"; do
	case $argument in
	--debug) debug=1 ;;
	image | tree) field=$argument ;;
	*) usage_error "what is $argument: [--debug] [image|tree]" ;;
	esac
done
"$repo/scripts/deps.sh" kernel || exit
source_choose
tree=$cache/lab-kernel${debug:+-debug}-$(key "$identity $(configuration) $(gcc --version)")
if [ ! -d "$tree" ]; then
	echo "${0##*/}: building a kernel from $source, once: some minutes" >&2
	cache_begin
	kernel_build "$half"
	cache_end "$tree"
fi
case $field in
image) echo "$tree/arch/x86/boot/bzImage" ;;
tree) echo "$tree" ;;
esac
