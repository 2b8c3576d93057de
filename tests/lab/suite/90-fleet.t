# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# A fleet of four small guests, PV and PVH: made, left alone, repaired, changed, shrunk, grown, taken away.
# make check: Xen 4.20
. ./lib.sh

manifest=$scratch/lab.json
write_manifest() {	# write_manifest WEB-RANGE MEMORY
	cat >"$manifest" <<-EOF
		{ "fleet": "lab",
		  "defaults": { "size": "128M", "memory": "$2" },
		  "groups": {
		    "web": { "guests": "web{01..$1}", "ip": "192.168.77.{11..$((10 + 10#$1))}/24" },
		    "db": { "guests": "db1", "pool": "192.168.77.40-192.168.77.49/24", "type": "pvh" } } }
	EOF
}
fleet() { limited xen-bigdisk fleet "$@"; }
status_of() { fleet status "$manifest" --json | jq -r --arg name "$1" '.guests[] | select(.name == $name) | .state'; }
domids() { xl list | awk 'NR > 1 && $2 != 0 { print $1, $2 }' | sort; }
loops() { losetup -a | wc -l; }
count_is() { equal "$(fleet plan "$manifest" --json | jq ".$1")" "$2"; }
xenstore_left() { xenstore-ls -f /vm /libxl /local/domain 2>/dev/null | grep -E '(web0|db)[0-9]' ; }
nothing_in_xenstore() { ! xenstore_left; }
no_files() { none_of "$images"/{web0,db}* /etc/xen/{web0,db}*.cfg /etc/xen/auto/{web0,db}*; }
no_guest_domains() { [ -z "$(domids)" ]; }
no_monitors() { no_monitor web0 && no_monitor db; }
memory_of() { xl list "$1" | awk 'NR > 1 { print $3 }'; }

# Why a guest of the manifest is not up, as the fleet's own output does not say.
story_of_those_that_do_not_run() {
	local name
	fleet status "$manifest" --json | jq -r '.guests[] | select(.state != "running") | .name' | while read -r name; do guest_story "$name"; done
} 2>&1

loops_before=$(loops)
write_manifest 03 128M
check "plan wants to make all four" count_is create 4
# Once in some fifty runs a guest's kernel crashes in the emulated machine (seen on Xen 4.20, in CI only). Its console is shown then,
# and apply has to be able to repair that: it is what the program advises.
apply_all() {
	local status=0
	fleet apply "$manifest" -j 2 --wait=$((200 * patience)) || status=$?
	[ "$status" != 0 ] || return 0
	story_of_those_that_do_not_run | tr -d '\r' | note >"$scratch/story"
	grep -q 'crashed while booting' "$scratch/output" || return "$status"
	fleet apply "$manifest" -j 2 --wait=$((200 * patience))
}
step_limit=$((400 * patience)) check "apply makes and starts them" apply_all
[ ! -s "$scratch/story" ] || cat "$scratch/story"
check "status says that they run" equal "$(fleet status "$manifest" --json | jq '[.guests[] | select(.state == "running")] | length')" 4
for name in web01 web03; do check "$name is PV" equal "$(xl list -l $name | jq -r '.[0].config.c_info.type')" pv; done
check "db1 is PVH" equal "$(xl list -l db1 | jq -r '.[0].config.c_info.type')" pvh
check "web03 answers at the address that counts along" pings 192.168.77.13
check "db1 has the first address of the pool" pings 192.168.77.40
check "each MAC address is another" test -z "$(grep -ho 'mac=[0-9a-f:]*' /etc/xen/{web0,db}*.cfg | sort | uniq -d)"

before=$(domids)
check "apply again finds nothing to do" says 'Nothing to do' fleet apply "$manifest"
check "… and every domain is the one it was" equal "$(domids)" "$before"

check "one crashes" tell web02 "echo c >/proc/sysrq-trigger"
check "… and its domain goes, as its config says (on_crash)" wait_until 30 gone web02
# The others can do that by themselves (see above); what else would take one of them away is a fault.
crashed() { gone "$1" && grep "has shut down" "/var/log/xen/xen-bigdisk-$1.log" | tail -n 1 | grep -q ": crash;"; }
also=
for name in web01 web03 db1; do
	crashed $name || continue
	also="$also $name"
	guest_story $name | note
done
check "plan wants to start that one only${also:+ (and those that crashed by themselves:$also)}" count_is start $((1 + $(wc -w <<<"$also")))
check "apply starts it" fleet apply "$manifest" --wait=$((120 * patience))
check "… and it is up" ready web02
other_domids() { awk -v also=" web02$also " 'index(also, " " $1 " ") == 0'; }
check "… and leaves the others alone" equal "$(domids | other_domids)" "$(other_domids <<<"$before")"

write_manifest 02 144M
check "a smaller manifest: the third is beyond it, more memory is a change" count_is change 3
check "apply writes the change into the cfgs" fleet apply "$manifest" --limit db1
check "… of that guest" says '^memory = 144' cat /etc/xen/db1.cfg
check "… and no other" says '^memory = 128' cat /etc/xen/web01.cfg
check "the running guest is as before" equal "$(memory_of db1)" 128
check "db1 is stopped" fleet stop "$manifest" --limit db1 --yes
check "… and is gone" gone db1
check "web03, which the manifest no longer names, runs on" running web03

write_manifest 04 128M
check "a larger one: one more is made" count_is create 1
sed 's/"192[^"]*{[^"]*"/"192.168.77.{40..43}\/24"/' "$manifest" >"$scratch/double.json"
check "… but not with addresses that others have" fails_saying '192\.168\.77\.40.*db1|db1.*192\.168\.77\.40' fleet plan "$scratch/double.json"
check "apply makes it" fleet apply "$manifest" --limit web04 --no-start
check "… and status knows it" equal "$(status_of web04)" stopped

check "stop does not go without --yes where nobody can be asked" fails_saying --status 2 'yes' fleet stop "$manifest"
check "destroy takes all of them away" fleet destroy "$manifest" --yes
check "no domain is left" wait_until 20 no_guest_domains
check "no monitor" wait_until 20 no_monitors
check "no file" no_files
check "nothing in xenstore" nothing_in_xenstore
check "no loop device" equal "$(loops)" "$loops_before"
forget web01 web02 web03 web04 db1
