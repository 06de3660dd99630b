#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Install media for tests and for the demonstration, made from what Debian 12 has installed.

    media.py debian|rhel OUT.iso      make one image
    media.py initramfs OUT            an initramfs that prints the kernel's command line and switches off

debian: laid out like a netinst image, with the kernel and the netboot initrd of debian-installer-12-netboot-amd64, a signed
dists/ and a pool/ with a few real packages when apt can fetch them. rhel: the layout of Enterprise Linux 9 (.treeinfo,
images/pxeboot, BaseOS, AppStream) around the same kernel and the tiny initramfs; its packages are empty files.
"""
import fcntl
import gzip
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
INSTALLER = Path("/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64")
POOL = ("base-files", "hostname")       # small, and of every release


def run(cmd, **kw):
    """Runs a program; its output is part of the error when it fails."""
    r = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kw)
    if r.returncode != 0:
        raise RuntimeError("%s failed:\n%s" % (" ".join(map(str, cmd)), r.stdout[-2000:]))
    return r.stdout


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def installer_files():
    """(kernel, initrd) of the Debian installer."""
    kernel, initrd = INSTALLER / "linux", INSTALLER / "initrd.gz"
    if not kernel.exists():
        raise RuntimeError("%s is missing: install the package debian-installer-12-netboot-amd64" % kernel)
    return kernel, initrd


# ---- initramfs ----

def cpio_entry(name, mode, data=b"", rdev=(0, 0), ino=[0]):
    ino[0] += 1
    fields = (ino[0], mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1], len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0"
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def initramfs(out):
    with tempfile.TemporaryDirectory() as tmp:
        init = Path(tmp, "init")
        run(["gcc", "-Os", "-static", "-o", init, HERE / "init.c"])
        data = cpio_entry("dev", stat.S_IFDIR | 0o755) + cpio_entry("proc", stat.S_IFDIR | 0o755)
        data += cpio_entry("dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1))
        data += cpio_entry("init", stat.S_IFREG | 0o755, init.read_bytes()) + cpio_entry("TRAILER!!!", 0)
        write(Path(out), gzip.compress(data, mtime=0))


# ---- a kernel that speaks NFS ----

def module_order(modules, wanted):
    """The files of these modules and of those that they need, in the order in which they can be loaded."""
    by_name = {p.stem.replace("-", "_"): p for p in modules.rglob("*.ko")}
    order = []

    def add(name):
        path = by_name.get(name)
        if path is None or path in order:       # none: it is built into the kernel
            return
        needs = re.search(rb"\0depends=([^\0]*)\0", path.read_bytes())
        for other in needs[1].decode().split(",") if needs else ():
            add(other.replace("-", "_"))
        order.append(path)
    for name in wanted:
        add(name)
    return order


def nfs_boot_files(deb, folder):
    """(kernel, initramfs) of a machine that reads a tree by NFS and says what it saw (nfs_init.c); deb: a linux-image package of Debian."""
    folder = Path(folder)
    subprocess.run(["sh", "-c", 'dpkg-deb --fsys-tarfile "$1" | tar -C "$2" -x ./boot ./lib/modules', "sh", deb, folder], check=True)
    run(["gcc", "-Os", "-static", "-o", folder / "init", HERE / "nfs_init.c"])
    modules = module_order(folder / "lib/modules", ("virtio_pci", "virtio_net", "nfs", "nfsv3", "nfsv4"))
    data = b"".join(cpio_entry(name, stat.S_IFDIR | 0o755) for name in ("dev", "proc", "mnt", "modules"))
    data += cpio_entry("dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1))
    data += cpio_entry("init", stat.S_IFREG | 0o755, (folder / "init").read_bytes())
    for path in modules:
        data += cpio_entry("modules/" + path.name, stat.S_IFREG | 0o644, path.read_bytes())
    order = "".join("/modules/%s\n" % p.name for p in modules)
    data += cpio_entry("modules/order", stat.S_IFREG | 0o644, order.encode()) + cpio_entry("TRAILER!!!", 0)
    write(folder / "initrd.img", data)
    return next((folder / "boot").glob("vmlinuz-*")), folder / "initrd.img"


# ---- a Debian netinst ----

def point_release():
    """12.N of the installed installer ("20230607+deb12uN...")."""
    version = run(["dpkg-query", "-W", "-f", "${Version}", "debian-installer-12-netboot-amd64"])
    m = re.search(r"deb12u(\d+)", version)
    return "12.%s" % (m.group(1) if m else "0")


def fetch_pool(tree):
    """Puts real packages into pool/ and returns their Packages entries; "" when apt has none (no network, no lists)."""
    entries = ""
    with tempfile.TemporaryDirectory() as tmp:
        for name in POOL:
            r = subprocess.run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=0",
                                "-o", "Acquire::http::Timeout=10", "download", name], cwd=tmp, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if r.returncode != 0:
                break
        for deb in sorted(Path(tmp).glob("*.deb")):
            rel = "pool/main/%s/%s/%s" % (deb.name[0], deb.name.split("_")[0], deb.name)
            (tree / rel).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(deb, tree / rel)
            data = deb.read_bytes()
            entries += run(["dpkg-deb", "-f", deb]).rstrip() + "\nFilename: %s\nSize: %d\nMD5sum: %s\nSHA256: %s\n\n" % (
                rel, len(data), hashlib.md5(data).hexdigest(), hashlib.sha256(data).hexdigest())
    return entries


def release_file(dist):
    """The Release text for what lies below dists/bookworm."""
    files = sorted(p for p in dist.rglob("*") if p.is_file())
    text = ("Origin: Debian\nLabel: Debian\nSuite: stable\nVersion: %s\nCodename: bookworm\n"
            "Date: Sat, 01 Jul 2023 00:00:00 UTC\nArchitectures: amd64\nComponents: main\n"
            "Description: Debian 12 installation media made from packages\n" % point_release())
    for title, algorithm in (("MD5Sum", "md5"), ("SHA256", "sha256")):
        text += title + ":\n"
        for p in files:
            data = p.read_bytes()
            text += " %s %8d %s\n" % (hashlib.new(algorithm, data).hexdigest(), len(data), p.relative_to(dist))
    return text


def sign(dist):
    """Release.gpg and InRelease, by a key that lives only here."""
    with tempfile.TemporaryDirectory() as home:
        gpg = ["gpg", "--homedir", home, "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        try:
            run(gpg + ["--quick-generate-key", "install media for tests", "ed25519", "sign"])
            run(gpg + ["--armor", "--detach-sign", "-o", dist / "Release.gpg", dist / "Release"])
            run(gpg + ["--clearsign", "-o", dist / "InRelease", dist / "Release"])
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], stdin=subprocess.DEVNULL)


def debian_tree(tree):
    kernel, initrd = installer_files()
    (tree / "install.amd").mkdir(parents=True)
    shutil.copy(kernel, tree / "install.amd/vmlinuz")
    shutil.copy(initrd, tree / "install.amd/initrd.gz")
    write(tree / ".disk/info", 'Debian GNU/Linux %s.0 "Bookworm" - Unofficial amd64 NETINST 20230701-00:00\n' % point_release())
    write(tree / ".disk/base_installable", "")
    write(tree / ".disk/cd_type", "full_cd/single\n")
    write(tree / ".disk/udeb_include", "netcfg\nethdetect\npcmciautils-udeb\nlive-installer\n")
    packages = fetch_pool(tree)
    (tree / "pool").mkdir(exist_ok=True)
    dist = tree / "dists/bookworm"
    for component, text in (("main/binary-amd64", packages), ("main/debian-installer/binary-amd64", "")):
        write(dist / component / "Packages", text)
        write(dist / component / "Packages.gz", gzip.compress(text.encode(), mtime=0))
        write(dist / component / "Release", "Archive: stable\nOrigin: Debian\nLabel: Debian\nVersion: %s\n"
              "Component: main\nArchitecture: amd64\n" % point_release())
    write(dist / "Release", release_file(dist))
    sign(dist)
    os.symlink("bookworm", tree / "dists/stable")
    return "Debian %s amd64 n" % point_release()


# ---- Enterprise Linux ----

def rhel_tree(tree):
    kernel, _ = installer_files()
    (tree / "images/pxeboot").mkdir(parents=True)
    shutil.copy(kernel, tree / "images/pxeboot/vmlinuz")
    initramfs(tree / "images/pxeboot/initrd.img")
    write(tree / "images/install.img", b"\0" * 4096)
    write(tree / ".discinfo", "1715000000.0\nRocky Linux 9.4\nx86_64\n")
    sums = "".join("%s = sha256:%s\n" % (n, hashlib.sha256((tree / n).read_bytes()).hexdigest())
                   for n in ("images/pxeboot/vmlinuz", "images/pxeboot/initrd.img", "images/install.img"))
    write(tree / ".treeinfo", "[checksums]\n%s\n[general]\narch = x86_64\nfamily = Rocky Linux\nname = Rocky Linux 9.4\n"
          "packagedir = Packages\nplatforms = x86_64,xen\nrepository = .\ntimestamp = 1715000000\nvariant = BaseOS\n"
          "variants = AppStream,BaseOS\nversion = 9.4\n\n[header]\ntype = productmd.treeinfo\nversion = 1.2\n\n"
          "[images-x86_64]\ninitrd = images/pxeboot/initrd.img\nkernel = images/pxeboot/vmlinuz\n\n"
          "[release]\nname = Rocky Linux\nshort = Rocky\nversion = 9.4\n\n[stage2]\nmainimage = images/install.img\n\n"
          "[tree]\narch = x86_64\nbuild_timestamp = 1715000000\nplatforms = x86_64,xen\nvariants = AppStream,BaseOS\n" % sums)
    repomd = '<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision></repomd>\n'
    for repo in ("BaseOS", "AppStream"):
        write(tree / repo / "repodata/repomd.xml", repomd)
    for rpm in ("rocky-release-9.4-1.5.el9.noarch", "kernel-5.14.0-427.13.1.el9_4.x86_64", "kernel-core-5.14.0-427.13.1.el9_4.x86_64"):
        write(tree / "BaseOS/Packages" / rpm[0] / (rpm + ".rpm"), b"")
    write(tree / "AppStream/Packages/h/hello-2.10-1.el9.x86_64.rpm", b"")
    write(tree / "media.repo", "[InstallMedia]\nname=Rocky Linux 9.4\nmediaid=1715000000.0\n")
    return "Rocky-9-4-x86_64-dvd"


KINDS = {"debian": debian_tree, "rhel": rhel_tree}


def make_iso(kind, out):
    """Builds the image under a temporary name first: an interrupted run leaves no half image behind."""
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as tmp:
        os.chmod(tmp, 0o755)
        tree = Path(tmp, "tree")
        tree.mkdir()
        label = KINDS[kind](tree)
        part = Path(tmp, "image.iso")
        run(["xorriso", "-as", "mkisofs", "-quiet", "-r", "-J", "-joliet-long", "-V", label, "-o", part, tree])
        os.replace(part, out)
    return out


def cached(kind, folder):
    """The image of this kind in folder, made when it is missing or older than what it is made from; by one process at a time."""
    out = Path(folder, kind + ".iso")
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out.parent / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return made(kind, out)


def made(kind, out):
    newest = max(p.stat().st_mtime for p in (*installer_files(), HERE / "media.py", HERE / "init.c"))
    if not out.exists() or out.stat().st_mtime < newest:
        make_iso(kind, out)
    return out


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in (*KINDS, "initramfs"):
        sys.exit(__doc__)
    if sys.argv[1] == "initramfs":
        initramfs(sys.argv[2])
    else:
        print("%s: %.1f MB" % (sys.argv[2], make_iso(sys.argv[1], sys.argv[2]).stat().st_size / 1e6))
