/**
 * {@code /dev/z90crypt}: requests of programs to the cards of the host, after Linux
 * {@code drivers/s390/crypto/zcrypt_api.c}.
 *
 * <p>The kernel's side starts at {@link org.apvirt.zcrypt.ZcryptFile}, with {@link org.apvirt.zcrypt.ZcryptNodes} for
 * additional nodes; a program's side is {@link org.apvirt.zcrypt.ZcryptDevice}, on a simulated system or on the Linux on
 * s390x that it runs on. Both share {@link org.apvirt.zcrypt.ZcryptIoctl}.
 */
package org.apvirt.zcrypt;
