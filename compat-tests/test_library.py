# SPDX-License-Identifier: GPL-2.0-or-later
"""The shipped templates and snippets, rendered by the daemon for a system and for a profile, and read by whoever reads such files."""
import json
import re
import shutil
import subprocess
import tempfile
import tomllib

from fixtures import MAC, add, fake_boot_files
from lab import REPO, check

LIBRARY = REPO / "snippets/library"
FAMILIES = {".ks": ("redhat", "rhel8"), ".cfg": ("redhat", "rhel8"), ".seed": ("debian", "bookworm"), ".yaml": ("ubuntu", "jammy"),
            ".xml": ("suse", "sles15sp4"), ".json": ("suse", "sles15sp4"), ".toml": ("debian", "bookworm")}
OLDER = {"legacy.ks": ("redhat", "rhel6"), "sample_legacy.ks": ("redhat", "rhel6")}
INTERFACES = {
    "bond0": {"interface_type": "bond", "bonding_opts": "mode=1 miimon=100", "ip_address": "10.55.0.10", "netmask": "255.255.255.0", "static": True,
              "static_routes": ["10.9.0.0/16:10.55.0.2"], "dns_name": "n1.lab.test", "mac_address": MAC},
    "eth0": {"interface_type": "bond_slave", "interface_master": "bond0", "mac_address": "52:54:00:77:01:01"},
    "eth1": {"interface_type": "bond_slave", "interface_master": "bond0", "mac_address": "52:54:00:77:01:02"},
    "bond0.20": {"ip_address": "10.56.0.10", "netmask": "255.255.0.0", "static": True, "ipv6_address": "2001:db8::10", "ipv6_prefix": "64",
                 "ipv6_default_gateway": "2001:db8::1", "ipv6_static_routes": ["2001:db8:9::/48:2001:db8::2"], "mtu": "1400"},
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


def program(name, *args, text, what):
    """The program must take the text from standard input or a file of its own."""
    r = subprocess.run([name, *args], input=text, capture_output=True, text=True)
    said = r.stdout + r.stderr
    check(r.returncode == 0 and "error" not in said.lower(), "%s does not take %s: %s" % (name, what, said))


def cloud_config(template, text):
    """cloud-init's own schema for its part, and what Ubuntu's installer asks for beside it."""
    import jsonschema
    import yaml
    check(text.startswith("#cloud-config\n"), "the first line is %r" % text.splitlines()[0])
    data = yaml.safe_load(text)
    check(data["autoinstall"]["version"] == 1 and data["autoinstall"]["identity"]["hostname"], str(data)[:300])
    wrong = [e.message for e in jsonschema.Draft4Validator(json.loads(CLOUD_CONFIG.read_text())).iter_errors(data)]
    check(not wrong, "; ".join(wrong)[:1000])
    net = data["autoinstall"].get("network")
    if net is not None:
        devices = {name: d for kind in ("ethernets", "bonds", "bridges", "vlans") for name, d in net.get(kind, {}).items()}
        check(net["version"] == 2 and net["bonds"]["bond0"]["interfaces"] == ["eth0", "eth1"] and net["bridges"]["br0"]["interfaces"] == ["eth2"], str(net))
        vlan = net["vlans"]["bond0.20"]
        check(vlan["id"] == 20 and vlan["link"] in devices and "2001:db8::10/64" in vlan["addresses"] and {"10.56.0.10/16"} <= set(vlan["addresses"]), str(vlan))
        check({"to": "10.9.0.0/16", "via": "10.55.0.2"} in net["bonds"]["bond0"]["routes"], str(net["bonds"]))


def kickstart(template, text):
    with tempfile.NamedTemporaryFile("w", suffix=".ks") as f:
        f.write(text)
        f.flush()
        r = subprocess.run(["ksvalidator", "-v", KICKSTARTS[template], f.name], capture_output=True, text=True)
        check(r.returncode == 0, r.stdout + r.stderr)


# The kickstarts that Anaconda reads, and whose syntax they have; those of ESX are another language.
KICKSTARTS = {"default.ks": "RHEL8", "sample.ks": "RHEL8", "legacy.ks": "RHEL6", "sample_legacy.ks": "RHEL6", "pxerescue.ks": "RHEL8"}
# The schema in the package cloud-init (tools/setup takes it out of there).
CLOUD_CONFIG = REPO / "build/cloud-config-schema.json"
# What reads a file: the program or file that it needs, and the call of it.
READERS = [
    (lambda t: t.endswith(".xml"), "xmllint", lambda t, x: program("xmllint", "--noout", "-", text=x.strip(), what=t)),
    (lambda t: t.endswith(".json"), None, lambda t, x: json.loads(x)),
    (lambda t: t.endswith(".toml"), None, lambda t, x: tomllib.loads(x)),
    (lambda t: t.endswith(".seed"), "debconf-set-selections", lambda t, x: program("debconf-set-selections", "-c", text=x, what=t)),
    (lambda t: t.endswith(".yaml"), CLOUD_CONFIG, cloud_config),
    (lambda t: t in KICKSTARTS, "ksvalidator", kickstart),
]


def read_as(template, text, absent):
    """Raises when the file's own kind of reader does not take it; absent: the programs that are not here."""
    for matches, needs, read in READERS:
        if not matches(template):
            continue
        if needs and not (shutil.which(needs) if isinstance(needs, str) else needs.exists()):
            absent.add(str(getattr(needs, "name", needs)))
        else:
            read(template, text)


def test_every_template_renders_and_is_well_formed(lab):
    d = lab.daemon()
    s, token = d.login()
    files = fake_boot_files(lab)
    count, absent = 0, set()
    for path in sorted((LIBRARY / "templates").iterdir()):
        profile, system = prepare(s, token, files, *OLDER.get(path.name, FAMILIES[path.suffix]), path.name)
        give_addresses(s, token, system)
        for what, text in (("profile", s.generate_profile_autoinstall(profile)), ("system", s.generate_system_autoinstall(system))):
            here = "%s for a %s:\n%s" % (path.name, what, text)
            check("ERROR" not in text and "had errors" not in text and "no snippet data" not in text.lower(), here)
            check(not re.search(r"\$(SNIPPET|getVar|interfaces|http_server)\b|#(if|set|end|for)\b", text), "directives are left in " + here)
            try:
                read_as(path.name, text, absent)
            except Exception as e:
                raise AssertionError("%s: %s" % (e, here)) from e
            count += 1
        take_addresses(s, token, system)
    lab.note("%d answer files%s" % (count, "".join(", SKIP: no %s here" % p for p in sorted(absent))))


def test_scripts_render(lab):
    d = lab.daemon()
    s, token = d.login()
    profile, system = prepare(s, token, fake_boot_files(lab), "debian", "bookworm", "sample.seed")
    give_addresses(s, token, system)
    for path in sorted((LIBRARY / "scripts").iterdir()):
        for text in (s.generate_script(profile, "", path.name), s.generate_script("", system, path.name)):
            r = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True)
            check(r.returncode == 0, "%s is no shell script: %s\n%s" % (path.name, r.stderr, text))
