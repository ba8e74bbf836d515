// SPDX-License-Identifier: GPL-2.0-only
/* Regions: by message, and mapped where the server shares their memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vfio_user.h"

enum { INFO_MAX = 65536, LINKS_MAX = 64 };

/* ---- access ------------------------------------------------------------- */

/*
 * How many bytes the server says that it has moved. More than was asked for is
 * nonsense to the protocol; a server that speaks for a driver may say so, and
 * a kernel would pass it on.
 */
static ssize_t moved(const struct vfio_user_end *end,
		     const struct vfio_user_in *in, u32 count, bool write)
{
	struct vfio_user_region_access head;
	size_t data;

	if (!count && !in->len)
		return 0;
	if (in->len < sizeof(head))
		return -EPROTO;
	memcpy(&head, in->body, sizeof(head));
	if (head.count > count && !end->named)
		return -EPROTO;
	data = head.count < count ? head.count : count;
	if (!write && in->len - sizeof(head) < data)
		return -EPROTO;
	return head.count;
}

/* One message: @buf is written, or what comes is put there. */
static ssize_t move(struct vfio_user_end *end, void *buf, u32 count, u64 offset,
		    bool write)
{
	const struct vfio_user_region_access head = {
		.offset = offset & (VFIO_USER_STRIDE - 1),
		.region = (u32)(offset >> VFIO_USER_STRIDE_BITS),
		.count = count,
	};
	struct vfio_user_call call;
	ssize_t ret;

	vfio_user_call_begin(&call, write ? VFIO_USER_REGION_WRITE :
					    VFIO_USER_REGION_READ);
	vfio_user_wire_add(&call.out, &head, sizeof(head));
	if (write)
		vfio_user_wire_add(&call.out, buf, count);
	ret = vfio_user_call(end, &call);
	if (!ret)
		ret = moved(end, &call.in, count, write);
	if (ret > 0 && !write)
		memcpy(buf, call.in.body + sizeof(head),
		       ret < count ? (size_t)ret : count);
	vfio_user_wire_drop(&call.in);
	return ret;
}

/* An access that is too large for a message goes on while pieces are whole. */
static ssize_t move_all(struct vfio_user_end *end, u8 *buf, size_t len,
			u64 offset, bool write)
{
	size_t done = 0;
	ssize_t n;
	u32 asked;

	do {
		asked = vfio_user_piece(end, len - done);
		n = move(end, buf + done, asked, offset + done, write);
		if (n < 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
	} while (done < len && (size_t)n == asked);
	return (ssize_t)done;
}

ssize_t vfio_user_pread(struct vfio_user_end *end, void *buf, size_t len,
			u64 offset)
{
	return move_all(end, buf, len, offset, false);
}

ssize_t vfio_user_pwrite(struct vfio_user_end *end, const void *buf, size_t len,
			 u64 offset)
{
	return move_all(end, (void *)(uintptr_t)buf, len, offset, true);
}

/* ---- mapping ------------------------------------------------------------ */

static bool holds(u64 offset, u64 size, u64 at, size_t len)
{
	return at >= offset && at - offset <= size && len <= size - (at - offset);
}

/* Whether [@at, @at + @len) is in an area of the list at @list of the info. */
static bool in_areas(const u8 *info, size_t size, u32 list, u64 at, size_t len)
{
	struct uapi_cap_sparse sparse;
	struct uapi_area area;
	u32 i;

	if (size - list < sizeof(sparse))
		return false;
	memcpy(&sparse, info + list, sizeof(sparse));
	list += sizeof(sparse);
	for (i = 0; i < sparse.nr_areas && size - list >= sizeof(area); i++) {
		memcpy(&area, info + list, sizeof(area));
		if (holds(area.offset, area.size, at, len))
			return true;
		list += sizeof(area);
	}
	return false;
}

/* The list of areas in the capability chain, 0 where there is none. */
static u32 areas_find(const u8 *info, size_t size)
{
	const struct uapi_region_info *head = (const void *)info;
	u32 links, at = head->flags & UAPI_REGION_CAPS ? head->cap_offset : 0;
	struct uapi_cap_header cap;

	for (links = 0; at && links < LINKS_MAX; links++, at = cap.next) {
		if (at > size || size - at < sizeof(cap))
			return 0;
		memcpy(&cap, info + at, sizeof(cap));
		if (cap.id == UAPI_CAP_SPARSE_MMAP)
			return at;
	}
	return 0;
}

static bool may_map(const u8 *info, size_t size, u64 at, size_t len)
{
	const struct uapi_region_info *head = (const void *)info;
	u32 list = areas_find(info, size);

	if (!(head->flags & UAPI_REGION_MMAP))
		return false;
	return list ? in_areas(info, size, list, at, len) :
		      holds(0, head->size, at, len);
}

/* Memory behind the end of a file would kill whoever touches it. */
static bool file_holds(int fd, u64 at, size_t len)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	return !S_ISREG(st.st_mode) || holds(0, (u64)st.st_size, at, len);
}

static int map_fd(int fd, u64 at, size_t len, int prot, void **ret_addr)
{
	void *addr;

	if (!file_holds(fd, at, len))
		return -EINVAL;
	addr = mmap(NULL, len, prot, MAP_SHARED, fd, (off_t)at);
	if (addr == MAP_FAILED)
		return -errno;
	*ret_addr = addr;
	return 0;
}

/* The whole info into @info, with the descriptor: its size or -errno. */
static int ask_whole(struct vfio_user_end *end, u32 index, u8 *info, int *ret_fd)
{
	struct uapi_region_info head;
	int ret;

	ret = vfio_user_region_ask(end, index, sizeof(head), info, ret_fd);
	if (ret < 0)
		return ret;
	memcpy(&head, info, sizeof(head));
	if (head.argsz <= sizeof(head) || head.argsz > INFO_MAX)
		return ret;
	if (*ret_fd >= 0)
		close(*ret_fd);
	*ret_fd = -1;
	return vfio_user_region_ask(end, index, head.argsz, info, ret_fd);
}

int vfio_user_mmap(struct vfio_user_end *end, size_t len, int prot, u64 offset,
		   void **ret_addr)
{
	u64 at = offset & (VFIO_USER_STRIDE - 1);
	u8 *info = calloc(1, INFO_MAX);
	int ret, fd = -1;

	if (!info)
		return -ENOMEM;
	ret = ask_whole(end, (u32)(offset >> VFIO_USER_STRIDE_BITS), info, &fd);
	if (ret >= 0 && (fd < 0 || !may_map(info, (size_t)ret, at, len)))
		ret = -EINVAL;
	if (ret >= 0)
		ret = map_fd(fd, ((struct uapi_region_info *)info)->offset + at,
			     len, prot, ret_addr);
	if (fd >= 0)
		close(fd);
	free(info);
	return ret;
}
