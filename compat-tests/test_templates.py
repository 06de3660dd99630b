# SPDX-License-Identifier: GPL-2.0-or-later
"""The template engine beside the original ones, and the command that renders templates."""
import subprocess

import test_library
from fixtures import fake_boot_files
from lab import REPO, Skip, check, equal


def fuzz(lab, engine):
    """The same random templates in every run, a few seconds' worth."""
    r = subprocess.run([REPO / "tools/fuzz-diff-templates", "--engine", engine, "--count", "1200", "--seed", "1"], capture_output=True, text=True)
    if r.returncode == 77:
        raise Skip(r.stdout.strip())
    check(r.returncode == 0, r.stdout + r.stderr)
    lab.note(r.stdout.strip().splitlines()[-1])


def test_random_cheetah_templates_render_as_cheetah_renders_them(lab):
    fuzz(lab, "cheetah")


def test_random_jinja_templates_render_as_jinja_renders_them(lab):
    fuzz(lab, "jinja2")


RENDER = REPO / "build/render-cases"


def test_the_command_says_what_it_does_not_understand(lab):
    name = lab.tmp / "cobbler-render"
    name.symlink_to(RENDER)
    template = lab.tmp / "t"
    template.write_text("hello\n")
    good = subprocess.run([name, "--engine=cheetah", template], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    equal((good.returncode, good.stdout), (0, "hello\n"), "a value behind =: " + good.stderr)
    for args, word in ((["--engine", "perl", template], "perl"), (["--bogus"], "--bogus"), ([], "usage: cobbler-render"), ([template, template], "one TEMPLATE"),
                       (["--system", "a", "--profile", "b"], "one item"), (["--system=a", "--vars=x"], "--vars"), (["--distro=d"], "TEMPLATE")):
        r = subprocess.run([name, "--root", lab.tmp, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        check((r.returncode, r.stdout) == (2, "") and word in r.stderr and "render-cases" not in r.stderr, "%s: %d %s" % (args, r.returncode, r.stderr))


def render(root, *args):
    return subprocess.run([RENDER, "--root", root, *args], capture_output=True, text=True)


def test_a_stored_item_is_rendered_as_the_daemon_renders_it(lab):
    d = lab.daemon()
    s, token = d.login()
    profile, system = test_library.prepare(s, token, fake_boot_files(lab), "redhat", "rhel8", "sample.ks")
    test_library.give_addresses(s, token, system)

    def site():
        return sorted((p, p.stat().st_mtime_ns) for part in ("etc", "var/lib/cobbler/collections") for p in (d.root / part).rglob("*"))
    before = site()
    for kind, name, want in (("--system", system, s.generate_system_autoinstall(system)), ("--profile", profile, s.generate_profile_autoinstall(profile))):
        r = render(d.root, kind, name)
        check(r.returncode == 0 and r.stdout == want, "%s\n%s\ninstead of\n%s" % (r.stderr, r.stdout, want))
    lines = render(d.root, "--system", system, "--trace").stdout.splitlines()
    host = [x.split("\t") for x in lines if "n1.lab.test" in x]
    check(any(x[1] == "system " + system and "sample.ks:" in x[0] and " > " in x[0] for x in host), "nothing tells where the host name is from: %s" % host)
    check(any(x.split("\t")[1] == "distro d-sample-ks autoinstall_meta" and "$tree" in x for x in lines), "\n".join(lines[:40]))
    own = lab.tmp / "own.ks"
    own.write_text("#set $x = 1\n$hostname $hots\n${1 1}\n$SNIPPET('nope')\n")
    r = render(d.root, "--system", system, "--lint", str(own))
    check(r.returncode == 1 and "own.ks:2:12: nothing defines $hots" in r.stdout and "own.ks:3:" in r.stdout, r.stdout + r.stderr)
    own.write_text("$breed $getVar('system_name', 'no system')\n")
    r = render(d.root, "--distro", "d-sample-ks", str(own))
    check(r.returncode == 0 and r.stdout == "redhat no system\n", r.stdout + r.stderr)
    for args, status, says in ((("--system", "nobody"), 1, 'there is no system "nobody"'), (("--distro", "d-sample-ks"), 2, "a TEMPLATE is needed"), (("--system",), 2, "'--system' requires an argument"),
                               (("--system", system, "--vars", "x"), 2, "--vars")):
        r = render(d.root, *args)
        check(r.returncode == status and says in r.stderr, "%s: %d %s" % (args, r.returncode, r.stderr))
    check(site() == before, "the site was changed")
