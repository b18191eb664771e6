/** Classes that each break one rule of the architecture: canaries. */
@NullMarked
package io.stalemate.architecture.planted.report;

import org.jspecify.annotations.NullMarked;
