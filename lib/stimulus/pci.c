// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any PCI device: nothing is known of it but its config space. That belongs
 * to the VMM, which carries it over by itself, so no mark is left there: a
 * device that forgets it in a migration is a legal device.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "stimulus.h"

enum {
	PCI_HEAD = 64,		 /* bytes that each kind of header has */
	PCI_ALL_ONES = 0xffff,	 /* nobody answers */
};

static int pci_vendor(struct mig_dev *dev, u32 *ret_ids)
{
	struct mig_region config;
	ssize_t count;
	u32 ids;
	int ret;

	ret = mig_region_info(dev, UAPI_PCI_CONFIG, &config);
	if (ret)
		return ret;
	if (config.size < PCI_HEAD || !(config.flags & UAPI_REGION_READ))
		return -ENODEV;
	count = mig_pread(&dev->file, &ids, sizeof(ids), config.offset);
	if (count != sizeof(ids))
		return count < 0 ? (int)count : -EIO;
	*ret_ids = le32toh(ids);
	return 0;
}

static bool pci_probe(struct mig_dev *dev)
{
	struct uapi_device_info info;
	u32 ids;

	return !mig_device_info(dev, &info) &&
	       (info.flags & UAPI_DEVICE_FLAGS_PCI) &&
	       info.num_regions > UAPI_PCI_CONFIG && !pci_vendor(dev, &ids);
}

/* The least sign of life: it still says who it is. */
static int pci_work(struct stimulus *st)
{
	u32 ids;
	int ret;

	ret = pci_vendor(st->dev, &ids);
	if (ret)
		return ret;
	return (ids & PCI_ALL_ONES) == PCI_ALL_ONES ? -EIO : 0;
}

STIMULUS(pci) = {
	.name = "pci",
	.generic = true,
	.probe = pci_probe,
	.work = pci_work,
};
