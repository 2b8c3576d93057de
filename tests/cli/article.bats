#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# "Using Big Files As Hard Disks" (2009): its own commands, as root, on the disk that `new` makes.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

teardown() {
	if mountpoint -q mnt 2>/dev/null; then umount mnt; fi
	local device
	for device in ${devices:-}; do
		losetup -d "$device" || true
	done
}

need_loop() {
	need_root
	need losetup mount fdisk
	truncate -s 1M probe
	local device
	device=$(losetup --show -f probe 2>/dev/null) || skip "no loop devices here"
	losetup -d "$device"
}

# attach ARGUMENTS...: losetup; $device is what it gave, and teardown gives it back.
attach() {
	device=$(losetup --show -f "$@")
	devices="${devices:-} $device"
}

detach() {
	losetup -d "$1"
	devices=${devices//"$1"/}
}

@test "fdisk -l on the whole disk, losetup -o 32256, mount" {
	need_loop
	need_busybox
	need_grub_legacy
	made old --quiet --no-start --dir d --size 3950M --layout cylinder --boot-sector grub-legacy

	attach d/old.img
	run fdisk -l -u=cylinders -c=dos "$device"
	echo "$output"
	[[ $status -eq 0 ]]
	grep -q '255 heads, 63 sectors/track, 503 cylinders' <<<"$output"
	grep -qE "^${device}p1 +\* +1 +503 +503 +3[.,]9G +83 Linux" <<<"$output"
	detach "$device"

	attach -o 32256 d/old.img
	run blkid -p -o value -s TYPE "$device"
	[[ $output == ext3 ]]
	mkdir mnt
	grep -qw ext3 /proc/filesystems || grep -qw ext4 /proc/filesystems || modprobe ext4 || skip "no ext3 in this kernel"
	mount -t ext3 "$device" mnt
	[[ -d mnt/lost+found ]]
	[[ $(<mnt/etc/hostname) == old ]]
	local stage
	for stage in stage1 stage2 e2fs_stage1_5 menu.lst grub.cfg; do
		[[ -s mnt/boot/grub/$stage ]] || fail "no $stage"
	done
	# What the article puts in by hand: files, as many as one likes.
	echo hello >mnt/root/hello
	[[ $(df --output=size -k mnt | tail -n 1) -gt 3900000 ]]
	umount mnt
	detach "$device"
	need sfdisk jq e2fsck debugfs
	fsck_is_clean d/old.img
	[[ $(in_image d/old.img 'cat /root/hello') == hello ]]
}

@test "the kernel mounts aligned disks, writes on them, and they stay clean" {
	need_loop
	need sfdisk jq e2fsck
	local offset
	made_empty a --size 1G --swap 32M
	offset=$(root_offset d/a.img)
	attach -o "$offset" --sizelimit $(($(region d/a.img 1 size) * 512)) d/a.img
	mkdir mnt
	mount -t ext3 "$device" mnt || skip "no ext3 in this kernel"
	mkdir mnt/many
	(cd mnt/many && seq 1 3000 | xargs touch)
	dd if=/dev/urandom of=mnt/big bs=1M count=100 status=none
	umount mnt
	detach "$device"
	fsck_is_clean d/a.img
}

@test "the kernel takes the second partition as swap space" {
	need_loop
	need sfdisk jq swapon
	made_empty a --size 64M --swap 16M --layout cylinder
	attach -o $(($(region d/a.img 2 start) * 512)) --sizelimit $(($(region d/a.img 2 size) * 512)) d/a.img
	if ! swapon "$device" 2>swapon.log; then
		grep -q 'Invalid argument' swapon.log && fail "$(<swapon.log)"
		skip "swapon is not allowed here: $(<swapon.log)"
	fi
	grep -q "^$device " /proc/swaps
	swapoff "$device"
}
