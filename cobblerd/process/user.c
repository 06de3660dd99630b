/* SPDX-License-Identifier: GPL-2.0-or-later
 * user.c - giving up root.
 */
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "process/process.h"

int user_lookup(const char *name, uid_t *uid, gid_t *gid)
{
	struct passwd *pw = getpwnam(name);
	if (pw == NULL)
		return -1;
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return 0;
}

int user_become(const char *name, uid_t uid, gid_t gid, struct err *e)
{
	if (initgroups(name, gid) == -1 || setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1)
		return err_sys(e, "cannot become user %s", name);
	if (uid != 0 && (setuid(0) == 0 || getuid() != uid || geteuid() != uid))
		return err_set(e, CB_EPERM, "user %s was not given up for good", "root");
	return CB_OK;
}
