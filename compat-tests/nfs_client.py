# SPDX-License-Identifier: GPL-2.0-or-later
"""NFS version 3, MOUNT and port mapper as bytes: a client that can also be rude."""
import socket
import struct

PORTMAP, NFS, MOUNT = 100000, 100003, 100005
(NULL, GETATTR, SETATTR, LOOKUP, ACCESS, READLINK, READ, WRITE, CREATE, MKDIR, SYMLINK, MKNOD, REMOVE, RMDIR, RENAME, LINK, READDIR,
 READDIRPLUS, FSSTAT, FSINFO, PATHCONF, COMMIT) = range(22)
OK, NOENT, ACCES, NOTDIR, INVAL, ROFS, NAMETOOLONG, STALE, BADHANDLE = 0, 2, 13, 20, 22, 30, 63, 70, 10001
SUCCESS, PROG_UNAVAIL, PROG_MISMATCH, PROC_UNAVAIL, GARBAGE_ARGS = range(5)
REG, DIR, LNK = 1, 2, 5
AUTH_NONE = struct.pack("!II", 0, 0)


def opaque(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack("!I", len(data)) + data + b"\0" * (-len(data) % 4)


def auth_sys(uid=0, gid=0):
    return struct.pack("!I", 1) + opaque(struct.pack("!I", 1) + opaque("tester") + struct.pack("!III", uid, gid, 0))


def call_bytes(program, version, proc, args=b"", cred=None, xid=1, rpc=2):
    return struct.pack("!IIIIII", xid, 0, rpc, program, version, proc) + (auth_sys() if cred is None else cred) + AUTH_NONE + args


def record(data):
    return struct.pack("!I", 0x80000000 | len(data)) + data


class Reply:
    """An answer; .status as RPC says it, or the pair (denied, why)."""

    def __init__(self, data):
        self.data, self.at = data, 0
        self.xid, kind, denied = self.unpack("!III")
        assert kind == 1, "no reply"
        if denied:
            self.status = self.unpack("!II")
        else:
            assert self.unpack("!II") == (0, 0), "verifier"
            self.status = self.u32()

    def unpack(self, form):
        n = struct.calcsize(form)
        assert self.at + n <= len(self.data), "the answer is too short"
        self.at += n
        return struct.unpack(form, self.data[self.at - n:self.at])

    def u32(self):
        return self.unpack("!I")[0]

    def u64(self):
        return self.unpack("!Q")[0]

    def opaque(self):
        n = self.u32()
        data = self.data[self.at:self.at + n]
        self.at += n + -n % 4
        assert self.at <= len(self.data), "the answer is too short"
        return data

    def attr(self):
        names = ("type", "mode", "nlink", "uid", "gid", "size", "used", "rdev", "fsid", "fileid", "atime", "mtime", "ctime")
        return dict(zip(names, self.unpack("!IIIIIQQQQQQQQ")))

    def post_attr(self):
        return self.attr() if self.u32() else None

    def post_handle(self):
        return self.opaque() if self.u32() else None

    def end(self):
        assert self.at == len(self.data), "%d bytes follow the answer" % (len(self.data) - self.at)
        return self


class Rpc:
    """One connection, or one UDP socket."""

    def __init__(self, server, port=2049, udp=False, source="", timeout=5.0):
        self.udp, self.xid = udp, 0
        if udp:
            self.s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.s.settimeout(timeout)
            self.s.bind((source, 0))
            self.s.connect((server, port))
        else:
            self.s = socket.create_connection((server, port), timeout, (source, 0))

    def send(self, program, version, proc, args=b"", **kw):
        self.xid += 1
        data = call_bytes(program, version, proc, args, xid=self.xid, **kw)
        self.s.sendall(data if self.udp else record(data))

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.s.recv(n - len(data))
            if not more:
                raise ConnectionError("closed after %d of %d bytes" % (len(data), n))
            data += more
        return data

    def reply(self):
        if self.udp:
            return Reply(self.s.recv(65536))
        head = struct.unpack("!I", self.exactly(4))[0]
        assert head & 0x80000000, "one fragment"
        return Reply(self.exactly(head & 0x7FFFFFFF))

    def call(self, program, version, proc, args=b"", **kw):
        self.send(program, version, proc, args, **kw)
        r = self.reply()
        assert r.xid == self.xid, "another call's answer"
        return r

    def nfs(self, proc, handle, args=b"", **kw):
        """(status, what follows it)"""
        r = self.call(NFS, 3, proc, opaque(handle) + args, **kw)
        assert r.status == SUCCESS, "RPC status %r" % (r.status,)
        return r.u32(), r

    def mount(self, path):
        """(status, handle)"""
        r = self.call(MOUNT, 3, 1, opaque(path))
        status = r.u32()
        return status, r.opaque() if status == OK else None

    def getattr(self, handle):
        status, r = self.nfs(GETATTR, handle)
        return status, r.attr() if status == OK else None

    def lookup(self, handle, name):
        """(status, handle, attributes)"""
        status, r = self.nfs(LOOKUP, handle, opaque(name))
        return (status, r.opaque(), r.post_attr()) if status == OK else (status, None, None)

    def find(self, handle, path):
        for name in path.split("/"):
            status, handle, _ = self.lookup(handle, name)
            assert status == OK, "%s: status %d" % (name, status)
        return handle

    def read(self, handle, offset, count):
        """(status, data, eof)"""
        status, r = self.nfs(READ, handle, struct.pack("!QI", offset, count))
        r.post_attr()
        if status != OK:
            return status, None, None
        n, eof = r.unpack("!II")
        data = r.opaque()
        r.end()
        assert n == len(data), "count"
        return status, data, bool(eof)

    def readlink(self, handle):
        status, r = self.nfs(READLINK, handle)
        r.post_attr()
        return status, r.opaque() if status == OK else None

    def readdir(self, handle, plus=False, count=8192):
        """[(name, fileid, attributes, handle)] of the whole directory."""
        entries, cookie, verifier, eof = [], 0, b"\0" * 8, False
        while not eof:
            args = struct.pack("!Q", cookie) + verifier + struct.pack("!I", count) + (struct.pack("!I", count) if plus else b"")
            status, r = self.nfs(READDIRPLUS if plus else READDIR, handle, args)
            assert status == OK, "status %d" % status
            assert len(r.data) - 28 <= count, "%d bytes instead of %d" % (len(r.data) - 28, count)
            r.post_attr()
            verifier = r.unpack("!8s")[0]
            while r.u32():
                fileid, name, cookie = r.u64(), r.opaque(), r.u64()
                entries.append((name, fileid, r.post_attr() if plus else None, r.post_handle() if plus else None))
            eof = r.u32() == 1
            r.end()
        return entries

    def closed(self):
        """Has the other side closed it?"""
        try:
            return self.s.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def close(self):
        self.s.close()
