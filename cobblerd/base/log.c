/* SPDX-License-Identifier: GPL-2.0-or-later
 * log.c - one line, one write.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fdpass.h"

#define LOG_PAGE 4096

static enum log_level max_level = LOG_LVL_INFO;
static const char *role_name = "cobblerd";
static int log_fd = -1;
static int log_sock = -1;

void log_init(const char *role, enum log_level max)
{
	role_name = role;
	max_level = max;
}

/* In one step, so that other threads never see it closed. Takes fd. */
static void use(int fd)
{
	if (log_fd == -1) {
		log_fd = fd;
		return;
	}
	dup3(fd, log_fd, O_CLOEXEC);
	close(fd);
}

/* Programs without root, such as the core, read the log too. */
static void give_to_owner_of_directory(int fd, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash != NULL ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	struct stat st;
	if (geteuid() == 0 && (stat(dir, &st) == -1 || fchown(fd, st.st_uid, st.st_gid) == -1))
		log_warn("log", "cannot give %s to the owner of its directory: %s", path, strerror(errno));
	free(dir);
}

int log_open(const char *path)
{
	const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;      /* a pipe that nobody reads would hold us up */
	int fd = open(path, flags | O_CREAT | O_EXCL, 0640);
	if (fd != -1)
		give_to_owner_of_directory(fd, path);
	else if (errno == EEXIST)
		fd = open(path, flags);
	if (fd == -1)
		return -1;
	use(fd);
	return 0;
}

int log_pass(int sock)
{
	const char what = 'L';
	return fdpass_send(sock, &what, 1, &log_fd, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : -1;
}

void log_listen(int sock)
{
	log_sock = sock;
}

int log_socket(void)
{
	return log_sock;
}

void log_take(void)
{
	char what;
	int fd;
	ssize_t n = fdpass_recv(log_sock, &what, 1, &fd, 1, MSG_DONTWAIT, NULL);
	if (n > 0 && fd >= 0)
		use(fd);
	else if (n == 0)
		close_fd(&log_sock);           /* the master is gone */
}

/* Appends text to out[cap] with control characters made visible; returns the new length. */
static size_t add_printable(char *out, size_t n, size_t cap, const char *text)
{
	for (; *text != '\0' && n + 5 < cap; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c == 0x7f)
			n += (size_t)snprintf(out + n, cap - n, "\\x%02x", c);
		else
			out[n++] = (char)c;
	}
	return n;
}

static void emit(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fd, p, n);
		if (k <= 0)
			return;           /* nowhere left to complain */
		p += k;
		n -= (size_t)k;
	}
}

/* Ends line[n] and writes it; there is room for the newline. */
static void emit_line(char *line, size_t n, bool shown)
{
	line[n++] = '\n';
	if (shown)
		emit(STDERR_FILENO, line, n);
	if (log_fd != -1)
		emit(log_fd, line, n);
}

static void log_va(enum log_level lvl, const char *room, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);
static void log_va(enum log_level lvl, const char *room, const char *fmt, va_list ap)
{
	static const char *const names[] = { "ERROR", "WARNING", "INFO", "DEBUG" };
	char text[4096], line[4608];
	struct timespec ts;
	struct tm tm;
	if (lvl > max_level)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	size_t n = strftime(line, 64, "%Y-%m-%dT%H:%M:%S", &tm);
	n += (size_t)snprintf(line + n, 128, ".%03ld %s[%d] %s %s: ", ts.tv_nsec / 1000000, role_name, (int)getpid(),
		names[lvl], room);
	n = add_printable(line, n, sizeof(line) - 1, text);
	emit_line(line, n, true);
}

void log_line(enum log_level lvl, const char *room, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	log_va(lvl, room, fmt, ap);
	va_end(ap);
}

void log_verbatim(const char *text)
{
	char line[4608];
	emit_line(line, add_printable(line, 0, sizeof(line) - 1, text), max_level >= LOG_LVL_INFO);
}

void log_verbatim_lines(const char *lines)
{
	char line[4608], all[32768];
	size_t n = 0;
	for (const char *end; (end = strchr(lines, '\n')) != NULL; lines = end + 1) {
		char *one = xstrndup(lines, (size_t)(end - lines));
		size_t k = add_printable(line, 0, sizeof(line) - 1, one);
		free(one);
		if (n + k + 2 > sizeof(all)) {
			emit_line(all, n - 1, max_level >= LOG_LVL_INFO);
			n = 0;
		}
		memcpy(all + n, line, k);
		n += k;
		all[n++] = '\n';
	}
	if (n > 0)
		emit_line(all, n - 1, max_level >= LOG_LVL_INFO);
}

/* Readers see the part of a line that is on one page before the part on the next. */
static bool crosses_a_page(off_t end, size_t n)
{
	return end >= (off_t)n && (end - (off_t)n) / LOG_PAGE != (end - 1) / LOG_PAGE;
}

void log_verbatim_end(const char *lines)
{
	size_t n = strlen(lines);
	log_verbatim_lines(lines);
	if (log_fd == -1 || n < 2)
		return;
	const char *before = memrchr(lines, '\n', n - 1), *last = before != NULL ? before + 1 : lines;
	off_t end = lseek(log_fd, 0, SEEK_CUR);
	n -= (size_t)(last - lines);
	if (crosses_a_page(end, n))
		emit(log_fd, last, n);
}

void fatal(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	log_va(LOG_LVL_ERROR, "fatal", fmt, ap);
	va_end(ap);
	exit(1);
}
