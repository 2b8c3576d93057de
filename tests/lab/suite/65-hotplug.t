# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks and interfaces by our hotplug programs and by Xen's scripts: the same nodes in xenstore, nothing left behind, and what is refused.
# make check: no
. ./lib.sh

scripts=/etc/xen/scripts
finish() {
	forget hp01 hp02
	[ ! -e "$scratch/block-bigdisk" ] || mv "$scratch"/*-bigdisk "$scripts/"
	chmod +x $scripts/*-bigdisk
	ip link set xenbr0 mtu 1500
	rm -rf "$scratch"
} 2>/dev/null
trap finish EXIT

# by WHOM: guests are started by "ours" or by "xens" from now on.
by() { if [ "$1" = ours ]; then chmod +x $scripts/*-bigdisk; else chmod -x $scripts/*-bigdisk; fi; }
loops() { losetup -n -O NAME -j "$1" | wc -l; }
ports() { ls /sys/class/net/xenbr0/brif; }
nothing_left() { [ "$(loops "$images/hp01.img") $(loops "$scratch/data") $(ports)" = "0 0 " ]; }
is_back() { is_another hp01 "$1" && ready hp01; }
reboots() { xl reboot hp01 && wait_until 120 is_back "$1"; }

# What there is in xenstore of a guest's devices, without what is another one's each time, and which scripts they are by.
dump() {
	local domid type
	domid=$(domid "$1")
	for type in vbd vif; do
		xenstore-ls -f "/local/domain/0/backend/$type/$domid"
		xenstore-ls -f "/local/domain/$domid/device/$type"
	done | grep -vE '/(event-channel.*|(tx-|rx-)?ring-ref|bigdisk-diskseq|sectors) ' |
		sed -E "s,/$domid([/ ]),/N\1,g; s,(-id = \")$domid\",\1N\",; s,loop[0-9]+,loopN,; s,(physical-device = \"7):.*,\1:N\",
			s,block-bigdisk,block,; s,vif-bigdisk,vif-bridge,"
}
kept() { xl list -l "$1" | jq -S '.[0].config | [.disks, .nics]'; }

check "a guest is made, with a disk that may only be read" xen-bigdisk new hp01 --size 256M --memory 160M --ip 192.168.77.65/24 \
	--gateway 192.168.77.1 --mac 00:16:3e:00:00:65 --no-start
truncate -s 8M "$scratch/data"
sed -i "s|^disk = \[\(.*[^ ]\) *\]|disk = [\1, '$scratch/data,raw,xvdb,r' ]|" /etc/xen/hp01.cfg

for whom in ours xens; do
	by $whom
	ip link set xenbr0 mtu 1400
	check "$whom: it starts" start hp01
	dump hp01 >"$scratch/$whom.nodes"
	kept hp01 >"$scratch/$whom.kept"
	check "$whom: its interface has the MTU of its bridge" equal "$(cat "/sys/class/net/vif$(domid hp01).0/mtu")" 1400
	check "$whom: the guest is told of it" equal "$(xenstore-read "/local/domain/$(domid hp01)/device/vif/0/mtu")" 1400
	check "$whom: its read-only disk is so" equal "$(losetup -n -O RO -j "$scratch/data" | xargs)" 1
	ip link set xenbr0 mtu 1500
	check "$whom: xl reboot brings it back" reboots "$(domid hp01)"
	check "$whom: … with one loop device for each disk, and one port" \
		equal "$(loops "$images/hp01.img") $(loops "$scratch/data") $(ports)" "1 1 vif$(domid hp01).0"
	check "$whom: xl shutdown ends it" limited xl shutdown -w hp01
	check "$whom: … and leaves nothing" wait_until 10 nothing_left
	wait_until 15 no_monitor hp01
done
check "the nodes are the same by both" diff "$scratch/xens.nodes" "$scratch/ours.nodes"
check "… and what libxl keeps of the config" diff "$scratch/xens.kept" "$scratch/ours.kept"
note <"$scratch/ours.nodes"

by ours
check "it starts again" start hp01
sed "s/^name = .*/name = \"hp02\"/; s/^uuid = .*//; s/^vif = .*//; s/^bootloader.*//; s,^disk = .*,kernel = \"$(ls /boot/vmlinuz-* | head -n 1)\"\ndisk = [ '$images/hp01.img\,raw\,xvda\,w' ]," \
	/etc/xen/hp01.cfg >/etc/xen/hp02.cfg
check "its disk is refused to another guest" \
	fails_saying "File $images/hp01.img is loopback-mounted through 7:[0-9a-f]+, which is mounted in a guest domain, and so cannot be mounted now" \
	xen-bigdisk start /etc/xen/hp02.cfg --no-wait
check "… which is not there" gone hp02
mv $scripts/*-bigdisk "$scratch"
check "xl destroy ends it after an uninstall" says 'cannot execute .*block-bigdisk' limited xl destroy hp01
check "… it is gone" wait_until 10 gone hp01
check "… and leaves nothing" wait_until 10 nothing_left
mv "$scratch"/*-bigdisk $scripts/
