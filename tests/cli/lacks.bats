#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a template's guests lack for booting and being reached is said when it is imported, and when a guest is made of it.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# A root that lacks nothing: a kernel with its modules, an initramfs, a network, an inittab.
whole() {
	export XEN_BIGDISK_TEMPLATES=$PWD/templates
	mkdir -p root/{boot,etc,sbin} root/usr/lib/modules/6.1.0-9
	echo kernel >root/boot/vmlinuz-6.1.0-9
	echo initramfs >root/boot/initrd.img-6.1.0-9
	echo kernel/drivers/virtio/virtio.ko >root/usr/lib/modules/6.1.0-9/modules.builtin
	printf '%s\n' kernel/drivers/block/xen-blkfront.ko.xz: kernel/fs/ext4/ext4.ko.xz: >root/usr/lib/modules/6.1.0-9/modules.dep
	echo busybox >root/sbin/ifup
	echo '::sysinit:/bin/true' >root/etc/inittab
	mkdir -p root/var/lib/dpkg
}

# lacks [ID...]: import and new, as text and as JSON, say these and no others; the status is 0
lacks() {
	need jq
	local ids
	ids=$(printf '%s ' "$@")
	rm -rf templates d && mkdir d
	bd template import --json web root
	[[ $status -eq 0 ]]
	[[ $(jq -r '.warnings[].id' <<<"$output" | xargs) == "${ids% }" ]] || fail "import has other ids"
	[[ $(jq -r '.manifest.system.lacks[]' <<<"$output" | xargs) == "${ids% }" ]] || fail "so has the manifest"
	[[ $(grep -c '^xen-bigdisk: warning: the template web has n' <<<"$stderr") -eq $# ]] || fail "import has other warnings"
	local warnings
	warnings=$(sed -n 's/^xen-bigdisk: warning: \(the template web has n.*\)/  warning    \1/p' <<<"$stderr")
	bd template show web
	[[ $(grep warning <<<"$output") == "$warnings" ]] || fail "show has other warnings"
	new_lacks "$@"
}

new_lacks() {
	local ids
	ids=$(printf '%s ' "$@")
	rm -rf d && mkdir d
	bd new web01 --template web --json --no-start --dir d --size 64M --boot-sector "${sector:-none}" "${more[@]}"
	[[ $status -eq 0 ]]
	[[ $(jq -r '.warnings[].id' <<<"$output" | xargs) == "${ids% }" ]] || fail "new has other ids"
	[[ $(grep -c '^xen-bigdisk: warning: web01 has n' <<<"$stderr") -eq $# ]] || fail "new has other warnings"
	[[ $(jq -r '.warnings[].message' <<<"$output") == "$(sed -n 's/^xen-bigdisk: warning: \(web01 has n.*\)/\1/p' <<<"$stderr")" ]]
}

@test "nothing is said of a root that has all of it, and nothing of the built-in empty one" {
	whole
	lacks
	[[ -z $stderr ]]
	bd new empty --template none --json --no-start --dir d --size 32M --boot-sector none
	[[ $(jq -c .warnings <<<"$output") == "[]" && -z $stderr ]]
}

@test "no kernel" {
	whole
	rm -r root/boot root/usr
	lacks no-kernel
	need_grub2
	sector=grub2 more=(--type hvm)
	new_lacks no-kernel
}

@test "no initramfs, where the driver for the disk or the filesystem is a module" {
	whole
	rm root/boot/initrd.img-6.1.0-9
	lacks no-initramfs
	echo kernel/drivers/block/xen-blkfront.ko >root/usr/lib/modules/6.1.0-9/modules.builtin
	lacks no-initramfs
	# Both are built in: it needs none.
	echo kernel/fs/ext4/ext4.ko >>root/usr/lib/modules/6.1.0-9/modules.builtin
	lacks
	rm -r root/usr/lib/modules
	printf '%s\n' CONFIG_XEN_BLKDEV_FRONTEND=y CONFIG_EXT4_FS=y >root/boot/config-6.1.0-9
	lacks
	sed -i 's/EXT4_FS=y/EXT4_FS=m/' root/boot/config-6.1.0-9
	lacks no-initramfs
	# Of a kernel of which nothing is known, nothing is said.
	rm root/boot/config-6.1.0-9
	lacks
}

@test "no driver for Xen's disks, which an HVM guest need not have" {
	whole
	echo kernel/fs/ext4/ext4.ko: >root/usr/lib/modules/6.1.0-9/modules.dep
	lacks no-disk-driver
	need_grub2
	sector=grub2 more=(--type hvm)
	new_lacks
	sector=none more=()
	# The package that has the module is not installed.
	echo CONFIG_XEN_BLKDEV_FRONTEND=m >root/boot/config-6.1.0-9
	lacks no-disk-driver
	rm -r root/usr/lib/modules
	lacks
	echo '# CONFIG_XEN_BLKDEV_FRONTEND is not set' >root/boot/config-6.1.0-9
	lacks no-disk-driver
}

# initramfs_with FILE...: packs these, and a few others, as the initramfs, by the compression in $by.
initramfs_with() {
	rm -rf initramfs
	mkdir -p initramfs/{conf,usr/lib/modules/6.1.0-9}
	echo x | tee initramfs/init >initramfs/conf/initramfs.conf
	local file
	for file; do echo module >"initramfs/usr/lib/modules/6.1.0-9/$file"; done
	(cd initramfs && find . | cpio -o -H newc --quiet) | ${by:-cat}
}

@test "an initramfs is without the driver for Xen's disks, however it is packed, and behind microcode, too" {
	need cpio xz zstd lz4
	whole
	local image=root/boot/initrd.img-6.1.0-9 by file
	mkdir -p early/kernel/x86/microcode
	head -c 9000 /dev/urandom >early/kernel/x86/microcode/GenuineIntel.bin
	(cd early && find . | cpio -o -H newc --quiet) >early.cpio
	for by in cat 'gzip -c' 'xz --check=crc32' zstd 'lz4 -l' bzip2 'xz --format=lzma'; do
		{ cat early.cpio early.cpio && initramfs_with virtio_blk.ko not-xen-blkfront.ko xen-blkfront.kod; } >$image
		bd template import --json "t$((++number))" root
		[[ $(jq -r '.warnings[].id' <<<"$output") == no-driver-in-initramfs ]] || fail "$by: $output"
		{ cat early.cpio && initramfs_with ext4.ko xen-blkfront.ko.xz; } >$image
		bd template import --json "t$((++number))" root
		[[ $status -eq 0 && $(jq -c .warnings <<<"$output") == "[]" ]] || fail "$by: $output"
		# Behind what is compressed, and padded, as the kernel has it.
		initramfs_with ext4.ko >$image
		truncate -s %512 $image
		by=cat initramfs_with xen-blkfront.ko >>$image
		bd template import --json "t$((++number))" root
		[[ $status -eq 0 && $(jq -c .warnings <<<"$output") == "[]" ]] || fail "$by: $output"
	done
	by='gzip -c' initramfs_with ext4.ko >$image
	truncate -s %512 $image
	{ by=cat initramfs_with ext4.ko && by=zstd initramfs_with; } >>$image
	bd template import --json "t$((++number))" root
	[[ $(jq -r '.warnings[].id' <<<"$output") == no-driver-in-initramfs ]] || fail "$output"
	by='gzip -c'
	for file in xen-blkfront.ko xen_blkfront.ko.zst; do
		initramfs_with $file >$image
		lacks
	done
	# As the latest of Debian's: modules, which are compressed already, and then the rest.
	{ cat early.cpio && by=cat initramfs_with xen-blkfront.ko.xz && initramfs_with; } >$image
	lacks
	initramfs_with virtio_blk.ko >$image
	lacks no-driver-in-initramfs
	grep -qF '(xen-blkfront) in /boot/initrd.img-6.1.0-9, and will not find its root: make that anew' <<<"$stderr"
	need_grub2
	sector=grub2 more=(--type hvm)
	new_lacks
	# Of what cannot be read to its end, nothing is said; nor where it is not needed.
	sector=none more=()
	head -c 120 $image >cut
	{ cat early.cpio && cat cut; } >$image
	lacks
	head -c 5000 early.cpio >$image
	lacks
	head -c 5000 /dev/urandom >$image
	lacks
	initramfs_with virtio_blk.ko >$image
	printf '%s\n' kernel/drivers/block/xen-blkfront.ko kernel/fs/ext4/ext4.ko >root/usr/lib/modules/6.1.0-9/modules.builtin
	lacks
}

@test "clone looks into the initramfs, too, which is larger than all else that it reads" {
	need cpio jq
	whole
	mkdir -p initramfs d
	head -c 5M /dev/urandom >initramfs/firmware
	(cd initramfs && echo firmware | cpio -o -H newc --quiet) >root/boot/initrd.img-6.1.0-9
	bd template import without root
	bd new web01 --template without --no-start --dir d --size 64M --boot-sector none
	bd clone web01 web02 --dir d --json
	[[ $status -eq 0 && $(jq -r '.warnings[].id' <<<"$output") == no-driver-in-initramfs ]] || fail "other ids"
	grep -qF "warning: web02 has no driver for Xen's disks (xen-blkfront) in /boot/initrd.img-6.1.0-9" <<<"$stderr"
	# It is at the end, behind what is more than one answer of the sandboxed reader.
	by=cat initramfs_with xen-blkfront.ko >>root/boot/initrd.img-6.1.0-9
	bd template import with root
	bd new web03 --template with --no-start --dir d --size 64M --boot-sector none
	bd clone web03 web04 --dir d --json
	[[ $status -eq 0 && $(jq -c .warnings <<<"$output") == "[]" ]] || fail "it has the driver"
}

@test "the modules of a kernel without a version are found, as Alpine has them" {
	whole
	mv root/boot/vmlinuz-6.1.0-9 root/boot/vmlinuz-lts
	mv root/boot/initrd.img-6.1.0-9 root/boot/initramfs-lts
	mv root/usr/lib/modules/6.1.0-9 root/usr/lib/modules/6.6.58-0-lts
	mkdir root/usr/lib/modules/6.6.50-0-virt
	lacks
	echo x >root/usr/lib/modules/6.6.58-0-lts/modules.dep
	lacks no-disk-driver
}

@test "nothing that configures a network, of which a guest without one is not warned" {
	whole
	rm root/sbin/ifup
	lacks no-network
	more=(--no-net)
	new_lacks
	more=()
	mkdir -p root/etc/init.d
	: >root/etc/init.d/S40network
	lacks
	rm root/etc/init.d/S40network
	# Who declares it knows.
	bd template import --json declared root --network none
	[[ $(jq -c .warnings <<<"$output") == "[]" ]]
}

@test "nothing that answers on the console" {
	whole
	rm root/etc/inittab
	lacks no-console
	mkdir -p root/usr/lib/systemd
	echo systemd >root/usr/lib/systemd/systemd
	lacks
	rm -r root/usr/lib/systemd
	mkdir root/etc/runit
	lacks
}

@test "several at once, in clone and in a fleet too, and a template that has its own grub.cfg" {
	whole
	rm -r root/boot root/usr root/etc/inittab root/sbin
	lacks no-kernel no-network no-console
	bd clone web01 web02 --dir d --json
	[[ $status -eq 0 ]]
	[[ $(jq -r '.warnings[].id' <<<"$output" | xargs) == "no-kernel no-network no-console" ]]
	[[ $(grep -c '^xen-bigdisk: warning: web02 has n' <<<"$stderr") -eq 3 ]]
	template=web write_manifest '"guests": { "web03": {} }'
	bd fleet apply fleet.json --no-start --yes --dir d
	[[ $status -eq 0 ]]
	[[ $(grep -c 'warning: .*web03 has n' <<<"$stderr") -eq 3 ]]
	mkdir -p root/boot/grub
	echo "# mine" >root/boot/grub/grub.cfg
	bd template import --json own root --own-grub-cfg
	[[ $(jq -r '.warnings[].id' <<<"$output" | xargs) == "no-network no-console" ]]
}

# disk_of FOLDER...: disk.img, which has a partition with ext4 for each.
disk_of() {
	need sgdisk mkfs.ext4 jq
	local number=0 folder
	rm -f disk.img
	truncate -s $(((2 + 8 * $#) << 20)) disk.img
	for folder; do
		sgdisk -n $((++number)):$(((number * 8 - 7) << 11)):+8M ${gpt_type:+-t $number:$gpt_type} disk.img >/dev/null
		mkfs.ext4 -q -d "$folder" -E offset=$(((number * 8 - 7) << 20)) disk.img 8M
	done
}

# disk_lacks [ID...]: of the disk as it is, import says these and no others
disk_lacks() {
	local ids
	ids=$(printf '%s ' "$@")
	rm -rf templates
	bd template import --json web disk.img --as disk
	[[ $status -eq 0 ]]
	[[ $(jq -r '.warnings[].id' <<<"$output" | xargs) == "${ids% }" ]] || fail "import has other ids than ${ids% }"
	[[ $(jq -r '.manifest.system.lacks[]?' <<<"$output" | xargs) == "${ids% }" ]] || fail "so has the manifest"
	[[ $(grep -c '^xen-bigdisk: warning: the template web has n' <<<"$stderr") -eq $# ]] || fail "import has other warnings"
	cmp disk.img templates/web/payload
}

# The same of a guest of it, of this kind.
disk_new_lacks() {
	local ids
	ids=$(printf '%s ' "$@")
	rm -rf d && mkdir d
	# shellcheck disable=SC2086 # its words
	bd new web01 --template web --json --no-start --dir d --ssh-key key.pub $kind
	[[ $status -eq 0 ]]
	[[ $(jq -r '.warnings[].id' <<<"$output" | xargs) == "${ids% }" ]] || fail "new has other ids than ${ids% }"
	[[ $(grep -c '^xen-bigdisk: warning: web01 has n' <<<"$stderr") -eq $# ]] || fail "new has other warnings"
}

# A root that lacks nothing on a disk either.
whole_disk_root() {
	whole
	mkdir -p root/usr/bin root/etc/cloud/cloud.cfg.d
	echo cloud-init >root/usr/bin/cloud-init
	ssh-keygen -q -t ed25519 -N '' -f key
}

@test "a whole disk whose root is ext4 is looked into as a root is, and its guests are warned of" {
	need cpio
	whole_disk_root
	printf 'PRETTY_NAME="A System 1"\n' >root/etc/os-release
	disk_of root
	disk_lacks
	bd template show web
	[[ $output == *$'\n  system     A System 1\n'* && $output != *warning* ]]
	kind='--type pv' disk_new_lacks
	initramfs_with virtio_blk.ko >root/boot/initrd.img-6.1.0-9
	disk_of root
	disk_lacks no-driver-in-initramfs
	python3 - "$top/templates/manifest.schema.json" templates/web/manifest.json <<-'END'
		import json, sys
		try:
		    import jsonschema
		    jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))
		except ImportError:
		    pass
	END
	bd template show web
	[[ $output == *'warning    the template web has no driver'* ]]
	kind='--type pv' disk_new_lacks no-driver-in-initramfs
	kind='--type hvm' disk_new_lacks
	rm root/boot/initrd.img-6.1.0-9
	disk_of root
	disk_lacks no-initramfs
	rm -r root/boot root/usr/lib root/sbin/ifup root/usr/bin root/etc/inittab
	disk_of root
	disk_lacks no-kernel no-network no-console no-cloud-init
	kind='--type pv' disk_new_lacks no-kernel no-network no-console no-cloud-init
	kind='--type pv --no-net' disk_new_lacks no-kernel no-console no-cloud-init
}

@test "what of a whole disk is on other filesystems, or cannot be read, is not said to be lacking" {
	whole_disk_root
	mkdir boot
	mv root/boot/* boot
	disk_of root boot
	disk_lacks no-kernel
	echo '/dev/xvda2 /boot ext4 defaults 0 2' >root/etc/fstab
	disk_of root boot
	disk_lacks
	# The kernel that this hides is not the one that boots.
	echo old >root/boot/vmlinuz-6.1.0-9
	disk_of root boot
	disk_lacks
	rm root/boot/* root/etc/fstab
	gpt_type=ea00 disk_of root
	disk_lacks
	# It may be in an EFI system partition.
	gpt_type=ef00 disk_of root
	disk_lacks
	mkdir usr
	mv root/usr/* usr
	rm root/sbin/ifup root/etc/inittab
	disk_of root usr
	disk_lacks no-kernel no-network no-console no-cloud-init
	echo 'LABEL=usr /usr ext4 defaults 0 2' >root/etc/fstab
	disk_of root usr
	disk_lacks
	# With two of them it is not known which one is booted.
	rm root/etc/fstab
	disk_of root root
	disk_lacks
	disk_of root
	dd if=/dev/zero of=disk.img bs=1M seek=1 count=2 conv=notrunc status=none
	disk_lacks
}

@test "cloud-init on a whole disk that is told of another datasource or network will not hear of the seed disk" {
	whole_disk_root
	rm -r root/boot root/usr/lib
	local d=root/etc/cloud/cloud.cfg.d
	says() {
		disk_of root
		disk_lacks no-kernel "$@"
	}
	printf 'users:\n - default\n#network: x\ndatasource_list: [ NoCloud, None ]\n' >root/etc/cloud/cloud.cfg
	says
	printf 'datasource_list:\n- Ec2 # NoCloud\n- None\n' >$d/90_dpkg.cfg
	says no-nocloud
	kind='--type hvm' disk_new_lacks no-kernel no-nocloud
	grep -q 'warning: web01 has no NoCloud among its datasources' <<<"$stderr"
	# The last file counts.
	printf "'datasource_list': [Ec2,\n  'NoCloud'\n]\n" >$d/91.cfg
	says
	echo 'datasource_list: [Ec2]' >$d/99.cfg.off
	says
	echo 'datasource: Ec2' >root/etc/cloud/ds-identify.cfg
	says no-nocloud
	rm $d/91.cfg
	printf 'policy: enabled\ndatasource: NoCloud\n' >root/etc/cloud/ds-identify.cfg
	says
	printf 'network:\n  config: disabled\n' >$d/10.cfg
	says no-seed-network
	kind='--type hvm' disk_new_lacks no-kernel no-seed-network
	kind='--type hvm --no-net' disk_new_lacks no-kernel
	echo 'network: {config: disabled}' >$d/10.cfg
	says no-seed-network
	echo 'network: { version: 2, ethernets: { eth0: { dhcp4: true } } }' >$d/10.cfg
	says no-seed-network
	echo 'network: null # as the datasource has it' >$d/11.cfg
	says
	echo 'policy: disabled' >root/etc/cloud/ds-identify.cfg
	says no-cloud-init
	rm root/etc/cloud/ds-identify.cfg $d/*
	: >root/etc/cloud/cloud-init.disabled
	says no-cloud-init
	rm root/etc/cloud/cloud-init.disabled
	mkdir -p root/boot/grub
	printf 'menuentry x {\n\tlinux /vmlinuz root=x ro network-config=disabled\n}\nmenuentry y {\n\tlinux /v cloud-init=disabled\n}\n' \
		>root/boot/grub/grub.cfg
	says no-seed-network
	sed -i 's/network-config=disabled/ds=ec2 cloud-init=disabled-not/' root/boot/grub/grub.cfg
	says no-nocloud
	sed -i 's/ds=ec2/cloud-init=disabled/' root/boot/grub/grub.cfg
	says no-cloud-init
}
