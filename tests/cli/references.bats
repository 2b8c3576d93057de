#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Container images that `template import` knows by a reference: the real skopeo copies them from a real registry.

load helpers

setup() {
	common_setup
	need python3 jq skopeo
	export XEN_BIGDISK_TEMPLATES=$PWD/templates TMPDIR=$PWD/tmp HOME=$PWD/home
	mkdir -p tmp home root/etc root/sbin
	echo web >root/etc/hostname
	: >root/sbin/init
	chmod 755 root/sbin/init
	tar -C root -cf root.tar .
	# image FOLDER ARCHITECTURE...: an OCI layout of the root for each, called web:1.
	cat >image.py <<-'E'
		import hashlib, json, os, sys
		folder = sys.argv[1]
		os.makedirs(folder + "/blobs/sha256")
		def blob(data, kind):
		    digest = hashlib.sha256(data).hexdigest()
		    open(folder + "/blobs/sha256/" + digest, "wb").write(data)
		    return {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest, "size": len(data)}
		def image(architecture):
		    layer = blob(open("root.tar", "rb").read(), "layer.v1.tar")
		    config = blob(json.dumps({"os": "linux", "architecture": architecture, "config": {}, "rootfs": {"type": "layers",
		        "diff_ids": [layer["digest"]]}}).encode(), "config.v1+json")
		    made = blob(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		        "config": config, "layers": [layer]}).encode(), "manifest.v1+json")
		    return {**made, "platform": {"os": "linux", "architecture": architecture}}
		images = [image(architecture) for architecture in sys.argv[2:]]
		top = images[0] if len(images) == 1 else blob(json.dumps({"schemaVersion": 2, "manifests": images,
		    "mediaType": "application/vnd.oci.image.index.v1+json"}).encode(), "index.v1+json")
		top["annotations"] = {"org.opencontainers.image.ref.name": "web:1"}
		json.dump({"schemaVersion": 2, "manifests": [top]}, open(folder + "/index.json", "w"))
		open(folder + "/oci-layout", "w").write('{"imageLayoutVersion": "1.0.0"}')
	E
}

teardown() {
	[[ ! -e registry.pid ]] || kill "$(<registry.pid)" || :
}

# registry: on $registry, with what skopeo is told of it by the user's own registries.conf.
registry() {
	need docker-registry
	local port
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	registry=127.0.0.1:$port
	printf '%s\n' 'version: 0.1' "storage: {filesystem: {rootdirectory: $PWD/registry}}" "http: {addr: '$registry'}" >registry.yml
	docker-registry serve registry.yml >registry.log 2>&1 3>&- 4>&- &
	echo $! >registry.pid
	python3 - "$port" <<-'E'
		import socket, sys, time
		for i in range(200):
		    try:
		        socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()
		        break
		    except OSError:
		        time.sleep(0.05)
	E
	mkdir -p home/.config/containers
	printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$registry" >home/.config/containers/registries.conf
	printf '{"default": [{"type": "insecureAcceptAnything"}]}' >home/.config/containers/policy.json
}

imported() {
	bd template import --json --quiet "$@"
	[[ $status -eq 0 ]]
	[[ $("$bigdisk" template export --quiet "$1" - | tar -xOf - etc/hostname) == web ]]
	is_empty tmp
}

# source_is NAME [DIGEST]: of the last import.
source_is() {
	jq -e --arg name "$1" --arg digest "${2-}" '.manifest.source == ({kind: "oci", name: $name} +
		if $digest == "" then {} else {digest: $digest} end)' <<<"$output"
}

@test "docker://: from a registry, by tag and by digest, and the digest is noted" {
	registry
	python3 image.py img amd64
	skopeo copy --quiet oci:img:web:1 "docker://$registry/web:1"
	local digest
	digest=sha256:$(skopeo inspect --raw "docker://$registry/web:1" | sha256sum | cut -d ' ' -f 1)
	imported one "docker://$registry/web:1"
	source_is "docker://$registry/web:1" "$digest"
	bd template show one
	[[ $output == *"  digest     $digest"* ]]
	imported two "docker://$registry/web@$digest"
	source_is "docker://$registry/web@$digest" "$digest"
}

@test "docker://: --platform chooses among the images behind a name" {
	registry
	python3 image.py img amd64 arm64
	skopeo copy --quiet --all oci:img:web:1 "docker://$registry/web:1"
	local arm amd
	amd=$(skopeo inspect --raw "docker://$registry/web:1" | jq -r '.manifests[] | select(.platform.architecture == "amd64").digest')
	arm=$(skopeo inspect --raw "docker://$registry/web:1" | jq -r '.manifests[] | select(.platform.architecture == "arm64").digest')
	imported amd "docker://$registry/web:1"
	source_is "docker://$registry/web:1" "$amd"
	imported arm "docker://$registry/web:1" --platform linux/arm64
	source_is "docker://$registry/web:1" "$arm"
}

@test "docker://: what is not there, and what skopeo's policy does not allow, is refused with skopeo's reason" {
	registry
	bd template import x "docker://$registry/nothing:1" --quiet
	refused 1
	[[ $stderr == *"cannot import docker://$registry/nothing:1: skopeo cannot copy it: "*"manifest unknown"* ]]
	python3 image.py img amd64
	skopeo copy --quiet oci:img:web:1 "docker://$registry/web:1"
	printf '{"default": [{"type": "reject"}]}' >home/.config/containers/policy.json
	bd template import x "docker://$registry/web:1" --quiet
	refused 1
	[[ $stderr == *"rejected by policy"* ]]
	is_empty tmp
	[[ ! -e templates ]]
}

@test "docker://: an image larger than --max-size is refused while it is copied" {
	registry
	head -c 200000 /dev/urandom >root/large
	tar -C root -cf root.tar .
	python3 image.py img amd64
	skopeo copy --quiet oci:img:web:1 "docker://$registry/web:1"
	bd template import x "docker://$registry/web:1" --quiet --max-size 100K
	refused 1
	[[ $stderr == *"the image has more than 100 KiB; --max-size allows more" ]]
	is_empty tmp
}

@test "a signal, and even kill -9, while skopeo copies leaves neither files nor skopeo behind" {
	local signal
	mkdir bin
	# The real one, slowly: it stands for a large image.
	printf '#!/bin/sh\necho $$ >"%s/skopeo.pid"\nfor last; do :; done\nmkdir "${last#dir:}"\nhead -c 1000000 /dev/zero >"${last#dir:}/blob"\n: >"%s/ready"\nexec sleep 1000\n' \
		"$PWD" "$PWD" >bin/skopeo
	chmod 755 bin/skopeo
	for signal in TERM INT KILL; do
		rm -f ready
		PATH=$PWD/bin:$PATH "${default_signals[@]}" "$bigdisk" template import x docker://web.example/web --quiet \
			2>err 3>&- 4>&- &
		local pid=$!
		until [[ -e ready ]]; do sleep 0.02; done
		kill -"$signal" "$pid"
		wait "$pid" && fail "it was made"
		# What removes the directory after kill -9 is a process of its own.
		for ((i = 0; i < 500; i++)); do
			[[ -z $(ls -A tmp) ]] && ended "$(<skopeo.pid)" && break
			sleep 0.02
		done
		is_empty tmp
		ended "$(<skopeo.pid)"
		[[ ! -e templates ]] || is_empty templates
	done
}

@test "oci:, oci-archive:, docker-archive: and dir: are read without skopeo" {
	python3 image.py img amd64
	skopeo copy --quiet oci:img:web:1 oci-archive:oci.tar:web:1
	skopeo copy --quiet oci:img:web:1 docker-archive:docker.tar:example.org/web:1
	skopeo copy --quiet oci:img:web:1 "dir:$PWD/folder"
	mkdir bin
	printf '#!/bin/sh\nexit 1\n' >bin/skopeo
	chmod 755 bin/skopeo
	PATH=$PWD/bin:$PATH
	imported one oci:img:web:1
	source_is oci:img:web:1
	imported two oci-archive:oci.tar:web:1
	source_is oci-archive:oci.tar:web:1
	imported three docker-archive:docker.tar:example.org/web:1
	imported four "dir:$PWD/folder"
	source_is dir:folder
	imported five oci:img
	bd template import x oci:img:web:2 --quiet
	refused 4
	[[ $stderr == *"it has no image web:2; it has: web:1 (linux/amd64)" ]]
	bd template import x oci:img:web:1 --tag web:1 --quiet
	refused 2
	[[ $stderr == *"names its image itself"* ]]
	bd template import x oci-archive:root.tar --quiet
	refused 1
	[[ $stderr == *"root.tar is no container image" ]]
	is_empty tmp
}

@test "containers-storage: an image of podman and the like" {
	need_root
	python3 image.py img amd64
	local store="[vfs@$PWD/store+$PWD/run]"
	skopeo copy --quiet oci:img:web:1 "containers-storage:${store}example.org/web:1" || skip "skopeo has no store here"
	imported one "containers-storage:${store}example.org/web:1"
	jq -e '.manifest.source.digest | test("^sha256:[0-9a-f]{64}$")' <<<"$output"
}

@test "a reference that says too little, and a machine without skopeo" {
	local each
	for each in docker:web docker:// oci: oci:img: docker-daemon: dir:; do
		bd template import x "$each" --quiet
		refused 2
	done
	bd template import x docker:web --quiet
	[[ $stderr == *"is written docker://web" ]]
	bd template import x docker://me@example.org/web --tag 1 --quiet
	refused 2
	mkdir bin
	run --separate-stderr env PATH="$PWD/bin" "$bigdisk" template import x docker://example.org/web --quiet
	[[ $status -eq 1 && $stderr == *"skopeo, which is not installed: install the package skopeo"* ]]
	# A file of such a name is a path.
	cp root.tar oci:img
	imported one ./oci:img
	bd template import --dry-run x docker://example.org/web
	[[ $status -eq 0 && $output == "Template x would be created from docker://example.org/web (oci): "* ]]
}
