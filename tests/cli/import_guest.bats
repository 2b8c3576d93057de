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
