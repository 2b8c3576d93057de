# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# HVM: SeaBIOS loads GRUB Legacy's boot sector, on a disk in cylinders. The plain QEMU boots of tests/cli have that pair, too.
# make check: no
. ./lib.sh

if has_grub_legacy; then
	check "new makes an HVM guest" new hvm02 --type hvm --memory 192M --layout cylinder --boot-sector grub-legacy --no-net
	check "its greeting says so" \
		wait_until 10 grep -Eq "hvm02 is up: HVM guest on Xen $xen_version, root /dev/xvda1 \(ext3\)" "$consoles/guest-hvm02.log"
	forget hvm02
else
	skip "new --layout cylinder --boot-sector grub-legacy" "this Debian has no GRUB Legacy any more"
fi
