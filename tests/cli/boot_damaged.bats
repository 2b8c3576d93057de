#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# xen-bigdisk-boot on disks that are damaged or crafted: an answer or one line of error, within its limits, and nothing else is left.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers
load boot_disks

root_uuid=5f2ad51a-4a4d-4b0e-9a86-6e4b1f3c3d10

@test "damaged and crafted disks: an answer or one line of error, within limits, and nothing else is left" {
	need python3 mke2fs debugfs sfdisk
	need_grub_fstest
	# A part of both; .github/CONTRIBUTING.md says how to run all.
	export CRAFTED=${CRAFTED-configfile-loop,source-tree,submenu-bomb,doubling,endless,megabyte,control-characters,links,odd-gpt,holes,overlapping-sections}
	export KINDS=${KINDS-ext4-grub,ext3-legacy,xfs-bls,esp-uki}
	run python3 "$BATS_TEST_DIRNAME/boot_damaged.py" "$boot" "$PWD/damaged"
	printf '%s\n' "$output"
	[[ $status -eq 0 ]] || fail
}

# fstest LINE...: runs xen-bigdisk-boot with this shell script in place of grub-fstest, on a disk that the script need not look at. What
# grub-fstest may do is what somebody may do who has taken it over.
fstest() {
	need_mount_namespaces
	need_grub_fstest
	printf '%s\n' '#!/bin/sh' "$@" >script
	chmod 755 script
	[[ -e disk ]] || { mkdir -p tree && : >tree/x && xfs disk 20 tree $root_uuid; }
	rm -rf out
	mkdir out
	times >times_before
	# shellcheck disable=SC2016 # for the inner shell
	run --separate-stderr timeout -k 5 60 unshare -m bash -c 'mount --bind script "$(type -P grub-fstest)" && exec "$@"' sh \
		"$boot" -q --output=answer --output-directory=out --max-time="${seconds:-2}" disk
	printf '%s\n' "-> status $status" "$output" "$stderr" | head -c 4000
	[[ $status -eq 1 && -z $output ]] || fail "status $status"
	[[ $(grep -c 'error: ' <<<"$stderr") -eq 1 && $(wc -l <<<"$stderr") -le 20 ]] || fail "not one line of error"
	! grep -q '[[:cntrl:]]' <<<"$stderr" || fail "a control character"
	[[ ! -s answer ]] || fail "there is an answer"
	is_empty out
}

# It was ended before it had this much CPU time since the last fstest: a machine with more to do gives it less in the time that it has.
had_less_than() {
	times >times_after
	# The second line is that of the children: 0m1.234s 0m0.567s.
	awk -v seconds="$1" '{ gsub(/[ms]/, " ") } FNR == 2 { cpu = $1 * 60 + $2 + $3 * 60 + $4; used = cpu - before; before = cpu }
		END { exit !(used < seconds) }' times_before times_after
}

devices='printf "Device loop0: Filesystem type xfs - UUID 1 - Total size 20480KiB\n"'

@test "a grub-fstest that has been taken over: it ends in time, whatever it does" {
	need perl
	fstest 'trap "" TERM INT HUP' 'while :; do :; done'
	[[ $stderr == *'grub-fstest used more than 2 s of CPU time to read it'* ]] || { [[ $stderr == *'too long'* ]] && had_less_than 2; } || fail
	[[ $(wc -l <<<"$stderr") -eq 1 ]] || fail
	# With output that has come to its end, or not.
	fstest 'trap "" TERM' 'exec perl -e "close STDOUT; select undef, undef, undef, 1000"'
	[[ $stderr == *'too long'* ]] || fail
	fstest 'trap "" TERM' "$devices" 'exec perl -e "select undef, undef, undef, 1000"'
	[[ $stderr == *'too long'* ]] || fail
	fstest 'exec perl -e "dump; exit 3"'
	fstest 'while :; do echo "DIR          20261130080312 boot/"; done'
	fstest 'echo "\033[31mred\a" >&2; exit 1'
	[[ $stderr == *red* ]] || fail
	fstest 'x=x; while :; do x=$x$x; done'
	# It starts nobody: there would be another one with as much memory.
	fstest 'exec perl -e "defined(fork) and die qq(it has started a child\n); exit 1"'
	[[ $stderr != *'has started'* ]] || fail
	# And it sees none of the host's files.
	fstest 'for file in /etc/* /tmp/* /root/* /home/* /var/*; do [ ! -e "$file" ] || printf "%s " "$file" >&2; done; exit 1'
	[[ $stderr != */etc/passwd* && $stderr != */tmp/* ]] || fail
}
