// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "../../lib/uapi/mig1.h"
#include "spoil.h"

enum { HEAD = sizeof(struct vfio_user_header), SIZE_AT = 4, FLAGS_AT = 8,
       ERRNO_AT = 12, DEEP = 20000 };

static u32 get32(const struct spoilt *a, u32 at)
{
	u32 value = 0;

	if (at + sizeof(value) <= a->len)
		memcpy(&value, a->bytes + at, sizeof(value));
	return value;
}

static void put32(struct spoilt *a, u32 at, u32 value)
{
	if (at + sizeof(value) <= a->len)
		memcpy(a->bytes + at, &value, sizeof(value));
}

/* The head tells the truth about the length, which is @len now. */
static void resize(struct spoilt *a, u32 len)
{
	if (len > a->len)
		memset(a->bytes + a->len, 0, len - a->len);
	a->len = len;
	put32(a, SIZE_AT, len);
}

/* ---- the head ----------------------------------------------------------- */

static void put(struct spoilt *a, const struct lie *lie)
{
	put32(a, lie->row->at, lie->row->value);
}

static void flip(struct spoilt *a, const struct lie *lie)
{
	a->bytes[lie->row->at] ^= lie->row->value;
}

static void promise(struct spoilt *a, const struct lie *lie)
{
	put32(a, SIZE_AT, a->len + lie->row->value);
}

static void refuse(struct spoilt *a, const struct lie *lie)
{
	put32(a, FLAGS_AT, VFIO_USER_IS_REPLY | VFIO_USER_IS_ERROR);
	put32(a, ERRNO_AT, lie->row->value);
}

static void long_error(struct spoilt *a, const struct lie *lie)
{
	refuse(a, lie);
	put32(a, ERRNO_AT, EINVAL);
	resize(a, CONVERSATION_ROOM);
}

/* ---- the way it comes --------------------------------------------------- */

static void stay_silent(struct spoilt *a, const struct lie *lie)
{
	(void)lie;
	a->how = SPOILT_KEEP;
}

static void end_at(struct spoilt *a, const struct lie *lie)
{
	a->len = lie->place;
	a->how = SPOILT_END;
}

static void stop_at(struct spoilt *a, const struct lie *lie)
{
	if (lie->row->value < a->len)
		a->len = lie->row->value;
}

static void twice(struct spoilt *a, const struct lie *lie)
{
	(void)lie;
	if (2 * a->len > sizeof(a->bytes))
		return;
	memcpy(a->bytes + a->len, a->bytes, a->len);
	a->len *= 2;
}

static void trail(struct spoilt *a, const struct lie *lie)
{
	memset(a->bytes + a->len, 0, lie->row->value);
	a->len += lie->row->value;
}

static void cut_to(struct spoilt *a, const struct lie *lie)
{
	resize(a, lie->row->value);
}

static void shrink(struct spoilt *a, const struct lie *lie)
{
	if (a->len > HEAD)
		resize(a, a->len - lie->row->value);
}

static void halve(struct spoilt *a, const struct lie *lie)
{
	(void)lie;
	resize(a, HEAD + (a->len - HEAD) / 2);
}

static void grow(struct spoilt *a, const struct lie *lie)
{
	resize(a, a->len + lie->row->value);
}

static void give_fds(struct spoilt *a, const struct lie *lie)
{
	a->fds = lie->row->value;
}

/* Commands in place of an answer; @at is which, @value how much they want. */
static void flood(struct spoilt *a, const struct lie *lie)
{
	struct vfio_user_header head = {
		.command = (u16)lie->row->at, .flags = VFIO_USER_IS_COMMAND };
	u64 where[2] = { 0x100000, lie->row->value };

	head.size = sizeof(head) + sizeof(where) +
		    (lie->row->at == VFIO_USER_DMA_WRITE ? lie->row->value : 0);
	memset(a->bytes, 0, head.size);
	memcpy(a->bytes, &head, sizeof(head));
	memcpy(a->bytes + sizeof(head), where, sizeof(where));
	a->len = head.size;
	a->fds = 0;
	a->how = SPOILT_FLOOD;
}

/* ---- the body ----------------------------------------------------------- */

static void word(struct spoilt *a, const struct lie *lie)
{
	put32(a, lie->place, lie->row->value);
}

static void word_more(struct spoilt *a, const struct lie *lie)
{
	put32(a, lie->place, get32(a, lie->place) + lie->row->value);
}

/* What VERSION says; the version itself stays. */
static void text(struct spoilt *a, const struct lie *lie)
{
	static const char *const texts[] = {
		"this is no JSON",
		NULL,
		"{\"capabilities\":{\"max_msg_fds\":\"many\"}}",
		"{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":9}}}",
		"{\"capabilities\":{\"max_data_xfer_size\":1,\"max_msg_fds\":0}}",
	};
	const char *said = texts[lie->row->at];
	u32 from = HEAD + sizeof(struct vfio_user_version);

	if (said) {
		memcpy(a->bytes + from, said, strlen(said) + 1);
		a->len = from + (u32)strlen(said) + 1;
	} else {
		memset(a->bytes + from, '[', DEEP);
		a->bytes[from + DEEP] = '\0';
		a->len = from + DEEP + 1;
	}
	put32(a, SIZE_AT, a->len);
}

/* ---- migration ---------------------------------------------------------- */

enum { REGION_V1 = 9, OFFSET_AT = HEAD, INDEX_AT = HEAD + 8, DATA_AT = HEAD + 16 };

static bool is_register(const struct spoilt *a, u32 at)
{
	return get32(a, INDEX_AT) == REGION_V1 && get32(a, OFFSET_AT) == at;
}

/* The registers of 8 bytes; a value with the highest bit is a negative one. */
static void reg(struct spoilt *a, const struct lie *lie)
{
	if (!is_register(a, lie->row->at))
		return;
	put32(a, DATA_AT, lie->row->value);
	put32(a, DATA_AT + 4, lie->row->value & 0x80000000 ? 0xffffffff : 0);
}

/* There is always more to come, and it never comes. */
static void no_data(struct spoilt *a, const struct lie *lie)
{
	(void)lie;
	if (is_register(a, 8))
		put32(a, DATA_AT, 4096);
	if (is_register(a, 24))
		put32(a, DATA_AT, 0);
}

static void endless(struct spoilt *a, const struct lie *lie)
{
	u32 data = lie->row->value;

	if (get32(a, HEAD + 4))
		return;
	resize(a, HEAD + 8 + data);
	put32(a, HEAD, 8 + data);
	put32(a, HEAD + 4, data);
}

/* ---- the table ---------------------------------------------------------- */

#define ROW(generations, name, command, cases, apply, at, value, verdict, words) \
	{ generations, #name, command, cases, apply, at, value, verdict, words },
const struct mutation mutations[] = {
#include "mutations.def"
};
#undef ROW

const u32 mutation_count = ARRAY_SIZE(mutations);

bool spoil(struct spoilt *answer, u32 turn, u16 command, void *arg)
{
	const struct lie *lie = arg;

	if ((lie->turn >= 0 && (u32)lie->turn != turn) ||
	    (lie->row->command && lie->row->command != command))
		return false;
	lie->row->apply(answer, lie);
	return true;
}
