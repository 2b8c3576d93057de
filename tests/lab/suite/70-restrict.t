# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# pygrub without privileges, the only kind that the Xen project gives security support for.
# make check: Xen 4.20
. ./lib.sh

user=xen-qemuuser-shared
range=xen-qemuuser-range-base
range_uid=400000

# watching COMMAND…: runs it, and writes the uid of each boot loader that reads a disk meanwhile to $scratch/uids. Where it is
# restricted there is one with that user's uid, and its parent, root's. Each look takes dom0's only processor for a while: it ends with
# the boot loader.
watching() {
	local watcher status=0 found
	: >"$scratch/uids"
	while sleep "${pause:-0.5}"; do
		found=$(ps -eo uid=,comm=,args= | awk '/[p]ygrub/ && /python/ || $2 ~ /^xen-bigdisk-boo/ { print $1 }')
		if [ -n "$found" ]; then
			echo "$found" >>"$scratch/uids"
		elif [ -s "$scratch/uids" ]; then
			break
		fi
	done &
	watcher=$!
	"$@" || status=$?
	kill "$watcher" 2>/dev/null
	wait "$watcher" 2>/dev/null
	return "$status"
}
# Ours may have come and gone between two looks: safe01 is started again until it and its reader were seen.
watching_ours() {
	local tries pause=0.02
	for tries in 1 2 3 4 5; do
		watching "$@" || return
		if [ "$(uids | wc -w)" -ge 2 ] || [ "$tries" = 5 ]; then
			return
		fi
		xl destroy safe01
		wait_until 15 no_monitor safe01
	done
}
uids() { sort -un "$scratch/uids" | xargs; }
readers() {	# readers IMAGE: the users that its ACL names, by their numbers
	python3 - "$1" <<-'EOF2'
		import os, struct, sys
		acl = os.getxattr(sys.argv[1], "system.posix_acl_access")
		print(*(uid for tag, _, uid in struct.iter_unpack("<HHI", acl[4:]) if tag == 2))
	EOF2
}

# Our package has made the user.
userdel "$user" 2>/dev/null
warned() { says "$user" xen-bigdisk new plain01 --size 128M --template none --no-start --no-net; }
check "without the user, new warns and says how to make it" warned
check "… and leaves the key out" eval '! grep -q "^bootloader_restrict" /etc/xen/plain01.cfg'
forget plain01

useradd --system --no-create-home --shell /usr/sbin/nologin "$user"
uid=$(id -u "$user")
check "with the user, the guest boots" watching new safe01 --no-net
check "… its cfg says so" grep -q '^bootloader_restrict *= *1' /etc/xen/safe01.cfg
check "… pygrub read the disk as that user" equal "$(uids)" "0 $uid"
check "… and its greeting is there" grep -q 'safe01 is up: PV guest' "$consoles/guest-safe01.log"
check "… the image is not open to everybody" equal "$(stat -c %A "$images/safe01.img" | cut -c8-10)" ---
check "doctor finds no fault with the user" eval '! xen-bigdisk doctor | grep -E "^(problem|warning).*pygrub_user"'
check "xl shutdown ends it" limited xl shutdown -w safe01
check "… and the domain goes" wait_until 30 gone safe01

check "xl create boots the same config" watching limited xl create /etc/xen/safe01.cfg
if [ "$xen_version" = 4.17 ]; then
	check "… on this Xen as root, as xl does not know the key" equal "$(uids)" 0
	xl destroy safe01
	check "… and with the environment that libxl looks at there" watching limited \
		env LIBXL_BOOTLOADER_RESTRICT=1 LIBXL_BOOTLOADER_USER="$user" xl create /etc/xen/safe01.cfg
fi
check "… as that user" equal "$(uids)" "0 $uid"
xl destroy safe01

check "our boot loader takes pygrub's place" limited xen-bigdisk set safe01 boot=bigdisk
check "… by start" watching_ours limited xen-bigdisk start safe01 --no-wait
check "… its reader is nobody, without being asked" equal "$(uids)" "0 65534"
xl destroy safe01
wait_until 15 no_monitor safe01
if [ "$xen_version" = 4.17 ]; then
	restricted=(env LIBXL_BOOTLOADER_RESTRICT=1 LIBXL_BOOTLOADER_USER="$user")
else
	restricted=(env)
	echo 'bootloader_restrict = 1' >>/etc/xen/safe01.cfg
fi
check "… by xl create, restricted" watching_ours limited "${restricted[@]}" xl create /etc/xen/safe01.cfg
check "… its reader is that user" equal "$(uids)" "0 $uid"
xl destroy safe01
limited xen-bigdisk set safe01 boot=pygrub >/dev/null

useradd --system --no-create-home --shell /usr/sbin/nologin --uid "$range_uid" "$range"
check "with a range of uids, start gives the boot loader one that no domain has" watching limited xen-bigdisk start safe01 --no-wait
check "… which is the last of the range, as there is no domid yet" equal "$(uids)" "0 $((range_uid + 0x7fef))"
check "… and which may not read the disk any more" equal "$(readers "$images/safe01.img")" "$uid"
xl destroy safe01
wait_until 15 no_monitor safe01

# What a copy or a restored backup is like: without the ACL.
python3 -c 'import os, sys; os.removexattr(sys.argv[1], "system.posix_acl_access")' "$images/safe01.img"
chmod 600 "$images/safe01.img"
check "without the ACL, start names user, image and the command" \
	fails_saying "names $user, who cannot read $images/safe01.img; grant access: setfacl -m u:$user:r '$images/safe01.img'" xen-bigdisk start safe01
check "… and so does doctor" says "problem.*$user, who cannot read $images/safe01.img" xen-bigdisk doctor
userdel "$range"
userdel "$user"
check "without the user, start says so" fails_saying "user $user, which does not exist" xen-bigdisk start safe01
check "… and doctor calls it a problem" says "problem.*$user, which does not exist" xen-bigdisk doctor
forget safe01
