/* SPDX-License-Identifier: GPL-2.0-or-later
 * http.h - the front door: XML-RPC, /cblr/svc, files of /var/www/cobbler and of the TFTP root.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "boot/boot.h"
#include "rpc/rpc.h"

struct http;

/* Serves on already listening sockets (takes them). xmlrpc_fd: the XML-RPC port; http_fd: the web port; either may be -1. */
int http_start(struct core *c, struct rpc *r, int xmlrpc_fd, int http_fd, struct http **ret, struct err *e) MUST_CHECK;
void http_stop(struct http *h);

#endif
