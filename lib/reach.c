// SPDX-License-Identifier: GPL-2.0-only
#include "mig.h"
#include "reach.h"

/* Words for each capability that a rule may want. */
static const struct {
	u32 cap;
	const char *lack;
} lacks[] = {
	{ MIG_CAP_SESSIONS, "this carrier has no names for data sessions and no requests on them (vfio-user without \"sessions\")" },
	{ MIG_CAP_POSITIONED, "this carrier has no positioned I/O on data sessions" },
	{ MIG_CAP_CORE, "no VFIO core checks the requests of this carrier (vfio-user without \"sessions\")" },
	{ MIG_CAP_CLOSE, "this carrier does not say what a disconnect does to a device (vfio-user without \"sessions\")" },
};

static const struct {
	enum req req;
	u32 caps;
} wants[] = {
	{ V1_REOPEN_GIVES_DEFAULT, MIG_CAP_CLOSE },
	{ V2_NO_MIGRATION_IS_ENOTTY, MIG_CAP_CORE },
	{ V2_SESSION_ARC_OPENS_DATA_FD, MIG_CAP_SESSIONS },
	{ V2_OTHER_ARCS_OPEN_NONE, MIG_CAP_SESSIONS },
	{ V2_DATA_FD_IS_A_STREAM, MIG_CAP_POSITIONED },
	{ V2_DATA_FD_DIES_WITH_DEVICE, MIG_CAP_SESSIONS | MIG_CAP_CLOSE },
	{ V2_DATA_FD_MAY_BE_CLOSED_EARLY, MIG_CAP_SESSIONS },
	{ V2_FAILED_SET_RETURNS_NO_FD, MIG_CAP_SESSIONS },
	{ V2_UNKNOWN_DATA_IOCTL_IS_ENOTTY, MIG_CAP_SESSIONS },
	{ V2_PRECOPY_INFO_IS_MANDATORY, MIG_CAP_SESSIONS },
	{ V2_PRECOPY_INFO_ARGSZ, MIG_CAP_SESSIONS },
	{ V2_PRECOPY_INFO_ONLY_IN_PRE_COPY, MIG_CAP_SESSIONS },
	{ V2_INITIAL_BYTES_START_NON_ZERO, MIG_CAP_SESSIONS },
	{ V2_INITIAL_BYTES_FALL_BY_READING, MIG_CAP_SESSIONS },
	{ V2_DIRTY_BYTES_START_AT_ZERO, MIG_CAP_SESSIONS },
	{ V2_PRECOPY_ESTIMATES_ARE_FREE, MIG_CAP_SESSIONS },
	{ V2_TEMPORARY_END_IS_ENOMSG, MIG_CAP_SESSIONS },
	{ V2_ANNOUNCED_BYTES_ARE_READABLE, MIG_CAP_SESSIONS },
	{ V2_PRECOPY_FLAGS_ARE_NO_OUTPUT, MIG_CAP_SESSIONS },
	{ V2_DATA_SIZE_EXISTS, MIG_CAP_CORE },
	{ V2_LOG_START_CHECKS_ARGUMENTS, MIG_CAP_CORE },
	{ V2_LOG_REPORT_CHECKS_ARGUMENTS, MIG_CAP_CORE },
	{ V2_INFO2_PROBES, MIG_CAP_CORE },
	{ V2_INFO2_FLAGS_ARE_OUTPUT, MIG_CAP_SESSIONS },
	{ V2_NO_REINIT_WITHOUT_OPT_IN, MIG_CAP_SESSIONS },
	{ V2_REINIT_RESTARTS_COUNTERS, MIG_CAP_SESSIONS },
	{ V2_INFO2_RESERVED_BITS_ARE_ZERO, MIG_CAP_SESSIONS },
	{ V2_INFO2_OPT_IN_LASTS_UNTIL_CLOSE, MIG_CAP_SESSIONS | MIG_CAP_CLOSE },
	{ V2_CLOSE_IS_A_FULL_STOP, MIG_CAP_CLOSE },
};

static const char *lack_of(u32 caps)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lacks); i++)
		if (lacks[i].cap & caps)
			return lacks[i].lack;
	return NULL;
}

const char *reach_missing(enum req req, u32 caps)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wants); i++)
		if (wants[i].req == req)
			return lack_of(wants[i].caps & ~caps);
	return NULL;
}
