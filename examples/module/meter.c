// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A module that offers BPF programs a reference-counted meter: three kfuncs, and a destructor for maps that hold one. */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

/* Kernels from 6.1 on: what the older ones do not have yet, and the newer ones no longer. */
#ifndef __bpf_kfunc
#define __bpf_kfunc __used noinline
#endif
#ifndef __bpf_kfunc_start_defs
#define __bpf_kfunc_start_defs() \
	__diag_push();           \
	__diag_ignore_all("-Wmissing-prototypes", "BPF programs call these, C code does not")
#define __bpf_kfunc_end_defs() __diag_pop()
#endif
#ifndef BTF_KFUNCS_START
#define BTF_KFUNCS_START BTF_SET8_START
#define BTF_KFUNCS_END BTF_SET8_END
#endif
#ifndef KF_TRUSTED_ARGS
#define KF_TRUSTED_ARGS 0 /* holds for all kfuncs */
#endif

struct meter {
	refcount_t users;
	spinlock_t lock;
	u64 packets, bytes;
	struct net_device *last;
};

__bpf_kfunc_start_defs();

__bpf_kfunc struct meter *meter_create(gfp_t flags)
{
	struct meter *meter = kzalloc(sizeof(*meter), flags);

	if (meter) {
		refcount_set(&meter->users, 1);
		spin_lock_init(&meter->lock);
	}
	return meter;
}

__bpf_kfunc void meter_release(struct meter *meter)
{
	if (refcount_dec_and_test(&meter->users))
		kfree(meter);
}

__bpf_kfunc void meter_release_dtor(void *meter)
{
	meter_release(meter);
}

__bpf_kfunc u64 meter_count(struct meter *meter, struct sk_buff *skb)
{
	unsigned long flags;
	u64 bytes;

	spin_lock_irqsave(&meter->lock, flags);
	meter->packets++;
	bytes = meter->bytes += skb->len;
	meter->last = skb->dev;
	spin_unlock_irqrestore(&meter->lock, flags);
	return bytes;
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(meter_kfuncs)
BTF_ID_FLAGS(func, meter_release, KF_RELEASE)
BTF_ID_FLAGS(func, meter_create, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, meter_count, KF_TRUSTED_ARGS)
BTF_KFUNCS_END(meter_kfuncs)

static const struct btf_kfunc_id_set meter_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &meter_kfuncs,
};

/* btfx warns that kernels leave the ids of lists alone, which holds for lists that a module reads by itself; these they
 * map when they are registered. */
BTF_ID_LIST(meter_dtor_ids)
BTF_ID(struct, meter)
BTF_ID(func, meter_release_dtor)

static int __init meter_init(void)
{
	const struct btf_id_dtor_kfunc dtors[] = {
		{ .btf_id = meter_dtor_ids[0], .kfunc_btf_id = meter_dtor_ids[1] },
	};

	return register_btf_kfunc_id_set(BPF_PROG_TYPE_SCHED_CLS, &meter_kfunc_set) ?:
	       register_btf_id_dtor_kfuncs(dtors, ARRAY_SIZE(dtors), THIS_MODULE);
}

static void __exit meter_exit(void)
{
}

module_init(meter_init);
module_exit(meter_exit);
MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("A meter for BPF programs: an example of a module with kfuncs");
