// Philox words of lanes, for the bodies that draw. Read like simd_body.hpp, after it.

typedef uint32_t Words __attribute__((ext_vector_type(CK_VECTOR_BYTES / 4)));
typedef uint64_t LongWords __attribute__((ext_vector_type(CK_VECTOR_BYTES / 8)));
constexpr ptrdiff_t wordLanes = CK_VECTOR_BYTES / 4;

/// Four words for each lane.
struct WordBlock {
  Words words[4];
};

/// Counters: consecutive numbers, or any.
struct Counters {
  Words low, high;
};

CK_INLINE Counters countersFrom(uint64_t first) {
  Counters result;
  for (ptrdiff_t i = 0; i < wordLanes; ++i) {
    const uint64_t counter = first + static_cast<uint64_t>(i);
    result.low[i] = static_cast<uint32_t>(counter);
    result.high[i] = static_cast<uint32_t>(counter >> 32);
  }
  return result;
}

/// The upper and the lower word of each product: lanes of even and of odd number are multiplied apart.
CK_INLINE void multiplyWords(Words a, uint32_t factor, Words &high, Words &low) {
  const LongWords both = __builtin_bit_cast(LongWords, a);
  const LongWords mask = LongWords(0xffffffffull), wide = LongWords(uint64_t(factor));
  const LongWords even = (both & mask) * wide, odd = (both >> 32) * wide;
  low = __builtin_bit_cast(Words, (even & mask) | (odd << 32));
  high = __builtin_bit_cast(Words, (even >> 32) | (odd & ~mask));
}

/// Philox 4x32-10 of the counters (low, high, block, stream).
CK_INLINE WordBlock philox(uint64_t seed, Counters counters, uint32_t block, uint32_t stream) {
  Words c0 = counters.low, c1 = counters.high, c2 = Words(block), c3 = Words(stream);
  uint32_t key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    Words high0, low0, high1, low1;
    multiplyWords(c0, 0xD2511F53u, high0, low0);
    multiplyWords(c2, 0xCD9E8D57u, high1, low1);
    c0 = high1 ^ c1 ^ Words(key0);
    c1 = low1;
    c2 = high0 ^ c3 ^ Words(key1);
    c3 = low0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}
