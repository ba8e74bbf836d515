#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a shell offers at the cursor, asked as readline asks.
#
#   tests/cli/completion_test.sh BUILD/migcheck
set -u
migcheck=$(realpath "${1:-build/migcheck}")
script=lib/cmd/migcheck.bash
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

# offers NAME LINE PATTERN: one of the words offered at the end of LINE
offers() {
	local ok=1
	PATH=${migcheck%/*}:$PATH bash -c '
		. "$1"
		COMP_LINE=$2 COMP_POINT=${#2} COMPREPLY=()
		# readline breaks words at colons and equal signs, too
		current=${2##*[ :=]}
		_migcheck migcheck "$current" ""
		printf "%s\n" "${COMPREPLY[@]}"' bash "$script" "$2" >"$tmp/out" 2>&1
	if [ -z "$3" ]; then
		[ ! -s "$tmp/out" ] || [ "$(cat "$tmp/out")" = "" ] || ok=0
	else
		grep -qxE -- "$3" "$tmp/out" || ok=0
	fi
	verdict "$ok" "$1" "'$2' does not offer '$3'"
}

offers verbs 'migcheck ' waive
offers verb_begun 'migcheck wa' waive
offers nothing_for_no_verb 'migcheck nosuch' ''
offers options_of_a_verb 'migcheck run emu:v1 --' --budget
offers letters_of_a_verb 'migcheck waive results -' -e
offers color_everywhere 'migcheck list --co' --color
offers color_values 'migcheck list --color ' always
offers verb_after_color 'migcheck --color never ex' explain
offers devices 'migcheck run ' emu:v1
offers device_behind_its_colon 'migcheck run emu:v2-s' v2-stop
offers profiles 'migcheck run emu:v1 --profile h' hostile
offers rules 'migcheck explain V2-FD-00' V2-FD-006
offers rules_for_a_filter 'migcheck run emu:v1 -t V1-PEND-00' V1-PEND-002
offers formats 'migcheck report k' kcidb
offers second_format_of_a_line 'migcheck report lava-' lava-signals
offers budgets 'migcheck run emu:v1 -b down' 'downtime='
offers gates 'migcheck diff --gate ' latency
offers files 'migcheck diff READ' README.md
offers rule_to_waive 'migcheck waive lib V2-FD-00' V2-FD-006
offers nothing_for_a_text 'migcheck waive lib V2-FD-006 --reason ' ''

# Each option that a verb's help names is offered.
missing=
for verb in $("$migcheck" --help | sed -nE 's/^  ([a-z]+)  .*/\1/p'); do
	PATH=${migcheck%/*}:$PATH bash -c '. "$1"; _migcheck_options migcheck "$2"' bash "$script" "$verb" | sort -u >"$tmp/out"
	for option in $("$migcheck" "$verb" --help | sed -nE 's/^  (-.*)/\1/p' | grep -oE -- '(^|, )--?[A-Za-z][a-z-]*' | tr -d ', '); do
		grep -qxF -- "$option" "$tmp/out" || missing="$missing $verb:$option"
	done
done
verdict "$([ -z "$missing" ] && echo 1 || echo 0)" every_option_is_offered "not offered:$missing"

finish
