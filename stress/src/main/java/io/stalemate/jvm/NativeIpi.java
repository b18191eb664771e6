package io.stalemate.jvm;

import io.stalemate.machine.Ipi;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** Interrupts as flags of the CPUs. One sent to a CPU whose interrupts are on is taken at once. */
final class NativeIpi implements Ipi {

  private static final int OFF = 1;
  private static final int PENDING = 2;

  private final AtomicIntegerArray cpus;

  NativeIpi(int cpuCount) {
    cpus = new AtomicIntegerArray(cpuCount);
  }

  @Override
  public void send(int cpu) {
    cpus.getAndUpdate(cpu, flags -> (flags & OFF) != 0 ? flags | PENDING : flags);
  }

  @Override
  public void sendAndWait(int cpu) {
    send(cpu);
    int round = 0;
    while (pending(cpu)) {
      round = Spin.pause(round);
    }
  }

  @Override
  public boolean pending(int cpu) {
    return (cpus.get(cpu) & PENDING) != 0;
  }

  @Override
  public void take(int cpu) {
    cpus.getAndUpdate(cpu, flags -> flags & ~PENDING);
  }

  @Override
  public void irqsOff(int cpu) {
    cpus.getAndUpdate(cpu, flags -> flags | OFF);
  }

  @Override
  public void irqsOn(int cpu) {
    // Interrupts that waited are taken with it.
    cpus.set(cpu, 0);
  }
}
