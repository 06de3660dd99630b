# SPDX-License-Identifier: GPL-2.0-or-later
"""proxyDHCP (PXE 2.1): boot files beside another server that gives the addresses."""
import contextlib
import re
import shutil
import socket
import struct
import subprocess

from clients import ACK, COOKIE, DISCOVER, INFORM, OFFER, REQUEST, DhcpReply, mac_bytes, udp_frame
from fixtures import ADDRESS, CONSOLE, MAC, add_machine, boot_files, fake_boot_files
from lab import BRIDGE, REPO, SERVER, Skip, check, equal, wait_for

RECORDED = REPO / "cobblerd/wire/corpus/dhcp"
PROXY = {"dhcp": {"enabled": True, "interfaces": [BRIDGE], "proxy": True}}
GIVES_NOTHING = {1, 3, 6, 12, 15, 28, 50, 51, 58, 59}


def served(lab, **kw):
    d = lab.daemon(services=PROXY)
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), **kw)
    return d, s, token


def recorded(name):
    data = (RECORDED / name).read_bytes()
    return struct.unpack("!I", data[4:8])[0], data


def frame_of(lab, xid, data):
    """The whole frame that answers this broadcast."""
    lab.client.raw.settimeout(2)
    lab.client.raw.send(udp_frame(mac_bytes(MAC), "0.0.0.0", "255.255.255.255", 68, 67, data))
    frame = b""
    while frame[46:50] != struct.pack("!I", xid) or frame[42:43] != b"\2":
        frame = lab.client.raw.recv(4096)
    return frame


def test_offer_names_a_boot_file_and_gives_no_address(lab):
    """To a machine that has no address, and gets none by this offer: it can be a broadcast only, whatever the client asks for."""
    served(lab)
    for name, file in (("discover-pxeclient_arch_00000-ipxe", "pxelinux.0"), ("discover-pxeclient_arch_00007", "grub/grubx64.efi")):
        xid, data = recorded(name)
        for flags in (0, 0x8000):
            frame = frame_of(lab, xid, data[:10] + struct.pack("!H", flags) + data[12:])
            equal((frame[:6], frame[26:34]), (b"\xff" * 6, socket.inet_aton(SERVER) + b"\xff" * 4), "%s: Ethernet, IP addresses" % name)
            offer = DhcpReply(frame[42:])
            equal((offer.type, offer.yiaddr, offer.siaddr, offer.file), (OFFER, "0.0.0.0", SERVER, file), name)
            equal((offer.address(54), offer.text(60), offer.options[97]), (SERVER, "PXEClient", DhcpReply(data).options[97]),
                  "%s: options 54, 60, 97" % name)
            equal(offer.options[43], b"\6\1\x08\xff", "%s: discovery control: load what the offer names" % name)
            equal(GIVES_NOTHING & set(offer.options), set(), "%s: what is the other server's business" % name)


def boot_service(lab, data, port):
    """What the service at 4011 answers to a client that asks from this port; (reply, where from)."""
    s = lab.client.udp(1.0)
    try:
        s.bind((lab.client.address, port))
        s.sendto(data, (SERVER, 4011))
        answer, peer = s.recvfrom(4096)
        return DhcpReply(answer), peer
    except TimeoutError:
        return None, None
    finally:
        s.close()


def test_boot_service_answers_where_it_was_asked(lab):
    """Port 4011: from 68 (BIOS) and from 4011 (UEFI), with the address that the client has got meanwhile."""
    served(lab)
    own = socket.inet_aton(lab.client.address)
    for name, port, file in (("request-pxeclient-ipxe-4011", 68, "pxelinux.0"), ("request-pxeclient_arch_00007-4011", 4011, "grub/grubx64.efi")):
        xid, data = recorded(name)
        ack, peer = boot_service(lab, data[:12] + own + data[16:], port)
        check(ack, "%s: an answer at port %d" % (name, port))
        equal(peer, (SERVER, 4011), "%s: where the answer comes from" % name)
        equal((ack.xid, ack.type, ack.raw[12:16], ack.yiaddr, ack.siaddr, ack.file), (xid, ACK, own, "0.0.0.0", SERVER, file), name)
        equal((ack.address(54), ack.text(60), ack.options[97]), (SERVER, "PXEClient", DhcpReply(data).options[97]), "%s: options 54, 60, 97" % name)
        equal(GIVES_NOTHING & set(ack.options), set(), "%s: what is the other server's business" % name)
        if 43 in DhcpReply(data).options:       # an entry of a boot menu was chosen
            equal(ack.options[43], b"\x47\4\x80\0\0\0\xff", "%s: the entry" % name)


def test_who_does_not_boot_from_the_network_is_left_alone(lab):
    d, s, token = served(lab)
    xid, data = lab.client.dhcp_packet(DISCOVER, mac=MAC, arch=None)
    check(lab.client.exchange(xid, data, mac=MAC, timeout=0.6) is None, "an operating system asks for its address")
    offer = lab.client.discover(mac=MAC)
    check(lab.client.request(offer, mac=MAC, timeout=0.6) is None, "at port 67 nobody chooses us")
    xid, data = lab.client.dhcp_packet(None, mac=MAC)
    check(lab.client.exchange(xid, data, mac=MAC, timeout=0.6) is None, "BOOTP would be given an address")
    for kind, there in ((REQUEST, True), (INFORM, True), (DISCOVER, False)):
        ack, _ = boot_service(lab, lab.client.dhcp_packet(kind, mac=MAC, ciaddr=lab.client.address)[1], 4011)
        equal(ack is not None, there, "message %d at port 4011" % kind)
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "netboot_enabled", False, token)
    s.save_system(handle, token)
    check(lab.client.discover(mac=MAC, timeout=0.6) is None, "a machine that is to boot from its disk")
    equal(boot_service(lab, recorded("request-pxeclient_arch_00007-4011")[1], 4011)[0], None, "nor at port 4011")
    check(d.children(), d.tail())


def test_http_boot_gets_its_url_from_the_proxy_too(lab):
    served(lab)
    offer = lab.client.discover(mac=MAC, arch=16, vendor="HTTPClient:Arch:00016:UNDI:003001")
    equal((offer.yiaddr, offer.text(60)), ("0.0.0.0", "HTTPClient"), "address, option 60")
    check(offer.text(67).startswith("http://%s/" % SERVER), "a URL: %r" % offer.text(67))


@contextlib.contextmanager
def address_server(lab, more):
    """ISC dhcpd on the client's host: addresses, and nothing of booting but *more*; a function that returns its log."""
    dhcpd = shutil.which("dhcpd")
    if dhcpd is None:
        raise Skip("no dhcpd: install isc-dhcp-server")
    conf, leases = lab.tmp / "dhcpd.conf", lab.tmp / "dhcpd.leases"
    conf.write_text("authoritative; ping-check false; subnet 10.55.0.0 netmask 255.255.255.0 { range 10.55.0.150 10.55.0.160; option routers %s; %s"
                    "host n1 { hardware ethernet %s; fixed-address %s; } }\n" % (SERVER, more, MAC, ADDRESS))
    leases.touch()
    log = open(lab.tmp / "dhcpd.log", "wb")
    p = subprocess.Popen(["nsenter", "--net=/proc/self/fd/%d" % lab.client.fd, dhcpd, "-f", "-d", "-4", "-cf", conf, "-lf", leases, "-pf", lab.tmp / "dhcpd.pid",
                          "-user", "root", "-group", "root", "eth0"], pass_fds=[lab.client.fd], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield lambda: (lab.tmp / "dhcpd.log").read_text(errors="replace")
    finally:
        p.kill()
        p.wait()
        log.close()


def boots_beside_another_server(lab, proof, more="", firmware=None, **system):
    """Boots n1, whose address and router dhcpd gives, and whose boot files we do."""
    d = lab.daemon(services=PROXY)
    s, token = d.login()
    add_machine(s, token, boot_files(lab), options=CONSOLE + " marker=proxy", **system)
    with address_server(lab, more) as log:
        wait_for("dhcpd", lambda: "Sending on" in log(), 10)
        m = lab.machine(MAC, **(firmware or {}))
        lab.note("init runs after %.1f s" % m.wait_console(r"TEST-MACHINE-UP .*marker=proxy", 300))
        check("DHCPACK on %s" % ADDRESS in log(), "the address is the other server's:\n" + log())
    for pattern in ("offer of a boot file", *proof):
        check(re.search(pattern, d.log()), "no line /%s/ in the log:\n%s" % (pattern, d.tail(40)))


UEFI = {"firmware": "uefi", "nic": "virtio-net-pci", "rom": ""}


def test_bios_boots_beside_another_server(lab):
    boots_beside_another_server(lab, [r"pxelinux\.0", r"pxelinux\.cfg/01-52-54-00-77-00-10", r"images/d/vmlinuz"])


def test_uefi_boots_beside_another_server(lab):
    """GRUB before 2.12 looks for its server in the answer that gave the address, and nowhere else."""
    boots_beside_another_server(lab, [r"grub\S*\.efi", r"grub\.cfg", r"images/d/vmlinuz"], "next-server %s;" % SERVER, UEFI)


def test_uefi_ipxe_boots_beside_another_server(lab):
    """iPXE asks again, and hears us itself."""
    boots_beside_another_server(lab, [r"snponly\.efi", r"/cblr/svc/op/ipxe/system/n1", r"images/d/vmlinuz"], "", UEFI, enable_ipxe=True)
