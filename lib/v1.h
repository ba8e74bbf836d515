/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A user of protocol v1: the field accesses, and the loops that a VMM makes
 * of them. Everything goes through the migration region of one device.
 *
 * Functions return 0 or -errno of the access that failed; -EPROTO where the
 * device answered with something outside its region, or with a short count: of
 * a field at all, of data where nothing was moved. (Data that came in part is
 * asked for again from there; like_qemu takes any short count for an error.)
 * -ELOOP where a stream exceeded stream_limits.
 */
#ifndef MIGCHECK_V1_H
#define MIGCHECK_V1_H

#include "mig.h"
#include "stream.h"
#include "uapi/mig1.h"

struct v1 {
	struct mig_dev *dev;
	struct mig_region region;
	u32 matches; /* regions of this type, should be one */
	void *maps[MIG_AREAS]; /* views of region.areas while mapped, or NULL */
	bool mapped;
};

/* -ENOENT where the device has no migration region. */
int v1_open(struct mig_dev *dev, struct v1 *ret_v1);
/* Unmaps. The device stays open. NULL is fine. */
void v1_close(struct v1 *v1);

/* Single fields, native width. */
int v1_state(struct v1 *v1, u32 *ret_state);
int v1_pending(struct v1 *v1, u64 *ret_pending);
int v1_offset(struct v1 *v1, u64 *ret_offset);
int v1_size(struct v1 *v1, u64 *ret_size);
int v1_write_size(struct v1 *v1, u64 size);

/* device_state as a user writes it: read, replace the three bits, write. */
int v1_set_state(struct v1 *v1, u32 state);
/* device_state as it stands, all 32 bits. */
int v1_write_state(struct v1 *v1, u32 value);

/* Any access to the region: count, or -errno. @offset is in the region. */
ssize_t v1_pread(struct v1 *v1, void *buf, size_t len, u64 offset);
ssize_t v1_pwrite(struct v1 *v1, const void *buf, size_t len, u64 offset);

/* How data bytes are moved; pieces of 0 bytes = as large as possible. */
struct v1_moving {
	size_t piece;	/* bytes an access */
	bool mapped;	/* through a mapped area where there is one */
	bool like_qemu;	/* 8-byte accesses, then 4, 2, 1, by file offset */
	unsigned int pending_reads; /* per iteration, 0 = 1 */
};

/* Maps the region's sparse areas. -ENOTSUP where there are none. */
int v1_map(struct v1 *v1);
/* Address of [@offset, +@len) of the region in a mapped area, or NULL. */
void *v1_mapped(struct v1 *v1, u64 offset, size_t len);

/*
 * One chunk of saving: data_offset, data_size, data; not the pending read
 * before it. Appends to @stream and ends a chunk. @how may be NULL.
 */
int v1_collect_chunk(struct v1 *v1, const struct v1_moving *how,
		     struct stream *stream);

/*
 * Iterates until pending_bytes reads 0 (stop-and-copy), or until @max_chunks
 * chunks were collected (0 = no such limit). The last pending_bytes value
 * goes to *@ret_pending unless NULL.
 */
int v1_collect(struct v1 *v1, const struct v1_moving *how, u64 max_chunks,
	       struct stream *stream, u64 *ret_pending);

/* One transaction of restoring: data_offset, data, data_size. */
int v1_load_chunk(struct v1 *v1, const struct v1_moving *how, const void *bytes,
		  size_t len);
/*
 * All chunks of @stream in order, with their own sizes; empty ones carry
 * nothing and are left out. Like QEMU, @how->like_qemu splits a chunk that
 * does not fit into the region.
 */
int v1_load(struct v1 *v1, const struct v1_moving *how,
	    const struct stream *stream);

/*
 * RUNNING -> [PRE_COPY, up to @precopy_chunks chunks ->] STOP_COPY, collect;
 * the device is left there. @stream is emptied first. V1_ALL_PRE_COPY goes on
 * until pending_bytes reads 0, or until a bound that a VMM would also have.
 */
enum { V1_NO_PRE_COPY = -1, V1_ALL_PRE_COPY = -2 };
int v1_save(struct v1 *v1, const struct v1_moving *how, int precopy_chunks,
	    struct stream *stream);
/* RESUMING, load, RUNNING. */
int v1_restore(struct v1 *v1, const struct v1_moving *how,
	       const struct stream *stream);

/*
 * Brings the device to RUNNING from wherever it is: by a state write if that
 * works, by VFIO_DEVICE_RESET otherwise. 0 when device_state reads RUNNING.
 */
int v1_recover(struct v1 *v1);
/* Always VFIO_DEVICE_RESET. */
int v1_reset(struct v1 *v1);

const char *v1_state_name(u32 state); /* of the low three bits, "STOP_COPY" */

#endif
