/**
 * Fuzz targets of every parser and protocol. A class {@code XFuzzTest} lies in the package that it fuzzes. Run as a test,
 * each target replays its seeds, which lie below {@code src/test/resources} in {@code XFuzzTestInputs/TARGET};
 * {@code fuzz/run} looks for new inputs. An input that was once too much for us becomes a seed.
 *
 * <p>A target asserts more than the absence of exceptions: a refusal is one printable line, a refused request changes
 * nothing, what is printed is read again as the same.
 */
package org.apvirt.fuzz;
