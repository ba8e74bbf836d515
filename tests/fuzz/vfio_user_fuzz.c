// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile servers: the input is what a server says, on its main and on its
 * second socket, to a client that connects to it and does all that a test could
 * do. Nothing is waited for: when the input is over, so is the connection.
 *
 *   byte 0   options of the server and of the client; how calls are ordered
 *   byte 1,2 how much of the rest is said on the second socket
 *   rest     bytes as they come; with FRAMED each request gets a reply that is
 *            well formed: its header, and behind it the next bytes of the
 *            input as a body of the length that two bytes say, so that the
 *            parsers behind the framing are reached. Unless UNKNOWN, a good
 *            VERSION goes before them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../lib/transport/vfio_user.h"
#include "../../lib/uapi/mig1.h"
#include "../../lib/uapi/mig2.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { FRAMED = 1, NAMED = 2, TWIN = 4, UNKNOWN = 8, MESSAGES = 16, FIRST = 5 };
enum { IOVA = 1 << 20, PAGE = 4096 };

struct world {
	struct mig_context *ctx;
	struct mig_dev *dev;
	struct vfio_user_end *end;
	struct vfio_user_space *space;
	pthread_t server;
	int main, twin; /* the server's */
	const u8 *data;
	size_t size;
};

static int listener, shared; /* memory of two pages */
static char address[128];

static void say(int fd, const void *bytes, size_t len)
{
	ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)n;
}

/* One message, and memory to map with it. */
static void say_with_memory(int fd, const void *head, size_t len,
			    const void *body, size_t body_len)
{
	struct iovec parts[] = { { (void *)head, len }, { (void *)body, body_len } };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	ssize_t n;

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(rights), &shared, sizeof(shared));
	n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)n;
}

static void say_bytes(int fd, const u8 *data, size_t size)
{
	say(fd, data, size);
}

enum { ERROR = 0x80, COMMAND = 0x40, ECHO = 0x20, MEMORY = 0x80, SAID = 4 };

/* How a message is told by the input: kind and command, errno, length. */
static size_t say_message(int fd, struct vfio_user_header *head,
			  const u8 *request, const u8 *data, size_t size)
{
	const u8 *body = data[0] & ECHO ? request : data + SAID;
	size_t len = data[2] | (data[3] & 0xf) << 8;

	if (!(data[0] & ECHO) && len > size - SAID)
		len = size - SAID;
	head->flags = VFIO_USER_IS_REPLY | (data[0] & ERROR ? VFIO_USER_IS_ERROR : 0);
	if (data[0] & COMMAND) {
		head->flags = VFIO_USER_IS_COMMAND;
		head->command = data[0] & 31;
	}
	head->error = data[1];
	head->size = (u32)(sizeof(*head) + len);
	if (data[1] & MEMORY) {
		say_with_memory(fd, head, sizeof(*head), body, len);
	} else {
		say(fd, head, sizeof(*head));
		say(fd, body, len);
	}
	return SAID + (data[0] & ECHO ? 0 : len);
}

/* Messages 1, 2... that nobody has asked for. */
static void say_framed(int fd, const u8 *data, size_t size)
{
	static const u8 nothing[4096];
	struct vfio_user_header head = { .id = 0 };
	size_t used;

	while (size > SAID) {
		head.id++;
		head.command = data[0] & 31;
		used = say_message(fd, &head, nothing, data, size);
		data += used;
		size -= used;
	}
}

static bool take(int fd, void *bytes, size_t len)
{
	return !len || recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

/* The next request, its body cut to @room bytes; false where there is none. */
static bool hear(int fd, struct vfio_user_header *ret_head, u8 *body, size_t room)
{
	u8 rest[4096];
	size_t left, part;

	memset(body, 0, room);
	if (!take(fd, ret_head, sizeof(*ret_head)))
		return false;
	left = ret_head->size - sizeof(*ret_head);
	part = left < room ? left : room;
	if (!take(fd, body, part))
		return false;
	for (left -= part; left; left -= part) {
		part = left < sizeof(rest) ? left : sizeof(rest);
		if (!take(fd, rest, part))
			return false;
	}
	return true;
}

/* A reply for each request; commands of the server go before it. */
static void answer(int fd, const u8 *data, size_t size)
{
	struct vfio_user_header head, next;
	u8 body[4096];
	bool replied;
	size_t used;

	while (size > SAID && hear(fd, &head, body, sizeof(body))) {
		for (replied = false; size > SAID && !replied;) {
			replied = !(data[0] & COMMAND);
			next = head;
			used = say_message(fd, &next, body, data, size);
			data += used;
			size -= used;
		}
	}
}

/* VERSION of a server that keeps to the rules, with its second socket. */
static void say_version(struct world *w)
{
	struct vfio_user_caps caps = { .max_msg_fds = 8, .pgsize = PAGE };
	struct vfio_user_wire wire;
	struct vfio_user_out out = { .nr_parts = 0 };
	struct vfio_user_in in = { .head = { .id = 1,
					     .command = VFIO_USER_VERSION } };
	int pair[2] = { -1, -1 };
	size_t len;
	void *body;

	caps.max_data = VFIO_USER_WIRE_DATA;
	caps.sessions = w->data[0] & NAMED;
	caps.twin = w->data[0] & TWIN;
	if (caps.twin && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		abort();
	w->twin = pair[0];
	if (vfio_user_caps_print(&caps, true, &body, &len))
		abort();
	vfio_user_wire_init(&wire, w->main);
	vfio_user_wire_add(&out, body, len);
	out.fds = &pair[1];
	out.nr_fds = caps.twin;
	vfio_user_wire_reply(&wire, &in, 0, &out, vfio_user_wire_deadline());
	if (pair[1] >= 0)
		close(pair[1]);
	free(body);
}

static void *serve(void *arg)
{
	struct world *w = arg;
	const u8 *rest = w->data + 3;
	size_t left = w->size - 3, second = 0;
	struct vfio_user_header head;
	u8 body[4096];

	w->main = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (w->main < 0)
		abort();
	if (!(w->data[0] & UNKNOWN) && hear(w->main, &head, body, sizeof(body)))
		say_version(w);
	if (w->twin >= 0) {
		second = (w->data[1] | w->data[2] << 8) % (left + 1);
		(w->data[0] & FRAMED ? say_framed : say_bytes)(w->twin, rest,
							       second);
		shutdown(w->twin, SHUT_WR);
	}
	(w->data[0] & FRAMED ? answer : say_bytes)(w->main, rest + second,
						   left - second);
	/* Nothing more will come; what the client says may still be taken. */
	shutdown(w->main, SHUT_WR);
	return NULL;
}

static int open_world(struct world *w)
{
	char uri[160];
	int ret;

	snprintf(uri, sizeof(uri), "vfio-user:%s%s", address,
		 w->data[0] & MESSAGES ? "?messages" : "");
	if (mig_context_create(&w->ctx) ||
	    pthread_create(&w->server, NULL, serve, w))
		abort();
	ret = mig_open(w->ctx, uri, &w->dev);
	if (ret)
		return ret;
	w->end = ((struct vfio_user_dev *)w->dev)->end;
	w->space = w->end->space;
	return 0;
}

static void close_world(struct world *w)
{
	mig_close(w->dev);
	mig_context_destroy(w->ctx);
	pthread_join(w->server, NULL);
	close(w->main);
	if (w->twin >= 0)
		close(w->twin);
}

/* ---- what a client does ------------------------------------------------- */

static void ask_infos(struct world *w)
{
	u8 info[512] = { 0 };
	struct uapi_region_info *region = (void *)info;
	u32 size = sizeof(info);
	void *addr;

	memcpy(info, &size, sizeof(size));
	mig_ioctl(&w->dev->file, UAPI_DEVICE_GET_INFO, info);
	memset(info, 0, sizeof(info));
	region->argsz = sizeof(info);
	region->index = 2;
	mig_ioctl(&w->dev->file, UAPI_DEVICE_GET_REGION_INFO, info);
	if (!mig_mmap(&w->dev->file, PAGE, PROT_READ, 2 * VFIO_USER_STRIDE, &addr))
		mig_munmap(&w->dev->file, addr, PAGE);
	memset(info, 0, sizeof(info));
	memcpy(info, &size, sizeof(size));
	mig_ioctl(&w->dev->file, UAPI_DEVICE_GET_IRQ_INFO, info);
}

static void ask_state(struct world *w, u32 state)
{
	struct {
		struct uapi_feature head;
		struct mig2_device_state state;
	} ask = { .head = { .argsz = sizeof(ask), .flags = MIG2_FEATURE_DEVICE_STATE |
				(state ? UAPI_FEATURE_SET : UAPI_FEATURE_GET) },
		  .state = { .device_state = state } };

	mig_ioctl(&w->dev->file, UAPI_DEVICE_FEATURE, &ask);
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

	mig_ioctl(&w->dev->file, UAPI_DEVICE_FEATURE, &ask);
}

static void move_data(struct world *w)
{
	struct mig_file *file;
	u8 bytes[300];
	u32 argsz = 24;
	int i;

	if (vfio_user_session(w->dev, 1000, &file))
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

	mig_pread(&w->dev->file, bytes, sizeof(bytes), 9 * VFIO_USER_STRIDE);
	mig_pwrite(&w->dev->file, bytes, 4, 9 * VFIO_USER_STRIDE);
	mig_pread(&w->dev->file, bytes, 8, 9 * VFIO_USER_STRIDE + 8);
}

static void map_memory(struct world *w)
{
	static u8 memory[8 * PAGE] __attribute__((aligned(4096)));
	struct uapi_dirty_pages dirty = { .argsz = offsetof(struct uapi_dirty_pages, iova),
					  .flags = UAPI_DIRTY_START };
	u8 bits[8] = { 0 };

	vfio_user_dma_map(w->space, IOVA, memory + 1, sizeof(memory) - PAGE);
	vfio_user_log_probe(w->end);
	vfio_user_log_ioctl(w->space, UAPI_IOMMU_DIRTY_PAGES, &dirty);
	dirty = (struct uapi_dirty_pages){ .argsz = sizeof(dirty),
		.flags = UAPI_DIRTY_GET_BITMAP, .iova = IOVA,
		.size = sizeof(memory) - PAGE,
		.bitmap = { PAGE, sizeof(bits), (u64)(uintptr_t)bits } };
	vfio_user_log_ioctl(w->space, UAPI_IOMMU_DIRTY_PAGES, &dirty);
	if (w->data[0] & TWIN)
		vfio_user_dma_unmap(w->space, IOVA, sizeof(memory) - PAGE);
}

static void ask_container(struct world *w)
{
	struct {
		struct uapi_dma_unmap unmap;
		struct uapi_bitmap bitmap;
	} unmap = { .unmap = { .argsz = sizeof(unmap),
			       .flags = UAPI_DMA_UNMAP_GET_DIRTY_BITMAP,
			       .iova = IOVA, .size = 7 * PAGE } };
	u8 info[256] = { 0 }, bits[8] = { 0 };
	u32 size = sizeof(info);

	memcpy(info, &size, sizeof(size));
	vfio_user_log_ioctl(w->space, UAPI_IOMMU_GET_INFO, info);
	unmap.bitmap = (struct uapi_bitmap){ PAGE, sizeof(bits),
					     (u64)(uintptr_t)bits };
	vfio_user_log_ioctl(w->space, UAPI_IOMMU_UNMAP_DMA, &unmap);
}

static void set_interrupts(struct world *w)
{
	u64 bar;

	mig_irq(w->dev, UAPI_PCI_MSIX, 0, listener);
	mig_irq(w->dev, UAPI_PCI_MSIX, 0, -1);
	mig_peer_iova(w->dev, UAPI_PCI_BAR0, &bar);
	mig_idle(w->dev, 1);
}

static void enter_states(struct world *w)
{
	ask_state(w, MIG2_STOP_COPY);
	ask_state(w, 0);
	ask_state(w, MIG2_RESUMING);
	mig_ioctl(&w->dev->file, UAPI_DEVICE_RESET, NULL);
}

static void (*const deeds[])(struct world *w) = {
	ask_infos, enter_states, move_data, move_region, map_memory, ask_log,
	ask_container, set_interrupts,
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

static void forget_socket(void)
{
	unlink(address);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	(void)argc, (void)argv;
	setenv("MIGCHECK_DEADLINE", "1", 0);
	snprintf(address, sizeof(address), "/tmp/vfio-user-fuzz-%d", getpid());
	unlink(address);
	memcpy(sun.sun_path, address, strlen(address));
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (void *)&sun, sizeof(sun)) ||
	    listen(listener, 8))
		abort();
	shared = memfd_create("fuzz", MFD_CLOEXEC);
	if (shared < 0 || ftruncate(shared, 2 * PAGE))
		abort();
	atexit(forget_socket);
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct world w = { .main = -1, .twin = -1, .data = data, .size = size };

	if (size < 4)
		return 0;
	negotiate(data + 3, size - 3);
	if (!open_world(&w))
		behave(&w, data[0] >> FIRST);
	close_world(&w);
	return 0;
}
