#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The NoCloud seed, as cloud-init's own renderers of Debian 12 and 13 read it. cloud-init is unpacked beside the program
# that was built, and never installed: as a package it would run when this machine boots.
# shellcheck disable=SC2154 # output, stderr and status are set by run

load helpers

mac=00:16:3e:01:02:03

# Debian's archive as this machine has it, but of another release.
fetch_cloud_init() { # RELEASE FOLDER
	local mirror state=$2/apt
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
	[[ $mirror ]] || return 1
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	echo "deb $mirror $1 main" >"$state/sources"
	local options=(-q -o Dir::Etc::SourceList="$state/sources" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::State::Lists="$state/lists" -o Dir::State::Status=/dev/null -o Dir::Cache="$state/cache"
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none)
	apt-get "${options[@]}" update >&2 && (cd "$state" && apt-get "${options[@]}" download cloud-init >&2) &&
		dpkg-deb -x "$state"/cloud-init_*.deb "$2/root" && rm -r "$state"
}

# need_cloud_init RELEASE: $modules is where its modules are.
need_cloud_init() {
	local folder=${bigdisk%/*}/cloud-init/$1
	need apt-get dpkg-deb
	/usr/bin/python3 -c 'import yaml, requests, jinja2, configobj, jsonpatch' 2>/dev/null ||
		skip "the Python modules that cloud-init needs are not installed"
	if [[ ! -d $folder ]]; then
		rm -rf "$folder.new"
		mkdir -p "$folder.new"
		fetch_cloud_init "$1" "$folder.new" || skip "cloud-init of $1 cannot be fetched here"
		mv "$folder.new" "$folder"
	fi
	modules=$folder/root/usr/lib/python3/dist-packages
}

# Templates that have cloud-init, and this program for their network, after which they are called.
import_template() { # ifup or netplan
	export XEN_BIGDISK_TEMPLATES=$PWD/templates
	rm -rf r
	mkdir -p r/etc/{network,cloud,netplan} r/usr/{bin,sbin,lib/systemd}
	ln -s usr/lib r/lib
	local program
	for program in lib/systemd/systemd bin/cloud-init "sbin/$1"; do
		printf '#!/bin/sh\n' >"r/usr/$program"
		chmod 755 "r/usr/$program"
	done
	ln -s ../lib/systemd/systemd r/usr/sbin/init
	bd template import "$1" r
	[[ $status -eq 0 ]] || fail "no template"
}

# seed TEMPLATE ARGUMENTS...: network-config is that of a guest which is made with them.
seed() {
	rm -f d/*
	made box --quiet --no-start --boot-sector none --size 64M --dir d --mac "$mac" --template "$@"
	in_image d/box.img "cat /var/lib/cloud/seed/nocloud/network-config" >network-config
	grep -q "$mac" network-config
}

# all_render LINE: each renderer makes that of it.
all_render() {
	local kind rendered
	rm -rf rendered
	rendered=$(/usr/bin/python3 "$top/tests/cli/cloud_init.py" "$modules" network-config rendered 2>log) ||
		fail "$(cat network-config log)"
	for kind in networkd eni netplan network-manager sysconfig; do
		grep -qxF "$kind $1" <<<"$rendered" || fail "$(cat network-config)" "not $1:" "$rendered"
	done
}

seeds_render() {
	need debugfs
	need_cloud_init "$1"
	import_template ifup
	import_template netplan
	seed netplan --ip 192.0.2.10/24 --gateway 192.0.2.1 --dns 192.0.2.53
	all_render "addresses=192.0.2.10/24 gateways=192.0.2.1 servers=192.0.2.53"
	seed netplan --ip6 2001:db8::10/64 --gateway6 2001:db8::1 --dns 2001:db8::53
	all_render "addresses=2001:db8::10/64 gateways=2001:db8::1 servers=2001:db8::53"
	seed netplan --ip 192.0.2.10/24 --gateway 192.0.2.1 --ip6 2001:db8::10/64 --gateway6 2001:db8::1 \
		--dns 192.0.2.53,2001:db8::53,192.0.2.54
	all_render "addresses=192.0.2.10/24,2001:db8::10/64 gateways=192.0.2.1,2001:db8::1 servers=192.0.2.53,192.0.2.54,2001:db8::53"
	seed netplan --ip 192.0.2.10/24 --ip6 2001:db8::10/64 --gateway6 fe80::1
	all_render "addresses=192.0.2.10/24,2001:db8::10/64 gateways=fe80::1 servers="
	seed ifup --ip 192.0.2.10/24 --gateway 192.0.2.1 --ip6 none
	all_render "addresses=192.0.2.10/24 gateways=192.0.2.1 servers="
	seed netplan --ip 192.0.2.10/24 --ip6 2001:db8::10/64 --dns 2001:db8::53
	all_render "addresses=192.0.2.10/24,2001:db8::10/64 gateways= servers=2001:db8::53"
	seed netplan
	all_render "addresses= gateways= servers="
}

@test "each renderer of Debian 12's cloud-init makes addresses, default routes and name servers of the seed" {
	seeds_render bookworm
}

@test "each renderer of Debian 13's cloud-init makes addresses, default routes and name servers of the seed" {
	seeds_render trixie
}

@test "where cloud-init writes for netplan, a guest without IPv6 has no link-local address either" {
	need debugfs
	need_cloud_init bookworm
	import_template netplan
	seed netplan --ip 192.0.2.10/24 --gateway 192.0.2.1 --ip6 none
	/usr/bin/python3 "$top/tests/cli/cloud_init.py" "$modules" network-config rendered >lines
	grep -qxF "netplan addresses=192.0.2.10/24 gateways=192.0.2.1 servers=" lines
	grep -q 'link-local: \[\]' rendered/netplan/etc/netplan/50-cloud-init.yaml
	seed netplan --ip6 2001:db8::10/64 --gateway6 2001:db8::1
	rm -r rendered
	all_render "addresses=2001:db8::10/64 gateways=2001:db8::1 servers="
}

@test "--user-data is what cloud-init reads in the image; what it would ignore is refused, as is a template without it" {
	need debugfs gzip
	import_template ifup
	printf '#!/bin/sh\necho up\n' >script
	made box --quiet --no-start --boot-sector none --size 64M --dir d --template ifup --user-data script
	cmp <(in_image d/box.img "cat /var/lib/cloud/seed/nocloud/user-data") script
	[[ $(in_image d/box.img "stat /var/lib/cloud/seed/nocloud/user-data" | grep -o 'Mode: *0600') ]]
	gzip -k script
	made zip --quiet --no-start --boot-sector none --size 64M --dir d --template ifup --user-data script.gz
	in_image d/zip.img "dump /var/lib/cloud/seed/nocloud/user-data back.gz"
	cmp back.gz script.gz
	echo 'packages: [ nginx ]' >unknown
	bd new no --no-start --dir d --template ifup --user-data unknown
	failed_with 2
	[[ $stderr == *'--user-data: unknown begins with nothing by which cloud-init knows what it is'* ]] || fail "$stderr"
	bd new no --no-start --dir d --user-data script
	failed_with 2
	[[ $stderr == *'--user-data: the template has no cloud-init'* ]] || fail "$stderr"
	[[ $(cd d && echo *) == 'box.cfg box.img zip.cfg zip.img' ]]
}

# network_source MODULES ROOT: where cloud-init takes the network from, by its own merge of the files in the root, and what it is
network_source() {
	/usr/bin/python3 - "$1" "$2" <<-'PYTHON'
		import sys, types, yaml
		modules, root = sys.argv[1:]
		sys.path.insert(0, modules)
		from cloudinit import distros, sources, stages, util
		init = stages.Init.__new__(stages.Init)
		init._cfg = util.read_conf_with_confd(root + "/etc/cloud/cloud.cfg")
		init._paths = types.SimpleNamespace(get_cpath=lambda name: root + "/var/lib/cloud/" + name)
		init._distro = None
		seed = yaml.safe_load(open(root + "/var/lib/cloud/seed/nocloud/network-config"))
		init.datasource = types.SimpleNamespace(
		    network_config=seed, network_config_sources=sources.DataSource.network_config_sources)
		network, source = init._find_networking_config()
		print(getattr(source, "value", source), "seed" if network == seed or network == seed.get("network") else network)
	PYTHON
}

# identifies RELEASE [KERNEL ARGUMENTS]: cloud-init's ds-identify, in the guest's root in out, enables cloud-init with NoCloud
identifies() {
	rm -rf out/run
	echo "${*:2}" >arguments
	env PATH_ROOT="$PWD/out" PATH_PROC_CMDLINE="$PWD/arguments" PATH_PROC_1_CMDLINE="$PWD/arguments" DI_LOG=stderr \
		"${modules%/lib/python3/*}/lib/cloud-init/ds-identify" --force 2>log ||
		fail "$1: cloud-init is not enabled" "$(cat log)"
	grep -qxE ' *datasource_list: \[ NoCloud, None \]' out/run/cloud-init/cloud.cfg ||
		fail "$1: another datasource" "$(cat out/run/cloud-init/cloud.cfg log)"
}

unpacked() { # GUEST: its root, in out
	rm -rf out && mkdir out
	"$bigdisk" tar --quiet "d/$1.img:/" - | tar -C out -xf -
}

network_wins() {
	need_root
	need_cloud_init "$1"
	local network
	for network in '{config: disabled}' '{version: 2, ethernets: {eth9: {dhcp4: true}}}'; do
		rm -rf templates
		import_template ifup
		mkdir -p r/etc/cloud/cloud.cfg.d r/var/lib/cloud/data
		echo "network: $network" | tee r/etc/cloud/cloud.cfg r/etc/cloud/cloud.cfg.d/99-network.cfg >/dev/null
		printf 'datasource_list: [ Ec2 ]\n' >r/etc/cloud/cloud.cfg.d/90_dpkg.cfg
		: >r/var/lib/cloud/data/upgraded-network
		rm -rf d/* templates
		bd template import ifup r
		made box --quiet --no-start --boot-sector none --size 64M --dir d --template ifup --ip 192.0.2.10/24 --gateway 192.0.2.1
		unpacked box
		identifies "$1"
		[[ $(network_source "$modules" "$PWD/out") == 'ds seed' ]] || fail "$(network_source "$modules" "$PWD/out" 2>&1)"
	done
}

@test "the seed's network counts for Debian 12's cloud-init, whatever the template's files say of networks" {
	network_wins bookworm
}

@test "the seed's network counts for Debian 13's cloud-init, whatever the template's files say of networks" {
	network_wins trixie
}

# A template that boots by its own grub.cfg and keeps cloud-init from the seed by all the means there are.
import_obstructed() { # ARGUMENTS OF ITS KERNEL...
	import_template ifup
	mkdir -p r/boot/grub r/etc/{cloud/cloud.cfg.d,default/grub.d,kernel}
	echo kernel >r/boot/vmlinuz-6.1.0-9-amd64
	echo initramfs >r/boot/initrd.img-6.1.0-9-amd64
	cat >r/boot/grub/grub.cfg <<-END
		# ds=kept
		menuentry 'Debian' {
		    linux /boot/vmlinuz-6.1.0-9-amd64 root=/dev/xvda1 $* quiet
		    initrd /boot/initrd.img-6.1.0-9-amd64
		}
	END
	printf '%s\n' '# ds=kept' "GRUB_CMDLINE_LINUX=\"$* quiet\"" 'GRUB_TIMEOUT=5' >r/etc/default/grub
	echo "GRUB_CMDLINE_LINUX_DEFAULT='console=hvc0 $*'" >r/etc/default/grub.d/50-cloudimg.cfg
	echo "$* ro" >r/etc/kernel/cmdline
	rm -rf templates
	bd template import ifup r --own-grub-cfg
	[[ $status -eq 0 ]]
}

own_arguments() {
	sed -n 's/^ *linux [^ ]* //p' out/boot/grub/grub.cfg
}

@test "another datasource or network in ds-identify.cfg and in a template's own kernel arguments is taken out, and said" {
	need_root
	need_cloud_init trixie
	import_obstructed network-config=disabled ci.ds=Ec2 'ds=nocloud-net;s=http://192.0.2.1/' ci.datasource.ec2.strict_id=warn
	printf '%s\n' '# of the cloud' 'datasource: Ec2' >r/etc/cloud/ds-identify.cfg
	rm -rf templates
	bd template import ifup r --own-grub-cfg
	made box --no-start --boot-sector none --size 64M --dir d --template ifup --ip 192.0.2.10/24
	local kept=ci.datasource.ec2.strict_id=warn path
	for path in /boot/grub/grub.cfg /etc/default/grub /etc/default/grub.d/50-cloudimg.cfg /etc/kernel/cmdline; do
		[[ $stderr == *"taken out of the kernel arguments in $path of box"*": network-config=disabled ci.ds=Ec2 ds=nocloud-net;s=http://192.0.2.1/"* ]] || fail "$path"
	done
	[[ $stderr == *"/etc/cloud/ds-identify.cfg of box names NoCloud as the datasource now"*"datasource Ec2"* ]]
	unpacked box
	[[ $(own_arguments) == "root=/dev/xvda1 $kept quiet" ]] || fail "$(own_arguments)"
	[[ $(<out/etc/default/grub) == "# ds=kept
GRUB_CMDLINE_LINUX=\" $kept quiet\"
GRUB_TIMEOUT=5" ]] || fail "$(<out/etc/default/grub)"
	[[ $(<out/etc/default/grub.d/50-cloudimg.cfg) == "GRUB_CMDLINE_LINUX_DEFAULT='console=hvc0 $kept'" ]]
	[[ $(<out/etc/kernel/cmdline) == " $kept ro" ]] || fail "$(<out/etc/kernel/cmdline)"
	head -n 1 out/boot/grub/grub.cfg | grep -qxF '# ds=kept'
	identifies trixie "$(own_arguments)"
	# Neither the network nor the datasource is another one in a copy.
	echo 'policy: search,notfound=disabled' >ds-identify.cfg
	"$bigdisk" cp --quiet ds-identify.cfg d/box.img:/etc/cloud/ds-identify.cfg
	bd clone box copy --dir d --ip 192.0.2.11/24
	[[ $status -eq 0 && $stderr == *"/etc/cloud/ds-identify.cfg of copy"* ]]
	unpacked copy
	identifies trixie "$(own_arguments)"
}

@test "a template in which cloud-init is disabled keeps it so, unless there is user-data" {
	need_root
	need_cloud_init trixie
	import_obstructed cloud-init=disabled
	printf 'policy: disabled\n' >r/etc/cloud/ds-identify.cfg
	: >r/etc/cloud/cloud-init.disabled
	rm -rf templates
	bd template import ifup r --own-grub-cfg
	made box --no-start --boot-sector none --size 64M --dir d --template ifup --ip 192.0.2.10/24
	[[ $(grep -c 'cloud-init is disabled in the template, and stays so in box' <<<"$stderr") -eq 1 ]]
	unpacked box
	[[ -e out/etc/cloud/cloud-init.disabled && $(<out/etc/cloud/ds-identify.cfg) == 'policy: disabled' ]]
	[[ $(own_arguments) == "root=/dev/xvda1 cloud-init=disabled quiet" ]]
	grep -q 'address 192.0.2.10' out/etc/network/interfaces
	printf '#!/bin/sh\necho up\n' >script
	made run --no-start --boot-sector none --size 64M --dir d --template ifup --user-data script
	[[ $stderr == *"cloud-init is disabled in the template (/etc/cloud/cloud-init.disabled); in run it is not"* ]]
	unpacked run
	[[ ! -e out/etc/cloud/cloud-init.disabled && $(own_arguments) == "root=/dev/xvda1 quiet" ]]
	identifies trixie "$(own_arguments)"
}

# user_data NAME: of the guest.
user_data() {
	in_image "d/$1.img" "cat /var/lib/cloud/seed/nocloud/user-data"
}

@test "a clone keeps the user-data of its source; keys that it is given are added, and root's hash is its own" {
	need ssh-keygen
	ssh-keygen -q -t ed25519 -N '' -C first -f first
	ssh-keygen -q -t ed25519 -N '' -C second -f second
	import_template ifup
	printf 'root:x:0:0:root:/root:/bin/sh\n' >r/etc/passwd
	printf 'root:*:1:0:99999:7:::\n' >r/etc/shadow
	ok template import keyed r
	printf '#cloud-config\npackages: [ nginx ]\n' >own
	made own --quiet --no-start --boot-sector none --size 64M --dir d --template ifup --user-data own
	ok clone own own2 --quiet --dir d
	[[ $(user_data own2) == "$(<own)" && $(user_data own) == "$(<own)" ]]

	made box --quiet --no-start --boot-sector none --size 64M --dir d --template keyed --ssh-key first.pub
	ok clone box box2 --quiet --dir d --ssh-key second.pub
	[[ $(user_data box2) == "#cloud-config"$'\n'"ssh_authorized_keys:"$'\n'"  - '$(<second.pub)'"$'\n'"  - '$(<first.pub)'" ]]
	ok clone box box3 --quiet --dir d
	[[ $(user_data box3) == "$(user_data box)" ]]
	in_image d/box3.img "cat /etc/cloud/cloud.cfg.d/zz-xen-bigdisk.cfg" | grep -qx 'disable_root: false'
	# As on a copy of a whole disk, where cloud-init alone sets it.
	printf '#cloud-config\nusers:\n  - default\n  - name: root\n    lock_passwd: false\n    hashed_passwd: '\''$6$a$b'\''\n' >user-data
	ok cp user-data d/box3.img:/var/lib/cloud/seed/nocloud/user-data
	ok clone box3 box4 --quiet --dir d --root-password-hash '$5$c$d234567890123456789012345678901234567890123'
	[[ $(user_data box4) == *"hashed_passwd: '\$5\$c\$d234567890123456789012345678901234567890123'" && $(user_data box4) != *'$6$a$b'* ]]
}
