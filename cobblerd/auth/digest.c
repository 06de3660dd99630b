/* SPDX-License-Identifier: GPL-2.0-or-later
 * digest.c - authentication.configfile: /etc/cobbler/users.digest with lines user:Cobbler:HEX.
 * HEX is the hash of the password by modules.conf's hash_algorithm; 32 digits are htdigest's MD5 of user:realm:password, as 2.x had.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>

#include "auth/auth.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "settings/settings.h"

#define USERS_MAX (1u << 20)
#define REALM "Cobbler"
#define USERS_PATH "/etc/cobbler/users.digest"

static const struct { const char *name, *openssl; } algorithms[] = {
	{ "sha3_512", "SHA3-512" }, { "sha3_384", "SHA3-384" }, { "sha3_256", "SHA3-256" }, { "sha3_224", "SHA3-224" },
	{ "blake2b", "BLAKE2B-512" }, { "blake2s", "BLAKE2S-256" },
};

static bool hash_hex(const char *algorithm, const char *text, char *hex, size_t cap)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	const EVP_MD *type = EVP_get_digestbyname(algorithm);
	if (type == NULL || EVP_Digest(text, strlen(text), md, &n, type, NULL) != 1 || cap < 2 * n + 1)
		return false;
	for (unsigned i = 0; i < n; i++) {
		hex[2 * i] = "0123456789abcdef"[md[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[md[i] & 15];
	}
	hex[2 * n] = '\0';
	return true;
}

/* name: hash_algorithm of modules.conf; "" is the default. NULL: there is no such one. */
static const char *openssl_name(const char *name, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
		if (*name == '\0' || str_eq(name, algorithms[i].name))
			return algorithms[i].openssl;
	err_set(e, CB_EINVAL, "modules.conf: hash_algorithm = \"%s\" is not one of sha3_512, sha3_384, sha3_256, sha3_224, blake2b, "
		"blake2s", name);
	return NULL;
}

/* The parts of "user:realm:hash" in place; false when it is no such line. */
static bool split(char *line, char **user, char **realm, char **hash)
{
	while (*line == ' ' || *line == '\t')
		line++;
	for (size_t n = strlen(line); n > 0 && strchr(" \t\r", line[n - 1]) != NULL; )
		line[--n] = '\0';
	*user = line;
	*realm = strchr(line, ':');
	if (*realm == NULL)
		return false;
	*(*realm)++ = '\0';
	*hash = strchr(*realm, ':');
	if (*hash == NULL)
		return false;
	*(*hash)++ = '\0';
	(*hash)[strcspn(*hash, ":")] = '\0';
	return **user != '\0' && **hash != '\0';
}

bool authn_configfile(struct core *c, const char *user, const char *password)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	struct err e;
	char modern[2 * EVP_MAX_MD_SIZE + 1], old[2 * EVP_MAX_MD_SIZE + 1];
	char *path CLEANUP(free_ptr) = path_of(USERS_PATH);
	char *plain CLEANUP(free_ptr) = xasprintf("%s:" REALM ":%s", user, password);
	char *name CLEANUP(free_ptr) = settings_module(c->settings, "authentication", "hash_algorithm");
	const char *algorithm = openssl_name(name, &e);
	bool ok = false;
	if (algorithm == NULL)
		log_error("auth", "%s", e.text);
	if (file_read(AT_FDCWD, path, USERS_MAX, &b, &e) != CB_OK) {
		log_error("auth", "nobody can log in: %s", e.text);
		return false;
	}
	/* Computed whether or not the user exists, so that the time does not tell. */
	if (algorithm != NULL && hash_hex(algorithm, password, modern, sizeof(modern)) && hash_hex("MD5", plain, old, sizeof(old))) {
		char *save = NULL, *u, *realm, *hash;
		for (char *line = b.len > 0 ? strtok_r(b.p, "\n", &save) : NULL; line != NULL; line = strtok_r(NULL, "\n", &save)) {
			if (!split(line, &u, &realm, &hash) || !str_eq(u, user) || !str_eq(realm, REALM))
				continue;
			const char *want = strlen(hash) == strlen(old) ? old : modern;
			ok |= strlen(hash) == strlen(want) && const_time_eq(hash, want, strlen(want));
		}
	}
	explicit_bzero(plain, strlen(plain));
	return ok;
}

static bool name_ok(const char *user)
{
	size_t n = strlen(user);
	if (n == 0 || n > 255 || strchr(" \t", user[0]) != NULL || strchr(" \t", user[n - 1]) != NULL || !utf8_valid(user, n))
		return false;
	for (const char *p = user; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == ':' || *p == 0x7f)
			return false;
	return true;
}

/* Appends the lines of users.digest that are not *user*'s; *found tells whether there was one. */
static int other_lines(const char *path, const char *user, struct strbuf *out, bool *found, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	int rc = file_read(AT_FDCWD, path, USERS_MAX, &b, e);
	char *save = NULL, *u, *realm, *hash;
	*found = false;
	for (char *line = b.len > 0 ? strtok_r(b.p, "\n", &save) : NULL; line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *copy CLEANUP(free_ptr) = xstrdup(line);
		if (split(copy, &u, &realm, &hash) && str_eq(u, user) && str_eq(realm, REALM))
			*found = true;
		else
			sb_addf(out, "%s\n", line);
	}
	return rc == CB_ENOENT ? CB_OK : rc;
}

int users_set(const char *user, const char *password, bool *existed, struct err *e)
{
	struct strbuf out CLEANUP(sb_free) = { 0 };
	char *path CLEANUP(free_ptr) = path_of(USERS_PATH), *name CLEANUP(free_ptr) = NULL;
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	if (!name_ok(user))
		return err_set(e, CB_EINVAL, "\"%.64s\" cannot be the name of a login: 1 to 255 characters without \":\" are expected",
			user);
	if (*password == '\0')
		return err_set(e, CB_EINVAL, "login %s: the password is empty", user);
	int rc = settings_read_module("authentication", "hash_algorithm", &name, e);
	const char *algorithm = rc == CB_OK ? openssl_name(name, e) : NULL;
	if (algorithm == NULL)
		return CB_EINVAL;
	if (!hash_hex(algorithm, password, hex, sizeof(hex)))
		return err_set(e, CB_ESTATE, "%s is not available on this host", algorithm);
	rc = other_lines(path, user, &out, existed, e);
	sb_addf(&out, "%s:" REALM ":%s\n", user, hex);
	return rc == CB_OK ? file_rewrite(path, sb_str(&out), out.len, 0600, e) : rc;
}

int users_remove(const char *user, struct err *e)
{
	struct strbuf out CLEANUP(sb_free) = { 0 };
	char *path CLEANUP(free_ptr) = path_of(USERS_PATH);
	bool found;
	int rc = other_lines(path, user, &out, &found, e);
	if (rc == CB_OK && !found)
		rc = err_set(e, CB_ENOENT, "there is no login \"%.64s\" in %s", user, path);
	return rc == CB_OK ? file_rewrite(path, sb_str(&out), out.len, 0600, e) : rc;
}

int users_list(struct value **ret, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	char *path CLEANUP(free_ptr) = path_of(USERS_PATH), *save = NULL, *u, *realm, *hash;
	int rc = file_read(AT_FDCWD, path, USERS_MAX, &b, e);
	if (rc != CB_OK)
		return rc;
	*ret = v_list();
	for (char *line = b.len > 0 ? strtok_r(b.p, "\n", &save) : NULL; line != NULL; line = strtok_r(NULL, "\n", &save))
		if (split(line, &u, &realm, &hash) && str_eq(realm, REALM))
			v_list_push(*ret, v_str(u));
	return CB_OK;
}
