#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a person sees and a log does not: progress, colours, help, the manual.
#
#   tests/cli/comfort_test.sh BUILD/migcheck
set -u
migcheck=${1:-build/migcheck}
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
unset NO_COLOR
escape=$'\033'

# terminal COMMAND: what it writes where both streams are a terminal
terminal() { TERM=${term-xterm} timeout 60 script -qec "$1" /dev/null </dev/null; }

# sees NAME PATTERN COMMAND; sees_no NAME PATTERN COMMAND
sees() {
	terminal "$3" >"$tmp/out" 2>&1
	verdict "$(grep -qaE -- "$2" "$tmp/out" && echo 1 || echo 0)" "$1" "nothing matches '$2'"
}
sees_no() {
	terminal "$3" >"$tmp/out" 2>&1
	verdict "$(grep -qaE -- "$2" "$tmp/out" && echo 0 || echo 1)" "$1" "something matches '$2'"
}

run="$migcheck run emu:v2 -t V2-FD-00*"
clear="$(printf '\r')$escape\[K"
sees progress_is_drawn "emu:v2  [0-9]+/[0-9]+  [0-9]+ s  V2-[A-Z]+-[0-9]+ v2_" "$run"
sees progress_is_cleared "$escape\[K${clear}V2-[A-Z]+ +[0-9]+ held" "$run"
sees progress_is_on_stderr_only "emu:v2  [0-9]+/" "$run >$tmp/stdout"
verdict "$(grep -q "$escape" "$tmp/stdout" && echo 0 || echo 1)" stdout_stays_plain "escapes in the output"
sees_no no_progress_without_stderr "[0-9]+/[0-9]+  [0-9]+ s" "$run 2>$tmp/stderr"
verdict "$([ -s "$tmp/stderr" ] && echo 0 || echo 1)" log_stays_quiet "something on standard error"
term=dumb sees_no no_progress_on_a_dumb_terminal "[0-9]+/[0-9]+  [0-9]+ s" "$run"
terminal "stty cols 30; $run >$tmp/stdout" | tr '\r' '\n' | sed "s/$escape\[K//" >"$tmp/out"
verdict "$(grep -q 'emu:v2  [0-9]' "$tmp/out" && ! grep -qE '.{30}' "$tmp/out" && echo 1 || echo 0)" \
	narrow_terminal_is_not_overrun "no line, or one of 30 columns"
sees progress_of_the_proof "prove  [0-9]+/[0-9]+ " "$migcheck prove V2-FD-006"

failing="$migcheck run emu:v2+NO_SUCH || $migcheck run emu:v1+ZERO_IS_NOT_FINAL -t v1_pending-zero*"
red="$escape\[31mFAIL$escape\[0m"
sees failure_is_red "$red" "$failing"
sees_no no_color_is_heeded "$red" "NO_COLOR=1; export NO_COLOR; $failing"
sees empty_no_color_is_none "$red" "NO_COLOR=; export NO_COLOR; $failing"
sees color_wins_over_no_color "$red" "NO_COLOR=1 $migcheck run emu:v1+ZERO_IS_NOT_FINAL -t 'v1_pending-zero*' --color always"
sees_no color_never "$red" "$migcheck --color never run emu:v1+ZERO_IS_NOT_FINAL -t 'v1_pending-zero*'"
term=dumb sees_no no_color_on_a_dumb_terminal "$red" "$failing"
says color_always_in_a_pipe 1 "$red" "$migcheck" run emu:v1+ZERO_IS_NOT_FINAL -t 'v1_pending-zero*' --color=always
says no_color_in_a_pipe 1 '^  FAIL V1' "$migcheck" run emu:v1+ZERO_IS_NOT_FINAL -t 'v1_pending-zero*'
expect unknown_color 64 "sometimes" 2 "$migcheck" rules --color sometimes
expect color_without_value 64 "color" 2 "$migcheck" --color

says without_a_verb_it_lists 4 'migcheck run ' "$migcheck"
for section in NAME SOURCE DESCRIPTION 'CHECKED BY' 'PROVEN BY' TOLERATES 'SEVERITY BY PROFILE'; do
	says "explain_has_${section// /_}" 0 "^$section$" "$migcheck" explain V2-FD-006
done
sees headings_are_strong "$escape\[1mPROVEN BY$escape\[0m" "$migcheck explain V2-FD-006"
says unchecked_rule_says_why 0 '^ *unchecked: ' sh -c "$migcheck rules --format tsv |
	awk -F'\t' '\$7 == 0 { print \$1; exit }' | xargs $migcheck explain"

# Each verb has a help with two examples, and its options are in the manual.
manual=lib/cmd/migcheck.1
sed 's/\\-/-/g; s/\\f[BIR]//g' "$manual" >"$tmp/manual"
few='' missing=''
for verb in $("$migcheck" --help | sed -nE 's/^  ([a-z]+)  .*/\1/p'); do
	"$migcheck" "$verb" --help >"$tmp/help"
	[ "$(grep -cE "^  .*migcheck $verb" "$tmp/help")" -ge 2 ] || few="$few $verb"
	grep -qx ".SS $verb" "$tmp/manual" || missing="$missing $verb"
	while read -r option; do
		grep -qE -- "$option([^a-z-]|$)" "$tmp/manual" || missing="$missing $verb:$option"
	done < <(sed -nE 's/^  (-.*)/\1/p' "$tmp/help" | grep -oE -- '--[a-z-]+')
done
: >"$tmp/out"
verdict "$([ -z "$few" ] && echo 1 || echo 0)" each_verb_has_two_examples "fewer:$few"
verdict "$([ -z "$missing" ] && echo 1 || echo 0)" manual_is_complete "not in $manual:$missing"

finish
