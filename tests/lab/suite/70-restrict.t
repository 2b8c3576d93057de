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
check "without the user, new warns and says how to make it" warned
check "… and leaves the key out" eval '! grep -q "^bootloader_restrict" /etc/xen/plain01.cfg'
forget plain01

useradd --system --no-create-home --shell /usr/sbin/nologin xen-qemuuser-shared
check "with the user, the guest boots" new safe01 --no-net
check "… by a restricted pygrub" grep -q '^bootloader_restrict *= *1' /etc/xen/safe01.cfg
check "… and its greeting is there" grep -q 'safe01 is up: PV guest' "$consoles/guest-safe01.log"
check "… the image is not open to everybody" equal "$(stat -c %A "$images/safe01.img" | cut -c8-10)" ---
check "xl shutdown ends it" limited xl shutdown -w safe01
check "… and the domain goes" wait_until 30 gone safe01
check "xl create boots the same config" limited xl create /etc/xen/safe01.cfg
xl destroy safe01
forget safe01
userdel xen-qemuuser-shared
