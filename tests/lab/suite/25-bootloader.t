# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# xen-bigdisk-boot in pygrub's place, by xl and by us: a guest's own ext3; /boot on XFS with entries of the Boot Loader Specification, on
# btrfs with zstd in a subvolume; as root and restricted, PV and PVH.
# make check: Xen 4.17
. ./lib.sh

base=/etc/xen/boot01.cfg
range_uid=410000
useradd --system --no-create-home --shell /usr/sbin/nologin --uid "$range_uid" xen-qemuuser-range-base
finish() {
	xl destroy boot01
	forget boot01
	userdel xen-qemuuser-range-base
	rm -rf "$scratch"
} >/dev/null 2>&1
trap finish EXIT

greets() { wait_until "${2:-60}" grep -q "boot01 is up: $1 guest on Xen $xen_version, root /dev/xvda" "$consoles/guest-boot01.log"; }
# Its shell may come after its greeting.
was_told() { wait_until 20 in_shell boot01 && says "root=.* $1" type_into boot01 "cat /proc/cmdline"; }
# created COMMAND…: a domain from nothing, whose greeting is a new one
created() {
	running boot01 && xl destroy boot01
	wait_until 20 no_monitor boot01
	: >"$consoles/guest-boot01.log"
	limited "$@" || { guest_story boot01; false; }
}
entries() { xen-bigdisk-boot --list-entries "$@"; }
nothing_left() { none_of /var/lib/xen/bootloader.*.d /var/run/xen/xen-bigdisk-boot/* /run/xen-bigdisk/boot.*; }

# The uids that read the disk while a command runs: children of the boot loader, and grub-fstest.
watching() {
	local watcher status=0
	: >"$scratch/uids"
	while sleep 0.02 && [ -d "$scratch" ]; do
		ps -eo uid=,comm= | awk '/xen-bigdisk-boo|grub-fstest/ { print $1 }' >>"$scratch/uids"
	done >/dev/null 2>&1 &
	watcher=$!
	"$@" || status=$?
	kill "$watcher"
	wait "$watcher" 2>/dev/null
	return "$status"
}
reader_is_own() {
	local id
	id=$(domid boot01) && says "^ *$((range_uid + id))\$" sort -un "$scratch/uids"
}

check "a guest is made for pygrub" limited xen-bigdisk new boot01 --size 256M --memory 160M --no-start --no-net
check "one word of its config is changed" sed -i 's/^bootloader *= *"pygrub"/bootloader = "xen-bigdisk-boot"/' "$base"
check "xl takes it, and the kernel from the disk" created xl create "$base"
check "… it boots" greets PV
check "… what libxl was told is what the boot loader lists" says 'kernel: /boot/vmlinuz' entries "$images/boot01.img"
check "… libxl has taken the files away" nothing_left
check "start takes it" created xen-bigdisk start boot01 --wait=$((90 * patience))
check "… it boots again" greets PV
xl destroy boot01

# The menu, for once, with more time than an emulated console client takes.
patient_menu() {
	xen-bigdisk cat boot01:/boot/grub/grub.cfg | sed 's/^ *set timeout=.*//; 1i set timeout=1000' >"$scratch/grub.cfg" &&
		xen-bigdisk cp "$scratch/grub.cfg" boot01:/boot/grub/grub.cfg
}
with_menu() {
	created env WAIT_S=$((60 * patience)) python3 ./on_console.py 'any key stops this' a 'Esc: cancel' $' menu=yes\r' \
		'boot01 is up' $'\x1d' -- xl create -c "$base" 'bootloader_args=["-i"]'
}
check "its menu waits" patient_menu
check "xl create -c shows the menu, and boots with the arguments that were typed there" with_menu
check "… which the guest has" was_told menu=yes
xl destroy boot01

# Its kernel and initramfs on another filesystem, which is the first partition; its root is the second.
kernel=$(xen-bigdisk ls boot01:/boot | grep -m1 '^vmlinuz-') initrd=$(xen-bigdisk ls boot01:/boot | grep -m1 '^initrd')
disk=$scratch/disk.img
arguments=$(entries "$images/boot01.img" | sed -n 's/^  args: //p' | head -n 1)
make_disk() {	# make_disk TYPE
	truncate -s 720M "$disk" && printf 'label: gpt\nstart=2048,size=400M\nsize=300M\n' | sfdisk -q "$disk" &&
		loop=$(losetup -P --show -f "$disk") && mkdir -p "$scratch/m" || return
	until [ -b "${loop}p2" ]; do sleep 0.2; done
	case $1 in
	xfs) mkfs.xfs -q "${loop}p1" && mount "${loop}p1" "$scratch/m" ;;
	btrfs) mkfs.btrfs -q -f "${loop}p1" && mount -o compress-force=zstd "${loop}p1" "$scratch/m" ;;
	esac
}
# Nothing but its own root: where a /boot is mounted, there is nothing below it.
fill_root() {
	dd if="$images/boot01.img" of="${loop}p2" bs=1M skip=1 status=none && mkdir -p "$scratch/root" &&
		mount "${loop}p2" "$scratch/root" && rm -r "$scratch/root/boot" && umount "$scratch/root"
}
seal_disk() { umount "$scratch/m" && losetup -d "$loop" && sed -i "s,target=$images/boot01.img,target=$disk," "$base"; }
mkdir "$scratch/kernel"
check "its kernel and initramfs are copied out" xen-bigdisk cp "boot01:/boot/$kernel" "boot01:/boot/$initrd" "$scratch/kernel/"
# Without holes, which the btrfs driver of GRUB 2.06 does not read.
copy_boot() { cp --sparse=never "$scratch/kernel/$kernel" "$scratch/kernel/$initrd" "$1/"; }

make_xfs() {
	make_disk xfs && copy_boot "$scratch/m" && mkdir -p "$scratch/m/loader/entries" "$scratch/m/grub2" || return
	printf 'title Old\nversion 1.0\nlinux /no-such\noptions x\n' >"$scratch/m/loader/entries/a-1.0.conf"
	printf 'title New\nversion 2.0\nlinux /%s\ninitrd /%s\noptions $kernelopts bls=yes\n' "$kernel" "$initrd" \
		>"$scratch/m/loader/entries/a-2.0.conf"
	printf 'set timeout=1\nload_env\nblscfg\n' >"$scratch/m/grub2/grub.cfg"
	grub-editenv "$scratch/m/grub2/grubenv" set "kernelopts=$arguments" && fill_root && seal_disk
}
check "a disk with its /boot on XFS" make_xfs
check "… pygrub finds nothing there" fails "$(ls /usr/lib/xen-"$xen_version"/bin/pygrub)" -q --output=/dev/null "$disk"
check "… what blscfg takes in is listed, the newest first" says 'title: New' entries "$disk"
sed -i 's/^type *=.*/type = "pvh"/' "$base"
if [ "$xen_version" = 4.17 ]; then
	restricted=(env LIBXL_BOOTLOADER_RESTRICT=1)
else
	restricted=(env)
	echo 'bootloader_restrict = 1' >>"$base"
fi
# An emulated dom0 takes its time for what GRUB's drivers do.
sed -i 's/^bootloader_args *=.*/bootloader_args = [ "--quiet", "--max-time=100" ]/' "$base"
check "a PVH guest boots from it, restricted" watching created "${restricted[@]}" xl create "$base"
check "… its boot loader read as the domain's own user" reader_is_own
check "… it boots" greets PVH 150
check "… with the arguments of grubenv and the entry" was_told bls=yes
xl destroy boot01

# zstd takes minutes here: in `run all` only.
if [ "${ALL-}" = yes ]; then
	make_btrfs() {
		make_disk btrfs && btrfs -q subvolume create "$scratch/m/@" && mkdir -p "$scratch/m/@/boot/grub" && copy_boot "$scratch/m/@/boot" || return
		cat >"$scratch/m/boot.cfg" <<-EOF
			set timeout=1
			menuentry 'On btrfs' {
				search --no-floppy --fs-uuid --set=root $(blkid -o value -s UUID "${loop}p1")
				linux /@/boot/$kernel $arguments btrfs=yes
				initrd /@/boot/$initrd
			}
		EOF
		mkdir -p "$scratch/m/boot/grub" && mv "$scratch/m/boot.cfg" "$scratch/m/boot/grub/grub.cfg" && fill_root
		umount "$scratch/m" && losetup -d "$loop"
	}
	rm -f "$disk"
	sed -i 's/^type *=.*/type = "pv"/' "$base"
	check "a disk with its /boot on btrfs, packed by zstd" make_btrfs
	check "a PV guest boots from it" watching created xl create "$base"
	check "… it boots" greets PV
	check "… its boot loader read as the domain's own user there, too" reader_is_own
	check "… with the arguments of that entry" was_told btrfs=yes
fi
check "nothing is left of any start" nothing_left
