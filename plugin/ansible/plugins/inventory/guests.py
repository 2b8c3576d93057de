# -*- coding: utf-8 -*-
# SPDX-License-Identifier: GPL-2.0-or-later
"""The guests of many dom0s as an inventory."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
name: guests
short_description: The Xen guests of many dom0s, as xen-bigdisk lists them
description:
  - Asks each dom0 by ssh(1), or this machine itself, for C(xen-bigdisk list --json), several at a time.
  - Each guest is a host in the groups C(dom0_NAME), C(state_STATE) and C(template_NAME).
  - Its variables are C(xen_bigdisk), which has the members of C(xen-bigdisk list --json) and C(dom0), and C(ansible_host), its address, where
    that is known; a running guest with DHCP reports its own. No text of a dom0 is taken for a template.
  - What C(list) warns of on a dom0, such as a config that cannot be read, is a warning here.
  - A guest is left out, with a warning, if its name is no host name (letters, digits, dots, underscores and inner hyphens), is one that Ansible
    has for the controller, or is that of a group, or if another guest of the same dom0 has it, too.
  - The name of the file ends in C(xen_bigdisk.yml) or C(xen_bigdisk.yaml).
author:
  - The authors of xen-bigdisk (!UNKNOWN)
extends_documentation_fragment:
  - constructed
  - inventory_cache
requirements:
  - ssh(1) on the controller, with keys by which it may log in to the dom0s without a question
options:
  plugin:
    description: C(xen_bigdisk.dom0.guests).
    required: true
    choices: [xen_bigdisk.dom0.guests]
  dom0s:
    description:
      - The dom0s; each is a name, which ssh(1) takes, or has the keys that follow.
      - C(name) is what it is called in groups and variables.
      - C(host) is its name for ssh(1), where that is another; C(user) and C(port) are ssh's, too.
      - C(local=true) asks this machine, without ssh.
      - C(program) is the program there, a word or a list of words such as C([sudo, -n, xen-bigdisk]).
      - C(dir) is the directory of the guests' configs, where that is another than the system's.
    type: list
    elements: raw
    required: true
  ssh:
    description: The program that is ssh.
    type: str
    default: ssh
  ssh_args:
    description: Its arguments.
    type: list
    elements: str
    default: ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]
  timeout:
    description: A dom0 that has not answered after so many seconds is taken for one that does not.
    type: int
    default: 60
  forks:
    description: How many dom0s are asked at a time.
    type: int
    default: 16
  on_error:
    description:
      - What becomes of a dom0 that does not answer. C(warn) leaves out its guests, with a warning; C(fail) fails.
    type: str
    choices: [warn, fail]
    default: warn
  patterns:
    description:
      - Only guests whose names match one of these shell patterns; an empty list is no guest. A name that no dom0 has is a warning.
    type: list
    elements: str
    default: ["*"]
  foreign:
    description: Domains without a config on the dom0 are hosts, too.
    type: bool
    default: false
  qualify:
    description:
      - Hosts are called C(GUEST.DOM0), and not just C(GUEST). Without it, two guests of one name on two dom0s are an error.
    type: bool
    default: false
  proxy_jump:
    description: Guests of a dom0 that is asked by ssh are reached through it (C(ProxyJump) in C(ansible_ssh_common_args)).
    type: bool
    default: false
"""

EXAMPLES = r"""
# all.xen_bigdisk.yml
plugin: xen_bigdisk.dom0.guests
dom0s:
  - xen1.example.org
  - name: xen2
    host: 192.0.2.2
    user: admin
    program: [sudo, -n, xen-bigdisk]
proxy_jump: true
cache: true
cache_plugin: jsonfile
cache_connection: ~/.cache/xen_bigdisk
keyed_groups:
  - key: xen_bigdisk.fleet
    prefix: fleet
groups:
  big: xen_bigdisk.memory_mib >= 4096
"""

import fnmatch
import ipaddress
import json
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

KEYS = {"name": str, "host": str, "user": str, "port": int, "local": bool, "program": (str, list), "dir": str}
# What the inventory is made of, of the members of a guest; None: not known. The others are only shown.
MEMBERS = {"name": (str,), "state": (str,), "cfg": (str, None), "template": (str, None), "address": (str, None), "address6": (str, None)}
WARNING = "xen-bigdisk: warning: "

HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\Z")
MEMBER_NAME = re.compile(r"[a-z0-9_]+\Z")
# Nothing that a template could be made of, alone or put together with another text.
PLAIN_TEXT = re.compile(r"[\w .,:;/@+=~-]*\Z")


class Unanswered(Exception):
    """A dom0 that did not answer, or not as xen-bigdisk does."""


def read_dom0(entry):
    dom0 = {"name": entry} if isinstance(entry, str) else entry
    if not isinstance(dom0, dict) or not dom0.get("name"):
        raise AnsibleParserError("dom0s: %r is neither a name nor has it one" % (entry,))
    for key, value in dom0.items():
        if key not in KEYS:
            raise AnsibleParserError("dom0s: %s: there is no key %s; it must be one of %s" % (dom0["name"], key, ", ".join(sorted(KEYS))))
        if not isinstance(value, KEYS[key]):
            raise AnsibleParserError("dom0s: %s: %s has a wrong value" % (dom0["name"], key))
    if str(dom0.get("host", dom0["name"])).startswith("-"):
        raise AnsibleParserError("dom0s: %s is not the name of a host" % dom0["name"])
    return dom0


def command_of(dom0):
    program = dom0.get("program", "xen-bigdisk")
    command = list(program) if isinstance(program, list) else [program]
    return command + ["list", "--json"] + (["--dir=" + dom0["dir"]] if "dir" in dom0 else [])


def destination(dom0):
    """As ProxyJump takes it: an IPv6 address in brackets, and % doubled, which else begins what ssh(1) fills in."""
    host = dom0.get("host", dom0["name"])
    if ":" in host:
        host = "[%s]" % host
    text = "%s%s%s" % (dom0["user"] + "@" if "user" in dom0 else "", host, ":%d" % dom0["port"] if "port" in dom0 else "")
    return text.replace("%", "%%")


def named_members(pairs):
    for name, value in pairs:
        if not MEMBER_NAME.match(name):
            raise ValueError("%r is not the name of a member" % name)
    return dict(pairs)


def is_guest(guest):
    return isinstance(guest, dict) and all(
        name in guest and (guest[name] is None and None in types or isinstance(guest[name], types[0])) for name, types in MEMBERS.items())


def read_guests(text):
    """Those that `list --json` printed. ValueError: it is not of that form."""
    document = json.loads(text, object_pairs_hook=named_members)
    guests = document.get("guests") if isinstance(document, dict) else None
    if not isinstance(guests, list) or not all(is_guest(guest) for guest in guests):
        raise ValueError("not a list of guests")
    return guests


def checked_address(text):
    """None: it is no address, or one of the controller itself or of many hosts."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    # ip_address takes any text for a scope.
    if "%" in text or mapped or address.is_loopback or address.is_unspecified or address.is_multicast:
        return None
    return str(address)


def address_of(guest):
    """A running guest says itself which address it has, and nobody else checks that it is one."""
    return checked_address(guest["address"]) or checked_address(guest["address6"])


def inert(value):
    """What a template could be made of is marked as none; all else stays as it is, so that it is printed as it is."""
    if isinstance(value, dict):
        return dict((key, inert(item)) for key, item in value.items())
    if isinstance(value, list):
        return [inert(item) for item in value]
    if isinstance(value, str) and not PLAIN_TEXT.match(value):
        return wrap_var(value)
    return value


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "xen_bigdisk.dom0.guests"

    def verify_file(self, path):
        return super(InventoryModule, self).verify_file(path) and path.endswith(("xen_bigdisk.yml", "xen_bigdisk.yaml"))

    def parse(self, inventory, loader, path, cache=True):
        super(InventoryModule, self).parse(inventory, loader, path, cache)
        self._read_config_data(path)
        dom0s = [read_dom0(entry) for entry in self.get_option("dom0s")]
        names = [dom0["name"] for dom0 in dom0s]
        for name in names:
            if names.count(name) > 1:
                raise AnsibleParserError("dom0s: %s is there twice" % name)
        lists = self.read_lists(dom0s, self.get_cache_key(path), cache)
        self.add_all([dom0 for dom0 in dom0s if dom0["name"] in lists], lists)

    # --- what the dom0s say

    def read_lists(self, dom0s, key, cache):
        """The guests of each dom0 that answers. Those that do not are asked again, whatever is in the cache."""
        uses_cache = self.get_option("cache")
        lists = dict(self._cache.get(key) or {}) if uses_cache and cache else {}
        # What was read with other options is of no use.
        asked = [dom0 for dom0 in dom0s if lists.get(dom0["name"], {}).get("command") != self.full_command(dom0)]
        lists = {dom0["name"]: lists[dom0["name"]] for dom0 in dom0s if dom0 not in asked}
        with ThreadPoolExecutor(max_workers=max(1, self.get_option("forks"))) as pool:
            answers = [(dom0, pool.submit(self.ask, dom0)) for dom0 in asked]
        for dom0, answer in answers:
            try:
                lists[dom0["name"]] = dict(answer.result(), command=self.full_command(dom0))
            except Unanswered as problem:
                self.report(dom0, problem)
        if uses_cache:
            self._cache[key] = lists
        for name, entry in lists.items():
            for warning in entry.get("warnings", []):
                Display().warning("the dom0 %s: %s" % (name, warning))
        return {name: entry["guests"] for name, entry in lists.items()}

    def report(self, dom0, problem):
        message = "the dom0 %s: %s" % (dom0["name"], problem)
        if self.get_option("on_error") == "fail":
            raise AnsibleParserError(message)
        Display().warning(message + "; its guests are not in the inventory")

    def full_command(self, dom0):
        command = command_of(dom0)
        if dom0.get("local"):
            return command
        ssh = [self.get_option("ssh")] + self.get_option("ssh_args")
        ssh += (["-l", dom0["user"]] if "user" in dom0 else []) + (["-p", str(dom0["port"])] if "port" in dom0 else [])
        return ssh + ["--", dom0.get("host", dom0["name"]), " ".join(shlex.quote(word) for word in command)]

    def ask(self, dom0):
        command = self.full_command(dom0)
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=self.get_option("timeout"), check=False)
        except subprocess.TimeoutExpired:
            raise Unanswered("no answer after %d s" % self.get_option("timeout"))
        except OSError as problem:
            raise Unanswered("cannot run %s: %s" % (command[0], problem.strerror))
        lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        if done.returncode != 0:
            raise Unanswered(lines[-1] if lines else "status %d" % done.returncode)
        try:
            guests = read_guests(done.stdout.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Unanswered("what it prints is not the list of xen-bigdisk")
        return {"guests": guests, "warnings": [line[len(WARNING):] for line in lines if line.startswith(WARNING)]}

    # --- the inventory

    def add_all(self, dom0s, lists):
        guests = [(dom0, guest) for dom0 in dom0s for guest in self.selected(lists[dom0["name"]])]
        self.warn_of_missing(guests)
        groups = self.group_names(guests)
        owners = {}
        for dom0, guest in guests:
            host = "%s.%s" % (guest["name"], dom0["name"]) if self.get_option("qualify") else guest["name"]
            if self.may_be_added(host, dom0["name"], owners, groups):
                owners[host] = dom0["name"]
                self.add_guest(host, guest, dom0)
        # keyed_groups can make a group of any name.
        for host in owners:
            if host not in self.inventory.groups:
                self.construct(host)
        for host in owners:
            if host in self.inventory.groups:
                self.leave_out(host, owners[host], "a group has that name")
                self.inventory.remove_host(self.inventory.hosts[host])

    def selected(self, guests):
        patterns, foreign = self.get_option("patterns"), self.get_option("foreign")
        return [guest for guest in guests
                if (foreign or guest["cfg"] is not None) and any(fnmatch.fnmatchcase(guest["name"], pattern) for pattern in patterns)]

    def warn_of_missing(self, guests):
        names = set(guest["name"] for dom0, guest in guests)
        for pattern in self.get_option("patterns"):
            if not any(mark in pattern for mark in "*?[") and pattern not in names:
                Display().warning("patterns: no dom0 that answered has a guest %s" % pattern)

    def group_names(self, guests):
        """Those that are there, and those that are made of the guests: no host is called as one of them."""
        texts = {}
        for dom0, guest in guests:
            for text in self.groups_of(dom0, guest):
                group = self._sanitize_group_name(text)
                if texts.setdefault(group, text) != text:
                    Display().warning("%s and %s are one group, %s" % (texts[group], text, group))
        return set(texts).union(self.inventory.groups, (self._sanitize_group_name(name) for name in self.get_option("groups") or {}))

    @staticmethod
    def groups_of(dom0, guest):
        parts = (("dom0", dom0["name"]), ("state", guest["state"]), ("template", guest["template"]))
        return ["%s_%s" % (kind, name) for kind, name in parts if name]

    def may_be_added(self, host, dom0_name, owners, groups):
        if host in owners and owners[host] != dom0_name and not self.get_option("qualify"):
            raise AnsibleParserError("%s is a guest of the dom0 %s and of %s; qualify: true makes them two hosts" % (host, owners[host], dom0_name))
        if host in owners:
            return self.leave_out(host, dom0_name, "another one has that name, and is kept")
        if host in constants.LOCALHOST:
            return self.leave_out(host, dom0_name, "that is a name of the controller")
        if host in groups:
            return self.leave_out(host, dom0_name, "a group has that name")
        if not HOST_NAME.match(host):
            return self.leave_out(host, dom0_name, "that is not a host name")
        return True

    @staticmethod
    def leave_out(host, dom0_name, reason):
        Display().warning("the dom0 %s: the guest %r is not in the inventory: %s" % (dom0_name, host, reason))
        return False

    def add_guest(self, host, guest, dom0):
        self.inventory.add_host(host)
        for text in self.groups_of(dom0, guest):
            self.inventory.add_host(host, group=self.inventory.add_group(self._sanitize_group_name(text)))
        self.inventory.set_variable(host, "xen_bigdisk", inert(dict(guest, dom0=dom0["name"])))
        address = address_of(guest)
        if address:
            self.inventory.set_variable(host, "ansible_host", address)
        if self.get_option("proxy_jump") and not dom0.get("local"):
            self.inventory.set_variable(host, "ansible_ssh_common_args", "-o ProxyJump=" + shlex.quote(destination(dom0)))

    def construct(self, host):
        variables, strict = self.inventory.get_host(host).get_vars(), self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)
