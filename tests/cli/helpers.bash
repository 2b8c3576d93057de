# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of the program share. A test file says `load helpers` (or ../cli/helpers) and needs no setup of its own:
# each test runs in a folder that is removed afterwards, with an empty folder `d` in it for guests.
#
# $XEN_BIGDISK: the program [build/xen-bigdisk]. Its cache is left where it is, so that a kernel is fetched once only.

bats_require_minimum_version 1.5.0

# shellcheck disable=SC2034 # for the tests
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bigdisk=$(realpath -m "${XEN_BIGDISK:-$top/build/xen-bigdisk}")
export top bigdisk
# What `run` of bats sets.
output='' stderr='' status=0
export output stderr status

# Before a program that is sent a signal: in the background, and in all that batch systems start, some are ignored, and a
# shell cannot undo that.
default_signals=(env --default-signal=HUP,INT,QUIT,TERM,PIPE)

# In seconds; a test takes a minute at most on an idle machine.
time_limit=${TEST_LIMIT:-1200}

setup() {
	common_setup
}

# For a test file that has a setup of its own.
common_setup() {
	limit_time
	umask 022
	unset XEN_BIGDISK_TOOLSTACK
	cd "$BATS_TEST_TMPDIR" || return
	# This host's own are none of the tests'.
	export XEN_BIGDISK_DEFAULTS=$PWD/defaults.json XEN_BIGDISK_STATE=$PWD/state XEN_BIGDISK_JOURNAL=
	mkdir d
}

# A test that hangs is ended, with all that it has started, and fails. The time limit of bats 1.8 lets live what a child of the
# test has started, and then waits for it.
limit_time() {
	local mark=$BATS_TEST_TMPDIR
	trap 'fail "ended by its time limit of $time_limit s" || exit 1' ABRT
	# The limit itself must have no mark, and none of the test's descriptors.
	# shellcheck disable=SC2016 # for the inner shell
	setsid bash -c 'timeout "$1" tail --pid="$2" -s 1 -f /dev/null; [[ $? -ne 124 ]] || exec "$4" --end "$2" "$3"' \
		limit "$time_limit" $$ "$mark" "$top/tests/limit" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	disown
	export TEST_MARK=$mark
}

fail() {
	printf '%s\n' "$@" >&2
	return 1
}

need() {
	local program
	for program; do
		PATH=$PATH:/usr/sbin:/sbin type -P "$program" >/dev/null || skip "$program is not installed"
	done
	export PATH=$PATH:/usr/sbin:/sbin
}

need_root() {
	[[ $(id -u) -eq 0 ]] || skip "needs root"
}

need_mount_namespaces() {
	need_root
	need unshare
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
}

# For tests that mount a folder of theirs over /etc/xen.
need_own_etc_xen() {
	need_mount_namespaces
	[[ -d /etc/xen ]] || skip "there is no /etc/xen to mount over"
}

# A dry boot of an image takes GRUB's own parts.
need_grub2() {
	[[ -e /usr/lib/grub/i386-pc/boot.img ]] || skip "grub-pc-bin is not installed"
	need grub-mkimage
}

need_grub_legacy() {
	need grub
	compgen -G '/usr/lib/grub/*/e2fs_stage1_5' >/dev/null || skip "grub-legacy is not installed"
}

# $pygrub, which Xen has in a folder of its own; empty where it is not installed.
find_pygrub() {
	local place
	pygrub=$(type -P pygrub) && return
	for place in /usr/lib/xen-*/bin/pygrub /usr/lib/xen/bin/pygrub /usr/libexec/xen/bin/pygrub; do
		if [[ -x $place ]]; then
			pygrub=$place
			return
		fi
	done
	pygrub=
}

# For tests that make system calls fail, or stop the program at one.
need_strace() {
	need strace
	strace -qq -o /dev/null -e inject=getppid:error=EIO true 2>/dev/null || skip "strace cannot trace here"
	export ASAN_OPTIONS=detect_leaks=0 # the leak checker traces, too
}

need_busybox() {
	need busybox
}

# bd ARGUMENTS...: runs the program; $status, $output (stdout) and $stderr are what came of it.
bd() {
	asked_for=" $* "
	run --separate-stderr "$bigdisk" "$@"
	# shellcheck disable=SC2154 # set by run
	printf '%s\n' "$ xen-bigdisk $*" "-> status $status" "$output" "$stderr" | head -c 4000
}

# ok ARGUMENTS...: runs the program, which has to succeed.
ok() {
	bd "$@"
	[[ $status -eq 0 ]] || fail "status $status"
}

# made ARGUMENTS...: likewise `new`.
made() {
	ok new "$@"
}

# An empty disk in d, which takes no kernel and hardly any time.
made_empty() {
	made --quiet --no-start --template none --dir d "$@"
}

# refused STATUS: the last bd ended so, printed nothing on stdout but, with --json, its error, and one line of error on stderr;
# d is empty.
refused() {
	failed_with "$1"
	is_empty d
}

failed_with() {
	[[ $status -eq $1 ]] || fail "status is $status, not $1"
	if [[ $asked_for == *' --json '* ]]; then
		[[ $output == '{"error":{"kind":"'*'","message":"'*'"}}' ]] || fail "stdout has not just the error as JSON"
	else
		[[ -z $output ]] || fail "there is something on stdout"
	fi
	[[ $(grep -c '^xen-bigdisk: error: ...' <<<"$stderr") -eq 1 ]] || fail "not one line of error"
	! grep -qE 'error: .*: *$|\(null\)' <<<"$stderr" || fail "the error says no reason"
	# What is on stderr beside it are the stages of the progress, unless --quiet.
	! grep -vE '^xen-bigdisk: (error|warning): |^ *[a-z].* ((done|failed|stopped) +[0-9.]+ s|done +[0-9.]+ s  [0-9.]+[BKMGT](  [0-9.]+[BKMGT]/s)?)$' <<<"$stderr" || fail "other lines on stderr"
}

is_empty() {
	local left
	left=$(ls -A "$1")
	[[ -z $left ]] || fail "left in $1: $left"
}

# holds FOLDER NAME...: these files and no others.
holds() {
	local folder=$1 there
	shift
	there=$(find "$folder" -mindepth 1 -printf '%f\n' | sort | xargs)
	[[ $there == "$(printf '%s\n' "$@" | sort | xargs)" ]] || fail "in $folder: $there"
}

# is_guest FOLDER NAME: a whole guest and nothing else.
is_guest() {
	holds "$1" "$2.img" "$2.cfg"
	grep -q '^on_crash' "$1/$2.cfg" || fail "the cfg is not complete"
	[[ $(xxd -s 510 -l 2 -p "$1/$2.img") == 55aa ]] || fail "the image has no boot record"
}

# region IMAGE NUMBER FIELD: start or size (sectors) of a partition, by sfdisk.
region() {
	sfdisk -J "$1" | jq ".partitiontable.partitions[$(($2 - 1))].$3"
}

root_offset() {
	echo $(($(region "$1" 1 start) * 512))
}

# in_image IMAGE COMMAND: debugfs on the root filesystem.
in_image() {
	debugfs -R "$2" "$1?offset=$(root_offset "$1")" 2>/dev/null
}

fsck_is_clean() {
	run e2fsck -fn "$1?offset=$(root_offset "$1")"
	[[ $status -eq 0 ]] || fail "$output"
}

# A byte string as hexadecimal digits: hex FILE OFFSET COUNT.
hex() {
	xxd -s "$2" -l "$3" -c 256 -p "$1"
}

# Runs until the condition (a command) is true; 20 seconds at most.
until_true() {
	local _
	for _ in {1..400}; do
		if "$@"; then return 0; fi
		sleep 0.05
	done
	fail "never came true: $*"
}

# stopped_at N FILE ARGUMENTS...: starts the program, which stops behind its Nth call of fcntl on the file: the first asks for a lease, the second
# gives it back. $stopped is its pid, $job that of what to wait for; stopped.err has what it says.
stopped_at() {
	strace -qq -o stopped.trace -P "$2" -e trace=fcntl -e inject="fcntl:signal=STOP:when=$1" "$bigdisk" "${@:3}" \
		<&0 2>stopped.err 3>&- &
	job=$!
	until_true grep -qs 'stopped by SIGSTOP' stopped.trace
	# shellcheck disable=SC2034 # for the tests
	stopped=$(pgrep -P $job)
}

# The program works through the fake toolstack, in this mode of it: it writes what it is asked for to log, and knows the
# domains of the file domains.
fake_xen() {
	export XEN_BIGDISK_TOOLSTACK=${bigdisk%/*}/tests/fake-toolstack.so
	[[ -e $XEN_BIGDISK_TOOLSTACK ]] || skip "$XEN_BIGDISK_TOOLSTACK is not built"
	export FAKE_TOOLSTACK_LOG=$PWD/log FAKE_TOOLSTACK_STATE=$PWD/domains FAKE_TOOLSTACK_MODE=${1:-}
	: >log
	: >domains
}

# Other processes than the program's change the domains of fake_xen: with a script of sed.
change_domains() {
	flock domains sh -c 'sed "$1" domains >domains.new && cat domains.new >domains' - "$1"
}

# The program has looked at the domains, and waits until they change.
waits_for_change() {
	[[ $(grep -c '^wait_change' log) -ge 2 ]]
}

# looks FROM TO: between these two lines of the log, each look at the domains but the first comes after a change, or the
# limit of waiting for one.
looks() {
	local calls
	calls=$(sed -n "/^$1/,/^$2/p" log | grep -oE '^(list|wait_change)' | xargs)
	[[ $calls =~ ^list(\ wait_change\ list)+$ ]] || fail "looked at the domains like this: $calls"
}

# A fleet in fleet.json. Empty disks: made in no time, and good enough for all that is no boot.
write_manifest() { # the JSON of groups and guests, as members
	cat >fleet.json <<-EOF2
		{ "fleet": "shop", "defaults": { "template": "${template:-none}", "size": "32M"${more:-} }, $1 }
	EOF2
}

# on_terminal COLUMNS COMMAND...: runs it on a terminal of its own; $output is all that came there, escapes as \e.
on_terminal() {
	need python3
	run env TERM="${TERM_OF_TEST-xterm}" python3 - "$@" <<-'PYTHON'
		import fcntl, os, pty, struct, sys, termios
		pid, fd = pty.fork()
		if pid == 0:
		    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
		    os.execvp(sys.argv[2], sys.argv[2:])
		text = b""
		while True:
		    try:
		        part = os.read(fd, 65536)
		    except OSError:
		        break
		    if not part:
		        break
		    text += part
		sys.stdout.write(text.decode().replace("\r\n", "\n").replace("\x1b", "\\e"))
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	PYTHON
	printf '%s\n' "$ $*" "-> status $status" "$output"
}

# What a person would see of $output, a line each: without colours, and every drawing of a live line by itself.
seen() {
	sed 's/\\e\[[0-9;]*m//g; s/\\e\[[0-9]*A\r\\e\[J//; s/\r\\e\[K/\n/g' <<<"$output"
}

# ended PID: its parent, which may be init, need not have asked for its status yet.
ended() {
	! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}
