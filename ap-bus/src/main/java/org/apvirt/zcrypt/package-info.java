/**
 * The drivers by which the host itself uses cards, and {@code /dev/z90crypt}, through which programs send requests, after
 * Linux {@code drivers/s390/crypto}: {@code zcrypt_api.c}, {@code zcrypt_card.c}, {@code zcrypt_queue.c},
 * {@code zcrypt_cex4.c} and {@code zcrypt_msgtype*.c}.
 *
 * <p>Start at {@link org.apvirt.zcrypt.ZcryptModule}, which is loaded, and {@link org.apvirt.zcrypt.ZcryptFile}, which is
 * opened; {@link org.apvirt.zcrypt.ZcryptDispatch} chooses a queue. A program's side is {@code org.apvirt.z90crypt}; both
 * share {@link org.apvirt.zcrypt.ZcryptIoctl}.
 */
package org.apvirt.zcrypt;
