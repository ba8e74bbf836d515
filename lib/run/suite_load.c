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

/* Enters what was read of it, if anything, and begins the next one. */
static void end_fixture(struct suite_binary *binary, struct fixture *f)
{
	u32 v, t;

	for (t = 0; !f->variant_count && t < f->test_count; t++)
		add_test(binary, f->name, NULL, f->tests[t]);
	for (v = 0; v < f->variant_count; v++)
		for (t = 0; t < f->test_count; t++)
			add_test(binary, f->name, f->variants[v], f->tests[t]);
	memset(f, 0, sizeof(*f));
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

/* "RULE<tab>FUNCTION" */
static void parse_site(struct suite_binary *binary, char *line, char *tab)
{
	const struct spec_row *row;

	*tab = '\0';
	row = spec_find(line);
	if (row)
		add_site(binary, row, tab + 1);
}

void suite_parse(struct suite_binary *binary, char *text)
{
	struct fixture f = { 0 };
	char *save, *line, *tab;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		tab = strchr(line, '\t');
		if (line[0] == '#')
			continue;
		if (line[0] == '-' || tab)
			end_fixture(binary, &f);
		else
			parse_line(&f, line);
		if (tab)
			parse_site(binary, line, tab);
	}
	end_fixture(binary, &f);
}

void suite_load_binary(struct suite_binary *binary)
{
	const char *argv[] = { binary->path, "--contents", NULL };
	char *text = malloc(ANSWER_MAX);

	if (text && !child_output(argv, ANSWER_MS, text, ANSWER_MAX))
		suite_parse(binary, text);
	free(text);
}
