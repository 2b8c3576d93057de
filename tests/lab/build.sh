# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# How a lab is made: packages → dom0.tar → template → disk, by the checkout's own xen-bigdisk; the sysroot that the product
# is built in for dom0 where that gets no packages; and the Debian templates that the tests make guests of.
# Sourced by `lab`, which sets $here, $top, $cache, $release and $kind ("cluster-" for a node of the cluster, else ""). Everything
# lands in the cache, under a name that is a hash
# of its recipe, written under a temporary name first.

# What the sourcing script sets, for shellcheck.
: "${here:=}" "${top:=}" "${cache:=}" "${release:=}" "${xen_version:=}" "${share:=}" "${kind:=}"

disk_size=16G
# Of a kernel, what no machine of the lab has a use for.
unused_modules=({,/usr}'/lib/modules/*/kernel/'{sound,drivers/{gpu,media,infiniband,isdn,staging,net/{wireless,ethernet,can,dsa}}}'/*')

# The Debian packages that the lab needs on the host.
host_packages() {
	echo qemu-system-x86 seabios mmdebstrap grub-common grub-pc-bin cpio kmod xz-utils python3 util-linux
	[ "$(id -u)" = 0 ] || echo uidmap
}

need_tools() {
	local tool missing=() tools=(qemu-system-x86_64 mmdebstrap grub-mkimage cpio modprobe xz python3 setpriv)
	[ "$(id -u)" = 0 ] || tools+=(newuidmap)
	for tool in "${tools[@]}"; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[ ${#missing[@]} = 0 ] ||
		die "the lab needs ${missing[*]}: apt-get install $(host_packages | xargs)"
}

# package_list FILE…: the packages of this release, separated by commas
package_list() {
	awk -v release="$release" '!/^#/ && NF && (NF == 1 || $2 == release) { print $1 }' "$@" | paste -sd,
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
	echo --include="$(package_list "$here/dom0/packages" ${kind:+"$here/dom0/cluster-packages"})"
	# GRUB Legacy's kernel hook looks for the disk that it boots from, and fails here.
	echo --dpkgopt=path-exclude='/etc/kernel/*/zz-update-grub'
	for path in '/usr/share/'{doc,man,info,locale,lintian,bug}'/*' "${unused_modules[@]}"; do
		echo "--dpkgopt=path-exclude=$path"
	done
	echo '--aptopt=APT::Install-Recommends "false"'
}

# packages.tar: the Debian packages of dom0, as installed
build_packages() {
	local options=() key
	mapfile -t options < <(packages_options)
	key=$(printf '%s\n' "$release" "${options[@]}" | hash_of)
	packages=$cache/${kind}packages-$key.tar
	[ ! -f "$packages" ] || return 0
	begin "downloading and installing dom0's packages (Debian $release)"
	run_mmdebstrap "$packages.new" "${options[@]}"
	mv "$packages.new" "$packages"
	finish
}

# The program that makes the disks: $XEN_BIGDISK, else this checkout's.
build_program() {
	local folder=build/lab/host
	program=${XEN_BIGDISK-}
	[ -z "$program" ] || return 0
	program=$top/$folder/xen-bigdisk
	mkdir -p "$top/$folder"
	begin "building xen-bigdisk for this machine"
	# Not the flags of a `make` that this runs in; one at a time.
	if ! env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL flock "$top/$folder" \
		make -C "$top" -j"$(nproc)" BUILD="$folder" program >"$top/$folder.log" 2>&1; then
		tail -n 20 "$top/$folder.log" >&2
		die "the build of xen-bigdisk failed; the whole log is $top/$folder.log"
	fi
	finish
}

# dom0/disk.img: the Debian packages and the lab's own files, on a disk that boots Xen by its boot sector
build_dom0() {
	local key tmp
	key=$( (basename "$packages"; sha256sum <"$program"
		cd "$here" && find dom0/root build.sh -type f -print0 | sort -z | xargs -0 sha256sum) | hash_of)
	dom0=$cache/${kind}dom0-$key
	[ ! -d "$dom0" ] || return 0
	begin "making dom0's disk with xen-bigdisk"
	tmp=$dom0.new
	rm -rf "$tmp"
	mkdir -p "$tmp"
	overlay "$tmp/overlay"
	make_initrd "$tmp/overlay/boot/lab-initrd"
	cp "$packages" "$tmp/dom0.tar"
	tar -C "$tmp/overlay" --owner=0 --group=0 --numeric-owner -rf "$tmp/dom0.tar" .
	make_disk "$tmp"
	rm -rf "$tmp/overlay" "$tmp/dom0.tar" "$tmp/templates"
	mv "$tmp" "$dom0"
	finish
}

# make_disk DIR: DIR/dom0.tar becomes a template, and that DIR/disk.img
make_disk() {
	local dir=$1 log=$1.log
	if ! { "$program" template import dom0 "$dir/dom0.tar" --own-grub-cfg --templates "$dir/templates" &&
		"$program" new "dom0-$release" --template dom0 --templates "$dir/templates" --dir "$dir" \
			--size "$disk_size" --no-net --no-start; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		die "xen-bigdisk could not make dom0's disk; the whole log is $log"
	fi
	mv "$dir/dom0-$release.img" "$dir/disk.img"
	rm "$dir/dom0-$release.cfg" "$log"
}

# overlay DIR: the lab's own files of dom0
overlay() {
	local unit units=$1/etc/systemd/system
	mkdir -p "$1"
	cp -r "$here/dom0/root/." "$1/"
	chmod -R u=rwX,go=rX "$1"
	mkdir -p "$units/multi-user.target.wants" "$1/lab" "$1/boot/grub"
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
	grub_cfg >"$1/boot/grub/grub.cfg"
}

# Xen, its dom0 and the lab's initrd, at once; "placeholder" is where both drop the name of their own file.
# badpage: the last MiB of RAM, where SeaBIOS' code ran. A page of which QEMU has translated code is slow to write to until
# that very code is overwritten; with Xen's busiest data in one of them, dom0 and the first guest took ten times as long.
grub_cfg() {
	cat <<-EOF
		serial --unit=0 --speed=115200
		terminal_output serial
		terminal_input serial
		insmod gzio
		multiboot2 /boot/xen-$xen_version-amd64.gz placeholder console=com1 com1=115200 dom0_mem=1536M,max:1536M \\
			dom0=pv spec-ctrl=no xpti=no edid=no edd=off badpage=0xbff00-0xbffff
		module2 /vmlinuz placeholder root=/dev/vda1 rw console=hvc0 mitigations=off apparmor=0 audit=0 panic=1
		module2 /boot/lab-initrd
		boot
	EOF
}

# make_initrd FILE: busybox and the modules that lead to /dev/vda1; a tenth of Debian's own, so it starts sooner
make_initrd() {
	local tree=$1.packages root=$1.tree kernel module
	mkdir -p "$tree" "$root"/{bin,dev,proc,sys,root,modules}
	tar -C "$tree" -xf "$packages" ./usr/lib/modules ./usr/bin/busybox
	ln -s usr/lib "$tree/lib"
	kernel=$(basename "$tree"/lib/modules/*)
	cp "$tree/usr/bin/busybox" "$root/bin/busybox"
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
		echo 'until [ -b /dev/vda1 ]; do /bin/busybox usleep 20000; done'
		echo '/bin/busybox mount -t ext3 -o noatime /dev/vda1 /root'
		echo '/bin/busybox umount /dev'
		echo 'exec /bin/busybox switch_root /root /sbin/init'
	} >"$root/init"
	chmod +x "$root/init"
	(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) >"$1"
	rm -rf "$tree" "$root"
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

# build_template NAME: the template of the recipe NAME, in $template_folder/NAME; both releases share it
build_template() {
	local key folder=$cache/../templates
	mkdir -p "$folder"
	exec 8>"$folder/lock"
	flock 8
	# Not the whole program: a build takes minutes, and the rest of it has no part in one.
	key=$(cd "$top" && cat "templates/$1.json" provision/{base,template}/*.[ch] | hash_of)
	template_folder=$folder/$1-$key
	if [ ! -d "$template_folder" ]; then
		begin "building the template $1"
		rm -rf "$template_folder.new"
		if ! "$program" template build "$1" --templates "$template_folder.new" >"$folder/$1.log" 2>&1; then
			tail -n 20 "$folder/$1.log" >&2
			die "the template $1 could not be built; the whole log is $folder/$1.log"
		fi
		mv "$template_folder.new" "$template_folder"
		finish
	fi
	touch "$template_folder"
	clean_cache "$folder" "$1"
	exec 8>&-
}

# share_templates NAME…: Debian templates, for dom0 in /lab/templates
share_templates() {
	local name
	build_program
	rm -rf "$share/templates"
	mkdir -p "$share/templates"
	for name; do
		build_template "$name"
		# Links where they can be made.
		cp -al "$template_folder/$name" "$share/templates/" 2>/dev/null ||
			cp -a "$template_folder/$name" "$share/templates/"
	done
}

# apt_get DIR ARGUMENT…: of this release, with all of its state in DIR
apt_get() {
	local dir=$1 keyrings=/usr/share/keyrings
	shift
	[ -e "$keyrings/debian-archive-keyring.gpg" ] || keyrings=/etc/apt/trusted.gpg.d
	mkdir -p "$dir"/{lists/partial,cache/archives/partial}
	touch "$dir/status" "$dir/apt.conf"
	apt_sources >"$dir/sources.list"
	# On a machine with other sources than Debian's: those that mmdebstrap took for dom0.
	[ -s "$dir/sources.list" ] || tar -xOf "$packages" ./etc/apt/sources.list >"$dir/sources.list"
	APT_CONFIG=$dir/apt.conf apt-get -q -o Dir::State="$dir" -o Dir::State::status="$dir/status" -o Dir::Cache="$dir/cache" \
		-o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=- -o Dir::Etc::TrustedParts="$keyrings" \
		-o APT::Architecture=amd64 -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# repack FOLDER FILE: Debian's own package in the folder, but for modules that a guest of the lab never loads: an emulated
# machine takes minutes over what a real one does in seconds
repack() {
	find "$1" -name '*.ko*' ! -name 'xen-blkfront.*' ! -name 'xen-netfront.*' ! -name 'autofs4.*' ! -name 'configfs.*' \
		! -name 'fuse.*' ! -name 'crc*' ! -name 'libcrc32c.*' ! -name 'ext4.*' ! -name 'jbd2.*' ! -name 'mbcache.*' -delete
	rm -rf "${1:?}/usr/share" "$1"/boot/System.map-* "$1/DEBIAN/md5sums"
	dpkg-deb --root-owner-group -Znone -b "$1" "$2" >/dev/null
}

# kernel.deb: a kernel that a guest of this release's Debian can upgrade to, with its own maintainer scripts. Its ABI's name
# ("-cloud-amd64") comes after that of the kernel which the templates have.
build_kernel() {
	local key tmp name
	key=$( (echo "$release"; declare -f apt_get repack build_kernel) | hash_of)
	kernel=$cache/kernel-$key.deb
	[ ! -f "$kernel" ] || return 0
	begin "downloading a second kernel (Debian $release)"
	tmp=$kernel.new
	rm -rf "$tmp"
	if ! { mkdir "$tmp" && apt_get "$tmp" update && apt_get "$tmp" --download-only --no-install-recommends -y \
		install linux-image-cloud-amd64; } >"$kernel.log" 2>&1; then
		tail -n 20 "$kernel.log" >&2
		die "no kernel package could be downloaded; the whole log is $kernel.log"
	fi
	name=$(echo "$tmp"/cache/archives/linux-image-[0-9]*-cloud-amd64_*.deb)
	dpkg-deb -R "$name" "$tmp/package"
	repack "$tmp/package" "$tmp/kernel.deb"
	mv "$tmp/kernel.deb" "$kernel"
	rm -rf "$tmp" "$kernel.log"
	finish
}

# For dom0 in /lab/kernel.deb.
share_kernel() {
	mkdir -p "$cache"
	exec 8>"$cache/lock"
	flock 8
	build_kernel
	touch "$kernel"
	clean_cache "$cache" kernel
	exec 8>&-
	cp "$kernel" "$share/kernel.deb"
}

# clean_cache FOLDER KIND…: the two newest of each kind stay; what a run that was killed left behind goes, and what has
# not been used for a month
clean_cache() {
	local folder=$1 kind old
	shift
	rm -rf "$folder"/*.new "$folder"/*.new.*
	for kind; do
		find "$folder" -mindepth 1 -maxdepth 1 -name "$kind-*" -printf '%T@ %p\n' | sort -rn | tail -n +3 | cut -d' ' -f2- |
			while IFS= read -r old; do rm -rf "$old"; done
	done
	find "$folder" -mindepth 1 -maxdepth 1 ! -name lock -mtime +30 -exec rm -rf {} +
}

# Makes what is missing in the cache; two labs of one release do not do it twice at the same time.
build_lab() {
	need_tools
	mkdir -p "$cache"
	build_program
	exec 8>"$cache/lock"
	flock 8
	build_packages
	build_dom0
	if ! installs_packages; then
		build_sysroot
		touch "$sysroot"
	fi
	touch "$packages" "$dom0"
	clean_cache "$cache" "${kind}packages" "${kind}dom0" sysroot
	exec 8>&-
}
