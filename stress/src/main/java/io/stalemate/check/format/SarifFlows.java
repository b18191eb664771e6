package io.stalemate.check.format;

import io.stalemate.check.FoundRace;
import io.stalemate.check.FoundRace.Lock;
import io.stalemate.check.FoundRace.Step;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The schedule of a finding as a SARIF code flow: a thread flow a task, numbered over all in the order of the run. */
final class SarifFlows {

  private final SarifPlaces places;
  private final String scenario;

  /** Flows of {@code scenario} that point at {@code places}. */
  SarifFlows(SarifPlaces places, String scenario) {
    this.places = places;
    this.scenario = scenario;
  }

  /** Sets the code flows of {@code result}; {@code race} has steps. */
  void write(ObjectNode result, FoundRace race) {
    ObjectNode flow = result.putArray("codeFlows").addObject();
    flow.putObject("message").put("text", "The schedule as it ran"
        + (race.stepsLeftOut() == 0 ? "" : "; " + race.stepsLeftOut() + " events are left out") + ".");
    Map<String, ArrayNode> byTask = new LinkedHashMap<>();
    ArrayNode threads = flow.putArray("threadFlows");
    int order = 0;
    for (Step step : race.steps()) {
      String task = Text.line(step.task());
      if (!byTask.containsKey(task)) {
        byTask.put(task, threads.addObject().put("id", task).putArray("locations"));
      }
      step(byTask.get(task).addObject(), step, ++order);
    }
  }

  private void step(ObjectNode node, Step step, int order) {
    ObjectNode location = node.putObject("location");
    places.physical(location, step.place(), scenario);
    if (!step.functions().isEmpty()) {
      places.logical(location, step.functions().getFirst());
    }
    String role = Text.line(step.role());
    location.putObject("message").put("text", Text.line(step.operation()) + (role.isEmpty() ? "" : " <- " + role));
    boolean essential = !step.role().isEmpty();
    if (essential && !step.functions().isEmpty()) {
      ObjectNode stack = node.putObject("stack");
      stack.putObject("message").put("text", role);
      ArrayNode frames = stack.putArray("frames");
      step.functions().forEach(function -> places.logical(frames.addObject().putObject("location"), function));
    }
    if (step.lock() != Lock.NONE) {
      node.putArray("kinds").add(step.lock() == Lock.ACQUIRE ? "acquire" : "release").add("lock");
    }
    node.put("nestingLevel", step.functions().size())
        .put("executionOrder", order)
        .put("importance", essential ? "essential" : step.switched() ? "important" : "unimportant");
    node.putObject("properties").put("step", step.step());
  }
}
