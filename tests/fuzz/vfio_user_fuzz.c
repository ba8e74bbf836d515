// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile servers: the input is what a server says, on its main and on its
 * second socket, to a client that does all that a test could do. Nothing is
 * waited for: when the input is over, so is the connection.
 *
 *   byte 0   options of the client: named sessions, the order of its calls
 *   byte 1,2 how much of the rest is said on the second socket
 *   rest     bytes as they come; with bit 0 of byte 0 replies are made well
 *            formed: header, then the next bytes of the input as a body of
 *            the length that two bytes say, so that the parsers behind the
 *            framing are reached
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../lib/transport/vfio_user.h"
#include "../../lib/uapi/mig1.h"
#include "../../lib/uapi/mig2.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { FRAMED = 1, NAMED = 2, TWIN = 4, CALLS_MAX = 64, IOVA = 1 << 20, PAGE = 4096 };

struct world {
	struct vfio_user_space space;
	struct vfio_user_dev dev;
	struct vfio_user_end end;
	int main, twin; /* the server's */
};

static void say(int fd, const void *bytes, size_t len)
{
	ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)n;
}

/* Replies to requests 1, 2... whose command is the input's to say. */
static void say_framed(int fd, const u8 *data, size_t size)
{
	struct vfio_user_header head = { .id = 0 };
	size_t len;

	while (size >= 5) {
		head.id++;
		head.command = data[0] & 31;
		head.flags = VFIO_USER_IS_REPLY;
		if (data[0] & 0x80)
			head.flags |= VFIO_USER_IS_ERROR;
		if (data[0] & 0x40)
			head.flags = VFIO_USER_IS_COMMAND;
		head.error = data[1];
		len = data[2] | (data[3] & 0xf) << 8;
		data += 4;
		size -= 4;
		len = len < size ? len : size;
		head.size = (u32)(sizeof(head) + len);
		say(fd, &head, sizeof(head));
		say(fd, data, len);
		data += len;
		size -= len;
	}
}

static int socket_pair(struct vfio_user_wire *wire)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		abort();
	vfio_user_wire_init(wire, pair[0]);
	return pair[1];
}

static void open_world(struct world *w, u8 options)
{
	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->space.lock, NULL);
	w->space.ends = &w->end;
	w->end.space = &w->space;
	w->end.open = true;
	w->end.used = -1;
	w->end.named = options & NAMED;
	w->main = socket_pair(&w->end.main);
	w->twin = -1;
	if (options & TWIN)
		w->twin = socket_pair(&w->end.twin);
	else
		vfio_user_wire_init(&w->end.twin, -1);
	vfio_user_caps_default(&w->end.peer);
	vfio_user_feature_forget(&w->end, true);
	w->dev.end = &w->end;
}

static void close_world(struct world *w)
{
	vfio_user_disconnect(&w->end);
	pthread_mutex_destroy(&w->space.lock);
}

/* ---- what a client does ------------------------------------------------- */

static void ask_infos(struct world *w)
{
	u8 info[512] = { 0 };
	struct uapi_region_info *region = (void *)info;
	u32 size = sizeof(info);
	void *addr;

	memcpy(info, &size, sizeof(size));
	vfio_user_ioctl(&w->end, UAPI_DEVICE_GET_INFO, info);
	memset(info, 0, sizeof(info));
	region->argsz = sizeof(info);
	region->index = 2;
	vfio_user_ioctl(&w->end, UAPI_DEVICE_GET_REGION_INFO, info);
	if (!vfio_user_mmap(&w->end, PAGE, PROT_READ, 2 * VFIO_USER_STRIDE, &addr))
		munmap(addr, PAGE);
	memset(info, 0, sizeof(info));
	memcpy(info, &size, sizeof(size));
	vfio_user_ioctl(&w->end, UAPI_DEVICE_GET_IRQ_INFO, info);
}

static void ask_state(struct world *w, u32 state)
{
	struct {
		struct uapi_feature head;
		struct mig2_device_state state;
	} ask = { .head = { .argsz = sizeof(ask), .flags = MIG2_FEATURE_DEVICE_STATE |
				(state ? UAPI_FEATURE_SET : UAPI_FEATURE_GET) },
		  .state = { .device_state = state } };

	vfio_user_ioctl(&w->end, UAPI_DEVICE_FEATURE, &ask);
}

static void ask_log(struct world *w)
{
	u8 bits[64] = { 0 };
	struct {
		struct uapi_feature head;
		struct mig2_log_report report;
	} ask = { .head = { .argsz = sizeof(ask), .flags = MIG2_FEATURE_LOG_REPORT |
				UAPI_FEATURE_GET },
		  .report = { IOVA, 64 * 8 * PAGE, PAGE, (u64)(uintptr_t)bits } };

	vfio_user_ioctl(&w->end, UAPI_DEVICE_FEATURE, &ask);
}

static void move_data(struct world *w)
{
	struct mig_file *file;
	u8 bytes[300];
	u32 argsz = 24;
	int i;

	if (vfio_user_session(&w->dev.dev, 1000, &file))
		return;
	for (i = 0; i < 4 && file->ops->read(file, bytes, sizeof(bytes)) > 0; i++)
		;
	file->ops->write(file, bytes, sizeof(bytes));
	memcpy(bytes, &argsz, sizeof(argsz));
	file->ops->ioctl(file, UAPI_MIG_GET_PRECOPY_INFO, bytes);
	file->ops->close(file);
}

static void move_region(struct world *w)
{
	u8 bytes[300] = { 0 };

	vfio_user_pread(&w->end, bytes, sizeof(bytes), 9 * VFIO_USER_STRIDE);
	vfio_user_pwrite(&w->end, bytes, 4, 9 * VFIO_USER_STRIDE);
	vfio_user_pread(&w->end, bytes, 8, 9 * VFIO_USER_STRIDE + 8);
}

static void map_memory(struct world *w)
{
	static u8 memory[8 * PAGE] __attribute__((aligned(4096)));
	struct uapi_dirty_pages dirty = { .argsz = offsetof(struct uapi_dirty_pages, iova),
					  .flags = UAPI_DIRTY_START };
	u8 bits[8] = { 0 };

	w->end.options |= VFIO_USER_MESSAGES;
	vfio_user_dma_map(&w->space, IOVA, memory + 1, sizeof(memory) - PAGE);
	vfio_user_log_probe(&w->end);
	vfio_user_log_ioctl(&w->space, UAPI_IOMMU_DIRTY_PAGES, &dirty);
	dirty = (struct uapi_dirty_pages){ .argsz = sizeof(dirty),
		.flags = UAPI_DIRTY_GET_BITMAP, .iova = IOVA,
		.size = sizeof(memory) - PAGE,
		.bitmap = { PAGE, sizeof(bits), (u64)(uintptr_t)bits } };
	vfio_user_log_ioctl(&w->space, UAPI_IOMMU_DIRTY_PAGES, &dirty);
	vfio_user_dma_unmap(&w->space, IOVA, sizeof(memory) - PAGE);
}

static void enter_states(struct world *w)
{
	ask_state(w, MIG2_STOP_COPY);
	ask_state(w, 0);
	ask_state(w, MIG2_RESUMING);
	vfio_user_ioctl(&w->end, UAPI_DEVICE_RESET, NULL);
}

static void (*const deeds[])(struct world *w) = {
	ask_infos, enter_states, move_data, move_region, map_memory, ask_log,
};

static void behave(struct world *w, u8 first)
{
	u32 i, count = ARRAY_SIZE(deeds);

	for (i = 0; i < count; i++)
		deeds[(first + i) % count](w);
}

/* The first message, as it is parsed on both sides. */
static void negotiate(const u8 *data, size_t size)
{
	struct vfio_user_caps caps;
	size_t len;
	void *body;

	if (vfio_user_caps_parse(data, size, &caps))
		return;
	if (!vfio_user_caps_print(&caps, true, &body, &len))
		free(body);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct world w;
	size_t second;

	if (size < 4)
		return 0;
	setenv("MIGCHECK_DEADLINE", "1", 0);
	negotiate(data + 3, size - 3);
	open_world(&w, data[0]);
	second = (data[0] & TWIN) ? (data[1] | data[2] << 8) % size : 0;
	if (second > size - 3)
		second = size - 3;
	if (data[0] & TWIN) {
		(data[0] & FRAMED ? say_framed : (void (*)(int, const u8 *, size_t))say)
			(w.twin, data + 3, second);
		shutdown(w.twin, SHUT_WR);
	}
	if (data[0] & FRAMED)
		say_framed(w.main, data + 3 + second, size - 3 - second);
	else
		say(w.main, data + 3 + second, size - 3 - second);
	/* Nothing more will come; what the client says may still be taken. */
	shutdown(w.main, SHUT_WR);
	behave(&w, data[0] >> 3);
	close_world(&w);
	close(w.main);
	if (w.twin >= 0)
		close(w.twin);
	return 0;
}
