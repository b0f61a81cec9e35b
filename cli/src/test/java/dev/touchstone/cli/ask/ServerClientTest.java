package dev.touchstone.cli.ask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

class ServerClientTest {

  @Test
  void aListIsReadToItsLastPage() throws Exception {
    try (var server = new StandInServer()) {
      for (int i = 0; i < 3; i++) {
        String path = i == 0 ? "/v1/things" : "/v1/things?cursor=" + i;
        server.answers.put(path, "{\"things\": [" + i + "]}");
        if (i < 2) {
          server.links.put(path, "</v1/things?cursor=" + (i + 1) + ">; rel=\"next\"");
        }
      }
      var client = new ServerClient("http://127.0.0.1:" + server.port(), null);

      assertThat(client.all("v1/things", "things").body()).hasToString("[0,1,2]");
      assertThatThrownBy(() -> client.get("v1/others"))
          .isInstanceOf(ServerException.class)
          .hasMessage("there is no /v1/others");
    }
  }

  @Test
  void anAddressMustBeOne() {
    assertThatThrownBy(() -> new ServerClient("localhost:8080", null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--server must be an address like http://127.0.0.1:8080, got localhost:8080");
  }

  static JsonNode tree(String json) {
    try {
      return ServerClient.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError(json, e);
    }
  }
}
