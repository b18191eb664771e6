/**
 * Scenario zero: the invalidation protocol with everything else left out, the yardstick that every engine must agree
 * on. Kernel text like any other: sees {@code machine} and nothing else, so the same class runs on every binding.
 */
@NullMarked
package io.stalemate.yardstick;

import org.jspecify.annotations.NullMarked;
