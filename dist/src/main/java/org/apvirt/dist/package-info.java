/**
 * What an installed program has beside itself: a manual page for each command, and completions for the shells, all read from
 * the command line's own model. Start at {@link org.apvirt.dist.ProgramDocuments}, which the build runs; {@code src/main/tree} holds the
 * scripts that pack the program.
 */
package org.apvirt.dist;
