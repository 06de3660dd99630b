# SPDX-License-Identifier: GPL-2.0-or-later
"""Install media, good and bad. Bad ones get a clear error and leave nothing behind."""
import re
import shutil
import subprocess
import time

import media
from lab import check, equal, wait_for


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
    wait_for("end of the task", lambda: s.get_task_status(task)[2] not in ("running", "INFO"), 30)
    equal(s.get_task_status(task)[2], "complete", "state")
    log = s.get_event_log(task)
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


def test_second_import_under_the_same_name(lab):
    d = lab.daemon()
    image = lab.media("rhel")
    d.cobbler("import", "--name=twice", "--path=%s" % image)
    before = d.rpc().get_distro("twice-x86_64")
    kernel = (d.root / "var/www/cobbler/distro_mirror/twice/images/pxeboot/vmlinuz").stat()
    out = d.cobbler("import", "--name=twice", "--path=%s" % image, status=None)
    check(re.search(r"(?i)twice.*(exists|already|taken|in use)|(exists|already).*twice", out), out)
    check("TASK COMPLETE" not in out, out)
    equal(d.rpc().get_distro("twice-x86_64"), before, "the first import's distro")
    equal((d.root / "var/www/cobbler/distro_mirror/twice/images/pxeboot/vmlinuz").stat().st_ino, kernel.st_ino, "the first import's files")


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
