# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154 # as in common.bash, which stands before this

# Those of the words that go on from $xb_cur.
_xen_bigdisk_words()
{
	local xb_word
	for xb_word; do
		[[ $xb_word != "$xb_cur"* ]] || COMPREPLY+=("$xb_word")
	done
}

# $1: kinds with bars between them.
_xen_bigdisk_offer()
{
	local xb_kinds xb_each xb_found=()
	IFS='|' read -ra xb_kinds <<<"$1"
	for xb_each in "${xb_kinds[@]}"; do
		case $xb_each in
		FILE) mapfile -t xb_found < <(compgen -f -- "$xb_cur") ;;
		CFG) mapfile -t xb_found < <([[ $xb_cur != */* ]] || compgen -f -- "$xb_cur") ;;
		DIR) mapfile -t xb_found < <(compgen -d -- "$xb_cur") ;;
		DEVICE) mapfile -t xb_found < <(compgen -f -- "${xb_cur:-/dev/}") ;;
		[A-Z]*)
			mapfile -t xb_found < <(_xen_bigdisk_names "$xb_each" "$xb_dir" "$xb_templates")
			_xen_bigdisk_words "${xb_found[@]}"
			continue
			;;
		*)
			_xen_bigdisk_words "$xb_each"
			continue
			;;
		esac
		COMPREPLY+=("${xb_found[@]}")
		[[ ${#xb_found[@]} -eq 0 ]] || compopt -o filenames 2>/dev/null
	done
}

_xen_bigdisk()
{
	local xb_cur=${COMP_WORDS[COMP_CWORD]} xb_prefix='' xb_equals='' xb_words=() xb_i
	local xb_command xb_position xb_option xb_dir xb_templates xb_value xb_kind
	local xb_options xb_commands xb_arguments
	COMPREPLY=()
	# Bash takes --dir=DIR apart at the equals sign; it is put together again.
	for ((xb_i = 1; xb_i < COMP_CWORD; xb_i++)); do
		if [[ ${COMP_WORDS[xb_i]} != = || ${#xb_words[@]} -eq 0 ]]; then
			xb_words+=("${COMP_WORDS[xb_i]}")
		elif ((xb_i + 1 < COMP_CWORD)); then
			xb_words[-1]+="=${COMP_WORDS[++xb_i]}"
		else
			xb_equals=1
		fi
	done
	if [[ $xb_cur == = && ${#xb_words[@]} -gt 0 ]]; then
		xb_equals=1 xb_cur=''
	elif [[ $xb_cur == --*=* ]]; then
		xb_words+=("${xb_cur%%=*}") xb_equals=1 xb_prefix=${xb_cur%%=*}= xb_cur=${xb_cur#*=}
	fi
	if [[ -n $xb_equals ]]; then
		local xb_last=${xb_words[-1]}
		unset 'xb_words[-1]'
		_xen_bigdisk_walk "${xb_words[@]}"
		xb_option=$xb_last
	else
		_xen_bigdisk_walk "${xb_words[@]}"
	fi
	if [[ -n $xb_option ]]; then
		_xen_bigdisk_table "$xb_command" "$xb_option"
		_xen_bigdisk_offer "${xb_value#[-=]}"
	elif [[ $xb_cur == -* ]]; then
		_xen_bigdisk_words "${xb_options[@]}"
		[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
	elif [[ ${#xb_commands[@]} -gt 0 ]]; then
		_xen_bigdisk_words "${xb_commands[@]}"
	else
		_xen_bigdisk_argument "$xb_position" "${xb_arguments[@]}"
		_xen_bigdisk_offer "$xb_kind"
		[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
	fi
	if [[ -n $xb_prefix ]]; then
		COMPREPLY=("${COMPREPLY[@]/#/$xb_prefix}")
	fi
}

complete -F _xen_bigdisk xen-bigdisk
