# SPDX-License-Identifier: GPL-2.0-or-later
"""BOOTP (RFC 951, 1048, 1542, 1534): packets as they were recorded, and the clients that Debian has."""
import shutil
import socket
import struct
import subprocess

from clients import COOKIE, Client, DhcpReply, mac_bytes, udp_frame
from fixtures import ADDRESS, MAC, add_machine, configured_kernel, fake_boot_files
from lab import BRIDGE, REPO, SERVER, Skip, check, equal

RECORDED = REPO / "cobblerd/wire/corpus/dhcp"
DHCP_ONLY = {50, 51, 53, 54, 55, 57, 58, 59, 60, 61, 66, 67}


def served(lab, **kw):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), **kw)
    return d


def packet(lab, vendor=b"", ciaddr="0.0.0.0", file=b"", mac=MAC):
    """(xid, a BOOTREQUEST with this vendor area)"""
    xid, data = lab.client.dhcp_packet(None, mac=mac, ciaddr=ciaddr)
    return xid, data[:108] + file.ljust(128, b"\0") + vendor.ljust(64, b"\0")


def test_recorded_request_without_a_vendor_area(lab):
    """RFC 951: an empty vendor area. It says nothing of what the client reads; never shorter than 300 bytes."""
    served(lab)
    data = (RECORDED / "bootp").read_bytes()
    xid = struct.unpack("!I", data[4:8])[0]
    reply = lab.client.exchange(xid, data, mac=MAC)
    check(reply, "an answer")
    equal((len(reply.raw), reply.raw[:4], reply.raw[28:44]), (300, b"\2\1\6\0", mac_bytes(MAC) + b"\0" * 10), "length, head, hardware address")
    equal((reply.yiaddr, reply.siaddr, reply.file), (ADDRESS, SERVER, "pxelinux.0"), "address, server, boot file")
    equal({k: reply.address(k) for k in (1, 3, 6)}, {1: "255.255.255.0", 3: SERVER, 6: SERVER}, "netmask, router, name server")


def test_vendor_area_of_another_format(lab):
    """What we do not know we do not answer in."""
    served(lab)
    reply = lab.client.exchange(*packet(lab, b"CMU\0\0\0\0\1"), mac=MAC)
    equal((reply.yiaddr, reply.file, reply.raw[236:]), (ADDRESS, "pxelinux.0", b"\0" * 64), "address, boot file, vendor area")


def test_recorded_request_with_a_vendor_area(lab):
    """RFC 1048 and 1534: what BOOTP knows; no lease, no type, nothing else of DHCP."""
    served(lab, hostname="n1.lab.test")
    data = (RECORDED / "bootp1048-none").read_bytes()
    reply = lab.client.exchange(struct.unpack("!I", data[4:8])[0], data, mac=MAC)
    check(reply, "an answer")
    equal((len(reply.raw), reply.raw[236:240]), (300, COOKIE), "length, magic")
    equal((reply.yiaddr, reply.siaddr, reply.file), (ADDRESS, SERVER, "pxelinux.0"), "address, server, boot file")
    equal({k: reply.address(k) for k in (1, 3, 6)}, {1: "255.255.255.0", 3: SERVER, 6: SERVER}, "netmask, router, name server")
    equal((reply.text(12), reply.text(15)), ("n1.lab.test", "lab.test"), "host name, domain")
    equal(DHCP_ONLY & set(reply.options), set(), "options of DHCP in an answer to BOOTP")


def test_a_client_that_takes_more_gets_more(lab):
    """64 bytes of options, or as many as the request has, or as option 57 allows: Linux's own client sends that in BOOTP, too."""
    host = "a-long-name-of-a-host-that-stands-in-a-hall.of-a-building.of-a-site.example.org"
    served(lab, hostname=host)
    for vendor, there in ((COOKIE + b"\xff", False), ((COOKIE + b"\xff").ljust(312, b"\0"), True), (COOKIE + b"\x39\2\1\x96\xff", True)):
        reply = lab.client.exchange(*packet(lab, vendor), mac=MAC)
        equal((reply.text(12), reply.address(1)), (host if there else None, "255.255.255.0"), "host name, netmask for %r" % vendor[:9])
        check(len(reply.raw) == 300 or there and len(reply.raw) <= 548, "length: %d" % len(reply.raw))


def test_client_that_knows_its_address(lab):
    """It is answered there, and its address stays where it has put it."""
    served(lab)
    xid, data = packet(lab, COOKIE + b"\xff", ciaddr=lab.client.address, file=b"unix", mac=MAC)
    s = lab.client.udp()
    s.bind(("0.0.0.0", 68))
    s.sendto(data, (SERVER, 67))
    reply = DhcpReply(s.recv(4096))
    s.close()
    equal((reply.xid, socket.inet_ntoa(reply.raw[12:16]), reply.file), (xid, lab.client.address, "unix"), "transaction, its address, the file it named")


def test_client_that_asks_for_a_file(lab):
    """As the monitor of an SGI does; the system's own word goes before it."""
    d = served(lab)
    for filename, want in (("", "/sgi/sash"), ("irix/kernel", "irix/kernel")):
        d.cobbler("system", "edit", "--name=n1", "--filename=" + filename)
        equal(lab.client.exchange(*packet(lab, file=b"/sgi/sash"), mac=MAC).file, want, "boot file with filename %r" % filename)


def test_no_address_of_a_range(lab):
    """They would be given for ever."""
    served(lab)
    mac = "52:54:00:00:00:42"
    for vendor in (b"", COOKIE + b"\xff"):
        check(lab.client.exchange(*packet(lab, vendor, mac=mac), mac=mac, timeout=0.6) is None, "an unknown machine gets nothing by BOOTP")
    check(lab.client.discover(mac=mac), "and an address of the range by DHCP")


def test_unicast_to_the_hardware_address(lab):
    """RFC 1542 3.1.1: without the broadcast flag the answer is a frame to the client, which cannot answer ARP yet."""
    served(lab)
    xid, data = packet(lab)
    for flags, to in ((0, mac_bytes(MAC)), (0x8000, b"\xff" * 6)):
        lab.client.raw.settimeout(2)
        lab.client.raw.send(udp_frame(mac_bytes(MAC), "0.0.0.0", "255.255.255.255", 68, 67, data[:10] + struct.pack("!H", flags) + data[12:]))
        frame = b""
        while frame[46:50] != struct.pack("!I", xid) or frame[42:43] != b"\2":
            frame = lab.client.raw.recv(4096)
        equal(frame[:6], to, "Ethernet address with flags %#x" % flags)
        equal(frame[30:34], socket.inet_aton(ADDRESS if flags == 0 else "255.255.255.255"), "IP address with flags %#x" % flags)


def run_client(*words):
    """What a real client prints, in a host of its own whose card has the machine's MAC address and no IP address; it must be content."""
    if not shutil.which(words[0]):
        raise Skip("%s is missing: install the packages of tools/deps-test.txt" % words[0])
    host = Client(BRIDGE, "192.0.2.1", mac=MAC)
    # It may give its host a name, and leave what it learnt in /run.
    inside = ["unshare", "--uts", "--mount", "sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh",
              "nsenter", "--net=/proc/self/fd/%d" % host.fd]
    try:
        for args in (["addr", "flush", "dev", "eth0"], ["route", "add", "default", "dev", "eth0"]):
            subprocess.run([*inside, "ip", *args], check=True, pass_fds=[host.fd])
        r = subprocess.run([*inside, *words], pass_fds=[host.fd], capture_output=True, text=True, timeout=30)
    finally:
        host.close()
    equal(r.returncode, 0, "exit status: %s%s" % (r.stdout, r.stderr))
    return r.stdout


def test_client_of_1996(lab):
    """bootpc, which diskless Linux machines had."""
    served(lab, hostname="n1.lab.test")
    out = run_client("bootpc", "--dev", "eth0", "--returniffail", "--timeoutwait", "10", "--serverbcast")
    for line in ("IPADDR='%s'" % ADDRESS, "SERVER='%s'" % SERVER, "BOOTFILE='pxelinux.0'", "NETMASK='255.255.255.0'",
                 "GATEWAYS='%s'" % SERVER, "DNSSRVS='%s'" % SERVER, "HOSTNAME='n1.lab.test'", "DOMAIN='lab.test'"):
        check(line in out.splitlines(), "%s in\n%s" % (line, out))


def test_client_of_an_initramfs(lab):
    """ipconfig of klibc, as initramfs-tools runs it for ip=bootp: its request ends before the vendor area, yet it reads ours."""
    served(lab, hostname="n1")
    out = run_client("/usr/lib/klibc/bin/ipconfig", "-t", "10", "-c", "bootp", "-d", "eth0")
    for words in ("address: %s " % ADDRESS, "netmask: 255.255.255.0", "gateway: %s" % SERVER, "dns0     : %s" % SERVER, "host   : n1",
                  "domain : lab.test", "rootserver: " + SERVER, "filename  : pxelinux.0"):
        check(words in out, "%s in\n%s" % (words, out))


def test_linux_asks(lab):
    """The kernel's own client, which has more room for options than 64 bytes."""
    _, console = configured_kernel(lab, "bootp", {}, hostname="n1.lab.test")
    for words in ("Got BOOTP answer from %s, my address is %s" % (SERVER, ADDRESS), "mask=255.255.255.0, gw=" + SERVER,
                  "host=n1.lab.test, domain=lab.test", "bootserver=%s, rootserver=%s" % (SERVER, SERVER), "nameserver0=" + SERVER):
        check(words in console, "%s in\n%s" % (words, console))
