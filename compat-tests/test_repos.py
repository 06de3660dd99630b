# SPDX-License-Identifier: GPL-2.0-or-later
"""Mirrored repositories: reposync of every breed from servers in this namespace, and what hostile fields cannot do."""
import contextlib
import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

from fixtures import add, add_machine, fake_boot_files
from lab import Skip, check, ended, equal, fault, http_server, processes, task_end, wait_for

ADDRESS = "127.0.0.1"


def need(*programs):
    for p in programs:
        if shutil.which(p) is None:
            raise Skip("%s is not installed" % p)


@contextlib.contextmanager
def served(folder, port):
    """The folder over HTTP; yields the list of paths asked for."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(self.path)
    with http_server(ADDRESS, port, functools.partial(Handler, directory=str(folder))):
        yield asked


def quiet(*args, cwd=None):
    r = subprocess.run([str(a) for a in args], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(r.returncode == 0, "%s: %s" % (args[0], r.stdout[-2000:]))


def reposync(s, token, **options):
    return task_end(s, s.background_reposync({"tries": 1, **options}, token))


def synced(s, token, name):
    state, log = reposync(s, token, only=name)
    check(state == "complete", "reposync of %s: %s" % (name, log))
    return log


def mirror(d, name):
    return d.root / "var/www/cobbler/repo_mirror" / name


def open_to_all(folder):
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def rpm_repository(lab, groups=True):
    """A repository of two packages, with a groups file."""
    need("rpmbuild", "createrepo_c")
    top = lab.tmp / "rpm"
    repo = top / "repo"
    repo.mkdir(parents=True)
    for name in ("hello", "world"):
        (top / (name + ".spec")).write_text("Name: %s\nVersion: 1\nRelease: 1\nSummary: a package\nLicense: none\nBuildArch: noarch\n"
                                            "%%description\nnothing\n%%files\n" % name)
        quiet("rpmbuild", "-bb", "--quiet", "--define", "_topdir %s" % top, "--define", "_rpmdir %s" % repo, "--define",
              "_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm", top / (name + ".spec"))
    (top / "comps.xml").write_text("<?xml version='1.0' encoding='UTF-8'?>\n<comps><group><id>g1</id><name>G</name><description/>"
                                   "<default>true</default><uservisible>true</uservisible><packagelist>"
                                   "<packagereq type='default'>hello</packagereq></packagelist></group></comps>\n")
    quiet("createrepo_c", *(["-g", top / "comps.xml"] if groups else []), repo)
    open_to_all(repo)
    return repo


def deb_repository(lab):
    """A Debian mirror of one package, unsigned."""
    need("dpkg-deb")
    top = lab.tmp / "deb"
    pool = top / "debian/pool/main"
    (top / "pkg/DEBIAN").mkdir(parents=True)
    (top / "pkg/DEBIAN").chmod(0o755)
    control = "Package: hello\nVersion: 1\nArchitecture: amd64\nMaintainer: nobody <nobody@localhost>\nDescription: a package\n"
    (top / "pkg/DEBIAN/control").write_text(control)
    pool.mkdir(parents=True)
    deb = pool / "hello_1_amd64.deb"
    quiet("dpkg-deb", "--build", "--root-owner-group", top / "pkg", deb)
    data = deb.read_bytes()
    dist = top / "debian/dists/bookworm"
    packages = dist / "main/binary-amd64/Packages"
    packages.parent.mkdir(parents=True)
    packages.write_text(control + "Filename: pool/main/%s\nSize: %d\nMD5sum: %s\nSHA256: %s\n\n" % (
        deb.name, len(data), hashlib.md5(data).hexdigest(), hashlib.sha256(data).hexdigest()))
    quiet("gzip", "-k", packages)
    sums = {"MD5Sum": hashlib.md5, "SHA256": hashlib.sha256}
    release = "Origin: lab\nSuite: stable\nCodename: bookworm\nArchitectures: amd64\nComponents: main\n"
    for name, function in sums.items():
        release += name + ":\n"
        for path in sorted(packages.parent.iterdir()):
            release += " %s %d %s\n" % (function(path.read_bytes()).hexdigest(), path.stat().st_size, path.relative_to(dist))
    (dist / "Release").write_text(release)
    open_to_all(top / "debian")
    return top


def test_rsync_from_a_path_and_from_a_daemon(lab):
    need("rsync")
    d = lab.daemon()
    s, token = d.login()
    source = lab.tmp / "source"
    (source / "sub").mkdir(parents=True)
    (source / "one.txt").write_text("one\n")
    (source / "sub/two.txt").write_text("two\n")
    open_to_all(source)
    add(s, token, "repo", {"name": "local", "breed": "rsync", "mirror": str(source), "mirror_locally": True, "rsyncopts": "-a"})
    synced(s, token, "local")
    equal((mirror(d, "local") / "sub/two.txt").read_text(), "two\n", "what was mirrored")
    config = (mirror(d, "local") / "config.repo").read_text()
    check("baseurl=http://${http_server}/cobbler/repo_mirror/local\n" in config and "[local]\n" in config, config)
    (source / "one.txt").unlink()
    synced(s, token, "local")
    check(not (mirror(d, "local") / "one.txt").exists(), "what the upstream removed goes")
    check((mirror(d, "local") / "config.repo").exists(), "the configuration stays")

    conf = lab.tmp / "rsyncd.conf"
    conf.write_text("use chroot = no\nuid = root\ngid = root\nport = 8730\naddress = %s\n[m]\npath = %s\n" % (ADDRESS, source))
    daemon = subprocess.Popen(["rsync", "--daemon", "--no-detach", "--config", str(conf)], stdin=subprocess.DEVNULL)
    try:
        wait_for("rsync daemon", lambda: subprocess.run(["rsync", "rsync://%s:8730/" % ADDRESS], capture_output=True).returncode == 0, 10)
        add(s, token, "repo", {"name": "remote", "breed": "rsync", "mirror": "rsync://%s:8730/m" % ADDRESS, "mirror_locally": True,
                               "rsyncopts": "--archive"})
        synced(s, token, "remote")
    finally:
        daemon.kill()
        daemon.wait()
    equal((mirror(d, "remote") / "sub/two.txt").read_text(), "two\n", "what was mirrored from the daemon")
    check(lab.client.http("/cobbler/repo_mirror/remote/sub/two.txt")[2] == b"two\n", "the mirror over HTTP")


def test_yum_with_its_groups(lab):
    need("dnf", "createrepo_c")
    repo = rpm_repository(lab)
    d = lab.daemon()
    s, token = d.login()
    with served(repo, 8080):
        add(s, token, "repo", {"name": "y", "breed": "yum", "mirror": "http://%s:8080/" % ADDRESS, "mirror_locally": True,
                               "yumopts": "sslverify=0 metadata_expire=1", "priority": 7})
        synced(s, token, "y")
    tree = mirror(d, "y")
    equal(sorted(p.name for p in tree.rglob("*.rpm")), ["hello-1-1.noarch.rpm", "world-1-1.noarch.rpm"], "packages")
    check((tree / "repodata/repomd.xml").exists(), "an index of our own")
    check((tree / ".origin/repodata/repomd.xml").exists(), "the upstream's description")
    check('type="group"' in (tree / "repodata/repomd.xml").read_text(), "the groups are in the new index")
    origin = (tree / ".origin/y.repo").read_text()
    check("reposdir=/dev/null" in origin and "baseurl=http://%s:8080/\n" % ADDRESS in origin and "sslverify=0" in origin, origin)
    config = (tree / "config.repo").read_text()
    equal(config, "[y]\nname=y\nbaseurl=http://${http_server}/cobbler/repo_mirror/y\nenabled=1\npriority=7\ngpgcheck=0\nmetadata_expire=1\n",
          "config.repo")
    check(not (tree / ".origin/cache").exists(), "dnf's cache is left behind")
    add_machine(s, token, fake_boot_files(lab), profile={"repos": ["y"]})
    check("baseurl=http://10.55.0.1/cobbler/repo_mirror/y" in s.get_repo_config_for_profile("p"), s.get_repo_config_for_profile("p"))


def test_yum_chosen_packages_and_no_copy(lab):
    need("dnf", "createrepo_c")
    repo = rpm_repository(lab, groups=False)
    d = lab.daemon(settings={"yumdownloader_flags": ""})
    s, token = d.login()
    with served(repo, 8080) as asked:
        url = "http://%s:8080/" % ADDRESS
        add(s, token, "repo", {"name": "some", "breed": "yum", "mirror": url, "mirror_locally": True, "rpm_list": "hello"})
        synced(s, token, "some")
        equal([p.name for p in mirror(d, "some").rglob("*.rpm")], ["hello-1-1.noarch.rpm"], "packages")
        asked.clear()
        add(s, token, "repo", {"name": "far", "breed": "yum", "mirror": url, "mirror_locally": False})
        synced(s, token, "far")
        equal(asked, [], "what is not mirrored is not fetched")
    check("baseurl=%s\n" % url in (mirror(d, "far") / "config.repo").read_text(), "the client goes to the mirror itself")


def test_apt(lab):
    need("debmirror")
    top = deb_repository(lab)
    d = lab.daemon()
    s, token = d.login()
    with served(top, 8080):
        add(s, token, "repo", {"name": "a", "breed": "apt", "arch": "x86_64", "mirror": "http://%s:8080/debian" % ADDRESS, "mirror_locally": True,
                               "apt_dists": "bookworm", "apt_components": "main",
                               "yumopts": "--ignore-release-gpg --no-check-gpg --rsync-extra=none"})
        synced(s, token, "a")
    tree = mirror(d, "a")
    check((tree / "pool/main/hello_1_amd64.deb").exists(), "the package")
    check((tree / "dists/bookworm/Release").exists(), "the index")


def test_wget(lab):
    need("wget", "createrepo_c")
    repo = rpm_repository(lab, groups=False)
    d = lab.daemon()
    s, token = d.login()
    with served(repo, 8080):
        add(s, token, "repo", {"name": "w", "breed": "wget", "mirror": "http://%s:8080/" % ADDRESS, "mirror_locally": True})
        synced(s, token, "w")
    check((mirror(d, "w") / "hello-1-1.noarch.rpm").exists() and (mirror(d, "w") / "repodata/repomd.xml").exists(), "the mirror")


def test_failures_of_one_repository(lab):
    need("rsync")
    d = lab.daemon()
    s, token = d.login()
    source = lab.tmp / "source"
    source.mkdir()
    (source / "f").write_text("f\n")
    open_to_all(source)
    common = {"breed": "rsync", "mirror_locally": True, "keep_updated": True}
    add(s, token, "repo", {"name": "bad", "mirror": "rsync://%s:1/none" % ADDRESS, **common})
    add(s, token, "repo", {"name": "good", "mirror": str(source), **common})
    add(s, token, "repo", {"name": "off", "mirror": str(source), **common, "keep_updated": False})
    state, log = reposync(s, token)
    check(state == "failed" and "retry limit reached, aborting" in log and not (mirror(d, "good") / "f").exists(), log)
    state, log = reposync(s, token, nofail=True, tries=2)
    check(state == "failed" and "tries left: 1" in log and "retry limit reached, skipping" in log and "overall reposync failed" in log, log)
    check((mirror(d, "good") / "f").exists(), "the next one is synchronised even so")
    check("off is set to not be updated" in log and not mirror(d, "off").exists(), log)
    state, log = reposync(s, token, only="nosuch")
    check(state == "failed" and 'there is no repo named "nosuch"' in log, log)
    out = d.cobbler("reposync", "--only=good", "--tries=2", "--no-fail")
    check("TASK COMPLETE" in out, out)


def test_hostile_fields_are_refused(lab):
    need("rsync", "wget")
    d = lab.daemon()
    s, token = d.login()
    proof = lab.tmp / "proof"
    source = lab.tmp / "source"
    source.mkdir()
    open_to_all(source)
    local = {"mirror": str(source)}
    rsync, wget, yum, apt = ({"breed": b, "mirror_locally": True} for b in ("rsync", "wget", "yum", "apt"))
    apt.update(arch="x86_64", apt_dists="sid", apt_components="main")
    run = "touch %s" % proof
    cases = [
        ({**rsync, "mirror": "--rsh=%s" % run}, "looks like an option"),
        ({**rsync, "mirror": "host:x; %s" % run}, "rsync"),                      # one argument, a host that does not exist
        ({**rsync, "mirror": "x@-oProxyCommand=%s:/" % run}, "is not an address"),
        ({**rsync, "mirror": str(d.root / "var/lib/cobbler")}, "not to be published"),
        ({**rsync, "mirror": "/etc"}, "not to be published"),
        ({**rsync, **local, "rsyncopts": {"-e": run}}, "is not permitted"),
        ({**rsync, **local, "rsyncopts": {"-ae": ""}}, "is not permitted"),
        ({**rsync, **local, "rsyncopts": {"--rsync-path": run}}, "is not permitted"),
        ({**rsync, **local, "environment": {"RSYNC_RSH": run}}, "is not permitted"),
        ({**rsync, **local, "environment": {"LD_PRELOAD": "/tmp/x.so"}}, "is not permitted"),
        ({**rsync, **local, "createrepo_flags": "--outputdir=/tmp"}, "is not permitted"),
        ({**wget, "mirror": "-e use_askpass=%s http://x/" % run}, "looks like an option"),
        ({**wget, "mirror": "file:///etc/passwd"}, "is not an address"),
        ({**wget, "mirror": "http://%s:1/`%s`" % (ADDRESS, run)}, "wget"),
        ({**yum, "mirror": "http://%s:1/\n[evil]\nbaseurl=x" % ADDRESS}, "control character"),
        ({**yum, "mirror": "http://%s:1/" % ADDRESS, "yumopts": {"[main]\npluginpath": "/tmp"}}, "no name of an option"),
        ({**yum, "mirror": "http://%s:1/" % ADDRESS, "rpm_list": ["--setopt=pluginpath=/tmp"]}, "no name of a package"),
        ({**apt, "mirror": "http://%s:1/d" % ADDRESS, "yumopts": {"--config-file": "/tmp/x"}}, "is not permitted"),
        ({**apt, "mirror": "http://%s:1/d" % ADDRESS, "yumopts": {"--rsync-options": "-e x"}}, "is not permitted"),
        ({**apt, "mirror": "http://%s:1/d" % ADDRESS, "apt_dists": "../../etc"}, "is not a name"),
    ]
    for i, (fields, words) in enumerate(cases):
        if fields["breed"] == "apt" and not shutil.which("debmirror") or fields["breed"] == "yum" and not shutil.which("dnf"):
            continue
        try:
            add(s, token, "repo", {"name": "h%d" % i, **fields})
        except Exception as e:                        # refused even earlier
            check("fault" in repr(e).lower(), repr(e))
            continue
        state, log = reposync(s, token, only="h%d" % i)
        check(state == "failed" and words in log, "%r: %s, expected /%s/ in:\n%s" % (fields, state, words, log))
        check(not proof.exists(), "%r ran a command" % fields)


def test_a_running_reposync_ends_with_the_server(lab):
    need("wget")
    d = lab.daemon()
    s, token = d.login()
    hang = threading.Event()

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            hang.wait(60)

        def log_message(self, *args):
            pass
    server = http.server.ThreadingHTTPServer((ADDRESS, 8081), Slow)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    add(s, token, "repo", {"name": "slow", "breed": "wget", "mirror": "http://%s:8081/" % ADDRESS, "mirror_locally": True})
    s.background_reposync({"only": "slow"}, token)

    def wgets():
        found = []
        for pid, _ in processes():
            with contextlib.suppress(OSError):
                if Path("/proc/%d/comm" % pid).read_text().strip() == "wget" and not ended(pid):
                    found.append(pid)
        return found
    wait_for("wget", wgets, 10)
    began = time.monotonic()
    d.stop(timeout=10)
    wait_for("end of wget", lambda: not wgets(), 5)
    lab.note("stopped in %.1f s" % (time.monotonic() - began))
    hang.set()
    server.shutdown()
    server.server_close()


def test_other_formats_need_no_shell(lab):
    """Blanks and quotation marks in the flags of the settings are words, as an administrator expects."""
    need("rsync")
    d = lab.daemon(settings={"reposync_rsync_flags": "-rlt '--exclude=a b' --exclude=\"$(id)\""})
    s, token = d.login()
    source = lab.tmp / "source"
    source.mkdir()
    for name in ("a b", "c"):
        (source / name).write_text("x\n")
    open_to_all(source)
    os.chmod(source, 0o755)
    add(s, token, "repo", {"name": "q", "breed": "rsync", "mirror": str(source), "mirror_locally": True})
    log = synced(s, token, "q")
    check("running: " in log, log)
    names = {p.name for p in mirror(d, "q").iterdir() if p.is_file() and not p.name.startswith(".")}
    equal(names, {"c", "config.repo"}, "files")


def test_repositories_of_the_host(lab):
    d = lab.daemon(start=False, services={"dhcp": {"enabled": False}, "tftp": {"enabled": False}})
    d.write("etc/os-release", 'ID="rocky"\nVERSION_ID="9.4"\nPLATFORM_ID="platform:el9"\n')
    d.write("etc/dnf/vars/contentdir", "pub/rocky\n")
    d.write("etc/yum.repos.d/a.repo", """# the base
[main]
gpgcheck=1
[baseos]
name=Rocky $releasever - BaseOS - $nosuch
mirrorlist=https://mirrors.test/mirrorlist?arch=$basearch&repo=BaseOS-$releasever
#baseurl=http://dl.test/$contentdir/$releasever/BaseOS
enabled=1
[extras]
name = Extras
baseurl = http://dl.test/${contentdir}/$releasever/extras/$basearch/os/
          http://dl2.test/extras
[source]
baseurl=http://dl.test/source
enabled=0
""")
    d.write("etc/yum.repos.d/b.repo", "[epel]\nmetalink=https://m.test/metalink?repo=epel-$releasever\nbaseurl=http://never\n")
    d.start()
    s, token = d.login()
    for _ in range(2):
        equal(s.auto_add_repos(token), True, "answer")
    arch = os.uname().machine
    got = {r["name"]: (r["breed"], r["arch"], r["comment"], r["mirror"], r["mirror_type"]) for r in s.get_repos()}
    equal(got, {
        "baseos-9-" + arch: ("yum", arch, "Rocky 9 - BaseOS - $nosuch", "https://mirrors.test/mirrorlist?arch=%s&repo=BaseOS-9" % arch, "mirrorlist"),
        "extras-9-" + arch: ("yum", arch, "Extras", "http://dl.test/pub/rocky/9/extras/%s/os/" % arch, "baseurl"),
        "epel-9-" + arch: ("yum", arch, "", "https://m.test/metalink?repo=epel-9", "metalink")}, "repositories")
    d.write("etc/yum.repos.d/c.repo", "[bad name!]\nbaseurl=http://x/\n")
    said = fault(s.auto_add_repos, token)
    check("bad name!" in said, said)
