# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# xl and the plugin read every example config alike.
. ./lib.sh

# What may differ: nothing that is in the config; only what each makes up when the config leaves it out.
normalised() { jq -S 'if type == "array" then .[0].config else (.config // .) end'; }

# xl of one Xen writes its JSON in steps, so stdout may have other lines before it.
as_xl_reads_it() { xl create --dryrun "$1" 2>"$scratch/xl.err" | sed -n '/^[[{]/,$p' | normalised; }
as_we_read_it() { xen-bigdisk config "$1" | normalised; }
alike() {
	as_xl_reads_it "$1" >"$scratch/xl.json" || { cat "$scratch/xl.err"; return 1; }
	as_we_read_it "$1" >"$scratch/ours.json" || return 1
	[ -s "$scratch/xl.json" ] && diff -u --label "xl create --dryrun" --label "xen-bigdisk config" "$scratch/xl.json" "$scratch/ours.json"
}

count=0
for config in /lab/xl-configs/*.cfg; do
	[ -e "$config" ] || break
	count=$((count + 1))
	name=$(basename "$config")
	check "$name: xl takes it" xl create --dryrun -q "$config"
	check "$name: our JSON is xl's" alike "$config"
done
check "there are example configs" test "$count" -gt 3
cat >"$scratch/unknown.cfg" <<'EOF'
name = "x"
type = "pv"
kernel = "/boot/vmlinuz"
memroy = 128
EOF
check "an unknown key is ignored with a warning, by name and line" says 'unknown.cfg:4: unknown key "memroy"' xen-bigdisk config "$scratch/unknown.cfg"
