#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What Debian packages are made of, without building any: `make check-deb` builds, installs and purges them.
# shellcheck disable=SC2030,SC2031,SC2154 # output, stderr and status are set by run

load helpers

# shellcheck disable=SC2154 # set by helpers
packaging=$top/.packaging

# tree_made: in tree/, as it would be built.
tree_made() {
	need dpkg-parsechangelog pkg-config
	pkg-config --exists xenlight || skip "there is no libxen-dev"
	"$packaging/deb" --tree "$PWD/tree" 2>log || fail "$(<log)"
	xen=$(pkg-config --modversion xenlight | cut -d. -f1,2)
}

# maintainer_script NAME [PACKAGE]: as it is in the package, without what debhelper adds; below $DPKG_ROOT.
maintainer_script() {
	export DPKG_ROOT=$PWD/root
	sed '/#DEBHELPER#/d' "$packaging/debian/${2:-xen-bigdisk}.$1" >"$1"
}

@test "the version is in the Makefile alone, and the program and its packages have it" {
	local version
	version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
	[[ $("$bigdisk" --version) == "xen-bigdisk $version" ]]
	[[ $("$packaging/changelog" version) == "$version"* ]]
	run ! grep -rnF "$version" "$packaging"
	sed 's/^VERSION := .*/VERSION := 7.8.9/' "$top/Makefile" >Makefile
	run -0 env MAKEFILE="$PWD/Makefile" "$packaging/changelog" version
	[[ $output == 7.8.9~20[0-9]* ]]
}

@test "debian/changelog has every entry of CHANGELOG.md, and each version is newer than the one below" {
	need dpkg-parsechangelog
	"$packaging/changelog" debian +deb99 forky "A B <a@b.example>" >changelog
	dpkg-parsechangelog -l changelog --all >parsed 2>messages
	[[ ! -s messages ]] || fail "$(<messages)"
	[[ $(grep -c '^  \* ' changelog) -eq $(grep -c '^- ' "$top/.github/CHANGELOG.md") ]]
	[[ $(dpkg-parsechangelog -l changelog -S Maintainer) == "A B <a@b.example>" ]]
	[[ $(dpkg-parsechangelog -l changelog -S Version) == "$("$packaging/changelog" version)+deb99" ]]
	local newer='' version count=0
	while read -r version; do
		[[ -z $newer ]] || dpkg --compare-versions "$newer" gt "$version"
		newer=$version
		count=$((count + 1))
	done < <(sed -n 's/^xen-bigdisk (\(.*\)) forky; urgency=medium$/\1/p' changelog)
	[[ $count -eq $(grep -cE '^### 20|^## \[[0-9]' "$top/.github/CHANGELOG.md") ]]
	# One line of it is not too long for lintian.
	[[ $(wc -L <changelog) -le 80 ]]
}

@test "a release has its own version and day, and is newer than what became it" {
	need dpkg-parsechangelog
	printf '%s\n' '# Changelog' '' '## [Unreleased]' '' '### 2030-02-03' '' 'Added' '' '- One' '  more.' '' 'Fixed' '' '- Two.' '' \
		'## [1.2.0] - 2030-01-02' '' '### Changed' '' '- Three.' '' '## [1.1.0] - 2029-12-31' '' '- Four.' >CHANGELOG.md
	printf 'VERSION := 1.3.0\n' >Makefile
	export CHANGELOG=$PWD/CHANGELOG.md MAKEFILE=$PWD/Makefile
	[[ $("$packaging/changelog" version) == 1.3.0~20300203 ]]
	[[ $("$packaging/changelog" date) == "$(date -u -d 2030-02-03 +%s)" ]]
	"$packaging/changelog" debian +deb13 trixie "A <a@b.example>" >changelog
	[[ $(grep -c '^xen-bigdisk (' changelog) -eq 3 ]]
	grep -qx '  \* Added: One more.' changelog
	grep -qx '  \* Fixed: Two.' changelog
	grep -qx '  \* Changed: Three.' changelog
	grep -qx ' -- A <a@b.example>  Wed, 02 Jan 2030 00:00:00 +0000' changelog
	sed -i '/Unreleased/,/Two/d' CHANGELOG.md
	[[ $("$packaging/changelog" version) == 1.2.0 ]]
	dpkg --compare-versions 1.2.0+deb12 gt 1.2.0~20291231+deb13
	run -2 "$packaging/changelog"
	run -2 "$packaging/changelog" wrong
}

@test "the plugin's package is named after the Xen that it is built against, and no older one stays beside a newer program" {
	tree_made
	local control=tree/debian/control base
	base=$("$packaging/changelog" version)
	grep -qx "Package: xen-bigdisk-toolstack-$xen" $control
	grep -q "^Recommends: xen-bigdisk-toolstack-$xen, libarchive" $control
	grep -qxF "Breaks: xen-bigdisk-toolstack (<< $base~)" $control
	grep -qF "xen-bigdisk (>= $base~)" $control
	[[ $(<"tree/debian/xen-bigdisk-toolstack-$xen.install") == "usr/lib/xen-bigdisk/toolstack-libxl-$xen.so" ]]
	run ! grep -rn '@[A-Z_]*@' tree/debian
	run ! grep -n '^ *, *,\|, *$' <(grep -v '^Build-Depends\|^ ' $control)
}

# run_by FILE: the names of programs in a C source that runs any: the first word of a command line, and what is looked for.
run_by() {
	tr '\n\t' '  ' <"$1" | grep -oP '(char \*(const )?\w*\[[^\]={;]*\]\)? ?=? ?\{ *"|\b(bd_find_program|bd_fetch_check_program|exec[vl]\w*)\( *"/?)\K[a-z][a-z0-9._+/-]*(?=")' |
		sed 's|.*/||' | sort -u
}

@test "every program that is run and every library that is opened is in .packaging/programs" {
	local file name count=0
	cd "$top"
	while read -r file; do
		run_by "$file" >"$OLDPWD/names"
		case $file in
		# Their callers name it, or the config of a guest does.
		provision/base/process/* | provision/sandbox/program.c | provision/fetch/program.c | provision/ops/host/boot* | plugin/hotplug/xens_script.c | plugin/libxl/bootloader/run.c) ;;
		*) [[ -s $OLDPWD/names ]] || fail "$file runs something, and it is not seen what" ;;
		esac
		while read -r name; do
			case $name in
			stage1 | command.lst | sound) continue ;; # files
			esac
			count=$((count + 1))
			grep -qE "^[a-z-]+ +$name +" .packaging/programs || fail "$name, which $file runs, is not listed"
		done <"$OLDPWD/names"
	done < <(grep -rlE '\b(bd_run|bd_child_start|bd_child_start_run|bd_lvm_run|bd_lvm_report|bd_program_run|bd_find_program|bd_fetch_check_program|posix_spawn|exec[vl][a-z]*)\(' \
		--include=*.c provision plugin)
	[[ $count -gt 30 ]]
	# The other one is the plugin for Xen, which has packages of its own.
	run -0 sh -c 'grep -rlE "\bdlopen\(\w" --include=*.c provision plugin | sort | xargs'
	[[ $output == "provision/base/archive_library.c provision/toolstack/loader.c" ]]
	name=$(sed -n 's/^#define SONAME "\(.*\)"/\1/p' provision/base/archive_library.c)
	grep -qF " $name " .packaging/programs
}

# field CONTROL PACKAGE NAME: what is in that field, one a line.
field() {
	sed -n "/^Package: $2\$/,/^\$/p" "$1" | sed -n "s/^$3: //p" | sed 's/, /\n/g'
}

@test "what is in .packaging/programs is run, and the packages depend on it, recommend or suggest it, and nothing else" {
	local package name where debian rpm control count=0 spec=$packaging/rpm.spec.in
	grep -v '^#' "$packaging/programs" >listed
	[[ $(cut -d ' ' -f 1,2 listed | sort | uniq -d) == '' ]]
	cat "$packaging"/debian/control.* >control
	while read -r package name where debian rpm; do
		grep -rqF --exclude=*.md -- "$name" "$top/provision" "$top/plugin" || fail "$name is run by nothing"
		[[ $where != - ]] || continue
		count=$((count + 1))
		field control "$package" "$where" | grep -qxF "$debian" || fail "$package: $where lacks $debian, which has $name"
		[[ $package != xen-bigdisk || $rpm == - ]] || sed -n "1,/^%description/s/^$where: *//p" "$spec" | grep -qxF "$rpm" ||
			fail "$where of the RPM lacks $rpm, which has $name"
	done <listed
	[[ $count -gt 30 ]]
	for package in $(sed -n 's/^Package: //p' control); do
		for where in Depends Recommends Suggests; do
			while read -r debian; do
				# Ours, and those that a part of the project belongs to.
				case $debian in '${'* | xen-bigdisk* | ganeti | "ansible-core | ansible") continue ;; esac
				grep -qE "^$package +[^ ]+ +$where +$debian( |\$)" listed || fail "$package: $where has $debian, of which nothing is run"
			done < <(field control "$package" "$where")
		done
	done
	while read -r where rpm; do
		[[ $rpm == %{name}* ]] || grep -qE "^xen-bigdisk +[^ ]+ +${where%:} +[^ ]+ +" <(grep -F " $rpm" listed) || fail "the RPM's ${where%:} has $rpm"
	done < <(sed -n '1,/^%description/p' "$spec" | grep -E '^(Recommends|Suggests):')
}

@test "packages are built with what .ci/packages lists for a build" {
	tree_made
	local package count=0
	while read -r package; do
		case $package in gcc | make | libc6-dev) continue ;; esac
		grep -qE "(^|[ ,])$package(,|\$)" <(sed -n '/^Build-Depends/,/^$/p' tree/debian/control) || fail "$package is not in Build-Depends"
		count=$((count + 1))
	done < <(sed -n 's/^build  *\([^ ]*\).*/\1/p' "$top/.ci/packages")
	[[ $count -gt 10 ]]
}

@test "a build that fails or is ended leaves its log, and nothing else" {
	need dpkg-parsechangelog pkg-config
	pkg-config --exists xenlight || skip "there is no libxen-dev"
	mkdir bin
	printf '#!/bin/sh\necho no compiler; exit 1\n' >bin/dpkg-buildpackage
	chmod 755 bin/dpkg-buildpackage
	run -1 --separate-stderr env PATH="$PWD/bin:$PATH" DEB_OUTPUT="$PWD/out" "$packaging/deb"
	[[ $stderr == *'no compiler'*"the build failed; the whole log is $PWD/out/"* ]]
	[[ $(find out -mindepth 1 | wc -l) -eq 1 && $(cat out/*.log) == 'no compiler' ]]
	# Whoever runs it is ended.
	printf '#!/bin/sh\nkill -TERM "$PPID"\n' >bin/dpkg-buildpackage
	run -143 env PATH="$PWD/bin:$PATH" DEB_OUTPUT="$PWD/out" "$packaging/deb"
	[[ $(find out -mindepth 1 | wc -l) -eq 1 ]]
}

@test "parts of the project have packages of their own, where the Makefile installs them" {
	tree_made
	local part
	for part in ganeti ansible; do
		if grep -q "^install-$part:" "$top/Makefile"; then
			grep -q "^Package: .*$part" tree/debian/control
		else
			run ! grep -q "^Package: .*$part" tree/debian/control
			[[ -z $(find tree/debian -name "*$part*") ]]
		fi
	done
}

@test "the tree is what is in the checkout now, without its tests and what was built" {
	tree_made
	cmp "$top/Makefile" tree/Makefile
	cmp "$top/provision/main.c" tree/provision/main.c
	[[ ! -e tree/tests && ! -e tree/build && ! -e tree/.git ]]
	[[ -x tree/debian/rules && $(<tree/debian/source/format) == "3.0 (native)" ]]
}

@test "every file that is installed is in a package, and every file of a list is installed" {
	need make
	[[ -e $top/build/man.stamp && $bigdisk == "$top/build/xen-bigdisk" ]] || skip "build/ is not what is tested"
	tree_made
	local file line targets=(install)
	for file in ganeti ansible; do
		if grep -q "^install-$file:" "$top/Makefile"; then targets+=("install-$file"); fi
	done
	make -s -C "$top" -o all prefix=/usr sysconfdir=/etc localstatedir=/var hotplugdir=/usr/lib/xen-bigdisk/hotplug \
		DESTDIR="$PWD/root" "${targets[@]}" >log 2>&1 || fail "$(<log)"
	rm root/usr/share/doc/xen-bigdisk/{LICENSE,CHANGELOG.md}
	cat tree/debian/*.install >lists
	while read -r line; do
		[[ -e root/$line ]] || fail "$line is not installed"
	done <lists
	# Likewise what links lead to.
	while read -r file line; do
		[[ -e root/$file ]] || fail "$file, which $line leads to, is not installed"
	done < <(find tree/debian -name '*.links' -exec cat {} +)
	while IFS= read -r file; do
		while read -r line; do
			[[ $file/ != "$line"/* ]] || continue 2
		done <lists
		fail "$file is in no package"
	done < <(find root ! -type d -printf '%P\n')
	# What postinst makes: the links in /etc/xen/scripts, the folders of guests and templates, and that for logs.
	cat lists - >folders <<-END
		etc/xen
		var/lib/xen/images
		var/log/ganeti/extstorage
	END
	while IFS= read -r file; do
		while read -r line; do
			[[ $file/ != "$line"/* && $line != "$file"/* ]] || continue 2
		done <folders
		fail "the folder $file is in no package"
	done < <(find root -type d -empty -printf '%P\n')
	# What is a program is no conffile, but a link into /usr.
	[[ -z $(find root/etc -type f -perm /111) ]]
	export DPKG_ROOT=$PWD/root
	sh tree/debian/xen-bigdisk.postinst configure
	holds root/etc/xen/scripts block-bigdisk vif-bigdisk
	for file in root/etc/xen/scripts/*; do
		[[ -x root/$(readlink "$file") ]]
	done
}

@test "no folder that the administrator may have elsewhere is in a package: postinst makes it, and a link in its place stays" {
	tree_made
	run ! grep -nE '^ *(etc/xen|var)' tree/debian/*.{install,dirs,links}
	maintainer_script postinst
	run -0 --separate-stderr sh postinst configure
	[[ -z $output && -z $stderr ]]
	diff - <(find root -type d -printf '%P %m\n' | sort) <<-END
		 755
		etc 755
		etc/xen 755
		etc/xen-bigdisk 755
		etc/xen/scripts 755
		var 755
		var/lib 755
		var/lib/xen 755
		var/lib/xen-bigdisk 755
		var/lib/xen-bigdisk/templates 755
		var/lib/xen/images 755
	END
	find root -printf '%p %m %l\n' | sort >before
	run -0 --separate-stderr sh postinst configure 0.0.1
	find root -printf '%p %m %l\n' | sort | diff before -
	local folder folders="etc/xen etc/xen-bigdisk var/lib/xen/images var/lib/xen-bigdisk/templates var/lib/xen-bigdisk/guests
		var/cache/xen-bigdisk var/cache/xen-bigdisk/devices"
	rm -r root
	for folder in $folders; do
		mkdir -p "elsewhere/${folder//\//-}" "root/${folder%/*}"
		ln -s "$PWD/elsewhere/${folder//\//-}" "root/$folder"
	done
	run -0 --separate-stderr sh postinst configure
	[[ -z $output && -z $stderr && -L elsewhere/etc-xen/scripts/vif-bigdisk ]]
	touch root/etc/xen/web01.cfg root/var/lib/xen/images/web01.img root/var/lib/xen-bigdisk/{templates/a,guests/web01} \
		root/var/cache/xen-bigdisk/{x,devices/{a.redo,b}} root/etc/xen-bigdisk/defaults.json
	maintainer_script postrm
	run -0 --separate-stderr sh postrm remove
	run -0 --separate-stderr sh postrm purge
	[[ -z $output && -z $stderr ]] || fail "$stderr"
	for folder in $folders; do [[ -L root/$folder ]] || fail "$folder"; done
	diff - <(find elsewhere -type f | sort) <<-END
		elsewhere/etc-xen/web01.cfg
		elsewhere/var-cache-xen-bigdisk-devices/a.redo
		elsewhere/var-cache-xen-bigdisk-devices/b
		elsewhere/var-lib-xen-bigdisk-templates/a
		elsewhere/var-lib-xen-images/web01.img
	END
	# Where nothing is mounted yet.
	rm -r root elsewhere
	for folder in var/lib/xen/images var/lib/xen-bigdisk/templates var/cache/xen-bigdisk; do
		mkdir -p "root/${folder%/*}"
		ln -s /nowhere "root/$folder"
	done
	run -0 --separate-stderr sh postinst configure
	[[ -z $stderr ]]
	run -0 --separate-stderr sh postrm purge
	[[ -z $stderr && -L root/var/lib/xen/images && -L root/var/lib/xen-bigdisk/templates && -L root/var/cache/xen-bigdisk ]]
	rm -rf root/etc/xen
	ln -s /nowhere root/etc/xen
	run -0 --separate-stderr sh postinst configure
	[[ $stderr == *"cannot make /etc/xen/scripts"* && -L root/etc/xen ]]
}

@test "the package says which Xen has no plugin, when it is configured and when a hypervisor or a plugin comes or goes" {
	grep -qx 'interest-noawait /boot' "$packaging/debian/xen-bigdisk.triggers"
	grep -qx 'interest-noawait /usr/lib/xen-bigdisk' "$packaging/debian/xen-bigdisk.triggers"
	maintainer_script postinst
	run -0 --separate-stderr sh postinst configure
	[[ -z $output && -z $stderr ]]
	mkdir -p root/boot root/usr/lib/xen-bigdisk
	touch root/boot/xen-4.17-amd64.{gz,config} root/boot/vmlinuz-6.1.0 root/boot/xen-syms-4.17
	ln -s xen-4.17-amd64.gz root/boot/xen.gz
	: >root/usr/lib/xen-bigdisk/toolstack-libxl-4.17.so
	run -0 --separate-stderr sh postinst triggered /boot
	[[ -z $output && -z $stderr ]]
	touch root/boot/xen-4.20-amd64.{gz,efi}
	for action in "configure 0.0.1" "triggered /boot"; do
		# shellcheck disable=SC2086 # words are meant
		run -0 --separate-stderr sh postinst $action
		[[ -z $output && $(grep -c . <<<"$stderr") -eq 1 ]]
		[[ $stderr == *"/boot/xen-4.20-amd64."*"Install xen-bigdisk-toolstack-4.20 before the reboot." ]]
	done
	run -0 --separate-stderr sh postinst abort-upgrade 1
	[[ -z $output && -z $stderr ]]
}

@test "a purge leaves guests, templates and interrupted changes; a removal takes the metrics, and an upgrade nothing" {
	maintainer_script postrm
	mkdir -p root/{etc/xen-bigdisk,etc/xen,var/lib/xen/images,var/lib/xen-bigdisk/templates/web,var/log/xen,var/cache/xen-bigdisk/{kernels,devices}}
	touch root/etc/xen/web01.cfg root/var/lib/xen/images/web01.img root/var/lib/xen-bigdisk/templates/web/manifest.json \
		root/etc/xen-bigdisk/{defaults.json,mine} root/var/log/xen/{xen-bigdisk-web01.log{,.1,.2.gz},xl-web01.log} \
		root/var/cache/xen-bigdisk/{kernels/x,devices/dev-vg-a.redo,devices/other,x.redo}
	find root | sort >before
	local action textfile
	textfile=$(sed -n 's|^ExecStart=.* --textfile /||p' "$packaging/systemd/xen-bigdisk-metrics.service")
	mkdir -p "root/${textfile%/*}"
	: >"root/$textfile"
	for action in "upgrade 2" "failed-upgrade 1" disappear; do
		# shellcheck disable=SC2086 # words are meant
		run -0 --separate-stderr sh postrm $action
		[[ -z $output && -z $stderr && -e root/$textfile ]]
	done
	# What the timer has written is no longer true.
	run -0 --separate-stderr sh postrm remove
	[[ -z $output && -z $stderr && ! -e root/$textfile ]]
	rm -r root/var/lib/prometheus
	for action in remove "upgrade 2" "failed-upgrade 1" disappear; do
		# shellcheck disable=SC2086 # words are meant
		run -0 --separate-stderr sh postrm $action
		[[ -z $output && -z $stderr ]]
	done
	find root | sort | diff before -
	run -0 --separate-stderr sh postrm purge
	[[ -z $output && -z $stderr ]]
	diff - <(find root -type f | sort) <<-END
		root/etc/xen-bigdisk/mine
		root/etc/xen/web01.cfg
		root/var/cache/xen-bigdisk/devices/dev-vg-a.redo
		root/var/lib/xen-bigdisk/templates/web/manifest.json
		root/var/lib/xen/images/web01.img
		root/var/log/xen/xl-web01.log
	END
	rm -r root/etc/xen-bigdisk/mine root/var/lib/xen-bigdisk/templates/web root/var/cache/xen-bigdisk
	run -0 sh postrm purge
	[[ ! -e root/etc/xen-bigdisk && ! -e root/var/lib/xen-bigdisk && ! -e root/var/cache/xen-bigdisk ]]
}

@test "a purge of the OS definition for Ganeti takes the logs of its own provider of ExtStorage, and no others" {
	maintainer_script postrm ganeti-os-xen-bigdisk
	local logs=root/var/log/ganeti/extstorage uuid=1b7e2c5e-0d3f-4c79-9e3c-0d5c9f0a7a11.ext.disk0 action
	mkdir -p $logs root/var/log/ganeti/os
	touch $logs/{create,snapshot}-xen-bigdisk-$uuid-2030-01-02_03_04_05.log $logs/create-other-$uuid-2030-01-02_03_04_05.log \
		root/var/log/ganeti/os/add-xen-bigdisk-web01.log
	find root | sort >before
	for action in remove "upgrade 2"; do
		# shellcheck disable=SC2086 # words are meant
		run -0 --separate-stderr sh postrm $action
	done
	find root | sort | diff before -
	run -0 --separate-stderr sh postrm purge
	[[ -z $output && -z $stderr ]]
	holds $logs create-other-$uuid-2030-01-02_03_04_05.log
	[[ -e root/var/log/ganeti/os/add-xen-bigdisk-web01.log ]]
	rm $logs/*
	run -0 sh postrm purge
	[[ ! -e $logs && -e root/var/log/ganeti/os ]]
	run -0 sh postrm purge
}

@test "no maintainer script ends a process of a guest, and a removal says what it means for guests that run" {
	cat "$packaging"/debian/*.{postinst,prerm,postrm} | grep -v '^#' >scripts
	[[ $(grep -c . scripts) -gt 20 ]]
	run grep -wE 'kill|pkill|killall|stop|systemctl|invoke-rc\.d|deb-systemd-invoke' scripts
	# What a removal ends is the timer of metrics alone, and what it runs.
	[[ $output == $'\tdeb-systemd-invoke stop xen-bigdisk-metrics.service || true' ]]
	[[ $(grep 'dh_installsystemd ' "$packaging/debian/rules") == *' --no-enable --restart-after-upgrade xen-bigdisk-metrics.timer' ]]
	maintainer_script prerm
	cp "$(command -v bash)" bin-monitor
	mkfifo fifo
	# shellcheck disable=SC2016 # for the monitor
	./bin-monitor -c 'echo xbd-web01 >/proc/$$/comm && read -rt 60 <>"$0"' fifo 3>&- &
	local monitor=$!
	until_true grep -qx xbd-web01 "/proc/$monitor/comm"
	unset DPKG_ROOT
	run -0 --separate-stderr sh prerm upgrade 2
	[[ -z $output && -z $stderr ]]
	run -0 --separate-stderr sh prerm remove
	kill -0 "$monitor"
	kill "$monitor"
	[[ $stderr == *"keep running, each with its monitor"* ]]
}
