#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks of another size: `grow` and `shrink`. Files are compared before and after, e2fsck finds nothing, the boot sector stays, and
# whatever step is interrupted, the disk is as it was or the same command completes it.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

need_tools() {
	need mke2fs e2fsck resize2fs e2image debugfs sfdisk jq blkid
}

# A tree with many files of all sizes, a sparse one, links, and a directory of many blocks.
make_tree() {
	local i
	mkdir -p tree/{etc,many,empty}
	for ((i = 1; i <= ${1:-40}; i++)); do head -c $((i * 7919)) /dev/urandom >"tree/f$i"; done
	for ((i = 1; i <= ${1:-40} * 10; i++)); do : >"tree/many/a-file-with-a-long-name-$i"; done
	truncate -s 8M tree/sparse && printf end >>tree/sparse
	ln tree/f1 tree/again
	ln -s "$(printf 'x%.0s' {1..100})" tree/etc/slow
	ln -s f1 tree/etc/fast
}

# disk FILE START SWAP-SECTORS MKE2FS-ARGUMENTS...: 64 MiB of the tree, with holes where files were removed.
disk() {
	local file=$1 start=$2 swap=$3 total=131072 unit=2048 end i
	shift 3
	[[ $start -eq 2048 ]] || unit=16065
	end=$((total / unit * unit - swap))
	[[ $start -gt 0 ]] || end=$total
	truncate -s 64M "$file"
	if [[ $start -gt 0 ]]; then
		{
			echo 'label: dos'
			echo "start=$start, size=$((end - start)), type=83, bootable"
			[[ $swap -eq 0 ]] || echo "start=$end, size=$swap, type=82"
		} | sfdisk -q --force "$file"
		# A boot sector and a core.img, as far as it matters here.
		head -c 440 /dev/urandom | dd of="$file" conv=notrunc status=none
		head -c 20000 /dev/urandom | dd of="$file" bs=512 seek=1 conv=notrunc status=none
	fi
	offset=$((start * 512))
	mke2fs -q -F -d tree -E "offset=$offset" "$@" "$file" $(((end - start) / 2))k 2>/dev/null
	for i in 3 9 14 22; do debugfs -w -R "rm f$i" "$file?offset=$offset" 2>/dev/null; done
	if [[ $swap -gt 0 ]]; then
		truncate -s $((swap * 512)) area
		mkswap -U 11111111-2222-3333-4444-555555555555 -L swapped area >/dev/null 2>&1
		dd if=area of="$file" bs=512 seek="$end" conv=notrunc status=none
	fi
	head -c $((start > 0 ? start * 512 : 1024)) "$file" >before.boot
	facts "$file" >before
}

# What is in the filesystem: names, modes, owners, links, sizes, and the content of every file.
facts() { # FILE
	rm -rf out
	mkdir out
	debugfs -R 'rdump / out' "$1?offset=$offset" 2>/dev/null
	(cd out && find . -printf '%p %y %m %n %s %l\n' | sed 's/^\(.* d [0-7]* [0-9]*\) [0-9]*/\1/' && find . -type f -exec sha256sum {} +) | sort
}

# same FILE: all that was in the disk is in it, it is clean, and the boot sector is as it was but for the table.
same() {
	run e2fsck -fn "$1?offset=$offset"
	[[ $status -eq 0 ]] || fail "$output"
	facts "$1" >after
	diff before after
	if [[ -n ${gpt-} ]]; then
		cmp -n 446 before.boot "$1"
		cmp <(tail -c +17409 before.boot) <(head -c "$offset" "$1" | tail -c +17409)
		sfdisk -V "$1" | grep -q 'No errors detected'
		sgdisk -v "$1" | grep -q '^No problems found'
		# Types, names, UUIDs and attributes.
		diff before.table <(gpt_entries "$1")
	elif [[ $offset -gt 0 ]]; then
		cmp -n 446 before.boot "$1"
		cmp <(tail -c +511 before.boot) <(head -c "$offset" "$1" | tail -c +511)
		# No partition overlaps another, or the end.
		sfdisk -V "$1" | grep -q 'No errors detected'
	fi
}

# What a change of size leaves as it is of a GPT.
gpt_entries() {
	sfdisk -d "$1" | sed -En "s/(start|size)= *[0-9]+, //g; s,^$1,,; /^label|^[0-9]/p"
}

# gpt_disk FILE SWAP-SECTORS MKE2FS-ARGUMENTS...: as disk, with a GPT whose second partition has the filesystem, the third swap.
gpt_disk() {
	local file=$1 swap=$2 end
	shift 2
	gpt=yes
	end=$((131072 - 2048 - swap))
	offset=$((6144 * 512))
	truncate -s 64M "$file"
	{
		echo 'label: gpt'
		echo 'first-lba: 34'
		echo 'start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649'
		echo "start=6144, size=$((end - 6144)), type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=\"the root\", attrs=\"LegacyBIOSBootable\""
		[[ $swap -eq 0 ]] || echo "start=$end, size=$swap, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F"
	} | sfdisk -q "$file"
	head -c 440 /dev/urandom | dd of="$file" conv=notrunc status=none
	head -c 20000 /dev/urandom | dd of="$file" bs=512 seek=2048 conv=notrunc status=none
	mke2fs -q -F -d tree -E "offset=$offset" "$@" "$file" $(((end - 6144) / 2))k 2>/dev/null
	if [[ $swap -gt 0 ]]; then
		truncate -s $((swap * 512)) area
		mkswap -U 11111111-2222-3333-4444-555555555555 -L swapped area >/dev/null 2>&1
		dd if=area of="$file" bs=512 seek="$end" conv=notrunc status=none
	fi
	head -c "$offset" "$file" >before.boot
	gpt_entries "$file" >before.table
	facts "$file" >before
}

# Where the swap partition is, that is one, of the same UUID and label.
swap_is_there() {
	local number=2
	[[ -z ${gpt-} ]] || number=3
	[[ $(blkid -p -o export -O $(($(region "$1" $number start) * 512)) "$1" | grep -E '^(UUID|LABEL|TYPE)=' | sort | xargs) == \
		'LABEL=swapped TYPE=swap UUID=11111111-2222-3333-4444-555555555555' ]]
}

# Neither a log nor a temporary file.
nothing_is_left() {
	[[ -z $(find . -maxdepth 2 -name '.*.*' -not -path './out/*') ]]
}

fs_bytes() { # FILE
	dumpe2fs -h "$1?offset=$offset" 2>/dev/null | awk '/^Block count:/ { count = $3 } /^Block size:/ { print count * $3 }'
}

# grown_on_device, shrunk_on_device: disk.img on a device that was made 200 MiB large is grown to all of that, and shrunk to 64 MiB.
device_fails() {
	losetup -d "$device"
	fail "$output" "$stderr"
}

grown_on_device() {
	need losetup
	truncate -s 200M disk.img
	# What is on the device behind the partition's end is not taken for zeros.
	head -c 50M /dev/urandom | dd of=disk.img bs=1M seek=70 conv=notrunc status=none
	device=$(losetup -f --show disk.img) || skip "no loop devices here"
	export XEN_BIGDISK_CACHE=$PWD/cache
	bd grow "$device" --dry-run
	[[ $output == *'the first 200 MiB of its device would be used, its filesystem would have about '* ]] || device_fails
	bd grow "$device"
	losetup -d "$device"
	[[ $status -eq 0 && $output == *'the first 200 MiB of its device are used now'* ]] || fail "$stderr"
	same disk.img
}

shrunk_on_device() {
	device=$(losetup -f --show disk.img)
	bd shrink "$device" 64M
	losetup -d "$device"
	[[ $status -eq 0 ]]
}

@test "a disk that grows and shrinks keeps its files, its boot sector, and its swap partition's UUID" {
	need_tools
	need mkswap dumpe2fs
	make_tree 25
	local kind start swap
	while read -r start swap kind; do
		rm -f disk.img
		# shellcheck disable=SC2086 # words
		disk disk.img "$start" "$swap" $kind
		for size in 300M +100M; do
			bd grow ./disk.img "$size" --json
			[[ $status -eq 0 ]] || fail "$kind: $stderr"
			same disk.img
		done
		[[ $(stat -c %s disk.img) -eq $((400 << 20)) && $(fs_bytes disk.img) -gt $((360 << 20)) ]]
		bd shrink ./disk.img 60M
		[[ $status -eq 0 && $output == './disk.img has 60 MiB now (was 400 MiB), its filesystem '* ]] || fail "$kind: $stderr"
		[[ $(stat -c %s disk.img) -eq $((60 << 20)) && $(fs_bytes disk.img) -le $((60 << 20)) ]]
		same disk.img
		[[ $swap -eq 0 ]] || swap_is_there disk.img
		[[ $swap -eq 0 || $(region disk.img 2 size) -eq $swap ]]
	done <<-EOF2
		2048 8192 -t ext3
		63 16065 -t ext3 -b 1024
		63 0 -t ext4
		2048 8192 -t ext4 -O ^resize_inode -b 4096
		2048 0 -t ext2
		0 0 -t ext4 -O 64bit,metadata_csum_seed
	EOF2
	nothing_is_left
}

@test "a disk with a GPT grows and shrinks, too, and its table is as sfdisk makes it" {
	need_tools
	need mkswap sgdisk
	make_tree 25
	local swap kind
	while read -r swap kind; do
		rm -f disk.img
		# shellcheck disable=SC2086 # words
		gpt_disk disk.img "$swap" $kind
		cp --sparse=always disk.img theirs.img
		bd grow ./disk.img 300M
		[[ $status -eq 0 ]] || fail "$kind: $stderr"
		same disk.img
		truncate -s 300M theirs.img
		sfdisk -q --relocate gpt-bak-std theirs.img
		if [[ $swap -eq 0 ]]; then
			echo ', +' | sfdisk -q -N 2 theirs.img
		else
			swap_is_there disk.img
			[[ $(region disk.img 3 size) -eq $swap && $(($(region disk.img 2 start) + $(region disk.img 2 size))) -eq $(region disk.img 3 start) ]]
			printf 'start=%s, size=%s\n' "$(region disk.img 3 start)" "$swap" | sfdisk -q -N 3 theirs.img
			echo ", $(region disk.img 2 size)" | sfdisk -q -N 2 theirs.img
		fi
		sfdisk -d disk.img | sed 's/disk.img//' >ours
		sfdisk -d theirs.img | sed 's/theirs.img//' | diff ours -
		cmp -n 17408 disk.img theirs.img
		cmp <(tail -c 16896 disk.img) <(tail -c 16896 theirs.img)
		# Made larger by a guest that ran, or by hand.
		truncate -s 400M disk.img
		bd grow ./disk.img 400M
		[[ $status -eq 0 ]]
		same disk.img
		bd grow ./disk.img 400M --json
		[[ $(jq .changed <<<"$output") == false ]]
		bd check ./disk.img
		[[ $status -eq 0 && $output == *'nothing is wrong'* ]]
		bd shrink ./disk.img 60M
		[[ $status -eq 0 && $(stat -c %s disk.img) -eq $((60 << 20)) ]] || fail "$kind: $stderr"
		same disk.img
		[[ $swap -eq 0 ]] || swap_is_there disk.img
	done <<-EOF2
		0 -t ext4
		8192 -t ext3 -b 1024
	EOF2
	nothing_is_left
}

@test "killed at any step, a change of a disk with a GPT can be run again" {
	need_tools
	need mkswap sgdisk
	need_strace
	make_tree 12
	local call
	gpt_disk disk.img 8192 -t ext3
	wanted=$((90 << 20))
	cp --sparse=always disk.img original
	killed_everywhere disk.img pwrite64 "${STEP:-17}" grow ./disk.img 90M
	for call in ftruncate linkat unlinkat; do killed_everywhere disk.img "$call" 1 grow ./disk.img 90M; done
	swap_is_there disk.img
	cp --sparse=always disk.img original
	wanted=$((60 << 20))
	for call in ftruncate linkat; do killed_everywhere disk.img "$call" 1 shrink ./disk.img 60M; done
	swap_is_there disk.img
}

@test "a GPT on a block device that was made larger" {
	need_root
	need_tools
	need sgdisk
	make_tree 12
	gpt_disk disk.img 0 -t ext4
	grown_on_device
	shrunk_on_device
	truncate -s 64M disk.img
	same disk.img
}

@test "the disk of a running guest: the message has the commands for its partition" {
	need_root
	need_tools
	need losetup sgdisk mkswap
	make_tree 2
	made_empty web01 --size 32M
	fake_xen
	printf '7 %s web01\n' "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" >domains
	local swap expected
	for swap in 0 8192; do
		expected='in the guest, run: growpart /dev/xvda 2 && resize2fs /dev/xvda2'
		[[ $swap -eq 0 ]] || expected='the swap partition is in the way of the root partition there'
		rm d/web01.img
		gpt_disk d/web01.img "$swap" -t ext4
		device=$(losetup -f --show d/web01.img) || skip "no loop devices here"
		bd grow web01@2 100M --dir d
		losetup -d "$device"
		[[ $status -eq 0 && $output == "web01: its disk has 100 MiB now (was 64 MiB), also in the running guest; $expected"* ]] || fail "$output $stderr"
		[[ $(stat -c %s d/web01.img) -eq $((100 << 20)) ]]
	done
	rm d/web01.img
	truncate -s 64M d/web01.img
	mke2fs -q -F -t ext4 d/web01.img
	device=$(losetup -f --show d/web01.img)
	bd grow web01 100M --dir d
	losetup -d "$device"
	[[ $status -eq 0 && $output == *'in the guest, run: resize2fs /dev/xvda' ]] || fail "$output $stderr"
}

@test "a GPT that is damaged or unusual, and partitions that cannot be moved, are refused in one sentence" {
	need_tools
	need sgdisk python3
	make_tree 12
	gpt_disk good.img 0 -t ext4
	refuses() { # TEXT
		local sum
		sum=$(sha256sum <disk.img)
		bd grow ./disk.img@2 100M
		failed_with 1
		[[ $stderr == *"$1"* ]] || fail "$stderr"
		[[ $(sha256sum <disk.img) == "$sum" ]] || fail "it was changed"
	}
	truncate -s 64M disk.img
	printf 'label: gpt\nstart=2048, size=2048\nstart=6144, size=100000\nstart=110592, size=2048\n' | sfdisk -q disk.img
	mke2fs -q -F -E offset=3145728 disk.img 40000k 2>/dev/null
	refuses 'partition 3 lies behind the filesystem'
	printf 'label: gpt\ntable-length: 64\nstart=2048, size=2048\nstart=6144, size=100000\n' | sfdisk -q disk.img
	mke2fs -q -F -E offset=3145728 disk.img 40000k 2>/dev/null
	refuses 'its GPT has not 128 entries'
	cp --sparse=always good.img disk.img
	printf '\x55' | dd of=disk.img bs=1 seek=$((512 + 48)) conv=notrunc status=none
	refuses 'the header of its GPT is damaged; repair it: xen-bigdisk check ./disk.img --repair'
	bd check ./disk.img --repair
	[[ $status -eq 1 ]]
	bd grow ./disk.img@2 100M
	[[ $status -eq 0 ]] || fail "$stderr"
	same disk.img
	cp --sparse=always good.img disk.img
	printf '\x83' | dd of=disk.img bs=1 seek=466 conv=notrunc status=none
	printf '\x01\x00\x00\x00\x10\x00\x00\x00' | dd of=disk.img bs=1 seek=470 conv=notrunc status=none
	refuses 'its MBR has partitions beside those of its GPT'
	# Wrong values with right checksums end in an error, or in a table that is right.
	XEN=$bigdisk SEED=${SEED:-1} ROUNDS=${ROUNDS:-10} python3 - <<-'PYTHON'
		import os, random, struct, subprocess, sys, zlib
		random.seed(int(os.environ["SEED"]))
		good = open("good.img", "rb").read()
		values = [0, 1, 33, 34, 2047, 6143, 6144, 131038, 131071, 131072, 2**63, 2**64 - 1]
		for n in range(int(os.environ["ROUNDS"])):
		    table = bytearray(good[:34 * 512])
		    places = [512 + at for at in (24, 32, 40, 48, 72)] + [1024 + 128 * i + at for i in (0, 1, 2, 127) for at in (0, 32, 40)]
		    struct.pack_into("<Q", table, random.choice(places), random.choice(values + [random.randrange(1 << 18)]))
		    struct.pack_into("<I", table, 512 + 88, zlib.crc32(bytes(table[1024:])))
		    struct.pack_into("<I", table, 512 + 16, 0)
		    struct.pack_into("<I", table, 512 + 16, zlib.crc32(bytes(table[512:604])))
		    open("disk.img", "wb").write(table + good[34 * 512:])
		    r = subprocess.run([os.environ["XEN"], "grow", "./disk.img@2", "100M"], capture_output=True)
		    if r.returncode not in (0, 1, 2, 4) or b"internal error" in r.stderr:
		        sys.exit(f"round {n}: status {r.returncode}: {r.stderr[-500:]}")
		    if r.returncode and open("disk.img", "rb").read() != table + good[34 * 512:]:
		        sys.exit(f"round {n}: it failed, and has changed the disk: {r.stderr[-500:]}")
		    if not r.returncode and b"No errors" not in subprocess.run(["sfdisk", "-V", "disk.img"], capture_output=True).stdout:
		        sys.exit(f"round {n}: sfdisk finds errors")
	PYTHON
	rm disk.img
	truncate -s 64M disk.img
	printf 'label: dos\nunit: sectors\n1 : start=2048, size=120000, type=5\n5 : start=6144, size=100000, type=83\n' | sfdisk -q disk.img
	mke2fs -q -F -E offset=3145728 disk.img 40000k 2>/dev/null
	bd grow ./disk.img 100M
	failed_with 1
	[[ $stderr == *'the filesystem is in a logical partition; only a primary one is changed: use parted and resize2fs'* ]]
}

@test "a guest of new: grow is what new would have made, and the file stays sparse" {
	need_tools
	made_empty web01 --size 64M --swap 8M
	made_empty big --size 8G --swap 8M
	bd grow web01 8G --dir d
	[[ $status -eq 0 && $output == 'web01 has 8 GiB now (was 64 MiB), its filesystem '*' (was 55 MiB)' ]]
	fsck_is_clean d/web01.img
	diff <(sfdisk -d d/web01.img | sed -n 's/.*: start/start/p') <(sfdisk -d d/big.img | sed -n 's/.*: start/start/p')
	[[ $(du -m d/web01.img | cut -f 1) -lt 40 ]]
	bd grow web01 8G --dir d --json
	[[ $status -eq 0 && $(jq .changed <<<"$output") == false ]]
	holds d web01.img web01.cfg big.img big.cfg
	made_empty cyl --size 64M --layout cylinder
	bd grow cyl 256M --dir d
	[[ $status -eq 0 ]]
	fsck_is_clean d/cyl.img
	[[ $((($(region d/cyl.img 1 size) + 63) % 16065)) -eq 0 ]]
}

@test "what cannot be done is refused with figures, and nothing is changed" {
	need_tools
	need mkswap
	make_tree
	disk disk.img 2048 8192 -t ext4
	sum=$(sha256sum <disk.img)
	unchanged() {
		[[ $(sha256sum <disk.img) == "$sum" ]] || fail "it was changed"
	}
	bd grow ./disk.img 63M
	failed_with 2
	[[ $stderr == *'./disk.img has 64 MiB already, which is more than 63 MiB'* ]]
	bd grow ./disk.img 3T
	failed_with 2
	[[ $stderr == *'3 TiB is too large: the maximum of an MBR partition table is 2T'* ]]
	bd shrink ./disk.img 65M
	failed_with 2
	[[ $stderr == *'only 64 MiB, which is less than 65 MiB'* ]]
	bd shrink ./disk.img 12M
	failed_with 2
	[[ $stderr == *'12 MiB is too small: by resize2fs -P the filesystem needs at least '*', and the disk '* ]]
	# The least disk that it names is enough.
	least=$(sed -nE 's/.*, and the disk ([0-9]+) MiB$/\1/p' <<<"$stderr")
	bd shrink ./disk.img 2M
	failed_with 2
	bd shrink ./disk.img 1.5G4
	failed_with 2
	bd grow ./disk.img
	failed_with 2
	[[ $stderr == *'how large is it to be?'* ]]
	bd grow ./disk.img 0
	failed_with 2
	unchanged
	exec 7<>disk.img
	bd grow ./disk.img 100M
	failed_with 5
	exec 7>&-
	unchanged
	cp disk.img least.img
	bd shrink ./least.img "${least}M"
	[[ $status -eq 0 ]]
	same least.img
	# Dirty, damaged, hibernated.
	debugfs -w -R 'ssv state 2' "disk.img?offset=$offset" 2>/dev/null
	sum=$(sha256sum <disk.img)
	bd grow ./disk.img 100M
	failed_with 1
	[[ $stderr == *'is marked as having errors'*"e2fsck -f './disk.img?offset=1048576'"* || $stderr == *'was not unmounted cleanly'* ]]
	unchanged
	debugfs -w -R 'ssv state 1' "disk.img?offset=$offset" 2>/dev/null
	debugfs -w -R 'ssv mtime 20300101' "disk.img?offset=$offset" 2>/dev/null
	debugfs -w -R 'clri many' "disk.img?offset=$offset" 2>/dev/null
	sum=$(sha256sum <disk.img)
	bd grow ./disk.img 100M
	failed_with 1
	[[ $stderr == *'e2fsck finds errors'* ]]
	unchanged
	disk hibernated.img 2048 8192 -t ext4
	printf 'S1SUSPEND\0' | dd of=hibernated.img bs=1 seek=$(($(region hibernated.img 2 start) * 512 + 4086)) conv=notrunc status=none
	bd grow ./hibernated.img 100M
	failed_with 1
	[[ $stderr == *'partition 2 has no swap area that could be moved; is the guest hibernated?'* ]]
	truncate -s 64M two.img
	printf 'label: dos\nstart=2048, size=40000\nstart=50000, size=40000\n' | sfdisk -q two.img
	mke2fs -q -F -E offset=1048576 two.img 20000k 2>/dev/null
	bd grow ./two.img@1 100M
	failed_with 1
	[[ $stderr == *'partition 2 lies behind'* ]]
	nothing_is_left
}

# killed_everywhere FILE SYSCALL STEP ARGUMENTS...: by SIGKILL at every STEPth call of it; each time the disk is as it was, or the command
# completes it, and in the end it has the new size. The disk as it was is in the file original.
killed_everywhere() {
	local file=$1 call=$2 step=$3 n
	shift 3
	for ((n = 1; n < 500; n += step)); do
		cp --sparse=always original "$file"
		status=0
		strace -qq -o trace -e trace="$call" -e inject="$call:signal=KILL:when=$n" "$bigdisk" "$@" >out.txt 2>&1 || status=$?
		[[ $status -eq 137 ]] || break
		[[ -e .$file.redo ]] || same "$file"
		bd "$@"
		[[ $status -eq 0 ]] || fail "$call $n: $stderr"
		same "$file"
		[[ $(stat -c %s "$file") -eq $wanted && ! -e .$file.redo ]] || fail "$call $n: not completed"
	done
	[[ $status -eq 0 ]] || fail "$call $n: status $status: $(cat out.txt)"
	[[ $n -gt 1 ]] || fail "no $call was made"
	echo "$call: killed at some of $((n - 1)) calls"
}

@test "killed at any step, it can be run again" {
	need_tools
	need mkswap
	need_strace
	make_tree 12
	local call
	disk disk.img 2048 8192 -t ext3
	wanted=$((90 << 20))
	cp --sparse=always disk.img original
	killed_everywhere disk.img pwrite64 "${STEP:-11}" grow ./disk.img 90M
	for call in ftruncate fsync linkat unlinkat; do killed_everywhere disk.img "$call" 1 grow ./disk.img 90M; done
	swap_is_there disk.img
	bd grow ./disk.img 400M
	cp --sparse=always disk.img original
	wanted=$((60 << 20))
	for call in ftruncate fsync linkat; do killed_everywhere disk.img "$call" 1 shrink ./disk.img 60M; done
	swap_is_there disk.img
}

@test "--dry-run decides and checks as a change does, and changes nothing" {
	need_tools
	local sum planned
	made_empty web01 --size 32M --swap 4M --no-net
	sum=$(sha256sum d/web01.*)
	bd grow web01 64M --dir d --dry-run
	[[ $status -eq 0 && $output == "web01 would have 64 MiB (now 32 MiB), its filesystem about "*" MiB (now 27 MiB)" ]]
	bd shrink web01 24M --dir d --dry-run
	[[ $status -eq 0 && $output == "web01 would have 24 MiB (now 32 MiB), its filesystem about 19 MiB (now 27 MiB)" ]]
	bd grow web01 32M --dir d --dry-run
	[[ $status -eq 0 && $output == "web01 has 32 MiB already: nothing to do" ]]
	bd grow web01 16M --dir d --dry-run
	failed_with 2
	bd shrink web01 6M --dir d --dry-run
	failed_with 2
	fake_xen
	printf '7 %s web01\n' "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" >domains
	bd shrink web01 24M --dir d --dry-run
	failed_with 5
	bd grow web01 64M --dir d --dry-run
	[[ $status -eq 0 && $output == "web01 would have 64 MiB (now 32 MiB); it runs, so its filesystem would stay as it is" ]]
	[[ $(sha256sum d/web01.*) == "$sum" ]]
	: >domains
	: >d/.web01.img.redo
	bd grow web01 64M --dir d --dry-run
	failed_with 1
	[[ $stderr == *"a change of $PWD/d/web01.img was interrupted ($PWD/d/.web01.img.redo), and the next one completes it first"* ]]
	rm d/.web01.img.redo
	ok grow web01 64M --dir d --dry-run --json
	planned=$output
	ok grow web01 64M --dir d --json
	[[ $(jq .filesystem_bytes <<<"$planned") -eq $(jq .filesystem_bytes <<<"$output") ]]
	[[ $(jq -r '.state, .changed' <<<"$planned" | xargs) == "planned true" && $(jq -r .state <<<"$output") == resized ]]
}

@test "an interrupted change of a disk whose content is replaced is forgotten with it" {
	need_tools
	need_strace
	local command
	make_tree
	truncate -s 64M empty.img
	ok send ./empty.img --output empty.tar --quiet
	for command in 'receive ./disk.img --force' 'fill ./disk.img --name web01 --template none --force'; do
		disk disk.img 2048 0 -t ext3
		strace -qq -o trace -e trace=ftruncate -e inject=ftruncate:signal=KILL:when=2 "$bigdisk" grow ./disk.img 90M >/dev/null 2>&1 || true
		[[ -e .disk.img.redo ]]
		# Nothing is replaced, and nothing forgotten.
		bd ${command% --force} <empty.tar
		[[ $status -ne 0 && -e .disk.img.redo ]]
		debugfs -w -R 'ssv mnt_count 7' "disk.img?offset=$offset" 2>/dev/null
		# shellcheck disable=SC2086 # words
		bd $command --quiet <empty.tar
		[[ $status -eq 0 && ! -e .disk.img.redo ]] || fail "$command: $stderr"
	done
}

@test "a log of an interrupted change that is not of this disk any more is not followed" {
	need_tools
	need_strace
	make_tree
	disk disk.img 2048 0 -t ext3
	# Killed after the log got its name, before anything of it was done.
	strace -qq -o trace -e trace=ftruncate -e inject=ftruncate:signal=KILL:when=2 "$bigdisk" grow ./disk.img 90M >/dev/null 2>&1 || true
	[[ -e .disk.img.redo && $(stat -c %s disk.img) -eq $((64 << 20)) ]]
	cp disk.img other.img
	debugfs -w -R 'ssv mnt_count 7' "disk.img?offset=$offset" 2>/dev/null
	sum=$(sha256sum <disk.img)
	bd grow ./disk.img 90M
	failed_with 1
	[[ $stderr == *'/.disk.img.redo: an interrupted change left it, and the image has been changed since'* ]]
	[[ $(sha256sum <disk.img) == "$sum" ]]
	cp other.img disk.img
	# A damaged one is not followed either.
	cp .disk.img.redo good
	printf x | dd of=.disk.img.redo bs=1 seek=5000 conv=notrunc status=none
	bd grow ./disk.img 90M
	failed_with 1
	mv good .disk.img.redo
	chmod 666 .disk.img.redo
	bd grow ./disk.img 90M
	failed_with 1
	[[ $stderr == *'others may have written it'* ]]
	chmod 600 .disk.img.redo
	bd grow ./disk.img 90M
	[[ $status -eq 0 && $output == *'an interrupted change of its size has been completed'* && ! -e .disk.img.redo ]]
	same disk.img
}

@test "a block device: the filesystem fills what there is of it" {
	need_root
	need_tools
	make_tree
	disk disk.img 2048 8192 -t ext4
	grown_on_device
	swap_is_there disk.img
	shrunk_on_device
	same disk.img
	[[ $(($(region disk.img 2 start) + $(region disk.img 2 size))) -eq 131072 ]]
}

@test "start, clone and rename complete a change that was interrupted" {
	need_tools
	need_strace
	local command
	for command in 'start web01' 'clone web01 web02' 'rename web01 web02'; do
		rm -rf d
		mkdir d
		made_empty web01 --size 32M --no-net
		# Killed when the log has its name.
		strace -qq -o trace -e trace=ftruncate -e inject=ftruncate:signal=KILL:when=2 "$bigdisk" grow web01 64M --dir d >/dev/null 2>&1 || true
		[[ -e d/.web01.img.redo ]]
		fake_xen
		# shellcheck disable=SC2086 # words
		bd $command --dir d
		[[ $status -eq 0 && $stderr == *'web01.img: an interrupted change has been completed'* && ! -e d/.web01.img.redo ]] || fail "$command"
		unset XEN_BIGDISK_TOOLSTACK
		for image in d/*.img; do
			[[ $(stat -c %s "$image") -eq $((64 << 20)) ]]
			fsck_is_clean "$image"
		done
	done
}

@test "a call that fails, or Ctrl-C, changes nothing, or the same command completes it" {
	need_tools
	need mkswap
	need_strace
	make_tree 12
	disk disk.img 2048 8192 -t ext3
	cp --sparse=always disk.img original
	wanted=$((90 << 20))
	local call fault n
	for fault in pwrite64:error=ENOSPC fsync:error=EIO linkat:error=EIO ftruncate:error=EFBIG pwrite64:signal=INT wait4:signal=TERM; do
		call=${fault%%:*}
		for ((n = 1; n < 300; n += ($call == pwrite64 ? ${STEP:-17} : 1))); do
			cp --sparse=always original disk.img
			status=0
			"${default_signals[@]}" strace -qq -o trace -e trace="$call" -e inject="$fault:when=$n" "$bigdisk" grow ./disk.img 90M \
				>out.txt 2>&1 || status=$?
			[[ $(grep -c "^$call(" trace) -ge $n ]] || break
			[[ $status -ne 0 || $fault == *signal* ]] || fail "$fault $n is no failure"
			if [[ $status -ne 0 && ! -e .disk.img.redo && $(stat -c %s disk.img) -eq $((64 << 20)) ]]; then
				same disk.img
			elif [[ $status -ne 0 && $fault == *error* ]]; then
				grep -q 'the same command completes them' out.txt || fail "$fault $n: $(cat out.txt)"
			fi
			bd grow ./disk.img 90M
			[[ $status -eq 0 ]] || fail "$fault $n: $stderr"
			same disk.img
			[[ $(stat -c %s disk.img) -eq $wanted && ! -e .disk.img.redo ]]
		done
		[[ $n -gt 1 ]] || fail "no $call"
	done
	nothing_is_left
}

@test "grow of a filesystem with bigalloc, of which resize2fs miscounts free blocks: all is right, or nothing was changed" {
	need mke2fs e2fsck resize2fs
	truncate -s 16M fs
	mke2fs -q -F -t ext4 -b 1024 -O bigalloc -C 4096 fs 2>/dev/null
	local size
	for size in 40M 200M; do
		cp --sparse=always fs work
		bd grow ./work "$size"
		if [[ $status -ne 0 ]]; then
			failed_with 1
			[[ $stderr == *'resize2fs made a filesystem with errors, and nothing was changed' ]] || fail
			cmp fs work
		fi
		run e2fsck -fn work
		[[ $status -eq 0 ]] || fail "$output"
	done
	nothing_is_left
}

@test "damaged disks end in an answer or an error, never in a crash, and stay as they are where it is an error" {
	need_tools
	need python3
	make_tree 12
	disk disk.img 2048 0 -t ext4
	local seed=${SEED:-1}
	echo "# SEED=$seed"
	XEN=$bigdisk SEED=$seed ROUNDS=${ROUNDS:-8} python3 - <<-'PYTHON'
		import hashlib, os, random, shutil, subprocess, sys
		random.seed(int(os.environ["SEED"]))
		def sum_of(name):
		    return hashlib.sha256(open(name, "rb").read()).digest()
		for n in range(int(os.environ["ROUNDS"])):
		    shutil.copy("disk.img", "bad")
		    with open("bad", "r+b") as f:
		        for _ in range(random.choice([1, 5, 50, 1000])):
		            # Table, superblock, descriptors, bitmaps, inodes, directories.
		            begin = random.choice([0, 1 << 20, 1 << 20, 1 << 20])
		            f.seek(begin + random.randrange(random.choice([512, 2048, 65536, 2 << 20])))
		            f.write(bytes([random.randrange(256)]))
		    before = sum_of("bad")
		    for command in (["grow", "./work", "200M"], ["shrink", "./work", "50M"], ["compact", "./work"],
		                    ["convert-layout", "./work", "cylinder"]):
		        shutil.copy("bad", "work")
		        r = subprocess.run([os.environ["XEN"], *command], capture_output=True, timeout=300)
		        if r.returncode not in (0, 1, 2, 4) or b"internal error" in r.stderr or b"forbidden system call" in r.stderr:
		            sys.exit(f"round {n}: {command}: status {r.returncode}: {r.stderr[-500:]}")
		        # What was free may have been written to, and a journal replayed.
		        if r.returncode and b"has been replayed first" not in r.stderr and command[0] in ("compact", "grow", "convert-layout") and sum_of("work") != before:
		            sys.exit(f"round {n}: {command} failed, and has changed the disk: {r.stderr[-500:]}")
	PYTHON
	nothing_is_left
}

@test "rm of a guest takes the log of an interrupted change with it" {
	made --quiet --no-start --dir d --no-net web01 --size 64M --template none
	: >d/.web01.img.redo
	bd rm --dir d --yes web01
	[[ $status -eq 0 && -z $(ls -A d) ]] || fail "$status $stderr $(ls -A d)"
}

@test "--as-if-stopped: grow, shrink and set say of a guest that runs what they would do after it was stopped" {
	need_tools
	need jq debugfs
	need_busybox
	fake_xen
	export FAKE_TOOLSTACK_MAX="1048576 4"
	made --quiet --no-start --dir d --no-net web01 --size 128M
	"$bigdisk" start web01 --quiet --dir d
	cp d/web01.cfg before.cfg
	local before
	before=$(sha256sum <d/web01.img)
	for command in "grow web01 256M" "shrink web01 64M" "set web01 memory=768M"; do
		# shellcheck disable=SC2086 # words
		bd $command --dir d --as-if-stopped
		failed_with 2
	done
	bd shrink web01 64M --dir d --dry-run
	failed_with 5
	bd shrink web01 64M --dir d --dry-run --as-if-stopped --json
	[[ $status -eq 0 && $(jq -c '[.state, .size_bytes, .changed, .running]' <<<"$output") == '["planned",67108864,true,false]' ]]
	bd shrink web01 8M --dir d --dry-run --as-if-stopped
	failed_with 2
	bd grow web01 256M --dir d --dry-run --as-if-stopped --json
	[[ $status -eq 0 && $(jq '.filesystem_bytes > .filesystem_was_bytes' <<<"$output") == true ]]
	bd set web01 memory=768M --dir d --dry-run --json
	[[ $(jq -c '[.changes[].now]' <<<"$output") == '[true]' ]]
	bd set web01 memory=768M --dir d --dry-run --as-if-stopped --json
	[[ $(jq -c '[.changes[].now]' <<<"$output") == '[false]' && $(jq 'has("domid")' <<<"$output") == false ]]
	bd set web01 boot=direct --dir d --dry-run
	failed_with 5
	bd set web01 boot=direct --dir d --dry-run --as-if-stopped
	[[ $status -eq 0 ]]
	[[ $(sha256sum <d/web01.img) == "$before" ]]
	cmp d/web01.cfg before.cfg
	# While it is mounted in the guest, e2fsck and resize2fs are not asked.
	debugfs -w -R "ssv state 0" "d/web01.img?offset=$(root_offset d/web01.img)" 2>/dev/null
	bd shrink web01 64M --dir d --dry-run --as-if-stopped
	[[ $status -eq 0 ]]
	"$bigdisk" stop web01 --quiet --dir d --timeout 5
	bd shrink web01 64M --dir d --dry-run --as-if-stopped
	failed_with 1
}
