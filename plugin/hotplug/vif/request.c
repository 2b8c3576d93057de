/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads arguments and environment as vif-common.sh does (findCommand, evalVariables), as far as libxl uses them. */
#include "hotplug/vif/request.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static enum vif_verdict hand_over(char reason_out[VIF_REASON_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static enum vif_verdict hand_over(char reason_out[VIF_REASON_SIZE], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason_out, VIF_REASON_SIZE, format, args);
	va_end(args);
	return VIF_HAND_OVER;
}

/* Decimal digits without a leading zero; *text is then behind them. */
static bool take_number(const char **text, unsigned *number_out)
{
	uint64_t number = 0;
	const char *at = *text;

	for (; *at >= '0' && *at <= '9' && at - *text < 10; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	if (at == *text || (**text == '0' && at - *text > 1) || number > INT32_MAX)
		return false;
	*text = at;
	*number_out = (unsigned)number;
	return true;
}

/* "vif7.0" and the suffix. */
static bool parse_device(const char *name, const char *suffix, unsigned *domid_out, unsigned *devid_out)
{
	const char *at = name;

	if (strncmp(at, "vif", 3) != 0)
		return false;
	at += 3;
	if (!take_number(&at, domid_out) || *at++ != '.' || !take_number(&at, devid_out))
		return false;
	return strcmp(at, suffix) == 0 && strlen(name) < IFNAMSIZ;
}

/* The nodes of a tap device are those of its vif in dom0, as vif-common.sh has it; of a vif, where libxl says. */
static bool set_backend_path(struct vif_request *request, const char *given)
{
	char own[64];

	snprintf(own, sizeof(own), "/backend/vif/%u/%u", request->domid, request->devid);
	if (request->is_tap) {
		snprintf(request->backend_path, sizeof(request->backend_path), "/local/domain/0%s", own);
		return true;
	}
	if (strlen(given) >= sizeof(request->backend_path) ||
	    (strcmp(given, own + 1) != 0 && !bd_text_ends_in(given, own)))
		return false;
	snprintf(request->backend_path, sizeof(request->backend_path), "%s", given);
	return true;
}

enum vif_verdict vif_request_read(const char *const *arguments, const char *(*environment)(const char *name),
				  struct vif_request *request_out, char reason_out[VIF_REASON_SIZE])
{
	struct vif_request request = { 0 };
	const char *command = NULL, *type = environment("type_if");

	for (; *arguments; arguments++) {
		if (strncmp(*arguments, "type_if=", 8) == 0)
			type = *arguments + 8;
		else if (!command && !strchr(*arguments, '='))
			command = *arguments;
		else
			return hand_over(reason_out, "the argument %s", *arguments);
	}
	if (!type || !*type)
		type = "vif";
	request.is_tap = strcmp(type, "tap") == 0;
	if (!request.is_tap && strcmp(type, "vif") != 0)
		return hand_over(reason_out, "the type of interface %s", type);

	bool for_vif = command && (strcmp(command, "online") == 0 || strcmp(command, "offline") == 0);
	bool for_tap = command && (strcmp(command, "add") == 0 || strcmp(command, "remove") == 0);
	if (!for_vif && !for_tap)
		return hand_over(reason_out, "the command %s", command ? command : "(none)");
	if (for_vif == request.is_tap)
		return VIF_NOTHING;
	request.attach = strcmp(command, "online") == 0 || strcmp(command, "add") == 0;

	const char *variable = request.is_tap ? "INTERFACE" : "vif", *device = environment(variable);
	if (!device || !parse_device(device, request.is_tap ? "-emu" : "", &request.domid, &request.devid))
		return hand_over(reason_out, "the device %s=%s", variable, device ? device : "");
	snprintf(request.device, sizeof(request.device), "%s", device);
	const char *path = environment("XENBUS_PATH"), *bridge = environment("bridge");
	if (!set_backend_path(&request, path ? path : ""))
		return hand_over(reason_out, "XENBUS_PATH=%s, which is not that of %s", path ? path : "", device);
	if (bridge && strlen(bridge) >= sizeof(request.bridge))
		return hand_over(reason_out, "bridge= of the environment");
	snprintf(request.bridge, sizeof(request.bridge), "%s", bridge ? bridge : "");
	*request_out = request;
	return VIF_DO;
}
