#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The texts that come from the tables of commands and options: --help, the manual pages, completion.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# The commands that the help of the program, or of a group, lists.
commands() { # [group]
	"$bigdisk" "$@" --help | sed -n '/^Commands:$/,/^$/s/^  \([a-z][a-z ]*[a-z]\) .*/\1/p' | sed 's/  .*//'
}

@test "no manual page and no help has a hole" {
	{
		"$bigdisk" --help
		"$bigdisk" --manual
		"$bigdisk" --manual fleet
		"$bigdisk" --completion bash
		"$bigdisk" --completion zsh
	} >texts
	for command in $(commands); do
		[[ $command == help || $command == version ]] || "$bigdisk" "$command" --help >>texts
	done
	for group in fleet template; do
		commands "$group" >listed
		[[ $(wc -l <listed) -ge 5 ]] || fail "$group: $(<listed)"
		while read -ra command; do
			[[ ${command[0]} == "$group" ]] || fail "${command[*]}"
			"$bigdisk" "${command[@]}" --help >>texts
		done <listed
	done
	[[ $(grep -c '^Usage: ' texts) -ge 30 ]] || fail "$(grep '^Usage: ' texts)"
	run ! grep -n '(null)' texts
}

@test "the manual heads a group as its help does" {
	"$bigdisk" --manual >page
	grep -qx '.SH "xen\\-bigdisk fleet COMMAND"' page
	grep -qx '.SH "xen\\-bigdisk fleet export FILE"' page
	grep -qx '.SH "xen\\-bigdisk template COMMAND"' page
	run ! grep -E '^\.SH ".* "$' page
}
