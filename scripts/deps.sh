#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deps.sh GROUP...: installs what is missing of the Debian packages that a group needs; says nothing and costs
# nothing when all is there.
#
#	build	the harness
#	test	unit tests, lint, coverage
#	kernel	build a kernel
#	deb	Debian packages: build, judge by lintian, test
#	report	what reads the reports: parsers, schemas, a browser
#	vm	boot a kernel in QEMU: the tools, and Debian's kernel unless the machine has it
#
# Where packages cannot be installed (not root, or no apt) it names them and exits 99. MIGCHECK_NO_DEPS=1 says that
# all is there under other names.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

declare -rA PACKAGES=(
	[build]='gcc clang make libc6-dev pkg-config libjson-c-dev libxxhash-dev check linux-source-6.12 xz-utils python3'
	[test]='clang-format sparse cppcheck shellcheck lcov perl universal-ctags git pyflakes3 llvm libclang-rt-dev'
	[kernel]='gcc make bc bison flex libelf-dev libssl-dev linux-source-6.12 xz-utils cpio kmod perl python3'
	[deb]='dpkg-dev debhelper fakeroot lintian autopkgtest'
	[report]='chromium fonts-dejavu-core libxml2-utils perl python3-jsonschema python3-junitparser python3-more-itertools python3-tap python3-yaml'
	[vm]='qemu-system-x86 busybox-static cpio kmod bc make gcc-12 libelf1 xz-utils e2fsprogs'
)
readonly GROUPS_KNOWN=${!PACKAGES[*]}

# packages_missing PACKAGE...: those that are not installed
packages_missing() {
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		awk -v wanted="$*" '
			$1 == "installed" { have[$2] = 1 }
			END {
				n = split(wanted, want, " ")
				for (i = 1; i <= n; i++)
					if (!(want[i] in have) && !seen[want[i]]++)
						printf "%s%s", sep++ ? " " : "", want[i]
			}'
}

# packages_install PACKAGE...
packages_install() {
	echo "${0##*/}: installing $*" >&2
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update >&2 || echo "${0##*/}: apt-get update failed; trying with the lists that are there" >&2
	apt-get -qq install -y --no-install-recommends "$@" >&2 </dev/null ||
		environment_error "apt-get could not install $*"
}

[ $# -gt 0 ] || usage_error "which of the groups: $GROUPS_KNOWN?"
wanted=
for group in "$@"; do
	[ -n "${PACKAGES[$group]:-}" ] || usage_error "no group $group; there is: $GROUPS_KNOWN"
	wanted+=" ${PACKAGES[$group]}"
	case $group in
	test | deb) wanted+=" ${PACKAGES[build]}" ;;
	esac
done
[ "${MIGCHECK_NO_DEPS:-0}" = 1 ] && exit 0

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	environment_error "no apt here: install what Debian calls$wanted, then set MIGCHECK_NO_DEPS=1"
fi
# shellcheck disable=SC2086 # lists of names
missing=$(packages_missing $wanted)
if [ -n "$missing" ]; then
	[ "$(id -u)" = 0 ] || environment_error "missing packages; as root: apt-get install $missing"
	# shellcheck disable=SC2086
	packages_install $missing
fi

case " $* " in
*' vm '*) "$repo/scripts/vm-kernel.sh" image >/dev/null || exit ;;
esac
