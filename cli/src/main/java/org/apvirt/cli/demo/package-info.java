/**
 * The worked example of the 2018 specification: from an empty host to two guests that list their own cards. Start at
 * {@link org.apvirt.cli.demo.Demo}. Nothing is prepared: the tables are what each guest's AP bus finds by its own
 * instructions.
 */
package org.apvirt.cli.demo;
