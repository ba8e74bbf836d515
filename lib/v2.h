/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A user of protocol v2: the feature calls, data sessions, and the loops that
 * a VMM makes of them.
 *
 * Functions return 0 or -errno of the call that failed; -ELOOP where a stream
 * exceeded stream_limits; -EPROTO where a device answered nonsense.
 */
#ifndef MIGCHECK_V2_H
#define MIGCHECK_V2_H

#include "mig.h"
#include "stream.h"
#include "uapi/mig2.h"

struct v2 {
	struct mig_dev *dev;
	u64 caps; /* MIG2_CAP_* as the device said */
};

/* -ENOTTY where the device has no migration by v2. */
int v2_open(struct mig_dev *dev, struct v2 *ret_v2);

bool v2_has_state(const struct v2 *v2, u32 state); /* offered by its caps */

int v2_state(struct v2 *v2, u32 *ret_state);

/*
 * SET. *@ret_data is the new data session, or NULL where none was opened;
 * the caller closes it. @ret_data may be NULL: a session is then closed here.
 */
int v2_set(struct v2 *v2, u32 state, struct mig_file **ret_data);
/* data_fd as it goes in: comes back where the device did not touch it. */
enum { V2_FD_UNTOUCHED = -2 };
/* SET with the payload as it came back: *@ret_fd is data_fd, even on failure. */
int v2_set_raw(struct v2 *v2, u32 state, s32 *ret_fd);

int v2_data_size(struct v2 *v2, u64 *ret_length);
int v2_precopy_info(struct mig_file *data, struct mig2_precopy_info *ret_info);

/* read() sizes; 0 = 1 MiB. */
struct v2_moving {
	size_t piece;
	unsigned int seed; /* not 0: pieces of varying size up to @piece */
};

/*
 * Reads until 0 (the end), or until -ENOMSG (temporary end): both give 0 and
 * end a chunk of @stream. -EAGAIN is waited out where the file has O_NONBLOCK,
 * and given back where it has not.
 */
int v2_collect(struct mig_file *data, const struct v2_moving *how,
	       struct stream *stream);
/* Reads at most @len bytes; 0 where they or the end were reached. */
int v2_collect_some(struct mig_file *data, size_t len, struct stream *stream);
/* Writes all of @stream[@from, @to), going on after short writes. */
int v2_load(struct mig_file *data, const struct v2_moving *how,
	    const struct stream *stream, size_t from, size_t to);

/*
 * RUNNING -> [PRE_COPY, collect, @rounds times ->] STOP_COPY, collect, STOP.
 * @rounds 0: no pre-copy. The session is closed. @stream is emptied first.
 * -ENOMSG: the stopped device called the end of its stream temporary.
 */
int v2_save(struct v2 *v2, const struct v2_moving *how, unsigned int rounds,
	    struct stream *stream);
/* RESUMING, load, close, RUNNING. */
int v2_restore(struct v2 *v2, const struct v2_moving *how,
	       const struct stream *stream);

/*
 * Brings the device from wherever it is to @state by a legal way; out of
 * ERROR or an unfinished RESUMING by VFIO_DEVICE_RESET. Sessions opened on
 * the way are closed, except the last, which goes to *@ret_data if not NULL.
 * -EINVAL for a state that the device does not offer, and for ERROR.
 */
int v2_go(struct v2 *v2, u32 state, struct mig_file **ret_data);
/* RUNNING, by SET or by VFIO_DEVICE_RESET. */
int v2_recover(struct v2 *v2);
int v2_reset(struct v2 *v2);

const char *v2_state_name(u32 state); /* "PRE_COPY_P2P", "?" outside */

#endif
