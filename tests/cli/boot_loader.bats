#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# xen-bigdisk-boot on whole disks, each with its distribution's partitions, filesystems and boot configuration: which kernel, which
# initrds and which arguments come out, byte for byte, and the same by pygrub where that can read the disk.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers
load boot_disks

root_uuid=5f2ad51a-4a4d-4b0e-9a86-6e4b1f3c3d10
boot_uuid=0b1c2d3e-4f50-4162-8394-a5b6c7d8e9f0

# debian_grub_cfg DIRECTORY PARTITION UUID: as grub-mkconfig of Debian 12 and Ubuntu has it, for the kernels 6.1.0-57 and 6.1.0-55 in that
# directory ("" where /boot is a filesystem of its own).
debian_grub_cfg() {
	cat <<-EOF2
		if [ -s \$prefix/grubenv ]; then
		  set have_grubenv=true
		  load_env
		fi
		if [ "\${next_entry}" ] ; then
		   set default="\${next_entry}"
		   set next_entry=
		   save_env next_entry
		   set boot_once=true
		else
		   set default="0"
		fi
		if [ x"\${feature_menuentry_id}" = xy ]; then
		  menuentry_id_option="--id"
		else
		  menuentry_id_option=""
		fi
		export menuentry_id_option
		function load_video {
		  if [ x\$feature_all_video_module = xy ]; then
		    insmod all_video
		  else
		    insmod efi_gop
		  fi
		}
		set timeout=5
		menuentry 'Debian GNU/Linux' --class debian --class os \$menuentry_id_option 'gnulinux-simple-$root_uuid' {
			load_video
			insmod gzio
			if [ x\$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
			insmod part_gpt
			insmod ext2
			set root='hd0,$2'
			if [ x\$feature_platform_search_hint = xy ]; then
			  search --no-floppy --fs-uuid --set=root --hint-bios=hd0,$2 --hint-efi=hd0,$2  $3
			else
			  search --no-floppy --fs-uuid --set=root $3
			fi
			echo	'Loading Linux 6.1.0-57-amd64 ...'
			linux	$1/vmlinuz-6.1.0-57-amd64 root=UUID=$root_uuid ro  quiet
			echo	'Loading initial ramdisk ...'
			initrd	$1/initrd.img-6.1.0-57-amd64
		}
		submenu 'Advanced options for Debian GNU/Linux' \$menuentry_id_option 'gnulinux-advanced-$root_uuid' {
			menuentry 'Debian GNU/Linux, with Linux 6.1.0-57-amd64' --class os \$menuentry_id_option 'gnulinux-6.1.0-57-amd64-advanced-$root_uuid' {
				set root='hd0,$2'
				search --no-floppy --fs-uuid --set=root $3
				linux	$1/vmlinuz-6.1.0-57-amd64 root=UUID=$root_uuid ro  quiet
				initrd	$1/initrd.img-6.1.0-57-amd64
			}
			menuentry 'Debian GNU/Linux, with Linux 6.1.0-55-amd64 (recovery mode)' --class os \$menuentry_id_option 'gnulinux-6.1.0-55-amd64-recovery-$root_uuid' {
				set root='hd0,$2'
				search --no-floppy --fs-uuid --set=root $3
				linux	$1/vmlinuz-6.1.0-55-amd64 root=UUID=$root_uuid ro single
				initrd	$1/initrd.img-6.1.0-55-amd64
			}
		}
	EOF2
}

debian_files() { # DIRECTORY
	local version
	for version in 6.1.0-57 6.1.0-55; do
		file "$1/vmlinuz-$version-amd64"
		file "$1/initrd.img-$version-amd64" 30003
	done
}

# Debian 12 of the cloud, in the file disk: the root is partition 1, behind the ESP.
debian_disk() {
	need mke2fs sfdisk
	debian_files root/boot
	ln -s boot/vmlinuz-6.1.0-57-amd64 root/vmlinuz
	debian_grub_cfg /boot gpt1 $root_uuid | text root/boot/grub/grub.cfg
	echo "search.fs_uuid $root_uuid root hd0,gpt1" | text esp/EFI/debian/grub.cfg
	printf 'set prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n' >>esp/EFI/debian/grub.cfg
	ext4 root.fs 16 root $root_uuid "${1:-ext4}"
	fat esp.fs 4 esp
	gpt disk 24 '7 16 1' '2 1 14 21686148-6449-6E6F-744E-656564454649' "3 4 15 $esp_type"
	put disk 7 root.fs
	put disk 3 esp.fs
}

@test "a guest of new: kernel, initrd and arguments are those in it, and pygrub says the same in all formats" {
	need_busybox
	need sfdisk jq debugfs cmp
	made web01 --quiet --no-start --dir d --size 128M --boot-sector none
	local kernel
	kernel=$(in_image d/web01.img 'ls -p /boot' | cut -d/ -f6 | grep vmlinuz)
	in_image d/web01.img "dump /boot/$kernel kernel"
	in_image d/web01.img "dump /boot/initrd.img${kernel#vmlinuz} initrd"
	boots kernel initrd \
		"root=UUID=$(blkid -p -O "$(root_offset d/web01.img)" -o value -s UUID d/web01.img) ro quiet console=tty0 console=ttyS0 console=hvc0" d/web01.img
	agrees_with_pygrub d/web01.img
	agrees_with_pygrub --entry=1 d/web01.img
	agrees_with_pygrub "--args=more words" d/web01.img
}

@test "Debian on a GPT with an ESP: default, entries by number and title, submenus, arguments" {
	debian_disk
	local new=root/boot/vmlinuz-6.1.0-57-amd64 old=root/boot/vmlinuz-6.1.0-55-amd64 arguments="root=UUID=$root_uuid ro quiet"
	boots $new root/boot/initrd.img-6.1.0-57-amd64 "$arguments" disk
	boots $new root/boot/initrd.img-6.1.0-57-amd64 "$arguments xen.more=1" --args=xen.more=1 disk
	boots $old root/boot/initrd.img-6.1.0-55-amd64 "root=UUID=$root_uuid ro single" --entry=2 disk
	boots $old root/boot/initrd.img-6.1.0-55-amd64 "root=UUID=$root_uuid ro single" \
		--entry='Debian GNU/Linux, with Linux 6.1.0-55-amd64 (recovery mode)' disk
	boots $old root/boot/initrd.img-6.1.0-55-amd64 "root=UUID=$root_uuid ro single" \
		--entry='Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-55-amd64 (recovery mode)' disk
	boots_with_words $new root/boot/initrd.img-6.1.0-57-amd64 "$arguments" --entry=3 disk
	[[ $stderr == *'warning: there is no entry 3: the default is booted' ]] || fail
	agrees_with_pygrub disk
	agrees_with_pygrub --entry=1 disk
	agrees_with_pygrub --entry=2 disk
	lists_as_pygrub disk
}

@test "a kernel by its path: without a configuration, with its initrd and arguments or without" {
	debian_disk
	boots root/boot/vmlinuz-6.1.0-55-amd64 '' 'root=/dev/xvda1' --kernel=/boot/vmlinuz-6.1.0-55-amd64 --args=root=/dev/xvda1 disk
	boots root/boot/vmlinuz-6.1.0-57-amd64 root/boot/initrd.img-6.1.0-55-amd64 '' --kernel=vmlinuz --ramdisk=/boot/initrd.img-6.1.0-55-amd64 disk
	boots root/boot/vmlinuz-6.1.0-55-amd64 '' '' --offset=$((7 << 20)) --kernel=/boot/vmlinuz-6.1.0-55-amd64 disk
	agrees_with_pygrub --kernel=/boot/vmlinuz-6.1.0-55-amd64 --ramdisk=/boot/initrd.img-6.1.0-57-amd64 --args=ro disk
	is_refused 'there is no /boot/vmlinuz-4 on the disk' --kernel=/boot/vmlinuz-4 disk
	is_refused 'there is no /boot/nothing on the disk' --kernel=vmlinuz --ramdisk=/boot/nothing disk
	is_refused '/boot: not a regular file' --kernel=/boot disk
	# Of a filesystem by its place, the configuration.
	boots root/boot/vmlinuz-6.1.0-57-amd64 root/boot/initrd.img-6.1.0-57-amd64 "root=UUID=$root_uuid ro quiet" --offset=$((7 << 20)) disk
	is_refused 'neither a boot configuration nor a kernel' --offset=$((1 << 20)) disk
}

@test "whole-disk filesystems, and an MBR with logical partitions" {
	debian_disk ext3
	boots root/boot/vmlinuz-6.1.0-57-amd64 root/boot/initrd.img-6.1.0-57-amd64 "root=UUID=$root_uuid ro quiet" root.fs
	agrees_with_pygrub root.fs
	truncate -s 40M mbr
	sfdisk -q mbr <<-EOF
		label: dos
		start=2048, size=2048, type=82
		start=4096, type=5
		start=6144, size=4096, type=83
		start=12288, size=32768, type=83
	EOF
	put mbr 6 root.fs
	boots root/boot/vmlinuz-6.1.0-57-amd64 root/boot/initrd.img-6.1.0-57-amd64 "root=UUID=$root_uuid ro quiet" mbr
	boots root/boot/vmlinuz-6.1.0-57-amd64 '' '' --kernel=/vmlinuz mbr
}

@test "a GPT of a disk with sectors of 4096 bytes" {
	debian_disk
	python3 - disk large <<-'PYTHON'
		import struct, sys, zlib
		size, sector = 24 << 20, 4096
		with open("root.fs", "rb") as fs, open("large", "wb") as disk:
		    entry = struct.pack("<16s16sQQQ72s", bytes.fromhex("af3dc60f838472478e793d69d8477de4"), bytes(range(16)),
		                        (7 << 20) // sector, (23 << 20) // sector - 1, 0, "root".encode("utf-16-le"))
		    entries = entry + bytes(127 * 128)
		    last = size // sector - 1
		    for here, there, table in (1, last, 2), (last, 1, last - 4):
		        head = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, here, there, 6, last - 5, bytes(range(16)), table, 128, 128,
		                           zlib.crc32(entries))
		        head = head[:16] + struct.pack("<I", zlib.crc32(head)) + head[20:]
		        disk.seek(here * sector)
		        disk.write(head)
		        disk.seek(table * sector)
		        disk.write(entries)
		    disk.seek(446)
		    disk.write(struct.pack("<BBBBBBBBII", 0, 0, 2, 0, 0xee, 255, 255, 255, 1, last) + bytes(48) + b"\x55\xaa")
		    disk.seek(7 << 20)
		    disk.write(fs.read())
		    disk.truncate(size)
	PYTHON
	boots root/boot/vmlinuz-6.1.0-57-amd64 root/boot/initrd.img-6.1.0-57-amd64 "root=UUID=$root_uuid ro quiet" large
}

@test "Ubuntu 24.04: /boot on partition 16, found by the filesystem's UUID" {
	need mke2fs sfdisk
	debian_files boot
	debian_grub_cfg '' gpt16 $boot_uuid | text boot/grub/grub.cfg
	mkdir -p root/boot root/etc
	printf 'search.fs_uuid %s root hd0,gpt16\nset prefix=($root)/grub\nconfigfile $prefix/grub.cfg\n' $boot_uuid | text esp/EFI/ubuntu/grub.cfg
	ext4 root.fs 8 root $root_uuid
	ext4 boot.fs 8 boot $boot_uuid
	fat esp.fs 4 esp
	gpt disk 24 '15 8 1' '1 1 14 21686148-6449-6E6F-744E-656564454649' "2 4 15 $esp_type" '6 8 16'
	put disk 15 root.fs
	put disk 2 esp.fs
	put disk 6 boot.fs
	boots boot/vmlinuz-6.1.0-57-amd64 boot/initrd.img-6.1.0-57-amd64 "root=UUID=$root_uuid ro quiet" disk
	agrees_with_pygrub disk
}

@test "Debian: /boot and / each on a RAID1, of which the disk has one member" {
	need mke2fs sfdisk
	need_grub_fstest
	local metadata raid_type=A19D880F-05FC-4D3B-A006-743F0F84911E
	debian_files boot
	debian_grub_cfg '' msdos1 $boot_uuid |
		sed -e "s,insmod part_gpt,insmod diskfilter\n\t\tinsmod mdraid1x," -e "s,'hd0\,msdos1','mduuid/00112233445566778899aabbccddeeff'," \
			-e "s,--hint-bios=hd0\,msdos1 --hint-efi=hd0\,msdos1,--hint='mduuid/00112233445566778899aabbccddeeff'," | text boot/grub/grub.cfg
	grep -q "set root='mduuid/" boot/grub/grub.cfg
	mkdir -p root/boot root/etc
	ext4 boot.fs 8 boot $boot_uuid
	xfs root.fs 20 root $root_uuid
	for metadata in 0.90 1.0 1.1 1.2; do
		rm -f disk
		raid boot.raid 12 boot.fs $metadata web01:0
		raid root.raid 24 root.fs $metadata web01:1
		gpt disk 40 "1 12 1 $raid_type" "13 24 2 $raid_type"
		put disk 1 boot.raid
		put disk 13 root.raid
		[[ $(blkid -p -o value -s TYPE -O 1M -S 12M disk) == linux_raid_member ]] || fail
		boots boot/vmlinuz-6.1.0-57-amd64 boot/initrd.img-6.1.0-57-amd64 "root=UUID=$root_uuid ro quiet" disk
		# Without a partition table, too.
		boots boot/vmlinuz-6.1.0-57-amd64 boot/initrd.img-6.1.0-57-amd64 ro --kernel=/vmlinuz-6.1.0-57-amd64 \
			--ramdisk=/initrd.img-6.1.0-57-amd64 --args=ro boot.raid
	done
}

# fedora_grub_cfg UUID: what matters of it for GRUB with blscfg, of the filesystem with /boot.
fedora_grub_cfg() {
	cat <<-EOF2
		set pager=1
		if [ -f \${config_directory}/grubenv ]; then
		  load_env -f \${config_directory}/grubenv
		elif [ -s \$prefix/grubenv ]; then
		  load_env
		fi
		if [ "\${next_entry}" ] ; then
		   set default="\${next_entry}"
		   set next_entry=
		   save_env next_entry
		   set boot_once=true
		else
		   set default="\${saved_entry}"
		fi
		if [ x\$feature_timeout_style = xy ] ; then
		  set timeout_style=menu
		  set timeout=1
		else
		  set timeout=1
		fi
		insmod part_gpt
		search --no-floppy --fs-uuid --set=root $1
		set boot=\$root
		if [ -z "\${kernelopts}" ]; then
		  set kernelopts="root=UUID=$root_uuid ro "
		fi
		insmod blscfg
		blscfg
	EOF2
}

# bls_entry FILE VERSION OPTIONS [INITRD]: Fedora's, in which the paths are those of the filesystem with /boot.
bls_entry() {
	text "$1" <<-EOF2
		title Fedora Linux ($2) 40 (Cloud Edition)
		version $2
		linux /vmlinuz-$2
		initrd ${4:-/initramfs-$2.img}
		options $3
		grub_users \$grub_users
		grub_arg --unrestricted
		grub_class fedora
	EOF2
}

grubenv() { # LINE...
	{
		printf '# GRUB Environment Block\n'
		printf '%s\n' "$@"
	} | python3 -c 'import sys; text = sys.stdin.buffer.read(); sys.stdout.buffer.write(text + b"#" * (1024 - len(text)))'
}

@test "Fedora: /boot on ext4 with BLS entries and a grubenv, the root a subvolume of a btrfs" {
	need mke2fs sfdisk python3
	need_grub_fstest
	local machine=0123456789abcdef0123456789abcdef
	file boot/vmlinuz-6.8.5-301.fc40.x86_64
	file boot/initramfs-6.8.5-301.fc40.x86_64.img 30003
	file boot/vmlinuz-6.8.10-300.fc40.x86_64
	file boot/initramfs-6.8.10-300.fc40.x86_64.img 30003
	bls_entry boot/loader/entries/$machine-6.8.5-301.fc40.x86_64.conf 6.8.5-301.fc40.x86_64 "root=UUID=$root_uuid ro rootflags=subvol=root"
	bls_entry boot/loader/entries/$machine-6.8.10-300.fc40.x86_64.conf 6.8.10-300.fc40.x86_64 "root=UUID=$root_uuid ro rootflags=subvol=root"
	fedora_grub_cfg $boot_uuid | text boot/grub2/grub.cfg
	mkdir -p fs/root/boot fs/home
	printf 'search --no-floppy --fs-uuid --set=dev %s\nset prefix=($dev)/grub2\nexport $prefix\nconfigfile $prefix/grub.cfg\n' $boot_uuid |
		text esp/EFI/fedora/grub.cfg
	btrfs root.fs 110 fs $root_uuid
	fat esp.fs 4 esp
	gpt disk 134 "2 4 1 $esp_type" '6 16 2' '22 110 3'
	put disk 2 esp.fs
	put disk 22 root.fs

	grubenv boot_success=0 | text boot/grub2/grubenv
	ext4 boot.fs 16 boot $boot_uuid
	put disk 6 boot.fs
	# The newest is 6.8.10, not what is last in the alphabet.
	boots boot/vmlinuz-6.8.10-300.fc40.x86_64 boot/initramfs-6.8.10-300.fc40.x86_64.img "root=UUID=$root_uuid ro rootflags=subvol=root" disk
	boots boot/vmlinuz-6.8.5-301.fc40.x86_64 boot/initramfs-6.8.5-301.fc40.x86_64.img "root=UUID=$root_uuid ro rootflags=subvol=root" \
		--entry='Fedora Linux (6.8.5-301.fc40.x86_64) 40 (Cloud Edition)' disk
	# What grubby --set-default has left.
	grubenv saved_entry=$machine-6.8.5-301.fc40.x86_64 boot_success=0 | text boot/grub2/grubenv
	ext4 boot.fs 16 boot $boot_uuid
	put disk 6 boot.fs
	boots boot/vmlinuz-6.8.5-301.fc40.x86_64 boot/initramfs-6.8.5-301.fc40.x86_64.img "root=UUID=$root_uuid ro rootflags=subvol=root" disk
}

@test "Rocky 9: XFS with BLS entries, and arguments and an initrd by variables" {
	need sfdisk
	need_grub_fstest
	local machine=0123456789abcdef0123456789abcdef version=5.14.0-427.13.1.el9_4.x86_64
	file root/boot/vmlinuz-$version
	file root/boot/initramfs-$version.img 30003
	file root/boot/tuned.img 501
	text root/boot/loader/entries/$machine-$version.conf <<-EOF2
		title Rocky Linux ($version) 9.4 (Blue Onyx)
		version $version
		linux /boot/vmlinuz-$version
		initrd /boot/initramfs-$version.img \$tuned_initrd
		options \$kernelopts \$tuned_params
		grub_users \$grub_users
		grub_arg --unrestricted
		grub_class rocky
	EOF2
	fedora_grub_cfg $root_uuid | text root/boot/grub2/grub.cfg
	grubenv "kernelopts=root=UUID=$root_uuid ro console=ttyS0,115200n8 no_timer_check" tuned_params=skew_tick=1 tuned_initrd=/boot/tuned.img |
		text root/boot/grub2/grubenv
	ln -s boot/vmlinuz-$version root/vmlinuz
	ln -s . root/old
	ln -s boot/nothing root/nowhere
	mkdir -p esp/EFI/rocky
	echo none >esp/EFI/rocky/BOOT.CSV
	xfs root.fs 20 root $root_uuid
	fat esp.fs 4 esp
	gpt disk 28 "2 4 1 $esp_type" '6 1 2 21686148-6449-6E6F-744E-656564454649' '7 20 3'
	put disk 2 esp.fs
	put disk 7 root.fs
	joined root/boot/initramfs-$version.img root/boot/tuned.img
	boots root/boot/vmlinuz-$version joined "root=UUID=$root_uuid ro console=ttyS0,115200n8 no_timer_check skew_tick=1" disk
	boots root/boot/vmlinuz-$version root/boot/tuned.img 'ro' --kernel=/boot/vmlinuz-$version --ramdisk=/boot/tuned.img --args=ro disk
	is_refused 'there is no /boot/vmlinuz on the disk' --kernel=/boot/vmlinuz disk
	# By symbolic links.
	boots root/boot/vmlinuz-$version root/boot/tuned.img '' --kernel=/vmlinuz --ramdisk=/old/boot/tuned.img disk
	is_refused 'there is no /nowhere on the disk' --kernel=/nowhere disk
}

# The kernel remembers each btrfs that it has mounted, and mounts no other one of that UUID.
new_root_uuid() {
	root_uuid=$(</proc/sys/kernel/random/uuid)
}

arch_grub_cfg() { # DIRECTORY ROOTFLAGS
	cat <<-EOF2
		insmod part_gpt
		if [ -s \$prefix/grubenv ]; then
		  load_env
		fi
		set default="0"
		set timeout=5
		menuentry 'Arch Linux' --class arch --class gnu-linux --class gnu --class os \$menuentry_id_option 'gnulinux-simple-$root_uuid' {
			load_video
			set gfxpayload=keep
			insmod gzio
			insmod part_gpt
			insmod btrfs
			search --no-floppy --fs-uuid --set=root $root_uuid
			echo	'Loading Linux linux ...'
			linux	$1/vmlinuz-linux root=UUID=$root_uuid rw $2 loglevel=3 quiet
			echo	'Loading initial ramdisk ...'
			initrd	$1/intel-ucode.img $1/initramfs-linux.img
		}
	EOF2
}

arch_files() { # DIRECTORY
	file "$1/vmlinuz-linux"
	file "$1/intel-ucode.img" 7001
	head -c 5000 /dev/zero >>"$1/intel-ucode.img"
	file "$1/initramfs-linux.img" 300003
	# What zstd makes smaller.
	yes 'an initramfs in which much is the same' | head -c 400000 >>"$1/initramfs-linux.img"
	joined "$1/intel-ucode.img" "$1/initramfs-linux.img"
}

@test "Arch: a btrfs with the subvolume @, without compression" {
	need_grub_fstest
	need sfdisk
	arch_files fs/@/boot
	arch_grub_cfg /@/boot rootflags=subvol=@ | text fs/@/boot/grub/grub.cfg
	mkdir -p fs/@home
	btrfs root.fs 110 fs $root_uuid
	gpt disk 112 '1 110 2'
	put disk 1 root.fs
	boots fs/@/boot/vmlinuz-linux joined "root=UUID=$root_uuid rw rootflags=subvol=@ loglevel=3 quiet" disk
	boots fs/@/boot/vmlinuz-linux fs/@/boot/initramfs-linux.img '' --kernel=/@/boot/vmlinuz-linux --ramdisk=/@/boot/initramfs-linux.img disk
	# As it is called in the guest.
	boots fs/@/boot/vmlinuz-linux fs/@/boot/initramfs-linux.img '' --kernel=/boot/vmlinuz-linux --ramdisk=/boot/initramfs-linux.img disk
}

@test "Arch: a btrfs with zstd and a true subvolume @" {
	need_grub_fstest
	need sfdisk
	local root_uuid
	new_root_uuid
	arch_files root/boot
	arch_grub_cfg /@/boot rootflags=subvol=@ | text root/boot/grub/grub.cfg
	btrfs_with root.fs 110 $root_uuid 'btrfs -q subvolume create at/@; btrfs -q subvolume create at/@home; cp -r root/boot at/@/'
	gpt disk 112 '1 110 2'
	put disk 1 root.fs
	boots root/boot/vmlinuz-linux joined "root=UUID=$root_uuid rw rootflags=subvol=@ loglevel=3 quiet" disk
	# Without any configuration, the kernel is told of its subvolume, of which snapper has backups.
	rm root/boot/grub/grub.cfg
	mv root/boot/vmlinuz-linux root/boot/vmlinuz-6.9.1-arch1-1
	mv root/boot/initramfs-linux.img root/boot/initramfs-6.9.1-arch1-1.img
	new_root_uuid
	btrfs_with root.fs 110 $root_uuid 'btrfs -q subvolume create at/@; cp -r root/boot at/@/
		mkdir -p at/@/etc at/@/.snapshots/1/snapshot/boot'
	boots_with_words root/boot/vmlinuz-6.9.1-arch1-1 root/boot/initramfs-6.9.1-arch1-1.img "root=UUID=$root_uuid rootflags=subvol=@ ro" root.fs
	[[ $stderr == *'there is no boot configuration on the disk'* ]] || fail
}

@test "openSUSE: paths of the snapshot that is mounted as the root" {
	need_grub_fstest
	need sfdisk
	local number root_uuid other_uuid
	new_root_uuid
	for number in 1 2 12 13; do
		file root/$number/boot/vmlinuz-6.9.1-1-default
		file root/$number/boot/initrd-6.9.1-1-default 30003
		{
			echo 'set btrfs_relative_path="y"'
			echo 'export btrfs_relative_path'
			cat <<-EOF2
				set default="\${saved_entry}"
				menuentry 'openSUSE Tumbleweed' --class opensuse --class os \$menuentry_id_option 'gnulinux-simple-$root_uuid' {
					load_video
					insmod btrfs
					search --no-floppy --fs-uuid --set=root $root_uuid
					linux	/boot/vmlinuz-6.9.1-1-default root=UUID=$root_uuid splash=silent number=$number
					initrd	/boot/initrd-6.9.1-1-default
				}
			EOF2
		} | text root/$number/boot/grub2/grub.cfg
	done
	info() { # DESCRIPTION
		printf '<?xml version="1.0"?>\n<snapshot>\n  <type>single</type>\n  <num>0</num>\n  <description>%s</description>\n</snapshot>\n' "$1"
	}
	info 'first root filesystem' >info1
	info 'before zypper(zypper)' >info2
	info 'writable copy of #2' >info12
	info '' >info13
	btrfs_with root.fs 110 $root_uuid 'btrfs -q subvolume create at/@; btrfs -q subvolume create at/@/.snapshots
		for number in 1 2 12; do
			mkdir at/@/.snapshots/$number
			btrfs -q subvolume create at/@/.snapshots/$number/snapshot
			cp -r root/$number/boot at/@/.snapshots/$number/snapshot/
			cp info$number at/@/.snapshots/$number/info.xml
		done
		mkdir -p at/@/boot/grub2/i386-pc
		btrfs -q subvolume set-default at/@/.snapshots/12/snapshot'
	gpt disk 112 '1 110 2'
	put disk 1 root.fs
	boots root/12/boot/vmlinuz-6.9.1-1-default root/12/boot/initrd-6.9.1-1-default "root=UUID=$root_uuid splash=silent number=12" disk
	# As it is installed, and with a snapshot that was made since. GRUB's search finds nothing, so that its root stays as it is.
	other_uuid=$root_uuid
	new_root_uuid
	btrfs_with root.fs 110 $root_uuid 'btrfs -q subvolume create at/@; btrfs -q subvolume create at/@/.snapshots
		for number in 1 2; do
			mkdir at/@/.snapshots/$number
			btrfs -q subvolume create at/@/.snapshots/$number/snapshot
			cp -r root/$number/boot at/@/.snapshots/$number/snapshot/
			cp info$number at/@/.snapshots/$number/info.xml
		done'
	boots root/1/boot/vmlinuz-6.9.1-1-default root/1/boot/initrd-6.9.1-1-default "root=UUID=$other_uuid splash=silent number=1" root.fs
	# After two rollbacks, the later of which left no description, as by snapper of 2018: the list of those that are read-only tells.
	new_root_uuid
	btrfs_with root.fs 110 $root_uuid 'btrfs -q subvolume create at/@; btrfs -q subvolume create at/@/.snapshots
		for number in 1 2 12 13; do
			mkdir at/@/.snapshots/$number
			btrfs -q subvolume create at/@/.snapshots/$number/snapshot
			cp -r root/$number/boot at/@/.snapshots/$number/snapshot/
			cp info$number at/@/.snapshots/$number/info.xml
		done
		echo "source \"/.snapshots/2/grub-snapshot.cfg\"" >at/@/.snapshots/grub-snapshot.cfg'
	boots root/13/boot/vmlinuz-6.9.1-1-default root/13/boot/initrd-6.9.1-1-default "root=UUID=$other_uuid splash=silent number=13" root.fs
}

@test "Alpine: extlinux on ext4" {
	need mke2fs sfdisk
	file root/boot/vmlinuz-virt
	file root/boot/initramfs-virt 30003
	text root/boot/extlinux.conf <<-EOF2
		# Generated by update-extlinux 6.04_pre1-r15
		DEFAULT menu.c32
		PROMPT 0
		MENU TITLE Alpine/Linux Boot Menu
		MENU HIDDEN
		MENU AUTOBOOT Alpine will be booted automatically in # seconds.
		TIMEOUT 10
		LABEL virt
		  MENU DEFAULT
		  MENU LABEL Linux virt
		  LINUX vmlinuz-virt
		  INITRD initramfs-virt
		  APPEND root=UUID=$root_uuid modules=sd-mod,usb-storage,ext4 quiet rootfstype=ext4

		MENU SEPARATOR
	EOF2
	ext4 root.fs 16 root $root_uuid
	truncate -s 20M disk
	printf 'label: dos\nstart=2048, type=83, bootable\n' | sfdisk -q disk
	put disk 1 root.fs
	boots root/boot/vmlinuz-virt root/boot/initramfs-virt "root=UUID=$root_uuid modules=sd-mod,usb-storage,ext4 quiet rootfstype=ext4" disk
	# As older ones, which pygrub reads too.
	text root/boot/extlinux.conf <<-EOF2
		default virt
		timeout 10
		label virt
		  kernel /boot/vmlinuz-virt
		  append initrd=/boot/initramfs-virt root=UUID=$root_uuid quiet
	EOF2
	ext4 root.fs 16 root $root_uuid ext3
	put disk 1 root.fs
	boots root/boot/vmlinuz-virt root/boot/initramfs-virt "root=UUID=$root_uuid quiet" disk
	agrees_with_pygrub disk
}

@test "systemd-boot: unified kernel images on the ESP, with microcode, and what loader.conf says" {
	need sfdisk python3
	need_grub_fstest
	local name
	for name in new old; do
		file $name.linux
		file $name.initrd 30003
		file $name.ucode 4001
		echo -n "root=UUID=$root_uuid rw name=$name" >$name.cmdline
	done
	printf 'ID=arch\nPRETTY_NAME="Arch Linux"\nVERSION_ID=2\n' >new.osrel
	printf 'ID=arch\nPRETTY_NAME="Arch Linux"\nVERSION_ID=1\n' >old.osrel
	mkdir -p esp/EFI/Linux esp/loader/entries esp/EFI/systemd
	python3 "$boot_images" uki esp/EFI/Linux/arch-new.efi .osrel=new.osrel .cmdline=new.cmdline .ucode=new.ucode .initrd=new.initrd .linux=new.linux
	python3 "$boot_images" uki esp/EFI/Linux/arch-old.efi .osrel=old.osrel .cmdline=old.cmdline .initrd=old.initrd .linux=old.linux
	printf 'timeout 3\n#console-mode keep\n' >esp/loader/loader.conf
	fat esp.fs 4 esp
	gpt disk 12 "2 4 1 $esp_type"
	put disk 2 esp.fs
	joined new.ucode new.initrd
	boots new.linux joined "root=UUID=$root_uuid rw name=new" disk
	boots old.linux old.initrd "root=UUID=$root_uuid rw name=old" --entry=arch-old.efi disk
	boots old.linux old.initrd "root=UUID=$root_uuid rw name=old more" --entry=1 --args=more disk
	printf 'default arch-o*\ntimeout 3\n' >esp/loader/loader.conf
	fat esp.fs 4 esp
	put disk 2 esp.fs
	boots old.linux old.initrd "root=UUID=$root_uuid rw name=old" disk
	# Type 1, as kernel-install writes it: openSUSE with systemd-boot, Debian.
	rm -r esp/EFI/Linux esp/loader/loader.conf
	echo timeout 3 >esp/loader/loader.conf
	mkdir -p esp/opensuse-tumbleweed/6.9.1-1-default
	cp new.linux esp/opensuse-tumbleweed/6.9.1-1-default/linux-abc
	cp new.initrd esp/opensuse-tumbleweed/6.9.1-1-default/initrd-def
	text esp/loader/entries/system-opensuse-tumbleweed-6.9.1-1-default-1.conf <<-EOF2
		# Boot Loader Specification type#1 entry
		title      openSUSE Tumbleweed 20240601
		version    1@6.9.1-1-default
		sort-key   opensuse-tumbleweed
		options    root=UUID=$root_uuid rootflags=subvol=@/.snapshots/1/snapshot
		linux      /opensuse-tumbleweed/6.9.1-1-default/linux-abc
		initrd     /opensuse-tumbleweed/6.9.1-1-default/initrd-def
	EOF2
	fat esp.fs 4 esp
	put disk 2 esp.fs
	boots new.linux new.initrd "root=UUID=$root_uuid rootflags=subvol=@/.snapshots/1/snapshot" disk
}

@test "GRUB Legacy: menu.lst on a /boot of its own, whose root is in menu.lst" {
	need mke2fs sfdisk
	file boot/vmlinuz-2.6.32-5-xen-amd64
	file boot/initrd.img-2.6.32-5-xen-amd64 30003
	text boot/grub/menu.lst <<-EOF2
		default 1
		timeout 5
		color cyan/blue white/blue
		## ## Start Default Options ##
		# kopt=root=/dev/xvda2 ro
		title		Debian GNU/Linux, the other
		root		(hd0,0)
		kernel		/vmlinuz-3 root=/dev/xvda2 ro
		title		Debian GNU/Linux, kernel 2.6.32-5-xen-amd64
		root		(hd0,0)
		kernel		/vmlinuz-2.6.32-5-xen-amd64 root=/dev/xvda2 ro console=hvc0
		initrd		/initrd.img-2.6.32-5-xen-amd64
	EOF2
	ext4 boot.fs 8 boot $boot_uuid ext2
	truncate -s 20M disk
	printf 'label: dos\nstart=2048, size=16384, type=83, bootable\nstart=18432, type=83\n' | sfdisk -q disk
	put disk 1 boot.fs
	boots boot/vmlinuz-2.6.32-5-xen-amd64 boot/initrd.img-2.6.32-5-xen-amd64 'root=/dev/xvda2 ro console=hvc0' disk
	is_refused 'there is no /vmlinuz-3' --entry=0 disk
	agrees_with_pygrub disk
}

@test "GRUB's newc:NAME:FILE: files become members of an archive among the initrds, which GNU cpio reads" {
	need mke2fs cpio
	file root/boot/k
	file root/boot/i 3001
	file root/one 70001
	: >root/empty
	echo words >root/boot/two
	text root/boot/grub/grub.cfg <<-'EOF2'
		menuentry alone {
			linux /boot/k
			initrd newc:/etc/keys/one:/one newc:etc/keys/two:(hd0)/boot/two newc:etc/empty:/empty
		}
		menuentry between {
			linux /boot/k
			initrd /boot/i newc:/etc/keys/one:/one newc:etc/keys/two:(hd0)/boot/two newc:etc/empty:/empty /boot/i
		}
		menuentry none {
			linux /boot/k
			initrd newc:etc/none:/none
		}
	EOF2
	ext4 disk 8 root $root_uuid
	bb -q disk
	[[ $status -eq 0 && -z $stderr ]] || fail
	mv "$(answer ramdisk)" archive
	[[ $(cpio -it --quiet <archive) == $'etc\netc/keys\netc/keys/one\netc/keys/two\netc/empty' ]] || fail
	mkdir unpacked
	(cd unpacked && cpio -i --quiet) <archive
	cmp root/one unpacked/etc/keys/one
	cmp root/boot/two unpacked/etc/keys/two
	[[ -f unpacked/etc/empty && ! -s unpacked/etc/empty && $(($(stat -c %s archive) % 4)) -eq 0 ]] || fail
	joined root/boot/i archive root/boot/i
	boots root/boot/k joined '' --entry=between disk
	boots_with_words root/boot/k archive '' --entry=0 disk
	bb --list-entries --json disk
	[[ $output == *'"newc:etc/keys/two:/boot/two"'* ]] || fail
	is_refused 'there is no /none' --entry=none disk
	# What is only looked at is not made.
	bb -q --not-really --entry=between disk
	[[ $status -eq 0 && $(answer ramdisk) == '<ramdisk:/boot/i>' ]] || fail
}

@test "no configuration at all: the newest kernel that has an initramfs, which is said" {
	need mke2fs
	debian_files root/boot
	file root/boot/vmlinuz-6.1.0-60-amd64
	ext4 disk 16 root $root_uuid
	boots_with_words root/boot/vmlinuz-6.1.0-57-amd64 root/boot/initrd.img-6.1.0-57-amd64 "root=UUID=$root_uuid ro" disk
	[[ $stderr == "xen-bigdisk-boot: warning: there is no boot configuration on the disk: /boot/vmlinuz-6.1.0-57-amd64 is booted, with root=UUID=$root_uuid ro" ]] || fail
	boots_with_words root/boot/vmlinuz-6.1.0-55-amd64 root/boot/initrd.img-6.1.0-55-amd64 "root=UUID=$root_uuid ro" --entry=1 disk
	# An empty disk, and one with nothing to boot.
	truncate -s 4M empty
	is_refused 'neither a boot configuration nor a kernel' empty
	rm -r root/boot
	ext4 disk 8 root $root_uuid
	is_refused 'neither a boot configuration nor a kernel' disk
}

@test "a grub.cfg that cannot be booted from: the first entry that can be is, and what is wrong is said" {
	need mke2fs
	file root/boot/vmlinuz-6.1
	text root/boot/grub/grub.cfg <<-'EOF2'
		set default=0
		menuentry 'another system' {
			chainloader /bootmgr
		}
		menuentry 'Linux' {
			linux /boot/vmlinuz-6.1 root=/dev/xvda1
		}
	EOF2
	ext4 disk 8 root $root_uuid
	boots_with_words root/boot/vmlinuz-6.1 '' root=/dev/xvda1 disk
	[[ $stderr == *'warning: another system cannot be booted ('*'): Linux is' ]] || fail
	echo '}' | text root/boot/grub/grub.cfg
	ext4 disk 8 root $root_uuid
	boots_with_words root/boot/vmlinuz-6.1 '' "root=UUID=$root_uuid ro" disk
	[[ $stderr == *grub.cfg*'there is no boot configuration'* ]] || fail
}

@test "FAT and ISO 9660: names in any case, and a CD" {
	need mkfs.vfat mcopy genisoimage
	need_grub_fstest
	file tree/boot/vmlinuz-lts
	file tree/boot/initramfs-lts 30003
	text tree/boot/syslinux/syslinux.cfg <<-'EOF2'
		TIMEOUT 10
		PROMPT 1
		DEFAULT lts
		LABEL lts
		MENU LABEL Linux lts
		KERNEL /BOOT/VMLINUZ-LTS
		INITRD /boot/initramfs-lts
		APPEND modules=loop,squashfs quiet
	EOF2
	fat disk 4 tree
	boots tree/boot/vmlinuz-lts tree/boot/initramfs-lts 'modules=loop,squashfs quiet' disk
	sed -i 's,/BOOT/VMLINUZ-LTS,/boot/vmlinuz-lts,' tree/boot/syslinux/syslinux.cfg
	genisoimage -quiet -R -o cd.iso tree
	boots tree/boot/vmlinuz-lts tree/boot/initramfs-lts 'modules=loop,squashfs quiet' cd.iso
}

@test "F2FS" {
	need mkfs.f2fs mount
	need_mount_namespaces
	need_grub_fstest
	grep -qw f2fs /proc/filesystems || skip "this kernel has no F2FS"
	file root/boot/vmlinuz
	truncate -s 64M disk
	mkfs.f2fs -q disk >/dev/null
	mkdir at
	unshare -m sh -ec 'mount -o loop disk at; cp -r root/boot at/; umount at'
	boots root/boot/vmlinuz '' '' --kernel=/boot/vmlinuz disk
}
