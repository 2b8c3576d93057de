#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `template import` downloads and verifies: the real curl and gpgv, a small server of HTTPS, and keys that are made here.

load helpers

# Once for all: they are slow.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 \
		-addext subjectAltName=IP:127.0.0.1 -keyout server.key -out server.crt 2>/dev/null || return 0
	type -P gpg gpgv gpg-agent >/dev/null || return 0
	export GNUPGHOME=$BATS_FILE_TMPDIR/gpg
	mkdir -m 700 "$GNUPGHOME"
	local each
	for each in good other; do
		gpg --batch --quiet --passphrase '' --quick-generate-key "$each@example.org" ed25519 sign never
		gpg --batch --export "$each@example.org" >"$each.gpg"
	done
	gpg --batch --armor --export good@example.org >good.asc
	gpg --batch --quiet --passphrase '' --faked-system-time 20200101T000000! --quick-generate-key old@example.org ed25519 sign 1d
	gpg --batch --export old@example.org >old.gpg
	gpgconf --kill all
}

teardown_file() {
	GNUPGHOME=$BATS_FILE_TMPDIR/gpg gpgconf --kill all 2>/dev/null || :
}

setup() {
	common_setup
	need python3 jq curl openssl
	export XEN_BIGDISK_TEMPLATES=$PWD/templates XEN_BIGDISK_CACHE=$PWD/cache TMPDIR=$PWD/tmp HOME=$PWD/home
	export CURL_CA_BUNDLE=$BATS_FILE_TMPDIR/server.crt
	keys=$BATS_FILE_TMPDIR
	mkdir -p tmp home www root/etc root/sbin
	echo web >root/etc/hostname
	: >root/sbin/init
	chmod 755 root/sbin/init
	# Too large for one piece of a connection.
	head -c 3000000 /dev/urandom >root/large
	tar -C root -cf www/root.tar .
	sum=$(sha256sum www/root.tar | cut -d ' ' -f 1)
	cat >server.py <<-'E'
		# Serves www/ by HTTPS and HTTP, and writes what was asked for, with what was answered, to `requests`. The first folder
		# of a path may say how: /broken/ ends half way, and later goes on, /bareshort/ too, but without ETag and
		# ranges; /changing/ is another file then; /short/ ends half way always; /slow/ waits half way; /moved/ and /plain/ lead elsewhere.
		import hashlib, http.server, os, ssl, sys, threading
		broken = set()
		class Handler(http.server.BaseHTTPRequestHandler):
		    protocol_version = "HTTP/1.1"
		    def answer(self, status, headers, body=b"", end=None):
		        ask = [self.headers[name] for name in ("Range", "If-Range", "If-None-Match", "Authorization") if self.headers[name]]
		        with open("requests", "a") as log:
		            log.write(" ".join([self.path, *ask, str(status)]) + "\n")
		        self.send_response(status)
		        for name, value in headers.items():
		            self.send_header(name, value)
		        self.send_header("Content-Length", str(len(body)))
		        self.end_headers()
		        self.wfile.write(body[:end])
		        if end is not None:
		            self.close_connection = True
		    def do_GET(self):
		        how, name = ("/" + self.path.split("?")[0]).split("/")[-2:]
		        if how == "moved":
		            return self.answer(302, {"Location": "/" + name})
		        if how == "plain":
		            return self.answer(302, {"Location": "http://127.0.0.1:%d/%s" % (ports[1], name)})
		        if not os.path.exists("www/" + name):
		            return self.answer(404, {})
		        body = open("www/" + name, "rb").read()
		        tag = '"' + hashlib.md5(body).hexdigest() + '"'
		        if self.headers["If-None-Match"] == tag:
		            return self.answer(304, {"ETag": tag})
		        if how in ("broken", "bareshort") and name not in broken:
		            broken.add(name)
		            return self.answer(200, {"ETag": tag} if how == "broken" else {}, body, len(body) // 2)
		        if how == "changing" and name not in broken:
		            broken.add(name)
		            return self.answer(200, {"ETag": '"old"'}, body[::-1], len(body) // 2)
		        if how == "short":
		            return self.answer(200, {"ETag": tag}, body, len(body) // 2)
		        if how == "slow":
		            self.answer(200, {"ETag": tag}, body, len(body) // 2)
		            open("ready", "w").close()
		            return self.rfile.read()
		        if self.headers["Range"] and self.headers["If-Range"] == tag:
		            at = int(self.headers["Range"][6:-1])
		            return self.answer(206, {"ETag": tag, "Content-Range": "bytes %d-%d/%d" % (at, len(body) - 1, len(body))},
		                body[at:])
		        self.answer(200, {"ETag": tag}, body)
		    def log_message(self, *arguments):
		        pass
		class Server(http.server.ThreadingHTTPServer):
		    daemon_threads = True
		    def handle_error(self, request, address):
		        pass
		secure, plain = Server(("127.0.0.1", 0), Handler), Server(("127.0.0.1", 0), Handler)
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain(sys.argv[1] + "/server.crt", sys.argv[1] + "/server.key")
		secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
		ports = [secure.server_port, plain.server_port]
		threading.Thread(target=plain.serve_forever, daemon=True).start()
		open("ports.new", "w").write("%d %d\n" % tuple(ports))
		os.rename("ports.new", "ports")
		secure.serve_forever()
	E
	: >requests
	python3 server.py "$keys" >server.log 2>&1 3>&- 4>&- &
	echo $! >server.pid
	until [[ -e ports ]]; do
		kill -0 "$(<server.pid)" || fail "$(<server.log)"
		sleep 0.02
	done
	local secure plain
	read -r secure plain <ports
	url=https://127.0.0.1:$secure
	http=http://127.0.0.1:$plain
}

teardown() {
	[[ ! -e server.pid ]] || kill "$(<server.pid)" || :
}

need_gpg() {
	need gpg gpgv gpg-agent
	export GNUPGHOME=$keys/gpg
}

# sign KEY ARGUMENTS...: with gpg.
sign() {
	gpg --batch --yes --quiet --local-user "$1@example.org" "${@:2}"
}

# imported NAME SOURCE OPTION...
imported() {
	bd template import --json "$@"
	[[ $status -eq 0 ]]
	[[ $("$bigdisk" template export --quiet "$1" - | tar -xOf - etc/hostname) == web ]]
	is_empty tmp
}

# source_is NAME: of the last import, with the right checksum.
source_is() {
	jq -e --arg name "$1" --arg digest "sha256:$sum" \
		'.manifest.source == {kind: "archive", name: $name, digest: $digest}' <<<"$output"
}

# not_imported STATUS TEXT SOURCE OPTION...: nothing is left, neither in the cache.
not_imported() {
	bd template import x "${@:3}" --quiet
	failed_with "$1"
	[[ $stderr == *"$2"* ]] || fail "no \"$2\" in the error"
	is_empty tmp
	[[ ! -e cache/downloads ]] || is_empty cache/downloads
	[[ ! -e templates/x ]]
}

# asked LINE...: of the server, since the last time.
asked() {
	diff <(printf '%s\n' "$@") requests
	: >requests
}

@test "https://: is downloaded, noted with its checksum, and said not to be verified" {
	imported one "$url/root.tar"
	source_is "$url/root.tar"
	[[ $stderr == *"$url/root.tar is taken as its server sends it"* ]]
	imported two "${url/127/me:secret@127}/moved/root.tar?token=hidden"
	source_is "$url/moved/root.tar"
	! grep -rqE 'secret|hidden' cache templates || fail "a secret was written"
	bd template import --dry-run x "$url/root.tar"
	[[ $status -eq 0 && $output == "Template x would be created from $url/root.tar (url): "* ]]
}

@test "https://: what cannot be got is refused with curl's reason" {
	not_imported 1 "cannot import $url/none: The requested URL returned error: 404" "$url/none"
	not_imported 1 'Could not resolve host: ' https://none.invalid/root.tar
	CURL_CA_BUNDLE=/dev/null not_imported 1 "cannot import $url/root.tar: " "$url/root.tar"
	# A redirect to http:// without anything to verify it by.
	not_imported 1 "cannot import $url/plain/root.tar: " "$url/plain/root.tar"
	! grep -q '^/root.tar' requests || fail "it has followed the redirect"
	not_imported 1 'the file has more than 1 MiB; --max-size allows more' "$url/root.tar" --max-size 1M
	not_imported 2 'only https:// and http:// are' ftp://127.0.0.1/root.tar
	mkdir bin
	run --separate-stderr env PATH="$PWD/bin" "$bigdisk" template import x "$url/root.tar" --quiet
	[[ $status -eq 1 && $stderr == *"curl, which is not installed: install the package curl"* ]]
}

@test "http:// is downloaded only where it is verified" {
	not_imported 2 'may be anybody'"'"'s: ' "$http/root.tar"
	[[ $stderr == *'; --checksum, or --signature and --keyring, verify it' ]]
	echo "$sum  root.tar" >www/SHA256SUMS
	not_imported 2 '--checksum: checksums by http://' "$http/root.tar" --checksum "$http/SHA256SUMS"
	[[ ! -s requests ]]
	imported one "$http/root.tar" --checksum "sha256:$sum"
	source_is "$http/root.tar"
	imported two "$url/plain/root.tar" --checksum "sha512:$(sha512sum www/root.tar | cut -d ' ' -f 1)"
}

@test "--checksum: of a download and of a file, given or in a file of checksums" {
	local wrong=${sum//[0-9]/a} each
	[[ $wrong != "$sum" ]]
	(cd www && sha256sum ./root.tar >SHA256SUMS && sha512sum -b root.tar >SHA512SUMS && sha256sum --tag root.tar >CHECKSUM)
	imported one www/root.tar --checksum "sha256:$sum"
	source_is root.tar
	imported two www/root.tar --checksum www/SHA512SUMS
	source_is root.tar
	for each in SHA256SUMS SHA512SUMS CHECKSUM; do
		imported "${each,,}" "$url/root.tar" --checksum "$url/$each"
		source_is "$url/root.tar"
	done
	rm -r cache
	not_imported 1 "its checksum is sha256:$sum, and not sha256:$wrong" "$url/root.tar" --checksum "sha256:$wrong"
	not_imported 1 "its checksum is sha256:$sum, and not sha256:$wrong" www/root.tar --checksum "sha256:$wrong"
	cp www/root.tar www/other.tar
	not_imported 1 "the checksums in $url/SHA256SUMS: it has no SHA-256 or SHA-512 of other.tar" "$url/other.tar" --checksum "$url/SHA256SUMS"
	not_imported 1 "cannot download $url/none: The requested URL returned error: 404" "$url/root.tar" --checksum "$url/none"
	not_imported 1 none www/root.tar --checksum none
	not_imported 4 'none' none --checksum "sha256:$sum"
	not_imported 2 '--checksum: "sha256:12" is neither' www/root.tar --checksum sha256:12
	not_imported 2 'standard input cannot be verified' - --checksum "sha256:$sum"
	not_imported 2 'only files can be verified' root --checksum "sha256:$sum"
	not_imported 2 'by the digest in its reference' docker://example.org/web --checksum "sha256:$sum"
}

@test "--signature: over the source, over the checksums, or in them" {
	need_gpg
	local kind
	(cd www && sha256sum root.tar >SHA256SUMS)
	sign good --output www/root.tar.sig --detach-sign www/root.tar
	sign good --armor --output www/SHA256SUMS.asc --detach-sign www/SHA256SUMS
	sign good --output www/CLEAR --clear-sign www/SHA256SUMS
	imported one "$url/root.tar" --signature "$url/root.tar.sig" --keyring "$keys/good.gpg"
	source_is "$url/root.tar"
	imported two "$http/root.tar" --signature "$http/root.tar.sig" --keyring "$keys/good.asc"
	imported three "$http/root.tar" --checksum "$http/SHA256SUMS" --signature "$http/SHA256SUMS.asc" --keyring "$keys/good.gpg"
	imported four "$http/root.tar" --checksum "$http/CLEAR" --keyring "$keys/good.asc"
	imported five www/root.tar --signature www/root.tar.sig --keyring "$keys/good.gpg"
	source_is root.tar
	imported six www/root.tar --checksum www/CLEAR --keyring "$keys/good.gpg"
	# Of two keys in one file of armor, the second.
	gpg --batch --armor --export other@example.org | cat - "$keys/good.asc" >both.asc
	imported seven www/root.tar --signature www/root.tar.sig --keyring both.asc
}

@test "--signature: what is changed, signed by others, expired, or not there" {
	need_gpg
	(cd www && sha256sum root.tar >SHA256SUMS)
	sign good --output good.sig --detach-sign www/root.tar
	sign other --output other.sig --detach-sign www/root.tar
	sign old --faked-system-time '20200101T010000!' --output old.sig --detach-sign www/root.tar
	sign good --output www/CLEAR --clear-sign www/SHA256SUMS
	not_imported 1 'which is not in the keyring' "$url/root.tar" --signature other.sig --keyring "$keys/good.gpg"
	not_imported 1 'that has signed it has expired' "$url/root.tar" --signature old.sig --keyring "$keys/old.gpg"
	not_imported 1 'there is no signature' "$url/root.tar" --signature www/SHA256SUMS --keyring "$keys/good.gpg"
	not_imported 1 'none' "$url/root.tar" --signature good.sig --keyring none
	not_imported 2 '--signature: needs the keys' "$url/root.tar" --signature good.sig
	not_imported 2 '--keyring: is for a signature' "$url/root.tar" --keyring "$keys/good.gpg"
	not_imported 1 'they are not signed in their file' "$url/root.tar" --checksum www/SHA256SUMS --keyring "$keys/good.gpg"
	# What is outside of the signature does not count.
	cp www/root.tar www/other.tar
	(cd www && sha256sum other.tar && cat CLEAR && sha256sum other.tar) >around
	not_imported 1 'it has no SHA-256 or SHA-512 of other.tar' www/other.tar --checksum around --keyring "$keys/good.gpg"
	sed -i "s/^$sum/${sum//[0-9]/a}/" www/CLEAR
	not_imported 1 'has been changed since the key' "$url/root.tar" --checksum www/CLEAR --keyring "$keys/good.gpg"
	printf x >>www/root.tar
	not_imported 1 'has been changed since the key' "$url/root.tar" --signature good.sig --keyring "$keys/good.gpg"
	not_imported 1 'has been changed since the key' www/root.tar --signature good.sig --keyring "$keys/good.gpg"
	mkdir bin
	ln -s "$(type -P curl)" bin/curl
	run --separate-stderr env PATH="$PWD/bin" "$bigdisk" template import x "$url/root.tar" --signature good.sig --keyring "$keys/good.gpg"
	[[ $status -eq 1 && $stderr == *"gpgv, which is not installed: install the package gpgv" ]]
}

@test "a download is kept: it comes again only when the server has another one" {
	local tag
	tag=\"$(md5sum www/root.tar | cut -d ' ' -f 1)\"
	imported one "$url/root.tar"
	asked '/root.tar 200'
	imported two "$url/root.tar"
	source_is "$url/root.tar"
	asked "/root.tar $tag 304"
	# By its checksum from anywhere, even without a connection.
	imported three https://none.invalid/root.tar --checksum "sha256:$sum"
	[[ ! -s requests ]]
	# A damaged one is not used.
	printf x | dd of="cache/downloads/$sum" conv=notrunc status=none
	imported four "$url/root.tar"
	asked '/root.tar 200'
	# The version before goes.
	echo new >root/etc/motd
	tar -C root -cf www/root.tar .
	imported five "$url/root.tar"
	asked "/root.tar $tag 200"
	[[ ! -e cache/downloads/$sum ]]
	sum=$(sha256sum www/root.tar | cut -d ' ' -f 1)
	source_is "$url/root.tar"
	[[ -e cache/downloads/$sum ]]
	# What was used longest ago goes when there is too much.
	local first=${sum//[^a]/a} second=${sum//[^b]/b}
	truncate -s 5G "cache/downloads/$first" "cache/downloads/$second"
	touch -d '2020-01-02' "cache/downloads/$first"
	touch -d '2020-01-01' "cache/downloads/$second"
	# So does what is noted of a URL whose content is gone.
	local useless=cache/downloads/url-${sum//[^c]/c}
	printf 'content sha256:%s\netag "x"\nlast-modified \n' "${sum//[^d]/d}" >"$useless"
	cp www/root.tar www/other.tar
	imported seven "$url/other.tar"
	[[ ! -e $useless ]]
	[[ -e cache/downloads/$sum && -e cache/downloads/$first && ! -e cache/downloads/$second ]]
	asked '/other.tar 200'
	imported eight "$url/other.tar"
	asked "/other.tar \"$(md5sum www/other.tar | cut -d ' ' -f 1)\" 304"
	# A cache that others can write is none.
	chmod 777 cache
	imported six "$url/root.tar"
	[[ $stderr == *'downloads are not kept: '* ]]
	asked '/root.tar 200'
}

@test "a download that does not fit into the cache leaves nothing" {
	need_mount_namespaces
	mkdir cache
	# shellcheck disable=SC2016 # for the inner shell
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs -o size=1m,mode=755 cache cache &&
		"$bigdisk" template import x "$1" --quiet; r=$?; ls -A cache/downloads >left; exit "$r"' sh "$url/root.tar"
	[[ $status -eq 6 && $stderr == *'goes into the cache, for which there is no room; set XEN_BIGDISK_CACHE to a directory with more' ]]
	[[ -e left && ! -s left ]]
	is_empty tmp
	[[ ! -e templates/x ]]
}

@test "a virtual disk is verified and read by way of the same descriptor" {
	need mke2fs qemu-img
	mke2fs -q -t ext4 -d root disk.raw 16M
	qemu-img convert -O qcow2 -c disk.raw www/disk.qcow2
	(cd www && sha512sum disk.qcow2 >SHA512SUMS)
	imported one "$url/disk.qcow2" --checksum "$url/SHA512SUMS"
	imported two www/disk.qcow2 --checksum www/SHA512SUMS
	jq -e '.manifest.source.kind == "disk" and .manifest.source.name == "disk.qcow2"' <<<"$output"
}

@test "a connection that breaks is taken up where it was, or again from the beginning" {
	local tag half
	tag=\"$(md5sum www/root.tar | cut -d ' ' -f 1)\"
	half=$(($(stat -c %s www/root.tar) / 2))
	imported one "$url/broken/root.tar"
	source_is "$url/broken/root.tar"
	asked '/broken/root.tar 200' "/broken/root.tar bytes=$half- $tag 206"
	cp www/root.tar www/again.tar
	imported two "$url/bareshort/again.tar"
	source_is "$url/bareshort/again.tar"
	asked '/bareshort/again.tar 200' '/bareshort/again.tar 200'
	cp www/root.tar www/third.tar
	imported three "$url/changing/third.tar"
	source_is "$url/changing/third.tar"
	asked '/changing/third.tar 200' "/changing/third.tar bytes=$half- \"old\" 200"
	rm -r cache
	not_imported 1 "cannot import $url/short/root.tar: transfer closed" "$url/short/root.tar"
}

@test "a signal, and even kill -9, while it is downloaded leaves neither files nor curl behind" {
	need pgrep
	local signal pid curl
	for signal in TERM INT KILL; do
		rm -f ready
		"${default_signals[@]}" "$bigdisk" template import x "$url/slow/root.tar" --quiet 2>err 3>&- 4>&- &
		pid=$!
		until [[ -e ready ]]; do sleep 0.02; done
		curl=$(pgrep -P "$pid" curl)
		! grep -qE 'https://|slow' "/proc/$curl/cmdline" || fail "the URL is in curl's arguments"
		grep -qE '^CapEff:\s+0+$' "/proc/$curl/status"
		kill -"$signal" "$pid"
		wait "$pid" && fail "it was made"
		for ((i = 0; i < 500; i++)); do
			ended "$curl" && break
			sleep 0.02
		done
		ended "$curl"
		is_empty tmp
		is_empty cache/downloads
		[[ ! -e templates ]] || is_empty templates
	done
}
