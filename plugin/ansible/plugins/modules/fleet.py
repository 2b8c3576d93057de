#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: GPL-2.0-or-later
"""The guests of a manifest on a dom0, by xen-bigdisk."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: fleet
short_description: Brings a dom0 in line with a manifest of Xen guests
description:
  - Creates, changes and starts the guests of a manifest by C(xen-bigdisk fleet apply), and starts, stops and destroys them.
  - In check mode, and for the diff, C(xen-bigdisk fleet plan) says what would be done.
  - xen-bigdisk-fleet(5) describes manifests.
author:
  - The authors of xen-bigdisk (!UNKNOWN)
extends_documentation_fragment:
  - xen_bigdisk.dom0.program
options:
  state:
    description:
      - C(applied) makes the guests what the manifest says, and starts them unless I(start=false).
      - C(status) only looks.
      - C(started) starts those that exist.
      - C(stopped) shuts them down; I(allow_stop=true) is required.
      - C(absent) destroys them with their disks; I(allow_destroy=true) is required.
    type: str
    choices: [applied, status, started, stopped, absent]
    default: applied
  manifest_file:
    description: The manifest, a file on the dom0.
    type: path
  manifest:
    description:
      - The manifest itself. Paths in it are the dom0's, and absolute. It has no C(root_password_hash), which would be seen in logs; see
        I(root_password_hash).
    type: dict
  root_password_hash:
    description: Hash of root's password, for the C(defaults) of an inline I(manifest).
    type: str
  dir:
    description: Directory of images and configs, side by side, instead of the system's.
    type: path
  templates:
    description: Template directory.
    type: path
  limit:
    description:
      - Only guests whose names match one of these shell patterns. An empty list, or null, is a failure, as an expression that came out empty
        would be every guest; leave the option out, as C(default(omit)) does, for all of them.
    type: list
    elements: str
    default: ["*"]
  start:
    description: With I(state=applied), starts the guests.
    type: bool
    default: true
  wait:
    description: Waits until each guest that is started reports that it is up.
    type: bool
    default: false
  timeout:
    description:
      - How long to wait for each guest, in seconds, to be up (the default is 120) with I(wait=true), or to be gone (the default is 60).
    type: int
  jobs:
    description: How many guests are worked on at a time.
    type: int
  force:
    description: With I(state=stopped), destroys the domain of a guest that is not gone in time.
    type: bool
    default: false
  allow_stop:
    description: Lets I(state=stopped) stop guests.
    type: bool
    default: false
  allow_destroy:
    description: Lets I(state=absent) remove guests, with all that is on their disks.
    type: bool
    default: false
  no_defaults:
    description: Passes over the dom0's defaults for new guests, C(/etc/xen-bigdisk/defaults.json).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: The shop, as a file of the dom0 says
  xen_bigdisk.dom0.fleet:
    manifest_file: /etc/xen-bigdisk/shop.json

- name: Another one, inline
  xen_bigdisk.dom0.fleet:
    manifest:
      fleet: lab
      defaults: {template: debian-12, size: 4G, memory: 384M, pool: 192.0.2.100-192.0.2.120/24, gateway: 192.0.2.1}
      groups: {node: {guests: "node{01..20}"}}
    wait: true
  register: lab

- name: Stop a part of it
  xen_bigdisk.dom0.fleet:
    manifest_file: /etc/xen-bigdisk/shop.json
    limit: ["shop*"]
    state: stopped
    allow_stop: true
"""

RETURN = r"""
plan:
  description: What C(xen-bigdisk fleet plan --json) prints before anything is done.
  returned: with I(state=applied)
  type: dict
  sample: {"fleet": "shop", "create": 2, "change": 0, "start": 0, "refuse": 0, "keep": 1}
guests:
  description: The guests of the manifest, as C(xen-bigdisk fleet status --json) has them, afterwards.
  returned: always, but for check mode and I(state=absent)
  type: list
  elements: dict
  sample: [{"name": "shop01", "state": "running", "group": "shop", "address": "192.0.2.41"}]
beyond:
  description: Names of guests of this fleet on the dom0 that the manifest does not name; they are left alone.
  returned: as C(guests)
  type: list
  elements: str
done:
  description: What was done to which guest, or would be; also to those that failed then, and of those in I(failed_guests) what could be done.
  returned: always, but for I(state=status)
  type: list
  elements: dict
  sample: [{"name": "shop01", "what": "made"}]
failed_guests:
  description: The guests with which something failed or which are refused, and why; the others are done all the same.
  returned: on failure
  type: list
  elements: dict
kind:
  description: What kind of failure it is.
  returned: on failure
  type: str
"""

import json
import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.xen_bigdisk.dom0.plugins.module_utils.program import ARGUMENTS, Program, place


def has_key(node, key):
    if isinstance(node, dict):
        return key in node or any(has_key(value, key) for value in node.values())
    return isinstance(node, list) and any(has_key(value, key) for value in node)


def places(node, where=""):
    """Where in it each line of json.dumps(node, indent=1) is. Keys are put into JSON, so that nothing in them is to be quoted there."""
    yield where
    if node and isinstance(node, (dict, list)):
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            key = re.sub(r"[^\w{}.-]", "?", str(key))
            for place_of_line in places(item, where + "." + key if where else key):
                yield place_of_line
        yield where


class FleetProgram(Program):
    """Says where in the manifest of a task something is, and not where in the file that the program has it in, which is gone with the module."""

    manifest = None

    def _named(self, text):
        if self.manifest:
            text = re.sub(re.escape(self.manifest) + r"(?::(\d+):\d+)?", self._place, text)
            text = text.replace(os.path.dirname(self.manifest) + "/", "")
        return super(FleetProgram, self)._named(text)

    def _place(self, match):
        where = self.places[int(match.group(1)) - 1] if match.group(1) else None
        return "manifest: " + where if where else "manifest"

    def write(self, manifest):
        self.places = list(places(manifest))
        self.manifest = self.private_file("manifest", json.dumps(manifest, indent=1))
        return self.manifest


class Fleet(object):
    def __init__(self, module):
        self.module = module
        self.params = module.params
        self.program = FleetProgram(module)
        if self.params["manifest_file"] is None:
            self.manifest = self.program.write(self.whole_manifest())
        else:
            # Else it could be taken for an option.
            self.manifest = os.path.abspath(self.params["manifest_file"])
        self.where = place(self.params, "dir") + ["--limit=" + pattern for pattern in self.params["limit"]]

    def whole_manifest(self):
        manifest = dict(self.params["manifest"])
        if has_key(manifest, "root_password_hash"):
            self.module.fail_json(msg="a manifest in a task has no root_password_hash, which would be seen in logs: the module's option of that name, "
                                      "or root_password_file in the manifest, is for that", kind="usage", rc=2)
        defaults = manifest.get("defaults") or {}
        if self.params["root_password_hash"] is not None and isinstance(defaults, dict):
            manifest["defaults"] = dict(defaults, root_password_hash=self.params["root_password_hash"])
        return manifest

    def command(self, name, *arguments):
        return ["fleet", name, self.manifest] + list(arguments) + self.where

    def wait_arguments(self):
        if not self.params["wait"]:
            return ["--no-wait"]
        return ["--wait"] + self.timeout_arguments()

    def timeout_arguments(self):
        return ["--timeout=%d" % self.params["timeout"]] if self.params["timeout"] is not None else []

    def jobs_arguments(self):
        return ["--jobs=%d" % self.params["jobs"]] if self.params["jobs"] is not None else []

    def status(self):
        status = self.program.call(self.command("status"))
        return dict(guests=status["guests"], beyond=status["beyond"])

    def finish(self, result, diffs):
        if self.module._diff and diffs:
            result["diff"] = dict(before=dict((name, before) for name, before, after in diffs),
                                  after=dict((name, after) for name, before, after in diffs))
        if result.get("failed_guests"):
            failed = result.pop("failed_guests")
            words = "; ".join("%s: %s" % (f["name"], f["message"]) for f in failed)
            self.module.fail_json(msg=words, kind=failed[0]["kind"], failed_guests=failed, **result)
        self.module.exit_json(**result)

    def run_events(self, command, result):
        events, error = self.program.events(command)
        # Those that failed have it, too, where something was done before.
        result["done"] = [dict(name=e["name"], what=e["what"]) for e in events if "what" in e]
        failed = [dict(name=e["name"], kind=e["error"]["kind"], message=e["error"]["message"]) for e in events if e["event"] == "failed"]
        if failed:
            result["failed_guests"] = failed
        elif error:
            self.module.fail_json(msg=error["message"], kind=error["kind"], **result)

    # --- the states

    def apply(self):
        how = [] if self.params["start"] else ["--no-start"]
        how += place(self.params, "templates") + (["--no-defaults"] if self.params["no_defaults"] else [])
        plan = self.program.call(self.command("plan", *how))
        diffs, failed, wanted = [], [], []
        for guest in plan["guests"]:
            action, changes = guest["action"], [c for c in guest["changes"] if not c["needs_new_disk"]]
            if action == "refuse":
                failed.append(dict(name=guest["name"], kind="failed", message=guest["reason"]))
            if action == "create":
                diffs.append((guest["name"], None, dict((key, guest[key]) for key in ("template", "size_bytes", "memory_mib", "vcpus", "cfg"))))
            elif changes or guest["start"]:
                before = dict((c["key"], c["from"]) for c in changes)
                after = dict((c["key"], c["to"]) for c in changes)
                if guest["start"]:
                    before["state"], after["state"] = guest["state"], "running"
                diffs.append((guest["name"], before, after))
            if action in ("create", "change", "start"):
                wanted.append(dict(name=guest["name"], what=action))
            elif changes or guest["start"]:
                # What can be done is done to one that is refused otherwise.
                wanted.append(dict(name=guest["name"], what="change" if changes else "start"))
        result = dict(changed=bool(diffs), plan=plan)
        if self.module.check_mode:
            result["done"] = wanted
            if failed:
                result["failed_guests"] = failed
        else:
            waits = self.wait_arguments() if self.params["start"] else []
            self.run_events(self.command("apply", *(how + self.jobs_arguments() + waits)), result)
            result.update(self.status())
        self.finish(result, diffs)

    def together(self, name, after, is_so, arguments):
        """start, stop and destroy: what a dry run names, without those that are so already."""
        planned = self.program.call(self.command(name, "--dry-run"))
        todo = [guest for guest in planned["guests"] if guest["state"] not in is_so]
        diffs = [(guest["name"], dict(state=guest["state"]), dict(state=after)) for guest in todo]
        result = dict(changed=bool(todo), done=[dict(name=guest["name"], what=name) for guest in todo])
        if not self.module.check_mode:
            if todo:
                self.run_events(self.command(name, *(arguments + self.jobs_arguments())), result)
            if name != "destroy":
                result.update(self.status())
        self.finish(result, diffs)

    def run(self):
        state = self.params["state"]
        if state == "applied":
            self.apply()
        elif state == "started":
            self.together("start", "running", ["running", "paused"], self.wait_arguments())
        elif state == "stopped":
            force = ["--force"] if self.params["force"] else []
            self.together("stop", "stopped", ["stopped", "saved"], ["--yes"] + force + self.timeout_arguments())
        elif state == "absent":
            self.together("destroy", "absent", [], ["--yes"])
        else:
            self.finish(dict(self.status(), changed=False), [])


def main():
    spec = dict(
        state=dict(type="str", choices=["applied", "status", "started", "stopped", "absent"], default="applied"),
        manifest_file=dict(type="path"),
        manifest=dict(type="dict"),
        root_password_hash=dict(type="str", no_log=True),
        templates=dict(type="path"),
        limit=dict(type="list", elements="str", default=["*"]),
        start=dict(type="bool", default=True),
        wait=dict(type="bool", default=False),
        timeout=dict(type="int"),
        jobs=dict(type="int"),
        force=dict(type="bool", default=False),
        allow_stop=dict(type="bool", default=False),
        allow_destroy=dict(type="bool", default=False),
        no_defaults=dict(type="bool", default=False),
        **ARGUMENTS
    )
    module = AnsibleModule(
        argument_spec=spec,
        required_one_of=[("manifest_file", "manifest")],
        mutually_exclusive=[("manifest_file", "manifest"), ("manifest_file", "root_password_hash")],
        supports_check_mode=True,
    )
    if not any(module.params["limit"] or []):
        module.fail_json(msg="limit is empty, and so selects no guest; without it, all guests of the manifest are meant", kind="usage", rc=2)
    for state, key, what in (("stopped", "allow_stop", "stops guests"), ("absent", "allow_destroy", "removes guests with their disks")):
        if module.params["state"] == state and not module.params[key]:
            module.fail_json(msg="state=%s %s; %s=true is required for that" % (state, what, key), kind="usage", rc=2)
    Fleet(module).run()


if __name__ == "__main__":
    main()
