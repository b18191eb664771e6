/** Classes that each break one rule of the architecture: canaries. */
@NullMarked
package io.stalemate.architecture.planted.check.format;

import org.jspecify.annotations.NullMarked;
