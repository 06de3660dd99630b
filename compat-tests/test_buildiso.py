# SPDX-License-Identifier: GPL-2.0-or-later
"""mkloaders and buildiso: what lies on the ISOs, and machines that start from them."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from fixtures import add, boot_files, fake_boot_files, interface
from lab import Skip, check, equal, task_end

NEEDED = {"xorriso": "xorriso", "mformat": "mtools", "grub-mkimage": "grub-common"}


def need(*programs):
    for p in programs:
        if not shutil.which(p):
            raise Skip("no %s: install the package %s" % (p, NEEDED[p]))
    if not Path("/usr/lib/ISOLINUX/isolinux.bin").exists():
        raise Skip("no isolinux: install the package isolinux")


def run(s, method, options, token, state="complete"):
    """Runs a task to its end; its log."""
    task = getattr(s, method)(options, token)
    got, log = task_end(s, task, 120)
    equal(got, state, log)
    return log


def names(iso):
    out = subprocess.run(["bsdtar", "-tf", iso], check=True, capture_output=True, text=True).stdout
    return {n.rstrip("/") for n in out.split("\n")}


def text(iso, name):
    return subprocess.run(["bsdtar", "-xOf", iso, name], check=True, capture_output=True, text=True).stdout


def both(files):
    return {"kernel": str(files[0]), "initrd": str(files[1])}


def site(lab, files):
    """A daemon with a profile p1, one below it and two systems; and a folder that it may write ISOs to."""
    d = lab.daemon(services={"dhcp": {"enabled": False}, "tftp": {"enabled": False}})
    s, token = d.login()
    add(s, token, "distro", {"name": "d1", "breed": "redhat", "os_version": "rhel8", "arch": "x86_64", **both(files)})
    add(s, token, "profile", {"name": "p1", "distro": "d1", "kernel_options": "quiet console=ttyS0,115200 a=1 a=2 t='x y'"})
    add(s, token, "profile", {"name": "p2", "parent": "p1"})
    add(s, token, "system", {"name": "s1", "profile": "p2", "hostname": "s1.lab.test", "gateway": "10.55.0.1", "name_servers": ["10.55.0.2", "10.55.0.3"]})
    handle = s.get_system_handle("s1", token)
    s.modify_system(handle, "modify_interface", {**interface("52:54:00:AA:00:01", "10.55.0.9"), "netmask-eth0": "255.255.255.0", "management-eth0": True}, token)
    s.save_system(handle, token)
    out = lab.tmp / "isos"
    out.mkdir()
    os.chmod(out, 0o777)
    return d, s, token, out


def entries(cfg):
    return dict(re.findall(r"^LABEL (\S+)\n(?:.*\n)*?\s+(APPEND .*)$", cfg, re.M))


def test_netboot_iso(lab):
    need("xorriso", "mformat", "grub-mkimage")
    d, s, token, out = site(lab, fake_boot_files(lab))
    run(s, "background_buildiso", {"iso": str(out / "a.iso")}, token)
    iso = out / "a.iso"
    for name in ("1.krn", "1.img", "isolinux/isolinux.bin", "isolinux/ldlinux.c32", "isolinux/isolinux.cfg", "EFI/BOOT/grub.cfg", "efi.img"):
        check(name in names(iso), "%s is not on the ISO: %s" % (name, sorted(names(iso))))
    cfg = entries(text(iso, "isolinux/isolinux.cfg"))
    equal(sorted(k for k in cfg if k != "local"), ["p1", "p2", "s1"], "entries")
    equal(cfg["p1"], 'APPEND initrd=/1.img inst.ks=http://10.55.0.1:80/cblr/svc/op/autoinstall/profile/p1 quiet console=ttyS0,115200 a=1 a=2 t="x y"', "p1")
    check(" ip=10.55.0.9::10.55.0.1:255.255.255.0:s1.lab.test:eth0:none nameserver=10.55.0.2 nameserver=10.55.0.3 " in cfg["s1"], cfg["s1"])
    check("menuentry 's1'" in text(iso, "EFI/BOOT/grub.cfg"), "GRUB's menu")
    equal(list((d.root / "var/cache/cobbler/buildiso").iterdir()), [], "left-over work")
    # a choice, without name servers, in place of the former ISO
    run(s, "background_buildiso", {"iso": str(iso), "systems": "s1", "exclude_dns": True, "xorrisofs_opts": "-publisher 'The Lab'"}, token)
    cfg = entries(text(iso, "isolinux/isolinux.cfg"))
    equal(sorted(k for k in cfg if k != "local"), ["s1"], "entries")
    check("nameserver" not in cfg["s1"], cfg["s1"])
    run(s, "background_buildiso", {}, token)
    check((d.root / "var/www/cobbler/pub/generated.iso").exists(), "the default file")


def test_families(lab):
    need("xorriso", "mformat", "grub-mkimage")
    files = fake_boot_files(lab)
    d, s, token, out = site(lab, files)
    for i, (name, breed, version) in enumerate((("suse", "suse", "sles15generic"), ("deb", "debian", "bookworm"), ("old", "redhat", "rhel6"))):
        add(s, token, "distro", {"name": name, "breed": breed, "os_version": version, "arch": "x86_64", **both(files)})
        add(s, token, "profile", {"name": "p" + name, "distro": name, "kernel_options": "text", "autoinstall_meta": "tree=http://h/t", "proxy": "http://px"})
        add(s, token, "system", {"name": "s" + name, "profile": "p" + name, "gateway": "10.55.0.1", "name_servers": ["10.55.0.2"]})
        handle = s.get_system_handle("s" + name, token)
        s.modify_system(handle, "modify_interface", {**interface("52:54:00:AA:00:B%d" % i, "10.55.0.1%d" % i),
                                                     "netmask-eth0": "255.255.255.0", "management-eth0": True}, token)
        s.save_system(handle, token)
    run(s, "background_buildiso", {"iso": str(out / "f.iso"), "profiles": "psuse pdeb pold", "systems": ["ssuse", "sdeb", "sold"]}, token)
    cfg = entries(text(out / "f.iso", "isolinux/isolinux.cfg"))
    url = "http://10.55.0.1:80/cblr/svc/op/autoinstall"
    lines = {k: re.sub(r"APPEND initrd=/\d.img ", "", v) for k, v in cfg.items() if k != "local"}
    for name, want in {
        "psuse": "proxy=http://px install=http://10.55.0.1:80/cblr/links/suse autoyast=%s/profile/psuse textmode=1" % url,
        "pdeb": "auto-install/enable=true url=%s/profile/pdeb mirror/http/proxy=http://px text" % url,
        "pold": "proxy=http://px http_proxy=http://px ks=%s/profile/pold repo=http://h/t text" % url,
        "ssuse": "proxy=http://px install=http://10.55.0.1:80/cblr/links/suse autoyast=%s/system/ssuse netdevice=52:54:00:aa:00:b0 hostip=10.55.0.10 "
                 "netmask=255.255.255.0 gateway=10.55.0.1 nameserver=10.55.0.2 textmode=1" % url,
        "sdeb": "auto-install/enable=true url=%s/system/sdeb netcfg/disable_autoconfig=true mirror/http/proxy=http://px hostname=sdeb domain=local.lan "
                "suite=bookworm netcfg/choose_interface=eth0 netcfg/get_ipaddress=10.55.0.11 netcfg/get_netmask=255.255.255.0 netcfg/get_gateway=10.55.0.1 "
                "netcfg/get_nameservers=10.55.0.2 text" % url,
        "sold": "proxy=http://px http_proxy=http://px ks=%s/system/sold repo=http://h/t ksdevice=52:54:00:aa:00:b2 ip=10.55.0.12 netmask=255.255.255.0 "
                "gateway=10.55.0.1 dns=10.55.0.2 text" % url}.items():
        equal(lines.pop(name), want, name)
    equal(lines, {}, "other entries")


def tree(d, files):
    """An imported tree of d1 below the daemon's web directory, and a mirrored repository."""
    mirror = d.root / "var/www/cobbler/distro_mirror/d1"
    (mirror / "images").mkdir(parents=True)
    (mirror / "isolinux").mkdir()
    (mirror / "isolinux/isolinux.cfg").write_text("theirs\n")
    (mirror / "TRANS.TBL").write_text("x\n")
    (mirror / "Packages=1.rpm").write_text("package\n")
    for path, name in zip(files, ("vmlinuz", "initrd.img")):
        shutil.copy(path, mirror / "images" / name)
    repo = d.root / "var/www/cobbler/repo_mirror/r1"
    repo.mkdir(parents=True)
    (repo / "x.rpm").write_text("package\n")
    return {"kernel": str(mirror / "images/vmlinuz"), "initrd": str(mirror / "images/initrd.img")}


def test_standalone_and_airgapped_isos(lab):
    need("xorriso", "mformat", "grub-mkimage")
    d, s, token, out = site(lab, fake_boot_files(lab))
    for key, path in tree(d, fake_boot_files(lab, "other")).items():
        handle = s.get_distro_handle("d1", token)
        s.modify_distro(handle, key, path, token)
        s.save_distro(handle, token)
    add(s, token, "repo", {"name": "r1", "mirror": "http://h/r1", "mirror_locally": True})
    s.write_autoinstall_template("iso.ks", "url --url=http://10.55.0.1/cblr/links/d1\nurl --url=http://two\nrepo --name=r1 --baseurl=http://10.55.0.1/cobbler/repo_mirror/r1 --cost=1\n"
                                 "  repo --name=source-1 --baseurl=http://10.55.0.1/cobbler/distro_mirror/d1/AppStream\nrepo --name=far --baseurl=http://far/x\n", token)
    for attribute, value in (("autoinstall", "iso.ks"), ("repos", "r1")):
        s.xapi_object_edit("profile", "p1", "edit", {"name": "p1", attribute: value}, token)
    s.xapi_object_edit("system", "s1", "copy", {"newname": "p2"}, token)           # of one name with a profile
    run(s, "background_buildiso", {"iso": str(out / "s.iso"), "standalone": True, "distro": "d1"}, token)
    have = names(out / "s.iso")
    for name in ("vmlinuz", "initrd.img", "images/vmlinuz", "Packages=1.rpm", "autoinstall/p1.cfg", "autoinstall/p2.cfg", "autoinstall/s1.cfg", "autoinstall/p2.system.cfg"):
        check(name in have, "%s is not on the ISO: %s" % (name, sorted(have)))
    check("TRANS.TBL" not in have and not any(n.startswith("repo_mirror/") for n in have), sorted(have))
    check("theirs" not in text(out / "s.iso", "isolinux/isolinux.cfg"), "our own menu")
    cfg = entries(text(out / "s.iso", "isolinux/isolinux.cfg"))
    check(cfg["s1"].startswith("APPEND initrd=/initrd.img inst.ks=cdrom:/autoinstall/s1.cfg inst.repo=cdrom quiet"), cfg["s1"])
    check(text(out / "s.iso", "autoinstall/p1.cfg").startswith("cdrom\nurl --url=http://two\nrepo --name=r1 --baseurl=http://10.55.0.1/"), "the answer file")
    run(s, "background_buildiso", {"iso": str(out / "g.iso"), "airgapped": True, "distro": "d1", "profiles": "p2"}, token)
    check("repo_mirror/r1/x.rpm" in names(out / "g.iso"), "the repository")
    check("autoinstall/p1.cfg" not in names(out / "g.iso"), "only what was asked for")
    equal(text(out / "g.iso", "autoinstall/s1.cfg"), "cdrom\nurl --url=http://two\nrepo --name=r1 --baseurl=file:///run/install/repo/repo_mirror/r1 --cost=1\n"
          "  repo --name=source-1 --baseurl=file:///run/install/repo/AppStream\nrepo --name=far --baseurl=http://far/x\n", "the answer file")
    shutil.rmtree(d.root / "var/www/cobbler/repo_mirror/r1")
    log = run(s, "background_buildiso", {"iso": str(out / "h.iso"), "airgapped": True, "distro": "d1"}, token, "failed")
    check("Local mirror directory missing for repository r1" in log, log)
    equal(sorted(p.name for p in out.iterdir()), ["g.iso", "s.iso"], "files")


def test_what_is_refused(lab):
    need("xorriso", "mformat", "grub-mkimage")
    d, s, token, out = site(lab, fake_boot_files(lab))
    (out / "precious.iso").write_text("no ISO\n")
    for options, pattern in (
            ({"iso": str(out / "precious.iso")}, "is not an ISO file"), ({"iso": "../x.iso"}, "neither an absolute path nor a file name"),
            ({"iso": "-o"}, "looks like an option"), ({"iso": "/nonexistent/x.iso"}, "cannot write /nonexistent/x.iso: No such file"), ({"iso": "/x.iso"}, "Permission denied"), ({"profiles": "nosuch"}, "No valid systems or profiles"),
            ({"distro": "nosuch"}, "Distribution nosuch not found"), ({"standalone": True}, "name it"), ({"standalone": "yes"}, "needs to be of type bool"),
            ({"standalone": True, "distro": "d1"}, "No installation source found"), ({"xorrisofs_opts": "-o /tmp/x"}, "\"-o\" is not one of"),
            ({"xorrisofs_opts": "-V"}, "needs a value"), ({"xorrisofs_opts": "-V -outdev"}, "looks like an option"), ({"buildisodir": "/nonexistent"}, "not a directory"),
            ({"standalone": True, "distro": "d1", "source": "etc"}, "not a directory")):
        log = run(s, "background_buildiso", {"iso": str(out / "x.iso"), **options}, token, "failed")
        check(pattern in log, "%r: no /%s/ in %s" % (options, pattern, log))
    equal((out / "precious.iso").read_text(), "no ISO\n", "a file that is no ISO")
    equal(sorted(p.name for p in out.iterdir()), ["precious.iso"], "files")
    work = d.root / "var/cache/cobbler/buildiso"
    equal(list(work.iterdir()) if work.exists() else [], [], "left-over work")
    s.xapi_object_edit("profile", "p1", "edit", {"name": "p1", "kernel_options": {"x": "1\nLABEL evil\nKERNEL /evil", "y": "';reboot;{"}}, token)
    run(s, "background_buildiso", {"iso": str(out / "x.iso")}, token)
    check(not re.search(r"^LABEL evil", text(out / "x.iso", "isolinux/isolinux.cfg"), re.M), "an option ends its line")
    check(";reboot" not in text(out / "x.iso", "EFI/BOOT/grub.cfg").replace("\\;", ""), "an option ends its command")


def test_loaders(lab):
    need("grub-mkimage")
    d = lab.daemon(services={"dhcp": {"enabled": False}, "tftp": {"enabled": False}})
    s, token = d.login()
    log = run(s, "background_mkloaders", {}, token)
    loaders = d.root / "var/lib/cobbler/loaders"
    for name in ("pxelinux.0", "menu.c32", "ldlinux.c32", "libutil.c32", "libcom32.c32", "linux.c32", "memdisk", "undionly.pxe", "grub/shim.efi"):
        check((loaders / name).is_symlink() and (loaders / name).exists(), "%s: %s" % (name, log))
    check((loaders / "grub/shim.efi").resolve().name == "shimx64.efi.signed", "shim is %s" % (loaders / "grub/shim.efi").resolve())
    check((loaders / "grub/grubx64.efi").read_bytes()[:2] == b"MZ", "GRUB for UEFI")
    check((loaders / "grub/x86_64-efi/normal.mod").exists(), "GRUB's modules")
    check("GRUB's modules for powerpc-ieee1275 are not installed" in log, log)
    run(s, "background_mkloaders", {}, token)          # again: nothing in its way
    d.reconfigure({"bootloaders_modules": ["normal", "nosuchmodule"]})
    d.stop()
    d.start()
    s, token = d.login()
    before = (loaders / "grub/grubx64.efi").read_bytes()
    log = run(s, "background_mkloaders", {}, token, "failed")
    check("nosuchmodule" in log, log)
    check((loaders / "grub/grubx64.efi").read_bytes() == before, "the former image stays")
    equal([p.name for p in (loaders / "grub").iterdir() if p.name.endswith(".new")], [], "left-over images")


def boots(lab, firmware):
    need("xorriso", "mformat", "grub-mkimage")
    d, s, token, out = site(lab, boot_files(lab))
    template = d.root / "etc/cobbler/iso/buildiso.template"
    template.write_text("SERIAL 0 115200\nDEFAULT p1\nPROMPT 0\nTIMEOUT 1\n")
    entry = d.root / "etc/cobbler/iso/grub_menuentry.template"
    entry.write_text("set timeout=0\n" + entry.read_text())
    run(s, "background_buildiso", {"iso": str(out / "b.iso"), "profiles": ["p1"]}, token)
    m = lab.machine("52:54:00:AA:00:02", firmware=firmware, cdrom=out / "b.iso")
    seconds = m.wait_console(r"TEST-MACHINE-UP .*inst\.ks=http://10\.55\.0\.1:80/cblr/svc/op/autoinstall/profile/p1 .*a=1 a=2", 180)
    lab.note("%.1f s after power-on" % seconds)


def test_bios_boots(lab):
    boots(lab, "bios")


def test_uefi_boots(lab):
    boots(lab, "uefi")
