#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Preflight: what Xen's own pygrub finds in each kind of image.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

need_pygrub() {
	find_pygrub
	[[ -n $pygrub ]] || skip "pygrub (xen-utils) is not installed"
}

# boots IMAGE-OPTIONS...: pygrub takes out of the image just the kernel, initramfs and arguments that are in it.
boots() {
	need_pygrub
	need_busybox
	need sfdisk jq debugfs cmp
	made web01 --quiet --no-start --dir d --size 128M "$@"

	local kernel uuid
	kernel=$(in_image d/web01.img 'ls -p /boot' | cut -d/ -f6 | grep vmlinuz)
	in_image d/web01.img "dump /boot/$kernel kernel"
	in_image d/web01.img "dump /boot/initrd.img${kernel#vmlinuz} initramfs"
	uuid=$(blkid -p -O "$(root_offset d/web01.img)" -o value -s UUID d/web01.img)

	run --separate-stderr "$pygrub" -q -n --output-directory=. d/web01.img
	echo "$output" "$stderr"
	[[ $status -eq 0 ]]

	mkdir out
	run --separate-stderr "$pygrub" -q --output-directory="$PWD/out" --output-format=simple d/web01.img
	echo "$output" "$stderr"
	[[ $status -eq 0 ]]
	cmp kernel "$(sed -n 's/^kernel //p' <<<"$output")"
	cmp initramfs "$(sed -n 's/^ramdisk //p' <<<"$output")"
	[[ $(sed -n 's/^args //p' <<<"$output") == "root=UUID=$uuid ro quiet console=tty0 console=ttyS0 console=hvc0" ]]
	[[ $(find out -type f | wc -l) -eq 2 ]]
}

# is_refused IMAGE-OPTIONS...: an image without a kernel makes pygrub fail.
is_refused() {
	need_pygrub
	made_empty web01 --size 64M "$@"
	mkdir out
	run --separate-stderr "$pygrub" -q --output-directory="$PWD/out" d/web01.img
	echo "$output" "$stderr"
	[[ $status -ne 0 && -z $output ]]
	[[ $stderr == *"Unable to find partition containing kernel"* ]]
	# pygrub forgets the files that it made for what it did not find.
	[[ -z $(find out -type f -size +0) ]]
}

@test "pygrub boots aligned, grub2" {
	need_grub2
	boots
}

@test "pygrub boots cylinder, grub2" {
	need_grub2
	boots --layout cylinder
}

@test "pygrub boots aligned, grub-legacy" {
	need_grub_legacy
	boots --boot-sector grub-legacy
}

@test "pygrub boots cylinder, grub-legacy" {
	need_grub_legacy
	boots --boot-sector grub-legacy --layout cylinder
}

@test "pygrub boots aligned, without a boot sector" {
	boots --boot-sector none
}

@test "pygrub boots cylinder, without a boot sector" {
	boots --boot-sector none --layout cylinder
}

@test "pygrub boots a disk with a swap partition" {
	boots --boot-sector none --swap 16M
}

@test "pygrub boots a guest with the longest name" {
	need_pygrub
	need_busybox
	local name
	name=$(printf 'a%.0s' {1..60}).ab
	made "$name" --quiet --no-start --dir d --size 128M --boot-sector none
	run "$pygrub" -l d/"$name.img"
	[[ $status -eq 0 && $output == *"$name"* ]]
}

@test "pygrub finds no kernel in an empty disk: aligned, grub2" {
	need_grub2
	is_refused
}

@test "pygrub finds no kernel in an empty disk: cylinder, grub2" {
	need_grub2
	is_refused --layout cylinder
}

@test "pygrub finds no kernel in an empty disk: cylinder, grub-legacy" {
	need_grub_legacy
	is_refused --boot-sector grub-legacy --layout cylinder
}

@test "pygrub finds no kernel in an empty disk: aligned, without a boot sector" {
	is_refused --boot-sector none
}
