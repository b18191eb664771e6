package io.stalemate.scenario.condition;

/** The errnos that conditions may name; numbers as on arm64 and x86 Linux. */
enum Errno {
  EPERM(1),
  ENOENT(2),
  EINTR(4),
  EIO(5),
  EAGAIN(11),
  ENOMEM(12),
  EFAULT(14),
  EBUSY(16),
  EEXIST(17),
  EINVAL(22),
  EHWPOISON(133);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
