#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Reading inside disk images: `ls`, `cat`, `find`, `du`. What they show is compared with what the filesystem was made from,
# with the kernel's mount, and with debugfs.
load helpers

# A tree with names, links, holes and sizes of all kinds.
make_tree() { # FOLDER
	local tree=$1 i
	mkdir -p "$tree"/{etc/default,var/log,usr/sbin,home/a,many,empty}
	printf 'web01\n' >"$tree/etc/hostname"
	: >"$tree/etc/void"
	for i in {1..300}; do printf '%s' "$i" >"$tree/many/file-with-a-long-name-$i"; done
	for i in syslog kern.log auth.log .hidden.log; do seq 1000 >"$tree/var/log/$i"; done
	head -c 3000000 /dev/urandom >"$tree/var/large"
	truncate -s 8M "$tree/var/holes"
	printf end | dd of="$tree/var/holes" bs=1 seek=8388605 conv=notrunc status=none
	ln -s /etc/hostname "$tree/home/a/absolute"
	ln -s ../../etc "$tree/home/a/relative"
	ln -s nowhere "$tree/home/a/dangling"
	ln -s loop "$tree/home/a/loop"
	ln "$tree/var/large" "$tree/home/a/second-name"
	printf 'a name\n' >"$tree/home/a/with blanks and ä"
	printf 'a newline\n' >"$tree/home/a/"$'new\nline'
	printf 'b' >"$tree/home/a/[x]"
	chmod 4755 "$tree/etc/void"
	chmod 1777 "$tree/empty"
	mkfifo "$tree/home/a/pipe"
	touch -d '2031-02-03 04:05:06 UTC' "$tree/etc/hostname"
}

# image FILE MKE2FS-ARGUMENTS...: of the tree.
image() {
	local file=$1
	shift
	truncate -s 64M "$file"
	mke2fs -q -F -d tree "$@" "$file" 2>/dev/null
}

# Each file, its content's checksum and its facts, by the program and by find(1).
facts_by_program() { # PLACE
	bd find "$1/" --json >/dev/null
	[[ $status -eq 0 && -z $stderr ]] || fail "status $status"
	jq -r '.entries[] | select(.path != "/" and (.path | startswith("/lost+found") | not)) |
		[.path, .type, .mode, .uid, .gid, .links, (if .type == "file" then .size_bytes else 0 end), .target // ""] | @json' <<<"$output" | sort
}

facts_by_find() { # FOLDER
	(cd "$1" && find . -mindepth 1 -printf '/%P\0%y\0%m\0%U\0%G\0%n\0%s\0%l\0') | python3 -c '
import json, os, sys
kinds = {"f": "file", "d": "directory", "l": "symlink", "p": "fifo"}
parts = os.fsencode(sys.stdin.buffer.read().decode("utf-8", "surrogateescape")).split(b"\0")[:-1]
for i in range(0, len(parts), 8):
	path, kind, mode, uid, gid, links, size, target = (p.decode() for p in parts[i:i + 8])
	if path.startswith("/lost+found"):
		continue
	print(json.dumps([path, kinds[kind], mode.zfill(4), int(uid), int(gid), int(links), int(size) if kind == "f" else 0, target],
		ensure_ascii=False, separators=(",", ":")))' | sort
}

@test "what is in ext2, ext3 and ext4 is what they were made from, whatever their features" {
	need mke2fs python3 jq
	make_tree tree
	facts_by_find tree >expected
	local features
	for features in '-t ext2' '-t ext3' '-t ext3 -b 1024' '-t ext4' '-t ext4 -O inline_data -I 256' \
		'-t ext4 -O ^metadata_csum,^64bit' '-t ext4 -O metadata_csum_seed,orphan_file' '-t ext4 -E encoding=utf8 -O casefold' \
		'-t ext4 -O bigalloc' '-t ext2 -O ^filetype'; do
		rm -f fs
		# shellcheck disable=SC2086 # several words
		image fs $features || { echo "# mke2fs here knows no $features" && continue; }
		facts_by_program fs: >found
		diff expected found || fail "$features"
		for file in etc/hostname etc/void var/large var/holes home/a/second-name 'home/a/with blanks and ä' 'home/a/[x]' \
			many/file-with-a-long-name-299; do
			"$bigdisk" cat "fs:/$file" | cmp - "tree/$file" || fail "$features: $file"
		done
	done
}

@test "du counts blocks as the kernel does, and a file of two names once" {
	need_root
	need mke2fs
	make_tree tree
	image fs -t ext4
	mkdir mnt
	mount -o ro,loop fs mnt 2>/dev/null || skip "no loop mounts here"
	local kernel
	kernel=$(du -s -B1 mnt | cut -f1)
	umount mnt
	bd du --bytes fs:
	[[ $status -eq 0 && $output =~ ^\ *$kernel\ \ /$ ]] || fail "the kernel counts $kernel"
	bd du --json fs:/var fs:/home
	[[ $(jq '[.sums[].path] == ["/var", "/home"]' <<<"$output") == true ]]
}

@test "symbolic links lead to the guest's files, never to the host's" {
	need mke2fs
	make_tree tree
	ln -s /etc/passwd tree/etc/link
	ln -s ../../../../../../etc/passwd tree/etc/up
	ln -s /proc/self/environ tree/etc/proc
	image fs -t ext4
	bd cat fs:/home/a/absolute fs:/home/a/relative/hostname
	[[ $status -eq 0 && $output == $'web01\nweb01' ]]
	local name
	for name in link up proc; do
		bd cat "fs:/etc/$name"
		failed_with 4
	done
	bd cat fs:/home/a/loop
	failed_with 1
	[[ $stderr == *"fs:/home/a/loop: too many levels of symbolic links" ]]
	# A pattern is not stopped by them.
	bd cat 'fs:/home/a/[lr]*/hostname' 'fs:/home/*/[ad]*'
	[[ $status -eq 0 && $output == $'web01\nweb01' ]] || fail "$output $stderr"
	bd cat fs:/home
	failed_with 1
	[[ $stderr == *"fs:/home: it is a directory" ]]
	bd cat fs:/home/a/loop
	[[ $stderr == *"fs:/home/a/loop: "* ]]
	bd ls -l fs:/home/a/dangling fs:/home/a/loop
	[[ $status -eq 0 && $output == *"dangling -> nowhere"*"loop -> loop"* ]]
	printf guest >tree/etc/passwd
	rm fs
	image fs -t ext4
	bd cat fs:/etc/up
	[[ $status -eq 0 && $output == guest ]]
}

@test "patterns are the program's own; a file of that very name comes first" {
	need mke2fs
	make_tree tree
	image fs -t ext3
	bd ls 'fs:/var/log/*.log'
	[[ $status -eq 0 && $output == $'/var/log/auth.log\n/var/log/kern.log' ]]
	bd ls 'fs:/v*/l?g/[ak]*'
	[[ $status -eq 0 && $output == $'/var/log/auth.log\n/var/log/kern.log' ]]
	bd cat 'fs:/home/a/[x]'
	[[ $status -eq 0 && $output == b ]]
	bd ls 'fs:/home/*/relative/hostname'
	[[ $status -eq 0 && $output == /home/a/relative/hostname ]]
	bd ls 'fs:/var/log/*.txt'
	failed_with 4
	[[ $stderr == *'fs:/var/log/*.txt: no such file or directory' ]]
	# A directory in the place of a pattern's match, and none.
	bd ls 'fs:/etc/hostname/*'
	failed_with 4
}

@test "ls: directories, files, -a, -d, -l, -R" {
	need mke2fs
	make_tree tree
	image fs -t ext4
	bd ls fs:/var/log
	[[ $status -eq 0 && $output == $'auth.log\nkern.log\nsyslog' ]]
	bd ls -a fs:/var/log
	[[ $status -eq 0 && $output == $'.hidden.log\nauth.log\nkern.log\nsyslog' ]]
	bd ls -d fs:/var/log
	[[ $status -eq 0 && $output == /var/log ]]
	bd ls -R fs:/home fs:/empty
	[[ $status -eq 0 && $output == $'/home:\na\n\n/home/a:\n[x]\nabsolute\n'*$'\n\n/empty:' ]] || fail "$output"
	TZ=UTC bd ls -l fs:/etc/hostname fs:/etc/void fs:/home/a/pipe
	[[ $output == '-rw-r--r--  1 '*' 6 2031-02-03 04:05:06 /etc/hostname'$'\n''-rwsr-xr-x '*$'\n''prw-r--r-- '* ]] || fail "$output"
	# Sizes of links, and a "+" for ACLs, as ls(1) has them.
	bd ls -l fs:/home/a/absolute
	[[ $output == 'lrwxrwxrwx  1 '*' 13 '*' /home/a/absolute -> /etc/hostname' ]] || fail "$output"
	if setfacl -m u:1234:r tree/etc/hostname 2>/dev/null; then
		rm fs
		image fs -t ext4
		bd ls -l fs:/etc/hostname
		[[ $output == '-rw-r--r--+ 1 '* ]] || fail "$output"
	fi
	# What could change the terminal is not printed as it is.
	bd ls fs:/home/a
	[[ $output == *'new\x0aline'* ]]
	# Of several images, which one it is.
	cp --sparse=always fs other
	bd ls fs:/etc/hostname other:/var/log
	[[ $status -eq 0 && $output == $'fs:/etc/hostname\n\nother:/var/log:\nauth.log\n'* ]] || fail "$output"
	bd ls -l fs:/etc/hostname other:/etc/hostname
	[[ $output == *' fs:/etc/hostname'$'\n''-rw-'*' other:/etc/hostname' ]] || fail "$output"
	bd find fs:/etc/hostname other:/etc/void
	[[ $output == $'fs:/etc/hostname\nother:/etc/void' ]] || fail "$output"
	bd du fs:/etc/hostname other:/etc/void
	[[ $output == *' fs:/etc/hostname'$'\n'*' other:/etc/void' ]] || fail "$output"
	bd tail fs:/etc/hostname other:/etc/hostname
	[[ $output == $'==> fs:/etc/hostname <==\nweb01\n\n==> other:/etc/hostname <==\nweb01' ]] || fail "$output"
	bd ls fs:
	[[ $status -eq 0 && $output == $'empty\netc\nhome\nlost+found\nmany\nusr\nvar' ]]
}

@test "tail: the last lines or bytes, as tail(1) has them, of large files too" {
	need mke2fs
	make_tree tree
	printf 'no newline at the end\nlast' >tree/etc/open
	printf '\n\n\n' >tree/etc/newlines
	seq 20000000 | head -c 150M >tree/var/numbers
	truncate -s 400M fs
	mke2fs -q -F -t ext4 -d tree fs
	local file n
	for file in etc/open etc/newlines etc/void var/log/syslog var/numbers var/large home/a/second-name; do
		for n in '-n 1' '-n 3' '-n 0' '-n 2000' '--bytes 5' '--bytes 100000'; do
			# shellcheck disable=SC2086 # two words
			cmp <("$bigdisk" tail $n "fs:/$file") <(tail ${n/--bytes /-c } "tree/$file") || fail "$n $file"
		done
	done
	bd tail -n 1 'fs:/var/log/[ak]*.log'
	[[ $status -eq 0 && $output == $'==> /var/log/auth.log <==\n1000\n\n==> /var/log/kern.log <==\n1000' ]]
	bd tail -n 9000000 fs:/var/numbers
	failed_with 1
	bd tail -n x fs:/etc/open
	failed_with 2
	bd tail fs:/etc
	failed_with 1
}

@test "a guest is found by its name, an image by its path, a partition by its number" {
	need sfdisk
	made --quiet --no-start --dir d --no-net web01 --size 64M --template mini
	bd cat web01:/etc/hostname --dir d
	[[ $status -eq 0 && $output == web01 ]]
	bd cat d/web01.img:/etc/hostname "$PWD/d/web01.img@1:/etc/hostname"
	[[ $status -eq 0 && $output == $'web01\nweb01' ]]
	bd ls d/web01.img@2:/
	failed_with 4
	[[ $stderr == *"d/web01.img: there is no partition 2 (1: 63 MiB, ext3)" ]]
	bd ls nobody:/etc --dir d
	failed_with 4
	bd ls ./nowhere:/etc
	failed_with 4
	bd ls web01 --dir d
	failed_with 2
	[[ $stderr == *'"web01" names nothing inside an image; write GUEST:/path or IMAGE:/path' ]]
	# As another program sees it.
	in_image d/web01.img 'cat /etc/fstab' | cmp - <("$bigdisk" cat web01:/etc/fstab --dir d)
}

@test "reading a running guest's disk warns, and so does one that was not unmounted" {
	need debugfs
	fake_xen
	made_empty web01 --size 16M --bridge lo
	echo "7 $(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg) web01" >domains
	bd ls web01:/ --dir d
	[[ $status -eq 0 && $output == *lost+found && $stderr == *"warning: web01 is running: what is read from its disk may be out of date" ]]
	: >domains
	debugfs -w -R 'ssv state 0' "d/web01.img?offset=$(root_offset d/web01.img)" 2>/dev/null
	bd ls web01:/ --dir d
	[[ $status -eq 0 && $stderr == *"warning: the filesystem of $PWD/d/web01.img was not unmounted cleanly"* ]]
}

@test "of a file that cannot be read to its end, cat prints what comes before and no zeros" {
	need mke2fs debugfs
	make_tree tree
	image fs -t ext3 -b 4096
	debugfs -w -R 'sif /var/large block[5] 99999999' fs 2>/dev/null
	"$bigdisk" cat fs:/var/large fs:/etc/hostname >out 2>error && fail "no failure"
	cmp out <(head -c 20480 tree/var/large && cat tree/etc/hostname)
	[[ $(<error) == *"error: fs:/var/large: it has a block outside the filesystem"* ]]
	bd tail fs:/var/large
	failed_with 1
}

@test "what cannot be read is said, the rest is read, and the status is that of the first failure" {
	need mke2fs jq
	make_tree tree
	image fs -t ext4
	bd cat fs:/nope fs:/etc/hostname fs:/etc
	[[ $status -eq 4 && $output == web01 ]]
	[[ $stderr == *"error: fs:/nope: no such file or directory"*"error: fs:/etc: it is a directory"* ]]
	bd cat 'fs:/etc/*'
	[[ $status -eq 1 && $output == web01 && $stderr == *"error: fs:/etc/default: it is a directory" ]]
	bd ls --json fs:/etc/hostname fs:/nope
	[[ $status -eq 4 && $(jq -r '[.entries[0].path, .errors[0].kind] | @csv' <<<"$output") == '"/etc/hostname","not_found"' ]]
	: >empty
	bd ls empty:/
	failed_with 1
	printf 'text, and no disk' >text
	bd find ./text:/
	failed_with 1
	[[ $stderr == *"./text: it has no partitions and no ext2, ext3 or ext4 filesystem (found: nothing recognised)" ]]
	mkfifo pipe
	bd ls ./pipe:/
	failed_with 1
	bd find fs:/ --type x
	failed_with 2
	bd find fs:/ --max-depth -1
	failed_with 2
	"$bigdisk" cat fs:/etc/hostname >/dev/full 2>error && fail "a full disk is no failure"
	grep -q 'No space left' error
	"$bigdisk" find fs:/ 2>error | head -n 1
	[[ ! -s error ]]
}

@test "a file one of whose indirect blocks cannot be read is an error, not one with the rest moved" {
	need mke2fs debugfs
	local field
	head -c 3000000 /dev/urandom >large
	mkdir tree
	cp large tree
	for field in 'block[IND]' 'block[DIND]'; do
		rm -f fs
		truncate -s 16M fs
		mke2fs -q -F -t ext3 -b 1024 -d tree fs 2>/dev/null
		debugfs -w -R "sif /large $field 99999999" fs 2>/dev/null
		run --separate-stderr bash -c '"$bigdisk" cat fs:/large | cmp -n "$("$bigdisk" cat fs:/large 2>/dev/null | wc -c)" - large'
		[[ $status -eq 0 && $stderr == *'fs:/large: cannot read its block map'* ]] || fail "$status $stderr"
		bd cat fs:/large
		[[ $status -eq 1 ]]
		debugfs -w -R "sif <8> $field 99999999" fs 2>/dev/null
		debugfs -w -R 'feature needs_recovery' fs 2>/dev/null >&2
		bd ls fs:/
		[[ $stderr == *'latest changes are missing'* ]] || fail "$stderr"
	done
}

@test "damaged filesystems end in an answer or an error, never in a crash, and always" {
	need mke2fs python3
	make_tree tree
	image ext4 -t ext4 -b 1024
	image ext3 -t ext3
	local seed=${SEED:-1}
	echo "# SEED=$seed"
	XEN=$bigdisk SEED=$seed ROUNDS=${ROUNDS:-60} python3 - <<-'PYTHON'
		import os, random, shutil, subprocess, sys
		random.seed(int(os.environ["SEED"]))
		for n in range(int(os.environ["ROUNDS"])):
		    source = random.choice(["ext3", "ext4"])
		    shutil.copy(source, "bad")
		    with open("bad", "r+b") as f:
		        for _ in range(random.choice([1, 5, 50, 2000])):
		            # Most of what matters is at the beginning: superblock, descriptors, inodes, directories.
		            f.seek(random.randrange(random.choice([2048, 65536, 2 << 20, 64 << 20])))
		            f.write(bytes([random.randrange(256)]))
		    for command in (["find", "bad:/"], ["ls", "-lR", "bad:/"], ["cat", "bad:/var/large", "bad:/etc/hostname"], ["du", "bad:/"]):
		        r = subprocess.run([os.environ["XEN"], *command], capture_output=True, timeout=300)
		        if r.returncode not in (0, 1, 4):
		            sys.exit(f"round {n}: {command}: status {r.returncode}: {r.stderr[-500:]}")
		        if b"killed by signal" in r.stderr or b"forbidden system call" in r.stderr:
		            shutil.copy("bad", "/tmp/bad-image") if os.environ.get("KEEP") else None
		            sys.exit(f"round {n}: {command}: {r.stderr[-500:]}")
	PYTHON
}
