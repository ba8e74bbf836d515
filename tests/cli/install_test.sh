#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is installed runs from where it is, without this tree: the tool, and the collection under the kernel's own
# kselftest runner, whose line of a program follows from the program's exit status.
#
#   tests/cli/install_test.sh
#
# shellcheck disable=SC2317 # the functions are called by check
set -u
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
number=0 bad=0

# A make of its own: the job server of the one that called us is not for us.
make() { env -u MAKEFLAGS -u MAKELEVEL make -s "$@" >"$tmp/make" 2>&1; }

check() { # NAME COMMAND...
	local name=$1
	shift
	number=$((number + 1))
	if "$@" >"$tmp/out" 2>&1; then
		echo "ok $number $name"
	else
		bad=1
		echo "# exit $?: $*"
		tail -n 12 "$tmp/out" | sed 's/^/#   /'
		echo "not ok $number $name"
	fi
}

says() { # PATTERN FILE: in a line of its own
	grep -qxE -- "$1" "$2" || { echo "no line '$1' in:" && cat "$2" && return 1; }
}

exits() { # STATUS COMMAND...
	local wanted=$1 got
	shift
	"$@"
	got=$?
	[ "$got" = "$wanted" ] || { echo "exit $got instead of $wanted" && return 1; }
}

files_of() { (cd "$1" && find . -type f | sort); }

# runner LOG ARGUMENT...: as labs call it; through a pipe, since it opens its output anew. Nothing tells where the
# suite or this tree is.
runner() {
	local log=$1
	shift
	(cd / && env -u MIGCHECK_TESTS -u VFIO_SELFTESTS_BDF "$ksft/run_kselftest.sh" "$@" 2>&1 | cat >"$log")
}

no_vfio_here() { ! ls /sys/bus/mdev/devices/* /sys/bus/pci/drivers/*vfio*/0* >/dev/null 2>&1; }

leaves_nobody() { # a program that the runner ended has left no process of its own, but dead ones perhaps
	sleep 1
	[ -z "$(grep -alzE '^Name:.v2_hang_test' /proc/[0-9]*/status 2>/dev/null | xargs -r grep -LE '^State:.Z')" ]
}

echo "TAP version 13"

root=$tmp/root prefix=$tmp/prefix
check install make install DESTDIR="$root" PREFIX=/usr
check files_are_there test -x "$root/usr/bin/migcheck" -a -x "$root/usr/bin/refdev-server" -a \
	-r "$root/usr/share/man/man1/migcheck.1" -a -r "$root/usr/share/migcheck/waivers/mtty.json" -a \
	-x "$root/usr/libexec/migcheck/tests/v1/pending_test" -a \
	-r "$root/usr/share/bash-completion/completions/migcheck" -a -r "$root/usr/share/zsh/site-functions/_migcheck"
check install_below_a_prefix make install PREFIX="$prefix"
check installed_tool_judges exits 0 env -u MIGCHECK_TESTS -C / "$prefix/bin/migcheck" run emu:v1 -t 'V1-PEND-*'
check installed_tool_finds_a_defect exits 1 env -u MIGCHECK_TESTS -C / \
	"$prefix/bin/migcheck" run emu:v1+ZERO_IS_NOT_FINAL
check installed_tool_keeps_results exits 0 env -u MIGCHECK_TESTS -C / \
	"$prefix/bin/migcheck" run emu:v1 -t 'V1-PEND-*' -o "$tmp/results"
check installed_tool_reports exits 0 env -C / "$prefix/bin/migcheck" report html "$tmp/results"
check a_second_time_is_the_same bash -c "cd '$prefix' && find . | sort >'$tmp/first'"
check install_again make install PREFIX="$prefix"
check nothing_was_added bash -c "cd '$prefix' && find . | sort | diff '$tmp/first' -"
check uninstall make uninstall PREFIX="$prefix"
check nothing_stays test -z "$(files_of "$prefix")"

ksft=$tmp/ksft tree=$(scripts/kernel-tree.sh)/tools/testing/selftests
mkdir -p "$ksft/other" && cp -r "$tree/run_kselftest.sh" "$tree/kselftest" "$ksft/"
printf '#!/bin/sh\nexit 0\n' >"$ksft/other/other_test" && chmod -R +x "$ksft"
echo other:other_test >"$ksft/kselftest-list.txt"

check install_kselftest make install-kselftest DESTDIR="$ksft"
files_of "$ksft" >"$tmp/first" && cp "$ksft/kselftest-list.txt" "$tmp/list"
check install_kselftest_again make install-kselftest DESTDIR="$ksft"
check kselftest_is_the_same bash -c "cd '$ksft' && find . -type f | sort | diff '$tmp/first' - &&
	diff '$tmp/list' kselftest-list.txt"
check other_collections_stay says other:other_test "$ksft/kselftest-list.txt"
check settings_and_config test -r "$ksft/vfio-migration/settings" -a -r "$ksft/vfio-migration/config"
check every_program_is_listed test "$(grep -c '^vfio-migration:' "$ksft/kselftest-list.txt")" = \
	"$(find build/tests/v1 build/tests/v2 build/tests/order -name '*_test' | wc -l)"

program='selftests: vfio-migration: v1_pending_test'
MIGCHECK_DEVICES=emu:v1 runner "$tmp/pass" -t vfio-migration:v1_pending_test
check a_good_device_passes says "ok 1 $program" "$tmp/pass"
check its_checks_are_seen says '# ok [0-9]+ v1_pending-zero_ends_the_stream' "$tmp/pass"
check settings_are_read says '# timeout set to 900' "$tmp/pass"
MIGCHECK_DEVICES=emu:v1+ZERO_IS_NOT_FINAL runner "$tmp/fail" -t vfio-migration:v1_pending_test
check a_defect_fails says "not ok 1 $program # exit=1" "$tmp/fail"
check the_failure_is_named grep -q '^# not ok [0-9]* v1_pending-zero_ends_the_stream' "$tmp/fail"
MIGCHECK_DEVICES=emu:v2 runner "$tmp/skip" -t vfio-migration:v1_pending_test
check nothing_to_test_is_a_skip says "ok 1 $program # SKIP" "$tmp/skip"
check nothing_to_test_exits_4 exits 4 env MIGCHECK_DEVICES=emu:v2 "$ksft/vfio-migration/v1_pending_test"
if no_vfio_here; then
	runner "$tmp/none" -t vfio-migration:v1_pending_test
	check no_device_is_a_skip says "ok 1 $program # SKIP" "$tmp/none"
fi
# A device that never answers, and a program of a name of its own to look for.
cp "$ksft/vfio-migration/v2_close_test" "$ksft/vfio-migration/v2_hang_test"
echo vfio-migration:v2_hang_test >>"$ksft/kselftest-list.txt"
build/refdev-server --device v2 "$tmp/sock" &
server=$! && disown
sleep 0.5
kill -STOP $server
MIGCHECK_DEVICES=vfio-user:$tmp/sock runner "$tmp/late" -o 2 -t vfio-migration:v2_hang_test
check a_late_program_is_ended says 'not ok 1 selftests: vfio-migration: v2_hang_test # TIMEOUT 2 seconds' "$tmp/late"
check nobody_stays_behind leaves_nobody
kill -KILL $server

make install-kselftest DESTDIR="$ksft"
MIGCHECK_DEVICES='emu:v1' runner "$tmp/all" -c vfio-migration
check the_whole_collection_passes test "$(grep -c '^not ok' "$tmp/all")" = 0
# Those about sets want two devices, those about doors one that nothing can look into.
check v1_programs_pass_v2_programs_skip bash -c "
	! grep '^ok .*: v1_.*SKIP' '$tmp/all' | grep -v -e _set_test -e _door_test && ! grep '^ok .*: v2_' '$tmp/all' | grep -v SKIP"

check uninstall_kselftest make uninstall-kselftest DESTDIR="$ksft"
check only_the_other_stays test "$(cat "$ksft/kselftest-list.txt")" = other:other_test -a ! -e "$ksft/vfio-migration"

echo "1..$number"
exit $bad
