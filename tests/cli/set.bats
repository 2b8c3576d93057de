#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# set: a guest's memory, virtual CPUs, boot and network, in its config and while it runs, with a toolstack plugin that is
# told how to behave: tests/unit/fake-toolstack.c. That a config that is changed is the one that a new guest would have got is a
# fact of tests/unit/test_cfg_boot.c.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# says LINE...: that is all that the last bd printed, and it went well.
says() {
	[[ $status -eq 0 ]] || fail "status $status"
	[[ $output == "$(printf '%s\n' "$@")" ]] || fail "printed: $output"
}

# stays FILE: it is as it was when this was kept.
keep() {
	cp -a "$1" kept
}

stays() {
	cmp "$1" kept || fail "$1 was changed"
}

# runs [OPTION...]: web01, made with these options, runs, with 512 MiB and 2 virtual CPUs at most.
runs() {
	fake_xen "${mode:-}"
	made_empty web01 --size 16M --boot-sector none --memory 512M --vcpus 2 "$@"
	"$bigdisk" start web01 --quiet --no-wait --dir d
	export FAKE_TOOLSTACK_MAX="524288 2"
	: >log
}

@test "without a pair the keys are printed with their values, in the form in which they are given" {
	made_empty web01 --size 16M --memory 384M --vcpus 3 --type pvh --bridge br7 --mac 00:16:3e:01:02:03
	bd set web01 --dir d
	says memory=384M vcpus=3 type=pvh boot=pygrub bridge=br7 mac=00:16:3e:01:02:03
	keep d/web01.cfg
	# shellcheck disable=SC2086 # a word for each
	bd set web01 --dir d $output
	says "web01 is so already: nothing to do"
	stays d/web01.cfg
	bd set web01 --dir d --json
	jq -e '.name == "web01" and .values == {"memory": "384M", "vcpus": "3", "type": "pvh", "boot": "pygrub", "append": null,
		"bridge": "br7", "mac": "00:16:3e:01:02:03", "rate": null, "mtu": null, "vlan": null, "vifname": null, "model": null,
		"script": null, "gatewaydev": null, "backend": null}' <<<"$output"
	made_empty web02 --size 16M --no-net --type hvm
	bd set web02 --dir d
	says memory=512M vcpus=1 type=hvm
}

@test "a stopped guest's config is changed in place, and nothing else of it" {
	made_empty web01 --size 16M --bridge br7 --mac 00:16:3e:01:02:03
	# What an administrator makes of it: other ways to write, comments, keys that the program does not know.
	sed -i "s/^memory = .*/memory='512' # enough for now/; s/^vcpus = .*/vcpus=1; cpus = '2-3'/" d/web01.cfg
	sed -i "s/^vif = .*/vif = [ 'bridge=br7,rate=10Mb\/s , mac=00:16:3e:01:02:03', 'bridge=br8' ]/" d/web01.cfg
	printf 'localtime = 1\nmaxvcpus = 2\n' >>d/web01.cfg
	chmod 640 d/web01.cfg
	cp d/web01.cfg old
	bd set web01 --dir d memory=1G vcpus=4 bridge=br9
	says "web01 is changed:" "  memory   512M -> 1024M" "  vcpus    1 -> 4" "  maxvcpus 2 -> 4" "  bridge   br7 -> br9"
	run diff old d/web01.cfg
	[[ $(grep '^>' <<<"$output") == "> memory=1024 # enough for now
> vcpus=4; cpus = '2-3'
> vif = [ \"bridge=br9,rate=10Mb/s , mac=00:16:3e:01:02:03\", 'bridge=br8' ]
> maxvcpus = 4" ]] || fail "$output"
	[[ $(stat -c %a d/web01.cfg) == 640 ]]
	holds d web01.cfg web01.img
}

@test "--dry-run shows the same and changes nothing; --json has it for programs" {
	made_empty web01 --size 16M --no-net
	keep d/web01.cfg
	bd set web01 --dir d memory=256M --dry-run
	says "web01 would be changed:" "  memory   512M -> 256M"
	bd set web01 --dir d memory=256M --dry-run --json
	jq -e '.state == "planned" and .changed and (.changes | length == 1)' <<<"$output"
	stays d/web01.cfg
	bd set web01 --dir d memory=256M --json
	jq -e '.state == "set" and .changed and (has("domid") | not)
		and .changes == [{"key": "memory", "from": "512M", "to": "256M", "now": false, "reason": null}]' <<<"$output"
	bd set web01 --dir d memory=256M --json
	jq -e '.changed == false and .changes == []' <<<"$output"
	bd set web01 --dir d --dry-run
	failed_with 2
}

@test "all pairs are checked before anything is written, and the key that is wrong is said" {
	made_empty web01 --size 16M --no-net
	keep d/web01.cfg
	while IFS='|' read -r pair wanted; do
		bd set web01 --dir d memory=256M "$pair"
		failed_with 2
		[[ $stderr == *"$wanted"* ]] || fail "not: $wanted"
		stays d/web01.cfg
	done <<-'EOF'
		vcpus=0|vcpus: "0" is not a whole number from 1 to 512
		vcpus=|vcpus: "" is not
		vcpus|vcpus has no value: vcpus=VALUE
		memory=256M|memory is given twice
		boot=lilo|boot: must be one of pygrub, bigdisk, pvgrub, direct, uefi, not "lilo"
		boot=uefi|boot: uefi is for hvm guests
		type=xen|type: must be one of pv, pvh, hvm, not "xen"
		bridge=br7|bridge: web01 has no network interface
		mac=00:16:3e:01:02:03|mac: web01 has no network interface
		mac=00:16|mac: "00:16" is not a MAC address
		rate=10Mb/s|rate: web01 has no network interface
		rate=fast|rate: "fast" is not a rate such as 10Mb/s
		rate=1Mb/s,mac=x|rate: "1Mb/s,mac=x" has a comma
		mtu=20|mtu: "20" is not a whole number from 68 to 65535
		vifname=a b|vifname: "vifname=a b" has a blank
		append=quiet|append: the kernel's arguments of web01 are in the boot configuration inside its disk
		append=a"b|append: has a character
		memry=1G|there is no key memry; did you mean memory?
		colour=red|there is no key colour; it must be one of memory, vcpus, type, boot, append, bridge, mac, rate, mtu, vlan, vifname, model, script, gatewaydev, backend
		=red|there is no key
		ip=192.0.2.7/24|ip is in files inside the guest's disk
		autostart=on|autostart is changed by xen-bigdisk autostart
	EOF
	bd set web01 --dir d memory=4
	failed_with 2
	[[ $stderr == *"memory: \"4\" would be MiB; did you mean 4G?"* ]]
	bd set web02 --dir d memory=256M
	failed_with 4
	bd set --dir d
	failed_with 2
}

@test "memory and vcpus of a running guest are changed at once, up to what it was started with" {
	runs --no-net
	bd set web01 --dir d memory=256M vcpus=1
	says "web01 is changed:" "  memory   512M -> 256M, at once" "  vcpus    2 -> 1, at once"
	[[ $(grep ^set log | xargs) == "set_memory domid=7 kib=262144 set_vcpus domid=7 vcpus=1" ]]
	grep -qx 'memory = 256' d/web01.cfg
	bd show web01 --dir d --json
	jq -e '.memory_mib == 256 and .vcpus == 1 and .restart_pending == null' <<<"$output"
	bd set web01 --dir d memory=1G vcpus=3 --json
	jq -e '[.changes[] | [.key, .to, .now, .reason]] == [
		["memory", "1024M", false, "it was started with 512M, and can have no more"],
		["vcpus", "3", false, "it was started with 2, and can have no more"]] and .domid == 7' <<<"$output"
	grep -qx 'memory = 1024' d/web01.cfg
	[[ $(grep -c ^set log) -eq 2 ]] || fail "$(<log)"
	bd set web01 --dir d memory=2G
	says "web01 is changed:" \
		"  memory   1024M -> 2048M, from its next start or reboot: it was started with 512M, and can have no more"
	export FAKE_TOOLSTACK_MODE=foreign
	bd set web01 --dir d memory=1G
	[[ $output == *"2048M -> 1024M, from its next start: it was started"* ]]
}

@test "a running guest gets what its config said already" {
	runs --no-net
	sed -i 's/^memory = .*/memory = 256/' d/web01.cfg
	keep d/web01.cfg
	bd set web01 --dir d memory=256M
	says "web01 is changed:" "  memory   512M -> 256M, at once"
	bd set web01 --dir d memory=256M
	says "web01 is so already: nothing to do"
	stays d/web01.cfg
}

@test "of a guest that was started with no known limit, and of one that is hvm, only what is sure is done at once" {
	runs --no-net
	unset FAKE_TOOLSTACK_MAX # 256 MiB and one virtual CPU, as the fake has it
	bd set web01 --dir d memory=300M vcpus=4
	says "web01 is changed:" "  memory   512M -> 300M, from its next start or reboot: how much it can have is not known" \
		"  vcpus    2 -> 4, from its next start or reboot: how many it can have is not known"
	bd set web01 --dir d memory=200M
	says "web01 is changed:" "  memory   300M -> 200M, at once"
	export FAKE_TOOLSTACK_MAX="524288 4"
	sed -i 's/^type = .*/type = "hvm"/' d/web01.cfg
	bd set web01 --dir d vcpus=1
	says "web01 is changed:" \
		"  vcpus    4 -> 1, from its next start or reboot: no virtual CPU can be taken from an HVM guest that runs"
}

@test "where Xen has no memory for a running guest, or fails, nothing is changed" {
	mode=no-memory runs --no-net
	keep d/web01.cfg
	bd set web01 --dir d memory=500M vcpus=1
	failed_with 6
	[[ $stderr == *"memory: web01 was not changed: the guest needs 256 MiB"* ]]
	stays d/web01.cfg
	export FAKE_TOOLSTACK_MODE=vcpus-fail
	: >log
	bd set web01 --dir d memory=300M vcpus=1
	failed_with 1
	stays d/web01.cfg
	# What was done is taken back.
	[[ $(grep ^set_memory log | xargs) == "set_memory domid=7 kib=307200 set_memory domid=7 kib=524288" ]] || fail "$(<log)"
}

@test "what the toolstack would not take any more is not written" {
	compgen -G "${bigdisk%/*}/toolstack-libxl-*.so" >/dev/null || skip "the plugin is not built"
	made_empty web01 --size 16M --no-net --boot-sector none --memory 512M --vcpus 2
	printf '%s\n' 'maxmem = 512' 'maxvcpus = 2' 'type = "pvh"' \
		'vnuma = [ [ "pnode=0", "size=512", "vcpus=0-1", "vdistances=10" ] ]' >>d/web01.cfg
	sed -i '/^type = "pv"/d' d/web01.cfg
	keep d/web01.cfg
	bd set web01 --dir d memory=1G
	failed_with 1
	[[ $stderr == *"the changed config would be refused: $PWD/d/web01.cfg:"*"the sizes of vnuma are 512 MiB together, and maxmem is 1024"* ]]
	stays d/web01.cfg
	bd set web01 --dir d memory=256M
	[[ $status -eq 0 ]]
	# One that it did not take before is its administrator's.
	sed -i 's/size=512/size=511/' d/web01.cfg
	bd set web01 --dir d memory=1G
	[[ $status -eq 0 ]]
}

@test "while another process is at work on the guest: status 5" {
	fake_xen create-hangs
	made_empty web01 --size 16M --no-net --boot-sector none
	"$bigdisk" start web01 --quiet --dir d 3>&- &
	local pid=$!
	until_true grep -q '^create' log
	export FAKE_TOOLSTACK_MODE=
	keep d/web01.cfg
	bd set web01 --dir d memory=256M
	failed_with 5
	[[ $stderr == *"at work on"* ]]
	bd set web01 --dir d
	[[ $status -eq 0 ]]
	kill "$pid"
	wait "$pid" || true
	stays d/web01.cfg
}

@test "by a link, the config that it leads to is changed" {
	made_empty web01 --size 16M --no-net
	ln -s web01.cfg d/link.cfg
	bd set ./d/link.cfg memory=256M
	[[ $status -eq 0 && -L d/link.cfg ]]
	grep -qx 'memory = 256' d/web01.cfg
}

@test "a fleet's guest is changed, with a word on its manifest" {
	write_manifest '"guests": { "web01": { "memory": "128M" } }'
	"$bigdisk" fleet apply fleet.json --dir d --no-start --quiet
	bd set web01 --dir d memory=256M
	[[ $status -eq 0 && $stderr == *"web01 belongs to the fleet shop"* ]]
	bd fleet plan fleet.json --dir d --no-start
	[[ $output == *"256 MiB -> 128 MiB"* ]]
}

# --- boot

@test "direct: kernel, initramfs and arguments come out of the disk, and go again with the next way" {
	need_busybox
	made web01 --quiet --no-start --dir d --size 128M --append net.ifnames=0
	cp d/web01.cfg pygrub.cfg
	bd set web01 --dir d boot=direct
	[[ $status -eq 0 ]]
	holds d web01.cfg web01.img web01.vmlinuz web01.initramfs
	"$bigdisk" cat --dir d "web01:/boot/vmlinuz*" >kernel
	cmp kernel d/web01.vmlinuz
	[[ $(stat -c %a d/web01.vmlinuz) == 600 ]]
	# The same that a new guest would have got.
	made web02 --quiet --no-start --dir d --size 128M --append net.ifnames=0 --boot direct
	uuid=$(sed -n 's/.*root=UUID=\([^ ]*\) .*/\1/p' d/web01.cfg)
	wanted=$(sed -n "s/^cmdline = //p" d/web02.cfg | sed "s/UUID=[^ ]*/UUID=$uuid/")
	grep -qxF "cmdline = $wanted" d/web01.cfg
	bd set web01 --dir d
	[[ $output == *"boot=direct"$'\n'"append=net.ifnames=0"* ]]
	bd set web01 --dir d append="quiet panic=10" memory=300M
	says "web01 is changed:" "  memory   512M -> 300M" "  append   net.ifnames=0 -> quiet panic=10"
	grep -q 'console=hvc0 quiet panic=10"$' d/web01.cfg
	bd new web01 --dir d --append "" --if-absent --dry-run
	[[ $output == *$'\n'"  append   quiet panic=10 -> none: xen-bigdisk set" ]]
	bd set web01 --dir d append= memory=512M
	says "web01 is changed:" "  memory   300M -> 512M" "  append   quiet panic=10 -> none"
	bd set web01 --dir d boot=pygrub
	[[ $status -eq 0 ]]
	holds d web01.cfg web01.img web02.cfg web02.img web02.vmlinuz web02.initramfs
	cmp d/web01.cfg pygrub.cfg
}

@test "bigdisk: the config is the one that new writes for it" {
	need_busybox
	made_empty web03 --size 16M --no-net --boot-sector none
	bd set web03 --dir d boot=bigdisk
	failed_with 1
	[[ $stderr == *"there is neither a boot configuration nor a kernel on the disk"* ]]
	bd set web03 --dir d boot=pvgrub
	failed_with 1
	made web01 --quiet --no-start --dir d --size 128M --no-net --boot-sector none
	bd set web01 --dir d boot=bigdisk
	says "web01 is changed:" "  boot     pygrub -> bigdisk"
	grep -qx 'bootloader = "xen-bigdisk-boot"' d/web01.cfg
	bd set web01 --dir d
	[[ $output == *"boot=bigdisk"* ]]
	made web02 --quiet --no-start --dir d --size 128M --no-net --boot-sector none --boot bigdisk
	diff <(sed 's/^uuid = .*//; s/web02/web01/g' d/web02.cfg) <(sed 's/^uuid = .*//' d/web01.cfg)
}

@test "direct needs a stopped guest, and a place for its files" {
	need_busybox
	made web01 --quiet --no-start --dir d --size 128M
	keep d/web01.cfg
	: >d/web01.vmlinuz
	bd set web01 --dir d boot=direct
	failed_with 3
	[[ $stderr == *"boot: $PWD/d/web01.vmlinuz is there already, and was not changed"* ]]
	stays d/web01.cfg
	# What a killed run has left has a mark.
	chmod +t d/web01.vmlinuz
	bd set web01 --dir d boot=direct
	[[ $status -eq 0 && -s d/web01.vmlinuz ]]
	[[ $(stat -c %a d/web01.vmlinuz) == 600 ]]
	bd set web01 --dir d boot=pygrub
	[[ $status -eq 0 ]]
	fake_xen
	"$bigdisk" start web01 --quiet --no-wait --dir d
	bd set web01 --dir d boot=direct
	failed_with 5
	[[ $stderr == *"web01 is running (domain 7) and was not changed; stop it first: xen-bigdisk stop $PWD/d/web01.cfg"* ]]
	stays d/web01.cfg
	holds d web01.cfg web01.img
}

@test "kernel and initramfs need memory, wherever they are" {
	need_busybox
	made web01 --quiet --no-start --dir d --size 128M
	keep d/web01.cfg
	for pairs in memory=16M "boot=direct memory=16M"; do
		# shellcheck disable=SC2086 # a word for each
		bd set web01 --dir d $pairs
		failed_with 1
		[[ $stderr == *"memory: kernel and initramfs alone need "*"but web01 would have only 16 MiB"* ]]
		stays d/web01.cfg
		holds d web01.cfg web01.img
	done
	bd set web01 --dir d boot=direct
	[[ $status -eq 0 ]]
	keep d/web01.cfg
	bd set web01 --dir d memory=16M
	failed_with 1
	[[ $stderr == *"memory: kernel and initramfs alone need "* ]]
	stays d/web01.cfg
}

@test "a disk without anything to boot by is refused in one sentence" {
	made_empty web01 --size 16M --no-net --boot-sector none
	sed -i '/^bootloader/d' d/web01.cfg
	keep d/web01.cfg
	for pair in boot=pygrub boot=pvgrub boot=direct; do
		bd set web01 --dir d $pair
		failed_with 1
		[[ $stderr == *"boot: $PWD/d/web01.img has no boot configuration with a kernel (grub.cfg, menu.lst, extlinux.conf), so the guest would not boot"* ]]
	done
	bd set web01 --dir d type=hvm
	failed_with 1
	[[ $stderr == *"type: $PWD/d/web01.img has no boot code in its first sector, which an hvm guest boots by"* ]]
	stays d/web01.cfg
	truncate -s 0 d/web01.img
	truncate -s 16M d/web01.img
	bd set web01 --dir d boot=pygrub
	failed_with 1
	[[ $stderr == *"has no ext2, ext3 or ext4 filesystem, so that it cannot be told what it would boot"* ]]
}

@test "a boot configuration whose kernel is missing, or has a variable in its arguments, is refused" {
	need_busybox
	made web01 --quiet --no-start --dir d --size 128M --boot pvgrub
	keep d/web01.cfg
	in_image d/web01.img 'cat /boot/grub/grub.cfg' >grub.cfg
	sed 's/ console=hvc0/& "$extra"/' grub.cfg >variable.cfg
	"$bigdisk" cp variable.cfg d/web01.img:/boot/grub/grub.cfg --quiet
	bd set web01 --dir d boot=direct
	failed_with 1
	[[ $stderr == *"quoted, or have a variable of GRUB's"* ]]
	sed 's/linux \([^ ]*\)/linux \1-gone/' grub.cfg >gone.cfg
	"$bigdisk" cp gone.cfg d/web01.img:/boot/grub/grub.cfg --quiet
	for pair in boot=direct boot=pygrub; do
		bd set web01 --dir d $pair
		failed_with 1
		[[ $stderr == *"the default entry of /boot/grub/grub.cfg in $PWD/d/web01.img boots "*"-gone, which is missing or empty"* ]]
	done
	stays d/web01.cfg
	holds d web01.cfg web01.img
}

@test "type: disks, boot and keys that belong to one type go with it" {
	need_busybox
	need_grub2
	made web01 --quiet --no-start --dir d --size 128M --disk 8M
	cp d/web01.cfg pv.cfg
	bd set web01 --dir d type=pvh
	says "web01 is changed:" "  type     pv -> pvh"
	bd set web01 --dir d type=hvm
	says "web01 is changed:" "  type     pvh -> hvm" "  boot     pygrub -> boot sector"
	grep -q 'vdev=sda,' d/web01.cfg
	grep -q 'vdev=sdb,' d/web01.cfg
	bd set web01 --dir d boot=pygrub
	failed_with 2
	[[ $stderr == *"boot: is for pv and pvh guests; an hvm guest boots from its boot sector"* ]]
	bd set web01 --dir d type=pv
	says "web01 is changed:" "  type     hvm -> pv" "  boot     boot sector -> pygrub"
	cmp d/web01.cfg pv.cfg
}

# --- network

@test "a bridge has to be there where Xen runs, and a MAC address that the guest's files go by stays" {
	need_busybox
	made web01 --quiet --no-start --dir d --size 128M --bridge br7
	bd set web01 --dir d bridge=nosuch0
	[[ $status -eq 0 ]]
	fake_xen
	keep d/web01.cfg
	bd set web01 --dir d bridge=nosuch1
	failed_with 1
	[[ $stderr == *"bridge: bridge nosuch1 not found"* ]]
	stays d/web01.cfg
	bd set web01 --dir d mac=00:16:3e:0a:0b:0c
	[[ $status -eq 0 ]] || fail "the mini guest's files know its address"
	"$bigdisk" mkdir -p d/web01.img:/etc/systemd/network --quiet
	printf '[Match]\nMACAddress=00:16:3e:0A:0B:0C\n' >eth.network
	"$bigdisk" cp eth.network d/web01.img:/etc/systemd/network --quiet
	keep d/web01.cfg
	bd set web01 --dir d mac=00:16:3e:0a:0b:0d
	failed_with 1
	[[ $stderr == *"mac: the guest's own /etc/systemd/network/eth.network goes by 00:16:3e:0a:0b:0c"*"change it there first"* ]]
	stays d/web01.cfg
}

@test "xl's keys for the first interface: set, shown, and taken away" {
	made_empty web01 --size 16M --bridge br7 --mac 00:16:3e:01:02:03 --net bridge=br8,rate=1Mb/s
	bd set web01 --dir d rate=10Mb/s@20ms mtu=9000 vlan=5 vifname=web01.0
	says "web01 is changed:" "  rate     none -> 10Mb/s@20ms" "  mtu      none -> 9000" "  vlan     none -> 5" "  vifname  none -> web01.0"
	grep -qxF 'vif = [ "mac=00:16:3e:01:02:03, bridge=br7, rate=10Mb/s@20ms, mtu=9000, vlan=5, vifname=web01.0",' d/web01.cfg
	bd set web01 --dir d
	[[ $output == *$'\nrate=10Mb/s@20ms\nmtu=9000\nvlan=5\nvifname=web01.0' ]]
	# shellcheck disable=SC2086 # a word for each
	bd set web01 --dir d $output
	says "web01 is so already: nothing to do"
	bd set web01 --dir d rate= vlan= model=
	says "web01 is changed:" "  rate     10Mb/s@20ms -> none" "  vlan     5 -> none"
	grep -qxF 'vif = [ "mac=00:16:3e:01:02:03, bridge=br7, mtu=9000, vifname=web01.0",' d/web01.cfg
	bd set web01 --dir d mtu=1500 mtu=9000
	failed_with 2
	# As new has it.
	export FAKE_TOOLSTACK_XEN=4.17
	fake_xen
	bd set web01 --dir d vlan=5
	failed_with 2
	[[ $stderr == *"vlan: xl of Xen 4.17 passes over vlan="* ]]
	# A script of its own may have another idea of what a bridge is.
	bd set web01 --dir d bridge=nosuch1
	failed_with 1
	bd set web01 --dir d bridge=nosuch1 script=vif-route
	[[ $status -eq 0 ]]
}

@test "two interfaces of a guest do not get one MAC address" {
	made_empty web01 --size 16M --mac 00:16:3e:01:02:03 --net mac=00:16:3e:01:02:04
	bd set web01 --dir d mac=00:16:3e:01:02:04
	failed_with 2
	[[ $stderr == *"mac: 00:16:3e:01:02:04 is the address of another interface of web01"* ]]
}
