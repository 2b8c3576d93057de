#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `template import` is given that is not a root filesystem itself: it is opened where the root is in it, and refused,
# by its name, where none is.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

setup() {
	common_setup
	export XEN_BIGDISK_TEMPLATES=$BATS_TEST_TMPDIR/templates
	export TMPDIR=$BATS_TEST_TMPDIR/temporary
	mkdir "$TMPDIR"
}

# Unpacking leaves nothing, whatever came of it.
teardown() {
	[[ -z $(ls -A "$BATS_TEST_TMPDIR/temporary") ]]
}

# A small root in the folder $1.
make_root() {
	mkdir -p "$1"/{etc,boot,dev,run,usr/lib/systemd,usr/sbin}
	echo kernel >"$1"/boot/vmlinuz-6.1.0-9-amd64
	echo initramfs >"$1"/boot/initrd.img-6.1.0-9-amd64
	echo 'ID=debian' >"$1"/etc/os-release
	echo systemd >"$1"/usr/lib/systemd/systemd
	echo hello >"$1"/etc/motd
	echo ifup >"$1"/usr/sbin/ifup
}

# The paths of a template, sorted.
paths_of() {
	"$bigdisk" template export "$1" - --quiet | tar -t | sed 's,^\./,,; s,/$,,' | grep . | sort
}

# imported KIND NAME SOURCE [OPTION...]: the template is what make_root made, and its manifest says KIND.
imported() {
	local kind=$1
	shift
	bd template import --quiet "$@"
	[[ $status -eq 0 && -z $output && -z $stderr ]] || fail "status $status: $stderr"
	[[ $(jq -r .source.kind "templates/$1/manifest.json") == "$kind" ]] || fail "of another kind"
	[[ $(paths_of "$1" | grep -v '^lost+found$') == "$(cd root && find . -mindepth 1 | sed 's,^\./,,' | sort)" ]] ||
		fail "other files: $(paths_of "$1" | xargs)"
	"$bigdisk" template export "$1" - | tar -xO --wildcards '*etc/motd' | grep -qx hello
}

# not_imported SOURCE TEXT [OPTION...]: one line of error, with the text in it, and no template.
not_imported() {
	bd template import refused "$1" "${@:3}"
	failed_with 1
	grep -qF -- "$2" <<<"$stderr" || fail "the error does not say $2: $stderr"
	[[ ! -e templates/refused ]] && is_empty templates
}

@test "a root one directory down becomes the root: as LXD, Incus and Arch Linux wrap it" {
	need jq
	make_root root
	mkdir lxd arch deep
	cp -a root lxd/rootfs
	mkdir lxd/templates
	echo x | tee lxd/metadata.yaml >lxd/templates/hosts.tpl
	cp -a root arch/root.x86_64
	echo base | tee arch/pkglist.x86_64.txt >arch/version
	mkdir deep/build
	cp -a root deep/build/image
	tar -C lxd -cJf lxd.tar.xz metadata.yaml templates rootfs
	tar -C arch -cf arch.tar root.x86_64 pkglist.x86_64.txt version
	tar -C deep -cf deep.tar .
	chmod 711 lxd/rootfs
	imported archive lxd lxd.tar.xz
	imported archive arch arch.tar
	imported archive piped - < <(cat arch.tar)
	imported archive deep deep.tar
	imported directory folder lxd
	# Its own mode, not that of the folder around it.
	"$bigdisk" template export folder - | tar -tvf - | grep -q '^drwx--x--x .* \./$'
	# It is said what was taken.
	bd template import said arch.tar
	grep -qxF 'xen-bigdisk: The root filesystem is root.x86_64 in arch.tar.' <<<"$stderr"
}

@test "which of two roots is meant is not guessed, nor is one in a home directory" {
	make_root two/one
	make_root two/other
	mkdir home
	touch home/.bashrc
	make_root home/chroot
	not_imported two 'it is no root filesystem: it has neither /etc nor an init (in it: '
	not_imported home 'it looks like a home directory: import the root filesystem'
}

@test "either is enough: /etc without an init, and an init without /etc" {
	local init
	mkdir -p onlyetc/etc
	bd template import --quiet etc onlyetc
	[[ $status -eq 0 ]]
	for init in init sbin/init usr/lib/systemd/systemd; do
		rm -rf root
		mkdir -p "root/$(dirname "$init")"
		ln -s /nix/store/x/init "root/$init"
		bd template import --quiet "t$((++number))" root
		[[ $status -eq 0 ]] || fail "$init: $stderr"
	done
}

@test "what is no root is named, with what to do, and nothing is left" {
	local what
	mkdir templates
	mkdir nothing
	mkfifo nothing/fifo
	rm nothing/fifo
	not_imported nothing 'cannot import nothing: it is empty'
	tar -cf none.tar nothing
	not_imported none.tar 'cannot import none.tar: it is empty'
	while read -r path what; do
		rm -rf source
		mkdir -p "source/$(dirname "$path")"
		touch "source/$path"
		not_imported source "$what"
		tar -C source -cf source.tar .
		not_imported source.tar "$what"
		not_imported - "$what" < <(cat source.tar)
	done <<-'END'
		notes.txt it is no root filesystem: it has neither /etc nor an init (in it: notes.txt)
		blobs/sha256/x it holds parts of a container image
		web.qcow2 it holds disk images: import one of them (neither /etc nor an init is there, but web.qcow2)
		web.iso it holds disc images
		root.tar.zst it holds archives
		metadata.yaml it is the metadata of an LXD or Incus image: import the other part
		.ssh/authorized_keys it looks like a home directory
		vm.ovf it is an exported virtual machine without the disk
		casper/filesystem.squashfs it is the disc of an installer or of a live system: boot a guest from it
		grub/fonts/unicode.pf2 it looks like a /boot partition
		EFI/BOOT/BOOTX64.EFI it looks like an EFI system partition
		kernel/x86/microcode/GenuineIntel.bin it is an initramfs, the first stage of booting
		share/doc/x it looks like /usr alone
		usr/share/doc/x it looks like a package
		lib/dpkg/status it looks like /var alone
	END
}

@test "an initramfs has an init and /etc, and is refused by its name" {
	local path
	for path in etc/initrd-release 'scripts/functions conf/initramfs.conf' 'init_functions hooks/udev'; do
		rm -rf source
		mkdir -p source/{etc,scripts,conf,hooks}
		touch source/init
		(cd source && touch $path)
		(cd source && find . | cpio -o -H newc --quiet | gzip) >initrd.img
		not_imported initrd.img 'it is an initramfs, the first stage of booting: import the root filesystem that it mounts'
	done
}

@test "what only a container has is left out, and said" {
	local paths
	make_root root
	cp -a root container
	touch container/.dockerenv container/etc/{hosts,hostname,resolv.conf} container/dev/console container/run/.containerenv
	mkdir -p container/run/systemd
	echo docker >container/run/systemd/container
	for what in container container.tar; do
		tar -cf container.tar -C container .
		bd template import "${what/./-}" "$what"
		[[ $status -eq 0 ]]
		grep -qF 'Left out, as only a container has it: /.dockerenv, /run/.containerenv, /run/systemd/container, /etc/resolv.conf, /etc/hosts, /etc/hostname, /dev/console.' <<<"$stderr" || fail "$stderr"
		paths=$(paths_of "${what/./-}")
		[[ $paths == "$(cd root && { find . -mindepth 1; echo ./run/systemd; } | sed 's,^\./,,' | sort)" ]] || fail "$paths"
	done
	# Without such a trace nothing is taken away, and what is in a file stays.
	rm container/.dockerenv container/run/.containerenv container/run/systemd/container
	bd template import plain container
	paths_of plain | grep -qx etc/resolv.conf
	touch container/.dockerenv
	echo 'nameserver 192.0.2.1' >container/etc/resolv.conf
	bd template import filled container
	paths_of filled | grep -qx etc/resolv.conf
	run ! grep -qx etc/hosts <<<"$(paths_of filled)"
	# A backup of Proxmox's has the container's settings among its files.
	cp -a root vzdump
	mkdir vzdump/etc/vzdump
	echo 'arch: amd64' | tee vzdump/etc/vzdump/pct.conf >vzdump/etc/vzdump/pct.fw
	tar -C vzdump --sort=name -cf vzdump-lxc-100.tar .
	imported archive vzdump vzdump-lxc-100.tar
}

# What a template has, as tar shows it, but for fractions of seconds.
listing_of() {
	"$bigdisk" template export "$1" - --quiet | tar --xattrs '--xattrs-include=*' --numeric-owner -tvvf -
}

@test "a squashfs of any compression, also from a pipe: owners, modes, attributes, hard links and devices are kept" {
	need jq mksquashfs sqfs2tar setfattr
	need_root
	make_root root
	ln root/etc/motd root/etc/second
	ln -s motd root/etc/link
	mknod root/dev/null c 1 3
	mkfifo root/run/pipe
	chown -h 1000:1001 root/etc/motd root/etc/link
	chmod 4751 root/usr/sbin/ifup
	chmod 711 root
	truncate -s 5M root/etc/hole
	echo end >>root/etc/hole
	setfattr -n user.top -v x root
	setfattr -n security.capability -v 0sAQAAAgAgAAAAAAAAAAAAAAAAAAA= root/usr/sbin/ifup
	tar -C root --sort=name --format=posix --pax-option=delete=?time --xattrs '--xattrs-include=*' -cf root.tar .
	imported archive tar root.tar
	local compression
	for compression in gzip lzma lzo lz4 xz zstd; do
		mksquashfs root $compression.squashfs -noappend -quiet -no-progress -comp $compression
		imported archive $compression $compression.squashfs
		diff <(listing_of tar) <(listing_of $compression)
	done
	imported archive piped - < <(cat xz.squashfs)
	imported archive stdin - <xz.squashfs
	{ echo before && cat xz.squashfs; } >two
	{
		read -r
		imported archive rest -
	} <two
	for source in piped stdin rest; do cmp <(listing_of tar) <(listing_of $source); done
	cmp root/etc/hole <("$bigdisk" template export xz - --quiet | tar -xO etc/hole)
	[[ $(find templates/xz/payload -size -100k) ]] || fail "holes take room"
}

@test "a squashfs: what cannot be kept is said, what is damaged or too much is refused, and the program for it is named" {
	need mksquashfs sqfs2tar python3
	make_root root
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("root/run/socket")'
	head -c 100K /dev/urandom >root/random
	mksquashfs root root.squashfs -noappend -quiet -no-progress
	bd template import --quiet web root.squashfs
	[[ $status -eq 0 && $stderr == *'warning: root.squashfs: 1 sockets were left out: tar archives cannot store them' ]]
	[[ $(paths_of web) == "$(cd root && find . -mindepth 1 ! -type s | sed 's,^\./,,' | sort)" ]]
	rm -r templates
	head -c 90000 root.squashfs >cut
	head -c 50 root.squashfs >head
	{ head -c 120 root.squashfs && head -c 40000 /dev/zero && tail -c +40121 root.squashfs; } >damaged
	cp root.squashfs older
	printf '\3' | dd of=older bs=1 seek=28 conv=notrunc status=none
	for source in cut head older; do not_imported $source "cannot import $source: sqfs2tar cannot read it: "; done
	gzip -k root.squashfs
	not_imported root.squashfs.gz 'it is a squashfs archive inside a compression: unpack it first'
	mkdir bomb
	yes | head -c 300M >bomb/etc
	mksquashfs bomb bomb.squashfs -noappend -quiet -no-progress -comp zstd -b 1M
	not_imported bomb.squashfs 'it unpacks to more than 200 times its size: probably a decompression bomb'
	not_imported root.squashfs 'the content exceeds the limit of 64 KiB; --max-size allows more' --max-size 64K
	run --separate-stderr env PATH=/nowhere "$bigdisk" template import web root.squashfs
	failed_with 1
	[[ $stderr == *'error: cannot import root.squashfs: a squashfs is read by sqfs2tar, which is not installed (Debian: apt-get install squashfs-tools-ng)' ]]
}

# A disk of 8 MiB with the root in it, as disk.raw.
make_disk() {
	make_root root
	truncate -s 8M disk.raw
	mke2fs -q -F -t ext4 -d root disk.raw
}

# make_xva FILE [xxhash]: chunks of 1 MiB of disk.raw, without those of zeros but for the first and the last; with the checksums of
# older versions, or of newer ones.
make_xva() {
	rm -rf xva
	mkdir -p xva/Ref:12
	echo '<value/>' >xva/ova.xml
	split -b 1M -d -a 8 disk.raw xva/Ref:12/
	local chunk
	for chunk in xva/Ref:12/*; do
		[[ $chunk == */00000000 || $chunk == */00000007 ]] || ! cmp -s "$chunk" <(head -c 1M /dev/zero) || rm "$chunk"
	done
	for chunk in xva/Ref:12/*; do
		if [[ ${2-} == xxhash ]]; then
			xxhsum -H64 "$chunk" | cut -c 1-16 | tr -d '\n' | tr a-f A-F >"$chunk.xxhash"
		else
			sha1sum <"$chunk" | cut -c 1-40 | tr -d '\n' >"$chunk.checksum"
		fi
	done
	tar -C xva --sort=name -cf "$1" ova.xml Ref:12
}

@test "a disk in an archive is what is imported: disk.raw in a tar, OVA, XVA, an image of LXD for virtual machines" {
	need jq mke2fs qemu-img
	make_disk
	tar -cJf cloud.tar.xz disk.raw
	tar -Sczf sparse.tar.gz ./disk.raw
	bsdtar --format=zip -cf cloud.zip disk.raw
	qemu-img convert -O vmdk -o subformat=streamOptimized disk.raw box-disk1.vmdk
	echo '<Envelope/>' | tee box.ovf >box.mf
	tar --format=ustar -cf box.ova box.ovf box.mf box-disk1.vmdk
	make_xva vm.xva
	[[ $(find xva/Ref:12 -name '0000000?' | wc -l) -lt 8 ]]
	zstd -q vm.xva -o compressed.xva
	qemu-img convert -O qcow2 disk.raw rootfs.img
	mkdir templates.d
	echo x >metadata.yaml
	tar --transform 's,^templates.d,templates,' -cf incus.tar metadata.yaml templates.d rootfs.img
	local source
	for source in cloud.tar.xz sparse.tar.gz cloud.zip box.ova vm.xva compressed.xva incus.tar; do
		imported disk "t${source//./-}" "$source"
		imported disk "p${source//./-}" - < <(cat "$source")
		imported disk "s${source//./-}" - <"$source"
		"$bigdisk" template import plan "$source" --dry-run | grep -qF "from $source (disk)"
	done
}

@test "the chunks of an XVA are verified by the checksums beside them, SHA-1 and xxHash" {
	need mke2fs xxhsum
	make_disk
	make_xva vm.xva xxhash
	imported disk whole vm.xva
	rm -r templates/whole
	local kind file
	for kind in xxhash checksum; do
		make_xva vm.xva $kind
		printf x | dd of=xva/Ref:12/00000000 bs=1 seek=3000 conv=notrunc status=none
		tar -C xva --sort=name -cf vm.xva ova.xml Ref:12
		not_imported vm.xva "Ref:12/00000000.$kind: the chunk of the disk does not match this checksum: the archive is damaged"
		make_xva vm.xva $kind
		file=$(echo xva/Ref:12/00000007.*)
		# shellcheck disable=SC2094
		for sum in "0$(cut -c 2- <"$file")" "$(cut -c 2- <"$file")" "$(<"$file")0" '' "$(printf '%0100d' 0)"; do
			[[ $sum != "$(<"$file")" ]] || continue
			printf %s "$sum" >"$file.new"
			cp "$file" kept
			mv "$file.new" "$file"
			tar -C xva --sort=name -cf vm.xva ova.xml Ref:12
			mv kept "$file"
			not_imported vm.xva "Ref:12/00000007.$kind: the chunk of the disk does not match this checksum: the archive is damaged"
		done
	done
	# Every chunk is followed by its own.
	mv xva/Ref:12/00000007.checksum xva/Ref:12/00000006.checksum
	tar -C xva -cf vm.xva ova.xml Ref:12/0000000{0,0.checksum,7,6.checksum}
	not_imported vm.xva 'Ref:12/00000006.checksum: the chunk of this checksum does not stand before it: the archive is damaged'
}

# By stream_vdi.ml of xen-api, an empty chunk only keeps the connection alive: it has a number of its own, and takes no room.
@test "an empty chunk of an XVA moves none of those behind it" {
	need mke2fs
	make_disk
	make_xva vm.xva
	mkdir alive
	cp xva/Ref:12/00000000* alive
	: >alive/00000001
	local chunk next
	for chunk in xva/Ref:12/0000000[1-7]; do
		printf -v next alive/%08d $((${chunk: -1} + 1))
		cp "$chunk" "$next"
	done
	: >alive/00000009
	tar --transform 's,^alive,Ref:12,' --sort=name -cf alive.xva -C xva ova.xml -C .. alive
	imported disk alive alive.xva
	bd template import --as disk --quiet exact alive.xva
	[[ $status -eq 0 ]]
	"$bigdisk" template export exact exact.raw
	cmp exact.raw disk.raw
	# What is left out before one is zeros; and the end of the disk is there although nothing comes behind it.
	mv alive/00000009 alive/00000011
	tar --transform 's,^alive,Ref:12,' --sort=name -cf longer.xva -C xva ova.xml -C .. alive
	bd template import --as disk --quiet longer longer.xva
	[[ $status -eq 0 ]]
	"$bigdisk" template export longer longer.raw
	truncate -s 10M disk.raw
	cmp longer.raw disk.raw
}

@test "a file beside the chunks of an XVA changes nothing of the disk, whatever its name and size are" {
	need mke2fs
	make_disk
	make_xva vm.xva
	head -c 20M /dev/zero >xva/notes.img
	(
		cd xva
		tar --sort=name -cf ../before.xva ova.xml notes.img Ref:12
		tar -cf ../between.xva ova.xml Ref:12/0000000[0-6] notes.img Ref:12/00000007
	)
	local place
	for place in before between; do
		bd template import --quiet --as disk $place $place.xva
		[[ $status -eq 0 ]] || fail "$place: $stderr"
		cmp disk.raw templates/$place/payload
	done
}

@test "whatever goes through a temporary file: where the folder for it has no room, it is said how to choose another" {
	need mke2fs
	need_mount_namespaces
	make_root root
	head -c 4M /dev/urandom >root/random
	truncate -s 8M disk.raw
	mke2fs -q -F -t ext4 -d root disk.raw
	gzip -k disk.raw
	tar -C root -cf root.tar .
	local source
	for source in disk.raw.gz root.tar; do
		# shellcheck disable=SC2016 # the other shell's
		run --separate-stderr unshare -m sh -c 'mount -t tmpfs -o size=1M none "$TMPDIR" && exec "$1" template import full - <"$2"' \
			sh "$bigdisk" <(cat "$source")
		[[ $status -eq 6 && $stderr == *"cannot import standard input: its content goes through a temporary file, for which $TMPDIR has no room; set TMPDIR to a directory with more" ]] ||
			fail "$source: $status: $stderr"
	done
	# shellcheck disable=SC2016 # the other shell's
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs -o size=1M none "$TMPDIR" && exec "$1" template import full disk.raw.gz' sh "$bigdisk"
	[[ $status -eq 6 && $stderr == *"cannot import disk.raw.gz: its content goes through a temporary file, for which $TMPDIR has no room; "* ]] ||
		fail "$status: $stderr"
	[[ ! -e templates/full ]]
}

@test "a compressed disk is unpacked, whatever its format is, and one from a pipe needs no path" {
	need jq mke2fs qemu-img
	make_disk
	qemu-img convert -O qcow2 disk.raw disk.qcow2
	xz -k disk.raw
	gzip -k disk.raw disk.qcow2
	bzip2 -k disk.raw
	zstd -q disk.raw
	local source
	for source in disk.raw.{xz,gz,bz2,zst} disk.qcow2.gz; do
		imported disk "t${source//./-}" "$source"
		imported disk "p${source//./-}" - < <(cat "$source")
	done
	for source in disk.raw disk.qcow2; do
		imported disk "p${source//./-}" - < <(cat "$source")
		imported disk "s${source//./-}" - <"$source"
	done
	# A partition of it, by its number.
	truncate -s 10M parts.img
	echo '2048,8M,L' | sfdisk -q parts.img
	dd if=disk.raw of=parts.img bs=1M seek=1 conv=notrunc status=none
	xz parts.img
	imported disk part parts.img.xz@1
}

@test "a disk inside of something that was not unmounted is read with its journal: nobody else writes to what we unpacked" {
	need jq mke2fs qemu-img
	make_disk
	debugfs -w -R 'feature needs_recovery' disk.raw
	qemu-img convert -O qcow2 disk.raw disk.qcow2
	tar -cf raw.tar disk.raw
	tar -cf qcow2.tar disk.qcow2
	gzip -k disk.raw
	local source
	for source in disk.raw disk.qcow2 raw.tar qcow2.tar disk.raw.gz; do
		imported disk "t${source//./-}" "$source"
		imported disk "p${source//./-}" - < <(cat "$source")
	done
	# The source itself is looked at as ever.
	exec 9>>disk.raw
	bd template import refused disk.raw
	exec 9>&-
	failed_with 5
	[[ $stderr == *'another program has it open for writing: process '* ]]
}

@test "several disks, a disk beside a root, and what only looks like a disk" {
	need jq mke2fs
	make_disk
	cp disk.raw other.img
	tar -cf two.tar disk.raw other.img
	not_imported two.tar 'it contains several disks, such as disk.raw and other.img: unpack it, and import the one with the root'
	not_imported - 'it contains several disks, such as disk.raw and other.img' < <(cat two.tar)
	tar -cf both.tar disk.raw -C root etc
	not_imported both.tar 'it contains both a disk, disk.raw, and a root filesystem: unpack it, and import one of them'
	make_xva vm.xva
	cp -a xva/Ref:12 xva/Ref:13
	tar -C xva --sort=name -cf vms.xva ova.xml Ref:12 Ref:13
	not_imported vms.xva 'it contains several disks, such as Ref:12 and Ref:13: export the virtual machine with that of the root'
	tar -C xva -cf empty.xva ova.xml
	not_imported empty.xva 'it is an exported virtual machine without a disk'
	# A file of a root, whatever its name is.
	head -c 100K /dev/urandom >root/random.img
	tar -C root -cf root.tar random.img etc boot dev run usr
	imported archive t root.tar
}

@test "damaged and hostile wrappers: one line, nothing left behind" {
	need mke2fs qemu-img python3
	make_disk
	tar -cf cloud.tar disk.raw
	make_xva vm.xva
	xz -k disk.raw
	local source size
	for source in cloud.tar vm.xva disk.raw.xz; do
		for size in 100 $(($(stat -c %s "$source") / 3)) $(($(stat -c %s "$source") * 2 / 3)); do
			head -c "$size" "$source" >cut
			bd template import refused cut
			failed_with 1
			bd template import refused - < <(cat cut)
			failed_with 1
			is_empty templates
		done
	done
	# Sizes that no file has; a chunk at 95 TiB; a backing file and an extent elsewhere.
	python3 - <<-'PYTHON'
		import tarfile, io
		def make(path, entries):
		    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
		        for name, size, data in entries:
		            info = tarfile.TarInfo(name)
		            info.size = size
		            tar.addfile(info)
		            tar.fileobj.write(data + bytes(-len(data) % 512))
		            tar.offset += len(data) + -len(data) % 512
		disk = open("disk.raw", "rb").read(1 << 20)
		make("huge.tar", [("disk.raw", 1 << 60, disk)])
		make("far.xva", [("ova.xml", 1, b"x"), ("Ref:1/00000000", 1 << 20, disk), ("Ref:1/99999999", 1 << 20, disk)])
		make("back.xva", [("ova.xml", 1, b"x"), ("Ref:1/00000005", 1 << 20, disk), ("Ref:1/00000001", 1 << 20, disk)])
		make("large.xva", [("ova.xml", 1, b"x"), ("Ref:1/00000000", 2 << 20, disk + disk)])
		text = b'# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 2048 FLAT "/etc/shadow" 0\n'
		make("extent.ova", [("a.ovf", 1, b"x"), ("a.vmdk", len(text), text)])
	PYTHON
	qemu-img create -q -f qcow2 -F raw -b /etc/shadow backed.qcow2 1M
	tar -cf backed.tar backed.qcow2
	gzip -k backed.qcow2
	for source in huge.tar far.xva back.xva large.xva extent.ova backed.tar backed.qcow2.gz; do
		bd template import refused "$source"
		failed_with 1
		is_empty templates
	done
	# What unpacks to more than was allowed.
	head -c 4M /dev/urandom >>disk.raw
	gzip -f disk.raw
	not_imported disk.raw.gz '--max-size allows more' --max-size 1M
}

@test "what people give by mistake is named: a web page, a package, a program" {
	echo '<!DOCTYPE html><title>404</title>' >root.tar.xz
	not_imported root.tar.xz 'cannot import root.tar.xz: it is a web page: the download went wrong'
	not_imported - 'it is a web page' < <(cat root.tar.xz)
	printf '!<arch>\ndebian-binary   1700000000  0     0     100644  4         `\n2.0\n' >hello.deb
	not_imported hello.deb 'it is a Debian package'
	not_imported "$(command -v bash)" 'it is a program or a kernel'
	local bytes what
	while read -r bytes what; do
		{ printf '%b' "$bytes" && head -c 70000 /dev/zero; } >thing
		zstd -qf thing
		not_imported thing "cannot import thing: $what"
		not_imported thing.zst "cannot import thing.zst: $what"
		not_imported - "cannot import standard input: $what" < <(cat thing.zst)
	done <<-'END'
		VMA\0\0\0\0\1 it is a backup of Proxmox VE (vma): unpack it with `vma extract`, and import the disk in it
		\x3a\xff\x26\xed\1 it is an Android sparse image: unpack it with simg2img
		MSWIM\0\0\0 it is a Windows image (WIM)
		\x7fELF\2\1\1\0AI\2 it is an AppImage
		Salted__ it is encrypted with openssl
		-----BEGIN\x20PGP\x20SIGNATURE it is a signature: give the file that it is of
	END
	{ printf '\xed\xab\xee\xdb\3' && head -c 70000 /dev/zero; } >web.rpm
	not_imported web.rpm 'it is an RPM package'
	# A kernel has the mark of a partition table.
	head -c 70000 /dev/zero >kernel
	printf '\x55\xaaxxHdrS' | dd of=kernel bs=1 seek=510 conv=notrunc status=none
	not_imported kernel 'it is a Linux kernel'
	{ printf 'BZh9' && head -c 70000 /dev/zero && printf koly && head -c 508 /dev/zero; } >apple.dmg
	not_imported apple.dmg 'it is an Apple disk image (DMG)'
	mkdir -p package/etc package/meta
	touch package/.PKGINFO
	tar -C package -czf package.apk .PKGINFO etc
	not_imported package.apk 'it is a package (Alpine, Arch Linux, Debian, snap): import a root filesystem that it is installed in'
}

@test "a disc image is refused by its label, and the root filesystem in it is named" {
	need genisoimage
	make_root root
	mkdir live
	genisoimage -quiet -R -V 'A ROOT' -o root.iso root
	genisoimage -quiet -R -J -V cidata -o seed.iso root/etc
	head -c 3M /dev/urandom >root/boot/large
	cp -r root live/casper
	touch live/casper/filesystem.squashfs
	genisoimage -quiet -R -V LIVE -o live.iso live
	# Those that boot from USB have a partition table, too.
	echo '64,1M,L' | sfdisk -q --force live.iso
	not_imported root.iso 'cannot import root.iso: it is an ISO 9660 disc image labelled "A ROOT", no root filesystem: install a guest from it'
	not_imported live.iso 'it is an ISO 9660 disc image labelled "LIVE", no root filesystem: import casper/filesystem.squashfs, which is in it, or install'
	not_imported seed.iso 'it is an ISO 9660 disc image labelled "cidata", a seed for cloud-init, no root filesystem: import the cloud image that it is for'
	not_imported - 'disc image labelled "LIVE", no root filesystem: install a guest from it' < <(cat live.iso)
	# It is not read to its end, which would not come.
	not_imported - 'disc image labelled "LIVE"' < <(cat live.iso /dev/zero)
	gzip -k live.iso
	not_imported live.iso.gz 'disc image labelled "LIVE", no root filesystem: install a guest from it'
	head -c 40000 live.iso >cut.iso
	not_imported cut.iso 'labelled "LIVE", no root filesystem'
	{ head -c 32768 /dev/zero && printf '\0BEA01\1' && head -c 50000 /dev/zero; } >udf.iso
	not_imported udf.iso 'it is a UDF disc image, no root filesystem'
}

@test "a box of Vagrant has its disk beside what describes it" {
	need jq mke2fs qemu-img
	make_disk
	qemu-img convert -O qcow2 disk.raw box.img
	echo '{"provider":"libvirt","format":"qcow2","virtual_size":1}' | tee metadata.json >info.json
	echo 'Vagrant.configure("2")' >Vagrantfile
	tar -czf one.box ./metadata.json ./Vagrantfile ./info.json ./box.img
	tar -czf two.box box.img Vagrantfile metadata.json
	imported disk one one.box
	imported disk two two.box
	imported disk piped - < <(cat one.box)
}
