#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `fleet export --format ganeti`: the instances that gnt-instance batch-create gets, and what is said of all that they cannot have.
# What Ganeti's own code says of them: tests/ganeti/inside.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# What gnt-instance(8) lists under BATCH-CREATE and ADD, of OpInstanceCreate; for ext also the provider's name.
instance_keys='["beparams","disk_template","disks","hvparams","hypervisor","instance_name","ip_check","mode","name_check","nics","no_install","os_type","osparams","pnode","snode","start","tags"]'
inner_keys='{"beparams":["maxmem","minmem","vcpus"],
	"hvparams":["blockdev_prefix","bootloader_path","initrd_path","kernel_args","kernel_path","use_bootloader"],
	"disks":["provider","size"], "nics":["ip","link","mac","mode"]}'

# shellcheck disable=SC2016 # of a password
hash='$6$saltsaltsalt$kPSgbvoV0FPMMEXTDjtpGkwnRxpbFw6oFyZXUoVUmgOLEVHUcoWYMoMYkSG6YKWgEDBZ6U4AxYgLkPL8yPbIH/'

# exported ARGUMENTS...: $output is the JSON, for `got`; all of its keys are Ganeti's.
exported() {
	bd fleet export fleet.json --dir d --format ganeti "$@"
	[[ $status -eq 0 ]] || fail "status $status"
	jq -e --argjson known "$instance_keys" 'map(keys - $known) | add == []' <<<"$output" >/dev/null ||
		fail "an instance has keys that Ganeti does not know"
	jq -e --argjson known "$inner_keys" '[.[] | .beparams, .hvparams | keys[]] - $known.beparams - $known.hvparams == [] and
		[.[].disks[] | keys[]] - $known.disks == [] and [.[].nics[] | keys[]] - $known.nics == []' \
		<<<"$output" >/dev/null || fail "a part of an instance has keys that Ganeti does not know"
}

# got FILTER TEXT: jq's answer about the JSON.
got() {
	local answer
	answer=$(jq -c "$1" <<<"$output")
	[[ $answer == "$2" ]] || fail "$1 is $answer"
}

# warned TEXT...: these lines, and no others, are on stderr.
warned() {
	diff <(printf 'xen-bigdisk: warning: %s\n' "$@") - <<<"$stderr" || fail "other warnings"
}

# pygrub_of GUESTS: what is warned of them
pygrub_of() {
	printf '"boot" of %s names /usr/bin/pygrub, as on Debian 12; where the nodes have pygrub elsewhere, as on Debian 13, correct bootloader_path' "$1"
}

a_fleet() {
	ssh-keygen -q -t ed25519 -N '' -C me@desk -f key
	template=mini more=', "gateway": "192.0.2.1", "bridge": "br7", "dns": ["192.0.2.53", "192.0.2.54"], "ssh_keys": "key.pub"' \
		write_manifest '"groups": { "web": { "guests": "web{1..3}", "ip": "192.0.2.{11..13}/24", "boot": "bigdisk",
		"memory": "1G", "vcpus": 2 } }, "guests": { "db": { "template": "debian-12", "size": "8G", "pool": "192.0.2.100-192.0.2.120/24",
		"disks": "20G", "swap": "512M", "fs": "ext4", "layout": "cylinder", "boot": "pygrub", "mac": "00:16:3e:00:00:07" } }'
}

@test "each guest of a manifest is an instance that the OS definition fills" {
	need ssh-keygen jq
	a_fleet
	exported
	warned "$(pygrub_of db)"
	is_empty d
	got 'map(.instance_name)' '["web1","web2","web3","db"]'
	got 'map(.mode) | unique' '["create"]'
	got '.[0] | del(.nics[0].mac, .osparams.ssh_key)' '{"mode":"create","instance_name":"web1","os_type":"xen-bigdisk+default","osparams":{"ip":"192.0.2.11/24","gateway":"192.0.2.1","dns":"192.0.2.53,192.0.2.54"},"disks":[{"size":32}],"nics":[{"ip":"192.0.2.11","mode":"bridged","link":"br7"}],"beparams":{"minmem":1024,"maxmem":1024,"vcpus":2},"hypervisor":"xen-pvm","hvparams":{"blockdev_prefix":"xvd","use_bootloader":true,"bootloader_path":"/usr/bin/xen-bigdisk-boot"},"start":true,"tags":["fleet:shop","group:web"]}'
	got '.[3] | del(.osparams.ssh_key)' '{"mode":"create","instance_name":"db","os_type":"xen-bigdisk+debian-12","osparams":{"ip":"192.0.2.100/24","gateway":"192.0.2.1","dns":"192.0.2.53,192.0.2.54","layout":"cylinder","fs":"ext4","swap":"512M"},"disks":[{"size":8192},{"size":20480}],"nics":[{"mac":"00:16:3e:00:00:07","ip":"192.0.2.100","mode":"bridged","link":"br7"}],"beparams":{"minmem":512,"maxmem":512,"vcpus":1},"hypervisor":"xen-pvm","hvparams":{"blockdev_prefix":"xvd","use_bootloader":true,"bootloader_path":"/usr/bin/pygrub"},"start":true,"tags":["fleet:shop"]}'
	[[ $(jq -r '.[0].osparams.ssh_key' <<<"$output") == "$(<key.pub)" ]]
	# MAC addresses are those that fleet apply would give.
	bd fleet plan fleet.json --dir d --no-start --json --limit 'web*'
	for name in web1 web2 web3; do
		mac=$(jq -r ".guests[] | select(.name == \"$name\") | .network[0].mac" <<<"$output")
		[[ $mac == 00:16:3e:* ]]
		"$bigdisk" fleet export fleet.json --dir d --format ganeti --limit "$name" |
			jq -e --arg mac "$mac" '.[0].nics[0].mac == $mac' >/dev/null || fail "$name has another MAC address"
	done
}

@test "nodes take the instances in turn, and of DRBD the next one has the mirror" {
	need jq
	write_manifest '"groups": { "web": { "guests": "web{1..4}" } }'
	exported --disk-template drbd --node n1 --node n2 --node n3
	got 'map([.pnode, .snode])' '[["n1","n2"],["n2","n3"],["n3","n1"],["n1","n2"]]'
	exported --disk-template plain --node n1 --node n2
	got 'map([.pnode, .snode])' '[["n1",null],["n2",null],["n1",null],["n2",null]]'
	exported
	got 'map(has("pnode"), has("disk_template")) | unique' '[false]'
}

@test "disks by ExtStorage name our provider, and names are looked up unless told otherwise" {
	need jq
	write_manifest '"guests": { "web": { "disks": ["1G", "2G"] } }'
	exported --disk-template ext --no-name-check --no-start
	got '.[0].disks' '[{"size":32,"provider":"xen-bigdisk"},{"size":1024,"provider":"xen-bigdisk"},{"size":2048,"provider":"xen-bigdisk"}]'
	got '.[0] | [.name_check, .ip_check, .start]' '[false,false,false]'
	exported
	got '.[0] | has("name_check")' false
}

@test "a guest with an empty disk is an instance without an OS, and one without a network has no NIC" {
	need jq
	write_manifest '"guests": { "empty": {}, "alone": { "template": "mini", "network": false } }'
	exported
	got '.[0] | [.no_install, .start, .osparams]' '[true,false,{}]'
	got '.[1] | [.no_install, .start, .nics, .osparams]' '[null,true,[],{}]'
}

@test "where no boot loader is named, the cluster's hvparams decide" {
	need jq
	write_manifest '"guests": { "web": { "template": "mini" }, "grub": { "template": "mini", "boot": "pvgrub" },
		"own": { "template": "mini", "boot": "direct", "append": "quiet" } }'
	exported
	got '.[0].hvparams' '{"blockdev_prefix":"xvd"}'
	got '.[1].hvparams | [.use_bootloader, (.kernel_path | test("^/.*grub.*xen")), .initrd_path]' '[false,true,""]'
	got '.[2].hvparams' '{"blockdev_prefix":"xvd","use_bootloader":false,"kernel_args":"ro quiet"}'
	warned '"boot" of grub needs GRUB for Xen (Debian'"'"'s grub-xen-host) on each node' \
		'"boot" of own boots the kernel and the initramfs that the cluster'"'"'s kernel_path and initrd_path name, which must be on each node'
}

@test "pygrub has a path of its own on each release: one warning for all guests that boot by it, none for others" {
	need jq
	write_manifest '"groups": { "web": { "guests": "web{1..3}", "template": "mini", "boot": "pygrub" } },
		"guests": { "own": { "template": "mini", "boot": "bigdisk" } }'
	exported
	got 'map(.hvparams.bootloader_path)' '["/usr/bin/pygrub","/usr/bin/pygrub","/usr/bin/pygrub","/usr/bin/xen-bigdisk-boot"]'
	warned "$(pygrub_of 'web1 and 2 more')"
	exported --limit own
	[[ -z $stderr ]]
}

@test "IPv6, several addresses and DHCP are parameters as the manifest has them" {
	need jq
	write_manifest '"guests": { "six": { "template": "mini", "ip": ["192.0.2.5/24", "192.0.2.6/24"], "ip6": "2001:db8::5/64",
		"gateway6": "2001:db8::1" }, "auto": { "template": "mini", "ip": "dhcp", "ip6": "none" } }'
	exported
	got 'map(.osparams)' '[{"ip":"192.0.2.5/24,192.0.2.6/24","ip6":"2001:db8::5/64","gateway6":"2001:db8::1"},{"ip":"dhcp","ip6":"none"}]'
}

@test "what Ganeti has no words for is one line of warning for each setting" {
	need jq
	printf 'x\n' >file
	write_manifest '"groups": { "odd": { "guests": "odd{1..3}", "template": "mini", "type": "pvh", "lvm": "vg", "files": "file:/etc/file",
		"user_data": "file", "autostart": false, "mounts": "/home=1G", "size": "4G", "networks": "bridge=br8,ip=198.51.100.1/24,rate=1Mb/s" } },
		"guests": { "one": { "template": "mini", "device": "/dev/vg/one", "disks": "1G:/var/lib/x",
		"boot_sector": "grub-legacy", "root_password_file": "file" },
		"old": { "template": "mini", "type": "hvm" } }'
	sed -i 's,198.51.100.1/24,198.51.100.{1..3}/24,' fleet.json
	exported
	got 'map(.hypervisor)' '["xen-pvm","xen-pvm","xen-pvm","xen-pvm","xen-hvm"]'
	got '.[0].nics[1] | [.ip, .link]' '[null,"br8"]'
	got '.[4].hvparams' '{}'
	warned '"type" of odd1 and 2 more becomes xen-pvm, as Ganeti has no hypervisor for PVH' \
		'"type" of old becomes xen-hvm with the cluster'"'"'s hvparams, which must boot from the disk'"'"'s boot sector' \
		'"device" of one is ignored, as Ganeti makes the disks' \
		'"lvm" of odd1 and 2 more is ignored, as the cluster'"'"'s volume group is what its nodes have' \
		'"disks" of one are exported by size only, as the OS definition fills the first disk: they will have no filesystem and be mounted nowhere' \
		'"boot_sector" of one is left out, as GRUB Legacy cannot be set up on Ganeti'"'"'s disks' \
		'"networks" of odd1 and 2 more are exported by MAC address and bridge only: addresses on interfaces behind the first are to be set in the guest' \
		'"networks" of odd1 and 2 more lose what only xl'"'"'s vif= can say, such as rate and script' \
		'"root_password_file" of one is left out; a hash can be exported' \
		'"files" of odd1 and 2 more is left out, as the OS definition copies no files' \
		'"user_data" of odd1 and 2 more is exported as a path: the file must be there on each node (gnt-cluster copyfile)' \
		'"autostart" of odd1 and 2 more has no word in Ganeti, which starts again every instance that was not stopped by gnt-instance'
}

@test "all that the OS definition can be told is told, and it knows each of the parameters" {
	need ssh-keygen jq
	ssh-keygen -q -t ed25519 -N '' -C me@desk -f key
	write_manifest "\"guests\": { \"web\": { \"template\": \"debian-12\", \"size\": \"8G\", \"swap\": \"512M\", \"layout\": \"aligned\",
		\"fs\": \"ext3\", \"mounts\": [\"/home=1G\", \"/srv=1500M\"], \"boot_sector\": \"none\", \"append\": \"quiet\", \"ip\": \"192.0.2.5/24\",
		\"gateway\": \"192.0.2.1\", \"ip6\": \"2001:db8::5/64\", \"gateway6\": \"2001:db8::1\", \"dns\": \"192.0.2.53\", \"ssh_keys\": \"key.pub\",
		\"user\": \"admin\", \"root_password_hash\": \"$hash\", \"run_once\": \"once\", \"user_data\": \"data\" } }"
	exported --secrets
	got '.[0].osparams | del(.ssh_key, .root_password_hash, .run_once, .user_data)' '{"ip":"192.0.2.5/24","gateway":"192.0.2.1","ip6":"2001:db8::5/64","gateway6":"2001:db8::1","dns":"192.0.2.53","layout":"aligned","fs":"ext3","boot_sector":"none","swap":"512M","mounts":"/home=1024M,/srv=1500M","user":"admin","append":"quiet"}'
	got '.[0].osparams | [.run_once, .user_data]' "[\"$PWD/once\",\"$PWD/data\"]"
	# boot is in the hvparams, and identity is about renaming.
	diff <(jq -r '.[0].osparams | keys[]' <<<"$output" | sort) \
		<(cut -d ' ' -f 1 "$top/plugin/ganeti/os/parameters.list" | grep -vxE 'boot|identity' | sort)
}

@test "a guest with UEFI firmware has no instance" {
	need jq
	write_manifest '"guests": { "uefi": { "template": "mini", "type": "pvh", "boot": "uefi" }, "web": {} }'
	exported
	got 'map(.instance_name)' '["web"]'
	warned '"boot" of uefi is left out, as Ganeti'"'"'s xen-hvm cannot be given UEFI firmware'
}

@test "the hash of root's password is exported only when that is asked for, and said to be in clear" {
	need jq
	write_manifest "\"guests\": { \"web\": { \"template\": \"mini\", \"root_password_hash\": \"$hash\" } }"
	exported
	[[ $output != *"$hash"* ]]
	warned '"root_password_hash" of web is a secret and is left out'
	exported --secrets
	[[ $(jq -r '.[0].osparams.root_password_hash' <<<"$output") == "$hash" ]]
	warned '"root_password_hash" of web is exported in clear, and all who may read the cluster'"'"'s configuration or its job queue see it'
}

@test "a guest that exists keeps its MAC address and the size of its disk, and is said to be stopped before" {
	need jq
	template=none write_manifest '"guests": { "web": { "bridge": "br1" } }'
	sed -i 's/, "size": "32M"//' fleet.json
	made_empty web --size 48M --mac 00:16:3e:11:22:33
	exported
	got '.[0] | [.disks[0].size, .nics[0].mac]' '[48,"00:16:3e:11:22:33"]'
	warned "1 of the guests exist on this host: an instance gets a new disk, and the same MAC address and IP address; stop the guest before"
}

@test "a file of keys that is not there is an error at its place in the manifest, and nothing is printed" {
	write_manifest '"guests": { "web": { "template": "mini", "ssh_keys": "nokey.pub" } }'
	bd fleet export fleet.json --dir d --format ganeti
	failed_with 1
	[[ $stderr == *fleet.json:1:*'web: "ssh_keys": '*nokey.pub* ]] || fail "$stderr"
}

@test "a size or a template that the OS definition would refuse is an error at its place, and nothing is printed" {
	local guest
	refused_at() {
		bd fleet export fleet.json --dir d --format ganeti
		failed_with 1
		[[ -z $output && $stderr == *fleet.json:1:*": \"$1\": "*"$2"* ]] || fail "$stderr"
	}
	for guest in '"size": "3T"' '"size": "1M"' '"size": "64M", "swap": "1G"'; do
		write_manifest "\"guests\": { \"web\": { \"template\": \"mini\", $guest } }"
		bd fleet plan fleet.json --dir d --no-start
		[[ $status -ne 0 ]] || fail "fleet plan takes $guest"
		refused_at size 'is too'
	done
	made_empty disk --size 64M
	ok template import disk d/disk.img --as disk --templates store --quiet
	export XEN_BIGDISK_TEMPLATES=$PWD/store
	write_manifest '"guests": { "web": { "template": "disk", "size": "32M" } }'
	refused_at size 'of the template disk'
	write_manifest '"guests": { "web": { "template": "default" } }'
	refused_at template 'is the variant of the built-in mini'
}

@test "options that are wrong, or for another format, are refused" {
	write_manifest '"guests": { "web": {} }'
	for wrong in '--disk-template lvm' '--disk-template diskless' '--disk-template drbd --node n1' '--node='; do
		# shellcheck disable=SC2086 # words
		bd fleet export fleet.json --dir d --format ganeti $wrong
		failed_with 2
	done
	for other in '--disk-template drbd' '--node n1' --no-name-check --secrets --no-start; do
		# shellcheck disable=SC2086 # words
		bd fleet export fleet.json --dir d --format hosts $other
		failed_with 2
	done
	bd fleet export fleet.json --dir d --format xml
	failed_with 2
}

@test "the host's defaults are what a new guest would get" {
	need jq
	write_manifest '"guests": { "web": { "template": "mini" } }'
	printf '{ "memory": 640, "bridge": "br9" }\n' >defaults.json
	exported
	got '.[0] | [.beparams.maxmem, .nics[0].link]' '[640,"br9"]'
	exported --no-defaults
	got '.[0] | [.beparams.maxmem, .nics[0].link]' '[512,null]'
}
