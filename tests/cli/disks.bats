#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests with several disks, through their lives.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# web01 with two further disks of 3 and 2 GiB.
several() {
	made_empty web01 --size 64M --disk 3G --disk 2048M "$@"
}

@test "--disk adds sparse disks, which the config names in their order" {
	several
	holds d web01.img web01_disk2.img web01_disk3.img web01.cfg
	[[ $(stat -c '%s %a %b' d/web01_disk2.img) == "$((3 << 30)) 600 0" ]]
	[[ $(stat -c '%s %a %b' d/web01_disk3.img) == "$((2 << 30)) 600 0" ]]
	[[ $(grep -o 'vdev=xvd[a-z], access=rw, target=[^"]*' d/web01.cfg) == "vdev=xvda, access=rw, target=$PWD/d/web01.img
vdev=xvdb, access=rw, target=$PWD/d/web01_disk2.img
vdev=xvdc, access=rw, target=$PWD/d/web01_disk3.img" ]]
	bd check --dir d web01
	[[ $output == *"web01_disk2.img: partition table: none"* &&
		$output != *nothing-recognised* ]]
	bd show --dir d --json web01
	[[ $(jq -c '[.disks[] | .size_bytes]' <<<"$output") == "[67108864,3221225472,2147483648]" ]]
}

@test "an HVM guest sees them as SCSI disks of its controller, and as Xen's only behind that" {
	local options=() letter
	for letter in b c d e f g h; do
		options+=(--disk 1M)
	done
	made_empty a --size 64M --type hvm "${options[@]}"
	[[ $(grep -o 'vdev=[a-z]*' d/a.cfg | xargs) == "vdev=sda vdev=sdb vdev=sdc vdev=sdd vdev=sde vdev=sdf vdev=sdg vdev=xvdh" ]]
}

@test "--dry-run and --json tell of them" {
	bd new a --dry-run --dir d --template none --size 64M --disk 3G
	[[ $status -eq 0 && $output == *"  $PWD/d/a_disk2.img (3 GiB)"* && $output == *"vdev=xvdb"* ]]
	is_empty d
	bd new a --no-start --dir d --template none --size 64M --disk 3G --json
	[[ $(jq -c .files.disks <<<"$output") == "[\"$PWD/d/a_disk2.img\"]" ]]
}

@test "sizes and combinations that cannot be are refused" {
	local size many=()
	for size in 0 1 1000K 1500K 17T x '' -1G; do
		bd new a --no-start --dir d --disk "$size"
		refused 2
		[[ $stderr == *"--disk: "* ]] || fail "no --disk"
	done
	for size in {1..16}; do
		many+=(--disk 1M)
	done
	bd new a --no-start --dir d --template none --size 64M "${many[@]}"
	refused 2
	[[ $stderr == *"15 further disks at most"* ]]
	bd new a --no-start --dir d --device /dev/null --disk 1G
	refused 2
	[[ $stderr == *"--disk: a further disk is a file"* ]]
}

@test "what has the name of a disk already is not touched" {
	echo data >d/web01_disk3.img
	bd new web01 --no-start --dir d --template none --size 64M --disk 1G --disk 1G
	failed_with 3
	[[ $stderr == *"web01_disk3.img already exists"* ]]
	holds d web01_disk3.img
	[[ $(<d/web01_disk3.img) == data ]]
}

@test "rename, clone and rm know all of them" {
	several
	printf x | dd of=d/web01_disk3.img bs=1 seek=1M conv=notrunc status=none
	bd rename --dir d web01 db1
	[[ $status -eq 0 ]]
	holds d db1.img db1_disk2.img db1_disk3.img db1.cfg
	[[ $(grep -c "target=$PWD/d/db1[_.]" d/db1.cfg) -eq 3 ]]
	bd clone --dir d db1 db2 --json
	[[ $status -eq 0 && $(jq -c .files.disks <<<"$output") == "[\"$PWD/d/db2_disk2.img\",\"$PWD/d/db2_disk3.img\"]" ]]
	[[ $(grep -c "target=$PWD/d/db2[_.]" d/db2.cfg) -eq 3 ]]
	cmp d/db1_disk3.img d/db2_disk3.img
	bd rm --dir d db1 --yes
	[[ $status -eq 0 ]]
	holds d db2.img db2_disk2.img db2_disk3.img db2.cfg
}

@test "a copy's filesystem that takes a whole disk has a UUID of its own" {
	need mke2fs blkid
	several
	mke2fs -q -t ext4 -O ^metadata_csum -U 11111111-2222-3333-4444-555555555555 d/web01_disk2.img
	bd clone --dir d web01 web02
	[[ $status -eq 0 ]]
	local uuid
	uuid=$(blkid -p -o value -s UUID d/web02_disk2.img)
	[[ ${#uuid} -eq 36 && $uuid != 11111111-* ]]
	e2fsck -fn d/web02_disk2.img
}

@test "a disk that another guest uses, too, is not removed, and that guest is not cloned" {
	several
	made_empty web02 --size 64M
	sed -i "s|^\(disk = .*\) \]|\1, \"vdev=xvdb, access=rw, format=raw, target=$PWD/d/web01_disk2.img\" ]|" d/web02.cfg
	bd rm --dir d web01 --yes
	[[ -e d/web01_disk2.img && ! -e d/web01_disk3.img && ! -e d/web01.img ]]
	bd clone --dir d web02 web03
	failed_with 1
	[[ $stderr == *"web01_disk2.img of web02 is not its own"* ]]
}

@test "grow takes a further disk by its path" {
	need mke2fs resize2fs
	several
	mke2fs -q -t ext3 d/web01_disk3.img
	bd grow d/web01_disk3.img 4G
	[[ $status -eq 0 && $(stat -c %s d/web01_disk3.img) -eq $((4 << 30)) ]]
	[[ $(dumpe2fs -h d/web01_disk3.img 2>/dev/null | sed -n 's/^Block count: *//p') -eq $((1 << 20)) ]]
	bd check --dir d web01
	[[ $output == *"web01_disk2.img: partition table: none"* &&
		$output != *nothing-recognised* ]]
}

@test "fleets have disks, and say that other ones are other disks" {
	need jq
	echo '{ "fleet": "f", "defaults": { "template": "none", "size": "64M", "disks": ["1G", "512M"] }, "guests": { "a": {} } }' >f.json
	bd fleet apply f.json --no-start --dir d
	[[ $status -eq 0 ]]
	[[ $output$stderr == *"the new disks can grow to 1600 MiB"* ]]
	holds d a.img a_disk2.img a_disk3.img a.cfg
	bd fleet plan f.json --no-start --dir d --json
	[[ $(jq -r '.guests[0].action' <<<"$output") == keep ]]
	sed -i 's/512M/768M/' f.json
	bd fleet plan f.json --no-start --dir d
	[[ $output$stderr == *"disks: 512 MiB -> 768 MiB needs a new disk"* ]]
}
