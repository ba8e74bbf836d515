#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-mtty.sh HEADERS: prints the path of an mtty.ko that fits the kernel of HEADERS, built from the samples of
# scripts/kernel-tree.sh at the first call.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

headers=${1:?the directory to build against}
source=$("$repo/scripts/kernel-tree.sh")/samples/vfio-mdev/mtty.c || exit
[ -f "$source" ] || environment_error "no $source"

key=$(cat "$source" "$headers/include/generated/utsrelease.h" "$headers/Module.symvers" | cksum | tr ' ' -)
built=$cache/mtty-$key
if [ ! -d "$built" ]; then
	echo "${0##*/}: building mtty.ko, once" >&2
	cache_begin
	cp "$source" "$half/" || exit $EX_ENVIRONMENT
	echo 'obj-m := mtty.o' >"$half/Kbuild"
	# The headers come without what BTF of a module is made from.
	make -C "$headers" M="$half" CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$half/log" 2>&1 || {
		cat "$half/log" >&2
		environment_error "mtty.c of ${source%/samples/*} does not build against $headers"
	}
	cache_end "$built"
fi
echo "$built/mtty.ko"
