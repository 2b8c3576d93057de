# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the scripts of `make bench` share. Each of them sources this, measures side by side with its peers in one run,
# prints its rows, and ends with `finish`: a row is a goal; a missed goal is said, and makes the status 1. A row that
# cannot be measured on this machine says why, and counts as neither.
set -euo pipefail
shopt -s inherit_errexit

# With needs_mounts set: what mounts takes root, and happens in a mount namespace of its own, of which nothing can stay
# behind.
if [[ -n ${needs_mounts:-} && $(id -u) -eq 0 && -z ${BENCH_MAY_MOUNT:-} ]] && unshare --mount true 2>/dev/null; then
	BENCH_MAY_MOUNT=yes exec unshare --mount --propagation private "$0" "$@"
fi
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# shellcheck disable=SC2034 # for the scripts
{
here=$PWD/tests/bench
program=$PWD/${BUILD:-build}/xen-bigdisk
}
work=$(mktemp -d "${TMPDIR:-/var/tmp}/xen-bigdisk-bench.XXXXXX")
mounted=()
missed=0
recipe=$PWD/templates/debian-12.json
cache=${XEN_BIGDISK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xen-bigdisk}/bench
tarball=$work/debian-12.tar
cannot_mount=
[[ -n ${BENCH_MAY_MOUNT:-} ]] || cannot_mount='mounting takes root and a mount namespace'

leave() {
	local folder
	cd /
	for folder in "${mounted[@]}"; do
		if mountpoint -q "$folder"; then umount "$folder" || umount --lazy "$folder"; fi
	done
	rm -rf --one-file-system "$work"
}
trap leave EXIT
# Not left to the shell's own ending, so that what runs is waited for before its files go.
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cd "$work"

row() { # what ours peer ratio goal met
	printf '%-34s %12s %12s %9s   %-22s %s\n' "$@"
	case $6 in yes | -) ;; *) missed=1 ;; esac
}

left_out() { # what goal why
	row "$1" - - - "$2" -
	printf '%-34s %s\n' '' "(left out: $3)"
}

heading() { # title; the columns where they are others
	printf '\n%s\n' "$1"
	shift
	[[ $# -gt 0 ]] || set -- what ours peer ratio goal met
	printf '%-34s %12s %12s %9s   %-22s %s\n' "$@"
}

median() {
	printf '%s\n' "$@" | sort -g | sed -n "$((($# + 1) / 2))p"
}

met() { # expression of awk
	awk "BEGIN { print ($1) ? \"yes\" : \"NO\" }"
}

ratio() { # ours peer
	awk "BEGIN { printf \"%.3f\", $1 / $2 }"
}

ms() {
	printf '%.1f ms' "$1"
}

# Truly in turn: what else the machine does falls on all of them alike. The first round warms up and does not count.
in_turn() { # ROUNDS, then PREPARATION and COMMAND of each: sets times, the medians in ms
	local rounds=$1 round pairs=()
	shift
	while [[ $# -gt 0 ]]; do
		pairs+=(--prepare "$1" "$2")
		shift 2
	done
	for ((round = 0; round <= rounds; round++)); do
		hyperfine --shell=none --runs 1 --export-json "$work/times.$round" --style none "${pairs[@]}" \
			>"$work/hyperfine.log" 2>&1 || { cat "$work/hyperfine.log" >&2; return 1; }
	done
	rm "$work/times.0"
	# shellcheck disable=SC2034 # for the scripts
	mapfile -t times < <(jq -s '[.[].results | map(.median * 1000)] | transpose[] | sort | .[length / 2 | floor]' \
		"$work"/times.*)
	rm "$work"/times.*
}

allocated_kib() {
	du -k "$1" | cut -f1
}

peak_kib() { # COMMAND...
	command time -f %M -o "$work/peak" "$@" >/dev/null
	cat "$work/peak"
}

# The root filesystem that guests are measured with, as $tarball: a Debian 12, built once.
# Another recipe is another tarball. It is put there under its name when it is complete.
fetch_root() {
	local kept
	kept=$cache/debian-12-$(sha256sum "$recipe" | cut -c1-16).tar
	if [[ ! -e $kept ]]; then
		echo "Building debian-12 (once; it takes a minute or two)..." >&2
		mkdir -p "$cache"
		"$program" template build "$recipe" debian-12 --templates "$work/built" --quiet
		"$program" template export debian-12 "$work/built.tar" --templates "$work/built" --quiet
		cp "$work/built.tar" "$kept.$$" && mv "$kept.$$" "$kept"
		rm -r "$work/built" "$work/built.tar"
	fi
	cp --reflink=auto "$kept" "$tarball"
}

mount_loop() { # FILE FOLDER
	mkdir -p "$2"
	mounted+=("$2")
	mount -o loop "$1" "$2"
}

# Whether loop devices can be mounted is tried, too.
find_mounts() {
	[[ -z $cannot_mount ]] || return 0
	truncate -s 8M probe.img
	mke2fs -q -t ext3 -F probe.img
	mount_loop probe.img "$work/mnt" 2>/dev/null && umount mnt || cannot_mount='no loop device can be mounted here'
}

make_xfs() {
	truncate -s 20G xfs.img && mkfs.xfs -q -m reflink=1 xfs.img && mount_loop xfs.img "$work/xfs"
}

finish() {
	[[ $missed -eq 0 ]] || echo "A goal was missed." >&2
	exit "$missed"
}
