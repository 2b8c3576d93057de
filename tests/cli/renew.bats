#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `renew`: another identity for the system on a disk, where it is. Judged by e2fsck, blkid and what is in its files.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers
load system_root

teardown() {
	[[ -z ${device:-} ]] || losetup -d "$device" || true
}

# The file disk: a Debian-like system called web01.example.com, which has run. $*: options of fill.
a_system() {
	need e2fsck sfdisk blkid jq debugfs
	need_grub2
	system_root
	ok template import t root --templates store
	truncate -s 64M disk
	ok fill disk --quiet --name web01.example.com --template t --templates store --mac 00:16:3e:00:00:01 --ip 192.0.2.1/24 "$@"
	echo 0123456789abcdef0123456789abcdef >machine-id
	echo lease >lease
	ok cp machine-id disk:/etc/machine-id
	ok cp lease disk:/var/lib/dhcp/dhclient.eth0.leases
	ok cp lease disk:/var/lib/systemd/random-seed
	ok cp lease disk:/root/own
}

# text PATH: of a file in the disk.
text() {
	"$bigdisk" cat "disk:$1"
}

uuid() {
	blkid -p -O 1048576 -s UUID -o value disk
}

# What configures the network, as one text.
networks() {
	rm -rf networks
	"$bigdisk" cp -r disk:/etc/systemd/network networks || return
	cat networks/*
}

key() {
	text /etc/ssh/ssh_host_ed25519_key.pub
}

@test "a copy gets names, machine-id, keys and UUID of its own, and nothing else changes" {
	local type
	for type in ext3 ext4; do
		a_system --fs $type
		local old_uuid old_key old_table old_network
		old_uuid=$(uuid) old_key=$(key) old_table=$(hex disk 0 512)
		old_network=$(networks)
		bd renew disk --name db.example.org
		[[ $status -eq 0 && $output == "disk, web01.example.com, is now db.example.org"*"Its SSH host key is ED25519"* ]]
		[[ $(text /etc/hostname) == db.example.org ]]
		grep -qx $'127.0.1.1\tdb.example.org db' <<<"$(text /etc/hosts)"
		[[ -z $(text /etc/machine-id) && -n $(key) && $(key) != "$old_key" && $(uuid) != "$old_uuid" ]]
		[[ $(text /etc/ssh/ssh_host_ed25519_key.pub) == *root@db.example.org ]]
		grep -q "^UUID=$(uuid) / $type" <<<"$(text /etc/fstab)"
		grep -q "UUID=$(uuid)" <<<"$(text /boot/grub/grub.cfg)" || grep -q PARTUUID <<<"$(text /boot/grub/grub.cfg)"
		grep -q "menuentry 'db.example.org'" <<<"$(text /boot/grub/grub.cfg)"
		run ! text /var/lib/dhcp/dhclient.eth0.leases
		run ! text /var/lib/systemd/random-seed
		[[ $(text /root/own) == lease && $(hex disk 0 512) == "$old_table" ]]
		[[ -n $old_network && $(networks) == "$old_network" ]]
		fsck_is_clean disk
		ok check disk
		rm -r root store disk
	done
}

@test "--only-name: keys, machine-id, UUID and leases stay" {
	a_system
	local old_uuid old_key
	old_uuid=$(uuid) old_key=$(key)
	ok renew disk --quiet --name db --only-name
	[[ $(text /etc/hostname) == db && $(uuid) == "$old_uuid" && $(key) == "$old_key" ]]
	[[ $(text /etc/machine-id) == 0123456789abcdef0123456789abcdef && $(text /var/lib/dhcp/dhclient.eth0.leases) == lease ]]
	grep -q "menuentry 'db'" <<<"$(text /boot/grub/grub.cfg)"
	[[ $(blkid -p -O 1048576 -s LABEL -o value disk) == db ]]
	# Once more is fine.
	ok renew disk --quiet --name db --only-name
	fsck_is_clean disk
}

@test "a network that is given is configured, and needs a MAC address" {
	a_system
	ok renew disk --quiet --name db --mac 00:16:3e:00:00:09 --ip 192.0.2.9/24 --gateway 192.0.2.254 --dns 192.0.2.53
	networks >text
	grep -q 'MACAddress=00:16:3e:00:00:09' text
	grep -q 'Address=192.0.2.9/24' text
	run ! grep -q 192.0.2.1/ text
	bd renew disk --name db --ip 192.0.2.10/24
	failed_with 2
	[[ $stderr == *'--mac: the MAC address of interface eth0 is needed'* ]]
	bd renew disk --name db --net mac=00:16:3e:00:00:01 --net ip=192.0.2.10/24
	failed_with 2
	[[ $stderr == *'--net: the MAC address of interface eth1 is needed'* ]]
}

@test "--dry-run touches nothing, and --seed gives the same keys again" {
	a_system
	local before
	before=$(sha256sum <disk)
	bd renew disk --name db --dry-run
	[[ $status -eq 0 && $output == 'disk, web01.example.com, would become db' && $(sha256sum <disk) == "$before" ]]
	cp disk other
	ok renew disk --quiet --name db --seed same
	ok renew other --quiet --name db --seed same
	[[ $("$bigdisk" cat disk:/etc/ssh/ssh_host_ed25519_key.pub) == "$("$bigdisk" cat other:/etc/ssh/ssh_host_ed25519_key.pub)" ]]
}

@test "a device, through a killed run: each time either the old one or the new one" {
	need_root
	need losetup
	need_strace
	a_system
	cp disk before
	local n name
	for ((n = 1; n < 60; n += 3)); do
		cp before disk
		device=$(losetup --show -f disk 2>/dev/null) || skip "no loop devices here"
		status=0
		"${default_signals[@]}" strace -f -qq -o trace -e signal=none -e inject="pwrite64:signal=KILL:when=$n" "$bigdisk" renew "$device" \
			--quiet --name db >out 2>err || status=$?
		losetup -d "$device"
		device=
		[[ $status -ne 0 ]] || break
		name=$(text /etc/hostname)
		[[ $name == db || $name == web01.example.com ]] || fail "after write $n it is called $name"
		[[ $name == db ]] || [[ $(text /etc/machine-id) == 0123456789abcdef0123456789abcdef ]]
		ok renew disk --quiet --name db
		fsck_is_clean disk
		grep -q "^UUID=$(uuid) " <<<"$(text /etc/fstab)"
	done
	[[ $n -gt 3 && $status -eq 0 ]] || fail "status $status after $n writes"
}

@test "what cannot be renewed: in use, without a system, damaged, no disk at all, a guest of this host" {
	a_system
	exec 8>>disk
	bd renew disk --name db
	failed_with 5
	[[ $stderr == *'another program has it open for writing'* ]]
	exec 8>&-
	truncate -s 16M empty
	bd renew empty --name db
	failed_with 1
	[[ $stderr == *'cannot give empty a new identity'* ]]
	ok fill empty --quiet --name a --template none
	bd renew empty --name db
	failed_with 1
	[[ $stderr == *'there is no system on it'* ]]
	cp disk broken
	dd if=/dev/urandom of=broken bs=1M seek=1 count=4 conv=notrunc status=none
	bd renew broken --name db
	failed_with 1
	bd renew nowhere --name db
	failed_with 4
	[[ $stderr == *'there is no file or device nowhere'* ]]
	bd renew disk
	failed_with 2
	[[ $stderr == *'--name NAME is required'* ]]
	bd renew disk --name -x
	failed_with 2
	bd renew disk --name db --only-name --seed x
	failed_with 2
}

# The file disk: a copy of a whole disk with cloud-init, which is to learn from its seed what joe's key is. $*: options of fill.
a_cloud_system() {
	need e2fsck sfdisk ssh-keygen
	need_grub2
	ssh-keygen -q -t ed25519 -N '' -f key
	system_root
	mkdir -p root/usr/bin root/etc/cloud/cloud.cfg.d
	printf '#!/usr/bin/python3\n' >root/usr/bin/cloud-init
	chmod 755 root/usr/bin/cloud-init
	ok template import t root --templates store --quiet
	ok new image --quiet --no-start --dir d --template t --templates store --size 48M
	ok template import cloud d/image.img --as disk --templates store --quiet
	truncate -s 48M disk
	ok fill disk --quiet --name web01 --template cloud --templates store --mac 00:16:3e:00:00:01 --ip 192.0.2.1/24 "$@"
}

seed() {
	text "/var/lib/cloud/seed/nocloud/$1"
}

@test "cloud-init's seed: another name and network, and whom it lets in stays" {
	a_cloud_system --ssh-key key.pub --user joe --root-password-hash "\$6\$abc\$$(printf 'x%.0s' {1..86})"
	local user_data id
	user_data=$(seed user-data) id=$(seed meta-data | grep '^instance-id: ')
	[[ $user_data == *"$(cut -d ' ' -f 2 key.pub)"* && $user_data == *joe* && $user_data == *disable_root* ]]

	ok renew disk --quiet --name web02 --only-name
	[[ $(seed user-data) == "$user_data" && $(seed meta-data) == "$id"$'\n'"local-hostname: web02" ]]
	seed network-config | grep -F 192.0.2.1/24

	ok renew disk --quiet --name web03 --only-name --mac 00:16:3e:00:00:09 --ip 192.0.2.9/24
	[[ $(seed user-data) == "$user_data" && $(seed meta-data) == "$id"$'\n'"local-hostname: web03" ]]
	seed network-config >text
	grep -F 192.0.2.9/24 text
	run ! grep -F 192.0.2.1/24 text
	run ! grep ssh_deletekeys <<<"$(text /etc/cloud/cloud.cfg.d/zz-xen-bigdisk.cfg)"

	# Another guest: cloud-init starts anew, with the host key whose fingerprint was printed.
	ok renew disk --quiet --name web04
	[[ $(seed user-data) == "$user_data" && $(seed meta-data) != *"$id"* && $(seed meta-data) == *"local-hostname: web04" ]]
	seed network-config | grep -F 192.0.2.9/24
	text /etc/cloud/cloud.cfg.d/zz-xen-bigdisk.cfg >text
	grep -qx 'ssh_deletekeys: false' text
	grep -qx 'datasource_list: \[ NoCloud, None \]' text
	ok renew disk --quiet --name web05 --mac 00:16:3e:00:00:0a --ip 192.0.2.10/24
	[[ $(seed user-data) == "$user_data" && $(seed meta-data) == *"local-hostname: web05" ]]
	seed network-config | grep -F 192.0.2.10/24
	[[ $(text /etc/cloud/cloud.cfg.d/zz-xen-bigdisk.cfg | grep -c ssh_deletekeys) -eq 1 ]]
	fsck_is_clean disk
}

@test "what an administrator wrote into the seed's meta-data stays" {
	a_cloud_system
	printf 'public-keys: [ x ]\nlocal-hostname: old\ninstance-id: i-1\nplace: "here"\n' >meta-data
	ok cp meta-data disk:/var/lib/cloud/seed/nocloud/meta-data
	ok renew disk --quiet --name web02 --only-name
	[[ $(seed meta-data) == $'public-keys: [ x ]\nlocal-hostname: web02\ninstance-id: i-1\nplace: "here"' ]]
	ok renew disk --quiet --name web03
	seed meta-data >text
	grep -qx 'public-keys: \[ x \]' text
	grep -qx 'local-hostname: web03' text
	grep -qxE 'instance-id: [0-9a-f-]{36}' text
	grep -qx 'place: "here"' text
	[[ $(wc -l <text) -eq 4 ]]
}

# put PATH TEXT: a file of the disk.
put() {
	printf %s "$2" >put
	ok cp put "disk:$1"
}

@test "what is no file in the place of the seed's meta-data is no seed" {
	a_cloud_system
	local meta_data=disk:/var/lib/cloud/seed/nocloud/meta-data
	ok rm "$meta_data"
	ok ln -s nowhere "$meta_data"
	ok renew disk --quiet --name web02 --only-name
	ok renew disk --quiet --name web03
	[[ $(text /etc/hostname) == web03 ]]
	ok ls -l "$meta_data"
	[[ $output == *'-> nowhere'* ]]
	ok renew disk --quiet --name web04 --mac 00:16:3e:00:00:09 --ip 192.0.2.9/24
	[[ $(seed meta-data) == *"local-hostname: web04" ]]

	ok rm "$meta_data"
	ok mkdir "$meta_data"
	ok renew disk --quiet --name web05 --only-name
	ok renew disk --quiet --name web06
	[[ $(text /etc/hostname) == web06 ]]
	fsck_is_clean disk
}

@test "/etc/hosts: other hosts keep their names, and a system called localhost keeps localhost" {
	a_system
	put /etc/hosts $'127.0.0.1 localhost\n127.0.1.1 web01.example.com web01\n198.51.100.7 web01.provider.net\n'
	ok renew disk --quiet --name shop.example.com
	[[ $(text /etc/hosts) == $'127.0.0.1 localhost\n127.0.1.1 shop.example.com shop\n198.51.100.7 web01.provider.net' ]]
	put /etc/hostname $'localhost.localdomain\n'
	put /etc/hosts $'127.0.0.1 localhost localhost.localdomain localhost4 localhost4.localdomain4\n'
	ok renew disk --json --name web1.example.com
	jq -e '.old_name == null' <<<"$output"
	[[ $(text /etc/hosts) == '127.0.0.1 localhost localhost.localdomain localhost4 localhost4.localdomain4' ]]
	[[ $(text /etc/hostname) == web1.example.com ]]
	put /etc/hostname $'local\n'
	ok renew disk --json --name web2 --dry-run
	jq -e '.old_name == "local"' <<<"$output"
}

@test "a filesystem keeps the label by which it is found; else it gets the new name's" {
	a_system
	label() {
		blkid -p -O 1048576 -s LABEL -o value disk
	}
	[[ $(label) == web01 ]]
	local fstab cfg path line
	fstab=$(text /etc/fstab) cfg=$(text /boot/grub/grub.cfg)
	while IFS='|' read -r path line; do
		put "$path" "$line"$'\n'
		ok renew disk --quiet --name web02 --only-name
		[[ $(label) == web01 && $(text "$path") == "$line" ]] || fail "$line"
		put /etc/fstab "$fstab"
		put /boot/grub/grub.cfg "$cfg"
		put /etc/hostname web01
	done <<-'END'
		/etc/fstab|LABEL=web01 / ext4 defaults 0 1
		/etc/fstab|LABEL="web01" / ext4 defaults 0 1
		/etc/fstab|/dev/disk/by-label/web01 / ext4 defaults 0 1
		/boot/grub/grub.cfg|linux /vmlinuz root=LABEL=web01 ro
		/boot/grub/grub.cfg|search --no-floppy --label --set=root web01
		/boot/grub/grub.cfg|  search -l "web01"
		/boot/grub/grub.cfg|search.fs_label web01 root
	END
	put /etc/fstab "$fstab"$'\nLABEL=web01-data /data ext4 defaults 0 2\n'
	ok renew disk --quiet --name web02 --only-name
	[[ $(label) == web02 ]]
	fsck_is_clean disk
}

@test "the menu's default goes by the new title, in grub.cfg and in grubenv" {
	a_system
	put /etc/hostname web01
	put /boot/grub/grub.cfg $'if true; then\n  set default="web01"\nfi\nsubmenu "Others:web01" {\n}\nmenuentry \'web01\' {\n linux /boot/vmlinuz-6.1 web01\n}\n'
	put /boot/grub/grubenv "$(printf '%-1024s' $'# GRUB Environment Block\nsaved_entry=Others:web01>web01\nhost=web01\n' | tr ' ' '#')"
	ok renew disk --quiet --name web02
	text /boot/grub/grub.cfg >cfg
	grep -qx '  set default="web02"' cfg
	grep -qx "menuentry 'web02' {" cfg
	grep -qx ' linux /boot/vmlinuz-6.1 web01' cfg
	text /boot/grub/grubenv >env
	[[ $(stat -c %s env) -eq 1024 ]]
	grep -qx 'submenu "Others:web02" {' cfg
	grep -qx 'saved_entry=Others:web02>web02' env
	grep -qx host=web01 env
}

@test "the SSH host key is where sshd looks for it, and what cannot be made is said" {
	need ssh-keygen
	mkdir -p root/etc/ssh/{keys,sshd_config.d}
	a_system
	local old fingerprint
	put /etc/ssh/sshd_config $'Include /etc/ssh/sshd_config.d/*.conf\nPort 22\n'
	put /etc/ssh/sshd_config.d/keys.conf $'HostKey /etc/ssh/keys/host_ed25519\nHostKey /etc/ssh/keys/host_rsa\n'
	put /etc/ssh/keys/host_ed25519 old
	put /etc/ssh/keys/host_rsa old
	ok renew disk --json --name web02
	fingerprint=$(jq -r '.ssh_host_keys[0].fingerprint' <<<"$output")
	[[ $stderr == *"no SSH host key /etc/ssh/keys/host_rsa, which a HostKey line names"* ]]
	text /etc/ssh/keys/host_ed25519 >key
	chmod 600 key
	[[ $(ssh-keygen -l -f key) == *"$fingerprint"* ]]
	text /etc/ssh/keys/host_ed25519.pub | grep -F root@web02
	# Where `fleet export` and others look for it.
	[[ $(key) == "$(text /etc/ssh/keys/host_ed25519.pub)" ]]
	run ! text /etc/ssh/ssh_host_ed25519_key
	run ! text /etc/ssh/keys/host_rsa
	[[ $(text /etc/ssh/sshd_config) == $'Include /etc/ssh/sshd_config.d/*.conf\nPort 22' ]]

	put /etc/ssh/sshd_config.d/keys.conf $'HostKey /etc/ssh/ssh_host_rsa_key\nHostKey /etc/ssh/ssh_host_ed25519_key\n'
	ok renew disk --quiet --name web02 --mac 00:16:3e:00:00:01
	[[ -z $stderr && $(key) == *root@web02 ]]

	# Without any key, sshd would not start.
	put /etc/ssh/sshd_config.d/keys.conf $'hostkey = "/etc/ssh/ssh_host_rsa_key"\n'
	put /etc/ssh/ssh_host_rsa_key old
	ok renew disk --name web03
	[[ $stderr == *"no SSH host key /etc/ssh/ssh_host_rsa_key"* && $stderr == *"name no Ed25519 key"* ]]
	text /etc/ssh/sshd_config | head -n 1 | grep -qx 'HostKey /etc/ssh/ssh_host_ed25519_key'
	[[ $(key) == *root@web03 ]]
	run ! text /etc/ssh/ssh_host_rsa_key
	old=$(text /etc/ssh/sshd_config)
	ok renew disk --name web04
	[[ $(text /etc/ssh/sshd_config) == "$old" && $(key) == *root@web04 ]]
	fsck_is_clean disk
}
