#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Templates of whole disks, the guests that are made of them, and their seed disks. Partition tables are judged by sgdisk, seed disks
# by blkid, isoinfo and cloud-init's own schema.
load helpers

# disk FILE SIZE: a GPT with a BIOS boot partition, an EFI system partition and one with XFS, and boot code in its first sector.
disk() {
	need sgdisk mkfs.xfs
	truncate -s "$2" "$1"
	sgdisk -n 1:2048:+1M -t 1:ef02 -n 2:0:+16M -t 2:ef00 -n 3:0:0 "$1" >/dev/null
	truncate -s 320M fs.xfs
	mkfs.xfs -q fs.xfs
	dd if=fs.xfs of="$1" bs=1M seek=18 conv=notrunc,sparse status=none
	rm fs.xfs
	printf '\353\143\220' | dd of="$1" conv=notrunc status=none
}

imported() {
	bd template import "$@" --templates t
	[[ $status -eq 0 ]] || fail "status $status"
}

# text FILE: of the seed disk of a guest, by isoinfo's reading of Joliet.
text() {
	isoinfo -J -i "$1" -x "/$2"
}

new_key() {
	ssh-keygen -q -t ed25519 -N '' -C "it's me" -f key
}

@test "a disk whose root is XFS becomes a template of the whole disk, and it is said why" {
	disk x.img 400M
	imported x x.img
	[[ $stderr == *"taken as a whole disk: its largest partition, 3, has XFS"* ]]
	cmp x.img t/x/payload
	[[ $(stat -c %b t/x/payload) -le $(stat -c %b x.img) ]]
	bd template show x --templates t
	[[ $output == *"a whole disk"* && $output == *"BIOS, UEFI"* && $output == *"xfs"* ]]
	bd template list --templates t
	[[ $output == *"a whole disk"* ]]
	bd template verify x --templates t
	[[ $status -eq 0 ]]
}

@test "the manifest of a whole disk is of version 3, and fits its schema" {
	disk x.img 400M
	imported x x.img
	python3 - "$top/templates/manifest.schema.json" t/x/manifest.json <<-'END'
		import json, sys
		manifest = json.load(open(sys.argv[2]))
		assert manifest["version"] == 3 and manifest["kind"] == "disk", manifest
		assert manifest["disk"]["bytes"] == 400 << 20 and manifest["payload"] == {"bytes": 400 << 20}, manifest
		try:
		    import jsonschema
		    jsonschema.validate(manifest, json.load(open(sys.argv[1])))
		except ImportError:
		    pass
	END
}

@test "a disk with a root in ext4 is taken as a root, and as a whole with --as disk" {
	need sgdisk mkfs.ext4
	truncate -s 64M e.img
	sgdisk -n 1:2048:0 e.img >/dev/null
	mkdir -p root/etc root/sbin
	mkfs.ext4 -q -d root -E offset=1048576 e.img 60M
	imported root e.img
	[[ -z $(grep '"kind": "disk",$' t/root/manifest.json | grep -v source) || $(grep -c '"version": 2' t/root/manifest.json) -eq 1 ]]
	grep -q '"inodes"' t/root/manifest.json
	imported whole e.img --as disk
	cmp e.img t/whole/payload
	# A partition that is named is what is wanted.
	imported part e.img@1
	grep -q '"inodes"' t/part/manifest.json
}

@test "what cannot be a root is named with --as root, and what is no disk with --as disk" {
	disk x.img 400M
	run --separate-stderr env PATH=/nowhere "$bigdisk" template import x x.img --as root --templates t
	failed_with 1
	[[ $stderr == *"3: "*"xfs"* ]]
	mkdir -p root/etc root/sbin
	tar cf root.tar -C root .
	bd template import x root.tar --as disk --templates t
	failed_with 2
	[[ $stderr == *"root.tar is no disk image"* ]]
	bd template import x x.img --as part --templates t
	failed_with 2
	bd template import x x.img --network netplan --templates t
	[[ $status -eq 2 && $stderr == *"a whole disk, in which nothing is changed"* ]]
	[[ ! -e t/x ]]
}

@test "a filesystem without a partition table is not taken as a disk unasked" {
	need mkfs.xfs
	truncate -s 320M f.xfs
	mkfs.xfs -q f.xfs
	bd template import f f.xfs --templates t
	failed_with 1
	imported f f.xfs --as disk
	cmp f.xfs t/f/payload
}

@test "a qcow2 becomes the same template as the raw disk" {
	need qemu-img
	disk x.img 400M
	qemu-img convert -O qcow2 x.img x.qcow2
	imported x x.qcow2
	cmp x.img t/x/payload
}

@test "a disk in a tar archive or compressed becomes the same template" {
	need xz
	disk disk.raw 400M
	tar cSf x.tar disk.raw
	xz -kT0 -0 disk.raw
	imported a x.tar
	imported b disk.raw.xz
	cmp disk.raw t/a/payload
	cmp disk.raw t/b/payload
}

@test "damage of a whole disk is found, with its place; a template that is damaged is not used" {
	disk x.img 400M
	dd if=/dev/urandom of=x.img bs=1M seek=100 count=6 conv=notrunc status=none
	imported x x.img
	printf x | dd of=t/x/payload bs=1 seek=$((300 << 20)) conv=notrunc status=none
	bd template verify x --templates t
	failed_with 1
	[[ $stderr == *"from byte $((300 << 20)) on"* ]]
	printf '\0' | dd of=t/x/payload bs=1 seek=$((300 << 20)) conv=notrunc status=none
	bd template verify x --templates t
	[[ $status -eq 0 ]]
	printf x | dd of=t/x/tree bs=1 seek=50 conv=notrunc status=none
	bd new a --template x --templates t --dir d --no-start
	refused 1
	truncate -s 399M t/x/payload
	bd template verify x --templates t
	failed_with 1
}

@test "Ctrl-C and a full disk leave nothing of a template" {
	disk x.img 400M
	dd if=/dev/urandom of=x.img bs=1M seek=100 count=200 conv=notrunc status=none
	mkdir t
	(ulimit -f $((64 << 10)) && exec "$bigdisk" template import x x.img --templates t) 2>err && fail "it was made"
	grep -q 'error: ' err
	[[ -z $(ls -A t | grep -v lock) ]]
	"${default_signals[@]}" "$bigdisk" template import x x.img --templates t 2>err &
	kill -INT $!
	wait $! && [[ -e t/x ]] || [[ -z $(ls -A t | grep -v lock) ]]
}

@test "a template of a whole disk is exported as a raw disk image" {
	disk x.img 400M
	imported x x.img
	bd template export x y.img --templates t
	[[ $status -eq 0 ]]
	cmp x.img y.img
	[[ $(stat -c %b y.img) -lt 10000 ]]
	"$bigdisk" template export x - --templates t | cmp - x.img
	local name
	for name in y.tar y.tar.gz; do
		bd template export x "$name" --templates t
		failed_with 2
		[[ $stderr == *"a raw disk image"* && ! -e $name ]]
	done
}

@test "a guest of a whole disk has the disk as it is, a config with two disks, and boots by its BIOS" {
	disk x.img 400M
	imported x x.img
	made a --template x --templates t --dir d --no-start --mac 00:16:3e:11:22:33
	cmp x.img d/a.img
	grep -q '^type = "hvm"$' d/a.cfg
	grep -q '^boot = "c"$' d/a.cfg
	! grep -q ovmf d/a.cfg || fail "it is there"
	grep -qF "disk = [ \"format=raw, vdev=sda, access=rw, target=$PWD/d/a.img\"," d/a.cfg
	grep -qF "\"format=raw, vdev=sdb, access=ro, target=$PWD/d/a-seed.iso\" ]" d/a.cfg
	[[ $(stat -c %a d/a.img d/a-seed.iso) == $'600\n600' ]]
	bd check a --dir d
	[[ $stderr != *seed* && $output != *seed* ]]
	bd info a --dir d
	[[ $status -eq 0 && $output != *seed* ]]
}

@test "the table of a larger disk is what sgdisk would have made" {
	disk x.img 400M
	imported x x.img
	made a --template x --templates t --dir d --no-start --size 1G
	cp --sparse=always x.img y.img
	truncate -s 1G y.img
	sgdisk -e y.img >/dev/null
	[[ $(stat -c %s d/a.img) -eq $((1 << 30)) ]]
	sgdisk -v d/a.img | grep -q '^No problems found'
	cmp <(head -c $((34 * 512)) d/a.img | tail -c +513) <(head -c $((34 * 512)) y.img | tail -c +513)
	# The protective MBR has the disk's size; sgdisk writes another end in cylinders, which says nothing.
	cmp <(head -c 512 d/a.img | tail -c +455) <(head -c 512 y.img | tail -c +455)
	cmp <(tail -c $((33 * 512)) d/a.img) <(tail -c $((33 * 512)) y.img)
	# Nothing else has changed, but for the old copy.
	cmp <(head -c $(((400 << 20) - 33 * 512)) d/a.img | tail -c +$((34 * 512 + 1))) \
		<(head -c $(((400 << 20) - 33 * 512)) x.img | tail -c +$((34 * 512 + 1)))
	[[ $(sfdisk --json d/a.img | grep -c '"node"') -eq 3 ]]
}

@test "a disk with an MBR only becomes longer" {
	need sfdisk
	truncate -s 64M m.img
	echo '2048,,83' | sfdisk -q m.img
	imported m m.img --as disk
	made a --template m --templates t --dir d --no-start --size 100M
	[[ $(stat -c %s d/a.img) -eq $((100 << 20)) ]]
	cmp -n $((64 << 20)) m.img d/a.img
}

@test "a smaller size is refused with figures, and so is what would have to be written into the disk" {
	disk x.img 400M
	imported x x.img
	local -a common=(--template x --templates t --dir d --no-start)
	bd new a "${common[@]}" --size 399M
	refused 2
	[[ $stderr == *"--size: 399M, 418381824 bytes, is smaller"*"400 MiB, 419430400 bytes"* ]]
	local option
	for option in '--swap 1M' '--layout aligned' '--boot-sector none' '--file /etc/hostname:/x' '--boot pygrub' '--boot direct' \
		'--type pv --boot direct' '--type pvh --boot uefi'; do
		# shellcheck disable=SC2086 # two words and more
		bd new a "${common[@]}" $option
		refused 2
		[[ $stderr == *"error: ${option##* --}"* || $stderr == *"--${option#*--}"* || $stderr == *"--boot:"* || $stderr == *"${option%% *}:"* ]]
	done
}

@test "pv and pvh guests of a whole disk boot by GRUB in the guest, uefi by OVMF" {
	disk x.img 400M
	imported x x.img
	made a --template x --templates t --dir d --no-start --type pvh
	grep -q '^kernel = ".*xen_pvh' d/a.cfg
	grep -q 'vdev=xvda, access=rw' d/a.cfg
	grep -q 'vdev=xvdb, access=ro' d/a.cfg
	made b --template x --templates t --dir d --no-start --boot uefi
	grep -q '^type = "hvm"$' d/b.cfg
	grep -q '^bios = "ovmf"$' d/b.cfg
	bd new c --template none --dir d --no-start --boot uefi
	failed_with 2
}

@test "a disk of Windows is IDE, and its seed a CD" {
	need sfdisk
	truncate -s 64M w.img
	echo '2048,,7,*' | sfdisk -q w.img
	printf '\353\122\220NTFS    \0\2\10\0\0' | dd of=w.img bs=1M seek=1 conv=notrunc status=none
	# The rest of what blkid asks an NTFS boot sector for.
	python3 - w.img <<-'END'
		import struct, sys
		disk = open(sys.argv[1], "r+b")
		at = 1 << 20
		boot = bytearray(512)
		boot[0:11] = b"\xebR\x90NTFS    "
		struct.pack_into("<HB", boot, 11, 512, 8)
		boot[21] = 0xf8
		struct.pack_into("<QQQ", boot, 40, 129023, 4, 8)
		boot[64] = 0xf6
		boot[68] = 1
		boot[510:512] = b"\x55\xaa"
		disk.seek(at), disk.write(boot)
		record = bytearray(1024)
		record[0:4] = b"FILE"
		for cluster in (4, 8):
		    for number in range(4):
		        disk.seek(at + cluster * 4096 + number * 1024), disk.write(record)
		disk.seek(0)
		disk.write(b"\x33\xc0\x8e\xd0")
	END
	imported w w.img --as disk
	grep -q '"windows": true' t/w/manifest.json || skip "blkid does not take it for NTFS"
	made a --template w --templates t --dir d --no-net --no-start
	grep -q 'vdev=hda, access=rw' d/a.cfg
	grep -q 'vdev=hdc, access=ro, devtype=cdrom' d/a.cfg
	bd new b --template w --templates t --dir d --wait
	failed_with 2
	[[ $stderr == *"a disk of Windows, and nothing in it reports that it is up"* ]]
	# Its config says so, and nobody waits for what cannot come.
	grep -q '^# xen-bigdisk: .*report=none' d/a.cfg
	fake_xen
	not_waited_for() {
		bd "$@"
		[[ $status -eq 0 && $stderr == *' is running, and not waited for: nothing in it reports that it is up'* && $stderr != *'waiting for the guest to be up'* ]] || fail "status $status"
	}
	not_waited_for start a --dir d --wait --timeout 90
	[[ $output == 'a is running: domain '* ]]
	not_waited_for reboot a --dir d --wait
	bd wait a --dir d
	failed_with 1
	[[ $stderr == *"nothing in a reports that it is up (report=none in "*"/d/a.cfg)" ]]
	bd stop a --dir d --force
	not_waited_for clone a b --dir d --start --timeout 90
	grep -q '^# xen-bigdisk: .*report=none' d/b.cfg
	not_waited_for new c --template w --templates t --dir d --no-net --timeout 90
	printf '{ "fleet": "f", "defaults": { "template": "w", "network": false }, "groups": { "g": { "guests": "e" } } }\n' >f.json
	not_waited_for fleet apply f.json --templates t --dir d --yes --timeout 80
	! grep 'for=ready' log || fail "it waited"
}

@test "a disk with btrfs and no boot code is for GRUB in a pv guest" {
	need sgdisk mkfs.btrfs
	truncate -s 160M b.img
	sgdisk -n 1:2048:0 b.img >/dev/null
	truncate -s 150M fs
	mkfs.btrfs -q fs
	dd if=fs of=b.img bs=1M seek=1 conv=notrunc,sparse status=none
	imported b b.img
	[[ $stderr == *"its largest partition, 1, has btrfs"* ]]
	made a --template b --templates t --dir d --no-start
	grep -q '^type = "pv"$' d/a.cfg
	grep -q '^kernel = ".*grub.*xen' d/a.cfg
	[[ $stderr == *"a gets no key and no password"* ]]
	local type
	for type in '' '--type hvm'; do
		# shellcheck disable=SC2086 # none, or two words
		bd new b --template b --templates t --dir d --no-start --boot uefi $type
		failed_with 2
		[[ $stderr == *"no EFI system partition"* ]]
	done
}

@test "a whole disk goes on a block device, in the device's size" {
	need_root
	disk x.img 400M
	imported x x.img
	truncate -s 512M device
	local loop
	loop=$(losetup --find --show device) || skip "no loop device"
	bd new a --template x --templates t --dir d --no-start --device "$loop"
	losetup -d "$loop"
	[[ $status -eq 0 ]]
	sgdisk -v device | grep -q '^No problems found'
	[[ $(cd d && echo *) == 'a-seed.iso a.cfg' ]]
	cmp <(head -c $(((400 << 20) - 33 * 512)) device | tail -c +$((34 * 512 + 1))) \
		<(head -c $(((400 << 20) - 33 * 512)) x.img | tail -c +$((34 * 512 + 1)))
}

@test "what a run leaves that is killed before the config is there, the next run replaces" {
	disk x.img 400M
	imported x x.img
	made a --template x --templates t --dir d --no-start
	rm d/a.cfg
	chmod +t d/a.img
	made a --template x --templates t --dir d --no-start
	[[ $(cd d && echo *) == 'a-seed.iso a.cfg a.img' ]]
	rm d/a.cfg
	chmod +t d/a.img
	bd rm a --dir d --yes
	[[ $status -eq 0 && -z $(ls d) ]]
}

@test "the seed disk is labelled cidata and has what cloud-init reads" {
	need isoinfo blkid
	disk x.img 400M
	imported x x.img
	new_key
	printf '#!/bin/sh\necho "it'"'"'s up"\n' >once
	made web01 --template x --templates t --dir d --no-start --ssh-key key.pub --run-once once \
		--root-password-hash '$6$salt$0123456789012345678901234567890123456789012345678901234567890123456789012345678901234.' \
		--ip 192.0.2.5/24 --gateway 192.0.2.1 --dns 192.0.2.53 --mac 00:16:3e:11:22:33
	[[ $(blkid -p -s LABEL -o value d/web01-seed.iso) == cidata ]]
	isoinfo -d -i d/web01-seed.iso | grep -q 'Rock Ridge signatures version 1 found'
	local uuid
	uuid=$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)
	[[ $(text d/web01-seed.iso meta-data) == "instance-id: $uuid"$'\n'"local-hostname: web01" ]]
	text d/web01-seed.iso user-data >user
	text d/web01-seed.iso network-config >network
	[[ $(head -n 1 user) == '#cloud-config' ]]
	python3 - user network "$(cat key.pub)" once <<-'END'
		import base64, sys, yaml
		user, network = (yaml.safe_load(open(name)) for name in sys.argv[1:3])
		assert user["ssh_authorized_keys"] == [sys.argv[3]], user
		assert user["disable_root"] is False
		assert user["users"][0] == "default" and user["users"][1]["hashed_passwd"].startswith("$6$salt$")
		assert base64.b64decode(user["write_files"][0]["content"]) == open(sys.argv[4], "rb").read()
		eth0 = network["ethernets"]["eth0"]
		assert network["version"] == 2 and eth0["match"] == {"macaddress": "00:16:3e:11:22:33"}, network
		assert eth0["addresses"] == ["192.0.2.5/24"] and eth0["routes"][0]["via"] == "192.0.2.1"
		assert eth0["nameservers"]["addresses"] == ["192.0.2.53"]
	END
	need cloud-init
	cloud-init schema --config-file user
}

@test "--user-data goes to the seed disk, after what the other options say" {
	need isoinfo python3
	disk x.img 400M
	imported x x.img
	new_key
	printf '#cloud-config\npackages: [ nginx ]\n' >own
	made a --template x --templates t --dir d --no-start --user-data own
	[[ $stderr != *"no key and no password"* ]] # nobody here knows what it says of that
	cmp <(text d/a-seed.iso user-data) own
	made b --template x --templates t --dir d --no-start --user-data own --user alice --ssh-key key.pub
	text d/b-seed.iso user-data >both
	python3 - both own "$(cat key.pub)" <<-'END'
		import email, sys, yaml
		both = email.message_from_string(open(sys.argv[1]).read())
		ours, own = both.get_payload()
		assert ours.get_content_type() == "text/cloud-config", ours.get_content_type()
		users = yaml.safe_load(ours.get_payload())["users"]
		assert users[0] == "default" and users[1]["name"] == "alice", users
		assert users[1]["ssh_authorized_keys"] == [sys.argv[3]], users
		assert own.get_content_type() == "text/plain"
		assert own.get_payload(decode=True) == open(sys.argv[2], "rb").read()
	END
	gzip own
	made c --template x --templates t --dir d --no-start --user-data own.gz --ssh-key key.pub
	text d/c-seed.iso user-data >both
	python3 -c 'import email, sys
own = email.message_from_string(open("both").read()).get_payload()[1]
assert own.get_content_type() == "application/gzip" and own.get_payload(decode=True) == open("own.gz", "rb").read()'
}

@test "what a killed new has left of a whole disk that was mounted once is known, until something is written to it" {
	need mke2fs debugfs
	need_strace
	truncate -s 8M x.img
	mke2fs -q -F x.img
	debugfs -w -R 'set_super_value mtime 20250101' x.img 2>/dev/null
	imported x x.img --as disk
	local new=(new a --quiet --template x --templates t --dir d --no-start)
	mkdir -p d
	# The first one is of what the template boots by, which is noted in it.
	strace -f -qq -o /dev/null -e inject=linkat:signal=KILL:when=4 "$bigdisk" "${new[@]}" || true
	[[ $(cd d && echo *) == 'a-seed.iso a.img' ]]
	bd doctor --dir d --json
	[[ $(jq -r '.checks[] | select(.check == "unused").found' <<<"$output" | grep -c 'left by an interrupted new or clone') -eq 2 ]] ||
		fail "$output"
	cp -a d e
	bd "${new[@]}"
	[[ $status -eq 0 && $stderr == *"left by an interrupted run"* ]]
	[[ $(cd d && echo *) == 'a-seed.iso a.cfg a.img' && ! -k d/a.img && ! -k d/a-seed.iso ]]
	# A guest's own, though the mark is there and the cfg is not.
	dd if=/dev/zero of=e/a.img bs=512 count=1 seek=9999 conv=notrunc status=none
	bd new a --quiet --template x --templates t --dir e --no-start
	failed_with 3
	# With the disk on a device there is nothing but the seed.
	rm e/a.img
	bd rm a --dir e --yes
	[[ $status -eq 0 && -z $(ls e) ]]
}

@test "at the end of each boot cloud-init tells dom0 that the guest is up, whatever user-data says" {
	need isoinfo
	disk x.img 400M
	imported x x.img
	made a --template x --templates t --dir d --no-start
	text d/a-seed.iso vendor-data >vendor
	[[ $(head -n 1 vendor) == '#!/bin/sh' ]]
	# What it would do in a guest.
	sed -i "s|=/var/lib/cloud/scripts/per-boot$|=$PWD/per-boot|; s|-c /dev/xen/xenbus|-c /dev/null|" vendor
	sh -e vendor
	mkdir bin
	printf '#!/bin/sh\necho "$@" >>%s\n' "$PWD/written" >bin/xenstore-write
	chmod +x bin/xenstore-write
	PATH=$PWD/bin:$PATH run-parts per-boot
	[[ $(<written) == "data/xen-bigdisk/ready 1" ]]
	# Without that program, by the protocol of xenstore itself.
	[[ $(<per-boot/xen-bigdisk-ready) == *"$(tail -n +2 "$top/templates/mini/xenstore-put")" ]]
}

@test "new, clone, start and fleet apply wait for a guest of a whole disk as for any other" {
	disk x.img 400M
	imported x x.img
	fake_xen
	bd new a --template x --templates t --dir d --no-net --wait --timeout 77
	[[ $status -eq 0 && $output == "a is up: domain 7, "* ]]
	[[ $(grep -c '^wait .* for=ready timeout_ms=77000$' log) -eq 1 ]]
	bd stop a --dir d --force
	bd clone a b --dir d --start --wait --timeout 78
	[[ $status -eq 0 ]]
	grep -q '^wait .* for=ready timeout_ms=78000$' log
	bd stop b --dir d --force
	bd start b --dir d --timeout 79
	[[ $status -eq 0 ]]
	grep -q '^wait .* for=ready timeout_ms=79000$' log
	bd stop b --dir d --force
	printf '{ "fleet": "f", "defaults": { "template": "x", "network": false }, "groups": { "g": { "guests": "c" } } }\n' >f.json
	bd fleet apply f.json --templates t --dir d --yes --timeout 80
	[[ $status -eq 0 ]]
	grep -q '^wait .* for=ready timeout_ms=80000$' log
}

@test "rm, rename and clone know the seed disk; the copy has a new one" {
	need isoinfo
	disk x.img 400M
	imported x x.img
	new_key
	made a --template x --templates t --dir d --no-start --ssh-key key.pub
	cp d/a-seed.iso old.iso
	bd rename a b --dir d
	[[ $status -eq 0 ]]
	[[ $(cd d && echo *) == 'b-seed.iso b.cfg b.img' ]]
	# The host's name is the new one, and all else as it was.
	[[ $(text d/b-seed.iso meta-data) == "$(text old.iso meta-data | sed 's/^local-hostname: a$/local-hostname: b/')" ]]
	[[ $(text d/b-seed.iso meta-data) == *$'\nlocal-hostname: b' ]]
	local name
	for name in user-data vendor-data network-config; do cmp <(text old.iso $name) <(text d/b-seed.iso $name); done
	[[ $(blkid -p -s LABEL -o value d/b-seed.iso) == cidata && $(stat -c %a d/b-seed.iso) == 600 ]]
	grep -qF "$PWD/d/b-seed.iso" d/b.cfg
	bd clone b c --dir d
	[[ $status -eq 0 ]]
	cmp d/b.img d/c.img
	[[ $(text d/c-seed.iso meta-data) == *"local-hostname: c" ]]
	[[ $(text d/c-seed.iso meta-data) != *"$(text d/b-seed.iso meta-data | head -n 1)"* ]]
	cmp <(text d/b-seed.iso user-data) <(text d/c-seed.iso user-data)
	grep -qF "$PWD/d/c-seed.iso" d/c.cfg
	! grep -qF "$PWD/d/b" d/c.cfg || fail "it is there"
	bd rm b --dir d --yes
	[[ $status -eq 0 ]]
	[[ $(cd d && echo *) == 'c-seed.iso c.cfg c.img' ]]
}

@test "clone keeps user-data of any size and with any bytes" {
	need isoinfo
	disk x.img 400M
	imported x x.img
	new_key
	head -c 2M /dev/urandom | gzip >own.gz
	made a --template x --templates t --dir d --no-start --user-data own.gz
	bd clone a b --dir d
	[[ $status -eq 0 ]]
	cmp <(text d/b-seed.iso user-data) own.gz
	made c --template x --templates t --dir d --no-start --user-data own.gz --user alice --ssh-key key.pub
	bd clone c e --dir d
	[[ $status -eq 0 ]]
	cmp <(text d/c-seed.iso user-data) <(text d/e-seed.iso user-data)
}

@test "a seed disk that is there already is not replaced, and a failure leaves nothing" {
	disk x.img 400M
	imported x x.img
	echo mine >d/a-seed.iso
	bd new a --template x --templates t --dir d --no-start
	failed_with 3
	[[ $(cat d/a-seed.iso) == mine && $(ls d) == a-seed.iso ]]
	rm d/a-seed.iso
	dd if=/dev/urandom of=y.img bs=1M count=80 status=none
	sgdisk -n 1:2048:0 y.img >/dev/null
	imported y y.img --as disk
	(ulimit -f $((40 << 10)) && exec "$bigdisk" new a --template y --templates t --dir d --no-start) 2>err && fail "it was made"
	[[ -z $(ls -A d | grep -v lock) ]]
}

@test "a disk that does not fit on what is free is refused before anything is written" {
	need_mount_namespaces
	need sfdisk
	truncate -s 16M y.img
	echo '2048,,83' | sfdisk -q y.img
	dd if=/dev/urandom of=y.img bs=1M seek=2 count=6 conv=notrunc status=none
	imported y y.img --as disk
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs -o size=4m tmpfs d || exit 99; "$@"' sh "$bigdisk" new a \
		--no-start --dir d --template y --templates t
	refused 6
	[[ $stderr == *"error: the disk of the template y takes 6148 KiB, and $PWD/d has 4 MiB free" ]] || fail "$stderr"
}

@test "--json of a guest of a whole disk names its seed, and a plan touches nothing" {
	disk x.img 400M
	imported x x.img
	bd new a --template x --templates t --dir d --no-start --dry-run --json
	[[ $status -eq 0 && $output == *'"seed": "'*'/d/a-seed.iso"'* ]]
	bd new a --template x --templates t --dir d --no-start --dry-run
	[[ $output == *"a copy of the template's disk"* && -z $(ls -A d) ]]
}

@test "a fleet makes guests of whole disks" {
	disk x.img 400M
	imported x x.img
	echo '{"fleet": "shop", "defaults": {"template": "x", "memory": "1G"}, "guests": {"a": {}, "b": {"size": "500M"}}}' >fleet.json
	bd fleet apply fleet.json --templates t --dir d --no-start --yes
	[[ $status -eq 0 ]]
	[[ $(cd d && echo *) == 'a-seed.iso a.cfg a.img b-seed.iso b.cfg b.img' ]]
	[[ $(stat -c %s d/b.img) -eq $((500 << 20)) ]]
	bd fleet plan fleet.json --templates t --dir d --no-start
	[[ $status -eq 0 && $output != *"new disk"* ]]
}
