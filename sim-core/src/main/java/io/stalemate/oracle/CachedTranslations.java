package io.stalemate.oracle;

import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.Arrays;

/** What the TLBs hold, as fills, invalidations and the barriers that complete them tell it. */
final class CachedTranslations {

  private static final int LEVEL_ANY = -1;

  private int[] fills = new int[32];
  // Tasks that issued an invalidation of the entry and have not completed it by DSB.
  private long[] issued = new long[32];
  private int size;

  void clear() {
    size = 0;
  }

  /** {@code TLB_FILL}; yields the fill of a cached translation that contradicts it, or -1. */
  int fill(Trace trace, int event) {
    int conflict = -1;
    int place = size;
    for (int i = 0; i < size; i++) {
      int other = fills[i];
      if (vmid(trace, other) != vmid(trace, event) || !overlap(trace, other, event)) {
        continue;
      }
      if (trace.b(other) - trace.a(other) != trace.b(event) - trace.a(event)) {
        conflict = other;
      } else if (cpu(trace, other) == cpu(trace, event)
          && trace.a(other) == trace.a(event)
          && trace.c(other) == trace.c(event)) {
        place = i;
      }
    }
    if (place == fills.length) {
      fills = Arrays.copyOf(fills, size * 2);
      issued = Arrays.copyOf(issued, size * 2);
    }
    if (place == size) {
      size++;
    }
    fills[place] = event;
    issued[place] = issuedDuringWalk(trace, event);
    return conflict;
  }

  /** Tasks that invalidated what {@code fill} holds while it was being walked for: their barrier is still to come. */
  private static long issuedDuringWalk(Trace trace, int fill) {
    long tasks = 0;
    long completed = 0;
    for (int event = fill - 1; event >= 0; event--) {
      Op op = trace.op(event);
      long task = 1L << trace.task(event);
      if (op == Op.WALK_BEGIN && trace.d(event) == cpu(trace, fill)) {
        break;
      } else if (op == Op.DSB) {
        completed |= task;
      } else if ((completed & task) == 0 && matches(trace, event, fill)) {
        tasks |= task;
      }
    }
    return tasks;
  }

  /** {@code TLBI_*}. */
  void invalidate(Trace trace, int event) {
    for (int i = 0; i < size; i++) {
      if (matches(trace, event, fills[i])) {
        issued[i] |= 1L << trace.task(event);
      }
    }
  }

  /** {@code DSB} by {@code task}. */
  void complete(int task) {
    for (int i = size - 1; i >= 0; i--) {
      if ((issued[i] >>> task & 1) != 0) {
        size--;
        fills[i] = fills[size];
        issued[i] = issued[size];
      }
    }
  }

  private static boolean matches(Trace trace, int event, int fill) {
    Op op = trace.op(event);
    if (op == Op.TLBI_ALL) {
      return true;
    }
    if (trace.a(event) != vmid(trace, fill)) {
      return false;
    }
    long gfn = trace.b(event) >>> StageTwoEntry.PAGE_SHIFT;
    long first = trace.a(fill);
    long end = first + trace.c(fill);
    boolean leaf = gfn >= first && gfn < end
        && (trace.c(event) == LEVEL_ANY || trace.c(event) == (trace.d(fill) >>> 32 & 0xff));
    return switch (op) {
      case TLBI_VMID -> true;
      case TLBI_RANGE -> gfn < end && first < gfn + trace.c(event);
      case TLBI_IPA -> leaf;
      case TLBI_IPA_LOCAL -> leaf && trace.d(event) == cpu(trace, fill);
      default -> false;
    };
  }

  private static boolean overlap(Trace trace, int fill, int other) {
    return trace.a(fill) < trace.a(other) + trace.c(other) && trace.a(other) < trace.a(fill) + trace.c(fill);
  }

  private static long cpu(Trace trace, int fill) {
    return trace.d(fill) & 0xffff;
  }

  private static long vmid(Trace trace, int fill) {
    return trace.d(fill) >>> 16 & 0xffff;
  }
}
