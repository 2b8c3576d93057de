# shellcheck shell=bash source-path=SCRIPTDIR/..
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests from disks and archives as distributions publish them (tests/lab/images.sh): they boot, by their name, on their address, and let
# in who has the key. Of the two with a filesystem that is not read from outside, each Xen boots one.
. ./lib.sh

templates=/lab/templates
step_limit=$((250 * patience)) check "the disks are made and imported" wait_until 400 test -s /lab/images.built
check "… all of them" equal "$(cat /lab/images.built)" yes
step_limit=$((200 * patience))
ssh-keygen -q -t ed25519 -N '' -C lab -f "$scratch/key"

# image NAME TEMPLATE ADDRESS OPTION…: makes the guest and boots it
image() {
	local name=$1 template=$2 address=$3
	shift 3
	limited xen-bigdisk new "$name" --template "$template" --templates "$templates" --memory 384M --ssh-key "$scratch/key.pub" \
		--ip "$address/24" --gateway 192.168.77.1 --wait --timeout $((150 * patience)) "$@" || {
		local status=$?
		guest_story "$name"
		return "$status"
	}
}
at() {	# at ADDRESS COMMAND: what a shell of the guest prints
	timeout $((60 * patience)) ssh -i "$scratch/key" -o BatchMode=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=$((20 * patience)) "root@$1" "$2"
}

# The smallest first: while it answers, the next one can boot.
check "an Alpine with OpenRC, from its archive, on ext4: it reports that it is up" image alpine openrc 192.168.77.31 --size 256M --fs ext4
answer=$(at 192.168.77.31 'hostname; cat /etc/alpine-release; mount | grep " / "; cat /etc/network/interfaces')
check "… it lets in by the key, and has its name" says '^alpine$' echo "$answer"
check "… is the Alpine that was imported" says '^3\.20\.0$' echo "$answer"
check "… on a root that is ext4, writable" says ' on / type ext4 \(rw' echo "$answer"
check "… and has its own address" says 'address 192\.168\.77\.31' echo "$answer"
check "it ends" limited xen-bigdisk stop alpine --timeout $((60 * patience))
check "… and its filesystem was left clean" e2fsck -fn "$images/alpine.img?offset=1048576"

check "a disk with /boot and the EFI system partition apart: pygrub finds its kernel, and the guest reports that it is up" \
	image ubuntu split 192.168.77.33 --size 1500M
answer=$(at 192.168.77.33 'hostname; ls /boot; findmnt -no SOURCE /boot; ip -4 address show')
check "… it lets in by the key, and has its name" says '^ubuntu$' echo "$answer"
check "… has the kernels of /boot in its root" says '^vmlinuz-' echo "$answer"
check "… has its address" says 'inet 192\.168\.77\.33/24' echo "$answer"
check "it ends" limited xen-bigdisk stop ubuntu --timeout $((100 * patience))

# The host's name is from the seed, and all else that cloud-init was told.
disk=xfs
[ "$xen_version" = 4.17 ] || disk=btrfs
check "a disk whose root is $disk: GRUB reads it, and cloud-init reports that the guest is up" \
	image "$disk-disk" "$disk" 192.168.77.32 --size 1100M
answer=$(at 192.168.77.32 'hostname; findmnt -no FSTYPE /; ip -4 address show; cloud-id; cat /var/lib/cloud/data/instance-id')
check "… it lets in by the key, and has its name" says "^$disk-disk\$" echo "$answer"
check "… on a root that is $disk" says "^$disk\$" echo "$answer"
check "… has its address" says 'inet 192\.168\.77\.32/24' echo "$answer"
check "… by the seed disk" says '^nocloud$' echo "$answer"
check "… which is of this domain" says "^$(uuid "$disk-disk")\$" echo "$answer"
check "it ends" limited xen-bigdisk stop "$disk-disk" --timeout $((100 * patience))
forget alpine ubuntu "$disk-disk"
rm -f "$images/$disk-disk-seed.iso"
