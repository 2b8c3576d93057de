#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `compact`: what is free in a guest's filesystem takes no room on the host, and nothing else changes.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# disk FILE MKE2FS-ARGUMENTS...: 96 MiB, in a partition at 1 MiB, that was full of files, of which some are left.
disk() {
	local file=$1 i
	shift
	if [[ ! -d tree ]]; then
		mkdir -p tree/d
		for i in {1..24}; do head -c $((1500000 + i * 7919)) /dev/urandom >"tree/d/f$i"; done
		for i in {1..50}; do printf '%s' "$i" >"tree/small$i"; done
	fi
	truncate -s 96M "$file"
	printf 'label: dos\nstart=2048, size=190000, type=83\n' | sfdisk -q "$file"
	mke2fs -q -F -d tree -E offset=1048576 "$@" "$file" 94000k 2>/dev/null
	for i in {1..24..2} ; do printf 'rm d/f%s\n' "$i"; done >removals
	debugfs -w -f removals "$file?offset=1048576" >/dev/null 2>&1
	# Behind the partition, where nothing is known of.
	printf 'not ours' | dd of="$file" bs=512 seek=195000 conv=notrunc status=none
}

allocated() {
	echo $(($(stat -c %b "$1") * 512))
}

@test "free blocks become holes, every other byte stays, and the bytes given back are counted" {
	need mke2fs e2fsck debugfs sfdisk jq dumpe2fs
	local kind
	while read -r kind; do
		rm -f disk.img
		# shellcheck disable=SC2086 # words
		disk disk.img $kind
		cp --sparse=always disk.img before.img
		was=$(allocated disk.img)
		bd compact ./disk.img --json
		[[ $status -eq 0 ]] || fail "$kind: $stderr"
		now=$(allocated disk.img)
		# A dozen files of more than 1.5 MB.
		[[ $((was - now)) -gt 18000000 ]] || fail "$kind: only $((was - now)) bytes"
		[[ $(jq '[.was_allocated_bytes, .allocated_bytes, .given_back_bytes] | join(" ")' -r <<<"$output") == "$was $now $((was - now))" ]]
		[[ $(jq .free_bytes <<<"$output") -eq $(dumpe2fs -h 'disk.img?offset=1048576' 2>/dev/null |
			awk '/^Free blocks:/ { free = $3 } /^Block size:/ { print free * $3 }') ]]
		e2fsck -fn 'disk.img?offset=1048576' >/dev/null 2>&1
		[[ $(dd if=disk.img bs=512 skip=195000 count=1 status=none | head -c 8) == 'not ours' ]]
		# What differs is free: with the same blocks made zeros by the kernel's or e2fsck's own discard it is the same image.
		e2fsck -fy -E discard 'before.img?offset=1048576' >/dev/null 2>&1 || [[ $? -eq 1 ]]
		python3 - <<-'PYTHON'
			import sys
			block = 1024
			ours, theirs = open("disk.img", "rb"), open("before.img", "rb")
			at = differing = 0
			while True:
			    a, b = ours.read(block), theirs.read(block)
			    if not a:
			        break
			    # e2fsck counts its runs in the superblocks.
			    if a != b and any(a):
			        differing += 1
			    at += block
			sys.exit(differing > 8)
		PYTHON
		bd compact ./disk.img
		[[ $status -eq 0 && $output == *': 0 bytes given back (0 bytes), it takes '* ]]
	done <<-EOF2
		-t ext4
		-t ext3 -b 1024
		-t ext2 -b 4096
		-t ext4 -b 1024 -O bigalloc,^resize_inode -C 16384
	EOF2
}

@test "a disk in use, or one that is not clean, is left alone" {
	need mke2fs e2fsck debugfs sfdisk
	disk disk.img -t ext4
	local was
	was=$(allocated disk.img)
	exec 7<>disk.img
	bd compact ./disk.img
	failed_with 5
	exec 7>&-
	debugfs -w -R 'ssv state 2' 'disk.img?offset=1048576' 2>/dev/null
	bd compact ./disk.img
	failed_with 1
	[[ $stderr == *"repair it: xen-bigdisk check ./disk.img --repair"* ]]
	debugfs -w -R 'ssv state 1' 'disk.img?offset=1048576' 2>/dev/null
	debugfs -w -R 'ssv mtime 20300101' 'disk.img?offset=1048576' 2>/dev/null
	# A file that the bitmap calls free.
	debugfs -w -R 'freeb 2000 50' 'disk.img?offset=1048576' 2>/dev/null
	debugfs -w -R 'clri d' 'disk.img?offset=1048576' 2>/dev/null
	bd compact ./disk.img
	failed_with 1
	[[ $stderr == *'e2fsck finds errors'* ]]
	[[ $(allocated disk.img) -eq $was ]]
	made_empty web01 --size 32M
	fake_xen
	printf '7 %s web01\n' "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" >domains
	bd compact web01 --dir d
	failed_with 5
}
