# SPDX-License-Identifier: GPL-2.0-or-later
"""make install, and the unit under a systemd of its own: an overlay over this system, so that nothing outside is changed."""
import os
import re
import signal
import subprocess
from pathlib import Path

from lab import REPO, Skip, check, equal, wait_for

# Runs as the root of new namespaces, then becomes systemd. The overlay's upper layer is a tmpfs; only UP/... is read from outside.
ENTER = r"""
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$TOP"
mkdir "$TOP/up" "$TOP/work" "$TOP/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$TOP/up,workdir=$TOP/work" "$TOP/root"
cd "$TOP/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mkdir repo; mount --bind "$REPO" repo
ip link set lo up
rm -rf etc/systemd/system/*.wants lib/systemd/system/*.wants
cp "$TOP.sh" drive.sh
printf '%s\n' '[Unit]' 'Requires=drive.service' 'AllowIsolate=yes' >etc/systemd/system/drive.target
printf '%s\n' '[Unit]' 'After=basic.target' '[Service]' 'Type=oneshot' 'ExecStart=/bin/bash /drive.sh' 'StandardOutput=file:/repo-out/log' \
    'StandardError=file:/repo-out/log' >etc/systemd/system/drive.service
mkdir repo-out; mount --bind "$OUT" repo-out
touch repo-out/entered
exec chroot . env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=lxc /lib/systemd/systemd --system --unit=drive.target --show-status=false
"""

# What the unit may, its triggers need: the kernel's boot identity (by which the server itself knows of a loss of power) and memory for compilers.
DRIVE = r"""
make -C /repo install >/repo-out/install 2>&1; echo "install=$?"
echo "account=$(getent passwd cobbler | cut -d: -f6-)"
stat -c 'mode=%a:%U:%n' /etc/cobbler /var/lib/cobbler /var/log/cobbler
mount --make-rshared /    # as systemd does where it starts a host
systemctl start cobblerd; echo "start=$?"
for i in $(seq 600); do    # until the services are locked up
    [ "$(for p in $(pidof cobblerd); do cat /proc/$p/status; done | grep -c '^CapEff:.*[[:space:]]0*$')" = 2 ] && break
    sleep 0.1
done
ps -eo user:20,args | sed -n 's/^\([^ ]*\) .*cobblerd --\(role [a-z]*\|no-daemonize\)$/process=\1:\2/p'
for p in $(pidof cobblerd); do grep CapEff /proc/$p/status; done
mkdir -p /var/lib/cobbler/triggers/add/menu/post
printf '%s\n' '#!/bin/sh' 'exec >/var/lib/cobbler/hook' 'wc -c </proc/sys/kernel/random/boot_id' \
    'python3 -c "import mmap; mmap.mmap(-1, 4096, prot=7); print(\"compiles\")"' >/var/lib/cobbler/triggers/add/menu/post/hook
chmod 755 /var/lib/cobbler/triggers/add/menu/post/hook
cobbler menu add --name=m1; echo "add=$?"
echo "hook=$(tr '\n' ' ' </var/lib/cobbler/hook)"
mkdir -p /mnt/late; mount --bind /repo-out /mnt/late    # as a medium that is put in now
cobbler import --name=deb --path=/mnt/late/debian.iso >/repo-out/import 2>&1; echo "import=$?"
cobbler sync >/repo-out/sync 2>&1; echo "sync=$?"
systemctl reload cobblerd; echo "reload=$?"
systemctl kill -s KILL --kill-who=main cobblerd
for i in $(seq 600); do
    [ "$(systemctl show -P NRestarts cobblerd)" = 1 ] && systemctl is-active --quiet cobblerd && break
    sleep 0.1
done
echo "again=$(systemctl is-active cobblerd) menus=$(cobbler menu list | tr -d ' \n')"

# What the process that keeps root does: PAM, the files of another server and its restart.
mkdir -p /etc/dhcp; printf '#!/bin/sh\n' >/usr/sbin/dhcpd; chmod 755 /usr/sbin/dhcpd
printf '%s\n' '[Service]' 'Type=oneshot' 'ExecStart=/bin/sh -c "echo restarted >>/repo-out/dhcpd"' >/etc/systemd/system/isc-dhcp-server.service
systemctl daemon-reload
echo root:secret | chpasswd; echo secret >/repo-out/password
sed -i 's/authentication\.configfile/authentication.pam/' /etc/cobbler/modules.conf
cobbler-settings modify -k manage_dhcp -v true; cobbler-settings modify -k manage_dhcp_v4 -v true; cobbler-settings modify -k allow_dynamic_settings -v true
chgrp www-data /etc/cobbler/settings.yaml
systemctl restart cobblerd
cobbler --user=root --password-file=/repo-out/password menu add --name=m2; echo "pam=$?"
cobbler sync >/repo-out/sync2 2>&1; echo "dhcp=$? $(cat /repo-out/dhcpd)"
cobbler setting edit --name=proxy_url_int --value=http://p:1; echo "setting=$? $(stat -c %U:%G /etc/cobbler/settings.yaml)"
systemctl stop cobblerd; echo "stop=$? $(systemctl show -P Result cobblerd)"
man -l /usr/share/man/man1/cobbler.1 >/repo-out/man 2>/dev/null; echo "man=$?"
touch /repo-out/done
"""


def test_installed_unit_works_under_systemd(lab):
    if not Path("/lib/systemd/systemd").exists():
        raise Skip("no systemd here")
    if "overlay" not in Path("/proc/filesystems").read_text():
        raise Skip("this kernel has no overlay file system")
    top, out = lab.tmp / "top", lab.tmp / "out"
    top.mkdir()
    out.mkdir()
    os.chmod(out, 0o755)
    os.link(lab.media("debian"), out / "debian.iso")
    Path("%s.sh" % top).write_text(DRIVE)
    with open(lab.tmp / "console", "wb") as console:
        p = subprocess.Popen(["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child",
                              "sh", "-c", ENTER], env={**os.environ, "TOP": str(top), "REPO": str(REPO), "OUT": str(out)},
                             stdin=subprocess.DEVNULL, stdout=console, stderr=console)
    try:
        wait_for("end of the installation's test", lambda: (out / "done").exists() or p.poll() is not None, 120)
        if not (out / "entered").exists():
            raise Skip("no overlay with a control group of its own here: " + (lab.tmp / "console").read_text().strip()[-200:])
        check((out / "done").exists(), "systemd did not come up:\n" + (lab.tmp / "console").read_text()[-2000:])
    finally:
        p.send_signal(signal.SIGKILL)
        p.wait()
    log = (out / "log").read_text()
    for line in ("install=0", "account=/var/lib/cobbler:/usr/sbin/nologin", "mode=755:cobbler:/etc/cobbler",
                 "mode=755:cobbler:/var/lib/cobbler", "mode=750:cobbler:/var/log/cobbler", "start=0", "process=root:no-daemonize",
                 "process=cobbler:role core", "process=nobody:role tftp", "add=0", "hook=37 compiles ", "import=0", "sync=0", "reload=0",
                 "again=active menus=m1", "pam=0", "dhcp=0 restarted", "setting=0 cobbler:www-data", "stop=0 success", "man=0"):
        check(line + "\n" in log, "no line %r in:\n%s" % (line, log))
    equal(len(re.findall(r"^CapEff:\s0+$", log, re.M)), 2, "processes without any capability")
