#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# metrics: read as Prometheus reads them, by its own parser for Python and, where it is installed, by promtool.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

setup() {
	common_setup
	need python3
	need jq
	# Debian's own has it; another one may come before it in PATH.
	for python in python3 /usr/bin/python3 ''; do
		[[ $python ]] || skip "python3-prometheus-client is not installed"
		! "$python" -c 'import prometheus_client' 2>/dev/null || break
	done
	export XEN_BIGDISK_TEMPLATES=$PWD/templates
}

# What the names and samples of a text have to be, as promtool has it and beyond: a text with the same sample twice, or a family in
# two places, is refused by Prometheus as a whole. samples: a line of JSON each.
read_metrics() {
	"$python" - "$1" <<-'PYTHON' >samples || fail "no metrics: $(head -c 2000 "$1")"
		import json, re, sys
		from prometheus_client.parser import text_string_to_metric_families
		text = open(sys.argv[1], encoding="utf-8", newline="").read()
		assert text.endswith("\n")
		families, samples = set(), set()
		for kind in "HELP", "TYPE":
		    heads = re.findall("^# %s ([a-z_]+) (?:[A-Z].*\\.|gauge|counter)$" % kind, text, re.M)
		    assert len(heads) == len(set(heads)) == len(re.findall("^# " + kind, text, re.M)), (kind, heads)
		    families = families or set(heads)
		    assert families == set(heads)
		for family in text_string_to_metric_families(text):
		    assert re.fullmatch("xen_bigdisk_[a-z_]*[a-z]", family.name), family.name
		    assert family.documentation and family.type in ("gauge", "counter"), family
		    for sample in family.samples:
		        assert sample.name in families, sample
		        assert sample.name.endswith("_total") == (family.type == "counter"), sample
		        assert sample.value >= 0, sample
		        key = (sample.name, tuple(sorted(sample.labels.items())))
		        assert key not in samples, key
		        samples.add(key)
		        print(json.dumps({"name": sample.name[len("xen_bigdisk_"):], "labels": sample.labels, "value": sample.value}))
		assert samples
	PYTHON
	if type -P promtool >/dev/null; then
		promtool check metrics <"$1" >lint 2>&1 || fail "promtool: $(<lint)"
		[[ ! -s lint ]] || fail "promtool: $(<lint)"
	fi
}

metrics() {
	bd metrics --dir d --no-doctor "$@"
	[[ $status -eq 0 ]] || fail "status $status"
	printf '%s\n' "$output" >text
	read_metrics text
}

# is NAME LABELS VALUE: the one sample of that name with these labels (JSON) has that value (a whole number, or a condition of jq).
is() {
	local condition=$3
	[[ $condition == *[!0-9]* ]] || condition=". == $3"
	jq -se --arg name "$1" --argjson labels "$2" "map(select(.name == \$name and (.labels | contains(\$labels)))) |
		length == 1 and (.[0].value | $condition)" samples >/dev/null ||
		fail "$1 $2 is not $3:" "$(jq -c --arg name "$1" 'select(.name == $name)' samples)"
}

# none NAME [LABELS]: there is no such sample.
none() {
	jq -se --arg name "$1" --argjson labels "${2:-{\}}" 'all(.name != $name or (.labels | contains($labels) | not))' \
		samples >/dev/null || fail "there is $1 $2"
}

guests() {
	local name
	for name; do
		made_empty "$name" --size 16M --memory 256M --vcpus 2 --no-net --boot-sector none
	done
}

@test "without a Xen: status 0, the state of guests is unknown, and configs and disks are told" {
	[[ ! -e /sys/hypervisor/type ]] || skip "there is a hypervisor here"
	guests web01
	metrics
	[[ -z $stderr ]]
	is hypervisor_up '{}' 0
	is build_info "{\"version\": \"$("$bigdisk" --version | cut -d ' ' -f 2)\"}" 1
	is guests '{"state": "unknown"}' 1
	is guests '{"state": "stopped"}' 0
	is guest_info '{"guest": "web01", "type": "pv", "template": "none"}' 1
	is guest_memory_configured_bytes '{"guest": "web01"}' 268435456
	is guest_vcpus_configured '{"guest": "web01"}' 2
	is guest_disk_size_bytes "{\"guest\": \"web01\", \"disk\": \"$PWD/d/web01.img\"}" 16777216
	is guest_disk_allocated_bytes '{"guest": "web01"}' ". == $(($(stat -c %b d/web01.img) * 512))"
	is templates '{}' 0
	is guest_starts_total '{"guest": "web01"}' 0
	none guest_up
	none guest_memory_bytes
	none hypervisor_info
	none host_memory_bytes
	none doctor_findings
	[[ $(jq -s 'map(select(.name == "scrape_errors").value) | add' samples) == 0 ]]
}

@test "guests that run, and those that do not, domains without a config, and the host" {
	guests web01 web02 web03
	fake_xen
	export FAKE_TOOLSTACK_MAX='524288 4' FAKE_TOOLSTACK_MODE=no-monitor=web02,foreign=other
	printf '300 %s web01\n301 %s web02\n302 11111111-2222-3333-4444-555555555555 other\n' \
		"$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg)" "$(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web02.cfg)" >domains
	metrics
	is hypervisor_up '{}' 1
	is hypervisor_info '{"version": "4.17.5", "toolstack_release": "4.17"}' 1
	is host_memory_bytes '{}' 17179869184
	is host_memory_available_bytes '{}' 8589934592
	is guests '{"state": "running"}' 3
	is guests '{"state": "stopped"}' 1
	is guest_up '{"guest": "web01"}' 1
	is guest_up '{"guest": "web03"}' 0
	is guest_memory_bytes '{"guest": "web01"}' 536870912
	is guest_memory_max_bytes '{"guest": "web01"}' 536870912
	is guest_vcpus_max '{"guest": "web01"}' 4
	is guest_monitor_up '{"guest": "web01"}' 1
	is guest_monitor_up '{"guest": "web02"}' 0
	none guest_monitor_up '{"guest": "other"}'
	is guest_up '{"guest": "other"}' 1
	is guest_info '{"guest": "other", "uuid": "11111111-2222-3333-4444-555555555555"}' 1
	is guest_cpu_seconds_total '{"guest": "web01"}' '. >= 0'
	none guest_memory_bytes '{"guest": "web03"}'
	none guest_up '{"guest": "Domain-0"}'
	none guest_starts_total '{"guest": "other"}'
	run ! grep -E '^(create|destroy|shutdown|devices|guest_data)' log
	[[ $(grep -c '^open' log) -eq $(grep -c '^close' log) ]]
}

@test "starts and their stages, and what a monitor has counted" {
	guests web01
	fake_xen
	ok start web01 --dir d --wait
	ok stop web01 --dir d
	FAKE_TOOLSTACK_MODE=create-fails bd start web01 --dir d
	sed -i 's/^restarts .*/restarts 5/; s/^reboots .*/reboots 3/; s/^crashes .*/crashes 2/; s/^poweroffs .*/poweroffs 1/' state/web01.cfg-*
	metrics
	is guest_starts_total '{"guest": "web01"}' 1
	is guest_start_failures_total '{"guest": "web01"}' 1
	is guest_restarts_total '{"guest": "web01"}' 5
	is guest_shutdowns_total '{"guest": "web01", "reason": "reboot"}' 3
	is guest_shutdowns_total '{"guest": "web01", "reason": "crash"}' 2
	is guest_shutdowns_total '{"guest": "web01", "reason": "poweroff"}' 1
	is guest_last_start_timestamp_seconds '{"guest": "web01"}' '. > 1700000000'
	is guest_last_start_stage_seconds '{"guest": "web01", "stage": "guest"}' '. > 0'
}

@test "a record that cannot be read is an error, and puts no counters: one of zeros would be a reset" {
	guests web01 web02
	fake_xen
	ok start web01 --dir d --no-wait
	ok start web02 --dir d --no-wait
	local record way
	record=$(echo state/web01.cfg-*)
	for way in ": >$record" "sed -i 's/^starts .*/starts -7/' $record" "rm $record; mkdir $record" \
		"rmdir $record; ln -s nowhere $record"; do
		eval "$way"
		metrics
		is scrape_errors '{"part": "records"}' 1
		is guest_starts_total '{"guest": "web02"}' 1
		is guest_info '{"guest": "web01"}' 1
		none guest_starts_total '{"guest": "web01"}'
		none guest_start_failures_total '{"guest": "web01"}'
		none guest_shutdowns_total '{"guest": "web01"}'
		none guest_last_start_stage_seconds '{"guest": "web01"}'
	done
}

@test "what cannot be read is counted and left out, the rest is there, and the status is 0" {
	guests web01 web02
	echo 'name = "' >d/broken.cfg
	sed 's/^uuid.*//' d/web01.cfg >d/same-name.cfg
	rm d/web02.img
	metrics
	is scrape_errors '{"part": "configs"}' 2
	is scrape_errors '{"part": "disks"}' 1
	is guest_info '{"guest": "web01"}' 1
	is guest_disk_size_bytes '{"guest": "web01"}' 16777216
	none guest_disk_size_bytes '{"guest": "web02"}'
	[[ $(grep -c . <<<"$stderr") -eq 3 ]]
	metrics --quiet
	[[ -z $stderr ]]
	export XEN_BIGDISK_TOOLSTACK=$PWD/nosuch.so
	metrics
	is hypervisor_up '{}' 0
	is scrape_errors '{"part": "domains"}' 1
	is guests '{"state": "unknown"}' 2
}

@test "a disk in another format than raw: its size is what the guest sees, by its header, and else not told; so by list and show" {
	need qemu-img
	local format options
	for format in qcow2 vpc qed; do
		truncate -s 64M raw
		options=()
		[[ $format != vpc ]] || options=(-o force_size=on)
		qemu-img convert -f raw -O "$format" "${options[@]}" raw "d/$format.img"
		printf 'name = "%s"\nmemory = 64\ndisk = [ "%s,%s,xvda,w" ]\n' "$format" "$PWD/d/$format.img" "${format/vpc/vhd}" >"d/$format.cfg"
		metrics
		is guest_disk_size_bytes "{\"guest\": \"$format\"}" 67108864
		is guest_disk_allocated_bytes "{\"guest\": \"$format\"}" ". == $(($(stat -c %b "d/$format.img") * 512))"
		ok list "$format" --dir d --json
		[[ $(jq -r '.guests[0] | [.size_bytes, .layout] | @csv' <<<"$output") == 67108864, ]]
		ok show "$format" --dir d --json
		[[ $(jq -r '.disks[0].size_bytes' <<<"$output") == 67108864 ]]
		ok show "$format" --dir d
		[[ $output == *"$format.img (64 MiB, of which "* && $output != *layout* ]]
	done
	: >d/qcow2.img
	metrics
	none guest_disk_size_bytes '{"guest": "qcow2"}'
	is guest_disk_allocated_bytes '{"guest": "qcow2"}' 0
	ok list qcow2 --dir d --json
	[[ $(jq -r '.guests[0].size_bytes' <<<"$output") == null ]]
	ok show qcow2 --dir d --json
	[[ $(jq -r '.disks[0] | has("size_bytes")' <<<"$output") == false ]]
	# A raw disk whose guest writes such a header is a raw disk.
	guests web01
	printf 'QFI\xfb\0\0\0\3' | dd of=d/web01.img conv=notrunc status=none
	metrics
	is guest_disk_size_bytes '{"guest": "web01"}' 16777216
}

@test "names with quotes, backslashes, newlines, control characters and bytes that are no text" {
	guests web01
	mv d/web01.img "d/a\"} 1\\b"$'\n'"xen_bigdisk_guests 7"$'\xff'.img
	printf 'name = "a\\\\"\nmemory = 64\ndisk = [ "format=raw, vdev=xvda, access=rw, target=%s" ]\n' "$PWD/d/a\\\"} 1"$'\xff\x1b'.img >d/odd.cfg
	: >"d/a\"} 1"$'\xff\x1b'.img
	metrics
	[[ $output != *$'\x1b'* ]]
	metrics
	jq -se 'map(select(.name == "guests" and .labels == {})) | length == 0' samples
}

@test "values that differ are told apart, also one with a byte that is no text from one with its escape" {
	local name
	for name in $'a\xff' 'a\\xff' 'a\\x5cxff' 'a\\xz'; do
		printf 'name = "%s"\nmemory = 64\ndisk = [ "/dev/null,raw,xvda,w" ]\n' "$name" >"d/$((++n)).cfg"
	done
	metrics
	[[ $(jq -s 'map(select(.name == "guest_info").labels.guest)' samples | jq -r '.[]' | sort) == \
		$'a\\x5cx5cxff\na\\x5cxff\na\\xff\na\\xz' ]] || fail "$(grep guest_info samples)"
}

@test "a directory of configs that is not there: an error where it was given, else the states are left out" {
	local dir
	: >file
	for dir in nowhere file; do
		bd list --dir "$dir"
		wanted=$status
		bd metrics --dir "$dir" --no-doctor
		failed_with "$wanted"
	done
	mkdir out
	bd metrics --dir nowhere --no-doctor --textfile out/x.prom
	[[ $status -eq 4 ]]
	is_empty out
	need_mount_namespaces
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c 'mount -t tmpfs none /etc && exec "$bigdisk" metrics --no-doctor' >text
	read_metrics text
	is scrape_errors '{"part": "configs"}' 1
	none guests
}

@test "a directory of templates that is given and is not there is an error" {
	: >file
	for dir in nowhere file; do
		bd metrics --templates "$dir" --no-doctor --textfile x.prom
		failed_with 4
		[[ $stderr == *"cannot read the directory $dir: "* && ! -e x.prom ]] || fail "$stderr"
	done
	mkdir empty
	bd metrics --templates empty --no-doctor
	[[ $status -eq 0 ]]
}

@test "templates, with what they take" {
	mkdir -p root/etc
	printf 'ID=debian\nVERSION_ID="12"\n' >root/etc/os-release
	ok template import --quiet tiny root
	metrics
	is templates '{}' 1
	is template_bytes '{"template": "tiny"}' ". == $(($(find templates/tiny -type f -printf '%b+')0))*512"
}

@test "what doctor finds, by severity, unless it is left out" {
	guests web01
	: >d/.web02.img.partial-999999999
	bd metrics --dir d
	[[ $status -eq 0 ]]
	printf '%s\n' "$output" >text
	read_metrics text
	bd doctor --dir d --json
	for severity in problem warning ok; do
		is doctor_findings "{\"severity\": \"$severity\"}" ". == $(jq --arg state "$severity" '[.checks[] | select(.state == $state)] | length' <<<"$output")"
	done
	is doctor_findings '{"severity": "warning"}' '. >= 1'
	is doctor_duration_seconds '{}' '. > 0'
}

@test "--textfile replaces a file as a whole, for all to read, and leaves nothing else" {
	guests web01
	mkdir out
	(umask 077 && ok metrics --dir d --no-doctor --textfile out/x.prom)
	holds out x.prom
	[[ $(stat -c %a out/x.prom) == 644 ]]
	read_metrics out/x.prom
	is guest_info '{"guest": "web01"}' 1
	ln out/x.prom before
	guests web02
	chmod 600 out/x.prom
	ok metrics --dir d --no-doctor --textfile out/x.prom
	[[ -z $output && $(stat -c %a out/x.prom) == 644 ]]
	holds out x.prom
	read_metrics out/x.prom
	is guest_info '{"guest": "web02"}' 1
	run ! grep web02 before
}

@test "--textfile that cannot be written fails, and leaves the old file" {
	guests web01
	mkdir out
	ok metrics --dir d --no-doctor --textfile out/x.prom
	cp out/x.prom before
	bd metrics --dir d --no-doctor --textfile nowhere/x.prom
	failed_with 1
	need strace
	for call in fsync renameat2 renameat rename; do
		run strace -qq -o trace -e trace="$call" -e inject="$call:error=EIO" "$bigdisk" metrics --dir d --no-doctor --textfile out/x.prom
		[[ ! -s trace || $status -eq 1 ]] || fail "$call: status $status"
		cmp before out/x.prom || [[ ! -s trace ]]
		holds out x.prom
		cp out/x.prom before
	done
}

@test "--textfile replaces nothing but a regular file" {
	mkdir -p out out/folder
	mkfifo out/fifo
	: >out/file
	ln -s file out/link
	ln -s nowhere out/dangling
	local name said
	for name in folder fifo link dangling; do
		bd metrics --dir d --no-doctor --textfile "out/$name"
		failed_with 1
		said='is not a regular file'
		[[ ! -L out/$name ]] || said='is a symbolic link'
		[[ $stderr == *"out/$name $said" ]] || fail "$name"
	done
	[[ -d out/folder && -p out/fifo && -L out/link && -L out/dangling && ! -s out/file ]]
	holds out folder fifo file link dangling
	need_root
	mknod out/null c 1 3 || skip "no devices can be made here"
	bd metrics --dir d --no-doctor --textfile out/null
	failed_with 1
	[[ -c out/null ]]
}

@test "the unit of the timer is one that systemd takes" {
	need systemd-analyze
	local units=$top/.packaging/systemd
	mkdir units
	cp "$units"/xen-bigdisk-metrics.* units
	sed -i "s,/usr/bin/xen-bigdisk,$bigdisk," units/*.service
	run systemd-analyze verify --man=no units/xen-bigdisk-metrics.service units/xen-bigdisk-metrics.timer
	[[ $status -eq 0 && -z $output ]] || fail "$output"
	# Which of the options it is run with is said in one place.
	command=$(sed -n 's/^ExecStart=[^ ]* //p' units/xen-bigdisk-metrics.service)
	mkdir out
	# shellcheck disable=SC2086 # its words
	ok ${command//\/var\/lib\/prometheus\/node-exporter/out}
	read_metrics out/xen-bigdisk.prom
}
