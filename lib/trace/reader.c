// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "reader.h"

enum {
	LINE_ROOM = 2 * TRACE_WHOLE + 16384,
	SOURCES_MAX = 4096,
	MARGIN = 1 << 20, /* of a file that ends with its longest line */
};

struct trace_source {
	struct trace_source *next;
	u32 device, session;
};

static int fail(struct trace_reader *r, int err, const char *text)
{
	snprintf(r->error, sizeof(r->error), "line %llu: %s",
		 (unsigned long long)r->number, text);
	return err;
}

/* ---- lines ------------------------------------------------------------------ */

/* 1 with a line without its end, 0 at the end of the file, -errno. */
static int next_line(struct trace_reader *r)
{
	size_t len;

	if (!fgets(r->line, (int)r->line_room, r->file))
		return ferror((FILE *)r->file) ? -EIO : 0;
	r->number++;
	len = strlen(r->line);
	if (!len || r->line[len - 1] != '\n') {
		/* A process that was killed may have left half a line. */
		if (feof((FILE *)r->file))
			return 0;
		return fail(r, -EINVAL, "too long for a trace, or not text");
	}
	r->line[len - 1] = '\0';
	return 1;
}

static const struct {
	const char *name;
	size_t at, size; /* of a string in the reader; 0: a number */
} heads[] = {
#define TEXT(name, field) \
	{ name, offsetof(struct trace_reader, field), \
	  sizeof(((struct trace_reader *)0)->field) }
	TEXT("devices", uris), TEXT("profile", profile), TEXT("rules", rules),
	TEXT("test", test), TEXT("broken", broken),
#undef TEXT
};

static void copy_trimmed(char *to, size_t size, const char *from)
{
	size_t len = strlen(from), i;

	while (len && from[len - 1] == ' ')
		len--;
	if (len >= size)
		len = size - 1;
	for (i = 0; i < len; i++)
		to[i] = (u8)from[i] < ' ' || from[i] == 0x7f ? '?' : from[i];
	to[len] = '\0';
}

/* "# KEY VALUE". What is not known is a remark. */
static void take_head(struct trace_reader *r, const char *line)
{
	size_t i, len;

	if (!strncmp(line, "# generation ", 13))
		r->generation = atoi(line + 13);
	if (!strncmp(line, "# seed ", 7))
		r->seed = strtoull(line + 7, NULL, 10);
	if (!strncmp(line, "# cut:", 6))
		r->cut = true;
	for (i = 0; !strncmp(line, "# ", 2) && i < ARRAY_SIZE(heads); i++) {
		len = strlen(heads[i].name);
		if (!strncmp(line + 2, heads[i].name, len) &&
		    line[2 + len] == ' ')
			copy_trimmed((char *)r + heads[i].at, heads[i].size,
				     line + 3 + len);
	}
}

int trace_reader_next(struct trace_reader *r, struct trace_step *ret_step)
{
	char error[TRACE_ERROR];
	int ret;

	while ((ret = next_line(r)) > 0) {
		if (r->line[0] == '#')
			continue;
		if (trace_line_parse(r->line, ret_step, error))
			return fail(r, -EINVAL, error);
		return 1;
	}
	return ret;
}

void trace_reader_rewind(struct trace_reader *r)
{
	rewind(r->file);
	r->number = 0;
}

/* ---- the first time --------------------------------------------------------- */

bool trace_reader_is_source(const struct trace_reader *r, u32 device, u32 session)
{
	const struct trace_source *source;

	for (source = r->sources; source; source = source->next)
		if (source->device == device && source->session == session)
			return true;
	return false;
}

static int note_source(struct trace_reader *r, const struct trace_place *place)
{
	struct trace_source *source;
	u32 count = 0;

	if (trace_reader_is_source(r, place->device, place->session))
		return 0;
	for (source = r->sources; source; source = source->next)
		count++;
	source = count < SOURCES_MAX ? calloc(1, sizeof(*source)) : NULL;
	if (!source)
		return -ENOMEM;
	source->device = place->device;
	source->session = place->session;
	source->next = r->sources;
	r->sources = source;
	return 0;
}

static int note_open(struct trace_reader *r, const struct trace_step *s)
{
	char **uri = &r->device_uris[s->device];

	if (!*uri)
		*uri = strdup(s->uri);
	if (!*uri)
		return -ENOMEM;
	if (strcmp(*uri, s->uri))
		return fail(r, -EINVAL, "a device with two URIs");
	return 0;
}

static int note(struct trace_reader *r, const struct trace_step *s)
{
	if (s->op < MIG_OPS && s->op != MIG_OPEN && !r->device_uris[s->device])
		return fail(r, -EINVAL, "a device that was not opened");
	if (++r->calls > TRACE_STEPS_MAX)
		return fail(r, -EFBIG, "too many calls");
	trace_reader_note(r, s);
	if (s->op == MIG_MMAP && s->ret >= 0)
		r->mapped = true;
	if (s->op == MIG_OPEN)
		return note_open(r, s);
	return s->in.placed ? note_source(r, &s->in.from) : 0;
}

static int read_heads(struct trace_reader *r)
{
	int ret = next_line(r);

	if (ret < 0)
		return ret;
	if (!ret || strcmp(r->line, "# migcheck trace 1"))
		return fail(r, -EINVAL,
			    "no trace: '# migcheck trace 1' is missing");
	while ((ret = next_line(r)) > 0)
		if (r->line[0] == '#')
			take_head(r, r->line);
	trace_reader_rewind(r);
	return ret;
}

static int read_all(struct trace_reader *r)
{
	struct trace_step step;
	int ret;

	while ((ret = trace_reader_next(r, &step)) > 0) {
		ret = note(r, &step);
		if (ret)
			return ret;
	}
	trace_reader_rewind(r);
	return ret;
}

static int open_file(const char *path, struct trace_reader *r)
{
	struct stat st;

	r->line_room = LINE_ROOM;
	r->line = malloc(LINE_ROOM);
	r->answers = calloc(TRACE_ANSWERS, sizeof(*r->answers));
	r->file = fopen(path, "re");
	if (!r->file || !r->line || !r->answers || fstat(fileno(r->file), &st)) {
		snprintf(r->error, sizeof(r->error), "%s", strerror(errno));
		return -errno;
	}
	if (S_ISREG(st.st_mode) && st.st_size <= TRACE_FILE_MAX + MARGIN)
		return 0;
	snprintf(r->error, sizeof(r->error), "%s", S_ISREG(st.st_mode) ?
		 "longer than any trace" : "no file");
	return S_ISREG(st.st_mode) ? -EFBIG : -EINVAL;
}

int trace_reader_open(const char *path, struct trace_reader *ret_reader)
{
	struct trace_reader *r = ret_reader;
	int ret;

	memset(r, 0, sizeof(*r));
	ret = open_file(path, r);
	if (!ret)
		ret = read_heads(r);
	if (!ret)
		ret = read_all(r);
	if (ret && !r->error[0])
		snprintf(r->error, sizeof(r->error), "%s", strerror(-ret));
	return ret;
}

void trace_reader_close(struct trace_reader *r)
{
	struct trace_source *source;
	u32 i;

	if (r->file)
		fclose(r->file);
	while ((source = r->sources)) {
		r->sources = source->next;
		free(source);
	}
	for (i = 0; i < TRACE_DEVICES; i++)
		free(r->device_uris[i]);
	free(r->answers);
	free(r->line);
	memset(r, 0, sizeof(*r));
}
