# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# How long a start takes up to the unpaused domain, for `make bench` (tests/bench/start), which reads the lines that begin with "# bench".
# make check: no
. ./lib.sh

manifest=$scratch/speed.json
finish() {
	xen-bigdisk fleet destroy "$manifest" --yes
	forget sp01
	rm -rf "$scratch"
} >/dev/null 2>&1
trap finish EXIT

# took COMMAND…: sets seconds
took() {
	local began=$EPOCHREALTIME
	limited "$@" || return
	seconds=$(awk "BEGIN { printf \"%.2f\", $EPOCHREALTIME - $began }")
}
# Nothing of the last one works on when the next is measured.
quiet_again() { no_monitor "$1" && gone "$1" && [ -z "$(losetup -n -O NAME -j "$images/$1.img")" ]; }
clear() {
	local name
	for name; do running "$name" && xl destroy "$name"; done
	for name; do wait_until 30 quiet_again "$name" || return; done
}

# The same guest from two configs, the second with the boot loader alone changed.
check "a guest is made for pygrub" limited xen-bigdisk new sp01 --size 256M --memory 160M --no-start
cp /etc/xen/sp01.cfg "$scratch/pygrub.cfg"
check "… and its config is changed to our boot loader" limited xen-bigdisk set sp01 boot=bigdisk
check "… which is all that is changed" equal "$(diff "$scratch/pygrub.cfg" /etc/xen/sp01.cfg | grep -c '^>.*bootloader.*=')" 1
by_xl() { took xl create "$scratch/pygrub.cfg"; }
by_us() { took xen-bigdisk start sp01 --no-wait --json; }

pairs() {	# pairs COMPRESSION: of the kernel that it has now
	local pair theirs
	# Once for the page cache.
	check "$1: xl create with pygrub" by_xl
	clear sp01
	check "$1: start with ours" by_us
	clear sp01
	for pair in 1 2 3 4 5; do
		check "$1, $pair: xl create with pygrub" by_xl && theirs=$seconds
		check "$1, $pair: nothing is left" clear sp01
		check "$1, $pair: start with ours" by_us
		echo "# bench $1 $seconds $theirs"
		jq -r '.stages[] | "#   \(.stage) \(.seconds)"' "$scratch/output"
		check "$1, $pair: nothing is left" clear sp01
	done
}
# KERNELS in the environment: "lz4" leaves out the first.
[[ ${KERNELS:-xz} != *xz* ]] || pairs xz
# Debian's for clouds. What libxc takes to unpack a kernel is the same for both.
other_kernel() {
	dpkg-deb --fsys-tarfile /lab/kernel.deb | tar -xO --wildcards './boot/vmlinuz-*' >"$scratch/kernel" &&
		xen-bigdisk cp "$scratch/kernel" "sp01:/boot/$(xen-bigdisk ls sp01:/boot | grep -m1 '^vmlinuz-')"
}
check "the guest gets a kernel that is quick to unpack" other_kernel
pairs lz4

cat >"$manifest" <<-'EOF2'
	{ "fleet": "speed", "defaults": { "size": "128M", "memory": "128M", "boot": "bigdisk" },
	  "groups": { "sp": { "guests": "fl{1..8}", "ip": "192.168.77.{71..78}/24" } } }
EOF2
all=(fl1 fl2 fl3 fl4 fl5 fl6 fl7 fl8)
fleet_start() { took xen-bigdisk fleet start "$manifest" --no-wait --json -j "$1"; }
stage() { jq -s --arg stage "$1" '[.[].stages[]? | select(.stage == $stage).seconds] | add // 0' "$scratch/output"; }	# of all guests
check "eight guests are made" limited xen-bigdisk fleet apply "$manifest" --no-start
check "eight guests started one after the other" fleet_start 1 && one=$seconds
alone=$(stage lock)
check "… all run" equal "$(xl list | grep -c '^fl')" 8
check "… and nothing is left" clear "${all[@]}"
check "eight guests started four at a time" fleet_start 4 && four=$seconds
echo "# bench fleet $four $one"
echo "# bench lock $(stage lock) $alone"
check "… all run" equal "$(xl list | grep -c '^fl')" 8
check "… and nothing is left" clear "${all[@]}"
