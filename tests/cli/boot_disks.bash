# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # set by helpers.bash and by run
# What the tests of xen-bigdisk-boot share: disks as distributions have them, made without root by what makes them, and what has to
# come out of them. Behind helpers.bash.

boot=${bigdisk%/*}/xen-bigdisk-boot
boot_images=$top/tests/cli/boot_images.py

# What grub-fstest reads takes a root directory for it alone.
need_grub_fstest() {
	need grub-fstest
	[[ $(id -u) -eq 0 ]] || unshare -Urn true 2>/dev/null || skip "no user namespaces here"
}

# --- what is on a disk ----------------------------------------------------------------------------------------------------

# file NAME [BYTES]: of random bytes.
file() {
	mkdir -p "$(dirname "$1")"
	head -c "${2:-20001}" /dev/urandom >"$1"
}

# text NAME: what comes on stdin.
text() {
	mkdir -p "$(dirname "$1")"
	cat >"$1"
}

# put IMAGE MIB FILE: its place on the disk.
put() {
	dd if="$3" of="$1" bs=1M seek="$2" conv=notrunc,sparse status=none
}

# ext4 FILE MIB TREE UUID [TYPE]
ext4() {
	truncate -s "$2M" "$1"
	mke2fs -q -F -t "${5:-ext4}" -U "$4" -d "$3" "$1"
}

# FAT FILE MIB TREE
fat() {
	need mkfs.vfat mcopy
	truncate -s "$2M" "$1"
	mkfs.vfat -i 1234abcd "$1" >/dev/null
	mcopy -s -Q -i "$1" "$3"/* ::
}

# xfs FILE MIB TREE UUID: smaller than its mkfs would have it for others than its own tests.
xfs() {
	need mkfs.xfs python3
	truncate -s "$2M" "$1"
	(cd "$3" && python3 "$boot_images" protofile .) >"$1.proto"
	TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1 mkfs.xfs -q -f -m "uuid=$4" -p "$1.proto" "$1"
}

# raid FILE MIB CONTENT METADATA NAME: a member of a RAID1 of md, of which the other one is on another disk.
raid() {
	need python3
	python3 "$boot_images" raid "$@"
	if type -P mdadm >/dev/null; then mdadm --examine "$1" | grep -q 'Checksum : [0-9a-f]* - correct' || fail "mdadm does not know it"; fi
}

# btrfs FILE MIB TREE UUID
btrfs() {
	need mkfs.btrfs
	truncate -s "$2M" "$1"
	mkfs.btrfs -q -f -m single -U "$4" --rootdir "$3" "$1" >/dev/null
}

# btrfs_with FILE MIB UUID COMMANDS: a btrfs with zstd, mounted as "at" in a mount namespace of its own, in which shell commands fill it.
btrfs_with() {
	need_mount_namespaces
	need mkfs.btrfs btrfs mount
	truncate -s "$2M" "$1"
	mkfs.btrfs -q -f -m single -U "$3" "$1" >/dev/null
	mkdir -p at
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m bash -ec 'mount -o loop,compress-force=zstd "$1" at 2>/dev/null || exit 99; eval "$2"; umount at' sh "$1" "$4" ||
		{ [[ $? -ne 99 ]] || skip "btrfs cannot be mounted here"; return 1; }
	rmdir at
}

# gpt IMAGE MIB LINES...: each is "START_MIB SIZE_MIB [NUMBER [TYPE]]".
gpt() {
	local line start size number type
	truncate -s "$2M" "$1"
	{
		echo 'label: gpt'
		for line in "${@:3}"; do
			read -r start size number type <<<"$line"
			echo "${number:+$1$number : }start=$((start * 2048)), size=$((size * 2048))${type:+, type=$type}"
		done
	} | sfdisk -q "$1"
}
esp_type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B

# --- what comes out of it -------------------------------------------------------------------------------------------------

# joined FILE...: as GRUB joins initrds, each at a multiple of four bytes.
joined() {
	local file first=yes
	for file; do
		[[ $first ]] || head -c $((-$(stat -c %s joined) & 3)) /dev/zero >>joined
		if [[ $first ]]; then cat "$file" >joined; else cat "$file" >>joined; fi
		first=
	done
}

# bb ARGUMENTS...: xen-bigdisk-boot, its files in out.
bb() {
	rm -rf out answer
	mkdir out
	run --separate-stderr "$boot" --output=answer --output-directory=out --output-format=simple0 "$@"
	printf '%s\n' "$ xen-bigdisk-boot $*" "-> status $status" "$output" "$stderr" | head -c 4000
}

answer() { # WORD: its value
	tr '\0' '\n' <answer | sed -n "s/^$1 //p"
}

# boots KERNEL INITRD ARGUMENTS DISK...: these files come out, byte for byte, and nothing is said. INITRD "": none.
boots() {
	boots_with_words "$@"
	[[ -z $stderr ]] || fail "on stderr: $stderr"
}

boots_with_words() {
	local kernel=$1 initrd=$2 arguments=$3
	bb -q "${@:4}"
	[[ $status -eq 0 && -z $output ]] || fail "status $status"
	cmp "$kernel" "$(answer kernel)"
	if [[ $initrd ]]; then cmp "$initrd" "$(answer ramdisk)"; else [[ -z $(answer ramdisk) ]]; fi
	[[ $(answer args) == "$arguments" ]] || fail "args $(answer args)" "not  $arguments"
	[[ $(find out -mindepth 1 | wc -l) -eq $(($(wc -w <<<"$initrd") ? 2 : 1)) ]] || fail "more files: $(ls out)"
}

# is_refused WORDS DISK...: one line of error, status 1, and nothing is left.
is_refused() {
	bb -q "${@:2}"
	[[ $status -eq 1 && -z $output ]] || fail "status $status"
	[[ $(grep -c 'error: ' <<<"$stderr") -eq 1 && $stderr == *"$1"* ]] || fail "not one line that has: $1"
	is_empty out
	[[ ! -s answer ]] || fail "there is an answer"
}

# without_names DIRECTORY ANSWER: the files' names become their content's. Between words of the arguments there is one blank, as GRUB has it;
# pygrub leaves those of grub.cfg.
without_names() {
	local file name text
	text=$(tr '\0' '\n' <"$2" | tr -s ' ')
	for file in "$1"/*; do
		name=$(sha256sum <"$file" | cut -c1-16)
		text=${text//"$file"/"$name"}
	done
	printf '%s\n' "$text"
}

# lists_as_pygrub DISK: --list-entries prints the lines that pygrub prints; those behind an entry's initrd are ours.
lists_as_pygrub() {
	find_pygrub
	[[ $pygrub ]] || return 0
	"$pygrub" --list-entries "$1" >theirs.list
	"$boot" --list-entries "$1" | grep -vE '^  (submenu|obstacle|file|default|chosen by): ' >ours.list
	diff -b theirs.list ours.list
}

# agrees_with_pygrub DISK...: both say the same, in all formats, of files with the same content.
agrees_with_pygrub() {
	local format
	find_pygrub
	if [[ -z $pygrub ]]; then
		echo "# not compared: pygrub (xen-utils) is not installed" >&3
		return
	fi
	for format in sxp simple simple0; do
		rm -rf theirs ours
		mkdir theirs ours
		: >ours.answer
		: >theirs.answer
		"$pygrub" -q --output-directory="$PWD/theirs" --output-format=$format --output=theirs.answer "$@"
		"$boot" -q --output-directory="$PWD/ours" --output-format=$format --output=ours.answer "$@"
		diff <(without_names "$PWD/theirs" theirs.answer) <(without_names "$PWD/ours" ours.answer)
		[[ -s ours.answer ]] || fail "no answer"
	done
}
