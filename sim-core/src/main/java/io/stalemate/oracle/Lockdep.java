package io.stalemate.oracle;

import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What {@code kernel/locking/lockdep.c} and {@code might_sleep()} report: lock orders that can deadlock, though this
 * run did not, among them those through a wait for SRCU readers or for notifiers; the same class taken twice; unlocking
 * what is not held; asserting a lock that is not held; sleeping in atomic context; ending with a lock held.
 *
 * <p>Orders are learned within a run, and classes are names, as the kernel has one class for each place that
 * initialises a lock.
 */
final class Lockdep extends Watch {

  private static final String ORDER = "locks are taken in one order everywhere (Documentation/virt/kvm/locking.rst)";
  private static final String OWNER = "a lock is let go of by the task that holds it, before the task ends";
  private static final String ATOMIC = "nothing sleeps under a spinning lock, in an RCU section, with preemption or"
      + " interrupts off";

  private static final int CLASS_TOO_MANY = -1;

  private final HeldLocks held = new HeldLocks();
  private final LockGraph graph = new LockGraph();
  private int[] classes = new int[256];
  private boolean[] spinning = new boolean[256];
  private int[] classStamps = new int[256];
  private int stamp;
  // By task: held spinning locks and RCU sections, preempt_disable() depth, interrupts off.
  private final int[] atomic = new int[TASKS_MAX];
  private final int[] preemptOff = new int[TASKS_MAX];
  private final boolean[] irqsOff = new boolean[TASKS_MAX];

  Lockdep() {
    super("lockdep", "lock order that can deadlock, sleeping while atomic, wrong owner, missing assertHeld", watched(),
        Set.of());
  }

  private static Set<Op> watched() {
    Set<Op> ops = EnumSet.range(Op.SPIN_LOCK, Op.RCU_GP_START);
    ops.removeAll(EnumSet.of(Op.LOCK_NEEDBREAK, Op.SRCU_GP_END));
    ops.addAll(EnumSet.of(Op.SCHEDULE, Op.WAIT_COMPLETION, Op.BLOCKED, Op.ASSERT_HELD, Op.PREEMPT_OFF, Op.PREEMPT_ON,
        Op.IRQS, Op.MIGHT_SLEEP, Op.LOCKDEP_ACQUIRE, Op.LOCKDEP_RELEASE, Op.LOCKDEP_WAIT, Op.TASK_END));
    return ops;
  }

  @Override
  void reset() {
    held.clear();
    graph.clear();
    stamp++;
    Arrays.fill(atomic, 0);
    Arrays.fill(preemptOff, 0);
    Arrays.fill(irqsOff, false);
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    int task = trace.task(event);
    Op op = trace.op(event);
    switch (op) {
      case SPIN_LOCK, READ_LOCK, WRITE_LOCK, SRCU_READ_LOCK, RCU_READ_LOCK, LOCKDEP_ACQUIRE ->
          take(event, task, op);
      case MUTEX_LOCK, DOWN_READ, DOWN_WRITE -> {
        sleeps(event, task);
        take(event, task, op);
      }
      case SPIN_TRYLOCK, MUTEX_TRYLOCK, DOWN_READ_TRYLOCK -> {
        if (trace.a(event) == 1) {
          hold(event, task);
        }
      }
      case SPIN_UNLOCK, READ_UNLOCK, WRITE_UNLOCK, MUTEX_UNLOCK, UP_READ, UP_WRITE, SRCU_READ_UNLOCK,
          RCU_READ_UNLOCK, LOCKDEP_RELEASE -> release(event, task);
      case WRITE_LOCK_QUEUED, LOCKDEP_WAIT -> wants(event, task, op);
      case DOWN_WRITE_QUEUED, SRCU_GP_START, RCU_GP_START -> {
        sleeps(event, task);
        wants(event, task, op);
      }
      case SCHEDULE, WAIT_COMPLETION, MIGHT_SLEEP -> sleeps(event, task);
      case BLOCKED -> blocked(event, task);
      case ASSERT_HELD -> assertHeld(event, task);
      case PREEMPT_OFF -> preemptOff[task]++;
      case PREEMPT_ON -> preemptOff[task]--;
      case IRQS -> irqsOff[task] = trace.a(event) == 1;
      case TASK_END -> ended(event, task);
      default -> {}
    }
  }

  private void blocked(int event, int task) {
    Op announced = Op.of((int) trace().a(event));
    switch (announced) {
      case MUTEX_LOCK, DOWN_READ, DOWN_WRITE, SCHEDULE, WAIT_COMPLETION -> sleeps(event, task);
      default -> {}
    }
    // The start of the grace period has been seen; its end is what blocks.
    if (Acquire.of(announced) != Acquire.NONE && announced != Op.SRCU_GP_END && announced != Op.RCU_GP_END) {
      wants(event, task, announced);
    }
  }

  private void take(int event, int task, Op op) {
    wants(event, task, op);
    hold(event, task);
  }

  private void hold(int event, int task) {
    held.take(task, event);
    classOf(trace().object(event));
    if (spinning[trace().object(event)]) {
      atomic[task]++;
    }
  }

  /** The task waits, or would have waited, for the object of {@code event}: orders are learned and judged. */
  private void wants(int event, int task, Op op) {
    int depth = held.depth(task);
    if (depth == 0 || done()) {
      return;
    }
    Trace trace = trace();
    int wanted = classOf(trace.object(event));
    Acquire as = Acquire.of(op);
    for (int i = 0; i < depth && !done() && wanted != CLASS_TOO_MANY; i++) {
      int holding = held.event(task, i);
      int holder = classOf(trace.object(holding));
      if (holder == CLASS_TOO_MANY) {
        continue;
      }
      Acquire heldAs = Acquire.of(trace.op(holding));
      if (holder == wanted) {
        if (!(heldAs == Acquire.READ_RECURSIVE && as == Acquire.READ_RECURSIVE)) {
          recursion(event, holding, op);
        }
      } else if (graph.add(holder, heldAs, wanted, as, holding, event)) {
        List<Integer> cycle = graph.cycle(holder, heldAs, wanted, as);
        if (!cycle.isEmpty()) {
          inversion(cycle, task);
        }
      }
    }
  }

  /** Yields the lock class of {@code object}; knows afterwards whether its holder is in atomic context. */
  private int classOf(int object) {
    if (object >= classes.length) {
      int more = Math.max(object + 1, classes.length * 2);
      classes = Arrays.copyOf(classes, more);
      classStamps = Arrays.copyOf(classStamps, more);
      spinning = Arrays.copyOf(spinning, more);
    }
    if (classStamps[object] != stamp) {
      classStamps[object] = stamp;
      classes[object] = graph.classOf(trace().objects().baseName(object));
      ObjectKind kind = trace().objects().kind(object);
      spinning[object] = kind == ObjectKind.SPINLOCK || kind == ObjectKind.RWLOCK || kind == ObjectKind.RCU;
    }
    return classes[object];
  }

  private void recursion(int event, int holding, Op op) {
    Trace trace = trace();
    String name = trace.objects().name(trace.object(event));
    boolean grace = op == Op.SRCU_GP_START || op == Op.RCU_GP_START;
    report(Severity.RULE, grace
        ? "a reader of " + name + " waits for its own grace period"
        : op == Op.LOCKDEP_WAIT ? "wait for " + name + " inside it"
        : name + " is taken again by the task that holds it", ORDER,
        List.of(new Evidence(event, grace ? "synchronize of " + name : "second lock of " + name),
            new Evidence(holding, "first lock of " + HeldLocks.name(trace, holding))),
        List.of("held: " + held.say(trace, trace.task(event))));
  }

  private void inversion(List<Integer> cycle, int task) {
    Trace trace = trace();
    StringBuilder what = new StringBuilder("possible deadlock: ");
    List<Evidence> evidence = new ArrayList<>();
    for (int edge : cycle) {
      what.append(graph.name(graph.firstClass(edge))).append(" -> ");
      evidence.add(new Evidence(graph.takenEvent(edge), "wants " + graph.name(graph.secondClass(edge))
          + " while holding " + graph.name(graph.firstClass(edge))));
    }
    for (int edge : cycle) {
      evidence.add(new Evidence(graph.heldEvent(edge), "takes " + HeldLocks.name(trace, graph.heldEvent(edge))));
    }
    what.append(graph.name(graph.firstClass(cycle.get(0))));
    report(Severity.RULE, what.toString(), ORDER, evidence, List.of("held: " + held.say(trace, task)));
  }

  private void release(int event, int task) {
    Trace trace = trace();
    int object = trace.object(event);
    int taken = held.drop(trace, task, object);
    boolean wrongMode = taken >= 0
        && ((trace.op(event) == Op.READ_UNLOCK && trace.op(taken) != Op.READ_LOCK)
            || (trace.op(event) == Op.WRITE_UNLOCK && trace.op(taken) != Op.WRITE_LOCK)
            || (trace.op(event) == Op.UP_WRITE && trace.op(taken) != Op.DOWN_WRITE)
            || (trace.op(event) == Op.UP_READ && trace.op(taken) == Op.DOWN_WRITE));
    if (taken < 0 || wrongMode) {
      report(Severity.RULE, trace.objects().name(object) + " is let go of by a task that does not hold it"
          + (wrongMode ? " so" : ""), OWNER,
          List.of(new Evidence(event, "unlock of " + trace.objects().name(object))),
          List.of("held: " + held.say(trace, task)));
    }
    if (taken >= 0 && spinning[object]) {
      atomic[task]--;
    }
  }

  private void sleeps(int event, int task) {
    if (done() || (atomic[task] == 0 && preemptOff[task] == 0 && !irqsOff[task])) {
      return;
    }
    Trace trace = trace();
    Op op = trace.op(event) == Op.BLOCKED ? Op.of((int) trace.a(event)) : trace.op(event);
    report(Severity.RULE, "sleeping in atomic context: " + op.name().toLowerCase(Locale.ROOT), ATOMIC,
        List.of(new Evidence(event, "may sleep here")), List.of("held: " + held.say(trace, task),
            "preempt_count: " + (preemptOff[task] + atomic[task]) + (irqsOff[task] ? ", interrupts off" : "")));
  }

  private void assertHeld(int event, int task) {
    Trace trace = trace();
    int taken = held.find(trace, task, trace.object(event));
    boolean right = taken >= 0;
    if (right && trace.a(event) == 1) {
      right = Acquire.of(trace.op(taken)).exclusive();
    } else if (right && trace.a(event) == 2) {
      right = !Acquire.of(trace.op(taken)).exclusive();
    }
    if (!right) {
      String how = trace.a(event) == 1 ? " for writing" : trace.a(event) == 2 ? " for reading" : "";
      report(Severity.RULE, trace.objects().name(trace.object(event)) + " is not held" + how + " where it must be",
          "lockdep_assert_held", List.of(new Evidence(event, "lockdep_assert_held of "
              + trace.objects().name(trace.object(event)))), List.of("held: " + held.say(trace, task)));
    }
  }

  private void ended(int event, int task) {
    if (held.depth(task) > 0) {
      report(Severity.RULE, "a task ends holding " + held.say(trace(), task), OWNER,
          List.of(new Evidence(event, "task ends"), new Evidence(held.event(task, 0), "takes "
              + HeldLocks.name(trace(), held.event(task, 0)))), List.of());
    }
  }

  @Override
  public void end(Ending ending) {}
}
