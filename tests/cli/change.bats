#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Changing files inside disk images: `cp`, `mkdir`, `mv`, `rm`, `ln`, `chmod`, `chown`. What they make is compared with what the
# kernel makes in a mounted filesystem, and e2fsck has to find nothing.
load helpers

kinds=('-t ext2' '-t ext3' '-t ext3 -b 4096 -I 128' '-t ext4' '-t ext4 -b 4096 -O inline_data' '-t ext4 -O ^64bit,metadata_csum_seed'
	'-t ext4 -O ^metadata_csum,orphan_file')

# image FILE MKE2FS-ARGUMENTS...
image() {
	local file=$1
	shift
	rm -f "$file"
	truncate -s 128M "$file"
	mke2fs -q -F "$@" "$file" 2>/dev/null || skip "mke2fs here knows no $*"
}

need_mount() {
	mkdir -p probe
	image probe.img -t ext4
	mount -o loop probe.img probe 2>/dev/null || skip "this machine mounts no images here"
	umount probe
}

clean() { # FILE [KIND]
	e2fsck -fn "$1" >fsck 2>&1 || fail "${2-} $(<fsck)"
}

# quietly ARGUMENTS...: succeeds, and says nothing
quietly() {
	bd "$@"
	[[ $status -eq 0 && -z $output && -z $stderr ]] || fail "$*: status $status $output $stderr"
}

make_source() {
	local i
	mkdir -p source/d/e
	printf 'hello\n' >source/d/f
	ln source/d/f source/d/second
	ln -s f source/d/link
	ln -s "$(printf 'x%.0s' {1..200})" source/d/long
	head -c 3000000 /dev/urandom >source/large
	truncate -s 20M source/holes
	printf end >>source/holes
	printf middle | dd of=source/holes bs=1 seek=15000000 conv=notrunc status=none
	mkfifo source/d/fifo
	for i in {1..300}; do printf '%s' "$i" >"source/d/e/file-with-a-long-name-$i"; done
	chmod 4711 source/large
	touch -d '2031-02-03 04:05:06.789 UTC' source/d/f source/d
	setfattr -n user.note -v abc source/d/f 2>/dev/null || true
}

# All facts of a tree, its contents and extended attributes too.
facts() { # FOLDER [TIME-FORMAT]
	(cd "$1"
		find . -printf "%p %y %m %U %G %n ${2-%T@} %l\n" | sort
		find . -type f -print0 | sort -z | xargs -0 sha256sum
		find . -type f -print0 | sort -z | xargs -0 getfattr -d --absolute-names 2>/dev/null || true)
}

@test "what is copied into an image is what the kernel finds there, and what is copied out is the same again" {
	need mke2fs e2fsck
	need_mount
	make_source
	mkdir mounted
	local kind times
	for kind in "${kinds[@]}"; do
		times=%T@
		[[ $kind != *'-I 128'* ]] || times=%Tc # such inodes have no fractions of seconds
		facts source "$times" >expected
		# shellcheck disable=SC2086 # several words
		image fs $kind
		quietly cp -r source fs:/copy
		clean fs "$kind"
		mount -o loop,ro fs mounted
		facts mounted/copy "$times" >found
		cmp -s source/holes mounted/copy/holes || fail "$kind: holes"
		[[ $(stat -c %b mounted/copy/holes) -lt 2000 ]] || fail "$kind: the holes are filled"
		umount mounted
		diff expected found || fail "$kind"
		rm -rf out
		quietly cp -r fs:/copy out
		facts out "$times" >found
		diff expected found || fail "$kind, out"
		[[ $(stat -c %b out/holes) -lt 2000 ]] || fail "$kind: the holes are filled on the way out"
		# Within the image, and over what is there.
		quietly cp -r fs:/copy fs:/lost+found
		quietly cp -r source fs:/copy
		quietly cp -r source/. fs:/copy
		clean fs "$kind"
		quietly rm -r fs:/copy fs:/lost+found/copy
		clean fs "$kind"
		[[ $(dumpe2fs -h fs 2>/dev/null | sed -n 's/^Free inodes: *//p') = "$(dumpe2fs -h fs 2>/dev/null |
			awk '/^Inode count/ { print $3 - 11 }')" ]] || [[ $kind = *orphan_file* ]] || fail "$kind: inodes are lost"
	done
}

@test "random operations, by the program and by coreutils in a mount, have one result" {
	need mke2fs e2fsck python3
	need_mount
	local kind seed=${SEED:-1}
	mkdir mounted
	for kind in '-t ext4' '-t ext3 -b 4096' '-t ext4 -O inline_data' '-t ext2'; do
		# shellcheck disable=SC2086 # several words
		image ours $kind
		# shellcheck disable=SC2086
		image theirs $kind
		mount -o loop theirs mounted
		run python3 "$BATS_TEST_DIRNAME/change_random.py" "$bigdisk" ours mounted "$seed" "${STEPS:-80}"
		umount mounted
		[[ $status -eq 0 ]] || fail "$kind, SEED=$seed: $output"
	done
}

@test "all or nothing: killed anywhere, nothing is half there, and whoever opens it next completes it" {
	need mke2fs e2fsck strace
	strace -qq -o /dev/null -e inject=getppid:error=EIO true 2>/dev/null || skip "strace cannot trace here"
	local kind call n seen
	mkdir -p tree/d
	for n in {1..40}; do printf '%s' "$n" >"tree/d/$n"; done
	for kind in '-t ext3' '-t ext4' '-t ext2'; do
		# shellcheck disable=SC2086 # several words
		image start $kind
		quietly cp -r tree/d start:/
		seen=
		for call in fdatasync pwrite64; do
			for n in 1 2 3 4 5 6 11 17 24; do
				cp --sparse=always start fs
				strace -qq -o trace -e signal=none -e trace=$call -e inject=$call:signal=KILL:when=$n \
					"$bigdisk" rm -r fs:/d >/dev/null 2>&1 || true
				# Whoever comes next completes what was begun: our next change, or e2fsck, as the kernel does; without a
				# journal only the former.
				if [[ $kind = '-t ext2' || $((n % 2)) = 1 ]]; then
					quietly mkdir fs:/next
				else
					e2fsck -fp fs >/dev/null || [[ $? -eq 1 ]]
				fi
				clean fs "$kind, $call $n"
				bd find fs:/d --type file
				[[ $status -eq 4 || $(wc -l <<<"$output") -eq 40 ]] || fail "$kind, $call $n: half of it"
				seen+=" $status"
				none_but fs ''
			done
		done
		[[ $seen = *0*4* || $seen = *4*0* ]] || fail "$kind: always the same:$seen"
	done
}

# Nothing is beside the image but it.
none_but() { # FILE SUFFIX
	local left
	left=$(find . -maxdepth 1 -name "$1.*")
	[[ -z $left ]] || fail "left: $left"
}

@test "one that fails changes nothing, not even what came before it in the same command" {
	need mke2fs
	local before
	image fs -t ext4
	quietly mkdir -p fs:/a/b
	before=$(sha256sum <fs)
	for arguments in 'rm fs:/nothing' 'rm fs:/a' 'rm -r fs:/a fs:/nothing' 'mkdir fs:/x fs:/a' 'mv fs:/a fs:/a/b/c' \
		'mv fs:/nothing fs:/x' 'ln fs:/a fs:/x' 'chmod 0600 fs:/a fs:/nothing' 'chown nobody fs:/a' 'rm -r fs:/' \
		'cp nothing fs:/' 'cp -r . fs:/nothing/x' 'mkdir fs:/no/parent'; do
		# shellcheck disable=SC2086 # several words
		bd $arguments
		[[ $status -ne 0 && $(wc -l <<<"$stderr") -eq 1 ]] || fail "$arguments: $status $stderr"
		[[ $(sha256sum <fs) = "$before" ]] || fail "$arguments has changed it"
	done
	bd mkdir fs:/a
	refused 3
	bd rm fs:/nothing
	refused 4
	bd mv fs:/a other:/b
	refused 2
	bd cp a b
	refused 2
	quietly rm -f fs:/nothing
}

@test "an image that others use, and filesystems that are not written, are refused by name" {
	need mke2fs tune2fs debugfs
	local feature before
	image fs -t ext4
	exec 7<>fs
	bd mkdir fs:/x
	exec 7>&-
	refused 5
	[[ $stderr == *"open for writing"* ]] || fail "$stderr"
	for feature in casefold bigalloc ea_inode quota project mmp; do
		local more=()
		[[ $feature != casefold ]] || more=(-E encoding=utf8)
		rm -f other
		truncate -s 64M other
		mke2fs -q -F -t ext4 -O $feature "${more[@]}" other 2>/dev/null || continue
		before=$(sha256sum <other)
		bd mkdir other:/x
		[[ $status -eq 1 && $stderr == *" $feature "* ]] || fail "$feature: $status $stderr"
		[[ $(sha256sum <other) = "$before" ]] || fail "$feature: changed"
	done
	image fs -t ext4
	debugfs -w -R 'set_super_value state 2' fs 2>/dev/null
	bd mkdir fs:/x
	[[ $status -eq 1 && $stderr == *e2fsck* ]] || fail "$status $stderr"
}

@test "chmod and chown: modes as chmod(1) has them, names as the guest knows them" {
	need mke2fs debugfs
	image fs -t ext3
	mkdir -p etc
	printf 'root:x:0:0::/:/bin/sh\nwww-data:x:33:34::/:/bin/sh\n' >etc/passwd
	printf 'root:x:0:\nadm:x:4:\n' >etc/group
	: >file
	quietly cp -r etc fs:/
	quietly cp file fs:/f
	quietly mkdir fs:/d
	mode_is() { # MODE CHANGE PATH
		quietly chmod "$2" "fs:$3"
		bd find "fs:$3" --max-depth 0 --json
		[[ $(jq -r '.entries[0].mode' <<<"$output") = "$1" ]] || fail "$2 gives $(jq -r '.entries[0].mode' <<<"$output"), not $1"
	}
	umask 022
	mode_is 0640 640 /f
	mode_is 0751 +x,g-w,u=rwx /f
	mode_is 0664 a=r,ug+w /f
	mode_is 0664 a+X /f
	mode_is 6775 ug+xs,o+x /f
	mode_is 0600 0600 /f
	mode_is 1777 1777 /d
	mode_is 3775 g+s,o-w /d
	mode_is 2750 750 /d
	mode_is 0750 00750 /d
	bd chmod 888 fs:/f
	refused 2
	bd chmod u+y fs:/f
	refused 2
	owner_is() { # UID:GID OWNER
		quietly chown "$2" fs:/f
		bd find fs:/f --json
		[[ $(jq -r '.entries[0] | "\(.uid):\(.gid)"' <<<"$output") = "$1" ]] || fail "$2 gives $output"
	}
	owner_is 33:0 www-data
	owner_is 33:4 :adm
	owner_is 33:34 www-data:
	owner_is 70000:80000 70000:80000
	bd chown nobody fs:/f
	refused 4
	quietly cp --owner www-data:adm file fs:/g
	bd find fs:/g --json
	[[ $(jq -r '.entries[0] | "\(.uid):\(.gid)"' <<<"$output") = 33:4 ]] || fail "$output"
	# In a directory with set-group-ID, as Linux has it.
	quietly chown 0:50 fs:/d
	quietly chmod g+s fs:/d
	quietly mkdir fs:/d/new
	bd find fs:/d/new --json
	[[ $(jq -r '.entries[0] | "\(.gid) \(.mode)"' <<<"$output") = '50 2755' ]] || fail "$output"
	clean fs
}

@test "patterns and several targets; symbolic links are followed inside the image only" {
	need mke2fs
	image fs -t ext4
	mkdir -p logs
	touch logs/{a,b,c}.log logs/x.txt victim
	quietly cp -r logs fs:/
	quietly rm 'fs:/logs/*.log'
	bd find fs:/logs --type file
	[[ $output = /logs/x.txt ]] || fail "$output"
	quietly mkdir fs:/real
	quietly ln -s /real fs:/link
	quietly cp victim fs:/link
	quietly cp victim fs:/link/../real/second
	bd find fs:/real --type file
	[[ $output = $'/real/second\n/real/victim' ]] || fail "$output"
	quietly mv 'fs:/real/*' fs:/logs
	bd mv 'fs:/logs/*' fs:/one
	refused 1
	# Out: a link in the destination is no way out of it.
	mkdir -p out outside
	ln -s ../outside out/real
	quietly cp victim fs:/real/escapes
	bd cp -r fs:/real out
	[[ $status -ne 0 && -z $(ls outside) ]] || fail "written outside"
	clean fs
}

@test "cp out: devices and FIFOs stay what they are, and a directory's default ACL lets nobody in" {
	need mke2fs setfacl getfacl
	image fs -t ext4
	mkdir -p source/d
	printf 'secret\n' >source/file
	cp source/file source/d/file
	chmod 0640 source/file source/d/file
	setfacl -m d:u:12345:rw source/d || skip "no ACLs here"
	quietly cp -r source fs:/
	mkdir out
	mkfifo pipe out/file
	ln -s pipe link
	for name in pipe link out; do
		bd cp fs:/source/file "$name"
		refused 3
		bd cp -r fs:/source/file "$name"
		refused 3
	done
	[[ -p pipe && -L link && -p out/file ]] || fail "replaced"
	rm out/file
	# The host's default ACL, and that which came with the directory itself.
	setfacl -m d:u:54321:rw out
	quietly cp -r fs:/source/file fs:/source/d out
	for name in file d d/file; do
		diff <(getfacl -cn "source/$name") <(getfacl -cn "out/$name") || fail "$name"
	done
}

@test "edit writes back a change and only that; owner, mode and other names stay" {
	need mke2fs e2fsck
	local kind
	mkdir -p etc
	printf 'one\ntwo\n' >etc/conf
	ln etc/conf etc/second
	chmod 0640 etc/conf
	for kind in '-t ext3' '-t ext4' '-t ext4 -O inline_data'; do
		# shellcheck disable=SC2086 # several words
		image fs $kind
		quietly cp -r etc fs:/
		quietly chown 5:6 fs:/etc/conf
		quietly ln -s etc/conf fs:/link
		bd find fs:/etc/conf --json
		before=$(jq -c '.entries[0] | del(.modified, .size_bytes, .allocated_bytes)' <<<"$output")
		sum=$(sha256sum <fs)
		VISUAL='' EDITOR=true bd edit fs:/etc/conf
		[[ $status -eq 0 && $stderr = *"not changed"* && $(sha256sum <fs) = "$sum" ]] || fail "$status $stderr"
		VISUAL='' EDITOR='sed -i s/one/three/' bd edit fs:/link
		[[ $status -eq 0 && -z $stderr ]] || fail "$status $stderr"
		bd cat fs:/etc/second
		[[ $output = $'three\ntwo' ]] || fail "$output"
		bd find fs:/etc/conf --json
		[[ $(jq -c '.entries[0] | del(.modified, .size_bytes, .allocated_bytes)' <<<"$output") = "$before" ]] || fail "$output"
		# Larger, and smaller again.
		VISUAL='seq 100000 >' bd edit fs:/etc/conf
		[[ $status -eq 0 ]] || fail "$stderr"
		[[ $("$bigdisk" cat fs:/etc/conf | sha256sum) = "$(seq 100000 | sha256sum)" ]] || fail "$kind: large"
		VISUAL='truncate -s 0' bd edit fs:/etc/conf
		clean fs "$kind"
		VISUAL=false bd edit fs:/etc/conf
		refused 1
	done
	# What cannot be written back is not lost.
	rm fs
	truncate -s 16M fs
	mke2fs -q -F -t ext4 fs
	quietly cp etc/conf fs:/
	VISUAL='head -c 60000000 /dev/zero >' TMPDIR=$PWD bd edit fs:/conf
	[[ $status -ne 0 && $stderr = *"$PWD/xen-bigdisk-edit-"*/conf* ]] || fail "$status $stderr"
	[[ $(stat -c %s xen-bigdisk-edit-*/conf) = 60000000 ]] || fail "lost"
	clean fs
}

@test "tar: an archive of what is in an image, and unpacked in another it is the same" {
	need mke2fs e2fsck tar
	make_source
	image fs -t ext4
	quietly cp -r source fs:/
	facts source >expected
	for name in out.tar out.tar.gz out.tar.zst; do
		quietly tar fs:/source "$name"
		rm -rf unpacked
		mkdir unpacked
		tar --xattrs -xpf "$name" -C unpacked
		facts unpacked >found
		diff expected found || fail "$name"
	done
	[[ $(stat -c %s out.tar) -lt 8000000 ]] || fail "holes take room: $(stat -c %s out.tar)"
	# In again: over a directory that is there, and without one; from a pipe.
	image other -t ext3
	quietly tar out.tar.gz other:/new
	quietly tar out.tar.gz other:/new
	"$bigdisk" tar - other:/piped <out.tar.zst
	clean other
	for name in new piped; do
		rm -rf out
		quietly cp -r "other:/$name" out
		facts out >found
		diff expected found || fail "$name"
	done
	# What other programs made: no directories in it, hard links, cpio's content at the last name.
	(cd source && printf '%s\n' d/f d/second large | cpio --quiet -o -H newc >../c.cpio) || skip "no cpio here"
	quietly tar c.cpio other:/c
	[[ $("$bigdisk" cat other:/c/d/f) = hello && $("$bigdisk" cat other:/c/d/second) = hello ]] || fail "cpio"
	quietly tar other:/c/d/f one.tar
	[[ $(tar -tf one.tar) = f ]] || fail "$(tar -tf one.tar)"
	clean other
	bd tar fs:/source out.tar
	refused 3
	bd tar fs:/a other:/b
	refused 2
	bd tar --compress lzma fs:/source x.tar
	refused 2
	printf '../../outside\n' >../outside-list
	(cd source && tar -cPf ../evil.tar --transform 's,^large,../../large,' large)
	bd tar evil.tar other:/evil
	[[ $status -ne 0 ]] || fail "a path that leads upwards"
}
