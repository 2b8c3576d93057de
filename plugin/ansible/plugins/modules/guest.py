#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest of a dom0, by xen-bigdisk."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: guest
short_description: Creates, changes, starts, stops and removes a Xen guest
description:
  - Makes a guest by C(xen-bigdisk new), with the options that this has, and changes one that exists by C(set), C(grow), C(shrink) and
    C(autostart).
  - Only what is given is compared with a guest that exists. Memory, virtual CPUs, type, boot, bridge, MAC address and I(vif) are changed in
    its config, and the first two at once where it runs; a larger I(size) makes its disk larger.
  - What is written into the disk when it is made (template, filesystem, layout, swap, further disks, addresses) cannot be changed, and another
    value is a failure that says so, unless I(recreate=true). I(size) of a disk on a block device is not compared.
  - Keys, I(user), passwords, files, scripts and user-data are used once, when the guest is made, and never compared; nor is I(append) of a guest that
    does not have I(boot=direct).
author:
  - The authors of xen-bigdisk (!UNKNOWN)
extends_documentation_fragment:
  - xen_bigdisk.dom0.program
options:
  name:
    description: The guest's name.
    type: str
    required: true
  state:
    description:
      - C(present) is there, whether it runs or not; one that is made is not started.
      - C(started) is there and runs; C(stopped) is there and does not.
      - C(restarted) is there, and is rebooted, or started where it did not run.
      - C(absent) is not there, and neither are its disks. Files that have the names of its disks but are in no config are left alone, with a
        warning.
    type: str
    choices: [present, started, stopped, restarted, absent]
    default: present
  dir:
    description: Directory of image and config, side by side, instead of the system's.
    type: path
  recreate:
    description:
      - Removes a guest that differs in what no command changes, with all that is on its disks, and makes it anew. If it runs, I(force) is
        required, too.
      - Before, everything is checked of the new one that can be without making it. What fails later, a disk that is full or a guest that
        does not boot, leaves none.
    type: bool
    default: false
  force:
    description:
      - Destroys the domain of a guest that is to be removed or stopped, where it runs or does not power off in time.
    type: bool
    default: false
  allow_shrink:
    description: Makes the disk smaller where I(size) is; without it that is a failure. The guest must not run.
    type: bool
    default: false
  autostart:
    description: Whether the guest starts with dom0; C(true) is only for guests in C(/etc/xen), without I(dir). Not given, it stays as it is.
    type: bool
  wait:
    description: Waits until the guest's userspace reports that it is up, after a start or a reboot.
    type: bool
    default: false
  timeout:
    description:
      - How long to wait, in seconds, for a guest to be up (the default is 120) with I(wait=true), or to be gone (the default is 60).
    type: int
  size:
    description: Size of the whole disk, such as C(8G).
    type: str
  device:
    description: Block device for the disk, instead of a file.
    type: str
  lvm:
    description: Volume group, or C(VG/POOL), in which a logical volume is made for the disk.
    type: str
  overwrite:
    description: Uses the I(device) even if there is something on it, which is lost.
    type: bool
    default: false
  swap:
    description: Size of a swap partition.
    type: str
  disk:
    description: Further disks, each C(SIZE) or C(SIZE:/MOUNT). A list, or a text, which is one of them.
    type: raw
  mount:
    description: Partitions with filesystems of their own, each C(/MOUNT=SIZE). A list, or a text, which is one of them.
    type: raw
  layout:
    description: Where partitions start.
    type: str
    choices: [aligned, cylinder]
  boot_sector:
    description: BIOS boot loader. Of a guest that exists, a missing one is a difference; one that is there may have been installed by the guest.
    type: str
    choices: [grub2, grub-legacy, none]
  fs:
    description: Root filesystem.
    type: str
    choices: [ext3, ext4]
  template:
    description: Template to fill the disk from.
    type: str
  templates:
    description: Template directory.
    type: path
  type:
    description: Guest type.
    type: str
    choices: [pv, pvh, hvm]
  boot:
    description: What loads its kernel.
    type: str
    choices: [pygrub, bigdisk, pvgrub, direct, uefi]
  append:
    description: Arguments that are added to the kernel's command line.
    type: str
  memory:
    description: Memory, such as C(1G); a plain number is in MiB.
    type: str
  vcpus:
    description: Number of virtual CPUs.
    type: int
  bridge:
    description: Bridge of the first interface.
    type: str
  mac:
    description: MAC address of the first interface.
    type: str
  ip:
    description: C(dhcp), or static IPv4 addresses with their prefix lengths.
    type: list
    elements: str
  gateway:
    description: Default gateway, for a static address.
    type: str
  ip6:
    description: C(auto), C(dhcp), C(none), or static IPv6 addresses with their prefix lengths.
    type: list
    elements: str
  gateway6:
    description: Default gateway, for a static IPv6 address.
    type: str
  dns:
    description: Name servers.
    type: list
    elements: str
  vif:
    description:
      - What xl-network-configuration(5) has for the first interface, with C(rate), C(mtu), C(vlan), C(vifname), C(model), C(script),
        C(gatewaydev) and C(backend) as keys. An empty value takes it away from a guest that exists.
    type: dict
  net:
    description: Further interfaces, each C(KEY=VALUE,...) as C(--net) of C(xen-bigdisk new) has it. A list, or a text, which is one of them.
    type: raw
  no_net:
    description: No network interface.
    type: bool
    default: false
  ssh_key:
    description: Files of public keys, on the dom0. A list, or a text, which is one of them.
    type: raw
  ssh_key_content:
    description: Public keys themselves, each on a line of its own. A list, or a text.
    type: raw
  user:
    description: Account that is made, with sudo, for which the keys are then.
    type: str
  root_password:
    description: Root's password.
    type: str
  root_password_file:
    description: File on the dom0 with root's password in its first line.
    type: path
  root_password_hash:
    description: Hash of root's password, as printed by C(openssl passwd -6).
    type: str
  root_password_hash_file:
    description: File on the dom0 with the hash in its first line.
    type: path
  file:
    description: Files of the dom0 to be copied into the guest, each C(HOST:GUEST). A list, or a text, which is one of them.
    type: raw
  user_data:
    description: File on the dom0 with user-data for cloud-init.
    type: path
  user_data_content:
    description: The user-data itself.
    type: str
  run_once:
    description: Script on the dom0, which the guest runs at its first boot.
    type: path
  run_once_content:
    description: The script itself.
    type: str
  seed:
    description: What everything random in the guest is derived from; whoever knows it can derive the guest's keys.
    type: str
  seed_file:
    description: File on the dom0 with that in its first line.
    type: path
  keep_failed:
    description: Keeps the files of a guest that does not boot.
    type: bool
    default: false
  no_defaults:
    description: Passes over the dom0's defaults for new guests, C(/etc/xen-bigdisk/defaults.json).
    type: bool
    default: false
notes:
  - Secrets (I(root_password), I(root_password_hash), I(seed), I(user_data_content)) reach the program in files of mode 0600 in the module's
    own directory, not on a command line.
  - In check mode the program's own plan is made, which touches nothing, and its checks are those of the change itself.
"""

EXAMPLES = r"""
- name: A web server that is up when the task ends
  xen_bigdisk.dom0.guest:
    name: www01
    state: started
    template: debian-12
    size: 8G
    memory: 384M
    ip: 192.0.2.31/24
    gateway: 192.0.2.1
    ssh_key_content: "{{ lookup('file', '~/.ssh/id_ed25519.pub') }}"
    wait: true
  register: www01

- name: A larger disk, and more memory, which it gets when it is started the next time
  xen_bigdisk.dom0.guest:
    name: www01
    size: 16G
    memory: 1G
  register: www01

- name: Reboot it if it waits for that
  xen_bigdisk.dom0.guest:
    name: www01
    state: restarted
    wait: true
  when: www01.guest.restart_pending | default(none) is not none

- name: Remove it with its disk, even if it runs
  xen_bigdisk.dom0.guest:
    name: www01
    state: absent
    force: true
"""

RETURN = r"""
guest:
  description:
    - What C(xen-bigdisk show --json) prints about the guest afterwards, among it C(state), C(domid), C(address), C(restart_pending) and
      C(image); in check mode the plan of one that would be made, as C(xen-bigdisk new --dry-run --json) prints it.
  returned: unless it is absent
  type: dict
  sample: {"name": "www01", "state": "running", "domid": 7, "address": "192.0.2.31", "restart_pending": null}
changes:
  description: What is, or in check mode would be, changed of a guest that exists, by C(key), C(from) and C(to).
  returned: when a guest that exists is changed
  type: list
  elements: dict
  sample: [{"key": "memory", "from": "384M", "to": "1024M", "now": false}]
ssh_host_keys:
  description: C(type) and C(fingerprint) of the SSH host key that the new guest has.
  returned: when a guest is made that has one
  type: list
  elements: dict
removed:
  description: The paths that are, or would be, removed.
  returned: when a guest is removed
  type: list
  elements: str
kind:
  description: What kind of failure it is.
  returned: on failure
  type: str
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_text
from ansible_collections.xen_bigdisk.dom0.plugins.module_utils.program import ARGUMENTS, Program, check_name, place

TEXTS = ["size", "device", "lvm", "swap", "layout", "boot_sector", "fs", "template", "templates", "type", "boot", "append", "memory", "vcpus",
         "user", "root_password_file", "root_password_hash_file", "user_data", "run_once", "seed_file"]
# Lists whose items may have commas, at which Ansible's type list would divide a text.
LISTS = ["disk", "mount", "ssh_key", "file"]
OF_DOM0 = ["ssh_key", "file"]
FLAGS = ["overwrite", "no_net", "no_defaults"]
# Of the first interface, in the order in which new wants them.
NETWORK = ["bridge", "mac", "ip", "gateway", "ip6", "gateway6", "dns"]
VIF_KEYS = ["rate", "mtu", "vlan", "vifname", "model", "script", "gatewaydev", "backend"]

# Contents that the program reads from files.
CONTENTS = {
    "root_password": "root_password_file",
    "root_password_hash": "root_password_hash_file",
    "user_data_content": "user_data",
    "run_once_content": "run_once",
    "seed": "seed_file",
}
ONE_LINE = ["root_password", "root_password_hash", "seed"]

ALIVE = ["running", "paused"]


def option(key, value):
    return "--%s=%s" % (key.replace("_", "-"), value)


def values(value):
    return value if isinstance(value, list) else [value]


class Guest(object):
    def __init__(self, module):
        self.module = module
        self.params = module.params
        self.name = module.params["name"]
        self.program = Program(module)
        self.result = dict(changed=False)
        self.diffs = []
        self.dry_run = ["--dry-run"] if module.check_mode else []
        self.starts = module.params["state"] in ("started", "restarted")
        self.place = place(module.params, "dir")
        # YAML's null is nothing, too.
        self.vif = sorted((key, "" if value is None else str(value)) for key, value in (module.params["vif"] or {}).items())

    # --- what new is given

    def items(self, key):
        given = values(self.params[key]) if self.params[key] is not None else []
        for item in given:
            if item is None or isinstance(item, (dict, list, bool)):
                self.module.fail_json(msg="%s must be a text or a list of texts" % key, kind="usage", rc=2)
        return [os.path.expanduser(item) if key in OF_DOM0 else item for item in map(to_text, given)]

    def first_interface(self):
        """What is given of it by other keys than net, of which the first is it otherwise."""
        given = [(key, value) for key in NETWORK if self.params[key] is not None for value in values(self.params[key])]
        return given, [pair for pair in self.vif if pair[1] != ""]

    def network_arguments(self):
        given, vif = self.first_interface()
        if not vif:
            first = [option(key, value) for key, value in given]
        elif any("," in value for key, value in given + vif):
            self.module.fail_json(msg="with vif, the values of the first interface cannot have commas", kind="usage", rc=2)
        else:
            first = [option("net", ",".join("%s=%s" % pair for pair in given + vif))]
        return first + [option("net", spec) for spec in self.items("net")]

    def content_arguments(self):
        arguments = []
        for key in sorted(CONTENTS):
            content = self.params[key]
            if content is None:
                continue
            if key in ONE_LINE and ("\n" in content or "\r" in content):
                self.module.fail_json(msg="%s must be one line" % key, kind="usage", rc=2)
            argument = option(CONTENTS[key], self.program.private_file(key, content))
            self.program.names[argument.split("=")[0]] = key
            arguments.append(argument)
        keys = "".join(item.strip() + "\n" for item in self.items("ssh_key_content"))
        if keys:
            arguments.append(option("ssh_key", self.program.private_file("ssh_key_content", keys)))
        return arguments

    def new_arguments(self):
        arguments = ["new", self.name] + self.place
        arguments += [option(key, self.params[key]) for key in TEXTS if self.params[key] is not None]
        arguments += [option(key, value) for key in LISTS for value in self.items(key)]
        arguments += ["--" + key.replace("_", "-") for key in FLAGS if self.params[key]]
        return arguments + self.network_arguments() + self.content_arguments()

    def wait_arguments(self):
        if not self.params["wait"]:
            return ["--no-wait"]
        return ["--wait"] + (["--timeout=%d" % self.params["timeout"]] if self.params["timeout"] is not None else [])

    # --- what is done

    def note(self, key, before, after):
        self.diffs.append(dict(before_header=self.name, after_header=self.name, before={key: before}, after={key: after}))

    def add_changes(self, changes):
        for change in changes:
            self.result["changed"] = True
            self.result.setdefault("changes", []).append(change)
            self.note(change["key"], change["from"], change["to"])

    def changed(self, key, before, after):
        self.add_changes([{"key": key, "from": before, "to": after}])

    def show(self):
        return self.program.call(["show", self.name] + self.place, may_miss=True)

    def plan_new(self, arguments, *how):
        """All checks of a guest that is not there yet."""
        plan = self.program.call(arguments + ["--dry-run"] + list(how) + ([] if self.starts else ["--no-start"]))
        if self.starts and not plan["starts"]:
            self.module.fail_json(msg="no Xen is running here, so no guest can be started", kind="no_hypervisor", rc=7)
        return plan

    def make(self, arguments, plan):
        self.result["changed"] = True
        header = plan["files"]["cfg"]
        if self.module.check_mode:
            self.diffs.append(dict(before_header=header, after_header=header, before="", after=plan["config"]))
            self.result["guest"] = plan
            return
        how = self.wait_arguments() if self.starts else ["--no-start"]
        if self.params["keep_failed"]:
            how.append("--keep-failed")
        made = self.program.call(arguments + how)
        if made.get("ssh_host_keys"):
            self.result["ssh_host_keys"] = made["ssh_host_keys"]
        with open(made["cfg"]) as cfg:
            self.diffs.append(dict(before_header=header, after_header=header, before="", after=cfg.read()))

    def remove(self):
        force = ["--force"] if self.params["force"] else []
        done = self.program.call(["rm", self.name, "--yes", "--if-exists"] + force + self.dry_run + self.place)
        if done["state"] == "absent":
            return
        self.result["changed"] = True
        self.result["removed"] = done["removed"]
        self.note("files", done["removed"], [])

    def fail_for(self, differences):
        words = ", ".join("%s: %s -> %s" % (d["key"], d["from"], d["to"]) for d in differences)
        self.module.fail_json(
            msg="%s exists, and no command changes this of it: %s; undo the change, or, if the content of its disks is not needed, have it made "
                "anew by recreate=true" % (self.name, words), kind="exists", rc=3, differences=differences)

    def check_shrink(self, differences):
        for d in differences:
            if d["command"] == "shrink" and not self.params["allow_shrink"]:
                self.module.fail_json(msg="%s exists, and its disk is larger than size: %s -> %s; allow_shrink=true makes it smaller"
                                          % (self.name, d["from"], d["to"]), kind="exists", rc=3, differences=[d])

    # Each of these returns its changes. how: --dry-run and the like.

    def resize(self, differences, how):
        changes = []
        for d in differences:
            if d["command"] in ("grow", "shrink"):
                done = self.program.call([d["command"], self.name, self.params["size"]] + how + self.place)
                if done["changed"]:
                    changes.append({"key": "size", "from": d["from"], "to": d["to"]})
        return changes

    def wanted_values(self):
        """By the keys of set. The interface's type is none of them, but the guest's is."""
        wanted = dict(self.params)
        net = self.items("net")
        if net and not any(self.first_interface()):
            said = dict(part.split("=", 1) for part in net[0].split(",") if "=" in part)
            wanted.update((key, said[key]) for key in ["bridge", "mac"] + VIF_KEYS if key in said)
        return wanted

    def set_values(self, differences, how):
        wanted = self.wanted_values()
        keys = [d["key"] for d in differences if d["command"] == "set"]
        pairs = ["%s=%s" % (key, wanted[key]) for key in keys if wanted.get(key) is not None]
        pairs += ["%s=%s" % pair for pair in self.vif]
        return self.program.call(["set", self.name] + pairs + how + self.place)["changes"] if pairs else []

    def set_autostart(self, how):
        wanted = self.params["autostart"]
        if wanted is None:
            return []
        # By its config where there is a directory: another guest of that name may be in the system's.
        which = os.path.join(self.params["dir"], self.name + ".cfg") if self.params["dir"] else self.name
        done = self.program.call(["autostart", "on" if wanted else "off", which] + how)
        return [{"key": "autostart", "from": not wanted, "to": wanted}] if done["changed"] else []

    def plan(self, differences):
        """All of it is asked for before any of it is done, and before the guest is stopped for it."""
        self.check_shrink(differences)
        how = ["--dry-run"] + (["--as-if-stopped"] if self.params["state"] == "stopped" else [])
        return self.resize(differences, how) + self.set_values(differences, how) + self.set_autostart(["--dry-run"])

    def change(self, differences):
        return self.resize(differences, []) + self.set_values(differences, []) + self.set_autostart([])

    def state_now(self):
        state = self.show()["state"]
        if state == "unknown":
            self.module.fail_json(msg="it is not known whether %s runs: there is no hypervisor, or no permission to ask it" % self.name,
                                  kind="no_hypervisor", rc=7)
        return state

    def start(self):
        if self.module.check_mode:
            state = self.state_now()
            if state not in ALIVE:
                self.changed("state", state, "running")
            return
        done = self.program.call(["start", self.name] + self.wait_arguments() + self.place)
        if done["changed"]:
            self.changed("state", "stopped", "running")

    def restart(self):
        state = self.state_now()
        if state not in ALIVE:
            self.start()
            return
        if not self.module.check_mode:
            self.program.call(["reboot", self.name] + self.wait_arguments() + self.place)
        self.changed("state", state, "rebooted")

    def stop(self):
        if self.module.check_mode:
            state = self.state_now()
            if state not in ("stopped", "saved"):
                self.changed("state", state, "stopped")
            return
        how = ["--force"] if self.params["force"] else []
        if self.params["timeout"] is not None:
            how.append("--timeout=%d" % self.params["timeout"])
        done = self.program.call(["stop", self.name] + how + self.place)
        if done["changed"]:
            self.changed("state", "running", done["state"])

    # --- the states

    def ensure_there(self):
        arguments = self.new_arguments()
        plan = self.program.call(arguments + ["--if-absent", "--no-start", "--dry-run"])
        refused = [d for d in plan.get("differences", []) if d["command"] is None]
        if refused and not self.params["recreate"]:
            self.fail_for(refused)
        if refused:
            plan = self.plan_new(arguments, "--as-if-absent")
            if self.params["autostart"] is None and self.show()["autostart"]:
                self.params["autostart"] = True
            self.remove()
            for d in refused:
                self.changed(d["key"], d["from"], d["to"])
        elif plan["state"] == "planned" and self.module.check_mode:
            plan = self.plan_new(arguments)
        if plan["state"] == "planned":
            self.make(arguments, plan)
            if not self.module.check_mode:
                self.set_autostart([])
            return True
        changes = self.plan(plan["differences"])
        if self.params["state"] == "stopped":
            self.stop()
        if changes and not self.module.check_mode:
            changes = self.change(plan["differences"])
        self.add_changes(changes)
        return False

    def run(self):
        check_name(self.module, self.name)
        if self.params["state"] == "absent":
            self.remove()
        elif not self.ensure_there() and self.params["state"] in ("started", "restarted"):
            (self.start if self.params["state"] == "started" else self.restart)()
        if self.params["state"] != "absent" and "guest" not in self.result:
            self.result["guest"] = self.show()
        if self.module._diff:
            self.result["diff"] = self.diffs
        self.module.exit_json(**self.result)


def main():
    spec = dict(
        name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "started", "stopped", "restarted", "absent"], default="present"),
        recreate=dict(type="bool", default=False),
        force=dict(type="bool", default=False),
        allow_shrink=dict(type="bool", default=False),
        autostart=dict(type="bool"),
        wait=dict(type="bool", default=False),
        timeout=dict(type="int"),
        size=dict(type="str"),
        device=dict(type="str"),
        lvm=dict(type="str"),
        overwrite=dict(type="bool", default=False),
        swap=dict(type="str"),
        disk=dict(type="raw"),
        mount=dict(type="raw"),
        layout=dict(type="str", choices=["aligned", "cylinder"]),
        boot_sector=dict(type="str", choices=["grub2", "grub-legacy", "none"]),
        fs=dict(type="str", choices=["ext3", "ext4"]),
        template=dict(type="str"),
        templates=dict(type="path"),
        type=dict(type="str", choices=["pv", "pvh", "hvm"]),
        boot=dict(type="str", choices=["pygrub", "bigdisk", "pvgrub", "direct", "uefi"]),
        append=dict(type="str"),
        memory=dict(type="str"),
        vcpus=dict(type="int"),
        bridge=dict(type="str"),
        mac=dict(type="str"),
        ip=dict(type="list", elements="str"),
        gateway=dict(type="str"),
        ip6=dict(type="list", elements="str"),
        gateway6=dict(type="str"),
        dns=dict(type="list", elements="str"),
        vif=dict(type="dict"),
        net=dict(type="raw"),
        no_net=dict(type="bool", default=False),
        ssh_key=dict(type="raw", no_log=False),
        ssh_key_content=dict(type="raw", no_log=False),
        user=dict(type="str"),
        root_password=dict(type="str", no_log=True),
        root_password_file=dict(type="path", no_log=False),
        root_password_hash=dict(type="str", no_log=True),
        root_password_hash_file=dict(type="path", no_log=False),
        file=dict(type="raw"),
        user_data=dict(type="path"),
        user_data_content=dict(type="str", no_log=True),
        run_once=dict(type="path"),
        run_once_content=dict(type="str"),
        seed=dict(type="str", no_log=True),
        seed_file=dict(type="path"),
        keep_failed=dict(type="bool", default=False),
        no_defaults=dict(type="bool", default=False),
        **ARGUMENTS
    )
    module = AnsibleModule(
        argument_spec=spec,
        mutually_exclusive=[
            ("root_password", "root_password_file", "root_password_hash", "root_password_hash_file"),
            ("user_data", "user_data_content"),
            ("run_once", "run_once_content"),
            ("seed", "seed_file"),
        ],
        supports_check_mode=True,
    )
    unknown = sorted(set(module.params["vif"] or {}) - set(VIF_KEYS))
    if unknown:
        module.fail_json(msg="vif: there is no key %s; it must be one of %s" % (unknown[0], ", ".join(VIF_KEYS)), kind="usage", rc=2)
    if module.params["autostart"] and module.params["dir"]:
        module.fail_json(msg="autostart: only guests in /etc/xen are started with dom0, and not those of dir", kind="usage", rc=2)
    Guest(module).run()


if __name__ == "__main__":
    main()
