#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `import-guest`: configs that were made by other means get their place, name, UUID and MAC addresses.
# shellcheck disable=SC2154 # output, stderr and status are set by run

load helpers

# An old guest in src/, with d/ for what is imported.
old_guest() {
	mkdir -p src d
	truncate -s 1M src/old.img
	touch src/vmlinuz
	cat >src/old.cfg <<-EOT
		# by hand, 2009
		name = "$1"
		kernel = "./vmlinuz"
		memory = 64
		dhcp = 'dhcp'  # xen-tools wrote this
		disk = [ 'file:$PWD/src/old.img,xvda,w' ]
		vif = [ '', 'mac=00:16:3e:01:02:03' ]
		vif += [ 'bridge=br1' ]
	EOT
}

@test "the config is moved, and gets what is missing; all else in it stays, and so does the disk" {
	old_guest old
	local mac='00:16:3e:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}'
	bd import-guest src/old.cfg --dir d
	[[ $status -eq 0 && $output == "old is imported: $PWD/d/old.cfg"* && ! -e src/old.cfg && -e src/old.img ]]
	diff - <(sed -E "s/mac=$mac/mac=MAC/; s/^uuid = \"[0-9a-f-]{36}\"$/uuid = UUID/" d/old.cfg) <<-EOT
		# by hand, 2009
		name = "old"
		kernel = "$PWD/src/vmlinuz"
		memory = 64
		dhcp = 'dhcp'  # xen-tools wrote this
		disk = [ 'file:$PWD/src/old.img,xvda,w' ]
		vif = [ "mac=MAC", 'mac=00:16:3e:01:02:03' ]
		vif += [ "bridge=br1, mac=MAC" ]
		uuid = UUID
	EOT
	[[ $(grep -oE "$mac" d/old.cfg | sort -u | wc -l) -eq 3 ]]
	bd list old --dir d --json
	[[ $(jq -r '.guests[0].name' <<<"$output") == old ]]
	# Once more there is nothing to do.
	cp d/old.cfg before
	bd import-guest d/old.cfg --dir d --json
	[[ $status -eq 0 && $(jq .changed <<<"$output") == false ]]
	cmp before d/old.cfg
}

@test "the config keeps its owner, its group and its mode" {
	need_root
	old_guest old
	chown 1234:2345 src/old.cfg
	chmod 640 src/old.cfg
	bd import-guest src/old.cfg --dir d
	[[ $status -eq 0 && $(stat -c '%u %g %a' d/old.cfg) == "1234 2345 640" ]]
}

@test "--name renames it, --dry-run changes nothing, and a name that is none asks for one" {
	old_guest 'windows 7'
	cp -r src before
	bd import-guest src/old.cfg --dir d
	failed_with 2
	[[ $stderr == *'"windows 7" is not a host name'*'give it another name with --name' ]]
	bd import-guest src/old.cfg --dir d --name win7 --dry-run --json
	[[ $status -eq 0 && $(jq -r '.state, .name, .old_name' <<<"$output") == $'planned\nwin7\nwindows 7' ]]
	diff -r before src
	[[ -z $(ls d) ]]
	bd import-guest src/old.cfg --dir d --name win7
	[[ $status -eq 0 && -e d/win7.cfg && ! -e src/old.cfg ]]
	grep -qx 'name = "win7"' d/win7.cfg
}

@test "a guest that lacks a file, runs, or has what another has is refused, and stays where it is" {
	old_guest old
	cp -r src before
	mv src/old.img away
	bd import-guest src/old.cfg --dir d
	failed_with 1
	[[ $stderr == *"the disk $PWD/src/old.img that $PWD/src/old.cfg names cannot be found: No such file"* ]]
	mv away src/old.img
	mv src/vmlinuz away
	bd import-guest src/old.cfg --dir d
	failed_with 1
	[[ $stderr == *"kernel vmlinuz is a relative path, and there is no $PWD/src/vmlinuz"* ]]
	mv away src/vmlinuz
	printf 'name = "old"\nmemory = 64\n' >d/other.cfg
	bd import-guest src/old.cfg --dir d
	failed_with 3
	[[ $stderr == *"a guest old already exists, in d/other.cfg"* ]]
	printf 'name = "other"\nmemory = 64\ndisk = [ "%s/src/old.img,raw,xvda,w" ]\n' "$PWD" >d/other.cfg
	bd import-guest src/old.cfg --dir d
	failed_with 3
	[[ $stderr == *"the disk $PWD/src/old.img belongs to the guest of d/other.cfg"* ]]
	rm d/other.cfg
	touch d/old.cfg
	bd import-guest src/old.cfg --dir d
	[[ $status -ne 0 && ! -s d/old.cfg ]]
	rm d/old.cfg
	bd import-guest src/none.cfg --dir d
	failed_with 4
	[[ $stderr == *"cannot find src/none.cfg: No such file or directory" ]]
	fake_xen
	echo "uuid = '11111111-2222-3333-4444-555555555555'" | tee -a before/old.cfg >>src/old.cfg
	echo '7 11111111-2222-3333-4444-555555555555 old' >domains
	bd import-guest src/old.cfg --dir d
	failed_with 5
	[[ $stderr == *"old is running (domain 7)"* ]]
	diff -r before src
	[[ -z $(ls d) ]]
}

@test "a config that start would refuse is refused" {
	compgen -G "${bigdisk%/*}/toolstack-libxl-*.so" >/dev/null || skip "the plugin is not built"
	old_guest old
	echo 'memory = 0' >>src/old.cfg
	bd import-guest src/old.cfg --dir d
	failed_with 1
	[[ $stderr == *"/src/old.cfg:9: memory = 0: must be from 1"* && -e src/old.cfg && -z $(ls d) ]]
}

# Two disks, a CD, a disk of another form and one by a symbolic link.
old_disks() {
	old_guest "$1"
	echo first >src/old.img
	echo second >src/data.img
	truncate -s 1M src/old.img src/data.img
	echo cd >src/cd.iso
	printf 'QFI\373\0\0\0\3%0512d' 0 >src/old.qcow2
	ln -s data.img src/link
	sed -i "s#^disk = .*#disk = [ 'file:$PWD/src/old.img,xvda,w', '$PWD/src/data.img,raw,xvdb,w', 'file:$PWD/src/cd.iso,xvdc:cdrom,r' ]#" src/old.cfg
}

@test "--move gives the disks the names that new gives them; nothing is copied within a filesystem" {
	old_disks old
	local inode
	inode=$(stat -c %i src/old.img)
	bd import-guest src/old.cfg --dir d --name web --move --dry-run
	[[ $status -eq 0 && $output == *"Its disk would be moved from $PWD/src/old.img: $PWD/d/web.img"*"as the guest only reads it: $PWD/src/cd.iso"* ]] || fail "$output"
	is_empty d
	bd import-guest src/old.cfg --dir d --name web --move --json
	[[ $status -eq 0 && $(jq -c '[.moved[].to, .disks[]]' <<<"$output") == "[\"$PWD/d/web.img\",\"$PWD/d/web_disk2.img\",\"$PWD/d/web.img\",\"$PWD/d/web_disk2.img\",\"$PWD/src/cd.iso\"]" ]] || fail "$output $stderr"
	[[ $(stat -c %i d/web.img) == "$inode" && $(head -n 1 d/web_disk2.img) == second ]]
	holds d web.img web_disk2.img web.cfg
	[[ ! -e src/old.cfg && ! -e src/old.img && ! -e src/data.img && -e src/cd.iso ]]
	bd rename web shop --dir d --quiet
	[[ $status -eq 0 ]]
	holds d shop.img shop_disk2.img shop.cfg
	# Once more there is nothing to do.
	bd import-guest d/shop.cfg --dir d --move
	[[ $status -eq 0 && $output == "shop is in its place: $PWD/d/shop.cfg" ]]
}

@test "--move of a guest that has its place moves its disks" {
	old_guest old
	bd import-guest src/old.cfg --dir d --quiet
	bd import-guest d/old.cfg --dir d --move
	[[ $status -eq 0 && ! -e src/old.img ]] || fail "$stderr"
	holds d old.img old.cfg
	grep -qF "file:$PWD/d/old.img,xvda,w" d/old.cfg
}

@test "--move leaves what is no file of a raw disk where it is, and says why" {
	old_disks old
	sed -i "s#^disk = .*#disk = [ '$PWD/src/old.qcow2,qcow2,xvda,w', 'file:$PWD/src/link,xvdb,w' ]#" src/old.cfg
	bd import-guest src/old.cfg --dir d --move
	[[ $status -eq 0 && $output == *"as it is no raw image: $PWD/src/old.qcow2"*"as it is a symbolic link: $PWD/src/link"* ]] || fail "$output$stderr"
	holds d old.cfg
}

@test "--copy makes a second guest, with a UUID and MAC addresses of its own, and leaves the first one as it is" {
	old_disks old
	echo 'uuid = "11111111-2222-3333-4444-555555555555"' >>src/old.cfg
	cp -a src before
	bd import-guest src/old.cfg --dir src --copy
	failed_with 3
	[[ $stderr == *"src/old.cfg already exists; give it another name with --name" ]] || fail "$stderr"
	bd import-guest src/old.cfg --dir d --name trial --copy
	[[ $status -eq 0 && $output == *"Its disk is a copy of $PWD/src/old.img: $PWD/d/trial.img"*"those of old; xen-bigdisk clone makes a guest with its own" ]] || fail "$output$stderr"
	diff -r before src
	holds d trial.img trial_disk2.img trial.cfg
	cmp src/old.img d/trial.img
	cmp src/data.img d/trial_disk2.img
	[[ $(stat -c %h d/trial.img) -eq 1 && ! -k d/trial.img ]]
	grep -q '^uuid = "' d/trial.cfg
	run ! grep -E '11111111-2222|00:16:3e:01:02:03|src/(old|data)\.img' d/trial.cfg
	[[ $(grep -oE '00:16:3e(:[0-9a-f]{2}){3}' d/trial.cfg | sort -u | wc -l) -eq 3 ]]
	sed -i "s#^disk = .*#disk = [ '$PWD/src/old.qcow2,qcow2,xvda,w' ]#" src/old.cfg
	bd import-guest src/old.cfg --dir d --name other --copy
	failed_with 1
	[[ $stderr == *"old.qcow2 cannot be copied: it is no raw image" ]]
}

@test "--move and --copy refuse what another guest has, what is in use, and what is there" {
	old_guest old
	cp -a src before
	bd import-guest src/old.cfg --dir d --move --copy
	failed_with 2
	echo mine >d/old.img
	for way in --move --copy; do
		bd import-guest src/old.cfg --dir d "$way"
		failed_with 3
		[[ $stderr == *"d/old.img already exists and was not changed" && $(<d/old.img) == mine ]] || fail "$stderr"
	done
	# Another name of the disk that is no hard link would lead nowhere without the first.
	ln -sf "$PWD/src/old.img" d/old.img
	for way in --move --copy; do
		bd import-guest src/old.cfg --dir d "$way"
		failed_with 3
		[[ $stderr == *"d/old.img already exists and was not changed" && -L d/old.img ]] || fail "$stderr"
	done
	diff -r before src
	rm d/old.img
	# Another guest has it by another name, or beside the old config.
	ln -s "$PWD/src/old.img" link
	printf 'name = "other"\ndisk = [ "%s/link,raw,xvda,w" ]\n' "$PWD" >d/other.cfg
	bd import-guest src/old.cfg --dir d --move
	failed_with 3
	mv d/other.cfg src/
	bd import-guest src/old.cfg --dir d --move
	failed_with 3
	[[ $stderr == *"belongs to the guest of $PWD/src/other.cfg" ]] || fail "$stderr"
	rm src/other.cfg
	exec 7<>src/old.img
	for way in --move --copy; do
		bd import-guest src/old.cfg --dir d "$way"
		failed_with 5
	done
	exec 7>&-
	diff -r before src
	is_empty d
}

@test "--move refuses a disk that is in its place already, but under the name of another mount of the directory" {
	need_root
	old_guest old
	mkdir images again
	mv src/old.img images/
	sed -i "s#$PWD/src/old.img#$PWD/images/old.img#" src/old.cfg
	mount --bind images again || skip "nothing can be mounted here"
	bd import-guest src/old.cfg --dir again --move
	umount again
	failed_with 3
	[[ $stderr == *"again/old.img already exists and was not changed" ]] || fail "$stderr"
	holds images old.img
	[[ -e src/old.cfg ]]
}

@test "where there is no room for copies nothing is begun, and --move needs it to another filesystem only" {
	need_root
	old_guest old
	dd if=/dev/zero of=src/old.img bs=1M count=3 status=none
	cp -a src before
	mkdir small
	mount -t tmpfs -o size=2M none small || skip "nothing can be mounted here"
	for way in --move --copy; do
		bd import-guest src/old.cfg --dir small "$way"
		[[ $status -eq 6 && $stderr == *"the disks take 3 MiB, and $PWD/small has "*" free" && -z $(ls -A small) ]] || break
	done
	umount small
	failed_with 6
	[[ $stderr == *"the disks take 3 MiB, and $PWD/small has "* ]]
	diff -r before src
	mount -t tmpfs -o size=8M none small
	bd import-guest src/old.cfg --dir small --move
	ls -A small >there
	stat -c '%a %s' small/old.img >facts
	umount small
	[[ $status -eq 0 && $(xargs <there) == "old.cfg old.img" && ! -e src/old.img && $(<facts) == "$(stat -c '%a %s' before/old.img)" ]] || fail "$stderr"
}
