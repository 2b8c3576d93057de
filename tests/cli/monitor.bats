#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests whose monitor was killed: who says so, who gives them another, and what is not taken for one; with a toolstack
# plugin that is told how to behave (tests/unit/fake-toolstack.c). That it is found out rightly, and that the new monitor
# works, is tests/lab/suite/35-lifecycle.t's.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# runs_in MODE NAME...: guests that run, with a fake Xen in that mode.
runs_in() {
	local mode=$1 name
	shift
	fake_xen "$mode"
	for name; do
		made_empty "$name" --size 16M --no-net --boot-sector none
	done
	"$bigdisk" start "$@" --quiet --no-wait --dir d
	: >log
}

@test "doctor names a guest without a monitor as a problem, and the command that gives it one" {
	runs_in no-monitor=web01 web01 web02
	bd doctor --json --dir d
	jq -e '[.checks[] | select(.check == "monitors")] | length == 1 and .[0].state == "problem"
		and (.[0].found | test("web01.*domain 7.*no monitor process"))
		and (.[0].advice | test("xen-bigdisk start .*web01.cfg"))' <<<"$output"
}

@test "doctor says how many monitors there are where none is missing, and names no guest of another toolstack" {
	runs_in foreign=web02 web01 web02
	bd doctor --json --dir d
	jq -e '[.checks[] | select(.check == "monitors")] | length == 1 and .[0].state == "ok"
		and (.[0].found | test("^1 guest.*1 .*another toolstack"))' <<<"$output"
}

@test "show and list say that a guest runs without a monitor, for people and for programs" {
	runs_in no-monitor=web01,foreign=web03 web01 web02 web03
	bd show web01 --dir d
	grep -Eq '^  monitor +none: .*xen-bigdisk start' <<<"$output"
	bd show web02 --dir d
	[[ $output != *monitor* ]]
	bd show web01 --dir d --json
	jq -e '.monitor == "none" and .state == "running"' <<<"$output"
	bd list --dir d --json
	jq -e '[.guests[].monitor] == ["none", "running", null]' <<<"$output"
	bd list --dir d
	grep -Eq '^web01 +running .* no monitor$' <<<"$output"
	[[ $(grep -c 'no monitor' <<<"$output") -eq 1 ]]
}

@test "list has no column of notes if there are none" {
	runs_in "" web01
	bd list --dir d
	[[ $output != *NOTE* ]]
}

@test "start of a guest without a monitor starts one, does not touch the guest, and reports it" {
	runs_in no-monitor web01
	bd start web01 --no-wait --dir d
	[[ $status -eq 0 ]]
	[[ $output == "web01 is already running: domain 7; its monitor was gone and has been restarted" ]]
	grep -qx "attach domid=7 cfg=$PWD/d/web01.cfg" log
	run ! grep -E '^(create|shutdown|destroy)' log
	bd show web01 --dir d --json
	jq -e '.monitor == "running" and .domid == 7' <<<"$output"
	bd start web01 --no-wait --dir d --json
	jq -e '.changed == false and .monitor_attached == false' <<<"$output"
}

@test "whose hotplug scripts give a guest its devices is in the host's defaults, for its start and for its monitor" {
	fake_xen no-monitor
	made_empty web01 --size 16M --no-net
	echo '{ "hotplug": "xen" }' >defaults.json
	ok start web01 --dir d --no-wait
	grep -q '^create cfg=.*/web01.cfg .* hotplug=xen$' log
	ok start web01 --dir d --no-wait
	grep -q '^attach domid=7 .* hotplug=xen$' log
	: >log
	for said in '{ "hotplug": "bigdisk" }' '{ "hotplug": null }' '{ "memory": "1G" }'; do
		echo "$said" >defaults.json
		ok stop web01 --dir d --force
		ok start web01 --dir d --no-wait
	done
	[[ $(grep -c '^create cfg=' log) -eq 3 ]]
	run ! grep hotplug log
}

@test "defaults of the host that cannot be read are warned of, and keep no guest from being started" {
	fake_xen
	made_empty web01 --size 16M --no-net
	echo '{ "hotplug": 7 }' >defaults.json
	bd start web01 --dir d --no-wait
	[[ $status -eq 0 && $stderr == *"warning: "*"defaults.json:1:14: \"hotplug\" must be \"bigdisk\" or \"xen\"; by whose hotplug scripts"* ]]
	grep -q '^create cfg=.*/web01.cfg' log
	run ! grep hotplug log
}

@test "start --json says that a monitor was attached" {
	runs_in no-monitor web01
	bd start web01 --no-wait --dir d --json
	jq -e '.changed == false and .monitor_attached == true and .domid == 7' <<<"$output"
}

@test "start does nothing to a guest that has a monitor, or that another toolstack made" {
	local mode
	for mode in "" foreign; do
		rm -rf d domains* && mkdir d
		runs_in "$mode" web01
		bd start web01 --no-wait --dir d
		[[ $output == "web01 is already running: domain 7" ]]
		run ! grep '^attach' log
	done
}

@test "a monitor that cannot be started is a failure that says why" {
	runs_in no-monitor,attach-fails web01
	bd start web01 --no-wait --quiet --dir d
	failed_with 1
	[[ $stderr == *"web01"*"monitor"*"cannot read the config of domain 7"* ]]
}

@test "another process that is quicker is no failure" {
	runs_in no-monitor,attach-late web01
	bd start web01 --no-wait --dir d
	[[ $status -eq 0 && $output == "web01 is already running: domain 7" ]]
}

@test "start of a guest that has ended without a monitor has it cleared away, and boots it" {
	runs_in no-monitor web01
	echo "shut-down 7" >domains.facts
	bd start web01 --no-wait --quiet --dir d
	[[ $status -eq 0 ]]
	[[ $(grep -oE '^(attach|create)' log | xargs) == "attach create" ]]
	looks attach create
}

@test "reboot and stop of a guest without a monitor give it one first, and say so" {
	runs_in no-monitor web01 web02
	bd reboot web01 --timeout=5 --dir d
	[[ $status -eq 0 && $output == "web01 is up again: domain 9" ]]
	[[ $stderr == *"warning: the monitor process of web01 (domain 7) was gone; restarted it"* ]]
	[[ $(grep -oE '^(attach|shutdown)' log | xargs) == "attach shutdown" ]]
	bd stop web02 --timeout 5 --dir d
	[[ $status -eq 0 && $output == "web02 is stopped (domain 8)" ]]
	[[ $stderr == *"warning: the monitor process of web02 (domain 8) was gone"* ]]
}

@test "stop --force --no-wait needs no monitor" {
	runs_in no-monitor web01
	bd stop web01 --force --no-wait --dir d
	[[ $status -eq 0 ]]
	run ! grep '^attach' log
}

@test "reboot fails at once for a guest whose monitor cannot be started" {
	runs_in no-monitor,attach-fails web01
	bd reboot web01 --timeout=60 --quiet --dir d
	failed_with 1
	run ! grep '^shutdown' log
}

@test "a domain of another toolstack that is not restarted: reboot does not blame the config" {
	runs_in foreign-stuck web01
	bd reboot web01 --timeout=2 --quiet --dir d
	failed_with 1
	[[ $stderr == *"web01 (domain 7) has shut down"*"not started by xen-bigdisk"*"xen-bigdisk stop --force"* && $stderr != *on_reboot* ]]
}

@test "a domain of another toolstack that is not cleaned up: stop says that it has powered off" {
	runs_in foreign-stuck web01
	bd stop web01 --timeout 2 --quiet --dir d
	failed_with 1
	[[ $stderr == *"web01 (domain 7) has powered off"*"not started by xen-bigdisk"*"--force"* ]]
}

@test "wait --for gone warns that the domain will not be cleaned up" {
	runs_in no-monitor web01
	bd wait web01 --for gone --timeout 1 --quiet --dir d
	[[ $status -eq 1 && $stderr == *"warning: web01 (domain 7) has no monitor process"*"xen-bigdisk start"* ]]
}
