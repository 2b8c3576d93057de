/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the xl config. */
#include "xlcfg/write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"
#include "guest/description.h"
#include "guest/network_spec.h"
#include "xlcfg/boot.h"
#include "xlcfg/quote.h"
#include "xlcfg/read.h"

static int put_boot(FILE *out, const struct bd_guest *guest, const struct bd_xlcfg_files *files, struct bd_error *err)
{
	const struct bd_xlcfg_boot boot = { .how = guest->boot,
					    .restrict_bootloader = guest->restrict_bootloader,
					    .kernel = files->kernel,
					    .ramdisk = files->ramdisk,
					    .cmdline = files->cmdline };

	return bd_xlcfg_put_boot(out, &boot, err);
}

/* An HVM guest's firmware sees sda as a SCSI disk and reads runs of sectors by DMA; anything else as IDE, which it reads
 * word by word, each an exit to the device model (231 s against 70 s for a boot in the lab). Linux unplugs either for
 * the PV disk, which it calls xvda all the same.
 * Windows has no driver for the SCSI controller, so its disk is IDE, and its seed a CD.
 * In a disk specification, target= takes all that follows, but loses a comma at the very end. */
static int format_disk(const char *how, const char *path, char **quoted_out, struct bd_error *err)
{
	BD_FREE char *spec = NULL;
	size_t length = strlen(path);

	if (path[0] != '/' || path[length - 1] == ',')
		return bd_fail(err, EINVAL, "\"%s\" cannot be written in an xl disk specification", path);
	if (bd_text_format(&spec, err, "format=raw, %s, target=%s", how, path) != 0)
		return -1;
	return bd_xlcfg_quote(spec, quoted_out, err);
}

/* QEMU's SCSI controller has seven disks, its IDE four, of which Windows' third is the seed's CD. What comes after those
 * has no emulated device, and is there once the guest has drivers for Xen's. */
static void name_device(const struct bd_guest *guest, bool is_windows, unsigned index, char name_out[8])
{
	bool is_hvm = guest->type == BD_GUEST_HVM, is_ide = is_hvm && is_windows;
	unsigned letter = is_ide && index >= 2 ? index + 1 : index;
	const char *kind = is_ide && letter < 4 ? "hd" : is_hvm && !is_ide && letter < 7 ? "sd" : "xvd";

	snprintf(name_out, 8, "%s%c", kind, (char)('a' + letter));
}

static int put_disk(FILE *out, const char *name, const char *access, const char *path, const char *separator,
		    struct bd_error *err)
{
	BD_FREE char *how = NULL, *spec = NULL;

	if (bd_text_format(&how, err, "vdev=%s, access=%s", name, access) != 0 ||
	    format_disk(how, path, &spec, err) != 0)
		return -1;
	fprintf(out, "%s%s", separator, spec);
	return 0;
}

static int put_disk_list(FILE *out, const struct bd_guest *guest, const struct bd_xlcfg_files *files,
			 struct bd_error *err)
{
	static const char next[] = ",\n         ";
	bool has_cd = guest->type == BD_GUEST_HVM && files->is_windows;
	char name[8];

	name_device(guest, files->is_windows, 0, name);
	if (put_disk(out, name, "rw", files->image, "disk = [ ", err) != 0)
		return -1;
	for (unsigned i = 0; i < guest->disks.count; i++) {
		name_device(guest, files->is_windows, i + 1, name);
		if (put_disk(out, name, "rw", files->disks[i], next, err) != 0)
			return -1;
	}
	name_device(guest, files->is_windows, (unsigned)guest->disks.count + 1, name);
	if (files->seed &&
	    put_disk(out, has_cd ? "hdc" : name, has_cd ? "ro, devtype=cdrom" : "ro", files->seed, next, err) != 0)
		return -1;
	fputs(" ]\n", out);
	return 0;
}

static int put_disks(FILE *out, const struct bd_guest *guest, const struct bd_xlcfg_files *files,
		     struct bd_error *err)
{
	fputs("# The first disk is the boot disk; its target= extends to the end of the string.\n", out);
	if (files->seed)
		fprintf(out,
			"# From the %s, cloud-init reads the guest's name, keys and network at its first boot.\n",
			guest->disks.count ? "last" : "second");
	return put_disk_list(out, guest, files, err);
}

static int put_networks(FILE *out, const struct bd_networks *networks, struct bd_error *err)
{
	BD_FREE char *list = NULL;

	if (!networks->count)
		return 0;
	if (bd_xlcfg_vif_list(networks, &list, err) != 0)
		return -1;
	fprintf(out, "vif = %s\n", list);
	return 0;
}

static int put_word(FILE *out, unsigned *count, const char *key, const char *value, struct bd_error *err)
{
	for (const char *at = value; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return bd_fail(
				err, EINVAL,
				"the %s \"%s\" contains a blank or control character, which is not allowed here", key,
				value);
	fprintf(out, "%s%s=%s", (*count)++ ? " " : "# xen-bigdisk: ", key, value);
	return 0;
}

static int put_further_network(FILE *out, unsigned *count, size_t number, const struct bd_network *network,
			       struct bd_error *err)
{
	char key[BD_CFG_NETWORK_KEY_SIZE], text[BD_NETWORK_SPEC_SIZE];

	bd_cfg_network_key(number, key);
	bd_network_spec_format(network, text);
	return put_word(out, count, key, text, err);
}

/* What xl has no key for; read again by xlcfg/read.c. */
static int put_comment(FILE *out, const struct bd_guest *guest, const struct bd_xlcfg_files *files,
		       struct bd_error *err)
{
	static const struct bd_network none;
	const struct bd_network *first = bd_networks_first(&guest->networks), *network = first ? first : &none;
	char address[BD_ADDRESSES_TEXT_SIZE], address6[BD_ADDRESSES_TEXT_SIZE];
	char dns[BD_DNS_TEXT_SIZE];
	unsigned count = 0;

	bd_network_format_addresses(network->addresses, network->address_count, address);
	bd_network_format_addresses(network->addresses6, network->address6_count, address6);
	bd_network_format_dns(network, dns);
	const struct {
		const char *key, *value;
	} words[] = { { "template", files->template },
		      { "address", address },
		      { "gateway", network->gateway },
		      { "ip6", first && !*address6 ? bd_ip6_name(first->ip6) : NULL },
		      { "address6", address6 },
		      { "gateway6", network->gateway6 },
		      { "dns", dns },
		      { "fleet", files->fleet },
		      { "report", files->never_reports ? "none" : NULL } };
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i].value && *words[i].value &&
		    put_word(out, &count, words[i].key, words[i].value, err) != 0)
			return -1;
	for (size_t i = 1; i < guest->networks.count; i++)
		if (put_further_network(out, &count, i, &guest->networks.items[i], err) != 0)
			return -1;
	if (count)
		fputc('\n', out);
	return 0;
}

static int put_all(FILE *out, const struct bd_guest *guest, const struct bd_xlcfg_files *files, struct bd_error *err)
{
	char uuid[BD_UUID_TEXT_SIZE];

	bd_format_uuid(guest->uuid, uuid);
	fprintf(out,
		"# %s, made by xen-bigdisk. Edit it as you like (xl.cfg(5)): it is the guest's only description.\n",
		guest->name);
	if (put_comment(out, guest, files, err) != 0 || bd_xlcfg_put_string(out, "name", guest->name, err) != 0)
		return -1;
	fprintf(out,
		"# The uuid identifies the guest across reboots, saves and renames; memory is in MiB.\n"
		"uuid = \"%s\"\ntype = \"%s\"\nmemory = %llu\nvcpus = %u\n\n",
		uuid, bd_guest_type_name(guest->type), (unsigned long long)guest->memory_mib, guest->vcpus);
	if (put_boot(out, guest, files, err) != 0)
		return -1;
	fputc('\n', out);
	if (put_disks(out, guest, files, err) != 0)
		return -1;
	if (put_networks(out, &guest->networks, err) != 0)
		return -1;
	fputs("\n# Actions when the guest powers off, reboots or crashes.\n"
	      "on_poweroff = \"destroy\"\non_reboot = \"restart\"\non_crash = \"destroy\"\n",
	      out);
	return 0;
}

int bd_xlcfg_vif_list(const struct bd_networks *networks, char **list_out, struct bd_error *err)
{
	char *text = NULL, mac[BD_MAC_TEXT_SIZE];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return bd_no_memory(err);
	for (size_t i = 0; i < networks->count; i++) {
		const struct bd_network *network = &networks->items[i];
		bd_mac_format(network->mac, mac);
		fprintf(out, "%s\"mac=%s, bridge=%s%s%s\"", i ? ",\n        " : "[ ", mac, network->bridge,
			network->vif[0] ? ", " : "", network->vif);
	}
	fputs(networks->count ? " ]" : "[ ]", out);
	if (fclose(out) != 0) {
		free(text);
		return bd_no_memory(err);
	}
	*list_out = text;
	return 0;
}

int bd_xlcfg_format(const struct bd_guest *guest, const struct bd_xlcfg_files *files, char **text_out,
		    struct bd_error *err)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return bd_no_memory(err);
	int r = put_all(out, guest, files, err);
	if (fclose(out) != 0 && r == 0)
		r = bd_no_memory(err);
	if (r != 0) {
		free(text);
		return -1;
	}
	*text_out = text;
	return 0;
}
