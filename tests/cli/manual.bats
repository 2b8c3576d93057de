#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The texts that come from the tables of commands and options: --help, the manual pages, completion.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# The commands of a group, as its help lists them.
commands_of() { # GROUP
	"$bigdisk" "$1" --help | sed -n '/^Commands:$/,/^$/s/^  \([a-z]* [a-z]*\) .*/\1/p'
}

# Every command, one a line.
commands() {
	local command
	for command in $("$bigdisk" help | sed -n 's/^  \([a-z-]*\)  .*/\1/p'); do
		case $command in
		help | version) ;;
		template | fleet) echo "$command" && commands_of "$command" ;;
		*) echo "$command" ;;
		esac
	done
}

# All of the manual, a file a page.
pages() {
	local page
	for page in $("$bigdisk" --manual); do
		SOURCE_DATE_EPOCH=1700000000 "$bigdisk" --manual "$page" >"$page"
	done
}

@test "no manual page and no help has a hole" {
	pages
	cat xen-bigdisk* >texts
	"$bigdisk" --help >>texts
	"$bigdisk" --completion bash >>texts
	"$bigdisk" --completion zsh >>texts
	commands >listed
	while read -ra command; do
		"$bigdisk" "${command[@]}" --help >>texts
	done <listed
	[[ $(grep -c '^Usage: ' texts) -ge 30 ]] || fail "$(grep '^Usage: ' texts)"
	run ! grep -n '(null)' texts
}

@test "there is a page for each command, an overview, and one for manifests" {
	[[ $("$bigdisk" --manual | sort) == "$({
		echo xen-bigdisk.8
		echo xen-bigdisk-fleet.5
		commands | sed 's/ /-/; s/.*/xen-bigdisk-&.8/'
	} | sort)" ]]
	bd --manual xen-bigdisk-nosuch.8
	failed_with 2
}

@test "the overview names every page, and each page the overview" {
	local page
	pages
	for page in xen-bigdisk-*; do
		name=${page%.*}
		grep -qF ".BR ${name//-/\\-} (${page##*.})" xen-bigdisk.8 || fail "$page is not in xen-bigdisk(8)"
		grep -qF '.BR xen\-bigdisk (8)' "$page" || fail "$page does not name xen-bigdisk(8)"
	done
}

@test "mandoc finds nothing to warn of, and groff neither" {
	need mandoc groff
	local page
	pages
	for page in xen-bigdisk*; do
		run mandoc -T lint -W warning "$page"
		[[ $status -eq 0 && -z $output ]] || fail "$output"
		run groff -man -Tutf8 -ww -z "$page"
		[[ $status -eq 0 && -z $output ]] || fail "$page: $output"
	done
}

@test "the pages render, and have their parts and their date" {
	need man
	local part
	pages
	for page in xen-bigdisk.8 xen-bigdisk-new.8; do
		run --separate-stderr env LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings=all -E UTF-8 -l "$page"
		[[ $status -eq 0 && -z $stderr ]] || fail "$stderr"
		for part in NAME SYNOPSIS DESCRIPTION OPTIONS "EXIT STATUS" "SEE ALSO"; do
			grep -qx "$part" <<<"$output" || fail "$page: no $part"
		done
		[[ $output == *2023-11-14* ]]
	done
	for part in COMMANDS ENVIRONMENT FILES; do
		grep -q "^\.SH $part" xen-bigdisk.8 || fail "no $part"
	done
	grep -qx '.SH EXAMPLES' xen-bigdisk-new.8
}

@test "quotes of examples are there when the page is read, and can be copied" {
	need man
	"$bigdisk" --manual xen-bigdisk-list.8 >page.8
	run env LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=200 man -E UTF-8 -l page.8
	[[ $output == *"list 'web*' db01"* ]] || fail "$output"
	[[ $output == *"jq -r '.guests[] | select(.state == \"stopped\").name'"* ]] || fail "$output"
}

@test "the manual heads a group as its help does" {
	pages
	grep -qx '.I COMMAND' xen-bigdisk-fleet.8
	grep -qx '.B xen\\-bigdisk fleet export' xen-bigdisk-fleet-export.8
	grep -qx '.BR xen\\-bigdisk\\-template\\-import (8)' xen-bigdisk-template.8
	run ! grep -E '^\.S[HS] ".* "$' xen-bigdisk*
}

@test "the boot loader's page has every option of its help, and no other" {
	local boot=${bigdisk%/*}/xen-bigdisk-boot
	"$boot" --help | grep -oE -- '--[a-z-]+' | sort -u >options
	[ "$(wc -l <options)" -ge 20 ]
	sed -n '/^\.SH OPTIONS/,/^\.SH EXIT/p' "$top/plugin/bootloader/xen-bigdisk-boot.8" | sed -n 's,\\f[BIR],,g; s,\\,,g; /^-/p' |
		grep -oE -- '--[a-z-]+' | sort -u | diff options -
}
