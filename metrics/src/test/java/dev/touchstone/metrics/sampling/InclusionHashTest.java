package dev.touchstone.metrics.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Golden;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InclusionHashTest {
  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  @Test
  void publishedVectorsHold() {
    var golden = Golden.named("xxh64");
    for (int i = 0; i < golden.get("inputs").get("strings").size(); i++) {
      var text = golden.get("inputs").get("strings").get(i).asText();
      assertThat(XxHash64.hash(text.getBytes(StandardCharsets.UTF_8), 0))
          .isEqualTo(Long.parseUnsignedLong(golden.get("expected").get("hex").get(i).asText(), 16));
    }
  }

  // bytes (7 i + 1) mod 256, hashed by python-xxhash (pip install xxhash):
  // xxhash.xxh64(bytes((i*7+1)%256 for i in range(n)), seed=s).hexdigest()
  @ParameterizedTest
  @CsvSource({
    "0, ef46db3751d8e999, c4349fc93c010000",
    "1, 8a4127811b21e730, 32888f619f930a8f",
    "3, b6e6c910c2fd373a, ac68126d7acfce15",
    "4, 22eda2cf6af4c124, d8d778ded6ee56b4",
    "7, 34084d91a233a751, 320e869c7a22c2ba",
    "8, c6f1803a5e0b3222, 81c06e0c87ca2c12",
    "9, 9e8adf2a0ccdb6da, 3d6ef83c3efee396",
    "15, 514c6f58d37ce6f1, 977aa2f7fb91cefd",
    "20, 73bc78a4c4ebaa37, 8201a51c102488f1",
    "31, 6ab1c40e29f50073, 407e1b0246aa4c89",
    "32, 5a0756fbe9ecd3d1, 0fdbc75cbf63f5bd",
    "33, dc50cdc37bb9c183, 199870762697ae29",
    "40, 7899cacb89a78430, 2a416fa6bd03b503",
    "63, 10dd94885c71894a, e014e7d23af65352",
    "100, d248bfc5208b0b16, 8d818c65ab873d61"
  })
  void everyLengthMatchesAnotherImplementation(int length, String unseeded, String seeded) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 7 + 1);
    }
    assertThat(XxHash64.hash(bytes, 0)).isEqualTo(Long.parseUnsignedLong(unseeded, 16));
    assertThat(XxHash64.hash(bytes, GOLDEN_RATIO)).isEqualTo(Long.parseUnsignedLong(seeded, 16));
  }

  // python: (xxhash.xxh64(salt.encode() + id.to_bytes(8, 'little', signed=True), seed=7)
  //          .intdigest() >> 11) * 2.0**-53
  @ParameterizedTest
  @CsvSource({
    "'', 0, 0.5210366719846385",
    "'', -1, 0.47029486277740107",
    "sample/1, 0, 0.9932086653827382",
    "sample/1, 42, 0.6737026332242878",
    "sample/1, 4611686018427387904, 0.38443966752944647",
    "tier1-2026, 1, 0.22993284871484565",
    "tier1-2026, -1, 0.12172702752778886",
    "a-rather-long-salt-of-more-than-32-bytes, 42, 0.5696447208533901",
    "häsh, 1, 0.8803616216086864",
    "häsh, -1, 0.6607746830936682"
  })
  void numbersOfIdsMatchAnotherImplementation(String salt, long id, double expected) {
    assertThat(InclusionHash.of(salt, 7).u(id)).isEqualTo(expected);
  }

  @Test
  void aTextIdIsItsUtf8Bytes() {
    assertThat(InclusionHash.of("sample/1", 7).u("customer-17")).isEqualTo(0.3681337093940883);
  }

  @Test
  void aNumberIsTheSameAsItsEightBytesForEveryLengthOfSalt() {
    var random = new SplittableRandom(5);
    for (int length = 0; length < 40; length++) {
      var hash = InclusionHash.of("x".repeat(length), random.nextLong());
      for (int i = 0; i < 20; i++) {
        long id = random.nextLong();
        byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(id).array();
        assertThat(hash.u(id)).as("salt of %s, id %s", length, id).isEqualTo(hash.u(bytes));
      }
    }
  }

  @Test
  void numbersAreUniform() {
    var hash = InclusionHash.of("uniform", 1);
    int n = 100_000;
    int[] counts = new int[20];
    for (long id = 0; id < n; id++) {
      counts[(int) (hash.u(id) * 20)]++;
    }
    for (int count : counts) {
      // 5 standard deviations of a binomial count
      assertThat((double) count).isCloseTo(n / 20.0, within(5 * Math.sqrt(n * 0.05 * 0.95)));
    }
  }

  @Test
  void saltAndSeedBothMatter() {
    double u = InclusionHash.of("a", 1).u(9);
    assertThat(InclusionHash.of("b", 1).u(9)).isNotEqualTo(u);
    assertThat(InclusionHash.of("a", 2).u(9)).isNotEqualTo(u);
    assertThat(InclusionHash.of("a", 1)).isEqualTo(InclusionHash.of("a", 1));
    assertThat(InclusionHash.of("a", 1)).isNotEqualTo(InclusionHash.of("a", 2));
  }
}
