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
