/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_replay.c - runs a fuzz target over the files of its corpus folder without libFuzzer, so that every unit-test
 * run replays what fuzzing has found.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		perror(path);
		return -1;
	}
	size_t cap = 1 << 20, n;
	unsigned char *buf = malloc(cap);
	if (buf == NULL)
		abort();
	n = fread(buf, 1, cap, f);
	fclose(f);
	unsigned char *exact = malloc(n ? n : 1);   /* exact size, so that ASan sees one byte too many */
	if (exact == NULL)
		abort();
	memcpy(exact, buf, n);
	free(buf);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS-DIR\n", argv[0]);
		return 2;
	}
	DIR *d = opendir(argv[1]);
	if (d == NULL) {
		perror(argv[1]);
		return 1;
	}
	int n = 0;
	for (struct dirent *de; (de = readdir(d)) != NULL; ) {
		char path[4096];
		if (de->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], de->d_name);
		if (replay_file(path) == -1)
			return 1;
		n++;
	}
	closedir(d);
	printf("%d inputs replayed\n", n);
	return n > 0 ? 0 : 1;
}
