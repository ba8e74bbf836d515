// SPDX-License-Identifier: GPL-2.0-only
/* Failures that a kernel makes on demand: CONFIG_FAULT_INJECTION_DEBUG_FS. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"

#define FAULTS "/sys/kernel/debug/"

/* Without these nearly all that a request needs would be left out. */
static const struct {
	const char *path, *value;
	bool must;
} fault_settings[] = {
	{ FAULTS "failslab/ignore-gfp-wait", "N", true },
	{ FAULTS "failslab/verbose", "0", false },
	{ FAULTS "fail_page_alloc/ignore-gfp-wait", "N", false },
	{ FAULTS "fail_page_alloc/ignore-gfp-highmem", "N", false },
	{ FAULTS "fail_page_alloc/min-order", "0", false },
	{ FAULTS "fail_page_alloc/verbose", "0", false },
	{ FAULTS "fail_usercopy/verbose", "0", false },
};

static int fault_open(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

static bool fault_set(const char *path, const char *value)
{
	ssize_t len = (ssize_t)strlen(value);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool set;

	if (fd < 0)
		return false;
	set = write(fd, value, (size_t)len) == len;
	close(fd);
	return set;
}

bool kernel_faults(struct kernel_space *space)
{
	int fd = fault_open();
	size_t i;

	if (fd < 0)
		return false;
	close(fd);
	if (space->faults)
		return true;
	for (i = 0; i < ARRAY_SIZE(fault_settings); i++)
		if (!fault_set(fault_settings[i].path, fault_settings[i].value) &&
		    fault_settings[i].must)
			return false;
	space->faults = true;
	return true;
}

void kernel_fault_arm(void *opaque, u32 nth)
{
	struct kernel_space *space = opaque;
	char text[16];
	int len;

	space->fault_fd = fault_open();
	if (space->fault_fd < 0)
		return;
	len = snprintf(text, sizeof(text), "%u", nth);
	if (write(space->fault_fd, text, (size_t)len) != len) {
		close(space->fault_fd);
		space->fault_fd = -1;
	}
}

/* These calls copy, too: the point may lie in them, and then it fails them. */
bool kernel_fault_disarm(void *opaque)
{
	struct kernel_space *space = opaque;
	char text[16] = "";
	bool struck;

	if (space->fault_fd < 0)
		return false;
	struck = pread(space->fault_fd, text, sizeof(text) - 1, 0) > 0 &&
		 atoi(text) == 0;
	if (write(space->fault_fd, "0", 1) < 0)
		errno = 0;
	close(space->fault_fd);
	space->fault_fd = -1;
	return struck;
}
