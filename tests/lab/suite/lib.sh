# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the lab's tests share. A test file is a bash script that sources this and reports in TAP lines; `run` numbers them.
set -uo pipefail

# shellcheck disable=SC2034 # for the test files
{
images=/var/lib/xen/images
consoles=/var/log/xen/console
xen_version=$(cat /sys/hypervisor/version/major).$(cat /sys/hypervisor/version/minor)
}
# Every step ends by itself. The limits in the tests are those of an idle machine; how many times as much is waited.
patience=${PATIENCE:-6}
step_limit=$((150 * patience))
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

note() { sed 's/^/# /'; }

ok() { echo "ok - $1"; }
not_ok() { echo "not ok - $1"; }
skip() { echo "ok - $1 # SKIP $2"; }

# kill_below PID: what that shell has started, and what that has started, but not this one
kill_below() {
	local pid
	for pid in $(pgrep -P "$1"); do
		[ "$pid" = "$BASHPID" ] || { kill_below "$pid"; kill -KILL "$pid"; }
	done
	true
}

# Never written to: bash itself waits there, so that nothing is left when it is killed.
mkfifo "$scratch/never"
# After the time limit of a step: what it waits for is killed.
watch_step() {
	read -rt $((2 * step_limit)) <>"$scratch/never"
	touch "$scratch/late"
	# Until it is at its end: it may go on to its next command.
	while kill_below $$; do read -rt 1 <>"$scratch/never"; done
}

# check DESCRIPTION COMMAND…: ok when the command succeeds; else its output and where it came from, as diagnostics
check() {
	local description=$1 status=0 watchdog
	shift
	local start=$SECONDS
	watch_step >/dev/null 2>&1 & watchdog=$!
	"$@" >"$scratch/output" 2>&1 </dev/null || status=$?
	kill -KILL "$watchdog"
	wait "$watchdog" 2>/dev/null
	if [ -e "$scratch/late" ]; then
		rm "$scratch/late"
		status=124
		echo "killed: not done after $((2 * step_limit)) s" >>"$scratch/output"
	fi
	[ $((SECONDS - start)) -lt 5 ] || echo "# the next took $((SECONDS - start)) s"
	if [ "$status" = 0 ]; then
		ok "$description"
		return 0
	fi
	not_ok "$description"
	{ echo "status $status of: $*"; tail -n 25 "$scratch/output"; } | tr -d '\r' | note
	return 1
}

# fails [--status N] COMMAND…: succeeds when the command ends with status 1, the program's own "it failed", or with N
fails() {
	local status=0 wanted=1
	if [ "$1" = --status ]; then
		wanted=$2
		shift 2
	fi
	"$@" || status=$?
	[ "$status" = "$wanted" ] || { echo "expected status $wanted, not $status"; return 1; }
}

fails_saying() {	# fails_saying [--status N] PATTERN COMMAND…
	local pattern output status=0 wanted=1
	if [ "$1" = --status ]; then
		wanted=$2
		shift 2
	fi
	pattern=$1
	shift
	output=$("$@" 2>&1) || status=$?
	if [ "$status" != "$wanted" ] || ! grep -Eq -e "$pattern" <<<"$output"; then
		echo "status $status, wanted $wanted; wanted /$pattern/ in: $output"
		return 1
	fi
}

says() {	# says PATTERN COMMAND…: the command's output, both streams, matches
	local pattern=$1 output
	shift
	output=$("$@" 2>&1)
	grep -Eq -e "$pattern" <<<"$output" || { echo "no /$pattern/ in: $output"; return 1; }
}

# none_of PATH…: none of them is there. (! ls PATH… is true when one is missing.)
none_of() {
	local path found=0
	for path; do
		[ ! -e "$path" ] && [ ! -L "$path" ] || { echo "there is $path"; found=1; }
	done
	return $found
}

equal() { [ "$1" = "$2" ] || { echo "expected: $2"; echo "found:    $1"; return 1; }; }

# wait_until SECONDS COMMAND…: the seconds are those of an idle machine
wait_until() {
	local deadline=$((SECONDS + $1 * patience))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$deadline" ] || { echo "still not so: $*"; return 1; }
		sleep 0.3
	done
}

limited() { timeout --foreground --kill-after=5 "$step_limit" "$@"; }

# new NAME OPTION…: a small guest, up and running when this returns
new() {
	local name=$1 memory=()
	shift
	[[ " $* " == *" --memory "* ]] || memory=(--memory 160M)
	limited xen-bigdisk new "$name" --size 256M "${memory[@]}" --wait=$((120 * patience)) "$@" || {
		local status=$?
		guest_story "$name"
		return "$status"
	}
}

# start NAME: boots it from its config, and waits until it is up
start() {
	limited xen-bigdisk start "$1" --wait=$((90 * patience)) || {
		local status=$?
		guest_story "$1"
		return "$status"
	}
}

# What there is to know about a guest that did not do what it should.
guest_story() {
	local log
	for log in "/var/log/xen/xen-bigdisk-$1.log" "$consoles/guest-$1.log" "/var/log/xen/bootloader-$1.log" "/var/log/xen/bootloader.$(domid "$1" 2>/dev/null).log"; do
		[ ! -s "$log" ] || { echo "$log:"; tail -n 30 "$log"; }
	done
	xl list
}

has_grub_legacy() { [ -e /usr/lib/grub/x86_64-pc/e2fs_stage1_5 ] && [ -x /usr/sbin/grub ]; }

domid() { xl domid "$1" 2>/dev/null; }
running() { xl domid "$1" >/dev/null 2>&1; }
gone() { ! running "$1"; }
# is_another NAME DOMID: it has a domain, and not that one. Between the two of a reboot there is none.
is_another() {
	local now
	now=$(domid "$1") && [ "$now" != "$2" ]
}
# backend NAME TYPE NODE: what xenstore has of a device: backend web01 vbd 51712/script
backend() { xenstore-read "/local/domain/0/backend/$2/$(domid "$1")/$3"; }
uuid() { xl list -l "$1" | jq -r '.[0].config.c_info.uuid'; }
monitors() { pgrep -f "xen-bigdisk.*$1" | grep -vx "$$"; }
no_monitor() { ! monitors "$1"; }
console_log() { cat "$consoles/guest-$1.log"; }
ready() { [ -n "$(xenstore-read "/local/domain/$(domid "$1")/data/xen-bigdisk/ready" 2>/dev/null)" ]; }
# The address that the guest itself reports; it has one some time after it is ready.
address() { wait_until 30 address_now "$1" >&2 && address_now "$1" || { guest_story "$1" >&2; false; }; }
address_now() { xenstore-read "/local/domain/$(domid "$1")/data/xen-bigdisk/ipv4"; }
# The address that dom0's DHCP server gave to a MAC.
lease() {
	pkill -USR1 -f 'udhcpd /etc' && sleep 0.5	# it writes its file then
	busybox dumpleases -f /var/lib/misc/udhcpd.leases | awk -v mac="$1" '$1 == mac { print $2 }'
}
pings() { wait_until 30 ping -c 1 -W 2 "$1"; }

# type_into NAME LINE [SECONDS]: types a line on `xl console NAME` and shows what came back; leaves it with Ctrl-]
type_into() {
	(sleep 1; printf '%s\r' "$2"; sleep "${3:-3}"; printf '\035'; sleep 1) | timeout 20 script -qec "xl console $1" /dev/null || true
}

# tell NAME LINE: has the guest's own shell run a line; what is typed before that shell is there is lost
tell() { wait_until 20 in_shell "$1" && type_into "$1" "$2" 1; }
in_shell() { says 'there-42' type_into "$1" "echo there-\$((40 + 2))" 1; }

# forget NAME…: no domain, no monitor, no files of these guests
forget() {
	local name
	for name; do
		running "$name" && xl destroy "$name"
		wait_until 15 no_monitor "$name" || pkill -KILL -f "xen-bigdisk.*$name"
		rm -f "$images/$name".* "/etc/xen/$name.cfg" "$consoles/guest-$name.log" "/var/log/xen/xen-bigdisk-$name.log"
	done
} >/dev/null 2>&1
