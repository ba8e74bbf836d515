// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole migrations as QEMU 5.2 to 7.2 makes them: the device comes back with
 * the contents it had, and stands all that QEMU asks of it on the way.
 */
#include "qemu.h"

V1_FIXTURE(v1_vmm, NEED_NOTHING)

/* A story, and what is special in it. */
enum vmm_way {
	VMM_PAUSED = 1 << 0,	  /* the VM is paused before the migration */
	VMM_SNAPSHOT = 1 << 1,	  /* a snapshot: stopped to be saved */
	VMM_AGAIN = 1 << 2,	  /* states that hold are written again */
	VMM_INTO_STOPPED = 1 << 3, /* loaded into a VM that is paused */
	VMM_SAVE_MAPPED = 1 << 4,  /* data through mapped areas */
	VMM_LOAD_MAPPED = 1 << 5,
	/* In one piece, not in units of 8 bytes. */
	VMM_SAVE_WHOLE = 1 << 6,
	VMM_LOAD_WHOLE = 1 << 7,
	VMM_WHOLE = VMM_SAVE_WHOLE | VMM_LOAD_WHOLE,
};

static struct qemu vmm_source(struct bench *b, int way, struct stream *stream)
{
	return (struct qemu){
		.v1 = &b->v1,
		.how = { .like_qemu = !(way & VMM_SAVE_WHOLE),
			 .mapped = way & VMM_SAVE_MAPPED },
		.stream = stream,
	};
}

/* From the running VM to a device that is being saved: the rounds are over. */
static int vmm_save_rounds(struct qemu *q, int way)
{
	int ret = way & VMM_AGAIN ? qemu_start(q->v1) : 0;

	if (!ret && way & VMM_PAUSED)
		ret = qemu_stop(q->v1, 0);
	if (!ret && way & VMM_SNAPSHOT)
		ret = qemu_stop(q->v1, MIG1_BIT_SAVING);
	if (!ret && (!(way & VMM_SNAPSHOT) || way & VMM_AGAIN))
		ret = qemu_save_setup(q);
	return ret ? ret : qemu_rounds(q);
}

static int vmm_save(struct bench *b, int way, struct stream *stream)
{
	struct qemu q = vmm_source(b, way, stream);
	int ret = vmm_save_rounds(&q, way);

	stream->precopy_chunks = stream->chunks;
	if (!ret && !(way & (VMM_PAUSED | VMM_SNAPSHOT)))
		ret = qemu_stop(&b->v1, 0);
	return ret ? ret : qemu_complete(&q, way & VMM_AGAIN);
}

static int vmm_load(struct bench *b, int way, const struct stream *stream)
{
	struct v1_moving how = { .like_qemu = !(way & VMM_LOAD_WHOLE),
				 .mapped = way & VMM_LOAD_MAPPED };
	int ret = way & VMM_INTO_STOPPED ? qemu_stop(&b->v1, 0) : 0;

	if (!ret)
		ret = qemu_load_setup(&b->v1);
	if (!ret)
		ret = v1_load(&b->v1, &how, stream);
	return ret ? ret : qemu_start(&b->v1);
}

static int vmm_trip(struct bench *b, int way)
{
	if (b->stim)
		b->stim->differs[0] = 0;
	return common_trip(b, vmm_save, vmm_load, way);
}

/*
 * Units of 8 bytes take too long where there is much to move. Where pre-copy is
 * refused, which has a rule of its own, the VM is stopped to be saved.
 */
static int vmm_manner(struct bench *b, int *ret_way)
{
	static struct stream stream;
	int live = common_accepts(b, "3"), ret = common_save(b, &stream);

	if (ret)
		return ret;
	*ret_way = (stream.len > QEMU_TRAPPED_MAX ? VMM_WHOLE : 0) |
		   (live ? 0 : VMM_SNAPSHOT);
	return 0;
}

/* The verdict on a story; without a stimulus only that nothing was refused. */
static void story_ends(struct __test_metadata *_metadata, struct bench *b,
		       bool well, const char *story)
{
	if (stimulus_can_mark(b->stim))
		EXPECT_REQ(V1_ROUND_TRIP_RESTORES, well, "%s: %s", story,
			   common_differs(b));
	else
		EXPECT_REQ(V1_RESUMING_TO_RUNNING, well,
			   "%s: refused each time, a plain save and restore is not",
			   story);
}

/*
 * A story that ended badly, told again without what has rules of its own: the
 * states written again, and the units of 8. True where that mends it.
 */
static bool story_mends(struct __test_metadata *_metadata, struct bench *b,
			int way, const char *story)
{
	bool again = vmm_trip(b, way) == 1;
	bool read = !again && vmm_trip(b, way | VMM_SAVE_WHOLE) == 1;
	bool write = !again && vmm_trip(b, way | VMM_LOAD_WHOLE) == 1;

	/* Between chunks, where a paused VM has it, the stream may start over. */
	if (way & (VMM_PAUSED | VMM_SNAPSHOT))
		PREFER_REQ(V1_SAME_STATE_WRITE_IS_INERT, !again,
			   "%s: fails with STOP_COPY written between chunks only",
			   story);
	else
		EXPECT_REQ(V1_SAME_STATE_WRITE_IS_INERT, !again,
			   "%s: fails with RUNNING and STOP_COPY written again only",
			   story);
	EXPECT_REQ(V1_CHUNK_READ_IN_ANY_SPLIT, !read,
		   "%s: fails with reads of 8 bytes only", story);
	EXPECT_REQ(V1_CHUNK_WRITTEN_IN_ANY_SPLIT, !write,
		   "%s: fails with writes of 8 bytes only", story);
	return again || read || write;
}

/* A story, told as QEMU tells it. */
static void migrates(struct __test_metadata *_metadata, struct bench *b, int way,
		     const char *story)
{
	bool stopped = way & (VMM_PAUSED | VMM_INTO_STOPPED);
	bool differs;
	int ret;

	ROAD(ret = vmm_trip(b, way | VMM_AGAIN));
	differs = b->stim && b->stim->differs[0];
	if (ret != 1 && story_mends(_metadata, b, way, story))
		return;
	if (stopped)
		EXPECT_REQ(V1_STOP_TO_SAVE_OR_RESUME, ret == 1, "%s: %s", story,
			   common_differs(b));
	/* To refuse a stopped device is no more than a pity. */
	if (!stopped || ret == 1 || differs)
		story_ends(_metadata, b, ret == 1, story);
}

/* ---- moving a VM ----------------------------------------------------------------- */

/* A running VM moves: set-up, rounds, stop, the rest, and the start over there. */
TEST_F(v1_vmm, running_vm_moves)
{
	int way;

	ROAD(vmm_manner(self->b, &way));
	migrates(_metadata, self->b, way, way & VMM_SNAPSHOT ?
		 "migration without pre-copy" : "live migration");
}

/* Areas are copied from and to where there are any. */
TEST_F(v1_vmm, running_vm_moves_through_mappings)
{
	int way, ret;

	NEEDS(NEED_MMAP);
	ROAD(v1_map(self->v1));
	ROAD(vmm_manner(self->b, &way));
	if (vmm_trip(self->b, way) != 1)
		SKIP(return, "road blocked: nor does it move without them");
	ROAD(ret = vmm_trip(self->b, way | VMM_SAVE_MAPPED));
	EXPECT_REQ(V1_MAPPED_VIEW_EQUALS_READ, ret == 1,
		   "saved through the mapping: %s", common_differs(self->b));
	ROAD(ret = vmm_trip(self->b, way | VMM_LOAD_MAPPED));
	EXPECT_REQ(V1_MAPPED_WRITE_EQUALS_WRITE, ret == 1,
		   "loaded through the mapping: %s", common_differs(self->b));
}

/* A snapshot stops the VM in order to save it. */
TEST_F(v1_vmm, snapshot_is_taken)
{
	int way;

	ROAD(vmm_manner(self->b, &way));
	migrates(_metadata, self->b, way | VMM_SNAPSHOT, "snapshot");
}

/* QEMU takes an empty chunk for the end: what comes behind it is lost unseen. */
TEST_F(v1_vmm, empty_chunk_loses_nothing)
{
	static struct stream stream;
	size_t i, lost = 0;
	int way;

	ROAD(vmm_manner(self->b, &way));
	ROAD(common_save_by(self->b, vmm_save, way, &stream));
	for (i = stream.precopy_chunks; i < stream.chunks; i++)
		if (!stream_chunk_len(&stream, i))
			break;
	if (i < stream.chunks)
		lost = stream.len - stream_chunk_start(&stream, i);
	EXPECT_REQ(V1_PENDING_MEANS_NON_EMPTY_CHUNK, !lost,
		   "QEMU loses %zu of %zu bytes behind an empty chunk", lost,
		   stream.len);
	PREFER_REQ(V1_PENDING_MEANS_NON_EMPTY_CHUNK, i == stream.chunks,
		   "an empty chunk ends the stream");
}

/* ---- pausing ---------------------------------------------------------------------- */

/* A paused VM goes on where it stood. */
TEST_F(v1_vmm, paused_vm_continues)
{
	int ret, i;

	ROAD(ret = common_accepts(self->b, "01"));
	EXPECT_REQ(V1_STOP_TO_RUNNING, ret, "a paused VM cannot continue");
	if (!ret)
		return;
	for (i = 0, ret = -EIO; i < COMMON_TRIES && ret; i++) {
		ROAD(bench_fresh());
		ROAD(common_mark(self->b, COMMON_SEED));
		ret = qemu_stop(self->v1, 0);
		if (!ret)
			ret = qemu_start(self->v1);
	}
	ROAD(ret);
	ROAD(ret = common_shows(self->b, COMMON_SEED));
	EXPECT_REQ(V1_RUNNING_AGAIN_WORKS, ret, "after a pause: %s",
		   common_differs(self->b));
}

/* It can be moved as it is. */
TEST_F(v1_vmm, paused_vm_moves)
{
	int way, ret;

	ROAD(ret = common_accepts(self->b, "02"));
	EXPECT_REQ(V1_STOP_TO_SAVE_OR_RESUME, ret, "a paused VM cannot be saved");
	if (!ret)
		return;
	ROAD(vmm_manner(self->b, &way));
	migrates(_metadata, self->b, way | VMM_PAUSED, "migration of a paused VM");
}

/* And loaded into. */
TEST_F(v1_vmm, paused_vm_loads)
{
	int way, ret;

	ROAD(ret = common_accepts(self->b, "04"));
	PREFER_REQ(V1_STOP_TO_SAVE_OR_RESUME, ret,
		   "a paused VM cannot load a snapshot");
	if (!ret)
		return;
	ROAD(vmm_manner(self->b, &way));
	migrates(_metadata, self->b, way | VMM_INTO_STOPPED,
		 "load into a paused VM");
}

/* ---- cancelling --------------------------------------------------------------------- */

enum vmm_phase {
	VMM_IN_SETUP, VMM_IN_ROUNDS, VMM_STOPPED, VMM_IN_DRAIN, VMM_DRAINED,
	VMM_COMPLETED, VMM_PHASES
};

static const char *const phase_names[VMM_PHASES] = {
	"after set-up", "between rounds", "after the stop", "within the rest",
	"at the end of the data", "after completion",
};

/* In a snapshot the stop comes first, and no rounds are made. */
static int go_to_stop(struct qemu *q, enum vmm_phase phase, bool snapshot)
{
	int ret;

	if (snapshot)
		return qemu_stop(q->v1, MIG1_BIT_SAVING);
	ret = qemu_save_setup(q);
	if (!ret && phase >= VMM_IN_ROUNDS)
		ret = qemu_rounds(q);
	if (!ret && phase == VMM_IN_ROUNDS) {
		ret = qemu_save_iterate(q);
		return ret < 0 ? ret : 0;
	}
	if (!ret && phase >= VMM_STOPPED)
		ret = qemu_stop(q->v1, 0);
	return ret;
}

static int go_to_phase(struct qemu *q, enum vmm_phase phase, bool snapshot)
{
	int ret = go_to_stop(q, phase, snapshot);

	if (!ret && phase == VMM_IN_DRAIN)
		ret = qemu_drain(q, 1);
	if (!ret && phase == VMM_DRAINED)
		ret = qemu_drain(q, QEMU_ALL);
	if (!ret && phase == VMM_COMPLETED)
		ret = qemu_complete(q, false);
	return ret;
}

static int cancel_way; /* of both saves */

/* A migration that is cancelled in @phase, and then a second one. */
static int save_after_cancel(struct bench *b, int phase, struct stream *stream)
{
	struct qemu q = vmm_source(b, VMM_WHOLE, common_waste());
	int ret = go_to_phase(&q, phase, cancel_way & VMM_SNAPSHOT);

	if (!ret)
		ret = qemu_cancel(&b->v1);
	if (ret)
		return ret;
	ret = common_shows(b, COMMON_SEED);
	if (ret <= 0)
		return ret < 0 ? ret : 1;
	return vmm_save(b, cancel_way, stream);
}

/* 0 and cancel_way, or -errno. */
static int cancel_manner(struct bench *b)
{
	int ret = vmm_manner(b, &cancel_way);

	cancel_way |= VMM_WHOLE;
	return ret;
}

/* Cancelled at any point, the VM runs on and can be moved later. */
TEST_F(v1_vmm, migration_is_cancelled)
{
	int phase, ret;

	ROAD(cancel_manner(self->b));
	phase = cancel_way & VMM_SNAPSHOT ? VMM_STOPPED : VMM_IN_SETUP;
	for (; phase < VMM_COMPLETED && !bench_late(); phase++) {
		ROAD(ret = common_trip(self->b, save_after_cancel, NULL, phase));
		EXPECT_REQ(V1_SAVE_CAN_BE_CANCELLED, ret == 1, "%s: %s",
			   phase_names[phase], common_differs(self->b));
	}
}

/* That goes for one that failed after the source was done as well. */
TEST_F(v1_vmm, completed_migration_is_cancelled)
{
	int ret;

	ROAD(ret = common_accepts(self->b, "201"));
	EXPECT_REQ(V1_STOP_TO_RUNNING, ret, "RUNNING is refused after completion");
	if (!ret)
		return;
	ROAD(cancel_manner(self->b));
	ROAD(ret = common_trip(self->b, save_after_cancel, NULL, VMM_COMPLETED));
	EXPECT_REQ(V1_STOP_TO_RUNNING, ret == 1, "%s: %s",
		   phase_names[VMM_COMPLETED], common_differs(self->b));
}

/* A load that failed half-way is left for RUNNING, or by the next reset. */
TEST_F(v1_vmm, failed_load_is_left)
{
	static struct stream stream;
	int ret;

	ROAD(common_save(self->b, &stream));
	ROAD(common_reach(self->b, "4"));
	ROAD(common_take(self->v1, COMMON_HALF, &stream));
	ret = qemu_cancel(self->v1);
	PREFER_REQ(V1_RESUME_CAN_BE_ABORTED, !ret,
		   "RUNNING in the midst of a load: %s", common_errno(ret));
	if (!ret)
		EXPECT_REQ(V1_STATE_READS_BACK,
			   common_state(self->v1) == MIG1_RUNNING,
			   "device_state shows %s",
			   common_state_name(common_state(self->v1)));
	ROAD(cancel_manner(self->b));
	ROAD(ret = vmm_trip(self->b, cancel_way));
	story_ends(_metadata, self->b, ret == 1, "migration after a failed load");
}

EXPECT_MAIN
