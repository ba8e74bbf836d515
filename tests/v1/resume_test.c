// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restoring: data_offset names a place, data is put there, a data_size write
 * hands it over, and RUNNING makes a device of it that goes on as the saved
 * one would have.
 */
#include "trouble.h"

V1_FIXTURE(v1_resume, NEED_NOTHING)

enum {
	SMALL_ACCESSES = 2048, /* then the rest of a stream goes in large ones */
	JOB_SEED = 20,
	JOB_ROUNDS = 16,
};

static struct stream saved;

/* Loads one chunk and hands it over; *@ret_place is where it was put. */
static int load_chunk_at(struct v1 *v1, const void *bytes, size_t len,
			 u64 *ret_place)
{
	int ret = v1_offset(v1, ret_place);
	ssize_t n;

	if (ret)
		return ret;
	if (!common_inside(v1, *ret_place, len))
		return -EPROTO;
	n = v1_pwrite(v1, bytes, len, *ret_place);
	return n < 0 ? (int)n : n == (ssize_t)len ? 0 : -EPROTO;
}

/* RUNNING, after which nothing but the contents is to be judged. */
static int start(struct bench *b, int ret)
{
	return ret ? ret : v1_set_state(&b->v1, MIG1_RUNNING);
}

/* ---- data_offset ------------------------------------------------------------ */

static bool narrow; /* a place had no room for its chunk */

static int load_asking_twice(struct bench *b, int arg, const struct stream *stream)
{
	u64 first, second;
	size_t i, len;
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);

	for (i = 0; i < stream->chunks && !ret; i++) {
		len = stream_chunk_len(stream, i);
		ret = v1_offset(&b->v1, &first);
		if (!ret)
			ret = v1_offset(&b->v1, &second);
		if (!ret && common_is_narrow(&b->v1, first, len)) {
			narrow = true;
			return -EPROTO;
		}
		if (!ret && (first != second ||
			     !common_inside(&b->v1, first, len)))
			return 1;
		if (!ret && len)
			ret = v1_load_chunk(&b->v1, NULL, stream->bytes +
					    stream_chunk_start(stream, i), len);
	}
	return start(b, ret);
}

/* Each chunk is given one place, preferably with room for it. */
TEST_F(v1_resume, place_is_usable_before_each_chunk)
{
	int ret;

	ret = trouble_trip(self->b, NULL, load_asking_twice, 0);
	PREFER_REQ(V1_RESUMING_OFFSET_IS_USABLE, !narrow,
		   "data_offset leaves less room than a chunk of the device's own has bytes");
	ROAD(ret);
	EXPECT_REQ(V1_RESUMING_OFFSET_IS_USABLE, ret == 1,
		   "data_offset moves between two reads, leaves no room, or: %s",
		   common_differs(self->b));
}

/* data_offset can be read as soon as RESUMING was entered. */
TEST_F(v1_resume, place_is_named_at_once)
{
	u64 place = 0;
	int i, ret = -EIO;

	for (i = 0; i < COMMON_TRIES && ret; i++) {
		ROAD(common_reach(self->b, "4"));
		ret = v1_offset(self->v1, &place);
	}
	EXPECT_REQ(V1_RESUMING_OFFSET_IS_USABLE,
		   !ret && common_inside(self->v1, place, 1),
		   "data_offset in RESUMING: %s, 0x%llx", common_errno(ret),
		   (unsigned long long)place);
}

/* ---- handing over ------------------------------------------------------------- */

static bool chunk_refused; /* though it came unaltered */

static int load_and_overwrite(struct bench *b, int arg,
			      const struct stream *stream)
{
	u8 garbage[COMMON_PIECE];
	u64 place = 0;
	size_t i, len = 0;
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);

	for (i = 0; i < stream->chunks && !ret; i++) {
		len = stream_chunk_len(stream, i);
		if (!len)
			continue;
		ret = load_chunk_at(&b->v1, stream->bytes +
				    stream_chunk_start(stream, i), len, &place);
		chunk_refused = !ret && v1_write_size(&b->v1, len);
		if (chunk_refused)
			return 1;
	}
	trouble_fill(garbage, sizeof(garbage));
	if (!ret && len)
		v1_pwrite(&b->v1, garbage, len < sizeof(garbage) ?
			  len : sizeof(garbage), place);
	return start(b, ret);
}

/* When the data_size write returns, the window belongs to the user again. */
TEST_F(v1_resume, window_is_free_after_the_write)
{
	int i, ret = 0;

	/* A chunk may be refused once, for a reason of the moment. */
	ROAD(common_save(self->b, &saved));
	for (i = 0; i < COMMON_TRIES && ret != 1; i++)
		ROAD(ret = common_load_by(self->b, load_and_overwrite, 0, &saved));
	if (!ret && !chunk_refused)
		ROAD(trouble_baseline(self->b));
	EXPECT_REQ(V1_DATA_SIZE_WRITE_CONSUMES, ret == 1,
		   "a data_size write for an unaltered chunk fails, or with the window overwritten behind it: %s",
		   self->stim ? self->stim->differs : "");
}

/* ---- pieces ---------------------------------------------------------------------- */

static int load_in_pieces(struct bench *b, int piece, const struct stream *stream)
{
	struct v1_moving how = { .piece = piece, .like_qemu = !piece };
	size_t i, len, spent = 0;
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);

	for (i = 0; i < stream->chunks && !ret; i++) {
		len = stream_chunk_len(stream, i);
		if (!len)
			continue;
		ret = v1_load_chunk(&b->v1, spent < SMALL_ACCESSES ? &how : NULL,
				    stream->bytes + stream_chunk_start(stream, i),
				    len);
		spent += len / (piece ? piece : 8);
	}
	return start(b, ret);
}

/* Ascending pieces of any size make up a chunk; 0 is what QEMU does. */
#define IN_PIECES_OF(bytes)                                                  \
	TEST_F(v1_resume, chunk_is_written_in_pieces_of_##bytes)             \
	{                                                                    \
		int ret;                                                     \
									     \
		ROAD(ret = trouble_trip(self->b, NULL, load_in_pieces, bytes)); \
		EXPECT_REQ(V1_CHUNK_WRITTEN_IN_ANY_SPLIT, ret == 1,          \
			   "restored in pieces: %s", common_differs(self->b)); \
	}

IN_PIECES_OF(0)
IN_PIECES_OF(1)
IN_PIECES_OF(8)
IN_PIECES_OF(4095)

static u64 stored; /* bytes that went through the mapping */

static int load_mapped(struct bench *b, int arg, const struct stream *stream)
{
	struct v1_moving how = { .mapped = true };
	size_t i, len;
	u64 place;
	int ret = v1_map(&b->v1);

	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_RESUMING);
	for (i = 0; i < stream->chunks && !ret; i++) {
		len = stream_chunk_len(stream, i);
		if (!len)
			continue;
		ret = v1_offset(&b->v1, &place);
		if (!ret && v1_mapped(&b->v1, place, 1))
			stored += len;
		if (!ret)
			ret = v1_load_chunk(&b->v1, &how, stream->bytes +
					    stream_chunk_start(stream, i), len);
	}
	return start(b, ret);
}

/* Stores through the mapping count like written bytes. */
TEST_F(v1_resume, chunk_is_stored_through_the_mapping)
{
	int ret;

	NEEDS(NEED_MMAP);
	ROAD(v1_map(self->v1));
	ROAD(ret = trouble_trip(self->b, NULL, load_mapped, 0));
	if (!stored)
		NOT_OFFERED("no chunk is restored at a place that is mapped");
	EXPECT_REQ(V1_MAPPED_WRITE_EQUALS_WRITE, ret == 1,
		   "restored through the mapping: %s", common_differs(self->b));
}

/* ---- round trips --------------------------------------------------------------------- */

static int save_live(struct bench *b, int chunks, struct stream *stream)
{
	return v1_save(&b->v1, NULL, chunks, stream);
}

/* What was saved after a plain stop comes back, to the last detail. */
TEST_F(v1_resume, stopped_device_comes_back)
{
	int ret;

	NEEDS(NEED_STIMULUS);
	ROAD(ret = common_trip(self->b, NULL, NULL, 0));
	EXPECT_REQ(V1_ROUND_TRIP_RESTORES, ret == 1, "%s",
		   common_differs(self->b));
	ret = ret == 1 ? stimulus_verify_all(self->stim, COMMON_SEED) : 0;
	EXPECT_REQ(V1_ROUND_TRIP_RESTORES, ret != -EILSEQ, "%s",
		   self->stim->differs);
}

/* What was saved with pre-copy comes back too. */
TEST_F(v1_resume, device_saved_live_comes_back)
{
	int ret;

	NEEDS(NEED_STIMULUS);
	ROAD(ret = common_accepts(self->b, "3"));
	if (!ret)
		NOT_OFFERED("PRE_COPY is refused");
	ROAD(ret = trouble_trip(self->b, save_live, NULL, 2));
	EXPECT_REQ(V1_ROUND_TRIP_RESTORES, ret == 1, "%s",
		   common_differs(self->b));
}

static struct stream again;

/* A restored device can be saved and restored in its turn. */
TEST_F(v1_resume, restored_device_can_move_on)
{
	int i, ret;

	NEEDS(NEED_STIMULUS);
	ROAD(common_save(self->b, &saved));
	for (i = 0; i < COMMON_TRIES; i++) {
		ROAD(ret = common_restores(self->b, &saved));
		ret = v1_save(self->v1, NULL, V1_NO_PRE_COPY, &again);
		if (!ret)
			break;
	}
	ROAD(ret);
	ROAD(ret = common_restores(self->b, &again));
	EXPECT_REQ(V1_ROUND_TRIP_RESTORES, ret == 1, "in its second life: %s",
		   common_differs(self->b));
}

/* To another device and back: nothing is lost on the way. */
TEST_F(v1_resume, device_goes_and_comes_back)
{
	struct v1 *other = &self->b->other_v1;
	int i, ret;

	NEEDS(NEED_STIMULUS | NEED_SECOND);
	ROAD(common_save(self->b, &saved));
	for (i = 0; i < COMMON_TRIES; i++) {
		ret = v1_reset(other);
		if (!ret)
			ret = v1_restore(other, NULL, &saved);
		if (!ret)
			ret = v1_save(other, NULL, V1_NO_PRE_COPY, &again);
		if (!ret)
			break;
	}
	ROAD(ret);
	ROAD(ret = common_restores(self->b, &again));
	EXPECT_REQ(V1_ROUND_TRIP_RESTORES, ret == 1, "there and back: %s",
		   common_differs(self->b));
}

/* A restored device works. */
TEST_F(v1_resume, restored_device_works)
{
	int ret;

	ROAD(common_save(self->b, &saved));
	ROAD(common_restores(self->b, &saved));
	ret = stimulus_work(self->stim);
	if (ret == -EOPNOTSUPP)
		NOT_OFFERED("nothing can make this device work");
	EXPECT_REQ(V1_ROUND_TRIP_RESTORES, trouble_works(self->b),
		   "work given to the restored device: %s", common_errno(ret));
}

/* A save with a job in the device that has not been done yet. */
static int save_with_job(struct bench *b, int arg, struct stream *stream)
{
	int ret = stimulus_submit(b->stim, JOB_SEED);

	return ret ? ret : v1_save(&b->v1, NULL, V1_NO_PRE_COPY, stream);
}

static bool job_gets_done(struct bench *b)
{
	int i;

	for (i = 0; i < JOB_ROUNDS; i++) {
		if (!stimulus_finished(b->stim, JOB_SEED))
			return true;
		mig_idle(b->dev, COMMON_IDLE_MS);
	}
	return false;
}

/* Work in flight goes on where it was. */
TEST_F(v1_resume, work_in_flight_is_finished)
{
	int ret;

	NEEDS(NEED_DMA);
	if (!self->stim->ops->submit)
		NOT_OFFERED("this device has no work that takes a while");
	ROAD(common_save_by(self->b, save_with_job, 0, &saved));
	if (stimulus_finished(self->stim, JOB_SEED) != -EAGAIN)
		NOT_OFFERED("the work is done before the device stops");
	ROAD(common_load_by(self->b, common_plain_load, 0, &saved));
	ret = job_gets_done(self->b);
	EXPECT_REQ(V1_ROUND_TRIP_RESTORES, ret,
		   "work that was in flight is not finished: %s",
		   common_errno(stimulus_finished(self->stim, JOB_SEED)));
}

/* ---- without data, and oddities ------------------------------------------------------- */

/* A restore without data works or is refused; it never wedges the device. */
TEST_F(v1_resume, restore_without_data_is_harmless)
{
	const char *wrong;
	int ret, seen;

	ROAD(trouble_baseline(self->b));
	ROAD(common_reach(self->b, "4"));
	ret = v1_set_state(self->v1, MIG1_RUNNING);
	seen = common_state(self->v1);
	EXPECT_REQ(V1_RESUME_WITHOUT_DATA,
		   ret ? seen == MIG1_RESUMING || seen == MIG1_ERROR :
			 seen == MIG1_RUNNING && trouble_works(self->b),
		   "RUNNING after no data: %s, device_state shows %s",
		   common_errno(ret), common_state_name(seen));
	wrong = trouble_left(self->b, true);
	EXPECT_REQ(V1_RESUME_WITHOUT_DATA, !wrong, "%s", wrong);
}

static int load_with_corners(struct bench *b, int arg, const struct stream *stream)
{
	u64 size;
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);

	if (ret)
		return ret;
	v1_write_size(&b->v1, 0);
	v1_size(&b->v1, &size);
	return start(b, v1_load(&b->v1, NULL, stream));
}

/* data_size 0 written, and data_size read, mean nothing and break nothing. */
TEST_F(v1_resume, empty_transaction_is_harmless)
{
	int ret;

	ROAD(ret = trouble_trip(self->b, NULL, load_with_corners, 0));
	EXPECT_REQ(V1_DATA_SIZE_CORNERS_ARE_HARMLESS, ret == 1,
		   "after data_size 0: %s", common_differs(self->b));
}

/* ---- what others have set up ----------------------------------------------------------------- */

static bool interrupts_come(struct bench *b)
{
	u64 dma, before, after;
	int ret = stimulus_activity_seen(b->stim, &dma, &before);

	mig_idle(b->dev, COMMON_IDLE_MS);
	if (!ret)
		ret = stimulus_activity_seen(b->stim, &dma, &after);
	return !ret && after > before;
}

static int save_active(struct bench *b, int arg, struct stream *stream)
{
	int ret = stimulus_activity_start(b->stim);

	return ret ? ret : v1_save(&b->v1, NULL, V1_NO_PRE_COPY, stream);
}

/* Interrupts go on arriving where they were routed before the restore. */
TEST_F(v1_resume, interrupt_routes_survive)
{
	int i, ret = 0;

	NEEDS(NEED_IRQ);
	ROAD(common_save_by(self->b, save_active, 0, &saved));
	for (i = 0; i < COMMON_TRIES; i++) {
		ROAD(bench_fresh());
		ROAD(stimulus_activity_start(self->stim));
		if (!interrupts_come(self->b))
			NOT_OFFERED("this device brings no interrupts");
		ret = v1_restore(self->v1, NULL, &saved);
		if (!ret)
			break;
	}
	ROAD(ret);
	EXPECT_REQ(V1_EXTERNAL_STATE_SURVIVES_RESUME, interrupts_come(self->b),
		   "the restored device raises no interrupt that was routed before");
}

static u32 command_register(struct mig_dev *dev)
{
	struct mig_region config;
	u16 command = 0;

	if (!mig_region_info(dev, UAPI_PCI_CONFIG, &config))
		mig_pread(&dev->file, &command, sizeof(command),
			  config.offset + 4);
	return command;
}

/* The command register belongs to the VMM, not to the stream. */
TEST_F(v1_resume, command_register_survives)
{
	u32 before;

	NEEDS(NEED_CONFIG_SPACE);
	ROAD(common_save(self->b, &saved));
	ROAD(bench_fresh());
	before = command_register(self->dev);
	ROAD(v1_restore(self->v1, NULL, &saved));
	PREFER_REQ(V1_EXTERNAL_STATE_SURVIVES_RESUME,
		   command_register(self->dev) == before,
		   "the command register is 0x%x, was 0x%x before the restore",
		   command_register(self->dev), before);
}

EXPECT_MAIN
