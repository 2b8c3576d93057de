#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor, on a dom0 that tests/unit/fake-toolstack.c and some files make up.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# A dom0 on which all is well, as far as a test can make one: xenconsoled is a process of that name.
healthy_dom0() {
	local plugin
	plugin=$(dirname "$bigdisk")/tests/fake-toolstack.so
	[[ -e $plugin ]] || skip "$plugin is not built"
	need jq
	need_grub2
	export XEN_BIGDISK_TOOLSTACK=$plugin FAKE_TOOLSTACK_MODE='' XEN_BIGDISK_TEMPLATES=$PWD/templates
	unset FAKE_TOOLSTACK_XEN FAKE_TOOLSTACK_MEMORY_KIB
	mkdir -p bin templates
	printf '#!/bin/sh\n' | tee bin/pygrub >bin/xen-bigdisk-boot
	chmod +x bin/pygrub bin/xen-bigdisk-boot
	PATH=$PWD/bin:$PATH
	consoled
}

# As all guests should be here: a pygrub of the Xen that is made up has the power of root.
made_empty() {
	made --quiet --no-start --template none --dir d --boot bigdisk "$@"
}

# consoled ARGUMENTS...: it has them on its command line.
consoled() {
	end_consoled
	printf '#!/bin/bash\nread -rt 60 <>%q\n' "$PWD/fifo" >bin/xenconsoled
	chmod +x bin/xenconsoled
	[[ -p fifo ]] || mkfifo fifo
	bin/xenconsoled "$@" 3>&- &
	consoled_pid=$!
	until_true grep -qx xenconsoled "/proc/$consoled_pid/comm"
}

end_consoled() {
	if [[ -n ${consoled_pid:-} ]]; then kill "$consoled_pid"; fi
	consoled_pid=''
}

loop=''
monitor_pid=''

teardown() {
	end_consoled
	if [[ $monitor_pid ]]; then kill "$monitor_pid"; fi
	if [[ $loop ]]; then losetup -d "$loop" || true; fi
}

doctor() {
	bd doctor --dir d --bridge lo "$@"
}

# found CHECK STATE TEXT: the last `doctor --json` has such a finding. What is not well has an advice.
found() {
	jq -e --arg check "$1" --arg state "$2" --arg text "$3" 'any(.checks[]; .check == $check and .state == $state
		and (.found | contains($text)) and ((.state == "ok" or .state == "not checked") or .advice != null))' \
		<<<"$output" >/dev/null || fail "no finding $1 $2: $3"
}

# advises CHECK TEXT: so does one of the findings of that check.
advises() {
	jq -e --arg check "$1" --arg text "$2" 'any(.checks[]; .check == $check and (.advice // "" | contains($text)))' \
		<<<"$output" >/dev/null || fail "no advice on $1: $2"
}

# advises_nowhere TEXT
advises_nowhere() {
	jq -e --arg text "$1" 'all(.checks[]; .advice // "" | contains($text) | not)' <<<"$output" >/dev/null ||
		fail "there is an advice: $1"
}

# only_bad CHECK: of this check alone is something not well.
only_bad() {
	local bad
	bad=$(jq -r '[.checks[] | select(.state == "warning" or .state == "problem") | .check] | unique | join(" ")' <<<"$output")
	[[ $bad == "$1" ]] || fail "not well: $bad"
}

@test "all is well: status 0, each check once or more, nothing on stderr" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	doctor
	[[ $status -eq 0 && -z $stderr ]]
	run ! grep -E '^(warning|problem)' <<<"$output"
	doctor --json
	[[ $status -eq 0 && -z $stderr ]]
	jq -e '.state == "ok" and .xen_running == true and .xen_version == "4.17.5" and .problems == 0 and .warnings == 0
		and all(.checks[]; (keys == ["advice", "check", "found", "state"]) and (.found | length > 0))' <<<"$output"
	[[ $(jq -r '[.checks[].check] | unique | join(" ")' <<<"$output") == "autostart bigdisk bridge cfgs defaults disk_space disks domains grub hotplug locks \
memory monitors next_boot plugin pvgrub pygrub pygrub_user records templates unused upgraded xen xenconsoled xenstored" ]]
	found xen ok "Xen 4.17 is running"
	found plugin ok fake-toolstack.so
	found hotplug ok "disks by /etc/xen/scripts/block-bigdisk, unless a guest's cfg names another script"
	found cfgs ok "1 guest in d"
	found xenconsoled ok "does not log"
	doctor --quiet
	[[ $status -eq 0 && -z $output ]]
}

@test "which hotplug scripts are used, and why not ours" {
	healthy_dom0
	echo '{ "hotplug": "xen" }' >defaults.json
	doctor --json
	found hotplug ok "disks by /etc/xen/scripts/block: \"hotplug\" of the host's defaults is \"xen\""
	rm defaults.json
	FAKE_TOOLSTACK_MODE=no-vif-bigdisk doctor --json
	[[ $status -eq 0 ]]
	found hotplug ok "disks by /etc/xen/scripts/block-bigdisk, unless"
	found hotplug ok "interfaces by /etc/xen/scripts/vif-bridge: /etc/xen/scripts/vif-bigdisk is not installed"
}

@test "nothing is changed" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	echo 'name = "' >d/bad.cfg
	: >d/.web02.img.partial-999999999
	find d templates -printf '%p %T@ %C@\n' | sort >before
	doctor
	find d templates -printf '%p %T@ %C@\n' | sort >after
	diff before after
}

@test "without a Xen: status 7, and everything else is checked and shown" {
	[[ ! -e /sys/hypervisor/type ]] || skip "there is a hypervisor here"
	need jq
	echo 'name = "' >d/bad.cfg
	doctor
	[[ $status -eq 7 ]]
	[[ $(grep -c . <<<"$stderr") -eq 1 && $stderr == *"no Xen is running here"* ]]
	grep -q '^problem *xen ' <<<"$output"
	grep -q '^problem *cfgs .*bad.cfg' <<<"$output"
	doctor --json
	[[ $status -eq 7 ]]
	jq -e '.xen_running == false and .xen_version == null' <<<"$output"
	found xenstored "not checked" "no Xen is running"
	found memory "not checked" "no Xen is running"
}

@test "a problem: status 1, one line on stderr that counts them, what to do below the finding" {
	healthy_dom0
	bd doctor --dir d --bridge nosuchbr0
	[[ $status -eq 1 && $stderr == "xen-bigdisk: error: 1 problem was found" ]]
	grep -A 1 '^problem *bridge .*nosuchbr0' <<<"$output" | grep -q -- '-> .*vif.default.bridge'
	bd doctor --dir d --bridge nosuchbr0 --quiet
	[[ $status -eq 1 && $(grep -c . <<<"$output") -eq 2 ]]
}

@test "a warning is no problem: status 0" {
	healthy_dom0
	: >d/.web02.img.partial-999999999
	doctor --json
	[[ $status -eq 0 ]]
	jq -e '.state == "warning" and .warnings == 1' <<<"$output"
}

@test "xenconsoled: whether it runs, and logs guests" {
	healthy_dom0
	end_consoled
	pgrep -x xenconsoled >/dev/null && skip "one runs here"
	doctor --json
	[[ $status -eq 1 ]]
	found xenconsoled problem "is not running"
	local argument
	for argument in --log=guest --log=all "--log guest"; do
		# shellcheck disable=SC2086 # words are meant
		consoled --pid-file x $argument
		doctor --json
		[[ $status -eq 0 ]]
		found xenconsoled ok "logs guests"
	done
	consoled --log=none
	doctor --json
	found xenconsoled ok "does not log"
}

@test "a Xen that does not answer, and a plugin that cannot be loaded" {
	healthy_dom0
	FAKE_TOOLSTACK_MODE=no-xen
	doctor --json
	[[ $status -eq 1 ]]
	found xenstored problem "no Xen is running here"
	found memory "not checked" "cannot query Xen"
	echo 'no plugin' >plugin.so
	XEN_BIGDISK_TOOLSTACK=$PWD/plugin.so doctor --json
	found plugin problem plugin.so
}

@test "whoever may not ask Xen is not told that xenstored does not run" {
	healthy_dom0
	FAKE_TOOLSTACK_MODE=not-root
	doctor --json
	[[ $status -eq 0 ]]
	found xenstored "not checked" "only root can access Xen"
	advises xenstored "run doctor as root"
	found memory "not checked" ""
	found domains "not checked" ""
}

@test "memory: little is a warning, hardly any is a problem" {
	healthy_dom0
	FAKE_TOOLSTACK_MEMORY_KIB=262144 doctor --json
	[[ $status -eq 0 ]]
	found memory warning "256 MiB of 16 GiB"
	FAKE_TOOLSTACK_MEMORY_KIB=1024 doctor --json
	[[ $status -eq 1 ]]
	found memory problem "1 MiB of 16 GiB"
	only_bad memory
}

@test "pygrub's user is asked for from Xen 4.18 on" {
	healthy_dom0
	getent passwd xen-qemuuser-shared && skip "there is one here"
	FAKE_TOOLSTACK_XEN=4.17 doctor --json
	found pygrub_user ok "pygrub runs as root"
	FAKE_TOOLSTACK_XEN=4.20 doctor --json
	[[ $status -eq 0 ]]
	found pygrub_user warning "there is no user xen-qemuuser-shared"
	jq -e '.checks[] | select(.check == "pygrub_user").advice | startswith("useradd ")' <<<"$output"
}

@test "cfgs that cannot be parsed are named with the line, and then no image is called unused" {
	healthy_dom0
	printf 'name = "a"\nmemory = 16\ndisk = [ "x\n' >d/bad.cfg
	: >d/spare.img
	doctor --json
	[[ $status -eq 1 ]]
	found cfgs problem "bad.cfg"
	found cfgs problem "line 3"
	found unused "not checked" ""
	only_bad cfgs
}

@test "a cfg whose disk or kernel is missing" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	rm d/web01.img
	doctor --json
	[[ $status -eq 1 ]]
	found disks problem "$PWD/d/web01.img"
	only_bad disks
	made_empty web02 --size 16M --bridge lo
	sed -i '/^bootloader/d' d/web02.cfg
	echo "kernel = \"$PWD/d/nowhere.vmlinuz\"" >>d/web02.cfg
	doctor --json
	found disks problem "the kernel of web02 is missing: $PWD/d/nowhere.vmlinuz"
}

# half_renamed NUMBER [COMMAND...]: the rename of the guest hb to hc was killed at its nth file; the guest has three. The
# command changes the guest before.
half_renamed() {
	local at=$1
	shift
	rm -rf d
	mkdir d
	made_empty hb --size 16M --no-net --boot-sector none
	sed -i '/^bootloader/d' d/hb.cfg
	printf 'kernel = "%s"\nramdisk = "%s"\n' "$PWD"/d/hb.{vmlinuz,initramfs} >>d/hb.cfg
	: >d/hb.vmlinuz
	: >d/hb.initramfs
	"$@"
	strace -qq -o /dev/null -e inject="renameat2:signal=KILL:when=$at" "$bigdisk" rename hb hc --dir d --quiet || :
	[[ -e d/hb.cfg && -e d/hc.cfg ]] || fail "the rename was not cut short"
}

@test "an interrupted rename: the advice is to complete or undo it, not to remove a guest" {
	healthy_dom0
	need_strace
	local n way
	for n in 1 2 3; do
		half_renamed "$n"
		doctor --json
		[[ $status -eq 1 ]]
		[[ $(jq .problems <<<"$output") -eq 1 && $(jq .warnings <<<"$output") -eq 0 ]]
		found disks problem "d/hb.cfg and d/hc.cfg have the same uuid, and these of their files are missing"
		advises disks "a rename was interrupted"
		advises disks "xen-bigdisk rename 'd/hb.cfg' hc"
		advises disks "xen-bigdisk rename 'd/hc.cfg' hb"
		[[ $n -eq 1 ]] || advises disks "complete it with: xen-bigdisk rename 'd/hb.cfg' hc; or revert it"
		advises_nowhere "xen-bigdisk rm"
		advises_nowhere "its own"
		advises_nowhere "remove the guest"
	done
	half_renamed 2 sed -i /^uuid/d d/hb.cfg
	doctor --json
	found disks problem "d/hb.cfg and d/hc.cfg are of one rename"
	advises disks "complete it with: xen-bigdisk rename 'd/hb.cfg' hc; or revert it"
	advises_nowhere "xen-bigdisk rm"
	for way in "hb hc" "hc hb"; do
		half_renamed 2
		bd rename "d/${way% *}.cfg" "${way#* }" --quiet
		[[ $status -eq 0 ]]
		holds d "${way#* }".{cfg,img,vmlinuz,initramfs}
	done
}

# Guests of another program: alike but for names and disks, and of one time, as tar restores them.
guests_alike() {
	local name
	for name; do
		printf 'name = "%s"\nmemory = 256\nbootloader = "pygrub"\ndisk = [ "%s,raw,xvda,w" ]\nvif = [ "bridge=lo" ]\n' \
			"$name" "$PWD/d/$name.img" >"d/$name.cfg"
		truncate -s 16M "d/$name.img"
	done
	touch -d 2026-01-01 d/*.cfg
}

@test "of guests that differ in names and disks only, one has lost its disk: no rename was interrupted, and none takes another guest" {
	healthy_dom0
	guests_alike db01 db02 db03 db04
	rm d/db03.img
	doctor --json
	[[ $status -eq 1 && $(jq .problems <<<"$output") -eq 1 ]]
	found disks problem "the disk of db03 is missing: $PWD/d/db03.img"
	advises_nowhere "xen-bigdisk rename"
	bd rename d/db01.cfg db03 --quiet
	failed_with 3
	# The time makes no difference, nor does what else they say.
	touch -d 2026-01-02 d/db01.cfg
	sed -i 's/256/512/' d/db03.cfg
	cp d/db03.cfg before
	for guest in db01 db02; do
		bd rename "d/$guest.cfg" db03 --quiet
		failed_with 3
	done
	cmp before d/db03.cfg
	holds d db0{1,2,4}.{cfg,img} db03.cfg
	# Nor are two of them, none of which is a third.
	rm d/db02.* d/db04.*
	touch -d 2026-01-01 d/*.cfg
	doctor --json
	found disks problem "the disk of db03 is missing: $PWD/d/db03.img"
	advises_nowhere "xen-bigdisk rename"
}

@test "an interrupted rename of a guest without uuid and MAC addresses is known by its mark, at every step" {
	healthy_dom0
	need_strace
	need setfattr
	setfattr -n user.test -v yes d 2>/dev/null || skip "no extended attributes here"
	export ASAN_OPTIONS=detect_leaks=0 # the leak checker traces, too
	local call old new
	for call in renameat2 unlink; do # before its file is moved, and when it has been
		for old in db01 db03; do
			rm -rf d
			mkdir d
			guests_alike db01 db02
			strace -qq -o /dev/null -e inject="$call:signal=KILL:when=1" "$bigdisk" rename db01 db03 --dir d --quiet || :
			[[ -e d/db01.cfg && -e d/db03.cfg ]] || fail "the rename was not cut short"
			doctor --json
			[[ $(jq .problems <<<"$output") -eq 1 ]]
			found disks problem "d/db01.cfg and d/db03.cfg are of one rename"
			advises disks "xen-bigdisk rename 'd/db01.cfg' db03"
			new=$([[ $old == db01 ]] && echo db03 || echo db01)
			ok rename "d/$old.cfg" "$new" --quiet
			holds d db02.{cfg,img} "$new".{cfg,img}
			[[ -z $(getfattr -m xen-bigdisk "d/$new.cfg") ]]
		done
	done
}

@test "two cfgs with one uuid, one of which has lost its disk, and no rename: nothing is to be removed" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	sed 's/web01/web02/' d/web01.cfg >d/copy.cfg
	doctor --json
	[[ $status -eq 1 ]]
	found disks problem "d/copy.cfg and d/web01.cfg have the same uuid"
	advises disks "decide which of the two to keep"
	advises_nowhere "xen-bigdisk r"
	mv d/copy.cfg d/web02.cfg
	doctor --json
	advises disks "decide which of the two to keep; if a rename was interrupted, to have it as web02: xen-bigdisk rename"
	advises_nowhere "xen-bigdisk rm"
}

@test "a cfg that names a disk and gives no name is a problem, and its disk is not to be removed" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	sed -i /^name/d d/web01.cfg
	doctor --json
	[[ $status -eq 1 ]]
	found cfgs problem "d/web01.cfg has disks but no name"
	found unused "not checked" "has no name"
	advises_nowhere "rm "
	only_bad cfgs
}

@test "images that no cfg names are told, those that one names by another path are not" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	: >d/spare.img
	: >d/old.vmlinuz
	: >d/notes.txt
	ln -s d e
	sed -i "s|$PWD/d/web01.img|$PWD/e/web01.img|" d/web01.cfg
	doctor --json
	[[ $status -eq 0 ]]
	found unused warning d/spare.img
	found unused warning d/old.vmlinuz
	[[ $(jq '.warnings' <<<"$output") -eq 2 ]]
}

@test "what a killed run has left is told, what is being made is not" {
	healthy_dom0
	need flock
	mkdir templates/.web.partial-999999999 templates/.web.partial-999999998 templates/.old.removed-999999999
	# Its maker is gone, whatever the process is that has its number now; a lock says that one is at work.
	: >d/.web01.img.partial-1
	: >d/.web02.img.partial-999999998
	exec 8<d/.web02.img.partial-999999998 9<templates/.web.partial-999999998
	flock 8
	flock 9
	: >d/.hidden
	: >d/.web03.cfg.aB3dEf
	: >d/.web04.cfg.aB3dEf
	touch -d '2 minutes ago' d/.web03.cfg.aB3dEf d/.hidden
	doctor --json
	[[ $status -eq 0 ]]
	found templates warning .web.partial-999999999
	found templates warning .old.removed-999999999
	found disk_space warning .web01.img.partial-1
	found disk_space warning .web03.cfg.aB3dEf
	[[ $(jq '.warnings' <<<"$output") -eq 4 ]]
	exec 8<&- 9<&-
	doctor --json
	[[ $(jq '.warnings' <<<"$output") -eq 6 ]]
}

@test "a damaged template is a problem" {
	healthy_dom0
	mkdir templates/bad
	echo '{}' >templates/bad/manifest.json
	mkdir -p root/etc
	echo x >root/file
	"$bigdisk" template import other root --quiet
	# The last byte of its index.
	truncate -s -1 templates/other/tree
	printf '\377' >>templates/other/tree
	doctor --json
	found templates problem templates/other
	rm -r templates/other
	doctor --json
	[[ $status -eq 1 ]]
	found templates problem bad
	only_bad templates
}

@test "two cfgs with one name, uuid, disk or MAC address" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	cp d/web01.cfg d/copy.cfg
	doctor --json
	[[ $status -eq 0 ]]
	local thing
	for thing in name uuid disk "MAC address"; do
		found cfgs warning "have the same $thing"
	done
	export FAKE_TOOLSTACK_STATE=$PWD/domains
	printf '7 %s web01\n' "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" >domains
	doctor --json
	advises cfgs "domain 7 (web01) is one of them: when it has been stopped, give one of them its own"
	advises_nowhere "; give one of them its own"
}

@test "a CD image and a read-only disk may be in several configs, a writable disk may not" {
	healthy_dom0
	: >d/cd.iso
	: >d/data
	local name
	for name in a b; do
		echo "name = '$name'" >d/$name.cfg
		echo "disk = [ '$PWD/d/cd.iso,,hdc,cdrom', 'format=raw, vdev=xvdb, access=ro, target=$PWD/d/data' ]" >>d/$name.cfg
	done
	doctor --json
	[[ $(jq .warnings <<<"$output") -eq 0 ]]
	sed -i 's/access=ro/access=rw/' d/b.cfg
	doctor --json
	found cfgs warning "have the same disk $PWD/d/data"
	advises cfgs "give one of them its own"
	[[ $(jq .warnings <<<"$output") -eq 1 ]]
}

@test "the bridges of guests are checked, and the default one only if no guest has any" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	bd doctor --dir d --json
	[[ $status -eq 0 ]]
	[[ $(jq '[.checks[] | select(.check == "bridge")] | length' <<<"$output") -eq 1 ]]
	found bridge ok "lo is there; web01 is on it"
	sed 's/web01/web02/; /^uuid/d; /^disk/d; s/^vif.*/vif = [ "bridge=nosuchbr0", "bridge=nosuchbr0" ]/' d/web01.cfg >d/web02.cfg
	echo 'vif += [ "bridge=lo.100" ]' >>d/web02.cfg
	sed 's/web02/web03/' d/web02.cfg >d/web03.cfg
	doctor --json
	[[ $status -eq 1 ]]
	found bridge problem "bridge nosuchbr0 does not exist; web02 and 1 other are on it"
	[[ $(jq .problems <<<"$output") -eq 1 ]]
	found bridge ok "lo.100 is there"
}

@test "domains that have ended and are still there" {
	healthy_dom0
	export FAKE_TOOLSTACK_STATE=$PWD/domains
	printf '7 %s web01\n8 %s web02\n9 %s web03\n' 00000000-0000-0000-0000-00000000000{1,2,3} >domains
	doctor --json
	found domains ok "3 besides dom0"
	FAKE_TOOLSTACK_MODE=shut-down=web02,dying=web03 doctor --json
	[[ $status -eq 0 ]]
	found domains warning "domain 8 (web02) has shut down"
	found domains warning "domain 9 (web03) is being destroyed"
	only_bad domains
}

@test "an image without a cfg that a program writes to is not to be removed" {
	healthy_dom0
	: >d/spare.img
	doctor --json
	jq -e '.checks[] | select(.check == "unused").advice | contains("it may be a guest'"'"'s only disk")' <<<"$output"
	exec 9<>d/spare.img
	bd doctor --dir d --bridge lo --json 9>&-
	exec 9>&-
	found unused warning spare.img
	jq -e '.checks[] | select(.check == "unused").advice | startswith("keep it")' <<<"$output"
}

# domain DOMID NAME: one runs, of the uuid ...DOMID, and its disk is d/NAME.img.
domain() {
	export FAKE_TOOLSTACK_STATE=$PWD/domains FAKE_TOOLSTACK_IMAGES=$PWD/d
	printf '%d 00000000-0000-0000-0000-00000000%04d %s\n' "$1" "$1" "$2" >>domains
}

@test "a running guest whose config is gone: a problem, how to recreate the config, and nothing that would remove its disk" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	domain 7 web01
	doctor --json
	found unused ok "every disk"
	mv d/web01.cfg old.cfg
	doctor --json
	[[ $status -eq 1 ]]
	found unused problem "domain 7 (web01) uses d/web01.img, but no config in d does"
	advises unused "xen-bigdisk config --from-domain 7 >'d/web01.cfg'"
	advises_nowhere "rm "
	advises_nowhere "mv "
	# The advice, as it stands.
	bd config --from-domain 7
	[[ $status -eq 0 ]]
	printf '%s\n' "$output" >d/web01.cfg
	grep -qx 'name = "web01"' d/web01.cfg
	doctor --json
	found unused ok "every disk"
}

@test "a guest that is off and whose cfg is gone: its disk is never to be removed; a cfg is written for it, or it is moved aside" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	rm d/web01.cfg
	: >d/old.vmlinuz
	doctor --json
	[[ $status -eq 0 ]]
	found unused warning "no config in d uses d/web01.img"
	advises unused "it may be a guest's only disk"
	advises unused "xen-bigdisk config --from-image 'd/web01.img' >'d/web01.cfg'"
	advises unused "move it aside: mv 'd/web01.img' 'd/web01.img.aside'"
	advises unused "mv 'd/old.vmlinuz' 'd/old.vmlinuz.aside'"
	advises_nowhere "rm "
	bd config --from-image d/web01.img
	[[ $status -eq 0 ]]
	printf '%s\n' "$output" >d/web01.cfg
	mv d/old.vmlinuz d/old.vmlinuz.aside
	doctor --json
	found unused ok "every disk"
}

@test "where it is not known which domains run, no image is called unused" {
	healthy_dom0
	: >d/spare.img
	FAKE_TOOLSTACK_MODE=not-root doctor --json
	found unused "not checked" "the running domains are not known"
	advises_nowhere "rm "
}

@test "a disk that is missing is not answered with the removal of its guest" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	sed -i "s|^disk = .*|disk = [ 'target=$PWD/d/web01.img', 'vdev=xvdb, target=$PWD/d/data.img' ]|" d/web01.cfg
	doctor --json
	found disks problem "the disk of web01 is missing: $PWD/d/data.img"
	advises_nowhere "rm "
	advises_nowhere "remove the guest"
}

# loop_on FILE: $loop is a loop device on it, which is gone after the test.
loop_on() {
	need_root
	need losetup
	loop=$(losetup --show -f "$1" 2>/dev/null) || skip "no loop devices here"
}

@test "a loop device that is left on a guest's disk is named, with the command that gives it back" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	loop_on d/web01.img
	doctor --json
	[[ $status -eq 0 ]]
	found disks warning "$loop holds $PWD/d/web01.img, but no domain uses it"
	advises disks "losetup -d $loop"
	bd rm web01 --yes --quiet --dir d
	failed_with 5
	[[ $stderr == *"the loop device $loop has it open for writing"*"losetup -d $loop"* ]]
	bd clone web01 web02 --quiet --dir d
	failed_with 5
	[[ $stderr == *"losetup -d $loop"* ]]
	# It is found by what it is, also under another name.
	mv d/web01.img d/other.img
	ln -s other.img d/web01.img
	doctor --json
	found disks warning "$loop holds "
	# A domain has one of its own.
	rm d/web01.img
	mv d/other.img d/web01.img
	domain 7 web01
	doctor --json
	found disks ok "none missing"
	losetup -d "$loop"
	loop=''
	: >domains
	doctor --json
	found disks ok "none missing"
	# One that is read-only is in nobody's way.
	loop=$(losetup --show -r -f d/web01.img)
	doctor --json
	found disks warning "$loop holds $PWD/d/web01.img, but no domain uses it and it is not mounted, as after a hotplug script that timed out"
	[[ $output != *'report the disk as in use'* ]]
	bd clone web01 web02 --quiet --dir d
	[[ $status -eq 0 ]]
}

# grow_killed IMAGE SIZE CALL:when=N: when the log of its changes has its name.
grow_killed() {
	need resize2fs e2fsck e2image
	need_strace
	ASAN_OPTIONS=detect_leaks=0 strace -qq -o trace -e trace="${3%%:*}" -e inject="${3/:/:signal=KILL:}" \
		"$bigdisk" grow "$1" "$2" >/dev/null 2>&1 || true
}

@test "an interrupted change of a disk is named, and the command that doctor gives completes it" {
	healthy_dom0
	made_empty web01 --size 32M --bridge lo
	made_empty spare --size 32M --bridge lo
	rm d/spare.cfg
	for image in web01 spare; do
		grow_killed "d/$image.img" 64M ftruncate:when=2
		[[ -e d/.$image.img.redo ]]
		# Whoever is at it is not to be helped.
		exec 7<>"d/$image.img"
		doctor --json
		run ! grep -q "$image.img was interrupted" <<<"$output"
		exec 7>&-
	done
	doctor --json
	[[ $status -eq 1 && $(jq .problems <<<"$output") -eq 2 ]]
	found disks problem "a change of the disk $PWD/d/web01.img was interrupted, and is half done; the rest of it is in $PWD/d/.web01.img.redo"
	found disks problem "a change of the disk d/spare.img was interrupted"
	advises disks "xen-bigdisk check '$PWD/d/web01.img' --repair"
	jq -r '.checks[].advice // "" | select(contains("--repair")) | sub(".*xen-bigdisk "; "\"$bigdisk\" ")' <<<"$output" >commands
	[[ $(wc -l <commands) -eq 2 ]]
	# It had something to repair.
	sed 's/$/ || [[ $? -eq 1 ]]/' commands | bash -e
	[[ $(stat -c %s d/web01.img d/spare.img | uniq) -eq $((64 << 20)) ]]
	fsck_is_clean d/web01.img
	: >d/.gone.img.redo
	doctor --json
	[[ $status -eq 0 ]]
	found disks warning "d/.gone.img.redo is what was left to be done of an interrupted change of d/gone.img, which is not there"
	advises disks "rm 'd/.gone.img.redo'"
	rm d/.gone.img.redo
	doctor --json
	found disks ok "none missing"
}

@test "an interrupted change of a block device is known from the cache, where doctor makes nothing" {
	healthy_dom0
	made_empty web01 --size 32M --bridge lo
	mv d/web01.img disk
	export XEN_BIGDISK_CACHE=$PWD/cache
	loop_on disk
	sed -i "s,$PWD/d/web01.img,$loop," d/web01.cfg
	doctor --json
	[[ ! -e cache ]]
	run ! grep -q 'was interrupted' <<<"$output"
	truncate -s 64M disk
	losetup -c "$loop"
	grow_killed "$loop" 64M unlinkat:when=1
	[[ -e cache/devices/dev-${loop##*/}.redo ]]
	doctor --json
	found disks problem "a change of the disk $loop was interrupted"
	advises disks "xen-bigdisk check '$loop' --repair"
	bd check "$loop" --repair
	[[ $status -eq 1 && ! -e cache/devices/dev-${loop##*/}.redo ]]
}

@test "an image that no cfg names and that a loop device or a program has open is left alone" {
	healthy_dom0
	truncate -s 1M d/spare.img
	loop_on d/spare.img
	doctor --json
	found unused warning d/spare.img
	advises unused "keep it: the loop device $loop has it open for writing"
	advises_nowhere "mv "
	losetup -d "$loop"
	loop=''
	exec 9<>d/spare.img
	bd doctor --dir d --bridge lo --json 9>&-
	exec 9>&-
	advises unused "keep it: another program has it open for writing: process "
	advises_nowhere "fuser"
}

@test "a disk that was removed under a loop device can be copied out of it, and doctor says how" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	cp d/web01.img before
	loop_on d/web01.img
	rm d/web01.img
	doctor --json
	[[ $status -eq 1 ]]
	found disks problem "the disk of web01 is missing"
	advises disks "its content is still in $loop: cp --sparse=always $loop '$PWD/d/web01.img'"
	cp --sparse=always "$loop" d/web01.img
	cmp before d/web01.img
	domain 7 web01
	rm d/web01.img
	FAKE_TOOLSTACK_IMAGES='' doctor --json
	advises_nowhere "xen-bigdisk rm"
}

@test "a cfg that is not for this user to read is not checked" {
	healthy_dom0
	need_root
	need setpriv
	cp "$bigdisk" bin/program
	chmod 755 . bin bin/program
	echo 'name = "secret"' >d/secret.cfg
	chmod 600 d/secret.cfg
	run --separate-stderr setpriv --reuid 65534 --clear-groups bin/program doctor --dir d --bridge lo --json
	jq -e '.checks' <<<"$output" || skip "another user cannot come here"
	found cfgs "not checked" "run doctor as root"
	found unused "not checked" ""
	jq -e 'all(.checks[]; .check != "cfgs" or .state != "problem")' <<<"$output"
}

# Looks as a user who is not root.
doctor_as_nobody() {
	need_root
	need setpriv
	cp "$bigdisk" bin/program
	chmod 755 . bin bin/program
	run --separate-stderr setpriv --reuid 65534 --clear-groups bin/program doctor --dir d --bridge lo --json "$@"
	jq -e '.checks' <<<"$output" || skip "another user cannot come here"
}

@test "a template that this user may not read is healthy, and there is no advice to recreate it" {
	healthy_dom0
	local open
	open=$(mktemp -d /tmp/xen-bigdisk-test-open-XXXXXX)
	chmod 755 "$open"
	mkdir -p root/etc
	echo x >root/etc/x
	"$bigdisk" template import --quiet web root --templates "$open/templates"
	chmod 755 "$open/templates"
	doctor_as_nobody --templates "$open/templates"
	local closed_template=$output
	chmod 700 "$open/templates"
	doctor_as_nobody --templates "$open/templates"
	rm -rf "$open"
	found templates "not checked" "run doctor as root"
	jq -e 'all(.checks[]; .check != "templates" or .state != "problem")' <<<"$output"
	output=$closed_template
	found templates "not checked" "/templates/web"
	found templates "not checked" "run doctor as root"
	jq -e 'all(.checks[]; .check != "templates" or (.state != "problem" and .advice == null))' <<<"$output"
}

@test "nothing is reported as unused or broken in directories that this user may not read" {
	healthy_dom0
	made_empty web01 --size 16M
	chmod 700 d
	doctor_as_nobody
	found cfgs "not checked" "run doctor as root"
	found unused "not checked" ""
	jq -e 'all(.checks[]; (.check != "cfgs" and .check != "unused") or .state == "not checked")' <<<"$output"
}

# all_unchecked CHECK...: nothing is said of them but that they are not checked.
all_unchecked() {
	jq -e --arg checks " $* " 'all(.checks[]; .check as $check | ($checks | contains(" \($check) ") | not) or
		(.state == "not checked" and .advice == null))' <<<"$output" >/dev/null || fail "not all unchecked: $*"
}

@test "a folder of images that is not for this user to look into: its room and the disks in it are not checked" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	mkdir closed cfgs
	mv d closed/d
	sed "s|$PWD/d/|$PWD/closed/d/|" closed/d/web01.cfg >cfgs/web01.cfg
	chmod 755 closed cfgs
	chmod 700 closed
	ln -s closed/d d
	doctor_as_nobody
	found disk_space "not checked" "cannot look at d: Permission denied (run doctor as root)"
	all_unchecked disk_space cfgs disks unused
	rm d
	ln -s cfgs d
	doctor_as_nobody
	found cfgs ok "1 guest in d"
	found disks "not checked" "1 file is in directories that this user may not look into (run doctor as root)"
	all_unchecked disks
	doctor --json
	found disks ok "1, none missing"
}

@test "links and locks of the system that are not for this user to look into are not checked" {
	healthy_dom0
	need_root
	need setpriv
	in_own_mounts
	[[ -d /etc/xen && -d /run/lock ]] || skip "there is no /etc/xen or no /run/lock"
	cp "$bigdisk" bin/program
	chmod 755 . bin bin/program
	local mode
	for mode in 700 755; do
		# shellcheck disable=SC2016 # for the inner shell
		run --separate-stderr unshare -m sh -c 'mount -t tmpfs none /etc/xen && mount -t tmpfs none /run/lock &&
			mkdir /etc/xen/auto && ln -s ../gone.cfg /etc/xen/auto/gone.cfg && chmod 755 /run/lock &&
			: >/run/lock/xl && chmod 600 /run/lock/xl && chmod "$0" /etc/xen/auto &&
			exec setpriv --reuid 65534 --clear-groups bin/program doctor --bridge lo --json' "$mode"
		jq -e '.checks' <<<"$output" || skip "another user cannot come here"
		found locks "not checked" "cannot see who holds xl's lock /var/lock/xl: Permission denied (run doctor as root)"
		[[ $mode == 755 ]] || found autostart "not checked" "this user may not read /etc/xen/auto (run doctor as root)"
		[[ $mode == 700 ]] || found autostart warning /etc/xen/auto/gone.cfg
	done
}

@test "a template of a newer version is not said to be damaged" {
	healthy_dom0
	mkdir -p templates root/etc
	echo x >root/etc/x
	"$bigdisk" template import --quiet web root --templates templates
	sed -i 's/"version": 2/"version": 99/' templates/web/manifest.json
	doctor --json --templates templates
	found templates problem "has version 99"
	advises templates "newer xen-bigdisk"
	advises_nowhere "make it again"
}

@test "disks that may outgrow the room are a warning" {
	healthy_dom0
	need_root
	made_empty web01 --size 16M --bridge lo
	truncate -s 1T d/big.img
	sed "s/web01/big/; /^uuid/d; /^vif/d; s|/d/web01.img|/d/big.img|" d/web01.cfg >d/big.cfg
	doctor --json
	found disk_space warning "may grow by"
}

# Runs the rest in a mount namespace, where folders of the system can be hidden.
in_own_mounts() {
	need_root
	unshare -m true 2>/dev/null || skip "mount namespaces are not allowed here"
}

@test "autostart links that lead nowhere" {
	healthy_dom0
	in_own_mounts
	[[ -d /etc/xen ]] || skip "there is no /etc/xen"
	# shellcheck disable=SC2016 # for the inner shell
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs none /etc/xen && mkdir /etc/xen/auto &&
		ln -s ../gone.cfg /etc/xen/auto/gone.cfg && exec "$@"' sh "$bigdisk" doctor --bridge lo --json
	[[ $status -eq 0 ]] || fail "$stderr"
	found autostart warning /etc/xen/auto/gone.cfg
}

@test "guests that are to start with dom0, and nothing that starts them" {
	healthy_dom0
	in_own_mounts
	[[ -d /etc/xen ]] || skip "there is no /etc/xen"
	# shellcheck disable=SC2016 # for the inner shell
	run --separate-stderr unshare -m sh -c 'for folder in /etc/xen /etc/systemd/system /etc/runlevels /etc/rc*.d; do
			[ ! -d $folder ] || mount -t tmpfs none $folder || exit 99
		done
		mkdir /etc/xen/auto && echo "name = \"a\"" >/etc/xen/a.cfg && ln -s ../a.cfg /etc/xen/auto/a.cfg &&
		exec "$@"' sh "$bigdisk" doctor --bridge lo --json
	found autostart warning "the service xendomains"
}

@test "a Xen that can be booted and has no plugin is named, with the package that has it" {
	healthy_dom0
	in_own_mounts
	[[ -d /boot ]] || skip "there is no /boot"
	cp "$bigdisk" bin/program
	: >bin/toolstack-libxl-9.98.so
	# shellcheck disable=SC2016 # for the inner shell
	in_boot() {
		run --separate-stderr unshare -m sh -c 'mount -t tmpfs none /boot && cd /boot && touch $0 && cd "$OLDPWD" &&
			exec bin/program doctor --dir d --bridge lo --json' "$1"
	}
	in_boot "xen-9.98-amd64.gz xen-9.98-amd64.config vmlinuz-6.1 xen.gz xen-syms-9.97"
	[[ $status -eq 0 ]] || fail "$stderr"
	found next_boot ok "every Xen in /boot (1) has its toolstack plugin"
	in_boot "xen-9.98-amd64.gz xen-9.99-amd64.gz xen-9.97.2.efi"
	[[ $status -eq 0 ]] || fail "$stderr"
	found next_boot warning "/boot/xen-9.99-amd64.gz can be booted, but there is no toolstack plugin for Xen 9.99"
	found next_boot warning "/boot/xen-9.97.2.efi can be booted, but there is no toolstack plugin for Xen 9.97"
	advises next_boot "xen-bigdisk-toolstack-9.99"
	[[ $(jq '[.checks[] | select(.check == "next_boot")] | length' <<<"$output") -eq 2 ]]
	in_boot vmlinuz-6.1
	found next_boot ok "no Xen is in /boot"
}

@test "a monitor that runs the program as it was before an upgrade is named, as harmless" {
	healthy_dom0
	cp "$(command -v bash)" bin/monitor
	# shellcheck disable=SC2016 # for the monitor
	bin/monitor -c 'echo xbd-web01 >/proc/$$/comm && read -rt 60 <>"$0"' fifo 3>&- &
	monitor_pid=$!
	until_true grep -qx xbd-web01 "/proc/$monitor_pid/comm"
	doctor --json
	jq -e --arg pid "($monitor_pid)" 'any(.checks[]; .found | contains($pid)) | not' <<<"$output"
	rm bin/monitor
	doctor --json
	[[ $status -eq 0 ]]
	found upgraded ok "before it was upgraded, which is harmless"
	found upgraded ok "xbd-web01 ($monitor_pid)"
	advises upgraded "xen-bigdisk start GUEST"
}

@test "a process that holds xl's lock is named" {
	healthy_dom0
	in_own_mounts
	need python3
	[[ -d /run/lock ]] || skip "there is no /run/lock"
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs none /run/lock && exec python3 -' <<-PYTHON
		import fcntl, os, subprocess, sys
		lock = open("/var/lock/xl", "w")
		fcntl.lockf(lock, fcntl.LOCK_EX)
		print(os.getpid(), file=sys.stderr)
		sys.exit(subprocess.run(["$bigdisk", "doctor", "--dir", "d", "--bridge", "lo", "--json"]).returncode)
	PYTHON
	[[ $status -eq 0 ]] || fail "$stderr"
	found locks warning "process ${stderr%%$'\n'*} holds xl's lock"
}

@test "names of files with control characters do not reach the terminal" {
	healthy_dom0
	: >$'d/\033[2Jx.img'
	doctor
	[[ $output != *$'\033'* && $output == *"?[2Jx.img"* ]]
}

@test "a command of an advice can be pasted into a shell, whatever a file is called" {
	healthy_dom0
	local name="x';touch pwned;'.img"
	: >"d/$name"
	: >"d/.web01';touch pwned;'.img.partial-999999999"
	doctor --json
	[[ $(jq .warnings <<<"$output") -eq 2 ]]
	jq -r '.checks[] | select(.check == "unused").advice | sub(".*: mv "; "mv ")' <<<"$output" >pasted
	jq -r '.checks[] | select(.check == "disk_space" and .state == "warning").advice | sub(".*: rm "; "rm ")' <<<"$output" >>pasted
	[[ $(grep -c '^mv ' pasted) -eq 1 && $(grep -c '^rm ' pasted) -eq 1 ]]
	sh -eu pasted
	[[ ! -e pwned && ! -e "pwned.img" ]]
	holds d "$name.aside"
	rm "d/$name.aside"
	echo "disk = [ '/nowhere/disk,,xvda' ]" >"d/a'b.cfg"
	echo "name = 'web01'" >>"d/a'b.cfg"
	doctor --json
	advises disks "correct d/a'b.cfg"
}

@test "for a name with control characters no command is printed" {
	healthy_dom0
	: >$'d/a\nb.img'
	doctor --json
	found unused warning "d/a?b.img"
	advises unused "its name contains control characters"
	advises_nowhere "d/a?b"
}

@test "a path that begins with a hyphen is no option" {
	healthy_dom0
	mkdir ./-d
	: >./-d/x.img
	bd doctor --dir=-d --bridge lo --json
	advises unused "mv './-d/x.img' './-d/x.img.aside'"
}

# The first line of `doctor --check`.
checked() { # STATUS PATTERN [OPTION...]
	local wanted=$1 pattern=$2
	shift 2
	doctor --check "$@"
	[[ $status -eq $wanted && -z $stderr ]] || fail "status $status"
	[[ ${lines[0]} =~ $pattern ]] || fail "no /$pattern/ in ${lines[0]}"
}

# What monitoring-plugins.org's guidelines say of the line and of each word of performance data.
perfdata() {
	local word
	[[ $(head -n 1 <<<"$output" | tr -cd '|' | wc -c) -eq 1 ]]
	[[ $(tr -cd '|' <<<"$output" | wc -c) -eq 1 ]] || fail "another | than that before the performance data"
	for word in $(head -n 1 <<<"$output" | cut -d '|' -f 2); do
		[[ $word =~ ^[a-z_]+=[0-9]+B?(;[0-9]*:?){3,4}$ ]] || fail "no performance data: $word"
	done
}

@test "--check: OK, WARNING and CRITICAL with their statuses, and performance data" {
	healthy_dom0
	made_empty web01 --size 16M --no-net
	export FAKE_TOOLSTACK_STATE=$PWD/domains
	printf '7 %s web01\n' "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" >domains
	checked 0 '^XEN-BIGDISK OK - nothing is wrong, 1 guests run \| problems=0;;0;0 warnings=0;0;;0 unchecked=0;;;0 guests_running=1;;;0 memory_available=8589934592B;536870912:;67108864:;0;17179869184 space_free='
	perfdata
	[[ ${#lines[@]} -eq 1 ]]
	: >d/.web02.img.partial-999999999
	checked 1 '^XEN-BIGDISK WARNING - 0 problems, 1 warnings, 0 not checked: d/\.web02\.img\.partial-999999999 is incomplete'
	perfdata
	[[ ${#lines[@]} -eq 2 && ${lines[1]} == "WARNING: disk_space: "*" -> "* ]]
	checked 1 '^XEN-BIGDISK WARNING' --quiet
	[[ ${#lines[@]} -eq 1 ]]
	bd doctor --dir d --bridge nosuchbr0 --check
	[[ $status -eq 2 && ${lines[0]} == "XEN-BIGDISK CRITICAL - 1 problems, 1 warnings, 0 not checked: bridge nosuchbr0 "* ]]
	perfdata
}

@test "--check: limits for memory and room, which are in the performance data" {
	healthy_dom0
	checked 1 'WARNING - .*8 GiB of 16 GiB .*memory_available=8589934592B;9663676416:;67108864:;0;' --memory-warning 9G
	perfdata
	checked 2 'CRITICAL - .*8 GiB of 16 GiB .*memory_available=8589934592B;10737418240:;9663676416:;0;' --memory-warning 10G \
		--memory-critical 9G
	perfdata
	checked 0 'OK' --memory-warning 8G --memory-critical 1G
	checked 1 'WARNING - .* d has only ' --space-warning 1000000G
	checked 2 'CRITICAL - .* d is nearly full: ' --space-critical 1000000G
	perfdata
	FAKE_TOOLSTACK_MEMORY_KIB=262144 checked 0 'OK' --memory-warning 128M
	bd doctor --check --memory-warning 1G --memory-critical 2G
	failed_with 2
	bd doctor --space-warning 1G --space-critical 2G
	failed_with 2
	bd doctor --check --json
	[[ $status -eq 2 ]]
}

# in_little_room STATUS PATTERN ARGUMENTS...: checked, where d is a filesystem of 40 MiB with a sparse disk of 1 TiB.
in_little_room() {
	local status_wanted=$1 pattern=$2
	shift 2
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m sh -c 'mount -t tmpfs -o size=40M,mode=755 none d && truncate -s 1G d/a.img && echo "name = \"a\"
disk = [ \"$PWD/d/a.img,raw,xvda,w\" ]" >d/a.cfg && exec "$bigdisk" doctor --dir d --bridge lo --check "$@"' sh "$@"
	[[ $status -eq $status_wanted ]] || fail "status $status" "$output"
	[[ $output =~ $pattern ]] || fail "$output"
}

@test "--check: limits for room count as they are given, and the usual ones are in the performance data" {
	healthy_dom0
	need_mount_namespaces
	in_little_room 2 'CRITICAL - .*d is nearly full: .*space_free=[0-9]+B;1073741824:;67108864:;0;41943040'
	in_little_room 1 'WARNING - .*its sparse disks may grow by 1 GiB.*space_free=[0-9]+B;1073741824:;10485760:;0;' --space-critical 10M
	in_little_room 0 'OK - .*space_free=[0-9]+B;20971520:;10485760:;0;' --space-critical 10M --space-warning 20M
	in_little_room 1 'WARNING - .* d has only .*space_free=[0-9]+B;5368709120:;10485760:;0;' --space-critical 10M --space-warning 5G
}

@test "--check: a limit for a warning that is below that for a problem, given or usual, is refused" {
	healthy_dom0
	checked 1 'WARNING - .*memory_available=8589934592B;536870912:;67108864:;' --space-warning 1000000G
	checked 2 'CRITICAL - .*memory_available=8589934592B;9663676416:;9663676416:;' --memory-critical 9G
	bd doctor --check --space-warning 32M
	failed_with 2
	[[ $stderr == *"--space-warning is less than --space-critical (64 MiB)" ]]
	bd doctor --check --memory-warning 32M
	failed_with 2
	[[ $stderr == *"--memory-warning is less than --memory-critical (64 MiB)" ]]
}

@test "--check: CRITICAL without a Xen, UNKNOWN where something cannot be looked at" {
	[[ ! -e /sys/hypervisor/type ]] || skip "there is a hypervisor here"
	doctor --check
	[[ $status -eq 2 && ${lines[0]} == "XEN-BIGDISK CRITICAL - "*" not checked: no Xen is running here"* && -z $stderr ]]
	perfdata
	healthy_dom0
	export FAKE_TOOLSTACK_MODE=not-root
	checked 3 '^XEN-BIGDISK UNKNOWN - 0 problems, 0 warnings, [1-9][0-9]* not checked: '
	perfdata
}

@test "--check: names of files with | and newlines add neither lines nor performance data" {
	healthy_dom0
	: >"d/.a|b=1;;"$'\n'"CRITICAL c.img.partial-999999999"
	checked 1 '^XEN-BIGDISK WARNING - .*a\?b=1;;\?CRITICAL c\.img'
	perfdata
	[[ ${#lines[@]} -eq 2 ]]
}

@test "a record whose config is gone is named, and the command that removes it" {
	healthy_dom0
	made_empty web01 --size 16M --no-net
	mkdir state
	FAKE_TOOLSTACK_STATE=$PWD/domains ok start web01 --dir d --no-wait
	doctor --json
	found records ok "starts are counted of 1 guest"
	mv d/web01.cfg .
	doctor --json
	found records warning "counts the starts of a guest whose config $PWD/d/web01.cfg is gone"
	advises records "rm '$PWD/state/web01.cfg-"
	eval "$(jq -r '.checks[] | select(.check == "records").advice | sub("^.*: "; "")' <<<"$output")"
	doctor --json
	found records ok "0 guests"
}

@test "a damaged record is named, and the command that lets the count begin again" {
	healthy_dom0
	made_empty web01 --size 16M --no-net
	mkdir state
	FAKE_TOOLSTACK_STATE=$PWD/domains ok start web01 --dir d --no-wait
	: >state/web01.cfg-0123456789abcdef.new # left by a killed writer
	mkdir state/lost+found
	touch state/README
	sed -i 's/^starts .*/starts -7/' state/web01.cfg-????????????????
	doctor --json
	found records warning "is damaged: how often its guest was started is not known"
	[[ $output != *lost+found* && $output != *README* ]]
	eval "$(jq -r '.checks[] | select(.check == "records").advice | sub("^.*: "; "")' <<<"$output")"
	doctor --json
	found records ok "0 guests"
}

@test "wrong usage" {
	bd doctor web01
	failed_with 2
	bd doctor --bridge a/b
	failed_with 2
}

@test "an image that a killed run has left is no guest's disk: the same command again, or rm" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	rm d/web01.cfg
	chmod +t d/web01.img
	doctor --json
	found unused warning "web01.img was left by an interrupted new or clone"
	jq -e '.checks[] | select(.check == "unused").advice | contains("xen-bigdisk rm --dir ") and endswith(" web01")' <<<"$output"
	chmod -t d/web01.img
	doctor --json
	found unused warning "no config in"
}

@test "the advice for a lost config never overwrites an existing one" {
	healthy_dom0
	made_empty web01 --size 16M --bridge lo
	made_empty web02 --size 16M --bridge lo
	# Each names the disk of another guest now, which is not lost.
	mkdir elsewhere
	mv d/web01.cfg kept.cfg
	sed "s,$PWD/d/web02.img,$PWD/elsewhere/x.img," d/web02.cfg >d/web01.cfg
	cp d/web01.cfg d/web02.cfg
	cp d/web01.cfg d/web02-recovered.cfg
	cp d/web01.img elsewhere/x.img
	domain 7 web02
	doctor --json
	advises unused "config --from-image 'd/web01.img' >'d/web01-recovered.cfg'"
	advises unused "config --from-domain 7 >'d/web02-recovered1.cfg'"
	advises_nowhere ">'d/web01.cfg'"
	advises_nowhere ">'d/web02.cfg'"
}
