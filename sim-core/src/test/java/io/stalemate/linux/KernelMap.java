package io.stalemate.linux;

import io.stalemate.linux.kvm.Era;
import io.stalemate.machine.KernelFunction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which kernel functions the kernel text renders, and where: read from the {@link KernelFunction} annotations of the
 * compiled classes below this package. The order depends on names alone.
 */
final class KernelMap {

  private static final String HEAD = """
      # Kernel map

      Which kernel functions the model renders, of which releases, and what each rendering leaves out. Classes are
      below `src/main/java/io/stalemate/linux/`. A version is the release or the range of releases whose text was
      followed, or a series that was never merged. A function bears the name that it has in the last release of its
      range; in earlier ones some had others. One that is not listed is not modelled, unless it is so short that what
      renders its caller takes it in, or a last column names it as an older form.

      What an architecture has of its own comes first, then what all of them are built with. A range of an
      architecture's function holds those releases that the model renders for it: %s.

      This file is generated from the `@KernelFunction` annotations; a test compares it with them.
      """;

  /** A kernel function and the method that renders it. */
  record Row(String file, String function, KernelVersions versions, String elided, Method method) {

    /** The architectures that the function is built for. */
    List<KernelArch> archs() {
      return KernelArch.building(file);
    }

    /** The heading that the map lists the function below. */
    String part() {
      return file.startsWith("arch/") ? archs().getFirst().folder() : "Common code";
    }

    /** The method as the map prints it: {@code arm64.UserMemAbort.userMemAbort}. */
    String place() {
      return KernelMap.place(method);
    }
  }

  private final List<Row> rows = new ArrayList<>();
  private final List<Method> unnamed = new ArrayList<>();

  /** Reads the classes of this module. */
  KernelMap() {
    classes().forEach(this::read);
    rows.sort(Comparator.comparing(Row::file).thenComparing(Row::function).thenComparing(Row::versions)
        .thenComparing(Row::place).thenComparing(Row::elided));
    unnamed.sort(Comparator.comparing(method -> method.getDeclaringClass().getName() + "." + method.getName()));
  }

  /** Yields a method's place below this package: {@code arm64.UserMemAbort.userMemAbort}. */
  static String place(Method method) {
    String type = method.getDeclaringClass().getName().replace('$', '.');
    return type.substring(KernelMap.class.getPackageName().length() + 1) + "." + method.getName();
  }

  /** Yields all rows: by kernel file, then function, then release. */
  List<Row> rows() {
    return List.copyOf(rows);
  }

  /** Yields the public methods that name no kernel function, themselves or through the method they override. */
  List<Method> unnamed() {
    return List.copyOf(unnamed);
  }

  /** Yields the map as a document. */
  String text() {
    StringBuilder text = new StringBuilder(HEAD.formatted(Arrays.stream(KernelArch.values())
        .map(KernelMap::rendered).collect(Collectors.joining("; "))));
    String part = "";
    String file = "";
    for (Row row : rows) {
      if (!row.part().equals(part)) {
        part = row.part();
        text.append("\n## ").append(part).append("\n");
      }
      if (!row.file().equals(file)) {
        file = row.file();
        text.append("\n### ").append(file).append("\n\n| function | version | here | left out |\n|---|---|---|---|\n");
      }
      text.append("| `").append(row.function()).append("` | ").append(row.versions()).append(" | `")
          .append(row.place()).append("` | ").append(row.elided().replace("|", "\\|")).append(" |\n");
    }
    return text.toString();
  }

  private static String rendered(KernelArch arch) {
    return arch.folder() + " " + arch.eras().stream().map(Era::version).collect(Collectors.joining(", "));
  }

  private void read(Class<?> type) {
    for (Method method : type.getDeclaredMethods()) {
      KernelFunction function = method.getAnnotation(KernelFunction.class);
      if (method.isSynthetic()) {
        continue;
      }
      if (function != null) {
        rows.add(new Row(function.file(), function.value(), KernelVersions.parse(function.version()),
            function.elided(), method));
      } else if (isOpenToAll(type, method) && !isNamedAbove(type, method)) {
        unnamed.add(method);
      }
    }
  }

  private static boolean isOpenToAll(Class<?> type, Method method) {
    return Modifier.isPublic(method.getModifiers()) && Modifier.isPublic(type.getModifiers())
        && !type.isRecord() && !type.isEnum() && !type.isInterface();
  }

  private static boolean isNamedAbove(Class<?> type, Method method) {
    List<Class<?>> above = new ArrayList<>(List.of(type.getInterfaces()));
    if (type.getSuperclass() != null) {
      above.add(type.getSuperclass());
    }
    for (Class<?> each : above) {
      for (Method candidate : each.getDeclaredMethods()) {
        if (candidate.getName().equals(method.getName()) && candidate.isAnnotationPresent(KernelFunction.class)) {
          return true;
        }
      }
      if (isNamedAbove(each, method)) {
        return true;
      }
    }
    return false;
  }

  private static List<Class<?>> classes() {
    try {
      Path root = Path.of(KernelFunction.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path folder = root.resolve(KernelMap.class.getPackageName().replace('.', '/'));
      try (Stream<Path> files = Files.walk(folder)) {
        List<Class<?>> classes = new ArrayList<>();
        for (Path file : files.filter(each -> each.toString().endsWith(".class")).sorted().toList()) {
          String name = root.relativize(file).toString().replace('/', '.');
          classes.add(load(name.substring(0, name.length() - ".class".length())));
        }
        return classes;
      }
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, KernelMap.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }
}
