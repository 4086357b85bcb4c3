/**
 * A JUnit extension that boots a simulated host for each test. Start at {@link org.apvirt.junit.ApHost} (an
 * annotation with a machine file) or {@link org.apvirt.junit.ApHostExtension} (the same as a field). A test takes the
 * host, its {@code /sys} or a mount as parameters.
 */
package org.apvirt.junit;
