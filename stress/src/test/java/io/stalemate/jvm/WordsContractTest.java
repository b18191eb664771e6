package io.stalemate.jvm;

import static io.stalemate.jvm.Program.TIMES;
import static io.stalemate.jvm.Program.alone;
import static io.stalemate.jvm.Program.repeat;
import static io.stalemate.jvm.Program.times;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernel text may rely on of words and barriers, whatever it runs on. */
class WordsContractTest {

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void wordsDoWhatTheirNamesSay(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Word word = m.word("word", 5);
      assertThat(word.read()).isEqualTo(5);
      word.write(6);
      assertThat(word.readOnce()).isEqualTo(6);
      word.writeOnce(7);
      assertThat(word.loadAcquire()).isEqualTo(7);
      word.storeRelease(8);
      assertThat(word.cmpxchg(7, 9)).as("what it held, if that is another value").isEqualTo(8);
      assertThat(word.cmpxchg(8, 9)).isEqualTo(8);
      assertThat(word.xchg(0b1100)).isEqualTo(9);
      assertThat(word.fetchOr(0b0010)).isEqualTo(0b1100);
      assertThat(word.fetchAnd(0b0110)).isEqualTo(0b1110);
      assertThat(word.fetchAdd(-1)).isEqualTo(0b0110);
      assertThat(word.read()).isEqualTo(5);
      assertThat(m.word("keyed", 1, 4).read()).isEqualTo(4);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aRowIsOfWordsThatStayThemselves(Binding binding) {
    binding.run(1, m -> alone(() -> {
      WordArray row = m.words("row", 3);
      assertThat(row.length()).isEqualTo(3);
      assertThat(row.at(2).read()).isZero();
      row.at(1).write(7);
      assertThat(row.at(1)).isSameAs(row.at(1)).isNotSameAs(row.at(2));
      assertThat(row.at(1).read()).isEqualTo(7);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void additionsAreNotLost(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Word word = m.word("word", 0);
      return new Program(times(3, () -> word.fetchAdd(1)), () -> assertThat(word.read()).isEqualTo(3L * TIMES));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void onlyOneOfManyExchangesTheSameValue(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Word word = m.word("word", 0);
      return new Program(times(2, () -> {
        long seen = word.readOnce();
        for (long held = word.cmpxchg(seen, seen + 1); held != seen; held = word.cmpxchg(seen, seen + 1)) {
          seen = held;
        }
      }), () -> assertThat(word.read()).isEqualTo(2L * TIMES));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void whatIsExchangedGoesToOneTask(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Word place = m.word("place", 1);
      Word taken = m.word("taken", 0);
      return new Program(times(3, () -> taken.fetchAdd(place.xchg(0))),
          () -> assertThat(taken.read()).isEqualTo(1));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void bitsOfOthersAreLeftAlone(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Word word = m.word("word", 0);
      return new Program(List.of(repeat(toggles(word, 1)), repeat(toggles(word, 2)), repeat(() -> word.fetchOr(4))),
          () -> assertThat(word.read()).isEqualTo(4));
    });
  }

  private static Runnable toggles(Word word, long bit) {
    return () -> {
      assertThat(word.fetchOr(bit) & bit).isZero();
      assertThat(word.fetchAnd(~bit) & bit).isEqualTo(bit);
    };
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aReleaseHandsOverWhatCameBefore(Binding binding) {
    binding.run(Binding.ROUNDS, m -> messages(m, (data, flag) -> {
      data.write(1);
      flag.storeRelease(1);
    }, (data, flag) -> flag.loadAcquire() == 0 || data.read() == 1));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void barriersOfStoresAndLoadsPair(Binding binding) {
    binding.run(Binding.ROUNDS, m -> messages(m, (data, flag) -> {
      data.writeOnce(1);
      m.smpWmb();
      flag.writeOnce(1);
    }, (data, flag) -> {
      boolean sent = flag.readOnce() == 1;
      m.smpRmb();
      return !sent || data.readOnce() == 1;
    }));
  }

  private interface Send {
    void send(Word data, Word flag);
  }

  private interface Receive {
    /** Yields whether what was received is in order. */
    boolean receive(Word data, Word flag);
  }

  /** So many messages, each in words of its own. */
  private static Program messages(Machine m, Send send, Receive receive) {
    WordArray data = m.words("data", TIMES);
    WordArray flags = m.words("flag", TIMES);
    Word wrong = m.word("wrong", 0);
    return new Program(List.of(
        () -> {
          for (int i = 0; i < TIMES; i++) {
            send.send(data.at(i), flags.at(i));
          }
        },
        () -> {
          for (int i = 0; i < TIMES; i++) {
            if (!receive.receive(data.at(i), flags.at(i))) {
              wrong.fetchAdd(1);
            }
          }
        }), () -> assertThat(wrong.read()).as("messages that overtook their contents").isZero());
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void afterAFullBarrierOneOfTwoSeesTheOther(Binding binding) {
    oneSeesTheOther(binding, (m, mine, others) -> {
      mine.writeOnce(1);
      m.smpMb();
      return others.readOnce();
    });
  }

  /** A read-modify-write is a full barrier, for other words too. */
  @ParameterizedTest
  @EnumSource(Bindings.class)
  void afterAReadModifyWriteOneOfTwoSeesTheOther(Binding binding) {
    oneSeesTheOther(binding, (m, mine, others) -> {
      mine.xchg(1);
      return others.readOnce();
    });
  }

  private interface Meeting {
    /** Stores to {@code mine}; yields what was in {@code others} after that. */
    long meet(Machine m, Word mine, Word others);
  }

  private static void oneSeesTheOther(Binding binding, Meeting meeting) {
    binding.run(Binding.ROUNDS, m -> {
      WordArray x = m.words("x", TIMES);
      WordArray y = m.words("y", TIMES);
      WordArray seen = m.words("seen", TIMES);
      return new Program(List.of(
          () -> {
            for (int i = 0; i < TIMES; i++) {
              seen.at(i).fetchAdd(meeting.meet(m, x.at(i), y.at(i)));
            }
          },
          () -> {
            for (int i = 0; i < TIMES; i++) {
              seen.at(i).fetchAdd(meeting.meet(m, y.at(i), x.at(i)));
            }
          }), () -> {
            for (int i = 0; i < TIMES; i++) {
              assertThat(seen.at(i).read()).as("who saw the other, time %d", i).isPositive();
            }
          });
    });
  }
}
