// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>

#include "bank.h"

/* Places of stimulus_pattern(): registers by their offset, then bytes. */
enum { BANK_STRIDE = 1 << 20, BANK_BYTES = 1 << 16 };

int bank_get(struct stimulus *st, const struct bank *bank, u32 at, u32 bytes,
	     u64 *ret_value)
{
	u64 value = 0;
	int ret = stimulus_read(st, bank->base + at, &value, bytes);

	if (!ret)
		*ret_value = le64toh(value);
	return ret;
}

int bank_put(struct stimulus *st, const struct bank *bank, u32 at, u32 bytes,
	     u64 value)
{
	value = htole64(value);
	return stimulus_write(st, bank->base + at, &value, bytes);
}

static u64 bank_pattern(const struct bank *bank, u64 seed, u32 place)
{
	return stimulus_pattern(seed, (u64)bank->number * BANK_STRIDE + place);
}

u8 bank_byte(const struct bank *bank, u64 seed, u32 place)
{
	return (u8)bank_pattern(bank, seed, BANK_BYTES + place);
}

static u64 bank_value(const struct bank *bank, const struct bank_field *field,
		      u64 seed)
{
	return (bank_pattern(bank, seed, field->at) & field->mask) |
	       field->fixed;
}

static int bank_set(struct stimulus *st, const struct bank *bank,
		    const struct bank_field *field, u64 value)
{
	return bank_put(st, bank, field->at, field->bytes, value);
}

static int bank_expect(struct stimulus *st, const struct bank *bank,
		       const struct bank_field *field, u64 expected)
{
	u64 value;
	int ret = bank_get(st, bank, field->at, field->bytes, &value);

	if (!ret && value != expected)
		ret = stimulus_differ(st, "bank %u: %s is 0x%llx, not 0x%llx",
				      bank->number, field->name,
				      (unsigned long long)value,
				      (unsigned long long)expected);
	return ret;
}

static int bank_mark(struct stimulus *st, const struct bank *bank, u64 seed)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < bank->count && !ret; i++)
		ret = bank_set(st, bank, &bank->fields[i],
			       bank_value(bank, &bank->fields[i], seed));
	return ret;
}

static int bank_verify(struct stimulus *st, const struct bank *bank, u64 seed)
{
	const struct bank_field *field;
	int ret = 0;
	u32 i;

	for (i = 0; i < bank->count && !ret; i++) {
		field = &bank->fields[i];
		ret = bank_expect(st, bank, field,
				  bank_value(bank, field, seed) ^
					  field->inverts);
	}
	return ret;
}

static int bank_is_initial(struct stimulus *st, const struct bank *bank)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < bank->count && !ret; i++)
		ret = bank_expect(st, bank, &bank->fields[i],
				  bank->fields[i].initial);
	return ret;
}

/* The field that patch @k is about, or NULL: they take turns. */
static const struct bank_field *bank_patched(const struct bank *bank, u32 k)
{
	u32 i, count = 0;

	for (i = 0; i < bank->count; i++)
		count += bank->fields[i].patched;
	if (!count)
		return NULL;
	k %= count;
	for (i = 0; !bank->fields[i].patched || k; i++)
		k -= bank->fields[i].patched;
	return &bank->fields[i];
}

/* Never what the mark has there: a few bits that depend on @k are turned. */
static u64 bank_patch_value(const struct bank *bank,
			    const struct bank_field *field, u64 seed, u32 k)
{
	return bank_value(bank, field, seed) ^ ((1 + k % 0x7f) & field->mask);
}

static int bank_patch(struct stimulus *st, const struct bank *bank, u64 seed, u32 k)
{
	const struct bank_field *field = bank_patched(bank, k);

	return field ? bank_set(st, bank, field,
				bank_patch_value(bank, field, seed, k)) :
		       -EOPNOTSUPP;
}

static int bank_verify_patch(struct stimulus *st, const struct bank *bank, u64 seed,
		      u32 k)
{
	const struct bank_field *field = bank_patched(bank, k);

	return field ? bank_expect(st, bank, field,
				   bank_patch_value(bank, field, seed, k) ^
					   field->inverts) :
		       -EOPNOTSUPP;
}

/* ---- devices that are made of banks ---------------------------------------------- */

int banks_attach(struct stimulus *st)
{
	const struct bank_kind *kind = st->ops->banks;
	struct banks *banks = st->priv;
	struct bank *bank;
	u32 i;

	for (i = 0; i < kind->bars; i++) {
		bank = &banks->bank[i];
		*bank = (struct bank){ kind->fields, kind->count, .number = i };
		if (stimulus_bar(st, i, kind->bar_size, &bank->base))
			break;
	}
	banks->count = i;
	return i ? 0 : -ENODEV;
}

int banks_mark(struct stimulus *st, u64 seed)
{
	const struct bank_kind *kind = st->ops->banks;
	const struct banks *banks = st->priv;
	int ret = 0;
	u32 i;

	for (i = 0; i < banks->count && !ret; i++) {
		if (kind->mark)
			ret = kind->mark(st, &banks->bank[i], seed);
		if (!ret)
			ret = bank_mark(st, &banks->bank[i], seed);
	}
	return ret;
}

int banks_verify(struct stimulus *st, u64 seed)
{
	const struct bank_kind *kind = st->ops->banks;
	const struct banks *banks = st->priv;
	int ret = 0;
	u32 i;

	for (i = 0; i < banks->count && !ret; i++) {
		ret = bank_verify(st, &banks->bank[i], seed);
		if (!ret && kind->verify)
			ret = kind->verify(st, &banks->bank[i], seed);
	}
	return ret;
}

int banks_patch(struct stimulus *st, u64 seed, u32 k)
{
	return bank_patch(st, ((struct banks *)st->priv)->bank, seed, k);
}

int banks_verify_patch(struct stimulus *st, u64 seed, u32 k)
{
	return bank_verify_patch(st, ((struct banks *)st->priv)->bank, seed, k);
}

int banks_is_initial(struct stimulus *st)
{
	const struct bank_kind *kind = st->ops->banks;
	const struct banks *banks = st->priv;
	int ret = 0;
	u32 i;

	for (i = 0; i < banks->count && !ret; i++) {
		ret = bank_is_initial(st, &banks->bank[i]);
		if (!ret && kind->is_initial)
			ret = kind->is_initial(st, &banks->bank[i]);
	}
	if (ret == -EILSEQ)
		return 0;
	return ret ? ret : 1;
}

int banks_work(struct stimulus *st)
{
	const struct bank_kind *kind = st->ops->banks;
	const struct banks *banks = st->priv;
	int ret = kind->work ? 0 : -EOPNOTSUPP;
	u32 i;

	for (i = 0; i < banks->count && !ret; i++)
		ret = kind->work(st, &banks->bank[i]);
	return ret;
}
