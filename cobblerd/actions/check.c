/* SPDX-License-Identifier: GPL-2.0-or-later
 * check.c - what an administrator should look at before machines boot from here, each finding with what to do. One function a subject; the
 * subjects are Cobbler's (actions/check.py) where they mean something to this server, and what sites stumble over besides.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "actions/actions.h"
#include "actions/program.h"
#include "base/file.h"
#include "boot/boot.h"
#include "model/resolve.h"
#include "windows/windows.h"

struct check {
	struct core *c;
	struct value *settings, *daemon;   /* snapshots */
	struct value *out;                 /* findings so far */
};

#define finding(k, ...) v_list_push((k)->out, v_strf(__VA_ARGS__))

static bool setting_on(const struct check *k, const char *name)
{
	return v_dict_bool(k->settings, name, false);
}

static bool service_on(const struct check *k, const char *section)
{
	return v_dict_bool(v_dict_get(k->daemon, section), "enabled", false);
}

static bool is_local(const char *s)
{
	return *s == '\0' || str_eq(s, "localhost") || str_starts(s, "127.") || str_eq(s, "::1");
}

static bool installed(const char *const *names)
{
	char *path CLEANUP(free_ptr) = program_find(names);
	return path != NULL;
}

/* A path as items have it: literal. */
static bool readable(const char *path)
{
	return access(path, R_OK) == 0;
}

static void check_addresses(struct check *k)
{
	if (is_local(v_dict_cstr(k->settings, "server", "")))
		finding(k, "settings.yaml: \"server\" is this machine's loopback: machines that install cannot reach it. "
			"Set it to an address or name that they can reach.");
	if (is_local(v_dict_cstr(k->settings, "next_server_v4", "")))
		finding(k, "settings.yaml: \"next_server_v4\" is a loopback address: machines that boot by PXE load from there. "
			"Set it to this server's address in their network.");
}

static void check_passwords(struct check *k)
{
	char *authn CLEANUP(free_ptr) = settings_module(k->c->settings, "authentication", "module");
	char *users CLEANUP(free_ptr) = path_of("/etc/cobbler/users.digest");
	struct strbuf b CLEANUP(sb_free) = { 0 };
	if (str_eq(v_dict_cstr(k->settings, "default_password_crypted", ""), "$1$mF86/UHC$WvcIcX2t6crBz2onWxyac."))
		finding(k, "settings.yaml: \"default_password_crypted\" is the well-known default: everybody knows the root password of "
			"what is installed from here. Set one of your own (openssl passwd -6).");
	if (str_eq(authn, "authentication.configfile") && file_read(AT_FDCWD, users, 1u << 20, &b, NULL) == CB_OK && b.len == 0)
		finding(k, "users.digest: nobody can log in from the web interface or another host. Add a login: cobbler-passwd NAME.");
}

/* One that is enabled here and one of the host would both answer. */
static void check_dhcp(struct check *k)
{
	static const char *const isc[] = { "dhcpd", NULL }, *const masq[] = { "dnsmasq", NULL };
	char *module CLEANUP(free_ptr) = settings_module(k->c->settings, "dhcp", "module");
	bool dnsmasq = str_eq(module, "managers.dnsmasq");
	if (!setting_on(k, "manage_dhcp")) {
		if (!service_on(k, "dhcp"))
			finding(k, "DHCP: neither this server's service (cobblerd.yaml: dhcp) nor a managed one (settings.yaml: "
				"manage_dhcp) is on. Machines find this server only if another DHCP server names it.");
		return;
	}
	if (service_on(k, "dhcp"))
		finding(k, "DHCP: cobblerd.yaml has dhcp enabled and settings.yaml has manage_dhcp: two servers would answer on one host. "
			"Switch one off.");
	if (!installed(dnsmasq ? masq : isc))
		finding(k, "DHCP: modules.conf says %s, but %s is not installed.", module, dnsmasq ? masq[0] : isc[0]);
}

static void check_dns(struct check *k)
{
	static const struct { const char *module; const char *program[2]; } needs[] = {
		{ "managers.bind", { "named", NULL } }, { "managers.dnsmasq", { "dnsmasq", NULL } },
		{ "managers.ndjbdns", { "tinydns", NULL } },
	};
	char *module CLEANUP(free_ptr) = settings_module(k->c->settings, "dns", "module");
	for (size_t i = 0; setting_on(k, "manage_dns") && i < ARRAY_LEN(needs); i++)
		if (str_eq(needs[i].module, module) && !installed(needs[i].program))
			finding(k, "DNS: modules.conf says %s, but %s is not installed.", module, needs[i].program[0]);
}

/* The first file that firmware loads, for the architectures that there are distros for. */
static void check_boot_loaders(struct check *k)
{
	static const struct { const char *arch, *file, *what; } loaders[] = {
		{ "x86_64", "pxelinux.0", "BIOS machines; it is in the package pxelinux or syslinux" },
		{ "x86_64", "grub/grubx64.efi", "UEFI machines; install GRUB's EFI modules and run cobbler mkloaders" },
		{ "aarch64", "grub/grubaa64.efi", "64-bit ARM machines; install GRUB's modules for arm64-efi and run cobbler mkloaders" },
		{ "ppc64le", "grub/grub.ppc64le", "POWER machines; install GRUB's modules for powerpc-ieee1275 and run cobbler mkloaders" },
	};
	CLEANUP(item_list_free) struct item_list distros = model_items(k->c->model, ITEM_DISTRO);
	for (size_t i = 0; i < ARRAY_LEN(loaders); i++) {
		bool wanted = false;
		for (size_t d = 0; d < distros.n && !wanted; d++)
			wanted = str_eq(item_str(distros.v[d], "arch"), loaders[i].arch);
		struct boot_client who = { "", "" };
		struct boot_file f = { 0 };
		struct err e;
		if (wanted && boot_tftp(k->c, loaders[i].file, &who, &f, &e) != CB_OK)
			finding(k, "boot loaders: there is no %s for %s.", loaders[i].file, loaders[i].what);
		boot_file_free(&f);
	}
}

/* Files that items name. */
static void check_files(struct check *k)
{
	static const char *const fields[] = { "kernel", "initrd" };
	CLEANUP(item_list_free) struct item_list distros = model_items(k->c->model, ITEM_DISTRO);
	CLEANUP(item_list_free) struct item_list profiles = model_items(k->c->model, ITEM_PROFILE);
	char *dir CLEANUP(free_ptr) = path_of(v_dict_cstr(k->settings, "autoinstall_templates_dir", "/var/lib/cobbler/templates"));
	for (size_t i = 0; i < distros.n; i++)
		for (size_t f = 0; f < ARRAY_LEN(fields); f++) {
			const char *path = item_str(distros.v[i], fields[f]);
			if (*path == '/' && !readable(path))
				finding(k, "distro %s: the %s %s is not there, or this server may not read it.", item_name(distros.v[i]),
					fields[f], path);
		}
	for (size_t i = 0; i < profiles.n; i++) {
		struct value *rel CLEANUP(v_unrefp) = resolve_field(k->c->model, k->settings, profiles.v[i], "autoinstall");
		char *path CLEANUP(free_ptr) = xasprintf("%s/%s", dir, v_is(rel, V_STR) ? v_cstr(rel) : "");
		if (v_truthy(rel) && !readable(path))
			finding(k, "profile %s: its answer-file template %s is not in %s.", item_name(profiles.v[i]), v_cstr(rel), dir);
	}
}

static void check_directories(struct check *k)
{
	const char *const dirs[] = {
		v_dict_cstr(k->settings, "tftpboot_location", "/srv/tftpboot"), v_dict_cstr(k->settings, "webdir", "/var/www/cobbler"),
		v_dict_cstr(k->settings, "autoinstall_templates_dir", "/var/lib/cobbler/templates"),
		v_dict_cstr(k->settings, "autoinstall_snippets_dir", "/var/lib/cobbler/snippets"), "/var/log/cobbler",
	};
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		char *path CLEANUP(free_ptr) = path_of(dirs[i]);
		if (access(path, R_OK | W_OK | X_OK) == -1)
			finding(k, "%s: this server cannot write there (%s). Create it and give it to the server's account.", path,
				strerror(errno));
	}
}

static bool any_repo(const struct item_list *repos, const char *const *breeds)
{
	for (size_t i = 0; i < repos->n; i++)
		for (size_t b = 0; breeds[b] != NULL; b++)
			if (str_eq(item_str(repos->v[i], "breed"), breeds[b]) && v_truthy(item_get(repos->v[i], "mirror_locally")))
				return true;
	return false;
}

/* Programs that mirroring needs, asked for only where there is such a repository. */
static void check_repo_programs(struct check *k, const struct item_list *repos)
{
	static const struct { const char *breeds[4], *programs[4], *text; } needs[] = {
		{ { "yum", "rhn", NULL }, { "dnf", "reposync", NULL }, "dnf with its plugins, or reposync of yum-utils" },
		{ { "yum", "rhn", "rsync", NULL }, { "createrepo_c", "createrepo", NULL }, "createrepo_c" },
		{ { "apt", NULL }, { "debmirror", NULL }, "debmirror" },
		{ { "rsync", NULL }, { "rsync", NULL }, "rsync" },
		{ { "wget", NULL }, { "wget", NULL }, "wget" },
	};
	for (size_t i = 0; i < ARRAY_LEN(needs); i++)
		if (any_repo(repos, needs[i].breeds) && !installed(needs[i].programs))
			finding(k, "repos: there are %s repositories to mirror, but no %s.", needs[i].breeds[0], needs[i].text);
}

static void check_repos(struct check *k)
{
	CLEANUP(item_list_free) struct item_list repos = model_items(k->c->model, ITEM_REPO),
		profiles = model_items(k->c->model, ITEM_PROFILE);
	const char *web = v_dict_cstr(k->settings, "webdir", "/var/www/cobbler");
	check_repo_programs(k, &repos);
	for (size_t i = 0; i < repos.n; i++) {
		char *shown CLEANUP(free_ptr) = xasprintf("%s/repo_mirror/%s", web, item_name(repos.v[i]));
		char *path CLEANUP(free_ptr) = path_of(shown);
		if (v_truthy(item_get(repos.v[i], "mirror_locally")) && access(path, F_OK) == -1)
			finding(k, "repo %s: it was never mirrored. Run cobbler reposync --only=%s.", item_name(repos.v[i]),
				item_name(repos.v[i]));
	}
	for (size_t i = 0; i < profiles.n; i++) {
		const struct value *names = item_get(profiles.v[i], "repos");
		for (size_t n = 0; v_is(names, V_LIST) && n < v_len(names); n++) {
			CLEANUP(item_unrefp) struct item *repo = model_get(k->c->model, ITEM_REPO, v_cstr(v_list_at(names, n)));
			if (repo == NULL)
				finding(k, "profile %s: it names the repo %s, which does not exist.", item_name(profiles.v[i]),
					v_cstr(v_list_at(names, n)));
		}
	}
}

static void check_fence_agents(struct check *k)
{
	CLEANUP(item_list_free) struct item_list systems = model_items(k->c->model, ITEM_SYSTEM);
	struct value *told CLEANUP(v_unrefp) = v_list();
	for (size_t i = 0; i < systems.n; i++) {
		const char *type = item_str(systems.v[i], "power_type");
		char *agent CLEANUP(free_ptr) = xasprintf("fence_%s", type);
		const char *const names[] = { agent, NULL };
		if (*type == '\0' || v_list_has_str(told, type))
			continue;
		v_list_push(told, v_str(type));
		if (!installed(names))
			finding(k, "power: system %s has power_type %s, but there is no %s. Install the package fence-agents.",
				item_name(systems.v[i]), type, agent);
	}
}

/* What happens at events needs programs (triggers/shipped). */
static void check_event_programs(struct check *k)
{
	static const char *const nsupdate[] = { "nsupdate", NULL };
	const char *const scm[] = { v_dict_cstr(k->settings, "scm_track_mode", "git"), NULL },
		*puppet = v_dict_cstr(k->settings, "puppetca_path", "");
	bool signs = setting_on(k, "sign_puppet_certs_automatically") || setting_on(k, "remove_old_puppet_certs_automatically");
	if (setting_on(k, "scm_track_enabled") && !installed(scm))
		finding(k, "settings.yaml: scm_track_enabled is on, but %s is not installed.", scm[0]);
	if (setting_on(k, "nsupdate_enabled") && !installed(nsupdate))
		finding(k, "settings.yaml: nsupdate_enabled is on, but nsupdate is not installed; it is in the package bind9-dnsutils.");
	if (setting_on(k, "puppet_auto_setup") && signs && access(puppet, X_OK) == -1)
		finding(k, "settings.yaml: puppetca_path: %s cannot be run.", puppet);
}

/* The first profile of a distro of Windows whose autoinstall_meta has this key, with a value that *word* is part of (NULL:
 * any); owned or NULL. */
static struct item *windows_profile(struct check *k, const char *key, const char *word)
{
	CLEANUP(item_list_free) struct item_list profiles = model_items(k->c->model, ITEM_PROFILE);
	struct item *found = NULL;
	for (size_t i = 0; i < profiles.n && found == NULL; i++) {
		CLEANUP(item_unrefp) struct item *distro = resolve_distro(k->c->model, profiles.v[i]);
		if (distro == NULL || !str_eq(item_str(distro, "breed"), "windows"))
			continue;
		struct value *meta CLEANUP(v_unrefp) = resolve_field(k->c->model, k->settings, profiles.v[i], "autoinstall_meta");
		const char *value = v_dict_cstr(meta, key, "");
		if (*value != '\0' && (word == NULL || strstr(value, word) != NULL))
			found = item_ref(profiles.v[i]);
	}
	return found;
}

static void check_windows_files(struct check *k)
{
	static const char *const templates[] = { "answerfile.template", "post_inst_cmd.template", "startnet.template" };
	const char *dir = v_dict_cstr(k->settings, "windows_template_dir", "/etc/cobbler/windows");
	CLEANUP(item_unrefp) struct item *wimboot = windows_profile(k, "kernel", "wimboot");
	for (size_t i = 0; i < ARRAY_LEN(templates); i++) {
		char *path CLEANUP(free_ptr) = xasprintf("%s%s/%s", path_root(), dir, templates[i]);
		if (!readable(path))
			finding(k, "settings.yaml: windows_enabled is on, but there is no %s/%s.", dir, templates[i]);
	}
	if (wimboot == NULL)
		return;
	struct boot_file f = { 0 };
	struct err e;
	if (boot_tftp(k->c, "wimboot", NULL, &f, &e) != CB_OK)
		finding(k, "profile %s: its kernel is wimboot, which is not there: put iPXE's wimboot into %s, and sync.",
			item_name(wimboot), v_dict_cstr(k->settings, "bootloaders_dir", "/var/lib/cobbler/loaders"));
	boot_file_free(&f);
}

static void check_windows(struct check *k)
{
	struct err e;
	if (!setting_on(k, "windows_enabled")) {
		CLEANUP(item_unrefp) struct item *it = windows_profile(k, "winpe", NULL);
		if (it != NULL)
			finding(k, "settings.yaml: windows_enabled is off: no boot files are made for profile %s, though its "
				"autoinstall_meta names some.",
				item_name(it));
		return;
	}
	if (windows_libraries(&e) != CB_OK)
		finding(k, "settings.yaml: windows_enabled is on, but %s.", e.text);
	check_windows_files(k);
}

void actions_check(struct core *c, struct value *findings)
{
	static void (*const checks[])(struct check *) = {
		check_addresses, check_passwords, check_dhcp, check_dns, check_boot_loaders, check_files, check_directories, check_repos,
		check_fence_agents, check_event_programs, check_windows,
	};
	struct check k = { .c = c, .settings = settings_snapshot(c->settings), .daemon = settings_daemon(c->settings), .out = findings };
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		checks[i](&k);
	v_unref(k.settings);
	v_unref(k.daemon);
}
