# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest of an archive as Alpine publishes it, with busybox and OpenRC (tests/lab/images.sh).
# make check: Xen 4.20
. ./guests.sh

check "an Alpine with OpenRC, from its archive, on ext4: it reports that it is up" image alpine openrc 192.168.77.31 --size 256M \
	--memory 160M --fs ext4
answer=$(at 192.168.77.31 'hostname; cat /etc/alpine-release; mount | grep " / "; cat /etc/network/interfaces')
check "… it lets in by the key, and has its name" says '^alpine$' echo "$answer"
check "… is the Alpine that was imported" says '^3\.20\.0$' echo "$answer"
check "… on a root that is ext4, writable" says ' on / type ext4 \(rw' echo "$answer"
check "… and has its own address" says 'address 192\.168\.77\.31' echo "$answer"
check "it ends" limited xen-bigdisk stop alpine --wait $((60 * patience))
check "… and its filesystem was left clean" e2fsck -fn "$images/alpine.img?offset=1048576"
forget alpine
