// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/*
 * A character device through which root may issue PQAP, NQAP and DQAP: the instructions are privileged, so that only
 * the kernel can. For experiments on a machine of one's own: the AP bus of the same kernel knows nothing of it, and a
 * queue that it resets or drains loses what the bus has in it.
 *
 * AQIC is refused as if queue interruption were not installed: its notification byte is an absolute address, to which
 * the machine would store.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ap_helper.h"

#define FUNCTION_CODE(regs) (((regs)->gr[0] >> 24) & 0xff)
#define FUNCTION_AQIC 3
#define FUNCTION_QCI 4
#define QCI_LENGTH 128

/* Translates the condition code; a program check now is the caller's mistake, for TAPQ worked when we were loaded. */
static u32 outcome(int cc)
{
	return cc == AP_FAULTED ? AP_INTERRUPTION | AP_PGM_SPECIFICATION : cc;
}

static int issue_qci(struct ap_helper_request *request, void *block)
{
	void __user *user = (void __user *)request->regs.gr[2];
	u64 address = request->regs.gr[2];

	if (address & 7) {
		request->result = AP_INTERRUPTION | AP_PGM_SPECIFICATION;
		return 0;
	}
	memset(block, 0, QCI_LENGTH);
	request->regs.gr[2] = (u64)block;
	request->result = outcome(ap_pqap(&request->regs));
	request->regs.gr[2] = address;
	return copy_to_user(user, block, QCI_LENGTH) ? -EFAULT : 0;
}

static int issue_nqap(struct ap_helper_request *request, void *message)
{
	u64 *operand = &request->regs.gr[AP_NQAP_R2];
	u64 address = operand[0];

	if (operand[1] > AP_HELPER_OPERAND_MAX)
		return -EMSGSIZE;
	if (copy_from_user(message, (void __user *)address, operand[1]))
		return -EFAULT;
	operand[0] = (u64)message;
	request->result = outcome(ap_nqap(&request->regs));
	operand[0] = address + (operand[0] - (u64)message);
	return 0;
}

static int issue_dqap(struct ap_helper_request *request, void *buffer)
{
	u64 *operand = &request->regs.gr[AP_DQAP_R2];
	u64 address = operand[0];
	u64 length = operand[1];

	if (length > AP_HELPER_OPERAND_MAX)
		return -EMSGSIZE;
	/* A dequeued reply cannot be put back: find out first whether it can be delivered. */
	if (clear_user((void __user *)address, length))
		return -EFAULT;
	operand[0] = (u64)buffer;
	request->result = outcome(ap_dqap(&request->regs));
	operand[0] = address + (operand[0] - (u64)buffer);
	return copy_to_user((void __user *)address, buffer, length - operand[1]) ? -EFAULT : 0;
}

static int issue(struct ap_helper_request *request)
{
	void *operand;
	int error;

	if (request->opcode == AP_OP_PQAP && FUNCTION_CODE(&request->regs) != FUNCTION_QCI) {
		request->result = FUNCTION_CODE(&request->regs) == FUNCTION_AQIC ?
			AP_INTERRUPTION | AP_PGM_SPECIFICATION : outcome(ap_pqap(&request->regs));
		return 0;
	}
	operand = kmalloc(AP_HELPER_OPERAND_MAX, GFP_KERNEL);
	if (!operand)
		return -ENOMEM;
	switch (request->opcode) {
	case AP_OP_PQAP:
		error = issue_qci(request, operand);
		break;
	case AP_OP_NQAP:
		error = issue_nqap(request, operand);
		break;
	case AP_OP_DQAP:
		error = issue_dqap(request, operand);
		break;
	default:
		error = -EINVAL;
	}
	kfree_sensitive(operand);
	return error;
}

static long helper_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct ap_helper_request __user *user = (void __user *)argument;
	struct ap_helper_request request;
	int error;

	if (command != AP_HELPER_ISSUE)
		return -ENOTTY;
	if (copy_from_user(&request, user, sizeof(request)))
		return -EFAULT;
	error = issue(&request);
	if (error)
		return error;
	return copy_to_user(user, &request, sizeof(request)) ? -EFAULT : 0;
}

static const struct file_operations helper_operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = helper_ioctl,
};

static struct miscdevice helper_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = AP_HELPER_NAME,
	.fops = &helper_operations,
	.mode = 0600,
};

static int __init helper_init(void)
{
	struct ap_regs tapq = { { 0 } };

	if (ap_pqap(&tapq) == AP_FAULTED) {
		pr_err("the AP instructions are not installed\n");
		return -ENODEV;
	}
	return misc_register(&helper_device);
}

static void __exit helper_exit(void)
{
	misc_deregister(&helper_device);
}

module_init(helper_init);
module_exit(helper_exit);
MODULE_DESCRIPTION("Issues AP instructions on behalf of root");
MODULE_LICENSE("GPL"); /* or Apache-2.0; inside a kernel it is this */
