package io.stalemate.scenario.file;

import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The built-in scenarios. What lists show comes from an index, since listing a class path is slow and does not work in
 * every jar; a scenario's file is read when it is asked for.
 */
public final class Catalogue {

  /**
   * A line of the index.
   *
   * @param systems the words of what it runs against, its own first, joined by blanks; the index leaves {@code
   *     kvm-arm64} out
   */
  public record Entry(String name, String group, String title, String systems) {}

  /** What the scenarios of a group have in common, in one line. */
  public record Group(String name, String title) {}

  private static final String FOLDER = "/io/stalemate/scenario/";

  private final List<Entry> entries = new ArrayList<>();

  /** Reads the index. */
  public Catalogue() {
    for (String line : new String(resource("index.tsv"), StandardCharsets.UTF_8).lines().toList()) {
      String[] fields = line.split("\t", -1);
      if (fields.length != 3 && fields.length != 4) {
        throw new IllegalStateException("index.tsv: " + line);
      }
      entries.add(new Entry(fields[0], fields[1], fields[2],
          fields.length == 4 ? fields[3] : SystemUnderTest.KVM_ARM64.word()));
    }
  }

  /** Yields the built-in scenarios, in the order of the index. */
  public List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** Yields the groups of the built-in scenarios, in the order in which lists show them. */
  public List<Group> groups() {
    List<String> used = entries.stream().map(Entry::group).distinct().toList();
    List<Group> groups = new ArrayList<>();
    for (String line : new String(resource("groups.tsv"), StandardCharsets.UTF_8).lines().toList()) {
      String[] fields = line.split("\t", -1);
      if (fields.length != 2) {
        throw new IllegalStateException("groups.tsv: " + line);
      }
      if (used.contains(fields[0])) {
        groups.add(new Group(fields[0], fields[1]));
      }
    }
    List<String> titled = groups.stream().map(Group::name).toList();
    used.stream().filter(name -> !titled.contains(name)).forEach(name -> groups.add(new Group(name, "")));
    return groups;
  }

  /** Yields the group of the built-in scenario {@code name}. */
  public String groupOf(String name) {
    return entries.stream().filter(entry -> entry.name().equals(name)).map(Entry::group).findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no built-in scenario: " + name));
  }

  /** Yields the names of the built-in scenarios, in the order of the index. */
  public List<String> names() {
    return entries.stream().map(Entry::name).toList();
  }

  /** Whether a built-in scenario has this name. */
  public boolean has(String name) {
    return names().contains(name);
  }

  /**
   * Yields the built-in scenario of this name.
   *
   * @throws Refused (usage) with the nearest name if there is none
   */
  public Scenario scenario(String name) {
    return ScenarioFile.parse(name + ScenarioFile.SUFFIX, file(name));
  }

  /** Yields the text of a built-in scenario's file, for users who want to start from it. */
  public String text(String name) {
    return new String(file(name), StandardCharsets.UTF_8);
  }

  /** Yields a commented scenario file that shows every key; itself a scenario that loads. */
  public static String template() {
    return new String(resource("template" + ScenarioFile.SUFFIX), StandardCharsets.UTF_8);
  }

  private byte[] file(String name) {
    if (!has(name)) {
      throw Refused.usage("unknown scenario " + Safe.quote(name) + "; "
          + Nearest.hint(name, names(), "see 'stalemate list scenarios'"));
    }
    return resource(name + ScenarioFile.SUFFIX);
  }

  private static byte[] resource(String file) {
    try (InputStream in = Catalogue.class.getResourceAsStream(FOLDER + file)) {
      if (in == null) {
        throw new IllegalStateException("not built in: " + file);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
