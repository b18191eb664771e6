package io.stalemate.actors;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An executor without a thread: what is submitted waits until the world's own thread drains it, in the order of
 * submission. Thereby the world, not a thread pool, decides when an actor runs.
 *
 * <p>Only the thread that drains submits while a world runs. Other threads do so while actors are started and stopped;
 * what they submit is seen by {@link #settle} alone.
 */
final class WorldExecutor extends AbstractExecutorService {

  private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
  private final ConcurrentLinkedQueue<Runnable> foreign = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Thread owner;
  private volatile boolean isShutdown;

  /** The calling thread becomes the one that drains. */
  void adopt() {
    owner = Thread.currentThread();
  }

  @Override
  public void execute(Runnable task) {
    if (Thread.currentThread() == owner) {
      queue.addLast(task);
    } else {
      foreign.add(task);
    }
  }

  /** Runs what is queued, and what that queues, until nothing is left. May be called by what it runs. */
  void drain() {
    for (Runnable task = queue.pollFirst(); task != null; task = queue.pollFirst()) {
      task.run();
    }
  }

  /** As {@link #drain}, and takes in what other threads submitted. */
  void settle() {
    for (Runnable task = foreign.poll(); task != null; task = foreign.poll()) {
      queue.addLast(task);
    }
    drain();
  }

  @Override
  public void shutdown() {
    isShutdown = true;
  }

  @Override
  public List<Runnable> shutdownNow() {
    isShutdown = true;
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return isShutdown;
  }

  @Override
  public boolean isTerminated() {
    return isShutdown;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return isShutdown;
  }
}
