#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The rules of this house, a number and a sentence each.
#
#   scripts/lint.sh [BUILD]
#
# Prints "ok N sentence" or "not ok N sentence" with what offends below, and
# ends with "lint: N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 99
build=${1:-build}
number=0 passed=0 failed=0
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

# rule SENTENCE FUNCTION: the function prints what offends, nothing if all is well.
rule() {
	number=$((number + 1))
	"$2" >"$tmp/out" 2>&1
	# 1 is grep's way to say that it found nothing.
	if [ $? -le 1 ] && [ ! -s "$tmp/out" ]; then
		passed=$((passed + 1))
		echo "ok $number $1"
	else
		failed=$((failed + 1))
		echo "not ok $number $1"
		head -n 40 "$tmp/out" | sed 's/^/#   /'
	fi
}

sources() { git ls-files -co --exclude-standard -- "$@" | while read -r f; do
	[ -f "$f" ] && echo "$f"; done; }

headers_compile_alone() {
	local ktree
	ktree=$(scripts/kernel-tree.sh) || return 1
	sources '*.h' | grep -v -e fixtures/kmod -e refdev/state.h | while read -r h; do
		echo "#include \"$PWD/$h\"" | "${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE \
			-Ilib -Ifixtures -isystem "$ktree/tools/testing/selftests" \
			-fsyntax-only -x c - 2>"$tmp/err" || { echo "$h"; head -n 3 "$tmp/err"; }
	done
}

library_is_silent() {
	# run/ and cmd/ speak to people; everything else reports to its caller.
	sources 'lib/*.c' 'lib/*.h' | grep -v -e ^lib/run/ -e ^lib/cmd/ -e ^lib/expect.h |
		xargs grep -nE '(^|[^a-z_])(printf|puts|perror|exit|_exit|abort|assert)\(' |
		grep -vE ':[[:space:]]*\*|/\*'
}

core_stands_alone() {
	local o
	for o in "$build"/obj/fixtures/refdev/*.o; do
		nm -u "$o"
	done | awk '{ print $2 }' |
		grep -vE '^(mem(cpy|set|cmp|move)|refdev_|__(asan|ubsan|gcov)_|__stack_chk_fail)' |
		sort -u | while read -r symbol; do
		nm "$build"/obj/fixtures/refdev/*.o | grep -q " [TDBRtdbr] $symbol$" ||
			echo "undefined: $symbol"
	done
}

defects_are_asked_once() {
	local name count
	sed -nE 's/^DEFECT\(([A-Z0-9_]+),.*/\1/p' fixtures/refdev/defects_v*.def |
		while read -r name; do
			count=$(cat fixtures/refdev/*.c fixtures/refdev/*.h | grep -cw "DEFECT_$name")
			[ "$count" = 1 ] || echo "$name is asked $count times"
		done
}

rows_are_checked_or_excused() {
	"$build/migcheck" rules --format tsv | awk -F'\t' '
		NR > 1 && $7 == 0 { print $1 }' | while read -r rule; do
		"$build/migcheck" explain "$rule" | grep -q '^ *unchecked' || echo "$rule: no check and no reason"
	done
}

rules_named_by_the_core_exist() {
	grep -hoE '"V[12]-[A-Z0-9,V-]+"' fixtures/refdev/defects_v*.def fixtures/refdev/profiles_v*.def |
		tr -d '"' | tr ',' '\n' | sort -u >"$tmp/named"
	sed -nE 's/^REQ\([A-Z0-9_]+, "([^"]+)".*/\1/p' lib/spec/v?.def | sort -u >"$tmp/rows"
	comm -23 "$tmp/named" "$tmp/rows"
}

includes_run_one_way() {
	# tests -> lib -> fixtures/refdev -> lib/uapi and lib/types.h only
	sources 'lib/*.[ch]' | xargs grep -nE '#include ".*(tests|fixtures/(server|kmod))/'
	sources 'fixtures/refdev/*.[ch]' | xargs grep -nE '#include ".*lib/' |
		grep -v 'lib/uapi/'
	sources 'lib/uapi/*.h' | xargs grep -nE '#include "\.\./' | grep -v 'types.h'
	# the harness is known to expect.h alone
	sources 'lib/*.[ch]' | grep -v ^lib/expect.h | xargs grep -nE 'kselftest'  |
		grep '#include'
	return 0
}

everything_is_built() {
	sources '*.c' | grep -v fixtures/kmod | while read -r c; do
		[ -f "$build/obj/${c%.c}.o" ] || echo "$c is not built by make all"
	done
}

scripts_are_clean() { sources '*.sh' '*.bash' .ci/run | xargs shellcheck -x; }

python_is_clean() {
	command -v pyflakes3 >/dev/null || { echo "no pyflakes3: scripts/deps.sh test"; return; }
	sources '*.py' | xargs pyflakes3
}

# Reports have to run wherever there is a Python.
reports_need_only_python() {
	sources 'lib/report/*.py' | xargs python3 -c '
import ast, sys
for name in sys.argv[1:]:
    for node in ast.walk(ast.parse(open(name, encoding="utf-8").read(), name)):
        mods = [a.name for a in node.names] if isinstance(node, ast.Import) else \
               [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for mod in mods:
            if mod.split(".")[0] not in sys.stdlib_module_names | {"report"}:
                print(f"{name}:{node.lineno}: {mod}")
        if isinstance(node, ast.FunctionDef) and not ast.get_docstring(node) and not node.name.startswith("_"):
            print(f"{name}:{node.lineno}: {node.name} has no docstring")'
}

files_have_a_licence() {
	sources '*.[ch]' '*.sh' '*.py' '*.css' '*.js' '*.def' Makefile | while read -r f; do
		head -n 2 "$f" | grep -q SPDX-License-Identifier || echo "$f"
	done
}

nothing_names_this_machine() {
	sources | grep -v '^LICENSE$' | xargs grep -nE '(^|[^a-z}])/(root|work|home)/[a-z]|deb\.debian\.org|registry\.|pypi\.' |
		grep -v '^scripts/lint.sh'
}

functions_are_short() {
	sources '*.c' | ctags --kinds-C=f --fields=+ne -f - -L - 2>/dev/null | awk -F'\t' '
		{ l = e = 0
		  for (i = 4; i <= NF; i++) { if ($i ~ /^line:/) l = substr($i, 6)
		                              if ($i ~ /^end:/) e = substr($i, 5) }
		  if (e - l + 1 > 60) print $2 ": " $1 " has " e - l + 1 " lines" }'
}

files_are_short() {
	sources '*.[ch]' '*.sh' '*.py' | xargs wc -l | awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines" }'
}

static_analysis_is_silent() {
	sources 'lib/*.c' 'fixtures/refdev/*.c' | xargs cppcheck --quiet --error-exitcode=0 --inline-suppr --enable=warning,portability \
		--suppress=missingInclude --suppress=unknownMacro --std=c11 \
		-D_GNU_SOURCE -Ilib -Ifixtures --template='{file}:{line}: {id}: {message}'
}

driver_is_in_the_kernels_style() {
	local ktree
	ktree=$(scripts/kernel-tree.sh) || return 1
	sources 'fixtures/kmod/*.[ch]' | xargs perl "$ktree/scripts/checkpatch.pl" --no-tree --strict --terse -f |
		grep -v ' 0 errors, 0 warnings, 0 checks'
}

rule "each header compiles alone" headers_compile_alone
rule "the library neither prints nor exits nor asserts" library_is_silent
rule "the reference core needs nothing but mem*()" core_stands_alone
rule "each defect is asked for at exactly one place" defects_are_asked_once
rule "each requirement is checked or says why not" rows_are_checked_or_excused
rule "defects and variants name requirements that exist" rules_named_by_the_core_exist
rule "includes run one way: tests, lib, reference core, uapi" includes_run_one_way
rule "everything in the tree is built" everything_is_built
rule "shell scripts are clean under shellcheck" scripts_are_clean
rule "Python is clean under pyflakes" python_is_clean
rule "reports need nothing but Python, and say what they do" reports_need_only_python
rule "each file names its licence" files_have_a_licence
rule "nothing names a machine or a package registry" nothing_names_this_machine
rule "no function exceeds 60 lines" functions_are_short
rule "no file exceeds 600 lines" files_are_short
rule "cppcheck has nothing to say" static_analysis_is_silent
rule "checkpatch --strict has nothing to say of the driver" driver_is_in_the_kernels_style

echo "lint: $passed passed, $failed failed"
[ "$failed" = 0 ]
