# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# A Debian guest: it boots to a login prompt, is who `new` said and boots the kernel that it is upgraded to; two clones have nothing in common.
# make check: Xen 4.17
. ./guests.sh

# One for each Xen: on 4.17 of the template debian-12, on 4.20 of a disk as Ubuntu publishes them (GPT, /boot and the EFI system partition
# apart, qcow2), with debian-13 in it.
debian=12 template=debian-12
[ "$xen_version" = 4.17 ] || debian=13 template=split
name=deb$debian
address=192.168.77.$debian

printf '#!/bin/sh\nhostname >/root/first-boot\n' >"$scratch/first-boot"
check "$template: a guest is up" debian "$name" "$template" --size 2G --ip "$address/24" --gateway 192.168.77.1 \
	--run-once "$scratch/first-boot" --wait=$((150 * patience)) || exit
note <"$scratch/$name.times"
looks_right "$name" "$address" "$debian"
check "$name: the script for its first boot was run" wait_until 30 at "$address" "grep -qx $name /root/first-boot"
# The longest of all steps: on one Xen, but in `run all`.
if [ "$xen_version" = 4.17 ] || [ -n "${ALL-}" ]; then
	upgrades "$name" "$address"
fi

host_key=$(cut -d' ' -f3 "$scratch/known-$address")
check "$name: it ends" limited xen-bigdisk stop "$name" --wait $((120 * patience))
check "$name: its filesystem was left clean" e2fsck -fn "$images/$name.img?offset=1048576"
check "$name: pygrub and our boot loader find the same in what Debian wrote" same_kernel "$images/$name.img"

# A second one of the same template, seen from outside.
in_image() { debugfs -R "cat $2" "$images/$1.img?offset=1048576" 2>/dev/null; }	# in_image NAME PATH
differ() {	# differ FILTER: what `new` told of the two
	local one two
	one=$(told "$name" "$1") two=$(told clone01 "$1")
	echo "$one, $two"
	[ -n "$one" ] && [ "$one" != null ] && [ "$two" != null ] && [ "$one" != "$two" ]
}
check "$template: a second guest is made" debian clone01 "$template" --size 2G --no-start
note <"$scratch/clone01.times"
for what in .uuid .root_uuid .disk_signature '.network[0].mac' '.ssh_host_keys[0].fingerprint'; do
	check "two clones differ in ${what#.}" differ "$what"
done
check "… in the host key that is on the disk" test "$(in_image clone01 /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2)" != "$host_key"
check "… which is the one that new told" \
	same "$(in_image clone01 /etc/ssh/ssh_host_ed25519_key.pub | ssh-keygen -lf - | cut -d' ' -f2)" "$(told clone01 '.ssh_host_keys[0].fingerprint')"
check "… in the name" equal "$(in_image clone01 /etc/hostname)" clone01
check "… and in the machine-id, which the second makes at its first boot" equal "$(
	debugfs -R 'stat /etc/machine-id' "$images/clone01.img?offset=1048576" 2>/dev/null | sed -n 's/^User:.*Size: *//p')" 0
check "no other host key is on either disk" \
	equal "$(for one in "$name" clone01; do debugfs -R 'ls -p /etc/ssh' "$images/$one.img?offset=1048576" 2>/dev/null; done |
		cut -d/ -f6 | grep '^ssh_host' | sort | uniq -c | xargs)" "2 ssh_host_ed25519_key 2 ssh_host_ed25519_key.pub"
check "neither has the seed of the other's random numbers" eval '! in_image clone01 /var/lib/systemd/random-seed | grep -q .'
forget "$name" clone01
