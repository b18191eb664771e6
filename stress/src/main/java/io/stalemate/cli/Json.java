package io.stalemate.cli;

import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The JSON documents: stable keys, a version. */
final class Json {

  private static final int SCHEMA_VERSION = 1;

  private final ObjectMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** A document of {@code command}. */
  ObjectNode document(String command) {
    return mapper.createObjectNode().put("schemaVersion", SCHEMA_VERSION).put("command", command);
  }

  /** Yields the document's text. */
  String text(ObjectNode document) {
    return mapper.writeValueAsString(document);
  }
}
