package io.stalemate.scenario.condition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.machine.Tracepoint;
import io.stalemate.scenario.Draws;
import io.stalemate.scenario.input.Refused;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionParserTest {

  private static final List<String> TASKS = List.of("vcpu0", "inval-1");
  private static final int[] ACTIONS = {1, 2};

  /** mmu_invalidate_retry: 3 by task 0, 1 by task 1; task 1's action 0 returned -11, action 1 nothing. */
  private static final Counts COUNTS = new Counts() {
    @Override
    public long count(Tracepoint point, int task) {
      return point != Tracepoint.FAULT_RETRY ? 0 : task == ANY_TASK ? 4 : task == 0 ? 3 : 1;
    }

    @Override
    public long exits(int reason, int task) {
      return reason != ExitReason.MMIO.ordinal() ? 0 : task == ANY_TASK ? 7 : task == 0 ? 5 : 2;
    }

    @Override
    public long returned(int task, int action) {
      return task == 1 && action == 0 ? -11 : NOT_RETURNED;
    }
  };

  private static Condition parse(String text) {
    return ConditionParser.parse(text, TASKS, ACTIONS);
  }

  private static boolean holds(String text) {
    return parse(text).holds(COUNTS);
  }

  @Test
  void aConditionIsTheTreeItSays() {
    assertThat(parse("not count(mmu_invalidate_retry, inval-1) >= 2 and returned(vcpu0, 0) == -EFAULT"))
        .isEqualTo(new Condition.And(
            new Condition.Not(new Condition.Compare(new Condition.Count(Tracepoint.FAULT_RETRY, 1),
                Condition.Relation.AT_LEAST, new Condition.Literal(2))),
            new Condition.Compare(new Condition.Returned(0, 0), Condition.Relation.EQUAL, new Condition.Literal(-14))));
  }

  @Test
  void aCountOfSeveralTracepointsIsTheirSum() {
    assertThat(parse("count(kvm_guest_abort or kvm_page_fault, vcpu0) == 1")).isEqualTo(new Condition.Compare(
        new Condition.Sum(List.of(
            new Condition.Count(Tracepoint.GUEST_ABORT, 0), new Condition.Count(Tracepoint.X86_FAULT, 0))),
        Condition.Relation.EQUAL, new Condition.Literal(1)));
    assertThat(holds("count(mmu_invalidate_retry or kvm_page_fault or mmu_invalidate_retry) == 8")).isTrue();
  }

  @Test
  void exitsAreCountedByTheirReason() {
    assertThat(holds("exits(MMIO) == 7 and exits(MMIO, vcpu0) == 5 and exits(MMIO, inval-1) == 2")).isTrue();
    assertThat(holds("exits(MEMORY_FAULT) == 0")).isTrue();
    assertThatThrownBy(() -> parse("exits(MEMORY_FALT) == 0")).isInstanceOf(Refused.class)
        .hasMessage("condition, column 7: unknown exit reason 'MEMORY_FALT'; did you mean 'MEMORY_FAULT'?");
  }

  @Test
  void andBindsCloserThanOr() {
    assertThat(holds("1 == 1 or 1 == 1 and 1 == 2")).isTrue();
    assertThat(holds("(1 == 1 or 1 == 1) and 1 == 2")).isFalse();
  }

  @Test
  void everyRelationComparesAsItReads() {
    assertThat(holds("count(mmu_invalidate_retry)==4")).isTrue();
    assertThat(holds("count(mmu_invalidate_retry) != 4")).isFalse();
    assertThat(holds("count(mmu_invalidate_retry,vcpu0) < 4")).isTrue();
    assertThat(holds("count(mmu_invalidate_retry, vcpu0) <= 2")).isFalse();
    assertThat(holds("count(mmu_invalidate_retry, vcpu0) > count(mmu_invalidate_retry, inval-1)")).isTrue();
    assertThat(holds("returned(inval-1, 0) >= -11")).isTrue();
  }

  @Test
  void aResultThatNeverCameComparesToNothing() {
    assertThat(holds("returned(inval-1, 1) == 0 or returned(inval-1, 1) != 0")).isFalse();
    assertThat(holds("returned(inval-1, 0) == -EAGAIN")).isTrue();
  }

  @Test
  void mistakesAreNamedWithTheirColumn() {
    refuses("count(mmu_invalidate_rety) > 0",
        "condition, column 7: unknown tracepoint 'mmu_invalidate_rety'; did you mean 'mmu_invalidate_retry'?");
    refuses("count(page_ref, vcpu1) > 0", "condition, column 17: unknown task 'vcpu1'; did you mean 'vcpu0'?");
    refuses("returned(vcpu0, 1) == 0",
        "condition, column 17: task 'vcpu0' has no action '1'; it has 1, counted from 0");
    refuses("cuont(page_ref) > 0", "condition, column 1: unknown word 'cuont'; did you mean 'count'?");
    refuses("count(page_ref) = 0", "condition, column 17: '=' where one of == != < <= > >= is due");
    refuses("count(page_ref) == 0 0", "condition, column 22: '0' where 'and', 'or' or the end is due");
    refuses("1 == -ENOEN",
        "condition, column 7: unknown errno 'ENOEN'; did you mean 'ENOENT'?");
    refuses("1 == 9999999999", "condition, column 6: number '9999999999'; at most 9 digits are allowed");
    refuses("(1 == 1", "condition, column 8: the end where ')' is due");
    refuses("1 == \u001b",
        "condition, column 6: '\uFFFD' where count(...), exits(...), returned(...) or a number is due");
    refuses("(".repeat(30), "condition, column 21: nested too deep; at most 20 levels are allowed");
    refuses("x".repeat(501), "condition of 501 characters; at most 500 are allowed");
  }

  @Test
  void noTextDoesMoreThanRefuse() {
    String[] words = {"count", "(", ")", "returned", "page_ref", ",", "vcpu0", "0", "1", "==", "<", "and", "or", "not",
        "-", "EAGAIN", " ", "!", "\uD83D", "99999999999"};
    Draws draws = new Draws(7);
    int parsed = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = draws.below(12); n >= 0; n--) {
        text.append(words[draws.below(words.length)]).append(' ');
      }
      try {
        parse(text.toString()).holds(COUNTS);
        parsed++;
      } catch (Refused refused) {
        assertThat(refused.getMessage()).startsWith("condition, column ").doesNotContain("\n");
      }
    }
    assertThat(parsed).isPositive();
  }

  private static void refuses(String text, String line) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(Refused.class).hasMessage(line)
        .extracting(refused -> ((Refused) refused).exitCode()).isEqualTo(2);
  }
}
