#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `fleet export` prints, whose addresses are whose, and how a fleet's work is stopped.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

apply() {
	bd fleet apply fleet.json --dir d --no-start --quiet "$@"
	[[ $status -eq 0 ]] || fail "status $status"
}

export_as() {
	bd fleet export fleet.json --dir d --format "$1"
	[[ $status -eq 0 ]] || fail "status $status"
}

three_kinds() {
	write_manifest '"guests": {
		"both.shop": { "ip": "192.0.2.31/24", "ip6": "2001:db8::31/64" },
		"six": { "ip6": "2001:db8::32/64" },
		"none": { "ip6": "auto" } }'
}

@test "hosts has a line for each address" {
	three_kinds
	apply
	export_as hosts
	[[ $output == $'192.0.2.31\tboth.shop both\n2001:db8::31\tboth.shop both\n2001:db8::32\tsix' ]]
	[[ $stderr == "xen-bigdisk: warning: none is left out: its address is not known" ]]
}

@test "hosts has all addresses of all interfaces" {
	write_manifest '"guests": { "web": { "ip": ["192.0.2.31/24", "192.0.2.32/24"], "ip6": ["2001:db8::31/64", "2001:db8::32/64"],
		"networks": { "ip": "198.51.100.31/24", "ip6": "2001:db8:1::31/64" } } }'
	apply
	export_as hosts
	[[ $(cut -f 1 <<<"$output" | tr '\n' ' ') == "192.0.2.31 2001:db8::31 192.0.2.32 2001:db8::32 198.51.100.31 2001:db8:1::31 " ]]
	# What somebody wrote there by hand, and is no address, is not exported.
	sed -i '/^# xen-bigdisk:/s/ address=[^ ]*/ address=evil/' d/web.cfg
	export_as hosts
	[[ $(cut -f 1 <<<"$output" | head -n 1) == 2001:db8::31 && $output != *evil* ]]
}

@test "an inventory has all guests, with an IPv6 address if there is no other" {
	three_kinds
	apply
	export_as ansible
	grep -qx 'both.shop ansible_host=192.0.2.31' <<<"$output"
	grep -qx 'six ansible_host=2001:db8::32' <<<"$output"
	grep -qx 'none' <<<"$output"
	[[ $stderr == "xen-bigdisk: warning: none is in the inventory without an address, as none is known" ]]
}

@test "--json has the IPv6 addresses, and null for those that are not known" {
	three_kinds
	apply
	bd fleet export fleet.json --dir d --json
	[[ $status -eq 0 ]]
	[[ $(jq -c '.guests[] | [.name, .address, .address6]' <<<"$output") == '["both.shop","192.0.2.31","2001:db8::31"]
["six",null,"2001:db8::32"]
["none",null,null]' ]]
}

@test "what a cfg has by hand as IPv6 address and is none is not exported" {
	three_kinds
	apply
	sed -i '/^# xen-bigdisk:/s/address6=[^ ]*/address6=evil,*/' d/six.cfg
	export_as hosts
	[[ $output != *evil* && $stderr == *"six is left out"* ]]
	bd fleet export fleet.json --dir d --json
	[[ $(jq -c '.guests[1] | [.name, .address6]' <<<"$output") == '["six",null]' ]]
}

@test "known_hosts has keys under IPv6 addresses too" {
	need ssh-keygen
	mkdir -p root/usr/sbin root/etc/network root/etc/ssh root/lib/systemd
	for program in usr/sbin/sshd usr/sbin/ifup lib/systemd/systemd; do
		printf '#!/bin/sh\n' >"root/$program"
		chmod 755 "root/$program"
	done
	bd template import tiny root --templates t --quiet
	[[ $status -eq 0 ]]
	template=tiny three_kinds
	sed -i 's/"32M"/"64M"/' fleet.json
	apply --templates t
	export_as known_hosts
	[[ -z $stderr ]]
	printf '%s\n' "$output" >known_hosts
	cut -d ' ' -f 1 known_hosts | diff - <(printf '%s\n' both.shop,192.0.2.31,2001:db8::31 six,2001:db8::32 none)
	for name in 192.0.2.31 2001:db8::31 2001:db8::32; do
		ssh-keygen -lf known_hosts -F "$name" | grep -q SHA256: || fail "$name is not found"
	done
}

@test "a group whose name is Ansible's own gets one that no other group has" {
	write_manifest '"groups": { "all": { "guests": "a" }, "group_all": { "guests": "b" }, "group_all_2": { "guests": "c" },
		"ungrouped": { "guests": "u" } }'
	apply
	export_as ansible
	[[ $(grep -vE '^#|^$' <<<"$output") == $'[group_all_3]\na\n[group_all]\nb\n[group_all_2]\nc\n[group_ungrouped]\nu' ]]
	[[ $output == *"# The manifest's group all, whose name is Ansible's own"* ]]
	# An inventory of some of them has the same names.
	bd fleet export fleet.json --dir d --format ansible --limit a
	grep -qx '\[group_all_3\]' <<<"$output"
}

@test "an address that a cfg made by hand gives an interface is in use" {
	printf 'name = "old"\nvif = [ "mac=00:16:3e:00:00:77,ip=192.0.2.76 192.0.2.77" ]\n' >d/old.cfg
	write_manifest '"guests": { "web1": { "ip": "192.0.2.77/24" } }'
	bd fleet plan fleet.json --dir d --no-start
	failed_with 1
	[[ $stderr == *'"ip": 192.0.2.77/24 of web1 is in use by old, a guest of this host'* ]]
	write_manifest '"guests": { "web1": { "pool": "192.0.2.76-192.0.2.79/24" } }'
	apply
	grep -q '^# xen-bigdisk:.* address=192.0.2.78/24' d/web1.cfg
}

@test "a guest's own interfaces do not collide with it, and it keeps its address of a pool" {
	write_manifest '"guests": { "web1": { "pool": "192.0.2.76-192.0.2.79/24" }, "web2": { "ip": "192.0.2.90/24" } }'
	apply
	sed -i -E 's/^(vif = .*mac=[0-9a-f:]+)(.*)"\]?/\1,ip=192.0.2.90\2"/' d/web2.cfg
	sed -i 's/^vif = .*/&\nvif += [ "mac=00:16:3e:00:00:77,ip=198.51.100.1" ]/' d/web1.cfg
	grep -q 'ip=192.0.2.90' d/web2.cfg
	bd fleet plan fleet.json --dir d --no-start --json
	[[ $status -eq 0 && $(jq .keep <<<"$output") -eq 2 ]] || fail "$stderr"
}

# stopped_by SIGNAL ARGUMENTS...: apply is sent the signal while it makes two guests; $status, out and err are what came
# of it.
stopped_by() {
	local signal=$1 pid
	shift
	need_busybox
	fake_xen create-hangs
	template=mini more=', "network": false' write_manifest '"groups": { "web": { "guests": "web{1..6}" } }'
	sed -i 's/"32M"/"128M"/' fleet.json
	"${default_signals[@]}" "$bigdisk" fleet apply fleet.json --dir d --no-wait -j 2 "$@" >out 2>err 3>&- &
	pid=$!
	until_true grep -q 'create.*web1' log
	until_true grep -q 'create.*web2' log
	kill "-$signal" "$pid"
	status=0
	wait "$pid" || status=$?
}

@test "Ctrl-C is reported once, and no guest counts as failed" {
	stopped_by INT --quiet
	[[ $status -eq 130 ]] || fail "status $status: $(<err)"
	[[ $(<err) == "xen-bigdisk: error: stopped by Ctrl-C" ]] || fail "$(<err)"
	stopped_by INT
	[[ $status -eq 130 ]] || fail "status $status: $(<err)"
	[[ $(grep -c 'stopped by Ctrl-C' err) -eq 1 ]] || fail "$(<err)"
	grep -q '2 stopped' out || fail "$(<out)"
	run ! grep -qi failed out err
}

@test "on Ctrl-C the events show which guests were stopped" {
	stopped_by INT --json
	[[ $status -eq 130 ]] || fail "status $status: $(<err)"
	[[ $(jq -r 'select(.event == "stopped") | .name, .error.message' out | sort | uniq -c | xargs) == "2 stopped by Ctrl-C 1 web1 1 web2" ]] ||
		fail "$(<out)"
	[[ -z $(jq -r 'select(.event == "failed")' out) ]] || fail "$(<out)"
}

@test "another signal is called by its name" {
	stopped_by HUP --quiet
	[[ $status -eq 129 ]] || fail "status $status: $(<err)"
	[[ $(<err) == "xen-bigdisk: error: stopped by Hangup" ]] || fail "$(<err)"
}
