#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `convert-layout`: the filesystem of a disk at sector 63, or at 1 MiB. The disk is then like one that `new` makes in that layout.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

facts() { # IMAGE
	rm -rf out
	mkdir out
	debugfs -R 'rdump / out' "$1?offset=$(root_offset "$1")" 2>/dev/null
	(cd out && find . -path ./boot/grub/i386-pc -prune -o -printf '%p %y %m %s %l\n' | sed 's/^\(.* d [0-7]*\) [0-9]*/\1/' &&
		find . -path ./boot/grub/i386-pc -prune -o -type f -exec sha256sum {} +) | sort
}

other_layout() {
	if [[ $1 == aligned ]]; then echo cylinder; else echo aligned; fi
}

@test "there and back: the same files, UUIDs and flags, and the boot loader that new writes" {
	need_busybox
	need_grub2
	need sfdisk jq debugfs e2fsck blkid
	local layout to swap gap
	for layout in aligned cylinder; do
		to=$(other_layout "$layout")
		rm -f d/*
		made web01 --quiet --no-start --no-net --dir d --size 128M --swap 8M --layout "$layout"
		made_empty other --size 128M --layout "$to"
		chmod 640 d/web01.img
		setfattr -n user.kept -v yes d/web01.img 2>/dev/null || true
		facts d/web01.img >before
		swap=$(blkid -p -s UUID -o value -O $(($(region d/web01.img 2 start) * 512)) d/web01.img)
		bd convert-layout web01 "$to" --dir d
		[[ $status -eq 0 && $output == "web01 has the $to layout now, and "*"; GRUB's boot sector and core.img are new" ]] || fail "$stderr"
		fsck_is_clean d/web01.img
		facts d/web01.img >after
		diff before after
		[[ $(blkid -p -s UUID -o value -O $(($(region d/web01.img 2 start) * 512)) d/web01.img) == "$swap" ]]
		[[ $(region d/web01.img 1 start) -eq $(region d/other.img 1 start) && $(region d/web01.img 1 bootable) == true ]]
		sfdisk -V d/web01.img | grep -q 'No errors detected'
		# Boot code and core.img are those of a new disk in that layout.
		gap=$(($(region d/web01.img 1 start) * 512))
		cmp -n 440 d/web01.img d/other.img
		cmp <(head -c $gap d/web01.img | tail -c +513) <(head -c $gap d/other.img | tail -c +513)
		# What does not fit into the gap lies in the filesystem.
		[[ $to == aligned || $(in_image d/web01.img 'stat /boot/grub/i386-pc/normal.mod') == *'Type: regular'* ]]
		[[ $(stat -c %a d/web01.img) == 640 && $(getfattr --only-values -n user.kept d/web01.img 2>/dev/null) =~ ^(yes)?$ ]]
		bd convert-layout web01 "$to" --dir d --json
		[[ $status -eq 0 && $(jq -r '[.layout, .changed] | join(" ")' <<<"$output") == "$to false" ]]
		bd convert-layout web01 "$layout" --dir d
		[[ $status -eq 0 ]]
		fsck_is_clean d/web01.img
		facts d/web01.img >after
		diff before after
		# The filesystem fills its partition again after this.
		bd grow web01 "$(stat -c %s d/web01.img)" --dir d
		[[ $status -eq 0 ]]
		fsck_is_clean d/web01.img
		holds d web01.img web01.cfg other.img other.cfg
	done
}

@test "no boot loader, and GRUB Legacy's; others and other partitions are refused" {
	need sfdisk jq debugfs mke2fs
	made_empty plain --size 64M --boot-sector none
	bd convert-layout plain cylinder --dir d
	[[ $status -eq 0 && $output == *'it has no boot loader' ]]
	fsck_is_clean d/plain.img
	[[ $(region d/plain.img 1 start) -eq 63 && -z $(head -c 440 d/plain.img | tr -d '\0') ]]
	head -c 440 /dev/urandom | dd of=d/plain.img conv=notrunc status=none
	sum=$(sha256sum <d/plain.img)
	bd convert-layout plain aligned --dir d
	failed_with 1
	[[ $stderr == *'its boot loader is unknown'* ]]
	[[ $(sha256sum <d/plain.img) == "$sum" ]]
	bd convert-layout plain wide --dir d
	failed_with 2
	bd convert-layout nobody aligned --dir d
	failed_with 4
	truncate -s 64M d/two.img
	printf 'label: dos\nstart=2048, size=40000\nstart=50000, size=40000\n' | sfdisk -q d/two.img
	mke2fs -q -F -E offset=1048576 d/two.img 20000k 2>/dev/null
	bd convert-layout d/two.img@1 cylinder
	failed_with 1
	[[ $stderr == *'has other partitions than'* ]]
	exec 7<>d/plain.img
	bd convert-layout plain aligned --dir d
	failed_with 5
	exec 7>&-
	holds d plain.img plain.cfg two.img
	need_grub_legacy
	made_empty old --size 64M --layout cylinder --boot-sector grub-legacy
	bd convert-layout old aligned --dir d
	[[ $status -eq 0 && $output == *'GRUB Legacy has moved along' ]]
	fsck_is_clean d/old.img
}

@test "killed at any step, there is the disk in one of the two layouts" {
	need_grub2
	need debugfs e2fsck jq sfdisk
	need_strace
	local call n
	made_empty web01 --size 32M --swap 4M --layout cylinder
	cp d/web01.img original
	for call in renameat fsync ftruncate pwrite64; do
		for ((n = 1; n < 100; n++)); do
			cp original d/web01.img
			status=0
			strace -qq -o trace -e trace="$call" -e inject="$call:signal=KILL:when=$n" "$bigdisk" convert-layout web01 aligned --dir d \
				>out.txt 2>&1 || status=$?
			[[ $status -eq 137 ]] || break
			fsck_is_clean d/web01.img
			[[ $call != fsync || $n -gt 1 ]] || cmp original d/web01.img
		done
		[[ $status -eq 0 && $n -gt 1 ]] || fail "$call $n: status $status: $(cat out.txt)"
		fsck_is_clean d/web01.img
		[[ $(region d/web01.img 1 start) -eq 2048 ]]
	done
	# What a killed run leaves is named like any other draft, for doctor.
	rm -f d/.web01.img.partial-*
	holds d web01.img web01.cfg
}
