# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the scripts of the ExtStorage provider share: where a volume's file is, and which loop devices it has on this node. Names and
# numbers come from Ganeti in the environment (ganeti-extstorage-interface(7)), and are checked here. What fails says why on stderr,
# which Ganeti logs and shows.
#
# A volume VOL_NAME is the file $dir/VOL_NAME. It gets that name when it is complete, by link(2), which replaces nothing; before that it is
# $dir/.VOL_NAME.partial, and whoever makes it has $dir/.VOL_NAME.lock locked (flock(1)), which holds between nodes on NFS 4 and OCFS2, too.
# Loop devices are a matter of each node; of two scripts that attach or detach, one waits for the other. A script that locks a volume
# and the loop devices locks the volume first: who has that may keep it for minutes, and nobody else's volume shall wait so long.

PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin:/usr/local/bin
LC_ALL=C
export PATH LC_ALL
umask 077
set -f

# Where the loop devices' lock is, and where the kernel lists devices: variables for tests.
run=${XEN_BIGDISK_RUN:-/run/lock}
backends=${XEN_BIGDISK_XEN_BACKENDS:-/sys/bus/xen-backend/devices}

newline='
'

die() {
	printf 'xen-bigdisk: error: %s\n' "$*" >&2
	exit 1
}

warn() {
	printf 'xen-bigdisk: warning: %s\n' "$*" >&2
}

# takes_none USAGE ARGUMENT...: of a script that Ganeti runs without arguments
takes_none() {
	usage=$1
	shift
	[ $# -ne 0 ] || return 0
	printf 'usage: %s\n%s\n' "${0##*/}" "$usage" >&2
	case $1 in
	-h | --help) exit 0 ;;
	esac
	exit 2
}

# check_name WHAT TEXT: one path component of letters that need no quoting, and no hidden file.
check_name() {
	case $2 in
	'') die "Ganeti has to give $1" ;;
	.* | -* | *[!A-Za-z0-9._+-]*) die "$1 is no name of a volume: $(printf '%s' "$2" | tr -c '[:print:]' '?')" ;;
	*.info) die "$1 must not end in .info, which is what setinfo writes beside a volume: $2" ;;
	esac
	[ "${#2}" -le 200 ] || die "$1 is too long: $2"
}

# check_mib WHAT TEXT: a size from 1 MiB to 1 EiB
check_mib() {
	case $2 in
	'' | 0* | *[!0-9]*) die "$1 is not a number of MiB: $2" ;;
	esac
	[ "${#2}" -le 12 ] || die "$1 is too large: $2"
}

# check_yes_no WHAT TEXT
check_yes_no() {
	case $2 in
	yes | no) ;;
	*) die "$1 must be yes or no, not '$2'" ;;
	esac
}

# Sets $dir: the folder of EXTP_DIR, if the node's administrator allows it, else the first one that he allows.
find_dir() {
	list=${0%/*}/dirs.list
	wanted=${EXTP_DIR-}
	dir=
	case $wanted in
	*"$newline"*) die "the parameter dir must be one line" ;;
	esac
	[ -r "$list" ] || die "$list is not there on $(uname -n); it lists the folders that may be used"
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		/*) ;;
		*) continue ;;
		esac
		line=${line%/}
		[ -n "$dir" ] || [ -n "$wanted" ] || dir=$line
		[ "${wanted%/}" != "$line" ] || dir=$line
	done <"$list"
	[ -n "$dir" ] || [ -n "$wanted" ] || die "$list names no folder"
	[ -n "$dir" ] || die "the folder $wanted is not among those that may be used on $(uname -n): $list"
	[ -d "$dir" ] || die "the folder $dir is not there on $(uname -n), or not mounted"
}

# Sets $dir and $volume.
find_volume() {
	check_name VOL_NAME "${VOL_NAME-}"
	find_dir
	volume=$dir/$VOL_NAME
}

need_volume() {
	[ ! -L "$volume" ] || die "$volume is a symbolic link, not a volume"
	[ -e "$volume" ] || die "the volume $volume does not exist"
	[ -f "$volume" ] || die "$volume is not a file"
}

# Sets $image: the one that EXTP_FROM names.
find_image() {
	check_name from "$EXTP_FROM"
	image=$dir/images/$EXTP_FROM
	[ -f "$image" ] || image=$image.img
	[ -f "$image" ] || die "there is no image $EXTP_FROM in $dir/images"
}

check_hostname() {
	if [ -n "${EXTP_HOSTNAME-}" ] && [ -z "${EXTP_FROM-}" ]; then
		die "hostname is for an image: give from, too"
	fi
	network=${EXTP_IP-}${EXTP_GATEWAY-}${EXTP_IP6-}${EXTP_GATEWAY6-}${EXTP_DNS-}
	if [ -n "${EXTP_MAC-}$network" ] && [ -z "${EXTP_HOSTNAME-}" ]; then
		die "mac, ip, gateway, ip6, gateway6 and dns are for the guest in an image: give hostname, too"
	fi
	if [ -n "$network" ] && [ -z "${EXTP_MAC-}" ]; then
		die "ip, gateway, ip6, gateway6 and dns are for an interface that the guest knows by its MAC address: give mac, too"
	fi
}

# items TEXT: what commas, blanks and lines separate, a line each
items() {
	printf '%s\n' "$1" | tr -s ',[:blank:]' '\n' | grep .
}

# renew_guest DISK [ARGUMENT...]: with the name and the network of the parameters. An image mostly knows its interface by a MAC address
# that no instance has.
renew_guest() {
	set -- "$@" --name "$EXTP_HOSTNAME" --quiet --json ${EXTP_MAC:+"--mac=$EXTP_MAC"} ${EXTP_GATEWAY:+"--gateway=$EXTP_GATEWAY"} \
		${EXTP_GATEWAY6:+"--gateway6=$EXTP_GATEWAY6"}
	for item in $(items "${EXTP_IP-}"); do set -- "$@" "--ip=$item"; done
	for item in $(items "${EXTP_IP6-}"); do set -- "$@" "--ip6=$item"; done
	for item in $(items "${EXTP_DNS-}"); do set -- "$@" "--dns=$item"; done
	renewed=$(xen-bigdisk renew "$@") || return 1
	known=$(printf '%s\n' "$renewed" | sed -n 's/^ *"known_mac": "\(.*\)",*$/\1/p')
	[ -z "$known" ] || die "the network of the guest in $image is for the MAC address $known: give mac, that of the instance's NIC"
}

# Holds the volume's file until the script ends: of two that change or copy it, one waits. It is opened for writing, as NFS 4 wants it
# (flock(2)), but by its descriptor, as the shell makes a file that is not there.
lock_volume() {
	exec 8<"$volume" || die "cannot open $volume"
	exec 8<>/dev/fd/8 || die "cannot open $volume for writing"
	flock -w 600 8 || die "another process has the volume $volume"
}

# Of this node's loop devices, until the script ends.
lock_loops() {
	mkdir -p "$run"
	exec 7>>"$run/xen-bigdisk-extstorage" || die "cannot lock the loop devices"
	flock -w 60 7 || die "another process works on the loop devices"
}

# at_exit COMMAND: when the script ends, also by a signal
at_exit() {
	# shellcheck disable=SC2064 # it is a command in quotes
	trap "$1" EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# claim NAME: sets $final and $partial of the volume NAME, which nobody else makes until the script ends; then $partial is removed. The
# lock is a file of its own: NFS 4 wants it open for writing, and xen-bigdisk changes no image that somebody else has open so.
claim() {
	final=$dir/$1
	partial=$dir/.$1.partial
	lock=$dir/.$1.lock
	exec 9>>"$lock" || die "cannot create a file in $dir"
	flock -n 9 || die "the volume $final is being made by another process"
	[ "$(stat -c %d:%i "$lock" 2>/dev/null)" = "$(stat -L -c %d:%i /dev/fd/9 <&9)" ] ||
		die "the volume $final has just been made by another process"
	at_exit 'rm -f "$partial" "$lock"'
}

# begin NAME: sets $partial, an empty file that becomes the volume NAME. What a killed script left behind is taken over.
begin() {
	claim "$1"
	if [ -e "$final" ] || [ -L "$final" ]; then
		die "the volume $final already exists, and was not changed"
	fi
	: >"$partial" || die "cannot create a file in $dir"
}

# The file is on the disk, and then it has its name.
publish() {
	sync "$partial" || die "cannot flush $partial"
	ln -T "$partial" "$final" || die "cannot create $final"
	rm -f "$partial"
	sync "$dir" || die "cannot flush $dir"
}

# copy FROM: into $partial; shares the blocks where the filesystem can, else copies what is not zeros. Sets $shared.
# shellcheck disable=SC2034 # for the scripts
copy() {
	shared=yes
	cp --reflink=always "$1" "$partial" 2>/dev/null && return 0
	shared=no
	cp --reflink=never --sparse=always "$1" "$partial" || die "cannot copy $1"
}

# The size of a file or block device, in bytes.
size_of() {
	if [ -b "$1" ]; then
		blockdev --getsize64 "$1"
	else
		stat -c %s "$1"
	fi
}

# list_loops OPTION...: those of losetup's devices that `attach` has made: writable ones of a whole file. Others are somebody else's.
# One that goes away at its last close, as after losetup -d while it is in use, is among them.
list_loops() {
	list=$(losetup -n -O NAME,OFFSET,SIZELIMIT,RO "$@") || return 1
	printf '%s\n' "$list" | while read -r device offset limit read_only; do
		[ "$offset$limit$read_only" != 000 ] || printf '%s\n' "$device"
	done
}

# The loop devices of $volume on this node, one a line.
loops() {
	[ ! -e "$volume" ] || list_loops -j "$volume"
}

# Also those that others have made of it.
all_loops() {
	losetup -n -O NAME -j "$volume" || die "cannot list the loop devices of $volume"
}

# Those that go away when who uses them closes them: a process that had one open when it was detached, or a mount with -o loop, also
# of a partition. Only who reads no more than that does no harm.
ending_loops() {
	list=$(losetup -n -O NAME,AUTOCLEAR,RO -j "$volume") || return 1
	printf '%s\n' "$list" | while read -r device autoclear read_only; do
		[ "$autoclear$read_only" != 10 ] || printf '%s\n' "$device"
	done
}

# Such a device is no guest's: its number is another volume's when it has gone. Nor is a second one beside it, as both would write.
wait_for_ending_loops() {
	tries=0
	while :; do
		ending=$(ending_loops) || die "cannot list the loop devices of $volume"
		[ -n "$ending" ] || return 0
		[ "$tries" -lt 15 ] || break
		sleep 0.2
		tries=$((tries + 1))
	done
	ending=${ending%%"$newline"*}
	domid=$(domain_of "$ending") && die "$ending, the volume $volume, is a disk of the running domain $domid, and goes away with it"
	die "$ending, the volume $volume, is in use, and goes away when that ends: unmount it, or end what \`fuser -v $ending\` shows"
}

# Those of a file that had this name and was removed.
deleted_loops() {
	set +f
	for backing in /sys/block/loop*/loop/backing_file; do
		if [ -r "$backing" ] && [ "$(cat "$backing" 2>/dev/null)" = "$volume (deleted)" ]; then
			device=${backing#/sys/block/}
			list_loops "/dev/${device%%/*}" || true # it has just gone
		fi
	done
	set -f
}

# domain_of DEVICE: prints the domid of the guest that has it; fails where none has.
domain_of() {
	number=$(stat -c %t:%T "$1") || return 1
	set +f
	for backend in "$backends"/vbd-*; do
		if [ "$(cat "$backend/physical_device" 2>/dev/null)" = "$number" ]; then
			domid=${backend##*/vbd-}
			printf '%s\n' "${domid%%-*}"
			set -f
			return 0
		fi
	done
	set -f
	return 1
}

# detach_all: gives back the loop devices of $volume, also of one that was removed. A guest's backend may have one a moment longer than the guest is there.
detach_all() {
	tries=0
	while :; do
		left=$(loops && deleted_loops) || die "cannot list the loop devices of $volume"
		[ -n "$left" ] || return 0
		[ "$tries" -lt 50 ] || break
		[ "$tries" -eq 0 ] || sleep 0.2
		for device in $left; do
			domid=$(domain_of "$device") || domid=
			[ -n "$domid" ] || losetup -d "$device" || true
		done
		tries=$((tries + 1))
	done
	[ -z "$domid" ] || die "$device, the volume $volume, is a disk of the running domain $domid"
	die "$device, the volume $volume, is in use"
}
