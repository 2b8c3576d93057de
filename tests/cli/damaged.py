#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command on damaged disk images: each ends with an answer or an error, within limits, and touches nothing else.

usage: damaged.py PROGRAM FOLDER
FOLDER is a new one for all that is made. In the environment:
SEED [1]      of the damage; a round of the same seed and images is always the same
ROUNDS [14]   so many damaged images, or FIRST-LAST: these
KINDS         only these images, separated by commas
COMMANDS      only commands that begin with one of these, separated by commas
KEEP          a folder for the images that led to a fault; without it the first fault ends the run

What holds for each command: it ends by itself with a status that its --help has, no process of it by a signal or by a
sanitizer; an error is one line with a reason; nothing that an image says reaches the terminal as a control character; what it
may not write stays as it was, an image too that it failed to change; a change of an image that e2fsck accepted leaves one that
e2fsck accepts; what checksums protect is read as it was, or not at all.
"""
import collections
import hashlib
import json
import os
import random
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from ext_damage import Disk  # noqa: E402 pylint: disable=wrong-import-position

MIB = 1 << 20
PARTITION = MIB
OUTPUT_MAX = 64 * MIB  # a damaged size makes a file of exabytes; who reads it closes the pipe
CPU_MAX_S, WALL_MAX_S = 60, 300
RESIDENT_MAX = 300 * MIB  # of any process of a command
FAKE_TIME = "1700000000"
HOSTILE = "/tmp/xen-bigdisk-must-not-be-there"  # an absolute path that symbolic links in the images have

program, top = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
seed = os.environ.get("SEED", "1")
rounds = os.environ.get("ROUNDS", "14")
keep = os.environ.get("KEEP")
only_kinds = [kind for kind in os.environ.get("KINDS", "").split(",") if kind]
only_commands = tuple(command for command in os.environ.get("COMMANDS", "").split(",") if command)
with open(program, "rb") as file:
    SANITIZED = b"__asan_init" in file.read()
outer, here = f"{top}/work", f"{top}/work/here"
environment = {
    "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "HOME": f"{here}/home", "TMPDIR": f"{here}/tmp", "LC_ALL": "C.UTF-8",
    "XDG_CACHE_HOME": f"{top}/cache", "EDITOR": f"{top}/editor", "XEN_BIGDISK_TEMPLATES": f"{here}/templates",
    "ASAN_OPTIONS": "exitcode=99:allocator_may_return_null=1:max_allocation_size_mb=2048:detect_leaks=1",
    "LSAN_OPTIONS": f"suppressions={top}/leaks:print_suppressions=0",
    "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99:print_stacktrace=1",
    "FAKE_TOOLSTACK_LOG": f"{top}/log", "FAKE_TOOLSTACK_STATE": f"{top}/domains", "FAKE_TOOLSTACK_MODE": "",
}
fake = f"{os.path.dirname(program)}/tests/fake-toolstack.so"
if os.path.exists(fake) and not SANITIZED:
    environment["XEN_BIGDISK_TOOLSTACK"] = fake


def tool(*arguments, statuses=(0,), text=None):
    done = subprocess.run(arguments, input=text, env={**environment, "E2FSPROGS_FAKE_TIME": FAKE_TIME}, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode not in statuses:
        raise RuntimeError(f"{arguments}: status {done.returncode}: {done.stdout.decode(errors='replace')[-2000:]}")
    return done.stdout


# --- undamaged images ------------------------------------------------------------------------------------------------------


def write(path, data, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)
    os.chmod(path, mode)


def make_tree(tree):
    """What a guest has, and names, links, holes and attributes of all kinds."""
    rng = random.Random(0)
    for name, text in {
            "etc/hostname": "web01\n", "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
            "etc/os-release": "ID=debian\nVERSION_ID=12\n",
            "etc/fstab": "/dev/xvda1 / ext4 defaults 0 1\n", "etc/hosts": "127.0.0.1 localhost\n", "boot/vmlinuz-6.1": "kernel",
            "boot/initrd.img-6.1": "initramfs", "etc/network/interfaces": "auto lo\n", "etc/void": "",
            "etc/ssh/ssh_host_ed25519_key.pub": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHnSWb4T2Fm8hVzTz0hTLYmcXUhsXPkYIHcHBKGuf9hB x\n",
    }.items():
        write(f"{tree}/{name}", text.encode())
    for name in ("sbin/init", "usr/sbin/sshd", "sbin/ifup", "lib/systemd/systemd"):
        write(f"{tree}/{name}", b"#!/bin/sh\n", 0o755)
    for i in range(150):
        write(f"{tree}/many/file-with-a-long-name-{i}", str(i).encode())
    write(f"{tree}/" + "/".join(["deep"] * 30) + "/end", b"end\n")
    write(f"{tree}/large", rng.randbytes(700000))
    with open(f"{tree}/holes", "wb") as out:
        for i in range(400):
            out.seek(i * 8192)
            out.write(b"%d" % i)
    for name in ("aa_aa_x", "aaaaaaaaaaa", "aa"):
        write(f"{tree}/names/{name}", name.encode())
    for number, target in enumerate(("/etc/passwd", "../../../../../../etc/passwd", HOSTILE, "../canary", "../../canary", "loop",
                                     "hostname", "/many", "x" * 200, "../outside")):
        os.makedirs(f"{tree}/links", exist_ok=True)
        os.symlink(target, f"{tree}/links/{number}")
    os.symlink("loop", f"{tree}/links/loop")
    os.link(f"{tree}/etc/hosts", f"{tree}/etc/hosts.other")
    os.mkfifo(f"{tree}/etc/pipe")
    try:
        for name in ("etc/hostname", "large", "many"):
            os.setxattr(f"{tree}/{name}", "user.small", b"1")
            os.setxattr(f"{tree}/{name}", "user.large", b"2" * 700)
    except OSError:
        print("# no extended attributes here")
    for parent, folders, files in os.walk(tree):
        for name in folders + files:
            os.utime(f"{parent}/{name}", (1700000000, 1700000000), follow_symlinks=False)


# mke2fs 1.47 of Debian 13 and of Fedora, by name where that of this host has other defaults.
TODAY = "-O metadata_csum,64bit,metadata_csum_seed,orphan_file"
IMAGES = {
    "ext2": (None, "-t ext2 -b 1024"),
    "ext3": ("mbr", "-t ext3 -b 1024"),
    "ext3-dirty": (None, "-t ext3 -b 1024 -J size=1"),
    "ext4": ("gpt", f"-t ext4 -b 1024 {TODAY}"),
    "ext4-4k": ("mbr", f"-t ext4 -b 4096 {TODAY}"),
    "ext4-plain": (None, "-t ext4 -b 1024 -O ^metadata_csum,^64bit"),
    "ext4-inline": ("mbr", "-t ext4 -b 1024 -O ^metadata_csum,inline_data -I 256"),
    "ext4-inline-csum": (None, f"-t ext4 -b 1024 {TODAY},inline_data -I 256"),
    "ext4-dirty": ("mbr", "-t ext4 -b 1024 -O ^metadata_csum -J size=1"),
    "ext4-dirty-csum": (None, f"-t ext4 -b 1024 {TODAY} -J size=1"),
    "ext4-casefold": (None, "-t ext4 -b 4096 -E encoding=utf8 -O casefold,^metadata_csum"),
    "ext4-bigalloc": (None, "-t ext4 -b 1024 -O bigalloc,^metadata_csum -C 4096"),
    "ext4-meta_bg": (None, "-t ext4 -b 1024 -g 2048 -O meta_bg,^resize_inode,^metadata_csum"),
    "guest": ("mbr", None),
}
GPT = """label: gpt
label-id: 00000000-0000-4000-8000-000000000001
first-lba: 34
start=2048, size=28672, uuid=00000000-0000-4000-8000-000000000002
"""
MBR = "label: dos\nlabel-id: 0x12345678\nstart=2048, type=83, bootable\n"


def make_dirty(path, begin):
    """A journal to be replayed: of a directory, of which the disk has an older block, and a block that is then revoked."""
    with open(path, "rb") as image:
        data = bytearray(image.read())
    filesystem = Disk(data, None, begin).filesystem
    places = [place for place in filesystem.places if place.kind == "directory"]
    numbers = [(place.at - begin) // filesystem.block_size for place in places[1:4]]
    script = "jo -c\n" if filesystem.has_checksums else "jo\n"
    for number, place in zip(numbers, places[1:4]):
        write(f"{top}/block-{number}", data[place.at:place.at + filesystem.block_size])
        script += f"jw -b {number} {top}/block-{number}\n"
    script += f"jw -r {numbers[2]}\njc\n"
    tool("debugfs", "-w", "-f", "-", f"{path}?offset={begin}", text=script.encode())
    # What only the journal has: but for that, the directory is damaged.
    if not filesystem.has_checksums:
        with open(path, "r+b") as image:
            image.seek(places[1].at)
            image.write(bytes(filesystem.block_size))


def make_image(kind, path):
    table, options = IMAGES[kind]
    if kind == "guest":
        tool(program, "template", "import", "small", f"{top}/tree", "--quiet", "--templates", f"{top}/templates")
        tool(program, "new", "web01", "--quiet", "--no-start", "--dir", top, "--template", "small", "--templates",
             f"{top}/templates", "--size", "24M", "--ip", "192.0.2.7/24", "--seed", "1")
        os.rename(f"{top}/web01.img", path)
        return PARTITION
    begin = PARTITION if table else 0
    with open(path, "wb") as out:
        out.truncate(16 * MIB)
    if table:
        tool("sfdisk", "-q", path, text=(GPT if table == "gpt" else MBR).encode())
    extended = "encoding=utf8," if "encoding" in options else ""
    options = options.replace("-E encoding=utf8", "")
    tool("mke2fs", "-q", "-F", "-N", "512", *options.split(), "-d", f"{top}/tree", "-U",
         "11111111-2222-4333-8444-555555555555", "-E",
         f"{extended}hash_seed=11111111-2222-4333-8444-555555555556,lazy_itable_init=0,nodiscard,offset={begin}", path,
         f"{14 if table else 16}M")
    tool("e2fsck", "-fyD", f"{path}?offset={begin}", statuses=(0, 1))  # directories get their index
    tool("e2fsck", "-fn", f"{path}?offset={begin}")
    if "dirty" in kind:
        make_dirty(path, begin)
    return begin


class Image:
    """An undamaged one, and what the program says of it."""

    def __init__(self, kind):
        self.kind, self.path = kind, f"{top}/{kind}.img"
        self.begin = make_image(kind, self.path)
        self.disk = Disk(bytearray(read(self.path)), IMAGES[kind][0], self.begin)
        # The memory of this program counts as that of those that it starts (getrusage(2)): it keeps little.
        self.disk.filesystem.image = self.disk.image = None
        self.entries = entries_of(tool(program, "find", f"{self.path}:/", "--json"))
        self.name = "./d/web01.img" if kind == "guest" else "./bad.img"


def entries_of(text):
    """What find --json says, without what the journal or the block group may change."""
    return {entry["path"]: entry for entry in json.loads(text)["entries"]}


# --- commands ----------------------------------------------------------------------------------------------------------------

Command = collections.namedtuple("Command", "arguments writes creates raw answer", defaults=(False, (), False, None))
# writes: it may change the image. creates: files that it may make. raw: its output is the content of files.
# answer: what is done with its output.


def reading(image):
    name = image.name
    yield Command(["ls", "-lR", f"{name}:/"])
    yield Command(["ls", "-la", "--json", f"{name}:/etc", f"{name}:/names", f"{name}:/links/*"], answer="json")
    yield Command(["find", f"{name}:/"])
    yield Command(["find", "--json", f"{name}:/"], answer="entries")
    yield Command(["cat", f"{name}:/etc/hostname", f"{name}:/large", f"{name}:/holes", f"{name}:/links/*",
                   f"{name}:/many/*1"], raw=True)
    yield Command(["cat", f"{name}:/large"], raw=True, answer="large")
    yield Command(["tail", f"{name}:/large", f"{name}:/holes", f"{name}:/etc/*"], raw=True)
    yield Command(["du", f"{name}:/", f"{name}:/*"])
    yield Command(["cp", "-r", f"{name}:/", "out"], creates=["out"])
    yield Command(["cp", "-r", f"{name}:/names", f"{name}:/links", f"{name}:/etc", "there"],
                  creates=["there/names", "there/links", "there/etc"])
    yield Command(["tar", f"{name}:/", "out.tar"], creates=["out.tar"])
    yield Command(["tar", f"{name}:/", "-"], raw=True)
    yield Command(["diff", f"{name}:/", f"{image.path}:/"])
    yield Command(["diff", "--json", f"{image.path}:/", f"{name}:/"], answer="json")
    yield Command(["info", name])
    yield Command(["info", "--json", name], answer="json")
    yield Command(["map", name])
    yield Command(["map", "--json", name], answer="json")
    yield Command(["map", "--svg", "-", name])
    yield Command(["check", name], answer="check")
    yield Command(["check", "--json", name], answer="json")
    yield Command(["convert", name, "out.qcow2"], creates=["out.qcow2"])
    yield Command(["template", "import", "t", name], creates=["templates"])
    yield Command(["config", "--from-image", name])


def writing(image):
    name = image.name
    yield Command(["mkdir", "-p", f"{name}:/new/one/two", f"{name}:/many/new"], writes=True)
    yield Command(["cp", "file", f"{name}:/etc/hostname"], writes=True)
    yield Command(["cp", "file", f"{name}:/many/new"], writes=True)
    yield Command(["cp", "-r", "folder", f"{name}:/"], writes=True)
    yield Command(["cp", "-r", f"{image.path}:/many", f"{name}:/names"], writes=True)
    yield Command(["mv", f"{name}:/etc/passwd", f"{name}:/many/moved"], writes=True)
    yield Command(["mv", f"{name}:/deep/deep", f"{name}:/names"], writes=True)
    yield Command(["ln", f"{name}:/large", f"{name}:/many/linked"], writes=True)
    yield Command(["ln", "-s", "x" * 100, f"{name}:/names/link"], writes=True)
    yield Command(["chmod", "-R", "u+s", f"{name}:/"], writes=True)
    yield Command(["chown", "-R", "70000:5", f"{name}:/many", f"{name}:/names"], writes=True)
    yield Command(["rm", "-r", f"{name}:/many"], writes=True)
    yield Command(["rm", "-r", f"{name}:/*"], writes=True)
    yield Command(["rm", f"{name}:/large", f"{name}:/holes", f"{name}:/etc/hosts"], writes=True)
    yield Command(["tar", "folder.tar", f"{name}:/names"], writes=True)
    yield Command(["edit", f"{name}:/etc/hosts"], writes=True, creates=["tmp"])
    yield Command(["check", "--repair", name], writes=True, answer="repair")
    yield Command(["grow", name, "40M"], writes=True)
    yield Command(["shrink", name, "12M"], writes=True)
    yield Command(["compact", name], writes=True)
    yield Command(["convert-layout", name, "cylinder"], writes=True)


def of_guests():
    yield Command(["list", "--dir", "d"])
    yield Command(["show", "web01", "--dir", "d"])
    yield Command(["show", "web01", "--dir", "d", "--json"], answer="json")
    yield Command(["doctor", "--dir", "d", "--templates", "templates"])
    yield Command(["check", "web01", "--dir", "d"], answer="check")
    yield Command(["fleet", "export", "fleet.json", "--dir", "d", "--format", "known_hosts"])
    yield Command(["start", "web01", "--dir", "d", "--no-wait"], creates=["d"])
    yield Command(["clone", "web01", "web02", "--dir", "d", "--ip", "dhcp"], creates=["d/web02.img", "d/web02.cfg"],
                  answer="clone")
    yield Command(["rename", "web01", "web03", "--dir", "d"], writes=True, creates=["d"])
    yield Command(["diff", "web01:/", "--template", "--dir", "d", "--templates", f"{top}/templates"])


def documented_statuses():
    found = {}

    def of(name):
        if name not in found:
            text = tool(program, *name.split(), "--help").decode()
            found[name] = {int(number) for number in re.findall(r"^  (\d+) ", text[text.index("Exit status:"):], re.M)}
        return found[name]
    return of


statuses_of = documented_statuses()

Result = collections.namedtuple("Result", "status output errors ended_output cpu_s wall_s resident")


def run(arguments):
    """Its output is read up to OUTPUT_MAX."""
    begin = time.monotonic()
    process = subprocess.Popen([program, *arguments], cwd=here, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    parts = {process.stdout: [], process.stderr: []}
    sizes = {process.stdout: 0, process.stderr: 0}
    ended_output = False
    with selectors.DefaultSelector() as selector:
        for stream in parts:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0, begin + WALL_MAX_S - time.monotonic()))
            if not ready:
                os.killpg(process.pid, signal.SIGKILL)
                break
            for key, _ in ready:
                data = os.read(key.fd, 1 << 18)
                stream = key.fileobj
                sizes[stream] += len(data)
                if data:
                    parts[stream].append(data)
                if not data or sizes[stream] > OUTPUT_MAX:
                    ended_output |= bool(data)
                    selector.unregister(stream)
                    stream.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    for stream in parts:
        stream.close()
    return Result(process.returncode, b"".join(parts[process.stdout]), b"".join(parts[process.stderr]).decode(errors="replace"),
                  ended_output, usage.ru_utime + usage.ru_stime, time.monotonic() - begin, usage.ru_maxrss * 1024)


# --- what is there ------------------------------------------------------------------------------------------------------------


def write_sparse(path, data):
    zero, step = bytes(65536), 65536
    with open(path, "wb") as out:
        out.truncate(len(data))
        for at in range(0, len(data), step):
            part = data[at:at + step]
            if part != zero[:len(part)]:
                out.seek(at)
                out.write(part)


def read(path):
    with open(path, "rb") as data:
        return data.read()


def set_up(image, data):
    """All that a command may look at, anew."""
    shutil.rmtree(outer, ignore_errors=True)
    for folder in ("home", "tmp", "there", "d", "templates", "folder/sub"):
        os.makedirs(f"{here}/{folder}")
    for path in (f"{outer}/canary", f"{outer}/outside/canary", f"{outer}/x", f"{here}/canary"):
        write(path, b"canary\n")
    write(f"{here}/file", b"new content\n" * 1000)
    write(f"{here}/folder/sub/one", b"one")
    write(f"{here}/folder/sub/two", bytes(50000))
    shutil.copy(f"{top}/folder.tar", here)
    write(f"{here}/fleet.json", b'{ "fleet": "f", "guests": { "web01": { "ip": "192.0.2.7/24" } } }')
    if image.kind == "guest":
        text = read(f"{top}/web01.cfg").decode().replace(f"{top}/web01.img", f"{here}/d/web01.img")
        write(f"{here}/d/web01.cfg", text.encode())
    write_sparse(os.path.join(here, image.name), data)
    for path in (f"{top}/log", f"{top}/domains"):
        write(path, b"")


def look():
    """Each file with what must not change."""
    found = {}
    for parent, folders, files in os.walk(outer):
        for name in folders + files:
            path = os.path.join(parent, name)
            st = os.lstat(path)
            is_folder = os.path.isdir(path) and not os.path.islink(path)
            facts = () if is_folder else (st.st_size, st.st_mtime_ns, st.st_nlink)
            found[os.path.relpath(path, here)] = (st.st_mode, st.st_uid, *facts)
    return found


def fsck(path, begin):
    """Whether e2fsck accepts it, as after a replay of the journal."""
    place = f"{path}?offset={begin}"
    environ = {**environment, "E2FSPROGS_FAKE_TIME": FAKE_TIME}

    def ask(*arguments):
        try:
            return subprocess.run(["e2fsck", *arguments], env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(arguments, -1, b"takes too long")
    done = ask("-fn", place)
    if b"skipping journal recovery" in done.stdout:
        shutil.copy(path, f"{top}/replayed")
        place = f"{top}/replayed?offset={begin}"
        if b"? yes" in ask("-y", "-E", "journal_only", place).stdout:
            return False, "more than a replay"
        done = ask("-fn", place)
    text = done.stdout.decode(errors="replace")
    # Copies of the group descriptors are a repair, too.
    return done.returncode == 0 and "trying backup blocks" not in text, text


# --- judgement ----------------------------------------------------------------------------------------------------------------


class Fault(Exception):
    pass


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")
BROKEN = ("killed by signal", "forbidden system call", "internal error", "Sanitizer", "runtime error:", "failed with status",
          "(null)")
# What has a checksum of its own, which whoever reads it verifies.
PROTECTED = {"inode", "special inode", "directory", "extents", "attributes"}


def judge_end(command, result, words):
    if result.wall_s >= WALL_MAX_S:
        raise Fault(f"did not end within {WALL_MAX_S} s")
    if result.status < 0 and not (result.ended_output and result.status == -signal.SIGPIPE):
        raise Fault(f"ended by signal {-result.status}")
    for broken in BROKEN:
        if broken in result.errors:
            raise Fault(broken)
    if result.status not in statuses_of(words) and not result.ended_output:
        raise Fault(f"status {result.status}, which --help does not have")
    if result.cpu_s > CPU_MAX_S * (10 if SANITIZED else 1) or "CPU time without result" in result.errors:
        raise Fault(f"{result.cpu_s:.1f} s of CPU time")
    if result.resident > RESIDENT_MAX and not SANITIZED:
        raise Fault(f"{result.resident >> 20} MiB of memory")
    if result.status == 2 and words not in ("diff", "grow", "shrink"):
        raise Fault("a usage error")


def judge_words(command, result, words):
    if CONTROL.search(result.errors):
        raise Fault("a control character on stderr")
    if not command.raw and CONTROL.search(result.output.decode(errors="replace")):
        raise Fault("a control character on stdout")
    errors = [line for line in result.errors.splitlines() if "error: " in line]
    if [line for line in errors if re.search(r"error: .*: *$", line)]:
        raise Fault("an error without a reason")
    says_nothing = {"check": (0, 1, 4), "diff": (0, 1), "doctor": (0, 1, 7)}.get(words, (0,))
    if result.status not in says_nothing and not errors and not result.ended_output:
        raise Fault("no error for its status")


def judge_files(image, command, result, before):
    after = look()
    own = os.path.relpath(os.path.join(here, image.name), here)
    allowed = [own] if command.writes else []
    if result.status == 0 or "doctor" in command.arguments:
        allowed += command.creates
    elif command.arguments[0] in ("cp", "edit"):
        # Several files: those before the one that failed are there. What was edited is not lost.
        allowed += command.creates
    for path in sorted(set(before) | set(after)):
        if before.get(path) != after.get(path) and not any(path == name or path.startswith(name + "/") for name in allowed):
            raise Fault(f"{path} was {before.get(path)} and is {after.get(path)}")
    if os.path.lexists(HOSTILE):
        raise Fault(f"{HOSTILE} is there")


def offset_after(image, path):
    """Where the filesystem begins that was at image.begin."""
    if IMAGES[image.kind][0] != "mbr":
        return image.begin
    with open(path, "rb") as disk:
        disk.seek(454)
        return int.from_bytes(disk.read(4), "little") * 512


def judge_failure(image, command, data, accepted):
    """A failed change: the image is as it was, but for what was free, where content goes before the transaction, and for a journal
    that was replayed first."""
    path = os.path.join(here, image.name)
    now = read(path)
    if now == data:
        return
    fills = command.arguments[0] in ("cp", "tar")
    if "dirty" in image.kind and accepted:
        good, text = fsck(path, image.begin)
        if not good:
            raise Fault(f"failed, and e2fsck, which accepted it before, now finds:\n{text}")
    elif "dirty" not in image.kind and not (fills and (not accepted or image.disk.filesystem.is_same_where_used(data, now))):
        raise Fault("failed, and has changed the image")


def judge_change(image, command, result, accepted, damaged_table):
    """After success."""
    path = os.path.join(here, "d/web02.img" if command.answer == "clone" else image.name)
    if command.arguments[0] == "rename":
        path = f"{here}/d/web03.img"
    if damaged_table and command.arguments[0] in ("grow", "shrink", "convert-layout", "check"):
        return
    good, text = fsck(path, offset_after(image, path))
    if command.answer == "repair" and not good and b": ext" in result.output:
        raise Fault(f"is repaired, and e2fsck finds:\n{text}")
    if accepted and not good:
        raise Fault(f"e2fsck accepted it before, and now finds:\n{text}")


def judge_answer(image, command, result, accepted, damages, damaged_table):
    complete = not damaged_table and accepted
    if command.answer == "json" and not result.ended_output and result.output:
        json.loads(result.output)
    # A filesystem that says that it is an external journal is none.
    if command.answer == "check" and result.status == 0 and not damaged_table and not accepted and b": ext" in result.output:
        raise Fault("finds nothing, and e2fsck does not accept it")
    has_checksums = image.disk.filesystem.has_checksums and "dirty" not in image.kind
    protected = has_checksums and all(kind in PROTECTED and not corrected for _, kind, corrected in damages)
    if command.answer == "entries" and not result.ended_output:
        if complete and result.status:
            raise Fault("cannot be read, and e2fsck accepts it")
        is_complete = protected and result.output and b'"error":{' not in result.output
        for path, entry in entries_of(result.output).items() if is_complete else ():
            if image.entries.get(path) != entry:
                raise Fault(f"{path} was {image.entries.get(path)} and is {entry}")
    if command.answer == "large" and result.status == 0 and protected and hashlib.sha256(result.output).digest() != \
            hashlib.sha256(read(f"{top}/tree/large")).digest():
        raise Fault("content without an error, and it is another one")


# --- rounds ----------------------------------------------------------------------------------------------------------------------


def damage(image, rng):
    """The damaged image, what was done: (text, kind of place, whether its checksum was corrected)."""
    data = image.disk.filesystem.image = image.disk.image = bytearray(read(image.path))
    damages = [image.disk.damage(rng) for _ in range(rng.choice([1, 1, 1, 1, 1, 2, 3, 8, 40]))]
    image.disk.filesystem.image = image.disk.image = None
    return data, damages


class Run:
    def __init__(self):
        self.images, self.faults, self.seen = {}, 0, set()
        self.commands = self.successes = self.accepted = 0
        self.top = {"cpu_s": (0, ""), "wall_s": (0, ""), "resident": (0, "")}

    def image(self, kind):
        if kind not in self.images:
            self.images[kind] = Image(kind)
        return self.images[kind]

    def note(self, result, what):
        self.commands += 1
        self.successes += result.status == 0
        for name, (most, _) in self.top.items():
            if getattr(result, name) > most:
                self.top[name] = getattr(result, name), what

    def report(self, number, image, command, result, damages, data, fault):
        self.faults += 1
        print(f"--- SEED={seed} ROUNDS={number}-{number}, {image.kind}: {' '.join(command.arguments)}: {fault}")
        mark = (command.arguments[0], str(fault)[:40], result.errors[-60:])
        if mark not in self.seen:
            print("".join(f"    {text}\n" for text, _, _ in damages[:10]) + f"    status {result.status}, "
                  f"{result.cpu_s:.1f} s, {result.resident >> 20} MiB\n    {result.output[:300]!r}\n    {result.errors[-4000:]}")
            if keep:
                os.makedirs(keep, exist_ok=True)
                write_sparse(f"{keep}/{seed}-{number}-{image.kind}.img", data)
        self.seen.add(mark)
        sys.stdout.flush()
        if not keep:
            sys.exit(1)

    def do(self, number, image, command, data, damages, accepted):
        damaged_table = any(kind.startswith(("MBR", "GPT")) for _, kind, _ in damages)
        words = " ".join(command.arguments[:2]) if command.arguments[0] in ("template", "fleet") else command.arguments[0]
        before = look()
        result = run(command.arguments)
        self.note(result, f"{number} {image.kind}: {' '.join(command.arguments)}")
        try:
            judge_end(command, result, words)
            judge_words(command, result, words)
            judge_files(image, command, result, before)
            judge_answer(image, command, result, accepted, damages, damaged_table)
            succeeded = result.status == 0 or command.answer == "repair" and result.status == 1
            if succeeded and (command.writes or command.answer == "clone"):
                judge_change(image, command, result, accepted, damaged_table)
            if not succeeded and command.writes and command.answer != "repair":
                judge_failure(image, command, data, accepted)
        except Fault as fault:
            self.report(number, image, command, result, damages, data, fault)
            return True
        return command.writes or command.creates

    def round(self, number):
        rng = random.Random(f"{seed}-{number}")
        kinds = [kind for kind in IMAGES if not only_kinds or kind in only_kinds]
        image = self.image(kinds[number % len(kinds)])
        data, damages = damage(image, rng)
        set_up(image, data)
        accepted, _ = fsck(os.path.join(here, image.name), image.begin)
        self.accepted += accepted
        commands = list(reading(image)) + list(writing(image)) + (list(of_guests()) if image.kind == "guest" else [])
        is_fresh = True
        for command in commands:
            if only_commands and not " ".join(command.arguments).startswith(only_commands):
                continue
            if not is_fresh:
                set_up(image, data)
            is_fresh = not self.do(number, image, command, data, damages, accepted)

    def finish(self, count):
        print(f"{count} damaged images, of which e2fsck accepts {self.accepted}; {self.commands} commands, of which {self.successes} "
              f"succeeded; {self.faults} faults")
        for name, (most, what) in self.top.items():
            print(f"most of {name}: {most:.1f} by {what}" if name != "resident" else f"most memory: {most >> 20} MiB by {what}")
        sys.exit(self.faults > 0)


def main():
    os.umask(0o022)
    os.makedirs(top, exist_ok=True)
    make_tree(f"{top}/tree")
    write(f"{top}/editor", b"#!/bin/sh\necho added >>\"$1\"\n", 0o755)
    write(f"{top}/leaks", b"leak:libarchive.so\n")  # archive_write_free leaves a buffer behind after archive_write_fail
    tool("tar", "-C", f"{top}/tree", "-cf", f"{top}/folder.tar", "etc", "links")
    first, last = (int(n) for n in rounds.split("-")) if "-" in rounds else (0, int(rounds) - 1)
    it = Run()
    for number in range(first, last + 1):
        it.round(number)
        if (number + 1) % 50 == 0:
            print(f"# {number + 1}: {it.commands} commands", flush=True)
    it.finish(last + 1 - first)


main()
