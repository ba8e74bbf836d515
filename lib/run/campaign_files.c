// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign_state.h"
#include "ktap.h"
#include "mem.h"
#include "results.h"
#include "say.h"

static int write_file(struct campaign *c, const char *name,
		      int (*write)(const struct judgements *all,
				   const char *path))
{
	char *path = mem_printf("%s/%s", c->work.path, name);
	int err = write(&c->all, path);

	if (err)
		say_error("%s: %s", path, strerror(-err));
	free(path);
	return err;
}

static int write_ktap(const struct judgements *all, const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return -errno;
	ktap_write(all, file);
	return fclose(file) ? -errno : 0;
}

int campaign_publish(struct campaign *c)
{
	int err;

	if (c->log)
		fclose(c->log);
	c->log = NULL;
	if (!c->options->dir)
		return 0;
	if (write_file(c, "ktap", write_ktap) ||
	    write_file(c, "results.json", results_write))
		return 99;
	err = workdir_publish(&c->work);
	if (err)
		say_error("%s: %s", c->options->dir, strerror(-err));
	return err ? 99 : 0;
}

int campaign_open_files(struct campaign *c)
{
	const char *dir = c->options->dir;
	char *path;
	int err = c->work.path[0] ? 0 : workdir_create(dir, &c->work);

	if (err) {
		say_error("%s: %s", dir ? dir : "directory of temporary files",
			  strerror(-err));
		return 99;
	}
	if (!dir || c->log)
		return 0;
	path = mem_printf("%s/log", c->work.path);
	c->log = fopen(path, "we");
	free(path);
	return 0;
}

int campaign_open_restart(struct campaign *c)
{
	char *path;
	int status;

	c->restart.log = -1;
	c->restart.command = c->options->restart;
	if (!c->restart.command)
		return 0;
	status = campaign_open_files(c);
	if (status)
		return status;
	path = mem_printf("%s/server.log", c->work.path);
	c->restart.log = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	free(path);
	return 0;
}
