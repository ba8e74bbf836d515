// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include <json-c/json.h>

#include "histogram.h"

enum { SUB_BITS = 5, SUBS = 1 << SUB_BITS };

/* Values below SUBS have a bucket each; from there on SUBS to each octave. */
static u32 bucket_of(u64 ns)
{
	u32 octave, index;

	if (ns < SUBS)
		return (u32)ns;
	octave = 63 - (u32)__builtin_clzll(ns) - SUB_BITS;
	index = (octave + 1) * SUBS + (u32)((ns >> octave) & (SUBS - 1));
	return index < HISTOGRAM_BUCKETS ? index : HISTOGRAM_BUCKETS - 1;
}

static u64 middle_of(u32 index)
{
	u32 octave = index / SUBS;

	if (!octave)
		return index;
	octave--;
	return ((u64)(SUBS + index % SUBS) << octave) + ((1ull << octave) >> 1);
}

static void note_range(struct histogram *h, u64 min, u64 max)
{
	if (!h->count || min < h->min)
		h->min = min;
	if (!h->count || max > h->max)
		h->max = max;
}

void histogram_add(struct histogram *h, u64 ns)
{
	note_range(h, ns, ns);
	h->buckets[bucket_of(ns)]++;
	h->count++;
}

void histogram_merge(struct histogram *h, const struct histogram *more)
{
	u32 i;

	if (!more->count)
		return;
	note_range(h, more->min, more->max);
	h->count += more->count;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->buckets[i] += more->buckets[i];
}

u64 histogram_quantile(const struct histogram *h, u32 permille)
{
	u64 rank = (h->count * permille + 999) / 1000, seen = 0, ns;
	u32 i;

	if (!h->count)
		return 0;
	for (i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
		seen += h->buckets[i];
		if (seen && seen >= rank)
			break;
	}
	ns = middle_of(i);
	if (ns < h->min)
		return h->min;
	return ns < h->max ? ns : h->max;
}

struct json_object *histogram_to_json(const struct histogram *h)
{
	struct json_object *json = json_object_new_object();
	struct json_object *buckets = json_object_new_array(), *pair;
	u32 i;

	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (!h->buckets[i])
			continue;
		pair = json_object_new_array();
		json_object_array_add(pair, json_object_new_int64(i));
		json_object_array_add(pair, json_object_new_int64(h->buckets[i]));
		json_object_array_add(buckets, pair);
	}
	json_object_object_add(json, "min", json_object_new_int64((s64)h->min));
	json_object_object_add(json, "max", json_object_new_int64((s64)h->max));
	json_object_object_add(json, "buckets", buckets);
	return json;
}

static int add_pair(struct histogram *h, struct json_object *pair)
{
	s64 index, count;

	if (!json_object_is_type(pair, json_type_array) ||
	    json_object_array_length(pair) != 2)
		return -EINVAL;
	index = json_object_get_int64(json_object_array_get_idx(pair, 0));
	count = json_object_get_int64(json_object_array_get_idx(pair, 1));
	if (index < 0 || index >= HISTOGRAM_BUCKETS || count < 0 ||
	    count > UINT32_MAX)
		return -EINVAL;
	h->buckets[index] += (u32)count;
	h->count += (u64)count;
	return 0;
}

int histogram_from_json(struct histogram *h, struct json_object *json)
{
	struct json_object *min, *max, *buckets;
	struct histogram more = { 0 };
	size_t i;
	int ret;

	if (!json_object_object_get_ex(json, "min", &min) ||
	    !json_object_object_get_ex(json, "max", &max) ||
	    !json_object_object_get_ex(json, "buckets", &buckets) ||
	    !json_object_is_type(buckets, json_type_array))
		return -EINVAL;
	more.min = (u64)json_object_get_int64(min);
	more.max = (u64)json_object_get_int64(max);
	for (i = 0; i < json_object_array_length(buckets); i++) {
		ret = add_pair(&more, json_object_array_get_idx(buckets, i));
		if (ret)
			return ret;
	}
	histogram_merge(h, &more);
	return 0;
}
