# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The source tree that a package is built from. Sourced by deb and rpm, which set $top.
: "${top:=}"

# Who is named in packages; as dpkg's own tools have it.
# shellcheck disable=SC2034 # for the scripts
maintainer="${DEBFULLNAME:-xen-bigdisk maintainers} <${DEBEMAIL:-maintainers@xen-bigdisk.invalid}>"

# copy_tree DIR: what git knows of, or would if asked, as it is on the disk now; without git, all but what has been built.
# The tests are not needed to build.
copy_tree() {
	mkdir -p "$1"
	if git -C "$top" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$top" ls-files -z --cached --others --exclude-standard -- . ':!tests'
	else
		(cd "$top" && find . \( -path ./build -o -path ./tests -o -path ./.git \) -prune -o ! -type d -print0)
	fi | (cd "$top" && while IFS= read -r -d '' file; do [[ ! -e $file ]] || printf '%s\0' "$file"; done) |
		tar -C "$top" --null -T - -c | tar -C "$1" -x
	chmod -R u=rwX,go=rX "$1"
}

# has_target NAME: a part of the project that a package of its own is made of, where it is there.
has_target() {
	grep -q "^$1:" "$top/Makefile"
}
