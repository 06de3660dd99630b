/* SPDX-License-Identifier: GPL-2.0-or-later
 * journal_test.c - a machine that loses power after edits were acknowledged: whatever became of the files, the edits are there.
 */
#include "base/testkit.h"

#include "base/clock.h"
#include "store/store_private.h"

#define JOURNAL "/var/lib/cobbler/edits.journal"

static struct store *opened(void)
{
	struct store *s;
	struct err e;
	if (store_open(false, &s, &e) != CB_OK)
		fail_msg("%s", e.text);
	return s;
}

static void save_at(struct store *s, const char *name, const char *comment, const char *former, double mtime)
{
	struct item *it = item_new(ITEM_REPO), *old = NULL;
	struct err e;
	assert_int_equal(item_set_str(it, "name", name, &e), CB_OK);
	assert_int_equal(item_set_str(it, "comment", comment, &e), CB_OK);
	item_put(it, "mtime", v_float(mtime));
	if (former != NULL) {
		old = item_edit(it);
		assert_int_equal(item_set_str(old, "name", former, &e), CB_OK);
	}
	if (store_save(s, it, old, &e) != CB_OK)
		fail_msg("%s", e.text);
	item_unref(old);
	item_unref(it);
}

static void save(struct store *s, const char *name, const char *comment, const char *former)
{
	save_at(s, name, comment, former, clock_wall());
}

static void delete(struct store *s, const char *name)
{
	struct item *it = item_new(ITEM_REPO);
	struct err e;
	assert_int_equal(item_set_str(it, "name", name, &e), CB_OK);
	if (store_delete(s, it, &e) != CB_OK)
		fail_msg("%s", e.text);
	item_unref(it);
}

static struct strbuf bytes_of(const char *path)
{
	struct strbuf b = { 0 };
	struct err e;
	char *full = path_of(path);
	if (file_read(AT_FDCWD, full, 64u << 20, &b, &e) != CB_OK)
		fail_msg("%s", e.text);
	free(full);
	return b;
}

static struct strbuf boot_id(void)
{
	struct strbuf b = { 0 };
	assert_int_equal(file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &b, NULL), CB_OK);
	return b;
}

/* The journal as it is now, as another boot of the machine finds it. */
static struct strbuf journal_of_another_boot(void)
{
	struct strbuf b = bytes_of(JOURNAL), boot = boot_id();
	size_t records = 0;
	for (char *p = b.p; (p = memmem(p, b.len - (size_t)(p - b.p), boot.p, 36)) != NULL; records++)
		p[0] = p[0] == 'x' ? 'y' : 'x';
	assert_true(records > 0);
	sb_free(&boot);
	return b;
}

/* The comment of a stored repo; "-" when there is none of that name. */
static void assert_comment(struct model *m, const char *name, const char *want)
{
	struct item *it = model_get(m, ITEM_REPO, name);
	assert_string_equal(it == NULL ? "-" : item_str(it, "comment"), want);
	item_unref(it);
}

static struct model *load(void)
{
	struct model *m = model_new();
	struct store *s = opened();
	struct err e;
	size_t loaded, damaged;
	if (store_load(s, m, &loaded, &damaged, &e) != CB_OK)
		fail_msg("%s", e.text);
	assert_int_equal(damaged, 0);
	store_close(s);
	char *path = path_of(JOURNAL);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
	return m;
}

static void test_edits_survive_a_loss_of_power(void **state)
{
	struct store *s = opened();
	(void)state;
	save(s, "a", "one", NULL);
	save(s, "a", "two", NULL);
	save(s, "gone", "one", NULL);
	delete(s, "gone");
	save(s, "now", "moved", "former");
	save(s, "back", "one", NULL);
	delete(s, "back");
	save(s, "back", "again", NULL);
	struct strbuf journal = journal_of_another_boot(), a = bytes_of("/var/lib/cobbler/collections/repos/a.json");
	store_close(s);
	/* Nothing of it reached the disk but names without content. */
	put_file("/var/lib/cobbler/collections/repos/a.json", "");
	put_bytes("/var/lib/cobbler/collections/repos/gone.json", "", 0, 0640);
	put_bytes("/var/lib/cobbler/collections/repos/former.json", "", 0, 0640);
	delete(s = opened(), "now");
	store_close(s);
	delete(s = opened(), "back");
	store_close(s);
	put_bytes(JOURNAL, journal.p, journal.len, 0600);
	struct model *m = load();
	assert_comment(m, "a", "two");
	assert_comment(m, "gone", "-");
	assert_comment(m, "now", "moved");
	assert_comment(m, "former", "-");
	assert_comment(m, "back", "again");
	struct strbuf again = bytes_of("/var/lib/cobbler/collections/repos/a.json");
	assert_int_equal(again.len, a.len);
	assert_memory_equal(again.p, a.p, a.len);
	sb_free(&again);
	sb_free(&a);
	sb_free(&journal);
	model_free(m);
}

static void test_younger_files_and_this_boot_are_left_alone(void **state)
{
	struct store *s = opened();
	(void)state;
	save(s, "b", "journal", NULL);
	struct strbuf same = bytes_of(JOURNAL), other = journal_of_another_boot();
	store_close(s);
	save(s = opened(), "b", "restored", NULL);            /* for instance by Python Cobbler, which knows no journal */
	store_close(s);
	const struct strbuf *const both[] = { &same, &other };
	for (size_t i = 0; i < 2; i++) {
		put_bytes(JOURNAL, both[i]->p, both[i]->len, 0600);
		struct model *m = load();
		assert_comment(m, "b", "restored");
		model_free(m);
	}
	delete(s = opened(), "b");
	store_close(s);
	put_bytes(JOURNAL, same.p, same.len, 0600);
	struct model *m = load();
	assert_comment(m, "b", "-");
	model_free(m);
	sb_free(&same);
	sb_free(&other);
}

/* A process that is killed between a record and its files: the next one replaces them, on the same boot too. */
static void test_a_change_that_was_not_done_is_done_at_the_next_start(void **state)
{
	struct store *s = opened();
	(void)state;
	save(s, "done", "before", NULL);
	save(s, "to", "after", "from");
	struct strbuf b = bytes_of(JOURNAL);
	size_t done = s->journal.last + 72;
	assert_int_equal(b.p[done], 1);
	b.p[done] = 0;
	store_close(s);
	delete(s = opened(), "to");
	delete(s, "done");
	save(s, "from", "before", NULL);
	store_close(s);
	put_file("/var/lib/cobbler/collections/repos/from.json", "{\"name\": \"from\", \"mtime\": 1.0}");
	put_bytes(JOURNAL, b.p, b.len, 0600);
	struct model *m = load();
	assert_comment(m, "to", "after");
	assert_comment(m, "from", "-");
	assert_comment(m, "done", "-");
	model_free(m);
	sb_free(&b);
}

static void test_a_torn_record_ends_the_journal(void **state)
{
	struct store *s = opened();
	(void)state;
	save(s, "c", "whole", NULL);
	save(s, "d", "torn", NULL);
	struct strbuf b = journal_of_another_boot();
	store_close(s);
	char *torn = memmem(b.p, b.len, "torn", 4);
	assert_non_null(torn);
	*torn = 'T';
	delete(s = opened(), "c");
	delete(s, "d");
	store_close(s);
	put_bytes(JOURNAL, b.p, b.len, 0600);
	struct model *m = load();
	assert_comment(m, "c", "whole");
	assert_comment(m, "d", "-");
	model_free(m);
	for (size_t n = 0; n < 200; n += 7) {                 /* cut off anywhere */
		put_bytes(JOURNAL, b.p, n, 0600);
		model_free(load());
	}
	sb_free(&b);
}

/* A head that is half a later record's is none: it would make an older change again. */
static void test_a_torn_head_ends_the_journal(void **state)
{
	struct store *s = opened();
	struct err e;
	(void)state;
	save(s, "e", "one", NULL);
	struct strbuf one = journal_of_another_boot();
	pthread_mutex_lock(&s->mutex);
	assert_int_equal(journal_checkpoint(s, &e), CB_OK);
	pthread_mutex_unlock(&s->mutex);
	save(s, "e", "two", NULL);
	struct strbuf two = journal_of_another_boot();
	store_close(s);
	assert_int_equal(one.len, two.len);
	for (size_t n = 1; n < 76; n++) {
		memcpy(one.p, two.p, n);
		put_bytes(JOURNAL, one.p, one.len, 0600);
		struct model *m = load();
		assert_comment(m, "e", "two");
		model_free(m);
	}
	sb_free(&one);
	sb_free(&two);
}

/* The clock is put back between two edits, and the first is all that reached the disk. */
static void test_a_clock_that_went_back(void **state)
{
	struct store *s = opened();
	(void)state;
	save_at(s, "f", "one", NULL, clock_wall() + 86400);
	struct strbuf one = bytes_of("/var/lib/cobbler/collections/repos/f.json");
	struct item *old = NULL, *it;
	struct err e;
	assert_int_equal(store_load_one(s->dir[ITEM_REPO], ITEM_REPO, "f.json", &old, &e), CB_OK);
	it = item_edit(old);
	assert_int_equal(item_set_str(it, "comment", "two", &e), CB_OK);
	item_put(it, "mtime", v_float(clock_wall()));
	assert_int_equal(store_save(s, it, old, &e), CB_OK);
	struct strbuf journal = journal_of_another_boot();
	store_close(s);
	put_bytes("/var/lib/cobbler/collections/repos/f.json", one.p, one.len, 0640);
	put_bytes(JOURNAL, journal.p, journal.len, 0600);
	struct model *m = load();
	assert_comment(m, "f", "two");
	model_free(m);
	item_unref(old);
	item_unref(it);
	sb_free(&one);
	sb_free(&journal);
}

/* More than a journal of any size holds, in many changes and in one. */
static void test_a_full_journal_begins_anew(void **state)
{
	struct store *s = opened();
	struct item *items[24];
	const struct item *olds[24] = { NULL };
	struct err e;
	(void)state;
	char *big = xmalloc((1u << 20) + 1);
	memset(big, 'x', 1u << 20);
	big[1u << 20] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		char name[16];
		snprintf(name, sizeof(name), "big%zu", i);
		items[i] = item_new(ITEM_REPO);
		assert_int_equal(item_set_str(items[i], "name", name, &e), CB_OK);
		assert_int_equal(item_set_str(items[i], "comment", big, &e), CB_OK);
	}
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(store_save(s, items[i], NULL, &e), CB_OK);
	assert_int_equal(store_save_all(s, (const struct item *const *)items, olds, ARRAY_LEN(items), &e), CB_OK);
	assert_true(s->journal.used > 16u << 20);
	/* killed before any file is there: all of them are, after the next start */
	struct strbuf whole = bytes_of(JOURNAL);
	whole.p[s->journal.last + 72] = 0;
	save(s, "small", "after", NULL);
	assert_true(s->journal.used > 0);
	struct strbuf after = bytes_of(JOURNAL);
	assert_true(after.len < whole.len);
	sb_free(&after);
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		delete(s, item_name(items[i]));
	store_close(s);
	put_bytes(JOURNAL, whole.p, whole.len, 0600);
	sb_free(&whole);
	struct model *m = load();
	assert_comment(m, "small", "after");
	assert_comment(m, "big23", big);
	model_free(m);
	s = opened();
	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		delete(s, item_name(items[i]));
		item_unref(items[i]);
	}
	store_close(s);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edits_survive_a_loss_of_power),
		cmocka_unit_test(test_younger_files_and_this_boot_are_left_alone),
		cmocka_unit_test(test_a_change_that_was_not_done_is_done_at_the_next_start),
		cmocka_unit_test(test_a_torn_record_ends_the_journal),
		cmocka_unit_test(test_a_torn_head_ends_the_journal),
		cmocka_unit_test(test_a_clock_that_went_back),
		cmocka_unit_test(test_a_full_journal_begins_anew),
	};
	return cmocka_run_group_tests(tests, root_make, root_remove);
}
