#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# install-kselftest.sh [--remove] BUILD DIR [PATH]: puts the conformance binaries of BUILD into a kselftest
# installation as the collection vfio-migration, or takes them out again.
#
# The installation is DIR where that holds one (run_kselftest.sh or kselftest-list.txt), else DIR/PATH, which may
# be empty still. What other collections have there stays as it is, and doing it twice does no more than doing it
# once. Neither a kernel tree nor rsync is needed.

set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly COLLECTION=vfio-migration

# programs: "NAME PATH" of each conformance binary; the generation is part of the name
programs() {
	local path name

	for path in "$build"/tests/v[12]/*_test "$build"/tests/order/*_test; do
		[ -x "$path" ] || continue
		name=${path##*/}
		case $path in
		*/v[12]/*) name=$(basename "$(dirname "$path")")_$name ;;
		esac
		echo "$name $path"
	done
}

# collection_remove: our directory and our lines of the list
collection_remove() {
	rm -rf "${target:?}/$COLLECTION"
	[ ! -e "$list" ] || sed -i "/^$COLLECTION:/d" "$list" || environment_error "cannot write to $list"
}

collection_install() {
	local name path

	mkdir -p "$target/$COLLECTION" || environment_error "cannot write to $target"
	install -m 644 "$repo"/tests/kselftest/{settings,config} "$target/$COLLECTION/" || exit $EX_ENVIRONMENT
	while read -r name path; do
		install -m 755 "$path" "$target/$COLLECTION/$name" || exit $EX_ENVIRONMENT
		echo "$COLLECTION:$name" >>"$list" || exit $EX_ENVIRONMENT
	done <<<"$found"
}

remove=
[ "${1:-}" = --remove ] && remove=1 && shift
[ $# -ge 2 ] || usage_error "where from and where to: [--remove] BUILD DIR [PATH]"
build=$1 target=$2
if [ ! -e "$target/run_kselftest.sh" ] && [ ! -e "$target/kselftest-list.txt" ]; then
	target=$target${3:+/$3}
fi
list=$target/kselftest-list.txt
found=$(programs)
[ -n "$remove" ] || [ -n "$found" ] || environment_error "no conformance binaries below $build: make them first"
collection_remove
[ -n "$remove" ] && exit
collection_install
echo "$(wc -l <<<"$found") programs of $COLLECTION are in $target"
[ -e "$target/run_kselftest.sh" ] || echo "they run there once the kernel's run_kselftest.sh and kselftest/ are beside them"
