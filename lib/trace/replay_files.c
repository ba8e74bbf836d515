// SPDX-License-Identifier: GPL-2.0-only
/* Sessions, mappings and places of a replay: this device's for the recorded. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../uapi/mig1.h"
#include "replay_internal.h"

enum { REGION_INDEXES = 64 };

/* ---- sessions ------------------------------------------------------------------- */

static struct replay_session **find_session(struct replay *r, u32 device,
					    u32 number)
{
	struct replay_session **link = &r->sessions;

	while (*link && ((*link)->device != device || (*link)->number != number))
		link = &(*link)->next;
	return link;
}

void replay_got_fd(struct replay *r, u32 device, s32 recorded, s32 fd)
{
	struct replay_fd *given = calloc(1, sizeof(*given));

	if (!given)
		return;
	*given = (struct replay_fd){ r->fds, device, recorded, fd };
	r->fds = given;
}

/* Takes the fd that stands for @recorded out of the list; -1: the last one. */
static s32 take_fd(struct replay *r, u32 device, s64 recorded)
{
	struct replay_fd **link = &r->fds, *given;
	s32 fd;

	while ((given = *link) &&
	       (given->device != device ||
		(recorded >= 0 && given->recorded != recorded)))
		link = &given->next;
	if (!given)
		return -1;
	fd = given->fd;
	*link = given->next;
	free(given);
	return fd;
}

static struct mig_file *open_session(struct replay *r, u32 device, u32 number,
				     s64 recorded)
{
	struct mig_dev *dev = r->devices[device];
	struct replay_session *session;
	s32 fd = take_fd(r, device, recorded);

	if (!dev || fd < 0 || *find_session(r, device, number))
		return NULL;
	session = calloc(1, sizeof(*session));
	if (!session || mig_session(dev, fd, &session->file)) {
		free(session);
		return NULL;
	}
	session->device = device;
	session->number = number;
	session->next = r->sessions;
	r->sessions = session;
	return session->file;
}

void replay_name_session(struct replay *r, const struct trace_step *step)
{
	if (!open_session(r, step->device, step->session, (s64)step->len))
		replay_left_out(r, step, "left out: no data_fd was given here");
}

struct mig_file *replay_file(struct replay *r, const struct trace_step *step)
{
	struct replay_session *session;

	if (!step->session)
		return r->devices[step->device] ?
			       &r->devices[step->device]->file : NULL;
	session = *find_session(r, step->device, step->session);
	if (session)
		return session->file;
	/* A trace that does not tell which fd became which session. */
	return open_session(r, step->device, step->session, -1);
}

static void close_session(struct replay_session **link)
{
	struct replay_session *session = *link;

	*link = session->next;
	mig_file_close(session->file);
	free(session);
}

void replay_close_session(struct replay *r, const struct trace_step *step)
{
	struct replay_session **link = find_session(r, step->device,
						    step->session);

	if (*link)
		close_session(link);
	else
		replay_left_out(r, step,
				"left out: there is no such session here");
}

void replay_close_all(struct replay *r)
{
	struct mig_file *file;
	u32 device;
	s32 fd;

	while (r->sessions)
		close_session(&r->sessions);
	while (r->fds) {
		device = r->fds->device;
		fd = take_fd(r, device, -1);
		if (r->devices[device] &&
		    !mig_session(r->devices[device], fd, &file))
			mig_file_close(file);
	}
}

/* ---- mappings ------------------------------------------------------------------- */

static struct replay_map *new_map(struct replay *r)
{
	int i;

	for (i = 0; i < REPLAY_MAPS; i++)
		if (!r->maps[i].used)
			return &r->maps[i];
	return NULL;
}

static void map_memory(struct replay *r, const struct trace_step *step)
{
	struct replay_map *map = new_map(r);
	void *addr;

	if (!map || !step->len || step->len > REPLAY_HELD_MAX) {
		replay_left_out(r, step, "left out: too much memory");
		return;
	}
	addr = mmap(NULL, step->len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (addr == MAP_FAILED)
		return;
	replay_compare(r, step,
		       mig_dma_map(r->ctx, step->offset, addr, step->len));
	*map = (struct replay_map){ true, true, 0, step->offset, step->len,
				    addr };
}

static void unmap_memory(struct replay *r, const struct trace_step *step)
{
	int i;

	replay_compare(r, step, mig_dma_unmap(r->ctx, step->offset, step->len));
	for (i = 0; i < REPLAY_MAPS; i++) {
		struct replay_map *map = &r->maps[i];

		if (!map->used || !map->dma || map->iova != step->offset ||
		    map->len != step->len)
			continue;
		munmap(map->addr, map->len);
		map->used = false;
	}
}

void replay_dma(struct replay *r, const struct trace_step *step)
{
	if (step->op == TRACE_DMA_MAP)
		map_memory(r, step);
	else
		unmap_memory(r, step);
}

void replay_mmap(struct replay *r, const struct trace_step *step,
		 struct mig_file *file)
{
	struct replay_map *map = new_map(r);
	void *addr;
	int ret;

	if (!map || step->len > REPLAY_HELD_MAX) {
		replay_left_out(r, step, "left out: too much memory");
		return;
	}
	ret = mig_mmap(file, step->len, (int)step->request,
		       replay_offset(r, step), &addr);
	replay_compare(r, step, ret);
	if (!ret)
		*map = (struct replay_map){ true, false, step->device, 0,
					    step->len, addr };
}

void replay_munmap(struct replay *r, const struct trace_step *step,
		   struct mig_file *file)
{
	int i;

	for (i = 0; i < REPLAY_MAPS; i++) {
		struct replay_map *map = &r->maps[i];

		if (!map->used || map->dma || map->device != step->device ||
		    map->len != step->len)
			continue;
		replay_compare(r, step, mig_munmap(file, map->addr, map->len));
		map->used = false;
		return;
	}
	replay_left_out(r, step, "left out: nothing like it is mapped here");
}

void replay_unmap_all(struct replay *r)
{
	int i;

	for (i = 0; i < REPLAY_MAPS; i++) {
		struct replay_map *map = &r->maps[i];

		if (!map->used)
			continue;
		if (map->dma)
			mig_dma_unmap(r->ctx, map->iova, map->len);
		if (map->dma)
			munmap(map->addr, map->len);
		else if (r->devices[map->device])
			mig_munmap(&r->devices[map->device]->file, map->addr,
				   map->len);
		map->used = false;
	}
}

/* ---- places --------------------------------------------------------------------- */

static bool covers(const struct uapi_region_info *info, u64 offset)
{
	return offset >= info->offset && offset - info->offset < info->size;
}

/* The recorded region at @step->offset; false where none was described. */
static bool recorded_region(const struct replay *r, const struct trace_step *step,
			    struct uapi_region_info *ret_info)
{
	const struct trace_answer *answer;
	u32 index;

	for (index = 0; index < REGION_INDEXES; index++) {
		answer = trace_reader_answer(r->reader, step->device,
					     UAPI_DEVICE_GET_REGION_INFO, index);
		if (!answer)
			continue;
		memcpy(ret_info, answer->bytes, sizeof(*ret_info));
		if (covers(ret_info, step->offset))
			return true;
	}
	return false;
}

u64 replay_offset(struct replay *r, const struct trace_step *step)
{
	struct mig_file *file = &r->devices[step->device]->file;
	struct uapi_region_info then, now = { .argsz = sizeof(now) };

	/* Asked past the observers: the recorded user has not asked again. */
	if (!r->options->uri || step->session || !recorded_region(r, step, &then))
		return step->offset;
	now.index = then.index;
	if (file->ops->ioctl(file, UAPI_DEVICE_GET_REGION_INFO, &now) < 0)
		return step->offset;
	return now.offset + (step->offset - then.offset);
}
