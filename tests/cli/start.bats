#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Booting, with a toolstack plugin that is told how to behave: tests/unit/fake-toolstack.c.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

fake_dom0() {
	need_busybox
	fake_xen "$@"
}

new_web01() {
	bd new web01 --quiet --dir d --size 128M --no-net "$@"
}

no_domain() {
	[[ ! -s domains ]] || fail "left: $(<domains)"
}

# stop_when SIGNAL PATTERN ARGUMENTS...: runs the program and sends it the signal once the log has the pattern.
stop_when() {
	local signal=$1 pattern=$2 pid
	shift 2
	"${default_signals[@]}" "$bigdisk" "$@" >out 2>err 3>&- &
	pid=$!
	until_true grep -q "$pattern" log
	kill "-$signal" "$pid"
	status=0
	wait "$pid" || status=$?
	output=$(<out) stderr=$(<err)
	printf '%s\n' "status $status" "$output" "$stderr"
}

@test "new creates the domain from the cfg that is on the disk, once" {
	fake_dom0
	bd new web01 --dir d --size 128M --no-net
	[[ $status -eq 0 ]]
	is_guest d web01
	[[ $output == "web01 is running: domain 7, $PWD/d/web01.img, $PWD/d/web01.cfg" ]]
	grep -qx "create cfg=$PWD/d/web01.cfg paused=0 monitor=1 cfg_bytes=$(stat -c %s d/web01.cfg)" log
	[[ $(grep -c '^create' log) -eq 1 ]]
	[[ $(grep -c '^open' log) -eq $(grep -c '^close' log) ]]
	run ! grep -E '^(wait|destroy)' log
	grep -q " web01$" domains
}

@test "create is never called between open and close" {
	fake_dom0
	new_web01 --wait
	[[ $status -eq 0 ]]
	awk '/^open/ { open++ } /^close/ { open-- } /^create/ && open { exit 1 }' log
}

@test "--wait waits for the userspace of this very guest, 120 s unless told" {
	fake_dom0
	bd new web01 --dir d --size 128M --no-net --wait
	[[ $status -eq 0 ]]
	[[ $output == "web01 is up: domain 7, "* ]]
	uuid=$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)
	grep -qx "wait uuid=$uuid for=ready timeout_ms=120000" log
	rm d/*
	: >domains
	new_web01 --wait=86400
	[[ $status -eq 0 ]]
	grep -q 'timeout_ms=86400000$' log
}

@test "on a terminal waiting is the default, --no-wait leaves it out" {
	fake_dom0
	need script
	run script -qec "$bigdisk new web01 --dir d --size 128M --no-net" /dev/null
	[[ $status -eq 0 && $output == *"web01 is up: domain 7"* ]]
	grep -q '^wait ' log
	rm d/*
	: >domains
	: >log
	run script -qec "$bigdisk new web01 --dir d --size 128M --no-net --no-wait" /dev/null
	[[ $status -eq 0 && $output == *"web01 is running: domain 7"* ]]
	run ! grep '^wait ' log
}

@test "--json describes the running guest" {
	fake_dom0
	need jq
	new_web01 --json
	[[ $status -eq 0 && -z $stderr ]]
	jq -e '.state == "running" and .domid == 7 and .ready == false and .wait_seconds == 0
		and (.create_seconds | type) == "number"' <<<"$output"
	rm d/*
	: >domains
	new_web01 --json --wait
	jq -e '.state == "running" and .domid == 7 and .ready == true' <<<"$output"
}

@test "--json and --verbose say what the time was spent on, stage by stage" {
	fake_dom0
	need jq
	new_web01 --json --wait
	[[ $status -eq 0 ]]
	[[ $(jq -r '.stages | map(.stage) | join(" ")' <<<"$output") == "config bootloader domain disks unpause guest" ]]
	jq -e '.stages | all(.seconds >= 0)' <<<"$output"
	jq -e '(.stages | map(.seconds) | add) <= .create_seconds + .wait_seconds + 0.1' <<<"$output"
	: >domains
	bd start d/web01.cfg --json
	[[ $(jq -r '.stages | map(.stage) | join(" ")' <<<"$output") == "config bootloader domain disks unpause" ]]
	# What runs already has none.
	bd start d/web01.cfg --json
	jq -e '.changed == false and has("stages") == false' <<<"$output"
	: >domains
	bd start d/web01.cfg --verbose --wait
	[[ $stderr =~ "reading the config took "[0-9.]+" s" ]]
	[[ $stderr =~ "the boot loader took "[0-9.]+" s" ]]
	[[ $stderr =~ "building the domain took "[0-9.]+" s" ]]
	[[ $stderr =~ "connecting the disks took "[0-9.]+" s" ]]
	[[ $stderr =~ "unpausing the domain took "[0-9.]+" s" ]]
	[[ $stderr =~ "waiting for the guest's report took "[0-9.]+" s" ]]
	[[ $stderr != *network* ]]
}

@test "the boot loader's menu is shown on a terminal with --console only" {
	fake_dom0 create-fails
	need script
	new_web01 --no-start
	run script -qec "$bigdisk start d/web01.cfg" /dev/null
	run ! grep -q 'shows the boot loader' log
	bd start d/web01.cfg --console
	run ! grep -q 'shows the boot loader' log
	run script -qec "$bigdisk start d/web01.cfg --console" /dev/null
	grep -q 'shows the boot loader' log
}

@test "create fails: nothing is left, and the toolstack's message is passed on" {
	local mode text wanted
	for mode in create-fails create-no-memory domain-exists; do
		fake_dom0 "$mode"
		new_web01
		case $mode in
		create-fails) text='bootloader failed' wanted=1 ;;
		create-no-memory) text='Xen has 12 MiB free' wanted=6 ;;
		domain-exists) text='already exists' wanted=3 ;;
		esac
		refused "$wanted"
		[[ $stderr == *"cannot start web01: "*"$text"* ]]
		no_domain
	done
}

@test "create fails, with --keep-failed: the files stay, with a warning" {
	fake_dom0 create-fails
	new_web01 --keep-failed
	[[ $status -eq 1 ]]
	[[ $stderr == *"warning: its files are kept: $PWD/d/web01.img, $PWD/d/web01.cfg"* ]]
	is_guest d web01
	no_domain
}

@test "warnings of the toolstack are shown" {
	fake_dom0 create-warns
	new_web01
	[[ $status -eq 0 && $stderr == "xen-bigdisk: warning: cannot write the log: No such file or directory" ]]
}

@test "a guest that is slow to report is kept, with status 1, and told how to look" {
	fake_dom0 wait-times-out
	new_web01 --wait=5
	failed_with 1
	[[ $stderr == *"did not report within 5 s that it is up"*"xl console web01"*--timeout* ]]
	is_guest d web01
	grep -q ' web01$' domains
	run ! grep '^destroy' log
}

@test "a guest that crashes or powers off while it boots: domain and files are gone" {
	local mode
	for mode in wait-crashed wait-died dies-at-once; do
		fake_dom0 "$mode"
		new_web01 --wait
		refused 1
		[[ $stderr == *crashed* || $stderr == *"shut down"* || $stderr == *"ended immediately"* ]]
		no_domain
	done
}

@test "a guest that crashes while it boots and is restarted at once, with rename-restart: the new domain is gone" {
	fake_dom0 wait-crash-kept,shut-down=web01-20260102T030405Z
	new_web01 --wait
	refused 1
	[[ $stderr == *crashed* ]]
	grep -qx 'destroy domid=8' log
	run ! grep ' web01$' domains
}

@test "a crash with --keep-failed: the domain is gone, the files stay" {
	fake_dom0 wait-crashed
	new_web01 --wait --keep-failed
	[[ $status -eq 1 ]]
	is_guest d web01
	no_domain
}

@test "a domain that cannot be destroyed keeps its disk" {
	fake_dom0 wait-crashed,destroy-fails
	new_web01 --wait
	[[ $status -eq 1 ]]
	[[ $stderr == *"warning: domain 7 could not be destroyed"* ]]
	is_guest d web01
}

@test "a domain of that name runs already: nothing is made, nothing is touched" {
	fake_dom0
	echo "3 6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f60 web01" >domains
	new_web01
	refused 3
	[[ $stderr == *"web01"*"domid 3"* ]]
	[[ $(<domains) == "3 6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f60 web01" ]]
	run ! grep -E '^(create|destroy|shutdown)' log
	bd new Domain-0 --quiet --dir d --size 128M --no-net
	refused 2
}

@test "a missing bridge is reported before anything is created" {
	fake_dom0
	bd new web01 --quiet --dir d --size 128M --bridge nosuchbr0
	refused 1
	[[ $stderr == *nosuchbr0*--bridge*--no-net* ]]
	no_domain
	run ! grep '^create' log
}

@test "an interface that is there will do as a bridge" {
	fake_dom0
	bd new web01 --quiet --dir d --size 128M --bridge lo
	[[ $status -eq 0 ]]
	grep -qE '^vif = \[ "mac=00:16:3e:[0-9a-f:]{8}, bridge=lo" \]$' d/web01.cfg
}

@test "Ctrl-C and SIGTERM while the domain is created: nothing is left" {
	local signal
	for signal in INT TERM HUP; do
		fake_dom0 create-hangs
		stop_when "$signal" '^create' new web01 --quiet --dir d --size 128M --no-net
		[[ $status -eq $((128 + $(kill -l "$signal"))) ]]
		failed_with "$status"
		is_empty d
		no_domain
	done
}

@test "Ctrl-C and SIGTERM while the guest is waited for: domain and files are gone" {
	local signal
	for signal in INT TERM; do
		fake_dom0 wait-hangs
		stop_when "$signal" '^wait' new web01 --quiet --dir d --size 128M --no-net --wait=30
		[[ $status -eq $((128 + $(kill -l "$signal"))) ]]
		failed_with "$status"
		is_empty d
		no_domain
		grep -q '^destroy domid=7' log
	done
}

@test "--console becomes the console, and the guest stays" {
	fake_dom0
	bd new web01 --quiet --dir d --size 128M --no-net --console
	[[ $status -eq 0 && $output == "fake console" ]]
	grep -qx 'console domid=7' log
	is_guest d web01
	bd start web01 --dir d --console
	[[ $status -eq 0 && $output == "fake console" ]] # it runs already
	: >domains
	bd start web01 --quiet --dir d --console
	[[ $status -eq 0 && $output == "fake console" ]]
}

@test "a console that fails: status 1, and the guest stays" {
	fake_dom0 console-fails
	new_web01 --console
	failed_with 1
	is_guest d web01
	grep -q ' web01$' domains
}

@test "output into a pipe that nobody reads does not stop the boot half-way" {
	fake_dom0
	bash -c '"$@" 2>&1 | true' sh "$bigdisk" new web01 --dir d --size 128M --no-net --wait
	if grep -q ' web01$' domains; then
		is_guest d web01
	else
		is_empty d
	fi
}

@test "start boots a guest by name or by path" {
	local argument
	fake_dom0
	made_empty web01 --size 16M
	for argument in "web01 --dir d" ./d/web01.cfg "$PWD/d/web01.cfg" d/web01.cfg; do
		: >log
		: >domains
		# shellcheck disable=SC2086 # words are meant
		bd start $argument
		[[ $status -eq 0 && $output == "web01 is running: domain 7" ]]
		grep -qE "^create cfg=.*d/web01.cfg paused=0 monitor=1 cfg_bytes=$(stat -c %s d/web01.cfg)$" log
	done
	cp d/web01.cfg own.cfg
	: >domains
	bd start own.cfg
	[[ $status -eq 0 ]]
}

@test "start --wait and --json" {
	fake_dom0
	need jq
	made_empty web01 --size 16M
	bd start web01 --dir d --wait=7 --json
	[[ $status -eq 0 && -z $stderr ]]
	jq -e --arg uuid "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" '.state == "running" and .domid == 7
		and .ready == true and .uuid == $uuid' <<<"$output"
	grep -q 'for=ready timeout_ms=7000' log
}

@test "start never removes a guest's files, whatever fails" {
	local mode
	fake_dom0
	made_empty web01 --size 16M
	for mode in create-fails wait-times-out wait-crashed wait-died dies-at-once no-xen; do
		export FAKE_TOOLSTACK_MODE=$mode
		: >domains
		bd start web01 --quiet --dir d --wait
		failed_with "$([[ $mode == no-xen ]] && echo 7 || echo 1)"
		is_guest d web01
	done
}

@test "Ctrl-C while start waits: the guest goes on running" {
	fake_dom0 wait-hangs
	made_empty web01 --size 16M
	stop_when INT '^wait' start web01 --quiet --dir d --wait=30
	failed_with 130
	grep -q ' web01$' domains
	is_guest d web01
}

@test "Ctrl-C while start creates: no domain is left" {
	fake_dom0 create-hangs
	made_empty web01 --size 16M
	stop_when INT '^create' start web01 --quiet --dir d
	failed_with 130
	no_domain
	is_guest d web01
}

@test "start of what is not there: status 4 and the path; of what is no name: status 2" {
	fake_dom0
	bd start nobody --dir d
	failed_with 4
	[[ $stderr == *"d/nobody.cfg"* ]]
	bd start ./nobody.cfg
	failed_with 4
	bd start 'a b' --dir d
	failed_with 2
	bd start ./x.cfg --dir d
	failed_with 2
	bd start web01 --console --json
	failed_with 2
	bd start web01 --wait --no-wait
	failed_with 2
	[[ ! -s log ]]
}

@test "config prints what the plugin makes of a cfg, and passes its refusal on" {
	fake_dom0
	made_empty web01 --size 16M
	bd config web01 --dir d
	[[ $status -eq 0 && $output == '{"fake": "'*'d/web01.cfg"}' ]]
	FAKE_TOOLSTACK_MODE=bad-config
	bd config ./d/web01.cfg
	failed_with 1
	[[ $stderr == *':3: memory = 0: must be from 1'* ]]
}

@test "without a Xen: one clear line that names --no-start, before anything is made" {
	need_busybox
	[[ ! -e /sys/hypervisor/type ]] || skip "there is a hypervisor here"
	bd new web01 --quiet --dir d
	refused 7
	[[ $stderr == *"no Xen is running here"*--no-start* ]]
	made_empty web01 --size 16M
	bd start web01 --dir d
	failed_with 7
	[[ $stderr == *"no Xen is running here"* ]]
	is_guest d web01
}

@test "a plugin that is none, or missing: status 1, as the guest is not what is missing, and one line that names it" {
	echo 'no plugin' >plugin.so
	local path
	for path in "$PWD/plugin.so" "$PWD/nowhere.so"; do
		XEN_BIGDISK_TOOLSTACK=$path bd new web01 --quiet --dir d --no-net
		refused 1
		[[ $stderr == *"$path"* ]]
	done
}

@test "--wait 300, where --timeout 300 is meant, is usage, and nothing is started" {
	fake_dom0
	new_web01 --no-start
	bd start web01 --dir d --wait 300
	failed_with 2
	[[ $stderr == *"--timeout 300"* ]]
	no_domain
	bd new web02 --dir d --wait 300
	failed_with 2
	[[ $stderr == *"--timeout 300"* ]]
}
