// Builds the tables of a Hamming index, one band at a time.
#pragma once

#include <cstdint>

#include "hamming_index.hpp"

namespace takeback {

// Where the tables of one band go: zeroed memory of the sizes that HammingTables names.
struct BandMemory {
  uint64_t* occupied;
  uint32_t* before;
  uint8_t* last;
  uint8_t* entries;  // null: they are left out
};

// Fills the tables of one band of `shape` (its codes, rows, bands, slot_bits, block_bits and
// entry_bits). Entries of one slot stand in the order of their rows. Needs 8 to 16 bytes of memory
// a row meanwhile.
void build_band(const HammingTables& shape, unsigned band, const BandMemory& memory);

// Whether rows ascend by their slots in band 0.
bool is_ordered(const HammingTables& shape);

// The slots of all codes in band 0.
void slots_of_first_band(const HammingTables& shape, uint32_t* slots);

Parity parity_of(const uint8_t* codes, uint64_t rows);

}  // namespace takeback
