#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `clone`: another guest of the same disk, with an identity of its own. Judged by debugfs, e2fsck, blkid and sfdisk.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# A mini guest d/web01 with swap, on a network.
web01() {
	need debugfs e2fsck sfdisk blkid
	need_busybox
	made web01 --quiet --dir d --size 256M --swap 32M --no-start "$@"
}

cloned() {
	bd clone --quiet --dir d "$@"
	[[ $status -eq 0 ]] || fail "status $status"
}

# partition_value IMAGE NUMBER VALUE: by blkid.
partition_value() {
	blkid -p -O $(($(region "$1" "$2" start) * 512)) -S $(($(region "$1" "$2" size) * 512)) -s "$3" -o value "$1"
}

# What is in a cfg: cfg_value FILE KEY.
cfg_value() {
	sed -n "s/^$2 = //p" "$1"
}

cat_in() {
	in_image "$1" "cat $2"
}

# A guest d/old that another program made: $1 are mke2fs' options.
foreign() {
	need mke2fs debugfs e2fsck sfdisk blkid
	uuid=11111111-2222-4333-8444-555555555555
	mkdir -p root/etc/{ssh,systemd/network,systemd/system/multi-user.target.wants} root/usr/{lib/systemd,sbin} \
		root/boot/grub root/var/lib/{dbus,dhcp,systemd} root/root
	ln -s usr/lib root/lib
	touch root/usr/lib/systemd/systemd
	echo x | tee root/usr/lib/systemd/systemd-networkd >root/usr/sbin/sshd
	ln -s /lib/systemd/system/systemd-networkd.service root/etc/systemd/system/multi-user.target.wants/
	for kind in rsa ecdsa ed25519; do
		echo "old $kind" | tee "root/etc/ssh/ssh_host_${kind}_key" >"root/etc/ssh/ssh_host_${kind}_key.pub"
	done
	echo Port 22 >root/etc/ssh/sshd_config
	echo 0123456789abcdef0123456789abcdef | tee root/etc/machine-id >root/var/lib/dbus/machine-id
	echo lease >root/var/lib/dhcp/dhclient.eth0.leases
	head -c 512 /dev/urandom >root/var/lib/systemd/random-seed
	echo 'ID=debian' >root/etc/os-release
	echo old.example.org >root/etc/hostname
	printf '127.0.0.1 localhost\n127.0.1.1 old.example.org old oldest\n' >root/etc/hosts
	ln root/etc/hosts root/etc/hosts.other
	printf 'UUID=%s / ext4 defaults 0 1\nPARTUUID=deadbeef-01 /x\n' "$uuid" >root/etc/fstab
	echo "linux /vmlinuz root=UUID=$uuid" >root/boot/grub/grub.cfg
	echo 'root:*:1:0:99999:7:::' >root/etc/shadow
	chmod 640 root/etc/shadow
	truncate -s 64M d/old.img
	printf 'label: dos\nlabel-id: 0xdeadbeef\n2048,,83,*\n' | sfdisk -q d/old.img
	# shellcheck disable=SC2086
	mke2fs -q ${1:--t ext4} -U "$uuid" -L old -d root -E offset=1048576 d/old.img 64500k
	cat >d/old.cfg <<-END
		# my own guest
		name = 'old'
		memory = 256
		maxmem = 512
		kernel = "$PWD/d/old.vmlinuz"
		ramdisk = "$PWD/d/old.initramfs"
		extra = "root=UUID=$uuid ro"
		disk = [ 'file:$PWD/d/old.img,xvda,w' ]  # the disk
		vif = [ 'bridge=br7, script=vif-route' ]
		on_crash = "preserve"
	END
	echo a kernel >d/old.vmlinuz
	echo an initramfs >d/old.initramfs
}

@test "a copy has a name, UUIDs, a MAC address and a disk signature of its own" {
	web01
	cloned web01 web02
	holds d web01.img web01.cfg web02.img web02.cfg
	fsck_is_clean d/web02.img
	for key in name uuid disk vif; do
		[[ -n $(cfg_value d/web02.cfg $key) && $(cfg_value d/web01.cfg $key) != "$(cfg_value d/web02.cfg $key)" ]]
	done
	grep -q "target=$PWD/d/web02.img\"" d/web02.cfg
	[[ $(hex d/web01.img 440 4) != "$(hex d/web02.img 440 4)" ]]
	[[ $(partition_value d/web02.img 1 LABEL) == web02 ]]
	old=$(partition_value d/web01.img 1 UUID)
	new=$(partition_value d/web02.img 1 UUID)
	[[ -n $new && $old != "$new" ]]
	cat_in d/web02.img /etc/fstab | grep -q "^UUID=$new "
	run ! grep -q "$old" <(cat_in d/web02.img /etc/fstab) <(cat_in d/web02.img /boot/grub/grub.cfg)
	# Swap keeps its own, which an initramfs may wait for.
	swap=$(partition_value d/web01.img 2 UUID)
	[[ -n $swap && $swap == "$(partition_value d/web02.img 2 UUID)" ]]
	cat_in d/web02.img /etc/fstab | grep -q "^UUID=$swap "
	cat_in d/web02.img /boot/grub/grub.cfg | grep -q "root=UUID=$(partition_value d/web02.img 1 UUID) "
	[[ $(cat_in d/web02.img /etc/hostname) == web02 ]]
	cat_in d/web02.img /etc/hosts | grep -qx $'127.0.1.1\tweb02'
	dumpe2fs -h -o superblock=8193 -o blocksize=1024 "d/web02.img?offset=$(root_offset d/web02.img)" |
		grep -q "$(partition_value d/web02.img 1 UUID)"
}

@test "all other files are byte for byte the source's, and the source is not touched" {
	web01
	sha256sum d/web01.* >sums
	cloned web01 web02
	sha256sum --quiet -c sums
	for name in web01 web02; do
		mkdir $name
		in_image d/$name.img "rdump / $name" || true
		rm $name/etc/{hostname,hosts,fstab} $name/boot/grub/grub.cfg
		(cd $name && find . ! -name lost+found -printf '%P %m %U %G %l\n' | sort) >$name.list
	done
	diff web01.list web02.list
	diff -r --no-dereference web01 web02
	[[ $(wc -l <web01.list) -gt 100 ]]
}

@test "a copy is as sparse as its source" {
	web01
	cloned web01 web02
	[[ $(stat -c %s d/web01.img) -eq $(stat -c %s d/web02.img) ]]
	[[ $(stat -c %b d/web02.img) -le $(($(stat -c %b d/web01.img) + 512)) ]]
	[[ $(stat -c %a d/web02.img) == 600 ]]
}

@test "a cfg that is private stays so" {
	web01
	chmod 600 d/web01.cfg
	cloned web01 web02
	[[ $(stat -c %a d/web02.cfg) == 600 ]]
}

@test "a guest given by the path of its config: the copy is created next to it" {
	web01
	bd clone d/web01.cfg web02 --quiet
	[[ $status -eq 0 ]]
	holds d web01.img web01.cfg web02.img web02.cfg
}

@test "what an administrator wrote into the cfg stays, and what a foreign guest has is renewed" {
	foreign
	cloned old new --mac 00:16:3e:01:02:03
	holds d {old,new}.{img,cfg,vmlinuz,initramfs}
	root_uuid=$(partition_value d/new.img 1 UUID)
	sed "s/'old'/\"new\"/; s/old\.\(img\|vmlinuz\|initramfs\)/new.\1/; s/$uuid/$root_uuid/
		s/'\(bridge.*vif-route\)'/\"\1, mac=00:16:3e:01:02:03\"/" d/old.cfg >expected
	diff expected <(grep -v '^uuid = ' d/new.cfg)
	cmp d/old.vmlinuz d/new.vmlinuz
	cmp d/old.initramfs d/new.initramfs
	fsck_is_clean d/new.img
	[[ $(in_image d/new.img 'ls /etc/ssh' | grep -o 'ssh_host[a-z0-9_.]*' | sort | xargs) == "ssh_host_ed25519_key ssh_host_ed25519_key.pub" ]]
	[[ $(cat_in d/new.img /etc/ssh/sshd_config) == "Port 22" ]]
	[[ -z $(cat_in d/new.img /etc/machine-id) ]]
	run ! grep -E 'leases|machine-id|random-seed' <(in_image d/new.img 'ls /var/lib/dhcp'; in_image d/new.img 'ls /var/lib/dbus'; in_image d/new.img 'ls /var/lib/systemd')
	[[ $(cat_in d/new.img /etc/hostname) == new.example.org ]]
	cat_in d/new.img /etc/hosts | grep -qx '127.0.1.1 new.example.org new oldest'
	cat_in d/new.img /etc/hosts.other | grep -qx '127.0.1.1 old.example.org old oldest'
	cat_in d/new.img /etc/fstab | grep -qx "UUID=$root_uuid / ext4 defaults 0 1"
	cat_in d/new.img /etc/fstab | grep -qx "PARTUUID=$(xxd -s 440 -l 4 -e d/new.img | cut -d' ' -f2)-01 /x"
	cat_in d/new.img /boot/grub/grub.cfg | grep -qx "linux /vmlinuz root=UUID=$root_uuid"
	in_image d/new.img 'ls -l /etc' | grep -q '100640 .* shadow$'
	cat_in d/new.img /etc/systemd/network/10-xen-bigdisk.network | grep -q 00:16:3e:01:02:03
}

@test "a filesystem that is found by its label keeps it, and one that is not gets the copy's name" {
	foreign
	cloned old new
	[[ $(partition_value d/new.img 1 LABEL) == new ]]
	printf 'LABEL=old / ext4 defaults 0 1\n' >fstab
	"$bigdisk" cp fstab d/old.img:/etc/fstab
	cloned old newer
	[[ $(partition_value d/newer.img 1 LABEL) == old && $(cat_in d/newer.img /etc/fstab) == "$(<fstab)" ]]
}

@test "ext2, ext3 and ext4 of several kinds are copied" {
	for options in "-t ext2" "-t ext3 -I 128" "-t ext4 -O metadata_csum,metadata_csum_seed" \
		"-t ext4 -O ^metadata_csum,uninit_bg"; do
		rm -rf root d
		mkdir d
		foreign "$options"
		cloned old new
		fsck_is_clean d/new.img
		[[ $(partition_value d/new.img 1 UUID) != "$uuid" ]]
	done
}

@test "a filesystem in which e2fsck corrects something before the UUID is changed is copied" {
	foreign "-t ext4 -O metadata_csum,^metadata_csum_seed"
	debugfs -w -R "sif /etc/ssh/sshd_config links_count 7" "d/old.img?offset=1048576"
	status=0
	cp d/old.img checked.img
	e2fsck -fp "checked.img?offset=1048576" || status=$?
	[[ $status -eq 1 ]] || skip "this e2fsck says $status"
	cloned old new
	fsck_is_clean d/new.img
}

@test "--dry-run prints the plan and the config, and touches nothing" {
	need jq
	foreign
	find d -printf '%p %s %T@\n' | sort >before
	bd clone old new --dir d --dry-run
	[[ $status -eq 0 && $output == *"$PWD/d/new.img"*"$PWD/d/new.cfg"*'name = "new"'* ]] || fail "$output"
	bd clone old new --dir d --dry-run --json --memory 1G
	[[ $status -eq 0 ]]
	jq -e '.state == "planned" and .memory_mib == 1024 and (.config | contains("name = \"new\"")) and .image == .files.image' \
		<<<"$output"
	bd clone old old --dir d --dry-run
	failed_with 3
	find d -printf '%p %s %T@\n' | sort | diff before -
}

@test "the fingerprint in --json is that of the host key in the image" {
	need ssh-keygen jq
	foreign
	bd clone old new --dir d --json
	[[ $status -eq 0 ]]
	echo "$output" >json
	jq -e '.name == "new" and .source == "old" and .state == "made" and .files.kernel and .network[0].ip == "dhcp"' json
	[[ $(jq -r .cfg json) == "$PWD/d/new.cfg" ]]
	grep -q "$(jq -r .uuid json)" d/new.cfg
	cat_in d/new.img /etc/ssh/ssh_host_ed25519_key.pub >key.pub
	ssh-keygen -lf key.pub | grep -qF "$(jq -r '.ssh_host_keys[0].fingerprint' json)"
}

@test "keys are added to those that may log in already, and root's password is set" {
	need ssh-keygen openssl
	foreign
	ssh-keygen -q -t ed25519 -N '' -f mine
	hash=$(openssl passwd -6 secret)
	cloned old new --ssh-key mine.pub --root-password-hash "$hash"
	[[ $(cat_in d/new.img /root/.ssh/authorized_keys) == "$(<mine.pub)" ]]
	[[ $(cat_in d/new.img /etc/shadow) == "root:$hash:1:0:99999:7:::" ]]
}

@test "the same seed gives the same copy, and another name another one" {
	foreign
	export SOURCE_DATE_EPOCH=1700000000
	cloned old new --seed s
	cp d/new.cfg cfg
	rm d/new.*
	cloned old new --seed s
	cmp cfg d/new.cfg
	cloned old newer --seed s
	[[ $(partition_value d/new.img 1 UUID) != "$(partition_value d/newer.img 1 UUID)" ]]
}

@test "memory and virtual CPUs are the source's, unless others are given" {
	web01 --memory 300 --vcpus 2
	cloned web01 web02
	[[ $(cfg_value d/web02.cfg memory) == 300 && $(cfg_value d/web02.cfg vcpus) == 2 ]]
	cloned web01 web03 --memory 1G --vcpus 3
	[[ $(cfg_value d/web03.cfg memory) == 1024 && $(cfg_value d/web03.cfg vcpus) == 3 ]]
}

@test "a copy of a guest without a network has none, and can be given no address" {
	web01 --no-net
	cloned web01 web02
	run ! grep -q '^vif' d/web02.cfg
	bd clone web01 web03 --dir d --ip 192.0.2.3/24
	failed_with 2
	[[ ! -e d/web03.cfg ]]
}

@test "each interface gets a MAC address of its own, and no more of the cfg is changed than that" {
	foreign
	sed -i "s/^vif = .*/vif = [ 'bridge=br7', 'bridge=br7', 'mac=00:16:3e:00:00:09, bridge=br8' ] # bridge=br7/" d/old.cfg
	echo "vif += [ 'mac=00:16:3e:00:00:0a' ]" >>d/old.cfg
	cloned old new --mac 00:16:3e:00:00:08
	grep '^vif' d/new.cfg | sed 's/mac=[0-9a-f:]*/mac=M/g' >vifs
	[[ $(head -n 1 vifs) == "vif = [ \"bridge=br7, mac=M\", 'bridge=br7', 'mac=M, bridge=br8' ] # bridge=br7" ]] ||
		fail "$(<vifs)"
	grep -q '^vif = . "bridge=br7, mac=00:16:3e:00:00:08"' d/new.cfg
	[[ $(grep -o 'mac=[0-9a-f:]*' d/new.cfg | sort -u | wc -l) -eq 3 ]]
	run ! grep -qE '00:16:3e:00:00:(09|0a)' d/new.cfg
	cloned old newer --bridge lo
	[[ $(grep '^vif = ' d/newer.cfg) == *'"bridge=lo, mac='*"\", 'bridge=br7', "* ]]
	sed -i 's/00:16:3e:00:00:0a/00:16:3e:00:00:09/' d/old.cfg
	bd clone old newest --dir d
	failed_with 1
	[[ ! -e d/newest.cfg ]]
}

@test "the address in a vif is the copy's, or is removed" {
	foreign
	sed -i "s/^vif = .*/vif = [ 'bridge=br7, ip=192.0.2.12, script=vif-route', 'ip=192.0.2.13' ]/" d/old.cfg
	bd clone old new --dir d --quiet --mac 00:16:3e:01:02:03
	[[ $status -eq 0 && $(grep -c ip=192.0.2.1 <<<"$stderr") -eq 2 ]]
	[[ $(grep ^vif d/new.cfg) == 'vif = [ "bridge=br7, script=vif-route, mac=00:16:3e:01:02:03", "" ]' ]] || fail "$(<d/new.cfg)"
	bd clone old newer --dir d --quiet --ip 192.0.2.14/24
	[[ $status -eq 0 ]]
	grep -q '^vif = .*bridge=br7, ip=192.0.2.14, script=vif-route, mac=' d/newer.cfg
	run ! grep -q 192.0.2.13 d/newer.cfg
}

@test "a static address is never doubled" {
	web01 --ip 192.0.2.12/24 --gateway 192.0.2.1
	bd clone web01 web02 --dir d
	failed_with 2
	[[ $stderr == *192.0.2.12/24* ]]
	bd clone web01 web02 --dir d --ip 192.0.2.12/24
	failed_with 2
	bd clone web01 web02 --dir d --mac "$(grep -o 'mac=[0-9a-f:]*' d/web01.cfg | cut -d= -f2)" --ip dhcp
	failed_with 2
	holds d web01.img web01.cfg
	cloned web01 web02 --ip 192.0.2.13/24 --gateway 192.0.2.1
	cat_in d/web02.img /etc/network/interfaces | grep -q 'address 192.0.2.13$'
	grep -q '^# xen-bigdisk: .*address=192.0.2.13/24' d/web02.cfg
	run ! grep -rq 192.0.2.12 d/web02.cfg
	# The copy of the copy can be told to ask a DHCP server.
	cloned web02 web03 --ip dhcp
	run ! grep -q 'address=' d/web03.cfg
	cat_in d/web03.img /etc/network/interfaces | grep -q 'inet dhcp'
}

@test "of a guest that was not shut down, the journal is replayed in the copy" {
	foreign "-t ext3"
	debugfs -w "d/old.img?offset=1048576" <<<$'dump /etc/hostname hostname\nbmap /etc/hostname 0' >at 2>/dev/null
	printf 'late\n' >block
	truncate -s 1024 block
	printf 'jo\njw -b %s block\njc\n' "$(grep -oE '^[0-9]+$' at)" | debugfs -w "d/old.img?offset=1048576" -f - 2>/dev/null
	before=$(sha256sum <d/old.img)
	cloned old new
	[[ $stderr == *"old was not shut down cleanly; in the copy, the journal of its filesystem is replayed"* ]]
	[ "$(sha256sum <d/old.img)" = "$before" ]
	e2fsck -fn "d/new.img?offset=1048576"
	dumpe2fs -h "d/new.img?offset=1048576" 2>/dev/null >dump
	run ! grep needs_recovery dump
}

@test "a guest whose filesystem was not unmounted cleanly, and which has no journal, is refused" {
	foreign "-t ext2"
	debugfs -w -R "ssv state 0" "d/old.img?offset=1048576"
	bd clone old new --dir d
	failed_with 5
	[[ $stderr == *"shut it down cleanly"* ]]
	holds d old.{img,cfg,vmlinuz,initramfs}
}

@test "a guest whose filesystem has features that are not written is refused before anything is copied" {
	for feature in bigalloc casefold encrypt mmp ea_inode; do
		rm -rf root d
		mkdir d
		foreign "-t ext4 -O $feature"
		bd clone old new --dir d
		failed_with 1
		[[ $stderr == *"$feature"* ]]
		holds d old.{img,cfg,vmlinuz,initramfs}
	done
}

@test "a disk with what would keep its identity is refused" {
	foreign
	printf 'label: dos\n2048,20480,83\n,,83\n' | sfdisk -q d/old.img
	mke2fs -q -t ext3 -E offset=1048576 d/old.img 10m
	mke2fs -q -t ext3 -E offset=11534336 d/old.img 20m
	bd clone old new --dir d
	failed_with 1
	[[ $stderr == *"it has 2 filesystems, and not exactly one of them has a system in it"* ]]
	printf 'label: gpt\n2048,40960\n' | sfdisk -q d/old.img
	bd clone old new --dir d
	failed_with 1
	[[ $stderr == *GPT* ]]
	truncate -s 0 d/old.img
	truncate -s 64M d/old.img
	bd clone old new --dir d
	failed_with 1
	sed -i "s,'file:.*',&\, 'phy:/dev/vg/x\,xvdb\,w'," d/old.cfg
	bd clone old new --dir d
	failed_with 1
	[[ $stderr == *"the disk /dev/vg/x of old is not its own"* ]]
	holds d old.{img,cfg,vmlinuz,initramfs}
}

@test "a disk that another program writes to is refused" {
	foreign
	exec 9<>d/old.img
	bd clone old new --dir d 9>&-
	exec 9>&-
	failed_with 5
	holds d old.{img,cfg,vmlinuz,initramfs}
	cloned old new
}

@test "existing files are not touched" {
	web01
	for there in web02.cfg web02.img; do
		echo mine >"d/$there"
		bd clone web01 web02 --dir d
		failed_with 3
		[[ $(<"d/$there") == mine ]]
		rm "d/$there"
	done
	bd clone web01 web01 --dir d
	failed_with 3
	bd clone nobody web02 --dir d
	failed_with 4
	holds d web01.img web01.cfg
	sed 's/web01/w5/' d/web01.cfg >d/other.cfg
	bd clone web01 w5 --dir d
	failed_with 3
	[[ $stderr == *d/other.cfg* ]]
	rm d/other.cfg
	ln -s web01.cfg d/link.cfg
	bd clone link web02 --dir d
	failed_with 1
	holds d web01.img web01.cfg link.cfg
}

@test "a copy that fails half-way leaves nothing" {
	web01
	run bash -c "ulimit -f 100000; '$bigdisk' clone web01 web02 --dir d"
	[[ $status -eq 1 ]]
	holds d web01.img web01.cfg
}

@test "a running guest is refused, and copied once it is stopped" {
	web01 --no-net
	fake_xen
	bd start web01 --dir d --quiet
	[[ $status -eq 0 ]]
	bd clone web01 web02 --dir d
	failed_with 5
	[[ $stderr == *"xen-bigdisk stop $PWD/d/web01.cfg"* ]]
	holds d web01.img web01.cfg
	FAKE_TOOLSTACK_MODE=dying bd clone web01 web02 --dir d
	failed_with 5
	[[ $stderr == *"is being destroyed; try again"* ]]
	holds d web01.img web01.cfg
	: >domains
	cloned web01 web02
	run ! grep -q web02 domains
}

@test "a user who may not ask Xen copies what no program writes to" {
	web01 --no-net
	fake_xen not-root
	cloned web01 web02
	is_there=$(ls d)
	bd clone web01 web03 --dir d --start
	failed_with 1
	[[ $stderr == *"only root"* && $(ls d) == "$is_there" ]]
}

@test "--start boots the copy, and one that does not boot is removed" {
	web01 --no-net
	fake_xen
	bd clone web01 web02 --dir d --start
	[[ $status -eq 0 ]]
	grep -q "^create cfg=$PWD/d/web02.cfg " log
	grep -q ' web02$' domains
	fake_xen create-fails
	bd clone web01 web03 --dir d --start
	[[ $status -ne 0 ]]
	holds d web01.img web01.cfg web02.img web02.cfg
	bd clone web01 web03 --dir d --wait
	failed_with 2
}

@test "Ctrl-C while the copy is booted leaves nothing" {
	web01 --no-net
	fake_xen create-hangs
	"${default_signals[@]}" "$bigdisk" clone web01 web02 --dir d --start >out 2>err 3>&- &
	pid=$!
	until_true grep -q '^create' log
	kill -INT $pid
	status=0
	wait $pid || status=$?
	[[ $status -eq 130 ]]
	holds d web01.img web01.cfg
}

# Until a process is at work, the copy has no name; so a kill -9 leaves nothing either.
@test "kill -9 while the copy is made leaves nothing, and repeating it makes it" {
	web01
	for delay in 0.002 0.005 0.01 0.02; do
		"$bigdisk" clone web01 web02 --dir d --quiet 3>&- &
		pid=$!
		sleep $delay
		kill -KILL $pid 2>/dev/null || true
		wait $pid || true
		[[ -e d/web02.cfg ]] || holds d web01.img web01.cfg
		rm -f d/web02.*
	done
	cloned web01 web02
}
