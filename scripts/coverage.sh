#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# COVERAGE.md and the lcov report in build/coverage/: what is checked, what is
# proven, where it ran, and which lines of lib/ and fixtures/ that reached.
set -eu
cd "$(dirname "$0")/.."
out=build/coverage
rm -rf "$out" && mkdir -p "$out"

unset MAKEFLAGS MAKELEVEL # the job server of the make that called us is not for ours

scripts/deps.sh build test
make -s COVER=1 BUILD=build/cover all
find build/cover -name '*.gcda' -delete
tool=build/cover/migcheck

# Failing runs are results too; only a run without results stops this.
runs=()
judge() { # COLUMN NAME URI...
	"$tool" run "${@:3}" -o "$out/$2" >"$out/$2.txt" 2>&1 || true
	runs+=(--run "$1=$out/$2")
}

build/cover/unit >"$out/unit.txt" 2>&1 || true
for profile in v1 v2 v2-stop v2-p2p v2-precopy; do
	judge emulation "emu-$profile" "emu:$profile"
done
for profile in v1 v2-full; do
	build/cover/refdev-server --device "$profile" "$out/$profile.sock" &
	server=$!
	for _ in $(seq 100); do
		[ -S "$out/$profile.sock" ] && break
		sleep 0.05
	done
	judge vfio-user "vfio-user-$profile" "vfio-user:$out/$profile.sock"
	kill "$server"
	wait "$server" || true
done
bash tests/cli/cli_test.sh "$tool" >"$out/cli.txt" 2>&1 || true
"$tool" rules --format json >"$out/rules.json"
"$tool" prove --format tsv >"$out/prove.tsv" 2>"$out/prove.err" || true
if scripts/deps.sh vm; then
	make -s vm-root
	guest() { # COLUMN NAME SCRIPT ARGUMENT...
		"scripts/$3" --root build/vm-root -o "$out/$2" "${@:4}" >"$out/$2.txt" 2>&1 || true
		runs+=(--run "$1=$out/$2")
	}
	guest "refdev (VM, group)" vm-refdev vm.sh --timeout 1200 --module "$(scripts/vm-kmod.sh)" \
		--mdev v1 --mdev v1+MAPPED --mdev v2-full --mdev v2-p2p -- run @1 @2 @3 @4
	guest "mtty (VM, group)" vm vm.sh -- run @1 --waivers fixtures/waivers/mtty.json
	for way in group cdev; do
		scripts/vm-lab.sh --root build/vm-root --by $way -o "$out" -- --waivers fixtures/waivers/mtty.json \
			--waivers fixtures/waivers/mtty-log.json >"$out/$way.txt" 2>&1 || true
	done
	runs+=(--run "mtty (VM, group)=$out/group" --run "mtty (VM, cdev)=$out/cdev")
fi

lcov --quiet --capture --directory build/cover --output-file "$out/all.info"
: >"$out/summary.txt"
for part in lib fixtures/refdev; do
	lcov --quiet --extract "$out/all.info" "$PWD/$part/*" --output-file "$out/part.info"
	echo "== $part" >>"$out/summary.txt"
	lcov --summary "$out/part.info" 2>&1 >>"$out/summary.txt" | grep -v '^Reading' >>"$out/summary.txt" || true
done
lcov --quiet --extract "$out/all.info" "$PWD/lib/*" "$PWD/fixtures/*" --output-file "$out/report.info"
genhtml --quiet --output-directory "$out/html" "$out/report.info"

# What make vm-debug has left: its kernel takes long to build.
kernel=()
[ ! -f build/vm-debug/summary.tsv ] || kernel=(--kernel build/vm-debug/summary.tsv)
python3 scripts/coverage.py --rules "$out/rules.json" --proof "$out/prove.tsv" \
	"${runs[@]}" --lcov "$out/summary.txt" "${kernel[@]}" >"$out/COVERAGE.md"
mv "$out/COVERAGE.md" COVERAGE.md
sed -n '5,14p' COVERAGE.md
