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

# --- map ---------------------------------------------------------------------------------------------------------------

@test "map --json: each block group is what dumpe2fs prints of it" {
	need mke2fs jq dumpe2fs
	mkdir -p tree/{a,b,c}
	for i in {1..40}; do head -c 300000 /dev/urandom >"tree/a/$i"; done
	local features
	for features in '-t ext3 -b 1024' '-t ext4' '-t ext4 -b 1024 -O ^flex_bg' '-t ext4 -b 1024 -O meta_bg,^resize_inode'; do
		rm -f fs
		truncate -s 96M fs
		# shellcheck disable=SC2086 # several words
		mke2fs -q -F -d tree $features fs
		bd map ./fs --json
		[[ $status -eq 0 ]]
		# With libext2fs, descriptors and bitmaps agree.
		dumpe2fs fs 2>/dev/null | sed -nE 's/^ +([0-9]+) free blocks, ([0-9]+) free inodes, ([0-9]+) directories.*/\1 \2 \3/p' >expected
		jq -r '.filesystems[0].block_groups[] | "\(.free_blocks) \(.free_inodes) \(.directories)"' <<<"$output" | diff expected -
		is '[.filesystems[0].block_groups[] | select(.used_blocks != .blocks - .free_blocks or .unreadable)]' '[]'
		dumpe2fs fs 2>/dev/null | sed -nE 's/^Group [0-9]+: \(Blocks ([0-9]+)-([0-9]+)\).*/\1 \2/p' >expected
		jq -r '.filesystems[0].block_groups[] | "\(.start_block) \(.start_block + .blocks - 1)"' <<<"$output" | diff expected -
		dumpe2fs fs 2>/dev/null | grep -cE '(Primary|Backup) superblock at' >expected
		jq '[.filesystems[0].block_groups[] | select(.superblock)] | length' <<<"$output" | diff expected -
	done
}

@test "the strips are to scale: regions, what the host has, and the journal where it is" {
	need sfdisk mke2fs debugfs
	truncate -s 78M disk
	# A column is 1 MiB.
	sfdisk -q disk <<<$'start=2048,size=78000\nstart=80896,size=40960,type=82\n'
	for i in 10 11 12 60; do head -c 1M /dev/urandom | dd of=disk bs=1M seek=$i conv=notrunc status=none; done
	bd map ./disk
	[[ $status -eq 0 ]]
	[[ ${lines[1]} =~ ^\ \ M\.1{37,38}\.2{20}\.{18}$ && ${#lines[1]} -eq 80 ]] || fail "${lines[1]}"
	# Four of them have data, which lies across their borders a little.
	[[ ${lines[2]} =~ ^\ \ [1#]{2}\.{8}[1-9]##?[1-9#]\.{46,47}[1-9#]{1,2}\.{16,18}$ && ${#lines[2]} -eq 80 ]] || fail "${lines[2]}"
	truncate -s 64M fs
	mke2fs -q -F -t ext3 -b 1024 fs
	bd map ./fs
	# 8 groups of 9 columns each; the journal of 4 MiB is in one of them, and each begins with inode tables.
	local strip
	strip=$(grep -E '^  T.*J{3,5}' <<<"$output")
	[[ ${#strip} -eq 74 ]] || fail "$strip"
	local block group
	block=$(debugfs -R 'blocks <8>' fs 2>/dev/null | awk '{ print $20 }')
	group=$(((block - 1) / 8192))
	[[ ${strip:2+9*group:9} == *JJJ* ]] || fail "$group: $strip"
}

@test "nothing is wider than the terminal; colours there only, unless they are not wanted" {
	local columns
	made_empty web01 --size 300M --swap 20M
	for columns in 200 80 41 20 12; do
		on_terminal "$columns" env LC_ALL=C.UTF-8 "$bigdisk" map web01 --dir d
		[[ $status -eq 0 && $output == *'\e['* ]] || fail
		[[ $(seen | LC_ALL=C.UTF-8 wc -L) -le $columns ]] || fail "wider than $columns: $(seen)"
	done
	on_terminal 100 env LC_ALL=C.UTF-8 "$bigdisk" map web01 --dir d
	[[ $(seen) == *█* && $(seen | LC_ALL=C.UTF-8 wc -L) -gt 90 ]]
	on_terminal 100 env LC_ALL=C "$bigdisk" map web01 --dir d
	[[ $output == *'\e['* && $output != *█* ]]
	on_terminal 100 env NO_COLOR=1 LC_ALL=C.UTF-8 "$bigdisk" map web01 --dir d
	[[ $status -eq 0 && $output != *'\e'* && $(seen | wc -L) -le 100 && $(seen | wc -L) -gt 90 ]] || fail
	TERM_OF_TEST=dumb on_terminal 100 "$bigdisk" map web01 --dir d
	[[ $status -eq 0 && $output != *'\e'* ]]
	LC_ALL=C.UTF-8 bd map web01 --dir d
	[[ $output != *$'\e'* && $(wc -L <<<"$output") -eq 80 ]] || fail
	[[ $(LC_ALL=C tr -d '\n -~' <<<"$output" | wc -c) -eq 0 ]] || fail "not ASCII"
}

# picture FILE: well-formed, and complete in itself; its text is in `text`.
picture() {
	need python3
	python3 - "$1" >text <<-'PYTHON'
		import re, sys, xml.etree.ElementTree as tree
		text = open(sys.argv[1], encoding="utf-8").read()
		root = tree.fromstring(text)
		assert root.tag == "{http://www.w3.org/2000/svg}svg", root.tag
		assert "href" not in text and "<script" not in text and "@import" not in text
		assert all(link.startswith("#") for link in re.findall(r"url\(([^)]*)", text))
		assert text.count("http") == 1, "a link"
		assert "nan" not in text and "inf" not in re.sub(r">[^<]*<", "><", text)
		width, height = map(float, root.get("viewBox").split()[2:])
		classes = set(re.findall(r"\.xb \.([a-z0-9]+)", text))
		for element in root.iter():
		    for name in (element.get("class") or "").split():
		        assert name in classes | {"xb", "t", "n", "u0"}, name
		    if element.tag.endswith("}rect"):
		        x, y, w, h = (float(element.get(key)) for key in ("x", "y", "width", "height"))
		        assert x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= width and y + h <= height, tree.tostring(element)
		    if element.text and element.text.strip() and not element.tag.endswith("}style"):
		        print(element.text)
	PYTHON
}

@test "map --svg: a picture that is well-formed and complete in itself, whatever is on the disk" {
	need mke2fs sfdisk
	made_empty web01 --size 300M --swap 20M
	truncate -s 64M gpt fs empty void
	: >void
	sfdisk -q gpt <<<$'label: gpt\nsize=20M,name="</text>&<script>"\nsize=30M\n'
	mke2fs -q -F -t ext4 -L '<b>&"]]>' -M $'/\e[31m\xff\xef\xbf\xbf' fs
	cp d/web01.img short
	truncate -s 100M short
	truncate -s 2T large
	mke2fs -q -F -t ext4 -O ^has_journal,^resize_inode -E lazy_itable_init=1 large 2>/dev/null || rm large
	for place in web01 ./gpt ./fs ./empty ./void ./short ./large; do
		[[ $place != ./* || -e $place ]] || continue
		"$bigdisk" map "$place" --dir d --svg - >"$(basename "$place").svg"
		picture "$(basename "$place").svg"
	done
	picture fs.svg
	grep -qF '<b>&"]]>' text
	picture web01.svg
	grep -q '^swap$' text && grep -q '^300 MiB$' text && grep -q '^core.img$' text
	grep -q "^$(sfdisk -J d/web01.img | jq '.partitiontable.partitions[1].start')$" text
	grep -q 'prefers-color-scheme:dark' web01.svg
}

@test "map --svg FILE: complete or not at all, and nothing is replaced" {
	made_empty web01 --size 64M
	bd map web01 --dir d --svg map.svg
	[[ $status -eq 0 && -z $output && -z $stderr ]] || fail
	picture map.svg
	bd map web01 --dir d --svg -
	printf '%s\n' "$output" | cmp - map.svg
	bd map web01 --dir d --svg map.svg
	failed_with 3
	bd map web01 --dir d --svg nothing/map.svg
	failed_with 4
	mkdir pictures
	bd map nobody --dir d --svg pictures/map.svg
	failed_with 4
	is_empty pictures
	bd map web01 --dir d --svg pictures/map.svg --json
	failed_with 2
	is_empty pictures
}

@test "damaged images: an error or a picture, never a crash" {
	need mke2fs python3
	made_empty web01 --size 32M
	truncate -s 32M fs gpt
	mke2fs -q -F -t ext4 -b 1024 fs
	sfdisk -q gpt <<<$'label: gpt\nsize=10M\nsize=10M\n'
	# Flips bits in table, superblock, descriptors and bitmaps.
	python3 - d/web01.img fs gpt <<-'PYTHON'
		import random, sys
		random.seed(20261129)
		for number, name in enumerate(sys.argv[1:]):
		    data = open(name, "rb").read()
		    begin = 1 << 20 if name.startswith("d/") else 0
		    for i in range(8):
		        copy = bytearray(data)
		        for _ in range(1 + i % 8):
		            at = random.choice([random.randrange(446, 512), 512 + random.randrange(512), begin + 1024 + random.randrange(264),
		                begin + 2048 + random.randrange(256), begin + random.randrange(300000)])
		            copy[at] ^= 1 << random.randrange(8)
		        open(f"damaged-{number}-{i}", "wb").write(copy)
	PYTHON
	local file
	for file in damaged-*; do
		bd map "./$file" >/dev/null
		[[ $status -eq 0 || $status -eq 1 && $(grep -c 'error: ' <<<"$stderr") -eq 1 ]] || fail "$file: $status"
		[[ $stderr != *signal* && $stderr != *forbidden* && $stderr != *internal* ]] || fail "$file: $stderr"
		[[ $(wc -L <<<"$output") -le 80 ]] || fail "$file: $output"
		"$bigdisk" map "./$file" --svg "$file.svg" 2>/dev/null || [[ $status -ne 0 ]]
		[[ ! -e $file.svg || $file != *[05] ]] || picture "$file.svg"
		rm "$file"
	done
}

@test "a filesystem that is in use: its journal is said to be replayed, and what it has is what it has after that" {
	need_root
	need mke2fs e2fsck jq losetup
	truncate -s 64M fs
	mke2fs -q -F -t ext4 fs
	mkdir mnt
	mount -o loop fs mnt 2>/dev/null || skip "no loop devices here"
	head -c 5M /dev/urandom >mnt/file
	sync -f mnt
	cp fs copy
	bd info ./fs --json
	umount mnt
	is '.filesystems[0] | .state, .journal.needs_recovery, .last_mounted_on' "\"not_unmounted\"
true
\"$PWD/mnt\""
	info ./copy
	is '.filesystems[0].journal.needs_recovery' true
	local used
	used=$(jq '.filesystems[0].used_blocks' <<<"$output")
	e2fsck -fp copy >/dev/null || [[ $? -eq 1 ]]
	info ./copy
	is '.filesystems[0] | .state, .used_blocks' "\"clean\"
$used"
	same_as_dumpe2fs '.filesystems[0]' 0 copy
}

@test "a block device has no holes that anybody knows of" {
	need_root
	need losetup jq
	made_empty web01 --size 64M
	local device
	device=$(losetup --find --show d/web01.img) || skip "no loop devices here"
	bd info "$device" --json
	bd map "$device" >/dev/null
	losetup --detach "$device"
	[[ $status -eq 0 && $output == */dev/loop* && $output != *'second line'* ]] || fail
	[[ $(grep -c '^  1 ' <<<"$output") -eq 1 ]]
}

@test "of a running guest it is said that all of it may be out of date" {
	need jq
	made_empty web01 --size 16M --no-net
	fake_xen
	printf '7 %s web01\n' "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" >domains
	info web01
	is .running true
	[[ $stderr == *"web01 is running: what is read from its disk may be out of date" ]] || fail
}
