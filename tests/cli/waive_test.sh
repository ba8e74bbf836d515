#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Waivers from the failure to the run that reads them: written, applied, outlived.
#
#   tests/cli/waive_test.sh BUILD/migcheck
set -u
migcheck=${1:-build/migcheck}
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

rule=V2-FD-006
defect=$("$migcheck" prove --format tsv "$rule" 2>/dev/null | awk -F'\t' '$1 == "defect" { print $2; exit }')
known=$tmp/known.json
judge=("$migcheck" run "$defect" -t "$rule")
"${judge[@]}" -o "$tmp/broken" >/dev/null
waive=("$migcheck" waive "$tmp/broken")

says waiver_names_rule_and_device 0 "\"device\": \"${defect//+/\\+}\"" "${waive[@]}" "$rule" --reason r
expect reason_is_needed 64 "reason" 2 "${waive[@]}" "$rule"
expect rule_must_fail 64 "V2-FD-001 neither fails nor warns" 2 "${waive[@]}" V2-FD-001 -r r
expect rule_must_exist 64 "V2-FD-999" 3 "${waive[@]}" V2-FD-999 -r r
expect date_must_be_one 64 "expires" 2 "${waive[@]}" "$rule" -r r --expires tomorrow
expect results_must_be_there 99 "results.json" 2 "$migcheck" waive "$tmp" "$rule" -r r

expect file_is_made 0 - 0 "${waive[@]}" "$rule" -r 'a "quoted" reason' --link https://example.org/1 --expires 2999-12-31 -f "$known"
says file_is_json 0 'a "quoted" reason' python3 -c "import json; print(json.load(open('$known'))[0]['reason'])"
chmod 640 "$known"
cp "$known" "$tmp/before.json"
expect same_waiver_is_not_added 64 "already" 2 "${waive[@]}" "$rule" -r again -f "$known"
expect place_that_is_none_is_told 99 "/dev/full/" 2 "${waive[@]}" "$rule" -r r -f /dev/full/known.json
# A write that fails half-way, as on a full disk.
says full_disk_is_told 0 'File too large' sh -c "(trap '' XFSZ; ulimit -f 0; exec \"\$@\") 2>&1 | cat" sh \
	"${waive[@]}" "$rule" -r r -D x -f "$known"
says refused_file_is_untouched 0 '^1$' sh -c "cmp $known $tmp/before.json && ls -d $known* | wc -l"
expect other_scope_is_added 0 - 0 "${waive[@]}" "$rule" -r r --device 'vfio:*' -f "$known"
says permissions_stay 0 '^640 2$' sh -c "echo \$(stat -c %a $known) \$(grep -c '\"rule\"' $known)"
echo '[{"rule": ' >"$tmp/malformed.json"
expect malformed_file_is_left 64 "malformed.json: line" 2 "${waive[@]}" "$rule" -r r -f "$tmp/malformed.json"
: >"$tmp/jobs"
for i in 1 2 3 4 5 6; do
	"${waive[@]}" "$rule" -r r --device "x$i" -f "$tmp/many.json" &
	echo $! >>"$tmp/jobs"
done
while read -r job; do wait "$job"; done <"$tmp/jobs"
says none_of_several_is_lost 0 '^6$' grep -c '"rule"' "$tmp/many.json"

"${waive[@]}" "$rule" -r known --link https://example.org/2 -f "$tmp/one.json"
says waived_failure_passes 0 'waived .*known' "${judge[@]}" -w "$tmp/one.json"
says waived_failure_has_its_link 0 'https://example.org/2' "${judge[@]}" -w "$tmp/one.json"
"${waive[@]}" "$rule" -r old --expires 2020-01-01 -f "$tmp/old.json"
says expired_waiver_is_ignored 1 'expired on 2020-01-01' "${judge[@]}" -w "$tmp/old.json"
says fixed_device_is_an_unexpected_pass 1 'UNEXPECTED PASS' "$migcheck" run emu:v2 -t "$rule" \
	-w <("${waive[@]}" "$rule" -r r --device 'emu:*')
says part_of_its_tests_is_no_unexpected_pass 0 "left RUNNING" "$migcheck" run emu:v2 -t v2_error.reset_leaves_error \
	-w <(echo '[{"rule": "V2-ERR-001", "device": "emu:*", "reason": "r"}]')
says waiver_of_another_device_is_unused 1 "UNUSED waiver of $rule .*no device" "$migcheck" run emu:v2 -t "$rule" -w "$tmp/one.json"
says shared_file_may_know_others 0 "left RUNNING" "$migcheck" run emu:v2 -t "$rule" -W "$tmp/one.json"
says waiver_of_what_is_not_offered_is_unused 1 'UNUSED waiver of V2-PRE-008 .*not-offered' "$migcheck" run emu:v2-stop \
	-W <(echo '[{"rule": "V2-PRE-008", "device": "emu:*", "reason": "r"}]')
says filter_asks_for_no_other_waiver 0 "left RUNNING" "$migcheck" run emu:v2 -t V2-FD-001 -W "$tmp/one.json" \
	-w <(echo '[{"rule": "V2-PRE-008", "device": "emu:*", "reason": "r"}]')
says other_kernel_asks_for_none 0 "left RUNNING" "$migcheck" run emu:v2 -t "$rule" \
	-w <(echo '[{"rule": "V2-FD-006", "device": "emu:*", "reason": "r", "kernel": "..2.6"}]')

finish
