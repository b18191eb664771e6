package io.stalemate.scenario;

/** An oracle that does not watch a scenario, and why that is right. */
public record OracleLeftOut(String oracle, String why) {}
