# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests on logical volumes, thick and thin: made, booted, copied, renamed, grown and removed with them. What was on the disk before
# shows nowhere.
# make check: Xen 4.17
. ./lib.sh

truncate -s 1G "$scratch/pv"
pv=$(losetup --show -f "$scratch/pv")
# In each MiB of what volumes are made from.
python3 - "$pv" <<-'PYTHON'
	import os, sys
	fd = os.open(sys.argv[1], os.O_WRONLY)
	for mib in range(1, 1024):
	    os.pwrite(fd, b"OLDCONTENT" * 10, (mib << 20) + 300000)
	os.fsync(fd)
PYTHON
{ pvcreate -y "$pv" && vgcreate labvg "$pv" && lvcreate -y -L 400M -n pool --type thin-pool labvg; } >"$scratch/setup" 2>&1 ||
	note <"$scratch/setup"
finish() {
	xl destroy lvm02
	rm -f /etc/xen/lvm0?.cfg
	{ vgremove -fy labvg; losetup -d "$pv"; xen-bigdisk template rm labmini --yes; } >/dev/null 2>&1
	rm -rf "$scratch"
} 2>/dev/null
trap finish EXIT

bigdisk() { limited xen-bigdisk "$@"; }
lv() { lvs --noheadings -o "$2" "labvg/$1" | xargs; }	# lv NAME COLUMNS
volumes() { lvs --noheadings -o lv_name labvg | xargs; }
prepared() { lvs --noheadings -o lv_name -S 'tags="xen-bigdisk.prepared"' labvg | xargs; }
clean() { e2fsck -fn "/dev/labvg/$1?offset=1048576"; }
shows_nothing_old() { ! grep -c OLDCONTENT "/dev/labvg/$1"; }
root_uuid() { blkid -p -O 1048576 -o value -s UUID "/dev/labvg/$1"; }
doctor_says() { { xen-bigdisk doctor --json || true; } | jq -e --arg found "$1" 'any(.checks[]; .check == "volumes" and (.found | contains($found)))'; }
sectors() { xenstore-read "/local/domain/0/backend/vbd/$(domid lvm02)/51712/sectors"; }
has_sectors() { equal "$(sectors)" "$1"; }

check "the disk has old content, which a plain volume shows" grep -q OLDCONTENT "$pv"
check "new --lvm makes a volume of the guest's name" bigdisk new lvm01 --lvm labvg --size 96M --no-start
check "… which its config names" grep -q 'target=/dev/labvg/lvm01"' /etc/xen/lvm01.cfg
check "… is of its own extents, and tagged" equal "$(lv lvm01 lv_layout,lv_tags)" "linear xen-bigdisk"
check "… has a clean filesystem" clean lvm01
check "… and nothing that was there before" shows_nothing_old lvm01
check "a name that is taken is not touched" fails_saying --status 3 '/etc/xen/lvm01.cfg already exists' xen-bigdisk new lvm01 --lvm labvg --size 96M --no-start
check "… nor a volume that no config names" fails_saying --status 3 '/dev/labvg/pool already exists' xen-bigdisk new pool --lvm labvg --size 96M --no-start
check "there is no such group" fails_saying --status 4 '--lvm: there is no volume group nosuch' xen-bigdisk new lvm09 --lvm nosuch --no-start
check "… no such pool" fails_saying --status 4 'there is no thin pool nosuch' xen-bigdisk new lvm09 --lvm labvg/nosuch --no-start
check "… no room" fails_saying --status 6 'the volume group labvg has .* free' xen-bigdisk new lvm09 --lvm labvg --size 2G --no-start
lvchange -qq -Zn labvg/pool
check "a pool that does not zero its blocks is refused" fails_saying 'lvchange -Zy labvg/pool' xen-bigdisk new lvm09 --lvm labvg/pool --no-start
lvchange -qq -Zy labvg/pool

check "a template is made of the volume" bigdisk template import labmini /dev/labvg/lvm01
check "new --lvm VG/POOL boots from a thin volume, by pygrub" \
	bigdisk new lvm02 --lvm labvg/pool --template labmini --size 96M --memory 160M --wait=$((120 * patience))
check "… by our hotplug program, without a loop device" \
	equal "$(backend lvm02 vbd 51712/script) $(backend lvm02 vbd 51712/physical-device-path)" "/etc/xen/scripts/block-bigdisk $(readlink -f /dev/labvg/lvm02)"
prepared=$(prepared)
check "… a snapshot of the template's prepared image" equal "$(lv lvm02 lv_layout,pool_lv,origin)" "thin,sparse pool $prepared"
check "… which is inactive" none_of "/dev/labvg/$prepared"
check "it is not removed while it runs" fails_saying --status 5 lvm02 xen-bigdisk rm lvm02 --yes
check "grow makes the volume of a running guest larger" says 'growpart /dev/xvda 1' bigdisk grow lvm02 128M
check "… and blkback passes it on" wait_until 20 has_sectors 262144
check "stop shuts it down" bigdisk stop lvm02 --wait $((60 * patience))
check "grow makes partition and filesystem larger, now that it is stopped" says 'its filesystem has 127 MiB \(was 95 MiB\)' bigdisk grow lvm02
check "… and it is clean" clean lvm02
check "… with nothing that was there before" shows_nothing_old lvm02

check "our boot loader reads a volume, too" eval 'bigdisk set lvm02 boot=bigdisk && start lvm02'
check "… it ends" bigdisk stop lvm02 --wait $((60 * patience))
check "… and is clean" clean lvm02

check "clone makes a snapshot of a thin volume" bigdisk clone lvm02 lvm03
check "… of the guest's own" equal "$(lv lvm03 lv_layout,origin,lv_tags)" "thin,sparse lvm02 xen-bigdisk"
check "… with a filesystem UUID of its own" test "$(root_uuid lvm03)" != "$(root_uuid lvm02)"
check "… its own name inside" equal "$(xen-bigdisk cat lvm03:/etc/hostname)" lvm03
check "… and clean" clean lvm03
check "rename renames the volume" bigdisk rename lvm03 lvm04
check "… and the disk in the config" grep -q 'target=/dev/labvg/lvm04"' /etc/xen/lvm04.cfg
check "… nothing is left of the old name" none_of /dev/labvg/lvm03 /etc/xen/lvm03.cfg
check "rm takes the volume away" says '/dev/labvg/lvm04, /etc/xen/lvm04.cfg' bigdisk rm lvm04 --yes
check "… and the copy was none of the source's" clean lvm02

check "grow makes a thick volume larger" bigdisk grow lvm01 128M
check "… by extents that show nothing of what was there" shows_nothing_old lvm01
check "… and it is clean" clean lvm01
check "a small thick one" bigdisk new lvm05 --lvm labvg --size 16M --template none --boot-sector none --no-start
killed_at_fsync() { ! strace -f -o /dev/null -e trace=fsync -e inject=fsync:signal=SIGKILL xen-bigdisk "$@"; }
check "a clone is killed when its volume is written" killed_at_fsync clone lvm05 lvm06
check "… which doctor names" doctor_says '/dev/labvg/lvm06 was left by an interrupted run'
check "clone copies a thick volume to another, and replaces what was left" says 'left by an interrupted run' bigdisk clone lvm05 lvm06
check "… of its own extents" equal "$(lv lvm06 lv_layout,lv_tags)" "linear xen-bigdisk"
check "… with a filesystem UUID of its own" test "$(root_uuid lvm05)" != "$(root_uuid lvm06)"
check "… clean, and with nothing old" eval 'clean lvm06 && shows_nothing_old lvm06'

check "new is killed when its volume is written" killed_at_fsync new lvm07 --lvm labvg --size 16M --template none --no-start
check "… which leaves a volume that doctor names" doctor_says '/dev/labvg/lvm07 was left by an interrupted run'
check "… and which the same command replaces" says 'left by an interrupted run' \
	bigdisk new lvm07 --lvm labvg --size 16M --template none --boot-sector none --no-start
check "… so that doctor is content" doctor_says 'each of a guest'
check "a template that is too large for the disk is refused" fails_saying --status 6 'use a larger disk' \
	xen-bigdisk new lvm08 --lvm labvg/pool --template labmini --size 16M --no-start
check "a failure, when the volume is written, leaves none" fails_saying 'Input/output error' \
	strace -o /dev/null -e trace=fsync -e inject=fsync:error=EIO xen-bigdisk new lvm08 --lvm labvg --size 16M --template none --no-start
check "… and no config" none_of /dev/labvg/lvm08 /etc/xen/lvm08.cfg

check "partitions with a filesystem of their own" bigdisk new lvm10 --lvm labvg --template labmini --size 128M --mount /home=16M --no-start
start_of() { echo $((512 * $(od -An -tu4 -j $((446 + 16 * ($2 - 1) + 8)) -N 4 "/dev/labvg/$1"))); }	# start_of NAME PARTITION
clean_partition() { e2fsck -fn "/dev/labvg/$1?offset=$(start_of "$1" "$2")"; }
partition_uuid() { blkid -p -O "$(start_of "$1" "$2")" -o value -s UUID "/dev/labvg/$1"; }
check "… of which both are clean, with nothing old" eval 'clean_partition lvm10 1 && clean_partition lvm10 2 && shows_nothing_old lvm10'
check "… and the guest mounts it" says "^UUID=$(partition_uuid lvm10 2) /home ext3" xen-bigdisk cat lvm10:/etc/fstab
check "… and a copy its own" bigdisk clone lvm10 lvm11
check "… which has a UUID of its own" test "$(partition_uuid lvm10 2)" != "$(partition_uuid lvm11 2)"
check "… by which it is mounted" says "^UUID=$(partition_uuid lvm11 2) /home ext3" xen-bigdisk cat lvm11:/etc/fstab
check "… and it goes" bigdisk rm lvm10 lvm11 --yes

check "a whole disk is copied to a volume" eval 'bigdisk template import labdisk --as disk /dev/labvg/lvm05 &&
	mkdir "$scratch/d" && bigdisk new lvm08 --lvm labvg --template labdisk --type hvm --no-start --dir "$scratch/d"'
check "… with its config in --dir" grep -q 'target=/dev/labvg/lvm08"' "$scratch/d/lvm08.cfg"
check "… which is what was sealed" equal "$(root_uuid lvm08)" "$(root_uuid lvm05)"
check "… and goes with the guest" bigdisk rm lvm08 --dir "$scratch/d" --yes

cat >"$scratch/fleet.json" <<-'EOF'
	{ "fleet": "lvm", "defaults": { "lvm": "labvg/pool", "template": "labmini", "size": "96M" }, "guests": { "lvm09": {} } }
EOF
check "a fleet makes its disks so" bigdisk fleet apply "$scratch/fleet.json" --no-start
check "… by the same prepared image" equal "$(lv lvm09 origin)" "$prepared"
check "… finds nothing to change then" equal "$(xen-bigdisk fleet plan "$scratch/fleet.json" --no-start --json | jq -c '[.create, .change, .refuse]')" '[0,0,0]'
check "… and destroys them" bigdisk fleet destroy "$scratch/fleet.json" --yes

check "template rm takes the prepared image away" bigdisk template rm labmini --yes
check "… and leaves the guest's disk as it is" clean lvm02
check "rm removes the rest" bigdisk rm lvm01 lvm02 lvm05 lvm06 lvm07 --yes
check "… and nothing is left but the pool" equal "$(volumes)" pool
bigdisk template rm labdisk --yes >/dev/null 2>&1
