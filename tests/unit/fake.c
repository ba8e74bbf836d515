// SPDX-License-Identifier: GPL-2.0-only
#include <check.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "fake.h"

enum { REGION_INDEX = 9 };

static struct fake *fake_of(struct mig_file *file)
{
	return (struct fake *)((char *)file - offsetof(struct fake, dev.file));
}

static int answer_region(struct fake *f, void *arg)
{
	struct {
		struct uapi_region_info info;
		struct uapi_cap_type type;
	} answer;
	u32 argsz;

	memcpy(&answer.info, arg, sizeof(answer.info));
	argsz = answer.info.argsz;
	if (answer.info.index == UAPI_PCI_CONFIG) {
		answer.info.offset = FAKE_CONFIG_OFFSET;
		answer.info.size = 0x100;
		memcpy(arg, &answer.info, sizeof(answer.info));
		return 0;
	}
	if (answer.info.index != REGION_INDEX || !f->region_size)
		return -EINVAL;
	answer.info = (struct uapi_region_info){
		.argsz = sizeof(answer), .index = REGION_INDEX,
		.flags = UAPI_REGION_READ | UAPI_REGION_WRITE | UAPI_REGION_CAPS,
		.offset = FAKE_REGION_OFFSET, .size = f->region_size,
		.cap_offset = argsz < sizeof(answer) ? 0 : sizeof(answer.info),
	};
	answer.type = (struct uapi_cap_type){
		.header = { .id = UAPI_CAP_TYPE, .version = 1 },
		.type = MIG1_REGION_TYPE, .subtype = MIG1_REGION_SUBTYPE,
	};
	memcpy(arg, &answer, argsz < sizeof(answer) ? sizeof(answer.info) :
	       sizeof(answer));
	return 0;
}

static int answer_feature(struct fake *f, void *arg)
{
	struct {
		struct uapi_feature head;
		union {
			struct mig2_migration migration;
			struct mig2_device_state state;
		};
	} *feature = arg;
	u32 index = feature->head.flags & UAPI_FEATURE_INDEX;

	if (!f->caps)
		return -ENOTTY;
	if (index == MIG2_FEATURE_MIGRATION)
		feature->migration.flags = f->caps;
	else
		feature->state = (struct mig2_device_state){ f->state, -1 };
	return 0;
}

static int answer_ioctl(struct mig_file *file, u32 request, void *arg)
{
	struct uapi_device_info info = {
		.argsz = sizeof(info), .num_regions = REGION_INDEX + 1,
	};

	if (request == UAPI_DEVICE_GET_REGION_INFO)
		return answer_region(fake_of(file), arg);
	if (request == UAPI_DEVICE_FEATURE)
		return answer_feature(fake_of(file), arg);
	if (request == UAPI_DEVICE_GET_INFO)
		memcpy(arg, &info, sizeof(info));
	return 0;
}

static ssize_t answer_pread(struct mig_file *file, void *buf, size_t len,
			    u64 offset)
{
	struct fake *f = fake_of(file);

	if (offset != FAKE_REGION_OFFSET || len != sizeof(f->state))
		return -EINVAL;
	if (f->state_ret)
		return f->state_ret;
	memcpy(buf, &f->state, len);
	return (ssize_t)len;
}

static const struct mig_file_ops ops = {
	.ioctl = answer_ioctl,
	.pread = answer_pread,
};

static void count_fact(struct report_sink *sink, const struct report_fact *fact)
{
	struct fake *f = (struct fake *)((char *)sink -
					 offsetof(struct fake, sink));

	f->facts[fact->req][fact->outcome]++;
}

void fake_open(struct fake *f, int generation)
{
	memset(f, 0, sizeof(*f));
	mig_context_create(&f->ctx);
	f->dev.ctx = f->ctx;
	f->dev.file.dev = &f->dev;
	f->dev.file.ops = &ops;
	f->sink.fact = count_fact;
	f->region_size = FAKE_REGION_SIZE;
	if (generation == 1) {
		f->state = MIG1_RUNNING;
		judge_v1_create(f->ctx, &f->sink, &f->judge);
	} else {
		f->state = MIG2_RUNNING;
		f->caps = MIG2_CAP_KNOWN;
		judge_v2_create(f->ctx, &f->sink, &f->judge);
	}
	fake_op(f, MIG_OPEN);
}

void fake_close(struct fake *f)
{
	judge_destroy(f->judge);
	mig_context_destroy(f->ctx);
}

int fake_complaints(const struct fake *f)
{
	int req, sum = 0;

	for (req = 0; req < REQ_COUNT; req++)
		sum += f->facts[req][REPORT_LAPSE] + f->facts[req][REPORT_BREACH];
	return sum;
}

bool fake_breached(const struct fake *f, enum req req)
{
	return f->facts[req][REPORT_BREACH];
}

bool fake_lapsed(const struct fake *f, enum req req)
{
	return f->facts[req][REPORT_LAPSE];
}

static void feed(struct fake *f, struct mig_call call)
{
	/* An observer is what every judge is first. */
	struct mig_observer *observer = (struct mig_observer *)f->judge;

	call.dev = &f->dev;
	call.concurrent = f->concurrent;
	call.seq = ++f->seq;
	if (f->lint) {
		lint_user_feed(f->lint, &call);
		return;
	}
	observer->called(observer, &call);
}

void fake_op(struct fake *f, enum mig_op op)
{
	feed(f, (struct mig_call){ .op = op });
}

void fake_pread(struct fake *f, u64 offset, size_t len, u64 value, s64 ret)
{
	feed(f, (struct mig_call){
		.op = MIG_PREAD, .offset = FAKE_REGION_OFFSET + offset,
		.len = len, .ret = ret, .out = ret > 0 ? &value : NULL,
		.out_len = ret <= 0 ? 0 : ret < 8 ? (size_t)ret : 8,
	});
}

void fake_pwrite(struct fake *f, u64 offset, size_t len, u64 value, s64 ret)
{
	feed(f, (struct mig_call){
		.op = MIG_PWRITE, .offset = FAKE_REGION_OFFSET + offset,
		.len = len, .ret = ret, .in = &value,
		.in_len = ret == -EFAULT ? 0 : len < 8 ? len : 8,
	});
}

void fake_ioctl(struct fake *f, u32 session, u32 request, const void *in,
		const void *out, size_t len, s64 ret)
{
	feed(f, (struct mig_call){
		.op = MIG_IOCTL, .session = session, .request = request,
		.in = in, .out = out, .in_len = len, .out_len = len, .ret = ret,
	});
}

void fake_reset(struct fake *f, s64 ret, u32 state)
{
	f->state = state;
	fake_ioctl(f, 0, UAPI_DEVICE_RESET, NULL, NULL, 0, ret);
}

void fake_read(struct fake *f, u32 session, size_t len, s64 ret)
{
	feed(f, (struct mig_call){ .op = MIG_READ, .session = session,
				   .len = len, .ret = ret });
}

void fake_write(struct fake *f, u32 session, size_t len, s64 ret)
{
	feed(f, (struct mig_call){ .op = MIG_WRITE, .session = session,
				   .len = len, .ret = ret });
}

void fake_session_close(struct fake *f, u32 session)
{
	feed(f, (struct mig_call){ .op = MIG_SESSION_CLOSE, .session = session });
}

void fake_feature(struct fake *f, u32 flags, u64 in, u64 out, s64 ret)
{
	struct {
		struct uapi_feature head;
		u64 payload;
	} before = { { sizeof(before), flags }, in },
	  after = { { sizeof(after), flags }, out };

	fake_ioctl(f, 0, UAPI_DEVICE_FEATURE, &before, &after, sizeof(before),
		   ret);
}

void fake_expect_silence(int generation, void (*tell)(struct fake *f))
{
	struct fake f;

	fake_open(&f, generation);
	tell(&f);
	ck_assert_int_eq(fake_complaints(&f), 0);
	fake_close(&f);
}

void fake_expect_breach(int generation, const struct fake_story *story)
{
	struct fake f;

	fake_open(&f, generation);
	story->tell(&f);
	ck_assert_msg(fake_breached(&f, story->rule), "%s",
		      spec_rows[story->rule].symbol);
	fake_close(&f);
}

void fake_expect_lapse(int generation, const struct fake_story *story)
{
	struct fake f;

	fake_open(&f, generation);
	story->tell(&f);
	ck_assert_msg(fake_lapsed(&f, story->rule), "%s",
		      spec_rows[story->rule].symbol);
	ck_assert_int_eq(fake_complaints(&f), 1);
	fake_close(&f);
}

bool fake_has_story(const struct fake_story *stories, enum req rule)
{
	for (; stories->rule != REQ_COUNT; stories++)
		if (stories->rule == rule)
			return true;
	return false;
}
