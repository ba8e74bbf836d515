/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices and the VFIO calls.
 *
 * A device is a URI; opening it gives a file that answers the VFIO requests,
 * whatever carries them: a kernel, a socket, or a device model in this
 * process. A data session is a file too. So every use of a device is a list
 * of uAPI calls, and whoever wants to watch them registers an observer.
 *
 * Calls return 0 or a count, or -errno exactly as the device gave it. The
 * library reports, it never judges, prints, exits or asserts.
 *
 *   context  one user of devices: a type1 container or an IOAS, or the machine
 *            that holds the emulated devices. Memory mapped for DMA is mapped
 *            for all its devices.
 *   device   an opened device. The device itself outlives it: opening the same
 *            URI in the same context meets the same device again.
 */
#ifndef MIGCHECK_MIG_H
#define MIGCHECK_MIG_H

#include "types.h"
#include "uapi/base.h"

struct mig_context;
struct mig_dev;
struct mig_file;
struct mig_transport;

/* What only some carriers can do; a check that needs it says so. */
enum mig_cap {
	MIG_CAP_BAD_POINTERS = 1 << 0, /* sees user pointers, can fault */
	MIG_CAP_POLL = 1 << 1,	       /* sessions have poll and O_NONBLOCK */
	MIG_CAP_DESCRIPTORS = 1 << 2,  /* sessions are file descriptors */
	MIG_CAP_SECOND_OPEN = 1 << 3,  /* a device can be opened twice */
	MIG_CAP_CDEV = 1 << 4,	       /* opened through its own cdev */
	MIG_CAP_CLONE = 1 << 5,	       /* can make another device of this kind */
	MIG_CAP_DMA = 1 << 6,	       /* memory can be mapped for DMA */
	MIG_CAP_CONTAINER_LOG = 1 << 7, /* v1 dirty tracking of the container */
	MIG_CAP_KERNEL = 1 << 8,       /* a kernel answers: its log counts */
	MIG_CAP_FAULTS = 1 << 9,       /* calls can be made to fail within */
	MIG_CAP_SESSIONS = 1 << 10,     /* data_fd and session ioctls are the device's */
	MIG_CAP_POSITIONED = 1 << 11,  /* positioned I/O of sessions reaches it */
	MIG_CAP_CLOSE = 1 << 12,       /* a close reaches it */
	MIG_CAP_CORE = 1 << 13,	       /* a VFIO core, or who does its part, checks requests */
};

struct mig_file_ops {
	int (*ioctl)(struct mig_file *file, u32 request, void *arg);
	ssize_t (*pread)(struct mig_file *file, void *buf, size_t len, u64 offset);
	ssize_t (*pwrite)(struct mig_file *file, const void *buf, size_t len,
			  u64 offset);
	ssize_t (*read)(struct mig_file *file, void *buf, size_t len);
	ssize_t (*write)(struct mig_file *file, const void *buf, size_t len);
	int (*mmap)(struct mig_file *file, size_t len, int prot, u64 offset,
		    void **ret_addr);
	int (*munmap)(struct mig_file *file, void *addr, size_t len);
	int (*poll)(struct mig_file *file, short events, int timeout_ms);
	void (*close)(struct mig_file *file); /* frees the file */
};

struct mig_file {
	const struct mig_file_ops *ops;
	struct mig_dev *dev; /* the device it belongs to */
	u32 session;	     /* 0 = the device itself, n = its n-th data session */
	int fd;		     /* as the user sees it, -1 where there is none */
	struct mig_file *next; /* of the sessions of the context */
};

struct mig_dev {
	struct mig_file file; /* first: a device is a file */
	struct mig_context *ctx;
	const struct mig_transport *transport;
	u32 caps;  /* enum mig_cap */
	u32 index; /* order of first opening in the context, from 0 */
	u32 sessions;
	char uri[256];
};

/* ---- contexts and opening ---------------------------------------------- */

int mig_context_create(struct mig_context **ret_ctx);

/* Closes what is still open in it. NULL is fine. */
void mig_context_destroy(struct mig_context *ctx);

/*
 * Opens the device at @uri:
 *   vfio:0000:3b:00.2  vfio:UUID  vfio:/dev/vfio/devices/vfio3  emu:v1+VARIANT
 * -EINVAL: no such scheme or malformed. -ENODEV, -EACCES, -EBUSY: as the
 * carrier said. mig_open_error() says the same for a person.
 */
int mig_open(struct mig_context *ctx, const char *uri, struct mig_dev **ret_dev);

/*
 * Ends this open. NULL is fine. Data sessions stay open, and should be dead;
 * whoever has one closes it with mig_file_close() before the context goes.
 */
void mig_close(struct mig_dev *dev);

/*
 * Opens a second device of the same kind in the same context. -ENODEV where
 * the carrier has no MIG_CAP_CLONE.
 */
int mig_clone(struct mig_dev *dev, struct mig_dev **ret_other);

/*
 * Where the DMA of another device of the context meets region @region of this
 * one: the IOVA of its first byte. -EOPNOTSUPP where the carrier has no peers,
 * -EINVAL for a region that is out of their reach.
 */
int mig_peer_iova(struct mig_dev *dev, u32 region, u64 *ret_iova);

/*
 * Whether the carrier has lost a device of @ctx for good, be it open still or
 * not: 0, -ECONNRESET its server hung up, -EPROTO it talks nonsense, -ETIMEDOUT
 * it stopped answering. A kernel loses nothing. mig_lost_why() says in a few
 * words at what, "a message of 3 bytes"; "" where there is nothing to say.
 */
int mig_lost(struct mig_context *ctx);
void mig_lost_why(struct mig_context *ctx, char *ret_why, size_t size);

/* One line about why the last mig_open() of @ctx failed and what helps. */
const char *mig_open_error(struct mig_context *ctx);

/* ---- the calls ----------------------------------------------------------- */

int mig_ioctl(struct mig_file *file, u32 request, void *arg);

/* As mig_ioctl(), for an @arg that nobody but the device may look at. */
int mig_ioctl_blind(struct mig_file *file, u32 request, void *arg);

ssize_t mig_pread(struct mig_file *file, void *buf, size_t len, u64 offset);
ssize_t mig_pwrite(struct mig_file *file, const void *buf, size_t len, u64 offset);
ssize_t mig_read(struct mig_file *file, void *buf, size_t len);
ssize_t mig_write(struct mig_file *file, const void *buf, size_t len);
int mig_mmap(struct mig_file *file, size_t len, int prot, u64 offset,
	     void **ret_addr);
int mig_munmap(struct mig_file *file, void *addr, size_t len);

/* Events that hold within @timeout_ms, 0 for none, or -errno. */
int mig_poll(struct mig_file *file, short events, int timeout_ms);

/* Closes a data session. NULL is fine. For a device use mig_close(). */
void mig_file_close(struct mig_file *file);

/* Wraps the data_fd that a SET has returned. The caller closes it. */
int mig_session(struct mig_dev *dev, int data_fd, struct mig_file **ret_file);

/* Lets @ms milliseconds pass for a device: it may beat, work, or be silent. */
void mig_idle(struct mig_dev *dev, u32 ms);

/* ---- convenience over the ioctls ---------------------------------------- */

int mig_device_info(struct mig_dev *dev, struct uapi_device_info *ret_info);
int mig_reset(struct mig_dev *dev);

enum { MIG_AREAS = 16 };

struct mig_region {
	u32 index, flags;
	u64 size, offset; /* offset in the device file */
	u32 type, subtype; /* of the TYPE capability, 0 where absent */
	bool has_type, has_sparse, has_ndma;
	u32 nr_areas; /* sparse mmap areas, at most MIG_AREAS are kept */
	struct uapi_area areas[MIG_AREAS];
};

/*
 * Asks twice (short argsz first), walks the capability chain within its
 * bounds. -EPROTO where the chain is broken.
 */
int mig_region_info(struct mig_dev *dev, u32 index, struct mig_region *ret_region);

/* Region by type and subtype; -ENOENT. @ret_count: how many match. May be NULL. */
int mig_find_region(struct mig_dev *dev, u32 type, u32 subtype,
		    struct mig_region *ret_region, u32 *ret_count);

/*
 * VFIO_DEVICE_FEATURE with @flags = index and methods and @len bytes of
 * payload, which is read, written or both as the methods say.
 */
int mig_feature(struct mig_dev *dev, u32 flags, void *payload, size_t len);

/* Routes vector @vector of interrupt @index to @eventfd, -1 takes it away. */
int mig_irq(struct mig_dev *dev, u32 index, u32 vector, int eventfd);

/* ---- memory of the context ---------------------------------------------- */

int mig_dma_map(struct mig_context *ctx, u64 iova, void *addr, size_t len);
int mig_dma_unmap(struct mig_context *ctx, u64 iova, size_t len);
/* A container request (v1 dirty tracking); -ENOTTY where there is none. */
int mig_container_ioctl(struct mig_context *ctx, u32 request, void *arg);

/* ---- failures on demand ---------------------------------------------------- */

/*
 * What follows a call within, memory that it needs and arguments that it
 * copies, can be made to fail: the @nth of these points, from 1, in the next
 * call of this thread to a device of @ctx, which may be mig_open(),
 * mig_dma_map() or mig_dma_unmap(), too. Closing never fails. Needs
 * MIG_CAP_FAULTS, which says nothing about how many points there are.
 */
void mig_fault_next(struct mig_context *ctx, u32 nth);
/* Whether that call came as far as the point. */
bool mig_fault_struck(struct mig_context *ctx);

/* ---- observers ----------------------------------------------------------- */

enum mig_op {
	MIG_OPEN, MIG_CLOSE, MIG_IOCTL, MIG_PREAD, MIG_PWRITE, MIG_READ,
	MIG_WRITE, MIG_MMAP, MIG_MUNMAP, MIG_POLL, MIG_SESSION_CLOSE, MIG_IDLE,
	MIG_SESSION, /* no call to the device: a data_fd got its session number */
	MIG_OPS
};

enum { MIG_ARG_SEEN = 512 };

/* One finished call. Pointers are good during the observer's run only. */
struct mig_call {
	u64 seq;	 /* in the context, from 1 */
	u64 start_ns, duration_ns; /* monotonic */
	u64 watched_ns;	 /* that observers of the context had taken before */
	enum mig_op op;
	struct mig_dev *dev;
	u32 session;	 /* 0 = device file */
	u32 request;	 /* ioctl; mmap: prot; poll: events */
	u64 offset;	 /* pread, pwrite, mmap */
	size_t len;	 /* bytes asked for; idle, poll: ms; session: data_fd */
	s64 ret;
	/* ioctl: what was passed and what came back, cut at MIG_ARG_SEEN.
	 * pread, read: data in @out. pwrite, write: data in @in. NULL if none. */
	const void *in, *out;
	size_t in_len, out_len;
	bool blind;	 /* the argument was not looked at */
	bool concurrent; /* other threads are making calls too */
};

struct mig_observer {
	void (*called)(struct mig_observer *self, const struct mig_call *call);
	/* Memory was mapped for DMA, or is so no longer. NULL: no interest. */
	void (*mapped)(struct mig_observer *self, u64 iova, size_t len, bool on);
	struct mig_observer *next;
};

/* The observer must live as long as the context, or until it is removed. */
void mig_observe(struct mig_context *ctx, struct mig_observer *observer);
void mig_unobserve(struct mig_context *ctx, struct mig_observer *observer);

/* Says that several threads are about to make calls, or no longer are. */
void mig_concurrent(struct mig_context *ctx, bool on);

u64 mig_calls(struct mig_context *ctx); /* how many so far */

#endif
