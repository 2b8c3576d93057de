#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `send` and `receive`: what is in use on a disk, as an archive that GNU tar unpacks, and onto another disk.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# disk FILE MKE2FS-ARGUMENTS...: 96 MiB, in a partition at 1 MiB, that had more files than are left, and something behind it.
disk() {
	local file=$1 i
	shift
	if [[ ! -d tree ]]; then
		mkdir tree
		for i in {1..12}; do head -c $((2500000 + i * 7919)) /dev/urandom >"tree/f$i"; done
	fi
	truncate -s 96M "$file"
	printf 'label: dos\nstart=2048, size=190000, type=83\n' | sfdisk -q "$file"
	mke2fs -q -F -d tree -E offset=1048576 "$@" "$file" 94000k 2>/dev/null
	for i in {1..12..2}; do printf 'rm f%s\n' "$i"; done >removals
	debugfs -w -f removals "$file?offset=1048576" >/dev/null 2>&1
	printf 'not ours' | dd of="$file" bs=512 seek=195000 conv=notrunc status=none
}

# expected FILE: as it is to arrive: its free blocks are zeros, as the kernel's or e2fsck's own discard makes them.
expected() {
	cp --sparse=always "$1" expected.img
	python3 - expected.img <<-'PYTHON'
		import re, subprocess, sys
		image = sys.argv[1]
		text = subprocess.run(["dumpe2fs", image + "?offset=1048576"], capture_output=True, text=True).stdout
		block = int(re.search(r"^Block size: +(\d+)$", text, re.M)[1])
		# Of a run of free clusters it names the first block of the last one.
		cluster = re.search(r"^Cluster size: +(\d+)$", text, re.M)
		cluster = int(cluster[1]) // block if cluster else 1
		with open(image, "r+b") as f:
		    for line in re.findall(r"^  Free blocks: (.+)$", text, re.M):
		        for part in line.split(", "):
		            first, last = (part.split("-") * 2)[:2]
		            f.seek(1048576 + int(first) * block)
		            f.write(bytes((int(last) - int(first) + cluster) * block))
	PYTHON
}

garbage() {
	head -c "$2" /dev/urandom >"$1"
}

# received STATUS TARGET ARGUMENTS...: receive from what is on stdin.
received() {
	local expected=$1
	shift
	asked_for=" $* "
	status=0
	"$bigdisk" receive "$@" >stdout 2>stderr || status=$?
	output=$(<stdout) stderr=$(<stderr)
	printf '%s\n' "receive $*: $status" "$stderr"
	if [[ $expected -eq 0 ]]; then
		[[ $status -eq 0 ]] || fail "status is $status"
	else
		failed_with "$expected"
	fi
}

# At its end there may be the second copy of a GPT or the superblock of an array.
is_blank_at_both_ends() {
	[[ -z $(head -c 2M "$1" | tr -d '\0' | head -c 1) ]] || fail "the beginning of $1 is not blank"
	[[ -z $(tail -c 1M "$1" | tr -d '\0' | head -c 1) ]] || fail "the end of $1 is not blank"
}

@test "what is in use is sent, GNU tar unpacks it, and it arrives: free blocks are zeros, all else is the same" {
	need mke2fs e2fsck debugfs dumpe2fs sfdisk jq
	local kind
	while read -r kind; do
		rm -f ./*.img ./*.tar
		# shellcheck disable=SC2086 # words
		disk disk.img $kind
		expected disk.img
		cp disk.img before.img
		ok send ./disk.img --output disk.tar --json
		cmp disk.img before.img
		# Six files of 2.5 MB are left of twelve, and the metadata is to be sent, too.
		[[ $(stat -c %s disk.tar) -lt 33000000 && $(jq .data_bytes <<<"$output") -lt $(stat -c %s disk.tar) ]] ||
			fail "$kind: $(stat -c %s disk.tar) bytes"
		[[ $(jq .free_bytes <<<"$output") -eq $(dumpe2fs -h 'disk.img?offset=1048576' 2>/dev/null |
			awk '/^Free blocks:/ { free = $3 } /^Block size:/ { print free * $3 }') ]]
		tar -xSf disk.tar
		cmp disk.raw expected.img || fail "$kind: unpacked"
		[[ $(tar -tf disk.tar | xargs) == 'disk.raw disk.raw.sum' ]]
		[[ $(awk '$1 == "blake2b-256" { print $2 }' disk.raw.sum) == "$(jq -r .blake2b_256 <<<"$output")" ]]
		# It has a hole; one without stays without (tests/cli/fill.bats).
		garbage target.img 99M
		truncate -s 100M target.img
		"$bigdisk" send disk.img | received 0 target.img --force
		cmp -n 96M target.img expected.img || fail "$kind: received"
		[[ -z $(tail -c 4M target.img | tr -d '\0' | head -c 1) ]]
		# More holes.
		[[ $(($(stat -c %b target.img) * 512)) -lt 34000000 ]]
		e2fsck -fn 'target.img?offset=1048576' >/dev/null 2>&1
	done <<-'KINDS'
		-t ext2 -b 1024
		-t ext3
		-t ext4
		-t ext4 -b 1024 -O ^flex_bg,^metadata_csum
		-t ext4 -O bigalloc -C 16384
	KINDS
}

@test "the checksum is BLAKE2b of the data, of where it is and of the disk's size" {
	need python3
	truncate -s 20M disk.img
	printf begin | dd of=disk.img conv=notrunc status=none
	head -c 300000 /dev/urandom | dd of=disk.img bs=1M seek=3 conv=notrunc status=none
	ok send ./disk.img --output disk.tar
	tar -xSf disk.tar
	cmp disk.raw disk.img
	python3 - <<-'PYTHON'
		import hashlib, struct
		lines = dict(line.rsplit(" ", 1) for line in open("disk.raw.sum").read().splitlines())
		assert list(lines) == ["xen-bigdisk disk", "size", "data", "blake2b-256"] and lines["xen-bigdisk disk"] == "1", lines
		disk = open("disk.raw", "rb").read()
		assert int(lines["size"]) == len(disk) == 20 << 20
		sum, data, at = hashlib.blake2b(digest_size=32), 0, 0
		# Holes are of whole blocks of 4 KiB and 64 KiB at least.
		for begin, end in ((0, 4096), (3 << 20, (3 << 20) + (300000 + 4095) // 4096 * 4096)):
		    sum.update(disk[begin:end] + struct.pack("<QQ", begin, end - begin))
		    data += end - begin
		assert int(lines["data"]) == data, lines
		sum.update(struct.pack("<Q", len(disk)))
		assert lines["blake2b-256"] == sum.hexdigest(), lines
	PYTHON
}

@test "a filesystem whose journal is to be replayed is sent as it is then; one with errors is sent whole" {
	need mke2fs e2fsck debugfs sfdisk jq
	disk disk.img -t ext4
	local block
	block=$(debugfs -R 'bmap f2 7' 'disk.img?offset=1048576' 2>/dev/null)
	printf 'jo\njw -b %s /dev/zero\njc\n' "$block" | debugfs -w 'disk.img?offset=1048576' >/dev/null 2>&1
	truncate -s 96M target.img
	"$bigdisk" send disk.img --output disk.tar 2>warnings
	[[ ! -s warnings ]] || fail "$(<warnings)"
	[[ $(stat -c %s disk.tar) -lt 33000000 ]]
	received 0 target.img <disk.tar
	# Of a journal at an offset e2fsck makes nothing.
	dd if=target.img of=part bs=1M skip=1 conv=sparse status=none
	e2fsck -fy part >log 2>&1 || [[ $? -eq 1 ]]
	[[ $(<log) == *'recovering journal'* ]] || fail "$(<log)"
	debugfs -R 'cat f2' part 2>/dev/null >f2
	[[ $(cmp -l f2 tree/f2 | wc -l) -gt 900 && $(cmp -l f2 tree/f2 | wc -l) -le 4096 ]]
	e2fsck -fn part
	rm disk.img
	disk disk.img -t ext4
	debugfs -w -R 'set_super_value state 3' 'disk.img?offset=1048576' >/dev/null 2>&1
	ok send ./disk.img --output errors.tar --json
	[[ $stderr == *'partition 1: the filesystem is marked as having errors; its free blocks are copied, too'* ]]
	[[ $(jq .free_bytes <<<"$output") -eq 0 ]]
	tar -xSf errors.tar
	cmp disk.raw disk.img
}

@test "a filesystem whose journal cannot be replayed is sent whole: its bitmaps may be older than its files" {
	need mke2fs debugfs dumpe2fs sfdisk jq
	disk disk.img -t ext4
	printf 'jo\njw -b 2000 /dev/zero\njc\n' | debugfs -w 'disk.img?offset=1048576' >/dev/null 2>&1
	local journal size
	journal=$(debugfs -R 'bmap <8> 0' 'disk.img?offset=1048576' 2>/dev/null)
	size=$(dumpe2fs -h 'disk.img?offset=1048576' 2>/dev/null | sed -n 's/^Block size: *//p')
	# Not the magic of a journal.
	printf xxxx | dd of=disk.img bs=1 seek=$((1048576 + journal * size)) conv=notrunc status=none
	ok send ./disk.img --output disk.tar --json
	[[ $stderr == *'partition 1: its journal cannot be replayed; its free blocks are copied, too'* ]]
	[[ $(jq .free_bytes <<<"$output") -eq 0 ]]
	tar -xSf disk.tar
	cmp disk.raw disk.img
}

# sent_whole WORDS: wrong.img is, and a warning says why.
sent_whole() {
	ok send ./wrong.img --output wrong.tar --json
	[[ $stderr == *'partition 1: its bitmap has blocks '*'as free'*'; its free blocks are copied, too'* ]] || fail "$1"
	[[ $(jq .free_bytes <<<"$output") -eq 0 ]] || fail "$1: $(jq .free_bytes <<<"$output")"
	tar -xSf wrong.tar
	cmp disk.raw wrong.img || fail "$1"
	rm wrong.tar
}

@test "a filesystem whose bitmap has used blocks as free is sent whole" {
	need mke2fs debugfs sfdisk jq dumpe2fs
	local kind size bitmap block
	for kind in ext2 'ext3 -b 1024' 'ext4 -O ^metadata_csum'; do
		rm -f disk.img ./*.tar
		# shellcheck disable=SC2086 # words
		disk disk.img -t $kind
		# One of the middle of a file, one of its map, and one that only the inode table needs.
		for block in "$(debugfs -R 'bmap f2 300' 'disk.img?offset=1048576' 2>/dev/null)" \
			"$(debugfs -R 'blocks f2' 'disk.img?offset=1048576' 2>/dev/null | awk '{ print $13 }')" \
			"$(dumpe2fs 'disk.img?offset=1048576' 2>/dev/null | sed -n 's/.*Inode table at \([0-9]*\)-.*/\1/p' | head -1)"; do
			cp --sparse=always disk.img wrong.img
			debugfs -w -R "freeb $block" 'wrong.img?offset=1048576' >/dev/null 2>&1
			sent_whole "$kind: block $block"
		done
		size=$(dumpe2fs -h 'disk.img?offset=1048576' 2>/dev/null | sed -n 's/^Block size: *//p')
		bitmap=$(dumpe2fs 'disk.img?offset=1048576' 2>/dev/null | sed -n 's/.*Block bitmap at \([0-9]*\).*/\1/p' | head -1)
		cp --sparse=always disk.img wrong.img
		dd if=/dev/zero of=wrong.img bs=1 seek=$((1048576 + bitmap * size)) count="$size" conv=notrunc status=none
		sent_whole "$kind: a bitmap of zeros"
	done
}

@test "of what is no ext filesystem, and with --whole, all is sent that is not zeros" {
	need mke2fs debugfs sfdisk jq
	disk disk.img -t ext4
	ok send ./disk.img --whole --output whole.tar
	tar -xSf whole.tar
	cmp disk.raw disk.img
	truncate -s 16M foreign.img
	# Zeros that are no hole, and a filesystem that overlaps with another partition.
	dd if=/dev/zero of=foreign.img bs=1M count=8 conv=notrunc status=none
	garbage part 1000000
	dd if=part of=foreign.img bs=1M seek=5 conv=notrunc status=none
	ok send ./foreign.img --output foreign.tar --json
	[[ $(jq .data_bytes <<<"$output") -eq $(((1000000 + 4095) / 4096 * 4096)) ]]
	tar -xSf foreign.tar
	cmp disk.raw foreign.img
	printf 'label: dos\nstart=2048, size=190000, type=83\n' | sfdisk -q disk.img
	python3 - <<-'PYTHON'
		import struct
		with open("disk.img", "r+b") as f:
		    f.seek(446 + 16)
		    f.write(struct.pack("<B3sB3sII", 0, b"", 0x83, b"", 4096, 100000))
	PYTHON
	ok send ./disk.img --output overlap.tar --json
	[[ $(jq .free_bytes <<<"$output") -eq 0 ]]
	tar -xSf overlap.tar
	cmp disk.raw disk.img
}

@test "sizes of more than 32 bits, an empty disk, and memory that does not grow with the disk" {
	need python3 jq
	truncate -s 21G large.img
	printf here | dd of=large.img bs=1M seek=20000 conv=notrunc status=none
	printf there | dd of=large.img bs=1M seek=9000 conv=notrunc status=none
	python3 - <<-'PYTHON'
		with open("large.img", "r+b") as f:
		    for i in range(3000):
		        f.seek(i << 20 | 512 << 10)
		        f.write(b"x" * 4096)
	PYTHON
	cat >measured.py <<-'PYTHON'
		import resource, subprocess, sys
		status = subprocess.run(sys.argv[2:]).returncode
		kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
		open(sys.argv[1], "w").write(str(kib))
		sys.exit(status)
	PYTHON
	python3 measured.py send.kib "$bigdisk" send large.img >large.tar
	truncate -s 21G target.img
	python3 measured.py receive.kib "$bigdisk" receive target.img <large.tar
	[[ $(<send.kib) -lt 100000 && $(<receive.kib) -lt 100000 ]] || [[ -n ${ASAN_OPTIONS:-} ]] ||
		fail "$(<send.kib) and $(<receive.kib) KiB"
	[[ $(stat -c %s large.tar) -lt 14000000 ]]
	tar -xSf large.tar
	python3 - <<-'PYTHON'
		import os
		def data(name):
		    with open(name, "rb") as f:
		        at = 0
		        while True:
		            try:
		                at = f.seek(at, os.SEEK_DATA)
		            except OSError:
		                return
		            end = f.seek(at, os.SEEK_HOLE)
		            f.seek(at)
		            while at < end:
		                content = f.read(4096)
		                if content.strip(b"\0"):
		                    yield at, content
		                at += 4096
		expected = list(data("large.img"))
		assert len(expected) == 3002
		for name in ("disk.raw", "target.img"):
		    assert os.path.getsize(name) == 21 << 30
		    assert list(data(name)) == expected, name
	PYTHON
	truncate -s 10G empty.img
	ok send ./empty.img --output empty.tar
	[[ $(stat -c %s empty.tar) -lt 10000 ]]
	tar -xSf empty.tar
	[[ $(stat -c %s disk.raw) -eq $((10 << 30)) ]]
	garbage some.img 3M
	truncate -s 10G some.img
	received 0 some.img --force <empty.tar
	[[ $(stat -c %b some.img) -le 6144 ]] # the cleared beginning and end
	[[ -z $(head -c 4M some.img | tr -d '\0' | head -c 1) ]]
}

@test "cut short anywhere, or damaged anywhere, it is refused, and nothing that boots is left" {
	need mke2fs debugfs sfdisk
	local size at
	disk disk.img -t ext4
	ok send ./disk.img --output disk.tar
	size=$(stat -c %s disk.tar)
	for at in 0 1 511 512 1500 3000 4000 100000 2000000 $((size / 2)) $((size - 3500)) $((size - 2000)) $((size - 1500)); do
		garbage target.img 96M
		received 1 target.img --force < <(head -c "$at" disk.tar)
		[[ $stderr == *'cut short or damaged: '* || $stderr == *'the stream is cut short'* || $stderr == *'cannot read the stream: '* ]]
		[[ $at -lt 4000 ]] || is_blank_at_both_ends target.img
	done
	[[ $stderr == *'the former content of target.img is lost, and its beginning and end are blank now' ]]
	for at in 200 3000000 $((size / 2)) $((size - 1450)) $((size - 1800)); do
		garbage target.img 96M
		python3 - "$at" <<-'PYTHON'
			import sys
			data = bytearray(open("disk.tar", "rb").read())
			data[int(sys.argv[1])] ^= 1
			open("damaged.tar", "wb").write(data)
		PYTHON
		received 1 target.img --force <damaged.tar
		[[ $at -lt 4000 ]] || is_blank_at_both_ends target.img
	done
	received 0 target.img --force <disk.tar
	received 1 target.img --force < <(cat disk.tar disk.tar)
	is_blank_at_both_ends target.img
}

@test "archives that send does not make are refused before anything is written, or leave nothing that boots" {
	need python3
	cat >make.py <<-'PYTHON'
		# make.py CASE: an archive, by hand.
		import hashlib, io, struct, sys, tarfile

		MIB = 1 << 20

		def text(size, runs):
		    sum = hashlib.blake2b(digest_size=32)
		    for begin, data in runs:
		        sum.update(data + struct.pack("<QQ", begin, len(data)))
		    sum.update(struct.pack("<Q", size))
		    return b"xen-bigdisk disk 1\nsize %d\ndata %d\nblake2b-256 %s\n" % (
		        size, sum_of(runs), sum.hexdigest().encode())

		def sum_of(runs):
		    return sum(len(data) for _, data in runs)

		def add(tar, name, content, headers=None, **more):
		    info = tarfile.TarInfo(name)
		    info.size = len(content)
		    info.pax_headers = headers or {}
		    for key, value in more.items():
		        setattr(info, key, value)
		    tar.addfile(info, io.BytesIO(content))

		def disk(tar, size, runs, map=None, name="disk.raw"):
		    map = map or [(begin, len(data)) for begin, data in runs]
		    head = "%d\n" % len(map) + "".join("%d\n%d\n" % pair for pair in map)
		    content = head.encode().ljust((len(head) + 511) // 512 * 512, b"\0") + b"".join(d for _, d in runs)
		    add(tar, "GNUSparseFile.0/" + name, content, {"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
		        "GNU.sparse.name": name, "GNU.sparse.realsize": str(size)})

		a, b = b"a" * 65536, b"b" * 65536
		runs = [(0, a), (4 * MIB, b)]
		case = sys.argv[1]
		with tarfile.open("made.tar", "w", format=tarfile.PAX_FORMAT) as tar:
		    size = 8 * MIB
		    if case == "right":
		        disk(tar, size, runs)
		        add(tar, "disk.raw.sum", text(size, runs))
		    elif case == "dense":
		        runs = [(0, a + b)]
		        size = 131072
		        add(tar, "disk.raw", a + b)
		        add(tar, "disk.raw.sum", text(size, runs))
		    elif case == "overlap":
		        disk(tar, size, runs, [(0, 65536), (32768, 65536)])
		        add(tar, "disk.raw.sum", text(size, runs))
		    elif case == "descending":
		        disk(tar, size, runs, [(4 * MIB, 65536), (0, 65536)])
		        add(tar, "disk.raw.sum", text(size, runs))
		    elif case == "beyond":
		        disk(tar, size, runs, [(0, 65536), (8 * MIB - 4096, 65536)])
		        add(tar, "disk.raw.sum", text(size, runs))
		    elif case == "too-large":
		        disk(tar, 1 << 40, runs)
		        add(tar, "disk.raw.sum", text(1 << 40, runs))
		    elif case == "huge":
		        disk(tar, (1 << 63) - 1, runs)
		    elif case == "negative":
		        disk(tar, size, runs, [(-65536, 65536), (0, 65536)])
		    elif case == "empty":
		        add(tar, "disk.raw", b"")
		        add(tar, "disk.raw.sum", text(0, []))
		    elif case == "other-name":
		        disk(tar, size, runs, name="../disk.raw")
		        add(tar, "disk.raw.sum", text(size, runs))
		    elif case == "link":
		        add(tar, "disk.raw", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")
		        add(tar, "disk.raw.sum", text(size, runs))
		    elif case == "device":
		        add(tar, "disk.raw", b"", type=tarfile.BLKTYPE, devmajor=8)
		    elif case == "no-sum":
		        disk(tar, size, runs)
		    elif case == "sum-first":
		        add(tar, "disk.raw.sum", text(size, runs))
		        disk(tar, size, runs)
		    elif case == "moved":
		        disk(tar, size, runs, [(0, 65536), (5 * MIB, 65536)])
		        add(tar, "disk.raw.sum", text(size, runs))
		    elif case == "long-sum":
		        disk(tar, size, runs)
		        add(tar, "disk.raw.sum", text(size, runs) + b" " * 1000)
		    elif case == "more":
		        disk(tar, size, runs)
		        add(tar, "disk.raw.sum", text(size, runs))
		        add(tar, "more", b"more")
	PYTHON
	local case
	for case in right dense; do
		python3 make.py "$case"
		garbage target.img 8M
		received 0 target.img --force <made.tar
		[[ $(tr -d '\0' <target.img | wc -c) -eq 131072 ]]
	done
	while read -r case code message; do
		python3 make.py "$case"
		garbage target.img 8M
		cp target.img before.img
		received "$code" target.img --force <made.tar
		[[ $stderr == *"$message"* ]] || fail "$case"
		cmp -s target.img before.img || is_blank_at_both_ends target.img
	done <<-'CASES'
		overlap 1 damaged
		descending 1 damaged
		beyond 1 damaged
		too-large 6 target.img has 8388608 bytes, and the disk in the stream has 1099511627776
		huge 6 target.img has 8388608 bytes
		negative 1 damaged
		empty 1 the disk in the stream has no size
		other-name 1 it is not the stream of a disk: an archive of disk.raw and disk.raw.sum
		link 1 it is not the stream of a disk
		device 1 it is not the stream of a disk
		no-sum 1 the stream is cut short: it has no end
		sum-first 1 it is not the stream of a disk
		moved 1 the stream is damaged: its checksum is wrong
		long-sum 1 it is not the stream of a disk
		more 1 it is not the stream of a disk
	CASES
	received 1 target.img --force <<<'no archive'
	received 1 target.img --force </dev/null
	[[ $stderr == *'cannot read the stream: it is empty' ]]
	mkdir folder
	received 1 ./folder <made.tar
}

@test "what is on the target is not replaced without --force; in use, or not there, it is refused" {
	need mke2fs python3
	truncate -s 8M disk.img target.img
	printf data >>disk.img
	ok send ./disk.img --output disk.tar
	truncate -s 16M target.img
	mke2fs -q -F -t ext2 target.img
	cp target.img before.img
	received 3 target.img <disk.tar
	[[ $stderr == *'target.img has an ext2 filesystem'*', and was not changed; --force puts the disk in its place' ]]
	cmp target.img before.img
	# Also where nothing knows what it is: another disk's archive, and a byte somewhere.
	cp disk.tar target.img
	truncate -s 16M target.img
	received 3 target.img <disk.tar
	[[ $stderr == *'target.img has data on it that is not recognised, and was not changed; --force puts the disk in its place' ]]
	tar -tf target.img | grep -qx disk.raw
	truncate -s 0 target.img
	truncate -s 16M target.img
	printf x | dd of=target.img bs=1 seek=9000000 conv=notrunc status=none
	received 3 target.img <disk.tar
	cp before.img target.img
	received 4 nothing <disk.tar
	received 4 ./nothing <disk.tar
	received 2 target.img@1 <disk.tar
	exec {writer}<>target.img
	received 5 target.img --force <disk.tar
	[[ $stderr == *'another program has it open for writing'* ]]
	bd send ./target.img --output other.tar
	failed_with 5
	exec {writer}>&-
	cmp target.img before.img
	received 0 target.img --force --json <disk.tar
	[[ $(jq -r '[.name, .image, .image_bytes, .size_bytes] | map(tostring) | join(" ")' stdout) == "null target.img $((16 << 20)) $(((8 << 20) + 4))" ]]
}

@test "a guest's disk, by the guest's name, is sent while it is stopped, and received with --force" {
	made_empty web01 --size 64M
	"$bigdisk" send web01 --dir d >web01.tar
	received 3 web01 --dir d <web01.tar
	cp d/web01.img before.img
	received 0 web01 --dir d --force <web01.tar
	cmp d/web01.img before.img
	fsck_is_clean d/web01.img
	bd send web02 --dir d --output web02.tar
	failed_with 4
	[[ ! -e web02.tar ]]
}

@test "a disk that was sent can be imported as a template" {
	need_busybox
	made --quiet --no-start --dir d --no-net web01 --size 64M --template mini
	"$bigdisk" send web01 --dir d | xz -0 >web01.tar.xz
	ok template import web web01.tar.xz --templates store --json
	made --quiet --no-start --dir d --no-net web02 --size 64M --template web --templates store
	fsck_is_clean d/web02.img
	[[ $(in_image d/web02.img 'cat /etc/hostname') == web02 ]]
}

@test "files: one that is there is not replaced, a failure leaves none; stdout is no terminal and has no JSON" {
	need script
	truncate -s 8M disk.img
	echo kept >there.tar
	bd send ./disk.img --output there.tar
	failed_with 3
	[[ $(<there.tar) == kept ]]
	bd send ./disk.img --json
	failed_with 2
	bd send ./disk.img@1 --output part.tar
	failed_with 2
	[[ ! -e part.tar ]]
	run script -qec "$bigdisk send ./disk.img" /dev/null
	[[ $output == *'refusing to write an archive to a terminal'* ]]
	run script -qec "$bigdisk receive ./disk.img" /dev/null
	[[ $output == *'standard input, which is a terminal'* ]]
	head -c 8M /dev/urandom >disk.img
	run --separate-stderr bash -c 'set -o pipefail; "$1" send ./disk.img --output - | head -c 10 >/dev/null' - "$bigdisk"
	[[ $status -eq 1 && $stderr == *'cannot send ./disk.img: '*'Broken pipe' ]]
	ok send ./disk.img --dry-run
	[[ $output == './disk.img: a disk of 8 MiB, of which 8 MiB are in use and would go to standard output' ]]
	run --separate-stderr bash -c 'ulimit -f 1000; "$1" send ./disk.img --output large.tar' - "$bigdisk"
	[[ $status -eq 1 && ! -e large.tar ]]
	[[ -z $(find . -name '.*partial*') ]]
}

@test "receive is killed at any write: its first 4 KiB are blank until all else is there" {
	need mke2fs
	need_strace
	truncate -s 8M disk.img
	mke2fs -q -F -t ext4 disk.img
	garbage part 3000000
	dd if=part of=disk.img bs=1M seek=5 conv=notrunc status=none
	ok send ./disk.img --whole --output disk.tar
	local call n
	for call in pwrite64 fsync; do
		for n in 1 2 3 4 5 6 8 12 16 20; do
			garbage target.img 8M
			status=0
			strace -qq -o trace -e trace="$call" -e inject="$call:error=EIO:when=$n" "$bigdisk" receive target.img --force <disk.tar >stdout 2>stderr || status=$?
			[[ $(grep -c "^$call(" trace) -ge $n ]] || continue
			[[ $status -eq 1 ]] || fail "$call $n: $status"
			is_blank_at_both_ends target.img
			garbage target.img 8M
			strace -qq -o trace -e trace="$call" -e inject="$call:signal=KILL:when=$n" "$bigdisk" receive target.img --force <disk.tar >stdout 2>stderr || true
			# Before the first write nothing is cleared, and before the last flush there is a complete disk.
			[[ -z $(head -c 4096 target.img | tr -d '\0' | head -c 1) ]] || cmp target.img disk.img || [[ $call$n == pwrite641 ]]
		done
	done
	# In the middle of what comes, nothing is known by its end either: neither what was there nor what is to be.
	garbage target.img 8M
	strace -qq -o trace -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=6 "$bigdisk" receive target.img --force <disk.tar >stdout 2>stderr || true
	is_blank_at_both_ends target.img
}

@test "block devices, which tell of no holes: blank inode tables and journals are not sent" {
	need_root
	need losetup mke2fs jq
	local device
	truncate -s 4G disk.img
	mke2fs -q -F -t ext4 disk.img
	device=$(losetup -f --show disk.img) || skip "no loop devices here"
	bd send "$device" --output disk.tar --json
	losetup -d "$device"
	[[ $status -eq 0 && $(jq .data_bytes <<<"$output") -lt 5000000 ]] || fail "$(jq .data_bytes <<<"$output") bytes"
	tar -xSf disk.tar
	cmp disk.raw disk.img
}

@test "block devices: sent also when they are read-only, received, and not while they are mounted" {
	need_root
	need losetup mke2fs
	truncate -s 32M disk.img
	mke2fs -q -F -t ext4 disk.img
	garbage target.img 40M
	local source target
	source=$(losetup -r -f --show disk.img) || skip "no loop devices here"
	target=$(losetup -f --show target.img) || { losetup -d "$source"; skip "no loop devices here"; }
	devices_of_a_test() {
		"$bigdisk" send "$source" >disk.tar || return 1
		"$bigdisk" receive "$target" --force <disk.tar || return 1
		cmp -n 32M "$target" disk.img || return 1
		[[ -z $(tail -c 8M "$target" | tr -d '\0' | head -c 1) ]] || return 1
		received 1 "$source" --force <disk.tar || return 1
		[[ $stderr == *"$source is read-only" ]] || return 1
		received 1 "$target" --force < <(head -c 200000 disk.tar) || return 1
		is_blank_at_both_ends "$target"
	}
	local result=0
	devices_of_a_test || result=1
	losetup -d "$source"
	losetup -d "$target"
	[[ $result -eq 0 ]]
}

# as_nobody ARGUMENTS...: bd as a user who owns neither the images nor the devices.
as_nobody() {
	asked_for=" $* "
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups "$bigdisk" "$@"
	printf '%s\n' "$* -> status $status" "$stderr"
}

# in_use_by WORDS ARGUMENTS...: nobody is refused that.
in_use_by() {
	as_nobody "${@:2}" <disk.tar
	failed_with 5
	[[ $stderr == *"$1"* ]] || fail "$stderr"
}

@test "who may only read or write an image or a device, and does not own it, is refused, too, while it is in use" {
	need_root
	need losetup mke2fs mknod setpriv
	chmod a+x "$BATS_RUN_TMPDIR" .. . # by its name, the file behind a loop device is found
	setpriv --reuid=65534 --regid=65534 --clear-groups [ -x "$PWD" ] || skip "no other users here"
	truncate -s 32M read.img written.img
	mke2fs -q -F -t ext4 read.img
	ok send ./read.img --output disk.tar
	cp read.img written.img
	chmod 644 read.img disk.tar
	chmod 666 written.img
	mkdir -m 777 mounted out
	install -d -o 65534 -g 65534 -m 700 locks
	export XEN_BIGDISK_LOCKS=$PWD/locks
	local loop result=0
	loop=$(losetup -f --show read.img) || skip "no loop devices here"
	mount "$loop" mounted 2>/dev/null || { losetup -d "$loop"; skip "this machine mounts no images here"; }
	mknod -m 644 device b "$(stat -c 0x%t "$loop")" "$(stat -c 0x%T "$loop")"
	while_mounted() {
		in_use_by "the loop device $loop has it open for writing" send ./read.img --output out/tar || return 1
		in_use_by "./device is mounted on $PWD/mounted" send ./device --output out/tar || return 1
		in_use_by "it is mounted on $PWD/mounted" send ./device --dry-run || return 1
		umount mounted
		as_nobody send ./device --output out/tar
		[[ $status -eq 0 ]]
	}
	while_mounted || result=1
	umount mounted 2>/dev/null || true
	losetup -d "$loop"
	[[ $result -eq 0 ]]
	as_nobody send ./read.img --output out/another.tar
	[[ $status -eq 0 ]]

	local before
	before=$(sha256sum <written.img)
	loop=$(losetup -f --show written.img)
	in_use_by "the loop device $loop has it open for writing" receive ./written.img --force || result=1
	losetup -d "$loop"
	loop=$(losetup -r -f --show written.img)
	mount -o ro "$loop" mounted
	in_use_by "its loop device $loop is mounted on $PWD/mounted" receive ./written.img --force || result=1
	umount mounted
	losetup -d "$loop"
	[[ $result -eq 0 && $(sha256sum <written.img) == "$before" ]]
	as_nobody receive ./written.img --force <disk.tar
	[[ $status -eq 0 ]]
}

@test "of two that find an image free at the same moment, by whatever name, one writes to it" {
	need mke2fs pgrep jq
	need_strace
	local first second stopped job writes
	truncate -s 16M target.img
	ln target.img other.img
	garbage disk.img 1M
	ok send ./disk.img --output disk.tar
	mkfifo archive
	for first in 'receive ./target.img --force' "fill $PWD/target.img --name web01 --template none --force" 'compact ./target.img'; do
		rm -f stopped.trace
		mke2fs -q -F -t ext4 target.img
		# shellcheck disable=SC2086 # its words
		stopped_at 2 target.img $first <disk.tar
		"$bigdisk" receive ./other.img --force <archive 2>second.err &
		second=$!
		exec {writes}>archive
		head -c 500000 disk.tar >&$writes # more than a pipe holds: it is at work
		kill -CONT "$stopped"
		status=0
		wait "$job" || status=$?
		[[ $status -eq 5 && $(<stopped.err) == *"another xen-bigdisk (process $second) is at work on "*/target.img' right now'* ]] ||
			fail "$first: $status $(<stopped.err)"
		tail -c +500001 disk.tar >&$writes
		exec {writes}>&-
		wait "$second" || fail "$first: $(<second.err)"
		cmp -n 1M target.img disk.img
		[[ -z $(tail -c 15M target.img | tr -d '\0' | head -c 1) ]] || fail "$first: something is behind it"
	done
}

@test "a lock on the whole image, as flock(1) is on NFS, is no other command's" {
	need python3
	truncate -s 16M target.img
	truncate -s 8M disk.img
	printf data | dd of=disk.img conv=notrunc status=none
	ok send ./disk.img --output disk.tar
	python3 - "$bigdisk" <<-'PYTHON'
		import fcntl, subprocess, sys
		with open("target.img") as image, open("disk.tar") as archive:
		    fcntl.lockf(image, fcntl.LOCK_SH)
		    sys.exit(subprocess.run([sys.argv[1], "receive", "./target.img"], stdin=archive).returncode)
	PYTHON
	cmp -n 8M target.img disk.img
}

@test "an archive that tar has unpacked and packed again is damaged, as the help says" {
	made_empty web01 --size 32M
	ok send web01 --dir d --output web01.tar
	tar -xSf web01.tar
	tar -cSf again.tar --format=posix disk.raw disk.raw.sum
	truncate -s 32M target.img
	received 1 target.img <again.tar
	[[ $stderr == *'damaged'* ]]
	is_blank_at_both_ends target.img
	bd send --help
	[[ $(tr -s ' \n' ' ' <<<"$output") == *'is to be passed on as it is otherwise: packed again by tar, it is damaged'* ]]
	bd receive --help
	[[ $(tr -s ' \n' ' ' <<<"$output") == *'unpacked and packed again by tar, it counts as damaged'* ]]
}
