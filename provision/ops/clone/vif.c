/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes the network interfaces in the config of a copy: new MAC addresses, and no address of the source. */
#include "ops/clone/vif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "ops/host/host.h"
#include "xlcfg/lexer.h"
#include "xlcfg/quote.h"
#include "xlcfg/vif.h"

/* Of the interfaces that the copy does not configure: nobody asks for a certain one. */
static int draw_mac(const struct clone_job *job, size_t number, uint8_t mac_out[6], struct bd_error *err)
{
	char label[48];

	snprintf(label, sizeof(label), "mac of interface %zu", number);
	return bd_mac_random(&job->new.identity.random, label, mac_out, err);
}

int clone_vif_words(const struct clone_job *job, struct bd_word_changes *words, struct bd_error *err)
{
	char old_text[BD_MAC_TEXT_SIZE], text[BD_MAC_TEXT_SIZE];
	uint8_t mac[6];

	for (size_t i = 0; i < job->source.vif_count; i++) {
		if (!job->source.vifs[i].has_mac)
			continue;
		if (i < job->new.guest.networks.count)
			memcpy(mac, job->new.guest.networks.items[i].mac, sizeof(mac));
		else if (draw_mac(job, i, mac, err) != 0)
			return -1;
		bd_mac_format(job->source.vifs[i].mac, old_text);
		bd_mac_format(mac, text);
		if (bd_word_changes_add(words, old_text, text, err) != 0)
			return -1;
	}
	return 0;
}

int clone_vif_configured(const struct clone_job *job, char **text, struct bd_error *err)
{
	char usual[16];
	char *changed;

	bd_host_default_bridge(usual);
	for (size_t i = 0; i < job->new.guest.networks.count; i++) {
		const struct bd_network *network = &job->new.guest.networks.items[i];
		const struct bd_cfg_vif *vif = &job->source.vifs[i];
		bool same_bridge = strcmp(*vif->bridge ? vif->bridge : usual, network->bridge) == 0;
		if (vif->has_mac && same_bridge)
			continue;
		if (bd_cfg_edit_vif(*text, i, network->mac, same_bridge ? NULL : network->bridge, &changed, err) != 0)
			return -1;
		bd_text_replace(text, changed);
	}
	return 0;
}

static bool is_address(const char *part)
{
	return strncmp(part + strspn(part, " \t"), "ip=", 3) == 0;
}

#define ADDRESSES_SIZE (2 * BD_ADDRESSES_MAX * (BD_ADDRESS_SIZE + 1))

/* What stands behind ip= of an interface of the copy; "": nothing. */
static void fill_addresses(const struct bd_networks *networks, size_t number, char text_out[ADDRESSES_SIZE])
{
	static const struct bd_network none;
	const struct bd_network *network = number < networks->count ? &networks->items[number] : &none;
	int used = 0;

	text_out[0] = '\0';
	for (size_t i = 0; i < network->address_count; i++)
		used += snprintf(text_out + used, (size_t)(ADDRESSES_SIZE - used), "%s%s", used ? " " : "",
				 network->addresses[i].text);
	for (size_t i = 0; i < network->address6_count; i++)
		used += snprintf(text_out + used, (size_t)(ADDRESSES_SIZE - used), "%s%s", used ? " " : "",
				 network->addresses6[i].text);
}

/* The string with another ip=, quoted; NULL in quoted_out: it has none. */
static int change_address(const struct clone_job *job, const struct bd_cfg_token *token, size_t number,
			  char **quoted_out, struct bd_error *err)
{
	size_t size = (size_t)(token->end - token->begin) + 1, changed_size;
	BD_FREE char *spec = malloc(size), *changed = NULL;
	char address[ADDRESSES_SIZE], *rest = spec;
	const char *comma = "";
	bool found = false;

	FILE *out = spec ? open_memstream(&changed, &changed_size) : NULL;
	if (!out)
		return bd_no_memory(err);
	bd_cfg_token_text(token, spec, size);
	fill_addresses(&job->new.guest.networks, number, address);
	for (char *part; (part = strsep(&rest, ","));) {
		bool is_it = is_address(part);
		found |= is_it;
		if (is_it && !*address) {
			bd_warn("%s has %s in its vif=; the copy does not get it", job->source.name,
				part + strspn(part, " \t"));
			continue;
		}
		part += *comma ? 0 : strspn(part, " \t");
		if (is_it)
			fprintf(out, "%s%.*sip=%s", comma, (int)strspn(part, " \t"), part, address);
		else
			fprintf(out, "%s%s", comma, part);
		comma = ",";
	}
	if (fclose(out) != 0)
		return bd_no_memory(err);
	return found ? bd_xlcfg_quote(changed, quoted_out, err) : 0;
}

/* The text of one vif= with each of its strings changed; *at is how far the text is written. */
static int change_statement(const struct clone_job *job, const struct bd_cfg_statement *vifs, size_t *number,
			    const char **at, FILE *out, struct bd_error *err)
{
	struct bd_cfg_lexer lexer;
	struct bd_cfg_token token;

	bd_cfg_lexer_init(&lexer, vifs->value);
	for (bd_cfg_next(&lexer, &token); token.kind != BD_CFG_END && token.begin < vifs->end;
	     bd_cfg_next(&lexer, &token)) {
		BD_FREE char *quoted = NULL;
		if (token.kind != BD_CFG_STRING)
			continue;
		if (change_address(job, &token, (*number)++, &quoted, err) != 0)
			return -1;
		if (!quoted)
			continue;
		fprintf(out, "%.*s%s", (int)(token.begin - *at), *at, quoted);
		*at = token.end;
	}
	return 0;
}

static int write_changed(const struct clone_job *job, const char *text, FILE *out, struct bd_error *err)
{
	struct bd_cfg_statement statement;
	struct bd_cfg_lexer lexer;
	const char *at = text;
	size_t number = 0;
	int r;

	bd_cfg_lexer_init(&lexer, text);
	while ((r = bd_cfg_next_statement(&lexer, &statement, err)) > 0) {
		if (statement.is_comment || !bd_cfg_statement_is(&statement, "vif"))
			continue;
		number = statement.adds ? number : 0;
		if (change_statement(job, &statement, &number, &at, out, err) != 0)
			return -1;
	}
	fputs(at, out);
	return r;
}

int clone_vif_addresses(const struct clone_job *job, char **text, struct bd_error *err)
{
	BD_FREE char *changed = NULL;
	size_t size;

	FILE *out = open_memstream(&changed, &size);
	if (!out)
		return bd_no_memory(err);
	int r = write_changed(job, *text, out, err);
	if (fclose(out) != 0)
		return bd_no_memory(err);
	if (r != 0)
		return -1;
	free(*text);
	*text = bd_take_ptr(changed);
	return 0;
}

/* The source's cfg may have been written so that two of them have one. */
bool clone_vif_is_own(const struct clone_job *job, const struct bd_cfg *copy)
{
	const struct bd_cfg *source = &job->source;

	for (size_t i = 0; i < copy->vif_count; i++) {
		if (!copy->vifs[i].has_mac)
			continue;
		for (size_t other = 0; other < i; other++)
			if (copy->vifs[other].has_mac && memcmp(copy->vifs[i].mac, copy->vifs[other].mac, 6) == 0)
				return false;
		for (size_t other = 0; other < source->vif_count; other++)
			if (source->vifs[other].has_mac && memcmp(copy->vifs[i].mac, source->vifs[other].mac, 6) == 0)
				return false;
	}
	return true;
}
