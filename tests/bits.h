/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An exact oracle of dirty bitmaps. It knows what was written, so it knows for
 * each bit of a bitmap whether it has to be set, and for each byte around the
 * bitmap that it must not change.
 *
 * The bitmap lies in a room between two pages that fault on any access: close
 * behind the first, close before the second, or across the borders of pages.
 */
#ifndef TESTS_BITS_H
#define TESTS_BITS_H

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "stimulus/stimulus.h"

enum {
	BITS_PAGE = 4096,
	BITS_PAGES = 5, /* of the room */
	BITS_ROOM = BITS_PAGES * BITS_PAGE,
	BITS_WORDS = 4 * BITS_PAGE / 8, /* of the largest bitmap */
	BITS_FILL = 0xa5,		/* of every byte around the bits */
};

/* Where in the room a bitmap lies. */
enum bits_place { BITS_FIRST, BITS_LAST, BITS_ACROSS, BITS_PLACES };

struct bits {
	u64 iova, length, page;	 /* what is asked for */
	u64 count;		 /* bits that stand for it */
	u64 *map;		 /* the bitmap */
	bool words; /* set by the user: the last word may be written as a whole */
	u64 must[BITS_WORDS];	 /* bits of what was written */
};

/* The room, made once; NULL where there is no memory. */
static inline u8 *bits_room(void)
{
	static u8 *room;
	u8 *pages;

	if (room)
		return room;
	pages = mmap(NULL, BITS_ROOM + 2 * BITS_PAGE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED ||
	    mprotect(pages + BITS_PAGE, BITS_ROOM, PROT_READ | PROT_WRITE))
		return NULL;
	room = pages + BITS_PAGE;
	return room;
}

static inline u64 bits_words(const struct bits *b)
{
	return (b->count + 63) / 64;
}

static inline bool bits_get(const u64 *map, u64 n)
{
	return map[n / 64] >> (n % 64) & 1;
}

static inline u64 bits_tail(const struct bits *b)
{
	u64 fill = 0x0101010101010101ull * BITS_FILL;

	if (b->words || b->count % 64 == 0)
		return 0;
	return fill & ~0ull << b->count % 64;
}

/*
 * Empties the bitmap for a question about [@iova, @iova + @length) in units of
 * @page, a power of two, and puts it at @place. Nothing has been written yet.
 * 0, or -errno: the bitmap would be too large.
 */
static inline int bits_ask(struct bits *b, u64 iova, u64 length, u64 page,
			   enum bits_place place)
{
	u8 *room = bits_room();
	size_t len;

	b->iova = iova;
	b->length = length;
	b->page = page;
	b->count = (length - 1) / page + 1;
	if (!room || bits_words(b) > BITS_WORDS)
		return -ENOMEM;
	len = bits_words(b) * 8;
	memset(room, BITS_FILL, BITS_ROOM);
	memset(b->must, 0, len);
	b->map = (u64 *)(place == BITS_FIRST ? room :
			 place == BITS_LAST ? room + BITS_ROOM - len :
					      room + BITS_PAGE - 8);
	memset(b->map, 0, len);
	b->map[bits_words(b) - 1] |= bits_tail(b);
	return 0;
}

/* The device wrote @len bytes at @iova; what was not asked about is left out. */
static inline void bits_wrote(struct bits *b, u64 iova, u64 len)
{
	u64 first = iova, last = iova + (len - 1), n;

	if (last < b->iova || first > b->iova + (b->length - 1))
		return;
	if (first < b->iova)
		first = b->iova;
	if (last > b->iova + (b->length - 1))
		last = b->iova + (b->length - 1);
	for (n = (first - b->iova) / b->page; n <= (last - b->iova) / b->page; n++)
		b->must[n / 64] |= 1ull << n % 64;
}

/* The device is told to write page @page of memory at @iova, and takes its time. */
static inline int bits_submit(struct stimulus *st, u64 iova, u32 page)
{
	return stimulus_dma_submit(st, iova + (u64)page * BITS_PAGE, BITS_PAGE,
				   page + 1);
}

/*
 * How many of the first @submitted pages of @memory, at the address asked
 * about, hold what was submitted: these must be set from now on.
 */
static inline u32 bits_landed(struct bits *b, const u8 *memory, u32 submitted)
{
	u8 expected[BITS_PAGE];
	u32 page, count = 0;

	for (page = 0; page < submitted; page++) {
		stimulus_fill(expected, BITS_PAGE, page + 1, 0);
		if (memcmp(memory + page * BITS_PAGE, expected, BITS_PAGE))
			continue;
		bits_wrote(b, b->iova + (u64)page * BITS_PAGE, BITS_PAGE);
		count++;
	}
	return count;
}

/* Bits that should be set and are not. */
static inline u64 bits_lost(const struct bits *b)
{
	u64 i, lost = 0;

	for (i = 0; i < bits_words(b); i++)
		lost += (u64)__builtin_popcountll(b->must[i] & ~b->map[i]);
	return lost;
}

/* Bits that are set and stand for nothing that was written. */
static inline u64 bits_extra(const struct bits *b)
{
	u64 i, word, extra = 0;

	for (i = 0; i < bits_words(b); i++) {
		word = b->map[i] & ~b->must[i];
		if (i == bits_words(b) - 1 && b->count % 64)
			word &= ~(~0ull << b->count % 64);
		extra += (u64)__builtin_popcountll(word);
	}
	return extra;
}

/* Bytes of the room that are not of the bitmap, or are its tail, and changed. */
static inline u64 bits_spilt(const struct bits *b)
{
	const u8 *room = bits_room(), *map = (const u8 *)b->map;
	u64 last = b->map[bits_words(b) - 1], spilt = 0, i;

	for (i = 0; i < BITS_ROOM; i++)
		if ((room + i < map || room + i >= map + bits_words(b) * 8) &&
		    room[i] != BITS_FILL)
			spilt++;
	if (!b->words && b->count % 64)
		spilt += (last & ~0ull << b->count % 64) != bits_tail(b);
	return spilt;
}

#endif
