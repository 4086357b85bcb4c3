/**
 * The program {@code apvirt}: one class per command. Start at {@link org.apvirt.cli.Apvirt}. A command reads files, asks the
 * layers below, prints, and returns an exit status; it knows nothing about AP itself.
 */
package org.apvirt.cli;
