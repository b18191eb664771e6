package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Machine;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;

class PfErrorCodeTest {

  private final List<String> warnings = new ArrayList<>();

  /** A machine that only takes warnings: the functions tested ask for nothing else. */
  private final Machine m = (Machine) Proxy.newProxyInstance(
      Machine.class.getClassLoader(), new Class<?>[] {Machine.class}, (proxy, method, arguments) -> {
        if (!method.getName().equals("warnOn")) {
          throw new IllegalStateException(method.getName());
        }
        boolean condition = (Boolean) Objects.requireNonNull(arguments)[0];
        if (condition) {
          warnings.add((String) arguments[1]);
        }
        return condition;
      });

  @Test
  void everyFlagIsOneBitAndTheSyntheticOnesAreInTheUpperHalf() {
    assertThat(List.of(PfErrorCode.PRESENT, PfErrorCode.WRITE, PfErrorCode.USER, PfErrorCode.RSVD, PfErrorCode.FETCH,
        PfErrorCode.PK, PfErrorCode.SGX, PfErrorCode.GUEST_RMP, PfErrorCode.GUEST_FINAL, PfErrorCode.GUEST_PAGE,
        PfErrorCode.GUEST_ENC, PfErrorCode.GUEST_SIZEM, PfErrorCode.GUEST_VMPL, PfErrorCode.IMPLICIT_ACCESS,
        PfErrorCode.PRIVATE_ACCESS).stream().map(Long::numberOfTrailingZeros).toList())
        .containsExactly(0, 1, 2, 3, 4, 5, 15, 31, 32, 33, 34, 35, 36, 48, 49);
    assertThat((int) PfErrorCode.SYNTHETIC).isZero();
  }

  @Test
  void legacyErrorCodesHaveNoUpperHalf() {
    forEveryPairOfBits(code -> {
      warnings.clear();
      boolean upper = Long.numberOfLeadingZeros(code) < 32;
      return PfErrorCode.pageFault(m, code) == (code & 0xffff_ffffL) && warnings.size() == (upper ? 1 : 0);
    });
  }

  @Test
  void hardwareIsNotBelievedSyntheticFlagsAndAnEncryptedSnpAccessIsPrivate() {
    forEveryPairOfBits(code -> {
      warnings.clear();
      boolean synthetic = bit(code, 48) || bit(code, 49);
      long hardware = code - (bit(code, 48) ? 1L << 48 : 0) - (bit(code, 49) ? 1L << 49 : 0);
      long snp = bit(code, 34) ? hardware + (1L << 49) : hardware;
      return PfErrorCode.nestedPageFault(m, code, false) == hardware
          && PfErrorCode.nestedPageFault(m, code, true) == snp
          && warnings.size() == (synthetic ? 2 : 0);
    });
  }

  @Test
  void eptViolationsTellTheAccessThePresenceAndWhoseTableItWas() {
    for (long qualification = 0; qualification < 1 << 12; qualification++) {
      boolean present = (qualification / 8) % 8 != 0;
      long expected = (present ? 1 : 0)
          + (bit(qualification, 1) ? 2 : 0)
          + (bit(qualification, 0) ? 4 : 0)
          + (bit(qualification, 2) ? 16 : 0);
      if (bit(qualification, 7)) {
        expected += bit(qualification, 8) ? 1L << 32 : 1L << 33;
      }
      assertThat(PfErrorCode.eptViolation(qualification)).as("qualification %x", qualification).isEqualTo(expected);
    }
    assertThat(PfErrorCode.eptMisconfig()).isEqualTo(8);
  }

  private static void forEveryPairOfBits(LongPredicate holds) {
    for (int first = 0; first < Long.SIZE; first++) {
      for (int second = first; second < Long.SIZE; second++) {
        long one = 1L << first | 1L << second;
        assertThat(holds.test(one)).as("error code %x", one).isTrue();
        assertThat(holds.test(~one)).as("error code %x", ~one).isTrue();
      }
    }
    assertThat(holds.test(0)).isTrue();
  }

  private static boolean bit(long value, int bit) {
    return (value >>> bit & 1) != 0;
  }
}
