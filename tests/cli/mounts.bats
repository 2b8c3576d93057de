#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Filesystems of their own that a guest mounts: what of the template is where, checked by e2fsck, debugfs, blkid and tar.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# The template t in store, of the folder root, which runs as any user.
template() {
	mkdir -p root/etc root/sbin root/usr/bin root/var/lib/dpkg root/var/log root/home/joe root/srv
	printf '#!/bin/sh\n' >root/sbin/init
	chmod 755 root/sbin/init
	chmod 2750 root/home/joe
	chmod 1777 root/srv
	for i in $(seq 120); do echo "$i" >"root/var/lib/dpkg/file $i"; done
	head -c 3M /dev/urandom >root/var/log/large
	truncate -s 40M root/var/log/hole
	printf end >>root/var/log/hole
	ln -s ../log/large root/var/lib/link
	ln root/var/log/large root/var/log/again
	echo program >root/usr/bin/program
	ln root/usr/bin/program root/var/lib/program
	ln -s var/lib root/short
	printf 'tmpfs /var/lib/scratch tmpfs size=1M 0 0\n' >root/etc/fstab
	bd template import t root --templates store
	[[ $status -eq 0 ]] || fail "$stderr"
}

new() {
	bd new "$@" --no-start --dir d --templates store --template t --size 64M
}

fleet() {
	bd fleet "$1" f.json --no-start --dir d --templates store "${@:2}"
}

# has_files IMAGE[@NUMBER] FOLDER: what the folder has, and nothing else.
has_files() {
	"$bigdisk" tar "$1:/" "$BATS_TEST_TMPDIR/x.tar" --quiet
	tar --compare --exclude=lost+found -f x.tar -C "$2"
	diff <(tar tf x.tar | sed 's|^\./||; s|/$||' | grep -vxE '(lost.found)?' | sort) <(cd "$2" && find . -mindepth 1 -printf '%P\n' | sort)
	rm x.tar
}

# whole_disk IMAGE FOLDER: a clean filesystem with what the folder has.
whole_disk() {
	e2fsck -fn "$1" || fail "$1"
	has_files "$1" "$2"
}

uuid() {
	blkid -p -o value -s UUID "$1" || true
}

@test "what the template has below a mount point is on that disk, and nowhere else" {
	need e2fsck debugfs blkid jq sfdisk tar
	template
	new web01 --fs ext4 --disk 16M:/var/lib --disk 1M --disk 24M:/var --disk 16M:/home --disk 8M:/opt/data
	[[ $status -eq 0 ]]
	[[ $stderr == *"the template has hard links between what is below /var/lib and other files (1), which become files of their own in the guest"* ]]
	[[ $(grep -c 'hard links' <<<"$stderr") -eq 1 ]]
	holds d web01.img web01_disk{2,3,4,5,6}.img web01.cfg
	# Only what was asked for has a filesystem, and of the kind that was.
	local number
	for number in 2 4 5 6; do
		[[ $(blkid -p -o value -s TYPE "d/web01_disk$number.img") == ext4 ]] || fail "$number"
	done
	[[ -z $(uuid d/web01_disk3.img) ]]
	fsck_is_clean d/web01.img
	whole_disk d/web01_disk5.img root/home
	mkdir empty
	whole_disk d/web01_disk6.img empty
	cp -a root/var var
	cp -a root/var/lib lib
	rm -r var/lib/*
	whole_disk d/web01_disk4.img var
	whole_disk d/web01_disk2.img lib
	# The links that are left.
	[[ $(debugfs -R 'stat /log/again' d/web01_disk4.img 2>/dev/null) == *"Links: 2 "* ]]
	[[ $(debugfs -R 'stat /program' d/web01_disk2.img 2>/dev/null) == *"Links: 1 "* ]]
	[[ $(in_image d/web01.img 'stat /usr/bin/program') == *"Links: 1 "* ]]
	# The directories are there to be mounted on, as empty as can be, and the root of what is mounted is as they are.
	local name
	for name in var home opt/data; do
		[[ $(in_image d/web01.img "ls -p /$name" | grep -vc '/\.\{1,2\}/') -eq 1 ]] || fail "$name is not empty"
	done
	"$bigdisk" diff d/web01.img:/ --template=t --templates store >differences || true
	diff <(sed -n 's/^removed  *//p' differences | sort) <(cd root && find var home -mindepth 1 -printf '/%p\n' | sort)
	[[ $(sed -n 's/^changed  *\([^ ]*\).*/\1/p' differences) == /etc/fstab: ]] || fail "$(<differences)"
	# Each before what is mounted in it.
	"$bigdisk" cat d/web01.img:/etc/fstab | grep -v ' / ' >fstab
	diff fstab - <<-END
		UUID=$(uuid d/web01_disk4.img) /var ext4 defaults 0 2
		UUID=$(uuid d/web01_disk2.img) /var/lib ext4 defaults 0 2
		tmpfs /var/lib/scratch tmpfs size=1M 0 0
		UUID=$(uuid d/web01_disk5.img) /home ext4 defaults 0 2
		UUID=$(uuid d/web01_disk6.img) /opt/data ext4 defaults 0 2
	END
	bd check --dir d web01
	[[ $output == *"web01_disk2.img: whole disk: ext4 of 16 MiB in 16 MiB; e2fsck finds nothing"* && $output == *"web01_disk3.img: partition table: none"* ]]
}

@test "mode, owner and attributes of a mount point are those of the filesystem, and the guest's own files follow" {
	need debugfs e2fsck
	need_root
	template
	chown 1000:1001 root/home/joe root/home
	chmod 0711 root/home
	setfattr -n user.note -v kept root/home 2>/dev/null || skip "no attributes here"
	echo mine >note
	bd template import t2 root --templates store
	bd new a --no-start --dir d --templates store --template t2 --size 64M --disk 16M:/home --disk 8M:/new --file note:/home/joe/note --file note:/new/sub/note
	[[ $status -eq 0 ]]
	local image
	for image in d/a_disk2.img "d/a.img?offset=$(root_offset d/a.img)"; do
		local path=/
		[[ $image != *offset* ]] || path=/home
		[[ $(debugfs -R "stat $path" "$image" 2>/dev/null) =~ Mode:\ +0711.*User:\ +1000\ +Group:\ +1001 ]] || fail "$image"
		[[ $(debugfs -R "ea_get $path user.note" "$image" 2>/dev/null) == *'"kept"'* ]] || fail "$image"
	done
	e2fsck -fn d/a_disk2.img
	e2fsck -fn d/a_disk3.img
	fsck_is_clean d/a.img
	[[ $("$bigdisk" cat d/a_disk2.img:/joe/note d/a_disk3.img:/sub/note | xargs) == "mine mine" ]]
	[[ -z $("$bigdisk" find d/a.img:/ --name note) ]]
}

@test "--dry-run and --json tell of them, and --seed makes the same ones" {
	need jq
	template
	new a --dry-run --disk 24M:/var
	[[ $status -eq 0 && $output == *"  $PWD/d/a_disk2.img (24 MiB, mounted on /var)"* ]]
	is_empty d
	new a --seed x --disk 24M:/var --json
	[[ $(jq -c '.mounts[0] | [.path, .disk, .size_bytes]' <<<"$output") == "[\"/var\",\"$PWD/d/a_disk2.img\",25165824]" ]]
	[[ $(jq -r '.mounts[0].uuid' <<<"$output") == "$(uuid d/a_disk2.img)" ]]
	SOURCE_DATE_EPOCH=1000000000 new b --seed x --disk 24M:/var
	sha256sum d/b_disk2.img >sum
	bd rm --dir d b --yes
	SOURCE_DATE_EPOCH=1000000000 new b --seed x --disk 24M:/var
	sha256sum -c sum
}

@test "what does not fit is known before anything is written, by its mount point" {
	template
	local how
	for how in --dry-run --quiet; do
		new a "$how" --disk 8M:/home --disk 8M:/var --fs ext4
		refused 6
		[[ $stderr == *"cannot make $PWD/d/a_disk3.img, which is mounted on /var: "*" KiB are missing"* ]]
	done
	# What the other disks take is no matter of the root's any more.
	head -c 30M /dev/zero | tr '\0' x >root/home/large
	bd template import t2 root --templates store
	bd new a --no-start --dir d --templates store --template t2 --size 32M --disk 48M:/home
	[[ $status -eq 0 ]]
	bd new b --no-start --dir d --templates store --template t2 --size 32M
	[[ $status -eq 6 ]]
}

@test "mount points that cannot be are refused by name" {
	template
	local path
	for path in home / // /home/ /a//b /a/./b /a/../b '/a b' '/a\b' '' /etc /etc/x /bin /sbin /usr /usr/lib /lib /lib64 /boot /dev /dev/x /proc /sys /run /run/x /lost+found; do
		new a --disk "16M:$path"
		refused 2
		[[ $stderr == *"--disk: "*"$path"* ]] || fail "$path"
	done
	new a --disk 16M:/srv --disk 16M:/srv
	refused 2
	[[ $stderr == *"--disk: /srv is on another disk already"* ]]
	new a --disk 7M:/srv
	refused 2
	[[ $stderr == *"the minimum is 8M"* ]]
	bd new a --no-start --dir d --template none --disk 16M:/srv
	refused 2
	[[ $stderr == *"no system that could mount /srv"* ]]
	new a --disk 16M:/short/dpkg
	refused 1
	[[ $stderr == *"/short/dpkg is below a symbolic link of the template; mount /var/lib/dpkg instead"* ]]
	for path in /short /var/log/large; do
		new a --disk "16M:$path"
		refused 1
		[[ $stderr == *"$path is not a directory in the template"* ]]
	done
}

@test "a copy has filesystems of its own and mounts those, and they grow" {
	need e2fsck blkid resize2fs
	template
	new a --disk 24M:/var
	bd clone --dir d a b
	[[ $status -eq 0 && $(uuid d/b_disk2.img) != "$(uuid d/a_disk2.img)" ]]
	"$bigdisk" cat d/b.img:/etc/fstab | grep -qx "UUID=$(uuid d/b_disk2.img) /var ext3 defaults 0 2"
	bd grow d/b_disk2.img 48M
	[[ $status -eq 0 ]]
	cp -a root/var var
	whole_disk d/b_disk2.img var
	[[ $(dumpe2fs -h d/b_disk2.img 2>/dev/null | sed -n 's/^Block count: *//p') -eq $((48 << 8)) ]]
}

@test "a copy's identity is a new one on what it mounts, too" {
	need debugfs e2fsck ssh-keygen tune2fs
	mkdir -p root/etc root/usr/sbin root/lib/systemd root/var/lib/systemd root/var/lib/dhcp root/root/.ssh
	printf '#!/bin/sh\n' | tee root/usr/sbin/sshd >root/lib/systemd/systemd
	chmod 755 root/usr/sbin/sshd root/lib/systemd/systemd
	echo 'root:x:0:0:root:/root:/bin/sh' >root/etc/passwd
	template
	ssh-keygen -q -t ed25519 -N '' -C one -f one
	ssh-keygen -q -t ed25519 -N '' -C two -f two
	new a --disk 24M:/var --disk 16M:/root --ssh-key one.pub
	[[ $status -eq 0 ]]
	# What the guest would have by now.
	local name
	for name in systemd/random-seed dhcp/dhclient.leases; do
		"$bigdisk" cp root/etc/fstab "d/a_disk2.img:/lib/$name"
	done
	bd clone --dir d a b --ssh-key two.pub
	[[ $status -eq 0 ]]
	[[ -z $("$bigdisk" find d/b_disk2.img:/ --name '*random-seed') && -z $("$bigdisk" find d/b_disk2.img:/ --name '*.leases') ]]
	[[ $("$bigdisk" cat d/b_disk3.img:/.ssh/authorized_keys) == *two* ]]
	[[ -z $("$bigdisk" find d/b.img:/root --name authorized_keys) ]]
	[[ $("$bigdisk" find d/a_disk2.img:/ --name '*random-seed') == *random-seed ]]
	e2fsck -fn d/b_disk2.img
	e2fsck -fn d/b_disk3.img
	fsck_is_clean d/b.img
	# As administrators write it.
	for name in LABEL=data "/dev/disk/by-uuid/$(uuid d/b_disk2.img)"; do
		tune2fs -L data d/b_disk2.img
		"$bigdisk" cp --quiet root/etc/fstab d/b_disk2.img:/lib/systemd/random-seed
		"$bigdisk" cat d/b.img:/etc/fstab | sed "s|^[^ ]* /var |$name /var |" >fstab
		"$bigdisk" cp --quiet fstab d/b.img:/etc/fstab
		bd clone --dir d b c
		[[ $status -eq 0 ]] || fail "$stderr"
		[[ -z $("$bigdisk" find d/c_disk2.img:/ --name '*random-seed') ]] || fail "$name"
		bd rm --dir d c --yes
	done
}

@test "fleets have them, and room for a template on all disks together" {
	need jq blkid
	template
	head -c 30M /dev/zero | tr '\0' x >root/home/large
	bd template import t2 root --templates store
	[[ $status -eq 0 ]]
	echo '{ "fleet": "f", "defaults": { "template": "t2", "size": "32M", "disks": ["48M:/home", "16M"] }, "guests": { "a": {}, "b": {} } }' >f.json
	fleet apply
	[[ $status -eq 0 ]]
	holds d {a,b}.img {a,b}_disk{2,3}.img {a,b}.cfg
	[[ $("$bigdisk" cat d/b.img:/etc/fstab) == *"UUID=$(uuid d/b_disk2.img) /home ext3 defaults 0 2"* ]]
	fleet plan --json
	[[ $(jq -r '.guests[].action' <<<"$output" | xargs) == "keep keep" ]]
	sed -i 's|48M:/home|48M:/srv|' f.json
	fleet plan
	[[ $(grep -c 'disks: /home=48 MiB -> /srv=48 MiB needs a new disk' <<<"$output$stderr") -eq 2 ]] || fail "$output$stderr"
	sed -i 's|48M:/srv|48M:/etc|' f.json
	fleet plan
	failed_with 1
	[[ $stderr == *'"disks": /etc cannot be on a disk of its own'* ]]
}

@test "a guest of a whole disk has empty further disks before its seed, and none that it mounts" {
	need mke2fs sfdisk
	truncate -s 64M x.img
	echo ',,L' | sfdisk -q --label gpt x.img
	truncate -s 32M fs
	mke2fs -q -t ext4 fs
	dd if=fs of=x.img bs=1M seek=1 conv=notrunc,sparse status=none
	bd template import w x.img --as disk --templates store
	[[ $status -eq 0 ]]
	bd new a --template w --templates store --dir d --no-start --disk 16M:/srv
	refused 2
	[[ $stderr == *"--disk: the template w is a whole disk, in which nothing can be told to mount /srv"* ]]
	bd new a --template w --templates store --dir d --no-start --mount /srv=16M
	refused 2
	[[ $stderr == *"--mount: the template w is a whole disk, which is copied as it is"* ]]
	bd new a --template w --templates store --dir d --no-start --disk 16M
	[[ $status -eq 0 ]]
	holds d a.img a_disk2.img a-seed.iso a.cfg
	[[ $(grep -o 'target=/[^"]*' d/a.cfg | xargs) == "target=$PWD/d/a.img target=$PWD/d/a_disk2.img target=$PWD/d/a-seed.iso" ]]
	bd clone --dir d a b
	[[ $status -eq 0 ]]
	bd rm --dir d a --yes
	holds d b.img b_disk2.img b-seed.iso b.cfg
}

# --- partitions of the first disk ---------------------------------------------------------------------------------

# whole_partition IMAGE NUMBER FOLDER: as whole_disk, of a partition, which it fills to the block.
whole_partition() {
	local offset=$(($(region "$1" "$2" start) * 512)) blocks size
	e2fsck -fn "$1?offset=$offset" || fail "$1 $2"
	{ read -r blocks && read -r size; } < <(dumpe2fs -h "$1?offset=$offset" 2>/dev/null | sed -n 's/^Block \(count\|size\): *//p')
	[[ $blocks -eq $(($(region "$1" "$2" size) * 512 / size)) ]] || fail "$1 $2: not filled"
	has_files "$1@$2" "$3"
}

# partition_uuid IMAGE NUMBER
partition_uuid() {
	blkid -p -O $(($(region "$1" "$2" start) * 512)) -o value -s UUID "$1"
}

table() {
	sfdisk -d "$1" | sed -n 's/^[^ ]*img\([0-9]\) : //p' | tr -d ' '
}

@test "--mount makes partitions that hold what the template has there, before the root's, in both layouts" {
	need e2fsck dumpe2fs debugfs blkid sfdisk tar
	template
	cp -a root/var var
	cp -a root/var/lib lib
	rm -r var/lib/*
	mkdir empty
	local layout numbers
	for layout in aligned cylinder; do
		rm -rf d
		mkdir d
		bd new a --layout "$layout" --swap 3M --mount /var=20001K --mount /opt/data=9M --disk 16M:/var/lib --size 67109376 \
			--no-start --dir d --templates store --template t
		[[ $status -eq 0 ]] || fail "$stderr"
		holds d a.{img,cfg} a_disk2.img
		# As sfdisk sees it: the root's is the first and the one to boot, and lies behind the others, with swap at its end.
		if [[ $layout == aligned ]]; then
			diff <(table d/a.img) - <<-END
				start=61440,size=63488,type=83,bootable
				start=124928,size=6144,type=82
				start=2048,size=40960,type=83
				start=43008,size=18432,type=83
			END
		else
			diff <(table d/a.img) - <<-END
				start=80325,size=32130,type=83,bootable
				start=112455,size=16065,type=82
				start=63,size=48132,type=83
				start=48195,size=32130,type=83
			END
		fi
		sfdisk -V d/a.img >said 2>&1 || fail "$(<said)"
		fsck_is_clean d/a.img
		whole_partition d/a.img 3 var
		whole_partition d/a.img 4 empty
		whole_disk d/a_disk2.img lib
		"$bigdisk" cat d/a.img:/etc/fstab | grep -v ' / ' >fstab
		diff fstab - <<-END
			UUID=$(partition_uuid d/a.img 3) /var ext3 defaults 0 2
			UUID=$(uuid d/a_disk2.img) /var/lib ext3 defaults 0 2
			tmpfs /var/lib/scratch tmpfs size=1M 0 0
			UUID=$(partition_uuid d/a.img 4) /opt/data ext3 defaults 0 2
			UUID=$(partition_uuid d/a.img 2) none swap sw 0 0
		END
		[[ $(in_image d/a.img 'ls -p /var' | grep -vc '/\.\{1,2\}/') -eq 1 ]] || fail "/var is not empty"
		bd check --dir d a
		[[ $(grep -c 'e2fsck finds nothing' <<<"$output") -eq 4 && $stderr$output != *warning* ]] || fail "$output"
		[[ $(grep -c '^problem' <<<"$output") -eq 1 && $output == *"problem boot-entries-missing"* ]] || fail "$output"
		[[ $("$bigdisk" info d/a.img) == *"layout       $layout"* ]]
		[[ $("$bigdisk" list --dir d) == *"$layout"* ]]
	done
	# Three without swap.
	bd new b --no-start --dir d --templates store --template t --fs ext4 --size 67109376 --mount /srv=8M --mount /home=8M --mount /var=20M
	[[ $status -eq 0 ]]
	for numbers in 2:srv 3:home 4:var; do
		whole_partition d/b.img "${numbers%:*}" "root/${numbers#*:}"
		[[ $(blkid -p -O $(($(region d/b.img "${numbers%:*}" start) * 512)) -o value -s TYPE d/b.img) == ext4 ]]
	done
	# The disk's last sectors, that are no MiB, are the root's.
	[[ $(($(region d/b.img 1 start) + $(region d/b.img 1 size))) -eq 131073 ]]
}

@test "the kernel mounts them, and finds owners, modes and attributes of the mount points" {
	need losetup mount blkid
	need_root
	template
	chown -R 1000:1001 root/home
	chmod 0711 root/home
	bd template import t2 root --templates store
	bd new a --no-start --dir d --templates store --template t2 --size 64M --swap 2M --mount /home=9M --mount /var=20M
	[[ $status -eq 0 ]] || fail "$stderr"
	local number offset
	mkdir m
	for number in 3:home 4:var; do
		offset=$(($(region d/a.img "${number%:*}" start) * 512))
		mount -o "ro,noload,loop,offset=$offset,sizelimit=$(($(region d/a.img "${number%:*}" size) * 512))" d/a.img m 2>/dev/null || skip "no loop devices here"
		diff <(cd m && find . -path ./lost+found -prune -o -printf '%P %y %m %U %G %s\n' | sed 's/ [0-9]*$//' | sort) \
			<(cd "root/${number#*:}" && find . -printf '%P %y %m %U %G %s\n' | sed 's/ [0-9]*$//' | sort) || { umount m; fail "$number"; }
		diff -r -x lost+found m "root/${number#*:}" || { umount m; fail "$number"; }
		umount m
	done
}

@test "--mount: --dry-run and --json tell of them, and --seed makes the same ones" {
	need jq blkid
	template
	new a --dry-run --swap 2M --mount /var=20M
	[[ $status -eq 0 ]]
	grep -q '^  mount  *2048  *43007  *40960  *1048576  *20971520 *.*/var' <<<"$output" || fail "$output"
	is_empty d
	new a --seed x --swap 2M --mount /var=20M --json
	[[ $(jq -c '.mounts[0] | [.path, .disk, .partition, .size_bytes]' <<<"$output") == "[\"/var\",\"$PWD/d/a.img\",3,20971520]" ]]
	[[ $(jq -r '.mounts[0].uuid' <<<"$output") == "$(partition_uuid d/a.img 3)" ]]
	[[ $(jq -c '.regions | map([.kind, .partition])' <<<"$output") == '[["mbr",null],["boot",null],["mount",3],["root",1],["swap",2]]' ]]
	SOURCE_DATE_EPOCH=1000000000 new b --seed x --mount /var=24M
	sha256sum d/b.img >sum
	bd rm --dir d b --yes
	holds d a.img a.cfg
	SOURCE_DATE_EPOCH=1000000000 new b --seed x --mount /var=24M
	sha256sum -c sum
}

@test "--mount: what cannot be, or does not fit, is refused by name" {
	template
	local value how
	for value in /home /home= =8M home=8M /home=8 /home=7M /home=x /etc=8M /usr=8M /=8M '/a b=8M' /home/=8M /home=3T; do
		new a --mount "$value"
		refused 2
		[[ $stderr == *"--mount: "* ]] || fail "$value: $stderr"
	done
	new a --mount /srv=8M --mount /srv=8M
	refused 2
	[[ $stderr == *"--mount: /srv is on another partition already"* ]]
	new a --mount /srv=8M --disk 8M:/srv
	refused 2
	[[ $stderr == *"--mount: /srv is on another disk already"* ]]
	new a --mount /srv=8M --mount /home=8M --mount /opt=8M --mount /var=20M
	refused 2
	[[ $stderr == *"--mount: an MBR has four partitions: besides the root's there can be 3, or 2 with swap"* ]]
	new a --swap 1M --mount /srv=8M --mount /home=8M --mount /opt=8M
	refused 2
	[[ $stderr == *"--mount: an MBR has four partitions: besides the root's and the swap's there can be 2, not 3"* ]]
	new a --swap 1M --mount /srv=40M --mount /home=20M
	refused 2
	[[ $stderr == *"--size: 64M is too small for a root, a swap partition and 2 more: the minimum is 70M"* ]]
	bd new a --no-start --dir d --template none --mount /srv=16M
	refused 2
	[[ $stderr == *"no system that could mount /srv"* ]]
	new a --mount /short/dpkg=16M
	refused 1
	[[ $stderr == *"/short/dpkg is below a symbolic link of the template; mount /var/lib/dpkg instead"* ]]
	for how in --dry-run --quiet; do
		new a "$how" --mount /home=8M --mount /var=8M
		refused 6
		[[ $stderr == *"cannot make $PWD/d/a.img: partition 3, which is mounted on /var: "*" KiB are missing"* ]] || fail "$stderr"
	done
	head -c 30M /dev/zero | tr '\0' x >root/srv/large
	bd template import t2 root --templates store
	for how in --dry-run --quiet; do
		bd new a "$how" --no-start --dir d --templates store --template t2 --size 64M --mount /home=20M --mount /var=20M
		refused 6
		[[ $stderr == *"cannot make $PWD/d/a.img: "*" KiB are missing"* && $stderr != *"mounted on"* ]] || fail "$stderr"
	done
	bd new a --no-start --dir d --templates store --template t2 --size 64M --mount /srv=46M
	[[ $status -eq 0 ]]
}

@test "--mount: a copy has UUIDs and an identity of its own on each, also by device names, and what the guest wrote" {
	need e2fsck dumpe2fs blkid
	mkdir -p root/var/lib/systemd
	template
	cp -a root/var var
	new a --swap 2M --mount /var=20M --mount /home=9M
	"$bigdisk" cp --quiet root/etc/fstab d/a.img@3:/lib/systemd/random-seed
	"$bigdisk" cp --quiet root/etc/fstab d/a.img@4:/joe/written
	bd clone --dir d a b
	[[ $status -eq 0 ]] || fail "$stderr"
	local number
	for number in 1 3 4; do
		[[ $(partition_uuid d/b.img "$number") != "$(partition_uuid d/a.img "$number")" ]] || fail "$number"
	done
	[[ $(table d/b.img) == "$(table d/a.img)" ]]
	"$bigdisk" cat d/b.img:/etc/fstab >fstab
	grep -qx "UUID=$(partition_uuid d/b.img 3) /var ext3 defaults 0 2" fstab
	grep -qx "UUID=$(partition_uuid d/b.img 4) /home ext3 defaults 0 2" fstab
	whole_partition d/b.img 3 var
	"$bigdisk" cat d/b.img@4:/joe/written | cmp - root/etc/fstab
	fsck_is_clean d/b.img
	# As administrators write it.
	sed -i "s|^UUID=[^ ]* /var |/dev/xvda3 /var |; s|^UUID=[^ ]* /home |PARTUUID=$(sfdisk --disk-id d/b.img | sed 's/0x//')-04 /home |" fstab
	"$bigdisk" cp --quiet fstab d/b.img:/etc/fstab
	"$bigdisk" cp --quiet root/etc/fstab d/b.img@3:/lib/systemd/random-seed
	bd clone --dir d b c
	[[ $status -eq 0 ]] || fail "$stderr"
	"$bigdisk" cat d/c.img:/etc/fstab | grep -q "^PARTUUID=$(sfdisk --disk-id d/c.img | sed 's/0x//')-04 /home "
	[[ -z $("$bigdisk" find d/c.img@3:/ --name random-seed) ]]
	bd rename --dir d c e
	[[ $status -eq 0 ]]
	bd rm --dir d e --yes
	holds d {a,b}.{img,cfg}
}

@test "--mount: grow and shrink leave the others as they are; what cannot be changed is named" {
	need e2fsck dumpe2fs resize2fs sfdisk
	template
	cp -a root/var var
	local layout
	for layout in aligned cylinder; do
		rm -rf d
		mkdir d
		new a --layout "$layout" --swap 2M --mount /var=20M --mount /home=8M
		table d/a.img | sed -n '3,4p' >before
		bd grow --dir d a 100M
		[[ $status -eq 0 ]] || fail "$stderr"
		[[ $(($(region d/a.img 2 start) + $(region d/a.img 2 size))) -gt 180000 ]] || fail "$(table d/a.img)"
		bd shrink --dir d a 72M
		[[ $status -eq 0 ]] || fail "$stderr"
		table d/a.img | sed -n '3,4p' | diff before -
		whole_partition d/a.img 3 var
		whole_partition d/a.img 4 root/home
		fsck_is_clean d/a.img
		sha256sum d/a.img >sum
		bd grow d/a.img@3 100M
		failed_with 1
		[[ $stderr == *"partition 1 lies behind the filesystem's, which can be changed only where it is the last one"* ]]
		bd convert-layout --dir d a "$([[ $layout == aligned ]] && echo cylinder || echo aligned)"
		failed_with 1
		[[ $stderr == *"has other partitions than a Linux filesystem in the first, and swap in the second"* ]] || fail "$stderr"
		sha256sum -c sum
	done
}

@test "--mount: compact gives back what is free in the root, or in the partition that is named" {
	need e2fsck dumpe2fs jq
	template
	new a --fs ext4 --swap 2M --mount /var=20M --mount /home=9M
	head -c 4M /dev/urandom >big
	local number
	for number in 1 3; do
		"$bigdisk" cp --quiet big "d/a.img@$number:/big"
		"$bigdisk" rm "d/a.img@$number:/big"
	done
	for number in 1 3; do
		if [[ $number -eq 1 ]]; then bd compact a --dir d --json; else bd compact "d/a.img@$number" --json; fi
		[[ $status -eq 0 ]] || fail "$stderr"
		# What was free in the other one stays.
		[[ $(jq .partition <<<"$output") -eq $number && $(jq '.given_back_bytes / 1048576 | round' <<<"$output") -eq 4 ]] || fail "$output"
	done
	fsck_is_clean d/a.img
	whole_partition d/a.img 3 root/var
	whole_partition d/a.img 4 root/home
}

@test "--mount: fleets have them, and see another number or size" {
	need jq sfdisk
	template
	echo '{ "fleet": "f", "defaults": { "template": "t", "size": "64M", "mounts": ["/home=9M", "/var=20000K"] }, "guests": { "a": {}, "b": { "mounts": "/var=20M" } } }' >f.json
	fleet apply
	[[ $status -eq 0 ]] || fail "$stderr"
	[[ $(table d/a.img | grep -c type=83) -eq 3 && $(table d/b.img | grep -c type=83) -eq 2 ]]
	fleet plan --json
	[[ $(jq -r '.guests[].action' <<<"$output" | xargs) == "keep keep" ]]
	# Where the guest mounts it itself, it may be on anything.
	sed 's|"/home=9M"|"/srv=9M"|' f.json >moved.json
	bd fleet plan moved.json --no-start --dir d --templates store
	[[ $output$stderr == *"a "*"mounts: /home=9 MiB -> /srv=9 MiB needs a new disk"* ]] || fail "$output$stderr"
	"$bigdisk" cat d/a.img:/etc/fstab | sed 's|^\([^ ]* *\)/home |\1/srv/ |' >fstab
	"$bigdisk" cp --quiet fstab d/a.img:/etc/fstab
	bd fleet plan moved.json --no-start --dir d --templates store --json
	[[ $(jq -r '.guests[].action' <<<"$output" | xargs) == "keep keep" ]] || fail "$output$stderr"
	sed -i 's|"/var=20M"|"/var=24M"|; s|"/home=9M", ||' f.json
	fleet plan
	[[ $output$stderr == *"mounts: /srv=9 MiB -> none needs a new disk"* && $output$stderr == *"mounts: /var=20 MiB -> /var=24 MiB needs a new disk"* ]] || fail "$output$stderr"
	sed -i 's|/var=24M|/etc=24M|' f.json
	fleet plan
	failed_with 1
	[[ $stderr == *'"mounts": /etc cannot be on a partition of its own'* ]]
}

@test "--mount: a template of such a guest has all of its files again" {
	need jq tar
	template
	new a --mount /var=20M --mount /home=9M
	bd template import back d/a.img --templates store
	[[ $status -eq 0 ]] || fail "$stderr"
	bd new b --no-start --dir d --templates store --template back --size 64M
	[[ $status -eq 0 ]] || fail "$stderr"
	"$bigdisk" tar d/b.img:/ b.tar --quiet
	tar --compare -f b.tar -C root ./var ./home ./srv ./usr/bin
	[[ $(tar tf b.tar | grep -cE '^(\./)?(var|home)/.') -eq $(find root/var root/home -mindepth 1 | wc -l) ]]
	[[ -z $("$bigdisk" cat d/b.img:/etc/fstab | grep -E '^[^#].* /(var|home) ' || true) ]]
}

@test "--mount: a block device has them" {
	need losetup sfdisk e2fsck dumpe2fs
	need_root
	template
	truncate -s 64M device.img
	local device
	device=$(losetup --show -f device.img 2>/dev/null) || skip "no loop devices here"
	bd new a --device "$device" --no-start --dir d --templates store --template t --mount /var=20M --mount /home=9M
	losetup -d "$device"
	[[ $status -eq 0 ]] || fail "$stderr"
	cp -a root/var var
	whole_partition device.img 2 var
	whole_partition device.img 3 root/home
	fsck_is_clean device.img
}
