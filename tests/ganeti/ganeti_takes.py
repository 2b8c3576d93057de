#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds a file for gnt-instance batch-create, on stdin, against Ganeti's own code, as BatchCreate() of
ganeti.client.gnt_instance and CheckPrereq() of the job do, as far as that needs no cluster."""
import json
import sys

from ganeti import constants, objects, opcodes, utils

instances = json.load(sys.stdin)
for instance in instances:
    unknown = set(instance) - set(opcodes.OpInstanceCreate.GetAllSlots())
    if unknown:
        sys.exit("unknown: %s" % ", ".join(sorted(unknown)))
    op = opcodes.OpInstanceCreate(**instance)
    op.Validate(False)
    for nic in op.nics:
        utils.ForceDictType(nic, constants.INIC_PARAMS_TYPES)
    for disk in op.disks:
        utils.ForceDictType(disk, constants.IDISK_PARAMS_TYPES)
    utils.ForceDictType(op.beparams, constants.BES_PARAMETER_TYPES)
    utils.ForceDictType(op.hvparams, constants.HVS_PARAMETER_TYPES)
    others = set(op.hvparams) - set(constants.HVC_DEFAULTS[op.hypervisor])
    if others:
        sys.exit("no parameters of %s: %s" % (op.hypervisor, ", ".join(sorted(others))))
    for tag in op.tags:
        objects.TaggableObject.ValidateTag(tag)
print("%d instances" % len(instances))
