// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migrations to be measured: straight ones, repeated, in pieces as large as the
 * device announces. What is seen of them goes into the figures of the device;
 * the judge watches as ever.
 */
#include <time.h>

#include "common.h"

enum { FIGURES_MIGRATIONS = 5 };

V1_FIXTURE(v1_figures, NEED_NOTHING)

static int figures_migrate(struct bench *b, const struct v1_moving *how,
			   int rounds, struct stream *s)
{
	int ret = bench_fresh();

	if (!ret)
		ret = v1_save(&b->v1, how, rounds, s);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_STOP);
	return ret ? ret : v1_restore(&b->v1, how, s);
}

/*
 * A few of them, one at least: a large device has time for no more. 0, or
 * -errno of the last where none came through.
 */
static int figures_repeat(struct bench *b, int rounds)
{
	struct v1_moving how = { .mapped = !v1_map(&b->v1) };
	time_t end = time(NULL) + bench_deadline() / 3;
	int i, ret, last = 0, done = 0;
	struct stream s;

	stream_init(&s);
	bench_migrates();
	for (i = 0; i < FIGURES_MIGRATIONS && time(NULL) <= end; i++) {
		ret = figures_migrate(b, &how, rounds, &s);
		done += !ret;
		last = ret ? ret : last;
	}
	stream_free(&s);
	return done ? 0 : last;
}

TEST_F(v1_figures, stop_copy_migration)
{
	ROAD(figures_repeat(self->b, V1_NO_PRE_COPY));
}

TEST_F(v1_figures, precopy_migration)
{
	ROAD(figures_repeat(self->b, V1_ALL_PRE_COPY));
}

EXPECT_MAIN
