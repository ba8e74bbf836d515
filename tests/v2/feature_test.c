// SPDX-License-Identifier: GPL-2.0-only
/*
 * The features of migration promise: what a device can do never changes, it
 * has one state whoever looks, and GET of it may come at any time and tells
 * the truth.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "common.h"
#include "uapi/iommufd.h"

V2_FIXTURE(v2_feature, NEED_NOTHING)

/* A call for the capabilities. */
struct feature_call {
	struct uapi_feature head;
	struct mig2_migration migration;
};

static int feature_probe(struct bench *b, u32 index)
{
	return mig_feature(b->dev, index | UAPI_FEATURE_PROBE, NULL, 0);
}

/* ---- what is offered ------------------------------------------------------- */

/* Whoever migrates can at least stop and copy. */
TEST_F(v2_feature, migration_implies_stop_copy)
{
	struct mig2_migration migration = { 0 };

	ROAD(mig_feature(self->dev, MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET,
			 &migration, sizeof(migration)));
	EXPECT_REQ(V2_MIGRATION_IMPLIES_STOP_COPY,
		   migration.flags & MIG2_CAP_STOP_COPY, "the flags are 0x%llx",
		   (unsigned long long)migration.flags);
}

/* P2P and PRE_COPY come on top of STOP_COPY, never alone. */
TEST_F(v2_feature, capabilities_form_a_defined_set)
{
	u64 flags = self->v2->caps;
	u64 known = flags & MIG2_CAP_KNOWN;

	EXPECT_REQ(V2_CAPABILITIES_ARE_DEFINED,
		   known == MIG2_CAP_STOP_COPY ||
			   known == (MIG2_CAP_STOP_COPY | MIG2_CAP_P2P) ||
			   known == (MIG2_CAP_STOP_COPY | MIG2_CAP_PRE_COPY) ||
			   known == MIG2_CAP_KNOWN,
		   "the flags are 0x%llx", (unsigned long long)flags);
	PREFER_REQ(V2_CAPABILITIES_ARE_DEFINED, flags == known,
		   "flags 0x%llx have bits that are not known here",
		   (unsigned long long)flags);
}

/* The features of migration come together. */
TEST_F(v2_feature, migration_comes_with_device_state)
{
	u32 state = 0;

	EXPECT_REQ(V2_NO_MIGRATION_IS_ENOTTY,
		   !feature_probe(self->b, MIG2_FEATURE_MIGRATION) &&
			   !feature_probe(self->b, MIG2_FEATURE_DEVICE_STATE) &&
			   v2_state(self->v2, &state) != -ENOTTY,
		   "MIGRATION works, but its probe or DEVICE_STATE does not");
}

/* DATA_SIZE is there, or each call says that it is not. */
TEST_F(v2_feature, data_size_is_there_or_enotty)
{
	u64 length;
	int probe, get;

	probe = feature_probe(self->b, MIG2_FEATURE_DATA_SIZE);
	get = v2_data_size(self->v2, &length);
	EXPECT_REQ(V2_NO_MIGRATION_IS_ENOTTY,
		   probe ? probe == -ENOTTY && get == -ENOTTY : get != -ENOTTY,
		   "the probe says %s, GET %s", common_errno(probe),
		   common_errno(get));
}

/* What a device can do does not depend on what it is doing. */
TEST_F(v2_feature, capabilities_are_the_same_in_each_state)
{
	struct mig_file *data;
	struct v2 now;

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		ROAD(v2_open(self->dev, &now));
		EXPECT_REQ(V2_CAPABILITIES_ARE_STATIC,
			   now.caps == self->v2->caps,
			   "0x%llx at first, 0x%llx in %s",
			   (unsigned long long)self->v2->caps,
			   (unsigned long long)now.caps, v2_state_name(state));
		mig_file_close(data);
	}
}

/* Nor on a reset, or on the user who opened it. */
TEST_F(v2_feature, capabilities_outlast_reset_and_close)
{
	u64 first = self->v2->caps;
	struct v2 now;

	ROAD(bench_fresh());
	ROAD(v2_open(self->dev, &now));
	EXPECT_REQ(V2_CAPABILITIES_ARE_STATIC, now.caps == first,
		   "0x%llx at first, 0x%llx after a reset",
		   (unsigned long long)first, (unsigned long long)now.caps);
	ROAD(bench_reopen());
	EXPECT_REQ(V2_CAPABILITIES_ARE_STATIC, self->v2->caps == first,
		   "0x%llx at first, 0x%llx when opened again",
		   (unsigned long long)first,
		   (unsigned long long)self->v2->caps);
}

/* ---- GET of the state ------------------------------------------------------------- */

/* GET names a state that is on offer, and never an fd. */
TEST_F(v2_feature, get_returns_state_and_no_fd)
{
	struct mig2_device_state seen;
	struct mig_file *data;

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		seen = (struct mig2_device_state){ 0x5a5a5a5a, V2_FD_UNTOUCHED };
		ROAD(mig_feature(self->dev,
				 MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET,
				 &seen, sizeof(seen)));
		EXPECT_REQ(V2_GET_RETURNS_STATE_AND_NO_FD,
			   seen.data_fd == -1 &&
				   (seen.device_state >= MIG2_STATES ||
				    fsm_has(self->v2->caps, seen.device_state)),
			   "in %s: state %u (%s), data_fd %d",
			   v2_state_name(state), seen.device_state,
			   v2_state_name(seen.device_state), seen.data_fd);
		PREFER_REQ(V2_GET_RETURNS_STATE_AND_NO_FD,
			   seen.device_state < MIG2_STATES,
			   "in %s: state %u, which is not known here",
			   v2_state_name(state), seen.device_state);
		mig_file_close(data);
	}
}

/* The first GET after a request knows as much as the next. */
TEST_F(v2_feature, get_tells_the_truth_at_once)
{
	u32 first, second;
	struct mig_file *data;

	common_alone(self->b, true);
	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		ROAD(v2_state(self->v2, &first));
		ROAD(v2_state(self->v2, &second));
		EXPECT_REQ(V2_GET_IS_PURE, first == second,
			   "after SET %s: %s, then %s", v2_state_name(state),
			   v2_state_name(first), v2_state_name(second));
		mig_file_close(data);
	}
}

/* Reads to an end, with GETs, which have to tell @expected, or without. */
static int feature_read(struct bench *b, struct mig_file *data, u32 expected,
			bool gets, struct stream *stream)
{
	size_t len;
	u32 state;
	int i, ret;

	for (i = 0; gets && i < 64; i++) {
		len = stream->len;
		ret = v2_state(&b->v2, &state);
		if (!ret && state != expected)
			ret = -ESTALE;
		if (!ret)
			ret = v2_collect_some(data, 777, stream);
		if (ret || stream->len - len < 777)
			return ret;
	}
	return v2_collect(data, NULL, stream);
}

/* A stream from @state on, with GETs in between or without any: 0, -errno. */
static int feature_save(struct bench *b, u32 state, bool gets,
			struct stream *stream)
{
	struct mig_file *data;
	int ret;

	stream_clear(stream);
	ret = common_reach(b, state, &data);
	if (!ret)
		ret = feature_read(b, data, state, gets, stream);
	if (ret || state == MIG2_STOP_COPY)
		return ret;
	ret = v2_set(&b->v2, MIG2_STOP_COPY, NULL);
	return ret ? ret : feature_read(b, data, MIG2_STOP_COPY, gets, stream);
}

/* What a stream that was saved so restores; no GET but those asked for. */
static int feature_save_and_load(struct bench *b, u32 state, bool gets)
{
	struct stream stream;
	int i, ret = 0;

	stream_init(&stream);
	common_alone(b, true);
	for (i = 0; i < COMMON_TRIES; i++) {
		ret = feature_save(b, state, gets, &stream);
		if (!ret)
			break;
	}
	common_alone(b, false);
	if (!ret)
		ret = common_load(b, &stream);
	stream_free(&stream);
	return ret;
}

/* Asking for the state costs the stream nothing. */
TEST_F(v2_feature, get_leaves_the_stream_alone)
{
	int ret;

	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) != FSM_SAVING)
			continue;
		ROAD(feature_save_and_load(self->b, state, false));
		ret = feature_save_and_load(self->b, state, true);
		EXPECT_REQ(V2_GET_IS_PURE, !ret,
			   "saved from %s without a GET: good; with GETs: %s",
			   v2_state_name(state), common_errno(ret));
	}
}

/* ---- opens ------------------------------------------------------------------------- */

/* Whoever opens a device finds it RUNNING and free to save. */
TEST_F(v2_feature, opened_devices_are_running)
{
	struct mig_file *data;
	u32 found;

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		mig_file_close(data);
		ROAD(bench_reopen());
		ROAD(v2_state(self->v2, &found));
		EXPECT_REQ(V2_STARTS_RUNNING, found == MIG2_RUNNING,
			   "closed in %s, opened in %s", v2_state_name(state),
			   v2_state_name(found));
		/* Only a reset is safe with a session of the past. */
		if (found != MIG2_RUNNING) {
			ROAD(bench_fresh());
			continue;
		}
		ROAD(v2_set(self->v2, MIG2_STOP_COPY, &data));
		EXPECT_REQ(V2_STARTS_RUNNING, data,
			   "closed in %s: the next user's session got no fd",
			   v2_state_name(state));
		mig_file_close(data);
	}
}

/* Two opens of a device are two views of one state. */
TEST_F(v2_feature, all_opens_share_one_state)
{
	struct mig_dev *again;
	struct v2 v2;
	u32 state;

	if (!(self->dev->caps & MIG_CAP_SECOND_OPEN))
		NOT_OFFERED("a second open of the device");
	ROAD(mig_open(self->b->ctx, self->dev->uri, &again));
	ROAD(v2_open(again, &v2));
	ROAD(v2_set(self->v2, MIG2_STOP, NULL));
	ROAD(v2_state(&v2, &state));
	EXPECT_REQ(V2_STATE_BELONGS_TO_DEVICE, state == MIG2_STOP,
		   "STOP by one open, %s by the other", v2_state_name(state));
	mig_close(again);
	ROAD(v2_state(self->v2, &state));
	EXPECT_REQ(V2_STATE_BELONGS_TO_DEVICE, state == MIG2_STOP,
		   "in STOP one of two opens was closed: %s",
		   v2_state_name(state));
}

/* Through its own character device it can be opened but once. */
TEST_F(v2_feature, cdev_admits_one_open)
{
	struct mig_dev *again = NULL;
	int ret;

	NEEDS(NEED_CDEV);
	ret = mig_open(self->b->ctx, self->dev->uri, &again);
	EXPECT_REQ(V2_STATE_BELONGS_TO_DEVICE, ret < 0,
		   "a second bind of the opened device succeeds");
	mig_close(again);
}

static int feature_raw_ioctl(int fd, u32 request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

/* Before it is bound the character device does nothing at all. */
TEST_F(v2_feature, cdev_is_gated_by_bind)
{
	struct feature_call call = {
		.head = { sizeof(call),
			  MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET },
	};
	char name[64], path[256] = "";
	int fd, feature;
	ssize_t count;

	NEEDS(NEED_CDEV);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", self->dev->file.fd);
	ASSERT_LT(0, readlink(name, path, sizeof(path) - 1));
	fd = open(path, O_RDWR | O_CLOEXEC);
	ROAD(fd < 0 ? -errno : 0);
	feature = feature_raw_ioctl(fd, UAPI_DEVICE_FEATURE, &call);
	count = pread(fd, &call, sizeof(call), 0);
	EXPECT_REQ(V2_CDEV_IS_GATED_BY_BIND, feature == -EINVAL && count < 0,
		   "unbound: MIGRATION %s, pread %zd", common_errno(feature),
		   count);
	EXPECT_REQ(V2_CDEV_IS_GATED_BY_BIND,
		   mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED,
		   "unbound: mmap succeeds");
	close(fd);
}

/* And once bound it migrates, attached to an address space or not. */
TEST_F(v2_feature, cdev_migrates_without_attach)
{
	struct feature_call call = {
		.head = { sizeof(call),
			  MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET },
	};
	struct uapi_bind_iommufd bind = { .argsz = sizeof(bind) };
	char name[64], path[256] = "";
	int fd, ret;

	NEEDS(NEED_CDEV);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", self->dev->file.fd);
	ASSERT_LT(0, readlink(name, path, sizeof(path) - 1));
	mig_close(self->dev);
	self->b->dev = NULL;
	fd = open(path, O_RDWR | O_CLOEXEC);
	bind.iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	ROAD(fd < 0 || bind.iommufd < 0 ? -errno : 0);
	ROAD(feature_raw_ioctl(fd, UAPI_DEVICE_BIND_IOMMUFD, &bind));
	ret = feature_raw_ioctl(fd, UAPI_DEVICE_FEATURE, &call);
	EXPECT_REQ(V2_CDEV_IS_GATED_BY_BIND, !ret,
		   "bound, but not attached: MIGRATION %s", common_errno(ret));
	close(fd);
	close(bind.iommufd);
	ROAD(bench_reopen());
}

/* ---- faults ------------------------------------------------------------------------- */

/* A request that cannot be read is not carried out. */
TEST_F(v2_feature, unreadable_requests_do_nothing)
{
	u32 state;
	int ret;

	NEEDS(NEED_BAD_POINTERS);
	ret = common_faulty(self->b, UAPI_FEATURE_SET, MIG2_STOP, PROT_NONE);
	ROAD(v2_state(self->v2, &state));
	EXPECT_REQ(V2_COPY_FAULTS_ARE_EFAULT,
		   ret == -EFAULT && state == MIG2_RUNNING,
		   "SET with an unreadable payload: %s, then %s",
		   common_errno(ret), v2_state_name(state));
}

/* One whose answer cannot be written has been carried out all the same. */
TEST_F(v2_feature, unwritable_answers_come_too_late)
{
	struct mig_file *data;
	u32 seen;
	int i, ret = 0;

	NEEDS(NEED_BAD_POINTERS);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		/* A transition that fails gives the same error. */
		for (i = 0, seen = MIG2_STATES; i < COMMON_TRIES; i++) {
			ROAD(common_fresh(self->b, COMMON_SEED));
			ret = common_faulty(self->b, UAPI_FEATURE_SET, state,
					    PROT_READ);
			ROAD(v2_state(self->v2, &seen));
			if (!ret || seen == state)
				break;
		}
		EXPECT_REQ(V2_COPY_FAULTS_ARE_EFAULT,
			   ret == -EFAULT && seen == state,
			   "SET %s with an unwritable payload: %s, then %s",
			   v2_state_name(state), common_errno(ret),
			   v2_state_name(seen));
	}
}

/* GET has nowhere to put its answer. */
TEST_F(v2_feature, unwritable_get_is_efault)
{
	int ret;

	NEEDS(NEED_BAD_POINTERS);
	ret = common_faulty(self->b, UAPI_FEATURE_GET, 0, PROT_READ);
	EXPECT_REQ(V2_COPY_FAULTS_ARE_EFAULT, ret == -EFAULT,
		   "GET with an unwritable payload: %s", common_errno(ret));
}

/* ---- debugfs ------------------------------------------------------------------------- */

/* The state as debugfs shows it, "" where it does not. */
static void feature_debugfs(struct bench *b, char *ret_text, size_t size)
{
	const char *colon = strchr(b->dev->uri, ':');
	char path[400];
	FILE *file;

	ret_text[0] = '\0';
	snprintf(path, sizeof(path),
		 "/sys/kernel/debug/vfio/%s/migration/state",
		 colon ? colon + 1 : "");
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(ret_text, (int)size, file))
		ret_text[strcspn(ret_text, "\n")] = '\0';
	fclose(file);
}

/* What debugfs shows is no uAPI, but should not mislead whoever looks. */
TEST_F(v2_feature, debugfs_agrees_with_get)
{
	struct mig_file *data;
	char text[64];

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		feature_debugfs(self->b, text, sizeof(text));
		if (!text[0])
			NOT_OFFERED("the migration state in debugfs");
		PREFER_REQ(V2_DEBUGFS_MIRRORS_STATE,
			   !strcmp(text, v2_state_name(state)),
			   "in %s debugfs shows %s", v2_state_name(state), text);
		mig_file_close(data);
	}
}

EXPECT_MAIN
