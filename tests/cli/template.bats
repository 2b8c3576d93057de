#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The commands of `template`: importing, looking, checking, exporting, removing, and what is left when they fail.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

setup() {
	common_setup
	unset SOURCE_DATE_EPOCH
	export XEN_BIGDISK_TEMPLATES=$BATS_TEST_TMPDIR/templates
}

teardown() {
	if [[ -n ${maker:-} ]]; then kill -9 "$maker" 2>/dev/null || true; fi
}

# A small root in the folder `root`, and as root.tar.
make_root() {
	mkdir -p root/{boot,etc,usr/lib/systemd,usr/sbin,var/log}
	printf 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' >root/usr/lib/os-release
	ln -s ../usr/lib/os-release root/etc/os-release
	echo kernel >root/boot/vmlinuz-6.1.0-9-amd64
	echo initramfs >root/boot/initrd.img-6.1.0-9-amd64
	echo x | tee root/usr/sbin/{ifup,sshd} root/usr/lib/systemd/systemd >root/etc/hello
	chmod 4755 root/usr/sbin/sshd
	ln root/etc/hello root/etc/hello2
	truncate -s 3M root/var/log/sparse
	echo end >>root/var/log/sparse
	mkfifo root/var/fifo
	tar -C root --numeric-owner --owner=0 --group=0 --sort=name --mtime=@1700000000 -cf root.tar .
}

# lacks: how many warnings there are of what the template has not
imported() {
	bd template import --quiet "$@"
	[[ $status -eq 0 && -z $output ]] || fail "status $status"
	[[ $(grep -c 'warning: the template .* has no' <<<"$stderr") -eq ${lacks:-0} ]] || fail "not ${lacks:-0} warnings"
	[[ $(grep -c . <<<"$stderr") -eq ${lacks:-0} ]] || fail "there is more on stderr"
}

# The hidden names count too.
store_holds() {
	local there
	there=$(find templates -mindepth 1 -maxdepth 1 -printf "%f\n" | sort | xargs)
	[[ $there == "$*" ]] || fail "in the store: $there"
}

# refused_to STATUS WORD: one line of error with the word in it.
refused_to() {
	failed_with "$1"
	grep -qF -- "$2" <<<"$stderr" || fail "the error does not say $2"
}

@test "import makes a folder with manifest, tree and payload, and says what is in it" {
	make_root
	bd template import web root.tar --description "for web servers"
	[[ $status -eq 0 ]]
	grep -qx 'Template web created.' <<<"$output"
	grep -q 'Debian GNU/Linux 12 (bookworm)' <<<"$output"
	grep -q '^  kernel  *.boot.vmlinuz-6.1.0-9-amd64$' <<<"$output"
	grep -q '^  network  *ifupdown$' <<<"$output"
	holds templates web manifest.json tree payload
	[[ $(stat -c %a templates/web) == 700 ]]
}

@test "the manifest is what its schema says, and show prints it" {
	need python3 jq
	python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
	make_root
	SOURCE_DATE_EPOCH=1738324800 "$bigdisk" template import --quiet web root.tar
	python3 - "$top/templates/manifest.schema.json" templates/web/manifest.json <<-'PYTHON'
		import json, sys
		from jsonschema import Draft202012Validator, ValidationError
		schema, manifest = (json.load(open(path)) for path in sys.argv[1:])
		Draft202012Validator.check_schema(schema)
		validator = Draft202012Validator(schema)
		validator.validate(manifest)
		# The schema is one that can refuse.
		for key in manifest:
		    assert not validator.is_valid({k: v for k, v in manifest.items() if k != key}), key
		assert not validator.is_valid({**manifest, "version": 3})
		assert not validator.is_valid({**manifest, "spare": 1})
		# Version 1 had no checksum of its own.
		assert not validator.is_valid({**manifest, "version": 1})
		del manifest["blake2b"]
		validator.validate({**manifest, "version": 1})
	PYTHON
	bd template show web --json
	[[ $(jq -S .manifest <<<"$output") == "$(jq -S . templates/web/manifest.json)" ]]
	[[ $(jq -r .path <<<"$output") == "$PWD/templates/web" ]]
	[[ $(jq -r '.manifest | .created, .name, .source.kind, .source.name, .system.os_version, .system.initramfs' <<<"$output" | xargs) == \
		"2025-01-31T12:00:00Z web archive root.tar 12 /boot/initrd.img-6.1.0-9-amd64" ]]
	[[ $(jq -c '.manifest.system | [.systemd, .sshd, .cloud_init]' <<<"$output") == '[true,true,false]' ]]
}

@test "the manifest's numbers are those of the source, and its checksums those of b2sum" {
	need jq b2sum
	make_root
	imported web root.tar
	[[ $(jq .inodes templates/web/manifest.json) -eq $(find root -printf '%i\n' | sort -u | wc -l) ]]
	[[ $(jq .directories templates/web/manifest.json) -eq $(find root -type d | wc -l) ]]
	[[ $(jq .content_bytes templates/web/manifest.json) -eq \
		$(find root -type f -printf '%i %s\n' | sort -u | awk '{ sum += $2 } END { print sum }') ]]
	local file
	for file in tree payload; do
		[[ $(jq -r ".$file.blake2b" templates/web/manifest.json) == $(b2sum -l 256 <"templates/web/$file" | cut -d' ' -f1) ]]
		[[ $(jq ".$file.bytes" templates/web/manifest.json) -eq $(stat -c %s "templates/web/$file") ]]
	done
}

@test "the same source gives the same template: from a file, a pipe, compressed, and from its own export" {
	need jq zstd
	make_root
	imported a root.tar
	"$bigdisk" template import --quiet b - <root.tar
	zstd -q root.tar
	imported c root.tar.zst
	"$bigdisk" template export a - | "$bigdisk" template import --quiet d -
	local name
	for name in b c d; do
		cmp templates/a/tree "templates/$name/tree"
		cmp templates/a/payload "templates/$name/payload"
	done
	[[ $(jq -r .source.name templates/b/manifest.json) == - ]]
}

@test "a folder and a tarball of it give the same content" {
	need_root
	make_root
	chown -R 0:0 root
	find root -exec touch -h -d @1700000000 {} +
	tar -C root --numeric-owner --sort=name -cf root.tar .
	imported folder root
	imported tarball root.tar
	mkdir one two
	"$bigdisk" template export folder - | tar -C one -xpf -
	"$bigdisk" template export tarball - | tar -C two -xpf -
	diff <(cd one && find . -printf '%p %y %m %U:%G %s %T@ %n %l\n' | sort) <(cd two && find . -printf '%p %y %m %U:%G %s %T@ %n %l\n' | sort)
	diff -r --no-dereference -x fifo one two
}

@test "options of import go into the manifest" {
	need jq
	make_root
	imported web root.tar --network networkd --unique-machine-id --own-grub-cfg --description $'two\nlines'
	[[ $(jq -c '.system | [.network, .unique_machine_id, .own_grub_cfg]' templates/web/manifest.json) == '["networkd",true,true]' ]]
	[[ $(jq -r .description templates/web/manifest.json) == 'two?lines' ]]
	bd template import other root.tar --network wicked
	refused_to 2 wicked
	store_holds web
}

@test "an existing template is not replaced" {
	make_root
	imported web root.tar
	cp -r templates/web before
	bd template import --quiet web root.tar
	refused_to 3 "already exists and was not changed; remove it first: xen-bigdisk template rm web"
	diff -r before templates/web
	store_holds web
}

@test "sources that cannot be read, are damaged or too large: one line, nothing left" {
	make_root
	head -c 5000 root.tar >short.tar
	head -c 100000 /dev/urandom >noise
	gzip -k root.tar
	head -c 300 root.tar.gz >short.tar.gz
	local source
	for source in nowhere short.tar noise short.tar.gz /dev/null; do
		bd template import --quiet web "$source"
		failed_with "$([[ -e $source ]] && echo 1 || echo 4)"
		[[ ! -e templates ]] || is_empty templates
	done
	bd template import --quiet web root.tar --max-size 4K
	failed_with 1
	[[ $stderr == *"exceeds the limit"*--max-size* ]]
	is_empty templates
	bd template import --quiet web root.tar --limit 4K # as it was called before
	failed_with 1
	is_empty templates
}

@test "a template folder that cannot be made or written: one line" {
	make_root
	echo x >file
	bd template import --quiet web root.tar --templates file
	failed_with 1
	bd template import --quiet web root.tar --templates file/below
	failed_with 1
	bd template import --quiet web root.tar --templates ''
	failed_with 2
	[[ $(cat file) == x ]]
}

@test "names that are no template names: status 2, nothing left" {
	make_root
	local name
	for name in '' . .. ../x /x a/b .a -- A a_B 'a b' none mini $'a\n' "$(printf 'a%.0s' {1..64})"; do
		bd template import --quiet -- "$name" root.tar
		failed_with 2
		bd template rm --yes --quiet -- "$name"
		failed_with 2
	done
	[[ ! -e templates && ! -e x ]]
}

@test "Ctrl-C in the middle of an export ends it at once, and leaves nothing" {
	mkdir -p root/etc
	# xz would take minutes for it.
	head -c 400M /dev/urandom >root/blob
	lacks=3 imported web root
	"${default_signals[@]}" "$bigdisk" template export --quiet web web.tar.xz 2>stderr &
	maker=$!
	until_true grep -q web.tar "/proc/$maker/cmdline"
	sleep 0.5
	kill -s INT "$maker"
	status=0
	# What it takes of the processor does not depend on how busy the machine is.
	{ TIMEFORMAT=%0U && time wait "$maker"; } 2>cpu || status=$?
	maker=
	[[ $status -eq 130 && $(<stderr) == *"stopped by Ctrl-C" && $(<cpu) -lt 6 ]] || fail "$status after $(<cpu) s: $(<stderr)"
	[[ -z $(find . -name '*web.tar*') ]]
}

@test "Ctrl-C and SIGTERM in the middle of an import leave nothing" {
	make_root
	local signal
	for signal in INT TERM; do
		mkfifo pipe
		# A background job of this shell would ignore SIGINT.
		"${default_signals[@]}" "$bigdisk" template import --quiet web - <pipe 2>stderr &
		maker=$!
		exec 8>pipe
		head -c 4000 root.tar >&8
		until_true test -e templates
		sleep 0.3
		kill -s "$signal" "$maker"
		# What comes next wakes it where it waits for the pipe.
		head -c 512 /dev/zero >&8 || true
		exec 8>&-
		status=0
		wait "$maker" || status=$?
		maker=
		[[ $status -eq $((128 + $(kill -l "$signal"))) ]] || fail "status $status: $(cat stderr)"
		[[ $(wc -l <stderr) -eq 1 ]]
		is_empty templates
		rm pipe
	done
}

@test "kill -9 in the middle of an import leaves nothing, and the name is free" {
	make_root
	mkfifo pipe
	"$bigdisk" template import --quiet web - <pipe &
	maker=$!
	exec 8>pipe
	head -c 4000 root.tar >&8
	until_true test -e templates
	sleep 0.3
	bd template import --quiet web root.tar
	refused_to 5 "right now"
	kill -9 "$maker"
	wait "$maker" || true
	maker=
	exec 8>&-
	is_empty templates
	imported web root.tar
}

@test "a disk that is full while it is sealed: one line, nothing left" {
	make_root
	head -c 5M /dev/urandom >root/large
	tar -C root -cf root.tar .
	run --separate-stderr bash -c 'ulimit -f 1024; "$@"' sh "$bigdisk" template import --quiet web root.tar
	failed_with 1
	is_empty templates
}

@test "list shows every template, and why one cannot be used" {
	need jq
	bd template list
	[[ $status -eq 0 && -z $output ]]
	bd template list --json
	[[ $(jq -c . <<<"$output") == '{"templates":[]}' ]]
	make_root
	imported web root.tar
	imported also root.tar
	imported worse root.tar
	truncate -s 100 templates/worse/payload
	mkdir templates/empty templates/.web.partial-1
	bd template list
	[[ $status -eq 0 ]]
	[[ $(awk '{ print $1 }' <<<"$output" | xargs) == "NAME also web worse" ]]
	grep -q '^worse .*cannot be used.*payload' <<<"$output"
	bd template list --json
	[[ $(jq -r '.templates[].name' <<<"$output" | xargs) == "also web worse" ]]
	[[ $(jq -c '[.templates[] | .error == null]' <<<"$output") == '[true,true,false]' ]]
	[[ $(jq -r '.templates[1].manifest.name' <<<"$output") == web ]]
}

@test "a manifest that is not JSON to everybody makes its template unusable, and no other" {
	need jq
	make_root
	imported good root.tar
	local name
	for name in comment deep doubled nul; do cp -r templates/good "templates/$name"; done
	printf '// no\n' >>templates/comment/manifest.json
	head -c 400000 /dev/zero | tr '\0' '[' >templates/deep/manifest.json
	sed -i 's/^  "name":/  "name": "x", "name":/' templates/doubled/manifest.json
	printf '\0rest' >>templates/nul/manifest.json
	bd template list
	[[ $status -eq 0 && -z $stderr ]] || fail "status $status"
	[[ $(awk '{ print $1 }' <<<"$output" | xargs) == "NAME comment deep doubled good nul" ]]
	[[ $(grep -c 'cannot be used: .*manifest.json:[0-9]*:[0-9]*: ' <<<"$output") -eq 4 ]]
	grep -q '^deep .*manifest.json:1:65: more than 64 levels$' <<<"$output"
	grep -q '^doubled .*"name" is given twice' <<<"$output"
	bd template list --json
	[[ $(jq -r '.templates[] | select(.error == null).name' <<<"$output") == good ]]
	for name in comment deep doubled nul; do
		bd template show "$name"
		refused_to 1 "templates/$name/manifest.json:"
		bd new g --dir d --no-start --template "$name"
		refused_to 1 "templates/$name/manifest.json:"
		is_empty d
	done
	bd new g --dir d --no-start --template nope
	refused_to 4 "comment, deep, doubled, good, nul"
}

@test "what a root filesystem declares about itself is read as strictly, and never passed over" {
	make_root
	mkdir root/etc/xen-bigdisk
	refused_declaration() { # PLACE AND REASON
		tar -C root -cf root.tar .
		bd template import web root.tar --quiet
		refused_to 1 "$1"
		is_empty templates
	}
	local declaration=root/etc/xen-bigdisk/template.json
	printf '{"network": "networkd"} // no\n' >"$declaration"
	refused_declaration "/etc/xen-bigdisk/template.json:1:25: not JSON"
	printf '{"network": "networkd", "network": "none"}' >"$declaration"
	refused_declaration 'template.json:1:25: "network" is given twice'
	printf '{"network": "none"}\0' >"$declaration"
	refused_declaration "template.json:1:20: not JSON"
	head -c 60000 /dev/zero | tr '\0' '[' >"$declaration"
	refused_declaration "template.json:1:65: more than 64 levels"
	head -c 400000 /dev/zero | tr '\0' '[' >"$declaration"
	refused_declaration "template.json of the template is larger than"
}

@test "verify finds a flipped bit anywhere, a missing byte and a missing file" {
	need jq
	make_root
	imported web root.tar
	bd template verify web --json
	[[ $status -eq 0 && $(jq -r .state <<<"$output") == whole ]]
	local file at size
	for file in tree payload manifest.json; do
		size=$(stat -c %s "templates/web/$file")
		for at in 0 $((size / 2)) $((size - 1)); do
			cp "templates/web/$file" kept
			printf '\x55' | dd of="templates/web/$file" bs=1 seek="$at" conv=notrunc status=none
			! cmp -s kept "templates/web/$file" || printf '\xaa' | dd of="templates/web/$file" bs=1 seek="$at" conv=notrunc status=none
			bd template verify web --quiet
			failed_with 1
			cp kept "templates/web/$file"
		done
		truncate -s -1 "templates/web/$file"
		bd template verify web --quiet
		refused_to 1 "$file"
		cp kept "templates/web/$file"
	done
	rm templates/web/tree
	bd template verify web --quiet
	failed_with 1
}

# What made the checksum of a template's manifest, once more; the digits are in its last member.
sum_anew() { # FOLDER
	local sum
	sed -i '$!N; s/^\(  "blake2b": "\)[0-9a-f]*/\10000000000000000000000000000000000000000000000000000000000000000/; P; D' "$1/manifest.json"
	sum=$(b2sum -l 256 "$1/manifest.json" | cut -d " " -f 1)
	sed -i "s/^  \"blake2b\": \"0*\"/  \"blake2b\": \"$sum\"/" "$1/manifest.json"
}

@test "new and export refuse a template with one bit flipped in its index, manifest or small content" {
	need b2sum
	make_root
	imported web root.tar
	local file at size
	for file in tree payload manifest.json; do
		size=$(stat -c %s "templates/web/$file")
		cp "templates/web/$file" kept
		for at in 70 $((size / 3)) $((size / 2)) $((size - 4)); do
			flip "templates/web/$file" "$at"
			bd new g --dir d --no-start --template web --quiet
			failed_with 1
			grep -qE 'templates/web.*(damaged|JSON|no template)' <<<"$stderr" || fail "it does not say what is damaged"
			is_empty d
			bd new g --dir d --no-start --template web --dry-run
			failed_with 1
			bd template export web web.tar --quiet
			failed_with 1
			[[ ! -e web.tar ]] || fail "there is a tarball"
			cp kept "templates/web/$file"
		done
	done
	bd new g --dir d --no-start --template web --quiet
	[[ $status -eq 0 ]]
}

# One bit of the byte at OFFSET.
flip() { # FILE OFFSET
	local byte
	byte=$(xxd -s "$2" -l 1 -p "$1")
	printf "\\x$(printf %02x $((0x$byte ^ 0x04)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "a manifest that was edited is refused, and its checksum is one that b2sum can make" {
	need b2sum
	make_root
	imported web root.tar
	cp templates/web/manifest.json kept
	sum_anew templates/web
	cmp kept templates/web/manifest.json
	sed -i 's/"network": "ifupdown"/"network": "networkd"/' templates/web/manifest.json
	bd template show web
	refused_to 1 "is damaged, or was edited"
	sum_anew templates/web
	bd template verify web --quiet
	[[ $status -eq 0 ]]
}

@test "a template of an older version is used, and verify says that its manifest has no checksum" {
	need jq
	make_root
	# As Debian has it: new warns where nothing tells that a kernel is installed.
	mkdir -p root/etc/kernel/postinst.d
	tar -C root -cf root.tar .
	imported web root.tar
	jq '.version = 1 | del(.blake2b)' templates/web/manifest.json >old
	mv old templates/web/manifest.json
	bd template verify web
	[[ $status -eq 0 ]]
	grep -q 'warning: .*manifest.json of this template.* has no checksum' <<<"$stderr"
	grep -qx 'Template web verified.' <<<"$output"
	bd new g --dir d --no-start --template web --quiet
	[[ $status -eq 0 && -z $stderr ]]
	jq '.version = 2' templates/web/manifest.json >without
	mv without templates/web/manifest.json
	bd template show web
	refused_to 1 '"blake2b" is missing'
}

@test "a manifest of a newer version, of another kind, or no manifest" {
	make_root
	imported web root.tar
	sed -i 's/"version": 2/"version": 7/' templates/web/manifest.json
	bd template show web
	refused_to 1 "version 7"
	echo '{}' >templates/web/manifest.json
	bd template show web
	refused_to 1 manifest
	echo x >templates/web/manifest.json
	bd template show web
	refused_to 1 JSON
}

@test "show knows the templates that are parts of the program, and fetches nothing for it" {
	need jq
	fake_mmdebstrap </dev/null
	local program
	for program in apt-get apt-cache; do
		printf '#!/bin/sh\ntouch %s/fetched\nexit 1\n' "$PWD" >"bin/$program"
		chmod +x "bin/$program"
	done
	bd template show mini
	[[ $status -eq 0 && -z $stderr ]]
	[[ $output == "mini: "* ]]
	grep -q '^  network    ifupdown$' <<<"$output"
	grep -qE '^  kernel     (/boot/vmlinuz-[0-9]|not here yet)' <<<"$output"
	bd template show none --json
	[[ $status -eq 0 ]]
	[[ $(jq -c '[.path, .manifest, .built_in.name, .built_in.kernel, .built_in.network]' <<<"$output") == \
		'[null,null,"none",null,"none"]' ]]
	# With an empty cache, and perhaps no kernel in /boot.
	XEN_BIGDISK_CACHE=$PWD/cache bd template show mini --json
	[[ $status -eq 0 && $(jq -r .built_in.name <<<"$output") == mini ]]
	[[ $(jq -r '.built_in | (.kernel == null) == (.host_kernel == null)' <<<"$output") == true ]]
	if ! compgen -G '/boot/vmlinuz-*' >/dev/null; then
		[[ $(jq .built_in.kernel <<<"$output") == null ]]
		mkdir -p cache/kernels/6.1.0-9-amd64/{boot,lib/modules/6.1.0-9-amd64}
		: >cache/kernels/6.1.0-9-amd64/boot/vmlinuz-6.1.0-9-amd64
		: >cache/kernels/6.1.0-9-amd64/lib/modules/6.1.0-9-amd64/modules.dep
		XEN_BIGDISK_CACHE=$PWD/cache bd template show mini --json
		[[ $(jq -r .built_in.kernel <<<"$output") == /boot/vmlinuz-6.1.0-9-amd64 ]]
	fi
	[[ ! -e fetched && ! -e templates ]] || fail "something was done"
	bd template verify mini
	refused_to 2 "built in"
	bd template rm none --yes
	refused_to 2 "verified, exported or removed"
}

@test "a missing template is reported with those that exist" {
	make_root
	imported web root.tar
	local row
	for row in "show nope" "verify nope --json" "rm nope --yes" "export nope nope.tar"; do
		# shellcheck disable=SC2086 # words are meant
		bd template $row
		refused_to 4 "none, mini, web"
	done
	[[ ! -e nope.tar ]]
}

@test "rm asks, and fails without a terminal" {
	make_root
	imported web root.tar
	run --separate-stderr "$bigdisk" template rm web </dev/null
	refused_to 2 --yes
	store_holds web
	need script
	printf 'n\n' | script -qec "$bigdisk template rm web" /dev/null >answer || true
	grep -q 'Remove the template web from .*\[y/N\]' answer
	store_holds web
	printf 'y\n' | script -qec "$bigdisk template rm web" /dev/null >answer
	is_empty templates
	imported web root.tar
	bd template rm web --yes --json
	[[ $status -eq 0 && $(jq -c . <<<"$output") == "{\"state\":\"removed\",\"name\":\"web\",\"path\":\"$XEN_BIGDISK_TEMPLATES/web\"}" ]]
	is_empty templates
}

@test "rm leaves alone what is no template, wherever --templates points" {
	mkdir -p home/bob
	echo letter >home/bob/letter.txt
	bd template rm bob --yes --templates home
	refused_to 1 "was not changed"
	[[ $(cat home/bob/letter.txt) == letter ]]
	ln -s "$PWD/home/bob" home/link
	bd template rm link --yes --templates home
	failed_with 1
	[[ -L home/link ]]
}

@test "rm does not disturb an export that is under way" {
	make_root
	head -c 8M /dev/urandom >root/large
	tar -C root -cf root.tar .
	imported web root.tar
	mkfifo pipe
	"$bigdisk" template export web - --quiet >pipe &
	maker=$!
	exec 9<pipe
	head -c 512 <&9 >out.tar
	bd template rm web --yes --quiet
	[[ $status -eq 0 ]]
	is_empty templates
	cat <&9 >>out.tar
	exec 9<&-
	wait "$maker"
	maker=
	mkdir out
	tar -C out -xf out.tar
	cmp out/large root/large
}

@test "export chooses the compression by the file's name, and replaces nothing" {
	need zstd xz gzip
	make_root
	imported web root.tar
	local row
	for row in "a.tar cat" "a.tar.gz gzip -dc" "a.tgz gzip -dc" "a.tar.xz xz -dc" "a.tar.zst zstd -dcq"; do
		bd template export web "${row%% *}" --quiet
		[[ $status -eq 0 && -z $output && $(stat -c %a "${row%% *}") == 600 ]]
		# shellcheck disable=SC2086 # words are meant
		[[ $(${row#* } "${row%% *}" | tar -xOf - --wildcards '*etc/hello') == x ]]
	done
	bd template export web other --compress zstd --quiet
	zstd -dcq <other | cmp - a.tar
	bd template export web a.tar --quiet
	refused_to 3 "already exists"
	bd template export web b.tar --compress rar
	refused_to 2 rar
	bd template export web nowhere/b.tar --quiet
	failed_with 4
	[[ ! -e b.tar ]]
	run --separate-stderr bash -c '"$@" >/dev/full' sh "$bigdisk" template export web - --quiet
	failed_with 6
	bd template export web - --json
	refused_to 2 --json
}

@test "import --dry-run: what would be created, or why it would not, and nothing is there afterwards" {
	make_root
	bd template import web root.tar --dry-run
	[[ $status -eq 0 && $output == "Template web would be created from root.tar (archive): $XEN_BIGDISK_TEMPLATES/web" ]]
	mkdir folder
	bd template import web folder --dry-run --json
	[[ $status -eq 0 && $(jq -c . <<<"$output") == "{\"state\":\"planned\",\"path\":\"$XEN_BIGDISK_TEMPLATES/web\",\"manifest\":null,\"source_kind\":\"directory\"}" ]]
	bd template import web - --dry-run --quiet <root.tar
	[[ $status -eq 0 && -z $output && ! -e templates ]]
	bd template import Web root.tar --dry-run
	refused_to 2 "not a template name"
	bd template import web nowhere.tar --dry-run
	refused_to 4 nowhere.tar
	bd template import web root.tar --tag 1 --dry-run
	refused_to 2 "are for container images"
	: >file
	bd template import web root.tar --dry-run --templates file
	failed_with 1
	[[ ! -e templates ]]
	imported web root.tar
	bd template import web root.tar --dry-run
	refused_to 3 "already exists"
}

@test "rm --dry-run: what would be removed, without asking, and it stays" {
	make_root
	imported web root.tar
	run --separate-stderr "$bigdisk" template rm web --dry-run </dev/null
	[[ $status -eq 0 && $output == "Template web would be removed: $XEN_BIGDISK_TEMPLATES/web" ]]
	bd template rm web --dry-run --json
	[[ $status -eq 0 && $(jq -c . <<<"$output") == "{\"state\":\"planned\",\"name\":\"web\",\"path\":\"$XEN_BIGDISK_TEMPLATES/web\"}" ]]
	bd template rm nope --dry-run
	refused_to 4 "there is no template called 'nope'"
	: >templates/web/other
	bd template rm web --dry-run
	failed_with 1
	rm templates/web/other
	store_holds web
}

@test "export --dry-run: where it would write, or why it would not, and nothing is written" {
	make_root
	imported web root.tar
	bd template export web web.tar.gz --dry-run
	[[ $status -eq 0 && $output == "Template web would be written to web.tar.gz (compression: gzip)" && ! -e web.tar.gz ]]
	bd template export web web --compress xz --dry-run --json
	[[ $status -eq 0 && ! -e web ]]
	[[ $(jq -c . <<<"$output") == '{"state":"planned","name":"web","file":"web","compression":"xz"}' ]]
	bd template export web - --dry-run
	[[ $status -eq 0 && $output == "Template web would be written to standard output (compression: none)" ]]
	bd template export web root.tar --dry-run
	refused_to 3 "already exists"
	bd template export web nowhere/web.tar --dry-run
	refused_to 4 nowhere
	bd template export nope web.tar --dry-run
	refused_to 4 nope
	bd template export web web.tar --compress rar --dry-run
	refused_to 2 "--compress: must be one of"
}

@test "help: the group, each command, and the manual" {
	local command
	bd template --help
	[[ $status -eq 0 && -z $stderr && $output == "Usage: xen-bigdisk template COMMAND"* ]]
	for command in import build list show verify rm export; do
		bd template --help
		grep -qE "^  template $command +[a-z]" <<<"$output"
		bd template "$command" --help
		[[ $status -eq 0 && $output == "Usage: xen-bigdisk template $command"*--json* ]]
		run awk 'length > 80 && !/^  [a-z].*xen-bigdisk / { print; wide = 1 } END { exit wide }' <<<"$output"
		[[ $status -eq 0 ]] || fail "$output"
		bd help template "$command"
		[[ $status -eq 0 && $output == "Usage: xen-bigdisk template $command"* ]]
		"$bigdisk" --manual "xen-bigdisk-template-$command.8" | grep -q "^\.B xen..bigdisk template $command"
	done
	bd template nope
	refused_to 2 nope
	bd help template nope
	refused_to 2 nope
	bd template import web
	failed_with 2
	bd template list spare
	failed_with 2
}

@test "another user's templates are not for everybody, unless their owner says so" {
	need_root
	need setpriv
	make_root
	local open
	open=$(mktemp -d /tmp/xen-bigdisk-test-open-XXXXXX)
	chmod 755 "$open"
	install -m 755 "$bigdisk" "$open/xen-bigdisk"
	"$bigdisk" template import --quiet web root.tar --templates "$open/templates"
	run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$open/xen-bigdisk" template show web --templates "$open/templates"
	[[ $status -eq 1 && $stderr == *"Permission denied"* ]]
	chmod 755 "$open/templates/web"
	run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$open/xen-bigdisk" template verify web --quiet --templates "$open/templates"
	rm -rf "$open"
	[[ $status -eq 0 ]]
}

@test "build refuses recipes that there are not, or that are wrong, before it starts anything" {
	bd template build nope
	refused_to 4 debian-12
	bd template build mini
	failed_with 2
	bd template build ./nowhere.json
	failed_with 4
	local row
	while IFS= read -r row; do
		echo "$row" >recipe.json
		bd template build ./recipe.json web --quiet
		refused_to 1 recipe.json
	done <<-'ROWS'
		{
		[]
		{"name": "web"}
		{"suite": 12}
		{"suite": "bookworm", "pakcages": []}
		{"suite": "bookworm", "packages": "dbus"}
		{"suite": "bookworm", "packages": [1]}
		{"suite": "bookworm", "mmdebstrap_options": ["/tmp/x"]}
	ROWS
	echo '{"suite": "bookworm"}' >recipe.json
	bd template build ./recipe.json
	refused_to 2 name
	echo '{"suite": "bookworm", "network": "wicked"}' >recipe.json
	bd template build ./recipe.json web
	failed_with 2
	if [[ ! -x /usr/local/sbin/mmdebstrap && ! -x /usr/sbin/mmdebstrap ]]; then
		run --separate-stderr env PATH=/nowhere "$bigdisk" template build debian-12
		refused_to 1 "apt-get install mmdebstrap"
	fi
	[[ ! -e templates ]]
}

# A stand-in that prints a tarball and its arguments, as mmdebstrap does.
fake_mmdebstrap() {
	mkdir -p bin
	cat >bin/mmdebstrap
	chmod +x bin/mmdebstrap
	export PATH=$PWD/bin:$PATH
}

@test "a recipe is JSON as the RFC has it, and no key of it stands there twice" {
	fake_mmdebstrap <<-'SH'
		#!/bin/sh
		touch ran
		exit 1
	SH
	refused_recipe() { # PLACE AND REASON
		bd template build ./recipe.json --quiet
		refused_to 1 "./recipe.json:$1"
		[[ ! -e ran && ! -e templates ]] || fail "it was begun"
	}
	printf '{"suite":"bookworm","name":"aa" /* no */} // no\n' >recipe.json
	refused_recipe "1:33: not JSON"
	printf '{"suite":"bookworm","name":"aa"} // no\n' >recipe.json
	refused_recipe "1:34: not JSON"
	printf '{"suite":"bookworm","name":"aa"}\0}}rest' >recipe.json
	refused_recipe "1:33: not JSON"
	printf '{"suite":"bookworm",\n"suite":"sid","name":"aa"}' >recipe.json
	refused_recipe '2:1: "suite" is given twice; the first is in line 1, column 2'
	printf '{"suite":"bookworm","name":"a\\u0000b"}' >recipe.json
	refused_recipe "1:28: a string with \\u0000"
	printf '{"suite":"bookworm",\f"name":"aa"}' >recipe.json
	refused_recipe "1:21: not JSON: a form feed"
	printf '{"suite":"bookworm","name":"a\xc0\x80"}' >recipe.json
	refused_recipe "1:30: not JSON: invalid bytes in UTF8 string"
	head -c 400000 /dev/zero | tr '\0' '[' >recipe.json
	refused_recipe "1:65: more than 64 levels"
	{
		printf '{"name":'
		head -c 400000 /dev/zero | tr '\0' '['
	} >recipe.json
	refused_recipe "1:72: more than 64 levels"
}

@test "build imports what mmdebstrap prints, and then changes what the recipe says" {
	need jq
	make_root
	mkdir -p root/etc/ssh root/var/cache/x
	echo secret | tee root/etc/ssh/ssh_host_rsa_key >root/var/cache/x/y
	tar -C root -cf root.tar .
	fake_mmdebstrap <<-SH
		#!/bin/sh
		printf '%s\n' "\$@" >$PWD/arguments
		echo I: working >&2
		cat $PWD/root.tar
	SH
	cat >recipe.json <<-'JSON'
		{"name": "web", "description": "a web server", "suite": "bookworm", "network": "networkd",
		 "packages": ["dbus", "udev"], "mmdebstrap_options": ["--variant=minbase"],
		 "files": {"/etc/motd": ["0640", "hello\n"]}, "symlinks": {"/etc/hello": "motd"},
		 "remove": ["/etc/ssh/ssh_host_rsa_key", "/etc/not-there", "/var/cache/"]}
	JSON
	bd template build ./recipe.json --dry-run
	[[ $status -eq 0 && $output == "Template web would be created from ./recipe.json (recipe): $XEN_BIGDISK_TEMPLATES/web" ]]
	bd template build ./recipe.json other --dry-run --json
	[[ $status -eq 0 && $(jq -r '.state, .path' <<<"$output" | xargs) == "planned $XEN_BIGDISK_TEMPLATES/other" ]]
	[[ ! -e templates && ! -e arguments ]]
	bd template build ./recipe.json --quiet
	[[ $status -eq 0 ]]
	[[ $(head -n 5 arguments | xargs) == "--format=tar --include=dbus,udev --variant=minbase bookworm -" ]]
	[[ $(jq -r '.name, .description, .source.kind, .source.name, .system.network' templates/web/manifest.json | xargs) == \
		"web a web server recipe recipe.json networkd" ]]
	[[ $(stat -c %a templates/web) == 755 ]]
	bd template verify web --quiet
	[[ $status -eq 0 ]]
	"$bigdisk" template export web web.tar --quiet
	mkdir out
	tar -C out -xpf web.tar
	[[ $(cat out/etc/motd) == hello && $(stat -c %a out/etc/motd) == 640 && $(readlink out/etc/hello) == motd ]]
	[[ ! -e out/etc/ssh/ssh_host_rsa_key && -d out/var/cache && ! -e out/var/cache/x && $(cat out/etc/hello2) == x ]]
}

@test "build: mmdebstrap that fails, dies or prints no tarball: its reason is told, nothing is left" {
	fake_mmdebstrap <<-'SH'
		#!/bin/sh
		echo "I: running apt-get update..." >&2
		echo "E: Unable to locate package no-such" >&2
		echo "E: mmdebstrap failed to run" >&2
		exit 1
	SH
	bd template build debian-12
	[[ $status -eq 1 && $stderr == *"error: mmdebstrap failed: Unable to locate package no-such"* ]]
	[[ $stderr == *"warning: mmdebstrap: I: running apt-get update..."* ]]
	is_empty templates
	fake_mmdebstrap <<<$'#!/bin/sh\nkill -9 $$'
	bd template build debian-12 --quiet
	[[ $status -eq 1 && $stderr == *"signal 9"* ]]
	fake_mmdebstrap <<<$'#!/bin/sh\necho no tarball'
	bd template build debian-12 --quiet
	failed_with 1
	is_empty templates
}

@test "build: SIGTERM stops mmdebstrap and lets it clean up" {
	fake_mmdebstrap <<-'SH'
		#!/bin/sh
		trap 'rm workdir; exit 1' TERM
		touch workdir
		sleep 100 &
		wait
	SH
	"$bigdisk" template build debian-12 --quiet 2>stderr &
	maker=$!
	until_true test -e workdir
	kill "$maker"
	status=0
	wait "$maker" || status=$?
	maker=
	[[ $status -eq 143 && ! -e workdir ]]
	is_empty templates
}

@test "a template without content: a guest is made, and no memory is used that was not set" {
	need_root
	need valgrind
	mkdir -p root/etc
	: >root/empty
	tar -C root -cf empty.tar empty etc
	lacks=3 imported e empty.tar
	run --separate-stderr valgrind -q --error-exitcode=99 "$bigdisk" new a --quiet --no-start --dir d --template e --size 64M
	[[ $status -eq 0 ]] || fail "$stderr"
	is_guest d a
}

@test "templates that other users may change are used for nothing: the folder, a template's, its files, by mode or owner" {
	local what
	make_root
	bd template import web root.tar --quiet
	[[ $status -eq 0 ]]
	made web01 --quiet --no-start --template web --size 64M --dir d
	rm d/*
	for what in 'chmod 1777' 'chmod 775'; do
		$what templates
		bd new web01 --quiet --no-start --template web --size 64M --dir d
		refused 1
		[[ $stderr == *"the template directory $PWD/templates is writable by other users (mode "*"chmod go-w $PWD/templates" ]] || fail "$stderr"
		bd template import web2 root.tar --quiet
		failed_with 1
		chmod 755 templates
	done
	for what in web web/tree web/payload web/manifest.json; do
		chmod g+w "templates/$what"
		bd new web01 --quiet --no-start --template web --size 64M --dir d
		refused 1
		[[ $stderr == *"$PWD/templates/$what is writable by other users (mode "* ]] || fail "$what: $stderr"
		chmod g-w "templates/$what"
	done
	if [[ $(id -u) -eq 0 ]]; then
		chown -R 65534 templates
		bd new web01 --quiet --no-start --template web --size 64M --dir d
		refused 1
		[[ $stderr == *"belongs to another user (uid 65534)"* ]]
		# Who names the folder of another user trusts him.
		made web01 --quiet --no-start --template web --size 64M --dir d --templates templates
	fi
}

@test "import: a zip from a pipe keeps symbolic links and modes" {
	mkdir -p tree/etc
	echo secret >tree/shadow
	chmod 600 tree/shadow
	ln -s shadow tree/soft
	head -c 3000000 /dev/urandom >tree/more
	(cd tree && bsdtar --format=zip -cf ../it.zip ./*)
	"$bigdisk" template import z - --quiet < <(cat it.zip)
	"$bigdisk" template export z back.tar --quiet
	run tar -tvf back.tar
	[[ $output == *-rw-------*shadow* && $output == *"soft -> shadow"* ]]
}

@test "import: SIGTERM ends one that libarchive never comes back from" {
	python3 - <<-'E'
		import zlib, struct, hashlib
		entry = lambda n, t: '<file id="%s"><name>f%s</name>' % (n, n) + 2 * ('<type link="%s">hardlink</type>' % t) + '</file>'
		toc = ('<?xml version="1.0"?><xar><toc><checksum style="sha1"><offset>0</offset><size>20</size></checksum>'
		       + entry(1, 'original') + entry(2, '1') + '</toc></xar>').encode()
		z = zlib.compress(toc)
		open('loop.xar', 'wb').write(struct.pack('>4sHHQQI', b'xar!', 28, 1, len(z), len(toc), 1) + z + hashlib.sha1(z).digest())
	E
	"$bigdisk" template import x loop.xar --quiet 2>stderr &
	maker=$!
	child=
	has_begun() { ! child=$(cat "/proc/$maker/task/$maker/children" 2>/dev/null) || [[ -n $child ]]; }
	until_true has_begun
	if [[ -z $child ]]; then
		maker=
		skip 'this libarchive refuses it'
	fi
	kill "$maker"
	status=0
	wait "$maker" || status=$?
	maker=
	[[ $status -eq 143 ]]
	! kill -0 "${child%% *}" 2>/dev/null || fail 'the process that reads the archive is still there'
	[[ ! -e templates ]] || is_empty templates
}
