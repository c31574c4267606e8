// How many bits two codes differ by.
#pragma once

#include <cstdint>
#include <cstring>

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

}  // namespace takeback::TAKEBACK_ISA
