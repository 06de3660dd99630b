/* SPDX-License-Identifier: GPL-2.0-or-later
 * signatures_table.c - our own knowledge of install media, release by release. Data only; signatures.c turns it into the form of
 * distro_signatures.json. To add a release, add a row; its name is what Cobbler calls it where Cobbler has a name.
 *
 * Within a breed the first row that matches wins. compat: sles15generic and sles12generic stand before the service packs, as in
 * 3.3.7, where media of a service pack are therefore called generic.
 */
#include "model/signatures_table.h"

#define EL_VENDORS "(redhat|centos|centos-linux|centos-stream|almalinux|rocky|oraclelinux|sl|slf|vzlinux|anolis|eurolinux)"

static const struct sig_family el4 = {
	.breed = "redhat", .markers = "RedHat/RPMS CentOS/RPMS", .version_file = "(redhat|centos|sl)-release-4(AS|ES|WS)[.-].*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "i386 ia64 ppc s390 s390x x86_64", .repos = "rsync rhn yum",
	.kernel = "vmlinuz.*", .initrd = "initrd.*\\.img", .autoinstall = "sample_legacy.ks",
};
static const struct sig_family el5 = {
	.breed = "redhat", .markers = "RedHat Server CentOS Client", .version_file = "(redhat|centos|sl)-release-5([^.]\\w*)?[.-].*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "i386 ia64 ppc s390x x86_64", .repos = "rsync rhn yum",
	.kernel = "vmlinuz.*", .initrd = "initrd.*\\.img", .autoinstall = "sample_legacy.ks",
};
static const struct sig_family el6 = {
	.breed = "redhat", .markers = "Packages", .version_file = EL_VENDORS "-release-(?!notes)(\\w*-)*%(Server)*[.-].*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "i386 ppc64 s390x x86_64", .repos = "rsync rhn yum",
	.kernel = "vmlinuz.*", .initrd = "initrd.*\\.img", .autoinstall = "sample.ks",
};
static const struct sig_family el8 = {
	.breed = "redhat", .markers = "BaseOS Minimal", .version_file = EL_VENDORS "-release-(?!notes)(\\w*-)*%[.-].*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "aarch64 ppc64le s390x x86_64", .repos = "rsync rhn yum",
	.kernel = "vmlinuz.*", .initrd = "initrd.*\\.img", .autoinstall = "sample.ks",
};
static const struct sig_family openvz = {
	.breed = "redhat", .markers = "Packages", .version_file = "openvz-release-7.*\\.rpm",
	.arch_file = "vzkernel-.*\\.rpm", .arches = "i386 x86_64", .repos = "rsync yum",
	.kernel = "vmlinuz.*", .initrd = "initrd.*\\.img", .autoinstall = "sample.ks",
};
static const struct sig_family fedora = {
	.breed = "redhat", .markers = "Packages", .version_file = "fedora-release-%-.*\\.noarch\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "aarch64 armhfp i386 ppc64 ppc64le s390x x86_64", .repos = "rsync rhn yum",
	.kernel = "vmlinuz.*", .initrd = "initrd.*\\.img", .autoinstall = "sample.ks", .options = "repo=$tree",
	.loaders = "ppc64=grub",
};
/* From 36 on the release package is often fedora-release-common only, and inst.repo is set from the tree. */
static const struct sig_family fedora36 = {
	.breed = "redhat", .markers = "Packages Everything", .version_file = "fedora-release(-common)?-%-.*\\.noarch\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "aarch64 ppc64le s390x x86_64", .repos = "rsync rhn yum",
	.kernel = "vmlinuz.*", .initrd = "initrd.*\\.img", .autoinstall = "sample.ks", .options = "repo=$tree", .loaders = "{}",
};
static const struct sig_family cloudlinux = {
	.breed = "redhat", .markers = "Packages BaseOS", .version_file = "cloudlinux-release-%.*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "i386 x86_64", .repos = "rsync rhn yum",
	.kernel = "vmlinuz.*", .initrd = "initrd.*\\.img", .autoinstall = "sample.ks",
};

static const struct sig_family debian = {
	.breed = "debian", .markers = "dists", .version_file = "Release", .version_regex = "Codename: %",
	.arch_file = "linux-headers-.*\\.deb", .arches = "i386 amd64", .repos = "apt",
	.kernel = "vmlinuz.*", .initrd = "initrd.*\\.gz", .autoinstall = "sample.seed",
};
/* Also the files of netboot.tar.gz and of the debian-installer-NN-netboot packages, where the kernel is called linux. */
static const struct sig_family debian12 = {
	.breed = "debian", .markers = "dists .disk version.info", .version_file = "Release|info|version\\.info",
	.version_regex = "Codename: %|Debian GNU/Linux .*\"(?i:%)\"|Debian version: .*\\(%\\)",
	.arch_file = "linux-(headers|image)-.*\\.deb", .arches = "amd64 i386 arm64 armhf ppc64el s390x", .repos = "apt",
	.kernel = "vmlinuz.*|linux$", .initrd = "initrd.*\\.gz", .autoinstall = "sample.seed",
};

static const struct sig_family ubuntu = {
	.breed = "ubuntu", .markers = "dists .disk", .version_file = "Release|mini-info", .version_regex = "Codename: %",
	.arch_file = "linux-headers-.*\\.deb", .arches = "i386 amd64", .repos = "apt",
	.kernel = "linux.*", .initrd = "initrd.*\\.gz", .autoinstall = "sample.seed",
};
static const struct sig_family ubuntu_ppc = {
	.breed = "ubuntu", .markers = "dists .disk", .version_file = "Release|mini-info", .version_regex = "Codename: %",
	.arch_file = "linux-headers-.*\\.deb", .arches = "i386 amd64 ppc64el", .repos = "apt",
	.kernel = "(vm)?linux.*", .initrd = "initrd.*\\.gz", .autoinstall = "sample.seed", .loaders = "ppc64el=grub",
};
/* Live media with casper: no answer file by default, the installer is given user-data. */
static const struct sig_family ubuntu_live = {
	.breed = "ubuntu", .markers = "dists .disk", .version_file = "Release|info|mini-info",
	.version_regex = "(Codename|Suite): %|Ubuntu(-Server)? %",
	.arch_file = "linux-headers-.*\\.deb", .arches = "i386 amd64 arm64 ppc64el s390x riscv64", .repos = "apt",
	.kernel = "(linux|vmlinuz.*)", .initrd = "initrd($|\\.gz$|\\.lz$)", .autoinstall = "", .loaders = "{}",
};

static const struct sig_family suse11 = {
	.breed = "suse", .markers = "suse", .version_file = "openSUSE-release-%-.*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "i386 i586 x86_64", .repos = "yum",
	.kernel = "(linux|vmlinuz.*)", .initrd = "initrd.*", .autoinstall = "sample_autoyast.xml",
};
static const struct sig_family leap = {
	.breed = "suse", .markers = "-", .version_file = "(openSUSE|Leap)-release-%-.*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "aarch64 x86_64 ppc64le", .repos = "yum",
	.kernel = "(linux|vmlinuz.*)", .initrd = "initrd.*", .autoinstall = "sample_autoyast.xml",
};
static const struct sig_family leapmicro = {
	.breed = "suse", .markers = "-", .version_file = "Leap-Micro-release-%.*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "aarch64 x86_64", .repos = "yum",
	.kernel = "(linux|vmlinuz.*)", .initrd = "initrd.*", .autoinstall = "sample_autoyast.xml",
};
static const struct sig_family sles11 = {
	.breed = "suse", .markers = "suse", .version_file = "sles-release-%.*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "i386 i586 x86_64 ppc64 s390x", .repos = "yum",
	.kernel = "linux[64.gz]?", .initrd = "initrd[64]?", .autoinstall = "sample_autoyast.xml", .options = "install=$tree",
};
static const struct sig_family sles12 = {
	.breed = "suse", .markers = "suse", .version_file = "(sles|SLES-for-VMware|SLES_SAP)-release-%.*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "i386 i586 x86_64 ppc64le", .repos = "yum",
	.kernel = "linux[64.gz]?", .initrd = "initrd[64]?", .autoinstall = "sample_autoyast.xml", .options = "install=$tree",
	.loaders = "ppc64le=grub",
};
static const struct sig_family sles15 = {
	.breed = "suse", .markers = ".", .version_file = "(sles|SLES_SAP|sle-hpc)-release-%.*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "x86_64 s390x ppc64le", .repos = "yum",
	.kernel = "linux[64.gz]?", .initrd = "initrd[64]?", .autoinstall = "sample_autoyast.xml", .options = "install=$tree",
};
static const struct sig_family slemicro = {
	.breed = "suse", .markers = "-", .version_file = "(SLE|SL)-Micro-release-%.*\\.rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "x86_64 s390x aarch64 ppc64le", .repos = "yum",
	.kernel = "linux[64.gz]?", .initrd = "initrd[64]?", .autoinstall = "sample_autoyast.xml", .options = "install=$tree",
};
/* From 16 on the media are live systems with the Agama installer: there is no package tree to point install= at. */
static const struct sig_family agama = {
	.breed = "suse", .markers = "LiveOS Install", .version_file = "products|media|os-release|\\.treeinfo",
	.version_regex = "/ (SLES|openSUSE-Leap|Leap) %|VERSION_ID=\"?%|version ?= ?%",
	.arch_file = "kernel-.*\\.rpm", .arches = "x86_64 aarch64 s390x ppc64le", .repos = "yum",
	.kernel = "(linux|vmlinuz.*)", .initrd = "initrd.*", .autoinstall = "",
};

static const struct sig_family esx = {
	.breed = "vmware", .markers = "VMware/RPMS", .version_file = "vmware-esx-vmware-release-.*\\.rpm",
	.arch_file = "kernel-.*\\.x86_64\\.rpm", .arches = "x86_64", .repos = "yum",
	.kernel = "vmlinuz", .initrd = "initrd\\.img", .autoinstall = "sample_esx4.ks",
};
static const struct sig_family esxi4 = {
	.breed = "vmware", .markers = "imagedd.bz2", .version_file = "vmkernel\\.gz", .version_regex = ".*ESXi 4\\.1\\.\\d+ \\[Releasebuild-\\d+\\]",
	.arch_file = "vmkernel\\.gz", .arch_regex = ".*SystemVsiCpuArch.*(X86_64)", .arches = "x86_64", .repos = "",
	.kernel = "mboot\\.c32", .initrd = "vmkboot\\.gz", .autoinstall = "sample_esxi4.ks",
	.boot_files = "vmkernel.gz sys.vgz cim.vgz ienviron.vgz install.vgz",
};
static const struct sig_family esxi5 = {
	.breed = "vmware", .markers = "tboot.b00", .version_file = "s\\.v00", .version_regex = ".*ESXi %\\..*build-\\d+",
	.arch_file = "tools\\.t00", .arch_regex = ".*(x86_64)", .arches = "x86_64", .repos = "",
	.kernel = "mboot\\.c32", .initrd = "imgpayld\\.tgz", .autoinstall = "sample_esxi5.ks", .boot_files = "*.*",
};
static const struct sig_family esxi65 = {
	.breed = "vmware", .markers = "b.b00 tboot.b00", .version_file = "vmware-esx-base-osl\\.txt", .version_regex = "(VMware )?ESXi ?v?%",
	.arch_file = "tools\\.t00", .arch_regex = ".*(x86_64)", .arches = "x86_64", .repos = "",
	.kernel = "mboot\\.c32", .initrd = "imgpayld\\.tgz", .autoinstall = "sample_esxi6.ks", .boot_files = "*.*",
};

static const struct sig_family freebsd = {
	.breed = "freebsd", .markers = "boot", .version_file = "freebsd-version", .version_regex = "USERLAND_VERSION=\"%-RELEASE",
	.arch_file = "device\\.hints", .arches = "i386 amd64 ppc64 ppc64le ppc64el aarch64", .repos = "",
	.kernel = "kernel$", .initrd = "mfsroot\\.gz", .autoinstall = "",
};

static const struct sig_family xenserver = {
	.breed = "xen", .markers = "packages.xenserver packages.main", .version_file = "XS-REPOSITORY$",
	.version_regex = ".*product=\"XenServer\" version=\"%\\.",
	.arch_file = "xen\\.gz", .arch_regex = ".*(x86_64)", .arches = "x86_64", .repos = "",
	.kernel = "mboot\\.c32", .initrd = "xen\\.gz", .autoinstall = "", .boot_files = "install.img",
};
static const struct sig_family xcp = {
	.breed = "xen", .markers = "packages.main", .version_file = "XS-REPOSITORY$", .version_regex = ".*product=\"XCP\" version=\"%\\.",
	.arch_file = "xen\\.gz", .arch_regex = ".*(x86_64)", .arches = "x86_64", .repos = "",
	.kernel = "vmlinuz", .initrd = "xen\\.gz", .autoinstall = "", .options = "dom0_max_vcpus=1-2 dom0_mem=max:752M,752M",
	.boot_files = "install.img",
};
/* 8.x media describe themselves in .treeinfo, below [branding]. */
static const struct sig_family xen8 = {
	.breed = "xen", .markers = "install.img", .version_file = "\\.treeinfo$", .version_regex = "%",
	.arch_file = "xen-hypervisor-.*\\.rpm", .arches = "x86_64", .repos = "",
	.kernel = "mboot\\.c32", .initrd = "xen\\.gz", .autoinstall = "", .boot_files = "install.img",
};

static const struct sig_family winnt5 = {
	.breed = "windows", .markers = "amd64 i386 autorun.inf", .version_file = "relnotes\\.htm",
	.version_regex = ".*Microsoft Windows Server 2003", .arch_file = "(i386|amd64)", .arches = "i386 amd64", .repos = "",
	.kernel = "pxeboot\\.n12", .initrd = "boot\\.sdi", .autoinstall = "win.ks", .boot_files = "i386/*.* amd64/*.*",
	.loaders = "i386=pxe+ipxe+grub x86_64=pxe+ipxe+grub",
};
static const struct sig_family windows = {
	.breed = "windows", .markers = "sources autorun.inf", .version_file = "install\\.(wim|esd|swm)", .version_regex = "Name:.*Windows %",
	.arch_file = "install\\.(wim|esd|swm)", .arch_regex = "Architecture:.*(x86_64|x86|ARM64)\\s*$", .arches = "x86_64", .repos = "",
	.kernel = "pxeboot\\.n12", .initrd = "boot\\.sdi", .autoinstall = "win.ks", .loaders = "x86_64=pxe+ipxe+grub",
};

static const struct sig_family powerkvm = {
	.breed = "powerkvm", .markers = "packages", .version_file = "ibm-powerkvm-layer-.*\\.pkvm.*rpm",
	.arch_file = "kernel-.*\\.rpm", .arches = "ppc64", .repos = "rsync rhn yum",
	.kernel = "vmlinuz.*", .initrd = "initrd.*\\.img", .autoinstall = "powerkvm.ks",
	.options = "ip=dhcp root=live:$tree/LiveOS/squashfs.img repo=$tree/packages", .loaders = "ppc64=pxe",
};
static const struct sig_family nameless_suse = {
	.breed = "suse", .markers = "", .version_file = "", .version_regex = "", .arch_file = "", .arch_regex = "",
	.arches = "i386 x86_64 ia64 ppc ppc64 s390 s390x", .repos = "", .kernel = "", .initrd = "", .autoinstall = "",
};
static const struct sig_family generic = {
	.breed = "generic", .markers = "", .version_file = "", .version_regex = "", .arch_file = "", .arch_regex = "",
	.arches = "i386 x86_64", .repos = "", .kernel = "", .initrd = "", .autoinstall = "",
};
static const struct sig_family proxmox = {
	.breed = "proxmox", .markers = "proxmox", .version_file = "\\.cd-info$", .version_regex = "RELEASE='?%\\.",
	.arch_file = "(proxmox|pve)-kernel-.*\\.deb", .arches = "amd64", .repos = "",
	.kernel = "linux26$", .initrd = "initrd\\.img$", .autoinstall = "",
};

const char *const sig_breeds[] = {
	"redhat", "debian", "ubuntu", "suse", "vmware", "freebsd", "xen", "unix", "windows", "powerkvm", "generic", "proxmox",
};
const size_t sig_nbreeds = ARRAY_LEN(sig_breeds);

#define FEDORA_ARM "aarch64 armhfp ppc64le s390x x86_64"

const struct sig_row sig_rows[] = {
	{ .family = &el4, .name = "rhel4" },
	{ .family = &el5, .name = "rhel5" },
	{ .family = &el6, .name = "rhel6", .key = "6" },
	{ .family = &el6, .name = "rhel7", .key = "7", .arches = "aarch64 ppc64 ppc64le s390x x86_64", .loaders = "ppc64=grub ppc64le=grub" },
	{ .family = &el8, .name = "rhel8", .key = "8" },
	{ .family = &el8, .name = "rhel9", .key = "9" },
	{ .family = &el8, .name = "rhel10", .key = "10" },
	{ .family = &openvz, .name = "ovz7" },
	{ .family = &fedora, .name = "fedora16", .key = "16", .arches = "i386 x86_64 ppc ppc64", .options = "", .loaders = "" },
	{ .family = &fedora, .name = "fedora17", .key = "17", .arches = "arm armhfp i386 x86_64 ppc ppc64 s390 s390x", .loaders = "" },
	{ .family = &fedora, .name = "fedora18", .key = "18", .arches = "arm armhfp i386 ppc ppc64 x86_64 s390 s390x", .loaders = "" },
	{ .family = &fedora, .name = "fedora19", .key = "19", .arches = "arm i386 ppc ppc64 s390 s390x x86_64", .loaders = "" },
	{ .family = &fedora, .name = "fedora20", .key = "20", .arches = "armhfp i386 ppc ppc64 s390 s390x x86_64" },
	{ .family = &fedora, .name = "fedora21", .key = "21", .arches = "aarch64 armhfp i386 ppc64 ppc64le s390 s390x x86_64" },
	{ .family = &fedora, .name = "fedora22", .key = "22", .arches = "aarch64 armhfp i386 ppc64 ppc64le s390 s390x x86_64" },
	{ .family = &fedora, .name = "fedora23", .key = "23", .arches = "aarch64 armhfp i386 ppc64 ppc64le s390 s390x x86_64" },
	{ .family = &fedora, .name = "fedora24", .key = "24" },
	{ .family = &fedora, .name = "fedora25", .key = "25" },
	{ .family = &fedora, .name = "fedora26", .key = "26" },
	{ .family = &fedora, .name = "fedora27", .key = "27" },
	{ .family = &fedora, .name = "fedora28", .key = "28" },
	{ .family = &fedora, .name = "fedora29", .key = "29", .arches = "aarch64 armhfp i386 ppc64le s390x x86_64" },
	{ .family = &fedora, .name = "fedora30", .key = "30", .arches = "aarch64 armhfp i386 ppc64le s390x x86_64" },
	{ .family = &fedora, .name = "fedora31", .key = "31", .arches = FEDORA_ARM },
	{ .family = &fedora, .name = "fedora32", .key = "32", .arches = FEDORA_ARM },
	{ .family = &fedora, .name = "fedora33", .key = "33", .arches = FEDORA_ARM },
	{ .family = &fedora, .name = "fedora34", .key = "34", .arches = FEDORA_ARM },
	{ .family = &fedora, .name = "fedora35", .key = "35", .arches = FEDORA_ARM, .loaders = "[]" },
	{ .family = &fedora36, .name = "fedora36", .key = "36" },
	{ .family = &fedora36, .name = "fedora37", .key = "37" },
	{ .family = &fedora36, .name = "fedora38", .key = "38" },
	{ .family = &fedora36, .name = "fedora39", .key = "39" },
	{ .family = &fedora36, .name = "fedora40", .key = "40" },
	{ .family = &fedora36, .name = "fedora41", .key = "41" },
	{ .family = &fedora36, .name = "fedora42", .key = "42" },
	{ .family = &fedora36, .name = "fedora43", .key = "43" },
	{ .family = &fedora36, .name = "fedora44", .key = "44" },
	{ .family = &cloudlinux, .name = "cloudlinux6", .key = "6", .arches = "i386 x86_64 ppc ppc64" },
	{ .family = &cloudlinux, .name = "cloudlinux7", .key = "7" },
	{ .family = &cloudlinux, .name = "cloudlinux8", .key = "8" },
	{ .family = &cloudlinux, .name = "cloudlinux9", .key = "9" },

	{ .family = &debian, .name = "squeeze" },
	{ .family = &debian, .name = "wheezy" },
	{ .family = &debian, .name = "jessie" },
	{ .family = &debian, .name = "stretch" },
	{ .family = &debian, .name = "buster" },
	{ .family = &debian, .name = "bullseye" },
	{ .family = &debian12, .name = "bookworm" },
	{ .family = &debian12, .name = "trixie" },
	{ .family = &debian12, .name = "forky" },

	{ .family = &ubuntu_ppc, .name = "artful", .version_regex = "Codename: artful|Ubuntu 17\\.10" },
	{ .family = &ubuntu, .name = "lucid", .version_regex = "Codename: lucid|Ubuntu 10\\.04" },
	{ .family = &ubuntu, .name = "oneiric", .version_regex = "Codename: oneiric|Ubuntu 11\\.10" },
	{ .family = &ubuntu, .name = "precise", .version_regex = "Codename: precise|Ubuntu 12\\.04" },
	{ .family = &ubuntu, .name = "quantal", .version_regex = "Codename: quantal|Ubuntu 12\\.10" },
	{ .family = &ubuntu, .name = "raring", .version_regex = "Codename: raring|Ubuntu 13\\.04" },
	{ .family = &ubuntu, .name = "saucy", .version_regex = "Codename: saucy|Ubuntu 13\\.10" },
	{ .family = &ubuntu_ppc, .name = "trusty", .version_regex = "Codename: trusty|Ubuntu 14\\.04" },
	{ .family = &ubuntu_ppc, .name = "utopic", .version_regex = "Codename: utopic|Ubuntu 14\\.10" },
	{ .family = &ubuntu_ppc, .name = "vivid", .version_regex = "Codename: vivid|Ubuntu 15\\.04" },
	{ .family = &ubuntu_ppc, .name = "wily", .version_regex = "Codename: wily|Ubuntu 15\\.10" },
	{ .family = &ubuntu_ppc, .name = "xenial", .version_regex = "Codename: xenial|Ubuntu 16\\.04" },
	{ .family = &ubuntu_ppc, .name = "yakkety", .version_regex = "Codename: yakkety|Ubuntu 16\\.10" },
	{ .family = &ubuntu_ppc, .name = "zesty", .version_regex = "Codename: zesty|Ubuntu 17\\.04" },
	{ .family = &ubuntu_ppc, .name = "bionic", .version_regex = "Codename: bionic|Ubuntu 18\\.04", .kernel = "(linux|vmlinuz.*)",
	  .initrd = "initrd($|\\.gz$|\\.lz$)" },
	{ .family = &ubuntu, .name = "cosmic", .version_regex = "Codename: cosmic|Ubuntu 18\\.10" },
	{ .family = &ubuntu, .name = "disco", .version_regex = "Codename: disco|Ubuntu 19\\.04", .kernel = "(linux|vmlinuz.*)",
	  .initrd = "initrd($|\\.gz$|\\.lz$)" },
	{ .family = &ubuntu, .name = "eoan", .version_regex = "Codename: eoan|Ubuntu 19\\.10", .kernel = "(linux|vmlinuz.*)",
	  .initrd = "initrd($|\\.gz$|\\.lz$)" },
	{ .family = &ubuntu_live, .name = "focal", .version_regex = "(Codename|Suite): focal|Ubuntu(-Server)? 20\\.04" },
	{ .family = &ubuntu_live, .name = "groovy", .version_regex = "(Codename|Suite): groovy|Ubuntu(-Server)? 20\\.10" },
	{ .family = &ubuntu_live, .name = "hirsute", .version_regex = "(Codename|Suite): hirsute|Ubuntu(-Server)? 21\\.04" },
	{ .family = &ubuntu_live, .name = "impish", .version_regex = "(Codename|Suite): impish|Ubuntu(-Server)? 21\\.10" },
	{ .family = &ubuntu_live, .name = "jammy", .version_regex = "(Codename|Suite): jammy|Ubuntu(-Server)? 22\\.04" },
	{ .family = &ubuntu_live, .name = "kinetic", .version_regex = "(Codename|Suite): kinetic|Ubuntu(-Server)? 22\\.10" },
	{ .family = &ubuntu_live, .name = "lunar", .version_regex = "(Codename|Suite): lunar|Ubuntu(-Server)? 23\\.04" },
	{ .family = &ubuntu_live, .name = "mantic", .version_regex = "(Codename|Suite): mantic|Ubuntu(-Server)? 23\\.10" },
	{ .family = &ubuntu_live, .name = "noble", .version_regex = "(Codename|Suite): noble|Ubuntu(-Server)? 24\\.04" },
	{ .family = &ubuntu_live, .name = "oracular", .version_regex = "(Codename|Suite): oracular|Ubuntu(-Server)? 24\\.10" },
	{ .family = &ubuntu_live, .name = "plucky", .version_regex = "(Codename|Suite): plucky|Ubuntu(-Server)? 25\\.04" },
	{ .family = &ubuntu_live, .name = "questing", .version_regex = "(Codename|Suite): questing|Ubuntu(-Server)? 25\\.10" },
	{ .family = &ubuntu_live, .name = "resolute", .version_regex = "(Codename|Suite): resolute|Ubuntu(-Server)? 26\\.04" },

	{ .family = &nameless_suse, .name = "suse" },
	{ .family = &suse11, .name = "opensuse11.2", .key = "11.2", .options = "install=$tree" },
	{ .family = &suse11, .name = "opensuse11.3", .key = "11.3", .options = "install=$tree" },
	{ .family = &suse11, .name = "opensuse11.4", .key = "11.4", .options = "install=$tree" },
	{ .family = &suse11, .name = "opensuse12.1", .key = "12.1", .options = "install=$tree" },
	{ .family = &suse11, .name = "opensuse12.2", .key = "12.2", .options = "install=$tree" },
	{ .family = &suse11, .name = "opensuse12.3", .key = "12.3" },
	{ .family = &suse11, .name = "opensuse13.1", .key = "13.1" },
	{ .family = &suse11, .name = "opensuse13.2", .key = "13.2" },
	{ .family = &leap, .name = "opensuse15.0", .key = "15.0" },
	{ .family = &leap, .name = "opensuse15.1", .key = "15.1" },
	{ .family = &leap, .name = "opensuse15.2", .key = "15.2" },
	{ .family = &leap, .name = "opensuse15.3", .key = "15.3" },
	{ .family = &leap, .name = "opensuse15.4", .key = "15.4" },
	{ .family = &leap, .name = "opensuse15.5", .key = "15.5" },
	{ .family = &leap, .name = "opensuse15.6", .key = "15.6" },
	{ .family = &leapmicro, .name = "leapmicro5.3", .key = "5.3" },
	{ .family = &leapmicro, .name = "leapmicro5.4", .key = "5.4" },
	{ .family = &leapmicro, .name = "leapmicro5.5", .key = "5.5" },
	{ .family = &leapmicro, .name = "leapmicro6.0", .key = "6.0" },
	{ .family = &leapmicro, .name = "leapmicro6.1", .key = "6.1" },
	{ .family = &sles11, .name = "sles10generic", .key = "10", .arches = "i386 i586 x86_64 ppc64" },
	{ .family = &sles11, .name = "sles11", .key = "11-" },
	{ .family = &sles11, .name = "sles11sp1", .key = "11.1-" },
	{ .family = &sles11, .name = "sles11sp2", .key = "11.2-" },
	{ .family = &sles11, .name = "sles11sp3", .key = "11.3-" },
	{ .family = &sles11, .name = "sles11sp4", .key = "11.4-", .arches = "i386 i586 x86_64 ppc64" },
	{ .family = &sles11, .name = "sles11generic", .key = "11" },
	{ .family = &sles12, .name = "sles12", .key = "12-", .arches = "x86_64 s390x ppc64le", .loaders = "" },
	{ .family = &sles12, .name = "sles12generic", .key = "12", .arches = "x86_64 s390x ppc64le" },
	{ .family = &sles12, .name = "sles12sp1", .key = "12.1-" },
	{ .family = &sles12, .name = "sles12sp2", .key = "12.2-" },
	{ .family = &sles12, .name = "sles12sp3", .key = "12.3-" },
	{ .family = &sles12, .name = "sles12sp4", .key = "12.4-", .options = "dhcptimeout=120, net.ifnames=1, install=$tree" },
	{ .family = &sles12, .name = "sles12sp5", .key = "12.5-", .options = "dhcptimeout=120, net.ifnames=1, install=$tree" },
	{ .family = &sles15, .name = "sles15generic", .key = "15" },
	{ .family = &sles15, .name = "sles15sp1", .key = "15.1" },
	{ .family = &sles15, .name = "sles15sp2", .key = "15.2" },
	{ .family = &sles15, .name = "sles15sp3", .key = "15.3" },
	{ .family = &sles15, .name = "sles15sp4", .key = "15.4" },
	{ .family = &sles15, .name = "sles15sp5", .key = "15.5" },
	{ .family = &sles15, .name = "sles15sp6", .key = "15.6" },
	{ .family = &sles15, .name = "sles15sp7", .key = "15.7" },
	{ .family = &slemicro, .name = "slemicro5.3", .key = "5.3" },
	{ .family = &slemicro, .name = "slemicro5.4", .key = "5.4" },
	{ .family = &slemicro, .name = "slemicro5.5", .key = "5.5" },
	{ .family = &slemicro, .name = "slemicro6.0", .key = "6.0" },
	{ .family = &slemicro, .name = "slemicro6.1", .key = "6.1" },
	{ .family = &slemicro, .name = "slemicro6.2", .key = "6.2" },
	{ .family = &agama, .name = "sles16.0", .version_regex = "/ SLES 16\\.0", .version_file = "products|media" },
	{ .family = &agama, .name = "sles16.1", .version_regex = "/ SLES 16\\.1", .version_file = "products|media" },
	{ .family = &agama, .name = "opensuse16.0", .version_regex = "/ (openSUSE-)?Leap 16\\.0", .version_file = "products|media" },
	{ .family = &leap, .name = "opensusetumbleweed", .version_file = "openSUSE-release-20[0-9]{6}-.*\\.rpm" },

	{ .family = &esx, .name = "esx4" },
	{ .family = &esxi4, .name = "esxi4" },
	{ .family = &esxi5, .name = "esxi5", .key = "5\\.0" },
	{ .family = &esxi5, .name = "esxi51", .key = "5\\.1" },
	{ .family = &esxi5, .name = "esxi55", .key = "5\\.5" },
	{ .family = &esxi5, .name = "esxi60", .key = "6\\.0" },
	{ .family = &esxi65, .name = "esxi65", .key = "6\\.?5" },
	{ .family = &esxi65, .name = "esxi67", .key = "6\\.?7" },
	{ .family = &esxi65, .name = "esxi70", .key = "7\\.?0", .autoinstall = "sample_esxi7.ks" },
	{ .family = &esxi65, .name = "esxi80", .key = "8\\.?0", .autoinstall = "sample_esxi7.ks" },
	{ .family = &esxi65, .name = "esxi90", .key = "9\\.?0", .autoinstall = "sample_esxi7.ks" },

	{ .family = &freebsd, .name = "freebsd8.2", .key = "8.2", .version_file = "8\\.2-RELEASE", .version_regex = "" },
	{ .family = &freebsd, .name = "freebsd8.3", .key = "8.3", .version_file = "8\\.3-RELEASE", .version_regex = "" },
	{ .family = &freebsd, .name = "freebsd8.4", .key = "8.4", .version_file = "8\\.4-RELEASE", .version_regex = "" },
	{ .family = &freebsd, .name = "freebsd9.0", .key = "9.0", .version_file = "device\\.hints", .version_regex = ".*FreeBSD: release/9\\.0.*/conf/GENERIC\\.hints" },
	{ .family = &freebsd, .name = "freebsd9.1", .key = "9.1", .version_file = "device\\.hints", .version_regex = ".*FreeBSD: release/9\\.1.*/conf/GENERIC\\.hints" },
	{ .family = &freebsd, .name = "freebsd9.2", .key = "9.2", .version_file = "device\\.hints", .version_regex = ".*FreeBSD: release/9\\.2.*/conf/GENERIC\\.hints" },
	{ .family = &freebsd, .name = "freebsd9.3", .key = "9.3", .version_file = "device\\.hints", .version_regex = ".*FreeBSD: release/9\\.3.*/conf/GENERIC\\.hints" },
	{ .family = &freebsd, .name = "freebsd10.0", .key = "10.0" },
	{ .family = &freebsd, .name = "freebsd10.1", .key = "10.1" },
	{ .family = &freebsd, .name = "freebsd10.2", .key = "10.2" },
	{ .family = &freebsd, .name = "freebsd10.3", .key = "10.3" },
	{ .family = &freebsd, .name = "freebsd10.4", .key = "10.4" },
	{ .family = &freebsd, .name = "freebsd11.0", .key = "11.0" },
	{ .family = &freebsd, .name = "freebsd11.1", .key = "11.1" },
	{ .family = &freebsd, .name = "freebsd11.2", .key = "11.2" },
	{ .family = &freebsd, .name = "freebsd11.3", .key = "11.3" },
	{ .family = &freebsd, .name = "freebsd11.4", .key = "11.4" },
	{ .family = &freebsd, .name = "freebsd12.0", .key = "12.0" },
	{ .family = &freebsd, .name = "freebsd12.1", .key = "12.1" },
	{ .family = &freebsd, .name = "freebsd12.2", .key = "12.2" },
	{ .family = &freebsd, .name = "freebsd12.3", .key = "12.3" },
	{ .family = &freebsd, .name = "freebsd12.4", .key = "12.4" },
	{ .family = &freebsd, .name = "freebsd13.0", .key = "13.0" },
	{ .family = &freebsd, .name = "freebsd13.1", .key = "13.1" },
	{ .family = &freebsd, .name = "freebsd13.2", .key = "13.2" },
	{ .family = &freebsd, .name = "freebsd13.3", .key = "13.3" },
	{ .family = &freebsd, .name = "freebsd13.4", .key = "13.4" },
	{ .family = &freebsd, .name = "freebsd13.5", .key = "13.5" },
	{ .family = &freebsd, .name = "freebsd14.0", .key = "14.0" },
	{ .family = &freebsd, .name = "freebsd14.1", .key = "14.1" },
	{ .family = &freebsd, .name = "freebsd14.2", .key = "14.2" },
	{ .family = &freebsd, .name = "freebsd14.3", .key = "14.3" },
	{ .family = &freebsd, .name = "freebsd15.0", .key = "15.0" },

	{ .family = &xcp, .name = "xcp16", .key = "1\\.6" },
	{ .family = &xenserver, .name = "xenserver620", .key = "6\\.2" },
	{ .family = &xenserver, .name = "xenserver650", .key = "6\\.5" },
	{ .family = &xenserver, .name = "xenserver700", .key = "7\\.0" },
	{ .family = &xenserver, .name = "xenserver710", .key = "7\\.1" },
	{ .family = &xenserver, .name = "xenserver720", .key = "7\\.2" },
	{ .family = &xenserver, .name = "xenserver740", .key = "7\\.4" },
	{ .family = &xenserver, .name = "xenserver750", .key = "7\\.5" },
	{ .family = &xenserver, .name = "xenserver760", .key = "7\\.6" },
	{ .family = &xen8, .name = "xenserver8", .key = "name ?= ?(Citrix Hypervisor|XenServer)" },
	{ .family = &xen8, .name = "xcpng8", .key = "name ?= ?XCP-ng" },

	{ .family = &winnt5, .name = "2003" },
	{ .family = &windows, .name = "2008", .key = "Server 2008", .arches = "x86 x86_64", .loaders = "i386=pxe+ipxe+grub x86_64=pxe+ipxe+grub" },
	{ .family = &windows, .name = "2012", .key = "Server 2012" },
	{ .family = &windows, .name = "2016", .key = "Server 2016" },
	{ .family = &windows, .name = "2019", .key = "Server 2019" },
	{ .family = &windows, .name = "2022", .key = "Server 2022" },
	{ .family = &windows, .name = "2025", .key = "Server 2025" },
	{ .family = &winnt5, .name = "xp", .version_file = "readme\\.htm", .version_regex = "Version of Microsoft Windows&nbsp;XP" },
	{ .family = &windows, .name = "7", .key = "7", .arches = "x86 x86_64", .loaders = "i386=pxe+ipxe+grub x86_64=pxe+ipxe+grub" },
	{ .family = &windows, .name = "8", .key = "8", .arches = "x86 x86_64", .loaders = "i386=pxe+ipxe+grub x86_64=pxe+ipxe+grub" },
	{ .family = &windows, .name = "10", .key = "10", .arches = "x86 x86_64", .loaders = "i386=pxe+ipxe+grub x86_64=pxe+ipxe+grub" },
	{ .family = &windows, .name = "11", .key = "11", .arches = "ARM64 x86_64", .loaders = "aarch64= x86_64=pxe+ipxe+grub" },

	{ .family = &powerkvm, .name = "2.1" },
	{ .family = &generic, .name = "generic26" },
	{ .family = &generic, .name = "virtio26" },

	{ .family = &proxmox, .name = "pve7", .key = "7" },
	{ .family = &proxmox, .name = "pve8", .key = "8" },
	{ .family = &proxmox, .name = "pve9", .key = "9" },
};
const size_t sig_nrows = ARRAY_LEN(sig_rows);
