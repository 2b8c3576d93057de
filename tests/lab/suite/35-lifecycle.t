# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest's life by our own commands: looked at, stopped, rebooted, copied, renamed, started with dom0, removed.
# make check: Xen 4.20
. ./lib.sh

shows() { equal "$(xen-bigdisk show "$1" --json | jq -r ".$2")" "$3"; }
listed() { xen-bigdisk list --json | jq -r --arg name "$1" '.guests[] | select(.name == $name) | .state'; }
no_files() { none_of "$images/$1".* "/etc/xen/$1.cfg" "/etc/xen/auto/$1.cfg"; }
monitor_of() { monitors "$1" | head -n 1; }
rss_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$(monitor_of "$1")/status"; }
doctor_misses_monitor() { { xen-bigdisk doctor --json || true; } | jq -e --arg name "$1" 'any(.checks[]; .check == "monitors" and .state == "problem" and (.found | test($name)))'; }

# In the words of Prometheus' text form, without what all names begin with.
has_metric() { xen-bigdisk metrics --no-doctor --quiet | grep -Fx "xen_bigdisk_$1"; }
# has_entry GUEST EVENT COMMAND: so the journal was told.
has_entry() { journalctl -q -o json "XEN_BIGDISK_GUEST=$1" "XEN_BIGDISK_EVENT=$2" "XEN_BIGDISK_COMMAND=$3" SYSLOG_IDENTIFIER=xen-bigdisk | grep .; }
records() { find /var/lib/xen-bigdisk/guests -name "$1.cfg-*" | grep .; }

check "new makes a guest" new life01 --ip 192.168.77.60/24 --gateway 192.168.77.1
check "list shows it running, with its domid" equal "$(xen-bigdisk list --json | jq -r '.guests[] | select(.name == "life01") | .domid')" "$(domid life01)"
check "its start is counted" has_metric 'guest_starts_total{guest="life01"} 1'
check "… with what it took" says '^xen_bigdisk_guest_last_start_stage_seconds\{guest="life01",stage="domain"\} [0-9.]+$' xen-bigdisk metrics --no-doctor
check "… and the journal was told" wait_until 10 has_entry life01 started new
check "metrics has the memory that it has" says '^xen_bigdisk_guest_memory_bytes\{guest="life01"\} 16[0-9]{7}$' xen-bigdisk metrics --no-doctor
check "… its monitor" has_metric 'guest_monitor_up{guest="life01"} 1'
check "… and Xen's version" says "^xen_bigdisk_hypervisor_info\\{version=\"$xen_version" xen-bigdisk metrics --no-doctor
check "list is a table for people" says '^life01 +running +[0-9]+ ' xen-bigdisk list
check "show tells its address" shows life01 address 192.168.77.60
check "… and that its disk takes less than its size" \
	test "$(xen-bigdisk show life01 --json | jq '.allocated_bytes < .size_bytes')" = true
check "it is not cloned while it runs" fails_saying --status 5 'life01' xen-bigdisk clone life01 life02 --ip 192.168.77.61/24
check "it is not removed while it runs" fails_saying --status 5 'life01' xen-bigdisk rm life01 --yes
check "it is not renamed while it runs" fails_saying --status 5 'life01' xen-bigdisk rename life01 life03
check "doctor finds no problem in this dom0" limited xen-bigdisk doctor
check "… and --check says the same in a line, with what guests can be given" \
	says '^XEN-BIGDISK (OK|WARNING|UNKNOWN) - .* \| problems=0;.* guests_running=[1-9].* memory_available=[0-9]+B;' xen-bigdisk doctor --check

# doctor_finds CHECK FOUND ADVICE: so says one of its findings.
doctor_finds() {
	{ xen-bigdisk doctor --json || true; } | jq -e --arg check "$1" --arg found "$2" --arg advice "$3" \
		'any(.checks[]; .check == $check and (.found | contains($found)) and (.advice // "" | contains($advice)))'
}
# What libxl is given for a config, without what differs in form only.
given() { xen-bigdisk config "$1" | jq -S 'del(.b_info.claim_mode, .c_info.run_hotplug_scripts)'; }
mv /etc/xen/life01.cfg "$scratch/life01.cfg"
check "doctor says that a running guest's config is gone, and how it is written anew" \
	doctor_finds unused "(life01) uses $images/life01.img" "xen-bigdisk config --from-domain $(domid life01) >'/etc/xen/life01.cfg'"
check "config --from-domain writes it" xen-bigdisk config --from-domain life01
cp "$scratch/output" "$scratch/written.cfg"
check "… and libxl is given the same for it" equal "$(given "$scratch/written.cfg")" "$(given "$scratch/life01.cfg")"
mv "$scratch/life01.cfg" /etc/xen/life01.cfg

first=$(domid life01) first_uuid=$(uuid life01)
check "wait sees that it is up" limited xen-bigdisk wait life01 --for ready --wait $((60 * patience))

check "its monitor takes little memory" test "$(rss_kib life01)" -lt 8192
kill -KILL "$(monitor_of life01)"
check "doctor names a guest whose monitor was killed" wait_until 10 doctor_misses_monitor life01
check "… show does, too" says 'monitor +none' xen-bigdisk show life01
check "… and list" says '^life01 .*no monitor' xen-bigdisk list
check "start gives it another" says 'has been restarted' limited xen-bigdisk start life01 --no-wait
check "… and leaves its domain as it is" equal "$(domid life01)" "$first"
check "… after which doctor is content" fails doctor_misses_monitor life01
check "start again finds nothing to do" says 'is already running: domain [0-9]+$' limited xen-bigdisk start life01 --no-wait

# As dpkg upgrades them. A dom0 with LAB_INSTALL=files has no packages.
if [ -d /lab/packages ]; then
	monitor=$(monitor_of life01)
	check "dpkg knows every file of ours as its packages have them" dpkg -V xen-bigdisk "xen-bigdisk-toolstack-$xen_version"
	check "the packages are installed again, as by an upgrade" limited lab-install
	check "… the guest keeps its domain and its monitor" equal "$(domid life01) $(monitor_of life01)" "$first $monitor"
	check "… which runs the program as it was, as doctor says" doctor_finds upgraded "life01 ($monitor)" 'xen-bigdisk start'
fi

check "show lists the devices that its domain has" equal \
	"$(xen-bigdisk show life01 --json | jq -c '[.devices[] | [.kind, .name // .bridge]]')" '[["vbd","xvda"],["vif","xenbr0"]]'
check "… its config says what it was started with" shows life01 restart_pending null
has_memory() { equal "$(xl list life01 | awk 'NR == 2 { print $3 }')" "$1"; }
# As the guest's balloon driver sees it; the pattern is not in what is typed.
kernel_has_kib() { says "has-$1-" type_into life01 'echo has-$(cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb)-' 1; }
check "set prints what can be set, and its value" says '^memory=160M$' xen-bigdisk set life01
check "set takes memory from it while it runs" says 'memory +160M -> 128M, at once' limited xen-bigdisk set life01 memory=128M
check "… which its kernel gives back" wait_until 20 has_memory 128
check "… and knows" wait_until 20 kernel_has_kib 131072
check "set gives it as much again" says 'memory +128M -> 160M, at once' limited xen-bigdisk set life01 memory=160M
check "… which its kernel takes" wait_until 20 kernel_has_kib 163840
check "more than it was started with it gets with its next boot, and that is said" \
	says 'memory +160M -> 176M, from its next start or reboot: it was started with 160M' limited xen-bigdisk set life01 memory=176M vcpus=2
check "… Xen leaves it what it has" has_memory 160
check "… and list says that a restart is pending" says '^life01 .*restart pending' xen-bigdisk list

xl rename life01 life09
check "a guest that xl has renamed is found by either name" says 'life09' xen-bigdisk show life01
check "… and show tells how to rename it back" says 'xl rename life09 life01' xen-bigdisk show life09
xl rename life09 life01

check "reboot brings it back" limited xen-bigdisk reboot life01 --wait=$((120 * patience))
check "… as another domain" is_another life01 "$first"
check "… of the same UUID" equal "$(uuid life01)" "$first_uuid"
check "… which its monitor has counted" has_metric 'guest_shutdowns_total{guest="life01",reason="reboot"} 1'
check "… as a restart, too" has_metric 'guest_restarts_total{guest="life01"} 1'
check "… and told the journal" wait_until 10 has_entry life01 rebooted monitor
check "… with what its config says now" shows life01 restart_pending null
check "… which is its memory" has_memory 176
kernel_has_cpus() { says "cpus-$1-" type_into life01 'echo cpus-$(grep -c ^processor /proc/cpuinfo)-' 1; }
check "… and a second virtual CPU" wait_until 20 kernel_has_cpus 2
check "set takes that from it while it runs" says 'vcpus +2 -> 1, at once' limited xen-bigdisk set life01 vcpus=1
check "… as its kernel sees" wait_until 20 kernel_has_cpus 1
check "… and Xen" wait_until 20 eval 'equal "$(xl list life01 | awk "NR == 2 { print \$4 }")" 1'
check "… on the network" pings 192.168.77.60
check "… with one monitor behind it" equal "$(monitors life01 | wc -l)" 1
# The disk of the guest, in sectors, as blkback tells the guest through xenstore.
has_sectors() { equal "$(xenstore-read "/local/domain/0/backend/vbd/$(domid life01)/51712/sectors")" "$1"; }
# … and as its kernel knows it: the pattern is not in what is typed.
kernel_has_sectors() { says "size-$1-" type_into life01 'echo size-$(cat /sys/class/block/xvda/size)-' 1; }
check "grow makes the disk of a running guest larger" says 'also in the running guest; .*growpart /dev/xvda 1' \
	limited xen-bigdisk grow life01 320M
check "… and blkback passes it on" wait_until 20 has_sectors 655360
check "… whose kernel has noticed it" wait_until 20 kernel_has_sectors 655360
check "it is not shrunk while it runs" fails_saying --status 5 'life01' xen-bigdisk shrink life01 256M
kill -KILL "$(monitor_of life01)"
check "stop shuts it down, also without a monitor" says 'was gone; restarted it' limited xen-bigdisk stop life01 --wait $((60 * patience))
check "… it is gone" gone life01
check "… and its monitor with it" wait_until 20 no_monitor life01
check "… and listed as stopped" equal "$(listed life01)" stopped
check "… which its monitor has counted" has_metric 'guest_shutdowns_total{guest="life01",reason="poweroff"} 1'
check "… and the journal was told by both" wait_until 10 eval 'has_entry life01 powered-off monitor && has_entry life01 stopped stop'
check "stop again says that it does not run" says 'not run' xen-bigdisk stop life01
loop=$(losetup --show -f "$images/life01.img")
check "doctor names a loop device that is left on its disk" \
	doctor_finds disks "$loop holds $images/life01.img, but no domain uses it" "losetup -d $loop"
check "… and rm does, too" fails_saying --status 5 "losetup -d $loop" xen-bigdisk rm life01 --yes
losetup -d "$loop"
check "its filesystem was left clean" e2fsck -fn "$images/life01.img?offset=1048576"
check "grow makes partition and filesystem larger, now that it is stopped" says 'its filesystem 319 MiB \(was 255 MiB\)' \
	limited xen-bigdisk grow life01 320M
check "a file is put on its disk" limited xen-bigdisk cp /etc/hostname life01:/etc/from-dom0
check "… and read there" equal "$(xen-bigdisk cat life01:/etc/from-dom0)" "$(cat /etc/hostname)"
check "… and it is clean" e2fsck -fn "$images/life01.img?offset=1048576"

check "clone copies it, with an identity of its own, and boots the copy" \
	limited xen-bigdisk clone life01 life02 --ip 192.168.77.61/24 --gateway 192.168.77.1 --start --wait=$((120 * patience))
check "the copy answers at its own address" pings 192.168.77.61
check "… has another UUID" test "$(uuid life02)" != "$(grep -o 'uuid = "[^"]*' /etc/xen/life01.cfg | cut -d'"' -f2)"
check "… and calls itself by its new name" wait_until 10 grep -q 'life02 is up' "$consoles/guest-life02.log"
# As xendomains does when dom0 shuts down, and when it boots.
mkdir -p /var/lib/xen/save
check "xl saves it" limited xl save life02 /var/lib/xen/save/life02
check "… and it is listed as saved" equal "$(listed life02)" saved
check "… start does not boot its disk beside the saved state" \
	fails_saying --status 5 'xl restore /var/lib/xen/save/life02' xen-bigdisk start life02
check "xl restores it" limited xl restore /var/lib/xen/save/life02
rm /var/lib/xen/save/life02
check "… and it runs, with xl's own monitor" equal "$(xen-bigdisk list --json | jq -c '.guests[] | select(.name == "life02") | [.state, .monitor, .restart_pending]')" '["running",null,null]'
check "stop --force --wait 0 ends it at once" limited xen-bigdisk stop life02 --force --wait 0
check "… it is gone" wait_until 20 gone life02

check "set has a stopped one boot its kernel from dom0" says 'boot +pygrub -> direct' limited xen-bigdisk set life02 boot=direct
check "… a config that Xen's own tool takes" xl create --dryrun -q /etc/xen/life02.cfg
check "… and it boots by that" limited xen-bigdisk start life02 --wait=$((120 * patience))
check "… it stops" limited xen-bigdisk stop life02 --wait $((60 * patience))
check "… and by pygrub again, without these files" limited xen-bigdisk set life02 boot=pygrub
check "… which are gone" none_of "$images/life02.vmlinuz" "$images/life02.initramfs"

check "rename gives a stopped one another name" limited xen-bigdisk rename life02 life03
check "… and nothing is left of the old one" no_files life02
check "… its counters go with it" eval 'records life03 && fails records life02'
check "… the renamed config is one that Xen's own tool takes" xl create --dryrun -q /etc/xen/life03.cfg
check "autostart on makes the link that xendomains takes" xen-bigdisk autostart on life03
check "… to its cfg" equal "$(readlink -f /etc/xen/auto/life03.cfg)" /etc/xen/life03.cfg
check "rm takes it away" limited xen-bigdisk rm life03 --yes
check "… with its files, and its link" no_files life03
check "rm takes the other away, too" xen-bigdisk rm life01 --yes
check "… with their counters" fails records "life0?"
check "… and --if-exists finds nothing to do after it" xen-bigdisk rm life01 --yes --if-exists
check "show says that there is no such guest" fails_saying --status 4 'life01' xen-bigdisk show life01
forget life01 life02 life03
