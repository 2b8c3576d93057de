# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash source-path=SCRIPTDIR
# What the tests of guests with a distribution in them share; sourced instead of lib.sh.
. ./lib.sh

templates=/lab/templates
# This machine's host makes them meanwhile.
step_limit=$((250 * patience)) check "the templates are made" wait_until 400 test -s /lab/templates.built
check "… all of them" equal "$(cat /lab/templates.built)" yes
# An emulated Debian takes its time to boot.
step_limit=$((200 * patience))
ssh-keygen -q -t ed25519 -N '' -C lab -f "$scratch/key"

# An emulated udev may take longer to find hvc0 than systemd waits for it with a getty (90 s). Debian 12's systemd (252) takes no other
# time from the kernel's command line, but from its configuration.
printf '[Manager]\nDefaultDeviceTimeoutSec=900\n' >"$scratch/patient.conf"

# debian NAME TEMPLATE ADDRESS OPTION…: makes the guest, and $scratch/NAME.json of what `new` prints.
debian() {
	local name=$1 template=$2 patient=()
	shift 2
	[ "$template" != debian-12 ] || patient=(--file "$scratch/patient.conf:/etc/systemd/system.conf.d/patient.conf")
	limited xen-bigdisk new "$name" --template "$template" --templates "$templates" --memory 384M "${patient[@]}" --ssh-key "$scratch/key.pub" \
		--append "systemd.mask=e2scrub_reap.service systemd.default_device_timeout_sec=900" --json "$@" >"$scratch/$name.json" || {
		local status=$?
		guest_story "$name"
		return "$status"
	}
	jq -r '"\(.make_seconds) s to make it, \(.create_seconds // 0) s to create it, \(.wait_seconds // 0) s to boot"' \
		"$scratch/$name.json" >"$scratch/$name.times"
}
# image NAME TEMPLATE ADDRESS OPTION…: makes the guest and boots it
image() {
	local name=$1 template=$2 address=$3
	shift 3
	limited xen-bigdisk new "$name" --template "$template" --templates "$templates" --ssh-key "$scratch/key.pub" \
		--ip "$address/24" --gateway 192.168.77.1 --wait=$((150 * patience)) "$@" || {
		local status=$?
		guest_story "$name"
		return "$status"
	}
}
same() { [ -n "$1" ] && equal "$1" "$2"; }	# and not both empty
told() { jq -r "$2" "$scratch/$1.json"; }	# told NAME FILTER: what `new` said

# fingerprint ADDRESS: that of the key that answers there; `at` takes no other from then on
fingerprint() {
	ssh-keyscan -T 60 -t ed25519 "$1" 2>"$scratch/keyscan" >"$scratch/known-$1" || cat "$scratch/keyscan" >&2
	ssh-keygen -lf "$scratch/known-$1" | cut -d' ' -f2
}
at() {	# at ADDRESS COMMAND: what a shell of the guest prints
	timeout $((${ssh_limit:-60} * patience)) ssh -i "$scratch/key" -o BatchMode=yes -o StrictHostKeyChecking=accept-new \
		-o UserKnownHostsFile="$scratch/known-$1" -o ConnectTimeout=$((20 * patience)) "root@$1" "$2"
}

# Each login takes an emulated guest seconds, so it is asked for everything at once.
ask() {	# ask NAME ADDRESS
	# shellcheck disable=SC2016 # for the guest's shell
	at "$2" 'echo "hostname=$(hostname)"; echo "debian=$(cat /etc/debian_version)"
		echo "uuid=$(cat /sys/hypervisor/uuid)"; echo "root=$(findmnt -no UUID /)"
		echo "fstab=$(grep " / " /etc/fstab)"
		echo "signature=$(udevadm info -q property -n /dev/xvda | sed -n s/^ID_PART_TABLE_UUID=/0x/p)"
		echo "size=$(df -B1 --output=size / | tail -n 1)"; echo "address=$(ip -4 address | xargs)"
		echo "route=$(ip route | xargs)"; echo "self=$(getent hosts "$(hostname)" | xargs)"
		echo "machine-id=$(cat /etc/machine-id)"
		echo "failed=$(systemctl list-units --failed --no-legend --plain && echo none)"' >"$scratch/$1.facts"
}
fact() { sed -n "s/^$2=//p" "$scratch/$1.facts"; }	# fact NAME KEY: what the guest said

# fits NAME: the root filesystem has the size that `new` said, less what ext3 keeps for itself
fits() {
	local whole shown
	whole=$(told "$1" '.block_size * .block_count')
	shown=$(fact "$1" size)
	echo "$whole bytes, df says $shown"
	[ "$shown" -le "$whole" ] && [ "$shown" -gt $((whole / 100 * 93)) ]
}

# Why a guest that can be logged in to has no login prompt on its console.
console_story() {	# console_story NAME ADDRESS
	{
		fingerprint "$2"
		at "$2" 'systemctl --no-pager -l status "serial-getty@*" getty.target; systemctl list-jobs --no-pager; cat /proc/cmdline'
		guest_story "$1"
	} 2>&1 | tr -d '\r' | note
}

looks_right() {	# looks_right NAME ADDRESS DEBIAN
	local name=$1 address=$2
	check "$name: ${loader:=pygrub} is its boot loader" says "^bootloader *= *\"([^\"]*/)?$loader\"" cat "/etc/xen/$name.cfg"
	check "$name: its console has a login prompt" wait_until 60 grep -q "$name login:" "$consoles/guest-$name.log" ||
		console_story "$name" "$address"
	check "$name: the SSH host key is the one that new told" \
		same "$(fingerprint "$address")" "$(told "$name" '.ssh_host_keys[0].fingerprint')"
	check "$name: the SSH key of the administrator lets in" ask "$name" "$address"
	check "$name: it has its name" same "$(fact "$name" hostname)" "$name"
	check "$name: it is Debian $3" says "^$3\." fact "$name" debian
	check "$name: the domain's UUID is the one that new told" same "$(fact "$name" uuid)" "$(told "$name" .uuid)"
	check "$name: so is the UUID of its root" same "$(fact "$name" root)" "$(told "$name" .root_uuid)"
	check "$name: … which is in its fstab" says "^UUID=$(told "$name" .root_uuid) / ext3" fact "$name" fstab
	check "$name: so is the signature of its disk" same "$(fact "$name" signature)" "$(told "$name" .disk_signature)"
	check "$name: df shows the size that new told" fits "$name"
	check "$name: it has its static address" says "inet $address/24" fact "$name" address
	check "$name: … and gateway" says "default via 192.168.77.1 " fact "$name" route
	check "$name: it resolves its own name" says "^127.0.1.1 $name" fact "$name" self
	check "$name: it has a machine-id" says '^[0-9a-f]{32}$' fact "$name" machine-id
	check "$name: no unit has failed" same "$(fact "$name" failed)" none
}

# What `apt-get install linux-image-…` and then `apt-get purge` of the first kernel do, with the package that the host has
# fetched: there is no mirror in here. MODULES=list makes the initramfs quick, as everything is emulated. Removing the kernel
# that runs is a question, which is answered first.
# What takes longest is the guest's initramfs: it gets no more of what this guest does not need.
second_kernel() {	# second_kernel ADDRESS
	# shellcheck disable=SC2016 # for the guest's shell
	ssh_limit=600 at "$1" 'set -e; export DEBIAN_FRONTEND=noninteractive
		echo MODULES=list >/etc/initramfs-tools/conf.d/lab
		printf "%s\n" xen-blkfront ext4 >>/etc/initramfs-tools/modules
		(cd /usr/share/initramfs-tools/hooks && chmod -f a-x dmsetup fsck keymap resume thermal) || : # some are not everywhere
		echo "linux-base linux-base/removing-running-kernel boolean false" | debconf-set-selections
		cat >/root/kernel.deb
		dpkg -i /root/kernel.deb
		dpkg --purge linux-image-amd64 "linux-image-$(uname -r)"
		ls /boot
		cat /boot/grub/grub.cfg' </lab/kernel.deb
}

# upgrades NAME ADDRESS: another kernel is installed and the first one removed, and the guest boots by the other
upgrades() {
	local name=$1 address=$2 package version
	package=$(dpkg-deb -f /lab/kernel.deb Package)
	version=${package#linux-image-}
	check "$name: its first kernel is not the second" test "$(at "$address" 'uname -r')" != "$version"
	check "$name: the second kernel is installed and the first removed" second_kernel "$address" || return
	check "$name: it is to boot by ours" xen-bigdisk set "$name" boot=bigdisk
	# The guest's monitor restarts it from its cfg.
	at "$address" 'systemctl reboot' >/dev/null 2>&1
	check "$name: it boots the second kernel" wait_until 150 runs "$address" "$version" || guest_story "$name" | note
	check "$name: … by our boot loader" grep -q 'running the boot loader .*xen-bigdisk-boot' "/var/log/xen/xen-bigdisk-$name.log"
	check "$name: … by the only entry that is left" equal \
		"$(at "$address" 'grep -c ^menuentry /boot/grub/grub.cfg; ls /boot/vmlinuz-*' | xargs)" "1 /boot/vmlinuz-$version"
}
runs() { [ "$(at "$1" 'uname -r')" = "$2" ]; }	# runs ADDRESS VERSION

# same_kernel IMAGE: both boot loaders hand out the same files and arguments. Not while the guest runs: pygrub knows no journal.
same_kernel() {
	local which pygrub
	pygrub=$(ls "/usr/lib/xen-$xen_version/bin/pygrub")
	mkdir -p "$scratch/pygrub" "$scratch/ours"
	# pygrub opens what libxl makes.
	: >"$scratch/pygrub.out"
	"$pygrub" -q --output="$scratch/pygrub.out" --output-directory="$scratch/pygrub" --output-format=simple "$1" &&
		xen-bigdisk-boot -q --output="$scratch/ours.out" --output-directory="$scratch/ours" --output-format=simple "$1" || return
	for which in kernel ramdisk; do
		cmp "$(sed -n "s/^$which //p" "$scratch/pygrub.out")" "$(sed -n "s/^$which //p" "$scratch/ours.out")" || return
	done
	equal "$(grep ^args "$scratch/ours.out")" "$(grep ^args "$scratch/pygrub.out")"
}
