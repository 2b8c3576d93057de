#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The menu of xen-bigdisk-boot on a console as `xl create -c` has it, with a disk behind it: what somebody there chooses is what boots.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers
load boot_disks

setup_file() {
	need python3
}

# menu_disk TIMEOUT: an ext4 filesystem with three entries, the last of which boots nothing here.
menu_disk() {
	need mke2fs
	mkdir -p root/boot/grub out
	echo one >root/boot/vmlinuz-1
	echo two >root/boot/vmlinuz-2
	cat >root/boot/grub/grub.cfg <<-EOF
		set timeout=$1
		menuentry 'First' { linux /boot/vmlinuz-1 root=/dev/xvda1 quiet; }
		submenu 'Others' { menuentry 'Second' { linux /boot/vmlinuz-2 root=/dev/xvda1; } }
		menuentry 'Chained' { chainloader +1; }
	EOF
	truncate -s 16M disk
	mke2fs -q -F -t ext4 -d root disk
}

# on_console [TEXT KEYS]... [-- OPTION...]: the boot loader with the disk.
on_console() {
	local steps=()
	while [[ $# -gt 0 && $1 != -- ]]; do
		steps+=("$1")
		shift
	done
	: >answer
	run --separate-stderr python3 "$BATS_TEST_DIRNAME/on_console.py" "${steps[@]}" -- \
		"$boot" --output-directory=out --output=answer --output-format=simple "${@:2}" disk
	printf '%s\n' "-> status $status" "$output" "$stderr" | head -c 4000
}

# answers KERNEL ARGUMENTS: that is what xl gets.
answers() {
	[[ $status -eq 0 ]]
	cmp "root/boot/$1" "$(sed -n 's/^kernel //p' answer)"
	[[ $(sed -n 's/^args //p' answer) == "$2" ]] || fail "$(<answer)"
}

@test "another entry is chosen on the console, and its arguments are edited" {
	menu_disk 100000
	on_console 'any key stops this' $'\r'
	answers vmlinuz-1 'root=/dev/xvda1 quiet'
	[[ $output == *'* First'*'  Others:'*'    Second'*'  Chained ('*'Arguments: root=/dev/xvda1 quiet'* ]] || fail
	on_console 'any key stops this' $'\e[B' '*   Second' $'\r'
	answers vmlinuz-2 'root=/dev/xvda1'
	on_console 'any key stops this' a 'Esc: cancel' $' single\r'
	answers vmlinuz-1 'root=/dev/xvda1 quiet single'
	on_console 'any key stops this' $'je\x15ro\r' '(edited)' $'\r'
	answers vmlinuz-2 ro
	on_console 'any key stops this' $'e\x15\r' '(edited)' $'\r' -- --args=xen.more=1
	answers vmlinuz-1 xen.more=1
}

@test "who leaves the menu boots nothing: status 1, no answer, no files" {
	menu_disk 100000
	local key
	for key in q $'\x03'; do
		on_console 'any key stops this' "$key"
		[[ $status -eq 1 && $output == *'error: '*'no entry was chosen'* && ! -s answer ]] || fail
		[[ -z $(ls out) ]] || fail "$(ls out)"
	done
}

@test "an entry that cannot be booted says why, and the menu goes on" {
	menu_disk 100000
	on_console 'any key stops this' $'G\r' 'This entry cannot be booted here.' $'g\r'
	answers vmlinuz-1 'root=/dev/xvda1 quiet'
	[[ $output == *'Cannot be booted: '* ]] || fail
}

@test "there is no menu with --quiet, --entry and --kernel, and with a timeout of 0" {
	menu_disk 100000
	local option
	for option in --quiet -q --entry=0 '--kernel=/boot/vmlinuz-1 --args=root=/dev/xvda1\ quiet'; do
		eval "on_console -- $option"
		[[ -z $output ]] || fail "$option: $output"
		answers vmlinuz-1 'root=/dev/xvda1 quiet'
	done
	menu_disk 0
	on_console
	[[ -z $output ]] || fail "$output"
	answers vmlinuz-1 'root=/dev/xvda1 quiet'
}

@test "nobody need be there: the menu boots the default when its time is over" {
	menu_disk 1
	on_console
	answers vmlinuz-1 'root=/dev/xvda1 quiet'
	[[ $output == *'Boots in 1 second'* ]] || fail
}
