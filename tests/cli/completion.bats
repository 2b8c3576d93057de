#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The completion scripts, by the shells themselves.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# in_bash WORD...: what bash offers for the last word; equals signs are words of their own, as bash has it.
in_bash() {
	"$bigdisk" --completion bash >completion.bash
	# shellcheck disable=SC2016 # for the inner shell
	output=$(bash --norc -c 'set -u
		source ./completion.bash
		COMP_WORDS=(xen-bigdisk "$@") COMP_CWORD=$#
		_xen_bigdisk
		[[ ${#COMPREPLY[@]} -eq 0 ]] || printf "%s\n" "${COMPREPLY[@]}"' bash "$@" 2>&1)
	printf '%s\n' "$ $*" "$output"
}

# offers WORD...: exactly these, in any order.
offers() {
	[[ $(sort <<<"$output") == "$( (($# == 0)) || printf '%s\n' "$@" | sort)" ]] || fail "not: $*"
}

offers_also() {
	local word
	for word; do
		grep -qxF -- "$word" <<<"$output" || fail "not among them: $word"
	done
}

cfgs() {
	local name
	for name; do : >"d/$name.cfg"; done
}

@test "bash takes the script, and so does shellcheck" {
	"$bigdisk" --completion bash >completion.bash
	bash -n completion.bash
	need shellcheck
	shellcheck -s bash completion.bash
}

@test "commands, and those of a group" {
	in_bash ''
	offers_also new start template doctor help version
	in_bash st
	offers_also start stop
	run ! grep -v '^st' <<<"$output"
	in_bash template ''
	offers_also import build list show verify rm export
	in_bash help sta
	offers start
	in_bash help template im
	offers import
	in_bash template help im
	offers import
	in_bash help start ''
	offers
	in_bash nosuch ''
	offers
}

@test "every command and every option of --help is offered" {
	local command option sub names
	names=$("$bigdisk" help | sed -n 's/^  \([a-z-]*\)  .*/\1/p')
	[[ $(wc -l <<<"$names") -ge 6 ]]
	for command in $names; do
		in_bash "$command"
		# shellcheck disable=SC2046 # a word each: convert-layout begins as convert does
		offers $(grep "^$command" <<<"$names")
		[[ $command != help && $command != version ]] || continue
		for sub in '' $("$bigdisk" "$command" --help | sed -n "/^Commands:/,/^\$/s/^  $command \([a-z]*\) .*/\1/p"); do
			# shellcheck disable=SC2086 # no word when there is none
			in_bash $command $sub --
			# shellcheck disable=SC2086 # likewise
			for option in $("$bigdisk" $command $sub --help | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p'); do
				offers_also "$option"
			done
		done
	done
}

@test "nothing internal is offered" {
	in_bash --
	offers --help --version
	sed '1d' completion.bash >rest
	run ! grep -E -- '--(manual|completion)' rest
}

@test "options by their beginning" {
	in_bash start web01 --wa
	offers --wait
	in_bash new web01 --siz
	offers --size
}

@test "guests by their cfgs, in --dir too, whichever way it is written" {
	cfgs web01 web02 db1
	in_bash start --dir d we
	offers web01 web02
	in_bash start --dir = d ''
	offers web01 web02 db1
	in_bash cat --dir d db
	offers db1
	in_bash start --dir=d db
	offers db1
	in_bash clone --dir d we
	offers web01 web02
	in_bash clone --dir d db1 ''
	offers
	in_bash new --dir d ''
	offers
}

@test "commands that take several guests go on offering them" {
	cfgs web01 web02
	in_bash stop --dir d web01 ''
	offers web01 web02
	in_bash autostart ''
	offers on off
	in_bash autostart on of
	offers
}

@test "a path completes to cfgs" {
	cfgs web01
	in_bash start ./d/we
	offers ./d/web01.cfg
	in_bash fill ./d/web01.c
	offers ./d/web01.cfg
}

@test "a guest's name never runs as a command" {
	# shellcheck disable=SC2016 # they are names
	cfgs 'x$(touch ran)' 'x`touch ran`'
	in_bash start --dir d x
	[[ ! -e ran ]]
	[[ $(wc -l <<<"$output") -eq 2 ]]
}

@test "values: words to choose from, folders, files" {
	mkdir -p place/inner
	: >place/key.pub
	in_bash new a --type ''
	offers pv pvh hvm
	in_bash new a --type = pv
	offers pv pvh
	in_bash new a --layout a
	offers aligned
	in_bash new a --dir pla
	offers place
	in_bash new a --dir place/
	offers place/inner
	in_bash new a --dir = pla
	offers place
	in_bash new a --ssh-key place/
	offers place/inner place/key.pub
	in_bash config --from-image place/k
	offers place/key.pub
	in_bash ls place/k
	offers place/key.pub
	in_bash find place/key.pub:/ --type f
	offers fifo file
	in_bash new a --bridge nosuch
	offers
	in_bash new a --device /dev/nul
	offers /dev/null
	in_bash new a --size ''
	offers
	in_bash fleet export shop.json --format ''
	offers known_hosts ansible hosts
	cfgs web01 db1
	in_bash fleet stop shop.json --dir d --limit w
	offers web01
}

@test "the keys of set, with their equals signs, and the values of those that have a choice" {
	cfgs web01
	in_bash set --dir d ''
	offers web01
	in_bash set --dir d web01 ''
	offers memory= vcpus= type= boot= append= bridge= mac= rate= mtu= vlan= vifname= model= script= gatewaydev= backend=
	in_bash set --dir d web01 memory = 1G b
	offers boot= bridge= backend=
	in_bash set --dir d web01 memory = 1G boot = p
	offers pygrub pvgrub
	in_bash set --dir d web01 type =
	offers pv pvh hvm
	in_bash set --dir d web01 memory = ''
	offers
	# Those, and no others, are what the program knows.
	in_bash set --dir d web01 ''
	made_empty box --size 16M
	bd set box --dir d colour=red
	[[ $stderr == *"must be one of $(in_bash set web01 '' | sed -n '2,$s/=$//p' | paste -sd, | sed 's/,/, /g')" ]]
}

@test "an equals sign that bash leaves in the word" {
	mkdir place
	in_bash new a --dir=pla
	offers --dir=place
	in_bash new a --type=h
	offers --type=hvm
	in_bash new a --type = h
	offers hvm
}

@test "templates by their folders" {
	mkdir -p t/debian-12 t/web t/half
	: >t/debian-12/manifest.json
	: >t/web/manifest.json
	in_bash new a --templates t --template ''
	offers_also mini none debian-12 web
	[[ $output != *half* ]]
	XEN_BIGDISK_TEMPLATES=$PWD/t in_bash template show deb
	offers debian-12
	XEN_BIGDISK_TEMPLATES=$PWD/t in_bash template show ''
	offers_also mini none debian-12 web
	XEN_BIGDISK_TEMPLATES=$PWD/t in_bash template import deb
	offers
}

@test "each word that is offered for a value is one that the program takes" {
	local option word
	for option in layout boot-sector type boot ip6; do
		in_bash new a "--$option" ''
		[[ -n $output ]]
		for word in $output; do
			run --separate-stderr "$bigdisk" new a --dry-run --dir d --template none --no-start "--$option" "$word"
			[[ $stderr != *"must be one of"* && $stderr != *"is none of"* && $stderr != *"\"$word\""* ]] || fail "$option $word: $stderr"
		done
	done
}

@test "--completion of another shell, or of none: status 2" {
	bd --completion fish
	failed_with 2
	bd --completion
	failed_with 2
}

# in_zsh WORD...: what zsh's own functions would be given for the last word.
in_zsh() {
	need zsh
	"$bigdisk" --completion zsh >_xen-bigdisk
	# shellcheck disable=SC2016 # for the inner shell
	output=$(zsh -f -c '
		compdef() { : }
		compset() { : }
		compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -rl -- "$@" }
		_files() { print -r -- "files $*" }
		_describe() { print -rl -- "${(@)${(P)@[-1]}%%:*}" }
		source ./_xen-bigdisk
		words=(xen-bigdisk "$@") CURRENT=$(($# + 1))
		_xen-bigdisk' zsh "$@" 2>&1)
	printf '%s\n' "$ $*" "$output"
}

@test "zsh: commands, options, guests, templates, files" {
	cfgs web01 db1
	mkdir -p t/web
	: >t/web/manifest.json
	in_zsh ''
	offers_also new start template doctor
	in_zsh template ''
	offers_also import list
	in_zsh start --
	offers_also --wait --timeout --dir --json --quiet
	in_zsh start --dir d ''
	offers_also web01 db1
	in_zsh start --dir=d ''
	offers_also web01 db1
	in_zsh new a --templates t --template ''
	offers_also mini none web
	in_zsh new a --type ''
	offers pv pvh hvm
	in_zsh new a --type=
	offers pv pvh hvm
	in_zsh new a --dir ''
	offers "files -/"
	in_zsh autostart ''
	offers on off
	in_zsh set --dir d web01 ''
	offers_also memory= vcpus= boot=
	in_zsh set --dir d web01 memory=1G boot=
	offers pygrub bigdisk pvgrub direct uefi
	in_zsh start --dir nowhere ''
	[[ $output != *"*"* && $output != *"no matches"* ]]
}

@test "zsh: the script loads in its completion system, and completes a line" {
	need zsh
	"$bigdisk" --completion zsh >_xen-bigdisk
	zsh -n _xen-bigdisk
	cat >session <<-'ZSH'
		zmodload zsh/zpty || exit 77
		zpty -b shell zsh -f -i
		zpty -w shell "PS1= ; fpath=($PWD \$fpath); autoload -U compinit; compinit -u -d $PWD/dump; print rea''dy"
		zpty -r -m shell out "*ready*"
		zpty -w -n shell $'xen-bigdisk doct\t--js\t'
		zpty -r -m shell out "*doctor*--json*" && print -r done
		zpty -d shell
	ZSH
	run timeout 30 zsh -f session
	[[ $status -ne 77 ]] || skip "no zsh/zpty"
	[[ $output == *done* ]]
}
