#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The image as a plain PC's hard disk: SeaBIOS, the boot sector, GRUB, the kernel, the mini guest's greeting on ttyS0.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

teardown() {
	if [[ -n ${machine:-} ]]; then
		kill "$machine" 2>/dev/null || true
		wait "$machine" 2>/dev/null || true
	fi
}

# start_machine DRIVE OPTIONS...: QEMU without KVM, which is the same everywhere; its serial port goes to `console`.
start_machine() {
	: >console
	qemu-system-x86_64 -accel tcg -m 256 -display none -monitor none -serial file:console -no-reboot -nic none \
		-drive "$@" >qemu.log 2>&1 3>&- &
	machine=$!
}

# What the machine has said. SeaBIOS moves the cursor in the midst of words when the machine is busy.
said() {
	sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g' console
}

# sees PATTERN: as long as the machine runs; the test's own time limit ends one that hangs.
sees() {
	until said | grep -aqE "$1"; do
		if ! kill -0 "$machine" 2>/dev/null; then
			cat qemu.log
			said | tail -n 40 | tr -d '\r\033'
			fail "\"$1\" was not seen"
		fi
		sleep 0.2
	done
}

# boots INTERFACE IMAGE-OPTIONS...
boots() {
	local interface=$1
	shift
	need qemu-system-x86_64
	need_busybox
	made web01 --quiet --no-start --dir d "$@"
	start_machine "file=d/web01.img,format=raw,if=$interface,cache=unsafe"
	sees 'xen-bigdisk: web01 is up: not under Xen, root /dev/[sv]da1 \(ext3\)'
	said | grep -a 'is up:'
}

@test "SeaBIOS boots aligned, grub2, as an IDE disk; after the power is cut the journal is recovered and all is clean" {
	need_grub2
	need sfdisk jq e2fsck
	boots ide --size 128M
	kill -KILL "$machine"
	wait "$machine" 2>/dev/null || true
	machine=
	# e2fsck cannot open FILE?offset= a second time, which it does after a recovery.
	dd if=d/web01.img of=root.img bs=1M skip=1 conv=sparse status=none
	run e2fsck -fp root.img
	echo "$output"
	[[ $status -le 1 ]]
	run e2fsck -fn root.img
	[[ $status -eq 0 ]]
}

@test "SeaBIOS boots cylinder, grub2, past cylinder 1023, with swap, as a virtio disk" {
	need_grub2
	boots virtio --layout cylinder --size 20G --swap 64M
}

@test "SeaBIOS boots cylinder, grub-legacy, as an IDE disk: the article's way" {
	need_grub_legacy
	boots ide --size 128M --layout cylinder --boot-sector grub-legacy
}

@test "SeaBIOS boots aligned, grub-legacy, with swap, as a virtio disk" {
	need_grub_legacy
	boots virtio --size 128M --boot-sector grub-legacy --swap 16M
}

# empty_boots_to PATTERN IMAGE-OPTIONS...: without a graphics card SeaBIOS shows on the serial port what is printed by
# BIOS calls.
empty_boots_to() {
	local pattern=$1
	shift
	need qemu-system-x86_64
	made_empty web01 --size 64M "$@"
	start_machine file=d/web01.img,format=raw,if=ide -machine pc,graphics=off
	sees "$pattern"
}

@test "an empty disk boots to GRUB's prompt: aligned" {
	need_grub2
	empty_boots_to 'grub> '
}

@test "an empty disk boots to GRUB's prompt, with its modules from the filesystem: cylinder" {
	need_grub2
	empty_boots_to 'grub> ' --layout cylinder
}

@test "an empty disk boots to GRUB Legacy's prompt" {
	need_grub_legacy
	empty_boots_to 'grub> ' --layout cylinder --boot-sector grub-legacy
}
