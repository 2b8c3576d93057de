# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# A PV guest by pygrub, aligned, static address: its whole life, with xl and with us.
. ./lib.sh

files_of() { sha256sum "/etc/xen/$1.cfg"; stat -c '%n %i %s %Y' "$images/$1.img"; }

no_devices() { [ -z "$(losetup -n -O NAME -j "$images/$1.img")$(ls /sys/class/net/xenbr0/brif)" ]; }
saves() { xl save web01 "$scratch/web01.save" && gone web01 && wait_until 20 no_monitor web01; }

check "new makes a guest and waits until it is up" new web01 --ip 192.168.77.10/24 --gateway 192.168.77.1
check "its console log has the greeting: name, type, root" \
	wait_until 10 grep -Eq "web01 is up: PV guest on Xen $xen_version, root /dev/xvda1 \(ext3\)" "$consoles/guest-web01.log"
check "its boot loader ran before there was a domain, with its output in a log of its name" \
	eval 'grep -q grub.cfg /var/log/xen/bootloader-web01.log && none_of /var/log/xen/bootloader.[0-9]*.log'
check "… and none of its files is left" none_of /var/lib/xen/xen-bigdisk-bootloader.*
check "libxl knows it as a guest with a boot loader" equal \
	"$(xl list -l web01 | jq -c '.[0].config.b_info | [.bootloader, .kernel, .ramdisk, .cmdline]')" '["pygrub",null,null,null]'
check "the files are where they belong" test -f "$images/web01.img" -a -f /etc/xen/web01.cfg
check "the image is sparse" test "$(stat -c %b "$images/web01.img")" -lt 262144
check "xl list shows it" says '^web01 +[0-9]+ +160 ' xl list web01
check "xl list -l shows its disk" \
	equal "$(xl list -l web01 | jq -r '.[0].config.disks[0].pdev_path')" "$images/web01.img"
check "xl list -l shows the UUID of its config" says "$(uuid web01)" cat /etc/xen/web01.cfg
check "its disk and its interface were given to it by our hotplug programs" \
	equal "$(backend web01 vbd 51712/script) $(backend web01 vif 0/script)" "/etc/xen/scripts/block-bigdisk /etc/xen/scripts/vif-bigdisk"
check "… which libxl does not keep with its config" \
	equal "$(xl list -l web01 | jq -c '.[0].config | [.disks[].script, .nics[].script]')" '[null,null]'
check "… the disk by direct I/O" equal "$(losetup -n -O DIO,AUTOCLEAR -j "$images/web01.img" | xargs)" "1 1"
check "it tells its address" equal "$(address web01)" 192.168.77.10
check "dom0 reaches it" pings 192.168.77.10
check "xl console reaches its shell" wait_until 20 in_shell web01

before=$(files_of web01)
check "a second new of that name is refused, with the reason" \
	fails_saying --status 3 'web01.*(exist|already|running)|(exist|already|running).*web01' xen-bigdisk new web01 --size 256M --no-wait
check "… and the guest's files are untouched" equal "$(files_of web01 | head -1)" "$(head -1 <<<"$before")"
check "start of a running guest says that it runs already" says already xen-bigdisk start web01
check "… and it still runs" running web01

check "exactly one monitor is behind it" equal "$(monitors web01 | wc -l)" 1

check "xl save ends the domain and its monitor" saves
check "… and its loop device and its port go" wait_until 10 no_devices web01
check "xl restore brings it back" limited xl restore "$scratch/web01.save"
check "… with its disk by Xen's own script" equal "$(backend web01 vbd 51712/script)" /etc/xen/scripts/block
check "… running as before" pings 192.168.77.10
check "xl shutdown ends it" limited xl shutdown -w web01
check "… for good" wait_until 30 gone web01
check "… and its monitor" wait_until 20 no_monitor web01
check "its filesystem was left clean" e2fsck -fn "$images/web01.img?offset=1048576"
forget web01
