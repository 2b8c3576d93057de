#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Images that are damaged, or crafted: every command on them ends with an answer or an error, within its limits, and touches
# nothing else.
load helpers

@test "damaged disks: every command ends with an answer or an error, within its limits, and touches nothing else" {
	need python3 mke2fs e2fsck debugfs resize2fs sfdisk qemu-img tar
	run python3 "$BATS_TEST_DIRNAME/damaged.py" "$bigdisk" "$PWD/damaged"
	printf '%s\n' "$output"
	[[ $status -eq 0 ]] || fail
}

# image FILE COMMANDS: an ext2 with a directory, in which debugfs did that.
image() {
	mkdir -p tree/many tree/names
	printf 'one' >tree/names/one
	printf 'two' >tree/many/two
	head -c 300000 /dev/urandom >tree/large
	truncate -s 16M "$1"
	mke2fs -q -F -t ext2 -b 1024 -d tree "$1"
	printf '%s\n' "$2" | debugfs -w -f - "$1" >log 2>&1
}

# says STATUS WORDS ARGUMENTS...: in little CPU time. The output may be large.
says() {
	local wanted=$1 words=$2
	shift 2
	status=0
	(ulimit -t 5 && exec "$bigdisk" "$@") >stdout 2>stderr || status=$?
	stderr=$(<stderr)
	[[ $status -eq $wanted && $stderr == *"$words"* ]] || fail "$*: status $status: $stderr"
}

@test "directories in a circle, with many ways round, are walked once" {
	need mke2fs debugfs
	local command i
	image fs "$(printf 'ln / /many/loop%d\n' {1..5})"
	for command in 'find fs:/' 'du fs:/' 'tar fs:/ out.tar' 'cp -r fs:/ out' 'chmod -R u+x fs:/' 'chown -R 1:1 fs:/many' 'rm -r fs:/many'; do
		# shellcheck disable=SC2086 # words are meant
		says 1 'it is in two directories; check the filesystem with e2fsck' $command
		rm -rf out
	done
	# Two ways into each of 28 directories, one below the other.
	local commands='mkdir /d' path=/d
	for i in {1..28}; do
		commands+=$'\n'"mkdir $path/a"$'\n'"ln $path/a $path/b"
		path+=/a
	done
	image fs "$commands"
	says 1 'it is in two directories' find fs:/d
	cp fs before
	says 1 'it is in two directories' chmod -R u+x fs:/d
	says 1 'it is in two directories' rm -r fs:/d
	cmp fs before
}

@test "blocks that are mapped several times are not gigabytes of content, nor millions of entries" {
	need mke2fs debugfs
	# Tables of three levels, of which each has only the one below it.
	image fs ''
	python3 - fs <<-'PYTHON'
		import struct, subprocess, sys
		data = bytearray(open("fs", "rb").read())
		table = struct.unpack_from("<I", data, 2048 + 8)[0] * 1024
		for name in "large", "names":
		    answer = subprocess.run(["debugfs", "-R", f"stat /{name}", "fs"], capture_output=True, text=True, check=True).stdout
		    inode = table + (int(answer.split()[1]) - 1) * struct.unpack_from("<H", data, 1024 + 88)[0]
		    block, = struct.unpack_from("<I", data, inode + 40)
		    first = 12000 if name == "large" else 12010
		    for level in range(3):
		        at = (first + level) * 1024
		        data[at:at + 1024] = struct.pack("<I", first + level - 1 if level else block) * 256
		    struct.pack_into("<15I", data, inode + 40, *[block] * 12, first, first + 1, first + 2)
		    size = (12 + 256 + 256 ** 2 + 256 ** 3) * 1024
		    struct.pack_into("<I", data, inode + 4, size & 0xffffffff)
		    struct.pack_into("<I", data, inode + 108, size >> 32)
		open("fs", "wb").write(data)
	PYTHON
	local command
	echo kept >out
	for command in 'cat fs:/large' 'cp fs:/large out' 'tar fs:/large out.tar' 'find fs:/names' 'du fs:/names' 'rm -r fs:/names' \
		'template import t fs --templates t'; do
		# shellcheck disable=SC2086 # words are meant
		says 1 'it has blocks several times; check the filesystem with e2fsck' $command
	done
	[[ $(<out) == kept && ! -e out.tar && -z $(ls -A t) ]] || fail "$(ls -l . t)"
}

@test "a file larger than its kind can be is damaged, and terabytes of holes take tar no time" {
	need mke2fs debugfs
	image fs $'sif /large size 0xffffffffffff\nsif /many/two size 0x40000000000'
	local command
	for command in 'ls -l fs:/large' 'cat fs:/large' 'tar fs:/large out.tar' 'find fs:/large'; do
		# shellcheck disable=SC2086 # words are meant
		says 1 'it cannot have 281474976710655 bytes; check the filesystem with e2fsck' $command
	done
	truncate -s 16M fs4
	mke2fs -q -F -t ext4 -d tree fs4
	printf 'sif /large size 0x0ffffffffff\n' | debugfs -w -f - fs4
	says 0 '' tar fs4:/large out.tar
	[[ $(stat -c %s out.tar) -lt 1000000 ]] || fail "$(stat -c %s out.tar)"
	# i_blocks can say anything.
	rm out.tar
	printf 'sif /large blocks 0x80000000\n' | debugfs -w -f - fs4
	says 0 '' tar fs4:/large out.tar
	[[ $(stat -c %s out.tar) -lt 1000000 ]] || fail "$(stat -c %s out.tar)"
}

@test "group descriptors that lead to each other's tables are damage for every command, not another answer" {
	need mke2fs
	local command
	image good ''
	# The inode table of the second group lies in that of the first one, or outside the filesystem.
	for block in 20 40000; do
		cp good fs
		python3 -c 'import struct, sys
with open("fs", "r+b") as fs:
	fs.seek(2048 + 32 + 8)
	fs.write(struct.pack("<I", int(sys.argv[1])))' "$block"
		cp fs before
		for command in 'find fs:/' 'cat fs:/names/one' 'info ./fs' 'map ./fs' 'mkdir fs:/new' 'rm -r fs:/many' 'template import t fs --templates t'; do
			# shellcheck disable=SC2086 # words are meant
			says 1 'damaged: run e2fsck' $command
		done
		cmp fs before
	done
	bd check ./fs
	[[ $status -eq 4 ]] || fail "status $status"
}

@test "a damaged journal is seen before the first byte is written" {
	need mke2fs debugfs
	image ext2 ''
	truncate -s 16M fs
	mke2fs -q -F -t ext3 -b 1024 -d tree fs
	printf '\0' | dd of=fs bs=1 conv=notrunc status=none seek=$(($(debugfs -R 'bmap <8> 0' fs 2>/dev/null) * 1024))
	cp fs before
	bd cp -r tree fs:/
	[[ $status -eq 1 && $stderr == *"the journal's superblock is damaged" ]] || fail "status $status"
	cmp fs before
}
