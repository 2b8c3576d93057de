#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is printed on a terminal: tables, colours and the progress line, on wide, narrow and dumb ones.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

three_guests() {
	made_empty web01 --size 16M --ip 192.0.2.12/24
	made_empty database-of-the-shop --size 3950M --layout cylinder --ip 192.0.2.113/24
	fake_xen
	echo "7 $(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg) web01" >domains
}

@test "a table drops columns before its lines wrap: 120, 80, 60, 40 columns" {
	local columns
	three_guests
	for columns in 120 80 60 40; do
		on_terminal "$columns" "$bigdisk" list --dir d
		[[ $status -eq 0 ]]
		[[ $(seen | wc -L) -le $columns ]] || fail "wider than $columns: $(seen)"
		[[ $(seen | wc -l) -eq 3 ]]
		grep -qE '^database-of-the-shop +stopped' < <(seen)
	done
	on_terminal 120 "$bigdisk" list --dir d
	[[ $(seen | head -n 1 | xargs) == "NAME STATE ID MEM CPU SIZE USED ADDRESS TEMPLATE LAYOUT AUTO" ]]
	on_terminal 40 "$bigdisk" list --dir d
	[[ $(seen | head -n 1 | xargs) == "NAME STATE"* && $(seen) != *LAYOUT* ]]
}

@test "fleet status and template list, too" {
	need python3
	write_manifest '"guests": { "a-guest-with-a-long-name": { "ip": "192.0.2.9/24" }, "b": {} }'
	on_terminal 40 "$bigdisk" fleet status fleet.json --dir d
	[[ $status -eq 0 && $(seen | head -n 1 | xargs) == "NAME STATE"* && $(seen | wc -L) -le 40 ]]
	mkdir -p root/etc
	echo x >root/etc/a
	bd template import --quiet a-template-with-a-long-name root --templates t
	[[ $status -eq 0 ]]
	on_terminal 40 "$bigdisk" template list --templates t
	[[ $status -eq 0 && $(seen | head -n 1 | xargs) == NAME* && $(seen | wc -L) -le 40 ]]
	bd template list --templates t
	[[ ${lines[0]} =~ ^NAME\ +SIZE\ +NETWORK\ +MADE\ +SYSTEM$ ]]
}

# A fleet with guests to create, to change and to refuse, and one that its manifest no longer names; every name has 63 letters.
long_fleet() {
	local name=a-guest-with-a-name-that-is-as-long-as-the-name-of-a-host-may-be
	names=("${name%??}1" "${name%??}2" "${name%??}3" "${name%??}4")
	write_manifest "\"guests\": { \"${names[0]}\": {}, \"${names[1]}\": {}, \"${names[3]}\": {}, \"short\": {} }"
	bd fleet apply fleet.json --dir d --no-start --quiet
	[[ $status -eq 0 ]] || fail "$stderr"
	write_manifest "\"guests\": { \"${names[0]}\": { \"memory\": \"1G\", \"vcpus\": 2, \"bridge\": \"br7\" },
		\"${names[1]}\": { \"size\": \"64M\" }, \"${names[2]}\": { \"ip\": \"192.0.2.13/24\" }, \"new\": {}, \"short\": { \"memory\": \"1G\" } }"
}

# fits COLUMNS: nothing of what is seen is wider, and all that is to be there is.
fits() {
	[[ $(seen | wc -L) -le $1 ]] || fail "wider than $1: $(seen)"
}

@test "fleet plan: nothing is wider than the terminal, columns are dropped first, and no word is lost" {
	local columns name
	long_fleet
	for columns in 120 80 40; do
		on_terminal "$columns" "$bigdisk" fleet plan fleet.json --dir d --no-start
		[[ $status -eq 0 ]]
		fits "$columns"
		for name in "${names[@]}"; do
			[[ $(seen | tr -d ' \n') == *"$name"* ]] || fail "$name is not there: $(seen)"
		done
		[[ $(seen | tr -d ' \n') == *"needsanewdisk;undothechange,or,ifthedisk'scontentisnotneeded,"* ]] || fail "$(seen)"
	done
	sed -i "/${names[2]}/s/\"${names[2]}\": [^}]*},//" fleet.json
	on_terminal 80 "$bigdisk" fleet plan fleet.json --dir d --no-start --limit new
	[[ $(seen | sed -n 2p | xargs) == "NAME ACTION TEMPLATE DISK MEMORY ADDRESS" ]] || fail "$(seen)"
	on_terminal 40 "$bigdisk" fleet plan fleet.json --dir d --no-start --limit new
	[[ $(seen | sed -n 2p | xargs) == "NAME ACTION "*" ADDRESS" && $(seen) != *TEMPLATE* ]] || fail "$(seen)"
	fits 40
}

@test "fleet plan: what is to be done has colours, headings are bold; none with NO_COLOR or on a dumb terminal" {
	long_fleet
	on_terminal 80 "$bigdisk" fleet plan fleet.json --dir d --no-start
	[[ $output == *'\e[1mACTION\e[0m'*'\e[32mcreate\e[0m'* && $output == *'\e[33mchange\e[0m'* && $output == *'\e[31mrefuse\e[0m'* ]] ||
		fail "$output"
	on_terminal 80 env NO_COLOR=1 "$bigdisk" fleet plan fleet.json --dir d --no-start
	[[ $status -eq 0 && $output != *'\e'* ]]
	TERM_OF_TEST=dumb on_terminal 80 "$bigdisk" fleet plan fleet.json --dir d --no-start
	[[ $status -eq 0 && $output != *'\e'* ]]
	bd fleet plan fleet.json --dir d --no-start
	[[ $output != *$'\e'* ]]
}

@test "fleet apply and status: names are cut to the terminal, and what is said of all fits into it" {
	local columns
	long_fleet
	sed -i 's/, "new": {}//; s/"size": "64M"//' fleet.json
	for columns in 80 40; do
		on_terminal "$columns" "$bigdisk" fleet apply fleet.json --dir d --no-start
		[[ $status -eq 0 ]] || fail "$output"
		fits "$columns"
		grep -qE '^  a-guest-with[a-z0-9-]* +made +[0-9]+\.[0-9] s$' < <(seen) || fail "$(seen)"
		on_terminal "$columns" "$bigdisk" fleet apply fleet.json --dir d --no-start
		[[ $status -eq 0 && $(seen) == *"Nothing to do"* ]]
		fits "$columns"
		on_terminal "$columns" "$bigdisk" fleet status fleet.json --dir d
		[[ $status -eq 0 ]]
		fits "$columns"
		[[ $(seen | xargs) == *"4 other, 1 not in the manifest" ]] || fail "$(seen)"
		rm d/"${names[2]}".*
	done
	bd fleet apply fleet.json --dir d --no-start
	[[ $stderr == *"${names[2]} made "* ]] || fail "$stderr"
}

@test "elsewhere than on a terminal every column is there, without colours" {
	three_guests
	bd list --dir d
	[[ ${lines[0]} =~ LAYOUT\ +AUTO$ && $output != *$'\e'* ]]
}

@test "states and headings have colours on a terminal; none with NO_COLOR, on a dumb one, or in a file" {
	three_guests
	on_terminal 100 "$bigdisk" list --dir d
	[[ $output == *'\e[1mNAME\e[0m'*'\e[32mrunning\e[0m'* ]]
	on_terminal 100 env NO_COLOR=1 "$bigdisk" list --dir d
	[[ $status -eq 0 && $output != *'\e'* ]]
	on_terminal 100 env NO_COLOR= "$bigdisk" list --dir d
	[[ $output == *'\e[1m'* ]]
	TERM_OF_TEST=dumb on_terminal 100 "$bigdisk" list --dir d
	[[ $status -eq 0 && $output != *'\e'* ]]
	on_terminal 100 "$bigdisk" --help
	[[ $output == *'\e[1mGuests:\e[0m'* ]]
	on_terminal 100 "$bigdisk" nosuch
	[[ $status -eq 2 && $output == *'xen-bigdisk: \e[31merror: \e[0munknown command'* ]]
	TERM_OF_TEST=dumb on_terminal 100 "$bigdisk" nosuch
	[[ $status -eq 2 && $output != *'\e'* ]]
}

@test "doctor: states have colours; on a narrow terminal the names of checks are left out" {
	on_terminal 100 "$bigdisk" doctor --dir d --templates t
	[[ $output =~ \\e\[3[123]m(ok|warning|problem)\ *\\e\[0m ]]
	grep -qE '^[a-z ]{11}  templates +' < <(seen)
	on_terminal 40 "$bigdisk" doctor --dir d --templates t
	run ! grep -qE '^[a-z ]{11}  templates   +' < <(seen)
}

@test "a list with nothing in it says so, and where it looked" {
	bd list --dir d
	[[ $status -eq 0 && -z $output && $stderr == "xen-bigdisk: no guests: looked for configs in d, and for domains" ]]
	bd list --dir d 'web*'
	[[ $status -eq 0 && -z $output && $stderr == "xen-bigdisk: no guest has such a name: "*" in d,"* ]]
	bd list --dir d --quiet
	[[ $status -eq 0 && -z $output && -z $stderr ]]
	bd template list --templates t
	[[ $status -eq 0 && -z $output && $stderr == *"no templates in "*"/t; make one: xen-bigdisk template build "* ]]
	: >file
	bd template list --templates file
	failed_with 1
}

# A slow source: what is read of it takes two seconds.
slow_tarball() {
	mkdir -p root/etc
	head -c 6M /dev/urandom >root/file
	tar -cf root.tar root
}

@test "progress has bytes and rate, and never more than a line of the terminal" {
	local columns
	slow_tarball
	for columns in 120 64 40; do
		# shellcheck disable=SC2016 # for the inner shell
		on_terminal "$columns" bash -c 'for i in 0 1 2 3; do dd if=root.tar bs=1M skip=$((2 * i)) count=2 status=none; sleep 0.6; done |
			"$1" template import "in$2" - --templates t' sh "$bigdisk" "$columns"
		[[ $status -eq 0 ]]
		[[ $(seen | grep reading | wc -L) -le $columns ]] || fail "$(seen)"
		grep -qE '^  reading the source  .*[0-9.]+[KM]/s' < <(seen) || fail "$(seen)"
		[[ $columns -lt 80 ]] || grep -qE '^  reading the source +done +[0-9.]+ s  6\.0M  [0-9.]+M/s$' < <(seen) || fail "$(seen)"
	done
}

@test "progress on a dumb terminal is a line for each stage, and nothing is drawn over" {
	slow_tarball
	TERM_OF_TEST=dumb on_terminal 80 "$bigdisk" template import in root.tar --templates t
	[[ $status -eq 0 && $output != *'\e'* && $output != *$'\r'* ]]
	grep -qE '^  reading the source +done +[0-9.]+ s  6\.0M(  [0-9.]+[MG]/s)?$' <<<"$output"
	bd template export in out.tar --templates t
	grep -qE '^ *writing the tarball +done +[0-9.]+ s  6\.0M(  [0-9.]+[MG]/s)?$' <<<"$stderr"
	made_empty web01 --size 16M
	bd clone web01 web02 --dir d
	[[ $status -eq 0 ]]
	grep -qE '^ *copying the disk image +done +[0-9.]+ s  [0-9.]+[KM]' <<<"$stderr"
	grep -qE '^ *flushing it to the disk +done +[0-9.]+ s$' <<<"$stderr"
}
