/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's complaints. The watcher has a cursor of its own in /dev/kmsg,
 * from its opening on, and clears nothing. Alarming are lines that no correct
 * driver makes the kernel print (kmsg_alarming()), and a change of the taint; with
 * them comes the line behind one that says in which function it was (kmsg_place()).
 */
#ifndef MIGCHECK_RUN_KMSG_H
#define MIGCHECK_RUN_KMSG_H

#include "../types.h"

struct kmsg {
	int fd; /* -1 where the log cannot be read */
	u64 taint;
	bool placeless; /* the last alarm was not followed by its place yet */
};

/* Opens at the end of the log. -errno: kmsg->fd is -1, the taint still works. */
int kmsg_open(struct kmsg *kmsg);
void kmsg_close(struct kmsg *kmsg);

/* The next such line since the last call, cut at @size. False: none. */
bool kmsg_next(struct kmsg *kmsg, char *ret_line, size_t size);

bool kmsg_alarming(const char *line);

/* The function in which the kernel was, of a line that says so; else NULL. */
const char *kmsg_place(const char *line);

#endif
