package io.stalemate.scenario.condition;

/** The errnos that conditions may name; numbers as on arm64 and x86 Linux. */
public enum Errno {
  EPERM(1),
  ENOENT(2),
  EINTR(4),
  EIO(5),
  EBADF(9),
  EAGAIN(11),
  ENOMEM(12),
  EFAULT(14),
  EBUSY(16),
  EEXIST(17),
  EINVAL(22),
  ENOTTY(25),
  EOPNOTSUPP(95),
  EHWPOISON(133);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  /** Yields {@code -EFAULT} and the like for a negative number that is an errno; other numbers as they are. */
  public static String text(long number) {
    for (Errno errno : values()) {
      if (number == -errno.number) {
        return "-" + errno.name();
      }
    }
    return Long.toString(number);
  }
}
