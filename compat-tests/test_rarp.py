# SPDX-License-Identifier: GPL-2.0-or-later
"""RARP (RFC 903): who is told its address, in which bytes, and who is not."""
import contextlib
import os
import signal
import socket
import struct
import subprocess
import time

from clients import ACK, RELEASE, TftpError, mac_bytes, netns
from fixtures import ADDRESS, MAC, add_machine, configured_kernel, fake_boot_files, interface
from lab import BRIDGE, SERVER, Failed, check, equal, ip, wait_for

ETHERTYPE, REQUEST, REPLY = 0x8035, 3, 4
OTHER = "52:54:00:77:00:11"
ON = {"rarp": {"enabled": True}}


def request(mac, op=REQUEST, target=None, head=(1, 0x0800, 6, 4), source=None, tail=b"\0" * 18):
    """The frame of a machine that asks for its address; source: the Ethernet's, when it is another one than inside."""
    own, target = mac_bytes(mac), mac_bytes(target or mac)
    return (b"\xff" * 6 + mac_bytes(source or mac) + struct.pack("!H", ETHERTYPE) + struct.pack("!HHBBH", *head, op) + own + b"\0" * 4
            + target + b"\0" * 4 + tail)


class Asker:
    """A card of the client host that speaks RARP."""

    def __init__(self, client, card="eth0"):
        with netns(client.fd):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
            self.socket.bind((card, 0))

    def send(self, frame):
        self.socket.send(frame)

    def replies(self, quiet=0.4, first=2.0):
        """All frames that come until it is quiet."""
        out, wait = [], first
        while True:
            self.socket.settimeout(wait)
            try:
                out.append(self.socket.recv(4096))
            except TimeoutError:
                return out
            wait = quiet

    def ask(self, mac, timeout=2.0, **kw):
        """(address, whole frame) of the first answer; (None, b"") when there is none."""
        self.send(request(mac, **kw))
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            with contextlib.suppress(TimeoutError):
                frame = self.socket.recv(4096)
                if frame[20:22] == struct.pack("!H", REPLY) and frame[32:38] == mac_bytes(mac):
                    return socket.inet_ntoa(frame[38:42]), frame
        return None, b""

    def address(self, mac, timeout=2.0, **kw):
        return self.ask(mac, timeout, **kw)[0]


def served(lab, services=None, **kw):
    """A daemon that serves RARP, a machine that it knows, and a client."""
    d = lab.daemon(services={**ON, **(services or {})})
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), **kw)
    return d, s, token, Asker(lab.client)


def card_mac(card):
    """The hardware address of an interface of ours."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as s:
        s.bind((card, 0))
        return s.getsockname()[4]


def test_known_machine_is_told_its_address(lab):
    d, _, _, asker = served(lab)
    address, frame = asker.ask(MAC)
    equal(address, ADDRESS, "address")
    server = card_mac(BRIDGE)
    want = (mac_bytes(MAC) + server + struct.pack("!HHHBBH", ETHERTYPE, 1, 0x0800, 6, 4, REPLY) + server + socket.inet_aton(SERVER)
            + mac_bytes(MAC) + socket.inet_aton(ADDRESS))
    equal(frame, want.ljust(60, b"\0"), "the whole frame")
    d.wait_log(r"rarp\W+reply %s to %s \(system n1\)" % (ADDRESS, MAC))


def test_others_are_not_answered(lab):
    _, s, token, asker = served(lab, address="")
    equal(asker.address(MAC, 0.6), None, "a system without an address")
    equal(asker.address(OTHER, 0.6), None, "a machine in no system")
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "modify_interface", interface(MAC, "192.0.2.10"), token)
    s.save_system(handle, token)
    equal(asker.address(MAC, 0.6), None, "a system whose address is of another network")


def test_edit_is_visible_to_the_next_request(lab):
    _, s, token, asker = served(lab)
    handle = s.get_system_handle("n1", token)
    for last in (11, 12, 13):
        s.modify_system(handle, "modify_interface", interface(MAC, "10.55.0.%d" % last), token)
        s.save_system(handle, token)
        equal(asker.address(MAC), "10.55.0.%d" % last, "after the edit")
    s.modify_system(handle, "netboot_enabled", False, token)
    s.save_system(handle, token)
    equal(asker.address(MAC), "10.55.0.13", "on its disk a machine asks too")
    s.remove_system("n1", token)
    equal(asker.address(MAC, 0.6), None, "after the removal")


def test_what_is_no_request_is_ignored(lab):
    d, _, _, asker = served(lab)
    good, children = request(MAC), d.children()
    frames = [good[:n] for n in range(14, 42)]
    frames += [request(MAC, op=op) for op in (0, 1, 2, 4, 5, 8, 9, 0x0300, 0xffff)]
    frames += [request(MAC, head=head) for head in ((6, 0x0800, 6, 4), (1, 0x86dd, 6, 4), (1, 0x0800, 16, 4), (1, 0x0800, 6, 16),
                                                    (1, 0x0800, 0, 0), (0xffff, 0xffff, 255, 255))]
    frames += [request(OTHER, target=MAC), request(MAC, target=OTHER), request(MAC, source=OTHER),
               request("53:54:00:77:00:10"), request("ff:ff:ff:ff:ff:ff", source=MAC), request("00:00:00:00:00:00")]
    for frame in frames:
        asker.send(frame)
    replies = [f for f in asker.replies() if f[20:22] == struct.pack("!H", REPLY) and f[6:12] == card_mac(BRIDGE)]
    equal(replies, [], "answers to what is no request")
    asker.send(request(MAC, tail=b"\xff" * 1400))
    equal([socket.inet_ntoa(f[38:42]) for f in asker.replies()], [ADDRESS], "the answers to a good one, whatever follows it")
    equal(d.children(), children, "no process had to be restarted")


def test_flood_is_limited_and_starves_nobody(lab):
    d, s, token, asker = served(lab)
    add_machine(s, token, fake_boot_files(lab), name="n2", mac=OTHER, address="10.55.0.11")
    began = time.monotonic()
    for _ in range(3000):
        asker.send(request(MAC))
    replies = sum(f[20:22] == struct.pack("!H", REPLY) for f in asker.replies())
    seconds = int(time.monotonic() - began) + 2      # as many as the flood can have touched
    check(1 <= replies <= 4 * seconds, "answers to the flood: %d" % replies)
    equal(asker.address(OTHER), "10.55.0.11", "the other machine's")
    for i in range(10000):
        asker.send(request("02:00:00:00:%02x:%02x" % (i >> 8, i & 255)))
    wait_for("answer after a flood of unknown machines", lambda: asker.address(OTHER, 0.5) == "10.55.0.11", 5)
    check(len(d.log()) < 20000, "the log has a line for each answer, not for each request: %d bytes" % len(d.log()))


def test_works_with_dhcp_disabled(lab):
    d, *_, asker = served(lab, {"dhcp": {"enabled": False}})
    equal(asker.address(MAC), ADDRESS, "address, on every network without naming one")
    check(lab.client.discover(mac=MAC, timeout=0.6) is None, "DHCP is off")
    check(not (d.root / "var/lib/cobbler/dhcp.leases").exists(), "no leases without DHCP")
    d.reconfigure(services={"rarp": {"enabled": False}})
    d.process.send_signal(signal.SIGHUP)
    wait_for("end of the service", lambda: "dhcp" not in d.roles(), 5)
    equal(asker.address(MAC, 0.6), None, "after it was disabled")
    d.reconfigure(services={"rarp": {"enabled": True, "interfaces": [BRIDGE]}})
    d.process.send_signal(signal.SIGHUP)
    wait_for("answer after it was enabled", lambda: asker.address(MAC, 0.3) == ADDRESS, 5)


def test_is_off_unless_it_is_enabled(lab):
    *_, asker = served(lab, {"rarp": {}})
    check(lab.client.discover(mac=MAC), "DHCP is on")
    equal(asker.address(MAC, 0.6), None, "RARP")


def test_dhcp_and_rarp_agree(lab):
    """One address for a machine; and none that a lease of another one has still."""
    _, s, token, asker = served(lab)
    equal((asker.address(MAC), lab.client.discover(mac=MAC).yiaddr), (ADDRESS, ADDRESS), "address by RARP and by DHCP")
    offer = lab.client.discover(mac=OTHER)
    equal(lab.client.request(offer, mac=OTHER).type, ACK, "a machine that nobody knows has a lease")
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "modify_interface", interface(MAC, offer.yiaddr), token)
    s.save_system(handle, token)
    equal(asker.address(MAC, 0.6), None, "an address that another machine has leased")
    xid, data = lab.client.dhcp_packet(RELEASE, mac=OTHER, ciaddr=offer.yiaddr, options=[(54, offer.options[54])])
    lab.client.exchange(xid, data, mac=OTHER, timeout=0.3)
    equal(asker.address(MAC), offer.yiaddr, "once it was given back")


@contextlib.contextmanager
def second_network(lab, address):
    """(its interface here, an Asker on it): another card of the client, on a wire of its own."""
    name, path = "rarp1", "/proc/%d/fd/%d" % (os.getpid(), lab.client.fd)
    ip("link", "add", name, "type", "veth", "peer", "name", "eth1", "netns", path)
    try:
        ip("addr", "add", address + "/24", "dev", name)
        ip("link", "set", name, "up")
        subprocess.run(["nsenter", "--net=" + path, "ip", "link", "set", "eth1", "up"], check=True)
        yield name, Asker(lab.client, "eth1")
    finally:
        ip("link", "del", name)


def test_each_network_has_its_own_machines(lab):
    """Two interfaces, one of them with two networks: the answer comes from the address that the machine can reach."""
    with second_network(lab, "10.56.0.1") as (name, second):
        ip("addr", "add", "10.57.0.1/24", "dev", name, "label", name + ":1")
        _, s, token, plain = served(lab, {"dhcp": {"enabled": False}})
        add_machine(s, token, fake_boot_files(lab), name="n2", mac=OTHER, address="10.56.0.10")
        add_machine(s, token, fake_boot_files(lab), name="n3", mac="52:54:00:77:00:12", address="10.57.0.10")
        for mac, address, server in ((OTHER, "10.56.0.10", "10.56.0.1"), ("52:54:00:77:00:12", "10.57.0.10", "10.57.0.1")):
            got, frame = second.ask(mac)
            equal((got, frame[22:28], socket.inet_ntoa(frame[28:32])), (address, card_mac(name), server), "address, server")
            equal(plain.address(mac, 0.6), None, "on the other network")
        equal((plain.address(MAC), second.address(MAC, 0.6)), (ADDRESS, None), "on the bridge, on the other one")


def test_only_named_interfaces_are_served(lab):
    with second_network(lab, "10.56.0.1") as (name, second):
        d, s, token, plain = served(lab, {"rarp": {"enabled": True, "interfaces": [name]}})
        add_machine(s, token, fake_boot_files(lab), name="n2", mac=OTHER, address="10.56.0.10")
        equal((second.address(OTHER), plain.address(MAC, 0.6)), ("10.56.0.10", None), "on the named one, on another")
        d.stop()
        d.reconfigure(services={"rarp": {"enabled": True}})       # DHCP names the bridge
        d.start()
        wait_for("answer on the interface of DHCP", lambda: plain.address(MAC, 0.3) == ADDRESS, 5)
        equal(second.address(OTHER, 0.6), None, "on another")


def test_interfaces_that_cannot_be_served_are_named(lab):
    d = lab.daemon(start=False)
    for name, text in (("nowhere0", 'there is no network interface "nowhere0"'), ("lo", 'interface "lo" is no Ethernet'),
                       ("tap0", 'interface "tap0" has no IPv4 address')):
        d.reconfigure(services={"rarp": {"enabled": True, "interfaces": [name]}})
        d.spawn()
        equal(d.process.wait(10), 1, "exit status")
        d.wait_log("rarp: " + text)


def test_linux_asks(lab):
    d, console = configured_kernel(lab, "rarp", ON)
    check("Got RARP answer from %s, my address is %s" % (SERVER, ADDRESS) in console, console)
    d.wait_log(r"rarp\W+reply %s to %s \(system n1\)" % (ADDRESS, MAC))


def test_boot_file_by_the_name_of_the_address(lab):
    """What a Sun asks for next."""
    d, s, token, asker = served(lab, filename="sparc/boot.net")
    (d.root / "srv/tftpboot/sparc").mkdir(parents=True)
    (d.root / "srv/tftpboot/sparc/boot.net").write_bytes(b"boot program")
    name = "%02X%02X%02X%02X" % tuple(map(int, asker.address(MAC).split(".")))
    for asked in (name, name + ".SUN4M"):
        equal(lab.client.tftp(asked, options=())[0], b"boot program", asked)
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "netboot_enabled", False, token)
    s.save_system(handle, token)
    try:
        lab.client.tftp(name, options=())
        raise Failed("a machine that is to start from its disk is given a boot program")
    except TftpError as e:
        equal(e.code, 1, "TFTP error")
