# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The Debian that Ganeti runs in, for `check` and for tests/bench/ganeti: its root is made by mmdebstrap and cached as a tar archive,
# as the lab's are (tests/lab/build.sh, sourced here), and unpacked into memory by each run, in namespaces of its own.

# The sourcing script sets $work, a folder for temporary files.
: "${work:=}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
[[ $build == /* ]] || build=$top/$build

say() { printf 'ganeti: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }
begin() { say "$1 …"; }

# The program that is built here has to run there.
release=$(. /etc/os-release && [[ ${ID-} = debian ]] && echo "${VERSION_CODENAME-}") || true
release=${release:-bookworm}
cache=${XEN_BIGDISK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xen-bigdisk}/ganeti/$release

# shellcheck source-path=SCRIPTDIR
. "$here/../lab/build.sh"

root_options() {
	local path
	echo --variant=minbase
	echo --include="$(package_list "$here/packages")"
	for path in '/usr/share/'{doc,man,info,locale,lintian,bug}'/*'; do
		echo "--dpkgopt=path-exclude=$path"
	done
	echo '--aptopt=APT::Install-Recommends "false"'
}

# build_root: $root_tar
build_root() {
	local options=() key
	mkdir -p "$cache"
	exec 8>"$cache/lock"
	flock 8
	mapfile -t options < <(root_options)
	key=$(printf '%s\n' "$release" "${options[@]}" | hash_of)
	root_tar=$cache/root-$key.tar
	if [[ ! -f $root_tar ]]; then
		begin "downloading and installing Ganeti's packages (Debian $release)"
		run_mmdebstrap "$root_tar.new" "${options[@]}"
		mv "$root_tar.new" "$root_tar"
	fi
	touch "$root_tar"
	clean_cache "$cache" root
	mkdir -p "$cache/mnt"
	exec 8>&-
}

# make_here TARGET VARIABLE…: installs what has been built, without building anything again for other flags
make_here() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$top" -o all BUILD="$build" "$@" >"$work/make.log" 2>&1 || {
		cat "$work/make.log" >&2
		die "make $1 failed"
	}
}

# stage FOLDER: our program, and the OS definition where Ganeti looks for it
stage() {
	make_here install DESTDIR="$1"
	make_here install-ganeti DESTDIR="$1"
}

# find_namespaces: $cannot_enter says why there are none, where there are none
# shellcheck disable=SC2034 # for the scripts
find_namespaces() {
	cannot_enter=
	as_root=()
	[[ $(id -u) -eq 0 ]] || as_root=(mmdebstrap --unshare-helper)
	"${as_root[@]}" unshare --mount --net --pid --ipc --uts --fork sh -c 'mount -t tmpfs tmpfs /mnt && mount -t sysfs sysfs /mnt' \
		2>/dev/null || cannot_enter='no mount, network and PID namespaces can be made here'
}

# enter STAGE COMMAND…: runs the command in the root, with the files of that folder added. It is the first process of its PID namespace:
# when it ends, or we do, all that it has started ends, and with the last of them the mounts, the network and the memory go.
enter() {
	ENTER_KERNELS=$kernel_cache exec setpriv --pdeathsig KILL "${as_root[@]}" unshare --mount --net --pid --ipc --uts --fork --kill-child \
		bash "$here/enter" "$root_tar" "$cache/mnt" "$@"
}

# find_kernel: the kernel that the template mini takes is fetched where this machine has none; $kernel_cache is where it is then
find_kernel() {
	kernel_cache=${XEN_BIGDISK_CACHE:-}
	if [[ -z $kernel_cache ]]; then
		kernel_cache=/var/cache/xen-bigdisk
		[[ $(id -u) -eq 0 ]] || kernel_cache=${XDG_CACHE_HOME:-$HOME/.cache}/xen-bigdisk
	fi
	mkdir "$work/kernel" &&
	"$build/xen-bigdisk" new kernel --template mini --dir "$work/kernel" --no-start --size 64M --quiet && rm -r "$work/kernel"
}
