#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is a lapse at most fails nobody, so that no proof shows it: devices that
# have to be warned of.
#
#   tests/cli/lapse_test.sh BUILD/migcheck
set -u
migcheck=${1:-build/migcheck}
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

# warned NAME RULE PATTERN DEVICE: of the rule, and in these words; and nothing fails.
warned() {
	says "$1" 0 "^  warn $2 .*$3" sh -c \
		"$migcheck run emu:$4 -t $2 | sed -e ':a' -e 'N; s/\n  \{20,\}/ /; ta' -e 'P; D'"
}

# held NAME RULE DEVICE: a legal device is not warned of.
held() {
	says "$1" 0 ' 0 violated, 0 warned' "$migcheck" run "emu:$3" -t "$2"
}

# Where nothing can look into the device, success at every point is all there is.
held nameless_device_refuses V1-RESUME-008 v1+NAMELESS
warned half_a_stream_is_taken_unseen V1-RESUME-008 '8442 of 16884 bytes' \
	v1+NAMELESS+INCOMPLETE_STREAM_LOADS
warned nothing_is_said_of_half_a_stream V1-RESUME-008 'of 16884 bytes' \
	v1+NAMELESS+DATA_ERRORS_SWALLOWED
warned nothing_is_said_of_anything V1-ERR-007 'half a stream and with random bytes' \
	v1+NAMELESS+DATA_ERRORS_SWALLOWED
held late_refusal_is_one V1-ERR-007 v1+NAMELESS+REFUSED_LATE

# Nothing by one way into stop-and-copy, and something by another.
held all_doors_give_data V1-STATE-008 v1+NAMELESS
held no_door_gives_data V1-STATE-008 v1+NAMELESS+INITIAL_IS_EMPTY
warned nothing_from_running V1-STATE-008 'nothing from RUNNING' v1+NAMELESS+DIRECT_SAVE_IS_EMPTY
warned nothing_from_stop V1-STATE-017 'nothing from STOP' v1+NAMELESS+PAUSED_SAVE_IS_EMPTY
warned nothing_from_pre_copy V1-ORD-009 'nothing from PRE_COPY' v1+NAMELESS+ONE_DOOR_CAPTURES

# To leave RESUMING is no mere request.
held failed_restore_may_be_an_error V1-ERR-002 v1+BARE_RESUME_IS_ERROR
warned unsupported_request_is_an_error V1-ERR-002 'mere request' v1+UNDRAWN_ARC_IS_ERROR

# A window that is smaller than the chunks of the source.
warned narrow_window V1-RESUME-001 'less room' v1+RESTORE_IS_NARROW

finish
