// SPDX-License-Identifier: GPL-2.0-only
/*
 * A data_fd is a file: whoever holds it reads the stream, however the fd came
 * to him. VMMs hand it to helpers and read it from other processes.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include "common.h"

V2_FIXTURE(v2_share, NEED_DESCRIPTORS)

enum { SHARE_PART = 20 };

static int send_fd(int socket, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec one = { .iov_base = "", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(socket, &message, 0) == 1 ? 0 : -errno;
}

/* The fd that was sent, or -errno. */
static int receive_fd(int socket)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec one = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd = -ENOMSG;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1)
		return -errno;
	if (CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

/* What was sent by SCM_RIGHTS through a socket, and comes out of it. */
static int send_around(int fd)
{
	int ends[2], ret;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	ret = send_fd(ends[0], fd);
	if (!ret)
		ret = receive_fd(ends[1]);
	close(ends[0]);
	close(ends[1]);
	return ret;
}

/* An fd that came through a socket is the session, also when the first is closed. */
TEST_F(v2_share, sent_descriptors_read_on)
{
	struct mig_file *data, *sent;
	struct stream stream;
	int fd, whole;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	ROAD(v2_collect_some(data, SHARE_PART, &stream));
	ROAD(fd = send_around(data->fd));
	ROAD(mig_session(self->dev, fd, &sent));
	mig_file_close(data);
	ROAD(v2_collect(sent, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_DATA_FD_IS_A_STREAM, whole,
		   "a stream read on by an fd that was sent through a socket does not restore");
	mig_file_close(sent);
}

/* Loading goes that way as well. */
TEST_F(v2_share, sent_descriptors_write_on)
{
	struct mig_file *data, *sent;
	struct stream stream;
	int fd, ret;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(common_load(self->b, &stream));
	ROAD(common_fresh(self->b, COMMON_NOISE));
	ROAD(v2_set(self->v2, MIG2_RESUMING, &data));
	ROAD(v2_load(data, NULL, &stream, 0, stream.len / 2));
	ROAD(fd = send_around(data->fd));
	ROAD(mig_session(self->dev, fd, &sent));
	mig_file_close(data);
	ret = v2_load(sent, NULL, &stream, stream.len / 2, stream.len);
	if (!ret)
		ret = v2_set(self->v2, MIG2_RUNNING, NULL);
	if (!ret)
		ret = common_verify(self->b, COMMON_SEED);
	EXPECT_REQ(V2_WRITTEN_DATA_SURVIVES_CLOSE, !ret,
		   "a load that an fd sent through a socket goes on with: %s",
		   common_errno(ret));
	mig_file_close(sent);
}

/* What a child process reads is read: its parent gets the rest. */
TEST_F(v2_share, a_child_reads_on)
{
	u8 bytes[SHARE_PART];
	struct mig_file *data;
	struct stream stream;
	int ends[2], whole;
	ssize_t n = 0;
	pid_t child;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	ROAD(pipe(ends) ? -errno : 0);
	child = fork();
	if (!child) {
		n = read(data->fd, bytes, sizeof(bytes));
		_exit(n > 0 && write(ends[1], bytes, (size_t)n) == n ? 0 : 1);
	}
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	close(ends[1]);
	n = read(ends[0], bytes, sizeof(bytes));
	close(ends[0]);
	ROAD(n > 0 ? stream_append(&stream, bytes, (size_t)n) : -EIO);
	ROAD(v2_collect(data, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_DATA_FD_IS_A_STREAM, whole,
		   "a stream that a child process has begun to read does not restore");
}

EXPECT_MAIN
