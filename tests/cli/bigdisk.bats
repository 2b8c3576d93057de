#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests that boot by xen-bigdisk-boot (--boot bigdisk): how they are made, told from others, and judged. What the program itself does
# is not tested here.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers
load boot_disks

# elsewhere [MODE]: the program alone in a folder, without a boot loader, which is nowhere in PATH either; on the fake toolstack.
elsewhere() {
	fake_xen "$@"
	mkdir -p alone
	cp "$bigdisk" alone/
	ln -s "${bigdisk%/*}/tests" alone/tests
	bigdisk=$PWD/alone/xen-bigdisk
	PATH=$(tr : '\n' <<<"$PATH" | while read -r folder; do [[ -x $folder/xen-bigdisk-boot ]] || echo "$folder"; done | paste -sd :)
	type -P xen-bigdisk-boot /usr/lib/xen*/bin/xen-bigdisk-boot && skip "it is installed in Xen's own folder"
	return 0
}

# loader FOLDER: a program of that name there.
loader() {
	mkdir -p "$1"
	printf '#!/bin/sh\n' >"$1/xen-bigdisk-boot"
	chmod +x "$1/xen-bigdisk-boot"
}

not_installed='the boot loader xen-bigdisk-boot is not installed where libxl looks for it, such as in PATH; it is part of xen-bigdisk: install it, or boot by pygrub'

@test "--boot bigdisk names the boot loader in the config, of pv and pvh guests" {
	need jq
	made_empty web01 --size 16M --boot bigdisk
	made_empty web02 --size 16M --boot bigdisk --type pvh
	local name
	for name in web01 web02; do
		[[ $(grep -c '^bootloader' "d/$name.cfg") -eq 2 ]]
		grep -qx 'bootloader = "xen-bigdisk-boot"' "d/$name.cfg"
		grep -qx 'bootloader_args = \[ "--menu=watched" \]' "d/$name.cfg"
	done
	grep -qx 'type = "pvh"' d/web02.cfg
	bd list --dir d --json
	[[ $(jq -c '[.guests[].boot]' <<<"$output") == '["bigdisk","bigdisk"]' ]]
	bd new web03 --boot bigdisk --size 16M --template none --no-start --dir d --json
	jq -e '.boot == "bigdisk" and .type == "pv"' <<<"$output"
}

@test "an HVM guest has no boot loader of dom0's" {
	bd new web01 --boot bigdisk --type hvm --size 16M --template none --no-start --dir d
	refused 2
	[[ $stderr == *"--boot: is for pv and pvh guests"* ]]
}

@test "where the program is not installed, new says so: a warning, or an error if the guest is to be started" {
	elsewhere
	bd new web01 --boot bigdisk --size 16M --template none --no-start --dir d
	[[ $status -eq 0 && $stderr == *"warning: $not_installed"* ]]
	rm d/*
	bd new web01 --boot bigdisk --size 64M --dir d
	refused 1
	[[ $stderr == *"error: $not_installed" ]]
	loader bin
	PATH=$PWD/bin:$PATH bd new web01 --boot bigdisk --size 16M --template none --no-start --dir d
	[[ $status -eq 0 && $stderr != *warning* ]]
}

@test "start says so before it tries, whether the config names the program or its path" {
	made_empty web01 --size 16M --boot bigdisk
	elsewhere
	bd start web01 --dir d --no-wait
	failed_with 1
	[[ $stderr == *"error: cannot start web01: $not_installed" ]]
	run ! grep '^create' log
	sed -i "s|\"xen-bigdisk-boot\"|\"$PWD/bin/xen-bigdisk-boot\"|" d/web01.cfg
	bd start web01 --dir d --no-wait
	failed_with 1
	[[ $stderr == *"the boot loader $PWD/bin/xen-bigdisk-boot is not installed; it is part of xen-bigdisk"* ]]
	loader bin
	ok start web01 --dir d --no-wait
	grep -q '^create' log
}

@test "clone --start says so before anything is copied" {
	made_empty web01 --size 16M --no-net --boot bigdisk
	elsewhere
	bd clone web01 web02 --dir d --start
	failed_with 1
	[[ $stderr == *"error: cannot start web02: $not_installed" ]]
	is_guest d web01
	loader bin
	PATH=$PWD/bin:$PATH ok clone web01 web02 --dir d --start --no-wait
	grep -qx 'bootloader = "xen-bigdisk-boot"' d/web02.cfg
}

@test "libxl finds the program beside ours although PATH is that of cron" {
	made_empty web01 --size 16M --boot bigdisk
	elsewhere runs-bigdisk
	loader alone
	PATH=/usr/bin:/bin ok start web01 --dir d --no-wait
	bd stop web01 --dir d --force
	# What is in PATH comes first.
	loader bin
	printf 'echo "$0" >%q\n' "$PWD/ran" >>bin/xen-bigdisk-boot
	PATH=$PWD/bin:/usr/bin:/bin ok start web01 --dir d --no-wait
	[[ $(<ran) == "$PWD/bin/xen-bigdisk-boot" ]]
}

@test "set changes a guest to it and back, and says where the program is missing" {
	need_busybox
	made web01 --quiet --no-start --dir d --size 128M
	made web02 --quiet --no-start --dir d --size 128M --boot bigdisk
	cp d/web01.cfg pygrub.cfg
	bd set web01 --dir d boot=bigdisk
	[[ $status -eq 0 && $output == *"boot     pygrub -> bigdisk"* ]]
	diff <(grep -A4 xen-bigdisk-boot d/web01.cfg) <(grep -A4 xen-bigdisk-boot d/web02.cfg | sed s/web02/web01/)
	ok set web01 --dir d boot=pygrub
	cmp d/web01.cfg pygrub.cfg
	bd set web01 --dir d type=hvm boot=bigdisk
	failed_with 2
	made_empty web03 --size 16M
	bd set web03 --dir d boot=bigdisk
	failed_with 1
	[[ $stderr == *"error: boot: $PWD/d/web03.img: there is neither a boot configuration nor a kernel on the disk" ]]
	elsewhere
	bd set web01 --dir d boot=bigdisk
	failed_with 1
	[[ $stderr == *"error: boot: $not_installed" ]]
	cmp d/web01.cfg pygrub.cfg
	unset XEN_BIGDISK_TOOLSTACK
	[[ -e /sys/hypervisor/type ]] && skip "Xen runs here"
	bd set web01 --dir d boot=bigdisk
	[[ $status -eq 0 && $stderr == *"warning: $not_installed"* ]]
}

@test "a config of other hands that names it, by path too, is known as such; rename and import-guest keep the lines" {
	need jq
	made_empty web01 --size 16M
	cat >d/old.cfg <<-EOT
		name = "old"
		type = "pvh"
		memory = 64
		bootloader = '/usr/local/bin/xen-bigdisk-boot'; bootloader_args = "-q"
		disk = [ "file:$PWD/d/web01.img,xvda,w" ]
	EOT
	rm d/web01.cfg
	bd show old --dir d --json
	jq -e '.boot == "bigdisk" and .bootloader == "/usr/local/bin/xen-bigdisk-boot"' <<<"$output"
	ok rename old new01 --dir d
	grep -qx "bootloader = '/usr/local/bin/xen-bigdisk-boot'; bootloader_args = \"-q\"" d/new01.cfg
	mv d/new01.cfg d/web01.img .
	sed -i "s|file:.*,xvda|file:$PWD/web01.img,xvda|" new01.cfg
	ok import-guest new01.cfg --dir d
	grep -qx "bootloader = '/usr/local/bin/xen-bigdisk-boot'; bootloader_args = \"-q\"" d/new01.cfg
	bd list --dir d --json
	[[ $(jq -c '[.guests[].boot]' <<<"$output") == '["bigdisk"]' ]]
}

@test "show says which kernel would be booted, by which entry, with the arguments of its config" {
	need jq
	made_empty web01 --size 16M --boot bigdisk --no-net
	bd show web01 --dir d
	[[ $status -eq 0 && $output == *"boots      $PWD/d/web01.img: there is neither a boot configuration nor a kernel on the disk"* ]]
	bd show web01 --dir d --json
	[[ $status -eq 0 && $stderr == *"warning: $PWD/d/web01.img: there is neither"* ]]
	jq -e '.boots == null' <<<"$output"
	cat >grub.cfg <<-'EOT'
		set default=1
		menuentry "one" { linux /boot/k root=/dev/xvda1 }
		submenu "more" {
			menuentry "two \t words" { linux /boot/k root=/dev/xvda1 single
				initrd /boot/i /boot/j
			}
		}
	EOT
	sed -i 's/ }$/\n}/' grub.cfg
	ok mkdir -p d/web01.img:/boot/grub
	ok cp grub.cfg d/web01.img:/boot/grub/grub.cfg
	bd show web01 --dir d
	[[ $output == *"boots      /boot/k"*"entry      2 of 2, in more: two"*"defined in (hd0,msdos1)/boot/grub/grub.cfg"*'chosen by  default="1", by number'*"initrd     /boot/i"*"initrd     /boot/j"*"arguments  root=/dev/xvda1 single"* ]]
	bd show web01 --dir d --json
	jq -e '.boots | .entry == 1 and .entries == 2 and .submenu == "more" and .kernel == "/boot/k" and .initrds == ["/boot/i", "/boot/j"]
		and .arguments == "root=/dev/xvda1 single" and .obstacle == null
		and .file == "(hd0,msdos1)/boot/grub/grub.cfg" and .chosen_by == "default=\"1\", by number; there no default is set: the first entry"' <<<"$output"
	# What the config tells the boot loader counts, but for what would make it write.
	echo 'bootloader_args = [ "--entry=one", "--output='"$PWD"'/written", "--debug" ]' >>d/web01.cfg
	bd show web01 --dir d --json
	jq -e '.boots | .entry == 0 and .title == "one" and .initrds == [] and .chosen_by == "--entry=one"' <<<"$output"
	[[ ! -e written ]]
	sed -i 's/^bootloader_args.*/bootloader_args = "-q --entry=0"/' d/web01.cfg
	bd show web01 --dir d --json
	jq -e '.boots.title == "one"' <<<"$output"
	# Others are not asked of, nor is it of a kernel that the config names.
	sed -i 's/^bootloader = .*/bootloader = "pygrub"/' d/web01.cfg
	bd show web01 --dir d --json
	jq -e '.boots == null' <<<"$output"
	[[ -z $stderr ]]
}

@test "what a hostile boot configuration has in it does not reach the terminal" {
	need jq
	made_empty web01 --size 16M --boot bigdisk --no-net
	printf 'default="a\033]0;x\007b"\nsource $prefix/\033[2Jx.cfg\n' >grub.cfg
	printf 'menuentry "a\033]0;x\007b" {\n linux /boot/\033[2Jk root=x\n}\n' >x.cfg
	ok mkdir -p d/web01.img:/boot/grub
	ok cp grub.cfg d/web01.img:/boot/grub/grub.cfg
	ok cp x.cfg d/web01.img:/boot/grub/$'\e[2Jx.cfg'
	bd show web01 --dir d
	[[ $status -eq 0 && $output == *"1 of 1"*'(hd0,msdos1)/boot/grub/\x1b[2Jx.cfg'*'default="a\x1b]0;x\x07b", by title'* ]]
	! grep -q $'\e' <<<"$output" || fail "an escape sequence"
	bd show web01 --dir d --json
	jq -e '.boots.entries == 1' <<<"$output"
}

@test "a config with another boot loader is not taken for one of ours" {
	need jq
	printf 'name = "a"\nbootloader = "xen-bigdisk-boot2"\n' >d/a.cfg
	printf 'name = "b"\nbootloader = "xen-bigdisk-boot"\ntype = "hvm"\n' >d/b.cfg
	bd list --dir d --json
	[[ $(jq -c '[.guests[].boot]' <<<"$output") == '[null,null]' ]]
}

@test "a user that the boot loader is restricted to need not be able to read the image" {
	need_root
	fake_xen restricts
	made_empty web01 --size 16M --boot bigdisk
	printf '%s\n' 'bootloader_restrict = 1' 'bootloader_user = "nobody"' >>d/web01.cfg
	chmod 600 d/web01.img
	ok start web01 --dir d --no-wait
	# But there has to be one.
	bd stop web01 --dir d --force
	sed -i 's/"nobody"/"no-such-user"/' d/web01.cfg
	bd start web01 --dir d --no-wait
	failed_with 1
	[[ $stderr == *"the user no-such-user, which does not exist"* ]]
}

@test "check asks the boot loader whether it finds a kernel, in place of looking for what pygrub reads" {
	need e2fsck
	made_empty web01 --size 16M --boot-sector none
	bd check web01 --dir d
	[[ $output == *boot-entries-missing* && $output == *'bootloader = "xen-bigdisk-boot"'* ]]
	sed -i 's/^bootloader = .*/bootloader = "xen-bigdisk-boot"/' d/web01.cfg
	bd check web01 --dir d
	[[ $status -eq 4 && $output == *"boot-entries-missing"*"which cannot boot it: $PWD/d/web01.img: there is neither a boot configuration nor a kernel"* ]]
	# What another reader knows nothing of: an entry of the Boot Loader Specification.
	mkdir -p loader/entries
	printf 'title Linux\nlinux /vmlinuz-1\noptions root=/dev/xvda1\n' >loader/entries/a.conf
	echo kernel >vmlinuz-1
	ok mkdir -p d/web01.img:/boot
	ok cp -r loader d/web01.img:/boot
	bd check web01 --dir d
	[[ $output == *boot-entries-missing* ]]
	ok cp vmlinuz-1 d/web01.img:/
	bd check web01 --dir d
	[[ $output != *boot-entries-missing* ]]
	elsewhere
	ok rm d/web01.img:/vmlinuz-1
	bd check web01 --dir d
	[[ $output != *boot-entries-missing* ]]
}

@test "a lost config is written anew with it where only it finds a kernel on the disk" {
	made_empty web01 --size 16M --no-net
	bd config --from-image d/web01.img
	grep -qx 'bootloader = "pygrub"' <<<"$output"
	mkdir -p boot/loader/entries
	printf 'title Linux\nlinux /boot/vmlinuz-1\noptions root=/dev/xvda1\n' >boot/loader/entries/a.conf
	echo kernel >boot/vmlinuz-1
	ok rm -r d/web01.img:/boot
	ok cp -r boot d/web01.img:/
	bd config --from-image d/web01.img
	[[ $status -eq 0 ]]
	grep -qx 'bootloader = "xen-bigdisk-boot"' <<<"$output"
	# What pygrub reads is for pygrub.
	mkdir grub
	printf 'menuentry "a" {\n linux /boot/vmlinuz-1 root=/dev/xvda1\n}\n' >grub/grub.cfg
	ok cp -r grub d/web01.img:/boot
	bd config --from-image d/web01.img
	grep -qx 'bootloader = "pygrub"' <<<"$output"
}

@test "a fleet's guests boot by it" {
	need jq
	write_manifest '"guests": { "web1": { "boot": "bigdisk" } }'
	bd fleet apply fleet.json --dir d --yes --no-start
	[[ $status -eq 0 ]]
	grep -qx 'bootloader = "xen-bigdisk-boot"' d/web1.cfg
	bd fleet plan fleet.json --dir d --json
	jq -e '.guests[0] | .boot == "bigdisk" and (.changes // [] | length == 0)' <<<"$output"
	# A guest that is there is changed to it in its config; what else it could boot by is for the guest itself.
	write_manifest '"guests": { "web1": { "boot": "bigdisk" }, "web2": { "boot": "pygrub" } }'
	bd fleet apply fleet.json --dir d --yes --no-start
	[[ $status -eq 0 ]]
	sed -i 's/"pygrub"/"bigdisk"/' fleet.json
	bd fleet plan fleet.json --dir d --no-start
	[[ $status -eq 0 && $output == *"pygrub -> bigdisk"* ]]
	ok fleet apply fleet.json --dir d --yes --no-start
	diff <(grep -A2 '^# xen-bigdisk-boot' d/web2.cfg) <(grep -A2 '^# xen-bigdisk-boot' d/web1.cfg)
	run ! grep '"pygrub"' d/web2.cfg
	bd fleet apply fleet.json --dir d --yes --no-start --json
	[[ $status -eq 0 && $output != *'"changed"'* ]]
	sed -i 's/"web1": { "boot": "bigdisk" }/"web1": { "boot": "pygrub" }/' fleet.json
	bd fleet apply fleet.json --dir d --yes --no-start
	[[ $status -eq 1 && $stderr == *"boot: bigdisk -> pygrub is not made from a manifest"* ]]
}

# doctor_on XEN [MODE]: what doctor says of the guests in d.
doctor_on() {
	need jq
	fake_xen "${2:-}"
	FAKE_TOOLSTACK_XEN=$1 bd doctor --dir d --json
}

# said CHECK STATE TEXT ADVICE: so says one of its findings.
said() {
	jq -e --arg check "$1" --arg state "$2" --arg text "$3" --arg advice "$4" 'any(.checks[]; .check == $check and
		.state == $state and (.found | contains($text)) and ((.advice // "") | contains($advice)))' <<<"$output" >/dev/null ||
		fail "doctor does not say: $3"
}

@test "doctor says where the program is, and who needs it" {
	made_empty web01 --size 16M --boot bigdisk
	made_empty web02 --size 16M --boot bigdisk
	elsewhere
	doctor_on 4.17
	said bigdisk problem 'xen-bigdisk-boot is not installed: web01 and 1 other cannot start' 'make install'
	loader alone
	doctor_on 4.17
	said bigdisk warning "$PWD/alone/xen-bigdisk-boot is not in PATH: xl create and xendomains cannot start web01 and 1 other" PATH
	loader bin
	PATH=$PWD/bin:$PATH doctor_on 4.17
	said bigdisk ok "$PWD/bin/xen-bigdisk-boot" ''
	rm -r alone/xen-bigdisk-boot bin d/*.cfg
	doctor_on 4.17
	said bigdisk ok 'not installed; --boot bigdisk would need it' ''
}

unconfined='boots by a pygrub that runs as root, which the Xen project does not support (XSA-443)'

@test "doctor names the guests whose pygrub is not confined, with the line that changes it" {
	made_empty web01 --size 16M
	made_empty web02 --size 16M --type hvm
	made_empty web03 --size 16M --boot bigdisk
	sed -i '/^bootloader_/d' d/web01.cfg
	local release
	for release in 4.17 4.20; do
		doctor_on "$release" restricts
		said pygrub_user warning "web01 $unconfined" "xen-bigdisk set 'd/web01.cfg' boot=bigdisk"
		[[ $(jq -c '[.checks[].found | select(contains("runs as root, which")) | split(" ")[0]]' <<<"$output") == '["web01"]' ]]
	done
	# Where the program is not installed, what there is else.
	elsewhere
	doctor_on 4.20 restricts
	said pygrub_user warning "web01 $unconfined" "bootloader_restrict = 1 in d/web01.cfg"
	doctor_on 4.17
	said pygrub_user warning "web01 $unconfined" 'install xen-bigdisk-boot'
}

@test "… and those where the key has no effect; a key that has is enough" {
	made_empty web01 --size 16M
	sed -i '/^bootloader_/d' d/web01.cfg
	echo 'bootloader_restrict = 1' >>d/web01.cfg
	doctor_on 4.17
	said pygrub_user warning "web01 $unconfined" ''
	doctor_on 4.17 restricts
	[[ $output != *"$unconfined"* ]]
	doctor_on 4.20
	[[ $output != *"$unconfined"* ]]
}

@test "… unless xl.conf says it for all, and the guest nothing else" {
	need_own_etc_xen
	made_empty web01 --size 16M
	sed -i '/^bootloader_/d' d/web01.cfg
	mkdir etc
	echo 'bootloader_restrict=1' >etc/xl.conf
	need jq
	fake_xen restricts
	in_own() { FAKE_TOOLSTACK_XEN=$1 run --separate-stderr unshare -m sh -c 'mount --bind etc /etc/xen && exec "$@"' sh "$bigdisk" doctor --dir d --json; }
	in_own 4.20
	[[ $output == *'"checks"'* && $output != *"$unconfined"* ]]
	# xl of 4.17 does not know it.
	in_own 4.17
	[[ $output == *"$unconfined"* ]]
	echo 'bootloader_restrict = 0' >>d/web01.cfg
	in_own 4.20
	[[ $output == *"$unconfined"* ]]
}

# --- whole disks

root_uuid=5f2ad51a-4a4d-4b0e-9a86-6e4b1f3c3d10

# whole_disk [KERNEL [INITRD]]: the template x of a disk that a BIOS could boot, with a root in XFS. By default kernel and initramfs are
# Debian's, as in mini.
whole_disk() {
	need mkfs.xfs sfdisk jq
	need_grub_fstest
	export XEN_BIGDISK_CACHE=$PWD/cache
	mkdir -p root/boot/grub root/etc cache
	cp "${1:-kernel}" root/boot/vmlinuz-6.1
	cp "${2:-initramfs}" root/boot/initrd.img-6.1
	printf 'menuentry "Rocky" {\n linux /boot/vmlinuz-6.1 root=/dev/xvda1\n initrd /boot/initrd.img-6.1\n}\n' >root/boot/grub/grub.cfg
	rm -f root.fs disk
	xfs root.fs 100 root $root_uuid
	gpt disk 104 '2 100 1'
	put disk 2 root.fs
	printf '\353\143\220' | dd of=disk conv=notrunc status=none
	rm -rf t
	ok template import x disk --templates t
}

# of_mini: kernel and initramfs of a guest of mini.
of_mini() {
	need_busybox
	made m --quiet --no-start --dir d --size 128M --boot-sector none
	ok cp 'd/m.img:/boot/vmlinuz*' kernel
	ok cp 'd/m.img:/boot/initrd*' initramfs
	rm d/m.*
}

@test "a whole disk that pygrub cannot boot is for bigdisk in a pv guest, and it is said why" {
	of_mini
	whole_disk
	bd template show x --templates t
	[[ $output == *"boots by   BIOS, bigdisk"* ]]
	local reason='pygrub finds nothing to boot on this disk, and xen-bigdisk-boot finds /boot/vmlinuz-6.1'
	bd new a --template x --templates t --dir d --no-start --dry-run
	[[ $status -eq 0 && $output == *"Boots by bigdisk, because $reason"* ]]
	is_empty d
	bd new a --template x --templates t --dir d --no-start --json
	jq -e --arg reason "$reason" '.type == "pv" and .boot == "bigdisk" and .boot_reason == $reason' <<<"$output"
	[[ $stderr == *"a boots by bigdisk, because $reason"* ]]
	grep -qx 'type = "pv"' d/a.cfg
	grep -qx 'bootloader = "xen-bigdisk-boot"' d/a.cfg
	grep -q 'vdev=xvda, access=rw' d/a.cfg
	made b --template x --templates t --dir d --no-start --type pvh
	grep -qx 'bootloader = "xen-bigdisk-boot"' d/b.cfg
	# What is asked for counts.
	made c --template x --templates t --dir d --no-start --type hvm
	! grep -q bootloader d/c.cfg || fail
	made e --template x --templates t --dir d --no-start --type pv --boot pvgrub
	! grep -q bootloader d/e.cfg || fail
	bd show a --dir d --json
	jq -e '.boots.kernel == "/boot/vmlinuz-6.1"' <<<"$output"
}

@test "… a fleet's guests of it, too, which takes one look at the disk" {
	of_mini
	whole_disk
	printf '{ "fleet": "f", "defaults": { "template": "x", "network": false }, "guests": { "a": {}, "b": {} } }\n' >f.json
	bd fleet plan f.json --templates t --dir d --json
	jq -e '[.guests[].boot] == ["bigdisk", "bigdisk"]' <<<"$output"
	[[ $(find cache/boots -type f | wc -l) -eq 1 ]]
	# Another template of that name is another disk.
	sed -i 's/^1.*/0not this one/' cache/boots/*
	bd new c --template x --templates t --dir d --no-start --json
	jq -e '.boot == null' <<<"$output"
	ok template rm x --templates t --yes
	echo more >root/more
	whole_disk
	bd new e --template x --templates t --dir d --no-start --json --dry-run
	jq -e '.boot == "bigdisk"' <<<"$output"
}

@test "… not where the program is not installed, unless it is asked for" {
	of_mini
	whole_disk
	elsewhere
	made a --template x --templates t --dir d --no-start
	grep -qx 'type = "hvm"' d/a.cfg
	bd new b --template x --templates t --dir d --no-start --boot bigdisk
	[[ $status -eq 0 && $stderr == *"warning: $not_installed"* ]]
	grep -qx 'type = "pv"' d/b.cfg
}

@test "… nor where kernel and initramfs do not start in such a guest" {
	of_mini
	need cpio
	mkdir nothing
	(cd nothing && echo . | cpio -oH newc >../nothing.cpio 2>/dev/null)
	whole_disk kernel nothing.cpio
	bd new a -v --template x --templates t --dir d --no-start
	[[ $status -eq 0 && $stderr == *"not for bigdisk: neither its kernel nor its initramfs has a driver for Xen's disks"* ]]
	grep -qx 'type = "hvm"' d/a.cfg
	head -c 20000 /dev/urandom >noise
	whole_disk noise initramfs
	bd new b -v --template x --templates t --dir d --no-start
	[[ $status -eq 0 && $stderr == *"not for bigdisk: "* ]]
	grep -qx 'type = "hvm"' d/b.cfg
	# Kernel and all are for this type only; whoever asks for it gets it.
	made c --template x --templates t --dir d --no-start --boot bigdisk
	grep -qx 'bootloader = "xen-bigdisk-boot"' d/c.cfg
}

@test "… nor where pygrub reads it: what that boots has been tried with firmware" {
	of_mini
	need mke2fs sfdisk jq
	export XEN_BIGDISK_CACHE=$PWD/cache
	mkdir -p root/boot/grub root/etc
	cp kernel root/boot/vmlinuz-6.1
	printf 'menuentry "Debian" {\n linux /boot/vmlinuz-6.1 root=/dev/xvda1\n}\n' >root/boot/grub/grub.cfg
	ext4 root.fs 60 root $root_uuid
	gpt disk 64 '2 60 1'
	put disk 2 root.fs
	printf '\353\143\220' | dd of=disk conv=notrunc status=none
	ok template import x disk --as disk --templates t
	bd new a --template x --templates t --dir d --no-start --json
	jq -e '.type == "hvm" and .boot == null and has("boot_reason") == false' <<<"$output"
}
