# SPDX-License-Identifier: GPL-2.0-or-later
"""Damages disk images: finds where partition table, superblocks, group descriptors, bitmaps, inodes, directories, extents, block
maps, attributes and journal lie, and writes wrong values into one of them, with a checksum that fits or without.

The formats are those of the kernel's Documentation/filesystems/ext4 and of the UEFI specification (GPT).
"""
import struct
import zlib

SECTOR = 512
CSUM_SEED, CSUM, BIT64 = 0x2000, 0x400, 0x80  # INCOMPAT_CSUM_SEED, RO_COMPAT_METADATA_CSUM, INCOMPAT_64BIT
EXTENTS_FL, INLINE_DATA_FL = 0x80000, 0x10000000
EXTENT_MAGIC, XATTR_MAGIC, JOURNAL_MAGIC = 0xF30A, 0xEA020000, 0xC03B3998
NAMES = [b"../../x", b"/etc/passwd", b"..", b".", b"\x1b]0;x\x07", b"a\nb", b"\0", b"x/y", b"\xff\xfe", b"\x9b31m", b"%s%n"]


def _table():
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


CRC32C = tuple(_table())


def crc32c(crc, data):
    for byte in data:
        crc = CRC32C[(crc ^ byte) & 255] ^ crc >> 8
    return crc


class Place:
    """Bytes of one kind; owner is the inode that they belong to."""

    def __init__(self, kind, at, size, owner=0):
        self.kind, self.at, self.size, self.owner = kind, at, size, owner


class Filesystem:
    """An undamaged ext2, ext3 or ext4 in an image, a bytearray."""

    def __init__(self, image, begin):
        self.image, self.begin, self.super = image, begin, begin + 1024
        self.block_size = 1024 << self.get32(self.super + 24)
        self.first_block = self.get32(self.super + 20)
        self.blocks = self.get32(self.super + 4)
        self.inodes_per_group = self.get32(self.super + 40)
        self.blocks_per_group = self.get32(self.super + 32)
        self.inode_size = self.get16(self.super + 88)
        self.incompat, self.ro_compat = self.get32(self.super + 96), self.get32(self.super + 100)
        self.has_checksums = bool(self.ro_compat & CSUM)
        self.descriptor_size = self.get16(self.super + 254) if self.incompat & BIT64 else 32
        self.group_count = -(-(self.blocks - self.first_block) // self.blocks_per_group)
        if self.incompat & CSUM_SEED:
            self.seed = self.get32(self.super + 0x270)
        else:
            self.seed = crc32c(0xFFFFFFFF, image[self.super + 104:self.super + 120])
        self.cluster_size = 1024 << self.get32(self.super + 28)
        self.used = []  # where clusters begin
        self.places = []
        self.inodes = {}  # those in use, and where they are, which the image may soon tell otherwise
        self._find()

    def get16(self, at):
        return struct.unpack_from("<H", self.image, at)[0]

    def get32(self, at):
        return struct.unpack_from("<I", self.image, at)[0]

    def block_at(self, block):
        return self.begin + block * self.block_size

    def descriptor_at(self, group):
        first = 1 if self.block_size == 1024 else 0  # block of the superblock, with bigalloc too
        return self.block_at(first + 1) + group * self.descriptor_size

    def inode_at(self, number):
        group, index = divmod(number - 1, self.inodes_per_group)
        return self.block_at(self.get32(self.descriptor_at(group) + 8)) + index * self.inode_size

    def _add(self, kind, at, size, owner=0):
        if self.begin <= at and at + size <= len(self.image):
            self.places.append(Place(kind, at, size, owner))

    def _find(self):
        size = self.block_size
        self._add("superblock", self.super, 1024)
        self._add("descriptors", self.descriptor_at(0), self.group_count * self.descriptor_size)
        for group in range(1, self.group_count):
            copy = self.block_at(self.first_block + group * self.blocks_per_group)
            if self.get16(copy + 56) == 0xEF53:
                self._add("copy of the superblock", copy, 1024)
                self._add("copy of the descriptors", copy + size, self.group_count * self.descriptor_size)
        for group in range(self.group_count):
            descriptor = self.descriptor_at(group)
            self._find_used(group, self.block_at(self.get32(descriptor)))
            bitmap = self.block_at(self.get32(descriptor + 4))
            self._add("inode bitmap", bitmap, self.inodes_per_group // 8, group)
            if self.get16(descriptor + 18) & 1:  # INODE_UNINIT
                continue
            for index in range(self.inodes_per_group):
                if self.image[bitmap + index // 8] >> index % 8 & 1:
                    self._find_inode(group * self.inodes_per_group + index + 1)

    def _find_used(self, group, bitmap):
        begin, count = self.block_at(self.first_block + group * self.blocks_per_group), self.get32(self.super + 36)
        self._add("block bitmap", bitmap, count // 8, group)
        initialized = not self.get16(self.descriptor_at(group) + 18) & 2  # BLOCK_UNINIT: nothing but metadata
        for index in range(count if initialized else 0):
            at = begin + index * self.cluster_size
            if self.image[bitmap + index // 8] >> index % 8 & 1 and at < self.block_at(self.blocks):
                self.used.append(at)

    def _find_inode(self, number):
        at = self.inode_at(number)
        mode, flags = self.get16(at), self.get32(at + 32)
        if not mode and number not in (1, 5, 7):
            return
        self.inodes[number] = at
        self._add("special inode" if number < 11 else "inode", at, self.inode_size, number)
        attributes = self.get32(at + 104)
        if attributes:
            self._add("attributes", self.block_at(attributes), self.block_size, number)
        if mode >> 12 == 0xA and self.get32(at + 4) < 60 or flags & INLINE_DATA_FL or mode >> 12 not in (4, 8, 0xA):
            return
        if flags & EXTENTS_FL:
            blocks = list(self._extents(at + 40, number))
        else:
            blocks = list(self._mapped(at + 40, number))
        if number == 8:
            self._add("journal's superblock", self.block_at(blocks[0]), 1024)
            for block in blocks[1:]:
                if self.image[self.block_at(block):self.block_at(block) + 4] == struct.pack(">I", JOURNAL_MAGIC):
                    self._add("journal", self.block_at(block), self.block_size)
        elif mode >> 12 == 4:
            for block in blocks:
                self._add("directory", self.block_at(block), self.block_size, number)
        elif mode >> 12 == 0xA:
            self._add("symbolic link", self.block_at(blocks[0]), self.block_size, number)

    def _extents(self, header, number):
        magic, entries, _, depth = struct.unpack_from("<4H", self.image, header)
        assert magic == EXTENT_MAGIC
        for entry in range(header + 12, header + 12 + 12 * entries, 12):
            if depth:
                block = self.get32(entry + 4)
                self._add("extents", self.block_at(block), self.block_size, number)
                yield from self._extents(self.block_at(block), number)
            else:
                length = self.get16(entry + 4)
                first = self.get32(entry + 8)
                yield from range(first, first + (length if length <= 32768 else length - 32768))

    def _mapped(self, table, number):
        for index in range(15):
            block = self.get32(table + 4 * index)
            if block:
                yield from self._below(block, max(0, index - 11), number)

    def _below(self, block, level, number):
        if not level:
            yield block
            return
        self._add("block map", self.block_at(block), self.block_size, number)
        for at in range(self.block_at(block), self.block_at(block) + self.block_size, 4):
            if self.get32(at):
                yield from self._below(self.get32(at), level - 1, number)

    def crosses(self, rng):
        """A number that leads somewhere: to a block or an inode."""
        place = rng.choice(self.places)
        block = (place.at - self.begin) // self.block_size
        return rng.choice([block, rng.choice(list(self.inodes)), 2, 8, 11, self.blocks - 1, self.blocks])

    def is_same_where_used(self, one, other):
        """Whether two images have the same in the blocks that this one used, and outside the filesystem."""
        end = self.block_at(self.blocks)
        if len(one) != len(other) or one[:self.begin] != other[:self.begin] or one[end:] != other[end:]:
            return False
        return all(one[at:at + self.cluster_size] == other[at:at + self.cluster_size] for at in self.used)

    # --- checksums -----------------------------------------------------------------------------------------------------

    def _inode_seed(self, number):
        generation = self.image[self.inodes[number] + 100:self.inodes[number] + 104]
        return crc32c(crc32c(self.seed, struct.pack("<I", number)), generation)

    def _correct_inode(self, number):
        at = self.inodes[number]
        raw = bytearray(self.image[at:at + self.inode_size])
        has_high = self.inode_size > 128 and self.get16(at + 128) >= 4
        raw[124:126] = b"\0\0"
        if has_high:
            raw[130:132] = b"\0\0"
        checksum = crc32c(self._inode_seed(number), raw)
        struct.pack_into("<H", self.image, at + 124, checksum & 0xFFFF)
        if has_high:
            struct.pack_into("<H", self.image, at + 130, checksum >> 16)

    def _correct_descriptor(self, group):
        at = self.descriptor_at(group)
        raw = bytearray(self.image[at:at + self.descriptor_size])
        raw[30:32] = b"\0\0"
        checksum = crc32c(crc32c(self.seed, struct.pack("<I", group)), raw)
        struct.pack_into("<H", self.image, at + 30, checksum & 0xFFFF)

    def _correct_bitmap(self, place, at):
        checksum = crc32c(self.seed, self.image[place.at:place.at + place.size])
        descriptor = self.descriptor_at(place.owner)
        struct.pack_into("<H", self.image, descriptor + at, checksum & 0xFFFF)
        if self.descriptor_size > 32:
            struct.pack_into("<H", self.image, descriptor + at + 32, checksum >> 16)
        self._correct_descriptor(place.owner)

    def correct(self, place):
        """False: nothing to correct, or not known how."""
        image, end = self.image, place.at + place.size
        if place.kind == "journal's superblock" and image[place.at + 0x50] == 4:  # CRC32C
            struct.pack_into(">I", image, place.at + 0xFC, 0)
            struct.pack_into(">I", image, place.at + 0xFC, crc32c(0xFFFFFFFF, image[place.at:end]))
            return True
        if not self.has_checksums:
            return False
        if place.kind == "superblock":
            struct.pack_into("<I", image, end - 4, crc32c(0xFFFFFFFF, image[place.at:end - 4]))
        elif place.kind == "descriptors":
            for group in range(self.group_count):
                self._correct_descriptor(group)
        elif place.kind == "block bitmap":
            self._correct_bitmap(place, 24)
        elif place.kind == "inode bitmap":
            self._correct_bitmap(place, 26)
        elif place.kind.endswith("inode"):
            self._correct_inode(place.owner)
        elif place.kind == "extents":
            tail = place.at + 12 + 12 * self.get16(place.at + 4)
            if tail > end - 4:
                return False
            struct.pack_into("<I", image, tail, crc32c(self._inode_seed(place.owner), image[place.at:tail]))
        elif place.kind == "directory" and image[end - 12:end - 4] == b"\0\0\0\0\x0c\0\0\xde":
            struct.pack_into("<I", image, end - 4, crc32c(self._inode_seed(place.owner), image[place.at:end - 12]))
        elif place.kind == "attributes":
            image[place.at + 16:place.at + 20] = b"\0\0\0\0"
            block = (place.at - self.begin) // self.block_size
            checksum = crc32c(crc32c(self.seed, struct.pack("<Q", block)), image[place.at:end])
            struct.pack_into("<I", image, place.at + 16, checksum)
        else:
            return False
        return True


class Disk:
    """An undamaged image with one ext2, ext3 or ext4, and what can be damaged in it."""

    def __init__(self, image, table, begin):
        self.image, self.table = image, table
        self.filesystem = Filesystem(image, begin)
        self.places = list(self.filesystem.places)
        if table:
            self.places.append(Place("MBR", 446, 66))
        if table == "gpt":
            for header in (SECTOR, len(image) - SECTOR):
                entries = struct.unpack_from("<Q", image, header + 72)[0] * SECTOR
                self.places += [Place("GPT header", header, 92), Place("GPT entries", entries, 256, header)]
        self.kinds = sorted({place.kind for place in self.places})

    def choose(self, rng):
        """Each kind is as likely as the others, however many there are of it."""
        kind = rng.choice(self.kinds)
        return rng.choice([place for place in self.places if place.kind == kind])

    # Where fields lie of which a value is likely to matter: (offset, size).
    def _field(self, rng, place):
        aligned = rng.randrange(place.size // 4) * 4, 4
        if place.kind == "MBR":
            entry = 16 * rng.randrange(4)
            return rng.choice([(entry, 1), (entry + 4, 1), (entry + 8, 4), (entry + 8, 4), (entry + 12, 4), (64, 2)])
        if place.kind == "GPT header":
            return rng.choice([(0, 8), (8, 4), (12, 4), (24, 8), (32, 8), (40, 8), (48, 8), (72, 8), (80, 4), (84, 4), (88, 4)])
        if place.kind == "GPT entries":
            return rng.choice([(0, 4), (16, 4), (32, 8), (40, 8), (48, 8), (56, 2), (128, 16), (160, 8), (168, 8)])
        if "superblock" in place.kind and place.kind.startswith("journal"):
            return rng.choice([(at, 4) for at in (0, 4, 12, 16, 20, 24, 28, 32, 36, 40, 44, 64, 80, 84)])
        if "superblock" in place.kind:
            return rng.choice([aligned, (rng.randrange(0, 104, 4), 4), (88, 2), (254, 2), (rng.randrange(224, 264, 4), 4),
                               (rng.choice([96, 100, 92, 24, 28, 32, 40, 20, 0, 4]), 4)])
        if place.kind.endswith("descriptors"):
            descriptor = rng.randrange(self.filesystem.group_count) * self.filesystem.descriptor_size
            return descriptor + rng.choice([0, 4, 8, 12, 16, 28]), 4
        if place.kind.endswith("inode"):
            block = 40 + 4 * rng.randrange(15)
            extra = (rng.randrange(128, place.size, 4), 4) if place.size > 128 else (block, 4)
            return rng.choice([(0, 2), (4, 4), (26, 2), (28, 4), (32, 4), (block, 4), (block, 4), (block, 2), (40, 2),
                               (42, 2), (46, 2), (56, 4), (100, 4), (104, 4), (108, 4), (118, 2), (128, 2), extra])
        if place.kind == "directory":
            return self._directory_field(rng, place)
        if place.kind == "extents":
            entries = self.filesystem.get16(place.at + 2)
            entry = 12 + 12 * rng.randrange(max(entries, 1))
            return rng.choice([(0, 2), (2, 2), (4, 2), (6, 2), (entry, 4), (entry + 4, 2), (entry + 4, 4), (entry + 6, 2),
                               (entry + 8, 4)])
        if place.kind == "attributes":
            return rng.choice([(0, 4), (4, 4), (8, 4), (12, 4), (rng.randrange(32, 96, 4), 4), (rng.randrange(32, 96, 2), 2),
                               (rng.randrange(32, 96), 1)])
        if place.kind == "journal":
            return rng.choice([(rng.randrange(0, 64, 4), 4), (rng.randrange(0, 64, 2), 2), aligned])
        return aligned

    def _directory_field(self, rng, place):
        entries, at = [], 0
        while at + 8 <= place.size:
            length = self.filesystem.get16(place.at + at + 4)
            entries.append(at)
            if length < 8:
                break
            at += length
        entry = rng.choice(entries)
        name = self.image[place.at + entry + 6]
        return rng.choice([(entry, 4), (entry, 4), (entry + 4, 2), (entry + 6, 1), (entry + 7, 1), (entry + 8, name or 1)])

    def _value(self, rng, place, at, size):
        old = int.from_bytes(self.image[at:at + size], "little")
        top = (1 << 8 * size) - 1
        value = rng.choice([
            lambda: old ^ 1 << rng.randrange(8 * size),
            lambda: old ^ 1 << rng.randrange(8 * size),
            lambda: rng.randrange(top + 1),
            lambda: rng.choice([0, top, top >> 1, (top >> 1) + 1, top - 1, top >> 16 if size > 2 else top]),
            lambda: old + rng.choice([-1, 1, -4, 4, 12]),
            lambda: old * 2,
            lambda: rng.randrange(64),
            lambda: self.filesystem.crosses(rng),
            lambda: int.from_bytes(bytes(self.image[place.at + rng.randrange(place.size):][:size]), "little"),
        ])()
        return (value & top).to_bytes(size, "big" if place.kind.startswith("journal") and rng.randrange(2) else "little")

    def damage(self, rng):
        """One wrong value, or many; says what was done."""
        place = self.choose(rng)
        offset, size = self._field(rng, place)
        kind = rng.randrange(20)
        if kind == 0:
            offset, size = 0, rng.choice([place.size, min(place.size, 64)])
            data = rng.choice([bytes(size), b"\xff" * size, rng.randbytes(size)])
        elif kind == 1:
            offset, size = rng.randrange(place.size), 1
            data = bytes([self.image[place.at + offset] ^ 1 << rng.randrange(8)])
        elif place.kind == "directory" and size > 4 or place.kind == "symbolic link":
            name = rng.choice(NAMES)
            data = (name * (size // len(name) + 1))[:size] if rng.randrange(2) else name[:size]
        else:
            data = self._value(rng, place, place.at + offset, size)
        self.image[place.at + offset:place.at + offset + len(data)] = data
        corrected = rng.randrange(3) > 0 and self._correct(place)
        return (f"{place.kind}{f' of inode {place.owner}' if place.owner else ''} at {place.at}, byte {offset}: "
                f"{data[:16].hex()}{f'... ({len(data)} bytes)' if len(data) > 16 else ''}"
                f"{', checksum corrected' if corrected else ''}"), place.kind, corrected

    def _correct(self, place):
        if not place.kind.startswith("GPT"):
            return self.filesystem.correct(place)
        header = place.owner or place.at
        size, entries, count, entry_size = (struct.unpack_from("<I", self.image, header + 12)[0],
                                            struct.unpack_from("<Q", self.image, header + 72)[0] * SECTOR,
                                            *struct.unpack_from("<2I", self.image, header + 80))
        if place.kind == "GPT entries" and count * entry_size < 1 << 20:
            struct.pack_into("<I", self.image, header + 88, zlib.crc32(self.image[entries:entries + count * entry_size]))
        self.image[header + 16:header + 20] = bytes(4)
        struct.pack_into("<I", self.image, header + 16, zlib.crc32(self.image[header:header + min(size, SECTOR)]))
        return True
