#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# COVERAGE.md and the lcov report in build/coverage/: what is checked, what is
# proven, where it ran, and which lines of lib/ and fixtures/ that reached.
set -eu
cd "$(dirname "$0")/.."
out=build/coverage
rm -rf "$out" && mkdir -p "$out"

# A make of its own: the job server of the one that called us is not for us.
make() { env -u MAKEFLAGS -u MAKELEVEL make "$@"; }

scripts/deps.sh build test
make -s all
make -s COVER=1 BUILD=build/cover all
find build/cover -name '*.gcda' -delete

# Failing runs are results too; only a run without results stops this.
build/cover/unit >"$out/unit.txt" 2>&1 || true
for profile in v1 v2 v2-stop v2-p2p v2-precopy; do
	build/cover/migcheck run "emu:$profile" >"$out/$profile.txt" 2>&1 || true
done
bash tests/cli/cli_test.sh build/cover/migcheck >"$out/cli.txt" 2>&1 || true
# A few legal and illegal devices, for the lines that only they reach.
build/cover/migcheck prove 'V?-*-001' --format tsv >"$out/prove-cover.tsv" 2>&1 || true
build/migcheck run emu:v1 -o "$out/emu-v1" >"$out/emu-v1.txt" || true
build/migcheck run emu:v2 -o "$out/emu-v2" >"$out/emu-v2.txt" || true
build/migcheck rules --format json >"$out/rules.json"
build/migcheck prove --format tsv >"$out/prove.tsv" || true
runs=(--run "emulation=$out/emu-v1" --run "emulation=$out/emu-v2")
for profile in v1 v2-full; do
	build/refdev-server --device "$profile" "$out/$profile.sock" &
	server=$!
	for _ in $(seq 100); do
		[ -S "$out/$profile.sock" ] && break
		sleep 0.05
	done
	build/migcheck run "vfio-user:$out/$profile.sock" -o "$out/vfio-user-$profile" >"$out/vfio-user-$profile.txt" || true
	kill "$server"
	wait "$server" || true
	runs+=(--run "vfio-user=$out/vfio-user-$profile")
done
if scripts/deps.sh vm; then
	make -s vm-root
	scripts/vm.sh --root build/vm-root -o "$out/vm" -- run @1 --waivers fixtures/waivers/mtty.json >"$out/vm.txt" 2>&1 || true
	runs+=(--run "mtty (VM, group)=$out/vm")
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

python3 scripts/coverage.py --rules "$out/rules.json" --proof "$out/prove.tsv" \
	"${runs[@]}" --lcov "$out/summary.txt" >"$out/COVERAGE.md"
mv "$out/COVERAGE.md" COVERAGE.md
sed -n '5,14p' COVERAGE.md
