/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `renew`: another identity for the system on a disk. */
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/guest/made_json.h"
#include "cli/guest/request_options.h"
#include "cli/guest/request_rows.h"
#include "cli/image/advice.h"
#include "ops/renew/renew.h"

struct renew_options {
	const char *name, *mac, *gateway, *gateway6, *seed, *seed_file;
	struct bd_texts ips, ip6s, nets, dns;
	bool only_name, dry_run, json;
};

#define AT(member) offsetof(struct renew_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Identity", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "name", "NAME", "the name that the system gets: its host name; required", AT(name) },
	{ BD_OPTION_FLAG, "only-name", NULL,
	  "it is the same guest by another name: keys, machine-id and UUID stay as they are", AT(only_name) },
	{ BD_OPTION_TEXT, "seed", "STRING",
	  "derive everything random from STRING and NAME. Anyone who knows STRING can derive the guest's keys",
	  AT(seed) },
	{ BD_OPTION_TEXT, "seed-file", "FILE", "as --seed, with the first line of FILE for STRING", AT(seed_file) },
	{ BD_OPTION_HEADING, "Network: as it is, unless one of these is given", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "mac", "MAC", "MAC address of the interface, by which its configuration knows it",
	  AT(mac) },
	REQUEST_NETWORK_ROWS(struct renew_options),
	{ BD_OPTION_HEADING, "Operation", NULL, NULL, 0 },
	{ BD_OPTION_FLAG, "dry-run", NULL, "check everything and touch nothing", AT(dry_run) },
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int print_json(const struct renew_result *result, const struct renew_request *request, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "target", result->image);
	bd_json_string(json, "name", result->guest.name);
	bd_json_string(json, "old_name", *result->old_name ? result->old_name : NULL);
	bd_json_string(json, "state", request->only_plan ? "planned" : "renewed");
	bd_json_bool(json, "only_name", request->only_name);
	bd_json_uuid(json, "root_uuid", result->guest.root_uuid);
	if (result->has_network)
		made_json_networks(json, &result->guest.networks);
	else
		bd_json_string(json, "known_mac", *result->known_mac.path ? result->known_mac.mac : NULL);
	made_json_host_keys(json, &result->identity);
	return bd_json_finish(json, err);
}

static int print(const struct renew_result *result, const struct renew_request *request, bool json,
		 struct bd_error *err)
{
	const char *old = *result->old_name ? result->old_name : "without a name";

	if (json)
		return print_json(result, request, err);
	if (request->only_plan) {
		bd_print(stdout, "%s, %s, would become %s%s\n", result->image, old, result->guest.name,
			 request->only_name ? " and stay the same otherwise" : "");
		return 0;
	}
	if (bd_log_level() < BD_LOG_INFO)
		return 0;
	bd_print(stdout, "%s, %s, is now %s\n", result->image, old, result->guest.name);
	if (result->identity.ssh_host_key_type[0])
		bd_print(stdout, "Its SSH host key is %s, %s\n", result->identity.ssh_host_key_type,
			 result->identity.ssh_host_key_fingerprint);
	return 0;
}

/* It is reached by nobody if its interface has another address. */
static void warn_of_mac(const struct renew_result *result)
{
	if (*result->known_mac.path)
		bd_warn("%s in it knows the network interface by its MAC address, %s, and has stayed as it was; if the interface gets another one, give that by --mac",
			result->known_mac.path, result->known_mac.mac);
}

static int run_renew(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct renew_options *options = options_pointer;
	BD_DISPOSE(bd_create_request_dispose) struct bd_create_request identity;
	BD_DISPOSE(renew_result_dispose) struct renew_result result = { 0 };
	const struct renew_request request = { .target = arguments[0],
					       .identity = &identity,
					       .only_name = options->only_name,
					       .only_plan = options->dry_run };

	bd_create_request_init(&identity);
	bd_progress_only_long();
	if (options->json)
		bd_progress_init(BD_PROGRESS_OFF);
	if (!options->name)
		return bd_usage(err, "--name NAME is required: what the system will be called");
	if (options->only_name && (options->seed || options->seed_file))
		return bd_usage(err, "--only-name and --seed%s cannot be used together",
				options->seed ? "" : "-file");
	identity.name = options->name;
	identity.only_disk = true;
	if (request_from_options(option_table, options, &identity, err) != 0)
		return -1;
	if (image_renew(&request, &result, err) != 0) {
		image_advise(arguments[0], err);
		return request_fail(err);
	}
	warn_of_mac(&result);
	return print(&result, &request, options->json, err);
}

const struct bd_command bd_command_renew = {
	.name = "renew",
	.arguments = "TARGET",
	.summary = "give the system on a disk another name and identity",
	.description =
		"Gives the system on TARGET, an image or a block device that no guest uses now, an identity of its own, as "
		"`clone` does in the copies that it makes: host name, /etc/hosts, titles of the boot menu, machine-id, SSH host keys, secrets and "
		"DHCP leases, and the filesystem's UUID with what names it. Network and accounts stay as they are, unless something of "
		"the network is given; a MAC address that stays in it is warned of. It is for copies that another tool has made. With --only-name it is for a guest that another tool has renamed: "
		"only the name changes.\n\n"
		"All of it is one transaction of the filesystem's journal: it is done as a whole or not at all. The one exception is the UUID of "
		"an ext4 filesystem whose checksums depend on it, which tune2fs changes first.\n\n"
		"Nothing else on the disk is touched: partition table and disk signature, swap, and other filesystems stay as they are, and so "
		"does what a further filesystem such as /var has of an identity. A disk without a system, a damaged one and one that is in use are refused.",
	.examples =
		"xen-bigdisk renew /dev/vg/web02 --name web02\ta copy of web01's volume becomes web02\n"
		"xen-bigdisk renew web.img --name www --only-name\tonly another name\n"
		"xen-bigdisk renew web02.img --name web02 --mac 00:16:3e:00:00:02 --ip 192.0.2.12/24 --gateway 192.0.2.1\twith an "
		"address of its own\n",
	.statuses = "45",
	.options = option_table,
	.options_size = sizeof(struct renew_options),
	.run = run_renew,
};
