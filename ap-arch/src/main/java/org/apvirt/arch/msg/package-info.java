/**
 * Layouts of the messages that travel through AP queues, after Linux {@code drivers/s390/crypto/zcrypt_msgtype50.c},
 * {@code zcrypt_msgtype6.h} and {@code zcrypt_error.h}. All fields are big-endian. Start at
 * {@link org.apvirt.arch.msg.ErrorReply}, the shortest one.
 */
package org.apvirt.arch.msg;
