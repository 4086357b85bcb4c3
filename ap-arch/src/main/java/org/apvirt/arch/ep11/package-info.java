/**
 * What EP11 functions for keys say to a card and what it answers, and the blobs that keys are in; after Linux
 * {@code drivers/s390/crypto/zcrypt_ep11misc.c} and {@code ep11.h} of opencryptoki. Start at
 * {@link org.apvirt.arch.ep11.Ep11KeyFunction}; {@link org.apvirt.arch.msg.Ep11Payload} is the form that all have.
 * Nothing here enciphers: that is the card's.
 */
package org.apvirt.arch.ep11;
