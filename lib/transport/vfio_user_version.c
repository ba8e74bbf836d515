// SPDX-License-Identifier: GPL-2.0-only
/* The first message of each side: version and capabilities. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "vfio_user_wire.h"

enum { FDS_MAX = 1024 };

void vfio_user_caps_default(struct vfio_user_caps *ret_caps)
{
	*ret_caps = (struct vfio_user_caps){
		.max_msg_fds = 1,
		.max_data = VFIO_USER_WIRE_DATA,
	};
}

/* ---- printing ----------------------------------------------------------- */

static struct json_object *print_twin(const struct vfio_user_caps *caps,
				      bool server)
{
	struct json_object *twin = json_object_new_object();

	json_object_object_add(twin, "supported", json_object_new_boolean(true));
	if (server)
		json_object_object_add(twin, "fd_index",
				       json_object_new_int64(caps->twin_index));
	return twin;
}

static struct json_object *print_caps(const struct vfio_user_caps *caps,
				      bool server)
{
	struct json_object *list = json_object_new_object();
	struct json_object *migration;

	json_object_object_add(list, "max_msg_fds",
			       json_object_new_int64(caps->max_msg_fds));
	json_object_object_add(list, "max_data_xfer_size",
			       json_object_new_int64((s64)caps->max_data));
	if (caps->pgsize) {
		migration = json_object_new_object();
		json_object_object_add(migration, "pgsize",
				       json_object_new_int64((s64)caps->pgsize));
		json_object_object_add(list, "migration", migration);
	}
	if (caps->twin)
		json_object_object_add(list, "twin_socket",
				       print_twin(caps, server));
	if (caps->sessions)
		json_object_object_add(list, "sessions",
				       json_object_new_boolean(true));
	return list;
}

int vfio_user_caps_print(const struct vfio_user_caps *caps, bool server,
			 void **ret_body, size_t *ret_len)
{
	const struct vfio_user_version version = { VFIO_USER_MAJOR,
						   VFIO_USER_MINOR };
	struct json_object *root = json_object_new_object();
	const char *text;
	size_t len;
	u8 *body;

	json_object_object_add(root, "capabilities", print_caps(caps, server));
	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN);
	len = text ? strlen(text) + 1 : 0;
	body = text ? malloc(sizeof(version) + len) : NULL;
	if (body) {
		memcpy(body, &version, sizeof(version));
		memcpy(body + sizeof(version), text, len);
		*ret_body = body;
		*ret_len = sizeof(version) + len;
	}
	json_object_put(root);
	return body ? 0 : -ENOMEM;
}

/* ---- parsing ------------------------------------------------------------ */

/* 0, also where it is absent; -EPROTO where it is no number in the range. */
static int parse_number(struct json_object *from, const char *key, s64 min,
			s64 max, u64 *ret_value)
{
	struct json_object *value;
	s64 number;

	if (!json_object_object_get_ex(from, key, &value))
		return 0;
	if (!json_object_is_type(value, json_type_int))
		return -EPROTO;
	number = json_object_get_int64(value);
	if (number < min || number > max)
		return -EPROTO;
	*ret_value = (u64)number;
	return 0;
}

static int parse_bool(struct json_object *from, const char *key, bool *ret_value)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, key, &value))
		return 0;
	if (!json_object_is_type(value, json_type_boolean))
		return -EPROTO;
	*ret_value = json_object_get_boolean(value);
	return 0;
}

/* 1 and the object, 0 where it is absent, -EPROTO where it is something else. */
static int parse_object(struct json_object *from, const char *key,
			struct json_object **ret_object)
{
	if (!json_object_object_get_ex(from, key, ret_object))
		return 0;
	return json_object_is_type(*ret_object, json_type_object) ? 1 : -EPROTO;
}

static int parse_twin(struct json_object *list, struct vfio_user_caps *caps)
{
	u64 index = 0;
	struct json_object *twin;
	int ret = parse_object(list, "twin_socket", &twin);

	if (ret <= 0)
		return ret;
	ret = parse_bool(twin, "supported", &caps->twin);
	if (!ret)
		ret = parse_number(twin, "fd_index", 0, FDS_MAX, &index);
	caps->twin_index = (u32)index;
	return ret;
}

static int parse_list(struct json_object *list, struct vfio_user_caps *caps)
{
	struct json_object *migration;
	u64 fds = caps->max_msg_fds;
	int ret;

	ret = parse_number(list, "max_msg_fds", 0, FDS_MAX, &fds);
	caps->max_msg_fds = (u32)fds;
	if (!ret)
		ret = parse_number(list, "max_data_xfer_size", 1, INT64_MAX,
				   &caps->max_data);
	if (!ret)
		ret = parse_object(list, "migration", &migration);
	if (ret > 0)
		ret = parse_number(migration, "pgsize", 1, INT64_MAX,
				   &caps->pgsize);
	if (!ret)
		ret = parse_twin(list, caps);
	return ret ? ret : parse_bool(list, "sessions", &caps->sessions);
}

static int parse_text(const char *text, size_t len, struct vfio_user_caps *caps)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *root = NULL, *list;
	int ret = -EPROTO;

	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	root = json_tokener_parse_ex(tokener, text, (int)len);
	if (json_tokener_get_error(tokener) == json_tokener_success &&
	    json_object_is_type(root, json_type_object))
		ret = parse_object(root, "capabilities", &list);
	if (ret > 0)
		ret = parse_list(list, caps);
	json_object_put(root);
	json_tokener_free(tokener);
	return ret;
}

int vfio_user_caps_parse(const void *body, size_t len,
			 struct vfio_user_caps *ret_caps)
{
	struct vfio_user_version version;
	struct vfio_user_caps caps;
	const char *text;
	int ret = 0;

	if (len < sizeof(version))
		return -EPROTO;
	memcpy(&version, body, sizeof(version));
	if (version.major != VFIO_USER_MAJOR)
		return -EPROTO;
	vfio_user_caps_default(&caps);
	text = (const char *)body + sizeof(version);
	len -= sizeof(version);
	if (len && (len > VFIO_USER_WIRE_PIECE || text[len - 1]))
		return -EPROTO;
	if (len)
		ret = parse_text(text, len, &caps);
	if (!ret)
		*ret_caps = caps;
	return ret;
}
