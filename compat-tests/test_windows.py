# SPDX-License-Identifier: GPL-2.0-or-later
"""Windows: media are imported, a sync makes the files that Setup boots from, machines get them by the names that they ask for; and each
file is what Python Cobbler makes of the same medium.
"""
import os
import re
import shutil
import struct
from pathlib import Path

import media
import windows_media as win
from clients import TftpError
from fixtures import add, interface
from lab import Skip, check, equal
from world import SITE, World, missing

ADDRESS, MAC = "10.55.0.10", "52:54:00:00:be:01"        # the test's own client has that address
BIOS = {"kernel": "win10a.0", "bootmgr": "boot1ea.exe", "bcd": "1Ea", "winpe": "winp5.wim", "answerfile": "autounattende5.xml",
        "uefi": "False"}
FILES = ("wimboot", "bootmgr.exe", "bcd", "winpe.wim", "autounattended.xml", *sorted(v for k, v in BIOS.items() if k != "uefi"))


def can_make_media():
    if win.missing():
        raise Skip(win.missing())


def server_with_medium(lab, **settings):
    can_make_media()
    top = lab.tmp / "dvd"
    win.tree(top, lab.tmp / "parts")
    win.iso(lab.tmp / "w2022.iso", top)
    d = lab.daemon(settings={"windows_enabled": True, "enable_ipxe": True, **settings}, start=False)
    media.write(d.root / "var/lib/cobbler/loaders/wimboot", "iPXE's wimboot")
    d.start()
    return d, top


def images(d):
    return d.root / "srv/tftpboot/images/w2022-x86_64"


def with_profiles(d):
    """The medium imported, the profile that comes of it, and one for a BIOS."""
    out = d.cobbler("import", "--name=w2022", "--path=%s" % (d.root.parent / "w2022.iso"))
    check("TASK COMPLETE" in out, out)
    s, token = d.login()
    add(s, token, "profile", {"name": "bios", "distro": "w2022-x86_64", "autoinstall_meta": BIOS, "autoinstall": "win.ks"})
    return s, token


def test_import_takes_winpe_and_its_loaders_out_of_the_medium(lab):
    d, _ = server_with_medium(lab)
    out = d.cobbler("import", "--name=w2022", "--path=%s" % (lab.tmp / "w2022.iso"))
    boot = d.root / "var/www/cobbler/distro_mirror/w2022/boot"
    s = d.rpc()
    distro, profile = s.get_distro("w2022-x86_64"), s.get_profile("w2022-x86_64")
    equal((distro["breed"], distro["os_version"], distro["kernel"], distro["initrd"]),
          ("windows", "2022", str(boot / "pxeboot.n12"), str(boot / "boot.sdi")), "the distro")
    equal(profile["autoinstall_meta"], {
        "kernel": "http://@@http_server@@/images/w2022-x86_64/wimboot", "bootmgr": "bootmgr.exe", "bcd": "bcd", "winpe": "winpe.wim",
        "answerfile": "autounattended.xml", "post_install_script": "post_install.cmd"}, out)
    equal(sorted(p.name for p in boot.iterdir()),
          ["bcd", "boot.sdi", "bootmgr.efi", "bootmgr.exe", "fonts", "pxeboot.n12", "winpe.wim"], "boot/")
    equal((boot / "bootmgr.exe").read_bytes(), win.program(), "bootmgr.exe")
    equal((boot / "pxeboot.n12").read_bytes(), win.kernel(), "pxeboot.n12")
    check(win.wim_list(boot / "winpe.wim")[:3] == win.wim_list(lab.tmp / "dvd/sources/boot.wim")[:3], "names in winpe.wim")
    (lab.tmp / "software").write_bytes(win.wim_file(boot / "winpe.wim", "/Windows/System32/config/SOFTWARE"))
    (lab.tmp / "before").write_bytes(win.wim_file(lab.tmp / "dvd/sources/boot.wim", "/Windows/System32/config/SOFTWARE"))
    now, before = win.hive_dump(lab.tmp / "software"), win.hive_dump(lab.tmp / "before")
    equal(list(now), list(before), "the registry's keys")
    for key, values in before.items():
        want = {}
        for name, (kind, data) in values.items():
            data = data.decode("utf-16le").replace(win.OLD_PLACE[:-1], "X:").encode("utf-16le") if kind in (1, 2) else data
            want[name.replace(win.OLD_PLACE[:-1], "X:")] = (kind, data)
        equal(now[key], want, "values of " + key)


def test_a_sync_makes_what_autoinstall_meta_names(lab):
    d, top = server_with_medium(lab)
    s, _ = with_profiles(d)
    d.cobbler("sync")
    at, web = images(d), d.root / "var/www/cobbler/images/w2022-x86_64"
    equal(sorted(p.name for p in at.iterdir()), sorted([*FILES, "boot.sdi", "pxeboot.n12"]), "files of the distro")
    for name in FILES:
        check((web / name).exists() and (web / name).read_bytes() == (at / name).read_bytes(), "%s for the web" % name)
    check(not (web / "autounattended.xml").is_symlink(), "the answer file is a file where a share hands it out")
    equal((at / "pxeboot.n12").read_bytes(), win.kernel(), "the medium's loader is as it was")
    want = re.sub(b"bootmgr\\.exe", b"boot1ea.exe", win.kernel(), flags=re.I)
    equal((at / "win10a.0").read_bytes(), want, "the loader under its new name")
    equal((at / "bootmgr.exe").read_bytes(), win.program(), "what wimboot reads is as it was")
    manager = (at / "boot1ea.exe").read_bytes()
    check("\\Boot\\1Ea".encode("utf-16le") in manager and "\\boot\\1Ea".encode("utf-16le") in manager, "the name of the BCD in it")
    check(win.pe_checksum_is_right(manager), "its checksum")
    bcd = win.hive_dump(at / "1Ea")
    objects = [k for k in bcd if re.fullmatch(r"\\Objects\\[^\\]*", k)]
    equal(len(objects), 3, "objects of the BCD")
    path = bcd[objects[0].rsplit("\\", 1)[0] + "\\{65c31250-afa2-11df-8045-000c29f37d88}\\Elements\\11000001"]["Element"][1][140:]
    equal(path.decode("utf-16le"), "\\images\\w2022-x86_64\\winp5.wim\0", "the image that it names")
    script = win.wim_file(at / "winp5.wim", "/Windows/System32/startnet.cmd").decode()
    check("Z:\\links\\w2022-x86_64\\sources\\setup.exe /unattend:Z:\\images\\w2022-x86_64\\autounattende5.xml" in script, script)
    check("$" not in script and "@@" not in script, script)
    equal([x for x in win.wim_list(at / "winp5.wim") if "startnet" in x.lower()], ["/Windows/System32/startnet.cmd"], "start scripts in it")
    answers = (at / "autounattended.xml").read_text()
    for part in ('processorArchitecture="amd64"', "<Type>EFI</Type>", "post_install.cmd w2022-x86_64"):
        check(part in answers, answers)
    check("<Type>EFI</Type>" not in (at / "autounattende5.xml").read_text(), "uefi=False")
    media.run(["xmllint", "--noout", at / "autounattended.xml", at / "autounattende5.xml"])
    post = (d.root / "var/www/cobbler/distro_mirror/w2022/sources/$OEM$/$1/post_install.cmd").read_text()
    check("/cblr/svc/op/autoinstall/profile/%1" in post, post)
    check(not list(at.glob(".*")) and "Sanitizer" not in d.log(), d.tail())
    told = d.cobbler("check", status=None)
    check("indows" not in told and "wimboot" not in told, told)


def test_what_would_be_the_same_is_left_alone(lab):
    d, _ = server_with_medium(lab)
    s, token = with_profiles(d)
    d.cobbler("sync")
    at = images(d)

    def state():
        copies = ("boot.sdi", "pxeboot.n12", "wimboot")
        return {p.name: (p.stat().st_ino, p.stat().st_ctime_ns) for p in at.iterdir() if p.name not in copies}
    before = state()
    d.cobbler("sync")
    equal(state(), before, "after a sync of the same")
    d.stop()
    d.start()
    d.cobbler("sync")
    equal(state(), before, "after a restart and a sync of the same")
    s, token = d.login()
    handle = s.get_profile_handle("bios", token)
    s.modify_profile(handle, "autoinstall_meta", {**BIOS, "answerfile": "other.xml"}, token)
    s.save_profile(handle, token)
    now = state()
    check("other.xml" in now, "an edit is followed without a sync: %r" % now)
    equal({n for n in before if now.get(n) != before[n]}, {"winp5.wim"}, "what differs after it")
    check(b"other.xml" in win.wim_file(at / "winp5.wim", "/Windows/System32/startnet.cmd"), "the image has the new name")
    d.cobbler("sync")
    check(not (at / "autounattende5.xml").exists(), "what nobody names any more goes with a sync")
    add(s, token, "system", {"name": "own", "profile": "bios", "autoinstall_meta": {"answerfile": "own.xml", "winpe": "own.wim"},
                             "modify_interface": interface(MAC, ADDRESS)})
    check((at / "own.xml").exists() and b"own.xml" in win.wim_file(at / "own.wim", "/Windows/System32/startnet.cmd"), "files of a system")


def test_names_as_loaders_of_windows_ask_for_them(lab):
    d, top = server_with_medium(lab)
    s, token = with_profiles(d)
    d.cobbler("sync")
    at = images(d)
    tftp, same = lab.client.tftp, {
        "boot1ea.exe": "boot1ea.exe", "\\Boot1EA.exe": "boot1ea.exe", "\\Boot\\1Ea": "1Ea", "\\BOOT\\1EA": "1Ea", "/Boot/1Ea": "1Ea",
        "\\images\\w2022-x86_64\\winp5.wim": "winp5.wim", "\\Images\\W2022-X86_64\\WINP5.WIM": "winp5.wim",
        "images/w2022-x86_64/boot.sdi": "boot.sdi", "\\IMAGES\\w2022-x86_64\\BOOT.SDI": "boot.sdi"}
    for asked, name in same.items():
        equal(tftp(asked)[0], (at / name).read_bytes(), "TFTP: " + asked)
    equal(tftp("\\Boot\\Fonts\\WGL4_boot.ttf")[0], b"a font", "a font of the medium")
    for asked in ("\\Boot\\nothing", "\\Boot\\..\\..\\etc\\passwd", "\\Boot\\fonts\\..\\..\\sources\\install.wim", "images/none/winp5.wim"):
        try:
            got = tftp(asked)[0]
            check(False, "TFTP: %s: %d bytes" % (asked, len(got)))
        except TftpError as e:
            equal(e.code, 1, "TFTP: " + asked)
    add(s, token, "system", {"name": "n1", "profile": "bios", "netboot_enabled": True, "modify_interface": interface(MAC, ADDRESS)})
    menu = tftp("pxelinux.cfg/01-" + MAC.replace(":", "-"))[0].decode()
    check("kernel /images/w2022-x86_64/win10a.0" in menu, menu)
    for path in ("/images/w2022-x86_64/wimboot", "/cobbler/images/w2022-x86_64/winpe.wim", "/cobbler/images/w2022-x86_64/bcd"):
        status, _, body = lab.client.http(path)
        check(status == 200 and body == (at / path.rsplit("/", 1)[1]).read_bytes(), "HTTP: %s: %d" % (path, status))
    script = lab.client.http("/cblr/svc/op/ipxe/profile/w2022-x86_64")[2].decode()
    for word in ("bootmgr.exe", "bcd", "winpe.wim", "boot.sdi"):
        check(re.search(r"initrd --name %s http://\S+/cobbler/images/w2022-x86_64/%s %s\n" % (word, word, word), script), script)


def test_what_cannot_be_made_is_said_and_keeps_nothing_else(lab):
    d, top = server_with_medium(lab)
    s, token = with_profiles(d)
    bad = {"long": ({"bootmgr": "bootmgr12.exe"}, "exactly 11 characters"), "path": ({"answerfile": "../../x"}, "the name of a file"),
           "bcd4": ({"bootmgr": "boot2ea.exe", "bcd": "abcd"}, "exactly 3 characters"),
           "shell": ({"winpe": "a b;reboot.wim"}, "the name of a file")}
    for name, (meta, _) in bad.items():
        add(s, token, "profile", {"name": name, "distro": "w2022-x86_64", "autoinstall_meta": meta})
    out = d.cobbler("sync", status=1)
    for name, (_, text) in bad.items():
        check(re.search(r"profile %s: .*%s" % (name, re.escape(text)), out), out)
    check((images(d) / "winp5.wim").exists(), "the others have their files")
    for name in bad:
        s.remove_profile(name, token)
    d.cobbler("sync")
    boot = d.root / "var/www/cobbler/distro_mirror/w2022/boot"
    for name, junk, text in (("bcd", b"no hive" * 1000, "bcd"), ("bcd", win.empty_hive(), "Objects"),
                             ("winpe.wim", b"MSWIM\0\0\0" * 9000, "winp5.wim"), ("bootmgr.exe", b"MZ" * 500, "PE file")):
        before, made = (boot / name).read_bytes(), win.wim_file(images(d) / "winp5.wim", "/Windows/System32/startnet.cmd")
        (boot / name).write_bytes(junk)
        out = d.cobbler("sync", status=1)
        check(text in out and "Traceback" not in out, out)
        equal(win.wim_file(images(d) / "winp5.wim", "/Windows/System32/startnet.cmd"), made, "what was there stays")
        check(not list(images(d).glob(".*")), "left behind: %s" % list(images(d).glob(".*")))
        (boot / name).write_bytes(before)
    d.cobbler("sync")


def test_links_in_an_image_lead_nowhere(lab):
    d, top = server_with_medium(lab)
    for name in ("pxeboot.n12", "bootmgr.exe"):
        evil = lab.tmp / ("with-" + name)
        shutil.copytree(lab.tmp / "parts/pe", evil)
        (evil / "Windows/Boot/PXE" / name).unlink()
        os.symlink("/etc/passwd", evil / "Windows/Boot/PXE" / name)
        (top / "sources/boot.wim").unlink()
        media.run(["wimcapture", evil, top / "sources/boot.wim", "PE", "--boot"])
        out = d.cobbler("import", "--name=evil", "--path=%s" % top, status=1)
        check("%s in it is no file" % name in out, out)
        equal(list((d.root / "var/www/cobbler/distro_mirror").iterdir()), [d.root / "var/www/cobbler/distro_mirror/config"], "left of it")


def test_what_an_image_holds_is_bounded(lab):
    """A few KiB of an image may stand for any number of bytes: nothing is taken out of it that no WinPE has."""
    d, top = server_with_medium(lab)
    rows = (("Windows/Boot/PXE/pxeboot.n12", 17 << 20, "pxeboot.n12 in it has 17825792 bytes, at most 16777216"),
            ("Windows/System32/config/SOFTWARE", 300 << 20, "software in it has 314572800 bytes, at most 268435456"),
            ("Windows/Boot/EFI/bootmgr.efi", None, "bootmgr.efi in it is no file"))
    for at, (path, size, text) in enumerate(rows):
        evil = lab.tmp / ("evil%d" % at)
        shutil.copytree(lab.tmp / "parts/pe", evil)
        (evil / path).unlink()
        if size is None:
            (evil / path).mkdir()
            (evil / path / "below").write_bytes(bytes(1 << 20))
        else:
            with open(evil / path, "wb") as f:
                f.truncate(size)
        (top / "sources/boot.wim").unlink()
        media.run(["wimcapture", evil, top / "sources/boot.wim", "PE", "--boot", "--compress=XPRESS"])
        shutil.rmtree(evil)
        out = d.cobbler("import", "--name=evil", "--path=%s" % top, status=1)
        check(text in out, out)
        equal(list((d.root / "var/www/cobbler/distro_mirror").iterdir()), [d.root / "var/www/cobbler/distro_mirror/config"], "left of it")


def test_without_the_libraries_it_is_said_what_to_install(lab):
    d, _ = server_with_medium(lab)
    with_profiles(d)
    d.cobbler("sync")
    for name, package in (("libhivex", "libhivex0"), ("libwim", "libwim15")):
        paths = list({p.resolve() for p in Path("/usr/lib").glob("*/%s.so.*" % name)})
        equal(len(paths), 1, "libraries %s" % name)
        nothing = lab.tmp / "nothing"
        nothing.write_bytes(b"")
        media.run(["mount", "--bind", nothing, paths[0]])
        try:
            d.stop()
            d.start()
            told = d.cobbler("check", status=None)
            check(re.search("windows_enabled is on, but .*%s" % package, told), told)
            d.cobbler("sync")                          # there is nothing to be made
            for made in [images(d) / "1Ea", *images(d).glob("*.wim")]:
                made.unlink()
            out = d.cobbler("sync", status=1)
            check(package in out, out)
            out = d.cobbler("import", "--name=again", "--path=%s" % (lab.tmp / "w2022.iso"), status=1)
            check(package in out, out)
            equal(list((d.root / "var/www/cobbler/distro_mirror").glob("*again*")), [], "left of the import")
        finally:
            media.run(["umount", paths[0]])
        d.cobbler("sync")
        check((images(d) / "winp5.wim").exists() and (images(d) / "1Ea").exists(), "with the library they are made")


# ---- beside Python Cobbler ----

def site_with_medium(lab, tree):
    """The recorded site with Windows switched on, and the medium as an import leaves it."""
    site = lab.tmp / "site"
    shutil.copytree(SITE, site, symlinks=True)
    media.run(["chmod", "-R", "u+w", site])
    text = (site / "etc/cobbler/settings.d/windows.settings")
    text.write_text(text.read_text().replace("windows_enabled: false", "windows_enabled: true"))
    snippets = site / "var/lib/cobbler/snippets"
    if not (snippets / "wait_network_online").exists():
        media.write(snippets / "wait_network_online", "ping @@http_server@@\n")
    shutil.copytree(tree, site / "var/www/cobbler/distro_mirror/win")
    boot = site / "var/www/cobbler/distro_mirror/win/boot"
    pe = lab.tmp / "parts/pe/Windows/Boot"
    shutil.copy(pe / "PXE/pxeboot.n12", boot)
    shutil.copy(pe / "PXE/bootmgr.exe", boot)
    shutil.copy(pe / "PXE/bootmgr.exe", boot / "setupldr.exe")
    media.run(["wimexport", tree / "sources/boot.wim", "1", boot / "winpe.wim", "--boot"])
    for folder in ("var/lib/cobbler/loaders", "srv/tftpboot"):       # 3.3.7 wants it when a system is saved, before the first sync
        media.write(site / folder / "wimboot", "iPXE's wimboot")
    return site


WIN = {"breed": "windows", "arch": "x86_64", "initrd": "/var/www/cobbler/distro_mirror/win/boot/boot.sdi",
       "kernel": "/var/www/cobbler/distro_mirror/win/boot/pxeboot.n12"}
LONG = "w11-" + "and-so-on-" * 6 + "x"
ITEMS = [
    ("distro", {"name": "w2022", **WIN, "os_version": "2022"}), ("distro", {"name": "w7", **WIN, "os_version": "7"}),
    ("distro", {"name": "xp", **WIN, "os_version": "xp"}),
    ("distro", {"name": LONG, **WIN, "os_version": "11"}),
    ("profile", {"name": "http", "distro": "w2022", "autoinstall_meta": {
        "kernel": "http://@@http_server@@/images/w2022/wimboot", "bootmgr": "bootmgr.exe", "bcd": "bcd", "winpe": "winpe.wim",
        "answerfile": "autounattended.xml", "post_install_script": "post_install.cmd"}}),
    ("profile", {"name": "bios", "distro": "w2022", "autoinstall_meta": BIOS}),
    ("profile", {"name": "seven", "distro": "w7", "autoinstall_meta": {**BIOS, "kernel": "wimboot", "clean_disk": "1"}}),
    ("profile", {"name": "eleven", "distro": LONG, "autoinstall_meta": {**BIOS, "locale": "de-DE"}}),
    ("profile", {"name": "old", "distro": "xp", "autoinstall_meta": {
        "kernel": "wine0.0", "bootmgr": "ntld1", "answerfile": "winn1.sif", "post_install_script": "post_install.cmd", "clean_disk": "1"}}),
    ("profile", {"name": "oldpe", "distro": "xp", "autoinstall_meta": {
        "kernel": "winf0.0", "bootmgr": "bootxea.exe", "bcd": "XEa", "winpe": "winxp.wim", "answerfile": "winn2.sif"}}),
    ("system", {"name": "s1", "profile": "bios", "autoinstall_meta": {
        "answerfile": "s1.xml", "winpe": "s1.wim", "bcd": "s1b", "bootmgr": "boots1a.exe"}}),
]


def result(lab, site, kind):
    """What a server makes of ITEMS: {path: bytes}, images as what is in them."""
    w = World(lab.tmp / kind, kind, site)
    lab.worlds.append(w)
    for what, fields in ITEMS:
        handle = w.call("new_" + what, "TOKEN")
        for key, value in fields.items():
            equal(w.call("modify_" + what, handle, key, value, "TOKEN"), True, "%s: %s %s" % (kind, fields["name"], key))
        saved = w.call("save_" + what, handle, "TOKEN")
        check(saved is True, "%s: %s: %r" % (kind, fields["name"], saved))
    synced = w.call("sync", "TOKEN")
    check(not isinstance(synced, dict), "%s: %r" % (kind, synced))
    files = {}
    for top in ("srv/tftpboot/images", "var/www/cobbler/images", "var/www/cobbler/distro_mirror/win/sources"):
        for path in sorted((w.root / top).rglob("*")):
            real = path
            if ".link_cache" in path.parts:          # where 3.3.7 keeps a copy to link to
                continue
            if path.is_symlink():
                real = w.root / os.readlink(path).lstrip("/")
            if real.is_file() and path.suffix != ".wim":
                files[str(path.relative_to(w.root))] = real.read_bytes()
            elif real.is_file() and "images" in top:
                listing = "\n".join(win.wim_list(real)).encode()
                files[str(path.relative_to(w.root))] = listing + win.wim_file(real, "/Windows/System32/startnet.cmd")
    w.stop()
    return files


def test_files_are_those_of_python_cobbler(lab):
    reason = missing()
    if reason:
        raise Skip(reason)
    can_make_media()
    win.tree(lab.tmp / "dvd", lab.tmp / "parts")
    site = site_with_medium(lab, lab.tmp / "dvd")
    theirs, ours = result(lab, site, "python"), result(lab, site, "ours")
    equal(sorted(set(ours) ^ set(theirs)), [], "files that only one of them makes")
    check(len(ours) > 60, "%d files" % len(ours))
    different = [path for path in theirs if ours[path] != theirs[path]]
    # 3.3.7 writes lengths of more than 255 with their bytes in the wrong order and one place too far
    equal(different, ["srv/tftpboot/images/%s/1Ea" % LONG, "var/www/cobbler/images/%s/1Ea" % LONG], "files that differ")
    (lab.tmp / "bcd").write_bytes(ours[different[0]])
    device = win.hive_dump(lab.tmp / "bcd")["\\Objects\\{65c31250-afa2-11df-8045-000c29f37d88}\\Elements\\11000001"]["Element"][1]
    equal(struct.unpack_from("<I", device, 24)[0], len(device) - 16, "the length of a device with a long path")
    equal(struct.unpack_from("<I", device, 60)[0], len(device) - 56, "the length of its file")
    lab.note("%d files" % len(ours))


def imported(lab, site, kind):
    """What an import of the same medium comes to: the items' fields, and the files in boot/."""
    w = World(lab.tmp / ("import-" + kind), kind, site)
    lab.worlds.append(w)
    status, out, error = w.command("python" if kind == "python" else "ours", ["import", "--name=win", "--path=/srv/dvd"])
    check(status == 0 and "TASK COMPLETE" in out, "%s: %d %s %s" % (kind, status, out, error))
    distro, profile = w.call("get_distro", "win-x86_64"), w.call("get_profile", "win-x86_64")
    fields = {k: distro[k] for k in ("arch", "breed", "os_version", "kernel", "initrd", "boot_files", "kernel_options", "autoinstall_meta")}
    fields.update({"profile " + k: profile[k] for k in ("autoinstall", "autoinstall_meta", "distro", "virt_type")})
    boot = w.root / "var/www/cobbler/distro_mirror/win/boot"
    files = {str(p.relative_to(boot)): p.read_bytes() for p in boot.rglob("*") if p.is_file() and p.name != "winpe.wim"}
    for path in win.wim_list(boot / "winpe.wim"):
        if path.count("/") > 2 and path.endswith(("cmd", "exe", "n12", "efi", "SOFTWARE")):
            files["winpe.wim:" + path] = win.wim_file(boot / "winpe.wim", path)
    w.stop()
    return fields, files


def test_an_import_is_that_of_python_cobbler(lab):
    reason = missing()
    if reason:
        raise Skip(reason)
    can_make_media()
    site = lab.tmp / "site"
    shutil.copytree(SITE, site, symlinks=True)
    win.tree(site / "srv/dvd", lab.tmp / "parts")
    theirs, ours = imported(lab, site, "python"), imported(lab, site, "ours")
    equal(ours[0], theirs[0], "the items")
    equal(sorted(ours[1]), sorted(theirs[1]), "the files in boot/ and in the image")
    equal([name for name in theirs[1] if ours[1][name] != theirs[1][name]], [], "files that differ")
    lab.note("%d files" % len(ours[1]))
