#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The host's defaults for new guests: which values win, where --dry-run says that they come from, and what a bad file does.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

setup() {
	common_setup
	need jq
}

# host JSON: what the host's file says.
host() {
	printf '%s\n' "$1" >defaults.json
}

# plan ARGUMENTS...: `new web01 --dry-run --json`; the guest has an empty disk unless they say otherwise.
plan() {
	ok new web01 --dry-run --no-start --json --dir d --templates t "$@"
}

# comes KEY VALUE SOURCE [LINE]: of the last plan.
comes() {
	local found
	found=$(jq -r --arg key "$1" '.settings[] | select(.key == $key and has("value")) | "\(.value)|\(.source)|\(.line)|\(.file)"' <<<"$output")
	[[ $found == "$2|$3|${4:-null}|$([[ ${4:-} ]] && echo "$PWD/defaults.json" || echo null)" ]] || fail "$1 is $found"
}

# passed_over KEY TEXT
passed_over() {
	jq -e --arg key "$1" --arg text "$2" 'any(.settings[]; .key == $key and (.passed_over // "" | contains($text)))' \
		<<<"$output" >/dev/null || fail "$1 is not passed over: $2"
}

@test "each value says where it comes from: the command line, the file, or what is built in" {
	host '{ "size": "64M", "memory": "1G",
		"vcpus": 2, "bridge": "br7", "gateway": "192.0.2.1", "dns": ["192.0.2.53"] }'
	plan --template none --memory 256M --ip 192.0.2.9/24
	comes size '64 MiB' defaults 1
	comes memory '256 MiB' 'command line'
	comes vcpus 2 defaults 2
	comes template none 'command line'
	comes bridge br7 defaults 2
	comes ip 192.0.2.9/24 'command line'
	comes gateway 192.0.2.1 defaults 2
	comes dns 192.0.2.53 defaults 2
	comes fs ext3 built-in
	jq -e '.size_bytes == 67108864 and .memory_mib == 256 and .vcpus == 2 and .network[0].bridge == "br7"
		and .network[0].dns == ["192.0.2.53"] and (.config | contains("gateway=192.0.2.1"))' <<<"$output"
	bd new web01 --dry-run --no-start --dir d --template none --memory 256M
	grep -qxF "  size               64 MiB ($PWD/defaults.json:1)" <<<"$output"
	grep -qxF "  memory             256 MiB (command line)" <<<"$output"
	grep -qxF "  fs                 ext3 (built-in)" <<<"$output"
	grep -qxF "  gateway            - ($PWD/defaults.json:2: the guest has no static IPv4 address)" <<<"$output"
	is_empty d
}

@test "the guest that is made is the one of the plan" {
	host '{ "template": "none", "size": "32M", "memory": "96M", "vcpus": 3, "bridge": "br7", "ssh_keys": "gone.pub" }'
	made web01 --no-start --dir d
	grep -qx 'memory = 96' d/web01.cfg
	grep -qx 'vcpus = 3' d/web01.cfg
	grep -q 'bridge=br7' d/web01.cfg
	[[ $(stat -c %s d/web01.img) -eq $((32 << 20)) ]]
	is_guest d web01
}

@test "no file, and --no-defaults: what is built in" {
	plan --template none
	comes size '4 GiB' built-in
	comes memory '512 MiB' built-in
	host '{ "memory": "1G", "swap": "64M" }'
	plan --template none --no-defaults
	comes memory '512 MiB' built-in
	jq -e '.settings | all(.source != "defaults")' <<<"$output"
	host 'no JSON'
	plan --template none --no-defaults
}

@test "a bad file: one line with its place, status 2, and nothing is made" {
	local command
	host '{ "memory": "1G",
  "ip": "192.0.2.5/24" }'
	echo '{ "fleet": "shop", "guests": { "web01": { "template": "none", "size": "16M" } } }' >fleet.json
	for command in 'new web01 --no-start --template none --size 16M' 'new web01 --dry-run --json' 'clone a b' \
		'fleet plan fleet.json' 'fleet apply fleet.json --no-start' 'fleet plan fleet.json --json'; do
		# shellcheck disable=SC2086 # words
		bd $command --dir d
		refused 2
		[[ $stderr == *"$PWD/defaults.json:2:3: \"ip\" is of one guest, and has no default for all of a host (--no-defaults ignores this file)"* ]]
	done
	# Those that make nothing do not read it.
	ok fleet status fleet.json --dir d
	host '{ "template": "nosuch" }'
	bd new web01 --no-start --dir d --templates t
	refused 4
	[[ $stderr == *"$PWD/defaults.json:1:15: \"template\": there is no template called 'nosuch'"* ]]
	host '{ "ssh_keys": "gone.pub" }'
	bd new web01 --no-start --dir d
	refused 1
	[[ $stderr == *"$PWD/defaults.json:1:15: \"ssh_keys\": cannot open $PWD/gone.pub"* ]]
	host '{ "swap": "1G" }'
	bd new web01 --no-start --dir d --size 64M
	refused 2
	[[ $stderr == *"--size: 64M is too small"*"(\"swap\" is from $PWD/defaults.json:1)"* ]]
	chmod 666 defaults.json
	bd new web01 --no-start --dir d
	refused 2
	[[ $stderr == *"defaults.json is writable by other users"* ]]
}

@test "a file of the host that is not for this user to read is an error, not an absent one" {
	need_root
	need setpriv
	local as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	host '{ "memory": "1G" }'
	"${as_nobody[@]}" [ -r "$PWD/defaults.json" ] || chmod a+x ../.. .. .
	"${as_nobody[@]}" [ -r "$PWD/defaults.json" ] || skip "no other user can come here"
	run --separate-stderr "${as_nobody[@]}" "$bigdisk" new web01 --dry-run --no-start --dir d --template none
	[[ $status -eq 0 && $output == *"1 GiB ($PWD/defaults.json:1)"* ]] || fail "$status: $stderr"
	chmod 600 defaults.json
	run --separate-stderr "${as_nobody[@]}" "$bigdisk" new web01 --dry-run --no-start --dir d --template none
	[[ $status -eq 2 && $stderr == *"defaults.json: Permission denied (--no-defaults ignores this file)"* ]] || fail "$status: $stderr"
}

@test "a template of a whole disk: what is of a filesystem, or decides how it boots, is passed over" {
	made_empty src --size 32M --boot-sector none
	ok template import whole d/src.img --as disk --templates t --quiet
	echo 'hello' >motd
	host '{ "size": "16M", "swap": "8M", "fs": "ext4", "type": "pvh", "boot": "pvgrub", "files": "motd:/etc/motd",
		"mounts": "/home=8M", "append": "quiet", "memory": "1G" }'
	plan --template whole
	comes size '32 MiB' template
	comes memory '1 GiB' defaults 2
	passed_over size "the template's disk is larger"
	for key in swap fs type boot files mounts append; do
		passed_over "$key" 'the template is a whole disk'
	done
	host '{ "template": "whole", "size": "64M" }'
	plan
	comes template whole defaults 1
	comes size '64 MiB' defaults 1
	plan --type pvh
	comes type pvh 'command line'
}

@test "a template of a root filesystem: what nothing in it would do is passed over" {
	mkdir -p root/etc root/bin root/usr/bin
	echo ID=debian >root/etc/os-release
	echo 'root:x:0:0::/root:/bin/sh' >root/etc/passwd
	ok template import plain root --templates t --quiet
	touch root/usr/bin/cloud-init
	printf '#!/bin/sh\n' >once
	echo '#cloud-config' >user
	host '{ "user_data": "user", "run_once": "once", "ip6": "none", "boot": "direct" }'
	plan --template plain
	passed_over boot 'no kernel'
	passed_over user_data 'no cloud-init'
	passed_over run_once 'no systemd'
	passed_over ip6 'nothing in the template configures a network'
	made web01 --no-start --dir d --templates t --template plain --size 64M
	# Nor does it keep a copy of that guest from being made.
	ok clone web01 web02 --dir d --json --quiet
	jq -e '.network[0].ip6 == "auto"' <<<"$output"
}

@test "a fleet: below the manifest, and plan says which are the host's" {
	cat >fleet.json <<-'END'
		{ "fleet": "shop", "defaults": { "template": "none", "memory": "64M" },
		  "groups": { "web": { "guests": "web{1..2}", "pool": "192.0.2.0/28" } },
		  "guests": { "web2": { "swap": null, "bridge": "br2" }, "db": { "ip": "dhcp" } } }
	END
	host '{ "size": "32M", "memory": "1G", "swap": "4M", "bridge": "br7", "gateway": "192.0.2.1", "dns": "192.0.2.2" }'
	bd fleet plan fleet.json --dir d --no-start
	[[ $status -eq 0 && $output == *"From $PWD/defaults.json, for new guests: size, swap, bridge, gateway, dns"* ]]
	ok fleet plan fleet.json --dir d --no-start --json
	jq -e '[.guests[] | {name, host_defaults, size_bytes, memory_mib, bridge: .network[0].bridge, ip: .network[0].ip}] == [
		{name: "web1", host_defaults: ["size", "swap", "bridge", "gateway", "dns"], size_bytes: 33554432, memory_mib: 64, bridge: "br7", ip: "192.0.2.3/28"},
		{name: "web2", host_defaults: ["size", "gateway", "dns"], size_bytes: 33554432, memory_mib: 64, bridge: "br2", ip: "192.0.2.4/28"},
		{name: "db", host_defaults: ["size", "swap", "bridge"], size_bytes: 33554432, memory_mib: 64, bridge: "br7", ip: "dhcp"}]' <<<"$output"
	ok fleet apply fleet.json --dir d --no-start --quiet
	grep -q 'gateway=192.0.2.1' d/web1.cfg
	grep -q 'bridge=br7' d/web1.cfg
	[[ $(region d/web1.img 2 size) -eq $((4 << 11)) ]]
	# The two addresses of the host are not given away, and web2 has no swap.
	[[ $(sfdisk -J d/web2.img | grep -c '"node"') -eq 1 ]]
	grep -q 'address=192.0.2.4/28' d/web2.cfg
	# A second run does nothing.
	bd fleet apply fleet.json --dir d --no-start
	[[ $output == *"Nothing to do"* ]]
}

@test "a guest of a fleet that exists is not compared with the host's defaults" {
	# More than fits into a disk of the built-in size.
	echo '{ "fleet": "shop", "guests": { "web1": { "template": "none", "swap": "5G" } } }' >fleet.json
	host '{ "size": "6G", "memory": "96M", "vcpus": 2, "bridge": "br7" }'
	ok fleet apply fleet.json --dir d --no-start --quiet
	stat -c '%n %i %s %y' d/* >before
	local text
	for text in '{ "size": "64M", "memory": "1G", "vcpus": 4, "bridge": "br8", "type": "pvh", "fs": "ext4", "ip6": "none" }' \
		'{ "size": "1M" }' '{}' '{ "swap": "16M", "disks": "1G", "template": "mini", "lvm": null }'; do
		host "$text"
		ok fleet plan fleet.json --dir d --no-start --json
		jq -e '[.guests[] | .action, .changes] == ["keep", []]' <<<"$output" || fail "$text"
	done
	rm defaults.json
	ok fleet apply fleet.json --dir d --no-start --quiet
	stat -c '%n %i %s %y' d/* | cmp - before
	# What the manifest itself says is compared, as ever.
	sed -i 's/"5G"/"4G", "memory": "128M"/' fleet.json
	host '{ "memory": "1G" }'
	ok fleet plan fleet.json --dir d --no-start --json
	jq -e '[.guests[0].changes[] | [.key, .from, .to]] == [["memory", "96 MiB", "128 MiB"], ["swap", "5 GiB", "4 GiB"]]' <<<"$output"
}

@test "a guest of a fleet that exists has the template that it was made from, whatever the host says by now" {
	need sfdisk
	truncate -s 32M x.img
	sfdisk -q x.img <<<$'label: gpt\nsize=8M,type=uefi'
	ok template import whole x.img --as disk --templates t --quiet
	echo '{ "fleet": "shop", "guests": { "web1": { "boot": "uefi" } } }' >fleet.json
	host '{ "template": "whole" }'
	ok fleet apply fleet.json --dir d --templates t --no-start --quiet
	grep -q '^# xen-bigdisk:.*template=whole' d/web1.cfg
	rm defaults.json
	ok fleet plan fleet.json --dir d --templates t --no-start --json
	jq -e '[.guests[] | .action, .changes] == ["keep", []]' <<<"$output"
}

@test "an error about a value of the host in a fleet names the host's file, one about the manifest's the manifest" {
	echo '{ "fleet": "shop", "guests": { "web1": { "template": "none" } } }' >fleet.json
	host '{ "size": "1M",
		"swap": "64M" }'
	bd fleet plan fleet.json --dir d --no-start
	refused 2
	[[ $stderr == *"$PWD/defaults.json:1:11: \"size\": web1: 1M is too small"* ]]
	sed -i 's/"none"/"none", "size": "1M"/' fleet.json
	bd fleet plan fleet.json --dir d --no-start
	refused 1
	[[ $stderr == *"fleet.json:1:"*"web1: \"size\": 1M is too small"*"(\"swap\" is from $PWD/defaults.json:2)"* ]]
}

@test "new --if-absent of a guest that exists does not need the template of the host" {
	made web01 --no-start --dir d --template none --size 16M --quiet
	host '{ "template": "nosuch" }'
	ok new web01 --no-start --dir d --templates t --if-absent --json
	jq -e '.state == "exists"' <<<"$output"
	bd new web02 --no-start --dir d --templates t --if-absent
	failed_with 4
}

@test "clone: gateway, name servers and ip6 are the host's, all else is the source's" {
	made old --no-start --dir d --template mini --size 64M --memory 96M --bridge br1 --quiet
	host '{ "memory": "1G", "vcpus": 4, "bridge": "br7", "gateway": "192.0.2.1", "dns": "192.0.2.53", "ip6": "none",
		"ssh_keys": "gone.pub", "template": "nosuch", "swap": "1G" }'
	ok clone old new --dir d --dry-run --json --ip 192.0.2.9/24
	jq -e '.memory_mib == 96 and .vcpus == 1 and .network[0].bridge == "br1" and .network[0].dns == ["192.0.2.53"]
		and .network[0].ip6 == "none" and (.config | contains("gateway=192.0.2.1"))' <<<"$output"
	ok clone old new --dir d --dry-run --json
	jq -e '.network[0].ip == "dhcp" and .network[0].dns == []' <<<"$output"
	ok clone old new --dir d --dry-run --json --no-defaults --ip 192.0.2.9/24
	jq -e '.network[0].ip6 == "auto" and .network[0].dns == [] and (.config | contains("gateway") | not)' <<<"$output"
	ok clone old new --dir d --quiet --ip 192.0.2.9/24
	grep -q 'gateway=192.0.2.1' d/new.cfg
	# What has no network gets none, and what has an address of its own still asks for another.
	made plain --no-start --dir d --template none --size 16M --no-net --no-defaults --quiet
	ok clone plain plain2 --dir d --quiet
	made six --no-start --dir d --template mini --size 64M --no-defaults --ip6 2001:db8::5/64 --quiet
	bd clone six six2 --dir d --dry-run
	failed_with 2
	[[ $stderr == *"--ip6: six has the static address 2001:db8::5/64"* ]]
}

@test "doctor: no file, a good one, a bad one, and one that names what is not there" {
	found() {
		local findings
		findings=$(jq -r '.checks[] | select(.check == "defaults") | "\(.state): \(.found)"' <<<"$output")
		[[ $findings == *"$1"* ]] || fail "defaults: $findings"
	}
	bd doctor --dir d --templates t --json
	found "ok: there is no $PWD/defaults.json; new guests get the built-in defaults"
	touch key.pub
	host '{ "bridge": "lo", "memory": "1G", "ssh_keys": "key.pub" }'
	bd doctor --dir d --templates t --json
	found "ok: $PWD/defaults.json sets memory, bridge, ssh_keys for new guests"
	host '{ "bridge": "nosuchbr0", "template": "nosuch", "files": "gone:/etc/gone" }'
	bd doctor --dir d --templates t --json
	found "problem: $PWD/defaults.json:1: \"bridge\": "
	found "problem: $PWD/defaults.json:1: \"template\": there is no template called 'nosuch'"
	found "problem: $PWD/defaults.json:1: \"files\": cannot read $PWD/gone: No such file or directory"
	host '{ "memroy": 1 }'
	bd doctor --dir d --templates t --json
	found "problem: $PWD/defaults.json:1:3: \"memroy\" is unknown; did you mean \"memory\"?"
}

@test "the JSON of the plan is what the schema says" {
	need python3
	python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
	host '{ "memory": "1G", "gateway": "192.0.2.1", "root_password_hash": "$6$abcdefgh$kR6dkoQDRUhFjqXXYvw9bQ7NQUUQNQGKRiB2s6LkZ5eJMPeJkKvj3lFnVxUw6l0zj3gF0j7Wn5pI9CVeXxDnA/" }'
	plan --template mini
	comes root_password_hash set defaults 1
	echo "$output" >plan.json
	python3 - "$top/templates/output.schema.json" plan.json <<-'PYTHON'
		import json, sys
		from jsonschema import Draft202012Validator
		schema, plan = (json.load(open(path)) for path in sys.argv[1:])
		Draft202012Validator({**schema, "anyOf": [{"$ref": "#/$defs/new"}]}).validate(plan)
		assert any("passed_over" in row for row in plan["settings"])
	PYTHON
}

@test "the schema of the file takes the example, and refuses what the program refuses" {
	need python3
	python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
	python3 - "$top/templates" <<-'PYTHON'
		import json, sys
		from jsonschema import Draft202012Validator
		schema, fleet, example = (json.load(open(sys.argv[1] + "/" + name)) for name in
		                          ("defaults.schema.json", "fleet.schema.json", "defaults.example.json"))
		Draft202012Validator.check_schema(schema)
		assert schema["$ref"].startswith("fleet.schema.json#")
		# As a reader that knows where the file lies resolves it.
		validator = Draft202012Validator({**schema, "$ref": schema["$ref"].split(".json")[1], "$defs": fleet["$defs"]})
		validator.validate(example)
		for good in ({}, {"memory": 512, "ip6": "none", "boot": "direct"}, {"dns": ["192.0.2.1"], "swap": None}):
		    validator.validate(good)
		for bad in ({"ip": "dhcp"}, {"mac": "00:16:3e:00:00:01"}, {"memroy": 1}, {"size": 4}, {"boot": "uefi"}, {"guests": "a"},
		            {"ip6": "2001:db8::1/64"}, {"ip6": ["2001:db8::1/64"]}, {"networks": []}, {"name": "a"}, {"pool": "a"}):
		    assert not validator.is_valid(bad), bad
	PYTHON
}
