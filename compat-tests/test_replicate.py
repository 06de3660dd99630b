# SPDX-License-Identifier: GPL-2.0-or-later
"""One server copies the objects and the files of another."""
import http.server
import json
import shutil
import subprocess
import time

from fixtures import add, add_machine, fake_boot_files, interface
from lab import Skip, check, equal, http_server, task_end, wait_for

KINDS = ("distro", "profile", "system", "repo", "image", "menu", "mgmtclass", "package", "file")
CLOCK = ("mtime", "ctime", "depth")


def two_servers(lab):
    master = lab.daemon("master")
    services = {"dhcp": {"enabled": False}, "tftp": {"enabled": False}}
    slave = lab.daemon("slave", settings={"http_port": 8070, "xmlrpc_port": 25152}, services=services)
    return master, slave


def replicate(d, **options):
    """(state, log)"""
    s, token = d.login()
    task = s.background_replicate({"master": "127.0.0.1", "port": "80", "omit_data": True, **options}, token)
    return task_end(s, task)


def replicated(d, **options):
    state, log = replicate(d, **options)
    check(state == "complete", log)
    return log


def names(d, kind):
    return sorted(d.rpc().get_item_names(kind))


def content(d, kind):
    return {x["name"]: {k: v for k, v in x.items() if k not in CLOCK} for x in getattr(d.rpc(), "find_" + kind)({"name": "*"}, True)}


def fill(lab, d):
    s, token = d.login()
    files = fake_boot_files(lab)
    add(s, token, "menu", {"name": "m", "display_name": "Menu"})
    add(s, token, "repo", {"name": "r", "breed": "yum", "mirror": "http://mirror.invalid/r", "mirror_locally": False, "yumopts": "a=b"})
    add_machine(s, token, files, options="a=1 b=2 b=3 quiet", distro={"kernel_options": "x=y"},
                profile={"repos": "r", "menu": "m", "autoinstall_meta": "k=v", "virt_ram": 2048, "owners": "admin neo"})
    sub = s.new_subprofile(token)
    for key, value in (("name", "sub"), ("parent", "p"), ("comment", "child")):
        s.modify_profile(sub, key, value, token)
    s.save_profile(sub, token)
    add(s, token, "system", {"name": "n2", "profile": "sub", "hostname": "n2.lab.test", "modify_interface": {
        **interface("52:54:00:77:00:11", "10.55.0.11", dns_name="n2.lab.test", static=True), "mac_address-eth1": "52:54:00:77:00:12"}})
    add(s, token, "distro", {"name": "other", "kernel": str(files[0]), "initrd": str(files[1]), "arch": "x86_64", "breed": "redhat"})
    image = lab.tmp / "disk.iso"
    image.write_bytes(b"x")
    add(s, token, "image", {"name": "i", "file": str(image), "image_type": "iso"})
    add(s, token, "file", {"name": "f", "path": "/etc/x", "owner": "root", "group": "root", "mode": "0644", "is_dir": True})
    return s, token


def test_everything(lab):
    master, slave = two_servers(lab)
    fill(lab, master)
    replicated(slave, sync_all=True)
    for kind in KINDS:
        mine, theirs = content(slave, kind), content(master, kind)
        for items in (mine, theirs) if kind == "profile" else ():
            items["sub"].pop("filename")        # a new subprofile's is "", and "<<inherit>>" once it was loaded or copied, as in 3.3.7
        equal(mine, theirs, kind)
    equal(slave.rpc().get_blended_data("", "n2")["kernel_options"], master.rpc().get_blended_data("", "n2")["kernel_options"], "inheritance")
    before = {k: [x["mtime"] for x in slave.rpc().get_items(k)] for k in KINDS}
    log = replicated(slave, sync_all=True)
    check("adding" not in log and "updating" not in log, "a second run has nothing to do:\n" + log)
    equal({k: [x["mtime"] for x in slave.rpc().get_items(k)] for k in KINDS}, before, "mtimes")
    slave.stop()
    slave.start()
    master.stop()          # items that were saved since the start lack their derived fields
    master.start()
    for kind in KINDS:
        equal(content(slave, kind), content(master, kind), kind + " after a restart")


def test_newer_ones_win_and_renames_follow(lab):
    master, slave = two_servers(lab)
    s, token = fill(lab, master)
    replicated(slave, sync_all=True)
    b, b_token = slave.login()
    time.sleep(0.05)
    h = s.get_profile_handle("p", token)
    s.modify_profile(h, "comment", "from the master", token)
    s.save_profile(h, token)
    mine = b.get_system_handle("n1", b_token)
    b.modify_system(mine, "comment", "local and newer", b_token)
    b.save_system(mine, b_token)
    s.rename_distro(s.get_distro_handle("d", token), "renamed", token)
    log = replicated(slave, sync_all=True)
    equal(b.get_profile("p")["comment"], "from the master", "the newer one of the master")
    equal(b.get_system("n1")["comment"], "local and newer", "the newer one of our own")
    equal((b.get_profile("p")["distro"], names(slave, "distro")), ("renamed", ["other", "renamed"]), log)


def test_hidden_secrets_are_not_taken_for_values(lab):
    master, slave = two_servers(lab)
    s, token = fill(lab, master)
    master.reconfigure(services={"anonymous_secrets": True})
    master.stop()
    master.start()
    s, token = master.login()
    h = s.get_system_handle("n1", token)
    s.modify_system(h, "power_pass", "first", token)
    s.save_system(h, token)
    replicated(slave, sync_all=True)
    equal(slave.rpc().get_system("n1")["power_pass"], "first", "a secret that is shown")
    master.reconfigure(services={"anonymous_secrets": False})
    master.stop()
    master.start()
    s, token = master.login()
    h = s.get_system_handle("n1", token)
    s.modify_system(h, "power_pass", "second", token)
    s.modify_system(h, "comment", "newer", token)
    s.save_system(h, token)
    log = replicated(slave, sync_all=True)
    check("n1: the other server shows its power_pass only" in log, log)
    equal([slave.rpc().get_system("n1")[f] for f in ("comment", "power_pass")], ["newer", "first"], "a secret that is hidden")


def test_patterns_bring_what_is_needed(lab):
    master, slave = two_servers(lab)
    fill(lab, master)
    out = slave.cobbler("replicate", "--master=127.0.0.1", "--port=80", "--systems=n2 nosuch*", "--omit-data")
    check("TASK COMPLETE" in out, out)
    equal({k: names(slave, k) for k in KINDS}, {"distro": ["d"], "profile": ["p", "sub"], "system": ["n2"], "repo": ["r"], "image": [],
                                               "menu": ["m"], "mgmtclass": [], "package": [], "file": []}, "what came")
    replicated(slave, distro_patterns="oth[e]r")
    equal(names(slave, "distro"), ["d", "other"], "distros")


def test_prune(lab):
    master, slave = two_servers(lab)
    fill(lab, master)
    replicated(slave, sync_all=True)
    b, token = slave.login()
    add(b, token, "profile", {"name": "mine", "distro": "other"})
    add(b, token, "system", {"name": "mysystem", "profile": "mine"})
    add(b, token, "system", {"name": "mine2", "profile": "p"})
    replicated(slave, sync_all=True)
    equal(names(slave, "profile"), ["mine", "p", "sub"], "without prune everything stays")
    replicated(slave, sync_all=True, prune=True)
    equal((names(slave, "profile"), names(slave, "system")), (["p", "sub"], ["mine2", "n1", "n2"]), "systems stay unless they are named")
    replicated(slave, system_patterns="*", prune=True)
    equal(names(slave, "system"), ["n1", "n2"], "systems")


def test_links_trees_and_mirrors_follow(lab):
    """Installers reach a tree by its link: a replicated distro has one. What is pruned takes its files along."""
    master, slave = two_servers(lab)
    s, token = master.login()
    web = slave.root / "var/www/cobbler"
    tree = web / "distro_mirror/t"
    tree.mkdir(parents=True)
    for name in ("vmlinuz", "initrd.img"):
        (tree / name).write_text("x")
    add(s, token, "distro", {"name": "d", "kernel": str(tree / "vmlinuz"), "initrd": str(tree / "initrd.img"), "arch": "x86_64"})
    for name in ("gone", "old"):
        add(s, token, "repo", {"name": name, "breed": "yum", "mirror": "http://mirror.invalid/" + name})
        (web / "repo_mirror" / name).mkdir(parents=True)
    subprocess.run(["chown", "-R", "nobody", web], check=True)
    replicated(slave, sync_all=True)
    check((web / "links/d/vmlinuz").exists(), "the link to the tree")
    s.xapi_object_edit("repo", "old", "rename", {"name": "old", "newname": "new"}, token)
    s.remove_repo("gone", token)
    s.remove_distro("d", token, True)
    replicated(slave, sync_all=True, prune=True)
    equal(([p.name for p in (web / "links").iterdir()], tree.exists(), sorted(p.name for p in (web / "repo_mirror").iterdir())), ([], False, ["new"]),
          "links, tree and mirrors after pruning")


def test_what_is_not_a_master(lab):
    master, slave = two_servers(lab)
    fill(lab, master)
    replicated(slave, sync_all=True)
    before = {k: content(slave, k) for k in KINDS}
    master.stop()
    cases = [({"port": "80"}, "onnect"), ({"port": "70000"}, "port: "), ({"port": "x"}, "port: "), ({"master": "-oProxyCommand=x"}, "is no name"),
             ({"master": "a/b"}, "is no name"), ({"master": ""}, "No Cobbler master specified"), ({"use_ssl": True}, "onnect")]
    for options, words in cases:
        state, log = replicate(slave, sync_all=True, prune=True, **options)
        check(state == "failed" and words in log, "%r: %s, expected /%s/ in\n%s" % (options, state, words, log))
    answers = [b"<html>", b"<?xml version='1.0'?><methodResponse><params><param><value><string>x</string></value></param></params></methodResponse>",
               b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><methodResponse><params/></methodResponse>"]
    for body in answers:
        with answering(8071, lambda method, body=body: body):
            state, log = replicate(slave, sync_all=True, prune=True, port="8071")
            check(state == "failed", log)
    equal({k: content(slave, k) for k in KINDS}, before, "nothing changed")


def answering(port, answer):
    """A server that answers every call with answer(body)."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass
    return http_server("127.0.0.1", port, Handler)


def test_hostile_objects_are_left_out(lab):
    import xmlrpc.client
    d = lab.daemon()
    files = fake_boot_files(lab)
    good = {"uid": "a" * 32, "name": "good", "kernel": str(files[0]), "initrd": str(files[1]), "arch": "x86_64", "breed": "redhat"}
    bad = [{**good, "uid": "b" * 32, "name": "../../etc/x"}, {**good, "uid": "../x", "name": "u"}, {**good, "uid": "c" * 32, "name": "k", "kernel": "/none"},
           {**good, "uid": "d" * 32, "name": "t", "kernel_options": ["x"]}, "text", {**good, "uid": "e" * 32, "name": "o", "arch": "$(id)"},
           {**good, "uid": "f" * 32, "name": "-e x"}]

    def answer(body):
        params, method = xmlrpc.client.loads(body)
        result = {"ping": True, "get_settings": {"webdir": "/../../etc"}}.get(method)
        if method == "find_items_paged":
            result = {"items": [good, *bad] if params[0] == "distro" else [], "pageinfo": {"next_page": "~"}}
        return xmlrpc.client.dumps((result,), methodresponse=True, allow_none=True).encode()
    with answering(8071, answer):
        state, log = replicate(d, sync_all=True, port="8071")
    check(state == "failed" and "%d objects or trees were not replicated" % len(bad) in log, log)
    equal(names(d, "distro"), ["good"], "what came")
    equal(json.loads((d.root / "var/lib/cobbler/collections/distros/good.json").read_text())["uid"], "a" * 32, "its uid")


def test_trees_by_rsync(lab):
    if shutil.which("rsync") is None:
        raise Skip("rsync is not installed")
    master, slave = two_servers(lab)
    s, token = master.login()
    mirror = master.root / "var/www/cobbler/repo_mirror/r"
    mirror.mkdir(parents=True, exist_ok=True)
    (mirror / "package").write_text("data\n")
    snippets = master.root / "var/lib/cobbler/snippets"
    (snippets / "from_master").write_text("snippet\n")
    add(s, token, "repo", {"name": "r", "breed": "yum", "mirror": "http://mirror.invalid/r", "mirror_locally": True})
    conf = lab.tmp / "rsyncd.conf"
    empty = lab.tmp / "empty"
    (empty / "config").mkdir(parents=True)
    modules = {"repo-r": mirror, "cobbler-snippets": snippets, "cobbler-templates": empty, "cobbler-distros": empty, "cobbler-triggers": empty,
               "cobbler-scripts": empty}
    conf.write_text("use chroot = no\nuid = root\ngid = root\naddress = 127.0.0.1\n" + "".join("[%s]\npath = %s\n" % m for m in modules.items()))
    daemon = subprocess.Popen(["rsync", "--daemon", "--no-detach", "--config", str(conf)], stdin=subprocess.DEVNULL)
    try:
        wait_for("rsync daemon", lambda: subprocess.run(["rsync", "127.0.0.1::"], capture_output=True).returncode == 0, 10)
        state, log = replicate(slave, sync_all=True, omit_data=False)
    finally:
        daemon.kill()
        daemon.wait()
    equal(state, "complete", log)
    web = slave.root / "var/www/cobbler/repo_mirror/r"
    found = [p for p in web.rglob("package")]
    check(found and found[0].read_text() == "data\n", "the repository: %r\n%s" % (list(web.rglob("*")), log))
    check(list((slave.root / "var/lib/cobbler/snippets").rglob("from_master")), "the snippet")
