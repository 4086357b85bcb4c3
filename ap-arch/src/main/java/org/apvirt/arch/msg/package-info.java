/**
 * Layouts of the messages that travel through AP queues, after Linux {@code drivers/s390/crypto/zcrypt_msgtype50.c},
 * {@code zcrypt_msgtype6.h} and {@code zcrypt_error.h}. All fields are big-endian.
 *
 * <p>An accelerator takes {@link org.apvirt.arch.msg.Type50Message} and answers with
 * {@link org.apvirt.arch.msg.Type80Reply}. A coprocessor takes a {@link org.apvirt.arch.msg.Type6Header} followed by a
 * {@link org.apvirt.arch.msg.Cprbx} (CCA) or {@link org.apvirt.arch.msg.Ep11Cprb} (EP11) and answers with a
 * {@link org.apvirt.arch.msg.Type86Header} followed by the same. Both say no with an
 * {@link org.apvirt.arch.msg.ErrorReply}. Nothing here computes; driver and simulated card share these views.
 */
package org.apvirt.arch.msg;
