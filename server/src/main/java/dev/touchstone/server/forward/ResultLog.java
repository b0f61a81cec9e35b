package dev.touchstone.server.forward;

import dev.touchstone.server.view.TopicRecord;
import java.time.Duration;
import java.util.List;

/**
 * Where one destination's results are read from, and how far they were delivered. All but {@link
 * #wakeUp} is called from one thread.
 */
public interface ResultLog extends AutoCloseable {

  /**
   * The records after those that were returned before; none where there are none within {@code
   * wait}.
   *
   * @throws LogException if the log can't be read now
   */
  List<TopicRecord> next(Duration wait);

  /**
   * Remembers that everything {@link #next} returned was delivered and need not come again, also
   * after a restart.
   *
   * @throws LogException if that could not be written now: it is written with the next call
   */
  void delivered();

  /** Says that this reader is still there, while {@link #next} is not called for long. */
  void keepAlive();

  /** Records that were not delivered yet; may be some seconds old. */
  long lag();

  /** Ends a wait of {@link #next} early; from any thread. */
  void wakeUp();

  @Override
  void close();

  /** The log can't be read or written now. */
  final class LogException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public LogException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
