/**
 * Programs that we did not write, unmodified, on the simulated /sys: a class per program, and {@link
 * org.apvirt.it.clients.OtherReadersIT} for those that are not packaged, whose reads and writes are played. Start at
 * {@link org.apvirt.it.clients.Clients}. What they must print is written down from their own formats and the machine of the
 * tests. {@code docs/clients.md} tabulates what is covered.
 */
package org.apvirt.it.clients;
