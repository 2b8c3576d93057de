# SPDX-License-Identifier: GPL-2.0-or-later
# What cloud-init makes of a network-config, by its own renderers: cloud_init.py CLOUD-INIT NETWORK-CONFIG FOLDER, with the
# folder in which the cloudinit package lies. One line per renderer: NAME addresses=... gateways=... servers=...
import configparser
import os
import re
import sys
import yaml

modules, config, out = sys.argv[1:4]
sys.path.insert(0, modules)
sys.argv[1:] = []
from cloudinit.cmd.devel import net_convert  # noqa: E402


def render(kind, distro):
    folder = os.path.join(out, kind)
    os.makedirs(folder)
    saved = os.dup(1)
    os.dup2(2, 1)  # it talks
    args = ["-p", config, "-k", "yaml", "-d", folder, "-D", distro, "-O", kind, "-m", "eth0,00:16:3e:01:02:03"]
    net_convert.handle_args("net-convert", net_convert.get_parser().parse_args(args))
    sys.stdout.flush()
    os.dup2(saved, 1)
    texts = {}
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name)) as file:
                texts[name] = file.read()
    return texts


def networkd(texts):
    addresses, gateways, servers = [], [], []
    for section in re.split(r"^(?=\[)", texts["10-cloud-init-eth0.network"], flags=re.M):
        values = re.findall(r"^(\w+)=(.*)$", section, re.M)
        keys = dict(values)
        if section.startswith("[Route]") and keys.get("Destination", "::/0") in ("0.0.0.0/0", "::/0"):
            gateways.append(keys["Gateway"])
        addresses += [value for key, value in values if key == "Address"]
        servers += [word for key, value in values if key == "DNS" for word in value.split()]
    return addresses, gateways, servers


# ifupdown's own words only: a command such as `route add` is there on some systems and not on others.
def eni(texts):
    text = texts["50-cloud-init"]
    eth0 = text[text.index("auto eth0"):]
    servers = [word for line in re.findall(r"^ *dns-nameservers (.*)$", eth0, re.M) for word in line.split()]
    return (re.findall(r"^ *address (.*)$", eth0, re.M), re.findall(r"^ *gateway (.*)$", eth0, re.M), servers)


def netplan(texts):
    eth0 = yaml.safe_load(texts["50-cloud-init.yaml"])["network"]["ethernets"]["eth0"]
    gateways = [eth0[key] for key in ("gateway4", "gateway6") if key in eth0]
    gateways += [r["via"] for r in eth0.get("routes", []) if r["to"] in ("default", "0.0.0.0/0", "::/0")]
    return eth0.get("addresses", []), gateways, eth0.get("nameservers", {}).get("addresses", [])


def network_manager(texts):
    keyfile = configparser.ConfigParser()
    keyfile.read_string(texts["cloud-init-eth0.nmconnection"])
    addresses, gateways, servers = [], [], []
    for section in ("ipv4", "ipv6"):
        for key, value in keyfile.items(section) if keyfile.has_section(section) else []:
            if re.match(r"address\d", key):
                addresses.append(value)
            if key == "gateway" or (re.match(r"route\d", key) and value.split(",")[0] in ("0.0.0.0/0", "::/0")):
                gateways.append(value.split(",")[-1])
            if key == "dns":
                servers += [word for word in value.split(";") if word]
    return addresses, gateways, servers


def sysconfig(texts):
    keys = dict(re.findall(r"^(\w+)=(.*)$", texts["ifcfg-eth0"], re.M))
    prefix = sum(bin(int(part)).count("1") for part in keys.get("NETMASK", "0").split("."))
    addresses = [keys["IPADDR"] + "/" + str(prefix)] if "IPADDR" in keys else []
    addresses += [keys["IPV6ADDR"]] if "IPV6ADDR" in keys else []
    gateways = [keys[key].split("%")[0] for key in ("GATEWAY", "IPV6_DEFAULTGW") if key in keys]
    return addresses, gateways, [keys[key] for key in sorted(keys) if re.match(r"DNS\d", key)]


for kind, distro, facts in (("networkd", "debian", networkd), ("eni", "debian", eni), ("netplan", "debian", netplan),
                            ("network-manager", "debian", network_manager), ("sysconfig", "centos", sysconfig)):
    words = [",".join(sorted(set(values))) for values in facts(render(kind, distro))]
    print("%s addresses=%s gateways=%s servers=%s" % (kind, *words))
