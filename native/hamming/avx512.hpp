// What of the search AVX-512 does better where it counts bits: eight codes or words at
// a time.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "hamming/tables.hpp"
#include "machine/instruction_set.hpp"

namespace takeback::TAKEBACK_ISA {

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

[[gnu::always_inline]] inline unsigned words_in_both(const uint64_t* line, const uint64_t* wanted) {
  const __m512i mask = _mm512_loadu_si512(wanted);
  const __m512i slots = _mm512_loadu_si512(line);
  return _mm512_test_epi64_mask(slots, mask);
}

[[gnu::always_inline]] inline unsigned place_of(uint64_t word, uint64_t rank) {
  return static_cast<unsigned>(__builtin_ctzll(_pdep_u64(uint64_t{1} << rank, word)));
}

}  // namespace takeback::TAKEBACK_ISA
