# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests from disks as distributions publish them (tests/lab/images.sh), and of the Debian that 85-debian.t does not boot on this Xen: they
# boot, by their name, on their address, and let in who has the key.
# make check: no
. ./guests.sh

if [ "$xen_version" = 4.17 ]; then other=13 disk=xfs; else other=12 disk=btrfs; fi
loader=xen-bigdisk-boot
check "debian-$other: a PVH guest is up, by our boot loader" debian "deb$other" "debian-$other" --size 2G --ip 192.168.77.$other/24 --gateway 192.168.77.1 --type pvh --boot bigdisk \
	--wait=$((150 * patience))
looks_right "deb$other" "192.168.77.$other" "$other"
check "it ends" limited xen-bigdisk stop "deb$other" --wait $((100 * patience))

check "a disk with /boot and the EFI system partition apart: pygrub finds its kernel, and the guest reports that it is up" \
	image ubuntu split 192.168.77.33 --size 1500M --memory 384M
answer=$(at 192.168.77.33 'hostname; ls /boot; findmnt -no SOURCE /boot; ip -4 address show')
check "… it lets in by the key, and has its name" says '^ubuntu$' echo "$answer"
check "… has the kernels of /boot in its root" says '^vmlinuz-' echo "$answer"
check "… has its address" says 'inet 192\.168\.77\.33/24' echo "$answer"
check "it ends" limited xen-bigdisk stop ubuntu --wait $((100 * patience))
check "… our boot loader finds the same as pygrub" same_kernel "$images/ubuntu.img"

# The host's name is from the seed, and all else that cloud-init was told.
check "a disk whose root is $disk: GRUB reads it, and cloud-init reports that the guest is up" \
	image "$disk-disk" "$disk" 192.168.77.32 --size 1500M --memory 384M
answer=$(at 192.168.77.32 'hostname; findmnt -no FSTYPE /; ip -4 address show; cloud-id; cat /var/lib/cloud/data/instance-id')
check "… it lets in by the key, and has its name" says "^$disk-disk\$" echo "$answer"
check "… on a root that is $disk" says "^$disk\$" echo "$answer"
check "… has its address" says 'inet 192\.168\.77\.32/24' echo "$answer"
check "… by the seed disk" says '^nocloud$' echo "$answer"
check "… which is of this domain" same "$(tail -n 1 <<<"$answer")" "$(uuid "$disk-disk")"
check "it ends" limited xen-bigdisk stop "$disk-disk" --wait $((100 * patience))

# The same by our boot loader. Of XFS the kernel is that of an entry of the Boot Loader Specification; on btrfs it is packed by zstd.
changed() {
	local loop boot=$scratch/root/boot version status=0
	loop=$(losetup -P --show -f "$images/$disk-disk.img") && mkdir "$scratch/root" || return
	until [ -b "${loop}p1" ]; do sleep 0.2; done
	mount "${loop}p1" "$scratch/root" || return
	version=$(basename "$boot"/vmlinuz-*) version=${version#vmlinuz-}
	case $disk in
	xfs)
		mkdir -p "$boot/loader/entries" && printf 'set timeout=1\nblscfg\n' >"$boot/grub/grub.cfg" &&
			printf '%s\n' 'title Debian' "version $version" "linux /boot/vmlinuz-$version" "initrd /boot/initrd.img-$version" \
				'options root=LABEL=cloudroot ro console=hvc0 quiet mitigations=off apparmor=0 audit=0 lab=bls' \
				>"$boot/loader/entries/debian-$version.conf"
		;;
	btrfs) btrfs filesystem defragment -r -czstd "$boot" && sync -f "$boot" && compsize_of "$boot"/vmlinuz-* ;;
	esac || status=$?
	umount "$scratch/root" && losetup -d "$loop" && return "$status"
}
# Extents that are packed say so.
compsize_of() { filefrag -v "$1" | grep -q encoded; }
check "its boot files are changed" changed
check "… and its boot loader" limited xen-bigdisk set "$disk-disk" boot=bigdisk
# An emulated dom0 takes its time for what GRUB's drivers do.
sed -i 's/^bootloader_args *=.*/bootloader_args = [ "--quiet", "--max-time=100" ]/' "/etc/xen/$disk-disk.cfg"
check "a root that is $disk: our boot loader reads it" limited xen-bigdisk start "$disk-disk" --wait=$((150 * patience))
answer=$(at 192.168.77.32 'hostname; findmnt -no FSTYPE /; cat /proc/cmdline')
check "… it has its name" says "^$disk-disk\$" echo "$answer"
check "… on a root that is $disk" says "^$disk\$" echo "$answer"
[ "$disk" != xfs ] || check "… with the arguments of that entry" says lab=bls echo "$answer"
check "it ends" limited xen-bigdisk stop "$disk-disk" --wait $((100 * patience))
forget "deb$other" ubuntu "$disk-disk"
rm -f "$images/$disk-disk-seed.iso"
