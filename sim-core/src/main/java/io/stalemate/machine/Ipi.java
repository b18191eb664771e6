package io.stalemate.machine;

/** Interrupts between CPUs, as vCPU requests and kicks need them. */
public interface Ipi {

  /** {@code smp_send_reschedule()}: raises an interrupt on {@code cpu}; a guest running there exits. */
  void send(int cpu);

  /** {@code smp_call_function(wait = 1)}: as {@link #send}, and waits until {@code cpu} has taken it. May not sleep. */
  void sendAndWait(int cpu);

  /** Whether an interrupt is pending on {@code cpu}; what a guest looks at between two instructions. */
  boolean pending(int cpu);

  /** The CPU takes its pending interrupts: senders that wait go on. */
  void take(int cpu);

  /** {@code local_irq_disable()} / {@code local_irq_enable()} on {@code cpu}: while off, interrupts stay pending. */
  void irqsOff(int cpu);

  /** See {@link #irqsOff}. */
  void irqsOn(int cpu);
}
