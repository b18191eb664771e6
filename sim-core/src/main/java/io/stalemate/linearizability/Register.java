package io.stalemate.linearizability;

import java.util.Optional;
import java.util.function.LongFunction;

/** Places that hold the value last stored: guest memory. */
public final class Register implements Specification<Long, RegisterOperation> {

  private final long initial;
  private final LongFunction<String> words;

  /**
   * Registers that all hold {@code initial} at first.
   *
   * @param words what people call a value
   */
  public Register(long initial, LongFunction<String> words) {
    this.initial = initial;
    this.words = words;
  }

  @Override
  public Long initial() {
    return initial;
  }

  @Override
  public Optional<Long> after(Long state, RegisterOperation operation) {
    return switch (operation) {
      case RegisterOperation.Load(long place, long value) -> state == value ? Optional.of(state) : Optional.empty();
      case RegisterOperation.Store(long place, long value) -> Optional.of(value);
    };
  }

  @Override
  public boolean observes(RegisterOperation operation) {
    return operation instanceof RegisterOperation.Load;
  }

  @Override
  public long key(RegisterOperation operation) {
    return operation.place();
  }

  @Override
  public String text(RegisterOperation operation) {
    return switch (operation) {
      case RegisterOperation.Load(long place, long value) -> "load " + words.apply(value);
      case RegisterOperation.Store(long place, long value) -> "store " + words.apply(value);
    };
  }
}
