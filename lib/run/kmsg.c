// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"

/* A burst of the kernel must not hold us for ever. */
enum { RECORDS_AT_ONCE = 10000 };

static const char *const alarms[] = {
	"WARNING:", "BUG:", "Oops", "KASAN", "UBSAN", "KFENCE", "KCSAN",
	"possible circular locking", "possible recursive locking",
	"inconsistent lock state", "suspicious RCU usage",
	"general protection", "unable to handle", "refcount_t:",
	"Kernel panic", "kernel BUG at", "usercopy:", "BUG kmalloc",
	"Redzone overwritten", "Poison overwritten", "blocked for more than",
	"rcu_sched self-detected stall",
};

static u64 read_taint(void)
{
	char text[32] = "";
	int fd = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? strtoull(text, NULL, 10) : 0;
}

int kmsg_open(struct kmsg *kmsg)
{
	kmsg->taint = read_taint();
	kmsg->placeless = false;
	kmsg->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg->fd < 0)
		return -errno;
	lseek(kmsg->fd, 0, SEEK_END);
	return 0;
}

void kmsg_close(struct kmsg *kmsg)
{
	if (kmsg->fd >= 0)
		close(kmsg->fd);
	kmsg->fd = -1;
}

bool kmsg_alarming(const char *line)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(alarms); i++)
		if (strstr(line, alarms[i]))
			return true;
	return false;
}

/* As x86 and arm64 have it. The code segment is the kernel's, not a user's. */
const char *kmsg_place(const char *line)
{
	static const char *const heads[] = { "RIP: 0010:", "pc : " };
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		len = strlen(heads[i]);
		if (!strncmp(line, heads[i], len) && line[len])
			return line + len;
	}
	return NULL;
}

/* One place for each alarm: at its end an oops says the same again. */
static bool is_wanted(struct kmsg *kmsg, const char *line)
{
	bool wanted = kmsg_alarming(line);

	if (!wanted && (!kmsg->placeless || !kmsg_place(line)))
		return false;
	kmsg->placeless = wanted;
	return true;
}

/* A record is "priority,number,time,flags;text\n" and continuations. */
static bool read_record(struct kmsg *kmsg, char *ret_line, size_t size)
{
	char record[8192], *text;
	ssize_t n;

	do {
		n = read(kmsg->fd, record, sizeof(record) - 1);
	} while (n < 0 && errno == EPIPE); /* overwritten: go on behind it */
	if (n <= 0)
		return false;
	record[n] = '\0';
	text = strchr(record, ';');
	text = text ? text + 1 : record;
	text[strcspn(text, "\n")] = '\0';
	snprintf(ret_line, size, "%s", text);
	return true;
}

bool kmsg_next(struct kmsg *kmsg, char *ret_line, size_t size)
{
	u64 taint, before = kmsg->taint;
	int left = RECORDS_AT_ONCE;

	while (kmsg->fd >= 0 && left-- && read_record(kmsg, ret_line, size))
		if (is_wanted(kmsg, ret_line))
			return true;
	taint = read_taint();
	if (taint == before)
		return false;
	kmsg->taint = taint;
	snprintf(ret_line, size, "taint changed from %llu to %llu",
		 (unsigned long long)before, (unsigned long long)taint);
	return true;
}
