# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# The article's own commands, on disks of ours: "Using Big Files As Hard Disks", December 2009.
# make check: Xen 4.17
. ./lib.sh

mount_point=$scratch/mnt
pygrub=/usr/lib/xen-$xen_version/bin/pygrub
mkdir -p "$mount_point"
mounts() {
	loop=$(losetup -f --show -o 32256 --sizelimit 4137283584 "$1") && mount -t ext3 "$loop" "$mount_point"
}
unmounts() { umount "$mount_point" && losetup -d "$loop"; }

for boot_sector in grub2 grub-legacy; do
	if [ "$boot_sector" = grub-legacy ] && ! has_grub_legacy; then
		check "grub-legacy: that it is missing is said" \
			fails_saying 'grub-legacy' xen-bigdisk new article01 --layout cylinder --boot-sector grub-legacy --no-start
		skip "grub-legacy: the article's commands" "this Debian has no GRUB Legacy any more"
		continue
	fi
	image=$images/article-$boot_sector.img
	check "$boot_sector: new makes the article's disk" \
		xen-bigdisk new "article-$boot_sector" --size 3950M --layout cylinder --boot-sector "$boot_sector" --no-start
	check "$boot_sector: the file is 503 cylinders and what is left of 3950 MiB" equal "$(stat -c %s "$image")" 4141875200
	check "$boot_sector: fdisk -l shows sectors 63 to 8080694" says '\* +63 +8080694 +8080632 +3\.9G +83 Linux' fdisk -l "$image"
	check "$boot_sector: losetup -o 32256 and mount work" mounts "$image"
	check "$boot_sector: the kernel sees 1010079 blocks of 4 KiB" \
		says 'Block count: +1010079' dumpe2fs -h "$loop"
	check "$boot_sector: there is a kernel on it" find "$mount_point/boot" -name 'vmlinuz*' -size +1M
	check "$boot_sector: it can be written to" dd if=/dev/urandom of="$mount_point/file" bs=1M count=8 conv=fsync
	[ "$boot_sector" = grub2 ] ||
		check "$boot_sector: GRUB Legacy's files are in /boot/grub" \
			test -s "$mount_point/boot/grub/stage2" -a -s "$mount_point/boot/grub/menu.lst"
	check "$boot_sector: umount and losetup -d" unmounts
	check "$boot_sector: e2fsck finds nothing" e2fsck -fn "$image?offset=32256"
	check "$boot_sector: pygrub finds the kernel" says 'kernel' "$pygrub" -q -n --output-directory="$scratch" "$image"
	forget "article-$boot_sector"
done
