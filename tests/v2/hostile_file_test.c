// SPDX-License-Identifier: GPL-2.0-only
/*
 * data_fd promises to be safe in the hands of a bad user: several threads at
 * once, a buffer that stalls, a descriptor that is older than its device. A
 * driver that breaks this breaks its kernel, so that these are only done in
 * profile hostile.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "../resting.h"
#include "common.h"

V2_FIXTURE(v2_hostile_file, NEED_DESCRIPTORS)

#define HOSTILE_ONLY(b)                                          \
	do {                                                     \
		if ((b)->profile != PROFILE_HOSTILE)             \
			NOT_OFFERED("what is only done in profile hostile"); \
	} while (0)

/* ---- threads ------------------------------------------------------------------ */

struct writer {
	struct mig_file *data;
	const struct stream *stream;
	size_t taken;
};

static void *write_it_all(void *arg)
{
	struct writer *w = arg;
	ssize_t count;

	while (w->taken < w->stream->len) {
		count = mig_write(w->data, w->stream->bytes + w->taken,
				  w->stream->len - w->taken);
		if (count <= 0)
			break;
		w->taken += (size_t)count;
	}
	return NULL;
}

/* Two threads that write at once cannot load more than one stream. */
TEST_F(v2_hostile_file, parallel_writes_load_no_more_than_one_stream)
{
	struct mig_file *data;
	struct stream stream;
	struct writer writers[2];
	pthread_t threads[2];
	int i, left, trip;

	NEEDS(NEED_DESCRIPTORS);
	HOSTILE_ONLY(self->b);
	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	mig_concurrent(self->b->ctx, true);
	for (i = 0; i < 2; i++) {
		writers[i] = (struct writer){ data, &stream, 0 };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, write_it_all,
					    &writers[i]));
	}
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	mig_concurrent(self->b->ctx, false);
	left = v2_set(self->v2, MIG2_STOP, NULL);
	trip = common_round_trip(self->b);
	EXPECT_REQ(V2_PARALLEL_DATA_IO_IS_SAFE,
		   (left || writers[0].taken + writers[1].taken <= stream.len) &&
			   !trip,
		   "%zu and %zu bytes of a stream of %zu; the load %s, a cycle %s",
		   writers[0].taken, writers[1].taken, stream.len,
		   common_errno(left), common_errno(trip));
}

/* ---- a buffer that stalls ------------------------------------------------------- */

/* A page whose first use waits until somebody fills it, as memory on disk does. */
struct stall {
	int fd; /* userfaultfd */
	u8 *page;
	size_t len;
};

static int stall_create(struct stall *ret_stall)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct stall s = { .len = (size_t)sysconf(_SC_PAGESIZE) };

	s.fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (s.fd < 0)
		return -errno;
	s.page = mmap(NULL, s.len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)s.page;
	range.range.len = s.len;
	if (s.page == MAP_FAILED || ioctl(s.fd, UFFDIO_API, &api) ||
	    ioctl(s.fd, UFFDIO_REGISTER, &range)) {
		close(s.fd);
		return -ENOSYS;
	}
	*ret_stall = s;
	return 0;
}

/* Waits until it is used, at most a second. */
static bool stall_met(const struct stall *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	return poll(&p, 1, 1000) == 1;
}

static void stall_end(const struct stall *s, const struct stream *stream)
{
	static u8 bytes[1 << 16];
	struct uffdio_copy copy = { .dst = (uintptr_t)s->page,
				    .src = (uintptr_t)bytes, .len = s->len };

	memcpy(bytes, stream->bytes, stream->len);
	ioctl(s->fd, UFFDIO_COPY, &copy);
}

struct raw_writer {
	int fd;
	const void *bytes;
	size_t len;
	ssize_t count;
	resting_tid tid;
};

static void *write_once(void *arg)
{
	struct raw_writer *w = arg;

	w->tid = gettid();
	w->count = write(w->fd, w->bytes, w->len);
	return NULL;
}

/* Two writes that begin before either is done: both have seen the same room. */
static int write_overlapping(const struct stall *s, int fd,
			     const struct stream *stream, ssize_t counts[2])
{
	struct raw_writer writers[2] = {
		{ .fd = fd, .bytes = s->page, .len = stream->len },
		{ .fd = fd, .bytes = stream->bytes, .len = stream->len },
	};
	pthread_t threads[2];
	int i;

	for (i = 0; i < 2; i++) {
		if (pthread_create(&threads[i], NULL, write_once, &writers[i]))
			return -EAGAIN;
		if (!i)
			stall_met(s);
	}
	resting_await(&writers[1].tid);
	stall_end(s, stream);
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		counts[i] = writers[i].count;
	}
	return 0;
}

/* Each of them alone would be right. */
TEST_F(v2_hostile_file, overlapping_writes_load_no_more_than_one_stream)
{
	struct mig_file *data;
	struct stream stream;
	ssize_t counts[2];
	struct stall stall;
	int left, trip;

	HOSTILE_ONLY(self->b);
	if (stall_create(&stall))
		SKIP(return, "needs userfaultfd");
	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	if (stream.len > stall.len)
		NOT_OFFERED("a stream of a page");
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	ROAD(write_overlapping(&stall, data->fd, &stream, counts));
	left = v2_set(self->v2, MIG2_STOP, NULL);
	trip = common_round_trip(self->b);
	EXPECT_REQ(V2_PARALLEL_DATA_IO_IS_SAFE,
		   (left || counts[0] <= 0 || counts[1] <= 0 ||
		    (size_t)(counts[0] + counts[1]) <= stream.len) && !trip,
		   "%zd and %zd bytes of a stream of %zu; the load %s, a cycle %s",
		   counts[0], counts[1], stream.len, common_errno(left),
		   common_errno(trip));
}

/* ---- age -------------------------------------------------------------------- */

/* An fd that is kept beyond its device does nothing any more, nor any harm. */
TEST_F(v2_hostile_file, data_fds_outlive_the_device_safely)
{
	u8 bytes[64] = { 0 };
	struct mig2_precopy_info info = { .argsz = sizeof(info) };
	struct mig_file *data;
	int fd, trip;

	NEEDS(NEED_DESCRIPTORS);
	HOSTILE_ONLY(self->b);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		fd = data->fd;
		ROAD(bench_reopen());
		ROAD(mig_session(self->b->dev, fd, &data));
		mig_read(data, bytes, sizeof(bytes));
		mig_write(data, bytes, sizeof(bytes));
		mig_ioctl(data, UAPI_MIG_GET_PRECOPY_INFO, &info);
		mig_file_close(data);
		trip = common_round_trip(self->b);
		EXPECT_REQ(V2_DATA_FD_OUTLIVES_DEVICE_SAFELY, !trip,
			   "an fd of %s was used after a close: a cycle %s",
			   v2_state_name(state), common_errno(trip));
	}
}

/* ---- a device that goes --------------------------------------------------------- */

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int ret = n < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

/* A mediated device goes and comes; its type knows how to make it again. */
static int remove_and_create(const char *uuid)
{
	char path[300], link[200], type[4096];

	snprintf(link, sizeof(link), "/sys/bus/mdev/devices/%.100s", uuid);
	snprintf(path, sizeof(path), "%s/mdev_type", link);
	if (!realpath(path, type))
		return -errno;
	snprintf(path, sizeof(path), "%s/remove", link);
	if (write_text(path, "1"))
		return -errno;
	snprintf(path, sizeof(path), "%.250s/create", type);
	return write_text(path, uuid);
}

/* The kernel may have given its memory to others. */
TEST_F(v2_hostile_file, data_fds_outlive_the_removal_safely)
{
	struct mig2_precopy_info info = { .argsz = sizeof(info) };
	struct mig_file *data;
	u8 bytes[64] = { 0 };
	char uuid[37], path[200];
	int fd, trip;

	HOSTILE_ONLY(self->b);
	snprintf(uuid, sizeof(uuid), "%.36s", self->dev->uri + strlen("vfio:"));
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s", uuid);
	if (strncmp(self->dev->uri, "vfio:", 5) || access(path, F_OK))
		NOT_OFFERED("a device that can be removed");
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		fd = dup(data->fd);
		stimulus_rebind(self->stim, NULL);
		mig_close(self->b->dev);
		self->b->dev = NULL;
		ROAD(remove_and_create(uuid));
		ioctl(fd, UAPI_MIG_GET_PRECOPY_INFO, &info);
		if (read(fd, bytes, sizeof(bytes)) < 0)
			write(fd, bytes, sizeof(bytes));
		close(fd);
		ROAD(bench_reopen());
		trip = common_round_trip(self->b);
		EXPECT_REQ(V2_DATA_FD_OUTLIVES_DEVICE_SAFELY, !trip,
			   "an fd of %s was used after the device had gone: a cycle %s",
			   v2_state_name(state), common_errno(trip));
	}
}

EXPECT_MAIN
