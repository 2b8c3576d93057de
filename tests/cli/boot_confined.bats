#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# xen-bigdisk-boot on a host: kernels that are unpacked, volumes and block devices, as whom a disk is read, and what is left when it
# fails or is ended.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers
load boot_disks

root_uuid=5f2ad51a-4a4d-4b0e-9a86-6e4b1f3c3d10

teardown() {
	if [[ -n ${group:-} ]]; then vgremove -fy "$group" >/dev/null 2>&1 || true; fi
	if [[ -n ${loop:-} ]]; then losetup -d "$loop" || true; fi
}

# attach FILE...: as $loop.
attach() {
	need_root
	need losetup
	loop=$(losetup --show -f "$@" 2>/dev/null) || skip "no loop devices here"
}

# A guest's root in the folder root, for ext4 or xfs.
make_root() {
	file root/boot/vmlinuz-6.1
	file root/boot/initrd.img-6.1 300003
	text root/boot/grub/grub.cfg <<-'EOF2'
		menuentry 'Linux' {
			linux /boot/vmlinuz-6.1 root=/dev/xvda1 ro
			initrd /boot/initrd.img-6.1
		}
	EOF2
}

boots_root() { # DISK...
	boots root/boot/vmlinuz-6.1 root/boot/initrd.img-6.1 'root=/dev/xvda1 ro' "$@"
}

@test "a kernel is unpacked whatever it is packed with, and left as it is where nobody asks for it" {
	need mke2fs python3
	local method
	mkdir -p root/boot
	python3 "$boot_images" elf elf 500000
	cp elf root/boot/vmlinux
	for method in gzip:gzip bzip2:bzip2 lzma:xz xz:xz lzo:lzop lz4:lz4 zstd:zstd; do
		type -P "${method#*:}" >/dev/null || continue
		python3 "$boot_images" bzimage "root/boot/vmlinuz-${method%:*}" elf "${method%:*}"
	done
	ext4 disk 16 root $root_uuid
	for method in root/boot/vmlinuz-*; do
		method=${method#*-}
		# LZO by those libarchives only that have it.
		if [[ $method == lzo ]]; then
			bb --unpack=always --kernel=/boot/vmlinuz-lzo disk
			[[ $status -eq 0 ]] || is_refused 'the kernel is packed with LZO, which cannot be unpacked here' --unpack=always --kernel=/boot/vmlinuz-lzo disk
		else
			boots elf '' '' --unpack=always --kernel=/boot/vmlinuz-$method disk
		fi
		boots root/boot/vmlinuz-$method '' '' --unpack=never --kernel=/boot/vmlinuz-$method disk
	done
	boots elf '' '' --unpack=always --kernel=/boot/vmlinux disk
	# Of one that is damaged, nothing is left.
	python3 -c 'import sys
with open("root/boot/vmlinuz-gzip", "r+b") as file:
	file.seek(100000)
	file.write(b"\xff" * 1000)'
	ext4 disk 16 root $root_uuid
	is_refused 'unpacking the kernel' --unpack=always --kernel=/boot/vmlinuz-gzip disk
	# Nor of one that becomes too large.
	head -c 40M /dev/zero >zeros
	python3 "$boot_images" bzimage root/boot/vmlinuz-zeros zeros gzip
	ext4 disk 16 root $root_uuid
	is_refused 'the limit is 16 MiB' --max-file-size=16M --unpack=always --kernel=/boot/vmlinuz-zeros disk
}

@test "a kernel from where grub-fstest reads is unpacked, too, and one within a unified image" {
	need_grub_fstest
	need zstd
	local name
	mkdir -p root/boot esp/EFI/Linux
	python3 "$boot_images" elf elf 500000
	python3 "$boot_images" bzimage root/boot/vmlinuz elf zstd
	xfs disk 20 root $root_uuid
	boots elf '' '' --unpack=always --kernel=/boot/vmlinuz disk
	boots root/boot/vmlinuz '' '' --unpack=never --kernel=/boot/vmlinuz disk
	file initrd 30003
	echo -n root=/dev/xvda2 >cmdline
	python3 "$boot_images" uki esp/EFI/Linux/linux.efi .cmdline=cmdline .initrd=initrd .linux=root/boot/vmlinuz
	fat disk 4 esp
	boots elf initrd root=/dev/xvda2 --unpack=always disk
}

# note_runs DISK...: what grub-fstest is run for, a line each of the file runs.
note_runs() {
	bb -q --debug "$@"
	[[ $status -eq 0 ]] || fail "status $status"
	sed -n 's/.*running grub-fstest //p' <<<"$stderr" >runs
}

@test "grub-fstest runs once for the directories and once for each file, however many partitions there are" {
	need_grub_fstest
	need zstd python3 sfdisk
	local name
	make_root
	python3 "$boot_images" elf elf
	python3 "$boot_images" bzimage root/boot/vmlinuz-6.1 elf zstd
	xfs root.fs 20 root $root_uuid
	mkdir tree
	echo none >tree/x
	fat esp.fs 4 tree
	gpt disk 40 '2 20' "22 4 2 $esp_type" '26 1 3 21686148-6449-6E6F-744E-656564454649' '28 10 4'
	put disk 2 root.fs
	put disk 22 esp.fs
	note_runs --unpack=always disk
	cmp out/boot_kernel.* elf
	[[ $(wc -l <runs) -eq 4 && $(sed -n 1p runs) == '/file ls '* && $(sed -n 2p runs) == */grub.cfg && $(sed -n 3p runs) == */vmlinuz-6.1 &&
		$(sed -n 4p runs) == */initrd.img-6.1 ]] || fail
	# Entries of the Boot Loader Specification in a /boot of its own.
	mkdir -p boot/loader/entries boot/grub2
	for name in 1 2 3; do
		printf 'title %s\nversion 6.%s\nlinux /vmlinuz\noptions ro\n' $name $name >boot/loader/entries/$name.conf
	done
	cp elf boot/vmlinuz
	echo blscfg >boot/grub2/grub.cfg
	xfs boot.fs 20 boot $root_uuid
	note_runs boot.fs
	[[ $(grep -c '^/file ls ' runs) -eq 1 && $(grep -c 'entries/[123].conf$' runs) -eq 3 && $(wc -l <runs) -eq 6 ]] || fail
}

@test "a directory that grub-fstest cannot list does not hide the others" {
	need_mount_namespaces
	need_grub_fstest
	need grub-file
	make_root
	file root/boot/grub2/fonts/unicode.pf2 100
	xfs disk 20 root $root_uuid
	# In place of grub-fstest: it, but for one directory.
	printf '%s\n' '#!/bin/sh' 'case $* in *")/boot/grub2/"*) echo "error: it is damaged" >&2; exit 1 ;; esac' 'exec grub-file "$@"' >script
	chmod 755 script
	mkdir out
	# shellcheck disable=SC2016 # for the inner shell
	run --separate-stderr unshare -m bash -c 'program=$(type -P grub-fstest); mount --bind "$program" "$(type -P grub-file)" &&
		mount --bind script "$program" && exec "$@"' sh "$boot" -q --output=answer --output-directory=out disk
	printf '%s\n' "-> status $status" "$output" "$stderr"
	[[ $status -eq 0 && -z $output && $stderr == *'warning: hd0/boot/grub2: '*'it is damaged' && $(wc -l <<<"$stderr") -eq 1 ]] || fail
	cmp out/boot_kernel.* root/boot/vmlinuz-6.1
	cmp out/boot_ramdisk.* root/boot/initrd.img-6.1
}

@test "without grub-fstest, a disk that takes it is refused, and why is said once" {
	need_mount_namespaces
	need_grub_fstest
	need mke2fs sfdisk
	make_root
	mkdir tree
	echo none >tree/x
	xfs xfs.fs 20 tree $root_uuid
	ext4 ext4.fs 20 root $root_uuid
	fat esp.fs 4 tree
	gpt disk 60 '2 20' "22 4 2 $esp_type" '26 20 3'
	put disk 2 xfs.fs
	put disk 22 esp.fs
	: >nothing
	# shellcheck disable=SC2016 # for the inner shell
	without() {
		run --separate-stderr unshare -m bash -c 'mount --bind nothing "$(type -P grub-fstest)" && exec "$@"' sh \
			"$boot" -q --output=answer --output-directory=out "$@" disk
		printf '%s\n' "-> status $status" "$output" "$stderr"
	}
	mkdir out
	for kernel in '' --kernel=/vmlinuz; do
		without $kernel
		[[ $status -eq 1 && $(grep -c 'not installed' <<<"$stderr") -eq 1 && $(wc -l <<<"$stderr") -eq 2 ]] || fail
		is_empty out
	done
	# What does not take it is booted all the same.
	put disk 26 ext4.fs
	without
	[[ $status -eq 0 && -z $stderr ]] || fail
	cmp out/boot_kernel.* root/boot/vmlinuz-6.1
}

@test "what a disk offers is listed, and nothing is written" {
	need mke2fs jq
	make_root
	ext4 disk 16 root $root_uuid
	run --separate-stderr "$boot" --list-entries --json disk
	[[ $status -eq 0 && -z $stderr ]] || fail "status $status: $stderr"
	[[ $output == *'"/boot/vmlinuz-6.1"'*'"/boot/initrd.img-6.1"'* ]] || fail "$output"
	jq -e . <<<"$output" >/dev/null
	run --separate-stderr "$boot" -l disk
	[[ $status -eq 0 && $output == *'title: Linux'*'kernel: /boot/vmlinuz-6.1'* ]] || fail "$output"
}

@test "a block device that only root may read, with ext4 and with XFS" {
	need mke2fs
	need_grub_fstest
	make_root
	ext4 fs 20 root $root_uuid
	xfs other 20 root $root_uuid
	gpt disk 22 '1 20 1'
	attach disk
	[[ $(stat -c %a "$loop") != *[4-7] ]] || skip "everybody may read loop devices here"
	local kind
	for kind in fs other; do
		put "$loop" 1 $kind
		sync "$loop"
		boots_root "$loop"
		boots_root --runas=23456 "$loop"
	done
	[[ $(blkid -p -o value -s TYPE -O $((1 << 20)) "$loop") == xfs ]] || fail
}

@test "a block device with sectors of 4096 bytes" {
	need mke2fs
	make_root
	truncate -s 24M disk
	attach --sector-size 4096 disk
	printf 'label: gpt\nstart=256, size=5120\n' | sfdisk -q "$loop"
	ext4 fs 20 root $root_uuid
	put "$loop" 1 fs
	sync "$loop"
	boots_root "$loop"
}

@test "a root on a logical volume" {
	need_root
	need vgcreate lvcreate pvs
	need_grub_fstest
	make_root
	xfs fs 20 root $root_uuid
	truncate -s 40M disk
	attach disk
	mkdir etc locks
	cat >etc/lvm.conf <<-EOF
		devices { filter = [ "a|^$loop\$|", "r|.*|" ] use_devicesfile = 0 }
		global { locking_dir = "$PWD/locks" event_activation = 0 use_lvmpolld = 0 }
		activation { monitoring = 0 udev_sync = 0 udev_rules = 0 }
		backup { backup = 0 archive = 0 }
	EOF
	export LVM_SYSTEM_DIR=$PWD/etc LVM_SUPPRESS_FD_WARNINGS=1
	group=bd-test
	vgcreate -y $group "$loop" >/dev/null
	# Without device-mapper it is made, but not activated, and its place is written to instead.
	lvcreate --driverloaded n -y -an -Zn -Wn -l 2 -n first $group >/dev/null 2>&1
	lvcreate --driverloaded n -y -an -Zn -Wn -l 5 -n the-root $group >/dev/null 2>&1
	local begin
	begin=$(pvs --noheadings --units b --nosuffix -o pe_start,vg_extent_size,pvseg_start,lv_name "$loop" 2>/dev/null |
		awk '$4 == "the-root" { printf "%d", $1 + $2 * $3 }')
	dd if=fs of="$loop" bs=1M seek="$begin" oflag=seek_bytes conv=notrunc status=none
	sync "$loop"
	vgchange -q --driverloaded n -an $group >/dev/null 2>&1
	losetup -d "$loop"
	loop='' group=''
	boots_root disk
	# What the configuration calls by GRUB's name of it.
	sed -i 's,linux ,linux (lvm/bd--test-the--root),' root/boot/grub/grub.cfg
	xfs fs 20 root $root_uuid
	dd if=fs of=disk bs=1M seek="$begin" oflag=seek_bytes conv=notrunc status=none
	boots_root disk
}

# stopping ARGUMENTS...: xen-bigdisk-boot in the background, traced by $tracer; each of its children stops at its third lseek(2).
stopping() {
	need strace
	rm -rf out trace
	mkdir out
	strace -f -q -o trace -e trace=lseek -e inject=lseek:signal=SIGSTOP:when=3 "${default_signals[@]}" "$boot" -q --output=answer \
		--output-directory=out --output-format=simple0 --max-time=600 "$@" 2>stderr &
	tracer=$!
}

# stopped NUMBER: sets pid to the child that has stopped as that, from 1 on, and parent.
stopped() {
	read -r parent _ <trace 2>/dev/null || return
	kill -CONT "$parent" 2>/dev/null || true # it has lseeks of its own
	pid=$(awk -v parent="$parent" '/--- stopped by SIGSTOP/ && $1 != parent && !seen[$1]++ { print $1 }' trace | sed -n "$1p")
	[[ $pid ]]
}

@test "as whom a disk is read: the chosen user, without groups and capabilities, grub-fstest too" {
	need_root
	need_grub_fstest
	make_root
	xfs disk 20 root $root_uuid
	chmod 600 disk
	local tracer pid parent number uid groups name user
	for user in 23456 65534; do
		rm -f seen wrong
		# Without a choice, it is nobody.
		if [[ $user -eq 65534 ]]; then stopping disk; else stopping --runas=$user disk; fi
		for number in {1..20}; do
			until_true eval "stopped $number || ended $tracer"
			stopped $number || break
			name=$(<"/proc/$pid/comm")
			uid=$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$pid/status")
			groups=$(awk '/^Gid:/ { print $2, $3, $4, $5 } /^Groups:/ && NF > 1 { print "and", $0 }' "/proc/$pid/status")
			echo "$name: $uid; $groups; $(grep Cap "/proc/$pid/status" | xargs)" >>seen
			# The right to read the owner's file, in a namespace of its own, is all that grub-fstest has.
			[[ $name == grub-fstest ||
				$(awk '/^Cap(Eff|Prm|Inh|Amb):/ { print $2 }' "/proc/$pid/status" | sort -u) == 0000000000000000 ]] || echo "$name has capabilities" >>wrong
			[[ $uid == "$user $user $user $user" ]] || echo "$name is $uid" >>wrong
			[[ $groups == '65534 65534 65534 65534' ]] || echo "$name is in $groups" >>wrong
			[[ ! -e /proc/$pid/root/$PWD && ! -e /proc/$pid/root/etc/passwd ]] || echo "$name sees files" >>wrong
			kill -CONT "$pid"
		done
		wait $tracer
		cat seen
		[[ ! -e wrong ]] || fail "$(<wrong)"
		[[ $(grep -c '^grub-fstest:' seen) -ge 3 && $(grep -c '^xen-bigdisk-boo:' seen) -eq 1 ]] || fail "other processes"
	done
	cmp out/boot_kernel.* root/boot/vmlinuz-6.1
}

@test "what root's power is used for: the disk is opened once, before there is a child" {
	need_root
	need strace
	need_grub_fstest
	make_root
	xfs disk 20 root $root_uuid
	chmod 600 disk
	mkdir out
	strace -f -q -o trace -e trace=open,openat,openat2,clone,clone3,fork,vfork,execve "$boot" -q --output=answer --output-directory=out \
		--output-format=simple0 --runas=23456 disk
	cmp out/boot_kernel.* root/boot/vmlinuz-6.1
	[[ $(grep -c '"disk"' trace) -eq 2 ]] || fail "$(grep '"disk"' trace)" # execve and open
	[[ $(grep -nE '\(AT_FDCWD, "disk"' trace | cut -d: -f1) -lt $(grep -nE '(clone3?|v?fork)\(' trace | head -n 1 | cut -d: -f1) ]] || fail
	# No shell, and nothing but grub-fstest.
	! grep 'execve(' trace | grep -vE 'xen-bigdisk-boot|grub-fstest' || fail
}

@test "a file that has no room, or a directory that has none: nothing is left" {
	need_mount_namespaces
	need mke2fs
	need_grub_fstest
	make_root
	ext4 ext4 20 root $root_uuid
	xfs xfs 20 root $root_uuid
	mkdir small
	local disk how
	local -a hosts=('-t tmpfs -o size=100k none')
	# An ext4 makes room beforehand.
	truncate -s 256K tiny
	mke2fs -q -F -t ext4 -O ^has_journal -N 16 tiny
	unshare -m mount -o loop tiny small 2>/dev/null && hosts+=('-o loop tiny')
	for disk in ext4 xfs; do
		for how in "${hosts[@]}"; do
			run --separate-stderr unshare -m bash -c 'mount $0 small && "$@"; status=$?; ls -A -I lost+found small; exit $status' "$how" \
				"$boot" -q --output=answer --output-directory=small $disk
			[[ $status -eq 1 && -z $output && $stderr == *'No space left on device'* ]] || fail "$disk: $how: $status: $output: $stderr"
			[[ ! -s answer ]] || fail
		done
		mkdir -p out
		run --separate-stderr "$boot" -q --output=/dev/full --output-directory=out $disk
		[[ $status -eq 1 && $stderr == *'No space left on device'* ]] || fail "$disk: $status: $stderr"
		is_empty out
		run --separate-stderr "$boot" -q --output=answer --output-directory=nowhere $disk
		[[ $status -eq 1 && $stderr == *nowhere*'No such file or directory'* && ! -s answer ]] || fail "$disk: $status: $stderr"
	done
}

@test "a signal ends it, and nothing is left, whoever works just then" {
	need_grub_fstest
	make_root
	xfs disk 20 root $root_uuid
	local tracer pid parent number last signal
	# While the child reads, and while the first grub-fstest, or a later one, does.
	for last in 1 2 4; do
		for signal in TERM INT; do
			stopping disk
			for ((number = 1; number <= last; number++)); do
				until_true stopped $number
				[[ $number -eq $last ]] || kill -CONT "$pid"
			done
			kill -$signal "$parent"
			status=0
			wait $tracer || status=$?
			[[ $status -eq $((128 + $(kill -l $signal))) ]] || fail "status $status: $(<stderr)"
			is_empty out
			[[ ! -s answer ]] || fail "there is an answer"
		done
	done
}
