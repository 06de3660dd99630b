# SPDX-License-Identifier: GPL-2.0-or-later
"""Install media, good and bad. Bad ones get a clear error and leave nothing behind."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import threading
import time

import media
from lab import Skip, check, equal, soon, task_end, wait_for
from test_crash import Tracer, need_strace


def importer_that_hangs(lab, d, start):
    """start() begins an import and gives its task; its importer is stopped where it copies the first file, and stays so."""
    with Tracer(d.roles()["core"], "copy_file_range", "signal=SIGSTOP:when=1", lab.tmp) as tracer:
        task = start()
        wait_for("an importer that is stopped", lambda: "stopped by SIGSTOP" in tracer.out.read_text(), 10)
    return task


def leftovers(d, name):
    """What an import that failed must not leave."""
    s = d.rpc()
    found = [x["name"] for x in s.get_distros() + s.get_profiles() if name in x["name"]]
    found += [str(p) for p in (d.root / "var/www/cobbler").rglob("*" + name + "*")]
    return found


def refused(d, name, path, pattern, *more):
    out = d.cobbler("import", "--name=" + name, "--path=%s" % path, *more, status=1)
    check(re.search(pattern, out), "import of %s says nothing like /%s/:\n%s" % (path, pattern, out))
    check("TASK COMPLETE" not in out, "the task failed, but says:\n" + out)
    equal(leftovers(d, name), [], "left behind by " + name)


def test_debian_iso(lab):
    d = lab.daemon()
    image = lab.media("debian")
    began = time.monotonic()
    out = d.cobbler("import", "--name=deb", "--path=%s" % image)
    lab.note("%.0f MB in %.1f s" % (image.stat().st_size / 1e6, time.monotonic() - began))
    check("TASK COMPLETE" in out, out)
    s = d.rpc()
    distro = s.get_distro("deb-x86_64")
    equal((distro["breed"], distro["os_version"], distro["arch"]), ("debian", "bookworm", "x86_64"), "what it is")
    check(distro["kernel"].endswith("install.amd/vmlinuz") and distro["initrd"].endswith("install.amd/initrd.gz"), "%r" % distro)
    equal(s.get_profile("deb-x86_64")["distro"], "deb-x86_64", "profile")
    equal(s.get_profile("deb-x86_64")["autoinstall"], "sample.seed", "answer file")
    tree = d.root / "var/www/cobbler/distro_mirror/deb"
    with_bsdtar = lab.tmp / "reference"
    with_bsdtar.mkdir()
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", with_bsdtar], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    diff = subprocess.run(["diff", "-r", "--no-dereference", with_bsdtar, tree], capture_output=True, text=True)
    equal(diff.stdout, "", "the tree against another program's extraction")
    want = (tree / "install.amd/vmlinuz").read_bytes()
    check(lab.client.http("/images/deb-x86_64/vmlinuz")[2] == want, "the kernel by HTTP")
    status, _, body = lab.client.http("/cobbler/links/deb-x86_64/dists/bookworm/Release")
    check(status == 200 and b"Codename: bookworm" in body, "the tree by HTTP: %d" % status)
    subprocess.run(["chmod", "-R", "u+w", with_bsdtar], check=True)


def test_debian_tree_in_a_directory(lab):
    d = lab.daemon()
    tree = lab.tmp / "tree"
    tree.mkdir()
    media.debian_tree(tree)
    d.cobbler("import", "--name=dir", "--path=%s" % tree)
    equal(d.rpc().get_distro("dir-x86_64")["os_version"], "bookworm", "os_version")
    shutil.rmtree(tree)
    check((d.root / "var/www/cobbler/distro_mirror/dir/install.amd/vmlinuz").exists(), "it is a copy")


def test_enterprise_linux_iso(lab):
    d = lab.daemon()
    out = d.cobbler("import", "--name=rocky9", "--path=%s" % lab.media("rhel"))
    check("TASK COMPLETE" in out, out)
    distro = d.rpc().get_distro("rocky9-x86_64")
    equal((distro["breed"], distro["os_version"], distro["arch"]), ("redhat", "rhel9", "x86_64"), "what it is")
    check(distro["kernel"].endswith("images/pxeboot/vmlinuz") and distro["initrd"].endswith("images/pxeboot/initrd.img"), "%r" % distro)
    check((d.root / "var/www/cobbler/distro_mirror/rocky9/.treeinfo").exists(), "hidden files are copied")
    equal(d.rpc().get_profile("rocky9-x86_64")["autoinstall"], "sample.ks", "answer file")


def test_progress_is_in_the_event_log(lab):
    d = lab.daemon()
    s, token = d.login()
    task = s.background_import({"name": "deb", "path": str(lab.media("debian"))}, token)
    state, log = task_end(s, task)
    equal(state, "complete", log)
    check("PROGRESS" in log and "TASK COMPLETE" in log, log)
    check(task in s.get_events(""), "the event is listed")


def test_bad_media(lab):
    d = lab.daemon()
    no_iso = lab.tmp / "noise.iso"
    no_iso.write_bytes(bytes(range(256)) * 8192)
    refused(d, "noise", no_iso, r"(?i)not an? (ISO|install|image|archive)|recogni|no ISO|neither")
    empty = lab.tmp / "empty.iso"
    empty.write_bytes(b"")
    refused(d, "void", empty, r"(?i)empty|not an? |recogni|no ISO|neither")
    refused(d, "absent", lab.tmp / "absent.iso", r"(?i)no such file|does not exist|not found")
    unknown = lab.tmp / "tree"
    unknown.mkdir()
    (unknown / "holiday.jpg").write_bytes(b"x" * 1000)
    image = lab.tmp / "unknown.iso"
    media.run(["xorriso", "-as", "mkisofs", "-quiet", "-r", "-J", "-o", image, unknown])
    refused(d, "photos", image, r"(?i)no signature matched.*looked for.*\.treeinfo")
    whole = lab.media("debian")
    for share in (0.02, 0.5, 0.98):
        cut = lab.tmp / "cut.iso"
        shutil.copy(whole, cut)
        with open(cut, "r+b") as f:
            f.truncate(int(whole.stat().st_size * share))
        refused(d, "torn", cut, r"(?i)truncated|cut off|incomplete|ends? (early|before)|shorter|damaged")
    check("Sanitizer" not in d.log(), d.tail())


def test_exit_status_of_a_failed_import(lab):
    d = lab.daemon()
    d.cobbler("import", "--name=x", "--path=%s" % (lab.tmp / "absent.iso"), status=1)
    d.cobbler("import", "--name=x", status=1)


def snapshot(d, name):
    """What machines and clients see of an import: {path below the tree: bytes or link}, distros, profiles."""
    tree, s = d.root / "var/www/cobbler/distro_mirror" / name, d.rpc()
    files = {str(p.relative_to(tree)): p.readlink() if p.is_symlink() else p.read_bytes() for p in tree.rglob("*")
             if p.is_symlink() or p.is_file()}
    return files, s.get_distros(), s.get_profiles(), sorted(p.name for p in (d.root / "var/www/cobbler/links").iterdir())


def left_in_mirror(d):
    return sorted(p.name for p in (d.root / "var/www/cobbler/distro_mirror").iterdir() if p.name != "config")


def test_second_import_under_the_same_name(lab):
    """As in Cobbler: the tree is refreshed, what there is of items stays, what is missing is added, files that the medium lacks remain."""
    d = lab.daemon()
    s, token = d.login()
    tree, web = lab.tmp / "tree", d.root / "var/www/cobbler"
    tree.mkdir()
    media.debian_tree(tree)
    d.cobbler("import", "--name=deb", "--path=%s" % tree)
    d.cobbler("profile", "edit", "--name=deb-x86_64", "--kernel-options=mine=1")
    d.cobbler("sync")
    mirror, image = web / "distro_mirror/deb", d.root / "srv/tftpboot/images/deb-x86_64/vmlinuz"
    first = image.read_bytes()
    (mirror / "pool/local").mkdir(parents=True)
    (mirror / "pool/local/mine.deb").write_text("mine")
    out = d.cobbler("import", "--name=deb", "--path=%s" % tree, status=1)
    check(re.search(r"pool/local is another account's.*chown", out), out)
    subprocess.run(["chown", "-R", "nobody", mirror / "pool/local"], check=True)
    before = s.get_distro("deb-x86_64"), s.get_profile("deb-x86_64")
    kernel = tree / "install.amd/vmlinuz"
    kernel.write_bytes(kernel.read_bytes() + b"second")
    (tree / "pool/new.deb").write_text("new")
    (tree / "install.amd/gtk").mkdir()
    for name in ("vmlinuz", "initrd.gz"):
        shutil.copy(tree / "install.amd" / name, tree / "install.amd/gtk" / name)
    out = d.cobbler("import", "--name=deb", "--path=%s" % tree)
    check("TASK COMPLETE" in out and "distro name already exists: deb-x86_64" in out, out)
    equal((s.get_distro("deb-x86_64"), s.get_profile("deb-x86_64")), before, "items that were there")
    equal(sorted(x["name"] for x in s.get_profiles()), ["deb-gtk-x86_64", "deb-x86_64"], "what was missing is added")
    check((mirror / "install.amd/vmlinuz").read_bytes() == first + b"second", "the tree's kernel")
    equal([(mirror / "pool" / n).read_text() for n in ("new.deb", "local/mine.deb")], ["new", "mine"], "files of the tree")
    equal(left_in_mirror(d), ["deb"], "folders of the mirror")
    equal((web / "links/deb-x86_64/pool/new.deb").read_text(), "new", "by the link")
    check(lab.client.http("/images/deb-x86_64/vmlinuz")[2] == first + b"second", "the kernel by HTTP")
    check(lab.client.tftp("/images/deb-x86_64/vmlinuz")[0] == first + b"second", "the kernel by TFTP")
    d.cobbler("sync")
    check(image.read_bytes() == first + b"second", "the kernel that a sync leaves")
    out = d.cobbler("import", "--name=deb", "--path=%s" % tree)
    check("TASK COMPLETE" in out and "No distros imported" in out, out)
    s.remove_distro("deb-gtk-x86_64", token, True)
    check((mirror / "pool/new.deb").exists(), "a tree in use")
    s.remove_distro("deb-x86_64", token, True)
    equal(left_in_mirror(d), [], "after the last distro")


def test_boot_files_follow_a_refreshed_tree(lab):
    """Where another server reads the TFTP directory, a changed kernel is there without a sync, and a new distro too."""
    d = lab.daemon(services={"tftp": {"enabled": False}})
    tree, images = lab.tmp / "tree", d.root / "srv/tftpboot/images"
    tree.mkdir()
    media.debian_tree(tree)
    kernel = tree / "install.amd/vmlinuz"
    d.cobbler("import", "--name=deb", "--path=%s" % tree)
    for text in (None, b"a second kernel"):
        if text is not None:
            kernel.write_bytes(text)
            d.cobbler("import", "--name=deb", "--path=%s" % tree)
        check((images / "deb-x86_64/vmlinuz").exists(), "the kernel below %s" % images)
        check((images / "deb-x86_64/vmlinuz").read_bytes() == kernel.read_bytes(), "the kernel of the tree")


def test_another_web_server_has_the_kernels_of_a_distro(lab):
    """iPXE asks for /cobbler/images/DISTRO/FILE: below webdir it is there without a sync, and goes with the distro."""
    d = lab.daemon(services={"http": {"enabled": False}})
    s, token = d.login()
    d.cobbler("import", "--name=rocky", "--path=%s" % lab.media("rhel"))
    link = d.root / "var/www/cobbler/images/rocky-x86_64/vmlinuz"
    check(link.exists() and link.read_bytes() == open(s.get_distro("rocky-x86_64")["kernel"], "rb").read(), "the kernel below webdir")
    s.remove_distro("rocky-x86_64", token, True)
    check(not link.is_symlink(), "the link of a distro that is gone")


def test_refreshing_from_other_sources(lab):
    """An ISO, the same mounted, rsync with flags and by its daemon, available_as, the tree itself."""
    d = lab.daemon()
    image, mirror = lab.media("rhel"), d.root / "var/www/cobbler/distro_mirror/rocky"
    mounted, copy = lab.tmp / "mounted", lab.tmp / "copy"
    mounted.mkdir()
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", copy], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)
    conf = lab.tmp / "rsyncd.conf"
    conf.write_text("use chroot = no\n[m]\npath = %s\nread only = yes\nuid = root\ngid = root\n" % copy)
    server = subprocess.Popen(["rsync", "--daemon", "--no-detach", "--address=127.0.0.1", "--port=8731", "--config=%s" % conf],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    is_mounted = subprocess.run(["mount", "-o", "loop,ro", image, mounted], stderr=subprocess.DEVNULL).returncode == 0
    try:
        wait_for("rsync daemon", lambda: subprocess.run(["rsync", "rsync://127.0.0.1:8731/"], capture_output=True).returncode == 0, 10)
        d.cobbler("import", "--name=rocky", "--path=%s" % image)
        (mirror / "mine").write_text("mine")
        want = snapshot(d, "rocky")
        ways = [["--path=%s" % image], ["--path=%s" % copy], ["--path=%s" % copy, "--rsync-flags=-v"], ["--path=rsync://127.0.0.1:8731/m/"],
                ["--path=%s" % mirror], ["--path=%s" % copy, "--available-as=http://10.0.0.1/rocky"]] + ([["--path=%s" % mounted]] if is_mounted else [])
        for words in ways:
            (mirror / "media.repo").write_text("old") if words[0] != "--path=%s" % mirror and "--available" not in words[-1] else None
            out = d.cobbler("import", "--name=rocky", *words)
            check("TASK COMPLETE" in out, "%s:\n%s" % (words, out))
            now = snapshot(d, "rocky")
            equal(sorted(now[0]), sorted(want[0]), "files after %s" % words)
            wrong = [n for n in want[0] if now[0][n] != want[0][n]]
            equal((wrong, now[1:]), ([], want[1:]), "after %s" % words)
            equal(left_in_mirror(d), ["rocky"], "folders of the mirror after %s" % words)
        inode = (mirror / "images/pxeboot/vmlinuz").stat().st_ino
        d.cobbler("import", "--name=rocky", "--path=rsync://127.0.0.1:8731/m/")
        equal((mirror / "images/pxeboot/vmlinuz").stat().st_ino, inode, "rsync fetches no file that is there")
    finally:
        server.kill()
        server.wait()
        subprocess.run(["umount", mounted], stderr=subprocess.DEVNULL)


def test_a_refresh_that_fails_changes_nothing(lab):
    d = lab.daemon()
    image = lab.media("rhel")
    d.cobbler("import", "--name=rocky", "--path=%s" % image)
    before = snapshot(d, "rocky")
    cut = lab.tmp / "cut.iso"
    shutil.copy(image, cut)
    with open(cut, "r+b") as f:
        f.truncate(image.stat().st_size // 2)
    more = lab.tmp / "more"
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", more], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)
    subprocess.run(["chmod", "-R", "u+w", more], check=True)
    shutil.copytree(more / "images/pxeboot", more / "images/second")
    (more / "media.repo").write_text("changed")
    in_the_way = d.root / "var/www/cobbler/links/rocky-images-second-x86_64"
    for what, path, pattern in (("a torn image", cut, "(?i)truncated|cut off|shorter|damaged|ends early"),
                                ("no media", lab.tmp / "absent", "(?i)no such file"), ("a link in the way", more, "exists already")):
        if path == more:
            names = ("rocky-second-x86_64", in_the_way.name)
            for name in names:
                (in_the_way.parent / name / "x").mkdir(parents=True)
        out = d.cobbler("import", "--name=rocky", "--path=%s" % path, status=1)
        check(re.search(pattern, out) and "TASK COMPLETE" not in out, "%s:\n%s" % (what, out))
        if path == more:
            for name in names:
                shutil.rmtree(in_the_way.parent / name)
        check(snapshot(d, "rocky") == before, "tree and items after " + what)
        equal(left_in_mirror(d), ["rocky"], "folders of the mirror after " + what)


def test_a_refresh_needs_room_for_the_medium(lab):
    d = lab.daemon(start=False)
    web = d.root / "var/www/cobbler"
    web.mkdir(parents=True)
    image = lab.media("rhel")
    size = image.stat().st_size
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d,mode=755" % (size * 3 // 2), "tmpfs", web], check=True)
    try:
        d.start()
        d.cobbler("import", "--name=rocky", "--path=%s" % image)
        before, free = snapshot(d, "rocky"), shutil.disk_usage(web).free
        out = d.cobbler("import", "--name=rocky", "--path=%s" % image, status=1)
        check(re.search(r"(?i)not enough|no space|disk.*full|free", out), out)
        check(snapshot(d, "rocky") == before, "tree and items after a refresh without room")
        check(shutil.disk_usage(web).free >= free - 65536, "the space is given back")
        d.stop()
    finally:
        if d.running:
            d.kill()
        subprocess.run(["umount", "-l", web], check=True)


def test_readers_of_a_tree_that_is_refreshed(lab):
    """Every file is there at every moment, whole, old or new."""
    d = lab.daemon()
    tree = lab.tmp / "tree"
    tree.mkdir()
    media.debian_tree(tree)
    d.cobbler("import", "--name=deb", "--path=%s" % tree)
    mirror, kernel, release = d.root / "var/www/cobbler/distro_mirror/deb", tree / "install.amd/vmlinuz", tree / "dists/bookworm/Release"
    old = kernel.read_bytes(), release.read_bytes()
    kernel.write_bytes(b"new kernel")
    release.write_bytes(b"Codename: bookworm\nOrigin: Debian\nnew\n")
    new = kernel.read_bytes(), release.read_bytes()
    s, token = d.login()
    task = s.background_import({"name": "deb", "path": str(tree)}, token)
    reads, seen = 0, set()
    while s.get_task_status(task)[2] == "running" or reads == 0:
        for number, path in enumerate(("install.amd/vmlinuz", "dists/bookworm/Release")):
            status, _, body = lab.client.http("/cobbler/links/deb-x86_64/" + path)
            check(status == 200 and body in (old[number], new[number]), "%s while it is refreshed: %d, %d bytes" % (path, status, len(body)))
            seen.add((number, body == new[number]))
        reads += 1
    lab.note("%d rounds" % reads)
    check(d.cobbler("import", "--name=deb", "--path=%s" % tree, status=0), "again")
    equal((mirror / "install.amd/vmlinuz").read_bytes(), new[0], "the kernel")
    check("Sanitizer" not in d.log(), d.tail())


def test_daemon_dies_during_a_refresh(lab):
    need_strace(lab)
    d = lab.daemon()
    tree = lab.tmp / "tree"
    tree.mkdir()
    media.debian_tree(tree)
    d.cobbler("import", "--name=deb", "--path=%s" % tree)
    before = snapshot(d, "deb")
    (tree / "install.amd/vmlinuz").write_bytes(b"new kernel")
    s, token = d.login()
    importer_that_hangs(lab, d, lambda: s.background_import({"name": "deb", "path": str(tree)}, token))
    check(left_in_mirror(d) != ["deb"], "the files beside the tree")
    d.kill()
    d.start()
    now = snapshot(d, "deb")
    equal([[x["uid"] for x in kind] for kind in now[1:3]], [[x["uid"] for x in kind] for kind in before[1:3]], "the items")
    equal(sorted(now[0]), sorted(before[0]), "the names in the tree")
    d.cobbler("import", "--name=deb", "--path=%s" % tree)
    equal(left_in_mirror(d), ["deb"], "what the crash left is swept")
    equal((d.root / "var/www/cobbler/distro_mirror/deb/install.amd/vmlinuz").read_bytes(), b"new kernel", "the kernel")


def test_file_systems_that_cannot_exchange_names(lab):
    """As NFS: no renameat2 with flags, and no locks on folders. A refresh takes two steps, and what dies in between is put back."""
    need_strace(lab)
    d = lab.daemon(services={"dhcp": {"enabled": False}, "tftp": {"enabled": False}})
    tree = lab.tmp / "tree"
    for path, text in (("dists/bookworm/Release", "Codename: bookworm\nArchitectures: amd64\n"), ("install.amd/vmlinuz", "k"), ("install.amd/initrd.gz", "i")):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    kernel = d.root / "var/www/cobbler/distro_mirror/deb/install.amd/vmlinuz"
    for locks in ({}, {"flock": "error=EBADF"}):
        with Tracer(d.roles()["core"], "renameat2", "error=EINVAL", lab.tmp, **locks):
            (tree / "install.amd/vmlinuz").write_text("one")
            d.cobbler("import", "--name=deb", "--path=%s" % tree)
            (tree / "install.amd/vmlinuz").write_text("two")
            out = d.cobbler("import", "--name=deb", "--path=%s" % tree)
        check("cannot exchange two folders" in out and "refreshed" in out, out)
        equal((kernel.read_text(), left_in_mirror(d)), ("two", ["deb"]), "the kernel, the folders of the mirror")
    before, back, n = snapshot(d, "deb"), False, 0
    while True:
        n += 1
        (tree / "install.amd/vmlinuz").write_text("try %d" % n)
        was = kernel.read_text()
        with Tracer(d.roles()["core"], "renameat2", "error=EINVAL", lab.tmp, rename="signal=SIGKILL:when=%d" % n):
            d.cobbler("import", "--name=deb", "--path=%s" % tree, status=None)
        killed = "KILL" in (lab.tmp / "strace").read_text(errors="replace")
        d.kill()                # the master may have started another core already, which puts back the tree
        back |= "is put back" in d.log()
        d.start()
        back |= "is put back" in d.log()
        check(kernel.exists(), "killed before rename %d: no tree\n%s" % (n, d.tail()))
        check(kernel.read_text() in (was, "try %d" % n), "killed before rename %d: %s" % (n, kernel.read_text()))
        now = snapshot(d, "deb")
        equal((sorted(now[0]), [[x["uid"] for x in kind] for kind in now[1:3]]), (sorted(before[0]), [[x["uid"] for x in kind] for kind in before[1:3]]), "killed before rename %d" % n)
        if not killed:
            break
        check(n < 50, "renames without end")
    check(back, "no death between the two steps")
    d.cobbler("import", "--name=deb", "--path=%s" % tree)
    equal([x for x in left_in_mirror(d) if not x.startswith(".new-")], ["deb"], "what is left")
    lab.note("%d deaths" % (n - 1))


def test_a_file_system_that_really_cannot_exchange_names(lab):
    """bindfs, in user space, refuses renameat2 with flags."""
    if shutil.which("bindfs") is None:
        raise Skip("bindfs is not installed")
    d = lab.daemon(services={"dhcp": {"enabled": False}, "tftp": {"enabled": False}})
    tree, web, below = lab.tmp / "tree", d.root / "var/www/cobbler", lab.tmp / "below"
    tree.mkdir()
    media.debian_tree(tree)
    d.stop()
    web.rename(below)
    web.mkdir()
    if subprocess.run(["bindfs", below, web]).returncode != 0:
        raise Skip("bindfs cannot mount")
    try:
        d.start()
        d.cobbler("import", "--name=deb", "--path=%s" % tree)
        (tree / "install.amd/vmlinuz").write_bytes(b"new kernel")
        out = d.cobbler("import", "--name=deb", "--path=%s" % tree)
        check("cannot exchange two folders" in out, out)
        equal((web / "distro_mirror/deb/install.amd/vmlinuz").read_bytes(), b"new kernel", "the kernel")
        equal(left_in_mirror(d), ["deb"], "folders of the mirror")
        d.cobbler("distro", "remove", "--name=deb-x86_64", "--recursive")
        wait_for("the tree to go", lambda: left_in_mirror(d) == [], 10)
        d.stop()
    finally:
        subprocess.run(["umount", "-l", web], check=True)


def test_a_tree_in_the_lower_layer_of_an_overlay(lab):
    """It cannot be moved there: the refresh says so and leaves all as it was; a new tree can be imported and refreshed."""
    d = lab.daemon(services={"dhcp": {"enabled": False}, "tftp": {"enabled": False}})
    tree = lab.tmp / "tree"
    tree.mkdir()
    media.debian_tree(tree)
    d.cobbler("import", "--name=deb", "--path=%s" % tree)
    d.stop()
    web, space = d.root / "var/www/cobbler", lab.tmp / "space"
    space.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", space], check=True)
    for name in ("upper", "work"):
        (space / name).mkdir()
    shutil.copystat(web, space / "upper")
    if subprocess.run(["mount", "-t", "overlay", "overlay", "-o", "redirect_dir=off,lowerdir=%s,upperdir=%s,workdir=%s" % (web, space / "upper", space / "work"), web]).returncode != 0:
        raise Skip("an overlay cannot be mounted")
    try:
        d.start()
        before = snapshot(d, "deb")
        (tree / "install.amd/vmlinuz").write_bytes(b"new kernel")
        out = d.cobbler("import", "--name=deb", "--path=%s" % tree, status=1)
        check("distro_mirror/deb cannot be moved on its file system" in out, out)
        equal(snapshot(d, "deb"), before, "after a refresh that failed")
        equal(left_in_mirror(d), ["deb"], "folders of the mirror")
        for _ in range(2):
            d.cobbler("import", "--name=fresh", "--path=%s" % tree)
        equal(left_in_mirror(d), ["deb", "fresh"], "folders of the mirror")
        d.stop()
    finally:
        subprocess.run(["umount", web], check=True)
        subprocess.run(["umount", space], check=True)


def test_an_index_for_packages_without_one(lab):
    """Enterprise Linux 4: RedHat/base with the groups, and RedHat/RPMS."""
    if shutil.which("createrepo_c") is None:
        raise Skip("createrepo_c is not installed")
    tree = lab.tmp / "tree"
    for path in ("RedHat/RPMS/redhat-release-4AS-2.i386.rpm", "RedHat/base/comps.xml", "images/pxeboot/vmlinuz", "images/pxeboot/initrd.img"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text("<comps/>")
    for name, flags, want in (("one", "-c cache -s sha", 1), ("two", "--simple-md-filenames 'x y", None), ("three", "--no-such-option", 0)):
        d = lab.daemon(name, settings={"createrepo_flags": flags}, services={"dhcp": {"enabled": False}, "tftp": {"enabled": False}})
        out = d.cobbler("import", "--name=el4", "--path=%s" % tree, "--arch=i386", status=1 if want is None else 0)
        if want is None:
            check("createrepo_flags" in out, out)
            equal(leftovers(d, "el4"), [], "left behind")
        else:
            equal(len(d.rpc().get_distros()[0]["source_repos"]), want, "repositories of the tree:\n" + out)
            status, _, body = lab.client.http("/cobbler/distro_mirror/el4-i386/RedHat/repodata/repomd.xml")
            check((status == 200) == bool(want), "%d" % status)
        if want == 0:
            check(re.search(r"el4-i386/RedHat has no index of its packages: /usr/bin/createrepo_c ended with status \d+: .*no-such-option", out), out)
        d.stop()


def test_a_tree_without_a_distro(lab):
    """What another import left, or an operator: Cobbler imports over it."""
    d = lab.daemon()
    mirror = d.root / "var/www/cobbler/distro_mirror"
    (mirror / "rocky/images/pxeboot").mkdir(parents=True)
    (mirror / "rocky/images/pxeboot/vmlinuz").write_text("old")
    (mirror / "rocky/notes").write_text("mine")
    (mirror / "elsewhere").symlink_to("rocky")
    (mirror / "plain").write_text("a file")
    subprocess.run(["chown", "-Rh", "nobody", mirror / "rocky"], check=True)
    image = lab.media("rhel")
    d.cobbler("import", "--name=rocky", "--path=%s" % image)
    equal((mirror / "rocky/notes").read_text(), "mine", "what was there")
    check((mirror / "rocky/images/pxeboot/vmlinuz").stat().st_size > 1000, "the kernel")
    for name in ("elsewhere", "plain"):
        out = d.cobbler("import", "--name=" + name, "--path=%s" % image, status=1)
        check(re.search(r"(?i)%s.*(link|mounted|no directory)" % name, out), out)


def test_names_that_would_leave_the_mirror(lab):
    d = lab.daemon()
    s, token = d.login()
    image = lab.media("rhel")
    for name in ("../evil", "/tmp/evil", "a/../../evil"):
        out = d.cobbler("import", "--name=" + name, "--path=%s" % image, status=None)
        check("TASK COMPLETE" not in out or not list(lab.tmp.rglob("*evil*")), out)
    check(not [p for p in lab.tmp.rglob("*evil*") if "/var/www/cobbler/distro_mirror/" not in str(p)], "nothing outside the mirror")


def test_disk_full(lab):
    d = lab.daemon(start=False)
    web = d.root / "var/www/cobbler"
    web.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "tmpfs", web], check=True)
    try:
        d.start()
        free = shutil.disk_usage(web).free
        refused(d, "big", lab.media("debian"), r"(?i)no space left|disk.*full|not enough|free")
        check(shutil.disk_usage(web).free >= free - 65536, "the space is given back: %d of %d" % (shutil.disk_usage(web).free, free))
        d.cobbler("import", "--name=small", "--path=%s" % lab.media("rhel"))
        equal(len(d.rpc().get_distros()), 1, "the next import that fits succeeds")
        d.stop()
    finally:
        if d.running:
            d.kill()
        subprocess.run(["umount", "-l", web], check=True)


def test_disk_full_while_writing(lab):
    """The room was there when the import began: here the file system runs out of inodes halfway."""
    d = lab.daemon(start=False)
    web = d.root / "var/www/cobbler"
    web.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m,nr_inodes=36,mode=755", "tmpfs", web], check=True)
    try:
        d.start()
        refused(d, "big", lab.media("debian"), r"(?i)no space left|disk.*full")
        d.stop()
    finally:
        if d.running:
            d.kill()
        subprocess.run(["umount", "-l", web], check=True)


def test_limits_of_the_configuration(lab):
    d = lab.daemon(services={"import": {"max_bytes": 1000000}})
    refused(d, "large", lab.media("rhel"), r"1000000|larger|too (much|large|many bytes)")
    d.stop()
    d.reconfigure(services={"import": {"timeout": 1}})
    d.start()
    with socket.create_server(("127.0.0.1", 8732)):
        began = time.monotonic()
        refused(d, "slow", "rsync://127.0.0.1:8732/m/", r"(?i)time|too long|1 s")
        soon(time.monotonic() - began, 10, "an import that may take a second")


def test_a_server_that_sends_without_end(lab):
    """rsync is ended when it has brought import.max_bytes, not when the disk is full."""
    d = lab.daemon(services={"import": {"max_bytes": 5000000}})
    conf, share = lab.tmp / "rsyncd.conf", lab.tmp / "share"
    share.mkdir()
    conf.write_text("use chroot = no\n[m]\npath = %s\nread only = yes\nuid = root\ngid = root\n" % share)
    (share / "a").write_bytes(b"x" * 1000)
    os.truncate(share / "a", 3000000)
    (share / "b").touch()
    os.truncate(share / "b", 1 << 33)
    mirror, seen = d.root / "var/www/cobbler/distro_mirror", []

    def watch():
        while not done.wait(0.05):
            with contextlib.suppress(OSError):
                seen.append(sum(p.stat().st_size for p in mirror.rglob("*")))
    done = threading.Event()
    server = subprocess.Popen(["rsync", "--daemon", "--no-detach", "--address=127.0.0.1", "--port=8733", "--config=%s" % conf],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for flags in ("--bwlimit=3000", "--bwlimit=3000 --quiet"):
            began = time.monotonic()
            refused(d, "endless", "rsync://127.0.0.1:8733/m/", r"rsync://\S+ is too large: more than 5000000 bytes \(import.max_bytes of cobblerd.yaml\)", "--rsync-flags=" + flags)
            check(time.monotonic() - began < 60, "it ends in time")
            equal(left_in_mirror(d), [], "folders of the mirror")
    finally:
        done.set()
        watcher.join()
        server.kill()
        server.wait()
    lab.note("at most %.1f MB were there" % (max(seen) / 1e6))
    check(max(seen) < 20000000, "%d bytes" % max(seen))


def test_an_importer_that_hangs(lab):
    need_strace(lab)
    d = lab.daemon(services={"import": {"timeout": 2}})
    s, token = d.login()
    tree = lab.tmp / "tree"
    tree.mkdir(mode=0o755)
    (tree / "file").write_text("content\n")
    state, text = task_end(s, importer_that_hangs(lab, d, lambda: s.background_import({"name": "hung", "path": str(tree)}, token)), 20)
    equal(state, "failed", text)
    check("Exception value: %s: importer did not finish within 2 s" % tree in text, text)
    equal(leftovers(d, "hung"), [], "left behind")


def test_daemon_dies_during_an_import(lab):
    d = lab.daemon()
    s, token = d.login()
    image = lab.media("debian")
    s.background_import({"name": "half", "path": str(image)}, token)
    wait_for("first files", lambda: list((d.root / "var/www/cobbler").rglob("initrd.gz")), 10)
    d.kill()
    d.start()
    s = d.rpc()
    names = [x["name"] for x in s.get_distros()]
    check(names in ([], ["half-x86_64"]), "all or nothing: %r" % names)
    out = d.cobbler("import", "--name=half", "--path=%s" % image, status=None)
    check(names or "TASK COMPLETE" in out, "the import can be tried again:\n" + out)


def test_a_tree_goes_with_its_last_distro(lab):
    """As in Cobbler: what was imported is removed with what uses it, and the name is free again."""
    d = lab.daemon()
    s, token = d.login()
    tree = lab.tmp / "tree"
    tree.mkdir()
    media.debian_tree(tree)
    web = d.root / "var/www/cobbler"
    d.cobbler("import", "--name=deb", "--path=%s" % tree)
    mirror, link = web / "distro_mirror/deb", web / "links/deb-x86_64"
    d.cobbler("distro", "copy", "--name=deb-x86_64", "--newname=second")
    d.cobbler("distro", "rename", "--name=deb-x86_64", "--newname=first")
    equal((web / "links/first").readlink(), link.readlink(), "the link of the new name")
    s.remove_distro("first", token, True)
    check(mirror.exists() and not (web / "links/first").is_symlink(), "a tree that another distro uses")
    s.remove_distro("second", token, True)
    equal([p.name for p in (web / "distro_mirror").iterdir() if p.name != "config"] + list((web / "links").iterdir()), [], "what is left")
    check("TASK COMPLETE" in d.cobbler("import", "--name=deb", "--path=%s" % tree), "the same name again")
    other = lab.tmp / "other"
    shutil.move(mirror, other)
    mirror.symlink_to(other)
    s.remove_distro("deb-x86_64", token, True)
    check((other / "dists").exists(), "a tree that lies elsewhere")


def test_mirrors_follow_their_repositories(lab):
    d = lab.daemon()
    s, token = d.login()
    mirrors = d.root / "var/www/cobbler/repo_mirror"
    for name in ("r1", "r2"):
        s.xapi_object_edit("repo", name, "add", {"name": name, "mirror": "http://127.0.0.1/x", "breed": "yum"}, token)
        (mirrors / name).mkdir(parents=True, exist_ok=True)
        (mirrors / name / "a.rpm").write_text("x")
        subprocess.run(["chown", "-R", "nobody", mirrors / name], check=True)
    s.xapi_object_edit("repo", "r1", "rename", {"name": "r1", "newname": "new"}, token)
    check((mirrors / "new/a.rpm").exists() and not (mirrors / "r1").exists(), "the mirror of the new name")
    s.rename_repo(s.get_repo_handle("new", token), "newer", token)
    check((mirrors / "newer/a.rpm").exists(), "once more")
    s.remove_repo("newer", token)
    equal([p.name for p in mirrors.iterdir()], ["r2"], "mirrors")
