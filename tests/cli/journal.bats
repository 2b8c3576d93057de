#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Filesystems whose journal has to be replayed: made by the kernel, of which the image is copied while it is mounted, or by
# debugfs. What the program shows without writing is compared with what the kernel shows when it has replayed a copy; what
# it writes with what e2fsck says about it.
load helpers

teardown_file() {
	umount -q "$BATS_FILE_TMPDIR"/*/mnt 2>/dev/null || true
}

need_mounts() {
	need_root
	need mke2fs e2fsck debugfs jq
	truncate -s 1M probe && mke2fs -q -F probe && mkdir -p mnt && mount -o loop probe mnt 2>/dev/null ||
		skip "no loop mounts here"
	umount mnt
}

# What was done so far goes to the journal, but not yet to its place: sync -f would write that, too.
commit() {
	echo "$1" >"mnt/commit-$1"
	sync "mnt/commit-$1"
}

# crashed MOUNT-OPTIONS MKE2FS-ARGUMENTS...: the image "fs", as a crash would have left it: a large part of what was done is in
# the journal only, a file that is open has lost its name, and journalled blocks were freed (revoke records).
crashed() {
	local options=$1 i round
	shift
	rm -f live fs
	truncate -s 32M live
	mke2fs -q -F "$@" live 2>/dev/null || { echo "# mke2fs here knows no $*" && return 1; }
	mount -o "loop,$options" live mnt 2>/dev/null || { echo "# no mount with $options here" && return 1; }
	mkdir mnt/etc mnt/old
	for i in {1..200}; do echo "$i" >"mnt/old/file-$i"; done
	echo web01 >mnt/etc/hostname
	seq 60000 >mnt/large
	: >mnt/shortened
	ln -s etc/hostname mnt/link
	sync -f mnt
	for round in 1 2 3; do
		mkdir "mnt/round-$round"
		for i in {1..40}; do echo "$round $i" >"mnt/round-$round/$i"; done
		commit "$round"
	done
	rm -r mnt/old
	commit 4
	# Begins like a block of the journal itself.
	{ printf '\xc0\x3b\x39\x98' && seq 3000; } >mnt/escaped
	mv mnt/round-2 mnt/moved
	rm mnt/round-1/1*
	ln mnt/large mnt/etc/second
	echo web02 >mnt/etc/hostname
	seq 20000 >mnt/open
	exec 7<mnt/open
	rm mnt/open
	sync mnt/escaped
	commit 5
	# The kernel may write meanwhile.
	until cp --sparse=always live fs && cmp -s live fs; do :; done
	exec 7<&-
	umount mnt
	needs_recovery fs || fail "the journal is empty"
}

needs_recovery() {
	dumpe2fs -h "$1" 2>/dev/null | grep -q '^Filesystem features:.* needs_recovery'
}

# Checksum, type, mode, owner, links and size of every file, by the kernel.
by_kernel() { # FOLDER
	(cd "$1" && find . -mindepth 1 -path ./lost+found -prune -o -printf '%y %m %U %G %n %p %l\n' | sort &&
		find . -type f -print0 | sort -z | xargs -0 -r sha256sum)
}

by_program() { # IMAGE
	rm -rf copy
	"$bigdisk" cp -r "$1:/" copy >problems 2>&1 || fail "$(<problems)"
	# On a busy machine it takes more than a second, and says so.
	run ! grep -v '^ *copying  *done ' problems
	by_kernel copy
}

by_kernel_after_replay() { # IMAGE
	cp --sparse=always "$1" replayed
	mount -o loop replayed mnt
	by_kernel mnt
	umount mnt
}

is_clean() { # IMAGE
	run e2fsck -fn "$1"
	[[ $status -eq 0 ]] || fail "$output"
	if needs_recovery "$1"; then fail "it still needs recovery"; fi
}

# debugfs knows no journal here, and shows what is in the directory's own block.
shows_moved() { debugfs -R 'ls -p /' fs 2>/dev/null | grep -q moved; }

# A block that is dirty for 30 s is written to its own place: where all this takes so long, it is done again.
crashed_with_journal() { # as crashed
	for _ in {1..8}; do
		crashed "$@" || return
		shows_moved || return 0
	done
	fail "$*: nothing was in the journal only"
}

kinds=('data=ordered|-t ext3' 'data=journal|-t ext3 -b 1024' 'data=ordered|-t ext4'
	'data=journal|-t ext4 -b 1024' 'data=ordered|-t ext4 -O 64bit,metadata_csum -b 1024 -J size=1'
	'data=ordered|-t ext4 -O ^64bit,metadata_csum'
	'data=ordered,journal_checksum|-t ext4 -O ^metadata_csum' 'data=ordered|-t ext4 -O metadata_csum_seed,orphan_file'
	'data=ordered|-t ext4 -O inline_data -I 256')

@test "what is read is what the kernel shows after a replay; a change replays first, and finishes removals" {
	need_mounts
	local kind before
	for kind in "${kinds[@]}"; do
		# shellcheck disable=SC2086 # several words
		crashed_with_journal "${kind%%|*}" ${kind#*|} || continue
		before=$(sha256sum <fs)
		by_program fs >program
		[[ $(sha256sum <fs) == "$before" ]] || fail "$kind: it was written"
		by_kernel_after_replay fs >kernel
		diff kernel program || fail "$kind"
		grep -q 'moved/40$' program || fail "$kind: what was tested?"
		bd ls fs:/
		[[ $status -eq 0 && -z $stderr ]] || fail "$kind: $stderr"

		seq 5000 >new
		bd cp new fs:/etc/new
		[[ $status -eq 0 ]] || fail "$kind: $stderr"
		is_clean fs
		bd rm -r fs:/round-3
		[[ $status -eq 0 ]] || fail "$kind: $stderr"
		is_clean fs
		"$bigdisk" cat fs:/etc/new | cmp - new
		by_program fs >program
		diff <(grep -v ' \./round-3[/ ]' kernel) <(grep -v ' \./etc/new' program) || fail "$kind"
	done
}

@test "a change that is refused leaves a filesystem that needs no recovery, or is as it was" {
	need_mounts
	crashed data=ordered -t ext4
	by_kernel_after_replay fs >kernel
	bd rm fs:/nothing
	failed_with 4
	if needs_recovery fs; then fail "it still needs recovery"; fi
	by_program fs >program
	diff kernel program
	e2fsck -fy fs >/dev/null || [[ $? -eq 1 ]]
	by_program fs >program
	diff kernel program
}

# in_partition: the disk "disk.img" has fs in its only partition.
in_partition() {
	rm -f disk.img
	truncate -s 48M disk.img
	printf 'label: dos\nstart=2048, size=65536, type=83\n' | sfdisk -q disk.img
	dd if=fs of=disk.img bs=1M seek=1 conv=notrunc,sparse status=none
}

# replayed_as_kernel: the filesystem in disk.img is clean, and has in it what the kernel found in fs.
replayed_as_kernel() {
	is_clean "disk.img?offset=$(root_offset disk.img)"
	by_program disk.img >program
	diff kernel program
}

@test "grow, shrink, compact and convert-layout replay the journal first" {
	need_mounts
	need sfdisk resize2fs e2image
	local kind command
	for kind in 'data=ordered|-t ext4' 'data=journal|-t ext3 -b 1024'; do
		# shellcheck disable=SC2086 # several words
		crashed "${kind%%|*}" ${kind#*|} || continue
		by_kernel_after_replay fs >kernel
		grep -q 'moved/40$' kernel || fail "$kind: what was tested?"
		for command in 'grow ./disk.img 80M' 'shrink ./disk.img 30M' 'compact ./disk.img' 'convert-layout ./disk.img cylinder'; do
			in_partition
			# shellcheck disable=SC2086 # several words
			bd $command
			[[ $status -eq 0 ]] || fail "$kind: $command: $stderr"
			[[ $(grep -c 'disk.img: the journal of its filesystem has been replayed first' <<<"$stderr") -eq 1 ]]
			replayed_as_kernel || fail "$kind: $command"
			# shellcheck disable=SC2086 # several words
			bd $command
			[[ $status -eq 0 && $stderr != *journal* ]] || fail "$kind: $command: $stderr"
		done
		[[ $(region disk.img 1 start) -eq 63 ]]
	done
}

@test "killed while the journal is replayed, grow can be run again" {
	need_mounts
	need sfdisk resize2fs e2image
	need_strace
	crashed data=ordered -t ext4
	by_kernel_after_replay fs >kernel
	local n killed=0
	for n in 1 2 3 4 5 6 7 8 $(seq 9 "${STEP:-13}" 400); do
		in_partition
		status=0
		strace -qq -o trace -e trace=pwrite64 -e inject="pwrite64:signal=KILL:when=$n" "$bigdisk" grow ./disk.img 80M >out.txt 2>&1 || status=$?
		[[ $status -eq 137 ]] || break
		killed=$((killed + 1))
		# The reader of the disk goes with the run that was killed, but not at the same moment.
		while [[ -n $(find /proc/[0-9]*/fd -lname "$PWD/disk.img" 2>/dev/null) ]]; do sleep 0.05; done
		bd grow ./disk.img 80M
		[[ $status -eq 0 && $(stat -c %s disk.img) -eq $((80 << 20)) ]] || fail "$n: $stderr"
		replayed_as_kernel || fail "$n"
	done
	[[ $status -eq 0 && $killed -gt 0 ]] || fail "$n: status $status: $(<out.txt)"
}

@test "a journal that cannot be replayed: grow and the others change nothing, and name what helps" {
	need mke2fs debugfs sfdisk
	local command sum
	truncate -s 32M fs
	mke2fs -q -F -t ext4 -O metadata_csum fs 2>/dev/null
	printf 'jo\njw -b 1000 /dev/null\njc\n' | debugfs -w -f - fs >log 2>&1
	needs_recovery fs || fail "$(<log)"
	# Not the magic of a journal.
	printf xxxx | dd of=fs bs=1 seek=$(($(debugfs -R 'bmap <8> 0' fs 2>/dev/null) * $(dumpe2fs -h fs 2>/dev/null | sed -n 's/^Block size: *//p'))) conv=notrunc status=none
	in_partition
	sum=$(sha256sum <disk.img)
	for command in 'grow ./disk.img 80M' 'shrink ./disk.img 30M' 'compact ./disk.img' 'convert-layout ./disk.img cylinder'; do
		# shellcheck disable=SC2086 # several words
		bd $command
		failed_with 1
		[[ $stderr == *'was not unmounted cleanly (its journal has to be replayed first'*'or repair it: xen-bigdisk check ./disk.img --repair' ]] || fail "$command"
		[[ $(sha256sum <disk.img) == "$sum" ]] || fail "$command: it was changed"
	done
}

# The journal's blocks that transactions end at, in their order.
commits() {
	debugfs -R 'logdump' fs 2>/dev/null | sed -n 's/.*(commit block) at block \([0-9]*\).*/\1/p'
}

@test "the log goes around the end of the journal" {
	need_mounts
	local i seen='' around=''
	truncate -s 64M live
	mke2fs -q -F -t ext4 -b 1024 -J size=1 live
	mount -o loop live mnt
	for i in {1..400}; do
		for j in {1..12}; do echo "$i $j" >"mnt/$i-$j"; done
		commit "$i"
		[[ $((i % 5)) -eq 0 && $i -gt 50 ]] || continue
		cp --sparse=always live fs
		commits >found
		# What the kernel has written to its place meanwhile, it drops from the log.
		[[ $(wc -l <found) -gt 3 ]] || continue
		seen=yes
		sort -nc found 2>/dev/null || { around=yes; break; }
	done
	umount mnt
	[[ $seen ]]
	[[ $around ]] || skip "this kernel wrote none that does"
	by_program fs >program
	by_kernel_after_replay fs >kernel
	diff kernel program
	bd mkdir fs:/new
	[[ $status -eq 0 ]]
	is_clean fs
}

# The kernel decides whether it makes a fast commit; where it made a whole one, it has to be read.
@test "fast commits are not replayed: reading says so, and a change is refused" {
	need_mounts
	local i attempt
	for attempt in {1..10}; do
		rm -f live fs
		truncate -s 64M live
		mke2fs -q -F -t ext4 -O fast_commit live 2>/dev/null || skip "mke2fs here knows no fast_commit"
		mount -o loop live mnt 2>/dev/null || skip "this kernel mounts none"
		mkdir mnt/etc
		sync -f mnt
		for i in 1 2 3; do
			echo "$i" >"mnt/etc/$i"
			sync "mnt/etc/$i"
		done
		cp --sparse=always live fs
		umount mnt
		cp --sparse=always fs before
		bd ls fs:/
		[[ $status -eq 0 ]]
		[[ -z $stderr ]] || break
		by_program fs >program
		by_kernel_after_replay fs >kernel
		diff kernel program
	done
	[[ -n $stderr ]] || skip "this kernel made no fast commits"
	[[ $stderr == *'was not unmounted cleanly: its latest changes are missing' ]]
	bd mkdir fs:/new
	failed_with 1
	[[ $stderr == *'its journal has to be replayed first, which is not possible here: the journal has fast commits; run e2fsck on it' ]]
	cmp fs before
}

# damage FILE SEED BLOCK-SIZE BLOCK...: flips bits in some of the blocks.
damage() {
	python3 -c '
import random, sys
name, seed, size, blocks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), [int(b) for b in sys.argv[4:]]
dice = random.Random(seed)
with open(name, "r+b") as image:
	for _ in range(dice.choice((1, 1, 2, 8))):
		# Often the superblock and the first blocks, and of those often the beginning.
		at = blocks[dice.choice((0, dice.randrange(min(40, len(blocks))), dice.randrange(len(blocks))))] * size
		at += dice.choice((dice.randrange(96), dice.randrange(size)))
		image.seek(at)
		byte = image.read(1)[0] ^ (1 << dice.randrange(8))
		image.seek(at)
		image.write(bytes((byte,)))' "$@"
}

@test "a damaged journal is an error or a warning, and what checksums let pass is right" {
	need_mounts
	need python3
	local kind seed blocks size
	for kind in 'data=ordered|-t ext4 -b 1024 -J size=1' 'data=journal|-t ext3 -b 1024 -J size=1'; do
		# shellcheck disable=SC2086 # several words
		crashed "${kind%%|*}" ${kind#*|} || continue
		size=$(dumpe2fs -h fs 2>/dev/null | sed -n 's/^Block size: *//p')
		blocks=$(debugfs -R 'blocks <8>' fs 2>/dev/null)
		mv fs good
		for seed in {1..12}; do
			cp --sparse=always good fs
			# shellcheck disable=SC2086 # numbers
			damage fs "$seed" "$size" $blocks
			cp --sparse=always fs damaged
			bd find fs:/ --json
			[[ $status -le 4 && $stderr != *'reading it'* ]] || fail "$kind, seed $seed: $stderr"
			cmp fs damaged || fail "$kind, seed $seed: it was written"
			bd mkdir fs:/new
			[[ $status -le 1 && $stderr != *'reading it'* ]] || fail "$kind, seed $seed: $stderr"
			if [[ $status -eq 1 && $stderr == *'run e2fsck on it' ]]; then
				cmp fs damaged || fail "$kind, seed $seed: it was refused and written"
			elif [[ $status -eq 0 && $kind == *ext4* ]]; then
				run e2fsck -fn fs
				[[ $status -eq 0 ]] || fail "$kind, seed $seed: $output"
			fi
		done
	done
}

# debugfs writes transactions, too: revoke records, escaped blocks and checksums where nothing can be mounted.
@test "the last one of a block's copies counts, unless it was revoked" {
	need mke2fs debugfs python3
	local features i blocks
	mkdir tree
	for i in {0..5}; do printf 'old %s' "$i" >"tree/$i"; done
	for features in '-t ext3 -b 1024' '-t ext4 -b 4096' '-t ext4 -O ^64bit,metadata_csum -b 2048'; do
		rm -f fs
		truncate -s 16M fs
		# shellcheck disable=SC2086 # several words
		mke2fs -q -F -d tree $features fs 2>/dev/null || continue
		local size
		size=$(dumpe2fs -h fs 2>/dev/null | sed -n 's/^Block size: *//p')
		for i in {0..5}; do blocks[i]=$(debugfs -R "blocks /$i" fs 2>/dev/null | tr -d ' '); done
		for i in one two; do
			head -c $((3 * size)) /dev/zero >"$i"
			python3 -c 'import sys
name, text, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(name, "r+b") as data:
	for i in range(3):
		data.seek(i * size)
		data.write((text + " " + "abc"[i]).encode())' "$i" "$i" "$size"
		done
		{ printf '\xc0\x3b\x39\x98x' && head -c $((size - 5)) /dev/zero; } >magic
		{
			echo jo "$([[ $features == *ext3* ]] || echo -c)"
			echo "jw -b ${blocks[0]},${blocks[1]},${blocks[2]} one"
			echo "jw -r ${blocks[1]}"
			echo "jw -b ${blocks[2]},${blocks[3]},${blocks[4]} two"
			echo "jw -r ${blocks[3]}"
			echo "jw -b ${blocks[5]} magic"
			echo jc
		} | debugfs -w -f - fs >log 2>&1
		needs_recovery fs || fail "$(<log)"
		local -a expected=('one a' 'old 1' 'two a' 'old 3' 'two c')
		for i in {0..4}; do
			[[ $("$bigdisk" cat "fs:/$i") == "${expected[i]}" ]] || fail "$features: $i: $("$bigdisk" cat "fs:/$i")"
		done
		[[ $("$bigdisk" cat fs:/5 | od -An -tx1) == ' c0 3b 39 98 78' ]] || fail "$features: escaped"
		bd mkdir fs:/new
		[[ $status -eq 0 ]] || fail "$stderr"
		is_clean fs
		for i in {0..4}; do
			[[ $(debugfs -R "cat /$i" fs 2>/dev/null) == "${expected[i]}" ]] || fail "$features: $i, written"
		done
	done
}
