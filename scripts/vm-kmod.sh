#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-kmod.sh [--check] [HEADERS]: prints the path of migcheck_refdev.ko, the reference device as a driver, for the
# kernel of HEADERS (default: that of scripts/vm-kernel.sh), built from fixtures/kmod at the first call. With --check
# it prints what the compiler and sparse (where it is installed) had to say instead, and fails if that is anything.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly SOURCES=(fixtures/kmod fixtures/refdev lib/uapi lib/types.h)

check=
[ "${1:-}" != --check ] || { check=1 && shift; }
headers=${1:-$("$repo/scripts/vm-kernel.sh" headers)} || exit
[ -d "$headers" ] || environment_error "no headers of the kernel to build against"

cd "$repo" || exit $EX_ENVIRONMENT
key=$(cat "$headers/include/generated/utsrelease.h" "$headers/Module.symvers" \
	<(find "${SOURCES[@]}" -name '*.[ch]' -o -name '*.def' -o -name Kbuild | sort | xargs cat) | cksum | tr ' ' -)
built=$cache/kmod-$key
if [ ! -d "$built" ]; then
	echo "${0##*/}: building migcheck_refdev.ko, once" >&2
	cache_begin
	mkdir "$half/src"
	cp --parents -r "${SOURCES[@]}" "$half/src/" || exit $EX_ENVIRONMENT
	# The headers come without what BTF of a module is made from.
	make -C "$headers" M="$half/src/fixtures/kmod" W=1 C="$(command -v sparse >/dev/null && echo 1)" \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$half/log" 2>&1 || {
		cat "$half/log" >&2
		environment_error "fixtures/kmod does not build against $headers"
	}
	mv "$half/src/fixtures/kmod/migcheck_refdev.ko" "$half/"
	find "$half/src" -type f ! -name '*.gcno' -delete # what gcov has to know, where the kernel has gcov
	cache_end "$built"
fi
if [ -n "$check" ]; then
	! grep -v '^make' "$built/log" | grep -E 'warning|error'
	exit
fi
echo "$built/migcheck_refdev.ko"
