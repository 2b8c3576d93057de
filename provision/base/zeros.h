/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Zeros to write, for all who write some. They are no part of the program's file: a const array of zeros in C is. */
#ifndef BD_BASE_ZEROS_H
#define BD_BASE_ZEROS_H

#include <stdint.h>

#define BD_ZEROS_BYTES 65536

extern const uint8_t bd_zeros[BD_ZEROS_BYTES];

#endif
