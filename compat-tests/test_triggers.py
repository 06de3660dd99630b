# SPDX-License-Identifier: GPL-2.0-or-later
"""What the server does by itself at events, where settings ask for it: commits, mails, Puppet's certificates."""
import concurrent.futures
import http.client
import os
import socketserver
import subprocess
import threading

from fixtures import add_machine, fake_boot_files
from lab import COBBLERD, check, equal, wait_for

PUPPET = """#!/bin/sh
echo "$@" >>%s/asked
echo "Signed %s"
"""


def report(mode, name="n1", kind="system"):
    c = http.client.HTTPConnection("127.0.0.1", 80, timeout=30)
    c.request("GET", "/cblr/svc/op/trig/mode/%s/%s/%s" % (mode, kind, name))
    return c.getresponse().status


def git(d, *words):
    r = subprocess.run(["git", "-c", "safe.directory=*", *words], cwd=d.root / "var/lib/cobbler", capture_output=True, text=True)
    check(r.returncode == 0, r.stderr)
    return r.stdout.strip()


def test_changes_become_commits(lab):
    d = lab.daemon(settings={"scm_track_enabled": True, "scm_track_mode": "git", "scm_track_author": "Ann Admin <ann@lab.test>",
                             "scm_push_script": "touch %s/pushed" % lab.tmp})
    lab.tmp.chmod(0o777)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    equal(git(d, "log", "-1", "--format=%an <%ae> %s"), "Ann Admin <ann@lab.test> API update", "the last commit")
    check("collections/systems/n1.json" in git(d, "ls-files"), "the system is in the repository")
    check((lab.tmp / "pushed").exists(), "the script that pushes was run")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        def edit(i):
            mine, token = d.login()
            mine.xapi_object_edit("system", "m%d" % i, "add", {"name": "m%d" % i, "profile": "p"}, token)
        list(pool.map(edit, range(16)))
    s.remove_system("m3", token)
    s.write_autoinstall_snippet("lab/own", "text\n", token)
    s.xapi_object_edit("system", "n1", "edit", {"name": "n1", "comment": "again"}, token)
    equal(git(d, "status", "--porcelain", "--", "collections", "snippets", "templates", ":(exclude,glob)**/.*"), "", "what is not committed")
    files = git(d, "ls-files").splitlines()
    check("collections/systems/m3.json" not in files and "collections/systems/m15.json" in files and "snippets/lab/own" in files, str(files)[:500])
    check(not [f for f in files if os.path.basename(f).startswith(".")], "files that were being written")
    before = git(d, "rev-list", "--count", "HEAD")
    wait_for("end of a sync", lambda task=s.background_sync({}, token): s.get_task_status(task)[2] == "complete", 30)
    equal(git(d, "rev-list", "--count", "HEAD"), before, "commits when nothing changes")


def test_programs_for_syncs_run_after_edits(lab):
    """Cobbler syncs each system that is saved; the site's programs count on it. They may edit something themselves."""
    d = lab.daemon()
    lab.tmp.chmod(0o777)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    for when in ("pre", "post"):
        program = d.root / ("var/lib/cobbler/triggers/sync/%s/own" % when)
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\necho %s >>%s/ran\n[ -e %s/edited ] || { touch %s/edited; %s --root %s system edit --name=n1 --comment=by-%s; }\n"
                           % (when, lab.tmp, lab.tmp, lab.tmp, COBBLERD.parent / "cobbler", d.root, when))
        program.chmod(0o755)
    s.xapi_object_edit("system", "n1", "edit", {"name": "n1", "comment": "first"}, token)
    ran = lab.tmp / "ran"
    wait_for("the programs", lambda: ran.exists() and len(ran.read_text().split()) >= 4 and ran, 20)
    equal(s.get_system("n1")["comment"], "by-pre", "the edit of a program")
    wait_for("the end", lambda: not [e for e in s.get_events("").values() if e[2] in ("running", "waiting")] or None, 20)
    words = ran.read_text().split()
    equal(words, ["pre", "post"] * (len(words) // 2), "what ran")
    check(4 <= len(words) <= 8, str(words))


def test_a_task_that_was_stopped_stops_no_later_one(lab):
    """Of those that follow edits by themselves: one waits at a time."""
    d = lab.daemon()
    lab.tmp.chmod(0o777)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    for event, text in ("sync/post", "touch %s/ran" % lab.tmp), ("task/sync/pre", "exec test ! -e %s/stop" % lab.tmp):
        program = d.root / ("var/lib/cobbler/triggers/%s/own" % event)
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n%s\n" % text)
        program.chmod(0o755)
    stop = lab.tmp / "stop"
    stop.touch()
    s.xapi_object_edit("system", "n1", "edit", {"name": "n1", "comment": "first"}, token)
    wait_for("a task that is stopped", lambda: [e for e in s.get_events("").values() if e[1:3] == ["Sync of what was edited", "failed"]], 20)
    stop.unlink()

    def edited():
        s.xapi_object_edit("system", "n1", "edit", {"name": "n1", "comment": "later"}, token)
        return (lab.tmp / "ran").exists()
    wait_for("the program after a later edit", edited, 20)


def test_a_version_control_that_is_none_is_told(lab):
    d = lab.daemon(settings={"scm_track_enabled": True, "scm_track_mode": "svn"})
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    d.wait_log("currently unsupported SCM type: svn")


def test_certificates_of_machines(lab):
    lab.tmp.chmod(0o777)
    program = lab.tmp / "puppet"
    program.write_text(PUPPET % (lab.tmp, "a certificate"))
    program.chmod(0o755)
    d = lab.daemon(settings={"puppet_auto_setup": True, "sign_puppet_certs_automatically": True, "remove_old_puppet_certs_automatically": True,
                             "puppetca_path": str(program)})
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), hostname="n1", name_servers_search=["lab.test"])
    add_machine(s, token, fake_boot_files(lab), name="n2", mac="52:54:00:77:00:11", address="10.55.0.11", hostname="n2.lab.test")
    add_machine(s, token, fake_boot_files(lab), name="n3", mac="52:54:00:77:00:12", address="10.55.0.12", hostname="--all")
    for name in ("n1", "n2", "n3"):
        equal((report("pre", name), report("post", name)), (200, 200), "reports of " + name)
    equal((lab.tmp / "asked").read_text().splitlines(),
          ["cert clean n1.lab.test", "cert sign n1.lab.test", "cert clean n2.lab.test", "cert sign n2.lab.test"], "what Puppet was asked")
    d.wait_log('"--all.*can be no name of a certificate')
    program.rename(lab.tmp / "puppetserver")
    d.reconfigure({"puppetca_path": str(lab.tmp / "puppetserver")})
    d.stop()
    d.start()
    equal(report("post"), 200, "a report")
    check("ca sign --certname n1.lab.test" in (lab.tmp / "asked").read_text(), "Puppet Server's own words")
    d.reconfigure({"puppetca_path": "/nonexistent"})
    d.stop()
    d.start()
    equal(report("post"), 200, "an installation does not fail for want of Puppet")
    d.wait_log("/nonexistent cert sign of n1.lab.test failed")


class MailServer(socketserver.ThreadingTCPServer):
    """As much of SMTP as one message takes."""
    allow_reuse_address = daemon_threads = True

    def __init__(self):
        self.mails = []
        super().__init__(("127.0.0.1", 2525), MailHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class MailHandler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 lab\r\n")
        mail = {"to": []}
        for line in self.rfile:
            word = line.split(b":")[0].strip().upper()
            if word == b"MAIL FROM":
                mail["from"] = line.split(b"<")[1].split(b">")[0].decode()
            if word == b"RCPT TO":
                mail["to"].append(line.split(b"<")[1].split(b">")[0].decode())
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                for text in self.rfile:
                    if text == b".\r\n":
                        break
                    lines.append(text[1:] if text.startswith(b"..") else text)
                mail["text"] = b"".join(lines)
                self.server.mails.append(mail)
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


def test_finished_installations_are_mailed(lab):
    server = MailServer()
    d = lab.daemon(settings={"build_reporting_enabled": True, "build_reporting_email": ["ann@lab.test", "bob@lab.test"],
                             "build_reporting_smtp_server": "127.0.0.1:2525", "build_reporting_ignorelist": ["quiet"]})
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), comment="first line\n.\n..dots")
    add_machine(s, token, fake_boot_files(lab), name="quiet1", mac="52:54:00:77:00:11", address="10.55.0.11")
    equal((report("pre"), report("post"), report("post", "quiet1"), report("post", "p", "profile")), (200,) * 4, "reports")
    mails = wait_for("mails", lambda: len(server.mails) >= 2 and server.mails, 10)
    equal(len(mails), 2, "mails")
    first, second = mails
    equal((first["from"], first["to"]), ("cobbler@10.55.0.1", ["ann@lab.test", "bob@lab.test"]), "who writes to whom")
    text = first["text"].decode()
    check(text.startswith("From: cobbler@10.55.0.1\r\nTo: ann@lab.test,bob@lab.test\r\nSubject: [Cobbler] install complete  (system: n1, ip: 127.0.0.1)\r\n\r\n"), text)
    check("52:54:00:77:00:10 10.55.0.10" in text and "\r\n.\r\n..dots\r\n" in text and "\n" not in text.replace("\r\n", ""), text)
    check("(profile: p, ip: 127.0.0.1)" in second["text"].decode(), "the profile's mail")
    server.shutdown()
    server.server_close()
    equal(report("post"), 200, "an installation does not fail for want of a mail server")
    d.wait_log("the report on n1 was not mailed: mail to 127.0.0.1:2525")
