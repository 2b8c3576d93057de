# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Disks and an archive as distributions publish them, made of Debian's packages, for the tests to import and boot.
# Sourced by `lab`, after build.sh, whose functions it uses.

# What the sourcing script sets, for shellcheck.
: "${here:=}" "${cache:=}" "${share:=}" "${program:=}" "${xen_version:=}" "${release:=}" "${packages:=}" "${kernel:=}" "${unused_modules:=}"

# An initramfs of every module is most of the work of an emulated guest's boot.
cloud_modules='xen-blkfront xfs btrfs ext4 crc32c_generic'
# Not the kernel for clouds: it is compressed with LZ4, which GRUB does not unpack for a PV guest.
cloud_packages=linux-image-amd64,initramfs-tools,systemd-sysv,udev,kmod,openssh-server,cloud-init,netplan.io,iproute2,netbase
openrc_packages='openrc libeinfo1 librc1 dropbear-bin libtomcrypt1 libtommath1'

# cloud.tar: a Debian with cloud-init, the same for both Xens
build_cloud_root() {
	local key path options=(--variant=minbase --include="$cloud_packages" '--aptopt=APT::Install-Recommends "false"'
		--dpkgopt=path-exclude='/usr/share/'{doc,man,info,locale,lintian,bug}'/*'
		--essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"'
		--essential-hook='echo MODULES=list >"$1/etc/initramfs-tools/conf.d/lab"'
		--essential-hook="printf '%s\\n' $cloud_modules >\"\$1/usr/share/initramfs-tools/modules.d/lab\""
		# Which run_mmdebstrap has left out.
		--customize-hook='chroot "$1" env INITRD=Yes update-initramfs -c -k all'
		--customize-hook='rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/hostname" "$1/etc/resolv.conf" "$1"/boot/config-* "$1"/boot/System.map-*'
		--customize-hook='systemctl --root "$1" --quiet enable systemd-networkd'
		--customize-hook=': >"$1/etc/machine-id"'
		# What takes an emulated machine long, and what nobody here looks at.
		--customize-hook='printf "%s\n" "ssh_genkeytypes: [ ed25519 ]" "locale: false" >"$1/etc/cloud/cloud.cfg.d/50_lab.cfg"'
		--customize-hook='for unit in e2scrub_reap.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do ln -sf /dev/null "$1/etc/systemd/system/$unit"; done')

	for path in "${unused_modules[@]}"; do options+=("--dpkgopt=path-exclude=$path"); done
	key=$(printf '%s\n' "${options[@]}" | hash_of)
	cloud_root=$images_folder/cloud-$key.tar
	[ ! -f "$cloud_root" ] || return 0
	begin "downloading and installing a Debian with cloud-init"
	release=bookworm run_mmdebstrap "$cloud_root.new" "${options[@]}"
	mv "$cloud_root.new" "$cloud_root"
	finish
}

# as_root COMMAND…: with all user IDs, as root or in a user namespace, as mmdebstrap makes it
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else mmdebstrap --unshare-helper "$@"; fi
}

# put_partition FILE DISK SECTOR: copied without the zeros
put_partition() { dd if="$1" of="$2" bs=1M seek=$(($3 / 2048)) conv=notrunc,sparse status=none; }

# make_split_disk WORK DEBIAN-TAR, by `as_root`: WORK/split.qcow2, as Ubuntu publishes its disks: GPT, the root first, then the places of
# GRUB, of UEFI and of /boot, which are in its fstab by label
make_split_disk() {
	set -e
	local work=$1 root=$1/debian boot=$1/boot
	mkdir -p "$boot" "$root"
	tar -C "$root" --exclude './dev/*' -xf "$2"
	mv "$root"/boot/* "$boot/"
	mkdir -p "$root/boot/efi"
	printf '%s\n' 'LABEL=cloudimg-rootfs / ext4 discard,commit=30,errors=remount-ro 0 1' \
		'LABEL=BOOT /boot ext4 defaults 0 2' 'LABEL=UEFI /boot/efi vfat umask=0077 0 1' >"$root/etc/fstab"
	truncate -s 1500M "$work/split.raw"
	sfdisk -q "$work/split.raw" <<-'END'
		label: gpt
		start=1048576, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
		start=2048, size=8192, type=21686148-6449-6E6F-744E-656564454649
		start=10240, size=67584, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
		start=77824, size=409600, type=BC13C2FF-59E6-4262-A352-B275FD6F7172
	END
	truncate -s 200M "$work/part"
	mke2fs -q -t ext4 -L BOOT -d "$boot" "$work/part"
	put_partition "$work/part" "$work/split.raw" 77824
	rm "$work/part"
	truncate -s 33M "$work/part"
	mkfs.vfat -F 32 -n UEFI "$work/part" >/dev/null
	put_partition "$work/part" "$work/split.raw" 10240
	rm "$work/part"
	truncate -s 980M "$work/part"
	mke2fs -q -t ext4 -L cloudimg-rootfs -d "$root" "$work/part"
	put_partition "$work/part" "$work/split.raw" 1048576
	rm -r "$work/part" "$boot" "$root"
	qemu-img convert -f raw -O qcow2 "$work/split.raw" "$work/split.qcow2"
	rm "$work/split.raw"
}

# make_cloud_disk WORK CLOUD-TAR xfs|btrfs, by `as_root`: WORK/xfs.raw, one partition whose filesystem has the root, with the grub.cfg that
# is there
make_cloud_disk() {
	set -e
	local work=$1 type=$3 root=$1/cloud size_mib=1400 kernel
	mkdir -p "$root"
	tar -C "$root" --exclude './dev/*' -xf "$2"
	kernel=$(cd "$root/boot" && echo vmlinuz-*)
	mkdir -p "$root/boot/grub"
	cat >"$root/boot/grub/grub.cfg" <<-END
		search --no-floppy --label --set=root cloudroot
		linux /boot/$kernel root=LABEL=cloudroot ro console=hvc0 quiet mitigations=off apparmor=0 audit=0
		initrd /boot/initrd.img-${kernel#vmlinuz-}
		boot
	END
	echo "LABEL=cloudroot / $type defaults 0 0" >"$root/etc/fstab"
	truncate -s "${size_mib}M" "$work/part"
	if [ "$type" = xfs ]; then
		prototype "$root" >"$work/prototype"
		mkfs.xfs -q -L cloudroot -p "$work/prototype" "$work/part"
		rm "$work/prototype"
	else
		mkfs.btrfs -q -L cloudroot --rootdir "$root" "$work/part"
	fi
	# mkfs.btrfs makes the file larger where it is too small.
	[ "$(stat -c %s "$work/part")" = $((size_mib << 20)) ]
	truncate -s "$((size_mib + 2))M" "$work/$type.raw"
	echo '2048,,L,*' | sfdisk -q "$work/$type.raw"
	put_partition "$work/part" "$work/$type.raw" 2048
	rm -r "$work/part" "$root"
}

# prototype FOLDER: prints the prototype file of it for mkfs.xfs -p, in which names cannot have blanks; hard links become files
prototype() {
	python3 - "$1" <<-'END'
		import os, stat, sys

		def mode(status, kind):
		    bits = status.st_mode
		    return (kind + ("u" if bits & stat.S_ISUID else "-") + ("g" if bits & stat.S_ISGID else "-")
		            + "%03o %d %d" % (bits & 0o777, status.st_uid, status.st_gid))

		def show(folder, depth):
		    for name in sorted(os.listdir(folder)):
		        path = os.path.join(folder, name)
		        status = os.lstat(path)
		        begin = " " * depth + name + " "
		        if " " in name:
		            continue
		        if stat.S_ISDIR(status.st_mode):
		            print(begin + mode(status, "d"))
		            show(path, depth + 1)
		        elif stat.S_ISLNK(status.st_mode):
		            print(begin + mode(status, "l"), os.readlink(path))
		        elif stat.S_ISREG(status.st_mode):
		            print(begin + mode(status, "-"), path)
		    print(" " * max(depth - 1, 0) + "$")

		print("none\n0 0")
		print(mode(os.lstat(sys.argv[1]), "d"))
		show(sys.argv[1], 1)
	END
}

# make_openrc DIR PACKAGES: as Alpine is: busybox with its inittab, OpenRC, ifupdown, no account with a password; dropbear is its SSH server. Its
# kernel is that of kernel.deb, its libraries are dom0's.
make_openrc() {
	local root=$1 from=$1.from path image
	mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,usr/lib,dev,proc,sys,run,tmp,root,var/log,boot,etc/{network,dropbear,runlevels/{sysinit,boot,default,shutdown}}} "$from"
	chmod 1777 "$root/tmp"
	chmod 0700 "$root/root"
	tar -C "$from" -xf "$packages" --wildcards './usr/lib/x86_64-linux-gnu/*.so*' './usr/lib64/*' ./usr/bin/busybox
	dpkg-deb -x "$kernel" "$from"
	[ -e "$from/lib" ] || ln -s usr/lib "$from/lib"
	for path in "$2"/*.deb; do dpkg-deb -x "$path" "$root"; done
	# Not Debian's scripts, which are for its sysvinit.
	rm -rf "${root:?}/usr/share" "$root"/etc/init.d/*
	cp "$from/usr/bin/busybox" "$root/bin/busybox"
	"$root/bin/busybox" --list-full | while read -r path; do
		[ -e "$root/$path" ] || { mkdir -p "$root/$(dirname "$path")" && ln -s /bin/busybox "$root/$path"; }
	done
	openrc_libraries "$root" "$from"
	image=$(cd "$from/boot" && echo vmlinuz-*)
	cp "$from/boot/$image" "$root/boot/vmlinuz-virt"
	openrc_modules "$from" "$root" "${image#vmlinuz-}"
	openrc_initramfs "$root" "${image#vmlinuz-}"
	openrc_files "$root"
	rm -rf "$from"
}

# What its programs need and its own packages have not.
openrc_libraries() {
	local root=$1 from=$2 own=$1/lib/x86_64-linux-gnu:$1/usr/lib/x86_64-linux-gnu program library
	mkdir -p "$root/lib64"
	cp -L "$from"/usr/lib64/ld-linux-x86-64.so.2 "$root/lib64/" 2>/dev/null ||
		cp -L "$from"/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$root/lib64/"
	for program in sbin/openrc sbin/openrc-run usr/sbin/dropbear; do
		"$root/lib64/ld-linux-x86-64.so.2" --library-path "$own:$from/usr/lib/x86_64-linux-gnu" --list "$root/$program"
	done | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | sort -u | while read -r library; do
		case $library in
		"$from"/*) cp -L "$library" "$root/lib/x86_64-linux-gnu/" ;;
		esac
	done
}

openrc_modules() {
	local from=$1 root=$2 kernel=$3 module
	mkdir -p "$root/lib/modules/$kernel"
	depmod -b "$from" "$kernel"
	modprobe -d "$from" -S "$kernel" -a --show-depends xen-blkfront crc32c_generic ext4 xen-netfront |
		awk '$1 == "insmod" { print $2 }' | while read -r module; do
		module=/lib${module##*"/lib"}
		mkdir -p "$root$(dirname "$module")"
		case $module in
		*.xz) xz -dc "$from$module" >"$root${module%.xz}" ;;
		*) cp "$from$module" "$root$module" ;;
		esac
	done
	cp "$from/lib/modules/$kernel"/modules.{order,builtin,builtin.modinfo} "$root/lib/modules/$kernel/"
	depmod -b "$root" "$kernel"
}

# Finds the root as Alpine's does: root=UUID=…
openrc_initramfs() {
	local root=$1 kernel=$2 tree=$1.initramfs
	mkdir -p "$tree"/{bin,dev,proc,sys,sysroot,lib/modules}
	cp "$root/bin/busybox" "$tree/bin/"
	cp -a "$root/lib/modules/$kernel" "$tree/lib/modules/"
	cat >"$tree/init" <<-'END'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		export PATH=/bin
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		mount -t devtmpfs devtmpfs /dev
		modprobe -a xen-blkfront crc32c_generic ext4
		root=$(sed 's/.*root=\([^ ]*\).*/\1/' /proc/cmdline)
		case $root in
		/dev/*) until [ -b "$root" ]; do usleep 50000; done ;;
		*) until device=$(findfs "$root"); do usleep 50000; done; root=$device ;;
		esac
		mount -o ro "$root" /sysroot
		umount /dev /sys /proc
		exec switch_root /sysroot /sbin/init
	END
	chmod +x "$tree/init"
	(cd "$tree" && find . | cpio -o -H newc --quiet -R 0:0 | gzip) >"$root/boot/initramfs-virt"
	rm -rf "$tree"
}

openrc_files() {
	local root=$1
	echo 3.20.0 >"$root/etc/alpine-release"
	printf '%s\n' 'NAME="Alpine Linux"' ID=alpine VERSION_ID=3.20.0 'PRETTY_NAME="Alpine Linux v3.20"' >"$root/etc/os-release"
	echo localhost >"$root/etc/hostname"
	printf '127.0.0.1\tlocalhost\n' >"$root/etc/hosts"
	printf 'auto lo\niface lo inet loopback\n' >"$root/etc/network/interfaces"
	mkdir -p "$root"/etc/network/if-{pre-up,up,down,post-down}.d
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:*::0:::::' >"$root/etc/shadow"
	chmod 0640 "$root/etc/shadow"
	printf '%s\n' root:x:0: uucp:x:14: >"$root/etc/group"
	ln -s ../run "$root/var/run"
	# Debian's OpenRC asks for it.
	: >"$root/etc/insserv.conf"
	echo /bin/sh >"$root/etc/shells"
	printf '%s\n' '/dev/cdrom /media/cdrom iso9660 noauto,ro 0 0' >"$root/etc/fstab"
	printf '%s\n' ::sysinit:/sbin/openrc\ {sysinit,boot} '::wait:/sbin/openrc default' \
		'tty1::respawn:/sbin/getty 38400 tty1' '::ctrlaltdel:/sbin/reboot' '::shutdown:/sbin/openrc shutdown' >"$root/etc/inittab"
	service_script "$root" devfs sysinit '' 'mount -t devtmpfs devtmpfs /dev; mkdir -p /dev/pts; mount -t devpts devpts /dev/pts'
	service_script "$root" root boot '' 'mount -o remount,rw /'
	service_script "$root" hostname boot '' 'hostname -F /etc/hostname'
	service_script "$root" networking boot 'need root; provide net; after hostname' 'modprobe xen-netfront; ifup -a'
	service_script "$root" dropbear default 'need net' '/usr/sbin/dropbear -R'
	service_script "$root" killprocs shutdown '' 'killall5 -15; mount -o remount,ro /'
}

# service_script ROOT NAME RUNLEVEL DEPENDENCIES COMMANDS
service_script() {
	local script=$1/etc/init.d/$2
	mkdir -p "${script%/*}"
	printf '#!/sbin/openrc-run\ndepend() {\n\t%s\n}\nstart() {\n\tebegin "Starting %s"\n\t%s\n\teend $?\n}\n' "${4:-:}" "$2" "$5" >"$script"
	chmod 0755 "$script"
	ln -s "/etc/init.d/$2" "$1/etc/runlevels/$3/$2"
}

# cached NAME KEY COMMAND...: $images_folder/NAME-KEY is there, made by the command, which gets a folder for it as its last argument
cached() {
	local name=$1 work
	made=$images_folder/$1-$2
	shift 2
	if [ ! -d "$made" ]; then
		begin "making what distributions publish: $name"
		work=$made.new
		rm -rf "$work"
		mkdir -p "$work"
		# In a process of its own, as a failure within it is passed over in the condition of an `if`.
		"$@" "$work" >"$images_folder/log" 2>&1 &
		if ! wait $!; then
			tail -n 20 "$images_folder/log" >&2
			die "$name could not be made; the whole log is $images_folder/log"
		fi
		mv "$work" "$made"
		finish
	fi
	touch "$made"
	clean_cache "$images_folder" "$name"
}

lock_images() {
	images_folder=$cache/../images
	mkdir -p "$images_folder"
	exec 8>"$images_folder/lock"
	flock 8
}

recipe_of() {	# recipe_of WORD...: the key of what this file makes of those
	(cat "$here/images.sh"; printf '%s\n' "$@") | hash_of
}

openrc_archive() {
	mkdir "$1/apt" "$1/packages"
	release=bookworm apt_get "$1/apt" update
	cd "$1/packages"
	# shellcheck disable=SC2086 # a list of words
	release=bookworm apt_get "$1/apt" download $openrc_packages
	make_openrc "$1/root" "$1/packages"
	tar -C "$1/root" --owner=0 --group=0 --numeric-owner -cf "$1/openrc.tar" .
	rm -rf "$1/apt" "$1/packages" "$1/root"
}

split_disk() {	# split_disk DEBIAN WORK
	"$program" template export "$1" "$2/debian.tar" --templates "$share/templates"
	as_root bash -c "$(declare -f)"'; make_split_disk "$@"' split "$2" "$2/debian.tar"
	rm "$2/debian.tar"
}

cloud_disk() {	# cloud_disk FILESYSTEM WORK
	as_root bash -c "$(declare -f)"'; make_cloud_disk "$@"' cloud "$2" "$cloud_root" "$1"
}

# Templates of what distributions publish, by this checkout's program, for dom0 in /lab/templates: an archive, ...
share_openrc() {
	lock_images
	cached "openrc-$release" "$(recipe_of "$(basename "$packages")" "$(basename "$kernel")")" openrc_archive
	exec 8>&-
	import_image openrc "$made/openrc.tar"
}

# ... a disk of which several partitions become one root, ...
share_split() {
	local debian=debian-12
	[ "$xen_version" = 4.17 ] || debian="debian-13"
	lock_images
	cached "split-$debian" "$(recipe_of "$(cat "$share/templates/$debian/manifest.json")")" split_disk "$debian"
	exec 8>&-
	import_image split "$made/split.qcow2"
}

# ... and one that stays whole, whose filesystem is another for each Xen.
share_cloud() {
	local filesystem=xfs
	[ "$xen_version" = 4.17 ] || filesystem=btrfs
	lock_images
	build_cloud_root
	cached "$filesystem" "$(recipe_of "$(basename "$cloud_root")")" cloud_disk "$filesystem"
	touch "$cloud_root"
	clean_cache "$images_folder" cloud
	exec 8>&-
	import_image "$filesystem" "$made/$filesystem.raw"
}

import_image() {
	local log=$share/import.log
	"$program" template import "$1" "$2" --templates "$share/templates" >"$log" 2>&1 || { cat "$log" >&2; die "$2 could not be imported"; }
}
