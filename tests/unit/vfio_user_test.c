// SPDX-License-Identifier: GPL-2.0-only
/* The client against servers that answer wrongly, late, or never. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../lib/uapi/mig2.h"
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

static int device_info(void)
{
	struct uapi_device_info info = { .argsz = sizeof(info) };

	return vfio_user_ioctl(&peer.end, UAPI_DEVICE_GET_INFO, &info);
}

static int get_state(u32 *ret_state, s32 *ret_fd)
{
	struct {
		struct uapi_feature head;
		struct mig2_device_state state;
	} call = { { sizeof(call), MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET },
		   { 77, 77 } };
	int ret = vfio_user_ioctl(&peer.end, UAPI_DEVICE_FEATURE, &call);

	*ret_state = call.state.device_state;
	*ret_fd = call.state.data_fd;
	return ret;
}

static int set_state(u32 state, s32 *ret_fd)
{
	struct {
		struct uapi_feature head;
		struct mig2_device_state state;
	} call = { { sizeof(call), MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_SET },
		   { state, 77 } };
	int ret = vfio_user_ioctl(&peer.end, UAPI_DEVICE_FEATURE, &call);

	*ret_fd = call.state.data_fd;
	return ret;
}

static ssize_t read_region(void *buf, size_t len)
{
	return vfio_user_pread(&peer.end, buf, len, VFIO_USER_STRIDE + 8);
}

/* ---- replies ------------------------------------------------------------ */

START_TEST(refusal_is_the_errno_of_the_server)
{
	const struct uapi_device_info info = { .argsz = sizeof(info) };

	peer_refuse(&peer, 1, VFIO_USER_GET_INFO, ENXIO, &info, sizeof(info));
	peer_refuse(&peer, 2, VFIO_USER_GET_INFO, 0, NULL, 0);
	peer_reply(&peer, 3, VFIO_USER_GET_INFO, &info, sizeof(info));
	ck_assert_int_eq(-ENXIO, device_info());
	ck_assert_int_eq(-EINVAL, device_info());
	ck_assert_int_eq(0, device_info());
}
END_TEST

START_TEST(foreign_reply_breaks_the_wire)
{
	const struct uapi_device_info info = { .argsz = sizeof(info) };

	peer_reply(&peer, _i ? 1 : 2, _i ? VFIO_USER_RESET : VFIO_USER_GET_INFO,
		   &info, sizeof(info));
	ck_assert_int_eq(-EPROTO, device_info());
	peer_reply(&peer, 2, VFIO_USER_GET_INFO, &info, sizeof(info));
	ck_assert_int_eq(-EPROTO, device_info());
}
END_TEST

START_TEST(short_reply_is_no_answer)
{
	u8 body[16] = { 0 };

	peer_reply(&peer, 1, VFIO_USER_GET_INFO, body, (size_t)_i);
	ck_assert_int_eq(-EPROTO, device_info());
}
END_TEST

START_TEST(silence_ends_with_the_deadline)
{
	u64 start = vfio_user_wire_now();

	ck_assert_int_eq(-ETIMEDOUT, device_info());
	ck_assert_uint_lt(vfio_user_wire_now() - start, 1500);
	start = vfio_user_wire_now();
	ck_assert_int_eq(-ETIMEDOUT, device_info());
	ck_assert_uint_lt(vfio_user_wire_now() - start, 100);
}
END_TEST

static void *babble(void *arg)
{
	const struct vfio_user_header head = { .size = sizeof(head),
					       .command = VFIO_USER_DMA_READ };
	struct peer *p = arg;
	u8 answers[4096];

	while (send(p->fd, &head, sizeof(head), MSG_NOSIGNAL) == sizeof(head))
		while (recv(p->fd, answers, sizeof(answers), MSG_DONTWAIT) > 0)
			;
	return NULL;
}

START_TEST(babble_ends_with_the_deadline)
{
	u64 start = vfio_user_wire_now();
	pthread_t thread;

	ck_assert_int_eq(0, pthread_create(&thread, NULL, babble, &peer));
	ck_assert_int_eq(-ETIMEDOUT, device_info());
	ck_assert_uint_lt(vfio_user_wire_now() - start, 2500);
	shutdown(peer.fd, SHUT_RDWR);
	pthread_join(thread, NULL);
}
END_TEST

/* ---- regions ------------------------------------------------------------ */

static const struct {
	u32 count;
	size_t len; /* of the reply */
	ssize_t expected;
} reads[] = {
	{ 8, 24, 8 },  { 8, 40, 8 },	 { 3, 24, 3 },		  { 0, 16, 0 },
	{ 8, 23, -EPROTO }, { 8, 16, -EPROTO }, { 9, 25, -EPROTO },
	{ UINT32_MAX, 24, -EPROTO }, { 8, 15, -EPROTO }, { 8, 0, -EPROTO },
};

START_TEST(region_data_are_bounded)
{
	struct {
		struct vfio_user_region_access head;
		u8 data[64];
	} reply = { .head = { .count = reads[_i].count } };
	u8 buf[8 + 1] = { [8] = 0x5a };

	peer_reply(&peer, 1, VFIO_USER_REGION_READ, &reply, reads[_i].len);
	ck_assert_int_eq(reads[_i].expected, read_region(buf, 8));
	ck_assert_int_eq(0x5a, buf[8]);
}
END_TEST

START_TEST(region_info_is_the_kernels)
{
	struct uapi_region_info info = { .argsz = sizeof(info), .index = 9 };
	const struct uapi_region_info reply = { .argsz = 64, .flags = 3,
						.index = 9, .offset = 12345 };

	peer_reply(&peer, 1, VFIO_USER_GET_REGION_INFO, &reply, sizeof(reply));
	ck_assert_int_eq(0, vfio_user_ioctl(&peer.end,
					    UAPI_DEVICE_GET_REGION_INFO, &info));
	ck_assert_uint_eq(3 | UAPI_REGION_CAPS, info.flags);
	ck_assert_uint_eq(0, info.cap_offset);
	ck_assert_uint_eq(9 * VFIO_USER_STRIDE, info.offset);
}
END_TEST

START_TEST(region_info_does_not_overflow)
{
	struct uapi_region_info info = { .argsz = sizeof(info) };
	u8 reply[64] = { 0 };

	peer_reply(&peer, 1, VFIO_USER_GET_REGION_INFO, reply, sizeof(reply));
	ck_assert_int_eq(-EPROTO, vfio_user_ioctl(&peer.end,
						  UAPI_DEVICE_GET_REGION_INFO,
						  &info));
}
END_TEST

/* What a server says of a region with one area, and how it may lie. */
struct mappable {
	struct uapi_region_info info;
	struct uapi_cap_sparse sparse;
	struct uapi_area area;
};

static int map_after(struct mappable *m, size_t file_size)
{
	const struct vfio_user_header head = { .id = 2,
		.command = VFIO_USER_GET_REGION_INFO, .flags = VFIO_USER_IS_REPLY };
	int fd = memfd_create("unit", MFD_CLOEXEC), ret;
	void *addr;

	ck_assert_int_eq(0, ftruncate(fd, (off_t)file_size));
	peer_reply(&peer, 1, VFIO_USER_GET_REGION_INFO, m, sizeof(m->info));
	peer_say(&peer, &head, m, sizeof(*m), fd);
	close(fd);
	ret = vfio_user_mmap(&peer.end, 4096, PROT_READ, 4096, &addr);
	if (!ret)
		munmap(addr, 4096);
	return ret;
}

static struct mappable honest(void)
{
	return (struct mappable){
		.info = { .argsz = sizeof(struct mappable), .size = 8192,
			  .flags = UAPI_REGION_MMAP | UAPI_REGION_CAPS,
			  .cap_offset = sizeof(struct uapi_region_info) },
		.sparse = { .header = { .id = UAPI_CAP_SPARSE_MMAP },
			    .nr_areas = 1 },
		.area = { 4096, 4096 },
	};
}

START_TEST(area_can_be_mapped)
{
	struct mappable m = honest();

	ck_assert_int_eq(0, map_after(&m, 8192));
}
END_TEST

START_TEST(mapping_behind_the_file_is_refused)
{
	struct mappable m = honest();

	ck_assert_int_eq(-EINVAL, map_after(&m, 8191));
}
END_TEST

START_TEST(loop_of_capabilities_ends)
{
	struct mappable m = honest();

	m.sparse.header = (struct uapi_cap_header){
		.id = 99, .next = m.info.cap_offset };
	m.info.size = 0;
	ck_assert_int_eq(-EINVAL, map_after(&m, 8192));
}
END_TEST

START_TEST(areas_are_bounded)
{
	struct mappable m = honest();

	m.sparse.nr_areas = UINT32_MAX;
	m.area.offset = UINT64_MAX - 100;
	ck_assert_int_eq(-EINVAL, map_after(&m, 8192));
}
END_TEST

/* ---- features and sessions ---------------------------------------------- */

START_TEST(short_feature_is_no_answer)
{
	u8 body[16] = { 0 };
	u32 state;
	s32 fd;

	peer_reply(&peer, 1, VFIO_USER_FEATURE, body, (size_t)_i);
	ck_assert_int_eq(-EPROTO, get_state(&state, &fd));
	ck_assert_uint_eq(77, state);
}
END_TEST

static struct mig_file *start_session(u32 state)
{
	struct vfio_user_dev dev = { .end = &peer.end };
	struct mig_file *file;
	u8 body[16] = { 0 };
	s32 fd;

	peer_reply(&peer, peer.end.main.next_id + 1, VFIO_USER_FEATURE, body,
		   sizeof(body));
	ck_assert_int_eq(0, set_state(state, &fd));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(0, vfio_user_session(&dev.dev, fd, &file));
	return file;
}

static void say_data(u32 size, size_t len)
{
	struct {
		struct vfio_user_mig_data head;
		u8 data[64];
	} reply = { .head = { .size = size } };

	peer_reply(&peer, peer.end.main.next_id + 1, VFIO_USER_MIG_DATA_READ,
		   &reply, len);
}

START_TEST(only_arcs_into_a_group_open_sessions)
{
	struct mig_file *file = start_session(MIG2_PRE_COPY);
	u8 body[16] = { 0 };
	s32 fd;

	peer_reply(&peer, 2, VFIO_USER_FEATURE, body, sizeof(body));
	ck_assert_int_eq(0, set_state(MIG2_STOP_COPY, &fd));
	ck_assert_int_eq(-1, fd);
	file->ops->close(file);
}
END_TEST

START_TEST(end_of_pre_copy_data_is_enomsg)
{
	struct mig_file *file = start_session(MIG2_PRE_COPY);
	u8 buf[16];

	say_data(0, 40);
	ck_assert_int_eq(-ENOMSG, file->ops->read(file, buf, sizeof(buf)));
	say_data(5, 60);
	ck_assert_int_eq(5, file->ops->read(file, buf, sizeof(buf)));
	file->ops->close(file);
}
END_TEST

START_TEST(stream_data_are_bounded)
{
	struct mig_file *file = start_session(MIG2_STOP_COPY);
	u8 buf[16];

	say_data(17, 40);
	ck_assert_int_eq(-EPROTO, file->ops->read(file, buf, sizeof(buf)));
	say_data(16, 23);
	ck_assert_int_eq(-EPROTO, file->ops->read(file, buf, sizeof(buf)));
	say_data(0, 8);
	ck_assert_int_eq(0, file->ops->read(file, buf, sizeof(buf)));
	file->ops->close(file);
}
END_TEST

START_TEST(dead_session_does_not_read_the_next)
{
	struct mig_file *dead = start_session(MIG2_STOP_COPY), *alive;
	u8 body[16] = { 0 }, buf[8];
	s32 fd;

	peer_reply(&peer, 2, VFIO_USER_FEATURE, body, sizeof(body));
	ck_assert_int_eq(0, set_state(MIG2_STOP, &fd));
	say_data(4, 12);
	/* Nobody else would answer: the server's own mistake shows. */
	ck_assert_int_eq(4, dead->ops->read(dead, buf, sizeof(buf)));
	alive = start_session(MIG2_STOP_COPY);
	ck_assert_int_eq(-ENODEV, dead->ops->read(dead, buf, sizeof(buf)));
	dead->ops->close(dead);
	alive->ops->close(alive);
}
END_TEST

/* ---- DMA ---------------------------------------------------------------- */

static u8 memory[4096];

static void map_memory(void)
{
	peer_reply(&peer, 1, VFIO_USER_DMA_MAP, NULL, 0);
	ck_assert_int_eq(0, vfio_user_dma_map(&peer.space, 0x10000, memory,
					      sizeof(memory)));
	peer_hear(&peer, &(struct vfio_user_dma_map){ 0 },
		  sizeof(struct vfio_user_dma_map));
}

static void unmap_memory(void)
{
	peer_reply(&peer, peer.end.main.next_id + 1, VFIO_USER_DMA_UNMAP, NULL, 0);
	ck_assert_int_eq(0, vfio_user_dma_unmap(&peer.space, 0x10000,
						sizeof(memory)));
}

static const struct {
	u16 command;
	struct vfio_user_dma_access access;
	size_t len; /* of the body */
	int error;
} accesses[] = {
	{ VFIO_USER_DMA_WRITE, { 0x10010, 4 }, 20, 0 },
	{ VFIO_USER_DMA_READ, { 0x10ffc, 4 }, 16, 0 },
	{ VFIO_USER_DMA_READ, { 0x10ffd, 4 }, 16, EFAULT },
	{ VFIO_USER_DMA_READ, { 0xffff, 4 }, 16, EFAULT },
	{ VFIO_USER_DMA_READ, { UINT64_MAX, 4 }, 16, EFAULT },
	{ VFIO_USER_DMA_READ, { 0x10000, UINT64_MAX }, 16, EINVAL },
	{ VFIO_USER_DMA_WRITE, { 0x10000, 4 }, 19, EINVAL },
	{ VFIO_USER_DMA_WRITE, { 0x10000, UINT64_MAX - 15 }, 32, EINVAL },
	{ VFIO_USER_DMA_READ, { 0x10000, 4 }, 8, EINVAL },
	{ VFIO_USER_GET_INFO, { 0x10000, 4 }, 16, EINVAL },
};

START_TEST(server_reaches_mapped_memory_only)
{
	const struct vfio_user_header head = { .id = 9,
					       .command = accesses[_i].command };
	const struct uapi_device_info info = { 0 };
	struct {
		struct vfio_user_dma_access access;
		u8 data[64];
	} body = { accesses[_i].access, { 1, 2, 3, 4 } };
	struct vfio_user_header answer;

	map_memory();
	peer_say(&peer, &head, &body, accesses[_i].len, -1);
	peer_reply(&peer, 2, VFIO_USER_GET_INFO, &info, sizeof(info));
	ck_assert_int_eq(0, device_info());
	peer_hear(&peer, &body, sizeof(body));
	answer = peer_hear(&peer, &body, sizeof(body));
	ck_assert_uint_eq(9, answer.id);
	ck_assert_uint_eq(accesses[_i].command, answer.command);
	ck_assert_uint_eq(accesses[_i].error, answer.error);
	ck_assert_int_eq(accesses[_i].error != 0,
			 (answer.flags & VFIO_USER_IS_ERROR) != 0);
	unmap_memory();
}
END_TEST

/* ---- opening ------------------------------------------------------------ */

START_TEST(nobody_there_is_told_in_a_line)
{
	struct mig_context *ctx;
	struct mig_dev *dev;

	ck_assert_int_eq(0, mig_context_create(&ctx));
	ck_assert_int_eq(-ENODEV, mig_open(ctx, "vfio-user:/nowhere/x", &dev));
	ck_assert_ptr_nonnull(strstr(mig_open_error(ctx), "/nowhere/x"));
	ck_assert_int_eq(-EINVAL, mig_open(ctx, "vfio-user:", &dev));
	ck_assert_int_eq(-EINVAL, mig_open(ctx, "vfio-user:/x?quickly", &dev));
	ck_assert_ptr_nonnull(strstr(mig_open_error(ctx), "quickly"));
	mig_context_destroy(ctx);
}
END_TEST

UNIT_SUITE(vfio_user)
{
	TCase *tc = unit_case(suite, "replies");

	tcase_add_checked_fixture(tc, open_peer, close_peer);
	tcase_add_test(tc, refusal_is_the_errno_of_the_server);
	tcase_add_loop_test(tc, foreign_reply_breaks_the_wire, 0, 2);
	tcase_add_loop_test(tc, short_reply_is_no_answer, 0, 16);
	tcase_add_test(tc, silence_ends_with_the_deadline);
	tcase_add_test(tc, babble_ends_with_the_deadline);

	tc = unit_case(suite, "regions");
	tcase_add_checked_fixture(tc, open_peer, close_peer);
	tcase_add_loop_test(tc, region_data_are_bounded, 0, ARRAY_SIZE(reads));
	tcase_add_test(tc, region_info_is_the_kernels);
	tcase_add_test(tc, region_info_does_not_overflow);
	tcase_add_test(tc, area_can_be_mapped);
	tcase_add_test(tc, mapping_behind_the_file_is_refused);
	tcase_add_test(tc, loop_of_capabilities_ends);
	tcase_add_test(tc, areas_are_bounded);

	tc = unit_case(suite, "sessions");
	tcase_add_checked_fixture(tc, open_peer, close_peer);
	tcase_add_loop_test(tc, short_feature_is_no_answer, 0, 16);
	tcase_add_test(tc, only_arcs_into_a_group_open_sessions);
	tcase_add_test(tc, end_of_pre_copy_data_is_enomsg);
	tcase_add_test(tc, stream_data_are_bounded);
	tcase_add_test(tc, dead_session_does_not_read_the_next);

	tc = unit_case(suite, "dma and opening");
	tcase_add_checked_fixture(tc, open_peer, close_peer);
	tcase_add_loop_test(tc, server_reaches_mapped_memory_only, 0,
			    ARRAY_SIZE(accesses));
	tcase_add_test(tc, nobody_there_is_told_in_a_line);
}
