#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest boots the kernel that it upgrades to, whatever its distribution announces kernels by: each tool is run in the guest's
# own root, and then pygrub reads the guest's image.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # output, stderr and status are set by run; functions set words for others

load helpers

# The base of a root: busybox, which is its shell and all of its small programs.
begin_root() {
	need_root
	need debugfs sfdisk busybox
	chroot / true 2>/dev/null || skip "chroot is not allowed here"
	export XEN_BIGDISK_TEMPLATES=$PWD/templates
	mkdir -p root/{boot,etc,bin,sbin,usr/bin,usr/sbin,usr/lib,var,tmp,dev,proc}
	cp "$(type -P busybox)" root/bin/busybox
	[[ $(LC_ALL=C ldd root/bin/busybox 2>&1) == *"not a dynamic"* ]] || skip "busybox is not static"
	chroot root /bin/busybox --install -s /bin
	printf '%s\n' "$1" >root/etc/os-release
	echo 'root:x:0:0::/root:/bin/sh' >root/etc/passwd
	echo 'root:x:0:' >root/etc/group
	: >root/etc/inittab
	: >root/sbin/ifup
}

# with_program PROGRAM...: this machine's, with its libraries
with_program() {
	local program library
	for program; do
		program=$(type -P "$program") || skip "$program is not installed"
		mkdir -p "root${program%/*}"
		rm -f "root$program"
		cp -L "$program" "root$program"
		while read -r library; do
			mkdir -p "root${library%/*}"
			cp -Lu "$library" "root$library"
		done < <(ldd "$program" 2>/dev/null | grep -oE '/[^ ]+')
	done
}

# kernel PATH INITRAMFS: both below root
kernel() {
	mkdir -p "root${1%/*}" "root${2%/*}"
	echo "kernel $1" >"root$1"
	echo "initramfs $2" >"root$2"
}

# guest [ARGUMENTS OF NEW]: web01 from root, which becomes the root of the guest: all that `new` has put into it
guest() {
	tar -C root --numeric-owner --owner=0 --group=0 -cf root.tar .
	"$bigdisk" template import --quiet web root.tar 2>/dev/null
	made web01 --template web --quiet --no-start --dir d --size 64M --boot-sector none "$@"
	rm -rf root && mkdir root
	"$bigdisk" tar --quiet --dir d web01:/ - | tar -C root -xf -
	uuid=$(blkid -p -O "$(root_offset d/web01.img)" -o value -s UUID d/web01.img)
}

# inside COMMAND...: in the guest; it must succeed
inside() {
	echo 0123456789abcdef0123456789abcdef >root/etc/machine-id # since its first boot
	run --separate-stderr chroot root "$@"
	printf '%s\n' "$ $*" "-> status $status" "$output" "$stderr"
	[[ $status -eq 0 ]] || fail "status $status"
}

# boots KERNEL INITRAMFS [MORE ARGUMENTS]: what pygrub takes out of the guest's image, after what was done in its root
boots() {
	[[ $(sed -n 's/^\s*linux\s\+\(\S*\).*/\1/p' root/boot/grub/grub.cfg | head -n 1) == "$1" ]] || fail "not first: $1"
	cp "root$1" kernel
	cp "root$2" initramfs
	"$bigdisk" rm --quiet --yes --recursive --dir d web01:/boot
	mkdir -p root/usr/lib
	tar -C root -cf boot.tar boot usr/lib
	"$bigdisk" tar --quiet --dir d boot.tar web01:/
	local pygrub
	pygrub=$(type -P pygrub || compgen -G '/usr/lib/xen*/bin/pygrub' | head -n 1)
	[[ -n $pygrub ]] || skip "pygrub (xen-utils) is not installed"
	rm -rf out && mkdir out
	run --separate-stderr "$pygrub" -q --output-directory="$PWD/out" --output-format=simple d/web01.img
	echo "$output" "$stderr"
	[[ $status -eq 0 ]]
	cmp kernel "$(sed -n 's/^kernel //p' <<<"$output")"
	cmp initramfs "$(sed -n 's/^ramdisk //p' <<<"$output")"
	[[ $(sed -n 's/^args //p' <<<"$output") == "root=UUID=$uuid ro quiet ${3:+$3 }console=tty0 console=ttyS0 console=hvc0" ]] ||
		fail "arguments"
}

is_quiet() {
	[[ -z $output && -z $stderr ]] || fail "there is output"
}

entry_count() {
	[[ $(grep -c '^menuentry' root/boot/grub/grub.cfg) -eq $1 ]] || fail "not $1 entries"
}

# --- kernel-install: Fedora, Rocky, openSUSE's systemd-boot -----------------------------------------------------------

with_kernel_install() {
	with_program kernel-install mountpoint install # these two may be missing in busybox
	mkdir -p root/usr/lib/kernel/install.d root/etc/kernel
	cp /usr/lib/kernel/install.d/90-loaderentry.install root/usr/lib/kernel/install.d/
	echo "root=x" >root/etc/kernel/cmdline
}

# What Fedora's 20-grub.install does with the files in /boot.
with_plugin_of_grub() {
	cat >root/usr/lib/kernel/install.d/20-grub.install <<-'END'
		#!/bin/sh
		case $1 in
		add) cp "$4" "/boot/vmlinuz-$2" ;;
		remove) rm -f "/boot/vmlinuz-$2" ;;
		esac
	END
}

# And what its 50-dracut.install does.
with_plugins_of_fedora() {
	with_plugin_of_grub
	cat >root/usr/lib/kernel/install.d/50-dracut.install <<-'END'
		#!/bin/sh
		case $1 in
		add) echo "initramfs $2" >"/boot/initramfs-$2.img" ;;
		remove) rm -f "/boot/initramfs-$2.img" ;;
		esac
	END
	chmod 755 root/usr/lib/kernel/install.d/*
}

@test "kernel-install, with kernels in /boot as Fedora and Rocky have them" {
	begin_root ID=fedora
	with_kernel_install
	with_plugins_of_fedora
	kernel /boot/vmlinuz-6.5.6-300.fc39.x86_64 /boot/initramfs-6.5.6-300.fc39.x86_64.img
	kernel /boot/vmlinuz-0-rescue-0123456789abcdef0123456789abcdef /boot/initramfs-0-rescue-0123456789abcdef0123456789abcdef.img
	guest
	[[ -z $stderr ]]
	mkdir -p root/lib/modules/6.11.4-301.fc41.x86_64
	echo new >root/lib/modules/6.11.4-301.fc41.x86_64/vmlinuz
	inside kernel-install add 6.11.4-301.fc41.x86_64 /lib/modules/6.11.4-301.fc41.x86_64/vmlinuz
	is_quiet
	entry_count 3
	boots /boot/vmlinuz-6.11.4-301.fc41.x86_64 /boot/initramfs-6.11.4-301.fc41.x86_64.img
	inside kernel-install remove 6.11.4-301.fc41.x86_64
	is_quiet
	entry_count 2
	boots /boot/vmlinuz-6.5.6-300.fc39.x86_64 /boot/initramfs-6.5.6-300.fc39.x86_64.img
	inside kernel-install --verbose add 6.11.4-301.fc41.x86_64 /lib/modules/6.11.4-301.fc41.x86_64/vmlinuz
	[[ $stderr == *"the next boot uses /boot/vmlinuz-6.11.4-301.fc41.x86_64"* ]]
}

@test "kernel-install, with the layout bls" {
	begin_root ID=fedora
	with_kernel_install
	local bls=/boot/0123456789abcdef0123456789abcdef
	kernel $bls/6.5.6-300.fc39.x86_64/linux $bls/6.5.6-300.fc39.x86_64/initrd
	guest
	mkdir -p root/usr/lib/modules/6.11.4-301.fc41.x86_64
	echo new >root/usr/lib/modules/6.11.4-301.fc41.x86_64/vmlinuz
	echo initramfs >root/tmp/initrd
	inside kernel-install add 6.11.4-301.fc41.x86_64 /usr/lib/modules/6.11.4-301.fc41.x86_64/vmlinuz /tmp/initrd
	is_quiet
	entry_count 2
	boots $bls/6.11.4-301.fc41.x86_64/linux $bls/6.11.4-301.fc41.x86_64/initrd
	# Its folder is removed after the plugins were called, and the packages' own file later still.
	inside kernel-install remove 6.11.4-301.fc41.x86_64
	is_quiet
	entry_count 1
	boots $bls/6.5.6-300.fc39.x86_64/linux $bls/6.5.6-300.fc39.x86_64/initrd
}

@test "kernel-install goes on where the entries cannot be written, with one line" {
	begin_root ID=fedora
	with_kernel_install
	with_plugins_of_fedora
	kernel /boot/vmlinuz-6.5.6-300.fc39.x86_64 /boot/initramfs-6.5.6-300.fc39.x86_64.img
	guest
	echo new >root/tmp/vmlinuz
	mkdir root/boot/grub/grub.cfg.xen-bigdisk
	inside kernel-install add 6.11.4 /tmp/vmlinuz
	[[ $(grep -c '^xen-bigdisk: warning: ' <<<"$stderr") -eq 1 ]]
}

# --- pacman: Arch -----------------------------------------------------------------------------------------------------

# package NAME VERSION: what Arch's package of a kernel holds, NAME-VERSION.pkg.tar
package() {
	mkdir -p "pkg/usr/lib/modules/$2"
	printf '%s\n' "pkgname = $1" "pkgver = ${2//-/.}-1" "pkgdesc = a kernel" "arch = any" "size = 1" >pkg/.PKGINFO
	echo "kernel $2" >"pkg/usr/lib/modules/$2/vmlinuz"
	[[ -z ${kernel_base-} ]] || echo "$kernel_base" >"pkg/usr/lib/modules/$2/pkgbase"
	tar -C pkg -cf "$1-$2.pkg.tar" .PKGINFO usr
	rm -r pkg
}

# What mkinitcpio's hooks do when a kernel is installed and removed.
with_mkinitcpio() {
	mkdir -p root/usr/share/libalpm/hooks
	printf '%s\n' '[Trigger]' 'Type = Path' 'Operation = Install' 'Operation = Upgrade' 'Target = usr/lib/modules/*/vmlinuz' \
		'[Action]' 'When = PostTransaction' 'NeedsTargets' 'Exec = /usr/bin/mkinitcpio' \
		>root/usr/share/libalpm/hooks/90-mkinitcpio-install.hook
	cat >root/usr/bin/mkinitcpio <<-'END'
		#!/bin/sh
		while read -r kernel; do
			read -r base <"/${kernel%/*}/pkgbase"
			cp "/$kernel" "/boot/vmlinuz-$base"
			echo "initramfs of $kernel" >"/boot/initramfs-$base.img"
		done
	END
	chmod 755 root/usr/bin/mkinitcpio
}

run_pacman() {
	run --separate-stderr pacman --root root --dbpath root/var/lib/pacman --cachedir root/var/cache \
		--hookdir root/usr/share/libalpm/hooks --hookdir root/etc/pacman.d/hooks --logfile root/var/log/pacman.log \
		--config /dev/null --noconfirm --noscriptlet "$@"
	printf '%s\n' "$ pacman $*" "-> status $status" "$output" "$stderr"
	[[ $status -eq 0 ]] || fail "status $status"
	# The hooks' own lines.
	! grep -E 'xen-bigdisk|error' <<<"$output$stderr" || fail "there is output"
}

arch() {
	need pacman
	begin_root ID=arch
	mkdir -p root/var/{lib/pacman,cache,log} root/usr/share/libalpm/hooks
	: >root/usr/bin/pacman # what is run is this machine's, which changes to the root for the hooks
}

@test "pacman, with mkinitcpio's names of kernels" {
	arch
	with_mkinitcpio
	kernel /boot/vmlinuz-linux /boot/initramfs-linux.img
	guest
	[[ -z $stderr ]]
	kernel_base=linux-zen package linux-zen 6.11.5-zen1
	run_pacman -U linux-zen-6.11.5-zen1.pkg.tar
	entry_count 2
	boots /boot/vmlinuz-linux-zen /boot/initramfs-linux-zen.img
	rm root/boot/*-linux-zen*
	run_pacman -R linux-zen
	entry_count 1
	boots /boot/vmlinuz-linux /boot/initramfs-linux.img
}

@test "pacman, with the kernel where its package has it and an initramfs of dracut" {
	arch
	kernel /usr/lib/modules/6.9.1-arch1-1/vmlinuz /boot/initramfs-6.9.1-arch1-1.img
	guest
	package linux 6.11.5-arch1-1
	echo initramfs >root/boot/initramfs-6.11.5-arch1-1.img
	run_pacman -U linux-6.11.5-arch1-1.pkg.tar
	boots /usr/lib/modules/6.11.5-arch1-1/vmlinuz /boot/initramfs-6.11.5-arch1-1.img
	run_pacman -R linux
	boots /usr/lib/modules/6.9.1-arch1-1/vmlinuz /boot/initramfs-6.9.1-arch1-1.img
}

# --- Alpine, Void -----------------------------------------------------------------------------------------------------

@test "Alpine's kernel-hooks, under busybox" {
	begin_root ID=alpine
	: >root/sbin/apk
	kernel /boot/vmlinuz-lts /boot/initramfs-lts
	guest
	[[ -z $stderr ]]
	# As its trigger calls what is executable in that folder: the flavour, the new version and the old one.
	kernel /boot/vmlinuz-virt /boot/initramfs-virt
	inside /etc/kernel-hooks.d/xen-bigdisk.hook virt 6.6.58-r0 ''
	is_quiet
	boots /boot/vmlinuz-virt /boot/initramfs-virt
	rm root/boot/*-virt
	inside /etc/kernel-hooks.d/xen-bigdisk.hook virt '' 6.6.58-r0
	is_quiet
	boots /boot/vmlinuz-lts /boot/initramfs-lts
}

@test "Void's hooks, which are called with a package and a version" {
	begin_root ID=void
	mkdir -p root/etc/kernel.d/post-install
	kernel /boot/vmlinuz-6.6.52_1 /boot/initramfs-6.6.52_1.img
	guest
	kernel /boot/vmlinuz-6.6.58_1 /boot/initramfs-6.6.58_1.img
	inside /etc/kernel.d/post-install/zz-xen-bigdisk linux6.6 6.6.58_1
	is_quiet
	boots /boot/vmlinuz-6.6.58_1 /boot/initramfs-6.6.58_1.img
	rm root/boot/*-6.6.58_1*
	inside /etc/kernel.d/post-remove/zz-xen-bigdisk linux6.6 6.6.58_1
	boots /boot/vmlinuz-6.6.52_1 /boot/initramfs-6.6.52_1.img
}

# --- grub-mkconfig: Debian, Ubuntu, SUSE -------------------------------------------------------------------------------

# This machine's grub-mkconfig with all of its scripts. What its grub-probe answers is what it would in the guest.
with_grub_mkconfig() {
	need grub-mkconfig
	with_program grub-mkconfig grub-script-check grub-mkrelpath grub-editenv dpkg
	mkdir -p root/{etc/default,usr/share,usr/lib}
	cp -r /etc/grub.d root/etc/
	cp -rL /usr/share/grub root/usr/share/
	cat >root/usr/sbin/grub-probe <<-'END'
		#!/bin/sh
		case "$*" in
		*--target=device*) echo /dev/xvda1 ;;
		*--target=fs_uuid*) sed -n 's/^UUID=\([^ \t]*\)[ \t].*/\1/p' /etc/fstab | head -n 1 ;;
		*--target=partuuid*) echo 0a1b2c3d-01 ;;
		*--target=fs*) echo ext2 ;;
		*--target=partmap*) echo msdos ;;
		*--target=abstraction*) ;;
		*) echo hd0,msdos1 ;;
		esac
	END
	chmod 755 root/usr/sbin/grub-probe
	printf '%s\n' 'GRUB_DEFAULT=0' 'GRUB_TIMEOUT=5' 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"' \
		'GRUB_CMDLINE_LINUX="net.ifnames=0 console=ttyS0,115200"' >root/etc/default/grub
}

@test "a guest's own grub-mkconfig, as Debian's kernels call it, writes what pygrub reads, with our arguments and its own" {
	begin_root ID=debian
	mkdir -p root/etc/kernel/postinst.d root/var/lib/dpkg
	with_grub_mkconfig
	kernel /boot/vmlinuz-6.1.0-9-amd64 /boot/initrd.img-6.1.0-9-amd64
	guest
	kernel /boot/vmlinuz-6.1.0-10-amd64 /boot/initrd.img-6.1.0-10-amd64
	local more="net.ifnames=0 console=ttyS0,115200"
	# zz-update-grub comes before zz-xen-bigdisk.
	inside grub-mkconfig -o /boot/grub/grub.cfg
	grep -q "^### BEGIN /etc/grub.d/10_linux ###" root/boot/grub/grub.cfg
	cp root/boot/grub/grub.cfg before
	inside /etc/kernel/postinst.d/zz-xen-bigdisk 6.1.0-10-amd64 /boot/vmlinuz-6.1.0-10-amd64
	is_quiet
	cmp before root/boot/grub/grub.cfg
	boots /boot/vmlinuz-6.1.0-10-amd64 /boot/initrd.img-6.1.0-10-amd64 "$more"
	[[ $(grep '^menuentry' root/boot/grub/grub.cfg | head -n 2) == "menuentry 'web01' {
menuentry 'web01, Linux 6.1.0-9-amd64' {" ]]
	# What the administrator sets there counts, and so does what he takes away.
	sed -i 's/^GRUB_CMDLINE_LINUX=.*/GRUB_CMDLINE_LINUX="mitigations=off root=\/dev\/sda9"/' root/etc/default/grub
	rm root/boot/*-6.1.0-10-amd64
	inside grub-mkconfig -o /boot/grub/grub.cfg
	boots /boot/vmlinuz-6.1.0-9-amd64 /boot/initrd.img-6.1.0-9-amd64 mitigations=off
}

@test "a kernel that comes without a run of grub-mkconfig is first in what grub-mkconfig wrote" {
	begin_root ID=debian
	mkdir -p root/etc/kernel/postinst.d root/var/lib/dpkg
	with_grub_mkconfig
	kernel /boot/vmlinuz-6.1.0-9-amd64 /boot/initrd.img-6.1.0-9-amd64
	guest
	inside grub-mkconfig -o /boot/grub/grub.cfg
	cp root/boot/grub/grub.cfg before
	kernel /boot/vmlinuz-6.1.0-10-amd64 /boot/initrd.img-6.1.0-10-amd64
	inside /etc/kernel/postinst.d/zz-xen-bigdisk 6.1.0-10-amd64 /boot/vmlinuz-6.1.0-10-amd64
	[[ $stderr == "xen-bigdisk: /boot/grub/grub.cfg: the next boot uses /boot/vmlinuz-6.1.0-10-amd64" ]]
	boots /boot/vmlinuz-6.1.0-10-amd64 /boot/initrd.img-6.1.0-10-amd64 "net.ifnames=0 console=ttyS0,115200"
	rm root/boot/*-6.1.0-10-amd64
	inside /etc/kernel/postrm.d/zz-xen-bigdisk 6.1.0-10-amd64 /boot/vmlinuz-6.1.0-10-amd64
	cmp before root/boot/grub/grub.cfg
}

@test "SUSE's update-bootloader runs grub2-mkconfig, whose file is another than the one that is booted" {
	begin_root ID=opensuse-leap
	with_grub_mkconfig
	mkdir -p root/usr/lib/bootloader root/boot/grub2
	: >root/usr/lib/bootloader/bootloader_entry
	kernel /boot/vmlinuz-6.4.0-150600.21-default /boot/initrd-6.4.0-150600.21-default
	guest
	[[ -z $stderr ]]
	kernel /boot/vmlinuz-6.4.0-150600.23.25-default /boot/initrd-6.4.0-150600.23.25-default
	inside grub-mkconfig -o /boot/grub2/grub.cfg
	boots /boot/vmlinuz-6.4.0-150600.23.25-default /boot/initrd-6.4.0-150600.23.25-default
	rm root/boot/*-6.4.0-150600.23.25-default
	inside grub-mkconfig -o /boot/grub2/grub.cfg
	boots /boot/vmlinuz-6.4.0-150600.21-default /boot/initrd-6.4.0-150600.21-default
	[[ $(grep -c '^menuentry' root/boot/grub2/grub.cfg) -ge 1 ]]
}

# --- Ubuntu -----------------------------------------------------------------------------------------------------------

@test "Ubuntu's links to kernels do not decide: the newest is first, and what is called .old is none" {
	begin_root ID=ubuntu
	mkdir -p root/etc/kernel/postinst.d
	kernel /boot/vmlinuz-6.8.0-41-generic /boot/initrd.img-6.8.0-41-generic
	kernel /boot/vmlinuz-6.8.0-45-generic /boot/initrd.img-6.8.0-45-generic
	ln -s vmlinuz-6.8.0-41-generic root/boot/vmlinuz
	ln -s initrd.img-6.8.0-41-generic root/boot/initrd.img
	ln -s vmlinuz-6.8.0-45-generic root/boot/vmlinuz.old
	ln -s initrd.img-6.8.0-45-generic root/boot/initrd.img.old
	guest
	boots /boot/vmlinuz-6.8.0-45-generic /boot/initrd.img-6.8.0-45-generic
	kernel /boot/vmlinuz-6.11.0-8-generic /boot/initrd.img-6.11.0-8-generic
	inside /etc/kernel/postinst.d/zz-xen-bigdisk 6.11.0-8-generic /boot/vmlinuz-6.11.0-8-generic
	entry_count 3
	boots /boot/vmlinuz-6.11.0-8-generic /boot/initrd.img-6.11.0-8-generic
}

# --- what is not there ------------------------------------------------------------------------------------------------

@test "a root gets only the hooks of what is in it" {
	begin_root ID=other
	kernel /boot/vmlinuz-6.1.0 /boot/initrd.img-6.1.0
	guest
	[[ $stderr == *"web01 boots /boot/vmlinuz-6.1.0 until"* ]]
	holds root/etc os-release fstab hostname hosts passwd group inittab network interfaces
	begin_root ID=arch
	mkdir -p root/usr/bin
	: >root/usr/bin/pacman
	rm -rf templates d && mkdir d
	guest
	[[ -z $stderr ]]
	[[ -e root/etc/pacman.d/hooks/zz-xen-bigdisk.hook && ! -e root/etc/kernel && ! -e root/etc/kernel-hooks.d ]]
}

# --- dracut itself -----------------------------------------------------------------------------------------------------

# The guest's root lies over this machine's, which has dracut and what that calls; but for /boot and its hooks.
begin_root_over_this() {
	need_root
	need debugfs sfdisk setfattr dracut cpio
	[[ -L /bin ]] || skip "this machine's /bin is not in /usr"
	export XEN_BIGDISK_TEMPLATES=$PWD/templates
	version=$(cd /lib/modules && printf '%s\n' */ | sort -V | tail -n 1)
	version=${version%/}
	[[ -f /boot/vmlinuz-$version && -f /lib/modules/$version/modules.dep ]] || skip "this machine has no kernel with its modules"
	mkdir -p root/{boot,etc/kernel,etc/dracut.conf.d,usr/bin,usr/sbin,usr/lib/kernel/install.d,run,tmp,var/tmp}
	ln -s usr/bin usr/sbin usr/lib root/
	echo 'ID=fedora' >root/etc/os-release
	echo 'root=x' >root/etc/kernel/cmdline
	: >root/etc/inittab
	: >root/usr/sbin/ifup
	cp "$(type -P kernel-install || echo /nowhere)" root/usr/bin/ || skip "kernel-install is not installed"
	cp /usr/lib/kernel/install.d/90-loaderentry.install root/usr/lib/kernel/install.d/
	# Debian's package leaves it out; what it does is this.
	cp /usr/lib/kernel/install.d/50-dracut.install root/usr/lib/kernel/install.d/ 2>/dev/null ||
		cat >root/usr/lib/kernel/install.d/50-dracut.install <<-'END'
			#!/bin/sh
			initramfs=/boot/initramfs-$2.img
			[ ! -d "$3" ] || initramfs=$3/initrd
			case $1 in
			add) exec dracut -f "$initramfs" "$2" ;;
			remove) exec rm -f "$initramfs" ;;
			esac
		END
	chmod 755 root/usr/lib/kernel/install.d/*
	echo 'hostonly="no" dracutmodules="base kernel-modules rootfs-block" drivers="xen-blkfront ext4" compress="gzip"' >root/etc/dracut.conf.d/test.conf
}

# inside_over_this COMMAND...: as inside
inside_over_this() {
	local folder
	echo 0123456789abcdef0123456789abcdef >root/etc/machine-id
	for folder in boot etc/kernel etc/dracut.conf.d usr/lib/kernel/install.d; do
		setfattr -n trusted.overlay.opaque -v y "root/$folder"
	done
	mkdir -p work all
	# shellcheck disable=SC2016 # for that shell
	run --separate-stderr unshare -m bash -ec '
		mount -t overlay -o "lowerdir=/,upperdir=$PWD/root,workdir=$PWD/work" guest all || exit 77
		for folder in proc sys dev; do mount --rbind "/$folder" "all/$folder"; done
		exec chroot all "$@"' "" "$@"
	printf '%s\n' "$ $*" "-> status $status" "$output" "$stderr"
	[[ $status -ne 77 ]] || skip "no overlay filesystem here"
	[[ $status -eq 0 ]] || fail "status $status"
}

# Some ten seconds of work, so that make check has it, too.
# bats test_tags=slow
@test "kernel-install with dracut itself, whose initramfs is the one that is booted" {
	begin_root_over_this
	kernel /boot/vmlinuz-5.9.0 /boot/initramfs-5.9.0.img
	with_plugin_of_grub
	chmod 755 root/usr/lib/kernel/install.d/20-grub.install
	guest
	mkdir -p root/opt
	cp "/boot/vmlinuz-$version" root/opt/vmlinuz
	inside_over_this kernel-install add "$version" /opt/vmlinuz
	entry_count 2
	# It is dracut's, with the driver in it.
	zcat "root/boot/initramfs-$version.img" | cpio -t 2>/dev/null >files
	grep -q 'xen-blkfront.ko' files
	grep -qx 'usr/lib/dracut/modules.txt' files
	boots "/boot/vmlinuz-$version" "/boot/initramfs-$version.img"
	inside_over_this kernel-install remove "$version"
	entry_count 1
	[[ ! -e root/boot/initramfs-$version.img ]]
	boots /boot/vmlinuz-5.9.0 /boot/initramfs-5.9.0.img
}
