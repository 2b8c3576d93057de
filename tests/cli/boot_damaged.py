#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""xen-bigdisk-boot on damaged and crafted disks: each run ends with an answer or an error, within limits, and leaves nothing else.

usage: boot_damaged.py PROGRAM FOLDER
FOLDER is a new one for all that is made. In the environment:
SEED [1]      of the damage; a round of the same seed and images is always the same
ROUNDS [24]   so many damaged disks, or FIRST-LAST: these
KINDS         only these disks, separated by commas
CRAFTED       only these crafted ones, separated by commas, or "no"
KEEP          a folder for the disks that led to a fault; without it the first fault ends the run

What holds for each run: status 0 or 1, in time and memory; no process by a signal or a sanitizer, and none left; an error is one line;
no control character reaches the terminal or the answer; the directory has the files of the answer, or none; the disk is as it was.
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib

sys.dont_write_bytecode = True
from boot_images import bzimage, bzimage_of, elf, protofile_of, uki  # noqa: E402 pylint: disable=wrong-import-position

MIB = 1 << 20
CPU_MAX_S, WALL_MAX_S = 25, 120  # each process has 10 s; on a busy machine they take longer
RESIDENT_MAX = 256 * MIB
ROOT = "5f2ad51a-4a4d-4b0e-9a86-6e4b1f3c3d10"
program, top = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
seed = os.environ.get("SEED", "1")
rounds = os.environ.get("ROUNDS", "24")
keep = os.environ.get("KEEP")
only_kinds = [kind for kind in os.environ.get("KINDS", "").split(",") if kind]
only_crafted = [name for name in os.environ.get("CRAFTED", "").split(",") if name]
with open(program, "rb") as file:
    SANITIZED = b"__asan_init" in file.read()
here = f"{top}/here"
environment = {
    "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "TEST_DIR": "1", "TEST_DEV": "1", "QA_CHECK_FS": "1",
    "ASAN_OPTIONS": "exitcode=99:allocator_may_return_null=1", "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99:print_stacktrace=1",
}


def tool(*arguments, text=None):
    done = subprocess.run(arguments, input=text, env=environment, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{arguments}: status {done.returncode}: {done.stdout.decode(errors='replace')[-2000:]}")


def has(name):
    return shutil.which(name, path=environment["PATH"]) is not None


def write(path, data):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode())


def read(path):
    with open(path, "rb") as data:
        return data.read()


# --- disks ------------------------------------------------------------------------------------------------------------------


def make_tree(name, files):
    """{path: content, or None for a directory, or ("link", target)}"""
    folder = f"{top}/{name}.tree"
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in files.items():
        full = f"{folder}/{path}"
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if content is None:
            os.makedirs(full, exist_ok=True)
        elif isinstance(content, tuple):
            os.symlink(content[1], full)
        else:
            write(full, content)
    return folder


def filesystem(kind, folder, mib):
    path = f"{top}/fs"
    if os.path.exists(path):
        os.remove(path)
    with open(path, "wb") as out:
        out.truncate(mib * MIB)
    if kind.startswith("ext"):
        tool("mke2fs", "-q", "-F", "-t", kind, "-U", ROOT, "-d", folder, path)
    elif kind == "xfs":
        write(f"{top}/protofile", protofile_of(folder))
        tool("mkfs.xfs", "-q", "-f", "-m", f"uuid={ROOT}", "-p", f"{top}/protofile", path)
    elif kind == "btrfs":
        tool("mkfs.btrfs", "-q", "-f", "-m", "single", "-U", ROOT, "--rootdir", folder, path)
    elif kind == "fat":
        tool("mkfs.vfat", "-i", "1234abcd", path)
        tool("mcopy", "-s", "-Q", "-i", path, *(f"{folder}/{name}" for name in sorted(os.listdir(folder))), "::")
    elif kind == "iso":
        os.remove(path)
        tool("genisoimage", "-quiet", "-R", "-o", path, folder)
    return read(path)


MKFS = {"ext3": "mke2fs", "ext4": "mke2fs", "xfs": "mkfs.xfs", "btrfs": "mkfs.btrfs", "fat": "mcopy", "iso": "genisoimage"}


def table(kind, places, sectors):
    """The disk with these filesystems, each [first MiB, content]."""
    data = bytearray(sectors * 512)
    for begin, content in places:
        data[begin * MIB:begin * MIB + len(content)] = content
    path = f"{top}/disk"
    write(path, bytes(data))
    lines = "".join(f"start={begin * 2048}, size={len(content) // 512}\n" for begin, content in places)
    tool("sfdisk", "-q", path, text=(f"label: {kind}\n" + lines).encode())
    return read(path)


def grub_cfg(prefix=""):
    return f"""set default="0"
if [ -s $prefix/grubenv ]; then
  load_env
fi
function load_video {{
  insmod all_video
}}
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-{ROOT}' {{
	load_video
	if [ x$feature_platform_search_hint = xy ]; then
	  search --no-floppy --fs-uuid --set=root --hint-bios=hd0,msdos1 {ROOT}
	else
	  search --no-floppy --fs-uuid --set=root {ROOT}
	fi
	linux {prefix}/boot/vmlinuz-6.1 root=UUID={ROOT} ro quiet
	initrd {prefix}/boot/initrd.img-6.1 {prefix}/boot/more.img
}}
submenu 'Advanced options' {{
	menuentry 'old' {{
		linux {prefix}/boot/vmlinuz-6.1 single
	}}
}}
"""


BLS = """title Rocky Linux
version 6.1
linux /boot/vmlinuz-6.1
initrd /boot/initrd.img-6.1 $tuned_initrd
options $kernelopts ro
grub_class rocky
"""
GRUBENV = (f"# GRUB Environment Block\nkernelopts=root=UUID={ROOT} quiet\nsaved_entry=abc-6.1\n" + "#" * 1024)[:1024]
EXTLINUX = """DEFAULT virt
TIMEOUT 10
LABEL virt
  MENU LABEL Linux virt
  LINUX /boot/vmlinuz-6.1
  INITRD /boot/initrd.img-6.1
  APPEND root=UUID=1 quiet
"""
MENU_LST = """default 0
title Debian
root (hd0,0)
kernel /boot/vmlinuz-6.1 root=/dev/xvda1 ro
initrd /boot/initrd.img-6.1
"""


def guest(**more):
    return {"boot/vmlinuz-6.1": KERNEL, "boot/initrd.img-6.1": INITRD, "boot/more.img": b"more" * 99, **more}


def kinds():
    """name: (what it takes, a function that makes it)"""
    def ext_grub():
        return table("dos", [(1, filesystem("ext4", make_tree("guest", guest(**{"boot/grub/grub.cfg": grub_cfg()})), 8))], 20000)

    def whole_ext3():
        return filesystem("ext3", make_tree("guest", guest(**{"boot/grub/menu.lst": MENU_LST})), 8)

    def ext_extlinux():
        return table("gpt", [(1, filesystem("ext4", make_tree("guest", guest(**{"boot/extlinux.conf": EXTLINUX})), 8))], 20480)

    def bare():
        return filesystem("ext4", make_tree("guest", guest()), 8)

    def xfs_bls():
        return table("gpt", [(1, filesystem("xfs", make_tree("guest", guest(**{
            "boot/loader/entries/abc-6.1.conf": BLS, "boot/grub2/grubenv": GRUBENV,
            "boot/grub2/grub.cfg": "load_env\nset default=\"${saved_entry}\"\ninsmod blscfg\nblscfg\n"})), 20))], 45056)

    def btrfs_grub():
        tree = {f"@/{path}": content for path, content in guest(**{"boot/grub/grub.cfg": grub_cfg("/@")}).items()}
        return filesystem("btrfs", make_tree("guest", tree), 110)

    def esp_uki():
        image = uki([(".osrel", b"ID=arch\nPRETTY_NAME=Arch\nVERSION_ID=1\n"), (".cmdline", b"root=/dev/xvda2 rw"), (".initrd", INITRD),
                     (".linux", KERNEL)])
        tree = {"EFI/Linux/arch.efi": image, "loader/loader.conf": "default arch*\ntimeout 3\n", "loader/entries/one.conf": BLS}
        return table("gpt", [(1, filesystem("fat", make_tree("guest", tree), 4))], 12288)

    def cd():
        return filesystem("iso", make_tree("guest", guest(**{"boot/isolinux/isolinux.cfg": EXTLINUX})), 1)
    return {"ext4-grub": ("ext4", ext_grub), "ext3-legacy": ("ext3", whole_ext3), "ext4-extlinux": ("ext4", ext_extlinux), "ext4-bare": ("ext4", bare),
            "xfs-bls": ("xfs", xfs_bls), "btrfs-grub": ("btrfs", btrfs_grub), "esp-uki": ("fat", esp_uki), "iso": ("iso", cd)}


# What is sought in a disk, so that the damage hits something that is read.
MARKS = [b"menuentry", b"search --no", b"linux ", b"initrd ", b"title ", b"HdrS", b"\x7fELF", b"PE\0\0", b".linux", b".osrel", b"EFI PART", b"XFSB",
         b"IN", b"XAGF", b"_BHRfS_M", b"vmlinuz", b"initrd.img", b"grub.cfg", b"GRUB Environment", b"DEFAULT", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd",
         b"kernelopts", b"LABEL", b"CD001"]


def damage(data, rng):
    data = bytearray(data)
    what = []
    for _ in range(rng.choice((1, 1, 2, 4, 20))):
        mark = rng.choice(MARKS)
        places = [match.start() for match in re.finditer(re.escape(mark), bytes(data))] if rng.random() < .6 else []
        if places:
            at = rng.choice(places) + rng.choice((0, 0, 1, 8, 30, 100)) + rng.randrange(8)
        else:
            at = rng.choice((rng.randrange(1024), rng.randrange(70 * 1024), MIB + rng.randrange(4096), rng.randrange(len(data))))
        at = min(at, len(data) - 1)
        way = rng.choice(("bit", "byte", "zeros", "ones", "random", "copy", "text"))
        size = rng.choice((1, 2, 4, 8, 64, 512, 4096)) if way not in ("bit", "byte") else 1
        size = min(size, len(data) - at)
        if way == "bit":
            data[at] ^= 1 << rng.randrange(8)
        elif way == "byte":
            data[at] = rng.randrange(256)
        elif way == "zeros":
            data[at:at + size] = bytes(size)
        elif way == "ones":
            data[at:at + size] = b"\xff" * size
        elif way == "random":
            data[at:at + size] = rng.randbytes(size)
        elif way == "copy":
            other = rng.randrange(len(data) - size + 1)
            data[at:at + size] = data[other:other + size]
        else:
            text = rng.choice((b"\x1b[31m", b"\n}\n{\n", b"$$${", b"../" * 9, b"\0", b"\x9b", b"'\"", b"source /x", b"(hd0)+1", b"%s%n"))[:len(data) - at]
            data[at:at + len(text)] = text
        what.append(f"{way} of {size} at {at} ({mark.decode('latin-1')!r})" if places else f"{way} of {size} at {at}")
    if rng.random() < .08:
        data = data[:rng.randrange(len(data))]
        what.append(f"cut to {len(data)}")
    return bytes(data), what


# --- crafted disks ------------------------------------------------------------------------------------------------------------


def ext(files, mib=16):
    return filesystem("ext4", make_tree("crafted", files), mib)


def cfg(text, **more):
    return ext(guest(**{"boot/grub/grub.cfg": text, **more}))


def entry(title="x", body="linux /boot/vmlinuz-6.1"):
    return f"menuentry '{title}' {{\n{body}\n}}\n"


def odd_gpt():
    """128 entries: of each other, of nothing, of the table itself, beyond the end."""
    rng = random.Random(1)
    sectors = 20480
    data = bytearray(table("gpt", [(1, ext(guest(**{"boot/grub/grub.cfg": grub_cfg()}), 8))], sectors))
    for i in range(128):
        first, last = rng.choice(((0, sectors - 1), (2, 33), (2048, 2047), (1 << 62, 1 << 63), (2048, 18431), (rng.randrange(sectors), sectors * 9), (i, i)))
        struct.pack_into("<16s16sQQQ72s", data, 1024 + 128 * i, b"\x11" * 16, bytes([i]) * 16, first, last, rng.getrandbits(64), b"\x1b[" * 36)
    struct.pack_into("<I", data, 512 + 88, zlib.crc32(bytes(data[1024:1024 + 128 * 128])))
    struct.pack_into("<I", data, 512 + 16, 0)
    struct.pack_into("<I", data, 512 + 16, zlib.crc32(bytes(data[512:512 + 92])))
    return bytes(data)


def holes():
    """A kernel of almost 4 GiB, of which nothing is there; of an initrd, likewise."""
    data = ext({"boot/grub/grub.cfg": grub_cfg(), "boot/initrd.img-6.1": INITRD, "boot/more.img": b"1", "boot/vmlinuz-6.1": b"k" * 5000})
    write(f"{top}/disk", data)
    tool("debugfs", "-w", "-f", "-", f"{top}/disk", text=b"sif /boot/vmlinuz-6.1 size 0xfffff000\n")
    return read(f"{top}/disk")


def bomb(packer, mib):
    """That says that it has a MiB."""
    packed = subprocess.run(packer, input=bytes(mib * MIB), stdout=subprocess.PIPE, check=True).stdout
    return ext(guest(**{"boot/vmlinuz-6.1": bzimage_of(packed + struct.pack("<I", MIB)), "boot/grub/grub.cfg": grub_cfg()}), 32)


def overlapping():
    image = bytearray(uki([(".osrel", b"ID=a\n"), (".cmdline", b"root=x"), (".initrd", INITRD), (".linux", KERNEL)]))
    first = 64 + 24 + 240
    for i in range(4):
        struct.pack_into("<II", image, first + 40 * i + 16, 0x1000, 0x400)
    return filesystem("fat", make_tree("crafted", {"EFI/Linux/a.efi": bytes(image)}), 4)


def many_images():
    image = uki([(".osrel", b"ID=a\nPRETTY_NAME=\x1b[31mred\n"), (".linux", KERNEL)])
    return filesystem("fat", make_tree("crafted", {f"EFI/Linux/a{i}.efi": image for i in range(100)}), 64)


def deep():
    return ext({"/".join(["d"] * 900) + "/end": b"1", **guest(**{"boot/grub/grub.cfg": f"configfile /{'d/' * 900}end\n" + entry(
        body=f"linux /{'d/' * 900}end\ninitrd /{'d/../' * 800}boot/initrd.img-6.1")})})


def deep_xfs():
    return filesystem("xfs", make_tree("crafted", guest(**{"boot/grub/grub.cfg": "".join(
        f"configfile /a{i}/b{i}/c{i}\nsearch --file --set=root /s{i}/t{i}/u{i}\n" for i in range(3000)) + entry()})), 20)


def links():
    files = {"boot/grub": ("link", "../loop/a"), "loop/a": ("link", "b"), "loop/b": ("link", "a"), "boot/vmlinuz-6.1": KERNEL,
             "boot/vmlinuz-6.2": ("link", "vmlinuz-6.2"), "boot/initrd.img-6.2": ("link", "/" + "x/" * 400)}
    return ext(files)


def names():
    """Of what a terminal must not see."""
    title = "\\x1b]0;x\\x07".encode().decode("unicode_escape")
    return cfg(entry(title=f"{title}\u202e\u009b31m", body=f"linux /boot/{title} {title}"))


FLAT = "".join(entry(f"entry {i}", f"linux /boot/vmlinuz-6.1 n={i}\ninitrd /boot/initrd.img-6.1") for i in range(9000))
CRAFTED = {
    "configfile-loop": lambda: cfg("configfile /boot/grub/grub.cfg\n" + entry()),
    "source-loop": lambda: cfg("source /boot/grub/other.cfg\n" + entry(), **{"boot/grub/other.cfg": "source /boot/grub/grub.cfg\nsource /boot/grub/other.cfg\n"}),
    "source-tree": lambda: cfg("source /boot/grub/0.cfg\n" * 9 + entry(), **{
        f"boot/grub/{i}.cfg": f"source /boot/grub/{i + 1}.cfg\n" * 9 for i in range(9)}),
    "submenus": lambda: cfg("submenu a {\n" * 5000 + entry() + "}\n" * 5000),
    "submenu-bomb": lambda: cfg("function f {\n" + "submenu a {\nf\n}\n" * 4 + entry() + "}\nf\n"),
    "recursion": lambda: cfg("function f {\nf\nf\n}\nf\n" + entry()),
    "doubling": lambda: cfg("set a=xxxxxxxxxxxxxxxx\n" + "set a=$a$a$a$a\n" * 40 + entry(body="linux /boot/vmlinuz-6.1 $a")),
    "endless": lambda: cfg("while true; do true; done\nuntil false; do false; done\n" + entry()),
    "nested-if": lambda: cfg("if true; then\n" * 20000 + entry() + "fi\n" * 20000),
    "megabyte": lambda: cfg(FLAT),
    "five-megabytes": lambda: cfg(FLAT * 6),
    "one-line": lambda: cfg("x" * MIB + "\n" + entry()),
    "quotes": lambda: cfg("menuentry '" + "a" * MIB),
    "long-arguments": lambda: cfg(entry(body="linux /boot/vmlinuz-6.1 " + "a=b " * 5000)),
    "many-initrds": lambda: cfg(entry(body="linux /boot/vmlinuz-6.1\ninitrd " + "/boot/initrd.img-6.1 " * 3000)),
    "many-entries": lambda: ext(guest(**{f"boot/loader/entries/e{i}.conf": BLS for i in range(3000)}), 32),
    "control-characters": names,
    "links": links,
    "deep": deep,
    "deep-xfs": deep_xfs,
    "odd-gpt": odd_gpt,
    "holes": holes,
    "gzip-bomb": lambda: bomb(["gzip", "-9"], 600),
    "zstd-bomb": lambda: bomb(["zstd", "-q", "-19", "--long=31"], 600),
    "xz-bomb": lambda: bomb(["xz", "--check=crc32", "--lzma2=dict=64MiB,mode=fast,nice=32,mf=hc3"], 300),
    "overlapping-sections": overlapping,
    "many-images": many_images,
}


# --- running ------------------------------------------------------------------------------------------------------------------


class Fault(Exception):
    pass


class Result:
    pass


class Runner:
    """A small process that starts the program: memory that was in use before exec counts as used by who is executed."""

    def __init__(self):
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            self.serve(theirs.makefile("rw"))
            os._exit(0)
        theirs.close()
        self.stream = ours.makefile("rw")

    @staticmethod
    def serve(stream):
        for line in stream:
            begin = time.monotonic()
            with open(f"{top}/stdout", "wb") as out, open(f"{top}/stderr", "wb") as err:
                process = subprocess.Popen(json.loads(line), cwd=here, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                           start_new_session=True)
                killer = threading.Timer(WALL_MAX_S, os.kill, (process.pid, signal.SIGKILL))
                killer.start()
                _, status, usage = os.wait4(process.pid, 0)
                killer.cancel()
            print(os.waitstatus_to_exitcode(status), time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024,
                  process.pid, file=stream, flush=True)

    def run(self, arguments):
        print(json.dumps(arguments), file=self.stream, flush=True)
        return self.stream.readline().split()


def run(arguments):
    shutil.rmtree(f"{here}/out", ignore_errors=True)
    os.makedirs(f"{here}/out")
    write(f"{here}/answer", b"")
    status, wall, cpu, resident, session = runner.run(
        [program, "--output=answer", "--output-directory=out", "--output-format=simple0", *arguments])
    result = Result()
    result.status, result.wall_s, result.cpu_s, result.resident, result.session = int(status), float(wall), float(cpu), int(resident), int(session)
    result.output, result.errors = read(f"{top}/stdout"), read(f"{top}/stderr").decode(errors="surrogateescape")
    return result


def left_of(session):
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="latin-1") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[3] == str(session) and fields[0] not in "ZX":
            found.append(name)
    return found


CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]|\x9b|\xc2[\x80-\x9f]")


def judge(result, arguments, disk_before):
    if result.wall_s >= WALL_MAX_S or result.cpu_s > CPU_MAX_S * (10 if SANITIZED else 1):
        raise Fault(f"took {result.wall_s:.1f} s, {result.cpu_s:.1f} s of CPU time")
    if result.status not in (0, 1):
        raise Fault(f"status {result.status}")
    for broken in ("killed by signal", "forbidden system call", "internal error", "Sanitizer", "runtime error:", "(null)", "protocol"):
        if broken in result.errors:
            raise Fault(broken)
    if result.resident > RESIDENT_MAX and not SANITIZED:
        raise Fault(f"{result.resident >> 20} MiB of memory")
    raw = result.errors.encode(errors="surrogateescape")
    if CONTROL.search(raw.decode("latin-1")):
        raise Fault("a control character on stderr")
    lines = result.errors.splitlines()
    errors = [line for line in lines if line.startswith("xen-bigdisk-boot: error: ")]
    if len(errors) != result.status or [line for line in lines if not line.startswith("xen-bigdisk-boot: ")]:
        raise Fault("not one line of error")
    if [line for line in errors if re.search(r": *$", line)]:
        raise Fault("an error without a reason")
    if len(lines) > 60:
        raise Fault(f"{len(lines)} lines")
    judge_files(result, arguments)
    if read(f"{here}/disk") != disk_before:
        raise Fault("it has changed the disk")
    if sorted(os.listdir(here)) != ["answer", "disk", "out"]:
        raise Fault("it has left files")
    if left_of(result.session):
        raise Fault("it has left a process")


def judge_files(result, arguments):
    lists, as_json, is_dry = "-l" in arguments, "--json" in arguments, "-n" in arguments
    files, answer = sorted(os.listdir(f"{here}/out")), read(f"{here}/answer")
    if lists or result.status:
        if files or answer:
            raise Fault(f"left: {files} {answer!r}")
        if lists and not as_json and CONTROL.search(result.output.decode("latin-1")):
            raise Fault("a control character on stdout")
        if as_json and not result.status:
            json.loads(result.output)
        if not lists and result.output:
            raise Fault("something on stdout")
        return
    if is_dry:
        if files or not answer.startswith(b"kernel <kernel:"):
            raise Fault(f"{files} and {answer!r}")
        return
    items = dict(item.split(" ", 1) for item in answer.decode("latin-1").rstrip("\0").split("\0"))
    if sorted(items[name] for name in items if name != "args") != [f"out/{name}" for name in files] or "kernel" not in items:
        raise Fault(f"{files} and {answer!r}")
    if CONTROL.search(items.get("args", "")) or "\n" in items.get("args", ""):
        raise Fault("a control character in the arguments")
    for name in files:
        if not 0 < os.path.getsize(f"{here}/out/{name}") <= 128 * MIB:
            raise Fault(f"{name} has {os.path.getsize(f'{here}/out/{name}')} bytes")


class Run:
    def __init__(self):
        self.runs = self.successes = self.faults = 0
        self.top = {"wall_s": (0, ""), "cpu_s": (0, ""), "resident": (0, "")}

    def do(self, mark, data, what, choices):
        shutil.rmtree(here, ignore_errors=True)
        write(f"{here}/disk", data)
        for arguments in choices:
            result = run([*arguments, "-q", "disk"])
            self.runs += 1
            self.successes += result.status == 0
            for name, (most, _) in self.top.items():
                if getattr(result, name) > most:
                    self.top[name] = (getattr(result, name), f"{mark} {' '.join(arguments)}")
            try:
                judge(result, arguments, data)
            except Fault as fault:
                self.report(mark, arguments, data, what, result, fault)

    def report(self, mark, arguments, data, what, result, fault):
        self.faults += 1
        print(f"--- {mark}: {' '.join(arguments)}: {fault}\n" + "".join(f"    {text}\n" for text in what[:10]) + f"    status {result.status}, {result.wall_s:.1f} s\n"
              f"    {result.output[:300]!r}\n    {result.errors[-3000:]!r}", flush=True)
        if not keep:
            sys.exit(1)
        write(f"{keep}/{mark.replace(' ', '-')}.img", data)

    def finish(self):
        print(f"{self.runs} runs, of which {self.successes} succeeded; {self.faults} faults")
        for name, (most, what) in self.top.items():
            print(f"most of {name}: {most:.1f} by {what}" if name != "resident" else f"most memory: {most >> 20} MiB by {what}")
        sys.exit(self.faults > 0)


def choices(rng):
    return [rng.choice((["--unpack=always"], ["--unpack=always", "--entry=1"], ["-l"], ["-l", "--json"], ["--kernel=/boot/vmlinuz-6.1", "--unpack=always"], ["-n"]))]


runner = Runner()
KERNEL = bzimage(elf(60000), "gzip")
INITRD = random.Random(2).randbytes(70001)


def main():
    os.umask(0o022)
    os.makedirs(top, exist_ok=True)
    it = Run()
    for name, make in CRAFTED.items():
        if only_crafted and name not in only_crafted:
            continue
        packer = {"zstd-bomb": "zstd", "xz-bomb": "xz", "deep-xfs": "mkfs.xfs"}.get(name, "mcopy" if name in ("overlapping-sections", "many-images") else "mke2fs")
        if has(packer):
            it.do(name, make(), [name], [["--unpack=always"], ["-l", "--json"]])
    available = {kind: make() for kind, (what, make) in kinds().items() if has(MKFS[what]) and (not only_kinds or kind in only_kinds)}
    first, last = (int(n) for n in rounds.split("-")) if "-" in rounds else (0, int(rounds) - 1)
    names_of = list(available)
    for number in range(first, last + 1):
        rng = random.Random(f"{seed}-{number}")
        kind = names_of[number % len(names_of)]
        data, what = damage(available[kind], rng)
        it.do(f"SEED={seed} {number} {kind}", data, what, choices(rng))
        if (number + 1) % 100 == 0:
            print(f"# {number + 1}: {it.runs} runs, {it.successes} succeeded, {it.faults} faults", flush=True)
    it.finish()


main()
