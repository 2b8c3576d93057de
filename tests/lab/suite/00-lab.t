# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab itself, without xen-bigdisk: what fails here is not the product's fault.
# make check: no
. ./lib.sh

# A guest of nothing but dom0's kernel and busybox: $scratch/initramfs, $scratch/guest.cfg
make_busybox_guest() {
	local root=$scratch/root kernel module
	kernel=$(uname -r)
	mkdir -p "$root"/{bin,proc,sys,dev}
	cp /bin/busybox "$root/bin/"
	module=$(find "/lib/modules/$kernel" -name 'xen-netfront.ko*')
	case $module in
	*.xz) xz -dc "$module" ;;
	*) cat "$module" ;;
	esac >"$root/xen-netfront.ko"
	cat >"$root/init" <<-'EOF'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		export PATH=/bin
		mount -t proc proc /proc
		insmod /xen-netfront.ko
		cat >/bin/lease <<-'END'
			#!/bin/sh
			[ "$1" != bound ] || { ifconfig eth0 "$ip"; echo "lease: $ip"; }
		END
		chmod +x /bin/lease
		until ifconfig eth0 up; do usleep 100000; done
		udhcpc -i eth0 -q -n -t 20 -T 1 -s /bin/lease
		echo "greetings from busybox"
		while read -r line; do echo "heard: $line"; done
		poweroff -f
	EOF
	chmod +x "$root/init"
	(cd "$root" && find . | busybox cpio -o -H newc) 2>/dev/null >"$scratch/initramfs"
	cat >"$scratch/guest.cfg" <<-EOF
		name = "labguest"
		type = "pv"
		memory = 128
		kernel = "/boot/vmlinuz-$kernel"
		ramdisk = "$scratch/initramfs"
		cmdline = "console=hvc0 rdinit=/init"
		vif = [ "bridge=xenbr0,mac=00:16:3e:00:00:07" ]
	EOF
}

# A boot sector that writes "BIOS!" to COM1 and halts.
make_bios_guest() {
	local letter
	{
		printf '\xba\xf8\x03'
		for letter in B I O S '!'; do printf '\xb0%s\xee' "$letter"; done
		printf '\xf4\xeb\xfd'
	} >"$scratch/bios.img"
	truncate -s 510 "$scratch/bios.img"
	printf '\x55\xaa' >>"$scratch/bios.img"
	truncate -s 1M "$scratch/bios.img"
	cat >"$scratch/bios.cfg" <<-EOF
		name = "labbios"
		type = "hvm"
		memory = 64
		disk = [ "format=raw, vdev=hda, access=rw, target=$scratch/bios.img" ]
		serial = "file:$scratch/bios.serial"
		vnc = 0
	EOF
}

check "xl answers" xl info
check "Xen can do PV, PVH and HVM" says 'virt_caps.*pv hvm hap' xl info
check "the bridge has its address" says '192\.168\.77\.1/24' ip address show xenbr0
check "the folder of the host is mounted" mountpoint -q /lab
make_busybox_guest
check "pv: xl starts a busybox guest" limited xl create "$scratch/guest.cfg"
check "pv: it boots to userspace" wait_until 60 grep -q 'greetings from busybox' "$consoles/guest-labguest.log"
check "pv: it got an address by DHCP" grep -Eq 'lease: 192\.168\.77\.1[0-9]+' "$consoles/guest-labguest.log"
check "pv: dom0 reaches it" pings "$(lease 00:16:3e:00:00:07)"
check "pv: its console takes input" says 'heard: knock' type_into labguest knock
xl destroy labguest
make_bios_guest
check "hvm: xl starts a guest with a boot sector" limited xl create "$scratch/bios.cfg"
check "hvm: SeaBIOS runs the boot sector" wait_until 60 grep -q 'BIOS!' "$scratch/bios.serial"
xl destroy labbios
