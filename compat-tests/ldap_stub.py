# SPDX-License-Identifier: GPL-2.0-or-later
"""A directory server just large enough to see what a login asks for: it has one entry, uid=alice with the password "secret", keeps every
search filter and bind, and takes an empty password as an anonymous bind, as real ones do.
"""
import socket
import threading


def tlv(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


def split(data):
    """[(tag, value)] of what stands one after the other."""
    out = []
    while data:
        tag, n, at = data[0], data[1], 2
        if n & 0x80:
            at = 2 + (n & 0x7f)
            n = int.from_bytes(data[2:at], "big")
        out.append((tag, data[at:at + n]))
        data = data[at + n:]
    return out


class LdapStub:
    DN = b"uid=alice,dc=test"

    def __init__(self, address="127.0.0.1"):
        self.filters, self.binds = [], []
        self.socket = socket.create_server((address, 389))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                c, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        with c:
            while data := c.recv(65536):
                (_, message), = split(data)[:1]
                (_, number), (tag, op) = split(message)[:2]
                for kind, body in self.answer(tag, split(op) if tag & 0x20 else []):
                    c.sendall(tlv(0x30, tlv(2, number), tlv(kind, *body)))

    def answer(self, tag, parts):
        def result(code):
            return tlv(10, bytes([code])), tlv(4), tlv(4)
        if tag == 0x60:                                        # bind: version, name, password
            name, password = parts[1][1], parts[2][1]
            self.binds.append((name, password))
            yield 0x61, result(0 if password == b"" or (name, password) == (self.DN, b"secret") else 49)
        elif tag == 0x63:                                      # search: the filter is the seventh part
            kind, value = parts[6]
            self.filters.append((kind, value))
            # present, substring, or, and, not: whatever is no equality would find somebody
            if kind != 0xa3 or [v for _, v in split(value)] == [b"uid", b"alice"]:
                yield 0x64, (tlv(4, self.DN), tlv(0x30))
            yield 0x65, result(0)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
