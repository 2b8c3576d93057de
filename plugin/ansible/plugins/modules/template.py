#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: GPL-2.0-or-later
"""A template of a dom0, by xen-bigdisk."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: template
short_description: Imports, builds and removes templates of Xen guests
description:
  - Makes a template by C(xen-bigdisk template import) or C(template build), and removes it by C(template rm).
  - A template that exists is left as it is, and is never replaced. One whose I(checksum) is known to be another is a failure that says so.
author:
  - The authors of xen-bigdisk (!UNKNOWN)
extends_documentation_fragment:
  - xen_bigdisk.dom0.program
options:
  name:
    description: The template's name.
    type: str
    required: true
  state:
    description:
      - C(present) is there; where it is not, it is made from I(source) or I(recipe).
      - C(absent) is not there. Guests that were made from it stay as they are.
    type: str
    choices: [present, absent]
    default: present
  source:
    description:
      - An archive, a directory, a container image, a disk or a URL, as C(xen-bigdisk template import) takes it; paths are the dom0's.
    type: str
  recipe:
    description: A recipe, as C(xen-bigdisk template build) takes it, such as C(debian-12) or a path on the dom0.
    type: str
  checksum:
    description:
      - C(sha256:HEX), C(sha512:HEX), or a file of checksums that names the I(source), by which that is verified before it is read. With
        C(sha256:HEX) a template that exists is compared with it, too, where it was verified or downloaded when it was made.
    type: str
  signature:
    description: Detached signature of the file of checksums, or else of the I(source).
    type: str
  keyring:
    description: OpenPGP keys that may have signed.
    type: path
  form:
    description:
      - C(root) takes the files of a disk's root filesystem, C(disk) the disk as it is (C(--as)).
    type: str
    choices: [root, disk]
  tag:
    description: Which container image, if the I(source) has several.
    type: str
  platform:
    description: Which container image, such as C(linux/amd64).
    type: str
  network:
    description: Network configuration of its guests, instead of what is detected.
    type: str
    choices: [none, ifupdown, networkd, networkmanager, netplan]
  unique_machine_id:
    description: Each guest gets a machine-id when it is made, instead of an empty one.
    type: bool
    default: false
  own_grub_cfg:
    description: Keeps the template's own grub.cfg.
    type: bool
    default: false
  max_size:
    description: Refuses a source with more content than this.
    type: str
  description:
    description: One line for C(show) and C(list).
    type: str
  templates:
    description: Template directory.
    type: path
"""

EXAMPLES = r"""
- name: A Debian from the packages of a mirror
  xen_bigdisk.dom0.template:
    name: debian-12
    recipe: debian-12

- name: A cloud image, verified by its distribution's checksums
  xen_bigdisk.dom0.template:
    name: trixie
    source: https://cloud.debian.org/images/cloud/trixie/latest/debian-13-generic-amd64.qcow2
    checksum: https://cloud.debian.org/images/cloud/trixie/latest/SHA512SUMS

- name: No longer needed
  xen_bigdisk.dom0.template:
    name: debian-11
    state: absent
"""

RETURN = r"""
template:
  description: What C(xen-bigdisk template show --json) prints; in check mode of one that would be made the plan of that.
  returned: unless it is absent
  type: dict
  sample: {"path": "/var/lib/xen-bigdisk/templates/debian-12", "manifest": {"name": "debian-12"}}
kind:
  description: What kind of failure it is.
  returned: on failure
  type: str
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.xen_bigdisk.dom0.plugins.module_utils.program import ARGUMENTS, Program, check_name, place

HOW = ["network", "max_size", "description"]
# Texts that may be paths of the dom0.
OF_DOM0 = ["source", "recipe", "checksum", "signature"]
FLAGS = ["unique_machine_id", "own_grub_cfg"]
IMPORT = ["checksum", "signature", "keyring", "tag", "platform"]


def make_arguments(params):
    if params["recipe"] is not None:
        arguments = ["template", "build", params["recipe"], params["name"]]
    else:
        arguments = ["template", "import", params["name"], params["source"]] + place(params, *IMPORT)
        if params["form"]:
            arguments.append("--as=" + params["form"])
    arguments += place(params, *HOW)
    return arguments + ["--" + flag.replace("_", "-") for flag in FLAGS if params[flag]]


def check_digest(module, there):
    """What is known of where the template came from is to be what is asked for."""
    wanted = module.params["checksum"] or ""
    digest = ((there.get("manifest") or {}).get("source") or {}).get("digest")
    if digest and wanted.lower().startswith("sha256:") and wanted.lower() != digest:
        module.fail_json(msg="the template %s exists, and was made from a source with the checksum %s, not %s; remove it first, or give the new "
                             "one another name" % (module.params["name"], digest, wanted), kind="exists", rc=3)


def ensure_present(module, program, where):
    params = module.params
    there = program.call(["template", "show", params["name"]] + where, may_miss=True)
    if there is not None:
        check_digest(module, there)
        return dict(changed=False, template=there)
    if params["source"] is None and params["recipe"] is None:
        module.fail_json(msg="there is no template %s; source or recipe says what it is made from" % params["name"], kind="not_found", rc=4)
    made = program.call(make_arguments(params) + where + (["--dry-run"] if module.check_mode else []))
    return dict(changed=True, template=made, diff=dict(before=dict(path=None), after=dict(path=made["path"])))


def ensure_absent(module, program, where):
    if program.call(["template", "show", module.params["name"]] + where, may_miss=True) is None:
        return dict(changed=False)
    done = program.call(["template", "rm", module.params["name"], "--yes"] + where + (["--dry-run"] if module.check_mode else []))
    return dict(changed=True, diff=dict(before=dict(path=done["path"]), after=dict(path=None)))


def main():
    spec = dict(
        name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        source=dict(type="str"),
        recipe=dict(type="str"),
        checksum=dict(type="str"),
        signature=dict(type="str"),
        keyring=dict(type="path", no_log=False),
        form=dict(type="str", choices=["root", "disk"]),
        tag=dict(type="str"),
        platform=dict(type="str"),
        network=dict(type="str", choices=["none", "ifupdown", "networkd", "networkmanager", "netplan"]),
        unique_machine_id=dict(type="bool", default=False),
        own_grub_cfg=dict(type="bool", default=False),
        max_size=dict(type="str"),
        description=dict(type="str"),
        templates=dict(type="path"),
        program=ARGUMENTS["program"],
    )
    module = AnsibleModule(
        argument_spec=spec,
        mutually_exclusive=[("source", "recipe")] + [("recipe", key) for key in IMPORT + ["form"]],
        supports_check_mode=True,
    )
    check_name(module, module.params["name"])
    for key in OF_DOM0:
        module.params[key] = module.params[key] and os.path.expanduser(module.params[key])
    program = Program(module)
    where = place(module.params, "templates")
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    module.exit_json(**ensure(module, program, where))


if __name__ == "__main__":
    main()
