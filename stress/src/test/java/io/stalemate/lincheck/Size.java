package io.stalemate.lincheck;

/** How much the suites do; what a suite asks for is the short size. */
enum Size {

  /** For CI: all suites in about a minute and a half. */
  SHORT(1, 1),
  /** Minutes for each suite. */
  LONG(4, 10);

  private final int scenarios;
  private final int executions;

  Size(int scenarios, int executions) {
    this.scenarios = scenarios;
    this.executions = executions;
  }

  /** Yields the size that the system property {@code stalemate.lincheck} asks for; short if it is not set. */
  static Size asked() {
    String asked = System.getProperty("stalemate.lincheck", "short");
    return switch (asked) {
      case "short" -> SHORT;
      case "long" -> LONG;
      default -> throw new IllegalArgumentException("stalemate.lincheck is " + asked + ": take short or long");
    };
  }

  /** How many scenarios to draw where the short size draws {@code n}. */
  int scenarios(int n) {
    return n * scenarios;
  }

  /** How many executions of each scenario to make at most where the short size makes {@code n}. */
  int executions(int n) {
    return n * executions;
  }
}
