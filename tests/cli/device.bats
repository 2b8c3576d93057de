#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `new --device`: a guest's disk on a block device; as root, on loop devices.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

teardown() {
	if mountpoint -q mnt 2>/dev/null; then umount mnt; fi
	if [[ -n ${swapped:-} ]]; then swapoff "$swapped"; fi
	local loop
	for loop in ${devices:-}; do
		losetup -d "$loop" || true
	done
}

# used_device SIZE [OPTION...]: $device, full of somebody's data, which nothing recognises.
used_device() {
	need_root
	need losetup
	local size=$1
	shift
	yes "a former owner's secret" | head -c "$size" >disk
	device=$(losetup --show -f "$@" disk 2>/dev/null) || skip "no loop devices here"
	devices="${devices:-} $device"
}

device_has() {
	[[ $(blkid -p -o value -s "$1" "$device") == "$2" ]]
}

# The first 2 MiB are zeros, and nothing is recognised.
is_blank() {
	cmp -n 2097152 "$device" /dev/zero || fail "$device is not blank"
	[[ -z $(blkid -p "$device") ]] || fail "there is something on $device"
}

new_device() {
	local folder=(--dir d)
	[[ " $* " != *" --dir "* ]] || folder=()
	bd new a --quiet --no-start --template none "${folder[@]}" --device "$device" "$@"
}

# left_alone STATUS WORDS ARGUMENTS...: refused with these words, and the device is as it was.
left_alone() {
	local wanted=$1 words=$2 before
	shift 2
	before=$(sha256sum <"$device")
	new_device "$@"
	failed_with "$wanted"
	[[ $stderr == *"$words"* ]] || fail "not the words: $words"
	[[ $(sha256sum <"$device") == "$before" ]] || fail "the device was changed"
	! grep -qs "$device" d/a.cfg || fail "there is a cfg"
}

@test "a disk on a device is the disk in a file, bit for bit, whatever was there" {
	need_grub2
	used_device 128M
	export SOURCE_DATE_EPOCH=1700000000
	local row
	for row in '' '--layout cylinder' '--swap 16M' '--boot-sector none'; do
		yes "a former owner's secret" | head -c 128M >"$device"
		# shellcheck disable=SC2086 # words are meant
		new_device --seed same --overwrite $row
		[[ $status -eq 0 ]]
		holds d a.cfg
		rm d/a.cfg
		# shellcheck disable=SC2086 # words are meant
		made_empty a --seed same --size 128M $row
		cmp "$device" d/a.img || fail "with \"$row\""
		rm d/*
	done
}

@test "a mini guest on a device: clean, and its kernel next to the config with --boot direct" {
	need_busybox
	need_grub2
	need e2fsck sfdisk jq
	used_device 128M
	bd new a --quiet --no-start --dir d --device "$device" --overwrite --boot direct
	[[ $status -eq 0 ]]
	holds d a.cfg a.vmlinuz a.initramfs
	fsck_is_clean "$device"
	! grep -q "former owner" "$device" || fail "the former content shows through"
	grep -qx "disk = \[ \"format=raw, vdev=xvda, access=rw, target=$device\" \]" d/a.cfg
}

@test "what a killed run has left in dom0 of a guest on a device is replaced by the next, and removed by rm" {
	need strace script
	used_device 64M
	mkdir -p root/sbin root/boot
	printf '#!/bin/sh\n' | tee root/sbin/init root/boot/initrd.img-6.1 >root/boot/vmlinuz-6.1
	chmod 755 root/sbin/init
	bd template import t root --templates store
	local new=(new a --quiet --no-start --dir d --template t --templates store --device "$device" --overwrite --boot direct) n
	# The names are given in this order: kernel, initramfs, config.
	for n in 2 3; do
		run strace -f -qq -o trace -e trace=linkat -e "inject=linkat:signal=KILL:when=$n" "$bigdisk" "${new[@]}"
		[[ -k d/a.vmlinuz && ! -e d/a.cfg ]] || fail "nothing is left after the kill at $n"
		[[ $n -eq 2 || -k d/a.initramfs ]]
		bd "${new[@]}" --dry-run
		[[ $status -eq 0 ]]
		bd "${new[@]}"
		[[ $status -eq 0 && $stderr == *"/d/a.vmlinuz was left by an interrupted run; removing it"* ]]
		holds d a.cfg a.initramfs a.vmlinuz
		[[ ! -k d/a.vmlinuz && ! -k d/a.initramfs ]]
		rm d/*
	done
	run strace -f -qq -o trace -e trace=linkat -e "inject=linkat:signal=KILL:when=3" "$bigdisk" "${new[@]}"
	cp -a d left
	run script -qec "$bigdisk rm a --dir d" /dev/null <<<n
	[[ $status -eq 1 && $output == *"a is incomplete"*"$PWD/d/a.initramfs"*"$PWD/d/a.vmlinuz"*"Remove it?"*"a was not changed"* ]] || fail "$output"
	holds d a.initramfs a.vmlinuz
	bd rm a --dir d --yes
	[[ $status -eq 0 && $output == *'a.vmlinuz'* ]]
	is_empty d
	cp -a left/. d
	fake_xen
	bd doctor --dir d --json
	[[ $(jq -r '.checks[] | select(.check == "unused").found' <<<"$output" | grep -c 'left by an interrupted new or clone') -eq 2 ]] || fail "$output"
	echo '{ "fleet": "f", "guests": { "a": {}, "b": {} } }' >f.json
	bd fleet destroy f.json --dir d --yes
	[[ $status -eq 0 && $stderr == *"/d/a.vmlinuz was left by an interrupted run; removing it"* ]] || fail "$stderr"
	is_empty d
	# Without the mark it is somebody's.
	echo kernel >d/a.vmlinuz
	bd "${new[@]}" --dry-run
	failed_with 3
	bd "${new[@]}"
	failed_with 3
	[[ $stderr == *'/d/a.vmlinuz already exists and was not changed' && $(<d/a.vmlinuz) == kernel ]]
}

@test "a smaller --size leaves the rest of the device empty" {
	need sfdisk jq
	used_device 64M
	new_device --size 32M --overwrite
	[[ $status -eq 0 ]]
	[[ $(region "$device" 1 size) -eq $((31 * 2048)) ]]
	cmp <(tail -c 32M "$device") <(head -c 32M /dev/zero)
}

@test "the device's name stays as it was given" {
	used_device 16M
	ln -s "$device" stable-name
	bd new a --no-start --template none --dir d --device "$PWD/stable-name" --overwrite --json
	[[ $status -eq 0 && -z $stderr ]]
	[[ $(jq -r .files.device <<<"$output") == "$PWD/stable-name" ]]
	[[ $(jq -r .files.image <<<"$output") == null ]]
	[[ $(jq -r .size_bytes <<<"$output") -eq 16777216 ]]
	grep -q "target=$PWD/stable-name\"" d/a.cfg
	run ! grep -q "$device" d/a.cfg
}

@test "--dry-run names the device and touches nothing" {
	used_device 16M
	local before
	before=$(sha256sum <"$device")
	new_device --dry-run --overwrite
	[[ $status -eq 0 ]]
	[[ $output == *"Disk $device: 16 MiB"* && $output == *"  $device (block device; all of it will be cleared)"* ]]
	[[ $output == *"target=$device"* ]]
	bd new a --dry-run --template none --dir d --device "$device" --overwrite --json
	[[ $(jq -r .files.device <<<"$output") == "$device" ]]
	[[ $(sha256sum <"$device") == "$before" ]]
	is_empty d
}

@test "what nothing recognises is left alone, too, wherever it is, unless --overwrite is given" {
	used_device 64M
	left_alone 3 "$device has data on it that is not recognised, and was not changed; --overwrite"
	left_alone 3 'not recognised' --dry-run
	# As lvcreate leaves a volume in the place of another one.
	head -c 4096 /dev/zero | dd of="$device" conv=notrunc status=none
	new_device --dry-run
	[[ $status -eq 0 ]]
	yes data | head -c 64 | dd of="$device" bs=1 seek=4000 conv=notrunc status=none
	left_alone 3 'not recognised'
	head -c 64M /dev/zero >"$device"
	new_device
	[[ $status -eq 0 ]]
}

@test "what is recognised on a device is named and left alone, unless --overwrite is given" {
	need mke2fs mkswap sfdisk blkid
	used_device 16M
	mke2fs -q -t ext4 -L backup "$device"
	left_alone 3 'has an ext4 filesystem labelled "backup" (UUID '
	left_alone 3 'has an ext4 filesystem' --dry-run
	mkswap -f "$device"
	left_alone 3 'is swap space'
	left_alone 3 '), and was not changed; --overwrite'
	# Before a new table its own clearing would do.
	head -c 16M /dev/zero >"$device"
	sfdisk -q --no-reread --no-tell-kernel "$device" <<<'label: gpt'
	left_alone 3 'has a partition table (gpt)'
	new_device --overwrite
	[[ $status -eq 0 ]]
	device_has PTTYPE dos
	rm d/a.cfg
	left_alone 3 'has a partition table (dos)'
}

# md_superblock OFFSET: of metadata 0.90 (linux/raid/md_p.h), whose place is at the end of a disk and of its last partition alike.
md_superblock() {
	dd if=/dev/zero of="$device" bs=512 seek="$(($1 / 512))" count=8 conv=notrunc status=none
	printf '\xfc\x4e\x2b\xa9\x00\x00\x00\x00\x5a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00' |
		dd of="$device" bs=1 seek="$1" conv=notrunc status=none
}

@test "part of an array is called that; an array of partitions is not taken for one of disks" {
	need sfdisk
	used_device 64M
	md_superblock $((64 * 1048576 - 65536))
	left_alone 3 "$device is part of an md RAID"
	printf 'label: dos\n2048,129024,fd\n' | sfdisk -q --wipe never "$device"
	left_alone 3 "$device has a partition table (dos), and was not changed"
}

@test "a device in use is left alone, even with --overwrite" {
	need mke2fs mkswap
	used_device 16M
	mkdir mnt
	mke2fs -q -t ext2 "$device"
	mount "$device" mnt || skip "cannot mount here"
	new_device --overwrite
	refused 5
	[[ $stderr == *"$device is mounted on $PWD/mnt, and was not changed"* ]]
	new_device --overwrite --dry-run
	refused 5
	umount mnt
	# A mount namespace of another test may have it a moment longer.
	until mkswap -f "$device"; do sleep 0.1; done
	swapon "$device" || skip "no swap here"
	swapped=$device
	new_device --overwrite
	refused 5
	[[ $stderr == *"$device is swap space in use"* ]]
}

@test "a device that another program has locked is left alone" {
	need flock
	used_device 16M
	exec 8<"$device"
	flock 8
	left_alone 5 "is locked by another program"
	flock -u 8
	exec 8<&-
}

@test "another guest's disk is left alone, even with --overwrite, by whatever name its cfg has it" {
	used_device 16M
	ln -s "$device" other-name
	local disk
	for disk in "\"format=raw, vdev=xvda, access=rw, target=$device\"" "'phy:${device#/dev/},xvda,w'" \
		"'$PWD/other-name,raw,xvda,rw'"; do
		echo "disk = [ $disk ]" >d/web01.cfg
		left_alone 5 "$device is a disk of the guest in $PWD/d/web01.cfg" --overwrite
		left_alone 5 "d/web01.cfg" --dry-run
	done
	echo "# disk = [ '$device,raw,xvda,rw' ]" >d/web01.cfg
	new_device --overwrite
	[[ $status -eq 0 ]]
}

@test "two at once on one device: one wins, and its disk is whole" {
	need e2fsck sfdisk jq
	used_device 64M
	head -c 64M /dev/zero >"$device"
	local name won=0
	for name in a b c d; do
		"$bigdisk" new "$name" --quiet --no-start --template none --dir d --device "$device" 2>"$name.err" 3>&- &
	done
	wait
	cat ./*.err
	for name in a b c d; do
		[[ ! -e d/$name.cfg ]] || won=$((won + 1))
	done
	[[ $won -eq 1 && $(cat ./*.err | wc -l) -eq 3 ]]
	fsck_is_clean "$device"
}

@test "devices that cannot be: one line, and nothing is left" {
	used_device 16M
	left_alone 6 "has 16777216 bytes, which is 16777216 less than 32M" --size 32M
	left_alone 2 "too small" --size 1M
	left_alone 2 "GRUB Legacy" --boot-sector grub-legacy
	left_alone 4 "cannot use the directory" --dir nowhere
	blockdev --setro "$device"
	left_alone 1 "is read-only"
	blockdev --setrw "$device" # a loop device keeps that for its next user
	losetup -d "$device"
	device=$(losetup --show -f --sector-size 4096 disk) || skip "no sectors of 4096 bytes here"
	devices=$device
	left_alone 1 "sectors of 4096 bytes"
	is_empty d
}

@test "anything but a block device is refused: a file, a directory, a character device, nothing, a relative path" {
	local row
	truncate -s 16M plain
	for row in "$PWD/plain:is a file, not a block device" "$PWD:is a directory" "/dev/null:is a character device" \
		"/dev/no/such:cannot use the device"; do
		bd new a --quiet --no-start --template none --dir d --device "${row%%:*}"
		refused "$([[ -e ${row%%:*} ]] && echo 1 || echo 4)"
		[[ $stderr == *"${row#*:}"* ]]
	done
	bd new a --quiet --no-start --template none --dir d --device "$PWD/plain"
	[[ $stderr == *"without --device"*--size* ]]
	bd new a --quiet --no-start --template none --dir d --device plain
	refused 2
	bd new a --quiet --no-start --template none --dir d --overwrite
	refused 2
}

@test "a cfg that is there, and a folder that cannot be written, cost nothing of the device" {
	used_device 16M
	touch d/a.cfg
	left_alone 3 "d/a.cfg already exists"
	rm d/a.cfg
	left_alone 4 "cannot create /proc/a.cfg" --dir /proc --overwrite
}

# Each step made to fail, by strace.

# traced WHAT: one `new` with this fault.
traced() {
	status=0
	"${default_signals[@]}" strace -qq -o trace -e signal=none -e inject="$1" "$bigdisk" new a --quiet --no-start --template none --dir d \
		--device "$device" --overwrite >out 2>err || status=$?
	output=$(<out) stderr=$(<err)
	echo "$1: status $status $stderr"
}

@test "any write or flush that fails: the device is blank, and the error says that its content is gone" {
	need_strace
	need_grub2
	used_device 16M
	local call n tried=0
	for call in pwrite64 fsync; do
		for ((n = 1; n < 100; n++)); do
			yes "a former owner's secret" | head -c 16M >"$device"
			traced "$call:error=EIO:when=$n"
			[[ $status -ne 0 ]] || break
			refused 1
			is_blank
			[[ $stderr == *"the former content of $device is lost, and it is now blank" ]]
			tried=$((tried + 1))
		done
		rm d/a.cfg
	done
	echo "$tried faults"
	[[ $tried -ge 6 ]]
}

@test "Ctrl-C while the device is cleared or written: it is blank" {
	need_strace
	need_grub2
	used_device 130M
	local when
	for when in fallocate:signal=INT:when=1 fallocate:signal=INT:when=2 pwrite64:signal=INT:when=1 \
		pwrite64:signal=INT:when=3 fsync:signal=INT:when=1 fsync:signal=TERM:when=2; do
		traced "$when"
		[[ $status -eq 130 || $status -eq 143 ]]
		failed_with "$status"
		is_empty d
		is_blank
		[[ $stderr == *"the former content of $device is lost"* ]]
	done
}

@test "kill -9 at any write: no partition table before all else is written" {
	need_strace
	need_grub2
	need e2fsck sfdisk jq
	used_device 16M
	local n
	for ((n = 1; n < 100; n++)); do
		traced "pwrite64:signal=KILL:when=$n"
		[[ $status -ne 0 ]] || break
		is_empty d
		if [[ $(hex "$device" 510 2) == 55aa ]]; then
			fsck_is_clean "$device"
		fi
	done
	[[ $n -gt 3 ]]
}

fake_dom0() {
	need_busybox
	need_grub2
	fake_xen "$@"
}

@test "a guest that does not start leaves a blank device, one that is slow keeps its disk" {
	used_device 128M
	fake_dom0 create-fails
	bd new a --quiet --dir d --no-net --device "$device" --overwrite
	refused 1
	is_blank
	[[ $stderr == *"the former content of $device is lost, and it is now blank" ]]

	fake_dom0 wait-times-out
	bd new a --quiet --dir d --no-net --device "$device" --wait=1
	failed_with 1
	holds d a.cfg
	[[ $stderr != *"is gone"* ]]
	device_has PTTYPE dos
}

@test "--as-if-absent: a guest's device is another's only with --overwrite, also while a domain has it" {
	local running
	used_device 32M
	fake_xen
	new_device --overwrite
	for running in no yes; do
		[[ $running == no ]] || "$bigdisk" start a --quiet --dir d
		bd new a --as-if-absent --dry-run --no-start --template none --dir d --device "$device"
		failed_with 3
		[[ $stderr == *"--overwrite"* ]]
		bd new a --as-if-absent --dry-run --no-start --template none --dir d --device "$device" --overwrite
		[[ $status -eq 0 ]]
	done
	bd new b --as-if-absent --dry-run --no-start --template none --dir d --device "$device" --overwrite
	failed_with 5
}

@test "new --if-absent --dry-run: a device is the same one by another name" {
	need jq
	used_device 32M
	new_device --overwrite
	[[ $status -eq 0 ]]
	ln -s "$device" name
	for name in "$device" "$PWD/name" "/dev/../$device"; do
		bd new a --dir d --no-start --if-absent --dry-run --json --device "$name"
		[[ $(jq -c .differences <<<"$output") == "[]" ]] || fail "$name"
	done
}
