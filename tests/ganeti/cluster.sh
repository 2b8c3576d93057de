# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A cluster of Ganeti on one machine, sourced inside of the root: three nodes, each with namespaces and a root of its own, joined by a bridge,
# with the hypervisor "fake", which starts nothing, and disks in files. Ganeti's own vcluster-setup(8) makes nodes that share one file
# storage, and between which no export works.

# What the sourcing script sets, for shellcheck.
: "${here:=}"

nodes=(node1 node2 node3)
guests=({web1,db1}{,-b,-c})
network=192.0.2
bounds=min:disk-size=0,cpu-count=1,disk-count=0,memory-size=1,nic-count=0,spindle-use=0
bounds+=/max:disk-size=1048576,cpu-count=8,disk-count=16,memory-size=32768,nic-count=8,spindle-use=12
# In seconds, for each command: for what hangs.
command_limit=${GANETI_COMMAND_LIMIT:-900}
declare -A node_pid=()

# on NODE COMMAND…
on() {
	local node=$1
	shift
	timeout --kill-after=10 "$command_limit" nsenter --target "${node_pid[$node]}" --mount --net --pid --uts --ipc --root --wd "$@"
}

# gnt COMMAND ARGUMENT…: gnt-COMMAND on the master
gnt() {
	local command=$1
	shift
	on node1 "gnt-$command" "$@" </dev/null
}

# Ganeti gives up on a transfer whose processes are not there within ten seconds, warns, and has then made an instance with an empty disk.
# On a busy machine ten seconds are not enough, and no option changes them.
be_patient() {
	local file
	file=$(echo /usr/share/ganeti/[0-9]*/ganeti/masterd/instance.py)
	sed -i -E 's/^(  DEFAULT_(READY|LISTEN|ERROR)_TIMEOUT = )10$/\1600/' "$file"
	[[ $(grep -cE '^  DEFAULT_(READY|LISTEN|ERROR)_TIMEOUT = 600$' "$file") = 3 ]] && python3 -m py_compile "$file"
}

# What all nodes have: their names, and ssh among them.
prepare_nodes() {
	local number
	{
		echo '127.0.0.1 localhost'
		echo "$network.1 cluster"
		for number in "${!nodes[@]}"; do echo "$network.$((10 + number)) ${nodes[number]}"; done
		# gnt-instance rename asks on a terminal where it cannot resolve a name.
		for number in "${!guests[@]}"; do echo "198.51.100.$((10 + number)) ${guests[number]}"; done
	} >/etc/hosts
	mkdir -p /root/.ssh && chmod 700 /root/.ssh &&
	ssh-keygen -q -t rsa -N '' -f /root/.ssh/id_rsa &&
	cp /root/.ssh/id_rsa.pub /root/.ssh/authorized_keys &&
	ip link set lo up &&
	ip link add nodes type bridge &&
	ip link set nodes up
}

# start_node NUMBER: its root in /nodes/NAME is a copy of ours but for /usr, which all share, as they do what is in /data/shared: templates
# and caches. Its guests' disks are in /data/NAME.
start_node() {
	local name=${nodes[$1]} root=/nodes/${nodes[$1]} folder pid
	mkdir -p "$root"/{boot,proc,sys,dev,run,usr,tmp} &&
	for folder in bin sbin lib lib64 etc var root home opt srv; do
		[[ ! -e /$folder ]] || cp -ax "/$folder" "$root/" || return
	done &&
	mkdir -p "$root/srv/ganeti/file-storage" "/data/$name" &&
	echo /srv/ganeti/file-storage >"$root/etc/ganeti/file-storage-paths" &&
	mkfifo "$root/up" || return
	unshare --mount --net --pid --uts --ipc --fork --kill-child bash "$here/node" "$root" "$name" &
	pid=$!
	# Its first line: it has its namespaces.
	read -r <"$root/up"
	node_pid[$name]=$(pgrep -P "$pid") &&
	ip link add "veth$1" type veth peer name eth0 netns "${node_pid[$name]}" &&
	ip link set "veth$1" master nodes up &&
	on "$name" sh -c "ip addr add $network.$((10 + $1))/24 dev eth0 && ip link set eth0 up && /usr/sbin/sshd"
}

start_nodes() {
	local number
	be_patient && prepare_nodes || return
	for number in "${!nodes[@]}"; do
		start_node "$number" || return
	done
}

make_cluster() {
	local name
	start_nodes || return
	gnt cluster init --no-etc-hosts --no-ssh-init --master-netdev=eth0 --enabled-hypervisors=fake --enabled-disk-templates=file \
		--file-storage-dir=/srv/ganeti/file-storage --nic-parameters=mode=bridged,link=br0 --ipolicy-bounds-specs="$bounds" cluster || return
	for name in "${nodes[@]:1}"; do
		gnt node add --no-ssh-key-check "$name" || return
	done
}

# disk NODE INSTANCE: the file of its first disk
disk() {
	local found=("/data/$1/$2"/*)
	[[ ${#found[@]} = 1 && -f ${found[0]} ]] || { echo "not one disk of $2 on $1: ${found[*]}" >&2; return 1; }
	echo "${found[0]}"
}
