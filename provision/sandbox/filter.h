/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of which filters of system calls (seccomp(2)) are made. A filter begins with FILTER_HEAD and ends with the answer to what
 * has no row. The offset of an argument is that of its lower half on little-endian machines, which all of Xen's are. */
#ifndef BD_SANDBOX_FILTER_H
#define BD_SANDBOX_FILTER_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define THIS_ARCHITECTURE AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define THIS_ARCHITECTURE AUDIT_ARCH_ARM
#else
#error "the audit architecture of this machine has to be named here (linux/audit.h)"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(answer) BPF_STMT(BPF_RET | BPF_K, answer)
#define FILTER_HEAD \
	LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCHITECTURE, 1, 0), ANSWER(SECCOMP_RET_KILL_PROCESS), \
		LOAD(nr)
#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), ANSWER(SECCOMP_RET_ALLOW)
/* The C library tries, and does without. */
#define DENY(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), ANSWER(SECCOMP_RET_ERRNO | EACCES_VALUE)
#define EACCES_VALUE 13
#define ENOSYS_VALUE 38

#endif
