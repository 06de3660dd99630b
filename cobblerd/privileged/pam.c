/* SPDX-License-Identifier: GPL-2.0-or-later
 * pam.c - asks PAM about a login. The account is checked too: expired and locked accounts have no access.
 */
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

#include "privileged/privileged.h"

static void free_responses(struct pam_response *r, int n)
{
	for (int i = 0; i < n; i++)
		if (r[i].resp != NULL) {
			explicit_bzero(r[i].resp, strlen(r[i].resp));
			free(r[i].resp);
		}
	free(r);
}

/* Answers the password to prompts without echo and nothing to messages; a question with echo is not for us. */
static int converse(int n, const struct pam_message **msg, struct pam_response **ret, void *arg)
{
	if (n <= 0 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	struct pam_response *r = calloc((size_t)n, sizeof(*r));
	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (msg[i]->msg_style == PAM_PROMPT_ECHO_OFF) {
			r[i].resp = xstrdup(arg);
		} else if (msg[i]->msg_style == PAM_PROMPT_ECHO_ON) {
			free_responses(r, n);
			return PAM_CONV_ERR;
		}
	}
	*ret = r;
	return PAM_SUCCESS;
}

int pam_check(const char *service, const char *user, const char *password, struct err *e)
{
	char *secret CLEANUP(free_ptr) = xstrdup(password);
	struct pam_conv conv = { converse, secret };
	pam_handle_t *h = NULL;
	const char *what = "password";
	/* The service names a file of /etc/pam.d. */
	if (*service == '\0' || strchr(service, '/') != NULL)
		return err_set(e, CB_EINVAL, "\"%s\" is not the name of a PAM service (settings: authn_pam_service)", service);
	int rc = pam_start(service, user, &conv, &h);
	if (rc != PAM_SUCCESS)
		return err_set(e, CB_EIO, "PAM service \"%s\" cannot be used: %s", service, pam_strerror(h, rc));
	rc = pam_authenticate(h, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (rc == PAM_SUCCESS) {
		what = "account";
		rc = pam_acct_mgmt(h, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	}
	int ret = rc == PAM_SUCCESS ? CB_OK : err_set(e, CB_EPERM, "%s: %s", what, pam_strerror(h, rc));
	pam_end(h, rc);
	explicit_bzero(secret, strlen(secret));
	return ret;
}
