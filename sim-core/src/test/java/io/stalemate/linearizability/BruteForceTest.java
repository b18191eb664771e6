package io.stalemate.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Small random histories, judged by the checker and by trying all orders. */
class BruteForceTest {

  private static final int HISTORIES = 20_000;

  @Test
  void registers() {
    agrees(new Register(0, Long::toString), random -> {
      long place = random.nextInt(2);
      long value = random.nextInt(3);
      return random.nextBoolean()
          ? new RegisterOperation.Load(place, value) : new RegisterOperation.Store(place, value);
    });
  }

  @Test
  void pageMaps() {
    agrees(new PageMap(), random -> {
      long frame = 0x100 + random.nextInt(2);
      PageEntry entry = switch (random.nextInt(3)) {
        case 0 -> PageEntry.EMPTY;
        case 1 -> new PageEntry.Leaf(frame, random.nextBoolean());
        default -> new PageEntry.Owned(1);
      };
      return switch (random.nextInt(6)) {
        case 0 -> new PageMapOperation.Map(1, frame, random.nextBoolean(), random.nextBoolean());
        case 1 -> new PageMapOperation.Unmap(1);
        case 2 -> new PageMapOperation.Annotate(1, 1);
        case 3 -> new PageMapOperation.GetLeaf(1, entry);
        case 4 -> new PageMapOperation.Set(1, entry);
        default -> new PageMapOperation.Translate(1, frame, random.nextBoolean());
      };
    });
  }

  @Test
  void memslots() {
    agrees(new Memslots(), random -> {
      int id = random.nextInt(2);
      long gfn = random.nextInt(3);
      return switch (random.nextInt(5)) {
        case 0 -> new MemslotOperation.Retire(id);
        case 3 -> new MemslotOperation.Restore(id);
        case 1 -> new MemslotOperation.Found(gfn, random.nextBoolean());
        case 2 -> new MemslotOperation.Missed(gfn, random.nextBoolean());
        default -> new MemslotOperation.SetRegion(id, gfn, random.nextInt(3), 8, 2 * random.nextInt(2),
            random.nextInt(3) == 0 ? -17 : 0);
      };
    });
  }

  @Test
  void attributes() {
    agrees(new Attributes(), random -> {
      long gfn = random.nextInt(2);
      boolean isPrivate = random.nextBoolean();
      return switch (random.nextInt(4)) {
        case 0 -> new AttributeOperation.Found(gfn, isPrivate);
        case 1 -> new AttributeOperation.Reached(gfn, isPrivate);
        default -> new AttributeOperation.Set(gfn, isPrivate, random.nextInt(4) == 0 ? -22 : 0);
      };
    });
  }

  private static <S, O> void agrees(Specification<S, O> specification, Function<Random, O> operations) {
    Random random = new Random(0x5eed);
    Checker<S, O> checker = new Checker<>(specification, 100_000);
    int refused = 0;
    for (int round = 0; round < HISTORIES; round++) {
      List<Operation<O>> history = history(random, 1 + random.nextInt(7), operations);
      boolean expected = explained(history, specification, keys(history, specification));
      assertThat(checker.check(history)).as("%s", history).isEqualTo(expected ? Verdict.YES : Verdict.NO);
      assertLegal(history, specification, checker.order());
      refused += expected ? 0 : 1;
    }
    assertThat(refused).isBetween(HISTORIES / 10, HISTORIES * 9 / 10);
  }

  /** All moments differ, or some are shared; a fifth of the operations never return. */
  private static <O> List<Operation<O>> history(Random random, int count, Function<Random, O> operations) {
    List<Operation<O>> history = new ArrayList<>();
    int moments = random.nextBoolean() ? 6 * count : 1 + count;
    for (int i = 0; i < count; i++) {
      int one = random.nextInt(moments);
      int two = random.nextInt(moments);
      int end = random.nextInt(5) == 0 ? Operation.PENDING : Math.max(one, two);
      history.add(new Operation<>(i, operations.apply(random), Math.min(one, two), end));
    }
    return history;
  }

  private static <S, O> List<Long> keys(List<Operation<O>> history, Specification<S, O> specification) {
    return history.stream().map(operation -> specification.key(operation.what())).distinct().toList();
  }

  private static <S, O> boolean explained(
      List<Operation<O>> history, Specification<S, O> specification, List<Long> keys) {
    return keys.stream().allMatch(key -> order(
        history.stream().filter(operation -> specification.key(operation.what()) == key).toList(),
        specification, specification.initial()));
  }

  /** Every order that respects the intervals; what is pending may be left out. */
  private static <S, O> boolean order(List<Operation<O>> left, Specification<S, O> specification, S state) {
    if (left.stream().allMatch(Operation::pending)) {
      return true;
    }
    for (Operation<O> operation : left) {
      if (left.stream().noneMatch(other -> other.end() < operation.begin())) {
        Optional<S> after = specification.after(state, operation.what());
        List<Operation<O>> rest = new ArrayList<>(left);
        rest.remove(operation);
        if (after.isPresent() && order(rest, specification, after.get())) {
          return true;
        }
      }
    }
    return false;
  }

  /** The order that the checker gives, whole or of the longest prefix, respects intervals and specification. */
  private static <S, O> void assertLegal(List<Operation<O>> history, Specification<S, O> specification, int[] order) {
    S state = specification.initial();
    int latest = 0;
    for (int index : order) {
      Operation<O> operation = history.get(index);
      assertThat(operation.end()).as("%s of %s", operation, history).isGreaterThanOrEqualTo(latest);
      latest = Math.max(latest, operation.begin());
      Optional<S> after = specification.after(state, operation.what());
      assertThat(after).as("%s of %s", operation, history).isPresent();
      state = after.orElseThrow();
    }
  }
}
