# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What bash and zsh do alike with the function _xen_bigdisk_table, which stands before this and is written by completion.c
# from the tables of commands and options.
# shellcheck disable=SC2034,SC2154 # the table sets some of the variables, and the caller has them as its own

# Names of a kind, one a line. $1: GUEST, TEMPLATE or BRIDGE; $2: --dir; $3: --templates
_xen_bigdisk_names()
{
	[ -z "${ZSH_VERSION-}" ] || emulate -L sh
	local xb_path
	case "$1" in
	GUEST)
		for xb_path in "${2:-$_xen_bigdisk_configs}"/*.cfg; do
			[ -f "$xb_path" ] || continue
			xb_path=${xb_path##*/}
			printf '%s\n' "${xb_path%.cfg}"
		done
		;;
	TEMPLATE)
		for xb_path in "${3:-${XEN_BIGDISK_TEMPLATES:-$_xen_bigdisk_templates}}"/*/manifest.json \
			"${XDG_DATA_HOME:-$HOME/.local/share}/xen-bigdisk/templates"/*/manifest.json; do
			[ -f "$xb_path" ] || continue
			xb_path=${xb_path%/manifest.json}
			printf '%s\n' "${xb_path##*/}"
		done
		;;
	BRIDGE)
		for xb_path in /sys/class/net/*/bridge; do
			[ -e "$xb_path" ] || continue
			xb_path=${xb_path%/bridge}
			printf '%s\n' "${xb_path##*/}"
		done
		;;
	esac
}

_xen_bigdisk_note()
{
	case "$1" in
	--dir) xb_dir=${2/#\~\//$HOME/} ;;
	--templates) xb_templates=${2/#\~\//$HOME/} ;;
	esac
}

# The words before the cursor: sets xb_command, xb_position (arguments so far), xb_option (one that waits for its
# value), xb_dir, xb_templates and what the table says of the command. Behind "help" there are commands only.
_xen_bigdisk_walk()
{
	local xb_help=''
	xb_command='' xb_position=0 xb_option='' xb_dir='' xb_templates=''
	while [ $# -gt 0 ]; do
		_xen_bigdisk_table "$xb_command" "${1%%=*}"
		case "$1" in
		--*=*) _xen_bigdisk_note "${1%%=*}" "${1#*=}" ;;
		-?*)
			if [ "${xb_value#-}" != "$xb_value" ]; then
				if [ $# -eq 1 ]; then
					xb_option=$1
					return
				fi
				_xen_bigdisk_note "$1" "$2"
				shift
			fi
			;;
		*)
			if [ "$1" = help ] && [ ${#xb_commands[@]} -gt 0 ]; then
				xb_help=1
			elif [ ${#xb_commands[@]} -gt 0 ]; then
				xb_command="${xb_command:+$xb_command }$1"
			else
				xb_position=$((xb_position + 1))
			fi
			;;
		esac
		shift
	done
	_xen_bigdisk_table "$xb_command" ''
	[ -z "$xb_help" ] || xb_arguments=() xb_options=()
}

# $1: how many arguments there are; then the kind of each. Sets xb_kind.
_xen_bigdisk_argument()
{
	xb_kind=''
	[ $# -gt 1 ] || return 0
	while [ "$1" -gt 0 ] && [ $# -gt 2 ]; do
		set -- $(($1 - 1)) "${@:3}"
	done
	if [ "$1" -eq 0 ] || [ "${2%+}" != "$2" ]; then
		xb_kind=${2%+}
		xb_kind=${xb_kind#-}
	fi
}

