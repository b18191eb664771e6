package io.stalemate.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NativeSpinlockTest {

  private static final int WAITERS = 4;

  private final NativeSpinlock lock = new NativeSpinlock("mmu_lock");

  @Test
  void waitersAreServedInTheOrderTheyCame() throws InterruptedException {
    List<Integer> served = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    lock.lock();
    for (int i = 0; i < WAITERS; i++) {
      int waiter = i;
      threads.add(Thread.ofPlatform().daemon().start(() -> {
        lock.lock();
        served.add(waiter);
        lock.unlock();
      }));
      while (lock.waiting() < i + 1) {
        Thread.yield();
      }
    }
    assertThat(lock.trylock()).as("a lock that others wait for").isFalse();
    lock.unlock();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(served).containsExactly(0, 1, 2, 3);
    assertThat(lock.waiting()).isZero();
  }
}
