/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xen-bigdisk-fleet(5): the format of a fleet's manifest, with the keys from their table. */
#include "cli/manual_fleet.h"

#include "cli/roff.h"
#include "fleet/keys.h"
#include "fleet/networks.h"

static const char introduction[] =
	".SH SYNOPSIS\n.B xen\\-bigdisk fleet plan\n.I FILE\n.br\n.B xen\\-bigdisk fleet apply\n.I FILE\n"
	".SH DESCRIPTION\n"
	"A manifest describes the guests that should exist on a dom0. It is one JSON object:\n"
	".TP\n.B fleet\n"
	"the fleet's name (required). It is written into each guest's config and identifies the fleet's guests; MAC\n"
	"addresses are derived from it and the guest's name.\n"
	".TP\n.B defaults\nan object with settings for all guests\n"
	".TP\n.B groups\n"
	"an object with a member for each group: an object with\n.B guests\n"
	"(a name, a range of names, or an array of them) and settings for the guests of the group\n"
	".TP\n.B guests\n"
	"an object with a member for each guest that has its own settings. A name that is in no group is a guest, too.\n"
	".PP\n"
	"There must be at least one guest, and no guest may be in more than one group. A guest's settings come from\n"
	".BR defaults ,\n"
	"then from its group, then from its own member of\n.BR guests ;\n"
	"the last one that has a key wins, for lists as well.\n"
	".PP\nA key that is unknown, given twice, or has a value of the wrong type is an error with file, line and\n"
	"column. Nothing is created until the whole manifest has been checked.\n"
	".SH RANGES\n"
	"A name with two decimal numbers in braces stands for many, as in a shell:\n.B web{01..20}\n"
	"is web01, web02 and so on up to web20; leading zeros are kept. A name can have one pair of braces.\n"
	".PP\n"
	"In a group, the values of the keys marked \\(lqmay be a range\\(rq below can have such a range, too: the first\n"
	"guest gets the first value, the second guest the second. The range must be long enough for the guests.\n"
	".SH ADDRESSES\n"
	"A guest uses DHCP unless it has\n.B ip\nor\n.BR pool .\n"
	"From a pool,\n.BR 192.0.2.100\\-192.0.2.120/24\nor\n.BR 192.0.2.0/24 ,\n"
	"each guest gets one address; an existing guest keeps its own. Addresses of gateways and name servers are not\n"
	"assigned. The same holds for objects of\n.BR networks .\nMAC and static addresses must be unique in the manifest and among the configs of this host, including\n"
	"the ip= of their interfaces (xl.cfg); otherwise nothing is created.\n"
	".SH PATHS\n"
	"Paths of files are relative to the directory of the manifest, or, for a manifest from standard input\n.RB ( \\- ),\n"
	"to the current directory.\n"
	".SH KEYS\n"
	"Settings of defaults, groups and guests. Each except\n.BR network ,\n.B pool\nand\n.B autostart\n"
	"is an option of\n.B xen\\-bigdisk new\nand accepts the same values.\n";

static const char networks[] = ".SH NETWORKS\n"
			       "An object of\n.B networks\n"
			       "describes an interface behind the first. Its keys are\n";

static const char host[] =
	".SH HOST DEFAULTS\n.I " BD_SYSCONFDIR "/xen\\-bigdisk/defaults.json\n"
	"has defaults of this host for new guests: one JSON object with the keys of\n.BR defaults .\n"
	".B xen\\-bigdisk new\nand\n.B fleet apply\n"
	"use them where nothing else says the same: the command line comes before a guest of the manifest, that before its\n"
	"group, that before the manifest's defaults, and these come before the host's; what is built in comes last. A list\n"
	"replaces the host's. null in a manifest cancels the host's value;\n.B \\-\\-no\\-defaults\n"
	"ignores the file. There need not be one.\n"
	".PP\nThe host's defaults make no guest impossible: what a guest cannot have is passed over. A gateway is for guests\n"
	"with a static address in its network, name servers for those with a static address; what is written into a\n"
	"filesystem is not for a template of a whole disk, and nothing of it for an empty disk; type and boot are not for\n"
	"whole disks; user_data needs cloud\\-init in the template, run_once needs systemd.\n"
	".B xen\\-bigdisk new \\-\\-dry\\-run\n"
	"shows each value with where it comes from, and what is passed over with the reason.\n"
	".PP\nGuests that exist are not compared with the host's defaults: a change of the file is for guests that are created\n"
	"from then on.\n.B xen\\-bigdisk clone\ntakes gateway, gateway6, ip6 and dns; everything else is its source's.\n"
	".PP\nWhat only one guest can have is refused: name, device, mac, ip, network, networks, static addresses of ip6,\n"
	"and uefi of boot. pool and autostart are for manifests. Paths are relative to the directory of the file. An unknown\n"
	"key, a value that\n.B xen\\-bigdisk new\n"
	"would refuse, and a file that others than its owner can write to are errors, before anything is created.\n"
	".PP\n.nf\n.RS 4\n"
	"{ \"template\": \"debian\\-13\", \"size\": \"8G\", \"memory\": \"1G\", \"bridge\": \"xenbr0\",\n"
	"  \"gateway\": \"192.0.2.1\", \"dns\": \"192.0.2.53\", \"ssh_keys\": \"admin.pub\" }\n"
	".RE\n.fi\n";

static const char closing[] =
	".SH CHANGES\n"
	"When a manifest has changed,\n.B xen\\-bigdisk fleet plan\n"
	"shows the consequences and\n.B fleet apply\n"
	"applies them. New guests are created. Existing guests are compared only in what the manifest sets; anything else\n"
	"that administrators have set in the configs is kept. A change of a key without a mark is made in the guest's\n"
	"config, and takes effect at its next start or reboot. A change of a key marked \\(lqneeds a new disk\\(rq is\n"
	"refused with the reason, as its value is in the guest's disk. A key marked \\(lqused once\\(rq applies only to\n"
	"guests created from then on. Guests that the manifest no longer names are shown and left alone.\n"
	".PP\nnull and [] cancel what a less specific place sets. Of keys that exclude each other (ip and pool, the two for\n"
	"the root password, addresses and \"network\": false, boot and the type hvm) the more specific place wins; in the\n"
	"same place they are an error.\n"
	".SH EXAMPLES\n"
	"Three guests from one template, using DHCP:\n"
	".PP\n.nf\n.RS 4\n"
	"{ \"fleet\": \"lab\",\n"
	"  \"defaults\": { \"template\": \"debian\\-12\", \"size\": \"8G\" },\n"
	"  \"groups\": { \"box\": { \"guests\": \"box{1..3}\" } } }\n"
	".RE\n.fi\n"
	".PP\nTwo groups, one with a range of static addresses, one with addresses from a pool; one guest has more memory, and\n"
	"one is in no group:\n"
	".PP\n.nf\n.RS 4\n"
	"{ \"fleet\": \"shop\",\n"
	"  \"defaults\": {\n"
	"    \"template\": \"debian\\-12\", \"size\": \"10G\", \"memory\": \"1G\",\n"
	"    \"gateway\": \"192.0.2.1\", \"dns\": \"192.0.2.1\",\n"
	"    \"ssh_keys\": [\"admin.pub\"], \"autostart\": true },\n"
	"  \"groups\": {\n"
	"    \"web\": { \"guests\": \"web{01..20}\", \"ip\": \"192.0.2.{11..30}/24\" },\n"
	"    \"db\": { \"guests\": [\"db1\", \"db{2..3}\"], \"type\": \"pvh\",\n"
	"            \"pool\": \"192.0.2.100\\-192.0.2.120/24\" } },\n"
	"  \"guests\": {\n"
	"    \"web07\": { \"memory\": \"4G\" },\n"
	"    \"mail\": { \"ip\": \"192.0.2.40/24\", \"files\": [\"motd:/etc/motd\"] } } }\n"
	".RE\n.fi\n";

static void begin_key(FILE *out, const char *name, const char *help)
{
	fputs(".TP\n.B ", out);
	bd_roff_literal(out, name);
	fputc('\n', out);
	bd_roff_text(out, help);
}

static void put_networks(FILE *out)
{
	fputs(networks, out);
	for (const struct bd_fleet_network_key *key = bd_fleet_network_keys; key->name; key++) {
		begin_key(out, key->name, key->help);
		fprintf(out, ".br\n(%s%s)\n", bd_fleet_kind_name(key->kind), key->counts ? "; may be a range" : "");
	}
}

/* "(a string; may be a range; needs a new disk)". */
static void put_marks(FILE *out, const struct bd_fleet_key *key)
{
	fprintf(out, ".br\n(%s", bd_fleet_kind_name(key->kind));
	if (key->is_path)
		fputs("; a path", out);
	if (key->counts)
		fputs("; may be a range", out);
	if (key->place == BD_FLEET_IN_DISK)
		fputs("; needs a new disk", out);
	if (key->place == BD_FLEET_ONCE)
		fputs("; used once", out);
	fputs(")\n", out);
}

void bd_manual_fleet(FILE *out)
{
	bd_roff_begin(out, "xen-bigdisk-fleet", 5, "File formats", "manifest of a fleet of Xen guests");
	fputs(introduction, out);
	for (const struct bd_fleet_key *key = bd_fleet_keys; key->name; key++) {
		begin_key(out, key->name, key->help);
		put_marks(out, key);
	}
	put_networks(out);
	fputs(host, out);
	fputs(closing, out);
	fputs(".SH FILES\n"
	      ".TP\n.I " BD_DATADIR "/fleet.schema.json\nthe JSON schema of manifests\n"
	      ".TP\n.I " BD_SYSCONFDIR "/xen\\-bigdisk/defaults.json\nthis host's defaults for new guests\n"
	      ".TP\n.I " BD_DATADIR "/defaults.schema.json\nthe JSON schema of that file\n"
	      ".TP\n.I " BD_SYSCONFDIR "/xen/NAME.cfg\na guest's xl config; a comment in it names its fleet\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/lib/xen/images/NAME.img\na guest's disk\n"
	      ".SH \"SEE ALSO\"\n.BR xen\\-bigdisk (8),\n.BR xl.cfg (5)\n",
	      out);
}
