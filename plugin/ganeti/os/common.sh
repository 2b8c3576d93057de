# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the scripts of the OS definition share: Ganeti's environment (ganeti-os-interface(7)) as options of xen-bigdisk. What fails
# says why on stderr, which Ganeti logs and shows.

# Ganeti's own has no /usr/local.
PATH=$PATH:/usr/local/sbin:/usr/local/bin
umask 077
set -f

say() {
	printf 'xen-bigdisk: %s\n' "$*" >&2
}

die() {
	say "error: $*"
	exit 1
}

if [ "${DEBUG_LEVEL:-0}" = 0 ]; then
	verbosity=--quiet
else
	verbosity=--verbose
	set -x
fi

scratch=
clean_up() {
	[ -z "$scratch" ] || rm -rf "$scratch"
}

# Sets $scratch: a folder for secrets, which are nobody's to see in a list of processes, and goes with the script.
make_scratch() {
	[ -z "$scratch" ] || return 0
	trap clean_up EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	scratch=$(mktemp -d) || die "cannot make a temporary directory"
}

# keep NAME TEXT: as the file $scratch/NAME. Not even `set -x` shows it.
keep() {
	{ set +x; } 2>/dev/null
	printf '%s\n' "$2" >"$scratch/$1" || die "cannot write a temporary file"
	[ "$verbosity" = --quiet ] || set -x
}

# takes_none USAGE ARGUMENT...: of a script that Ganeti runs without arguments
takes_none() {
	usage=$1
	shift
	[ $# -ne 0 ] || return 0
	printf 'usage: %s\n%s\n' "${0##*/}" "$usage" >&2
	case $1 in
	-h | --help) exit 0 ;;
	esac
	exit 2
}

find_program() {
	command -v xen-bigdisk >/dev/null || die "xen-bigdisk is not installed on $(uname -n)"
}

is_number() {
	case $1 in
	'' | *[!0-9]*) return 1 ;;
	esac
}

# $INSTANCE_NAME and $disk, the system disk
check_instance() {
	[ -n "${INSTANCE_NAME-}" ] || die "Ganeti has to give INSTANCE_NAME"
	is_number "${DISK_COUNT-}" || die "Ganeti has to give DISK_COUNT, a number"
	is_number "${NIC_COUNT:-0}" || die "NIC_COUNT is not a number: $NIC_COUNT"
	[ "$DISK_COUNT" -gt 0 ] || die "$INSTANCE_NAME has no disk, and its system needs one"
	disk=${DISK_0_PATH-}
	[ -n "$disk" ] || die "disk 0 of $INSTANCE_NAME has no path on this node: its access has to be kernelspace"
	[ -e "$disk" ] || die "disk 0 of $INSTANCE_NAME, $disk, does not exist"
	[ "${DISK_0_ACCESS:-rw}" = rw ] || die "disk 0 of $INSTANCE_NAME is read-only"
}

# The template of the variant
template() {
	case ${OS_VARIANT:-default} in
	default) echo mini ;;
	*) printf '%s\n' "$OS_VARIANT" ;;
	esac
}

# one_of PARAMETER VALUE CHOICE...: also without a value
one_of() {
	name=$1 value=$2
	shift 2
	[ -n "$value" ] || return 0
	for choice; do
		[ "$value" != "$choice" ] || return 0
	done
	choices=$(printf ', %s' "$@")
	die "parameter $name: $name must be one of ${choices#, }, not \"$value\""
}

# What the program does not know, or what has few values
check_choices() {
	[ "${OS_VARIANT-}" != none ] || die "variant: none has no system"
	one_of fs "${OSP_FS-}" ext3 ext4
	one_of layout "${OSP_LAYOUT-}" aligned cylinder
	one_of boot_sector "${OSP_BOOT_SECTOR-}" grub2 none
	one_of boot "${OSP_BOOT-}" pygrub bigdisk pvgrub kernel
	one_of identity "${OSP_IDENTITY-}" keep new
}

# items TEXT: what commas, blanks and lines separate, a line each
items() {
	printf '%s\n' "$1" | tr -s ',[:blank:]' '\n' | grep .
}

# mac_of NUMBER: sets $mac
mac_of() {
	eval "mac=\${NIC_$1_MAC-}"
	[ -n "$mac" ] || die "Ganeti has to give NIC_$1_MAC"
}

# nic NUMBER: sets $mac $ip $gateway $ip6 $gateway6 $dns, as the NIC and its network have them
nic() {
	ip='' mode='' subnet='' gateway='' ip6='' subnet6='' gateway6='' dns=''
	mac_of "$1"
	eval "ip=\${NIC_$1_IP-} mode=\${NIC_$1_MODE-} subnet=\${NIC_$1_NETWORK_SUBNET-} \
		gateway=\${NIC_$1_NETWORK_GATEWAY-} subnet6=\${NIC_$1_NETWORK_SUBNET6-} gateway6=\${NIC_$1_NETWORK_GATEWAY6-}"
	case $ip in
	*:*) ip6=$ip ip='' gateway='' ;;
	'') gateway='' gateway6='' ;;
	*) gateway6='' ;;
	esac
	if [ "$1" -eq 0 ] && [ -n "${OSP_IP-}" ]; then
		ip=$OSP_IP gateway=''
	elif [ -n "$ip" ]; then
		ip=$ip/$(prefix "$1" "$ip" "$subnet" 32) || exit 1
	fi
	if [ "$1" -eq 0 ] && [ -n "${OSP_IP6-}" ]; then
		ip6=$OSP_IP6 gateway6=''
	elif [ -n "$ip6" ]; then
		ip6=$ip6/$(prefix "$1" "$ip6" "$subnet6" 128) || exit 1
	fi
	[ "$1" -eq 0 ] || return 0
	# What is said of the OS, or the cluster, is also for instances that cannot have it.
	case $ip in
	'' | dhcp) ;;
	*) gateway=${OSP_GATEWAY:-$gateway} dns=${OSP_DNS-} ;;
	esac
	case $ip6 in
	'' | auto | dhcp | none) ;;
	*) gateway6=${OSP_GATEWAY6:-$gateway6} dns=${OSP_DNS-} ;;
	esac
}

# prefix NUMBER ADDRESS SUBNET ALONE: how long it is; ALONE: that of a host's own address, as a routed NIC has it
prefix() {
	case $3 in
	*/*) echo "${3##*/}" ;;
	*)
		[ "$mode" = routed ] || die "NIC $1 has the address $2, and nothing says how large its network is: connect it to one of" \
			"gnt-network(8), or give the parameter ip, $2/LEN or dhcp"
		echo "$4"
		;;
	esac
}

# A guest has one default gateway of each family: the first.
one_gateway() {
	[ -z "$has_gateway" ] || gateway=
	[ -z "$has_gateway6" ] || gateway6=
	has_gateway=$has_gateway$gateway has_gateway6=$has_gateway6$gateway6
}

# with_network COMMAND...: runs it with the options for the NICs
with_network() {
	number=0 has_gateway='' has_gateway6=''
	while [ "$number" -lt "${NIC_COUNT:-0}" ]; do
		nic "$number"
		one_gateway
		if [ "$number" -eq 0 ]; then
			set -- "$@" --mac "$mac"
			for item in $(items "$ip"); do set -- "$@" --ip "$item"; done
			for item in $(items "$ip6"); do set -- "$@" --ip6 "$item"; done
			for item in $(items "$dns"); do set -- "$@" --dns "$item"; done
			[ -z "$gateway" ] || set -- "$@" --gateway "$gateway"
			[ -z "$gateway6" ] || set -- "$@" --gateway6 "$gateway6"
		else
			set -- "$@" --net "mac=$mac${ip:+,ip=$ip}${gateway:+,gateway=$gateway}${ip6:+,ip6=$ip6}${gateway6:+,gateway6=$gateway6}"
		fi
		number=$((number + 1))
	done
	run "$@"
}

# Where a system has the note of note_nics. Not in /var, which may be a partition of its own.
nics_note=/etc/xen-bigdisk-nics

# note_nics: in the system on $disk, which NICs its network was configured for. Its own files need not say it, and are the administrator's to
# change. A disk without a system that `rename` could change gets no note.
note_nics() {
	xen-bigdisk ls "$disk:/etc" --quiet >/dev/null 2>&1 || return 0
	make_scratch
	{
		echo "# The interfaces that the network of this system was configured for; with others, Ganeti configures it anew."
		number=0
		while [ "$number" -lt "${NIC_COUNT:-0}" ]; do
			mac_of "$number"
			echo "$mac"
			number=$((number + 1))
		done
	} >"$scratch/nics" || die "cannot write a temporary file"
	chmod 644 "$scratch/nics"
	run xen-bigdisk cp "$scratch/nics" "$disk:$nics_note" --owner 0:0
}

# of_node PARAMETER PATH: a file of this node
of_node() {
	case $2 in
	/*) ;;
	*) die "parameter $1: \"$2\" is not an absolute path" ;;
	esac
	if [ ! -f "$2" ] || [ ! -r "$2" ]; then
		die "parameter $1: there is no file $2 on $(uname -n)"
	fi
}

# with_options COMMAND...: runs it with the options of `fill` for all parameters
with_options() {
	make_scratch
	[ -z "${OSP_LAYOUT-}" ] || set -- "$@" --layout "$OSP_LAYOUT"
	[ -z "${OSP_FS-}" ] || set -- "$@" --fs "$OSP_FS"
	[ -z "${OSP_SWAP-}" ] || set -- "$@" --swap "$OSP_SWAP"
	[ -z "${OSP_BOOT_SECTOR-}" ] || set -- "$@" --boot-sector "$OSP_BOOT_SECTOR"
	[ -z "${OSP_APPEND-}" ] || set -- "$@" --append "$OSP_APPEND"
	[ -z "${OSP_USER-}" ] || set -- "$@" --user "$OSP_USER"
	for item in $(items "${OSP_MOUNTS-}"); do set -- "$@" --mount "$item"; done
	case ${OSP_SSH_KEY-} in
	'') ;;
	/*)
		of_node ssh_key "$OSP_SSH_KEY"
		set -- "$@" --ssh-key "$OSP_SSH_KEY"
		;;
	*)
		keep ssh_key "$OSP_SSH_KEY"
		set -- "$@" --ssh-key "$scratch/ssh_key"
		;;
	esac
	{ set +x; } 2>/dev/null
	if [ -n "${OSP_ROOT_PASSWORD_HASH-}" ]; then
		keep root_password_hash "$OSP_ROOT_PASSWORD_HASH"
		set -- "$@" --root-password-hash-file "$scratch/root_password_hash"
	fi
	[ "$verbosity" = --quiet ] || set -x
	if [ -n "${OSP_RUN_ONCE-}" ]; then
		of_node run_once "$OSP_RUN_ONCE"
		set -- "$@" --run-once "$OSP_RUN_ONCE"
	fi
	if [ -n "${OSP_USER_DATA-}" ]; then
		of_node user_data "$OSP_USER_DATA"
		set -- "$@" --user-data "$OSP_USER_DATA"
	fi
	case ${HYPERVISOR-} in
	xen-hvm | kvm) set -- "$@" --type hvm ;;
	esac
	[ "${NIC_COUNT:-0}" -gt 0 ] || set -- "$@" --no-net
	with_network "$@"
}

# run COMMAND...: what it says of an option is about a parameter here
run() {
	make_scratch
	status=0
	"$@" "$verbosity" 2>"$scratch/stderr" || status=$?
	sed -E -e "s|$scratch/||g" \
		-e 's/^(xen-bigdisk: error: )--root-password-hash-file: /\1parameter root_password_hash: /' \
		-e 's/^(xen-bigdisk: error: )--mount: /\1parameter mounts: /' \
		-e 's/^(xen-bigdisk: error: )--(net|mac|no-net): /\1the NICs: /' \
		-e 's/^(xen-bigdisk: error: )--([a-z0-9]+): /\1parameter \2: /' \
		-e 's/^(xen-bigdisk: error: )--([a-z0-9]+)-([a-z0-9]+): /\1parameter \2_\3: /' \
		-e 's/^(xen-bigdisk: error: )(there is no template)/\1variant: \2/' "$scratch/stderr" >&2
	return "$status"
}
