/**
 * The device by which programs send requests to the host's own cards, after Linux
 * {@code drivers/s390/crypto/zcrypt_api.c}. Start at {@link org.apvirt.zcrypt.ZcryptDevice}; the cards themselves are in
 * {@link org.apvirt.ap}.
 */
package org.apvirt.zcrypt;
