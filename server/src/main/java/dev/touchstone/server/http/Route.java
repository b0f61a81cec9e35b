package dev.touchstone.server.http;

import io.javalin.http.Handler;

/**
 * One entry of the API.
 *
 * @param method GET, POST or DELETE
 * @param path with parameters in braces, as openapi.json spells it
 */
record Route(String method, String path, Handler handler) {

  static Route get(String path, Handler handler) {
    return new Route("GET", path, handler);
  }

  static Route delete(String path, Handler handler) {
    return new Route("DELETE", path, handler);
  }

  static Route post(String path, Handler handler) {
    return new Route("POST", path, handler);
  }
}
