#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# plugin/ganeti/extstorage: volumes as files, as Ganeti's scripts ask for them (ganeti-extstorage-interface(7)).
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

setup() {
	common_setup
	cp -r "$top/plugin/ganeti/extstorage" provider
	mkdir volumes run backends
	echo "# folders"$'\n'"$PWD/volumes"$'\n'"$PWD/other/" >provider/dirs.list
	volume=1b7e2c5e-0d3f-4c79-9e3c-0d5c9f0a7a11.ext.disk0
}

teardown() {
	local device
	for device in $(losetup -n -O NAME,BACK-FILE 2>/dev/null | awk -v folder="$PWD/" 'index($2, folder) == 1 { print $1 }'); do
		losetup -d "$device"
	done
	if mountpoint -q xfs 2>/dev/null; then umount xfs; fi
}

# provider SCRIPT [NAME=VALUE...] [-- ARGUMENT...]: as Ganeti runs it, with no other environment.
provider() {
	local script=$1 environment=()
	shift
	while [[ $# -gt 0 && $1 != -- ]]; do
		environment+=("$1")
		shift
	done
	[[ $# -eq 0 ]] || shift
	run --separate-stderr env -i PATH=/bin:/usr/bin:/sbin:/usr/sbin:"${bigdisk%/*}" LC_ALL=C XEN_BIGDISK_RUN="$PWD/run" \
		XEN_BIGDISK_XEN_BACKENDS="$PWD/backends" VOL_NAME="$volume" "${environment[@]}" "provider/$script" "$@"
	printf '%s\n' "$script ${environment[*]}: $status" "$output" "$stderr"
}

did() {
	provider "$@"
	[[ $status -eq 0 ]] || fail "status $status"
}

# refuses MESSAGE SCRIPT...: one line of error, and no half of a volume.
refuses() {
	local message=$1
	shift
	provider "$@"
	[[ $status -eq 1 && -z $output ]] || fail "status $status"
	[[ $(grep -c '^xen-bigdisk: error: ' <<<"$stderr") -eq 1 && $stderr == *"$message"* ]] || fail "another message"
	[[ -z $(find . -name '.*.partial') ]] || fail "something is left"
}

need_loops() {
	need_root
	need losetup
	local device
	truncate -s 1M trial
	device=$(losetup -f --show trial 2>/dev/null) || skip "no loop devices here"
	losetup -d "$device"
}

@test "create makes a file of that size, once; grow makes it larger, never smaller; remove removes it, also twice" {
	did create VOL_SIZE=64
	holds volumes "$volume"
	[[ $(stat -c '%s %a' "volumes/$volume") == "$((64 << 20)) 600" && $(stat -c %b "volumes/$volume") -eq 0 ]]
	echo data >"volumes/$volume"
	truncate -s 64M "volumes/$volume"
	refuses 'already exists, and was not changed' create VOL_SIZE=32
	[[ $(head -c 4 "volumes/$volume") == data ]]
	did grow VOL_SIZE=64 VOL_NEW_SIZE=100
	did grow VOL_SIZE=64 VOL_NEW_SIZE=100
	[[ $(stat -c %s "volumes/$volume") -eq $((100 << 20)) && $(head -c 4 "volumes/$volume") == data ]]
	refuses 'which is more than 50 MiB' grow VOL_SIZE=100 VOL_NEW_SIZE=50
	[[ $(stat -c %s "volumes/$volume") -eq $((100 << 20)) ]]
	did remove
	is_empty volumes
	did remove
	refuses 'does not exist' grow VOL_NEW_SIZE=50
	mkdir other
	did create VOL_SIZE=3 EXTP_DIR="$PWD/other" EXTP_ALLOCATE=yes
	[[ $(stat -c %b "other/$volume") -ge 6144 ]]
	did grow VOL_SIZE=3 VOL_NEW_SIZE=5 EXTP_DIR="$PWD/other/" EXTP_ALLOCATE=yes
	[[ $(stat -c %b "other/$volume") -ge 10240 ]]
	did remove EXTP_DIR="$PWD/other"
	is_empty other
}

@test "names, sizes, folders and parameters from outside are checked before anything is done" {
	local name
	for name in '' . .. ../up a/b .hidden -n 'a b' $'a\nb' 'a;b' "$(printf 'a%.0s' {1..300})" a.info; do
		refuses VOL_NAME create VOL_SIZE=1 VOL_NAME="$name"
		refuses VOL_NAME remove VOL_NAME="$name"
		refuses VOL_NAME attach VOL_NAME="$name"
	done
	local size
	for size in '' 0 -1 1x 01 1.5 '1 2' 9999999999999; do
		refuses VOL_SIZE create VOL_SIZE="$size"
	done
	refuses 'is not among those that may be used' create VOL_SIZE=1 EXTP_DIR=/etc
	refuses 'is not among those that may be used' create VOL_SIZE=1 EXTP_DIR="$PWD/volumes/../other"
	refuses 'the parameter dir must be one line' create VOL_SIZE=1 EXTP_DIR="$PWD/volumes"$'\n'"/etc"
	refuses "$PWD/other is not there on" create VOL_SIZE=1 EXTP_DIR="$PWD/other"
	refuses "allocate must be yes or no, not 'maybe'" create VOL_SIZE=1 EXTP_ALLOCATE=maybe
	refuses "from is no name" create VOL_SIZE=1 EXTP_FROM=../../etc/passwd
	refuses "there is no image debian in $PWD/volumes/images" create VOL_SIZE=1 EXTP_FROM=debian
	refuses "hostname is for an image" create VOL_SIZE=1 EXTP_HOSTNAME=web01
	refuses 'VOL_SNAPSHOT_NAME is no name' snapshot VOL_SNAPSHOT_NAME=../x
	is_empty volumes
	ln -s /etc/passwd "volumes/$volume"
	refuses 'already exists' create VOL_SIZE=1
	refuses 'is a symbolic link' attach
	refuses 'is a symbolic link' remove
	rm "volumes/$volume" provider/dirs.list
	refuses 'it lists the folders' create VOL_SIZE=1
	echo '# none' >provider/dirs.list
	refuses 'names no folder' create VOL_SIZE=1
	provider create VOL_SIZE=1 -- extra
	[[ $status -eq 2 ]]
}

@test "attach gives one loop device, however often and from how many scripts; detach takes it; grow is seen" {
	need_loops
	did create VOL_SIZE=16
	refuses 'does not exist' attach VOL_NAME=other
	local i
	for i in {1..8}; do
		env -i PATH="$PATH" XEN_BIGDISK_RUN="$PWD/run" VOL_NAME="$volume" provider/attach >"attached.$i" &
	done
	wait
	did attach
	device=${lines[0]}
	[[ -b $device && ${lines[1]} == "kvm:$PWD/volumes/$volume" && ${#lines[@]} -eq 2 ]]
	for i in {1..8}; do
		cmp "attached.$i" <(printf '%s\n' "$output")
	done
	[[ $(losetup -n -O NAME -j "volumes/$volume" | wc -l) -eq 1 ]]
	[[ $(blockdev --getsize64 "$device") -eq $((16 << 20)) ]]
	did grow VOL_SIZE=16 VOL_NEW_SIZE=24
	[[ $(blockdev --getsize64 "$device") -eq $((24 << 20)) ]]
	# Grown by another node.
	truncate -s 32M "volumes/$volume"
	did attach
	[[ $(blockdev --getsize64 "$device") -eq $((32 << 20)) ]]
	did detach
	[[ -z $(losetup -n -O NAME -j "volumes/$volume") ]]
	did detach
	did attach
	did remove
	is_empty volumes
	run ! grep -qsF "$PWD/volumes/" /sys/block/loop*/loop/backing_file
	did detach
}

@test "a loop device that somebody else has made of a volume is neither given out nor taken away" {
	need_loops
	did create VOL_SIZE=16
	local kind other
	for kind in --read-only '--offset 1048576' '--sizelimit 1048576'; do
		# shellcheck disable=SC2086 # words are meant
		other=$(losetup --find --show $kind "volumes/$volume")
		did attach
		[[ ${lines[0]} != "$other" && $(losetup -n -O OFFSET,SIZELIMIT,RO "${lines[0]}" | xargs) == '0 0 0' ]]
		did detach
		[[ $(losetup -n -O NAME -j "volumes/$volume") == "$other" ]]
		refuses "is in use by $other, which attach has not made" remove
		[[ -e volumes/$volume ]]
		losetup -d "$other"
	done
	# What has been written through one is in a snapshot.
	other=$(losetup --find --show --offset 1048576 "volumes/$volume")
	echo written >"$other"
	did snapshot VOL_SNAPSHOT_NAME="$volume.snap"
	[[ $(dd if="volumes/$volume.snap" bs=1M skip=1 count=1 status=none | head -c 7) == written ]]
	losetup -d "$other"
	# A file that had the name before is another one.
	did attach
	other=${lines[0]}
	rm "volumes/$volume"
	did create VOL_SIZE=16
	did attach
	[[ ${lines[0]} != "$other" ]]
	did detach
	run ! grep -qsF "$PWD/volumes/" /sys/block/loop*/loop/backing_file
	# One without direct I/O gets it.
	other=$(losetup --find --show "volumes/$volume")
	did attach
	[[ ${lines[0]} == "$other" && $(losetup -n -O DIO "$other" | xargs) == 1 ]]
	did remove
}

@test "a volume that cannot be allocated as a whole keeps its size, and a new one is not there" {
	did create VOL_SIZE=10
	mkdir bin
	# As in a folder that gets full.
	printf '#!/bin/sh\nfor file; do :; done\ntruncate -s 52176896 "$file"\nexit 1\n' >bin/fallocate
	chmod 755 bin/fallocate
	refuses 'cannot allocate 100 MiB' grow PATH="$PWD/bin:/bin:/usr/bin:/sbin:/usr/sbin" VOL_NEW_SIZE=100 EXTP_ALLOCATE=yes
	[[ $(stat -c %s "volumes/$volume") -eq $((10 << 20)) ]]
	refuses 'cannot allocate 100 MiB' create PATH="$PWD/bin:/bin:/usr/bin:/sbin:/usr/sbin" VOL_NAME=other VOL_SIZE=100 EXTP_ALLOCATE=yes
	holds volumes "$volume"
	did grow VOL_NEW_SIZE=10 EXTP_ALLOCATE=yes
	did grow VOL_NEW_SIZE=12 EXTP_ALLOCATE=yes
	[[ $(stat -c %s "volumes/$volume") -eq $((12 << 20)) && $(stat -c %b "volumes/$volume") -ge 4096 ]]
}

@test "a volume that a guest or a mount has is neither detached nor removed" {
	need_loops
	need mke2fs
	did create VOL_SIZE=16
	did attach
	device=${lines[0]}
	mkdir backends/vbd-7-51712
	stat -c %t:%T "$device" >backends/vbd-7-51712/physical_device
	refuses "$device, the volume $PWD/volumes/$volume, is a disk of the running domain 7" detach
	refuses "is a disk of the running domain 7" remove
	[[ -e volumes/$volume && -n $(losetup -n -O NAME -j "volumes/$volume") ]]
	# A backend that is gone a moment later.
	(sleep 1 && rm -r backends/vbd-7-51712) &
	did detach
	wait
	[[ -z $(losetup -n -O NAME -j "volumes/$volume") ]]
	did attach
	device=${lines[0]}
	exec {holder}<"$device"
	refuses "$device, the volume $PWD/volumes/$volume, is in use" remove
	exec {holder}<&-
	[[ -e volumes/$volume ]]
	did remove
}

@test "a loop device that goes away at its last close is given out no more, and none is made beside it" {
	need_loops
	need mke2fs
	did create VOL_SIZE=16
	did attach
	device=${lines[0]}
	exec {holder}<"$device"
	losetup -d "$device"
	[[ $(losetup -n -O AUTOCLEAR "$device" | xargs) == 1 ]] || skip "this kernel detaches at once"
	refuses "$device, the volume $PWD/volumes/$volume, is in use, and goes away when that ends: unmount it" attach
	[[ $(losetup -n -O NAME -j "volumes/$volume") == "$device" ]]
	# A moment later it has gone.
	sleep 1 <"$device" &
	exec {holder}<&-
	did attach
	wait
	[[ $(losetup -n -O AUTOCLEAR "${lines[0]}" | xargs) == 0 ]]
	did detach
	mke2fs -q "volumes/$volume"
	mkdir mounted
	mount -o loop "volumes/$volume" mounted 2>/dev/null || skip "no ext2 here"
	device=$(losetup -n -O NAME -j "volumes/$volume")
	refuses "$device, the volume $PWD/volumes/$volume, is in use" attach
	refuses "$device, the volume $PWD/volumes/$volume, is in use" remove
	umount mounted
	did attach
	did remove
}

@test "who waits for a volume's lock lets others attach" {
	need_loops
	did create VOL_SIZE=16
	did create VOL_NAME=other VOL_SIZE=16
	exec {holder}<"volumes/$volume"
	flock "$holder"
	local script
	for script in remove grow; do
		# shellcheck disable=SC2094 # the volume is locked, not read
		(provider "$script" VOL_NEW_SIZE=24) {holder}<&- >"$script.log" &
	done
	sleep 1
	exec {loops}>>run/xen-bigdisk-extstorage
	flock -n "$loops" || fail "the loop devices are locked"
	exec {loops}>&-
	did attach VOL_NAME=other
	exec {holder}<&-
	wait
	did detach VOL_NAME=other
	[[ ! -e volumes/$volume ]]
}

# flock(2): "in order to place an exclusive lock, the file must be opened for writing"
@test "what is locked is open for writing, as NFS wants it" {
	mkdir bin
	cat >bin/flock <<-'EOF'
		#!/bin/sh
		for fd; do :; done
		grep -q '^flags:.*[12]$' "/proc/self/fdinfo/$fd" && exec /usr/bin/flock "$@"
		echo "flock: $fd: Bad file descriptor" >&2
		exit 65
	EOF
	chmod 755 bin/flock
	local path=PATH=$PWD/bin:/bin:/usr/bin:/sbin:/usr/sbin
	did create "$path" VOL_SIZE=4
	did grow "$path" VOL_NEW_SIZE=8
	did setinfo "$path" VOL_METADATA=x
	did snapshot "$path" VOL_SNAPSHOT_NAME=copy
	did remove "$path"
	holds volumes copy
}

@test "allocate=yes: what fill, receive and grow write onto the volume leaves it allocated; one with holes gets no more than it needs" {
	need_loops
	blocks() { stat -c %b "volumes/$volume"; }
	made --quiet --no-start --dir d --no-net golden --size 48M --template mini
	ok send d/golden.img --output golden.tar --quiet
	local allocate device
	for allocate in yes no; do
		did create VOL_SIZE=64 EXTP_ALLOCATE="$allocate"
		did attach
		device=${lines[0]}
		ok fill "$device" --name web01 --template mini --quiet
		[[ $allocate == no || $(blocks) -ge 131072 ]] || fail "of fill: $(blocks) blocks"
		ok receive "$device" --force --quiet <golden.tar
		cmp -n 48M "$device" d/golden.img
		# New inode tables are zeros, too, where it grows.
		did grow VOL_NEW_SIZE=1024 EXTP_ALLOCATE="$allocate"
		ok grow "$device" --quiet
		if [[ $allocate == yes ]]; then
			[[ $(blocks) -ge 2097152 ]] || fail "of receive: $(blocks) blocks"
		else
			[[ $(blocks) -lt 70000 ]] || fail "with holes: $(blocks) blocks"
		fi
		did remove
	done
}

@test "a snapshot is a volume of its own; of what a guest writes to, only where blocks can be shared" {
	did create VOL_SIZE=8
	head -c 3000000 /dev/urandom | dd of="volumes/$volume" conv=notrunc status=none
	did snapshot VOL_SNAPSHOT_NAME="$volume.snap" VOL_SNAPSHOT_SIZE=8 VOL_SIZE=8
	cmp "volumes/$volume" "volumes/$volume.snap"
	[[ $(stat -c %b "volumes/$volume.snap") -lt 6200 ]]
	refuses 'already exists' snapshot VOL_SNAPSHOT_NAME="$volume.snap" VOL_SNAPSHOT_SIZE=8
	did remove VOL_NAME="$volume.snap"
	holds volumes "$volume"
	refuses 'which is more than 4 MiB' snapshot VOL_SNAPSHOT_NAME="$volume.snap" VOL_SNAPSHOT_SIZE=4
	need_loops
	did attach
	head -c 2000000 /dev/urandom >"${lines[0]}"
	mkdir backends/vbd-12-51712
	stat -c %t:%T "${lines[0]}" >backends/vbd-12-51712/physical_device
	if cp --reflink=always "volumes/$volume" volumes/trial 2>/dev/null; then
		rm volumes/trial
		did snapshot VOL_SNAPSHOT_NAME="$volume.snap" VOL_SNAPSHOT_SIZE=8
	else
		refuses 'a disk of the running domain 12: a copy would be no snapshot' snapshot VOL_SNAPSHOT_NAME="$volume.snap"
		rm -r backends/vbd-12-51712
		did snapshot VOL_SNAPSHOT_NAME="$volume.snap"
	fi
	cmp "volumes/$volume" "volumes/$volume.snap"
}

@test "from an image: a copy with its filesystem grown and, with a name, an identity of its own; no half of it after a failure" {
	need e2fsck resize2fs debugfs jq
	made --quiet --no-start --dir d --no-net golden --size 64M --template mini
	mkdir volumes/images
	cp --sparse=always d/golden.img volumes/images/debian.img
	chmod 700 volumes
	did verify EXTP_FROM=debian EXTP_HOSTNAME=web01
	provider verify EXTP_FROM=debian EXTP_HOSTNAME=bad_name
	[[ $status -eq 1 && $stderr == *'cannot get the name bad_name and its network'* ]]
	did create VOL_SIZE=128 EXTP_FROM=debian EXTP_HOSTNAME=web01
	fsck_is_clean "volumes/$volume"
	[[ $(stat -c %s "volumes/$volume") -eq $((128 << 20)) && $(region "volumes/$volume" 1 size) -gt 200000 ]]
	[[ $(in_image "volumes/$volume" 'cat /etc/hostname') == web01 && $(in_image volumes/images/debian.img 'cat /etc/hostname') == golden ]]
	did create VOL_NAME=same VOL_SIZE=64 EXTP_FROM=debian.img
	cmp volumes/same volumes/images/debian.img
	did create VOL_NAME=not-grown VOL_SIZE=70 EXTP_FROM=debian EXTP_GROW=no
	cmp -n 64M volumes/not-grown volumes/images/debian.img
	rm "volumes/$volume" volumes/same volumes/not-grown
	refuses 'and the volume is to have 32 MiB' create VOL_SIZE=32 EXTP_FROM=debian
	provider create VOL_SIZE=128 EXTP_FROM=debian EXTP_HOSTNAME='not a name'
	[[ $status -eq 1 && $stderr == *'the guest in the image could not be given its name and network'* ]]
	holds volumes images debian.img
	# A network that no instance would have is refused, unless it is given anew.
	mkdir -p r/etc r/usr/lib/systemd
	touch r/usr/lib/systemd/systemd{,-networkd}
	echo ID=debian >r/etc/os-release
	ok template import plain r --templates t --quiet
	made --quiet --no-start --dir d fixed --size 64M --template plain --templates t --mac 00:16:3e:00:00:01 --ip 192.0.2.5/24
	ln d/fixed.img volumes/images/fixed.img
	provider verify EXTP_FROM=fixed EXTP_HOSTNAME=web01
	[[ $status -eq 1 && $stderr == *'is for the MAC address 00:16:3e:00:00:01: give mac'* ]]
	refuses 'is for the MAC address 00:16:3e:00:00:01: give mac' create VOL_SIZE=64 EXTP_FROM=fixed EXTP_HOSTNAME=web01
	refuses 'give hostname, too' create VOL_SIZE=64 EXTP_FROM=fixed EXTP_MAC=aa:00:00:00:00:02
	refuses 'give mac, too' create VOL_SIZE=64 EXTP_FROM=fixed EXTP_HOSTNAME=web01 EXTP_IP=198.51.100.7/24
	local network=(EXTP_MAC=aa:00:00:00:00:02 EXTP_IP='198.51.100.7/24, 198.51.100.8/24' EXTP_GATEWAY=198.51.100.1 EXTP_DNS='192.0.2.53  192.0.2.54')
	did verify EXTP_FROM=fixed EXTP_HOSTNAME=web01 "${network[@]}"
	did create VOL_SIZE=64 EXTP_FROM=fixed EXTP_HOSTNAME=web01 "${network[@]}"
	run -0 --separate-stderr "$bigdisk" renew "volumes/$volume" --name web02 --dry-run --json
	[[ $(jq -r '[.old_name, .known_mac] | join(" ")' <<<"$output") == "web01 aa:00:00:00:00:02" && $stderr == *"knows the network interface by its MAC address"* ]]
	[[ $(in_image "volumes/$volume" 'cat /etc/systemd/network/10-xen-bigdisk.network') == *198.51.100.7/24*198.51.100.8/24*192.0.2.53*192.0.2.54* ]]
	rm "volumes/$volume" volumes/images/fixed.img
	did create VOL_SIZE=64 EXTP_FROM=debian EXTP_HOSTNAME=web01
	rm "volumes/$volume"
	head -c 1M /dev/urandom >volumes/images/foreign.img
	provider create VOL_SIZE=128 EXTP_FROM=foreign
	[[ $status -eq 1 && $stderr == *'grow=no leaves partitions and filesystems as they are'* ]]
	holds volumes images debian.img foreign.img
}

@test "where blocks can be shared, copies of images and snapshots take no room" {
	need_loops
	need mkfs.xfs
	truncate -s 400M xfs.img
	mkfs.xfs -q -m reflink=1 xfs.img
	mkdir xfs
	mount -o loop xfs.img xfs 2>/dev/null || skip "no XFS here"
	mkdir -m 700 xfs/volumes xfs/volumes/images
	echo "$PWD/xfs/volumes" >provider/dirs.list
	head -c 100M /dev/urandom >xfs/volumes/images/golden
	local i before
	before=$(df --output=used -B 1M xfs | tail -n 1)
	for i in {1..10}; do
		did create VOL_NAME="volume$i" VOL_SIZE=100 EXTP_FROM=golden
		[[ -z $stderr ]] || fail "a warning"
	done
	did attach VOL_NAME=volume1
	mkdir backends/vbd-3-51712
	stat -c %t:%T "${lines[0]}" >backends/vbd-3-51712/physical_device
	echo changed | dd of="${lines[0]}" conv=notrunc status=none
	did snapshot VOL_NAME=volume1 VOL_SNAPSHOT_NAME=volume1.snap VOL_SNAPSHOT_SIZE=100
	[[ $(head -c 7 xfs/volumes/volume1.snap) == changed ]]
	[[ $(($(df --output=used -B 1M xfs | tail -n 1) - before)) -lt 20 ]]
	rm -r backends/vbd-3-51712
	did detach VOL_NAME=volume1
	did verify -- ext
	[[ -z $stderr ]]
}

@test "setinfo notes whose it is; verify says what is wrong, and leaves nothing" {
	did create VOL_SIZE=1
	did setinfo VOL_METADATA=originstname+web01 VOL_CNAME=$'two\nlines' VOL_UUID=5e2a
	[[ $(<"volumes/$volume.info") == $'metadata originstname+web01\nname two?lines\nuuid 5e2a' ]]
	did remove
	is_empty volumes
	refuses 'does not exist' setinfo VOL_METADATA=x
	did verify -- ext
	is_empty volumes
	chmod 777 volumes
	refuses 'others may write to the folder' verify
	chmod 755 volumes
	refuses 'there is no image none' verify EXTP_FROM=none
	refuses "grow must be yes or no, not '1'" verify EXTP_GROW=1
	refuses 'hostname is for an image' verify EXTP_HOSTNAME=web01
	# NFS 3 without lockd, say.
	mkdir bin
	printf '#!/bin/sh\nexit 71\n' >bin/flock
	chmod 755 bin/flock
	refuses "files in the folder $PWD/volumes cannot be locked" verify PATH="$PWD/bin:/bin:/usr/bin:/sbin:/usr/sbin"
	[[ -z $(find volumes -name '.verify*') ]]
}

@test "a script that is ended by a signal leaves nothing" {
	local script
	did create VOL_SIZE=1
	mkdir bin
	# Whoever runs it is ended.
	printf '#!/bin/sh\nkill -TERM "$PPID"\n' | tee bin/sync bin/cp >bin/truncate
	chmod 755 bin/*
	for script in setinfo verify snapshot; do
		provider "$script" PATH="$PWD/bin:/bin:/usr/bin:/sbin:/usr/sbin" VOL_METADATA=x VOL_SNAPSHOT_NAME=copy
		[[ $status -eq 143 ]] || fail "status $status"
		holds volumes "$volume"
	done
	provider create PATH="$PWD/bin:/bin:/usr/bin:/sbin:/usr/sbin" VOL_NAME=other VOL_SIZE=1
	[[ $status -eq 143 ]] || fail "status $status"
	holds volumes "$volume"
}

@test "who is making a volume is not disturbed, and what a killed one left is taken over" {
	: >"volumes/.$volume.partial"
	exec {maker}>"volumes/.$volume.lock"
	flock "$maker"
	local script
	for script in create remove; do
		provider "$script" VOL_SIZE=1
		[[ $status -eq 1 && $stderr == *'is being made by another process' ]]
		holds volumes ".$volume.partial" ".$volume.lock"
	done
	exec {maker}>&-
	did remove
	is_empty volumes
	echo garbage | tee "volumes/.$volume.partial" >"volumes/.$volume.lock"
	did create VOL_SIZE=1
	holds volumes "$volume"
	[[ -z $(tr -d '\0' <"volumes/$volume" | head -c 1) ]]
}

@test "make install-ganeti installs what Ganeti wants, and keeps the list of folders; each parameter is there in words" {
	need make
	install_ganeti() {
		make -s -C "$top" "$1" DESTDIR="$PWD/stage" prefix=/usr sysconfdir=/etc
	}
	install_ganeti install-ganeti
	local folder=stage/usr/share/ganeti/extstorage/xen-bigdisk script
	for script in create attach detach remove grow setinfo verify snapshot; do
		[[ -x $folder/$script ]] || fail "$script"
	done
	[[ $(readlink "$folder/dirs.list") == /etc/ganeti/xen-bigdisk/extstorage-dirs ]]
	[[ $(awk '{ print $1 }' "$folder/parameters.list" | sort | xargs) == 'allocate dir dns from gateway gateway6 grow hostname ip ip6 mac' ]]
	[[ $(awk 'NF < 3' "$folder/parameters.list") == '' ]]
	local name
	for name in allocate dir dns from gateway gateway6 grow hostname ip ip6 mac; do
		grep -q "EXTP_${name^^}" "$folder"/{create,common.sh}
	done
	[[ $(stat -c %a stage/var/log/ganeti/extstorage) == 750 ]]
	echo /srv/mine >stage/etc/ganeti/xen-bigdisk/extstorage-dirs
	install_ganeti install-ganeti
	[[ $(<stage/etc/ganeti/xen-bigdisk/extstorage-dirs) == /srv/mine ]]
	install_ganeti uninstall-ganeti
	[[ ! -e $folder && -e stage/etc/ganeti/xen-bigdisk/extstorage-dirs ]]
}
