# SPDX-License-Identifier: GPL-2.0-or-later
"""The template engine beside the original ones, and the command that renders templates."""
import subprocess

from lab import REPO, Skip, check


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
