#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest's disk, or an image, in qcow2 or another format is never taken for a raw disk: neither read nor written as if it were one.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# refuses WORDS ARGUMENTS...: with an error that says so and what to do, and without a change. raw.tar is on stdin.
refuses() {
	local words=$1 before
	shift
	asked_for=" $* "
	before=$(sha256sum <container)
	status=0
	"$bigdisk" "$@" <raw.tar >stdout 2>stderr || status=$?
	output=$(<stdout) stderr=$(<stderr)
	printf '%s\n' "$*: $status" "$stderr"
	[[ $1 == diff ]] || failed_with 1
	[[ $status -ne 0 && $stderr == *"$words, and only a raw disk can be used here; convert it to raw"* ]] ||
		fail "$*: $stderr"
	[[ $(sha256sum <container) == "$before" && $(sha256sum <d/web01.img) == "$before" ]] || fail "$*"
	[[ ! -e out ]] || fail "$*: an archive"
	holds d web01.img web01.cfg
}

# formatted FORMAT: web01, whose disk is in that format, as is the file container; disk.img is the disk in it.
formatted() {
	need qemu-img sfdisk
	made_empty web01 --size 32M
	mv d/web01.img disk.img
	"$bigdisk" send disk.img >raw.tar
	qemu-img convert -f raw -O "$1" disk.img container
	cp container d/web01.img
	echo text >file
}

refuse_all() { # WORDS
	local command
	while read -r command; do
		# shellcheck disable=SC2086 # words
		refuses "$1" $command --dir d
	done <<-EOF2
		send web01 --output out
		send web01 --dry-run
		receive web01
		receive web01 --force
		compact web01
		grow web01 64M
		shrink web01 20M
		convert-layout web01 cylinder
		clone web01 web02
		ls web01:/
		cat web01:/file
		cp file web01:/file
		cp web01:/file other
		rm web01:/file
		diff web01:/ web01:/
	EOF2
}

@test "a guest's disk whose config says that it is in another format" {
	formatted qcow2
	sed -i 's/format=raw/format=qcow2/' d/web01.cfg
	refuse_all "the config says that $PWD/d/web01.img is in qcow2 format"
	# convert knows it, whatever the name says.
	ok convert web01 back.img --dir d
	cmp back.img disk.img
	# A config that says so of a raw disk is no more to be relied on.
	cp disk.img container
	cp disk.img d/web01.img
	refuses "the config says that $PWD/d/web01.img is in qcow2 format" send web01 --dir d --output out
}

@test "a guest's disk that is in another format by its content, and an image" {
	local format
	for format in qcow2 vpc; do
		rm -f d/* container disk.img
		formatted "$format"
		refuse_all "$PWD/d/web01.img is an image in ${format/vpc/vhd} format"
		refuses "./container is an image in ${format/vpc/vhd} format" send ./container --output out
		refuses "./container is an image in ${format/vpc/vhd} format" receive ./container --force
		refuses "./container is an image in ${format/vpc/vhd} format" renew ./container --name other
		refuses "./container is an image in ${format/vpc/vhd} format" ls ./container:/
	done
	# As large as a disk may be that is filled.
	truncate -s 32M container
	cp container d/web01.img
	refuses 'container is an image in vhd format' fill container --name other --template none --force
	ok info ./container
	ok check ./container
}
