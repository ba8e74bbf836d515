// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/mig_internal.h"
#include "../../lib/model/judge.h"
#include "../../lib/trace/log.h"
#include "../../lib/trace/recorded.h"
#include "../../lib/trace/replay.h"
#include "../../lib/trace/streams.h"
#include "../../lib/trace/trace.h"
#include "../../lib/v2.h"
#include "unit.h"

/* ---- lines ---------------------------------------------------------------------- */

static const u8 some[] = { 0x02, 0x00, 0xff, 0x7a };

static const struct mig_call calls[] = {
	{ .seq = 1, .op = MIG_OPEN },
	{ .seq = 2, .op = MIG_IOCTL, .request = 0x3b75, .in = some, .out = some,
	  .in_len = 4, .out_len = 4, .ret = -ENOTTY },
	{ .seq = 3, .op = MIG_IOCTL, .request = 0x3b6f },
	{ .seq = 4, .op = MIG_IOCTL, .request = 0x3b75, .blind = true,
	  .ret = -EFAULT },
	{ .seq = 5, .op = MIG_PREAD, .offset = 0x90000000000, .len = 8,
	  .out = some, .out_len = 4, .ret = 4, .concurrent = true },
	{ .seq = 6, .op = MIG_PWRITE, .offset = 0, .len = 4, .in = some,
	  .in_len = 4, .ret = 4 },
	{ .seq = 7, .op = MIG_READ, .session = 3, .len = 65536, .ret = 0 },
	{ .seq = 8, .op = MIG_WRITE, .session = 3, .len = 4, .in = some,
	  .in_len = 4, .ret = 2 },
	{ .seq = 9, .op = MIG_MMAP, .offset = 4096, .len = 8192, .request = 3 },
	{ .seq = 10, .op = MIG_MUNMAP, .len = 8192 },
	{ .seq = 11, .op = MIG_POLL, .session = 3, .request = 1, .len = 100,
	  .ret = 1 },
	{ .seq = 12, .op = MIG_SESSION, .session = 4, .len = 1000 },
	{ .seq = 13, .op = MIG_SESSION_CLOSE, .session = 4 },
	{ .seq = 14, .op = MIG_IDLE, .len = 20 },
	{ .seq = 15, .op = MIG_CLOSE },
};

static void ck_bytes(const struct trace_bytes *seen, const void *bytes,
		     size_t len)
{
	ck_assert_uint_eq(seen->len, len);
	if (len)
		ck_assert(!memcmp(seen->bytes, bytes, len));
}

START_TEST(line_comes_back_as_it_went)
{
	const struct mig_call *call = &calls[_i];
	struct trace_words words = { .device = 1, .uri = "emu:v2#2",
				     .shown = TRACE_WHOLE };
	char line[512], error[TRACE_ERROR] = "";
	struct trace_step step;

	trace_line_format(call, &words, line, sizeof(line));
	ck_assert_msg(!trace_line_parse(line, &step, error), "%s", error);
	ck_assert_uint_eq(step.seq, call->seq);
	ck_assert_int_eq(step.op, call->op);
	ck_assert_uint_eq(step.device, 1);
	ck_assert_uint_eq(step.session, call->session);
	ck_assert_uint_eq(step.request, call->request);
	ck_assert_uint_eq(step.offset, call->offset);
	ck_assert_uint_eq(step.len, call->len);
	ck_assert_int_eq(step.ret, call->ret);
	ck_assert_int_eq(step.blind, call->blind);
	ck_assert_int_eq(step.concurrent, call->concurrent);
	ck_bytes(&step.in, call->in, call->in_len);
	ck_bytes(&step.out, call->out, call->out_len);
	if (call->op == MIG_OPEN)
		ck_assert_str_eq(step.uri, "emu:v2#2");
}
END_TEST

static const char *const malformed[] = {
	"", " ", "1", "1 0.0", "1 0.0 dance = 0", "x 0.0 idle = 0",
	"1 0 idle = 0", "1 64.0 idle = 0", "1 0.9999999 idle = 0",
	"1 - idle = 0", "1 0.0 dma-map @0x0 4096 = 0", "1 0.0 idle", "1 0.0 idle =",
	"1 0.0 idle = zero", "1 0.0 idle 99999999999999999999 = 0",
	"1 0.0 open = 0", "1 0.0 ioctl = 0", "1 0.0 ioctl 0x1ffffffff = 0",
	"1 0.0 ioctl 0x3b75 in:00 = 0", "1 0.0 ioctl 0x3b75 in:0g out:00 = 0",
	"1 0.0 ioctl 0x3b75 in:00 in:00 out:00 = 0",
	"1 0.0 pread 4 = 0", "1 0.0 pread @0x0 4 = 4", "1 0.0 pread @0x0 4 00 = 4",
	"1 0.0 pread @0x0 4 000 = 4", "1 0.0 pread @0x0 4 0000.. = 4",
	"1 0.0 pwrite @0x0 1 0000 = 1", "1 0.0 pread @zz 4 = -5",
	"1 0.1 write 70000 xxh:12:13 = 70000", "1 0.1 write 70000 xxh:12 = 70000",
	"1 0.1 write 70000 xxh:12:99999999999 = 0",
	"1 0.1 write 4 00000000 from:0.1+0 = 4",
	"1 0.1 write 70000 xxh:12:70000 from:0.1 = 70000",
	"1 0.0 mmap @0x0 4096 prot:9 = 0", "1 0.0 idle\t= 0",
	"1 0.0 idle \x1b[2J = 0", "1 0.0 idle 1 2 = 0",
};

START_TEST(malformed_line_is_refused)
{
	char *line = strdup(malformed[_i]), error[TRACE_ERROR] = "";
	struct trace_step step;

	ck_assert_int_eq(trace_line_parse(line, &step, error), -EINVAL);
	ck_assert(error[0]);
	free(line);
}
END_TEST

START_TEST(cut_line_never_passes_its_room)
{
	struct trace_words words = { .shown = TRACE_WHOLE };
	char line[40];
	size_t size;

	for (size = 1; size < sizeof(line); size++) {
		memset(line, '#', sizeof(line));
		ck_assert(trace_line_format(&calls[1], &words, line, size) < size);
		ck_assert_int_eq(line[size], '#');
	}
}
END_TEST

/* ---- streams -------------------------------------------------------------------- */

START_TEST(streams_are_found_where_they_were_read)
{
	struct trace_streams s;
	struct trace_place place;

	trace_streams_init(&s, 16);
	ck_assert_int_eq(trace_streams_add(&s, 0, 1, "abcdef", 6), 0);
	ck_assert_int_eq(trace_streams_add(&s, 0, 1, "ghij", 4), 0);
	ck_assert_int_eq(trace_streams_add(&s, 0, 2, "too long", 8), -EFBIG);
	ck_assert_int_eq(trace_streams_find(&s, "fgh", 3, &place), 0);
	ck_assert_uint_eq(place.session, 1);
	ck_assert_uint_eq(place.offset, 5);
	ck_assert_int_eq(trace_streams_find(&s, "ij", 2, &place), 0);
	ck_assert_uint_eq(place.offset, 8);
	ck_assert_int_eq(trace_streams_find(&s, "ijk", 3, &place), -ENOENT);
	ck_assert(trace_streams_at(&s, &place, 2));
	ck_assert(!trace_streams_at(&s, &place, 3));
	trace_streams_free(&s);
}
END_TEST

/* ---- a log, and what becomes of it -------------------------------------------------- */

struct recording {
	char dir[32], path[128];
	struct mig_context *ctx;
	struct mig_dev *dev;
	struct v2 v2;
	struct trace_log *log;
};

static void recording_begin(struct recording *r)
{
	struct trace_about about = { .uris = "emu:v2", .generation = 2,
				     .profile = "strict", .seed = 7,
				     .test = "unit" };

	strcpy(r->dir, "/tmp/migcheck.XXXXXX");
	ck_assert(mkdtemp(r->dir));
	ck_assert_int_eq(mig_context_create(&r->ctx), 0);
	ck_assert_int_eq(trace_log_open(r->ctx, r->dir, &about, &r->log), 0);
	ck_assert_int_eq(mig_open(r->ctx, "emu:v2", &r->dev), 0);
	ck_assert_int_eq(v2_open(r->dev, &r->v2), 0);
	snprintf(r->path, sizeof(r->path), "%s/trace-unit.txt", r->dir);
}

static void recording_end(struct recording *r)
{
	trace_log_close(r->log);
	mig_context_destroy(r->ctx);
	unlink(r->path);
	ck_assert_int_eq(rmdir(r->dir), 0);
}

/* A save, a load that is refused, and data too long to be in the log. */
static void record_migration(struct recording *r)
{
	static u8 bytes[TRACE_WHOLE + 5000];
	struct mig_region memory;
	struct mig_file *data;
	struct stream stream;
	ssize_t n, done;

	stream_init(&stream);
	ck_assert_int_eq(v2_save(&r->v2, NULL, 0, &stream), 0);
	stream_append(&stream, bytes, 100);
	v2_restore(&r->v2, NULL, &stream);
	stream_free(&stream);
	v2_recover(&r->v2);
	ck_assert_int_eq(mig_region_info(r->dev, UAPI_PCI_BAR0 + 2, &memory), 0);
	for (done = 0; done < (ssize_t)sizeof(bytes); done += n) {
		n = mig_pread(&r->dev->file, bytes + done, sizeof(bytes) - done,
			      memory.offset);
		ck_assert_int_gt(n, 0);
	}
	ck_assert_int_eq(v2_set(&r->v2, MIG2_STOP_COPY, &data), 0);
	ck_assert_int_lt(mig_write(data, bytes, sizeof(bytes)), 0);
	mig_file_close(data);
}

START_TEST(log_without_a_breach_is_removed)
{
	struct recording r;

	recording_begin(&r);
	record_migration(&r);
	trace_log_close(r.log);
	r.log = NULL;
	ck_assert(access(r.path, F_OK));
	recording_end(&r);
}
END_TEST

static void ck_reader(struct trace_reader *reader, const char *path)
{
	int ret = trace_reader_open(path, reader);

	ck_assert_msg(!ret, "%s", reader->error);
	ck_assert_int_eq(reader->generation, 2);
	ck_assert_uint_eq(reader->seed, 7);
	ck_assert_str_eq(reader->profile, "strict");
	ck_assert_str_eq(reader->broken, "V2-FD-006 V2-FD-001");
	ck_assert_str_eq(reader->device_uris[0], "emu:v2");
}

static void count_difference(struct replay_teller *self,
			     const struct trace_step *step, const char *text)
{
	(void)self;
	ck_abort_msg("call %llu: %s", (unsigned long long)step->seq, text);
}

static void ck_replay(struct trace_reader *reader)
{
	struct replay_teller teller = { .differs = count_difference };
	struct replay_options options = { .teller = &teller,
					  .deadline_ms = 10000 };
	struct replay_result result;
	struct mig_context *ctx;

	ck_assert_int_eq(mig_context_create(&ctx), 0);
	ck_assert_int_eq(replay_run(reader, ctx, &options, &result), 0);
	ck_assert_uint_eq(result.repeated, reader->calls);
	ck_assert_uint_eq(result.devices, 1);
	mig_context_destroy(ctx);
	trace_reader_rewind(reader);
}

START_TEST(log_with_a_breach_is_repeated_the_same)
{
	struct trace_reader reader;
	struct recording r;

	recording_begin(&r);
	record_migration(&r);
	ck_assert_str_eq(trace_log_broke(r.log, "V2-FD-006"), "trace-unit.txt");
	ck_assert(trace_log_broke(r.log, "V2-FD-001"));
	ck_assert(trace_log_broke(r.log, "V2-FD-006"));
	trace_log_close(r.log);
	r.log = NULL;
	ck_reader(&reader, r.path);
	ck_replay(&reader);
	trace_reader_close(&reader);
	recording_end(&r);
}
END_TEST

struct counter {
	struct recorded_listener base;
	u64 calls;
};

static void count_call(struct recorded_listener *self,
		       const struct mig_call *call)
{
	struct counter *counter = (struct counter *)self;

	counter->calls++;
	if (call->op == MIG_WRITE || call->op == MIG_PWRITE)
		ck_assert(call->in && call->in_len == call->len);
}

START_TEST(recorded_calls_have_their_data)
{
	struct counter counter = { .base.called = count_call };
	struct trace_reader reader;
	struct recording r;

	recording_begin(&r);
	record_migration(&r);
	trace_log_broke(r.log, "V2-FD-006");
	trace_log_close(r.log);
	r.log = NULL;
	ck_assert_int_eq(trace_reader_open(r.path, &reader), 0);
	ck_assert_int_eq(recorded_tell(&reader, r.ctx, &counter.base), 0);
	ck_assert_uint_eq(counter.calls, reader.calls);
	trace_reader_close(&reader);
	recording_end(&r);
}
END_TEST

/* ---- a device that is lost ---------------------------------------------------------- */

static int hung_up;

static int lost(void *space, char *ret_why, size_t size)
{
	(void)space;
	snprintf(ret_why, size, "%s", "");
	return hung_up;
}

static void space_destroy(void *space)
{
	(void)space;
}

static const struct mig_transport frail = {
	.lost = lost, .space_destroy = space_destroy,
};

static ssize_t frail_pread(struct mig_file *file, void *buf, size_t len, u64 offset)
{
	(void)file, (void)buf;
	if (offset == 2)
		hung_up = -ECONNRESET;
	return hung_up ? hung_up : offset == 1 ? -EIO : (ssize_t)len;
}

static const struct mig_file_ops frail_ops = { .pread = frail_pread };

static void ck_last_line(const char *path, const char *wanted)
{
	char line[512], last[512] = "";
	FILE *file = fopen(path, "r");

	ck_assert(file);
	while (fgets(line, sizeof(line), file))
		strcpy(last, line);
	fclose(file);
	last[strcspn(last, "\n")] = '\0';
	ck_assert_str_eq(last, wanted);
}

START_TEST(nothing_is_kept_behind_the_call_that_lost_the_device)
{
	static const char fatal[] =
		"3 0.0 pread @0x2 1 = -104 (Connection reset by peer)";
	struct trace_about about = { .uris = "x:y", .test = "lost" };
	struct mig_dev dev = { .transport = &frail, .file.ops = &frail_ops };
	char dir[] = "/tmp/migcheck.XXXXXX", path[64], line[TRACE_LINE], byte = 0;
	struct trace trace;
	struct trace_log *log;
	u64 i;

	ck_assert(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/trace-lost.txt", dir);
	ck_assert_int_eq(mig_context_create(&dev.ctx), 0);
	dev.ctx->spaces[0].transport = &frail;
	dev.ctx->spaces[0].space = &hung_up;
	dev.file.dev = &dev;
	trace_init(&trace);
	mig_observe(dev.ctx, &trace.observer);
	ck_assert_int_eq(trace_log_open(dev.ctx, dir, &about, &log), 0);
	hung_up = 0;
	for (i = 0; i < 5; i++)
		mig_pread(&dev.file, &byte, 1, i);
	ck_assert_uint_eq(trace.count, 3);
	ck_assert(trace_line(&trace, 0, line, sizeof(line)));
	ck_assert_str_eq(line, fatal);
	ck_assert_str_eq(trace_log_keep(log), "trace-lost.txt");
	trace_log_close(log);
	mig_context_destroy(dev.ctx);
	ck_last_line(path, fatal);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

static const char *const no_traces[] = {
	"", "hello\n", "# migcheck trace 2\n",
	"# migcheck trace 1\n1 0.0 idle = 0\n",
	"# migcheck trace 1\n1 0.0 open emu:v2 = 0\n2 0.0 open emu:v1 = 0\n",
	"# migcheck trace 1\n1 0.0 open emu:v2 = 0\nnonsense\n",
};

START_TEST(file_that_is_no_trace_is_refused)
{
	char path[] = "/tmp/migcheck.XXXXXX";
	struct trace_reader reader;
	FILE *file = fdopen(mkstemp(path), "w");

	fputs(no_traces[_i], file);
	fclose(file);
	ck_assert_int_eq(trace_reader_open(path, &reader), -EINVAL);
	ck_assert(reader.error[0]);
	trace_reader_close(&reader);
	unlink(path);
}
END_TEST

UNIT_SUITE(trace)
{
	TCase *tc = unit_case(suite, "lines");

	tcase_add_loop_test(tc, line_comes_back_as_it_went, 0,
			    ARRAY_SIZE(calls));
	tcase_add_loop_test(tc, malformed_line_is_refused, 0,
			    ARRAY_SIZE(malformed));
	tcase_add_test(tc, cut_line_never_passes_its_room);
	tcase_add_test(tc, streams_are_found_where_they_were_read);
	tc = unit_case(suite, "logs");
	tcase_add_test(tc, log_without_a_breach_is_removed);
	tcase_add_test(tc, log_with_a_breach_is_repeated_the_same);
	tcase_add_test(tc, recorded_calls_have_their_data);
	tcase_add_test(tc, nothing_is_kept_behind_the_call_that_lost_the_device);
	tcase_add_loop_test(tc, file_that_is_no_trace_is_refused, 0,
			    ARRAY_SIZE(no_traces));
}
