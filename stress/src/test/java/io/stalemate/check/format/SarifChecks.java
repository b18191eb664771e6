package io.stalemate.check.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a SARIF document must keep: the official schema, and what that cannot say. */
final class SarifChecks {

  private static final Schema SCHEMA = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
      .getSchema(stream());

  private SarifChecks() {}

  private static InputStream stream() {
    InputStream stream = SarifChecks.class.getResourceAsStream("sarif-schema-2.1.0.json");
    assertThat(stream).isNotNull();
    return stream;
  }

  /** Yields what the schema has against {@code document}. */
  static List<Error> againstSchema(String document) {
    return SCHEMA.validate(document, InputFormat.JSON,
        context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
  }

  /** Asserts that {@code document} is sound; yields it. */
  static JsonNode sound(String document) {
    assertThat(againstSchema(document)).isEmpty();
    JsonNode log = JsonMapper.builder().build().readTree(document);
    assertThat(log.get("runs")).hasSize(1);
    JsonNode run = log.get("runs").get(0);
    JsonNode rules = run.get("tool").get("driver").get("rules");
    for (JsonNode result : run.get("results")) {
      assertThat(rules.get(result.get("ruleIndex").asInt()).get("id").asString())
          .isEqualTo(result.get("ruleId").asString());
      assertThat(result.get("locations")).isNotEmpty();
      assertThat(result.get("partialFingerprints")).isNotEmpty();
      assertThat(result.get("message").get("text").asString()).doesNotContain("](");
    }
    for (JsonNode result : run.get("results")) {
      if (result.has("codeFlows")) {
        orders(result.get("codeFlows"));
      }
    }
    run.findValues("artifactLocation").forEach(location -> file(run, location));
    run.get("artifacts").forEach(artifact ->
        assertThat(run.get("originalUriBaseIds").has(artifact.get("location").get("uriBaseId").asString())).isTrue());
    for (JsonNode places : run.get("results").findValues("logicalLocations")) {
      places.forEach(place -> assertThat(place.get("fullyQualifiedName"))
          .isEqualTo(run.get("logicalLocations").get(place.get("index").asInt()).get("fullyQualifiedName")));
    }
    return log;
  }

  private static void file(JsonNode run, JsonNode location) {
    JsonNode cached = run.get("artifacts").get(location.get("index").asInt()).get("location");
    assertThat(cached.get("uri")).isEqualTo(location.get("uri"));
    assertThat(cached.get("uriBaseId")).isEqualTo(location.get("uriBaseId"));
    URI uri = URI.create(location.get("uri").asString());
    assertThat(uri.isAbsolute()).isFalse();
    assertThat(uri.getRawAuthority()).isNull();
    assertThat(uri.getRawPath()).doesNotStartWith("/");
  }

  /** Strictly rising within each thread flow, and each number once over all. */
  private static void orders(JsonNode codeFlows) {
    List<Integer> all = new ArrayList<>();
    for (JsonNode thread : codeFlows.get(0).get("threadFlows")) {
      int last = 0;
      for (JsonNode location : thread.get("locations")) {
        int order = location.get("executionOrder").asInt();
        assertThat(order).isGreaterThan(last);
        last = order;
        all.add(order);
      }
    }
    assertThat(all).doesNotHaveDuplicates();
    assertThat(all.stream().mapToInt(each -> each).max()).hasValue(all.size());
  }
}
