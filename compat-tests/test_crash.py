# SPDX-License-Identifier: GPL-2.0-or-later
"""Sudden death and failing disks at every system call that writes: strace ends the process before the Nth call of a kind, or lets that call
fail. Afterwards all is as it was before the change or as it is after it, what was acknowledged is there, and memory and disk agree.
"""
import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import time
import xmlrpc.client

from fixtures import add, add_machine, fake_boot_files, interface
from lab import COBBLERD, Failed, Skip, check, equal, wait_for

# Times, and the fields that answers have only until an item is saved.
VOLATILE = {"mtime", "ctime", "uid", "kickstart", "ks_meta", "remote_grub_kernel", "remote_grub_initrd"}
QUIET = {"dhcp": {"enabled": False}, "tftp": {"enabled": False}}
# Before each of these a process may die, and each may fail.
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename,renameat,renameat2", "unlink,unlinkat")
FAILURES = (("write", "ENOSPC"), ("pwrite64", "EIO"), ("openat", "EMFILE"), ("fchmod", "EIO"), ("fsync", "EIO"), ("fdatasync", "EIO"), ("rename,renameat,renameat2", "EIO"),
            ("unlink,unlinkat", "EIO"), ("mkdir,mkdirat", "ENOSPC"), ("syncfs", "EIO"))
# Of the calls that decide each is tried, of the others some; with CRASH_ALL=1 all of all. Of failing writes the first two: later ones are
# those by which event loops wake each other.
DECIDING = ("fsync", "rename,renameat,renameat2", "unlink,unlinkat")
FEW = (1, 2, 4, 7, 12, 20, 33, 54, 88, 143, 232, 376)


def numbers(calls, fault="signal"):
    if os.environ.get("CRASH_ALL") == "1" or (calls in DECIDING and fault == "signal"):
        return range(1, 400)
    return FEW[:2] if calls == "write" and fault != "signal" else FEW


class Tracer:
    """strace on a running process; hit() tells whether the fault was injected."""

    def __init__(self, pid, calls, inject, folder, **more):
        self.out = folder / "strace"
        all_of_them = {calls: inject, **more}
        words = [w for c, i in all_of_them.items() for w in ("-e", "inject=%s:%s" % (c, i))]
        self.process = subprocess.Popen(["strace", "-f", "-y", "-o", self.out, "-e", "trace=" + ",".join(all_of_them), *words, "-p", str(pid)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        if "attached" not in line:
            self.process.kill()
            self.process.wait()
            raise Skip("strace cannot be used: " + line.strip())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()

    def hit(self):
        """The call that was made to fail; "" when there was none. None: it was no file's (the event loops wake each other with write)."""
        line = next((x for x in self.out.read_text(errors="replace").splitlines() if "INJECTED" in x), "")
        return None if re.search(r"<(anon_inode|socket|pipe|UNIX|TCP)", line) else line


def need_strace(lab):
    if shutil.which("strace") is None:
        raise Skip("strace is not installed")
    # hundreds of starts: in memory, where fsync costs nothing
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", lab.tmp], check=True)


def items(s):
    """{kind: {name: item}} without what no test knows beforehand."""
    out = {}
    for kind in ("distro", "profile", "system", "repo", "menu"):
        out[kind] = {x["name"]: {k: v for k, v in x.items() if k not in VOLATILE} for x in s.get_items(kind)}
    return out


def on_disk(d):
    """{kind: {name: (uid, comment, references)}} from the files; also: no uid twice."""
    out, uids = {}, []
    for kind in ("distro", "profile", "system", "repo", "menu"):
        out[kind] = {}
        for path in (d.root / ("var/lib/cobbler/collections/%ss" % kind)).glob("*.json"):
            x = json.loads(path.read_text())
            equal(path.stem, x["name"], "a file and its item")
            out[kind][x["name"]] = short(x)
            uids.append(x["uid"])
    check(len(uids) == len(set(uids)), "a uid twice")
    return out


def short(x):
    return tuple(x.get(k) for k in ("uid", "comment", "distro", "profile", "parent", "mirror"))


def in_memory(s):
    return {kind: {x["name"]: short(x) for x in s.get_items(kind)} for kind in ("distro", "profile", "system", "repo", "menu")}


def leftovers(d):
    return [p for p in (d.root / "var/lib/cobbler").rglob("*") if p.is_file() and (p.name.endswith(".tmp"))]


class Site:
    """A daemon whose files are put back after each death."""

    def __init__(self, lab):
        self.d = d = lab.daemon(settings={"allow_dynamic_settings": True}, services=QUIET)
        s, token = d.login()
        add_machine(s, token, fake_boot_files(lab))
        add(s, token, "system", {"name": "n2", "profile": "p", "modify_interface": interface("52:54:00:77:00:11")})
        handle = s.new_subprofile(token)
        for key, value in (("name", "sub"), ("parent", "p")):
            s.modify_profile(handle, key, value, token)
        s.save_profile(handle, token)
        add(s, token, "repo", {"name": "r", "mirror": "http://127.0.0.1:1/x", "breed": "yum"})
        d.stop()
        self.pristine = lab.tmp / "pristine"
        subprocess.run(["cp", "-a", d.root, self.pristine], check=True)

    def reset(self):
        """Everything as at the beginning, and running."""
        if self.d.running:
            self.d.kill()
        subprocess.run(["rm", "-rf", self.d.root], check=True)
        subprocess.run(["cp", "-a", self.pristine, self.d.root], check=True)
        return self.again()

    def again(self):
        if self.d.running:
            self.d.kill()
        self.d.start()
        return self.d.login()


def attempt(d, change, token, patience=180):
    """True: acknowledged. A fault's text: refused. None: it died, or was silent for so long."""
    s = xmlrpc.client.ServerProxy(d.url, transport=Once(patience), allow_none=True)
    try:
        return change(s, token)
    except xmlrpc.client.Fault as f:
        return f.faultString
    except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError):
        return None
    finally:
        s("close")()


def attempt_traced(d, change, token, tracer):
    """As attempt(). A loop that was not woken because the call that wakes it was made to fail may never answer: then the daemon is killed."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer, since = pool.submit(attempt, d, change, token), None
        while not answer.done():
            if tracer.hit() is None:
                since = since or time.monotonic()
                if time.monotonic() - since > 1:
                    d.kill()
                    break
            time.sleep(0.02)
        return answer.result()


class Once(xmlrpc.client.Transport):
    """Asks once: Python's own asks again when a connection breaks, and then the next core would answer."""

    def __init__(self, patience):
        super().__init__()
        self.patience = patience

    def request(self, *args, **kw):
        return self.single_request(*args, **kw)

    def make_connection(self, host):
        self._connection = host, http.client.HTTPConnection(host, timeout=self.patience)
        return self._connection[1]


def edit(kind, which, mode="edit", **attributes):
    return lambda s, token: s.xapi_object_edit(kind, which, mode, attributes, token)


CHANGES = {
    "add": edit("repo", "r2", "add", name="r2", mirror="http://127.0.0.1:1/y", breed="yum"), "rename": edit("profile", "p", "rename", newname="q"),
    "system with its boot files": edit("system", "n1", comment="new", kernel_options="a=b"),
}
# A recursive removal takes one after the other: children first, so that nothing refers to what is gone.
REMOVAL = edit("distro", "d", "remove", recursive=True)


def no_dangling(state):
    for kind, field, target in (("profile", "distro", "distro"), ("profile", "parent", "profile"), ("system", "profile", "profile")):
        for name, item in state[kind].items():
            check(not item[field] or item[field] in state[target], "%s %s refers to the %s %s" % (kind, name, target, item[field]))


def deaths(lab, site, name, change, judge):
    """Ends the core before each writing call of the change; judge(acknowledged, state after the next start). Number of deaths."""
    d, points = site.d, 0
    s, token = site.reset()
    before = items(s)
    for calls in CALLS:
        for number in numbers(calls):
            with Tracer(d.roles()["core"], calls, "signal=SIGKILL:when=%d" % number, lab.tmp):
                answer = attempt(d, change, token)
            if answer is not None:
                # it lives: there is no such call any more
                check(answer is True, "%s, %s %d: %s" % (name, calls, number, answer))
                s, token = site.reset()
                break
            points += 1
            s, token = site.again()
            what = "%s, killed before %s %d" % (name, calls, number)
            check(" 0 damaged" in d.log() and "uid" not in d.log(), "%s:\n%s" % (what, d.tail()))
            check(not leftovers(d), "%s: %s" % (what, leftovers(d)))
            state = items(s)
            try:
                judge(before, state)
            except Failed as e:
                raise Failed("%s: %s" % (what, e)) from None
            if state != before:
                s, token = site.reset()
        else:
            raise Failed("%s: %s without end" % (name, calls))
    return points


def test_death_at_every_write_of_a_change(lab):
    need_strace(lab)
    site, counts = Site(lab), []
    for name, change in CHANGES.items():
        s, token = site.reset()
        check(change(s, token) is True, name)
        after = items(s)

        def judge(before, state, after=after):
            check(state in (before, after), "neither the old nor the new state:\n%s" % json.dumps(state, indent=1)[:3000])
        counts.append("%s %d" % (name, deaths(lab, site, name, change, judge)))

    def judge_removal(before, state):
        no_dangling(state)
        for kind, those in state.items():
            check(all(before[kind].get(n) == x for n, x in those.items()), "something else changed")
    counts.append("remove %d" % deaths(lab, site, "remove", REMOVAL, judge_removal))
    lab.note("deaths: " + ", ".join(counts))


def test_errors_at_every_write_of_a_change(lab):
    """A full or broken disk is a fault, or makes no difference; memory and disk say the same, now and after the next start."""
    need_strace(lab)
    site, counts = Site(lab), []
    d = site.d
    s, token = site.reset()
    for name, change in {**CHANGES, "remove": REMOVAL}.items():
        points = 0
        for calls, error in FAILURES:
            for number in numbers(calls, error):
                before = in_memory(s)
                with Tracer(d.roles()["core"], calls, "error=%s:when=%d" % (error, number), lab.tmp) as tracer:
                    answer = attempt_traced(d, change, token, tracer)
                hit = tracer.hit()
                if hit is None:
                    s, token = site.reset()
                    continue
                what = "%s, %s of %s %d: %.300r" % (name, error, calls, number, answer)
                check(answer is not None, "%s: it died\n%s" % (what, d.tail()))
                state = in_memory(s)
                equal(on_disk(d), state, what + ": disk and memory")
                if answer is not True:
                    check(name == "remove" or state == before, what + ": a fault, and yet a change")
                if hit == "":
                    check(answer is True, what)
                points += hit != ""
                if answer is not True and calls in ("fdatasync", "pwrite64"):
                    s, token = site.again()          # what was refused does not come back
                    equal(in_memory(s), state, what + ": after a start")
                if state != before:
                    s, token = site.reset()
                if hit == "":
                    break
        s, token = site.again()
        check(not leftovers(d) and " 0 damaged" in d.log(), "%s: %s\n%s" % (name, leftovers(d), d.tail()))
        s, token = site.reset()
        counts.append("%s %d" % (name, points))
    lab.note("errors: " + ", ".join(counts))


def test_death_and_errors_while_files_are_written(lab):
    """Settings, snippets: the old or the new text."""
    need_strace(lab)
    site, points = Site(lab), 0
    d = site.d

    def setting(s, token):
        if s.modify_setting("proxy_url_int", "http://new:1", token) != 0:
            raise xmlrpc.client.Fault(1, "refused")
        return True

    def snippet(s, token):
        return s.write_autoinstall_snippet("a/b", "new\n" * 5000, token)
    s, token = site.reset()
    s.write_autoinstall_snippet("a/b", "old\n", token)
    d.stop()
    shutil.rmtree(site.pristine)
    subprocess.run(["cp", "-a", d.root, site.pristine], check=True)
    for change, read, texts in ((setting, lambda s, token: s.get_settings()["proxy_url_int"], ("", "http://new:1")),
                                (snippet, lambda s, token: s.read_autoinstall_snippet("a/b", token), ("old\n", "new\n" * 5000))):
        s, token = site.reset()
        for calls, fault in [(c, "signal=SIGKILL") for c in DECIDING] + [(c, "error=" + e) for c, e in FAILURES if c not in ("pwrite64", "fdatasync", "syncfs")]:
            for number in numbers(calls, fault[:6]):
                with Tracer(d.roles()["core"], calls, "%s:when=%d" % (fault, number), lab.tmp) as tracer:
                    answer = attempt_traced(d, change, token, tracer) if fault.startswith("error") else attempt(d, change, token)
                hit = tracer.hit()
                if fault.startswith("error") and hit is None:
                    s, token = site.reset()
                    continue
                if fault.startswith("error") and hit == "" or fault.startswith("signal") and answer is not None:
                    check(answer is True, "%s %s %d: %s" % (fault, calls, number, answer))
                    s, token = site.reset()
                    break
                points += 1
                what = "%s before %s %d: %r" % (fault, calls, number, answer)
                now = read(s, token) if fault.startswith("error") else None
                s, token = site.again()
                then = read(s, token)
                check(then in texts and (answer is not True or then == texts[1]), "%s: %.60r" % (what, then))
                check(now is None or now == then, "%s: memory %.60r, disk %.60r" % (what, now, then))
                check(now is None or answer is True or then == texts[0], "%s: a fault, and yet %.60r" % (what, then))
                if then != texts[0]:
                    s, token = site.reset()
    lab.note("%d points" % points)


def test_death_while_the_tree_is_written(lab):
    """A sync that was cut off is made good by the next one, and no file in it is torn."""
    need_strace(lab)
    site, points = Site(lab), 0
    d = site.d

    def tree():
        return {p.relative_to(d.root): p.read_bytes() for p in (d.root / "srv/tftpboot").rglob("*") if p.is_file() and not p.is_symlink()}
    s, token = site.reset()
    old = tree()
    s.xapi_object_edit("distro", "d", "edit", {"kernel_options": "changed=1"}, token)
    d.stop()
    shutil.rmtree(site.pristine)
    subprocess.run(["cp", "-a", d.root, site.pristine], check=True)
    s, token = site.reset()
    s.sync(token)
    new = tree()
    check(new != old and len(new) > 5, "%d files" % len(new))
    for calls in ("write", "rename,renameat,renameat2", "link,linkat", "unlink,unlinkat", "mkdir,mkdirat", "fsync"):
        s, token = site.reset()
        for number in FEW[::2]:
            with Tracer(d.roles()["core"], calls, "signal=SIGKILL:when=%d" % number, lab.tmp):
                answer = attempt(d, lambda x, t: x.sync(t), token)
            if answer is not None:
                check(answer is True, "%s %d: %s" % (calls, number, answer))
                break
            points += 1
            s, token = site.again()
            torn = [p for p, text in tree().items() if p in new and text not in (new[p], old.get(p)) and not p.name.startswith(".")]
            check(not torn, "killed before %s %d: %s" % (calls, number, torn))
            check(s.sync(token) is True, "the next sync")
            got = tree()
            check(got == new, "killed before %s %d: other files after the next sync: %s" % (calls, number, sorted(p for p in set(got) ^ set(new) | {p for p in got if got[p] != new.get(p)})[:10]))
            s, token = site.reset()
    lab.note("%d deaths" % points)


def test_death_and_errors_of_the_login_command(lab):
    need_strace(lab)
    d = lab.daemon(services=QUIET)
    file = d.root / "etc/cobbler/users.digest"
    old, points = file.read_text(), 0
    command = [COBBLERD.parent / "cobbler-passwd", "--root", d.root, "anna"]
    for calls, fault in [(c, "signal=SIGKILL") for c in CALLS] + [(c, "error=" + e) for c, e in FAILURES if c != "openat"]:
        for number in numbers(calls):
            file.write_text(old)
            r = subprocess.run(["strace", "-f", "-o", lab.tmp / "strace", "-e", "trace=" + calls, "-e", "inject=%s:%s:when=%d" % (calls, fault, number), *command], input="secret\n", capture_output=True,
                               text=True, timeout=120)
            trace = (lab.tmp / "strace").read_text()
            text = file.read_text()
            check(text == old or (text.startswith(old) and re.fullmatch(r"anna:Cobbler:\w+\n", text[len(old):])), "torn: %r" % text[-200:])
            check(r.returncode != 0 or text != old, "it says it is done: %s %s %d" % (fault, calls, number))
            if "killed by SIGKILL" not in trace and "INJECTED" not in trace:
                equal(r.returncode, 0, r.stderr)
                break
            points += 1
    equal(d.login()[1] != "", True, "the others")
    lab.note("%d points" % points)


def test_a_lease_is_on_disk_before_it_is_promised(lab):
    need_strace(lab)
    d = lab.daemon(services={"tftp": {"enabled": False}})
    promised, points = {}, 0
    for calls in ("write", "pwrite64", "pwritev", "fdatasync", "fsync", "rename,renameat,renameat2", "ftruncate", "sendto", "sendmsg"):
        for number in (1, 2, 3):
            mac = "52:54:03:00:%02x:%02x" % (points, number)
            wait_for("dhcp", lambda: d.roles().get("dhcp"), 5)
            offer = wait_for("offer", lambda m=mac: lab.client.discover(mac=m, timeout=0.5), 5)
            pid = d.roles()["dhcp"]
            with Tracer(pid, calls, "signal=SIGKILL:when=%d" % number, lab.tmp):
                with contextlib.suppress(OSError):
                    ack = lab.client.request(offer, mac=mac, timeout=0.3)
                    if ack is not None and ack.yiaddr == offer.yiaddr:
                        promised[mac] = ack.yiaddr
            points += d.roles().get("dhcp") != pid
    check(promised, "nothing was ever promised")
    d.kill()
    d.start()
    leases = "".join(p.read_text(errors="replace") for p in (d.root / "var/lib/cobbler").glob("dhcp.leases*"))
    for mac, address in promised.items():
        check("%s A " % address in leases and mac.replace(":", "") in leases, "%s %s is not in\n%s" % (mac, address, leases))
        again = wait_for("offer", lambda m=mac: lab.client.discover(mac=m, timeout=0.5), 5)
        equal(again.yiaddr, address, mac)
    lab.note("%d deaths, %d promises" % (points, len(promised)))


class ImportSite(Site):
    """A site, and a medium with two kernels: an import makes two distros, two profiles and two repositories."""

    def __init__(self, lab):
        super().__init__(lab)
        self.medium = lab.tmp / "medium"
        for path, text in (("dists/bookworm/Release", "Codename: bookworm\nArchitectures: amd64\n"), ("install.amd/vmlinuz", "k"), ("install.amd/initrd.gz", "i"),
                           ("install.amd/gtk/vmlinuz", "k"), ("install.amd/gtk/initrd.gz", "i")):
            (self.medium / path).parent.mkdir(parents=True, exist_ok=True)
            (self.medium / path).write_text(text)

    def run(self, s, token):
        """Whether it ended well."""
        task = s.background_import({"name": "deb", "path": str(self.medium)}, token)
        for _ in range(3000):
            if s.get_task_status(task)[2] not in ("running", "new"):
                return s.get_task_status(task)[2] == "complete"
            time.sleep(0.01)
        raise Failed("the import does not end")

    def state(self, s):
        return {kind: {n: {k: v for k, v in x.items() if k != "tree_build_time"} for n, x in those.items()} for kind, those in items(s).items()}

    def web(self):
        top = self.d.root / "var/www/cobbler"
        # a folder that is not even named yet is left for an hour
        return {p.relative_to(top): os.readlink(p) if p.is_symlink() else p.is_file() and p.read_bytes() for folder in ("distro_mirror", "links")
                for p in (top / folder).rglob("*") if not p.name.startswith(".new-")}


def test_death_at_every_write_of_an_import(lab):
    """An import that is cut off has made all of its items or none, and can be done again: then everything is as if nothing had happened."""
    need_strace(lab)
    site, points, wholes = ImportSite(lab), 0, 0
    d = site.d
    s, token = site.reset()
    before = site.state(s)
    check(site.run(s, token), "the import")
    after, files = site.state(s), site.web()
    equal([len(after[k]) - len(before[k]) for k in ("distro", "profile", "repo")], [2, 2, 2], "new items")
    for calls in CALLS:
        s, token = site.reset()
        for number in numbers(calls):
            with Tracer(d.roles()["core"], calls, "signal=SIGKILL:when=%d" % number, lab.tmp) as tracer:
                answer = attempt(d, site.run, token)
            if answer is not None and "KILL" not in tracer.out.read_text(errors="replace"):
                check(answer is True, "%s %d: %s" % (calls, number, answer))
                break
            points += 1
            s, token = site.again()
            what = "killed before %s %d" % (calls, number)
            check(" 0 damaged" in d.log() and not leftovers(d), "%s: %s\n%s" % (what, leftovers(d), d.tail()))
            now = site.state(s)
            check(now in (before, after), "%s: neither none of them nor all: %s" % (what, {k: sorted(set(now[k]) - set(before[k])) for k in now}))
            equal(on_disk(d), in_memory(s), what + ": disk and memory")
            wholes += now == after
            check(site.run(s, token), what + ": the next import\n" + d.tail())
            equal(site.state(s), after, what + ": items after the next import")
            equal(site.web(), files, what + ": files after the next import")
            s, token = site.reset()
        else:
            check(calls not in DECIDING, calls + " without end")
    check(0 < wholes < points, "%d of %d deaths were after the change" % (wholes, points))
    lab.note("%d deaths, %d of them after the change" % (points, wholes))


def test_errors_at_every_write_of_an_import(lab):
    """A full or broken disk ends it with nothing left behind, or makes no difference."""
    need_strace(lab)
    site, points, fails = ImportSite(lab), 0, 0
    d = site.d
    s, token = site.reset()
    before, nothing = site.state(s), site.web()
    check(site.run(s, token), "the import")
    after, files = site.state(s), site.web()
    for calls, error in FAILURES:
        s, token = site.reset()
        for number in numbers(calls, error):
            with Tracer(d.roles()["core"], calls, "error=%s:when=%d" % (error, number), lab.tmp) as tracer:
                answer = attempt(d, site.run, token, 5)
            hit = tracer.hit()
            if hit is None or answer is None:         # no file's: it was how the two talk to each other
                s, token = site.reset()
                continue
            what = "%s of %s %d (%s)" % (error, calls, number, hit)
            if hit == "":
                check(answer is True, what)
                break
            points += 1
            fails += answer is not True
            equal(site.state(s), after if answer is True else before, what + ": items")
            equal(on_disk(d), in_memory(s), what + ": disk and memory")
            # strace counts each call by itself: of what takes a change back, the same number may fail too, and is told
            if "cannot take" not in d.log() and "cannot remove" not in d.log():
                equal(site.web(), files if answer is True else nothing, what + ": files")
            check(site.run(s, token), what + ": the next import\n" + d.tail())
            equal((site.state(s), site.web()), (after, files), what + ": after the next import")
            s, token = site.reset()
    lab.note("%d errors, %d of them ended it" % (points, fails))
