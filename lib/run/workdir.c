// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../trace/sheet.h"
#include "mem.h"
#include "workdir.h"

int workdir_create(const char *dir, struct workdir *ret_workdir)
{
	const char *tmp = getenv("TMPDIR");

	memset(ret_workdir, 0, sizeof(*ret_workdir));
	if (dir && mkdir(dir, 0777) && errno != EEXIST)
		return -errno;
	if (dir)
		tmp = dir;
	else if (!tmp || !tmp[0])
		tmp = "/tmp";
	snprintf(ret_workdir->path, sizeof(ret_workdir->path),
		 "%s/%smigcheck.XXXXXX", tmp, dir ? "." : "");
	if (!mkdtemp(ret_workdir->path)) {
		ret_workdir->path[0] = '\0';
		return -errno;
	}
	ret_workdir->dir = dir;
	return 0;
}

/*
 * Calls @visit with each file of @path whose name begins with @prefix; stops
 * and returns what it returned if that is not 0.
 */
static int each_file(const char *path, const char *prefix,
		     int (*visit)(const char *file, const char *name,
				  const void *arg),
		     const void *arg)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char *file;
	int ret = dir ? 0 : -errno;

	while (!ret && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		file = mem_printf("%s/%s", path, entry->d_name);
		ret = visit(file, entry->d_name, arg);
		free(file);
	}
	if (dir)
		closedir(dir);
	return ret;
}

static int remove_file(const char *file, const char *name, const void *arg)
{
	(void)name;
	(void)arg;
	unlink(file);
	return 0;
}

/* What a process that was killed has left unfinished stays behind. */
static bool is_unfinished(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot, ".tmp");
}

static int move_file(const char *file, const char *name, const void *arg)
{
	char *to;
	int ret;

	if (is_unfinished(name))
		return 0;
	if (!strncmp(name, "trace-", strlen("trace-")))
		sheet_trim(file); /* its writer may have died */
	to = mem_printf("%s/%s", (const char *)arg, name);
	ret = rename(file, to) ? -errno : 0;
	free(to);
	return ret;
}

int workdir_publish(struct workdir *workdir)
{
	if (!workdir->dir)
		return 0;
	each_file(workdir->dir, "trace-", remove_file, NULL);
	return each_file(workdir->path, "", move_file, workdir->dir);
}

void workdir_remove(struct workdir *workdir)
{
	if (!workdir || !workdir->path[0])
		return;
	each_file(workdir->path, "", remove_file, NULL);
	rmdir(workdir->path);
	workdir->path[0] = '\0';
}
