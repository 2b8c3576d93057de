# SPDX-License-Identifier: GPL-2.0-or-later
# $1: kinds with bars between them.
_xen_bigdisk_offer()
{
	local xb_each
	for xb_each in ${(s:|:)1}; do
		case $xb_each in
		FILE | CFG) _files ;;
		DIR) _files -/ ;;
		DEVICE) _files -W / -P / -g 'dev/**(%)' || _files ;;
		[A-Z]*) compadd -- ${(f)"$(_xen_bigdisk_names $xb_each "$xb_dir" "$xb_templates")"} ;;
		*=) compadd -S '' -- $xb_each ;;
		*) compadd -- $xb_each ;;
		esac
	done
}

_xen-bigdisk()
{
	local xb_command xb_position xb_option xb_dir xb_templates xb_value xb_kind
	local -a xb_options xb_commands xb_arguments
	if [[ ${words[CURRENT]} == --*=* ]]; then
		_xen_bigdisk_walk "${(@)words[2,CURRENT-1]}"
		xb_option=${words[CURRENT]%%=*}
		compset -P '*='
	else
		_xen_bigdisk_walk "${(@)words[2,CURRENT-1]}"
	fi
	# A key of the command and its value.
	if [[ -z $xb_option && ${words[CURRENT]} == [a-z]*=* ]]; then
		_xen_bigdisk_table "$xb_command" "${words[CURRENT]%%=*}"
		if [[ -n $xb_value ]]; then
			xb_option=${words[CURRENT]%%=*}
			compset -P '*='
		fi
	fi
	if [[ -n $xb_option ]]; then
		_xen_bigdisk_table "$xb_command" "$xb_option"
		_xen_bigdisk_offer "${xb_value#[-=]}"
	elif [[ ${words[CURRENT]} == -* ]]; then
		_describe -o option xb_options
	elif (( ${#xb_commands} )); then
		_describe command xb_commands
	else
		_xen_bigdisk_argument "$xb_position" "${(@)xb_arguments}"
		_xen_bigdisk_offer "$xb_kind"
	fi
}

if [[ ${funcstack[1]} == _xen-bigdisk ]]; then
	_xen-bigdisk "$@"
else
	compdef _xen-bigdisk xen-bigdisk
fi
