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

@test "a prepared image that is damaged is not taken" {
	store_on_xfs
	truncate -s 1M xfs/store/t/master-*
	bd new second --quiet --no-start --no-net --size 512M --template t --templates xfs/store --dir xfs
	succeeded
	e2fsck -fn 'xfs/second.img?offset=1048576'
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
