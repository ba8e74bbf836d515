// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <xxhash.h>

#include "../spec/spec.h"
#include "../uapi/mig2.h"
#include "log.h"
#include "sheet.h"
#include "streams.h"

enum {
	LINE_ROOM = 2 * TRACE_WHOLE + 8192,
	BROKEN_ROOM = 160, /* the numbers of the rules, padded with blanks */
	POINTED_MAX = 4096,
	NAMES_MAX = 64,	   /* traces of one test: it may judge several devices */
};

struct trace_log {
	struct mig_observer observer; /* first */
	struct mig_context *ctx;
	struct sheet sheet;
	char dir[320];
	char temporary[TRACE_NAME], name[TRACE_NAME]; /* name: once it is kept */
	char test[128];
	char broken[BROKEN_ROOM + 1];
	size_t broken_at; /* in the sheet */
	u64 v1_base, v1_size;
	bool full; /* nothing more is added */
	struct trace_streams streams;
	u8 pointed[POINTED_MAX];
	char instead[96];
	char line[LINE_ROOM];
};

/* @line has room for one character more. */
static void write_line(struct trace_log *log, char *line, size_t len)
{
	static const char end[] = "# cut: the file would pass its limit\n";

	if (log->full)
		return;
	line[len] = '\n';
	if (log->sheet.len + len + sizeof(end) > TRACE_FILE_MAX) {
		log->full = true;
		sheet_add(&log->sheet, end, sizeof(end) - 1);
	} else if (sheet_add(&log->sheet, line, len + 1)) {
		log->full = true; /* no room on the disk */
	}
}

/* Memory of this process which may be no memory at all: what can be read. */
static size_t peek(u64 address, size_t len, u8 *ret_bytes)
{
	struct iovec here = { ret_bytes, len };
	struct iovec there = { (void *)(uintptr_t)address, len };
	ssize_t n = process_vm_readv(getpid(), &here, 1, &there, 1, 0);

	return n < 0 ? 0 : (size_t)n;
}

/* Ranges to be logged are the one argument that lies behind a pointer. */
static size_t find_pointed(struct trace_log *log, const struct mig_call *call)
{
	struct {
		struct uapi_feature head;
		struct mig2_log_start start;
	} arg;
	size_t len;

	if (call->op != MIG_IOCTL || call->request != UAPI_DEVICE_FEATURE ||
	    call->blind || call->in_len < sizeof(arg))
		return 0;
	memcpy(&arg, call->in, sizeof(arg));
	if (arg.head.flags != (MIG2_FEATURE_LOG_START | UAPI_FEATURE_SET))
		return 0;
	len = (size_t)arg.start.num_ranges * sizeof(struct mig2_log_range);
	return peek(arg.start.ranges, len < POINTED_MAX ? len : POINTED_MAX,
		    log->pointed);
}

/* The words that stand for long data. */
static const char *find_instead(struct trace_log *log,
				const struct mig_call *call)
{
	bool writes = call->op == MIG_PWRITE || call->op == MIG_WRITE;
	const void *data = writes ? call->in : call->out;
	size_t len = writes ? call->in_len : call->out_len;
	struct trace_place place;
	int n;

	if (call->op == MIG_IOCTL || !data || len <= TRACE_WHOLE)
		return NULL;
	n = snprintf(log->instead, sizeof(log->instead), "xxh:%016llx:%zu",
		     (unsigned long long)XXH3_64bits(data, len), len);
	if (writes && !trace_streams_find(&log->streams, data, len, &place))
		snprintf(log->instead + n, sizeof(log->instead) - (size_t)n,
			 " from:%u.%u+%llu", place.device, place.session,
			 (unsigned long long)place.offset);
	return log->instead;
}

static void log_called(struct mig_observer *self, const struct mig_call *call)
{
	struct trace_log *log = (struct trace_log *)self;
	bool reads = call->op == MIG_PREAD || call->op == MIG_READ;
	struct trace_words words = {
		.device = call->dev->index, .uri = call->dev->uri,
		.v1_base = log->v1_base, .v1_size = log->v1_size,
		.shown = TRACE_WHOLE, .pointed = log->pointed,
	};

	if (log->full)
		return;
	words.pointed_len = find_pointed(log, call);
	words.instead = find_instead(log, call);
	write_line(log, log->line, trace_line_format(call, &words, log->line,
						     sizeof(log->line) - 1));
	if (call->ret < 0 && mig_lost(log->ctx))
		log->full = true; /* what follows says nothing of the device */
	if (reads && call->out)
		trace_streams_add(&log->streams, call->dev->index,
				  call->session, call->out, call->out_len);
}

static void log_mapped(struct mig_observer *self, u64 iova, size_t len, bool on)
{
	struct trace_log *log = (struct trace_log *)self;
	int n = snprintf(log->line, sizeof(log->line),
			 "%llu - %s @0x%llx %zu = 0",
			 (unsigned long long)mig_calls(log->ctx),
			 trace_op_name(on ? TRACE_DMA_MAP : TRACE_DMA_UNMAP),
			 (unsigned long long)iova, len);

	write_line(log, log->line, (size_t)n);
}

static int write_head(struct trace_log *log, const struct trace_about *about)
{
	char hash[17];
	int n, err;

	spec_hash(hash);
	n = snprintf(log->line, sizeof(log->line),
		     "# migcheck trace 1\n# devices %s\n# generation %d\n"
		     "# profile %s\n# seed %llu\n# rules %s\n# test %s\n# broken ",
		     about->uris, about->generation, about->profile,
		     (unsigned long long)about->seed, hash, about->test);
	if (n >= (int)sizeof(log->line))
		return -ENAMETOOLONG;
	err = sheet_add(&log->sheet, log->line, (size_t)n);
	log->broken_at = log->sheet.len;
	n = snprintf(log->line, sizeof(log->line), "%*s\n", BROKEN_ROOM, "");
	return err ? err : sheet_add(&log->sheet, log->line, (size_t)n);
}

static void path_of(const struct trace_log *log, const char *name,
		    char *ret_path, size_t size)
{
	snprintf(ret_path, size, "%s/%s", log->dir, name);
}

int trace_log_open(struct mig_context *ctx, const char *dir,
		   const struct trace_about *about, struct trace_log **ret_log)
{
	struct trace_log *log = calloc(1, sizeof(*log));
	char path[TRACE_NAME + 320];
	int ret;

	if (!log)
		return -ENOMEM;
	snprintf(log->dir, sizeof(log->dir), "%s", dir);
	snprintf(log->test, sizeof(log->test), "%s", about->test);
	snprintf(log->temporary, sizeof(log->temporary), "trace-%s.txt.tmp",
		 log->test);
	path_of(log, log->temporary, path, sizeof(path));
	ret = sheet_open(path, &log->sheet);
	if (ret)
		goto err_free;
	ret = write_head(log, about);
	if (ret)
		goto err_close;
	trace_streams_init(&log->streams, TRACE_FILE_MAX);
	log->ctx = ctx;
	log->observer.called = log_called;
	log->observer.mapped = log_mapped;
	mig_observe(ctx, &log->observer);
	*ret_log = log;
	return 0;

err_close:
	sheet_close(&log->sheet);
	unlink(path);
err_free:
	free(log);
	return ret;
}

void trace_log_region(struct trace_log *log, u64 base, u64 size)
{
	if (!log)
		return;
	log->v1_base = base;
	log->v1_size = size;
}

/* Under the first name that no other device of this run has taken. */
static int keep(struct trace_log *log)
{
	char from[TRACE_NAME + 320], to[TRACE_NAME + 320];
	char name[TRACE_NAME], number[16] = "";
	int i;

	path_of(log, log->temporary, from, sizeof(from));
	for (i = 1; i < NAMES_MAX; i++) {
		if (i > 1)
			snprintf(number, sizeof(number), ".%d", i);
		snprintf(name, sizeof(name), "trace-%s%s.txt", log->test, number);
		path_of(log, name, to, sizeof(to));
		if (!access(to, F_OK))
			continue;
		if (rename(from, to))
			return -errno;
		memcpy(log->name, name, sizeof(name));
		return 0;
	}
	return -EEXIST;
}

const char *trace_log_keep(struct trace_log *log)
{
	if (!log || (!log->name[0] && keep(log)))
		return NULL;
	return log->name;
}

const char *trace_log_broke(struct trace_log *log, const char *number)
{
	size_t len;

	if (!trace_log_keep(log))
		return NULL;
	len = strlen(log->broken);
	if (!strstr(log->broken, number) &&
	    len + strlen(number) + 1 < BROKEN_ROOM) {
		snprintf(log->broken + len, sizeof(log->broken) - len, "%s%s",
			 len ? " " : "", number);
		len = strlen(log->broken);
		sheet_put(&log->sheet, log->broken_at, log->broken, len);
	}
	return log->name;
}

void trace_log_close(struct trace_log *log)
{
	char path[TRACE_NAME + 320];

	if (!log)
		return;
	mig_unobserve(log->ctx, &log->observer);
	sheet_close(&log->sheet);
	path_of(log, log->temporary, path, sizeof(path));
	if (!log->name[0])
		unlink(path);
	trace_streams_free(&log->streams);
	free(log);
}
