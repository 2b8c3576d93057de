#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random operations on files, done by the program inside an image and by coreutils in a mounted filesystem, and compared.

usage: change_random.py PROGRAM IMAGE FOLDER SEED STEPS
IMAGE has an empty filesystem; FOLDER is where another empty one of the same kind is mounted. Prints the operations that were done
when the two differ, and exits with 1.
"""
import os
import random
import shutil
import subprocess
import sys

program, image, folder, seed, steps = sys.argv[1:4] + [int(sys.argv[4]), int(sys.argv[5])]
rng = random.Random(seed)
names = ["a", "b", "c", "d", "with blank", "ä", "n" * 200]
history = []


def path():
    """One that is there, or any."""
    there = sorted(os.path.join(parent, name)[len(folder):] for parent, folders, files in os.walk(folder)
                   for name in folders + files if name in names)
    if there and rng.randrange(2):
        return rng.choice(there)
    return "/" + "/".join(rng.choice(names) for _ in range(rng.choice([1, 1, 2, 2, 3])))


def some_file(number):
    """A file of this host: empty, small, of several blocks, or with a hole."""
    name = f"source-{number}"
    with open(name, "wb") as out:
        kind = rng.randrange(4)
        if kind == 1:
            out.write(rng.randbytes(rng.randrange(1, 5000)))
        elif kind == 2:
            out.write(rng.randbytes(rng.randrange(100000, 400000)))
        elif kind == 3:
            out.truncate(rng.randrange(200000, 3000000))
            out.seek(rng.randrange(100000, 200000))
            out.write(b"in the middle of a hole")
    os.chmod(name, rng.choice([0o644, 0o755, 0o600, 0o4711]))
    os.utime(name, (1700000000 + number, 1700000000 + number))
    return name


def operation(number):
    """Arguments of coreutils and of the program, where "@" stands for what the paths are in."""
    kind = rng.choice(["mkdir", "mkdir -p", "cp", "cp", "cp", "rm", "rm -r", "mv", "mv", "ln", "ln -s", "chmod", "chown", "tree"])
    if kind == "mkdir":
        return ["mkdir", "@" + path()], ["mkdir", "@" + path_again()]
    if kind == "mkdir -p":
        return ["mkdir", "-p", "@" + path()], ["mkdir", "-p", "@" + path_again()]
    if kind == "cp":
        name = some_file(number)
        return ["cp", "-a", "--remove-destination", name, "@" + path()], ["cp", name, "@" + path_again()]
    if kind == "rm":
        return ["rm", "@" + path()], ["rm", "@" + path_again()]
    if kind == "rm -r":
        return ["rm", "-r", "@" + path()], ["rm", "-r", "@" + path_again()]
    if kind == "mv":
        one, other = path(), path()
        return ["mv", "-f", "@" + one, "@" + other], ["mv", "@" + one, "@" + other]
    if kind == "ln":
        one, other = path(), path()
        return ["ln", "@" + one, "@" + other], ["ln", "@" + one, "@" + other]
    if kind == "ln -s":
        # None leads upwards, and perhaps out of the filesystem: the program stays in its root directory, the kernel leaves a mount.
        where = path()
        target = rng.choice([rng.choice(names), "./" + rng.choice(names), "x" * rng.choice([5, 59, 60, 61, 300])])
        return ["ln", "-s", target, "@" + where], ["ln", "-s", target, "@" + where]
    if kind == "chmod":
        mode = rng.choice(["0640", "u+s", "go-rwx", "a+rX", "+t", "755"])
        return ["chmod", mode, "@" + path()], ["chmod", mode, "@" + path_again()]
    if kind == "chown":
        owner = rng.choice(["0:0", "1000:1000", "70000:80000", ":5"])
        return ["chown", owner, "@" + path()], ["chown", owner, "@" + path_again()]
    name = f"tree-{number}"
    shutil.rmtree(name, ignore_errors=True)
    os.makedirs(f"{name}/sub/sub")
    for i in range(rng.randrange(60)):
        with open(f"{name}/sub/file-with-a-name-{i}", "w", encoding="ascii") as out:
            out.write(str(i) * i)
    os.link(some_file(number), f"{name}/sub/one")
    os.link(f"{name}/sub/one", f"{name}/two")
    os.unlink(f"source-{number}")
    return ["cp", "-a", "--remove-destination", name, "@" + path()], ["cp", "-r", name, "@" + path_again()]


last_path = None
real_path = path


def path():  # pylint: disable=function-redefined
    global last_path  # pylint: disable=global-statement
    last_path = real_path()
    return last_path


def path_again():
    return last_path


def run(arguments, place):
    return subprocess.run([a.replace("@", place, 1) if a.startswith("@") else a for a in arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def facts(top):
    found = {}
    for parent, folders, files in os.walk(top):
        for name in folders + files:
            where = os.path.join(parent, name)
            relative = os.path.relpath(where, top)
            if relative.split("/")[0] == "lost+found":
                continue
            st = os.lstat(where)
            entry = [oct(st.st_mode), st.st_uid, st.st_gid, st.st_nlink]
            if os.path.islink(where):
                entry.append(os.readlink(where))
            elif os.path.isfile(where):
                entry += [st.st_size, int(st.st_mtime)]
                with open(where, "rb") as content:
                    entry.append(hash(content.read()))
            found[relative] = entry
    return found


def fail(text):
    print(f"seed {seed}, after {len(history)} operations: {text}")
    print("\n".join(history[-20:]))
    sys.exit(1)


def compare():
    check = subprocess.run(["e2fsck", "-fn", image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if check.returncode:
        fail("e2fsck: " + check.stdout.decode())
    os.makedirs("other", exist_ok=True)
    subprocess.run(["mount", "-o", "loop,ro", image, "other"], check=True)
    try:
        ours, theirs = facts("other"), facts(folder)
    finally:
        subprocess.run(["umount", "other"], check=True)
    for name in sorted(set(ours) | set(theirs)):
        if ours.get(name) != theirs.get(name):
            fail(f"{name}: {ours.get(name)} by the program, {theirs.get(name)} by coreutils")


succeeded = 0
for step in range(steps):
    theirs_arguments, ours_arguments = operation(step)
    history.append(" ".join(ours_arguments))
    theirs = run(theirs_arguments, folder)
    ours = run([program] + ours_arguments, image + ":")
    if (theirs.returncode == 0) != (ours.returncode == 0):
        fail(f"coreutils: {theirs.returncode} {theirs.stdout.decode()}program: {ours.returncode} {ours.stdout.decode()}")
    if ours.returncode > 4:
        fail(f"status {ours.returncode}: {ours.stdout.decode()}")
    succeeded += ours.returncode == 0
    if step % 40 == 39:
        compare()
compare()
print(f"{succeeded} of {steps} operations succeeded on both sides, the others failed on both")
if succeeded < steps // 10:
    fail("too few operations succeed for a test")
