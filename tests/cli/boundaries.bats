#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a filesystem does not have for itself is never written to: where the superblock gives it more than its partition has, or another
# partition has a part of it, all commands that change an image refuse, and those that read go on.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# put FILE BYTE NUMBER...: 32-bit numbers, little-endian.
put() {
	python3 - "$@" <<-'PYTHON'
		import struct, sys
		with open(sys.argv[1], "r+b") as f:
		    f.seek(int(sys.argv[2]))
		    for number in sys.argv[3:]:
		        f.write(struct.pack("<I", int(number)))
	PYTHON
}

# disk FIRST-SECTORS SECOND-START MKE2FS-ARGUMENTS...: disk.img has a filesystem of 64 MiB in partition 1, which begins at 1 MiB, and behind
# the table's back random data in partition 2.
disk() {
	local size=$1 second=$2
	shift 2
	rm -f disk.img
	truncate -s 80M disk.img
	mkdir -p tree/etc tree/sbin
	touch tree/etc/fstab
	sfdisk -q disk.img <<<$'label: dos\nstart=2048, size=131072, type=83\nstart=133120, size=20000, type=83\n'
	mke2fs -q -F -d tree -E offset=1048576 "$@" disk.img 64M 2>/dev/null
	put disk.img 458 "$size"
	put disk.img 470 "$second" 20000
	[[ -e random ]] || head -c 2M /dev/urandom >random
	dd if=random of=disk.img bs=512 seek="$second" conv=notrunc status=none
	cp --sparse=always disk.img before.img
}

# refuses MESSAGE ARGUMENTS...: with that error, and without a change.
refuses() {
	local message=$1
	shift
	bd "$@"
	failed_with 1
	[[ $stderr == *"$message"*', and nothing was changed'*'; repair it first: xen-bigdisk check disk.img --repair' ]] || fail "$*: $stderr"
	cmp disk.img before.img || fail "$*"
}

refuse_all() { # MESSAGE
	local command
	[[ -e large ]] || head -c 45M /dev/urandom >large
	while read -r command; do
		# shellcheck disable=SC2086 # words
		refuses "$1" $command
	done <<-EOF2
		compact disk.img
		cp large disk.img:/large
		mkdir disk.img:/d
		ln -s x disk.img:/link
		mv disk.img:/etc/fstab disk.img:/etc/other
		rm disk.img:/etc/fstab
		chmod 600 disk.img:/etc/fstab
		chown 1 disk.img:/etc/fstab
		grow disk.img 200M
		grow disk.img 200M --dry-run
		shrink disk.img 79M
		convert-layout disk.img cylinder
		renew disk.img --name other
		renew disk.img --name other --dry-run
	EOF2
	bd ls disk.img:/etc
	[[ $status -eq 0 && $output == fstab ]]
	bd send disk.img --output sent.tar
	[[ $status -eq 0 ]]
	rm sent.tar
	cmp disk.img before.img
}

@test "a filesystem that is larger than its partition is not written to, nor what is behind the partition" {
	need mke2fs sfdisk python3
	local larger='the superblock gives the filesystem 64 MiB, the partition table gives partition 1 only 20 MiB: either the partition table or the filesystem'"'"'s superblock is lying'
	disk 40960 43008 -t ext4
	refuse_all "$larger"
	# By tune2fs, which writes all of its metadata anew.
	disk 40960 43008 -t ext4 -O metadata_csum,^metadata_csum_seed
	refuses "$larger" renew disk.img --name other
}

@test "a filesystem of which another partition has a part is not written to" {
	need mke2fs sfdisk python3
	local overlaps='another partition has a part of partition 1, and of the filesystem in it: writing to one of them damages the other'
	disk 131072 62048 -t ext4
	refuse_all "$overlaps"
	disk 131072 62048 -t ext4 -O metadata_csum,^metadata_csum_seed
	refuses "$overlaps" renew disk.img --name other
	# It is the table that is lying where the filesystem ends before the other partition.
	disk 135168 133120 -t ext4
	ok mkdir disk.img:/d
	ok compact disk.img
	[[ $(dd if=disk.img bs=512 skip=133120 count=4096 status=none | sha256sum) == "$(sha256sum <random)" ]]
	e2fsck -fn 'disk.img?offset=1048576'
}

# unrepaired ID: check finds that, and --repair changes nothing.
unrepaired() {
	cp --sparse=always disk.img before.img
	bd check disk.img --repair --json
	[[ $status -eq 4 ]]
	jq -e --arg id "$1" '.findings[] | select(.id == $id) | .state == "problem" and (.repairable | not)' <<<"$output" ||
		fail "$(jq '.findings' <<<"$output")"
	cmp disk.img before.img
}

@test "check --repair has e2fsck write to none of them, also from a backup of the superblock" {
	need mke2fs sfdisk python3 jq debugfs
	local place
	for place in '40960 43008' '131072 62048'; do
		# shellcheck disable=SC2086 # words
		disk $place -t ext4
		debugfs -w -R 'ssv free_blocks_count 5' 'disk.img?offset=1048576' 2>/dev/null
		debugfs -w -R 'clri etc' 'disk.img?offset=1048576' 2>/dev/null
		unrepaired filesystem-inconsistent
		# shellcheck disable=SC2086
		disk $place -t ext4
		debugfs -w -R 'feature needs_recovery' 'disk.img?offset=1048576' >/dev/null 2>&1
		unrepaired journal-not-replayed
		# shellcheck disable=SC2086
		disk $place -t ext3 -b 1024
		dd if=/dev/zero of=disk.img bs=1024 seek=1025 count=1 conv=notrunc status=none
		unrepaired superblock-missing
	done
}
