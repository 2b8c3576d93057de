#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Fleets: files by the real program; domains by a toolstack plugin that is told how to behave (tests/unit/fake-toolstack.c).
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

small_fleet() {
	write_manifest '"groups": { "web": { "guests": "web{1..3}", "ip": "192.0.2.{11..13}/24", "gateway": "192.0.2.1" },
		"db": { "guests": ["db1", "db2"], "pool": "192.0.2.100-192.0.2.103/24", "type": "pvh" } }'
}

# Guests that are started: with a kernel, and without a bridge, which the machine may not have.
write_bootable() { # as write_manifest
	template=mini more=', "network": false' write_manifest "$1"
	sed -i 's/"32M"/"128M"/' fleet.json
}

fake_dom0() {
	need_busybox
	fake_xen "$@"
}

plan() {
	bd fleet plan fleet.json --dir d --no-start --json "$@"
	[[ $status -eq 0 ]] || fail "status $status"
}

apply() {
	bd fleet apply fleet.json --dir d --no-start --quiet "$@"
}

started() {
	bd fleet apply fleet.json --dir d --quiet --no-wait "$@"
}

# A cfg's own MAC address.
mac() {
	sed -nE 's/^vif = .*mac=([0-9a-f:]{17}).*/\1/p' "d/$1.cfg"
}

sums() {
	(cd d && sha256sum -- *)
}

@test "plan shows what would be made, and touches nothing" {
	small_fleet
	bd fleet plan fleet.json --dir d --no-start
	[[ $status -eq 0 ]]
	[[ $output == *"+ web1 "*"create"*"192.0.2.11/24"* && $output == *"5 to create, 0 to change"* ]]
	is_empty d
}

@test "plan sees another boot sector, and another way of IPv6" {
	need jq
	write_manifest '"guests": { "web1": { "boot_sector": "none", "ip6": "none" } }'
	bd fleet apply fleet.json --dir d --no-start --quiet
	[[ $status -eq 0 ]]
	plan
	[[ $(jq .keep <<<"$output") -eq 1 ]]
	write_manifest '"guests": { "web1": { "boot_sector": "grub2", "ip6": "auto" } }'
	plan
	[[ $(jq -r '.guests[0] | .action, (.changes[] | "\(.key) \(.from) \(.to) \(.needs_new_disk)")' <<<"$output" | sort) == \
		"boot_sector none grub2 true
ip6 none auto true
refuse" ]] || fail "$output"
}

@test "plan --json has of a new guest what new --json will have of it, and of one that exists what list has" {
	need jq
	write_manifest '"guests": { "web1": { "ip": "192.0.2.11/24", "ip6": "2001:db8::11/64", "bridge": "br1", "memory": "64M" },
		"web2": { "network": false, "type": "hvm", "boot_sector": "grub2" } }'
	plan
	[[ $(jq -c '.guests[0] | [.name, .state, .cfg, .image, .boot, .memory_mib, .size_bytes, .template, (has("mac") or has("address"))]' <<<"$output") == \
		"[\"web1\",\"absent\",\"$PWD/d/web1.cfg\",\"$PWD/d/web1.img\",\"pygrub\",64,33554432,\"none\",false]" ]] || fail "$output"
	[[ $(jq -c '.guests[1] | [.type, .boot, .network]' <<<"$output") == '["hvm",null,[]]' ]] || fail "$output"
	jq -S '.guests[0] | {name, cfg, image, type, boot, memory_mib, vcpus, network, size_bytes, template}' <<<"$output" >planned
	mac=$(jq -r '.network[0].mac' planned)
	bd new web1 --template none --size 32M --memory 64M --ip 192.0.2.11/24 --ip6 2001:db8::11/64 --bridge br1 --mac "$mac" \
		--no-start --dir d --dry-run --json
	jq -S '{name, cfg, image, type, boot, memory_mib, vcpus, network, size_bytes, template}' <<<"$output" | diff planned -
	apply
	sed -i 's/"64M"/"96M"/' fleet.json
	plan
	jq -S '.guests | map(del(.group, .action, .start, .changes))' <<<"$output" >planned
	[[ $(jq -c '.guests[] | [.action, (.changes | length)]' <<<"$output" | xargs) == "[change,1] [keep,0]" ]]
	bd list --dir d --json
	jq -S .guests <<<"$output" | diff planned -
	bd fleet export fleet.json --dir d --json
	jq -S '.guests | map(del(.group, .ssh_host_key))' <<<"$output" | diff planned -
}

@test "apply makes all of them, and a second run does nothing" {
	small_fleet
	apply
	[[ $status -eq 0 ]] || fail "$stderr"
	holds d {web1,web2,web3,db1,db2}.{img,cfg}
	for name in web1 db2; do fsck_is_clean "d/$name.img"; done
	before=$(sums)
	plan
	[[ $(jq -r '[.create, .change, .start, .keep] | join(" ")' <<<"$output") == "0 0 0 5" ]]
	bd fleet apply fleet.json --dir d --no-start
	[[ $status -eq 0 && $output == *"Nothing to do"* ]]
	[[ $(sums) == "$before" ]]
}

@test "addresses count along with the names, and those of a pool are each given once and stay" {
	small_fleet
	apply
	grep -q '^# xen-bigdisk:.* address=192.0.2.12/24' d/web2.cfg
	grep -q '^# xen-bigdisk:.* address=192.0.2.100/24' d/db1.cfg
	grep -q '^# xen-bigdisk:.* address=192.0.2.101/24' d/db2.cfg
	# A guest more, before the others: they keep theirs.
	sed -i 's/\["db1", "db2"\]/["db0", "db1", "db2"]/' fleet.json
	apply
	[[ $status -eq 0 ]] || fail "$stderr"
	grep -q ' address=192.0.2.102/24' d/db0.cfg
	grep -q ' address=192.0.2.100/24' d/db1.cfg
	[[ $(grep -ho 'address=[0-9./]*' d/*.cfg | sort | uniq -d) == "" ]]
}

@test "a guest's MAC address follows from fleet and name" {
	small_fleet
	apply
	first=$(mac web2)
	[[ $first == 00:16:3e:* ]]
	[[ $(for name in web1 web2 web3 db1 db2; do mac $name; done | sort -u | wc -l) -eq 5 ]]
	rm d/web2.*
	apply
	[[ $(mac web2) == "$first" ]]
	sed -i 's/"shop"/"other"/' fleet.json
	mkdir e
	bd fleet apply fleet.json --dir e --no-start --quiet
	run ! grep -q "$first" e/web2.cfg
}

@test "what a manifest overrides for one guest goes into that one" {
	write_manifest '"groups": { "web": { "guests": "web{1..3}", "memory": "1G" } }, "guests": { "web2": { "memory": 256, "vcpus": 2 }, "mail": {} }'
	apply
	holds d {web1,web2,web3,mail}.{img,cfg}
	grep -qx 'memory = 1024' d/web1.cfg
	grep -qx 'memory = 256' d/web2.cfg
	grep -qx 'vcpus = 2' d/web2.cfg
	grep -qx 'memory = 512' d/mail.cfg
}

@test "memory, vcpus and network of a guest that exists are changed in its cfg, and nothing else" {
	write_manifest '"guests": { "web1": { "memory": "512M", "bridge": "xenbr0" } }'
	apply
	echo '# mine' >>d/web1.cfg
	sed -i 's/^on_crash = .*/on_crash = "preserve"/' d/web1.cfg
	image=$(sha256sum d/web1.img) mac=$(mac web1)
	write_manifest '"guests": { "web1": { "memory": "1G", "vcpus": 4, "bridge": "br1" } }'
	bd fleet plan fleet.json --dir d --no-start
	[[ $output == *"~ web1 "*"memory 512 MiB -> 1 GiB"*"vcpus 1 -> 4"*"bridge xenbr0 -> br1"* ]] || fail "$output"
	apply
	[[ $status -eq 0 ]]
	grep -qx 'memory = 1024' d/web1.cfg
	grep -qx 'vcpus = 4' d/web1.cfg
	grep -q 'bridge=br1' d/web1.cfg
	grep -qx 'on_crash = "preserve"' d/web1.cfg
	grep -qx '# mine' d/web1.cfg
	[[ $(mac web1) == "$mac" && $(sha256sum d/web1.img) == "$image" ]]
	plan
	[[ $(jq .keep <<<"$output") -eq 1 ]]
}

@test "what the manifest does not say of a guest is left as its administrator made it" {
	write_manifest '"guests": { "web1": {} }'
	apply
	sed -i 's/^memory = .*/memory = 777/' d/web1.cfg
	plan
	[[ $(jq .keep <<<"$output") -eq 1 ]]
}

@test "what would need a new disk is refused with the reason; the others go on" {
	small_fleet
	apply
	before=$(sums)
	sed -i 's/"32M"/"64M"/; s/web{1..3}/web{1..4}/; s/{11..13}/{11..14}/' fleet.json
	bd fleet plan fleet.json --dir d --no-start
	[[ $output == *"! web1 "*"size: 32 MiB -> 64 MiB needs a new disk"* ]] || fail "$output"
	apply
	[[ $status -eq 1 && $stderr == *"web1: size: 32 MiB -> 64 MiB needs a new disk"* ]]
	is_file=d/web4.img
	[[ -e $is_file && $(stat -c %s $is_file) -eq $((64 << 20)) ]]
	rm d/web4.*
	[[ $(sums) == "$before" ]]
}

@test "of a guest that is refused, its other changes are made and told" {
	small_fleet
	apply
	sed -i 's/"32M"/"64M"/; s/"template": "none"/"template": "none", "memory": "96M"/' fleet.json
	bd fleet apply fleet.json --dir d --no-start --json
	[[ $status -eq 1 ]]
	[[ $(jq -c 'select(.event == "failed" and .name == "web1") | [.what, .error.message]' <<<"$output") == \
		'["changed","size: 32 MiB -> 64 MiB needs a new disk;'* ]] || fail "$output"
	grep -qx 'memory = 96' d/web1.cfg
	sed -i 's/"96M"/"80M"/' fleet.json
	bd fleet apply fleet.json --dir d --no-start
	[[ $status -eq 1 && $stderr == *"  web1 "*" changed "* ]] || fail "$stderr"
	# Nothing but the refusal is left.
	bd fleet apply fleet.json --dir d --no-start --json
	[[ $(jq -c 'select(.event == "failed") | has("what")' <<<"$output" | sort -u) == false ]]
}

@test "an address that changes would need a new disk, too" {
	small_fleet
	apply
	sed -i 's/{11..13}/{21..23}/' fleet.json
	plan
	[[ $(jq .refuse <<<"$output") -eq 3 && $output == *'"key": "ip"'* ]]
}

@test "so would a gateway and name servers" {
	write_manifest '"guests": { "web1": { "ip": "192.0.2.11/24", "gateway": "192.0.2.1", "dns": ["192.0.2.53", "192.0.2.54"] } }'
	apply
	plan
	[[ $(jq .keep <<<"$output") -eq 1 ]] || fail "$output"
	sed -i 's/192.0.2.54/192.0.2.55/; s/192.0.2.1"/192.0.2.2"/' fleet.json
	plan
	[[ $(jq -r '[.guests[0].changes[].key] | join(" ")' <<<"$output") == "gateway dns" ]]
}

@test "a guest of that name that was not made for the fleet is neither changed nor removed" {
	made_empty web2
	before=$(sums)
	small_fleet
	apply
	[[ $status -eq 1 && $stderr == *"web2"*"belongs to no fleet"* ]]
	bd fleet destroy fleet.json --dir d --yes --quiet
	[[ $status -eq 0 ]]
	[[ $(sums) == "$before" ]]
}

@test "guests that the manifest no longer names are shown, and stay" {
	small_fleet
	apply
	sed -i 's/web{1..3}/web{1..2}/; s/{11..13}/{11..12}/' fleet.json
	plan
	[[ $(jq -r '.beyond | join(" ")' <<<"$output") == web3 ]]
	apply
	bd fleet destroy fleet.json --dir d --yes --quiet
	holds d web3.img web3.cfg
}

@test "--limit accepts patterns, and one that matches no guest is an error" {
	small_fleet
	apply --limit 'db*' --limit web3
	holds d {db1,db2,web3}.{img,cfg}
	apply --limit nobody
	[[ $status -eq 4 ]]
}

@test "after kill -9 at any moment the next run completes the fleet" {
	write_manifest '"groups": { "web": { "guests": "web{1..20}" } }'
	for delay in 0.02 0.05 0.08 0.1 0.15 0.2; do
		rm -f d/*
		"$bigdisk" fleet apply fleet.json --dir d --no-start --quiet -j 4 3>&- &
		pid=$!
		sleep "$delay"
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" || true
		# Its workers clean up when it is gone.
		until_true eval '! pgrep -f "fleet apply fleet.json --dir d" >/dev/null'
		apply -j 4
		[[ $status -eq 0 ]] || fail "after $delay s: $stderr"
		[[ $(ls -A d | wc -l) -eq 40 ]] || fail "after $delay s there is: $(ls -A d)"
		for image in d/*.img; do [[ $(xxd -s 510 -l 2 -p "$image") == 55aa ]]; done
	done
}

# Images without a cfg: web1's as a killed run leaves it, web2's of a guest that has run, web3's of one that is finished.
lost_cfgs() {
	write_manifest '"guests": { "web1": {}, "web2": {}, "web3": {} }'
	apply
	[[ ! -k d/web1.img && ! -k d/web2.img && ! -k d/web3.img ]]
	rm d/*.cfg
	chmod +t d/web1.img d/web2.img
	debugfs -w -R 'set_super_value mnt_count 1' "d/web2.img?offset=$(root_offset d/web2.img)" 2>/dev/null
}

@test "an image that was published without its cfg is made again; one that is finished, or was ever mounted, is not" {
	lost_cfgs
	before=$(sha256sum d/web2.img d/web3.img)
	plan
	[[ $(jq .create <<<"$output") -eq 1 && $(jq .refuse <<<"$output") -eq 2 ]]
	apply
	[[ $status -eq 3 && $stderr == *"web2.img already exists"* && $stderr == *"web3.img already exists"* ]]
	[[ $(sha256sum d/web2.img d/web3.img) == "$before" ]]
	holds d web1.{img,cfg} web2.img web3.img
	[[ ! -k d/web1.img ]]
}

@test "what is in the place of a guest's cfg, or has its name, is refused by plan already; nobody says that it is absent" {
	fake_dom0
	write_manifest '"guests": { "web1": {}, "web2": {}, "web3": {} }'
	apply --no-start
	bd fleet start fleet.json --dir d --quiet --no-wait
	echo 'x = [' >>d/web1.cfg
	sed -i 's/^name = .*/name = "other"/' d/web2.cfg
	plan
	[[ $(jq -c '[.create, .refuse]' <<<"$output") == '[0,2]' ]]
	apply
	[[ $status -eq 3 && $stderr == *"web1.cfg is there"* && $stderr == *"web2.cfg is there"* ]]
	bd fleet status fleet.json --dir d --json
	[[ $(jq -c '[.guests[].state]' <<<"$output") == '["unknown","unknown","running"]' ]]
	bd fleet stop fleet.json --dir d --yes --quiet
	[[ $status -eq 1 && $stderr == *"web1.cfg is there"* ]]
	bd fleet destroy fleet.json --dir d --yes --quiet
	[[ $status -eq 1 ]]
	holds d web{1,2,3}.{img,cfg} # web1.cfg cannot be read, and may name any file
	rm d/*
	plan
	[[ $(jq -c '[.create, .refuse]' <<<"$output") == '[1,2]' ]] # two domains run
}

@test "an interface that was removed from the config is restored if the disk has its address" {
	write_manifest '"guests": { "web1": { "ip": "192.0.2.5/24" }, "web2": {} }'
	apply
	cp d/web1.cfg before
	write_manifest '"guests": { "web1": { "network": false }, "web2": { "network": false } }'
	apply
	[[ $status -eq 0 ]]
	run ! grep -q '^vif' d/web1.cfg d/web2.cfg
	write_manifest '"guests": { "web1": { "ip": "192.0.2.5/24" }, "web2": { "network": true } }'
	plan
	[[ $(jq -c '[.guests[] | [.action, .changes[0].key]]' <<<"$output") == '[["change","network"],["refuse","network"]]' ]]
	apply --limit web1
	[[ $status -eq 0 ]]
	diff <(sort before) <(sort d/web1.cfg)
}

@test "another size of swap needs a new disk" {
	write_manifest '"guests": { "web1": { "swap": "4M" } }'
	apply
	write_manifest '"guests": { "web1": { "swap": "8M" } }'
	plan
	[[ $(jq -c '[.refuse, .guests[0].changes[0].key]' <<<"$output") == '[1,"swap"]' ]]
}

@test "one's failure does not stop the others, and is told with its reason" {
	small_fleet
	mkdir d/web2.img
	apply
	[[ $status -eq 3 ]]
	[[ $(grep -c 'error:' <<<"$stderr") -le 2 && $stderr == *"web2: "*"web2.img already exists"* ]]
	rmdir d/web2.img
	holds d {web1,web3,db1,db2}.{img,cfg}
}

@test "each failure stands on stderr once, and in the end how many there were" {
	small_fleet
	mkdir d/web2.img d/db1.img
	apply
	[[ $status -eq 3 ]]
	[[ $(grep -c 'web2.img already exists' <<<"$stderr") -eq 1 && $(grep -c 'db1.img already exists' <<<"$stderr") -eq 1 ]] || fail "$stderr"
	[[ $(tail -n 1 <<<"$stderr") == "xen-bigdisk: error: 2 of 5 guests failed" && $(grep -c error: <<<"$stderr") -eq 3 ]] || fail "$stderr"
	apply --limit web2
	[[ $status -eq 3 ]]
	[[ $(grep -c . <<<"$stderr") -eq 1 && $stderr == *"error: web2: "*"web2.img already exists"* ]] || fail "$stderr"
}

@test "apply --dir makes the folder; it is not left where nothing is made, and plan makes none" {
	small_fleet
	bd fleet plan fleet.json --dir new --no-start
	failed_with 4
	[[ ! -e new ]]
	bd fleet apply fleet.json --dir new --no-start --quiet
	[[ $status -eq 0 ]] || fail "$stderr"
	holds new {web1,web2,web3,db1,db2}.{img,cfg}
	bd fleet apply fleet.json --dir not/there --no-start --quiet
	failed_with 4
	sed -i 's/"none"/"nosuch"/' fleet.json
	bd fleet apply fleet.json --dir other --no-start --quiet
	[[ $status -ne 0 && ! -e other ]] || fail "status $status, $(ls -d other)"
}

@test "too little disk space is reported before anything is created" {
	write_manifest '"guests": { "web1": { "template": "mini" } }'
	need_root
	mkdir small
	mount -t tmpfs -o size=16M none small || skip "nothing can be mounted here"
	bd fleet apply fleet.json --dir small --no-start --quiet
	left=$(ls -A small)
	umount small
	[[ $status -eq 6 && $stderr == *"nothing was begun (--limit "* && -z $left ]]
}

@test "too little memory is reported before anything is created" {
	fake_dom0
	write_bootable '"groups": { "web": { "guests": "web{1..3}", "memory": "1G" } }'
	FAKE_TOOLSTACK_MEMORY_KIB=2097152 bd fleet apply fleet.json --dir d --quiet
	[[ $status -eq 6 && $stderr == *"3078 MiB"*"2 GiB"*--limit*"--no-start none"* ]] || fail "$stderr"
	is_empty d
}

@test "a missing bridge is reported before anything is created" {
	fake_dom0
	write_manifest '"guests": { "web1": { "template": "mini", "size": "128M", "bridge": "nobridge7" } }'
	started
	[[ $status -eq 1 && $stderr == *nobridge7* ]]
	[[ $(grep -c 'error:' <<<"$stderr") -eq 1 ]]
	is_empty d
	run ! grep -q '^create' log
}

@test "a bridge is looked for where it is changed, and not where another key of an interface is" {
	fake_dom0
	further() { # the keys of its second interface
		write_manifest "\"guests\": { \"web1\": { \"template\": \"none\", \"size\": \"16M\", \"networks\": [{ $1, \"ip\": \"dhcp\" }] } }"
	}
	further '"bridge": "nobridge7"'
	apply
	[[ $status -eq 0 ]] || fail "$stderr"
	further '"bridge": "nobridge7", "rate": "10Mb/s"'
	apply
	[[ $status -eq 0 ]] || fail "$stderr"
	grep -q 'nobridge7.*rate=10Mb/s' d/web1.cfg
	further '"bridge": "nobridge8"'
	apply
	[[ $status -eq 1 && $stderr == *nobridge8* ]]
}

@test "a MAC address that files in the guest's disk go by is changed there first" {
	local change mac=00:16:3e:00:00 file=/etc/systemd/network/10-xen-bigdisk.network
	mkdir -p r/etc r/usr/lib/systemd
	touch r/usr/lib/systemd/systemd r/usr/lib/systemd/systemd-networkd
	echo ID=debian >r/etc/os-release
	bd template import plain r --templates t --quiet
	[[ $status -eq 0 ]] || fail "$stderr"
	guest() { # the MAC addresses of its two interfaces, its memory
		write_manifest "\"guests\": { \"web1\": { \"template\": \"plain\", \"mac\": \"$1\", \"memory\": \"$3\",
			\"networks\": [{ \"mac\": \"$2\", \"ip\": \"198.51.100.5/24\" }] } }"
	}
	guest $mac:01 $mac:02 64M
	apply --templates t
	[[ $status -eq 0 ]] || fail "$stderr"
	for change in "$mac:11 $mac:02" "$mac:01 $mac:12"; do
		# shellcheck disable=SC2086 # words are meant
		guest $change 96M
		plan --templates t
		[[ $(jq -c '.guests[0] | [.action, (.changes[] | select(.key != "memory") | .needs_new_disk)]' <<<"$output") == '["refuse",true]' ]] || fail "$output"
		apply --templates t
		[[ $status -eq 1 && $stderr =~ "/etc/systemd/network/10-xen-bigdisk"[a-z0-9-]*".network in the guest goes by the old address" ]] || fail "$stderr"
		[[ $(grep -oE "$mac:[0-9]{2}" d/web1.cfg | xargs) == "$mac:01 $mac:02" ]]
		grep -qx 'memory = 96' d/web1.cfg
	done
	# Once it was changed there, the cfg follows.
	guest $mac:11 $mac:02 96M
	echo "sed -i s/$mac:01/$mac:11/ \"\$1\"" >editor
	VISUAL="sh $PWD/editor" bd edit "web1:$file" --dir d
	[[ $status -eq 0 ]] || fail "$stderr"
	apply --templates t
	[[ $status -eq 0 && $(mac web1) == "$mac:11" ]] || fail "$stderr"
	# Where it cannot be told, it is not changed either.
	guest $mac:21 $mac:02 96M
	truncate -s 0 d/web1.img
	truncate -s 32M d/web1.img
	apply --templates t
	[[ $status -eq 1 && $stderr == *"cannot be told whether the guest's own files go by the old address"* && $(mac web1) == "$mac:11" ]] || fail "$stderr"
}

@test "other arguments for the kernel are made in the cfg of a guest that boots directly" {
	need_busybox
	local before
	write_bootable '"guests": { "web1": { "boot": "direct", "append": "panic=5" } }'
	apply
	before=$(sed -n 's/^cmdline = "\(.* console=hvc0\) panic=5"$/\1/p' d/web1.cfg)
	[[ $status -eq 0 && -n $before ]] || fail "$stderr"
	write_bootable '"guests": { "web1": { "boot": "direct", "append": "panic=30 nosmt" } }'
	plan
	[[ $(jq -c '.guests[0].changes[] | [.key, .from, .to, .needs_new_disk]' <<<"$output") == '["append","panic=5","panic=30 nosmt",false]' ]] || fail "$output"
	apply
	grep -qxF "cmdline = \"$before panic=30 nosmt\"" d/web1.cfg
	plan
	[[ $(jq -r '.guests[0].action' <<<"$output") == keep ]] || fail "$output"
	write_bootable '"guests": { "web1": { "boot": "direct", "append": "a;b" } }'
	bd fleet plan fleet.json --dir d --no-start
	[[ $status -ne 0 && $stderr == *"\"append\""* ]] || fail "$stderr"
	# One that is made without them.
	write_bootable '"guests": { "web2": { "boot": "direct" } }'
	apply
	write_bootable '"guests": { "web2": { "boot": "direct", "append": "panic=5" } }'
	apply
	grep -qxE 'cmdline = "root=.* console=hvc0 panic=5"' d/web2.cfg
}

@test "a MAC address that no file in the guest goes by is changed in the cfg" {
	write_manifest '"guests": { "web1": { "mac": "00:16:3e:00:00:01" } }'
	apply
	write_manifest '"guests": { "web1": { "mac": "00:16:3e:00:00:02" } }'
	apply
	[[ $status -eq 0 && $(mac web1) == 00:16:3e:00:00:02 ]] || fail "$stderr"
}

@test "further interfaces stay when the first one's bridge is changed" {
	write_manifest '"guests": { "web1": { "bridge": "xenbr0" } }'
	apply
	echo 'vif += [ "mac=00:16:3e:01:02:03, bridge=xenbr9" ]' >>d/web1.cfg
	mac=$(mac web1)
	write_manifest '"guests": { "web1": { "bridge": "br1" } }'
	apply
	[[ $status -eq 0 ]]
	grep -qx "vif = \[ \"mac=$mac, bridge=br1\" \]" d/web1.cfg
	grep -qx 'vif += \[ "mac=00:16:3e:01:02:03, bridge=xenbr9" \]' d/web1.cfg
	# Its address counts as taken, too.
	write_manifest '"guests": { "web1": {}, "web2": { "mac": "00:16:3e:01:02:03" } }'
	apply
	[[ $status -eq 1 && $stderr == *"00:16:3e:01:02:03"* && ! -e d/web2.cfg ]]
}

@test "a limit in the cfg that would be too low goes up with memory and vcpus" {
	write_manifest '"guests": { "web1": { "memory": "512M", "vcpus": 1 } }'
	apply
	printf 'maxmem = 1024\nmaxvcpus = 2\n' >>d/web1.cfg
	write_manifest '"guests": { "web1": { "memory": "2G", "vcpus": 4 } }'
	apply
	grep -qx 'memory = 2048' d/web1.cfg
	grep -qx 'maxmem = 2048' d/web1.cfg
	grep -qx 'maxvcpus = 4' d/web1.cfg
}

@test "keys and scripts are read when a guest is made, and need not be there afterwards" {
	need_busybox
	need ssh-keygen
	ssh-keygen -q -t ed25519 -N '' -f key
	write_manifest '"guests": { "web1": { "template": "mini", "size": "128M", "ssh_keys": "key.pub" } }'
	apply
	[[ $status -eq 0 ]] || fail "$stderr"
	rm key.pub
	plan
	[[ $(jq .keep <<<"$output") -eq 1 ]]
}

@test "a swap partition more would need a new disk" {
	write_manifest '"guests": { "web1": {} }'
	apply
	write_manifest '"guests": { "web1": { "swap": "8M" } }'
	plan
	[[ $(jq -r '.guests[0].changes[0].key' <<<"$output") == swap && $(jq .refuse <<<"$output") -eq 1 ]]
}

@test "what a killed run has left of a guest goes with destroy; a disk without a cfg that was in use stays" {
	lost_cfgs
	bd fleet destroy fleet.json --dir d --yes --quiet
	[[ $status -eq 0 ]] || fail "$stderr"
	holds d web2.img web3.img
}

@test "refused guests are events, and count as failures" {
	write_manifest '"guests": { "web1": {} }'
	apply
	sed -i 's/"32M"/"64M"/' fleet.json
	bd fleet apply fleet.json --dir d --no-start --json
	[[ $status -eq 1 ]]
	[[ $(jq -r 'select(.event == "failed") | .name' <<<"$output") == web1 ]]
	[[ $(jq -r 'select(.event == "summary") | .failed' <<<"$output") -eq 1 ]]
}

@test "a guest with a refused change is started all the same" {
	fake_dom0
	write_bootable '"guests": { "web1": {} }'
	started
	: >domains
	sed -i 's/"128M"/"256M"/' fleet.json
	started
	[[ $status -eq 1 && $stderr == *"needs a new disk"* ]]
	grep -q web1 domains
}

@test "two guests with one address, or one MAC address, are refused before anything is made" {
	write_manifest '"guests": { "a": { "ip": "192.0.2.5/24" }, "b": { "ip": "192.0.2.5/24" } }'
	apply
	[[ $status -eq 1 && $stderr == *"192.0.2.5"* ]]
	write_manifest '"guests": { "a": { "mac": "00:16:3e:00:00:01" }, "b": { "mac": "00:16:3e:00:00:01" } }'
	apply
	[[ $status -eq 1 && $stderr == *"00:16:3e:00:00:01"* ]]
	is_empty d
	# One that another guest of this host has, likewise.
	made_empty other --ip 192.0.2.5/24
	write_manifest '"guests": { "a": { "ip": "192.0.2.5/24" } }'
	apply
	[[ $status -eq 1 && $stderr == *"192.0.2.5"*other* || $stderr == *other*"192.0.2.5"* ]]
	holds d other.img other.cfg
}

@test "errors in a manifest come with line and column" {
	printf '{ "fleet": "shop",\n  "guests": { "web1": { "memroy": "1G" } } }\n' >fleet.json
	apply
	[[ $status -eq 1 && $stderr == *"fleet.json:2:"*"memroy"*"memory"* ]]
	printf '{ "fleet": "shop",\n  "guests": { "web1": { "memory": "1X" } } }\n' >fleet.json
	apply
	[[ $status -eq 1 && $stderr == *"fleet.json:2:"*web1*1X* ]]
	printf '{ "fleet": "shop",\n  "guests": { "web1": {}, } }\n' >fleet.json
	apply
	[[ $status -eq 1 && $stderr == *"fleet.json:2:"* ]]
	bd fleet apply absent.json --dir d --no-start
	[[ $status -eq 4 ]]
	is_empty d
}

@test "apply starts them, some at a time, and starts one again that has died" {
	fake_dom0
	write_bootable '"groups": { "web": { "guests": "web{1..4}" } }'
	started -j 2
	[[ $status -eq 0 ]] || fail "$stderr"
	[[ $(wc -l <domains) -eq 4 && $(grep -c '^create' log) -eq 4 ]]
	started
	[[ $(grep -c '^create' log) -eq 4 ]]
	sed -i '/web3/d' domains
	bd fleet status fleet.json --dir d --json
	[[ $(jq -r '.guests[] | select(.name == "web3").state' <<<"$output") == stopped ]]
	started
	[[ $(grep -c '^create' log) -eq 5 && $(grep -c web3 domains) -eq 1 ]]
}

@test "apply waits until a guest's former domain is gone, which it is told of, and starts it" {
	local pid
	fake_dom0 foreign-stuck
	write_bootable '"guests": { "web1": {} }'
	started
	echo "shut-down 7" >domains.facts
	: >log
	"$bigdisk" fleet apply fleet.json --dir d --quiet --no-wait 3>&- &
	pid=$!
	until_true waits_for_change
	change_domains /web1/d
	wait "$pid"
	[[ $(grep -c web1 domains) -eq 1 && $(grep -c '^create' log) -eq 1 ]]
	# Before it are the looks of the plan and the start.
	[[ $(grep -oE '^(list|wait_change)' log | xargs) =~ ^(list\ )+wait_change\ list(\ wait_change\ list)+(\ list)+$ ]]
}

@test "a guest that does not start is undone, and the others run" {
	fake_dom0 create-fails=web2
	write_bootable '"groups": { "web": { "guests": "web{1..3}" } }'
	started
	[[ $status -eq 1 && $stderr == *"web2: "*"bootloader failed"* ]]
	holds d {web1,web3}.{img,cfg}
	[[ $(wc -l <domains) -eq 2 ]]
	FAKE_TOOLSTACK_MODE='' started
	[[ $status -eq 0 && $(wc -l <domains) -eq 3 ]]
}

@test "Ctrl-C ends the workers, who leave nothing half done; the next run completes" {
	fake_dom0 create-hangs=web2
	write_bootable '"groups": { "web": { "guests": "web{1..6}" } }'
	"${default_signals[@]}" "$bigdisk" fleet apply fleet.json --dir d --quiet --no-wait -j 2 >out 2>err 3>&- &
	pid=$!
	until_true grep -q 'create.*web2' log
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	[[ $status -eq 130 ]] || fail "status $status: $(<err)"
	[[ ! -e d/web2.img && ! -e d/web2.cfg ]]
	FAKE_TOOLSTACK_MODE='' started
	[[ $status -eq 0 ]]
	holds d {web1,web2,web3,web4,web5,web6}.{img,cfg}
}

@test "a change waits for the next start of a running guest, and stop and start are for the manifest's guests" {
	fake_dom0
	write_bootable '"guests": { "web1": { "memory": "512M" }, "web2": {} }'
	started
	made --quiet --no-start --template none --dir d web9
	write_bootable '"guests": { "web1": { "memory": "1G" }, "web2": {} }'
	started
	grep -qx 'memory = 1024' d/web1.cfg
	[[ $(grep -c '^create' log) -eq 2 ]]
	bd fleet stop fleet.json --dir d --quiet </dev/null
	[[ $status -eq 2 && $stderr == *--yes* && $(wc -l <domains) -eq 2 ]]
	bd fleet stop fleet.json --dir d --quiet --yes
	[[ $status -eq 0 && ! -s domains ]]
	bd fleet start fleet.json --dir d --quiet --no-wait
	[[ $status -eq 0 && $(wc -l <domains) -eq 2 ]]
	bd fleet destroy fleet.json --dir d --quiet --yes
	[[ $status -eq 0 && ! -s domains ]]
	holds d web9.img web9.cfg
	bd fleet destroy fleet.json --dir d --yes
	[[ $status -eq 0 && $output == *"Nothing to do"* ]]
}

@test "--json gives an event a line, and a summary" {
	small_fleet
	bd fleet apply fleet.json --dir d --no-start --json
	[[ $status -eq 0 && -z $stderr ]]
	jq -es 'all(.[]; .event)' <<<"$output" >/dev/null
	[[ $(jq -s '[.[] | select(.event == "done")] | length' <<<"$output") -eq 5 ]]
	[[ $(jq -s '.[-1] | select(.event == "summary") | .done' <<<"$output") -eq 5 ]]
}

@test "export gives known_hosts lines, an Ansible inventory and a fragment of /etc/hosts" {
	small_fleet
	apply
	bd fleet export fleet.json --dir d --format hosts
	[[ $status -eq 0 && $output == *$'192.0.2.11\tweb1'* && $output == *$'192.0.2.101\tdb2'* ]]
	bd fleet export fleet.json --dir d --format ansible
	[[ $output == *"[web]"*"web1 ansible_host=192.0.2.11"*"[db]"*"db1 ansible_host=192.0.2.100"* ]]
	# Empty disks have no keys.
	bd fleet export fleet.json --dir d --format known_hosts
	[[ $status -eq 0 && -z $output && $stderr == *"web1 is left out"* ]]
	bd fleet export fleet.json --dir d --json
	[[ $(jq -r '.guests[0] | .name + " " + .address' <<<"$output") == "web1 192.0.2.11" ]]
	bd fleet export fleet.json --dir d --format yaml
	[[ $status -eq 2 ]]
}

@test "known_hosts has the keys that the guests were given, under their names and addresses" {
	need ssh-keygen
	mkdir -p root/usr/sbin root/etc/network root/etc/ssh root/lib/systemd
	for program in usr/sbin/sshd usr/sbin/ifup lib/systemd/systemd; do
		printf '#!/bin/sh\n' >"root/$program"
		chmod 755 "root/$program"
	done
	bd template import tiny root --templates t --quiet
	[[ $status -eq 0 ]]
	template=tiny write_manifest '"groups": { "web": { "guests": "web{1..2}", "ip": "192.0.2.{11..12}/24" } }'
	sed -i 's/"32M"/"64M"/' fleet.json
	bd fleet apply fleet.json --dir d --templates t --no-start --json
	[[ $status -eq 0 ]]
	told=$(jq -r 'select(.event == "done" and .name == "web2").note' <<<"$output")
	[[ $told == SHA256:* ]]
	bd fleet export fleet.json --dir d --format known_hosts
	[[ $status -eq 0 && -z $stderr ]]
	printf '%s\n' "$output" >known_hosts
	[[ $(wc -l <known_hosts) -eq 2 ]]
	[[ $(ssh-keygen -lf known_hosts -F 192.0.2.12 | awk '!/^#/ { print $3 }') == "$told" ]] || fail "$(ssh-keygen -lf known_hosts -F 192.0.2.12)"
	[[ $(ssh-keygen -lf known_hosts -F web2 | awk '!/^#/ { print $3 }') == "$told" ]]
}

@test "an error of a value stands at the value, and names the key" {
	# Line and column of the value, and what the message says of it.
	while IFS='|' read -r settings at key said; do
		printf '{ "fleet": "shop",\n  "defaults": { "template": "none" },\n  "guests": { "web1": {\n    %s } } }\n' "$settings" >fleet.json
		apply
		[[ $status -eq 1 && $stderr == *"fleet.json:$at: web1: \"$key\": "*"$said"* && $stderr != *--* ]] || fail "$settings: $stderr"
	done <<-'EOF'
		"memory": "1X"|4:15|memory|1X
		"vcpus": 0|4:14|vcpus|1
		"size": "3Q"|4:13|size|3Q
		"type": "vm"|4:13|type|pv, pvh
		"boot": "lilo"|4:13|boot|pygrub
		"ip": "192.0.2.300/24"|4:11|ip|192.0.2.300
		"ip6": "fe80"|4:12|ip6|fe80
		"mac": "01:00:00:00:00:01"|4:12|mac|multicast
		"ip": "192.0.2.5/24", "gateway": "10.0.0.1"|4:38|gateway|10.0.0.1
		"ip": "192.0.2.5/24", "dns": ["192.0.2.1", "x"]|4:48|dns|x
		"bridge": "a bridge"|4:15|bridge|a bridge
	EOF
	is_empty d
}

@test "plan refuses a template that its disks have no room for, as apply and new do" {
	mkdir -p root/sbin
	printf '#!/bin/sh\n' >root/sbin/init
	chmod 755 root/sbin/init
	head -c 60M /dev/urandom >root/big
	bd template import big root --templates t --quiet
	template=big write_manifest '"guests": { "web1": {} }'
	bd fleet plan fleet.json --dir d --templates t --no-start
	[[ $status -eq 6 && $stderr == *"fleet.json:1:"*"web1: "*"big take 60"*"31 MiB"* ]] || fail "$stderr"
	bd fleet apply fleet.json --dir d --templates t --no-start --quiet
	[[ $status -eq 6 ]]
	is_empty d
}

@test "--dry-run shows what would be done, and does nothing" {
	small_fleet
	bd fleet apply fleet.json --dir d --no-start --dry-run
	[[ $status -eq 0 && $output == *"+ web1 "* ]]
	is_empty d
	apply
	before=$(sums)
	bd fleet destroy fleet.json --dir d --dry-run --limit 'db*'
	[[ $status -eq 0 && $output == *"db1 would be destroyed"* && $output != *web1* ]] || fail "$output"
	[[ $(sums) == "$before" ]]
}

@test "--timeout is the time limit of start and stop, --wait its old spelling; --yes is for what asks" {
	fake_dom0
	write_bootable '"guests": { "web1": {} }'
	started
	bd fleet stop fleet.json --dir d --quiet --dry-run
	[[ $status -eq 0 && $(wc -l <domains) -eq 1 ]]
	bd fleet stop fleet.json --dir d --quiet --yes --timeout 20
	[[ $status -eq 0 && ! -s domains ]] || fail "$stderr"
	bd fleet start fleet.json --dir d --quiet --timeout soon
	[[ $status -eq 2 && $stderr == *--timeout* ]]
	bd fleet start fleet.json --dir d --quiet --no-wait --yes
	[[ $status -eq 0 && $(wc -l <domains) -eq 1 ]]
	bd fleet stop fleet.json --dir d --quiet --yes --wait 20
	[[ $status -eq 0 && ! -s domains ]] || fail "$stderr"
	bd fleet start --help
	[[ $output == *--timeout* && $output != *--yes* ]]
}

@test "Ctrl-C is not a failure, and is reported once" {
	fake_dom0 create-hangs=web2
	write_bootable '"guests": { "web1": {}, "web2": {} }'
	"${default_signals[@]}" "$bigdisk" fleet apply fleet.json --dir d --no-wait -j 2 >out 2>err 3>&- &
	pid=$!
	until_true grep -q 'create.*web2' log
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	[[ $status -eq 130 && $(grep -c 'stopped by Ctrl-C' err) -eq 1 && $(grep -c failed err) -eq 0 ]] || fail "$(<err)"
	[[ $(tail -n 1 out) == *" stopped"* ]] || fail "$(<out)"
}
