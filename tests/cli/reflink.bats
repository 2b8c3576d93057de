#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where the host's filesystem shares blocks: guests of a template are clones of its prepared image. As root, on an XFS.
# shellcheck disable=SC2154 # output, stderr and status are set by run

load helpers

teardown() {
	if mountpoint -q xfs 2>/dev/null; then umount xfs; fi
}

# xfs/store has the template t: some folders of this machine's /etc and 24 MiB of content.
store_on_xfs() {
	need_root
	need mkfs.xfs
	need_grub2
	truncate -s 2G xfs.img
	mkfs.xfs -q -m reflink=1 xfs.img
	mkdir xfs
	mount -o loop xfs.img xfs 2>/dev/null || skip "no loop devices, or no XFS, here"
	mkdir -p root/etc root/usr/lib root/boot root/many
	cp -r /etc/default /etc/pam.d root/etc
	echo old >root/etc/hostname
	head -c 300K /dev/urandom >root/usr/lib/replaced
	head -c 24M /dev/urandom >root/usr/lib/large
	for i in $(seq 2000); do : >"root/many/a file with a long name $i"; done
	bd template import t root --templates xfs/store
	succeeded
	bd new first --quiet --no-start --no-net --size 512M --template t --templates xfs/store --dir xfs
	succeeded
}

succeeded() {
	[[ $status -eq 0 ]] || fail "$stderr"
}

used_kib() {
	sync -f xfs
	df --output=used xfs | tail -n 1
}

@test "a second guest takes little room, and is clean" {
	store_on_xfs
	local before
	before=$(used_kib)
	bd new second --quiet --no-start --no-net --size 512M --template t --templates xfs/store --dir xfs
	succeeded
	(($(used_kib) - before < 4096)) || fail "it took $(($(used_kib) - before)) KiB"
	e2fsck -fn 'xfs/first.img?offset=1048576'
	e2fsck -fn 'xfs/second.img?offset=1048576'
}

@test "a clone and a copy are the same to the bit, with files replaced and added" {
	store_on_xfs
	mkdir store
	cp -r xfs/store/t store/t
	rm store/t/master-*
	export SOURCE_DATE_EPOCH=1700000000
	set -- --quiet --no-start --no-net --size 512M --seed same --template t --file /bin/bash:/usr/lib/replaced \
		--file /etc/passwd:/etc/more/passwd
	bd new guest "$@" --templates xfs/store --dir xfs
	succeeded
	bd new guest "$@" --templates store --dir d
	succeeded
	cmp xfs/guest.img d/guest.img
}

@test "a file that is filled takes little room, too, and gets what new makes, to the bit" {
	store_on_xfs
	local before
	export SOURCE_DATE_EPOCH=1700000000
	set -- --quiet --no-net --seed same --template t --templates xfs/store --file /bin/bash:/usr/lib/replaced
	bd new guest "$@" --no-start --size 512M --dir xfs
	succeeded
	truncate -s 512M xfs/target
	before=$(used_kib)
	bd fill xfs/target --name guest "$@"
	succeeded
	(($(used_kib) - before < 4096)) || fail "it took $(($(used_kib) - before)) KiB"
	cmp xfs/guest.img xfs/target
}

@test "a damaged prepared image is not used" {
	store_on_xfs
	truncate -s 1M xfs/store/t/master-*
	bd new second --quiet --no-start --no-net --size 512M --template t --templates xfs/store --dir xfs
	succeeded
	e2fsck -fn 'xfs/second.img?offset=1048576'
}

@test "a prepared image of an earlier template in the same directory is not used, and is rebuilt" {
	store_on_xfs
	local master kept
	master=$(echo xfs/store/t/master-*)
	head -c 24M /dev/urandom >root/usr/lib/large # laid out as the other
	bd template import u root --templates xfs/store
	succeeded
	cp xfs/store/u/{manifest.json,tree,payload} xfs/store/t
	export SOURCE_DATE_EPOCH=1700000000
	set -- --quiet --no-start --no-net --size 512M --seed same
	bd new of-t "$@" --template t --templates xfs/store --dir xfs
	succeeded
	e2fsck -fn 'xfs/of-t.img?offset=1048576'
	debugfs -R 'dump /usr/lib/large large' 'xfs/of-t.img?offset=1048576'
	cmp large root/usr/lib/large
	[[ -e $master ]] || fail "it was not made anew"
	kept=$(stat -c %i "$master")
	bd new again "$@" --template t --templates xfs/store --dir xfs
	succeeded
	[[ $(stat -c %i "$master") == "$kept" ]] || fail "it is made each time"
	# Somebody writes to it.
	local block
	block=$(debugfs -R 'blocks /usr/lib/large' "$master" 2>/dev/null | awk '{ print $1 }')
	printf xxxxxxxx | dd of="$master" bs=1 seek=$((block * 4096)) conv=notrunc status=none
	bd new third "$@" --template t --templates xfs/store --dir xfs
	succeeded
	[[ $(stat -c %i "$master") != "$kept" ]] || fail "it was taken as it was"
	debugfs -R 'dump /usr/lib/large large' 'xfs/third.img?offset=1048576'
	cmp large root/usr/lib/large || fail "what was written came into a guest"
}

@test "of 16 prepared images the one whose last use is longest ago makes room" {
	store_on_xfs
	local size first i
	first=$(echo xfs/store/t/master-*)
	# Fifteen more, made after the first, each a second later.
	for i in $(seq 15); do
		cp "$first" "xfs/store/t/master-3-$((i * 4096))"
		touch -m -d "2030-01-01 00:00:$(printf %02d "$i")Z" "xfs/store/t/master-3-$((i * 4096))"
	done
	touch -m -d "2020-01-01 00:00:00.271828182Z" "$first" # made and last used long ago
	touch -m -d "2021-01-01 00:00:00Z" xfs/store/t/master-3-20480
	touch -a -d "2035-01-01 00:00:00Z" xfs/store/t/master-3-20480 # a backup has read it
	set -- --quiet --no-start --no-net --template t --templates xfs/store --dir xfs
	bd new used "$@" --size 512M
	succeeded
	bd new other "$@" --size 576M
	succeeded
	[[ $(find xfs/store/t -name 'master-*' | wc -l) -eq 16 ]] || fail "there are not 16"
	[[ -e $first ]] || fail "the one that was just used is gone"
	[[ ! -e xfs/store/t/master-3-20480 ]] || fail "the one that was not used is there"
}

@test "many at once on a new size: all are clean" {
	store_on_xfs
	local i jobs=()
	for i in 1 2 3 4 5 6; do
		"$bigdisk" new "g$i" --quiet --no-start --no-net --size 640M --template t --templates xfs/store --dir xfs &
		jobs+=($!)
	done
	for i in "${jobs[@]}"; do wait "$i"; done
	for i in 1 2 3 4 5 6; do e2fsck -fn "xfs/g$i.img?offset=1048576"; done
}

@test "removing the template takes its prepared images along" {
	store_on_xfs
	bd template rm t --yes --templates xfs/store
	succeeded
	[[ -z $(ls -A xfs/store) ]]
	e2fsck -fn 'xfs/first.img?offset=1048576'
}
