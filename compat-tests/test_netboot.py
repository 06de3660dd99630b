# SPDX-License-Identifier: GPL-2.0-or-later
"""DHCP, TFTP and HTTP as packets: what machines get, how soon they see an edit, and what they can not get."""
import contextlib
import re
import socket
import struct
import time

from clients import ACK, DISCOVER, NAK, OFFER, REQUEST, TftpError, udp_frame, mac_bytes
from fixtures import ADDRESS, MAC, add_machine, fake_boot_files, interface
from lab import SERVER, check, equal, soon, wait_for

PXELINUX_CFG = "pxelinux.cfg/01-" + MAC.replace(":", "-")


def served(lab, **kw):
    d = lab.daemon()
    s, token = d.login()
    add_machine(s, token, fake_boot_files(lab), **kw)
    return d, s, token


def boot_name(reply):
    """The boot file; the BOOTP field and option 67 must agree."""
    if 67 in reply.options and len(reply.file) > 0:
        equal(reply.file, reply.text(67), "boot file field against option 67")
    return reply.file or reply.text(67)


def test_reserved_address_and_boot_file_by_architecture(lab):
    served(lab)
    for arch, user, pattern in ((0, None, r"pxelinux\.0$|undionly\.kpxe$|grub\.0$"), (7, None, r"\.efi$"), (9, None, r"\.efi$")):
        offer = lab.client.discover(mac=MAC, arch=arch, user=user)
        check(offer and offer.type == OFFER, "an offer for architecture %d" % arch)
        equal(offer.yiaddr, ADDRESS, "address")
        equal(offer.siaddr, SERVER, "next server")
        equal(offer.text(66), SERVER, "option 66")
        check(offer.text(67), "option 67 is filled")
        check(re.search(pattern, boot_name(offer)), "boot file for architecture %d: %r" % (arch, offer.file))
        equal((offer.address(1), offer.address(3), offer.address(6), offer.text(15)), ("255.255.255.0", SERVER, SERVER, "lab.test"),
              "netmask, router, name server, domain")
        data, _ = lab.client.tftp(boot_name(offer), limit=4096)
        check(len(data) > 1000, "the boot file can be fetched")
        ack = lab.client.request(offer, mac=MAC, arch=arch, user=user)
        check(ack and ack.type == ACK and ack.yiaddr == ADDRESS and boot_name(ack) == boot_name(offer), "acknowledgement")


def test_ipxe_gets_a_script_url(lab):
    served(lab, enable_ipxe=True)
    offer = lab.client.discover(mac=MAC, user="iPXE")
    equal(boot_name(offer), "http://%s/cblr/svc/op/ipxe/system/n1" % SERVER, "boot file for iPXE")
    status, _, body = lab.client.http("/cblr/svc/op/ipxe/system/n1")
    check(status == 200 and body.startswith(b"#!ipxe"), "the script: %d %.200r" % (status, body))


def test_uefi_http_boot_gets_a_url(lab):
    served(lab)
    offer = lab.client.discover(mac=MAC, arch=16, vendor="HTTPClient:Arch:00016:UNDI:003001")
    equal(offer.text(60), "HTTPClient", "option 60")
    name = boot_name(offer)
    check(name.startswith("http://%s/" % SERVER), "a URL: %r" % name)
    status, headers, body = lab.client.http(name.split(SERVER, 1)[1])
    check(status == 200 and body[:2] == b"MZ", "an EFI program: %d" % status)
    status, headers, _ = lab.client.http(name.split(SERVER, 1)[1], "HEAD")
    equal((status, int(headers["Content-Length"])), (200, len(body)), "HEAD")


def test_filename_of_the_system_wins(lab):
    served(lab, filename="special/loader.bin")
    equal(boot_name(lab.client.discover(mac=MAC)), "special/loader.bin", "boot file")


def test_boot_files_and_tree_without_a_model(lab):
    """A site that only has files: boot file by architecture from cobblerd.yaml, configurations from the tree."""
    d = lab.daemon(start=False)
    d.services["dhcp"]["bootfiles"] = {"bios": "site/pxelinux.0", "uefi-x64": "site/core.efi"}
    d.reconfigure()
    tree = d.root / "srv/tftpboot"
    for name in ("site/pxelinux.0", "site/core.efi", PXELINUX_CFG, "pxelinux.cfg/default", "grub/grub.cfg-01-" + MAC):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("site's own " + name)
    d.start()
    for arch, name in ((0, "site/pxelinux.0"), (7, "site/core.efi")):
        offer = wait_for("offer", lambda a=arch: lab.client.discover(mac=MAC, arch=a, timeout=0.5), 3)
        equal(boot_name(offer), name, "boot file for architecture %d" % arch)
        equal(lab.client.tftp(name)[0], b"site's own " + name.encode(), "its contents")
    for name in (PXELINUX_CFG, "/grub/grub.cfg-01-" + MAC):
        equal(lab.client.tftp(name)[0], b"site's own " + name.strip("/").encode(), name)


def test_unknown_client_gets_an_address_of_the_range(lab):
    served(lab)
    offer = lab.client.discover(mac="52:54:00:00:00:42")
    check(offer and 100 <= int(offer.yiaddr.split(".")[3]) <= 150, "an address of the range: %s" % (offer and offer.yiaddr))
    ack = lab.client.request(offer, mac="52:54:00:00:00:42")
    equal((ack.type, ack.yiaddr), (ACK, offer.yiaddr), "acknowledgement")
    again = lab.client.discover(mac="52:54:00:00:00:42")
    equal(again.yiaddr, offer.yiaddr, "the same machine gets the same address")
    other = lab.client.discover(mac="52:54:00:00:00:43")
    check(other.yiaddr != offer.yiaddr, "another machine gets another one")


def test_a_foreign_address_is_refused(lab):
    served(lab)
    offer = lab.client.discover(mac=MAC)
    offer.yiaddr = "10.55.0.66"
    reply = lab.client.request(offer, mac=MAC, timeout=1.0)
    check(reply is None or reply.type == NAK, "a request for someone else's address is not acknowledged")


def test_plain_bootp_is_answered(lab):
    served(lab)
    xid, data = lab.client.dhcp_packet(None, mac=MAC)
    reply = lab.client.exchange(xid, data, mac=MAC)
    check(reply and reply.yiaddr == ADDRESS and reply.file, "BOOTP reply with address and file")


def test_relayed_request_goes_back_to_the_relay(lab):
    served(lab)
    xid, data = lab.client.dhcp_packet(DISCOVER, mac=MAC, giaddr=lab.client.address)
    s = lab.client.udp()
    s.bind(("0.0.0.0", 67))
    s.sendto(data, (SERVER, 67))
    reply = s.recv(4096)
    equal(reply[4:8], struct.pack("!I", xid), "the relayed transaction")
    s.close()


def test_edit_is_visible_to_the_next_packet(lab):
    """The time from the answer of save_system to the first packet that shows the new value: one round trip."""
    d, s, token = served(lab)
    handle = s.get_system_handle("n1", token)
    lab.client.discover(mac=MAC)
    dhcp, tftp = [], []
    for i in range(20):
        address = "10.55.0.%d" % (20 + i)
        s.modify_system(handle, "modify_interface", interface(MAC, address), token)
        s.modify_system(handle, "kernel_options", "round=%d" % i, token)
        s.save_system(handle, token)
        began = time.monotonic()
        offer = lab.client.discover(mac=MAC)
        dhcp.append(time.monotonic() - began)
        equal(offer and offer.yiaddr, address, "the very next offer after the edit")
        began = time.monotonic()
        text, _ = lab.client.tftp(PXELINUX_CFG)
        tftp.append(time.monotonic() - began)
        check(b"round=%d" % i in text, "the very next TFTP read after the edit: %r" % text)
    for name, times in (("DHCP", dhcp), ("TFTP", tftp)):
        middle = sorted(times)[len(times) // 2] * 1000
        lab.note("%s %.1f ms" % (name, middle))
        soon(middle / 1000, 0.01, "an edit is shown by " + name)


def test_sync_leaves_nothing_stale(lab):
    """Files that a sync wrote never win over the model."""
    d, s, token = served(lab, options="first=1")
    d.cobbler("sync")
    check("first=1" in (d.root / "srv/tftpboot" / PXELINUX_CFG).read_text(), "sync writes the machine's configuration")
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "kernel_options", "second=2", token)
    s.save_system(handle, token)
    text = lab.client.tftp(PXELINUX_CFG)[0]
    check(b"second=2" in text and b"first=1" not in text, "after an edit: %r" % text)
    s.remove_system("n1", token)
    try:
        text = lab.client.tftp(PXELINUX_CFG)[0]
    except TftpError:
        text = b""
    check(b"second=2" not in text and b"first=1" not in text, "after the removal: %r" % text)


def test_netboot_disabled_boots_locally(lab):
    d, s, token = served(lab)
    check(b"vmlinuz" in lab.client.tftp(PXELINUX_CFG)[0], "netboot is on: the kernel is named")
    handle = s.get_system_handle("n1", token)
    s.modify_system(handle, "netboot_enabled", False, token)
    s.save_system(handle, token)
    check(b"vmlinuz" not in lab.client.tftp(PXELINUX_CFG)[0], "netboot is off: no kernel is named")


def test_tftp_options(lab):
    d, s, token = served(lab)
    big = bytes(range(256)) * 4096
    path = d.root / "srv/tftpboot/big.bin"
    path.write_bytes(big)
    for options in ((), (("blksize", "1428"),), (("tsize", "0"), ("blksize", "1468"), ("windowsize", "4")), (("blksize", "512"), ("windowsize", "64")),
                    (("BLKSIZE", "1024"), ("timeout", "3"))):
        data, granted = lab.client.tftp("big.bin", options)
        check(data == big, "contents with options %r" % (options,))
        wanted = {k.lower(): v for k, v in options}
        if "tsize" in wanted:
            wanted["tsize"] = str(len(big))
        equal(granted, wanted, "options granted")
    for size in (0, 511, 512, 1024):
        (d.root / "srv/tftpboot/edge.bin").write_bytes(b"e" * size)
        equal(len(lab.client.tftp("edge.bin", ())[0]), size, "a file of %d bytes" % size)
    s = lab.client.udp()
    s.sendto(b"\0\x01big.bin\0octet\0blksize\x0099999999999\0windowsize\x000\0tsize\0x\0", (SERVER, 69))
    check(s.recv(70000)[1] in (3, 5, 6), "senseless options get data, an acknowledgement or an error")


def test_tftp_loss_is_repaired(lab):
    """Nothing is acknowledged at first: the block comes again, and the transfer can still be finished."""
    d, *_ = served(lab)
    (d.root / "srv/tftpboot/two.bin").write_bytes(b"t" * 700)
    s = lab.client.udp(timeout=60)
    s.sendto(b"\0\x01two.bin\0octet\0timeout\x001\0", (SERVER, 69))
    data, peer = s.recvfrom(2000)
    equal(data[1], 6, "option acknowledgement")
    s.sendto(b"\0\x04\0\0", peer)
    while (first := s.recv(2000)) == data:          # who is slow gets this again as well
        pass
    again = s.recv(2000)
    equal(again, first, "the block that was not acknowledged comes again")
    s.sendto(b"\0\x04\0\x01", peer)
    while (data := s.recv(2000))[:4] == first[:4]:
        pass
    equal(data, b"\0\x03\0\x02" + b"t" * 188, "the second block")
    s.sendto(b"\0\x04\0\x02", peer)


TRAVERSALS = ("../etc/cobbler/settings.yaml", "../../etc/cobbler/settings.yaml", "/../../../../etc/passwd", "/etc/passwd", "..\\..\\etc\\passwd",
              "images/../../../etc/passwd", "images/d/../../../../etc/passwd", "./../../etc/passwd", "link", "linkdir/passwd", "pxelinux.cfg/../../../etc/passwd",
              "images/d/..%2f..%2f..%2fetc/passwd", "....//....//etc/passwd", "grub/../../../var/lib/cobbler/web.ss", "//etc//passwd")


def plant(d):
    """Links that lead out of the tree, as a careless administrator may leave them."""
    with contextlib.suppress(FileExistsError):
        (d.root / "srv/tftpboot/link").symlink_to("/etc/passwd")
        (d.root / "srv/tftpboot/linkdir").symlink_to("/etc")


def is_secret(data):
    return b"root:" in data or b"next_server" in data or (len(data) > 0 and data[:2] == b"b'")


def test_tftp_serves_nothing_outside(lab):
    d, *_ = served(lab)
    plant(d)
    for path in TRAVERSALS + ("a" * 400, "images/" * 60, "\xff\xfe", "%s%n", ""):
        for name in (path, "/" + path):
            try:
                data, _ = lab.client.tftp(name.encode("latin1"))
            except TftpError as e:
                check(e.code in (0, 1, 2, 4), "%r: %s" % (name, e))
                continue
            check(not is_secret(data), "%r leaks %r" % (name, data[:60]))
    wrq = lab.client.udp()
    wrq.sendto(b"\0\x02evil\0octet\0", (SERVER, 69))
    equal(wrq.recv(600)[1], 5, "a write request is refused")
    check(not list(lab.tmp.rglob("evil*")), "nothing is written")
    lab.client.tftp(PXELINUX_CFG)


def test_http_serves_nothing_outside(lab):
    d, *_ = served(lab)
    plant(d)
    (d.root / "var/www/cobbler/pub/ok.txt").write_text("fine\n")
    equal(lab.client.http("/cobbler/pub/ok.txt")[::2], (200, b"fine\n"), "a public file")
    for prefix in ("/", "/cobbler/", "/cobbler/pub/", "/images/", "/images/d/", "/tftpboot/", "/httpboot/", "/cblr/", "/cblr/svc/op/autoinstall/system/",
                   "/cblr/svc/op/ipxe/profile/", "/cobbler/links/", "/cobbler/distro_mirror/"):
        for path in TRAVERSALS + ("%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "..%2f..%2f..%2f..%2fetc%2fpasswd", "%00", "%c0%ae%c0%ae/etc/passwd", "a" * 9000):
            reply = lab.client.http_raw(b"GET %s%s HTTP/1.0\r\n\r\n" % (prefix.encode(), path.encode()))
            check(not is_secret(reply.split(b"\r\n\r\n", 1)[-1]), "%s%s leaks %.80r" % (prefix, path, reply))
    for raw in (b"GET\r\n\r\n", b"\0\0\0\0", b"GET / HTTP/9.9\r\n\r\n", b"X" * 70000, b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
                b"POST /cobbler_api HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"):
        lab.client.http_raw(raw, timeout=0.3)
    equal(lab.client.http("/cobbler/pub/ok.txt")[0], 200, "after all that")


def test_http_ranges_and_head(lab):
    d, *_ = served(lab)
    data = bytes(range(256)) * 1000
    (d.root / "var/www/cobbler/pub/f.bin").write_bytes(data)
    status, headers, body = lab.client.http("/cobbler/pub/f.bin", headers={"Range": "bytes=100-199"})
    equal((status, body), (206, data[100:200]), "a range")
    check(headers["Content-Range"] == "bytes 100-199/%d" % len(data), "Content-Range: %r" % headers)
    equal(lab.client.http("/cobbler/pub/f.bin", headers={"Range": "bytes=-5"})[::2], (206, data[-5:]), "the last bytes")
    equal(lab.client.http("/cobbler/pub/f.bin", headers={"Range": "bytes=256000-"})[0], 416, "a range behind the end")
    status, headers, body = lab.client.http("/cobbler/pub/f.bin", "HEAD")
    equal((status, headers["Content-Length"], body), (200, str(len(data)), b""), "HEAD")
    two = lab.client.http_raw(b"GET /cobbler/pub/f.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n\r\n"
                              b"GET /cobbler/pub/f.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=1-1\r\nConnection: close\r\n\r\n")
    equal(two.count(b"HTTP/1.1 206"), 2, "answers on one connection")
    equal(lab.client.http("/cobbler/nothing")[0], 404, "a missing file")


def test_answer_file_over_http(lab):
    d, s, token = served(lab)
    (d.root / "var/lib/cobbler/templates/mine.ks").write_text("# for $name on $kernel_options\n#if $server == '10.55.0.1'\nserver ok\n#end if\n")
    handle = s.get_system_handle("n1", token)
    equal(s.modify_system(handle, "autoinstall", "mine.ks", token), True, "autoinstall is accepted")
    s.save_system(handle, token)
    for path in ("/cblr/svc/op/autoinstall/system/n1", "/cblr/svc/op/ks/system/n1"):
        status, headers, body = lab.client.http(path)
        check(status == 200 and b"# for n1 on" in body and b"server ok" in body, "%s: %d %r" % (path, status, body))
    status, _, body = lab.client.http("/cblr/svc/op/autoinstall/system/nosuch")
    check(b"not found" in body or status == 404, "an unknown system: %d %r" % (status, body))


def test_boot_files_of_a_distro_over_http_and_tftp(lab):
    served(lab)
    want = (lab.tmp / "fake/vmlinuz").read_bytes()
    equal(lab.client.tftp("images/d/vmlinuz")[0], want, "kernel by TFTP")
    equal(lab.client.tftp("/images/d/vmlinuz")[0], want, "kernel by TFTP, absolute")
    for path in ("/images/d/vmlinuz", "/cobbler/images/d/vmlinuz"):
        equal(lab.client.http(path)[::2], (200, want), "kernel by HTTP, " + path)


def test_damaged_dhcp_packets_do_no_harm(lab):
    d, *_ = served(lab)
    children = wait_for("core, dhcp, tftp and privileged", lambda: len(d.roles()) == 4 and d.children(), 3)
    _, good = lab.client.dhcp_packet(DISCOVER, mac=MAC)
    source = mac_bytes(lab.client.mac)
    for n in (0, 1, 10, 235, 236, 239, 240, 241, 245, len(good) - 1):
        lab.client.raw.send(udp_frame(source, "0.0.0.0", "255.255.255.255", 68, 67, good[:n]))
    for tail in (b"\x35", b"\x35\xff", b"\x35\x00\xff", b"\x37\xff" + b"\x01" * 254, b"\x34\x01\x03\x35\x01\x01", b"\x3c\xff" + b"P" * 10, b"\x52\xff" * 50):
        lab.client.raw.send(udp_frame(source, "0.0.0.0", "255.255.255.255", 68, 67, good[:240] + tail))
    for hlen in (0, 7, 16, 255):
        packet = bytearray(good)
        packet[2] = hlen
        lab.client.raw.send(udp_frame(source, "0.0.0.0", "255.255.255.255", 68, 67, bytes(packet)))
    packet = bytearray(good)
    packet[0] = 2
    lab.client.raw.send(udp_frame(source, "0.0.0.0", "255.255.255.255", 68, 67, bytes(packet)))
    offer = wait_for("offer", lambda: lab.client.discover(mac=MAC, timeout=0.5), 3)
    equal(offer.yiaddr, ADDRESS, "the next good packet is answered")
    equal(d.children(), children, "no process had to be restarted")
    check("restart" not in d.log(), d.tail())


def test_log_follows_a_boot(lab):
    """One line a step, with who, what, how much and how fast."""
    d, *_ = served(lab)
    lab.client.request(lab.client.discover(mac=MAC), mac=MAC)
    lab.client.tftp("images/d/vmlinuz")
    lab.client.http("/cblr/svc/op/autoinstall/system/n1")
    d.wait_log(r"dhcp.*%s.*%s|dhcp.*%s.*%s" % (MAC, re.escape(ADDRESS), re.escape(ADDRESS), MAC))
    d.wait_log(r"tftp.*images/d/vmlinuz.*13 bytes")
    d.wait_log(r"http.*autoinstall/system/n1.*200")


def test_requests_of_other_servers_are_ignored(lab):
    """A client that chose another DHCP server."""
    served(lab)
    options = [(50, socket.inet_aton("10.55.0.77")), (54, socket.inet_aton("10.55.0.254"))]
    xid, data = lab.client.dhcp_packet(REQUEST, mac=MAC, options=options)
    check(lab.client.exchange(xid, data, mac=MAC, timeout=0.7) is None, "no answer")
