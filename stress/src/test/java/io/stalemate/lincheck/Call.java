package io.stalemate.lincheck;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;

/**
 * One call of a pinned scenario.
 *
 * @param operation the name of the method, one of its name in the tested class
 * @param arguments boxed, in order
 */
record Call(String operation, List<Object> arguments) {

  /** The call {@code operation(arguments...)}. */
  static Call call(String operation, Object... arguments) {
    return new Call(operation, List.of(arguments));
  }

  /** Yields it in Lincheck's terms. */
  Actor actor(Class<?> tested) {
    List<Method> methods = Arrays.stream(tested.getMethods()).filter(m -> m.getName().equals(operation)).toList();
    if (methods.size() != 1) {
      throw new IllegalArgumentException(tested + " has " + methods.size() + " methods " + operation);
    }
    return new Actor(methods.getFirst(), arguments);
  }
}
