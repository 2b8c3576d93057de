# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# The other two ways to boot PV and PVH guests: GRUB inside the guest, and a kernel in dom0.
# make check: Xen 4.17
. ./lib.sh

boots() {	# boots NAME TYPE OPTION…
	local name=$1 type=$2
	shift 2
	check "new --type $type $*" new "$name" --type "$type" --no-net "$@" || true
	goes_its_way "$name" "$type"
}
goes_its_way() {	# goes_its_way NAME TYPE: a guest that is up
	local name=$1 type=$2
	check "… its greeting" \
		wait_until 10 grep -Eqi "$name is up: $type guest on Xen $xen_version, root /dev/xvda1" "$consoles/guest-$name.log"
	check "… xl shutdown ends it" limited xl shutdown -w "$name"
	check "… and its monitor" wait_until 20 no_monitor "$name"
	forget "$name"
}

# GRUB unpacks a PV guest's kernel by itself, and knows no zstd; Debian 13's kernel is compressed with it.
if grep -q '^CONFIG_KERNEL_ZSTD=y' "/boot/config-$(uname -r)"; then
	check "pvgrub for a PV guest with a zstd kernel is refused, with the ways out" \
		fails_saying 'zstd.*type pvh' xen-bigdisk new grub01 --no-net --boot pvgrub
	check "… and nothing is made" test ! -e "$images/grub01.img" -a ! -e /etc/xen/grub01.cfg
else
	boots grub01 pv --boot pvgrub --layout aligned
fi
boots grub02 pvh --boot pvgrub --layout cylinder
boots direct02 pvh --boot direct --boot-sector none

# new --console becomes the guest's console.
console_session() {
	(wait_until 60 grep -q 'con01 is up' "$consoles/guest-con01.log"; sleep 2; printf '\035'; sleep 1) |
		timeout $((100 * patience)) script -qec "xen-bigdisk new con01 --size 256M --memory 160M --no-net --console \
			--type pv --boot direct --layout cylinder" /dev/null
}
check "new --type pv --boot direct --layout cylinder --console shows the guest's console" says 'con01 is up' console_session
check "… and the guest outlives it" running con01
goes_its_way con01 pv
