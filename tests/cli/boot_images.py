#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels, unified kernel images, members of a RAID1 and what mkfs needs, for the tests of xen-bigdisk-boot.

boot_images.py elf FILE [BYTES]                  an ELF file that starts under Xen
boot_images.py bzimage FILE ELF METHOD           around that; METHOD: gzip bzip2 lzma xz lzo lz4 zstd
boot_images.py uki FILE SECTION=FILE...          a PE32+ with these sections, such as .linux=vmlinuz
boot_images.py raid FILE MIB CONTENT METADATA NAME   a member of a RAID1 of md with that content; METADATA: 0.90 1.0 1.1 1.2
boot_images.py protofile FOLDER                  what mkfs.xfs -p reads, on stdout
"""
import os
import random
import stat
import struct
import subprocess
import sys

VERSION = b"6.1.0-57-amd64 (debian-kernel@lists.debian.org) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-3\0"


def note(name, kind, content):
    name += b"\0"
    pad = b"\0" * (-len(name) % 4), b"\0" * (-len(content) % 4)
    return struct.pack("<III", len(name), len(content), kind) + name + pad[0] + content + pad[1]


def elf(size=300000):
    """What arch/x86/xen/xen-head.S writes into its notes."""
    address = struct.pack("<Q", 1 << 24)
    notes = note(b"Xen", 6, b"linux\0") + note(b"Xen", 5, b"xen-3.0\0") + note(b"Xen", 1, address) + note(b"Xen", 18, address[:4])
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 1 << 24, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 7, 0, 0, 0, size, size, 4096)
    place = struct.pack("<IIQQQQQQ", 4, 4, 4096, 0, 0, len(notes), len(notes), 4)
    rng = random.Random(size)
    data = bytearray(b"".join(rng.randbytes(8) + struct.pack("<Q", i) for i in range(size // 16 + 1))[:size])
    data[:len(head + load + place)] = head + load + place
    data[4096:4096 + len(notes)] = notes
    return bytes(data)


PACKERS = {  # as the kernel's scripts/Makefile.lib calls them
    "gzip": ["gzip", "-n", "-f", "-9"],
    "bzip2": ["bzip2", "-9"],
    "lzma": ["xz", "--format=lzma", "-9"],
    "xz": ["xz", "--check=crc32", "--x86", "--lzma2=dict=32MiB"],
    "lzo": ["lzop", "-9"],
    "lz4": ["lz4", "-l", "-9", "-", "-"],
    "zstd": ["zstd", "-19", "-q"],
}


def bzimage(content, method):
    """A setup header of protocol 2.15 before what is packed."""
    packed = subprocess.run(PACKERS[method], input=content, stdout=subprocess.PIPE, check=True).stdout
    if method != "gzip":
        packed += struct.pack("<I", len(content))
    return bzimage_of(packed)


def bzimage_of(packed):
    sectors = 3
    image = bytearray((sectors + 1) * 512 + 64)
    image[0x1f1] = sectors
    struct.pack_into("<H4sxxH", image, 0x1fe, 0xaa55, b"", 0)
    struct.pack_into("<4sH", image, 0x202, b"HdrS", 0x20f)
    struct.pack_into("<H", image, 0x20e, 0x200)
    image[0x400:0x400 + len(VERSION)] = VERSION
    struct.pack_into("<II", image, 0x248, 64, len(packed))
    struct.pack_into("<I", image, 0x260, 0x3000000)
    return bytes(image) + packed + bytes(100)


def uki(sections):
    """[(name, content)], as ukify lays them out: 512 bytes in the file, pages in memory."""
    count = len(sections)
    head = bytearray(b"MZ" + bytes(58) + struct.pack("<I", 64))
    head += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, count, 0, 0, 0, 240, 0x22e)
    head += struct.pack("<HBBIIIII", 0x20b, 2, 0, 0, 0, 0, 4096, 4096)
    head += struct.pack("<QIIHHHHHHIIIIHH", 0x14df00000, 4096, 512, 0, 0, 0, 0, 0, 0, 0, 1 << 30, 1024, 0, 10, 0)
    head += struct.pack("<QQQQII", 0, 0, 0, 0, 0, 16) + bytes(128)
    at, memory, body = -(-(len(head) + 40 * count) // 512) * 512, 4096, b""
    start = at
    for name, content in sections:
        room = -(-len(content) // 512) * 512
        head += struct.pack("<8sIIIIIIHHI", name.encode(), len(content), memory, room, at, 0, 0, 0, 0, 0x40000040)
        body += content + bytes(room - len(content))
        at += room
        memory += max(-(-len(content) // 4096), 1) * 4096
    return bytes(head) + bytes(start - len(head)) + body


def old_raid(size, content, number):
    """The same with the metadata that the kernel can assemble by itself (mdp_superblock_s)."""
    place = (size // 65536 - 1) * 65536
    assert len(content) <= place
    block = bytearray(4096)
    uuid = random.Random(number).randbytes(16)
    device = [struct.pack("<IIIII", i, 8, 1 + 16 * i, i, 6) for i in range(2)]  # active, in sync
    struct.pack_into("<IIIII4sIIIIIII12s", block, 0, 0xa92b4efc, 0, 90, 0, 0, uuid[:4], 0, 1, len(content) // 1024, 2, 2, number, 0, uuid[4:])
    struct.pack_into("<IIIIIIIII", block, 128, 0, 1, 2, 2, 0, 0, 0, 17, 0)  # clean
    struct.pack_into("<20s108x20s", block, 512, *device)
    block[3968:3988] = device[0]
    total = sum(struct.unpack("<1024I", block))
    struct.pack_into("<I", block, 152, (total & 0xffffffff) + (total >> 32))
    return content + bytes(place - len(content)) + bytes(block) + bytes(size - place - len(block))


def raid(size, content, metadata, name):
    """The first of two members of that size, as mdadm lays them out (mdp_superblock_1 of linux/raid/md_p.h)."""
    if metadata == "0.90":
        return old_raid(size, content, int(name.partition(":")[2]))
    first = 0 if metadata == "1.0" else 2048
    place = {"1.0": (size // 512 - 16) & ~7, "1.1": 0, "1.2": 8}[metadata]
    sectors = len(content) // 512
    assert first + sectors <= (place if metadata == "1.0" else size // 512)
    array, device = random.Random(name).randbytes(16), random.Random(metadata).randbytes(16)
    block = bytearray(256 + 2 * 128)
    struct.pack_into("<IIII16s32s", block, 0, 0xa92b4efc, 1, 0, 0, array, name.encode())
    struct.pack_into("<QIIQII", block, 64, 0, 1, 0, sectors, 0, 2)  # level 1, of two
    struct.pack_into("<QQQ", block, 128, first, sectors, place)
    struct.pack_into("<16s", block, 168, device)
    struct.pack_into("<QQQII", block, 192, 0, 17, (1 << 64) - 1, 0, 128)  # in sync to its end
    struct.pack_into("<128H", block, 256, 0, 1, *[0xffff] * 126)
    total = sum(struct.unpack(f"<{len(block) // 4}I", block))
    struct.pack_into("<I", block, 216, (total & 0xffffffff) + (total >> 32))
    member = bytearray(size)
    member[first * 512:first * 512 + len(content)] = content
    member[place * 512:place * 512 + len(block)] = block
    return bytes(member)


def protofile_of(folder):
    """Names with blanks or colons cannot be in one."""
    lines = ["/", "0 0", "d--755 0 0"]

    def walk(path, depth):
        for name in sorted(os.listdir(path)):
            full = os.path.join(path, name)
            mode = os.lstat(full).st_mode
            if stat.S_ISDIR(mode):
                lines.append(" " * depth + f"{name} d--755 0 0")
                walk(full, depth + 1)
                lines.append(" " * depth + "$")
            elif stat.S_ISLNK(mode):
                lines.append(" " * depth + f"{name} l--777 0 0 {os.readlink(full)}")
            else:
                lines.append(" " * depth + f"{name} ---644 0 0 {os.path.abspath(full)}")
    walk(folder, 1)
    return "\n".join([*lines, "$", ""])


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def main():
    what, path, *rest = sys.argv[1:]
    if what == "elf":
        write(path, elf(*map(int, rest)))
    elif what == "bzimage":
        write(path, bzimage(read(rest[0]), rest[1]))
    elif what == "uki":
        write(path, uki([(name, read(file)) for name, _, file in (word.partition("=") for word in rest)]))
    elif what == "raid":
        write(path, raid(int(rest[0]) << 20, read(rest[1]), *rest[2:]))
    elif what == "protofile":
        sys.stdout.write(protofile_of(path))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
