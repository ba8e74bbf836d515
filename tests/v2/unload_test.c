// SPDX-License-Identifier: GPL-2.0-only
/*
 * A data_fd outlives its device, so the code behind it has to stay as well:
 * while one is open, somebody uses the module that serves it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/syscall.h>

#include "common.h"

V2_FIXTURE(v2_unload, NEED_DESCRIPTORS)

enum { MODULES = 512, MODULE_NAME = 64 };

struct modules {
	u32 count;
	struct {
		char name[MODULE_NAME];
		long users;
	} at[MODULES];
};

/* Users of a module, -1 where none of that name can be unloaded. */
static long module_users(const char *name)
{
	char path[128];
	long users = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%.63s/refcnt", name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%ld", &users) != 1)
		users = -1;
	fclose(file);
	return users;
}

static void modules_read(struct modules *modules)
{
	DIR *dir = opendir("/sys/module");
	struct dirent *entry;
	long users;

	modules->count = 0;
	while (dir && modules->count < MODULES && (entry = readdir(dir))) {
		users = module_users(entry->d_name);
		if (entry->d_name[0] == '.' || users < 0)
			continue;
		modules->at[modules->count].users = users;
		snprintf(modules->at[modules->count++].name, MODULE_NAME,
			 "%.63s", entry->d_name);
	}
	if (dir)
		closedir(dir);
}

/* Any of them has lost a user since. */
static bool modules_released(const struct modules *then)
{
	long users;
	u32 i;

	for (i = 0; i < then->count; i++) {
		users = module_users(then->at[i].name);
		if (users >= 0 && users < then->at[i].users)
			return true;
	}
	return false;
}

/* The module of the device's driver, "" where it is none that could go. */
static void module_of(const char *uri, char name[MODULE_NAME])
{
	static const char *const places[] = {
		"/sys/bus/mdev/devices/%s/driver/module",
		"/sys/bus/pci/devices/%s/driver/module",
		"/sys/class/vfio-dev/%s/device/driver/module",
	};
	char address[256], path[512], module[PATH_MAX];
	size_t i;

	name[0] = '\0';
	if (strncmp(uri, "vfio:", 5))
		return;
	snprintf(address, sizeof(address), "%.*s", (int)strcspn(uri + 5, "?"),
		 uri + 5);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), places[i], basename(address));
		if (realpath(path, module))
			snprintf(name, MODULE_NAME, "%.63s", basename(module));
	}
	if (module_users(name) < 0)
		name[0] = '\0';
}

#define MODULE_OF(b, name)                                                \
	do {                                                              \
		module_of((b)->dev->uri, name);                           \
		if (!(name)[0])                                           \
			NOT_OFFERED("a driver in a module that can be unloaded"); \
	} while (0)

static void unload_close(struct bench *b)
{
	stimulus_rebind(b->stim, NULL);
	mig_close(b->dev);
	b->dev = NULL;
}

/* The code may stand in a module beside the driver's: any that is let go will do. */
TEST_F(v2_unload, data_fds_keep_their_code)
{
	char module[MODULE_NAME];
	struct modules with;
	struct mig_file *data;
	long users;

	MODULE_OF(self->b, module);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		unload_close(self->b);
		modules_read(&with);
		users = module_users(module);
		mig_file_close(data);
		EXPECT_REQ(V2_DATA_FD_OUTLIVES_DEVICE_SAFELY,
			   users || modules_released(&with),
			   "after the close of the device a data_fd of %s is open and keeps no module: %s could be unloaded",
			   v2_state_name(state), module);
		ROAD(bench_reopen());
	}
}

/* Of a module that has users the kernel says no, or it is gone with them. */
TEST_F(v2_unload, modules_in_use_stay)
{
	char module[MODULE_NAME];
	struct mig_file *data;
	int stays;

	if (self->b->profile != PROFILE_HOSTILE)
		NOT_OFFERED("what is only done in profile hostile");
	MODULE_OF(self->b, module);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		stays = module_users(module) > 0 &&
			syscall(SYS_delete_module, module, O_NONBLOCK);
		unload_close(self->b);
		stays += module_users(module) > 0 &&
			 syscall(SYS_delete_module, module, O_NONBLOCK);
		mig_file_close(data);
		EXPECT_REQ(V2_DATA_FD_OUTLIVES_DEVICE_SAFELY, stays == 2,
			   "with descriptors of %s open, the module %s can be unloaded",
			   v2_state_name(state), module);
		ROAD(bench_reopen());
	}
}

EXPECT_MAIN
