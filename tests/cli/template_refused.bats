#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Root filesystems that no guest can be made from: `template import` refuses them, with the reason that `new` would have.

load helpers

setup() {
	common_setup
	unset SOURCE_DATE_EPOCH
	export XEN_BIGDISK_TEMPLATES=$BATS_TEST_TMPDIR/templates
	mkdir -p root/{boot,etc,usr/lib}
	echo 'ID=debian' >root/usr/lib/os-release
}

# refused_because WORDS...: importing SOURCE (root) ends with status 1 and one line that says so; nothing is left.
refused_because() {
	local words
	bd template import --quiet web "${source:-root}" ${options:+"${options[@]}"}
	failed_with 1
	for words; do
		grep -qF -- "$words" <<<"$stderr" || fail "the error does not say $words"
	done
	is_empty templates
}

@test "lost+found that is no directory, from a folder, a tar and a filesystem" {
	need mke2fs debugfs
	: >root/lost+found
	refused_because 'not usable for a guest' '/lost+found must be a directory'
	tar -C root -cf root.tar .
	source=root.tar refused_because '/lost+found must be a directory'
	rm root/lost+found
	ln -s etc root/lost+found
	refused_because '/lost+found must be a directory'
	rm root/lost+found
	truncate -s 8M root.img
	mke2fs -q -F -t ext4 -d root root.img
	debugfs -w -R 'rmdir lost+found' root.img 2>&1
	debugfs -w -R 'write root/usr/lib/os-release lost+found' root.img 2>&1
	source=root.img refused_because '/lost+found must be a directory'
}

# tar_with ATTRIBUTE SIZE: a tar of root, and of one file with an extended attribute.
tar_with() {
	python3 - "$1" "$2" <<-'END'
		import sys, tarfile
		with tarfile.open("root.tar", "w", format=tarfile.PAX_FORMAT) as tar:
		    tar.add("root", ".")
		    entry = tarfile.TarInfo("etc/marked")
		    entry.pax_headers = {"SCHILY.xattr." + sys.argv[1]: "v" * int(sys.argv[2])}
		    tar.addfile(entry)
	END
}

@test "extended attributes that ext3 cannot hold" {
	need python3
	local source=root.tar
	tar_with user.v 4041
	refused_because /etc/marked 'its extended attributes take 4100 bytes, ext3 has room for 4096'
	tar_with com.apple.provenance 11
	refused_because /etc/marked 'ext3 does not support its extended attribute com.apple.provenance'
	tar_with user.v 4040
	bd template import --quiet web root.tar
	[[ $status -eq 0 ]]
	made --quiet --no-start --template web --boot-sector none --dir d --size 64M x
}

@test "files and device numbers beyond what ext3 has" {
	need python3
	truncate -s 3T root/huge || skip "this filesystem has no files of 3 TiB"
	refused_because /huge '3145728 MiB exceeds'
	rm root/huge
	python3 - <<-'END'
		import tarfile
		with tarfile.open("root.tar", "w") as tar:
		    tar.add("root", ".")
		    entry = tarfile.TarInfo("dev-odd")
		    entry.type, entry.devmajor, entry.devminor = tarfile.BLKTYPE, 8, 1 << 20
		    tar.addfile(entry)
	END
	source=root.tar refused_because /dev-odd 'the device number 8:1048576'
}

@test "what every guest needs a place for" {
	mkdir root/etc/hostname
	refused_because '/etc/hostname is a directory'
	rmdir root/etc/hostname
	mkdir -p root/etc/kernel/postinst.d/zz-xen-bigdisk
	refused_because '/etc/kernel/postinst.d/zz-xen-bigdisk is a directory'
	rm -r root/etc/kernel
	mv root/etc root/other
	: >root/etc
	refused_because '/etc is not a directory'
	rm root/etc
	mv root/other root/etc
	rmdir root/boot
	ln -s usr/lib root/boot
	refused_because '/boot is not a directory'
	# With a menu of its own nothing is put there.
	bd template import --quiet web root --own-grub-cfg
	[[ $status -eq 0 ]]
	made --quiet --no-start --template web --boot-sector none --dir d --size 64M x
}
