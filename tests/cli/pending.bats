#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A running guest whose cfg has been changed since, and the devices that a domain really has; with a toolstack plugin that
# is told what the domain was started with.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# runs OPTION...: web01, made with these options, runs.
runs() {
	fake_xen
	made_empty web01 --size 16M --boot-sector none "$@"
	"$bigdisk" start web01 --quiet --no-wait --dir d
	export FAKE_TOOLSTACK_MAX="524288 1" # 512 MiB
}

pending() { # pending TEXT: what show --json says of web01
	bd show web01 --dir d --json
	jq -e --arg text "$1" '(.restart_pending // "") == $text' <<<"$output"
}

@test "memory and vcpus that the cfg says now are pending until the next start" {
	runs --no-net --memory 512M
	pending ""
	sed -i 's/^memory = .*/memory = 1024/; s/^vcpus = .*/vcpus = 2/' d/web01.cfg
	pending "memory 512 MiB -> 1 GiB, vcpus 1 -> 2"
	bd show web01 --dir d
	[[ $output == *"pending    memory 512 MiB -> 1 GiB, vcpus 1 -> 2, from its next start or reboot"* ]]
	bd list --dir d
	grep -Eq '^web01 .* restart pending$' <<<"$output"
	FAKE_TOOLSTACK_MAX="1048576 2" pending ""
	bd stop web01 --quiet --dir d
	pending ""
}

@test "maxmem and maxvcpus are what a guest may have: ballooning is no change" {
	runs --no-net --memory 256M
	printf 'maxmem = 512\nmaxvcpus = 1\n' >>d/web01.cfg
	pending ""
}

@test "network interfaces are compared by what the cfg says of them" {
	runs --memory 512M --mac 00:16:3e:01:02:03 --bridge br7
	pending "" # the toolstack cannot tell
	export FAKE_TOOLSTACK_DEVICES="vbd:xvda:$PWD/d/web01.img vif:00:16:3e:01:02:03:br7"
	pending ""
	FAKE_TOOLSTACK_DEVICES="vif:00:16:3e:01:02:03:br8" pending network
	FAKE_TOOLSTACK_DEVICES="vif:00:16:3e:01:02:04:br7" pending network
	FAKE_TOOLSTACK_DEVICES="" pending network
	FAKE_TOOLSTACK_DEVICES="$FAKE_TOOLSTACK_DEVICES vif:00:16:3e:01:02:05:br7" pending network
}

@test "show lists the devices that the domain has, also of one without a cfg" {
	runs --no-net --memory 512M
	export FAKE_TOOLSTACK_DEVICES="vbd:xvda:$PWD/d/web01.img vbd:xvdb:/srv/extra.iso:r vif:00:16:3e:01:02:03:br7 pci:0"
	mv d/web01.cfg .
	bd show web01 --dir d
	[[ $output == *"has disk   xvda: $PWD/d/web01.img"*"has disk   xvdb: /srv/extra.iso, read only"*"has vif    0: MAC 00:16:3e:01:02:03, bridge br7"*"has        pci 0"* ]]
	bd show web01 --dir d --json
	jq -e '[.devices[].kind] == ["vbd", "vbd", "vif", "pci"] and .devices[1].path == "/srv/extra.iso" and .devices[1].read_only
		and .devices[2].mac == "00:16:3e:01:02:03" and .cfg == null' <<<"$output"
}

@test "after a fleet changed a running guest, plan and status say restart pending" {
	fake_xen
	write_manifest '"guests": { "web01": { "memory": "512M", "network": false }, "web02": { "memory": "512M", "network": false } }'
	bd fleet apply fleet.json --dir d --yes --quiet --no-start
	[[ $status -eq 0 ]]
	"$bigdisk" start web01 web02 --quiet --no-wait --dir d
	export FAKE_TOOLSTACK_MAX="524288 1"
	bd fleet plan fleet.json --dir d --no-start
	[[ $status -eq 0 && $output != *pending* ]]
	sed -i 's/"web01": { "memory": "512M"/"web01": { "memory": "1G"/' fleet.json
	bd fleet apply fleet.json --dir d --yes --quiet --no-start
	[[ $status -eq 0 ]]
	bd fleet plan fleet.json --dir d --no-start
	grep -Eq '^  = web01 +keep +restart pending: memory 512 MiB -> 1 GiB$' <<<"$output"
	[[ $(grep -c pending <<<"$output") -eq 1 ]]
	bd fleet status fleet.json --dir d
	grep -Eq '^web01 .*restart pending$' <<<"$output"
	[[ $(grep -c pending <<<"$output") -eq 1 ]]
	bd list web01 --dir d
	[[ $output == *"restart pending" ]]
}
