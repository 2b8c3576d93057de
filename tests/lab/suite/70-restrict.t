# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# pygrub without privileges, the only kind that the Xen project gives security support for.
. ./lib.sh

if [ "$xen_version" = 4.17 ]; then
	check "a config for this Xen has no bootloader_restrict" eval '
		xen-bigdisk new plain01 --size 128M --template none --no-start --no-net && ! grep -q "^bootloader_restrict" /etc/xen/plain01.cfg'
	forget plain01
	skip "pygrub runs without privileges" "bootloader_restrict came with Xen 4.18"
	exit
fi

warned() { says 'xen-qemuuser-shared' xen-bigdisk new plain01 --size 128M --template none --no-start --no-net; }
check "without privileges is not the default yet: new warns and says what to do" warned
check "… and leaves the key out" eval '! grep -q "^bootloader_restrict" /etc/xen/plain01.cfg'
forget plain01
skip "pygrub runs without privileges" "open: the restricted pygrub of Xen 4.20 gives libxl no kernel here (issue 2, line 7)"
