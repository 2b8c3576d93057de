#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `template import` of disks: those in other formats than raw, and those with more than one partition.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

setup() {
	common_setup
	export XEN_BIGDISK_TEMPLATES=$PWD/tpl
	mkdir tpl
}

# A root filesystem in r.
make_root() {
	mkdir -p r/etc r/usr/bin r/usr/sbin r/boot r/home r/var
	printf 'ID=debian\nPRETTY_NAME="Debian"\n' >r/etc/os-release
	echo '#' >r/etc/fstab
	echo x >r/usr/sbin/init && chmod 755 r/usr/sbin/init
	ln -s usr/sbin r/sbin
	head -c 3000000 /dev/urandom >r/usr/bin/large
	echo kernel >r/boot/vmlinuz-6.1.0-56-amd64
	echo initramfs >r/boot/initrd.img-6.1.0-56-amd64
}

# imports NAME SOURCE: the template is made.
imports() {
	bd template import "$@"
	[[ $status -eq 0 ]] || fail "status $status"
}

# refuses SOURCE TEXT: with this in the error, and there is no template.
refuses() {
	bd template import refused "$1"
	failed_with 1
	[[ $stderr == *"$2"* ]] || fail "the error does not say: $2"
	[[ ! -e tpl/refused ]]
}

same_templates() {
	cmp "tpl/$1/tree" "tpl/$2/tree"
	cmp "tpl/$1/payload" "tpl/$2/payload"
}

@test "a virtual disk of each format makes the template of the raw disk" {
	need qemu-img sfdisk mke2fs
	make_root
	truncate -s 40M fs.img
	mke2fs -q -F -t ext4 -d r fs.img
	truncate -s 64M disk.img
	sfdisk -q disk.img <<<$'label: gpt\nstart=2048,size=2048\nstart=8192,size=81920\n'
	dd if=fs.img of=disk.img bs=4M seek=1 conv=notrunc,sparse status=none
	imports raw disk.img
	local kind format options n=0
	for kind in qcow2 qcow2:compat=0.10 qcow2:compression_type=zstd qcow2:cluster_size=2M qcow2:extended_l2=on \
		vmdk:subformat=monolithicSparse vmdk:subformat=streamOptimized vpc:subformat=dynamic vpc:subformat=fixed,force_size=on \
		vhdx vdi; do
		format=${kind%%:*} options=${kind#"$format"} n=$((n + 1))
		qemu-img convert ${options:+-o "${options#:}"} -O "$format" disk.img v ||
			fail "qemu-img cannot make $kind"
		imports "t$n" v
		[[ $stderr == *"unpacking the ${format/vpc/vhd} image"* ]]
		same_templates raw "t$n"
	done
	qemu-img convert -c -O qcow2 disk.img v
	imports compressed v
	same_templates raw compressed
	imports partition v@2
	same_templates raw partition
	bd template import nothing v@1
	failed_with 1
	[[ $stderr == *'partition 1 has no ext2'* ]]
	# Temporary files have no names.
	mkdir tmp
	TMPDIR=$PWD/tmp imports elsewhere v
	is_empty tmp
	unshare -m true 2>/dev/null || return 0
	# Too large as it is, and too large when it is unpacked.
	yes | head -c 4000000 | dd of=plain conv=sync bs=1M status=none
	qemu-img convert -c -O qcow2 plain small
	local source
	for source in v small; do
		# shellcheck disable=SC2016 # the other shell's
		run --separate-stderr unshare -m sh -c 'mount -t tmpfs -o size=1M none tmp && TMPDIR=$PWD/tmp exec "$1" template import full "$2"' \
			sh "$bigdisk" "$source"
		[[ $status -eq 6 && $stderr == *'it is unpacked into a temporary file, which takes '*', and '*'/tmp has '*'set TMPDIR to a directory with more room'* ]] ||
			fail "$status: $stderr"
	done
	[[ ! -e tpl/full ]]
}

@test "a virtual disk that refers to another file is refused, and qemu-img cannot open another one" {
	need qemu-img mkfifo
	truncate -s 1M other
	qemu-img create -q -f qcow2 -b other -F raw backed
	qemu-img create -q -f qcow2 -o data_file=other,data_file_raw=on split 1M
	qemu-img create -q -f vmdk -o subformat=monolithicFlat flat 1M
	qemu-img create -q -f vmdk -b flat -F vmdk child
	qemu-img create -q -f vmdk -o subformat=twoGbMaxExtentSparse many 1M
	# It would wait for a writer.
	rm other && mkfifo other
	refuses backed 'it refers to another file (its backing file), which is not followed'
	refuses split 'it refers to another file (its data file), which is not followed'
	refuses flat 'it is a VMDK whose data is in other files'
	refuses child 'it refers to another file (its parent disk), which is not followed'
	refuses many 'it is a VMDK whose data is in other files'
	refuses many-s001 'it is a VMDK of a kind that may have extents in other files'
	# Were it to follow a name all the same, which is what this one does when it is to unpack the disk: it cannot.
	grep -q ' landlock_' /proc/kallsyms || return 0
	truncate -s 1M readable
	qemu-img create -q -f qcow2 plain 1M
	mkdir bin
	printf '#!/bin/sh\n[ "$1" != convert ] && exec %s "$@"\ncat "%s" >/dev/null && echo it was read >&2\nexit 1\n' \
		"$(type -P qemu-img)" "$PWD/readable" >bin/qemu-img
	chmod +x bin/qemu-img
	PATH=$PWD/bin:$PATH bd template import refused plain
	failed_with 1
	[[ $stderr == *"readable: Permission denied"* ]]
}

@test "a virtual disk that is cut off, is encrypted, or claims or unpacks to too much is refused" {
	need qemu-img mke2fs
	make_root
	truncate -s 24M disk.img
	mke2fs -q -F -t ext4 -d r disk.img
	local format
	for format in qcow2 vmdk vpc vhdx vdi; do
		qemu-img convert -O "$format" disk.img v
		truncate -s $(($(stat -c %s v) / 2 / 512 * 512)) v
		bd template import refused v
		failed_with 1
		[[ $stderr == *'cannot import v: '*@(cut off|truncated|cannot read it)* ]] || fail "another error of $format"
	done
	qemu-img convert -O qcow2 disk.img v
	printf '\0\0\0\1' | dd of=v bs=1 seek=32 conv=notrunc status=none
	refuses v 'it is encrypted'
	qemu-img create -q -f qcow2 -o cluster_size=2M huge 1024P
	refuses huge 'the disk in it has a size of 1048576.0 TiB, more than any disk of a guest'
	# Every grain of this VMDK is the same one, of random bytes.
	truncate -s 1G large.img
	head -c 65536 /dev/urandom | dd of=large.img conv=notrunc status=none
	qemu-img convert -O vmdk -o subformat=monolithicSparse large.img bomb
	python3 - <<-'END'
		import struct
		with open('bomb', 'r+b') as f:
		    head = f.read(512)
		    per_table, = struct.unpack_from('<I', head, 44)
		    directories = struct.unpack_from('<2Q', head, 48)
		    tables = -(-(1 << 30) // 65536 // per_table)
		    for at in directories:
		        f.seek(at * 512)
		        for table in struct.unpack('<%dI' % tables, f.read(4 * tables)):
		            f.seek(table * 512)
		            grain = struct.unpack('<I', f.read(4))[0] or grain
		            f.seek(table * 512)
		            f.write(struct.pack('<I', grain) * per_table)
	END
	refuses bomb 'the disk in it takes more than'
	bd template import refused bomb --max-size 100M
	failed_with 1
	[[ $stderr == *'the disk in it takes more than 100 MiB; --max-size allows more' ]]
}

# put DISK DIR OPTIONS... : an ext4 filesystem with what is in DIR, at the partition that begins at MiB $at and has $mib MiB.
put() {
	rm -f part && truncate -s "${mib}M" part
	mke2fs -q -F -t ext4 -d "$2" "${@:3}" part
	[[ -z ${change:-} ]] || debugfs -w -R "$change" part 2>/dev/null
	dd if=part of="$1" bs=1M seek="$at" conv=notrunc,sparse status=none
}

@test "what /etc/fstab mounts from other partitions is merged, as a mount shows it" {
	need sfdisk mke2fs debugfs mkfs.vfat setfattr
	make_root
	cat >r/etc/fstab <<-'END'
		# a comment
		LABEL=root / ext4 defaults 0 1
		LABEL="BO\040OT" /boot ext4 defaults 0 2
		LABEL=UEFI /boot/efi vfat umask=0077 0 1
		PARTUUID=11111111-2222-3333-4444-555555555555 /usr/local ext4 nofail 0 2
		/dev/vda3 /usr/ ext4 defaults 0 2
		/dev/disk/by-partlabel/home\x20dirs /home ext4 defaults 0 2
		UUID=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee /srv ext4 nofail 0 2
		tmpfs /tmp tmpfs defaults 0 0
	END
	mkdir -p b u l h r/boot/grub
	printf 'menuentry "x" {\n\tlinux /vmlinuz-6.1.0-56-amd64 root=LABEL=root\n}\n' >r/boot/grub/grub.cfg
	mv r/boot/* b/ && mv r/usr/* u/
	mkdir -p r/boot/hidden u/local/hidden b/efi h/me l/bin
	echo hidden >r/boot/vmlinuz-9 && echo hidden >u/local/hidden/f
	# Links within one filesystem, and the same inode numbers in all of them.
	ln b/initrd.img-6.1.0-56-amd64 b/initrd.img
	ln u/sbin/init u/local/hidden/init && ln u/sbin/init u/bin/init
	echo me >h/me/f && ln h/me/f h/me/g
	echo local >l/bin/tool
	setfattr -n user.kind -v tool l/bin/tool 2>/dev/null || true
	truncate -s 120M disk.img
	sfdisk -q disk.img <<-'END'
		label: gpt
		start=2048,size=2048,type=21686148-6449-6E6F-744E-656564454649
		start=8192,size=32768
		start=40960,size=32768
		start=73728,size=32768,uuid=11111111-2222-3333-4444-555555555555
		start=106496,size=32768,name="home dirs"
		start=139264,size=65536
		start=204800,size=20480,type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
	END
	mib=16
	at=4 put disk.img b -L 'BO OT'
	at=20 put disk.img u -L usr
	at=36 put disk.img l
	at=52 change='set_inode_field / mode 041770' put disk.img h
	at=68 mib=32 put disk.img r -L root
	truncate -s 10M esp && mkfs.vfat -n UEFI esp >/dev/null
	dd if=esp of=disk.img bs=1M seek=100 conv=notrunc status=none
	imports merged disk.img
	[[ $stderr == *'/boot (partition 2), /home (partition 5), /usr (partition 3), /usr/local (partition 4)'* ]]
	[[ $stderr == *'EFI system partition: /boot/efi (partition 7)'* ]]
	bd template show merged --json
	[[ $(jq -r .manifest.system.kernel <<<"$output") == /boot/vmlinuz-6.1.0-56-amd64 ]]

	# A grub.cfg that is kept has the paths of a separate /boot.
	imports own disk.img --own-grub-cfg
	[[ $stderr == *'warning: its own /boot/grub/grub.cfg, which is kept, names the kernel /vmlinuz-6.1.0-56-amd64, which is in /boot here'* ]]

	# The same by hand.
	rm -r r/boot u/local
	cp -a b r/boot && cp -a u/. r/usr/ && cp -a l r/usr/local && rmdir r/home && cp -a h r/home && chmod 1770 r/home
	bd template export merged out.tar
	mkdir out
	tar -C out -xpf out.tar
	diff <(cd out && find . -type f ! -path ./etc/fstab -exec sha256sum {} + | sort -k 2) \
		<(cd r && find . -type f ! -path ./etc/fstab -exec sha256sum {} + | sort -k 2)
	diff <(cd out && find . -printf '%p %y %m %l %n\n' | grep -v '^\. ' | sort) \
		<(cd r && find . -printf '%p %y %m %l %n\n' | grep -v '^\. ' | sed '/ d /s/ [0-9]*$//' | sort) | grep '^[<>].* [fl] ' && fail "files differ"
	[[ $(stat -c %a out/home) == 1770 ]]
	[[ $(stat -c %h out/usr/sbin/init) -eq 2 && $(stat -c %h out/home/me/f) -eq 2 ]]
	[[ out/usr/sbin/init -ef out/usr/bin/init && out/home/me/f -ef out/home/me/g && ! out/home/me/f -ef out/usr/sbin/init ]]

	# The lines of what is in / now are comments, and no guest waits for it.
	bd new web --template merged --no-start --dir d --size 256M
	[[ $status -eq 0 && $stderr != *'/boot ('* && $stderr != *'/usr'* && $stderr != *efi* ]]
	bd cat d/web.img:/etc/fstab
	[[ $output == *'# Merged into /: LABEL="BO\040OT" /boot ext4 defaults 0 2'* ]]
	[[ $output == *'# Left out: LABEL=UEFI /boot/efi vfat umask=0077 0 1'* ]]
	grep -qE '^UUID=[0-9a-f-]+ / ' <<<"$output"
	! grep -E '^[^#]*(/boot|/usr|/home)' <<<"$output" || fail "a guest would mount it"
	bd cat d/web.img:/boot/grub/grub.cfg
	[[ $output == *'linux /boot/vmlinuz-6.1.0-56-amd64 '*'initrd /boot/initrd.img-6.1.0-56-amd64'* ]]
	bd check web --dir d
	[[ $status -eq 0 ]]
}

@test "an EFI system partition at /boot is read by mtools, which can open nothing else" {
	need sfdisk mke2fs mkfs.vfat mcopy
	make_root
	mkdir b && mv r/boot/* b/ && mkdir -p b/loader/entries b/EFI/Linux r/boot/hidden
	echo title >"b/loader/entries/Größe 1.conf"
	: >b/EFI/Linux/empty
	head -c 3000000 /dev/urandom >b/initrd.img-6.1.0-56-amd64
	printf 'LABEL=root / ext4\nPARTLABEL=esp /boot vfat umask=0077 0 1\n' >r/etc/fstab
	truncate -s 80M disk.img
	sfdisk -q disk.img <<<$'label: gpt\nstart=2048,size=65536,name=esp\nstart=67584,size=65536\n'
	mib=32 at=33 put disk.img r -L root
	truncate -s 32M esp && mkfs.vfat esp >/dev/null
	LC_ALL=C.UTF-8 mcopy -s -i esp b/* ::/
	dd if=esp of=disk.img bs=1M seek=1 conv=notrunc status=none
	imports esp disk.img
	[[ $stderr == *'/boot (partition 1)'* && $output == *'kernel     /boot/vmlinuz-6.1.0-56-amd64'* ]]
	bd template export esp out.tar
	mkdir out && tar -C out -xf out.tar
	diff -r b out/boot
	[[ $(stat -c %a out/boot) == 755 && $(stat -c %a out/boot/vmlinuz-6.1.0-56-amd64) == 644 ]]
	grep -q '^# Merged into /: PARTLABEL=esp' out/etc/fstab
	# Damage: two chains that share clusters have more than there is room for, and what mtools cannot read is an error.
	mkdir bin
	printf '#!/bin/sh\necho "::/../etc/passwd"\n' >bin/mdir && chmod +x bin/mdir
	PATH=$PWD/bin:$PATH refuses disk.img 'mtools lists files that cannot be'
	printf '#!/bin/sh\necho "::/a[b]"\n' >bin/mdir
	PATH=$PWD/bin:$PATH refuses disk.img 'mtools takes for a pattern'
	printf '#!/bin/sh\necho "::/a"\n' >bin/mdir
	printf '#!/bin/sh\nexec cat /dev/zero\n' >bin/mcopy && chmod +x bin/mcopy
	PATH=$PWD/bin:$PATH refuses disk.img 'its files have more content than there is room for'
	mkfs.vfat esp >/dev/null
	dd if=esp of=disk.img bs=1M seek=1 conv=notrunc status=none
	imports empty disk.img
	[[ $output == *'kernel     none'* ]]
	dd if=/dev/zero of=disk.img bs=1M seek=1 count=1 conv=notrunc status=none
	refuses disk.img '/etc/fstab mounts /boot from partition 1, nothing recognised'
}

@test "a root filesystem that is not read, or a part of it, is named; /boot is not taken for it" {
	need sfdisk mke2fs mkfs.btrfs
	make_root
	truncate -s 200M disk.img
	sfdisk -q disk.img <<<$'label: gpt\nstart=2048,size=32768\nstart=34816,size=262144\nstart=296960,size=65536\n'
	mkdir b && mv r/boot/* b/
	mib=16 at=1 put disk.img b -L boot
	rm part && truncate -s 128M part
	mkfs.btrfs -q --rootdir r part
	dd if=part of=disk.img bs=1M seek=17 conv=notrunc,sparse status=none
	run --separate-stderr env PATH=/nowhere "$bigdisk" template import refused disk.img --as root
	failed_with 1
	[[ $stderr == *'its root filesystem is not ext2, ext3 or ext4, but in partition 2, btrfs (1: 16 MiB, ext4; 2: 128 MiB, btrfs; '* ]]
	[[ $stderr == *'; mount it, and import the directory; guestfish can read it, which is not installed (Debian: apt-get install guestfish); --as disk takes the whole disk as it is' ]]
	# A root filesystem with a part of it there.
	printf 'LABEL=boot /boot ext4\n/dev/sda2 /var btrfs subvol=var\n' >r/etc/fstab
	mib=32 at=145 put disk.img r -L root
	run --separate-stderr env PATH=/nowhere "$bigdisk" template import refused disk.img
	failed_with 1
	[[ $stderr == *'its /etc/fstab mounts /var from partition 2, btrfs, which is not read; mount it, and import the directory; guestfish can read it'*'; --as disk takes'* ]]
	printf 'LABEL=boot /boot ext4\nUUID=elsewhere /usr btrfs\n' >r/etc/fstab
	mib=32 at=145 put disk.img r -L root
	refuses disk.img 'its /etc/fstab mounts /usr from UUID=elsewhere, which is not on this disk'
	# Where the mount point is a symbolic link, the files would be elsewhere.
	printf 'LABEL=boot /srv/boot ext4\n' >r/etc/fstab
	ln -s var r/srv
	mib=32 at=145 put disk.img r -L root
	refuses disk.img '/srv: it is no directory, but /etc/fstab mounts a filesystem at /srv/boot'
	# Two of them.
	rm r/srv
	echo '#' >r/etc/fstab
	mib=32 at=145 put disk.img r -L root
	mib=32 at=17 put disk.img r -L second
	bd template import refused disk.img
	failed_with 1
	[[ $stderr == *'more than one of its partitions has a root filesystem'*'choose one with PATH@NUMBER'* ]]
	# One that only looks like it: no /etc/os-release, no /etc/fstab.
	rm r/etc/*
	mib=32 at=17 put disk.img r -L rescue
	imports chosen disk.img
	imports same disk.img@3
	same_templates chosen same
}


# A disk whose largest partition is of LVM, as blkid sees it: the label of a physical volume (lib/format_text/layout.h of LVM2).
make_lvm_disk() {
	truncate -s 64M disk.img
	sfdisk -q disk.img <<<$'label: gpt\nstart=2048,size=16384\nstart=18432,size=110000\n'
	python3 - <<-'PYTHON'
		import struct, zlib
		rest = struct.pack("<I8s32s", 32, b"LVM2 001", b"abcdefghijklmnopqrstuvwxyz012345").ljust(512 - 20, b"\0")
		crc = zlib.crc32(rest, 0xf597a6cf ^ 0xffffffff) ^ 0xffffffff
		with open("disk.img", "r+b") as disk:
		    disk.seek(18433 * 512)
		    disk.write(struct.pack("<8sQI", b"LABELONE", 1, crc) + rest)
	PYTHON
}

# stand_in LINE...: a guestfish that records its arguments and what it can read of the disk, has mounted what is in the file mounts, and
# is these lines.
stand_in() {
	mkdir -p bin
	[[ -e mounts ]] || echo '/dev/vg/root: /' >mounts
	{
		printf '%s\n' '#!/bin/bash' "printf '%s\\n' \"\$@\" >$PWD/arguments" \
			"for disk; do [[ \$disk != *disk* ]] || { echo \"\$disk\" >$PWD/path; sha256sum <\"\$disk\" >$PWD/sum; }; done" \
			"cat $PWD/mounts; echo 'end of mountpoints'" "$@"
	} >bin/guestfish
	chmod +x bin/guestfish
	PATH=$PWD/bin:$PATH
}

@test "a root filesystem on LVM is read by guestfish, which gets the raw disk to read only" {
	need sfdisk qemu-img jq python3
	make_root
	make_lvm_disk
	stand_in "exec tar -C $PWD/r --numeric-owner -cf - ."
	mkdir tmp
	qemu-img convert -O qcow2 disk.img v.qcow2
	local source
	for source in disk.img v.qcow2; do
		TMPDIR=$PWD/tmp imports "t${source%.*}" $source --as root
		[[ $stderr == *'read by guestfish, in a virtual machine of its own'* ]]
		[[ $(xargs <arguments) == "--ro --format=raw --keys-from-stdin -a $(<path) -i mountpoints : echo end of mountpoints : tar-out / - numericowner:true xattrs:true acls:true selinux:true" ]]
		[[ $(<sum) == $(sha256sum <disk.img) ]]
		is_empty tmp
		[[ $(jq -r '.system.kernel, .source.kind' "tpl/t${source%.*}/manifest.json" | xargs) == '/boot/vmlinuz-6.1.0-56-amd64 disk' ]]
	done
	[[ $(<path) == "$PWD"/tmp/xen-bigdisk-*/disk.raw ]]
	same_templates tdisk tv
	# It is left as a whole disk where nobody asks for the root filesystem.
	rm arguments
	imports whole disk.img
	[[ $stderr == *'taken as a whole disk: its largest partition, 2, has LVM'* && ! -e arguments ]]
}

@test "what guestfish has mounted is merged into the root filesystem, whose /etc/fstab says so; an EFI system partition is left out" {
	need sfdisk python3
	make_root
	make_lvm_disk
	mkdir -p r/boot/efi/EFI/debian r/boot/efivars
	echo x | tee r/boot/efi/EFI/debian/grubx64.efi >r/boot/efivars/x
	printf '%s\n' '/dev/mapper/vg-root / ext4 defaults 0 1' 'UUID=0d7b1e5c-0000-4000-8000-00000000bbbb /boot ext4 defaults 0 2' \
		'UUID=ABCD-1234 /boot/efi vfat umask=0077 0 1' '/dev/mapper/vg-var /var ext4 defaults 0 2' \
		'LABEL=data /srv ext4 defaults 0 2' >r/etc/fstab
	printf '%s\n' '/dev/vg/var: /var' '/dev/sda1: /boot' '/dev/sda15: /boot/efi' '/dev/vg/root: /' >mounts
	stand_in "exec tar -C $PWD/r --numeric-owner -cf - ."
	imports lvm disk.img --as root
	[[ $stderr == *'merged into /, as its /etc/fstab mounts them: /boot, /var'* ]]
	[[ $stderr == *'left out, as a guest of Xen does not boot by an EFI system partition: /boot/efi'* ]]
	bd template export lvm out.tar
	mkdir out && tar -C out -xf out.tar
	[[ $(find out/boot/efi) == out/boot/efi && -e out/boot/efivars/x ]]
	diff - out/etc/fstab <<-'END'
		/dev/mapper/vg-root / ext4 defaults 0 1
		# Merged into /: UUID=0d7b1e5c-0000-4000-8000-00000000bbbb /boot ext4 defaults 0 2
		# Left out: UUID=ABCD-1234 /boot/efi vfat umask=0077 0 1
		# Merged into /: /dev/mapper/vg-var /var ext4 defaults 0 2
		LABEL=data /srv ext4 defaults 0 2
	END
	# A guest is told only of what was not merged.
	bd new web --template lvm --no-start --dir d --size 256M
	[[ $status -eq 0 && $stderr == *"web has no disk for what the template's /etc/fstab mounts, whose lines are comments now: /srv (LABEL=data)"$'\n'* ]]
	# What does not say what is mounted is not taken for all of it.
	echo 'something else' >mounts
	bd template import refused disk.img --as root
	failed_with 1
	[[ $stderr == *'guestfish: its list of mount points has something else in it'* ]]
	[[ ! -e tpl/refused ]]
}

@test "XFS, btrfs and LVM without a partition table are read by guestfish, too" {
	need mkfs.xfs mkfs.btrfs python3
	make_root
	make_lvm_disk
	stand_in "exec tar -C $PWD/r --numeric-owner -cf - ."
	local type
	tail -c +$((18432 * 512 + 1)) disk.img >LVM2_member-disk.img
	truncate -s 320M xfs-disk.img btrfs-disk.img
	mkfs.xfs -q xfs-disk.img
	mkfs.btrfs -q btrfs-disk.img
	# Their beginning, for the stand-in to read less.
	truncate -s 16M xfs-disk.img btrfs-disk.img
	for type in xfs btrfs LVM2_member; do
		rm -f arguments
		imports "${type,,}" "$type-disk.img" --as root
		[[ $(<sum) == $(sha256sum <"$type-disk.img") ]]
		run --separate-stderr env PATH=/nowhere "$bigdisk" template import refused "$type-disk.img" --as root
		failed_with 1
		[[ $stderr == *"its root filesystem is not ext2, ext3 or ext4, but $type, without partitions; "*"guestfish can read it, which is not installed"* ]]
	done
	# What is no system is not.
	rm arguments
	truncate -s 64M swap-disk.img
	mkswap -q swap-disk.img
	bd template import refused swap-disk.img --as root
	failed_with 1
	[[ $stderr == *'found: swap'* && ! -e arguments ]]
}

@test "what guestfish cannot read, or not all of, makes no template, and one line says why" {
	need sfdisk python3
	make_root
	make_lvm_disk
	cannot() {
		bd template import refused disk.img --as root
		failed_with 1
		[[ $stderr == *"error: cannot import disk.img: its root filesystem is not "*"; $1; --as disk takes the whole disk as it is" ]] || fail "not: $1"
		is_empty tpl
	}
	stand_in 'echo "guestfish: no operating system was found on this disk" >&2' 'echo >&2' 'echo "If using guestfish, remove this option" >&2' 'exit 1'
	cannot 'guestfish cannot read all of it: no operating system was found on this disk'
	stand_in "tar -C $PWD/r -cf - ." 'echo "libguestfs: error: mount_options: /dev/vg/var: no such device" >&2' \
		'echo "guestfish: some filesystems could not be mounted (ignored)" >&2'
	cannot 'guestfish cannot read all of it: mount_options: /dev/vg/var: no such device'
	stand_in "tar -C $PWD/r -cf - . | head -c 2000000" 'echo "libguestfs: error: tar_out: no space" >&2' 'exit 1'
	cannot 'guestfish cannot read all of it: tar_out: no space'
	# shellcheck disable=SC2016 # for the stand-in
	stand_in 'kill -9 $$'
	cannot 'guestfish cannot read all of it: guestfish was killed by signal 9'
	# An archive that ends early although nobody says so.
	stand_in "tar -C $PWD/r -cf - . | head -c 2000000"
	bd template import refused disk.img --as root
	failed_with 1
	is_empty tpl
	# Another program may write to it.
	exec 9<>disk.img
	bd template import refused disk.img --as root
	exec 9>&-
	failed_with 5
	is_empty tpl
}

# guestfish itself, in its virtual machine, without libvirt and without KVM, which may be there and not work: minutes.
# bats test_tags=slow
@test "guestfish reads a root filesystem with /boot on a partition and /var on a second logical volume, without its EFI system partition" {
	[[ ${SLOW-} ]] || skip "make check-slow runs it"
	need guestfish jq
	export LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg
	truncate -s 400M disk.img
	guestfish --format=raw -a disk.img <<-'END'
		run
		part-init /dev/sda mbr
		part-add /dev/sda p 2048 206847
		part-add /dev/sda p 206848 751615
		part-add /dev/sda p 751616 817151
		mkfs ext4 /dev/sda1
		mkfs vfat /dev/sda3
		pvcreate /dev/sda2
		vgcreate vg0 /dev/sda2
		lvcreate root vg0 150
		lvcreate var vg0 60
		mkfs ext4 /dev/vg0/root
		mkfs ext4 /dev/vg0/var
		mount /dev/vg0/root /
		mkdir /boot
		mkdir /var
		mkdir /etc
		mkdir /bin
		mkdir-p /usr/lib/systemd
		mount /dev/sda1 /boot
		mount /dev/vg0/var /var
		mkdir /boot/efi
		mount /dev/sda3 /boot/efi
		mkdir /boot/efi/EFI
		write /boot/vmlinuz-6.1 kernel
		write /boot/initrd.img-6.1 initrd
		write /etc/os-release "ID=debian\nVERSION_ID=12\n"
		write /etc/debian_version "12.1\n"
		write /etc/motd hello
		chown 1000 1001 /etc/motd
		write /usr/lib/systemd/systemd x
		mkdir /var/lib
		write /var/lib/x y
		setxattr user.color red 3 /etc/motd
		setxattr security.selinux "system_u:object_r:etc_t:s0" 26 /etc/motd
		write /etc/fstab "/dev/vg0/root / ext4 defaults 0 1\n/dev/sda1 /boot ext4 defaults 0 2\n/dev/vg0/var /var ext4 defaults 0 2\n/dev/sda3 /boot/efi vfat umask=0077 0 1\n"
	END
	imports lvm disk.img --as root
	[[ $stderr == *'merged into /, as its /etc/fstab mounts them: /boot, /var'* && $stderr == *'by an EFI system partition: /boot/efi'* ]]
	[[ $stderr != *'no disk for'* ]]
	[[ $output == *'kernel     /boot/vmlinuz-6.1'*'initramfs  /boot/initrd.img-6.1'* ]]
	"$bigdisk" template export lvm - | tar -xO var/lib/x | grep -qx y
	[[ $("$bigdisk" template export lvm - | tar --numeric-owner -tv etc/motd) == *' 1000/1001 '* ]]
	"$bigdisk" template export lvm - | grep -aq 'SCHILY.xattr.user.color=red'
	"$bigdisk" template export lvm - | grep -aq 'system_u:object_r:etc_t:s0'
	[[ $("$bigdisk" template export lvm - | tar -t | grep 'boot/efi') == *boot/efi/ ]]
	bd new web --template lvm --no-start --dir d --size 256M
	[[ $status -eq 0 && $stderr != *'no disk for'* ]]
	bd cat d/web.img:/etc/fstab
	! grep -E '^[^#]*(/boot|/var)' <<<"$output" || fail "a guest would wait for them"
}
