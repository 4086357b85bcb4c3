/**
 * The listings of lszcrypt, made from a {@code /sys} directory that may be a real one, after the program of s390-tools
 * ({@code zconf/zcrypt/lszcrypt.c}). Start at {@link org.apvirt.cli.lszcrypt.Listing}. {@link CardTree} reads the files;
 * {@link Layout} says which release of the program is followed. Not here: changing anything (chzcrypt).
 */
package org.apvirt.cli.lszcrypt;
