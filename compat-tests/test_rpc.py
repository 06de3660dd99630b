# SPDX-License-Identifier: GPL-2.0-or-later
"""XML-RPC over the wire: logins and the life of items."""
import json

from fixtures import MAC, add, add_machine, fake_boot_files, interface
from lab import check, equal, fault, wait_for

DERIVED = {"kickstart", "ks_meta", "remote_grub_kernel", "remote_grub_initrd"}


def test_login(lab):
    d = lab.daemon()
    s, token = d.login()
    equal(s.token_check(token), True, "token_check of a fresh token")
    equal(s.get_user_from_token(token), "cobbler", "the token's user")
    check("login failed (cobbler)" in fault(s.login, "cobbler", "wrong"), "a wrong password is refused by name")
    check("login failed" in fault(s.login, "", ""), "an empty password is refused")
    equal(s.logout(token), True, "logout")
    equal(s.token_check(token), False, "token_check after logout")
    check("invalid token" in fault(s.new_distro, token), "a token ends with logout")


def test_shared_secret_logs_the_command_line_in(lab):
    d = lab.daemon()
    secret = (d.root / "var/lib/cobbler/web.ss").read_text()
    token = d.rpc().login("", secret)
    equal(d.rpc().get_user_from_token(token), "<DIRECT>", "the user of the shared secret")
    mode = (d.root / "var/lib/cobbler/web.ss").stat().st_mode & 0o777
    check(mode & 0o077 == 0 or mode == 0o640, "mode of web.ss: %o" % mode)


def test_life_of_an_item(lab):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    equal([x["name"] for x in s.get_systems()], ["n1"], "systems")
    equal(s.find_system({"mac_address": MAC}), ["n1"], "find by MAC")
    s.xapi_object_edit("system", "n1", "edit", {"interface": "eth0", "dns_name": "a.lab"}, token)
    for criteria, want in (({"dns_name": "a.lab"}, ["n1"]), ({"dns_name": "A.lab"}, []), ({"dns_name": "~a.lab"}, []), ({"mac_address": MAC[:11] + "*"}, ["n1"])):
        equal(s.find_system(criteria), want, "find by %r" % criteria)
    equal(s.get_system("n1")["interfaces"]["eth0"]["mac_address"], MAC, "MAC")
    s.copy_system(s.get_system_handle("n1", token), "n2", token)
    n2 = s.get_system_handle("n2", token)
    equal(s.get_system("n2")["profile"], "p", "profile of the copy")
    s.rename_system(n2, "n3", token)
    equal(sorted(x["name"] for x in s.get_systems()), ["n1", "n3"], "after copy and rename")
    equal(s.get_system("n2"), "~", "the old name")
    check("orphan" in fault(s.remove_profile, "p", token, False), "a profile with systems stays")
    equal(s.remove_system("n3", token), True, "remove")
    stored = json.loads((d.root / "var/lib/cobbler/collections/systems/n1.json").read_text())
    equal(stored["profile"], "p", "the stored profile")
    check(not (d.root / "var/lib/cobbler/collections/systems/n3.json").exists(), "a removed item leaves no file")
    before = s.get_system("n1")
    d.stop()
    d.start()
    after = d.rpc().get_system("n1")
    equal({k: v for k, v in after.items() if k not in DERIVED}, before, "the system after a restart")


def test_derived_fields_are_there_until_an_item_is_saved(lab):
    """As in 3.3.7, whose cache loses them at the first save after a start."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    for name in "n2", "n3":
        add(s, token, "system", {"name": name, "profile": "p"})
    d.stop()
    d.start()
    s, token = d.login()

    def derived(answer):
        return sorted(DERIVED & set(answer))
    handle = s.get_system_handle("n2", token)
    s.modify_system(handle, "comment", "x", token)
    equal(derived(s.get_system("n2")), ["kickstart", "ks_meta"], "an unsaved edit")
    s.save_system(handle, token)
    equal(derived(s.get_system("n2")), [], "a saved one")
    check("already exists" in fault(s.save_system, handle, token, "new"), "a save that is refused")
    equal(derived(s.get_system("n2")), ["kickstart", "ks_meta"], "a refused one")
    s.save_system(handle, token)
    whole = ["kickstart", "ks_meta"]
    want = {"n1": whole, "n2": [], "n3": whole}
    for answers in s.get_systems(), s.find_system({"name": "n*"}, True), [s.get_system(n) for n in want]:
        equal({a["name"]: derived(a) for a in answers}, want, "systems")
    equal(derived(s.get_distro("d")), ["ks_meta", "remote_grub_initrd", "remote_grub_kernel"], "a distro")
    equal((s.get_system("n1")["kickstart"], s.get_profile("p")["ks_meta"]), ("<<inherit>>", "<<inherit>>"), "their values")
    equal(derived(s.get_blended_data("", "n2")), sorted(DERIVED), "blended data, of which parents were not saved")
    for kind, name in (("distro", "d"), ("profile", "p")):
        getattr(s, "save_" + kind)(getattr(s, "get_%s_handle" % kind)(name, token), token)
    equal((derived(s.get_blended_data("", "n2")), derived(s.get_blended_data("", "n1"))), ([], whole), "blended data of saved parents")


def test_inheritance_reaches_the_system(lab):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), options="c=3 !a", distro={"kernel_options": "a=1 b=2"},
                profile={"kernel_options": "b=4 d=5"})
    equal(sorted(s.get_system_as_rendered("n1")["kernel_options"].split()),
          ["b=4", "c=3", "d=5"], "kernel options of distro, profile and system, blended")


def test_a_sync_takes_edits_along_that_were_not_saved(lab):
    """The Go library's UpdateSystem only modifies; Terraform then calls sync."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "hostname", "new.example.org", token)
    s.modify_profile(s.get_profile_handle("p", token), "comment", "changed", token)
    path = d.root / "var/lib/cobbler/collections/systems/n1.json"
    equal(json.loads(path.read_text())["hostname"], "", "before")
    equal(s.sync(token), True, "sync")
    equal(s.find_system({"hostname": "new*"}), ["n1"], "after")
    stored = json.loads(path.read_text())
    equal((stored["hostname"], s.get_profile("p")["comment"]), ("new.example.org", "changed"), "what is stored")


def test_edits_that_were_not_saved_are_seen_by_all_clients(lab):
    """The Go command line edits systems with modify alone; its next command searches or lists what the one before it did."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    add(s, token, "system", {"name": "n2", "profile": "p", "hostname": "other.example.org"})
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "hostname", "new.example.org", token)
    s.modify_system(handle, "modify_interface", {"mac_address-eth7": "aa:bb:cc:00:00:07"}, token)
    s, token = d.login()
    for answers in s.get_systems(), s.get_items("system"), s.find_system({"name": "n*"}, True), s.find_items("system", {"name": "n*"}), \
            s.find_items_paged("system", {"name": "n*"})["items"], s.get_systems_since(0.0):
        equal({a["name"]: a["hostname"] for a in answers}, {"n1": "new.example.org", "n2": "other.example.org"}, "hostnames")
    equal(s.find_system({"hostname": "new*"}), ["n1"], "by the new hostname")
    equal(s.find_system({"mac_address": "aa:bb:cc:00:00:07"}), ["n1"], "by the new interface")
    s.modify_system(handle, "name", "n2", token)
    equal(s.get_item_names("system"), ["n1", "n2"], "a name that is taken is nobody's")
    equal(sorted(s.find_system({"name": "n*"})), ["n1", "n2"], "a name that is taken is nobody's")
    s.remove_system("n1", token)
    equal([a["name"] for a in s.get_systems()], ["n2"], "one that was removed")


def test_koan_learns_of_answer_files(lab):
    """It looks for them under the name of 2.x, and asks without a token. Others learn it as in 3.3.7, which is: not of saved items."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), profile={"autoinstall": "sample.ks"})
    for method, name in (("get_profile_as_rendered", "p"), ("get_system_as_rendered", "n1"), ("get_profile_for_koan", "p")):
        equal(getattr(s, method)(name).get("kickstart"), "sample.ks", method)
    equal(s.get_profile_for_koan("p", token)["kickstart"], "sample.ks", "a client of 2.x with a token")
    for method, name in (("get_profile_as_rendered", "p"), ("get_system_as_rendered", "n1")):
        check("kickstart" not in getattr(s, method)(name, token), "%s with a token" % method)
    check("kickstart" not in s.get_distro_as_rendered("d"), "a distro has no answer file")


def test_the_file_name_of_a_subprofile(lab):
    """As in 3.3.7 a new one says "" until the next start, then its parent's. Machines are not kept waiting for that."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), profile={"filename": "f.0"})
    add(s, token, "profile", {"name": "sub", "parent": "p"})
    s.xapi_object_edit("system", "n1", "edit", {"profile": "sub"}, token)
    s.xapi_object_edit("profile", "sub", "copy", {"name": "sub", "newname": "copy"}, token)

    def said(name):
        return s.get_profile(name)["filename"], s.get_profile(name, False, True)["filename"], s.get_blended_data(name)["filename"]
    equal(said("sub"), ("", "", ""), "a new subprofile")
    equal(s.get_blended_data("", "n1")["filename"], "", "its system")
    equal(lab.client.discover(mac=MAC).text(67), "f.0", "what the machine gets")
    equal(said("copy"), ("<<inherit>>", "f.0", "f.0"), "a copy")
    d.stop()
    d.start()
    s, token = d.login()
    equal(said("sub"), ("<<inherit>>", "f.0", "f.0"), "after a restart")
    equal(s.get_blended_data("", "n1")["filename"], "f.0", "its system then")
    equal(wait_for("offer", lambda: lab.client.discover(mac=MAC, timeout=0.5), 3).text(67), "f.0", "what the machine gets then")


def test_new_profiles_begin_with_what_the_settings_say(lab):
    """compat: Profile.__init__."""
    want = {"virt_type": "qemu", "virt_disk_driver": "qcow2", "name_servers": ["192.0.2.53"], "name_servers_search": ["a.example"]}
    d = lab.daemon(settings={"default_" + k: v for k, v in want.items()})
    s, token = d.login()
    kernel, initrd = map(str, fake_boot_files(lab))
    add(s, token, "distro", {"name": "d1", "kernel": kernel, "initrd": initrd, "breed": "redhat", "os_version": "rhel8"})
    add(s, token, "profile", {"name": "p1", "distro": "d1"})
    s.xapi_object_edit("profile", "p2", "add", {"name": "p2", "distro": "d1", "virt_type": "kvm"}, token)
    handle = s.new_subprofile(token)
    s.modify_profile(handle, "name", "p3", token)
    s.modify_profile(handle, "parent", "p1", token)
    s.save_profile(handle, token)
    for name, more in (("p1", {}), ("p2", {"virt_type": "kvm"}), ("p3", {})):
        got = s.get_profile(name)
        equal({k: got[k] for k in want}, {**want, **more}, name)
    d.stop()
    d.reconfigure(settings={"default_virt_type": "nonsense"})
    d.start()
    s, token = d.login()
    text = fault(s.new_profile, token)
    check("ValueError" in text and "default_virt_type" in text and "nonsense" in text, text)


def test_bad_addresses_are_refused(lab):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    handle = s.new_system(token)
    s.modify_system(handle, "name", "n2", token)
    s.modify_system(handle, "profile", "p", token)
    for mac in ("52:54:00:77:00", "52:54:00:77:00:zz", "x" * 5000, "52:54:00:77:00:10;reboot"):
        check(len(fault(s.modify_system, handle, "modify_interface", interface(mac), token)) < 9000, "fault for MAC %.40r" % mac)
    for address in ("10.55.0.300", "10.55.0", "nonsense"):
        fault(s.modify_system, handle, "modify_interface", interface("52:54:00:77:00:11", address), token)
    taken = fault(lambda: (s.modify_system(handle, "modify_interface", interface(MAC), token), s.save_system(handle, token)))
    check(MAC in taken and "n1" in taken, "a MAC that is taken is refused with its owner: %s" % taken)
    equal([x["name"] for x in s.get_systems()], ["n1"], "nothing is left behind")


def test_an_empty_bridge_that_is_set_or_copied_is_inherited(lab):
    """As in 3.3.7, whose setters make "<<inherit>>" of it; the default of a new interface or image is empty."""
    d = lab.daemon()
    s, token = d.login()
    files = fake_boot_files(lab)
    add_machine(s, token, files)
    add(s, token, "image", {"name": "i", "file": str(files[0])})
    equal((s.get_system("n1")["interfaces"]["eth0"]["virt_bridge"], s.get_image("i")["virt_bridge"]), ("", ""), "defaults")
    s.copy_system(s.get_system_handle("n1", token), "n2", token)
    s.copy_image(s.get_image_handle("i", token), "i2", token)
    equal((s.get_system("n2")["interfaces"]["eth0"]["virt_bridge"], s.get_image("i2")["virt_bridge"]), ("<<inherit>>",) * 2, "copies")
    equal(s.get_image("i2", False, True)["virt_bridge"], "<<inherit>>", "an image inherits from nowhere")
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "modify_interface", {"virt_bridge-eth0": ""}, token)
    s.save_system(handle, token)
    equal(s.get_system("n1")["interfaces"]["eth0"]["virt_bridge"], "<<inherit>>", "set to nothing")
    equal(s.get_system_as_rendered("n1")["interfaces"]["eth0"]["virt_bridge"], "", "for koan, which then takes the profile's bridge")


def test_names_cannot_leave_the_store(lab):
    d = lab.daemon()
    s, token = d.login()
    files = fake_boot_files(lab)
    for name in ("../evil", "a/b", "/etc/passwd", "..", "a\nb", ""):
        fault(add, s, token, "distro", {"name": name, "kernel": str(files[0]), "initrd": str(files[1])})
    equal(s.get_distros(), [], "distros")
    check(not list(lab.tmp.rglob("evil*")), "no file outside the store")


def test_hostile_requests_are_answered(lab):
    """No body, no XML, entities, depth, size: an error each time, and the daemon goes on."""
    d = lab.daemon()
    deep = "<value><array><data>" * 20000
    bomb = '<!DOCTYPE a [<!ENTITY x "y">]><methodCall><methodName>&x;</methodName></methodCall>'
    import http.client
    for body in ("", "x", "<methodCall>", bomb, "<methodCall><methodName>version</methodName><params><param>" + deep, "\0" * 1000):
        c = http.client.HTTPConnection("127.0.0.1", 25151, timeout=60)
        c.request("POST", "/RPC2", body.encode(), {"Content-Type": "text/xml"})
        r = c.getresponse()
        text = r.read().decode("latin1")
        check(r.status >= 400 or "<fault>" in text, "%.40r: status %d, %.200s" % (body, r.status, text))
        c.close()
    d.rpc().version()


def test_the_daemons_log_has_the_lines_of_tasks(lab):
    """Cobbler's own command line follows a task there, whatever is logged otherwise."""
    d = lab.daemon(services={"log_level": "error"})
    s, token = d.login()
    task = s.background_sync({"dhcp": True}, token)
    wait_for("end of the task", lambda: s.get_task_status(task)[2] == "complete", 10)
    lines = [x for x in (d.root / "var/log/cobbler/cobbler.log").read_text().splitlines() if x.startswith("[%s] " % task)]
    check(lines[0].endswith(" - INFO | start_task(sync); event_id(%s)" % task), "first line: %r" % lines[:1])
    check(lines[-1].endswith(" - INFO | ### TASK COMPLETE ###"), "last line: %r" % lines[-1:])


def test_every_field_of_the_table_can_be_asked_for(lab):
    """get_blank-like answers: a new item shows each documented field."""
    d = lab.daemon()
    s, token = d.login()
    for kind in ("distro", "profile", "system"):
        item = s.get_item(kind, "nothing")
        equal(item, "~", "a missing %s" % kind)
    add_machine(s, token, fake_boot_files(lab))
    system = s.get_system("n1")
    for key in ("name", "uid", "ctime", "mtime", "profile", "interfaces", "kernel_options", "netboot_enabled", "autoinstall", "gateway"):
        check(key in system, "get_system has %s" % key)


FIND = "<class 'TypeError'>:cobbler.cobbler_collections.collection.Collection.find() argument after ** must be a mapping, not "
NO_NAME = "<class 'ValueError'>:calling find with no arguments"
# Method, its arguments, the fault of 3.3.7. UID, HANDLE: of the system n1.
FAULTS = [
    ("find_system", ["x"], FIND + "str"), ("find_system", [["x"]], FIND + "list"), ("find_items_paged", ["system", 5], FIND + "int"),
    ("find_system", [5], "<class 'TypeError'>:argument of type 'int' is not iterable"),
    ("find_mgmtclass", [{"name": ""}], NO_NAME), ("find_items", ["repo", {"name": None}], NO_NAME),
    ("find_items", [None, {"name": "*"}], "<class 'TypeError'>:\"what\" must be of type str!"),
    ("find_items", ["x", {"name": "*"}], "<class 'ValueError'>:what needs to be a valid collection if it is non empty!"),
    ("get_profile_as_rendered", [""], NO_NAME), ("get_repo_config_for_profile", [""], NO_NAME), ("get_template_file_for_system", ["", "/x"], NO_NAME),
    ("get_valid_profile_boot_loaders", [""], NO_NAME), ("get_repos_compatible_with_profile", [], NO_NAME),
    ("get_item_resolved_value", [5, "name"], "<class 'TypeError'>:item_uuid must be of type str!"),
    ("get_item_resolved_value", ["UID", None], "<class 'TypeError'>:attribute must be of type str!"),
    ("get_item_resolved_value", ["UID", "nosuch"], "<class 'AttributeError'>:Attribute \"nosuch\" did not exist on item type \"system\"."),
    ("get_item_resolved_value", ["%032x" % 1, "name"], "<class 'ValueError'>:Item with item_uuid \"%032x\" did not exist!" % 1),
    ("set_item_resolved_value", ["UID", "comment", "<<inherit>>", "TOKEN"], "<class 'ValueError'>:<<inherit>> not allowed for non-inheritable properties."),
    ("modify_system", ["HANDLE", "descendants", 1, "TOKEN"], "<class 'AttributeError'>:property 'descendants' of 'System' object has no setter"),
    ("modify_system", ["HANDLE", "cache", 1, "TOKEN"], "<class 'AttributeError'>:property 'cache' of 'System' object has no setter"),
    ("modify_system", ["HANDLE", "name_servers", [5], "TOKEN"], "<class 'TypeError'>:Invalid input, addr must be a string"),
    ("new_item", ["distro", "TOKEN", None], "<class 'TypeError'>:Field is_subobject of object item needs to be of type bool!"),
    ("write_autoinstall_template", ["x.ks", None, "TOKEN"], "<class 'TypeError'>:write() argument must be str, not None"),
]


def test_faults_of_3_3_7(lab):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    known = {"TOKEN": token, "UID": s.get_system("n1")["uid"], "HANDLE": s.get_system_handle("n1", token)}
    for method, args, want in FAULTS:
        equal(fault(getattr(s, method), *[known.get(a, a) if isinstance(a, str) else a for a in args]), want, "%s%r" % (method, args))
    equal(s.generate_script("nosuch", "n1", "x"), "# script template \"x\" not found", "the system wins over the profile")
    equal(s.find_system({"name": "", "hostname": ""}), ["n1"], "a name that is none, beside another criterion")
    equal([x["name"] for x in s.get_systems_since(True)], ["n1"], "since a time that is a bool")


def test_a_resolved_dict_is_not_set_twice(lab):
    """A client that reads a resolved dict, changes it and sets it: what comes from the parent still does."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), profile={"kernel_options": "a=1 b=2"})
    uid = s.get_system("n1")["uid"]
    options = s.get_item_resolved_value(uid, "kernel_options")
    options.update({"b": "3", "c": "4"})
    equal(s.set_item_resolved_value(uid, "kernel_options", options, token), True, "set_item_resolved_value")
    own = s.get_system("n1")["kernel_options"]
    check("a" not in own and own["b"] == "3" and own["c"] == "4", "the system's own: %r" % own)
    s.xapi_object_edit("profile", "p", "edit", {"kernel_options": "a=9 b=2"}, token)
    equal(s.get_item_resolved_value(uid, "kernel_options")["a"], "9", "an edit of the profile reaches the system")
    equal(s.set_item_resolved_value(uid, "kernel_options", "<<inherit>>", token), True, "inherit")
    equal(s.get_system("n1")["kernel_options"], "<<inherit>>", "inherited")


def test_unsaved_edits_and_xapi(lab):
    """They belong to the object: what xapi_object_edit saves or copies has them. What was refused is no edit."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    handle = s.get_system_handle("n1", token)
    check("needs to be an integer" in fault(s.modify_system, handle, "virt_ram", "x", token), "a wrong value")
    equal(s.modify_system(handle, "nosuch", "x", token), False, "an unknown attribute")
    check("kickstart" not in s.get_system("n1"), "neither is an edit")
    s.modify_system(handle, "comment", "unsaved", token)
    s.xapi_object_edit("system", "n1", "copy", {"name": "n1", "newname": "n2"}, token)
    equal(s.get_system("n2")["comment"], "unsaved", "the copy")
    s.xapi_object_edit("system", "n1", "edit", {"hostname": "h"}, token)
    d.stop()
    d.start()
    s, token = d.login()
    system = s.get_system("n1")
    equal((system["comment"], system["hostname"]), ("unsaved", "h"), "both edits are saved")
    check("collection name is" in fault(s.xapi_object_edit, "junk", "x", "add", {}, token), "a type that does not exist")
    check("not supported" in fault(s.xapi_object_edit, "junk", "x", "edit", {}, token), "a type that does not exist")
