/* SPDX-License-Identifier: GPL-2.0-or-later
 * limits.h - every limit of making boot files for Windows, in one place.
 */
#ifndef WINDOWS_LIMITS_H
#define WINDOWS_LIMITS_H

#define WINDOWS_LOADER_MAX (16u << 20)         /* bootmgr.exe, pxeboot.n12: bytes; real ones have less than 1 MiB */
#define WINDOWS_BCD_MAX (4u << 20)             /* a BCD: bytes; real ones have about 32 KiB */
#define WINDOWS_HIVE_MAX (256u << 20)          /* the registry of a WinPE: bytes; real ones have about 30 MiB */
#define WINDOWS_HIVE_NODES 1000000u            /* its keys */
#define WINDOWS_HIVE_VALUES 65536u             /* values of one key */
#define WINDOWS_WIM_MAX (8ull << 30)           /* winpe.wim, boot.wim: bytes */
#define WINDOWS_TEXT_MAX (1u << 20)            /* what a template becomes: bytes */
#define WINDOWS_NAME_MAX 128u                  /* bytes of the name of a file that is made */
#define WINDOWS_MEMORY (2ull << 30)            /* of the child: address space */
#define WINDOWS_CPU_SECONDS 1200u              /* of the child */
#define WINDOWS_TIMEOUT_MS (30 * 60 * 1000)    /* of the child, wall time */

#endif
