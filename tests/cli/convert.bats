#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `convert`: disks in other formats, by qemu-img; never what the content of an image says it is.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

raw() { # FILE
	truncate -s 40000000 "$1"
	truncate -s %512 "$1"
	head -c 300000 /dev/urandom | dd of="$1" bs=4096 seek=700 conv=notrunc status=none
	printf end | dd of="$1" bs=512 seek=78120 conv=notrunc status=none
}

@test "to qcow2 and VHD, and back, is the same disk of the same size" {
	need qemu-img jq
	raw disk.img
	local suffix format
	for suffix in qcow2 vhd vpc raw; do
		bd convert ./disk.img "copy.$suffix" --json
		[[ $status -eq 0 ]] || fail "$stderr"
		case $suffix in vpc) format=vhd ;; *) format=$suffix ;; esac
		[[ $(jq -r '[.from_format, .format, .size_bytes] | join(" ")' <<<"$output") == "raw $format $(stat -c %s disk.img)" ]]
		bd convert "./copy.$suffix" "back-$suffix.img"
		[[ $status -eq 0 ]]
		cmp disk.img "back-$suffix.img"
		[[ $(stat -c %a "copy.$suffix") == 600 ]]
	done
	[[ $(qemu-img info --output=json -f qcow2 copy.qcow2 | jq -r .format) == qcow2 ]]
	[[ $(qemu-img info --output=json -f vpc copy.vhd | jq -r '."virtual-size"') -eq $(stat -c %s disk.img) ]]
	# Holes stay holes.
	[[ $(du -k back-qcow2.img | cut -f 1) -lt 600 ]]
	bd convert ./copy.qcow2 direct.vhd
	[[ $status -eq 0 ]]
	qemu-img compare -q -f vpc -F raw direct.vhd disk.img
	cp copy.qcow2 plain
	bd convert ./plain other --from-format qcow2 --format raw
	[[ $status -eq 0 ]]
	cmp disk.img other
	made_empty web01 --size 32M
	bd convert web01 web01.qcow2 --dir d
	[[ $status -eq 0 && $output == 'web01.qcow2 created: qcow2, a disk of 32 MiB that takes '* ]]
	qemu-img compare -q -f qcow2 -F raw web01.qcow2 d/web01.img
}

@test "an image that refers to other files is refused, and what a guest wrote into its disk does not count" {
	need qemu-img
	echo secret >secret
	truncate -s 1M secret
	qemu-img create -q -f qcow2 -b secret -F raw backed.qcow2
	bd convert ./backed.qcow2 out.img
	failed_with 1
	[[ $stderr == *'it refers to another file (its backing file), which is not followed' ]]
	qemu-img create -q -f qcow2 -o data_file=data,data_file_raw=on split.qcow2 1M
	bd convert ./split.qcow2 out.img
	failed_with 1
	[[ $stderr == *'its data file'* ]]
	# A raw disk with a qcow2 header in it is a raw disk.
	cp backed.qcow2 evil.img
	truncate -s %512 evil.img
	bd convert ./evil.img out.qcow2
	[[ $status -eq 0 ]]
	qemu-img convert -f qcow2 -O raw out.qcow2 out.raw
	cmp evil.img out.raw
	rm out.*
	raw disk.img
	bd convert ./disk.img parent.vhd
	cp parent.vhd child.vhd
	# The type of a differencing disk, in the footer and in its copy.
	for at in 63 $(($(stat -c %s child.vhd) - 449)); do printf '\x04' | dd of=child.vhd bs=1 seek="$at" conv=notrunc status=none; done
	bd convert ./child.vhd out.img
	failed_with 1
	[[ $stderr == *'its parent disk'* ]]
	bd convert ./disk.img out.qcow2 --from-format qcow2
	failed_with 1
	[[ $stderr == *'./disk.img: it is no qcow2 image' ]]
	bd convert ./disk.img out.qcow2 --from-format vhd
	failed_with 1
	[[ $stderr == *'it is no VHD' ]]
	[[ ! -e out.img && ! -e out.qcow2 ]]
}

@test "nothing is replaced, a disk in use is not copied, and a failure leaves nothing" {
	need qemu-img
	raw disk.img
	echo mine >there.qcow2
	bd convert ./disk.img there.qcow2
	failed_with 3
	[[ $(<there.qcow2) == mine ]]
	bd convert ./disk.img out
	failed_with 2
	[[ $stderr == *'does not end in .qcow2, .vhd, .img or .raw'* ]]
	bd convert ./disk.img out --format vmdk
	failed_with 2
	bd convert ./nowhere.img out.qcow2
	failed_with 4
	bd convert ./disk.img nowhere/out.qcow2
	[[ $status -ne 0 ]]
	bd convert ./disk.img@2 out.qcow2
	failed_with 2
	exec 7<>disk.img
	bd convert ./disk.img out.qcow2
	failed_with 5
	exec 7>&-
	made_empty web01 --size 32M
	fake_xen
	printf '7 %s web01\n' "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" >domains
	bd convert web01 out.qcow2 --dir d
	failed_with 5
	unset XEN_BIGDISK_TOOLSTACK
	mkdir bin
	printf '#!/bin/sh\n[ "$1" = info ] && exec %s "$@"\necho "qemu-img: error while writing: Input/output error" >&2\nexit 1\n' "$(type -P qemu-img)" >bin/qemu-img
	chmod +x bin/qemu-img
	PATH=$PWD/bin:$PATH bd convert ./disk.img out.qcow2
	failed_with 1
	[[ $stderr == *'error while writing: Input/output error'* ]]
	[[ -z $(find . -name '*out*') ]]
}
