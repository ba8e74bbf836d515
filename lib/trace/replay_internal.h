/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a replay: files, arguments, places, and what is compared. */
#ifndef MIGCHECK_TRACE_REPLAY_INTERNAL_H
#define MIGCHECK_TRACE_REPLAY_INTERNAL_H

#include "replay.h"
#include "streams.h"

enum {
	REPLAY_MOVE_MAX = 64 << 20,  /* bytes of one call */
	REPLAY_HELD_MAX = 256 << 20, /* of all that was read and is needed */
	REPLAY_MAPS = 256,
};

/* A data session that is open here. */
struct replay_session {
	struct replay_session *next;
	u32 device, number; /* as recorded */
	struct mig_file *file;
};

/* A data_fd that nobody has made a file of yet. */
struct replay_fd {
	struct replay_fd *next;
	u32 device;
	s32 recorded, fd;
};

/* Memory mapped here: of a file, or for DMA. */
struct replay_map {
	bool used, dma;
	u32 device;
	u64 iova;
	size_t len;
	void *addr;
};

struct replay {
	struct trace_reader *reader;
	struct mig_context *ctx;
	const struct replay_options *options;
	struct replay_result *result;
	struct mig_dev *devices[TRACE_DEVICES];
	struct replay_session *sessions;
	struct replay_fd *fds;
	struct replay_map maps[REPLAY_MAPS];
	struct trace_streams streams;
	u8 *buffer; /* REPLAY_MOVE_MAX, touched as far as it is needed */
	void *hole; /* a page that nobody can access */
	bool told;  /* of the step at hand */
};

/* Tells that the call of @step gave something else. */
void replay_differs(struct replay *r, const struct trace_step *step,
		    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Tells why it was not made. */
void replay_left_out(struct replay *r, const struct trace_step *step,
		     const char *why);
void replay_compare(struct replay *r, const struct trace_step *step, s64 ret);

/* The file of a step, or NULL: it does not exist here. */
struct mig_file *replay_file(struct replay *r, const struct trace_step *step);
/* A data_fd was given, where the trace has @recorded. */
void replay_got_fd(struct replay *r, u32 device, s32 recorded, s32 fd);
void replay_name_session(struct replay *r, const struct trace_step *step);
void replay_close_session(struct replay *r, const struct trace_step *step);
/* Closes whatever is left, descriptors without a file included. */
void replay_close_all(struct replay *r);

void replay_ioctl(struct replay *r, const struct trace_step *step,
		  struct mig_file *file);

/* The offset here of what is at @step->offset there. */
u64 replay_offset(struct replay *r, const struct trace_step *step);

void replay_dma(struct replay *r, const struct trace_step *step);
void replay_mmap(struct replay *r, const struct trace_step *step,
		 struct mig_file *file);
void replay_munmap(struct replay *r, const struct trace_step *step,
		   struct mig_file *file);
void replay_unmap_all(struct replay *r);

#endif
