# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# What is left when something goes wrong: nothing.
# make check: Xen 4.20
. ./lib.sh

domains() { xl list | awk 'NR > 1 { print $2 }'; }
# Every file that `new` could have left; temporary names too.
files() { find "$images" /etc/xen /run/xen* /var/lib/xen-bigdisk -name "*$1*" 2>/dev/null; }
leaves_nothing() {	# leaves_nothing NAME
	local found
	found=$(files "$1"; monitors "$1")
	[ -z "$found" ] || { echo "left behind: $found"; return 1; }
	equal "$(domains | xargs)" 0
}
interrupted_after() {	# interrupted_after SECONDS COMMAND…: what SIGINT does then; 130 or 1 is what it must end with
	local seconds=$1 status=0 pid
	shift
	"$@" & pid=$!
	# From when the program is there on: what started it may lose the signal.
	until [ "$(cat "/proc/$pid/comm")" = xen-bigdisk ]; do sleep 0.1; done
	sleep "$seconds"
	kill -INT "$pid"
	wait "$pid" || status=$?
	echo "status $status"
	[ "$status" = 130 ] || [ "$status" = 1 ]
}
# A background job of a script ignores SIGINT, unless something makes it listen again.
listening() { exec env --default-signal=INT "$@"; }

mkdir -p "$images"

# An image without a kernel.
check "an empty disk can be made" xen-bigdisk new empty01 --size 128M --template none --no-start --no-net
before=$(sha256sum "$images/empty01.img" /etc/xen/empty01.cfg)
check "start of it fails, naming what is wrong" fails_saying 'empty01|kernel|boot' limited xen-bigdisk start empty01
check "… no domain is left" equal "$(domains | xargs)" 0
check "… no monitor" wait_until 10 no_monitor empty01
check "… and the files are as they were" equal "$(sha256sum "$images/empty01.img" /etc/xen/empty01.cfg)" "$before"
forget empty01

# A boot that fails takes its files with it.
check "a boot that cannot work fails" fails --status 6 limited xen-bigdisk new big01 --size 256M --memory 64G --no-net --wait=$((60 * patience))
check "… and leaves nothing" leaves_nothing big01
check "a bridge that is not there fails" fails limited xen-bigdisk new net01 --size 256M --memory 160M --bridge nobr7 --wait=$((60 * patience))
check "… and leaves nothing" leaves_nothing net01

# Ctrl-C, at several moments.
for moment in 0.3 3 7 11; do
	check "Ctrl-C after $moment s ends new" interrupted_after $moment listening xen-bigdisk new int01 --size 256M --memory 160M --no-net --wait=$((60 * patience))
	sleep 1
	check "… and leaves nothing" leaves_nothing int01
	forget int01
done

# Two at once.
race() {
	local one=0 two=0 first second
	limited xen-bigdisk new race01 --size 256M --memory 160M --no-net --no-wait >"$scratch/one" 2>&1 & first=$!
	limited xen-bigdisk new race01 --size 256M --memory 160M --no-net --no-wait >"$scratch/two" 2>&1 & second=$!
	wait $first || one=$?
	wait $second || two=$?
	cat "$scratch/one" "$scratch/two"
	echo "statuses: $one $two"
	# 3: it already exists; 5: the other one was at work on it
	[[ $one$two =~ ^(0[35]|[35]0)$ ]]
}
check "two new of one name at once: one wins, the other fails" race
check "… and says why" says 'race01.*(exist|already|being|another)|(exist|already|being|another).*race01' cat "$scratch/one" "$scratch/two"
check "… and one guest runs" equal "$(xl list | grep -c '^race01 ')" 1
check "… and comes up" wait_until 60 ready race01
check "… with its files" test -f "$images/race01.img" -a -f /etc/xen/race01.cfg

# What is there is never touched: a running domain, an image, a config, each alone.
mv /etc/xen/race01.cfg "$scratch/race01.cfg"
mv "$images/race01.img" "$images/elsewhere.img"
check "a running domain's name is taken, without its files" fails --status 3 limited xen-bigdisk new race01 --size 256M --no-net --no-wait
check "… and nothing was made" test ! -e "$images/race01.img" -a ! -e /etc/xen/race01.cfg
check "… and the domain runs on" running race01
rm "$images/elsewhere.img"
forget race01

echo "somebody's image" >"$images/mine01.img"
check "an image that is there is not touched" fails --status 3 xen-bigdisk new mine01 --size 256M --no-start
check "… it is as it was" equal "$(cat "$images/mine01.img")" "somebody's image"
check "… and there is no config" test ! -e /etc/xen/mine01.cfg
forget mine01
echo "# somebody's config" >/etc/xen/mine02.cfg
check "a config that is there is not touched" fails --status 3 xen-bigdisk new mine02 --size 256M --no-start
check "… it is as it was" equal "$(cat /etc/xen/mine02.cfg)" "# somebody's config"
check "… and there is no image" test ! -e "$images/mine02.img"
forget mine02
