# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines that boot from our DHCP, TFTP and HTTP alone. QEMU without hardware help: 10 to 150 s each."""
import random
import re
import shutil
import subprocess

from fixtures import ADDRESS, CONSOLE, MAC, add, add_machine, boot_files, fake_boot_files
from lab import Skip, check


def boots_its_kernel(lab, options, limit, proof, firmware=None, names=None, **system):
    """Boots n1; the kernel's command line must be the one of that system. proof: what the daemon's log has to show."""
    d = lab.daemon()
    s, token = d.login()
    files = boot_files(lab)
    if names is not None:
        odd = [lab.tmp / name for name in names]
        for path, copy in zip(files, odd):
            shutil.copy(path, copy)
            copy.chmod(0o644)
        files = odd
    add_machine(s, token, files, options="%s marker=%s" % (CONSOLE, options), **system)
    m = lab.machine(MAC, **(firmware or {}))
    seconds = m.wait_console(r"TEST-MACHINE-UP .*marker=" + options, limit)
    lab.note("init runs after %.1f s" % seconds)
    for pattern in proof:
        check(re.search(pattern, d.log()), "no line /%s/ in the log:\n%s" % (pattern, d.tail(40)))
    return d, m


def test_bios_boots_by_pxelinux(lab):
    boots_its_kernel(lab, "pxelinux", 240, [r"pxelinux\.0", r"pxelinux\.cfg/01-52-54-00-77-00-10", r"images/d/vmlinuz", r"images/d/initrd"])


def test_bios_ipxe_boots_by_script_over_http(lab):
    boots_its_kernel(lab, "ipxe", 240, [r"/cblr/svc/op/ipxe/system/n1", r"GET \S*images/d/vmlinuz \S* *to 10\.55\.0\.10|GET \S*images/d/vmlinuz"],
                     enable_ipxe=True)


def test_uefi_boots_by_grub(lab):
    boots_its_kernel(lab, "grub", 240, [r"grub\S*\.efi", r"grub\.cfg", r"images/d/vmlinuz"],
                     firmware={"firmware": "uefi", "nic": "virtio-net-pci", "rom": ""})


# Each of these means something to a loader. (A double quote would mean something to the kernel, which is told its name.)
ODD = ("vmlinuz ;reboot #'$x %41&|", "initrd ; ${y}? [[z]] {u}.img")


def test_names_that_mean_something_to_grub(lab):
    boots_its_kernel(lab, "grub-odd", 240, [r"grub\S*\.efi"], firmware={"firmware": "uefi", "nic": "virtio-net-pci", "rom": ""}, names=ODD)


def test_names_that_mean_something_to_ipxe(lab):
    boots_its_kernel(lab, "ipxe-odd", 240, [r"/cblr/svc/op/ipxe/system/n1"], names=ODD, enable_ipxe=True)


def test_names_that_mean_something_to_pxelinux(lab):
    boots_its_kernel(lab, "pxe-odd", 240, [r"pxelinux\.0"], names=("vmlinuz;reboot#'$x%41&|", "initrd;${y}?[z]{u}.img"))


def test_grub_can_parse_whatever_values_hold(lab):
    """One that it cannot parse takes the entries of all others away."""
    if shutil.which("grub-script-check") is None:
        raise Skip("grub-script-check is not installed")
    d = lab.daemon(services={"dhcp": {"enabled": False}})
    s, token = d.login()
    kernel, initrd = fake_boot_files(lab)
    dice = random.Random(5)

    def text(alphabet):
        return "".join(dice.choice(alphabet) for _ in range(dice.randint(1, 9)))
    for n in range(150):
        files = []
        for path in (kernel, initrd):
            odd = path.with_name(path.name + text(" ;|&<>'\"\\$#{}[]()*?!~=%a"))
            shutil.copy(path, odd)
            files.append(str(odd))
        add(s, token, "distro", {"name": "d%d" % n, "kernel": files[0], "initrd": files[1], "arch": "x86_64", "breed": "redhat", "os_version": "rhel8"})
        options = {text(" ;|&<>'\"\\$#{}[]()*?!~=%a\n@1/"): text(" ;|&<>'\"\\{}[]()*?!~=%a\n@1/") for _ in range(3)}
        add(s, token, "menu", {"name": "m%d" % n, "display_name": text(" ;|&<>'\"\\$#{}[]()*?!~=%a\n")})
        add(s, token, "profile", {"name": "p%d" % n, "distro": "d%d" % n, "enable_menu": True, "kernel_options": options, "menu": "m%d" % n})
    status, _, body = lab.client.http("/tftpboot/grub/x86_64_menu_items.cfg")
    # some are no templates either, and left out
    check(status == 200 and body.count(b"menuentry ") > 75, "%d: %s" % (status, body[:2000]))
    result = subprocess.run(["grub-script-check"], input=body, capture_output=True)
    check(result.returncode == 0, "%s\n%s" % (result.stderr.decode(), body.decode()))


def test_unknown_machine_gets_the_menu(lab):
    """No reservation: a dynamic address, and the default menu with every profile."""
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, boot_files(lab), name="other", mac="52:54:00:77:00:99", address="10.55.0.99")
    m = lab.machine(MAC)
    seconds = m.wait("request for pxelinux.cfg/default", lambda: re.search(r"pxelinux\.cfg/default", d.log()), 60)
    lab.note("menu after %.1f s" % seconds)


def test_debian_installer_fetches_its_answers(lab):
    """The whole way: import the media, add a system, the real installer runs that system's answer file and reports back."""
    d = lab.daemon()
    d.cobbler("import", "--name=debian12", "--path=%s" % lab.media("debian"))
    d.cobbler("system", "add", "--name=n1", "--profile=debian12-x86_64", "--interface=eth0", "--mac=" + MAC, "--ip-address=" + ADDRESS,
              "--hostname=n1.lab.test", "--netboot-enabled=true", "--kernel-options=console=ttyS0,115200")
    m = lab.machine(MAC, ram=1152)
    for what, pattern, limit in (
            ("installer's initrd", r"images/debian12-x86_64/initrd\.gz", 240),
            ("answer file of n1", r"GET /cblr/svc/op/autoinstall/system/n1\S* to 10\.55\.0\.10: 200", 600),
            ("early_command's script", r"GET /cblr/svc/op/script/system/n1\S* to 10\.55\.0\.10: 200", 300),
            ("callback of early_command", r"GET /cblr/svc/op/trig/mode/pre/system/n1\S* to 10\.55\.0\.10: 200", 300),
            ("installer at the imported tree", r"GET \S*/dists/bookworm/\S*Release to 10\.55\.0\.10: 200", 300)):
        lab.note("%s %.0f s" % (what, m.wait(what, lambda p=pattern: re.search(p, d.log()), limit)))
