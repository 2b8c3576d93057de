# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The least that is known as a Debian-like system, in the folder root: systemd with its networkd, an SSH server, a kernel's name.

system_root() {
	mkdir -p root/etc/{ssh,systemd/network,systemd/system/multi-user.target.wants} root/usr/{lib/systemd,sbin} root/var/lib/{dhcp,systemd} \
		root/root root/boot root/sbin
	ln -s usr/lib root/lib
	echo x | tee root/usr/lib/systemd/systemd root/usr/lib/systemd/systemd-networkd root/usr/sbin/sshd root/sbin/init >root/boot/vmlinuz-6.1
	chmod 755 root/sbin/init
	ln -s /lib/systemd/system/systemd-networkd.service root/etc/systemd/system/multi-user.target.wants/
	echo Port 22 >root/etc/ssh/sshd_config
	echo 'ID=debian' >root/etc/os-release
	echo 'root:x:0:0:root:/root:/bin/sh' >root/etc/passwd
	echo 'root:x:0:' >root/etc/group
	echo 'root:*:1:0:99999:7:::' >root/etc/shadow
	chmod 640 root/etc/shadow
}
