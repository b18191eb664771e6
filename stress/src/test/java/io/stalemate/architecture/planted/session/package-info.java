/** Classes that each break one rule of the architecture: canaries. */
@NullMarked
package io.stalemate.architecture.planted.session;

import org.jspecify.annotations.NullMarked;
