# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# How a lab is made: packages → dom0.tar → disk image, kernel, initrd, Xen; and the sysroot that the product is built in.
# Sourced by `lab`, which sets $here, $cache and $release. Everything lands in the cache, under a name that is a hash of
# its recipe, written under a temporary name first.

# What the sourcing script sets, for shellcheck.
: "${here:=}" "${cache:=}" "${release:=}"

disk_size=16G

# The Debian packages that the lab needs on the host.
host_packages() {
	echo qemu-system-x86 seabios mmdebstrap e2fsprogs cpio kmod xz-utils python3 util-linux
	[ "$(id -u)" = 0 ] || echo fakeroot uidmap
}

need_tools() {
	local tool missing=() tools=(qemu-system-x86_64 mmdebstrap mke2fs cpio modprobe xz python3 setpriv)
	[ "$(id -u)" = 0 ] || tools+=(fakeroot newuidmap)
	for tool in "${tools[@]}"; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[ ${#missing[@]} = 0 ] ||
		die "the lab needs ${missing[*]}: apt-get install $(host_packages | xargs)"
}

# package_list FILE: the packages of this release, separated by commas
package_list() {
	awk -v release="$release" '!/^#/ && NF && (NF == 1 || $2 == release) { print $1 }' "$1" | paste -sd,
}

hash_of() {
	sha256sum | cut -c1-16
}

# The sources of this release, on the mirrors that this machine uses itself; nothing (mmdebstrap has its own default)
# where the machine is no Debian.
apt_sources() {
	local site codename suite
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' \
		2>/dev/null | sort -u | while read -r site codename; do
		case $codename in
		*-*) suite=$release-${codename#*-} ;;
		*) suite=$release ;;
		esac
		case $suite in
		"$release" | "$release-updates" | "$release-security") echo "deb $site $suite main" ;;
		esac
	done | sort -u
}

# run_mmdebstrap TARGET OPTION…: its own log goes to a file that is shown on failure
run_mmdebstrap() {
	local target=$1 log=$1.log sources=()
	shift
	mapfile -t sources < <(apt_sources)
	if ! INITRD=No mmdebstrap --format=tar "$@" "$release" "$target" "${sources[@]}" >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "mmdebstrap failed; the whole log is $log"
	fi
	rm -f "$log"
}

packages_options() {
	local path
	echo --variant=minbase
	echo --include="$(package_list "$here/dom0/packages")"
	# GRUB Legacy's kernel hook looks for the disk that it boots from, and fails here.
	echo --dpkgopt=path-exclude='/etc/kernel/*/zz-update-grub'
	for path in '/usr/share/'{doc,man,info,locale,lintian,bug}'/*' \
		{,/usr}'/lib/modules/*/kernel/'{sound,drivers/{gpu,media,infiniband,isdn,staging,net/{wireless,ethernet,can,dsa}}}'/*'; do
		echo "--dpkgopt=path-exclude=$path"
	done
	echo '--aptopt=APT::Install-Recommends "false"'
}

# packages.tar: the Debian packages of dom0, as installed
build_packages() {
	local options=() key
	mapfile -t options < <(packages_options)
	key=$(printf '%s\n' "$release" "${options[@]}" | hash_of)
	packages=$cache/packages-$key.tar
	[ ! -f "$packages" ] || return 0
	begin "downloading and installing dom0's packages (Debian $release)"
	run_mmdebstrap "$packages.new" "${options[@]}"
	mv "$packages.new" "$packages"
	finish
}

# dom0/: dom0.tar (packages and the lab's own files), disk.img, xen, vmlinuz, initrd
build_dom0() {
	local key tmp
	key=$( (basename "$packages"; cd "$here" && find dom0/root build.sh -type f -print0 | sort -z | xargs -0 sha256sum) | hash_of)
	dom0=$cache/dom0-$key
	[ ! -d "$dom0" ] || return 0
	begin "making dom0's disk, kernel and initrd"
	tmp=$dom0.new
	rm -rf "$tmp"
	mkdir -p "$tmp"
	cp --sparse=always "$packages" "$tmp/dom0.tar"
	overlay "$tmp/overlay"
	tar -C "$tmp/overlay" --owner=0 --group=0 --numeric-owner -rf "$tmp/dom0.tar" .
	unpack_and_format "$tmp"
	rm -rf "$tmp/overlay" "$tmp/tree"
	mv "$tmp" "$dom0"
	finish
}

# overlay DIR: the lab's own files of dom0
overlay() {
	local unit units=$1/etc/systemd/system
	mkdir -p "$1"
	cp -r "$here/dom0/root/." "$1/"
	chmod -R u=rwX,go=rX "$1"
	mkdir -p "$units/multi-user.target.wants" "$1/lab"
	ln -s ../lab.service "$units/multi-user.target.wants/lab.service"
	ln -s /lib/systemd/system/multi-user.target "$units/default.target"
	# What a lab never needs, and what would take hvc0 away from Xen's own console log.
	for unit in serial-getty@hvc0.service getty@tty1.service getty.target systemd-timesyncd.service networking.service \
		apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service \
		systemd-hwdb-update.service systemd-journal-flush.service systemd-update-utmp.service \
		systemd-random-seed.service systemd-pstore.service systemd-binfmt.service xendomains.service grub-common.service \
		modprobe@drm.service modprobe@configfs.service modprobe@fuse.service modprobe@efi_pstore.service \
		sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount dev-mqueue.mount; do
		ln -s /dev/null "$units/$unit"
	done
	echo "dom0-$release" >"$1/etc/hostname"
	echo '/dev/vda / ext4 noatime 0 0' >"$1/etc/fstab"
	: >"$1/etc/machine-id"
}

# In fakeroot where we are not root, so that the files in the image belong to root.
unpack_and_format() {
	local as_root=()
	[ "$(id -u)" = 0 ] || as_root=(fakeroot)
	export -f unpack_and_format_as_root make_initrd
	# shellcheck disable=SC2016 # the inner shell's $1
	disk_size=$disk_size PATH=$PATH:/usr/sbin:/sbin "${as_root[@]}" bash -euo pipefail -c 'unpack_and_format_as_root "$1"' - "$1"
}

unpack_and_format_as_root() {
	local tmp=$1 tree=$1/tree
	mkdir "$tree"
	tar -C "$tree" --exclude './dev/*' -xpf "$tmp/dom0.tar"
	mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -E lazy_itable_init=1,root_owner=0:0 -d "$tree" "$tmp/disk.img" "$disk_size" 2>&1 |
		sed "/^Creating regular file/d"
	gunzip -c "$tree"/boot/xen-*-amd64.gz >"$tmp/xen"
	cp "$tree"/boot/vmlinuz-* "$tmp/vmlinuz"
	make_initrd "$tree" "$tmp/initrd"
}

# make_initrd TREE FILE: busybox and the modules that lead to /dev/vda; a tenth of Debian's own, so it starts sooner
make_initrd() {
	local tree=$1 root=$2.tree kernel module
	kernel=$(basename "$tree"/lib/modules/*)
	mkdir -p "$root"/{bin,dev,proc,sys,root,modules}
	cp "$tree/bin/busybox" "$root/bin/busybox"
	{
		echo '#!/bin/busybox sh'
		echo '/bin/busybox mount -t devtmpfs dev /dev'
		modprobe -d "$tree" -S "$kernel" -a --show-depends virtio_pci virtio_blk crc32c_generic ext4 |
			awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r module; do
			case $module in
			*.xz) xz -dc "$module" ;;
			*) cat "$module" ;;
			esac >"$root/modules/$(basename "${module%.[xz]*}")"
			echo "/bin/busybox insmod /modules/$(basename "${module%.[xz]*}")"
		done
		echo 'until [ -b /dev/vda ]; do /bin/busybox usleep 20000; done'
		echo '/bin/busybox mount -t ext4 -o noatime /dev/vda /root'
		echo '/bin/busybox umount /dev'
		echo 'exec /bin/busybox switch_root /root /sbin/init'
	} >"$root/init"
	chmod +x "$root/init"
	(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) >"$2"
	rm -rf "$root"
}

# sysroot/: this release's headers and libraries
build_sysroot() {
	local packages_wanted key tmp
	packages_wanted=$(package_list "$here/dom0/dev-packages")
	key=$(printf '%s\n' "$release" "$packages_wanted" sysroot-2 | hash_of)
	sysroot=$cache/sysroot-$key
	[ ! -d "$sysroot" ] || return 0
	begin "unpacking the headers and libraries of Debian $release"
	tmp=$sysroot.new
	rm -rf "$tmp"
	mkdir -p "$tmp"
	run_mmdebstrap "$tmp.tar" --variant=extract --include="$packages_wanted" '--aptopt=APT::Install-Recommends "false"' \
		--dpkgopt=path-exclude='/usr/share/doc/*' --dpkgopt=path-exclude='/usr/share/man/*'
	tar -C "$tmp" --exclude './dev/*' --no-same-owner -xf "$tmp.tar"
	rm "$tmp.tar"
	merge_usr "$tmp"
	make_links_relative "$tmp"
	mv "$tmp" "$sysroot"
	finish
}

# Newer releases leave /lib and its like to base-files, which is not unpacked here.
merge_usr() {
	local dir
	for dir in bin lib lib64 sbin; do
		[ -e "$1/$dir" ] || ln -s "usr/$dir" "$1/$dir"
	done
}

# Absolute links would lead out of the sysroot.
make_links_relative() {
	local link target
	find "$1" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
		target=$1$(readlink "$link")
		ln -sfn "$(realpath -ms --relative-to="$(dirname "$link")" "$target")" "$link"
	done
}

# Makes what is missing in the cache; two labs of one release do not do it twice at the same time.
build_lab() {
	need_tools
	mkdir -p "$cache"
	exec 8>"$cache/lock"
	flock 8
	build_packages
	build_dom0
	build_sysroot
	touch "$packages" "$dom0" "$sysroot"
	find "$cache" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} +
	exec 8>&-
}
