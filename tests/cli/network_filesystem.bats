#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --dir on a filesystem as over a network: a file without a name cannot be made there, holes are not told of, and another user may not
# even ask of an open file. FUSE is such a one.
# shellcheck disable=SC2154 # output, stderr and status are set by run

load helpers

setup() {
	common_setup
	need_root
	need fuse2fs mke2fs
	[[ -w /dev/fuse ]] || skip "no /dev/fuse"
	truncate -s 120M fs
	mke2fs -q -t ext4 fs
	fuse2fs fs d -o rw || skip "fuse2fs cannot mount here"
}

teardown() {
	if mountpoint -q "$BATS_TEST_TMPDIR/d"; then umount "$BATS_TEST_TMPDIR/d"; fi
}

@test "guests on a filesystem as over a network: all commands work, and copies are sparse" {
	ok new web01 --size 64M --dir d --no-start
	ok clone web01 web02 --dir d
	# All of it would be 65536 KiB.
	[[ $(du -k d/web02.img | cut -f 1) -lt 30000 ]]
	ok check web02 --dir d
	ok info web02 --dir d
	[[ $output == *'its filesystem does not tell where holes are'* ]] || fail "$output"
	ok cp /etc/hostname web02:/root/ --dir d
	ok cat web02:/etc/hostname --dir d
	[[ $output == web02 ]]
	ok grow web02 80M --dir d
	ok rename web02 web03 --dir d
	ok check web03 --dir d
	ok template import t d/web01.img --templates d/templates
	ok new web04 --template t --templates d/templates --size 40M --dir d --no-start
	ok rm web01 web03 web04 --dir d --yes
	[[ $(ls d) == $'lost+found\ntemplates' ]]
}

@test "a filesystem that becomes full: the error says so, and nothing is left" {
	head -c 90M /dev/urandom >d/ballast
	bd new web01 --size 64M --dir d --no-start
	[[ $status -eq 6 && $stderr == *'MiB free'* ]] || fail "$status"
	[[ $(ls d) == $'ballast\nlost+found' ]]
	rm d/ballast
	ok new web01 --size 64M --dir d --no-start
	head -c 75M /dev/urandom >d/ballast
	bd clone web01 web02 --dir d
	[[ $status -ne 0 ]]
	[[ $(ls d) == $'ballast\nlost+found\nweb01.cfg\nweb01.img' ]] || fail "$(ls d)"
}
