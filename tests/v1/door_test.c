// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways into stop-and-copy, where nothing can look into the device: what a
 * stream holds is not seen, but that there is one. A device that is saved by
 * one door has something to save by every other.
 */
#include "common.h"

V1_FIXTURE(v1_door, NEED_NOTHING)

enum door { FROM_RUNNING, FROM_PRE_COPY, FROM_STOP, DOORS };

static const char *const ways[DOORS] = { "2", "32", "02" };

static int save_through(struct bench *b, int door, struct stream *stream)
{
	int ret = common_walk(&b->v1, ways[door]);

	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* Bytes that come through @door; -errno, or where it is closed -ENOENT. */
static s64 bytes_through(struct bench *b, enum door door)
{
	static struct stream stream;
	int ret = common_accepts(b, ways[door]);

	if (ret == 1)
		ret = common_save_by(b, save_through, door, &stream);
	else if (!ret)
		ret = -ENOENT;
	return ret < 0 ? ret : (s64)stream.len;
}

/* Nothing by one door, and something by another: not all doors capture. */
TEST_F(v1_door, no_door_alone_is_empty)
{
	s64 bytes[DOORS], most = 0;
	enum door door;

	if (stimulus_can_mark(self->stim))
		NOT_OFFERED("a device that cannot be looked into");
	for (door = 0; door < DOORS; door++) {
		bytes[door] = bytes_through(self->b, door);
		most = bytes[door] > most ? bytes[door] : most;
	}
	if (!most)
		NOT_OFFERED("migration data");
	if (bytes[FROM_RUNNING] >= 0)
		PREFER_REQ(V1_STOP_COPY_DIRECTLY_FROM_RUNNING,
			   bytes[FROM_RUNNING],
			   "a save gives nothing from RUNNING, %lld bytes from elsewhere",
			   (long long)most);
	if (bytes[FROM_STOP] >= 0)
		PREFER_REQ(V1_STOP_TO_SAVE_OR_RESUME, bytes[FROM_STOP],
			   "a save gives nothing from STOP, %lld bytes from elsewhere",
			   (long long)most);
	/* That something comes is not enough for this rule to be kept. */
	if (!bytes[FROM_PRE_COPY])
		PREFER_REQ(V1_EVERY_DOOR_CAPTURES, false,
			   "a save gives nothing from PRE_COPY, where none of it was read, %lld bytes from elsewhere",
			   (long long)most);
}

EXPECT_MAIN
