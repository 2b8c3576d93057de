#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# plugin/ganeti/os: each script of the OS definition with the environment that Ganeti gives it, on disks in files and, for root, on loop
# devices. The disks are looked at as all others are.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers
load system_root

setup() {
	common_setup
	need sfdisk jq e2fsck ssh-keygen
	need_grub2
	need_busybox
	definition=$top/plugin/ganeti/os
	# What the scripts run, and with which arguments.
	mkdir bin
	printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>%q\nexec %q "$@"\n' "$PWD/arguments" "$bigdisk" >bin/xen-bigdisk
	chmod 755 bin/xen-bigdisk
	mkdir tmp
	# Ganeti gives no HOME; who is not root has his cache there.
	[[ $(id -u) -eq 0 ]] || own_home=$HOME
	disk=$PWD/disk0
	truncate -s 128M "$disk"
}

teardown() {
	[[ -z ${device:-} ]] || losetup -d "$device" || true
}

# os SCRIPT [VARIABLE=VALUE]... [-- ARGUMENT...]: as ganeti-noded runs it for an instance with one disk and one NIC.
os() {
	local script=$1 variables=()
	shift
	while [[ $# -gt 0 && $1 != -- ]]; do
		variables+=("$1")
		shift
	done
	[[ $# -eq 0 ]] || shift
	run --separate-stderr env -i PATH="$PWD/bin:/sbin:/bin:/usr/sbin:/usr/bin" TMPDIR="$PWD/tmp" XEN_BIGDISK_TEMPLATES="$PWD/store" \
		${XEN_BIGDISK_CACHE:+XEN_BIGDISK_CACHE="$XEN_BIGDISK_CACHE"} ${own_home:+HOME="$own_home"} OS_API_VERSION=20 OS_NAME=xen-bigdisk OS_VARIANT=default \
		DEBUG_LEVEL=0 INSTANCE_NAME=web01.example.com INSTANCE_UUID=1 HYPERVISOR=fake DISK_COUNT=1 DISK_0_PATH="$disk" DISK_0_SIZE=128 \
		DISK_0_ACCESS=rw DISK_0_BACKEND_TYPE=file:loop NIC_COUNT=1 NIC_0_MAC=aa:00:00:12:34:56 NIC_0_MODE=bridged NIC_0_LINK=br0 \
		NIC_0_BRIDGE=br0 "${variables[@]}" "$definition/$script" "$@"
	printf '%s\n' "$ $script $*" "-> status $status" "$output" "$stderr" | head -c 4000
	is_empty tmp || fail "the script has left something in its temporary folder"
}

# os_ok SCRIPT ...: likewise, and has to succeed.
os_ok() {
	os "$@"
	[[ $status -eq 0 ]] || fail "status $status"
}

# os_fails WORDS SCRIPT ...: and has to fail with one line that says so, and to leave the disk alone.
os_fails() {
	local words=$1 before
	shift
	before=$(sha256sum <"$disk")
	os "$@"
	[[ $status -ne 0 ]] || fail "it succeeded"
	[[ $(grep -c 'xen-bigdisk: error: ' <<<"$stderr") -eq 1 && $stderr == *"$words"* ]] || fail "not the words: $words"
	[[ $(sha256sum <"$disk") == "$before" ]] || fail "the disk was changed"
}

text() {
	"$bigdisk" cat "$disk:$1"
}

# networks: what configures them in the system of system_root
networks() {
	rm -rf networks
	"$bigdisk" cp -r "$disk:/etc/systemd/network" networks
	cat networks/*
}

# The template small, and the variant of that name.
small() {
	system_root
	ok template import small root --templates store --quiet
}

# renamed NAME [VARIABLE=VALUE]...: to that name, from that which the system has
renamed() {
	local name=$1
	shift
	os_ok rename INSTANCE_NAME="$name" OLD_INSTANCE_NAME="$(text /etc/hostname)" "$@"
	[[ $(text /etc/hostname) == "$name" ]]
	fsck_is_clean "$disk"
}

lan=(NIC_0_NETWORK_NAME=lan NIC_0_NETWORK_SUBNET=198.51.100.0/24 NIC_0_NETWORK_GATEWAY=198.51.100.1 NIC_0_NETWORK_SUBNET6=2001:db8::/64
	NIC_0_NETWORK_GATEWAY6=2001:db8::1)

@test "the definition is what Ganeti takes for one" {
	local name
	for name in create import export rename verify; do
		[[ -x $definition/$name ]]
		os "$name" -- --help
		[[ $status -eq 0 && $stderr == "usage: $name"* ]]
	done
	for name in create import export rename; do
		os "$name" -- wrong
		[[ $status -eq 2 && $stderr == "usage: $name"* ]]
	done
	os verify
	[[ $status -eq 2 && $stderr == 'usage: verify parameters'* ]]
	os verify -- nonsense
	[[ $status -eq 1 && $stderr == *'there is no check "nonsense"'* ]]
	[[ $(<"$definition/ganeti_api_version") == 20 ]]
	grep -qx default "$definition/variants.list"
	# Name, blank, description; no line that is something else.
	run ! grep -vE '^[a-z_0-9]+ [A-Z].+' "$definition/parameters.list"
	# Each is read somewhere.
	while read -r name _; do
		grep -q "OSP_${name^^}" "$definition"/* || fail "nothing reads the parameter $name"
	done <"$definition/parameters.list"
}

@test "create: the disk of each variant, with the instance's name and the MAC address of its NIC" {
	small
	local variant
	for variant in default small; do
		os_ok create OS_VARIANT=$variant
		[[ -z $output ]]
		ok check "$disk"
		fsck_is_clean "$disk"
		[[ $(text /etc/hostname) == web01.example.com ]]
		grep -qx $'127.0.1.1\tweb01.example.com web01' <<<"$(text /etc/hosts)"
		[[ $(region "$disk" 1 size) -eq $((127 * 2048)) ]]
	done
	grep -q 'MACAddress=aa:00:00:12:34:56' <<<"$(networks)"
	grep -q 'DHCP=ipv4' <<<"$(networks)"
	# It is filled as `new` would do it.
	[[ $(grep -c "^fill $disk --force --name web01.example.com --template small" arguments) -eq 1 ]]
	os_fails "variant: there is no template called 'nosuch'" create OS_VARIANT=nosuch
}

@test "create: a block device" {
	need_root
	need losetup
	small
	device=$(losetup --show -f "$disk" 2>/dev/null) || skip "no loop devices here"
	os_ok create OS_VARIANT=small DISK_0_PATH="$device" DISK_0_BACKEND_TYPE=block
	ok check "$device"
	losetup -d "$device"
	device=
	[[ $(text /etc/hostname) == web01.example.com ]]
}

@test "create: the network comes from the NICs and their networks, and parameters count before them" {
	small
	os_ok create OS_VARIANT=small NIC_0_IP=198.51.100.7 "${lan[@]}"
	grep -q Address=198.51.100.7/24 <<<"$(networks)"
	grep -q Gateway=198.51.100.1 <<<"$(networks)"
	run ! grep 2001:db8 <<<"$(networks)"
	os_ok create OS_VARIANT=small NIC_0_IP=2001:db8::7 "${lan[@]}"
	grep -q Address=2001:db8::7/64 <<<"$(networks)"
	grep -q Gateway=2001:db8::1 <<<"$(networks)"
	os_ok create OS_VARIANT=small NIC_0_IP=198.51.100.7 "${lan[@]}" OSP_IP=192.0.2.5/25,192.0.2.6/25 OSP_GATEWAY=192.0.2.1 OSP_DNS='192.0.2.53 192.0.2.54'
	grep -q Address=192.0.2.5/25 <<<"$(networks)"
	grep -q Address=192.0.2.6/25 <<<"$(networks)"
	grep -q Gateway=192.0.2.1 <<<"$(networks)"
	grep -q DNS=192.0.2.54 <<<"$(networks)"
	run ! grep 198.51.100 <<<"$(networks)"
	# Of a further NIC: its own address, and no second default gateway.
	os_ok create OS_VARIANT=small NIC_0_IP=198.51.100.7 "${lan[@]}" NIC_COUNT=2 NIC_1_MAC=aa:00:00:12:34:57 NIC_1_MODE=bridged \
		NIC_1_IP=203.0.113.9 NIC_1_NETWORK_SUBNET=203.0.113.0/26 NIC_1_NETWORK_GATEWAY=203.0.113.1
	grep -q MACAddress=aa:00:00:12:34:57 <<<"$(networks)"
	grep -q Address=203.0.113.9/26 <<<"$(networks)"
	run ! grep Gateway=203 <<<"$(networks)"
	os_ok create OS_VARIANT=small NIC_0_IP=198.51.100.7 NIC_0_MODE=routed OSP_GATEWAY=203.0.113.1
	grep -q Address=198.51.100.7/32 <<<"$(networks)"
	# What is said of all instances, and is not for this one.
	local variant
	for variant in default small; do
		os_ok create OS_VARIANT=$variant OSP_GATEWAY=192.0.2.1 OSP_GATEWAY6=2001:db8::1 OSP_DNS=192.0.2.53
		os_ok create OS_VARIANT=$variant OSP_IP=dhcp OSP_GATEWAY=192.0.2.1 OSP_DNS=192.0.2.53
		renamed db.example.com OS_VARIANT=$variant OSP_GATEWAY=192.0.2.1 OSP_DNS=192.0.2.53
		renamed db2.example.com OS_VARIANT=$variant OSP_GATEWAY=192.0.2.1 OSP_DNS=192.0.2.53 NIC_0_MAC=aa:00:00:99:99:99
	done
	run ! grep 192.0.2 <<<"$(networks)"
	os_ok create OS_VARIANT=small NIC_0_IP=2001:db8::7 "${lan[@]}" OSP_DNS=2001:db8::53
	grep -q DNS=2001:db8::53 <<<"$(networks)"
	os_ok create OS_VARIANT=small NIC_COUNT=0
	os_fails 'NIC 0 has the address 198.51.100.7, and nothing says how large its network is' create OS_VARIANT=small NIC_0_IP=198.51.100.7
}

@test "create: the parameters of the disk and of the identity" {
	small
	ssh-keygen -q -t ed25519 -N '' -f key
	printf '#!/bin/sh\necho first\n' >once
	os_ok create OS_VARIANT=small OSP_FS=ext4 OSP_LAYOUT=cylinder OSP_SWAP=16M OSP_SSH_KEY="$(<key.pub)" OSP_RUN_ONCE="$PWD/once" \
		OSP_APPEND=foo=bar OSP_BOOT_SECTOR=none
	ok info "$disk" --json
	[[ $(jq -r '[.filesystems[].type] | join(" ")' <<<"$output") == *ext4* ]]
	[[ $(region "$disk" 1 start) -eq 63 && $(sfdisk -J "$disk" | jq '.partitiontable.partitions | length') -eq 2 ]]
	grep -qF "$(cut -d ' ' -f 2 key.pub)" <<<"$(text /root/.ssh/authorized_keys)"
	grep -q 'foo=bar' <<<"$(text /boot/grub/grub.cfg)"
	os_ok create OS_VARIANT=small OSP_SSH_KEY="$PWD/key.pub" OSP_USER=ops OSP_MOUNTS=/var=16M,/srv=16M
	grep -qF "$(cut -d ' ' -f 2 key.pub)" <<<"$(text /home/ops/.ssh/authorized_keys)"
	grep -q ' /srv ext3 ' <<<"$(text /etc/fstab)"
	# What the hypervisor is, is seen too.
	os_ok create OS_VARIANT=small HYPERVISOR=xen-hvm
	grep -q -- '--type hvm' arguments
}

@test "create: no secret is an argument, or in the log of a debug run, and none is left" {
	small
	local secret=WWRqEdU1SqVdCrx8nr.rl.h9RmAr7FWHhLsmFoJLUjUnfNJfDQV4TPxTfPzfSyAKSGqSBKpwBe3cb6NVQAwF1.
	os_ok create OS_VARIANT=small OSP_ROOT_PASSWORD_HASH="\$6\$abc\$$secret"
	[[ -z $output ]]
	os_ok create OS_VARIANT=small OSP_ROOT_PASSWORD_HASH="\$6\$abc\$$secret" DEBUG_LEVEL=1
	[[ $stderr == *'+ '*'xen-bigdisk fill'* ]] || fail "the debug run says no more"
	run ! grep -F "$secret" arguments
	run ! grep -F "$secret" <<<"$stderr$output"
	grep -qF "$secret" <<<"$(text /etc/shadow)"
	grep -q -- --verbose arguments
}

@test "create: a reinstallation is a new system" {
	small
	os_ok create OS_VARIANT=small
	local key
	key=$(text /etc/ssh/ssh_host_ed25519_key.pub)
	echo mine >mark
	ok cp mark "$disk:/root/mark"
	os_ok create OS_VARIANT=small INSTANCE_REINSTALL=1
	run ! text /root/mark
	[[ $(text /etc/ssh/ssh_host_ed25519_key.pub) != "$key" ]]
}

# whole_disks: the variants disk-of-small, and disk-of-other, which has cloud-init.
whole_disks() {
	small
	mkdir -p root/usr/bin
	printf '#!/usr/bin/python3\n' >root/usr/bin/cloud-init
	chmod 755 root/usr/bin/cloud-init
	ok template import other root --templates store --quiet
	local name
	for name in small other; do
		ok new $name --quiet --no-start --dir d --template $name --templates store --size 64M
		ok template import disk-of-$name d/$name.img --as disk --templates store --quiet
	done
}

@test "create: a variant that is a whole disk" {
	whole_disks
	os_ok create OS_VARIANT=disk-of-other NIC_0_IP=198.51.100.7 "${lan[@]}"
	text /var/lib/cloud/seed/nocloud/network-config | grep -F 198.51.100.7
	[[ $(text /var/lib/cloud/seed/nocloud/meta-data) == *web01.example.com* ]]
	os_ok create OS_VARIANT=disk-of-small
	os_fails 'the template disk-of-small is a whole disk without' create OS_VARIANT=disk-of-small NIC_0_IP=198.51.100.7 "${lan[@]}"
	os_fails 'parameter fs: the template disk-of-small is a whole disk' create OS_VARIANT=disk-of-small OSP_FS=ext4
}

@test "create: further disks stay as they are" {
	small
	yes "somebody's" | head -c 1M >disk1
	local before
	before=$(sha256sum <disk1)
	os_ok create OS_VARIANT=small DISK_COUNT=2 DISK_1_PATH="$PWD/disk1" DISK_1_SIZE=1 DISK_1_ACCESS=rw
	[[ $(sha256sum <disk1) == "$before" ]]
}

@test "create: what is wrong with the instance is said" {
	os_fails 'has no disk' create DISK_COUNT=0
	os_fails 'DISK_COUNT' create DISK_COUNT=
	os_fails 'INSTANCE_NAME' create INSTANCE_NAME=
	os_fails 'has no path on this node' create DISK_0_PATH= DISK_0_URI=rbd:x
	os_fails 'does not exist' create DISK_0_PATH="$PWD/nowhere"
	os_fails 'is read-only' create DISK_0_ACCESS=ro
	os_fails 'is not a host name' create INSTANCE_NAME=-x
	os_fails 'NIC_0_MAC' create NIC_0_MAC=
	os_fails 'variant: none has no system' create OS_VARIANT=none
	os_fails 'parameter fs: fs must be one of ext3, ext4, not "ntfs"' create OSP_FS=ntfs
	exec 8>>"$disk"
	os_fails 'another program has it open for writing' create
	exec 8>&-
	truncate -s 1M "$disk"
	os_fails 'is too small: the minimum is 9M' create
	[[ $(hex "$disk" 510 2) == 0000 ]]
	printf '#!/bin/sh\nexit 1\n' >bin/xen-bigdisk
	chmod 644 bin/xen-bigdisk
	if ! PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin type -P xen-bigdisk >/dev/null; then
		os_fails 'xen-bigdisk is not installed' create
	fi
}

@test "create: the parameter boot is held against the hypervisor's parameters" {
	local pygrub=(HYPERVISOR=xen-pvm INSTANCE_HV_use_bootloader=True INSTANCE_HV_bootloader_path=/usr/bin/pygrub)
	local kernel=(HYPERVISOR=xen-pvm INSTANCE_HV_use_bootloader=False INSTANCE_HV_kernel_path="$PWD/kernel")
	touch kernel
	os_ok create OSP_BOOT=pygrub "${pygrub[@]}"
	os_ok create OSP_BOOT=kernel "${kernel[@]}"
	os_ok create OSP_BOOT=bigdisk
	os_fails 'say bootloader_path=/usr/bin/pygrub' create OSP_BOOT=bigdisk "${pygrub[@]}"
	os_fails 'say use_bootloader=False' create OSP_BOOT=pygrub "${kernel[@]}"
	os_fails 'say use_bootloader=True' create OSP_BOOT=kernel "${pygrub[@]}"
	os_fails 'needs the kernel' create OSP_BOOT=kernel "${kernel[@]}" INSTANCE_HV_kernel_path=/nowhere
	os_fails 'xen-hvm boots from' create OSP_BOOT=pygrub HYPERVISOR=xen-hvm
}

# verified [VARIABLE=VALUE]...: as Ganeti calls it, without anything of an instance
verified() {
	run --separate-stderr env -i PATH="$PWD/bin:/sbin:/bin:/usr/sbin:/usr/bin" TMPDIR="$PWD/tmp" XEN_BIGDISK_TEMPLATES="$PWD/store" \
		OS_API_VERSION=20 OS_NAME=xen-bigdisk OS_VARIANT=default DEBUG_LEVEL=0 "$@" "$definition/verify" parameters
	printf '%s\n' "$ verify $*" "-> status $status" "$output" "$stderr"
	is_empty tmp
}

@test "verify: what is right" {
	small
	ssh-keygen -q -t ed25519 -N '' -f key
	printf '#!/bin/sh\n' >once
	local row
	for row in OS_VARIANT=default OS_VARIANT=small OS_VARIANT= OSP_IP=dhcp OSP_IP=192.0.2.5/24 OSP_GATEWAY=192.0.2.1 OSP_GATEWAY6=2001:db8::1 \
		OSP_IP6=auto OSP_IP6=2001:db8::5/64 OSP_DNS=192.0.2.53,2001:db8::53 OSP_SSH_KEY="$PWD/key.pub" OSP_SWAP=512M OSP_FS=ext4 \
		OSP_LAYOUT=cylinder OSP_BOOT=pygrub OSP_IDENTITY=new OSP_MOUNTS=/home=10G OSP_APPEND=quiet OSP_BOOT_SECTOR=none; do
		verified "$row"
		[[ $status -eq 0 && -z $output ]] || fail "$row"
	done
	# The server is passed over, as the guest asks DHCP's.
	verified OSP_IP=dhcp OSP_IP6=none OSP_DNS=2001:db8::53
	[[ $status -eq 0 ]]
	verified OSP_SSH_KEY="$(<key.pub)" OSP_IP=192.0.2.5/24 OSP_GATEWAY=192.0.2.1 OSP_RUN_ONCE="$PWD/once" OS_VARIANT=small
	[[ $status -eq 0 ]]
}

@test "verify: what is wrong, in words that name the parameter" {
	small
	local row words
	while IFS='|' read -r row words; do
		verified "$row"
		[[ $status -ne 0 && $(wc -l <<<"$stderr") -eq 1 && $stderr == "xen-bigdisk: error: $words"* ]] || fail "$row: not $words"
	done <<-'END'
		OS_VARIANT=none|variant: none has no system
		OS_VARIANT=nosuch|variant: there is no template called 'nosuch'
		OSP_IP=1.2.3|parameter ip: "1.2.3" is neither dhcp nor an address
		OSP_IP=192.0.2.5|parameter ip: "192.0.2.5" is neither dhcp nor an address
		OSP_GATEWAY=192.0.2|parameter gateway: "192.0.2" is not an address
		OSP_IP6=2001:db8|parameter ip6: "2001:db8"
		OSP_GATEWAY6=2001|parameter gateway6: "2001" is not an address
		OSP_DNS=1.1|parameter dns: "1.1" is not an address
		OSP_SSH_KEY=nonsense|parameter ssh_key: ssh_key: line 1 is not an OpenSSH public key
		OSP_SSH_KEY=/nowhere|parameter ssh_key: there is no file /nowhere on
		OSP_ROOT_PASSWORD_HASH=secret|parameter root_password_hash:
		OSP_SWAP=5x|parameter swap: "5x" is not a size
		OSP_FS=ntfs|parameter fs: fs must be one of ext3, ext4, not "ntfs"
		OSP_LAYOUT=x|parameter layout: layout must be one of aligned, cylinder, not "x"
		OSP_BOOT=x|parameter boot: boot must be one of pygrub, bigdisk, pvgrub, kernel
		OSP_BOOT_SECTOR=x|parameter boot_sector: boot_sector must be one of grub2, none
		OSP_IDENTITY=x|parameter identity: identity must be one of keep, new
		OSP_MOUNTS=home|parameter mounts: "home" is not /MOUNT=SIZE
		OSP_RUN_ONCE=x|parameter run_once: "x" is not an absolute path
		OSP_USER=9|parameter user:
		OSP_APPEND=a"b|parameter append:
	END
	# For a static address only, and wrong without one as well.
	local of_all
	for of_all in OSP_GATEWAY=foo OSP_DNS=1.1; do
		verified OSP_IP=dhcp $of_all
		[[ $status -ne 0 && $stderr == *"parameter "*"is not an address"* ]] || fail "$of_all"
	done
	verified OSP_IP6=auto OSP_GATEWAY6=foo
	[[ $status -ne 0 && $stderr == *'parameter gateway6: "foo" is not an address'* ]]
	verified OSP_IP=192.0.2.5/24 OSP_GATEWAY=198.51.100.1
	[[ $status -ne 0 && $stderr == *'parameter gateway: 198.51.100.1 is not in the network of 192.0.2.5/24'* ]]
}

@test "rename: the name changes, and what the guest is known by otherwise stays" {
	small
	os_ok create OS_VARIANT=small NIC_0_IP=198.51.100.7 "${lan[@]}"
	local key network
	key=$(text /etc/ssh/ssh_host_ed25519_key.pub) network=$(networks)
	echo mine >mark
	ok cp mark "$disk:/root/mark"
	os_ok rename OS_VARIANT=small INSTANCE_NAME=db.example.com OLD_INSTANCE_NAME=web01.example.com NIC_0_IP=198.51.100.7 "${lan[@]}"
	[[ $(text /etc/hostname) == db.example.com && $(text /etc/ssh/ssh_host_ed25519_key.pub) == "$key" && $(text /root/mark) == mine ]]
	[[ $(networks) == "$network" ]]
	fsck_is_clean "$disk"
	# As after an import that keeps the name, but not the MAC address: only the network.
	os_ok rename OS_VARIANT=small INSTANCE_NAME=db.example.com OLD_INSTANCE_NAME=db.example.com NIC_0_MAC=aa:00:00:99:99:99 \
		NIC_0_IP=198.51.100.8 "${lan[@]}"
	grep -q MACAddress=aa:00:00:99:99:99 <<<"$(networks)"
	grep -q Address=198.51.100.8/24 <<<"$(networks)"
	[[ $(text /etc/ssh/ssh_host_ed25519_key.pub) == "$key" ]]
	# And where nothing is to be done.
	local before
	before=$(sha256sum <"$disk")
	os_ok rename OS_VARIANT=small INSTANCE_NAME=db.example.com OLD_INSTANCE_NAME=db.example.com NIC_0_MAC=aa:00:00:99:99:99 \
		NIC_0_IP=198.51.100.8 "${lan[@]}"
	[[ $(sha256sum <"$disk") == "$before" ]]
	os_ok rename OS_VARIANT=small INSTANCE_NAME=db2 OLD_INSTANCE_NAME=db.example.com NIC_0_MAC=aa:00:00:99:99:99 OSP_IDENTITY=new
	[[ $(text /etc/hostname) == db2 && $(text /etc/ssh/ssh_host_ed25519_key.pub) != "$key" ]]
	fsck_is_clean "$disk"
}

# by_hand PATH: what configures the network there is the administrator's
by_hand() {
	echo '# by hand' >by-hand
	ok cp by-hand "$disk:$1"
}

# keeps_network VARIANT PATH: what is at PATH stays at a rename, and not when the instance has another NIC, as after an import
keeps_network() {
	os_ok create OS_VARIANT="$1" DISK_0_PATH="$disk"
	by_hand "$2"
	renamed db.example.com OS_VARIANT="$1"
	[[ $(text "$2") == '# by hand' ]] || fail "a rename has changed the network of $1"
	renamed db2.example.com OS_VARIANT="$1" OSP_IDENTITY=new
	[[ $(text "$2") == '# by hand' ]] || fail "a rename with a new identity has changed the network of $1"
	renamed db3.example.com OS_VARIANT="$1" NIC_0_MAC=aa:00:00:99:99:99
	text "$2" | grep -qi dhcp || fail "an import has not changed the network of $1"
	by_hand "$2"
	renamed db4.example.com OS_VARIANT="$1" NIC_0_MAC=AA:00:00:99:99:99
	[[ $(text "$2") == '# by hand' ]] || fail "a rename after an import has changed the network of $1"
	renamed db5.example.com OS_VARIANT="$1" NIC_0_MAC=aa:00:00:99:99:99 NIC_COUNT=2 NIC_1_MAC=aa:00:00:99:99:98
	text "$2" | grep -qi dhcp || fail "a new NIC has not changed the network of $1"
	by_hand "$2"
	renamed db6.example.com OS_VARIANT="$1" NIC_0_MAC=aa:00:00:99:99:99
	text "$2" | grep -qi dhcp || fail "a NIC that is gone has not changed the network of $1"
}

@test "rename: a network without a MAC address in its files stays as long as the NICs do: mini" {
	keeps_network default /etc/network/interfaces
}

@test "rename: a network without a MAC address in its files stays as long as the NICs do: Debian's ifupdown" {
	system_root
	rm root/etc/systemd/system/multi-user.target.wants/systemd-networkd.service
	echo x >root/sbin/ifup
	ok template import ifup root --templates store --quiet
	keeps_network ifup /etc/network/interfaces
}

@test "rename: what cloud-init was told of the network stays as long as the NICs do" {
	whole_disks
	local seed=/var/lib/cloud/seed/nocloud/network-config
	keeps_network disk-of-other $seed
	os_ok create OS_VARIANT=disk-of-other
	# As of an instance that was made without a note.
	ok rm "$disk:/etc/xen-bigdisk-nics"
	local before
	before=$(text $seed)
	renamed db.example.com OS_VARIANT=disk-of-other OSP_IP=192.0.2.5/24
	[[ $(text $seed) == "$before" ]]
}

@test "rename: of a whole disk without cloud-init the network is the disk's own as long as the NICs stay" {
	whole_disks
	keeps_network disk-of-small /etc/systemd/network/10-xen-bigdisk.network
}

@test "rename: a disk without a system, and an instance without a disk" {
	os_ok rename DISK_COUNT=0 OLD_INSTANCE_NAME=a
	os_fails 'OLD_INSTANCE_NAME' rename
	os_fails 'cannot give' rename OLD_INSTANCE_NAME=a
}

@test "export and import: the disk is the same, its size was told, and what is damaged does not become one" {
	small
	os_ok create OS_VARIANT=small
	local export=(EXPORT_DISK_PATH="$disk" EXPORT_DEVICE="$disk" EXPORT_INDEX=0)
	env -i PATH="$PWD/bin:/sbin:/bin:/usr/sbin:/usr/bin" INSTANCE_NAME=web01 DEBUG_LEVEL=0 "${export[@]}" EXP_SIZE_FD=11 \
		"$definition/export" >archive 11>size
	grep -qxE '[0-9]+' size
	[[ $(<size) -gt 100000 && $(<size) -lt $((128 << 20)) && $(stat -c %s archive) -lt $((2 * $(<size) + 1048576)) ]]
	env -i PATH="$PWD/bin:/sbin:/bin:/usr/sbin:/usr/bin" "${export[@]}" "$definition/export" >archive2
	cmp archive archive2
	yes old | head -c 160M >target
	env -i PATH="$PWD/bin:/sbin:/bin:/usr/sbin:/usr/bin" INSTANCE_NAME=web02 IMPORT_DISK_PATH="$PWD/target" IMPORT_DEVICE="$PWD/target" \
		IMPORT_INDEX=0 "$definition/import" <archive
	[[ $(stat -c %s target) -eq $((160 << 20)) ]]
	fsck_is_clean target
	"$bigdisk" diff "$disk:" target:
	yes old | head -c 160M >target
	run ! env -i PATH="$PWD/bin:/sbin:/bin:/usr/sbin:/usr/bin" IMPORT_DISK_PATH="$PWD/target" "$definition/import" < <(head -c 100000 archive)
	[[ $(hex target 510 2) != 55aa ]]
	run ! env -i PATH="$PWD/bin:/sbin:/bin:/usr/sbin:/usr/bin" "$definition/import" </dev/null
	run ! env -i PATH="$PWD/bin:/sbin:/bin:/usr/sbin:/usr/bin" EXPORT_DISK_PATH=/nowhere "$definition/export"
}

@test "make install-ganeti: what Ganeti finds; the list of variants is a config file, which update-variants rewrites" {
	local root=$PWD/installed
	make -s -C "$top" install-ganeti DESTDIR="$root" prefix=/usr
	local os=$root/usr/share/ganeti/os/xen-bigdisk list=$root/etc/ganeti/xen-bigdisk/variants.list
	[[ -x $os/create && -x $os/verify && -f $os/common.sh && $(<"$os/ganeti_api_version") == 20 ]]
	[[ $(readlink "$os/variants.list") == /etc/ganeti/xen-bigdisk/variants.list ]]
	echo own >>"$list"
	make -s -C "$top" install-ganeti DESTDIR="$root" prefix=/usr
	grep -qx own "$list"
	# Where it is installed, the link leads to it.
	ln -sf "$list" "$os/variants.list"
	small
	definition=$os
	os_ok update-variants
	[[ $(grep -v '^#' "$list") == $'default\nsmall' && $(stat -c %a "$list") == 644 && $stderr == *'has 2 variants'* ]]
	[[ -L $os/variants.list && $(grep -c '^#' "$list") -ge 1 ]]
	os_ok update-variants
	[[ -z $stderr ]]
	# What cannot be a variant.
	ok template import default root --templates store --quiet
	ok template import broken root --templates store --quiet
	echo garbage >store/broken/manifest.json
	os_ok update-variants
	[[ $(grep -v '^#' "$list") == $'default\nsmall' && $(wc -l <<<"$stderr") -eq 2 ]]
	[[ $stderr == *'the template broken is damaged'* && $stderr == *'the template default is no variant'* ]]
	make -s -C "$top" uninstall-ganeti DESTDIR="$root" prefix=/usr
	[[ ! -e $os && -e $list ]]
	make -s -C "$top" install-ganeti DESTDIR="$root"
	[[ -x $root/usr/local/lib/ganeti/os/xen-bigdisk/create ]]
}
