// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole migrations as QEMU 8 to 11 and cloud-hypervisor make them: the device
 * comes back with the contents it had, and stands all that they ask of it.
 */
#include "vmm.h"

V2_FIXTURE(v2_vmm, NEED_NOTHING)

/* The verdict on a story; without a stimulus only that nothing was refused. */
static void story_ends(struct __test_metadata *_metadata, struct bench *b,
		       bool well, const char *story)
{
	if (stimulus_can_mark(b->stim))
		EXPECT_REQ(V2_ROUND_TRIP_RESTORES, well, "%s: %s", story,
			   vmm_differs(b));
	else
		EXPECT_REQ(V2_STREAM_IS_NON_EMPTY_AND_OWN, well, "%s: %s", story,
			   vmm_differs(b));
}

static void migrates(struct __test_metadata *_metadata, struct bench *b, int way,
		     const char *story)
{
	int ret;

	ROAD(ret = vmm_trip(b, NULL, way));
	story_ends(_metadata, b, ret == 1, story);
}

/* ---- moving a VM ----------------------------------------------------------------- */

/* All devices have STOP_COPY: the VM stops in two passes, then it is saved. */
TEST_F(v2_vmm, running_vm_moves)
{
	migrates(_metadata, self->b, 0, "QEMU, without pre-copy");
}

/* With pre-copy the session lasts from the set-up to the end. */
TEST_F(v2_vmm, running_vm_moves_in_rounds)
{
	NEEDS(NEED_PRE_COPY);
	migrates(_metadata, self->b, VMM_PRE_COPY, "QEMU, with pre-copy");
}

/* A paused VM is saved from STOP. */
TEST_F(v2_vmm, paused_vm_moves)
{
	migrates(_metadata, self->b, VMM_PAUSED, "QEMU, VM paused");
}

/* cloud-hypervisor leaves the way to the kernel, there and back. */
TEST_F(v2_vmm, vm_moves_by_combined_arcs)
{
	int ret;

	if (vmm_trip(self->b, NULL, 0) != 1)
		SKIP(return, "road blocked: nor does it move step by step");
	ROAD(ret = vmm_trip(self->b, NULL, VMM_DIRECT));
	EXPECT_REQ(V2_COMBINED_ARC_EQUALS_STEPS, ret == 1,
		   "cloud-hypervisor: %s", vmm_differs(self->b));
	ROAD(ret = vmm_trip(self->b, NULL, VMM_DIRECT | VMM_CLOSES_LATE));
	EXPECT_REQ(V2_COMBINED_ARC_EQUALS_STEPS, ret == 1,
		   "cloud-hypervisor, data_fd closed at the end: %s",
		   vmm_differs(self->b));
}

/* QEMU asks a device in STOP_COPY for STOP_COPY: nothing happens. */
TEST_F(v2_vmm, stop_copy_may_be_asked_again)
{
	int way = self->v2->caps & MIG2_CAP_PRE_COPY ? VMM_PRE_COPY : 0;
	int ret;

	if (vmm_trip(self->b, NULL, way) != 1)
		SKIP(return, "road blocked: nor does it move without that");
	ROAD(ret = vmm_trip(self->b, NULL, way | VMM_AGAIN));
	EXPECT_REQ(V2_SAME_STATE_IS_A_NO_OP, ret == 1,
		   "with STOP_COPY asked for again: %s", vmm_differs(self->b));
}

/* data_fd is closed before the VM starts by old versions, after it by new ones. */
TEST_F(v2_vmm, destination_closes_when_it_likes)
{
	int ret;

	ROAD(ret = vmm_trip(self->b, NULL, VMM_CLOSES_LATE));
	story_ends(_metadata, self->b, ret == 1, "data_fd closed after the start");
	if (ret != 1)
		return;
	/* No road: plain loads close early too. */
	ret = vmm_trip(self->b, NULL, 0);
	EXPECT_REQ(V2_WRITTEN_DATA_SURVIVES_CLOSE, ret == 1,
		   "data_fd closed before the start: %s", vmm_differs(self->b));
}

/* ---- what it is asked on the way ---------------------------------------------------- */

/* The copy buffer is as large as the device says: there must be one. */
TEST_F(v2_vmm, buffer_has_a_size)
{
	struct mig_file *data;
	u64 length;

	NEEDS(NEED_DATA_SIZE);
	ROAD(common_reach(self->b, MIG2_RUNNING, &data));
	ROAD(v2_data_size(self->v2, &length));
	EXPECT_REQ(V2_DATA_SIZE_IS_NON_ZERO, length, "0 bytes in RUNNING");
	NEEDS(NEED_PRE_COPY);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(v2_data_size(self->v2, &length));
	EXPECT_REQ(V2_DATA_SIZE_IS_NON_ZERO, length, "0 bytes in PRE_COPY");
	mig_file_close(data);
}

/* The estimate is asked for at the set-up and in each round. */
TEST_F(v2_vmm, rounds_have_an_estimate)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	u8 bytes[4096];
	int i, ret = 0;

	NEEDS(NEED_PRE_COPY);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	for (i = 0; i < 4 && !ret; i++) {
		ret = v2_precopy_info(data, &info);
		if (ret) /* once may happen */
			ret = v2_precopy_info(data, &info);
		EXPECT_REQ(V2_PRECOPY_INFO_IS_MANDATORY, !ret, "in round %d: %s",
			   i, common_errno(ret));
		mig_read(data, bytes, sizeof(bytes));
	}
	mig_file_close(data);
}

/* ---- cancelling ------------------------------------------------------------------------ */

enum vmm_phase {
	VMM_IN_SETUP, VMM_IN_ROUNDS, VMM_QUIET, VMM_STOPPED, VMM_IN_REST,
	VMM_PHASES
};

static const char *const phase_names[VMM_PHASES] = {
	"after set-up", "after the rounds", "with the VM half stopped",
	"with the VM stopped", "within the rest",
};

static int go_to_phase(struct vmm_source *s, enum vmm_phase phase)
{
	bool pre_copy = s->way & VMM_PRE_COPY;
	int ret = vmm_save_setup(s);

	if (!ret && phase >= VMM_IN_ROUNDS)
		ret = vmm_save_rounds(s);
	if (!ret && phase == VMM_QUIET && vmm_has_p2p(s->b))
		ret = vmm_set(s->b, pre_copy ? MIG2_PRE_COPY_P2P :
					       MIG2_RUNNING_P2P);
	if (!ret && phase >= VMM_STOPPED)
		ret = vmm_save_stop(s);
	if (!ret && phase == VMM_IN_REST && !s->data)
		ret = vmm_set_opening(s->b, MIG2_STOP_COPY, &s->data);
	if (!ret && phase == VMM_IN_REST)
		ret = v2_collect_some(s->data, 1000, s->stream);
	return ret;
}

/* Out of STOP_COPY by STOP, the fd goes, and the VM runs: else a reset. */
static int cancel(struct bench *b, struct mig_file *data)
{
	int ret = 0;

	if (common_state(b) == MIG2_STOP_COPY)
		ret = vmm_set(b, MIG2_STOP);
	mig_file_close(data);
	if (!ret)
		ret = vmm_set(b, MIG2_RUNNING);
	if (!ret)
		return common_verify(b, COMMON_SEED);
	ret = common_reset(b);
	return ret ? ret : common_mark(b, COMMON_SEED);
}

/* A migration that is cancelled in @phase, and then a second one. */
static int save_after_cancel(struct bench *b, int phase, struct stream *stream)
{
	int way = b->v2.caps & MIG2_CAP_PRE_COPY ? VMM_PRE_COPY : 0;
	struct vmm_source s = { .b = b, .way = way, .stream = stream };
	int ret = go_to_phase(&s, phase);

	if (ret) {
		mig_file_close(s.data);
		return ret;
	}
	ret = cancel(b, s.data);
	stream_clear(stream);
	if (ret)
		return ret == -EILSEQ ? 1 : ret;
	return vmm_save(b, way, stream);
}

/* Cancelled at any point, the VM runs on and can be moved later. */
TEST_F(v2_vmm, migration_is_cancelled)
{
	int phase, ret;

	for (phase = 0; phase < VMM_PHASES; phase++) {
		ROAD(ret = vmm_trip(self->b, save_after_cancel, phase));
		if (self->v2->caps & MIG2_CAP_PRE_COPY && phase < VMM_STOPPED)
			EXPECT_REQ(V2_CANCEL_ENDS_SESSION, ret == 1,
				   "cancelled %s: %s", phase_names[phase],
				   vmm_differs(self->b));
		else
			story_ends(_metadata, self->b, ret == 1,
				   phase_names[phase]);
	}
}

/* A paused VM goes on where it stood. */
TEST_F(v2_vmm, paused_vm_continues)
{
	int i, ret = -EIO;

	NEEDS(NEED_STIMULUS);
	for (i = 0; i < COMMON_TRIES && ret; i++) {
		ROAD(common_fresh(self->b, COMMON_SEED));
		ret = vmm_stop(self->b, MIG2_RUNNING_P2P, MIG2_STOP);
		if (!ret)
			ret = vmm_start(self->b);
	}
	ROAD(ret);
	ret = common_verify(self->b, COMMON_SEED);
	EXPECT_REQ(V2_RUNNING_AGAIN_WORKS, !ret, "after a pause: %s",
		   vmm_differs(self->b));
}

/* ---- failing ----------------------------------------------------------------------------- */

static int save_after_reset(struct bench *b, int phase, struct stream *stream)
{
	int way = b->v2.caps & MIG2_CAP_PRE_COPY ? VMM_PRE_COPY : 0;
	struct vmm_source s = { .b = b, .way = way, .stream = stream };
	int ret = go_to_phase(&s, phase);

	if (!ret)
		ret = common_reset(b);
	mig_file_close(s.data);
	stream_clear(stream);
	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	return ret ? ret : vmm_save(b, way, stream);
}

/* A migration that fails on the source ends by reset, and the next succeeds. */
TEST_F(v2_vmm, failed_source_is_reset)
{
	int phase, ret;

	for (phase = 0; phase < VMM_PHASES; phase++) {
		ROAD(ret = vmm_trip(self->b, save_after_reset, phase));
		EXPECT_REQ(V2_MIGRATION_WORKS_AFTER_RESET, ret == 1,
			   "reset %s: %s", phase_names[phase],
			   vmm_differs(self->b));
	}
}

/* As vmm_load(), of half a stream: what the start of the VM gives. */
static int start_half_loaded(struct bench *b, const struct stream *stream,
			     int *ret_start)
{
	struct mig_file *data = NULL;
	int ret = common_reach(b, MIG2_RESUMING, &data);

	if (!ret)
		ret = v2_load(data, NULL, stream, 0, stream->len / 2);
	mig_file_close(data);
	if (!ret)
		*ret_start = vmm_start(b);
	return ret;
}

/* A VM is never started on half a stream; the reset leads to a fresh one. */
TEST_F(v2_vmm, failed_destination_is_reset)
{
	struct stream stream;
	int ret, start = 0;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(common_load(self->b, &stream));
	if (stream.len < 2)
		NOT_OFFERED("a stream that has two halves");
	ROAD(start_half_loaded(self->b, &stream, &start));
	EXPECT_REQ(V2_INCOMPLETE_STREAM_IS_REFUSED, start,
		   "the VM starts with half a stream");
	ret = common_reset(self->b);
	EXPECT_REQ(V2_REFUSED_LOAD_IS_RECOVERABLE,
		   !ret && common_state(self->b) == MIG2_RUNNING,
		   "reset: %s, then in %s", common_errno(ret),
		   v2_state_name(common_state(self->b)));
	ret = vmm_load_by(self->b, 0, &stream);
	EXPECT_REQ(V2_REFUSED_LOAD_IS_RECOVERABLE, !ret,
		   "the whole stream after the reset: %s", common_errno(ret));
	stream_free(&stream);
}

EXPECT_MAIN
