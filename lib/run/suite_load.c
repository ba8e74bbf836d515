// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "mem.h"
#include "suite_load.h"

enum {
	ANSWER_MAX = 256 * 1024,
	ANSWER_MS = 10000,
	FIXTURE_WIDTH = 21, /* columns of the list, blanks included */
	VARIANT_WIDTH = 26,
	NAMES_MAX = 256,    /* tests or variants of one fixture */
};

/* One fixture of the list. The strings belong to the text. */
struct fixture {
	const char *name;
	const char *tests[NAMES_MAX], *variants[NAMES_MAX];
	u32 test_count, variant_count;
};

static void add_test(struct suite_binary *binary, const char *fixture,
		     const char *variant, const char *test)
{
	struct suite_test *t;

	binary->tests = mem_room(binary->tests, binary->test_count, sizeof(*t));
	t = &binary->tests[binary->test_count++];
	t->name = mem_printf("%s%s%s-%s", fixture, variant ? "-" : "",
			     variant ? variant : "", test);
	t->run = mem_printf("%s%s%s.%s", fixture, variant ? "." : "",
			    variant ? variant : "", test);
	t->function = mem_printf("%s_%s", fixture, test);
	t->selected = true;
}

static void add_fixture(struct suite_binary *binary, const struct fixture *f)
{
	u32 v, t;

	for (t = 0; !f->variant_count && t < f->test_count; t++)
		add_test(binary, f->name, NULL, f->tests[t]);
	for (v = 0; v < f->variant_count; v++)
		for (t = 0; t < f->test_count; t++)
			add_test(binary, f->name, f->variants[v], f->tests[t]);
}

static void add_word(struct fixture *f, const char *word, bool variant)
{
	if (variant && f->variant_count < NAMES_MAX)
		f->variants[f->variant_count++] = word;
	else if (!variant && f->test_count < NAMES_MAX)
		f->tests[f->test_count++] = word;
}

/*
 * "FIXTURE VARIANT TEST" in fixed columns, any of them empty: where two words
 * are given or one, only the column tells which they are.
 */
static void parse_line(struct fixture *f, char *line)
{
	char *save, *word = strtok_r(line, " ", &save);
	size_t variant_at = FIXTURE_WIDTH;

	if (word == line) {
		f->name = word;
		if (strlen(word) + 1 > variant_at)
			variant_at = strlen(word) + 1;
		word = strtok_r(NULL, " ", &save);
	}
	for (; word; word = strtok_r(NULL, " ", &save))
		add_word(f, word, (size_t)(word - line) == variant_at);
}

void suite_parse_list(struct suite_binary *binary, char *text)
{
	struct fixture f = { 0 };
	char *save, *line;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (line[0] == '#')
			continue;
		if (line[0] == '-') {
			add_fixture(binary, &f);
			memset(&f, 0, sizeof(f));
		} else {
			parse_line(&f, line);
		}
	}
	if (f.name)
		add_fixture(binary, &f);
}

static bool is_test(const struct suite_binary *binary, const char *function)
{
	u32 i;

	for (i = 0; i < binary->test_count; i++)
		if (!strcmp(binary->tests[i].function, function))
			return true;
	return false;
}

static void add_site(struct suite_binary *binary, const struct spec_row *row,
		     const char *function)
{
	struct suite_site *site;

	binary->sites = mem_room(binary->sites, binary->site_count,
				 sizeof(*site));
	site = &binary->sites[binary->site_count++];
	site->req = spec_req(row);
	site->function = mem_dup(function);
	site->helper = !is_test(binary, function);
}

void suite_parse_sites(struct suite_binary *binary, char *text)
{
	const struct spec_row *row;
	char *save, *line, *tab;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		tab = strchr(line, '\t');
		if (!tab)
			continue;
		*tab = '\0';
		row = spec_find(line);
		if (row)
			add_site(binary, row, tab + 1);
	}
}

void suite_load_binary(struct suite_binary *binary)
{
	const char *list[] = { binary->path, "-l", NULL };
	const char *sites[] = { binary->path, "--sites", NULL };
	char *text = malloc(ANSWER_MAX);

	if (!text)
		return;
	if (child_output(list, ANSWER_MS, text, ANSWER_MAX) >= 0)
		suite_parse_list(binary, text);
	if (child_output(sites, ANSWER_MS, text, ANSWER_MAX) == 0)
		suite_parse_sites(binary, text);
	free(text);
}
