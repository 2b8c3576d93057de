/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder with everything in it that a Unix filesystem holds, and the comparison of the pack with it. To be included
 * after sealed_checks.h. Who is not root gets what an ordinary user can make.
 */
#ifndef BD_TESTS_TREE_CHECKS_H
#define BD_TESTS_TREE_CHECKS_H

#include <errno.h>
#include <ftw.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/printable.h"

/* What an archive's format cannot keep. */
enum {
	NO_XATTRS = 1,
	NO_NANOSECONDS = 2,
	NO_SOCKETS = 4,
	NO_ACCESS_TIMES = 8,
	NO_LINKS = 16,
	NO_HOLES = 32,
};

static const char make_tree_script[] =
	"umask 022; mkdir tree; cd tree\n"
	"echo hello >file; : >empty; mkdir -p dir/sub void; echo x >dir/sub/x\n"
	"ln file dir/hard; ln file zz-hard; ln -s file soft; ln -s file hardsoft; ln hardsoft dir/hardsoft2\n"
	"ln -s \"$(printf %2000s | tr ' ' l)\" long-target; ln -s /nowhere/at/all dangling\n"
	"ln -s \"$(printf 'target-\\377-\\303\\244')\" odd-target\n"
	"mkfifo fifo; chmod 4755 file; mkdir sticky; chmod 3777 sticky\n"
	"echo bytes >\"$(printf 'latin-\\344-name')\"; echo utf8 >\"$(printf 'utf8-\\303\\244')\"\n"
	"echo nfd >\"$(printf 'nfd-a\\314\\210')\"; echo nl >\"$(printf 'new\\nline \\\\ \\001')\"\n"
	"ln \"$(printf 'utf8-\\303\\244')\" \"$(printf 'link-\\303\\244-\\377')\"\n"
	"n=$(printf %200s | tr ' ' n); mkdir -p $n/$n; echo deep >$n/$n/$n\n"
	"truncate -s 5G big; printf begin | dd of=big conv=notrunc status=none\n"
	"printf middle | dd of=big bs=1 seek=4831838208 conv=notrunc status=none\n"
	"truncate -s 1M all-hole; head -c 300000 /dev/urandom >random; head -c 8192 /dev/zero >zeros\n"
	"setfattr -n user.text -v value file; setfattr -n user.binary -v 0x00ff0a3d00 file\n"
	"setfattr -n user.empty dir; setfattr -n user.big -v \"$(printf %2000s | tr ' ' v)\" random\n"
	"setfacl -m u:1234:rwx,g:4321:r-x,g:0:--x,m:r-x zeros; setfacl -d -m u:70000:rwx,o::- dir\n"
	"setfacl -m u:1:r dir/sub/x\n"
	"if [ \"$(id -u)\" = 0 ]; then\n"
	"mknod null c 1 3; mknod disk b 259 300000; chown 70000:3000000000 dir/sub/x; chown -h 5:6 soft\n"
	"chmod 0 empty; chown 1000:1000 \"$n\"; cp /bin/true ping; setcap cap_net_raw+ep ping; setfattr -n trusted.t -v 1 void\n"
	"setfattr -h -n trusted.link -v 2 soft; setfattr -n trusted.device -v 3 null\n"
	"fi\n"
	"find . -depth -exec touch -h -a -d '2011-02-03 04:05:06.700800900Z' '{}' +\n"
	"find . -depth -exec touch -h -m -d '2001-09-09 01:46:40.123456789Z' '{}' +\n"
	"touch -h -d '1960-01-01 00:00:00.5Z' dangling; touch -d '2060-01-01Z' void\n";

UNUSED static void make_socket(const char *path)
{
	RUN("python3", "-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", path);
}

static int compare_flags;
static unsigned compared;
static const char *compare_top;

static void assert_no_other_xattrs(const char *path, const char *host_path)
{
	static char names[65536], value[65536];
	ssize_t size = llistxattr(host_path, names, sizeof(names));
	size_t count = 0;
	for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
		ssize_t value_size = lgetxattr(host_path, name, value, sizeof(value));
		assert_true(value_size >= 0);
		assert_xattr(path, name, value, (size_t)value_size);
		count++;
	}
	assert_int_equal(look(path).xattr_count, count);
}

static void compare_metadata(const char *path, const char *host_path, const struct stat *st)
{
	struct bd_sealed_inode inode = look(path);
	assert_int_equal(inode.mode, st->st_mode);
	assert_int_equal(inode.uid, st->st_uid);
	assert_int_equal(inode.gid, st->st_gid);
	assert_int_equal(inode.mtime_s, st->st_mtim.tv_sec);
	if (!(compare_flags & NO_NANOSECONDS))
		assert_int_equal(inode.mtime_ns, st->st_mtim.tv_nsec);
	if (!(compare_flags & NO_ACCESS_TIMES) && !S_ISLNK(st->st_mode) && !S_ISDIR(st->st_mode)) {
		/* Who reads a file changes its access time, so this is what the script has set. */
		assert_int_equal(inode.atime_s, 1296705906);
		assert_int_equal(inode.atime_ns, 700800900);
	}
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		assert_int_equal(inode.rdev_major, major(st->st_rdev));
		assert_int_equal(inode.rdev_minor, minor(st->st_rdev));
	}
	if (!S_ISDIR(st->st_mode) && !(compare_flags & NO_LINKS))
		assert_int_equal(inode.links, st->st_nlink);
	if (S_ISREG(st->st_mode) && !(compare_flags & NO_HOLES)) {
		uint64_t blocks = 0;
		for (size_t i = 0; i < inode.extent_count; i++)
			blocks += inode.extents[i].count;
		assert_true(blocks * BD_SEALED_BLOCK_BYTES <= (uint64_t)st->st_blocks * 512);
	}
	if (!(compare_flags & NO_XATTRS))
		assert_no_other_xattrs(path, host_path);
}

static int compare_one(const char *host_path, const struct stat *st, int type, struct FTW *walk)
{
	const char *path = host_path + strlen(compare_top);
	(void)type;
	(void)walk;
	if (S_ISSOCK(st->st_mode) && (compare_flags & NO_SOCKETS))
		return 0;
	if (!*path)
		path = "/";
	char name[BD_ENTRY_NAME_SIZE];
	bd_entry_name(path, name);
	print_message("# %s\n", name);
	compare_metadata(path, host_path, st);
	if (S_ISLNK(st->st_mode)) {
		char target[4096] = "";
		assert_true(readlink(host_path, target, sizeof(target) - 1) >= 0);
		assert_target(path, target);
	} else if (S_ISREG(st->st_mode)) {
		assert_content(path, host_path);
	}
	compared++;
	return 0;
}

/* Everything that is in the folder is in the pack, and nothing else. */
UNUSED static void assert_same_tree(const char *folder, int flags)
{
	uint32_t entries = 0;
	struct bd_sealed_dir dir = { .next_at = 0 };
	compare_flags = flags;
	compare_top = folder;
	compared = 0;
	assert_int_equal(nftw(folder, compare_one, 32, FTW_PHYS), 0);
	for (uint32_t i = 0; i < sealed.dir_count; i++) {
		assert_int_equal(bd_sealed_read_dir(&reader, dir.next_at, &dir, &err), 0);
		entries += dir.entry_count;
	}
	assert_int_equal(entries + 1, compared);
}

#endif
