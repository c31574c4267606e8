// Which slot of a band's table a code stands in.
#pragma once

#include "hamming/tables.hpp"
#include "machine/instruction_set.hpp"

namespace takeback::TAKEBACK_ISA {

// The lowest `slot_bits` of a band, whose bits are 256·band/bands to 256·(band+1)/bands - 1, counted
// from the lowest of the first word.
class SlotOf {
 public:
  [[gnu::always_inline]] SlotOf(const HammingTables& tables, unsigned band)
      : word_(kCodeBits * band / tables.bands / 64),
        next_(word_ + 1 < kCodeWords ? word_ + 1 : word_),
        shift_(kCodeBits * band / tables.bands % 64),
        mask_((uint64_t{1} << tables.slot_bits) - 1) {}

  [[gnu::always_inline]] uint64_t operator()(const uint64_t* words) const {
    // In two steps, for a shift by 64 is none. In the last word nothing is missing above.
    return (words[word_] >> shift_ | words[next_] << 1 << (63 - shift_)) & mask_;
  }

 private:
  unsigned word_;
  unsigned next_;
  unsigned shift_;
  uint64_t mask_;
};

}  // namespace takeback::TAKEBACK_ISA
