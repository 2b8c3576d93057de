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
    that is known; a running guest with DHCP reports its own.
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
    description: Only guests whose names match one of these shell patterns.
    type: list
    elements: str
    default: []
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

import ipaddress
import json
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

KEYS = {"name": str, "host": str, "user": str, "port": int, "local": bool, "program": (str, list), "dir": str}


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


def command_of(dom0, patterns):
    program = dom0.get("program", "xen-bigdisk")
    command = list(program) if isinstance(program, list) else [program]
    command += ["list", "--json"] + (["--dir=" + dom0["dir"]] if "dir" in dom0 else [])
    return command + (["--"] + patterns if patterns else [])


def destination(dom0):
    """As ProxyJump takes it."""
    host = dom0.get("host", dom0["name"])
    return "%s%s%s" % (dom0["user"] + "@" if "user" in dom0 else "", host, ":%d" % dom0["port"] if "port" in dom0 else "")


def address_of(guest):
    """A running guest says itself which address it has, and nobody else checks that it is one."""
    for text in (guest["address"], guest["address6"]):
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            pass
    return None


def inert(value):
    """What could be taken for a template is marked as none; all else stays as it is, so that it is printed as it is."""
    if isinstance(value, dict):
        return dict((key, inert(item)) for key, item in value.items())
    if isinstance(value, list):
        return [inert(item) for item in value]
    if isinstance(value, str) and any(mark in value for mark in ("{{", "{%", "{#")):
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
                lists[dom0["name"]] = {"command": self.full_command(dom0), "guests": answer.result()}
            except Unanswered as problem:
                self.report(dom0, problem)
        if uses_cache:
            self._cache[key] = lists
        return {name: entry["guests"] for name, entry in lists.items()}

    def report(self, dom0, problem):
        message = "the dom0 %s: %s" % (dom0["name"], problem)
        if self.get_option("on_error") == "fail":
            raise AnsibleParserError(message)
        Display().warning(message + "; its guests are not in the inventory")

    def full_command(self, dom0):
        command = command_of(dom0, self.get_option("patterns"))
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
        if done.returncode != 0:
            lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
            raise Unanswered(lines[-1] if lines else "status %d" % done.returncode)
        try:
            return json.loads(done.stdout.decode("utf-8"))["guests"]
        except (ValueError, KeyError, TypeError):
            raise Unanswered("what it prints is not the list of xen-bigdisk")

    # --- the inventory

    def add_all(self, dom0s, lists):
        owners = {}
        for dom0 in dom0s:
            for guest in lists[dom0["name"]]:
                if guest["cfg"] is None and not self.get_option("foreign"):
                    continue
                host = "%s.%s" % (guest["name"], dom0["name"]) if self.get_option("qualify") else guest["name"]
                if host in owners:
                    raise AnsibleParserError("%s is a guest of the dom0 %s and of %s; qualify: true makes them two hosts"
                                             % (host, owners[host], dom0["name"]))
                owners[host] = dom0["name"]
                self.add_guest(host, guest, dom0)

    def add_guest(self, host, guest, dom0):
        self.inventory.add_host(host)
        for kind, name in (("dom0", dom0["name"]), ("state", guest["state"]), ("template", guest["template"])):
            if name:
                group = self.inventory.add_group(self._sanitize_group_name("%s_%s" % (kind, name)))
                self.inventory.add_host(host, group=group)
        variables = {"xen_bigdisk": inert(dict(guest, dom0=dom0["name"]))}
        address = address_of(guest)
        if address:
            variables["ansible_host"] = address
        if self.get_option("proxy_jump") and not dom0.get("local"):
            variables["ansible_ssh_common_args"] = "-o ProxyJump=" + shlex.quote(destination(dom0))
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)
