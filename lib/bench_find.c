// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_find.h"
#include "mig.h"
#include "transport/transport.h"
#include "v1.h"
#include "v2.h"

struct search {
	int generation;
	char driver[64]; /* of the first that fits */
	char *uris;
	size_t size;
};

bool bench_speaks(struct mig_dev *dev, int generation)
{
	struct v1 v1;
	struct v2 v2;

	if (!generation)
		return !bench_speaks(dev, 1) && !bench_speaks(dev, 2);
	if (generation == 2)
		return !v2_open(dev, &v2);
	if (v1_open(dev, &v1))
		return false;
	v1_close(&v1);
	return true;
}

static bool fits(const char *uri, int generation)
{
	struct mig_context *ctx;
	struct mig_dev *dev;
	bool yes = false;

	if (mig_context_create(&ctx))
		return false;
	if (!mig_open(ctx, uri, &dev)) {
		yes = bench_speaks(dev, generation);
		mig_close(dev);
	}
	mig_context_destroy(ctx);
	return yes;
}

/* A device of another driver is no second to the first. */
static void look_at(void *arg, const struct mig_found *found)
{
	struct search *search = arg;
	size_t len = strlen(search->uris);

	if (len && strcmp(found->driver, search->driver))
		return;
	if (len + strlen(found->uri) + 2 > search->size ||
	    !fits(found->uri, search->generation))
		return;
	snprintf(search->driver, sizeof(search->driver), "%s", found->driver);
	snprintf(search->uris + len, search->size - len, "%s%s",
		 len ? " " : "", found->uri);
}

static int look_around(int generation, char *ret_uris, size_t size)
{
	struct search search = { .generation = generation, .uris = ret_uris,
				 .size = size };
	const struct mig_transport *const *transport;

	ret_uris[0] = '\0';
	if (!generation)
		return -ENODEV; /* nobody looks for what cannot migrate */
	for (transport = mig_transports; *transport; transport++)
		if ((*transport)->list)
			(*transport)->list(look_at, &search);
	return ret_uris[0] ? 0 : -ENODEV;
}

int bench_find(int generation, char *ret_uris, size_t size)
{
	const char *given = getenv("MIGCHECK_DEVICES");
	const char *bdf = getenv("VFIO_SELFTESTS_BDF");

	if (given && given[0])
		snprintf(ret_uris, size, "%s", given);
	else if (bdf && bdf[0])
		snprintf(ret_uris, size, "vfio:%s", bdf);
	else
		return look_around(generation, ret_uris, size);
	return 0;
}
