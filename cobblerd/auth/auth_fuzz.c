/* SPDX-License-Identifier: GPL-2.0-or-later
 * auth_fuzz.c - any bytes as users.digest and as users.conf. Nobody gets in without the hash of his password being there, and nobody may do
 * a thing whose name does not stand there.
 */
#include "core/fuzzkit.h"

#include "auth/auth.h"

/* "secret": SHA3-256, and the MD5 of anna:Cobbler:secret. */
#define SHA3 "f5a5207a8729b1f709cb710311751eb2fc8acad5a1fb8ac991b736e69b6529a3"
#define MD5 "477e77ce0e8ac7ffb6e81d82e74c5553"

static struct core core;
static struct auth *auth;

static void stop(void)
{
	auth_close(auth);
	core_close(&core);
}

static void start(void)
{
	struct err e;
	root_make();
	put_text("/etc/cobbler/modules.conf", "[authentication]\nmodule = authentication.configfile\nhash_algorithm = sha3_256\n"
		"[authorization]\nmodule = authorization.ownership\n");
	core_with_items(&core);
	if (auth_open(&core, &auth, &e) != CB_OK)
		abort();
	atexit(stop);
}

static bool contains(const unsigned char *data, size_t size, const char *text)
{
	return memmem(data, size, text, strlen(text)) != NULL;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char *const others[] = { "", "secret", "\n", ":" };
	struct value *users = NULL;
	struct err e;
	if (auth == NULL)
		start();
	put("/etc/cobbler/users.digest", data, size);
	put("/etc/cobbler/users.conf", data, size);
	bool hash = contains(data, size, SHA3) || contains(data, size, MD5);
	if (auth_login(auth, "anna", "secret", &e) == CB_OK && !(hash && contains(data, size, "anna:Cobbler:")))
		abort();
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (auth_login(auth, others[i], others[i], &e) == CB_OK)
			abort();
	if (users_list(&users, &e) == CB_OK)
		v_unref(users);
	if (auth_authorize(auth, "anna", "sync", NULL, NULL, &e) == CB_OK && !contains(data, size, "anna"))
		abort();
	if (auth_authorize(auth, "anna", "write_autoinstall_snippet", NULL, NULL, &e) == CB_OK && !contains(data, size, "[admin"))
		abort();
	if (auth_authorize(auth, "", "sync", NULL, NULL, &e) == CB_OK)
		abort();
	return 0;
}
