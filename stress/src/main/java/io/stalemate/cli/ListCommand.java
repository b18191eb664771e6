package io.stalemate.cli;

import io.stalemate.oracle.Oracle;
import io.stalemate.oracle.Oracles;
import io.stalemate.race.Race;
import io.stalemate.race.Races;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.session.Strategies;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code list}: what there is. */
@Command(name = "list", description = "Lists scenarios, known races, strategies or oracles.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init")
final class ListCommand implements Callable<Integer> {

  /** What can be listed. */
  enum What {
    SCENARIOS,
    RACES,
    STRATEGIES,
    ORACLES
  }

  @Mixin
  private GlobalOptions global;

  @Parameters(arity = "0..1", paramLabel = "WHAT",
      description = "scenarios, races, strategies or oracles; default: all")
  private String[] what;

  /** For picocli. */
  ListCommand() {}

  @Override
  public Integer call() {
    List<Table> tables = new ArrayList<>();
    for (What each : What.values()) {
      if (what == null || what.length == 0 || wanted(what[0]) == each) {
        tables.add(table(each));
      }
    }
    if (global.json()) {
      Json json = new Json();
      ObjectNode document = json.document("list");
      tables.forEach(table -> table.toJson(document));
      global.out().println(json.text(document));
    } else {
      for (int i = 0; i < tables.size(); i++) {
        if (i > 0) {
          global.out().println();
        }
        tables.get(i).print();
      }
    }
    return ExitCode.PASS;
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

  private Table table(What each) {
    return switch (each) {
      case SCENARIOS -> scenarios();
      case RACES -> races();
      case STRATEGIES -> strategies();
      case ORACLES -> oracles();
    };
  }

  private Table scenarios() {
    Table table = new Table("scenarios", 0, "name", "group", "title");
    for (Catalogue.Entry entry : new Catalogue().entries()) {
      table.row(entry.name(), entry.group(), entry.title());
    }
    return table;
  }

  private Table races() {
    Table table = new Table("races", 2, "name", "kind", "oracle", "eras", "scenario", "title", "source");
    for (Race race : Races.all()) {
      Race.Card card = race.card();
      table.row(card.name(), card.kind().name().toLowerCase(Locale.ROOT), card.oracle(),
          String.join(" ", card.eras()), String.join(" ", card.scenarios()), card.title(), card.source());
    }
    return table;
  }

  private Table strategies() {
    Table table = new Table("strategies", 0, "name", "token", "title");
    for (Strategies.Row row : Strategies.rows()) {
      table.row(row.name(), row.token(), row.title());
    }
    return table;
  }

  private Table oracles() {
    Table table = new Table("oracles", 0, "name", "title");
    for (Oracle oracle : Oracles.all(1)) {
      table.row(oracle.name(), oracle.title());
    }
    return table;
  }

  /** Rows of text under column names; the last columns of a table may have lines of their own instead. */
  private final class Table {

    private static final int COLUMN_MAX = 36;

    private final String name;
    private final int below;
    private final String[] columns;
    private final List<String[]> rows = new ArrayList<>();

    /** A table whose last {@code below} columns are printed below each row. */
    Table(String name, int below, String... columns) {
      this.name = name;
      this.below = below;
      this.columns = columns;
    }

    void row(String... cells) {
      rows.add(cells);
    }

    /** Prints all columns but the last in line; what is too long for its column pushes the rest. */
    void print() {
      int[] widths = new int[columns.length];
      for (int i = 0; i < columns.length; i++) {
        widths[i] = columns[i].length();
        for (String[] row : rows) {
          widths[i] = Math.max(widths[i], Math.min(row[i].length(), COLUMN_MAX));
        }
      }
      printRow(columns, widths);
      for (String[] row : rows) {
        printRow(row, widths);
        for (int i = columns.length - below; i < columns.length; i++) {
          global.out().println("    " + row[i]);
        }
      }
    }

    private void printRow(String[] cells, int[] widths) {
      StringBuilder line = new StringBuilder();
      int last = cells.length - below - 1;
      for (int i = 0; i <= last; i++) {
        line.append(cells[i]);
        if (i < last) {
          line.append(" ".repeat(Math.max(0, widths[i] - cells[i].length()) + 2));
        }
      }
      global.out().println(line);
    }

    void toJson(ObjectNode document) {
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
