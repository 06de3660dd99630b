# SPDX-License-Identifier: GPL-2.0-or-later
"""Items that several tests start from, made over XML-RPC as clients make them."""
import os
import shutil

import media
from lab import Skip

MAC = "52:54:00:77:00:10"
ADDRESS = "10.55.0.10"
CONSOLE = "console=ttyS0,115200 quiet"


def boot_files(lab):
    """(kernel, initrd) that a machine can really boot; the initrd prints the command line."""
    folder = lab.tmp / "boot"
    if not folder.exists():
        folder.mkdir()
        shutil.copy(media.installer_files()[0], folder / "vmlinuz")
        media.initramfs(folder / "initrd.img")
    return folder / "vmlinuz", folder / "initrd.img"


def fake_boot_files(lab, name="fake"):
    """Files that only look the part: for tests that never start a kernel."""
    folder = lab.tmp / name
    folder.mkdir(exist_ok=True)
    for file in ("vmlinuz", "initrd.img"):
        (folder / file).write_bytes(b"not a kernel\n")
    return folder / "vmlinuz", folder / "initrd.img"


def configured_kernel(lab, how, services, **system):
    """Boots a Linux that gets its address by itself, ip=how; (daemon, what it says of that). Debian's kernels cannot: LINUX_PNP names one with
    IP_PNP, IP_PNP_BOOTP, IP_PNP_RARP, E1000 and a serial console."""
    kernel = os.environ.get("LINUX_PNP")
    if not kernel:
        raise Skip("LINUX_PNP does not name a kernel with CONFIG_IP_PNP_RARP")
    files = fake_boot_files(lab)
    shutil.copy(kernel, files[0])
    d = lab.daemon(services=services)
    s, token = d.login()
    add_machine(s, token, files, options="console=ttyS0,115200 ip=" + how, **system)
    m = lab.machine(MAC)
    lab.note("address after %.1f s" % m.wait_console(r"IP-Config: Complete:(.*\n)+?.*nameserver0=\S+", 240))
    return d, m.console()


def add(s, token, kind, attributes):
    """new_KIND, modify_KIND, save_KIND."""
    handle = getattr(s, "new_" + kind)(token)
    for key, value in attributes.items():
        if getattr(s, "modify_" + kind)(handle, key, value, token) is not True:
            raise AssertionError("modify_%s(%s, %r) is refused" % (kind, key, value))
    getattr(s, "save_" + kind)(handle, token)
    return handle


def interface(mac, address="", **more):
    fields = {"mac_address": mac, "ip_address": address, **more}
    return {"%s-eth0" % k: v for k, v in fields.items() if v != ""}


def add_machine(s, token, files, name="n1", mac=MAC, address=ADDRESS, options="", distro=None, profile=None, **system):
    """Distro d, profile p and the system name, ready to boot from the network."""
    if not s.find_distro({"name": "d"}):
        add(s, token, "distro", {"name": "d", "kernel": str(files[0]), "initrd": str(files[1]), "arch": "x86_64",
                                 "breed": "redhat", "os_version": "rhel8", **(distro or {})})
        add(s, token, "profile", {"name": "p", "distro": "d", **(profile or {})})
    return add(s, token, "system", {"name": name, "profile": "p", "netboot_enabled": True, "kernel_options": options,
                                    "modify_interface": interface(mac, address), **system})
