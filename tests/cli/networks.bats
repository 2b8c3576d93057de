#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Several interfaces, several addresses, gateways on the link, and further arguments for the kernel. No Xen is needed.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# made_mini ARGUMENTS...: a guest box in d.
made_mini() {
	need_busybox
	need debugfs
	made box --quiet --no-start --boot-sector none --size 512M --dir d "$@"
}

empty() {
	made "$@" --quiet --no-start --template none --size 16M --dir d
}

@test "the single options are the first interface, and each --net is a further one" {
	made_mini --bridge xenbr0 --mac 00:16:3e:00:00:01 --ip 203.0.113.5/32 --ip 203.0.113.6/32 --gateway 192.0.2.1 \
		--net bridge=xenbr1,mac=00:16:3e:00:00:02,ip=198.51.100.5/24,rate=10Mb/s --json
	[[ $(jq -c '[.network[] | [.bridge, .ip, .addresses]]' <<<"$output") == '[["xenbr0","203.0.113.5/32",["203.0.113.5/32","203.0.113.6/32"]],["xenbr1","198.51.100.5/24",["198.51.100.5/24"]]]' ]]
	grep -qF 'net1=ip=198.51.100.5/24' d/box.cfg
	grep -qF '"mac=00:16:3e:00:00:02, bridge=xenbr1, rate=10Mb/s"' d/box.cfg
	in_image d/box.img "cat /etc/network/interfaces" >interfaces
	grep -qF 'up ip route add 192.0.2.1 dev eth0' interfaces
	grep -qF 'up ip addr add 203.0.113.6/32 dev eth0' interfaces
	grep -qF 'iface eth1 inet static' interfaces
	bd show box --dir d
	[[ $output == *"ip=198.51.100.5/24"* ]]
}

@test "without single options the first --net is the first interface" {
	empty a --net bridge=xenbr7,ip=192.0.2.10/24,gateway=192.0.2.1 --net bridge=xenbr8 --dns 192.0.2.53
	grep -q '^# xen-bigdisk: .*address=192.0.2.10/24 gateway=192.0.2.1 ip6=auto dns=192.0.2.53 net1=ip=dhcp$' d/a.cfg
	[[ $(grep -c 'bridge=' d/a.cfg) -eq 2 ]]
}

@test "what xl would refuse, and what a guest cannot have twice, is refused" {
	local wrong
	for wrong in "--no-net --net bridge=b" "--net gatway=192.0.2.1" "--net ip=192.0.2.3/24,gateway=192.0.3.1" \
		"--net rate=10" "--net rate=10Mb" "--net rate=0Mb/s" "--net vlan=5x" "--net vlan=4095" "--net vlan=10/20" "--net type=ioemu" "--net mtu=9" "--net vifname=a/b" "--net ,," "--net bridge" "--net mac=x" \
		"--net bridge=a,bridge=b" "--net ip=192.0.2.3/24,gateway=192.0.2.1 --net ip=192.0.4.3/24,gateway=192.0.4.1" \
		"--ip 192.0.2.3/24 --net ip=192.0.2.3/24" "--ip 192.0.2.3/24 --ip dhcp" "--ip6 none --ip6 2001:db8::1/64" \
		"--mac 00:16:3e:00:00:01 --net mac=00:16:3e:00:00:01" "--net type=pv" "--net script=a\"b" \
		"--append a;b" "--append 'x'" "--append \$x"; do
		# shellcheck disable=SC2086 # words are meant
		bd new box --no-start --template none --size 16M --dir d $wrong
		refused 2
	done
	[[ ! -e d/box.cfg ]]
	bd new box --no-start --dir d --ip 203.0.113.5/30 --gateway 192.0.2.1
	refused 2
	[[ $stderr == *"needs the address with the length /32"* ]]
}

@test "vlan= is for a Xen that knows it" {
	fake_xen
	export FAKE_TOOLSTACK_XEN=4.17
	bd new a --no-start --template none --size 16M --dir d --net bridge=xenbr7,vlan=10p/20
	refused 2
	[[ $stderr == *"--net: xl of Xen 4.17 passes over vlan=, and the interface would be on xenbr7 without it"* && ! -e d/a.cfg ]]
	export FAKE_TOOLSTACK_XEN=4.19
	empty a --net bridge=xenbr7,vlan=10p/20
	grep -q 'bridge=xenbr7, vlan=10p/20"' d/a.cfg
	# An hvm guest may have an emulated interface.
	empty b --type hvm --net type=ioemu,model=e1000
	grep -q 'type=ioemu, model=e1000"' d/b.cfg
}

@test "a copy has new MAC addresses on all interfaces, and needs addresses of its own for each" {
	made_mini --ip 192.0.2.10/24 --net mac=00:16:3e:00:00:02,ip=198.51.100.5/24,rate=10Mb/s
	bd clone box copy --dir d --ip 192.0.2.11/24
	[[ $status -eq 2 && $stderr == *"--net: box has the static address 198.51.100.5/24"* ]]
	bd clone box copy --dir d --ip 192.0.2.11/24 --net ip=198.51.100.5/24
	[[ $status -eq 2 && ! -e d/copy.cfg ]]
	bd clone box copy --dir d --quiet --ip 192.0.2.11/24 --net ip=198.51.100.6/24
	[[ $status -eq 0 && -z $stderr ]]
	grep -q 'address=192.0.2.11/24 ip6=auto net1=ip=198.51.100.6/24' d/copy.cfg
	grep -q 'rate=10Mb/s' d/copy.cfg
	run ! grep -q '00:16:3e:00:00:02' d/copy.cfg
	in_image d/copy.img "cat /etc/network/interfaces" >interfaces
	grep -q 'address 198.51.100.6' interfaces
	run ! grep -q '198.51.100.5' interfaces
}

@test "--append stands behind our arguments, in each kind of boot" {
	made_mini --append "console=hvc0 net.ifnames=0"
	in_image d/box.img "cat /boot/grub/grub.cfg" >grub.cfg
	grep -q '^.linux .* quiet .*console=hvc0 console=hvc0 net.ifnames=0$' grub.cfg
}

@test "an interface of a fleet is an object too, with addresses of a pool" {
	cat >fleet.json <<-'EOF'
		{ "fleet": "shop", "defaults": { "template": "none", "size": "16M", "pool": "192.0.2.0/24", "gateway": "192.0.2.1",
		    "networks": { "bridge": "xenbr1", "pool": "198.51.100.0/24", "gateway6": "2001:db8::1", "ip6": "2001:db8::5/64",
		      "dns": "198.51.100.1", "rate": "10Mb/s" } }, "guests": { "a": {} } }
	EOF
	bd fleet apply fleet.json --dir d --no-start --quiet
	[[ $status -eq 0 ]]
	grep -q 'address=192.0.2.2/24 gateway=192.0.2.1 .*net1=ip=198.51.100.2/24,ip6=2001:db8::5/64,gateway6=2001:db8::1,dns=198.51.100.1' d/a.cfg
	grep -q 'bridge=xenbr1, rate=10Mb/s' d/a.cfg
	# A new guest beside it leaves it alone.
	jq '.defaults.networks |= del(.ip6, .gateway6) | .guests = { b: {}, a: { networks: .defaults.networks } }' fleet.json >grown.json
	jq '.guests.a.networks = $old[0].defaults.networks' --slurpfile old fleet.json grown.json >fleet2.json
	bd fleet apply fleet2.json --dir d --no-start --quiet
	[[ $status -eq 0 ]]
	grep -q 'net1=ip=198.51.100.3/24' d/b.cfg
	[[ $(sed -n 's/.*mac=\([^,]*\).*/\1/p' d/?.cfg | sort -u | wc -l) -eq 4 ]]
	bd fleet plan fleet2.json --dir d --no-start --json
	[[ $(jq .keep <<<"$output") -eq 2 ]]
}

@test "a fleet has further interfaces, several addresses and arguments for the kernel" {
	cat >fleet.json <<-'EOF'
		{ "fleet": "shop", "defaults": { "template": "none", "size": "16M" },
		  "groups": { "web": { "guests": "web{1..2}", "ip": ["192.0.2.{11..12}/24", "192.0.2.{21..22}/24"],
		    "networks": ["bridge=xenbr1,ip=198.51.100.{11..12}/24"] } } }
	EOF
	bd fleet apply fleet.json --dir d --no-start --quiet
	[[ $status -eq 0 ]]
	grep -q 'address=192.0.2.12/24,192.0.2.22/24 ip6=auto fleet=shop net1=ip=198.51.100.12/24' d/web2.cfg
	bd fleet plan fleet.json --dir d --no-start --json
	[[ $(jq .keep <<<"$output") -eq 2 ]]
	sed 's/198.51.100.{11..12}/198.51.100.{31..32}/' fleet.json >other.json
	bd fleet plan other.json --dir d --no-start --json
	[[ $(jq -r '[.refuse, .guests[0].changes[0].key] | join(" ")' <<<"$output") == "2 networks" ]]
	# Bridge and MAC address of an interface are in the config, and change there.
	jq '.groups.web.networks = [{ bridge: "xenbr9", mac: "00:16:3e:00:00:0{1..2}", ip: "198.51.100.{11..12}/24" }]' fleet.json >other.json
	bd fleet apply other.json --dir d --no-start --quiet
	[[ $status -eq 0 && -z $stderr ]]
	grep -q '"mac=00:16:3e:00:00:02, bridge=xenbr9"' d/web2.cfg
	bd fleet plan other.json --dir d --no-start --json
	[[ $(jq .keep <<<"$output") -eq 2 ]]
	# So is what xl has of it.
	jq '.groups.web.networks[0] += { rate: "20Mb/s", mtu: 1400, trusted: false }' other.json >keys.json
	bd fleet plan keys.json --dir d --no-start --json
	[[ $(jq -r '.guests[1].changes[] | "\(.key) \(.from) \(.to) \(.needs_new_disk)"' <<<"$output") == \
		"networks none rate=20Mb/s false
networks none mtu=1400 false
networks trusted untrusted false" ]]
	bd fleet apply keys.json --dir d --no-start --quiet
	[[ $status -eq 0 && -z $stderr ]]
	grep -q '"mac=00:16:3e:00:00:02, bridge=xenbr9, rate=20Mb/s, mtu=1400, untrusted"' d/web2.cfg
	jq '.groups.web.networks[0] += { rate: "30Mb/s", trusted: true }' keys.json >more.json
	bd fleet apply more.json --dir d --no-start --quiet
	grep -q '"mac=00:16:3e:00:00:02, bridge=xenbr9, rate=30Mb/s, mtu=1400, trusted"' d/web2.cfg
	bd fleet plan more.json --dir d --no-start --json
	[[ $(jq .keep <<<"$output") -eq 2 ]]
	sed 's/"shop"/"other"/; s/web{1/mail{1/; s/192.0.2/192.0.3/g' fleet.json >other.json
	bd fleet plan other.json --dir d --no-start
	[[ $status -ne 0 && $stderr == *"198.51.100.11"*"in use by web1"* ]]
}
