#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# plugin/ansible: the modules and the inventory plugin of the collection, by Ansible itself (Debian 12 has 2.14, Debian 13 2.19), with the real
# program. The plays' tasks are the tests: one that fails fails its play.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

setup() {
	common_setup
	need ansible-playbook make jq
	# Nothing of this machine's own Ansible.
	: >ansible.cfg
	export ANSIBLE_CONFIG=$PWD/ansible.cfg ANSIBLE_HOME=$PWD/home ANSIBLE_LOCAL_TEMP=$PWD/home/tmp ANSIBLE_REMOTE_TEMP=$PWD/home/remote
	export ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=0 ANSIBLE_INVENTORY_UNPARSED_WARNING=0 ANSIBLE_RETRY_FILES_ENABLED=0
	unset ANSIBLE_COLLECTIONS_PATHS ANSIBLE_INVENTORY ANSIBLE_LIBRARY ANSIBLE_STDOUT_CALLBACK ANSIBLE_DISPLAY_ARGS_TO_STDOUT
	make -s -C "$top" install-ansible DESTDIR="$PWD/root" >install.log 2>&1 || fail "$(<install.log)"
	collection=$PWD/root/usr/local/share/ansible/collections/ansible_collections/xen_bigdisk/dom0
	export ANSIBLE_COLLECTIONS_PATH=$PWD/root/usr/local/share/ansible/collections
	# What the program was called with, and by whom it was.
	cat >logged <<-'SH'
		#!/bin/sh
		printf '%s\n' "$*" >>"$TEST_CALLS"
		exec "$TEST_PROGRAM" "$@"
	SH
	chmod +x logged
	export TEST_CALLS=$PWD/calls TEST_PROGRAM=$bigdisk
	: >calls
}

# Another python3 may be first in PATH, one without Ansible.
python_of_ansible() {
	sed -n '1s/^#! *//p' "$(type -P ansible-playbook)"
}

# play [OPTION...]: the tasks on stdin, on this machine.
play() {
	{
		cat <<-YAML
			- hosts: localhost
			  connection: local
			  gather_facts: false
			  vars: {ansible_python_interpreter: "$(python_of_ansible)", here: "$PWD"}
			  module_defaults:
			    xen_bigdisk.dom0.guest: {program: "$PWD/logged", dir: "$PWD/d"}
			    xen_bigdisk.dom0.fleet: {program: "$PWD/logged", dir: "$PWD/d"}
			    xen_bigdisk.dom0.template: {program: "$PWD/logged", templates: "$PWD/t"}
			  tasks:
		YAML
		sed 's/^/    /'
	} >play.yml
	run ansible-playbook "$@" play.yml
	printf '%s\n' "$output"
	[[ $status -eq 0 ]] || fail "status $status"
}

@test "install-ansible installs the collection in the program's version, and uninstall-ansible leaves nothing of it" {
	[[ $(sed -n 's/^version: "\(.*\)"$/\1/p' "$collection/galaxy.yml") == "$("$bigdisk" version --json | jq -r .version)" ]]
	[[ $(cd "$collection" && find . -type f | sort | xargs) == "./LICENSE ./README.md ./galaxy.yml ./meta/runtime.yml \
./plugins/doc_fragments/program.py ./plugins/inventory/guests.py ./plugins/module_utils/program.py ./plugins/modules/fleet.py \
./plugins/modules/guest.py ./plugins/modules/template.py" ]]
	# As ansible-galaxy reads it.
	run ansible-galaxy collection build "$collection" --output-path "$PWD"
	[[ $status -eq 0 && -s xen_bigdisk-dom0-$("$bigdisk" version --json | jq -r .version).tar.gz ]] || fail "$output"
	make -s -C "$top" uninstall-ansible DESTDIR="$PWD/root"
	[[ -z $(find root -type f) && ! -e ${collection%/*} ]]
}

@test "ansible-doc renders the modules and the inventory, and what they document is what they take" {
	run --separate-stderr ansible-doc -t module xen_bigdisk.dom0.{guest,template,fleet}
	output=${output^^}
	[[ $status -eq 0 && -z $stderr && $output == *"XEN_BIGDISK.DOM0.FLEET"* && $output == *"RETURN VALUES"* && $output == *EXAMPLES* ]]
	run --separate-stderr ansible-doc -t inventory xen_bigdisk.dom0.guests
	[[ $status -eq 0 && -z $stderr && $output == *on_error* && $output == *cache_plugin* && $output == *keyed_groups* ]]
	# The options of each module, and those of `new`: none is missing, none is only documented.
	"$(python_of_ansible)" - "$collection" <<-'PYTHON'
		import importlib, sys, yaml
		root = sys.argv[1]
		sys.path.insert(0, root[:root.index("/ansible_collections")])
		import ansible.module_utils.basic as basic
		class Stop(Exception):
		    pass
		def take(self, argument_spec, **more):
		    raise Stop(argument_spec, more)
		basic.AnsibleModule.__init__ = take
		base = "ansible_collections.xen_bigdisk.dom0.plugins."
		shared = yaml.safe_load(importlib.import_module(base + "doc_fragments.program").ModuleDocFragment.DOCUMENTATION)["options"]
		for name in "guest", "template", "fleet":
		    module = importlib.import_module(base + "modules." + name)
		    documented = dict(shared, **yaml.safe_load(module.DOCUMENTATION)["options"])
		    try:
		        module.main()
		    except Stop as stop:
		        spec, more = stop.args
		    assert more["supports_check_mode"]
		    assert set(spec) == set(documented), set(spec) ^ set(documented)
		    for key, option in spec.items():
		        for what in "type", "default", "choices", "elements", "required":
		            assert option.get(what) == documented[key].get(what), (name, key, what)
		    for part in module.EXAMPLES, module.RETURN:
		        assert yaml.safe_load(part)
	PYTHON
	"$bigdisk" --manual xen-bigdisk-new.8 | sed -n 's/\\-/-/g; s/^\.B.* --\([a-z0-9-]*\).*/\1/p' | sort -u >of_new
	[[ $(wc -l <of_new) -gt 40 ]]
	while read -r option; do
		case $option in
		no-start | if-absent | as-if-absent | dry-run | json | console | no-wait | quiet | verbose | help) continue ;;
		esac
		grep -q "^  ${option//-/_}:" "$collection/plugins/modules/guest.py" || fail "guest has no ${option//-/_}"
	done <of_new
}

# ansible-test itself makes a virtual environment and fills it from the network; what it runs there needs neither.
@test "Ansible's validate-modules finds nothing but another licence: it wants GPLv3, which GPL-2.0-or-later can be used as" {
	local python kind validate
	python=$(python_of_ansible)
	validate=$("$python" -c 'import ansible_test, os; print(os.path.dirname(ansible_test.__file__))')/_util/controller/sanity/validate-modules/validate.py
	[[ -e $validate ]] || skip "this ansible-core has no validate-modules"
	run --separate-stderr "$python" "$validate" --help
	[[ $stderr != *"ModuleNotFoundError: "* ]] || skip "${stderr##*ModuleNotFoundError: }, which validate-modules needs"
	cd "$collection"
	export PYTHONPATH=$ANSIBLE_COLLECTIONS_PATH PYTHONDONTWRITEBYTECODE=1
	for kind in module inventory; do
		run --separate-stderr "$python" "$validate" --format json --arg-spec --collection ansible_collections/xen_bigdisk/dom0 \
			--collection-version 0.1.0 --plugin-type "$kind" plugins/"${kind/#module/modules}"/*.py
		[[ $(jq -r '[.[].errors[] | .code] | unique | join(" ")' <<<"$output") == missing-gplv3-license ]] || fail "$output" "$stderr"
	done
}

@test "guest: made, unchanged, changed, grown, refused, made anew, removed; check mode touches nothing, and no secret is on a command line" {
	need openssl resize2fs
	need_busybox
	openssl passwd -6 'a password' >hash
	play --diff <<-'YAML'
		- name: in check mode it is a plan
		  check_mode: true
		  register: r
		  xen_bigdisk.dom0.guest: &web
		    name: web01
		    template: none
		    size: 32M
		    memory: 256M
		    ip: [192.0.2.5/24]
		    gateway: 192.0.2.1
		    dns: [192.0.2.53]
		    bridge: br0
		    vif: {rate: 10Mb/s}
		    seed: a seed that nobody sees
		- assert:
		    that:
		      - r is changed
		      - r.guest.state == "planned"
		      - "'name = \"web01\"' in r.diff[0].after"
		      - not (here + "/d/web01.cfg") is exists
		- name: made
		  register: r
		  xen_bigdisk.dom0.guest: *web
		- assert:
		    that:
		      - r is changed
		      - r.guest.memory_mib == 256
		      - r.guest.address == "192.0.2.5"
		      - r.diff[0].after == lookup("file", here + "/d/web01.cfg", rstrip=false)
		      - "'rate=10Mb/s' in r.diff[0].after"
		- name: the second time, and in check mode, nothing is changed
		  check_mode: "{{ item }}"
		  loop: [true, false]
		  register: r
		  xen_bigdisk.dom0.guest: *web
		- assert:
		    that:
		      - r is not changed
		      - r.results[0].diff == [] and r.results[1].diff == []
		- name: other values, in check mode
		  check_mode: true
		  register: planned
		  xen_bigdisk.dom0.guest: &more
		    name: web01
		    size: 48M
		    memory: 512
		    vcpus: 2
		    type: pvh
		    vif: {rate: 20Mb/s, mtu: 1400}
		- assert:
		    that:
		      - planned.guest.memory_mib == 256
		      - planned.guest.size_bytes == 33554432
		- name: and made
		  register: r
		  xen_bigdisk.dom0.guest: *more
		- assert:
		    that:
		      - planned is changed and r is changed
		      - planned.changes == r.changes
		      - planned.diff == r.diff
		      - r.changes | map(attribute="key") | sort == ["memory", "mtu", "rate", "size", "type", "vcpus"]
		      - r.guest.memory_mib == 512 and r.guest.vcpus == 2 and r.guest.type == "pvh" and r.guest.size_bytes == 50331648
		- register: r
		  xen_bigdisk.dom0.guest: *more
		- assert: {that: [r is not changed]}
		- name: smaller only where that is allowed
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: {name: web01, size: 40M}
		- assert:
		    that:
		      - r is failed and r.kind == "exists"
		      - "'48 MiB -> 40 MiB; allow_shrink=true makes it smaller' in r.msg"
		- register: r
		  xen_bigdisk.dom0.guest: {name: web01, size: 40M, allow_shrink: true}
		- assert: {that: [r is changed, r.guest.size_bytes == 41943040]}
		- name: what is in the disk is not changed, and nothing else of that task
		  check_mode: "{{ item }}"
		  loop: [true, false]
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: {name: web01, ip: 192.0.2.6/24, swap: 4M, memory: 1G}
		- assert:
		    that:
		      - item is failed and item.kind == "exists"
		      - "'ip: 192.0.2.5/24 -> 192.0.2.6/24, swap: none -> 4 MiB; undo the change' in item.msg"
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- slurp: {src: d/web01.cfg}
		  register: cfg
		- assert: {that: ["'memory = 512' in cfg.content | b64decode"]}
		- name: unless it is to be made anew
		  check_mode: "{{ item }}"
		  loop: [true, false]
		  register: r
		  xen_bigdisk.dom0.guest:
		    name: web01
		    template: mini
		    size: 128M
		    swap: 4M
		    ip: 192.0.2.6/24
		    recreate: true
		    root_password_hash: "{{ lookup('file', here + '/hash') }}"
		- assert:
		    that:
		      - r.results[0] is changed and r.results[1] is changed
		      - r.results[0].removed == r.results[1].removed
		      - r.results[1].guest.address == "192.0.2.6" and r.results[1].guest.memory_mib == 512
		- name: no guest of Xen's folder is meant by that of another
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: {name: web01, autostart: true}
		- assert: {that: [r is failed, r.kind == "usage", "'only guests in /etc/xen are started with dom0' in r.msg"]}
		- name: errors are the program's
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: {name: web02, size: 1X}
		- assert: {that: [r is failed, r.kind == "usage", r.rc == 2, "'--size' in r.msg"]}
		- name: a path inside a disk, a pattern or an option is no name of a guest
		  loop: ["web01:/etc", "./web01.cfg", "*", "--force"]
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: {name: "{{ item }}", state: absent, force: true}
		- assert:
		    that: [item is failed, "'is not a name' in item.msg"]
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: {name: web01, vif: {speed: 1}}
		- assert: {that: [r is failed, "'vif: there is no key speed' in r.msg"]}
		- register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: {name: web02, template: none, root_password: "two\nlines"}
		- assert: {that: [r is failed, "'root_password must be one line' in r.msg"]}
		- name: absent
		  check_mode: "{{ item }}"
		  loop: [true, false, false]
		  register: r
		  xen_bigdisk.dom0.guest: {name: web01, state: absent}
		- assert:
		    that:
		      - r.results[0] is changed and r.results[1] is changed and r.results[2] is not changed
		      - r.results[0].removed == r.results[1].removed
		      - (r.results[1].removed | length) == 2
	YAML
	is_empty d
	run ! grep -F 'a seed' calls
	run ! grep -F "$(<hash)" calls
	grep -q -- '--root-password-hash-file=' calls
	grep -q -- '--seed-file=' calls
	run ! grep -E '^(rm|set|grow|shrink).* web01:' calls
	# The files that had them are gone.
	[[ -z $(grep -rlE 'a seed|^\$6\$' home 2>/dev/null) ]]
}

@test "guest: vif changes the first interface, and asks for nothing of the others" {
	play <<-'YAML'
		- xen_bigdisk.dom0.guest: {name: web01, template: none, size: 16M, net: ["ip=198.51.100.2/24"]}
		- register: r
		  xen_bigdisk.dom0.guest: {name: web01, vif: {rate: 10Mb/s}}
		- assert: {that: [r is changed, 'r.changes | map(attribute="key") | list == ["rate"]']}
		- register: r
		  xen_bigdisk.dom0.guest: {name: web01, vif: {rate: 10Mb/s}, recreate: true}
		- assert: {that: [r is not changed]}
	YAML
}

@test "guest: what set can change of a first interface that only net speaks of is changed" {
	play <<-'YAML'
		- xen_bigdisk.dom0.guest: {name: web01, template: none, size: 16M, net: ["bridge=br0,rate=5Mb/s,type=vif", "ip=198.51.100.2/24"]}
		- register: r
		  xen_bigdisk.dom0.guest: {name: web01, type: hvm, net: ["bridge=br0,type=vif"]}
		- assert: {that: ["'type' in r.changes | map(attribute='key')"]}
		- register: r
		  xen_bigdisk.dom0.guest: {name: web01, net: ["bridge=br1,rate=10Mb/s,mtu=1400"]}
		- assert:
		    that:
		      - r is changed
		      - r.changes | map(attribute="key") | list == ["bridge", "rate", "mtu"]
		      - r.changes | map(attribute="to") | list == ["br1", "10Mb/s", "1400"]
		- register: r
		  xen_bigdisk.dom0.guest: {name: web01, net: ["bridge=br1,rate=10Mb/s,mtu=1400"]}
		- assert: {that: [r is not changed]}
	YAML
	grep -q '^vif = .*bridge=br1.*rate=10Mb/s.*mtu=1400' d/web01.cfg
	grep -q 'net1=ip=198.51.100.2/24$' d/web01.cfg
}

@test "guest: content, of keys, passwords, scripts and user-data, is what the guest gets" {
	need ssh-keygen debugfs sfdisk
	need_busybox
	ssh-keygen -q -t ed25519 -N '' -C one -f key
	play <<-'YAML'
		- xen_bigdisk.dom0.guest:
		    name: box
		    size: 128M
		    no_net: true
		    ssh_key_content: "{{ lookup('file', here + '/key.pub') }}"
		    root_password: a password
		  register: r
		- assert: {that: [r is changed]}
	YAML
	run ! grep -F 'a password' calls
	[[ $(in_image d/box.img 'cat /root/.ssh/authorized_keys') == "$(<key.pub)" ]]
	hash=$(in_image d/box.img 'cat /etc/shadow' | sed -n 's/^root:\([^:]*\):.*/\1/p')
	# shellcheck disable=SC2016 # of perl
	[[ $(perl -e 'print crypt("a password", $ARGV[0])' "$hash") == "$hash" ]]
}

@test "guest: started, stopped, restarted and removed, by a toolstack that writes down what it is asked for" {
	fake_xen
	need_busybox
	need resize2fs
	export FAKE_TOOLSTACK_MAX="524288 2"
	play --diff <<-'YAML'
		- name: made and started
		  register: r
		  xen_bigdisk.dom0.guest: &web {name: web01, state: started, size: 128M, no_net: true, wait: true, timeout: 9}
		- assert: {that: [r is changed, r.guest.state == "running", r.guest.domid == 7]}
		- name: it runs already
		  check_mode: "{{ item }}"
		  loop: [true, false]
		  register: r
		  xen_bigdisk.dom0.guest: *web
		- assert: {that: [r is not changed]}
		- name: memory, which it has at once, and its type, which it has from the next start on
		  register: r
		  xen_bigdisk.dom0.guest: {name: web01, state: started, memory: 256M, type: pvh}
		- assert:
		    that:
		      - r is changed
		      - (r.changes | selectattr("key", "eq", "memory") | first).now
		      - not (r.changes | selectattr("key", "eq", "type") | first).now
		- name: a running guest is not removed, and not made smaller
		  loop:
		    - {name: web01, state: absent}
		    - {name: web01, size: 64M, allow_shrink: true}
		    - {name: web01, swap: 8M, recreate: true}
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: "{{ item }}"
		- assert: {that: [item is failed, item.kind == "in_use", item.rc == 5]}
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- name: restarted
		  check_mode: "{{ item }}"
		  loop: [true, false]
		  register: r
		  xen_bigdisk.dom0.guest: {name: web01, state: restarted, wait: true}
		- assert: {that: ["r.results[0] is changed and r.results[1] is changed", "r.results[1].guest.domid > 7"]}
		- name: stopped
		  check_mode: "{{ item }}"
		  loop: [true, false, false]
		  register: r
		  xen_bigdisk.dom0.guest: {name: web01, state: stopped, timeout: 5, size: 112M, allow_shrink: true}
		- assert:
		    that:
		      - r.results[0] is changed and r.results[1] is changed and r.results[2] is not changed
		      - r.results[0].diff[0].after == {"state":"stopped"}
		      - r.results[0].changes | map(attribute="key") | list == ["state", "size"]
		      - r.results[0].changes == r.results[1].changes
		      - r.results[1].guest.state == "stopped" and r.results[1].guest.size_bytes == 117440512
		- name: started again, from check mode's plan
		  check_mode: "{{ item }}"
		  loop: [true, false]
		  register: r
		  xen_bigdisk.dom0.guest: {name: web01, state: started}
		- assert: {that: ["r.results[0] is changed and r.results[1] is changed"]}
		- register: r
		  xen_bigdisk.dom0.guest: {name: web01, state: absent, force: true}
		- assert: {that: [r is changed]}
	YAML
	is_empty d
	[[ ! -s domains ]]
	grep -q 'for=ready timeout_ms=9000$' log
	[[ $(grep -c '^create ' log) -eq 2 && $(grep -c 'how=reboot' log) -eq 1 && $(grep -c 'how=poweroff' log) -eq 1 ]]
	grep -q '^set_memory' log
	grep -q '^destroy' log
}

@test "guest: what is given is what the program gets: nothing is expanded, divided at commas or taken for a text" {
	need debugfs sfdisk
	need_busybox
	mkdir -p h r/etc t
	export HOME=$PWD/h
	echo web >r/etc/hostname
	tar -cf h/root.tar -C r .
	echo one >'h/a,b.txt'
	{
		echo 'from="192.0.2.0/24,198.51.100.0/24" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl a@b, c'
		echo 'restrict,command="date" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
	} >keys
	play <<-'YAML'
		- xen_bigdisk.dom0.guest: &box
		    name: box
		    size: 128M
		    boot: direct
		    append: "a=~ quiet"
		    net: bridge=br1,ip=198.51.100.2/24
		    ip: [192.0.2.5/24]
		    vif: {rate: 10Mb/s, vifname: , script: }
		    ssh_key_content: "{{ lookup('file', here + '/keys') }}"
		    file: "~/a,b.txt:/etc/a,b.txt"
		- register: r
		  xen_bigdisk.dom0.guest: *box
		- assert: {that: [r is not changed]}
		- slurp: {src: d/box.cfg}
		  register: cfg
		- assert:
		    that:
		      - "'a=~ quiet' in cfg.content | b64decode"
		      - "'None' not in cfg.content | b64decode"
		- name: nothing takes it away
		  xen_bigdisk.dom0.guest: {name: box, append: "", vif: {rate: }}
		  check_mode: "{{ item }}"
		  loop: [true, false, false]
		  register: r
		- assert:
		    that:
		      - r.results[0] is changed and r.results[1] is changed and r.results[2] is not changed
		      - r.results[0].changes == r.results[1].changes
		      - r.results[1].changes | map(attribute="key") | list == ["append", "rate"]
		- slurp: {src: d/box.cfg}
		  register: cfg
		- assert: {that: ["'a=' not in cfg.content | b64decode", "'rate' not in cfg.content | b64decode"]}
		- register: r
		  xen_bigdisk.dom0.template: {name: web, source: ~/root.tar, description: "~ of $HOME"}
		- assert: {that: ["r.template.manifest.description == '~ of $HOME'"]}
		- name: a home is no guest
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: {name: "~", state: absent}
		- assert: {that: [r is failed, "'\"~\" is not' in r.msg"]}
		- name: a variable of the shell is none here
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: {name: two, append: $HOME}
		- assert: {that: [r is failed, "'--append: has a character' in r.msg"]}
		- name: what is no text is refused
		  loop: [{net: [{bridge: br1}]}, {disk: [null]}, {file: true}]
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: "{{ {'name': 'two'} | combine(item) }}"
		- assert: {that: [item is failed, "'must be a text or a list of texts' in item.msg"]}
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- name: messages name the option, and no file that is gone
		  loop: [{root_password: ""}, {ssh_key_content: no key}, {root_password_hash: "x"}]
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: "{{ {'name': 'two', 'size': '128M'} | combine(item) }}"
		- assert: {that: [item is failed, item.item.keys() | first in item.msg, "here not in item.msg"]}
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
	YAML
	holds d box.cfg box.img box.vmlinuz box.initramfs
	[[ $(grep -o 'mac=' d/box.cfg | wc -l) -eq 2 ]]
	grep -q 'net1=ip=198.51.100.2/24$' d/box.cfg
	[[ $(in_image d/box.img 'cat /root/.ssh/authorized_keys') == "$(<keys)" ]]
	[[ $(in_image d/box.img 'cat /etc/a,b.txt') == one ]]
	run ! grep -E "$PWD/h( |$)" calls
}

@test "guest: one that is to be made anew is removed when all that is known of the new one is in order, and not before" {
	fake_xen
	need_busybox
	export FAKE_TOOLSTACK_MEMORY_KIB=1048576
	made_empty w --size 32M --memory 64M
	cp d/w.cfg before.cfg
	play --diff <<-'YAML'
		- name: refused before anything is removed, also in check mode
		  check_mode: "{{ item.1 }}"
		  loop: "{{ [{'template': 'debain-12'}, {'template': 'mini', 'size': '20M'}, {'swap': '4M', 'state': 'started', 'force': true},
		    {'template': 'mini', 'size': '128M', 'memory': '900G', 'state': 'started', 'force': true, 'no_net': true},
		    {'template': 'mini', 'size': '128M', 'file': '/nowhere:/etc/x'},
		    {'template': 'mini', 'size': '128M', 'bridge': 'nosuchbridge', 'state': 'restarted'}] | product([true, false]) | list }}"
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: "{{ {'name': 'w', 'recreate': true} | combine(item.0) }}"
		- assert:
		    that: [item is failed, "'removed' not in item", "lookup('file', here + '/d/w.cfg') == lookup('file', here + '/before.cfg')"]
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- assert:
		    that:
		      - "'there is no template called' in r.results[0].msg and r.results[0].msg == r.results[1].msg"
		      - "r.results[6].kind == 'no_room' and r.results[6].msg == r.results[7].msg"
		- name: a new one is refused in check mode as it is when it is made
		  check_mode: "{{ item.1 }}"
		  loop: "{{ [{'template': 'none'}, {'memory': '900G', 'no_net': true}] | product([true, false]) | list }}"
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: "{{ {'name': 'new', 'state': 'started', 'size': '128M'} | combine(item.0) }}"
		- assert:
		    that: [item is failed]
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- assert: {that: ["r.results[0].msg == r.results[1].msg", "r.results[2].msg == r.results[3].msg"]}
		- name: and then it is made, started, and made anew while it runs
		  check_mode: "{{ item.1 }}"
		  loop: "{{ ['8M', '16M'] | product([true, false]) | list }}"
		  register: r
		  xen_bigdisk.dom0.guest:
		    {name: w, recreate: true, template: mini, size: 128M, memory: 900M, swap: "{{ item.0 }}", no_net: true, state: started, force: true}
		- assert:
		    that: [item is changed, item.removed | length == 2]
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- assert:
		    that:
		      - r.results[2].guest.state == "planned"
		      - r.results[3].guest.state == "running"
		- name: it runs, and is not to be destroyed
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: {name: w, recreate: true, swap: 4M}
		- assert: {that: [r is failed, r.kind == "in_use"]}
	YAML
	holds d w.img w.cfg
	bd new w --dir d --as-if-absent --dry-run --no-net --memory 1280M
	[[ $status -eq 0 ]]
	bd new w --dir d --as-if-absent --dry-run --no-net --memory 1281M
	failed_with 6
	[[ $(grep -c '^create ' log) -eq 2 && $(grep -c '^destroy' log) -eq 1 ]]
}

@test "guest: all changes are asked for before one is made, and before a guest is stopped for them" {
	fake_xen
	need resize2fs
	export FAKE_TOOLSTACK_MAX="524288 2"
	made_empty w --size 32M --memory 64M
	made_empty run --size 128M --memory 256M
	"$bigdisk" start run --quiet --dir d
	cp d/w.cfg before.cfg
	play --diff <<-'YAML'
		- name: refused as a whole, also in check mode
		  check_mode: "{{ item.1 }}"
		  loop: "{{ [{'name': 'w', 'size': '64M', 'memory': '256M', 'boot': 'bigdisk'}, {'name': 'w', 'size': '64M', 'autostart': true},
		    {'name': 'new', 'autostart': true}, {'name': 'run', 'state': 'stopped', 'size': '64M'},
		    {'name': 'run', 'state': 'stopped', 'size': '1M', 'allow_shrink': true},
		    {'name': 'run', 'state': 'stopped', 'size': '64M', 'allow_shrink': true, 'boot': 'direct'}] | product([true, false]) | list }}"
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: "{{ item.0 }}"
		- assert:
		    that:
		      - item is failed
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- assert:
		    that:
		      - r.results[2].kind == "usage" and r.results[2].msg == r.results[3].msg and r.results[3].msg == r.results[5].msg
		      - "'allow_shrink=true makes it smaller' in r.results[7].msg and r.results[6].msg == r.results[7].msg"
		      - "r.results[8].msg == r.results[9].msg and r.results[10].msg == r.results[11].msg"
		- xen_bigdisk.dom0.guest: {name: run}
		  register: r
		- assert: {that: [r.guest.state == "running", r.guest.size_bytes == 134217728]}
		- name: what is planned is what is made, in the same words
		  check_mode: "{{ item }}"
		  loop: [true, false, false]
		  register: r
		  xen_bigdisk.dom0.guest: {name: run, state: stopped, size: 64M, allow_shrink: true, memory: 512M, vcpus: 2, type: pvh, vif: {rate: 10Mb/s}}
		- assert:
		    that:
		      - r.results[0].changes == r.results[1].changes and r.results[0].diff == r.results[1].diff
		      - r.results[1].changes | map(attribute="key") | list == ["state", "size", "memory", "vcpus", "type", "rate"]
		      - r.results[1].changes[2].to == "512M" and not r.results[1].changes[2].now
		      - r.results[2] is not changed
	YAML
	cmp d/w.cfg before.cfg
	[[ $(stat -c %s d/w.img) -eq 33554432 && ! -e d/new.cfg && $(grep -c how=poweroff log) -eq 1 ]]
}

@test "guest: without a Xen nothing is started, and nothing is removed for that" {
	[[ ! -e /proc/xen/capabilities ]] || skip "a Xen runs here"
	made_empty w --size 32M
	play <<-'YAML'
		- check_mode: "{{ item.1 }}"
		  loop: "{{ [{'name': 'w', 'recreate': true, 'swap': '4M'}, {'name': 'new'}] | product([true, false]) | list }}"
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.guest: "{{ {'state': 'started', 'size': '128M', 'no_net': true} | combine(item.0) }}"
		- assert:
		    that: [item is failed, item.kind == "no_hypervisor", item.rc == 7, "'no Xen is running here' in item.msg"]
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
	YAML
	is_guest d w
}

@test "guest: whether it starts with dom0 is set, and stays as it is when it is made anew" {
	need_own_etc_xen
	ansible-playbook() {
		unshare -m sh -ec 'mount --bind d /etc/xen; mount -t tmpfs none /var/lib; mount -t tmpfs none /run; exec "$@"' sh \
			"$(type -P ansible-playbook)" "$@"
	}
	play <<-'YAML'
		- check_mode: "{{ item }}"
		  loop: [true, false, false]
		  register: r
		  xen_bigdisk.dom0.guest: {name: w, dir: "{{ omit }}", template: none, size: 16M, autostart: true}
		- assert:
		    that:
		      - r.results[0] is changed and r.results[1] is changed and r.results[2] is not changed
		      - r.results[2].guest.autostart
		- register: r
		  xen_bigdisk.dom0.guest: {name: w, dir: "{{ omit }}", template: none, size: 32M, swap: 4M, recreate: true}
		- assert: {that: [r is changed, r.guest.autostart, "'/etc/xen/auto/w.cfg' in r.removed"]}
		- register: r
		  xen_bigdisk.dom0.guest: {name: w, dir: "{{ omit }}", autostart: false}
		- assert: {that: [not r.guest.autostart, "r.changes | map(attribute='key') | list == ['autostart']"]}
	YAML
	holds d auto w.cfg
}

@test "template: made, verified, unchanged, removed; check mode touches nothing" {
	mkdir -p r/etc r/boot t
	echo web >r/etc/hostname
	tar -cf root.tar -C r .
	sum=$(sha256sum root.tar | cut -d ' ' -f 1)
	play --diff <<-YAML
		- name: made
		  check_mode: "{{ item }}"
		  loop: [true, false, false]
		  register: r
		  xen_bigdisk.dom0.template: {name: web, source: "$PWD/root.tar", checksum: "sha256:$sum", description: a test}
		- assert:
		    that:
		      - r.results[0] is changed and r.results[1] is changed and r.results[2] is not changed
		      - r.results[0].template.state == "planned"
		      - r.results[2].template.manifest.source.digest == "sha256:$sum"
		      - r.results[2].template.manifest.description == "a test"
		- name: another checksum is another template
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.template: {name: web, source: "$PWD/root.tar", checksum: "sha256:$(printf '0%.0s' {1..64})"}
		- assert: {that: [r is failed, r.kind == "exists", "'made from a source with the checksum sha256:$sum' in r.msg"]}
		- name: a wrong one is refused
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.template: {name: other, source: "$PWD/root.tar", checksum: "sha256:$(printf '0%.0s' {1..64})"}
		- assert: {that: [r is failed]}
		- register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.template: {name: other}
		- assert: {that: [r is failed, r.kind == "not_found", "'source or recipe' in r.msg"]}
		- check_mode: true
		  register: r
		  xen_bigdisk.dom0.template: {name: deb, recipe: debian-12}
		- assert: {that: [r is changed, r.template.source_kind == "recipe"]}
		- name: absent
		  check_mode: "{{ item }}"
		  loop: [true, false, false]
		  register: r
		  xen_bigdisk.dom0.template: {name: web, state: absent}
		- assert: {that: ["r.results[0] is changed and r.results[1] is changed and r.results[2] is not changed"]}
	YAML
	[[ -z $(find t -mindepth 1 -not -name '.*') ]]
}

@test "fleet: planned, applied, unchanged, changed, refused, stopped and destroyed" {
	need openssl
	need_busybox
	fake_xen
	openssl passwd -6 'a password' >hash
	play --diff <<-'YAML'
		- name: applied
		  check_mode: "{{ item }}"
		  loop: [true, false, false]
		  register: r
		  xen_bigdisk.dom0.fleet:
		    start: false
		    root_password_hash: "{{ lookup('file', here + '/hash') }}"
		    manifest: &shop
		      fleet: shop
		      defaults: {template: mini, size: 128M, memory: 128M, network: false}
		      groups: {web: {guests: "web{01..02}"}}
		- assert:
		    that:
		      - r.results[0] is changed and r.results[1] is changed and r.results[2] is not changed
		      - r.results[0].plan.create == 2 and r.results[2].plan.keep == 2
		      - r.results[0].diff.before == {"web01":none, "web02":none}
		      - r.results[0].diff.after.web01.memory_mib == 128
		      - r.results[1].guests | map(attribute="group") | list == ["web", "web"]
		      - r.results[0].done | map(attribute="what") | list == ["create", "create"]
		- name: other memory, and one that cannot be
		  check_mode: "{{ item }}"
		  loop: [true, false]
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.fleet:
		    start: false
		    manifest:
		      fleet: shop
		      defaults: {template: mini, size: 128M, memory: 160M, network: false}
		      guests: {web01: {}, web02: {size: 256M}}
		- assert:
		    that:
		      - item is failed and item.failed_guests[0].name == "web02"
		      - "'size: 128 MiB -> 256 MiB needs a new disk' in item.msg"
		      - item.diff.after.web01 == {"memory":"160 MiB"}
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- assert: {that: ["r.results[1].guests | map(attribute='memory_mib') | list == [160, 160]"]}
		- name: a file of the dom0
		  copy: {content: "{{ {'fleet': 'shop', 'defaults': {'template': 'mini'}, 'guests': {'web01': {}, 'web02': {}, 'web03': {}}} | to_json }}", dest: "{{ here }}/shop.json"}
		- register: r
		  xen_bigdisk.dom0.fleet: {manifest_file: "{{ here }}/shop.json", state: started, limit: ["web01"]}
		- assert:
		    that:
		      - r is changed
		      - r.done == [{"name":"web01", "what":"started"}]
		- name: the second time it runs already
		  register: r
		  xen_bigdisk.dom0.fleet: {manifest_file: "{{ here }}/shop.json", state: started, limit: ["web01"]}
		- assert:
		    that:
		      - r is not changed
		      - r.done == []
		- register: r
		  xen_bigdisk.dom0.fleet: {manifest_file: "{{ here }}/shop.json", state: status}
		- assert: {that: [r is not changed, "r.guests | map(attribute='state') | list == ['running', 'stopped', 'absent']"]}
		- name: nothing is stopped or destroyed without its option
		  loop: [stopped, absent]
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.fleet: {manifest_file: "{{ here }}/shop.json", state: "{{ item }}"}
		- assert: {that: [item is failed, "'true is required for that' in item.msg"]}
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- check_mode: "{{ item }}"
		  loop: [true, false, false]
		  register: r
		  xen_bigdisk.dom0.fleet: {manifest_file: "{{ here }}/shop.json", state: stopped, allow_stop: true, timeout: 5}
		- assert:
		    that:
		      - r.results[0] is changed and r.results[1] is changed and r.results[2] is not changed
		      - r.results[0].diff == {"before":{"web01":{"state":"running"}}, "after":{"web01":{"state":"stopped"}}}
		- name: a hash would be seen
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.fleet: {manifest: {fleet: x, guests: {a: {root_password_hash: x}}}}
		- assert: {that: [r is failed, "'would be seen in logs' in r.msg"]}
		- name: no room is said as the program says it
		  register: r
		  ignore_errors: true
		  check_mode: true
		  xen_bigdisk.dom0.fleet: {manifest: {fleet: x, defaults: {template: mini, memory: 900G, network: false}, guests: {a: {}}}}
		- assert: {that: [r is failed, r.kind == "no_room", r.rc == 6]}
		- check_mode: "{{ item }}"
		  loop: [true, false, false]
		  register: r
		  xen_bigdisk.dom0.fleet: {manifest_file: "{{ here }}/shop.json", state: absent, allow_destroy: true}
		- assert: {that: ["r.results[0] is changed and r.results[1] is changed and r.results[2] is not changed"]}
	YAML
	is_empty d
	run ! grep -F "$(<hash)" calls
}

@test "fleet: a limit that is empty is a failure, and without one all guests are meant" {
	play <<-'YAML'
		- xen_bigdisk.dom0.fleet: &applied
		    manifest: &x {fleet: x, defaults: {template: none, size: 16M, network: false}, guests: {a: {}, b: {}, web01: {}}}
		    start: false
		- name: destroyed are those that were named, and no others
		  check_mode: "{{ item.check }}"
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.fleet: {manifest: *x, state: absent, allow_destroy: true, limit: "{{ item.limit }}"}
		  loop:
		    - {check: false, limit: []}
		    - {check: true, limit: []}
		    - {check: false, limit: null}
		    - {check: false, limit: ""}
		    - {check: false, limit: [""]}
		    - {check: false, limit: "{{ ['web01'] | difference(['web01']) }}"}
		- assert: {that: [item is failed, item.kind == "usage", "'limit is empty' in item.msg"]}
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- name: bare
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.fleet:
		    manifest: *x
		    state: absent
		    allow_destroy: true
		    limit:
		- assert: {that: [r is failed, r.kind == "usage"]}
		- name: texts that no guest is called
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.fleet: {manifest: *x, state: absent, allow_destroy: true, limit: "{{ item }}"}
		  loop: ["none", ["none"], ["!*"]]
		- assert: {that: [item is failed, item.kind == "not_found"]}
		  loop: "{{ r.results }}"
		  loop_control: {label: ""}
		- name: all are there
		  register: r
		  xen_bigdisk.dom0.fleet: *applied
		- assert: {that: [r is not changed]}
		- register: r
		  xen_bigdisk.dom0.fleet: {manifest: *x, state: absent, allow_destroy: true, limit: ["web*", b]}
		- assert: {that: ["r.done | map(attribute='name') | sort == ['b', 'web01']"]}
		- name: in the background
		  async: 60
		  poll: 1
		  register: r
		  xen_bigdisk.dom0.fleet: {manifest: *x, state: absent, allow_destroy: true, limit: "{{ omit }}"}
		- assert: {that: ["r.done | map(attribute='name') | list == ['a']"]}
	YAML
	is_empty d
}

@test "fleet: what is done to a guest that is refused is told, as check mode tells it before" {
	play --diff <<-'YAML'
		- xen_bigdisk.dom0.fleet:
		    manifest: {fleet: x, defaults: {template: none, size: 16M, memory: 128M, network: false}, guests: {a: {}, b: {}}}
		    start: false
		- check_mode: "{{ item }}"
		  loop: [true, false, false]
		  register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.fleet:
		    manifest: {fleet: x, defaults: {template: none, memory: 256M, network: false}, guests: {a: {size: 32M}, b: {size: 16M}}}
		    start: false
		- assert:
		    that:
		      - r.results | map(attribute="failed") | list == [true, true, true]
		      - r.results[0].failed_guests | map(attribute="name") | list == ["a"]
		      - r.results[0].failed_guests == r.results[1].failed_guests
		      - r.results[0].done == [{"name":"a", "what":"change"}, {"name":"b", "what":"change"}]
		      - r.results[1].done | sort(attribute="name") == [{"name":"a", "what":"changed"}, {"name":"b", "what":"changed"}]
		      - r.results[0].changed and r.results[1].changed and r.results[0].diff == r.results[1].diff
		      - r.results[1].diff.after == {"a":{"memory":"256 MiB"}, "b":{"memory":"256 MiB"}}
		      - not r.results[2].changed and r.results[2].done == [] and r.results[2].failed_guests == r.results[0].failed_guests
	YAML
	grep -qx 'memory = 256' d/a.cfg
}

@test "fleet: messages say where in the task's manifest, and name none of the module's files" {
	play <<-'YAML'
		- register: r
		  ignore_errors: true
		  check_mode: true
		  xen_bigdisk.dom0.fleet: {manifest: "{{ item }}", start: false}
		  loop:
		    - {fleet: x, guests: {a: {size: 16X}}}
		    - {fleet: x, guests: {a: {networks: [{bridge: b}, {bidge: b}]}}}
		    - {fleet: x, bogus: 1}
		    - {fleet: 3}
		    - {fleet: x, guests: {'w"b': {}}}
		    - {fleet: x, guests: {a: {ssh_keys: none.pub}}}
		    - {fleet: x, defaults: [], guests: {a: {}}}
		- assert:
		    that:
		      - r.results | map(attribute="failed") | unique == [true]
		      - r.results | map(attribute="msg") | select("search", "/|ansible") | list == []
		      - "r.results[0].msg is match('manifest: guests.a.size: ')"
		      - "r.results[1].msg is match('manifest: guests.a.networks.1.bidge: .bidge. is unknown in .networks.')"
		      - "r.results[2].msg is match('manifest: bogus: .bogus. is unknown')"
		      - "r.results[3].msg is match('manifest: fleet: .fleet. is a number')"
		      - "r.results[4].msg is match('manifest: guests.w.b: ')"
		      - "'none.pub' in r.results[5].msg"
		- register: r
		  ignore_errors: true
		  xen_bigdisk.dom0.fleet: {manifest_file: "{{ item }}", state: status}
		  loop: ["", "--help", none.json]
		- assert:
		    that: [item is failed, "'Traceback' not in (item.msg ~ item.module_stderr | default(''))", "'annot' in item.msg"]
		  loop: "{{ r.results }}"
		  loop_control: {label: "{{ item.msg }}"}
	YAML
}

# inventory [ARGUMENT...]: the file of stdin, as ansible-inventory lists it, in $output.
inventory() {
	{
		echo 'plugin: xen_bigdisk.dom0.guests'
		cat
	} >all.xen_bigdisk.yml
	run --separate-stderr env ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=1 ansible-inventory -i all.xen_bigdisk.yml --list "$@"
	printf '%s\n' "-> status $status" "$output" "$stderr"
	# From 2.19 on all text is marked as no template.
	output=$(jq 'walk(if type == "object" and has("__ansible_unsafe") then .__ansible_unsafe else . end)' <<<"$output" 2>/dev/null) || true
	# It breaks lines to fit a terminal.
	stderr=$(tr -s '\n' ' ' <<<"$stderr")
}

@test "inventory: guests of this machine and of dom0s by ssh, in groups, with their variables, cached" {
	local times wrong
	fake_xen
	mkdir e
	made_empty web01 --size 16M --ip 192.0.2.5/24
	made_empty web02 --size 16M
	"$bigdisk" new db01 --quiet --no-start --template none --dir e --size 16M --memory 64M
	"$bigdisk" start web02 --quiet --dir d
	# An ssh that runs the command here, if the dom0 is one that is up.
	cat >ssh <<-'SH'
		#!/bin/bash
		printf '%s\n' "$*" >>"$TEST_CALLS"
		while [[ $1 != -- ]]; do shift; done
		case $2 in
		down*) echo "ssh: connect to host $2 port 22: No route to host" >&2; exit 255 ;;
		garbage) echo hello ;;
		*) exec sh -c "$3" ;;
		esac
	SH
	chmod +x ssh
	cat >dom0s <<-YAML
		ssh: $PWD/ssh
		dom0s:
		  - {name: here, local: true, program: "$bigdisk", dir: "$PWD/d"}
		  - {name: xen-1, host: xen1.example.org, user: admin, port: 2222, program: [env, "A=b c", "$bigdisk"], dir: "$PWD/e"}
		  - {name: xen2, host: down.example.org}
		  - garbage
		proxy_jump: true
	YAML
	inventory <<-YAML
		$(<dom0s)
		keyed_groups: [{key: xen_bigdisk.type, prefix: type}]
		groups: {small: xen_bigdisk.memory_mib < 100}
		compose: {disk: xen_bigdisk.image}
	YAML
	[[ $status -eq 0 ]]
	[[ $stderr == *"the dom0 xen2: ssh: connect to host down.example.org port 22: No route to host; its guests are not in the inventory"* ]]
	[[ $stderr == *"the dom0 garbage: what it prints is not the list of "* ]]
	jq -e '(.dom0_here.hosts | sort) == ["web01", "web02"] and .dom0_xen_1.hosts == ["db01"] and .state_running.hosts == ["web02"]
		and (.state_stopped.hosts | sort) == ["db01", "web01"] and (.template_none.hosts | length) == 3 and (.type_pv.hosts | length) == 3
		and .small.hosts == ["db01"]
		and (._meta.hostvars.web01 | .ansible_host == "192.0.2.5" and .xen_bigdisk.dom0 == "here" and .xen_bigdisk.name == "web01"
			and (has("ansible_ssh_common_args") | not))
		and (._meta.hostvars.web02.ansible_host | startswith("10."))
		and (._meta.hostvars.db01 | .ansible_ssh_common_args == "-o ProxyJump=admin@xen1.example.org:2222" and (has("ansible_host") | not)
			and .disk == .xen_bigdisk.image)' <<<"$output" >/dev/null || fail "not as it should be"
	grep -qF -- "-o BatchMode=yes -o ConnectTimeout=10 -l admin -p 2222 -- xen1.example.org env 'A=b c' $bigdisk list --json --dir=$PWD/e" calls
	# With a cache, only those that did not answer are asked again.
	for times in 1 2; do
		: >calls
		inventory <<-YAML
			$(<dom0s)
			cache: true
			cache_plugin: jsonfile
			cache_connection: $PWD/cache
		YAML
		[[ $status -eq 0 && $(jq '._meta.hostvars | length' <<<"$output") -eq 3 ]]
		[[ $(grep -c 'down.example.org' calls) -eq 1 && $(grep -c 'xen1.example.org' calls) -eq $((2 - times)) ]]
	done
	inventory <<-YAML
		$(<dom0s)
		on_error: fail
	YAML
	[[ $status -ne 0 && $stderr == *"the dom0 xen2: ssh: connect"* ]]
	# The same guests twice.
	inventory <<-YAML
		dom0s: [{name: a, local: true, program: "$bigdisk", dir: "$PWD/d"}, {name: b, local: true, program: "$bigdisk", dir: "$PWD/d"}]
		patterns: ["web01"]
	YAML
	[[ $status -ne 0 && $stderr == *"web01 is a guest of the dom0 a and of b; qualify: true makes them two hosts"* ]]
	inventory <<-YAML
		dom0s: [{name: a, local: true, program: "$bigdisk", dir: "$PWD/d"}, {name: b, local: true, program: "$bigdisk", dir: "$PWD/d"}]
		patterns: ["web01"]
		qualify: true
	YAML
	[[ $status -eq 0 && $(jq -c '._meta.hostvars | keys' <<<"$output") == '["web01.a","web01.b"]' ]]
	# What a guest says of itself is taken for no template and for no address.
	cat >lists <<-'SH'
		#!/bin/sh
		"$TEST_PROGRAM" "$@" | jq '.guests[].address = "{{ lookup(\"pipe\", \"touch pwned\") }}" | .guests[].template = "{{ 6 * 7 }}"'
	SH
	chmod +x lists
	inventory <<-YAML
		dom0s: [{name: a, local: true, program: "$PWD/lists", dir: "$PWD/d"}]
	YAML
	[[ $status -eq 0 && ! -e pwned ]]
	jq -e '._meta.hostvars.web01 | (has("ansible_host") | not)' <<<"$output"
	run ansible -i all.xen_bigdisk.yml web01 -m debug -a 'msg="{{ xen_bigdisk.template }} {{ xen_bigdisk.address }}"'
	[[ $status -eq 0 && $output == *'{{ 6 * 7 }}'* && ! -e pwned ]]
	for wrong in '[{host: x}]' '[a, a]' '[{name: a, speed: 1}]' '["-oProxyCommand=x"]'; do
		inventory <<<"dom0s: $wrong"
		[[ $status -ne 0 && $stderr == *"dom0s: "* ]] || fail "$wrong"
	done
}

# guest NAME [MEMBERS]: a guest as list --json has it, with other members than the usual ones.
guest() {
	jq -nc --arg name "$1" '{name: $name, uuid: null, cfg: "/etc/xen/\($name).cfg", state: "stopped", domid: null, type: "pv", boot: "pygrub",
		memory_mib: 64, vcpus: 1, image: null, size_bytes: null, allocated_bytes: null, layout: null, address: null, address6: null, network: [],
		template: "mini", fleet: null, autostart: false, restart_pending: null, domain_name: null, saved_state: null, monitor: null} + '"${2:-{\}}"
}

# answer FILE GUEST...: what a dom0 prints.
answer() {
	jq -nc '{guests: $ARGS.positional}' --jsonargs "${@:2}" >"$1"
}

# dom0 NAME [WARNING]: one on which `list` prints the file NAME.
dom0() {
	printf '{name: %s, local: true, program: [sh, -c, "cat %s/%s%s", list]}' "$1" "$PWD" "$1" "${2:+; echo xen-bigdisk: warning: $2 >&2}"
}

hosts() {
	jq -c '._meta.hostvars | keys' <<<"$output"
}

@test "inventory: nothing that a dom0 or a guest says is run on the controller" {
	local evil name dom0
	evil='{{ lookup("pipe", "touch pwned; echo x") }}'
	mkdir run
	cd run
	local guests=("$(guest web01 "$(jq -nc --arg evil "$evil" '{address6: "fe80::1%\($evil)", boot: $evil, network: [{mac: $evil}]}')")")
	# Two texts, neither of which is a template.
	guests+=("$(guest web02 "$(jq -nc --arg evil "$evil" '{template: "{", fleet: $evil[1:]}')")")
	for name in "$evil" '-oProxyCommand=x' '-F' 'web[01:20]' '!web01' 'a/b' '../x' 'web 1' 'web01:22' '' $'web\n' 'web,db' '~web' '*' 'wéb'; do
		guests+=("$(guest "$name")")
	done
	answer a "${guests[@]}"
	for name in "$evil" '::1'; do
		guests+=("$(guest "$name" '{cfg: null}')")
	done
	answer b "${guests[@]}"
	answer members "$(guest web01 "$(jq -nc --arg evil "$evil" '{network: [{($evil): 1}]}')")"
	for dom0 in a b; do
		inventory <<-YAML
			dom0s: [$(dom0 "$dom0"), $(dom0 members)]
			foreign: true
			compose: {both: xen_bigdisk.template ~ xen_bigdisk.fleet, network: xen_bigdisk.network, macs: xen_bigdisk.network | map(attribute='mac') | join}
			groups: {pygrub: xen_bigdisk.boot == "pygrub"}
			keyed_groups: [{key: xen_bigdisk.boot, prefix: boot}, {key: xen_bigdisk.template, prefix: t}]
		YAML
		[[ $status -eq 0 && $(hosts) == '["web01","web02"]' ]]
		[[ $stderr == *"the dom0 $dom0: the guest '-F' is not in the inventory: that is not a host name"* ]]
		[[ $stderr == *"the dom0 members: what it prints is not the list of "* ]]
		jq -e '._meta.hostvars.web01 | has("ansible_host") | not' <<<"$output"
		for name in ansible_host inventory_hostname xen_bigdisk both network macs group_names groups hostvars; do
			run ansible -i all.xen_bigdisk.yml all -m debug -a "msg={{ $name | default(0) }}"
			[[ $status -eq 0 ]] || fail "$output"
		done
		[[ ! -e pwned ]]
	done
	run ansible -i all.xen_bigdisk.yml web02 -m debug -a 'msg={{ both }}'
	[[ $output == *'{{ lookup('* ]]
}

@test "inventory: a guest's address is not taken for it if it is the controller's, or many hosts'" {
	local address
	for address in 127.0.0.1 127.8.8.8 0.0.0.0 224.0.0.1 ::1 :: ff02::1 ::ffff:127.0.0.1 fe80::1%eth0 localhost 10.1 ''; do
		answer a "$(guest web01 "$(jq -nc --arg address "$address" '{address: $address}')")"
		inventory <<<"dom0s: [$(dom0 a)]"
		jq -e '._meta.hostvars.web01 | has("ansible_host") | not' <<<"$output" || fail "$address"
	done
	answer a "$(guest web01 '{address: "127.0.0.1", address6: "2001:DB8::5"}')"
	inventory <<<"dom0s: [$(dom0 a)]"
	[[ $(jq -r ._meta.hostvars.web01.ansible_host <<<"$output") == 2001:db8::5 ]]
}

@test "inventory: patterns, of which each dom0 has what it has" {
	answer a "$(guest web01)" "$(guest web02)" "$(guest mail)"
	answer b "$(guest db01)"
	inventory <<<"dom0s: [$(dom0 a), $(dom0 b)]
patterns: [web01, 'd*[0-9]', none]"
	[[ $status -eq 0 && $(hosts) == '["db01","web01"]' ]]
	[[ $stderr == *"patterns: no dom0 that answered has a guest none"* && $stderr != *"not in the inventory"* ]]
	inventory <<<"dom0s: [$(dom0 a), $(dom0 b)]
patterns: []"
	[[ $(hosts) == '[]' ]]
	inventory <<<"dom0s: [$(dom0 a), $(dom0 b)]"
	[[ $(hosts) == '["db01","mail","web01","web02"]' ]]
}

@test "inventory: what is wrong with one guest or one dom0 leaves out that one, with a warning" {
	local wrong
	answer a "$(guest web01)" "$(guest web01 '{template: "other"}')" "$(guest web01 '{cfg: null}')" "$(guest localhost)" "$(guest 127.0.0.1)" \
		"$(guest all)" "$(guest ungrouped)" "$(guest dom0_a)" "$(guest template_mini)" "$(guest small)" "$(guest type_pv)" "$(guest zz_pv)"
	for wrong in false true; do
		inventory <<-YAML
			dom0s: [$(dom0 a '/etc/xen/broken.cfg:3: wrong')]
			foreign: true
			qualify: $wrong
			groups: {small: xen_bigdisk.memory_mib < 100}
			keyed_groups: [{key: xen_bigdisk.type, prefix: type}, {key: xen_bigdisk.type, prefix: zz}]
		YAML
		[[ $status -eq 0 && $stderr == *"the dom0 a: /etc/xen/broken.cfg:3: wrong"* ]]
		[[ $stderr == *"the dom0 a: the guest 'web01"*"' is not in the inventory: another one has that name, and is kept"* ]]
		[[ $wrong == false ]] || break
		[[ $(hosts) == '["web01"]' && $stderr == *"the guest 'localhost' is not in the inventory: that is a name of the controller"* ]]
		for wrong in all ungrouped dom0_a template_mini small type_pv zz_pv; do
			[[ $stderr == *"the guest '$wrong' is not in the inventory: a group has that name"* ]] || fail "$wrong"
		done
		jq -e '._meta.hostvars.web01.xen_bigdisk.template == "mini" and .type_pv.hosts == ["web01"]' <<<"$output"
	done
	[[ $(hosts | jq length) -eq 10 ]]
	# Whatever a dom0 answers, the others are there.
	answer a "$(guest web01)"
	for wrong in '{"guests": null}' '{"guests": {}}' '{}' '[]' 'null' '' '{"guests": [null]}' "{\"guests\": [$(guest db01 | jq -c 'del(.template)')]}" \
		"{\"guests\": [$(guest db01 '{name: 7}')]}" "{\"guests\": [$(guest db01 '{state: null}')]}" "{\"guests\": [$(guest db01 '{address: ["10.0.0.1"]}')]}" \
		"$(printf '[%.0s' {1..20000})"; do
		printf '%s' "$wrong" >b
		inventory <<<"dom0s: [$(dom0 b), $(dom0 a)]"
		[[ $status -eq 0 && $(hosts) == '["web01"]' ]] || fail "$wrong"
		[[ $stderr == *"the dom0 b: what it prints is not the list of xen-bigdisk; its guests are not in the inventory"* ]] || fail "$wrong"
	done
	inventory <<<"dom0s: [$(dom0 b), $(dom0 a)]
on_error: fail"
	[[ $status -ne 0 && $stderr == *"the dom0 b: what it prints is not the list of "* ]]
}

@test "inventory: warnings of a dom0 are told from the cache, too, and so is that two names are one group" {
	local times
	answer xen-1 "$(guest web01)"
	answer xen.1 "$(guest db01)"
	for times in 1 2; do
		inventory <<-YAML
			dom0s: [$(dom0 xen-1 'one of its configs'), $(dom0 xen.1)]
			cache: true
			cache_plugin: jsonfile
			cache_connection: $PWD/cache
		YAML
		[[ $status -eq 0 && $stderr == *"the dom0 xen-1: one of its configs"* ]] || fail "$times"
		[[ $stderr == *"dom0_xen-1 and dom0_xen.1 are one group, dom0_xen_1"* ]]
		rm -f xen-1 xen.1
	done
}

@test "inventory: proxy_jump is what ssh takes" {
	need ssh
	cat >ssh <<-SH
		#!/bin/sh
		cat $PWD/a
	SH
	chmod +x ssh
	answer a "$(guest web01)"
	inventory <<-YAML
		ssh: $PWD/ssh
		dom0s: [{name: a, host: "2001:db8::5", user: admin, port: 2222}]
		proxy_jump: true
	YAML
	run ssh -G -F none -o "$(jq -r '._meta.hostvars.web01.ansible_ssh_common_args | ltrimstr("-o ")' <<<"$output" | xargs)" web01
	[[ $status -eq 0 && $output == *"proxyjump admin@[2001:db8::5]:2222"* ]]
}
