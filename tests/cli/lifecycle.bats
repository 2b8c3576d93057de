#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest's life after `new`: stop, reboot, wait, console, rename, rm, autostart; with a toolstack plugin that is told how
# to behave: tests/unit/fake-toolstack.c.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# guests NAME...: files of guests that are not running; the images are the sparse files of a moment.
guests() {
	local name
	for name; do
		made_empty "$name" --size 16M --no-net --boot-sector none
	done
}

# runs NAME...: they run.
runs() {
	"$bigdisk" start "$@" --quiet --dir d
	: >log
}

is_running() {
	grep -q " $1$" domains || fail "$1 does not run"
}

is_stopped() {
	! grep -q " $1$" domains || fail "$1 runs"
}

# says TEXT: that is all that the last bd printed, and it went well.
says() {
	[[ $status -eq 0 ]] || fail "status $status"
	[[ $output == "$1" ]] || fail "printed: $output" "wanted:  $1"
}

# stop

@test "stop asks the guest to power off, and waits until it is gone" {
	fake_xen
	guests web01
	runs web01
	bd stop web01 --dir d
	says "web01 is stopped (domain 7)"
	is_stopped web01
	is_guest d web01
	uuid=$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)
	grep -qx 'shutdown domid=7 how=poweroff' log
	grep -qx "wait uuid=$uuid for=gone timeout_ms=60000" log
	run ! grep '^destroy' log
}

@test "stop of a guest that is not running says so, with status 0, as often as one likes" {
	fake_xen
	guests web01
	for _ in 1 2; do
		bd stop web01 --dir d
		says "web01 is not running: nothing to do"
	done
	run ! grep -E '^(shutdown|destroy)' log
}

@test "a guest that does not power off within the limit is left running, with status 1" {
	fake_xen shutdown-ignored
	guests web01
	runs web01
	bd stop web01 --quiet --dir d --timeout 2
	failed_with 1
	[[ $stderr == *"domain 7"*"still there after 2 s"*"--force"* ]]
	is_running web01
	grep -q 'for=gone timeout_ms=2000$' log
	run ! grep '^destroy' log
}

@test "stop --force destroys it after the limit, or when it cannot be asked" {
	local mode
	for mode in shutdown-ignored shutdown-refused; do
		fake_xen "$mode"
		rm -f d/*
		guests web01
		runs web01
		bd stop web01 --dir d --timeout 1 --force
		says "web01 was destroyed (domain 7)"
		[[ $(grep -E '^(shutdown|destroy)' log | xargs) == "shutdown domid=7 how=poweroff destroy domid=7" ]]
		is_stopped web01
	done
}

@test "stop --force --no-wait destroys at once, without asking" {
	fake_xen
	guests web01
	runs web01
	bd stop web01 --dir d --no-wait --force
	says "web01 was destroyed (domain 7)"
	run ! grep '^shutdown' log
	is_guest d web01
}

@test "stop --no-wait asks only" {
	fake_xen shutdown-ignored
	guests web01
	runs web01
	bd stop web01 --dir d --no-wait
	says "web01 was asked to power off (domain 7)"
	run ! grep '^wait' log
}

@test "the time limit as it was spelt once: --wait 2, --wait=2; --help does not show it" {
	local spelling command
	fake_xen shutdown-ignored
	guests web01
	runs web01
	for spelling in '--wait 2' --wait=2 '--timeout 2' '--wait --timeout=2'; do
		: >log
		bd stop web01 --quiet --dir d $spelling
		failed_with 1
		grep -q 'for=gone timeout_ms=2000$' log
	done
	bd stop web01 --dir d --wait 0
	says "web01 was asked to power off (domain 7)"
	for command in start stop reboot; do
		bd $command --help
		[[ $output == *"  --timeout SECONDS"* && $output == *"  --wait  "* && $output == *"  --no-wait  "* ]]
		bd $command web01 --dir d --no-wait --timeout 3
		failed_with 2
	done
}

@test "a guest that does not listen to Xen: status 1, and --force is named" {
	fake_xen shutdown-refused
	guests web01
	runs web01
	bd stop web01 --quiet --dir d
	failed_with 1
	[[ $stderr == *"cannot be asked"*"--force"* ]]
	is_running web01
}

@test "a domain that cannot be destroyed: status 1" {
	fake_xen destroy-fails
	guests web01
	runs web01
	bd stop web01 --quiet --dir d --force --no-wait
	failed_with 1
}

@test "a guest that does not take note at once is asked again" {
	fake_xen shutdown-late
	guests web01
	runs web01
	bd stop web01 --dir d
	says "web01 is stopped (domain 7)"
	[[ $(grep -c '^shutdown' log) -eq 2 ]]
}

@test "a paused guest is not asked, and xl unpause is named; --force destroys it" {
	fake_xen paused
	guests web01
	runs web01
	bd stop web01 --quiet --dir d
	failed_with 1
	[[ $stderr == *"web01 (domain 7) is paused"*"xl unpause 7"*"--force"* ]]
	run ! grep '^shutdown' log
	bd stop web01 --dir d --force
	says "web01 was destroyed (domain 7)"
	run ! grep '^shutdown' log
}

@test "Ctrl-C while stop waits: status 130, and the guest is not destroyed" {
	fake_xen wait-hangs
	guests web01
	FAKE_TOOLSTACK_MODE='' runs web01
	export FAKE_TOOLSTACK_MODE=wait-hangs,shutdown-ignored
	"${default_signals[@]}" "$bigdisk" stop web01 --quiet --dir d --force >out 2>err 3>&- &
	local pid=$!
	until_true grep -q '^wait' log
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	[[ $status -eq 130 ]]
	is_running web01
	run ! grep '^destroy' log
}

# Several at once

@test "several guests: each is seen to, one line each, in order" {
	fake_xen
	guests a b c
	bd start a b c --dir d
	says "a is running: domain 7
b is running: domain 8
c is running: domain 9"
	bd stop c a --dir d
	says "c is stopped (domain 9)
a is stopped (domain 7)"
	is_running b
}

@test "one's failure does not stop the others; the status is the first failure's" {
	fake_xen
	guests a c
	bd start a nobody c 'no name' --quiet --dir d
	[[ $status -eq 4 && -z $output ]]
	is_running a
	is_running c
	[[ $(grep -c '^xen-bigdisk: error: ' <<<"$stderr") -eq 3 ]]
	[[ $stderr == *"there is no guest nobody"*"cannot start 2 of 4 guests" ]]
	bd stop 'no name' nobody a --quiet --dir d
	[[ $status -eq 2 ]]
	is_stopped a
}

@test "--json of one guest is an object, of several an object with all of them and their errors" {
	fake_xen
	need jq
	guests a b
	bd start a --dir d --json
	jq -e '.name == "a" and .state == "running" and .domid == 7 and .changed == true' <<<"$output"
	bd start a nobody b --dir d --json
	[[ $status -eq 4 ]]
	jq -e '[.guests[].name] == ["a", "nobody", "b"] and [.guests[].state] == ["running", "failed", "running"]
		and (.guests[1].error | .kind == "not_found" and (.message | test("no guest nobody"))) and .guests[0].changed == false
		and .guests[2].changed == true' <<<"$output"
	bd stop a --dir d --json
	jq -e --arg uuid "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/a.cfg)" --arg cfg "$PWD/d/a.cfg" '.state == "stopped"
		and .changed == true and .domid == 7 and .uuid == $uuid and .cfg == $cfg' <<<"$output"
	bd stop a --dir d --json
	jq -e '.state == "stopped" and .changed == false and (has("domid") | not)' <<<"$output"
	bd stop b --dir d --json --force --no-wait
	jq -e '.state == "destroyed"' <<<"$output"
}

@test "start of a guest that runs already says so, with status 0, and makes no domain" {
	fake_xen
	guests web01
	runs web01
	bd start web01 --dir d
	says "web01 is already running: domain 7"
	run ! grep '^create' log
	bd start web01 --dir d --wait
	says "web01 is already up: domain 7"
}

@test "a signal before the first guest is no success" {
	fake_xen
	need_strace
	local n several caught
	guests web01 web02
	runs web01 web02
	for several in '' web02; do
		caught=0
		for ((n = 1; n < 60; n++)); do
			status=0
			# shellcheck disable=SC2086 # none is meant, too
			"${default_signals[@]}" strace -qq -o trace -e trace=rt_sigaction -e inject="rt_sigaction:signal=INT:when=$n" \
				"$bigdisk" stop web01 $several --quiet --dir d >out 2>err || status=$?
			[[ $(grep -c '^rt_sigaction(' trace) -ge $n ]] || break
			[[ $status -eq 130 && ! -s out ]] || fail "status $status after $n: $(<err)"
			caught=$((caught + $(grep -c 'stopped by Ctrl-C' err || true)))
		done
		[[ $caught -gt 0 ]]
		is_stopped web01 # by the last one, which no signal reached
		"$bigdisk" start web01 web02 --quiet --dir d
	done
}

@test "a domain that has only the name, or only the UUID, of a guest: status 5, and nothing is done" {
	fake_xen
	local command line uuid
	guests web01 web02
	uuid=$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)
	cp -r d before
	for line in "7 6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f60 web01" "7 $uuid web02"; do
		for command in "start web01" "stop web01" "reboot web01" "rm web01 --yes --force" "rename web01 web03" \
			"clone web01 web03"; do
			echo "$line" >domains
			# shellcheck disable=SC2086 # words are meant
			bd $command --quiet --dir d
			failed_with 5
			[[ $stderr == *"domain 7"*"UUID"*"$PWD/d/web01.cfg"*"xl shutdown 7"* ]]
			[[ $(<domains) == "$line" ]]
			diff -r before d
		done
	done
	run ! grep -E '^(create|shutdown|destroy)' log
}

@test "what rename-restart keeps of a guest that crashed is not in its way" {
	fake_xen
	local kept stamp uuid
	for stamp in 20260102T0304Z 20260102T030405Z; do # by xl, by the plugin's monitor
		guests web01
		uuid=$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)
		kept="3 $uuid web01-$stamp"
		export FAKE_TOOLSTACK_MODE=shut-down=web01-$stamp
		echo "$kept" >domains
		bd start web01 --dir d
		says "web01 is running: domain 7"
		bd show web01 --dir d
		[[ $status -eq 0 && $output == "web01: running, domain 7"* ]]
		bd stop web01 --dir d
		says "web01 is stopped (domain 7)"
		[[ $(<domains) == "$kept" ]]
		bd stop web01 --dir d
		says "web01 is stopped (domain 3)"
		bd rm web01 --yes --quiet --dir d
		failed_with 5
		[[ $stderr == *"web01 has ended"*"web01-$stamp (domain 3)"*"xen-bigdisk stop --force $PWD/d/web01.cfg"* ]]
		is_guest d web01
		runs web01
		bd rm web01 --yes --dir d --force
		says "web01 removed, and its domain destroyed: $PWD/d/web01.img, $PWD/d/web01.cfg"
		[[ $(grep '^destroy' log | xargs) == "destroy domid=7 destroy domid=3" && ! -s domains ]]
		is_empty d
		: >log
	done
}

@test "a domain of such a name that runs, or has another one, is not taken for what is kept" {
	fake_xen
	guests web01
	uuid=$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)
	local name
	for name in web01-20260102T0304 web01-20260102T03Z web0120260102T0304Z web011-20260102T0304Z \
		web01-20260102T0304Z-20260102T0304Z; do
		echo "3 $uuid $name" >domains
		FAKE_TOOLSTACK_MODE=shut-down=$name bd start web01 --quiet --dir d
		failed_with 5
	done
	echo "3 $uuid web01-20260102T0304Z" >domains
	bd start web01 --quiet --dir d
	failed_with 5
	run ! grep '^create' log
}

@test "a name is that which the cfg gives, whatever its file is called" {
	fake_xen
	guests db01
	mv d/db01.cfg d/web01.cfg
	bd rm web01 --yes --quiet --dir d
	failed_with 1
	[[ $stderr == *"$PWD/d/web01.cfg is the config of db01"*path* ]]
	holds d db01.img web01.cfg
	bd start db01 --dir d
	says "db01 is running: domain 7"
	cp d/web01.cfg d/third.cfg
	bd stop db01 --quiet --dir d
	failed_with 1
	[[ $stderr == *"both d/third.cfg and d/web01.cfg are configs of db01"* ]]
	bd stop d/web01.cfg
	says "db01 is stopped (domain 7)"
}

# reboot, wait, console

@test "list, show, config and the commands agree on what a guest's name is, also where two files have changed names" {
	need jq
	fake_xen
	guests web01 web02
	mv d/web01.cfg d/swap.cfg
	mv d/web02.cfg d/web01.cfg
	mv d/swap.cfg d/web02.cfg
	bd list web01 --dir d --json
	jq -e --arg cfg "$PWD/d/web02.cfg" '[.guests[].cfg] == [$cfg]' <<<"$output"
	bd show web01 --dir d --json
	jq -e --arg cfg "$PWD/d/web02.cfg" '.name == "web01" and .cfg == $cfg' <<<"$output"
	bd config web01 --dir d
	grep -q "describe.*web02.cfg" log
	bd start web01 --dir d --json
	jq -e --arg cfg "$PWD/d/web02.cfg" '.name == "web01" and .cfg == $cfg' <<<"$output"
	bd stop web01 --dir d --quiet
	bd rm web01 --dir d --yes --json
	jq -e --arg image "$PWD/d/web01.img" '.name == "web01" and (.removed | index($image)) != null' <<<"$output"
	holds d web02.img web01.cfg
	rm d/web01.cfg
	for command in show config start 'rm --yes'; do
		bd $command web01 --dir d
		failed_with 4
	done
	made_empty db01 --size 16M --no-net
	mv d/db01.cfg d/web01.cfg
	for command in show config start 'rm --yes'; do
		bd $command web01 --dir d
		failed_with 1
		[[ $stderr == *"$PWD/d/web01.cfg is the config of db01"* ]]
	done
}

@test "reboot asks for it; with --wait it waits for the new domain to be up" {
	fake_xen
	guests web01
	runs web01
	bd reboot web01 --dir d
	says "web01 was asked to reboot: domain 7"
	run ! grep '^wait' log
	bd reboot web01 --dir d --timeout=30
	says "web01 is up again: domain 9"
	grep -qx 'shutdown domid=8 how=reboot' log
	grep -q 'for=ready timeout_ms=' log
	is_running web01
	bd reboot web01 --dir d --json --wait
	need jq
	jq -e '.state == "running" and .domid == 10 and .ready == true' <<<"$output"
}

@test "a guest that does not come back: status 1, within the limit" {
	fake_xen shutdown-ignored
	guests web01
	runs web01
	bd reboot web01 --quiet --dir d --timeout=1
	failed_with 1
	[[ $stderr == *"no new domain appeared within 1 s"*on_reboot* ]]
}

@test "reboot is told of the new domain, and looks at the domains only then" {
	local pid
	fake_xen foreign-stuck
	guests web01
	runs web01
	"$bigdisk" reboot web01 --dir d --timeout=600 >out 3>&- &
	pid=$!
	until_true waits_for_change
	change_domains 's/^7 /8 /'
	wait "$pid"
	[[ $(<out) == "web01 is up again: domain 8" ]]
	looks shutdown 'wait uuid'
}

@test "Ctrl-C ends reboot while no new domain comes" {
	local pid status=0
	fake_xen shutdown-ignored
	guests web01
	runs web01
	"${default_signals[@]}" "$bigdisk" reboot web01 --quiet --dir d --timeout=600 2>err 3>&- &
	pid=$!
	until_true waits_for_change
	kill -INT "$pid"
	wait "$pid" || status=$?
	[[ $status -eq 130 ]] || fail "status $status: $(<err)"
}

@test "reboot, console and wait of a guest that does not run: status 1, and how to start it" {
	local command
	fake_xen
	guests web01
	for command in reboot console wait; do
		bd "$command" web01 --quiet --dir d
		failed_with 1
		[[ $stderr == *"web01 is not running"*"xen-bigdisk start"* ]]
	done
}

@test "wait --for ready, kernel, gone" {
	fake_xen
	guests web01
	runs web01
	bd wait web01 --dir d
	says "web01 is up: domain 7"
	grep -q 'for=ready timeout_ms=120000' log
	bd wait web01 --dir d --for kernel --timeout=9
	says "web01 listens to Xen: domain 7"
	grep -q 'for=kernel timeout_ms=9000' log
	"$bigdisk" stop web01 --quiet --dir d
	bd wait web01 --dir d --for gone
	says "web01 is gone"
	bd wait web01 --dir d --for ever
	failed_with 2
}

@test "wait: what comes of the guest is told apart" {
	local mode
	fake_xen
	guests web01
	runs web01
	for mode in "wait-times-out is not up after 3 s" "wait-crashed crashed" "wait-died shut down"; do
		FAKE_TOOLSTACK_MODE=${mode%% *} bd wait web01 --quiet --dir d --timeout 3
		failed_with 1
		[[ $stderr == *"web01 ${mode#* }"* ]]
	done
}

@test "console becomes the guest's console" {
	fake_xen
	guests web01
	runs web01
	bd console web01 --dir d
	says "fake console"
	grep -qx 'console domid=7' log
}

# rm

@test "rm --dry-run says what would go, asks nothing and changes nothing" {
	fake_xen
	need jq
	guests web01
	bd rm web01 --dir d --dry-run
	says "web01 would be removed: $PWD/d/web01.img, $PWD/d/web01.cfg"
	is_guest d web01
	runs web01
	bd rm web01 --dir d --dry-run
	failed_with 5
	bd rm web01 --dir d --dry-run --force --json
	jq -e --arg d "$PWD/d" '.state == "planned" and .destroyed and .removed == [$d + "/web01.img", $d + "/web01.cfg"]' <<<"$output"
	is_running web01
	is_guest d web01
	run ! grep -E '^(destroy|shutdown)' log
}

@test "rm removes image and cfg, names them, and touches nothing else" {
	fake_xen
	guests web01 web02
	echo mine >d/web01.img.bak
	echo mine >d/web01.txt
	bd rm web01 --yes --dir d
	says "web01 removed: $PWD/d/web01.img, $PWD/d/web01.cfg"
	holds d web02.img web02.cfg web01.img.bak web01.txt
}

@test "rm removes the kernel and initramfs that were extracted for it" {
	fake_xen
	guests web01
	echo kernel >d/web01.vmlinuz
	echo initramfs >d/web01.initramfs
	printf 'kernel = "%s"\nramdisk = "%s"\n' "$PWD/d/web01.vmlinuz" "$PWD/d/web01.initramfs" >>d/web01.cfg
	sed -i '/^bootloader/d' d/web01.cfg
	bd rm web01 --yes --dir d
	[[ $status -eq 0 ]]
	is_empty d
}

@test "rm leaves a kernel that the cfg does not name, and one that has another name" {
	fake_xen
	guests web01
	echo kernel >d/web01.vmlinuz
	echo grub >d/grub.bin
	sed -i '/^bootloader/d' d/web01.cfg
	echo "kernel = \"$PWD/d/grub.bin\"" >>d/web01.cfg
	bd rm web01 --yes --quiet --dir d
	[[ $status -eq 0 && -z $output ]]
	holds d web01.vmlinuz grub.bin
}

@test "disks of other names, links and shared images stay, and are named" {
	fake_xen
	guests web01 web02 web03
	echo data >d/data.img
	sed -i "s|^disk = .*|disk = [ \"format=raw,vdev=xvda,access=rw,target=$PWD/d/web01.img\", \"format=raw,vdev=xvdb,access=rw,target=$PWD/d/data.img\", \"format=raw,vdev=xvdc,access=rw,target=/dev/null\" ]|" d/web01.cfg
	bd rm web01 --yes --dir d
	[[ $status -eq 0 ]]
	[[ $output == *"$PWD/d/data.img kept: it does not have the guest's name"* ]]
	[[ $output == *"/dev/null kept: it is a device"* ]]
	[[ -e /dev/null ]]
	holds d web02.img web02.cfg web03.img web03.cfg data.img
	sed -i "s|web03.img|web02.img|" d/web03.cfg
	bd rm web02 --yes --dir d
	[[ $status -eq 0 && $output == *"$PWD/d/web02.img kept: another guest's cfg names it too"* ]]
	holds d web02.img web03.img web03.cfg data.img
	guests web04
	mv d/web04.img elsewhere.img
	ln -s "$PWD/elsewhere.img" d/web04.img
	bd rm web04 --yes --dir d
	[[ $status -eq 0 && $output == *"$PWD/d/web04.img kept: it is a symbolic link"* ]]
	[[ -e elsewhere.img && -L d/web04.img ]]
}

@test "rm --json lists what was removed and what was kept" {
	fake_xen
	need jq
	guests web01
	echo data >d/data.img
	sed -i "s|^disk = .*|disk = [ \"format=raw,vdev=xvda,access=rw,target=$PWD/d/web01.img\", \"format=raw,vdev=xvdb,access=rw,target=$PWD/d/data.img\" ]|" d/web01.cfg
	bd rm web01 --yes --dir d --json
	[[ $status -eq 0 && -z $stderr ]]
	jq -e --arg d "$PWD/d" '.state == "removed" and .removed == [$d + "/web01.img", $d + "/web01.cfg"]
		and .kept == [{path: ($d + "/data.img"), reason: "it does not have the guest'"'"'s name"}]
		and .destroyed == false' <<<"$output"
	bd rm web01 --yes --dir d --json --if-exists
	jq -e '.name == "web01" and .state == "absent"' <<<"$output"
}

@test "a running guest is refused with status 5; --force destroys it first" {
	fake_xen
	guests web01
	runs web01
	bd rm web01 --yes --quiet --dir d
	failed_with 5
	[[ $stderr == *"web01 is running (domain 7)"* ]]
	is_guest d web01
	is_running web01
	bd rm web01 --yes --dir d --force
	says "web01 removed, and its domain destroyed: $PWD/d/web01.img, $PWD/d/web01.cfg"
	is_stopped web01
	is_empty d
}

@test "a guest that cannot be destroyed keeps its files" {
	fake_xen destroy-fails
	guests web01
	runs web01
	bd rm web01 --yes --quiet --dir d --force
	failed_with 1
	is_guest d web01
}

@test "without a terminal rm needs --yes; on one it asks" {
	fake_xen
	need script
	guests web01
	bd rm web01 --dir d </dev/null
	failed_with 2
	[[ $stderr == *--yes* ]]
	is_guest d web01
	run script -qec "$bigdisk rm web01 --dir d" /dev/null <<<n
	[[ $status -eq 1 && $output == *"$PWD/d/web01.img"*"Remove web01? [y/N]"*"was not changed"* ]]
	is_guest d web01
	run script -qec "$bigdisk rm web01 --dir d" /dev/null <<<y
	[[ $status -eq 0 && $output == *"web01 removed"* ]]
	is_empty d
}

@test "an answer is a whole line, and only y or yes is one" {
	fake_xen
	need script
	local answers
	guests web01 web02
	for answers in $'0123456789abcdey\nn' $'yikes\nyes please' $'\nY n'; do
		run script -qec "$bigdisk rm web01 web02 --dir d" /dev/null <<<"$answers"
		[[ $status -ne 0 && $output == *"Remove web01?"*"web01 was not changed"*"Remove web02?"*"web02 was not changed"* ]]
		holds d web01.img web01.cfg web02.img web02.cfg
	done
	run script -qec "$bigdisk rm web01 web02 --dir d" /dev/null <<<$'YES\nno'
	holds d web02.img web02.cfg
}

# answered_after CHANGE ARGUMENTS...: the program asks on a terminal, CHANGE happens, and the answer is yes.
answered_after() {
	local change=$1 answer pid
	shift
	rm -f fifo out
	mkfifo fifo
	script -qec "$bigdisk $*" /dev/null <fifo >out 3>&- &
	pid=$!
	exec {answer}>fifo
	until_true grep -q '\[y/N\]' out
	eval "$change"
	echo y >&"$answer"
	status=0
	wait "$pid" || status=$?
	exec {answer}>&-
	output=$(<out)
	printf '%s\n' "$change" "-> status $status" "$output"
}

@test "a guest that was replaced while rm asked is not touched" {
	fake_xen
	need script
	local change
	for change in "sed -i 's/^uuid.*/uuid = \"6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f60\"/' d/web01.cfg" \
		"sed -i '/^uuid/d' d/web01.cfg" "sed -i 's/^name.*/name = \"db01\"/' d/web01.cfg" \
		"sed -i 's/web01.img/web02.img/' d/web01.cfg" "echo new >d/web01.vmlinuz" "rm d/web02.cfg" \
		"echo 'ramdisk = \"$PWD/d/web01.initramfs\"' >>d/web01.cfg"; do
		rm -rf d
		mkdir d
		guests web01 web02
		sed -i '/^bootloader/d' d/web01.cfg
		echo "kernel = \"$PWD/d/web01.vmlinuz\"" >>d/web01.cfg
		sed -i 's/web02.img/web01.img/' d/web02.cfg
		answered_after "$change; rm -rf after; cp -a d after" rm web01 --dir d
		[[ $status -eq 1 && $output == *"web01 was changed meanwhile; nothing was removed; try again"* ]] || fail "$change"
		diff -r after d
	done
}

@test "rm --force destroys no domain that there was not when it asked" {
	fake_xen
	need script
	guests web01
	answered_after 'runs web01' rm web01 --force --dir d
	[[ $status -eq 5 && $output == *"This removes web01 for good:"*"web01 is running (domain 7) and was not changed"* ]]
	is_running web01
	is_guest d web01
	export FAKE_TOOLSTACK_MODE=shut-down
	answered_after true rm web01 --force --dir d
	[[ $status -eq 0 && $output == *"and destroys what is left of its domain:"*"web01 removed"* ]]
	is_stopped web01
	export FAKE_TOOLSTACK_MODE=''
	guests web01
	runs web01
	answered_after true rm web01 --force --dir d
	[[ $status -eq 0 && $output == *"and destroys its running domain:"*"web01 removed"* ]]
	is_stopped web01
	is_empty d
}

@test "an image that another program has open for writing: rm and rename are refused with status 5" {
	fake_xen
	guests web01
	exec {fd}>>d/web01.img
	bd rm web01 --yes --quiet --dir d
	failed_with 5
	[[ $stderr == *"$PWD/d/web01.img is in use"* ]]
	bd rename web01 web02 --quiet --dir d
	failed_with 5
	exec {fd}>&-
	is_guest d web01
	bd rename web01 web02 --quiet --dir d
	[[ $status -eq 0 ]]
	bd rm web02 --yes --quiet --dir d
	[[ $status -eq 0 ]]
	is_empty d
}

@test "a cfg of the folder that cannot be read may name the files: rm and rename are refused, nothing is stopped" {
	fake_xen
	guests web01
	runs web01
	echo "disk = [ 'target=$PWD/d/web01.img" >d/broken.cfg
	bd rm web01 --yes --quiet --dir d --force
	failed_with 1
	[[ $stderr == *"$PWD/d/broken.cfg"*"may use files of web01"* ]]
	is_running web01
	: >domains
	bd rename web01 web02 --quiet --dir d
	failed_with 1
	holds d web01.img web01.cfg broken.cfg
}

@test "a domain that is dying: rm says to try again" {
	fake_xen
	guests web01
	runs web01
	FAKE_TOOLSTACK_MODE=dying bd rm web01 --yes --quiet --dir d
	failed_with 5
	[[ $stderr == *"web01 (domain 7) is being destroyed; try again"* ]]
	is_guest d web01
}

@test "rm of what is not there: status 4; with --if-exists 0" {
	fake_xen
	bd rm nobody --yes --quiet --dir d
	failed_with 4
	bd rm nobody --yes --dir d --if-exists
	says "nobody does not exist: nothing to do"
}

@test "rm works where no Xen runs" {
	[[ ! -e /sys/hypervisor/type ]] || skip "there is a hypervisor here"
	guests web01
	bd rm web01 --yes --quiet --dir d
	[[ $status -eq 0 ]]
	is_empty d
}

@test "a guest that may be running is not touched" {
	local command fake=${bigdisk%/*}/tests/fake-toolstack.so
	[[ -e $fake ]] || skip "$fake is not built"
	guests web01
	for command in "rm web01 --yes --force" "rename web01 web02" "clone web01 web02"; do
		# shellcheck disable=SC2086 # words are meant
		XEN_BIGDISK_TOOLSTACK=$PWD/nowhere.so bd $command --quiet --dir d
		failed_with 1
		[[ $stderr == *"cannot tell whether web01 runs: "*"$PWD/nowhere.so"* ]]
		# shellcheck disable=SC2086
		FAKE_TOOLSTACK_ABI=99 XEN_BIGDISK_TOOLSTACK=$fake bd $command --quiet --dir d
		failed_with 1
		[[ $stderr == *"cannot tell whether web01 runs: "*"ABI 99"* ]]
		is_guest d web01
	done
}

@test "a Xen of an unknown release is a Xen" {
	need_mount_namespaces
	guests web01
	run --separate-stderr unshare -m sh -ec "mount -t tmpfs sys /sys; mkdir -p /sys/hypervisor/version
		echo xen >/sys/hypervisor/type; echo new >/sys/hypervisor/version/major; echo 1 >/sys/hypervisor/version/minor
		exec $bigdisk rm web01 --yes --quiet --dir d"
	failed_with 1
	[[ $stderr == *"cannot tell whether web01 runs: cannot determine Xen's release"*'"new.1"'* ]]
	is_guest d web01
}

@test "rm --if-exists: a guest is absent only if its config was looked for everywhere" {
	guests web01
	bd rm nobody --yes --if-exists --dir nowhere
	failed_with 4
	[[ $stderr == *"the directory nowhere does not exist"* ]]
	bd rm ./nowhere/nobody.cfg --yes --if-exists
	failed_with 4
	ln -s gone.cfg d/web02.cfg
	bd rm web02 --yes --if-exists --dir d
	failed_with 1
	[[ $stderr == *"d/web02.cfg is a dangling symbolic link"* ]]
	ln -s web03.cfg d/web03.cfg
	bd rm web03 --yes --if-exists --dir d
	failed_with 1
	bd rm nobody --yes --if-exists --dir d/web01.cfg
	failed_with 1
	rm d/web0[23].cfg
	printf 'name = "nobody\n' >d/other.cfg
	bd rm nobody --yes --if-exists --dir d
	failed_with 4
	[[ $stderr == *"d/other.cfg"*"line 1"* ]]
	rm d/other.cfg
	bd rm nobody --yes --if-exists --dir d
	says "nobody does not exist: nothing to do"
	is_guest d web01
}

@test "rm --if-exists: files of a guest whose config is gone are left, and warned of" {
	guests web01 web02
	made_empty web03 --size 16M --disk 16M
	rm d/web03.cfg
	bd rm web03 --yes --if-exists --dir d
	[[ $status -eq 0 && $output == "web03 does not exist: nothing to do" ]]
	[[ $(grep -c "^xen-bigdisk: warning: $PWD/d/web03\(_disk2\)\?.img has the name of a file of web03, but no config names it" <<<"$stderr") -eq 2 ]]
	[[ -e d/web03.img && -e d/web03_disk2.img ]]
	bd rm web03 --yes --quiet --dir d
	[[ $status -eq 4 && $stderr == *"d/web03.img has the name"*"there is no guest web03"* ]] || fail "$stderr"
	# What another guest has for a disk is not in the way of that.
	sed -i "s,web02.img,web03.img," d/web02.cfg
	bd rm web03 --yes --if-exists --dir d
	[[ $stderr != *"d/web03.img"* && $stderr == *"d/web03_disk2.img"* ]]
}

@test "rm --if-exists of what may not be seen fails" {
	need_root
	need setpriv
	guests web01
	chmod 755 . .. ../..
	local mode
	for mode in 700 711; do
		chmod "$mode" d
		run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
			"$bigdisk" rm nobody --yes --if-exists --dir d
		failed_with 1
		[[ $stderr == *"cannot tell whether there is a guest nobody"*"Permission denied"* ]]
	done
	chmod 755 d
	chmod 600 d/web01.cfg
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$bigdisk" rm nobody --yes --if-exists --dir d
	failed_with 4
	[[ $stderr == *"d/web01.cfg: Permission denied"* ]]
	is_guest d web01
}

@test "new --if-absent and show say what they cannot see" {
	ln -s gone.cfg d/web02.cfg
	bd new web02 --no-start --template none --size 16M --dir d --if-absent --quiet
	failed_with 1
	[[ $stderr == *"d/web02.cfg"* ]]
	bd show web02 --dir d
	failed_with 1
	[[ $stderr == *"d/web02.cfg is a dangling symbolic link"* ]]
}

@test "while another process is at work on the guest: status 5" {
	fake_xen create-hangs
	guests web01
	"$bigdisk" start web01 --quiet --dir d 3>&- &
	local pid=$!
	until_true grep -q '^create' log
	FAKE_TOOLSTACK_MODE='' bd rm web01 --yes --quiet --dir d
	kill "$pid"
	wait "$pid" || true
	failed_with 5
	[[ $stderr == *"at work on"* ]]
	is_guest d web01
}

@test "a link to a cfg is not the cfg" {
	fake_xen
	guests web01
	ln -s d/web01.cfg link.cfg
	bd rm ./link.cfg --yes --quiet
	failed_with 1
	bd rename ./link.cfg web02 --quiet
	failed_with 1
	is_guest d web01
}

# killed SYSCALL N ARGUMENTS...: the program is killed at the Nth call of it; 1: there was no Nth.
killed() {
	local call=$1 n=$2
	shift 2
	status=0
	strace -qq -o trace -e trace="$call" -e inject="$call:signal=KILL:when=$n" "$bigdisk" "$@" >out 2>err || status=$?
	[[ $(grep -cE "^$call\(" trace) -ge $n ]]
}

@test "rm that is killed at any step is completed by the next one" {
	fake_xen
	need_strace
	local call n
	for call in unlink openat fsync fcntl; do
		for ((n = 1; n < 60; n++)); do
			rm -rf d
			mkdir d
			guests web01 web02
			killed "$call" "$n" rm web01 --yes --quiet --dir d || break
			[[ -e d/web01.cfg || ! -e d/web01.img ]] || fail "an image without a cfg after $call $n"
			bd rm web01 --yes --quiet --if-exists --dir d
			[[ $status -eq 0 ]] || fail "after $call $n: $stderr"
			is_guest d web02
		done
		((n > 1)) || fail "no calls of $call"
	done
}

# rename

renamed_is_whole() {
	is_guest d web02
	grep -qx 'name = "web02"' d/web02.cfg
	grep -q "target=$PWD/d/web02.img" d/web02.cfg
	run ! grep -q web01 d/web02.cfg
}

@test "rename gives cfg and image the new name, and changes nothing else in the cfg" {
	fake_xen
	guests web01
	printf '\n# a comment, 100%% mine\nextra = "x"\n' >>d/web01.cfg
	sed 's/web01/web02/g' d/web01.cfg >wanted
	inode=$(stat -c %i d/web01.img)
	chmod 640 d/web01.cfg
	bd rename web01 web02 --dir d
	[[ $status -eq 0 && $output == "web01 renamed to web02: $PWD/d/web02.cfg"*"host name inside the guest"* ]]
	renamed_is_whole
	diff wanted d/web02.cfg
	[[ $(stat -c %i d/web02.img) == "$inode" && $(stat -c %a d/web02.cfg) == 640 ]]
	bd start web02 --quiet --dir d
	[[ $status -eq 0 ]]
	is_running web02
}

@test "rename takes extracted kernels along, and leaves other disks" {
	fake_xen
	guests web01
	echo kernel >d/web01.vmlinuz
	echo data >d/web01.img.2
	sed -i '/^bootloader/d' d/web01.cfg
	sed -i "s|^disk = .*|disk = [ 'format=raw,vdev=xvda,access=rw,target=$PWD/d/web01.img', 'format=raw,vdev=xvdb,access=rw,target=$PWD/d/web01.img.2' ]|" d/web01.cfg
	echo "kernel = '$PWD/d/web01.vmlinuz'" >>d/web01.cfg
	bd rename web01 web02 --dir d
	[[ $status -eq 0 && $output == *"$PWD/d/web01.img.2 keeps its name"* ]]
	holds d web02.cfg web02.img web02.vmlinuz web01.img.2
	grep -q "kernel = '$PWD/d/web02.vmlinuz'" d/web02.cfg
	grep -q "target=$PWD/d/web01.img.2'" d/web02.cfg
}

@test "rename --json" {
	fake_xen
	need jq
	guests web01
	bd rename web01 web02 --dir d --json
	jq -e --arg d "$PWD/d" '.name == "web02" and .old_name == "web01" and .cfg == $d + "/web02.cfg"
		and .state == "renamed" and .disks == [$d + "/web02.img"]' <<<"$output"
}

@test "rename --dry-run says what would be renamed, refuses what rename refuses, and changes nothing" {
	fake_xen
	need jq
	guests web01 web03
	cp d/web01.cfg before
	bd rename web01 web02 --dir d --dry-run
	[[ $status -eq 0 && $output == "web01 would be renamed to web02: $PWD/d/web02.cfg"* ]]
	[[ $output == *"$PWD/d/web01.img would be renamed to $PWD/d/web02.img"* ]]
	bd rename web01 web02 --dir d --dry-run --json
	jq -e --arg d "$PWD/d" '.name == "web02" and .old_name == "web01" and .cfg == $d + "/web02.cfg"
		and .state == "planned" and .disks == [$d + "/web02.img"]' <<<"$output"
	bd rename web01 web03 --quiet --dir d --dry-run
	failed_with 3
	runs web01
	bd rename web01 web02 --quiet --dir d --dry-run
	failed_with 5
	cmp before d/web01.cfg
	holds d web01.img web01.cfg web03.img web03.cfg
}

@test "rename refuses a running guest, a taken name and an invalid name; nothing is changed" {
	fake_xen
	guests web01 web03
	cp d/web01.cfg before
	bd rename web01 web03 --quiet --dir d
	failed_with 3
	bd rename web01 'a b' --quiet --dir d
	failed_with 2
	bd rename web01 web01 --quiet --dir d
	failed_with 2
	bd rename nobody web02 --quiet --dir d
	failed_with 4
	echo mine >d/web02.img
	bd rename web01 web02 --quiet --dir d
	failed_with 3
	[[ $stderr == *"$PWD/d/web02.img already exists"* ]]
	rm d/web02.img
	sed 's/web03/web02/' d/web03.cfg >d/other.cfg
	bd rename web01 web02 --quiet --dir d
	failed_with 3
	rm d/other.cfg
	echo "3 6d9f5f3a-1f7c-4c55-9d0e-3b1c2a4e5f60 web02" >domains
	bd rename web01 web02 --quiet --dir d
	failed_with 3
	: >domains
	runs web01
	bd rename web01 web02 --quiet --dir d
	failed_with 5
	cmp before d/web01.cfg
	holds d web01.img web01.cfg web03.img web03.cfg
}

@test "a path that is not written in one piece is not guessed at" {
	fake_xen
	guests web01
	sed -i "s|$PWD/d/web01.img|web01.img|" d/web01.cfg # which is one of /dev, as for xl
	cp d/web01.cfg before
	bd rename web01 web02 --quiet --dir d
	failed_with 1
	[[ $stderr == *"edit the config by hand"* ]]
	cmp before d/web01.cfg
	is_guest d web01
}

@test "rename that is killed at any step is completed by the next one" {
	fake_xen
	need_strace
	local call n
	for call in linkat renameat2 unlink openat fsync fchmod; do
		for ((n = 1; n < 60; n++)); do
			rm -rf d
			mkdir d
			guests web01
			killed "$call" "$n" rename web01 web02 --quiet --dir d || break
			if [[ -e d/web01.cfg ]]; then
				bd rename web01 web02 --quiet --dir d
				[[ $status -eq 0 ]] || fail "after $call $n: $stderr"
			fi
			renamed_is_whole
		done
		((n > 1)) || fail "no calls of $call"
	done
}

@test "a rename that was cut short goes on when a cfg was edited meanwhile; the later edit counts" {
	fake_xen
	need_strace
	local edited
	for edited in web01 web02; do
		rm -rf d
		mkdir d
		guests web01
		touch -d yesterday d/web01.cfg # a filesystem's times may be as coarse as a second
		killed renameat2 1 rename web01 web02 --quiet --dir d
		[[ -e d/web01.cfg && -e d/web02.cfg ]]
		[[ ! d/web01.cfg -nt d/web02.cfg && ! d/web02.cfg -nt d/web01.cfg ]]
		echo "extra = 'edited'" >>"d/$edited.cfg"
		touch -d yesterday same_time
		touch -r same_time d/web01.cfg d/web02.cfg
		cp d/web01.cfg before
		bd rename web01 web02 --quiet --dir d
		failed_with 3
		[[ $stderr == *"touch the one that counts"* ]]
		cmp before d/web01.cfg
		touch "d/$edited.cfg"
		bd rename web01 web02 --quiet --dir d
		[[ $status -eq 0 ]] || fail "$stderr"
		renamed_is_whole
		grep -qx "extra = 'edited'" d/web02.cfg
	done
}

@test "rename of which a step fails is undone" {
	fake_xen
	need_strace
	local call n
	guests web01
	cp d/web01.cfg before
	for call in linkat:EIO renameat2:EIO fsync:EIO:1 fsync:EIO:2 fsync:EIO:3 fchmod:EPERM pwrite64:ENOSPC; do
		IFS=: read -r name error n <<<"$call"
		status=0
		strace -qq -o trace -e trace="$name" -e inject="$name:error=$error:when=${n:-1}" \
			"$bigdisk" rename web01 web02 --quiet --dir d >out 2>err || status=$?
		[[ $status -eq 1 || ($error == ENOSPC && $status -eq 6) ]] || fail "$call: $status $(<err)"
		cmp before d/web01.cfg || fail "$call"
		is_guest d web01
	done
}

# autostart: in a /etc/xen of its own

# in_etc_xen COMMANDS: a shell where $PWD/etc is /etc/xen; $bigdisk is the program.
in_etc_xen() {
	mkdir -p etc
	run --separate-stderr unshare -m sh -ec "mount --bind etc /etc/xen; bigdisk=$bigdisk; $1"
	printf '%s\n' "$1" "-> status $status" "$output" "$stderr"
}

@test "autostart on makes a relative link, off takes it away, both as often as one likes" {
	need_own_etc_xen
	guests web01
	mkdir etc
	mv d/web01.cfg etc
	# shellcheck disable=SC2016 # for the inner shell
	in_etc_xen '$bigdisk autostart on web01; readlink /etc/xen/auto/web01.cfg; $bigdisk autostart on web01'
	says "web01 is started with dom0 from now on
../web01.cfg
web01 is started with dom0, as before"
	ln -s /etc/xen/web01.cfg etc/auto/by-hand
	ln -s ../other.cfg etc/auto/other.cfg
	# shellcheck disable=SC2016
	in_etc_xen '$bigdisk autostart off web01; $bigdisk autostart off web01'
	says "web01 is not started with dom0 from now on
web01 is not started with dom0, as before"
	holds etc/auto other.cfg
}

@test "autostart --dry-run says what would be, and makes no link" {
	need_own_etc_xen
	guests web01 web02
	mkdir etc
	mv d/web01.cfg etc
	# shellcheck disable=SC2016 # for the inner shell
	in_etc_xen '$bigdisk autostart on web01 --dry-run; $bigdisk autostart off web01 --dry-run; ls /etc/xen'
	says "web01 would be started with dom0 from now on
web01 is not started with dom0, as before
web01.cfg"
	# shellcheck disable=SC2016
	in_etc_xen '$bigdisk autostart on web01 -q; $bigdisk autostart on web01 --dry-run; $bigdisk autostart off web01 --dry-run; ls /etc/xen/auto'
	says "web01 is started with dom0, as before
web01 would be not started with dom0 from now on
web01.cfg"
	bd autostart on ./d/web02.cfg --dry-run
	failed_with 2
}

@test "autostart does not overwrite what has the name, and takes no --dir" {
	need_own_etc_xen
	guests web01
	mkdir -p etc/auto
	cp d/web01.cfg etc
	echo mine >etc/auto/web01.cfg
	# shellcheck disable=SC2016
	in_etc_xen '$bigdisk autostart on web01'
	failed_with 3
	[[ $(<etc/auto/web01.cfg) == mine ]]
	bd autostart on web01 --dir d
	failed_with 2
	bd autostart on ./d/web01.cfg
	failed_with 2
	bd autostart maybe web01
	failed_with 2
}

@test "rm takes the autostart link away, rename takes it along" {
	need_own_etc_xen
	fake_xen
	guests web01
	mkdir etc
	mv d/web01.cfg etc
	# shellcheck disable=SC2016
	in_etc_xen '$bigdisk autostart on web01 -q; $bigdisk rename web01 web02 -q; readlink /etc/xen/auto/*; ls /etc/xen /etc/xen/auto'
	says "../web02.cfg
/etc/xen:
auto
web02.cfg

/etc/xen/auto:
web02.cfg"
	holds d web02.img
	# shellcheck disable=SC2016
	in_etc_xen '$bigdisk rm web02 --yes -q'
	[[ $status -eq 0 ]]
	holds etc auto
	is_empty d
}

@test "rename looks at the autostart folder before it moves anything" {
	need_own_etc_xen
	fake_xen
	guests web01
	mkdir -p etc/auto
	mv d/web01.cfg etc
	ln -s ../web01.cfg etc/auto/web01.cfg
	ln -s ../other.cfg etc/auto/web02.cfg
	# shellcheck disable=SC2016
	in_etc_xen '$bigdisk rename web01 web02 -q'
	failed_with 3
	[[ $stderr == *"/etc/xen/auto/web02.cfg is there and leads elsewhere"* ]]
	holds etc auto web01.cfg web01.cfg web02.cfg
	holds d web01.img
	ln -sf ../web02.cfg etc/auto/web02.cfg
	# shellcheck disable=SC2016
	in_etc_xen '$bigdisk rename web01 web02 -q; ls /etc/xen/auto'
	says web02.cfg
}

@test "a config of its own in the autostart folder is named, and left" {
	need_own_etc_xen
	fake_xen
	guests web01
	mkdir -p etc/auto
	mv d/web01.cfg etc
	sed '/^uuid/d' etc/web01.cfg >etc/auto/10-web
	local command
	for command in on off; do
		in_etc_xen "\$bigdisk autostart $command web01"
		failed_with 3
		[[ $stderr == *"/etc/xen/auto/10-web is a config file of web01"* ]]
	done
	# shellcheck disable=SC2016
	in_etc_xen '$bigdisk rename web01 web02 -q; $bigdisk rename web02 web01 -q'
	[[ $status -eq 0 && $stderr == *"warning: /etc/xen/auto/10-web is a config file of web01"* ]]
	# shellcheck disable=SC2016
	in_etc_xen '$bigdisk rm web01 --yes -q'
	[[ $status -eq 0 && $stderr == *"warning: /etc/xen/auto/10-web is a config file of web01"* ]]
	holds etc/auto 10-web
}

@test "autostart on warns where xendomains is not set to run" {
	need_own_etc_xen
	# shellcheck disable=SC2016 # for the inner shell
	local hide='for d in /etc/rc*.d /etc/systemd/system /etc/runlevels; do [ ! -d $d ] || mount --bind empty $d; done'
	guests web01
	mkdir -p etc empty/multi-user.target.wants
	mv d/web01.cfg etc
	in_etc_xen "$hide; \$bigdisk autostart on web01"
	says "web01 is set to start with dom0 from now on, but the service xendomains is not active"
	[[ $stderr == *"warning: the service xendomains is disabled"*"enable it"* ]]
	if [[ -d /etc/rc2.d ]]; then
		ln -s nowhere empty/S01xendomains
	else
		ln -s nowhere empty/multi-user.target.wants/xendomains.service
	fi
	in_etc_xen "$hide; \$bigdisk autostart on web01"
	says "web01 is started with dom0, as before"
	[[ -z $stderr ]]
}

# new --if-absent

@test "new --if-absent makes a guest that is not there, and leaves one that is" {
	need jq
	need_busybox
	fake_xen
	bd new web01 --if-absent --quiet --dir d --size 128M --no-net
	[[ $status -eq 0 ]]
	is_running web01
	cp d/web01.cfg before
	: >log
	bd new web01 --if-absent --dir d --size 256M --no-net
	says "web01 already exists, unchanged: $PWD/d/web01.cfg"
	cmp before d/web01.cfg
	[[ $(stat -c %s d/web01.img) -eq 134217728 && ! -s log ]]
	bd new web01 --if-absent --dir d --json --memory 1G
	jq -e --arg uuid "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" --arg d "$PWD/d" '.state == "exists"
		and .name == "web01" and .uuid == $uuid and .memory_mib == 512 and .files.image == $d + "/web01.img"
		and .files.cfg == $d + "/web01.cfg"' <<<"$output"
	bd new web01 --quiet --dir d --size 128M --no-net
	failed_with 3
	bd new web01 --if-absent --quiet --dir d --size 1X
	failed_with 2
}

@test "new --if-absent --dry-run says how a guest that is there differs from what is given, and by which command that changes" {
	need jq
	made_empty web01 --size 32M --swap 4M --memory 256M --ip 192.0.2.5/24 --dns 192.0.2.53 --mac 00:16:3e:00:00:01 --bridge br0
	cp -p d/web01.cfg before
	bd new web01 --if-absent --dry-run --dir d --template none --size 32M --swap 4M --memory 256M --ip 192.0.2.5/24 \
		--net bridge=br1,ip=192.0.2.9/24
	[[ $status -eq 0 ]]
	[[ $output == "web01 already exists, and differs: $PWD/d/web01.cfg
  networks none -> ip=192.0.2.9/24: no command changes that" ]]
	bd new web01 --if-absent --dry-run --dir d --template none --size 32M --swap 4M --memory 256M --net ip=192.0.2.5/24,bridge=br0
	says "web01 already exists, and is as it would be made: $PWD/d/web01.cfg"
	bd new web01 --if-absent --dry-run --dir d --json --template mini --size 48M --swap 8M --memory 1G --vcpus 2 --type pvh \
		--boot bigdisk --ip 192.0.2.6/24 --dns 192.0.2.54 --mac 00:16:3e:00:00:02 --bridge br1 --layout cylinder --fs ext4 \
		--disk 8M --disk 8M:/srv
	[[ $status -eq 0 && $(jq -r .state <<<"$output") == exists ]]
	[[ $(jq -r '[.differences[] | select(.command == "set").key] | sort | join(" ")' <<<"$output") == "boot bridge mac memory type vcpus" ]]
	[[ $(jq -r '[.differences[] | select(.command == null).key] | sort | join(" ")' <<<"$output") == "disks dns fs ip layout swap template" ]]
	[[ $(jq -c '.differences[] | select(.key == "size")' <<<"$output") == '{"key":"size","from":"32 MiB","to":"48 MiB","command":"grow"}' ]]
	bd new web01 --if-absent --dry-run --dir d --json --template none --size 24M
	[[ $(jq -c .differences <<<"$output") == '[{"key":"size","from":"32 MiB","to":"24 MiB","command":"shrink"}]' ]]
	# What is not said is not compared, and neither are this host's defaults.
	echo '{"memory": "2G", "size": "64M", "template": "none"}' >defaults.json
	bd new web01 --if-absent --dry-run --dir d --json
	[[ $(jq -c .differences <<<"$output") == '[]' ]]
	# What could be made of nobody is an error here, too.
	bd new web01 --if-absent --dry-run --dir d --template none --size 8M --swap 16M
	failed_with 2
	cmp before d/web01.cfg
	is_guest d web01
}

@test "new --as-if-absent --dry-run plans another guest in the place of one, and checks what it would need" {
	need jq
	need_busybox
	mkdir t
	made_empty web01 --size 32M --memory 64M
	made_empty web02 --size 16M
	cp -p d/web01.cfg before
	for wrong in "" "--dry-run --if-absent"; do
		# shellcheck disable=SC2086 # words
		bd new web01 --as-if-absent --dir d $wrong
		failed_with 2
	done
	bd new web01 --as-if-absent --dry-run --dir d --size 128M --disk 8M --boot direct --json
	[[ $status -eq 0 && $(jq -r '[.state, .template, .size_bytes] | join(" ")' <<<"$output") == "planned mini 134217728" ]]
	bd new web01 --as-if-absent --dry-run --dir d --template nosuch
	failed_with 4
	bd new web01 --as-if-absent --dry-run --dir d --size 20M
	failed_with 6
	# What goes into the disk is tried, too.
	mkdir -p r/etc
	echo r >r/etc/hostname
	tar -cf r.tar -C r .
	"$bigdisk" template import r r.tar --templates t --quiet
	bd new web01 --as-if-absent --dry-run --dir d --size 128M --template r --templates t --boot direct
	failed_with 1
	[[ $stderr == *"direct needs a kernel"* ]]
	# A disk that another guest names is not removed, and a new one cannot have its name.
	sed 's/web02.img/web01.img/' d/web02.cfg >d/web03.cfg
	sed -i 's/"web02"/"web03"/' d/web03.cfg
	bd new web01 --as-if-absent --dry-run --dir d --size 128M
	failed_with 3
	[[ $stderr == *"$PWD/d/web01.img already exists"* ]]
	# One that is not there is planned as always.
	bd new web04 --as-if-absent --dry-run --dir d --size 128M
	[[ $status -eq 0 ]]
	cmp before d/web01.cfg
	holds d web01.cfg web01.img web02.cfg web02.img web03.cfg
}

@test "new --if-absent --dry-run: of as many interfaces as a guest can have each key is compared" {
	need jq
	local has=() wanted=() i
	for i in 1 2 3 4 5 6 7; do
		has+=(--net "mac=00:16:3e:00:01:0$i")
		wanted+=(--net "bridge=br$i,mac=00:16:3e:00:02:0$i,rate=${i}Mb/s,script=s$i,vifname=v$i,model=m$i,type=vif,mtu=130$i,vlan=$i,gatewaydev=g$i,backend=b$i,untrusted")
	done
	made_empty web01 --size 16M --mac 00:16:3e:00:01:00 "${has[@]}"
	bd new web01 --if-absent --dry-run --dir d --json --mac 00:16:3e:00:01:00 "${wanted[@]}"
	[[ $status -eq 0 && $(jq '.differences | map(select(.key == "networks")) | length' <<<"$output") -eq $((7 * 12)) ]]
}

@test "new --dry-run: of a Xen that may not be asked nothing is known" {
	need_busybox
	fake_xen not-root
	bd new web01 --dry-run --dir d --size 128M --boot direct --no-net
	[[ $status -eq 0 ]]
	fake_xen
	bd new web01 --dry-run --dir d --size 128M --boot direct --no-net --memory 900G
	failed_with 6
}

@test "new --if-absent --dry-run: what a guest was made with is no difference, however it is spelt" {
	need jq
	need_busybox
	local row count=0
	while read -r row; do
		count=$((count + 1))
		# shellcheck disable=SC2086 # words
		made "g$count" --quiet --no-start --dir d $row
		# shellcheck disable=SC2086
		ok new "g$count" --no-start --dir d --if-absent --dry-run --json $row
		[[ $(jq -c .differences <<<"$output") == '[]' ]] || fail "$output"
	done <<-'END'
		--template none --size 50M --layout cylinder --swap 8M --fs ext4 --disk 8M
		--size 128M --type pvh --boot bigdisk --append quiet --mount /home=16M --disk 8M:/srv
		--size 128M --boot direct --append quiet --no-net
		--size 128M --type hvm --ip dhcp --ip6 auto
		--size 128M --ip 192.0.2.5/24 --ip 192.0.2.6/24 --gateway 192.0.2.1 --dns 192.0.2.53,192.0.2.54 --ip6 2001:DB8:0:0::5/64 --gateway6 fe80::1
		--size 131072KiB --memory 300 --vcpus 2 --bridge br7 --mac 00:16:3E:00:00:AA --net bridge=br2,ip=192.0.2.9/24,mac=00:16:3e:00:00:bb
		--size 128M --net bridge=br1,rate=10Mb/s,ip6=none --net bridge=br2,ip=192.0.2.9/24
	END
	[[ $count -eq 7 ]]
}

# differences, as FROM -> TO: COMMAND, of the guest and the options given.
differs() {
	bd new "$1" --no-start --dir d --if-absent --dry-run --json "${@:2}" >&2
	# Nothing stops at a failure inside $().
	{ [[ $status -eq 0 ]] && jq -r '.differences[] | "\(.key): \(.from) -> \(.to): \(.command)"' <<<"$output"; } ||
		echo "status $status: $stderr"
}

@test "new --if-absent --dry-run: of keys that are said twice the last counts, and is the one that set changes" {
	need jq
	made_empty web01 --size 16M --bridge br0
	sed -i "s/bridge=br0/rate=1Mb\/s, bridge=br8, rate=2Mb\/s, bridge=br0/" d/web01.cfg
	[[ $(differs web01 --net bridge=br1,rate=3Mb/s) == "bridge: br0 -> br1: set
rate: 2Mb/s -> 3Mb/s: set" ]]
	ok set web01 --dir d bridge=br1 rate=3Mb/s --json
	[[ $(jq -r '.changes[] | "\(.key) \(.from) \(.to)"' <<<"$output") == "bridge br0 br1
rate 2Mb/s 3Mb/s" ]]
	[[ $(differs web01 --net bridge=br1,rate=3Mb/s) == "" ]]
	ok set web01 --dir d rate=
	run ! grep rate= d/web01.cfg
}

@test "new --if-absent --dry-run: a first interface given by --net says nothing of the others" {
	need jq
	made_empty web01 --size 16M --net bridge=br0,rate=5Mb/s --net ip=198.51.100.2/24
	[[ $(differs web01 --net bridge=br0) == "" ]]
	[[ $(differs web01 --net bridge=br0 --net ip=198.51.100.3/24) == \
		"networks: ip=198.51.100.2/24 -> ip=198.51.100.3/24: null" ]]
	[[ $(differs web01 --net rate=10Mb/s,mtu=1400) == "rate: 5Mb/s -> 10Mb/s: set
mtu: none -> 1400: set" ]]
	[[ $(differs web01 --net type=vif) == "networks: none -> type=vif: null" ]]
	[[ $(differs web01 --net untrusted) == "networks: trusted -> untrusted: null" ]]
}

@test "new --if-absent --dry-run: what xl has of further interfaces is compared, too" {
	need jq
	made_empty web01 --size 16M --bridge br0 --net bridge=br1,mac=00:16:3e:00:00:01,rate=10Mb/s --net bridge=br2,mtu=1400
	[[ $(differs web01 --bridge br0 --net bridge=br1,mac=00:16:3E:00:00:01,rate=10Mb/s --net bridge=br2,mtu=1400) == "" ]]
	[[ $(differs web01 --bridge br0 --net ip=dhcp --net ip=dhcp) == "" ]]
	[[ $(differs web01 --bridge br3 --net bridge=br4,mac=00:16:3e:00:00:02,rate=20Mb/s --net mtu=1500,script=vif-route,untrusted) == \
		"bridge: br0 -> br3: set
networks: bridge=br1 -> bridge=br4: null
networks: mac=00:16:3e:00:00:01 -> mac=00:16:3e:00:00:02: null
networks: rate=10Mb/s -> rate=20Mb/s: null
networks: mtu=1400 -> mtu=1500: null
networks: none -> script=vif-route: null
networks: trusted -> untrusted: null" ]]
}

@test "new --if-absent --dry-run: partitions and further disks are compared by where they are mounted" {
	need jq
	need_busybox
	local all=(--mount /home=20M --mount /srv=30M --disk 20M:/var --disk 30M:/opt --disk 10M)
	made web01 --quiet --no-start --dir d --size 128M --no-net "${all[@]}"
	[[ $(differs web01 "${all[@]}") == "" ]]
	# Their order says nothing.
	[[ $(differs web01 --mount /srv=30M --mount /home=20M --disk 30M:/opt --disk 10M --disk 20M:/var) == "" ]]
	[[ $(differs web01 --mount /srv=20M --mount /home=30M) == "mounts: /srv=30 MiB, /home=20 MiB -> /srv=20 MiB, /home=30 MiB: null" ]]
	[[ $(differs web01 --disk 20M:/opt --disk 30M:/var --disk 10M) == "disks: /opt=30 MiB, /var=20 MiB -> /opt=20 MiB, /var=30 MiB: null" ]]
	[[ $(differs web01 --disk 20M:/var --disk 30M:/mnt --disk 16M) == "disks: /opt=30 MiB, 10 MiB -> /mnt=30 MiB, 16 MiB: null" ]]
	[[ $(differs web01 --mount /home=20M --disk 20M:/var) == "disks: /opt=30 MiB, 10 MiB -> none: null
mounts: /srv=30 MiB -> none: null" ]]
	[[ $(differs web01 "${all[@]}" --disk 5M) == "disks: none -> 5 MiB: null" ]]
	# What a guest does with a disk that was empty is its own affair.
	[[ $(differs web01 --disk 20M:/var --disk 30M --disk 10M) == "" ]]
	# So is what it calls them, and where else it has the files.
	"$bigdisk" cat d/web01.img:/etc/fstab | sed 's,^[^ ]* /srv ,/dev/xvda3 /srv ,; s,^[^ ]* /opt ,/dev/vg/opt /opt ,' >fstab
	"$bigdisk" cp --quiet fstab d/web01.img:/etc/fstab
	[[ $(grep -c '/dev/xvda3\|/dev/vg/opt' fstab) -eq 2 && $(differs web01 "${all[@]}") == "" ]]
}

@test "new --if-absent --dry-run: where partitions begin makes no other sizes of them" {
	need jq
	made web01 --quiet --no-start --dir d --size 300M --no-net --layout cylinder --mount /a=32M --mount /b=64M
	[[ $(differs web01 --mount /b=64M --mount /a=32M) == "" ]]
	[[ $(differs web01 --layout cylinder --mount /b=64M --mount /a=32M) == "" ]]
	[[ $(differs web01 --mount /b=64M --mount /a=48M) == "mounts: /a=39.2 MiB -> /a=54.9 MiB: null" ]]
}

@test "new --if-absent --dry-run: an address of IPv6 is the same one however it is spelt" {
	need jq
	made_empty web01 --size 16M --ip6 2001:DB8:0:0::5/64 --gateway6 2001:DB8::1 --dns 192.0.2.53 --dns 2001:DB8::53 \
		--net ip6=2001:DB8:1:0::5/64
	[[ $(sed -n 's/^# xen-bigdisk: .* dns=\([^ ]*\).*/\1/p' d/web01.cfg) == 192.0.2.53,2001:db8::53 ]]
	[[ $(differs web01 --ip6 2001:db8::5/64 --gateway6 2001:db8::1 --dns 192.0.2.53,2001:0db8::0053 \
		--net ip6=2001:db8:1::5/64) == "" ]]
	# As a version before wrote it, or a person.
	sed -i '/^# xen-bigdisk/s/2001:db8/2001:DB8:0/g' d/web01.cfg
	grep -q 'dns=192.0.2.53,2001:DB8:0::53' d/web01.cfg
	[[ $(differs web01 --ip6 2001:db8::5/64 --gateway6 2001:db8::1 --dns 192.0.2.53,2001:db8::53) == "" ]]
	[[ $(differs web01 --dns 192.0.2.53) == "dns: 192.0.2.53,2001:db8::53 -> 192.0.2.53: null" ]]
}

@test "new --if-absent --dry-run: what the first interface does about IPv6 is compared, as far as the config tells" {
	need jq
	local from to
	for from in auto none dhcp 2001:db8::5/64; do
		made_empty "g-${from::4}" --size 16M --ip6 "$from"
		for to in auto none dhcp 2001:db8::5/64; do
			[[ $(differs "g-${from::4}" --ip6 "$to") == "$([[ $from == "$to" ]] || echo "ip6: $from -> $to: null")" ]] || fail "$from $to"
		done
	done
	made_empty web01 --size 16M
	[[ $(differs web01) == "" && $(differs web01 --ip6 none) == "ip6: auto -> none: null" ]]
	bd clone web01 web02 --dir d --quiet --ip6 none
	[[ $(differs web02 --ip6 auto) == "ip6: none -> auto: null" ]]
	sed -i 's/ ip6=auto//' d/web01.cfg
	[[ $(differs web01 --ip6 none) == "" && $(differs web01 --ip6 2001:db8::5/64) == "ip6: none -> 2001:db8::5/64: null" ]]
}

@test "new --if-absent --dry-run: a boot sector that is wanted is missed, and one that is there is the guest's own" {
	need jq
	local from to
	for from in grub2 none; do
		made_empty "g$from" --size 32M --boot-sector "$from"
		for to in grub2 none grub-legacy; do
			[[ $(differs "g$from" --boot-sector "$to") == "$([[ $from != none || $to == none ]] || echo "boot_sector: none -> $to: null")" ]] ||
				fail "$from $to"
		done
	done
	# What the guest has installed there since.
	printf '\353\143\220' | dd of=d/gnone.img conv=notrunc status=none
	[[ $(differs gnone --boot-sector none) == "" && $(differs gnone --boot-sector grub2) == "" ]]
}

# reboot of what does not listen

@test "a guest that is paused, has ended or is just going is not asked to reboot: status 1, and what to do" {
	fake_xen
	guests web01
	runs web01
	local mode words
	while IFS=: read -r mode words; do
		FAKE_TOOLSTACK_MODE=$mode bd reboot web01 --quiet --no-wait --dir d
		failed_with 1
		[[ $stderr == *"web01 (domain 7) $words"* ]] || fail "$mode"
	done <<-END
		paused:is paused and cannot reboot; unpause it first: xl unpause 7
		shut-down:has ended, but its domain still exists
		dying:is being destroyed; start it afterwards: xen-bigdisk start $PWD/d/web01.cfg
	END
	run ! grep '^shutdown' log
	is_running web01
}

@test "rm does not remove the disk where the cfg could not be removed after it" {
	fake_xen
	guests web01
	mkdir images
	mv d/web01.img images/
	sed -i "s|$PWD/d/web01.img|$PWD/images/web01.img|" d/web01.cfg
	if ((EUID == 0)); then
		unshare -m true 2>/dev/null || skip "no mount namespace here"
		run --separate-stderr unshare -m sh -c 'mount --bind d d && mount -o remount,bind,ro d && exec "$@"' sh \
			"$bigdisk" rm web01 --yes --quiet --dir d
	else
		chmod a-w d
		bd rm web01 --yes --quiet --dir d
		chmod u+w d
	fi
	failed_with 1
	[[ $stderr == *"nothing was removed"* && -e images/web01.img ]]
}

@test "a cfg that makes its name by +=: list, show, rename, clone and rm mean the name that xl reads" {
	need jq
	guests web01
	sed -i 's/^name = .*/name = "web"\nname += "01"/' d/web01.cfg
	bd list --dir d --json
	[[ $(jq -r '.guests[].name' <<<"$output") == web01 ]]
	bd show web01 --dir d
	[[ $status -eq 0 && $output == "web01: "* ]]
	bd clone web01 web02 --dir d --quiet
	[[ $status -eq 0 && $(grep -c '^name' d/web02.cfg) -eq 1 ]]
	grep -qx 'name = "web02"' d/web02.cfg
	bd rename web01 web03 --dir d --quiet
	[[ $status -eq 0 && $(grep '^name' d/web03.cfg) == 'name = "web03"' ]]
	holds d web02.img web02.cfg web03.img web03.cfg
	sed -i 's/^name = .*/name = "web"\nname += "03"/' d/web03.cfg
	bd rm web03 --dir d --yes --quiet
	[[ $status -eq 0 ]]
	holds d web02.img web02.cfg
}

@test "rename and clone agree where a path in a cfg ends" {
	guests web01
	echo "extra = \"a=$PWD/d/web01.img b=$PWD/d/web01.img+old c=$PWD/d/web01.img.bak\"" >>d/web01.cfg
	bd clone web01 web02 --dir d --quiet
	[[ $status -eq 0 ]]
	grep -qx "extra = \"a=$PWD/d/web02.img b=$PWD/d/web01.img+old c=$PWD/d/web01.img.bak\"" d/web02.cfg
	bd rename web01 web03 --dir d --quiet
	[[ $status -eq 0 ]]
	grep -qx "extra = \"a=$PWD/d/web03.img b=$PWD/d/web01.img+old c=$PWD/d/web01.img.bak\"" d/web03.cfg
}
