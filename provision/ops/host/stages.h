/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a start spends its time on. */
#ifndef BD_OPS_HOST_STAGES_H
#define BD_OPS_HOST_STAGES_H

#include "toolstack/toolstack.h"

/* After those of the toolstack. */
#define BOOT_STAGE_GUEST BD_TOOLSTACK_STAGE_COUNT
#define BOOT_STAGE_COUNT (BD_TOOLSTACK_STAGE_COUNT + 1)

/* Zeroed at the begin. */
struct boot_stages {
	float seconds[BOOT_STAGE_COUNT]; /* 0: there was none */
	int current; /* the stage that goes on, and 1; 0: none */
	double begin_s;
};

/* A stage begins, and the one before has ended, which --verbose says. */
void boot_stages_begin(struct boot_stages *stages, int stage);
void boot_stages_end(struct boot_stages *stages);

/* For --json: "bootloader". */
const char *boot_stage_name(int stage);

#endif
