/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet's manifest: which guests there are to be. JSON:
 *
 *   { "fleet": "shop",
 *     "defaults": { "template": "debian-12", "memory": "1G", "gateway": "192.0.2.1", "ssh_keys": ["admin.pub"] },
 *     "groups": {
 *       "web": { "guests": "web{01..20}", "ip": "192.0.2.{11..30}/24" },
 *       "db":  { "guests": ["db1", "db{2..3}"], "pool": "192.0.2.100-192.0.2.120/24", "type": "pvh" } },
 *     "guests": { "web07": { "memory": "4G" }, "mail": {} } }
 *
 * "fleet" and at least one guest are needed. A guest's settings are those of "defaults", then of its group, then its own
 * in "guests"; the last wins, also for lists. A guest is in one group at most; names in "guests" that no group has are
 * guests of their own. The keys are those of bd_fleet_keys; null and [] take back what was said before. Of things that
 * exclude each other (ip and pool; root_password_hash and root_password_file; "network": false and addresses; "type":
 * "hvm" and boot) the more specific place wins; in one place they are an error. A gateway of "defaults" is for the guests
 * with a static address only. Schema: templates/fleet.schema.json; manual: xen-bigdisk-fleet(5).
 */
#ifndef BD_FLEET_MANIFEST_H
#define BD_FLEET_MANIFEST_H

#include "base/err.h"
#include "fleet/fleet.h"

/* All that is wrong with the text itself is found here: unknown keys (with the one that was probably meant), wrong types,
 * ranges that cannot be, a guest twice, a range of addresses shorter than its guests. Values are left to `new`'s own
 * checks. EINVAL, with file, line and column. path "-": standard input, its relative paths are the working directory's. */
int bd_fleet_read(const char *path, struct bd_fleet *fleet_out, struct bd_error *err);

#endif
