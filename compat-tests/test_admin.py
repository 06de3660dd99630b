# SPDX-License-Identifier: GPL-2.0-or-later
"""cobbler-settings and cobbler-passwd: an administrator's work on the host's files, without the daemon."""
import gzip
import json
import os
import pty
import pwd
import shutil
import signal
import struct
import subprocess
import termios
import time
import xmlrpc.client

from fixtures import add, fake_boot_files
from lab import COBBLERD, REPO, Skip, check, equal, fault

SETTINGS = "etc/cobbler/settings.yaml"
ITEM = {"name": "old", "uid": "a1", "kickstart": "/var/lib/cobbler/kickstarts/sample.ks", "ks_meta": {"a": "1"}, "profile": "p",
        "interfaces": {"eth0": {"mac_address": "52:54:00:00:00:01", "subnet": "255.255.255.0"}}, "monit_enabled": False}


def run(root, program, *args, status=0, stdin=""):
    r = subprocess.run([COBBLERD.parent / program, "--root", root, *args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=120)
    if status is not None:
        equal(r.returncode, status, "%s %s: %s" % (program, " ".join(args), r.stdout))
    return r.stdout


def site(lab, text):
    root = lab.tmp / "site"
    (root / "etc/cobbler").mkdir(parents=True, exist_ok=True)
    (root / SETTINGS).write_text(text)
    return root


def backups(root):
    return sorted(p for p in (root / "etc/cobbler").glob("settings_*.yaml"))


def test_settings_of_every_release_are_valid_and_migrate(lab):
    history = REPO.parent / "shared/golden/settings-history"
    if not history.exists():
        raise Skip("../shared/golden/settings-history is not there")
    root = site(lab, "")
    for release in sorted(history.glob("V*")):
        shutil.copyfile(release / "settings.yaml", root / SETTINGS)
        check("successfully validated" in run(root, "cobbler-settings", "validate"), release.name)
        run(root, "cobbler-settings", "migrate", "--new", "3.3.7", "--target", "/etc/cobbler/new.yaml")
        out = run(root, "cobbler-settings", "-c", "/etc/cobbler/new.yaml", "migrate", "--plan")
        check("0 changes of settings" in out, "%s: a migrated file migrates again: %s" % (release.name, out))


RELEASES = "2.8.5 3.0.0 3.0.1 3.1.0 3.1.1 3.1.2 3.2.0 3.2.1 3.3.0 3.3.1 3.3.2 3.3.3 3.3.4 3.3.5 3.3.6 3.3.7".split()
# Of these the form is the same, so a file of one is one of them all; a file of 3.3.0 is one of 3.3.1 without what may be missing, and so on.
FORMS = [["2.8.5"], ["3.0.0", "3.0.1", "3.1.0", "3.1.1"], ["3.1.2"], ["3.2.0"], ["3.2.1"], ["3.3.0", "3.3.1", "3.3.2"], ["3.3.1", "3.3.2"],
         ["3.3.3", "3.3.4", "3.3.5", "3.3.6", "3.3.7"], ["3.3.5", "3.3.6", "3.3.7"]]


def test_settings_of_every_release_become_those_of_each_later_one(lab):
    history = REPO.parent / "shared/golden/settings-history"
    if not history.exists():
        raise Skip("../shared/golden/settings-history is not there")
    for release in RELEASES:
        root = site(lab, (history / ("V" + release.replace(".", "_")) / "settings.yaml").read_text())
        form = [r for r in RELEASES if "successfully validated" in run(root, "cobbler-settings", "validate", "-v", r, status=None)]
        check(form in FORMS and release in form, "%s has the form of %s" % (release, form))
        at = RELEASES.index(form[0])
        for target in {*RELEASES[at - 1:at], *form[:1], *RELEASES[at + 1:at + 2], "3.2.1", "3.3.0", "3.3.7"}:
            earlier = RELEASES.index(target) < at
            words = "migrate", "--new", target, "-t", "/etc/cobbler/of-%s.yaml" % target
            if earlier:
                check("the way back to %s is not known" % target in run(root, "cobbler-settings", *words, status=1), "%s to %s" % (release, target))
                check(not (root / ("etc/cobbler/of-%s.yaml" % target)).exists(), "a file that could not be made")
                continue
            run(root, "cobbler-settings", *words)
            run(root, "cobbler-settings", "-c", words[4], "validate", "-v", target)
        shutil.rmtree(root)
    root = site(lab, "server: x\n")
    check('version "2.2" is not known; these are: 2.8.5, 3.0.0' in run(root, "cobbler-settings", "validate", "-v", "2.2", status=2), "an unknown release")
    check("the file has the form of no release" in run(root, "cobbler-settings", "migrate", "--new", "3.3.1", status=1), "half a file")


def test_what_a_site_has_set_survives_every_step(lab):
    """3.3.7's own tool sets next_server and the default answer file back to its defaults, and gives up at 3.2.1."""
    history = REPO.parent / "shared/golden/settings-history/V2_8_5/settings.yaml"
    if not history.exists():
        raise Skip("../shared/golden/settings-history is not there")
    text = history.read_text().replace("next_server: 127.0.0.1", "next_server: 192.0.2.7").replace("kickstarts/default.ks", "kickstarts/site/x.ks")
    root = site(lab, text.replace("manage_dhcp: 0", "manage_dhcp: 1") + "\nmy_own: [5]\n")

    def at(release):
        return run(root, "cobbler-settings", "--preserve-settings", "my_own,other", "migrate", "--new", release)
    for release, lines in (("3.0.0", ("next_server: 192.0.2.7", "default_autoinstall: /var/lib/cobbler/autoinstall_templates/site/x.ks", "manage_dhcp: 1")),
                           ("3.2.1", ("next_server: 192.0.2.7", "manage_dhcp: true", "cache_enabled: true", "default_virt_file_size: 5")),
                           ("3.3.7", ("next_server_v4: 192.0.2.7", "autoinstall: site/x.ks", "default_virt_file_size: 5.0"))):
        out = at(release)
        for line in *lines, "my_own:":
            check("\n%s" % line in "\n" + out, "%s: no %r in\n%s" % (release, line, out))
        equal("extra_settings_list:" in out, release != "3.0.0", "%s: a list for the site's own" % release)


def test_a_plan_changes_nothing(lab):
    root = site(lab, "manage_dhcp: 1\ndefault_kickstart: /var/lib/cobbler/kickstarts/x.ks\n")
    folder = root / "var/lib/cobbler/config/systems.d"
    folder.mkdir(parents=True)
    (folder / "old.json").write_text(json.dumps(ITEM))
    (folder / "torn.json").write_text("{")
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    out = run(root, "cobbler-settings", "migrate", "--plan")
    for text in ("default_kickstart: is now called autoinstall", "manage_dhcp: is written as True now", "config/systems.d/torn.json cannot be loaded",
                 "config/systems.d: 2 items are copied to collections/systems"):
        check(text in out, "%r is not in the plan:\n%s" % (text, out))
    item = [line for line in out.splitlines() if line.startswith("config/systems.d/old.json ")][0]
    for name in ("kickstart", "ks_meta", "monit_enabled"):
        check(name in item.split(";")[0], item)
    equal({p: p.read_bytes() for p in root.rglob("*") if p.is_file()}, before, "files after the plan")


def test_one_setting_is_changed_and_the_former_file_kept(lab):
    root = site(lab, "# of the site\nmanage_dns: false\nmy_own: 5\n")
    os.chmod(root / SETTINGS, 0o600)
    os.chown(root / SETTINGS, 1234, 4321)
    out = run(root, "cobbler-settings", "--preserve-settings", "my_own", "modify", "-k", "manage_dns", "-v", "yes")
    equal(out, "Updated settings file successfully!\n", "modify")
    text, st = (root / SETTINGS).read_text(), (root / SETTINGS).stat()
    check("manage_dns: true\n" in text and "my_own: 5\n" in text, text)
    equal((st.st_uid, st.st_gid, st.st_mode & 0o777), (1234, 4321, 0o600), "owner and mode")
    equal([p.read_text() for p in backups(root)], ["# of the site\nmanage_dns: false\nmy_own: 5\n"], "the former file")
    run(root, "cobbler-settings", "modify", "-k", "mgmt_parameters.from_cobbler", "-v", "0")
    check("from_cobbler: false" in (root / SETTINGS).read_text(), "an entry of a mapping")
    now = (root / SETTINGS).read_text()
    for key, value, says in (("nope", "1", 'there is no setting "nope"'), ("http_port", "x", "a whole number expected"),
                             ("server.x", "1", "has no entries")):
        check(says in run(root, "cobbler-settings", "modify", "-k", key, "-v", value, status=1), key)
    equal((root / SETTINGS).read_text(), now, "after refusals")
    run(root, "cobbler-settings", "automigrate", "--enable")
    check("auto_migrate_settings: true\n" in (root / SETTINGS).read_text(), "automigrate")


def access_list(*entries):
    """An ACL as it lies in the file system: (tag, rights, id) each; ids of tags without one: -1."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, rights, number & 0xFFFFFFFF) for tag, rights, number in entries)


USER_OBJ, USER, GROUP_OBJ, MASK, OTHER = 1, 2, 4, 16, 32
ACL = "system.posix_acl_access"


def test_settings_keep_the_group_that_an_administrator_gave_them(lab):
    """A web server's, say: the core, which is in no such group, changes a setting; also an access list, and an owner that is not the core's."""
    d = lab.daemon(start=False, settings={"allow_dynamic_settings": True})
    file, core = d.root / SETTINGS, pwd.getpwnam("nobody")
    acl = access_list((USER_OBJ, 6, -1), (USER, 4, 1234), (GROUP_OBJ, 4, -1), (MASK, 4, -1), (OTHER, 0, -1))
    for uid, gid, mode, with_acl in ((core.pw_uid, 4321, 0o640, False), (0, core.pw_gid, 0o640, False), (0, core.pw_gid, 0o660, False), (core.pw_uid, 4321, 0o640, True)):
        d.start()
        s, token = d.login()
        os.chown(file, uid, gid)
        os.chmod(file, mode)
        if with_acl:
            os.setxattr(file, ACL, acl)
        inode, value = file.stat().st_ino, "http://proxy:%d" % (mode + uid)
        equal(s.modify_setting("proxy_url_int", value, token), 0, "modify_setting: " + d.tail())
        st = file.stat()
        equal((st.st_uid, st.st_gid, st.st_mode & 0o777), (uid, gid, mode), "owner, group and mode")
        check(st.st_ino != inode and value in file.read_text(), "a new file in the place of the former one")
        equal(os.getxattr(file, ACL) if with_acl else ACL in os.listxattr(file), acl if with_acl else False, "access list")
        equal(s.get_settings()["proxy_url_int"], value, "the setting")
        d.stop()
    # what the core's account puts in the way is not followed by who may write elsewhere
    d.start()
    s, token = d.login()
    victim = lab.tmp / "victim"
    victim.write_text("keep")
    file.unlink()
    file.symlink_to(victim)
    check("not a regular file" in fault(s.modify_setting, "proxy_url_int", "http://other:1", token), d.tail())
    equal(victim.read_text(), "keep", "what a link leads to")
    equal(s.get_settings()["proxy_url_int"], value, "the setting that could not be stored")


def test_bad_settings_are_named(lab):
    for text, says in (("manage_dns: maybe\n", "manage_dns: true or false expected, not 'maybe'"), ("- a\n", "a mapping expected"),
                       ("a: [\n", "line 2")):
        root = lab.tmp / "site"
        shutil.rmtree(root, ignore_errors=True)
        out = run(site(lab, text), "cobbler-settings", "validate", status=1)
        check(out.startswith("Settings file invalid!\n") and says in out, out)
    root = lab.tmp / "site"
    (root / SETTINGS).write_text("server: a\nstrange: 1\n")
    check('warning: "strange" is no setting of 3.3.7' in run(root, "cobbler-settings", "validate"), "an unknown setting")


def test_logins_are_added_changed_and_removed(lab):
    d = lab.daemon()

    def may(user, password):
        try:
            return bool(d.rpc().login(user, password))
        except xmlrpc.client.Fault:
            return False

    equal(run(d.root, "cobbler-passwd", "anna", stdin="pass word\n"), "login anna added\n", "add")
    equal(run(d.root, "cobbler-passwd", "-i", "b\u00e9rt", stdin="x\n"), "login b\u00e9rt added\n", "add")
    equal((may("anna", "pass word"), may("anna", "x"), may("b\u00e9rt", "x")), (True, False, True), "logins")
    equal(run(d.root, "cobbler-passwd", "anna", stdin="new\n"), "login anna has a new password\n", "change")
    equal((may("anna", "pass word"), may("anna", "new")), (False, True), "after the change")
    equal((d.root / "etc/cobbler/users.digest").stat().st_mode & 0o007, 0, "what others may do")
    run(d.root, "cobbler-passwd", "-D", "anna")
    equal(may("anna", "new"), False, "after removal")
    check("anna" not in run(d.root, "cobbler-passwd", "-l"), "list")
    for args, stdin, says in ((("a:b",), "x\n", "cannot be the name"), (("anna",), "\n", "password is empty"), (("anna",), "", "is expected"),
                              (("-D", "none"), "", 'no login "none"')):
        check(says in run(d.root, "cobbler-passwd", *args, stdin=stdin, status=1), str(args))


def test_a_password_is_asked_for_without_echo(lab):
    root = site(lab, "")
    for answers, status in (("first second", 1), ("same same", 0)):
        master, slave = pty.openpty()
        p = subprocess.Popen([COBBLERD.parent / "cobbler-passwd", "--root", root, "anna"], stdin=slave, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        for answer, prompt in zip(answers.split(), (b"New password: ", b"\nOnce more: ")):
            equal(b"".join(os.read(p.stderr.fileno(), 1) for _ in prompt), prompt, "prompt")
            os.write(master, answer.encode() + b"\n")
        out, err = p.communicate(timeout=60)
        equal(p.returncode, status, (out + err).decode())
        os.set_blocking(master, False)
        try:
            echoed = os.read(master, 4096)
        except BlockingIOError:
            echoed = b""
        check(b"same" not in echoed and b"first" not in echoed, "the password was echoed: %r" % echoed)
        os.close(master)
        os.close(slave)


def test_output_that_does_not_arrive_is_a_failure(lab):
    root = site(lab, "server: 10.0.0.1\n")
    with open("/dev/full", "w") as full:
        for command in (("cobbler-settings", "--root", root, "migrate"), ("cobbler-passwd", "--root", root, "--help"), ("cobbler", "--help")):
            r = subprocess.run([COBBLERD.parent / command[0], *map(str, command[1:])], stdout=full, stderr=subprocess.PIPE, text=True)
            check(r.returncode != 0 and "standard output: No space left" in r.stderr, "%s: %d %s" % (command, r.returncode, r.stderr))


def test_who_gives_up_at_the_prompt_gets_the_terminal_back(lab):
    root = site(lab, "")
    master, slave = pty.openpty()
    p = subprocess.Popen([COBBLERD.parent / "cobbler-passwd", "--root", root, "anna"], stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    equal(os.read(p.stderr.fileno(), 14), b"New password: ", "prompt")
    check(not termios.tcgetattr(slave)[3] & termios.ECHO, "no echo at the prompt")
    p.send_signal(signal.SIGINT)
    p.communicate(timeout=60)
    check(p.returncode != 0 and termios.tcgetattr(slave)[3] & termios.ECHO, "echo afterwards, status %d" % p.returncode)
    os.close(master)
    os.close(slave)


def test_check_names_what_is_missing_and_nothing_else(lab):
    d = lab.daemon()
    s, token = d.login()
    kernel, initrd = fake_boot_files(lab)
    add(s, token, "distro", {"name": "d", "kernel": str(kernel), "initrd": str(initrd), "arch": "x86_64", "breed": "redhat", "os_version": "rhel8"})
    add(s, token, "repo", {"name": "r", "mirror": "http://127.0.0.1/x", "breed": "yum", "mirror_locally": True})
    add(s, token, "profile", {"name": "p", "distro": "d", "repos": ["r"]})
    add(s, token, "system", {"name": "s", "profile": "p", "power_type": "zvmip"})
    before = s.check(token)
    check(any("repo r: it was never mirrored" in f for f in before), before)
    check(not any("distro d" in f or "profile p" in f for f in before), before)
    initrd.unlink()
    (d.root / "var/lib/cobbler/templates/default.ks").unlink()
    shutil.rmtree(d.root / "srv/tftpboot")
    new = [f for f in s.check(token) if f not in before]
    for says in ("distro d: the initrd %s is not there" % initrd, "profile p: its answer-file template default.ks is not in", "srv/tftpboot: "):
        check(any(says in f for f in new), "%r is not among %s" % (says, new))
    equal(len(new), 3, "new findings: %s" % new)
    check("profile p: its answer-file template" in d.cobbler("check", status=None), "the command line")


def test_status_reads_rotated_logs(lab):
    """Also those that logrotate packed; the newest word of a machine counts. A packed file that is none is passed over."""
    d = lab.daemon()
    logs = d.root / "var/log/cobbler"
    now = time.time()

    def line(name, ip, what, days):
        return "system\t%s\t%s\t%s\t%r\n" % (name, ip, what, now - 86400 * days)
    (logs / "install.log").write_text(line("a", "10.0.0.1", "start", 0.01))
    (logs / "install.log.1").write_text(line("b", "10.0.0.2", "start", 8) + line("b", "10.0.0.2", "stop", 7.9))
    (logs / "install.log.2.gz").write_bytes(gzip.compress((line("a", "10.0.0.1", "start", 15) + line("a", "10.0.0.1", "stop", 14)).encode()))
    (logs / "install.log.3.gz").write_bytes(b"\x1f\x8b\x08\0 torn")
    (logs / "install.log.4.gz").write_bytes(gzip.compress(line("c", "10.0.0.3", "stop", 30).encode()))
    subprocess.run(["chown", "-R", "nobody", logs], check=True)
    s, token = d.login()
    status = s.get_status("normal", token)
    equal(sorted(status), ["10.0.0.1", "10.0.0.2", "10.0.0.3"], "machines")
    equal([status[ip][2] for ip in sorted(status)], ["system:a", "system:b", "system:c"], "what they are")
    check(status["10.0.0.1"][5].startswith("installing"), status["10.0.0.1"])
    equal((status["10.0.0.1"][3], status["10.0.0.2"][5]), (2, "finished"), "starts of the first, state of the second")
