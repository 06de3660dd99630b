/* SPDX-License-Identifier: GPL-2.0-or-later
 * checks.c - setters that need nothing but the value (Cobbler's item classes and validate.py).
 */
#include "model/checks.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "value/yaml.h"

#define CHECK(name) int check_##name(const struct item_ctx *ctx UNUSED, struct item *it UNUSED, const struct field *f UNUSED, \
	const struct value *v UNUSED, struct value **ret, struct err *e UNUSED)

static int wrong_type(const struct field *f, const char *fallback, struct err *e)
{
	if (f->type_error != NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "%s", f->type_error);
	return err_py(e, CB_EINVAL, PY_TYPE, "Field %s needs to be of type %s!", f->name, fallback);
}

static bool inherits(const struct field *f, const struct value *v)
{
	return (f->flags & FF_INHERIT) && is_inherit(v);
}

/* "<Archs.I386: 'i386'>": how Python's repr shows a member. */
static void add_member(struct strbuf *b, const struct field *f, const char *choice, bool repr)
{
	sb_addf(b, repr ? "<%s." : "'%s.", f->enum_name != NULL ? f->enum_name : "");
	const char *name = str_eq(choice, INHERIT) ? "INHERITED" : choice;
	for (; *name != '\0'; name++)
		sb_addc(b, *name == '-' ? '_' : (char)toupper((unsigned char)*name));
	if (repr)
		sb_addf(b, ": '%s'>", choice);
	else
		sb_addc(b, '\'');
}

static void add_members(struct strbuf *b, const struct field *f, bool repr)
{
	sb_addc(b, '[');
	for (size_t i = 0; f->choices[i] != NULL; i++) {
		sb_adds(b, i > 0 ? ", " : "");
		add_member(b, f, f->choices[i], repr);
	}
	sb_addc(b, ']');
}

/* The choice that is text's, in any case; NULL when there is none. */
static const char *find_choice(const struct field *f, const char *text)
{
	for (size_t i = 0; f->choices[i] != NULL; i++) {
		const char *a = f->choices[i], *b = text;
		while (*a != '\0' && (tolower((unsigned char)*b) == *a || (*a == '-' && *b == '_'))) {
			a++;
			b++;
		}
		if (*a == '\0' && *b == '\0')
			return f->choices[i];
	}
	return NULL;
}

/* compat: ConvertableEnum.to_enum */
static int check_choice(const struct field *f, const struct value *v, struct value **ret, struct err *e)
{
	struct strbuf b = { 0 };
	const char *found = v_is(v, V_STR) ? find_choice(f, v_cstr(v)) : NULL;
	if (found != NULL) {
		*ret = v_str(found);
		return CB_OK;
	}
	v_py_str(&b, v);
	int rc;
	if (!v_is(v, V_STR)) {
		rc = err_py(e, CB_EINVAL, PY_TYPE, "%s must be a str or Enum", sb_str(&b));
	} else if (is_inherit(v)) {
		rc = err_py(e, CB_EINVAL, PY_VALUE, "The enum given does not support inheritance!");
	} else {
		sb_adds(&b, " must be one of ");
		add_members(&b, f, true);
		rc = err_py(e, CB_EINVAL, PY_VALUE, "%s", sb_str(&b));
	}
	sb_free(&b);
	return rc;
}

static int check_dict(const struct field *f, const struct value *v, bool multiples, struct value **ret, struct err *e)
{
	if (inherits(f, v) || is_inherit(v)) {
		*ret = v_ref(v);
		return CB_OK;
	}
	struct err inner;
	int rc = input_dict(v, multiples, ret, &inner);
	if (rc == CB_OK)
		return CB_OK;
	if (f->type_error != NULL && str_eq(inner.cls, PY_TYPE))
		return wrong_type(f, "dict", e);
	return err_py(e, (enum cb_err)rc, inner.cls, "%s", inner.text);
}

static int check_bool_value(const struct field *f, const struct value *v, struct value **ret, struct err *e)
{
	bool b;
	struct err inner;
	if (inherits(f, v)) {
		*ret = v_ref(v);
		return CB_OK;
	}
	int rc = input_bool(v, &b, &inner);
	if (rc != CB_OK) {
		/* compat: only the interface setters put their own text in place of input_boolean's */
		if (f->type_error != NULL && (strstr(f->type_error, "NetworkInterface") != NULL))
			return wrong_type(f, "bool", e);
		return err_py(e, (enum cb_err)rc, inner.cls, "%s", inner.text);
	}
	*ret = v_bool(b);
	return CB_OK;
}

static int check_list_value(const struct field *f, const struct value *v, struct value **ret, struct err *e)
{
	if (f->type_error != NULL && !v_is(v, V_STR) && !v_is(v, V_LIST))
		return wrong_type(f, "list", e);
	if (is_inherit(v)) {
		*ret = v_ref(v);
		return CB_OK;
	}
	return input_list(v, ret, e);
}

int check_by_type(const struct item_ctx *ctx UNUSED, struct item *it UNUSED, const struct field *f, const struct value *v,
	struct value **ret, struct err *e)
{
	switch (f->type) {
	case F_ENUM: return check_choice(f, v, ret, e);
	case F_DICT: return check_dict(f, v, true, ret, e);
	case F_BOOL: return check_bool_value(f, v, ret, e);
	case F_LIST: return check_list_value(f, v, ret, e);
	case F_STR:
		if (!v_is(v, V_STR))
			return wrong_type(f, "str", e);
		break;
	case F_INT:
		if (!v_is(v, V_INT) && !v_is(v, V_BOOL) && !inherits(f, v))
			return wrong_type(f, "int", e);
		break;
	case F_FLOAT:
		if (!v_is(v, V_FLOAT) && !v_is(v, V_INT) && !inherits(f, v))
			return wrong_type(f, "float", e);
		break;
	case F_OPAQUE:
		break;
	}
	*ret = v_ref(v);
	return CB_OK;
}

CHECK(any)
{
	*ret = v_ref(v);
	return CB_OK;
}

CHECK(ignored)
{
	*ret = v_str("");
	return CB_OK;
}

/* Cobbler's RE_OBJECT_NAME: letters, digits, "_", ".", ":", "-". Ours also refuses what is no file name. */
CHECK(name)
{
	if (!v_is(v, V_STR))
		return wrong_type(f, "str", e);
	const char *s = v_cstr(v);
	bool ok = v_len(v) <= 240 && !str_eq(s, ".") && !str_eq(s, "..");
	for (const char *p = s; ok && *p != '\0'; p++)
		ok = isalnum((unsigned char)*p) || strchr("_.:-", *p) != NULL;
	if (!ok)
		return err_py(e, CB_EINVAL, PY_VALUE, "Invalid characters in name: '%s'", s);
	*ret = v_ref(v);
	return CB_OK;
}

CHECK(int_strict)
{
	if (!v_is(v, V_INT) && !v_is(v, V_BOOL))
		return wrong_type(f, "int", e);
	*ret = v_int(v_int_of(v));
	return CB_OK;
}

/* compat: nothing is one card. */
CHECK(network_count)
{
	if (!v_is(v, V_NONE) && !v_str_is(v, ""))
		return check_int_strict(ctx, it, f, v, ret, e);
	*ret = v_int(1);
	return CB_OK;
}

CHECK(float_strict)
{
	if (!v_is(v, V_FLOAT) && !((v_is(v, V_INT) || v_is(v, V_BOOL)) && str_eq(f->name, "tree_build_time")))
		return wrong_type(f, "float", e);
	*ret = v_float(v_float_of(v));
	return CB_OK;
}

CHECK(bool_strict)
{
	if (!v_is(v, V_BOOL))
		return wrong_type(f, "bool", e);
	*ret = v_ref(v);
	return CB_OK;
}

CHECK(list_strict)
{
	if (!v_is(v, V_LIST))
		return wrong_type(f, "list", e);
	*ret = v_ref(v);
	return CB_OK;
}

CHECK(list_plain)
{
	return input_list(v, ret, e);
}

CHECK(dict_single)
{
	return check_dict(f, v, false, ret, e);
}

/* name: what an error calls the field. */
static int choose(const struct field *f, const char *word, const char *name, struct value **ret, struct err *e)
{
	const char *found = find_choice(f, word);
	if (found != NULL) {
		*ret = v_str(found);
		return CB_OK;
	}
	struct strbuf b CLEANUP(sb_free) = { 0 };
	add_members(&b, f, false);
	return err_py(e, CB_EINVAL, PY_VALUE, "%s choices include: %s", name, sb_str(&b));
}

/* compat: image_type, mirror_type - a text of their own. */
CHECK(enum_listed)
{
	return v_is(v, V_STR) ? choose(f, v_cstr(v), f->name, ret, e) : wrong_type(f, "str", e);
}

CHECK(interface_type)
{
	if (v_is(v, V_INT) || v_is(v, V_BOOL)) {
		int64_t n = v_int_of(v);
		for (int64_t i = 0; f->choices[i] != NULL; i++)
			if (i == n) {
				*ret = v_str(f->choices[i]);
				return CB_OK;
			}
		return err_py(e, CB_EINVAL, PY_VALUE, "intf_type with number \"%lld\" was not a valid interface type!", (long long)n);
	}
	if (!v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_TYPE, "interface intf_type type must be of int, str or enums.NetworkInterfaceType");
	return choose(f, v_len(v) > 0 ? v_cstr(v) : "na", "intf_type", ret, e);
}

CHECK(strip)
{
	if (!v_is(v, V_STR))
		return wrong_type(f, "str", e);
	*ret = text_stripped(v);
	return CB_OK;
}

CHECK(lower)
{
	if (!v_is(v, V_STR))
		return wrong_type(f, "str", e);
	char *low = xstrdup(v_cstr(v));
	for (char *p = low; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	*ret = v_str(low);
	free(low);
	return CB_OK;
}

CHECK(class_name)
{
	if (!v_is(v, V_STR))
		return wrong_type(f, "str", e);
	for (const char *p = v_cstr(v); *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("_.:-", *p) == NULL)
			return err_py(e, CB_EINVAL, PY_VALUE, "invalid characters in class name: '%s'", v_cstr(v));
	*ret = v_ref(v);
	return CB_OK;
}

CHECK(priority)
{
	if (!v_is(v, V_INT) && !v_is(v, V_BOOL))
		return err_py(e, CB_EINVAL, PY_TYPE, "Repository priority must be of type int.");
	if (v_int_of(v) < 0 || v_int_of(v) > 99)
		return err_py(e, CB_EINVAL, PY_VALUE, "Repository priority must be between 0 and 99 (inclusive)!");
	*ret = v_int(v_int_of(v));
	return CB_OK;
}

/* compat: utils.is_str_int - a whole number as Python would write it. */
static bool int_of_text(const char *s, int64_t *ret)
{
	char text[24];
	if (!parse_int64(s, ret))
		return false;
	snprintf(text, sizeof(text), "%lld", (long long)*ret);
	return str_eq(text, s);
}

/* A whole number, also as text; "" and, where it cannot be kept, <<inherit>> are 0. */
static int take_int(const struct value *v, const char *name, bool empty_is_zero, int64_t *ret, struct err *e)
{
	if (v_is(v, V_STR) && v_len(v) == 0 && empty_is_zero) {
		*ret = 0;
		return CB_OK;
	}
	if (v_is(v, V_INT) || v_is(v, V_BOOL)) {
		*ret = v_int_of(v);
		return CB_OK;
	}
	if (v_is(v, V_STR) && int_of_text(v_cstr(v), ret))
		return CB_OK;
	return err_py(e, CB_EINVAL, PY_TYPE, "%s needs to be an integer", name);
}

CHECK(virt_cpus)
{
	int64_t n = 0;
	if (is_inherit(v)) {
		*ret = (f->flags & FF_INHERIT) ? v_ref(v) : v_int(0);
		return CB_OK;
	}
	int rc = take_int(v, "virt_cpus", true, &n, e);
	if (rc == CB_OK && n < 0)
		rc = err_py(e, CB_EINVAL, PY_VALUE, "virt_cpus needs to be 0 or greater");
	if (rc == CB_OK)
		*ret = v_int(n);
	return rc;
}

CHECK(virt_ram)
{
	int64_t n = 0;
	if (is_inherit(v)) {
		*ret = v_ref(v);
		return CB_OK;
	}
	if (!v_is(v, V_STR) && !v_is(v, V_INT) && !v_is(v, V_BOOL))
		return err_py(e, CB_EINVAL, PY_TYPE, "virt_ram must be of type int or the str '<<inherit>>'!");
	int rc = take_int(v, "virt_ram", true, &n, e);
	if (rc == CB_OK && n < 0)
		rc = err_py(e, CB_EINVAL, PY_VALUE,
			"The virt_ram needs to have a value greater or equal to zero. Zero means default RAM.");
	if (rc == CB_OK)
		*ret = v_int(n);
	return rc;
}

/* compat: utils.is_str_float - as Python would write it. Not "inf" and "nan". */
static bool number_of_text(const char *s, double *ret)
{
	struct strbuf real CLEANUP(sb_free) = { 0 };
	int64_t n;
	char *end;
	errno = 0;
	*ret = strtod(s, &end);
	if (*s == '\0' || *end != '\0' || errno != 0 || strpbrk(s, "in") != NULL)
		return false;
	py_float_repr(&real, *ret);
	return int_of_text(s, &n) || str_eq(sb_str(&real), s);
}

CHECK(virt_file_size)
{
	double d = v_float_of(v);
	if (is_inherit(v)) {
		*ret = v_ref(v);
		return CB_OK;
	}
	if (v_is(v, V_STR) && v_len(v) == 0) {
		*ret = v_int(0);
		return CB_OK;
	}
	if (v_is(v, V_STR)) {
		if (!number_of_text(v_cstr(v), &d))
			return err_py(e, CB_EINVAL, PY_TYPE, "virt_file_size needs to be a float");
	} else if (!v_is(v, V_INT) && !v_is(v, V_FLOAT) && !v_is(v, V_BOOL)) {
		return err_py(e, CB_EINVAL, PY_TYPE, "virt_file_size needs to be a float");
	}
	if (!(d >= 0)) {
		struct strbuf b = { 0 };
		py_float_repr(&b, d);
		int rc = err_py(e, CB_EINVAL, PY_VALUE, "invalid virt_file_size (%s)", sb_str(&b));
		sb_free(&b);
		return rc;
	}
	*ret = v_float(d);
	return CB_OK;
}

CHECK(virt_path)
{
	if (!v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_TYPE, "Field virt_path needs to be of type str!");
	*ret = v_len(v) == 0 && (f->flags & FF_INHERIT) ? v_str(INHERIT) : v_ref(v);
	return CB_OK;
}

CHECK(virt_bridge)
{
	if (!v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_TYPE, "vbridge must be of type str.");
	*ret = v_len(v) == 0 ? v_str(INHERIT) : v_ref(v);
	return CB_OK;
}

CHECK(interface_bridge)
{
	if (!v_is(v, V_STR))
		return wrong_type(f, "str", e);
	*ret = v_len(v) == 0 ? v_str(INHERIT) : v_ref(v);
	return CB_OK;
}

CHECK(serial_device)
{
	int64_t n = 0;
	int rc = take_int(v, "serial_device", false, &n, e);
	if (rc == CB_OK && n < -1)
		rc = err_py(e, CB_EINVAL, PY_VALUE, "serial_device needs to be -1 or greater");
	if (rc == CB_OK)
		*ret = v_int(n);
	return rc;
}

CHECK(baud_rate)
{
	static const int rates[] = { 0, 110, 300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 38400, 57600, 115200, 128000, 256000 };
	int64_t n;
	if (!v_is(v, V_INT) && !v_is(v, V_STR) && !v_is(v, V_BOOL))
		return err_py(e, CB_EINVAL, PY_TYPE, "serial baud rate needs to be of type int or enums.BaudRates");
	bool number = v_is(v, V_STR) ? int_of_text(v_cstr(v), &n) : (n = v_int_of(v), !v_is(v, V_BOOL));
	if ((v_is(v, V_INT) && n == -1) || (v_is(v, V_STR) && strcasecmp(v_cstr(v), "disabled") == 0)) {
		*ret = v_int(-1);
		return CB_OK;
	}
	for (size_t i = 0; number && i < ARRAY_LEN(rates); i++)
		if (rates[i] == n) {
			*ret = v_int(n);
			return CB_OK;
		}
	struct strbuf b = { 0 };
	sb_adds(&b, "['BaudRates.DISABLED'");
	for (size_t i = 0; i < ARRAY_LEN(rates); i++)
		sb_addf(&b, ", 'BaudRates.B%d'", rates[i]);
	int rc = err_py(e, CB_EINVAL, PY_VALUE, "vtype choices include: %s]", sb_str(&b));
	sb_free(&b);
	return rc;
}

CHECK(mgmt_parameters)
{
	if (!v_is(v, V_STR) && !v_is(v, V_DICT))
		return wrong_type(f, "dict", e);
	if (v_is(v, V_DICT) || is_inherit(v)) {
		*ret = v_ref(v);
		return CB_OK;
	}
	if (v_len(v) == 0) {
		*ret = v_dict();
		return CB_OK;
	}
	struct value *y;
	int rc = yaml_parse(v_cstr(v), v_len(v), &y, e);
	if (rc != CB_OK)
		return rc;
	if (!v_is(y, V_DICT)) {
		v_unref(y);
		return err_py(e, CB_EINVAL, PY_TYPE, "Input YAML in Puppet Parameter field must evaluate to a dictionary.");
	}
	*ret = y;
	return CB_OK;
}

/* compat: utils.safe_filter */
CHECK(safe)
{
	if (!v_is(v, V_STR))
		return wrong_type(f, "str", e);
	if (strstr(v_cstr(v), "..") != NULL || strchr(v_cstr(v), ';') != NULL)
		return err_set(e, CB_EINVAL, "Invalid characters found in input");
	*ret = v_ref(v);
	return CB_OK;
}

static const char power_types[] =
	"ack_manual,aliyun,alom,amt,apc,apc_snmp,aws,azure_arm,bladecenter,brocade,cdu,cisco_mds,cisco_ucs,compute,crosslink,"
	"cyberpower_ssh,docker,drac,drac5,dummy,eaton_snmp,ecloud,emerson,eps,evacuate,gce,hds_cb,heuristics_ping,hpblade,ibm_powervs,"
	"ibm_vpc,ibmblade,ibmz,idrac,ifmib,ilo,ilo2,ilo3,ilo3_ssh,ilo4,ilo4_ssh,ilo5,ilo5_ssh,ilo_moonshot,ilo_mp,ilo_ssh,imm,"
	"intelmodular,ipdu,ipmilan,ipmilanplus,ironic,kdump,kubevirt,ldom,lindypdu,lpar,mpath,netio,openstack,ovh,powerman,pve,raritan,"
	"raritan_px3,rcd_serial,redfish,rhevm,rsa,rsb,sanbox2,sbd,scsi,skalar,tripplite_snmp,vbox,virsh,vmware,vmware_rest,vmware_soap,"
	"vmware_vcloud,wti,xenapi,zvmip";

/* The name of a fence agent: it becomes part of a program's name. */
CHECK(power_type)
{
	if (!v_is(v, V_STR))
		return wrong_type(f, "str", e);
	/* Those of the fence-agents package, installed here or not: a site may add it later. */
	bool found = v_len(v) == 0;
	for (const char *p = power_types; !found && *p != '\0'; p += strcspn(p, ",") + (p[strcspn(p, ",")] != '\0'))
		found = strcspn(p, ",") == v_len(v) && strncmp(p, v_cstr(v), v_len(v)) == 0;
	if (!found)
		return err_set(e, CB_EINVAL, "power management type must be one of: %s", power_types);
	*ret = v_ref(v);
	return CB_OK;
}

/* "[[user@]host:]/path", without a protocol; compat: one "@" and one ":" at most. */
CHECK(image_file)
{
	if (!v_is(v, V_STR))
		return wrong_type(f, "str", e);
	const char *s = v_cstr(v), *at = strchr(s, '@'), *rest = at != NULL ? at + 1 : s, *colon = strchr(rest, ':');
	const char *path = colon != NULL ? colon + 1 : rest, *slash = strrchr(path, '/');
	if (*s == '\0') {
		*ret = v_ref(v);
		return CB_OK;
	}
	if (strstr(s, "://") != NULL)
		return err_py(e, CB_EINVAL, "SyntaxError", "Invalid image file path location, it should not contain a protocol");
	if ((at != NULL && strchr(rest, '@') != NULL) || (colon != NULL && strchr(path, ':') != NULL))
		return err_py(e, CB_EINVAL, PY_VALUE, "too many values to unpack (expected 2)");
	if (colon == NULL && *rest != '/')
		return err_py(e, CB_EINVAL, "SyntaxError", "invalid file: %s", rest);
	if (*path != '\0' && *path != '/')
		return err_py(e, CB_EINVAL, "SyntaxError", "file contains an invalid path: %s", path);
	if (slash == NULL || slash[1] == '\0')
		return err_py(e, CB_EINVAL, "SyntaxError", "missing filename");
	if (at != NULL && at > s && (colon == NULL || colon == rest))
		return err_py(e, CB_EINVAL, "SyntaxError", "a hostname must be specified with authentication details");
	*ret = v_ref(v);
	return CB_OK;
}

/* compat: Repo.os_version - whatever is false is none; the text is asked for its lower case, but kept as it is. */
CHECK(repo_os_version)
{
	if (v_truthy(v) && !v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_ATTR, "'%s' object has no attribute 'lower'", v_type_name(v));
	*ret = v_is(v, V_STR) ? v_ref(v) : v_str("");
	return CB_OK;
}
