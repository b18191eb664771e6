package io.stalemate.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ObjectTableTest {

  @Test
  void objectsAreNumberedInTheOrderInWhichTheyCome() {
    ObjectTable<String> table = new ObjectTable<>();
    assertThat(List.of(table.add("a"), table.add("b"), table.size())).containsExactly(0, 1, 2);
    assertThat(List.of(table.get(0), table.get(1))).containsExactly("a", "b");
  }

  @Test
  void theFirstObjectKeepsItsNumber() {
    ObjectTable<String> table = new ObjectTable<>();
    assertThat(table.putIfAbsent(0x147, "first")).isEqualTo("first");
    assertThat(table.putIfAbsent(0x147, "second")).isEqualTo("first");
    assertThat(table.get(0x147)).isEqualTo("first");
    assertThat(table.add("next")).isEqualTo(0x148);
  }

  @Test
  void aNumberWithoutObjectIsNotFound() {
    ObjectTable<String> table = new ObjectTable<>();
    table.putIfAbsent(70, "seventy");
    assertThat(new String[] {table.find(0), table.find(69), table.find(71), table.find(1000)}).containsOnlyNulls();
    assertThatThrownBy(() -> table.get(69)).hasMessage("no object has number 69");
  }

  @Test
  void whoLearnsANumberFindsItsObjectWhileOthersAdd() throws InterruptedException {
    ObjectTable<Integer> table = new ObjectTable<>();
    int each = 20_000;
    List<AtomicInteger> last = List.of(new AtomicInteger(-1), new AtomicInteger(-1));
    AtomicInteger missed = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int adder = 0; adder < 2; adder++) {
      AtomicInteger mine = last.get(adder);
      AtomicInteger others = last.get(1 - adder);
      threads.add(Thread.ofPlatform().start(() -> {
        for (int i = 0; i < each; i++) {
          mine.setOpaque(table.add(i));
          int number = others.getOpaque();
          if (number >= 0 && table.find(number) == null) {
            missed.incrementAndGet();
          }
        }
      }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(List.of(missed.get(), table.size())).containsExactly(0, 2 * each);
  }
}
