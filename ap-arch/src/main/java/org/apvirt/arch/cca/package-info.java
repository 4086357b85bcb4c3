/**
 * What CCA verbs say to a card and what it answers, and the key tokens in them; after Linux
 * {@code drivers/s390/crypto/zcrypt_ccamisc.c} (AES keys) and IBM's libica {@code s390_ecc.c} (elliptic curves).
 *
 * <p>Start at {@link org.apvirt.arch.cca.CcaParameters}, the form that all of them have. {@link org.apvirt.arch.cca.AesKeyVerb}
 * and {@link org.apvirt.arch.cca.EcVerb} make requests and read replies; tokens are
 * {@link org.apvirt.arch.cca.AesDataToken}, {@link org.apvirt.arch.cca.AesCipherToken},
 * {@link org.apvirt.arch.cca.EcPrivateToken} (secure) and {@link org.apvirt.arch.cca.EcClearToken}. Nothing here
 * enciphers: that is the card's. All fields are big-endian.
 */
package org.apvirt.arch.cca;
