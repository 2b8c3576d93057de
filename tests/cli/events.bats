#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What commands count in the guests' records, and tell systemd's journal, which a socket stands for here. What monitors do is
# tests/lab/suite/35-lifecycle.t's.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# guests NAME...: of a moment.
guests() {
	local name
	for name; do
		made_empty "$name" --size 16M --no-net --boot-sector none
	done
}

# Each entry that comes becomes a line of JSON in the file entries.
listen() {
	need python3
	need jq
	export XEN_BIGDISK_JOURNAL=$PWD/socket
	: >entries
	python3 - <<-'PYTHON' >entries 3>&- &
		import json, socket, struct
		listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		listener.bind("socket")
		while True:
		    data, entry = listener.recv(65536), {}
		    if data == b"end":
		        break
		    while data:
		        head, data = data.split(b"\n", 1)
		        name, equal, value = head.partition(b"=")
		        if not equal:
		            size = struct.unpack("<Q", data[:8])[0]
		            value, data = data[8:8 + size], data[9 + size:]
		        assert name.decode() not in entry
		        entry[name.decode()] = value.decode()
		    print(json.dumps(entry), flush=True)
	PYTHON
	listener=$!
	until_true test -S socket
}

# What was sent before is all there: datagrams keep their order.
listened() {
	python3 -c 'import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"end", "socket")'
	wait "$listener"
	cat entries
}

# told FILTER: what jq makes of all entries, a line each, is what stdin has.
told() {
	listened
	diff <(jq -r "$1" entries) - || fail "told something else"
}

record() {
	cat state/"$1".cfg-*
}

has() {
	record "$1" | grep -qx "$2" || fail "the record of $1: $(record "$1")"
}

@test "starts are counted, with what the last one took, and those that fail" {
	guests web01
	fake_xen
	[[ ! -e state ]] || fail "something is counted of a guest that was never started"
	ok start web01 --dir d --wait
	has web01 'starts 1'
	has web01 'start_failures 0'
	has web01 'last_start [1-9][0-9]*'
	has web01 'stage guest [0-9.]*'
	ok start web01 --dir d
	has web01 'starts 1'
	ok stop web01 --dir d
	FAKE_TOOLSTACK_MODE=create-fails bd start web01 --dir d
	failed_with 1
	has web01 'starts 1'
	has web01 'start_failures 1'
	FAKE_TOOLSTACK_MODE=wait-crashed bd start web01 --dir d --wait
	failed_with 1
	has web01 'starts 2'
	has web01 'start_failures 2'
}

@test "a start fails, and is counted, also where no Xen or no toolstack is there to ask; of a guest that is gone nothing is" {
	guests web01
	listen
	XEN_BIGDISK_TOOLSTACK=$PWD/nosuch.so bd start web01 --dir d
	[[ $status -ne 0 ]]
	has web01 'starts 0'
	has web01 'start_failures 1'
	until_true grep -q '"XEN_BIGDISK_EVENT": "start-failed"' entries
	if [[ ! -e /sys/hypervisor/type ]]; then
		bd start web01 --dir d
		failed_with 7
		has web01 'start_failures 2'
	fi
	bd start web03 --dir d
	failed_with 4
	bd start web01 --nosuch --dir d
	failed_with 2
	[[ $(echo state/web0[13]*) == state/web01.cfg-* && $(find state -name 'web0*' | wc -l) -le 2 ]]
	# Another command is at work on it.
	fake_xen
	FAKE_TOOLSTACK_MODE=create-hangs "$bigdisk" start web01 --dir d 3>&- &
	pid=$!
	until_true grep -q '^create' log
	bd start web01 --dir d
	failed_with 5
	kill "$pid"
	run ! wait "$pid"
	has web01 'starts 0'
	listened >/dev/null
}

@test "a start that takes longer than one waits has not failed, and one that is canceled is none" {
	guests web01
	fake_xen wait-times-out
	bd start web01 --dir d --wait
	failed_with 1
	has web01 'starts 1'
	has web01 'start_failures 0'
	ok stop web01 --dir d --force
	FAKE_TOOLSTACK_MODE=create-hangs "${default_signals[@]}" "$bigdisk" start web01 --dir d 3>&- &
	pid=$!
	until_true eval '[[ $(grep -c "^create" log) -eq 2 ]]'
	kill -INT "$pid"
	run ! wait "$pid"
	has web01 'starts 1'
	has web01 'start_failures 0'
}

@test "the record goes with the guest to another name, and away with it" {
	guests web01 web02
	fake_xen
	ok start web01 web02 --dir d
	ok stop web01 --dir d
	ok rename web01 web03 --dir d
	[[ $(ls state | sed 's/-[0-9a-f]*$//' | xargs) == "web02.cfg web03.cfg" ]] || fail "$(ls state)"
	has web03 'starts 1'
	ok rm web03 --dir d --yes
	ok rm web02 --dir d --yes --force
	holds state .lock
}

@test "another guest of that name counts from the beginning" {
	guests web01
	fake_xen
	ok start web01 --dir d
	ok stop web01 --dir d
	rm d/*
	guests web01
	holds state .lock
}

@test "a guest that gets the name of one whose config somebody removed has nothing of its record" {
	guests web01 web02
	fake_xen
	ok start web01 --dir d
	ok stop web01 --dir d
	rm d/web01.*
	ok rename web02 web01 --dir d
	holds state .lock
}

@test "what is undone leaves no record, and what is kept has one" {
	need_busybox
	fake_xen create-fails
	bd new web01 --dir d --size 128M --no-net
	refused 1
	holds state .lock
	bd new web01 --dir d --size 128M --no-net --keep-failed
	[[ $status -eq 1 ]]
	has web01 'start_failures 1'
}

@test "where nothing can be counted or told, every command works as before" {
	guests web01
	fake_xen
	: >file
	export XEN_BIGDISK_STATE=$PWD/file/state XEN_BIGDISK_JOURNAL=$PWD/file
	ok start web01 --dir d
	ok stop web01 --dir d
	ok rename web01 web02 --dir d
	ok rm web02 --dir d --yes
}

@test "the journal is told of a guest's life, in fields" {
	need_busybox
	fake_xen
	listen
	made web01 --quiet --dir d --size 128M --no-net
	ok stop web01 --dir d
	FAKE_TOOLSTACK_MODE=create-no-memory bd start web01 --dir d
	failed_with 6
	ok start web01 --dir d
	ok stop web01 --dir d --force --no-wait
	ok rename web01 web02 --dir d
	ok rm web02 --dir d --yes
	FAKE_TOOLSTACK_MODE=create-fails bd new web03 --quiet --dir d --size 128M --no-net
	failed_with 1
	told '[.XEN_BIGDISK_EVENT, .XEN_BIGDISK_GUEST, .XEN_BIGDISK_COMMAND, .PRIORITY, .XEN_BIGDISK_DOMID // "-",
		.XEN_BIGDISK_EXIT_STATUS // "-", .SYSLOG_IDENTIFIER] | join(" ")' <<-'EOF2'
		created web01 new 6 - - xen-bigdisk
		started web01 new 6 7 - xen-bigdisk
		stopped web01 stop 6 7 - xen-bigdisk
		start-failed web01 start 3 - 6 xen-bigdisk
		started web01 start 6 7 - xen-bigdisk
		destroyed web01 stop 6 7 - xen-bigdisk
		renamed web02 rename 6 - - xen-bigdisk
		removed web02 rm 6 - - xen-bigdisk
		created web03 new 6 - - xen-bigdisk
		start-failed web03 new 3 - 1 xen-bigdisk
		removed web03 new 6 - - xen-bigdisk
	EOF2
	[[ $(jq -rs 'map(select(.XEN_BIGDISK_EVENT == "started"))[0].MESSAGE' entries) == "web01 was started (domain 7)" ]]
	[[ $(jq -rs 'map(select(.XEN_BIGDISK_EVENT == "start-failed"))[0].MESSAGE' entries) == "cannot start web01: "* ]]
	[[ $(jq -rs 'map(select(.XEN_BIGDISK_EVENT == "renamed"))[0].XEN_BIGDISK_CFG' entries) == "$PWD/d/web02.cfg" ]]
}

@test "the journal is told what became of a fleet" {
	fake_xen create-fails=web03
	listen
	more=', "network": false' write_manifest '"groups": { "web": { "guests": "web0{1..3}" } }'
	ok fleet apply fleet.json --dir d --quiet --no-start
	bd fleet start fleet.json --dir d --quiet
	[[ $status -eq 1 ]] || fail "status $status"
	ok fleet stop fleet.json --dir d --quiet --yes
	ok fleet apply fleet.json --dir d --quiet --no-start
	template=mini write_manifest '"guests": { "db01": { "bridge": "nosuchbr0", "size": "128M" } }'
	bd fleet apply fleet.json --dir d --quiet
	failed_with 1
	told 'select(.XEN_BIGDISK_EVENT == "fleet") | [.XEN_BIGDISK_FLEET, .XEN_BIGDISK_COMMAND, .PRIORITY,
		.XEN_BIGDISK_EXIT_STATUS // "-", (.MESSAGE | sub("found.*"; "found"))] | join(" ")' <<-'EOF2'
		shop fleet apply 6 - fleet shop: 3 guests done, 0 failed, 0 not begun
		shop fleet start 3 1 fleet shop: 2 guests done, 1 failed, 0 not begun
		shop fleet stop 6 - fleet shop: 3 guests done, 0 failed, 0 not begun
		shop fleet apply 6 - fleet shop: 0 guests done, 0 failed, 0 not begun
		shop fleet apply 3 1 fleet shop: db01: bridge nosuchbr0 not found
	EOF2
	[[ $(jq -rs 'map(select(.XEN_BIGDISK_EVENT == "started")) | map(.XEN_BIGDISK_COMMAND) | unique | join(" ")' entries) == "fleet start" ]]
}
