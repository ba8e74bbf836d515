// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "v1_region.h"

int v1_open(struct mig_dev *dev, struct v1 *ret_v1)
{
	struct v1 v1 = { .dev = dev };
	int ret;

	ret = mig_find_region(dev, MIG1_REGION_TYPE, MIG1_REGION_SUBTYPE,
			      &v1.region, &v1.matches);
	if (ret)
		return ret;
	*ret_v1 = v1;
	return 0;
}

static void v1_unmap(struct v1 *v1)
{
	u32 i;

	for (i = 0; i < MIG_AREAS; i++) {
		if (v1->maps[i])
			mig_munmap(&v1->dev->file, v1->maps[i],
				   v1->region.areas[i].size);
		v1->maps[i] = NULL;
	}
	v1->mapped = false;
}

void v1_close(struct v1 *v1)
{
	if (!v1 || !v1->dev)
		return;
	v1_unmap(v1);
	v1->dev = NULL;
}

static u32 v1_nr_areas(const struct v1 *v1)
{
	return v1->region.nr_areas < MIG_AREAS ? v1->region.nr_areas : MIG_AREAS;
}

int v1_map(struct v1 *v1)
{
	struct uapi_area *area = v1->region.areas;
	u32 i;
	int ret;

	if (v1->mapped)
		return 0;
	if (!(v1->region.flags & UAPI_REGION_MMAP) || !v1_nr_areas(v1))
		return -ENOTSUP;
	for (i = 0; i < v1_nr_areas(v1); i++, area++) {
		ret = -EPROTO;
		if (!area->size || !v1_holds(v1, area->offset, area->size))
			goto err_unmap;
		ret = mig_mmap(&v1->dev->file, area->size,
			       PROT_READ | PROT_WRITE,
			       v1->region.offset + area->offset, &v1->maps[i]);
		if (ret)
			goto err_unmap;
	}
	v1->mapped = true;
	return 0;

err_unmap:
	v1_unmap(v1);
	return ret;
}

size_t v1_span(struct v1 *v1, u64 offset, size_t len, u8 **ret_addr)
{
	const struct uapi_area *area = v1->region.areas;
	u32 i;

	*ret_addr = NULL;
	for (i = 0; i < v1_nr_areas(v1); i++, area++) {
		if (!v1->maps[i])
			continue;
		if (offset >= area->offset && offset - area->offset < area->size) {
			u64 skip = offset - area->offset;

			*ret_addr = (u8 *)v1->maps[i] + skip;
			return len < area->size - skip ? len : area->size - skip;
		}
		if (area->offset > offset && area->offset - offset < len)
			len = area->offset - offset;
	}
	return len;
}

void *v1_mapped(struct v1 *v1, u64 offset, size_t len)
{
	u8 *addr;

	return v1_span(v1, offset, len, &addr) == len ? addr : NULL;
}

ssize_t v1_pread(struct v1 *v1, void *buf, size_t len, u64 offset)
{
	return mig_pread(&v1->dev->file, buf, len, v1->region.offset + offset);
}

ssize_t v1_pwrite(struct v1 *v1, const void *buf, size_t len, u64 offset)
{
	return mig_pwrite(&v1->dev->file, buf, len, v1->region.offset + offset);
}

static int v1_get(struct v1 *v1, u64 offset, void *ret_value, size_t len)
{
	u8 value[8];
	int ret;

	ret = v1_exact(v1_pread(v1, value, len, offset), len);
	if (!ret)
		memcpy(ret_value, value, len);
	return ret;
}

int v1_state(struct v1 *v1, u32 *ret_state)
{
	return v1_get(v1, MIG1_OFF_STATE, ret_state, sizeof(*ret_state));
}

int v1_pending(struct v1 *v1, u64 *ret_pending)
{
	return v1_get(v1, MIG1_OFF_PENDING, ret_pending, sizeof(*ret_pending));
}

int v1_offset(struct v1 *v1, u64 *ret_offset)
{
	return v1_get(v1, MIG1_OFF_OFFSET, ret_offset, sizeof(*ret_offset));
}

int v1_size(struct v1 *v1, u64 *ret_size)
{
	return v1_get(v1, MIG1_OFF_SIZE, ret_size, sizeof(*ret_size));
}

int v1_write_size(struct v1 *v1, u64 size)
{
	return v1_exact(v1_pwrite(v1, &size, sizeof(size), MIG1_OFF_SIZE),
			sizeof(size));
}

int v1_write_state(struct v1 *v1, u32 value)
{
	return v1_exact(v1_pwrite(v1, &value, sizeof(value), MIG1_OFF_STATE),
			sizeof(value));
}

int v1_set_state(struct v1 *v1, u32 state)
{
	u32 old;
	int ret;

	ret = v1_state(v1, &old);
	if (ret)
		return ret;
	return v1_write_state(v1, (old & ~(u32)MIG1_STATE_MASK) |
				  (state & MIG1_STATE_MASK));
}

static bool v1_runs(struct v1 *v1)
{
	u32 state;

	return !v1_state(v1, &state) &&
	       (state & MIG1_STATE_MASK) == MIG1_RUNNING;
}

int v1_recover(struct v1 *v1)
{
	u32 state;
	int ret;

	ret = v1_state(v1, &state);
	if (!ret && (state & MIG1_STATE_MASK) == MIG1_RUNNING)
		return 0;
	/* Nothing but a reset is a legal way out of the error state. */
	if (!ret && (state & MIG1_STATE_MASK) != MIG1_ERROR &&
	    !v1_set_state(v1, MIG1_RUNNING) && v1_runs(v1))
		return 0;
	ret = v1_reset(v1);
	if (ret)
		return ret;
	return v1_runs(v1) ? 0 : -EPROTO;
}

int v1_reset(struct v1 *v1)
{
	return mig_reset(v1->dev);
}

const char *v1_state_name(u32 state)
{
	static const char *const names[MIG1_STATES] = {
		[MIG1_STOP] = "STOP",
		[MIG1_RUNNING] = "RUNNING",
		[MIG1_STOP_COPY] = "STOP_COPY",
		[MIG1_PRE_COPY] = "PRE_COPY",
		[MIG1_RESUMING] = "RESUMING",
		[MIG1_INVALID_5] = "INVALID_5",
		[MIG1_ERROR] = "ERROR",
		[MIG1_INVALID_7] = "INVALID_7",
	};

	return names[state & MIG1_STATE_MASK];
}
