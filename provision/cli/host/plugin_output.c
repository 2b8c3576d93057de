/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the state, the numbers and the findings. */
#include "cli/host/plugin_output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/printable.h"

#define TEXT_SIZE 1024

static const char *const status_names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

/* A "|" begins what is for programs. */
static void copy_text(char text_out[TEXT_SIZE], const char *text)
{
	bd_copy_text(text_out, TEXT_SIZE, text);
	for (char *at = text_out; *at; at++)
		if (*at == '|')
			*at = '?';
}

static enum plugin_status status_of(enum doctor_state state)
{
	switch (state) {
	case DOCTOR_PROBLEM:
		return PLUGIN_CRITICAL;
	case DOCTOR_WARNING:
		return PLUGIN_WARNING;
	case DOCTOR_UNCHECKED:
		return PLUGIN_UNKNOWN;
	case DOCTOR_OK:
		break;
	}
	return PLUGIN_OK;
}

/* What is worst: nobody is to be kept from a problem by what could not be looked at. */
static enum doctor_state worst(const struct doctor *doctor)
{
	static const enum doctor_state states[] = { DOCTOR_PROBLEM, DOCTOR_WARNING, DOCTOR_UNCHECKED };

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (doctor_count(doctor, states[i]))
			return states[i];
	return DOCTOR_OK;
}

static size_t count_running(const struct doctor *doctor)
{
	size_t count = 0;

	for (size_t i = 0; i < doctor->domains.count; i++)
		count += doctor->domains.items[i].domid != 0 && domains_is_alive(&doctor->domains.items[i]);
	return count;
}

/* The first of the worst, for who sees one line only. */
static void put_words(const struct doctor *doctor, enum doctor_state state)
{
	char text[TEXT_SIZE];

	if (state == DOCTOR_OK) {
		if (doctor->domains.known)
			bd_print(stdout, "nothing is wrong, %zu guests run", count_running(doctor));
		else
			bd_print(stdout, "nothing is wrong");
		return;
	}
	bd_print(stdout, "%zu problems, %zu warnings, %zu not checked: ", doctor_count(doctor, DOCTOR_PROBLEM),
		 doctor_count(doctor, DOCTOR_WARNING), doctor_count(doctor, DOCTOR_UNCHECKED));
	for (size_t i = 0; i < doctor->count; i++)
		if (doctor->findings[i].state == state) {
			copy_text(text, doctor->findings[i].found);
			bd_print(stdout, "%s", text);
			return;
		}
}

/* A limit N: of a value that is not to be below, as a range: everything from N on is well. */
static void put_amount(const char *label, uint64_t bytes, uint64_t warning, uint64_t critical, uint64_t total)
{
	bd_print(stdout, " %s=%" PRIu64 "B;%" PRIu64 ":;%" PRIu64 ":;0;%" PRIu64, label, bytes, warning, critical,
		 total);
}

static void put_numbers(const struct doctor *doctor)
{
	bd_print(stdout, " | problems=%zu;;0;0 warnings=%zu;0;;0 unchecked=%zu;;;0",
		 doctor_count(doctor, DOCTOR_PROBLEM), doctor_count(doctor, DOCTOR_WARNING),
		 doctor_count(doctor, DOCTOR_UNCHECKED));
	if (doctor->domains.known)
		bd_print(stdout, " guests_running=%zu;;;0", count_running(doctor));
	if (doctor->machine.total_memory_kib)
		put_amount("memory_available", doctor->machine.available_memory_kib << 10,
			   doctor->limits.memory_warning_bytes, doctor->limits.memory_critical_bytes,
			   doctor->machine.total_memory_kib << 10);
	if (doctor->room_bytes)
		put_amount("space_free", doctor->free_bytes, doctor->limits.space_warning_bytes,
			   doctor->limits.space_critical_bytes, doctor->room_bytes);
	bd_print(stdout, "\n");
}

static void put_finding(const struct doctor_finding *finding)
{
	char found[TEXT_SIZE], advice[TEXT_SIZE];

	copy_text(found, finding->found);
	copy_text(advice, finding->advice ? finding->advice : "");
	bd_print(stdout, "%s: %s: %s%s%s\n", status_names[status_of(finding->state)], finding->check, found,
		 *advice ? " -> " : "", advice);
}

enum plugin_status plugin_output(const struct doctor *doctor)
{
	enum doctor_state state = worst(doctor);

	bd_print(stdout, "XEN-BIGDISK %s - ", status_names[status_of(state)]);
	put_words(doctor, state);
	put_numbers(doctor);
	for (size_t i = 0; bd_log_level() >= BD_LOG_INFO && i < doctor->count; i++)
		if (doctor->findings[i].state != DOCTOR_OK)
			put_finding(&doctor->findings[i]);
	return status_of(state);
}

enum plugin_status plugin_output_failure(const struct bd_error *err)
{
	char text[TEXT_SIZE];

	copy_text(text, err->message);
	bd_print(stdout, "XEN-BIGDISK UNKNOWN - %s\n", text);
	return PLUGIN_UNKNOWN;
}
