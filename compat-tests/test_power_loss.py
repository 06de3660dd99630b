# SPDX-License-Identifier: GPL-2.0-or-later
"""Loss of power: the calls by which a daemon writes are recorded while edits are made; for cuts between any two of them the disks that may be found are
built (disk_model.py), and the daemon is started on them as after a boot. What was acknowledged before the cut is there, what was not is there as a
whole or not at all, and nothing keeps it from starting. CRASH_ALL=1: every cut and every kind of disk.
"""
import contextlib
import os
import random
import shutil
import subprocess
import time

from disk_model import ALL, NAMES_AND_GARBAGE, NAMES_AND_ZEROS, NOTHING, SOME, TORN_END, Disk, Recorder
from fixtures import add, add_machine, fake_boot_files, interface
from lab import check, equal, wait_for
from test_crash import QUIET, items, leftovers, need_strace, no_dangling

FOLDERS = ("var/lib/cobbler", "etc/cobbler")
SEED = 337
STARTS = 60                              # without CRASH_ALL


def edit(kind, which, mode="edit", **attributes):
    return lambda s, token: s.xapi_object_edit(kind, which, mode, attributes, token)


def saved_by_handle(s, token):
    handle = s.get_system_handle("n2", token)
    s.modify_system(handle, "comment", "by handle", token)
    s.modify_system(handle, "modify_interface", interface("52:54:00:77:00:12"), token)
    s.save_system(handle, token)


def transaction(s, token):
    s.transaction_begin(token)
    for number in range(3):
        s.xapi_object_edit("repo", "t%d" % number, "add", {"name": "t%d" % number, "mirror": "http://127.0.0.1:1/t", "breed": "yum"}, token)
    s.xapi_object_edit("menu", "m", "remove", {}, token)
    s.transaction_commit(token)


def idle(_s, _token):
    """Until the files are on the disk and the journal begins anew."""
    time.sleep(3.6)


EDITS = (
    edit("repo", "r2", "add", name="r2", mirror="http://127.0.0.1:1/y", breed="yum"), edit("menu", "m", "add", name="m"),
    edit("system", "n1", comment="one"), edit("system", "n1", comment="two"), edit("profile", "p", "rename", newname="q"), saved_by_handle, idle,
    # of the same sizes as those before, so that their records lie where those were
    edit("repo", "r2", comment="1"), edit("repo", "r2", comment="2"), edit("system", "n1", comment="six"), edit("system", "n1", comment="ten"),
    edit("system", "n1", "copy", newname="n3", **{"modify_interface": interface("52:54:00:77:00:13")}), transaction,
    lambda s, token: s.modify_setting("proxy_url_int", "http://new:1", token), lambda s, token: s.write_autoinstall_snippet("a/b", "new\n" * 3000, token),
    lambda s, token: s.sync(token), edit("repo", "r2", comment="x" * 150000), edit("repo", "r2", comment="y" * 150000), edit("repo", "r2", "remove"),
    lambda s, token: s.remove_autoinstall_snippet("a/b", token), edit("distro", "d", "remove", recursive=True), lambda s, token: add(s, token, "repo", {"name": "last", "mirror": "http://127.0.0.1:1/z"}))


def state(s, token):
    """What the daemon says there is."""
    snippet = ""
    with contextlib.suppress(Exception):
        snippet = s.read_autoinstall_snippet("a/b", token)
    return {"items": items(s), "setting": s.get_settings(token)["proxy_url_int"], "snippet": snippet}


def record(lab, d, recording):
    """Makes the edits. [(when it was acknowledged, the state then)], the first being that at the beginning."""
    d.start()
    s, token = d.login()
    roles = wait_for("core and privileged", lambda: len(d.roles()) == 2 and d.roles(), 3)
    recorder = Recorder(roles.values(), recording)          # the settings are written by the one that keeps root
    states = [(0.0, state(s, token))]
    for change in EDITS:
        change(s, token)
        states.append((time.time(), state(s, token)))
    d.kill()
    recorder.stop()
    return recorder.calls(), states


def is_part_of_a_removal(got, before, after):
    """A recursive removal takes one after the other: children first, so that nothing refers to what is gone."""
    if {**got, "items": 0} != {**after, "items": 0} or before["items"].keys() != got["items"].keys():
        return False
    no_dangling(got["items"])
    return all(before["items"][kind].get(name) == item for kind, those in got["items"].items() for name, item in those.items()) and all(
        after["items"][kind].keys() <= those.keys() for kind, those in got["items"].items())


def differences(got, want, path=""):
    if isinstance(got, dict) and isinstance(want, dict):
        return [x for key in sorted({*got, *want}) for x in differences(got.get(key), want.get(key), path + "/" + key)]
    return [] if got == want else ["%s: %.120r, expected %.120r" % (path, got, want)]


class Machine:
    """Puts disks in place and starts the daemon on them, each time with another identity of the kernel's boot."""

    def __init__(self, lab, d, pristine):
        self.d, self.pristine, self.boots = d, pristine, 0
        self.boot_id = lab.tmp / "boot_id"
        self.boot_id.write_text("")
        subprocess.run(["mount", "--bind", self.boot_id, "/proc/sys/kernel/random/boot_id"], check=True)

    def off(self):
        subprocess.run(["umount", "/proc/sys/kernel/random/boot_id"], check=True)

    def start(self, disk):
        d = self.d
        shutil.rmtree(d.root)
        subprocess.run(["cp", "-a", self.pristine, d.root], check=True)
        for folder in FOLDERS:
            owner = (d.root / folder).stat()
            for path in sorted((d.root / folder).rglob("*"), reverse=True):
                if path.relative_to(d.root) not in disk and not path.is_symlink():
                    path.rmdir() if path.is_dir() else path.unlink()
            for path, content in disk.items():
                file = d.root / path
                if content is None:
                    file.mkdir(exist_ok=True)
                    continue
                new = not file.exists()
                file.write_bytes(content)
                if new:
                    owner = file.parent.stat()
                    os.chown(file, owner.st_uid, owner.st_gid)
                    file.chmod(0o640)
        self.boots += 1
        self.boot_id.write_text("00000000-0000-4000-8000-%012d\n" % self.boots)
        d.start()
        return d.login()


KINDS = (NOTHING, NAMES_AND_ZEROS, NAMES_AND_GARBAGE, ALL, TORN_END, *range(SOME, SOME + 4))


def disks(calls, states, fresh, rng):
    """[(number of the call before which the power goes, its name, kind, states that may be found, content)]: those of CRASH_ALL=1, or some of them."""
    disk = fresh()
    # A disk is the same until the next call that writes to it, and then the most was acknowledged.
    points = [number for number, call in enumerate(calls) if disk.call(*call[1:])] + [len(calls)]
    wanted = [(number, kind) for number in points for kind in KINDS]
    wanted = set(wanted if os.environ.get("CRASH_ALL") == "1" else rng.sample(wanted, STARTS))
    disk, seen, found = fresh(), set(), []
    for number, (when, name, *rest) in enumerate([*calls, (time.time(), "the end", [], 0)]):
        for kind in KINDS:
            if (number, kind) not in wanted:
                continue
            content = disk.after_cut(min(kind, SOME), rng.random())
            done = sum(1 for acknowledged, _ in states if acknowledged < when) - 1
            key = hash((done, frozenset((str(p), c) for p, c in content.items())))
            if key not in seen:
                seen.add(key)
                found.append((number, name, kind, [state for _, state in states[done:done + 2]], content))
        if number < len(calls):
            disk.call(name, *rest)
    return len(points), found


def test_any_disk_after_a_loss_of_power_has_what_was_acknowledged(lab):
    need_strace(lab)
    d = lab.daemon(services={**QUIET, "http": {"enabled": False}}, settings={"allow_dynamic_settings": True})
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab))
    add(s, token, "system", {"name": "n2", "profile": "p", "modify_interface": interface("52:54:00:77:00:11")})
    add(s, token, "profile", {"name": "q2", "distro": "d"})
    d.stop()
    pristine = lab.tmp / "pristine"
    subprocess.run(["cp", "-a", d.root, pristine], check=True)
    calls, states = record(lab, d, lab.tmp / "recording")

    shutil.rmtree(d.root)
    subprocess.run(["cp", "-a", pristine, d.root], check=True)
    points, found = disks(calls, states, lambda: Disk(d.root, FOLDERS), random.Random(SEED))
    check(points > 150, "only %d of %d calls write: the recording is not what it should be" % (points, len(calls)))
    machine = Machine(lab, d, pristine)
    try:
        for number, name, kind, allowed, content in found:
            what = "cut before call %d of %d (%s), disk of kind %d" % (number, len(calls), name, kind)
            s, token = machine.start(content)
            got = state(s, token)
            check(got in allowed or (len(allowed) == 2 and is_part_of_a_removal(got, *allowed)), "%s: neither what was acknowledged nor the change that was under way:\n%s\n%s" % (
                what, "\nor\n".join("\n".join(differences(got, want)) for want in allowed), d.tail()))
            check(" 0 damaged" in d.log(), "%s:\n%s" % (what, d.tail()))
            left = [p for p in leftovers(d) if "collections" in p.parts]
            check(not left, "%s: %s" % (what, left))
            d.kill()
    finally:
        if d.running:
            d.kill()
        machine.off()
    lab.note("%d calls, %d of them write, %d starts" % (len(calls), points, len(found)))


def test_a_host_that_does_not_tell_its_boot_loses_nothing(lab):
    """A container may hide by what a start knows that the power was lost: then each start puts files in order from the journal."""
    need_strace(lab)
    d = lab.daemon(start=False, services=QUIET)
    machine = Machine(lab, d, None)
    try:
        d.start()
        add_machine(*d.login(), fake_boot_files(lab))
        file, journal = d.root / "var/lib/cobbler/collections/systems/n1.json", d.root / "var/lib/cobbler/edits.journal"
        for number in range(20):                 # until one is still in the journal, which is emptied after a while
            s, token = d.login()
            before, comment = file.read_bytes(), "acknowledged %d" % number
            s.xapi_object_edit("system", "n1", "edit", {"comment": comment}, token)
            d.kill()
            if journal.exists() and comment.encode() in journal.read_bytes():
                break
            d.start()
        file.write_bytes(before)                 # the disk, which had no time to take the new one
        d.start()
        equal(d.rpc().get_system("n1")["comment"], comment, "after the loss of power: " + d.tail())
    finally:
        if d.running:
            d.kill()
        machine.off()
