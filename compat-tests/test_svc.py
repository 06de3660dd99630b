# SPDX-License-Identifier: GPL-2.0-or-later
"""Operations of /cblr/svc that clients other than installers use."""
import http.client
import subprocess
import urllib.parse

from fixtures import MAC, add, add_machine, fake_boot_files
from lab import COBBLERD, check, equal


def get(path):
    c = http.client.HTTPConnection("127.0.0.1", 80, timeout=60)
    c.request("GET", "/cblr/svc/op/" + path)
    r = c.getresponse()
    return r.status, r.read().decode()


def ext_nodes(d, *words):
    """Puppet's program: exit status and what it prints."""
    r = subprocess.run([COBBLERD.parent / "cobbler-ext-nodes", "--root", d.root, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    return r.returncode, r.stdout, r.stderr


def test_puppet(lab):
    d = lab.daemon()
    s, token = d.login()
    add(s, token, "mgmtclass", {"name": "m1", "class_name": "web::server", "params": {"port": "80"}})
    add(s, token, "mgmtclass", {"name": "m2", "is_definition": True, "params": {"name": "site", "root": "/srv"}})
    add(s, token, "mgmtclass", {"name": "m3"})
    add_machine(s, token, fake_boot_files(lab), mgmt_classes=["m1", "m2", "m3"], mgmt_parameters={"k": "v"})
    s.xapi_object_edit("system", "n1", "edit", {"name": "n1", "interface": "eth0", "dns_name": "n1.lab.test"}, token)
    equal(get("puppet/hostname/n1.lab.test"), (200, "classes:\n  m2:\n    instances:\n      site:\n        root: /srv\n  m3: {}\n  'web::server':\n"
                                               "    port: '80'\nparameters:\n  from_cobbler: true\n  k: v\n"), "classes with parameters")
    d.reconfigure({"puppet_parameterized_classes": False})
    d.stop()
    d.start()
    check("classes:\n- m1\n- m2\n- m3\n" in get("puppet/hostname/n1.lab.test")[1], "names of classes")
    equal(get("puppet/hostname/nosuch")[0], 200, "an unknown host")
    equal(get("puppet")[1], "hostname is required", "no host")
    for host in "n1.lab.test", "nosuch", "../x y?&%/\u00e9":
        quoted = urllib.parse.quote(host, safe="")
        equal(ext_nodes(d, host), (0, get("puppet/hostname/" + quoted)[1], ""), "cobbler-ext-nodes " + host)
    equal([ext_nodes(d, *words)[0] for words in ((), ("a", "b"), ("--nonsense", "a"))], [2, 2, 2], "wrong command lines")
    d.stop()
    status, out, err = ext_nodes(d, "n1.lab.test")
    check(status == 1 and out == "" and err.startswith("cobbler-ext-nodes: "), "no server: %r" % ((status, out, err),))


def test_ipxe_by_mac(lab):
    d = lab.daemon()
    s, token = d.login()
    loaders = {"boot_loaders": "ipxe pxe grub"}
    add_machine(s, token, fake_boot_files(lab), distro=loaders)
    add(s, token, "profile", {"name": "other", "distro": "d"})
    check("vmlinuz" in get("ipxe/profile/other")[1], get("ipxe/profile/other"))
    of_system, of_profile = get("ipxe/system/n1")[1], get("ipxe/profile/other")[1]
    check(of_system != of_profile, of_system)
    equal(get("ipxe/mac/" + MAC)[1], of_system, "by MAC")
    equal(get("ipxe/mac/%s/profile/p" % MAC)[1], of_system, "by MAC, its profile was chosen")
    equal(get("ipxe/mac/%s/profile/other" % MAC)[1], of_profile, "by MAC, another profile was chosen")
    equal(get("ipxe/mac/%s/image/none" % MAC)[1], "", "by MAC, an image was chosen that is not its own")


def test_nothing_was_named(lab):
    lab.daemon()
    for op in ("autoinstall", "ks", "bootcfg"):
        for tail in ("", "/system", "/system/", "/mac/" + MAC):
            equal(get(op + tail), (500, "# must specify profile or system name"), op + tail)


def test_only_the_trusted_proxys_own_line_counts(lab):
    d = lab.daemon(services={"http": {"enabled": True, "address": "0.0.0.0", "trusted_proxies": ["127.0.0.1"]}})
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    add_machine(s, token, fake_boot_files(lab), name="n2", mac="52:54:00:77:00:11", address="10.55.0.11")

    def ask(*lines):
        c = http.client.HTTPConnection("127.0.0.1", 80, timeout=60)
        c.putrequest("GET", "/cblr/svc/op/autodetect")
        for line in lines:
            c.putheader("X-Forwarded-For", line)
        c.endheaders()
        return c.getresponse().read().decode()
    equal(ask("10.55.0.10"), "n1", "one address")
    equal(ask("10.55.0.11, 10.55.0.10"), "n1", "what the client says comes first")
    equal(ask("10.55.0.11", "10.55.0.10"), "n1", "in lines of their own")
    equal(ask("10.55.0.10", "junk")[:6], "FAILED", "no address")


def test_errors_are_in_words_of_cobbler(lab):
    lab.daemon()
    status, text = get("trig/mode/pre/system/nosuch")
    check(status == 500 and text.startswith("<class 'cobbler.cexceptions.CX'>:'Cobbler trigger failed"), text)
    equal(get("autoinstall/system/nosuch"), (404, "# system not found"), "a system that is none")
    equal(get("autoinstall/profile/nosuch"), (404, "# profile not found"), "a profile that is none")
    equal(get("junk")[0], 404, "an operation that is none")


def test_what_is_under_edit_is_for_clients_alone(lab):
    """compat: a client sees what it changed and nobody saved yet, also in rendered data; what boots gets what is saved."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    (d.root / "var/lib/cobbler/templates/own.ks").write_text("word=$word\n")
    s.xapi_object_edit("system", "n1", "edit", {"autoinstall": "own.ks", "autoinstall_meta": "word=saved"}, token)

    def seen():
        return [s.get_system_as_rendered("n1")["autoinstall_meta"].strip(), s.get_blended_data("", "n1")["autoinstall_meta"].strip(),
                "word=" + s.get_item_resolved_value(s.get_system("n1")["uid"], "autoinstall_meta")["word"], s.generate_autoinstall("", "n1").strip()]
    equal(seen(), ["word=saved"] * 4, "before")
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "autoinstall_meta", "word=edited", token)
    s.modify_profile(s.get_profile_handle("p", token), "kernel_options", "edited=yes", token)
    equal(seen(), ["word=edited"] * 4, "under edit")
    for what, name in ("profile", "p"), ("system", "n1"):
        check("edited=yes" in getattr(s, "get_%s_as_rendered" % what)(name)["kernel_options"], "%s under edit, or below it" % name)
    equal(get("autoinstall/system/n1"), (200, "word=saved\n"), "what the machine gets")
    s.save_system(handle, token)
    equal(get("autoinstall/system/n1"), (200, "word=edited\n"), "once it is saved")
