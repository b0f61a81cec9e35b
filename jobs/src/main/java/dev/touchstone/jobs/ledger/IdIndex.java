package dev.touchstone.jobs.ledger;

import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.MapState;

/**
 * Which example ids of a set have arrived, exactly: a distributed sampler pads its last batch, so
 * that ranks send some examples twice, and a row that counts twice is a wrong number.
 *
 * <p>Ids are kept by their upper 48 bits in {@link IdChunk chunks}: a contiguous range costs next
 * to nothing, ids that are dense in any order at most a bit for each id of their span. Where a set
 * spreads over more than {@value #MAX_CHUNKS} chunks of few ids each, its ids are hashed (a
 * bijection, so it stays exact) into {@link IdTable tables} instead, at about 16 bytes a row.
 */
final class IdIndex {

  /** Chunks up to here are cheap whatever is in them: a span of 4 billion ids. */
  static final int MAX_CHUNKS = 1 << 16;

  /** A chunk costs about as much as that many ids in tables. */
  private static final int SCATTERED = 16;

  private static final int TABLE_BITS = 10;

  /** Under this key lies whether the id was seen that hashes to 0, the mark of a free slot. */
  private static final long ZERO = -1;

  /** What Flink's map adds to an entry, about. */
  private static final int ENTRY_BYTES = 100;

  private final MapState<Long, byte[]> chunks;
  private Long key;
  private byte[] chunk;
  private int lengthBefore;

  IdIndex(MapState<Long, byte[]> chunks) {
    this.chunks = chunks;
  }

  /**
   * Takes the ids of a batch in.
   *
   * @param account whose index it is; its sizes are updated
   * @return the rows whose id was there before, in this batch or an earlier one
   */
  BitSet add(SetAccount account, PredictionBatch batch) throws Exception {
    BitSet repeated = new BitSet();
    if (account.hashedIds) {
      addHashed(account, batch, repeated);
      return repeated;
    }
    for (int row = 0; row < batch.count(); ) {
      int next = row + 1;
      long id = RowDigest.id(batch, row);
      long room = (1 << IdChunk.BITS) - (id & ((1 << IdChunk.BITS) - 1));
      long end = Math.min(batch.count(), row + room);
      if (batch.exampleIds() == null) {
        next = (int) end;
      }
      while (next < end && RowDigest.id(batch, next) == id + (next - row)) {
        next++;
      }
      addRange(account, id, row, next, repeated);
      row = next;
    }
    save(account);
    if (account.idChunks > MAX_CHUNKS && account.rows < (long) SCATTERED * account.idChunks) {
      hash(account);
    }
    return repeated;
  }

  /** Forgets all ids. */
  void clear(SetAccount account) {
    chunks.clear();
    account.idBytes = 0;
    account.idChunks = 0;
  }

  private void addRange(SetAccount account, long id, int row, int end, BitSet repeated)
      throws Exception {
    load(account, id >> IdChunk.BITS);
    int from = (int) (id & ((1 << IdChunk.BITS) - 1));
    int to = from + end - row - 1;
    if (chunk == null || !IdChunk.containsAny(chunk, from, to)) {
      chunk = IdChunk.with(chunk, from, to);
      return;
    }
    for (int low = from; low <= to; low++) {
      if (IdChunk.contains(chunk, low)) {
        repeated.set(row + low - from);
      } else {
        chunk = IdChunk.with(chunk, low, low);
      }
    }
  }

  /** Table by table, so that each is fetched once a batch; within one in the order of the rows. */
  private void addHashed(SetAccount account, PredictionBatch batch, BitSet repeated)
      throws Exception {
    int[] starts = new int[(1 << TABLE_BITS) + 1];
    for (int row = 0; row < batch.count(); row++) {
      starts[table(mix(RowDigest.id(batch, row))) + 1]++;
    }
    for (int i = 1; i < starts.length; i++) {
      starts[i] += starts[i - 1];
    }
    int[] rows = new int[batch.count()];
    for (int row = 0; row < batch.count(); row++) {
      rows[starts[table(mix(RowDigest.id(batch, row)))]++] = row;
    }
    for (int row : rows) {
      repeated.set(row, !addHashed(account, RowDigest.id(batch, row)));
    }
    save(account);
  }

  private static int table(long hash) {
    return (int) (hash >>> (Long.SIZE - TABLE_BITS));
  }

  private boolean addHashed(SetAccount account, long id) throws Exception {
    long hash = mix(id);
    load(account, hash == 0 ? ZERO : table(hash));
    if (chunk == null) {
      chunk = IdTable.empty();
    } else if (hash == 0 || IdTable.contains(chunk, hash)) {
      return false;
    }
    if (hash != 0) {
      chunk = IdTable.with(chunk, hash);
    }
    return true;
  }

  /** Chunks → tables, once in the life of a set that needs it. */
  private void hash(SetAccount account) throws Exception {
    List<Map.Entry<Long, byte[]>> dense = new ArrayList<>();
    chunks.entries().forEach(entry -> dense.add(Map.entry(entry.getKey(), entry.getValue())));
    chunks.clear();
    account.hashedIds = true;
    account.idBytes = 0;
    account.idChunks = 0;
    for (Map.Entry<Long, byte[]> entry : dense) {
      for (int low : IdChunk.values(entry.getValue()).toArray()) {
        addHashed(account, entry.getKey() << IdChunk.BITS | low);
      }
    }
    save(account);
  }

  private void load(SetAccount account, long wanted) throws Exception {
    if (key != null && key == wanted) {
      return;
    }
    save(account);
    key = wanted;
    chunk = chunks.get(wanted);
    lengthBefore = chunk == null ? -ENTRY_BYTES : chunk.length;
  }

  private void save(SetAccount account) throws Exception {
    if (key != null && chunk != null) {
      chunks.put(key, chunk);
      account.idBytes += chunk.length - lengthBefore;
      account.idChunks += lengthBefore < 0 ? 1 : 0;
    }
    key = null;
    chunk = null;
  }

  /** SplitMix64's finalizer (Steele, Lea and Flood 2014): a bijection. */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
