#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `check`: for each kind of fault a disk that was given it, the finding, the exit status of fsck(8), and where it can be repaired,
# that e2fsck and a second check find nothing afterwards.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers
load check_helpers

teardown() {
	if [[ -n ${device:-} ]]; then losetup -d "$device"; fi
}

@test "disks on which nothing is wrong: both layouts, swap, filesystems without a table, a GPT" {
	need_tools
	need_grub2
	local layout
	for layout in cylinder aligned; do
		made_empty "$layout" --layout "$layout" --size 64M --swap 8M
		bd check "d/$layout.img" --json
		found 0
		jq -e '.disks[0].checked | length == 4 and (.[1] | startswith("boot sector: GRUB 2, core.img of ")) and
			(.[2] | endswith("e2fsck finds nothing"))' <<<"$output"
	done
	usual
	bd check ./disk.img
	[[ $status -eq 0 && ${lines[-1]} == 'nothing is wrong' && ${#lines[@]} -le 6 ]]
	bd check ./disk.img@1 --quiet
	[[ $status -eq 0 && -z $output ]]
	for layout in ext2 ext3 ext4; do
		truncate -s 0 raw && truncate -s 16M raw
		mke2fs -q -t $layout raw
		bd check ./raw --json
		found 0
	done
	truncate -s 40M gpt
	sfdisk -q gpt <<<$'label: gpt\nsize=20M,name=root\n'
	mke2fs -q -F -t ext4 -E offset=1048576 gpt 20M 2>/dev/null
	bd check ./gpt --json
	found 0
}

@test "a superblock that claims more than its partition has, and one that claims less" {
	need_tools
	usual
	put disk.img $((offset + 1028)) "$(le32 40000)" # s_blocks_count, of 35840
	repairs filesystem-larger-than-partition
	bd check ./disk.img@1 --quiet
	[[ -z $output ]]
	put disk.img $((offset + 1028)) "$(le32 400000)"
	bd check ./disk.img
	[[ $output == *'either the partition table or the filesystem'"'"'s superblock is lying; its backup in block 8193 fits, so it is the superblock that is lying: e2fsck -f -b 8193 -B 1024 '*' (--repair does)' ]]
	repairs filesystem-larger-than-partition
	put disk.img $((offset + 1028)) "$(le32 20000)"
	repairs filesystem-smaller-than-partition
}

@test "an entry of the table that is too short for its filesystem, too long for its neighbour, and for the image" {
	need_tools
	disk disk.img 2048 73728 73728 -t ext3 -b 1024
	truncate -s 60M disk.img
	put disk.img 458 "$(le32 60000)"
	repairs filesystem-larger-than-partition
	[[ $(region disk.img 1 size) -eq 71680 ]]
	# Without a copy of the superblock, e2fsck says whether it is right.
	disk disk.img 2048 16384 16384 -t ext2 -b 4096
	truncate -s 20M disk.img
	put disk.img 458 "$(le32 12000)"
	repairs filesystem-larger-than-partition
	[[ $(region disk.img 1 size) -eq 14336 ]]
	usual
	put disk.img 458 "$(le32 75000)"
	repairs partitions-overlap
	[[ $(region disk.img 1 size) -eq 71680 ]]
	disk disk.img 63 64260 64260 -t ext3 -b 1024
	put disk.img 458 "$(le32 90000)"
	repairs partition-outside-image
	# Too short, and another partition begins where the filesystem goes on: nobody can say whose that is.
	usual
	put disk.img 458 "$(le32 60000)"
	put disk.img 470 "$(le32 65000)"
	put disk.img 474 "$(le32 8000)"
	unrepaired '.findings[] | select(.id == "filesystem-larger-than-partition") | .state == "problem" and (.repairable | not)'
}

@test "a filesystem that is smaller than its partition is a warning; an image that was cut off cannot be repaired" {
	need_tools
	disk disk.img 2048 73728 73728 -t ext3 -b 1024
	e2fsck -fp "disk.img?offset=$offset"
	dd if=disk.img of=fs bs=512 skip=2048 conv=sparse status=none
	resize2fs fs 16M 2>/dev/null
	dd if=fs of=disk.img bs=512 seek=2048 conv=notrunc status=none
	bd check ./disk.img --json
	found 0 filesystem-smaller-than-partition
	[[ $(state) == warnings && $output == *'is lying'* ]]
	usual
	truncate -s 30M disk.img
	unrepaired '.findings[0].id == "partition-outside-image" and (.findings[0].advice | contains("truncate -s 41943040"))'
	disk disk.img 2048 73728 73728 -t ext3 -b 1024
	truncate -s 30M disk.img
	leaves partition-outside-image filesystem-larger-than-partition
	truncate -s 16M raw && mke2fs -q -t ext4 raw && truncate -s 12M raw
	bd check ./raw --json
	found 4 filesystem-larger-than-image
	[[ $output == *'truncate -s 16777216'* ]]
}

@test "a filesystem in a gap, partitions of the wrong type, and a table without its mark" {
	need_tools
	usual
	sfdisk -q --delete disk.img 1
	leaves gap-has-filesystem
	[[ $output == *'start=2048, size=71680, type=83; else erase its superblock: dd if=/dev/zero of='"'./disk.img' bs=512 seek=2050 count=2 conv=notrunc"* ]]
	# Both ways that it names are right.
	sfdisk -q --append disk.img <<<'start=2048, size=71680, type=83'
	bd check ./disk.img --json
	found 0
	cp before disk.img
	dd if=/dev/zero of=disk.img bs=512 seek=2050 count=2 conv=notrunc status=none
	bd check ./disk.img --json
	found 0
	usual
	sfdisk -q --part-type disk.img 1 82
	leaves partition-type-wrong
	[[ $output == *'sfdisk --part-type IMAGE 1 83'* ]]
	sfdisk -q --part-type disk.img 1 83
	bd check ./disk.img --json
	found 0
	usual
	dd if=/dev/zero of=disk.img bs=512 seek=73728 count=16 conv=notrunc status=none
	bd check ./disk.img --json
	found 0 swap-area-missing
	usual
	put disk.img 510 0000
	repairs table-magic-missing
	truncate -s 8M empty
	bd check ./empty --json
	found 4 nothing-recognised
	: >empty
	bd check ./empty --json
	found 4 nothing-recognised
	[[ $output == *'the image is empty (0 bytes)'* ]]
}

@test "superblocks that are gone or damaged come from their copies" {
	need_tools
	usual
	dd if=/dev/zero of=disk.img bs=1024 seek=$((offset / 1024 + 1)) count=1 conv=notrunc status=none
	repairs superblock-missing
	disk disk.img 2048 73728 81920 -t ext4 -b 1024
	put disk.img $((offset + 1024 + 32)) ffffffff # s_blocks_per_group, of a superblock with a checksum
	repairs superblock-damaged
	usual
	put disk.img $((offset + 1024 + 20)) "$(le32 97)" # s_first_data_block, which is 0 or 1
	repairs superblock-damaged
}

@test "what e2fsck finds, a journal to be replayed, and a mark of errors" {
	need_tools
	local kind
	for kind in ext3 ext4; do
		disk disk.img 2048 73728 81920 -t $kind -b 1024
		debugfs -w -R 'clri /f7' "disk.img?offset=$offset" 2>/dev/null
		bd check ./disk.img
		[[ $status -eq 4 && $output == *'problem filesystem-inconsistent: partition 1: e2fsck finds '*' problems, the first: '*'f7'* ]]
		repairs filesystem-inconsistent
	done
	usual
	debugfs -w -R 'feature needs_recovery' "disk.img?offset=$offset" 2>/dev/null
	repairs journal-not-replayed
	# One with something in it: block 20000 is to be what is in the file.
	head -c 1024 /dev/urandom >block
	debugfs -w -f - "disk.img?offset=$offset" >/dev/null 2>&1 <<-'EOF2'
		jo
		jw -b 20000 block
		jc
	EOF2
	repairs journal-not-replayed
	cmp -n 1024 -i $((offset + 20000 * 1024)):0 disk.img block
	[[ -z $(find . -maxdepth 1 -name '.*.*') ]]
	debugfs -w -R 'ssv state 3' "disk.img?offset=$offset" 2>/dev/null
	repairs filesystem-has-errors
	disk disk.img 2048 73728 81920 -t ext2 -b 1024
	debugfs -w -R 'ssv state 0' "disk.img?offset=$offset" 2>/dev/null
	repairs filesystem-not-unmounted
}

@test "a boot sector whose core.img is gone, overwritten or elsewhere is written anew" {
	need_tools
	need_grub2
	local layout
	for layout in aligned cylinder; do
		made_empty "$layout" --layout "$layout" --size 64M
		cp "d/$layout.img" whole
		cp whole disk.img
		offset=$(root_offset disk.img)
		head -c 1024 /dev/urandom | dd of=disk.img bs=512 seek=20 conv=notrunc status=none
		repairs core-image-damaged
		cmp whole disk.img
		put disk.img 92 "$(le32 100000)"
		repairs core-image-damaged
		cmp whole disk.img
		put disk.img 1012 "$(le32 77777777)"
		repairs core-image-damaged
		cmp whole disk.img
	done
	cp d/aligned.img disk.img
	offset=$(root_offset disk.img)
	dd if=/dev/zero of=disk.img bs=512 seek=1 count=500 conv=notrunc status=none
	repairs core-image-damaged
	cmp d/aligned.img disk.img
	# The modules in the filesystem may be of another GRUB.
	cp d/cylinder.img disk.img
	dd if=/dev/zero of=disk.img bs=512 seek=1 count=62 conv=notrunc status=none
	leaves core-image-damaged
	head -c 440 /dev/urandom | dd of=disk.img conv=notrunc status=none
	bd check ./disk.img
	[[ $status -eq 0 && $output == *"boot sector: another boot loader's, which was not checked"* ]]
}

@test "a guest of hvm without boot code" {
	need_tools
	need_grub2
	made_empty web01 --type hvm --size 64M
	cp d/web01.img whole
	dd if=/dev/zero of=d/web01.img bs=440 count=1 conv=notrunc status=none
	bd check web01 --dir d --json
	[[ $status -eq 4 && $(jq -r '.findings[].id' <<<"$output") == *boot-code-missing* ]]
	bd check d/web01.img --json
	found 0
	bd check web01 --dir d --repair --json
	jq -e '.findings[] | select(.id == "boot-code-missing") | .state == "corrected"' <<<"$output"
	cmp whole d/web01.img
}

# boot_entry CONFIG TEXT: the file in the disk of web01.
boot_entry() {
	printf '%s\n' "$2" >config
	debugfs -w -f - "d/web01.img?offset=$offset" >/dev/null 2>&1 <<-EOF2
		rm $1
		write config $1
	EOF2
}

@test "boot entries: kernel, initramfs and root device, and what pygrub would find" {
	need_tools
	made --quiet --no-start --dir d --no-net web01 --size 96M --template mini
	offset=$(root_offset d/web01.img)
	bd check web01 --dir d
	[[ $status -eq 0 && $output == *'boot entries: 1 in /boot/grub/grub.cfg; the default is /boot/vmlinuz-'* ]]
	local kernel uuid
	kernel=$(in_image d/web01.img 'ls -p /boot' | awk -F/ '$6 ~ /^vmlinuz/ { print $6 }')
	uuid=$(blkid -p -O "$offset" -o value -s UUID d/web01.img)
	boot_entry /boot/grub/grub.cfg "set default=0
menuentry 'one' {
	linux /boot/$kernel root=/dev/xvda7 ro
	initrd /boot/nope.img
}"
	bd check web01 --dir d --json
	found 4 initramfs-missing root-device-missing
	boot_entry /boot/grub/grub.cfg "set default=1
menuentry 'one' {
	linux (hd0,msdos1)/boot/nope root=UUID=$uuid
}
menuentry \"two\" {
	linux (\$root)/boot/$kernel root=UUID=$uuid ro
}"
	bd check web01 --dir d --json
	found 0 kernel-of-entry-missing
	[[ $(state) == warnings ]]
	boot_entry /boot/grub/grub.cfg "menuentry 'one' {
	linux /boot/nope root=UUID=11111111-2222-3333-4444-555555555555
}"
	bd check web01 --dir d --json
	found 4 kernel-missing root-device-missing
	boot_entry /boot/grub/grub.cfg "menuentry 'one' {
	linux /boot/$kernel root=UUID=$uuid
}
menuentry 'two' {
	linux /boot/$kernel root=LABEL=nope
	initrd /boot/nope.img
}"
	bd check web01 --dir d --json
	found 0 initramfs-of-entry-missing root-of-entry-missing
	[[ $(state) == warnings ]]
	boot_entry /boot/grub/grub.cfg '# nothing'
	bd check web01 --dir d --json
	found 4 boot-entries-missing
	# An image may be one for data.
	bd check d/web01.img --json
	found 0
	debugfs -w -R 'rm /boot/grub/grub.cfg' "d/web01.img?offset=$offset" 2>/dev/null
	boot_entry /boot/grub/menu.lst "default 1
title one
kernel /boot/nope root=/dev/xvda1
title two
root (hd0,0)
kernel /boot/$kernel root=/dev/xvda1 ro"
	bd check web01 --dir d --json
	found 0 kernel-of-entry-missing
}

@test "a config that does not match: disks that are missing, another format, no kernel" {
	need_tools
	made --quiet --no-start --dir d --no-net web01 --size 96M --template mini
	truncate -s 16M d/data.img
	mke2fs -q -F -t ext4 d/data.img
	sed -i "s,^disk = \[,disk = [ 'format=raw\\, vdev=xvdb\\, access=rw\\, target=$PWD/d/data.img'\\, ," d/web01.cfg
	# The second one comes first now, as far as the program is concerned.
	bd check web01 --dir d --json
	[[ $(jq '.disks | length' <<<"$output") -eq 2 ]]
	debugfs -w -R 'clri <11>' d/data.img 2>/dev/null
	bd check web01 --dir d --json
	[[ $status -eq 4 && $(jq -r '.findings[] | select(.id == "filesystem-inconsistent") | .image' <<<"$output") == "$PWD/d/data.img" ]]
	mv d/web01.img elsewhere
	bd check web01 --dir d --json
	[[ $status -eq 4 && $(jq -r '.findings[].id' <<<"$output") == *disk-missing* ]]
	mv elsewhere d/web01.img
	rm d/data.img
	bd check web01 --dir d --json
	[[ $status -eq 4 && $(jq -r '.findings[].id' <<<"$output") == *disk-missing* ]]
	printf 'QFI\373\0\0\0\3' >d/data.img
	truncate -s 64K d/data.img
	bd check web01 --dir d --json
	[[ $status -eq 4 && $(jq -r '.findings[].id' <<<"$output") == *cfg-format-wrong* ]]
	bd check d/data.img --json
	found 0 image-not-raw
	made_empty web02 --size 32M
	sed -i '/^bootloader/d' d/web02.cfg
	echo "kernel = \"$PWD/d/vmlinuz\"" >>d/web02.cfg
	bd check web02 --dir d --json
	found 4 cfg-kernel-missing
}

@test "a guest that runs is looked at, and not repaired; neither is an image that somebody has open" {
	need_tools
	made_empty web01 --size 64M
	sed -i '/^bootloader/d' d/web01.cfg
	fake_xen
	printf '7 %s web01\n' "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" >domains
	debugfs -w -R 'feature needs_recovery' "d/web01.img?offset=$(root_offset d/web01.img)" 2>/dev/null
	bd check web01 --dir d
	[[ $status -eq 0 && $stderr == *'web01 is running: '*'e2fsck was not run'* && $output == *'e2fsck not run, as the guest runs'* ]]
	cp d/web01.img before
	bd check web01 --dir d --repair
	failed_with 8
	cmp before d/web01.img
	: >domains
	exec 9<>d/web01.img
	bd check d/web01.img --repair
	failed_with 8
	exec 9>&-
	cmp before d/web01.img
	bd check web01 --dir d --repair --quiet
	[[ $status -eq 1 && $output == 'corrected journal-not-replayed: partition 1: '* ]]
}

@test "the exit statuses of fsck(8)" {
	bd check
	failed_with 16
	bd check ./nothing --json
	failed_with 8
	bd check ./a ./b
	failed_with 16
	bd check --repair=yes ./a
	failed_with 16
	bd check --help
	[[ $status -eq 0 && $output == *'  16     usage error'* && $output != *'  5      running'* ]]
}

@test "what e2fsck refuses is a finding too, and whatever was repaired before is said" {
	need mke2fs
	truncate -s 32M fs.img
	mke2fs -q -F -t ext3 fs.img
	# The superblock names another device's journal: e2fsck looks for it, and may write nothing while it does.
	printf '\x8f' | dd of=fs.img bs=1 seek=$((1024 + 210)) conv=notrunc status=none
	bd check fs.img
	[[ $status -eq 4 && $output = *filesystem-not-checked* && $output != *signal* ]] || fail "$status $output $stderr"
	# A feature that e2fsck does not know.
	mke2fs -q -F -t ext3 fs.img
	printf '\x40' | dd of=fs.img bs=1 seek=$((1024 + 99)) conv=notrunc status=none
	bd check --repair fs.img
	[[ $status -eq 1 && $output = *corrected* ]] || fail "$status $output $stderr"
	e2fsck -fn fs.img >/dev/null 2>&1
}

@test "a journal on another device is not looked for among the host's" {
	need_root
	need mke2fs losetup strace jq
	truncate -s 16M journal.img
	device=$(losetup --show -f journal.img 2>/dev/null) || skip "no loop devices here"
	mke2fs -q -F -O journal_dev -b 4096 "$device"
	truncate -s 64M fs.img
	mke2fs -q -F -t ext4 -b 4096 -J device="$device" fs.img
	local sum row
	sum=$(cat journal.img fs.img | sha256sum)
	for row in 'check' 'check --repair' 'grow 128M' 'shrink 32M' 'compact'; do
		set -- $row
		[[ $row != check* ]] || set -- "$@" --json
		run --separate-stderr strace -f -y -qq -o trace -e trace=read,pread64,readv,preadv,mmap,write,pwrite64 "$bigdisk" "$1" fs.img "${@:2}"
		if [[ $row == check* ]]; then
			found 4 filesystem-not-checked
			[[ $(jq -r '.findings[0].found' <<<"$output") == *'external journal'* ]]
		else
			failed_with 1
			[[ $stderr == *'a feature that is not supported: the journal is on another device (external journal)'* ]]
		fi
		# It may be asked which file it is of, as each loop device.
		grep -q fs.img trace
		! grep -q "<$device[<>]" trace || fail "$row: $(grep "$device" trace)"
	done
	[[ $(cat journal.img fs.img | sha256sum) == "$sum" ]] || fail "something was written"
}

@test "a block device is repaired: a filesystem in a partition, and one without a table" {
	need_root
	need_tools
	need losetup
	usual
	debugfs -w -R 'clri <2>' "disk.img?offset=$offset" 2>/dev/null
	truncate -s 64M fs.img
	mke2fs -q -F -t ext4 fs.img
	debugfs -w -R 'clri <2>' fs.img 2>/dev/null
	local image
	for image in disk.img fs.img; do
		device=$(losetup --show -f "$image" 2>/dev/null) || skip "no loop devices here"
		bd check "$device" --repair --json
		found 1 filesystem-not-checked
		[[ $(state) == corrected ]]
		losetup -d "$device"
		device=
	done
	e2fsck -fn "disk.img?offset=$offset" >/dev/null 2>&1
	e2fsck -fn fs.img >/dev/null 2>&1
}

@test "GRUB Legacy: its stages in the gap and in the filesystem" {
	need_tools
	need_grub_legacy
	made --quiet --no-start --dir d --no-net web01 --size 96M --template mini --layout cylinder --boot-sector grub-legacy
	cp --sparse=always d/web01.img whole
	cp whole disk.img
	offset=$(root_offset disk.img)
	bd check ./disk.img --json
	found 0
	[[ $output == *'GRUB Legacy, with its next stage at sector 1, which loads /boot/grub/stage2'* ]]
	dd if=/dev/zero of=disk.img bs=512 seek=1 count=62 conv=notrunc status=none
	leaves grub-stage-damaged
	[[ $output == *'sector 1, where there are only zeros'* ]]
	cp whole disk.img
	put disk.img 68 "$(le32 100000000)"
	leaves grub-stage-damaged
	cp whole disk.img
	head -c 512 /dev/urandom | dd of=disk.img bs=512 seek=1 conv=notrunc status=none
	leaves grub-stage-damaged
	cp whole disk.img
	debugfs -w -R 'rm /boot/grub/stage2' "disk.img?offset=$offset" 2>/dev/null
	leaves grub-stage2-missing
	[[ $output == *'loads the file /boot/grub/stage2, which is missing'* ]]
}

# cmdline TEXT: of the config of web01, as a line of its own.
cmdline() {
	sed -i -E '/^(cmdline|root|extra) *=/d' d/web01.cfg
	printf '%s\n' "$1" >>d/web01.cfg
}

@test "direct kernel boot: root= of the config is on a disk of the guest" {
	need_tools
	made --quiet --no-start --dir d --no-net web01 --size 96M --swap 16M --template mini --boot direct
	offset=$(root_offset d/web01.img)
	local uuid partuuid
	uuid=$(blkid -p -O "$offset" -o value -s UUID d/web01.img)
	partuuid=$(sfdisk -J d/web01.img | jq -r '.partitiontable.id[2:]')-01
	bd check web01 --dir d --json
	found 0
	e2label "d/web01.img?offset=$offset" system
	for root in "UUID=$uuid" LABEL=system "PARTUUID=$partuuid" /dev/xvda1 /dev/mapper/vg-root ZFS=tank; do
		cmdline "cmdline = \"root=/dev/xvda9 root=$root ro\""
		bd check web01 --dir d --json
		found 0
		cmdline "root = \"$root\""
		bd check web01 --dir d --json
		found 0
	done
	for root in UUID=11111111-2222-3333-4444-555555555555 LABEL=other "PARTUUID=${partuuid%1}7" /dev/xvda7 /dev/xvda \
		/dev/xvdb1 /dev/sdc; do
		cmdline "cmdline = \"root=$root ro\""
		bd check web01 --dir d --json
		found 4 cfg-root-missing
		[[ $output == *"root=UUID=$uuid is the root filesystem"* ]]
	done
	cmdline $'root = "/dev/xvda7 ro"\nextra = "quiet"'
	bd check web01 --dir d
	[[ $status -eq 4 && $output == *" with root=/dev/xvda7, which is not on any disk of the guest; "* ]]
	# What extra= says comes last.
	cmdline $'root = "/dev/xvda7 ro"\nextra = "quiet root=/dev/xvda1"'
	bd check web01 --dir d --json
	found 0
	# A disk that is not looked at, and one whose filesystem cannot be.
	truncate -s 16M d/data.img
	sed -i "s,^disk = \[,disk = [ 'format=raw\\, vdev=xvdb\\, access=ro\\, target=$PWD/d/data.img'\\, ," d/web01.cfg
	cmdline 'cmdline = "root=/dev/xvdb1"'
	bd check web01 --dir d --json
	jq -e 'all(.findings[]; .id != "cfg-root-missing")' <<<"$output"
	cmdline 'cmdline = "root=/dev/xvdc1"'
	bd check web01 --dir d --json
	jq -e 'any(.findings[]; .id == "cfg-root-missing")' <<<"$output"
}

@test "a kernel and an initramfs in dom0" {
	need_tools
	made_empty web02 --size 32M
	sed -i '/^bootloader/d' d/web02.cfg
	: >d/empty
	printf '%s\n' "kernel = \"$PWD/d/vmlinuz\"" "ramdisk = \"$PWD/d/empty\"" >>d/web02.cfg
	bd check web02 --dir d --json
	found 4 cfg-kernel-missing cfg-initramfs-missing
	echo kernel >d/vmlinuz
	bd check web02 --dir d --json
	found 4 cfg-initramfs-missing
	echo initramfs >d/empty
	bd check web02 --dir d --json
	found 0
}

@test "a change that was interrupted is completed" {
	need_tools
	need resize2fs e2image
	need_strace
	made_empty web01 --size 32M
	ASAN_OPTIONS=detect_leaks=0 strace -qq -o trace -e trace=ftruncate -e inject=ftruncate:signal=KILL:when=2 \
		"$bigdisk" grow d/web01.img 64M >/dev/null 2>&1 || true
	[[ -e d/.web01.img.redo ]]
	cp --sparse=always d/web01.img before
	bd check d/web01.img --json
	found 4 change-interrupted
	jq -e '.findings[] | .state == "problem" and .repairable' <<<"$output"
	cmp before d/web01.img
	bd check d/web01.img --repair --json
	found 1 change-interrupted
	[[ ! -e d/.web01.img.redo && $(stat -c %s d/web01.img) -eq $((64 << 20)) ]]
	bd check d/web01.img --json
	found 0
}

@test "whose an image is, and its mode, are no obstacle to root" {
	need_root
	need mke2fs debugfs e2fsck
	local mode
	for mode in 600 400 0; do
		rm -f fs.img
		truncate -s 16M fs.img
		mke2fs -q -F -t ext4 fs.img
		debugfs -w -R 'clri <2>' fs.img 2>/dev/null
		chown 12345:12345 fs.img
		chmod "$mode" fs.img
		bd check ./fs.img --repair
		[[ $status -eq 1 ]] || fail "$mode: status $status"
		e2fsck -fn fs.img >/dev/null 2>&1
		[[ $(stat -c %u:%a fs.img) == "12345:$mode" ]]
	done
}
