#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# list and show, with a toolstack plugin that is told which domains there are: tests/unit/fake-toolstack.c.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# with_domains LINES: those of the file domains.
with_domains() {
	fake_xen
	printf '%s' "${1:+$1$'\n'}" >domains
}

uuid_of() {
	sed -n 's/^uuid = "\(.*\)"/\1/p' "d/$1.cfg"
}

# of NAME FILTER: jq on that guest of the list that was printed.
of() {
	jq -e --arg name "$1" ".guests[] | select(.name == \$name) | $2" <<<"$output"
}

@test "a guest that does not run: what its cfg and its disk say" {
	need jq
	fake_xen
	made_empty web01 --size 24M --memory 256M --vcpus 2 --ip 192.0.2.12/24 --gateway 192.0.2.1
	bd list --dir d --json
	[[ $status -eq 0 && -z $stderr ]]
	of web01 ".cfg == \"$PWD/d/web01.cfg\" and .image == \"$PWD/d/web01.img\" and .uuid == \"$(uuid_of web01)\"
		and .state == \"stopped\" and .domid == null and .type == \"pv\" and .memory_mib == 256 and .vcpus == 2
		and .size_bytes == 25165824 and .allocated_bytes == $(($(stat -c %b d/web01.img) * 512))
		and .layout == \"aligned\" and .address == \"192.0.2.12\" and .template == \"none\" and .fleet == null
		and .autostart == false"
	[[ $(jq '.guests | length' <<<"$output") -eq 1 ]]
}

@test "a guest that runs: its domid, Xen's memory, and the address that it says" {
	need jq
	made_empty web01 --size 16M --memory 512M
	with_domains "300 $(uuid_of web01) other-name"
	FAKE_TOOLSTACK_IPV4=10.1.2.3 bd list --dir d --json
	of web01 '.state == "running" and .domid == 300 and .memory_mib == 256 and .address == "10.1.2.3"'
	[[ $(jq '.guests | length' <<<"$output") -eq 1 ]]
	[[ $(grep -c '^open' log) -eq $(grep -c '^close' log) ]]
	run ! grep -E '^(create|destroy|shutdown)' log
}

@test "a static address is not asked for, and what is no address is none" {
	need jq
	made_empty web01 --size 16M --ip 192.0.2.12/24
	made_empty web02 --size 16M
	with_domains "7 $(uuid_of web01) web01"$'\n'"8 $(uuid_of web02) web02"
	FAKE_TOOLSTACK_IPV4='rm -rf /' bd list --dir d --json
	of web01 '.address == "192.0.2.12"'
	of web02 '.address == null'
	[[ $(grep '^guest_data' log) == 'guest_data domid=8 key=ipv4' ]]
}

@test "the layout is read from the disk" {
	need jq
	made_empty new --size 16M
	made_empty old --size 16M --layout cylinder
	made_empty odd --size 16M
	made_empty bare --size 16M
	printf 'start=4096, type=83\n' | sfdisk -q d/odd.img
	mke2fs -qF d/bare.img
	bd list --dir d --json
	of new '.layout == "aligned"'
	of old '.layout == "cylinder"'
	of odd '.layout == "other"'
	of bare '.layout == "none"'
}

@test "domains without a cfg are listed too, dom0 is not" {
	need jq
	with_domains "9 11111111-2222-3333-4444-555555555555 stray"
	bd list --dir d --json
	[[ $status -eq 0 ]]
	of stray '.cfg == null and .domid == 9 and .uuid == "11111111-2222-3333-4444-555555555555" and .size_bytes == null'
	[[ $(jq '.guests | length' <<<"$output") -eq 1 ]]
	bd show stray --dir d
	[[ $status -eq 0 && $output == "stray: running, domain 9"* ]]
}

@test "the table for people has a line a guest and fits a terminal" {
	made_empty web01 --size 16M --ip 192.0.2.12/24
	made_empty db01 --size 3950M --layout cylinder
	with_domains "7 $(uuid_of db01) db01"
	FAKE_TOOLSTACK_IPV4=10.1.2.3 bd list --dir d
	[[ $status -eq 0 && -z $stderr && ${#lines[@]} -eq 3 ]]
	[[ ${lines[0]} =~ ^NAME\ +STATE\ +ID\ +MEM\ +CPU\ +SIZE\ +USED\ +ADDRESS\ +TEMPLATE\ +LAYOUT\ +AUTO$ ]]
	[[ ${lines[1]} =~ ^db01\ +running\ +7\ +256M\ +1\ +3950M\ +[0-9.]+[KM]\ +10.1.2.3\ +none\ +cylinder\ +-$ ]]
	[[ ${lines[2]} =~ ^web01\ +stopped\ +-\ +[0-9]+M\ +1\ +16M\ +[0-9.]+[KM]\ +192.0.2.12\ +none\ +aligned\ +-$ ]]
	[[ $(wc -L <<<"$output") -le 80 ]]
}

@test "an empty directory: nothing on stdout, no error, and stderr says where it looked" {
	need jq
	bd list --dir d
	[[ $status -eq 0 && -z $output && $stderr == "xen-bigdisk: no guests: looked for configs in d"* ]]
	bd list --dir d --json
	jq -e '.guests == []' <<<"$output"
	bd list --dir nowhere
	failed_with 4
}

@test "names and patterns restrict the list; a missing name is status 4" {
	local name
	need jq
	for name in web01 web02 db01; do
		echo "name = '$name'" >"d/$name.cfg"
	done
	bd list --dir d --json 'web*'
	[[ $(jq -r '.guests[].name' <<<"$output" | xargs) == "web01 web02" ]]
	bd list --dir d --json web02 db01
	[[ $(jq -r '.guests[].name' <<<"$output" | xargs) == "db01 web02" ]]
	bd list --dir d --json 'mail*'
	[[ $status -eq 0 ]]
	jq -e '.guests == []' <<<"$output"
	bd list --dir d web01 mail
	failed_with 4
	[[ $stderr == *"no guest mail"* ]]
}

@test "what cannot be read is a warning, and the rest is listed" {
	need jq
	echo "name = 'web01'" >d/web01.cfg
	printf "\nname = 'web02\n" >d/web02.cfg
	printf "name = 'web03'\ndisk = [ '$PWD/d/gone.img,raw,xvda' ]\n" >d/web03.cfg
	mkdir d/folder.cfg
	mkfifo d/fifo.cfg
	bd list --dir d --json
	[[ $status -eq 0 ]]
	[[ $(jq -r '.guests[].name' <<<"$output" | xargs) == "web01 web03" ]]
	of web03 '.size_bytes == null and .layout == null'
	[[ $(wc -l <<<"$stderr") -eq 2 ]]
	[[ $stderr == *"warning: $PWD/d/web02.cfg: line 2: "* ]]
	[[ $stderr == *"warning: the disk of web03: cannot find $PWD/d/gone.img"* ]]
}

@test "cfgs of other hands: xm, xen-tools, several assignments, comments" {
	need jq
	cat >d/old.cfg <<-'EOT'
		#  Configuration file for the Xen instance old.example.com
		bootloader = '/usr/lib/xen/bin/pygrub'
		vcpus       = '2'
		memory      = '1024'
		builder='hvm'
		root        = '/dev/xvda2 ro'
		disk        = [
		                  'phy:/dev/null,xvda2,w',
		                  # 'phy:/dev/zero,xvda1,w',
		              ]
		name        = 'temporary'; name = 'old.example.com'
		vif         = [ 'ip=192.0.2.5 ,mac=00:16:3E:AA:BB:CC,bridge=xenbr1' ]
		on_poweroff = 'destroy'
	EOT
	bd show old.example.com --dir d --json
	[[ $status -eq 0 ]]
	jq -e '.name == "old.example.com" and .type == "hvm" and .memory_mib == 1024 and .vcpus == 2 and .template == null
		and .bootloader == "/usr/lib/xen/bin/pygrub" and .disks == [{ path: "/dev/null", there: false }]
		and .network == [{ mac: "00:16:3e:aa:bb:cc", bridge: "xenbr1", ip: null, ip6: null, addresses: [] }]' <<<"$output"
}

@test "no control character of a cfg or a file's name reaches the terminal" {
	local words
	printf 'name = "a\\tb\033[31m\xc2\x9bc\xff"\nuuid = "x\033"\nkernel = "/k\033]0;x\a"\ndisk = [ "/no\033[2J" ]\n' >d/a.cfg
	printf '# xen-bigdisk: template=\033[32m address=\033[33m fleet=\x7f\n' >>d/a.cfg
	printf 'name = "b\n' >$'d/b\033[31m.cfg'
	printf 'name = "c"\n' >$'d/c\n.cfg'
	for words in "list" "list --json" "show ./d/a.cfg" "show ./d/a.cfg --json"; do
		# shellcheck disable=SC2086 # words are meant
		case $words in list*) bd $words --dir d ;; *) bd $words ;; esac
		[[ $status -eq 0 ]]
		[[ $output == *a*b* ]]
		run ! env LC_ALL=C grep -aP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xff' <<<"$output$stderr"
	done
}

@test "show prints everything about one guest" {
	need jq
	made_empty web01 --size 16M --ip 192.0.2.12/24 --ip6 2001:db8::12/64 --mac 00:16:3e:01:02:03 --bridge br7
	with_domains "7 $(uuid_of web01) web01"
	root_uuid=$(blkid -p -O 1048576 -s UUID -o value d/web01.img)
	bd show web01 --dir d --json
	[[ $status -eq 0 && -z $stderr ]]
	jq -e --arg root "$root_uuid" '.name == "web01" and .state == "running" and .domid == 7 and .ip == "192.0.2.12/24"
		and .ip6 == "2001:db8::12/64" and .address6 == "2001:db8::12" and .root_uuid == $root
		and .network == [{ mac: "00:16:3e:01:02:03", bridge: "br7", ip: "192.0.2.12/24", ip6: "2001:db8::12/64", addresses: ["192.0.2.12/24", "2001:db8::12/64"] }] and .bootloader == "pygrub"
		and .kernel == null and .disks[0].there and .disks[0].size_bytes == 16777216' <<<"$output"
	bd show web01 --dir d
	[[ $status -eq 0 ]]
	for part in "web01: running, domain 7" "$(uuid_of web01)" "192.0.2.12/24" "2001:db8::12/64" "00:16:3e:01:02:03" \
		br7 "$root_uuid" "$PWD/d/web01.cfg" "$PWD/d/web01.img" pygrub aligned; do
		[[ $output == *"$part"* ]] || fail "without $part"
	done
}

@test "show takes a guest's name, whatever its file is called, or a path" {
	echo "name = 'web01'" >d/other.cfg
	bd show web01 --dir d
	[[ $status -eq 0 && $output == "web01: "*"$PWD/d/other.cfg"* ]]
	bd show d/other.cfg
	[[ $status -eq 0 && $output == "web01: "* ]]
	bd show nobody --dir d
	failed_with 4
	bd show ./nobody.cfg
	failed_with 4
	printf 'name = "bad\n' >d/bad.cfg
	bd show ./d/bad.cfg
	failed_with 1
	[[ $stderr == *"line 1"* ]]
}

@test "a link in the autostart folder that leads to the cfg is autostart, whatever it is called" {
	need jq unshare
	need_root
	unshare -m true 2>/dev/null || skip "mount namespaces are not allowed here"
	[[ -d /etc/xen ]] || skip "there is no /etc/xen"
	# shellcheck disable=SC2016 # the inner shell's
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs none /etc/xen && mkdir /etc/xen/auto &&
		echo "name = \"web01\"" >/etc/xen/web01.cfg && echo "name = \"web02\"" >/etc/xen/web02.cfg &&
		ln -s ../web01.cfg /etc/xen/auto/20-first && ln -s ../gone.cfg /etc/xen/auto/web02.cfg && exec "$@"' sh \
		"$bigdisk" list --json
	[[ $status -eq 0 ]]
	of web01 '.autostart and .cfg == "/etc/xen/web01.cfg"'
	of web02 '.autostart == false'
}

@test "without a Xen every state is unknown" {
	need jq
	[[ ! -e /sys/hypervisor/type ]] || skip "there is a hypervisor here"
	echo "name = 'web01'" >d/web01.cfg
	bd list --dir d --json
	[[ $status -eq 0 && -z $stderr ]]
	of web01 '.state == "unknown" and .domid == null'
}

@test "a toolstack that does not answer: a warning, and the list" {
	need jq
	fake_xen
	echo "name = 'web01'" >d/web01.cfg
	FAKE_TOOLSTACK_MODE=no-xen bd list --dir d --json
	[[ $status -eq 0 && $stderr == *"cannot tell which guests are running"* ]]
	of web01 '.state == "unknown"'
}
