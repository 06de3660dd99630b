/* SPDX-License-Identifier: GPL-2.0-or-later
 * limits.h - every limit of reading install media, in one place. Media are hostile bytes until proven otherwise.
 */
#ifndef IMPORT_LIMITS_H
#define IMPORT_LIMITS_H

#define IMPORT_MAX_BYTES (128ull << 30)          /* one medium, extracted */
#define IMPORT_MAX_FILES 100000u                 /* entries of an image; the largest DVDs have about 20,000 */
#define IMPORT_MAX_TREE_FILES 2000000u           /* entries of a directory given by the operator */
#define IMPORT_MAX_NAME 255u                     /* bytes of one path component */
#define IMPORT_MAX_PATH 1024u                    /* bytes of a path inside the medium */
#define IMPORT_MAX_DEPTH 32u                     /* components of a path */
#define IMPORT_MAX_LINK 1024u                    /* bytes of a symbolic link */
#define IMPORT_BLOAT 3u                          /* files may sum up to this many times the image's size ... */
#define IMPORT_BLOAT_SLACK (64ull << 20)         /* ... plus this: more is a bomb of overlapping extents */

#define IMPORT_INFO_MAX (1u << 20)               /* .treeinfo, .disk/info, Release, boot.cfg ... */
#define IMPORT_TEXT_MAX (256u << 20)             /* decompressed bytes of a version file that are searched */
#define IMPORT_DETECT_FILES 200000u              /* that are opened to recognise one medium; some are read for each signature ... */
#define IMPORT_DETECT_BYTES (4ull << 30)         /* ... and what is read of them, unpacked */
#define IMPORT_LINE_MAX 8192u                    /* longer lines are searched in pieces */
#define IMPORT_WIM_XML_MAX (4u << 20)            /* the description inside a Windows image */
#define IMPORT_REGEX_STEPS 200000u               /* PCRE2 match limit: a signature file's expressions are foreign too */
#define IMPORT_REGEX_HEAP 4096u                  /* KiB */

#define IMPORT_MAX_KERNELS 64u                   /* kernel and initrd pairs of one medium */
#define IMPORT_MAX_REPOS 256u                    /* package repositories of one medium */
#define IMPORT_STALL_SECONDS 60u                 /* of processor time in which nothing gets done */
#define IMPORT_CPU_SECONDS 7200u                 /* of the child */
#define IMPORT_INDEX_WORDS 40u                   /* of the command that makes an index of packages */
#define IMPORT_INDEX_MEMORY (4ull << 30)         /* of that program, which has several threads */
#define IMPORT_MEMORY (1ull << 30)               /* of the child, beside the mapped image */

#endif
