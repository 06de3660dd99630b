# SPDX-License-Identifier: GPL-2.0-or-later
"""Install media of Windows, made of nothing of Windows: a registry hive, WIM images and a program that have the shape of the real ones."""
import os
import shutil
import struct
import subprocess
from pathlib import Path

from media import run, write

PROGRAMS = ("/usr/lib/shim/fbx64.efi", "/usr/lib/ipxe/snponly.efi", "/usr/lib/grub/x86_64-efi/monolithic/grubx64.efi")
OLD_PLACE = "X:\\$windows.~bt\\"


def missing():
    """What is not there to make them; None when all is."""
    try:
        import hivex  # noqa: F401
    except ImportError:
        return "no python3-hivex"
    for program in ("wimcapture", "wimappend", "genisoimage"):
        if not shutil.which(program):
            return "no " + program
    return None if any(map(os.path.exists, PROGRAMS)) else "no program for UEFI (grub-efi-amd64-bin)"


# ---- hives ----

def cell(data):
    data += b"\0" * (-(len(data) + 4) % 8)
    return struct.pack("<i", -(len(data) + 4)) + data


def empty_hive():
    """The smallest registry file: a root key and a security descriptor, in one page."""
    none = 0xffffffff
    security = struct.pack("<BBHIIII", 1, 0, 0x8000, 0, 0, 0, 0)
    root_at = 32
    key = (b"nk" + struct.pack("<HQIIIIIIII", 0x2c, 0x01d000000000000, 0, none, 0, 0, none, none, 0, none) +
           struct.pack("<IIHHIIIIIHH", 0, none, 0, 0, 0, 0, 0, 0, 0, 4, 0) + b"root")
    sk_at = root_at + len(cell(key))
    key = key[:44] + struct.pack("<I", sk_at) + key[48:]
    sk = b"sk" + struct.pack("<HIIII", 0, sk_at, sk_at, 1, len(security)) + security
    cells = cell(key) + cell(sk)
    free = 4096 - 32 - len(cells)
    page = b"hbin" + struct.pack("<IIIIII", 0, 4096, 0, 0, 0, 0)
    page += b"\0" * (32 - len(page)) + cells + struct.pack("<i", free) + b"\0" * (free - 4)
    head = b"regf" + struct.pack("<IIQIIIIIII", 1, 1, 0x01d000000000000, 1, 3, 0, 1, root_at, 4096, 1)
    head += b"\0" * (0x1fc - len(head))
    check = 0
    for word in struct.unpack("<127I", head):
        check ^= word
    return (head + struct.pack("<I", check)).ljust(4096, b"\0") + page


def hive(path, fill):
    import hivex
    write(path, empty_hive())
    h = hivex.Hivex(str(path), write=True)
    fill(h)
    h.commit(None)


def fill_bcd(h):
    objects = h.node_add_child(h.root(), "Objects")
    h.node_add_child(h.root(), "Description")
    for i in range(12):
        one = h.node_add_child(objects, "{%08x-0000-0000-0000-000000000000}" % i)
        h.node_set_value(h.node_add_child(one, "Description"), {"key": "Type", "t": 4, "value": b"\2\0\x10\x10"})
        elements = h.node_add_child(one, "Elements")
        for k in range(4):
            element = h.node_add_child(elements, "%08x" % (0x12000000 + k))
            h.node_set_value(element, {"key": "Element", "t": 1, "value": ("text %d %d\0" % (i, k)).encode("utf-16le")})


def fill_software(h):
    for i in range(40):
        key = h.node_add_child(h.root(), "Key%d" % i)
        place = OLD_PLACE + "Windows\\%d" % i
        values = [{"key": "Plain", "t": 1, "value": "C:\\elsewhere\0".encode("utf-16le")},
                  {"key": "Number", "t": 4, "value": struct.pack("<I", i)}]
        if i % 3:
            values.append({"key": "Path", "t": 1 + i % 2, "value": (place + ";" + place + "\0").encode("utf-16le")})
        if i % 5 == 0:
            values.append({"key": OLD_PLACE + "key", "t": 3, "value": OLD_PLACE.encode()})
        h.node_set_values(key, values)
        h.node_add_child(key, "Sub")


# ---- files of the medium ----

def program():
    """A program of UEFI, with what bootmgr.exe has in it; its length is no multiple of 4."""
    data = next(Path(p).read_bytes() for p in PROGRAMS if os.path.exists(p))
    return data + "\\Boot\\BCD\0\\boot\\bcd\0".encode("utf-16le") + b"BootMgr.exe winnt.sif" + b"!" * (7 - len(data) % 4)


def kernel():
    return b"\xeb\xfe" + bytes(range(256)) * 40 + b"\\BOOTMGR.EXE\0bootmgr.exe\0 NTLDR ntldr"


def winpe_tree(top, startnet="Windows/System32/startnet.cmd"):
    write(top / startnet, "wpeinit\r\n")
    write(top / "Windows/System32/winload.exe", b"x" * 5000)
    write(top / "Windows/Boot/PXE/pxeboot.n12", kernel())
    write(top / "Windows/Boot/PXE/bootmgr.exe", program())
    write(top / "Windows/Boot/EFI/bootmgr.efi", program())
    hive(top / "Windows/System32/config/SOFTWARE", fill_software)


def tree(top, work, name="Windows Server 2022 SERVERSTANDARD"):
    """The files of a DVD below top; work: a folder for what goes into its images."""
    pe, setup, system = work / "pe", work / "setup", work / "system"
    winpe_tree(pe)
    write(setup / "setup.exe", "x")
    write(system / "Windows/explorer.exe", os.urandom(20000))
    (top / "sources").mkdir(parents=True)
    run(["wimcapture", pe, top / "sources/boot.wim", "Microsoft Windows PE (x64)", "--compress=xpress", "--boot"])
    run(["wimappend", setup, top / "sources/boot.wim", "Microsoft Windows Setup (x64)"])
    run(["wimcapture", system, top / "sources/install.wim", name, "--image-property=WINDOWS/ARCH=9", "--compress=xpress"])
    write(top / "autorun.inf", "[AutoRun.Amd64]\r\n")
    write(top / "bootmgr", "not the one that is wanted")
    write(top / "boot/boot.sdi", b"$SDI0001" + b"\0" * 4088)
    hive(top / "boot/bcd", fill_bcd)
    write(top / "boot/fonts/wgl4_boot.ttf", "a font")


def iso(out, top):
    """As Microsoft makes them: the files are in UDF."""
    run(["genisoimage", "-quiet", "-udf", "-iso-level", "3", "-allow-limited-size", "-o", out, top])


# ---- looking at results ----

def wim_file(image, path, number=1):
    """A file of a WIM image."""
    return subprocess.run(["wimextract", image, str(number), path, "--to-stdout"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True).stdout


def wim_list(image, number=1):
    return run(["wimdir", image, str(number)]).split("\n")


def hive_dump(path):
    """{key path: {name: (type, bytes)}}"""
    import hivex
    h = hivex.Hivex(str(path))
    found = {}

    def walk(node, at):
        found[at] = {h.value_key(v): h.value_value(v) for v in h.node_values(node)}
        for child in h.node_children(node):
            walk(child, at + "\\" + h.node_name(child))
    walk(h.root(), "")
    return found


def pe_checksum_is_right(data):
    import pefile
    return pefile.PE(data=data, fast_load=True).verify_checksum()
