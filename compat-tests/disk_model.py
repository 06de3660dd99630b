# SPDX-License-Identifier: GPL-2.0-or-later
"""What a disk may hold after a loss of power: the writing calls of a process, from strace, are applied to a model of a file system in which
only what was synced is certain. Data that no fsync, fdatasync or syncfs covered may be missing sector by sector, or be zeros or garbage in a file that has
its new size already; names that no sync of their directory covered may be missing, each of them.
"""
import codecs
import os
import random
import re
import subprocess
from pathlib import Path

from lab import Failed, Skip

CALLS = ("openat,creat,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fallocate,copy_file_range,sendfile,splice,rename,renameat,renameat2,"
         "link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,fsync,fdatasync,syncfs,sync,sync_file_range")
SECTOR = 512
# How much of what is not certain is there.
NOTHING, NAMES_AND_ZEROS, NAMES_AND_GARBAGE, ALL, TORN_END, SOME = range(6)

LINE = re.compile(rb"^(\d+\.\d+) (\w+)\((.*)\)\s+= (-?\w+)(<.*>)?( .*)?$", re.S)
ARGUMENT = re.compile(rb'"((?:[^"\\]|\\.)*)"(\.\.\.)?|((?:\w+|-\d+))<((?:[^>\\]|\\.)*)>(\(deleted\))?|([^,\s][^,]*)', re.S)


class Recorder:
    """strace on all threads of these processes and on what they start, with all that they write."""

    def __init__(self, pids, folder):
        self.folder = Path(folder)
        self.folder.mkdir()
        self.process = subprocess.Popen(["strace", "-ff", "-ttt", "-y", "-s", "100000000", "-o", self.folder / "t", "-e", "trace=" + CALLS, "-e", "signal=none", *(word for pid in pids for word in ("-p", str(pid)))],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in pids:
            line = self.process.stderr.readline()
            if "attached" not in line:
                self.stop()
                raise Skip("strace cannot be used: " + line.strip())

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        self.process.stderr.close()

    def calls(self):
        """(time, name, arguments, result) of each call that succeeded, in order. An argument: bytes, (descriptor, path), or a word."""
        found = []
        for path in self.folder.glob("t.*"):
            for line in path.read_bytes().split(b"\n"):
                match = LINE.match(line)
                if match is None or match[4].startswith(b"-"):
                    continue
                arguments = []
                for text, cut, number, where, gone, word in ARGUMENT.findall(match[3]):
                    if cut:
                        raise Failed("strace cut off %.80r" % line)
                    if number:
                        arguments.append((int(number) if number.isdigit() else -1, "" if gone else unescape(where).decode()))
                    else:
                        arguments.append(word.decode() if word else unescape(text))
                result = match[4]
                found.append((float(match[1]), match[2].decode(), arguments, int(result, 0)))
        return sorted(found, key=lambda call: call[0])


def unescape(text):
    return codecs.escape_decode(text)[0]


class Node:
    """A file or directory: what is certain, and what happened since."""

    def __init__(self, content):
        self.certain = content           # bytes, or {name: Node}
        self.pending = []                # (offset, data) or (size, None); {name: Node, or None for one that goes}

    def is_folder(self):
        return isinstance(self.certain, dict)

    def names(self, pending):
        names = dict(self.certain)
        for change in pending:
            names.update(change)
        return {name: node for name, node in names.items() if node is not None}

    def sync(self):
        if self.is_folder():
            self.certain = self.names(self.pending)
        else:
            self.certain = apply(self.certain, self.pending)
        self.pending = []


def apply(content, writes):
    out = bytearray(content)
    for at, data in writes:
        if data is None:
            out[at:] = bytes(max(0, at - len(out)))
        else:
            out.extend(bytes(max(0, at + len(data) - len(out))))
            out[at:at + len(data)] = data
    return bytes(out)


class Disk:
    """The folders below top, all of them certain at first, as of the calls given to call()."""

    def __init__(self, top, folders):
        self.top = Path(top)
        self.root = Node({})
        self.positions = {}              # (descriptor, path): offset of the next write
        for folder in folders:
            node = self.root
            for part in Path(folder).parts:
                node = node.certain.setdefault(part, Node({}))
            self.read(self.top / folder, node)

    def read(self, path, node):
        for entry in path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                node.certain[entry.name] = Node({})
                self.read(entry, node.certain[entry.name])
            elif entry.is_file():
                node.certain[entry.name] = Node(entry.read_bytes())

    def parent(self, path):
        """(directory, name), or (None, name) when it is none of ours."""
        try:
            parts = Path(os.path.normpath(path)).relative_to(self.top).parts
        except ValueError:
            return None, ""
        node = self.root
        for part in parts[:-1]:
            node = node.names(node.pending).get(part) if node is not None and node.is_folder() else None
        return (node, parts[-1]) if parts and node is not None and node.is_folder() else (None, "")

    def node(self, path):
        folder, name = self.parent(path)
        return folder.names(folder.pending).get(name) if folder is not None else None

    def all_nodes(self, node=None):
        node = node or self.root
        yield node
        if node.is_folder():
            for child in {id(c): c for c in [*node.certain.values(), *(n for change in node.pending for n in change.values() if n is not None)]}.values():
                yield from self.all_nodes(child)

    def call(self, name, arguments, result):
        """Applies one call; whether it touched what is ours."""
        paths = at_paths(arguments)
        if name in ("openat", "creat"):
            return self.opened(paths[0], " ".join(a for a in arguments if isinstance(a, str)) + ("O_CREAT|O_TRUNC" if name == "creat" else ""), result)
        if name in ("fsync", "fdatasync"):
            node = self.node(arguments[0][1])
            if node is not None:
                node.sync()
            return node is not None
        if name in ("syncfs", "sync"):
            for node in list(self.all_nodes()):
                node.sync()
            return True
        if name.startswith("rename"):
            return self.renamed(*paths[:2], "RENAME_EXCHANGE" in arguments)
        if name.startswith(("unlink", "rmdir", "mkdir", "link", "symlink")):
            return self.named(name, paths)
        return self.written(name, arguments, result)

    def opened(self, path, flags, descriptor):
        folder, name = self.parent(path)
        if folder is None:
            return False
        node, touched = self.node(path), False
        if node is None and "O_CREAT" in flags:
            node, touched = Node(b""), True
            folder.pending.append({name: node})
        if node is not None and "O_TRUNC" in flags and not node.is_folder():
            node.pending.append((0, None))
            touched = True
        self.positions[descriptor, os.path.normpath(path)] = None if "O_APPEND" in flags else 0
        return touched

    def renamed(self, old, new, both):
        (source, name), (target, new_name) = self.parent(old), self.parent(new)
        if source is None and target is None:
            return False
        node = self.node(old)
        if source is not target or node is None:
            raise Failed("a rename from %s to %s has no model" % (old, new))
        target.pending.append({name: self.node(new) if both else None, new_name: node})
        return True

    def named(self, call, paths):
        folder, name = self.parent(paths[-1])
        if folder is None:
            return False
        node = None
        if call.startswith("mkdir"):
            node = Node({})
        elif call.startswith("link"):
            node = self.node(paths[0])
        elif call.startswith("symlink"):
            raise Failed("a link %s has no model" % paths[-1])
        folder.pending.append({name: node})
        return True

    def written(self, call, arguments, result):
        descriptor, path = arguments[0] if isinstance(arguments[0], tuple) else (-1, "")
        node = self.node(path)
        if node is None or node.is_folder():
            return False
        if call in ("write", "pwrite64"):
            data = next(a for a in arguments if isinstance(a, bytes))[:result]
            if call == "write":
                at = self.positions.get((descriptor, path))
                at = len(apply(node.certain, node.pending)) if at is None else at
                if self.positions.get((descriptor, path)) is not None:
                    self.positions[descriptor, path] = at + len(data)
            else:
                at = int(arguments[-1], 0)
            node.pending.append((at, data))
        elif call == "ftruncate":
            node.pending.append((int(arguments[1], 0), None))
        else:
            raise Failed("%s of %s has no model" % (call, path))
        return True

    # ---- after the cut ----

    def after_cut(self, policy, seed):
        """{path below top: bytes, or None for a directory}: one disk that may be found."""
        out = {}
        self.collect(self.root, Path(), policy, random.Random(seed), out)
        return out

    def collect(self, node, path, policy, rng, out):
        for name, child in node.names(choose(node.pending, policy, rng)).items():
            if child.is_folder():
                out[path / name] = None
                self.collect(child, path / name, policy, rng, out)
            else:
                out[path / name] = content(child, policy, rng)


def at_paths(arguments):
    """The paths that a call names: a descriptor of a directory and a text, or a text alone."""
    out, folder = [], ""
    for a in arguments:
        if isinstance(a, tuple):
            folder = a[1]
        elif isinstance(a, bytes):
            out.append(os.path.join(folder, a.decode(errors="replace")))
    return out


def choose(pending, policy, rng):
    if policy == NOTHING:
        return []
    return [p for p in pending if policy != SOME or rng.random() < 0.5]


def content(node, policy, rng):
    """What a file holds: of every write that is not certain all, nothing, some sectors, or only its length."""
    writes = []
    for number, (at, data) in enumerate(node.pending):
        if policy == NOTHING:
            break
        if data is None or policy == ALL or (policy == TORN_END and number < len(node.pending) - 1):
            writes.append((at, data))
        elif policy in (TORN_END, SOME):
            writes += sectors(at, data, policy, rng)
        else:
            old = apply(node.certain, writes)
            if at + len(data) > len(old):           # the new length without the data
                fill = bytes(at + len(data) - len(old)) if policy == NAMES_AND_ZEROS else rng.randbytes(at + len(data) - len(old))
                writes.append((len(old), fill))
    return apply(node.certain, writes)


def sectors(at, data, policy, rng):
    """Parts of a write: its beginning (TORN_END), or any of its sectors."""
    edges = [at, *range(at - at % SECTOR + SECTOR, at + len(data), SECTOR), at + len(data)]
    if policy == TORN_END:
        edge = rng.choice(edges)
        return [(at, data[:edge - at])]
    kind = rng.randrange(4)
    if kind == 0:
        return []
    return [(a, data[a - at:b - at]) for a, b in zip(edges, edges[1:]) if kind == 1 or rng.random() < 0.5]
