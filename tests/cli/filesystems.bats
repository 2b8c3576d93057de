#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --fs ext4, as e2fsprogs, blkid and the kernel see it, and in every command that reads or changes a disk.
# shellcheck disable=SC2154 # output, stderr and status are set by run

load helpers

setup_file() {
	export PATH=$PATH:/usr/sbin:/sbin
}

teardown() {
	if mountpoint -q mnt 2>/dev/null; then umount mnt; fi
	if mountpoint -q xfs 2>/dev/null; then umount xfs; fi
}

# The template t in store: names that need an index, holes, a hard link, attributes of a program.
template() {
	mkdir -p root/etc root/sbin root/usr/lib root/many root/lost+found
	chmod 0700 root/lost+found
	echo old >root/etc/hostname
	head -c 3M /dev/urandom >root/usr/lib/large
	ln root/usr/lib/large root/usr/lib/again
	truncate -s 50M root/usr/lib/hole
	printf end >>root/usr/lib/hole
	for i in $(seq 1500); do : >"root/many/a file with a long name $i"; done
	bd template import t root --templates "$1"
	[[ $status -eq 0 ]] || fail "$stderr"
}

features() {
	dumpe2fs -h "$1?offset=$(root_offset "$1")" 2>/dev/null | sed -n 's/^Filesystem features: *//p'
}

@test "ext3 is the default, and --fs ext4 has the features that pygrub and GRUB read" {
	need sfdisk jq dumpe2fs e2fsck blkid
	made_empty a --size 64M
	made_empty b --size 64M --fs ext4
	made_empty c --size 64M --fs ext3 --layout cylinder
	[[ $(blkid -p -o value -s TYPE -O "$(root_offset d/a.img)" d/a.img) == ext3 ]]
	[[ $(blkid -p -o value -s TYPE -O "$(root_offset d/b.img)" d/b.img) == ext4 ]]
	[[ $(blkid -p -o value -s TYPE -O "$(root_offset d/c.img)" d/c.img) == ext3 ]]
	[[ $(features d/b.img) == "has_journal ext_attr resize_inode dir_index filetype extent 64bit flex_bg sparse_super large_file huge_file dir_nlink extra_isize metadata_csum" ]]
	fsck_is_clean d/b.img
}

@test "--dry-run and --json say the filesystem" {
	ok new a --dry-run --no-start --template none --dir d --fs ext4
	grep -q 'boot sector grub2, ext4$' <<<"$output"
	ok new a --dry-run --no-start --template none --dir d --json --fs ext4
	[[ $(jq -r .fs <<<"$output") == ext4 ]]
}

@test "what is no filesystem, and GRUB Legacy with ext4, are usage errors" {
	bd new a --no-start --template none --dir d --fs xfs
	refused 2
	grep -q -- '--fs: must be ext3 or ext4, not "xfs"' <<<"$stderr"
	bd new a --no-start --template none --dir d --fs ext4 --boot-sector grub-legacy
	refused 2
	grep -q -- "--fs: GRUB Legacy cannot read ext4" <<<"$stderr"
}

@test "a template's files arrive in ext4, and the kernel reads them" {
	need_root
	need e2fsck jq
	template store
	made a --quiet --no-start --no-net --size 128M --fs ext4 --template t --templates store --dir d --boot-sector none
	fsck_is_clean d/a.img
	in_image d/a.img "cat /etc/fstab" | grep -qE '^UUID=[0-9a-f-]{36} / ext4 defaults,errors=remount-ro 0 1$'
	mkdir mnt
	mount -t ext4 -o "loop,ro,offset=$(root_offset d/a.img)" d/a.img mnt 2>/dev/null || skip "no loop devices here"
	for folder in usr many; do diff -r --no-dereference "root/$folder" "mnt/$folder"; done
	[[ mnt/usr/lib/large -ef mnt/usr/lib/again ]]
	[[ $(stat -c %b mnt/usr/lib/hole) -eq 8 ]]
	[[ $(lsattr -d mnt/usr/lib/large) == *e* ]]
	umount mnt
}

@test "commands that read and change disks know it" {
	need e2fsck resize2fs jq
	template store
	made a --quiet --no-start --no-net --size 64M --fs ext4 --template t --templates store --dir d
	ok cp d/a.img:/usr/lib/large large
	cmp large root/usr/lib/large
	ok cp large d/a.img:/root-file
	ok cp --quiet large d/a.img:/usr/lib/hole
	fsck_is_clean d/a.img
	ok check d/a.img
	ok grow d/a.img 200M
	fsck_is_clean d/a.img
	ok shrink d/a.img 90M
	fsck_is_clean d/a.img
	ok compact d/a.img
	ok convert-layout d/a.img cylinder
	fsck_is_clean d/a.img
	[[ $(root_offset d/a.img) -eq 32256 ]]
	ok clone a b --dir d --quiet
	fsck_is_clean d/b.img
	[[ $(features d/b.img) == "$(features d/a.img)" ]]
	ok cat d/b.img:/etc/fstab
	grep -q " / ext4 " <<<"$output"
	ok cp d/b.img:/root-file again
	cmp again large
}

@test "guests that share blocks have a prepared image of their own filesystem" {
	need_root
	need mkfs.xfs e2fsck
	truncate -s 1G xfs.img
	mkfs.xfs -q -m reflink=1 xfs.img
	mkdir xfs
	mount -o loop xfs.img xfs 2>/dev/null || skip "no loop devices, or no XFS, here"
	template xfs/store
	for type in ext3 ext4 ext4 ext3; do
		rm -f xfs/a.*
		made a --quiet --no-start --no-net --size 64M --fs $type --template t --templates xfs/store --dir xfs --boot-sector none
		fsck_is_clean xfs/a.img
		[[ $(blkid -p -o value -s TYPE -O 1048576 xfs/a.img) == "$type" ]]
		in_image xfs/a.img "dump /usr/lib/large $PWD/found"
		cmp found root/usr/lib/large
	done
	[[ $(find xfs/store/t -name 'master-*' | wc -l) -eq 2 ]]
}

@test "a fleet knows fs, and another one needs a new disk" {
	write_manifest '"guests": { "web1": { "fs": "ext4" } }'
	ok fleet apply fleet.json --no-start --dir d --quiet
	[[ $(blkid -p -o value -s TYPE -O 1048576 d/web1.img) == ext4 ]]
	ok fleet apply fleet.json --no-start --dir d --quiet
	write_manifest '"guests": { "web1": { "fs": "ext3" } }'
	bd fleet apply fleet.json --no-start --dir d --quiet
	grep -q 'fs: ext4 -> ext3 needs a new disk' <<<"$output$stderr" || fail "not seen"
	write_manifest '"guests": { "web1": { "fs": "xfs" } }'
	bd fleet apply fleet.json --no-start --dir d --quiet
	failed_with 1
	grep -q "must be ext3 or ext4" <<<"$stderr"
}
