package io.stalemate.session;

import io.stalemate.machine.KernelFunction;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Takes the kernel call stack of chosen events: the functions the running kernel text says it renders. */
final class StackProbe {

  /** Wants no event. */
  static final StackProbe NONE = new StackProbe(List.of());

  private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  private final TreeSet<Integer> wanted;
  private final TreeMap<Integer, List<Frame>> stacks = new TreeMap<>();
  /** What was looked up of methods already met, by class and name. */
  private final TreeMap<String, Optional<Frame>> rendered = new TreeMap<>();

  /** Wants the stacks of the events with these indices. */
  StackProbe(List<Integer> events) {
    this.wanted = new TreeSet<>(events);
  }

  void on(int event) {
    if (wanted.contains(event)) {
      stacks.put(event, WALKER.walk(frames -> {
        List<Frame> functions = new ArrayList<>();
        frames.forEach(frame -> addFunction(functions, frame.getDeclaringClass(), frame.getMethodName()));
        return functions;
      }));
    }
  }

  /** Adds the kernel function that a method renders, itself or as an override; none if it renders none. */
  private void addFunction(List<Frame> functions, Class<?> declaring, String method) {
    rendered.computeIfAbsent(declaring.getName() + "#" + method, key -> rendering(declaring, method))
        .filter(frame -> functions.isEmpty() || !functions.getLast().function().equals(frame.function()))
        .ifPresent(functions::add);
  }

  private static Optional<Frame> rendering(Class<?> declaring, String method) {
    for (Class<?> type = declaring; type != null; type = type.getSuperclass()) {
      for (Method candidate : type.getDeclaredMethods()) {
        KernelFunction function = candidate.getAnnotation(KernelFunction.class);
        if (function != null && candidate.getName().equals(method)) {
          return Optional.of(new Frame(function.value(), function.file()));
        }
      }
    }
    return Optional.empty();
  }

  /** The kernel functions of each wanted event, innermost first. */
  Map<Integer, List<String>> stacks() {
    Map<Integer, List<String>> names = new TreeMap<>();
    stacks.forEach((event, frames) -> names.put(event, frames.stream().map(Frame::function).toList()));
    return names;
  }

  /** The same with files. */
  Map<Integer, List<Frame>> frames() {
    return stacks;
  }
}
