#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Everything that `make test` promises, on whatever hosts this machine can run:
# unit tests, lint, the suite on the emulated devices (plain, sanitized, built
# by clang), bad input, the proof, and the suite on a real kernel in a VM.
#
# Each stage prints its own lines and is counted; the last line of all is
# "N passed, N failed[, N skipped]".
set -u
cd "$(dirname "$0")/.." || exit 99
passed=0 failed=0 skipped=0
out=build/test
rm -rf "$out" && mkdir -p "$out" || exit 99

unset MAKEFLAGS MAKELEVEL # the job server of the make that called us is not for ours

count() { # PASSED FAILED [SKIPPED]
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + ${3:-0}))
}

stage() {
	printf '\n== %s\n' "$1"
	started=$SECONDS
}

# One verdict of a whole command.
single() { # NAME COMMAND...
	local name=$1
	shift
	if "$@" >"$out/single.log" 2>&1; then
		echo "ok $name"
		count 1 0
	else
		echo "not ok $name (exit $?)"
		tail -n 30 "$out/single.log"
		count 0 1
	fi
}

# The results of a TAP stream in $1; the exit status of the run in $2.
count_tap() {
	local ok bad skip
	skip=$(grep -cE '^ok .*# SKIP' "$1")
	ok=$(($(grep -cE '^ok ' "$1") - skip))
	bad=$(grep -cE '^not ok ' "$1")
	if [ "$2" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
	if [ "$((ok + bad))" = 0 ]; then bad=1; fi
	count "$ok" "$bad" "$skip"
	echo "   $ok passed, $bad failed, $skip skipped, exit $2 ($((SECONDS - started)) s)"
}

# The rows of a proof in $1; its exit status in $2.
count_proof() {
	local ok bad
	awk -F'\t' '$1 != "kind" && NF == 5 && $5 != "ok"' "$1"
	ok=$(awk -F'\t' '$5 == "ok"' "$1" | wc -l)
	bad=$(awk -F'\t' '$1 != "kind" && NF == 5 && $5 != "ok"' "$1" | wc -l)
	if [ "$ok" = 0 ] || { [ "$2" != 0 ] && [ "$bad" = 0 ]; }; then bad=$((bad + 1)); fi
	count "$ok" "$bad"
	echo "   $ok proven, $bad not, exit $2 ($((SECONDS - started)) s)"
}

suite() { # DIR MIGCHECK URI...
	local dir=$out/$1 status
	shift
	"$1" run "${@:2}" -o "$dir" >"$dir.txt" 2>&1
	status=$?
	tail -n 3 "$dir.txt"
	[ "$status" = 0 ] || grep -E '^ *FAIL' "$dir.txt"
	touch "$dir/ktap"
	count_tap "$dir/ktap" "$status"
}

scripts/deps.sh build test report || exit 99

stage "build: gcc, clang, static, sanitizers"
single "build with gcc" make -s all
single "build with clang" make -s CC=clang OPT=-O0 BUILD=build/clang all
single "build static" make -s vm-root
single "build with ASan and UBSan" make -s SANITIZE=1 BUILD=build/sanitize all

stage "unit tests"
build/unit >"$out/unit.txt" 2>&1
status=$?
grep -E '%: Checks:|:[FE]:' "$out/unit.txt" | tail -n 20
checks=$(sed -nE 's/.*Checks: ([0-9]+), Failures.*/\1/p' "$out/unit.txt" | awk '{ s += $1 } END { print s + 0 }')
bad=$(sed -nE 's/.*Failures: ([0-9]+), Errors: ([0-9]+).*/\1 \2/p' "$out/unit.txt" | awk '{ s += $1 + $2 } END { print s + 0 }')
[ "$status" = 0 ] || [ "$bad" != 0 ] || bad=1
count $((checks - bad)) "$bad"
single "unit tests under the sanitizers" build/sanitize/unit

stage "lint"
scripts/lint.sh build >"$out/lint.txt" 2>&1
grep -A 12 '^not ok' "$out/lint.txt"
tail -n 1 "$out/lint.txt"
count "$(grep -c '^ok ' "$out/lint.txt")" "$(grep -c '^not ok ' "$out/lint.txt")"

for profile in v1 v2 v2-stop v2-p2p v2-precopy; do
	stage "suite on emu:$profile"
	suite "emu-$profile" build/migcheck "emu:$profile"
done
stage "suite on emu:v1 and emu:v2 under the sanitizers"
suite emu-sanitize build/sanitize/migcheck emu:v1 emu:v2

stage "suite on the reference device behind a socket"
for profile in v1 v2-full; do
	build/refdev-server --device "$profile" "$out/$profile.sock" &
	server=$!
	for _ in $(seq 100); do
		[ -S "$out/$profile.sock" ] && break
		sleep 0.05
	done
	suite "vfio-user-$profile" build/migcheck "vfio-user:$out/$profile.sock"
	kill "$server"
	wait "$server"
done

stage "hostile servers, by table, to a client under the sanitizers"
mkdir -p "$out/replay"
build/sanitize/replay_test build/refdev-server "$out/replay" >"$out/replay.txt" 2>&1
status=$?
grep -B 3 '^not ok' "$out/replay.txt"
grep 'hostile servers$' "$out/replay.txt"
count_tap "$out/replay.txt" "$status"

stage "hostile servers, by fuzzing"
single "20 seconds of hostile replies" make -s fuzz FUZZ_SECONDS=20
grep -E 'executed|per_sec' build/fuzz/fuzz.log

stage "proof through a socket: all defects, and those that it cannot carry"
build/migcheck prove --over vfio-user --inert fixtures/server/inert.txt --kind defect \
	--format tsv >"$out/prove-socket.tsv" 2>"$out/prove-socket.err"
status=$?
awk -F'\t' '$5 == "inert" { sub(/:.*/, "", $4); n[$4]++ } END { for (r in n) print "   " n[r] " inert for want of " r }' "$out/prove-socket.tsv"
sed 's/inert$/ok/' "$out/prove-socket.tsv" >"$out/prove-socket.txt"
count_proof "$out/prove-socket.txt" "$status"

stage "servers of other people, started for each test"
bash tests/server/manner_test.sh build >"$out/manner.txt" 2>&1
status=$?
grep -B 26 '^not ok' "$out/manner.txt"
count_tap "$out/manner.txt" "$status"

for topic in cli diff waive lapse comfort completion; do
	stage "command line: $topic"
	bash "tests/cli/${topic}_test.sh" build/migcheck >"$out/$topic.txt" 2>&1
	status=$?
	grep '^not ok' "$out/$topic.txt"
	count_tap "$out/$topic.txt" "$status"
done

stage "bind.sh on a machine made of files"
bash tests/cli/bind_test.sh >"$out/bind.txt" 2>&1
status=$?
grep -B 5 '^not ok' "$out/bind.txt"
count_tap "$out/bind.txt" "$status"

stage "installed: the tool, and the collection under the kernel's kselftest runner"
bash tests/cli/install_test.sh >"$out/install.txt" 2>&1
status=$?
grep -B 12 '^not ok' "$out/install.txt"
count_tap "$out/install.txt" "$status"

stage "reports: each format read by its consumers, damaged results, the page in a browser"
# The consumers are packages of Debian's Python, whatever else is on the PATH.
PATH=/usr/bin:$PATH python3 tests/report/run.py build/migcheck >"$out/report.txt" 2>&1
status=$?
grep -A 20 '^not ok' "$out/report.txt"
count_tap "$out/report.txt" "$status"

stage "proof: each defect is caught, each variant passes"
build/migcheck prove --format tsv >"$out/prove.tsv" 2>"$out/prove.err"
count_proof "$out/prove.tsv" $?
build/migcheck rules --format json >"$out/rules.json"
single "COVERAGE.md is what make coverage would write" \
	python3 scripts/coverage.py --rules "$out/rules.json" --proof "$out/prove.tsv" --check COVERAGE.md

# Waived failures are "not ok # waived" to nobody: the run's status counts.
count_vm() { # DIR STATUS
	tail -n 3 "$1.txt"
	[ "$2" = 0 ] || grep -E '^ *FAIL' "$1.txt"
	touch "$1/ktap"
	sed 's/^not ok/ok/' "$1/ktap" >"$1.ktap"
	count_tap "$1.ktap" "$2"
}

stage "a real kernel: mtty in a VM"
if scripts/deps.sh vm; then
	scripts/vm.sh --root build/vm-root -o "$out/vm" -- run @1 --waivers fixtures/waivers/mtty.json >"$out/vm.txt" 2>&1
	count_vm "$out/vm" $?
	single "guests that end badly are told from one another" bash tests/cli/vm_test.sh

	stage "a real client in a VM: QEMU migrates the v1 reference device"
	scripts/vm-qemu.sh --root build/vm-root -o "$out/vm-qemu" >"$out/vm-qemu.txt" 2>&1
	status=$?
	grep -A 40 '^not ok' "$out/vm-qemu.txt"
	count_tap "$out/vm-qemu.txt" "$status"

	stage "a real kernel: the reference driver in a VM"
	single "the driver builds without a warning of compiler or sparse" scripts/vm-kmod.sh --check
	scripts/vm.sh --root build/vm-root -o "$out/vm-refdev" --timeout 900 --module "$(scripts/vm-kmod.sh)" \
		--mdev v1 --mdev v1+MAPPED --mdev v2-full --mdev v2-p2p -- \
		run @1 @2 @3 @4 >"$out/vm-refdev.txt" 2>&1
	status=$?
	tail -n 3 "$out/vm-refdev.txt"
	[ "$status" = 0 ] || grep -E '^ *FAIL' "$out/vm-refdev.txt"
	touch "$out/vm-refdev/ktap"
	count_tap "$out/vm-refdev/ktap" "$status"

	stage "proof in a real kernel, a sample: the VFIO core lets it through, and it is caught"
	scripts/vm-prove.sh --root build/vm-root -o "$out/vm-prove" --sample --format tsv \
		>"$out/vm-prove.tsv" 2>"$out/vm-prove.err"
	status=$?
	count_proof "$out/vm-prove.tsv" "$status"

	stage "PCI functions in a VM: bound to VFIO and given back"
	scripts/vm-pci.sh build/vm-root "$out/vm-pci" >"$out/vm-pci.txt" 2>&1
	status=$?
	grep -B 5 '^not ok' "$out/vm-pci.txt"
	count_tap "$out/vm-pci.txt" "$status"

	stage "the reference driver is unloaded, with and without users"
	scripts/vm-unload.sh build/vm-root "$out/vm-unload" >"$out/vm-unload.txt" 2>&1
	status=$?
	grep -B 10 '^not ok' "$out/vm-unload.txt"
	count_tap "$out/vm-unload.txt" "$status"

	single "the lab kernel is built" scripts/lab-kernel.sh
	for way in group compat cdev; do
		stage "the lab kernel: mtty by $way"
		scripts/vm-lab.sh --root build/vm-root --by $way -o "$out" -- --waivers fixtures/waivers/mtty.json \
			--waivers fixtures/waivers/mtty-log.json >"$out/$way.txt" 2>&1
		count_vm "$out/$way" $?
	done
	stage "the lab kernel: the reference driver by cdev"
	scripts/vm-lab.sh --refdev --root build/vm-root --by cdev -o "$out/vm-lab-refdev" --timeout 900 \
		--mdev v2-full --mdev v2-p2p >"$out/lab-refdev.txt" 2>&1
	status=$?
	tail -n 4 "$out/lab-refdev.txt"
	[ "$status" = 0 ] || grep -E '^ *FAIL' "$out/lab-refdev.txt"
	touch "$out/vm-lab-refdev/cdev/ktap"
	count_tap "$out/vm-lab-refdev/cdev/ktap" "$status"
else
	echo "skipped: this machine cannot run a VM"
	count 0 0 1
fi

echo
if [ "$skipped" = 0 ]; then
	echo "$passed passed, $failed failed"
else
	echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" = 0 ]
