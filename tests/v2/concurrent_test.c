// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users are not alone: what several threads do to a device at once is done in
 * some order, ends, and leaves a device that migrates. A kernel that looks for
 * races tells of those that went well by chance.
 */
#include <fcntl.h>
#include <pthread.h>

#include "../resting.h"
#include "log.h"

V2_FIXTURE(v2_concurrent, NEED_NOTHING)

enum {
	CONCURRENT_ROUNDS = 40,
	CONCURRENT_THREADS = 4,
	CONCURRENT_WAIT_S = 10, /* that a call may take */
};

struct crowd {
	struct bench *b;
	struct mig_file *data; /* a session to be used by all, or NULL */
	pthread_t threads[CONCURRENT_THREADS];
	u32 count;
};

typedef void *crowd_body(void *arg);

static void crowd_join(struct crowd *crowd, struct bench *b,
		       struct mig_file *data)
{
	*crowd = (struct crowd){ .b = b, .data = data };
	mig_concurrent(b->ctx, true);
}

static void crowd_add(struct crowd *crowd, crowd_body *body)
{
	if (!pthread_create(&crowd->threads[crowd->count], NULL, body, crowd))
		crowd->count++;
}

/* Where no thread makes calls any more, those still in there do not come out. */
static int crowd_wait(struct crowd *crowd, pthread_t thread)
{
	struct timespec deadline;
	u64 calls;
	int ret;

	do {
		calls = mig_calls(crowd->b->ctx);
		clock_gettime(CLOCK_REALTIME, &deadline);
		deadline.tv_sec += CONCURRENT_WAIT_S;
		ret = pthread_timedjoin_np(thread, NULL, &deadline);
	} while (ret && calls != mig_calls(crowd->b->ctx));
	return ret ? -ETIMEDOUT : 0;
}

/* 0 where all came out; threads that did not are left alone. */
static int crowd_leave(struct crowd *crowd)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < crowd->count; i++)
		if (crowd_wait(crowd, crowd->threads[i]))
			ret = -ETIMEDOUT;
	if (!ret)
		mig_concurrent(crowd->b->ctx, false);
	return ret;
}

/* A device that migrates after a reset, whatever was done to it: 0 or -errno. */
static int survives(struct bench *b)
{
	int ret = common_reset(b);

	if (!ret && common_state(b) != MIG2_RUNNING)
		ret = -EPROTO;
	return ret ? ret : common_round_trip(b);
}

/* ---- bodies ------------------------------------------------------------------- */

static void *body_sets(void *arg)
{
	static const u32 states[] = { MIG2_STOP_COPY, MIG2_STOP, MIG2_RESUMING,
				      MIG2_RUNNING };
	struct crowd *crowd = arg;
	int i;

	for (i = 0; i < CONCURRENT_ROUNDS && !bench_late(); i++)
		v2_set(&crowd->b->v2, states[i % ARRAY_SIZE(states)], NULL);
	return NULL;
}

static void *body_resets(void *arg)
{
	struct crowd *crowd = arg;
	int i;

	for (i = 0; i < CONCURRENT_ROUNDS && !bench_late(); i++)
		v2_reset(&crowd->b->v2);
	return NULL;
}

static void *body_logs(void *arg)
{
	struct crowd *crowd = arg;
	u64 bitmap[LOG_WORDS];
	int i;

	for (i = 0; i < CONCURRENT_ROUNDS && !bench_late(); i++) {
		log_start(crowd->b);
		log_report_all(crowd->b, bitmap);
		log_stop(crowd->b);
	}
	return NULL;
}

static void *body_moves(void *arg)
{
	struct crowd *crowd = arg;
	u8 bytes[64] = { 0 };
	int i;

	for (i = 0; i < 16 * CONCURRENT_ROUNDS && !bench_late(); i++)
		if (mig_read(crowd->data, bytes, sizeof(bytes)) <= 0 &&
		    mig_write(crowd->data, bytes, sizeof(bytes)) <= 0)
			break;
	return NULL;
}

static void *body_informs(void *arg)
{
	struct crowd *crowd = arg;
	struct mig2_precopy_info info;
	int i;

	for (i = 0; i < 4 * CONCURRENT_ROUNDS && !bench_late(); i++)
		v2_precopy_info(crowd->data, &info);
	return NULL;
}

/* ---- requests ------------------------------------------------------------------ */

/* Logging, resets and requests go their ways side by side. */
TEST_F(v2_concurrent, logs_resets_and_requests)
{
	struct crowd crowd;
	int left, after;

	NEEDS(NEED_LOGGING);
	ROAD(common_round_trip(self->b));
	ROAD(log_start(self->b));
	ROAD(log_stop(self->b));
	crowd_join(&crowd, self->b, NULL);
	crowd_add(&crowd, body_sets);
	crowd_add(&crowd, body_resets);
	crowd_add(&crowd, body_logs);
	left = crowd_leave(&crowd);
	after = left ? 0 : survives(self->b);
	EXPECT_REQ(V2_REQUESTS_ARE_SERIALISED, !left && !after,
		   "threads that log, reset and set: %s; then a cycle: %s",
		   common_errno(left), common_errno(after));
}

/* Two threads that log leave a log that starts. */
TEST_F(v2_concurrent, logs_and_logs)
{
	struct crowd crowd;
	int left, start;

	NEEDS(NEED_LOGGING);
	ROAD(log_start(self->b));
	ROAD(log_stop(self->b));
	crowd_join(&crowd, self->b, NULL);
	crowd_add(&crowd, body_logs);
	crowd_add(&crowd, body_logs);
	left = crowd_leave(&crowd);
	log_stop(self->b);
	start = left ? 0 : log_start(self->b);
	EXPECT_REQ(V2_LOG_RESTARTS, !left && !start,
		   "two threads that log: %s; then START: %s",
		   common_errno(left), common_errno(start));
	log_stop(self->b);
}

/* ---- sessions ---------------------------------------------------------------------- */

/* Whoever moves data or asks about it is let go when the state is left. */
TEST_F(v2_concurrent, users_of_a_session_and_requests)
{
	struct mig_file *data;
	struct crowd crowd;
	int left, after;

	ROAD(common_round_trip(self->b));
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		crowd_join(&crowd, self->b, data);
		crowd_add(&crowd, body_moves);
		crowd_add(&crowd, body_informs);
		crowd_add(&crowd, body_sets);
		left = crowd_leave(&crowd);
		after = left ? 0 : survives(self->b);
		EXPECT_REQ(V2_PARALLEL_DATA_IO_IS_SAFE, !left && !after,
			   "a session of %s in use while requests are made: %s; then a cycle: %s",
			   v2_state_name(state), common_errno(left),
			   common_errno(after));
		if (!left)
			mig_file_close(data);
	}
}

struct raw {
	int fd;
	bool writes;
};

/* No observer: the device may be closed meanwhile. */
static void *raw_moves(void *arg)
{
	struct raw *raw = arg;
	u8 bytes[16] = { 0 };
	int i;

	for (i = 0; i < 64 * CONCURRENT_ROUNDS && !bench_late(); i++)
		if ((raw->writes ? write(raw->fd, bytes, sizeof(bytes)) :
				   read(raw->fd, bytes, sizeof(bytes))) <= 0)
			break;
	return NULL;
}

/* A device that is closed ends its sessions, also those that are just in use. */
TEST_F(v2_concurrent, sessions_and_the_last_close)
{
	struct mig_file *data;
	struct raw raw;
	pthread_t thread;
	ssize_t moved;
	u8 byte = 0;

	NEEDS(NEED_DESCRIPTORS);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		raw = (struct raw){ dup(data->fd), state == MIG2_RESUMING };
		ASSERT_EQ(0, pthread_create(&thread, NULL, raw_moves, &raw));
		ROAD(bench_reopen());
		pthread_join(thread, NULL);
		mig_file_close(data);
		moved = raw.writes ? write(raw.fd, &byte, 1) :
				     read(raw.fd, &byte, 1);
		close(raw.fd);
		EXPECT_REQ(V2_DATA_FD_DIES_WITH_DEVICE, moved <= 0,
			   "in use while its device was closed, the data_fd of %s moves %zd bytes",
			   v2_state_name(state), moved);
	}
}

/* ---- removal -------------------------------------------------------------------------- */

/* The file of sysfs below a mediated device, or "" where it is none. */
static void mdev_path(struct mig_dev *dev, const char *name, char path[300])
{
	int len = (int)strcspn(dev->uri + strlen("vfio:"), "?");

	snprintf(path, 300, "/sys/bus/mdev/devices/%.*s/%s",
		 len < 64 ? len : 64, dev->uri + strlen("vfio:"), name);
	if (strncmp(dev->uri, "vfio:", 5) || access(path, F_OK))
		path[0] = '\0';
}

struct removal {
	char path[300];
	resting_tid tid;
};

static void *remove_it(void *arg)
{
	struct removal *removal = arg;
	int fd = open(removal->path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	removal->tid = gettid();
	n = write(fd, "1", 1);
	close(fd);
	return (void *)n;
}

static int create_again(const char *type, const char *uuid)
{
	char path[4200];
	size_t len = strlen(uuid);
	int fd, ret;

	snprintf(path, sizeof(path), "%.4000s/create", type);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ret = write(fd, uuid, len) == (ssize_t)len ? 0 : -errno;
	close(fd);
	return ret;
}

/* A device that is removed while it is in use waits for its user, or fails him. */
TEST_F(v2_concurrent, users_and_the_removal)
{
	char type[4096], path[300], uuid[64];
	struct mig_file *data;
	struct removal removal;
	pthread_t thread;
	int trip;

	if (self->b->profile != PROFILE_HOSTILE)
		NOT_OFFERED("what is only done in profile hostile");
	mdev_path(self->dev, "remove", removal.path);
	mdev_path(self->dev, "mdev_type", path);
	if (!removal.path[0] || !realpath(path, type))
		NOT_OFFERED("a device that can be removed");
	snprintf(uuid, sizeof(uuid), "%.36s", self->dev->uri + strlen("vfio:"));
	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		removal.tid = 0;
		ASSERT_EQ(0, pthread_create(&thread, NULL, remove_it, &removal));
		resting_await(&removal.tid);
		v2_set(self->v2, MIG2_STOP, NULL);
		mig_file_close(data);
		stimulus_rebind(self->stim, NULL);
		mig_close(self->b->dev);
		self->b->dev = NULL;
		pthread_join(thread, NULL);
		ROAD(create_again(type, uuid));
		ROAD(bench_reopen());
		trip = common_round_trip(self->b);
		EXPECT_REQ(V2_DATA_FD_OUTLIVES_DEVICE_SAFELY, !trip,
			   "removed in %s while it was open, and made again: a cycle %s",
			   v2_state_name(state), common_errno(trip));
	}
}

EXPECT_MAIN
