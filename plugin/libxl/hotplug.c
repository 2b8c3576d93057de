/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses hotplug programs. */
#include "libxl/hotplug.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xenstore.h>

#include "base/cleanup.h"
#include "libxl/config/bootloader.h"
#include "libxl/config/set_string.h"
#include "libxl/kept_config.h"
#include "libxl/local_disk.h"
#include "libxl/plugin.h"

/* libxl's XEN_SCRIPT_DIR, which it tells nobody. Xen's configure makes it of the folder of its configs, where `make install` puts ours. */
#define SCRIPTS BD_SYSCONFDIR "/xen/scripts"

/* One that somebody else has put there may not be run, as by chmod -x. */
static bool is_program(const char *path)
{
	struct stat there;

	return stat(path, &there) == 0 && S_ISREG(there.st_mode) && access(path, X_OK) == 0;
}

struct pair {
	const char *ours, *xens;
};

/* Where the obstacle is empty, ours is to be taken. */
static void find_one(const struct pair *pair, const char *obstacle, char path_out[BD_TOOLSTACK_SCRIPT_SIZE],
		     char why_out[BD_TOOLSTACK_WHY_SIZE])
{
	const char *folder = secure_getenv("XEN_BIGDISK_SCRIPTS");
	char ours[BD_TOOLSTACK_SCRIPT_SIZE];

	folder = folder ? folder : SCRIPTS;
	snprintf(why_out, BD_TOOLSTACK_WHY_SIZE, "%s", obstacle);
	snprintf(ours, sizeof(ours), "%.200s/%s", folder, pair->ours);
	snprintf(path_out, BD_TOOLSTACK_SCRIPT_SIZE, "%.200s/%s", folder, pair->xens);
	/* Ours leaves some cases to Xen's, beside it. */
	if (!*why_out && !is_program(path_out))
		snprintf(why_out, BD_TOOLSTACK_WHY_SIZE, "%s is not there, or may not be executed", path_out);
	if (!*why_out && !is_program(ours))
		snprintf(why_out, BD_TOOLSTACK_WHY_SIZE, "%s is not installed, or may not be executed", ours);
	if (!*why_out)
		memcpy(path_out, ours, sizeof(ours));
}

void bd_hotplug_find(bool xens, const struct bd_xlconf *xlconf, struct bd_toolstack_hotplug *hotplug_out)
{
	static const struct pair disk = { "block-bigdisk", "block" }, nic = { "vif-bigdisk", "vif-bridge" };
	const char *obstacle = xens ? "\"hotplug\" of the host's defaults is \"xen\""
			       : !xlconf->run_hotplug_scripts
				       ? "run_hotplug_scripts=0 in xl.conf leaves scripts to udev"
				       : "";

	*hotplug_out = (struct bd_toolstack_hotplug){ .struct_size = sizeof(*hotplug_out) };
	find_one(&disk, obstacle, hotplug_out->disk, hotplug_out->why_xens_disk);
	if (!*obstacle && xlconf->vif_script) {
		snprintf(hotplug_out->nic, sizeof(hotplug_out->nic), "%.*s", BD_TOOLSTACK_SCRIPT_SIZE - 1,
			 xlconf->vif_script);
		snprintf(hotplug_out->why_xens_nic, sizeof(hotplug_out->why_xens_nic),
			 "vif.default.script of xl.conf names it");
	} else {
		find_one(&nic, obstacle, hotplug_out->nic, hotplug_out->why_xens_nic);
	}
}

void bd_hotplug_choice_dispose(struct bd_hotplug_choice *choice)
{
	free(choice->disks);
	free(choice->nics);
	*choice = (struct bd_hotplug_choice){ 0 };
}

static bool is_virtio(const libxl_device_disk *disk)
{
#ifdef LIBXL_HAVE_DEVICE_DISK_SPECIFICATION
	return disk->specification == LIBXL_DISK_SPECIFICATION_VIRTIO;
#else
	(void)disk;
	return false;
#endif
}

/* libxl would run Xen's block, in this domain: its backend is phy, the only one that takes a script (disk_try_backend of libxl_device.c).
 * With a script libxl no longer looks whether the file is there, so that is left to it. The CD drive of an HVM guest has qdisk. */
static bool has_xens_block(const libxl_domain_config *config, const libxl_device_disk *disk)
{
	if (is_virtio(disk))
		return false;
	if (disk->backend != LIBXL_DISK_BACKEND_UNKNOWN && disk->backend != LIBXL_DISK_BACKEND_PHY)
		return false;
	if (!libxl_defbool_is_default(disk->colo_enable) && libxl_defbool_val(disk->colo_enable))
		return false;
	if (disk->is_cdrom && config->c_info.type == LIBXL_DOMAIN_TYPE_HVM)
		return false;
	return bd_disk_is_local(disk);
}

static bool has_xens_vif_bridge(const libxl_device_nic *nic)
{
	return !nic->script && !nic->backend_domname && nic->backend_domid == 0;
}

/* calloc of no member may give NULL. */
static bool *make_flags(int count)
{
	return calloc((size_t)count + 1, sizeof(bool));
}

static int choose_disks(const struct bd_toolstack_hotplug *hotplug, libxl_domain_config *config,
			struct bd_hotplug_choice *choice, struct bd_error *err)
{
	choice->disks = make_flags(config->num_disks);
	if (!choice->disks)
		return bd_no_memory(err);
	choice->disk_count = config->num_disks;
	for (int i = 0; !*hotplug->why_xens_disk && i < config->num_disks; i++) {
		if (!has_xens_block(config, &config->disks[i]))
			continue;
		if (bd_set_string(&config->disks[i].script, hotplug->disk, err) != 0)
			return -1;
		choice->disks[i] = true;
	}
	return 0;
}

static int choose_nics(const struct bd_toolstack_hotplug *hotplug, libxl_domain_config *config,
		       struct bd_hotplug_choice *choice, struct bd_error *err)
{
	choice->nics = make_flags(config->num_nics);
	if (!choice->nics)
		return bd_no_memory(err);
	choice->nic_count = config->num_nics;
	for (int i = 0; !*hotplug->why_xens_nic && i < config->num_nics; i++) {
		if (!has_xens_vif_bridge(&config->nics[i]))
			continue;
		if (bd_set_string(&config->nics[i].script, hotplug->nic, err) != 0)
			return -1;
		choice->nics[i] = true;
	}
	return 0;
}

int bd_hotplug_before_create(const struct bd_toolstack_hotplug *hotplug, libxl_domain_config *config,
			     struct bd_hotplug_choice *choice_out, struct bd_error *err)
{
	if (choose_nics(hotplug, config, choice_out, err) != 0)
		return -1;
	return bd_bootloader_runs(config) ? 0 : choose_disks(hotplug, config, choice_out, err);
}

int bd_hotplug_during_create(const struct bd_toolstack_hotplug *hotplug, libxl_domain_config *config,
			     struct bd_hotplug_choice *choice, struct bd_error *err)
{
	return choice->disks ? 0 : choose_disks(hotplug, config, choice, err);
}

void bd_hotplug_take_out(const struct bd_hotplug_choice *choice, libxl_domain_config *config)
{
	for (int i = 0; i < choice->disk_count && i < config->num_disks; i++)
		if (choice->disks[i]) {
			free(config->disks[i].script);
			config->disks[i].script = NULL;
		}
	for (int i = 0; i < choice->nic_count && i < config->num_nics; i++)
		if (choice->nics[i]) {
			free(config->nics[i].script);
			config->nics[i].script = NULL;
		}
}

static bool has_chosen(const struct bd_hotplug_choice *choice)
{
	for (int i = 0; i < choice->disk_count; i++)
		if (choice->disks[i])
			return true;
	for (int i = 0; i < choice->nic_count; i++)
		if (choice->nics[i])
			return true;
	return false;
}

int bd_hotplug_after_create(const struct bd_xen *xen, uint32_t domid, const struct bd_hotplug_choice *choice,
			    struct bd_error *err)
{
	BD_DISPOSE(libxl_domain_config_dispose) libxl_domain_config kept;

	libxl_domain_config_init(&kept);
	if (!has_chosen(choice))
		return 0;
	int r = bd_kept_config_read(xen, domid, &kept, err);
	if (r == 0) {
		bd_hotplug_take_out(choice, &kept);
		r = bd_kept_config_write(xen, domid, &kept, err);
	}
	return r == 0 ? 0
		      : bd_fail(err, EIO,
				"what libxl keeps of the config of domain %u names the hotplug scripts of xen-bigdisk, which a host "
				"that the domain is migrated to will need",
				domid);
}

int bd_hotplug_leave_disks(uint32_t domid, struct bd_error *err)
{
	struct xs_handle *xs = xs_open(0);
	char path[96];
	unsigned count = 0;
	bool written = true;

	if (!xs)
		return bd_fail_errno(err, "cannot open xenstore");
	snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%u", domid);
	BD_FREE char **devices = xs_directory(xs, XBT_NULL, path, &count);
	for (unsigned i = 0; devices && i < count && written; i++) {
		snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%u/%.20s/bigdisk-left", domid, devices[i]);
		written = xs_write(xs, XBT_NULL, path, "1", 1);
	}
	int r = written ? 0 : bd_fail_errno(err, "cannot write %s in xenstore", path);
	xs_close(xs);
	return r;
}

bool bd_hotplug_wants_xens(const struct bd_toolstack_host *host)
{
	return BD_HAS(host, xens_hotplug) && host->xens_hotplug;
}

int bd_hotplug_describe(const struct bd_toolstack_host *host, struct bd_toolstack_hotplug *hotplug_out,
			struct bd_error *err)
{
	BD_DISPOSE(bd_xlconf_dispose) struct bd_xlconf xlconf = { 0 };

	if (bd_xlconf_read(&xlconf, err))
		return -1;
	bd_hotplug_find(bd_hotplug_wants_xens(host), &xlconf, hotplug_out);
	return 0;
}
