#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel-tree.sh: prints the directory of a kernel source tree: $KSRC where that is set, else the few paths of
# Debian's linux-source-6.12 that the project uses, unpacked once into the cache.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly TARBALL=/usr/src/linux-source-6.12.tar.xz
readonly HEADER=tools/testing/selftests/kselftest_harness.h
readonly PATHS=(
	.clang-format
	drivers/vfio
	include/linux/iova_bitmap.h
	include/linux/vfio.h
	include/uapi/linux/vfio.h
	samples/vfio-mdev
	scripts/checkpatch.pl
	scripts/const_structs.checkpatch
	scripts/spelling.txt
	tools/testing/kunit
	tools/testing/selftests/kselftest
	tools/testing/selftests/kselftest.h
	"$HEADER"
	tools/testing/selftests/lib.mk
	tools/testing/selftests/run_kselftest.sh
)

if [ -n "${KSRC:-}" ]; then
	[ -f "$KSRC/$HEADER" ] || environment_error "KSRC=$KSRC is no kernel tree: it has no $HEADER"
	cd "$KSRC" && pwd
	exit
fi

[ -r "$TARBALL" ] || environment_error "no $TARBALL: install linux-source-6.12, or set KSRC to a kernel tree"

# A package's files carry the date of its version, so the date stands for the version.
tree=$cache/linux-source-6.12-$(stat -c %Y "$TARBALL")-$(printf '%s\n' "${PATHS[@]}" | cksum | cut -d ' ' -f 1)
if [ ! -d "$tree" ]; then
	echo "${0##*/}: unpacking parts of $TARBALL, once" >&2
	cache_begin
	set -o pipefail
	xz -dc -T0 "$TARBALL" |
		tar -x -C "$half" --strip-components=1 --no-same-owner "${PATHS[@]/#/linux-source-6.12/}" >&2 ||
		environment_error "cannot unpack $TARBALL"
	cache_end "$tree"
fi
echo "$tree"
