/* SPDX-License-Identifier: GPL-2.0-or-later
 * init.c - the only program of the test machine's initramfs: says on the console which command line the kernel was started
 * with, then switches the machine off.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
	char line[4096];
	ssize_t n = -1;
	mount("proc", "/proc", "proc", 0, NULL);
	int fd = open("/proc/cmdline", O_RDONLY);
	if (fd >= 0)
		n = read(fd, line, sizeof(line) - 1);
	line[n > 0 ? n : 0] = '\0';
	printf("\nTEST-MACHINE-UP %s\n", line);
	fflush(stdout);
	sleep(1);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
