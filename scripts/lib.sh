# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts share. Sourced, never run.
#
# Everything that is downloaded, unpacked or built for the virtual machine lives in the cache, outside the clone.
# An entry of the cache is made in a directory beside it and renamed when complete, so a path that exists is whole.

# shellcheck disable=SC2034 # for the scripts that source this file
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/migcheck
PATH=$PATH:/usr/sbin:/sbin # where modprobe is, for users too
unset MAKEFLAGS MAKELEVEL # the job server of a make that called us is not for ours

# Of the lab kernel: without ACPI the only timer that a busy host cannot confuse is behind the oldest interrupt
# controller.
readonly LAB_APPEND='noapic nolapic'
readonly EX_USAGE=64 EX_ENVIRONMENT=99

# die STATUS MESSAGE: one line, and out
die() {
	printf '%s: %s\n' "${0##*/}" "$2" >&2
	exit "$1"
}

usage_error() { die $EX_USAGE "$1"; }
environment_error() { die $EX_ENVIRONMENT "$1"; }

# cache_begin: sets $half to a new empty directory in the cache, removed at exit where cache_end was not reached
cache_begin() {
	mkdir -p "$cache" 2>/dev/null
	half=$(mktemp -d "$cache/half.XXXXXX" 2>/dev/null) ||
		environment_error "cannot write to $cache; set XDG_CACHE_HOME"
	trap 'rm -rf "$half"' EXIT
	trap 'exit '$EX_ENVIRONMENT INT TERM HUP
}

# cache_end PATH: what is in $half becomes PATH; where somebody else made PATH meanwhile, theirs stays
cache_end() {
	chmod 755 "$half"
	mv -T "$half" "$1" 2>/dev/null || rm -rf "$half"
	[ -d "$1" ] || environment_error "cannot make $1"
}
