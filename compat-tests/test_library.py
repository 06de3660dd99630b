# SPDX-License-Identifier: GPL-2.0-or-later
"""The shipped templates and snippets, rendered by the daemon for a system and for a profile, and read by whoever reads such files."""
import json
import re
import shutil
import subprocess
import tomllib
import xml.dom.minidom

from fixtures import MAC, add, fake_boot_files
from lab import REPO, check

LIBRARY = REPO / "snippets/library"
FAMILIES = {".ks": ("redhat", "rhel8"), ".cfg": ("redhat", "rhel8"), ".seed": ("debian", "bookworm"), ".yaml": ("ubuntu", "jammy"),
            ".xml": ("suse", "sles15sp4"), ".json": ("suse", "sles15sp4"), ".toml": ("debian", "bookworm")}
INTERFACES = {
    "bond0": {"interface_type": "bond", "bonding_opts": "mode=1 miimon=100", "ip_address": "10.55.0.10", "netmask": "255.255.255.0", "static": True,
              "static_routes": ["10.9.0.0/16:10.55.0.2"], "dns_name": "n1.lab.test", "mac_address": MAC},
    "eth0": {"interface_type": "bond_slave", "interface_master": "bond0", "mac_address": "52:54:00:77:01:01"},
    "eth1": {"interface_type": "bond_slave", "interface_master": "bond0", "mac_address": "52:54:00:77:01:02"},
    "bond0.20": {"ip_address": "10.56.0.10", "netmask": "255.255.0.0", "static": True, "ipv6_address": "2001:db8::10"},
    "br0": {"interface_type": "bridge", "bridge_opts": "stp=no", "mtu": "9000"},
    "eth2": {"interface_type": "bridge_slave", "interface_master": "br0", "mac_address": "52:54:00:77:01:03"},
}


def prepare(s, token, files, breed, version, template):
    """A profile and a system of that family with this template; their names."""
    name = re.sub(r"[^a-z0-9]", "-", template.lower())
    add(s, token, "distro", {"name": "d-" + name, "kernel": str(files[0]), "initrd": str(files[1]), "arch": "x86_64", "breed": breed,
                             "os_version": version, "autoinstall_meta": "tree=http://10.55.0.1/cblr/links/d"})
    add(s, token, "profile", {"name": "p-" + name, "distro": "d-" + name, "autoinstall": template, "kernel_options_post": "quiet nomodeset"})
    handle = add(s, token, "system", {"name": "s-" + name, "profile": "p-" + name, "hostname": "n1.lab.test", "gateway": "10.55.0.1",
                                      "name_servers": "10.55.0.1 10.55.0.2", "name_servers_search": "lab.test"})
    macs = {}
    for iface, fields in INTERFACES.items():
        fields = {k: v for k, v in fields.items() if k not in ("dns_name",)}
        macs.update({"%s-%s" % (k, iface): v for k, v in fields.items() if k not in ("mac_address", "ip_address", "ipv6_address")})
    s.modify_system(handle, "modify_interface", macs, token)
    s.save_system(handle, token)
    return "p-" + name, "s-" + name


def give_addresses(s, token, name):
    """Addresses belong to one system at a time: to the one that is rendered now."""
    handle = s.get_system_handle(name, token)
    s.modify_system(handle, "modify_interface", {"%s-%s" % (k, iface): v for iface, fields in INTERFACES.items() for k, v in fields.items()
                                                 if k in ("mac_address", "ip_address", "ipv6_address", "dns_name")}, token)
    s.save_system(handle, token)


def take_addresses(s, token, name):
    handle = s.get_system_handle(name, token)
    s.modify_system(handle, "modify_interface", {"%s-%s" % (k, iface): "" for iface, fields in INTERFACES.items() for k in fields
                                                 if k in ("mac_address", "ip_address", "ipv6_address", "dns_name")}, token)
    s.save_system(handle, token)


def read_as(template, text):
    """Raises when the file's own kind of reader does not take it."""
    if template.endswith(".xml") or template == "win.ks":
        xml.dom.minidom.parseString(text.strip().encode())
    elif template.endswith(".json"):
        json.loads(text)
    elif template.endswith(".toml"):
        tomllib.loads(text)
    elif template.endswith(".seed") and shutil.which("debconf-set-selections"):
        r = subprocess.run(["debconf-set-selections", "-c"], input=text, capture_output=True, text=True)
        check(r.returncode == 0 and "error" not in r.stderr, r.stderr)
    elif template.endswith(".yaml"):
        check(text.startswith("#cloud-config\n"), "the first line is %r" % text.splitlines()[0])


def test_every_template_renders_and_is_well_formed(lab):
    d = lab.daemon()
    s, token = d.login()
    files = fake_boot_files(lab)
    count = 0
    for path in sorted((LIBRARY / "templates").iterdir()):
        profile, system = prepare(s, token, files, *FAMILIES[path.suffix], path.name)
        give_addresses(s, token, system)
        for what, text in (("profile", s.generate_profile_autoinstall(profile)), ("system", s.generate_system_autoinstall(system))):
            here = "%s for a %s:\n%s" % (path.name, what, text)
            check("ERROR" not in text and "had errors" not in text and "no snippet data" not in text.lower(), here)
            check(not re.search(r"\$(SNIPPET|getVar|interfaces|http_server)\b|#(if|set|end|for)\b", text), "directives are left in " + here)
            try:
                read_as(path.name, text)
            except Exception as e:
                raise AssertionError("%s: %s" % (e, here)) from e
            count += 1
        take_addresses(s, token, system)
    lab.note("%d answer files" % count)


def test_scripts_render(lab):
    d = lab.daemon()
    s, token = d.login()
    profile, system = prepare(s, token, fake_boot_files(lab), "debian", "bookworm", "sample.seed")
    give_addresses(s, token, system)
    for path in sorted((LIBRARY / "scripts").iterdir()):
        for text in (s.generate_script(profile, "", path.name), s.generate_script("", system, path.name)):
            r = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True)
            check(r.returncode == 0, "%s is no shell script: %s\n%s" % (path.name, r.stderr, text))
