/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices behind a socket, scheme "vfio-user", both generations of migration.
 *
 * The client stands where a kernel stands: it takes the requests of the VFIO
 * uAPI, says them in messages, and gives the results as a kernel would. What
 * the server answers is handed on as it is; what it cannot answer, because
 * the protocol has no words for it, is made up from what it did answer:
 *
 *   offsets in the device file  region index times VFIO_USER_STRIDE
 *   data sessions               the protocol has one stream and no name for
 *                               it, so that the client numbers what a SET has
 *                               opened and remembers which one is alive
 *   the end of pre-copy data    read as 0 bytes, which a kernel calls -ENOMSG
 *   data_fd of GET, failed SET  whatever comes, -1 for a kernel's user
 *
 * A server that offers "sessions" (the reference device does) names sessions
 * and says these things itself; nothing is made up for it. Its time passes when
 * the client says so, as that of emulated devices does. It also follows its
 * client to one processor, so that the client stays on one for it. Servers of
 * others may have theirs to themselves.
 *
 *   space     the devices and the DMA memory of one context
 *   endpoint  a socket path. It stays known after the device is closed, so
 *             that its sessions can still be asked.
 *
 * One lock, the space's, is held for the length of each call. There is no
 * thread: what a server wants of the client (DMA_READ, DMA_WRITE) is answered
 * while the client waits, for a reply or in mig_idle(), and before a call
 * returns, so that memory never changes behind the caller's back, except for
 * memory that is shared with the server.
 *
 *   vfio_user.c          the transport: opening, device files, idling
 *   vfio_user_session.c  files of data sessions
 *   vfio_user_open.c     addresses, connecting, negotiation
 *   vfio_user_call.c     requests and replies, whatever is in them
 *   vfio_user_ioctl.c    device ioctls but DEVICE_FEATURE
 *   vfio_user_feature.c, vfio_user_feature_log.c  DEVICE_FEATURE
 *   vfio_user_region.c   access and mmap of regions
 *   vfio_user_dma.c      memory, and who is told of it
 *   vfio_user_serve.c    what the server does to it
 *   vfio_user_peer.c     devices that write to one another
 *   vfio_user_log.c      dirty tracking of the container
 *   vfio_user_wire.c, vfio_user_version.c, vfio_user_near.c
 *                        what servers use too
 */
#ifndef MIGCHECK_TRANSPORT_VFIO_USER_H
#define MIGCHECK_TRANSPORT_VFIO_USER_H

#include <pthread.h>

#include "transport.h"
#include "vfio_user_wire.h"

#define VFIO_USER_STRIDE_BITS 40
#define VFIO_USER_STRIDE (1ull << VFIO_USER_STRIDE_BITS)

/* What stands behind the question mark of an address. */
enum vfio_user_option {
	VFIO_USER_MESSAGES = 1 << 0, /* DMA by messages, memory is not shared */
	VFIO_USER_MAIN = 1 << 1,     /* and those on the main socket */
	VFIO_USER_PLAIN = 1 << 2,    /* "sessions" are not offered */
};

struct vfio_user_map {
	u64 iova;
	u8 *addr;
	size_t len;
	int fd; /* memory that can be shared, -1 */
	u8 *kept; /* bits that servers have left behind, NULL where none */
	struct vfio_user_map *next;
};

struct vfio_user_end {
	struct vfio_user_space *space;
	struct vfio_user_end *next;
	u32 number;	   /* in the space, from 0 */
	char address[256]; /* with options */
	u32 options;
	bool open;

	/* While it is open. */
	struct vfio_user_wire main;
	struct vfio_user_wire twin;
	struct vfio_user_caps peer;
	bool busy;	 /* in a call, or waiting for our answer */
	bool logs;	 /* answers DIRTY_PAGES */
	bool named;	 /* both sides have "sessions" */
	int lost;	 /* what broke a connection to it, 0: nothing did */
	char lost_why[64];
	u8 *scratch;	 /* VFIO_USER_WIRE_DATA bytes; NULL before its first use */
	s32 used;	 /* session that MIG_DATA means, -1 none (named) */

	/* What SETs have made of it; not kept where sessions are named. */
	s32 state;	 /* -1: to be asked */
	s32 live;	 /* the session that is alive, -1 none */
	u32 sessions;	 /* opened so far */
};

struct vfio_user_space {
	pthread_mutex_t lock;
	struct vfio_user_end *ends;
	struct vfio_user_map *maps;
	bool logging; /* by the container's request */
	struct vfio_user_near near;
	/* vfio_user_serve() */
	int (*serve)(struct vfio_user_end *end, struct vfio_user_wire *wire,
		     const struct vfio_user_in *in, u64 deadline);
};

struct vfio_user_dev {
	struct mig_dev dev; /* first: see struct mig_transport */
	struct vfio_user_end *end;
};

/* ---- vfio_user.c -------------------------------------------------------- */

/* See struct mig_file_ops. Nobody polls: there is no MIG_CAP_POLL. */
int vfio_user_munmap(struct mig_file *file, void *addr, size_t len);
int vfio_user_no_poll(struct mig_file *file, short events, int timeout_ms);

/* ---- vfio_user_session.c ------------------------------------------------ */

/* See struct mig_transport. */
int vfio_user_session(struct mig_dev *dev, int data_fd,
		      struct mig_file **ret_file);

/* ---- vfio_user_call.c --------------------------------------------------- */

/* A command to send, and what came back. */
struct vfio_user_call {
	struct vfio_user_out out;
	struct vfio_user_in in;
};

/* Begins a command; vfio_user_wire_add() on @call->out gives it a body. */
void vfio_user_call_begin(struct vfio_user_call *call, u16 command);

/*
 * Sends and waits for the reply: 0, or -errno of the server or of the wire.
 * @call->in is what came back, empty where nothing did; an error may have a
 * body too. To be ended with vfio_user_wire_drop(&call->in).
 */
int vfio_user_call(struct vfio_user_end *end, struct vfio_user_call *call);

/* The same for a command of one part whose reply has exactly its size. */
int vfio_user_call_simple(struct vfio_user_end *end, u16 command, void *body,
			  size_t len);

/* How many of @len bytes of data go into one message. */
u32 vfio_user_piece(const struct vfio_user_end *end, size_t len);

/*
 * Answers what servers ask for, for @ms milliseconds, or for as long as devices
 * whose time is ours to make take for them. Locks the space itself.
 */
void vfio_user_attend(struct vfio_user_space *space, u32 ms);

/* ---- vfio_user_open.c --------------------------------------------------- */

/* Connects and negotiates; on failure one line about it for @ctx. */
int vfio_user_connect(struct mig_context *ctx, struct vfio_user_end *end);
void vfio_user_disconnect(struct vfio_user_end *end);

/* ---- vfio_user_ioctl.c -------------------------------------------------- */

int vfio_user_ioctl(struct vfio_user_end *end, u32 request, void *arg);

/*
 * GET_REGION_INFO as the server answers it to somebody with room for @argsz
 * bytes: how many of them came, or -errno. @ret_fd, which may be NULL, gets
 * the descriptor that came along, or -1.
 */
int vfio_user_region_ask(struct vfio_user_end *end, u32 index, u32 argsz,
			 void *ret_info, int *ret_fd);

/* ---- vfio_user_feature.c ------------------------------------------------ */

int vfio_user_feature(struct vfio_user_end *end, void *arg);

/* Nothing is known of state and sessions any more, or by @reset: RUNNING. */
void vfio_user_feature_forget(struct vfio_user_end *end, bool reset);

/* Whether session @data_fd, of one that the client numbers, is for saving. */
bool vfio_user_feature_saves(s32 data_fd);

/* ---- vfio_user_region.c ------------------------------------------------- */

ssize_t vfio_user_pread(struct vfio_user_end *end, void *buf, size_t len,
			u64 offset);
ssize_t vfio_user_pwrite(struct vfio_user_end *end, const void *buf, size_t len,
			 u64 offset);
int vfio_user_mmap(struct vfio_user_end *end, size_t len, int prot, u64 offset,
		   void **ret_addr);

/* ---- vfio_user_dma.c ---------------------------------------------------- */

/* See struct mig_transport; these lock the space themselves. */
int vfio_user_dma_map(void *opaque, u64 iova, void *addr, size_t len);
int vfio_user_dma_unmap(void *opaque, u64 iova, size_t len);

/* Maps or unmaps on one endpoint; @fd shares the memory, or is -1. */
int vfio_user_dma_tell(struct vfio_user_end *end, u64 iova, u64 size, int fd);
int vfio_user_dma_untell(struct vfio_user_end *end, u64 iova, u64 size);

/* Forgets the mapping, and unmaps it on all endpoints but @done (or NULL). */
int vfio_user_dma_forget(struct vfio_user_space *space, u64 iova, size_t len,
			 const struct vfio_user_end *done);

/* ---- vfio_user_serve.c -------------------------------------------------- */

/*
 * Answers a command of the server that came on @wire: 0, or -errno where the
 * answer could not be sent. Calls are made within calls for it, see
 * vfio_user_peer_write(), so that those who call reach it by the space.
 */
int vfio_user_serve(struct vfio_user_end *end, struct vfio_user_wire *wire,
		    const struct vfio_user_in *in, u64 deadline);

/* ---- vfio_user_peer.c --------------------------------------------------- */

/* See struct mig_transport; locks the space itself. */
int vfio_user_peer_iova(struct mig_dev *dev, u32 region, u64 *ret_iova);

/*
 * Maps what the space has on an endpoint that has just been opened, and the
 * endpoint's BARs on the others; the other way round before it is closed.
 */
int vfio_user_peer_enter(struct vfio_user_end *end);
void vfio_user_peer_leave(struct vfio_user_end *end);

/* DMA of @from that meets no memory: 0, or -EFAULT where no device is there. */
int vfio_user_peer_write(struct vfio_user_end *from, u64 iova, const void *src,
			 size_t len);

/* ---- vfio_user_log.c ---------------------------------------------------- */

int vfio_user_log_ioctl(void *opaque, u32 request, void *arg);

/* Keeps what the server has logged so far: it is about to be closed. */
void vfio_user_log_leave(struct vfio_user_end *end);

/* Finds out whether the server tracks writes for whoever migrates by region. */
void vfio_user_log_probe(struct vfio_user_end *end);

#endif
