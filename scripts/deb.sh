#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deb.sh OUT: Debian packages of what git has here, into OUT, and beside them the tree OUT/migcheck that they were
# built from; nothing is downloaded. `autopkgtest OUT/*.deb OUT/migcheck -- null` tests them in this machine.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# = 1 ] || usage_error "where to: deb.sh OUT"
mkdir -p "$1" || environment_error "cannot write to $1"
out=$(cd "$1" && pwd)
tree=$out/migcheck
rm -rf "$tree" "$out"/migcheck_* "$out"/migcheck-*
cd "$repo" || exit $EX_ENVIRONMENT
mkdir "$tree" || environment_error "cannot write to $out"
git ls-files -z | xargs -0 cp --parents -Pt "$tree" || environment_error "cannot copy the tree"
cp -r scripts/debian "$tree/debian"
version=$(sed -n 's/^#define MIGCHECK_VERSION "\(.*\)"/\1/p' lib/run/judgement.h)
[ "$(dpkg-parsechangelog -l scripts/debian/changelog -S Version)" = "$version" ] ||
	environment_error "the version is $version, but not in scripts/debian/changelog"

cd "$tree" || exit $EX_ENVIRONMENT
env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -b -us -uc || environment_error "dpkg-buildpackage failed"
# Whoever uploads it puts his own address there.
lintian --fail-on error --allow-root --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog \
	"$out"/*.changes || exit 1
ls -l "$out"/*.deb
