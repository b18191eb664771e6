package io.stalemate.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegisterHistoryTest {

  private record Step(long value, boolean store, int begin, int end) {}

  private static boolean judged(List<Step> steps) {
    RegisterHistory history = new RegisterHistory(Long::toString);
    steps.forEach(step -> history.add(0, step.value, step.store, step.begin, step.end));
    return history.linearizes();
  }

  @Test
  void acceptsLoadsOfTheStoreBefore() {
    assertThat(judged(List.of(new Step(1, true, 0, 1), new Step(1, false, 2, 3), new Step(2, true, 4, 5),
        new Step(2, false, 6, 7)))).isTrue();
  }

  @Test
  void rejectsALostStore() {
    assertThat(judged(List.of(new Step(1, true, 0, 1), new Step(2, true, 2, 3), new Step(1, false, 4, 5)))).isFalse();
  }

  @Test
  void rejectsALoadAheadOfItsStore() {
    assertThat(judged(List.of(new Step(1, false, 0, 1), new Step(1, true, 2, 3)))).isFalse();
  }

  @Test
  void acceptsEitherOrderOfOverlappingStores() {
    assertThat(judged(List.of(new Step(1, true, 0, 3), new Step(2, true, 1, 2), new Step(1, false, 4, 5)))).isTrue();
  }

  /** Every small history, judged by trying all orders. */
  @Test
  void agreesWithTryingAllOrders() {
    Random random = new Random(42);
    int wrong = 0;
    for (int round = 0; round < 20_000; round++) {
      List<Step> steps = history(random, 1 + random.nextInt(6));
      boolean expected = place(steps, -1);
      assertThat(judged(steps)).as("%s", steps).isEqualTo(expected);
      wrong += expected ? 0 : 1;
    }
    assertThat(wrong).isBetween(2_000, 16_000);
  }

  /** Each value is stored once; ends and beginnings are all different moments. */
  private static List<Step> history(Random random, int count) {
    List<Integer> moments = new ArrayList<>();
    for (int i = 0; i < count * 2; i++) {
      moments.add(random.nextInt(moments.size() + 1), i);
    }
    int stores = 1 + random.nextInt(count);
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int one = moments.get(2 * i);
      int two = moments.get(2 * i + 1);
      steps.add(new Step(i < stores ? i : random.nextInt(stores), i < stores, Math.min(one, two), Math.max(one, two)));
    }
    return steps;
  }

  private static boolean place(List<Step> left, long held) {
    if (left.isEmpty()) {
      return true;
    }
    for (Step step : left) {
      boolean first = left.stream().noneMatch(other -> other.end < step.begin);
      if (first && (step.store || step.value == held)) {
        List<Step> rest = new ArrayList<>(left);
        rest.remove(step);
        if (place(rest, step.value)) {
          return true;
        }
      }
    }
    return false;
  }
}
