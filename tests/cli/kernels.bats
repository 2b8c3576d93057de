#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest boots the kernel that it upgrades to: the hooks that `new` puts into it, run here on a copy of its root.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# kernel VERSION [FILE-OF-INITRAMFS]: as a package would put it into root/boot
kernel() {
	echo "kernel $1" >"root/boot/vmlinuz-$1"
	[[ ${2-} == none ]] || echo "initramfs $1" >"root/boot/${2:-initrd.img-$1}"
}

# guest: a guest from a template with a Debian kernel, and in root/ what it has of boot files and hooks
guest() {
	need debugfs sfdisk jq
	export XEN_BIGDISK_TEMPLATES=$PWD/templates
	mkdir -p root/{boot,etc/kernel/postinst.d,sbin}
	: >root/etc/inittab
	: >root/sbin/ifup
	[[ ${hooks:-yes} == yes ]] || rmdir root/etc/kernel/{postinst.d,}
	[[ ${version:=6.1.0-9-amd64} == none ]] || kernel "$version" "${initramfs-}"
	tar -C root --numeric-owner --owner=0 --group=0 -cf root.tar .
	"$bigdisk" template import --quiet web root.tar
	bd new web01 --template web --quiet --no-start --dir d --size 64M --boot-sector "${sector:-none}" --boot "${boot:-pygrub}"
	[[ $status -eq 0 ]] || fail "status $status"
	local path
	for path in /boot/grub/grub.cfg /boot/grub/menu.lst /etc/fstab /etc/hostname $own /etc/kernel/postinst.d/zz-xen-bigdisk \
		/etc/kernel/postrm.d/zz-xen-bigdisk /etc/initramfs/post-update.d/zz-xen-bigdisk; do
		[[ -n $(in_image d/web01.img "stat $path") ]] || continue
		mkdir -p "root${path%/*}"
		in_image d/web01.img "dump -p $path root$path"
	done
}
own=/usr/local/lib/xen-bigdisk/boot-entries

# upgraded: what a kernel's maintainer script would call; the entries are then those of grub.cfg, "TITLE KERNEL INITRD" a line
upgraded() {
	run --separate-stderr "root$own" --root root
	echo "$output" "$stderr"
	[[ $status -eq 0 ]] || fail "status $status"
	need grub-script-check
	grub-script-check root/boot/grub/grub.cfg
	entries=$(awk -F"'" '/^menuentry/ { title = $2 } /^\tlinux/ { split($0, word, " "); kernel = word[2] }
		/^\tinitrd/ { split($0, word, " "); initrd = word[2] } /^}/ { print title "|" kernel "|" initrd; initrd = "" }' \
		root/boot/grub/grub.cfg)
	echo "$entries"
}

is_first() { # is_first VERSION: booted by default, with its initramfs and the arguments that `new` gave
	[[ $(head -n 1 <<<"$entries") == "web01|/boot/vmlinuz-$1|/boot/initrd.img-$1" ]] || fail "not first: $1"
	grep -qx 'set default=0' root/boot/grub/grub.cfg
	[[ $(grep -cE "^\s+linux \S+ root=UUID=$uuid ro quiet console=tty0 console=ttyS0 console=hvc0$" root/boot/grub/grub.cfg) -eq \
		$(wc -l <<<"$entries") ]] || fail "arguments"
}
root_uuid() { uuid=$(blkid -p -O "$(root_offset d/web01.img)" -o value -s UUID d/web01.img); }

@test "new puts hooks for kernel packages into a Debian guest, and they change nothing before an upgrade" {
	guest
	root_uuid
	cp -a root/boot/grub/grub.cfg before
	local hook
	for hook in root/etc/kernel/{postinst,postrm}.d/zz-xen-bigdisk root/etc/initramfs/post-update.d/zz-xen-bigdisk; do
		[[ $(stat -c %a "$hook") == 755 ]]
		sh -n "$hook"
		grep -qF "|| $own || echo " "$hook"
	done
	upgraded
	cmp before root/boot/grub/grub.cfg
	[[ $(wc -l <<<"$entries") -eq 1 ]]
	is_first 6.1.0-9-amd64
}

@test "an upgrade makes the new kernel the first entry, and keeps the one before" {
	guest
	root_uuid
	kernel 6.1.0-10-amd64
	upgraded
	is_first 6.1.0-10-amd64
	[[ $(sed -n 2p <<<"$entries") == "web01, Linux 6.1.0-9-amd64|/boot/vmlinuz-6.1.0-9-amd64|/boot/initrd.img-6.1.0-9-amd64" ]]
	[[ $(wc -l <<<"$entries") -eq 2 ]]
	kernel 6.12.9+bpo-amd64
	upgraded
	is_first 6.12.9+bpo-amd64
	[[ $(wc -l <<<"$entries") -eq 3 ]]
}

@test "the removal of a kernel takes its entry away" {
	guest
	root_uuid
	kernel 6.1.0-10-amd64
	upgraded
	rm root/boot/*-6.1.0-9-amd64
	upgraded
	is_first 6.1.0-10-amd64
	[[ $(wc -l <<<"$entries") -eq 1 ]]
	! grep -q 6.1.0-9 root/boot/grub/grub.cfg || fail "there is something left of it"
}

@test "a kernel without its initramfs is not booted where the others have one" {
	guest
	root_uuid
	kernel 6.1.0-10-amd64 none
	upgraded
	is_first 6.1.0-9-amd64
	[[ $(wc -l <<<"$entries") -eq 1 ]]
	: >root/boot/initrd.img-6.1.0-10-amd64
	upgraded
	is_first 6.1.0-9-amd64
	echo initramfs >root/boot/initrd.img-6.1.0-10-amd64
	upgraded
	is_first 6.1.0-10-amd64
}

@test "what dpkg and make install keep next to a kernel is not taken for one" {
	guest
	root_uuid
	cp root/boot/vmlinuz-6.1.0-9-amd64 root/boot/vmlinuz-6.1.0-10-amd64.dpkg-new
	cp root/boot/vmlinuz-6.1.0-9-amd64 root/boot/vmlinuz-6.1.0-9-amd64.old
	cp root/boot/vmlinuz-6.1.0-9-amd64 'root/boot/vmlinuz-9$(reboot)'
	upgraded
	is_first 6.1.0-9-amd64
	[[ $(wc -l <<<"$entries") -eq 1 ]]
}

@test "a release candidate comes behind its release, also where there is no linux-version" {
	guest
	kernel 6.8.0
	kernel 6.8.0-rc7
	kernel 6.9.0-rc1
	mkdir bin
	local program
	for program in sh sed sort grep tr head mktemp cmp mv rm chmod sync cat dirname; do
		ln -s "$(command -v "$program")" bin/ || true
	done
	PATH=$PWD/bin run "root$own" --root root
	[[ $status -eq 0 ]] || fail "$output"
	[[ $(sed -n 's/^\tlinux \([^ ]*\).*/\1/p' root/boot/grub/grub.cfg | paste -sd ' ') == \
		"/boot/vmlinuz-6.9.0-rc1 /boot/vmlinuz-6.8.0 /boot/vmlinuz-6.8.0-rc7 /boot/vmlinuz-6.1.0-9-amd64" ]]
}

@test "without any kernel left the entries stay, with a warning" {
	guest
	rm root/boot/{vmlinuz,initrd.img}-*
	cp root/boot/grub/grub.cfg before
	upgraded
	[[ $stderr == *"no kernel in /boot can be booted"* ]]
	cmp before root/boot/grub/grub.cfg
}

@test "title, arguments and timeout that the administrator gave stay" {
	guest
	sed -i "s/^menuentry 'web01'/menuentry \"the web server\"/; s/ quiet / /; s/^set timeout=1/set timeout=7/" root/boot/grub/grub.cfg
	kernel 6.1.0-10-amd64
	upgraded
	[[ $(head -n 1 <<<"$entries") == "the web server|/boot/vmlinuz-6.1.0-10-amd64|/boot/initrd.img-6.1.0-10-amd64" ]]
	! grep -q quiet root/boot/grub/grub.cfg || fail "the arguments are not the administrator's"
	grep -qx 'set timeout=7' root/boot/grub/grub.cfg
}

@test "a grub.cfg that is no longer ours is left alone" {
	guest
	sed -i 1d root/boot/grub/grub.cfg
	cp root/boot/grub/grub.cfg before
	kernel 6.1.0-10-amd64
	upgraded
	cmp before root/boot/grub/grub.cfg
	[[ $stderr == *"is left alone"* ]]
}

@test "GRUB Legacy's menu.lst follows too" {
	need_grub_legacy
	sector=grub-legacy
	guest
	root_uuid
	kernel 6.1.0-10-amd64
	upgraded
	is_first 6.1.0-10-amd64
	local arguments="root=UUID=$uuid ro quiet console=tty0 console=ttyS0 console=hvc0"
	sed '/^#/d' root/boot/grub/menu.lst | diff - <(printf '%s\n' 'default 0' 'timeout 1' '' \
		'title web01' 'root (hd0,0)' "kernel /boot/vmlinuz-6.1.0-10-amd64 $arguments" 'initrd /boot/initrd.img-6.1.0-10-amd64' '' \
		'title web01, Linux 6.1.0-9-amd64' 'root (hd0,0)' "kernel /boot/vmlinuz-6.1.0-9-amd64 $arguments" \
		'initrd /boot/initrd.img-6.1.0-9-amd64')
}

@test "a first kernel in a guest that was made without one gets an entry" {
	version=none
	guest
	root_uuid
	[[ $(grep -c menuentry root/boot/grub/grub.cfg) -eq 0 ]]
	kernel 6.1.0-10-amd64
	upgraded
	is_first 6.1.0-10-amd64
	! grep -q 'no kernel' root/boot/grub/grub.cfg || fail "it still says that there is none"
}

@test "initramfs under the names of dracut and mkinitfs are found" {
	initramfs=initramfs-6.1.0-9-amd64.img
	guest
	kernel 6.1.0-10-amd64 initramfs-6.1.0-10-amd64
	upgraded
	[[ $entries == "web01|/boot/vmlinuz-6.1.0-10-amd64|/boot/initramfs-6.1.0-10-amd64
web01, Linux 6.1.0-9-amd64|/boot/vmlinuz-6.1.0-9-amd64|/boot/initramfs-6.1.0-9-amd64.img" ]]
}

@test "a system that calls no such hooks gets none, and new says so where a version is in the kernel's name" {
	hooks=no
	guest
	[[ $stderr == *"warning: web01 boots /boot/vmlinuz-6.1.0-9-amd64 until its /boot/grub/grub.cfg is edited"* ]]
	[[ -z $(in_image d/web01.img "stat $own") ]]
}

@test "… and says nothing where the name stays over an upgrade" {
	hooks=no version=lts
	guest
	[[ -z $stderr ]]
}

@test "with --boot direct new says that an upgrade in the guest does not count, and so does the cfg" {
	boot=direct
	guest
	[[ $stderr == *"warning: web01 boots $PWD/d/web01.vmlinuz, a copy in dom0, whatever kernel is installed in it later"* ]]
	grep -q 'upgrades its own' d/web01.cfg
}

@test "a template's own grub.cfg comes without hooks" {
	need debugfs sfdisk jq
	export XEN_BIGDISK_TEMPLATES=$PWD/templates
	mkdir -p root/{boot/grub,etc/kernel/postinst.d}
	echo "# mine" >root/boot/grub/grub.cfg
	"$bigdisk" template import --quiet web root --own-grub-cfg
	made web01 --template web --quiet --no-start --dir d --size 64M --boot-sector none
	[[ -z $(in_image d/web01.img "stat $own") ]]
	[[ $(in_image d/web01.img 'cat /boot/grub/grub.cfg') == "# mine" ]]
}

@test "a kernel without an initramfs gets a root= that it can resolve by itself, in a copy and with --boot direct too" {
	local initramfs=none id
	guest
	id=$(sfdisk --disk-id d/web01.img)
	grep -qE "^\s+linux /boot/vmlinuz-6.1.0-9-amd64 root=PARTUUID=${id#0x}-01 ro quiet" root/boot/grub/grub.cfg
	upgraded
	grep -qE "^\s+linux /boot/vmlinuz-6.1.0-9-amd64 root=PARTUUID=${id#0x}-01 ro quiet" root/boot/grub/grub.cfg
	bd clone web01 web02 --dir d --quiet
	id=$(sfdisk --disk-id d/web02.img)
	in_image d/web02.img "cat /boot/grub/grub.cfg" | grep -q "root=PARTUUID=${id#0x}-01 "
	bd new web03 --template web --quiet --no-start --dir d --size 64M --boot-sector none --boot direct
	id=$(sfdisk --disk-id d/web03.img)
	grep -q "root=PARTUUID=${id#0x}-01 " d/web03.cfg
	bd clone web03 web04 --dir d --quiet
	id=$(sfdisk --disk-id d/web04.img)
	grep -q "root=PARTUUID=${id#0x}-01 " d/web04.cfg
}

@test "a copy boots its own root, whatever the guest is called, and upgrades as the first one does" {
	guest
	root_uuid
	local first=$uuid name
	rm -rf root
	for name in boot linux; do
		rm -rf d/*
		bd new $name --template web --quiet --no-start --dir d --size 64M --boot-sector none
		bd clone $name copy --dir d --quiet
		[[ $status -eq 0 ]]
		uuid=$(blkid -p -O "$(root_offset d/copy.img)" -o value -s UUID d/copy.img)
		[[ -n $uuid && $uuid != "$first" ]]
		mkdir -p root/{etc,boot/grub} "root${own%/*}"
		in_image d/copy.img "dump -p /boot/grub/grub.cfg root/boot/grub/grub.cfg"
		in_image d/copy.img "dump -p $own root$own"
		kernel 6.1.0-9-amd64
		cp root/boot/grub/grub.cfg before
		upgraded
		cmp before root/boot/grub/grub.cfg
		[[ $entries == "copy|/boot/vmlinuz-6.1.0-9-amd64|/boot/initrd.img-6.1.0-9-amd64" ]]
		grep -qE "^\s+linux \S+ root=UUID=$uuid ro " root/boot/grub/grub.cfg
		rm -rf root
	done
}
