# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-or-later
# xl and the plugin read every example config alike.
. ./lib.sh

# What may differ: nothing that is in the config; only what each makes up when the config leaves it out.
# xl before 4.20.1 numbers channels, which takes the console's number from it.
normalised() { jq -S 'if type == "array" then .[0].config else (.config // .) end | del(.channels[]?.devid)'; }

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
	check "$name: xl takes it, and our JSON is xl's" alike "$config"
done
check "there are example configs" test "$count" -gt 3
# Every key of xl.cfg(5), in one config for each type of guest, with the spellings that old configs have.
cat >"$scratch/pv-keys.cfg" <<'EOF'
name = "all"
uuid = "11111111-2222-3333-4444-555555555555"
builder = "generic"
bootloader = "pygrub"
init_seclabel = "system_u:system_r:domU_t"
seclabel = "system_u:system_r:domU_r"
pool = "Pool-0"
hap = 1
oos = 0
driver_domain = 1
passthrough = "disabled"
xend_suspend_evtchn_compat = 1
memory = 256
maxmem = 512
shadow_memory = 8
videoram = 4
vcpus = 2
maxvcpus = 4
cpus = [ "0", "0" ]
cpus_soft = "0"
cpu_weight = 300
cap = 50
period = 1
slice = 2
latency = 3
extratime = 0
max_event_channels = 500
max_grant_frames = 64
max_maptrack_frames = 65
max_grant_version = 1
nomigrate = 1
rtc_timeoffset = 60
localtime = 1
tsc_mode = "native"
acpi = 0
nestedhvm = 0
altp2m = "external"
vmtrace_buf_kb = 64
vpmu = 1
msr_relaxed = 1
cpuid = "host,htt=0,family=6"
ioports = [ "2f8-2ff", "60" ]
irqs = [ "5", "10" ]
iomem = [ "a0,20", "f0000,1@e0000" ]
kernel = "/k"
ramdisk = "/r"
device_tree = "/dt"
root = "/dev/xvda1 ro"
extra = "quiet"
bootloader_args = [ "--quiet", "-x" ]
device_model_override = "/usr/bin/qemu"
device_model_version = "qemu-xen-traditional"
device_model_stubdomain_override = 1
device_model_stubdomain_seclabel = "x"
device_model_user = "nobody"
device_model_args = [ "-a" ]
device_model_args_pv = [ "-b", "-c" ]
device_model_args_hvm = [ "-d" ]
dm_restrict = 1
stubdomain_kernel = "/sk"
stubdomain_cmdline = "sc"
stubdomain_ramdisk = "/sr"
stubdomain_memory = 99
e820_host = 1
pci_msitranslate = 1
pci_power_mgmt = 1
pci_permissive = 1
pci_seize = 1
rdm = "strategy=host,policy=relaxed"
pci = [ "01:00.0", "0000:02:01.2@5,permissive=0,rdm_policy=strict" ]
dtdev = [ "/soc/a", "/soc/b" ]
usbctrl = [ "type=pv, version=2, ports=4", "version=1" ]
usbdev = [ "type=hostdev, hostbus=1, hostaddr=3, controller=0, port=2" ]
p9 = [ "tag=share,path=/srv,security_model=none,backend=0" ]
vtpm = [ "backend=vtpmd, uuid=22222222-2222-3333-4444-555555555555" ]
channel = [ "connection=pty, name=a", "name = b, connection = socket, path = /run/b.sock, backend = 0" ]
pvcalls = [ "backend=0", "" ]
vfb = [ "vnc=1,vnclisten=0.0.0.0,vncpasswd=x,vncdisplay=3,vncunused=0,keymap=de", "sdl=1,opengl=1,display=:0,xauthority=/x" ]
vkb = [ "backend-type=linux,unique-id=k,width=640,height=480,feature-abs-pointer=1,multi-touch-width=6,multi-touch-height=5,multi-touch-num-contacts=2", "backend-type=qemu,feature-disable-keyboard=1,feature-raw-pointer=0x1,backend=b" ]
vdispl = [ "backend=dd,be-alloc=1,connectors=id0:1920x1080;id1:800x600" ]
vsnd = [ [ "card, backend=sd, buffer-size=65536, short-name=Card, long-name=A card, sample-rates=44100;48000", "pcm, name=dev1, sample-formats=s8;u8;s16_le", "stream, unique-id=s1, type=p, channels-max=6", "stream, unique-id=s2, type=c", "pcm, name=dev2" ], [ "STREAM, unique-id=s3, type=P, channels-min=2" ] ]
gic_version = "v2"
vuart = "sbsa_uart"
tee = "none"
EOF
cat >"$scratch/hvm-keys.cfg" <<'EOF'
name = "all"
uuid = "11111111-2222-3333-4444-555555555555"
builder = "hvm"
memory = 512
vnuma = [ [ "pnode=0", "size=256", "vcpus=0,2-3", "vdistances=10,20" ], [ "pnode=0", "size=256", "vcpus=1", "vdistances=20,10" ] ]
maxvcpus = 4
timer_mode = "no_delay_for_missed_ticks"
tsc_mode = 2
altp2m = 1
vnc = 1
vnclisten = "0.0.0.0"
vncpasswd = ""
vncdisplay = 1
vncunused = 1
sdl = 0
opengl = 1
display = ":1"
xauthority = "/x"
keymap = "de"
stdvga = 1
nographic = 0
gfx_passthru = "igd"
spice = 1
spiceport = 6000
spicetls_port = 6001
spicehost = "0.0.0.0"
spicedisable_ticketing = 1
spicepasswd = "p"
spiceagent_mouse = 0
spicevdagent = 1
spice_clipboard_sharing = 1
spiceusbredirection = 4
spice_image_compression = "lz"
spice_streaming_video = "all"
boot = "dc"
hdtype = "AHCI"
serial = [ "pty", "null" ]
usb = 1
usbversion = 2
usbdevice = [ "host:1.1", "tablet" ]
vkb_device = 1
soundhw = "es1370"
xen_platform_pci = 0
vendor_device = "xenserver"
firmware_override = "/f"
bios_path_override = "/b"
bios = "seabios"
pae = 0
apic = 0
nx = 0
hpet = 0
vpt_align = 0
acpi_s3 = 0
acpi_s4 = 0
acpi_laptop_slate = 1
acpi_firmware = "/a"
smbios_firmware = "/s"
viridian = [ "defaults", "stimer", "!time_ref_count" ]
mmio_hole = 1024
rdm = "strategy=host,policy=relaxed"
rdm_mem_boundary = 1024
mca_caps = [ "lmce" ]
altp2mhvm = 1
cpuid = [ "1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxx0xxxxx", "0x7,0:ebx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxx0xx" ]
pci = [ "01:00.0" ]
channel = [ "connection=pty,name=c" ]
vif = [ "" , "model=e1000,type=ioemu,rate=10MB/s" ]
EOF
cat >"$scratch/pvh-keys.cfg" <<'EOF'
name = "all"
uuid = "11111111-2222-3333-4444-555555555555"
type = "pvh"
kernel = "/k"
memory = 128
pvshim = 1
pvshim_path = "/p"
pvshim_cmdline = "c"
pvshim_extra = "e"
timer_mode = 1
vfb = [ "vnc=1" ]
vkb = [ "backend-type=qemu" ]
nestedhvm = 1
EOF
# Outside of vfb a screen is written for PV guests too; a MAC with hyphens; xm's empty interface; prefixes of disks; what is
# set twice; what is of xm or of no meaning, and values that xl passes over.
cat >"$scratch/old-keys.cfg" <<'EOF'
name = 'web'
name += "01"
uuid = "11111111-2222-3333-4444-555555555555"
bootloader = '/usr/lib/xen-4.17/bin/pygrub'; bootloader_args = "-q --entry=1"
memory = "0x40"
memory = '128'
maxmem = 64
vcpus = 1
dhcp = 'dhcp'
on_xend_stop = 'shutdown'
serial = 'pty'
acpi = "yes"
localtime = [ 1 ]
vnc = 1
vnclisten = "0.0.0.0"
sdl = 0
keymap = 'de'
stdvga = 1
vif = [ ' ', 'mac=00-16-3e-0a-0b-0c, bridge = x, accel=1, nothing', 'mac=0:16:3e:a:b:c,type=tap', ]
disk = [
	'file:/srv/a.img,xvda2,w',  # a comment
	'phy:/dev/vg0/b,ioemu:hda,w', 'file:/srv/cd.iso,xvdc:cdrom,r',
	'tap2:aio:relative.img,xvdd,r', 'drbd:r0,xvde,w',
	'format=raw, vdev=xvdf, access=r, devtype=cdrom, target=/srv/x,y.iso',
]
EOF
cat >"$scratch/hvm-old-keys.cfg" <<'EOF'
builder='hvm'
name = "win"
uuid = "11111111-2222-3333-4444-555555555555"
kernel = "/usr/lib/xen-4.17/boot/hvmloader"
memory = 512
serial = 'pty'
gfx_passthru = 1
viridian = 1
usb = 1
usbdevice = 'tablet'
vga = 'qxl'
stdvga = 0
firmware = 'uefi'
boot = 'c'
paused = 0
tsc_mode = 1
timer_mode = 0
vnclisten = ""
EOF
if [ "$xen_version" != 4.17 ]; then
	cat >>"$scratch/pv-keys.cfg" <<-'EOF'
		virtio = [ "type=virtio,device22, transport=mmio, grant_usage=1, backend=0", "type=x" ]
		sve = "256"
		nr_spis = 64
		llc_colors = [ "0-3", "7" ]
		p9 += [ "type=xen_9pfsd, tag = t, max-files=5, max-open-files=6, max-space=7, auto-delete=1" ]
		vif = [ "bridge=a,vlan=5" ]
	EOF
	cat >>"$scratch/hvm-keys.cfg" <<-'EOF'
		smbios = [ "bios_vendor=Xen", "oem=a=b", "OEM=c" ]
		hvm_pirq = 1
	EOF
fi
# What `new` writes of --net is read by xl as by us, and xl complains of none of it.
networks=(--bridge xenbr1 --mac 00:16:3e:00:00:01 --ip 192.0.2.10/24 --ip6 2001:db8::10/64
	--net "bridge=xenbr2,mac=00:16:3e:00:00:02,ip=198.51.100.5/24,rate=10Mb/s@50ms,mtu=9000,trusted"
	--net "script=vif-route,gatewaydev=eth0,vifname=web,rate=1GB/s,untrusted,backend=0"
	--net "type=vif,model=e1000,ip=dhcp,ip6=none,rate=250KB/s@20")
[ "$xen_version" = 4.17 ] || networks+=(--net "vlan=10p/20-30u/100+10x4,script=vif-vlan")
xen_complains_of_none() { as_xl_reads_it "$1" >/dev/null && ! grep -i 'unrecognized\|invalid\|unknown\|failed' "$scratch/xl.err"; }
for type in pv pvh; do
	check "$type: interfaces are written" xen-bigdisk new "net-$type" --quiet --no-start --template none --size 16M --type "$type" --dir "$scratch" "${networks[@]}"
	check "$type: xl takes each key of the interfaces" xen_complains_of_none "$scratch/net-$type.cfg"
	check "$type: our JSON of them is xl's" alike "$scratch/net-$type.cfg"
done
# To xl an empty word is the beginning of "uefi".
printf '%s\n' 'type = "hvm"' 'name = "f"' 'uuid = "11111111-2222-3333-4444-555555555555"' 'firmware = ""' >"$scratch/firmware-keys.cfg"
for keys in pv pvh hvm old hvm-old firmware; do
	check "$keys-keys.cfg: our JSON is xl's" alike "$scratch/$keys-keys.cfg"
done
cat >"$scratch/unknown.cfg" <<'EOF'
name = "x"
type = "pv"
kernel = "/boot/vmlinuz"
memroy = 128
EOF
check "an unknown key is ignored with a warning, by name and line" says 'unknown.cfg:4: unknown key "memroy"' xen-bigdisk config "$scratch/unknown.cfg"
