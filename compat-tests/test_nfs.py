# SPDX-License-Identifier: GPL-2.0-or-later
"""NFS: what clients read, what they cannot reach or change, and what rude ones can do."""
import contextlib
import fcntl
import os
import re
import shutil
import socket
import stat
import struct
import subprocess
import termios
import time
import zlib
from pathlib import Path

import media
import nfs_client as nfs
from lab import REPO, SERVER, Skip, check, equal, wait_for
from nfs_client import Rpc, opaque, record

MIRROR, LINKS = "/var/www/cobbler/distro_mirror", "/var/www/cobbler/links"
QUIET = {"dhcp": {"enabled": False}, "tftp": {"enabled": False}, "http": {"enabled": False}}
KERNEL = REPO / "build/cloud-kernel.deb"


def serving(lab, **settings):
    """A daemon that serves by NFS, and the folder on disk that is its distro_mirror."""
    d = lab.daemon(services={**QUIET, "nfs": {"enabled": True, **settings}})
    d.wait_log("nfs: serving on", 20)
    return d, d.root / MIRROR[1:]


def put(path, data=b"contents\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def mounted(path=MIRROR, **kw):
    """(client, handle of path)"""
    c = Rpc(SERVER, **kw)
    status, handle = c.mount(path)
    equal(status, nfs.OK, "status of mounting %s" % path)
    return c, handle


def tool(name, *args):
    """A program of libnfs-utils, run against our server."""
    if shutil.which(name) is None:
        raise Skip("%s is missing: install the package libnfs-utils" % name)
    return subprocess.run([name, *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)


def url(path):
    return "nfs://%s%s" % (SERVER, path)


def tree_of(folder):
    """{path: (type, size or target)} of what lies below a folder."""
    found = {}
    for base, dirs, files in os.walk(folder):
        for name in dirs + files:
            p = Path(base, name)
            st = p.lstat()
            kind = stat.S_IFMT(st.st_mode)
            found[str(p.relative_to(folder))] = (kind, os.readlink(p) if p.is_symlink() else st.st_size if p.is_file() else 0)
    return found


def tree_by_nfs(c, handle, prefix=""):
    """The same as a client sees it; every file is read and compared with what it says of itself."""
    found = {}
    for name, _, attr, child in c.readdir(handle, plus=True):
        if name in (b".", b".."):
            continue
        path = prefix + name.decode()
        check(attr["type"] == nfs.LNK or attr["mode"] & 0o444 == 0o444, "%s is for everybody to read: %o" % (path, attr["mode"]))
        if attr["type"] == nfs.DIR:
            found[path] = (stat.S_IFDIR, 0)
            found.update(tree_by_nfs(c, child, path + "/"))
        elif attr["type"] == nfs.LNK:
            found[path] = (stat.S_IFLNK, c.readlink(child)[1].decode())
        else:
            found[path] = (stat.S_IFREG, attr["size"])
    return found


def contents(c, handle, count=1 << 20):
    data, eof = b"", False
    while not eof:
        status, more, eof = c.read(handle, len(data), count)
        equal(status, nfs.OK, "status of READ")
        check(more or eof, "nothing is read before the end")
        data += more
    return data


def test_an_imported_tree_is_what_it_is_on_disk(lab):
    d, mirror = serving(lab)
    d.cobbler("import", "--name=deb", "--path=%s" % lab.media("debian"))
    c, handle = mounted(LINKS + "/deb-x86_64")
    equal(tree_by_nfs(c, handle), tree_of(mirror / "deb"), "the tree")
    for path in ("install.amd/vmlinuz", "dists/bookworm/Release", ".disk/cd_type", ".disk/base_installable"):
        check(contents(c, c.find(handle, path)) == (mirror / "deb" / path).read_bytes(), "contents of " + path)
    status, info = c.nfs(nfs.FSINFO, handle)
    info.post_attr()
    equal((status, info.u32()), (nfs.OK, 1 << 20), "FSINFO: the most of one READ")
    for proc, words in ((nfs.FSSTAT, 13), (nfs.PATHCONF, 6)):
        status, r = c.nfs(proc, handle)
        check(status == nfs.OK and r.post_attr()["type"] == nfs.DIR, "status %d" % status)
        r.unpack("!%dI" % words)
        r.end()
    d.wait_log(r"mounts %s/deb-x86_64: %s/deb" % (LINKS, MIRROR))
    c.close()
    d.wait_log(r"nfs: %s has read \d+ bytes" % SERVER)


def test_libnfs_lists_and_copies(lab):
    d, mirror = serving(lab)
    big = os.urandom(3 << 20 | 5)
    put(mirror / "a/b/big", big)
    put(mirror / "a/small")
    (d.root / LINKS[1:] / "a").symlink_to(mirror / "a")
    out = tool("nfs-ls", "-R", url(LINKS + "/a"))
    check(out.returncode == 0 and re.search(rb"%d b/big" % len(big), out.stdout) and b" small" in out.stdout, "nfs-ls: %r" % out)
    out = tool("nfs-cat", url(MIRROR + "/a/b/big"))
    check(out.returncode == 0 and out.stdout == big, "nfs-cat: %d bytes, %r" % (len(out.stdout), out.stderr))
    out = tool("nfs-cp", url(MIRROR + "/a/b/big"), lab.tmp / "copy")
    check((lab.tmp / "copy").read_bytes() == big, "nfs-cp: %r" % out)
    put(lab.tmp / "new")
    out = tool("nfs-cp", lab.tmp / "new", url(MIRROR + "/a/new"))
    check(out.returncode != 0 and not (mirror / "a/new").exists(), "nfs-cp to the server: %r" % out)
    out = tool("nfs-ls", "-D", url(""))
    equal(sorted(out.stdout.decode().split()), sorted([url(MIRROR), url(LINKS)]), "exports")


def test_links_of_distros_are_mounted(lab):
    d, mirror = serving(lab)
    links = d.root / LINKS[1:]
    put(mirror / "rocky/file")
    for name, target in (("below_root", mirror / "rocky"), ("as_served", MIRROR + "/rocky"), ("relative", "../distro_mirror/rocky"),
                         ("twice", "relative"), ("with_dots", MIRROR + "/./rocky/../rocky//")):
        (links / name).symlink_to(target)
    for name in os.listdir(links):
        c, handle = mounted("%s/%s" % (LINKS, name))
        check([e[0] for e in c.readdir(handle)].count(b"file") == 1, "the tree behind the link " + name)
    c = Rpc(SERVER)
    for written in (MIRROR + "/rocky/", MIRROR + "//rocky", MIRROR + "/./rocky", MIRROR + "/../distro_mirror/rocky"):
        equal(c.mount(written)[0], nfs.OK, "status of " + written)


def test_a_live_medium_is_booted_from_its_tree(lab):
    """Ubuntu's installer is a live system: its kernel is told where the root file system is, and there it is."""
    d, _ = serving(lab)
    s, token = d.login()
    tree = lab.tmp / "noble"
    put(tree / ".disk/info", b'Ubuntu-Server 24.04.1 LTS "Noble Numbat" - Release amd64 (20240827)')
    for name in ("casper/vmlinuz", "casper/initrd", "casper/filesystem.squashfs"):
        put(tree / name, name.encode())
    put(tree / "dists/noble/Release", b"Suite: noble\nCodename: noble\n")
    d.cobbler("import", "--name=noble", "--path=%s" % tree)
    profile = s.get_profiles()[0]["name"]

    def root():
        """What nfsroot= says in the entries of all loaders."""
        texts = [s.generate_ipxe(profile), s.get_tftp_file("pxelinux.cfg/default", 0, 65536, token)[0].data.decode()]
        return {tuple(re.findall(r"(?:netboot=|nfsroot=|url=)\S+", text)) for text in texts}
    equal(root(), {("netboot=nfs", "nfsroot=%s:%s/noble" % (SERVER, MIRROR))}, "the medium")
    c, handle = mounted(MIRROR + "/noble")
    equal(contents(c, c.find(handle, "casper/filesystem.squashfs")), b"casper/filesystem.squashfs", "its root file system")
    s.xapi_object_edit("profile", profile, "edit", {"autoinstall_meta": "iso=http://10.55.0.9/u.iso"}, token)
    equal(root(), {("url=http://10.55.0.9/u.iso",)}, "an image that the site names")


def test_nothing_outside_of_the_exports_is_reached(lab):
    d, mirror = serving(lab)
    secret = put(d.root / "var/www/cobbler/secret/file")
    links = d.root / LINKS[1:]
    put(mirror / "in/file")
    for name, target in (("abs", "/etc"), ("root", "/"), ("up", "../secret"), ("far", "../" * 20 + "etc"), ("self", "self"),
                         ("file", mirror / "in/file"), ("gone", mirror / "none")):
        (links / name).symlink_to(target)
    (mirror / "in/out").symlink_to(secret.parent)
    c, handle = mounted()
    for path in ("/", "", "/etc", "/var/www/cobbler", "/var/www/cobbler/secret", MIRROR + "/..", MIRROR + "/../secret", MIRROR + "x",
                 MIRROR + "/in/../../secret", "../" * 9 + "etc", MIRROR + "/in/out", *("%s/%s" % (LINKS, n) for n in ("abs", "root", "up", "far", "self"))):
        equal(c.mount(path), (nfs.ACCES, None), "mount of %r" % path)
    equal(c.mount(LINKS + "/gone")[0], nfs.NOENT, "mount of a link to nothing")
    equal(c.mount(LINKS + "/file")[0], nfs.NOTDIR, "mount of a file")
    equal(c.mount(MIRROR + "/in/" + "x" * 300)[0], nfs.NAMETOOLONG, "a name of 300 letters")
    status, same, _ = c.lookup(handle, "..")
    equal((status, same), (nfs.OK, handle), ".. of the export is the export")
    inside = c.find(handle, "in")
    equal(c.lookup(inside, "..")[1], handle, ".. of a directory")
    for name in ("../..", "../secret", "in/file", "/etc/passwd", "", "a\0b", "./file"):
        check(c.lookup(handle, name)[0] in (nfs.NOENT, nfs.ACCES), "a name that is a path: %r" % name)
    equal(c.lookup(handle, "x" * 256)[0], nfs.NAMETOOLONG, "a name of 256 letters")
    out = c.find(inside, "out")
    equal(c.getattr(out)[1]["type"], nfs.LNK, "a link is a link")
    equal(c.lookup(out, "file")[0], nfs.NOTDIR, "and no directory")
    d.wait_log(r"nfs: %s may not mount /etc: not exported" % SERVER)


def test_what_is_not_for_everybody_is_not_read(lab):
    """The service is nobody, whoever the client says that it is."""
    d, mirror = serving(lab)
    os.chmod(put(mirror / "t/private"), 0o600)
    os.chmod(put(mirror / "t/closed/file").parent, 0o700)
    os.chmod(put(mirror / "t/program"), 0o755)
    os.mkfifo(mirror / "t/pipe")
    os.mknod(mirror / "t/device", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    c, handle = mounted(MIRROR + "/t")
    private = c.find(handle, "private")
    equal(c.getattr(private)[1]["mode"], 0o600, "its attributes are known")
    equal(c.read(private, 0, 10)[0], nfs.ACCES, "READ")
    equal(c.lookup(c.find(handle, "closed"), "file")[0], nfs.ACCES, "LOOKUP in a closed directory")
    for name, want in (("private", 0), ("program", 0x21), ("closed", 0), (".", 3)):
        status, r = c.nfs(nfs.ACCESS, c.lookup(handle, name)[1], struct.pack("!I", 0x3f))
        r.post_attr()
        equal((status, r.u32()), (nfs.OK, want), "ACCESS of " + name)
    for name in ("pipe", "device"):
        equal(c.read(c.find(handle, name), 0, 10)[0], nfs.INVAL, "READ of a " + name)
    equal(c.mount(MIRROR + "/t/closed")[0], nfs.ACCES, "mount of a closed directory")
    os.chmod(mirror / "t/closed", 0o704)
    status, r = c.nfs(nfs.ACCESS, c.find(handle, "closed"), struct.pack("!I", 0x3f))
    r.post_attr()
    equal((status, r.u32() & 2), (nfs.OK, 0), "ACCESS of a directory that may not be searched")


def test_an_export_that_is_not_for_everybody(lab):
    d = lab.daemon(start=False, services={**QUIET, "nfs": {"enabled": True, "exports": ["/srv/closed", MIRROR]}})
    put(d.root / "srv/closed/file")
    os.chmod(d.root / "srv/closed", 0o700)
    d.start()
    d.wait_log("/srv/closed is exported, but not to be read by everybody")
    equal(Rpc(SERVER).mount("/srv/closed")[0], nfs.ACCES, "status of mounting it")
    mounted()


def test_a_file_that_becomes_shorter_while_it_is_sent(lab):
    """The answer's head promised more: the connection ends, and the client asks again."""
    d, mirror = serving(lab)
    path = put(mirror / "t/file", b"x" * (1 << 20))
    c, handle = mounted(MIRROR + "/t")
    file = c.find(handle, "file")
    slow = Rpc(SERVER)
    slow.s.setblocking(False)
    one = record(nfs.call_bytes(nfs.NFS, 3, nfs.READ, opaque(file) + struct.pack("!QI", 0, 1 << 20)))
    with contextlib.suppress(BlockingIOError):
        while True:
            slow.s.send(one * 100)
    waiting = [-1]

    def stuck():
        """More answers wait than the sockets hold: no more of them comes."""
        time.sleep(0.1)
        waiting.append(struct.unpack("i", fcntl.ioctl(slow.s, termios.FIONREAD, bytes(4)))[0])
        return waiting[-1] > 1 << 16 and waiting[-1] == waiting[-2]
    wait_for("full sockets", stuck, 10)
    path.write_bytes(b"")
    slow.s.settimeout(5)
    with contextlib.suppress(ConnectionError):
        while True:
            slow.reply()
    d.wait_log("data for %s ends early" % SERVER)
    equal(c.read(file, 0, 100), (nfs.OK, b"", True), "the next READ")


def test_without_root(lab):
    d = lab.daemon(start=False, settings={"xmlrpc_port": 25152}, services={**QUIET, "nfs": {"enabled": True, "port": 12049, "portmap_port": 10111}})
    put(d.root / MIRROR[1:] / "t/file")
    subprocess.run(["chown", "-R", "65534:65534", d.root], check=True)
    d.spawn(prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
    d.wait_log("nfs: serving on", 20)
    c, handle = mounted(MIRROR + "/t", port=12049)
    equal(contents(c, c.find(handle, "file")), b"contents\n", "a file")
    equal(Rpc(SERVER, 10111).call(nfs.PORTMAP, 2, 3, struct.pack("!IIII", nfs.MOUNT, 3, 6, 0)).u32(), 12049, "port")


def test_a_damaged_key(lab):
    d, _ = serving(lab)
    d.stop()
    key = d.root / "var/lib/cobbler/nfs.key"
    key.write_text("no key\n")
    d.start()
    d.wait_log("nfs.key: 32 hexadecimal digits expected")
    key.unlink()
    d.wait_log("nfs: serving on", 20)
    mounted()


def test_a_directory_of_5000_files(lab):
    d, mirror = serving(lab)
    folder = mirror / "many"
    folder.mkdir(parents=True)
    want = {b"file-%d" % i for i in range(5000)} | {b"n" * 255}
    for name in want:
        (folder / name.decode()).touch()
    c, handle = mounted(MIRROR + "/many")
    by_number = {name: (folder / name.decode()).stat().st_ino for name in want}
    for plus, count in ((False, 4096), (False, 1 << 20), (True, 1024), (True, 32768)):
        entries = c.readdir(handle, plus, count)
        names = [e[0] for e in entries]
        equal(len(names), len(set(names)), "no name comes twice")
        equal(set(names) - {b".", b".."}, want, "all names, plus %s, %d bytes at once" % (plus, count))
        equal({e[0]: e[1] for e in entries if e[0] in want}, by_number, "file numbers")
    status, r = c.nfs(nfs.READDIR, handle, struct.pack("!Q8sI", 0, b"", 100))
    equal(status, 10005, "no entry fits into 100 bytes: TOOSMALL")
    check(c.nfs(nfs.READDIR, handle, struct.pack("!Q8sI", 1 << 63, b"", 4096))[0] == 10003, "a cookie that cannot be")
    _, _, attr, child = c.readdir(handle, True)[17]
    equal(c.getattr(child)[1]["fileid"], attr["fileid"], "the handle of an entry is the entry's")


def test_changes_are_refused(lab):
    d, mirror = serving(lab)
    put(mirror / "t/file")
    before = tree_of(mirror)
    c, handle = mounted(MIRROR + "/t")
    file = c.find(handle, "file")
    sattr = struct.pack("!7I", 1, 0o666, 0, 0, 0, 0, 0)
    wcc = ("w",)
    for proc, where, args, form in (
            (nfs.SETATTR, file, sattr + bytes(4), wcc), (nfs.WRITE, file, struct.pack("!QII", 0, 4, 2) + opaque("data"), wcc),
            (nfs.CREATE, handle, opaque("new") + bytes(4) + sattr, wcc), (nfs.MKDIR, handle, opaque("new") + sattr, wcc),
            (nfs.SYMLINK, handle, opaque("new") + sattr + opaque("file"), wcc), (nfs.MKNOD, handle, opaque("new") + struct.pack("!I", 7) + sattr, wcc),
            (nfs.REMOVE, handle, opaque("file"), wcc), (nfs.RMDIR, handle, opaque("file"), wcc),
            (nfs.RENAME, handle, opaque("file") + opaque(handle) + opaque("new"), ("w", "w")),
            (nfs.LINK, file, opaque(handle) + opaque("new"), ("a", "w")), (nfs.COMMIT, file, struct.pack("!QI", 0, 0), wcc)):
        status, r = c.nfs(proc, where, args)
        equal(status, nfs.ROFS, "status of procedure %d" % proc)
        for kind in form:
            if kind == "w":
                equal(r.u32(), 0, "no attributes from before")
            r.post_attr()
        r.end()
    equal(tree_of(mirror), before, "the tree afterwards")


def test_handles_survive_a_restart_but_not_their_files(lab):
    d, mirror = serving(lab)
    for name in ("kept", "removed", "replaced", "renamed", "deep/" * 30 + "leaf"):
        put(mirror / "t" / name, name.encode())
    c, handle = mounted(MIRROR + "/t")
    handles = {n: c.find(handle, n) for n in ("kept", "removed", "replaced", "renamed", "deep/" * 30 + "leaf")}
    check(all(len(h) <= 64 for h in handles.values()), "handles of at most 64 bytes")
    for name in handles:
        check(contents(c, handles[name]) == name.encode(), "contents of " + name)
    (mirror / "t/removed").unlink()
    put(mirror / "t/fresh", b"another one")
    os.rename(mirror / "t/fresh", mirror / "t/replaced")
    equal(c.getattr(handles["removed"])[0], nfs.STALE, "one that was removed")
    equal(c.read(handles["replaced"], 0, 10)[0], nfs.STALE, "one whose name another one has")
    os.rename(mirror / "t/renamed", mirror / "t/other")
    check(c.read(handles["renamed"], 0, 100)[1] in (b"renamed", None), "one that was renamed: itself, or nothing")
    d.stop()
    d.start()
    d.wait_log("nfs: serving on", 20)
    c = Rpc(SERVER)
    for name in ("kept", "deep/" * 30 + "leaf"):
        equal(c.read(handles[name], 0, 200)[1], name.encode(), "after the restart: " + name)
    equal([e[0] for e in c.readdir(handle)].count(b"kept"), 1, "the directory's handle")
    for name in ("removed", "replaced", "renamed"):
        equal(c.getattr(handles[name])[0], nfs.STALE, "after the restart: " + name)
    equal(c.lookup(handle, "other")[0], nfs.OK, "by its new name it is there")
    equal(stat.S_IMODE((d.root / "var/lib/cobbler/nfs.key").stat().st_mode), 0o600, "mode of the key")


def test_forged_handles(lab):
    d, mirror = serving(lab)
    put(mirror / "t/file")
    c, handle = mounted(MIRROR + "/t")
    file = c.find(handle, "file")
    for i in range(len(file) - 4):           # the last four bytes are the client's own
        changed = bytearray(file)
        changed[i] ^= 1
        equal(c.getattr(bytes(changed))[0], nfs.BADHANDLE, "byte %d of a handle changed" % i)
    for bad in (b"", b"\0", file[:-1], file + b"\0", bytes(64), os.urandom(64), file[:16] + bytes(48)):
        equal(c.getattr(bad)[0], nfs.BADHANDLE, "the handle %r" % bad)
    equal(c.call(nfs.NFS, 3, nfs.GETATTR, opaque(bytes(65))).status, nfs.GARBAGE_ARGS, "a handle of 65 bytes")
    equal(c.getattr(file)[0], nfs.OK, "the true one")
    d.wait_log("uses a file handle that this server did not make")


def test_udp_and_its_handles(lab):
    """A handle that one address was given is of no use to another one: nobody can have files sent to somebody else."""
    d, mirror = serving(lab)
    data = os.urandom(100000)
    put(mirror / "t/file", data)
    c, handle = mounted(MIRROR + "/t", udp=True, source="127.0.0.1")
    file = c.find(handle, "file")
    check(contents(c, file, 8192) == data and contents(c, file) == data, "the file by UDP")
    check(len(c.readdir(handle, True)) == 3, "READDIRPLUS by UDP")
    status, info = c.nfs(nfs.FSINFO, handle)
    info.post_attr()
    equal(info.u32(), 32768, "FSINFO: the most of one READ by UDP")
    tcp = Rpc("127.0.0.1", source="127.0.0.2")
    equal(tcp.getattr(file)[0], nfs.OK, "by TCP another address may use it")
    other = Rpc("127.0.0.1", udp=True, source="127.0.0.2")
    equal(other.getattr(file)[0], nfs.STALE, "by UDP it may not")
    equal(other.getattr(tcp.find(other.mount(MIRROR + "/t")[1], "file"))[0], nfs.OK, "but those it was given itself")


def test_rpc_errors(lab):
    serving(lab)
    c, handle = mounted()
    mapper = Rpc(SERVER, 111)
    for client, program, version, proc, want in (
            (c, nfs.NFS, 4, 0, (nfs.PROG_MISMATCH, 3, 3)), (c, nfs.NFS, 2, 1, (nfs.PROG_MISMATCH, 3, 3)),
            (c, nfs.MOUNT, 1, 1, (nfs.PROG_MISMATCH, 3, 3)), (c, 100227, 3, 0, (nfs.PROG_UNAVAIL,)), (c, nfs.PORTMAP, 2, 0, (nfs.PROG_UNAVAIL,)),
            (c, nfs.NFS, 3, 22, (nfs.PROC_UNAVAIL,)), (c, nfs.MOUNT, 3, 6, (nfs.PROC_UNAVAIL,)), (c, nfs.NFS, 3, 1, (nfs.GARBAGE_ARGS,)),
            (c, nfs.MOUNT, 3, 1, (nfs.GARBAGE_ARGS,)), (c, nfs.NFS, 3, 0, (nfs.SUCCESS,)), (c, nfs.MOUNT, 3, 0, (nfs.SUCCESS,)),
            (mapper, nfs.PORTMAP, 5, 0, (nfs.PROG_MISMATCH, 2, 4)), (mapper, nfs.PORTMAP, 2, 5, (nfs.PROC_UNAVAIL,)),
            (mapper, nfs.NFS, 3, 0, (nfs.PROG_UNAVAIL,))):
        r = client.call(program, version, proc)
        equal((r.status, *(r.u32() for _ in want[1:])), want, "program %d version %d procedure %d" % (program, version, proc))
        r.end()
    r = c.call(nfs.NFS, 3, 0, rpc=3)
    equal((r.status, r.u32()), ((0, 2), 2), "another version of RPC: lowest and highest")
    for cred, why in ((struct.pack("!II", 6, 0), 2), (struct.pack("!II", 1, 0), 1), (nfs.AUTH_NONE[:4] + struct.pack("!I", 500) + bytes(500), 1)):
        r = c.call(nfs.NFS, 3, 0, cred=cred)
        equal(r.status, (1, why), "credentials %r" % cred[:8])
    status, _ = c.nfs(nfs.GETATTR, handle, cred=nfs.AUTH_NONE[:8])
    equal(status, nfs.OK, "without credentials")


def test_port_mapper(lab):
    d, _ = serving(lab)
    for c in (Rpc(SERVER, 111), Rpc(SERVER, 111, udp=True)):
        for program, protocol, port in ((nfs.NFS, 6, 2049), (nfs.NFS, 17, 2049), (nfs.MOUNT, 6, 2049), (nfs.PORTMAP, 17, 111), (100021, 6, 0)):
            equal(c.call(nfs.PORTMAP, 2, 3, struct.pack("!IIII", program, 3, protocol, 0)).u32(), port, "port of %d by %d" % (program, protocol))
        r, entries = c.call(nfs.PORTMAP, 2, 4), []
        while r.u32():
            entries.append(r.unpack("!IIII"))
        r.end()
        check((nfs.NFS, 3, 6, 2049) in entries and len(entries) == 6, "DUMP: %r" % entries)
        for version in (3, 4):
            r = c.call(nfs.PORTMAP, version, 3, struct.pack("!II", nfs.NFS, 3) + opaque("tcp") + opaque("") + opaque("me"))
            equal(r.opaque(), b"%s.8.1" % SERVER.encode(), "GETADDR")
        for proc in (1, 2):
            equal(c.call(nfs.PORTMAP, 2, proc, struct.pack("!IIII", nfs.NFS, 3, 6, 99)).u32(), 0, "nobody sets or removes entries")


def test_ipv6_and_ipv4_on_one_port(lab):
    d, mirror = serving(lab, address="::")
    put(mirror / "t/file")
    c = Rpc("::1", source="::1")
    status, handle = c.mount(MIRROR + "/t")
    equal(status, nfs.OK, "status of mounting by IPv6")
    equal(contents(c, c.find(handle, "file")), b"contents\n", "by IPv6")
    d.wait_log("nfs: ::1 mounts")
    c, handle = mounted(MIRROR + "/t", udp=True)
    equal(contents(c, c.find(handle, "file")), b"contents\n", "by IPv4 and UDP")
    d.wait_log("nfs: %s mounts" % SERVER)
    r = Rpc("::1", 111, source="::1").call(nfs.PORTMAP, 4, 3, struct.pack("!II", nfs.NFS, 3) + opaque("tcp6") + opaque("") + opaque(""))
    equal(r.opaque(), b"::1.8.1", "GETADDR")


def test_a_host_with_a_port_mapper(lab):
    """Port 111 is taken: the other one is told of our ports, and of their end."""
    calls, entries = [], set()
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("0.0.0.0", 111))
    s.settimeout(5)
    d = lab.daemon(start=False, services={**QUIET, "nfs": {"enabled": True}})
    d.spawn()

    def answer():
        data, peer = s.recvfrom(4096)
        proc, entry = struct.unpack("!IIIIII", data[:24])[5], struct.unpack("!IIII", data[40:56])
        calls.append((proc, peer[1]))
        if proc == 1:
            entries.add(entry)
        elif proc == 2:          # as rpcbind: by all protocols
            entries.difference_update([e for e in entries if e[:2] == entry[:2]])
        s.sendto(data[:4] + struct.pack("!6I", 1, 0, 0, 0, 0, 1), peer)
    for _ in range(8):
        answer()
    d.wait_log(r"the port mapper of this host \(port 111\) knows our ports")
    d.wait_log("nfs: serving on", 20)
    want = {(program, 3, protocol, 2049) for program in (nfs.NFS, nfs.MOUNT) for protocol in (6, 17)}
    equal(entries, want, "entries while the server runs")
    check(all(port < 1024 for _, port in calls), "from privileged ports: %r" % calls)
    d.process.terminate()
    for _ in range(4):
        answer()
    equal(entries, set(), "entries afterwards")
    s.close()


def test_junk_and_half_records(lab):
    d, mirror = serving(lab)
    pid = d.roles()["nfs"]
    put(mirror / "t/file", b"x" * 5000)
    whole = nfs.call_bytes(nfs.NFS, 3, 0)
    for junk in (b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 64, record(b""), record(b"\0" * 3), record(os.urandom(512)), struct.pack("!I", 0x80000000 | 1 << 20),
                 struct.pack("!I", 0) * 20, record(struct.pack("!IIIIIII", 1, 1, 0, 0, 0, 0, 1))):
        c = Rpc(SERVER)
        c.s.sendall(junk)
        check(c.closed(), "junk ends the connection: %r" % junk[:20])
    c = Rpc(SERVER)
    c.s.sendall(struct.pack("!I", 10) + whole[:10] + struct.pack("!I", 0) + struct.pack("!I", 0x80000000 | len(whole) - 10) + whole[10:])
    equal(c.reply().status, nfs.SUCCESS, "a call in three fragments")
    for i in range(0, len(whole), 7):
        c.s.sendall((record(whole))[i:i + 7] if i + 7 < len(whole) else record(whole)[i:])
        time.sleep(0.002)
    equal(c.reply().status, nfs.SUCCESS, "a call in small pieces")
    c.s.sendall(record(whole) * 200)
    equal([c.reply().status for _ in range(200)], [nfs.SUCCESS] * 200, "200 calls at once")
    u = Rpc(SERVER, udp=True, timeout=0.3)
    for junk in (b"", b"x", os.urandom(300), bytes(4), struct.pack("!II", 1, 1)):
        u.s.send(junk)
    equal(u.call(nfs.NFS, 3, 0).status, nfs.SUCCESS, "a good datagram after bad ones")
    half = Rpc(SERVER)
    half.s.sendall(record(whole)[:20])
    half.s.settimeout(60)
    check(half.closed(), "half a call ends the connection after ten seconds")
    equal(c.call(nfs.NFS, 3, 0).status, nfs.SUCCESS, "the others stay")
    equal(d.roles()["nfs"], pid, "the process")


def test_a_client_that_does_not_take_its_answers(lab):
    """It is not read from any more, and costs no memory."""
    d, mirror = serving(lab)
    put(mirror / "t/file", b"x" * (1 << 20))
    for i in range(300):
        put(mirror / ("t/entry-%d" % i), b"")
    c, handle = mounted(MIRROR + "/t")
    file = c.find(handle, "file")
    pid = d.roles()["nfs"]
    calls = (record(nfs.call_bytes(nfs.NFS, 3, nfs.READ, opaque(file) + struct.pack("!QI", 0, 1 << 20)))
             + record(nfs.call_bytes(nfs.NFS, 3, nfs.READDIRPLUS, opaque(handle) + struct.pack("!Q8sII", 0, b"", 32768, 32768)))) * 50
    greedy = [Rpc(SERVER) for _ in range(20)]
    for g in greedy:
        g.s.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                g.s.send(calls)
    equal(contents(c, file), b"x" * (1 << 20), "another client is served")
    rss = int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/%d/status" % pid).read_text())[1])
    check(rss < 64 << 10, "%d KiB of memory" % rss)
    got = greedy[0].s
    got.settimeout(5)
    equal([greedy[0].reply().status for _ in range(100)], [nfs.SUCCESS] * 100, "who begins to take them gets all")


def test_too_many_connections(lab):
    d, _ = serving(lab)
    conns = [socket.create_connection((SERVER, 2049)) for _ in range(300)]
    d.wait_log("too many connections of one address")
    alive = 0
    for s in conns:
        s.settimeout(2)
        with contextlib.suppress(ConnectionError):
            s.sendall(record(nfs.call_bytes(nfs.NFS, 3, 0)))
            alive += len(s.recv(100)) > 0
    equal(alive, 256, "connections that are served")
    other = Rpc("127.0.0.1", source="127.0.0.9")
    equal(other.call(nfs.NFS, 3, 0).status, nfs.SUCCESS, "another address")
    for s in conns:
        s.close()
    wait_for("room for others", lambda: not Rpc(SERVER, timeout=0.2).closed(), 5)


def test_more_files_than_may_be_open(lab):
    """With few descriptors all is served all the same: they are opened anew."""
    d = lab.daemon(start=False, services={**QUIET, "nfs": {"enabled": True}})
    mirror = d.root / MIRROR[1:]
    for i in range(400):
        put(mirror / ("t/%d/file" % i), b"%d" % i)
    d.spawn(prefix=("prlimit", "--nofile=300"))
    d.wait_log("nfs: serving on", 20)
    c, handle = mounted(MIRROR + "/t")
    handles = [c.find(handle, "%d/file" % i) for i in range(400)]
    for _ in range(2):
        equal([c.read(h, 0, 10)[1] for h in handles], [b"%d" % i for i in range(400)], "every file")
    check(len(os.listdir("/proc/%d/fd" % d.roles()["nfs"])) < 300, "open descriptors")


def test_settings(lab):
    d = lab.daemon(services=QUIET)
    check("nfs" not in d.roles(), "it is not started unless it is asked for")
    put(d.root / "srv/iso/x/file")
    d.reconfigure(services={"nfs": {"enabled": True, "address": SERVER, "port": 12049, "portmap_port": 10111, "exports": ["/srv/iso", "/srv/none"]}})
    os.kill(d.process.pid, 1)
    d.wait_log("/srv/none is not exported", 20)
    d.wait_log(r"nfs: serving on %s port 12049" % SERVER, 20)
    c, handle = mounted("/srv/iso/x", port=12049)
    equal(contents(c, c.find(handle, "file")), b"contents\n", "a file of another export")
    equal(Rpc(SERVER, 10111).call(nfs.PORTMAP, 2, 3, struct.pack("!IIII", nfs.NFS, 3, 6, 0)).u32(), 12049, "port")
    r, paths = c.call(nfs.MOUNT, 3, 5), []
    while r.u32():
        paths.append(r.opaque())
        equal(r.u32(), 0, "groups")
    equal(paths, [b"/srv/iso"], "EXPORT")
    equal(c.mount(MIRROR)[0], nfs.ACCES, "what was not named is not exported")
    for exports, text in ((["srv"], r'nfs\.exports: a directory like /srv/media expected, not "srv"'), (["/a/../b"], "nfs.exports"), (["/"], "nfs.exports"),
                          ("/srv", "nfs.exports: a list of texts expected")):
        d.reconfigure(services={"nfs": {"enabled": True, "exports": exports}})
        r = subprocess.run([d.process.args[0], "--root", d.root, "--config-check"], capture_output=True, text=True)
        check(r.returncode == 1 and re.search(text, r.stderr), "exports %r: %s" % (exports, r.stderr))


def test_the_sandbox(lab):
    d, mirror = serving(lab)
    put(mirror / "t/file")
    c, handle = mounted(MIRROR + "/t")
    equal(contents(c, c.find(handle, "file")), b"contents\n", "a file")
    status = Path("/proc/%d/status" % d.roles()["nfs"]).read_text()
    check(re.search(r"^Uid:\s+65534\s+65534\s+65534\s+65534$", status, re.M), "user")
    check(re.search(r"^Groups:\s*$", status, re.M), "groups")
    check(re.search(r"^CapEff:\s+0+$", status, re.M) and re.search(r"^NoNewPrivs:\s+1$", status, re.M), "privileges")
    if os.environ.get("COBBLERD") is None:      # sanitizers have no filter
        check(re.search(r"^Seccomp:\s+2$", status, re.M), "system call filter")


def sum_of(folder):
    """(entries, bytes, sum) as nfs_init.c makes them."""
    entries = size = total = 0
    for path in Path(folder).rglob("*"):
        crc, inner = zlib.crc32(("/" + str(path.relative_to(folder))).encode()), 0
        kind = b"l" if path.is_symlink() else b"d" if path.is_dir() else b"f"
        crc = zlib.crc32(kind, crc)
        if kind == b"l":
            crc = zlib.crc32(os.readlink(path).encode(), crc)
        if kind == b"f":
            data = path.read_bytes()
            inner, size = zlib.crc32(data), size + len(data)
        entries, total = entries + 1, (total + (crc ^ inner)) & 0xFFFFFFFF
    return entries, size, total


def test_a_kernel_reads_a_tree_over_a_restart(lab):
    """Debian's own NFS client, in a machine; the server is restarted while a file is open."""
    if not KERNEL.exists():
        raise Skip("no kernel with an NFS client: tools/setup test fetches it")
    d, mirror = serving(lab)
    tree = mirror / "deb"
    for i in range(200):
        put(tree / ("many/%d" % i), b"%d\n" % i)
    put(tree / "big", os.urandom(1 << 20) * 8)
    put(tree / "empty", b"")
    (tree / "link").symlink_to("many/7")
    (d.root / LINKS[1:] / "deb-x86_64").symlink_to(tree)
    folder = lab.tmp / "kernel"
    folder.mkdir()
    kernel, initrd = media.nfs_boot_files(KERNEL, folder)
    shutil.copy(folder / "init", tree / "program")
    line = "console=ttyS0 quiet addr=10.55.0.77 nfs=%s:%s/deb-x86_64 file=big opts=addr=%s,vers=3,nolock,actimeo=1" % (SERVER, LINKS, SERVER)
    line += " opts4=addr=%s,clientaddr=10.55.0.77,vers=4.2" % SERVER
    m = lab.machine("52:54:00:77:00:77", nic="virtio-net-pci", kernel=(kernel, initrd, line))
    lab.note("mounted after %.0f s" % m.wait_console("NFS-MOUNTED|NFS-FAILED", 60))
    m.wait_console("NFS-RESTART|NFS-FAILED", 20)
    d.stop()
    d.start()
    put(tree / "restarted", b"")
    m.wait_console("NFS-AFTER-RESTART|NFS-FAILED", 60)
    lab.note("all read after %.0f s" % m.wait_console("NFS-DONE|NFS-FAILED", 60))
    text = m.console()
    check("NFS-FAILED" not in text, m.tail())
    equal(re.search("NFS-VERSION-4 (.*)", text)[1].strip(), "Protocol not supported", "version 4, whereupon mount.nfs takes version 3")
    equal(int(re.search(r"NFS-AFTER-RESTART crc (\d+)", text)[1]), zlib.crc32((tree / "big").read_bytes()), "the file that was open over the restart")
    found = re.search(r"NFS-READ entries (\d+) bytes (\d+) sum (\d+), writing: (.*)", text)
    equal(tuple(map(int, found.groups()[:3])), sum_of(tree), "entries, bytes and checksum of the tree")
    equal(int(re.search(r"NFS-PROGRAM ended with (-?\d+)", text)[1]), 0, "a program that is started from there")
    equal(found[4].strip(), "Read-only file system", "writing")
    d.wait_log(r"nfs: 10.55.0.77 has read \d+ bytes", 20)
