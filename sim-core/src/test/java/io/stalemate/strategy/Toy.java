package io.stalemate.strategy;

import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Word;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Small programs, a word of letters a task: {@code w} stores, {@code l} and {@code u} take and drop the one lock,
 * {@code s} raises the flag, {@code r} looks at the flag and goes round while it is down. They can be built in a world,
 * and their schedules can be written down without one, straight from what {@link BoundedSearch} says of itself.
 */
final class Toy {

  private static final int NOBODY = -1;

  private final String[] tasks;
  private final List<String> schedules = new ArrayList<>();
  private final int[] at;
  // When each task came to another round of its loop; 0 while it is not at one.
  private final int[] cameAround;
  private int bound;
  private int owner;
  private boolean flag;

  Toy(String... tasks) {
    this.tasks = tasks;
    this.at = new int[tasks.length];
    this.cameAround = new int[tasks.length];
  }

  /** Builds the program as tasks of {@code world}. */
  void build(World world) {
    Word word = world.machine().word("w", 0);
    Word raised = world.machine().word("flag", 0);
    Spinlock lock = world.machine().spinlock("mmu_lock");
    for (int task = 0; task < tasks.length; task++) {
      String text = tasks[task];
      world.addTask("t" + task, Role.HOST_MM, () -> {
        for (char letter : text.toCharArray()) {
          switch (letter) {
            case 'w' -> word.writeOnce(1);
            case 'l' -> lock.lock();
            case 'u' -> lock.unlock();
            case 's' -> raised.writeOnce(1);
            case 'r' -> {
              while (raised.readOnce() == 0) {
                world.machine().retrying();
              }
            }
            default -> throw new IllegalArgumentException("letter " + letter);
          }
        }
      });
    }
  }

  /**
   * Yields all schedules, each as the numbers of its tasks in order, that cost at most {@code preemptions} and end
   * within {@code stepsMax} steps.
   */
  List<String> schedules(int preemptions, int stepsMax) {
    bound = preemptions;
    schedules.clear();
    Arrays.fill(at, 0);
    Arrays.fill(cameAround, 0);
    owner = NOBODY;
    flag = false;
    walk("", 0, 0, stepsMax);
    return List.copyOf(schedules);
  }

  private boolean ended(int task) {
    return at[task] == tasks[task].length();
  }

  private boolean canGo(int task) {
    return !ended(task) && !(tasks[task].charAt(at[task]) == 'l' && owner != NOBODY);
  }

  /**
   * @param calm when a task last ended or blocked
   */
  private void walk(String done, int cost, int calm, int stepsMax) {
    List<Integer> able = new ArrayList<>();
    for (int task = 0; task < tasks.length; task++) {
      if (canGo(task)) {
        able.add(task);
      }
    }
    if (able.isEmpty() || done.length() == stepsMax) {
      schedules.add(done);
      return;
    }
    int last = done.isEmpty() ? NOBODY : done.charAt(done.length() - 1) - '0';
    for (int task : able) {
      int price = isFree(task, last, calm, able) ? 0 : 1;
      if (cost + price <= bound) {
        step(task, done, cost + price, calm, stepsMax);
      }
    }
  }

  private boolean isFree(int task, int last, int calm, List<Integer> able) {
    if (last != NOBODY && canGo(last) && cameAround[last] == 0) {
      return task == last;
    }
    if (able.stream().allMatch(each -> standsAside(each, calm))) {
      return task == able.stream().filter(each -> each > last).findFirst().orElse(able.getFirst());
    }
    return !standsAside(task, calm);
  }

  private boolean standsAside(int task, int calm) {
    return cameAround[task] > calm;
  }

  private void step(int task, String done, int cost, int calm, int stepsMax) {
    int ownerBefore = owner;
    boolean flagBefore = flag;
    int atBefore = at[task];
    int aroundBefore = cameAround[task];
    int now = done.length() + 1;
    cameAround[task] = 0;
    if (aroundBefore == 0) {
      switch (tasks[task].charAt(atBefore)) {
        case 'l' -> owner = task;
        case 'u' -> owner = NOBODY;
        case 's' -> flag = true;
        case 'r' -> cameAround[task] = flag ? 0 : now;
        default -> {}
      }
      at[task] += cameAround[task] == 0 ? 1 : 0;
    }
    walk(done + task, cost, canGo(task) ? calm : now, stepsMax);
    owner = ownerBefore;
    flag = flagBefore;
    at[task] = atBefore;
    cameAround[task] = aroundBefore;
  }
}
