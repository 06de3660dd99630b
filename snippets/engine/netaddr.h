/* SPDX-License-Identifier: GPL-2.0-or-later
 * netaddr.h - what the files of Python's netaddr module share. Internal to the engine.
 */
#ifndef ENGINE_NETADDR_H
#define ENGINE_NETADDR_H

#include "snippets/engine/modules.h"

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

#define NA(name)                                                                                                       \
	static bool n_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define NA_UNUSED (void)self, (void)a, (void)v, (void)rt

/* An address, a network (prefix) or a range (to). version 4 or 6. */
enum ipkind { IP_ADDR, IP_NET, IP_RANGE };
struct ip { enum ipkind kind; int version, prefix; u128 v, to; };

int ip_bits(const struct ip *i);                          /* 32 or 128 */
u128 ip_all(const struct ip *i);                          /* the highest address of the version */
u128 ip_mask(const struct ip *i);                         /* of a network's prefix */
u128 ip_first(const struct ip *i);                        /* the lowest address of a network or range */
u128 ip_last(const struct ip *i);                         /* the highest one */
int ip_cmp(const struct ip *a, const struct ip *b);       /* netaddr's sort_key() */
bool ip_contains(const struct ip *box, const struct ip *x);       /* all of x is in box */
const struct ip *ip_of(struct rv v);                      /* NULL: no address, network or range */
struct rv ip_make(struct rt *rt, struct ip i);            /* as a value; i is copied */
struct rv ip_addr(struct rt *rt, int version, u128 v);
struct rv ip_net(struct rt *rt, int version, u128 v, int prefix);
bool ip_int(struct rt *rt, u128 v, struct rv *out);       /* a Python int */
/* What the constructors IPAddress and IPNetwork make of a value; version 0: either. False: AddrFormatError and the like. */
bool ip_read_addr(struct rt *rt, struct rv x, int version, struct ip *out);
bool ip_read_net(struct rt *rt, struct rv x, int version, struct ip *out);
/* strict: dotted quads only; else what inet_aton takes too ("10.1", "0x7f.1"). version 0: either. */
bool ip_parse(const char *s, bool strict, int version, struct ip *out);
/* As netaddr 0.8 has them. */
bool ip_is_loopback(const struct ip *i);
bool ip_is_link_local(const struct ip *i);
bool ip_is_multicast(const struct ip *i);
bool ip_is_private(const struct ip *i);
bool ip_is_reserved(const struct ip *i);
void ip_show(const struct ip *i, u128 v, struct strbuf *b);       /* appends the address v in the notation of i's version */
/* The addresses from..to by step, each spelled out, as a list; LIM_ITEMS at most. */
bool ip_walk(struct rt *rt, int version, u128 from, u128 to, i128 step, struct rlist **ret);
/* Appends the fewest networks that together are from..to. */
bool ip_range_cidrs(struct rt *rt, const struct ip *from, const struct ip *to, struct rlist *l);
struct rv na_generator(struct rt *rt, struct rlist *l);   /* an iterator over l */
/* The bits of v in words of so many bits, joined by sep. */
struct rv na_bits(struct rt *rt, u128 v, int bits, int word, struct rv sep, const char *dflt);
struct rv na_words(struct rt *rt, u128 v, int bits, int word);    /* the same as a tuple of numbers */
struct rv na_bin(struct rt *rt, u128 v);                  /* "0b..." */

/* Methods: a row of a table of natives, bound to self; false: there is none of that name. */
bool na_method(struct rt *rt, const struct native *table, const struct robj *o, const char *name, struct rv *out);

extern const struct native netaddr_sets[];                /* functions over many networks */
extern const struct native netaddr_ipset[];               /* IPSet and cidr_exclude */
extern const struct native netaddr_eui[];                 /* EUI and valid_mac */
bool netaddr_dialect(struct rt *rt, const char *name, struct rv *out);    /* mac_unix ... */

#endif
