# -*- coding: utf-8 -*-
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the modules have in common."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    DOCUMENTATION = r"""
requirements:
  - xen-bigdisk on the host that the module runs on, which is the dom0, of this collection's version
options:
  program:
    description:
      - The program, by a name in C(PATH) or a path.
    type: path
    default: xen-bigdisk
notes:
  - The modules run on a dom0, as root unless I(dir) is a directory of another user and nothing is started.
  - A failure has the program's own line in C(msg), and C(kind), which is one of C(failed), C(usage), C(exists), C(not_found), C(in_use),
    C(no_room), C(no_hypervisor) and C(canceled), with the exit status in C(rc).
"""
