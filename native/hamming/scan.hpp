// Compares a query with every code: half of each code first, for that rejects nearly all of them.
#pragma once

#include <cstring>
#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#include "hamming/tables.hpp"
#include "machine/instruction_set.hpp"

namespace takeback::TAKEBACK_ISA {

// Always inlined, so that each instruction set keeps its own.
[[gnu::always_inline]] inline unsigned half_distance(const uint64_t* words, const uint8_t* code) {
  uint64_t code_words[2];
  std::memcpy(code_words, code, sizeof code_words);
  return static_cast<unsigned>(__builtin_popcountll(words[0] ^ code_words[0]) +
                               __builtin_popcountll(words[1] ^ code_words[1]));
}

[[gnu::always_inline]] inline unsigned code_distance(const uint64_t* words, const uint8_t* code) {
  return half_distance(words, code) + half_distance(words + 2, code + 16);
}

[[gnu::always_inline]] inline void add_hit(HitBuffer& hits, uint64_t tag, uint64_t row,
                                           unsigned distance) {
  if (hits.count == hits.capacity) hits.grow(&hits);
  hits.hits[hits.count++] = tag | row << kDistanceBits | distance;
}

[[gnu::always_inline]] inline void verify(const uint8_t* codes, uint64_t row,
                                          const HammingQuery& query, unsigned most,
                                          HitBuffer& hits) {
  const unsigned distance = code_distance(query.words, codes + row * kCodeBytes);
  if (distance <= most) add_hit(hits, query.tag, row, distance);
}

#if defined(__AVX512VPOPCNTDQ__)

inline constexpr uint64_t kScanStep = 8;

struct ScanQuery {
  __m512i words;
  __m512i most;
};

inline ScanQuery scan_query(const HammingQuery& query, unsigned most) {
  const auto low = static_cast<long long>(query.words[0]);
  const auto high = static_cast<long long>(query.words[1]);
  return {_mm512_set_epi64(high, low, high, low, high, low, high, low),
          _mm512_set1_epi64(static_cast<long long>(most))};
}

// Of the next eight codes, a bit for each whose first half is within the distance.
inline unsigned near_of(const uint8_t* code, const ScanQuery& query) {
  const __m512i halves = _mm512_set_epi64(13, 12, 9, 8, 5, 4, 1, 0);
  const auto load = [code](int at) { return _mm512_loadu_si512(code + 64 * at); };
  const __m512i left = _mm512_permutex2var_epi64(load(0), halves, load(1));
  const __m512i right = _mm512_permutex2var_epi64(load(2), halves, load(3));
  const __m512i left_bits = _mm512_popcnt_epi64(_mm512_xor_si512(left, query.words));
  const __m512i right_bits = _mm512_popcnt_epi64(_mm512_xor_si512(right, query.words));
  // Lanes now stand for the codes 0 4 1 5 2 6 3 7.
  // The forms with a mask: GCC 12 takes the others' unused argument for one that was forgotten.
  const __m512i bits = _mm512_add_epi64(_mm512_maskz_unpacklo_epi64(0xff, left_bits, right_bits),
                                        _mm512_maskz_unpackhi_epi64(0xff, left_bits, right_bits));
  return _mm512_cmple_epu64_mask(bits, query.most);
}

inline constexpr uint8_t kScanOrder[kScanStep] = {0, 4, 1, 5, 2, 6, 3, 7};

#elif defined(__AVX2__)

inline constexpr uint64_t kScanStep = 4;

struct ScanQuery {
  __m256i words;
  __m256i most;
};

inline ScanQuery scan_query(const HammingQuery& query, unsigned most) {
  const auto low = static_cast<long long>(query.words[0]);
  const auto high = static_cast<long long>(query.words[1]);
  return {_mm256_set_epi64x(high, low, high, low),
          _mm256_set1_epi64x(static_cast<long long>(most))};
}

// Counts bits by looking each half byte up (Mula, Kurz and Lemire, "Faster population counts using
// AVX2 instructions", 2018) and adds them up for each 64.
inline __m256i bits_of(__m256i words) {
  const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                          0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i nibble = _mm256_set1_epi8(15);
  const __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(words, nibble));
  const __m256i high =
      _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(words, 4), nibble));
  return _mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256());
}

inline unsigned near_of(const uint8_t* code, const ScanQuery& query) {
  const auto load = [code](int at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(code + 32 * at));
  };
  const __m256i left = bits_of(
      _mm256_xor_si256(_mm256_permute2x128_si256(load(0), load(1), 0x20), query.words));
  const __m256i right = bits_of(
      _mm256_xor_si256(_mm256_permute2x128_si256(load(2), load(3), 0x20), query.words));
  const __m256i bits = _mm256_add_epi64(_mm256_unpacklo_epi64(left, right),
                                        _mm256_unpackhi_epi64(left, right));
  const __m256i far = _mm256_cmpgt_epi64(bits, query.most);
  return ~static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(far))) & 15u;
}

inline constexpr uint8_t kScanOrder[kScanStep] = {0, 2, 1, 3};

#elif defined(__ARM_NEON)

inline constexpr uint64_t kScanStep = 1;

struct ScanQuery {
  uint8x16_t half;
  unsigned most;
};

inline ScanQuery scan_query(const HammingQuery& query, unsigned most) {
  return {vreinterpretq_u8_u64(vld1q_u64(query.words)), most};
}

inline unsigned near_of(const uint8_t* code, const ScanQuery& query) {
  return vaddvq_u8(vcntq_u8(veorq_u8(vld1q_u8(code), query.half))) <= query.most;
}

inline constexpr uint8_t kScanOrder[kScanStep] = {0};

#else

inline constexpr uint64_t kScanStep = 1;

struct ScanQuery {
  const uint64_t* words;
  unsigned most;
};

inline ScanQuery scan_query(const HammingQuery& query, unsigned most) {
  return {query.words, most};
}

inline unsigned near_of(const uint8_t* code, const ScanQuery& query) {
  return half_distance(query.words, code) <= query.most;
}

inline constexpr uint8_t kScanOrder[kScanStep] = {0};

#endif

inline void scan_for(const ScanQuery& wanted, const uint8_t* codes, uint64_t first, uint64_t end,
                     const HammingQuery& query, unsigned most, HitBuffer& hits) {
  uint64_t row = first;
  for (; end - row >= kScanStep; row += kScanStep) {
    for (unsigned near = near_of(codes + row * kCodeBytes, wanted); near != 0; near &= near - 1) {
      verify(codes, row + kScanOrder[__builtin_ctz(near)], query, most, hits);
    }
  }
  for (; row != end; ++row) verify(codes, row, query, most, hits);
}

inline void scan(const uint8_t* codes, uint64_t first, uint64_t count, const HammingQuery& query,
                 unsigned most, HitBuffer& hits) {
  scan_for(scan_query(query, most), codes, first, first + count, query, most, hits);
}

}  // namespace takeback::TAKEBACK_ISA
