#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Disk images as a whole: `info` and `map`. Their figures are compared with those of sfdisk, dumpe2fs, stat and filefrag.
# shellcheck disable=SC2154 # output, stderr and status are set by run
load helpers

# info PLACE: its JSON is in $output, and is what the filter of jq says that it is.
info() {
	need jq
	bd info "$1" --dir d --json
	[[ $status -eq 0 ]] || fail "status $status"
}

is() { # FILTER EXPECTED
	local found
	found=$(jq -c "$1" <<<"$output")
	[[ $found == "$2" ]] || fail "$1 is $found, not $2"
}

# dumped FIELD: of dumpe2fs's superblock in the file `dump`.
dumped() {
	sed -n "s/^$1: *//p" dump
}

# same_as_dumpe2fs FILTER OFFSET FILE: the filesystem that the filter names.
same_as_dumpe2fs() {
	dumpe2fs "$3?offset=$2" >dump 2>/dev/null || fail "dumpe2fs"
	is "$1.blocks" "$(dumped 'Block count')"
	is "$1.free_blocks" "$(dumped 'Free blocks')"
	is "$1.used_blocks" "$(($(dumped 'Block count') - $(dumped 'Free blocks')))"
	is "$1.reserved_blocks" "$(dumped 'Reserved block count')"
	is "$1.inodes" "$(dumped 'Inode count')"
	is "$1.free_inodes" "$(dumped 'Free inodes')"
	is "$1.inode_bytes" "$(dumped 'Inode size' | tr -d '\t ')"
	is "$1.block_bytes" "$(dumped 'Block size')"
	is "$1.blocks_per_group" "$(dumped 'Blocks per group')"
	is "$1.groups" "$(grep -c '^Group [0-9]*:' dump)"
	is "$1.uuid" "\"$(dumped 'Filesystem UUID')\""
	is "$1.features | join(\" \")" "\"$(dumped 'Filesystem features')\""
	is "$1.mount_count" "$(dumped 'Mount count')"
	[[ $(jq -r "$1.made | fromdate | gmtime | mktime" <<<"$output") == "$(date -d "$(dumped 'Filesystem created')" +%s)" ]]
}

@test "geometry and partitions are those of sfdisk, in both layouts" {
	need sfdisk jq
	local layout i
	for layout in cylinder aligned; do
		made_empty "$layout" --layout $layout --size 1G --swap 100M
		info "$layout"
		is .image "\"$PWD/d/$layout.img\""
		is .guest "\"$layout\""
		is .layout "\"$layout\""
		is .sectors $((1 << 21))
		is '.cylinders * .heads * .sectors_per_track + .sectors_left_over' $((1 << 21))
		is .table.disk_signature "\"$(sfdisk -J "d/$layout.img" | jq -r '.partitiontable.id[2:]')\""
		is '[.regions[] | select(.number)] | length' 2
		for i in 1 2; do
			is ".regions[] | select(.number == $i) | .start_lba" "$(region "d/$layout.img" $i start)"
			is ".regions[] | select(.number == $i) | .sectors" "$(region "d/$layout.img" $i size)"
			is ".regions[] | select(.number == $i) | .type" "$(region "d/$layout.img" $i type)"
		done
		is '[.regions[].kind | select(. != "unused" and . != "boot_loader")]' '["mbr","partition","swap"]'
		# One begins where the one before it ends, and the last one at the disk's end.
		is '[.regions[] | .start_lba + .sectors] | [0] + .[:-1]' "$(jq -c '[.regions[].start_lba]' <<<"$output")"
		is '.regions[-1] | .start_lba + .sectors' $((1 << 21))
		is '.regions[] | select(.kind == "swap") | .swap_uuid' \
			"\"$(blkid -p -s UUID -o value -O $(($(region "d/$layout.img" 2 start) * 512)) "d/$layout.img")\""
		same_as_dumpe2fs '.filesystems[0]' "$(root_offset "d/$layout.img")" "d/$layout.img"
		is '.filesystems[0].journal.needs_recovery' false
		is '.filesystems[0] | .size_bytes <= .partition_bytes' true
	done
	info cylinder
	is '.regions[] | select(.number == 1) | .first_chs, (.last_chs | endswith("/254/63"))' '"0/1/1"
true'
}

@test "core.img has as many sectors as GRUB's own list of blocks loads" {
	need_grub2
	need jq xxd
	made_empty web01 --size 64M
	info web01
	is .boot_code '"grub2"'
	local count
	count=$((0x$(xxd -s $((512 + 0x1fd)) -l 1 -p d/web01.img)$(xxd -s $((512 + 0x1fc)) -l 1 -p d/web01.img)))
	is '.regions[1] | .kind, .sectors' "\"boot_loader\"
$((count + 1))"
	made_empty web02 --size 64M --boot-sector none
	info web02
	is .boot_code '"none"'
	is '[.regions[] | select(.kind == "boot_loader")]' '[]'
}

@test "what it takes on the host is what stat and SEEK_HOLE say" {
	need jq filefrag
	truncate -s 64M file
	for i in 3 17 18 40; do dd if=/dev/urandom of=file bs=1M seek=$i count=1 conv=notrunc status=none; done
	sync file
	info ./file
	is .allocated_bytes "$(($(stat -c '%b * %B' file)))"
	[[ $(jq -r .holes <<<"$output") == 4 ]] || skip "the filesystem here has no holes"
	is '.data_bytes, .hole_bytes' "$((4 << 20))
$((60 << 20))"
	is '.table, .layout, .boot_code' 'null
null
null'
}

@test "GPT: partitions, names, both headers; a filesystem in one of them" {
	need sfdisk jq mke2fs
	truncate -s 64M gpt
	sfdisk -q gpt <<<$'label: gpt\nsize=20M,name="EFI system"\nsize=30M,name="<root> & \'x\'"\n'
	mke2fs -q -F -t ext4 -L data -E offset=$(($(region gpt 2 start) * 512)) gpt 30M
	info ./gpt
	is .table.type '"gpt"'
	is .table.uuid "\"$(sfdisk -J gpt | jq -r '.partitiontable.id | ascii_downcase')\""
	is '[.regions[].kind]' '["mbr","gpt","unused","partition","partition","unused","gpt_backup"]'
	is '[.regions[].name | select(.)]' '["EFI system","<root> & '"'x'"'"]'
	is '.regions[-1] | .start_lba, .sectors' '131039
33'
	is '.regions[] | select(.number == 2) | .start_lba' "$(region gpt 2 start)"
	same_as_dumpe2fs '.filesystems[0]' "$(($(region gpt 2 start) * 512))" gpt
	is '.filesystems[0] | .label, .partition' '"data"
2'
	bd info gpt@1
	failed_with 1
	bd info gpt@3
	failed_with 4
}

@test "whole-disk filesystems of every kind have the figures of dumpe2fs" {
	need mke2fs jq dumpe2fs
	mkdir -p tree/a
	head -c 3000000 /dev/urandom >tree/a/large
	local features
	for features in '-t ext2' '-t ext3 -b 1024' '-t ext4' '-t ext4 -b 1024 -O ^flex_bg' '-t ext4 -O ^metadata_csum,^64bit' \
		'-t ext4 -O metadata_csum_seed' '-t ext4 -O bigalloc' '-t ext4 -O meta_bg,^resize_inode' '-t ext4 -g 1024 -b 1024'; do
		rm -f fs
		truncate -s 96M fs
		# shellcheck disable=SC2086 # several words
		mke2fs -q -F -d tree $features fs 2>/dev/null || { echo "# mke2fs here knows no $features" && continue; }
		info ./fs
		echo "# $features"
		same_as_dumpe2fs '.filesystems[0]' 0 fs
		is '[.regions[] | [.kind, .content]]' "$(jq -c '[.regions[0] | [.kind, .content]]' <<<"$output")"
	done
}

@test "lies and damage: each is said, and nothing is invented" {
	need mke2fs jq debugfs
	made_empty web01 --size 64M --boot-sector none
	# The image is cut short.
	cp d/web01.img short
	truncate -s 20M short
	bd info ./short
	[[ $status -eq 0 && $output == *"BEHIND THE END of the disk: the image is truncated"* ]] || fail
	info ./short
	is '.regions[-1] | .outside, .content' 'true
"ext3"'
	# The article's: the partition is made smaller than its filesystem, and larger.
	cp d/web01.img lie
	sfdisk -q -N 1 lie <<<'- 20M' >/dev/null
	bd info ./lie
	[[ $status -eq 0 && $output == *" 63 MiB, which is 43 MiB MORE than its partition has: one of the two is lying"* ]] || fail
	truncate -s 80M lie
	sfdisk -q -N 1 lie <<<'- 70M' >/dev/null
	bd info ./lie
	[[ $status -eq 0 && $output == *" 63 MiB; 7 MiB at the end of its partition are not used by it"* ]] || fail
	# No superblock that anybody could read, where there was one.
	cp d/web01.img damaged
	printf '\377\377\377\377' | dd of=damaged bs=1 seek=$(($(root_offset damaged) + 1024 + 32)) conv=notrunc status=none
	bd info ./damaged
	[[ $status -eq 1 && $output == *"partition 1"* && $(grep -c 'error: ./damaged: partition 1: ' <<<"$stderr") -eq 1 ]] || fail
	bd info ./damaged --json
	[[ $status -eq 1 ]]
	is '.errors | length' 1
	# A bitmap with a wrong checksum.
	truncate -s 64M sums
	mke2fs -q -F -t ext4 -b 1024 -O metadata_csum sums
	printf '\0\0\0\0' | dd of=sums bs=1 conv=notrunc status=none \
		seek=$(($(dumpe2fs sums 2>/dev/null | sed -n 's/.*Block bitmap at \([0-9]*\).*/\1/p' | sed -n 1p) * 1024))
	bd info ./sums
	[[ $status -eq 0 && $output == *"1 of 8 cannot be read or have wrong checksums"* ]] || fail
	for place in nobody ./nothing; do
		bd info $place --dir d
		failed_with 4
	done
	bd info d
	failed_with 4
	bd info ./d
	failed_with 1
	: >void
	info ./void
	is .regions '[]'
}
