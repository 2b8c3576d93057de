#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What keeps a guest from booting is said in words, by start, new, fleet and doctor: the bootloader's user, memory, bridges.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# restricted USER: a guest whose bootloader is to run as USER, on a Xen that can do that
restricted() {
	fake_xen restricts
	rm -f d/*
	made_empty web01 --size 16M --no-net
	sed -i '/^bootloader_/d' d/web01.cfg
	printf '%s\n' 'bootloader = "pygrub"' 'bootloader_restrict = 1' >>d/web01.cfg
	[[ $1 == none ]] || echo "bootloader_user = \"$1\"" >>d/web01.cfg
	sed -i '0,/^bootloader = /{/^bootloader = /d}' d/web01.cfg
	: >log
}

# not_started TEXT...: one line says all of these, and no domain was tried.
not_started() {
	bd start "$PWD/d/web01.cfg" --no-wait
	failed_with 1
	for text; do
		grep -qF -- "$text" <<<"$stderr" || fail "it does not say: $text"
	done
	run ! grep -q '^create' log
}

# problem TEXT ADVICE: doctor says so too.
problem() {
	need jq
	bd doctor --dir d --json
	[[ $status -eq 1 ]]
	jq -e --arg text "$1" --arg advice "$2" 'any(.checks[]; .check == "pygrub_user" and .state == "problem" and
		(.found | contains($text)) and (.advice | contains($advice)))' <<<"$output" >/dev/null || fail "doctor does not say it"
}

no_problem() {
	bd doctor --dir d --json
	jq -e 'any(.checks[]; .check == "pygrub_user" and .state == "problem") | not' <<<"$output" >/dev/null || fail "doctor complains"
}

@test "an image that the bootloader's user cannot read: user, image and the setfacl line are named, and it mends it" {
	need setfacl
	restricted nobody
	not_started "names nobody" "cannot read $PWD/d/web01.img" "setfacl -m u:nobody:r '$PWD/d/web01.img'"
	problem "who cannot read $PWD/d/web01.img" "setfacl -m u:nobody:r '$PWD/d/web01.img'"
	setfacl -m u:nobody:r "$PWD/d/web01.img" || skip "no ACLs here"
	no_problem
	bd start "$PWD/d/web01.cfg" --no-wait
	[[ $status -eq 0 ]]
	grep -q '^create' log
}

@test "… so does an ACL whose mask takes the right away, or a copy without the ACL" {
	need setfacl
	restricted nobody
	setfacl -m u:nobody:r d/web01.img || skip "no ACLs here"
	setfacl -m m::- d/web01.img
	not_started "cannot read"
	setfacl -m m::r d/web01.img
	no_problem
	cp d/web01.img copy && mv copy d/web01.img
	chmod 600 d/web01.img
	not_started "cannot read"
}

@test "… the owner's, the group's and everybody's right to read count as the kernel counts them" {
	need_root
	restricted nobody
	local uid
	uid=$(id -u nobody)
	chmod 604 d/web01.img
	no_problem
	# Its only group has the number of its uid, whatever its group is called.
	chown "0:$uid" d/web01.img
	not_started "cannot read"
	chmod 640 d/web01.img
	no_problem
	chown "$uid:0" d/web01.img
	chmod 044 d/web01.img
	not_started "cannot read"
	chmod 400 d/web01.img
	no_problem
}

@test "a path with blanks can be pasted" {
	restricted nobody
	mv d/web01.img 'd/my disk.img'
	sed -i "s|web01.img|my disk.img|" d/web01.cfg
	not_started "setfacl -m u:nobody:r '$PWD/d/my disk.img'"
}

@test "a bootloader's user that is not there, or is root" {
	restricted no-such-user
	not_started "user no-such-user, which does not exist" "useradd --system --no-create-home --shell /usr/sbin/nologin no-such-user"
	problem "no-such-user, which does not exist" "useradd"
	restricted root
	not_started "whose uid is 0"
	problem "whose uid is 0" "bootloader_user"
	getent passwd xen-qemuuser-shared && return
	restricted none
	not_started "xen-qemuuser-shared, which does not exist"
	problem "xen-qemuuser-shared, which does not exist" "useradd"
}

@test "a bootloader that is not restricted, and an HVM guest, need no user" {
	restricted no-such-user
	sed -i 's/^bootloader_restrict = 1/bootloader_restrict = 0/' d/web01.cfg
	no_problem
	bd start "$PWD/d/web01.cfg" --no-wait
	[[ $status -eq 0 ]]
	restricted no-such-user
	sed -i 's/^type = .*/type = "hvm"/' d/web01.cfg
	no_problem
}

@test "Xen 4.17 with the fixes for XSA-443: new and doctor ask for the user as they do from 4.18 on" {
	need jq
	getent passwd xen-qemuuser-shared && skip "there is one here"
	fake_xen
	bd new web01 --size 16M --template none --no-net --no-start --dir d
	[[ $stderr != *xen-qemuuser-shared* ]]
	rm d/*
	fake_xen restricts
	bd new web01 --size 16M --template none --no-net --no-start --dir d
	[[ $status -eq 0 && $stderr == *"useradd --system --no-create-home --shell /usr/sbin/nologin xen-qemuuser-shared"* ]]
	bd doctor --dir d --json
	jq -e 'any(.checks[]; .check == "pygrub_user" and .state == "warning")' <<<"$output"
}

# kernel_of MIB: a template whose kernel says that it takes so much memory, with an initramfs of 2 MiB
kernel_of() {
	export XEN_BIGDISK_TEMPLATES=$PWD/templates
	mkdir -p root/{boot,etc}
	# It is no root without /etc.
	truncate -s 4096 root/boot/vmlinuz-6.1.0-9-amd64
	printf 'HdrS\x0f\x02' | dd of=root/boot/vmlinuz-6.1.0-9-amd64 bs=1 seek=$((0x202)) conv=notrunc status=none
	printf '%08x' $(($1 << 20)) | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/' | xxd -r -p |
		dd of=root/boot/vmlinuz-6.1.0-9-amd64 bs=1 seek=$((0x260)) conv=notrunc status=none
	head -c 2M /dev/urandom >root/boot/initrd.img-6.1.0-9-amd64
	tar -C root --numeric-owner --owner=0 --group=0 -cf root.tar .
	"$bigdisk" template import --quiet web root.tar
}

@test "new refuses memory that the template's kernel cannot boot with, before it makes anything" {
	fake_xen
	kernel_of 60
	bd new web01 --template web --memory 61M --dir d --size 64M --no-net --no-start --boot-sector none --quiet
	refused 1
	grep -qF 'the kernel and initramfs of the template web alone need 62 MiB of memory, but the guest has only 61 MiB' <<<"$stderr"
	bd new web01 --template web --memory 62M --dir d --size 64M --no-net --no-start --boot-sector none --quiet
	[[ $status -eq 0 ]]
}

@test "so does a fleet's plan" {
	fake_xen
	kernel_of 60
	template=web more=', "memory": "61M", "boot_sector": "none", "network": false' write_manifest '"guests": { "web01": { "size": "64M" } }'
	bd fleet plan fleet.json --dir d
	failed_with 1
	grep -qF 'need 62 MiB of memory, but the guest has only 61 MiB' <<<"$stderr"
	sed -i s/61M/62M/ fleet.json
	bd fleet plan fleet.json --dir d
	[[ $status -eq 0 ]]
}

@test "new asks Xen for memory before it makes the image" {
	fake_xen
	export FAKE_TOOLSTACK_MEMORY_KIB=$((300 << 10))
	kernel_of 60
	bd new web01 --template web --memory 301M --dir d --size 64M --no-net --boot-sector none --quiet
	refused 6
	grep -qF 'web01 needs 301 MiB of memory, but Xen has only 300 MiB for new guests' <<<"$stderr"
	[[ $stderr == *--memory*--no-start* ]]
	run ! grep -q '^create' log
	bd new web01 --template web --memory 300M --dir d --size 64M --no-net --boot-sector none --quiet --no-wait
	[[ $status -eq 0 ]]
}

@test "a missing bridge is named if a guest could not be started" {
	fake_xen create-fails
	made_empty web01 --size 16M --bridge nowhere0
	bd start "$PWD/d/web01.cfg" --no-wait
	failed_with 1
	grep -qF 'its bridge nowhere0 does not exist' <<<"$stderr"
}

@test "a bridge that is down is named, by start and doctor" {
	need_root
	need jq
	fake_xen
	made_empty web01 --size 16M --bridge lo
	# In a network of its own, where everything is down.
	unshare -nm sh -c 'mount -t sysfs none /sys' 2>/dev/null || skip "no network of one's own can be made here"
	in_the_dark() { run --separate-stderr unshare -nm sh -c 'mount -t sysfs none /sys && exec "$@"' sh "$bigdisk" "$@"; }
	in_the_dark doctor --dir d --json
	jq -e 'any(.checks[]; .check == "bridge" and .state == "warning" and (.found | contains("lo is down")) and
		.advice == "ip link set lo up")' <<<"$output"
	in_the_dark start "$PWD/d/web01.cfg" --no-wait
	[[ $status -eq 0 && $stderr == *"warning: the bridge lo of web01 is down"* ]]
}
