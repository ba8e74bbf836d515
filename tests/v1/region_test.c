// SPDX-License-Identifier: GPL-2.0-only
/*
 * The migration region: how it is found, what its description says, and that
 * reading and writing is all that a user needs.
 */
#include <unistd.h>

#include "common.h"

V1_FIXTURE(v1_region, NEED_NOTHING)

static u64 page_size(void)
{
	return (u64)sysconf(_SC_PAGESIZE);
}

/* The region is a device-specific one, behind those that PCI fixes. */
TEST_F(v1_region, number_is_device_specific)
{
	struct uapi_device_info info;

	ROAD(mig_device_info(self->dev, &info));
	if (!(info.flags & UAPI_DEVICE_FLAGS_PCI))
		NOT_OFFERED("fixed regions, as only PCI devices have them");
	EXPECT_REQ(V1_REGION_IS_DISCOVERABLE,
		   self->v1->region.index >= UAPI_PCI_NUM_REGIONS,
		   "type 3, subtype 1 is at the fixed index %u",
		   self->v1->region.index);
}

/* Users take the first match: there is one, also at the second opening. */
TEST_F(v1_region, there_is_only_one)
{
	EXPECT_REQ(V1_REGION_IS_SINGLE, self->v1->matches == 1,
		   "%u regions match", self->v1->matches);
	ROAD(bench_reopen());
	EXPECT_REQ(V1_REGION_IS_SINGLE, self->v1->matches == 1,
		   "%u regions match at the second opening", self->v1->matches);
}

/* The flags announce what the protocol consists of. */
TEST_F(v1_region, flags_offer_read_and_write)
{
	u32 wanted = UAPI_REGION_READ | UAPI_REGION_WRITE | UAPI_REGION_CAPS;
	int i, ret = -EIO;
	u32 state;

	EXPECT_REQ(V1_REGION_IS_READ_WRITE,
		   (self->v1->region.flags & wanted) == wanted,
		   "the flags are 0x%x", self->v1->region.flags);
	for (i = 0; i < COMMON_TRIES && ret; i++)
		ret = v1_state(self->v1, &state);
	EXPECT_REQ(V1_REGION_IS_READ_WRITE, !ret,
		   "device_state cannot be read: %s", common_errno(ret));
}

/* Behind the 32 bytes of header there is room for data. */
TEST_F(v1_region, holds_more_than_the_header)
{
	EXPECT_REQ(V1_REGION_HOLDS_HEADER_AND_DATA,
		   self->v1->region.size > MIG1_HEADER_SIZE,
		   "the size is %llu",
		   (unsigned long long)self->v1->region.size);
}

/* Each field answers at its own place: RUNNING first, then a first chunk. */
TEST_F(v1_region, fields_are_where_they_belong)
{
	u64 pending = 0, offset;
	int state;

	ROAD(state = common_state(self->v1));
	EXPECT_REQ(V1_REGION_LAYOUT_IS_FIXED, state == MIG1_RUNNING,
		   "the first word of a fresh device shows %s",
		   v1_state_name(state));
	ROAD(common_reach(self->b, "2"));
	ROAD(v1_pending(self->v1, &pending));
	if (!pending)
		NOT_OFFERED("a chunk, from which the layout could be seen");
	ROAD(v1_offset(self->v1, &offset));
	EXPECT_REQ(V1_REGION_LAYOUT_IS_FIXED,
		   common_inside(self->v1, offset, 0),
		   "data_offset is 0x%llx", (unsigned long long)offset);
}

/* The header acts on access: it is in no mapping that is offered. */
TEST_F(v1_region, header_is_in_no_area)
{
	const struct mig_region *region = &self->v1->region;
	u32 i;

	if (!(region->flags & UAPI_REGION_MMAP))
		NOT_OFFERED("mappings");
	EXPECT_REQ(V1_HEADER_IS_NEVER_MAPPED, region->has_sparse,
		   "the whole region is offered, no area is named");
	for (i = 0; i < region->nr_areas; i++)
		EXPECT_REQ(V1_HEADER_IS_NEVER_MAPPED,
			   region->areas[i].offset >= MIG1_HEADER_SIZE,
			   "area %u begins at 0x%llx", i,
			   (unsigned long long)region->areas[i].offset);
}

/* Nor can it be mapped by those who do not ask. */
TEST_F(v1_region, header_cannot_be_mapped)
{
	void *addr;
	int ret = mig_mmap(&self->dev->file, page_size(),
			   PROT_READ | PROT_WRITE, self->v1->region.offset,
			   &addr);

	if (!ret)
		mig_munmap(&self->dev->file, addr, page_size());
	EXPECT_REQ(V1_HEADER_IS_NEVER_MAPPED, ret,
		   "the first page of the region was mapped");
}

/* What is offered for mapping lies in the region, on page boundaries. */
TEST_F(v1_region, areas_are_whole_pages_inside)
{
	const struct mig_region *region = &self->v1->region;
	u32 i;

	NEEDS(NEED_MMAP);
	for (i = 0; i < region->nr_areas; i++) {
		const struct uapi_area *area = &region->areas[i];

		EXPECT_REQ(V1_MAPPED_DATA_IS_PAGE_ALIGNED,
			   !(area->offset % page_size()) &&
				   !(area->size % page_size()) &&
				   area->offset <= region->size &&
				   area->size <= region->size - area->offset,
			   "area %u is 0x%llx bytes at 0x%llx, the region has 0x%llx",
			   i, (unsigned long long)area->size,
			   (unsigned long long)area->offset,
			   (unsigned long long)region->size);
	}
}

static bool is_misplaced(const struct mig_region *region, u64 offset)
{
	u32 i;

	for (i = 0; i < region->nr_areas; i++)
		if (offset >= region->areas[i].offset &&
		    offset - region->areas[i].offset < region->areas[i].size)
			return offset % page_size();
	return false;
}

/* A chunk that lies in an area begins on a page boundary too. */
TEST_F(v1_region, chunks_in_areas_are_aligned)
{
	u64 offset, size;
	int i, more;

	NEEDS(NEED_MMAP);
	ROAD(common_reach(self->b, "2"));
	ROAD(more = common_announce(self->v1, &offset, &size));
	for (i = 0; more && i < COMMON_LOOK_MAX; i++) {
		EXPECT_REQ(V1_MAPPED_DATA_IS_PAGE_ALIGNED,
			   !is_misplaced(&self->v1->region, offset),
			   "a chunk begins at 0x%llx",
			   (unsigned long long)offset);
		ROAD(more = common_announce(self->v1, &offset, &size));
	}
	ROAD(common_reach(self->b, "4"));
	ROAD(v1_offset(self->v1, &offset));
	EXPECT_REQ(V1_MAPPED_DATA_IS_PAGE_ALIGNED,
		   !is_misplaced(&self->v1->region, offset),
		   "a restored chunk is to begin at 0x%llx",
		   (unsigned long long)offset);
}

/* The data access that failed in the last try; others are no matter here. */
static int data_error;

static int save_by_read(struct bench *b, int arg, struct stream *stream)
{
	struct stream_budget budget;
	u64 offset, size;
	int ret;

	stream_budget_start(&budget);
	data_error = 0;
	ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	while (!ret) {
		ret = common_announce(&b->v1, &offset, &size);
		if (ret <= 0)
			return ret;
		ret = stream_budget_pay(&budget);
		if (!ret)
			ret = data_error = common_fetch_chunk(&b->v1, offset,
							      size, stream);
	}
	return ret;
}

static int write_chunk(struct v1 *v1, const u8 *bytes, size_t len)
{
	u64 offset, done;
	ssize_t n;
	int ret = v1_offset(v1, &offset);

	/* Mapped or not, this chunk does not fit there. */
	if (!ret && common_is_narrow(v1, offset, len))
		return -ENOSPC;
	for (done = 0; !ret && done < len; done += n) {
		n = v1_pwrite(v1, bytes + done, len - done, offset + done);
		if (n <= 0)
			return data_error = n ? n : -EIO;
	}
	return ret ? ret : v1_write_size(v1, len);
}

static int load_by_write(struct bench *b, int arg, const struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);
	size_t i;

	data_error = 0;
	for (i = 0; i < stream->chunks && !ret; i++)
		if (stream_chunk_len(stream, i))
			ret = write_chunk(&b->v1, stream->bytes +
						  stream_chunk_start(stream, i),
					  stream_chunk_len(stream, i));
	return ret ? ret : v1_set_state(&b->v1, MIG1_RUNNING);
}

/* A user who maps nothing can save and restore all the same. */
TEST_F(v1_region, read_and_write_are_enough)
{
	static struct stream stream;
	int ret = common_save_by(self->b, save_by_read, 0, &stream);

	EXPECT_REQ(V1_MMAP_IS_NEVER_THE_ONLY_WAY, !ret || !data_error ||
			   data_error == -ELOOP,
		   "a read of the data section fails: %s",
		   common_errno(data_error));
	ROAD(ret);
	ret = common_load_by(self->b, load_by_write, 0, &stream);
	EXPECT_REQ(V1_MMAP_IS_NEVER_THE_ONLY_WAY, ret >= 0 || !data_error,
		   "a write of the data section fails: %s",
		   common_errno(data_error));
	ROAD(ret);
}

/* Too short a structure is told how long it has to be. */
TEST_F(v1_region, short_argsz_is_told_the_size)
{
	struct uapi_region_info info = { .argsz = sizeof(info),
					 .index = self->v1->region.index };
	struct mig_region again;
	int ret = mig_ioctl(&self->dev->file, UAPI_DEVICE_GET_REGION_INFO, &info);

	EXPECT_REQ(V1_REGION_INFO_SHORT_ARGSZ,
		   !ret && !info.cap_offset && info.argsz > sizeof(info) &&
			   info.flags & UAPI_REGION_CAPS,
		   "%s, flags 0x%x, cap_offset %u, argsz %u", common_errno(ret),
		   info.flags, info.cap_offset, info.argsz);
	ret = mig_region_info(self->dev, info.index, &again);
	EXPECT_REQ(V1_REGION_INFO_SHORT_ARGSZ, !ret && again.has_type,
		   "the longer structure holds no type capability: %s",
		   common_errno(ret));
}

static bool is_same(const struct mig_region *a, const struct mig_region *b)
{
	return a->index == b->index && a->flags == b->flags &&
	       a->size == b->size && a->offset == b->offset &&
	       a->has_sparse == b->has_sparse && a->nr_areas == b->nr_areas &&
	       !memcmp(a->areas, b->areas, a->nr_areas * sizeof(a->areas[0]));
}

/* What was cached at set-up stays true in every state, and after reset. */
TEST_F(v1_region, description_is_the_same_in_every_state)
{
	static const char *const ways[] = { "0", "2", "3", "32", "20", "4", "" };
	struct mig_region now;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (common_reach(self->b, ways[i]))
			continue;
		ROAD(mig_region_info(self->dev, self->v1->region.index, &now));
		EXPECT_REQ(V1_REGION_INFO_IS_STABLE,
			   is_same(&now, &self->v1->region),
			   "after \"1%s\" size 0x%llx, flags 0x%x, %u areas",
			   ways[i], (unsigned long long)now.size, now.flags,
			   now.nr_areas);
	}
}

/* NDMA was proposed and never released: whoever has it is told of. */
TEST_F(v1_region, no_capability_of_a_proposal)
{
	PREFER_REQ(V1_NDMA_IS_NOT_RELEASED, !self->v1->region.has_ndma,
		   "the region has capability %u", MIG1_REGION_CAP_NDMA);
}

EXPECT_MAIN
