# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # output, stderr and status are set by run
# What the tests of `check` share: disks that other programs make, and what a check is to find in them.

need_tools() {
	need mke2fs e2fsck debugfs sfdisk mkswap jq xxd
}

# disk FILE START END TOTAL MKE2FS-ARGUMENTS...: a filesystem in partition 1, a swap area behind it up to the end, all in sectors.
disk() {
	local file=$1 start=$2 end=$3 total=$4
	shift 4
	mkdir -p tree/{etc,sbin,usr}
	for i in {1..30}; do head -c $((i * 997)) /dev/urandom >"tree/f$i"; done
	rm -f "$file"
	truncate -s $((total * 512)) "$file"
	{
		echo 'label: dos'
		echo "start=$start, size=$((end - start)), type=83, bootable"
		[[ $end -ge $total ]] || echo "start=$end, size=$((total - end)), type=82"
	} | sfdisk -q --force "$file"
	offset=$((start * 512))
	mke2fs -q -F -d tree -E "offset=$offset" "$@" "$file" $(((end - start) / 2))k 2>/dev/null
	if [[ $end -lt $total ]]; then
		truncate -s $(((total - end) * 512)) area
		mkswap area >/dev/null 2>&1
		dd if=area of="$file" bs=512 seek="$end" conv=notrunc status=none
	fi
}

# The usual one: 40 MiB with five block groups, so that there is a copy of the superblock, and swap.
usual() {
	disk disk.img 2048 73728 81920 -t ext3 -b 1024
}

# put FILE BYTE HEX
put() {
	printf '%s' "$3" | xxd -r -p | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# le32 NUMBER
le32() {
	printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

# found STATUS [ID...]: the last bd, with --json, ended so, and these findings are there and no others.
found() {
	local ids
	ids=$(jq -r '.findings[].id' <<<"$output" | sort | xargs)
	[[ $status -eq $1 ]] || fail "status is $status, not $1"
	shift
	[[ $ids == "$(printf '%s\n' "$@" | sort | xargs)" ]] || fail "found: $ids"
}

state() {
	jq -r .state <<<"$output"
}

# finds ID...: a check of disk.img finds these problems.
finds() {
	bd check ./disk.img --json
	found 4 "$@"
	[[ $(state) == problems ]]
	# Nothing but --repair changes anything.
	cmp before disk.img
}

# repairs ID: it is found, --repair corrects it, e2fsck is content, and a second check finds nothing.
repairs() {
	cp --sparse=always disk.img before
	finds "$@"
	bd check ./disk.img --repair --json
	jq -e --arg id "$1" '.findings[] | select(.id == $id) | .state == "corrected" and .repairable' <<<"$output"
	[[ $(state) == corrected && $status -eq 1 ]]
	run e2fsck -fn "disk.img?offset=$offset"
	[[ $status -eq 0 ]] || fail "$output"
	bd check ./disk.img --json
	found 0
	[[ $(state) == clean ]]
}

# unrepaired FILTER: --repair leaves disk.img as it is, with problems, and what it says is as the filter of jq has it.
unrepaired() {
	cp --sparse=always disk.img before
	bd check ./disk.img --repair --json
	[[ $status -eq 4 ]]
	jq -e "$1" <<<"$output"
	cmp before disk.img
}

# leaves ID...: likewise, and a check finds these.
leaves() {
	cp --sparse=always disk.img before
	finds "$@"
	unrepaired '.state == "problems"'
}
