/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to the kernel's network devices. */
#include "hotplug/vif/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/cleanup.h"

#define REQUEST_BYTES 512
/* A list that changed while the kernel gave it has to be asked for anew. */
#define LISTS_MAX 5
/* A device with 128 virtual functions has 36 KiB of attributes; those are asked for only with IFLA_EXT_MASK. */
#define ANSWER_BYTES (64u << 10)
/* Beyond that, somebody else adds addresses as fast as they are removed. */
#define ADDRESSES_MAX 1024

struct vif_netlink {
	struct mnl_socket *socket;
	unsigned port, sequence;
	char answer[ANSWER_BYTES];
};

union request {
	struct nlmsghdr header;
	char bytes[REQUEST_BYTES];
};

/* Anew where there is a socket: what it would still have to say is forgotten. -1: errno. */
static int connect_socket(struct vif_netlink *netlink)
{
	int on = 1;

	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	netlink->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!netlink->socket || mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) != 0)
		return -1;
	/* Lists are then of the one device that is asked for (Linux 5.0). Before, they are of all. */
	mnl_socket_setsockopt(netlink->socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	netlink->port = mnl_socket_get_portid(netlink->socket);
	return 0;
}

int vif_netlink_open(struct vif_netlink **netlink_out, struct bd_error *err)
{
	struct vif_netlink *netlink = calloc(1, sizeof(*netlink));

	if (!netlink)
		return bd_no_memory(err);
	if (connect_socket(netlink) != 0) {
		bd_fail_errno(err, "cannot open a netlink socket");
		vif_netlink_close(&netlink);
		return -1;
	}
	*netlink_out = netlink;
	return 0;
}

void vif_netlink_close(struct vif_netlink **netlink)
{
	if (*netlink && (*netlink)->socket)
		mnl_socket_close((*netlink)->socket);
	free(*netlink);
	*netlink = NULL;
}

/* -1: errno is the kernel's answer, or of the socket. visit (may be NULL) is called for every message that is no acknowledgement. */
static int exchange(struct vif_netlink *netlink, struct nlmsghdr *request, mnl_cb_t visit, void *context)
{
	int r;

	request->nlmsg_seq = ++netlink->sequence;
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		return -1;
	do {
		ssize_t size = mnl_socket_recvfrom(netlink->socket, netlink->answer, sizeof(netlink->answer));
		if (size < 0)
			return -1;
		r = mnl_cb_run(netlink->answer, (size_t)size, netlink->sequence, netlink->port, visit, context);
	} while (r > MNL_CB_STOP);
	return r;
}

static struct ifinfomsg *begin_link(struct nlmsghdr *request, uint16_t type, unsigned index)
{
	request->nlmsg_type = type;
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)index;
	return info;
}

static bool is_bridge(const struct nlattr *linkinfo)
{
	const struct nlattr *inner;

	mnl_attr_for_each_nested(inner, linkinfo)
	{
		if (mnl_attr_get_type(inner) == IFLA_INFO_KIND && mnl_attr_validate(inner, MNL_TYPE_NUL_STRING) == 0)
			return strcmp(mnl_attr_get_str(inner), "bridge") == 0;
	}
	return false;
}

static int fill_link(const struct nlmsghdr *message, void *context)
{
	struct vif_link *link = context;
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;

	if (message->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(message) < sizeof(*info))
		return MNL_CB_OK;
	*link = (struct vif_link){ .index = (unsigned)info->ifi_index, .flags = info->ifi_flags };
	mnl_attr_for_each(attribute, message, sizeof(*info))
	{
		unsigned type = mnl_attr_get_type(attribute), length = mnl_attr_get_payload_len(attribute);
		if (type == IFLA_IFNAME && length > 0 && length <= IFNAMSIZ)
			memcpy(link->name, mnl_attr_get_payload(attribute), length - 1);
		else if (type == IFLA_MTU && length == sizeof(uint32_t))
			link->mtu = mnl_attr_get_u32(attribute);
		else if (type == IFLA_MASTER && length == sizeof(uint32_t))
			link->master = mnl_attr_get_u32(attribute);
		else if (type == IFLA_ADDRESS && length == sizeof(link->address))
			memcpy(link->address, mnl_attr_get_payload(attribute), length);
		else if (type == IFLA_LINKINFO)
			link->is_bridge = is_bridge(attribute);
	}
	return MNL_CB_OK;
}

/* What the kernel would refuse as a name, and ip(8) before it. */
static bool can_be_name(const char *name)
{
	return *name && strlen(name) < IFNAMSIZ && !strpbrk(name, "/: \t\n\v\f\r");
}

int vif_link_find(struct vif_netlink *netlink, const char *name, struct vif_link *link_out, bool *there_out,
		  struct bd_error *err)
{
	union request room;
	struct nlmsghdr *request = mnl_nlmsg_put_header(&room);
	struct vif_link link = { 0 };

	*there_out = false;
	if (!can_be_name(name))
		return 0;
	begin_link(request, RTM_GETLINK, 0);
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	if (exchange(netlink, request, fill_link, &link) != 0) {
		if (errno == ENODEV)
			return 0;
		return bd_fail_errno(err, "cannot look for the network device %s", name);
	}
	if (link.index == 0)
		return bd_fail(err, EPROTO, "cannot look for the network device %s: no answer", name);
	*link_out = link;
	*there_out = true;
	return 0;
}

int vif_link_rename(struct vif_netlink *netlink, unsigned index, const char *name, struct bd_error *err)
{
	union request room;
	struct nlmsghdr *request = mnl_nlmsg_put_header(&room);

	if (!can_be_name(name))
		return bd_fail(err, EINVAL, "%s cannot be the name of a network device", name);
	begin_link(request, RTM_SETLINK, index);
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	if (exchange(netlink, request, NULL, NULL) != 0)
		return bd_fail_errno(err, "cannot rename the network device to %s", name);
	return 0;
}

int vif_link_set_up(struct vif_netlink *netlink, unsigned index, bool up, struct bd_error *err)
{
	union request room;
	struct nlmsghdr *request = mnl_nlmsg_put_header(&room);
	struct ifinfomsg *info = begin_link(request, RTM_SETLINK, index);

	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	if (exchange(netlink, request, NULL, NULL) != 0)
		return bd_fail_errno(err, "cannot take the network device %s", up ? "up" : "down");
	return 0;
}

int vif_link_set_address(struct vif_netlink *netlink, unsigned index, const uint8_t address[6], struct bd_error *err)
{
	union request room;
	struct nlmsghdr *request = mnl_nlmsg_put_header(&room);

	begin_link(request, RTM_SETLINK, index);
	mnl_attr_put(request, IFLA_ADDRESS, 6, address);
	if (exchange(netlink, request, NULL, NULL) != 0)
		return bd_fail_errno(err, "cannot set the network device's MAC address");
	return 0;
}

static int set_number(struct vif_netlink *netlink, unsigned index, uint16_t attribute, uint32_t number)
{
	union request room;
	struct nlmsghdr *request = mnl_nlmsg_put_header(&room);

	begin_link(request, RTM_SETLINK, index);
	mnl_attr_put_u32(request, attribute, number);
	return exchange(netlink, request, NULL, NULL);
}

int vif_link_set_mtu(struct vif_netlink *netlink, unsigned index, uint32_t mtu, struct bd_error *err)
{
	if (set_number(netlink, index, IFLA_MTU, mtu) != 0)
		return bd_fail_errno(err, "cannot set the network device's MTU to %u", mtu);
	return 0;
}

int vif_link_set_master(struct vif_netlink *netlink, unsigned index, unsigned master, struct bd_error *err)
{
	if (set_number(netlink, index, IFLA_MASTER, master) != 0)
		return bd_fail_errno(err, master ? "cannot add the network device to the bridge"
						 : "cannot take the network device from its bridge");
	return 0;
}

struct address {
	struct ifaddrmsg message;
	uint8_t bytes[16];
	uint16_t length;
};

struct addresses {
	unsigned index;
	struct address list[64];
	unsigned count;
};

/* Those of one device; what has no room is left for the next round. */
static int collect_address(const struct nlmsghdr *message, void *context)
{
	struct addresses *addresses = context;
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;
	struct address address = { 0 };

	if (message->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(message) < sizeof(*info) ||
	    info->ifa_index != addresses->index ||
	    addresses->count == sizeof(addresses->list) / sizeof(*addresses->list))
		return MNL_CB_OK;
	address.message = *info;
	mnl_attr_for_each(attribute, message, sizeof(*info))
	{
		unsigned type = mnl_attr_get_type(attribute);
		uint16_t length = mnl_attr_get_payload_len(attribute);
		/* IFA_LOCAL is the device's own; IPv6 has it only where the other end of a link has an address, too. */
		if ((type == IFA_LOCAL || (type == IFA_ADDRESS && address.length == 0)) &&
		    length <= sizeof(address.bytes)) {
			memcpy(address.bytes, mnl_attr_get_payload(attribute), length);
			address.length = length;
		}
	}
	addresses->list[addresses->count++] = address;
	return MNL_CB_OK;
}

static int list_addresses_once(struct vif_netlink *netlink, struct addresses *addresses)
{
	union request room;
	struct nlmsghdr *request = mnl_nlmsg_put_header(&room);

	request->nlmsg_type = RTM_GETADDR;
	request->nlmsg_flags = NLM_F_DUMP;
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifa_family = AF_UNSPEC;
	info->ifa_index = addresses->index;
	addresses->count = 0;
	return exchange(netlink, request, collect_address, addresses);
}

static int list_addresses(struct vif_netlink *netlink, struct addresses *addresses)
{
	int r = list_addresses_once(netlink, addresses);

	for (unsigned i = 1; r != 0 && errno == EINTR && i < LISTS_MAX; i++)
		r = connect_socket(netlink) == 0 ? list_addresses_once(netlink, addresses) : -1;
	return r;
}

static int remove_address(struct vif_netlink *netlink, const struct address *address)
{
	union request room;
	struct nlmsghdr *request = mnl_nlmsg_put_header(&room);

	request->nlmsg_type = RTM_DELADDR;
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	*info = address->message;
	mnl_attr_put(request, IFA_LOCAL, address->length, address->bytes);
	int r = exchange(netlink, request, NULL, NULL);
	/* It went with another one: a primary address takes its secondary ones along. */
	return r != 0 && errno == EADDRNOTAVAIL ? 0 : r;
}

int vif_link_flush_addresses(struct vif_netlink *netlink, unsigned index, struct bd_error *err)
{
	struct addresses addresses = { .index = index };
	for (unsigned removed = 0; removed < ADDRESSES_MAX; removed += addresses.count) {
		if (list_addresses(netlink, &addresses) != 0)
			return bd_fail_errno(err, "cannot list the network device's addresses");
		if (addresses.count == 0)
			return 0;
		for (unsigned i = 0; i < addresses.count; i++)
			if (remove_address(netlink, &addresses.list[i]) != 0)
				return bd_fail_errno(err, "cannot remove an address of the network device");
	}
	return bd_fail(err, EBUSY, "cannot remove the network device's addresses: others add them");
}
