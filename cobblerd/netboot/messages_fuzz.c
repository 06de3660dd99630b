/* SPDX-License-Identifier: GPL-2.0-or-later
 * messages_fuzz.c - any bytes as a message between a service and the core: what passes the check is answered with what passes it
 * too, and its texts end.
 */
#include "core/fuzzkit.h"

#include "netboot/core_side.h"

static struct core core;

static void stop(void)
{
	core_close(&core);
}

static void ends(const char *s, size_t cap)
{
	if (strnlen(s, cap) == cap)
		abort();
}

static void ask(const union any_message *m)
{
	union any_message a;
	memset(&a, 0, sizeof(a));
	int fd = -1;
	if (m->head.type == MSG_DHCP_QUESTION) {
		msg_head_init(&a.head, MSG_DHCP_ANSWER, sizeof(a.dhcp_answer), m->head.id);
		core_answer_dhcp(&core, &m->dhcp_question, &a.dhcp_answer);
	} else if (m->head.type == MSG_TFTP_QUESTION) {
		ends(m->tftp_question.ip, sizeof(m->tftp_question.ip));
		ends(m->tftp_question.path, sizeof(m->tftp_question.path));
		msg_head_init(&a.head, MSG_TFTP_ANSWER, sizeof(a.tftp_answer), m->head.id);
		fd = core_answer_tftp(&core, &m->tftp_question, &a.tftp_answer);
		if ((fd >= 0) != (a.tftp_answer.status == CB_OK))
			abort();
	} else if (m->head.type == MSG_NFS_QUESTION) {
		msg_head_init(&a.head, MSG_NFS_ANSWER, sizeof(a.nfs_answer), m->head.id);
		core_answer_nfs(&a.nfs_answer);
	} else {
		return;
	}
	if (!msg_valid(&a, a.head.size))
		abort();
	close_fd(&fd);
}

/* The first byte fills in a good head for a message of that type, or none. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const size_t sizes[] = { 0, sizeof(struct dhcp_question), sizeof(struct dhcp_answer), sizeof(struct tftp_question),
		sizeof(struct tftp_answer), sizeof(struct nfs_question), sizeof(struct nfs_answer) };
	static union any_message m;
	if (core.model == NULL) {
		root_make();
		core_with_items(&core);
		atexit(stop);
	}
	if (size == 0)
		return 0;
	unsigned type = data[0] % ARRAY_LEN(sizes);
	size_t n = size - 1 < sizeof(m) ? size - 1 : sizeof(m);
	memset(&m, 0, sizeof(m));
	memcpy(&m, data + 1, n);
	if (type != 0) {
		n = sizes[type];
		msg_head_init(&m.head, (enum msg_type)type, n, 1);
	}
	if (msg_valid(&m, n))
		ask(&m);
	return 0;
}
