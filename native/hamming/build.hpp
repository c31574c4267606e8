// Builds the tables of a Hamming index, some bands at a time.
#pragma once

#include <cstdint>
#include <span>

#include "hamming/index.hpp"

namespace takeback {

// Where the tables of one band go: zeroed memory of the sizes that HammingTables names.
struct BandMemory {
  uint64_t* occupied;
  uint32_t* before;
  uint8_t* last;
  uint8_t* entries;  // null: they are left out
};

// Fills the tables of some bands of `shape` (its codes, rows, bands, slot_bits, block_bits and
// entry_bits), from the first on. Entries of one slot stand in the order of their rows. Needs eight
// bytes of memory a row and band meanwhile, and reads the codes twice.
void build_bands(const HammingTables& shape, unsigned first, std::span<const BandMemory> memory);

// Whether rows ascend by their slots in band 0.
bool is_ordered(const HammingTables& shape);

// The slots of all codes in band 0.
void slots_of_first_band(const HammingTables& shape, uint32_t* slots);

Parity parity_of(const HammingTables& shape);

}  // namespace takeback
