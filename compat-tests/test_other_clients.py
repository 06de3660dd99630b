# SPDX-License-Identifier: GPL-2.0-or-later
"""What clients send that were written for other servers: Uyuni for its 3.3.3 with additions, scripts of 2.8, TFTP servers of 4.0; and
the pages that the web client asks for.
"""
import http.client
import math
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor

from fixtures import MAC, add, add_machine, fake_boot_files
from lab import SERVER, check, equal, fault, task_end

INHERIT = "<<inherit>>"


class Uyuni:
    """Its way with an item: it keeps a handle and the item's uid, changes one field a call, and asks what came of it."""

    def __init__(self, s, token, kind, name, **fields):
        self.s, self.token, self.kind = s, token, kind
        self.handle = self.call("new_%s")
        for key, value in {"name": name, **fields}.items():
            self.call("modify_%s", self.handle, key, value)
        self.save()
        self.raw = self.call("get_%s", name, False, False)
        self.resolved = getattr(s, "get_" + kind)(name, False, True)
        self.uid = self.raw["uid"]
        self.handle = self.call("get_%s_handle", name)

    def call(self, method, *args):
        return getattr(self.s, method % self.kind if "%s" in method else method)(*args, self.token)

    def modify(self, key, value):
        equal(self.call("modify_%s", self.handle, key, value), True, "modify %s" % key)
        return self.s.get_item_resolved_value(self.uid, "interfaces" if key == "modify_interface" else key)

    def save(self):
        equal(self.call("save_%s", self.handle), True, "save")

    def by_uid(self):
        found = self.call("find_%s", {"uid": self.uid}, True)
        equal(len(found), 1, "items with the uid")
        return found[0]

    def rename(self, name):
        self.call("rename_%s", self.handle, name)
        self.handle = self.call("get_%s_handle", name)


def test_uyuni(lab):
    d = lab.daemon()
    s, token = d.login()
    kernel, initrd = map(str, fake_boot_files(lab))
    check(isinstance(s.version(), float), "the version is a double")
    distro = Uyuni(s, token, "distro", "tree-1-Org", kernel=kernel, initrd=initrd, arch="x86_64")
    equal(distro.modify("breed", "suse"), "suse", "breed")
    equal(distro.modify("autoinstall_meta", {"autoyast": "true", "org": "1"}), {"autoyast": "true", "org": "1"}, "metadata")
    equal(distro.modify("os_version", "sles15generic"), "sles15generic", "version")
    equal(distro.modify("kernel_options", "self_update=0 a=1 a=2"), {"self_update": "0", "a": ["1", "2"]}, "kernel options as text")
    equal(distro.modify("kernel_options_post", {}), {}, "no options after the installation")
    distro.save()
    profile = Uyuni(s, token, "profile", "ks-1-Org", distro="tree-1-Org")
    equal(profile.modify("kernel_options", {"quiet": [], "b": ["1"]})["b"], ["1"], "kernel options as lists")
    equal(profile.modify("virt_ram", 768), 768, "memory")
    equal(profile.modify("virt_file_size", 8), 8.0, "a whole number of gigabytes")
    equal(profile.modify("redhat_management_key", "1-a,1-b"), "1-a,1-b", "activation keys")
    equal(profile.modify("virt_bridge", INHERIT), "xenbr0", "what the settings give")
    profile.save()
    check(profile.call("set_item_resolved_value", profile.uid, "virt_cpus", 2), "set_item_resolved_value")
    equal((profile.by_uid()["virt_cpus"], profile.by_uid()["virt_ram"]), (2, 768), "the stored profile")
    child = Uyuni(s, token, "profile", "child-1-Org", parent="ks-1-Org")
    equal(child.resolved["virt_ram"], 768, "a subprofile inherits")
    system_of_uyuni(s, token, profile)
    equal([x["name"] for x in s.get_profiles(token)], ["ks-1-Org", "child-1-Org"], "profiles, asked for with a token alone")
    profile.rename("new-1-Org")
    equal((profile.by_uid()["name"], s.get_system("host_1-1")["profile"]), ("new-1-Org", "new-1-Org"), "the renamed profile")
    equal(s.sync(token), True, "sync")
    for kind, name in ("system", "host_1-1"), ("profile", "child-1-Org"), ("profile", "new-1-Org"), ("distro", "tree-1-Org"):
        equal(getattr(s, "remove_" + kind)(name, token), True, "remove " + name)
    equal(s.get_distro("tree-1-Org", False, False, token), "~", "what is gone")


def system_of_uyuni(s, token, profile):
    host = Uyuni(s, token, "system", "host_1-1", profile=profile.raw["name"])
    faces = host.modify("modify_interface", {
        "macaddress-eth0": MAC.upper(), "netmask-eth0": "255.255.255.0", "ipaddress-eth0": "10.55.0.20", "static-eth0": True, "ipv6address-eth0": "fe80::1",
        "ipv6secondaries-eth0": ["fe80::2"], "dnsname-eth0": "h.example.org", "interfacetype-eth0": "bond_slave", "interfacemaster-eth0": "bond0",
        "bondingopts-bond0": "mode=1", "interfacetype-bond0": "bond"})
    equal({k: faces["eth0"][k] for k in ("ip_address", "interface_type", "interface_master", "ipv6_secondaries", "static")},
          {"ip_address": "10.55.0.20", "interface_type": "bond_slave", "interface_master": "bond0", "ipv6_secondaries": ["fe80::2"], "static": True},
          "the interface")
    equal(host.modify("netboot_enabled", True), True, "netboot")
    equal(host.modify("ipv6_autoconfiguration", False), False, "autoconfiguration")
    equal(host.modify("server", INHERIT), s.get_settings()["server"], "server")
    host.modify("autoinstall_meta", {"redhat_management_server": "u.example.org", "USE_IPV6_GATEWAY": "false"})
    host.modify("hostname", "h.example.org")
    for key, value in (("power_type", "ipmilan"), ("power_address", "10.55.0.99"), ("power_user", "u"), ("power_pass", "p"), ("power_id", "1")):
        host.modify(key, value)
    host.save()
    equal([x["name"] for x in s.find_system({"profile": profile.raw["name"]}, True, token)], ["host_1-1"], "systems of a profile")
    macs = [i["mac_address"].lower() for x in s.get_systems(token) for i in x["interfaces"].values()]
    check(MAC in macs, "a system is found by its MAC: %s" % macs)
    s.transaction_begin(token)
    host.call("modify_%s", host.handle, "comment", "in a transaction")
    host.save()
    equal(s.get_system("host_1-1")["comment"], "", "for others")
    s.transaction_commit(token)
    equal(host.by_uid()["comment"], "in a transaction", "after the commit")


def test_a_script_of_2_8(lab):
    d = lab.daemon()
    s, token = d.login()
    kernel, initrd = map(str, fake_boot_files(lab))
    equal((s.ping(), s.update(), s.update(token)), (True, True, True), "calls that do nothing")
    add(s, token, "distro", {"name": "d", "kernel": kernel, "initrd": initrd, "ksmeta": "tree=http://10.55.0.1/t", "kopts": "a=1", "kopts_post": "b=2"})
    equal(s.read_or_write_kickstart_template("old.ks", False, "name $name of $distro\n", token), True, "a template is written")
    add(s, token, "profile", {"name": "p", "distro": "d", "kickstart": "old.ks", "ks_meta": "x=1", "enable_gpxe": "1", "virt_cpus": "2"})
    add(s, token, "system", {"name": "n", "profile": "p", "ks_meta": "y=2", "netboot_enabled": "1", "modify_interface": {
        "macaddress-eth0": MAC, "ipaddress-eth0": "10.55.0.30", "subnet-eth0": "255.255.255.0", "dhcptag-eth0": "t", "virtbridge-eth0": "br0"}})
    face = s.get_system("n", token)["interfaces"]["eth0"]
    equal([face[k] for k in ("mac_address", "ip_address", "netmask", "dhcp_tag", "virt_bridge")], [MAC, "10.55.0.30", "255.255.255.0", "t", "br0"], "interface")
    s.xapi_object_edit("profile", "p", "edit", {"kickstart": "/var/lib/cobbler/kickstarts/old.ks", "ldap_enabled": "0"}, token)
    s.xapi_object_edit("system", "n", "edit", {"interface": "eth1", "bonding": "slave", "subnet": "255.0.0.0", "monit_enabled": "0"}, token)
    equal([s.get_system("n")["interfaces"]["eth1"][k] for k in ("interface_type", "netmask")], ["bond_slave", "255.0.0.0"], "another interface")
    equal((s.get_profile("p")["autoinstall"], s.get_profile("p")["enable_ipxe"]), ("old.ks", True), "the profile's new words")
    for kind, name in ("distro", "d"), ("profile", "p"), ("system", "n"):
        then, now = getattr(s, "get_%s_for_koan" % kind)(name, token), getattr(s, "get_%s_as_rendered" % kind)(name, token)
        equal({k: v for k, v in then.items() if k != "kickstart"}, now, "%s for koan" % kind)
        equal(then["kernel_options"], "a=1 ", "kernel options")
        equal(getattr(s, "get_%s_for_koan" % kind)("missing"), {}, "for koan, what is not there")
    equal(s.get_system_for_koan("n")["kickstart"], "old.ks", "the answer file's name")
    equal(s.generate_kickstart("p"), "name p of d\n", "a profile's answer file")
    equal(s.generate_kickstart("", "n"), s.generate_autoinstall("", "n"), "a system's answer file")
    equal(s.generate_gpxe("", "", "n"), s.generate_ipxe("", "", "n"), "an iPXE script")
    check("kernel" in s.generate_gpxe("p"), "an iPXE script: %r" % s.generate_gpxe("p"))
    check("old.ks" in s.get_kickstart_templates(token), "the list of templates")
    equal((s.is_kickstart_in_use("old.ks", token), s.is_kickstart_in_use("new.ks", token)), (True, False), "is_kickstart_in_use")
    equal(s.read_or_write_kickstart_template("old.ks", True, "", token), "name $name of $distro\n", "a template is read")
    equal(s.read_or_write_kickstart_template("/var/lib/cobbler/kickstarts/old.ks", True, "", token), "name $name of $distro\n", "by its whole path")
    equal(s.is_kickstart_in_use("/var/lib/cobbler/kickstarts/old.ks", token), True, "is_kickstart_in_use with a whole path")
    check("must not contain" in fault(s.read_or_write_kickstart_template, "/var/lib/cobbler/kickstarts/../x", True, "", token), "out of the folder")
    equal(s.read_or_write_snippet("mine", False, "x $name\n", token), True, "a snippet is written")
    check("mine" in s.get_snippets(token), "the list of snippets")
    equal(s.read_or_write_snippet("mine", True, "", token), "x $name\n", "a snippet is read")
    equal(s.read_or_write_snippet("mine", False, -1, token), True, "a snippet is removed")
    check("mine" not in s.get_snippets(token), "the list without it")
    for method in "background_validateks", "background_dlcontent":
        task = getattr(s, method)({}, token)
        task_end(s, task, 20)
    for name in "background_dlcontent", "background_validateks":
        check("invalid token" in fault(getattr(s, name), {}, "x" * 36), "%s without a login" % name)
    check("invalid token" in fault(s.read_or_write_snippet, "mine", True, "", "x" * 36), "reading without a login")


def test_tasks_with_little_to_do(lab):
    """What has no answer file is no error of validation; to sync no system is nothing to do, however the client names none."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    add(s, token, "image", {"name": "i", "file": "/x"})
    add(s, token, "system", {"name": "of-image", "image": "i"})
    add(s, token, "profile", {"name": "none", "distro": "d", "autoinstall": ""})

    def state(method, options):
        return task_end(s, getattr(s, method)(options, token), 20)[0]
    equal(state("background_validate_autoinstall_files", {}), "complete", "answer files that are not there by intention")
    for options in {}, {"systems": []}, {"Systems": ["n1"]}:
        equal(state("background_syncsystems", options), "complete", "sync of systems with %r" % options)
    for systems in "n1", [1], {"n1": 1}:
        equal(state("background_syncsystems", {"systems": systems}), "failed", "sync of systems %r" % (systems,))


def test_validation_of_answer_files_says_what_is_wrong(lab):
    """As 3.3.7: placeholders that nothing defines are named. Other than 3.3.7: the task fails for a file that cannot be rendered."""
    d = lab.daemon()
    s, token = d.login()
    s.write_autoinstall_template("my.ks", "", token)
    add_machine(s, token, fake_boot_files(lab), profile={"autoinstall": "my.ks"})

    def validate(text):
        (d.root / "var/lib/cobbler/templates/my.ks").write_text(text)
        return task_end(s, s.background_validate_autoinstall_files({}, token), 20)
    state, log = validate("$name $hostname\n$nonsense\n")
    equal(state, "complete", "a placeholder that nothing defines")
    check("my.ks:2:1: $nonsense is not defined" in log and "potential errors" in log, "the log: %s" % log)
    equal(log.count("$nonsense"), 1, "how often it is said, for two items")
    for text, says in ("#if 1\n", "my.ks"), ("#template=jinja2\n{% if %}\n", "my.ks"), ("#template=jinja2\n{{ name.nothing.at.all }}\n", "UndefinedError"):
        state, log = validate(text)
        equal(state, "failed", "%r" % text)
        check(says in log and "potential errors" in log, "the log: %s" % log)
    state, log = validate("$name\n")
    check(state == "complete" and "seem to be ok" in log, "a good one: %s" % log)


def test_boot_files_in_pieces(lab):
    """For a TFTP server that asks over XML-RPC."""
    d = lab.daemon()
    s, token = d.login()
    kernel, initrd = fake_boot_files(lab)
    kernel.write_bytes(bytes(range(256)) * 2000)
    add_machine(s, token, (kernel, initrd))
    equal(s.sync(token), True, "sync")
    config = "pxelinux.cfg/01-" + MAC.replace(":", "-")
    for path in config, "/" + config, "images/d/vmlinuz":
        first, size = s.get_tftp_file(path, 0, 100, token)
        whole = b"".join(s.get_tftp_file(path, at, 60000, token)[0].data for at in range(0, size, 60000))
        equal((len(whole), whole[:100]), (size, first.data), path)
        equal(whole, (d.root / "srv/tftpboot" / path.lstrip("/")).read_bytes(), "%s as it lies in the tree" % path)
        equal(s.get_tftp_file(path, size - 3, 100, token)[0].data, whole[-3:], "the end")
        equal([s.get_tftp_file(path, at, n, token)[0].data for at, n in ((size, 10), (size + 1, 10), (2 ** 31 - 1, 10), (0, 0))], [b""] * 4, "nothing")
    check(len(s.get_tftp_file("images/d/vmlinuz", 0, 2 ** 31 - 1, token)[0].data) > 60000, "more than there is")
    for args in ((config, -1, 10), (config, 0, -1), (config, "0", 10), (config, 0, None), (5, 0, 10), (None, 0, 10)):
        check("expected" in fault(s.get_tftp_file, *args, token), "arguments %r" % (args,))
    for path in "missing", "", "..", "../etc/passwd", "images/../../etc/passwd", "images/d", "x" * 5000:
        check("invalid token" not in fault(s.get_tftp_file, path, 0, 10, token), "path %.40r" % path)
    check("invalid token" in fault(s.get_tftp_file, config, 0, 10, "x" * 36), "without a login")


def five_of_every_type(lab, s, token):
    kernel, initrd = map(str, fake_boot_files(lab))
    kinds = {"distro": {"kernel": kernel, "initrd": initrd}, "profile": {"distro": "distro0"}, "system": {"profile": "profile0"}, "image": {"file": kernel},
             "repo": {"mirror": "http://127.0.0.1/x", "breed": "yum"}, "menu": {}, "mgmtclass": {}, "package": {},
             "file": {"path": "/f", "action": "create", "is_dir": True, "mode": "0644", "owner": "o", "group": "g"}}
    for kind, fields in kinds.items():
        for n in (3, 1, 4, 0, 2):
            add(s, token, kind, {"name": "%s%d" % (kind, n), **fields, "comment": "c%d" % (n % 2)})
    return kinds


def test_pages_of_every_type(lab):
    d = lab.daemon()
    s, token = d.login()
    for kind in five_of_every_type(lab, s, token):
        names = ["%s%d" % (kind, n) for n in range(5)]

        def page(*args):
            answer = s.find_items_paged(kind, *args)
            return [x["name"] for x in answer["items"]], answer["pageinfo"]
        every = list(s.get_item(kind, names[0]))
        for field in every:
            seen = [n for at in (1, 2, 3) for n in page(None, field, at, 2)[0]]
            equal(sorted(seen), names, "%s by %s" % (kind, field))
            equal([n for at in (1, 2, 3) for n in page({"name": "*"}, field, at, 2)[0]], seen, "%s by %s, all of them found" % (kind, field))
        equal(page(None, "name", 1, 10)[0], names, "by name")
        equal(page(None, "!name", 1, 10)[0], names[::-1], "by name, backwards")
        equal([n[-1] in "024" for n in page(None, "comment", 1, 10)[0]], [True] * 3 + [False] * 2, "by comment")
        equal(page({"comment": "c1"}, "name", 1, 10)[0], names[1::2], "of those with a comment")
        items, info = page(None, "name", 2, 2, token)
        equal((items, info["num_items"], info["num_pages"], info["pages"], info["prev_page"], info["next_page"], info["start_item"], info["end_item"]),
              (names[2:4], 5, math.ceil(5 / 2), [1, 2, 3], 1, 3, 2, 4), "the second page")
        items, info = page(None, "name", 99, 2)
        equal((items, info["page"], info["next_page"]), (names[4:], 3, "~"), "a page behind the last")
        equal(page({"name": "nothing"}, "name", 1, 2)[0], [], "nothing")
    check("\"nonsense\" not supported" in fault(s.find_items_paged, "nonsense", None, "name", 1, 2), "an unknown type")
    check("needs to be a valid collection" in fault(s.find_items_paged, "nonsense", {"name": "*"}, "name", 1, 2), "an unknown type and criteria")


def test_pages_of_another_origin(lab):
    """A browser asks before it sends what a page from elsewhere adds to a call, and shows the page no answer that does not allow it."""
    lab.daemon()
    for address, port, path in (("127.0.0.1", 25151, "/"), (SERVER, 80, "/cobbler_api")):
        origin = {"Origin": "http://ui.example.org:8080"}

        def ask(method, body=None, **headers):
            c = http.client.HTTPConnection(address, port, timeout=60)
            c.request(method, path, body, {**origin, **headers})
            r = c.getresponse()
            text = r.read().decode()
            equal((r.status, r.getheader("Access-Control-Allow-Origin")), (200, "*"), "%s to port %d" % (method, port))
            return r, text
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-requested-with"}
        allowed = ask("OPTIONS", **asked)[0].getheader("Access-Control-Allow-Headers", "").lower().replace(" ", "").split(",")
        equal(sorted(allowed), ["accept", "content-type", "origin", "x-requested-with"], "headers that pages may send")
        for body in (xmlrpc.client.dumps((), "version"), xmlrpc.client.dumps((), "no_such_method")):
            r, text = ask("POST", body, **{"Content-Type": "text/plain"})
            check(text.rstrip().endswith("</methodResponse>"), "an answer to a call sent as text/plain: %r" % text)


def test_fields_of_a_page_come_at_once(lab):
    """The web client sends what was changed on a page over six connections, a field a call, and saves when all are answered."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    handle = s.get_system_handle("n1", token)
    fields = ("comment", "hostname", "proxy", "filename", "power_user", "power_address", "power_id", "virt_path", "redhat_management_key")

    def modify(field, value):
        with d.rpc() as own:
            return own.modify_system(handle, field, value, token)
    with ThreadPoolExecutor(6) as pool:
        for turn in range(20):
            wanted = {f: "%s%d" % (f.replace("_", "-"), turn) for f in fields}
            wanted["kernel_options"] = {"turn": str(turn)}
            equal(list(pool.map(modify, *zip(*wanted.items()))), [True] * len(wanted), "answers")
            equal(s.save_system(handle, token), True, "save")
            saved = s.get_system("n1", False, False, token)
            equal({f: saved[f] for f in wanted}, wanted, "saved in turn %d" % turn)


def test_a_refused_interface_leaves_nothing(lab):
    """The web client's form of a new interface: what it was refused for is corrected, or the form is closed; then something else is saved."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    handle = s.get_system_handle("n1", token)
    before = s.get_system("n1", False, False, token)["interfaces"]
    for wrong in ({"macaddress-eth7": "nonsense"}, {"macaddress-eth7": "52:54:00:77:00:07", "ip_address-eth7": "999.1", "ipv6_address-eth7": ""},
                  {"dns_name-eth0": "first.example.org", "netmask-eth0": "255"}):
        fault(s.modify_system, handle, "modify_interface", wrong, token)
        equal(s.get_system("n1", False, False, token)["interfaces"], before, "interfaces after %r" % wrong)
    s.modify_system(handle, "comment", "saved", token)
    s.save_system(handle, token)
    after = s.get_system("n1", False, False, token)
    equal((after["comment"], after["interfaces"]), ("saved", before), "after another edit")
