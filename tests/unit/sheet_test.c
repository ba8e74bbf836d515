// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/trace/sheet.h"
#include "unit.h"

static char path[] = "/tmp/migcheck-sheet.XXXXXX";

static void make_path(void)
{
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	close(mkstemp(path));
}

static void remove_path(void)
{
	unlink(path);
}

static long length(void)
{
	struct stat st;

	ck_assert(!stat(path, &st));
	return (long)st.st_size;
}

static void ck_text(const char *want)
{
	char text[64] = "";
	FILE *file = fopen(path, "r");

	ck_assert(file && fread(text, 1, sizeof(text) - 1, file) < sizeof(text));
	fclose(file);
	ck_assert_str_eq(text, want);
	ck_assert_int_eq(length(), (long)strlen(want));
}

START_TEST(closed_file_is_its_text)
{
	struct sheet sheet;

	ck_assert_int_eq(sheet_open(path, &sheet), 0);
	ck_assert_int_eq(sheet_add(&sheet, "one\n", 4), 0);
	ck_assert_int_eq(sheet_add(&sheet, "two\n", 4), 0);
	sheet_put(&sheet, 1, "ld", 2);
	sheet_close(&sheet);
	sheet_close(&sheet);
	ck_text("old\ntwo\n");
}
END_TEST

START_TEST(text_survives_its_writer)
{
	struct sheet sheet;
	int pid = fork(), status;

	if (!pid) {
		if (!sheet_open(path, &sheet))
			sheet_add(&sheet, "last words\n", 11);
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_gt(length(), 11);
	ck_assert_int_eq(sheet_trim(path), 0);
	ck_text("last words\n");
}
END_TEST

START_TEST(sheet_grows_by_pieces_of_any_size)
{
	static char piece[1000003];
	struct sheet sheet;
	int i;

	memset(piece, 'x', sizeof(piece));
	ck_assert_int_eq(sheet_open(path, &sheet), 0);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(sheet_add(&sheet, piece, sizeof(piece)), 0);
	ck_assert(!memcmp(sheet.text + 2 * sizeof(piece), piece, sizeof(piece)));
	sheet_close(&sheet);
	ck_assert_int_eq(length(), 3 * (long)sizeof(piece));
}
END_TEST

START_TEST(sheet_needs_a_place)
{
	struct sheet sheet;

	ck_assert_int_eq(sheet_open("/nowhere/sheet", &sheet), -ENOENT);
	ck_assert_int_eq(sheet_trim("/nowhere/sheet"), -ENOENT);
}
END_TEST

UNIT_SUITE(sheet)
{
	TCase *tc = unit_case(suite, "sheet");

	tcase_add_checked_fixture(tc, make_path, remove_path);
	tcase_add_test(tc, closed_file_is_its_text);
	tcase_add_test(tc, text_survives_its_writer);
	tcase_add_test(tc, sheet_grows_by_pieces_of_any_size);
	tcase_add_test(tc, sheet_needs_a_place);
}
