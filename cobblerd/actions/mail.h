/* SPDX-License-Identifier: GPL-2.0-or-later
 * mail.h - handing a message to a mail server (SMTP, RFC 5321, by libcurl).
 */
#pragma once

#include "base/err.h"
#include "value/value.h"

/* server: HOST or HOST:PORT (25). to: list of addresses. text: header lines, an empty line, the body; lines may end with "\n" alone.
 * Blocks for half a minute at most. CB_EINVAL: an address or the server's name has characters that do not belong there. */
int mail_send(const char *server, const char *from, const struct value *to, const char *text, struct err *e) MUST_CHECK;
