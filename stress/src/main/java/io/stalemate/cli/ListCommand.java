package io.stalemate.cli;

import io.stalemate.oracle.Oracle;
import io.stalemate.oracle.Oracles;
import io.stalemate.race.Race;
import io.stalemate.race.Races;
import io.stalemate.report.Colour;
import io.stalemate.report.Screen;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Worded;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.session.Strategies;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code list}: what there is. Scenarios stand in groups, races with the scenario that exposes them first. */
@Command(name = "list", description = "Lists scenarios, known races, strategies or oracles.",
    mixinStandardHelpOptions = true, version = Main.VERSION)
@SuppressWarnings("NullAway.Init")
final class ListCommand implements Callable<Integer> {

  /** What can be listed. */
  enum What {
    SCENARIOS,
    RACES,
    STRATEGIES,
    ORACLES
  }

  private static final List<What> FILTERED = List.of(What.SCENARIOS, What.RACES);
  private static final String INDENT = "      ";

  private final Catalogue catalogue = new Catalogue();
  private final Screen screen = new Screen(Screen.WIDTH, false, new Colour(false));

  @Mixin
  private GlobalOptions global;

  @Parameters(index = "0", arity = "0..1", paramLabel = "WHAT",
      description = "scenarios, races, strategies or oracles; default: all")
  private @Nullable String what;

  @Option(names = "--system", paramLabel = "SYSTEM", description = "only scenarios and races of this one")
  private @Nullable String system;

  @Option(names = "--group", paramLabel = "GROUP", description = "only scenarios and races of this one")
  private @Nullable String group;

  /** For picocli. */
  ListCommand() {}

  @Override
  public Integer call() {
    List<What> wanted = what != null ? List.of(wanted(what)) : isFiltered() ? FILTERED : List.of(What.values());
    checkFilters(wanted);
    if (global.json()) {
      Json json = new Json();
      ObjectNode document = json.document("list");
      wanted.forEach(each -> toJson(each, document));
      global.out().println(json.text(document));
    } else {
      for (int i = 0; i < wanted.size(); i++) {
        if (i > 0) {
          global.out().println();
        }
        print(wanted.get(i));
      }
    }
    return ExitCode.PASS;
  }

  private boolean isFiltered() {
    return system != null || group != null;
  }

  private void checkFilters(List<What> wanted) {
    if (isFiltered() && !FILTERED.containsAll(wanted)) {
      throw Refused.usage("--system and --group choose among scenarios and races");
    }
    check("system", system, Worded.words(SystemUnderTest.values()));
    check("group", group, catalogue.groups().stream().map(Catalogue.Group::name).toList());
  }

  private static void check(String called, @Nullable String given, List<String> known) {
    if (given != null && !known.contains(given)) {
      throw Refused.usage("unknown " + called + " " + Safe.quote(given) + "; " + Nearest.hint(given, known));
    }
  }

  /** Whether what is of these systems, words joined by blanks, and of this group is asked for. */
  private boolean isAskedFor(String systems, String of) {
    return (system == null || List.of(systems.split(" ")).contains(system)) && (group == null || group.equals(of));
  }

  private List<Catalogue.Entry> entries() {
    return catalogue.entries().stream().filter(entry -> isAskedFor(entry.systems(), entry.group())).toList();
  }

  private List<Race> races() {
    return Races.all().stream().filter(race -> isAskedFor(systems(race), partOf(race.card()))).toList();
  }

  /** The groups of what is asked for. */
  private List<Catalogue.Group> groups() {
    List<String> used = entries().stream().map(Catalogue.Entry::group).toList();
    return catalogue.groups().stream().filter(each -> used.contains(each.name())).toList();
  }

  private static What wanted(String name) {
    List<String> names = new ArrayList<>();
    for (What each : What.values()) {
      String known = each.name().toLowerCase(Locale.ROOT);
      if (known.equals(name)) {
        return each;
      }
      names.add(known);
    }
    throw Refused.usage("nothing to list is called " + Safe.quote(name) + "; " + Nearest.hint(name, names));
  }

  private void print(What each) {
    switch (each) {
      case SCENARIOS -> printScenarios();
      case RACES -> printRaces();
      case STRATEGIES -> strategies().print("");
      case ORACLES -> oracles().print("");
    }
  }

  private void printScenarios() {
    List<Catalogue.Group> groups = groups();
    for (Catalogue.Group each : groups) {
      if (each != groups.getFirst()) {
        global.out().println();
      }
      heading(each);
      Rows rows = new Rows("name", "system", "title");
      entries().stream().filter(entry -> entry.group().equals(each.name()))
          .forEach(entry -> rows.row(entry.name(), entry.systems(), entry.title()));
      rows.printWithoutHead("  ");
    }
  }

  /** Races stand under the group of the scenario that exposes them first. */
  private void printRaces() {
    global.out().println(
        "races by what exposes them: name, kind, eras, oracle; what it is; scenarios, systems; source");
    global.out().println("without --era the scenario's own era is taken if it is listed, else the first listed");
    for (Catalogue.Group each : catalogue.groups()) {
      List<Race> races = races().stream().filter(race -> partOf(race.card()).equals(each.name())).toList();
      if (!races.isEmpty()) {
        global.out().println();
        heading(each);
        int width = races.stream().mapToInt(race -> race.card().name().length()).max().orElseThrow();
        races.forEach(race -> printRace(race, width));
      }
    }
  }

  private void printRace(Race race, int width) {
    Race.Card card = race.card();
    global.out().println(String.format(Locale.ROOT, "  %-" + width + "s %-11s %-17s %s", card.name(), kind(card),
        String.join(" ", card.eras()), card.oracle()));
    paragraph(card.title());
    paragraph("in " + String.join(", ", card.scenarios()) + "; on " + systems(race).replace(" ", ", "));
    paragraph(card.source());
  }

  private void paragraph(String text) {
    screen.wrap(INDENT + text, INDENT).forEach(global.out()::println);
  }

  private void heading(Catalogue.Group of) {
    screen.wrap(of.title().isEmpty() ? of.name() : of.name() + " - " + of.title(), "    ")
        .forEach(global.out()::println);
  }

  private String partOf(Race.Card card) {
    return catalogue.groupOf(card.scenarios().getFirst());
  }

  /** The words of the systems that a race can be put into and one of its scenarios runs against. */
  private String systems(Race race) {
    List<String> exposed = catalogue.entries().stream()
        .filter(entry -> race.card().scenarios().contains(entry.name()))
        .flatMap(entry -> Stream.of(entry.systems().split(" "))).toList();
    return String.join(" ", Worded.words(race.systems().toArray(Worded[]::new)).stream()
        .filter(exposed::contains).toList());
  }

  private static String kind(Race.Card card) {
    return card.kind().name().toLowerCase(Locale.ROOT);
  }

  private void toJson(What each, ObjectNode document) {
    switch (each) {
      case SCENARIOS -> {
        Rows scenarios = new Rows("name", "group", "system", "title");
        entries()
            .forEach(entry -> scenarios.row(entry.name(), entry.group(), entry.systems(), entry.title()));
        scenarios.toJson("scenarios", document);
        Rows groups = new Rows("name", "title");
        groups().forEach(of -> groups.row(of.name(), of.title()));
        groups.toJson("groups", document);
      }
      case RACES -> {
        Rows races = new Rows("name", "kind", "oracle", "system", "eras", "scenario", "title", "source", "part");
        races().forEach(race -> {
          Race.Card card = race.card();
          races.row(card.name(), kind(card), card.oracle(), systems(race), String.join(" ", card.eras()),
              String.join(" ", card.scenarios()), card.title(), card.source(), partOf(card));
        });
        races.toJson("races", document);
      }
      case STRATEGIES -> strategies().toJson("strategies", document);
      case ORACLES -> oracles().toJson("oracles", document);
    }
  }

  private Rows strategies() {
    Rows rows = new Rows("name", "token", "title");
    Strategies.rows().forEach(row -> rows.row(row.name(), row.token(), row.title()));
    return rows;
  }

  private Rows oracles() {
    Rows rows = new Rows("name", "title");
    for (Oracle oracle : Oracles.all(1)) {
      rows.row(oracle.name(), oracle.title());
    }
    return rows;
  }

  /** Rows of text under column names; the last column runs on below itself where the screen ends. */
  private final class Rows {

    private final String[] columns;
    private final List<String[]> rows = new ArrayList<>();

    Rows(String... columns) {
      this.columns = columns;
    }

    void row(String... cells) {
      rows.add(cells);
    }

    void print(String indent) {
      printRow(columns, widths(), indent);
      printWithoutHead(indent);
    }

    void printWithoutHead(String indent) {
      int[] widths = widths();
      rows.forEach(row -> printRow(row, widths, indent));
    }

    private int[] widths() {
      int[] widths = new int[columns.length];
      for (int i = 0; i < columns.length; i++) {
        widths[i] = columns[i].length();
        for (String[] row : rows) {
          widths[i] = Math.max(widths[i], row[i].length());
        }
      }
      return widths;
    }

    private void printRow(String[] cells, int[] widths, String indent) {
      StringBuilder line = new StringBuilder(indent);
      int last = cells.length - 1;
      for (int i = 0; i < last; i++) {
        line.append(cells[i]).append(" ".repeat(widths[i] - cells[i].length() + 2));
      }
      String below = " ".repeat(line.length());
      screen.wrap(line + cells[last], below).forEach(global.out()::println);
    }

    void toJson(String name, ObjectNode document) {
      ArrayNode array = document.putArray(name);
      for (String[] row : rows) {
        ObjectNode object = array.addObject();
        for (int i = 0; i < columns.length; i++) {
          object.put(columns[i], row[i]);
        }
      }
    }
  }
}
