# -*- coding: utf-8 -*-
# SPDX-License-Identifier: GPL-2.0-or-later
"""xen-bigdisk on the host that the module runs on: what its commands print with --json, and their errors."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os

ARGUMENTS = dict(
    program=dict(type="path", default="xen-bigdisk"),
    dir=dict(type="path"),
)

PREFIX = "xen-bigdisk: "


def documents(text):
    """Those that were printed; an error is the last of them, also behind a plan. What is none ends them."""
    decoder, found, text = json.JSONDecoder(), [], text.strip()
    while text:
        try:
            document, end = decoder.raw_decode(text)
        except ValueError:
            return found
        found.append(document)
        text = text[end:].strip()
    return found


class Program(object):
    def __init__(self, module):
        self.module = module
        self.path = module.get_bin_path(module.params["program"], required=True, opt_dirs=["/usr/local/bin"])
        self.warned = set()
        self.names = {}

    def _named(self, text):
        """Says the option that was given instead of what became of it for the program, such as a file that is gone with the module."""
        for is_called, name in self.names.items():
            text = text.replace(is_called, name)
        return text

    def _execute(self, arguments):
        # Without a terminal nothing is asked, and standard input is none of the guest's. There is no shell that expands anything, either.
        status, out, err = self.module.run_command([self.path] + list(arguments) + ["--json"], data="", expand_user_and_vars=False)
        out, err = self._named(out), self._named(err)
        for line in err.splitlines():
            if line.startswith(PREFIX + "warning: ") and line not in self.warned:
                self.warned.add(line)
                self.module.warn(line[len(PREFIX + "warning: "):])
        return status, out, err

    def _fail(self, arguments, status, error, err, **more):
        """In the words of the program; it says what was done, on what, and what helps."""
        if not error:
            lines = [line for line in err.splitlines() if line.strip()]
            message = "%s %s ended with status %d%s" % (self.path, arguments[0], status, ": " + lines[-1] if lines else "")
            error = dict(kind="failed", message=message)
        self.module.fail_json(msg=error["message"], kind=error["kind"], rc=status, **more)

    def call(self, arguments, may_miss=False, **more):
        """The object that a command prints. may_miss: None where what it is about is not there (status 4)."""
        status, out, err = self._execute(arguments)
        printed = documents(out)
        if status == 4 and may_miss:
            return None
        if status != 0 or not printed:
            self._fail(arguments, status, printed[-1].get("error") if printed else None, err, **more)
        return printed[0]

    def events(self, arguments):
        """Of the commands that print an event a line: the events, and the error that they ended with, or None, as where one guest only was at stake."""
        status, out, err = self._execute(arguments)
        events = documents(out)
        error = events.pop()["error"] if events and "event" not in events[-1] else None
        if status != 0 and (not events or not error) and not any(event["event"] == "failed" for event in events):
            self._fail(arguments, status, error, err)
        return events, error

    def private_file(self, name, content):
        """For what no list of processes is to show, and no other user to read: a file that goes with the module."""
        path = os.path.join(self.module.tmpdir, name)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content.encode("utf-8"))
        self.names[path] = name
        return path


def check_name(module, name):
    """A guest's name as the program has it. Where it takes a path as well, as rm does, none is meant here."""
    if not name or name[0] in "-." or any(c in name for c in "/:*?[ \t\n"):
        module.fail_json(msg="name: \"%s\" is not a name of a guest or a template" % name, kind="usage", rc=2)


def place(params, *keys):
    """--dir=DIR and the like, of those that were given."""
    return ["--%s=%s" % (key.replace("_", "-"), params[key]) for key in keys if params.get(key) is not None]
