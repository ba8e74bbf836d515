# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of migcheck's command line, for bash, and for zsh by way of its
# bashcompinit. Verbs, options and rules come from what the tool says of itself.

# The verbs: the indented words of migcheck --help.
_migcheck_verbs() { "$1" --help 2>/dev/null | sed -nE 's/^  ([a-z]+)  .*/\1/p'; }

# Options of a verb, long ones and letters.
_migcheck_options() {
	"$1" "$2" --help 2>/dev/null | grep -E '^(usage:| {7}migcheck| +-)' |
		grep -oE -- '[][ ]--?[a-zA-Z][a-z-]*' | tr -d '[] ' | sort -u
	printf '%s\n' --help --color
}

_migcheck_rules() { "$1" rules --format tsv 2>/dev/null | sed -n '2,$s/\t.*//p'; }

# Formats of report: the indented words of its help, and those behind a ";".
_migcheck_formats() {
	"$1" report --help 2>/dev/null | sed -nE 's/^  ([a-z]+)   .*/\1/p'
	"$1" report --help 2>/dev/null | sed -nE 's/^  [a-z]+   .*; ([a-z-]+) .*/\1/p'
}

# Devices, without opening any.
_migcheck_devices() {
	local device
	printf '%s\n' emu:v1 emu:v2 emu:v2-stop emu:v2-p2p emu:v2-precopy emu:v2-full
	for device in /sys/bus/pci/drivers/*vfio*/*:*:*.* /sys/bus/mdev/devices/*; do
		[ -e "$device" ] && printf 'vfio:%s\n' "${device##*/}"
	done
	for device in /dev/vfio/devices/*; do
		[ -e "$device" ] && printf 'vfio:%s\n' "$device"
	done
}

# What may stand behind option $3 of verb $2; "FILE" for any path.
_migcheck_values() {
	case $3 in
	--color) printf '%s\n' auto always never ;;
	--format | -f)
		if [ "$2" = waive ]; then echo FILE; else printf '%s\n' text tsv json; fi ;;
	--profile | -p) printf '%s\n' default strict header-only vmm hostile ;;
	--test | -t | --exclude | -x) _migcheck_rules "$1" ;;
	--budget | -b) printf '%s\n' downtime= downtime-stop-copy= arc= save-rate= restore-rate= ;;
	--gate | -g) printf '%s\n' latency skips ;;
	--waivers | -w | --shared-waivers | -W | --output | -o | --file) echo FILE ;;
	--reason | -r | --link | -l | --expires | -e | --kernel | -k | --device | --driver | -D) ;;
	--seed | -s | --deadline | -d) ;;
	*) return 1 ;; # it has no value
	esac
}

# The arguments of a verb, of which $3 are there already.
_migcheck_arguments() {
	case $2:$3 in
	run:* | restore:* | replay:1) _migcheck_devices ;;
	rules:* | explain:* | prove:* | waive:[1-9]*) _migcheck_rules "$1" ;;
	report:0) _migcheck_formats "$1" ;;
	*) echo FILE ;;
	esac
}

# What was typed up to the cursor, a word a line; the last may be empty. Split as
# a shell does it, not as readline: "emu:v1" is one word.
_migcheck_typed() {
	local line=${COMP_LINE:0:$COMP_POINT}
	printf '%s\n' "$line" | tr -s '[:blank:]' '\n'
	case $line in *[[:blank:]]) echo ;; esac
}

# What may stand at the cursor, a line each, or FILE.
_migcheck_choices() {
	local tool=$1 word verb='' previous='' current='' count=-1
	while read -r word; do
		# The word before this one is complete: the tool, a verb, an argument.
		case $previous:$current in
		*:-* | --color:* | :) ;;
		*) if [ "$count" = 0 ] && [ -z "$verb" ]; then verb=$current; else count=$((count + 1)); fi ;;
		esac
		previous=$current current=$word
	done
	if [ -z "$verb" ]; then
		[ "$previous" = --color ] && _migcheck_values "$tool" '' --color && return
		_migcheck_verbs "$tool"
		printf '%s\n' --help --version --color
	elif [ "${current#-}" != "$current" ]; then
		_migcheck_options "$tool" "$verb"
	elif [ "${previous#-}" = "$previous" ] || ! _migcheck_values "$tool" "$verb" "$previous"; then
		_migcheck_arguments "$tool" "$verb" "$count"
	fi
}

_migcheck() {
	local current=$2 choices word begun behind=''
	begun=$(_migcheck_typed | tail -n 1)
	case $begun in *:*) behind=${begun%:*}: ;; esac
	choices=$(_migcheck_typed | _migcheck_choices "$1")
	COMPREPLY=()
	if [ "$choices" = FILE ]; then
		compopt -o filenames 2>/dev/null
		choices=$(compgen -f -- "$current")
	else
		choices=$(compgen -W "$choices" -- "$begun")
	fi
	while read -r word; do
		# What readline takes for the word begins behind the last colon.
		case $COMP_WORDBREAKS in *:*) word=${word#"$behind"} ;; esac
		case $word in
		'') continue ;;
		*=) compopt -o nospace 2>/dev/null ;;
		esac
		COMPREPLY+=("$word")
	done <<-END
		$choices
	END
}

complete -F _migcheck migcheck
