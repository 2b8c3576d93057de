/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the completion scripts that are the same whatever the commands are. */
#ifndef BD_CLI_COMPLETION_H
#define BD_CLI_COMPLETION_H

extern const char bd_completion_bash_head[], bd_completion_zsh_head[];
extern const char bd_completion_common[]; /* for both shells */
extern const char bd_completion_bash[], bd_completion_zsh[];

#endif
