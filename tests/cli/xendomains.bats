#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What xendomains and xl do beside this program, told as it is: whether guests start with dom0, guests that are saved, and
# guests that were renamed while they ran; with a toolstack plugin that is told how to behave.
# shellcheck disable=SC2016 # for the inner shell
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# in_dom0 INIT COMMANDS: a shell in a mount namespace where d is /etc/xen, the service folders are empty and INIT has run.
in_dom0() {
	need_own_etc_xen
	run --separate-stderr unshare -m sh -ec '
		for folder in /run /etc/systemd /etc/default /etc/init.d /etc/rc2.d /etc/rc3.d /etc/rc4.d /etc/rc5.d; do
			[ ! -d $folder ] || mount -t tmpfs none $folder
		done
		mount --bind d /etc/xen
		units=/etc/systemd/system
		mkdir -p $units/multi-user.target.wants
		'"$1; $2" sh
	printf '%s\n' "$1; $2" "-> status $status" "$output" "$stderr"
}

guests() {
	local name
	for name; do
		made_empty "$name" --size 16M --no-net --boot-sector none
	done
}

systemd='mkdir -p /run/systemd/system; echo "[Unit]" >$units/xendomains.service'
wanted='ln -s ../xendomains.service $units/multi-user.target.wants'

@test "autostart on, doctor and show say what becomes of xendomains" {
	local case init word advice
	fake_xen
	guests web01
	for case in "$systemd; $wanted; ln -sf /dev/null \$units/xendomains.service|masked|systemctl unmask xendomains" \
		"$systemd; $wanted; mkdir /run/systemd/generator.early; rm \$units/xendomains.service; ln -s /dev/null /run/systemd/generator.early/xendomains.service|masked|systemctl unmask xendomains" \
		"$systemd|disabled|systemctl enable xendomains" \
		"mkdir -p /run/systemd/system; [ ! -e /lib/systemd/system/xendomains.service ]|not installed|install it" \
		"true|not installed|install it" \
		"echo '#!/bin/sh' >/etc/init.d/xendomains|disabled|update-rc.d xendomains enable" \
		"$systemd; $wanted; echo XENDOMAINS_AUTO= >/etc/default/xendomains|set to another folder|XENDOMAINS_AUTO=/etc/xen/auto" \
		"$systemd; $wanted; echo 'XENDOMAINS_AUTO=\"/srv/auto\"' >/etc/default/xendomains|set to another folder|XENDOMAINS_AUTO=/etc/xen/auto"; do
		IFS='|' read -r init word advice <<<"$case"
		rm -rf d/auto
		in_dom0 "$init" "$bigdisk autostart on web01"
		[[ $status -eq 0 ]]
		[[ $output == "web01 is set to start with dom0 from now on, but the service xendomains is not active" ]]
		[[ $stderr == *"warning: the service xendomains is $word"*"$advice"* ]]
		in_dom0 "$init" "$bigdisk doctor --json || true"
		jq -e --arg word "$word" --arg advice "$advice" 'any(.checks[]; .check == "autostart" and .state == "warning"
			and (.found | contains("is " + $word)) and (.advice | contains($advice)))' <<<"$output"
		in_dom0 "$init" "$bigdisk show web01; $bigdisk autostart on web01 --json -q"
		[[ $output == *"autostart  on, but the service xendomains, which starts it, is $word"* ]]
		[[ $output == *"\"xendomains\": \"$word\""* ]]
	done
}

@test "where xendomains runs, guests start with dom0, under systemd and under SysV init" {
	local init
	fake_xen
	guests web01
	for init in "$systemd; $wanted" \
		'echo "#!/bin/sh" >/etc/init.d/xendomains; ln -s ../init.d/xendomains /etc/rc2.d/S01xendomains' \
		"$systemd; $wanted; echo XENDOMAINS_AUTO=/etc/xen/auto/ >/etc/default/xendomains"; do
		[[ -d /etc/rc2.d || $init == *systemd* ]] || continue
		rm -rf d/auto
		in_dom0 "$init" "$bigdisk autostart on web01; $bigdisk show web01"
		[[ $status -eq 0 && -z $stderr ]]
		[[ $output == "web01 is started with dom0 from now on"*"autostart  on"* && $output != *xendomains* ]]
	done
}

# saved NAME: xendomains has saved it; the file is in s/.
saved() {
	mkdir -p s
	{ printf 'Xen saved domain, xl format\n \0 \r'; head -c 100 /dev/zero; } >"s/$1"
}
save_folder='echo "XENDOMAINS_SAVE=$PWD/s" >/etc/default/xendomains'

@test "a guest that xendomains has saved is listed as saved, and is not booted in addition to its saved state" {
	fake_xen
	guests web01 web02
	saved web01
	in_dom0 "$save_folder" "$bigdisk list; $bigdisk list --json >list; $bigdisk show web01; $bigdisk show web01 --json >show"
	[[ $status -eq 0 ]]
	grep -Eq '^web01 +saved ' <<<"$output"
	grep -Eq '^web02 +stopped ' <<<"$output"
	[[ $output == *"web01: saved"*"saved in   $PWD/s/web01 "*"xl restore"* ]]
	jq -e --arg file "$PWD/s/web01" '[.guests[] | [.name, .state, .saved_state]] == [["web01", "saved", $file],
		["web02", "stopped", null]]' list
	jq -e '.state == "saved"' show
	local command
	for command in "start web01" "rename web01 web03" "clone web01 web03"; do
		in_dom0 "$save_folder" "$bigdisk $command --quiet"
		failed_with 5
		[[ $stderr == *"web01 is saved in $PWD/s/web01"*"xl restore $PWD/s/web01"*"rm $PWD/s/web01"* ]]
	done
	run ! grep '^create' log
	in_dom0 "$save_folder" "$bigdisk start web02 --no-wait"
	[[ $status -eq 0 && $output == "web02 is running: domain 7" ]]
}

@test "a file there that is no saved state, and the file of a guest that runs, do not count" {
	fake_xen
	guests web01 web02
	saved web02
	echo "a note" >s/web01
	in_dom0 "$save_folder" "$bigdisk list --json"
	jq -e '[.guests[].state] == ["stopped", "saved"]' <<<"$output"
	echo "7 $(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web02.cfg) web02" >domains
	in_dom0 "$save_folder" "$bigdisk list --json"
	jq -e '[.guests[].state] == ["stopped", "running"]' <<<"$output"
}

@test "a saved state from before the disk was last written to is stale: a warning, and the guest is started" {
	fake_xen
	guests web01
	saved web01
	touch -d '1 hour ago' s/web01
	in_dom0 "$save_folder" "$bigdisk list; $bigdisk show web01; $bigdisk start web01 --no-wait"
	[[ $status -eq 0 && $output == *"stopped"*"stale saved state"*"saved in   $PWD/s/web01, but"*"web01 is running: domain 7"* ]]
	[[ $stderr == *"warning: web01 has a saved state, $PWD/s/web01, older than"*"rm $PWD/s/web01"* ]]
}

@test "rm of a guest that xendomains has saved says which file it leaves" {
	fake_xen
	guests web01 web02 web03
	saved web01
	saved web02
	touch -d '1 hour ago' s/web02
	in_dom0 "$save_folder" "$bigdisk rm web01 web02 --yes --json"
	[[ $status -eq 0 && ! -e d/web01.cfg && ! -e d/web02.img && -e s/web01 && -e s/web02 ]]
	jq -es --arg folder "$PWD/s" '[.[0].guests[] | [.name, (.kept[] | .path)]] == [["web01", $folder + "/web01"],
		["web02", $folder + "/web02"]]' <<<"$output"
	[[ $(grep -c "warning: the saved state $PWD/s/web0[12] is kept; .*xendomains would try to restore it.*: rm $PWD/s/web0[12]\$" \
		<<<"$stderr") -eq 2 ]]
	in_dom0 "$save_folder" "$bigdisk rm web03 --yes --json"
	[[ $status -eq 0 && -z $stderr ]]
	jq -e '.kept == []' <<<"$output"
}

@test "fleet plan says of a saved guest what fleet apply then does: it is not started, its cfg may be changed" {
	fake_xen
	need jq
	need_busybox
	template=mini more=', "size": "128M", "network": false' write_manifest '"guests": { "g1": {}, "g2": {} }'
	sed -i 's/"size": "32M", //' fleet.json
	bd fleet apply fleet.json --no-start --quiet --dir d
	[[ $status -eq 0 ]]
	saved g1
	sed -i 's/"128M"/"128M", "memory": "300M"/' fleet.json
	in_dom0 "$save_folder" "$bigdisk fleet plan fleet.json --dir d; $bigdisk fleet plan fleet.json --dir d --json >plan"
	[[ $status -eq 0 ]]
	grep -Eq "^  ! g1 .*it is saved in $PWD/s/g1, .*: xl restore $PWD/s/g1 " <<<"$output"
	grep -Eq '^  ~ g2 .*; then start$' <<<"$output"
	jq -e '.guests[] | select(.name == "g1") | .action == "refuse" and .start == false' plan
	in_dom0 "$save_folder" "$bigdisk fleet apply fleet.json --dir d --no-wait"
	[[ $status -eq 5 ]]
	grep -Eq "^xen-bigdisk: error: g1: it is saved in $PWD/s/g1" <<<"$stderr"
	[[ $(cut -d' ' -f3 domains) == g2 ]]
	grep -qx 'memory = 300' d/g1.cfg
	in_dom0 "$save_folder" "$bigdisk fleet apply fleet.json --dir d --no-start"
	[[ $status -eq 0 ]]
}

# renamed: web01 runs as prod.
renamed() {
	fake_xen
	guests web01
	echo "7 $(sed -n 's/^uuid = "\(.*\)"/\1/p' d/web01.cfg) prod" >domains
}

@test "a guest that xl has renamed: show and list find it by either name, and say how to undo it" {
	local name
	renamed
	for name in web01 prod; do
		bd show "$name" --dir d
		[[ $status -eq 0 && $output == "web01: running, domain 7"*"runs as    prod "*"xl rename prod web01"* ]]
		bd list "$name" --dir d
		grep -Eq '^web01 +running +7 .* runs as prod$' <<<"$output"
	done
	bd show prod --dir d --json
	jq -e '.name == "web01" and .domain_name == "prod" and .domid == 7' <<<"$output"
	bd list --dir d
	[[ $(wc -l <<<"$output") -eq 2 ]]
}

@test "stop, console, wait, reboot and start take either name of a renamed guest" {
	local name
	for name in web01 prod; do
		rm -rf d && mkdir d
		renamed
		bd start "$name" --dir d --no-wait
		[[ $status -eq 0 && $output == "web01 is already running: domain 7" ]]
		bd wait "$name" --dir d
		[[ $status -eq 0 && $output == "web01 is up: domain 7" ]]
		bd console "$name" --dir d
		[[ $status -eq 0 && $output == "fake console" ]]
		bd reboot "$name" --dir d --timeout=5 --quiet
		[[ $status -eq 0 ]]
		bd stop "$name" --dir d
		[[ $status -eq 0 && $output == "web01 is stopped (domain 8)" ]]
	done
}

@test "rm, rename and clone leave a renamed guest alone, and say how to undo it" {
	local command
	renamed
	for command in "rm web01 --yes --force" "rename web01 web03" "clone web01 web03"; do
		# shellcheck disable=SC2086 # words are meant
		bd $command --quiet --dir d
		failed_with 5
		[[ $stderr == *"web01 runs as domain 7 by another name, prod"*"xl rename prod web01"* ]]
	done
	is_guest d web01
}

@test "a copied config does not find the guest that it was copied from" {
	renamed
	sed 's/web01/prod/' d/web01.cfg >d/prod.cfg
	bd stop web01 --quiet --dir d
	failed_with 5
	[[ $stderr == *"domain 7, prod, has the UUID of web01"* ]]
	grep -q ' prod$' domains
}
