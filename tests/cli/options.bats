#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line: help, manual, names, folders, options that do not go together, output that cannot be written.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# The options of a command as --help lists them.
options_of() {
	"$bigdisk" "$1" --help | grep -oE '^ +--[a-z0-9-]+' | tr -d ' '
}

@test "help goes to stdout with status 0, for the program and each command" {
	local arguments
	for arguments in "" help --help -h "help new" "help start" "help config" "new --help" "start --help" "config --help" \
		"new -h" "new web01 --help" "start -h" "--help new" "new web01 --no-such --help" "help version" \
		template "template help" "template --help" "help template" "template help import" "help template import" \
		"template -h import" fleet; do
		# shellcheck disable=SC2086 # words are meant
		bd $arguments
		[[ $status -eq 0 && -z $stderr ]]
		[[ $output == "Usage: xen-bigdisk "* ]]
	done
	for arguments in "help template import" "template help import" "template import --help" "help template help import"; do
		# shellcheck disable=SC2086 # words are meant
		bd $arguments
		[[ $output == "Usage: xen-bigdisk template import NAME"* ]]
	done
	for arguments in "" help --help; do
		# shellcheck disable=SC2086 # words are meant
		bd $arguments
		[[ $output == "Usage: xen-bigdisk COMMAND"*Guests:*"  new "*"Disks and templates:"*"  template "*Fleets:*"  fleet "*Host*:*"  doctor "* ]]
	done
	bd help
	local command
	for command in new start config help version; do
		grep -qE "^  $command +[a-z]" <<<"$output"
	done
}

@test "help fits on 80 columns and names defaults and exit statuses" {
	local command
	for command in new start config; do
		bd "$command" --help
		# An example is one line, to be copied.
		run awk 'length > 80 && !/^  xen-bigdisk / { print; wide = 1 } END { exit wide }' <<<"$output"
		[[ $status -eq 0 ]] || fail "$output"
		bd "$command" --help
		grep -q 'Exit status:' <<<"$output"
	done
	[[ $("$bigdisk" new --help) == *'[4G]'*'[aligned]'*'[grub2]'*'[mini]'*'[pv]'*'[512M]'* ]]
}

@test "every option of the issue is in new --help" {
	local option options
	options=$(options_of new)
	for option in size device overwrite swap disk mount layout boot-sector template type boot memory vcpus bridge mac ip gateway ip6 gateway6 dns no-net \
		ssh-key user root-password-hash root-password-file file run-once seed dir no-start \
		wait no-wait console dry-run json quiet verbose help; do
		grep -qx -- "--$option" <<<"$options" || fail "--$option is missing"
	done
}

@test "every option in --help is accepted, and is in --manual" {
	local command option manual
	for command in new start config; do
		manual=$("$bigdisk" --manual "xen-bigdisk-$command.8" | sed 's/\\-/-/g; s/\\f[A-Z]//g')
		for option in $(options_of "$command"); do
			grep -q -- "^\.B $option" <<<"$manual" || fail "$option is not in the manual"
			bd "$command" "$option=x"
			[[ $stderr != *"unknown option"* || $option =~ ^--(quiet|verbose|help)$ ]] || fail "$option is not taken"
		done
	done
}

@test "every example in --help is one that the program takes" {
	need_busybox
	need_grub2
	local line tried=0
	pushd d
	while read -r line; do
		read -ra words <<<"${line#xen-bigdisk }"
		# Folders of the system are not there on each machine; nothing is made here.
		run --separate-stderr "$bigdisk" "${words[@]}" --dry-run
		echo "$line: $status $stderr"
		[[ $status -eq 0 ]]
		tried=$((tried + 1))
	done < <("$bigdisk" new --help | grep -E '^  xen-bigdisk new ')
	[[ $tried -ge 3 ]]
	popd
	is_empty d
}

@test "the fleet manual renders without a warning, has its parts and every key, and its examples are manifests" {
	need man groff python3 ssh-keygen
	local part
	"$bigdisk" --manual xen-bigdisk-fleet.5 >fleet.5
	run --separate-stderr env LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings=all -E UTF-8 -l fleet.5
	[[ $status -eq 0 ]]
	[[ -z $stderr ]] || fail "$stderr"
	for part in NAME SYNOPSIS DESCRIPTION RANGES ADDRESSES PATHS KEYS NETWORKS "HOST DEFAULTS" CHANGES EXAMPLES FILES "SEE ALSO"; do
		grep -qx "$part" <<<"$output" || fail "no $part"
	done
	ssh-keygen -q -t ed25519 -N '' -f admin
	: >motd
	python3 - fleet.5 <<-'PYTHON'
		import json, re, sys
		text = open(sys.argv[1]).read().replace("\\-", "-")
		examples = re.findall(r"^\.nf\n\.RS 4\n(.*?)\.RE", text, re.M | re.S)
		manifests = [example for example in examples if "fleet" in json.loads(example)]
		assert len(manifests) == 2 and len(examples) == 3
		for number, example in enumerate(manifests):
		    open(f"example{number}.json", "w").write(example)
		open("defaults.json", "w").write(*(example for example in examples if example not in manifests))
		keys = re.findall(r"^\.TP\n\.B ([a-z_0-9]+)\n", text[text.index(".SH KEYS"):text.index(".SH CHANGES")], re.M)
		assert {"memory", "ip", "pool", "ssh_keys"} <= set(keys), keys
	PYTHON
	run groff -man -Tutf8 -ww -z fleet.5
	[[ $status -eq 0 && -z $output ]] || fail "$output"
	for part in example?.json; do
		bd fleet plan "$part" --dir d --templates nowhere
		[[ $stderr != *"$part:"* || $stderr == *"there is no template"* ]] || fail "$part is not taken: $stderr"
	done
	bd new a --dry-run --dir d --template none --ip 192.0.2.9/24
	[[ $status -eq 0 && $output == *"192.0.2.53 ($PWD/defaults.json:2)"* ]] || fail "the host's defaults are not taken: $stderr"
	bd --manual nosuch
	failed_with 2
}

@test "a page lists only the exit statuses of its command, and so does --help" {
	statuses() { # PAGE
		"$bigdisk" --manual "$1" | sed -n '/^\.SH "EXIT STATUS"/,/^\.SH [^"]*$\|^\.SH "SEE/s/^\.B //p' | xargs
	}
	local page command shown
	for page in $("$bigdisk" --manual | grep '\.8$'); do
		command=${page#xen-bigdisk-} command=${command%.8}
		case $command in
		xen-bigdisk) shown="0 1 2 3 4 5 6 7 128+N" ;;
		fleet | template) shown='' ;;
		*)
			command=${command/#fleet-/fleet } command=${command/#template-/template }
			# shellcheck disable=SC2086 # words are meant
			shown=$("$bigdisk" $command --help | sed -n '/^Exit status:/,$s/^  \([0-9][0-9N+]*\)  .*/\1/p' | xargs)
			# check has those of fsck(8).
			[[ $shown == "0 1 2 "*"128+N" || $command == check && $shown == "0 1 4 8 16 128+N" ]] || fail "$command: $shown"
			;;
		esac
		[[ $(statuses "$page") == "$shown" ]] || fail "$page: $(statuses "$page"), not $shown"
	done
	[[ $(statuses xen-bigdisk-rename.8) == "0 1 2 3 4 5 128+N" ]]
	[[ $(statuses xen-bigdisk-list.8) == "0 1 2 4 128+N" ]]
}

@test "version" {
	bd --version
	[[ $status -eq 0 && $output =~ ^xen-bigdisk\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	bd version
	[[ $status -eq 0 ]]
	bd -V
	[[ $status -eq 0 && $output == "xen-bigdisk "* ]]
}

@test "-v prints details: files, locks, programs; without it nothing of that" {
	need_grub2
	XEN_BIGDISK_CACHE=$PWD/cache bd new a --dir d --no-start --template none --size 64M -v
	[[ $status -eq 0 ]]
	[[ $stderr == *"d/a.cfg is locked"* && $stderr == *"xen-bigdisk: running "*"grub-mkimage "* && $stderr == *"d/a.img is written"* && $stderr == *"d/a.cfg is written"* ]]
	bd rm a --dir d --yes --verbose
	[[ $status -eq 0 && $stderr == *"d/a.img is removed"* && $stderr == *"d/a.cfg is removed"* ]]
	bd new a --dir d --no-start --template none --size 64M
	[[ $status -eq 0 && $stderr != *"is written"* ]]
}

@test "did you mean: the nearest command or option, those of an ambiguous one, and none that is far off" {
	says() { # TEXT WORD...
		local text=$1
		shift
		bd "$@"
		failed_with 2
		[[ $stderr == *"$text"* ]] || fail "$*: $stderr"
	}
	says 'unknown command "nwe" (did you mean new?); see xen-bigdisk --help' nwe
	says 'unknown command "st" (did you mean start, stop?)' st
	says 'unknown command "restart"; see' restart
	says '(did you mean import-guest, template import?)' import
	says 'unknown command "template imprt" (did you mean template import?); see xen-bigdisk template --help' template imprt
	says '(did you mean new?)' help nwe
	says 'unknown option --siez (did you mean --size?); see xen-bigdisk new --help' new a --siez 4G
	says 'unknown option --siez (did you mean --size?)' new a --siez=4G
	says 'unknown option --zzz; see' new a --zzz
	says '--no is ambiguous: --no-net, --no-start, --no-wait, --no-defaults; see xen-bigdisk new --help' new a --no
	says 'options follow the command: xen-bigdisk COMMAND --quiet' --quiet list
}

@test "unknown commands and options, missing and spare arguments: status 2" {
	bd nwe
	failed_with 2
	[[ $stderr == *nwe* ]]
	bd help nwe
	failed_with 2
	bd new
	failed_with 2
	bd new a b
	failed_with 2
	bd start
	failed_with 2
	bd config
	failed_with 2
	bd new a --no-such
	failed_with 2
	[[ $stderr == *--no-such* ]]
	bd new a -x
	failed_with 2
	[[ $stderr == *-x* ]]
	bd new a --size
	failed_with 2
	[[ $stderr == *--size* ]]
	bd new a --json=yes
	failed_with 2
	[[ $stderr == *--json* ]]
	bd new a --quiet=yes
	failed_with 2
	[[ $stderr == *--quiet* ]]
	bd new a --no
	failed_with 2
	is_empty d
}

# The commands that have options, as --help lists them.
commands() {
	local command word
	for command in $("$bigdisk" help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
		[[ $command != help && $command != version ]] || continue
		if "$bigdisk" "$command" --help | grep -q '^Commands:'; then
			for word in $("$bigdisk" "$command" --help | sed -n '/^Commands:/,/^$/s/^  '"$command"' \([a-z]*\) .*/\1/p'); do
				echo "$command $word"
			done
		else
			echo "$command"
		fi
	done
}

@test "an option that takes one value, given twice, is wrong usage that names it; lists say that they may be" {
	local command line option value lists='' tried=0
	while read -r command; do
		while read -r line; do
			option=${line%%[ =[,]*}
			value=${line#"$option"} value=${value#, -?}
			if [[ $value == '[='* ]]; then value='=1'; else value=' 1M'; fi
			# shellcheck disable=SC2086 # words are meant
			bd $command $option$value $option$value
			if "$bigdisk" $command --help | tr -s ' \n' '  ' | grep -qE -- "$option(, -.)? [][A-Z0-9:=,./]+ ([^-]|-[^-])*; may be given more than once"; then
				lists+=" $option"
				[[ $stderr != *twice* ]] || fail "$command $option may not be given twice"
				continue
			fi
			failed_with "$([[ $command = check ]] && echo 16 || echo 2)"
			[[ $stderr == *" $option given twice; see xen-bigdisk $command --help" ]] || fail "$stderr"
			tried=$((tried + 1))
		done < <("$bigdisk" $command --help | grep -oE '^  --[a-z0-9-]+(, -.)?( [A-Z]+.*|\[=[A-Z]+\].*)$')
	done < <(commands)
	[[ $tried -ge 60 ]] || fail "only $tried options were tried"
	[[ $(printf '%s\n' $lists | sort -u | xargs) == "--disk --dns --file --ip --ip6 --limit --net --node --ssh-key" ]] || fail "$lists"
	bd fleet apply x.json -j 2 --jobs 3
	failed_with 2
	[[ $stderr == *" --jobs given twice"* ]]
	bd new a --bridge xenbr0 --no-start --template none --size 64M --dir d --bridge xenbr1
	refused 2
	# The manual says it too, and a flag may come twice.
	"$bigdisk" --manual xen-bigdisk-new.8 | tr '\n' ' ' |
		grep -qF 'name server, or several separated by commas; may be given more than once [from DHCP]'
	made_empty --size 16M a --no-start
}

@test "options may stand on both sides of the name" {
	made_empty --size 16M a --layout cylinder
	is_guest d a
}

@test "options that cannot be used together, and values that cannot be: status 2, one line, nothing left" {
	local row
	while IFS= read -r row; do
		[[ -n $row ]] || continue
		# shellcheck disable=SC2086 # words are meant
		bd new a --quiet --dir d $row
		refused 2
	done <<-'ROWS'
		--no-start --template none --wait
		--no-start --template none --wait=5
		--no-start --template none --console
		--no-start --template none --wait --no-wait
		--console --json
		--console --wait
		--wait --no-wait
		--template none
		--no-start --template none --no-net --bridge xenbr0
		--no-start --template none --no-net --mac 00:16:3e:00:00:01
		--no-start --template none --no-net --ip dhcp
		--no-start --template none --no-net --gateway 192.0.2.1
		--no-start --template none --gateway 192.0.2.1
		--no-start --template none --ip dhcp --gateway 192.0.2.1
		--no-start --template none --ip 192.0.2.10
		--no-start --template none --ip 192.0.2.10/33
		--no-start --template none --ip 192.0.2.10/24 --gateway 192.0.2.1/24
		--no-start --template none --mac 00:16:3e:00:00
		--no-start --template none --mac ff:ff:ff:ff:ff:ff
		--no-start --template none --mac 00:00:00:00:00:00
		--no-start --template none --bridge a/b
		--no-start --template none --bridge 1234567890123456
		--no-start --template none --type xen
		--no-start --template none --boot grub
		--no-start --template none --boot direct
		--no-start --template none --type hvm --boot pygrub
		--no-start --template none --type hvm --boot-sector none
		--no-start --template none --boot-sector lilo
		--no-start --template none --layout gpt
		--no-start --template none --memory 0
		--no-start --template none --memory 15
		--no-start --template none --memory 1.3M
		--no-start --template none --memory x
		--no-start --template none --memory 17T
		--no-start --template none --memory 17592186044416
		--no-start --template none --vcpus 0
		--no-start --template none --vcpus 513
		--no-start --template none --vcpus 1.5
		--wait=0
		--wait=x
		--wait=86401
		--wait=-1
	ROWS
}

@test "memory is MiB without a letter, and a size with one" {
	local row
	for row in "512 512" "512M 512" "2G 2048" "1.5G 1536" "16 16" "524288K 512"; do
		made_empty a --size 16M --memory "${row% *}"
		grep -qx "memory = ${row#* }" d/a.cfg
		rm d/*
	done
}

@test "names that are no host names: status 2, one line, nothing left" {
	local name
	mkdir d/deep
	# shellcheck disable=SC2016 # it is a name
	for name in '' ' ' . .. ../x /x a/b ./a 'a b' 'a,b' 'a"b' "a'b" 'a\b' $'a\nb' 'a;b' '$(id)' 'a%sb' a_b -- 'a*' \
		1 42 192.0.2.1 a- a. .a a..b $'web\xff' "$(printf 'a%.0s' {1..65})" "$(printf 'a%.0s' {1..5000})"; do
		bd new --quiet --no-start --template none --dir d/deep -- "$name"
		refused_name
	done
	for name in -a --a -; do
		bd new --quiet --no-start --template none --dir d/deep -- "$name"
		refused_name
		bd new --quiet --no-start --template none --dir d/deep "$name"
		refused_name
	done
}

refused_name() {
	failed_with 2
	holds d deep
	[[ ${#stderr} -lt 400 ]]
}

@test "the longest name works" {
	local name
	name=$(printf 'a%.0s' {1..60}).ab
	made_empty "$name" --size 16M
	is_guest d "$name"
}

@test "folders with odd names are written into the cfg without changing its meaning" {
	need python3
	local folder
	for folder in 'a b' 'a,b' 'a,access=ro' "it's" 'a"b' 'a\b' 'a\"b' '#a' 'a=[b]' $'caf\xc3\xa9' '%s%n' '-d' 'x,'; do
		rm -rf -- ./odd
		mkdir -p "odd/$folder"
		made --quiet --no-start --template none --size 16M --dir "odd/$folder" web01
		is_guest "odd/$folder" web01
		# xl's strings know \" and \\; Python reads those the same way, and in `target=` the rest is the path.
		python3 - "$PWD/odd/$folder" <<-'PYTHON'
			import ast, os, re, sys
			text = open(os.path.join(sys.argv[1], "web01.cfg"), encoding="utf-8").read()
			line, = re.findall(r"^disk = \[ (.*) \]$", text, re.M)
			assert not re.search(r"\\[^\"\\]", line.replace("\\\\", "")), line
			spec = ast.literal_eval(line)
			assert spec.split("target=", 1)[1] == os.path.join(sys.argv[1], "web01.img"), spec
		PYTHON
	done
}

@test "a folder whose name no cfg can hold: one line, nothing left" {
	local folder
	for folder in $'a\nb' $'a\rb' $'a\tb' $'a\x7fb'; do
		mkdir "d/$folder"
		bd new --quiet --no-start --template none --size 16M --dir "d/$folder" web01
		failed_with 1
		is_empty "d/$folder"
		rmdir "d/$folder"
	done
}

@test "--dir DIR that is missing, no folder, or not for writing: one line, nothing left" {
	bd new a --quiet --no-start --template none --dir nowhere
	failed_with 4
	[[ $stderr == *nowhere* ]]
	bd new a --quiet --no-start --template none --dir ''
	failed_with 4
	echo x >file
	bd new a --quiet --no-start --template none --dir file
	failed_with 1
	[[ $(cat file) == x ]]
	bd new a --quiet --no-start --template none --dir "$(printf 'a%.0s' {1..5000})"
	failed_with 1
	is_empty d
	[[ ! -e nowhere ]]
}

@test "a size is printed as it was typed, and a number without a unit is questioned" {
	local row
	for row in '--size 4|--size: "4" would be bytes; did you mean 4G?' '--size 4000|--size: "4000" would be bytes; did you mean 4000M?' \
		'--size 4M|--size: 4M is too small: the minimum is 9M' '--size 3T|--size: 3T is too large: the maximum of an MBR partition table is 2T' \
		'--swap 1|--swap: "1" would be bytes; did you mean 1G?' '--swap 512K|--swap: 512K is too small: the minimum is 1M' \
		'--memory 4|--memory: "4" would be MiB; did you mean 4G?' '--type xen|--type: must be one of pv, pvh, hvm, not "xen"'; do
		# shellcheck disable=SC2086 # words are meant
		bd new a --dry-run --dir . ${row%%|*}
		refused 2
		[[ $stderr == *"error: ${row#*|}" ]] || fail "$stderr"
	done
	bd new --help
	[[ $output == *"4GB"* ]]
}

@test "--dir DIR that another user may not write into: one line, nothing left" {
	need_root
	need setpriv
	open_folder
	run --separate-stderr as_nobody new a --quiet --no-start --template none --boot-sector none --dir d
	refused 1
	[[ $stderr == *"Permission denied"* ]]
	# Before anything is fetched or put together.
	run --separate-stderr as_nobody new a --no-start --dir d
	refused 1
	[[ $stderr == *"d/a.cfg: Permission denied" ]] || fail "$stderr"
	[[ $stderr != *preparing* ]]
}

# A folder that other users see, and the program in it: whoever builds as root may keep his from them.
open_folder() {
	open=$(mktemp -d /tmp/xen-bigdisk-test-open-XXXXXX)
	chmod 755 "$open"
	cp "$bigdisk" "$open/xen-bigdisk"
	chmod 755 "$open/xen-bigdisk"
	mkdir "$open/d" "$open/cache"
	chown 65534:65534 "$open/cache"
	cd "$open" || return
}

teardown() {
	if [[ -n ${open:-} ]]; then rm -rf "$open"; fi
}

as_nobody() {
	env XEN_BIGDISK_CACHE="$open/cache" XEN_BIGDISK_DEFAULTS="$open/defaults.json" setpriv --reuid 65534 --regid 65534 --clear-groups "$open/xen-bigdisk" "$@"
}

@test "no root is needed for a guest in a folder of one's own" {
	need_root
	need setpriv
	need_grub2
	open_folder
	chown 65534:65534 d
	run --separate-stderr as_nobody new a --quiet --no-start --template none --dir d
	[[ $status -eq 0 ]] || fail "$stderr"
	is_guest d a
	[[ $(stat -c %u d/a.img) -eq 65534 ]]
}

@test "a guest in the system's folders, as a user who may not: one line that names --dir" {
	need_root
	need setpriv
	[[ ! -e /etc/xen || $(stat -c %u /etc/xen) -eq 0 ]] || skip "/etc/xen is not root's"
	open_folder
	run --separate-stderr as_nobody new xen-bigdisk-test-never-made --quiet --no-start --template none --boot-sector none
	refused 1
}

@test "the image is 0600 and the cfg follows the umask" {
	local mask
	for mask in 000 022 077 027; do
		(umask "$mask" && made_empty a --size 16M)
		[[ $(stat -c %a d/a.img) == 600 ]]
		rm d/*
	done
	(umask 000 && made_empty a --size 16M)
	[[ $(stat -c %a d/a.cfg) == 644 ]]
}

@test "stdout that is full or closed: one line" {
	local arguments
	for arguments in help version --manual "new --help" \
		"new a --dir d --dry-run --template none" "new a --dir d --dry-run --template none --json"; do
		# shellcheck disable=SC2086 # words are meant
		run --separate-stderr bash -c '"$@" >/dev/full' sh "$bigdisk" $arguments
		failed_with 1
		# shellcheck disable=SC2086 # words are meant
		run --separate-stderr bash -c '"$@" >&-' sh "$bigdisk" $arguments
		failed_with 1
	done
	is_empty d
}

@test "if its report cannot be written, new fails, and the guest is complete" {
	local json
	for json in '' --json; do
		# shellcheck disable=SC2086 # an empty word is none
		run --separate-stderr bash -c '"$@" >/dev/full' sh "$bigdisk" new a --no-start --template none --dir d --size 16M $json
		failed_with 1
		[[ -z $(ls d) ]] || is_guest d a
		rm -f d/*
	done
}

@test "closed stdin, stdout and stderr never end up inside a guest's files" {
	need cmp
	local closed
	for closed in '2>&-' '>&- 2>&-' '<&- >&- 2>&-' '<&- 2>&-'; do
		run bash -c '"$@" '"$closed" sh "$bigdisk" new a --no-start --template none --dir d --size 16M --boot-sector none
		if [[ -n $(ls d) ]]; then
			is_guest d a
			cmp -n 440 d/a.img /dev/zero
			head -n 1 d/a.cfg | grep -q '^# a, made by xen-bigdisk'
			[[ $(grep -c . d/a.cfg) -eq $(grep -cE '^#|^[a-z_]+ = ' d/a.cfg) ]]
		fi
		rm -f d/*
	done
}

@test "with stdin closed as well, a report that goes nowhere is still an error" {
	# shellcheck disable=SC2016 # for the inner shell
	run --separate-stderr bash -c '"$@" <&- >&-' sh "$bigdisk" new a --no-start --template none --dir d --size 16M
	failed_with 1
}

@test "--quiet prints nothing; otherwise the result goes to stdout and the progress to stderr" {
	bd new a --quiet --no-start --template none --dir d --size 16M
	[[ $status -eq 0 && -z $stderr ]]
	[[ -z $output ]]
	is_guest d a
	rm d/*
	bd new a --no-start --template none --dir d --size 16M
	[[ $status -eq 0 && $stderr == *"writing the disk image"*"done"* ]]
	[[ $output == "a created: $PWD/d/a.img, $PWD/d/a.cfg" ]]
	[[ $stderr != *$'\r'* && $stderr != *$'\033'* ]] || fail "a live line outside a terminal"
}

@test "progress is a live line on a terminal" {
	need script
	run script -qec "$bigdisk new a --no-start --template none --dir d --size 16M" /dev/null
	[[ $status -eq 0 ]]
	[[ $output == *$'\r'* && $output == *"flushing it to the disk"* ]]
}
