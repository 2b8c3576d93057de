/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats: cloud-init's reference of the NoCloud datasource, of its network configuration, and of its modules cc_ssh,
 * cc_users_groups, cc_write_files and cc_runcmd. */
#include "guest/nocloud.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "base/parse.h"
#include "base/text.h"
#include "guest/network_texts.h"

#define RUN_ONCE "/var/lib/xen-bigdisk/run-once"
#define BASE64_BYTES 57u /* of a line */
#define BOUNDARY "=====xen-bigdisk====="
#define ROOT_PASSWORD "  - name: root\n    lock_passwd: false\n    hashed_passwd: "

void bd_nocloud_write_meta_data(FILE *out, const struct bd_guest *guest)
{
	char uuid[BD_UUID_TEXT_SIZE];

	bd_format_uuid(guest->uuid, uuid);
	fprintf(out, "instance-id: %s\nlocal-hostname: %s\n", uuid, guest->name);
}

int bd_nocloud_rename(const char *meta_data, const char *old_name, const char *new_name, char **text_out,
		      struct bd_error *err)
{
	static const char key[] = "\nlocal-hostname: "; /* never the first line */
	const char *line = strstr(meta_data, key), *name = line ? line + strlen(key) : NULL;
	size_t length = strlen(old_name);

	*text_out = NULL;
	if (!name || strncmp(name, old_name, length) != 0 || (name[length] != '\n' && name[length] != '\0'))
		return 0;
	return bd_text_format(text_out, err, "%.*s%s%s", (int)(name - meta_data), meta_data, new_name, name + length);
}

struct meta_line {
	const char *key, *value;
	bool is_there;
};

static struct meta_line *find_meta_line(struct meta_line *lines, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (lines[i].value && bd_text_begins_with(text, lines[i].key))
			return &lines[i];
	return NULL;
}

int bd_nocloud_renew(const char *meta_data, const char *name, const uint8_t *uuid, char **text_out,
		     struct bd_error *err)
{
	char id[BD_UUID_TEXT_SIZE];
	struct meta_line lines[] = { { "instance-id:", uuid ? id : NULL, false },
				     { "local-hostname:", name, false } };
	const size_t count = sizeof(lines) / sizeof(*lines);
	size_t size;

	*text_out = NULL;
	if (meta_data[strspn(meta_data, " \t\r\n")] == '{')
		return 0;
	if (uuid)
		bd_format_uuid(uuid, id);
	FILE *out = open_memstream(text_out, &size);
	if (!out)
		return bd_no_memory(err);
	for (const char *line = meta_data, *end; *line; line = end + (*end == '\n')) {
		struct meta_line *own = find_meta_line(lines, count, line);
		end = line + strcspn(line, "\n");
		if (own)
			fprintf(out, "%s %s\n", own->key, own->value);
		else
			fprintf(out, "%.*s\n", (int)(end - line), line);
		if (own)
			own->is_there = true;
	}
	for (size_t i = 0; i < count; i++)
		if (lines[i].value && !lines[i].is_there)
			fprintf(out, "%s %s\n", lines[i].key, lines[i].value);
	return fclose(out) == 0 ? 0 : bd_no_memory(err);
}

/* A scalar of YAML in single quotes, where a quote is doubled. */
static void write_quoted(FILE *out, const char *text, size_t size)
{
	fputc('\'', out);
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\'')
			fputc('\'', out);
		fputc(text[i], out);
	}
	fputc('\'', out);
}

static void write_key_items(FILE *out, const char *authorized_keys, const char *indent)
{
	for (const char *line = authorized_keys; *line;) {
		size_t size = strcspn(line, "\n");
		fprintf(out, "%s  - ", indent);
		write_quoted(out, line, size);
		fputc('\n', out);
		line += size + (line[size] == '\n');
	}
}

static void write_keys_at(FILE *out, const char *authorized_keys, const char *indent)
{
	fprintf(out, "%sssh_authorized_keys:\n", indent);
	write_key_items(out, authorized_keys, indent);
}

void bd_nocloud_write_keys(FILE *out, const char *authorized_keys)
{
	write_keys_at(out, authorized_keys, "");
}

int bd_nocloud_add_keys(const char *user_data, const char *authorized_keys, char **text_out, struct bd_error *err)
{
	static const char list[] = "\nssh_authorized_keys:\n", item[] = "  - ";
	const char *found = strstr(user_data, list), *items = found ? found + strlen(list) : NULL;
	bool is_empty = strcmp(user_data, "#cloud-config\n") == 0;
	size_t size;

	*text_out = NULL;
	if (!is_empty && !(items && bd_text_begins_with(items, item)))
		return 0;
	FILE *out = open_memstream(text_out, &size);
	if (!out)
		return bd_no_memory(err);
	if (is_empty) {
		fputs(user_data, out);
		bd_nocloud_write_keys(out, authorized_keys);
	} else {
		fprintf(out, "%.*s", (int)(items - user_data), user_data);
		write_key_items(out, authorized_keys, "");
		fputs(items, out);
	}
	return fclose(out) == 0 ? 0 : bd_no_memory(err);
}

/* A text may have anything in it that YAML would take for its own. */
static void write_base64(FILE *out, const char *text, size_t size, const char *indent)
{
	char line[sodium_base64_ENCODED_LEN(BASE64_BYTES, sodium_base64_VARIANT_ORIGINAL)];

	for (size_t rest = size; rest > 0;) {
		size_t part = rest < BASE64_BYTES ? rest : BASE64_BYTES;
		sodium_bin2base64(line, sizeof(line), (const unsigned char *)text, part,
				  sodium_base64_VARIANT_ORIGINAL);
		fprintf(out, "%s%s\n", indent, line);
		text += part;
		rest -= part;
	}
}

static void write_run_once(FILE *out, const char *script)
{
	fputs("write_files:\n  - path: " RUN_ONCE "\n    owner: root:root\n    permissions: '0700'\n"
	      "    encoding: b64\n    content: |\n",
	      out);
	write_base64(out, script, strlen(script), "      ");
	fputs("runcmd:\n  - [ " RUN_ONCE " ]\n", out);
}

static void write_user(FILE *out, const struct bd_nocloud_user_data *data)
{
	fprintf(out,
		"  - name: '%s'\n    sudo: 'ALL=(ALL) NOPASSWD:ALL'\n    shell: /bin/bash\n    lock_passwd: true\n",
		data->user);
	if (data->authorized_keys)
		write_keys_at(out, data->authorized_keys, "    ");
}

static void write_cloud_config(FILE *out, const struct bd_nocloud_user_data *data)
{
	fputs("#cloud-config\n# Else keys of root would be turned into a refusal.\ndisable_root: false\n", out);
	if (data->authorized_keys && !data->user)
		bd_nocloud_write_keys(out, data->authorized_keys);
	if (data->user || data->root_password_hash)
		fputs("users:\n  - default\n", out);
	if (data->user)
		write_user(out, data);
	if (data->root_password_hash) {
		/* Not chpasswd, which takes hashes of some kinds for the password itself. */
		fputs(ROOT_PASSWORD, out);
		write_quoted(out, data->root_password_hash, strlen(data->root_password_hash));
		fputc('\n', out);
	}
	if (data->run_once)
		write_run_once(out, data->run_once);
}

int bd_nocloud_set_root_password(const char *user_data, const char *hash, char **text_out, struct bd_error *err)
{
	const char *found = strstr(user_data, ROOT_PASSWORD), *old = found ? found + strlen(ROOT_PASSWORD) : NULL;
	size_t size;

	*text_out = NULL;
	if (!old)
		return 0;
	FILE *out = open_memstream(text_out, &size);
	if (!out)
		return bd_no_memory(err);
	fprintf(out, "%.*s", (int)(old - user_data), user_data);
	write_quoted(out, hash, strlen(hash));
	fputs(old + strcspn(old, "\n"), out);
	return fclose(out) == 0 ? 0 : bd_no_memory(err);
}

static bool is_gzip(const struct bd_user_data *data)
{
	return data->bytes >= 2 && memcmp(data->text, "\x1f\x8b", 2) == 0;
}

/* The parts of a MIME archive are taken one after the other; what "text/plain" is, is told by how it begins. */
static void write_both(FILE *out, const struct bd_nocloud_user_data *data)
{
	fputs("Content-Type: multipart/mixed; boundary=\"" BOUNDARY "\"\nMIME-Version: 1.0\n\n"
	      "--" BOUNDARY "\nContent-Type: text/cloud-config\nMIME-Version: 1.0\n\n",
	      out);
	write_cloud_config(out, data);
	fprintf(out, "\n--" BOUNDARY "\nContent-Type: %s\nMIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n",
		is_gzip(&data->own) ? "application/gzip" : "text/plain");
	write_base64(out, data->own.text, data->own.bytes, "");
	fputs("--" BOUNDARY "--\n", out);
}

void bd_nocloud_write_user_data(FILE *out, const struct bd_nocloud_user_data *data)
{
	bool says_more = data->authorized_keys || data->user || data->root_password_hash || data->run_once;

	if (data->own.text && says_more)
		write_both(out, data);
	else if (data->own.text)
		fwrite(data->own.text, 1, data->own.bytes, out);
	else
		write_cloud_config(out, data);
}

int bd_user_data_check(const struct bd_user_data *data, const char *name, struct bd_error *err)
{
	static const char *const begins[] = { "#cloud-config", "#!",	       "#include",	"#cloud-boothook",
					      "#part-handler", "## template:", "Content-Type:", "MIME-Version:" };

	if (is_gzip(data))
		return 0;
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (strncasecmp(data->text, begins[i], strlen(begins[i])) == 0)
			return 0;
	return bd_usage(
		err,
		"%s begins with nothing by which cloud-init knows what it is, such as #cloud-config or #!, and would be ignored",
		name);
}

void bd_nocloud_write_network_config(FILE *out, const struct bd_guest *guest)
{
	if (guest->networks.count)
		bd_network_write_v2(out, guest, "");
	else
		fputs("version: 2\nethernets: {}\n", out);
}

/* A script, as lists of cloud-config would take the place of the administrator's. cloud-init runs it once, before the scripts of each
 * boot. */
void bd_nocloud_write_vendor_data(FILE *out, const char *ready_script)
{
	fputs("#!/bin/sh\n# Made by xen-bigdisk: at the end of each boot cloud-init tells dom0 that this guest is up.\n"
	      "folder=/var/lib/cloud/scripts/per-boot\n"
	      "[ -c /dev/xen/xenbus ] || exit 0\n"
	      "mkdir -p $folder\n"
	      "cat >$folder/xen-bigdisk-ready <<'END OF SCRIPT'\n",
	      out);
	fputs(ready_script, out);
	fputs("END OF SCRIPT\nchmod 0755 $folder/xen-bigdisk-ready\n", out);
}
