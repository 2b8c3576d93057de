#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The SELinux labels of what `new` and `clone` put into a guest whose root has a policy. Which ones are right says libselinux'
# selabel_lookup, which reads the policy's own files.
# shellcheck disable=SC2154 # output, stderr and status are set by run

load helpers

label=system_u:object_r

# A root as Fedora lays it out, in r; its policy is a part of Fedora's.
make_root() {
	export XEN_BIGDISK_TEMPLATES=$PWD/templates
	rm -rf r
	mkdir -p r/etc/{ssh,selinux/targeted/contexts/files,NetworkManager/system-connections,systemd/system} \
		r/usr/{bin,sbin,lib/systemd,local} r/boot r/root r/var/lib
	ln -s usr/lib r/lib
	ln -s usr/sbin r/sbin
	local program
	for program in lib/systemd/systemd sbin/sshd sbin/NetworkManager bin/cloud-init; do
		printf '#!/bin/sh\n' >"r/usr/$program"
		chmod 755 "r/usr/$program"
	done
	ln -s ../lib/systemd/systemd r/usr/sbin/init
	echo 'root:x:0:0::/root:/bin/sh' >r/etc/passwd
	echo 'root:*:1:0:99999:7:::' >r/etc/shadow
	echo old >r/etc/hostname
	echo '127.0.0.1 old' >r/etc/hosts
	echo /dev/vda1 / xfs defaults 0 0 >r/etc/fstab
	printf '# This file controls the state of SELinux on the system.\nSELINUX=%s\n# SELINUXTYPE= can take one of three values:\nSELINUXTYPE=targeted\n' \
		"${1:-enforcing}" >r/etc/selinux/config
	contexts=$PWD/r/etc/selinux/targeted/contexts/files/file_contexts
	sed 's/ \+/\t/g' >"$contexts" <<-END
		/.* $label:default_t:s0
		/[^/]+ -- $label:etc_runtime_t:s0
		/etc/.* $label:etc_t:s0
		/var/.* $label:var_t:s0
		/usr/.* $label:usr_t:s0
		/boot/.* $label:boot_t:s0
		/usr/lib/.* $label:lib_t:s0
		/(etc|usr/lib)/systemd/.* -- $label:systemd_wrong_t:s0
		/usr/lib/systemd/system(/.*)? $label:systemd_unit_file_t:s0
		/usr/lib/systemd/system/.*\.wants/.* -l $label:unit_link_t:s0
		/etc/NetworkManager(/.*)? $label:NetworkManager_etc_t:s0
		/etc/NetworkManager/system-connections/(?!lo).* -- $label:NetworkManager_etc_rw_t:s0
		/etc/ssh/ssh_host.*_key -- $label:sshd_key_t:s0
		/etc/machine-id -- $label:machineid_t:s0
		/var/lib/cloud(/.*)? $label:cloud_init_var_lib_t:s0-s0:c0.c1023
		/lost\+found -d $label:lost_found_t:s0
		/usr/local/lib/xen-bigdisk/ready -- $label:bin_t:s0
	END
	printf '/root(/.*)?\t%s\n/root/\\.ssh(/.*)?\t%s\n' "$label:admin_home_t:s0" "$label:ssh_home_t:s0" >"$contexts.homedirs"
	printf '/root/nothing(/.*)? <<none>>\n/etc/cloud/cloud\\.cfg\\.d/.*  --  %s\n' "$label:local_t:s0" >"$contexts.local"
	# More than an inode has room for.
	printf '/long -- %s:%0300d_t:s0\n' "$label" 0 >>"$contexts.local"
	printf '%s\n' '# aliases' '/etc/systemd/system /wrong' '/etc/systemd/system /usr/lib/systemd/system' >"$contexts.subs_dist"
	printf '%s\n' '/srv/keys /root/.ssh' >"$contexts.subs"
}

# An archive of it, in which all have the label LABEL, or "" for none.
import_root() { # NAME LABEL
	need setfattr
	if [[ $2 ]]; then
		find r -exec setfattr -h -n security.selinux -v "$2" {} + 2>/dev/null || skip "labels cannot be set here"
	fi
	tar -C r --xattrs --xattrs-include='*' --owner=0 --group=0 -cf "$1.tar" .
	bd template import "$1" "$1.tar"
	[[ $status -eq 0 ]] || fail "no template"
}

# labels IMAGE: "TYPE PATH LABEL" of all files; TYPE as selabel_lookup -t has it
labels() {
	rm -rf out out.tar
	"$bigdisk" tar --quiet "$1:/" out.tar
	mkdir out
	tar -C out --xattrs --xattrs-include='*' -xf out.tar
	(cd out && find . -printf '%y %P\n') | while read -r type path; do
		case $type in
		f) type=file ;;
		d) type=dir ;;
		l) type=symlink ;;
		esac
		echo "$type /$path $(getfattr -h --only-values -n security.selinux "out/$path" 2>/dev/null | tr -d '\0')"
	done | sort
}

# is_right FILE COUNT: all labels in it but those of the template, kept_t, are the policy's; there are at least so many
is_right() {
	local type path found wanted count=0
	local -A modes=([file]=$((0100000)) [dir]=$((040000)) [symlink]=$((0120000)))
	while read -r type path found; do
		[[ $found != *:kept_t:* ]] || continue
		wanted=$(selabel_lookup -r -b file -f "$contexts" -k "$path" -t "${modes[$type]}" 2>/dev/null |
			sed -n 's/^Default context: //p') || true
		[[ $found == "$wanted" ]] || fail "$type $path has '$found' instead of '$wanted'"
		count=$((count + 1))
	done <"$1"
	((count >= $2)) || fail "only $count files are new"
}

has_label() { # FILE "TYPE PATH LABEL"
	grep -qxF "$2" "$1" || fail "not there: $2" "$(cat "$1")"
}

need_selinux() {
	need_root
	need selabel_lookup matchpathcon setfattr getfattr
}

@test "what is replaced keeps its label, and what is new gets that of the template's policy" {
	need_selinux
	make_root
	import_root web "$label:kept_t:s0"
	echo key >key

	ssh-keygen -q -t ed25519 -N '' -f id
	made web01 --template web --quiet --no-start --dir d --size 64M --boot-sector none --ip 192.0.2.7/24 \
		--ssh-key id.pub --file key:/root/nothing/key --file key:/srv/keys/key --file key:/new --file key:/long \
		--file key:/etc/systemd/system/own.service
	[[ $stderr != *SELinux* ]] || fail "a warning"
	labels d/web01.img >web01
	for path in hostname hosts fstab passwd shadow; do
		has_label web01 "file /etc/$path $label:kept_t:s0"
	done
	has_label web01 "dir /etc $label:kept_t:s0"
	has_label web01 "symlink /lib $label:kept_t:s0"
	is_right web01 15
	has_label web01 "file /etc/machine-id $label:machineid_t:s0"
	has_label web01 "file /etc/ssh/ssh_host_ed25519_key $label:sshd_key_t:s0"
	has_label web01 "file /etc/ssh/ssh_host_ed25519_key.pub $label:etc_t:s0"
	has_label web01 "dir /root/.ssh $label:ssh_home_t:s0"
	has_label web01 "file /root/.ssh/authorized_keys $label:ssh_home_t:s0"
	has_label web01 "dir /var/lib/cloud $label:cloud_init_var_lib_t:s0-s0:c0.c1023"
	has_label web01 "file /etc/cloud/cloud.cfg.d/zz-xen-bigdisk.cfg $label:local_t:s0"
	has_label web01 "file /etc/systemd/system/xen-bigdisk-ready.service $label:systemd_unit_file_t:s0"
	has_label web01 "symlink /etc/systemd/system/multi-user.target.wants/xen-bigdisk-ready.service $label:unit_link_t:s0"
	has_label web01 "dir /lost+found $label:lost_found_t:s0"
	has_label web01 "file /srv/keys/key $label:ssh_home_t:s0"
	has_label web01 "file /root/nothing/key "
	has_label web01 "file /new $label:etc_runtime_t:s0"
	fsck_is_clean d/web01.img
	# The value is what the kernel writes: it ends in a NUL.
	in_image d/web01.img 'ea_get -x /new security.selinux' | grep -q ' 00 *$'
}

@test "a clone's new files are labelled by the policy in it, and its changed ones keep their labels" {
	need_selinux
	make_root
	import_root web "$label:kept_t:s0"
	made web01 --template web --quiet --no-start --dir d --size 64M --boot-sector none
	bd rm --quiet --yes --recursive --dir d web01:/var/lib/cloud
	bd rm --quiet --yes --dir d web01:/etc/machine-id
	bd clone web01 web02 --quiet --dir d --ip 192.0.2.8/24
	[[ $status -eq 0 && $stderr != *SELinux* ]]
	labels d/web02.img >web02
	grep -q ' /var/lib/cloud/seed/nocloud/meta-data ' web02
	has_label web02 "file /etc/hostname $label:kept_t:s0"
	has_label web02 "file /etc/ssh/ssh_host_ed25519_key $label:sshd_key_t:s0"
	is_right web02 12
	fsck_is_clean d/web02.img
}

@test "a guest whose template has no labels, or whose policy cannot be asked, labels its files itself, which is said" {
	need_selinux
	for mode in enforcing Permissive; do
		make_root $mode
		import_root "bare-${mode,,}" ''
		made "box-${mode,,}" --template "bare-${mode,,}" --quiet --no-start --dir d --size 64M --boot-sector none
		[[ $stderr == *"box-${mode,,} uses SELinux, but its files have no labels: it labels all of them when it boots (/.autorelabel), and reboots"* ]]
		labels "d/box-${mode,,}.img" >found
		has_label found 'file /.autorelabel '
	done
	# Not a policy; one that is compiled, with regular expressions that are, too.
	make_root
	echo 'what is this' >"$contexts"
	import_root damaged "$label:kept_t:s0"
	made damaged --template damaged --quiet --no-start --dir d --size 64M --boot-sector none
	[[ $stderr == *'what is new in damaged has no SELinux labels yet ('*'): it labels all of its files when it boots (/.autorelabel), and reboots'* ]]
	labels d/damaged.img >found
	grep -q '^file /.autorelabel ' found
	has_label found "file /etc/hostname $label:kept_t:s0"
	has_label found 'file /etc/machine-id '
	need sefcontext_compile
	make_root
	sefcontext_compile -o compiled "$contexts"
	cp compiled "$contexts"
	import_root compiled "$label:kept_t:s0"
	made compiled --template compiled --quiet --no-start --dir d --size 64M --boot-sector none
	[[ $stderr == *'what is new in compiled has no SELinux labels yet ('* ]]
}

@test "without matchpathcon the guest labels its files itself, and what is missing is named" {
	need_selinux
	need_mount_namespaces
	make_root
	import_root web "$label:kept_t:s0"
	run --separate-stderr unshare -m sh -c 'mount --bind /dev/null "$(readlink -f "$1")" && shift && exec "$@"' sh \
		"$(type -P matchpathcon)" "$bigdisk" new web01 --template web --quiet --no-start --dir d --size 64M --boot-sector none
	[[ $status -eq 0 ]] || fail "$stderr"
	[[ $stderr == *'no SELinux labels yet (matchpathcon is not installed; Debian: apt-get install selinux-utils): it labels'* ]] || fail "$stderr"
	[[ $(in_image d/web01.img 'stat /.autorelabel') == *'Type: regular'* ]]
}

@test "where SELinux is disabled, or has no policy, nothing is labelled or said" {
	need_selinux
	make_root disabled
	import_root off "$label:kept_t:s0"
	made off --template off --quiet --no-start --dir d --size 64M --boot-sector none
	[[ $stderr != *SELinux* ]]
	labels d/off.img >found
	has_label found "file /etc/hostname $label:kept_t:s0"
	has_label found 'file /etc/machine-id '
	[[ $(cat found) != *autorelabel* ]]
	make_root
	rm "$contexts"*
	import_root bare ''
	made box --template bare --quiet --no-start --dir d --size 64M --boot-sector none
	[[ $stderr != *SELinux* && $(in_image d/box.img 'ls -p /') != *autorelabel* ]]
}

# web01 in d, whose files are labelled, and a host's file and directory with labels of the host's.
make_guest() {
	rm -rf d templates tree hosts
	mkdir d
	make_root "$@"
	mkdir r/srv
	import_root web "$label:kept_t:s0"
	made web01 --template web --quiet --no-start --dir d --size 64M --boot-sector none
	mkdir -p tree/system tree/deep
	echo one >tree/system/own.service
	ln -s own.service tree/system/link
	echo two >tree/deep/file
	echo '127.0.0.1 new' >hosts
	chmod 700 tree/deep
	find tree hosts -exec setfattr -h -n security.selinux -v "$label:host_t:s0" {} +
	setfattr -n user.kind -v mine tree/deep/file
}

@test "cp, mkdir, ln -s and tar: what is new in an image gets the label of its policy, and what is replaced keeps its own" {
	need_selinux
	make_guest
	ok cp --dir d hosts web01:/etc/hosts
	ok cp -r --dir d tree/system web01:/etc/systemd
	ok cp -r --dir d tree/deep web01:/srv
	ok cp --dir d hosts web01:/root/plain
	ok mkdir -p --dir d web01:/srv/keys/a/b web01:/lib/made
	ok mkdir -p --dir d web01:/etc/systemd/system/x.target.wants
	ok ln -s --dir d ../own.service web01:/etc/systemd/system/x.target.wants
	ok ln --dir d web01:/etc/hosts web01:/etc/hosts.again
	ok mv --dir d web01:/etc/hosts.again web01:/boot/hosts
	EDITOR='sed -i s/old/new/' ok edit --dir d web01:/etc/hostname
	# What is in an archive is named without what leads there, and twice; a directory that is there keeps its label, too.
	mkdir -p pack/etc/ssh pack/var/lib/cloud
	for i in {1..300}; do : >"pack/var/lib/cloud/$i"; done
	echo x >pack/etc/ssh/ssh_host_rsa_key
	echo 127.0.0.1 third >pack/etc/hosts
	find pack -exec setfattr -h -n security.selinux -v "$label:host_t:s0" {} +
	tar -C pack --xattrs --xattrs-include='*' -cf pack.tar etc/ssh etc/hosts etc/ssh/ssh_host_rsa_key var/lib/cloud
	ok tar --dir d pack.tar web01:/
	[[ ! $stderr ]] || fail "$stderr"
	# Nothing but one more name of a file that is there, in a directory that is not.
	mkdir -p pack/usr/lib/more
	ln pack/etc/hosts pack/usr/lib/more/hosts
	tar -C pack -cf link.tar etc/hosts usr/lib/more/hosts
	tar --delete -f link.tar etc/hosts
	ok tar --dir d link.tar web01:/
	labels d/web01.img >found
	for path in /etc/hosts /boot/hosts /etc/hostname; do
		has_label found "file $path $label:kept_t:s0"
	done
	has_label found "dir /etc $label:kept_t:s0"
	has_label found "dir /etc/ssh $label:kept_t:s0"
	has_label found "file /etc/systemd/system/own.service $label:systemd_unit_file_t:s0"
	has_label found "symlink /etc/systemd/system/link $label:systemd_unit_file_t:s0"
	has_label found "symlink /etc/systemd/system/x.target.wants/own.service $label:unit_link_t:s0"
	has_label found "file /srv/deep/file $label:default_t:s0"
	has_label found "dir /srv/keys/a/b $label:ssh_home_t:s0"
	has_label found "dir /usr/lib/made $label:lib_t:s0"
	has_label found "dir /usr/lib/more $label:lib_t:s0"
	has_label found "file /root/plain $label:admin_home_t:s0"
	has_label found "file /etc/ssh/ssh_host_rsa_key $label:sshd_key_t:s0"
	has_label found "file /var/lib/cloud/300 $label:cloud_init_var_lib_t:s0-s0:c0.c1023"
	[[ $(grep -c ' /var/lib/cloud/[0-9]' found) -eq 300 && $(cat found) != *host_t* ]]
	[[ $(getfattr --only-values -n user.kind out/srv/deep/file) == mine ]]
	is_right found 320
	fsck_is_clean d/web01.img
}

@test "so many files that their paths are too much for one run of matchpathcon get their labels in few runs" {
	need_selinux
	need strace
	make_guest
	local long i
	printf -v long 'x%.0s' {1..240}
	mkdir -p "many/$long/$long/$long/$long"
	(cd "many/$long/$long/$long/$long" && touch {1..900})
	# 900 KB: what a program can be given depends on the limit of the stack.
	(ulimit -s 8192 && exec strace -f -qq -o trace -e trace=execve "$bigdisk" cp -r --quiet --dir d many web01:/etc/ssh)
	i=$(grep -c 'execve.*matchpathcon.* = 0$' trace)
	[[ $i -eq 3 ]] || fail "$i runs: two for the files, one for the directories"
	"$bigdisk" tar --quiet --dir d web01:/etc/ssh/many many.tar
	mkdir out
	tar -C out --xattrs --xattrs-include='*' -xf many.tar
	[[ $(find out -mindepth 1 -print0 | xargs -0 getfattr -h --only-values -n security.selinux 2>/dev/null | tr '\0' '\n' | grep -cxF "$label:etc_t:s0") -ge 904 ]]
	fsck_is_clean d/web01.img
}

@test "--selinux keeps the labels of the source; a filesystem without a policy has those that come with the files" {
	need_selinux
	make_guest
	tar -C tree --xattrs --xattrs-include='*' -cf tree.tar .
	bd mkdir --dir d web01:/srv/tar
	ok tar --selinux --dir d tree.tar web01:/srv/tar
	ok cp -r --selinux --dir d tree web01:/srv/cp
	ok cp --selinux --dir d hosts web01:/etc/hosts
	setfattr -x security.selinux hosts
	ok cp --selinux --dir d hosts web01:/etc/systemd/system/unit
	labels d/web01.img >found
	for path in /srv/tar/deep/file /srv/cp/deep/file /etc/hosts; do
		has_label found "file $path $label:host_t:s0"
	done
	has_label found "file /etc/systemd/system/unit $label:systemd_unit_file_t:s0"
	bd cp --selinux --dir d web01:/etc/hosts .
	[[ $status -eq 2 && $stderr == *'--selinux is for copies into an image'* ]]
	bd tar --selinux --dir d web01:/etc etc.tar
	[[ $status -eq 2 && $stderr == *'--selinux is for unpacking'* ]]
	truncate -s 16M data.img
	mke2fs -q data.img
	ok cp -r tree data.img:/
	ok mkdir data.img:/new
	labels data.img >data
	has_label data "file /tree/deep/file $label:host_t:s0"
	has_label data 'dir /new '
	# A backup of a root goes into an empty filesystem as it is.
	truncate -s 64M empty.img
	mke2fs -q empty.img
	ok tar --quiet --dir d web01:/ web01.tar
	ok tar web01.tar empty.img:/
	labels empty.img >empty
	diff found empty
}

@test "where nobody can be asked for labels, what is new has none, the guest labels its files itself, and that is said" {
	need_selinux
	make_guest
	echo 'what is this' >wrong
	bd cp --dir d wrong "web01:${contexts#"$PWD/r"}"
	ok cp -r --dir d tree web01:/srv
	[[ $stderr == *'what is new in web01 has no SELinux labels yet ('*'): it labels all of its files when it boots (/.autorelabel), and reboots'* ]] || fail "$stderr"
	ok mkdir d/web01.img:/again
	[[ $stderr == *'what is new in '*'web01.img has no SELinux labels yet ('* ]]
	labels d/web01.img >found
	has_label found 'file /srv/tree/deep/file '
	has_label found 'file /.autorelabel '
	fsck_is_clean d/web01.img
	# What fails changes nothing, and says nothing of labels.
	bd mkdir --dir d web01:/again
	[[ $status -ne 0 && $stderr != *SELinux* ]]
	# The policy is larger than any; what is replaced needs no label.
	make_guest
	yes '# comment' | head -c 3M >wrong
	ok cp --dir d wrong "web01:${contexts#"$PWD/r"}"
	ok cp --dir d hosts web01:/etc/hosts
	[[ $stderr != *SELinux* ]] || fail "$stderr"
	ok mkdir --dir d web01:/again
	[[ $stderr == *'what is new in web01 has no SELinux labels yet ('* ]] || fail "$stderr"
	# A root that is not labelled yet, or does not use SELinux, is left alone.
	make_guest disabled
	ok cp --dir d hosts web01:/new
	labels d/web01.img >found
	has_label found "file /new $label:host_t:s0"
}
