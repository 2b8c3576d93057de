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

# multi_boot_disk: two ext4 filesystems, each with a grub.cfg; an entry of the first shows the menu of the second.
multi_boot_disk() {
	need mke2fs sfdisk
	mkdir -p root/boot/grub other/boot/grub out
	for k in 1 2 3; do echo "kernel $k" >root/boot/vmlinuz-$k; done
	cp root/boot/vmlinuz-* other/boot
	cat >root/boot/grub/grub.cfg <<-'EOF'
		set timeout=100000
		menuentry 'First' { linux /boot/vmlinuz-1 root=/dev/xvda1; }
		menuentry 'Other Linux' { search --set=root --label other; configfile /boot/grub/grub.cfg; }
		menuentry 'Gone' { configfile /boot/grub/gone.cfg; }
	EOF
	cat >other/boot/grub/grub.cfg <<-'EOF'
		set default=1
		menuentry 'Second' { linux /boot/vmlinuz-2 root=/dev/xvda2; }
		menuentry 'Third' { linux /boot/vmlinuz-3 root=/dev/xvda2; }
		menuentry 'Back' { search --set=root --label root; configfile /boot/grub/grub.cfg; }
	EOF
	truncate -s 40M disk
	printf 'label: dos\nstart=2048, size=32768\nstart=34816, size=32768\n' | sfdisk -q disk
	for fs in root other; do
		truncate -s 16M $fs.fs
		mke2fs -q -F -t ext4 -L $fs -d $fs $fs.fs
	done
	dd if=root.fs of=disk bs=1M seek=1 conv=notrunc status=none
	dd if=other.fs of=disk bs=1M seek=17 conv=notrunc status=none
}

@test "an entry that shows another menu (configfile) opens it: its entries are a submenu, with the default there" {
	multi_boot_disk
	on_console 'any key stops this' $'j' 'Enter shows its menu.' $'\r' '*   Third' $'\r'
	answers vmlinuz-3 root=/dev/xvda2
	[[ $output == *'Other Linux (another menu)'*'  Other Linux:'*'    Second'*'*   Third'*'    Back (another menu)'* ]] || fail
	# No countdown begins anew. One menu after the other, and another entry of the first one in the end.
	on_console 'any key stops this' $'j\r' '*   Third' $'j\r' 'Other Linux > Back:' $'g' '* First' $'e single\r\r'
	answers vmlinuz-1 'root=/dev/xvda1 single'
	# Where there is no menu, the entry says so, and the rest goes on.
	on_console 'any key stops this' $'G\r' 'it loads no kernel' $'g\r'
	answers vmlinuz-1 root=/dev/xvda1
}

@test "an entry of a menu behind the menu is booted by --entry, and listed" {
	need jq
	multi_boot_disk
	on_console -- --entry=1
	answers vmlinuz-3 root=/dev/xvda2
	on_console -- '--entry=Other Linux'
	answers vmlinuz-3 root=/dev/xvda2
	on_console -- '--entry=Other Linux>Second'
	answers vmlinuz-2 root=/dev/xvda2
	on_console -- '--entry=Other Linux>Back>First'
	answers vmlinuz-1 root=/dev/xvda1
	on_console -- '--entry=Other Linux>Fourth'
	[[ $output == *'there is no entry Other Linux>Fourth: the default is booted'* ]] || fail
	answers vmlinuz-1 root=/dev/xvda1
	run --separate-stderr "$boot" --list-entries --json disk
	jq -e '[.entries[] | .title, .obstacle] == ["First", null, "Other Linux", "it shows another menu (configfile)",
		"Gone", "it shows another menu (configfile)"]' <<<"$output"
	run --separate-stderr "$boot" --list-entries --json '--entry=Other Linux' disk
	jq -e '.default == 2 and .chosen_by == "--entry=Other Linux" and (.entries[2] | .title == "Third" and .submenu == "Other Linux"
		and .kernel == "(hd0,msdos2)/boot/vmlinuz-3" and .file == "(hd0,msdos2)/boot/grub/grub.cfg")' <<<"$output"
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

@test "with --menu=watched there is a menu where the terminal has a size, and none on libxl's, which has no size" {
	menu_disk 100000
	on_console -- --menu=watched
	[[ -z $output ]] || fail "$output"
	answers vmlinuz-1 'root=/dev/xvda1 quiet'
	export LINES=30 COLUMNS=100
	on_console 'any key stops this' $'\e[B\r' -- --menu=watched
	answers vmlinuz-2 'root=/dev/xvda1'
	# As libxl has it with bootloader_restrict.
	on_console 'any key stops this' $'\e[B\r' -- --quiet --menu=watched
	answers vmlinuz-2 'root=/dev/xvda1'
	on_console -- --menu=watched --quiet
	[[ -z $output ]] || fail "$output"
	answers vmlinuz-1 'root=/dev/xvda1 quiet'
	on_console 'any key stops this' $'\e[B\r' -- --menu=always
	answers vmlinuz-2 'root=/dev/xvda1'
}

@test "nobody need be there: the menu boots the default when its time is over" {
	menu_disk 1
	on_console
	answers vmlinuz-1 'root=/dev/xvda1 quiet'
	[[ $output == *'Boots in 1 second'* ]] || fail
}
