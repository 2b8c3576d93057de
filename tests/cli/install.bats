#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `make install`: what README.md, --help and the manual pages name is where they say.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# Into $PWD/root, without building anything.
installed() {
	need make
	[[ -e $top/build/man.stamp && $bigdisk == "$top/build/xen-bigdisk" ]] || skip "build/ is not what is tested"
	make -s -C "$top" -o all install DESTDIR="$PWD/root" >log 2>&1 || fail "$(<log)"
}

doc=root/usr/local/share/doc/xen-bigdisk
data=root/usr/local/share/xen-bigdisk

@test "every page of the manual is installed, and uninstall leaves nothing but the folders of guests" {
	installed
	local page
	for page in $("$bigdisk" --manual); do
		[[ -s root/usr/local/share/man/man${page##*.}/$page ]] || fail "$page is not there"
	done
	make -s -C "$top" uninstall DESTDIR="$PWD/root"
	[[ -z $(find root -type f) ]] || fail "$(find root -type f)"
	[[ -d root/etc/xen && -d root/var/lib/xen/images ]]
}

@test "logrotate takes the file of the monitors' logs: what a monitor goes on to write comes into the emptied log" {
	PATH=$PATH:/usr/sbin
	need logrotate
	installed
	mkdir -p var/log/xen
	sed "s,/var/log,$PWD/var/log," root/etc/logrotate.d/xen-bigdisk >config
	exec {log}>>var/log/xen/xen-bigdisk-web01.log
	echo before >&"$log"
	: >var/log/xen/xen-bigdisk-empty.log
	: >var/log/xen/bootloader-web01.log
	run --separate-stderr logrotate --state "$PWD/status" --force config
	[[ $status -eq 0 && -z $stderr ]] || fail "$stderr"
	echo after >&"$log"
	exec {log}>&-
	holds var/log/xen bootloader-web01.log xen-bigdisk-empty.log xen-bigdisk-web01.log xen-bigdisk-web01.log.1
	[[ $(<var/log/xen/xen-bigdisk-web01.log) == after && $(<var/log/xen/xen-bigdisk-web01.log.1) == before ]]
}

@test "files that --help and the manual name by their installed paths are there" {
	installed
	local page path count=0
	for page in $("$bigdisk" --manual); do
		"$bigdisk" --manual "$page" | sed 's/\\-/-/g'
	done >texts
	while read -r path; do
		[[ -e root$path ]] || fail "$path is not installed"
		count=$((count + 1))
	done < <(grep -ohE '/usr/local/share/[A-Za-z0-9/._-]*[A-Za-z0-9]' texts | sort -u)
	[[ $count -ge 4 ]]
	# A name alone says nothing of where it is.
	run ! grep -E '(^|[^/a-z.])[a-z]+\.schema\.json' texts
	# What is in the source tree is nowhere else.
	run ! grep -E '(^|[ (])(templates/(README|[a-z]*\.(schema|example))|xl-configs/)' texts
}

@test "files that README.md names are next to it, schemas in share/xen-bigdisk" {
	installed
	local path
	while read -r path; do
		[[ -e $doc/$path ]] || fail "$path is not beside README.md"
	done < <(grep -oE '(^|[ (`])(templates|xl-configs|plugin/(ansible|ganeti|hotplug/(block|vif)))/[A-Za-z0-9/._-]*[a-z]' "$top/README.md" | tr -d ' (`' | sort -u)
	while read -r path; do
		[[ -e root$path ]] || fail "$path is not installed"
	done < <(grep -oE '/usr/local/share/[A-Za-z0-9/._-]*[a-z]' "$top/README.md" | sort -u)
	[[ -e $doc/plugin/ganeti/README.md && -e $doc/plugin/ansible/README.md ]]
	[[ -e $doc/README.md && -e $doc/templates/README.md && -e $doc/templates/fleet.example.json && -e $data/fleet.schema.json ]]
	[[ ! -e $doc/CONTRIBUTING.md ]]
}
