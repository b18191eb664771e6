package io.stalemate.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import org.junit.jupiter.api.Test;

class DecisionTableTest {

  private static final String SMALL = """
      # a comment
      colour=red|green|blue  big=no|yes  outcome
      red                    *           stop     # whatever its size
      *                      yes         stare
      green|blue             no          go
      """;

  @Test
  void theFirstRowThatFitsDecides() {
    DecisionTable table = DecisionTable.parse(SMALL);
    assertThat(table.outcome(table.row(new int[] {0, 1}))).isEqualTo("stop");
    assertThat(table.outcome(table.row(new int[] {2, 1}))).isEqualTo("stare");
    assertThat(table.outcome(table.row(new int[] {1, 0}))).isEqualTo("go");
    assertThat(table.outcomes()).containsExactly("stop", "stare", "go");
    assertThat(table.describe(new int[] {1, 0})).isEqualTo("colour=green big=no");
  }

  @Test
  void factsThatNoRowCoversHaveNoRow() {
    DecisionTable table = DecisionTable.parse("a=x|y outcome\nx done\n");
    assertThat(table.row(new int[] {1})).isEqualTo(-1);
  }

  @Test
  void slipsInTheTextAreRefused() {
    assertThatThrownBy(() -> DecisionTable.parse("a=x|y outcome\nz done\n"))
        .isInstanceOf(IllegalStateException.class).hasMessage("no a 'z': z done");
    assertThatThrownBy(() -> DecisionTable.parse("a=x|y outcome\nx\n"))
        .isInstanceOf(IllegalStateException.class).hasMessage("1 words; 2 are needed: x");
    assertThatThrownBy(() -> DecisionTable.resource("no-such.tsv"))
        .isInstanceOf(IllegalStateException.class).hasMessage("no table no-such.tsv");
  }

  /** Every combination of facts is decided, and each row decides one that no row before it does. */
  @Test
  void guestAbortsAreDecidedCompletelyAndNoRowIsIdle() {
    decidesCompletely(GuestAbortTable.TABLE);
  }

  @Test
  void pageFaultsOfX86AreDecidedCompletelyAndNoRowIsIdle() {
    decidesCompletely(X86PageFaultTable.TABLE);
  }

  private static void decidesCompletely(DecisionTable table) {
    BitSet used = new BitSet();
    int[] facts = new int[table.facts().size()];
    do {
      int row = table.row(facts);
      assertThat(row).as(() -> table.describe(facts)).isNotNegative();
      used.set(row);
    } while (next(table, facts));
    for (int row = 0; row < table.rows(); row++) {
      assertThat(used.get(row)).as(table.line(row)).isTrue();
    }
  }

  /** Counts {@code facts} on; false once all combinations were there. */
  static boolean next(DecisionTable table, int[] facts) {
    for (int column = 0; column < facts.length; column++) {
      if (++facts[column] < table.values(column).size()) {
        return true;
      }
      facts[column] = 0;
    }
    return false;
  }
}
