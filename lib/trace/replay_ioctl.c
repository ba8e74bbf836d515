// SPDX-License-Identifier: GPL-2.0-only
/* Requests of a replay: arguments with this process's pointers and fds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../uapi/mig2.h"
#include "replay_internal.h"

enum {
	ARGUMENT_MAX = 1 << 20,
	ARGUMENT_ROOM = 8192, /* for a request that claims less than it writes */
	EVENTFDS = 128,
	HOT_RESET = UAPI_IO(13),
};

/* One request in the making. */
struct request {
	struct replay *r;
	const struct trace_step *step;
	u8 *argument;
	size_t room;
	u64 *bitmap; /* for a report of dirty memory */
	int eventfds[EVENTFDS];
	int eventfd_count;
};

static u32 flags_of(const struct request *q)
{
	u32 flags;

	memcpy(&flags, q->argument + sizeof(u32), sizeof(flags));
	return flags;
}

/* Each descriptor of the recorded process becomes a fresh one. */
static void put_eventfds(struct request *q)
{
	struct uapi_irq_set set;
	size_t at = sizeof(set);
	s32 fd;

	memcpy(&set, q->argument, sizeof(set));
	if (q->step->in.len < sizeof(set) ||
	    (set.flags & 7) != UAPI_IRQ_DATA_EVENTFD)
		return;
	/* Beyond what the trace has there are none. */
	memset(q->argument + q->step->in.len, 0xff, q->room - q->step->in.len);
	for (; at + sizeof(fd) <= q->step->in.len; at += sizeof(fd)) {
		memcpy(&fd, q->argument + at, sizeof(fd));
		if (fd >= 0 && q->eventfd_count < EVENTFDS) {
			fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
			q->eventfds[q->eventfd_count++] = fd;
		} else {
			fd = -1;
		}
		memcpy(q->argument + at, &fd, sizeof(fd));
	}
}

static void put_ranges(struct request *q)
{
	u64 pointer = q->step->pointed.bytes ?
			      (uintptr_t)q->step->pointed.bytes :
			      (uintptr_t)q->r->hole;

	memcpy(q->argument + sizeof(struct uapi_feature) +
		       offsetof(struct mig2_log_start, ranges),
	       &pointer, sizeof(pointer));
}

static void put_bitmap(struct request *q)
{
	struct mig2_log_report report;
	u64 pages, pointer = (uintptr_t)q->r->hole;

	memcpy(&report, q->argument + sizeof(struct uapi_feature),
	       sizeof(report));
	pages = report.page_size ? report.length / report.page_size : 0;
	if (pages < REPLAY_MOVE_MAX)
		q->bitmap = calloc(pages / 64 + 2, sizeof(u64));
	if (q->bitmap)
		pointer = (uintptr_t)q->bitmap;
	memcpy(q->argument + sizeof(struct uapi_feature) +
		       offsetof(struct mig2_log_report, bitmap),
	       &pointer, sizeof(pointer));
}

static const struct {
	u32 request, feature;
	void (*put)(struct request *q);
} patches[] = {
	{ UAPI_DEVICE_SET_IRQS, 0, put_eventfds },
	{ UAPI_DEVICE_FEATURE, MIG2_FEATURE_LOG_START, put_ranges },
	{ UAPI_DEVICE_FEATURE, MIG2_FEATURE_LOG_REPORT, put_bitmap },
};

static void patch(struct request *q)
{
	u32 feature = 0;
	size_t i;

	if (q->step->request == UAPI_DEVICE_FEATURE)
		feature = flags_of(q) & (UAPI_FEATURE_INDEX | UAPI_FEATURE_PROBE);
	for (i = 0; i < ARRAY_SIZE(patches); i++)
		if (q->step->request == patches[i].request &&
		    feature == patches[i].feature)
			patches[i].put(q);
}

/* The argument, as long as it claims to be. */
static bool make_argument(struct request *q)
{
	const struct trace_bytes *in = &q->step->in;
	u32 argsz = 0;

	if (in->len >= sizeof(argsz))
		memcpy(&argsz, in->bytes, sizeof(argsz));
	if (argsz > ARGUMENT_MAX)
		return false;
	q->room = argsz > ARGUMENT_ROOM ? argsz : ARGUMENT_ROOM;
	q->argument = calloc(1, q->room);
	if (!q->argument)
		return false;
	if (in->len)
		memcpy(q->argument, in->bytes, in->len);
	patch(q);
	return true;
}

/* Where a SET of the device state has its fd. */
static bool is_set(const struct trace_step *step)
{
	struct uapi_feature head;

	if (step->session || step->request != UAPI_DEVICE_FEATURE ||
	    step->in.len < sizeof(head) + sizeof(struct mig2_device_state))
		return false;
	memcpy(&head, step->in.bytes, sizeof(head));
	return head.flags == (MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_SET);
}

static s32 fd_in(const u8 *argument)
{
	s32 fd;

	memcpy(&fd, argument + sizeof(struct uapi_feature) +
	       offsetof(struct mig2_device_state, data_fd), sizeof(fd));
	return fd;
}

static void compare_set(struct request *q)
{
	s32 now = fd_in(q->argument), then = fd_in(q->step->out.bytes);

	if (now >= 0)
		replay_got_fd(q->r, q->step->device, then, now);
	if ((now < 0 || then < 0) && now != then)
		replay_differs(q->r, q->step, "gives data_fd %d, gave %d", now,
			       then);
}

static void compare_answer(struct request *q, s64 ret)
{
	const struct trace_bytes *in = &q->step->in, *out = &q->step->out;

	replay_compare(q->r, q->step, ret);
	if (ret < 0)
		return;
	if (is_set(q->step)) {
		compare_set(q);
		return;
	}
	/* Where it was not patched, and the device had something to say. */
	if (q->bitmap || q->eventfd_count || q->step->pointed.bytes || !in->len)
		return;
	if (memcmp(q->argument, out->bytes, out->len))
		replay_differs(q->r, q->step, "gives another answer");
}

static const char *refuse(const struct trace_step *step, struct mig_file *file)
{
	if (step->request == HOT_RESET ||
	    (!step->session && (step->request == UAPI_DEVICE_BIND_IOMMUFD ||
				step->request == UAPI_DEVICE_ATTACH_IOMMUFD_PT)))
		return "left out: it names descriptors of the recorded process";
	if ((step->blind || step->ret == -EFAULT) &&
	    !(file->dev->caps & MIG_CAP_BAD_POINTERS))
		return "left out: it was made with a bad pointer";
	return NULL;
}

void replay_ioctl(struct replay *r, const struct trace_step *step,
		  struct mig_file *file)
{
	struct request q = { .r = r, .step = step };
	const char *why = refuse(step, file);
	int i;

	if (!why && !step->blind && step->in.len && !make_argument(&q))
		why = "left out: its argument is too large";
	if (why)
		replay_left_out(r, step, why);
	else if (step->blind)
		replay_compare(r, step, mig_ioctl_blind(file, step->request,
							r->hole));
	else
		compare_answer(&q, mig_ioctl(file, step->request, q.argument));
	for (i = 0; i < q.eventfd_count; i++)
		close(q.eventfds[i]);
	free(q.bitmap);
	free(q.argument);
}
