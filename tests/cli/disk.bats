#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The disk that `new` makes, as sfdisk, fdisk, blkid and e2fsprogs see it.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

setup_file() {
	export PATH=$PATH:/usr/sbin:/sbin
}

field() {
	sfdisk -J "$1" | jq -r ".partitiontable$2"
}

@test "the article's disk: 3950M in whole cylinders, by sfdisk" {
	need sfdisk jq dumpe2fs e2fsck
	made_empty a --size 3950M --layout cylinder
	[[ $(stat -c %s d/a.img) -eq 4141875200 ]]
	[[ $(field d/a.img .label) == dos ]]
	[[ $(field d/a.img '.partitions | length') -eq 1 ]]
	[[ $(field d/a.img .partitions[0].start) -eq 63 ]]
	[[ $(field d/a.img .partitions[0].size) -eq 8080632 ]]
	[[ $(field d/a.img .partitions[0].type) == 83 ]]
	[[ $(field d/a.img .partitions[0].bootable) == true ]]
	dumpe2fs -h 'd/a.img?offset=32256' 2>/dev/null | grep -qx 'Block count: *1010079'
	dumpe2fs -h 'd/a.img?offset=32256' 2>/dev/null | grep -qx 'Block size: *4096'
	fsck_is_clean d/a.img
}

@test "the article's disk, by fdisk -l in cylinders" {
	need fdisk
	made_empty a --size 3950M --layout cylinder
	run fdisk -l -u=cylinders -c=dos d/a.img
	echo "$output"
	[[ $status -eq 0 ]]
	grep -q '4141875200 bytes, 8089600 sectors' <<<"$output"
	grep -q 'Geometry: 255 heads, 63 sectors/track, 503 cylinders' <<<"$output"
	grep -qE '^d/a.img1 +\* +1 +503 +503 +3[.,]9G +83 Linux$' <<<"$output"
	if grep -iE 'does not|not start|overlap|beyond|inconsistent' <<<"$output"; then fail "fdisk complains"; fi
	run fdisk -l d/a.img
	grep -qE '^d/a.img1 +\* +63 +8080694 +8080632 +3[.,]9G +83 Linux$' <<<"$output"
}

@test "aligned: the partition starts at 1 MiB and fills the disk" {
	need sfdisk jq e2fsck
	made_empty a --size 64M
	[[ $(region d/a.img 1 start) -eq 2048 ]]
	[[ $(region d/a.img 1 size) -eq $((131072 - 2048)) ]]
	fsck_is_clean d/a.img
	run sfdisk --verify d/a.img
	[[ $status -eq 0 ]]
}

@test "without --size a disk has 4 GiB, and takes under 3 MiB of room" {
	made_empty a
	[[ $(stat -c %s d/a.img) -eq 4294967296 ]]
	[[ $(du -k d/a.img | cut -f1) -lt 3072 ]]
}

@test "the table is what fdisk writes, byte for byte, in both layouts, below and past cylinder 1023" {
	need fdisk sfdisk jq xxd
	local row layout size start last
	for row in "cylinder 100M" "cylinder 3950M" "cylinder 20G" "aligned 100M" "aligned 4G" "aligned 20G"; do
		read -r layout size <<<"$row"
		rm -f d/* theirs.img
		made_empty a --size "$size" --layout "$layout"
		start=$(region d/a.img 1 start)
		last=$((start + $(region d/a.img 1 size) - 1))
		truncate -s "$size" theirs.img
		printf '%s\n' o n p 1 "$start" "$last" a x i "$(field d/a.img .id)" r w |
			fdisk -c=dos -u=sectors theirs.img >fdisk.log 2>&1 || { cat fdisk.log; fail "fdisk failed"; }
		[[ $(hex d/a.img 440 72) == $(hex theirs.img 440 72) ]] ||
			fail "$row" "$(hex d/a.img 440 72)" "$(hex theirs.img 440 72)"
	done
}

@test "the table with swap is what sfdisk writes from its own dump, byte for byte" {
	need sfdisk jq xxd
	local layout size
	for layout in cylinder aligned; do
		for size in 100M 20G; do
			rm -f d/* theirs.img
			made_empty a --size "$size" --layout "$layout" --swap 16M
			truncate -s "$size" theirs.img
			sfdisk -d d/a.img | sfdisk --quiet --no-reread --no-tell-kernel theirs.img
			[[ $(hex d/a.img 440 72) == $(hex theirs.img 440 72) ]] || fail "$layout $size"
		done
	done
}

@test "--swap: a second partition that blkid and swaplabel know" {
	need sfdisk jq blkid swaplabel e2fsck
	local layout offset
	for layout in aligned cylinder; do
		rm -f d/*
		made_empty a --size 128M --swap 10M --layout "$layout"
		[[ $(field d/a.img .partitions[1].type) == 82 ]]
		[[ $(field d/a.img .partitions[1].bootable) == null ]]
		[[ $(($(region d/a.img 2 size) * 512)) -ge 10485760 ]]
		offset=$(($(region d/a.img 2 start) * 512))
		[[ $(blkid -p -O "$offset" -o value -s TYPE d/a.img) == swap ]]
		fsck_is_clean d/a.img
		dd if=d/a.img of=swap.img bs=512 skip=$((offset / 512)) count="$(region d/a.img 2 size)" status=none
		swaplabel swap.img | grep -q UUID
	done
}

@test "the disk signature is random and not zero" {
	need sfdisk jq
	made_empty a --size 16M
	made_empty b --size 16M
	[[ $(field d/a.img .id) != 0x00000000 && $(field d/a.img .id) != $(field d/b.img .id) ]]
}

@test "each disk has UUIDs of its own, in the filesystem, the cfg and the JSON" {
	need jq blkid
	made_empty a --size 16M --json
	jq -r '.uuid, .root_uuid' <<<"$output" >a
	[[ $(blkid -p -O 1048576 -o value -s UUID d/a.img) == "$(sed -n 2p a)" ]]
	grep -qx "uuid = \"$(sed -n 1p a)\"" d/a.cfg
	made_empty b --size 16M --json
	jq -r '.uuid, .root_uuid' <<<"$output" >b
	[[ $(sort -u a b | wc -l) -eq 4 ]]
}

@test "the label is the name's first part" {
	need blkid
	made_empty web01.example.org --size 16M
	[[ $(blkid -p -O 1048576 -o value -s LABEL d/web01.example.org.img) == web01 ]]
}

@test "the filesystem is ext3 to blkid, and fills its partition to the block at odd sizes" {
	need sfdisk jq dumpe2fs e2fsck blkid
	local size layout sectors
	for layout in aligned cylinder; do
		for size in 17M 33555968 100000000B 512M 1025M; do
			[[ $size == 100000000B ]] && size=$((100000000 / 512 * 512))
			rm -f d/*
			made_empty a --size "$size" --layout "$layout"
			[[ $(blkid -p -O "$(root_offset d/a.img)" -o value -s TYPE d/a.img) == ext3 ]]
			dumpe2fs -h "d/a.img?offset=$(root_offset d/a.img)" 2>/dev/null >super
			sectors=$(region d/a.img 1 size)
			local block count
			block=$(awk '/^Block size:/ { print $3 }' super)
			count=$(awk '/^Block count:/ { print $3 }' super)
			[[ $((sectors * 512 / block)) -eq $count ]] || fail "$layout $size: $count blocks in $sectors sectors"
			fsck_is_clean d/a.img
		done
	done
}

@test "the file is exactly as large as asked, to the sector" {
	made_empty a --size $((20 * 1024 * 1024 + 512))
	[[ $(stat -c %s d/a.img) -eq $((20 * 1024 * 1024 + 512)) ]]
}

@test "the largest disk is 2T, and it is sparse" {
	need sfdisk jq
	if ! truncate -s 2T probe 2>/dev/null; then
		skip "the filesystem here does not allow a file of 2 TiB"
	fi
	rm probe
	made_empty a --size 2T
	[[ $(stat -c %s d/a.img) -eq 2199023255552 ]]
	[[ $(region d/a.img 1 size) -eq $((4294967296 - 2048)) ]]
	bd new b --quiet --no-start --template none --dir d --size 2199023256064
	failed_with 2
	holds d a.img a.cfg
}

@test "sizes that cannot be: status 2, one line, nothing left" {
	local size
	for size in '' 0 1 511 1M 8M 1000000001 2.1T 3T 1P 18446744073709551615 18446744073709551616 99999999999999999999G \
		-1 -4G +4G 4X G x 4GG ' 4G' '4 G' 0x10 1e9 4,5G NaN ../4G; do
		bd new a --quiet --no-start --template none --dir d --size "$size"
		refused 2
		[[ $stderr == *"$size"* || $stderr == *bytes* || $stderr == *MiB* || $stderr == *[0-9]B* ]]
	done
}

@test "too small a disk is told how large it has to be, and that is enough" {
	local layout swap least
	for layout in aligned cylinder; do
		for swap in '' --swap=1M --swap=100M; do
			bd new a --quiet --no-start --template none --dir d --layout "$layout" --size 1M ${swap:+"$swap"}
			refused 2
			least=$(sed -nE 's/.*the minimum is ([0-9.]+[KMG]).*/\1/p' <<<"$stderr")
			[[ -n $least ]] || fail "no size is named"
			made_empty a --layout "$layout" --size "$least" ${swap:+"$swap"}
			rm d/*
		done
	done
}

@test "swap that cannot be: status 2, one line, nothing left" {
	local size
	for size in 1 1023K 64M 57M 1T 18446744073709551615 18446744073709551105 x -1; do
		bd new a --quiet --no-start --template none --dir d --size 64M --swap "$size"
		refused 2
	done
}

@test "a template that does not fit: status 1, one line, nothing left" {
	need_busybox
	bd new a --quiet --no-start --dir d --size 10M
	refused 6
}

@test "--boot-sector none leaves the boot code and the gap empty" {
	need xxd cmp
	made_empty a --size 16M --boot-sector none
	cmp -n 440 d/a.img /dev/zero
	cmp -n $((2047 * 512)) -i 512:0 d/a.img /dev/zero
	[[ $(hex d/a.img 510 2) == 55aa ]]
}

@test "--boot-sector grub2: boot.img but for its three patches, and core.img behind it" {
	need_grub2
	need xxd cmp
	made_empty a --size 16M
	cmp -n 90 d/a.img /usr/lib/grub/i386-pc/boot.img
	cmp -i 104 -n 336 d/a.img /usr/lib/grub/i386-pc/boot.img
	[[ $(hex d/a.img 92 12) == 0100000000000000ff??9090 ]]
	cmp -i 512:0 -n 500 d/a.img /usr/lib/grub/i386-pc/diskboot.img
	[[ $(hex d/a.img 1012 8) == 0200000000000000 ]]
}

@test "GRUB's missing parts are named" {
	if [[ -e /usr/lib/grub/i386-pc/kernel.img ]]; then
		need_mount_namespaces
		mkdir hidden
		# shellcheck disable=SC2016 # for the inner shell
		run --separate-stderr unshare -m sh -c 'mount --bind hidden /usr/lib/grub/i386-pc && exec "$@"' sh \
			"$bigdisk" new a --quiet --no-start --template none --dir d --size 16M
	else
		bd new a --quiet --no-start --template none --dir d --size 16M
	fi
	refused 1
	[[ $stderr == *grub-pc-bin* ]]
}

@test "GRUB Legacy's absence is a clear error" {
	need_mount_namespaces
	mkdir hidden
	# shellcheck disable=SC2016 # for the inner shell
	run --separate-stderr unshare -m sh -c '
		for folder in /usr/lib/grub/x86_64-pc /usr/lib/grub/i386-pc; do
			[ ! -d "$folder" ] || mount --bind hidden "$folder" || exit 99
		done
		exec "$@"' sh "$bigdisk" new a --quiet --no-start --template none --dir d --size 16M --boot-sector grub-legacy
	refused 1
	[[ $stderr == *grub-legacy* ]]
}

@test "a mini guest's disk is clean and holds its identity" {
	need_busybox
	need sfdisk jq e2fsck debugfs
	local layout
	for layout in aligned cylinder; do
		made web01 --quiet --no-start --dir d --size 128M --swap 8M --layout "$layout" --ip 192.0.2.10/24 \
			--gateway 192.0.2.1
		fsck_is_clean d/web01.img
		[[ $(in_image d/web01.img 'cat /etc/hostname') == web01 ]]
		in_image d/web01.img 'cat /etc/fstab' | grep -q 'swap sw'
		in_image d/web01.img 'cat /etc/network/interfaces' | grep -q 'address 192.0.2.10'
		in_image d/web01.img 'stat /lost+found' | grep -q 'Type: directory'
		rm d/*
	done
}

@test "--boot direct: the files next to the image are those inside it" {
	need_busybox
	need sfdisk jq debugfs cmp
	local layout kernel
	for layout in aligned cylinder; do
		made web01 --quiet --no-start --dir d --size 128M --layout "$layout" --boot direct
		holds d web01.img web01.cfg web01.vmlinuz web01.initramfs
		kernel=$(in_image d/web01.img 'ls -p /boot' | cut -d/ -f6 | grep vmlinuz)
		in_image d/web01.img "dump /boot/$kernel kernel"
		in_image d/web01.img "dump /boot/initrd.img${kernel#vmlinuz} initramfs"
		[[ -s kernel && -s initramfs ]]
		cmp kernel d/web01.vmlinuz
		cmp initramfs d/web01.initramfs
		grep -qx "kernel = \"$PWD/d/web01.vmlinuz\"" d/web01.cfg
		grep -qx "ramdisk = \"$PWD/d/web01.initramfs\"" d/web01.cfg
		grep -q "^cmdline = \"root=UUID=" d/web01.cfg
		[[ $(stat -c %a d/web01.vmlinuz) == 600 ]]
		rm d/*
	done
}
