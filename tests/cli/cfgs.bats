#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Configs that xl, or `start`, does not take: what the commands say of them.
# shellcheck disable=SC2154 # output, stderr and status are set by run

load helpers

# The plugin that was built, which reads configs without a Xen.
need_plugin() {
	compgen -G "${bigdisk%/*}/toolstack-libxl-*.so" >/dev/null || skip "the plugin is not built"
}

# Configs of the days when they were Python, and others that xl's parser does not take.
unparsable_cfgs() {
	printf 'memory = 64\nname = "py" + "1"\ndisk = [ "/srv/py.img,raw,xvda,w" ]\n' >d/sum.cfg
	printf 'name = "product"\nmemory = 2 * 48\n' >d/product.cfg
	printf '# the guest\n%% name\nname = "percent"\nmemory = 64\n' >d/percent.cfg
	printf 'name = "format"\nkernel = "/boot/vmlinuz-%%s" %% "6.1"\n' >d/format.cfg
	printf 'import os\nname = "code"\n' >d/code.cfg
	printf 'name = bare\nmemory = 64\n' >d/bare.cfg
	printf 'name = "unit"\nmemory = 512MB\n' >d/unit.cfg
}

declare -A line_of=([sum]=2 [product]=2 [percent]=2 [format]=2 [code]=1 [bare]=1 [unit]=2)

@test "list says which configs cannot be parsed and in which line, and shows nothing of what they seem to say" {
	unparsable_cfgs
	printf 'name = "good"\nmemory = 64\n' >d/good.cfg
	bd list --dir d
	[[ $status -eq 0 && $(grep -c . <<<"$output") -eq 2 && $output == *good* ]]
	local file
	for file in "${!line_of[@]}"; do
		grep -q "warning: .*/d/$file.cfg: line ${line_of[$file]}: cannot be parsed: ." <<<"$stderr" || fail "$file"
	done
	bd list --dir d --json
	[[ $(jq -c '[.guests[].name]' <<<"$output") == '["good"]' ]]
}

@test "list of a guest whose config cannot be parsed does not report it as missing" {
	unparsable_cfgs
	bd list product --dir d
	[[ $status -eq 1 && -z $output ]]
	grep -qx 'xen-bigdisk: error: cannot tell whether there is a guest product: product.cfg cannot be read' <<<"$stderr"
}

@test "show, start, stop, rename, clone and rm of such a config: cannot be parsed, with the line; nothing is done" {
	unparsable_cfgs
	fake_xen
	cp -r d before
	local file command
	for file in "${!line_of[@]}"; do
		for command in show start stop "rm --yes"; do
			# shellcheck disable=SC2086 # words are meant
			bd $command "./d/$file.cfg"
			failed_with 1
			grep -q "error: .*/$file.cfg: line ${line_of[$file]}: cannot be parsed: " <<<"$stderr" || fail "$command"
		done
	done
	bd show product --dir d
	[[ $status -eq 1 && -z $output && $stderr == *"error: "*"/product.cfg: line 2: cannot be parsed"* ]]
	bd rename ./d/product.cfg other
	failed_with 1
	bd clone ./d/product.cfg other
	failed_with 1
	diff -r before d
	! grep -E '^(create|shutdown|destroy)' log || fail "the toolstack was asked for something"
}

@test "a config that cannot be parsed may name any file: rm leaves the disks of the others" {
	made_empty web01 --size 16M
	printf 'name = "py" + "1"\ndisk = [ "file:" + path ]\n' >d/sum.cfg
	bd rm --yes web01 --dir d
	failed_with 1
	[[ -e d/web01.img && -e d/web01.cfg && $stderr == *"it may use files of web01"* ]]
}

@test "what xl ignores is ignored with a warning that has its line; what xl refuses is refused, all at once" {
	need_plugin
	printf 'name = "old"\nbootloader = "pygrub"\nbuilder = "generic"\ndhcp = "dhcp"\nserial = "pty"\nmemory = 8; memory = 9\n' >d/old.cfg
	bd config ./d/old.cfg
	[[ $status -eq 0 && $(jq .b_info.target_memkb <<<"$output") -eq 9216 ]]
	diff - <(sort <<<"$stderr") <<-'EOF'
		xen-bigdisk: warning: ./d/old.cfg:4: unknown key "dhcp": ignored, as xl does
		xen-bigdisk: warning: ./d/old.cfg:5: serial has no meaning for a guest of type "pv": ignored, as xl does
		xen-bigdisk: warning: ./d/old.cfg:6: memory is set twice: the value of line 6 is ignored, as xl does
	EOF
	printf 'name = "old"\nbootloader = "pygrub"\nbuilder = "linux"\nmemory = 0\nvif = [ "rate=1" ]\n' >d/old.cfg
	bd config ./d/old.cfg
	failed_with 1
	[[ $stderr == *'./d/old.cfg:3: builder = "linux": must be hvm or generic'* && $stderr == *'; line 4: memory = 0: must be from 1'* &&
		$stderr == *'; line 5: vif 1: "1" is not a rate'* ]]
}

@test "configs as xen-tools, xm and administrators wrote them: config, list, show and rename take them" {
	need_plugin
	cat >d/tools.cfg <<-'EOF'
		# Configuration file for the Xen instance demo, created by xen-tools
		bootloader = '/usr/lib/xen-4.17/bin/pygrub'
		vcpus       = '1'
		memory      = '512'
		root        = '/dev/xvda2 ro'
		disk        = [
		                  'file:/home/xen/domains/demo/disk.img,xvda2,w',
		                  'file:/home/xen/domains/demo/swap.img,xvda1,w',
		              ]
		name        = 'tools'
		dhcp        = 'dhcp'
		vif         = [ 'mac=00:16:3E:00:00:AA,bridge=xenbr0' ]
		on_crash    = 'restart'
	EOF
	cat >d/xm.cfg <<-'EOF'
		builder='hvm'
		device_model_version = "qemu-xen-traditional"
		memory=8192
		disk = [
		'file:/p/w7.img,ioemu:hda,w',
		'file:/p/w7.iso,ioemu:hdc:cdrom,r'
		]
		name="xm"
		vif = [ " " ]
		gfx_passthru=1
		pci=['00:02.0']
		usbdevice=[ 'host:1.1', 'host:2.1' ]
		on_xend_stop='shutdown'
		sdl=0; vnc=1; vnclisten=""; stdvga=1
	EOF
	cat >d/driver.cfg <<-'EOF'
		type = "hvm"
		name = "driver"
		memory= 512
		disk = [
			'format=raw, vdev=xvdc, access=r, devtype=cdrom, target=/usr/lib/x/boot.iso'
		]
		p9 = [
		'tag=packages, path=/usr/lib/x/packages, backend=0, security_model=none',
		]
		channel = [
		#'name=console, connection=pty',
		'name=driver-vm-msg, connection=socket, path=/var/run/driver-vm-msg.sock',
		]
		vga = "none"
		device_model_override = "/usr/bin/qemu-system-x86_64"
		device_model_version = "qemu-xen"
		vif=[]
	EOF
	local name
	for name in tools xm driver; do
		bd config "$name" --dir d
		[[ $status -eq 0 && $(jq -r .c_info.name <<<"$output") == "$name" && $stderr != *error* ]] || fail "config $name"
		bd list "$name" --dir d --json
		[[ $(jq -r '.guests[0].name' <<<"$output") == "$name" ]]
		bd show "$name" --dir d
		[[ $status -eq 0 ]]
		bd rename "$name" other --dir d --dry-run
		[[ $status -eq 0 && $output == "$name would be renamed to other"* ]] || fail "rename $name"
	done
}

@test "doctor names each config that start would refuse, with all reasons" {
	need_plugin
	need jq
	unparsable_cfgs
	made_empty good --size 16M
	printf 'name = "old"\nbootloader = "pygrub"\nbuilder = "linux"\n' >d/old.cfg
	printf 'name = "two"\nbootloader = "pygrub"\nmemory = 0\nvif = [ "accel=1", "rate=1" ]\n' >d/two.cfg
	bd doctor --dir d --json
	local found file
	found=$(jq -r '.checks[] | select(.check == "cfgs") | "\(.state) \(.found)"' <<<"$output")
	for file in "${!line_of[@]}"; do
		grep -q "^problem d/$file.cfg: line ${line_of[$file]}: cannot be parsed: " <<<"$found" || fail "$file"
	done
	grep -q '^warning xen-bigdisk start refuses d/old.cfg:3: builder = "linux": must be hvm or generic' <<<"$found"
	grep -q '^warning xen-bigdisk start refuses d/two.cfg:3: memory = 0.*; line 4: vif 2: "1" is not a rate' <<<"$found"
	[[ $(grep -c 'start refuses' <<<"$found") -eq 2 ]]
	jq -e '[.checks[] | select(.found | contains("start refuses")).advice
		| startswith("to let xen-bigdisk start it") and contains("xen-bigdisk config '"'"'d/")] | all' <<<"$output"
}

@test "doctor names what only /etc/xen/auto has and cannot start, and a bootloader that is not there" {
	need_plugin
	need_own_etc_xen
	mkdir -p etc/auto else
	printf 'name = "good"\nbootloader = "/usr/lib/xen-4.1/bin/pygrub"\n' >etc/good.cfg
	printf 'name = "own"\nbootloader = "pygrub"\nmemory = 0\n' >etc/auto/own
	printf 'name = "linked"\nbootloader = "pygrub"\nvcpus = 0\n' >else/linked.cfg
	ln -s ../good.cfg etc/auto/good.cfg
	ln -s "$PWD/else/linked.cfg" etc/auto/linked.cfg
	# shellcheck disable=SC2016 # for the inner shell
	run --separate-stderr unshare -m sh -ec 'mount --bind etc /etc/xen; "$0" doctor --json' "$bigdisk"
	local found
	found=$(jq -r '.checks[] | "\(.state) \(.check) \(.found): \(.advice)"' <<<"$output")
	grep -q '^warning cfgs xen-bigdisk start refuses /etc/xen/auto/own:3: memory = 0' <<<"$found"
	grep -q '^warning cfgs xen-bigdisk start refuses /etc/xen/auto/linked.cfg:3: vcpus = 0' <<<"$found"
	[[ $(grep -c 'start refuses' <<<"$found") -eq 2 ]]
	grep -q '^problem disks the bootloader of good is missing: /usr/lib/xen-4.1/bin/pygrub: write bootloader = "pygrub" in /etc/xen/good.cfg' <<<"$found"
}

@test "autostart on warns of a config that start would refuse, and off does not" {
	need_plugin
	need_own_etc_xen
	mkdir etc
	printf 'name = "old"\nbootloader = "pygrub"\nbuilder = "linux"\n' >etc/old.cfg
	printf 'name = "good"\nbootloader = "pygrub"\n' >etc/good.cfg
	# shellcheck disable=SC2016 # for the inner shell
	in_own_etc='mount --bind etc /etc/xen; "$0" autostart "$@"'
	run --separate-stderr unshare -m sh -ec "$in_own_etc" "$bigdisk" on old good
	[[ $status -eq 0 ]]
	grep -q 'warning: .* will start old as xl create does, .*:3: builder = "linux": must be hvm or generic' <<<"$stderr"
	[[ $(grep -c 'start refuses' <<<"$stderr") -eq 1 && -L etc/auto/old.cfg && -L etc/auto/good.cfg ]]
	run --separate-stderr unshare -m sh -ec "$in_own_etc" "$bigdisk" off old
	[[ $status -eq 0 && $stderr != *refuses* ]]
}

# The C0 controls but newline and tab, DEL, and the C1 controls as UTF-8 and as bare bytes.
no_controls() {
	! LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|(^|[\x00-\x7f])[\x80-\x9f]' "$@" | cat -v | head -n 5 | grep . ||
		fail "control characters are printed"
}

@test "what a cfg, a manifest or an argument has in control characters reaches no terminal, by any command" {
	fake_xen
	local esc=$'\033]0;owned\a\033[31m' c1=$'\xc2\x9b31m\x9b31m' command
	printf '%s\n' "name = \"new1\"" 'memory = 64' "disk = [ \"$PWD/d/x$esc$c1.img,raw,xvda,w\" ]" \
		"kernel = \"/tmp/k$esc$c1\"" "# xen-bigdisk: template=t$esc$c1 fleet=f$esc group=g$esc address=$esc" >d/new1.cfg
	printf '%s\n' "name = \"n$esc$c1\"" 'memory = 64' "disk = [ \"$PWD/d/y.img,raw,xvda,w\" ]" >"d/n$esc.cfg"
	truncate -s 16M "d/x$esc$c1.img" d/y.img
	printf '{ "fleet": "f", "guests": { "a%s": {} } }' $'\xc2\x9b' >fleet.json
	for command in 'list --dir d' 'show new1 --dir d' 'start new1 --dir d' 'stop new1 --dir d' 'reboot new1 --dir d' \
		'clone new1 new2 --dir d' 'wait new1 --dir d --timeout 1' 'doctor --dir d' 'doctor' 'fleet plan fleet.json --dir d' \
		"template show $esc$c1" "template import $esc$c1 x" "$esc$c1" "new $esc$c1" "new a --$esc$c1" "help $esc$c1" \
		"new a --no-start --dir d --template t$esc$c1" "new a --no-start --dir $esc$c1" "new a --no-start --dir d --size $esc" \
		"new a --no-start --dir d --template none --ssh-key $esc$c1" 'rename new1 new3 --dir d' 'rm new3 --dir d' \
		'rm new3 --dir d --yes' "start d/n$esc.cfg" "show d/n$esc.cfg" "stop d/n$esc.cfg" "rename d/n$esc.cfg b --dir d" \
		"rm d/n$esc.cfg --yes"; do
		# shellcheck disable=SC2086 # words are meant
		"$bigdisk" $command >out 2>err </dev/null || true
		[[ -s out || -s err ]] || fail "${command@Q} prints nothing"
		no_controls out err || fail "by ${command@Q}"
	done
	# On a terminal, with the question that is asked there.
	if type -P script >/dev/null; then
		printf '%s\n' "name = \"new1\"" 'memory = 64' "disk = [ \"$PWD/d/x$esc.img,raw,xvda,w\" ]" >d/new1.cfg
		truncate -s 16M "d/x$esc.img"
		script -qec "'$bigdisk' rm new1 --dir d" /dev/null </dev/null >out 2>&1 || true
		grep -q 'new1' out
		run ! grep -q 'owned'$'\a' out
	fi
}
