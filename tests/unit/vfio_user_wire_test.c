// SPDX-License-Identifier: GPL-2.0-only
/* Framing and negotiation: what comes in is bounded, in size and in time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"
#include "vfio_user_peer.h"

static struct peer peer;

static void open_peer(void)
{
	peer_open(&peer);
}

static void close_peer(void)
{
	peer_close(&peer);
}

static int receive(struct vfio_user_in *ret_in)
{
	return vfio_user_wire_receive(&peer.end.main,
				      vfio_user_wire_now() + 50, ret_in);
}

START_TEST(message_arrives_whole)
{
	const struct vfio_user_header head = { .id = 7, .command = 9 };
	struct vfio_user_in in;

	peer_say(&peer, &head, "body", 4, STDERR_FILENO);
	ck_assert_int_eq(0, receive(&in));
	ck_assert_int_eq(7, in.head.id);
	ck_assert_int_eq(9, in.head.command);
	ck_assert_int_eq(4, in.len);
	ck_assert_mem_eq("body", in.body, 4);
	ck_assert_int_eq(1, in.nr_fds);
	vfio_user_wire_drop(&in);
}
END_TEST

static const struct vfio_user_header senseless[] = {
	{ .size = 16, .flags = 2 },
	{ .size = 16, .flags = 0xf },
	{ .size = 15 },
	{ .size = 0 },
	{ .size = UINT32_MAX },
	{ .size = VFIO_USER_WIRE_DATA + VFIO_USER_WIRE_HEADS + 1 },
	{ .size = 16, .flags = VFIO_USER_IS_REPLY | VFIO_USER_IS_ERROR,
	  .error = 4096 },
	{ .size = 16, .flags = VFIO_USER_IS_REPLY | VFIO_USER_IS_ERROR,
	  .error = (u32)-22 },
};

START_TEST(senseless_header_breaks_the_wire)
{
	const struct vfio_user_header good = { .size = sizeof(good) };
	struct vfio_user_in in;

	peer_bytes(&peer, &senseless[_i], sizeof(senseless[_i]));
	ck_assert_int_eq(-EPROTO, receive(&in));
	peer_bytes(&peer, &good, sizeof(good));
	ck_assert_int_eq(-EPROTO, receive(&in));
}
END_TEST

/* The peer goes at each byte of a message in turn. */
START_TEST(cut_message_is_a_lost_peer)
{
	struct {
		struct vfio_user_header head;
		u8 body[24];
	} whole = { .head = { .size = sizeof(whole) } };
	struct vfio_user_in in;

	peer_bytes(&peer, &whole, (size_t)_i);
	close(peer.fd);
	peer.fd = -1;
	ck_assert_int_eq(-ECONNRESET, receive(&in));
	ck_assert_int_eq(-ECONNRESET, receive(&in));
}
END_TEST

/* The peer stops at each byte of a message in turn. */
START_TEST(half_message_ends_with_the_deadline)
{
	struct {
		struct vfio_user_header head;
		u8 body[8];
	} whole = { .head = { .size = sizeof(whole) } };
	struct vfio_user_in in;
	u64 start = vfio_user_wire_now();

	peer_bytes(&peer, &whole, (size_t)_i);
	ck_assert_int_eq(-ETIMEDOUT, receive(&in));
	ck_assert_uint_lt(vfio_user_wire_now() - start, 500);
	peer_bytes(&peer, &whole, sizeof(whole));
	ck_assert_int_eq(-ETIMEDOUT, receive(&in));
}
END_TEST

START_TEST(many_descriptors_do_not_leak)
{
	struct vfio_user_header head = { .size = sizeof(head) };
	struct iovec iov = { &head, sizeof(head) };
	char control[CMSG_SPACE(100 * sizeof(int))] = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	struct vfio_user_in in;
	int i, fd = STDERR_FILENO;

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(100 * sizeof(int));
	for (i = 0; i < 100; i++)
		memcpy(CMSG_DATA(cmsg) + i * sizeof(fd), &fd, sizeof(fd));
	ck_assert_int_eq(sizeof(head), sendmsg(peer.fd, &msg, 0));
	ck_assert_int_eq(0, receive(&in));
	ck_assert_int_le(in.nr_fds, VFIO_USER_WIRE_FDS);
	vfio_user_wire_drop(&in);
}
END_TEST

START_TEST(bad_descriptor_harms_nothing)
{
	int fd = 9999;
	struct vfio_user_out out = { .fds = &fd, .nr_fds = 1 };

	ck_assert_int_eq(-EBADF, vfio_user_wire_send(&peer.end.main, &out,
						     vfio_user_wire_deadline()));
	out.nr_fds = 0;
	ck_assert_int_eq(0, vfio_user_wire_send(&peer.end.main, &out,
						vfio_user_wire_deadline()));
}
END_TEST

/* A peer that does not read: the socket fills up. */
START_TEST(sending_ends_with_the_deadline)
{
	static const u8 body[VFIO_USER_WIRE_DATA];
	struct vfio_user_out out = { .nr_parts = 0 };

	vfio_user_wire_add(&out, body, sizeof(body));
	ck_assert_int_eq(-ETIMEDOUT, vfio_user_wire_send(
			&peer.end.main, &out, vfio_user_wire_now() + 50));
}
END_TEST

/* ---- negotiation -------------------------------------------------------- */

/* The body of a VERSION with @text and its NUL. */
static int parse(u16 major, const char *text, struct vfio_user_caps *ret_caps)
{
	struct {
		struct vfio_user_version version;
		char text[512];
	} body = { .version = { major, 1 } };

	strcpy(body.text, text);
	return vfio_user_caps_parse(&body, sizeof(body.version) + strlen(text) + 1,
				    ret_caps);
}

START_TEST(capabilities_survive_the_way)
{
	const struct vfio_user_caps caps = { .max_msg_fds = 3, .max_data = 4096,
					     .pgsize = 4096, .twin = true,
					     .twin_index = 2, .sessions = true };
	struct vfio_user_caps seen;
	size_t len;
	void *body;

	ck_assert_int_eq(0, vfio_user_caps_print(&caps, true, &body, &len));
	ck_assert_int_eq(0, vfio_user_caps_parse(body, len, &seen));
	ck_assert_int_eq(3, seen.max_msg_fds);
	ck_assert_int_eq(4096, seen.max_data);
	ck_assert_int_eq(4096, seen.pgsize);
	ck_assert(seen.twin && seen.sessions);
	ck_assert_int_eq(2, seen.twin_index);
	free(body);
}
END_TEST

START_TEST(silence_means_defaults)
{
	const struct vfio_user_version version = { 0, 1 };
	struct vfio_user_caps caps;

	ck_assert_int_eq(0, vfio_user_caps_parse(&version, sizeof(version), &caps));
	ck_assert_int_eq(1, caps.max_msg_fds);
	ck_assert_int_eq(VFIO_USER_WIRE_DATA, caps.max_data);
	ck_assert_int_eq(0, parse(0, "{\"other\":[1]}", &caps));
	ck_assert_int_eq(0, parse(0, "{\"capabilities\":{\"new\":{}}}", &caps));
	ck_assert(!caps.twin && !caps.sessions && !caps.pgsize);
}
END_TEST

static const char *const nonsense[] = {
	"", "{", "[]", "1", "{\"capabilities\":", "{\"capabilities\":[]}",
	"{\"capabilities\":{\"max_msg_fds\":-1}}",
	"{\"capabilities\":{\"max_msg_fds\":1025}}",
	"{\"capabilities\":{\"max_msg_fds\":\"8\"}}",
	"{\"capabilities\":{\"max_data_xfer_size\":0}}",
	"{\"capabilities\":{\"max_data_xfer_size\":1.5}}",
	"{\"capabilities\":{\"migration\":4096}}",
	"{\"capabilities\":{\"migration\":{\"pgsize\":{}}}}",
	"{\"capabilities\":{\"twin_socket\":true}}",
	"{\"capabilities\":{\"twin_socket\":{\"supported\":1}}}",
	"{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":-1}}}",
};

START_TEST(nonsense_is_refused)
{
	struct vfio_user_caps caps;

	ck_assert_int_eq(-EPROTO, parse(0, nonsense[_i], &caps));
}
END_TEST

START_TEST(frame_of_the_text_is_checked)
{
	struct vfio_user_caps caps;

	ck_assert_int_eq(-EPROTO, parse(1, "{}", &caps));
	ck_assert_int_eq(-EPROTO, vfio_user_caps_parse("\0\0\0", 3, &caps));
	ck_assert_int_eq(-EPROTO, vfio_user_caps_parse("\0\0\1\0{}", 6, &caps));
}
END_TEST

UNIT_SUITE(vfio_user_wire)
{
	TCase *tc = unit_case(suite, "framing");

	tcase_add_checked_fixture(tc, open_peer, close_peer);
	tcase_add_test(tc, message_arrives_whole);
	tcase_add_loop_test(tc, senseless_header_breaks_the_wire, 0,
			    ARRAY_SIZE(senseless));
	tcase_add_loop_test(tc, cut_message_is_a_lost_peer, 0, 40);
	tcase_add_loop_test(tc, half_message_ends_with_the_deadline, 0, 24);
	tcase_add_test(tc, many_descriptors_do_not_leak);
	tcase_add_test(tc, bad_descriptor_harms_nothing);
	tcase_add_test(tc, sending_ends_with_the_deadline);

	tc = unit_case(suite, "negotiation");
	tcase_add_test(tc, capabilities_survive_the_way);
	tcase_add_test(tc, silence_means_defaults);
	tcase_add_loop_test(tc, nonsense_is_refused, 0, ARRAY_SIZE(nonsense));
	tcase_add_test(tc, frame_of_the_text_is_checked);
}
