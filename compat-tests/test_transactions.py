# SPDX-License-Identifier: GPL-2.0-or-later
"""transaction_begin, _commit, _abort: many edits become one, for other clients, for triggers, on disk, and under kill -9."""
import contextlib
import http.client
import random
import subprocess
import threading
import time
import xmlrpc.client

import media
from fixtures import add, add_machine, fake_boot_files
from lab import check, equal, fault, wait_for

ERRORS = (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError)


def comments(s, names):
    return {i["comment"] for i in s.get_systems() if i["name"] in names}


def trigger(d, event, command):
    script = d.root / "var/lib/cobbler/triggers" / event / "log"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text("#!/bin/sh\n%s\n" % command)
    script.chmod(0o755)


def test_trees_and_mirrors_follow_at_the_commit(lab):
    """What an edit does below webdir, a commit does too; an abort, or a commit that is refused, does nothing."""
    d = lab.daemon()
    s, token = d.login()
    web, tree = d.root / "var/www/cobbler", lab.tmp / "tree"
    tree.mkdir()
    media.debian_tree(tree)
    d.cobbler("import", "--name=deb", "--path=%s" % tree)
    mirror, link = web / "distro_mirror/deb", web / "links/deb-x86_64"
    for name in ("r1", "r2"):
        add(s, token, "repo", {"name": name, "mirror": "http://127.0.0.1/x", "breed": "yum"})
        (web / "repo_mirror" / name).mkdir(parents=True, exist_ok=True)
        subprocess.run(["chown", "-R", "nobody", web / "repo_mirror" / name], check=True)

    def remove():
        s.transaction_begin(token)
        s.remove_distro("deb-x86_64", token, True)
        s.remove_repo("r1", token)
        s.xapi_object_edit("repo", "r2", "rename", {"name": "r2", "newname": "r3"}, token)

    def there():
        return mirror.exists(), link.is_symlink(), sorted(p.name for p in (web / "repo_mirror").iterdir())
    remove()
    equal(there(), (True, True, ["r1", "r2"]), "before the commit")
    s.transaction_abort(token)
    equal(there(), (True, True, ["r1", "r2"]), "after an abort")
    trigger(d, "delete/distro/pre", "exit 1")
    remove()
    with contextlib.suppress(xmlrpc.client.Fault):
        s.transaction_commit(token)
        check(False, "a commit that a trigger refuses succeeds")
    equal(there(), (True, True, ["r1", "r2"]), "after a commit that was refused")
    trigger(d, "delete/distro/pre", "exit 0")
    s.transaction_begin(token)
    kernel, initrd = s.get_distro("deb-x86_64")["kernel"], s.get_distro("deb-x86_64")["initrd"]
    s.remove_distro("deb-x86_64", token, True)
    add(s, token, "distro", {"name": "other", "kernel": kernel, "initrd": initrd, "arch": "x86_64"})
    s.transaction_commit(token)
    equal((there()[:2], (web / "links/other").is_symlink()), ((True, False), True), "a tree that the commit gave to another distro")
    s.transaction_begin(token)
    s.remove_distro("other", token, True)
    s.remove_repo("r1", token)
    s.xapi_object_edit("repo", "r2", "rename", {"name": "r2", "newname": "r3"}, token)
    s.transaction_commit(token)
    equal((there(), (web / "links/other").is_symlink()), ((False, False, ["r3"]), False), "after the commit")


def test_the_tree_of_another_tftp_server_follows_a_commit(lab):
    d = lab.daemon(services={"tftp": {"enabled": False}})
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    s.transaction_begin(token)
    add(s, token, "profile", {"name": "fresh", "distro": "d", "enable_menu": True})
    s.transaction_commit(token)
    check("fresh" in (d.root / "srv/tftpboot/pxelinux.cfg/default").read_text(), "the menu lacks the new profile")


def test_triggers_and_boot_files_follow_once_at_the_commit(lab):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    seen = d.root / "var/lib/cobbler/seen"
    for event in ("add/system/pre", "add/system/post", "delete/system/post", "change"):
        trigger(d, event, "echo %s $1 >>%s" % (event, seen))
    other = d.rpc()
    s.transaction_begin(token)
    for n in range(3):
        add(s, token, "system", {"name": "t%d" % n, "profile": "p", "modify_interface": {"macaddress-eth0": "52:54:00:99:00:%02x" % n}})
    s.remove_system("n1", token)
    equal(sorted(other.get_item_names("system")), ["n1"], "systems that others see")
    for session, want in (d.login(), ["n1"]), ((s, token), ["t0", "t1", "t2"]), (d.login(), ["n1"]), ((s, token), ["t0", "t1", "t2"]):
        equal(sorted(i["name"] for i in session[0].get_systems("", "", session[1])), want, "systems that this token sees")
    equal(seen.exists(), False, "a trigger ran")
    s.transaction_commit(token)
    equal(sorted(other.get_item_names("system")), ["t0", "t1", "t2"], "systems after the commit")
    lines = seen.read_text().splitlines()
    equal(lines, ["add/system/pre t%d" % n for n in range(3)] + ["add/system/post t%d" % n for n in range(3)] +
          ["delete/system/post n1", "change"], "triggers")
    tftpboot = d.root / "srv/tftpboot/pxelinux.cfg"
    check((tftpboot / "01-52-54-00-99-00-00").exists(), "boot files of a new system")
    trigger(d, "add/system/pre", "test $1 != u1")
    s.transaction_begin(token)
    for n in range(3):
        add(s, token, "system", {"name": "u%d" % n, "profile": "p"})
    said = fault(s.transaction_commit, token)
    check("Cobbler trigger failed" in said, said)
    equal(sorted(other.get_item_names("system")), ["t0", "t1", "t2"], "systems after a refused commit")


def test_kill_9_leaves_all_of_a_transaction_or_nothing(lab):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    names = ["k%02d" % n for n in range(60)]
    for name in names:
        add(s, token, "system", {"name": name, "profile": "p", "comment": "round 0"})
    dice, halves, acknowledged = random.Random(7), 0, "round 0"
    for round_ in range(1, 9):
        s, token = d.login()
        text, done = "round %d" % round_, threading.Event()
        s.transaction_begin(token)
        for name in names:
            s.modify_system("system::" + name, "comment", text, token)

        def commit(s=s, token=token, done=done):
            with contextlib.suppress(*ERRORS):
                s.transaction_commit(token)
                done.set()
        thread = threading.Thread(target=commit)
        thread.start()
        time.sleep(dice.uniform(0, 0.02))
        d.kill()
        thread.join()
        halves += not done.is_set()
        d.start()
        got = comments(d.rpc(), names)
        check(len(got) == 1, "half of a transaction is there: %s" % got)
        check(got <= ({text} if done.is_set() else {text, acknowledged}), "%s after %s was acknowledged: %s" % (got, acknowledged, done.is_set()))
        acknowledged = got.pop()
        equal(len(list((d.root / "var/lib/cobbler/collections/systems").glob("*.json"))), len(names) + 1, "files")
    lab.note("%d of 8 killed before the answer" % halves)


def test_readers_see_all_of_a_transaction_or_nothing(lab):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    names = ["k%02d" % n for n in range(20)]
    for name in names:
        add(s, token, "system", {"name": name, "profile": "p", "comment": "0"})
    stop, torn, reads = threading.Event(), [], []

    def read():
        reader = d.rpc()
        while not stop.is_set():
            got = comments(reader, names)
            reads.append(1)
            if len(got) != 1:
                torn.append(got)
    threads = [threading.Thread(target=read) for _ in range(2)]
    for t in threads:
        t.start()
    for round_ in range(1, 20):
        s.transaction_begin(token)
        for name in names:
            s.modify_system("system::" + name, "comment", str(round_), token)
        s.transaction_commit(token)
    stop.set()
    for t in threads:
        t.join()
    equal(torn, [], "states that readers saw")
    wait_for("reads", lambda: reads, 1)
    lab.note("%d reads beside 19 commits" % len(reads))
