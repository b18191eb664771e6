/** Classes that each break one rule of the architecture, and some that break none: canaries. */
@NullMarked
package io.stalemate.architecture.planted.linux.kvm;

import org.jspecify.annotations.NullMarked;
