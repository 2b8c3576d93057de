#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `fill`: the disk of a guest that another tool starts, on a device or in a file that is there. The loop devices are for root.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers
load system_root

teardown() {
	if mountpoint -q mnt 2>/dev/null; then umount mnt; fi
	[[ -z ${device:-} ]] || losetup -d "$device" || true
}

# used_target SIZE: the file target, full of somebody's data, which nothing recognises.
used_target() {
	yes "a former owner's secret" | head -c "$1" >target
}

# used_device SIZE: likewise $device.
used_device() {
	need_root
	need losetup
	used_target "$1"
	device=$(losetup --show -f target 2>/dev/null) || skip "no loop devices here"
}

# left_alone STATUS WORDS ARGUMENTS...: refused with these words, and the target is as it was.
left_alone() {
	local wanted=$1 words=$2 before
	shift 2
	before=$(sha256sum <target)
	bd fill "$@"
	failed_with "$wanted"
	[[ $stderr == *"$words"* ]] || fail "not the words: $words"
	[[ $(sha256sum <target) == "$before" ]] || fail "the target was changed"
}

is_blank() {
	cmp -n 2097152 target /dev/zero || fail "it is not blank"
	[[ -z $(tail -c 1M target | tr -d '\0' | head -c 1) ]] || fail "its end is not blank"
}

# Of `new` and of `fill`, which differ in nothing but where the MAC address comes from.
common=(--seed same --mac 00:16:3e:00:00:01)

@test "the disk is that of new, bit for bit, whatever was there" {
	need_busybox
	need_grub2
	export SOURCE_DATE_EPOCH=1700000000
	local row
	for row in '' '--layout cylinder' '--swap 16M' '--boot-sector none' '--fs ext4' '--mount /home=32M'; do
		used_target 128M
		template=mini
		[[ $row == --mount* ]] || template=none
		# shellcheck disable=SC2086 # words are meant
		ok fill target --quiet --force --name a --template $template "${common[@]}" $row
		# shellcheck disable=SC2086
		made --quiet --no-start --dir d a --size 128M --template $template "${common[@]}" $row
		cmp target d/a.img || fail "with \"$row\""
		rm d/*
	done
}

@test "identity and network are those of new, too, on a device" {
	need_busybox
	need_grub2
	need jq e2fsck sfdisk ssh-keygen
	export SOURCE_DATE_EPOCH=1700000000
	used_device 128M
	ssh-keygen -q -t ed25519 -N '' -f key
	echo "hello" >motd
	local options=(--ssh-key key.pub --ip 192.0.2.10/24 --gateway 192.0.2.1 --ip6 none --dns 192.0.2.53 --file motd:/etc/motd
		--append foo=bar --swap 8M)
	bd fill "$device" --force --name web01.example.com "${common[@]}" "${options[@]}" --json
	[[ $status -eq 0 ]]
	[[ $(jq -r '"\(.name) \(.state) \(.network[0].mac) \(.network[0].ip) \(.target)"' <<<"$output") == \
		"web01.example.com filled 00:16:3e:00:00:01 192.0.2.10/24 $device" ]]
	made --quiet --no-start --dir d web01.example.com --size 128M "${common[@]}" "${options[@]}"
	cmp "$device" d/web01.example.com.img
	fsck_is_clean "$device"
	holds d web01.example.com.img web01.example.com.cfg
	bd cat "$device:/etc/hostname"
	[[ $output == web01.example.com || $output == web01 ]]
	ok check "$device"
}

@test "a file without a former content, by a relative name and with its own mode; nothing is left beside it" {
	need_grub2
	mkdir place
	truncate -s 32M place/x.img
	chmod 640 place/x.img
	bd fill place/x.img --name a --template none
	[[ $status -eq 0 && $output == "place/x.img is the disk of a, from the template none"* ]]
	[[ $output == *"Its interface eth0 has the MAC address 00:16:3e:"* ]]
	holds place x.img
	[[ $(stat -c '%a %s' place/x.img) == '640 33554432' && $(hex place/x.img 510 2) == 55aa ]]
}

@test "a file that is allocated as a whole stays so, also when receive writes it; one with holes takes what it needs" {
	fallocate -l 32M full 2>/dev/null || skip "this filesystem allocates nothing ahead"
	truncate -s 32M sparse
	local file
	for file in full sparse; do
		ok fill "$file" --name a --template none --seed same --mac 00:16:3e:00:00:01
	done
	cmp full sparse
	[[ $(stat -c %b full) -ge 65536 && $(stat -c %b sparse) -lt 32768 ]]
	ok send sparse --output disk.tar
	for file in full sparse; do
		ok receive "$file" --force <disk.tar
	done
	cmp full sparse
	[[ $(stat -c %b full) -ge 65536 && $(stat -c %b sparse) -lt 32768 ]]
}

@test "--dry-run says what would be done and touches nothing" {
	used_target 32M
	local before
	before=$(sha256sum <target)
	bd fill target --name a --template none --force --dry-run
	[[ $status -eq 0 && $output == *"Disk target: 32 MiB"*"Host name a"*"All of target will be cleared"* ]]
	[[ $(sha256sum <target) == "$before" ]]
}

@test "what nothing recognises is left alone, too, unless --force is given" {
	need_root
	need losetup
	truncate -s 32M target
	local at
	for at in 0 5000000 33554431; do
		truncate -s 0 target
		truncate -s 32M target
		printf x | dd of=target bs=1 seek="$at" conv=notrunc status=none
		left_alone 3 'target has data on it that is not recognised, and was not changed; --force' target --name a --template none
	done
	left_alone 3 'not recognised' target --name a --template none --dry-run
	# Zeros that are no hole.
	head -c 32M /dev/zero >target
	ok fill target --quiet --name a --template none
	used_device 32M
	left_alone 3 "$device has data on it that is not recognised" "$device" --name a --template none
}

@test "what is recognised is named and left alone, unless --force is given" {
	need mke2fs
	used_target 32M
	mke2fs -q -t ext4 -L backup target
	left_alone 3 'has an ext4 filesystem labelled "backup"' target --name a --template none
	left_alone 3 '--force' target --name a --template none --dry-run
	ok fill target --quiet --name a --template none --force
	left_alone 3 'has a partition table (dos)' target --name a --template none
	ok fill target --quiet --name b --template none --force
}

@test "a file that is open for writing, or behind a loop device, is in use" {
	used_target 32M
	exec 8>>target
	left_alone 5 'another program has it open for writing' target --name a --template none --force
	left_alone 5 'another program has it open for writing' target --name a --template none --force --dry-run
	exec 8>&-
	used_device 32M
	left_alone 5 "$device" target --name a --template none --force
}

@test "a file that is mounted, if only for reading, is in use to all that write to it" {
	need_root
	need losetup
	truncate -s 64M target
	ok fill target --quiet --name a --template none
	"$bigdisk" send target >target.tar
	mkdir mnt
	mount -o loop,ro,offset=1048576 target mnt || skip "cannot mount here"
	left_alone 5 "is mounted on $PWD/mnt" target --name b --template none --force
	left_alone 5 "is mounted on $PWD/mnt" target --name b --template none --force --dry-run
	local before command
	before=$(sha256sum <target)
	echo text >text
	for command in 'renew ./target --name b' 'receive ./target --force' 'grow ./target 80M' 'grow ./target 80M --dry-run' 'shrink ./target 32M' \
		'cp text ./target:/text' 'mkdir ./target:/new' 'rm -r ./target:/lost+found' 'compact ./target' 'check ./target --repair' \
		'convert-layout ./target cylinder'; do
		# shellcheck disable=SC2086 # words
		status=0
		"$bigdisk" $command <target.tar >out 2>err || status=$?
		[[ $status -eq 5 || $status -eq 8 ]] || fail "$command: status $status, $(<err)"
		grep -q "./target: its loop device /dev/loop[0-9]* is mounted on $PWD/mnt" err || fail "$command: $(<err)"
	done
	[[ $(sha256sum <target) == "$before" ]] || fail "the target was changed"
	ok ls ./target:/
	umount mnt
	ok fill target --quiet --name b --template none --force
}

@test "a device that is mounted, or another guest's by its config, is in use" {
	need mke2fs
	used_device 32M
	mkdir mnt
	mke2fs -q -t ext2 "$device"
	mount "$device" mnt || skip "cannot mount here"
	bd fill "$device" --name a --template none --force
	failed_with 5
	[[ $stderr == *"$device is mounted on $PWD/mnt, and was not changed"* ]]
	umount mnt
	need_own_etc_xen
	mkdir xen
	echo "disk = [ 'phy:$device,xvda,w' ]" >xen/web01.cfg
	run unshare -m sh -c "mount --bind xen /etc/xen && exec \"\$@\"" - "$bigdisk" fill "$device" --name a --template none --force
	[[ $status -eq 5 && $output == *"is a disk of the guest in /etc/xen/web01.cfg"* ]]
	losetup -d "$device"
	device=
	echo "disk = [ '$PWD/target,raw,xvda,rw' ]" >xen/web01.cfg
	run unshare -m sh -c "mount --bind xen /etc/xen && exec \"\$@\"" - "$bigdisk" fill target --name a --template none --force
	[[ $status -eq 5 && $output == *"target is a disk of the guest in /etc/xen/web01.cfg"* ]]
}

@test "a target that is too small is told how large it must be, or how much is missing" {
	need_busybox
	used_target 4M
	left_alone 6 'target is too small: the minimum is 9M' target --name a --template none
	left_alone 6 'target is too small for a root and a swap partition: the minimum is 25M' target --name a --template none --swap 16M
	used_target 16M
	left_alone 6 'KiB are missing' target --name a --force
	head -c 1000 /dev/zero >target
	left_alone 1 'is not a whole number of 512-byte sectors' target --name a --template none
}

@test "what is no target, and options that are wrong" {
	used_target 32M
	left_alone 4 'cannot use nothing' nothing --name a
	left_alone 1 '. is neither a block device nor a file' . --name a
	left_alone 1 '/dev/null is neither a block device nor a file' /dev/null --name a
	left_alone 2 '--name NAME is required' target
	left_alone 2 'is not a host name' target --name -a
	left_alone 2 '--ip' target --name a --ip 1.2.3
	left_alone 4 'nosuch' target --name a --template nosuch
	left_alone 2 "a seed disk is for a template of a whole disk" target --name a --template none --seed-disk seed.iso
}

# traced WHAT: one `fill` with this fault.
traced() {
	status=0
	"${default_signals[@]}" strace -qq -o trace -e signal=none -e inject="$1" "$bigdisk" fill target --quiet --force --name a --template none \
		>out 2>err || status=$?
	output=$(<out) stderr=$(<err)
	echo "$1: status $status $stderr"
}

@test "any write or flush that fails leaves it blank; a kill leaves no boot signature before all else is written" {
	need e2fsck sfdisk jq
	need_grub2
	need_strace
	local call n tried=0
	for call in pwrite64 fsync; do
		for ((n = 1; n < 100; n++)); do
			used_target 16M
			traced "$call:error=EIO:when=$n"
			[[ $status -ne 0 ]] || break
			[[ $status -eq 1 && $stderr == *"the former content of target is lost, and it is now blank" ]]
			is_blank
			tried=$((tried + 1))
		done
	done
	[[ $tried -ge 6 ]] || fail "only $tried faults"
	for ((n = 1; n < 100; n++)); do
		used_target 16M
		traced "pwrite64:signal=KILL:when=$n"
		[[ $status -ne 0 ]] || break
		[[ $(hex target 510 2) != 55aa ]] || fsck_is_clean target
	done
	[[ $n -gt 3 ]]
}

@test "a sparse file on a filesystem without room is blank after a failure, and is said to be" {
	[[ $(id -u) -eq 0 ]] || skip "only root can mount"
	need_busybox
	mkdir mnt
	mount -t tmpfs -o size=10M tmpfs mnt 2>/dev/null || skip "no tmpfs can be mounted here"
	truncate -s 128M mnt/disk
	bd fill mnt/disk --name web01 --quiet
	[[ $status -ne 0 && $stderr == *"the former content of mnt/disk is lost, and it is now blank" ]] || fail "$stderr"
	[[ -z $(head -c 2M mnt/disk | tr -d '\0') ]]
}

@test "Ctrl-C while it is cleared or written leaves it blank" {
	need_grub2
	need_strace
	local when
	for when in fallocate:signal=INT:when=1 pwrite64:signal=INT:when=1 pwrite64:signal=INT:when=3 fsync:signal=TERM:when=2; do
		used_target 130M
		traced "$when"
		[[ $status -eq 130 || $status -eq 143 ]]
		is_blank
	done
	# Its end is cleared with its beginning.
	used_target 200M
	traced fallocate:signal=KILL:when=4
	[[ $status -eq 137 ]]
	is_blank
}

@test "two at once: one is refused, and the disk is whole" {
	need e2fsck sfdisk jq
	truncate -s 64M target
	local name won=0
	for name in a b c d; do
		(
			status=0
			"$bigdisk" fill target --quiet --name $name --template none 2>"$name.err" 3>&- || status=$?
			echo $status >"$name.status"
		) &
	done
	wait
	for name in a b c d; do
		case $(<$name.status) in
		0) won=$((won + 1)) ;;
		3 | 5) ;;
		*) fail "$(<$name.err)" ;;
		esac
	done
	[[ $won -eq 1 ]]
	fsck_is_clean target
}

@test "a template of a whole disk is copied; what cloud-init is to be told needs a seed disk" {
	need_grub2
	need sfdisk jq isoinfo ssh-keygen
	ssh-keygen -q -t ed25519 -N '' -f key
	made_empty disk --size 32M
	ok template import cloud d/disk.img --as disk --templates store
	used_target 48M
	left_alone 2 '--ssh-key: the template cloud is a whole disk' target --name a --template cloud --templates store --ssh-key key.pub
	left_alone 2 '--swap' target --name a --template cloud --templates store --swap 8M
	ok fill target --quiet --force --name a --template cloud --templates store --ssh-key key.pub --seed-disk seed.iso --ip 192.0.2.10/24
	isoinfo -i seed.iso -R -x /user-data | grep -qF "$(cut -d ' ' -f 2 key.pub)"
	isoinfo -i seed.iso -R -x /network-config | grep -qF 192.0.2.10/24
	[[ $(hex target 510 2) == 55aa ]]
	cmp <(head -c 32M target | tail -c +1025) <(tail -c +1025 d/disk.img)
	[[ $(stat -c %s target) -eq $((48 << 20)) ]]
	used_target 16M
	left_alone 6 'the disk of the template cloud' target --force --name a --template cloud --templates store
}

@test "a template of a whole disk with cloud-init: what it is to be told is on the disk itself" {
	need_grub2
	need sfdisk jq e2fsck ssh-keygen
	ssh-keygen -q -t ed25519 -N '' -f key
	system_root
	mkdir -p root/usr/bin root/etc/cloud/cloud.cfg.d root/etc/systemd/system
	printf '#!/usr/bin/python3\n' >root/usr/bin/cloud-init
	chmod 755 root/usr/bin/cloud-init
	echo 'datasource_list: [ OpenStack ]' >root/etc/cloud/cloud.cfg.d/90_dpkg.cfg
	touch root/usr/lib/systemd/system-generators root/etc/cloud/cloud.cfg
	ok template import t root --templates store --quiet
	ok new t --quiet --no-start --dir d --template t --templates store --size 64M
	ok template import cloud d/t.img --as disk --templates store --quiet
	used_target 96M
	ok fill target --quiet --force --name web02.example.com --template cloud --templates store --ssh-key key.pub --mac 00:16:3e:00:00:01 --ip 192.0.2.10/24
	fsck_is_clean target
	"$bigdisk" cat target:/var/lib/cloud/seed/nocloud/meta-data | grep -F web02.example.com
	"$bigdisk" cat target:/var/lib/cloud/seed/nocloud/user-data | grep -qF "$(cut -d ' ' -f 2 key.pub)"
	"$bigdisk" cat target:/var/lib/cloud/seed/nocloud/network-config | grep -F -e 00:16:3e:00:00:01
	"$bigdisk" cat target:/etc/cloud/cloud.cfg.d/zz-xen-bigdisk.cfg | grep -qx 'datasource_list: \[ NoCloud, None \]'
	# With a seed disk the disk is a copy.
	used_target 64M
	ok fill target --quiet --force --name web02 --template cloud --templates store --seed-disk seed.iso
	cmp target d/t.img
}
