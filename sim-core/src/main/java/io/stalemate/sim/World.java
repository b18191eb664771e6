package io.stalemate.sim;

import io.stalemate.oracle.Ending;
import io.stalemate.strategy.Announced;
import io.stalemate.strategy.Strategy;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One simulated machine and its tasks. A run: {@link #begin}; build the kernel with {@link #machine} and add tasks, all
 * as the boot task, which runs alone; {@link #run}. A world is used for one run after another, by one thread.
 *
 * <p>Before each operation that is a choice its task <em>announces</em> it; the strategy is asked on the task's own
 * stack, and only if it picks another task does anything park. Between two choices exactly one shared operation
 * happens. An operation that cannot proceed is not offered.
 */
public final class World implements Announced {

  private static final int BOOT = Trace.BOOT;
  private static final int TASKS_MAX = 61;

  private final Engine engine;
  private final Watcher watcher;
  private final Trace trace = new Trace();
  private final Memory memory;
  private final SimMachine machine;
  private final List<Coroutine> coroutines = new ArrayList<>();
  private final List<Role> roles = new ArrayList<>();
  private final int[] opcodes = new int[64];
  private final int[] objects = new int[64];
  private Strategy strategy;
  private int current = BOOT;
  private int next;
  private long enabled;
  private long alive;
  private long daemons;
  private boolean starting;
  private int step;
  private int stepsMax;
  private Ending ending = Ending.QUIESCENT;
  private @Nullable Throwable failure;

  /** A world whose turns pass through {@code engine} and whose events {@code watcher} sees. */
  public World(Engine engine, Watcher watcher, Memory memory, Strategy strategy) {
    this.engine = engine;
    this.watcher = watcher;
    this.memory = memory;
    this.strategy = strategy;
    this.machine = new SimMachine(this, engine);
    engine.attach(this);
  }

  /** Forgets the last run. */
  public void begin(WorldOptions options) {
    trace.clear();
    trace.setPlainAccessesAreSteps(options.plainAccessesAreChoices());
    memory.clear();
    roles.clear();
    enabled = 0;
    alive = 0;
    daemons = 0;
    step = 0;
    current = BOOT;
    failure = null;
    machine.begin(options);
  }

  /** The machine that kernel text is written against. */
  public SimMachine machine() {
    return machine;
  }

  /** The events so far. */
  public Trace trace() {
    return trace;
  }

  /** Adds a task; yields its number. {@code body} is kernel text. */
  public int addTask(String name, Role role, Runnable body) {
    int task = roles.size();
    if (task >= TASKS_MAX) {
      throw new WorldFault("more than " + TASKS_MAX + " tasks");
    }
    roles.add(role);
    trace.tasks().add(name);
    if (task == coroutines.size()) {
      coroutines.add(new Coroutine());
    } else if (!coroutines.get(task).isIdle()) {
      coroutines.set(task, new Coroutine());
    }
    coroutines.get(task).take(body);
    long bit = 1L << task;
    enabled |= bit;
    alive |= bit;
    if (role == Role.RCU) {
      daemons |= bit;
    }
    return task;
  }

  /** Yields what kind of task {@code task} is. */
  public Role role(int task) {
    return roles.get(task);
  }

  /** Number of tasks. */
  public int tasks() {
    return roles.size();
  }

  /** Runs all tasks under {@code policy} until they end, none can proceed or {@code limit} steps are over. */
  public Ending run(Strategy policy, long seed, int limit) {
    strategy = policy;
    stepsMax = limit;
    machine.addDaemons();
    policy.begin(seed, roles.size());
    starting = true;
    for (int task = 0; task < roles.size() && failure == null; task++) {
      engine.begin(task);
    }
    starting = false;
    if (failure == null) {
      pass();
      if (next >= 0) {
        engine.proceed(next);
      }
    }
    current = BOOT;
    Throwable thrown = failure;
    if (thrown != null) {
      throw new WorldFault("kernel text failed at step " + step + ": " + thrown, thrown);
    }
    return ending;
  }

  /** Number of choices so far. */
  public int steps() {
    return step;
  }

  /**
   * Lets {@code task} run until it parks or ends; called by the engine. Yields the task that goes next, or -1 if the
   * run is over (or, while tasks begin, always).
   */
  public int turn(int task) {
    current = task;
    next = -1;
    Coroutine coroutine = coroutines.get(task);
    coroutine.resume();
    if (coroutine.isIdle()) {
      failure = coroutine.failure();
      if (failure != null) {
        return -1;
      }
      record(Code.TASK_END, 0, 0, 0, 0, 0);
      long bit = ~(1L << task);
      alive &= bit;
      enabled &= bit;
      if (!starting) {
        pass();
      }
    }
    return next;
  }

  /** Nobody holds the turn: picks who goes next, or ends the run. */
  private void pass() {
    next = -1;
    if (enabled == 0) {
      ending = stuck();
    } else if (step >= stepsMax) {
      ending = Ending.BOUND;
    } else {
      step++;
      next = strategy.choose(-1, enabled, this);
    }
  }

  /** Nothing can proceed: fine if only daemons are left. */
  private Ending stuck() {
    return (alive & ~daemons) == 0 ? Ending.QUIESCENT : Ending.DEADLOCK;
  }

  /** The task that performs what happens now, or the boot task; others can be found blocked meanwhile. */
  public int current() {
    return current;
  }

  /** Appends an event of the current task. */
  void record(int opcode, int object, long a, long b, long c, long d) {
    watcher.on(opcode, trace.append(opcode, current, object, a, b, c, d));
  }

  /** The memory behind the words. */
  Memory memory() {
    return memory;
  }

  /** The current task announces an operation that can always proceed; returns when it may perform it. */
  void announce(int opcode, int object) {
    int task = current;
    if (task == BOOT) {
      return;
    }
    opcodes[task] = opcode;
    objects[task] = object;
    if (starting) {
      Coroutine.pause();
    } else if (step >= stepsMax) {
      ending = Ending.BOUND;
      Coroutine.pause();
    } else {
      step++;
      int chosen = strategy.choose(task, enabled, this);
      if (chosen != task) {
        next = chosen;
        Coroutine.pause();
      }
    }
  }

  /** The current task announces an operation that {@code gate} may hold back; returns when it may perform it. */
  void announce(int opcode, int object, Gate gate) {
    int task = current;
    if (task == BOOT) {
      if (!gate.admits(task, opcode)) {
        throw new WorldFault("boot would wait for " + trace.objects().name(object));
      }
      return;
    }
    opcodes[task] = opcode;
    objects[task] = object;
    long bit = 1L << task;
    gate.waiters |= bit;
    boolean admitted = gate.admits(task, opcode);
    if (!admitted) {
      enabled &= ~bit;
      recordBlocked(task, object, opcode);
    }
    if (starting) {
      Coroutine.pause();
    } else if (enabled == 0) {
      ending = stuck();
      Coroutine.pause();
    } else if (step >= stepsMax) {
      ending = Ending.BOUND;
      Coroutine.pause();
    } else {
      step++;
      int chosen = strategy.choose(admitted ? task : -1, enabled, this);
      if (chosen != task) {
        next = chosen;
        Coroutine.pause();
      }
    }
    gate.waiters &= ~bit;
  }

  /** What {@code gate} admits has changed: tasks that wait there become able to proceed, or no longer are. */
  void changed(Gate gate) {
    for (long rest = gate.waiters; rest != 0; rest &= rest - 1) {
      int task = Long.numberOfTrailingZeros(rest);
      long bit = 1L << task;
      if (gate.admits(task, opcodes[task])) {
        enabled |= bit;
      } else if ((enabled & bit) != 0) {
        enabled &= ~bit;
        recordBlocked(task, objects[task], opcodes[task]);
      }
    }
  }

  private void recordBlocked(int task, int object, int opcode) {
    watcher.on(Code.BLOCKED, trace.append(Code.BLOCKED, task, object, opcode, 0, 0, 0));
  }

  @Override
  public int opcode(int task) {
    return opcodes[task];
  }

  @Override
  public int object(int task) {
    return objects[task];
  }
}
