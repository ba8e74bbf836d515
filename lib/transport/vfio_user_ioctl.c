// SPDX-License-Identifier: GPL-2.0-only
/* The requests of a device file, but for DEVICE_FEATURE. */
#include <errno.h>
#include <string.h>

#include "vfio_user.h"

enum {
	REGION_INFO_MAX = 65536,
	VECTORS_MAX = 2048, /* what PCI has */
	BOOLS_MAX = VECTORS_MAX,
};

struct request {
	u32 request;
	int (*serve)(struct vfio_user_end *end, void *arg);
};

/* A structure of fixed size: the server looks at argsz, as a kernel does. */
static int get_info(struct vfio_user_end *end, void *arg)
{
	return vfio_user_call_simple(end, VFIO_USER_GET_INFO, arg,
				     sizeof(struct uapi_device_info));
}

static int get_irq_info(struct vfio_user_end *end, void *arg)
{
	return vfio_user_call_simple(end, VFIO_USER_GET_IRQ_INFO, arg,
				     sizeof(struct uapi_irq_info));
}

/* ---- regions ------------------------------------------------------------ */

int vfio_user_region_ask(struct vfio_user_end *end, u32 index, u32 argsz,
			 void *ret_info, int *ret_fd)
{
	struct uapi_region_info head = { .argsz = argsz, .index = index };
	struct vfio_user_call call;
	size_t len;
	int ret;

	vfio_user_call_begin(&call, VFIO_USER_GET_REGION_INFO);
	vfio_user_wire_add(&call.out, &head, sizeof(head));
	ret = vfio_user_call(end, &call);
	len = call.in.len;
	if (!ret && (len < sizeof(head) || (len > argsz && len > sizeof(head))))
		ret = -EPROTO;
	if (!ret) {
		ret = (int)(len < argsz ? len : argsz);
		memcpy(ret_info, call.in.body, (size_t)ret);
	}
	if (ret >= 0 && ret_fd) {
		*ret_fd = call.in.nr_fds ? call.in.fds[0] : -1;
		call.in.fds[0] = -1;
	}
	vfio_user_wire_drop(&call.in);
	return ret;
}

/*
 * Servers may keep quiet about capabilities that do not fit, where a kernel
 * sets the flag; and their offset is one in a descriptor, not in our file.
 */
static int get_region_info(struct vfio_user_end *end, void *arg)
{
	struct uapi_region_info info;
	u32 index, argsz;
	int ret;

	memcpy(&info, arg, sizeof(info));
	index = info.index;
	argsz = info.argsz < REGION_INFO_MAX ? info.argsz : REGION_INFO_MAX;
	ret = vfio_user_region_ask(end, index, argsz, arg, NULL);
	if (ret < (int)sizeof(info))
		return ret < 0 ? ret : 0;
	memcpy(&info, arg, sizeof(info));
	if (info.argsz > argsz) {
		info.flags |= UAPI_REGION_CAPS;
		info.cap_offset = 0;
	}
	info.offset = (u64)index << VFIO_USER_STRIDE_BITS;
	memcpy(arg, &info, sizeof(info));
	return 0;
}

/* ---- interrupts --------------------------------------------------------- */

static int irqs_send(struct vfio_user_end *end, const struct uapi_irq_set *set,
		     const void *data, size_t len, const int *fds, u32 nr_fds)
{
	struct vfio_user_call call;
	int ret;

	vfio_user_call_begin(&call, VFIO_USER_SET_IRQS);
	vfio_user_wire_add(&call.out, set, sizeof(*set));
	if (len)
		vfio_user_wire_add(&call.out, data, len);
	call.out.fds = fds;
	call.out.nr_fds = nr_fds;
	ret = vfio_user_call(end, &call);
	vfio_user_wire_drop(&call.in);
	return ret;
}

/* Vectors that go in one message: all with a descriptor, or one without. */
static u32 irqs_run(const struct vfio_user_end *end, const s32 *fds, u32 count)
{
	u32 max = end->peer.max_msg_fds < VFIO_USER_WIRE_FDS ?
			  end->peer.max_msg_fds : VFIO_USER_WIRE_FDS;
	u32 n = 0;

	while (n < count && n < max && fds[n] >= 0)
		n++;
	return n ? n : 1;
}

/* Descriptors travel beside the message, and the absence of one as none at all. */
static int irqs_eventfds(struct vfio_user_end *end, struct uapi_irq_set *set,
			 const u8 *data)
{
	u32 count = set->count, i, n;
	s32 fds[VECTORS_MAX];
	int ret = 0;

	if (set->argsz < sizeof(*set) || count > VECTORS_MAX ||
	    set->argsz - sizeof(*set) < count * sizeof(s32))
		return -EINVAL;
	if (!count)
		return irqs_send(end, set, NULL, 0, NULL, 0);
	memcpy(fds, data, count * sizeof(s32));
	for (i = 0; !ret && i < count; i += n) {
		n = irqs_run(end, fds + i, count - i);
		set->count = n;
		ret = irqs_send(end, set, NULL, 0, fds + i, fds[i] >= 0 ? n : 0);
		set->start += n;
	}
	return ret;
}

static int set_irqs(struct vfio_user_end *end, void *arg)
{
	struct uapi_irq_set set;
	size_t len = 0;

	memcpy(&set, arg, sizeof(set));
	if (set.flags & UAPI_IRQ_DATA_EVENTFD)
		return irqs_eventfds(end, &set, (u8 *)arg + sizeof(set));
	if (set.flags & UAPI_IRQ_DATA_BOOL && set.argsz > sizeof(set))
		len = set.argsz - sizeof(set);
	if (len > set.count)
		len = set.count;
	if (len > BOOLS_MAX)
		return -EINVAL;
	return irqs_send(end, &set, (u8 *)arg + sizeof(set), len, NULL, 0);
}

/* ---- the rest ----------------------------------------------------------- */

static int reset(struct vfio_user_end *end, void *arg)
{
	struct vfio_user_call call;
	int ret;

	(void)arg;
	vfio_user_call_begin(&call, VFIO_USER_RESET);
	ret = vfio_user_call(end, &call);
	vfio_user_wire_drop(&call.in);
	vfio_user_feature_forget(end, !ret);
	return ret;
}

static const struct request requests[] = {
	{ UAPI_DEVICE_GET_INFO, get_info },
	{ UAPI_DEVICE_GET_REGION_INFO, get_region_info },
	{ UAPI_DEVICE_GET_IRQ_INFO, get_irq_info },
	{ UAPI_DEVICE_SET_IRQS, set_irqs },
	{ UAPI_DEVICE_RESET, reset },
	{ UAPI_DEVICE_FEATURE, vfio_user_feature },
};

int vfio_user_ioctl(struct vfio_user_end *end, u32 request, void *arg)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		if (requests[i].request != request)
			continue;
		if (!arg && request != UAPI_DEVICE_RESET)
			return -EFAULT;
		return requests[i].serve(end, arg);
	}
	return -ENOTTY;
}
