/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices that write to each other. A device has a window that peers may write
 * to; what arrives there can be looked at. After NEED_PEER both devices of the
 * bench have one, and both can write to that of the other.
 */
#ifndef TESTS_ORDER_PEER_H
#define TESTS_ORDER_PEER_H

#include <errno.h>
#include <string.h>

#include "expect.h"

enum {
	PEER_LEN = 256, /* bytes of one write */
	PEER_SPOTS = 2, /* places in a window for them */
	PEER_SEED = 60, /* what is written to a spot is this plus its number */
};

/* Where a spot of the window is, in the device file and for peers. */
static inline int peer_spot(struct stimulus *st, u32 spot, u64 *ret_offset,
			    u64 *ret_iova)
{
	struct stimulus_window window;
	struct mig_region region;
	u64 iova;
	int ret;

	ret = stimulus_window(st, &window);
	if (!ret)
		ret = mig_peer_iova(st->dev, window.region, &iova);
	if (!ret)
		ret = mig_region_info(st->dev, window.region, &region);
	if (ret)
		return ret;
	if (window.len < PEER_LEN * PEER_SPOTS)
		return -ENOSPC;
	window.offset += spot * PEER_LEN;
	*ret_offset = region.offset + window.offset;
	*ret_iova = iova + window.offset;
	return 0;
}

/* What all spots of the window of @st hold: 0 or -errno. */
static inline int peer_look(struct stimulus *st,
			    u8 ret_bytes[PEER_LEN * PEER_SPOTS])
{
	u64 offset, iova;
	int ret = peer_spot(st, 0, &offset, &iova);

	return ret ? ret : stimulus_read(st, offset, ret_bytes,
					 PEER_LEN * PEER_SPOTS);
}

/* 1 where a spot of the window of @st holds what peers write there, 0, -errno. */
static inline int peer_shows(struct stimulus *st, u32 spot)
{
	u8 bytes[PEER_LEN * PEER_SPOTS], expected[PEER_LEN];
	int ret = peer_look(st, bytes);

	stimulus_fill(expected, PEER_LEN, PEER_SEED + spot, 0);
	return ret ? ret : !memcmp(bytes + spot * PEER_LEN, expected, PEER_LEN);
}

/* Device @from writes to a spot of @to, and has done so on return. */
static inline int peer_write(struct stimulus *from, struct stimulus *to, u32 spot)
{
	u64 offset, iova;
	int ret = peer_spot(to, spot, &offset, &iova);

	return ret ? ret : stimulus_dma_write(from, iova, PEER_LEN,
					      PEER_SEED + spot);
}

/* Device @from gets orders for all spots of @to, and has time to begin. */
static inline int peer_submit(struct stimulus *from, struct stimulus *to)
{
	u64 offset, iova[PEER_SPOTS];
	int ret = 0;
	u32 spot;

	for (spot = 0; spot < PEER_SPOTS && !ret; spot++)
		ret = peer_spot(to, spot, &offset, &iova[spot]);
	for (spot = 0; spot < PEER_SPOTS && !ret; spot++)
		ret = stimulus_dma_submit(from, iova[spot], PEER_LEN,
					  PEER_SEED + spot);
	return ret;
}

#endif
