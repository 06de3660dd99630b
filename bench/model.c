/* SPDX-License-Identifier: GPL-2.0-or-later
 * model.c - figures of the model and its store in one process: "model ROOT N" fills an empty store with N systems, loads it, asks
 * and saves; with N = 0 it only loads what is there. Prints "key value" lines for bench/model, which compares them with peers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "model/resolve.h"
#include "settings/settings.h"
#include "store/store.h"
#include "value/json.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock)
{
	struct timespec ts;
	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void set(struct item *it, const char *field, const char *text)
{
	struct err e;
	if (item_set_str(it, field, text, &e) != CB_OK)
		fatal("%s: %s", field, e.text);
}

static double seconds(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

static struct item *make_system(unsigned i)
{
	char text[64];
	struct err e;
	struct item *it = item_new(ITEM_SYSTEM);
	snprintf(text, sizeof(text), "sys%06u", i);
	set(it, "name", text);
	snprintf(text, sizeof(text), "prof%u", i % 50);
	set(it, "profile", text);
	snprintf(text, sizeof(text), "sys%06u.example.org", i);
	set(it, "hostname", text);
	set(it, "kernel_options", "console=ttyS0 quiet");
	snprintf(text, sizeof(text), "52:54:00:%02x:%02x:%02x", i >> 16 & 255, i >> 8 & 255, i & 255);
	struct value *v = v_str(text);
	if (item_set_interface(it, "eth0", "mac_address", v, &e) != CB_OK)
		fatal("%s", e.text);
	v_unref(v);
	snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255, i & 255);
	v = v_str(text);
	if (item_set_interface(it, "eth0", "ip_address", v, &e) != CB_OK)
		fatal("%s", e.text);
	v_unref(v);
	return it;
}

/* Without the sync that store_save does: this only sets the scene. */
static void write_item(struct item *it)
{
	struct strbuf b = { 0 };
	struct value *d = item_to_disk(it);
	char *path = xasprintf("%s/var/lib/cobbler/collections/%s/%s.json", path_root(), item_table(item_type(it))->plural, item_name(it));
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	json_write(&b, d, JSON_ASCII);
	if (fd < 0 || write(fd, b.p, b.len) != (ssize_t)b.len)
		fatal("cannot write %s", path);
	close(fd);
	free(path);
	v_unref(d);
	sb_free(&b);
	item_unref(it);
}

static void fill(unsigned n)
{
	char text[32];
	struct item *d = item_new(ITEM_DISTRO);
	set(d, "name", "d");
	set(d, "kernel", "/boot/vmlinuz");
	set(d, "initrd", "/boot/initrd.img");
	write_item(d);
	for (unsigned i = 0; i < 50; i++) {
		struct item *p = item_new(ITEM_PROFILE);
		snprintf(text, sizeof(text), "prof%u", i);
		set(p, "name", text);
		set(p, "distro", "d");
		write_item(p);
	}
	for (unsigned i = 0; i < n; i++)
		write_item(make_system(i));
}

static long resident_kb(void)
{
	long kb = 0;
	char line[128];
	FILE *f = fopen("/proc/self/status", "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kb;
}

static size_t find(struct model *m, const char *key, const char *text)
{
	struct value *c = v_dict();
	struct item_list l = { 0 };
	struct err e;
	v_dict_set(c, key, v_str(text));
	if (model_find(m, ITEM_SYSTEM, c, &l, &e) != CB_OK)
		fatal("%s", e.text);
	size_t n = l.n;
	item_list_free(&l);
	v_unref(c);
	return n;
}

/* Runs what n times; prints microseconds for each. */
#define TIME(key, n, what) do { \
	double t0 = seconds(); \
	for (unsigned k = 0; k < (n); k++) { what; } \
	printf(key " %.2f\n", (seconds() - t0) * 1e6 / (n)); \
} while (0)

static void ask(struct model *m, const struct value *settings, unsigned n)
{
	char name[32], mac[32];
	TIME("get_us", 100000, {
		snprintf(name, sizeof(name), "sys%06u", (k * 7919) % n);
		item_unref(model_get(m, ITEM_SYSTEM, name));
	});
	TIME("find_name_us", 20000, {
		snprintf(name, sizeof(name), "sys%06u", (k * 7919) % n);
		if (find(m, "name", name) != 1)
			fatal("%s not found", name);
	});
	TIME("by_mac_us", 20000, {
		unsigned i = (k * 7919) % n;
		snprintf(mac, sizeof(mac), "52:54:00:%02x:%02x:%02x", i >> 16 & 255, i >> 8 & 255, i & 255);
		item_unref(model_system_by_mac(m, mac, NULL));
	});
	TIME("find_glob_us", 20, find(m, "name", "sys0000*1"));
	TIME("blend_us", 2000, {
		snprintf(name, sizeof(name), "sys%06u", (k * 7919) % n);
		struct item *it = model_get(m, ITEM_SYSTEM, name);
		v_unref(resolve_blend(m, settings, it, false));
		item_unref(it);
	});
}

static void save(struct store *s, struct model *m, const struct value *settings, unsigned from, unsigned n)
{
	struct err e;
	double began = seconds();
	for (unsigned i = from; i < from + n; i++) {
		struct item *it = make_system(i);
		if (model_check(m, settings, it, NULL, &e) != CB_OK || store_save(s, it, NULL, &e) != CB_OK)
			fatal("%s", e.text);
		model_publish(m, it, NULL);
	}
	printf("save_per_s %.0f\n", n / (seconds() - began));
	struct item *it = model_get(m, ITEM_SYSTEM, "sys000000");
	TIME("publish_us", 2000, model_publish(m, item_edit(it), it));
	item_unref(it);
}

int main(int argc, char **argv)
{
	struct settings *cfg;
	struct store *s;
	struct err e;
	size_t loaded, damaged;
	unsigned long n;
	if (argc != 3 || !parse_uint(argv[2], 1000000, &n) )
		fatal("model ROOT N");
	path_set_root(argv[1]);
	if (store_open(false, &s, &e) != CB_OK)
		fatal("%s", e.text);
	if (n > 0)
		fill((unsigned)n);
	store_close(s);
	double began = seconds(), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
	struct model *m = model_new();
	if (settings_open(&cfg, &e) != CB_OK || store_open(false, &s, &e) != CB_OK || store_load(s, m, &loaded, &damaged, &e) != CB_OK)
		fatal("%s", e.text);
	printf("start_ms %.1f\n", (seconds() - began) * 1e3);
	printf("start_cpu_ms %.1f\n", (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e3);
	printf("loaded %zu\nresident_kb %ld\n", loaded, resident_kb());
	struct value *settings = settings_snapshot(cfg);
	if (n > 0) {
		ask(m, settings, (unsigned)n);
		save(s, m, settings, (unsigned)n, 200);
	}
	v_unref(settings);
	store_close(s);
	settings_close(cfg);
	model_free(m);
	return 0;
}
