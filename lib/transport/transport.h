/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a carrier of VFIO calls provides. One file each; transport.c lists them.
 * A transport answers calls and nothing more: no retries, no judgement.
 */
#ifndef MIGCHECK_TRANSPORT_H
#define MIGCHECK_TRANSPORT_H

#include "../mig.h"

/* A device that a transport found on this machine (migcheck list). */
struct mig_found {
	char uri[256];
	char driver[64];
};

struct mig_transport {
	const char *scheme; /* without the colon */
	const char *form;   /* of an address, for messages */

	/*
	 * Opens @address. The transport allocates the device with its own tail
	 * (first member struct mig_dev), sets file.ops and caps; mig.c fills
	 * the rest. On failure it writes one line to mig_open_errorf().
	 */
	int (*open)(struct mig_context *ctx, const char *address,
		    struct mig_dev **ret_dev);
	int (*session)(struct mig_dev *dev, int data_fd,
		       struct mig_file **ret_file);
	void (*idle)(struct mig_dev *dev, u32 ms);
	/* URI of another device of the same kind; NULL: cannot clone. */
	int (*clone)(struct mig_dev *dev, char *ret_uri, size_t size);
	/* As mig_peer_iova(); NULL: no device can write to another. */
	int (*peer_iova)(struct mig_dev *dev, u32 region, u64 *ret_iova);

	/* Per-context state of this transport, made on first use. */
	int (*space_create)(struct mig_context *ctx, void **ret_space);
	void (*space_destroy)(void *space);
	int (*dma_map)(void *space, u64 iova, void *addr, size_t len);
	int (*dma_unmap)(void *space, u64 iova, size_t len);
	int (*container_ioctl)(void *space, u32 request, void *arg);
	/* As mig_lost(), for the devices of @space; NULL: never. */
	int (*lost)(void *space, char *ret_why, size_t size);

	/*
	 * From now on the @nth point of this thread fails; no longer, and
	 * whether it was reached. Both or none; see mig_fault_next(), and
	 * MIG_CAP_FAULTS of the devices says whether they work here.
	 */
	void (*fault_arm)(void *space, u32 nth);
	bool (*fault_disarm)(void *space);

	/* Calls @found for each device of this machine; NULL: nothing to list. */
	int (*list)(void (*found)(void *ctx, const struct mig_found *dev),
		    void *ctx);
};

extern const struct mig_transport transport_emu;
extern const struct mig_transport transport_kernel;
extern const struct mig_transport transport_vfio_user;

/* NULL-terminated. */
extern const struct mig_transport *const mig_transports[];

/* The transport's own state in @ctx, NULL before space_create() succeeded. */
void *mig_space(struct mig_context *ctx, const struct mig_transport *transport);

void mig_open_errorf(struct mig_context *ctx, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
