/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One DEVICE_FEATURE on its way. A payload is packed into the message behind
 * the header, and what comes back is unpacked into the user's; both keep to
 * what the user's argsz covers.
 */
#ifndef MIGCHECK_TRANSPORT_VFIO_USER_FEATURE_H
#define MIGCHECK_TRANSPORT_VFIO_USER_FEATURE_H

#include "vfio_user.h"

enum { VFIO_USER_ASK_HEAD = sizeof(struct uapi_feature) };

struct vfio_user_ask {
	struct vfio_user_end *end;
	struct uapi_feature head; /* as the user passed it */
	u8 *payload;		  /* the user's */
	size_t covered;		  /* bytes of it that argsz covers */
	u8 *body;		  /* of the message, with room for all of it */
	size_t len;
};

/* Appends to the message. */
void vfio_user_ask_put(struct vfio_user_ask *ask, const void *data, size_t len);

/*
 * DMA_LOGGING_START and DMA_LOGGING_REPORT. To unpack is to say what the user
 * is told, where @ret is what the server said.
 */
int vfio_user_feature_start_pack(struct vfio_user_ask *ask);
int vfio_user_feature_start_unpack(struct vfio_user_ask *ask, const u8 *payload,
				   size_t len, int ret);
int vfio_user_feature_report_pack(struct vfio_user_ask *ask);
int vfio_user_feature_report_unpack(struct vfio_user_ask *ask, const u8 *payload,
				    size_t len, int ret);

#endif
