# SPDX-License-Identifier: GPL-2.0-or-later
"""Raw clients on a network card of their own: DHCP by whole frames, TFTP, HTTP. Each shows exactly what came over the wire."""
import contextlib
import ctypes
import http.client
import os
import random
import re
import socket
import struct
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
COOKIE = b"\x63\x82\x53\x63"
BROADCAST = b"\xff" * 6


def syscall(rc, what):
    if rc != 0:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (what, os.strerror(number)))


@contextlib.contextmanager
def netns(fd):
    """Sockets made by this thread inside the block belong to that network namespace, and stay there."""
    back = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        syscall(LIBC.setns(fd, CLONE_NEWNET), "setns")
        yield
    finally:
        syscall(LIBC.setns(back, CLONE_NEWNET), "setns")
        os.close(back)


def new_netns():
    """A descriptor of a fresh network namespace; it ends when the descriptor is closed."""
    back = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        syscall(LIBC.unshare(CLONE_NEWNET), "unshare")
        fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        syscall(LIBC.setns(back, CLONE_NEWNET), "setns")
        return fd
    finally:
        os.close(back)


def mac_bytes(mac):
    return bytes.fromhex(mac.replace(":", ""))


def checksum(data):
    total = sum(struct.unpack("!%dH" % ((len(data) + 1) // 2), data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp_frame(src_mac, src, dst, sport, dport, payload, dst_mac=BROADCAST):
    udp = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, socket.inet_aton(src), socket.inet_aton(dst))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return dst_mac + src_mac + b"\x08\x00" + head + udp


class DhcpReply:
    """A parsed BOOTREPLY."""

    def __init__(self, data):
        self.raw = data
        self.xid, self.flags = struct.unpack("!4xIxxH", data[:12])
        self.yiaddr, self.siaddr, self.giaddr = (socket.inet_ntoa(data[i:i + 4]) for i in (16, 20, 24))
        self.sname, self.file = (data[a:b].split(b"\0")[0].decode("latin1") for a, b in ((44, 108), (108, 236)))
        self.options = {}
        at = 240
        while data[236:240] == COOKIE and at < len(data) and data[at] != 255:
            if data[at] == 0:
                at += 1
                continue
            code, n = data[at], data[at + 1]
            self.options[code] = self.options.get(code, b"") + data[at + 2:at + 2 + n]
            at += 2 + n
        self.type = self.options.get(53, b"\0")[0]

    def address(self, code):
        return socket.inet_ntoa(self.options[code][:4]) if code in self.options else None

    def text(self, code):
        return self.options[code].rstrip(b"\0").decode("latin1") if code in self.options else None


DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)


class TftpError(Exception):
    def __init__(self, code, text):
        super().__init__("TFTP error %d: %s" % (code, text))
        self.code = code


class Client:
    """A host on the lab's bridge: network namespace, card eth0 with its own MAC and, for TFTP and HTTP, an address."""

    def __init__(self, bridge, address, mac="52:54:00:aa:00:01", server="10.55.0.1"):
        self.mac, self.address, self.server = mac, address, server
        self.fd = new_netns()
        peer = "c%s" % mac.replace(":", "")[-6:]
        path = "/proc/%d/fd/%d" % (os.getpid(), self.fd)

        def ip(*args):
            subprocess.run(["ip", *args], check=True)
        ip("link", "add", peer, "type", "veth", "peer", "name", "eth0", "netns", path)
        ip("link", "set", peer, "master", bridge, "up")
        inside = ["nsenter", "--net=" + path, "ip"]
        for args in (["link", "set", "lo", "up"], ["link", "set", "eth0", "address", mac, "up"],
                     ["addr", "add", address + "/24", "dev", "eth0"]):
            subprocess.run(inside + args, check=True)
        with netns(self.fd):
            self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
            self.raw.bind(("eth0", 0))

    def udp(self, timeout=10.0):
        with netns(self.fd):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(timeout)
        return s

    # ---- DHCP ----

    def dhcp_packet(self, kind, mac=None, arch=0, vendor=None, user=None, options=(), xid=None, flags=0x8000, ciaddr="0.0.0.0",
                    giaddr="0.0.0.0"):
        """A BOOTREQUEST as PXE firmware sends it. kind None: plain BOOTP."""
        xid = random.getrandbits(32) if xid is None else xid
        head = struct.pack("!BBBBIHH4s8x4s", 1, 1, 6, 0, xid, 0, flags, socket.inet_aton(ciaddr), socket.inet_aton(giaddr))
        head += mac_bytes(mac or self.mac) + b"\0" * 10 + b"\0" * 192
        if kind is None:
            return xid, head + b"\0" * 64
        body = bytes([53, 1, kind, 55, 10, 1, 3, 6, 12, 15, 43, 60, 66, 67, 97])
        if arch is not None:
            text = (vendor if vendor is not None else "PXEClient:Arch:%05d:UNDI:003001" % arch).encode()
            body += bytes([60, len(text)]) + text + struct.pack("!BBH", 93, 2, arch) + b"\x5e\x03\x01\x03\x10"
        if user is not None:
            body += bytes([77, len(user)]) + user.encode()
        for code, value in options:
            body += bytes([code, len(value)]) + value
        data = head + COOKIE + body + b"\xff"
        return xid, data + b"\0" * max(0, 300 - len(data))

    def exchange(self, xid, data, mac=None, timeout=10.0, tries=1):
        """Broadcasts the packet; the reply with its xid, or None."""
        self.raw.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:         # what earlier traffic left in the queue would keep the reply out
                self.raw.recv(4096)
        frame = udp_frame(mac_bytes(mac or self.mac), "0.0.0.0", "255.255.255.255", 68, 67, data)
        for _ in range(tries):
            self.raw.send(frame)
            end = time.monotonic() + timeout
            while (left := end - time.monotonic()) > 0:
                self.raw.settimeout(left)
                try:
                    r = self.raw.recv(4096)
                except TimeoutError:
                    break
                at = 14 + (r[14] & 15) * 4
                if r[23] == 17 and r[at + 2:at + 4] == b"\0\x44" and len(r) >= at + 8 + 236 and \
                        r[at + 12:at + 16] == struct.pack("!I", xid):
                    return DhcpReply(r[at + 8:])
        return None

    def discover(self, mac=None, timeout=10.0, tries=1, **kw):
        xid, data = self.dhcp_packet(DISCOVER, mac, **kw)
        return self.exchange(xid, data, mac, timeout, tries)

    def request(self, offer, mac=None, timeout=10.0, **kw):
        """Takes an offer."""
        options = [(50, socket.inet_aton(offer.yiaddr)), (54, offer.options[54])]
        xid, data = self.dhcp_packet(REQUEST, mac, xid=offer.xid, options=options, **kw)
        return self.exchange(xid, data, mac, timeout)

    # ---- TFTP ----

    def tftp(self, path, options=(("tsize", "0"), ("blksize", "1408")), mode="octet", port=69, timeout=10.0, limit=None):
        """(bytes, options granted). Raises TftpError with the server's own code; limit: stop after so many bytes."""
        s = self.udp(timeout)
        name = path if isinstance(path, bytes) else path.encode()
        request = b"\0\x01" + name + b"\0" + mode.encode() + b"\0"
        request += b"".join(k.encode() + b"\0" + str(v).encode() + b"\0" for k, v in options)
        s.sendto(request, (self.server, port))
        granted, blocks, size, window, expected, since = {}, [], 512, 1, 1, 0
        while True:
            data, peer = s.recvfrom(70000)
            op = struct.unpack("!H", data[:2])[0]
            if op == 5:
                raise TftpError(struct.unpack("!H", data[2:4])[0], data[4:].rstrip(b"\0").decode("latin1"))
            if op == 6:
                words = data[2:].split(b"\0")
                granted = {words[i].decode().lower(): words[i + 1].decode() for i in range(0, len(words) - 1, 2)}
                size, window = int(granted.get("blksize", 512)), int(granted.get("windowsize", 1))
                s.sendto(b"\0\x04\0\0", peer)
                continue
            number = struct.unpack("!H", data[2:4])[0]
            if op != 3 or number != expected & 0xFFFF:
                continue
            blocks.append(data[4:])
            last, expected, since = len(data) - 4 < size, expected + 1, since + 1
            if last or since == window:
                s.sendto(b"\0\x04" + data[2:4], peer)
                since = 0
            if last or (limit is not None and sum(map(len, blocks)) >= limit):
                s.close()
                return b"".join(blocks), granted

    # ---- HTTP ----

    def http_raw(self, data, port=80, timeout=30.0):
        """Sends these bytes, returns everything until the server closes or falls silent."""
        with netns(self.fd):
            s = socket.create_connection((self.server, port), timeout)
        out = b""
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            s.sendall(data)
            while (chunk := s.recv(65536)):
                out += chunk
        s.close()
        return out

    def http(self, path, method="GET", headers=None, port=80):
        """(status, headers, body); path is sent as it stands."""
        conn = http.client.HTTPConnection(self.server, port, timeout=60)
        with netns(self.fd):
            conn.sock = socket.create_connection((self.server, port), 60)
        conn.putrequest(method, path, skip_accept_encoding=True)
        for k, v in (headers or {}).items():
            conn.putheader(k, v)
        conn.endheaders()
        r = conn.getresponse()
        body = r.read()
        conn.close()
        return r.status, dict(r.getheaders()), body

    def close(self):
        self.raw.close()
        os.close(self.fd)


def grep(text, pattern):
    return [line for line in text.splitlines() if re.search(pattern, line)]
