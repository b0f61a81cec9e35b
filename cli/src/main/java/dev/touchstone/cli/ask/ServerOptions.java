package dev.touchstone.cli.ask;

import picocli.CommandLine.Option;

/** Which server is asked. */
final class ServerOptions {

  @Option(
      names = "--server",
      paramLabel = "URL",
      description =
          "The server's address, also in TOUCHSTONE_SERVER (default: http://127.0.0.1:8080).")
  private String server;

  ServerClient client() {
    String address = server != null ? server : System.getenv("TOUCHSTONE_SERVER");
    // the token has no option, so that it stays out of the list of processes
    return new ServerClient(
        address == null ? "http://127.0.0.1:8080" : address, System.getenv("TOUCHSTONE_TOKEN"));
  }
}
