// What of the search NEON does better: counting the bits of a half at once.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "hamming/portable.hpp"
#include "hamming/tables.hpp"
#include "machine/instruction_set.hpp"

namespace takeback::TAKEBACK_ISA {

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

[[gnu::always_inline]] inline unsigned words_in_both(const uint64_t* line, const uint64_t* wanted) {
  return portable_words_in_both(line, wanted);
}

[[gnu::always_inline]] inline unsigned place_of(uint64_t word, uint64_t rank) {
  return portable_place_of(word, rank);
}

}  // namespace takeback::TAKEBACK_ISA
