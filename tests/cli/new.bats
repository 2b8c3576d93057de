#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `new` is all or nothing: what exists is never touched, and what fails or is stopped leaves nothing.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# Everything about the files of a folder that must not change.
state_of() {
	find "$1" -printf '%P %i %m %U %G %s %T@ %l\n' | sort
	find "$1" -type f -exec sha256sum {} + | sort
}

@test "what already exists is not touched: status 3 and one line that says what" {
	local name
	for name in a.img a.cfg; do
		echo theirs >"d/$name"
		state_of d >before
		bd new a --quiet --no-start --template none --size 16M --dir d
		failed_with 3
		[[ $stderr == *"d/$name already exists"* ]]
		state_of d | cmp - before
		bd new a --quiet --dry-run --template none --size 16M --dir d
		failed_with 3
		state_of d | cmp - before
		rm "d/$name"
	done
}

@test "a guest that already exists is not touched" {
	made_empty a --size 16M
	state_of d >before
	bd new a --quiet --no-start --template none --size 32M --dir d
	failed_with 3
	state_of d | cmp - before
}

@test "a folder, a dangling symlink and a pipe in the way are not touched" {
	local name
	for name in a.img a.cfg; do
		mkdir "d/$name"
		bd new a --quiet --no-start --template none --size 16M --dir d
		failed_with 3
		rmdir "d/$name"
		ln -s "$PWD/elsewhere" "d/$name"
		bd new a --quiet --no-start --template none --size 16M --dir d
		failed_with 3
		rm "d/$name"
		mkfifo "d/$name"
		bd new a --quiet --no-start --template none --size 16M --dir d
		failed_with 3
		rm "d/$name"
	done
	[[ ! -e elsewhere ]]
	is_empty d
}

@test "--boot direct: a kernel or initramfs in the way is not touched" {
	need_busybox
	local name
	for name in a.vmlinuz a.initramfs; do
		echo theirs >"d/$name"
		state_of d >before
		bd new a --quiet --no-start --boot direct --dir d
		failed_with 3
		state_of d | cmp - before
		rm "d/$name"
	done
}

@test "a --dir that is a symlink works, and the cfg names the real folder" {
	mkdir real
	rmdir d
	ln -s real d
	made_empty a --size 16M
	is_guest real a
	grep -q "target=$PWD/real/a.img\"" real/a.cfg
}

@test "eight at once: one wins, the others say why, and the guest is whole" {
	local i wins=0 pids=()
	for i in {1..8}; do
		"$bigdisk" new a --quiet --no-start --template none --size 64M --dir d >"out.$i" 2>"err.$i" 3>&- &
		pids[i]=$!
	done
	for i in {1..8}; do
		status=0
		wait "${pids[i]}" || status=$?
		output=$(<"out.$i") stderr=$(<"err.$i")
		echo "$i: $status $stderr"
		if [[ $status -eq 0 ]]; then
			wins=$((wins + 1))
			continue
		fi
		if [[ $status -eq 5 ]]; then
			failed_with 5
			[[ $stderr == *"is at work on"* ]]
		else
			failed_with 3
			[[ $stderr == *"already exists"* ]]
		fi
	done
	[[ $wins -eq 1 ]]
	is_guest d a
	[[ $(sfdisk -J d/a.img | grep -c '"node"') -eq 1 ]]
}

@test "many at once under names of their own, with an empty cache, all succeed" {
	local i
	mkdir cache
	for i in {1..6}; do
		(XEN_BIGDISK_CACHE=$PWD/cache "$bigdisk" new "a$i" --quiet --no-start --template none --size 16M --dir d \
			>"out.$i" 2>&1 3>&- || echo "$?" >>failed) 3>&- &
	done
	wait
	cat out.*
	[[ ! -e failed ]]
	[[ $(find d -name '*.img' | wc -l) -eq 6 && $(find d -name '*.cfg' | wc -l) -eq 6 ]]
	# They boot by the same core.img.
	for i in {2..6}; do
		cmp -i 512 -n 200000 d/a1.img "d/a$i.img"
	done
	[[ -z $(find cache -name '.*partial*') ]]
}

# Sends SIGNAL after SECONDS; the status goes to $status.
stopped_after() {
	local signal=$1 seconds=$2 pid
	shift 2
	# A shell without job control starts background jobs deaf to SIGINT.
	: >out
	: >err
	"${default_signals[@]}" "$bigdisk" new a --quiet --no-start --dir d "$@" >out 2>err 3>&- &
	pid=$!
	sleep "$seconds"
	kill "-$signal" "$pid" 2>/dev/null || true
	status=0
	wait "$pid" 2>/dev/null || status=$?
	output=$(<out) stderr=$(<err)
}

@test "Ctrl-C and SIGTERM at any moment: nothing is left, or the guest is whole" {
	local signal wanted i stopped=0
	for signal in INT TERM; do
		wanted=130
		[[ $signal == INT ]] || wanted=143
		for i in 000 002 004 006 008 010 013 016 020 025 030 035 040 050 060 070 080 090 100 120; do
			stopped_after "$signal" "0.$i" --size 128M
			# Before it catches signals it dies of them, with the same status.
			if [[ $status -eq 0 ]]; then
				is_guest d a
			else
				[[ $status -eq $wanted ]] || fail "status $status after 0.$i s of $signal" "$stderr"
				[[ -z $output ]]
				[[ $(grep -c . <<<"$stderr") -le 1 ]] || fail "$stderr"
				is_empty d
				stopped=$((stopped + 1))
			fi
			rm -f d/*
		done
	done
	echo "$stopped of 40 were stopped"
	[[ $stopped -ge 5 ]]
}

@test "kill -9 at any moment: nothing is left but a whole image, never a cfg without one" {
	local i
	for i in 000 005 010 015 020 025 030 035 040 045 050 055 060 065 070 080 090 100 110 120; do
		stopped_after KILL "0.$i" --size 128M
		# The cfg comes last: while it is missing there is no guest. A name of its own an image gets in one step.
		case $(find d -type f -exec echo {} +) in
		'') ;;
		d/a.img) [[ $(stat -c %s d/a.img) -eq 134217728 && $(xxd -s 510 -l 2 -p d/a.img) == 55aa ]] ;;
		*) is_guest d a ;;
		esac
		rm -f d/*
		made_empty a --size 16M # the claim is gone with its process
		rm -f d/*
	done
}

@test "output into a pipe that nobody reads does not stop it half-way" {
	bash -c '"$@" 2>&1 | true' sh "$bigdisk" new a --no-start --template none --size 16M --dir d
	[[ -z $(ls d) ]] || is_guest d a
}

@test "a full disk: status 6, one line, nothing left" {
	need_mount_namespaces
	local row
	for row in "64k none" "256k none"; do
		# shellcheck disable=SC2016 # for the inner shell
		run --separate-stderr unshare -m sh -c '
			mount -t tmpfs -o size="$0" tmpfs d || exit 99
			"$@"
			status=$?
			ls -A d >left
			exit $status' "${row% *}" "$bigdisk" new a --quiet --no-start --size 128M --dir d --template "${row#* }"
		echo "$row: $stderr"
		failed_with 6
		[[ $stderr == *"No space left"* ]]
		[[ ! -s left ]] || fail "left: $(<left)"
	done
}

@test "a template that does not fit on what is free is refused before anything is written" {
	need_mount_namespaces
	mkdir -p root/etc
	head -c 6M /dev/urandom >root/blob
	tar -C root -cf root.tar .
	bd template import big root.tar --templates t
	[[ $status -eq 0 ]]
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs -o size=4m tmpfs d || exit 99; "$@"' sh "$bigdisk" new a \
		--no-start --boot-sector none --size 64M --dir d --template big --templates t
	refused 6
	[[ $stderr == *"error: the template big takes 6"*" MiB, and $PWD/d has 4 MiB free" ]] || fail "$stderr"
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs -o size=4m tmpfs d || exit 99; "$@"' sh "$bigdisk" new a \
		--dry-run --json --boot-sector none --size 64M --dir d --template big --templates t
	asked_for=' --json ' refused 6
	[[ $stderr == *"error: the template big takes 6 MiB, and $PWD/d has 4 MiB free" ]] || fail "$stderr"
}

# What mini takes here, in KiB, for its files and for the filesystem.
mini_kib() {
	made probe --quiet --no-start --size 128M --dir d
	du -k d/probe.img | cut -f 1
	rm d/probe.*
}

@test "mini on a filesystem without room: refused where that is known before, and --dry-run refuses the same" {
	need_mount_namespaces
	need_busybox
	local room reason how
	room=$(mini_kib | tail -n 1)
	for reason in "0:takes " "8192:takes " "$((room - 256)):No space left"; do
		for how in --no-start --dry-run; do
			[[ $how == --no-start || $reason != *"No space left" ]] || continue
			# shellcheck disable=SC2016 # for the inner shell
			run --separate-stderr unshare -m sh -c 'mount -t tmpfs -o size="$0"k tmpfs d || exit 99
				"$@"; status=$?; ls -A d >left; exit $status' "$((${reason%%:*} + 8))" "$bigdisk" new a $how --size 128M --dir d
			echo "$reason: $stderr"
			refused 6
			[[ $stderr == *"${reason#*:}"* && ! -s left ]]
		done
	done
}

@test "mini on a disk that is too small for it: --dry-run refuses the same" {
	need_busybox
	local how
	for how in --no-start --dry-run; do
		bd new a --quiet $how --size 20M --dir d
		refused 6
		[[ $stderr == *"error: cannot make $PWD/d/a.img: the guest's files need "*" are missing" ]]
	done
}

@test "nothing is fetched for a guest that has no room" {
	need_mount_namespaces
	run --separate-stderr env XEN_BIGDISK_CACHE="$PWD/cache" PATH=/usr/sbin:/sbin:/usr/bin:/bin unshare -m sh -c '
		mount -t tmpfs none /boot; mount -t tmpfs -o size=4m tmpfs d || exit 99; exec "$@"' sh "$bigdisk" new a --no-start --dir d
	refused 6
	[[ $stderr == *"error: the template mini takes at least 8 MiB, and $PWD/d has 4 MiB free" && ! -e cache ]]
}

@test "a limit on file sizes: status 1, one line, nothing left" {
	run --separate-stderr bash -c 'ulimit -f 8192; exec "$@"' sh "$bigdisk" new a --quiet --no-start --template none \
		--size 64M --dir d
	refused 1
	[[ $stderr == *ulimit* ]]
}

@test "too few file descriptors: status 1, one line, nothing left" {
	local n
	for n in 3 4 5 6 7 8; do
		status=0
		(ulimit -n "$n" && ASAN_OPTIONS=detect_leaks=0 exec "$bigdisk" new a --quiet --no-start --template none --size 16M \
			--dir d) >out 2>err 3>&- || status=$?
		output=$(<out) stderr=$(<err)
		# The loader of programs needs some too.
		[[ $status -ne 127 ]] || continue
		[[ $status -eq 0 ]] && is_guest d a && continue
		refused 1
	done
}

@test "--dry-run touches nothing and prints regions, files and config" {
	mkdir cache
	export XEN_BIGDISK_CACHE=$PWD/cache
	bd new web01 --dry-run --dir d --size 3950M --layout cylinder --swap 256M
	[[ $status -eq 0 && -z $stderr ]]
	is_empty d
	is_empty cache
	grep -qE '^  mbr +0 +0 +1 +0 +512$' <<<"$output"
	grep -qE '^  boot +1 +62 +62 +512 +31744$' <<<"$output"
	grep -qE '^  root +63 +7550549 +7550487 +32256 +3865849344$' <<<"$output"
	grep -qE '^  swap +7550550 +8080694 +530145 +3865881600 +271434240$' <<<"$output"
	grep -qE '^  unused +8080695 +8089599 +8905 +' <<<"$output"
	grep -q "^  $PWD/d/web01.img$" <<<"$output"
	grep -q '^bootloader = "pygrub"$' <<<"$output"
	grep -q '503 cylinders' <<<"$output"
}

@test "--dry-run works without GRUB, kernel, network or Xen in reach" {
	mkdir cache
	run --separate-stderr env XEN_BIGDISK_CACHE="$PWD/cache" PATH=/nowhere "$bigdisk" new web01 --dry-run --dir d
	[[ $status -eq 0 ]]
	is_empty d
}

@test "--json is one valid object on stdout and nothing on stderr" {
	need jq
	bd new web01 --dry-run --json --dir d --size 1G
	[[ $status -eq 0 && -z $stderr ]]
	jq -e '.state == "planned" and .name == "web01" and (.config | startswith("# web01"))
		and .regions[0] == {kind: "mbr", start_lba: 0, sector_count: 1, start_bytes: 0, size_bytes: 512}
		and (.regions | map(.size_bytes) | add) == .size_bytes and .size_bytes == 1073741824
		and .type == "pv" and .boot == "pygrub" and .memory_mib == 512 and .vcpus == 1
		and .layout == "aligned" and .boot_sector == "grub2" and .template == "mini"
		and .network[0].ip == "dhcp" and (.network[0].mac | startswith("00:16:3e:"))
		and (.disk_signature | test("^0x[0-9a-f]{8}$")) and .domid == null' <<<"$output"
	is_empty d
	bd new web01 --json --no-start --dir d --size 64M --template none --no-net --swap 8M --vcpus 2
	[[ $status -eq 0 && -z $stderr ]]
	jq -e --arg d "$PWD/d" '.state == "made" and .files == {image: ($d + "/web01.img"), cfg: ($d + "/web01.cfg")}
		and .network == [] and .vcpus == 2 and (.swap_uuid | length) == 36 and .allocated_bytes < 4000000
		and .block_size * .block_count <= 57671680 and (.make_seconds | type) == "number"
		and .domid == null' <<<"$output"
	is_guest d web01
}

@test "--json of what fails is an object with the error's kind and message" {
	need jq
	bd new web01 --json --no-start --dir nowhere --template none
	failed_with 4
	jq -e '.error.kind == "not_found" and (.error.message | test("nowhere"))' <<<"$output"
	bd new web01 --json --no-start --dir d --template none --size 1M
	refused 2
}

@test "--json is UTF-8 whatever the folder is called" {
	need jq python3
	local folder=$'caf\xc3\xa9 "x" \\ \xff'
	mkdir "$folder"
	bd new web01 --json --no-start --dir "$folder" --size 16M --template none
	[[ $status -eq 0 ]]
	printf '%s' "$output" | python3 -c 'import json, sys; json.loads(sys.stdin.buffer.read().decode("utf-8"))'
}

@test "the plan of --dry-run is the disk that is made" {
	need jq sfdisk
	local layout
	for layout in aligned cylinder; do
		bd new a --dry-run --json --dir d --size 100M --swap 9M --layout "$layout"
		jq -c '[.regions[] | select(.kind == "root" or .kind == "swap") | [.start_lba, .sector_count]]' <<<"$output" >plan
		made_empty a --size 100M --swap 9M --layout "$layout"
		sfdisk -J d/a.img | jq -c '[.partitiontable.partitions[] | [.start, .size]]' | cmp - plan
		rm d/*
	done
}

@test "nothing is mounted, and no loop device is used" {
	need strace
	need_busybox
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o trace "$bigdisk" new a --quiet --no-start --size 128M --dir d --boot-sector "$(legacy_or_grub2)"
	run ! grep -E '\b(mount|umount2|move_mount|fsopen|pivot_root)\(|/dev/loop|LOOP_' trace
}

legacy_or_grub2() {
	if type -P grub >/dev/null; then echo grub-legacy; else echo grub2; fi
}

@test "new that was killed between the image and the cfg is made whole by the next; an image without a mark stays" {
	need_strace
	local new=(new web01 --quiet --no-start --template none --dir d --size 16M --no-net --boot-sector none)
	strace -f -qq -o /dev/null -e inject=linkat:signal=KILL:when=2 "$bigdisk" "${new[@]}" || true
	holds d web01.img
	[[ -k d/web01.img ]]
	bd "${new[@]}"
	[[ $status -eq 0 && $stderr == *"left by an interrupted run"* ]]
	holds d web01.{img,cfg}
	[[ ! -k d/web01.img ]]
	rm d/web01.cfg
	bd "${new[@]}"
	failed_with 3
	holds d web01.img
}
