#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Each step of `new` made to fail: system calls by strace -e inject, other programs by ones that misbehave.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load ../cli/helpers

empty_disk=(new a --quiet --no-start --template none --dir d --size 64M --swap 8M)

need_faults() {
	need_strace
	# Once without faults: what is made once only, GRUB's core.img, shall be there.
	made_empty warm --size 16M
	rm d/*
}

# As bd, under strace. 127, which `run` would warn of, is the dynamic loader's status.
traced() {
	status=0
	"${default_signals[@]}" strace -qq -o trace -e signal=none "$@" >out 2>err || status=$?
	output=$(<out) stderr=$(<err)
}

# inject SYSCALL WHAT N ARGUMENTS...: the Nth call of it gets the fault. $status is 99 when it came to no Nth call.
inject() {
	local call=$1 what=$2 n=$3
	shift 3
	traced -e trace="$call" -e inject="$call:$what:when=$n" "$bigdisk" "$@"
	if [[ $(grep -cE "^$call\(" trace) -lt $n ]]; then
		[[ $status -eq 0 ]] || fail "failed without a fault: $stderr"
		rm -f d/*
		status=99
		return
	fi
	echo "$call $what $n: status $status $stderr"
}

# The exit status for an error: base/err.c.
status_of() {
	case $1 in
	EEXIST) echo 3 ;;
	ENOENT) echo 4 ;;
	EBUSY | EADDRINUSE) echo 5 ;;
	ENOSPC | EDQUOT) echo 6 ;;
	*) echo 1 ;;
	esac
}

# always_fails SYSCALL ERROR LEAST ARGUMENTS...: whichever call of it fails, the status is the error's, with one line, and
# nothing is left; there are LEAST such calls at least.
always_fails() {
	local call=$1 error=$2 least=$3 n
	shift 3
	for ((n = 1; n < 400; n++)); do
		inject "$call" "error=$error" "$n" "$@"
		[[ $status -ne 99 ]] || break
		refused "$(status_of "$error")"
	done
	[[ $n -gt $least ]] || fail "only $((n - 1)) calls of $call"
}

# fails_or_works SYSCALL ERROR ARGUMENTS...: as above, or the fault does not matter and the guest is whole.
fails_or_works() {
	local call=$1 error=$2 n
	shift 2
	for ((n = 1; n < 400; n++)); do
		inject "$call" "error=$error" "$n" "$@"
		case $status in
		99) break ;;
		0)
			is_guest d a
			fsck_is_clean d/a.img
			rm d/*
			;;
		127)
			# The dynamic loader's own failures.
			[[ $stderr == *"error while loading shared libraries"* ]]
			is_empty d
			;;
		*) refused 1 ;;
		esac
	done
	[[ $n -gt 1 ]]
}

@test "fsync fails: image, cfg or folder" {
	need_faults
	always_fails fsync EIO 3 "${empty_disk[@]}"
	always_fails fsync ENOSPC 3 "${empty_disk[@]}"
}

@test "linkat fails: image or cfg" {
	need_faults
	always_fails linkat ENOSPC 2 "${empty_disk[@]}"
	always_fails linkat EIO 2 "${empty_disk[@]}"
	always_fails linkat EPERM 2 "${empty_disk[@]}"
}

@test "several disks: a name or a flush that fails leaves none of them" {
	need_faults
	always_fails linkat ENOSPC 4 "${empty_disk[@]}" --disk 1G --disk 2G
	always_fails fsync EIO 5 "${empty_disk[@]}" --disk 1G --disk 2G
}

@test "several disks: a killed run's are removed with rm, or replaced by the next run, but none that is somebody's" {
	need_faults
	need jq
	local n
	for n in 2 3 4; do
		inject linkat signal=KILL "$n" "${empty_disk[@]}" --disk 1G --disk 2G
		[[ $status -ne 0 && $status -ne 99 ]]
		bd doctor --dir d --json
		[[ $(jq -r '.checks[] | select(.check == "unused").found' <<<"$output" | grep -c 'left by an interrupted new or clone') -eq $((n - 1)) ]]
		bd rm a --dir d --yes
		[[ $status -eq 0 ]] || fail "rm after $n"
		is_empty d
		inject linkat signal=KILL "$n" "${empty_disk[@]}" --disk 1G --disk 2G
		made_empty a --size 64M --disk 3G
		holds d a.img a_disk2.img a.cfg
		[[ $(stat -c %s d/a_disk2.img) -eq $((3 << 30)) ]]
		rm d/*
	done
	echo data >d/a_disk3.img
	inject linkat signal=KILL 3 "${empty_disk[@]}" --disk 1G
	bd rm a --dir d --yes
	holds d a_disk3.img
}

@test "the name is taken between the check and linkat" {
	need_faults
	local n
	for n in 1 2; do
		inject linkat error=EEXIST "$n" "${empty_disk[@]}"
		refused 3
		[[ $stderr == *"already exists and was not changed"* ]]
	done
}

@test "setting the size fails" {
	need_faults
	always_fails ftruncate ENOSPC 1 "${empty_disk[@]}"
	always_fails ftruncate EFBIG 1 "${empty_disk[@]}"
	inject ftruncate error=EFBIG 1 "${empty_disk[@]}"
	[[ $stderr == *"does not allow a file of 67108864 bytes"* ]]
}

@test "every single write fails" {
	need_faults
	always_fails pwrite64 ENOSPC 4 "${empty_disk[@]}"
	always_fails pwritev ENOSPC 1 "${empty_disk[@]}"
	always_fails pwritev EIO 1 "${empty_disk[@]}"
}

@test "writes of a guest's content fail" {
	need_faults
	need_busybox
	local call n total
	strace -qq -o calls -e trace=pwritev,pwrite64 "$bigdisk" new a --quiet --no-start --dir d --size 128M
	rm d/*
	for call in pwritev pwrite64; do
		total=$(grep -c "^$call(" calls)
		for n in 1 2 $((total / 2)) $((total - 1)) "$total"; do
			inject "$call" error=ENOSPC "$n" new a --quiet --no-start --dir d --size 128M
			[[ $status -eq 99 ]] || refused 6
		done
	done
}

@test "a write or fsync that a signal interrupts" {
	need_faults
	need e2fsck sfdisk jq
	fails_or_works pwrite64 EINTR "${empty_disk[@]}"
	fails_or_works fsync EINTR "${empty_disk[@]}"
}

@test "every single open fails" {
	need_faults
	need e2fsck sfdisk jq
	fails_or_works openat EMFILE "${empty_disk[@]}"
	fails_or_works openat EACCES "${empty_disk[@]}"
}

@test "every single read fails" {
	need_faults
	need e2fsck sfdisk jq
	fails_or_works read EIO "${empty_disk[@]}"
	fails_or_works pread64 EIO "${empty_disk[@]}"
}

@test "no randomness, no locks, no pipes" {
	need_faults
	need e2fsck sfdisk jq
	fails_or_works getrandom ENOSYS "${empty_disk[@]}"
	fails_or_works fcntl ENOLCK "${empty_disk[@]}"
	fails_or_works pipe2 EMFILE "${empty_disk[@]}"
}

@test "another process holds the lock: in use, with its number; it is free when that one is killed" {
	fake_xen create-hangs
	need_busybox
	local apart=() pid
	# Another network namespace makes no difference.
	! unshare -n true 2>/dev/null || apart=(unshare -n)
	"${default_signals[@]}" "${apart[@]}" "$bigdisk" new a --quiet --no-wait --no-net --dir d --size 128M >/dev/null 2>&1 3>&- &
	pid=$!
	until_true grep -q '^create' log
	bd start d/a.cfg --quiet --no-wait
	failed_with 5
	[[ $stderr == *" another xen-bigdisk (process $pid) is at work on d/a.cfg right now" || $stderr == *" another xen-bigdisk (process $pid) is at work on $PWD/d/a.cfg right now" ]] || fail "$stderr"
	# Nothing of it can be read or locked by others.
	if [[ $(id -u) -eq 0 ]]; then
		[[ $(stat -c '%a %u' /run/xen-bigdisk /run/xen-bigdisk/locks | xargs) == "700 0 600 0" ]]
	fi
	kill -KILL "$pid"
	wait "$pid" || true
	fake_xen
	rm -f d/*
	bd "${empty_disk[@]}"
	[[ $status -eq 0 ]] || fail "$stderr"
}

@test "a name in the abstract namespace of sockets, which any user can take, blocks nothing" {
	need python3
	local pid
	# What was the lock: FNV-1a of the path.
	python3 - "$PWD/d/a.cfg" >bound 3>&- <<-'PYTHON' &
		import os, socket, sys, time
		h = 0xcbf29ce484222325
		for byte in os.path.realpath(sys.argv[1]).encode():
		    h = (h ^ byte) * 0x100000001b3 % 2**64
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(f"\0xen-bigdisk/{h:016x}")
		print("bound", flush=True)
		time.sleep(1000)
	PYTHON
	pid=$!
	until_true grep -q bound bound
	bd "${empty_disk[@]}"
	kill "$pid"
	[[ $status -eq 0 ]] || fail "$stderr"
}

@test "a place for locks that others could change is refused, and so is one of another user's" {
	need_root
	local what
	mkdir locks
	export XEN_BIGDISK_LOCKS=$PWD/locks
	for what in 'chmod 1777 locks' 'chmod 770 locks' 'chown 65534 locks' 'touch locks/locks' \
		'ln -s ../d/a.img locks/locks' 'mkfifo -m 600 locks/locks' 'touch locks/locks && chown 65534 locks/locks'; do
		rm -rf locks
		mkdir locks
		(umask 022 && eval "$what")
		bd "${empty_disk[@]}"
		refused 1
		[[ $stderr == *"$PWD/locks"* ]] || fail "$what: $stderr"
	done
	rm -r locks
	bd "${empty_disk[@]}"
	[[ $status -eq 0 && $(stat -c '%a %s' locks/locks) == "600 0" ]]
	XEN_BIGDISK_LOCKS=locks bd "${empty_disk[@]}"
	failed_with 2
}

# The numbers of the openat calls that ask for O_TMPFILE.
tmpfile_opens() {
	strace -qq -o trace -e trace=openat "$bigdisk" "$@" >/dev/null
	rm -f d/*
	grep -n O_TMPFILE trace | cut -d: -f1
}

@test "without O_TMPFILE the guest is made all the same, and no temporary name is left" {
	need_faults
	need e2fsck sfdisk jq
	local n error count=0
	for n in $(tmpfile_opens "${empty_disk[@]}"); do
		for error in EOPNOTSUPP EISDIR EINVAL; do
			inject openat "error=$error" "$n" "${empty_disk[@]}"
			[[ $status -eq 0 ]]
			is_guest d a
			fsck_is_clean d/a.img
			[[ $(stat -c %a d/a.img) == 600 ]]
			rm d/*
		done
		count=$((count + 1))
	done
	[[ $count -eq 2 ]]
}

# Two faults in one run: the image's O_TMPFILE, and SECOND.
inject_without_tmpfile() {
	local second=$1 n
	n=$(tmpfile_opens "${empty_disk[@]}" | head -n 1)
	traced -e inject="openat:error=EOPNOTSUPP:when=$n" -e inject="$second" \
		"$bigdisk" "${empty_disk[@]}"
	echo "$second: status $status $stderr"
	grep -q 'openat.*(INJECTED)' trace
}

@test "without O_TMPFILE a failure leaves no temporary name" {
	need_faults
	local second
	for second in ftruncate:error=ENOSPC:when=1 pwritev:error=ENOSPC:when=1 pwritev:error=EIO:when=5 \
		pwrite64:error=ENOSPC:when=3 fsync:error=EIO:when=1 fsync:error=EIO:when=2 fsync:error=EIO:when=3 \
		renameat2:error=EIO:when=1 renameat2:error=EEXIST:when=1 linkat:error=EIO:when=1; do
		inject_without_tmpfile "$second"
		second=${second#*error=}
		refused "$(status_of "${second%%:*}")"
	done
}

@test "without O_TMPFILE and RENAME_NOREPLACE (NFS) a hard link gives the name" {
	need_faults
	need e2fsck sfdisk jq
	inject_without_tmpfile renameat2:error=EINVAL:when=1
	[[ $status -eq 0 ]]
	is_guest d a
	fsck_is_clean d/a.img
}

@test "without O_TMPFILE Ctrl-C leaves no temporary name" {
	need_faults
	local second
	for second in ftruncate:signal=INT:when=1 pwritev:signal=INT:when=1 pwrite64:signal=INT:when=2 fsync:signal=INT:when=1; do
		inject_without_tmpfile "$second"
		[[ $status -eq 130 ]]
		failed_with 130
		is_empty d
	done
}

@test "Ctrl-C and SIGTERM in the middle of each kind of step: nothing is left, or all of it" {
	need_faults
	local signal number call n
	for signal in INT TERM HUP; do
		number=$((128 + $(kill -l "$signal")))
		for call in ftruncate pwritev pwrite64 fsync linkat; do
			for n in 1 2 3; do
				inject "$call" "signal=$signal" "$n" "${empty_disk[@]}"
				case $status in
				99) ;;
				0)
					is_guest d a
					rm d/*
					;;
				*)
					failed_with "$number"
					is_empty d
					;;
				esac
			done
		done
	done
}

@test "kill -9 at each step: nothing, or a whole image without a cfg, or all" {
	need_faults
	local call n left
	for call in ftruncate pwritev pwrite64 fsync linkat write; do
		for n in 1 2 3; do
			traced -e inject="$call:signal=KILL:when=$n" "$bigdisk" "${empty_disk[@]}"
			left=$(find d -type f -exec echo {} +)
			echo "$call $n: $status '$left'"
			case $left in
			'') ;;
			d/a.img) [[ $(stat -c %s d/a.img) -eq 67108864 && $(xxd -s 510 -l 2 -p d/a.img) == 55aa ]] ;;
			*) is_guest d a ;;
			esac
			rm -f d/*
		done
	done
}

# stand_in NAME SCRIPT: a program that is found before the real one.
stand_in() {
	mkdir -p bin
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod 755 "bin/$1"
	export PATH=$PWD/bin:$PATH
}

# with_empty_cache ARGUMENTS...
with_empty_cache() {
	rm -rf cache
	mkdir cache
	XEN_BIGDISK_CACHE=$PWD/cache bd "$@"
}

@test "grub-mkimage fails, is killed, writes nothing or nonsense: one line, nothing left, nothing cached" {
	need_grub2
	local script
	# shellcheck disable=SC2016 # for the stand-in
	for script in 'echo "no module: normal" >&2; exit 1' 'kill -KILL $$' 'exit 0' \
		'while [ "$1" != -o ]; do shift; done; echo nonsense >"$2"' \
		'while [ "$1" != -o ]; do shift; done; head -c 40960 /dev/zero >"$2"'; do
		stand_in grub-mkimage "$script"
		with_empty_cache "${empty_disk[@]}"
		refused 1
		is_empty cache
	done
	stand_in grub-mkimage 'echo "no module: normal" >&2; exit 1'
	with_empty_cache "${empty_disk[@]}"
	[[ $stderr == *"no module: normal"* ]]
}

@test "a core.img that is too large for the cylinder layout's 31744 bytes is a clear error" {
	need_grub2
	local real
	real=$(type -P grub-mkimage)
	# shellcheck disable=SC2016 # for the stand-in
	stand_in grub-mkimage 'exec '"$real"' "$@" normal linux search'
	with_empty_cache "${empty_disk[@]}" --layout cylinder
	refused 1
	[[ $stderr == *"core.img of "*" does not fit into the 31744 bytes"*--layout* ]]
}

@test "GRUB Legacy's shell fails, says nothing or hangs up: one line, nothing left" {
	need_grub_legacy
	local script
	# shellcheck disable=SC2016 # for the stand-in
	for script in 'cat >/dev/null; echo "Error 17: Cannot mount selected partition"' 'exit 0' 'exit 1' 'kill -KILL $$'; do
		stand_in grub "$script"
		bd "${empty_disk[@]}" --boot-sector grub-legacy
		refused 1
	done
	stand_in grub 'cat >/dev/null; echo "Error 17: Cannot mount selected partition"'
	bd "${empty_disk[@]}" --boot-sector grub-legacy
	[[ $stderr == *"Error 17: Cannot mount selected partition"* ]]
}

@test "Ctrl-C while another program runs ends it, and nothing is left" {
	need_grub2
	stand_in grub-mkimage 'echo $$ >mkimage.pid; exec sleep 30'
	mkdir cache
	XEN_BIGDISK_CACHE=$PWD/cache "${default_signals[@]}" "$bigdisk" "${empty_disk[@]}" >out 2>err 3>&- &
	local pid=$!
	until_true test -s mkimage.pid
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	output=$(<out) stderr=$(<err)
	refused 130
	is_empty cache
	run ! kill -0 "$(<mkimage.pid)"
}

@test "a cache that cannot be written: one line, nothing left" {
	need_grub2
	echo x >file
	XEN_BIGDISK_CACHE=$PWD/file bd "${empty_disk[@]}"
	refused 1
	XEN_BIGDISK_CACHE=relative bd "${empty_disk[@]}"
	refused 2
	[[ ! -e relative ]]
}

@test "a cache of another user's is refused" {
	need_root
	need_grub2
	mkdir theirs
	chown 65534 theirs
	XEN_BIGDISK_CACHE=$PWD/theirs bd "${empty_disk[@]}"
	refused 1
	[[ $stderr == *"belongs to another user"* ]]
}

@test "a cache that others may write to is refused, sticky or not, and files of another user in it are rebuilt" {
	need_root
	need_grub2
	local mode core
	for mode in 1777 775 777; do
		with_empty_cache version
		chmod "$mode" cache
		XEN_BIGDISK_CACHE=$PWD/cache bd "${empty_disk[@]}"
		refused 1
		[[ $stderr == *"the cache directory $PWD/cache is writable by other users (mode $(printf '%04o' "0$mode")"*"chmod go-w"* ]] || fail "$stderr"
	done
	with_empty_cache "${empty_disk[@]}"
	[[ $status -eq 0 ]]
	core=$(echo cache/grub-core-*)
	for mode in 'chown 65534' 'chmod 666'; do
		rm d/*
		cp "$core" good
		# It is a core.img by its looks.
		printf 'planted' | dd of="$core" bs=1 seek=4096 conv=notrunc status=none
		$mode "$core"
		XEN_BIGDISK_CACHE=$PWD/cache bd "${empty_disk[@]}"
		[[ $status -eq 0 && $stderr == *"recreating it"* ]] || fail "$stderr"
		cmp good "$core"
		run ! grep -q planted d/a.img
	done
}

@test "a core.img in the cache that is broken: one line that names the file, or recreating it" {
	need_grub2
	local file
	with_empty_cache "${empty_disk[@]}"
	[[ $status -eq 0 ]]
	rm d/*
	for file in cache/grub-core-*; do : >"$file"; done
	XEN_BIGDISK_CACHE=$PWD/cache bd "${empty_disk[@]}"
	if [[ $status -eq 0 ]]; then
		is_guest d a
	else
		refused 1
		[[ $stderr == *"$PWD/cache"* ]]
	fi
}

# looks_fail COMMAND...: each stat of a file, each resolving of a path and each access check fails in turn. $judge is called
# after each; the guest a is made anew before it.
looks_fail() {
	local call n count=0
	cp -a d kept
	for call in newfstatat readlink access faccessat2; do
		for ((n = 1; n < 200; n++)); do
			traced -e trace="$call" -e inject="$call:error=EIO:when=$n" "$bigdisk" "$@"
			if grep -q "(INJECTED)" trace; then
				echo "$call $n: status $status $stderr, left: $(ls -A d)"
				"$judge"
				count=$((count + 1))
			else
				n=200
			fi
			rm -rf d
			cp -a kept d
		done
	done
	[[ $count -gt 20 ]] || fail "only $count looks"
}

@test "each look of rm fails: the guest stays whole, or nothing of it is left" {
	need_faults
	made_empty a --size 16M
	judge() {
		case $status in
		0 | 127) [[ $status -eq 127 || -z $(ls -A d) ]] || fail "status 0, and there is $(ls -A d)" ;;
		*)
			failed_with 1
			is_guest d a
			;;
		esac
	}
	judge=judge looks_fail rm a --yes --quiet --dir d
}

@test "each look of rename fails: it is a or b, or the same command completes it" {
	need_faults
	made_empty a --size 16M
	judge() {
		if [[ $status -eq 0 ]]; then
			is_guest d b
		elif [[ ! -e d/b.cfg ]]; then
			is_guest d a
		else
			[[ $stderr == *"repeat the command to "* ]] || fail "nothing is said of the rest"
			bd rename a b --quiet --dir d
			[[ $status -eq 0 ]]
			is_guest d b
		fi
	}
	judge=judge looks_fail rename a b --quiet --dir d
}

@test "each look of clone fails: nothing of the copy is left, or all of it is there" {
	need_faults
	made_empty a --size 16M
	judge() {
		if [[ $status -eq 0 ]]; then
			holds d a.img a.cfg b.img b.cfg
		else
			is_guest d a
		fi
	}
	judge=judge looks_fail clone a b --quiet --dir d
}

@test "a clone that was killed is taken over by the same clone, by new and by rm" {
	need_faults
	need e2fsck jq
	made_empty a --size 16M
	# The guest ran, so that its filesystem has a time and a count of mounts.
	debugfs -w -R 'set_super_value mnt_count 3' "d/a.img?offset=1048576" 2>/dev/null
	debugfs -w -R 'set_super_value mtime 20240102030405' "d/a.img?offset=1048576" 2>/dev/null
	cp -a d kept
	local calls
	strace -qq -o trace -e trace=linkat "$bigdisk" clone a b --quiet --dir d
	calls=$(grep -c '^linkat(' trace)
	[[ $calls -eq 2 ]]
	killed() {
		rm -rf d
		cp -a kept d
		traced -e inject="linkat:signal=KILL:when=2" "$bigdisk" clone a b --quiet --dir d
		holds d a.img a.cfg b.img
	}
	killed
	bd clone a b --dir d
	[[ $status -eq 0 && $stderr == *"d/b.img was left by an interrupted run; removing it"* ]]
	holds d a.img a.cfg b.img b.cfg
	fsck_is_clean d/b.img
	[[ ! -k d/b.img ]]
	killed
	made_empty b --size 16M
	holds d a.img a.cfg b.img b.cfg
	killed
	bd rm b --yes --dir d --json
	[[ $status -eq 0 ]]
	jq -e --arg image "$PWD/d/b.img" '.name == "b" and .state == "removed" and .removed == [$image]' <<<"$output"
	is_guest d a
	bd rm b --yes --dir d --quiet
	failed_with 4
	# One that another cfg names, or that was mounted, is nobody's leftover.
	killed
	sed "s/a[.]img/b.img/; s/^name.*/name = \"c\"/" d/a.cfg >d/c.cfg
	bd rm b --yes --dir d --quiet
	failed_with 4
	bd clone a b --dir d --quiet
	failed_with 3
	rm d/c.cfg
	debugfs -w -R 'set_super_value mnt_count 1' "d/b.img?offset=1048576" 2>/dev/null
	bd rm b --yes --dir d --quiet
	failed_with 4
	bd clone a b --dir d --quiet
	failed_with 3
	holds d a.img a.cfg b.img
}

@test "a temporary file says by a lock that it is in work, and no longer once it has its name" {
	need_faults
	need flock
	local n
	n=$(tmpfile_opens "${empty_disk[@]}" | tail -n 1)
	# It is stopped where the image is written.
	strace -qq -o /dev/null -e inject="openat:error=EOPNOTSUPP:when=$n" -e inject=pwritev:signal=STOP:when=1 \
		"$bigdisk" "${empty_disk[@]}" >out 2>err 3>&- &
	until_true compgen -G 'd/.a.img.partial-*' >/dev/null
	local pid partial
	partial=$(compgen -G 'd/.a.img.partial-*')
	pid=${partial##*-}
	until_true grep -q '^State:.*[Tt]' "/proc/$pid/status"
	run ! flock -n "$partial" true
	kill -CONT "$pid"
	wait
	is_guest d a
	flock -n d/a.img true
}

@test "each look of template import fails: one line with the reason, and no half-made folder stays" {
	need_faults
	mkdir etc
	tar -cf x.tar etc
	export XEN_BIGDISK_TEMPLATES=$PWD/store
	mkdir store
	local n left count=0
	for ((n = 1; n < 200; n++)); do
		traced -e trace=newfstatat,fstat -e inject=newfstatat,fstat:error=EIO:when="$n" \
			"$bigdisk" template import x x.tar --quiet
		grep -q '(INJECTED)' trace || break
		echo "$n: status $status $stderr"
		left=$(find store -mindepth 1 -maxdepth 1 -printf '%f ')
		[[ $left == "$([[ $status -eq 0 ]] && echo 'x ')" ]] || fail "left: $left"
		[[ $status -eq 0 || $status -eq 127 || $stderr == *": Input/output error" ]] || fail "no reason"
		rm -rf store/x
		count=$((count + 1))
	done
	[[ $count -gt 5 ]]
}

@test "template rm says why something of it stays" {
	need_faults
	mkdir etc
	tar -cf x.tar etc
	export XEN_BIGDISK_TEMPLATES=$PWD/store
	"$bigdisk" template import x x.tar --quiet
	inject unlinkat error=EACCES 1 template rm x --yes --quiet
	failed_with 1
	[[ $stderr == *" remain in "*"x.removed-"*": Permission denied" ]]
}

@test "a signal that comes while a FIFO is opened or read ends it, with the signal's status" {
	need_faults
	local pid signal command
	mkfifo fifo.json
	for signal in TERM INT HUP; do
		for command in "new a --no-start --template web --dir d --ssh-key fifo.json" "fleet plan fifo.json" \
			"template import x fifo.json" "template build fifo.json"; do
			# shellcheck disable=SC2086 # words are meant
			env --default-signal=INT,HUP,TERM XEN_BIGDISK_TEMPLATES="$PWD/store" "$bigdisk" $command >out 2>err 3>&- &
			pid=$!
			until_true grep -qs '^7 ' "/proc/$pid/syscall" # poll
			kill "-$signal" "$pid"
			status=0
			wait "$pid" || status=$?
			[[ $status -eq $((128 + $(kill -l "$signal"))) ]] || fail "$command, $signal: status $status, $(<err)"
			[[ $(<err) == *"stopped by"* ]]
		done
	done
	exec 8<>fifo.json
	env --default-signal=INT,HUP,TERM "$bigdisk" fleet plan fifo.json >out 2>err 3>&- 8>&- &
	pid=$!
	until_true grep -qs '^7 ' "/proc/$pid/syscall"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[[ $status -eq 143 ]]
	is_empty d
}

@test "the report of a worker of fleet apply cannot be read: the reason is printed" {
	need_faults
	echo '{ "fleet": "f", "guests": { "a": { "template": "none", "size": "16M" } } }' >f.json
	local n reasons=0
	for ((n = 1; n < 200; n++)); do
		inject read error=EIO "$n" fleet apply f.json --quiet --no-start --dir d
		[[ $status -ne 99 ]] || break
		[[ $stderr != *"without an error message"* ]] || fail "no reason"
		[[ $stderr != *"cannot read the report of its process: Input/output error"* ]] || reasons=$((reasons + 1))
		rm -f d/*
	done
	[[ $reasons -gt 0 ]] || fail "no read of the pipe failed"
}

# A guest of other means in d/src, for d/new; mark is what its disks hold.
foreign_guest() {
	rm -rf d
	mkdir -p d/src d/new
	echo first >d/src/old.img
	echo second >d/src/data.img
	truncate -s 64K d/src/old.img d/src/data.img
	touch vmlinuz
	echo "name = 'old'
kernel = '$PWD/vmlinuz'
disk = [ '$PWD/d/src/old.img,raw,xvda,w', '$PWD/d/src/data.img,raw,xvdb,w' ]" >d/src/old.cfg
}

# Each config has its two disks, with what is in them; there is one at least.
configs_are_whole() {
	local cfg disks count=0
	for cfg in d/src/old.cfg d/new/web.cfg; do
		[[ -e $cfg ]] || continue
		mapfile -t disks < <(grep -oE "$PWD/d/[a-z]+/[a-z_0-9]+\.img" "$cfg")
		[[ ${#disks[@]} -eq 2 && $(head -n 1 "${disks[0]}") == first && $(head -n 1 "${disks[1]}") == second ]] ||
			fail "$cfg has ${disks[*]}, and there are $(find d -type f | xargs)"
		count=$((count + 1))
	done
	[[ $count -gt 0 ]]
}

imported() {
	[[ ! -e d/src/old.cfg && ! -e d/src/old.img && ! -e d/src/data.img ]] || fail "left: $(ls d/src)"
	holds d/new web.cfg web.img web_disk2.img
	configs_are_whole
}

not_imported() {
	is_empty d/new
	holds d/src old.cfg old.img data.img
	configs_are_whole
}

import_move=(import-guest d/src/old.cfg --name web --dir d/new --move --quiet)

@test "import-guest --move: any call that fails leaves the guest as it was, or says what is left to do, and does it" {
	need_faults
	local call n count=0 first
	# Within a filesystem; as across filesystems, where there are no links.
	for first in '' 'linkat:error=EXDEV:when=1..2'; do
		for call in linkat fsync unlink fchmod pwrite64; do
			for ((n = 1; n < 40; n++)); do
				[[ -z $first || $call != linkat ]] || break # of one call, strace makes one fault
				foreign_guest
				traced -e trace="$call,linkat" ${first:+-e inject="$first"} -e inject="$call:error=EIO:when=$n" \
					"$bigdisk" "${import_move[@]}"
				grep -q "EIO.*(INJECTED)" trace || break
				count=$((count + 1))
				echo "$first $call $n: status $status $stderr, left: $(find d -type f | xargs)"
				if [[ $status -eq 0 ]]; then
					imported
				elif [[ -e d/new/web.cfg && -n $first ]]; then
					[[ $stderr == *"remove $PWD/d/src/old.cfg and what it names by hand" ]]
				elif [[ -e d/new/web.cfg ]]; then
					[[ $stderr == *"repeat the command" ]]
					bd "${import_move[@]}"
					[[ $status -eq 0 ]] || fail "$stderr"
					imported
				else
					not_imported
				fi
			done
		done
	done
	[[ $count -gt 15 ]] || fail "only $count faults"
}

@test "import-guest --move: killed anywhere, the guest has its old place or its new one, and the next run completes it" {
	need_faults
	local call n count=0
	for call in linkat fsync unlink; do
		for ((n = 1; n < 20; n++)); do
			foreign_guest
			inject_kill "$call" "$n" || break
			count=$((count + 1))
			# The new config is there before a disk loses its old name.
			[[ -e d/new/web.cfg || (-e d/src/old.img && -e d/src/data.img) ]]
			[[ ! -e d/new/web.cfg ]] || [[ $(head -n 1 d/new/web.img) == first && $(head -n 1 d/new/web_disk2.img) == second ]]
			if [[ -e d/src/old.cfg ]]; then
				bd "${import_move[@]}"
				[[ $status -eq 0 ]] || fail "$call $n: $stderr"
			fi
			imported
		done
	done
	[[ $count -gt 6 ]] || fail "killed only $count times"
}

# false: there is no such call.
inject_kill() {
	traced -e trace="$1" -e inject="$1:signal=KILL:when=$2" "$bigdisk" "${import_move[@]}"
	echo "$1 $2: status $status, left: $(find d -type f | xargs)"
	[[ $status -ne 0 ]]
}

@test "import-guest --move to another filesystem, killed with the copies made: the next run makes them anew" {
	need_faults
	foreign_guest
	traced -e inject=linkat:error=EXDEV:when=1..2 -e inject=fsync:signal=KILL:when=5 "$bigdisk" "${import_move[@]}"
	[[ $status -ne 0 ]]
	holds d/src old.cfg old.img data.img
	holds d/new web.img web_disk2.img
	[[ -k d/new/web.img ]]
	traced -e inject=linkat:error=EXDEV:when=1..2 "$bigdisk" "${import_move[@]}"
	[[ $status -eq 0 ]] || fail "$stderr"
	imported
	[[ ! -k d/new/web.img ]]
}

@test "a filesystem that is mounted: a killed run's is removed with rm, and a write that fails leaves nothing" {
	need_faults
	mkdir -p root/etc root/sbin root/var/log
	printf '#!/bin/sh\n' >root/sbin/init
	chmod 755 root/sbin/init
	head -c 1M /dev/urandom >root/var/log/large
	"$bigdisk" template import t root --templates store --quiet
	local mounted=(new a --quiet --no-start --template t --templates store --dir d --size 64M --disk 16M:/var) n
	for n in 2 3; do
		inject linkat signal=KILL "$n" "${mounted[@]}"
		[[ $status -ne 0 && $status -ne 99 ]]
		bd rm a --dir d --yes
		[[ $status -eq 0 ]] || fail "rm after $n"
		is_empty d
	done
	always_fails linkat ENOSPC 3 "${mounted[@]}"
	always_fails fsync EIO 4 "${mounted[@]}"
}

@test "set: whichever name or flush fails, or at which it is killed, the guest is the old one or the new one" {
	need_faults
	need_busybox
	made a --quiet --no-start --dir d --size 128M
	cp d/a.cfg old.cfg
	local call n set=(set a boot=direct memory=300M --dir d --quiet) changed
	# is_old or is_new: and no other files.
	is_old() { cmp -s d/a.cfg old.cfg && holds d a.img a.cfg; }
	is_new() { grep -q '^memory = 300$' d/a.cfg && holds d a.img a.cfg a.vmlinuz a.initramfs; }
	for call in fsync linkat renameat; do
		changed=''
		for ((n = 1; n < 20 && !changed; n++)); do
			traced -e trace="$call" -e inject="$call:error=EIO:when=$n" "$bigdisk" "${set[@]}"
			echo "$call $n: status $status $stderr"
			# The last flush is of what is done already.
			if [[ $status -eq 0 ]]; then
				is_new
				changed=1
			else
				failed_with 1
				is_old
			fi
		done
		[[ $changed && $n -gt 2 ]]
		"$bigdisk" set a boot=pygrub memory=512M --dir d --quiet
		is_old
		for ((n = 1; n < 20; n++)); do
			traced -e trace="$call" -e inject="$call:signal=KILL:when=$n" "$bigdisk" "${set[@]}"
			[[ $(grep -cE "^$call\(" trace) -ge $n ]] || break
			echo "$call $n: killed"
			cmp -s d/a.cfg old.cfg || grep -q '^memory = 300$' d/a.cfg
			# Only at that moment the config that is to come has a name.
			[[ $call != renameat ]] || rm d/.a.cfg.partial-*
			"$bigdisk" "${set[@]}"
			is_new
			"$bigdisk" set a boot=pygrub memory=512M --dir d --quiet
			is_old
		done
		"$bigdisk" set a boot=pygrub memory=512M --dir d --quiet
	done
}

@test "set: a config that cannot be put in its place takes back what the running guest was given" {
	need_faults
	fake_xen
	made_empty a --size 16M --no-net --boot-sector none --memory 512M --vcpus 2
	"$bigdisk" start a --quiet --no-wait --dir d
	export FAKE_TOOLSTACK_MAX="524288 2"
	: >log
	cp d/a.cfg old.cfg
	traced -e trace=renameat -e inject=renameat:error=EIO "$bigdisk" set a memory=256M vcpus=1 --dir d --quiet
	asked_for=''
	failed_with 1
	cmp d/a.cfg old.cfg
	[[ $(grep ^set log | xargs) == "set_memory domid=7 kib=262144 set_vcpus domid=7 vcpus=1 set_memory domid=7 kib=524288 set_vcpus domid=7 vcpus=2" ]]
}
