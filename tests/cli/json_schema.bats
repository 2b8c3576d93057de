#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# templates/output.schema.json: what the commands print with --json is what it says, of a host of guests in every state.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

schema=$top/templates/output.schema.json

# printed NAME: the last bd has printed what $defs/NAME of the schema says, one document a line for events.
printed() {
	printf '%s\n' "$output" | python3 -c '
import json, sys
from jsonschema import Draft202012Validator
schema, name = json.load(open(sys.argv[1])), sys.argv[2]
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator({**schema, "anyOf": [{"$ref": "#/$defs/" + name}]})
text, decoder, count = sys.stdin.read().strip(), json.JSONDecoder(), 0
while text:
    document, end = decoder.raw_decode(text)
    for error in validator.iter_errors(document):
        for cause in error.context or [error]:
            print(name, cause.json_path, cause.message)
        sys.exit(1)
    text, count = text[end:].strip(), count + 1
sys.exit(count == 0)' "$schema" "$1"
}

setup() {
	common_setup
	need python3
	python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
}

@test "every member is described, and what is not described is not allowed" {
	need jq
	run jq -r '."$defs" | to_entries[] | .key as $name | .value.properties | to_entries[]
		| select(.value.description == null and .value."$ref" == null) | "\($name).\(.key)"' "$schema"
	[[ $status == 0 && -z $output ]]
	run jq -r '."$defs" | to_entries[] | select(.value.additionalProperties != false or .value.description == null) | .key' "$schema"
	[[ $status == 0 && -z $output ]]
	# Of two members with one name a reader sees the last only.
	python3 - "$schema" <<-'PYTHON'
		import json, sys
		def members(pairs):
		    names = [name for name, _ in pairs]
		    twice = {name for name in names if names.count(name) > 1}
		    assert not twice, twice
		    return dict(pairs)
		json.load(open(sys.argv[1]), object_pairs_hook=members)
	PYTHON
	output='{"error": {"kind": "odd", "message": "x"}}'
	run ! printed failure
	output='{"guests": [{"name": "web01"}]}'
	run ! printed list
}

@test "list and show, of guests that run, are stopped, or have no config" {
	made_empty web01 --size 24M --ip 192.0.2.12/24 --gateway 192.0.2.1
	made_empty web02 --size 16M --no-net --type hvm
	fake_xen
	printf '7 %s web01\n9 11111111-2222-3333-4444-555555555555 foreign\n' \
		"$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" >domains
	bd list --dir d --json
	printed list
	for guest in web01 web02 foreign; do
		bd show "$guest" --dir d --json
		printed show
	done
}

@test "new and clone: planned, made, and one that exists" {
	need_busybox
	made web01 --quiet --no-start --dir d --size 128M --swap 8M
	bd new web01 --dir d --if-absent --json
	printed new
	bd new web01 --dir d --if-absent --dry-run --size 256M --swap 16M --memory 1G --json
	printed new
	[[ $(jq -r '[.differences[].key] | join(" ")' <<<"$output") == "memory size swap" ]]
	for how in --no-start --dry-run; do
		bd new web02 --dir d --json --template none --size 64M --type hvm --ip 192.0.2.12/24 --dns 192.0.2.1 $how
		[[ $status -eq 0 ]]
		printed new
		rm -f d/web02.*
	done
	for how in --dry-run --quiet; do
		bd clone web01 web03 --dir d --json $how
		[[ $status -eq 0 ]]
		printed new
	done
	[[ $(jq -r '.source, .state, .boot, .template' <<<"$output" | xargs) == "web01 made pygrub mini" ]]
}

@test "start, stop, reboot, wait, set, rename, rm, of one and of several" {
	fake_xen
	made_empty web01 --size 16M --no-net --boot-sector none
	made_empty web02 --size 16M --no-net --boot-sector none
	bd start web01 --dir d --json
	printed done
	bd start web01 web02 nobody --dir d --json
	printed several
	for command in 'reboot --no-wait' 'wait --for kernel' stop; do
		bd $command web01 --dir d --json
		printed done
	done
	for pairs in '' 'memory=256M vcpus=2' 'memory=256M' 'type=pvh --dry-run'; do
		# shellcheck disable=SC2086 # a word for each
		bd set web01 --dir d $pairs --json
		[[ $status -eq 0 ]]
		printed done
	done
	bd rename web01 web03 --dir d --json
	printed done
	bd import-guest ./d/web03.cfg --dir d --json
	printed done
	bd import-guest ./d/web03.cfg --dir d --name web04 --copy --json
	printed done
	bd import-guest ./d/web04.cfg --dir d --name web05 --move --json
	printed done
	rm d/web05*
	bd rm web03 --dir d --dry-run --json
	printed done
	bd rm web03 --dir d --yes --json
	printed done
	bd rm web03 --dir d --yes --json
	printed failure
	bd rm web03 --dir d --yes --json --if-exists
	printed done
}

@test "fleet plan, apply, export and status, and their failures" {
	echo '{"fleet": "shop", "defaults": {"template": "none", "size": "16M", "memory": "64M"},
		"groups": {"web": {"guests": "web{01..03}"}}}' >shop.json
	bd fleet plan shop.json --dir d --json --no-start
	printed fleet_plan
	bd fleet apply shop.json --dir d --json --no-start
	[[ $status -eq 0 ]]
	printed event
	# One is to be changed, one is refused, one is to be created, and one is in the way.
	sed -i '/{"guests"/s/"web{01..03}"/"web{01..04}"/; s/"64M"/"96M"/' shop.json
	sed -i 's/ fleet=shop//' d/web02.cfg
	echo '# none' >d/web04.cfg
	rm d/web03.*
	bd fleet plan shop.json --dir d --json --no-start
	printed fleet_plan
	[[ $(jq -c '[.guests[].action]' <<<"$output") == '["change","refuse","create","refuse"]' ]] || fail "$output"
	bd fleet export shop.json --dir d --json
	printed fleet_export
	bd fleet status shop.json --dir d --json
	printed fleet_status
	bd fleet status gone.json --dir d --json
	printed failure
	fake_xen
	for command in start stop destroy; do
		bd fleet "$command" shop.json --dir d --json --dry-run
		printed fleet_planned
		[[ $(jq -r '.guests[0] | .name, .state' <<<"$output" | xargs) == "web01 stopped" ]]
	done
}

@test "version, and a failure of what is no command, or has no JSON" {
	bd version --json
	printed version
	local command
	for command in nosuch 'template nosuch' 'list --nosuch' 'console nobody' 'help nosuch' 'fleet'; do
		bd $command --json
		failed_with 2
		printed failure
	done
	bd list --nosuch --js
	printed failure
	bd list -- --json
	[[ $status -eq 4 && -z $output ]]
}

@test "template list, show, import, export and rm" {
	mkdir -p root/etc root/bin
	echo ID=debian >root/etc/os-release
	bd template import tiny root --templates t --json --dry-run
	printed template_show
	bd template import tiny root --network ifupdown --templates t --json --quiet
	printed template_show
	bd template show tiny --templates t --json
	printed template_show
	bd template show mini --templates t --json
	printed template_show
	bd template list --templates t --json
	printed template_list
	bd template show nobody --templates t --json
	printed failure
	for how in --dry-run --quiet; do
		bd template export tiny tiny.tar.gz --templates t --json $how
		printed template_done
	done
	for how in --dry-run --yes; do
		bd template rm tiny --templates t --json $how
		printed template_done
		[[ $(jq -r .path <<<"$output") == "$PWD/t/tiny" ]]
	done
}

@test "doctor, with and without a Xen" {
	bd doctor --dir d --json
	printed doctor
	fake_xen
	bd doctor --dir d --json
	printed doctor
}

@test "grow and shrink, of a guest that is stopped, and of one that runs" {
	need resize2fs
	made_empty web01 --size 32M
	for arguments in 'grow web01 64M --dry-run' 'grow web01 64M' 'grow web01 64M' 'shrink web01 32M'; do
		# shellcheck disable=SC2086 # words
		bd $arguments --dir d --json
		[[ $status -eq 0 ]]
		printed resized
	done
	fake_xen
	printf '7 %s web01\n' "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" >domains
	bd grow web01 64M --dir d --json
	[[ $status -eq 0 ]]
	printed resized
	bd shrink web01 32M --dir d --json
	[[ $status -eq 5 ]]
	printed failure
}

@test "compact, convert and convert-layout" {
	made_empty web01 --size 32M --boot-sector none
	for layout in aligned cylinder; do
		bd convert-layout web01 $layout --dir d --json
		[[ $status -eq 0 ]]
		printed layout_converted
	done
	truncate -s 16M target.img
	for how in --dry-run '' '--force --no-net'; do
		# shellcheck disable=SC2086 # a word for each
		bd fill target.img --name web02 --template none --swap 1M --json $how
		[[ $status -eq 0 ]]
		printed filled
	done
	need_busybox
	truncate -s 64M mini.img
	bd fill mini.img --name web03 --json
	for how in --dry-run '' --only-name '--mac 00:16:3e:00:00:01 --ip 192.0.2.9/24'; do
		# shellcheck disable=SC2086 # a word for each
		bd renew mini.img --name web04 --json $how
		[[ $status -eq 0 ]]
		printed renewed
	done
	bd compact web01 --dir d --json
	[[ $status -eq 0 ]]
	printed compacted
	bd compact nobody --dir d --json
	printed failure
	need qemu-img
	bd convert web01 web01.vhd --dir d --json
	[[ $status -eq 0 ]]
	printed converted
	bd convert web01 web01.vhd --dir d --json
	[[ $status -eq 3 ]]
	printed failure
}

@test "send and receive" {
	made_empty web01 --size 32M --boot-sector none
	bd send web01 --dir d --dry-run --json
	[[ $status -eq 0 ]]
	printed sent
	bd send web01 --dir d --output web01.tar --json
	[[ $status -eq 0 ]]
	printed sent
	bd send web01 --dir d --output web01.tar --json
	[[ $status -eq 3 ]]
	printed failure
	truncate -s 32M copy.img
	"$bigdisk" receive copy.img --json <web01.tar >stdout
	output=$(cat stdout)
	printed received
	run -3 --separate-stderr "$bigdisk" receive copy.img --json <web01.tar
	printed failure
}

@test "ls, find and du, of what is there and what is not" {
	made --quiet --no-start --dir d --no-net web01 --size 64M --template mini
	for command in 'ls -lR' ls find; do
		# shellcheck disable=SC2086 # two words
		bd $command --json --dir d web01:/etc web01:/dev web01:/nope
		printed listing
	done
	bd du --json --dir d web01:/ web01:/nope
	printed disk_usage
	bd du --json --dir d nobody:/
	printed disk_usage
	bd du --json web01
	printed failure
	bd diff --json --dir d web01:/etc web01:/dev
	printed diff
	bd diff --json --dir d web01:/etc web01:/etc
	printed diff
}

@test "check, of a disk that is right, of one that is not, and of one that was corrected" {
	need e2fsck
	need_grub2
	made_empty web01 --size 64M
	bd check d/web01.img --json
	printed checked
	bd check web01 --json --dir d
	[[ $status -eq 4 ]]
	printed checked
	debugfs -w -R 'feature needs_recovery' "d/web01.img?offset=$(root_offset d/web01.img)"
	bd check d/web01.img --json --repair
	[[ $status -eq 1 ]]
	printed checked
	bd check nobody --json --dir d
	printed failure
}

@test "info and map, of a guest, of a disk with a GPT, and of a filesystem that cannot be read" {
	need sfdisk
	made_empty web01 --size 64M --swap 8M
	truncate -s 64M gpt
	sfdisk -q gpt <<<$'label: gpt\nsize=20M,name=root\n'
	cp d/web01.img damaged
	printf '\377\377\377\377' | dd of=damaged bs=1 seek=$(($(root_offset damaged) + 1024 + 32)) conv=notrunc status=none
	for place in web01 ./gpt ./damaged; do
		for command in info map; do
			bd "$command" $place --json --dir d
			printed disk_info
		done
	done
	bd info nobody --json --dir d
	printed failure
}
