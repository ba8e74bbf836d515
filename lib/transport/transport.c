// SPDX-License-Identifier: GPL-2.0-only
#include "transport.h"

const struct mig_transport *const mig_transports[] = {
	&transport_kernel,
	&transport_emu,
	&transport_vfio_user,
	NULL,
};
