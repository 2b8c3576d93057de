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
	# On a busy machine a stage takes more than a second, and says so.
	local stage='^ *(copying|reading the (files|archive)|writing (to the image|the tarball)) +done +[0-9.]+ s(  [0-9.]+[BKMGT](  [0-9.]+[BKMGT]/s)?)?$'
	[[ $status -eq 0 && -z $output ]] && { [[ -z $stderr ]] || ! grep -qvE "$stage" <<<"$stderr"; } ||
		fail "$*: status $status $output $stderr"
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

@test "a directory grows while files are put into it, and no block has two owners" {
	local kind i
	mkdir -p root/many more
	(cd root/many && seq -f 'a file with a long name %g' 1500 | xargs -d '\n' touch)
	for i in {1..250}; do yes "$i" | head -c $((i * 37 % 5000 + 1)) >"more/another file of a long name $i"; done
	for kind in '-t ext3 -b 1024' '-t ext4 -b 1024' '-t ext4 -b 1024 -O ^dir_index' '-t ext4 -b 1024 -O inline_data'; do
		# shellcheck disable=SC2086 # the words of the kind
		image disk.img $kind -d root
		e2fsck -fyD disk.img >/dev/null || [ $? -eq 1 ] # makes the index
		quietly cp more/* disk.img:/many/
		clean disk.img "$kind"
		quietly cp 'disk.img:/many/another*' "$(mkdir -p "out/$kind" && echo "out/$kind")"
		diff -r more "out/$kind"
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
	need mke2fs e2fsck
	need_strace
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

@test "an image that was just unmounted is not in use, though somebody looks at its loop device at that moment" {
	need mke2fs losetup findmnt
	need_mount
	image fs -t ext4
	mkdir mounted
	mount -o loop fs mounted
	local loop
	loop=$(findmnt -n -o SOURCE mounted)
	sleep 0.5 3<"$loop" &
	umount mounted
	quietly mkdir fs:/new
	wait
	clean fs
	# One that is not detached by itself stays in use.
	loop=$(losetup -f --show fs)
	bd mkdir fs:/another
	losetup -d "$loop"
	failed_with 5
}

is_detached() { # LOOP-DEVICE FILE
	! grep -qsxF "$PWD/$2" "/sys/block/${1##*/}/loop/backing_file"
}

@test "an image whose loop device ends between the kernel's answer and a look at the loop devices is not in use" {
	need mke2fs findmnt pgrep
	need_strace
	need_mount
	image fs -t ext4
	mkdir mounted
	mount -o loop fs mounted
	local holder call=1 job stopped loop
	loop=$(findmnt -n -o SOURCE mounted)
	sleep 100 4<"$loop" 3>&- &
	holder=$!
	umount mounted
	stopped_at 1 fs mkdir fs:/new
	kill $holder
	until_true is_detached "$loop" fs
	kill -CONT "$stopped"
	wait "$job" || fail "status $?: $(<stopped.err)"
	grep -q EAGAIN stopped.trace || fail "$(<stopped.trace)"
	clean fs
}

@test "of an image with a read-only loop device, it is a program that has it open for writing" {
	need mke2fs losetup
	need_mount
	image fs -t ext4
	local loop
	loop=$(losetup -r -f --show fs)
	exec 7<>fs
	bd mkdir fs:/new
	exec 7>&-
	losetup -d "$loop"
	failed_with 5
	[[ $stderr == *"open for writing: process $$ (bash)"* ]] || fail "$stderr"
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
	local owner
	owner_is 33:0 www-data
	owner_is 33:4 :adm
	owner_is 33:34 www-data:
	owner_is 70000:80000 70000:80000
	for owner in nobody :adm:x :ad; do
		bd chown "$owner" fs:/f
		refused 4
	done
	quietly cp --owner www-data:adm file fs:/g
	bd find fs:/g --json
	[[ $(jq -r '.entries[0] | "\(.uid):\(.gid)"' <<<"$output") = 33:4 ]] || fail "$output"
	# Against chmod(1), with every kind of step.
	mkdir -p ours/files
	local change i=0 changes=(-X a-x,a+X u+t +t o+t g=u o=g,u-s ug=o ug+rs-x,g=X a=,+x -w u=tr =rs+X go-sX +xst,u-X 2755 00755 u=rwX,go=rX
		g-s,+s o-tX-Xr ao-,go-tX u+r-t)
	for change in "${changes[@]}"; do
		for mode in 0000 0644 4755 7777; do
			: >"ours/files/f$mode.$i"
			mkdir "ours/files/d$mode.$i"
			chmod "$mode" "ours/files/f$mode.$i"
			chmod "0$mode" "ours/files/d$mode.$i"
		done
		i=$((i + 1))
	done
	quietly cp -r ours/files fs:/
	i=0
	for change in "${changes[@]}"; do
		chmod -- "$change" ours/files/*."$i"
		quietly chmod -- "$change" "fs:/files/*.$i"
		i=$((i + 1))
	done
	diff <(cd ours && find files -mindepth 1 -printf '/%p %04m\n' | sort) \
		<("$bigdisk" find fs:/files --json | jq -r '.entries[1:][] | "\(.path) \(.mode)"' | sort) || fail "not as chmod(1)"
	bd chmod -x fs:/f
	refused 2
	[[ $stderr = *"chmod -- -x"* ]] || fail "$stderr"
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

@test "a slash behind a name means a directory, and a link behind which one stands is not what it leads to" {
	need mke2fs e2fsck
	local before arguments
	: >file
	image fs -t ext4
	quietly mkdir -p fs:/d/e
	quietly cp file fs:/d/f
	quietly ln -s d fs:/link
	quietly ln -s d/f fs:/to-file
	before=$(sha256sum <fs)
	for arguments in 'rm -r fs:/link/' 'mv fs:/link/ fs:/x' 'cp file fs:/d/f/' 'cp file fs:/new/' 'ln -s x fs:/new/' 'mv fs:/d/f fs:/new/' \
		'ln fs:/d/f/ fs:/new' 'rm fs:/to-file/' 'chmod 700 fs:/to-file/' 'mv fs:/d/f/ fs:/x'; do
		# shellcheck disable=SC2086 # several words
		bd $arguments
		[[ ($status -eq 1 || $status -eq 4) && $stderr = *"director"* || $stderr = *"symbolic link"* ]] || fail "$arguments: $status $stderr"
		[[ $(sha256sum <fs) = "$before" ]] || fail "$arguments has changed it"
	done
	bd ls fs:/to-file/
	failed_with 4
	bd ls -d 'fs:/*/'
	[[ $output = $'/d\n/link\n/lost+found' ]] || fail "$output"
	quietly ln -s other/ fs:/d
	bd ls fs:/d
	[[ $status -eq 0 ]] || fail "$output"
	quietly mkdir fs:/new/
	quietly mv fs:/d/ fs:/new/
	clean fs
}

@test "two files of one name do not go into one directory, as one of them would be lost" {
	need mke2fs
	image fs -t ext4
	mkdir -p a/x b/x out
	printf a | tee a/f >a/x/f
	printf b | tee b/f >b/x/f
	quietly cp -r a b fs:/
	quietly mkdir fs:/d
	local before arguments
	before=$(sha256sum <fs)
	for arguments in 'mv fs:/[ab]/f fs:/d' 'mv fs:/a/f fs:/b/f fs:/d' 'cp fs:/a/f fs:/b/f fs:/d' 'cp a/f b/f fs:/d' 'cp -r a/x b/x fs:/d' \
		'cp fs:/[ab]/f out'; do
		# shellcheck disable=SC2086 # several words
		bd $arguments
		[[ $status -eq 3 && $stderr = *"another file of this command already has that name" ]] || fail "$arguments: $status $stderr"
		[[ $(sha256sum <fs) = "$before" ]] || fail "$arguments has changed it"
	done
	# An archive may have a later version of a file.
	tar -cf two.tar -C a f
	tar -rf two.tar -C b f
	quietly tar two.tar fs:/d
	[[ $("$bigdisk" cat fs:/d/f) = b ]] || fail "not the later one"
}

@test "cp -r of dir/. copies what is in the directory, as cp(1)" {
	need mke2fs
	image fs -t ext4
	mkdir -p source/x there
	printf 1 >source/f
	ln source/f source/second
	quietly mkdir fs:/there
	quietly cp -r source/. fs:/there
	quietly cp -r source/. fs:/new
	(cd source && "$bigdisk" cp -a . ../fs:/dot)
	quietly mkdir fs:/again
	quietly cp -r fs:/new/. fs:/again
	quietly cp -r fs:/new/. there
	quietly cp -r fs:/new/. new/
	for name in there new dot again; do
		diff <(cd source && find . -printf '%P %y %n\n' | sort) <("$bigdisk" find "fs:/$name" --json |
			jq -r '.entries[] | "\(.path | ltrimstr("/'$name'") | ltrimstr("/")) \(.type[:1]) \(.links)"' | sort) || fail "$name"
	done
	for name in there new; do
		diff <(cd source && find . -printf '%P %y %n\n' | sort) <(cd $name && find . -printf '%P %y %n\n' | sort) || fail "$name"
	done
	clean fs
}

@test "directories of very many files: they are filled, changed and emptied, hash trees of the kernel too" {
	need mke2fs e2fsck
	local kind
	mkdir many
	(cd many && seq 30000 | xargs touch)
	for kind in '-t ext4 -N 70000' '-t ext3 -b 1024 -N 70000'; do
		# shellcheck disable=SC2086 # several words
		image fs $kind
		quietly cp --quiet -r many fs:/
		quietly rm --quiet 'fs:/many/*7'
		clean fs "$kind"
		diff <(ls many | grep -v '7$' | sort) <("$bigdisk" ls fs:/many | sort) || fail "$kind"
		quietly cp --quiet -r many fs:/
		quietly rm --quiet 'fs:/many/1*'
		if [[ $(id -u) -eq 0 ]] && mkdir mounted && mount -o loop fs mounted 2>/dev/null; then
			# Now a hash tree.
			mkdir mounted/tree
			(cd mounted/tree && seq 20000 | xargs touch)
			umount mounted
			quietly cp --quiet -r many/. fs:/tree
			clean fs "$kind, tree"
			quietly rm --quiet 'fs:/tree/*3'
			quietly mv fs:/tree/2 fs:/tree/another
		fi
		clean fs "$kind"
		quietly rm --quiet -r fs:/many
		quietly rm --quiet -rf fs:/tree
		clean fs "$kind"
	done
}

@test "a file that the filesystem cannot hold is refused, and nothing is written, not even content" {
	need mke2fs
	local kind size before
	for kind in '-t ext3 -b 1024' '-t ext4 -b 1024'; do
		# shellcheck disable=SC2086 # several words
		image fs $kind
		before=$(sha256sum <fs)
		rm -f large
		size=16843020K # 12 + 256 + 256^2 + 256^3 blocks
		[[ $kind != *ext4* ]] || size=4294967295K
		truncate -s $size large
		quietly cp large fs:/
		clean fs "$kind"
		quietly rm fs:/large
		truncate -s +1 large
		before=$(sha256sum <fs)
		bd cp large fs:/
		refused 1
		[[ $stderr = *"too large for this filesystem"* && $(sha256sum <fs) = "$before" ]] || fail "$kind: $stderr"
		head -c 150M /dev/zero >large
		bd cp large fs:/
		failed_with 6
		[[ $(sha256sum <fs) = "$before" ]] || fail "$kind: written"
	done
}

@test "times beyond 2038 in inodes without room for them become the last that they can have, as in the kernel" {
	need mke2fs
	: >file
	touch -d '2050-01-01 UTC' file
	image fs -t ext3 -I 128
	quietly cp file fs:/
	bd find fs:/file --json
	[[ $(jq -r '.entries[0].modified' <<<"$output") = 2038-01-19T03:14:07Z ]] || fail "$output"
	# Of a directory that had such a time, all of it is replaced.
	mkdir future
	touch -d '2050-01-01 00:00:00.5 UTC' future
	image fs -t ext4
	quietly cp -r future fs:/
	quietly mkdir fs:/future/e
	bd find fs:/future --max-depth 0 --json
	[[ $(jq -r '.entries[0].modified' <<<"$output") < 2050 ]] || fail "$output"
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

# What is in a folder: types, modes, targets, times and content of files. A directory that existed has the time of its last entry.
tree_of() { # FOLDER
	(cd "$1" && find . -mindepth 1 \( -type f -printf '%P %y %m %T@ ' -exec cksum {} + -o -printf '%P %y %m %l\n' \) | sort)
}

# A folder with one of each that a destination may be.
destinations() { # FOLDER
	mkdir -p "$1"/{dir,inner} "$1/taken/tree"
	printf old >"$1/exists"
	printf target >"$1/inner/target"
	printf old >"$1/taken/tree/a"
	mkdir "$1/taken/file"
	ln -s inner/target "$1/tofile"
	ln -s inner "$1/todir"
	ln -s nothing "$1/dangling"
	ln -s loop "$1/loop"
	touch -h -d '2020-01-01' "$1"/{exists,inner/target,taken/tree/a,tofile,todir,dangling,loop}
}

@test "cp out does with each kind of destination what cp(1) does" {
	need mke2fs
	image fs -t ext4
	local sources destination option wanted paths
	mkdir -p s/tree/d
	printf 'hello\n' >s/file
	printf 1 >s/tree/a
	printf 2 >s/tree/d/b
	chmod 640 s/file
	chmod 750 s/tree/d
	ln -s file s/link
	quietly cp -r s/file s/tree s/link fs:/
	destinations fresh
	while read -r sources; do
		for destination in new new/ exists exists/ exists/below dir dir/ tofile tofile/ todir todir/ dangling dangling/ loop \
			no/such taken taken/tree .; do
			rm -rf ours theirs
			cp -a fresh ours
			cp -a fresh theirs
			option=''
			paths=$sources
			[[ $sources != -r* ]] || option=-r paths=${sources#-r }
			# shellcheck disable=SC2086 # several words
			(cd theirs && cp -p $option ${paths//@/../s} "$destination" >../said 2>&1) && wanted=0 || wanted=$?
			cd ours
			# shellcheck disable=SC2086 # several words
			bd cp $option ${paths//@/../fs:} "$destination"
			cd ..
			[[ $((status > 0)) -eq $wanted ]] || fail "$sources $destination: status $status and $wanted: $(<said)"
			[[ $status -eq 0 || $stderr == *'error: '?* ]] || fail "$sources $destination: $stderr"
			diff <(tree_of theirs) <(tree_of ours) || fail "$sources $destination: $(<said)"
		done
	done <<-'EOF2'
		@/file
		-r @/file
		-r @/tree
		-r @/link
		@/tree @/file
		-r @/tree @/file
		@/nothing
	EOF2
	# Below a directory no link is followed, whatever cp(1) does: names there come from the image.
	rm -rf ours
	cp -a fresh ours
	ln -s ../inner/target ours/dir/file
	quietly cp fs:/file ours/dir
	[[ -f ours/dir/file && ! -L ours/dir/file && $(<ours/inner/target) == target ]] || fail "followed"
}

@test "cp out goes on where a file cannot be created, and all directories get their modes and times" {
	need mke2fs debugfs
	image fs -t ext2 -b 1024
	mkdir -p s/d/e s/f
	printf 1 >s/d/1
	printf 2 >s/d/e/2
	ln s/d/e/2 s/d/z
	printf 3 >s/f/3
	printf 4 >s/g
	head -c 3000000 /dev/zero | tr '\0' x >s/f/bad
	chmod 750 s/d/e
	chmod 711 s/f
	touch -d '2021-02-03' s/d/e s/d s/f
	quietly cp -r s fs:/
	for folder in ours theirs; do
		mkdir -p "$folder"/s/d/{1,e/2}
		printf 'no directory' >"$folder/s/f"
		touch -d '2020-01-01' "$folder/s/f"
	done
	cp -rp s theirs >said 2>&1 || [[ $? -eq 1 ]]
	bd cp -r fs:/s fs:/nothing ours
	[[ $status -eq 3 || $status -eq 1 ]] || fail "$status"
	[[ $(grep -c 'error: ' <<<"$stderr") -eq 4 && $stderr == *': /nothing: '* ]] || fail "$stderr"
	diff <(tree_of theirs) <(tree_of ours)
	[[ $(stat -c '%a %y' ours/s/d/e) == "$(stat -c '%a %y' s/d/e)" && $(stat -c %y ours/s/d) == "$(stat -c %y s/d)" ]]
	# What cannot be read is not there as if it were whole.
	debugfs -w -R 'sif /s/f/bad block[IND] 99999999' fs 2>/dev/null
	rm -rf ours
	mkdir ours
	bd cp -r fs:/s ours
	[[ $status -eq 1 && $(grep -c 'error: ' <<<"$stderr") -eq 1 && $stderr == *'/s/f/bad: '* ]] || fail "$status $stderr"
	rm s/f/bad
	touch -d '2021-02-03' s/f
	(cd s && facts .) >expected
	(cd ours/s && facts .) >found
	diff expected found
	holds ours/s d e f g 1 2 3 z
	# Ctrl-C.
	need_strace
	rm -rf ours
	mkdir ours
	ASAN_OPTIONS=detect_leaks=0 "${default_signals[@]}" strace -qq -o trace -e trace=renameat -e inject=renameat:signal=INT:when=2 \
		"$bigdisk" cp -r fs:/s ours >said 2>&1 && fail "not interrupted"
	holds ours/s d e 1 2
	[[ $(stat -c '%a %y' ours/s/d/e) == "$(stat -c '%a %y' s/d/e)" ]]
}

@test "another user's cp out goes on in directories where that user may create nothing" {
	need_root
	need mke2fs setpriv
	image fs -t ext4
	mkdir -p s/closed s/open out/s/closed
	printf 1 >s/closed/1
	printf 2 >s/open/2
	chmod 700 s/open
	quietly cp -r s fs:/
	chmod 755 out/s/closed
	chown 65534 out out/s
	chmod 644 fs
	setpriv --reuid=65534 --regid=65534 --clear-groups true || skip "no other users here"
	setpriv --reuid=65534 --regid=65534 --clear-groups [ -r fs ] || chmod a+x .. .
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups "$bigdisk" cp -r fs:/s out
	[[ $status -eq 1 && $(grep -c 'error: ' <<<"$stderr") -eq 2 && $stderr == *'/s/closed: '*'/s/closed/1: cannot create it: Permission denied'* ]] ||
		fail "$status $stderr"
	holds out s closed open 2
	[[ $(stat -c '%a %u' out/s/open) == '700 65534' && $(<out/s/open/2) == 2 ]]
}

@test "edit takes the system's editor where the environment names none, and vi only where there is no other" {
	need mke2fs
	local editor
	edit() { # FOLDER-OF-PROGRAMS VISUAL EDITOR
		run --separate-stderr env PATH="$PWD/$1" VISUAL="$2" EDITOR="$3" "$bigdisk" edit fs:/conf
	}
	echo text >conf
	image fs -t ext4
	quietly cp conf fs:/
	mkdir bin empty
	for editor in vi editor sensible-editor; do
		printf '#!/bin/sh\necho %s >"$1"\n' "$editor" >bin/$editor
		chmod 755 bin/$editor
		edit bin '' ''
		[[ $status -eq 0 && $("$bigdisk" cat fs:/conf) == "$editor" ]] || fail "$editor: $status $stderr"
	done
	edit bin vi editor
	[[ $("$bigdisk" cat fs:/conf) == vi ]]
	edit empty '' ''
	[[ $status -eq 1 && $stderr == "xen-bigdisk: error: there is no editor: install one, or name one in \$EDITOR" ]] || fail "$status $stderr"
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
	# Into a pipe, with nothing behind the compressed data.
	"$bigdisk" tar fs:/source - --compress zstd | cat >piped.zst
	zstd -qdc piped.zst | tar -t >/dev/null || fail "zstd does not read it"
	zstd -qt piped.zst || fail "there is something behind it"
	bd tar fs:/source out.tar.bz2
	refused 2
	[[ $stderr = *"--compress"*".bz2"* && ! -e out.tar.bz2 ]] || fail "$stderr"
	bd tar nothing.tar fs:/x
	refused 4
	bd tar nosuch.img:/etc -
	[[ $status -ne 0 && $stderr == "xen-bigdisk: error: there is neither a file nosuch.img here nor a guest of that name" ]] || fail "$stderr"
	bd tar fs:/a other:/b
	refused 2
	bd tar --compress lzma fs:/source x.tar
	refused 2
	printf '../../outside\n' >../outside-list
	(cd source && tar -cPf ../evil.tar --transform 's,^large,../../large,' large)
	bd tar evil.tar other:/evil
	[[ $status -ne 0 ]] || fail "a path that leads upwards"
}
