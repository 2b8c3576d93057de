#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `check` on partition tables: a GPT whose copies are damaged one by one, logical partitions of an MBR, and what other programs
# make, in which nothing is to be found.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers
load check_helpers

sectors=81920 # of 512 bytes: 40 MiB

# gpt [SIZE]: disk.img with two partitions, their names, attributes and GUIDs; `whole` is a copy, `table` what sfdisk says of it.
# The GUIDs are given, as a byte that a test damages must not be what it becomes already.
gpt() {
	rm -f disk.img
	truncate -s $((sectors * 512)) disk.img
	sfdisk -q disk.img <<-'EOF2'
		label: gpt
		label-id: 3B0B6C5E-2B5D-4D4C-9C3A-52B0D6F1A001
		start=2048, size=20M, name=root, attrs="LegacyBIOSBootable", uuid=3B0B6C5E-2B5D-4D4C-9C3A-52B0D6F1A002
		size=4M, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, name="swap ä", uuid=3B0B6C5E-2B5D-4D4C-9C3A-52B0D6F1A003
	EOF2
	mke2fs -q -F -t ext4 -E offset=1048576 disk.img 20M 2>/dev/null
	cp --sparse=always disk.img whole
	dump >table
}

# All that a table says, but not how far partitions may reach, which a larger disk changes.
dump() {
	sfdisk -d disk.img 2>/dev/null | grep -v '^last-lba'
}

# zeros FIRST COUNT: sectors.
zeros() {
	dd if=/dev/zero of=disk.img bs=512 seek="$1" count="$2" conv=notrunc status=none
}

# restores ID...: a check finds these; --repair makes the table what it was; afterwards nothing is found, by sgdisk neither.
restores() {
	cp --sparse=always disk.img before
	bd check ./disk.img --json
	found "$expected" "$@"
	cmp before disk.img
	bd check ./disk.img --repair --json
	found 1 "$@"
	jq -e 'all(.findings[]; .state == "corrected" and .repairable)' <<<"$output"
	dump | diff - table
	# Filesystem and swap area, between both copies of the table.
	cmp -i $((2048 * 512)) -n $((24 * 1024 * 1024)) whole disk.img
	bd check ./disk.img --json
	found 0
	if type -P sgdisk >/dev/null; then
		sgdisk -v disk.img | grep '^No problems found'
	fi
}

@test "a GPT that is damaged on one side comes from the other, to the byte" {
	need_tools
	local expected=4 last=$((sectors - 1))
	gpt
	put disk.img $((512 + 40)) ff
	restores gpt-header-damaged
	cmp whole disk.img
	gpt
	put disk.img $((1024 + 8)) ff # an entry
	restores gpt-header-damaged
	cmp whole disk.img
	gpt
	zeros 1 33
	restores gpt-header-damaged
	cmp whole disk.img
	gpt
	put disk.img $((last * 512 + 60)) ff
	restores gpt-backup-damaged
	cmp whole disk.img
	gpt
	put disk.img $(((last - 32) * 512 + 3)) ff
	restores gpt-backup-damaged
	cmp whole disk.img
	gpt
	zeros $((last - 32)) 33
	restores gpt-backup-damaged
	cmp whole disk.img
}

@test "a GPT of a disk that was made larger, and of one that was cut off" {
	need_tools
	local expected=0
	gpt
	truncate -s 50M disk.img
	restores gpt-backup-misplaced
	[[ $(sfdisk -d disk.img | sed -n 's/^last-lba: //p') -eq $((50 * 2048 - 34)) ]]
	# libblkid knows of no table then, and gdisk would begin an empty one.
	expected=4
	gpt
	truncate -s 50M disk.img
	put disk.img $((512 + 40)) ff
	restores gpt-header-damaged gpt-backup-misplaced
	gpt
	truncate -s 50M disk.img
	zeros 1 33
	restores gpt-header-damaged gpt-backup-misplaced
	gpt
	truncate -s 50M disk.img
	zeros $((sectors - 33)) 33
	restores gpt-backup-damaged
	gpt
	truncate -s 30M disk.img
	bd check ./disk.img --repair --json
	found 4 partition-outside-image
	[[ $output == *"truncate -s $((sectors * 512))"* ]]
	truncate -s $((sectors * 512)) disk.img
	restores gpt-backup-damaged
	cmp whole disk.img
}

@test "a GPT whose protective MBR is gone, and one that is a leftover" {
	need_tools
	local expected=4
	gpt
	put disk.img 450 83
	restores gpt-protective-mbr-missing
	cmp -i 512 whole disk.img
	gpt
	dd if=/dev/zero of=disk.img bs=1 seek=446 count=66 conv=notrunc status=none
	restores gpt-protective-mbr-missing
	cmp -i 512 whole disk.img
	gpt
	put disk.img 510 0000
	restores gpt-protective-mbr-missing
	cmp -i 512 whole disk.img
	# An MBR with a partition of its own: nobody can say which one is meant.
	gpt
	put disk.img 450 83
	put disk.img 454 "$(le32 2048)"
	put disk.img 458 "$(le32 40960)"
	cp --sparse=always disk.img before
	bd check ./disk.img --repair --json
	found 0 gpt-protective-mbr-missing
	[[ $(state) == warnings && $output == *leftover* ]]
	cmp before disk.img
	# Somebody may have erased the beginning of the disk on purpose.
	gpt
	zeros 0 34
	leaves gpt-header-damaged
	[[ $output == *"backup GPT at sector $((sectors - 1))"* ]]
}

@test "a GPT of which both copies are damaged cannot be repaired" {
	need_tools
	gpt
	put disk.img $((512 + 40)) ff
	put disk.img $(((sectors - 1) * 512 + 60)) ff
	leaves gpt-header-damaged
	[[ $output == *'neither the primary nor a backup is valid'* ]]
}

# crc32 FIRST COUNT: of bytes of disk.img, as they would be written, from the end of what gzip makes.
crc32() {
	dd if=disk.img bs=1 skip="$1" count="$2" status=none | gzip -c | tail -c 8 | head -c 4 | xxd -p
}

@test "a partition that begins within the GPT itself" {
	need_tools
	gpt
	put disk.img $((512 + 40)) "$(le32 10)" # the first sector that partitions may have
	put disk.img $((1024 + 32)) "$(le32 10)" # of the first partition
	put disk.img $((512 + 88)) "$(crc32 1024 $((128 * 128)))"
	put disk.img $((512 + 16)) 00000000
	put disk.img $((512 + 16)) "$(crc32 512 92)"
	unrepaired 'any(.findings[]; .id == "partition-over-table" and .state == "problem")'
}

@test "a GPT of a disk with sectors of 4096 bytes" {
	need_tools
	need sgdisk losetup
	need_root
	local device byte
	truncate -s 64M disk.img
	device=$(losetup --show -f -b 4096 disk.img) || skip "no loop device"
	sgdisk -n 1:256:+20M -c 1:root -n 2:0:+8M "$device" >/dev/null
	losetup -d "$device"
	mke2fs -q -F -t ext4 -b 4096 -E offset=1048576 disk.img 20M 2>/dev/null
	cp --sparse=always disk.img whole
	bd check ./disk.img --json
	found 0
	for byte in $((4096 + 40)) $((64 * 1024 * 1024 - 4096 + 60)); do
		cp --sparse=always whole disk.img
		put disk.img "$byte" ff
		bd check ./disk.img --repair --json
		[[ $status -eq 1 ]]
		cmp whole disk.img
	done
}

# logical: disk.img with a primary partition and three logical ones in extended partition 2; $first etc. are the sectors of their
# boot records.
logical() {
	rm -f disk.img
	truncate -s $((sectors * 512)) disk.img
	sfdisk -q disk.img <<-'EOF2'
		label: dos
		start=2048, size=20480, type=83
		start=22528, size=57344, type=5
		start=24576, size=10240, type=83
		start=36864, size=10240, type=83
		start=49152, size=10240, type=83
	EOF2
	mke2fs -q -F -t ext4 -E offset=1048576 disk.img 10M 2>/dev/null
	mke2fs -q -F -t ext2 -E offset=$((36864 * 512)) disk.img 5M 2>/dev/null
	first=22528
	second=$((first + $(xxd -s $((first * 512 + 470)) -l 4 -e disk.img | awk '{ print "0x" $2 }')))
	third=$((first + $(xxd -s $((second * 512 + 470)) -l 4 -e disk.img | awk '{ print "0x" $2 }')))
}

@test "logical partitions: chains that break, leave, and come back, partitions outside, overlaps" {
	need_tools
	local first second third
	logical
	bd check ./disk.img --json
	found 0
	[[ $output == *'MBR with 4 partitions'* ]]
	put disk.img $((third * 512 + 510)) 0000
	leaves logical-chain-broken
	[[ $output == *"leads to sector $third and has no extended boot record there; logical partitions after the first 2 are lost"* ]]
	logical
	put disk.img $((second * 512 + 470)) "$(le32 60000)"
	leaves logical-chain-broken
	[[ $output == *"leads to sector $((first + 60000)) and leaves the extended partition there"* ]]
	logical
	put disk.img $((third * 512 + 446 + 16 + 4)) 05
	put disk.img $((third * 512 + 446 + 16 + 8)) "$(le32 $((second - first)))"
	put disk.img $((third * 512 + 446 + 16 + 12)) "$(le32 10240)"
	leaves logical-chain-broken
	[[ $output == *"comes back to"* ]]
	# The last one is longer than the extended partition, and not than the disk.
	logical
	put disk.img $((third * 512 + 446 + 12)) "$(le32 31000)"
	leaves logical-partition-outside
	[[ $output == *'logical partition 7 is not within extended partition 2'* ]]
	put disk.img $((third * 512 + 446 + 12)) "$(le32 40000)"
	leaves logical-partition-outside partition-outside-image
	logical
	put disk.img $((second * 512 + 446 + 12)) "$(le32 20000)"
	leaves partitions-overlap
	[[ $output == *'partition 7 begins before partition 6 ends'* ]]
	# The extended partition begins in the middle of the primary one.
	logical
	put disk.img 458 "$(le32 23000)"
	bd check ./disk.img --json
	[[ $status -eq 4 ]]
	jq -e '.findings[] | select(.id == "partitions-overlap" and .partition == 2)' <<<"$output"
	logical
	truncate -s $((60000 * 512)) disk.img
	bd check ./disk.img --json
	found 4 partition-outside-image
	[[ $output == *'extended partition 2 ends '* && $output == *"truncate -s $((79872 * 512))"* ]]
}

# clean IMAGE [LINE]: nothing is found, and what is not checked is said.
clean() {
	bd check "./$1" --json
	found 0
	[[ $(state) == clean ]]
	jq -e --arg line "${2:-}" '$line == "" or any(.disks[0].checked[]; . == $line)' <<<"$output"
}

@test "disks that other programs make: nothing is found, and what is not checked is named" {
	need_tools
	local features size
	while IFS= read -r features; do
		rm -f fs && truncate -s 70M fs
		# shellcheck disable=SC2086 # several options
		mke2fs -q -F -t ext4 $features fs 2>/dev/null || continue # as this mke2fs has them
		clean fs
	done <<-'EOF2'
		-O ^has_journal
		-O 64bit,metadata_csum,metadata_csum_seed,orphan_file
		-O bigalloc -C 65536
		-O casefold,inline_data
		-O meta_bg,^resize_inode
		-O sparse_super2
		-O ^sparse_super,^resize_inode
		-O encrypt,verity,quota,project,mmp
		-b 4096 -g 8192
		-b 1024 -G 64
	EOF2
	if type -P parted >/dev/null; then
		truncate -s 64M msdos gpt
		parted -s msdos mklabel msdos mkpart primary 1MiB 30MiB mkpart extended 30MiB 100% mkpart logical 31MiB 45MiB \
			mkpart logical 46MiB 100%
		clean msdos
		parted -s gpt mklabel gpt mkpart bios 1MiB 2MiB set 1 bios_grub on mkpart root 2MiB 40MiB mkpart swap 40MiB 100%
		clean gpt
	fi
	if type -P sgdisk >/dev/null; then
		for size in 40M 41943552 3T; do
			rm -f gpt && truncate -s "$size" gpt
			sgdisk -n 1:0:+10M -n 5:0:0 -c 5:data gpt >/dev/null
			clean gpt
		done
	fi
	truncate -s 20M swap
	mkswap swap >/dev/null 2>&1
	clean swap
	if type -P mkfs.vfat >/dev/null; then
		truncate -s 20M vfat
		mkfs.vfat vfat >/dev/null
		clean vfat 'whole disk: vfat, which is not checked'
		rm -f disk.img && truncate -s 40M disk.img
		sfdisk -q disk.img <<<$'label: dos\nstart=2048,type=c\n'
		dd if=vfat of=disk.img bs=1M seek=1 conv=notrunc status=none
		clean disk.img 'partition 1: vfat, which is not checked'
	fi
}

@test "images in other formats are recognised, and not taken for damaged disks" {
	need_tools
	need qemu-img
	local format
	for format in qcow2 vpc vmdk vdi vhdx qed; do
		qemu-img create -q -f "$format" other 64M >/dev/null 2>&1 || continue
		cp other before
		bd check ./other --repair --json
		found 0 image-not-raw
		[[ $output == *"the image is in ${format/vpc/vhd} format, so nothing in it was checked"* ]]
		cmp other before
		bd info ./other
		[[ $status -eq 0 && $stderr == *"other is an image in ${format/vpc/vhd} format"* ]]
	done
}
