// What the Hamming kernels and the code around them hand each other: plain data, no functions that
// a linker could take from the wrong instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace takeback {

inline constexpr unsigned kCodeBytes = 32;
inline constexpr unsigned kCodeWords = 4;
inline constexpr unsigned kCodeBits = 256;

// A line of `occupied` holds the 512 slots that share all but their lowest nine bits: one cache line.
inline constexpr unsigned kLineSlotBits = 9;
inline constexpr unsigned kLineWords = 8;
inline constexpr unsigned kWordsCounted = 2;  // `before` counts the entries before every second word

inline constexpr unsigned kMostBands = 25;
inline constexpr unsigned kLeastSlotBits = 10;
inline constexpr unsigned kMostSlotBits = 30;
inline constexpr unsigned kMostRadius = 4;
inline constexpr unsigned kMostBlockBits = 4;

// `last` and `entries` are read eight bytes at a time, to their ends.
inline constexpr uint64_t kReadAhead = 8;

// One row within the distance: query << 41 | row << 9 | distance. Sorted, hits stand by query, then
// by row.
inline constexpr unsigned kDistanceBits = 9;
inline constexpr unsigned kRowBits = 32;
inline constexpr uint64_t kMostRows = uint64_t{1} << kRowBits;
inline constexpr uint64_t kMostQueries = uint64_t{1} << (64 - kDistanceBits - kRowBits);

// An array that kernels add hits to; they call `grow` when it is full.
struct HitBuffer {
  uint64_t* hits;
  size_t count;
  size_t capacity;
  void (*grow)(HitBuffer*);
};

// Multi-index hashing: each code is cut into `bands` bands. For each band there is a table of the
// rows in the order of the band's lowest `slot_bits` bits, their slot.
struct HammingTables {
  const uint8_t* codes;  // rows of 32 bytes
  uint64_t rows;
  unsigned bands;  // 0: there are no tables
  unsigned slot_bits;
  unsigned block_bits;  // entries name blocks of 2^block_bits rows
  unsigned entry_bits;  // the width of an entry
  bool ordered;         // rows ascend by the slots of band 0, whose entries are therefore left out

  const uint64_t* occupied;  // per band: a bit for each slot, set if the slot has entries
  const uint32_t* before;    // per band and 128 slots: how many entries stand before them
  const uint8_t* last;       // per band: a bit for each entry, set if it is the last of its slot
  const uint8_t* entries;    // per band: entries by slot, packed to `entry_bits`
  uint64_t slot_words;       // of `occupied`, of one band; `before` has half as many
  uint64_t last_bytes;       // of one band
  uint64_t entry_bytes;      // of one band
};

// The ways to change the bits above a line's nine: `masks` in the order of how many bits are
// changed; `count[r]` of them change at most r.
struct LineFlips {
  const uint32_t* masks;
  uint32_t count[kMostRadius + 1];
};

// One query of a batch.
struct HammingQuery {
  uint64_t words[kCodeWords];
  uint64_t tag;    // its place in the batch << 41
  int64_t budget;  // how many candidates it may still look at; negative: it gave up
};

struct HammingGroup {
  uint64_t wanted;    // of 64 slots, those to look into
  uint64_t occupied;  // of the same slots, those that have entries
  uint64_t passed;    // slots with entries that stand before them, and that `before` doesn't count
  uint64_t at;        // first which 64 slots these are, then how many entries `before` counts
};

inline constexpr size_t kCandidates = 4096;

// What a search writes on its way; nothing in it outlives a call.
struct HammingWorkspace {
  HammingGroup* groups;  // 8 for each line of a band's search
  uint64_t candidates[kCandidates];
};

}  // namespace takeback
