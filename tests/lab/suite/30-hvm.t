# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# HVM: SeaBIOS loads the boot sector that we wrote; GRUB 2's and GRUB Legacy's, both layouts.
# make check: Xen 4.17
. ./lib.sh

hvm() {	# hvm NAME OPTION…
	local name=$1
	shift
	check "new $*" new "$name" --type hvm --memory 192M "$@" || true
	check "… its greeting says HVM" \
		wait_until 10 grep -Eq "$name is up: HVM guest on Xen $xen_version, root /dev/xvda1 \(ext3\)" "$consoles/guest-$name.log"
}

hvm hvm01 --layout aligned --boot-sector grub2
check "it is an HVM domain" equal "$(xl list -l hvm01 | jq -r '.[0].config.c_info.type')" hvm
check "xl console, which is its serial port, reaches a shell" wait_until 20 in_shell hvm01
check "it has an address by DHCP" pings "$(address hvm01)"
check "xl shutdown ends it" limited xl shutdown -w hvm01
check "… and its monitor" wait_until 20 no_monitor hvm01
check "… and its device model" wait_until 20 eval '! pgrep -f "qemu.*hvm01"'
forget hvm01

# The plain QEMU boots of tests/cli have the other pairs; a guest takes a minute or two here.
if has_grub_legacy; then
	hvm hvm02 --layout cylinder --boot-sector grub-legacy --no-net
	forget hvm02
else
	skip "new --layout cylinder --boot-sector grub-legacy" "this Debian has no GRUB Legacy any more"
fi
