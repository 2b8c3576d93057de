#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of README.md, in their order, with a toolstack plugin that boots nothing: each succeeds after those before
# it, and together the guests that run never take more memory than README says.
# shellcheck disable=SC2154 # output, stderr and status are set by run

load helpers

# What `template build debian-12` would make, as far as it matters to what comes after it.
make_debian() {
	mkdir -p debian/{boot,etc/{ssh,network,kernel/{postinst.d,postrm.d}},usr/{lib/systemd/system,sbin,bin},root,var/lib}
	printf 'ID=debian\nVERSION_ID="12"\n' >debian/etc/os-release
	echo 'root:x:0:0::/root:/bin/sh' >debian/etc/passwd
	echo 'root:*:19000:0:99999:7:::' >debian/etc/shadow
	echo kernel >debian/boot/vmlinuz-6.1.0-9-amd64
	echo initramfs >debian/boot/initrd.img-6.1.0-9-amd64
	echo x | tee debian/usr/sbin/{ifup,sshd} >debian/usr/lib/systemd/systemd
	chmod 755 debian/usr/sbin/* debian/usr/lib/systemd/systemd
	bd template import --quiet debian-12 debian
	[[ $status -eq 0 ]]
}

# A command a line: those that span two are joined, and comments cut off.
commands_of_readme() {
	sed -n '/^## Five steps/,/^## The lab/p' "$top/README.md" | sed -e ':a; /\\$/ { N; s/\\\n */ /; ba; }' |
		sed -nE 's/^    ((xen-bigdisk|sed) .*)/\1/p' | sed 's/ *  *# .*//'
}

# The JSON object of the fleet's manifest.
manifest_of_readme() {
	sed -n '/^    { "fleet"/,/^$/p' "$top/README.md"
}

run_all() {
	need_mount_namespaces
	[[ -d /etc/xen && -d /var/lib/xen ]] || skip "there is no /etc/xen or /var/lib/xen to mount over"
	run --separate-stderr unshare -m bash -c '
		set -euo pipefail
		mount --bind etc /etc/xen
		mount --bind lib /var/lib/xen
		while IFS= read -r command; do
			case $command in
			# They need a network, another host, a volume group, and a terminal. Volumes: tests/lab/suite/75-lvm.t; a disk that is
			# sent: send.bats.
			"xen-bigdisk template build "* | *" | ssh "* | *" --lvm "* | "xen-bigdisk console "*) continue ;;
			"xen-bigdisk rm "* | "xen-bigdisk fleet stop "* | "xen-bigdisk fleet destroy "*) command+=" --yes" ;;
			esac
			echo "\$ $command" >&2
			result=0
			eval "$command" </dev/null >out || result=$?
			[[ $result -eq 0 || $command == "xen-bigdisk doctor" && $result -eq 1 ]] || exit 1
			sum=0
			while read -r _ _ name; do
				memory=$(sed -n "s/^memory = //p" "/etc/xen/$name.cfg")
				sum=$((sum + memory))
			done <domains
			echo "$sum $command"
		done <commands'
	printf '%s\n' "-> status $status" "$output" "$stderr"
}

@test "README's table has every command, and those of the groups" {
	local command
	while read -r command; do
		grep -qE "^\|.*\`$command\`" "$top/README.md" || fail "README's table lacks $command"
	done < <("$bigdisk" help | sed -nE 's/^  ([a-z-]+)  .*/\1/p'
		for group in template fleet; do "$bigdisk" help $group | sed -nE "s/^  $group ([a-z]+)  .*/\1/p"; done)
}

@test "README's examples run in their order, and leave a dom0 of 2 GiB the memory that it needs" {
	need_busybox
	need_grub2
	need jq
	need ssh-keygen
	fake_xen
	export XEN_BIGDISK_TEMPLATES=$PWD/templates HOME=$PWD/home FAKE_TOOLSTACK_IMAGES=/var/lib/xen/images
	export XEN_BIGDISK_CACHE=${XEN_BIGDISK_CACHE:-/var/cache/xen-bigdisk}
	mkdir -p bin etc lib/images home/.ssh
	ln -s "$bigdisk" bin/xen-bigdisk
	printf '#!/bin/sh\n' >bin/pygrub
	chmod +x bin/pygrub
	PATH=$PWD/bin:$PATH
	echo 'vif.default.bridge="lo"' >etc/xl.conf
	make_debian
	ssh-keygen -q -t ed25519 -N '' -f home/.ssh/id_ed25519
	cp home/.ssh/id_ed25519.pub admin.pub
	echo secret >pw
	echo hello >motd
	printf '#!/bin/sh\n' >setup.sh
	export VISUAL= EDITOR=true
	manifest_of_readme >shop.json
	commands_of_readme >commands
	[[ $(wc -l <commands) -gt 20 ]]
	run_all
	[[ $status -eq 0 ]]
	# 1.2 GiB.
	[[ $(sort -n <<<"$output" | tail -1) =~ ^([0-9]+)\  && ${BASH_REMATCH[1]} -gt 256 && ${BASH_REMATCH[1]} -le 1228 ]]
}
