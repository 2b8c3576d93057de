#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `new --lvm`: what is refused before a logical volume is made. What is made of them takes device-mapper: tests/lab/suite/75-lvm.t.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

teardown() {
	if [[ -n ${loop:-} ]]; then
		vgremove -fy bdtest >/dev/null 2>&1 || true
		losetup -d "$loop" || true
	fi
}

# A volume group of 60 MiB, in which LVM sees no other disks of this machine.
make_group() {
	need_root
	need losetup
	need vgcreate
	truncate -s 64M pv
	loop=$(losetup --show -f pv 2>/dev/null) || skip "no loop devices here"
	mkdir -p etc locks
	cat >etc/lvm.conf <<-EOF
		devices { filter = [ "a|^$loop\$|", "r|.*|" ] use_devicesfile = 0 }
		global { locking_dir = "$PWD/locks" event_activation = 0 use_lvmpolld = 0 }
		activation { monitoring = 0 udev_sync = 0 udev_rules = 0 }
	EOF
	export LVM_SYSTEM_DIR=$PWD/etc LVM_SUPPRESS_FD_WARNINGS=1
	vgcreate -y bdtest "$loop" >/dev/null
}

refused() {	# refused STATUS WORDS ARGUMENTS...: nothing is made
	local wanted=$1 words=$2
	shift 2

	bd new a --quiet --no-start --dir d --template none "$@"
	failed_with "$wanted"
	[[ $stderr == *"$words"* ]] || fail "not the words: $words"
	is_empty d
}

@test "what names no volume group or thin pool is a usage error" {
	local text
	for text in '' - -vg /dev/vg vg/ /pool vg/pool/x 'v g' 'vg"' ..; do
		refused 2 '--lvm' "--lvm=$text"
	done
}

@test "a volume is not on a device, too, nor for GRUB Legacy, nor overwrites anything" {
	refused 2 '--lvm: the disk cannot be on a device, too' --lvm vg --device /dev/null
	refused 2 'GRUB Legacy cannot be set up on a block device' --lvm vg --boot-sector grub-legacy
	refused 2 '--overwrite: is for a device' --lvm vg --overwrite
}

@test "a guest's name that LVM keeps for itself names no volume" {

	bd new snapshot1 --no-start --dir d --template none --lvm vg
	failed_with 2
	[[ $stderr == *'LVM has names that begin with "snapshot" for itself'* ]]
	is_empty d
}

@test "logical volumes are for root only" {
	need_root
	need setpriv
	bigdisk_as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent XEN_BIGDISK_LOCKS="$PWD/d" "$bigdisk" "$@"; }
	run --separate-stderr bigdisk_as_nobody new a --no-start --dir /tmp --template none --lvm vg --dry-run --no-defaults
	[[ $status -eq 1 && $stderr == *'--lvm: logical volumes are for root only'* ]] || fail "$status: $stderr"
}

@test "what LVM says is passed on where it fails, and what it reports is checked" {
	need_root
	mkdir bin
	printf '#!/bin/sh\necho "  Device is damaged" >&2\nexit 5\n' >bin/lvs
	chmod +x bin/lvs
	PATH=$PWD/bin:$PATH refused 1 'lvs failed:   Device is damaged' --lvm vg
	printf '#!/bin/sh\necho "no JSON"\n' >bin/lvs
	PATH=$PWD/bin:$PATH refused 1 'what LVM reports:1:' --lvm vg
}

@test "what a killed run has left of a guest that boots directly on a volume is known to new, its plan, fleets and rm" {
	need_root
	mkdir bin
	cat >bin/lvs <<-'EOF'
		#!/bin/sh
		echo '{"report": [{"lv": [{"vg_name": "vg", "lv_name": "a", "lv_size": "67108864", "vg_free": "1073741824", "lv_layout": "linear", "lv_tags": "xen-bigdisk,xen-bigdisk.unfinished"}]}]}'
	EOF
	printf '#!/bin/sh\necho "$@" >>%s/removed\n' "$PWD" >bin/lvremove
	printf '#!/bin/sh\nexit 5\n' >bin/lvcreate
	chmod +x bin/*
	mkdir -p root/sbin root/boot
	printf '#!/bin/sh\n' | tee root/sbin/init >root/boot/vmlinuz-6.1
	chmod 755 root/sbin/init
	bd template import t root --templates store
	# Without the mark of such a run they are somebody's.
	touch d/a.vmlinuz d/a.initramfs
	chmod +t d/a.vmlinuz
	local new="new a --quiet --no-start --dir d --template t --templates store --size 64M --lvm vg --boot direct"
	PATH=$PWD/bin:$PATH
	for option in '' --dry-run; do
		# shellcheck disable=SC2086 # words
		bd $new $option
		failed_with 3
		[[ $stderr == *'/d/a.'*' already exists and was not changed' ]]
		[[ -e d/a.vmlinuz && -e d/a.initramfs && ! -e removed ]]
	done
	chmod +t d/a.initramfs
	# shellcheck disable=SC2086 # words
	bd $new --dry-run
	[[ $status -eq 0 ]]
	printf '{ "fleet": "f", "defaults": { "template": "t", "size": "64M", "lvm": "vg", "boot": "direct", "network": false }, "guests": { "a": {} } }\n' >f.json
	bd fleet plan f.json --dir d --templates store
	[[ $status -eq 0 && $output == *'a'*'create'* && $output != *'already exists'* ]] || fail "$output"
	bd rm a --dir d --dry-run
	[[ $status -eq 0 && $output == *'/d/a.vmlinuz'* && $output == *'/d/a.initramfs'* ]]
	# shellcheck disable=SC2086 # words
	bd $new
	failed_with 1
	[[ $stderr == *'/dev/vg/a was left by an interrupted run; removing it'*'cannot make /dev/vg/a: lvcreate failed'* ]]
	is_empty d
	[[ $(<removed) == '-y vg/a' ]]
}

@test "a group, a pool and room are looked for before anything is made" {
	make_group
	refused 4 '--lvm: there is no volume group nosuch' --lvm nosuch
	refused 4 '--lvm: there is no thin pool p in the volume group bdtest' --lvm bdtest/p
	refused 6 '--size: the disk takes 61 MiB, and the volume group bdtest has 60 MiB free' --lvm bdtest --size 61M
}

@test "a dry run tells the volume, and makes none" {
	make_group

	bd new a --no-start --dir d --template none --lvm bdtest --size 32M --dry-run --json
	[[ $status -eq 0 ]]
	jq -e '.state == "planned" and .files.volume == "bdtest/a" and .files.device == "/dev/bdtest/a" and .image == "/dev/bdtest/a" and
		(.config | contains("target=/dev/bdtest/a\""))' <<<"$output"
	bd new a --no-start --dir d --template none --lvm bdtest --size 32M --dry-run
	[[ $status -eq 0 && $output == *'/dev/bdtest/a (logical volume, which will be made)'* ]]
	is_empty d
	[[ -z $(lvs --noheadings bdtest) ]]
}

@test "nothing is left where LVM cannot make a volume" {
	make_group
	if dmsetup version >/dev/null 2>&1; then skip "there is a device-mapper here"; fi
	refused 1 'cannot make /dev/bdtest/a: lvcreate failed' --lvm bdtest --size 32M
}

@test "a fleet's disks may be volumes" {
	make_group
	cat >fleet.json <<-'EOF'
		{ "fleet": "f", "defaults": { "lvm": "bdtest", "size": "32M", "template": "none" }, "guests": { "a": {} } }
	EOF

	bd fleet plan fleet.json --no-start --dir d --json
	[[ $status -eq 0 ]]
	jq -e '.create == 1' <<<"$output"
	sed -i 's/"bdtest"/"b\/d\/t"/' fleet.json
	bd fleet plan fleet.json --no-start --dir d
	failed_with 1
	[[ $stderr == *'fleet.json:1:38: a: "lvm": "b/d/t" names no volume group'* ]]
}

@test "a guest on a volume of another group is not what its manifest wants" {

	bd new a --quiet --no-start --dir d --template none --size 32M --seed x
	sed -i 's,target=.*/a.img,target=/dev/othervg/a,; s/^# xen-bigdisk: .*/& fleet=f/' d/a.cfg
	cat >fleet.json <<-'EOF'
		{ "fleet": "f", "defaults": { "lvm": "bdtest" }, "guests": { "a": {} } }
	EOF
	bd fleet plan fleet.json --no-start --dir d --json
	jq -e '[.. | objects | select(.key? == "lvm" and .from == "othervg" and .to == "bdtest")] | length == 1' <<<"$output" || fail "it is not compared"
}
