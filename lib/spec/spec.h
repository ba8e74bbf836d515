/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The specification as a table.
 *
 * v1.def and v2.def hold one REQ() row per requirement of the VFIO migration
 * uAPI. Checks, judges, reports and COVERAGE.md are views of this table: they
 * name a requirement by its symbol and take everything else from the row.
 *
 * What a broken requirement means is decided here too. A row belongs to a
 * severity class; the class says for each profile whether a breach fails,
 * warns or is only told. A check therefore reports facts, never severities:
 *   breach  the requirement was broken
 *   lapse   the device did something legal that the row advises against
 */
#ifndef MIGCHECK_SPEC_H
#define MIGCHECK_SPEC_H

#include "../types.h"

enum req {
#define REQ(symbol, ...) symbol,
#include "v1.def"
#include "v2.def"
#undef REQ
	REQ_COUNT
};

enum spec_level { MUST, SHOULD, MAY, INFO };

/* Whom the sentence binds. */
enum spec_who { DRIVER, CORE, USER, DRIVER_AND_CORE };

enum spec_profile {
	PROFILE_DEFAULT,	/* released text and what real VMMs rely on */
	PROFILE_STRICT,		/* new drivers: "should" fails too */
	PROFILE_HEADER_ONLY,	/* only released uAPI text can fail */
	PROFILE_VMM,		/* what QEMU and cloud-hypervisor need */
	PROFILE_HOSTILE,	/* default, plus what may crash a kernel */
	PROFILE_COUNT
};

enum spec_class {
	CLASS_MUST,		/* released text, or data is lost */
	CLASS_MUST_PROPOSED,	/* only unreleased text or VMM practice says so */
	CLASS_MUST_BEYOND_VMM,	/* released text that no known VMM relies on */
	CLASS_SHOULD,
	CLASS_SHOULD_PROPOSED,	/* a should of unreleased text */
	CLASS_SHOULD_VMM,	/* a should that a VMM cannot live without */
	CLASS_SHOULD_DATA,	/* one without which VMMs lose data; no text says it */
	CLASS_FREE,		/* MAY and INFO: told, never judged */
	CLASS_COUNT
};

enum spec_grade { GRADE_BREACH, GRADE_LAPSE };
enum spec_severity { SEV_INFO, SEV_WARN, SEV_FAIL };

/* What a device or its carrier must offer before a row can be judged. */
enum spec_need {
	NEED_NOTHING = 0,
	NEED_MMAP = 1 << 0,	   /* v1 data section can be mapped */
	NEED_P2P = 1 << 1,	   /* v2 P2P states */
	NEED_PRE_COPY = 1 << 2,	   /* v2 pre-copy states */
	NEED_LOGGING = 1 << 3,	   /* v2 DMA logging, or v1 container logging */
	NEED_DATA_SIZE = 1 << 4,   /* v2 feature 9 (6.2) */
	NEED_INFO2 = 1 << 5,	   /* v2 feature 12 (7.1) */
	NEED_STIMULUS = 1 << 6,	   /* something can move and read the device */
	NEED_DMA = 1 << 7,	   /* the stimulus can make it do DMA */
	NEED_IRQ = 1 << 8,	   /* the stimulus can make it interrupt */
	NEED_SECOND = 1 << 9,	   /* a second device of the same kind */
	NEED_PEER = 1 << 10,	   /* a second device that the first can write to */
	NEED_CDEV = 1 << 11,	   /* opened through its own character device */
	NEED_BAD_POINTERS = 1 << 12, /* the carrier sees user pointers */
	NEED_POLL = 1 << 13,	   /* the carrier has poll and O_NONBLOCK */
	NEED_DESCRIPTORS = 1 << 14, /* sessions are real file descriptors */
	NEED_ERROR_STATE = 1 << 15, /* the error state has been reached */
	NEED_CONFIG_SPACE = 1 << 16, /* the device has a PCI config region */
	NEED_FAULTS = 1 << 17,	   /* calls can be made to fail within */
};

struct spec_row {
	const char *number;	/* "V1-PEND-001", stable for ever */
	const char *symbol;	/* "V1_PENDING_REREAD_IS_PURE" */
	enum spec_level level;	/* as in profile default */
	enum spec_who who;
	enum spec_class class;
	u32 needs;		/* enum spec_need, or-ed */
	const char *since;	/* first kernel for which it holds, "5.8" */
	const char *until;	/* last one, "" = still holds */
	const char *source;	/* the text or mail that says so */
	const char *sentence;	/* one statement in the present tense */
	const char *check;	/* how a device is held to it */
	const char *tolerates;	/* what a device may do all the same, or "" */
};

extern const struct spec_row spec_rows[REQ_COUNT];

/* NULL where @number_or_symbol (either form, any case) names no row. */
const struct spec_row *spec_find(const char *number_or_symbol);

static inline enum req spec_req(const struct spec_row *row)
{
	return (enum req)(row - spec_rows);
}

/* What a breach or a lapse of @req means to a user of @profile. */
enum spec_severity spec_severity(enum req req, enum spec_grade grade,
				 enum spec_profile profile);

/* "default", "strict", ...; spec_profile_find() gives -EINVAL for no such. */
const char *spec_profile_name(enum spec_profile profile);
int spec_profile_find(const char *name);

const char *spec_level_name(enum spec_level level);
const char *spec_who_name(enum spec_who who);
const char *spec_severity_name(enum spec_severity severity);

/*
 * Why a row has no check, or no defect that proves its checks; NULL where
 * neither needs a reason. From excuses.def, one reason a row.
 */
const char *spec_unchecked_reason(enum req req);
const char *spec_unproven_reason(enum req req);

/*
 * A hash over all rows (XXH3, 16 hexadecimal digits and NUL): two runs that
 * show the same hash were judged by the same rules.
 */
void spec_hash(char ret_hex[17]);

#endif
