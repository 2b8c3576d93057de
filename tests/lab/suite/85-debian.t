# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian guests from templates: they boot to a login prompt and are who `new` said, and two clones have nothing in common.
. ./lib.sh

templates=/lab/templates
# This machine's host builds them meanwhile.
step_limit=$((250 * patience)) check "the templates debian-12 and debian-13 are built" wait_until 400 test -s /lab/templates.built
check "… both of them" equal "$(cat /lab/templates.built)" yes
# An emulated Debian takes its time to boot.
step_limit=$((200 * patience))
ssh-keygen -q -t ed25519 -N '' -C lab -f "$scratch/key"
printf '#!/bin/sh\nhostname >/root/first-boot\n' >"$scratch/first-boot"

# debian NAME TEMPLATE ADDRESS OPTION…: makes the guest, and $scratch/NAME.json of what `new` prints
debian() {
	local name=$1 template=$2
	shift 2
	limited xen-bigdisk new "$name" --template "$template" --templates "$templates" --memory 384M \
		--ssh-key "$scratch/key.pub" --append systemd.mask=e2scrub_reap.service --json "$@" >"$scratch/$name.json" || {
		local status=$?
		guest_story "$name"
		return "$status"
	}
	jq -r '"\(.make_seconds) s to make it, \(.create_seconds // 0) s to create it, \(.wait_seconds // 0) s to boot"' \
		"$scratch/$name.json" >"$scratch/$name.times"
}
same() { [ -n "$1" ] && equal "$1" "$2"; }	# and not both empty
told() { jq -r "$2" "$scratch/$1.json"; }	# told NAME FILTER: what `new` said

# fingerprint ADDRESS: that of the key that answers there, which is believed from then on
fingerprint() {
	ssh-keyscan -T 60 -t ed25519 "$1" 2>"$scratch/keyscan" >"$scratch/known-$1" || cat "$scratch/keyscan" >&2
	ssh-keygen -lf "$scratch/known-$1" | cut -d' ' -f2
}
at() {	# at ADDRESS COMMAND: what a shell of the guest prints
	timeout $((${ssh_limit:-60} * patience)) ssh -i "$scratch/key" -o BatchMode=yes -o StrictHostKeyChecking=yes \
		-o UserKnownHostsFile="$scratch/known-$1" -o ConnectTimeout=$((20 * patience)) "root@$1" "$2"
}

# Each login takes an emulated guest seconds, so it is asked for everything at once.
ask() {	# ask NAME ADDRESS
	# shellcheck disable=SC2016 # for the guest's shell
	at "$2" 'echo "hostname=$(hostname)"; echo "debian=$(cat /etc/debian_version)"
		echo "uuid=$(cat /sys/hypervisor/uuid)"; echo "root=$(findmnt -no UUID /)"
		echo "fstab=$(grep " / " /etc/fstab)"
		echo "signature=$(udevadm info -q property -n /dev/xvda | sed -n s/^ID_PART_TABLE_UUID=/0x/p)"
		echo "size=$(df -B1 --output=size / | tail -n 1)"; echo "address=$(ip -4 address | xargs)"
		echo "route=$(ip route | xargs)"; echo "self=$(getent hosts "$(hostname)" | xargs)"
		echo "machine-id=$(cat /etc/machine-id)"
		echo "failed=$(systemctl list-units --failed --no-legend --plain && echo none)"' >"$scratch/$1.facts"
}
fact() { sed -n "s/^$2=//p" "$scratch/$1.facts"; }	# fact NAME KEY: what the guest said

# fits NAME: the root filesystem has the size that `new` said, less what ext3 keeps for itself
fits() {
	local whole shown
	whole=$(told "$1" '.block_size * .block_count')
	shown=$(fact "$1" size)
	echo "$whole bytes, df says $shown"
	[ "$shown" -le "$whole" ] && [ "$shown" -gt $((whole / 100 * 93)) ]
}

looks_right() {	# looks_right NAME ADDRESS DEBIAN
	local name=$1 address=$2
	check "$name: pygrub is its boot loader" grep -q '^bootloader *= *"pygrub"' "/etc/xen/$name.cfg"
	check "$name: its console has a login prompt" wait_until 60 grep -q "$name login:" "$consoles/guest-$name.log"
	check "$name: the SSH host key is the one that new told" \
		same "$(fingerprint "$address")" "$(told "$name" '.ssh_host_keys[0].fingerprint')"
	check "$name: the SSH key of the administrator lets in" ask "$name" "$address"
	check "$name: it has its name" same "$(fact "$name" hostname)" "$name"
	check "$name: it is Debian $3" says "^$3\." fact "$name" debian
	check "$name: the domain's UUID is the one that new told" same "$(fact "$name" uuid)" "$(told "$name" .uuid)"
	check "$name: so is the UUID of its root" same "$(fact "$name" root)" "$(told "$name" .root_uuid)"
	check "$name: … which is in its fstab" says "^UUID=$(told "$name" .root_uuid) / ext3" fact "$name" fstab
	check "$name: so is the signature of its disk" same "$(fact "$name" signature)" "$(told "$name" .disk_signature)"
	check "$name: df shows the size that new told" fits "$name"
	check "$name: it has its static address" says "inet $address/24" fact "$name" address
	check "$name: … and gateway" says "default via 192.168.77.1 " fact "$name" route
	check "$name: it resolves its own name" says "^127.0.1.1 $name" fact "$name" self
	check "$name: it has a machine-id" says '^[0-9a-f]{32}$' fact "$name" machine-id
	check "$name: no unit has failed" same "$(fact "$name" failed)" none
}

# What `apt-get install linux-image-…` and then `apt-get purge` of the first kernel do, with the package that the host has
# fetched: there is no mirror in here. MODULES=list makes the initramfs quick, as everything is emulated. Removing the kernel
# that runs is a question, which is answered first.
second_kernel() {	# second_kernel ADDRESS
	# shellcheck disable=SC2016 # for the guest's shell
	ssh_limit=600 at "$1" 'set -e; export DEBIAN_FRONTEND=noninteractive
		echo MODULES=list >/etc/initramfs-tools/conf.d/lab
		printf "%s\n" xen-blkfront ext4 >>/etc/initramfs-tools/modules
		echo "linux-base linux-base/removing-running-kernel boolean false" | debconf-set-selections
		cat >/root/kernel.deb
		dpkg -i /root/kernel.deb
		dpkg --purge linux-image-amd64 "linux-image-$(uname -r)"
		ls /boot
		cat /boot/grub/grub.cfg' </lab/kernel.deb
}

# upgrades NAME ADDRESS: another kernel is installed and the first one removed, and the guest boots by the other
upgrades() {
	local name=$1 address=$2 package version
	package=$(dpkg-deb -f /lab/kernel.deb Package)
	version=${package#linux-image-}
	check "$name: its first kernel is not the second" test "$(at "$address" 'uname -r')" != "$version"
	check "$name: the second kernel is installed and the first removed" second_kernel "$address" || return
	# The guest's monitor restarts it from its cfg.
	at "$address" 'systemctl reboot' >/dev/null 2>&1
	check "$name: it boots the second kernel" wait_until 150 runs "$address" "$version" || guest_story "$name" | note
	check "$name: … by the only entry that is left" equal \
		"$(at "$address" 'grep -c ^menuentry /boot/grub/grub.cfg; ls /boot/vmlinuz-*' | xargs)" "1 /boot/vmlinuz-$version"
}
runs() { [ "$(at "$1" 'uname -r')" = "$2" ]; }	# runs ADDRESS VERSION

check "debian-12: a guest is up" debian deb12 debian-12 --size 2G --ip 192.168.77.12/24 --gateway 192.168.77.1 \
	--wait=$((150 * patience)) || exit
note <"$scratch/deb12.times"
looks_right deb12 192.168.77.12 12
[ "$xen_version" != 4.17 ] || upgrades deb12 192.168.77.12

check "debian-13: a guest is up" debian deb13 debian-13 --size 3G --ip 192.168.77.13/24 --gateway 192.168.77.1 \
	--run-once "$scratch/first-boot" --wait=$((150 * patience)) || exit
note <"$scratch/deb13.times"
looks_right deb13 192.168.77.13 13
check "debian-13: the script for its first boot was run" wait_until 30 at 192.168.77.13 'grep -qx deb13 /root/first-boot'
[ "$xen_version" = 4.17 ] || upgrades deb13 192.168.77.13

host_key=$(cut -d' ' -f3 "$scratch/known-192.168.77.12")
check "the two have different machine-ids" test "$(fact deb12 machine-id)" != "$(fact deb13 machine-id)"

xl shutdown deb12 >/dev/null
xl shutdown deb13 >/dev/null
check "xl shutdown ends them" wait_until 120 eval 'gone deb12 && gone deb13'
for name in deb12 deb13; do
	check "$name: its filesystem was left clean" e2fsck -fn "$images/$name.img?offset=1048576"
done

# A second one of the same template, seen from outside.
in_image() { debugfs -R "cat $2" "$images/$1.img?offset=1048576" 2>/dev/null; }	# in_image NAME PATH
differ() {	# differ FILTER: what `new` told of the two
	local one two
	one=$(told deb12 "$1") two=$(told clone12 "$1")
	echo "$one, $two"
	[ -n "$one" ] && [ "$one" != null ] && [ "$two" != null ] && [ "$one" != "$two" ]
}
check "debian-12: a second guest is made" debian clone12 debian-12 --size 1G --no-start
note <"$scratch/clone12.times"
for what in .uuid .root_uuid .disk_signature '.network[0].mac' '.ssh_host_keys[0].fingerprint'; do
	check "two clones differ in ${what#.}" differ "$what"
done
check "… in the host key that is on the disk" test "$(in_image clone12 /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2)" != "$host_key"
check "… which is the one that new told" \
	same "$(in_image clone12 /etc/ssh/ssh_host_ed25519_key.pub | ssh-keygen -lf - | cut -d' ' -f2)" "$(told clone12 '.ssh_host_keys[0].fingerprint')"
check "… in the name" equal "$(in_image clone12 /etc/hostname)" clone12
check "… and the machine-id, which the second makes at its first boot" equal "$(
	debugfs -R 'stat /etc/machine-id' "$images/clone12.img?offset=1048576" 2>/dev/null | sed -n 's/^User:.*Size: *//p')" 0
check "no other host key is on either disk" \
	equal "$(for name in deb12 clone12; do debugfs -R 'ls -p /etc/ssh' "$images/$name.img?offset=1048576" 2>/dev/null; done |
		cut -d/ -f6 | grep '^ssh_host' | sort | uniq -c | xargs)" "2 ssh_host_ed25519_key 2 ssh_host_ed25519_key.pub"
check "neither has the seed of the other's random numbers" eval '! in_image clone12 /var/lib/systemd/random-seed | grep -q .'
forget deb12 deb13 clone12
