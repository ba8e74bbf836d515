/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of the running kernel, scheme "vfio".
 *
 * There are two ways to a device. The group path opens the device's IOMMU
 * group, puts it in a type1 container and asks the group for a device file; it
 * works on every kernel and gives as many files as one wants. The cdev path
 * opens the device's own character device and binds it to an iommufd; it gives
 * one file. An address says which (ADDRESS?cdev); without that the group path
 * is taken where the group has a file. ADDRESS?compat is the group path with an
 * iommufd in place of the container, which answers the same requests.
 *
 * A space is one context's use of the kernel: at most one container and one
 * iommufd, and the memory that both shall map. Memory belongs to the space: it
 * is mapped again whenever a container or an IOAS comes into being.
 *
 *   kernel.c        the transport: files and addresses
 *   kernel_space.c  spaces: the memory that groups and iommufd map
 *   kernel_file.c   files of VFIO: open and ioctl
 *   kernel_sysfs.c  what the machine says about its devices
 *   kernel_group.c  groups and the container
 *   kernel_cdev.c   character devices and the iommufd
 *   kernel_fault.c  failures on demand
 *   kernel_peer.c   regions that other devices' DMA can reach
 *
 * Functions that take a space and open something explain a failure with
 * mig_open_errorf() and return -errno. All are called with the space locked.
 */
#ifndef MIGCHECK_TRANSPORT_KERNEL_H
#define MIGCHECK_TRANSPORT_KERNEL_H

#include <pthread.h>

#include "transport.h"

#define KERNEL_CDEV_DIR "/dev/vfio/devices/"

/* Memory that a space's devices can reach. */
struct kernel_map {
	u64 iova, vaddr, size;
	struct kernel_map *next;
};

/* An opened group, shared by all the devices that were opened through it. */
struct kernel_group {
	int number;
	int fd;
	u32 users;
	struct kernel_group *next;
};

struct kernel_space {
	struct mig_context *ctx;
	pthread_mutex_t lock;
	struct kernel_map *maps;
	struct kernel_group *groups;
	int container; /* there is one exactly while there are groups */
	bool compat; /* it is an iommufd: as the last address said */
	bool container_logs; /* it has v1 dirty tracking */
	int iommufd; /* from the first cdev on */
	bool faults; /* the kernel is set up for them */
	int fault_fd; /* while one is armed, else -1 */
	u32 ioas;
};

/* ---- kernel_sysfs.c -------------------------------------------------------- */

/* Where a device is, as far as the machine knows it. */
struct kernel_place {
	bool pci;	 /* a PCI function, otherwise a mediated device */
	char name[48];	 /* BDF or UUID as the kernel writes it */
	char driver[64]; /* "" where it has none */
	int group;	 /* IOMMU group, -1 where it has none */
	bool vfio;	 /* its driver is one of VFIO */
	char cdev[128];	 /* its character device, "" where it has none */
};

/*
 * Brings @address (BDF, with or without domain, or UUID) into the form that
 * the kernel uses. -EINVAL: it is neither.
 */
int kernel_place_name(const char *address, struct kernel_place *ret_place);

/*
 * Fills in the rest about the device @place->name. -ENODEV: there is none; any
 * other error: the kernel does not tell.
 */
int kernel_place_find(struct kernel_place *place);

/* Path of the group's file, of @noiommu groups where that is asked for. */
void kernel_group_path(int number, bool noiommu, size_t size, char *ret_path);

/*
 * Puts the process that has opened @path in words, " by process 4711 (qemu)",
 * or "" where none can be seen.
 */
void kernel_holder(const char *path, size_t size, char *ret_text);

/* See struct mig_transport. 0, also where there is no device. */
int kernel_list(void (*found)(void *ctx, const struct mig_found *dev),
		void *ctx);

/* ---- kernel_file.c ----------------------------------------------------------- */

/* Raw ioctl(2): what it returned, or -errno. */
int kernel_ioctl(int fd, u32 request, void *arg);

/* Opens a file of VFIO for reading and writing: fd, or -errno and one line. */
int kernel_open_path(struct kernel_space *space, const char *path);

/* ---- kernel_space.c ---------------------------------------------------------- */

/* See struct mig_transport; these lock the space themselves. */
int kernel_space_create(struct mig_context *ctx, void **ret_space);
void kernel_space_destroy(void *opaque);

/* Overlapping memory is -EEXIST. */
int kernel_dma_map(void *opaque, u64 iova, void *addr, size_t len);

/* Unmaps whatever lies wholly in the range; -ENOENT: nothing does. */
int kernel_dma_unmap(void *opaque, u64 iova, size_t len);

/* -ENOTTY where no device is open by group. */
int kernel_container_ioctl(void *opaque, u32 request, void *arg);

/* ---- kernel_group.c ----------------------------------------------------------- */

/*
 * Opens @place through its group: a device file, and one more user of the
 * group, to be given back with kernel_group_put() after the file is closed.
 */
int kernel_group_open(struct kernel_space *space,
		      const struct kernel_place *place,
		      struct kernel_group **ret_group);
void kernel_group_put(struct kernel_space *space, struct kernel_group *group);

/* 0 where there is no container. */
int kernel_group_map(struct kernel_space *space, const struct kernel_map *map);
int kernel_group_unmap(struct kernel_space *space, const struct kernel_map *map);

/* ---- kernel_fault.c -------------------------------------------------------------- */

/* Whether the kernel makes failures on demand for us. Sets it up for that. */
bool kernel_faults(struct kernel_space *space);

/* See struct mig_transport. */
void kernel_fault_arm(void *opaque, u32 nth);
bool kernel_fault_disarm(void *opaque);

/* ---- kernel_cdev.c -------------------------------------------------------------- */

/*
 * Opens and binds the character device at @path: a device file. @ret_dma says
 * whether it could be attached to the IOAS.
 */
int kernel_cdev_open(struct kernel_space *space, const char *path,
		     bool *ret_dma);

/* 0 where there is no IOAS. */
int kernel_cdev_map(struct kernel_space *space, const struct kernel_map *map);
int kernel_cdev_unmap(struct kernel_space *space, const struct kernel_map *map);

/* Gives the IOAS and the iommufd back, after all device files are closed. */
void kernel_cdev_release(struct kernel_space *space);

/* ---- kernel_peer.c -------------------------------------------------------------- */

/*
 * A region of a device that is mapped for the CPU and, as that memory, for the
 * DMA of all devices of the space: what a VMM does with the BARs of a guest.
 */
struct kernel_peer {
	u32 region;
	u64 iova;
	void *memory;
	size_t len;
	struct kernel_peer *next;
};

/* See struct mig_transport; the list is the device's. Locks the space. */
int kernel_peer_reach(struct mig_dev *dev, struct kernel_space *space,
		      struct kernel_peer **peers, u32 region, u64 *ret_iova);
/* Before the device's file is closed: a mapping would keep it open. */
void kernel_peer_forget(struct kernel_space *space, struct kernel_peer **peers);

#endif
