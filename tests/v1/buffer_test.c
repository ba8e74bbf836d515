// SPDX-License-Identifier: GPL-2.0-only
/* Buffers that the user cannot touch: the access fails, and nothing is lost. */
#include <sys/mman.h>

#include "common.h"

V1_FIXTURE(v1_buffer, NEED_NOTHING)

/* Memory that nobody can touch. */
static void *bad_buffer(void)
{
	return mmap(NULL, COMMON_PIECE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
}

/* Goes past the observers: they look at what was to be written. */
static ssize_t write_bad(struct v1 *v1, size_t len, u64 offset)
{
	struct mig_file *file = &v1->dev->file;

	return file->ops->pwrite(file, bad_buffer(), len,
				 v1->region.offset + offset);
}

static ssize_t read_bad(struct v1 *v1, u64 len, u64 offset)
{
	return v1_pread(v1, bad_buffer(), len < COMMON_PIECE ? len : COMMON_PIECE,
			offset);
}

static int save_with_bad_buffers(struct bench *b, int arg, struct stream *stream)
{
	struct v1 *v1 = &b->v1;
	u64 offset, size;
	int ret = v1_set_state(v1, MIG1_STOP_COPY);

	if (ret)
		return ret;
	if (read_bad(v1, 8, MIG1_OFF_PENDING) > 0 ||
	    write_bad(v1, 4, MIG1_OFF_STATE) > 0)
		return 1;
	ret = common_announce(v1, &offset, &size);
	if (ret <= 0)
		return ret;
	if (read_bad(v1, 8, MIG1_OFF_OFFSET) > 0 ||
	    read_bad(v1, 8, MIG1_OFF_SIZE) > 0 ||
	    (size && read_bad(v1, size, offset) > 0) ||
	    read_bad(v1, 8, MIG1_OFF_PENDING) > 0)
		return 1;
	ret = common_fetch_chunk(v1, offset, size, stream);
	return ret ? ret : v1_collect(v1, NULL, 0, stream, NULL);
}

/* A bad buffer fails its access, and no chunk gets lost by it. */
TEST_F(v1_buffer, bad_buffers_lose_nothing_of_a_save)
{
	int ret;

	NEEDS(NEED_BAD_POINTERS);
	ROAD(ret = common_trip(self->b, save_with_bad_buffers, NULL, 0));
	EXPECT_REQ(V1_BAD_POINTERS_ARE_HARMLESS, ret == 1, "%s",
		   common_differs(self->b));
}

static int load_with_bad_buffers(struct bench *b, int arg,
				 const struct stream *stream)
{
	struct v1 *v1 = &b->v1;
	int ret = v1_set_state(v1, MIG1_RESUMING);
	u64 offset;

	if (!ret)
		ret = v1_offset(v1, &offset);
	if (ret)
		return ret;
	if (write_bad(v1, 8, offset) > 0 || write_bad(v1, 8, MIG1_OFF_SIZE) > 0 ||
	    read_bad(v1, 8, MIG1_OFF_OFFSET) > 0)
		return 1;
	ret = v1_load(v1, NULL, stream);
	return ret ? ret : v1_set_state(v1, MIG1_RUNNING);
}

/* Nor of a restore. */
TEST_F(v1_buffer, bad_buffers_lose_nothing_of_a_restore)
{
	int ret;

	NEEDS(NEED_BAD_POINTERS);
	ROAD(ret = common_trip(self->b, NULL, load_with_bad_buffers, 0));
	EXPECT_REQ(V1_BAD_POINTERS_ARE_HARMLESS, ret == 1, "%s",
		   common_differs(self->b));
}

EXPECT_MAIN
