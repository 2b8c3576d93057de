#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Container images as sources of templates, in the shapes that docker, podman, skopeo, crane and cosign write.

load helpers

setup() {
	common_setup
	unset SOURCE_DATE_EPOCH
	need python3 jq
	export XEN_BIGDISK_TEMPLATES=$BATS_TEST_TMPDIR/templates PYTHONPATH=$BATS_TEST_TMPDIR
	cat >images.py <<-'END'
		import gzip, hashlib, io, json, os, tarfile
		def layer(files):
		    "A layer's tar: {path: text}, or {path: None} for a directory."
		    out = io.BytesIO()
		    with tarfile.open(fileobj=out, mode="w") as tar:
		        for path, text in files.items():
		            entry = tarfile.TarInfo(path)
		            if text is None:
		                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
		                tar.addfile(entry)
		            else:
		                entry.size = len(text)
		                tar.addfile(entry, io.BytesIO(text.encode()))
		    return out.getvalue()
		def sha(data):
		    return hashlib.sha256(data).hexdigest()
		def config(layers, arch="amd64"):
		    return json.dumps({"os": "linux", "architecture": arch, "rootfs": {"type": "layers",
		        "diff_ids": ["sha256:" + sha(l) for l in layers]}}).encode()
		def archive(name, files):
		    "A tar of {path: bytes}, or {path: (target,)} for a symlink."
		    with tarfile.open(name, "w") as tar:
		        for path, data in files.items():
		            entry = tarfile.TarInfo(path)
		            if isinstance(data, tuple):
		                entry.type, entry.linkname = tarfile.SYMTYPE, data[0]
		                tar.addfile(entry)
		            else:
		                entry.size = len(data)
		                tar.addfile(entry, io.BytesIO(data))
		def folder(name, files):
		    for path, data in files.items():
		        os.makedirs(os.path.dirname(os.path.join(name, path)), exist_ok=True)
		        with open(os.path.join(name, path), "wb") as out:
		            out.write(data)
		def packed(data):
		    return gzip.compress(data, mtime=0)
		base = layer({"etc": None, "etc/which": "base\n", "etc/gone": "x\n", "usr/": None, "usr/kept": "kept\n"})
		top = layer({"etc/which": "top\n", "etc/.wh.gone": ""})
		other = layer({"etc/which": "other\n"})
		both = [base, top]
		def manifest_json(*images):
		    return json.dumps([{"Config": c, "RepoTags": t, "Layers": l} for c, t, l in images]).encode()
		class Layout:
		    "An OCI image layout: blobs are added, and what they are called is given back."
		    def __init__(self):
		        self.files, self.manifests = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}, []
		    def blob(self, data, type):
		        self.files["blobs/sha256/" + sha(data)] = data
		        return {"mediaType": type, "digest": "sha256:" + sha(data), "size": len(data)}
		    def image(self, content, arch="amd64", zip=True, **more):
		        oci = "application/vnd.oci.image."
		        kind = oci + ("layer.v1.tar+gzip" if zip else "layer.v1.tar")
		        manifest = {"schemaVersion": 2, "mediaType": oci + "manifest.v1+json",
		                    "config": self.blob(config(content, arch), oci + "config.v1+json"),
		                    "layers": [self.blob(packed(l) if zip else l, kind) for l in content]}
		        manifest.update(more)
		        return self.blob(json.dumps(manifest).encode(), oci + "manifest.v1+json")
		    def add(self, descriptor, name=None, arch=None, **annotations):
		        descriptor = dict(descriptor)
		        if name:
		            annotations["org.opencontainers.image.ref.name"] = name
		        if annotations:
		            descriptor["annotations"] = annotations
		        if arch:
		            descriptor["platform"] = {"os": "linux", "architecture": arch}
		        self.manifests.append(descriptor)
		    def write(self, name):
		        self.files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": self.manifests}).encode()
		        (folder if not name.endswith(".tar") else archive)(name, self.files)
	END
}

make_images() {
	python3 -c "from images import *
$(cat)"
}

# gives SOURCE TEXT OPTIONS...: it becomes a template whose /etc/which says TEXT, of the kind oci; then it is removed.
gives() {
	local source=$1 text=$2
	shift 2
	bd template import --quiet it "$source" "$@"
	[[ $status -eq 0 ]] || fail "status $status"
	[[ $(jq -r .source.kind templates/it/manifest.json) == oci ]] || fail "of another kind"
	"$bigdisk" template export --quiet it - >it.tar
	[[ $(tar -xOf it.tar etc/which) == "$text" ]] || fail "another image"
	[[ $text != top ]] || is_merged
	bd template rm --yes --quiet it
}

# The second layer is laid over the first one.
is_merged() {
	local names
	names=$(tar -tf it.tar | sort | xargs)
	[[ $names == "./ etc/ etc/which usr/ usr/kept" ]] || fail "in it: $names"
}

# refuses STATUS SOURCE WORDS...: until "--", then options.
refuses() {
	local expected=$1 source=$2 words=()
	shift 2
	while [[ $# -gt 0 && $1 != -- ]]; do
		words+=("$1")
		shift
	done
	bd template import --quiet it "$source" "${@:2}"
	failed_with "$expected"
	local word
	for word in "${words[@]}"; do
		grep -qF -- "$word" <<<"$stderr" || fail "the error does not say $word"
	done
	[[ ! -e templates ]] || is_empty templates
}

@test "what podman, skopeo, crane, jib and an old docker save" {
	make_images <<-'END'
		c = config(both)
		podman = {sha(l) + ".tar": l for l in both}
		podman.update({"%d/layer.tar" % i: ("../" + sha(l) + ".tar",) for i, l in enumerate(both)})
		podman.update({sha(c) + ".json": c, "repositories": b"{}",
		    "manifest.json": manifest_json((sha(c) + ".json", ["docker.io/library/x:1"], [sha(l) + ".tar" for l in both]))})
		archive("podman.tar", podman)
		archive("crane.tar", {"sha256:" + sha(c): c, **{sha(packed(l)) + ".tar.gz": packed(l) for l in both},
		    "manifest.json": manifest_json(("sha256:" + sha(c), ["x:1"], [sha(packed(l)) + ".tar.gz" for l in both]))})
		archive("jib.tar", {"config.json": c, "manifest.json": manifest_json(("config.json", None,
		    ["a.tar.gz", "b.tar.gz"])), "a.tar.gz": packed(base), "b.tar.gz": packed(top)})
		ids = ["a" * 64, "b" * 64, "d" * 64]
		docker = {}
		for i, l in zip(ids, both):
		    docker.update({i + "/VERSION": b"1.0", i + "/json": b"{}", i + "/layer.tar": l})
		docker.update({ids[2] + "/layer.tar": ("../" + ids[0] + "/layer.tar",), sha(c) + ".json": c,
		    "manifest.json": manifest_json((sha(c) + ".json", ["x:1"], [ids[2] + "/layer.tar", ids[1] + "/layer.tar"]))})
		archive("docker.tar", docker)
		blobs = {"blobs/sha256/" + sha(x): x for x in both + [c]}
		archive("plain.tar", {**blobs, "manifest.json": manifest_json(("blobs/sha256/" + sha(c), ["x:1"],
		    ["blobs/sha256/" + sha(l) for l in both]))})
	END
	local source
	for source in podman crane jib docker plain; do
		gives $source.tar top
	done
	gzip -k podman.tar
	gives podman.tar.gz top
	mkdir folder
	tar -C folder -xf docker.tar
	gives folder top
}

@test "docker since 25, and a folder that skopeo calls dir:" {
	make_images <<-'END'
		docker = Layout()
		image = docker.image(both, zip=False)
		docker.add(image, "1", **{"io.containerd.image.name": "docker.io/library/x:1"})
		c = config(both)
		docker.files["manifest.json"] = manifest_json(("blobs/sha256/" + sha(c), ["x:1"],
		    ["blobs/sha256/" + sha(l) for l in both]))
		docker.files["repositories"] = b"{}"
		docker.write("docker.tar")
		d = Layout()
		image = d.image(both)
		files = {os.path.basename(p): data for p, data in d.files.items() if p.startswith("blobs")}
		files["manifest.json"] = files.pop(image["digest"][7:])
		files["version"] = b"Directory Transport Version: 1.1\n"
		folder("dir", files)
		archive("dir.tar", files)
	END
	gives docker.tar top
	gives docker.tar top --tag x:1
	gives dir top
	gives dir.tar top
}

@test "standard input: a file, a pipe and a FIFO, an image or an archive of any size" {
	make_images <<-'END'
		c = config(both)
		big = layer({"big": "\0" * (3 << 20)})
		layers = [big] + both
		archive("big.tar", {**{sha(l) + ".tar": l for l in layers}, "c.json": config(layers),
		    "manifest.json": manifest_json(("c.json", ["x:1"], [sha(l) + ".tar" for l in layers]))})
		archive("late.tar", {"a.tar": both[0], "b.tar": both[1], "c.json": c, "manifest.json":
		    manifest_json(("c.json", ["x:1"], ["a.tar", "b.tar"]))})
		open("plain.tar", "wb").write(layer({"etc": None, "etc/which": "plain\n"}))
		open("large.tar", "wb").write(layer({"etc": None, "etc/which": "plain\n", "large": "x" * (5 << 20)}))
	END
	local source
	for source in big late; do
		bd template import --quiet file - <$source.tar
		[[ $status -eq 0 ]]
		bd template import --quiet pipe - < <(cat $source.tar)
		[[ $status -eq 0 ]]
		bd template import --quiet gz - < <(gzip -c $source.tar)
		[[ $status -eq 0 ]]
		mkfifo fifo
		cat $source.tar >fifo &
		bd template import --quiet fifo fifo
		[[ $status -eq 0 ]]
		wait $!
		for name in file pipe gz fifo; do
			[[ $("$bigdisk" template export --quiet $name - | tar -xO etc/which) == top ]]
			[[ $(jq -r .source.kind templates/$name/manifest.json) == oci ]]
			cmp templates/file/tree templates/$name/tree
		done
		rm -r templates fifo
	done
	for source in plain large; do
		bd template import --quiet file - <$source.tar
		[[ $status -eq 0 ]]
		bd template import --quiet pipe - < <(cat $source.tar)
		[[ $status -eq 0 ]]
		[[ $(jq -r .source.kind templates/pipe/manifest.json) == archive ]]
		cmp templates/file/tree templates/pipe/tree
		cmp templates/file/payload templates/pipe/payload
		rm -r templates
	done
	bd template import --quiet cut - < <(head -c 4M large.tar)
	failed_with 1
	is_empty templates
}

@test "kill -9 in the middle of a long pipe leaves nothing, and no process that reads on" {
	mkfifo fifo
	head -c 6M /dev/zero >content
	mkdir etc
	tar -cf large.tar content etc
	"$bigdisk" template import --quiet it - <fifo &
	local importer=$!
	exec 8>fifo
	head -c 4M large.tar >&8
	kill -9 $importer
	wait $importer || true
	local gone=
	for _ in {1..100}; do
		head -c 1 /dev/zero >&8 2>/dev/null || gone=1
		[[ -z $gone ]] || break
		sleep 0.1
	done
	exec 8>&-
	[[ -n $gone ]] || fail "the pipe has a reader"
	bd template import --quiet it large.tar
	[[ $status -eq 0 ]]
	[[ $(ls -A templates) == it ]]
}

@test "several images in a docker-archive: --tag chooses, and the error lists them" {
	make_images <<-'END'
		images, files = [], {}
		for name, layers in ("docker.io/library/x:1", both), ("docker.io/library/y:latest", [other]):
		    c = config(layers)
		    files.update({sha(l) + ".tar": l for l in layers}, **{sha(c) + ".json": c})
		    images.append((sha(c) + ".json", [name], [sha(l) + ".tar" for l in layers]))
		archive("two.tar", {**files, "manifest.json": manifest_json(*images)})
		again = (images[0][0], ["x:again"], images[0][2])
		archive("one.tar", {**files, "manifest.json": manifest_json(images[0], again)})
	END
	refuses 1 two.tar 'more than one of its images is for linux/amd64: docker.io/library/x:1 (linux/amd64), docker.io/library/y:latest (linux/amd64); --tag chooses'
	gives two.tar top --tag x:1
	gives two.tar top --tag docker.io/library/x:1
	gives two.tar other --tag y:latest
	refuses 4 two.tar 'it has no image z; it has: docker.io/library/x:1' -- --tag z
	gives one.tar top
	gives one.tar top --tag x:again
}

@test "a docker-archive that is damaged, or reaches outside of itself" {
	make_images <<-'END'
		c = config(both)
		good = {sha(l) + ".tar": l for l in both}
		good.update({sha(c) + ".json": c, "manifest.json": manifest_json((sha(c) + ".json", ["x:1"], list(good)))})
		flipped = good[sha(top) + ".tar"].replace(b"top\n", b"Top\n")
		archive("layer.tar", {**good, sha(top) + ".tar": flipped})
		archive("config.tar", {**good, sha(c) + ".json": c.replace(b"linux", b"linuX")})
		archive("few.tar", {**good, "manifest.json": manifest_json((sha(c) + ".json", ["x:1"], [sha(base) + ".tar"]))})
		archive("missing.tar", {k: v for k, v in good.items() if k != sha(top) + ".tar"})
		archive("up.tar", {**good, "manifest.json": manifest_json((sha(c) + ".json", ["x:1"], ["../base.tar", "../top.tar"]))})
		folder("up", {sha(c) + ".json": c, "manifest.json": manifest_json((sha(c) + ".json", ["x:1"], ["../base.tar", "/etc/passwd"]))})
		folder("link", {sha(c) + ".json": c, "manifest.json": manifest_json((sha(c) + ".json", ["x:1"], ["base.tar", "sub/top.tar"]))})
		open("base.tar", "wb").write(base)
		folder("sub", {"top.tar": top})
		os.symlink("../base.tar", "link/base.tar")
		bad = packed(top)[:-8] + b"\0" * 4 + packed(top)[-4:]
		archive("gzip.tar", {"a.tar.gz": packed(base), "b.tar.gz": bad, "config.json": c,
		    "manifest.json": manifest_json(("config.json", ["x:1"], ["a.tar.gz", "b.tar.gz"]))})
	END
	refuses 1 layer.tar 'layer 2 of layer.tar' 'is damaged: its sha256 is'
	refuses 1 config.tar '.json is damaged: its sha256 is'
	refuses 1 few.tar 'it has 1 layers, but its config lists 2'
	refuses 1 missing.tar '.tar: No such file'
	refuses 1 up.tar 'the path ../base.tar leads out of the image'
	refuses 1 up 'the path ../base.tar leads out of the image'
	refuses 1 link 'the path ../base.tar leads out of the image'
	rm link/base.tar
	cp base.tar link
	ln -s ../sub link/sub
	refuses 1 link 'sub/top.tar: Not a directory'
	refuses 1 gzip.tar 'layer 2 of gzip.tar' damaged
}

@test "an image for another platform is used on request" {
	make_images <<-'END'
		arm = Layout()
		arm.add(arm.image([other], "arm64"), "x:1", "arm64")
		arm.write("arm")
		silent = Layout()
		silent.add(silent.image([other], "arm64"))
		silent.write("silent")
		both_platforms = Layout()
		both_platforms.add(both_platforms.image(both), "x:1")
		both_platforms.add(both_platforms.image([other], "arm64"), "x:1")
		both_platforms.write("both.tar")
		sparse = Layout()
		gone = sparse.image([other], "arm64")
		sparse.files.pop("blobs/sha256/" + gone["digest"][7:])
		sparse.add(gone, "x:1", "arm64")
		sparse.add(sparse.image(both), "x:1", "amd64")
		sparse.write("sparse.tar")
		c = config([other], "s390x")
		archive("s390.tar", {sha(other) + ".tar": other, "c.json": c,
		    "manifest.json": manifest_json(("c.json", ["x:1"], [sha(other) + ".tar"]))})
	END
	refuses 1 arm 'none of its images is for linux/amd64: x:1 (linux/arm64); --platform takes one'
	gives arm other --platform linux/arm64
	refuses 1 silent 'none of its images is for linux/amd64: no name (linux/arm64)'
	gives silent other --platform linux/arm64
	gives both.tar top
	gives both.tar other --platform linux/arm64
	gives sparse.tar top
	refuses 1 sparse.tar 'none of its images is for linux/arm64: x:1 (linux/amd64); --platform takes one for another platform' -- --platform linux/arm64
	refuses 1 s390.tar 'x:1 (linux/s390x)'
	gives s390.tar other --platform linux/s390x
	refuses 2 arm OS/ARCH -- --platform arm64
	refuses 2 arm --tag -- --tag ''
	mkdir root
	: >root/file
	tar -C root -cf root.tar .
	refuses 2 root.tar 'a tag and a platform are for container images, and root.tar is not one' -- --tag x
	refuses 2 root 'a tag and a platform are for' -- --platform linux/amd64
	bd template import --quiet it - --tag x < <(cat root.tar)
	failed_with 2
}

@test "one image under two names, with signatures and attestations, in an index in an index" {
	make_images <<-'END'
		oci = Layout()
		image = oci.image(both)
		oci.add(image, "1")
		oci.add(image, "latest")
		payload = oci.blob(b'{"critical": {}}', "application/vnd.dev.cosign.simplesigning.v1+json")
		signature = oci.image([], layers=[payload])
		oci.add(signature, image["digest"].replace(":", "-") + ".sig")
		statement = oci.blob(b"{}", "application/vnd.in-toto+json")
		oci.add(oci.image([], layers=[statement], artifactType="application/vnd.in-toto+json",
		    config=oci.blob(b"{}", "application/vnd.oci.empty.v1+json"), subject=image))
		chart = oci.blob(packed(other), "application/vnd.cncf.helm.chart.content.v1.tar+gzip")
		oci.add(oci.image([], layers=[chart], config=oci.blob(b"{}", "application/vnd.cncf.helm.config.v1+json")), "chart")
		oci.write("signed.tar")
		oci.add(oci.image([other]), "2")
		oci.write("several")
		outer = Layout()
		outer.files.update(oci.files)
		outer.add(outer.blob(oci.files["index.json"], "application/vnd.oci.image.index.v1+json"))
		outer.write("nested")
		only = Layout()
		only.files.update(oci.files)
		only.add(signature)
		only.write("only")
		wrong = Layout()
		wrong.add(wrong.image(both, config=wrong.blob(config([other]), "application/vnd.oci.image.config.v1+json")))
		wrong.write("wrong")
		swapped = Layout()
		swapped.add(swapped.image(both, zip=False,
		    config=swapped.blob(config([top, base]), "application/vnd.oci.image.config.v1+json")))
		swapped.write("swapped")
	END
	gives signed.tar top
	gives signed.tar top --tag latest
	refuses 1 several 'more than one of its images is for linux/amd64: 1 or latest (linux/amd64), 2 (linux/amd64)'
	refuses 4 several 'it has no image 3; it has: 1 or latest, sha256-' -- --tag 3
	gives several other --tag 2
	gives several top --tag 1
	gives nested other --tag 2
	refuses 1 only "it contains no image: layer 1: it is not a filesystem layer: its type is 'application/vnd.dev.cosign"
	refuses 1 wrong 'it has 2 layers, but its config lists 1'
	refuses 1 swapped "in the image's config"
}

@test "a root filesystem with a manifest.json in it is no container image" {
	mkdir -p root/etc
	echo root >root/etc/which
	echo '[{"name": "an app"}]' >root/manifest.json
	tar -C root -cf root.tar .
	tar -C root -cf first.tar manifest.json etc
	local source
	for source in root root.tar first.tar; do
		bd template import --quiet "${source/./-}" $source
		[[ $status -eq 0 ]]
		[[ $(jq -r .source.kind "templates/${source/./-}/manifest.json") != oci ]]
	done
}
