package io.stalemate.trace;

import io.stalemate.machine.Tracepoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The events of one run, in the order they happened, with the names needed to print them. Flat arrays: appending costs
 * a few stores and no allocation once the arrays have grown to the length of a run.
 *
 * <p>Events are named by index from 0. A <em>step</em> numbers the events that were choices, also from 0; events that
 * were none belong to the step before them.
 */
public final class Trace {

  /** The task number of events that happen while a world is set up, before its tasks begin. */
  public static final int BOOT = 62;

  private static final Tracepoint[] POINTS = Tracepoint.values();

  private final ObjectTable objects = new ObjectTable();
  private final List<String> tasks = new ArrayList<>();
  private final List<String> texts = new ArrayList<>();
  private int[] heads = new int[1024];
  private int[] objectIds = new int[1024];
  private long[] as = new long[1024];
  private long[] bs = new long[1024];
  private long[] cs = new long[1024];
  private long[] ds = new long[1024];
  private int size;
  private boolean plainAccessesAreSteps;

  /** Forgets everything. */
  public void clear() {
    objects.clear();
    tasks.clear();
    texts.clear();
    size = 0;
  }

  /** Appends an event; yields its index. */
  public int append(int opcode, int task, int object, long a, long b, long c, long d) {
    int at = size;
    if (at == heads.length) {
      grow();
    }
    heads[at] = opcode | task << 8;
    objectIds[at] = object;
    as[at] = a;
    bs[at] = b;
    cs[at] = c;
    ds[at] = d;
    size = at + 1;
    return at;
  }

  private void grow() {
    int more = heads.length * 2;
    heads = Arrays.copyOf(heads, more);
    objectIds = Arrays.copyOf(objectIds, more);
    as = Arrays.copyOf(as, more);
    bs = Arrays.copyOf(bs, more);
    cs = Arrays.copyOf(cs, more);
    ds = Arrays.copyOf(ds, more);
  }

  /** The shared objects of the run. */
  public ObjectTable objects() {
    return objects;
  }

  /** The names of the tasks, by number. */
  public List<String> tasks() {
    return tasks;
  }

  /** Yields the name of task {@code task}, which may be {@link #BOOT}. */
  public String taskName(int task) {
    return task == BOOT ? "boot" : tasks.get(task);
  }

  /** Notes a constant text (of a warning) and yields its index. */
  public int text(String text) {
    int known = texts.indexOf(text);
    if (known >= 0) {
      return known;
    }
    texts.add(text);
    return texts.size() - 1;
  }

  /** Number of texts noted. */
  int texts() {
    return texts.size();
  }

  /** Yields the text at {@code index}. */
  public String textAt(int index) {
    return texts.get(index);
  }

  /** Number of events. */
  public int size() {
    return size;
  }

  /** Yields the operation of event {@code event}. */
  public Op op(int event) {
    return Op.of(heads[event] & 0xff);
  }

  /** Yields the opcode of event {@code event}: the ordinal of its operation. */
  public int opcode(int event) {
    return heads[event] & 0xff;
  }

  /** Yields the task that performed event {@code event}. */
  public int task(int event) {
    return heads[event] >>> 8;
  }

  /** Yields the object of event {@code event}; for a tracepoint its ordinal. */
  public int object(int event) {
    return objectIds[event];
  }

  /** Yields the tracepoint of an event whose operation is {@link Op#TRACE}. */
  public Tracepoint point(int event) {
    return POINTS[objectIds[event]];
  }

  /** First argument of event {@code event}. */
  public long a(int event) {
    return as[event];
  }

  /** Second argument. */
  public long b(int event) {
    return bs[event];
  }

  /** Third argument. */
  public long c(int event) {
    return cs[event];
  }

  /** Fourth argument. */
  public long d(int event) {
    return ds[event];
  }

  /** Yields the number of choices among the events before {@code event}; for a choice that is its step. */
  public int step(int event) {
    int step = 0;
    for (int i = 0; i < event; i++) {
      if (isStep(i)) {
        step++;
      }
    }
    return step;
  }

  /** Says whether the strategy may switch before plain accesses too in the run that is recorded. */
  public void setPlainAccessesAreSteps(boolean steps) {
    plainAccessesAreSteps = steps;
  }

  /** Whether event {@code event} was offered to the strategy. */
  public boolean isStep(int event) {
    Op op = op(event);
    return task(event) != BOOT && (op.isChoice() || (plainAccessesAreSteps && (op == Op.READ || op == Op.WRITE)));
  }

  /** Yields the trace hash: 64 bits over every event of the run and the names of its tasks. */
  public long hash() {
    long hash = 0x5354414c454d4154L;
    for (int i = 0; i < size; i++) {
      hash = mix(hash ^ heads[i]);
      hash = mix(hash ^ objectIds[i]);
      hash = mix(hash ^ as[i]);
      hash = mix(hash ^ bs[i]);
      hash = mix(hash ^ cs[i]);
      hash = mix(hash ^ ds[i]);
    }
    hash = mix(hash ^ objects.size());
    for (String task : tasks) {
      for (int i = 0; i < task.length(); i++) {
        hash = mix(hash ^ task.charAt(i));
      }
    }
    return hash;
  }

  /** Finaliser of SplitMix64: a bijection that spreads every input bit. */
  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
