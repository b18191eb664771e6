/** Classes that each break one rule of the architecture: canaries. */
@NullMarked
package io.stalemate.architecture.planted.race;

import org.jspecify.annotations.NullMarked;
