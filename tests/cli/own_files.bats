#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The template's own files: what of them is kept in a guest, and what is changed so that it boots and can be reached.
# shellcheck disable=SC2154 # output, stderr and status are set by run

load helpers

# A root that is taken for one: with an account of root's, an init, and an SSH server. root_folder [INIT]
root_folder() {
	rm -rf r
	mkdir -p r/{etc/ssh,bin,sbin,usr/{bin,sbin,lib/systemd/system},root,dev,proc,sys,run,tmp,var}
	chmod 700 r/root
	echo 'root:x:0:0:root:/root:/bin/sh' >r/etc/passwd
	echo 'root:*:19000:0:99999:7:::' >r/etc/shadow
	chmod 640 r/etc/shadow
	echo 'root:x:0:' >r/etc/group
	program usr/sbin/sshd "${1:-usr/lib/systemd/systemd}" bin/sh
	ln -s "/${1:-usr/lib/systemd/systemd}" r/sbin/init
}

program() {
	local path
	for path; do
		mkdir -p "r/${path%/*}"
		printf '#!/bin/sh\n' >"r/$path"
		chmod 755 "r/$path"
	done
}

# new_guest ARGUMENTS...: the guest box of the root in r.
new_guest() {
	need debugfs
	export XEN_BIGDISK_TEMPLATES=$PWD/templates
	rm -rf templates d/*
	# shellcheck disable=SC2086 # words are meant
	bd template import own r ${import_options-}
	[[ $status -eq 0 ]] || fail "no template"
	# shellcheck disable=SC2086 # a word or none
	made box ${quiet---quiet} --no-start --boot-sector none --size 64M --template own --dir d "$@"
}

cat_in() {
	in_image d/box.img "cat $1"
}

# mode_in PATH: permissions, user and group.
mode_in() {
	in_image d/box.img "stat $1" | awk '/Mode:/ { for (i = 1; i < NF; i++) if ($i == "Mode:") mode = $(i + 1) }
		/^User:/ { print mode, $2, $4 }'
}

link_in() {
	in_image d/box.img "stat $1" | sed -n 's/^Fast link dest: "\(.*\)"$/\1/p'
}

uuid_of() { # PARTITION
	blkid -p -s UUID -o value -O "$(($(region d/box.img "$1" start) * 512))" d/box.img
}

@test "fstab: the lines of /, of swap and of disks that are not there change, all others stay byte for byte" {
	root_folder
	cat >r/etc/fstab <<-'EOF2'
		# /etc/fstab: static file system information.
		LABEL=cloudimg-rootfs	/	 ext4	discard,commit=30,errors=remount-ro	0 1
		LABEL=BOOT	/boot	ext4	defaults	0 2
		LABEL=UEFI	/boot/efi	vfat	umask=0077	0 1

		proc	/proc	proc	defaults,hidepid=2	0 0
		devpts /dev/pts devpts gid=5,mode=620 0 0
		tmpfs   /tmp   tmpfs   size=64M  0  0
		nfs.example:/home /home nfs4 _netdev,x-systemd.automount 0 0
		/home/srv /srv none bind 0 0
		/dev/vdb1 /data xfs defaults,nofail 0 2
		/dev/mapper/vg-old swap swap defaults 0 0
		UUID=01234567-89ab-cdef-0123-456789abcdef none swap sw 0 0
		/dev/zram0 none swap defaults 0 0
		/dev/sr0 /media/cdrom udf,iso9660 user,noauto 0 0
	EOF2
	new_guest --swap 4M
	sed "s|^LABEL=cloudimg-rootfs.*|UUID=$(uuid_of 1) / ext3 discard,commit=30,errors=remount-ro 0 1|
		s|^/dev/mapper/vg-old.*|UUID=$(uuid_of 2) none swap sw 0 0|
		s|^LABEL=[BU]|# Not on this guest's disks: &|; s|^/dev/vdb1|# Not on this guest's disks: &|
		s|^UUID=0123|# Not on this guest's disks: &|" r/etc/fstab >expected
	diff expected <(cat_in /etc/fstab)
	findmnt --tab-file <(cat_in /etc/fstab) -n -o SOURCE,OPTIONS / |
		grep -qx "UUID=$(uuid_of 1)  *discard,commit=30,errors=remount-ro"
	[[ $stderr == *"warning: box has no disk for what the template's /etc/fstab mounts, whose lines are comments now: \
/boot (LABEL=BOOT), /boot/efi (LABEL=UEFI), /data (/dev/vdb1), swap (UUID=01234567-89ab-cdef-0123-456789abcdef)"* ]]
	[[ $(mode_in /etc/fstab) == "0644 0 0" ]]
	# Without swap, none of the lines for a partition is left; a file for it stays where it is there.
	truncate -s 64K r/swapfile
	printf '%s\n' '/swapfile none swap sw 0 0' '/gone none swap sw 0 0' >>r/etc/fstab
	chmod 600 r/etc/fstab
	new_guest
	[[ $(findmnt --tab-file <(cat_in /etc/fstab) -n -o SOURCE -t swap | xargs) == "/swapfile /dev/zram0" ||
		$(findmnt --tab-file <(cat_in /etc/fstab) -n -o SOURCE -t swap | xargs) == "/dev/zram0 /swapfile" ]]
	[[ $(mode_in /etc/fstab) == "0600 0 0" ]]
}

@test "fstab: options of btrfs and XFS do not get to /, and that is said" {
	root_folder
	printf '%s\n' 'UUID=01234567-89ab-cdef-0123-456789abcdef / btrfs noatime,compress=zstd:1,subvol=@,x-systemd.growfs 0 0' \
		'UUID=01234567-89ab-cdef-0123-456789abcdef /home btrfs subvol=@home 0 0' >r/etc/fstab
	new_guest
	[[ $(cat_in /etc/fstab) == "UUID=$(uuid_of 1) / ext3 noatime,x-systemd.growfs,errors=remount-ro 0 1
# Not on this guest's disks: UUID=01234567-89ab-cdef-0123-456789abcdef /home btrfs subvol=@home 0 0" ]]
	[[ $stderr == *"warning: the template mounts / with options that ext3 of box does not have, and that are left out: compress=zstd:1,subvol=@"* ]]
	printf '/dev/mapper/rl-root / xfs inode64,logbsize=256k 0 0\n/dev/root / ext2 rw,noauto 0 1' >r/etc/fstab
	new_guest
	[[ $(cat_in /etc/fstab) == "UUID=$(uuid_of 1) / ext3 defaults,errors=remount-ro 0 1
# Not on this guest's disks: /dev/root / ext2 rw,noauto 0 1" ]]
}

@test "fstab: a root filesystem without a line gets one before all others, and a template without the file gets one" {
	root_folder
	printf '%s\n' '# virtual' '' 'proc /proc proc defaults 0 0' 'sysfs /sys sysfs defaults 0 0' >r/etc/fstab
	new_guest --swap 4M
	[[ $(cat_in /etc/fstab) == "# virtual

UUID=$(uuid_of 1) / ext3 defaults,errors=remount-ro 0 1
proc /proc proc defaults 0 0
sysfs /sys sysfs defaults 0 0
UUID=$(uuid_of 2) none swap sw 0 0" ]]
	[[ $stderr != *fstab* ]]
	rm r/etc/fstab
	new_guest
	[[ $(cat_in /etc/fstab) == "# <file system> "*"UUID=$(uuid_of 1) / ext3 defaults,errors=remount-ro 0 1" ]]
}

# inittab_becomes EXPECTED LINE...: of an inittab with these lines.
inittab_becomes() {
	local expected=$1
	shift
	printf '%s\n' "$@" >r/etc/inittab
	new_guest
	[[ $(cat_in /etc/inittab) == "$(printf '%s\n' "$@")$expected" ]] || fail "$(cat_in /etc/inittab)"
}

@test "inittab: no second getty beside one on the console" {
	root_folder bin/busybox
	inittab_becomes '' '::sysinit:/bin/mount -a' 'console::respawn:/sbin/getty -L console 0 vt100'
	inittab_becomes '' '::sysinit:/bin/mount -a' '::askfirst:-/bin/sh'
	inittab_becomes '' '::sysinit:/bin/mount -a' '::respawn:-/bin/sh'
	inittab_becomes '' 'id:2:initdefault:' 'co:2345:respawn:/sbin/agetty 38400 console linux'
	inittab_becomes $'\nttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100' 'hvc0::respawn:/sbin/getty -L hvc0 115200 vt100'
	# Alpine's.
	inittab_becomes $'\nhvc0::respawn:/sbin/getty -L 115200 hvc0 vt100\nttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100' \
		'::sysinit:/sbin/openrc sysinit' 'tty1::respawn:/sbin/getty 38400 tty1' \
		'#ttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100' '::ctrlaltdel:/sbin/reboot'
	inittab_becomes $'\nhvc0::respawn:/sbin/getty -L 115200 hvc0 vt100\nttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100' \
		'::respawn:/sbin/syslogd -n' '#console::respawn:/sbin/getty -L console 0 vt100'
}

@test "runit: Void's service for hvc0 is enabled" {
	root_folder bin/runit-init
	mkdir -p r/etc/sv/agetty-hvc0 r/etc/runit/runsvdir/default
	new_guest
	[[ $(link_in /etc/runit/runsvdir/default/agetty-hvc0) == /etc/sv/agetty-hvc0 ]]
}

# unit NAME TEXT: a unit file of the template's.
unit() {
	mkdir -p r/usr/lib/systemd/system
	printf '%b' "$2" >"r/usr/lib/systemd/system/$1"
}

networkd_units() {
	program usr/lib/systemd/systemd-networkd
	unit systemd-networkd.service '[Unit]\nDescription=x\n\n[Service]\nExecStart=/x\n\n[Install]\nWantedBy=multi-user.target
Also=systemd-networkd.socket\nAlias=dbus-org.freedesktop.network1.service\nAlso=systemd-networkd-wait-online.service\n'
	unit systemd-networkd.socket '[Socket]\nListenNetlink=route 1361\n\n[Install]\nWantedBy=sockets.target\n'
	unit systemd-networkd-wait-online.service '[Service]\nExecStart=/x\n\n[Install]\nWantedBy=network-online.target\n'
	unit systemd-resolved.service '[Service]\nExecStart=/x\n\n[Install]\nWantedBy=multi-user.target
Alias=dbus-org.freedesktop.resolve1.service\n'
}

# The symlinks under /etc/systemd/system of the guest, but for those of our own units.
unit_links() {
	rm -rf out
	mkdir out
	in_image d/box.img "rdump /etc/systemd out" >&2
	(cd out/systemd/system && find . -type l ! -name 'xen-bigdisk*' | sort)
}

@test "networkd that is asked for is enabled as systemctl enable does it, and so is resolved where resolv.conf is its" {
	need systemctl
	root_folder
	networkd_units
	ln -s ../run/systemd/resolve/stub-resolv.conf r/etc/resolv.conf
	quiet='' new_guest
	grep -q '^xen-bigdisk: systemd-networkd.service is enabled in box: the template has it, but does not start it$' <<<"$stderr"
	unit_links >links
	systemctl --root="$PWD/r" enable systemd-networkd systemd-resolved
	(cd r/etc/systemd/system && find . -type l | sort) >expected
	diff expected links
	systemctl --root="$PWD/r" disable systemd-networkd systemd-resolved
	cp -a out/systemd r/etc/
	[[ $(systemctl --root="$PWD/r" is-enabled systemd-networkd systemd-resolved systemd-networkd.socket | xargs) == "enabled enabled enabled" ]]
	# Enabled already: nothing is said, and nothing changes; and resolved only where it is wanted.
	ln -sf /run/resolvconf/resolv.conf r/etc/resolv.conf
	rm r/etc/systemd/system/sockets.target.wants/*
	quiet='' new_guest
	[[ $stderr != *enabled* ]]
	[[ -z $(link_in /etc/systemd/system/sockets.target.wants/systemd-networkd.socket) ]]
}

@test "a masked unit is named, and stays masked" {
	root_folder
	networkd_units
	mkdir -p r/etc/systemd/system
	ln -s /dev/null r/etc/systemd/system/systemd-networkd.service
	new_guest
	[[ $stderr == *"warning: the template masks systemd-networkd.service, which box would have its network from"* ]]
	[[ $(link_in /etc/systemd/system/systemd-networkd.service) == /dev/null ]]
	[[ $(unit_links) == ./systemd-networkd.service ]]
	new_guest --no-net
	[[ $stderr != *mask* ]]
}

@test "NetworkManager and ifupdown are enabled, by the init that the template has" {
	root_folder
	program usr/sbin/NetworkManager
	unit NetworkManager.service '[Service]\nExecStart=/x\n[Install]\nWantedBy = multi-user.target\nAlias=dbus-org.freedesktop.nm.service\n'
	new_guest
	[[ $(unit_links | xargs) == "./dbus-org.freedesktop.nm.service ./multi-user.target.wants/NetworkManager.service" ]]
	[[ $(cat_in /etc/NetworkManager/system-connections/xen-bigdisk.nmconnection) == *'id=xen-bigdisk'* ]]
	root_folder
	program sbin/ifup
	unit networking.service '[Service]\nExecStart=/sbin/ifup -a\n[Install]\nWantedBy=multi-user.target network-online.target\n'
	new_guest
	[[ $(unit_links | xargs) == "./multi-user.target.wants/networking.service ./network-online.target.wants/networking.service" ]]
	# Alpine.
	root_folder bin/busybox
	program sbin/ifup etc/init.d/networking
	mkdir -p r/etc/runlevels/{boot,default}
	new_guest
	[[ $(link_in /etc/runlevels/boot/networking) == /etc/init.d/networking ]]
	ln -s /etc/init.d/networking r/etc/runlevels/default/networking
	new_guest
	[[ -z $(link_in /etc/runlevels/boot/networking) ]]
	# Void.
	root_folder bin/runit-init
	program etc/sv/dhcpcd/run
	mkdir -p r/etc/runit/runsvdir/default
	new_guest
	[[ $(link_in /etc/runit/runsvdir/default/dhcpcd) == /etc/sv/dhcpcd ]]
	# Devuan.
	root_folder sbin/init.sysvinit
	program sbin/ifup etc/init.d/networking
	mkdir -p r/etc/rcS.d
	new_guest
	[[ $(link_in /etc/rcS.d/S13networking) == ../init.d/networking ]]
	ln -s ../init.d/networking r/etc/rcS.d/S08networking
	new_guest
	[[ -z $(link_in /etc/rcS.d/S13networking) ]]
}

@test "netplan without its generator is said to be read by nobody" {
	root_folder
	program usr/sbin/netplan
	new_guest
	[[ $stderr == *"warning: the template has no generator of netplan"* ]]
	program usr/lib/systemd/system-generators/netplan
	new_guest
	[[ $stderr != *netplan* ]]
}

# A key of our own, once.
a_key() {
	need ssh-keygen
	[[ -e key.pub ]] || ssh-keygen -q -t ed25519 -N '' -C me -f key
}

# sshd_says USER KEYWORD: what the guest's sshd takes for this user.
sshd_says() {
	need sshd
	rm -rf ssh
	# Where its service has made none yet, root's sshd refuses to start.
	[[ $(id -u) -ne 0 ]] || mkdir -p /run/sshd
	in_image d/box.img "rdump /etc/ssh ." >&2
	cp ssh/sshd_config config
	# Include is absolute in it, and the host key is not ours alone here.
	sed -i "s|/etc/ssh/|$PWD/ssh/|g; s|^UsePAM.*||" config ssh/sshd_config.d/*.conf 2>/dev/null || true
	chmod 600 ssh/ssh_host_*_key
	sshd -T -f config -h "$PWD/ssh/ssh_host_ed25519_key" -C "user=$1,host=h,addr=192.0.2.1" | sed -n "s/^$2 //p"
}

@test "a key is for an account that is locked, too" {
	a_key
	root_folder
	local locked
	# shellcheck disable=SC2016 # hashes
	for locked in '!' '!!' '!*' '!$6$salt$hash' '*' '$6$salt$hash' ''; do
		echo "root:$locked:19000:0:99999:7:::" >r/etc/shadow
		quiet='' new_guest --ssh-key key.pub
		case $locked in
		'!$6'*) [[ $(cat_in /etc/shadow) == 'root:*$6$salt$hash:19000:0:99999:7:::' ]] ;;
		'!'*) [[ $(cat_in /etc/shadow) == 'root:*:19000:0:99999:7:::' ]] ;;
		*) [[ $(cat_in /etc/shadow) == "root:$locked:19000:0:99999:7:::" ]] ;;
		esac
		[[ $locked != '!'* || $stderr == *"root is locked in the template's /etc/shadow"* ]]
		[[ $locked == '!'* || $stderr != *locked* ]]
		[[ $(mode_in /etc/shadow) == "0640 0 0" ]]
	done
	# Without a key, it stays as it is; and a password that has to be changed first would stop everybody.
	printf '%s\n' 'bin:!:1::::::' 'root:!:0:0:99999:7:::' 'x:!:0::::::' >r/etc/shadow
	new_guest
	[[ $(cat_in /etc/shadow) == "$(cat r/etc/shadow)" ]]
	new_guest --ssh-key key.pub
	[[ $(cat_in /etc/shadow) == $'bin:!:1::::::\nroot:*::0:99999:7:::\nx:!:0::::::' ]]
}

@test "sshd that keeps root out lets root in by key, by a file that is read first" {
	a_key
	root_folder
	mkdir -p r/etc/ssh/sshd_config.d
	printf '%s\n' 'Include /etc/ssh/sshd_config.d/*.conf' 'PermitRootLogin no' 'PubkeyAuthentication no' \
		'AllowUsers admin bob@192.0.2.*' 'DenyGroups root' 'Match User bob' '	X11Forwarding no' >r/etc/ssh/sshd_config
	printf 'PermitRootLogin forced-commands-only\n' >r/etc/ssh/sshd_config.d/50-image.conf
	new_guest --ssh-key key.pub
	[[ $stderr == *"warning: the template's sshd does not let root in by key (PermitRootLogin forced-commands-only, \
PubkeyAuthentication no, AllowUsers ..., DenyGroups ...): /etc/ssh/sshd_config.d/00-xen-bigdisk.conf of box does now"* ]]
	[[ $(cat_in /etc/ssh/sshd_config) == "$(cat r/etc/ssh/sshd_config)" ]]
	[[ $(sshd_says root permitrootlogin) == without-password ]]
	[[ $(sshd_says root pubkeyauthentication) == yes ]]
	[[ $(sshd_says root allowusers) == root ]]
	[[ $(sshd_says root denygroups) == '!*' ]]
	# For all others, nothing has changed.
	[[ $(sshd_says bob permitrootlogin) == forced-commands-only ]]
	[[ $(sshd_says bob pubkeyauthentication) == no ]]
	[[ $(sshd_says bob allowusers | xargs) == 'admin bob@192.0.2.*' ]]
	[[ $(sshd_says bob denygroups) == root ]]
	# Without a key, it is the template's own affair.
	new_guest
	[[ $stderr != *sshd* ]]
	[[ -z $(cat_in /etc/ssh/sshd_config.d/00-xen-bigdisk.conf) ]]
}

@test "sshd_config without an Include is edited, before its first Match" {
	a_key
	root_folder
	printf '%s\n' 'Port 22' 'permitrootlogin=no' 'DenyUsers root other' 'AllowGroups "ssh users"' \
		'AuthorizedKeysFile none' 'Match Address 198.51.100.0/24' '	PasswordAuthentication no' >r/etc/ssh/sshd_config
	chmod 600 r/etc/ssh/sshd_config
	new_guest --ssh-key key.pub
	[[ $(sshd_says root permitrootlogin) == without-password ]]
	[[ $(sshd_says root denyusers) == '!*' ]]
	[[ $(sshd_says root allowgroups) == root ]]
	[[ $(sshd_says root authorizedkeysfile) == .ssh/authorized_keys ]]
	[[ $(sshd_says other denyusers | xargs) == 'root other' ]]
	[[ $(sshd_says other permitrootlogin) == no ]]
	[[ $(cat_in /etc/ssh/sshd_config | head -n 5) == "$(head -n 5 r/etc/ssh/sshd_config)" ]]
	[[ $(cat_in /etc/ssh/sshd_config | tail -n 2) == "$(tail -n 2 r/etc/ssh/sshd_config)" ]]
	[[ $(mode_in /etc/ssh/sshd_config) == "0600 0 0" ]]
	[[ $(cat_in /root/.ssh/authorized_keys) == "$(cat key.pub)" ]]
	# What lets root in stays to the byte.
	printf 'PermitRootLogin prohibit-password\nAllowUsers ro?t@10.*\nDenyUsers x\nAllowGroups r*\n#DenyUsers root' >r/etc/ssh/sshd_config
	new_guest --ssh-key key.pub
	[[ $stderr != *sshd* ]]
	[[ $(cat_in /etc/ssh/sshd_config) == "$(cat r/etc/ssh/sshd_config)" ]]
	# SUSE's package has it under /usr, where one in /etc takes its place.
	mkdir -p r/usr/etc/ssh
	rm r/etc/ssh/sshd_config
	echo 'PermitRootLogin no' >r/usr/etc/ssh/sshd_config
	new_guest --ssh-key key.pub
	[[ $stderr == *"(PermitRootLogin no): /etc/ssh/sshd_config of box does now"* ]]
	[[ $(cat_in /usr/etc/ssh/sshd_config) == 'PermitRootLogin no' ]]
	[[ $(cat_in /etc/ssh/sshd_config | head -n 1) == 'PermitRootLogin no' ]]
	[[ $(sshd_says root permitrootlogin) == without-password ]]
}

@test "keys go where sshd looks for them" {
	a_key
	root_folder
	echo 'AuthorizedKeysFile /etc/ssh/keys/%u .ssh/other' >r/etc/ssh/sshd_config
	new_guest --ssh-key key.pub
	[[ $(cat_in /etc/ssh/keys/root) == "$(cat key.pub)" && $(mode_in /etc/ssh/keys/root) == "0644 0 0" ]]
	echo 'AuthorizedKeysFile %h/.config/keys' >r/etc/ssh/sshd_config
	new_guest --ssh-key key.pub
	[[ $(cat_in /root/.config/keys) == "$(cat key.pub)" && $(mode_in /root/.config) == "0700 0 0" ]]
	echo 'AuthorizedKeysFile /etc/ssh/keys/%u .ssh/authorized_keys' >r/etc/ssh/sshd_config
	sed -i 's,/root,/home/superuser,' r/etc/passwd
	new_guest --ssh-key key.pub
	[[ $(cat_in /home/superuser/.ssh/authorized_keys) == "$(cat key.pub)" ]]
	[[ $(mode_in /home/superuser) == "0700 0 0" ]]
}

# What sshd's StrictModes asks for, of each path: nobody but the user, or root, may write there.
is_strict() { # UID PATHS...
	local path mode uid gid
	for path in "${@:2}"; do
		read -r mode uid gid < <(mode_in "$path")
		[[ $((0$mode & 022)) -eq 0 && ($uid -eq 0 || $uid -eq $1) ]] || fail "$path: $mode $uid"
	done
}

@test "directories whose mode or owner sshd refuses take others, for a key, and that is said" {
	need_root
	a_key
	root_folder
	echo 'ann:x:1000:1000::/home/ann:/bin/sh' >>r/etc/passwd
	echo 'ann:*:1::::::' >>r/etc/shadow
	mkdir -p r/root/.ssh r/home/ann/.ssh
	chmod 1777 r/root
	chmod 755 r/root/.ssh
	chown 1234:1234 r/root/.ssh
	chmod 775 r/home/ann/.ssh
	chmod 3770 r/home/ann
	chown -R 1000:1000 r/home/ann
	new_guest --ssh-key key.pub
	[[ $stderr == *"warning: the template's /root has mode 1777 and user 0, with which sshd takes no keys of root from there (StrictModes): in box it has mode 1755 and user 0"* ]]
	[[ $(mode_in /root) == "01755 0 0" && $(mode_in /root/.ssh) == "0755 0 0" ]]
	is_strict 0 / /root /root/.ssh /root/.ssh/authorized_keys
	[[ $(mode_in /home/ann/.ssh) == "0775 1000 1000" && $(mode_in /home/ann) == "03770 1000 1000" ]]
	# Others of that template have what it has, also where the prepared image is the same.
	bd clone box copy --dir d
	made box2 --quiet --no-start --boot-sector none --size 64M --template own --dir d --user ann --ssh-key key.pub
	mv d/box2.img d/box.img
	[[ $(mode_in /home/ann/.ssh) == "0755 1000 1000" && $(mode_in /home/ann) == "03750 1000 1000" ]]
	is_strict 1000 / /home /home/ann /home/ann/.ssh /home/ann/.ssh/authorized_keys
	[[ $(mode_in /root) == "01777 0 0" && $(mode_in /root/.ssh) == "0755 1234 1234" ]] || fail "$(mode_in /root)"
	fsck_is_clean d/box.img
	# A copy, for whose key the guest's own directories are.
	"$bigdisk" chmod --quiet --dir d 0777 copy:/root
	"$bigdisk" chown --quiet --dir d 1234:1234 copy:/root/.ssh
	bd clone copy other --dir d --ssh-key key.pub
	[[ $status -eq 0 && $stderr == *"/root has mode 0777"*"in other it has mode 0755 and user 0"* ]]
	mv d/other.img d/box.img
	[[ $(mode_in /root) == "0755 0 0" && $(mode_in /root/.ssh) == "0755 0 0" ]]
	is_strict 0 / /root /root/.ssh /root/.ssh/authorized_keys
	fsck_is_clean d/box.img
	# Outside of the home, all directories above count.
	echo 'AuthorizedKeysFile /etc/keys/%u' >r/etc/ssh/sshd_config
	mkdir r/etc/keys
	chmod 775 r r/etc/keys
	new_guest --ssh-key key.pub
	is_strict 0 / /etc /etc/keys /etc/keys/root
	[[ $(mode_in /root) == "01755 0 0" ]]
}

is_mode_of_disk() { # GUEST MODE: the top of its second disk, which is a filesystem without errors
	e2fsck -fn "d/$1_disk2.img"
	debugfs -R 'stat /' "d/$1_disk2.img" | grep -q "Mode:  $2 " || fail "$(debugfs -R 'stat /' "d/$1_disk2.img")"
}

@test "where such a directory is the mount point of a disk, the filesystem there takes mode and owner, in a copy too" {
	need e2fsck
	a_key
	root_folder
	chmod 777 r/root
	new_guest --disk 16M:/root --ssh-key key.pub
	[[ $stderr == *"in box it has mode 0755 and user 0"* ]]
	is_mode_of_disk box 0755
	new_guest --disk 16M:/root
	is_mode_of_disk box 0777
	bd clone box copy --dir d --ssh-key key.pub
	[[ $status -eq 0 && $stderr == *"in copy it has mode 0755 and user 0"* ]]
	is_mode_of_disk copy 0755
}

@test "what keeps an account out, and cannot be changed, is said" {
	a_key
	root_folder
	rm r/bin/sh
	new_guest --ssh-key key.pub
	[[ $stderr == *"warning: the shell of root, /bin/sh, is not in the template"* ]]
	rm r/usr/sbin/sshd
	new_guest --ssh-key key.pub
	[[ $stderr == *"warning: box has no SSH server: nothing asks for the key of root"* ]]
	program usr/sbin/dropbear
	mkdir r/etc/default
	printf '%s\n' '# -w is for cowards' 'DROPBEAR_PORT=22' 'DROPBEAR_EXTRA_ARGS="-w -s -g"' >r/etc/default/dropbear
	new_guest --ssh-key key.pub
	[[ $stderr == *"the template's dropbear does not let root in (-w)"* ]]
	[[ $(cat_in /etc/default/dropbear) == $'# -w is for cowards\nDROPBEAR_PORT=22\nDROPBEAR_EXTRA_ARGS=" -s -g"' ]]
}

@test "an SSH server that nothing starts is enabled, for a key" {
	a_key
	root_folder
	unit ssh.service '[Service]\nExecStart=/x\n[Install]\nWantedBy=multi-user.target\nAlias=sshd.service\n'
	new_guest --ssh-key key.pub
	[[ $(unit_links | xargs) == "./multi-user.target.wants/ssh.service ./sshd.service" ]]
	new_guest
	[[ -z $(unit_links) ]]
	mkdir -p r/etc/systemd/system/sockets.target.wants
	ln -s /lib/systemd/system/ssh.socket r/etc/systemd/system/sockets.target.wants/ssh.socket
	new_guest --ssh-key key.pub
	[[ $(unit_links) == "./sockets.target.wants/ssh.socket" ]]
	root_folder bin/busybox
	program etc/init.d/sshd
	mkdir -p r/etc/runlevels/{boot,default}
	new_guest --ssh-key key.pub
	[[ $(link_in /etc/runlevels/default/sshd) == /etc/init.d/sshd ]]
}

@test "--own-grub-cfg: the names of the root filesystem in all that boots it are those of the guest's disk, and of a clone's" {
	root_folder
	local old=11111111-2222-3333-4444-555555555555 file uuid
	mkdir -p r/boot/{grub,grub2,loader/entries} r/etc/{kernel,default}
	echo "UUID=$old / ext4 defaults 0 1" >r/etc/fstab
	printf '%s\n' "search --no-floppy --fs-uuid --set=root $old" "menuentry 'x' {" \
		"	linux /boot/vmlinuz root=UUID=$old ro" '	initrd /boot/initrd' '}' \
		"menuentry 'y' {" "	linux /boot/vmlinuz root=PARTUUID=aaaaaaaa-1111-2222-3333-444444444444 ro" '}' >r/boot/grub/grub.cfg
	echo "options root=UUID=$old ro quiet" >r/boot/loader/entries/a-6.1.conf
	echo "root=UUID=$old ro" >r/etc/kernel/cmdline
	echo "GRUB_CMDLINE_LINUX=\"root=UUID=$old x=aaaaaaaa-1111-2222-3333-444444444444\"" >r/etc/default/grub
	{ printf '# GRUB Environment Block\nkernelopts=root=PARTUUID=aaaaaaaa-1111-2222-3333-444444444444 ro\n'; printf '#%.0s' {1..1024}; } |
		head -c 1024 >r/boot/grub2/grubenv
	import_options=--own-grub-cfg new_guest
	uuid=$(uuid_of 1)
	for file in boot/grub/grub.cfg boot/loader/entries/a-6.1.conf etc/kernel/cmdline etc/default/grub; do
		sed "s/$old/$uuid/; s/aaaaaaaa-1111-2222-3333-444444444444/$(sfdisk --disk-id d/box.img | sed 's/0x//')-01/" "r/$file" |
			diff - <(cat_in "/$file")
	done
	cat_in /boot/grub2/grubenv >grubenv
	[[ $(stat -c %s grubenv) -eq 1024 ]]
	[[ $(sed -n 2p grubenv) == "kernelopts=root=PARTUUID=$(sfdisk --disk-id d/box.img | sed 's/0x//')-01 ro" ]]
	[[ $stderr != *grub.cfg* ]]
	bd clone ./d/box.cfg copy --quiet
	[[ $status -eq 0 ]]
	mv d/copy.img d/box.img
	[[ $(uuid_of 1) != "$uuid" ]]
	cat_in /boot/grub2/grubenv >grubenv
	[[ $(stat -c %s grubenv) -eq 1024 ]]
	[[ $(sed -n 2p grubenv) == "kernelopts=root=PARTUUID=$(sfdisk --disk-id d/box.img | sed 's/0x//')-01 ro" ]]
	[[ $(cat_in /boot/grub/grub.cfg | head -n 1) == "search --no-floppy --fs-uuid --set=root $(uuid_of 1)" ]]
}

@test "--own-grub-cfg: without fstab the menu tells the name where it has one only, else that is said" {
	root_folder
	mkdir -p r/boot/grub
	printf '\tlinux /boot/a root=UUID=11111111-2222-3333-4444-555555555555\n\tlinux /boot/b root=UUID=11111111-2222-3333-4444-555555555555\n' >r/boot/grub/grub.cfg
	import_options=--own-grub-cfg new_guest
	[[ $(cat_in /boot/grub/grub.cfg | grep -c "root=UUID=$(uuid_of 1)$") -eq 2 ]]
	sed -i '2s/1111/1112/' r/boot/grub/grub.cfg
	import_options=--own-grub-cfg new_guest
	[[ $(cat_in /boot/grub/grub.cfg) == "$(cat r/boot/grub/grub.cfg)" ]]
	[[ $stderr == *"warning: the template's own grub.cfg boots root=UUID=11111111-2222-3333-4444-555555555555, which box does not have"* ]]
}

@test "--user makes an account with a key and sudo, as useradd does, and root gets no key" {
	need pwck visudo
	a_key
	root_folder
	program bin/bash usr/bin/sudo
	mkdir -p r/etc/{skel,sudoers.d} r/home
	echo '@includedir /etc/sudoers.d' >r/etc/sudoers
	echo 'alias ll=ls' >r/etc/skel/.bashrc
	mkdir -pm 700 r/etc/skel/.config/app
	printf 'a\0b\0\n' >r/etc/skel/.config/app/data.bin
	ln -s .bashrc r/etc/skel/.profile
	ln -s /etc/skel/.config/app r/etc/skel/app
	ln -s "/nowhere/$(printf '%0200d' 0)" r/etc/skel/.config/far
	printf '%s\n' 'daemon:x:1:1::/:/usr/sbin/nologin' 'bob:x:1000:1000::/home/bob:/bin/bash' >>r/etc/passwd
	printf '%s\n' 'sudo:x:27:bob' 'daemon:x:1:' 'bob:x:1000:' 'other:x:1001:' >>r/etc/group
	printf '%s\n' 'daemon:*:19000:0:99999:7:::' 'bob:!:19000:0:99999:7:::' >>r/etc/shadow
	printf '%s\n' 'root:*::' 'sudo:*::bob' 'daemon:*::' 'bob:!::' 'other:!::' >r/etc/gshadow
	chmod 640 r/etc/gshadow
	printf 'bob:100000:65536\n' | tee r/etc/subuid >r/etc/subgid
	new_guest --user alice --ssh-key key.pub
	[[ $(cat_in /etc/passwd) == "$(cat r/etc/passwd)"$'\nalice:x:1002:1002::/home/alice:/bin/bash' ]]
	[[ $(cat_in /etc/group) == "$(sed 's/^sudo.*/&,alice/' r/etc/group)"$'\nalice:x:1002:' ]]
	[[ $(cat_in /etc/shadow) == "$(cat r/etc/shadow)"$'\nalice:*::0:99999:7:::' ]]
	[[ $(cat_in /etc/gshadow) == "$(sed 's/^sudo.*/&,alice/' r/etc/gshadow)"$'\nalice:!::' ]]
	[[ $(cat_in /etc/subuid) == $'bob:100000:65536\nalice:165536:65536' && $(cat_in /etc/subgid) == "$(cat_in /etc/subuid)" ]]
	[[ $(mode_in /etc/shadow) == "0640 0 0" && $(mode_in /etc/gshadow) == "0640 0 0" && $(mode_in /etc/passwd) == "0644 0 0" ]]
	[[ $(mode_in /home/alice) == "0700 1002 1002" && $(mode_in /home/alice/.ssh) == "0700 1002 1002" ]]
	[[ $(mode_in /home/alice/.ssh/authorized_keys) == "0600 1002 1002" && $(mode_in /home/alice/.bashrc) == "0644 1002 1002" ]]
	[[ $(cat_in /home/alice/.ssh/authorized_keys) == "$(cat key.pub)" && $(cat_in /home/alice/.bashrc) == 'alias ll=ls' ]]
	[[ $(mode_in /home/alice/.config/app) == "0700 1002 1002" && $(mode_in /home/alice/.config/app/data.bin) == "0644 1002 1002" ]]
	cmp <(cat_in /home/alice/.config/app/data.bin) r/etc/skel/.config/app/data.bin
	[[ $(link_in /home/alice/.profile) == .bashrc && $(mode_in /home/alice/.profile) == "0777 1002 1002" ]]
	[[ $(link_in /home/alice/app) == /home/alice/.config/app ]]
	[[ $(cat_in /home/alice/.config/far) == "/nowhere/$(printf '%0200d' 0)" ]]
	[[ -z $(cat_in /root/.ssh/authorized_keys) ]]
	[[ $(mode_in /etc/sudoers.d/90-xen-bigdisk) == "0440 0 0" ]]
	cat_in /etc/sudoers.d/90-xen-bigdisk >sudoers
	[[ $(cat sudoers) == 'alice ALL=(ALL) NOPASSWD:ALL' ]]
	chmod 440 sudoers
	visudo -c -f sudoers
	cat_in /etc/group >group
	cat_in /etc/gshadow >gshadow
	# It says of members that are no users of this machine, and the next of homes, shells and groups that it lacks.
	! grpck -r group gshadow </dev/null 2>&1 | grep -vE 'no user|delete member|no changes' || fail "grpck"
	cat_in /etc/passwd >passwd
	cat_in /etc/shadow >shadow
	! pwck -r passwd shadow </dev/null 2>&1 | grep -vE 'directory|program|no changes|no group' || fail "pwck"
	fsck_is_clean d/box.img
	# One that is there is used: with its home, and unlocked.
	new_guest --user bob --ssh-key key.pub
	[[ $(cat_in /etc/passwd) == "$(cat r/etc/passwd)" && $(cat_in /etc/group) == "$(cat r/etc/group)" ]]
	[[ $(cat_in /etc/shadow | sed -n 's/^bob://p') == '*:19000:0:99999:7:::' ]]
	[[ $(mode_in /home/bob/.ssh/authorized_keys) == "0600 1000 1000" ]]
}

@test "--user on Alpine: wheel and doas, and a warning where nothing makes it root; names that are none" {
	a_key
	root_folder bin/busybox
	program usr/bin/doas
	mkdir -p r/etc/doas.d
	echo 'wheel:x:10:root' >>r/etc/group
	new_guest --user alice --ssh-key key.pub
	[[ $(cat_in /etc/doas.d/xen-bigdisk.conf) == 'permit nopass alice as root' ]]
	[[ $(cat_in /etc/group) == $'root:x:0:\nwheel:x:10:root,alice\nalice:x:1000:' ]]
	[[ $(cat_in /etc/passwd | tail -n 1) == 'alice:x:1000:1000::/home/alice:/bin/sh' ]]
	# Without such a folder, behind the rules that are there.
	rm -r r/etc/doas.d
	printf 'permit root' >r/etc/doas.conf
	chmod 640 r/etc/doas.conf
	new_guest --user alice
	[[ $(cat_in /etc/doas.conf) == $'permit root\npermit nopass alice as root' ]]
	[[ $(mode_in /etc/doas.conf) == "0640 0 0" ]]
	rm -r r/etc/doas.conf r/usr/bin/doas
	new_guest --user alice
	[[ $stderr == *"warning: box has neither sudo nor doas: alice cannot become root in it"* ]]
	rm -rf d/*
	local name
	for name in root Alice 1a a.b 'a b' '' -- a:b abcdefghijklmnopqrstuvwxyzabcdefg; do
		bd new box --no-start --dir d --user="$name"
		refused 2
		[[ $stderr == *"--user: "* ]] || fail "$stderr"
	done
}
