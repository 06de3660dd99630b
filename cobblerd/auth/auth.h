/* SPDX-License-Identifier: GPL-2.0-or-later
 * auth.h - who may log in and who may do what, as modules.conf says; the shared secret of the local command line.
 *
 * Everything fails closed: a file that cannot be read, a module that is unknown or a server that does not answer lets nobody in.
 * modules.conf and the users' files are read at each decision, so a change needs no restart. Thread-safe; may block (PAM, LDAP).
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "core/core.h"

#define AUTH_USER_MAX 256               /* bytes of a login name, with the NUL */
#define AUTH_DIRECT "<DIRECT>"          /* the user that the shared secret logs in: all rights */

struct auth;

/* Writes a fresh shared secret to /var/lib/cobbler/web.ss (0600): the text b'<hex>', quotes included, which as a whole is the password
 * of the empty user name. Fails when it cannot be written: then nobody could log in with it, and an old one must not stay valid. */
int auth_open(struct core *c, struct auth **ret, struct err *e) MUST_CHECK;
void auth_close(struct auth *a);

/* CB_OK when the password is the user's. Else CB_EPERM with the text that a client may read; the reason goes to the log. */
int auth_login(struct auth *a, const char *user, const char *password, struct err *e) MUST_CHECK;
bool auth_is_secret(struct auth *a, const char *password);
/* CB_OK when user may do resource ("save_system", "sync", ...). it: the item concerned, or NULL. arg: a file concerned, or NULL. */
int auth_authorize(struct auth *a, const char *user, const char *resource, const struct item *it, const char *arg,
	struct err *e) MUST_CHECK;

/* authz.c: the authorization modules; authorize() of module for a user that is not AUTH_DIRECT. */
bool authz_allowed(struct core *c, const char *module, const char *user, const char *resource, const struct item *it, const char *arg);
/* ldap.c, digest.c: authentication modules with files of their own. password is not empty for ldap. */
bool authn_ldap(struct core *c, const char *user, const char *password);
bool authn_configfile(struct core *c, const char *user, const char *password);

/* digest.c: the logins of /etc/cobbler/users.digest, for the administrator on this host; in force at the next login. A login that was there
 * gets the new password; the hash is the one that modules.conf names. *ret: list of names, owned. */
int users_set(const char *user, const char *password, bool *existed, struct err *e) MUST_CHECK;
int users_remove(const char *user, struct err *e) MUST_CHECK;
int users_list(struct value **ret, struct err *e) MUST_CHECK;

#endif
