/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xen-bigdisk-fleet(5): the format of a fleet's manifest, with the keys from their table. */
#include "cli/manual_fleet.h"

#include "cli/roff.h"
#include "fleet/keys.h"

static const char introduction[] =
	".SH SYNOPSIS\n.B xen\\-bigdisk fleet plan\n.I FILE\n.br\n.B xen\\-bigdisk fleet apply\n.I FILE\n"
	".SH DESCRIPTION\n"
	"A manifest says which guests there are to be on a dom0, and what they are. It is one JSON object:\n"
	".TP\n.B fleet\n"
	"the fleet's name (needed). It is written into each guest's config, and guests are known by it; MAC addresses\n"
	"follow from it and the guest's name.\n"
	".TP\n.B defaults\nan object of settings for all guests\n"
	".TP\n.B groups\n"
	"an object with a member for each group: an object with\n.B guests\n"
	"(a name, a range of names, or an array of them) and settings for the guests of the group\n"
	".TP\n.B guests\n"
	"an object with a member for each guest that has settings of its own. A name that is in no group is a guest\n"
	"too.\n"
	".PP\n"
	"There is at least one guest, and each is in one group at most. What a guest gets is what\n.B defaults\n"
	"say, then its group, then its own member of\n.BR guests ;\n"
	"the last that names a key wins, also for lists.\n"
	".PP\nA key that is not known, that is given twice or has a value of the wrong type is an error with file, line and\n"
	"column. Nothing is made before the whole manifest is checked.\n"
	".SH RANGES\n"
	"A name with two decimal numbers in braces stands for many, as in a shell:\n.B web{01..20}\n"
	"is web01, web02 and so on up to web20; leading zeros keep their width. There is one pair of braces in a name.\n"
	".PP\n"
	"In a group, the values of the keys that are marked \\(lqcounts along\\(rq below may have such a range too: the first\n"
	"guest gets the first value, the second the second. The range must be long enough for the guests.\n"
	".SH ADDRESSES\n"
	"A guest asks DHCP unless it has\n.B ip\nor\n.BR pool .\n"
	"From a pool,\n.BR 192.0.2.100\\-192.0.2.120/24\nor\n.BR 192.0.2.0/24 ,\n"
	"each guest takes one address; a guest that exists keeps the one that it has. Addresses of gateways and name servers\n"
	"are not given away. MAC and static addresses are unique in the manifest and among the configs of this host, where an\n"
	"interface's ip= (xl.cfg) counts too, or nothing is made.\n"
	".SH PATHS\n"
	"Paths of files are relative to the folder of the manifest; of a manifest from standard input\n.RB ( \\- ),\n"
	"to the working folder.\n"
	".SH KEYS\n"
	"Settings of defaults, groups and guests. Each but\n.BR network ,\n.B pool\nand\n.B autostart\n"
	"is an option of\n.B xen\\-bigdisk new\nand takes the values that the option takes.\n";

static const char closing[] =
	".SH CHANGES\n"
	"When a manifest has changed,\n.B xen\\-bigdisk fleet plan\n"
	"shows what that means and\n.B fleet apply\n"
	"does it. Guests that are new are made. Of guests that exist only what the manifest says is compared; what their\n"
	"administrators have set in the configs beside that stays. A change of a key without a mark is made in the guest's\n"
	"config, and holds from its next start or reboot. A change of one that is marked \\(lqneeds a new disk\\(rq is refused with the\n"
	"reason: what it says is in the guest's disk. What is marked \\(lqused once\\(rq is for guests that are made from then\n"
	"on. Guests that the manifest names no more are shown, and left alone.\n"
	".PP\nnull and [] take back what was said in a less specific place. Of keys that cannot be used together (ip and pool,\n"
	"the two of the root password, addresses and \"network\": false, boot and the type hvm) the more specific place wins;\n"
	"in one place they are an error.\n"
	".SH EXAMPLES\n"
	"Three guests from one template, which ask DHCP:\n"
	".PP\n.nf\n.RS 4\n"
	"{ \"fleet\": \"lab\",\n"
	"  \"defaults\": { \"template\": \"debian\\-12\", \"size\": \"8G\" },\n"
	"  \"groups\": { \"box\": { \"guests\": \"box{1..3}\" } } }\n"
	".RE\n.fi\n"
	".PP\nTwo groups, with static addresses that count along, and others from a pool; one guest is larger, and one is in\n"
	"no group:\n"
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

/* " [a list; counts along; needs a new disk]". */
static void put_marks(FILE *out, const struct bd_fleet_key *key)
{
	static const char *const kinds[] = {
		[BD_FLEET_TEXT] = "a string",
		[BD_FLEET_NUMBER] = "a number or a string",
		[BD_FLEET_FLAG] = "true or false",
		[BD_FLEET_LIST] = "a string or an array of strings",
	};

	fprintf(out, ".br\n(%s", kinds[key->kind]);
	if (key->is_path)
		fputs("; a path", out);
	if (key->counts)
		fputs("; counts along", out);
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
		fputs(".TP\n.B ", out);
		bd_roff_literal(out, key->name);
		fputc('\n', out);
		bd_roff_text(out, key->help);
		put_marks(out, key);
	}
	fputs(closing, out);
	fputs(".SH FILES\n"
	      ".TP\n.I " BD_DATADIR "/fleet.schema.json\nthe JSON Schema of manifests\n"
	      ".TP\n.I " BD_SYSCONFDIR "/xen/NAME.cfg\na guest's xl config; a comment in it names its fleet\n"
	      ".TP\n.I " BD_LOCALSTATEDIR "/lib/xen/images/NAME.img\na guest's disk\n"
	      ".SH \"SEE ALSO\"\n.BR xen\\-bigdisk (8),\n.BR xl.cfg (5)\n",
	      out);
}
