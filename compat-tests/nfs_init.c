/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_init.c - the only program of a machine that reads a tree by the kernel's own NFS client: loads the modules of /modules/order,
 * sets its address, mounts, and says on the console what it sees; then switches the machine off. From the kernel's command line:
 * addr=, nfs=SERVER:/path, opts= of the mount.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char line[4096];
static unsigned entries, sum;
static unsigned long long bytes;

static void leave(void)
{
	fflush(stdout);
	sleep(1);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void die(const char *what)
{
	printf("\nNFS-FAILED %s: %s\n", what, strerror(errno));
	leave();
}

static const char *word(const char *name)
{
	static char buf[8][512];
	static int next;
	char *out = buf[next++ % 8];
	size_t n = strlen(name);
	for (const char *p = line; (p = strstr(p, name)) != NULL; p += n)
		if (p == line || p[-1] == ' ') {
			snprintf(out, sizeof(buf[0]), "%.*s", (int)strcspn(p + n, " \n"), p + n);
			return out;
		}
	errno = EINVAL;
	die(name);
	return NULL;
}

static void load_modules(void)
{
	char name[256];
	FILE *f = fopen("/modules/order", "r");
	while (f != NULL && fgets(name, sizeof(name), f) != NULL) {
		name[strcspn(name, "\n")] = '\0';
		int fd = open(name, O_RDONLY);
		if (fd == -1 || (syscall(SYS_finit_module, fd, "", 0) == -1 && errno != EEXIST))
			die(name);
		close(fd);
	}
}

static void set_address(const char *device, const char *address)
{
	struct ifreq r = { 0 };
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), rc = -1;
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", device);
	for (int i = 0; i < 100 && (rc = ioctl(fd, SIOCGIFFLAGS, &r)) == -1; i++)
		usleep(50000);
	inet_pton(AF_INET, address, &a.sin_addr);
	memcpy(&r.ifr_addr, &a, sizeof(a));
	if (rc == -1 || ioctl(fd, SIOCSIFADDR, &r) == -1)
		die(device);
	inet_pton(AF_INET, "255.255.255.0", &a.sin_addr);
	memcpy(&r.ifr_netmask, &a, sizeof(a));
	ioctl(fd, SIOCSIFNETMASK, &r);
	ioctl(fd, SIOCGIFFLAGS, &r);
	r.ifr_flags |= IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &r) == -1)
		die(device);
	close(fd);
}

/* As zlib's crc32. */
static unsigned crc32(unsigned crc, const void *p, size_t n)
{
	static unsigned table[256];
	const unsigned char *b = p;
	for (unsigned i = 0; table[1] == 0 || (i > 0 && i < 256); i++) {
		unsigned c = i;
		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
		table[i] = c;
	}
	crc = ~crc;
	while (n-- > 0)
		crc = crc >> 8 ^ table[(crc ^ *b++) & 255];
	return ~crc;
}

static unsigned crc_of_open(int fd)
{
	static char buf[1 << 20];
	unsigned crc = 0;
	ssize_t n;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		crc = crc32(crc, buf, (size_t)n);
		bytes += (unsigned long long)n;
	}
	if (fd == -1 || n == -1)
		die("read");
	close(fd);
	return crc;
}

/* The sum over all entries of the checksum of path, type and contents. */
static int look(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	char target[4096];
	const char *rel = path + strlen("/mnt");
	unsigned inner = 0;
	(void)flag;
	(void)f;
	if (*rel == '\0')
		return 0;
	if (S_ISREG(st->st_mode))
		inner = crc_of_open(open(path, O_RDONLY));
	ssize_t n = S_ISLNK(st->st_mode) ? readlink(path, target, sizeof(target)) : 0;
	if (n < 0)
		die(path);
	unsigned crc = crc32(0, rel, strlen(rel));
	char type = S_ISREG(st->st_mode) ? 'f' : S_ISDIR(st->st_mode) ? 'd' : S_ISLNK(st->st_mode) ? 'l' : '?';
	crc = crc32(crc, &type, 1);
	crc = crc32(crc, target, (size_t)n);
	sum += crc ^ inner;
	entries++;
	return 0;
}

/* While the server is restarted by the test: which says so by making a file. */
static void over_a_restart(const char *file)
{
	struct stat st;
	char path[600];
	snprintf(path, sizeof(path), "/mnt/%s", file);
	int fd = open(path, O_RDONLY);
	if (fd == -1)
		die(path);
	printf("\nNFS-RESTART\n");
	fflush(stdout);
	for (int i = 0; stat("/mnt/restarted", &st) == -1; i++) {
		if (i == 600)
			die("/mnt/restarted");
		usleep(100000);
	}
	printf("\nNFS-AFTER-RESTART crc %u\n", crc_of_open(fd));
}

/* A program of the tree: this one, in another role. */
static void run_program(const char *path)
{
	int status = -1;
	pid_t pid = fork();
	if (pid == 0) {
		execl(path, path, "hello", NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	printf("\nNFS-PROGRAM ended with %d\n", status);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return 0;
	mount("proc", "/proc", "proc", 0, NULL);
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t n = read(fd, line, sizeof(line) - 1);
	line[n > 0 ? n : 0] = '\0';
	load_modules();
	set_address("lo", "127.0.0.1");
	set_address("eth0", word("addr="));
	/* As mount.nfs does: the newest version first. */
	int rc = mount(word("nfs="), "/mnt", "nfs4", 0, word("opts4="));
	printf("\nNFS-VERSION-4 %s\n", rc == -1 ? strerror(errno) : "mounted");
	if (mount(word("nfs="), "/mnt", "nfs", 0, word("opts=")) == -1)
		die("mount");
	printf("\nNFS-MOUNTED\n");
	over_a_restart(word("file="));
	bytes = 0;
	if (nftw("/mnt", look, 64, FTW_PHYS) == -1)
		die("walk");
	run_program("/mnt/program");
	fd = open("/mnt/new", O_CREAT | O_WRONLY, 0644);
	printf("\nNFS-READ entries %u bytes %llu sum %u, writing: %s\n", entries, bytes, sum, fd == -1 ? strerror(errno) : "allowed");
	if (umount("/mnt") == -1)
		die("umount");
	printf("\nNFS-DONE\n");
	leave();
}
