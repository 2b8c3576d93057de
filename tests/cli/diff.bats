#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `diff` of files inside disk images, and of an image and its template.
load helpers

# image FILE FOLDER MKE2FS-ARGUMENTS...
image() {
	local file=$1 folder=$2
	shift 2
	rm -f "$file"
	truncate -s 32M "$file"
	mke2fs -q -F -d "$folder" "$@" "$file" 2>/dev/null
}

make_tree() {
	mkdir -p one/{etc,a,a-b,dev,empty,only-one}
	printf 'web01\n' >one/etc/hostname
	printf 'same\n' >one/etc/same
	printf 'x' >one/a/x
	printf 'x' >one/a-b/x
	printf 'n' >one/a/$'new\nline'
	head -c 300000 /dev/urandom >one/large
	truncate -s 3M one/holes
	ln one/large one/second
	ln -s etc one/link
	mkfifo one/dev/fifo
	mknod one/dev/null c 1 3 2>/dev/null || true
	printf 'y' >one/becomes-a-link
	printf 'z' >one/only-one/file
	cp -a one other
}

@test "diff: nothing differs, or each kind of difference on its line, in the order of paths" {
	need mke2fs
	make_tree
	image one.img one -t ext3
	image other.img other -t ext4 -b 4096
	bd diff one.img:/ other.img:/
	[[ $status -eq 0 && -z $output && -z $stderr ]] || fail "$status $output $stderr"
	bd diff one.img:/a one.img:/a-b
	[[ $status -eq 1 && $output = 'removed  /new?line' ]] || [[ $output = removed*new*line ]] || fail "$output"

	printf 'web02\n' >other/etc/hostname
	chmod 0600 other/etc/same
	chown 5:6 other/a/x 2>/dev/null || skip "needs root for owners"
	setfattr -n user.note -v abc other/a-b/x
	printf '\1' | dd of=other/holes bs=1 seek=2000000 conv=notrunc status=none
	printf 'Z' | dd of=other/large bs=1 seek=299999 conv=notrunc status=none
	ln -snf nowhere other/link
	rm other/becomes-a-link other/second
	rm other/dev/null
	mknod other/dev/null c 1 5
	ln -s x other/becomes-a-link
	cp other/large other/second
	rm -r other/only-one
	mkdir other/only-other
	touch -d '2030-01-01 UTC' other/a/$'new\nline'
	image other.img other -t ext4
	bd diff one.img:/ other.img:/
	[[ $status -eq 1 && -z $stderr ]] || fail "$status $stderr"
	diff <(printf '%s\n' "$output") - <<-'EOF'
		changed  /a/x: owner 0:0 -> 5:6
		changed  /a-b/x: attributes
		changed  /becomes-a-link: type file -> symlink
		changed  /dev/null: device 1:3 -> 1:5
		changed  /etc/hostname: content
		changed  /etc/same: mode 0644 -> 0600
		changed  /holes: content
		changed  /large: content
		changed  /link: target etc -> nowhere
		removed  /only-one
		removed  /only-one/file
		added    /only-other
		changed  /second: content
	EOF
	bd diff --times one.img:/a other.img:/a
	[[ $(grep -c ': time$' <<<"$output") -eq 1 ]] || fail "$output"
	bd diff --json one.img:/ other.img:/
	[[ $status -eq 1 && $(jq '.differences | length' <<<"$output") -eq 13 ]] || fail "$output"
	[[ $(jq -c '.differences[] | select(.path == "/etc/same") | [.state, .differs, .from.mode, .to.mode]' <<<"$output") = \
		'["changed",["mode"],"0644","0600"]' ]] || fail "$output"
	# A file alone, and holes are zeros.
	bd diff one.img:/etc/hostname other.img:/etc/hostname
	[[ $status -eq 1 && $output = 'changed  /: content' ]] || fail "$output"
	head -c 3145728 /dev/zero >other/holes
	image other.img other -t ext4
	bd diff one.img:/holes other.img:/holes
	[[ $status -eq 0 ]] || fail "$output"
}

@test "diff: trouble is 2, as for diff(1)" {
	need mke2fs
	make_tree
	image one.img one -t ext4
	local arguments
	for arguments in 'one.img:/nothing one.img:/' 'one.img:/' 'one.img:/ one.img:/ --template=x' 'one.img:/ nothing:/' \
		'one.img:/* one.img:/' 'one.img:/ --template=nothing --templates store'; do
		# shellcheck disable=SC2086 # several words
		bd diff $arguments
		[[ $status -eq 2 && -n $stderr ]] || fail "$arguments: $status $output"
	done
	cp one.img damaged.img
	dd if=/dev/urandom of=damaged.img bs=1k seek=1 count=400 conv=notrunc status=none
	bd diff one.img:/ damaged.img:/
	[[ $status -eq 2 && $(wc -l <<<"$stderr") -eq 1 ]] || fail "$status $stderr"
}

@test "diff: a guest against its template" {
	need_grub2
	make_tree
	mkdir -p one/{bin,lib,root}
	printf '#!/bin/sh\n' >one/bin/sh
	tar -C one -cf small.tar .
	bd template import small small.tar --templates store --quiet
	[[ $status -eq 0 ]] || fail "$stderr"
	bd new g --dir d --no-start --no-net --template small --templates store --size 64M --quiet
	[[ $status -eq 0 ]] || fail "$stderr"
	bd diff --template --templates store --dir d g:/
	[[ $status -eq 1 ]] || fail "$status $stderr"
	before=$output
	bd diff --template --templates store d/g.img:/
	[[ $status -eq 2 && $stderr = *"not known from which template"* ]] || fail "$status $stderr"
	bd diff --template=small --templates store d/g.img:/
	[[ $output = "$before" ]] || fail "$output"
	grep -q '/etc/hostname: content' <<<"$before" || fail "$before"
	! grep -q '/large\|/a/x' <<<"$before" || fail "$before"
	bd cp one/etc/same d/g.img:/etc/more
	bd chmod 0600 d/g.img:/a/x
	bd diff --template=small --templates store d/g.img:/
	diff <(diff <(printf '%s\n' "$before") <(printf '%s\n' "$output") | grep '^[<>]') - <<-'EOF'
		> changed  /a/x: mode 0644 -> 0600
		> added    /etc/more
	EOF
}
