/* SPDX-License-Identifier: GPL-2.0-or-later
 * pam.c - authentication.pam: the system's own accounts, by the PAM service of the setting authn_pam_service.
 * The account is checked too: expired and locked accounts have no access.
 */
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "base/log.h"

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

bool authn_pam(struct core *c, const char *user, const char *password)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	const char *service = v_dict_cstr(settings, "authn_pam_service", "login");
	char *secret CLEANUP(free_ptr) = xstrdup(password);
	struct pam_conv conv = { converse, secret };
	pam_handle_t *h = NULL;
	int rc = pam_start(service, user, &conv, &h);
	if (rc != PAM_SUCCESS) {
		log_error("auth", "PAM service \"%s\" cannot be used: %s", service, pam_strerror(h, rc));
		return false;
	}
	rc = pam_authenticate(h, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (rc == PAM_SUCCESS)
		rc = pam_acct_mgmt(h, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (rc != PAM_SUCCESS)
		log_warn("auth", "PAM refuses %s: %s", user, pam_strerror(h, rc));
	pam_end(h, rc);
	explicit_bzero(secret, strlen(secret));
	return rc == PAM_SUCCESS;
}
