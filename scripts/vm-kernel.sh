#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-kernel.sh [version|image|modules|headers|all] [BZIMAGE]: prints what is known of the kernel that a VM boots,
# one value a line in the order of the names above; "-" stands for what there is none of.
#
#	version	as uname -r has it
#	image	the bzImage
#	modules	the directory that holds lib/modules/VERSION
#	headers	what `make -C` builds a module against
#
# The kernel is BZIMAGE, with modules and headers of the tree it was built in where it still lies there; else that of
# $KSRC where one was built there; else Debian's newest 6.12 of this machine: installed, or in the cache; else it is
# fetched with apt. Fetched packages are unpacked into the cache and not installed, so the machine's boot set-up is
# left alone and no root is needed.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly DEBIAN='6\.12\.[0-9]+\+deb12-amd64'

# image_version BZIMAGE: the version string that the boot header points at
image_version() {
	local at

	[ "$(dd if="$1" bs=1 skip=514 count=4 2>/dev/null)" = HdrS ] || environment_error "$1 is no bzImage"
	at=$(od -An -tu2 -j 526 -N 2 "$1")
	tail -c +$((at + 513)) "$1" | head -c 200 | tr '\0' ' ' | cut -d ' ' -f 1
}

# debian_newest: the newest version that is here whole, image and headers
debian_newest() {
	local image version

	for image in /boot/vmlinuz-* "$cache"/kernel-*/boot/vmlinuz-*; do
		version=${image##*/vmlinuz-}
		[[ $version =~ ^$DEBIAN$ ]] && [ "$(headers_of "$version")" != - ] && echo "$version"
	done | sort -V | tail -n 1
}

# debian_fetch: the newest that apt knows, into the cache
debian_fetch() {
	local version debs

	command -v apt-get >/dev/null || environment_error "no Debian kernel here and no apt: give --kernel, or set KSRC"
	echo "${0##*/}: fetching Debian's kernel, once" >&2
	cache_begin
	debs=$half/debs
	mkdir "$debs"
	version=$(debian_download "$debs") || {
		apt-get -qq update >&2
		version=$(debian_download "$debs")
	} || environment_error "apt has no linux-image-6.12.*+deb12-amd64 for us: give --kernel, or set KSRC"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$half" || environment_error "cannot unpack ${deb##*/}"
	done
	rm -r "$debs"
	# the path in it is that of an installed package
	printf 'include ../linux-headers-%s-common/Makefile\n' "${version%-amd64}" \
		>"$half/usr/src/linux-headers-$version/Makefile"
	depmod -b "$half" "$version" || environment_error "depmod failed for kernel $version"
	cache_end "$cache/kernel-$version"
	echo "$version"
}

# debian_download DIR: the packages of the newest, into DIR; prints its version
debian_download() {
	local version

	version=$(apt-cache search --names-only "^linux-image-$DEBIAN\$" | grep -oE "$DEBIAN" | sort -V | tail -n 1)
	[ -n "$version" ] && cd "$1" &&
		apt-get -qq -o APT::Sandbox::User=root download "linux-image-$version" "linux-headers-$version" \
			"linux-headers-${version%-amd64}-common" "linux-kbuild-${version%-amd64}" >&2 &&
		echo "$version"
}

# first_of PATH...: the first that is there, else "-"
first_of() {
	local path

	for path in "$@"; do
		[ -e "$path" ] && echo "$path" && return
	done
	echo -
}

headers_of() {
	first_of "${ksrc:+$ksrc/Module.symvers}" "/lib/modules/$1/build/Module.symvers" \
		"/usr/src/linux-headers-$1/Module.symvers" "$cache/kernel-$1/usr/src/linux-headers-$1/Module.symvers" |
		sed 's,/Module.symvers$,,'
}

modules_of() {
	local found

	found=$(first_of "${ksrc:+$(ksrc_modules "$1")}" "/lib/modules/$1" "$cache/kernel-$1/lib/modules/$1" \
		"$cache/kernel-$1/usr/lib/modules/$1")
	[ "$found" = - ] && echo - || echo "${found%/lib/modules/*}/"
}

# ksrc_modules VERSION: those modules of a built tree that a migration driver can need, laid out for modprobe
ksrc_modules() {
	local root dir=lib/modules/$1

	root=$cache/ksrc-modules-$1-$(cksum <<<"$ksrc" | tr ' ' -)
	grep -qs 'drivers/vfio/' "$ksrc/modules.order" || return 0
	if [ ! "$root/$dir/modules.order" -nt "$ksrc/modules.order" ]; then
		rm -rf "$root"
		cache_begin
		mkdir -p "$half/$dir/kernel"
		cp "$ksrc/modules.builtin" "$ksrc/modules.order" "$half/$dir/"
		(cd "$ksrc" && find drivers/vfio drivers/iommu virt/lib samples/vfio-mdev -name '*.ko' \
			-exec cp --parents -t "$half/$dir/kernel" {} +)
		depmod -b "$half" "$1" 2>/dev/null || environment_error "depmod failed for $ksrc"
		cache_end "$root"
	fi
	echo "$root/$dir"
}

field=${1:-all} image=${2:-} ksrc=
case $field in
version | image | modules | headers | all) ;;
*) usage_error "no field $field: version, image, modules, headers or all" ;;
esac

if [ -z "$image" ] && [ -f "${KSRC:-}/arch/x86/boot/bzImage" ]; then
	ksrc=$(cd "$KSRC" && pwd)
	image=$ksrc/arch/x86/boot/bzImage
fi
if [[ $image == */arch/x86/boot/bzImage && -f ${image%/arch/x86/boot/bzImage}/Module.symvers ]]; then
	ksrc=$(cd "${image%/arch/x86/boot/bzImage}" && pwd)
fi
if [ -n "$image" ]; then
	[ -r "$image" ] || environment_error "cannot read $image"
	version=$(image_version "$image") || exit
else
	version=$(debian_newest)
	[ -n "$version" ] || version=$(debian_fetch) || exit
	image=$(first_of "/boot/vmlinuz-$version" "$cache/kernel-$version/boot/vmlinuz-$version")
fi

modules=$(modules_of "$version") || exit
headers=$(headers_of "$version")
case $field in
all) printf '%s\n' "$version" "$image" "$modules" "$headers" ;;
*) echo "${!field}" ;;
esac
