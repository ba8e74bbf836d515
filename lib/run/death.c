// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../events.h"
#include "blame.h"
#include "death.h"
#include "kmsg.h"
#include "mem.h"

/* "[   12.345678] text": the text. Other lines are text as a whole. */
static const char *without_time(const char *line)
{
	size_t len = strspn(line, "[ 0123456789.");

	return line[0] == '[' && line[len] == ']' ? line + len + 1 +
							   (line[len + 1] == ' ') :
						    line;
}

static bool starts_with(const char *line, const char *start)
{
	return !strncmp(line, start, strlen(start));
}

static void keep_call(struct death *death, const char *call)
{
	char **place = &death->calls[death->call_count++ % DEATH_CALLS];

	free(*place);
	*place = mem_line(call);
}

/* Registers and what a stack may have held are for those who have the log. */
static bool is_noise(const char *line)
{
	static const char *const noise[] = {
		"RIP: 0033:", "Code: ", "RSP: ", "RAX: ", "RDX: ", "RBP: ",
		"R10: ", "R13: ", "FS: ", "CS: ", "CR2: ", "PGD ", "Tainted: [",
		"Hardware name: ", "Modules linked in: ", "Kernel Offset: ",
		" ? ", " <TASK>", " </TASK>", "---[ ", "=====", "-----",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(noise); i++)
		if (starts_with(line, noise[i]))
			return true;
	return !line[0];
}

static void add_place(struct death *death, const char *how, const char *where)
{
	char *longer = mem_printf("%s, %s %s", death->cause, how, where);

	free(death->cause);
	death->cause = longer;
}

/* The kind of a death says little; where, and in which module, says more. */
static void place(struct death *death, const char *line)
{
	const char *function = kmsg_place(line);

	if (!death->in_function && function) {
		add_place(death, "in", function);
		death->in_function = true;
	} else if (!death->in_module && line[0] == ' ' && strstr(line, " [") &&
		   line[strlen(line) - 1] == ']') {
		add_place(death, "under", line + 1);
		death->in_module = true;
	}
}

static void take_line(struct death *death, const char *line)
{
	if (starts_with(line, EVENTS_MARK_TEST)) {
		death_free(death);
		return;
	}
	if (starts_with(line, EVENTS_MARK_CALL)) {
		keep_call(death, line + strlen(EVENTS_MARK_CALL));
		return;
	}
	if (!death->cause && kmsg_alarming(line))
		death->cause = mem_line(line);
	if (!death->cause || death->over || is_noise(line)) {
		death->over |= starts_with(line, "---[ end trace");
		return;
	}
	place(death, line);
	if (death->line_count < DEATH_LINES)
		death->lines[death->line_count++] = mem_line(line);
}

void death_read(const char *path, struct death *ret_death)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	memset(ret_death, 0, sizeof(*ret_death));
	while (file && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		take_line(ret_death, without_time(line));
	}
	free(line);
	if (file)
		fclose(file);
}

void death_free(struct death *death)
{
	u32 i;

	for (i = 0; i < DEATH_CALLS; i++)
		free(death->calls[i]);
	for (i = 0; i < death->line_count; i++)
		free(death->lines[i]);
	free(death->cause);
	memset(death, 0, sizeof(*death));
}

/* A line each, oldest first; NULL where there are none; free(). */
static char *calls_of(const struct death *death)
{
	u32 count = death->call_count, i;
	char *text = NULL, *longer;

	for (i = count > DEATH_CALLS ? count - DEATH_CALLS : 0; i < count; i++) {
		longer = mem_printf("%s%s%s", text ? text : "", text ? "\n" : "",
				    death->calls[i % DEATH_CALLS]);
		free(text);
		text = longer;
	}
	return text;
}

static void blame_rules(const struct death *death, struct record *record,
			const struct record_test *t)
{
	struct record_fact fact = {
		.seen = mem_printf("the kernel died: %s", death->cause),
		.calls = calls_of(death),
	};

	if (!blame_function(record, t, &fact))
		blame_helpers(record, t, false, &fact);
	free(fact.seen);
	free(fact.calls);
}

void death_blame(const struct death *death, struct record *record,
		 const struct suite_binary *binary, const char *test)
{
	struct record_test *t = record_test(record, binary, test);
	u32 i;

	t->outcome = death->cause ? RECORD_CRASH : RECORD_TIMEOUT;
	free(t->message);
	t->message = death->cause ?
			     mem_printf("the kernel died: %s", death->cause) :
			     mem_dup("the machine was lost, its kernel silent");
	for (i = 0; i < death->line_count; i++)
		record_add_kernel(record, binary, test, death->lines[i]);
	if (death->cause)
		blame_rules(death, record, t);
}
