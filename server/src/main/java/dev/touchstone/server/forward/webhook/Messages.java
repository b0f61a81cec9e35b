package dev.touchstone.server.forward.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.server.forward.ForwardSettings.Webhook.Format;
import dev.touchstone.server.forward.ForwardSettings.Webhook.On;
import dev.touchstone.server.forward.Result;
import dev.touchstone.server.view.Json;

/** Messages about STOPs and verdicts. */
final class Messages {

  private Messages() {}

  /**
   * The message as UTF-8 JSON.
   *
   * @param link null: none
   */
  static byte[] of(Format format, Result result, String link) {
    ObjectNode message =
        switch (format) {
          case JSON -> forPrograms(result, link);
          // as incoming webhooks of Slack, and of what imitates it, take it
          case SLACK -> Json.MAPPER.createObjectNode().put("text", SlackText.of(result, link));
        };
    try {
      return Json.MAPPER.writeValueAsBytes(message);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree always becomes JSON", e);
    }
  }

  /** All that the engine said, under the names of its topics. */
  private static ObjectNode forPrograms(Result result, String link) {
    ObjectNode message = Json.MAPPER.createObjectNode();
    message.put("id", Occasions.id(result));
    message.put("run_id", result.runId());
    message.put("link", link);
    if (result instanceof Result.SignalResult s) {
      message.put("type", On.STOP.name());
      message.set("signal", Json.MAPPER.valueToTree(s.signal()));
    } else if (result instanceof Result.VerdictResult v) {
      message.put("type", On.VERDICT.name());
      message.set("verdict", Json.MAPPER.valueToTree(v.verdict()));
    }
    return message;
  }
}
