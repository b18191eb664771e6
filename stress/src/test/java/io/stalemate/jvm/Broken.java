package io.stalemate.jvm;

import io.stalemate.machine.Machine;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;

/** Bindings with a defect planted: a simulated machine one of whose primitives does something else in one method. */
final class Broken {

  private Broken() {}

  /** What happens instead of a call. */
  interface Defect {
    Object call(Object target, Call right, Object[] arguments);
  }

  /** The call as it should be. */
  interface Call {
    Object call(Object... arguments);
  }

  /** Machines on whose {@code primitive}s {@code method} is {@code defect}. */
  static Binding binding(String primitive, String method, Defect defect) {
    return new SimulatedBinding((machine, trace) -> machine(machine, primitive, method, defect), List.of());
  }

  /** Machines on whose {@code primitive}s {@code method} does nothing. */
  static Binding without(String primitive, String method) {
    return binding(primitive, method, (target, right, arguments) -> null);
  }

  private static Machine machine(Machine machine, String primitive, String method, Defect defect) {
    return proxy(Machine.class, (ignored, called, arguments) -> {
      if (called.getName().equals(primitive) && method.isEmpty()) {
        return defect.call(machine, with -> invoke(machine, called, with), arguments);
      }
      Object made = invoke(machine, called, arguments);
      return called.getName().equals(primitive) ? broken(called.getReturnType(), made, method, defect) : made;
    });
  }

  private static Object broken(Class<?> type, Object target, String method, Defect defect) {
    return proxy(type, (ignored, called, arguments) -> {
      if (!called.getName().equals(method)) {
        return invoke(target, called, arguments);
      }
      Object result = defect.call(target, with -> invoke(target, called, with), arguments);
      return result != null || called.getReturnType() == void.class ? result : none(called.getReturnType());
    });
  }

  private static Object none(Class<?> type) {
    if (type == boolean.class) {
      return false;
    }
    return type == int.class ? (Object) 0 : (Object) 0L;
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static Object invoke(Object target, Method method, Object[] arguments) {
    try {
      method.setAccessible(true);
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException thrown) {
        throw thrown;
      }
      throw (Error) e.getCause();
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
