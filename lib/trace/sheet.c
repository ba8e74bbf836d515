// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sheet.h"

enum { STEP = 256 << 10 };

static int sheet_map(struct sheet *sheet, size_t room)
{
	void *text;
	int err;

	/* Reserved, not only sized: a full disk must not kill the writer. */
	err = posix_fallocate(sheet->fd, (off_t)sheet->room,
			      (off_t)(room - sheet->room));
	if (err)
		return -err;
	if (sheet->text)
		text = mremap(sheet->text, sheet->room, room, MREMAP_MAYMOVE);
	else
		text = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED,
			    sheet->fd, 0);
	if (text == MAP_FAILED)
		return -errno;
	madvise(text, room, MADV_RANDOM); /* most sheets stay short */
	sheet->text = text;
	sheet->room = room;
	return 0;
}

int sheet_open(const char *path, struct sheet *ret_sheet)
{
	struct sheet sheet = { .fd = -1 };
	int err;

	sheet.fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (sheet.fd < 0)
		return -errno;
	err = sheet_map(&sheet, STEP);
	if (err) {
		close(sheet.fd);
		return err;
	}
	*ret_sheet = sheet;
	return 0;
}

int sheet_add(struct sheet *sheet, const char *piece, size_t len)
{
	size_t missing;
	int err;

	if (len > sheet->room - sheet->len) {
		missing = len - (sheet->room - sheet->len);
		err = sheet_map(sheet, sheet->room + (missing / STEP + 1) * STEP);
		if (err)
			return err;
	}
	memcpy(sheet->text + sheet->len, piece, len);
	sheet->len += len;
	return 0;
}

void sheet_put(struct sheet *sheet, size_t at, const char *piece, size_t len)
{
	memcpy(sheet->text + at, piece, len);
}

void sheet_close(struct sheet *sheet)
{
	if (sheet->fd < 0)
		return;
	munmap(sheet->text, sheet->room);
	if (ftruncate(sheet->fd, (off_t)sheet->len))
		sheet->len = 0; /* what is too long is trimmed by its reader */
	close(sheet->fd);
	sheet->fd = -1;
}

int sheet_trim(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), ret = 0;
	struct stat st = { 0 };
	const char *text, *end;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		goto out;
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (text == MAP_FAILED) {
		ret = -errno;
		goto out;
	}
	end = memchr(text, '\0', (size_t)st.st_size);
	if (end && ftruncate(fd, end - text))
		ret = -errno;
	munmap((void *)text, (size_t)st.st_size);
out:
	close(fd);
	return ret;
}
