# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# HVM: SeaBIOS loads the boot sector that we wrote, with GRUB 2. 31-hvm-legacy.t has GRUB Legacy's.
# make check: Xen 4.17
. ./lib.sh

check "new makes an HVM guest" new hvm01 --type hvm --memory 192M --layout aligned --boot-sector grub2
check "its greeting says so" \
	wait_until 10 grep -Eq "hvm01 is up: HVM guest on Xen $xen_version, root /dev/xvda1 \(ext3\)" "$consoles/guest-hvm01.log"
check "it is an HVM domain" equal "$(xl list -l hvm01 | jq -r '.[0].config.c_info.type')" hvm
check "its disk and interfaces are by our hotplug programs" \
	equal "$(backend hvm01 vbd 2048/script) $(backend hvm01 vif 0/script)" "/etc/xen/scripts/block-bigdisk /etc/xen/scripts/vif-bigdisk"
check "xl console, which is its serial port, reaches a shell" wait_until 20 in_shell hvm01
check "it has an address by DHCP" pings "$(address hvm01)"
check "xl shutdown ends it" limited xl shutdown -w hvm01
check "… and its monitor" wait_until 20 no_monitor hvm01
check "… and its device model" wait_until 20 eval '! pgrep -f "qemu.*hvm01"'
forget hvm01
