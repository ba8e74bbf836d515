// SPDX-License-Identifier: GPL-2.0-only
/*
 * data_fd promises to be a good file: one direction, no position, closed on
 * exec; it can be lost, duplicated and interrupted, and survives bad buffers.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "common.h"

V2_FIXTURE(v2_descriptor, NEED_NOTHING)

enum {
	DESCRIPTOR_WAIT_S = 10,
	DESCRIPTOR_EDGE = 100, /* bytes that are good in a bad buffer */
	DESCRIPTOR_ASKED = 4096,
};

/* ---- what kind of file it is -------------------------------------------------- */

/* No program that is started inherits it. */
TEST_F(v2_descriptor, data_fds_are_closed_on_exec)
{
	struct mig_file *data;
	int flags;

	NEEDS(NEED_DESCRIPTORS);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		flags = fcntl(data->fd, F_GETFD);
		EXPECT_REQ(V2_DATA_FD_IS_CLOEXEC,
			   flags >= 0 && (flags & FD_CLOEXEC),
			   "the fd of %s has descriptor flags 0x%x",
			   v2_state_name(state), flags);
		mig_file_close(data);
	}
}

/* What comes out of a device does not take anything in. */
TEST_F(v2_descriptor, saving_fd_cannot_be_written)
{
	u8 bytes[64] = { 0 };
	struct mig_file *data;
	struct stream stream;
	ssize_t count;
	int whole;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	ROAD(v2_collect_some(data, 100, &stream));
	count = mig_write(data, bytes, sizeof(bytes));
	ROAD(v2_collect(data, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_DATA_FD_HAS_ONE_DIRECTION, count < 0 && whole,
		   "a saving fd took %zd bytes; its stream %s", count,
		   whole ? "restores" : "does not restore");
}

/* What goes in cannot be read back. */
TEST_F(v2_descriptor, resuming_fd_cannot_be_read)
{
	u8 bytes[64];
	struct mig_file *data;
	struct stream stream;
	ssize_t count;
	int ret;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	ROAD(v2_load(data, NULL, &stream, 0, stream.len / 2));
	count = mig_read(data, bytes, sizeof(bytes));
	ret = v2_load(data, NULL, &stream, stream.len / 2, stream.len);
	ROAD(ret);
	EXPECT_REQ(V2_DATA_FD_HAS_ONE_DIRECTION, count < 0,
		   "a resuming fd gave %zd bytes", count);
}

/* The file says so itself, or at least does not say the contrary. */
TEST_F(v2_descriptor, access_mode_tells_the_direction)
{
	struct mig_file *data;
	int mode, expected;

	NEEDS(NEED_DESCRIPTORS);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		mode = fcntl(data->fd, F_GETFL) & O_ACCMODE;
		expected = state == MIG2_RESUMING ? O_WRONLY : O_RDONLY;
		EXPECT_REQ(V2_DATA_FD_HAS_ONE_DIRECTION,
			   mode == expected || mode == O_RDWR,
			   "the fd of %s has access mode %d",
			   v2_state_name(state), mode);
		PREFER_REQ(V2_DATA_FD_HAS_ONE_DIRECTION, mode == expected,
			   "the fd of %s has access mode %d",
			   v2_state_name(state), mode);
		mig_file_close(data);
	}
}

/* A stream has no positions: reading somewhere costs it nothing. */
TEST_F(v2_descriptor, saving_fd_has_no_positions)
{
	u8 bytes[64];
	struct mig_file *data;
	struct stream stream;
	ssize_t count;
	int whole;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	ROAD(v2_collect_some(data, 100, &stream));
	count = mig_pread(data, bytes, sizeof(bytes), 0);
	ROAD(v2_collect(data, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_DATA_FD_IS_A_STREAM, count < 0 && whole,
		   "pread gave %zd; the stream %s", count,
		   whole ? "restores" : "does not restore");
	PREFER_REQ(V2_DATA_FD_IS_A_STREAM, count >= 0 || count == -ESPIPE,
		   "pread: %s", common_errno((int)count));
}

/* Nor can one write somewhere. */
TEST_F(v2_descriptor, resuming_fd_has_no_positions)
{
	struct mig_file *data;
	struct stream stream;
	ssize_t count;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	count = mig_pwrite(data, stream.bytes, stream.len < 16 ? stream.len : 16,
			   0);
	EXPECT_REQ(V2_DATA_FD_IS_A_STREAM, count < 0, "pwrite took %zd bytes",
		   count);
	PREFER_REQ(V2_DATA_FD_IS_A_STREAM, count >= 0 || count == -ESPIPE,
		   "pwrite: %s", common_errno((int)count));
}

/* Or seek. */
TEST_F(v2_descriptor, data_fds_cannot_seek)
{
	struct mig_file *data;
	off_t at;
	int why;

	NEEDS(NEED_DESCRIPTORS);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		at = lseek(data->fd, 0, SEEK_SET);
		why = errno;
		EXPECT_REQ(V2_DATA_FD_IS_A_STREAM, at < 0,
			   "lseek of the fd of %s gives %lld",
			   v2_state_name(state), (long long)at);
		PREFER_REQ(V2_DATA_FD_IS_A_STREAM, at >= 0 || why == ESPIPE,
			   "lseek of the fd of %s: %s", v2_state_name(state),
			   strerror(why));
		mig_file_close(data);
	}
}

/* ---- fds that get lost ------------------------------------------------------------ */

/* SET with no descriptor free. */
static int set_without_fds(struct bench *b, u32 state, s32 *ret_fd)
{
	struct rlimit old, none;
	int ret;

	if (getrlimit(RLIMIT_NOFILE, &old))
		return -errno;
	none = (struct rlimit){ 0, old.rlim_max };
	if (setrlimit(RLIMIT_NOFILE, &none))
		return -errno;
	ret = v2_set_raw(&b->v2, state, ret_fd);
	setrlimit(RLIMIT_NOFILE, &old);
	return ret;
}

/* Where only the fd fails, the state has changed, and data_fd says nothing. */
TEST_F(v2_descriptor, a_lost_fd_is_told_by_emfile)
{
	u32 left = MIG2_STATES;
	int i, ret = 0;
	s32 fd = -1;

	NEEDS(NEED_DESCRIPTORS);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		for (i = 0; i < COMMON_TRIES; i++) {
			ROAD(bench_fresh());
			ret = set_without_fds(self->b, state, &fd);
			ROAD(v2_state(self->v2, &left));
			if (ret == -EMFILE || !ret)
				break;
		}
		EXPECT_REQ(V2_FAILED_SET_RETURNS_NO_FD,
			   ret == -EMFILE && fd == V2_FD_UNTOUCHED &&
				   left == state,
			   "SET %s without free descriptors: %s, data_fd %d, then %s",
			   v2_state_name(state), common_errno(ret), fd,
			   v2_state_name(left));
	}
}

/* The session whose fd was lost can be ended, and others follow. */
TEST_F(v2_descriptor, a_session_without_fd_can_be_ended)
{
	int recovered, trip;
	s32 fd;

	NEEDS(NEED_DESCRIPTORS);
	ROAD(common_round_trip(self->b));
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(bench_fresh());
		set_without_fds(self->b, state, &fd);
		recovered = v2_recover(self->v2);
		trip = common_round_trip(self->b);
		EXPECT_REQ(V2_LOST_FD_IS_RECOVERABLE, !recovered && !trip,
			   "fd lost in %s: back to RUNNING %s, then a cycle %s",
			   v2_state_name(state), common_errno(recovered),
			   common_errno(trip));
	}
}

/* The same where the answer could not be written. */
TEST_F(v2_descriptor, a_session_of_unknown_fd_can_be_ended)
{
	int recovered, trip;

	NEEDS(NEED_BAD_POINTERS);
	ROAD(common_round_trip(self->b));
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(bench_fresh());
		common_faulty(self->b, UAPI_FEATURE_SET, state, PROT_READ);
		recovered = v2_recover(self->v2);
		trip = common_round_trip(self->b);
		EXPECT_REQ(V2_LOST_FD_IS_RECOVERABLE, !recovered && !trip,
			   "fd lost in %s: back to RUNNING %s, then a cycle %s",
			   v2_state_name(state), common_errno(recovered),
			   common_errno(trip));
	}
}

/* ---- several descriptors of one file ------------------------------------------------ */

/* A duplicate is the same stream at the same position, and may outlive the first. */
TEST_F(v2_descriptor, duplicates_share_the_stream)
{
	struct mig_file *data, *twin;
	struct stream stream;
	int whole;

	NEEDS(NEED_DESCRIPTORS);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	ROAD(mig_session(self->dev, dup(data->fd), &twin));
	ROAD(v2_collect_some(data, 20, &stream));
	ROAD(v2_collect_some(twin, 20, &stream));
	mig_file_close(data);
	ROAD(v2_collect(twin, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_DATA_FD_IS_A_STREAM, whole,
		   "a stream read by two descriptors of one fd does not restore");
}

/* The copies that a child process closes are not the last. */
TEST_F(v2_descriptor, a_child_closes_its_own_copy)
{
	struct mig_file *data;
	struct stream stream;
	int whole;
	pid_t child;

	NEEDS(NEED_DESCRIPTORS);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	child = fork();
	if (!child)
		_exit(0);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	ROAD(v2_collect(data, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_DATA_FD_MAY_BE_CLOSED_EARLY, whole,
		   "a child has closed its copies; the stream does not restore");
}

/* An fd whose device is closed ends there and then. */
TEST_F(v2_descriptor, data_fds_end_with_the_device)
{
	u8 bytes[64] = { 0 };
	struct mig_file *data;
	ssize_t in, out;
	int fd;

	NEEDS(NEED_DESCRIPTORS);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach_ready(self->b, state, &data));
		fd = data->fd;
		mig_close(self->b->dev);
		self->b->dev = NULL;
		out = read(fd, bytes, sizeof(bytes));
		in = write(fd, bytes, sizeof(bytes));
		close(fd);
		ROAD(bench_reopen());
		EXPECT_REQ(V2_DATA_FD_DIES_WITH_DEVICE, out <= 0 && in <= 0,
			   "device closed in %s: its fd gave %zd bytes and took %zd",
			   v2_state_name(state), out, in);
		ROAD(bench_fresh());
	}
}

/* ---- waiting -------------------------------------------------------------------------- */

static void *read_to_the_end(void *arg)
{
	struct mig_file *data = arg;
	u8 bytes[4096];
	int i;

	for (i = 0; i < 1 << 20; i++)
		if (mig_read(data, bytes, sizeof(bytes)) <= 0)
			break;
	return NULL;
}

/* A thread that reads gets out when another one ends the session. */
TEST_F(v2_descriptor, readers_are_let_go)
{
	struct timespec deadline;
	struct mig_file *data;
	pthread_t reader;
	int joined;

	NEEDS(NEED_DESCRIPTORS);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	mig_concurrent(self->b->ctx, true);
	ASSERT_EQ(0, pthread_create(&reader, NULL, read_to_the_end, data));
	if (v2_set(self->v2, MIG2_STOP, NULL))
		v2_reset(self->v2);
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += DESCRIPTOR_WAIT_S;
	joined = pthread_timedjoin_np(reader, NULL, &deadline);
	if (!joined)
		mig_concurrent(self->b->ctx, false);
	EXPECT_REQ(V2_DATA_IO_IS_INTERRUPTIBLE, !joined,
		   "%d s after SET STOP a thread is still in read",
		   DESCRIPTOR_WAIT_S);
}

/* A read that would wait may say so, where it was told to. */
TEST_F(v2_descriptor, nonblocking_reads_give_it_all)
{
	struct mig_file *data;
	struct stream stream;
	int flags, whole;

	NEEDS(NEED_DESCRIPTORS | NEED_POLL);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	flags = fcntl(data->fd, F_GETFL);
	ROAD(fcntl(data->fd, F_SETFL, flags | O_NONBLOCK) ? -errno : 0);
	ROAD(v2_collect(data, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	PREFER_REQ(V2_NONBLOCK_GIVES_EAGAIN, whole,
		   "a stream read with O_NONBLOCK does not restore");
}

/* ---- bad buffers ------------------------------------------------------------------------ */

/* No observer may look at such a buffer, so the carrier is called directly. */
static ssize_t read_at_edge(struct mig_file *data, size_t good)
{
	u8 *at = common_edge(good, PROT_READ);

	return at ? data->ops->read(data, at, DESCRIPTOR_ASKED) : -ENOMEM;
}

static ssize_t write_at_edge(struct mig_file *data, const struct stream *stream,
			     size_t good)
{
	u8 *at = common_edge(good, PROT_READ | PROT_WRITE);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!at)
		return -ENOMEM;
	memcpy(at, stream->bytes, good < stream->len ? good : stream->len);
	if (mprotect(at + good, page, PROT_NONE))
		return -errno;
	return data->ops->write(data, at, DESCRIPTOR_ASKED);
}

/* What cannot be stored was not read. */
TEST_F(v2_descriptor, reads_into_bad_buffers_stop)
{
	struct mig_file *data;
	ssize_t none, some;
	int trip;

	NEEDS(NEED_BAD_POINTERS);
	ROAD(common_round_trip(self->b));
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	none = read_at_edge(data, 0);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	some = read_at_edge(data, DESCRIPTOR_EDGE);
	trip = common_round_trip(self->b);
	EXPECT_REQ(V2_BAD_BUFFERS_ARE_HARMLESS,
		   none <= 0 && some <= DESCRIPTOR_EDGE && !trip,
		   "read into 0 good bytes: %zd, into %d: %zd; a cycle %s", none,
		   DESCRIPTOR_EDGE, some, common_errno(trip));
}

/* What cannot be fetched was not written. */
TEST_F(v2_descriptor, writes_from_bad_buffers_stop)
{
	struct mig_file *data;
	struct stream stream;
	ssize_t none, some;
	int trip;

	NEEDS(NEED_BAD_POINTERS);
	stream_init(&stream);
	ROAD(common_round_trip(self->b));
	ROAD(common_save(self->b, &stream));
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	none = write_at_edge(data, &stream, 0);
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	some = write_at_edge(data, &stream, DESCRIPTOR_EDGE);
	trip = common_round_trip(self->b);
	EXPECT_REQ(V2_BAD_BUFFERS_ARE_HARMLESS,
		   none <= 0 && some <= DESCRIPTOR_EDGE && !trip,
		   "write from 0 good bytes: %zd, from %d: %zd; a cycle %s", none,
		   DESCRIPTOR_EDGE, some, common_errno(trip));
}

EXPECT_MAIN
