# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# PVH by pygrub, cylinder layout, DHCP; and what is done when a guest crashes or powers off.
# make check: Xen 4.20
. ./lib.sh

# Debian's kernels refuse the c of `xl sysrq` (kernel.sysrq=438); the file takes it from root all the same.
crash() { tell "$1" "echo c >/proc/sysrq-trigger"; }
set_on() { sed -i "s/^on_$2 *=.*/on_$2 = \"$3\"/" "/etc/xen/$1.cfg" && says "on_$2 = \"$3\"" cat "/etc/xen/$1.cfg"; }
shut_down_and_kept() { xl list "$1" | awk 'NR > 1 { exit !($5 ~ /s/ || $5 ~ /c/) }'; }

check "new makes a PVH guest on a disk in cylinders" new pvh01 --type pvh --layout cylinder --ip dhcp
check "its greeting says so" \
	wait_until 10 grep -Eq "pvh01 is up: PVH guest on Xen $xen_version, root /dev/xvda1 \(ext3\)" "$consoles/guest-pvh01.log"
check "it is a PVH domain" equal "$(xl list -l pvh01 | jq -r '.[0].config.c_info.type')" pvh
check "it has an address by DHCP" says '^192\.168\.77\.1[0-9][0-9]$' address pvh01
check "dom0 reaches it there" pings "$(address pvh01)"
check "it powers off from within" tell pvh01 poweroff
check "… and its domain goes" wait_until 45 gone pvh01
check "… and its monitor" wait_until 20 no_monitor pvh01

# What comes of a crash does not depend on its type, and a PV guest boots in a third of the time here.
check "its config can make it PV" eval 'sed -i "s/^type *=.*/type = \"pv\"/" /etc/xen/pvh01.cfg && grep "^type = \"pv\"" /etc/xen/pvh01.cfg'
check "on_crash can be set to rename-restart in the config" set_on pvh01 crash rename-restart
check "start takes the config as it is now" start pvh01
first=$(domid pvh01)
check "the config for its next life: on_crash is preserve" set_on pvh01 crash preserve
check "it crashes" crash pvh01
check "on_crash=rename-restart: another domain comes" wait_until 90 is_another pvh01 "$first"
check "… and is up" wait_until 120 ready pvh01
check "… and the dead one is kept under another name" says "^pvh01-[0-9TZ]+ +$first " xl list
check "wait tells of the one that runs" equal "$(limited xen-bigdisk wait pvh01 --json | jq .domid)" "$(domid pvh01)"
check "it crashes again" crash pvh01
check "on_crash=preserve: the domain stays, dead" wait_until 30 shut_down_and_kept pvh01
crashes() { xen-bigdisk metrics --no-doctor --quiet | grep -E "^xen_bigdisk_guest_shutdowns_total\{guest=\"$1\",reason=\"crash\"\} [2-9]$"; }
check "… and both crashes are counted" wait_until 20 crashes pvh01
check "stop --force ends it, and not the older one" limited xen-bigdisk stop pvh01 --force --wait 0
check "… it is gone" wait_until 20 gone pvh01
check "… and its monitor" wait_until 20 no_monitor pvh01
check "… and the older one is still kept" says "^pvh01-[0-9TZ]+ +$first " xl list
check "rm --force takes that away, too" limited xen-bigdisk rm pvh01 --force --yes
check "… and nothing is left of it" fails xl list "$first"
forget pvh01
