#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What makes a guest itself, in images of the mini template: keys, passwords, files, addresses, seeds. No Xen is needed.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# made_mini ARGUMENTS...: a guest box in d.
made_mini() {
	need_busybox
	need debugfs
	made box --quiet --no-start --boot-sector none --size 512M --dir d "$@"
}

cat_in() {
	in_image d/box.img "cat $1"
}

# mode_in PATH: permissions, user and group.
mode_in() {
	in_image d/box.img "stat $1" | awk '/Mode:/ { for (i = 1; i < NF; i++) if ($i == "Mode:") mode = $(i + 1) }
		/^User:/ { print mode, $2, $4 }'
}

public_key() {
	need ssh-keygen
	ssh-keygen -q -t "${2:-ed25519}" -N '' -C "$1" -f "$1"
}

@test "the keys of several files let root in" {
	public_key one
	public_key two rsa
	(echo "# mine" && cat one.pub && echo) >more.pub
	made_mini --ssh-key more.pub --ssh-key two.pub
	[[ $(cat_in /root/.ssh/authorized_keys) == "$(cat one.pub two.pub)" ]]
	[[ $(mode_in /root/.ssh/authorized_keys) == "0600 0 0" ]]
	[[ $(mode_in /root/.ssh) == "0700 0 0" ]]
	fsck_is_clean d/box.img
}

@test "a private key, no key and no file are refused" {
	public_key one
	echo hello >text
	: >empty
	bd new box --no-start --dir d --ssh-key one
	refused 2
	[[ $stderr == *"one is a private key"*"one.pub"* ]]
	bd new box --no-start --dir d --ssh-key one.pub --ssh-key text
	refused 2
	[[ $stderr == *"text: line 1 is not an OpenSSH public key"* ]]
	bd new box --no-start --dir d --ssh-key empty
	refused 2
	# Not 4: it is not the guest or the template that is not found.
	for option in ssh-key root-password-file run-once; do
		bd new box --no-start --dir d --$option nothing
		refused 1
		[[ $stderr == *"nothing: No such file or directory"* ]]
	done
}

@test "root's password is set by a hash, or hashed from a file's first line" {
	need openssl
	local hash
	hash=$(openssl passwd -6 'a password')
	made_mini --root-password-hash "$hash"
	[[ $(cat_in /etc/shadow | head -n 1) == "root:$hash:"* ]]
	[[ $(mode_in /etc/shadow) == "0600 0 0" ]]
	rm d/*
	printf 'a password\nand more\n' >password
	made_mini --root-password-file password
	hash=$(cat_in /etc/shadow | sed -n 's/^root:\([^:]*\):.*/\1/p')
	# shellcheck disable=SC2016 # of perl
	[[ $(perl -e 'print crypt("a password", $ARGV[0])' "$hash") == "$hash" ]]
	# What is printed says nothing of it.
	[[ $output$stderr != *"\$y\$"* ]]
}

@test "the hash of root's password, and the seed, from a file's first line: no list of processes shows them" {
	need openssl
	local hash
	hash=$(openssl passwd -6 'a password')
	printf '%s\nand more\n' "$hash" >hash
	printf 'a seed\r\nand more\n' >seed
	export SOURCE_DATE_EPOCH=1700000000
	made_mini --root-password-hash-file hash --seed-file seed
	[[ $(cat_in /etc/shadow | head -n 1) == "root:$hash:"* ]]
	mv d/box.img by-file
	rm d/*
	made_mini --root-password-hash "$hash" --seed 'a seed'
	cmp by-file d/box.img
	rm d/*
	echo plain >plain
	echo >empty
	bd new box --no-start --dir d --root-password-hash-file plain
	refused 2
	[[ $stderr == *"--root-password-hash-file: "* ]]
	bd new box --no-start --dir d --root-password-hash-file empty
	refused 2
	bd new box --no-start --dir d --seed-file empty
	refused 2
	[[ $stderr == *"--seed-file: the first line of empty is empty"* ]]
	bd new box --no-start --dir d --seed-file gone
	refused 1
	bd new box --no-start --dir d --root-password-hash-file hash --root-password-file hash
	refused 2
	[[ $stderr == *"--root-password-hash-file: the password or its hash is given in another way, too"* ]]
	bd new box --no-start --dir d --seed-file seed --seed x
	refused 2
	[[ $stderr == *"--seed-file: the seed itself is given, too"* ]]
}

@test "a plain password and an empty one are refused" {
	bd new box --no-start --dir d --root-password-hash 'password12345'
	refused 2
	[[ $stderr == *"--root-password-file"* ]]
	echo >empty
	bd new box --no-start --dir d --root-password-file empty
	refused 2
	# shellcheck disable=SC2016 # a hash
	bd new box --no-start --dir d --root-password-hash '$6$a$b' --root-password-file empty
	refused 2
	[[ $stderr == *"--root-password-file: the hash of a password is given, too"* ]]
}

@test "files of the host get into the guest with their modes" {
	printf 'one\n' >one
	printf '#!/bin/sh\n' >two
	chmod 640 one
	chmod 4755 two
	made_mini --file one:/etc/one --file two:/opt/new/folder/two --file one:/etc/hostname
	[[ $(cat_in /etc/one) == one ]]
	[[ $(mode_in /etc/one) == "0640 0 0" ]]
	[[ $(mode_in /opt/new/folder/two) == "0755 0 0" ]]
	[[ $(mode_in /opt/new) == "0755 0 0" ]]
	[[ $(cat_in /etc/hostname) == one ]]
	fsck_is_clean d/box.img
}

@test "files that cannot be put there are refused" {
	echo x >x
	local wrong
	for wrong in x x: x:y :/y "nothing:/y" "d:/y" "x:/" "x:/y/" "x:/y/../z" "x:/y//z"; do
		bd new box --no-start --dir d --file "$wrong"
		[[ $status -ne 0 ]] || fail "$wrong is taken"
		refused "$status"
	done
	need_busybox
	bd new box --quiet --no-start --boot-sector none --dir d --file x:/etc
	refused 1
	[[ $stderr == *"/etc is a directory in the template"* ]]
}

@test "a script for the first boot needs #! and systemd" {
	echo "echo hello" >script
	bd new box --no-start --dir d --run-once script
	refused 2
	[[ $stderr == *"#!"* ]]
	need_busybox
	printf '#!/bin/sh\n' >script
	bd new box --quiet --no-start --boot-sector none --dir d --run-once script
	refused 2
	[[ $stderr == *"needs systemd"* ]]
}

@test "addresses of both families and name servers" {
	made_mini --ip 192.0.2.10/24 --gateway 192.0.2.1 --ip6 2001:db8::10/64 --gateway6 fe80::1 \
		--dns 192.0.2.53,2001:db8::53 --dns 192.0.2.54 --json
	[[ $(jq -r '.network[0].ip6' <<<"$output") == 2001:db8::10/64 ]]
	[[ $(jq -c '.network[0].dns' <<<"$output") == '["192.0.2.53","2001:db8::53","192.0.2.54"]' ]]
	[[ $(jq -c '.ssh_host_keys' <<<"$output") == '[]' ]]
	[[ $(cat_in /etc/resolv.conf) == $'nameserver 192.0.2.53\nnameserver 2001:db8::53\nnameserver 192.0.2.54' ]]
	[[ $(cat_in /etc/network/interfaces) == *$'iface eth0 inet6 static\n\taddress 2001:db8::10\n\tnetmask 64\n'* ]]
}

@test "addresses that make no sense are refused" {
	local wrong
	for wrong in "--ip6 x" "--ip6 2001:db8::10" "--gateway6 fe80::1" "--ip6 2001:db8::10/64 --gateway6 2001:db9::1" \
		"--dns x" "--dns 192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4" "--no-net --dns 192.0.2.1" "--no-net --ip6 auto" \
		"--ip6 none --dns 192.0.2.53,2001:db8::53 --ip 192.0.2.10/24" "--dns 2001:db8::53 --ip6 none"; do
		# shellcheck disable=SC2086 # words are meant
		bd new box --no-start --dir d $wrong
		refused 2
	done
	need_busybox
	bd new box --quiet --no-start --boot-sector none --dir d --dns 192.0.2.53
	refused 2
	[[ $stderr == *"--dns: this guest needs a static address for it"* ]]
	bd new box --quiet --no-start --boot-sector none --dir d --ip6 dhcp
	refused 2
}

@test "an empty disk accepts no keys or passwords" {
	echo x >x
	bd new box --no-start --dir d --template none --file x:/x
	refused 2
	[[ $stderr == *"--file: an empty disk (template none)"* ]]
}

@test "the same seed and time give the same image and cfg, to the bit" {
	need_busybox
	echo secret >password
	local name template arguments
	export SOURCE_DATE_EPOCH=1262304000
	mkdir a b c e
	for template in none mini; do
		arguments=()
		[[ $template == none ]] || arguments=(--root-password-file password)
		for name in a b; do
			made box --quiet --no-start --template "$template" --size 512M --swap 16M --seed s --dir "$name" \
				"${arguments[@]}"
		done
		cmp a/box.img b/box.img
		# Its own path is all that differs.
		diff <(sed 's|/a/|/|' a/box.cfg) <(sed 's|/b/|/|' b/box.cfg)
		rm a/* b/*
	done
	made box --quiet --no-start --template none --seed s --json --dir a
	jq '{uuid, root_uuid, disk_signature, network}' <<<"$output" >s.json
	[[ $(in_image a/box.img "stat /boot" | grep -c 'mtime: 0x4b3d3b00') -eq 1 ]]
	# Another name or another seed: nothing in common.
	local other
	for other in "box2 --seed s --dir b" "box --seed t --dir c" "box --dir e"; do
		# shellcheck disable=SC2086 # words are meant
		made $other --quiet --no-start --template none --json
		jq '{uuid, root_uuid, disk_signature, network}' <<<"$output" >other.json
		for key in uuid root_uuid disk_signature network[0].mac; do
			[[ $(jq ".$key" s.json) != "$(jq ".$key" other.json)" ]] || fail "$key is the same"
		done
	done
}

@test "a SOURCE_DATE_EPOCH that is no time is refused" {
	SOURCE_DATE_EPOCH=yesterday bd new box --quiet --no-start --template none --dir d
	refused 2
	[[ $stderr == *SOURCE_DATE_EPOCH* ]]
}

# A template with just enough in it to be taken for Debian with systemd, ifupdown, sshd and cloud-init.
import_sealed() {
	export XEN_BIGDISK_TEMPLATES=$PWD/templates
	mkdir -p r/etc/{ssh,network,cloud} r/usr/{bin,sbin,lib/systemd} r/var/lib/dbus r/root/.ssh
	ln -s usr/lib r/lib
	local program
	for program in lib/systemd/systemd sbin/sshd sbin/ifup bin/cloud-init; do
		printf '#!/bin/sh\n' >"r/usr/$program"
		chmod 755 "r/usr/$program"
	done
	ln -s ../lib/systemd/systemd r/usr/sbin/init
	echo 'source /etc/network/interfaces.d/*' >r/etc/network/interfaces
	echo x | tee r/etc/ssh/ssh_host_rsa_key r/etc/machine-id r/var/lib/dbus/machine-id >r/etc/hostname
	echo 'ssh-rsa AAAA there already' >r/root/.ssh/authorized_keys
	bd template import sealed r
	[[ $status -eq 0 ]]
}

# made_sealed NAME ARGUMENTS...
made_sealed() {
	made "$@" --quiet --no-start --boot-sector none --size 512M --template sealed --dir d
}

@test "a sealed template: the host key's fingerprint is printed, and is that of the key in the image" {
	need debugfs ssh-keygen
	import_sealed
	made_sealed box --json
	[[ $(jq -r '.ssh_host_keys[0].type' <<<"$output") == ED25519 ]]
	local fingerprint
	fingerprint=$(jq -r '.ssh_host_keys[0].fingerprint' <<<"$output")
	cat_in /etc/ssh/ssh_host_ed25519_key.pub >public
	[[ $(ssh-keygen -lf public) == "256 $fingerprint root@box (ED25519)" ]]
	cat_in /etc/ssh/ssh_host_ed25519_key >private
	chmod 600 private
	[[ $(ssh-keygen -yf private) == "$(cat public)" ]]
	[[ $(mode_in /etc/ssh/ssh_host_ed25519_key) == "0600 0 0" ]]
	[[ -z $(cat_in /etc/ssh/ssh_host_rsa_key) ]]
	rm d/*
	made box --no-start --boot-sector none --size 512M --template sealed --dir d
	grep -q '^Its SSH host key is ED25519, SHA256:' <<<"$output"
	[[ $output != *"$fingerprint"* ]]
}

@test "a sealed template: two guests share no identity" {
	need debugfs
	import_sealed
	made_sealed box --json
	jq '[.uuid, .root_uuid, .disk_signature, .network[0].mac, .ssh_host_keys[0].fingerprint]' <<<"$output" >one
	mv d/box.img one.img
	rm d/*
	made_sealed box --json
	jq '[.uuid, .root_uuid, .disk_signature, .network[0].mac, .ssh_host_keys[0].fingerprint]' <<<"$output" >two
	[[ $(jq -s '.[0] - .[1] | length' one two) -eq 5 ]]
	[[ -z $(cat_in /etc/machine-id) && -z $(cat_in /var/lib/dbus/machine-id) ]]
	fsck_is_clean d/box.img
}

@test "a sealed template: keys, a first script, files, cloud-init and the word that the guest is up" {
	need debugfs
	public_key one
	import_sealed
	printf '#!/bin/sh\necho hello\n' >script
	made_sealed box --ssh-key one.pub --run-once script --file script:/lib/new/script --ip 192.0.2.10/24 --dns 192.0.2.53
	[[ $(cat_in /root/.ssh/authorized_keys) == "$(cat r/root/.ssh/authorized_keys one.pub)" ]]
	[[ $(cat_in /usr/lib/new/script) == "$(cat script)" ]]
	[[ $(cat_in /usr/local/lib/xen-bigdisk/run-once) == "$(cat script)" ]]
	[[ $(cat_in /usr/local/lib/xen-bigdisk/ready) == *"$(tail -n +2 "$top/templates/mini/xenstore-put")" ]]
	local unit
	for unit in run-once ready; do
		in_image d/box.img "stat /etc/systemd/system/multi-user.target.wants/xen-bigdisk-$unit.service" |
			grep -q "Fast link dest: \"/etc/systemd/system/xen-bigdisk-$unit.service\""
	done
	cat_in /etc/network/interfaces | grep -q 'address 192.0.2.10'
	grep -q "^MACAddress=$(grep -o '00:16:3e[0-9a-f:]*' d/box.cfg)$" <(cat_in /etc/systemd/network/10-xen-bigdisk.link)
	grep -q '^local-hostname: box$' <(cat_in /var/lib/cloud/seed/nocloud/meta-data)
	[[ $(cat_in /etc/resolv.conf) == "nameserver 192.0.2.53" ]]
	fsck_is_clean d/box.img
}

@test "config --from-image recreates a lost config, with the MAC address and UUID from the image" {
	import_sealed
	made_sealed box
	bd config ./d/box.cfg
	[[ $status -eq 0 ]] || skip "the plugin is not built"
	local before=$output
	mv d/box.cfg old.cfg
	bd config --from-image d/box.img
	[[ $status -eq 0 ]]
	printf '%s\n' "$output" >d/box.cfg
	bd config ./d/box.cfg
	# An unprivileged boot loader is this host's matter.
	diff <(grep -v bootloader_ <<<"$before") <(grep -v bootloader_ <<<"$output")
	# What it does not know is new, and said to be so.
	made --quiet --no-start --template none --dir d empty --size 16M
	bd config --from-image d/empty.img
	[[ $status -eq 0 && $output == *"the UUID is a new one, the MAC address is a new one"* ]]
	truncate -s 1M d/blank.img
	bd config --from-image d/blank.img
	failed_with 1
	[[ $stderr == *"has no ext filesystem"* ]]
	bd config --from-image d/nowhere.img
	failed_with 4
	bd config --from-image --from-domain box
	failed_with 2
}

@test "a sealed template: the same seed and time give the same image, to the bit" {
	export SOURCE_DATE_EPOCH=1262304000
	import_sealed
	made_sealed box --seed s
	mv d/box.img one.img
	rm d/*
	made_sealed box --seed s
	cmp one.img d/box.img
}
