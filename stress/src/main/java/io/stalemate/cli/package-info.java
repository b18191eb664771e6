/**
 * The command line. Each sub-command is one small class that checks its arguments, asks {@code session} to do the
 * work and prints. Results go to stdout, progress and splats to stderr; every refusal is one line and a documented
 * exit code.
 *
 * <p>May import: everything. Start at {@link io.stalemate.cli.Main}, then {@code RunCommand}.
 */
@NullMarked
package io.stalemate.cli;

import org.jspecify.annotations.NullMarked;
